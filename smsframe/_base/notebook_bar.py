"""The bar of a notebook, which becomes a line of text when it has ended.

A widget lives as long as its kernel. Saved, opened again or exported, a notebook has only what
stood beside the widget when it was shown, which is a bar at 0. So the output is replaced, once the
bar has ended, by what it had come to: that is kept by the file itself.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from smsframe._base.html import FAINT, INK, tag
from smsframe._base.result_columns import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS_OF_A_MINUTE = 60


def is_notebook_bar(kind: type) -> bool:
    """Tell whether a class of tqdm's is the one of notebooks, which shows a widget."""
    loaded = sys.modules.get("tqdm.notebook")
    return loaded is not None and issubclass(kind, loaded.tqdm_notebook)


class NotebookBar:
    """A bar of tqdm's in a notebook, with the output that it stands in."""

    def __init__(self, kind: Any, **options: Any) -> None:
        from IPython.display import display  # noqa: PLC0415 - only where there is IPython

        self._bar = kind(display=False, **options)
        self._began = time.monotonic()
        self._shown: Mapping[str, str] = {}
        self._output = display(self._bar.container, display_id=True)

    @property
    def total(self) -> int:
        """How many there are."""
        return int(self._bar.total)

    @property
    def n(self) -> int:
        """How many are done."""
        return int(self._bar.n)

    def reset(self, total: int) -> None:
        """Begin again, with another number."""
        self._bar.reset(total=total)

    def set_postfix(self, shown: Mapping[str, str], *, refresh: bool) -> None:
        """Write counts beside the bar."""
        self._shown = dict(shown)
        self._bar.set_postfix(shown, refresh=refresh)

    def update(self, more: int) -> None:
        """Move the bar."""
        self._bar.update(more)

    def close(self) -> None:
        """End the bar, and leave what it had come to as text."""
        done, total = self.n, self.total
        self._bar.close()
        words = ending(done, total, self._shown, time.monotonic() - self._began)
        bar = tag("progress", max=max(total, 1), value=done, aria_label="Messages done")
        html = tag(
            "div", bar, " ", tag("span", words, style=f"color:{INK}"), style=f"color:{FAINT}"
        )
        if self._output is not None:
            self._output.update({"text/plain": words, "text/html": html}, raw=True)


def ending(done: int, total: int, shown: Mapping[str, str], seconds: float) -> str:
    """Return what a bar had come to.

    >>> ending(2412, 2412, {"accepted": "2,412", "unknown": "0"}, 3.2)
    '2,412 of 2,412 · 2,412 accepted · 0 unknown · 3 s'
    """
    minutes, rest = divmod(round(seconds), _SECONDS_OF_A_MINUTE)
    took = f"{minutes} min {rest} s" if minutes else f"{rest} s"
    counts = [f"{number} {words_of(name)}" for name, number in shown.items()]
    return " · ".join([f"{done:,} of {total:,}", *counts, took])

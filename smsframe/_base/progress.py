"""The bar: messages done out of messages to send, with accepted, rejected and unknown beside it.

It is moved by the calling thread only. Without an opinion of the caller's it shows where somebody
looks: in a notebook and on a terminal.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias

from smsframe._base.forks import unforked
from smsframe._base.notebook import shell
from smsframe._base.notebook_bar import NotebookBar, is_notebook_bar

# No rate and no description: with them the counts leave no room for the bar on 80 columns.
SHAPE = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, in messages; ``waits_for`` is the opening that it waits for, if it does."""

    total: int
    accepted: int
    rejected: int
    unknown: int
    waits_for: str | None = None

    @property
    def done(self) -> int:
        """Messages whose outcome is settled."""
        return self.accepted + self.rejected + self.unknown

    @property
    def shown(self) -> dict[str, int]:
        """What stands beside the bar."""
        return {"accepted": self.accepted, "rejected": self.rejected, "unknown": self.unknown}


ProgressArgument: TypeAlias = bool | Callable[[Progress], None] | None
Wanted: TypeAlias = bool | Callable[[Any], None] | None


class HowFar(Protocol):
    """What a bar shows, in messages; ``shown`` stands beside it."""

    @property
    def total(self) -> int:
        """Messages in all."""
        ...

    @property
    def done(self) -> int:
        """Messages that are settled."""
        ...

    @property
    def shown(self) -> dict[str, int]:
        """Counts by name."""
        ...


def somebody_looks() -> bool:
    """Return whether this runs in a notebook or on a terminal."""
    return shell() is not None or sys.stderr.isatty()


class Bar:
    """A progress bar, a callback or nothing, by the ``progress`` argument."""

    def __init__(self, wanted: Wanted) -> None:
        self._tell = wanted if callable(wanted) else None
        self._shown = somebody_looks() if wanted is None else wanted is True
        self._bar: Any = None  # made once there is a total: a bar of 0/0 stays in what is piped

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, progress: HowFar) -> None:
        """Show how far the run is."""
        if self._tell is not None:
            self._tell(progress)
        if not self._shown or not progress.total:
            return
        if self._bar is None:
            self._bar = _bar(progress.total)
        if self._bar.total != progress.total:
            self._bar.reset(total=progress.total)
        # As texts: tqdm would write 12,345 as 1.23e+04.
        shown = {name: f"{number:,}" for name, number in progress.shown.items()}
        waits_for = getattr(progress, "waits_for", None)
        if waits_for is not None:
            shown["waits for"] = waits_for
        self._bar.set_postfix(shown, refresh=waits_for is not None)
        self._bar.update(progress.done - self._bar.n)


def _bar(total: int) -> Any:
    """Return a bar for a notebook where one is at hand, else for a terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm warns where ipywidgets is missing and falls back
        with unforked():
            from tqdm.auto import tqdm  # noqa: PLC0415 - only imported where a bar is shown
    options = {"total": total, "bar_format": SHAPE, "dynamic_ncols": True}
    return NotebookBar(tqdm, **options) if is_notebook_bar(tqdm) else tqdm(**options)

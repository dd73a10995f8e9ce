"""What only a page can do for a screen: keys, Escape, the focus, and a file to download.

JupyterLab and Notebook take keys for commands on the cell, Ctrl+Z and D, D among them, so each
screen has a widget without a look that keeps the keys of its own to itself; see ``page.js``. A file
goes to the page as a message, because whatever is in a widget's state may be saved with the
notebook. Where anywidget is missing, there is neither, and files are written beside the notebook.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

MOST_BYTES = 700_000
"""A server of notebooks drops what comes faster than about a million bytes a second."""


@functools.cache
def _kind() -> Any:
    """Return the widget class; made here, so that anywidget may be missing."""
    import anywidget  # noqa: PLC0415 - optional

    class Page(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget ships no types
        """The widget's model; see ``page.js``."""

        _esm = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")

    return Page


class Page:
    """The page that shows a screen; ``parts`` are the widgets that stand in it."""

    def __init__(self) -> None:
        try:
            self.parts: tuple[Any, ...] = (_kind()(),)
        except ImportError:
            self.parts = ()

    def save(self, name: str, text: str) -> bool:
        """Have the page offer a file; False where it has to be written instead."""
        if not self.parts or len(text.encode()) > MOST_BYTES:
            return False
        self.parts[0].send({"do": "save", "name": name, "text": text})
        return True

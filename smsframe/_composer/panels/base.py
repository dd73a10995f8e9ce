"""What all panels of the screen have in common: a place, a place for errors, guarded handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._composer import html
from smsframe._widgets import controls
from smsframe._widgets.controls import button, row, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._composer.state import Desk

__all__ = ["Panel", "button", "row", "shown"]


class Panel:
    """A part of the screen; ``box`` is its widget."""

    def __init__(self, desk: Desk, title: str, kind: str) -> None:
        self.desk = desk
        self.title = widgets.HTML(html.title(title))
        self.errors = widgets.HTML()
        self.box = widgets.VBox()
        self.box.add_class("sms-panel")
        self.box.add_class(f"sms-{kind}")

    def guarded(self, act: Callable[[], Any], *, clear: bool = True) -> Callable[..., None]:
        """Return a handler that shows an exception of ``act`` here instead of losing it."""
        return controls.guarded(act, first=self._clear if clear else lambda: None, fail=self.fail)

    def _clear(self) -> None:
        """Take away what went wrong before."""
        self.errors.value = ""

    def fail(self, error: BaseException) -> None:
        """Show what went wrong, and keep it for ``composer.error``."""
        self.desk.failure = error
        self.errors.value = html.error(html.complaint(error))

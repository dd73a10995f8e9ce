"""What all panels of the screen have in common: a place, a place for errors, guarded handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._base.html import tag
from smsframe._widgets import html
from smsframe._widgets.controls import Guard

if TYPE_CHECKING:
    from smsframe._composer.state import Desk


class Panel(Guard):
    """A part of the screen; ``box`` is its widget."""

    def __init__(self, desk: Desk, title: str, kind: str) -> None:
        self.desk = desk
        self.title = widgets.HTML(tag("h2", title))
        self.errors = widgets.HTML()
        self.box = widgets.VBox()
        self.box.add_class("sms-panel")
        self.box.add_class(f"sms-{kind}")

    def _begin(self) -> None:
        """Take away what went wrong before."""
        self.errors.value = ""

    def fail(self, error: BaseException) -> None:
        """Show what went wrong, and keep it for ``composer.error``."""
        self.desk.failure = error
        self.errors.value = html.error(html.complaint(error))

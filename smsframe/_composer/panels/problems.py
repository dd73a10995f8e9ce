"""Check: what is wrong with all rows, by kind, and what a send amounts to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._composer import html, totals
from smsframe._composer.panels.base import Panel, button, row, shown
from smsframe._widgets import active_job

if TYPE_CHECKING:
    from smsframe._composer.state import Desk

FILE_NAME = "problems.csv"
WAITING = "Working out all rows …"


class CheckPanel(Panel):
    """Totals and problems."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Check", "check")
        self.totals = widgets.HTML()
        self.problems = widgets.HTML()
        self.link = widgets.HTML()
        self.download = button(
            "Problems as CSV", self.guarded(self.make_file), tip="Make a file of all problems"
        )
        self.box.children = (
            self.title,
            self.totals,
            self.problems,
            row(self.download, self.link),
            self.errors,
        )
        desk.on("choices", self.refresh)
        desk.on("overview", self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of all rows; what is out of date is marked as such."""
        seen = self.desk.overview
        self.link.value = ""
        shown(self.download, when=seen is not None and bool(seen.kinds))
        if self.desk.refusal:
            self.totals.value = html.error(self.desk.refusal)
            self.problems.value = ""
        elif seen is None:
            self.totals.value = html.faint(WAITING)
        else:
            self.totals.value = html.figures(seen, sending=active_job.current() is not None)
            self.problems.value = html.kinds(seen.kinds)

    def make_file(self) -> None:
        """Make the file when it is asked for: it may be large, and few ask."""
        seen = self.desk.settle()
        if seen is None:
            return
        address, rows = totals.problems_csv(seen.plan)
        words = f"Download {html.many(rows, 'problem')}"
        if rows == totals.CSV_ROWS:
            words += " (the first; composer.plan.problems has all)"
        self.link.value = html.link(address, FILE_NAME, words)

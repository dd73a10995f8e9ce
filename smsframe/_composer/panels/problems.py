"""Check: what is wrong with all rows, by kind, and what a send amounts to.

The file of problems is for whoever mends the data, so it has whole rows and cells that are not
masked. It is said beside the button, and goes to the page as a message: no saved notebook has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._base.sentences import many
from smsframe._composer import totals, views
from smsframe._composer.panels.base import Panel
from smsframe._files.write import free_name, write_text
from smsframe._widgets import active_job, html
from smsframe._widgets.controls import row, shown

if TYPE_CHECKING:
    from smsframe._composer.state import Desk
    from smsframe._widgets.page import Page

FILE_NAME = "problems.csv"
NOTE = "Each with its whole row and the cell as it stands: phone numbers can be read in the file."
WHOLE = "It has phone numbers in it: keep it to yourself."
WAITING = "Working out all rows …"


class CheckPanel(Panel):
    """Totals and problems."""

    def __init__(self, desk: Desk, page: Page) -> None:
        super().__init__(desk, "Check", "check")
        self.page = page
        self.totals = widgets.HTML()
        self.problems = widgets.HTML()
        self.told = widgets.HTML()
        self.note = widgets.HTML(html.faint(NOTE))
        self.download = self.button(
            "Problems as CSV", self.make_file, tip="Download all problems as a file"
        )
        self.box.children = (
            *(self.title, self.totals, self.problems, row(self.download, self.note)),
            *(self.told, self.errors),
        )
        desk.on(self.refresh, "choices", "overview")
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of all rows; what is out of date is marked as such."""
        seen = self.desk.overview
        self.told.value = ""
        shown(self.download, self.note, when=seen is not None and bool(seen.kinds))
        if self.desk.refusal:
            self.totals.value = html.error(self.desk.refusal)
            self.problems.value = ""
        elif seen is None:
            self.totals.value = html.faint(WAITING)
        else:
            self.totals.value = views.figures(seen, sending=active_job.current() is not None)
            self.problems.value = views.kinds(seen.kinds)

    def make_file(self) -> None:
        """Hand over the file when it is asked for: it may be large, and few ask."""
        seen = self.desk.settle()
        if seen is None:
            return
        table = totals.problems_table(seen.plan)
        told = many(len(table), "problem")
        if len(table) == totals.CSV_ROWS:
            told = f"The first {told}; {self.desk.named('plan') or 'plan'}.problems has all"
        text = totals.problems_csv(table)
        if self.page.save(FILE_NAME, text):
            self.told.value = html.good(f"{told} downloaded as {FILE_NAME}. {WHOLE}")
            return
        path = free_name(Path(FILE_NAME))
        write_text(text, path)
        self.told.value = html.good(f"{told} written to {path} beside the notebook. {WHOLE}")

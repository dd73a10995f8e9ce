"""See: the message of any row as a phone shows it, answered at once from that row alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._composer import html, totals
from smsframe._composer.panels.base import Panel, button, row
from smsframe._composer.several_html import bubbles
from smsframe._composer.several_texts import text_of_row
from smsframe._plan.show import row_label
from smsframe.errors import InputError

if TYPE_CHECKING:
    from smsframe._composer.state import Desk


class SeePanel(Panel):
    """A phone, and ways to the row one wants to see."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "What people get", "see")
        self.phone = widgets.HTML()
        self.where = widgets.HTML()
        self.previous = button(
            "‹ Previous", self.guarded(lambda: self.step(-1)), tip="Previous row"
        )
        self.next = button("Next ›", self.guarded(lambda: self.step(1)), tip="Next row")
        self.longest = button("Longest", self.guarded(self.to_longest), tip="The longest message")
        self.bad = button(
            "With a problem", self.guarded(self.to_bad), tip="Next row with a problem"
        )
        self.search = widgets.Text(
            description="Find row", placeholder="its label", continuous_update=False
        )
        self.search.observe(self.guarded(self.to_label), names="value")
        self.box.children = (
            self.title,
            self.where,
            self.phone,
            row(self.previous, self.next, self.longest, self.bad),
            self.search,
            self.errors,
        )
        desk.on("choices", self.refresh)
        desk.on("row", self.refresh)
        desk.on("overview", self.refresh_buttons)
        desk.on("overview", self.refresh_texts)
        self.refresh()

    def refresh(self) -> None:
        """Show the row at hand."""
        if self.desk.choices.texts:
            self.refresh_texts()
        else:
            seen = self.desk.row_shown()
            self.phone.value = html.phone(seen) if len(self.desk.frame) else ""
        self.where.value = html.faint(self._place())
        self.refresh_buttons()

    def refresh_texts(self) -> None:
        """Show what each of several texts says; which one the row gets is known of all rows."""
        desk = self.desk
        if desk.choices.texts and len(desk.frame):
            seen = desk.overview
            own = None if seen is None else text_of_row(seen.plan.data, desk.row)
            self.phone.value = bubbles(desk.texts_shown(), desk.addressee(), own)

    def refresh_buttons(self) -> None:
        """Let only those buttons be pressed that lead somewhere."""
        rows, seen = len(self.desk.frame), self.desk.overview
        self.previous.disabled = self.desk.row == 0
        self.next.disabled = self.desk.row >= rows - 1
        self.longest.disabled = seen is None or seen.longest is None
        self.bad.disabled = seen is None or not len(seen.bad)

    def step(self, by: int) -> None:
        """Go to a row beside the one that is shown."""
        self.desk.show(self.desk.row + by)

    def to_longest(self) -> None:
        """Go to the longest message; all rows are worked out for it if they are not yet."""
        seen = self.desk.settle()
        self.desk.show(None if seen is None else seen.longest)

    def to_bad(self) -> None:
        """Go to the next row that cannot go out; all rows are worked out for it as well."""
        seen = self.desk.settle()
        self.desk.show(None if seen is None else totals.next_of(seen.bad, self.desk.row))

    def to_label(self) -> None:
        """Go to the row whose label was typed."""
        asked = self.search.value
        if not asked.strip():
            return
        place = totals.find_row(self.desk.frame.index, asked)
        if place is None:
            raise InputError(f"No row has the label {asked!r}.")
        self.desk.show(place)

    def _place(self) -> str:
        """Say which row is shown."""
        rows = len(self.desk.frame)
        if not rows:
            return "No rows"
        label = self.desk.frame.index[self.desk.row]
        return f"Row {self.desk.row + 1:,} of {rows:,} · label {row_label(label)}"

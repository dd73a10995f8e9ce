"""See: the message of any row as a phone shows it, answered at once from that row alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from smsframe._base.lazy import lazy
from smsframe._base.masking import mask_label
from smsframe._base.sentences import many
from smsframe._composer import totals, views
from smsframe._composer.finding import Finder
from smsframe._composer.panels.base import Panel
from smsframe._composer.several_html import bubbles
from smsframe._composer.several_texts import text_of_row
from smsframe._explorer.explore import phone_columns
from smsframe._explorer.identifiers import identifier_columns
from smsframe._explorer.kinds import LOOKED_AT
from smsframe._plan.show import row_label
from smsframe._widgets import html
from smsframe._widgets.controls import field, row, shown
from smsframe.errors import InputError

if TYPE_CHECKING:
    from smsframe._base.arrow import Positions
    from smsframe._composer.state import Desk

SEVERAL = 6


class SeePanel(Panel):
    """A phone, the values of its row, and ways to the row one wants to see."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "What people get", "see")
        self.phone = widgets.HTML()
        self.where = widgets.HTML()
        self.values = widgets.HTML()
        self.previous = self.button("‹ Previous", lambda: self.step(-1), tip="Rows before")
        self.next = self.button("Next ›", lambda: self.step(1), tip="Rows after")
        self.longest = self.button("Longest", self.to_longest, tip="The longest message")
        self.bad = self.button("With a problem", self.to_bad, tip="Next row with a problem")
        self.several = widgets.ToggleButton(
            description="Several", tooltip=f"Show {SEVERAL} messages below each other"
        )
        self.search = field("Find row", placeholder="name, phone, order number …")
        self.found_note = widgets.HTML()
        self.another = self.button("Next match", self.to_next_match, tip="Next row found")
        self._found: Positions = np.empty(0, dtype=np.int64)
        self._asked = ""
        self._identifiers: dict[frozenset[Any], set[Any]] = {}
        self.hear(self.find, self.search)
        self.hear(self.refresh, self.several)
        self.box.children = (
            *(self.title, self.where, self.phone, self.values),
            row(self.previous, self.next, self.several, self.longest, self.bad),
            *(self.search, row(self.found_note, self.another), self.errors),
        )
        shown(self.another, when=False)
        desk.on(self.refresh, "choices", "row")
        desk.on(self.refresh_buttons, "overview")
        desk.on(self.refresh_texts, "overview")
        self.refresh()

    def refresh(self) -> None:
        """Show the row at hand, or several from it on; of several texts all, for one row."""
        rows, texts = len(self.desk.frame), self.desk.choices.texts
        shown(self.several, when=not texts)
        if not rows:
            self.phone.value = self.values.value = ""
        elif texts:
            self.refresh_texts()
            self.values.value = self._values()
        elif self.several.value:
            places = range(self.desk.row, min(self.desk.row + SEVERAL, rows))
            seen = [self.desk.row_at(place) for place in places]
            self.phone.value, self.values.value = views.phones(seen), ""
        else:
            self.phone.value = views.phone(self.desk.row_at(self.desk.row))
            self.values.value = self._values()
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
        """Go to rows beside those that are shown."""
        by *= SEVERAL if self.several.value and not self.desk.choices.texts else 1
        self.desk.show(min(max(self.desk.row + by, 0), len(self.desk.frame) - 1))

    def to_longest(self) -> None:
        """Go to the longest message; all rows are worked out for it if they are not yet."""
        seen = self.desk.settle()
        self.desk.show(None if seen is None else seen.longest)

    def to_bad(self) -> None:
        """Go to the next row that cannot go out; all rows are worked out for it as well."""
        seen = self.desk.settle()
        self.desk.show(None if seen is None else totals.next_of(seen.bad, self.desk.row))

    def find(self) -> None:
        """Go to the first row that holds what was typed; a phone number does not stay readable."""
        asked = self.search.value.strip()
        if asked == mask_label(self._asked):
            return
        self._asked = asked
        self._found = self.finder.find(asked)
        self.found_note.value = ""
        shown(self.another, when=len(self._found) > 1)
        self.search.value = mask_label(asked)
        if asked and not len(self._found):
            raise InputError(f"No row holds {mask_label(asked)!r}.")
        if len(self._found):
            self._go_to_match(0)

    def to_next_match(self) -> None:
        """Go to the next row that holds what was typed, and round."""
        now = np.flatnonzero(self._found == self.desk.row)
        self._go_to_match((int(now[0]) + 1) % len(self._found) if len(now) else 0)

    def _go_to_match(self, number: int) -> None:
        """Show a row that was found."""
        self.desk.show(int(self._found[number]))
        found = many(len(self._found), "row")
        self.found_note.value = html.faint(f"Match {number + 1:,} of {found} found")

    @lazy
    def finder(self) -> Finder:
        """What finds rows; made when somebody looks for one."""
        return Finder(self.desk.frame)

    @lazy
    def _phones(self) -> set[Any]:
        """The columns of phone numbers."""
        return phone_columns(self.desk.frame)

    def _values(self) -> str:
        """Return the values of the row that is shown, phone numbers masked."""
        frame, row = self.desk.frame, self.desk.row
        phones = {*self._phones, self.desk.choices.phone}
        kept = frozenset(phones)
        if kept not in self._identifiers:
            self._identifiers[kept] = identifier_columns(frame.head(LOOKED_AT), phones)
        known = self._identifiers[kept]
        identifiers = known and known & identifier_columns(frame.iloc[[row]], phones)
        return views.values(frame, row, phones=phones, identifiers=identifiers)

    def _place(self) -> str:
        """Say which row is shown."""
        rows, first = len(self.desk.frame), self.desk.row
        if not rows:
            return "No rows"
        last = min(first + SEVERAL, rows) if self.several.value else first + 1
        name = row_label(self.desk.frame.index[first])
        told = f"Row {name}" if last == first + 1 else f"Rows from {name} on"
        numbers = f"{first + 1:,}" if last == first + 1 else f"{first + 1:,} to {last:,}"
        return f"{told} · {numbers} of {rows:,}"

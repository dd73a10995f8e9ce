"""The explorer's screen: chips, search, a page of rows, a selection, and buttons that ask first.

Widgets are made on the kernel's main thread. A page has as many row widgets as a page can have, and
they are filled anew. Rows are not made before the page has said that it is there: a player of one
step, out of sight, is started and steps where a page has it, and nothing else of ipywidgets speaks
unasked. So a notebook that is run without a browser holds counts and no rows.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.html import tag
from smsframe._base.masking import mask_label, mask_phone
from smsframe._base.notebook import kernel_loop
from smsframe._base.sentences import many
from smsframe._explorer import actions, views
from smsframe._explorer.code import code_of
from smsframe._explorer.identifiers import identifier_columns
from smsframe._explorer.kinds import OF_SMSFRAME, Kind
from smsframe._explorer.rows import PAGE_ROWS
from smsframe._widgets import html
from smsframe._widgets.controls import field, row, shown
from smsframe._widgets.displayed import new_mark, screen
from smsframe._widgets.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from smsframe._explorer.rows import Rows

CHIPS = 10
LISTED = 300
COLUMNS, IDENTIFIERS = 4, 2
"""Of so many columns at first, and of so many identifiers beside them, cells are shown."""
LABEL_CHARACTERS = 7
NOTHING = -1
"""What a menu says at first; None would leave it blank."""
SHOW_CODE = "Show these rows as code"
HIDDEN_IN_CODE = (
    "A number is hidden here, so it finds nothing as it stands: explorer.code has it whole."
)
LOOK_S = (0.1, 0.3, 0.7, 1.5, 3.0, 6.0, 12.0, 25.0)
STYLE = Path(__file__).parent / "explorer.css"


class Screen(actions.Screen):
    """The widgets over some rows; ``view`` is what is displayed, ``failure`` the last exception."""

    def __init__(self, rows: Rows, *, name: str, client: Any, phones: set[Any]) -> None:
        self.rows, self.phones, self.alone = rows, phones, rows.lock
        self.identifiers = identifier_columns(rows.results, phones)
        self.failure: BaseException | None = None
        self.live = self._warmed = False
        self.listeners: list[Callable[[], None]] = []
        self._name = name
        self._detailed: int | None = None
        self.mark = new_mark()
        self._make()
        self.actions = actions.Actions(self, client)
        self._make_chips()
        self.view = self._view()
        self.refresh()

    def _begin(self) -> None:
        """Take note that somebody has pressed something."""
        self.errors.value = ""
        self.live = True

    def fail(self, error: BaseException) -> None:
        """Show what went wrong, and keep it."""
        self.failure = error
        self.errors.value = html.error(html.complaint(error), role="alert")

    def _make(self) -> None:
        """Make all but the chips, which hang on what the rows hold."""
        self.head, self.errors, self.detail = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.search = field("Search", placeholder="name, phone number, order number")
        self.clear = self.button("Show all rows", self._clear, tip="Take all filters off")
        self.chips = widgets.VBox()
        own = [c for c in self.rows.results.columns if c not in OF_SMSFRAME]
        options = [(views.name_of(column), column) for column in own]
        identifiers = [column for column in own[COLUMNS:] if column in self.identifiers]
        self.columns = widgets.SelectMultiple(
            description="Columns shown (Ctrl or Cmd+click)",
            options=options,
            value=(*own[:COLUMNS], *identifiers[:IDENTIFIERS]),
            rows=min(max(len(own), 3), 7),
        )
        self._names = [*own, *(c for c in OF_SMSFRAME if c in self.rows.results.columns)]
        places = ((views.name_of(column), place) for place, column in enumerate(self._names))
        orders = [("as in the results", NOTHING), *places]
        self.order = widgets.Dropdown(description="Order", options=orders)
        self.descending = widgets.Checkbox(description="largest first", indent=False)
        self.titles = widgets.HTML()
        self.lines = [self._line(number) for number in range(PAGE_ROWS)]
        self.back = self.button("Previous page", self._filled(lambda: self.rows.turn(-1)))
        self.next = self.button("Next page", self._filled(lambda: self.rows.turn(1)))
        self.where, self.picked = widgets.HTML(), widgets.HTML()
        self.all = self.button("Select all", self._filled(self.rows.mark_matching))
        self.none = self.button("Select none", self._filled(self.rows.mark_none))
        self.show_code = widgets.ToggleButton(description=SHOW_CODE)
        self.code_view = widgets.HTML()
        self.there = widgets.Play(min=0, max=1, interval=100)
        self.there.layout.display = "none"
        self._listen()

    def look_for_page(self) -> None:
        """Start the player until a page has stepped it, or none seems to come."""
        loop = kernel_loop()
        for after_s in LOOK_S if loop is not None else ():
            loop.call_later(after_s, self._start_player)

    def _start_player(self) -> None:
        """Start the player anew, as a page starts it by the change alone."""
        if not self.live:
            self.there.playing = False
            self.there.playing = True

    def _listen(self) -> None:
        """Hear of what is typed and chosen."""
        self.hear(self._search, self.search)
        self.hear(self._fill, self.columns)
        self.hear(self._sort, self.order, self.descending)
        self.hear(self._write_code, self.show_code)
        self.hear(self.come_alive, self.there)

    def _line(self, number: int) -> tuple[Any, Any, Any]:
        """Make the widgets of one row of a page."""
        tick = widgets.Checkbox(indent=False)
        self.hear(lambda: self._tick(number), tick)
        cells = widgets.HTML()
        text = self.button("Text", lambda: self._open(number))
        return tick, cells, text

    def _view(self) -> Any:
        """Put everything on the screen."""
        self.boxes = []
        for line in self.lines:
            box = widgets.Box(line)
            box.add_class("sms-line")
            self.boxes.append(box)
        head = widgets.Box([widgets.HTML(), self.titles, widgets.HTML()])
        head.add_class("sms-line")
        return screen(
            *("explorer", self.mark, STYLE, *Page().parts, self.there, self.head),
            *(row(self.search, self.clear), self.chips),
            *(row(self.columns, self.order, self.descending), head, *self.boxes),
            *(row(self.back, self.where, self.next), self.picked),
            *(row(self.all, self.none), self.actions.box, self.errors),
            *(row(self.show_code), self.code_view),
        )

    # --- chips

    def _make_chips(self) -> None:
        """Make a line of chips for each kind."""
        self._kinds = self.rows.kinds
        self.toggles: dict[str, dict[int, Any]] = {}
        self.more: dict[str, Any] = {}
        self.chips.children = [self._kind_line(kind) for kind in self.rows.kinds.values()]

    def _kind_line(self, kind: Kind) -> Any:
        """Make the chips of a kind; where there are many values, a list has the others."""
        counts = kind.counts(None)
        there = [place for place, count in enumerate(counts.tolist()) if count]
        chips, rest = there[:CHIPS], there[CHIPS:]
        self.toggles[kind.name] = {place: self._chip(kind, place) for place in chips}
        parts = [widgets.HTML(tag("span", kind.title)), *self.toggles[kind.name].values()]
        if rest:
            options = [(f"{kind.words(at)} · {counts[at]:,}", at) for at in rest[:LISTED]]
            more = widgets.Dropdown(options=[(f"{len(rest):,} more", NOTHING), *options])
            more.description = f"More values of {kind.title}"
            self.hear(lambda: self._choose_more(kind, more), more)
            self.more[kind.name] = more
            parts.append(more)
        line = widgets.Box(parts)
        line.add_class("sms-kind")
        return line

    def _chip(self, kind: Kind, place: int) -> Any:
        """Make a chip."""
        chip = widgets.ToggleButton(description=kind.words(place))
        chip.add_class("sms-chip")
        value = kind.found[place]
        self.hear(lambda: self._press(kind.name, value), chip)
        return chip

    def _press(self, name: str, value: Any) -> None:
        """Put a value on or take it off; the chip may be one of before the results changed."""
        self.rows.toggle(name, value)
        self.refresh()

    def _choose_more(self, kind: Kind, more: Any) -> None:
        """Narrow down to a value of a list, or to none of them; the list may be one of before."""
        listed = {kind.found[at] for _, at in more.options if at != NOTHING}
        kept = self.rows.values(kind.name) - listed
        chosen = set() if more.value == NOTHING else {kind.found[more.value]}
        self.rows.choose(kind.name, kept | chosen)
        self.refresh()

    def _show_chips(self) -> None:
        """Bring counts and states of the chips up to date."""
        for name, toggles in self.toggles.items():
            kind, chosen = self.rows.kinds[name], self.rows.chosen.get(name, frozenset())
            counts = self.rows.counts(kind).tolist()
            for place, chip in toggles.items():
                on = place in chosen
                chip.description = f"{'✓ ' if on else ''}{kind.words(place)} · {counts[place]:,}"
                chip.tooltip = f"{kind.title}: {kind.words(place)}, {many(counts[place], 'row')}"
                chip.value = on
                (chip.remove_class if on or counts[place] else chip.add_class)("sms-zero")
            if name in self.more and not chosen - set(toggles):
                self.more[name].value = NOTHING

    # --- what is typed, chosen, pressed

    def come_alive(self) -> None:
        """Make rows from now on: a page is there to show them."""
        if not self._warmed:
            self.live = self._warmed = True
            self._fill()
            threading.Thread(target=self.rows.warm, name="smsframe-search", daemon=True).start()

    def _search(self) -> None:
        """Narrow down to what is typed; a phone number does not stay readable in the field."""
        asked = self.search.value
        if asked != mask_label(self.rows.asked):
            self.rows.search(asked)
            self.refresh()

    def _clear(self) -> None:
        """Show all rows again."""
        self.rows.clear()
        self.refresh()

    def _sort(self) -> None:
        """Put rows in order."""
        column = None if self.order.value == NOTHING else self._names[self.order.value]
        self.rows.sort(column, descending=self.descending.value)
        self._fill()
        self._write_code()

    def _filled(self, change: Callable[[], None]) -> Callable[[], None]:
        """Return what changes the rows and fills the page anew."""

        def act() -> None:
            change()
            self._fill()

        return act

    def _tick(self, number: int) -> None:
        """Select the row of a line, or take it out."""
        if number < len(self.rows.shown):
            self.rows.marked[self.rows.shown[number]] = self.lines[number][0].value
            self._show_marked()

    def _open(self, number: int) -> None:
        """Show the text of a row as it was sent; a second time takes it away."""
        place = int(self.rows.shown[number])
        self._detailed = None if self._detailed == place else place
        self._show_detail()

    def _write_code(self) -> None:
        """Show the code, or take it away."""
        on = self.show_code.value
        self.show_code.description = "Hide the code" if on else SHOW_CODE
        code = code_of(self.rows, self._name) if on else ""
        masked = mask_phone(code)
        note = html.faint(HIDDEN_IN_CODE) if masked != code else ""
        self.code_view.value = f"{html.code(masked)}{note}" if on else ""

    # --- show

    def refresh(self) -> None:
        """Show what is so now; chips are made anew where the results are others."""
        with self.quietly():
            self.search.value = mask_label(self.rows.asked)
            if self._kinds is not self.rows.kinds:
                self._make_chips()
            self._show_chips()
        self.head.value = views.heading(self.rows)
        self._fill()
        self._write_code()

    def renewed(self) -> None:
        """Show results that have changed; widgets are made on the kernel's main thread."""
        for listener in self.listeners:
            listener()
        loop = kernel_loop()
        act = self.guarded(self.refresh)
        if loop is None:
            act()
        else:
            loop.add_callback(act)

    def _fill(self) -> None:
        """Fill the page."""
        with self.quietly():
            self._fill_lines()
        self.where.value = f"Page {self.rows.page + 1:,} of {self.rows.pages:,}"
        self.back.disabled = self.rows.page == 0
        self.next.disabled = self.rows.page + 1 >= self.rows.pages
        self._detailed = None
        self._show_detail()
        self._show_marked()

    def _fill_lines(self) -> None:
        """Put the rows of the page into its lines."""
        chosen: list[Hashable] = list(self.columns.value)
        places = self.rows.shown.tolist() if self.live else []
        self.titles.value = views.head_cells(chosen) if places else ""
        for number, (tick, cells, text) in enumerate(self.lines):
            there = number < len(places)
            shown(self.boxes[number], when=there)
            if not there:
                cells.value, tick.value, tick.description = "", False, ""
                continue
            label = views.row_label(self.rows, places[number])
            cells.value = views.row_cells(
                *(self.rows, places[number], chosen),
                phones=self.phones,
                identifiers=self.identifiers,
            )
            tick.value = bool(self.rows.marked[places[number]])
            tick.description = f"Select row {label}"
            text.tooltip = f"Text of row {label}"
            text.description = f"Text {label}" if len(label) <= LABEL_CHARACTERS else "Text"

    def _show_marked(self) -> None:
        """Say how many are selected, and bring the buttons up to date."""
        self.picked.value = views.selection(self.rows)
        self.all.description = f"Select all {self.rows.count:,} that match"
        self.all.disabled = not self.rows.count
        self.none.disabled = not self.rows.marked_count
        self.actions.show()

    def _show_detail(self) -> None:
        """Show the row that was opened."""
        place = self._detailed
        self.detail.value = "" if place is None else self.actions.detail(place)
        for box, line, at in zip(self.boxes, self.lines, self._places(), strict=True):
            children = (*line, self.detail) if at is not None and at == place else line
            if box.children != children:
                box.children = children

    def _places(self) -> list[int | None]:
        """Return the row that each line shows; None where it shows none."""
        shown_rows = self.rows.shown.tolist()
        return [*shown_rows, *[None] * (PAGE_ROWS - len(shown_rows))]

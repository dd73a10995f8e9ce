"""Map: from which program, to which column, with which values.

Columns are chosen by their place, not their label: labels may be numbers, tuples or repeated.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.sentences import sentence_of
from smsframe._composer import row_preview
from smsframe._composer.panels.base import Panel
from smsframe._composer.panels.region_names import region_options
from smsframe._composer.panels.tag_row import NOWHERE, TagRow, column_options
from smsframe._phones.detect_column import guess_phone_column
from smsframe._widgets import html
from smsframe._widgets.controls import field, row, shown
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe._composer.state import Desk

BY_FIELDS = -2
OTHER = "\x00other"


class MapPanel(Panel):
    """Program, recipients, and one line for each tag."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "From, to and values", "map")
        self.alone = desk.lock  # programs are listed on a thread
        self._columns: list[Any] = list(desk.frame.columns)
        self.program = widgets.Dropdown(description="Program", options=[("Choose …", "")])
        self.other_program = field("Program id", desk.choices.program, live=True)
        options = column_options(desk.frame)
        self._of_columns = [("Choose …", NOWHERE), *options]
        by_fields = ("by fields of the database", BY_FIELDS)
        self.phone = widgets.Dropdown(
            description="Phone column", options=[*self._of_columns, by_fields]
        )
        self.phone_note = widgets.HTML()
        self.region = widgets.Dropdown(description="Region", options=region_options())
        nowhere = ("none: the same for all", NOWHERE)
        self.countries = widgets.Dropdown(description="Country column", options=[nowhere, *options])
        self.campaign = field("Campaign", desk.choices.campaign or "", "no name", live=True)
        self.price = field("Price", _number(desk), "of one segment", live=True)
        self.price_note = widgets.HTML()
        self.fields = widgets.VBox()
        self.add = self.button("Add a field", self._new_field, tip="Another database field")
        self.tags = widgets.VBox()
        self._tag_rows: dict[str, TagRow] = {}
        self._asked: Any = None
        self._given = desk.choices
        self._set_up()
        self.box.children = (
            *(self.title, self.program, self.other_program, self.phone, self.phone_note),
            *(self.fields, self.add, self.region, self.countries, self.campaign, self.price),
            *(self.price_note, self.tags, self.errors),
        )
        desk.on(self.refresh, "choices")
        desk.on(self.show_examples, "row")
        desk.on(self.load_programs, "overview")

    def _set_up(self) -> None:
        """Set what was given and listen to what is changed."""
        choices = self.desk.choices
        self.region.value = choices.region.upper() if choices.region else ""
        if choices.region_from is not None:
            self.countries.value = self._columns.index(choices.region_from)
        self._guess()
        for name, column in choices.lookup.items():
            self._new_field(name, column)
        self.list_programs([])
        self.refresh()
        self._show_fields()
        where = (self.program, self.other_program, self.region, self.countries)
        self.hear(self.take, *where, self.campaign, self.price)
        self.hear(self.take_phone, self.phone)

    def _guess(self) -> None:
        """Choose the column that was given, else the one that plainly holds phones."""
        choices = self.desk.choices
        if choices.lookup:
            self.phone.value = BY_FIELDS
            return
        column, note = choices.phone, ""
        if column is None:
            try:
                column = guess_phone_column(self.desk.frame)
                note = "Guessed by its name and values; choose another if it is wrong."
            except InputError as error:
                note = sentence_of(error) if len(self.desk.frame) else ""
        if column is not None:
            self.phone.value = self._columns.index(column)
            self.desk.choose(phone=column)
        self.phone_note.value = html.faint(note)

    def take(self) -> None:
        """Take over program, countries, campaign and price."""
        other = self.program.value == OTHER
        shown(self.other_program, when=other)
        program = self.other_program.value.strip() if other else self.program.value
        place = self.countries.value
        self.desk.choose(
            program=program,
            region=self.region.value or None,
            region_from=None if place == NOWHERE else self._columns[place],
            campaign=self.campaign.value.strip() or None,
            price_per_segment=self._price(self.price.value.strip()),
        )

    def _price(self, typed: str) -> float | Mapping[str, float] | None:
        """Return the price that was typed; prices by country stay until another is."""
        given, price, fault = self.desk.choices.price_per_segment, None, ""
        if isinstance(given, Mapping) and typed == _number(self.desk):
            return given
        try:
            price = _price(typed) if typed else None
        except InputError as error:
            fault = sentence_of(error)
        self.price_note.value = html.error(fault)
        self.desk.note_wrong("price_per_segment", fault)
        return price

    def take_phone(self) -> None:
        """Take over the way to the recipients: a phone column, or fields of the database."""
        self.phone_note.value = ""
        if self.phone.value == BY_FIELDS and not self.fields.children:
            self._new_field()
        self._show_fields()
        self.take_fields()

    def take_fields(self) -> None:
        """Take over phone column or lookup."""
        columns = self._columns
        place = self.phone.value
        lookup: dict[str, Hashable] = {}
        if place == BY_FIELDS:
            for line in self.fields.children:
                name, column = (child.value for child in line.children)
                if name.strip() and column != NOWHERE:
                    lookup[name.strip()] = columns[column]
        self.desk.choose(phone=columns[place] if place >= 0 else None, lookup=lookup)

    def refresh(self) -> None:
        """Show a line for each tag of the text; made here, on the main thread."""
        tags = row_preview.all_tags(self.desk.choices)
        for tag in tags:
            if tag not in self._tag_rows:
                self._tag_rows[tag] = TagRow(
                    self.desk.frame, tag, self._given, self.guarded(self.take_tags)
                )
        boxes = tuple(self._tag_rows[tag].box for tag in tags)
        if boxes != self.tags.children:
            self.tags.children = boxes
            self.take_tags()

    def take_tags(self) -> None:
        """Take over where tags are filled from, their defaults and formats."""
        rows = [self._tag_rows[tag] for tag in row_preview.all_tags(self.desk.choices)]
        formats = dict(self.desk.choices.formats)
        self.show_examples()
        for line in rows:
            line.put_format(formats)
        plain = all(line.is_plain for line in rows)
        said = [line for line in rows if line.column is not None or not line.is_plain]
        self.desk.choose(
            personalize=None if plain else {line.tag: line.column for line in said},
            defaults={line.tag: line.default.value for line in rows if line.default.value},
            formats=formats,
        )

    def show_examples(self) -> None:
        """Show formats by what they make of the values of the row that is shown."""
        for tag in row_preview.all_tags(self.desk.choices):
            if tag in self._tag_rows:
                self._tag_rows[tag].show_examples(self.desk.row)

    def load_programs(self) -> None:
        """Ask for the account's programs, once per connection, without holding anything up."""
        client = self.desk.client
        if client is None or client is self._asked:
            return
        self._asked = client
        threading.Thread(
            target=self._load, args=(client,), name="smsframe-programs", daemon=True
        ).start()

    def _load(self, client: Any) -> None:
        """Fetch the programs; where that fails the id can be typed."""
        try:
            found = list(client.programs().fillna("").itertuples())
            programs = [
                (f"{p.program_name or p.id} ({p.id}){_status(p.status)}", str(p.id)) for p in found
            ]
            self.desk.inactive = {str(p.id): p.status.lower() for p in found if _status(p.status)}
        except Exception as error:  # noqa: BLE001 - on a thread it would be shown to nobody
            self.errors.value = html.error(
                "The list of programs could not be had; type the id. " + html.complaint(error)
            )
            programs = []
        self.list_programs(programs)
        self.desk.tell("outside")

    def list_programs(self, programs: list[tuple[str, str]]) -> None:
        """Offer programs, keeping what is chosen; another id can always be typed."""
        with self.alone, self.quietly():  # what the menu says while it is filled was not chosen
            chosen = self.desk.choices.program
            known = [value for _, value in programs]
            typed = (bool(chosen) or not programs) and chosen not in known
            self.program.options = [("Choose …", ""), *programs, ("Another id …", OTHER)]
            if typed:
                self.other_program.value = chosen
            self.program.value = OTHER if typed else chosen
            shown(self.other_program, when=typed)

    def _show_fields(self) -> None:
        """Show the fields of the database where they are the way to recipients."""
        shown(self.fields, self.add, when=self.phone.value == BY_FIELDS)

    def _new_field(self, name: str = "", column: Hashable | None = None) -> None:
        """Add a line: a field of the database and the column that holds its values."""
        named = field("Field", name, "accountNumber", live=True)
        source = widgets.Dropdown(
            description="is column",
            options=self._of_columns,
            value=NOWHERE if column is None else self._columns.index(column),
        )
        self.hear(self.take_fields, named, source)
        self.fields.children = (*self.fields.children, row(named, source))


def _number(desk: Desk) -> str:
    """Return the price that was given."""
    price = desk.choices.price_per_segment
    if isinstance(price, Mapping):
        return ", ".join(f"{country} {each:g}" for country, each in price.items())
    return "" if price is None else f"{price:g}"


def _price(typed: str) -> float:
    """Read a price."""
    try:
        price = float(typed.replace(",", "."))
    except ValueError as error:
        raise InputError(f"The price {typed!r} is no number. Write it as 0.0079.") from error
    if not 0 <= price < float("inf"):
        raise InputError(f"The price {typed!r} is no amount of money.")
    return price


def _status(status: str) -> str:
    """Return what to add to a program's name: nothing for an active one."""
    return "" if status.upper() in ("", "ACTIVE") else f", {status.lower()}"

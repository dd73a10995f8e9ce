"""One tag of the text: the column it is filled from, what stands in, how values are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.html import tag as html_tag
from smsframe._composer import presets
from smsframe._plan.tags import called_the_same
from smsframe._widgets.controls import field, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import pandas as pd

    from smsframe._composer.inputs import Choices
    from smsframe._text.values import Format

NOWHERE = -1
AS_IS, OWN = -1, -2
UNDECIDED = -3
"""A column is called nearly like the tag: somebody has to say whether that is meant."""
MENU_CHARACTERS = 28
"""What the menu beside a tag has room for at every width (``composer.css``): what is longer the
page would cut off at the end, where the names of many columns differ."""
MENU_END = 14


class TagRow:
    """Controls for one tag, set by what was given; ``changed`` is called when one is moved."""

    def __init__(
        self, frame: pd.DataFrame, tag: str, choices: Choices, changed: Callable[..., None]
    ) -> None:
        self.tag = tag
        self._columns: list[Any] = list(frame.columns)
        self._automatic = _place(self._columns, tag)
        undecided = [("Choose …", UNDECIDED)] if self._automatic == UNDECIDED else []
        self._frame, self._filling = frame, False
        self.source = widgets.Dropdown(
            description=f"%%{tag}%%",
            options=[*undecided, *column_options(frame), ("(database)", NOWHERE)],
            value=self._given(choices),
        )
        blank = choices.defaults.get(tag, "")
        self.default = field(_of_tag("if blank", tag), blank, "leave out", live=True)
        form = "" if self.column is None else choices.formats.get(self.column, "")
        self._function = form if callable(form) else None
        self.preset = widgets.Dropdown(
            description=_of_tag("format", tag), options=[("as it is", "")]
        )
        own = form if isinstance(form, str) else ""
        self.format = field(_of_tag("own format", tag), own, ",.2f or %d %b", live=True)
        for widget in (self.default, self.format, self.preset):
            widget.description_allow_html = True
        self.show_examples(0)
        self._choose_preset(form)
        self._changed = changed
        self.preset.observe(self._take_preset, names="value")
        for widget in (self.source, self.default, self.format):
            widget.observe(changed, names="value")
        self.box = widgets.Box([self.source, self.default, self.preset, self.format])
        self.box.add_class("sms-tagrow")

    def show_examples(self, row: int) -> None:
        """Show the ways to write the column's values by what they make of the value of a row."""
        value = None
        if self.column is not None and len(self._frame):
            value = presets.sample(self._frame.iloc[:, self.source.value], row)
        self._examples = presets.examples(value)
        first = "by a function, as set in code" if self._function else presets.as_it_is(value)
        options = [(first, AS_IS), *((told, at) for at, (told, _) in enumerate(self._examples))]
        if value is not None or self.format.value:
            options.append(("another …", OWN))
        if tuple(options) == tuple(self.preset.options):
            return
        chosen = self.preset.value
        self._filling = True
        try:
            self.preset.options = options
            self.preset.value = chosen if chosen in [value for _, value in options] else AS_IS
        finally:
            self._filling = False

    def _choose_preset(self, form: Format) -> None:
        """Choose in the menu what was given."""
        ways = [way for _, way in self._examples]
        if form in ways:
            self._function = None
            self.preset.value = ways.index(form)
            self.format.value = ""
            self.show_examples(0)
        elif self.format.value:
            self.preset.value = OWN
        shown(self.format, when=self.preset.value == OWN)

    def _take_preset(self, _: Any) -> None:
        """Take over what was chosen in the menu."""
        if self._filling:
            return
        shown(self.format, when=self.preset.value == OWN)
        if self.preset.value != OWN and self.format.value:
            self.format.value = ""  # which tells of the change
        else:
            self._changed()

    @property
    def column(self) -> Hashable | None:
        """The column that fills the tag; None: the database does, or nobody has said."""
        place = self.source.value
        return None if place in (NOWHERE, UNDECIDED) else self._columns[place]

    @property
    def is_plain(self) -> bool:
        """Whether the tag is filled from where it would be without a word."""
        return bool(self.source.value == self._automatic)

    def put_format(self, formats: dict[Hashable, Format]) -> None:
        """Write the format of the column into ``formats``; a function that was given stays."""
        if self.column is None:
            return
        place = self.preset.value
        if self.format.value:
            formats[self.column] = self.format.value
        elif place not in (AS_IS, OWN):
            formats[self.column] = self._examples[place][1]
        elif self._function is None or formats.get(self.column) is not self._function:
            formats.pop(self.column, None)

    def _given(self, choices: Choices) -> int:
        """Return the place of the column that was given for the tag."""
        chosen = choices.personalize or {}
        if self.tag not in chosen:
            return self._automatic
        column = chosen[self.tag]
        return NOWHERE if column is None else self._columns.index(column)


def _of_tag(words: str, tag: str) -> str:
    """Return a label that says to those who listen which tag it is of."""
    return f"{words}{html_tag('span', f' for {tag}', class_='sms-hidden')}"


def column_options(frame: pd.DataFrame) -> list[tuple[str, int]]:
    """Return the columns that can be named, by their place; long names lose their middle."""
    columns = list(frame.columns)
    single = [place for place, column in enumerate(columns) if columns.count(column) == 1]
    whole = [_shown(columns[place]) for place in single]
    short = [_cut(name) for name in whole]
    names = short if len(set(short)) == len(set(whole)) else whole
    return list(zip(names, single, strict=True))


def _cut(name: str) -> str:
    """Return a name that fits into a menu, with its beginning and its end."""
    line = " ".join(name.split())
    if len(line) <= MENU_CHARACTERS:
        return line
    return f"{line[: MENU_CHARACTERS - MENU_END - 1]}…{line[-MENU_END:]}"


def _place(columns: list[Any], tag: str) -> int:
    """Return the place of the one column that is called like the tag, or that it is undecided."""
    places = [place for place, column in enumerate(columns) if str(column) == tag]
    if not places and called_the_same(tag, columns):
        return UNDECIDED
    return places[-1] if places and columns.count(columns[places[-1]]) == 1 else NOWHERE


def _shown(column: Any) -> str:
    """Return a label as text."""
    return ", ".join(map(str, column)) if isinstance(column, tuple) else str(column) or "(no name)"

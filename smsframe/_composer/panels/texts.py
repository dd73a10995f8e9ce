"""Several texts: a tab for each, who gets which, and how many people get none.

There is one text at first, and one button. With the second text come the tabs, and under the text
area the fields. Names, weights and shares are read in ``several_texts.py``; what is wrong with them
stands in the way of a send, as with other fields. One text and a holdout is a test too, so a text
that is left alone keeps its name as long as somebody is held out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.masking import mask_label
from smsframe._composer.panels.base import Panel
from smsframe._composer.panels.tag_row import NOWHERE, column_options
from smsframe._composer.several_texts import (
    as_typed,
    holdout_of,
    in_percent,
    name_fault,
    next_name,
    split_of,
)
from smsframe._widgets import html
from smsframe._widgets.controls import field, row, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe._composer.state import Desk

BY_CHANCE = "by chance, by weight"
FIRST = "A"
MOST_VALUES = 8
NO_NAME = "Give the campaign a name below: it decides who gets which text, and keeps it so."
CHANCE = (
    "Each person gets one of the texts, the same in every run. Texts of one weight go to as many "
    "people; one of weight 2 goes to twice as many."
)
COLUMN = (
    "A text goes to the rows whose cell in this column is the text's name; capitals do not count. "
    "A text that is called * is for all others."
)


class TextsPanel(Panel):
    """Tabs, and the fields of several texts; ``tabs_box`` stands over the text area."""

    def __init__(self, desk: Desk, *, announce: Callable[[str], None]) -> None:
        super().__init__(desk, "", "texts")
        self._announce = announce
        self._columns: list[Any] = list(desk.frame.columns)
        self._name_fault = self._other_fault = ""
        given = desk.choices.split or {}
        self._weights = {name: as_typed(weight) for name, weight in given.items()}
        self.tabs = widgets.ToggleButtons(options=[("", "")])
        self.add = self.button("Add another text", self.add_text)
        self.add.tooltip = "Test two texts, or write one for each language"
        self.tabs_box = row(self.tabs, self.add)
        self.tabs_box.add_class("sms-tabs")
        self.name = field("Name", placeholder="A")
        self.weight = field("Weight", placeholder="1")
        self.remove = self.button("Remove", self.remove_text)
        columns = [(f"by column {name}", place) for name, place in column_options(desk.frame)]
        self.by = widgets.Dropdown(
            description="Who gets which",
            options=[(BY_CHANCE, NOWHERE), *columns],
        )
        self.holdout = field("Held out, %", in_percent(desk.choices.holdout), "nobody")
        self.note = widgets.HTML()
        self.box.children = (
            row(self.name, self.weight, self.remove),
            *(self.by, self.holdout, self.note, self.errors),
        )
        if desk.choices.by is not None:
            self.by.value = self._columns.index(desk.choices.by)
        self.hear(self.turn, self.tabs)
        self.hear(self.rename, self.name)
        self.hear(self.take, self.weight, self.by, self.holdout)
        desk.on(self.refresh, "choices", "tab")
        self.refresh()

    def refresh(self) -> None:
        """Show the tabs of the texts that there are, and what belongs to the one at hand."""
        texts = self.desk.choices.texts
        if texts and self.desk.tab not in texts:
            self.desk.tab = next(iter(texts))
        shown(self.tabs, self.box, when=bool(texts))
        shown(self.weight, when=self.by.value == NOWHERE and len(texts) > 1)
        self.remove.description = "Remove this text" if len(texts) > 1 else "One text for all"
        self._show_tab(texts)
        fault = self.desk.wrong.get("texts", "")
        unnamed = NO_NAME if not self.desk.choices.campaign else ""
        how = CHANCE if self.by.value == NOWHERE else f"{COLUMN} {self._values()}"
        told = unnamed or (how if len(texts) > 1 else "")
        self.note.value = html.error(fault) if fault else html.faint(told)

    def _show_tab(self, texts: Mapping[str, str]) -> None:
        """Write name and weight of the text at hand; what the fields say then was not typed."""
        with self.quietly():
            names = [(name, name) for name in texts]
            if names and list(self.tabs.options) != names:
                self.tabs.options = names
            if names:
                self.tabs.value = self.desk.tab
            if not self._name_fault:
                self.name.value = self.desk.tab if texts else ""
            self.weight.value = self._weights.get(self.desk.tab, "")

    def turn(self) -> None:
        """Turn to another text; a name that cannot be used is given up."""
        if self.tabs.value not in self.desk.choices.texts:
            return
        self._say(name="")
        if self.tabs.value != self.desk.tab:
            self.desk.tab = self.tabs.value
            self.desk.tell("tab")
        self._announce(f"Text {self.desk.tab}")

    def add_text(self) -> None:
        """Add a text, and turn to it."""
        texts = dict(self.desk.choices.texts) or {FIRST: self.desk.choices.text}
        new = next_name(texts)
        self.put({**texts, new: ""}, tab=new)
        self._announce(f"Text {new}")

    def remove_text(self) -> None:
        """Remove the text at hand; the last two become one for all where nobody is held out."""
        texts = dict(self.desk.choices.texts)
        alone = texts[self.desk.tab]
        if len(texts) > 1:
            del texts[self.desk.tab]
            alone = next(iter(texts.values()))
        self._weights.pop(self.desk.tab, None)
        keeps_name = len(self.desk.choices.texts) > 1 and (
            len(texts) > 1 or self.desk.choices.holdout is not None
        )
        self.put(texts if keeps_name else {}, text=alone)

    def put(self, texts: Mapping[str, str], *, tab: str = "", text: str = "") -> None:
        """Have these texts, or with none of them one text, ``text``."""
        self._weights = {name: w for name, w in self._weights.items() if name in texts}
        if not texts:
            with self.quietly():
                self.by.value, self.holdout.value = NOWHERE, ""
        self._say(name="")
        self.desk.tab = tab if tab in texts else next(iter(texts), "")
        self.desk.choose(
            texts=dict(texts), text="" if texts else text, **self._who_gets_which(texts)
        )

    def rename(self) -> None:
        """Give the text at hand another name; it keeps its place and its weight."""
        if not self.desk.choices.texts:
            return
        old, texts = self.desk.tab, self.desk.choices.texts
        fault = name_fault(self.name.value, [name for name in texts if name != old])
        self._say(name=fault)
        if fault:
            self.refresh()
            return
        new = " ".join(self.name.value.split())
        if old in self._weights:
            self._weights[new] = self._weights.pop(old)
        self.put({new if name == old else name: text for name, text in texts.items()}, tab=new)

    def take(self) -> None:
        """Take over weights, column and holdout."""
        self._weights[self.desk.tab] = self.weight.value
        self.desk.choose(**self._who_gets_which(self.desk.choices.texts))
        self.refresh()

    def _who_gets_which(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return what the fields say of it, right or wrong, and say what is wrong."""
        if not texts:
            self._say(other="")
            return {"split": None, "by": None, "holdout": None}
        place = self.by.value
        holdout, fault = holdout_of(self.holdout.value)
        split = None
        if place == NOWHERE:
            split, wrong = split_of({name: self._weights.get(name, "") for name in texts})
            fault = wrong or fault
        self._say(other=fault)
        by = None if place == NOWHERE else self._columns[place]
        return {"split": split, "by": by, "holdout": holdout}

    def _values(self) -> str:
        """Say which values a column has, where they are few."""
        column = self.desk.frame[self._columns[self.by.value]]
        try:
            counts = column.astype("string").str.strip().value_counts()
        except (TypeError, ValueError):  # lists and the like
            return ""
        if counts.empty or len(counts) > MOST_VALUES:
            return ""
        listed = ", ".join(f"{mask_label(str(v))} ({n:,})" for v, n in counts.items())
        return f"Its cells: {listed}."

    def _say(self, *, name: str | None = None, other: str | None = None) -> None:
        """Keep what is wrong with the name or with the rest; it stands in the way of a send."""
        self._name_fault = self._name_fault if name is None else name
        self._other_fault = self._other_fault if other is None else other
        self.desk.note_wrong("texts", self._name_fault or self._other_fault)

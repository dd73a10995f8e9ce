"""Not to whom, not when: lists, hours, dates, a gap, consent; folded until somebody asks.

What is typed goes into the choices as it is, right or wrong, so that plan and code of a wrong entry
are refused by themselves. The sentence beside the field is the screen's own, and stands in the way
of a send. What was given in code and is more than a field can say (hours by country or weekday,
dates by country, a column of time zones) is told in words, and holds as long as the field is empty.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.durations import in_words
from smsframe._composer.panels import rule_words
from smsframe._composer.panels.base import Panel
from smsframe._composer.panels.list_of_people import ListOfPeople
from smsframe._composer.panels.rule_words import FIELDS
from smsframe._plan.consent_arguments import VARIABLE
from smsframe._widgets import html
from smsframe._widgets.controls import field, row, shown

if TYPE_CHECKING:
    from smsframe._composer.state import Desk

TITLE = "Not to whom, not when"
CONSENTS = [
    ("not asked here", False),
    ("ask before it is sent", True),
    ("ask, and hold back who cannot be asked", "require"),
]


class RulesPanel(Panel):
    """Who is held back now, whatever the message; ``notes`` stand below the fields, by argument."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, TITLE, "rules")
        given = self._given = desk.choices.rest
        self._wrong: dict[str, str] = {}
        self._list = ListOfPeople(given.get("exclude"))
        self._window = rule_words.one_window(given.get("sending_hours")) or ("", "")
        self.head = widgets.ToggleButton(description=TITLE, tooltip="Show or hide these rules")
        self.head.add_class("sms-fold")
        self.leave_out = field("Leave out", self._list.shown, "a file with their numbers")
        self.start = field("Hours from", self._window[0], "any time")
        self.end = field("to", self._window[1], "any time")
        self._shown = {name: how.shown(given.get(name)) for name, how in FIELDS.items()}
        self._fields = {
            name: field(how.label, self._shown[name], how.placeholder)
            for name, how in FIELDS.items()
        }
        self.closed, self.zone, self.pause, self.gap = self._fields.values()
        self.consent = widgets.Dropdown(
            description="Consent", options=CONSENTS, value=given.get("check_consent", False)
        )
        self.database = field("Database id", str(given.get("consent_database") or ""))
        noted = ("exclude", "sending_hours", *FIELDS, "consent_database")
        self.notes = {name: widgets.HTML() for name in noted}
        in_field = [name for name, shown in self._shown.items() if shown]
        in_field += ["exclude"] if self._list.shown else []
        no_field = {**given, **dict.fromkeys(in_field)}
        self.in_code = widgets.HTML(html.faint(rule_words.in_code(no_field)))
        lists, hours, *others, database = self.notes.values()
        beside = zip(self._fields.values(), others, strict=True)
        self.inside = widgets.VBox(
            [
                *(self.leave_out, lists, row(self.start, self.end), hours),
                *itertools.chain.from_iterable(beside),
                *(self.consent, self.database, database, self.in_code),
            ]
        )
        self.inside.add_class("sms-folded")
        self.box.children = (self.head, self.inside, self.errors)
        hours_fields = (self.start, self.end)
        typed = (self.leave_out, *hours_fields, *self._fields.values(), self.database)
        self.hear(self.take, *typed, self.consent)
        self.hear(self.fold, self.head)
        desk.on(self.tell, "overview")
        self.say()
        self.fold()

    def fold(self) -> None:
        """Show the fields, or take them away."""
        shown(self.inside, when=self.head.value)
        self.tell()

    def take(self) -> None:
        """Take over what was typed and chosen."""
        excluded = self._list.of(self.leave_out.value)
        self.say()
        others = {name: self._value(name) for name in FIELDS}
        self.desk.choose(
            rest={
                **self.desk.choices.rest,
                **others,
                "exclude": excluded,
                "sending_hours": self._hours(),
                "wait_s": others["wait_s"] or 0.0,
                "check_consent": self.consent.value,
                "consent_database": self._database(),
            }
        )
        self.tell()

    def say(self) -> None:
        """Say beside each field what is wrong with it, else what it does."""
        faults = {
            "exclude": self._list.fault,
            "sending_hours": rule_words.hours_fault(self.start.value, self.end.value),
            **{name: how.fault(self._fields[name].value) for name, how in FIELDS.items()},
            "consent_database": self._database_fault(),
        }
        hints = {
            "exclude": self._list.note,
            "sending_hours": rule_words.hours_note(
                self._given.get("sending_hours"), self._typed_hours
            ),
            **{name: how.hint for name, how in FIELDS.items()},
            "consent_database": self._database_hint(),
        }
        others = {name: told for name, told in self.desk.wrong.items() if name not in faults}
        self._wrong = {name: sentence for name, sentence in faults.items() if sentence}
        self.desk.wrong = {**others, **self._wrong}
        for name, note in self.notes.items():
            note.value = html.error(faults[name]) or html.faint(hints[name])
        shown(self.database, self.notes["consent_database"], when=bool(self.consent.value))

    def tell(self) -> None:
        """Write in the header what is set; also called on the thread of the totals."""
        mark = "▾" if self.head.value else "▸"
        self.head.description = f"{mark} {TITLE}: {' · '.join(self._set()) or 'nothing set'}"

    def _set(self) -> list[str]:
        """Return what is set, in words."""
        if self._wrong:
            return ["an entry cannot be used"]
        rest, seen = self.desk.choices.rest, self.desk.overview
        hours = rule_words.hours_in_words(rest.get("sending_hours"))
        told = [hours] if hours else []
        gap_s = rule_words.gap_s(rest.get("min_gap"))
        told += [f"{in_words(gap_s)} apart"] if gap_s else []
        consents = {True: "consent asked", "require": "consent required"}
        told += [consents[rest["check_consent"]]] if rest.get("check_consent") else []
        if seen is not None and (seen.rules.get("excluded") or rest.get("exclude") is not None):
            told.append(f"{seen.rules.get('excluded', 0):,} excluded")
        elif rest.get("exclude") is not None:
            told.append("a list excluded")
        return [*told, "some dates closed"] if rest.get("closed") else told

    @property
    def _typed_hours(self) -> bool:
        """Whether hours stand in the fields."""
        return bool(self.start.value.strip() or self.end.value.strip())

    def _hours(self) -> Any:
        """Return the hours of the fields; as they were given where nothing else was typed."""
        given, typed = self._given.get("sending_hours"), (self.start.value, self.end.value)
        if typed == self._window:
            return given
        if not self._typed_hours:
            return None if self._window != ("", "") else given
        return tuple(map(rule_words.time_of, typed))

    def _value(self, name: str) -> Any:
        """Return what a field says; as it was given where nothing else was typed."""
        given, was, typed = self._given.get(name), self._shown[name], self._fields[name].value
        if typed == was:
            return given
        if not typed.strip():
            return None if was else given
        return FIELDS[name].read(typed)

    def _database(self) -> Any:
        """Return the id of the database; none where nobody is asked."""
        given, typed = self._given.get("consent_database"), self.database.value.strip()
        if not self.consent.value:
            return None
        return given if typed == str(given or "") else typed or None

    def _database_fault(self) -> str:
        """Say that a database is missing."""
        is_named = self._database() is not None or os.environ.get(VARIABLE, "").strip()
        if not self.consent.value or is_named:
            return ""
        return "Write the id of the database that is asked; it stands in the product."

    def _database_hint(self) -> str:
        """Say whom is asked, and that it takes a while."""
        named = os.environ.get(VARIABLE, "").strip()
        told = "Each person is asked about once the send begins, before any message leaves."
        if named and not self.database.value.strip():
            return f"Database {named} is asked, as {VARIABLE} says. {told}"
        return told

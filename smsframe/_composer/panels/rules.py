"""Not to whom, not when: lists, hours, dates, a gap, consent; folded until somebody asks.

What is typed goes into the choices as it is, right or wrong, so that plan and code of a wrong entry
are refused by themselves. The sentence beside the field is the screen's own, and stands in the way
of a send. What was given in code and is more than a field can say (hours by country or weekday,
dates by country, a column of time zones) is told in words, and holds as long as the field is empty.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.durations import in_words
from smsframe._composer import html
from smsframe._composer.panels import rule_words
from smsframe._composer.panels.base import Panel, row, shown
from smsframe._composer.panels.list_of_people import ListOfPeople
from smsframe._plan.consent_arguments import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe._composer.state import Desk

TITLE = "Not to whom, not when"
CONSENTS = [
    ("not asked here", False),
    ("ask before it is sent", True),
    ("ask, and hold back who cannot be asked", "require"),
]


class RulesPanel(Panel):
    """Who is held back now, whatever the message."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, TITLE, "rules")
        given = desk.choices.rest
        self._given = given
        self._wrong: dict[str, str] = {}
        self._list = ListOfPeople(given.get("exclude"))
        start, end = rule_words.one_window(given.get("sending_hours")) or ("", "")
        gap = rule_words.gap_in_hours(given.get("min_gap"))
        self.leave_out = _text("Leave out", self._list.shown, "a file with their numbers")
        self.list_note = widgets.HTML()
        self._shown: dict[str, Any] = {"hours": (start, end), "gap": gap}
        self.head = widgets.ToggleButton(description=TITLE, tooltip="Show or hide these rules")
        self.head.add_class("sms-fold")
        self.start = _text("Hours from", start, "any time")
        self.end = _text("to", end, "any time")
        self.hours_note = widgets.HTML()
        self.gap = _text("Hours apart", gap, "no gap")
        self.gap_note = widgets.HTML()
        self._make_fields_of_hours(given)
        self.consent = widgets.Dropdown(
            description="Consent", options=CONSENTS, value=given.get("check_consent", False)
        )
        self.database = _text("Database id", str(given.get("consent_database") or ""), "")
        self.database_note = widgets.HTML()
        in_field = [name for name in ("closed", "time_zone", "wait_s") if self._shown[name]]
        in_field += ["exclude"] if self._list.shown else []
        no_field = {**given, **dict.fromkeys(in_field)}
        self.in_code = widgets.HTML(html.faint(rule_words.in_code(no_field)))
        self.inside = widgets.VBox(
            [
                *(self.leave_out, self.list_note),
                *(row(self.start, self.end), self.hours_note, self.closed, self.closed_note),
                *(self.zone, self.zone_note, self.pause, self.pause_note),
                *(self.gap, self.gap_note),
                *(self.consent, self.database, self.database_note, self.in_code),
            ]
        )
        self.inside.add_class("sms-folded")
        self.box.children = (self.head, self.inside, self.errors)
        typed = (self.leave_out, self.start, self.end, self.gap, self.consent, self.database)
        for widget in (*typed, self.closed, self.zone, self.pause):
            widget.observe(self.guarded(self.take), names="value")
        self.head.observe(self.guarded(self.fold), names="value")
        desk.on("overview", self.tell)
        self.say()
        self.fold()

    def _make_fields_of_hours(self, given: Mapping[str, Any]) -> None:
        """Make the fields that go with hours, and keep what they show."""
        self.closed = _text("Closed on", rule_words.dates_shown(given.get("closed")), "no dates")
        self.zone = _text("Time zone", rule_words.zone_shown(given.get("time_zone")), "by number")
        self.pause = _text("Wait up to", rule_words.wait_shown(given.get("wait_s")), "no waiting")
        self.closed_note, self.zone_note = widgets.HTML(), widgets.HTML()
        self.pause_note = widgets.HTML()
        self._shown |= {
            "closed": self.closed.value,
            "time_zone": self.zone.value,
            "wait_s": self.pause.value,
        }

    def fold(self) -> None:
        """Show the fields, or take them away."""
        shown(self.inside, when=self.head.value)
        self.tell()

    def take(self) -> None:
        """Take over what was typed and chosen."""
        excluded = self._list.of(self.leave_out.value)
        self.say()
        self.desk.choose(
            rest={
                **self.desk.choices.rest,
                "exclude": excluded,
                "sending_hours": self._hours(),
                "min_gap": self._gap(),
                "closed": self._other("closed", self.closed, rule_words.dates_of),
                "time_zone": self._other("time_zone", self.zone, rule_words.zone_of),
                "wait_s": self._other("wait_s", self.pause, rule_words.wait_of) or 0.0,
                "check_consent": self.consent.value,
                "consent_database": self._database(),
            }
        )
        self.tell()

    def say(self) -> None:
        """Say beside each field what is wrong with it, else what it does."""
        wrong = {
            "list": self._list.fault,
            "hours": rule_words.hours_fault(self.start.value, self.end.value),
            "gap": rule_words.gap_fault(self._gap()),
            "closed": rule_words.dates_fault(self.closed.value),
            "zone": rule_words.zone_fault(self.zone.value),
            "wait": rule_words.wait_fault(self.pause.value),
            "database": self._database_fault(),
        }
        others = {name: told for name, told in self.desk.wrong.items() if name not in wrong}
        self._wrong = {name: sentence for name, sentence in wrong.items() if sentence}
        self.desk.wrong = {**others, **self._wrong}
        told = {
            "list": self._list.note,
            "hours": rule_words.hours_note(self._given.get("sending_hours"), self._typed_hours),
            "gap": "At least so many hours since a person's last message, whatever it was.",
            "closed": "Dates where people are, on which nothing goes to them.",
            "zone": "One for everybody; empty: where the number is.",
            "wait": "So many hours a send waits for hours that open, and goes on by itself.",
            "database": self._database_hint(),
        }
        rules = (self.list_note, self.hours_note, self.gap_note)
        notes = (*rules, self.closed_note, self.zone_note, self.pause_note, self.database_note)
        for note, name in zip(notes, told, strict=True):
            fault = self.desk.wrong.get(name, "")
            note.value = html.error(fault) if fault else html.faint(told[name])
        for widget in (self.database, self.database_note):
            shown(widget, when=bool(self.consent.value))

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
        return told + rule_words.head_of_code(rest)

    @property
    def _typed_hours(self) -> bool:
        """Whether hours stand in the fields."""
        return bool(self.start.value.strip() or self.end.value.strip())

    def _hours(self) -> Any:
        """Return the hours of the fields; as they were given where nothing else was typed."""
        given = self._given.get("sending_hours")
        if (self.start.value, self.end.value) == self._shown["hours"]:
            return given
        if not self._typed_hours:
            return None if self._shown["hours"] != ("", "") else given
        return rule_words.time_of(self.start.value), rule_words.time_of(self.end.value)

    def _gap(self) -> str | None:
        """Return the gap of the field; as it was given where nothing else was typed."""
        if self.gap.value == self._shown["gap"]:
            gap: str | None = self._given.get("min_gap")
            return gap
        return rule_words.gap_of(self.gap.value)

    def _other(self, name: str, field: Any, read: Callable[[str], Any]) -> Any:
        """Return what a field says; as it was given where nothing else was typed."""
        given = self._given.get(name)
        if field.value == self._shown[name]:
            return given
        if not field.value.strip():
            return None if self._shown[name] else given
        return read(field.value)

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


def _text(description: str, value: str, placeholder: str) -> Any:
    """Return a field that is taken over when it is left, not with every key."""
    return widgets.Text(
        description=description, value=value, placeholder=placeholder, continuous_update=False
    )

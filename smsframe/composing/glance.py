"""One row at once: its message, whom it goes to and what is wrong, without looking at the others.

The row is planned alone by the code that plans all rows. That is exact, because the text of a cell
depends on that cell alone, and it takes some ten milliseconds however long the frame is. What only
the whole frame can tell (duplicates, a column that a spreadsheet has rounded) comes with the
overview.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsframe import verbs
from smsframe.characters import is_foreign
from smsframe.errors import InputError
from smsframe.gsm7 import LOOK_ALIKES, character_name
from smsframe.segmentation import Length, measure_one
from smsframe.templates import Template, near_misses

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from smsframe.composing.choices import Choices
    from smsframe.planning import Plan

NO_RECIPIENT = "whoever the phone column will say"
NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What one row amounts to; ``text`` is None where there is none."""

    label: Any = None
    to: str = ""
    text: str | None = None
    length: Length | None = None
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something to mend in the text: a sentence and replacements (label, old, new)."""

    kind: str
    sentence: str
    offers: Sequence[tuple[str, str, str]] = ()


def glance(frame: pd.DataFrame, row: int, choices: Choices) -> Glance:
    """Return what the row at a position amounts to."""
    if not len(frame):
        return Glance(faults=("The frame has no rows.",))
    label = frame.index[row]
    try:
        made = _planned(frame.iloc[[row]], choices)
    except InputError as error:
        return Glance(label=label, faults=(str(error),))
    faults = [fault.sentence for fault in made.draft.problems.of("error") if _of_the_row(fault)]
    if made.draft.template is None or not choices.text.strip():
        return Glance(label=label, to=_to(made, choices), faults=faults)
    text = str(made.texts_at(_FIRST).iloc[0])
    return Glance(
        label=label,
        to=_to(made, choices),
        text=text,
        length=measure_one(text),
        faults=faults,
    )


_FIRST: Any = [0]


def _planned(frame: pd.DataFrame, choices: Choices) -> Plan:
    """Plan one row; without a way to its recipient, by whatever column comes first."""
    known = choices.phone is not None or choices.lookup
    way = choices if known else replace(choices, lookup={"?": frame.columns[0]})
    return verbs.plan(frame, way.text, **{**way.arguments(), "program": way.program or "0"})


def _of_the_row(fault: Any) -> bool:
    """Whether one row alone can tell this fault."""
    return fault.code != "lookup_missing" and (
        fault.positions is not None or fault.column == "text"
    )


def _to(made: Plan, choices: Choices) -> str:
    """Return the masked recipient."""
    known = choices.phone is not None or choices.lookup
    return made.masked_recipients(_FIRST)[0] if known else NO_RECIPIENT


def tag_states(frame: pd.DataFrame, choices: Choices) -> dict[str, str]:
    """Return for each tag of the text where it is filled from: "column", "database" or "near"."""
    names = {str(column) for column in frame.columns}
    known = names if choices.personalize is None else set(choices.personalize)
    return {
        tag: "column"
        if tag in known
        else "near"
        if tag not in names and near_misses(tag, list(names))
        else "database"
        for tag in tags_of(choices.text)
    }


def hints(frame: pd.DataFrame, choices: Choices) -> list[Hint]:
    """Return what could be mended in the text: unknown tags first, then costly characters."""
    try:
        Template.parse(choices.text)
    except InputError as error:
        return [Hint(kind="error", sentence=str(error)), *_costly(choices)]
    states = tag_states(frame, choices)
    names = [str(column) for column in frame.columns]
    tags = [
        _tag_hint(tag, near_misses(tag, names), s) for tag, s in states.items() if s != "column"
    ]
    return tags + _costly(choices)


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a text; none while a placeholder is open."""
    try:
        return Template.parse(text).tags
    except InputError:
        return ()


def _tag_hint(tag: str, near: Sequence[str], state: str) -> Hint:
    """Say that a tag is no column, and offer those that may be meant."""
    if state == "near":
        offers = [(f"Use {name}", f"%%{tag}%%", f"%%{name}%%") for name in near]
        return Hint(kind="warning", sentence=f"%%{tag}%% is no column.", offers=offers)
    return Hint(kind="info", sentence=f"%%{tag}%% is no column: the database fills it.")


def _costly(choices: Choices) -> list[Hint]:
    """Name the characters of the text that force the costlier encoding."""
    found = list(dict.fromkeys(filter(is_foreign, _literals(choices.text))))
    if choices.fold:
        found = [character for character in found if character not in LOOK_ALIKES]
    if not found:
        return []
    named = ", ".join(f"{c} ({character_name(c).lower()})" for c in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    offers = [(f"{c} → {LOOK_ALIKES[c]}", c, LOOK_ALIKES[c]) for c in found if c in LOOK_ALIKES]
    sentence = f"Forces the costlier encoding UCS-2, 70 characters a segment: {named}{more}."
    return [Hint(kind="warning", sentence=sentence, offers=offers)]


def _literals(text: str) -> str:
    """Return the text without its tags."""
    try:
        return "".join(Template.parse(text).literals)
    except InputError:
        return text

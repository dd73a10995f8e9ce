"""One row at once: its message, whom it goes to and what is wrong, without looking at the others.

The row is read alone by the code that reads all rows. That is exact, because the text of a cell
depends on that cell alone, and it takes a few milliseconds however long the frame is. What only the
whole frame can tell (duplicates, a column that a spreadsheet has rounded) comes with the overview.

Whom the row goes to does not depend on the text, and reading a phone number is the longer part of
it. So it is read by itself (:func:`addressee`), kept by the desk, and not read again with each key.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from operator import eq
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from smsframe._base.sentences import sentence_of
from smsframe._plan.build import build_texts
from smsframe._plan.tags import bare
from smsframe._plan.verdicts import EXCLUDED, EXCLUDED_SENTENCE
from smsframe._send.plan import plan
from smsframe._text.char_classes import is_foreign
from smsframe._text.gsm7 import LOOK_ALIKES, character_name
from smsframe._text.segments import Length, measure_one
from smsframe._text.template import Template, near_misses
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from smsframe._composer.inputs import Choices
    from smsframe._plan.options import SendOptions
    from smsframe._plan.problems import Fault, Problems

TO_WHOM = ("phone", "lookup", "formats", "region", "region_from", "exclude")
NO_ROWS = "The table has no rows."
NO_RECIPIENT = "whoever the phone column will say"
NAMED = 6
SWAPPED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPreview:
    """What one row amounts to; ``text`` is None where there is none."""

    label: Any = None
    to: str = ""
    text: str | None = None
    length: Length | None = None
    faults: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something to fix in the text: a sentence and replacements (label, old, new)."""

    kind: str
    sentence: str
    offers: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom a row goes to, masked, and what is wrong with that."""

    to: str = NO_RECIPIENT
    faults: Sequence[str] = ()


def to_whom(choices: Choices) -> dict[str, Any]:
    """Return the arguments that say whom rows go to."""
    return {name: value for name, value in choices.arguments().items() if name in TO_WHOM}


def addressee(frame: pd.DataFrame, row: int, given: Mapping[str, Any]) -> Addressee:
    """Return whom the row at a position goes to, by arguments as of `to_whom`."""
    if not len(frame) or not ("phone" in given or "lookup" in given):
        return Addressee()
    try:
        made = plan(frame.iloc[[row]], "x", **cast("SendOptions", {**given, "program": "0"})).data
    except InputError as error:
        return Addressee(faults=(sentence_of(error),))
    faults = [fault.sentence for fault in _of_rows(made.problems)]
    if made.verdict[0] == EXCLUDED:
        faults.append(EXCLUDED_SENTENCE)
    return Addressee(to=made.recipients.masked(_FIRST)[0], faults=faults)


def preview_row(frame: pd.DataFrame, row: int, choices: Choices, who: Addressee) -> RowPreview:
    """Return what the row at a position amounts to, given whom it goes to."""
    if not len(frame):
        return RowPreview(faults=(NO_ROWS,))
    label = frame.index[row]
    try:
        texts, problems = build_texts(frame.iloc[[row]], choices.text, choices.to_nobody())
    except InputError as error:
        return RowPreview(label=label, to=who.to, faults=(sentence_of(error),))
    written = bool(choices.text.strip())  # that nothing is written yet is said by Check
    blocking = [fault for fault in problems.blocking if fault.column == "text" and written]
    faults = [fault.sentence for fault in [*blocking, *_of_rows(problems)]]
    if texts.template is None or not written:
        return RowPreview(label=label, to=who.to, faults=[*who.faults, *faults])
    text = str(texts.at(_FIRST)[0])
    return RowPreview(
        label=label,
        to=who.to,
        text=text,
        length=measure_one(text),
        faults=[*who.faults, *faults],
    )


_FIRST: Any = np.zeros(1, dtype=np.int64)


def _of_rows(problems: Problems) -> list[Fault]:
    """Return the faults of a row itself."""
    return [fault for fault in problems.of("error") if fault.positions is not None]


def tag_states(frame: pd.DataFrame, choices: Choices) -> dict[str, str]:
    """Return for each tag of the text where it is filled from: "column", "database" or "near"."""
    names = {str(column) for column in frame.columns}
    said = choices.personalize or {}
    return {
        tag: ("database" if said[tag] is None else "column")
        if tag in said
        else "column"
        if tag in names
        else "near"
        if near_misses(tag, list(names))
        else "database"
        for tag in tags_of(choices.text)
    }


def hints(frame: pd.DataFrame, choices: Choices) -> list[Hint]:
    """Return what could be fixed in the text: unknown tags first, then costly characters."""
    try:
        Template.parse(choices.text)
    except InputError as error:
        return [Hint(kind="error", sentence=sentence_of(error)), *_costly(choices)]
    states = tag_states(frame, choices)
    names = [str(column) for column in frame.columns]
    tags = [_tag_hint(tag, _meant(tag, names), s) for tag, s in states.items() if s != "column"]
    return tags + _costly(choices)


def _parsed(text: str) -> Template | None:
    """Return a text as a template; None while a placeholder is open."""
    try:
        return Template.parse(text)
    except InputError:
        return None


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a text; none while a placeholder is open."""
    template = _parsed(text)
    return () if template is None else template.tags


def all_tags(choices: Choices) -> tuple[str, ...]:
    """Return the tags of all texts, each once, in the order in which they are met."""
    return tuple(dict.fromkeys(tag for text in choices.contents for tag in tags_of(text)))


def _meant(tag: str, names: Sequence[str]) -> Sequence[str]:
    """Return the columns a tag may have meant: the same but for its signs, else one slip away.

    Others are offered only where there is none: of columns with numbers all are near each other.
    """
    near = near_misses(tag, names)
    wanted = bare(tag)
    same = [name for name in near if bare(name) == wanted]
    return same or [name for name in near if _is_one_slip(wanted, bare(name))] or near


def _is_one_slip(one: str, other: str) -> bool:
    """Whether two words differ by one character, or by two neighbours that were swapped."""
    for _ in range(2):  # what is the same at the beginning is taken away, then at the end
        same = sum(1 for _ in takewhile(bool, map(eq, one, other)))
        one, other = one[same:][::-1], other[same:][::-1]
    return max(len(one), len(other)) <= 1 or (len(one) == SWAPPED and one == other[::-1])


def _tag_hint(tag: str, near: Sequence[str], state: str) -> Hint:
    """Say that a tag is no column, and offer those that may be meant."""
    if state == "near":
        offers = [(f"Use {name}", f"%%{tag}%%", f"%%{name}%%") for name in near]
        return Hint(kind="warning", sentence=f"%%{tag}%% is no column.", offers=offers)
    return Hint(kind="info", sentence=f"%%{tag}%% is no column: the database fills it.")


def _costly(choices: Choices) -> list[Hint]:
    """Name the characters of the text that force UCS-2; of a text that is in it, none is named."""
    template = _parsed(choices.text)
    literals = choices.text if template is None else "".join(template.literals)
    if is_other_script(literals):
        sentence = "Written in special letters: a segment has room for 70 characters, not for 160."
        return [Hint(kind="info", sentence=sentence)]
    found = list(dict.fromkeys(filter(is_foreign, literals)))
    if choices.fold:
        found = [character for character in found if character not in LOOK_ALIKES]
    if not found:
        return []
    named = ", ".join(f"{c} ({character_name(c).lower()})" for c in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    offers = [(f"{c} → {LOOK_ALIKES[c]}", c, LOOK_ALIKES[c]) for c in found if c in LOOK_ALIKES]
    sentence = f"A segment has room for 70 characters, not for 160, because of {named}{more}."
    return [Hint(kind="warning", sentence=sentence, offers=offers)]


def is_other_script(text: str) -> bool:
    """Whether most letters of a text are none of GSM-7's; ``editor.js`` marks none of them then."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(map(is_foreign, letters)) > len(letters)

"""A try: the message of chosen rows, sent to one's own numbers, under a campaign name of its own.

The values travel as the texts they already are, so the try says to the letter what those rows would
get. The name is new for every try, so a try is never taken for the campaign's message, nor the
other way round.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe import verbs
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe.composing.choices import Choices
    from smsframe.planning import Plan

MOST = 10
LEFT_OUT = ("phone", "lookup", "personalize", "formats", "campaign", "limit", "problems")


def new_name() -> str:
    """Return a campaign name that was never used."""
    return f"try-{secrets.token_hex(4)}"


def numbers_of(typed: str) -> list[str]:
    """Return the numbers that were typed, separated by commas, semicolons or lines; each once."""
    parts = (part.strip() for part in re.split(r"[,;\n]", typed))
    return list(dict.fromkeys(part for part in parts if part))


def try_plan(
    frame: pd.DataFrame, rows: Sequence[int], numbers: Sequence[str], choices: Choices, name: str
) -> Plan:
    """Plan the messages of the rows at positions, each to all of the numbers.

    Raises
    ------
    InputError
        A number cannot be texted, a value is missing, or they are too many for a try.
    """
    if not numbers:
        raise InputError("Write your own phone number, with its country code.")
    if len(rows) * len(numbers) > MOST:
        raise InputError(
            f"A try is at most {MOST} messages; this would be {len(rows) * len(numbers)}."
        )
    given = choices.arguments()
    chosen = verbs.plan(frame.iloc[list(rows)], choices.text, **_by_any_way(frame, given))
    made = _planned(chosen, numbers, choices, given, name)
    errors = [fault.sentence for fault in made.draft.problems.of("error")]
    if errors:
        raise InputError(" ".join(dict.fromkeys(errors)))
    return made


def _planned(
    chosen: Plan, numbers: Sequence[str], choices: Choices, given: dict[str, Any], name: str
) -> Plan:
    """Plan the texts of the chosen rows for other numbers."""
    tags = chosen.draft.personalization
    to = _unused("my number", tags)
    cells = {tag: column.to_pandas() for tag, column in tags.items()}
    texts = pd.DataFrame(cells, index=range(len(chosen.draft.frame)))
    everybody = pd.concat([texts.assign(**{to: number}) for number in numbers], ignore_index=True)
    kept = {key: value for key, value in given.items() if key not in LEFT_OUT}
    return verbs.plan(
        everybody,
        choices.text,
        phone=to,
        personalize={tag: tag for tag in tags},
        campaign=name,
        **{**kept, "duplicates": "send"},
    )


def _by_any_way(frame: pd.DataFrame, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with a way to a recipient, which a try does not use."""
    known = given.get("phone") is not None or given.get("lookup")
    ways = given if known else {**given, "lookup": {"?": frame.columns[0]}}
    return {name: value for name, value in ways.items() if name != "limit"}


def _unused(name: str, taken: Any) -> str:
    """Return a column name that is not taken."""
    while name in taken:
        name += "_"
    return name

"""Rows that a rule about people holds back: the rules' codes, counted and in words.

Whatever counts rows for people (the line under a send, a plan, a summary) says how many each rule
held back, in this order. A row that a rule holds back is ``not_attempted``; after a send, some of
these codes stand on rows of other statuses too, which are not counted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD_OUT: Final = "held_out"
"""The code of rows in the holdout of a test. It is meant: nothing is amiss with those."""
RULE_NAMES: Final = {
    "excluded": "excluded",
    HELD_OUT: "held out",
    "too_soon": "too soon",
    "outside_hours": "outside hours",
    "never_open": "never open",
    "opted_out": "opted out",
    "no_consent": "without consent",
    "consent_unknown": "consent unknown",
}
"""The codes of rules about people, and what they are called where rows are counted."""


def held_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many rows each rule held back; ``counts`` are rows not attempted, by code."""
    return {code: counts[code] for code in RULE_NAMES if counts.get(code)}


def held_in_words(counts: Mapping[str, int], by_team: int | None = None) -> str:
    """Return rows by rule in one line, "" where no rule held any back.

    ``by_team`` of the excluded ones are in the file of ``SMSFRAME_EXCLUDE``, which is then named
    also where it held nobody back; None where there is none.

    >>> held_in_words({"limit": 3, "too_soon": 12, "excluded": 1_200})
    '1,200 excluded, 12 too soon'
    >>> held_in_words({}, by_team=0)
    '0 excluded, of which 0 by SMSFRAME_EXCLUDE'
    """
    told = {code: f"{n:,} {RULE_NAMES[code]}" for code, n in held_counts(counts).items()}
    if by_team is not None:
        excluded = told.pop("excluded", f"0 {RULE_NAMES['excluded']}")
        told = {"excluded": team_in_words(excluded, by_team), **told}
    return ", ".join(told.values())


def team_in_words(excluded: str, by_team: int) -> str:
    """Say how many of the excluded rows are in the team's file."""
    return f"{excluded}, of which {by_team:,} by SMSFRAME_EXCLUDE"

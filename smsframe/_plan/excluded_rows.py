"""Rows of a plan that a list of people holds back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from smsframe._base.sentences import NO_NUMBER, Sentence, arg
from smsframe._eligibility.exclude import (
    ARGUMENT,
    NOBODY,
    VARIABLE,
    Exclusion,
    read,
    shown,
    team_list,
)
from smsframe._eligibility.excluded_numbers import Numbers, held_back
from smsframe._plan.verdicts import EXCLUDED
from smsframe.errors import InputError

if TYPE_CHECKING:
    from smsframe._plan.problems import Problems
    from smsframe._plan.recipients import Recipients
    from smsframe._plan.verdicts import Verdict

_MOST_FIELDS = 4  # of a lookup, to be tried in every order


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Excluded:
    """Which recipients are excluded, and by the team's file; None where none is named."""

    rows: npt.NDArray[np.bool_]
    by_team: npt.NDArray[np.bool_] | None = None
    mark: str = ""


def excluded_rows(
    exclude: Any, recipients: Recipients, region: str | None, problems: Problems
) -> Excluded:
    """Return which recipients are excluded; what could not be read is noted."""
    rows = _held_by(read(exclude), ARGUMENT, recipients, region, problems)
    team = NOBODY if exclude is NOBODY else team_list()
    if team is NOBODY:
        return Excluded(rows=rows)
    by_team = _held_by(team, VARIABLE, recipients, region, problems)
    return Excluded(rows=rows | by_team, by_team=by_team, mark=team.mark)


def by_team(excluded: Excluded, verdict: Verdict) -> int | None:
    """Return how many rows the team's file holds back; None where none is named."""
    if excluded.by_team is None:
        return None
    return int((verdict[excluded.by_team] == EXCLUDED).sum())


def _held_by(
    found: Exclusion, where: str, recipients: Recipients, region: str | None, problems: Problems
) -> npt.NDArray[np.bool_]:
    """Return which recipients a list excludes."""
    _note_unread(problems, found.numbers, where)
    if recipients.contact_ids is None:
        return _excluded_lookups(recipients, found, where)
    if len(found.lookups):
        raise InputError(
            where,
            " holds results of a run with ",
            arg("lookup"),
            ", of whom no number is known, so they cannot be held back here. Give their numbers.",
        )
    if not found.has_numbers:
        return np.zeros(len(recipients), dtype=bool)
    return held_back(found.numbers, recipients.contact_ids, region)


def _excluded_lookups(
    recipients: Recipients, found: Exclusion, where: str
) -> npt.NDArray[np.bool_]:
    """Return which recipients that are looked up had an earlier run."""
    if found.has_numbers:
        raise InputError(
            NO_NUMBER,
            ", so nobody whom ",
            where,
            " names could be held back. Send by ",
            arg("phone"),
            ", or leave them out of the database's program.",
        )
    excluded = np.zeros(len(recipients), dtype=bool)
    if len(found.lookups):
        lookups = recipients.lookups
        orders = permutations(lookups) if len(lookups) <= _MOST_FIELDS else ()
        for order in [*orders] or [tuple(lookups)]:
            texts = recipients.texts(fields=order)
            excluded |= np.asarray(pc.is_in(texts, value_set=found.lookups))
    return excluded


def _note_unread(problems: Problems, numbers: Numbers, where: str) -> None:
    """Warn of cells that can be read as nothing."""
    if numbers.unread:
        problems.whole(
            "exclude_unread",
            Sentence(
                f"{numbers.unread:,} of the entries of ",
                where,
                " can be read as no phone number, so they hold nobody back. Correct them if "
                "somebody was meant.",
            ),
            severity="warning",
            value=shown(numbers.examples),
        )

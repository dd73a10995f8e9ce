"""What of a plan went out before: the plan's messages held against the journal's.

A message is known by its send key. Where the journal has a key more than once (a rejected message
was sent again), an acceptance counts most, then an outcome that is not known; a rejection counts
for nothing, for nothing went out.

In a named campaign one thing more is looked for. "Nobody gets the same campaign twice" has to hold
when the values were corrected too (a format, a misspelt name, a tag more in the text), though that
makes another key. So when a message of the campaign is no longer in the frame, and a message to the
same person that is not in the journal is, that message is *held*: not sent, and said so. A second
order of a person whose first is still in the frame is another message and goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsframe import sendkeys
from smsframe.journal_records import ACCEPTED, CLAIMED, REJECTED, UNKNOWN, Ledger

if TYPE_CHECKING:
    from smsframe.planning import Plan

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A plan's messages by what the journal says of them; places count the plan's ready rows.

    ``entries`` are the places in the ledger of the ``known`` ones.
    """

    keys: bytes
    people: npt.NDArray[np.uint64] | None
    todo: Places
    known: Places
    entries: Places
    held: Places


def match(plan: Plan, scope: bytes, ledger: Ledger) -> Matched:
    """Sort the messages of a plan into to do, known and held."""
    blob = plan.keys(scope)
    people = plan.people(scope) if plan.options.campaign is not None else None
    mine = sendkeys.as_keys(blob)
    entry = _strongest(mine, ledger)
    if plan.options.resend_unknown:
        entry[(entry >= 0) & np.isin(ledger.state[entry], (CLAIMED, UNKNOWN))] = -1
    known, todo = np.flatnonzero(entry >= 0), np.flatnonzero(entry < 0)
    held = np.zeros(len(todo), dtype=bool)
    if people is not None and len(todo):
        held = np.isin(people[todo], _gone(mine, ledger))
    return Matched(
        keys=blob,
        people=people,
        todo=todo[~held],
        known=known,
        entries=entry[known],
        held=todo[held],
    )


def _strongest(mine: pa.Array, ledger: Ledger) -> Places:
    """Return the ledger's entry for each key, -1 where it has none that counts."""
    accepted = np.flatnonzero(ledger.state == ACCEPTED)
    uncertain = np.flatnonzero((ledger.state == UNKNOWN) | (ledger.state == CLAIMED))
    order = np.concatenate([accepted, uncertain])
    if not len(order):
        return np.full(len(mine), -1, dtype=np.int64)
    theirs = sendkeys.as_keys(ledger.keys[order].tobytes())
    found = pc.fill_null(pc.index_in(mine, value_set=theirs), -1).to_numpy(zero_copy_only=False)
    return np.where(found >= 0, order[found], -1).astype(np.int64)


def _gone(mine: pa.Array, ledger: Ledger) -> npt.NDArray[np.uint64]:
    """Return the persons whose messages went out, or may have, and are not in the plan any more."""
    counts = np.flatnonzero(ledger.state != REJECTED)
    theirs = sendkeys.as_keys(ledger.keys[counts].tobytes())
    gone = ~pc.is_in(theirs, value_set=mine).to_numpy(zero_copy_only=False)
    return np.unique(ledger.people[counts[gone]])

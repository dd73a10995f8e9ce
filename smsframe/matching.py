"""What of a plan went out before: the plan's messages held against the journal's.

A message is known by its send key. Where the journal has a key more than once (a rejected message
was sent again), an acceptance counts most, then an outcome that is not known; a rejection counts
for nothing, for nothing went out.

In a named campaign one thing more is looked for. "Nobody gets the same campaign twice" has to hold
when the values were corrected too (a format, a misspelt name, a tag more in the text), though that
makes another key. So when a message of the campaign is no longer in the frame, and a message to the
same person that is not in the journal is, that message is *held*: not sent, and said so. A second
order of a person whose first is still in the frame is another message and goes out. With
``resend_unknown`` only what was accepted counts as a message that a corrected one stands in for.

Rows beyond ``limit`` are looked up too: what went out before stays as it was and is reported so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe import sendkeys
from smsframe.draft import READY
from smsframe.journal_records import ACCEPTED, CLAIMED, REJECTED, UNKNOWN, Ledger

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe.planning import Plan
    from smsframe.problems import Positions

    Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The positions of a plan's sendable rows by what the journal says of them.

    ``entries`` are the places in the ledger of the ``known`` ones. What is to be sent again on
    purpose is known and to do. What ``limit`` holds back is neither, unless it is known.
    """

    todo: Positions
    known: Positions
    entries: Places
    held: Positions

    def open_rows(self, rows: int) -> npt.NDArray[np.bool_]:
        """Return which of all rows were not dealt with before, or go out again on purpose."""
        found = np.ones(rows, dtype=bool)
        found[self.known] = found[self.held] = False
        found[self.todo] = True
        return found


def match(plan: Plan, scope: bytes, ledger: Ledger) -> Matched:
    """Sort the messages of a plan into to do, known and held."""
    if not len(ledger):  # nobody's key is needed yet
        nothing = plan.ready[:0]
        return Matched(todo=plan.ready, known=nothing, entries=nothing, held=nothing)
    rows = plan.sendable
    mine = sendkeys.as_keys(plan.keys(scope))
    entry = _strongest(mine, ledger)
    wanted = entry < 0
    if plan.options.resend_unknown:
        wanted |= _is_unknown(entry, ledger)
    wanted &= plan.draft.verdict[rows] == READY
    todo, is_known = rows[wanted], entry >= 0
    held = np.zeros(len(todo), dtype=bool)
    if plan.options.campaign is not None and len(todo):
        counts = (ACCEPTED,) if plan.options.resend_unknown else (ACCEPTED, CLAIMED, UNKNOWN)
        held = np.isin(plan.people(scope, todo), _gone(mine, ledger, counts))
    return Matched(todo=todo[~held], known=rows[is_known], entries=entry[is_known], held=todo[held])


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


def _is_unknown(entry: Places, ledger: Ledger) -> npt.NDArray[np.bool_]:
    """Tell which entries have an outcome that is not known."""
    states = np.append(ledger.state, np.uint8(REJECTED))  # where an entry of -1 looks
    return np.isin(states[entry], (CLAIMED, UNKNOWN))


def _gone(mine: pa.Array, ledger: Ledger, states: tuple[int, ...]) -> npt.NDArray[np.uint64]:
    """Return the persons with a message in one of these states that is not in the plan any more."""
    counts = np.flatnonzero(np.isin(ledger.state, states))
    theirs = sendkeys.as_keys(ledger.keys[counts].tobytes())
    gone = ~pc.is_in(theirs, value_set=mine).to_numpy(zero_copy_only=False)
    return np.unique(ledger.people[counts[gone]])

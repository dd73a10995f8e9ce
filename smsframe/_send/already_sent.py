"""What of a plan went out before: the plan's messages held against the journal's.

A message is known by its send key. Where the journal has a key more than once (a rejected message
was sent again), an acceptance counts most, then an outcome that is not known; a rejection counts
for nothing, for nothing went out.

In a named campaign one thing more is looked for. "Nobody gets the same campaign twice" has to hold
when the values were corrected too (a format, a misspelt name, a tag more in the text), though that
makes another key. So of a person's rows that would go out, as many are *held* as the person
has messages of the campaign that are no longer in the frame: not sent, and said so. The rest go
out: a second order of a person whose first is still in the frame is another message. With
``resend_unknown`` only what was accepted counts as a message that a corrected one stands in for.

With several texts (variants) a campaign knows people and the number of their rows, and no words:
there such a row is not merely held, it is the message that the person had, whichever text that was,
and is reported so. A row whose very values went out comes first, so that of two orders of one
person the other one goes out, in whatever order they stand.

Rows beyond ``limit`` and excluded ones are looked up too: what went out before stays as it was and
is reported so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.sorted_numbers import places_in
from smsframe._journal.records import ACCEPTED, CLAIMED, REJECTED, UNKNOWN, Ledger
from smsframe._plan import message_keys
from smsframe._plan.verdicts import EXCLUDED, READY

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._journal.reader import JournalReader
    from smsframe._plan.data import PlanData

    Keys = npt.NDArray[np.void]

HAD = (ACCEPTED, CLAIMED, UNKNOWN)
"""The states of a message that a person has had, or may have had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The positions of a plan's sendable rows by what the journal says of them.

    ``entries`` are the positions in ``ledger`` of the ``known`` ones. What is to be sent again on
    purpose is known and to do. What a rule holds back is neither, unless it is known.
    """

    todo: Positions
    known: Positions
    entries: Positions
    held: Positions
    ledger: Ledger

    @property
    def new(self) -> Positions:
        """Positions of the rows to do that the journal does not know."""
        if not len(self.known):
            return self.todo
        return self.todo[~np.isin(self.todo, self.known, assume_unique=True)]

    def open_rows(self, rows: int) -> npt.NDArray[np.bool_]:
        """Return which of all rows were not dealt with before, or go out again on purpose."""
        found = np.ones(rows, dtype=bool)
        found[self.known] = found[self.held] = False
        found[self.todo] = True
        return found


def find_sent(plan: PlanData, service: str, scope: bytes, journal: JournalReader) -> Matched:
    """Sort the messages of a plan into to do, known and held."""
    if not journal.knows(scope):  # nobody's key is needed yet
        nothing = plan.ready[:0]
        ledger = journal.ledger(scope, keys=b"")
        return Matched(todo=plan.ready, known=nothing, entries=nothing, held=nothing, ledger=ledger)
    rows, keys = plan.sendable, plan.keys(scope)
    is_named = plan.options.campaign is not None
    who = plan.messages.recipient_hashes(service, rows) if is_named else None
    ledger = journal.ledger(scope, keys=keys, recipients=who)
    mine = message_keys.as_keys(keys)
    entry = strongest(mine, ledger.keys, ledger.state)
    is_known = (entry >= 0) & ~_is_repeat(plan, entry)
    wanted = entry < 0
    if plan.options.resend_unknown:
        wanted |= _is_unknown(entry, ledger)
    wanted &= plan.verdict[rows] == READY
    held = np.zeros(len(rows), dtype=bool)
    if who is not None and len(ledger):
        counts = (ACCEPTED,) if plan.options.resend_unknown else HAD
        gone = find_gone(mine, ledger.keys, ledger.state, counts)
        people = ledger.recipients[gone]
        held[wanted] = stand_in(who[wanted], people)
        if plan.variants is not None:
            entry[held] = gone[stood_for(who[held], people)]
            is_known |= held
            wanted &= ~held
            held[:] = False
    return Matched(
        todo=rows[wanted & ~held],
        known=rows[is_known],
        entries=entry[is_known],
        held=rows[held],
        ledger=ledger,
    )


def strongest(mine: pa.Array, keys: Keys, state: npt.NDArray[np.uint8]) -> Positions:
    """Return which of the journal's entries each key has, -1 where it has none that counts."""
    accepted = np.flatnonzero(state == ACCEPTED)
    order = np.concatenate([accepted, np.flatnonzero(np.isin(state, (UNKNOWN, CLAIMED)))])
    if not len(order):
        return np.full(len(mine), -1, dtype=np.int64)
    theirs = message_keys.as_keys(keys[order].tobytes())
    found = pc.fill_null(pc.index_in(mine, value_set=theirs), -1).to_numpy(zero_copy_only=False)
    return np.where(found >= 0, order[found], -1).astype(np.int64)


def _is_repeat(plan: PlanData, entry: Positions) -> npt.NDArray[np.bool_]:
    """Tell which excluded rows repeat another's message: only one of them had it."""
    excluded: npt.NDArray[np.bool_] = plan.verdict[plan.sendable] == EXCLUDED
    if excluded.any():
        excluded &= pd.Series(entry).duplicated().to_numpy()
    return excluded


def _is_unknown(entry: Positions, ledger: Ledger) -> npt.NDArray[np.bool_]:
    """Tell which entries have an outcome that is not known."""
    states = np.append(ledger.state, np.uint8(REJECTED))  # where an entry of -1 looks
    return np.isin(states[entry], (CLAIMED, UNKNOWN))


def find_gone(
    mine: pa.Array, keys: Keys, state: npt.NDArray[np.uint8], states: tuple[int, ...]
) -> Positions:
    """Return the journal's entries in one of these states that a list has no more, by their keys.

    Each message is there once.
    """
    counts = np.flatnonzero(np.isin(state, states))
    theirs = message_keys.as_keys(keys[counts].tobytes())
    gone = counts[~pc.is_in(theirs, value_set=mine).to_numpy(zero_copy_only=False)]
    once: Positions = gone[np.unique(halves(keys[gone]), axis=0, return_index=True)[1]]
    return once


def halves(keys: Keys) -> npt.NDArray[np.uint64]:
    """Return keys as two numbers each."""
    return np.ascontiguousarray(keys).view(np.uint64).reshape(-1, 2)


def stood_for(who: npt.NDArray[np.uint64], gone: npt.NDArray[np.uint64]) -> Positions:
    """Return for each row that stands in for a message that is gone which one that is."""
    order = np.argsort(gone, kind="stable")
    before = pd.Series(who).groupby(who).cumcount().to_numpy()
    found: Positions = order[np.searchsorted(gone[order], who) + before]
    return found


def stand_in(who: npt.NDArray[np.uint64], gone: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return which rows stand in for messages that are gone: a person's first, as many as those."""
    recipients, numbers = np.unique(gone, return_counts=True)
    place, is_there = places_in(recipients, who)
    allowed = np.zeros(len(who), dtype=np.int64)
    allowed[is_there] = numbers[place[is_there]]
    before = pd.Series(who).groupby(who).cumcount().to_numpy()
    held: npt.NDArray[np.bool_] = before < allowed
    return held

"""Who had a message too recently: what ``min_gap=`` is judged by.

A message counts from the moment at which it may have left at the latest, whatever its campaign and
program: accepted ones, unknown ones, and those that are claimed and may be on their way. What was
not processed, or settled as not sent, does not count, nor do tests. People are known by the hashes
of their numbers, which the journal keeps for all messages, also of runs that were forgotten.

It is judged twice. Once when a run begins, over all its people, so that the plan, the count to
confirm and the table say who is held back. And again inside the transaction of each claim, over
what others have claimed since: campaigns have locks of their own, and two that begin at the same
moment see nothing of each other at first. Whoever claims first texts a person, the other run holds
that row back.

Ten million messages are read a million at a time; only the times of the people asked for are kept.
Whether a hash is asked for is looked up by its first bits, which rules nearly all out: with a hash
table of a million people all this takes three times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from smsframe._base.sorted_numbers import places_in
from smsframe._journal.ledger import in_portions, state_bytes
from smsframe._journal.records import HASH_BYTES, REJECTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from smsframe._journal.reader import JournalReader
    from smsframe._journal.records import Claim, PastBatch

    Hashes = npt.NDArray[np.uint64]
    Times = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

NEVER: Final = -np.inf
_FEWEST_BITS, _MORE_BITS, _MOST_BITS = 16, 4, 24


class LastMessages:
    """When some people had their last message at the latest, as seconds since 1970 (UTC).

    Parameters
    ----------
    who : array of uint64
        The hashes of their numbers, in any order; nobody else is kept.
    """

    def __init__(self, who: Hashes) -> None:
        self._who: Hashes = np.unique(who)
        self._at = np.full(len(self._who), NEVER)
        bits = min(max(len(self._who).bit_length() + _MORE_BITS, _FEWEST_BITS), _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        self._may_be = np.zeros(1 << bits, dtype=bool)
        self._may_be[self._who >> self._shift] = True

    def note(self, batches: Iterable[PastBatch]) -> None:
        """Take in batches as they are read."""
        for portion in in_portions(batches):
            self._take(portion)

    def of(self, who: Hashes) -> Times:
        """Return the time for each of some people, `NEVER` where none is known."""
        return _times_of(who, self._who, self._at)

    def _take(self, batches: list[PastBatch]) -> None:
        """Take in some batches."""
        everybody = np.frombuffer(b"".join(b.recipients or b"" for b in batches), np.uint64)
        met = self._asked_for(everybody)
        if not len(met):
            return
        ends = np.cumsum([batch.size for batch in batches])
        owner = np.searchsorted(ends, met, side="right")
        went = self._may_have_gone(batches, owner, met - (ends - np.diff(ends, prepend=0))[owner])
        met, owner = met[went], owner[went]
        times = np.array([batch.left_at for batch in batches])[owner]
        np.maximum.at(self._at, np.searchsorted(self._who, everybody[met]), times)

    def _asked_for(self, everybody: Hashes) -> npt.NDArray[np.int64]:
        """Return where people stand who are asked for; the first bits of a hash rule most out."""
        maybe = np.flatnonzero(self._may_be[everybody >> self._shift])
        if not len(maybe):
            return maybe
        return maybe[places_in(self._who, everybody[maybe])[1]]

    @staticmethod
    def _may_have_gone(
        batches: Sequence[PastBatch], owner: npt.NDArray[np.int64], offset: npt.NDArray[np.int64]
    ) -> Bools:
        """Tell which messages were not rejected; of most batches all are alike."""
        went = np.ones(len(owner), dtype=bool)
        for number in np.unique(owner).tolist():
            batch = batches[number]
            if batch.states is not None:
                here = owner == number
                states = state_bytes(batch.state, batch.size, batch.states)
                went[here] = states[offset[here]] != REJECTED
        return went


class MessagesMeanwhile:
    """When anybody had a message by others since a run began, for lists that memory does not hold.

    Whom the run texts is not known here all at once, so everybody is kept whom others claimed since
    it began: 16 bytes for each of those messages.
    """

    def __init__(self) -> None:
        self._who: Hashes = np.empty(0, np.uint64)
        self._at: Times = np.empty(0)

    def note(self, batches: Iterable[PastBatch]) -> None:
        """Take in batches as they are read."""
        for batch in batches:
            states = state_bytes(batch.state, batch.size, batch.states)
            who = np.frombuffer(batch.recipients or b"", np.uint64)[states != REJECTED]
            every = np.concatenate([self._who, who])
            times = np.concatenate([self._at, np.full(len(who), batch.left_at)])
            order = np.lexsort((times, every))
            every, times = every[order], times[order]
            is_last = np.append(every[1:] != every[:-1], True)[: len(every)]
            self._who, self._at = every[is_last], times[is_last]

    def of(self, who: Hashes) -> Times:
        """Return the time for each of some people, `NEVER` where none is known."""
        return _times_of(who, self._who, self._at)


def _times_of(who: Hashes, known: Hashes, times: Times) -> Times:
    """Return the time for each of some people, `NEVER` for who is not among the known ones."""
    found, (at, is_there) = np.full(len(who), NEVER), places_in(known, who)
    found[is_there] = times[at[is_there]]
    return found


class GapGuard:
    """What a run knows of the last messages of its people, and judges its claims by.

    Parameters
    ----------
    gap_s : float
        How far apart two messages to a person have to be, in seconds.
    run_id : str
        The run: its own messages were judged when it began.
    who : array of uint64 or None
        The hashes of the numbers of its people; None: they are not all in memory, and were held
        against what others had claimed up to the batch ``read``.
    read : int, default 0
        The newest batch that has been looked at.
    """

    def __init__(self, gap_s: float, run_id: str, who: Hashes | None, *, read: int = 0) -> None:
        self.gap_s = gap_s
        self._run_id = run_id
        self._last = MessagesMeanwhile() if who is None else LastMessages(who)
        self._read = read

    def look(self, journal: JournalReader, now: float) -> None:
        """Read what others claimed since the last look."""
        newest = journal.newest_batch()  # what is claimed meanwhile is read next time again
        if newest > self._read:
            since = now - self.gap_s
            self._last.note(journal.past_batches(since, now, after=self._read, but=self._run_id))
            self._read = newest

    def last_at(self, who: Hashes) -> Times:
        """Return when people had their last message, `NEVER` where it is not within the gap."""
        return self._last.of(who)

    def too_soon(self, who: Hashes, now: float) -> Bools:
        """Tell who had a message within the gap."""
        return self.last_at(who) > now - self.gap_s

    def judge(self, journal: JournalReader, claims: Sequence[Claim]) -> Mapping[str, Bools]:
        """Return, by batch, which messages of claims would come too soon; see `Journal.record`."""
        self.look(journal, max(claim.claimed_at for claim in claims))
        held = {}
        for claim in claims:
            who = np.frombuffer(claim.recipients, np.uint64)
            assert len(claim.recipients) == HASH_BYTES * claim.size
            soon = self.too_soon(who, claim.claimed_at)
            if soon.any():
                held[claim.batch_id] = soon
        return held

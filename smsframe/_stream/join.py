"""A list held against itself and against the journal, bucket by bucket, at most one in memory.

The rules are those of frames (`smsframe._plan.verdicts`, `smsframe._send.already_sent`): the first
row of equal ones goes out; what a key had before decides its row; in a named campaign a person's
rows stand in for the messages of the person that are no longer in the list. Rows count in their
order over all files.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe._base.sorted_numbers import places_in
from smsframe._eligibility.min_gap import NEVER
from smsframe._journal.ledger import in_portions, state_bytes
from smsframe._journal.records import ACCEPTED, CLAIMED, REJECTED, UNKNOWN
from smsframe._plan import message_keys
from smsframe._results import status_answers
from smsframe._send.already_sent import HAD, find_gone, halves, stand_in, stood_for, strongest
from smsframe._stream.scratch import (
    AGAIN,
    BUCKETS,
    DUPLICATE,
    GROUP_ROWS,
    HELD,
    KNOWN,
    LATER,
    MINE,
    OPEN,
    PAST,
    PERSON,
    THEIRS,
    TOO_SOON,
    Scratch,
    bucket_of,
    person_bucket,
    times_of,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._journal.reader import JournalReader
    from smsframe._journal.records import BatchRecord
    from smsframe._plan.options import Options

    Records = npt.NDArray[Any]
    Answer = tuple[str, tuple[str, str] | None]


@dataclass(slots=True)
class Said:
    """What the status endpoint says of messages: different answers, each once, by number.

    An answer is a status with its code and sentence; there are a handful of them in all.
    """

    answers: list[Answer] = field(default_factory=list)
    _numbers: dict[Answer, int] = field(default_factory=dict)

    def numbers(self, record: BatchRecord) -> Any:
        """Return the number of the answer to each message of a batch; `OPEN` where none is."""
        if record.statuses is None:
            return OPEN
        told = status_answers.unpack(record.statuses, record.size)
        numbers = np.full(record.size, OPEN, dtype=np.int32)
        numbers[told.sent == status_answers.SENT] = self.number("sent", None)
        unsent = told.sent == status_answers.NOT_SENT
        if unsent.any():
            reasons = map(status_answers.reason_of, [*told.messages, ""])
            of_message = [self.number("not_sent", reason) for reason in reasons]
            numbers[unsent] = np.array(of_message, dtype=np.int32)[told.message[unsent]]
        return numbers

    def number(self, status: str, reason: tuple[str, str] | None) -> int:
        """Return the number of an answer, the same for equal ones."""
        number = self._numbers.setdefault((status, reason), len(self.answers))
        if number == len(self.answers):
            self.answers.append((status, reason))
        return number


@dataclass(slots=True, kw_only=True)
class Joined:
    """What is found of a list's rows, in numbers; the rows themselves are in the scratch folder.

    ``going`` would go out, as their hours open; ``by_group`` counts them by these hours. ``sizes``
    are accepted messages by the number of their batch; ``matched`` where messages of the list stand
    in their batches, kept only where it is asked for.
    """

    duplicates: int = 0
    later: int = 0
    accepted: int = 0
    unknown: int = 0
    held: int = 0
    excluded_known: int = 0
    going: int = 0
    too_soon: int = 0
    by_group: Counter[int] = field(default_factory=Counter)
    same_person: int = 0
    persons: int = 0
    most: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    matched: dict[int, list[npt.NDArray[np.int32]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def spread_ledger(journal: JournalReader, scope: bytes, scratch: Scratch) -> Said:
    """Write what the journal knows of a campaign into buckets; return what it says of each."""
    said = Said()
    for portion in in_portions(journal.hashes(scope)):
        known = journal.records([batch.number for batch in portion])
        for batch in portion:
            records = np.empty(batch.size, THEIRS)
            records["said"] = said.numbers(known[batch.number])
            records["key"] = np.frombuffer(batch.keys or b"", "V16")
            records["who"] = np.frombuffer(batch.recipients or bytes(8 * batch.size), np.uint64)
            records["batch"], records["offset"] = batch.number, np.arange(batch.size)
            records["state"] = state_bytes(batch.state, batch.size, batch.states)
            kept = records[records["state"] != REJECTED]
            if len(kept):
                scratch.add("theirs", kept, bucket_of(np.ascontiguousarray(kept["key"])))
    return said


def spread_past(journal: JournalReader, gap_s: float, now: float, scratch: Scratch) -> int:
    """Write who had a message within a gap into buckets; return the newest batch that was read."""
    newest = journal.newest_batch()
    for portion in in_portions(journal.past_batches(now - gap_s, now)):
        for batch in portion:
            who = np.frombuffer(batch.recipients or b"", np.uint64)
            went = state_bytes(batch.state, batch.size, batch.states) != REJECTED
            records = np.empty(int(went.sum()), PAST)
            records["who"], records["at"] = who[went], batch.left_at
            scratch.add("past", records, person_bucket(records["who"]))
    return newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A list of ``rows`` rows that is held against itself and the journal, ``now``.

    ``keep_matched``: keep where messages stand in their batches.
    """

    scratch: Scratch
    options: Options
    now: float
    rows: int
    keep_matched: bool
    found: Joined = field(default_factory=Joined)

    def join(self) -> Joined:
        """Find repeats, what the journal knows, what stands in for others, and who waits."""
        for bucket in BUCKETS if self.options.duplicates == "skip" else ():
            self._find_repeats(bucket)
        last = self._last_row()
        for bucket in BUCKETS:
            self._match(bucket, last)
        for bucket in BUCKETS:
            self._judge_people(bucket)
        return self.found

    def _find_repeats(self, bucket: int) -> None:
        """Take rows out of a bucket that repeat an earlier one; excluded ones repeat nothing."""
        mine = self.scratch.read("mine", bucket, MINE)
        ready = np.flatnonzero(~mine["excluded"])
        keys = halves(mine["key"][ready])
        # Half of a key is compared faster than the whole, and the whole only where the half fits.
        alike = pd.Series(np.ascontiguousarray(keys[:, 0])).duplicated(keep=False).to_numpy()
        repeated = ready[alike][pd.DataFrame(keys[alike]).duplicated().to_numpy()]
        if len(repeated):
            self.found.duplicates += len(repeated)
            self.scratch.add_found(mine["row"][repeated], DUPLICATE)
            self.scratch.replace("mine", bucket, np.delete(mine, repeated))

    def _last_row(self) -> float:
        """Return the last row that ``limit`` lets go; infinity where it lets all go."""
        left = self.options.limit
        if left is None:
            return np.inf
        if left == 0:
            return -1.0
        for first in range(0, self.rows, GROUP_ROWS):
            ready = self.scratch.rows("ready", first, GROUP_ROWS)
            found = self.scratch.found(first, GROUP_ROWS)
            ready = ready[~np.isin(ready, found["row"][found["what"] == DUPLICATE])]
            if len(ready) >= left:
                return float(first + ready[left - 1])
            left -= len(ready)
        return np.inf

    def _match(self, bucket: int, last: float) -> None:
        """Find what the journal knows of the rows of a bucket."""
        scratch, found, resends = self.scratch, self.found, self.options.resend_unknown
        mine, theirs = scratch.read("mine", bucket, MINE), scratch.read("theirs", bucket, THEIRS)
        mine_keys = message_keys.as_keys(mine["key"].tobytes())
        entry = strongest(mine_keys, theirs["key"], theirs["state"])
        is_known, excluded = entry >= 0, mine["excluded"]
        if excluded.any():
            is_known[excluded] &= ~pd.Series(entry).duplicated().to_numpy()[excluded]
            found.excluded_known += int((is_known & excluded).sum())
        states = np.append(theirs["state"], np.uint8(REJECTED))[entry]
        again = resends & is_known & np.isin(states, (CLAIMED, UNKNOWN))
        later = ~excluded & (mine["row"] > last)
        wanted = ~excluded & ~later & ((entry < 0) | again)
        for which, what in ((is_known & ~(again & wanted), KNOWN), (again & wanted, AGAIN)):
            self._note_known(mine["row"][which], theirs[entry[which]], what)
        scratch.add_found(mine["row"][later & ~is_known], LATER)
        found.later += int((later & ~is_known).sum())
        persons = np.empty(len(mine), PERSON)
        for name in ("who", "row", "again", "group"):
            persons[name] = mine[name]
        persons["wanted"], persons["known"] = wanted, is_known
        persons = persons[~excluded]
        scratch.add("persons", persons, person_bucket(persons["who"]))
        if self.keep_matched:
            met = theirs[entry[is_known]]
            met = met[np.argsort(met["batch"], kind="stable")]
            numbers, starts = np.unique(met["batch"], return_index=True)
            groups = np.split(met["offset"], starts[1:])
            for number, offsets in zip(numbers.tolist(), groups, strict=False):
                found.matched[number].append(offsets)
        if self.options.campaign is not None:
            counts = (ACCEPTED,) if resends else HAD
            gone = theirs[find_gone(mine_keys, theirs["key"], theirs["state"], counts)]
            scratch.add("gone", gone, person_bucket(gone["who"]))

    def _note_known(self, rows: npt.NDArray[np.int64], entries: Records, what: int) -> None:
        """Write down which batch dealt with rows before."""
        found = self.found
        self.scratch.add_found(rows, what, entries["state"], entries["batch"], entries["said"])
        accepted = entries["state"] == ACCEPTED
        found.accepted += int(accepted.sum())
        if what == KNOWN:
            found.unknown += int((~accepted).sum())
        found.sizes.update(times_of(entries["batch"][accepted]))

    def _judge_people(self, bucket: int) -> None:
        """Find who gets several messages, which rows stand in for gone messages, who waits."""
        persons, found = self.scratch.read("persons", bucket, PERSON), self.found
        persons = persons[np.argsort(persons["row"], kind="stable")]
        who = persons["who"][~persons["again"]]
        alike = pd.Series(who).duplicated(keep=False).to_numpy()
        several = np.unique(who[alike], return_counts=True)[1]
        found.same_person += int(several.sum())
        found.persons += len(several)
        found.most = max(found.most, int(several.max(initial=0)))
        wanted = persons[persons["wanted"]]
        if self.options.campaign is not None:
            wanted = self._without_stand_ins(bucket, wanted)
        if self.options.min_gap_s is not None:
            wanted = self._without_too_soon(bucket, wanted, self.options.min_gap_s)
        found.going += len(wanted)
        found.by_group.update(times_of(wanted["group"]))

    def _without_stand_ins(self, bucket: int, wanted: Records) -> Records:
        """Return the rows without those that stand in for a message of a named campaign.

        With several texts such a row is the message that the person had, whichever text that was.
        """
        gone = self.scratch.read("gone", bucket, THEIRS)
        held = stand_in(wanted["who"], gone["who"])
        rows = wanted["row"][held]
        if self.options.several is not None:
            gone = gone[np.lexsort(halves(gone["key"]).T[::-1])]
            entries = gone[stood_for(wanted["who"][held], gone["who"])]
            self._note_known(rows, entries, KNOWN)
        else:
            self.scratch.add_found(rows, HELD)
            self.found.held += len(rows)
        return wanted[~held]

    def _without_too_soon(self, bucket: int, wanted: Records, gap_s: float) -> Records:
        """Return the rows without those whose person had a message within the gap, or another row.

        As `smsframe._send.too_soon.judge` does.
        """
        past = self.scratch.read("past", bucket, PAST)
        past = past[np.lexsort((-past["at"], past["who"]))]
        people, first = np.unique(past["who"], return_index=True)
        at, is_there = places_in(people, wanted["who"])
        last = np.full(len(wanted), NEVER)
        last[is_there] = past["at"][first[at[is_there]]]
        soon = last > self.now - gap_s
        waits = soon.copy()
        waits[~soon] = pd.Series(wanted["who"][~soon]).duplicated().to_numpy()
        self.scratch.add_found(wanted["row"][waits], TOO_SOON, batch=last[waits].view(np.int64))
        self.found.too_soon += int((waits & ~wanted["known"]).sum())
        return wanted[~waits]

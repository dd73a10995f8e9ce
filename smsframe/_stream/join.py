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
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._journal.reader import JournalReader
    from smsframe._journal.records import BatchRecord

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
    again: int = 0
    held: int = 0
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
class Rules:
    """By what rows are judged over all files.

    ``repeats_go``: repeats were asked for and have keys of their own. ``several``: there are
    several texts. ``gap_s`` is how far apart two messages to a person have to be, None for
    anything, looked at ``now``. ``keep_matched``: keep where messages stand in their batches.
    """

    named: bool = False
    resend_unknown: bool = False
    limit: int | None = None
    repeats_go: bool = False
    several: bool = False
    gap_s: float | None = None
    now: float = 0.0
    rows: int = 0
    keep_matched: bool = False


def join(scratch: Scratch, rules: Rules) -> Joined:
    """Find repeats, what the journal knows, what stands in for something else, and who waits."""
    found = Joined()
    if not rules.repeats_go:
        for bucket in BUCKETS:
            _repeats(scratch, bucket, found)
    last = _last_row(scratch, rules)
    for bucket in BUCKETS:
        _match(scratch, bucket, found, rules, last)
    for bucket in BUCKETS:
        _people(scratch, bucket, found, rules)
    return found


def _repeats(scratch: Scratch, bucket: int, found: Joined) -> None:
    """Find the rows of a bucket that repeat an earlier one; excluded ones repeat nothing."""
    mine = scratch.read("mine", bucket, MINE)
    rows = mine["row"][_is_repeat(mine)]
    found.duplicates += len(rows)
    scratch.add_found(rows, DUPLICATE)


def _is_repeat(mine: Records) -> npt.NDArray[np.bool_]:
    """Return which rows repeat an earlier one that is not excluded."""
    repeated = np.zeros(len(mine), dtype=bool)
    ready = np.flatnonzero(~mine["excluded"])
    keys = halves(mine["key"][ready])
    # Half of a key is compared faster than the whole, and the whole only where the half fits.
    alike = pd.Series(np.ascontiguousarray(keys[:, 0])).duplicated(keep=False).to_numpy()
    if alike.any():
        repeated[ready[alike]] = pd.DataFrame(keys[alike]).duplicated().to_numpy()
    return repeated


def _last_row(scratch: Scratch, rules: Rules) -> float:
    """Return the last row that ``limit`` lets go; infinity where it lets all go."""
    left = rules.limit
    if left is None:
        return np.inf
    if left == 0:
        return -1.0
    for first in range(0, rules.rows, GROUP_ROWS):
        ready = scratch.rows("ready", first, GROUP_ROWS)
        found = scratch.found(first, GROUP_ROWS)
        ready = ready[~np.isin(ready, found["row"][found["what"] == DUPLICATE])]
        if len(ready) >= left:
            return float(first + ready[left - 1])
        left -= len(ready)
    return np.inf


def _match(scratch: Scratch, bucket: int, found: Joined, rules: Rules, last: float) -> None:
    """Find what the journal knows of the rows of a bucket."""
    mine = scratch.read("mine", bucket, MINE)
    if not rules.repeats_go:
        mine = mine[~_is_repeat(mine)]
    theirs = scratch.read("theirs", bucket, THEIRS)
    mine_keys = message_keys.as_keys(mine["key"].tobytes())
    entry = strongest(mine_keys, theirs["key"], theirs["state"])
    is_known = entry >= 0
    if mine["excluded"].any():
        is_known[mine["excluded"]] &= ~pd.Series(entry).duplicated().to_numpy()[mine["excluded"]]
    states = np.append(theirs["state"], np.uint8(REJECTED))[entry]
    again = rules.resend_unknown & is_known & np.isin(states, (CLAIMED, UNKNOWN))
    later = ~mine["excluded"] & (mine["row"] > last)
    wanted = ~mine["excluded"] & ~later & ((entry < 0) | again)
    for which, what in ((is_known & ~(again & wanted), KNOWN), (again & wanted, AGAIN)):
        _note_known(scratch, found, mine["row"][which], theirs[entry[which]], what)
    scratch.add_found(mine["row"][later & ~is_known], LATER)
    found.later += int((later & ~is_known).sum())
    ready = ~mine["excluded"]
    persons = np.empty(int(ready.sum()), PERSON)
    for name in ("who", "row", "again", "group"):
        persons[name] = mine[name][ready]
    persons["wanted"], persons["known"] = wanted[ready], is_known[ready]
    scratch.add("persons", persons, person_bucket(persons["who"]))
    if rules.keep_matched:
        for number in np.unique(theirs["batch"][entry[is_known]]).tolist():
            here = theirs["batch"][entry[is_known]] == number
            found.matched[number].append(theirs["offset"][entry[is_known]][here])
    if rules.named:
        counts = (ACCEPTED,) if rules.resend_unknown else HAD
        gone = theirs[find_gone(mine_keys, theirs["key"], theirs["state"], counts)]
        scratch.add("gone", gone, person_bucket(gone["who"]))


def _note_known(
    scratch: Scratch, found: Joined, rows: npt.NDArray[np.int64], entries: Records, what: int
) -> None:
    """Write down which batch dealt with rows before."""
    scratch.add_found(rows, what, entries["state"], entries["batch"], entries["said"])
    accepted = entries["state"] == ACCEPTED
    found.accepted += int(accepted.sum())
    if what == AGAIN:
        found.again += len(entries)
    else:
        found.unknown += int((~accepted).sum())
    numbers, counts = np.unique(entries["batch"][accepted], return_counts=True)
    found.sizes.update(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))


def _people(scratch: Scratch, bucket: int, found: Joined, rules: Rules) -> None:
    """Find who gets several messages, which rows stand in for messages that are gone, who waits."""
    persons = scratch.read("persons", bucket, PERSON)
    if not len(persons):
        return
    persons = persons[np.argsort(persons["row"], kind="stable")]
    who = persons["who"][~persons["again"]]
    alike = pd.Series(who).duplicated(keep=False).to_numpy()
    several = np.unique(who[alike], return_counts=True)[1]
    found.same_person += int(several.sum())
    found.persons += len(several)
    found.most = max(found.most, int(several.max(initial=0)))
    wanted = persons[persons["wanted"]]
    if rules.named:
        wanted = _without_stand_ins(scratch, bucket, wanted, found, rules)
    if rules.gap_s is not None:
        wanted = _without_too_soon(scratch, bucket, wanted, found, rules)
    found.going += len(wanted)
    groups, numbers = np.unique(wanted["group"], return_counts=True)
    found.by_group.update(dict(zip(groups.tolist(), numbers.tolist(), strict=True)))


def _without_stand_ins(
    scratch: Scratch, bucket: int, wanted: Records, found: Joined, rules: Rules
) -> Records:
    """Return the rows without those that stand in for a message of a named campaign.

    With several texts such a row is the message that the person had, whichever text that was.
    """
    gone = scratch.read("gone", bucket, THEIRS)
    held = stand_in(wanted["who"], gone["who"])
    rows = wanted["row"][held]
    if rules.several:
        gone = gone[np.lexsort(halves(gone["key"]).T[::-1])]
        entries = gone[stood_for(wanted["who"][held], gone["who"])]
        _note_known(scratch, found, rows, entries, KNOWN)
    else:
        scratch.add_found(rows, HELD)
        found.held += len(rows)
    return wanted[~held]


def _without_too_soon(
    scratch: Scratch, bucket: int, wanted: Records, found: Joined, rules: Rules
) -> Records:
    """Return the rows without those whose person had a message within the gap, or an earlier row.

    As `smsframe._send.too_soon.judge` does.
    """
    assert rules.gap_s is not None
    last = _last_at(scratch.read("past", bucket, PAST), wanted["who"])
    soon = last > rules.now - rules.gap_s
    waits = soon.copy()
    waits[~soon] = pd.Series(wanted["who"][~soon]).duplicated().to_numpy()
    scratch.add_found(wanted["row"][waits], TOO_SOON, batch=last[waits].view(np.int64))
    found.too_soon += int((waits & ~wanted["known"]).sum())
    return wanted[~waits]


def _last_at(past: Records, who: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Return when each person had a last message, `NEVER` where none is known."""
    past = past[np.lexsort((past["at"], past["who"]))]
    place = np.searchsorted(past["who"], who, side="right") - 1
    met = place >= 0
    met[met] = past["who"][place[met]] == who[met]
    last = np.full(len(who), NEVER)
    last[met] = past["at"][place[met]]
    return last

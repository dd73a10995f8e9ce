"""What people had before, and a person would want to know before these messages go out.

A message is not sent twice; whether two messages are one is decided by
`smsframe._plan.message_keys`, to the letter. What a person takes for the same text is wider: a word
corrected, a format changed, a name given to the campaign. Three things are told:

- ``nearly_the_same``, an error: at least half of the messages that would go out now, and at least
  one, go to people who within a week had a nearly equal message of this program. Of fewer it is a
  warning: a first few may have had the text before it was corrected. A campaign that was named on
  purpose is not held back by it, nor is a repeat that was asked for; but one is whose name was
  written with other capitals or signs then: it would be another campaign.
- ``had_these_words``, a warning: a named campaign goes to people who had the very same words within
  a week, under no name or another.
- ``accepted_before``, a warning: rows that an earlier, finished run had accepted more than twenty
  hours ago. To a new round of a text that is sent every day it looks as if nothing happened.

Nearly equal is: texts that are nearly equal (`smsframe._plan.near_texts`) and, tag by tag where
both have one, values that are equal as numbers, dates or words in any case
(`smsframe._plan.near_values`), or that a usual format writes so (`smsframe._plan.near_formats`). A
value that was a default or the database's counts as equal. Where one text has words in place of the
other's tags, values are compared with these words. Only runs whose text is near are looked into,
and of their batches only the recipients, unless somebody is met there.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.sentences import DATED, NAMED_ROUND, Sentence, arg, day_of, many, words
from smsframe._journal.ledger import in_portions, state_bytes
from smsframe._journal.records import ACCEPTED
from smsframe._plan.campaign_names import is_test
from smsframe._plan.near_formats import are_written, formats_that_write
from smsframe._plan.near_texts import NearText, Shared, pieces_for, says, shared_values
from smsframe._plan.near_values import WILDCARD, loose_hashes
from smsframe._plan.problems import Fault
from smsframe._send.already_sent import HAD
from smsframe._text.canonical import canonical_column
from smsframe._text.hashes import hash_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._journal.reader import JournalReader
    from smsframe._journal.records import BatchRecord, FinishedRun, Ledger, RecentBatch, RecentRun
    from smsframe._plan.data import PlanData
    from smsframe._send.already_sent import Matched


WEEK_S: Final = 7 * 86_400.0
A_ROUND_AGO_S: Final = 20 * 3600.0
_TELLING_ROWS: Final = 100  # fewer may all have values of their own by now


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What people had before: faults to tell, and how many rows were accepted when.

    ``new_people`` never had anything; None where nobody needs to know.
    """

    faults: tuple[Fault, ...] = ()
    accepted: int = 0
    accepted_at: float | None = None
    new_people: int | None = None

    @property
    def blocking(self) -> list[Fault]:
        """The faults that stop the whole send."""
        return [fault for fault in self.faults if fault.severity == "error"]


def look_back(
    plan: PlanData,
    *,
    service: str,
    scope: bytes,
    matched: Matched,
    journal: JournalReader,
    now: float,
) -> Before:
    """Say what people had before these messages would go out."""
    accepted = matched.entries[matched.ledger.state[matched.entries] == ACCEPTED]
    numbers, counts = np.unique(matched.ledger.batch[accepted], return_counts=True)
    batches = [matched.ledger.batches[number] for number in numbers]
    rounds = list(zip(batches, counts, strict=True))
    faults = [*accepted_before(rounds, finished=journal.finished_runs(scope), now=now)]
    new, repeats = matched.new, plan.occurrences
    if repeats is not None:
        new = new[repeats[new] == 0]
    same = _of_this_frame(matched.ledger)
    near = near_of_texts(plan, service, scope, journal, now)
    searches = [Search(runs) for runs in near]
    for search, (_, rows) in zip(searches, plan.messages.near_groups(new), strict=False):
        search.meet(plan, service, rows, same=same, journal=journal, now=now)
    faults += told_of_texts(searches, plan.options.campaign)
    times = [batch.settled_at or 0.0 for batch in batches]
    return Before(
        faults=tuple(faults), accepted=len(accepted), accepted_at=max(times, default=None)
    )


def near_of_texts(
    plan: PlanData, service: str, scope: bytes, journal: JournalReader, now: float
) -> list[NearRuns]:
    """Return the runs with nearly the same, text by text; of a test nothing is told."""
    if is_test(plan.options.campaign):
        return []
    # A run may go on for days after it was started; what of it left within the week counts.
    recent = journal.recent_runs(service, plan.message.program, now - 2 * WEEK_S)
    groups = plan.messages.near_groups(plan.ready[:0])
    return [near_runs(plan, mine, scope, recent) for mine, _ in groups]


def accepted_before(
    rounds: Sequence[tuple[BatchRecord, int]], *, finished: Sequence[FinishedRun], now: float
) -> Iterator[Fault]:
    """Tell of rows that an earlier round had accepted; ``rounds`` are batches with their rows."""
    names = {run.run_id for run in finished}
    told = [
        (batch.settled_at, int(count))
        for batch, count in rounds
        if batch.run_id in names and (batch.settled_at or now) < now - A_ROUND_AGO_S
    ]
    if told:
        number, last = sum(count for _, count in told), max(when or 0.0 for when, _ in told)
        were, do, them = "were", "do", f"these {number:,}"
        if number == 1:
            were, do, them = "was", "does", "this person"
        yield Fault(
            code="accepted_before",
            severity="warning",
            times=number,
            sentence=Sentence(
                f"{number:,} of these messages {were} accepted before, by a send that ended on "
                f"{day_of(last)}, and {do} not go out again. If this is a new round of a text that "
                "goes out again and again, ",
                words(
                    Sentence("give each round a name, such as ", DATED),
                    screen="write a name of its own for each round under Campaign",
                ),
                f": it goes, as a new message, to {them} too.",
            ),
        )


def _of_this_frame(ledger: Ledger) -> dict[str, npt.NDArray[np.int32]]:
    """Return where messages of the frame itself stand in their batches; they are no other ones."""
    bounds = np.searchsorted(ledger.batch, np.arange(len(ledger.batches) + 1))
    ends = zip(ledger.batches, bounds[:-1], bounds[1:], strict=True)
    return {batch.batch_id: ledger.offset[first:last] for batch, first, last in ends}


@dataclass(frozen=True, slots=True)
class _NearRun:
    """A run with a nearly equal text, and which values of the two stand in the same place."""

    run: RecentRun
    pairs: Sequence[Shared]
    has_name: bool = False  # nearly that of this campaign; its words are not looked at


NearRuns: TypeAlias = "Mapping[tuple[str, str], _NearRun]"
"""By run and name of its text, which is "" where it had one."""


def near_runs(
    plan: PlanData, mine: NearText, scope: bytes, recent: Sequence[RecentRun]
) -> NearRuns:
    """Return the runs with a nearly equal text; for a named campaign those of other campaigns."""
    campaign = plan.options.campaign
    named = campaign is not None
    known: dict[bytes, dict[str, Sequence[Shared]]] = {}
    near = {}
    for run in recent:
        if named and run.scope == scope:
            continue
        if campaign and run.campaign and _bare(run.campaign) == _bare(campaign):
            for variant in NearText.loads_all(run.near):
                near[run.run_id, variant] = _NearRun(run, [], has_name=True)
            continue
        if run.near not in known:
            known[run.near] = _near_texts(mine, NearText.loads_all(run.near), named=named)
        for variant, pairs in known[run.near].items():
            near[run.run_id, variant] = _NearRun(run, pairs)
    return near


def _bare(campaign: str) -> str:
    """Return a campaign's name without capitals, and with one sign where it has some."""
    name = campaign.casefold()
    kept = (c if unicodedata.category(c)[0] in "LMN" else "-" for c in name)  # marks are vowels
    return re.sub("-+", "-", "".join(kept)).strip("-") or name


def _near_texts(
    mine: NearText, theirs: Mapping[str, NearText], *, named: bool
) -> dict[str, Sequence[Shared]]:
    """Return which texts of a run are nearly equal, with the values in the same places."""
    found = {}
    for variant, text in theirs.items():
        pairs = shared_values(mine, text) if not named or text.words == mine.words else None
        if pairs is not None:
            found[variant] = pairs
    return found


class Search:
    """Who of the people of a text had nearly the same, in which runs; portion by portion.

    ``near`` are the runs to look into. Of ``total`` rows, ``number`` are of people who had a nearly
    equal message.
    """

    def __init__(self, near: NearRuns) -> None:
        self.near = near
        self.number = self.total = 0
        self.runs: dict[str, tuple[int, float]] = {}
        self._formats: dict[tuple[str, int], tuple[str, ...]] = {}
        self._unlike: set[tuple[str, int, NearText]] = set()

    def meet(
        self,
        plan: PlanData,
        service: str,
        rows: Positions,
        *,
        same: Mapping[str, npt.NDArray[np.int32]],
        journal: JournalReader,
        now: float,
    ) -> None:
        """Look through what these runs sent within a week for the people of rows.

        ``same`` are messages of the list itself, by batch and place: they are no other ones.
        """
        if not self.near or not len(rows):
            return
        self._same, self._strict = same, plan.options.campaign is not None
        who = plan.messages.recipient_hashes(service, rows)
        order = np.argsort(who, kind="stable")
        self._who = who[order]
        self._plan, self._rows, self._key = plan, rows[order], hash_key(service)
        self._loose = [column[order] for column in plan.messages.loose_hashes(service, rows)]
        self._is_met = np.zeros(len(rows), dtype=bool)  # in the order of the hashes
        runs = list(dict.fromkeys(run_id for run_id, _ in self.near))
        batches = journal.recent_batches(runs, now - WEEK_S)
        wanted = (batch for batch in batches if (batch.run_id, batch.variant) in self.near)
        met = [found for portion in in_portions(wanted) for found in self._met(portion)]
        # A row counts for the first run that is found: one of nearly this name says more.
        met.sort(key=lambda found: not self.near[found[0].run_id, found[0].variant].has_name)
        for batch, positions in met:
            self._compare(batch, positions, journal)
        self.number += int(self._is_met.sum())
        self.total += len(rows)

    @property
    def of_nearly_this_name(self) -> RecentRun | None:
        """The last run of nearly this name, if half of the people or more were met in such runs."""
        alike = {name: each.run for (name, _), each in self.near.items() if each.has_name}
        met = sorted(alike.keys() & self.runs)
        is_most = 2 * sum(self.runs[name][0] for name in met) >= self.total
        return alike[met[-1]] if met and is_most else None

    @classmethod
    def together(cls, searches: Sequence[Search]) -> Search:
        """Return several as one: what is to be told of each is told once."""
        whole = cls({key: run for each in searches for key, run in each.near.items()})
        for each in searches:
            whole.number += each.number
            whole.total += each.total
            for name, (count, last) in each.runs.items():
                before, when = whole.runs.get(name, (0, 0.0))
                whole.runs[name] = (before + count, max(when, last))
        return whole

    def _met(self, batches: list[RecentBatch]) -> list[tuple[RecentBatch, Positions]]:
        """Return the batches with messages of the plan's people, and where those stand."""
        hashes = b"".join(batch.recipients for batch in batches)
        everybody = pa.array(np.frombuffer(hashes, np.uint64))
        here = pc.is_in(everybody, value_set=pa.array(self._who))
        positions = np.flatnonzero(here.to_numpy(zero_copy_only=False))
        ends = np.cumsum([batch.size for batch in batches])
        owner = np.searchsorted(ends, positions, side="right")
        starts = np.append(0, ends)
        met, firsts = np.unique(owner, return_index=True)
        groups = np.split(positions, firsts[1:])  # positions ascend, and their owners with them
        return [
            (batches[number], group - starts[number])
            for number, group in zip(met.tolist(), groups, strict=False)
        ]

    def _compare(self, batch: RecentBatch, positions: Positions, journal: JournalReader) -> None:
        """Mark the rows whose person had a nearly equal message in a batch."""
        states = state_bytes(batch.state, batch.size, batch.states)
        positions = positions[np.isin(states[positions], HAD)]
        positions = np.setdiff1d(positions, self._same.get(batch.batch_id, ()), assume_unique=True)
        theirs = np.frombuffer(batch.recipients, np.uint64)[positions]
        first = np.searchsorted(self._who, theirs, side="left")
        times = np.searchsorted(self._who, theirs, side="right") - first
        message = np.repeat(positions, times)
        steps = np.arange(len(message)) - np.repeat(np.cumsum(times) - times, times)
        mine = np.repeat(first, times) + steps
        same = self._equal_values(batch, message, mine, journal)
        rows = np.unique(mine[same])
        if len(rows):
            count, last = self.runs.get(batch.run_id, (0, 0.0))
            fresh = int((~self._is_met[rows]).sum())
            self.runs[batch.run_id] = (count + fresh, max(last, batch.claimed_at))
            self._is_met[rows] = True

    def _equal_values(
        self, batch: RecentBatch, message: Positions, mine: Positions, journal: JournalReader
    ) -> npt.NDArray[np.bool_]:
        """Return for which pairs of an earlier message and a row the values are equal."""
        same = np.ones(len(message), dtype=bool)
        pairs = self.near[batch.run_id, batch.variant].pairs
        if not pairs or not len(message):
            return same
        size = batch.size
        loose: Any = np.frombuffer(journal.loose_values(batch.number), np.uint64)
        columns = loose.reshape(-1, size)
        for one, other in dict.fromkeys(pairs):
            if isinstance(other, int):
                wanted: tuple[int, ...] = (other,)
            else:
                wanted = other.values
            if max(wanted, default=-1) >= len(columns):
                return np.zeros(len(message), dtype=bool)
            theirs = [columns[value][message] for value in wanted]
            if isinstance(one, NearText):
                is_word = len(one.words) == 1
                same &= _match(self._hash_of(one, mine), theirs[0], is_word=is_word)
            elif isinstance(other, NearText):
                same &= self._reads_so(batch.run_id, one, other, mine, theirs)
            else:
                same &= self._equal(batch.run_id, one, mine, theirs[0])
        return same

    def _equal(
        self, run_id: str, number: int, mine: Positions, theirs: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.bool_]:
        """Tell which values of a tag are equal to those of others."""
        ours = self._loose[number][mine]
        if self._strict:
            return ours == theirs
        equal = _match(ours, theirs, is_word=True) | (ours == WILDCARD)
        if not equal.all():
            equal |= self._in_another_format(run_id, number, mine, theirs)
        return equal

    def _in_another_format(
        self, run_id: str, number: int, mine: Positions, theirs: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.bool_]:
        """Tell which values another format writes so; enough rows tell for the whole run."""
        known = self._formats.get((run_id, number))
        cells = None if known == () else self._plan.cells(number, self._rows[mine])
        if cells is None:
            return np.zeros(len(mine), dtype=bool)
        if known is None:
            known = formats_that_write(cells, theirs, self._key)
            if known or len(mine) >= _TELLING_ROWS:
                self._formats[run_id, number] = known
        return are_written(cells, theirs, known, self._key)

    def _hash_of(self, part: NearText, mine: Positions) -> npt.NDArray[np.uint64]:
        """Return the hashes of a part of the text, as values; of words alone an array of one."""
        values = iter(part.values)
        said = [
            pa.scalar(piece) if word else self._plan.messages.value(next(values), self._rows[mine])
            for word, piece in zip(part.words, part.pieces, strict=True)
        ]
        texts = (
            pc.binary_join_element_wise(*said, " ")
            if part.values
            else pa.array([" ".join(part.pieces)])
        )
        return loose_hashes(canonical_column(texts), self._key)

    def _reads_so(
        self,
        run_id: str,
        number: int,
        part: NearText,
        mine: Positions,
        theirs: Sequence[npt.NDArray[np.uint64]],
    ) -> npt.NDArray[np.bool_]:
        """Tell which values read as a part of another text; enough rows tell for the whole run."""
        coded = self._plan.messages.value(number, self._rows[mine]).dictionary_encode()
        which = coded.indices.to_numpy(zero_copy_only=False)
        texts = coded.dictionary.to_pylist()
        if not theirs:
            return np.array([says(text, part.words) for text in texts])[which]
        if (run_id, number, part) in self._unlike:
            return np.zeros(len(mine), dtype=bool)
        found = [pieces_for(part, text) for text in texts]
        same = np.array([pieces is not None for pieces in found])[which]
        for place, hashes in enumerate(theirs):
            pieces = [None if each is None else each[place] for each in found]
            ours = loose_hashes(canonical_column(pa.array(pieces, pa.string())), self._key)
            is_word = np.array([" " not in (piece or " ") for piece in pieces])
            same &= _match(ours[which], hashes, is_word=is_word[which])
        if not same.any() and len(mine) >= _TELLING_ROWS:
            self._unlike.add((run_id, number, part))
        return same

    @property
    def main_run(self) -> tuple[str, float]:
        """The run that most of the people were met in, and when its last batch left."""
        run_id = max(self.runs, key=lambda name: self.runs[name])
        return run_id, self.runs[run_id][1]


def told_of_texts(searches: Sequence[Search], campaign: str | None) -> Iterator[Fault]:
    """Tell what a person would want to know of what was found for each text, each thing once."""
    if campaign is None:
        yield from (nearly_the_same(search) for search in searches if search.number)
        return
    named = [search for search in searches if search.of_nearly_this_name is not None]
    others = [search for search in searches if search.number and search not in named]
    whole = Search.together(named)
    if (run := whole.of_nearly_this_name) is not None:
        yield nearly_this_name(whole, run, campaign)
    if others:
        yield had_these_words(Search.together(others))


def _match(
    ours: npt.NDArray[np.uint64],
    theirs: npt.NDArray[np.uint64],
    *,
    is_word: bool | npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Tell which hashes are equal; what was a default's or unknown is one word's, of a text."""
    return (ours == theirs) | ((theirs == WILDCARD) & is_word)


def _of_these(number: int, total: int) -> str:
    """Say how many of the messages that would go now."""
    return "1 message" if total == 1 else f"{number:,} of these {total:,} messages"


def _whom(number: int) -> str:
    """Say to whom so many messages would go."""
    return "a person" if number == 1 else "people"


def nearly_the_same(search: Search) -> Fault:
    """Return the fault of a send to people who had nearly the same."""
    (run_id, when), number = search.main_run, search.number
    out = (
        Sentence(
            "Their numbers were forgotten with that run, so leave them out by a list of your own",
            words(" (exclude=)", at_shell=" (--exclude FILE)", screen=": exclude= of the composer"),
            ".",
        )
        if any(each.run.forgotten for (name, _), each in search.near.items() if name == run_id)
        else _leave_out("To leave out who had it", run_id)
    )
    more = len(search.runs) - 1
    others = f" and {many(more, 'more run')}" if more else ""
    return Fault(
        code="nearly_the_same",
        severity="error" if 2 * number >= search.total else "warning",
        column="text",
        value=run_id,
        times=number,
        sentence=Sentence(
            f"{_of_these(number, search.total)} would go to {_whom(number)} who had "
            f"nearly the same text on {moment(when)} (run {run_id}{others}). ",
            out,
            " To send it to them on purpose, ",
            words(Sentence("name it: ", NAMED_ROUND), screen="write a name under Campaign"),
            f" (it goes, as a new message, to {many(number, 'person', 'people')} who had it on "
            f"{day_of(when)}). ",
            words(
                Sentence("For a text that goes out every day with its date in it, give ", DATED),
                screen="A text that goes out every day takes a new name each day",
            ),
            ".",
        ),
    )


def nearly_this_name(search: Search, run: RecentRun, campaign: str) -> Fault:
    """Return the fault of a campaign whose name was written otherwise when it was sent."""
    number, when = search.runs[run.run_id]
    name = run.campaign or ""
    return Fault(
        code="nearly_the_same",
        severity="error",
        column="text",
        value=run.run_id,
        times=number,
        sentence=Sentence(
            f"{_of_these(number, search.total)} would go to {_whom(number)} who had "
            f"campaign {name!r} on {moment(when)} (run {run.run_id}), and this one is called "
            f"{campaign!r}. If it is the same, write its name as it was: ",
            arg("campaign", python=repr(name), screen=repr(name)),
            ". If it is another, give it a name that differs in more than capitals and signs (it "
            f"goes, as a new message, to {many(number, 'person', 'people')} who had that one).",
        ),
    )


def had_these_words(search: Search) -> Fault:
    """Return the warning of a named campaign whose people had these very words."""
    (run_id, when), number = search.main_run, search.number
    again = "gets" if number == 1 else "get"
    return Fault(
        code="had_these_words",
        severity="warning",
        column="text",
        value=run_id,
        times=number,
        sentence=Sentence(
            f"{number:,} of the people had these very words from this program on {moment(when)} "
            f"(run {run_id}), and {again} them again under this campaign's name. ",
            _leave_out("To leave them out", run_id),
        ),
    )


def _leave_out(what: str, run_id: str) -> Sentence:
    """Say how to leave out the people of a run."""
    argument = arg("exclude", python=f"smsframe.results({run_id!r})").python
    return Sentence(
        words(
            f"{what}: {argument}",
            at_shell=f"{what}: smsframe status {run_id} --out had.csv (--sandbox, --pod, --journal "
            "as here), then --exclude had.csv",
            screen=f"To leave out who had it, make the composer with {argument}",
        ),
        ".",
    )


def moment(when: float) -> str:
    """Return a day in words with its time of day, in UTC."""
    return f"{day_of(when)} at {dt.datetime.fromtimestamp(when, tz=dt.UTC):%H:%M} UTC"

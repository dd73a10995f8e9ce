"""The second pass over a list: its portions sent by one loop, and their results written.

One run, one lock, one delivery loop for the whole list, as for a frame; only the rows come and go.
The next portion is read on a thread of its own while calls are under way, so that the loop never
waits for a disk; what the first pass has made of it is not made again. A portion's results are
written when its last batch is settled, in the order of the portions. With sending hours there may
be several sweeps (`smsframe._stream.sweeps`), of which the first alone reads the files.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from smsframe._base.held_back import held_counts
from smsframe._base.progress import Progress
from smsframe._base.result_columns import ACCEPTED_STATUSES
from smsframe._eligibility.exclude import team_mark
from smsframe._journal import payloads
from smsframe._journal.records import ACCEPTED, Claim, Ledger
from smsframe._phones.prices import summed
from smsframe._plan.campaign_names import is_test
from smsframe._plan.verdicts import DUPLICATE as REPEATED
from smsframe._plan.verdicts import HELD_BACK, READY, duplicate_sentence
from smsframe._results.hashed_people import hashes_of
from smsframe._send.already_sent import Matched
from smsframe._send.batches_in_flight import CUT_ANEW, Result, ending_of
from smsframe._send.claims import claim_and_call, record_of
from smsframe._send.held_rows import HeldRows
from smsframe._send.open_rows import JUST_OPENED, AlwaysOpen, hold_closed
from smsframe._send.posting import post_batches
from smsframe._send.row_outcomes import HELD as IN_CAMPAIGN
from smsframe._send.row_outcomes import Tally
from smsframe._send.too_soon import rows_too_soon, waiting_since
from smsframe._stream.join import Said
from smsframe._stream.scratch import (
    AGAIN,
    DUPLICATE,
    HELD,
    KNOWN,
    LATER,
    OPEN,
    TOO_SOON,
    UNASKED,
    to_go,
)
from smsframe._stream.sent_files import SentFiles
from smsframe._stream.sweeps import count_groups
from smsframe.errors import InputError, JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from smsframe._acoustic.client import Client
    from smsframe._acoustic.send_request import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._base.send_settings import SendSettings
    from smsframe._eligibility.min_gap import GapGuard
    from smsframe._eligibility.opening import Group, Moment
    from smsframe._journal.store import Journal
    from smsframe._phones.prices import Cost
    from smsframe._plan.data import PlanData
    from smsframe._send.batches_in_flight import Ending
    from smsframe._send.cancellation import SendControl
    from smsframe._send.delivery import Delivery
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.known_results import KnownResults
    from smsframe._stream.patches import Patches
    from smsframe._stream.portions import Made, Portion
    from smsframe._stream.result_files import ResultFiles
    from smsframe._stream.scratch import Scratch
    from smsframe._stream.sweeps import Sweeps

_NOT_LEFT: Final = (IN_CAMPAIGN[0], "held_out")
_CHANGED: Final = (
    "The files, or the list of SMSFRAME_EXCLUDE, have changed since they were checked. What was "
    "sent until then is kept; the same call checks them anew and goes on."
)
NOT_REACHED: Final = ending_of("stopped", "not_reached", "ended", ". The same call goes on here.")


@dataclass(slots=True, kw_only=True)
class Open:
    """A portion whose rows are on their way; ``waiting`` counts those that are not settled.

    ``later`` are rows that are to go, but not in this sweep; ``todo`` has them too. ``unasked`` are
    to go, but not in this send: nobody's consent was asked.
    """

    portion: Portion
    made: Made
    plan: PlanData
    matched: Matched
    tally: Tally
    batches: Iterator[Positions]
    waiting: int
    later: list[Positions]
    unasked: Positions
    said: Any
    moment: Moment | None = None
    is_cut: bool = False

    @property
    def todo(self) -> Positions:
        """The rows that are to go."""
        return self.matched.todo

    def closes(self, rows: Positions, now: float) -> npt.NDArray[np.float64]:
        """Return when each of some rows closes; -inf for one that is closed."""
        hours = self.plan.hours
        assert hours is not None
        if self.moment is None or not self.moment.holds(now):
            self.moment = hours.at(now)
        return self.moment.closes[hours.of_row[rows]]


@dataclass(slots=True, kw_only=True)
class FilesRun:
    """One send of a list under way; in its iteration, and as a gate, what a delivery asks for.

    ``going`` rows are to go, ``now`` of them within the time that the send may wait. ``sweeps`` is
    None where no hours are kept, ``journal`` where there is none yet and nothing is sent.
    """

    found: FirstPass
    scratch: Scratch
    journal: Journal | None
    settings: SendSettings
    run_id: str
    going: int
    now: int
    files: ResultFiles
    patches: Patches
    control: SendControl
    sweeps: Sweeps | None = None
    guard: GapGuard | None = None
    said: Said = field(default_factory=Said)
    known: KnownResults | None = None
    consents: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    is_dry: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    shut: Counter[Group] = field(default_factory=Counter)
    left: int = 0
    planned: int = 0
    costs: Cost | None = None
    settled: Counter[str] = field(default_factory=Counter)
    _open: dict[int, Open] = field(default_factory=dict)
    _current: Open | None = None
    _is_read: bool = False
    _goes_on: bool = False
    _ahead: Any = None
    _source: Any = None
    _threads: Any = None

    # -- portions, read ahead

    def begin(self) -> None:
        """Begin to read."""
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="smsframe-read")
        self._read_from_start()

    def _read_from_start(self) -> None:
        """Begin to read the files; after the first time, what was made of them."""
        self._is_read = False
        self._source = self._left_over() if self._swept else self.found.read_again()
        self._ahead = self._threads.submit(self._read_next)

    def end(self) -> None:
        """Read no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def _swept(self) -> int:
        """How many sweeps are over."""
        return 0 if self.sweeps is None else self.sweeps.number

    def _left_over(self) -> Iterator[Portion]:
        """Yield the portions with rows that the sweep before has left."""
        assert self.sweeps is not None
        for made in self.found.made(self.scratch):
            if len(self.sweeps.left(made.portion.first, made.portion.rows)):
                yield made.portion

    def _read_next(self) -> tuple[Portion, Made] | None:
        """Read the next portion, and what was made of it; on the thread that reads."""
        portion = next(self._source, None)
        return None if portion is None else (portion, self.scratch.kept(portion.number))

    def next_portion(self) -> Open | None:
        """Return the next portion, held against what the first pass found; None at the end."""
        if self._is_read:
            return None
        made = self._ahead.result()
        if made is None:
            self._is_read = True
            return None
        self._ahead = self._threads.submit(self._read_next)
        opened = self._held_against(*made)
        self._open[opened.portion.number] = opened
        return opened

    def _held_against(self, portion: Portion, made: Made) -> Open:
        """Hold a portion against what is known of its rows."""
        if portion.without_tables() != made.portion or team_mark() != self.found.plan.team_mark:
            raise InputError(_CHANGED)
        said = self.scratch.found(portion.first, portion.rows)
        plan = self._as_found(made.plan, said)
        matched, unasked = self._matched(plan, said)
        if self._swept:
            assert self.sweeps is not None
            left = self.sweeps.left(portion.first, plan.rows)
            matched = replace(matched, todo=left[np.isin(left, matched.todo)])
        else:
            self.planned += len(matched.todo)
            if self.planned > self.going:  # whatever has changed, nobody goes who was not counted
                raise InputError(_CHANGED)
        todo, later = matched.todo, matched.todo[:0]
        if self.sweeps is not None:
            todo, later = self.sweeps.chosen(plan, todo)
        return Open(
            portion=portion,
            made=made,
            plan=plan,
            matched=matched,
            tally=self._tally(plan, matched, said),
            batches=plan.batch_rows(todo, size=self.settings.batch_size),
            waiting=len(todo),
            later=[later],
            unasked=unasked,
            said=self._answers(plan, matched, said),
        )

    def _answers(self, plan: PlanData, matched: Matched, said: Any) -> Any:
        """Return the number of the answer to each known message; none for what goes again."""
        known = said[np.isin(said["what"], (KNOWN, AGAIN))]
        answers = np.where(known["what"] == KNOWN, known["said"], OPEN)
        ledger, asked = matched.ledger, (answers == OPEN) & (known["state"] == ACCEPTED)
        if self.known is not None and asked.any():
            batches = [ledger.batches[number].batch_id for number in ledger.batch[asked].tolist()]
            answers[asked] = self.known.answers(batches, plan.recipients.texts(known["row"][asked]))
        return answers

    def _as_found(self, plan: PlanData, said: Any) -> PlanData:
        """Return the plan of a portion with what was judged over all files."""
        verdict, what = plan.verdict.copy(), said["what"]
        verdict[said["row"][what == DUPLICATE]] = REPEATED
        verdict[said["row"][what == LATER]] = HELD_BACK
        options = replace(plan.options, limit=self.found.limit)
        return replace(plan, verdict=verdict, options=options)

    def _matched(self, plan: PlanData, said: Any) -> tuple[Matched, Positions]:
        """Sort the rows of a portion; return those beside whose consent was not asked."""
        what, rows = said["what"], said["row"]
        known = said[np.isin(what, (KNOWN, AGAIN))]
        unasked = rows[what == UNASKED]
        is_todo = to_go(plan.verdict == READY, said, UNASKED)
        matched = Matched(
            todo=np.flatnonzero(is_todo),
            known=known["row"],
            entries=np.arange(len(known)),
            held=rows[what == HELD],
            ledger=self._ledger(known),
        )
        return matched, np.sort(unasked)

    def _tally(self, plan: PlanData, matched: Matched, said: Any) -> Tally:
        """Return what is known of the rows of a portion before it is sent."""
        verdicts = plan.verdicts()
        once = duplicate_sentence(self.found.duplicates)
        reasons = [(code, once if code == "duplicate" else why) for code, why in verdicts.reasons]
        tally = Tally(replace(verdicts, reasons=reasons))
        tally.recall(matched)
        what, rows = said["what"], said["row"]
        soon = said[what == TOO_SOON]
        if len(soon):
            gap_s = plan.options.min_gap_s
            assert gap_s is not None
            last = np.ascontiguousarray(soon["batch"]).view(np.float64)
            tally.hold_rows(waiting_since(last, soon["row"], gap_s, self.found.now))
        for kind, (code, sentence) in self.consents.items():
            tally.hold_rows(HeldRows.of(code, rows[what == kind], sentence))
        return tally

    def _ledger(self, known: Any) -> Ledger:
        """Return what the journal says of known rows, with the records of their batches."""
        numbers = np.unique(known["batch"])
        records = {} if self.journal is None else self.journal.records(numbers.tolist())
        return Ledger(
            keys=np.zeros(len(known), "V16"),
            state=known["state"],
            batch=np.searchsorted(numbers, known["batch"]).astype(np.int32),
            offset=np.zeros(len(known), np.int32),
            recipients=np.zeros(len(known), np.uint64),
            batches=tuple(records[number] for number in numbers.tolist()),
        )

    # -- what the loop asks for

    def __iter__(self) -> FilesRun:
        return self

    def __next__(self) -> Positions:
        """Return the rows of the next batch, counted over all files."""
        while True:
            if self._current is None:
                if self._is_read and self._goes_on:
                    self._sweep_again()
                self._current = self.next_portion()
            if self._current is None:
                raise StopIteration
            rows = next(self._current.batches, None)
            if rows is not None:
                return rows + self._current.portion.first
            cut, self._current = self._current, None
            cut.is_cut = True
            self.write_finished()

    def prepare(self, number: int, rows: Positions) -> tuple[Claim, SendRequest]:
        """Make the claim and the call of a batch."""
        opened, rows = self._of(rows)
        return claim_and_call(
            opened.plan,
            rows,
            opened.made.identities_at(rows),
            scope=self.found.scope,
            run_id=self.run_id,
            number=number,
            stands=self._stands(opened, rows),
        )

    def _stands(self, opened: Open, rows: Positions) -> bytes | None:
        """Return where the rows of a batch stand in the files, for the journal.

        Recipients are kept as hashes; None for a test, of which there are none.
        """
        plan = opened.plan
        if is_test(plan.options.campaign):
            return None
        lookups = None
        if plan.recipients.contact_ids is None:
            lookups = hashes_of(plan.recipients.texts(rows), self.found.service)
        files, places = opened.portion.places_of(rows)
        return payloads.pack_places(files, places, plan.segments[rows], lookups)

    def settle(self, result: Result) -> None:
        """Write down what became of a batch."""
        if result.verdict in CUT_ANEW:
            return
        opened, rows = self._of(result.rows)
        opened.tally.settle(replace(result, rows=rows))
        opened.waiting -= len(rows)
        self.settled[result.verdict] += len(rows)
        self.write_finished()

    def hold_late(self, rows: Positions) -> None:
        """Hold back rows whose people had a message since the run began."""
        assert self.guard is not None
        opened, rows = self._of(rows)
        now, who = self.settings.clock(), opened.made.identities_at(rows).recipients
        opened.tally.hold_rows(rows_too_soon(self.guard, rows, who, now))
        opened.waiting -= len(rows)
        self.now -= len(rows)
        self.write_finished()

    def far(self) -> Progress:
        """How far the send is."""
        counts = self.settled
        done = counts["accepted"] + counts["rejected"] + counts["unknown"]
        waits = self._is_read and not self._open and self.sweeps is not None
        return Progress(
            total=max(self.now, done),
            accepted=counts["accepted"],
            rejected=counts["rejected"],
            unknown=counts["unknown"],
            waits_for=self.sweeps.first_opening() if waits and self.sweeps else None,
        )

    def _of(self, rows: Positions) -> tuple[Open, Positions]:
        """Return the portion that rows are of, and where they stand in it."""
        first = int(rows[0])
        for opened in self._open.values():
            if 0 <= first - opened.portion.first < opened.plan.rows:
                return opened, rows - opened.portion.first
        raise AssertionError("a batch of a portion that is not open")

    # -- the gate of hours

    def closed(self, rows: Positions) -> npt.NDArray[np.bool_] | None:
        """Tell which rows may not leave now; None for none."""
        opened, rows = self._of(rows)
        now = self.settings.clock()
        is_closed = opened.closes(rows, now) <= now
        return is_closed if is_closed.any() else None

    def closes_at(self, rows: Positions) -> float | None:
        """Return when the first of some rows closes, in seconds since 1970; None for never."""
        opened, rows = self._of(rows)
        closes = float(opened.closes(rows, self.settings.clock()).min())
        return None if closes == np.inf else closes

    def give_back(self, rows: Positions) -> None:
        """Leave rows that were cut and have closed for the next sweep."""
        opened, rows = self._of(rows)
        opened.later.append(rows)
        opened.waiting -= len(rows)

    def opens_in(self) -> float | None:
        """Return in how many seconds the files are gone over again; None when they are not."""
        assert self.sweeps is not None
        self.write_finished()
        if not self._is_read or self._open:
            return 0.0
        wait_s = self.sweeps.opens_in()
        self._goes_on = wait_s == 0
        return wait_s

    def _sweep_again(self) -> None:
        """Go over the files once more, for the rows that are left."""
        assert self.sweeps is not None
        self._goes_on = False
        self.files.close()
        self.patches.apply()
        self.sweeps.begin()
        self.shut.clear()
        self._read_from_start()

    # -- results

    def write_finished(self) -> None:
        """Write the portions that are at their end, in their order."""
        while self._open:
            number = min(self._open)
            opened = self._open[number]
            if not opened.is_cut or opened.waiting:
                return
            later = np.concatenate(opened.later)
            if self.sweeps is not None and opened.plan.hours is not None:
                self.sweeps.leave(opened.plan.hours, later, opened.portion.first)
            self._close(opened, NOT_REACHED)
            self._write(self._open.pop(number))

    def _close(self, opened: Open, ending: Ending) -> None:
        """Give the rows of a portion that were not attempted the reason why: hours, or the end."""
        tally, hours, now = opened.tally, opened.plan.hours, self.settings.clock()
        rows = opened.todo
        if len(opened.unasked):
            rows = np.union1d(rows, opened.unasked)
        if hours is not None:
            waiting = tally.waiting(rows)
            hold_closed(hours, tally, rows, now)
            shut = waiting[tally.is_held(waiting)]
            count_groups(self.shut, hours, shut)
        if self.is_dry:
            tally.planned(tally.waiting(rows))
        tally.close(rows, ending)

    def _write(self, opened: Open) -> None:
        """Write the results of a portion, and count them; later, those of its last rows alone."""
        tally = opened.tally
        counts, held = tally.counts(), tally.held_counts()
        for number in np.unique(opened.said[opened.said != OPEN]).tolist():
            rows = opened.matched.known[opened.said == number]
            tally.learn(rows, *self.said.answers[number])
        self.costs = summed(self.costs, opened.plan.costs_of(tally.accepted(opened.todo)))

        def results() -> pd.DataFrame:
            return tally.frame(pd.DataFrame(index=pd.RangeIndex(opened.plan.rows)), self.run_id)

        if self._swept:
            rows = opened.todo
            self.patches.add(opened.portion, rows, results().iloc[rows])
            return
        self.files.add(opened.portion, results)
        self.counts.update(counts)
        self.held.update(held)
        self.left += tally.left(opened.plan.sendable, but=opened.matched.held)

    def write_rest(self, ending: Ending) -> None:
        """Write the rows that were not reached, so that every row is in the results."""
        for number in sorted(self._open):
            opened = self._open.pop(number)
            self._close(opened, ending)
            self._write(opened)
        self._current = None
        while not self._swept and self.control.stop.asked <= 1:
            rest = self.next_portion()
            if rest is None:
                self.files.close()
                return
            self._close(rest, ending)
            self._write(self._open.pop(rest.portion.number))
        self.patches.apply()

    # -- the run

    def _place(self, out: Path) -> dict[str, Any]:
        """Return where rows stand and results go, and to which countries, as the journal keeps it.

        A file has its name, rows, size and checksum; its rows are numbered in the batches.
        """
        found = self.found
        files = [
            [file.name, found.file_rows[number], file.size, file.checksum]
            for number, file in enumerate(found.files)
        ]
        return {
            "out": str(out.resolve()),
            "files": files,
            "countries": list(dict(found.countries.most_common())),
        }

    def deliver(self, client: Client, out: Path, progress: Any) -> Delivery:
        """Send what is to be sent; whatever happens, say in the journal how it ended."""
        journal = self.journal
        assert journal is not None
        journal.start_run(
            record_of(
                self.found.plan,
                client,
                run_id=self.run_id,
                scope=self.found.scope,
                rows=self.found.rows,
                rest=b"",
            )
        )
        journal.place_run(self.run_id, json.dumps(self._place(out)).encode())
        return post_batches(
            client,
            journal,
            self.control,
            batches=self,
            gate=AlwaysOpen() if self.sweeps is None else self,
            guard=self.guard,
            prepare=self.prepare,
            settle=self.settle,
            hold=self.hold_late,
            far=self.far,
            finish=lambda ended: self._finish(ended, journal, out),
            progress=progress,
        )

    def _finish(self, delivery: Delivery, journal: Journal, out: Path) -> None:
        """Write what is left, and end the run in the journal."""
        ending = delivery.ending
        try:
            if self.control.stop.asked < 2 and delivery.error is None:  # noqa: PLR2004 - see Stop
                usual = NOT_REACHED if self.sweeps is None else JUST_OPENED
                self.write_rest(ending or usual)
            if self._swept:
                self._count_files(out)
        finally:
            with contextlib.suppress(JournalError):
                left = self.left + max(self.found.rows - sum(self.counts.values()), 0)
                journal.end_run(
                    self.run_id,
                    self.settings.clock(),
                    ending.kind if ending else "done",
                    left=left,
                )

    def _count_files(self, out: Path) -> None:
        """Count the rows anew in the files of results, which several sweeps have written."""
        codes: Counter[str] = Counter()
        self.counts, self.left = Counter(), 0
        for row in SentFiles(out).summary().to_dict("records"):
            known = row["status"] in ACCEPTED_STATUSES
            self.counts["accepted" if known else row["status"]] += row["rows"]
            if row["status"] == "not_attempted":
                codes[row["code"]] += row["rows"]
            if row["status"] == "rejected" or (
                row["status"] == "not_attempted" and row["code"] not in _NOT_LEFT
            ):
                self.left += row["rows"]
        self.held = Counter(held_counts(codes))

"""The second pass over a list: its portions sent by one loop, and their results written.

One run, one lock, one delivery loop for the whole list, as for a frame; only the rows come and go.
The next portion is read and planned on a thread of its own while calls are under way, so that the
loop never waits for a disk. A portion's results are written when its last batch is settled, in the
order of the portions.
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

from smsframe._base.progress import Bar, Progress
from smsframe._base.sentences import Sentence
from smsframe._base.worker_pool import WorkerPool
from smsframe._journal import payloads
from smsframe._journal.records import Claim, Ledger, RunRecord
from smsframe._plan.campaign_names import is_test
from smsframe._plan.verdicts import DUPLICATE as REPEATED
from smsframe._plan.verdicts import HELD_BACK, READY
from smsframe._results.hashed_people import hashes_of
from smsframe._send.already_sent import Matched
from smsframe._send.batches_in_flight import CUT_ANEW, Result, call_failed, ending_of
from smsframe._send.cancellation import counted_interrupts
from smsframe._send.claims import claim_and_call, record_of
from smsframe._send.delivery import Delivery
from smsframe._send.keys_ahead import KeysAhead
from smsframe._send.row_outcomes import Tally
from smsframe._send.shared_places import SharedPlaces
from smsframe._stream.join import Said
from smsframe._stream.portions import plan_portion, portions
from smsframe._stream.scratch import AGAIN, DUPLICATE, HELD, KNOWN, LATER, OPEN
from smsframe.errors import InputError, JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from smsframe._acoustic.client import Client
    from smsframe._acoustic.outcomes import Outcome
    from smsframe._acoustic.payload import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._journal.store import Journal
    from smsframe._plan.data import PlanData
    from smsframe._send.batches_in_flight import Ending
    from smsframe._send.cancellation import SendControl
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.portions import Portion
    from smsframe._stream.result_files import ResultFiles
    from smsframe._stream.scratch import Scratch

    Pool = WorkerPool[int, SendRequest, Outcome]

ONCE: Final = Sentence(
    "The same message to the same person is in an earlier row of these files. It is sent once."
)
_CHANGED: Final = (
    "The files, or the list of SMSFRAME_EXCLUDE, have changed since they were checked. What was "
    "sent until then is kept; the same call checks them anew and goes on."
)
NOT_REACHED: Final = ending_of("stopped", "not_reached", "ended", ". The same call goes on here.")


@dataclass(slots=True, kw_only=True)
class Open:
    """A portion whose rows are on their way; ``waiting`` counts those that are not settled."""

    portion: Portion
    plan: PlanData
    matched: Matched
    tally: Tally
    keys: KeysAhead
    batches: Iterator[Positions]
    waiting: int
    said: Any
    is_cut: bool = False


@dataclass(slots=True, kw_only=True)
class FilesRun:
    """One send of a list under way."""

    found: FirstPass
    scratch: Scratch
    journal: Journal
    client: Client
    run_id: str
    going: int
    out: Path
    files: ResultFiles
    control: SendControl
    said: Said = field(default_factory=Said)
    counts: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    left: int = 0
    planned: int = 0
    settled: Counter[str] = field(default_factory=Counter)
    _open: dict[int, Open] = field(default_factory=dict)
    _current: Open | None = None
    _is_read: bool = False
    _ahead: Any = None
    _source: Any = None
    _threads: Any = None

    # -- portions, read ahead

    def begin(self) -> None:
        """Begin to read."""
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="smsframe-read")
        self._source = portions(self.found.files, None, size=self.found.portion_rows, check=True)
        self._ahead = self._threads.submit(self._read_next)

    def end(self) -> None:
        """Read no more."""
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)

    def _read_next(self) -> tuple[Portion, PlanData] | None:
        """Read and plan the next portion; on the thread that reads."""
        portion = next(self._source, None)
        if portion is None:
            return None
        found = self.found
        frame = found.reading.people(portion, found.files)
        return portion, plan_portion(frame, found.text, found.given, found.now)

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

    def _held_against(self, portion: Portion, plan: PlanData) -> Open:
        """Hold a portion against what the first pass found of its rows."""
        if plan.blocking or plan.team_mark != self.found.plan.team_mark:
            raise InputError(_CHANGED)
        found = self.scratch.found(portion.first, plan.rows)
        verdict = plan.verdict.copy()
        verdict[found["row"][found["what"] == DUPLICATE]] = REPEATED
        verdict[found["row"][found["what"] == LATER]] = HELD_BACK
        plan = replace(plan, verdict=verdict)
        known = found[np.isin(found["what"], (KNOWN, AGAIN))]
        held = found["row"][found["what"] == HELD]
        is_todo = verdict == READY
        is_todo[found["row"][found["what"] == KNOWN]] = False
        is_todo[held] = False
        matched = Matched(
            todo=np.flatnonzero(is_todo),
            known=known["row"],
            entries=np.arange(len(known)),
            held=held,
            ledger=self._ledger(known),
        )
        verdicts = plan.verdicts()
        self.planned += len(matched.todo)
        if self.planned > self.going:  # whatever has changed, nobody is texted whom nobody counted
            raise InputError(_CHANGED)
        reasons = [(code, ONCE if code == "duplicate" else why) for code, why in verdicts.reasons]
        tally = Tally(replace(verdicts, reasons=reasons))
        tally.recall(matched)
        size = self.client.settings.batch_size
        return Open(
            portion=portion,
            plan=plan,
            matched=matched,
            tally=tally,
            keys=KeysAhead(plan, self.client.service, self.found.scope, matched.todo),
            batches=plan.batch_rows(matched.todo, size=size),
            waiting=len(matched.todo),
            said=np.where(known["what"] == KNOWN, known["said"], OPEN),
        )

    def _ledger(self, known: Any) -> Ledger:
        """Return what the journal says of known rows, with the records of their batches."""
        numbers = np.unique(known["batch"])
        records = self.journal.records(numbers.tolist())
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
        opened = self._of(rows)
        rows = rows - opened.portion.first
        return claim_and_call(
            opened.plan,
            rows,
            opened.keys.of(rows),
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
        batch, lookups = plan.slice(rows), None
        if batch.contact_ids is None:
            texts = plan.recipients.texts(rows)
            lookups = hashes_of(texts, self.client.service)
        files, places = opened.portion.places_of(rows)
        return payloads.pack_places(files, places, batch.segments, lookups)

    def settle(self, result: Result) -> None:
        """Write down what became of a batch."""
        if result.verdict in CUT_ANEW:
            return
        opened = self._of(result.rows)
        opened.tally.settle(replace(result, rows=result.rows - opened.portion.first))
        opened.waiting -= len(result.rows)
        self.settled[result.verdict] += len(result.rows)
        self.write_finished()

    @property
    def progress(self) -> Progress:
        """How far the send is."""
        counts = self.settled
        return Progress(
            total=self.going,
            accepted=counts["accepted"],
            rejected=counts["rejected"],
            unknown=counts["unknown"],
        )

    def _of(self, rows: Positions) -> Open:
        """Return the portion that rows are of."""
        first = int(rows[0])
        for opened in self._open.values():
            if 0 <= first - opened.portion.first < opened.plan.rows:
                return opened
        raise AssertionError("a batch of a portion that is not open")

    # -- results

    def write_finished(self) -> None:
        """Write the portions that are at their end, in their order."""
        while self._open:
            number = min(self._open)
            opened = self._open[number]
            if not opened.is_cut or opened.waiting:
                return
            self._write(self._open.pop(number))

    def _write(self, opened: Open) -> None:
        """Write the results of a portion, and count them."""
        tally = opened.tally
        self.counts.update(tally.counts())
        self.held.update(tally.held_counts())
        self.left += tally.left(opened.plan.sendable, but=opened.matched.held)
        for number in np.unique(opened.said[opened.said != OPEN]).tolist():
            rows = opened.matched.known[opened.said == number]
            tally.learn(rows, *self.said.answers[number])
        index = pd.DataFrame(index=pd.RangeIndex(opened.plan.rows))
        self.files.add(opened.portion, tally.frame(index, self.run_id))

    def write_rest(self, ending: Ending) -> None:
        """Write the rows that were not reached, so that every row is in the results."""
        for number in sorted(self._open):
            opened = self._open.pop(number)
            opened.tally.close(opened.matched.todo, ending)
            self._write(opened)
        self._current = None
        while self.control.stop.asked <= 1:
            rest = self.next_portion()
            if rest is None:
                self.files.close()
                return
            rest.tally.close(rest.matched.todo, ending)
            self._write(self._open.pop(rest.portion.number))

    # -- the run

    def record(self) -> RunRecord:
        """Return what the journal keeps of the run itself."""
        return record_of(
            self.found.plan,
            self.client,
            run_id=self.run_id,
            scope=self.found.scope,
            rows=self.found.rows,
            rest=b"",
        )

    def _place(self) -> dict[str, Any]:
        """Return where rows stand and results go, and to which countries, as the journal keeps it.

        A file has its name, rows, size and checksum; its rows are numbered in the batches.
        """
        found = self.found
        files = [
            [file.name, found.file_rows[number], file.size, file.checksum]
            for number, file in enumerate(found.files)
        ]
        return {
            "out": str(self.out.resolve()),
            "files": files,
            "countries": list(dict(found.countries.most_common())),
        }

    def deliver(self, progress: Any) -> Delivery:
        """Send what is to be sent; whatever happens, say in the journal how it ended."""
        self.journal.start_run(self.record())
        self.journal.place_run(self.run_id, json.dumps(self._place()).encode())
        self.journal.patience_s = 0.0  # the loop waits in its own way
        client, settings = self.client, self.client.settings
        with Bar(progress) as bar, client.sending(self.journal.may_post) as sending:
            workers: Pool = WorkerPool(
                sending.post, client.max_in_flight, failed=call_failed, clock=settings.clock
            )

            def show() -> None:
                bar.update(self.progress)

            def settled(result: Result) -> None:
                self.settle(result)
                show()

            delivery = Delivery(
                workers=workers,
                batches=self,
                prepare=self.prepare,
                record=lambda claims, settlements: self.journal.record(
                    claims=claims, settlements=settlements
                ),
                settled=settled,
                begin=show,
                look_around=SharedPlaces(self.journal, sending).look_around,
                max_in_flight=client.max_in_flight,
                settings=settings,
                stop=self.control.stop,
            )
            with counted_interrupts(self.control.stop, workers.wake):
                try:
                    delivery.run()
                finally:
                    self._finish(delivery, workers)
        return delivery

    def _finish(self, delivery: Delivery, workers: Pool) -> None:
        """Write what is left, end the run in the journal and end the threads."""
        ending = delivery.ending
        try:
            if self.control.stop.asked < 2 and delivery.error is None:  # noqa: PLR2004 - see Stop
                self.write_rest(ending or NOT_REACHED)
        finally:
            with contextlib.suppress(JournalError):
                left = self.left + max(self.found.rows - sum(self.counts.values()), 0)
                self.journal.end_run(
                    self.run_id,
                    self.client.settings.clock(),
                    ending.kind if ending else "done",
                    left=left,
                )
            if delivery.left_behind:
                self.client.abort()
            workers.close(timeout_s=5.0)

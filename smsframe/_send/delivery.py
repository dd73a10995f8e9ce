"""The loop that sends: claim, post, settle, until nothing is left or something says stop.

One thread runs it. It knows neither the API nor the journal's file: it is given a way to record
claims and settlements (durable on return), workers that make calls, and a function that builds the
call of a batch. So the tests can run this very code over a simulated clock, network and disk.

Rules, in the order in which they matter:

- **No POST leaves before its claim is recorded.** Claims and the settlements at hand share one
  synced transaction. A rule that depends on the claims of others (``min_gap=``) is judged in it: a
  batch of which something is held back is not claimed, and goes on without that.
- **Only what provably was not processed is repeated**: no connection, a refusal for being too
  many, a refused call about a contact (halved until the bad rows stand alone). An answer that was
  lost is ``unknown`` at once.
- **The first batch goes alone**, and so does the next one after a lost answer, until one is
  accepted: a wrong program, a wrong text or a server that fails costs one call, not ten. After
  ``LOST_IN_A_ROW`` lost answers in a row the run stops, for whatever is wrong will not get better
  by texting on without knowing; and so it does when ``REFUSED_IN_A_ROW`` contacts were refused one
  by one without an acceptance in between: what strikes one after another is not about contacts.
- **Refused for being too many**: the window of calls in flight is halved, and grows by one with
  each acceptance. Batches that wait for a repeat count as in flight, so nothing new starts before
  them and a request to wait is heeded by all. A request to wait for longer than there is patience
  left ends the run at once, with the service's time in the sentence.
- **Batches are prepared while answers are waited for**, as many as may be in flight at a time, so
  that a call that comes back is followed by the next one at once; and only when it has been quiet
  for ``QUIET_S``, for an answer that comes meanwhile would have to wait.
- **One batch in ``CALLS_PER_CLAIM_AHEAD`` is claimed ahead**: syncing a claim takes milliseconds on
  a good disk and tens of them on a network disk, and a freed place would wait for it each time.
  What is claimed is ``unknown`` when the process is killed, so claiming all ahead would leave twice
  as many messages unknown; this leaves 11 batches of them at most, not 10. So does a journal that
  fails for good: what was claimed ahead cannot be given back. In a narrowed window, where something
  is wrong already, nothing is claimed ahead.
- **A journal that another program has locked** is waited for: what is known is kept and written
  when the lock is gone, and nothing new is posted, since nothing is claimed. At the end, with
  nothing left to do, that takes as long as it takes; a stop ends it.
- **Hours**: a batch is judged when it is cut, claimed and posted, before each repeat, and once more
  by whoever makes the call, when it has its place in flight. Rows that have closed are given back
  (`open_rows.py`) and the others go on as a batch of their own; a claim that was made is settled as
  not processed. When nothing else is left, the loop waits for what opens in time.
- **Stop** starts no batch any more and waits for those in flight; a second one gives up waiting
  for them.
- **A fault of our own or of the caller's** (a progress function that raises) stops like the first
  stop does: what is in flight is settled before the error is raised.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from smsframe._acoustic.outcomes import TOO_LATE
from smsframe._base.send_settings import SendSettings
from smsframe._base.sentences import AGAIN, Sentence
from smsframe._journal.records import Claim, Settlement
from smsframe._send.batches_in_flight import (
    LEFT_BEHIND,
    BatchInFlight,
    Ending,
    Result,
    Stop,
    ending_of,
    failed_by,
    not_processed,
    stopped_because,
    with_time,
)
from smsframe._send.open_rows import AlwaysOpen
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from smsframe._acoustic.outcomes import Outcome
    from smsframe._acoustic.send_request import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._base.worker_pool import WorkerPool
    from smsframe._send.open_rows import Gate

    Messages = npt.NDArray[np.bool_]

LOST_IN_A_ROW = 5
REFUSED_IN_A_ROW = 24
_UNWRITTEN = "The journal could not be written."
JOURNAL_FAILED = Ending(
    kind="failed", code="journal_failed", sentence=_UNWRITTEN, of_the_run=_UNWRITTEN
)
INTERRUPTED = ending_of("interrupted", "interrupted", "was stopped", ".")
QUIET_S = 0.01
LONGEST_PAUSE_S = 60.0
CALLS_PER_CLAIM_AHEAD = 10
NOT_PROCESSED = ("no_connection", "busy")


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One run of the loop.

    Parameters
    ----------
    workers : WorkerPool
        Makes the calls and keeps the time. Its ``submit`` raises only what it has not taken.
    batches : iterator of positions
        The rows of each batch, in order.
    prepare : callable
        Makes the claim and the call of a batch, from its number and its rows.
    record : callable
        Makes claims and settlements durable. Returns, by batch, which messages a rule holds back at
        the last moment: such a batch was not claimed, and its other rows go out as another one.
    settled : callable
        Is told each :class:`Result`.
    begin : callable
        Is called before the first batch; a fault of it ends the run like one of ``settled``.
    hold : callable
        Is told the rows that are held back at the last moment.
    waits : callable
        Is called when another program locks the journal, each time it does.
    gate : Gate
        Knows which rows may leave now.
    pauses : callable
        Is called, again and again, while nothing is left to do but to wait for rows that open.
    look_around : callable
        Is called in every turn, twice a second and more; makes room for who came meanwhile.

    Attributes
    ----------
    ending : Ending or None
        Why the run ended before its last row.
    failure : JournalError or None
        The first complaint of the journal.
    error : Exception or None
        The first fault of our own or of the caller's functions.
    """

    workers: WorkerPool[int, SendRequest, Outcome]
    batches: Iterator[Positions]
    prepare: Callable[[int, Positions], tuple[Claim, SendRequest]]
    record: Callable[[Sequence[Claim], Sequence[Settlement]], Mapping[str, Messages] | None]
    settled: Callable[[Result], None]
    begin: Callable[[], None] = lambda: None
    hold: Callable[[Positions], None] = lambda _: None
    waits: Callable[[], None] = lambda: None
    gate: Gate = field(default_factory=AlwaysOpen)
    pauses: Callable[[], None] = lambda: None
    look_around: Callable[[], None] = lambda: None
    max_in_flight: int = 10
    settings: SendSettings = field(default_factory=SendSettings)
    stop: Stop = field(default_factory=Stop)

    ending: Ending | None = None
    failure: JournalError | None = None
    error: Exception | None = None
    _made: int = 0
    _window: int = 1
    _lost: int = 0
    _refused: int = 0
    _left_behind: bool = False
    _narrowed: bool = False
    _locked: JournalError | None = None
    _split_queue: deque[Positions] = field(default_factory=deque)
    _prepared: deque[BatchInFlight] = field(default_factory=deque)
    _claimed_ahead: deque[BatchInFlight] = field(default_factory=deque)
    _to_post: deque[BatchInFlight] = field(default_factory=deque)
    _in_flight: dict[int, BatchInFlight] = field(default_factory=dict)
    _retry_queue: list[tuple[float, int, BatchInFlight]] = field(default_factory=list)
    _unrecorded: list[Settlement] = field(default_factory=list)
    _held: Mapping[str, Messages] = field(default_factory=dict)

    def run(self) -> None:
        """Send until nothing is left or something says stop; then raise ``error``, if any."""
        try:
            self._guarded(self.begin)
            while self._guarded(self._turn):
                pass
        except BaseException:  # somebody wants out at once
            self._end(INTERRUPTED)
            self._give_up_waiting()
            self._record([])
            raise
        self._write_last()
        if self.error is not None:
            raise self.error

    def _guarded(self, work: Callable[[], object]) -> bool:
        """Do some work; its first fault ends the run in good order, a second one at once."""
        try:
            return bool(work())
        except Exception as error:
            if self.error is not None:
                raise
            self._fail(error)
            return True

    def _fail(self, error: Exception) -> None:
        """Keep the first fault, and start nothing new."""
        self.error = self.error or error
        self._end(failed_by(error))

    def _turn(self) -> bool:
        """Launch what may go, then act on what came back; False when nothing is left."""
        asked = self.stop.asked
        self._heed_stop()
        self.look_around()
        self._launch()
        if self.stop.asked > 1:
            self._heed_stop()
            self._give_up_waiting()
        if not self._in_flight and not self._retry_queue:
            if self.ending is not None:
                return False
            return self._wait_for_lock() if self._locked is not None else self._wait_for_hours()
        for number, outcome in self._wait(asked):
            if number in self._in_flight:
                self._judge(self._in_flight.pop(number), outcome)
        return True

    def _wait_for_lock(self) -> bool:
        """Give the program that locks the journal some time."""
        self.workers.finished(self.settings.locked_pause_s)
        return True

    def _wait_for_hours(self) -> bool:
        """Wait a while for rows that open in time; False when there are none."""
        if self._split_queue:
            return True
        wait_s = self.gate.opens_in()
        if wait_s is None:
            return False
        if wait_s > 0:
            self._guarded(self.pauses)
            self.workers.finished(min(wait_s, LONGEST_PAUSE_S))
        return True

    def _wait(self, asked: int) -> list[tuple[int, Outcome]]:
        """Return the outcomes that are there; prepare the next batches while there are none."""
        while self.ending is None and len(self._prepared) < self.max_in_flight:
            found = self.workers.finished(QUIET_S if self._prepared else 0.0)
            if found or self.stop.asked != asked:
                return found
            prepared = self._next_fresh()
            if prepared is None:
                break
            self._prepared.append(prepared)
        return self.workers.finished(self._next_due())

    @property
    def left_behind(self) -> bool:
        """Whether the run ended without waiting for calls under way."""
        return self._left_behind

    @property
    def in_flight(self) -> int:
        """Number of calls under way."""
        return len(self._in_flight)

    def _heed_stop(self) -> None:
        """Begin to end when somebody asked for it."""
        if self.stop.asked and self.ending is None:
            self._end(INTERRUPTED)

    def _end(self, ending: Ending) -> None:
        """Start nothing new; what is claimed but not under way is settled as not processed."""
        self.ending = self.ending or ending
        idle = [batch for _, _, batch in self._retry_queue] + [*self._to_post, *self._claimed_ahead]
        self._retry_queue.clear()
        self._to_post.clear()
        self._claimed_ahead.clear()
        for batch in idle:
            self._settle(batch, "rejected", "not_attempted", not_processed(self.ending))

    def _launch(self) -> None:
        """Post as many batches as the window lets: repeats first, then what is claimed ahead."""
        self._call_due()
        self._post_claimed()
        self._claim_next()
        self._post_claimed()

    @property
    def _free(self) -> int:
        """Places in the window; batches that wait for a repeat have theirs."""
        return self._window - len(self._in_flight) - len(self._to_post) - len(self._retry_queue)

    def _claim_next(self) -> None:
        """Claim what is to be posted next; what is held back leaves room for others."""
        while self._claim_some():
            pass

    def _claim_some(self) -> bool:
        """Claim batches and write down what came back; True when rows of them were held back."""
        ahead = self._window // CALLS_PER_CLAIM_AHEAD
        fresh = self._build(self._free + ahead - len(self._claimed_ahead))
        for batch in fresh:
            batch.claim = replace(batch.claim, claimed_at=self.workers.today())
        if fresh or self._unrecorded:
            if self._record([batch.claim for batch in fresh]):
                self._claimed_ahead.extend(b for b in fresh if b.claim.batch_id not in self._held)
            elif self._locked is not None:
                self._prepared.extendleft(reversed(fresh))
            else:
                self._end(JOURNAL_FAILED)
        held = [batch for batch in fresh if batch.claim.batch_id in self._held]
        for batch in reversed(held):
            self._hold_back(batch, self._held[batch.claim.batch_id])
        self._heed_stop()
        return bool(held)

    def _hold_back(self, batch: BatchInFlight, messages: Messages) -> None:
        """Take out of a batch that was not claimed what is held back; the others go at once."""
        self._guarded(lambda: self.hold(batch.rows[messages]))
        if not messages.all():
            self._split_queue.appendleft(batch.rows[~messages])

    def _post_claimed(self) -> None:
        """Post what is claimed; of that which is claimed ahead, what the window lets."""
        while self._claimed_ahead and self._free > 0:
            self._to_post.append(self._claimed_ahead.popleft())
        while self._to_post:
            self._post(self._to_post[0])
            self._heed_stop()

    def _call_due(self) -> None:
        """Call up the batches whose time to be repeated has come."""
        while (
            self._retry_queue
            and self._retry_queue[0][0] <= self.workers.now()
            and len(self._in_flight) + len(self._to_post) < self._window
        ):
            self._to_post.append(heapq.heappop(self._retry_queue)[2])

    def _next_due(self) -> float | None:
        """Return the seconds until the next repeat may go; None: wait for answers alone."""
        if not self._retry_queue or len(self._in_flight) >= self._window:
            return None
        return max(self._retry_queue[0][0] - self.workers.now(), 0.0)

    def _build(self, free: int) -> list[BatchInFlight]:
        """Prepare the next batches, halves of a refused one first."""
        fresh: list[BatchInFlight] = []
        while self.ending is None and len(fresh) < free:
            if self._split_queue:
                batch: BatchInFlight | None = self._prepare_next(self._split_queue.popleft())
            else:
                batch = self._prepared.popleft() if self._prepared else self._next_fresh()
            if batch is None:
                break
            if not self._has_closed(batch):
                fresh.append(batch)
        return fresh

    def _has_closed(self, batch: BatchInFlight) -> bool:
        """Tell whether rows of a batch have closed: they are given back, the others cut anew."""
        closed = self.gate.closed(batch.rows)
        if closed is None:
            return False
        self.gate.give_back(batch.rows[closed])
        if not closed.all():
            self._split_queue.append(batch.rows[~closed])
        return True

    def _next_fresh(self) -> BatchInFlight | None:
        """Prepare the next batch; None when there is none."""
        rows = next(self.batches, None)
        return None if rows is None else self._prepare_next(rows)

    def _prepare_next(self, rows: Positions) -> BatchInFlight:
        """Make claim and call of a batch; nothing of it is recorded or posted yet."""
        self._made += 1
        claim, request = self.prepare(self._made, rows)
        return BatchInFlight(number=self._made, claim=claim, rows=rows, request=request)

    def _record(self, claims: list[Claim]) -> bool:
        """Make claims and all settlements at hand durable; False when the journal failed."""
        self._held = {}
        try:
            self._held = self.record(claims, self._unrecorded) or {}
        except JournalError as error:
            self._note_failure(error)
            return False
        self._unrecorded.clear()
        self._locked = None
        return True

    def _note_failure(self, error: JournalError) -> None:
        """Keep the journal's complaint; one of a lock is waited for, and told when it begins."""
        begins, locked = self._locked is None, bool(error.details.get("locked"))
        self._locked = error if locked else None
        if not locked:
            self.failure = self.failure or error
        elif begins:
            self._guarded(self.waits)

    def _write_last(self) -> None:
        """Write down what came last, for as long as the journal is locked and nobody says stop."""
        asked = self.stop.asked
        while not self._record([]) and self._locked is not None:
            if self.stop.asked != asked:
                self.failure = self.failure or self._locked
                return
            self.workers.finished(self.settings.locked_pause_s)

    def _post(self, batch: BatchInFlight) -> None:
        """Hand the next claimed batch to the workers, unless it has closed meanwhile."""
        if self._has_closed(batch):
            self._to_post.popleft()
            self._settle(batch, "rejected", "given_back", TOO_LATE)
            return
        closes = self.gate.closes_at(batch.rows)
        if closes is not None:
            batch.request = replace(batch.request, leave_by=closes)
        batch.first_posted = batch.first_posted or self.workers.now()
        batch.attempts += 1
        self._in_flight[batch.number] = batch
        self._to_post.popleft()
        try:
            self.workers.submit(batch.number, batch.request)
        except Exception as error:  # noqa: BLE001 - whatever it was, the workers has not taken it
            self._to_post.appendleft(self._in_flight.pop(batch.number))
            self._fail(error)

    def _judge(self, batch: BatchInFlight, outcome: Outcome) -> None:
        """Act on what became of a call, by the outcome table."""
        batch.calls += outcome.attempts
        batch.seconds += outcome.seconds
        if outcome.kind == "accepted":
            self._widen()
            self._settle(batch, "accepted", "accepted", outcome)
        elif outcome.code == TOO_LATE.code:
            self._to_post.append(batch)  # which is judged anew where it is posted
        elif outcome.kind == "unknown":
            self._lose(batch, outcome)
        elif outcome.kind in NOT_PROCESSED:
            self._repeat_later(batch, outcome)
        elif outcome.about == "contact":
            self._halve(batch, outcome)
        else:
            self._settle(batch, "rejected", "rejected", outcome)
            self._end(stopped_because(outcome))

    def _widen(self) -> None:
        """Let more calls go: all at first, one more with each acceptance after a refusal."""
        self._lost = self._refused = 0
        self._window = (
            min(self._window + 1, self.max_in_flight) if self._narrowed else self.max_in_flight
        )

    def _lose(self, batch: BatchInFlight, outcome: Outcome) -> None:
        """Keep a lost answer as unknown, and go on carefully."""
        self._settle(batch, "unknown", "unknown", outcome)
        self._lost += 1
        self._window, self._narrowed = 1, True
        if self._lost >= LOST_IN_A_ROW:
            lost = f": {self._lost} answers in a row were lost. When the service answers again, "
            why = Sentence(lost, AGAIN, ".")
            self._end(ending_of("stopped", "answers_lost", "stopped", why))

    def _repeat_later(self, batch: BatchInFlight, outcome: Outcome) -> None:
        """Have a batch that was not processed wait for its next attempt, or stop the run."""
        now = self.workers.now()
        settings = self.settings
        if outcome.kind == "busy":
            self._window, self._narrowed = max(1, min(self._window, self.in_flight + 1) // 2), True
            over = now - batch.first_posted > settings.busy_s
        else:
            self._window, self._narrowed = 1, True
            over = batch.attempts >= settings.connect_attempts
        asked_s = outcome.retry_after_s or 0.0
        if asked_s and now - batch.first_posted + asked_s > settings.busy_s:
            over, outcome = True, with_time(outcome, asked_s, self.workers.today())
        if self.ending is None and not over:
            due = now + settings.backoff.wait_s(batch.attempts, outcome.retry_after_s)
            heapq.heappush(self._retry_queue, (due, batch.number, batch))
            return
        self._settle(batch, "rejected", "not_attempted", outcome)
        self._end(stopped_because(outcome))

    def _halve(self, batch: BatchInFlight, outcome: Outcome) -> None:
        """Look for the contact that was refused: halve the batch until it stands alone."""
        if len(batch.rows) > 1 and self.ending is None:
            self._settle(batch, "rejected", "halved", outcome)
            middle = len(batch.rows) // 2
            self._split_queue.extendleft([batch.rows[middle:], batch.rows[:middle]])
            return
        self._settle(batch, "rejected", "rejected", outcome)
        self._refused += 1
        if self._refused >= REFUSED_IN_A_ROW:
            self._end(stopped_because(outcome))

    def _give_up_waiting(self) -> None:
        """Leave the calls under way to themselves: whether they are processed is unknown."""
        self._left_behind = self._left_behind or bool(self._in_flight)
        for batch in self._in_flight.values():
            self._settle(batch, "unknown", "unknown", LEFT_BEHIND)
        self._in_flight.clear()

    def _settle(self, batch: BatchInFlight, state: str, verdict: str, outcome: Outcome) -> None:
        """Keep the outcome of a batch for the next transaction and tell it."""
        settlement = Settlement(
            batch_id=batch.claim.batch_id,
            state=state,  # type: ignore[arg-type]
            http_status=outcome.http_status,
            code=outcome.code,
            message=outcome.message,
            fix=outcome.fix,
            response_id=outcome.response_id,
            location=outcome.location,
            attempts=max(batch.calls, batch.attempts),
            seconds=batch.seconds,
            settled_at=self.workers.today(),
        )
        self._unrecorded.append(settlement)
        self._report(
            Result(claim=batch.claim, rows=batch.rows, settlement=settlement, verdict=verdict)
        )

    def _report(self, result: Result) -> None:
        """Tell a result; whoever is told must not keep others from being settled."""
        try:
            self.settled(result)
            self.workers.refuse_fork()  # whoever is told how far it is may fork
        except Exception as error:  # noqa: BLE001 - the caller's function; raised at the end
            self._fail(error)

"""Asking for the consent of many people before they are texted: ten at a time, each once.

The service checks consent itself, after it has taken a call, and drops whoever has not opted in
without a word in its answer. Such a message counts as accepted and is never sent again, not even
once the person has agreed. So whoever asks first is told of these people, and they stay unsent:

- opted out, and *no record* as well: the service would message neither. That is so for ``True``
  and for ``"require"``;
- *not known*: the service failed, was silent or cannot be read. ``True`` sends to these people with
  a warning, for the service checks once more; ``"require"`` holds them back.

A question that failed is asked ``attempts`` times. A service that is too busy is waited for, by
everybody who asks. The whole takes as long as there are people (ten calls of 50 ms at a time are
two hundred a second), so the deadline is one of silence: when nothing could be read for
``quiet_s``, or the service was busy for ``busy_s``, nobody else is asked, and what is left is not
known.

Threads make the calls and nothing else; the loop knows time and threads through its `WorkerPool`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from smsframe._base.progress import Progress
from smsframe._base.worker_pool import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsframe._acoustic.consent import ConsentAnswer
    from smsframe._acoustic.outcomes import Outcome
    from smsframe._base.worker_pool import WorkerPool

NOT_ASKED, OPTED_IN, OPTED_OUT, NO_RECORD, UNKNOWN = range(5)
_RECORDS: Final = {"OPTED-IN": OPTED_IN, "OPTED-OUT": OPTED_OUT, "NONE": NO_RECORD}
SILENT: Final = "Nobody was asked any more, since the service had been silent or busy for too long."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentProgress(Progress):
    """How far the asking is; ``total`` and ``done`` count people, and nothing was sent yet."""

    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    asked: int = 0
    held_back: int = 0

    @property
    def done(self) -> int:
        """People of whom it is known, or will not be."""
        return self.asked

    @property
    def shown(self) -> dict[str, int]:
        """What stands beside the bar."""
        return {"consent asked": self.asked, "held back": self.held_back}


@dataclass(slots=True, kw_only=True)
class ConsentCheck:
    """One round of asking.

    Parameters
    ----------
    workers : WorkerPool
        Asks about one phone, given in digits.
    phones : sequence of str
        Distinct phones, in digits.
    max_in_flight : int
        Calls at a time.
    told : callable
        Is given the progress.
    stopped : callable
        Tells whether somebody asked to stop; then nothing more is asked or waited for.
    holds_unknown : bool
        Whether who is not known counts as held back, for the progress alone.
    attempts : int
        How often a question that failed is asked.
    quiet_s, busy_s : float
        Seconds after which nobody else is asked: of failures alone, and of a service that is busy.

    Attributes
    ----------
    said : array of uint8, one of the numbers above for each phone
    why : Counter of str
        Why it is not known, in a few words, with the number of phones.
    denied : Outcome or None
        Whoever asks may not, and why; the rest was not asked then.
    """

    workers: WorkerPool[int, str, ConsentAnswer]
    phones: Sequence[str]
    max_in_flight: int
    told: Callable[[ConsentProgress], None]
    stopped: Callable[[], bool]
    holds_unknown: bool = False
    attempts: int = 3
    quiet_s: float = 60.0
    busy_s: float = 600.0
    backoff: Backoff = field(default_factory=Backoff)
    said: npt.NDArray[np.uint8] = field(init=False)
    why: Counter[str] = field(default_factory=Counter)
    denied: Outcome | None = None
    _next: int = 0
    _again: list[tuple[float, int]] = field(default_factory=list)
    _failed: dict[int, int] = field(default_factory=dict)
    _in_flight: set[int] = field(default_factory=set)
    _busy: int = 0
    _paused_until: float = 0.0
    _heard_at: float = 0.0
    _fruitless: int = 0
    _asked: int = 0
    _held_back: int = 0

    def __post_init__(self) -> None:
        """Begin with nobody asked."""
        self.said = np.zeros(len(self.phones), dtype=np.uint8)

    def run(self) -> None:
        """Ask until all is known, nobody may ask, the service is silent or somebody stops it."""
        self._heard_at = self.workers.now()
        self._show()
        while (self._is_left or self._in_flight) and not self.stopped() and self.denied is None:
            self._ask_due()
            for number, answer in self.workers.finished(self._wait_s()):
                self._in_flight.discard(number)
                self._take(number, answer)
            self._show()
            if self._is_silent():
                self._give_up()

    @property
    def _is_left(self) -> bool:
        """Whether somebody is to be asked, for the first time or again."""
        return self._next < len(self.phones) or bool(self._again)

    def _ask_due(self) -> None:
        """Ask whoever is due, as far as the window goes."""
        now = self.workers.now()
        if now < self._paused_until:
            return
        while len(self._in_flight) < self.max_in_flight:
            if self._again and self._again[0][0] <= now:
                number = heapq.heappop(self._again)[1]
            elif self._next < len(self.phones):
                number, self._next = self._next, self._next + 1
            else:
                return
            self._in_flight.add(number)
            self.workers.submit(number, self.phones[number])

    def _wait_s(self) -> float | None:
        """Return the seconds until there is something to ask; None: wait for answers alone."""
        now, full = self.workers.now(), len(self._in_flight) >= self.max_in_flight
        if now < self._paused_until:
            return self._paused_until - now
        return None if full or not self._again else max(self._again[0][0] - now, 0.0)

    def _take(self, number: int, answer: ConsentAnswer) -> None:
        """Write down an answer, or have the question asked again."""
        now = self.workers.now()
        if answer.said in _RECORDS:
            self._settle(number, _RECORDS[answer.said])
            self._heard_at, self._busy, self._fruitless = now, 0, 0
        elif answer.said == "denied":
            self.denied = answer.outcome
        elif answer.said == "busy":
            self._busy += 1
            due = now + self.backoff.wait_s(self._busy, answer.retry_after_s)
            self._paused_until = max(self._paused_until, due)
            heapq.heappush(self._again, (due, number))
        else:
            self._take_failure(number, answer, now)

    def _take_failure(self, number: int, answer: ConsentAnswer, now: float) -> None:
        """Ask again, unless that is no use or was done often enough."""
        self._fruitless += 1
        failed = self._failed[number] = self._failed.get(number, 0) + 1
        if answer.said == "failed" and failed < self.attempts:
            due = now + self.backoff.wait_s(failed, answer.retry_after_s)
            heapq.heappush(self._again, (due, number))
        else:
            self._give_up_on(number, answer.why)

    def _is_silent(self) -> bool:
        """Tell whether nothing could be read for too long, or will be asked for too long."""
        if not self._in_flight and self._paused_until - self._heard_at > self.busy_s:
            return True
        fruitless = self._fruitless >= min(self.max_in_flight, len(self.phones))
        return fruitless and self.workers.now() - self._heard_at > self.quiet_s

    def _give_up(self) -> None:
        """Ask nobody any more: of all that is left nothing is known."""
        left = np.flatnonzero(self.said == NOT_ASKED)
        for number in left.tolist():
            self._give_up_on(number, SILENT)
        self._next, self._again = len(self.phones), []
        self._in_flight.clear()
        self._show()

    def _give_up_on(self, number: int, why: str) -> None:
        """Write down that nothing is known of a person."""
        self.why[why] += 1
        self._settle(number, UNKNOWN)

    def _settle(self, number: int, said: int) -> None:
        """Write down what is known of a person."""
        self.said[number] = said
        self._asked += 1
        held = (OPTED_OUT, NO_RECORD, UNKNOWN) if self.holds_unknown else (OPTED_OUT, NO_RECORD)
        self._held_back += said in held

    def _show(self) -> None:
        """Move the bar."""
        total = len(self.phones)
        self.told(ConsentProgress(total=total, asked=self._asked, held_back=self._held_back))

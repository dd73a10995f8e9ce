"""Asking for the status of many sends, at most so many at a time, until a deadline.

The service says "not found" of a send that it has not worked out yet and of an id it never knew, so
there is nothing to wait *for*: each send is asked at once, and again after waits that double, until
it is known or the time is up. Each is asked at least once, however short the time, unless the
service fails ``FAILED_IN_A_ROW`` times without an answer in between.

Threads make the calls and nothing else. The loop knows time and threads only through its
`WorkerPool`, so the tests run it over a simulated clock.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsframe._acoustic.answers import SendStatus
from smsframe.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsframe._base.worker_pool import Backoff, WorkerPool

FAILED_IN_A_ROW = 10


@dataclass(slots=True, kw_only=True)
class Poll:
    """One round of asking.

    Parameters
    ----------
    workers : WorkerPool
    answered : callable
        Is given each answer that is ready.
    max_in_flight : int
        Calls at a time.
    deadline_s : float
        Seconds after which nothing is asked a second time.
    backoff : Backoff
        How long to wait before a send is asked about again.

    Attributes
    ----------
    failures : dict of str to ApiError
        The last failure of each send that was never answered.
    """

    workers: WorkerPool[str, str, SendStatus | Exception]
    answered: Callable[[SendStatus], None]
    max_in_flight: int
    deadline_s: float
    backoff: Backoff
    failures: dict[str, ApiError] = field(default_factory=dict)
    _due: list[tuple[float, int, str]] = field(default_factory=list)
    _asked: dict[str, int] = field(default_factory=dict)
    _in_flight: set[str] = field(default_factory=set)
    _failed: int = 0
    _end: float = 0.0

    def run(self, response_ids: Sequence[str]) -> None:
        """Ask until all is known or the time is up; what is no ApiError (no access) is raised."""
        now = self.workers.now()
        self._end = now + self.deadline_s
        self._due = [(now, number, name) for number, name in enumerate(response_ids)]
        while self._due or self._in_flight:
            self._ask_due()
            if not self._in_flight and not self._due:
                break
            for response_id, answer in self.workers.finished(self._wait_s()):
                self._take(response_id, answer)

    def _ask_due(self) -> None:
        """Ask for what is due, as far as the window goes; drop what the time is up for."""
        now = self.workers.now()
        while self._due and len(self._in_flight) < self.max_in_flight:
            due, _, response_id = self._due[0]
            if not self._worth_asking(response_id, max(due, now)):
                heapq.heappop(self._due)
            elif due > now:
                return
            else:
                heapq.heappop(self._due)
                self._asked[response_id] = self._asked.get(response_id, 0) + 1
                self._in_flight.add(response_id)
                self.workers.submit(response_id, response_id)

    def _worth_asking(self, response_id: str, when: float) -> bool:
        """Tell whether a send will still be asked about at a time."""
        if self._failed >= FAILED_IN_A_ROW and when > self._end:
            return False
        return response_id not in self._asked or when <= self._end

    def _wait_s(self) -> float | None:
        """Return the seconds until the next question is due; None: wait for answers alone."""
        if not self._due or len(self._in_flight) >= self.max_in_flight:
            return None
        return max(self._due[0][0] - self.workers.now(), 0.0)

    def _take(self, response_id: str, answer: SendStatus | Exception) -> None:
        """Act on an answer: hand it on, or have the send asked about again."""
        self._in_flight.discard(response_id)
        if isinstance(answer, SendStatus):
            self._failed = 0
            self.failures.pop(response_id, None)
            if answer.ready:
                self.answered(answer)
                return
        elif isinstance(answer, ApiError):
            self._failed += 1
            self.failures[response_id] = answer
        else:
            raise answer
        asked = self._asked[response_id]
        asked_s = answer.details.get("retry_after_s") if isinstance(answer, ApiError) else None
        due = self.workers.now() + self.backoff.wait_s(asked, asked_s)
        heapq.heappush(self._due, (due, asked, response_id))

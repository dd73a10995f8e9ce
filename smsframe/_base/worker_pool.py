"""Threads that make calls and nothing else, a queue by which answers come back, and waits.

The calling thread does all the rest: a worker takes an item, makes the call and puts the answer
into the queue, so no state is shared but two queues. A send posts its batches so, and a refresh
asks for statuses. All that both loops know of time and threads they know from here, so the tests
run them over a simulated clock.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from smsframe.errors import CampaignBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

Key = TypeVar("Key")
Item = TypeVar("Item")
Answer = TypeVar("Answer")

LONGEST_WAIT_S = 0.5  # where a wait cannot be interrupted, an interrupt is heeded after this
MOST_DOUBLINGS = 30


class WorkerPool(Generic[Key, Item, Answer]):
    """At most ``size`` daemon threads that make calls, started as they are needed.

    Parameters
    ----------
    call : callable
        Makes one call and returns its answer; called in the threads.
    size : int
        Most calls at a time.
    failed : callable
        Makes an answer of what a call raised.
    name : str
        What the names of the threads begin with.
    clock : callable
        Tells the seconds since 1970 (UTC).
    """

    def __init__(
        self,
        call: Callable[[Item], Answer],
        size: int,
        *,
        failed: Callable[[Exception], Answer],
        name: str = "smsframe",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._call = call
        self._size = size
        self._failed = failed
        self._name = name
        self._clock = clock
        self._pid = os.getpid()
        self._threads: list[threading.Thread] = []
        self._items: queue.SimpleQueue[tuple[Key, Item] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Key, Answer] | None] = queue.SimpleQueue()
        self._under_way = 0

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def today(self) -> float:
        """Return seconds since 1970 (UTC)."""
        return self._clock()

    def submit(self, key: Key, item: Item) -> None:
        """Have a call made; its answer comes back under ``key``."""
        if len(self._threads) < min(self._size, self._under_way + 1):
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        self._under_way += 1
        self._items.put((key, item))

    def finished(self, timeout_s: float | None) -> list[tuple[Key, Answer]]:
        """Return the answers that are there, waiting a while for the first; none after a wake."""
        self.refuse_fork()
        answers = []
        longest_s = LONGEST_WAIT_S if timeout_s is None else min(timeout_s, LONGEST_WAIT_S)
        with contextlib.suppress(queue.Empty):
            item = self._answers.get(timeout=longest_s)
            while item is not None:
                answers.append(item)
                item = self._answers.get_nowait()
        self._under_way -= len(answers)
        return answers

    def refuse_fork(self) -> None:
        """Refuse to go on in a forked child, which has a copy of the answers and no threads."""
        if os.getpid() != self._pid:
            raise CampaignBusyError(
                f"Process {self._pid} goes on with this send. Its forked child has no part in it: "
                "nothing was sent or recorded here."
            )

    def wake(self) -> None:
        """End a wait now; safe to call from a signal handler."""
        self._answers.put(None)

    def close(self, timeout_s: float | None = None) -> bool:
        """End all threads; returns whether they ended within the time, which is for all of them."""
        with contextlib.suppress(queue.Empty):  # what no thread has taken does not leave any more
            while True:
                self._items.get_nowait()
        for _ in self._threads:
            self._items.put(None)
        end = None if timeout_s is None else time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        """Make calls until there is nothing more to come."""
        while (taken := self._items.get()) is not None:
            key, item = taken
            try:
                self._answers.put((key, self._call(item)))
            except Exception as error:  # noqa: BLE001 - the thread that waits is told
                self._answers.put((key, self._failed(error)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait before a call is made again.

    Seconds: ``first_wait_s`` doubles with each repeat up to ``longest_wait_s``, plus up to a
    quarter by ``chance`` (0 to 1), and never less than the service asks for.
    """

    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    chance: Callable[[], float] = random.random

    def wait_s(self, attempts: int, asked_s: float | None) -> float:
        """Return how long to wait before the next attempt."""
        doublings = min(attempts - 1, MOST_DOUBLINGS)
        wait_s = min(self.first_wait_s * 2.0**doublings, self.longest_wait_s)
        return max(wait_s * (1 + self.chance() / 4), asked_s or 0.0)

"""Threads that do HTTP and nothing else, and a queue by which their answers come back.

The calling thread builds, claims, settles and shows progress; a worker takes a request, makes the
call and puts the outcome into the queue. So no state is shared but two queues. The simulation of
the tests stands in for this class with a clock of its own: everything the delivery knows of time
and of threads it knows from here.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from typing import TYPE_CHECKING

from smsframe._acoustic.outcomes import Outcome
from smsframe.errors import CampaignBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._acoustic.payload import SendRequest

LONGEST_WAIT_S = 0.5  # where a wait cannot be interrupted, an interrupt is heeded after this


class Workers:
    """At most ``size`` daemon threads that send requests, started as they are needed.

    Parameters
    ----------
    send : callable
        Makes one call and returns its outcome; called in the threads.
    size : int
        Most calls at a time.
    """

    def __init__(self, send: Callable[[SendRequest], Outcome], size: int) -> None:
        self._send = send
        self._size = size
        self._pid = os.getpid()
        self._threads: list[threading.Thread] = []
        self._requests: queue.SimpleQueue[tuple[int, SendRequest] | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[tuple[int, Outcome] | None] = queue.SimpleQueue()
        self._under_way = 0

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def today(self) -> float:
        """Return seconds since 1970 (UTC)."""
        return time.time()

    def submit(self, number: int, request: SendRequest) -> None:
        """Have a request sent; its outcome comes back under ``number``."""
        if len(self._threads) < min(self._size, self._under_way + 1):
            thread = threading.Thread(
                target=self._work, name=f"smsframe-{len(self._threads)}", daemon=True
            )
            thread.start()
            self._threads.append(thread)
        self._under_way += 1
        self._requests.put((number, request))

    def finished(self, timeout_s: float | None) -> list[tuple[int, Outcome]]:
        """Return the outcomes that are there, waiting a while for the first; none after a wake."""
        if os.getpid() != self._pid:
            raise CampaignBusyError(
                f"Process {self._pid} goes on with this send. Its forked child has no part in it: "
                "nothing was sent or recorded here."
            )
        outcomes = []
        longest_s = LONGEST_WAIT_S if timeout_s is None else min(timeout_s, LONGEST_WAIT_S)
        try:
            item = self._outcomes.get(timeout=longest_s)
            while item is not None:
                outcomes.append(item)
                item = self._outcomes.get_nowait()
        except queue.Empty:
            pass
        self._under_way -= len(outcomes)
        return outcomes

    def wake(self) -> None:
        """End a wait now; safe to call from a signal handler."""
        self._outcomes.put(None)

    def close(self, timeout_s: float | None = None) -> bool:
        """End all threads; returns whether they ended within the time, which is for all of them."""
        with contextlib.suppress(queue.Empty):  # what no thread has taken does not leave any more
            while True:
                self._requests.get_nowait()
        for _ in self._threads:
            self._requests.put(None)
        end = None if timeout_s is None else time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        """Send requests until told to stop."""
        while (item := self._requests.get()) is not None:
            number, request = item
            self._outcomes.put((number, self._outcome(request)))

    def _outcome(self, request: SendRequest) -> Outcome:
        """Make one call; a fault of our own in it leaves the outcome unknown, as is safe."""
        try:
            return self._send(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, the call may have gone out
            return Outcome(
                kind="unknown",
                code="internal_error",
                message=f"{type(error).__name__} while the call was under way.",
            )

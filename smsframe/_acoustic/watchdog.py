"""One thread that looks after the time of all exchanges under way.

A thread for each exchange would be simpler and cost a fifth of a call. This one is started with the
first exchange and ends with the last one, so that a sender that is done leaves no thread behind.
What is entered is the lock, not the condition, whose own leaving is Python code: an interrupt that
comes just before it would keep the lock held for ever.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Limited(Protocol):
    """What can be ended when its time is up."""

    def expire(self) -> None:
        """End; called in the watchdog's thread, at most once, and never after it was let go."""


class Watchdog:
    """Ends what is not let go in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._due: dict[Limited, float] = {}
        self._thread: threading.Thread | None = None

    def watch(self, limited: Limited, limit_s: float) -> None:
        """End it after ``limit_s`` seconds, unless it is let go before."""
        with self._lock:
            due = time.monotonic() + limit_s
            is_next = due < min(self._due.values(), default=float("inf"))
            self._due[limited] = due
            if self._thread is None:
                self._start()
            elif is_next:
                self._changed.notify()

    def let_go(self, limited: Limited) -> None:
        """Forget about it; once this has returned, it is not ended any more."""
        with self._lock:
            self._due.pop(limited, None)
            if not self._due:
                self._changed.notify()

    def _start(self) -> None:
        """Start the thread; one that could not be started is no watchdog."""
        self._thread = threading.Thread(target=self._run, name="smsframe-watchdog", daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._thread = None  # should it run nevertheless, two look after the same
            raise

    def _run(self) -> None:
        """End one after the other, until there is nothing to look after."""
        with self._lock:
            while self._due:
                first = min(self._due, key=self._due.__getitem__)
                left_s = self._due[first] - time.monotonic()
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                del self._due[first]
                first.expire()
            self._thread = None

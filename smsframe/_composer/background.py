"""Work that may wait: the newest job only, after a pause, on a thread of its own.

Typing asks for totals with every key. Each request puts the earlier one aside and starts the pause
anew; what is running is not interrupted, its outcome is simply out of date. The thread ends when
there is nothing to do, so an idle composer has none.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_S = 0.35


class Background:
    """Runs the newest job it is asked for.

    Parameters
    ----------
    pause_s : float
        Seconds of quiet before a job starts.
    failed : callable
        Is told the exception of a job; the next job is done all the same.
    """

    def __init__(self, pause_s: float, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self.pause_s = pause_s
        self._lock = threading.Lock()  # entered itself: leaving a condition can be interrupted
        self._changed = threading.Condition(self._lock)
        self._job: Callable[[], None] | None = None
        self._due = 0.0
        self._thread: threading.Thread | None = None

    def ask(self, job: Callable[[], None], *, now: bool = False) -> None:
        """Have a job done in place of whatever waits; ``now`` leaves out the pause."""
        with self._lock:
            self._job = job
            self._due = time.monotonic() + (0.0 if now else self.pause_s)
            if self._thread is None:
                self._start()
            else:
                self._changed.notify()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is left to do; False when that took longer."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while (thread := self._thread) is not None:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
            if thread.is_alive():
                return False
        return True

    def _start(self) -> None:
        """Start the thread; one that could not be started is not waited for."""
        self._thread = threading.Thread(target=self._work, name="smsframe-totals", daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._thread = None
            raise

    def _work(self) -> None:
        """Run jobs until there is none."""
        while (job := self._next()) is not None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - on a thread it would be shown to nobody
                self._failed(error)

    def _next(self) -> Callable[[], None] | None:
        """Return the newest job when its pause is over; None ends the thread."""
        with self._lock:
            while self._job is not None and (left_s := self._due - time.monotonic()) > 0:
                self._changed.wait(left_s)
            job, self._job = self._job, None
            if job is None:
                self._thread = None
            return job

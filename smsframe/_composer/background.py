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
        self._changed = threading.Condition()
        self._job: Callable[[], None] | None = None
        self._due = 0.0
        self._alive = False

    def ask(self, job: Callable[[], None], *, now: bool = False) -> None:
        """Have a job done in place of whatever waits; ``now`` leaves out the pause."""
        with self._changed:
            self._job = job
            self._due = time.monotonic() + (0.0 if now else self.pause_s)
            self._changed.notify_all()
            if not self._alive:
                self._alive = True
                threading.Thread(target=self._work, name="smsframe-totals", daemon=True).start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is left to do; False when that took longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._alive, timeout_s)

    def _work(self) -> None:
        """Run jobs until there is none."""
        while (job := self._next()) is not None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - on a thread it would be shown to nobody
                self._failed(error)

    def _next(self) -> Callable[[], None] | None:
        """Return the newest job when its pause is over; None ends the thread."""
        with self._changed:
            while self._job is not None and (left_s := self._due - time.monotonic()) > 0:
                self._changed.wait(left_s)
            job, self._job = self._job, None
            if job is None:
                self._alive = False
                self._changed.notify_all()
            return job

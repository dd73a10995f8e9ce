"""A send that happens once: ready → armed → sending → sent, each step from the one before only.

Clicks are messages; two may already be in the queue when the first is handled, two views of one
widget send two, and newer kernels may handle them on two threads. So a button that is switched off
proves nothing. Each step is taken under a lock by exactly one caller, who is told that it was him.

Beneath this lies the journal, which would refuse the second send as well.
"""

from __future__ import annotations

import threading
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ready", "armed", "sending", "sent"]


class ConfirmOnce:
    """What stands between a click and a text message."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: State = "ready"

    @property
    def state(self) -> State:
        """How far it is."""
        return self._state

    def arm(self) -> bool:
        """Step from ready to armed; True for the one caller who did it."""
        return self._step("ready", "armed")

    def disarm(self) -> bool:
        """Step back from armed to ready."""
        return self._step("armed", "ready")

    def begin(self) -> bool:
        """Step from armed to sending; True for the one caller who may send."""
        return self._step("armed", "sending")

    def end(self, *, again: bool) -> None:
        """Step from sending to sent, or back to ready where something is left to send."""
        self._step("sending", "ready" if again else "sent")

    def renew(self) -> bool:
        """Step from sent to ready: a new message."""
        return self._step("sent", "ready")

    def _step(self, before: State, after: State) -> bool:
        """Take a step if it starts from where we are."""
        with self._lock:
            taken = self._state == before
            if taken:
                self._state = after
            return taken

"""The notebook's ■ stops a screen's send as its Stop does.

A send runs on a thread while the kernel waits for the next message, and then ipykernel ignores
SIGINT: it sets its own handler before each message and puts back afterwards what was there. A
handler set by the click itself would therefore be gone when the click has been dealt with. So the
kernel's loop is asked to set one when it comes round, which is between two messages, and to put the
old one back after the send. While a cell runs, ipykernel's own handler is in place and ■ stops
that cell, as ever; the send goes on, and ■ pressed once more stops it.

Only where SIGINT is ignored by an idle kernel is anything set: scripts, consoles and other loops
are left alone. The handler sets a flag and no more, as it may run between any two instructions;
screens are told when the loop comes round.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from smsframe._base.notebook import kernel_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._widgets.send_job import Dispatch

LOOK_S = 0.2


def listen(current: Callable[[], Dispatch | None], stop: Callable[[], None]) -> None:
    """Have ■ stop what is current, from the kernel's next idle moment until nothing is."""
    loop = kernel_loop()
    if loop is not None:
        loop.add_callback(_Keeper(loop, current, stop).look)


class _Keeper:
    """Keeps a handler in place while a send goes on; all of it on the kernel's main thread."""

    def __init__(
        self, loop: Any, current: Callable[[], Dispatch | None], stop: Callable[[], None]
    ) -> None:
        self._loop, self._current, self._stop = loop, current, stop
        self._pressed = False

    def look(self) -> None:
        """Set the handler, or put back what was there, once the kernel has nothing else to do."""
        now = signal.getsignal(signal.SIGINT)
        if self._pressed:
            self._pressed = False
            self._stop()
        if self._current() is not None:
            if now == signal.SIG_IGN:
                signal.signal(signal.SIGINT, self._handle)
        elif now == self._handle:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return
        elif now == signal.SIG_IGN:
            return
        self._loop.call_later(LOOK_S, self.look)

    def _handle(self, *_: object) -> None:
        """Ask the send to stop."""
        self._pressed = True
        found = self._current()
        if found is not None:
            found.stop()

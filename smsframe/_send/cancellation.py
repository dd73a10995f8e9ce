"""Stop, the way notebooks and terminals say it: a SIGINT counts, and breaks nothing in two.

While a run goes on, an interrupt does not raise in the middle of whatever line it finds; it is
counted and the loop is woken, so that no claim is left half recorded. A third one is for somebody
who has given up on us: it raises. Outside the main thread there are no signals, and nothing is
changed: whoever sends there, such as the composer, stops by a :class:`SendControl`.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsframe._send.batches_in_flight import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from smsframe._base.sentences import Sentence
    from smsframe._plan.problems import Fault

GIVEN_UP = 3


@dataclass(slots=True, kw_only=True)
class SendControl:
    """How a send is followed: who may stop it, who hears of it, where its table is kept.

    ``quiet`` prints no line. ``apart`` is for a send on another thread: what is printed or warned
    there is shown to nobody, so nothing is, and a stop returns the table instead of raising.
    ``nothing_sent`` says why there was nothing to send; None where something was. ``faults`` are
    those that only the send itself could find.
    """

    stop: Stop = field(default_factory=Stop)
    quiet: bool = False
    apart: bool = False
    results: Any = None  # the table, once there is one
    nothing_sent: Sentence | None = None
    faults: tuple[Fault, ...] = ()


@contextlib.contextmanager
def counted_interrupts(stop: Stop, wake: Callable[[], None]) -> Iterator[None]:
    """Count interrupts in ``stop`` instead of raising them, while the block runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        stop.asked += 1
        wake()
        if stop.asked >= GIVEN_UP:
            signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)

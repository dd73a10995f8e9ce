"""What a forked child must not share with its parent: connections, locks, a transaction half done.

A child begins with copies of everything, of the sockets and the locked files too. What holds such
things says here how it starts anew (`renew_after_fork`), and what must not be cut in two says when
it goes on (`unforked`): a fork waits for its end, since SQLite in the child would go on believing
that it holds the locks its parent held, and a module that another thread was importing would stay
locked. Where there is no fork (Windows) nothing happens.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_WAIT_S: Final = 10.0


class Renewable(Protocol):
    """What a child has to start anew."""

    def renew(self) -> None:
        """Begin as if new; what came from the parent is neither used nor closed."""


_renewables: Final[weakref.WeakSet[Renewable]] = weakref.WeakSet()
_lock = threading.RLock()  # entered itself: leaving a condition can be interrupted
_changed = threading.Condition(_lock)
_inside: Final[Counter[int]] = Counter()
_forking: Final[set[int]] = set()  # threads that fork, or wait to


def renew_after_fork(thing: Renewable) -> None:
    """Have a thing renewed in every child that is forked while it lives."""
    _renewables.add(thing)


def after_fork(work: Callable[[], None]) -> Callable[[], None]:
    """Have a function called in every child; for what a module keeps."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=work)
    return work


@contextlib.contextmanager
def unforked() -> Iterator[None]:
    """Keep other threads from forking while the block runs; it begins after those that wait to."""
    thread = threading.get_ident()
    with _lock:
        while thread not in _inside and _forking - {thread}:
            _changed.wait(LONGEST_WAIT_S)
        _inside[thread] += 1
    try:
        yield
    finally:
        with _lock:
            _inside[thread] -= 1
            if _inside[thread] <= 0:  # below it in a child that was forked in the block
                del _inside[thread]
            _changed.notify_all()


def _before() -> None:
    """Wait for what must not be cut in two, and let nothing more of it begin."""
    thread = threading.get_ident()
    _lock.acquire()
    _forking.add(thread)
    end = time.monotonic() + LONGEST_WAIT_S
    while set(_inside) - {thread} and (left_s := end - time.monotonic()) > 0:
        _changed.wait(left_s)


def _in_parent() -> None:
    """Let things begin again."""
    _forking.discard(threading.get_ident())
    _changed.notify_all()
    _lock.release()


def _in_child() -> None:
    """Start anew with everything that came from the parent."""
    global _lock, _changed  # noqa: PLW0603 - the parent's may be held by threads that are not here
    _lock = threading.RLock()
    _changed = threading.Condition(_lock)
    _inside.clear()
    _forking.clear()
    for thing in tuple(_renewables):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)

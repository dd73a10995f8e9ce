"""The send of a screen that goes on in this kernel: one place knows, every screen shows it.

A send runs on a thread and outlives the screen it was begun from: the cell is run again, the page
is closed and opened. So what goes on is held here and not by a screen. A screen made while there is
a send shows its bar and its Stop; all screens are told when it begins, moves and ends, and count
anew then. There is one at a time: what a second one should carry is not known before the first has
ended.

Screens are held weakly. They are told outside the lock, and what goes wrong in one of them is shown
there and does not keep the others from being told.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Protocol

from smsframe._widgets import interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._base.progress import Progress
    from smsframe._widgets.send_job import Dispatch


class Screen(Protocol):
    """Who hears of a send."""

    def began(self, dispatch: Dispatch) -> None:
        """Show that a send goes on."""

    def moved(self, dispatch: Dispatch, progress: Progress) -> None:
        """Show how far it is; called on its thread."""

    def stopping(self, dispatch: Dispatch) -> None:
        """Show that it was asked to stop."""

    def ended(self, dispatch: Dispatch) -> None:
        """Show what became of it; called on its thread."""

    def fail(self, error: BaseException) -> None:
        """Show what went wrong in one of the above."""


_lock = threading.Lock()
_now: list[Dispatch] = []
_screens: weakref.WeakSet[Screen] = weakref.WeakSet()


def current() -> Dispatch | None:
    """Return the send that goes on; None when there is none."""
    return next(iter(tuple(_now)), None)


def watch(screen: Screen) -> None:
    """Have a screen told of sends from now on, of one that goes on at once."""
    with _lock:
        _screens.add(screen)
        found = current()
    if found is not None:
        screen.began(found)


def begin(dispatch: Dispatch) -> bool:
    """Start a send; False, and nothing is sent, where another one goes on."""
    with _lock:
        if _now:
            return False
        _now.append(dispatch)
    try:
        _tell(lambda screen: screen.began(dispatch))
        interrupt.listen(current, stop)
        dispatch.start(
            lambda progress: _tell(lambda screen: screen.moved(dispatch, progress)),
            lambda: _end(dispatch),
        )
    except BaseException as error:
        dispatch.failure = error
        _end(dispatch)
        raise
    return True


def stop() -> None:
    """Have the send that goes on start no further call."""
    found = current()
    if found is not None:
        found.stop()
        _tell(lambda screen: screen.stopping(found))


def _end(dispatch: Dispatch) -> None:
    """Forget a send, and tell."""
    with _lock:
        if dispatch in _now:
            _now.remove(dispatch)
    _tell(lambda screen: screen.ended(dispatch))


def _tell(told: Callable[[Screen], None]) -> None:
    """Tell all screens."""
    with _lock:
        screens = list(_screens)
    for screen in screens:
        try:
            told(screen)
        except Exception as error:  # noqa: BLE001 - it is shown, and the next screen is told
            screen.fail(error)

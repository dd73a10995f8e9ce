"""Wait for it: a campaign that somebody else sends now is waited for, then asked about again.

A send that finds its campaign under way elsewhere (a colleague by a team's journal, another
notebook by the same file) sends nothing. The button beside that sentence looks every second who
sends, says how far that is and how long it can last if that process has died, and has the question
asked when nobody sends any more, with the number that is left then. Without an answer to that
nothing goes out. The wait ends with a click, with another text, and with any other send; and with
its screen, when that is closed or the cell that made it is run again.
"""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

import ipywidgets as widgets

from smsframe._base.sentences import many
from smsframe._journal.opening import open_existing
from smsframe._send.look_back import scope_of
from smsframe._widgets import html
from smsframe._widgets.controls import row, shown
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._composer.panels.base import Panel
    from smsframe._journal.records import SenderNow
    from smsframe._widgets.send_job import Dispatch

LOOK_S: Final = 1.0
WAIT_TIP: Final = "Wait until nobody sends this campaign any more; then you are asked again"


class WaitPart:
    """Two buttons and a line; ``free`` is called, on a thread, when nobody sends any more."""

    def __init__(self, panel: Panel, free: Callable[[], None]) -> None:
        self._guarded, self._free = panel.guarded, panel.guarded(free)
        self._busy: Dispatch | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.words = widgets.HTML()
        self.wait = panel.button("Wait for it", self.begin, tip=WAIT_TIP)
        self.end = panel.button("Stop waiting", self.stop)
        self.box = widgets.VBox([row(self.wait, self.end), self.words])
        panel.desk.on(self.clear, "choices")
        self._show(waits=False)

    def offer(self, busy: Dispatch) -> None:
        """Offer to wait for whoever sends the campaign of a send that was refused."""
        self._busy = busy
        self._show(waits=False)

    def clear(self) -> None:
        """Wait for nobody any more, and offer nothing."""
        self._busy = None
        self.stop()

    def stop(self) -> None:
        """End the wait; it can be begun again."""
        self._over.set()
        self._show(waits=False)

    def begin(self) -> None:
        """Wait on a thread of its own."""
        if self._busy is None:
            return
        self._over.set()
        self._over = threading.Event()
        self._show(waits=True)
        look = self._guarded(partial(self._look, self._busy, self._over))
        self._thread = threading.Thread(target=look, name="smsframe-wait", daemon=True)
        self._thread.start()

    def _show(self, *, waits: bool) -> None:
        """Show the button that can be pressed."""
        shown(self.wait, when=self._busy is not None and not waits)
        shown(self.end, when=self._busy is not None and waits)
        self.words.value = ""

    def _look(self, busy: Dispatch, over: threading.Event) -> None:
        """Look who sends, again and again, until nobody does or the wait is over."""
        scope = scope_of(busy.plan.data, busy.client)
        while not over.is_set():
            try:
                opened = open_existing(busy.client.journal_path)  # None: nobody sends by it
                with opened or contextlib.nullcontext():
                    while opened and (sender := opened.sender_of(scope)) and not over.is_set():
                        self.words.value = html.faint(_told(sender))
                        over.wait(LOOK_S)
                break
            except JournalError as error:  # its database is away: it may come back
                if not over.is_set():
                    self.words.value = html.error(html.complaint(error))
                    over.wait(LOOK_S)
        if not over.is_set():
            self.clear()
            self._free()


def _told(sender: SenderNow) -> str:
    """Say who sends, how far that is and how long it can last."""
    so_far = "" if sender.messages is None else f": {many(sender.messages, 'message')} so far"
    run = "" if sender.run_id is None else f" (run {sender.run_id})"
    told = f"Waiting. {sender.who} is sending this campaign{so_far}{run}."
    if sender.ends_in_s is None:
        return told
    return f"{told} If that process has died, its right to send ends in {sender.ends_in_s:.0f} s."

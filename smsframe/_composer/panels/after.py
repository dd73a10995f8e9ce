"""After: what became of the rows, to look into and to settle without leaving the screen.

The explorer is opened below the results. What is settled or sent again there is this screen's too.
A screen that is made anew, after the kernel was started again too, asks the journal what became of
its rows before, so that what is unknown can be settled from there as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.sentences import many
from smsframe._explorer.explore import screen_over
from smsframe._send.look_back import dry_run
from smsframe._widgets import active_job
from smsframe._widgets.controls import row, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe._composer.panels.base import Panel
    from smsframe._explorer.screen import Screen
    from smsframe._widgets.send_job import Dispatch

EXPLORE = "Explore the results"
BEFORE = "What became of them"


class AfterPart:
    """Two buttons, and the explorer; ``settled`` hears of results that have changed in it."""

    def __init__(self, panel: Panel, settled: Callable[[pd.DataFrame], None]) -> None:
        self.desk, self._settled = panel.desk, settled
        self.explorer: Screen | None = None
        self.sending: Dispatch | None = None
        tip = "Look at every row, settle what is unknown, write a file"
        self.explore = panel.button(EXPLORE, self.open, tip=tip)
        tip = "Say of unknown messages whether they were sent"
        self.settle = panel.button("Settle", lambda: self.open("unknown"), tip=tip)
        self.place = widgets.VBox()
        self.place.add_class("sms-after")
        self.box = widgets.VBox([row(self.settle, self.explore), self.place])
        self.desk.on(self.refresh, "overview")
        self.refresh()

    def refresh(self) -> None:
        """Show the buttons that lead somewhere."""
        table = self.desk.results
        unknown = self._before() if table is None else _unknown(table)
        idle = active_job.current() is None
        shown(self.settle, when=idle and bool(unknown))
        shown(self.explore, when=idle and (table is not None or self._before() is not None))
        self.settle.description = f"Settle {many(unknown or 0, 'unknown message')}"
        self.explore.description = BEFORE if table is None else EXPLORE

    def begins(self, dispatch: Dispatch) -> bool:
        """Take note of a send that was begun in the explorer, which shows it itself."""
        own = self.explorer is not None and self.explorer.actions.dispatch is dispatch
        self.sending = dispatch if own else None
        return own

    def clear(self) -> None:
        """Close the explorer: something else is sent, or written."""
        self.explorer, self.place.children = None, ()

    def open(self, status: str = "") -> None:
        """Open the explorer, narrowed down to rows of a status."""
        table = self.desk.results
        if table is None:
            table = dry_run(self.desk.plan().data, self.desk.client)
        name = self.desk.named("results") or "smsframe.last_results()"
        made = screen_over(table, name=name, client=self.desk.client)
        if status:
            made.rows.choose("status", {status})
            made.rows.mark_matching()
            made.refresh()
        made.come_alive()
        made.listeners.append(lambda: self._take(made))
        self.explorer, self.place.children = made, (made.view,)

    def _take(self, made: Screen) -> None:
        """Take over what was settled; a screen that was closed has nothing to say."""
        if made is self.explorer:
            self._settled(made.rows.results)
            self.refresh()

    def _before(self) -> int | None:
        """Return how many messages are unknown from earlier sends; None where none went out."""
        seen: Any = self.desk.overview
        past = None if seen is None else seen.past
        return None if past is None or not (past.accepted or past.unknown) else past.unknown


def _unknown(table: pd.DataFrame) -> int:
    """Return how many rows are unknown."""
    return int((table["sms_status"] == "unknown").sum())

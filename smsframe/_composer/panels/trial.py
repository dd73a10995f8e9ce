"""Try: the real text, with the values of real rows, to one's own phone.

A try is sent by one click, since it goes to oneself; but by one click only once. After it the
button is dead until the text, the rows or the numbers change, or another try is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._base.masking import mask_label
from smsframe._base.result_columns import words_of
from smsframe._base.sentences import on_screen, recalled
from smsframe._composer import text_history, totals
from smsframe._composer.job import trial
from smsframe._composer.job.blockers import program_fault
from smsframe._composer.panels.base import Panel
from smsframe._widgets import html
from smsframe._widgets.confirm_once import ConfirmOnce
from smsframe._widgets.controls import field, row, shown
from smsframe._widgets.send_job import Dispatch
from smsframe.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from smsframe._composer.state import Desk

_mine: list[str] = []
"""One's own numbers, as they were typed last: kept by this kernel, and nowhere else."""

AT_FIRST = "A try goes to your numbers only and does not count as the campaign's."
TRY_AGAIN = "press “Try again”"
CONNECT = 'Nothing is connected: smsframe.connect("sandbox") to rehearse, or your pod.'


class TryPanel(Panel):
    """Own numbers, rows, a button."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Try it on your own phone", "try")
        self.numbers = field("My numbers", next(iter(_mine), ""), "+1 201 555 0123, …")
        self.rows = field("With rows", placeholder="the row shown above")
        self.send = self.button("Send to me", self.fire, tip="Send to my own numbers")
        self.again = self.button("Try again", self.renew, tip="Send the same once more")
        self.outcome = widgets.HTML(html.faint(self._at_first()))
        self.once = ConfirmOnce()
        self.dispatch: Dispatch | None = None
        self.send.disabled = not len(desk.frame)
        shown(self.again, when=False)
        self.hear(self.renew, self.numbers, self.rows)
        self.box.children = (
            *(self.title, self.numbers, self.rows, row(self.send, self.again)),
            *(self.outcome, self.errors),
        )
        desk.on(self.renew, "choices", "row", "tab")

    def fire(self) -> None:
        """Send a try, if this is the click that may."""
        if not len(self.desk.frame) or not (self.once.arm() and self.once.begin()):
            return
        self.send.disabled = True
        try:
            self.dispatch = self._dispatch()
            self.outcome.value = html.faint("Sending …")
            text_history.remember(self.desk.choices.said)
            self.dispatch.start(lambda _: None, self.end)
        except BaseException:
            self.once.end(again=True)
            self.send.disabled = False
            raise

    def end(self) -> None:
        """Say what became of the try; called on its thread."""
        assert self.dispatch is not None
        failure, results = self.dispatch.failure, self.dispatch.results
        if failure is not None:
            self.fail(failure)
        self.outcome.value = "" if results is None else _told(self.dispatch)
        self.once.end(again=False)
        shown(self.again, when=True)

    def renew(self) -> None:
        """Let another try go out."""
        if self.once.renew():
            self.send.disabled = False
            shown(self.again, when=False)
        if self.once.state == "ready":
            self.outcome.value = html.faint(self._at_first())

    def _at_first(self) -> str:
        """Say whom a try goes to; of several texts, which one."""
        texts = self.desk.choices.texts
        which = f" It is of the text {mask_label(repr(self.desk.tab))}." if texts else ""
        return AT_FIRST + which

    def _dispatch(self) -> Dispatch:
        """Plan the try."""
        client = self.desk.client
        if client is None:
            raise ConfigurationError(CONNECT)
        if fault := program_fault(self.desk):
            raise InputError(fault)
        numbers = trial.numbers_of(self.numbers.value)
        plan = trial.try_plan(self.desk.frame, self._places(), numbers, self.desk.written)
        _mine[:] = [self.numbers.value]
        return Dispatch(plan, client, plan.recipients)

    def _places(self) -> list[int]:
        """Return the positions of the rows that were asked for; none typed: the one shown."""
        asked = [label.strip() for label in self.rows.value.split(",") if label.strip()]
        places = [totals.find_row(self.desk.frame.index, label) for label in asked]
        for label, place in zip(asked, places, strict=True):
            if place is None:
                raise InputError(f"No row is called {label!r}; its name stands above its message.")
        return [place for place in places if place is not None] or [self.desk.row]


def _told(dispatch: Dispatch) -> str:
    """Return what became of a try, message by message, and why where one did not go out."""
    results = dispatch.results
    assert results is not None
    made = dispatch.plan.data
    to = made.recipients.masked(made.ready)
    status = results["sms_status"].astype(str)
    told = [f"{one}: {words_of(said)}" for one, said in zip(to, status, strict=True)]
    failed = results.loc[(status != "accepted").to_numpy(), "sms_error"]
    reasons = [str(reason) for reason in failed.dropna().unique() if reason]
    sentence = f"{', '.join(told)}."
    if failed.empty:
        return html.good(f"Tried: {sentence}")
    head = _head(list(status))
    why = [on_screen(recalled(reason), again=TRY_AGAIN) for reason in reasons]
    return html.error(" ".join([head, sentence, *why]))


def _head(status: list[str]) -> str:
    """Return how a try went that did not go out as a whole; what is unknown may have."""
    if "unknown" in status:
        return "It may have gone out." if len(status) == 1 else "Some may not have gone out."
    if len(status) == 1:
        return "It did not go out."
    return "Some did not go out." if "accepted" in status else "None went out."

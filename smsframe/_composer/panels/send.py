"""Send: a button that carries the exact number, a question, then it happens once.

The number on the button is the number of messages that would go out now, what this campaign has had
before taken off. The same number is asked for again by the send itself (``confirm=``), so between
the question and the answer nothing can have changed. The plan that was asked about is the plan that
is sent: a change of the text takes the question back, and so does a send that begins elsewhere. As
the journal may have moved on without this screen (a send by code does that) the number is counted
anew by the click that asks.

A send that goes on in this kernel is shown whoever began it (``active_job.py``), so that a screen
made in its midst says what is true and has a Stop. Where it is of other rows or choices than the
screen's own, the screen says so by name as long as it goes on, then that it has ended, and no more:
a full bar or a sum of messages would be read as this screen's.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._base.html import joined, money
from smsframe._base.sentences import many
from smsframe._composer import text_history, totals, views
from smsframe._composer.job import outcome
from smsframe._composer.job.blockers import name_of, obstacles, remarks
from smsframe._composer.panels.after import AfterPart
from smsframe._composer.panels.base import Panel
from smsframe._composer.panels.wait_for_sender import WaitPart
from smsframe._composer.several_texts import counts_line
from smsframe._composer.state import NO_ROWS
from smsframe._widgets import active_job, html
from smsframe._widgets.confirm_once import ConfirmOnce
from smsframe._widgets.controls import row, shown
from smsframe._widgets.question import Question
from smsframe._widgets.send_job import Dispatch
from smsframe.errors import CampaignBusyError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from smsframe._base.progress import Progress
    from smsframe._composer.state import Desk
    from smsframe._composer.totals import Overview

REDRAW_S = 0.1
SPEAK_S = 5.0
STOP_TIP = "Send nothing further; the notebook's ■ does the same"
STOPPING = "Stopping: waiting for what is under way."
BEFORE = "Of the message before this one:"


class SendPanel(Panel):
    """The button, the question, the bar, the outcome."""

    def __init__(self, desk: Desk, *, confirm_over: int, announce: Callable[[str], None]) -> None:
        super().__init__(desk, "Send", "send")
        self.once = ConfirmOnce()
        self.dispatch: Dispatch | None = None
        self._over = confirm_over
        self._announce = announce
        self._asked: Overview | None = None
        self._compared: tuple[Dispatch, bool] | None = None
        self._passing = self._passed = False
        self._drawn = self._spoken = -math.inf
        self._make_widgets()
        self.after = AfterPart(self, self.settled)
        self.waiting = WaitPart(self, self.ask_again)
        self.box.children = (
            *(self.title, self.notes, row(self.send, self.rehearse, self.new)),
            *(self.question.box, self.bar, self.stop, self.outcome, self.after.box),
            *(self.errors, self.waiting.box),
        )
        for listener in (self.go_on, self.forget_other, self.take_back):
            desk.on(listener, "choices")
        desk.on(self.refresh, "overview", "outside")
        self.refresh()
        active_job.watch(self)

    def _make_widgets(self) -> None:
        """Make all that may be needed; most of it is out of sight at first."""
        self.notes, self.bar, self.outcome = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.send = self.button("Send", self.ask, style="primary", kind="sms-go")
        tip = "Connect to the sandbox: nothing leaves this machine"
        self.rehearse = self.button("Rehearse in the sandbox", self.connect_sandbox, tip=tip)
        self.new = self.button("New message", self.renew, tip="Write another message")
        self.stop = self.button("Stop", active_job.stop, tip=STOP_TIP, style="danger")
        self.question = Question(self, yes=self.fire, no=self.take_back, tip="Do not send")

    def refresh(self) -> None:
        """Show what can be done now."""
        with self.desk.lock:
            state, seen, going = self.once.state, self.desk.overview, active_job.current()
            mine = going is not None and self._is_mine(going)
            found = obstacles(self.desk, mine=mine)
            self.send.description = _send_words(seen, sending=going is not None)
            self.send.disabled = state != "ready" or seen is None or bool(found)
            told = [one for one in found if one != NO_ROWS]  # Check has said it, just above
            self.notes.value = "" if state in ("sending", "sent") else self._notes(told)
            shown(self.send, when=state != "sent")
            shown(self.rehearse, when=self.desk.client is None)
            shown(self.question.box, when=state == "armed")
            shown(self.stop, when=going is not None and state != "sent")
            shown(self.new, when=state == "sent")
            self.stop.disabled = going is not None and going.stopped
            self.stop.description = "Stop"
            if going is not None and not mine:
                self.stop.description = f"Stop the other send ({name_of(going)})"

    def _notes(self, obstacles: list[str]) -> str:
        """Return what is in the way of a send, and what to know before it."""
        return joined(html.lines(obstacles), *map(html.warning, remarks(self.desk)))

    def go_on(self) -> None:
        """Take a text that is written after a send for the next message, with its own Send."""
        sent = None if self.dispatch is None else self.dispatch.choices
        is_same = sent is None or self.desk.choices.said == sent.said
        if is_same or self._passed or self.once.state == "sending":
            return
        self._passed, self.bar.value = True, ""
        if told := self.outcome.value:
            self._show_outcome(told)
        if self.once.renew():
            self.desk.tell("next")
            self.refresh()

    def _show_outcome(self, told: str) -> None:
        """Show what became of a send; of which message, where another one is written by now."""
        self.outcome.value = joined(html.faint(BEFORE), told) if self._passed else told

    def forget_other(self) -> None:
        """Take away that another send has ended: whoever goes on writing has read it."""
        if self._passing:
            self._passing, self.outcome.value = False, ""

    def ask(self) -> None:
        """Arm: ask whether so many messages shall go out."""
        seen = self.desk.overview
        if seen is None or obstacles(self.desk):
            return
        self._compare(seen)
        self.waiting.clear()
        self.bar.value = self.outcome.value = ""
        now = totals.recounted(seen)
        if (now.past, now.left) != (seen.past, seen.left):
            self.desk.put(now)
        if _numbers(now) != _numbers(seen):
            self._tell(_overtaken(now, seen))
        elif not obstacles(self.desk) and self.once.arm():
            self._question(now)

    def ask_again(self) -> None:
        """Ask anew, when whoever else sent the campaign is done; called on a thread."""
        before = self.desk.settle()
        if before is None:
            return
        self._compare(before)
        now = totals.recounted(before)
        with self.desk.lock:  # who writes another text waits, and takes the question back then
            if self.dispatch is None or self.desk.choices != self.dispatch.choices:
                return
            self.desk.put(now)
            if not now.left or obstacles(self.desk):
                self._tell(_overtaken(now, before))
            elif self.once.arm():
                self._question(now)

    def _compare(self, seen: Overview) -> None:
        """Look, before a question, whether frame and connection are still those of the totals."""
        self.desk.compare_frame(whole=True)
        if seen.client is not self.desk.client:
            self.desk.recount(anew=True)
            raise InputError("Another connection was made meanwhile; look at the number again.")

    def _question(self, seen: Overview) -> None:
        """Show the question."""
        self._asked = seen
        typed = seen.left if seen.left > self._over else None
        words = _question(seen, typed=typed is not None, told=remarks(self.desk))
        yes = f"Yes, send {many(seen.left, 'message')}"
        self.refresh()
        self.question.ask(words, yes, number=typed, field="" if typed is None else "Number")

    def take_back(self) -> None:
        """Take the question back."""
        if self.once.disarm():
            self._asked = None
        self.refresh()

    def fire(self) -> None:
        """Send, if this is the click that may."""
        asked = self._asked
        if asked is None or asked.client is None or not self.question.is_right:
            return
        if not self.once.begin():
            return
        self._asked = None
        text_history.remember(self.desk.choices.said)
        before = self.dispatch
        self.dispatch = Dispatch(asked.plan, asked.client, asked.left, self.desk.choices)
        if active_job.begin(self.dispatch):
            self.stop.focus()
            return
        self.dispatch = before
        self.once.end(again=True)
        self.refresh()

    def began(self, dispatch: Dispatch) -> None:
        """Show that a send goes on, this screen's or another's."""
        self._drawn = self._spoken = -math.inf
        self._passing = False
        self.waiting.clear()
        if self.once.disarm():
            self._asked = None
        if self.after.begins(dispatch):
            self.desk.tell("overview")
            return
        if dispatch is self.dispatch:
            self._passed = False
            self.after.clear()
        if self.once.state != "sent":
            self.outcome.value = self.errors.value = ""
            self.bar.value = "" if dispatch.progress is None else html.send_bar(dispatch.progress)
        self.desk.tell("overview")
        if dispatch is self.dispatch:
            self._say(f"Sending {many(dispatch.number, 'message')}.")

    def moved(self, dispatch: Dispatch, progress: Progress) -> None:
        """Move the bar; called on the send's thread, and drawn no more than the eye can follow."""
        now = time.monotonic()
        if self.once.state == "sent" or dispatch is self.after.sending:
            return
        if progress.done < progress.total and now - self._drawn < REDRAW_S:
            return
        self._drawn = now
        self.bar.value = html.send_bar(progress)
        if dispatch is self.dispatch and now - self._spoken > SPEAK_S:
            self._spoken = now
            self._announce(f"{progress.done:,} of {progress.total:,} sent")

    def stopping(self, dispatch: Dispatch) -> None:
        """Show that a send was asked to stop."""
        self.stop.disabled = dispatch.stopped
        if self.once.state == "sent" or dispatch is self.after.sending:
            return
        other = "" if self._is_mine(dispatch) else f"The other send ({name_of(dispatch)}): "
        self._say(f"{other}{STOPPING}")

    def ended(self, dispatch: Dispatch) -> None:
        """Say what became of a send and count anew; called on its thread."""
        own = dispatch is self.dispatch
        is_mine = own or (self.once.state != "sent" and self._is_mine(dispatch))
        table = dispatch.results if is_mine else None
        try:
            if is_mine:
                self._show_end(dispatch, table)
            elif self.once.state != "sent" and dispatch is not self.after.sending:
                self._show_other_end(dispatch)
        finally:
            if own:
                self.once.end(again=not outcome.is_done(dispatch))
            self.desk.recount()
            if table is not None:
                self.desk.tell("results")

    def _show_end(self, dispatch: Dispatch, table: pd.DataFrame | None) -> None:
        """Show what became of a send of this screen's rows; ``table`` is None if nothing did."""
        if dispatch.failure is not None and dispatch is self.dispatch:
            self.fail(_in_words(dispatch.failure))
            if isinstance(dispatch.failure, CampaignBusyError):
                self.waiting.offer(dispatch)
        if table is not None:
            self.desk.results = table
            self.outcome.value = views.outcome(table, outcome.head(dispatch, self.desk))
            self.after.refresh()
        self._say(outcome.sentence(dispatch))

    def settled(self, table: pd.DataFrame) -> None:
        """Show the rows as they are after somebody settled or retried some of them below."""
        self.desk.results = table
        self.bar.value = ""  # it has the numbers of before
        self._show_outcome(views.outcome(table, outcome.head_of(table, self.desk)))
        if not outcome.is_through(table):
            self.once.renew()
        self.desk.recount()
        self.desk.tell("results")

    def _show_other_end(self, dispatch: Dispatch) -> None:
        """Say that a send of other rows or choices has ended, until something is changed here."""
        self.bar.value, self._passing = "", True
        sentence = f"The other send ({name_of(dispatch)}) has ended."
        self.outcome.value = html.faint(sentence)
        self._announce(sentence)

    def _is_mine(self, dispatch: Dispatch) -> bool:
        """Whether a send is this screen's own, or another's of the same rows and choices."""
        if dispatch is self.dispatch:
            return True
        if dispatch.choices != self.desk.choices:
            return False
        if self._compared is None or self._compared[0] is not dispatch:  # not with every key
            self._compared = dispatch, dispatch.plan.data.frame.equals(self.desk.frame)
        return self._compared[1]

    def renew(self) -> None:
        """Begin another message; the old one is kept among the earlier texts."""
        if self.once.renew():
            self.outcome.value = self.bar.value = ""
            self.after.clear()
            self.desk.tell("new")
            going = active_job.current()
            if going is not None:
                self.began(going)
            self.refresh()

    def connect_sandbox(self) -> None:
        """Connect to the session's sandbox."""
        from smsframe._connect import connect  # noqa: PLC0415 - starts a server when asked

        connect("sandbox")
        self.desk.recount(anew=True)

    def _tell(self, sentence: str) -> None:
        """Say a sentence that stays until the next click."""
        self.outcome.value = html.strong(sentence)
        self._announce(sentence)

    def _say(self, sentence: str) -> None:
        """Say a sentence to those who see and to those who listen."""
        self.notes.value = html.faint(sentence)
        self._announce(sentence)


def _send_words(seen: Overview | None, *, sending: bool) -> str:
    """Return what stands on the button."""
    if sending:
        return "A send is under way"
    if seen is None:
        return "Send …"
    if not seen.left:
        return "Nothing to send"
    again = seen.past is not None and (seen.past.accepted or seen.past.unknown)
    return f"Send {'the remaining ' if again else ''}{many(seen.left, 'message')}"


def _overtaken(seen: Overview, before: Overview) -> str:
    """Say that the number on the button is another one by now, and why."""
    if seen.left:
        return (
            f"Nothing was sent: {_what_changed(seen, before)} since this number was worked out. "
            f"{many(seen.left, 'message')} would go out now; press again to send."
        )
    past = seen.past
    told = [] if past is None else [f"{past.accepted:,} accepted already"]
    if past is not None and past.unknown:
        told.append(f"{past.unknown:,} may have gone out and are not repeated")
    sentence = f"Nothing was sent: {', '.join(told)}."
    return " ".join(filter(None, [sentence, views.held_line(seen)]))


def _what_changed(seen: Overview, before: Overview) -> str:
    """Say why another number may go out now."""
    some_went_out = _numbers(seen)[1:] != _numbers(before)[1:]
    return "some went out" if some_went_out else "hours opened or closed, or a gap ended,"


def _numbers(seen: Overview) -> tuple[int, int, int]:
    """Return how many messages are left, how many were accepted and how many are unknown."""
    past = seen.past
    return (seen.left, 0, 0) if past is None else (seen.left, past.accepted, past.unknown)


def _in_words(failure: BaseException) -> BaseException:
    """Return a failure with the number that is no longer right told without arguments."""
    details = failure.details if isinstance(failure, InputError) else {}
    now = details.get("going", details.get("would_send"))
    if now is None:
        return failure
    hours = now != details.get("would_send")
    what = "hours opened or closed, or some went out," if hours else "some went out"
    return InputError(
        f"Nothing was sent: {what} since you were asked. "
        f"{many(now, 'message')} would go out now; press again to send.",
        would_send=now,
    )


def _question(seen: Overview, *, typed: bool, told: Sequence[str]) -> str:
    """Return what is asked before a send."""
    sandbox = getattr(seen.client, "sandbox", None) is not None
    where = "This goes to the sandbox: nobody is texted." if sandbox else "Texts cannot be unsent."
    more = f" Type {seen.left} to confirm." if typed else ""
    program = seen.plan.message.program
    cost = "" if seen.plan.cost is None else f", cost {money(seen.plan.cost)}"
    size = f" ({many(seen.plan.total_segments, 'segment')}{cost})" if seen.is_whole else ""
    asked = f"Send {many(seen.left, 'message')}{size} from program {program}?"
    by_text, number = counts_line(seen.by_text), seen.opens_in_time
    in_time = f"{number:,} of them wait for their hours to open first." if number else ""
    asks = "Their consent is asked first; who has not given it is held back."
    consent = asks if seen.plan.options.check_consent else ""
    said = [by_text, views.held_line(seen), in_time, consent, f"{where}{more}"]
    remarked = map(html.warning, told)
    return joined(html.strong(asked), *remarked, _warnings(seen), *map(html.faint, said))


def _warnings(seen: Overview) -> str:
    """Return what somebody would want to know before, by kind; nothing where there is nothing."""
    found = [kind for kind in seen.kinds if kind.severity == "warning"]
    if not found:
        return ""
    return joined(html.strong(f"{many(len(found), 'warning')}:"), views.kinds(found))

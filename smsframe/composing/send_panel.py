"""Send: a button that carries the exact number, a question, then it happens once.

The number on the button is the number of messages that would go out now, what this campaign has had
before taken off. The same number is asked for again by the send itself (``confirm=``), so between
the question and the answer nothing can have changed. The plan that was asked about is the plan that
is sent: a change of the text takes the question back.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe.composing import markup, memory
from smsframe.composing.dispatch import Dispatch
from smsframe.composing.fuse import Fuse
from smsframe.composing.obstacles import obstacles
from smsframe.composing.panels import Panel, button, row, shown
from smsframe.errors import InputError
from smsframe.telling import ALWAYS, named_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.composing.desk import Desk
    from smsframe.composing.overview import Overview
    from smsframe.tally import Progress

REDRAW_S = 0.1
SPEAK_S = 5.0


class SendPanel(Panel):
    """The button, the question, the bar, the outcome."""

    def __init__(self, desk: Desk, *, confirm_over: int, announce: Callable[[str], None]) -> None:
        super().__init__(desk, "Send", "send")
        self.fuse = Fuse()
        self.dispatch: Dispatch | None = None
        self._over = confirm_over
        self._announce = announce
        self._asked: Overview | None = None
        self._drawn = self._spoken = 0.0
        self._make_widgets()
        self.box.children = (
            *(self.title, self.notes, row(self.send, self.rehearse, self.new)),
            *(self.question, self.bar, self.stop, self.outcome, self.errors),
        )
        desk.on("choices", self.take_back)
        desk.on("overview", self.refresh)
        self.refresh()

    def _make_widgets(self) -> None:
        """Make all that may be needed; most of it is out of sight at first."""
        self.notes, self.bar, self.outcome = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.send = button("Send", self.guarded(self.ask), style="primary", kind="sms-go")
        self.rehearse = button(
            "Rehearse in the sandbox",
            self.guarded(self.connect_sandbox),
            tip="Connect to the sandbox: nothing leaves this machine",
        )
        self.new = button("New message", self.guarded(self.renew), tip="Write another message")
        self.stop = button(
            "Stop", self.guarded(self.halt), tip="Start no further call", style="danger"
        )
        self.words = widgets.HTML()
        self.number = widgets.Text(description="Number", placeholder="how many")
        self.yes = button("Send", self.guarded(self.fire), style="danger", kind="sms-yes")
        self.no = button("Back", self.guarded(self.take_back), tip="Do not send", kind="sms-no")
        self.number.observe(self.guarded(self.check_number, clear=False), names="value")
        self.question = widgets.VBox([self.words, self.number, row(self.no, self.yes)])
        self.question.add_class("sms-ask")

    def refresh(self) -> None:
        """Show what can be done now."""
        with self.desk.lock:
            state, seen, found = self.fuse.state, self.desk.overview, obstacles(self.desk)
            ready = state == "ready" and seen is not None and not found
            self.send.description = _send_words(seen)
            self.send.disabled = not ready
            self.notes.value = "" if state in ("burning", "blown") else markup.lines(found)
            shown(self.send, when=state != "blown")
            shown(self.rehearse, when=self.desk.client is None)
            shown(self.question, when=state == "armed")
            shown(self.stop, when=state == "burning")
            shown(self.new, when=state == "blown")
            self.stop.disabled = self.dispatch is not None and self.dispatch.stopped

    def ask(self) -> None:
        """Arm: ask whether so many messages shall go out."""
        seen = self.desk.overview
        if seen is None or obstacles(self.desk):
            return
        if seen.client is not self.desk.client:
            self.desk.look_again()
            raise InputError("Another connection was made meanwhile; look at the number again.")
        if not self.fuse.arm():
            return
        self._asked = seen
        self.words.value = _question(seen, typed=self._typed)
        self.number.value = ""
        self.yes.description = f"Yes, send {markup.many(seen.left, 'message')}"
        self.yes.disabled = self._typed
        shown(self.number, when=self._typed)
        self.bar.value = self.outcome.value = ""
        self.refresh()
        (self.number if self._typed else self.no).focus()

    @property
    def _typed(self) -> bool:
        """Whether the number has to be typed."""
        return self._asked is not None and self._asked.left > self._over

    def check_number(self) -> None:
        """Let the last button be pressed when the number is right."""
        self.yes.disabled = self._typed and not self._is_right()

    def _is_right(self) -> bool:
        """Whether what was typed is the number, however it is grouped."""
        assert self._asked is not None
        return re.sub(r"[\s,.'’_]", "", self.number.value) == str(self._asked.left)

    def take_back(self) -> None:
        """Take the question back."""
        if self.fuse.disarm():
            self._asked = None
        self.refresh()

    def fire(self) -> None:
        """Send, if this is the click that may."""
        asked = self._asked
        if asked is None or asked.client is None or (self._typed and not self._is_right()):
            return
        if not self.fuse.fire():
            return
        self._asked = None
        memory.remember(self.desk.choices.text)
        self.dispatch = Dispatch(asked.plan, asked.client, asked.left)
        self._drawn = self._spoken = 0.0
        self._say(f"Sending {markup.many(asked.left, 'message')}.")
        try:
            self.dispatch.start(self.draw, self.end)
        except BaseException:
            self.fuse.burnt(again=True)
            self.refresh()
            raise
        self.refresh()
        self.stop.focus()

    def halt(self) -> None:
        """Stop the send that is under way."""
        if self.dispatch is not None and self.fuse.state == "burning":
            self.dispatch.stop()
            self.stop.disabled = True
            self._say("Stopping: waiting for the calls under way.")

    def draw(self, progress: Progress) -> None:
        """Move the bar; called on the send's thread, and drawn no more than the eye can follow."""
        now = time.monotonic()
        if progress.done < progress.total and now - self._drawn < REDRAW_S:
            return
        self._drawn = now
        self.bar.value = markup.bar(progress)
        if now - self._spoken > SPEAK_S:
            self._spoken = now
            self._announce(f"{progress.done:,} of {progress.total:,} sent")

    def end(self) -> None:
        """Say what became of the send; called on its thread."""
        dispatch = self.dispatch
        assert dispatch is not None
        try:
            if dispatch.failure is not None:
                self.fail(dispatch.failure)
            if dispatch.results is not None:
                self.desk.results = dispatch.results
                self.outcome.value = markup.outcome(dispatch.results, _head(dispatch))
            self._say(_sentence(dispatch))
        finally:
            self.fuse.burnt(again=not _is_done(dispatch))
            self.desk.look_again()
            self.desk.tell("results")

    def renew(self) -> None:
        """Begin another message; the old one is kept among the earlier texts."""
        if self.fuse.renew():
            self.outcome.value = self.bar.value = ""
            self.desk.tell("new")
            self.refresh()

    def connect_sandbox(self) -> None:
        """Connect to the session's sandbox."""
        from smsframe.acoustic.client import connect  # noqa: PLC0415 - starts a server when asked

        connect("sandbox")
        self.desk.look_again()

    def _say(self, sentence: str) -> None:
        """Say a sentence to those who see and to those who listen."""
        self.notes.value = markup.faint(sentence)
        self._announce(sentence)


def _send_words(seen: Overview | None) -> str:
    """Return what stands on the button."""
    if seen is None:
        return "Send …"
    if not seen.left:
        return "Nothing to send"
    again = seen.past is not None and (seen.past.accepted or seen.past.unknown)
    return f"Send {'the remaining ' if again else ''}{markup.many(seen.left, 'message')}"


def _question(seen: Overview, *, typed: bool) -> str:
    """Return what is asked before a send."""
    sandbox = getattr(seen.client, "sandbox", None) is not None
    where = "This goes to the sandbox: nobody is texted." if sandbox else "Texts cannot be unsent."
    more = f" Type {seen.left} to confirm." if typed else ""
    program = seen.plan.message.program
    cost = "" if seen.cost is None else f", cost {seen.cost:,.2f}"
    size = f" ({markup.many(seen.segments, 'segment')}{cost})" if seen.is_whole else ""
    asked = f"Send {markup.many(seen.left, 'message')}{size} from program {program}?"
    return markup.strong(asked) + markup.faint(f"{where}{more}")


def _counts(dispatch: Dispatch) -> dict[str, int]:
    """Return the results by status."""
    if dispatch.results is None:
        return {}
    found: Any = dispatch.results["sms_status"].value_counts()
    return {status: int(number) for status, number in found.items() if number}


def _is_done(dispatch: Dispatch) -> bool:
    """Whether nothing is left that another send of the same could send."""
    counts = _counts(dispatch)
    left = counts.get("not_attempted", 0) + counts.get("rejected", 0)
    return dispatch.failure is None and bool(counts) and not left


def _sentence(dispatch: Dispatch) -> str:
    """Return how it went in a sentence."""
    counts = _counts(dispatch)
    if not counts:
        return "Nothing was sent."
    how = "Done" if _is_done(dispatch) else "Stopped" if dispatch.stopped else "Ended"
    told = named_counts(counts, (*ALWAYS, "not_attempted"), always=("accepted",))
    return f"{how}: {', '.join(told)}."


def _head(dispatch: Dispatch) -> str:
    """Return the sentence over the results."""
    tell = markup.good if _is_done(dispatch) else markup.error
    return tell(_sentence(dispatch)) + markup.faint("The whole table: composer.results")

"""Retry, resolve, refresh, download: each with its number on it and a question first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from smsframe._base.masking import mask_label
from smsframe._base.result_columns import words_of
from smsframe._connect import journal_file
from smsframe._explorer import changes, html
from smsframe._explorer.as_sent import text_as_sent
from smsframe._files.write import free_name, write_frame
from smsframe._results.refresh import refresh
from smsframe._results.resolve import resolve
from smsframe._widgets import active_job
from smsframe._widgets.controls import button, row, shown
from smsframe._widgets.send_job import Dispatch
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._base.progress import Progress
    from smsframe._explorer.changes import Positions
    from smsframe._explorer.rows import Rows

REFRESH_S = 20.0
CONFIRM_OVER = 1000
FILES = {"csv": "results.csv", "excel": "results.xlsx"}
OTHER_SEND = "Another send goes on in this kernel. Wait until it has ended."
NUMBERS = "The file holds whole phone numbers; only you can read it, as long as it stays here."


class Screen(Protocol):
    """What the buttons need of the screen that they are on."""

    rows: Rows

    def guarded(self, act: Callable[..., Any]) -> Callable[..., None]:
        """Return a handler that shows an exception of ``act``."""

    def fail(self, error: BaseException) -> None:
        """Show what went wrong."""

    def renewed(self) -> None:
        """Show results that have changed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what a yes does; ``typed`` is a number that has to be typed."""

    act: Callable[[], None]
    typed: int | None = None


class Actions:
    """The buttons below the rows, the question, the bar and the outcome."""

    def __init__(self, screen: Screen, client: Any) -> None:
        self.screen, self.rows, self.client = screen, screen.rows, client
        self.asked: Question | None = None
        self.dispatch: Dispatch | None = None
        self._sending: tuple[Any, Positions, Positions] | None = None
        guarded = screen.guarded
        self.retry = button("Retry", guarded(self.ask_retry))
        self.sent = button("Resolve as sent", guarded(lambda: self.ask_resolve("sent")))
        self.not_sent = button("Resolve as not sent", guarded(lambda: self.ask_resolve("not_sent")))
        self.refresh = button("Refresh", guarded(self.ask_refresh))
        self.csv = button("Download CSV", guarded(lambda: self.ask_file("csv")))
        self.excel = button("Download Excel", guarded(lambda: self.ask_file("excel")))
        self.words, self.bar, self.outcome = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.field = widgets.Text()
        self.yes = button("Yes", guarded(self.do), style="danger", kind="sms-yes")
        self.no = button("Back", guarded(self.take_back), tip="Do nothing", kind="sms-no")
        self.stop = button("Stop", guarded(active_job.stop), style="danger")
        self.field.observe(self._typed, names="value")
        self.question = widgets.VBox([self.words, self.field, row(self.no, self.yes)])
        self.question.add_class("sms-ask")
        self.box = widgets.VBox(
            [
                row(self.retry, self.sent, self.not_sent, self.refresh, self.csv, self.excel),
                *(self.question, self.bar, self.stop, self.outcome),
            ]
        )
        shown(self.question, when=False)
        shown(self.stop, when=False)
        active_job.watch(self)

    # --- numbers on the buttons

    def show(self) -> None:
        """Bring numbers up to date; a question that was open is taken back."""
        self.take_back()
        may = self.rows.retried
        unknown, open_ = self.rows.taken("unknown"), self._of("accepted")
        _put(self.retry, "Retry", len(may), off=active_job.current() is not None)
        _put(self.sent, "Resolve as sent", len(unknown))
        _put(self.not_sent, "Resolve as not sent", len(unknown))
        _put(self.refresh, "Refresh", len(open_))
        _put(self.csv, "Download CSV", len(self._of()))
        _put(self.excel, "Download Excel", len(self._of()))

    def _of(self, *statuses: str) -> Positions:
        """Return the rows that are selected, else those that match, that have a status."""
        if self.rows.marked_count:
            return self.rows.taken(*statuses)
        rows = self.rows.rows
        return rows[self.rows.read.has(*statuses)[rows]] if statuses else rows

    def _whose(self) -> str:
        """Say whether rows are those selected or those that match."""
        if not self.rows.marked_count:
            return "No rows are selected, so these are all that match."
        hidden = self.rows.hidden_count
        told = f"{html.many(hidden, 'selected row')} do not match and stand on no page."
        return told if hidden else ""

    # --- questions

    def _ask(
        self, question: Question, yes: str, *words: str, field: str = "", value: str = ""
    ) -> None:
        """Ask; ``field`` is what is to be typed, if anything."""
        self.words.value = html.strong(*words, self._whose())
        self.yes.description, self.field.description = yes, field
        self.field.value = value
        shown(self.field, when=bool(field))
        self.asked = question
        self._typed()
        shown(self.question, when=True)
        (self.field if field else self.no).focus()

    def _typed(self, *_: Any) -> None:
        """Let the last button be pressed when the number is right."""
        number = None if self.asked is None else self.asked.typed
        self.yes.disabled = number is not None and not self._is(number)

    def _is(self, number: int) -> bool:
        """Whether what was typed is the number, however it is grouped."""
        return re.sub(r"[\s,.'’_]", "", self.field.value) == str(number)

    def take_back(self) -> None:
        """Take the question back."""
        self.asked = None
        shown(self.question, when=False)

    def do(self) -> None:
        """Do what was asked, once."""
        asked = self.asked
        if asked is None or (asked.typed is not None and not self._is(asked.typed)):
            return
        self.asked = None
        shown(self.question, when=False)
        self.outcome.value = ""
        asked.act()

    def ask_retry(self) -> None:
        """Ask whether rows shall be sent again; the number is what the journal leaves of them."""
        if active_job.current() is not None:
            raise InputError(OTHER_SEND)
        results = self.rows.results
        rows = changes.may_be_retried(results, self.rows.retried)
        plan, client, places = changes.retry_plan(results, rows, self.client)
        number = changes.left_to_send(plan, client)
        if not number:
            raise InputError(
                "Nothing is left to send of these rows now: they went out meanwhile, or a rule "
                "holds them back. Refresh, or run the same send again to see why."
            )
        message = plan.message
        text = mask_label(plan.data.texts.told or "the published message")
        program = f"Program {message.program}. Text: {text}"
        fewer = f"{len(rows) - number:,} more went out meanwhile, or a rule holds them back."
        fewer = "" if number == len(rows) else fewer
        typed = number if number > CONFIRM_OVER else None

        def act() -> None:
            self._send(Dispatch(plan, client, number), results, rows, places)

        many = html.many(number, "message")
        field = "Type the number" if typed else ""
        self._ask(
            Question(act, typed), f"Yes, send {many}", f"Send {many}?", program, fewer, field=field
        )

    def ask_resolve(self, as_: str) -> None:
        """Ask whether unknown messages shall count as sent, or as not sent."""
        rows = self.rows.taken("unknown")
        many = html.many(len(rows), "unknown message")
        did = "went out" if as_ == "sent" else "did not go out"
        means = (
            "They become accepted and are not sent again. Nothing is sent now."
            if as_ == "sent"
            else "They become rejected, and the next send of the same sends them. If they went out "
            "after all, those people get it twice. Nothing is sent now."
        )

        def act() -> None:
            out = resolve(self.rows.results.iloc[rows], as_=as_, client=self.client)  # type: ignore[arg-type]
            self._take(changes.merged(self.rows.results, rows, out))
            self.outcome.value = html.good(f"{many}: noted that they {did}.")

        self._ask(Question(act), f"Yes, they {did}", f"Do you know that {many} {did}?", means)

    def ask_refresh(self) -> None:
        """Ask whether the service shall be asked."""
        rows = self._of("accepted")
        many = html.many(len(rows), "accepted message")

        def moved(told: Any) -> None:
            self.bar.value = html.bar(told.done, told.total, f"{told.done:,} of {told.total:,}")

        def act() -> None:
            part = self.rows.results.iloc[rows]
            out = refresh(part, deadline_s=REFRESH_S, client=self.client, progress=moved)
            self._take(changes.merged(self.rows.results, rows, out))
            counts = out["sms_status"].value_counts()
            told = [(counts.get(s, 0), words) for s, words in _AFTERWARDS.items()]
            listed = ", ".join(f"{n:,} {words}" for n, words in told if n)
            self.bar.value, self.outcome.value = "", html.good(f"Asked about {many}: {listed}.")

        seconds = f"This takes {REFRESH_S:.0f} seconds at most and sends nothing."
        self._ask(Question(act), "Yes, ask", f"Ask the service what became of {many}?", seconds)

    def ask_file(self, kind: str) -> None:
        """Ask where rows shall be written to."""
        rows = self._of()
        many = html.many(len(rows), "row")

        def act() -> None:
            path = Path(self.field.value.strip()).expanduser()
            if path.suffix.lower() != Path(FILES[kind]).suffix:
                raise InputError(f"The file's name has to end in {Path(FILES[kind]).suffix}.")
            write_frame(self.rows.results.iloc[rows], path)
            self.outcome.value = html.good(f"{many} written to {path}.")

        name = str(free_name(Path(FILES[kind])))
        self._ask(
            Question(act),
            f"Yes, write {many}",
            f"Write {many} to a file on this machine?",
            NUMBERS,
            field="File",
            value=name,
        )

    def _take(self, results: Any) -> None:
        """Show results that have changed."""
        self.rows.renew(results)
        self.screen.renewed()

    def detail(self, place: int) -> str:
        """Return one row with its text."""
        text, why = text_as_sent(self.rows.read, place, journal_file(self.client))
        return html.detail(self.rows, place, text, why)

    # --- a send

    def _send(self, dispatch: Dispatch, results: Any, rows: Positions, places: Positions) -> None:
        """Send; it goes on when the page is closed, and every screen of this kernel shows it."""
        if results is not self.rows.results:
            raise InputError("The results have changed meanwhile; look at the number again.")
        self.dispatch, self._sending = dispatch, (results, rows, places)
        if not active_job.begin(dispatch):
            self.dispatch = self._sending = None
            raise InputError(OTHER_SEND)

    def fail(self, error: BaseException) -> None:
        """Show what went wrong."""
        self.screen.fail(error)

    def began(self, dispatch: Dispatch) -> None:
        """Show that a send goes on; nothing else can be sent meanwhile."""
        self.retry.disabled = True
        if dispatch is self.dispatch:
            shown(self.stop, when=True)
            self.stop.disabled = False

    def moved(self, dispatch: Dispatch, progress: Progress) -> None:
        """Move the bar."""
        if dispatch is self.dispatch:
            told = f"{progress.done:,} of {progress.total:,} · {progress.accepted:,} accepted"
            self.bar.value = html.bar(progress.done, progress.total, told)

    def stopping(self, dispatch: Dispatch) -> None:
        """Show that it was asked to stop."""
        if dispatch is self.dispatch:
            self.stop.disabled = True

    def ended(self, dispatch: Dispatch) -> None:
        """Put what became of the rows into the results; called on the send's thread."""
        if dispatch is not self.dispatch or self._sending is None:
            self.show()
            return
        results, rows, places = self._sending
        self.dispatch = self._sending = None
        shown(self.stop, when=False)
        self.bar.value = ""
        if dispatch.failure is not None:
            self.fail(dispatch.failure)
        if dispatch.results is not None:
            part = dispatch.results.iloc[places]
            counts = part["sms_status"].value_counts()
            told = ", ".join(f"{n:,} {words_of(str(s))}" for s, n in counts.items() if n)
            self.outcome.value = html.good(f"Done: {told}.")
            if self.rows.results is not results:  # settled or refreshed meanwhile: keep that too
                results = self.rows.results
            self.rows.renew(changes.merged(results, rows, part))
        self.screen.renewed()


_AFTERWARDS = {"sent": "sent", "not_sent": "not sent", "accepted": "not known yet"}


def _put(made: Any, words: str, number: int, *, off: bool = False) -> None:
    """Put a number on a button; one of nothing cannot be pressed."""
    made.description = f"{words} ({number:,})"
    made.tooltip = f"{words}: {html.many(number, 'row')}"
    made.disabled = off or not number

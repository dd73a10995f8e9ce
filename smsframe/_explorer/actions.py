"""Retry, resolve, refresh, download: each with its number on it and a question first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.html import joined, tag
from smsframe._base.masking import mask_label
from smsframe._base.result_columns import words_of
from smsframe._base.sentences import many
from smsframe._connect import journal_file
from smsframe._explorer import changes, views
from smsframe._explorer.as_sent import text_as_sent
from smsframe._files.write import free_name, write_frame
from smsframe._results.refresh import refresh
from smsframe._results.resolve import resolve
from smsframe._widgets import active_job, html
from smsframe._widgets.controls import Guard, row, shown
from smsframe._widgets.question import Question
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


class Screen(Guard):
    """What the buttons need of the screen that they are on."""

    rows: Rows

    def renewed(self) -> None:
        """Show results that have changed."""
        raise NotImplementedError


class Actions:
    """The buttons below the rows, the question, the bar and the outcome."""

    def __init__(self, screen: Screen, client: Any) -> None:
        self.screen, self.rows, self.client = screen, screen.rows, client
        self._act: Callable[[], None] | None = None
        self.dispatch: Dispatch | None = None
        self._sending: tuple[Positions, Positions] | None = None
        button = screen.button
        self.retry = button("Retry", self.ask_retry)
        self.sent = button("Resolve as sent", lambda: self.ask_resolve("sent"))
        self.not_sent = button("Resolve as not sent", lambda: self.ask_resolve("not_sent"))
        self.refresh = button("Refresh", self.ask_refresh)
        self.csv = button("Download CSV", lambda: self.ask_file("csv"))
        self.excel = button("Download Excel", lambda: self.ask_file("excel"))
        self.bar, self.outcome = widgets.HTML(), widgets.HTML()
        self.question = Question(screen, yes=self.do, no=self.take_back, tip="Do nothing")
        self.stop = button("Stop", active_job.stop, style="danger")
        self.box = widgets.VBox(
            [
                row(self.retry, self.sent, self.not_sent, self.refresh, self.csv, self.excel),
                *(self.question.box, self.bar, self.stop, self.outcome),
            ]
        )
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
        told = many(hidden, "selected row")
        return f"{told} do not match and stand on no page." if hidden else ""

    # --- questions

    def _ask(
        self,
        act: Callable[[], None],
        yes: str,
        *words: str,
        number: int | None = None,
        field: str = "",
        value: str = "",
    ) -> None:
        """Ask whether something shall be done; ``field`` is what is to be typed, if anything."""
        first, *rest = filter(None, [*words, self._whose()])
        told = joined(html.strong(first), *(tag("div", one) for one in rest))
        self.question.ask(told, yes, number=number, field=field, value=value)
        self._act = act

    def take_back(self) -> None:
        """Take the question back."""
        self._act = None
        self.question.close()

    def do(self) -> None:
        """Do what was asked, once."""
        act = self._act
        if act is not None and self.question.is_right:
            self.take_back()
            self.outcome.value = ""
            act()

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

        told = many(number, "message")
        field = "" if typed is None else "Type the number"
        asked = (f"Send {told}?", program, fewer)
        self._ask(act, f"Yes, send {told}", *asked, number=typed, field=field)

    def ask_resolve(self, as_: str) -> None:
        """Ask whether unknown messages shall count as sent, or as not sent."""
        rows = self.rows.taken("unknown")
        told = many(len(rows), "unknown message")
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
            self._did(f"{told}: noted that they {did}.")

        self._ask(act, f"Yes, they {did}", f"Do you know that {told} {did}?", means)

    def ask_refresh(self) -> None:
        """Ask whether the service shall be asked."""
        rows = self._of("accepted")
        messages = many(len(rows), "accepted message")

        def moved(told: Any) -> None:
            self.bar.value = html.bar(told.done, told.total)

        def act() -> None:
            part = self.rows.results.iloc[rows]
            out = refresh(part, deadline_s=REFRESH_S, client=self.client, progress=moved)
            self._take(changes.merged(self.rows.results, rows, out))
            counts = out["sms_status"].value_counts()
            told = [(counts.get(s, 0), words) for s, words in _AFTERWARDS.items()]
            listed = ", ".join(f"{n:,} {words}" for n, words in told if n)
            self.bar.value = ""
            self._did(f"Asked about {messages}: {listed}.")

        seconds = f"This takes {REFRESH_S:.0f} seconds at most and sends nothing."
        self._ask(act, "Yes, ask", f"Ask the service what became of {messages}?", seconds)

    def ask_file(self, kind: str) -> None:
        """Ask where rows shall be written to."""
        rows = self._of()
        told = many(len(rows), "row")

        def act() -> None:
            path = Path(self.question.field.value.strip()).expanduser()
            if path.suffix.lower() != Path(FILES[kind]).suffix:
                raise InputError(f"The file's name has to end in {Path(FILES[kind]).suffix}.")
            write_frame(self.rows.results.iloc[rows], path)
            self._did(f"{told} written to {path}.")

        name = str(free_name(Path(FILES[kind])))
        self._ask(
            act,
            f"Yes, write {told}",
            f"Write {told} to a file on this machine?",
            NUMBERS,
            field="File",
            value=name,
        )

    def _did(self, sentence: str) -> None:
        """Say what was done."""
        self.outcome.value = html.good(sentence, role="status")

    def _take(self, results: Any) -> None:
        """Show results that have changed."""
        self.rows.renew(results)
        self.screen.renewed()

    def detail(self, place: int) -> str:
        """Return one row with its text."""
        text, why = text_as_sent(self.rows.read, place, journal_file(self.client))
        return views.detail(self.rows, place, text, why)

    # --- a send

    def _send(self, dispatch: Dispatch, results: Any, rows: Positions, places: Positions) -> None:
        """Send; it goes on when the page is closed, and every screen of this kernel shows it."""
        if results is not self.rows.results:
            raise InputError("The results have changed meanwhile; look at the number again.")
        self.dispatch, self._sending = dispatch, (rows, places)
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
            self.bar.value = html.send_bar(progress)

    def stopping(self, dispatch: Dispatch) -> None:
        """Show that it was asked to stop."""
        if dispatch is self.dispatch:
            self.stop.disabled = True

    def ended(self, dispatch: Dispatch) -> None:
        """Put what became of the rows into the results; called on the send's thread."""
        if dispatch is not self.dispatch or self._sending is None:
            self.show()
            return
        rows, places = self._sending
        self.dispatch = self._sending = None
        shown(self.stop, when=False)
        self.bar.value = ""
        if dispatch.failure is not None:
            self.fail(dispatch.failure)
        if dispatch.results is not None:
            part = dispatch.results.iloc[places]
            counts = part["sms_status"].value_counts()
            told = ", ".join(f"{n:,} {words_of(str(s))}" for s, n in counts.items() if n)
            self._did(f"Done: {told}.")
            with self.rows.lock:  # what was settled or refreshed meanwhile is kept
                self.rows.renew(changes.merged(self.rows.results, rows, part))
        self.screen.renewed()


_AFTERWARDS = {"sent": "sent", "not_sent": "not sent", "accepted": "not known yet"}


def _put(made: Any, words: str, number: int, *, off: bool = False) -> None:
    """Put a number on a button; one of nothing cannot be pressed."""
    made.description = f"{words} ({number:,})"
    made.tooltip = f"{words}: {many(number, 'row')}"
    made.disabled = off or not number

"""What the composer works on, without a widget: the frame, the choices, one row, all rows.

A change of a choice is answered twice: at once, for the row that is shown (event ``"choices"``),
and after the pause, from a thread, for all rows (event ``"overview"``). An overview that was
overtaken by another change is thrown away, so what is shown always belongs to what was chosen.

Listeners of ``"overview"`` are called on a thread: they may set traits and make no widgets.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from smsframe._base import names, result_columns
from smsframe._base.sentences import sentence_of
from smsframe._composer import row_preview, totals
from smsframe._composer.background import PAUSE_S, Background
from smsframe._send import plan as planning
from smsframe.errors import InputError, SmsframeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._composer.inputs import Choices
    from smsframe._composer.totals import Overview
    from smsframe._send.plan import Plan

AT_ONCE_ROWS = 20_000
"""Up to so many rows the first overview is made at once: a notebook nobody watches has it too."""

COMPARED_ROWS = 200_000
"""Up to so many rows the frame is compared after each cell that is run, else before a send."""

KEPT_ROWS = 100
NO_RECIPIENTS = "Choose the column of phone numbers, or name a field of the database."
CHANGED = (
    "{} has changed since this screen was made. What stands here, and what would be sent, are its "
    "rows as they were. Run the cell again to take the new ones."
)
STAND_IN = "0"

Event: TypeAlias = Literal["choices", "row", "tab", "overview", "results", "new", "next", "outside"]


class Desk:
    """The state of one composer.

    Parameters
    ----------
    frame : DataFrame
        The people; it is not changed, and later changes of it do not reach the composer.
    choices : Choices
        What is chosen to begin with.
    client : Client or None
        Whom to send through; None means whatever is connected when it is needed.
    name : str
        What the notebook calls the frame; "" for none.

    Attributes
    ----------
    tab : str
        The name of the text at hand where there are several.
    changed : str
        That the frame has changed since, in words; "" as far as is known.
    inactive : mapping of str to str
        The programs nothing can be sent from, and what they are.
    screen : object
        Whose state it is, to be named by the name that the notebook has for it.
    wrong : mapping of str to str
        What is wrong with an entry, by its field; nothing is sent while there is any.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        choices: Choices,
        *,
        client: Client | None = None,
        name: str = "",
    ) -> None:
        self.lock = threading.RLock()
        self.frame = result_columns.detached(frame)
        self.changed = ""
        self.inactive: Mapping[str, str] = {}
        self.screen: object = None
        self._origin, self.name = weakref.ref(frame), name
        self.choices = choices
        self.row = 0
        self.tab = next(iter(choices.texts), "")
        self.overview: Overview | None = None
        self.refusal = ""
        self.wrong: Mapping[str, str] = {}
        self.failure: BaseException | None = None
        self.results: pd.DataFrame | None = None
        self.background = Background(PAUSE_S, self._fail)
        self._client = client
        self._version = 0
        self._who: tuple[Mapping[str, Any], dict[int, row_preview.Addressee]] | None = None
        self._listeners: list[tuple[Event, Callable[[], None]]] = []

    @property
    def client(self) -> Client | None:
        """Whom a send would go through now."""
        return totals.client_or_none(self._client)

    def named(self, attribute: str) -> str:
        """Return what code calls an attribute of the screen; "" where the screen has no name."""
        name = names.name_of(self.screen, "") if self.screen is not None else ""
        return f"{name}.{attribute}" if name else ""

    def compare_frame(self, *, whole: bool = False) -> None:
        """Look whether the frame is still as it was; a long one cell by cell only if ``whole``."""
        now = names.value_of(self.name) if self.name else None
        now = self._origin() if now is None else now
        with self.lock:
            before, self.changed = self.changed, ""
            if now is not None and not self._is_same(now, whole=whole):
                self.changed = CHANGED.format(self.name or "The table")
        if self.changed != before:
            self.tell("outside")

    def _is_same(self, now: Any, *, whole: bool) -> bool:
        """Whether a frame is as this one, which was taken from it."""
        if not isinstance(
            now, type(self.frame)
        ):  # another library's, which was taken over as a whole
            return True
        if now.shape != self.frame.shape or not now.columns.equals(self.frame.columns):
            return False
        if len(now) > COMPARED_ROWS and not whole:
            return True
        return now.index.equals(self.frame.index) and now.equals(self.frame)

    def on(self, listener: Callable[[], None], *events: Event) -> None:
        """Have a listener called at events."""
        self._listeners += [(event, listener) for event in events]

    def tell(self, event: Event) -> None:
        """Call all listeners of an event; the first of their exceptions is raised afterwards."""
        failures: list[Exception] = []
        for wanted, listener in self._listeners:
            if wanted == event:
                try:
                    listener()
                except Exception as error:  # noqa: BLE001 - the other panels are told all the same
                    failures.append(error)
        if failures:
            raise failures[0]

    def choose(self, **changed: Any) -> None:
        """Change choices; nothing happens when they are as before."""
        with self.lock:
            chosen = replace(self.choices, **changed)
            if chosen == self.choices:
                return
            self.choices = chosen
            self._outdate()
        self.tell("choices")
        self.background.ask(partial(self._look, self._version))

    @property
    def written(self) -> Choices:
        """The choices with the text at hand alone."""
        return self.choices.of(self.tab)

    def write(self, text: str, name: str = "") -> None:
        """Take a new text: the one, or one of several by its name."""
        if name:
            self.choose(texts={**self.choices.texts, name: text})
        else:
            self.choose(text=text)

    def show(self, row: int | None) -> None:
        """Show another row; None and rows that are not there are ignored."""
        if row is None or not 0 <= row < len(self.frame) or row == self.row:
            return
        self.row = row
        self.tell("row")

    def begin(self) -> None:
        """Work out the first overview: at once where that is quick.

        What the panels chose while they were made may have been worked out before all of them
        listened: then it is told again.
        """
        if self.overview is not None or self.refusal:
            self.tell("overview")
        elif len(self.frame) <= AT_ONCE_ROWS:
            self.settle()
        else:
            self.background.ask(partial(self._look, self._version), now=True)

    def recount(self, *, anew: bool = False) -> None:
        """Count anew what is left to send: something was sent, what was planned is as it was.

        ``anew``: work out all of it, as something outside has changed.
        """
        with self.lock:
            seen = None if anew else self.overview
            self._outdate()
        self.tell("overview")
        self.background.ask(partial(self._look, self._version, seen), now=True)

    def put(self, seen: Overview) -> None:
        """Take an overview that is newer than the one at hand."""
        with self.lock:
            self._outdate()
            self.overview = seen
        self.tell("overview")

    def settle(self) -> Overview | None:
        """Return the overview of the choices as they are, worked out here if need be."""
        if self.overview is None and not self.refusal:
            self._look(self._version)
        return self.overview

    def plan(self, choices: Choices | None = None, *, program: str = "") -> Plan:
        """Plan all rows; raises what ``plan`` raises.

        ``program`` stands in for one that was not chosen yet, to count with, never to send with.
        """
        chosen = choices or self.choices
        given = chosen.arguments()
        given["program"], given["client"] = chosen.program or program, self.client
        plan = planning.plan(self.frame, chosen.said, **given)
        if chosen.phone is None and not chosen.lookup:  # the column it guessed was not chosen
            raise InputError(NO_RECIPIENTS)
        return plan

    def row_at(self, row: int) -> row_preview.RowPreview:
        """Return the row at a position, with the text at hand."""
        return row_preview.preview_row(self.frame, row, self.written, self.addressee(row))

    def texts_shown(self) -> list[tuple[str, row_preview.RowPreview]]:
        """Return what each of several texts says to the row that is shown."""
        nobody = row_preview.Addressee(to="")
        return [
            (name, row_preview.preview_row(self.frame, self.row, self.choices.of(name), nobody))
            for name in self.choices.texts
        ]

    def addressee(self, row: int | None = None) -> row_preview.Addressee:
        """Return whom a row goes to (None: the one that is shown); read once, not with each key."""
        row, asked = self.row if row is None else row, row_preview.to_whom(self.choices)
        asked = {name: value for name, value in asked.items() if name not in self.wrong}
        if self._who is None or self._who[0] != asked or len(self._who[1]) > KEPT_ROWS:
            self._who = (asked, {})
        known = self._who[1]
        if row not in known:
            known[row] = row_preview.addressee(self.frame, row, asked)
        return known[row]

    def _fail(self, error: Exception) -> None:
        """Keep what went wrong on the thread of the totals, and say so where they would stand."""
        self.failure = error
        self.refusal = self._blamed(error)

    def _blamed(self, error: Exception) -> str:
        """Say that something went wrong that nobody thought of, and where it is kept."""
        where = self.named("error")
        return f"{type(error).__name__} while the rows were read{where and f'; see {where}'}."

    def note_wrong(self, field: str, fault: str) -> None:
        """Keep what is wrong with a field, "" for nothing; it stands in the way of a send."""
        before = self.wrong
        others = {name: told for name, told in before.items() if name != field}
        self.wrong = {**others, field: fault} if fault else others
        if self.wrong != before:
            self.tell("overview")  # the button hangs on it, also where no choice changes

    def _outdate(self) -> None:
        """Forget the overview: it is of other choices."""
        self._version += 1
        self.overview, self.refusal = None, ""

    def _look(self, version: int, before: Overview | None = None) -> None:
        """Work out the overview of a version; it counts only if that is still the newest.

        ``before`` is an overview of the same choices, of which only what is left is out of date.
        """
        if version != self._version or self.overview is not None:
            return
        seen, refusal, client = None, "" if len(self.frame) else row_preview.NO_ROWS, self.client
        try:
            if not refusal and before is not None and before.client is client:
                seen = totals.recounted(before)
            elif not refusal:
                seen = totals.look_over(self.plan(program=STAND_IN), client)
        except SmsframeError as error:
            refusal = " ".join(self.wrong.values()) or sentence_of(error)
        except Exception as error:  # noqa: BLE001 - on a thread it would be shown to nobody
            self.failure = error
            refusal = self._blamed(error)
        with self.lock:
            if version != self._version:
                return
            self.overview, self.refusal = seen, refusal
        self.tell("overview")

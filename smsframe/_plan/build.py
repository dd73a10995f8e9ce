"""From a DataFrame to a plan: what would go out to whom, what is wrong, and nothing done yet.

A plan is frozen. It keeps its own view of the frame, so that what was looked at is what will be
sent, whatever happens to the caller's variables afterwards. It knows no network and no journal:
``_send/run.py`` hands it a sender and, where a client is connected, what the journal says was sent
before.

(The module is not called ``plan``: it would hide the function ``smsframe.plan``.)

Batches are made late and from column slices, so a plan of a million rows is a few arrays. Two equal
contacts never meet in one batch: the repeats of a person wait until everybody had their first
message.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smsframe._base import result_columns, validation
from smsframe._base.arrow import Positions
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_count, check_frame, refuse
from smsframe._plan import batches as slices
from smsframe._plan import data as draft
from smsframe._plan import excluded_rows, figures, message_keys
from smsframe._plan import options as arguments
from smsframe._plan import show as display
from smsframe._plan.data import BATCH_SIZE, EXCLUDED, HELD_BACK, READY, Draft
from smsframe._plan.problems import Fault, Kind, Problems
from smsframe._plan.trial import trial_of
from smsframe._plan.unused_columns import note_columns
from smsframe._plan.verdicts import verdicts_of
from smsframe.errors import InputError, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._base.recipients import Slice
    from smsframe._plan.options import Options
    from smsframe._plan.problems import Kind

KEYS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the journal knows of a plan's messages: how many of them were dealt with before.

    ``faults`` are what people had before that a person would want to know, as
    ``_send/nearly_the_same.py`` finds it.
    """

    accepted: int
    unknown: int
    held: int
    left: int
    faults: tuple[Fault, ...] = ()

    @property
    def blocking(self) -> list[Fault]:
        """The faults that stop the whole send."""
        return [fault for fault in self.faults if fault.severity == "error"]


@public
class Plan:
    """What would be sent, with no side effect. Made by :func:`smsframe.plan`.

    Attributes
    ----------
    recipients : int
        Number of messages that would go out.
    batches : int
        Number of calls they take, of at most 1000 messages each.
    problems : DataFrame
        One row per problem: ``label``, ``position``, ``column``, ``value`` (phones masked),
        ``code``, ``severity`` (``error`` stops the row, ``warning`` and ``info`` do not) and
        ``sentence``, which says the cure.
    segments : Series of Int32
        Segments of each row's message on the frame's index; NA where nothing would go out.
    database_tags : tuple of str
        Tags that the database fills; what they become is not known here.
    history : History or None
        With a client connected: how many messages this campaign has already had accepted, and how
        many are left.
    """

    def __init__(
        self,
        made: Draft,
        *,
        sender: Callable[..., pd.DataFrame],
        history: Callable[[Plan], History | None],
    ) -> None:
        self._draft = made
        self._sender = sender
        self._look_back = history
        self._ready = np.flatnonzero(made.verdict == READY)
        self._sendable = self._ready  # one array for both, unless rows are held back
        if made.options.limit is not None or (made.verdict == EXCLUDED).any():
            self._sendable = np.flatnonzero(np.isin(made.verdict, (READY, HELD_BACK, EXCLUDED)))
        self._segments = draft.segment_numbers(made)
        self._batches: int | None = None
        self._numbers: npt.NDArray[np.int32] | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The plan's own view of the frame; changing it changes no plan."""
        return result_columns.detached(self._draft.frame)

    @property
    def draft(self) -> Draft:
        """What the plan was made from, for those who look closer than people do; leave it alone."""
        return self._draft

    @property
    def message(self) -> Message:
        """What is the same for every recipient."""
        return self._draft.message

    @property
    def options(self) -> Options:
        """How the plan would be sent."""
        return self._draft.options

    @property
    def columns(self) -> arguments.Columns:
        """Which column is what."""
        return self._draft.columns

    @property
    def recipients(self) -> int:
        """Number of messages that would go out."""
        return len(self._ready)

    @property
    def batches(self) -> int:
        """Number of calls that would be made."""
        if self._batches is None:
            self._batches = sum(1 for _ in self.batch_rows(self._ready))
        return self._batches

    @property
    def problems(self) -> pd.DataFrame:
        """One row per problem; see the class."""
        return self._all_problems.to_frame(self._draft.frame.index)

    @property
    def _all_problems(self) -> Problems:
        """The problems of the frame and, where the journal can be read, of what people had."""
        try:
            past = self.history
        except JournalError:
            past = None
        return self.problems_with(past)

    def problems_with(self, past: History | None) -> Problems:
        """Return the problems of the frame and those that the journal tells of."""
        return Problems([*self._draft.problems.faults, *(past.faults if past else ())])

    @property
    def problem_counts(self) -> dict[str, int]:
        """Number of problems by code, errors first."""
        return self._all_problems.counts()

    @property
    def problem_kinds(self) -> list[Kind]:
        """The problems by kind, errors first: sentence, number and the first one as an example."""
        return self._all_problems.kinds(self._draft.frame.index)

    @property
    def database_tags(self) -> tuple[str, ...]:
        """Tags that the database fills."""
        return self._draft.database_tags

    @property
    def segments(self) -> pd.Series:
        """Segments of each row's message; NA where nothing would go out."""
        excluded = self._draft.verdict == EXCLUDED
        counted = np.where(excluded, -1, self.segment_numbers)
        values = pd.arrays.IntegerArray(counted.astype(np.int32), counted < 0)
        return pd.Series(values, index=self._draft.frame.index, name="segments")

    @property
    def total_segments(self) -> int:
        """Segments of all messages that would go out; database tags count as their defaults."""
        counted = self.segment_numbers[self._ready]
        return int(counted[counted > 0].sum())

    @property
    def cost(self) -> float | None:
        """``price_per_segment`` times the segments; None when no price was given."""
        price = self.options.price_per_segment
        return None if price is None else price * self.total_segments

    @property
    def history(self) -> History | None:
        """What the journal knows of this campaign; None when no client is connected. Read only."""
        return self._look_back(self)

    @property
    def segment_numbers(self) -> npt.NDArray[np.int16]:
        """Segments per row as numbers, -1 where nothing would go out or nothing is known."""
        return self._segments

    def texts(self, n: int | None = 5) -> pd.Series:
        """Return the first ``n`` texts as the phones would show them.

        Parameters
        ----------
        n : int or None, default 5
            How many of the messages that would go out; None means all.

        Returns
        -------
        Series of string
            On the labels of their rows. A tag that the database fills stays as it is written.
        """
        return self.texts_at(self._first(n))

    def text(self, label: Any) -> str:
        """Return the text of the first row with this label, also when it has a problem.

        InputError when no row has the label.
        """
        return str(self.texts_at(self._rows_of(label)[:1]).iloc[0])

    def show(self, *labels: Any, n: int = 3) -> display.Messages:
        """Show messages as phones would, recipients masked.

        Parameters
        ----------
        *labels : index labels
            Rows to show, also those with a problem. None: the first ``n`` that would go out.
        n : int, default 3
            How many, when no labels are given.

        Returns
        -------
        Messages
            Bubbles in a notebook, lines of text elsewhere.

        Raises
        ------
        InputError
            No row has a label.
        """
        rows = self._rows_of(*labels) if labels else self._first(n)
        return display.Messages(
            tuple(zip(self.masked_recipients(rows), self.texts_at(rows), strict=True))
        )

    def _first(self, n: int | None) -> Positions:
        """Return the positions of the first ``n`` rows that would go out; None means all."""
        faults: list[str] = []
        rows = self._ready[: check_count("n", n, faults)]
        refuse(faults)
        return rows

    def _rows_of(self, *labels: Any) -> Positions:
        """Return the positions of the rows with labels; InputError when one has none."""
        index, found = self._draft.frame.index, [self._ready[:0]]
        for label in labels:
            where = None
            with contextlib.suppress(KeyError, TypeError, pd.errors.InvalidIndexError):
                where = index.get_loc(label)  # a number, a slice or a mask
            if where is None:  # raised out here, since the KeyError quotes the label
                raise InputError(f"No row has the label {validation.shown_label(label)}.")
            found.append(np.atleast_1d(np.arange(len(index))[where]))
        return np.concatenate(found)

    def texts_at(self, rows: Positions) -> pd.Series:
        """Return the texts of the rows at positions."""
        return figures.texts_at(self._draft, rows)

    def preview(self, n: int = 5) -> pd.DataFrame:
        """Return the first ``n`` messages: masked recipient, text, encoding and segments."""
        return figures.preview(self._draft, self._first(n))

    def masked_recipients(self, rows: Positions) -> list[str]:
        """Return whom the rows at positions address, masked but for the last two digits."""
        return figures.masked_recipients(self._draft, rows)

    def to_frame(self) -> pd.DataFrame:
        """Return the frame as a dry run would: what would become of each row.

        Returns
        -------
        DataFrame
            The input columns and the result columns, ``sms_status`` being ``planned``, ``invalid``,
            ``duplicate`` or ``not_attempted`` (excluded, or beyond ``limit``).
        """
        found = self.verdicts()
        found.status[self._ready] = result_columns.NUMBER["planned"]
        return result_columns.results_frame(self._draft.frame, found, run=None)

    def send(
        self,
        *,
        client: Any = None,
        confirm: int | None = None,
        dry_run: bool = False,
        progress: Any = None,
        wait_s: float = 0.0,
    ) -> pd.DataFrame:
        """Send what this plan holds and has not gone out before; a text cannot be unsent.

        Parameters
        ----------
        client : Client, optional
            Whom to send through; None means the one that ``connect`` made last.
        confirm : int, optional
            Refuse unless exactly so many messages would go out now. None: as the plan was made.
        dry_run : bool, default False
            Send nothing and return :meth:`to_frame`.
        progress : bool or callable, optional
            None shows a bar where somebody looks; see :func:`smsframe.send`.
        wait_s : float, default 0
            Seconds to wait when another process is sending the same campaign.

        Returns
        -------
        DataFrame
            As :func:`smsframe.send`.
        """
        given = arguments.check_sending(
            client=client, confirm=confirm, dry_run=dry_run, progress=progress, wait_s=wait_s
        )
        return self._sender(self, **given)

    def send_test(
        self, to: Any, *, rows: Any = None, client: Any = None, progress: Any = None
    ) -> pd.DataFrame:
        """Send the words of chosen rows to your own numbers; nobody of the frame is texted.

        A test does not count as the plan's message: whoever gets it gets the real one too, and no
        rule about recipients holds it back. Each call sends anew.

        Parameters
        ----------
        to : str or list of str
            Your own numbers, with country codes (or of the plan's region).
        rows : index label or list of labels, optional
            Whose words; None: those of the first row that would go out. Every number gets the
            words of every row, ten messages at most.
        client, progress : optional
            As for :meth:`send`.

        Returns
        -------
        DataFrame
            One row per message: ``row`` (its label in the frame), ``to``, ``text`` and the
            ``sms_…`` columns.

        Raises
        ------
        InputError
            A number cannot be texted, a value of a row is missing, the plan is blocked, or they are
            more than ten. Nothing was sent.
        """
        if self.blocking:
            raise InputError(" ".join(fault.sentence for fault in self.blocking))
        several = rows.tolist() if isinstance(rows, (np.ndarray, pd.Index, pd.Series)) else rows
        labels = several if isinstance(several, list) else [several]
        test = self.trial(self._ready[:1] if rows is None else self._rows_of(*labels), to)
        results = test.send(client=client, progress=progress)
        results.insert(2, "text", test.texts(None).array)
        return results

    def trial(self, rows: Positions, to: Any) -> Plan:
        """Return the plan of a test: the words of the rows at positions, to one's own numbers."""
        test = trial_of(self._draft, rows, to)
        return Plan(test, sender=self._sender, history=self._look_back)

    def verdicts(self) -> result_columns.Verdicts:
        """Return the verdict of every row as the plan knows it; ready ones are not attempted."""
        return verdicts_of(self._draft, self._segments)

    @property
    def ready(self) -> Positions:
        """Positions of the rows that would go out."""
        return self._ready

    @property
    def sendable(self) -> Positions:
        """Positions of the rows that would go out now or, held back by a rule, later."""
        return self._sendable

    @property
    def blocking(self) -> list[Any]:
        """The faults that stop the whole send."""
        return self._draft.problems.blocking

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags whose values travel with the recipients."""
        return tuple(sorted(self._draft.personalization))

    def keys(self, scope: bytes, rows: Positions | None = None) -> bytes:
        """Return the send keys of rows, 16 bytes each; ``rows``: None means all that are sendable.

        They are made slice by slice, so that a million keys take little more memory than they are.
        """
        rows = self.sendable if rows is None else rows
        numbers, keys = self.occurrences(), []
        for start in range(0, len(rows), KEYS_AT_ONCE):
            here = rows[start : start + KEYS_AT_ONCE]
            repeats = None if numbers is None else numbers[here]
            keys.append(self._draft.messages.keys(scope, here, repeats))
        return b"".join(keys)

    def occurrences(self) -> npt.NDArray[np.int32] | None:
        """Return the number of each row among its repeats; None where none were asked for."""
        if self.options.duplicates != "send" or not len(self.sendable):
            return None
        if self._numbers is None:
            repeats = self._draft.messages.messages(self.sendable)
            self._numbers = np.zeros(self._draft.rows, dtype=np.int32)
            self._numbers[self.sendable] = message_keys.occurrence_numbers(repeats)
        return self._numbers

    def batch_rows(self, rows: Positions) -> Iterator[Positions]:
        """Cut rows into batches of at most 1000 without two equal contacts in one."""
        who = self._draft.messages.identity(rows) if self._draft.somebody_twice else None
        repeats = who is not None and draft.has_repeats(who)
        return slices.batches(rows, who if repeats else None, size=BATCH_SIZE)

    def slice(self, rows: Positions) -> Slice:
        """Return the recipients at ``rows``, ready to be put into a call."""
        return slices.cut(self._draft, self._segments, rows)

    def __repr__(self) -> str:
        return display.plan_text(figures.view(self, messages=0, problems=0))

    def _repr_html_(self) -> str:
        return display.plan_html(
            figures.view(self, messages=display.SHOWN_TEXTS, problems=display.SHOWN_PROBLEMS)
        )


def build_plan(
    frame: pd.DataFrame,
    text: str | None,
    given: arguments.SendOptions,
    *,
    sender: Callable[..., pd.DataFrame],
    history: Callable[[Plan], History | None],
) -> Plan:
    """Check the arguments and read the frame; raises InputError for arguments only."""
    check_frame(frame)
    frame = result_columns.detached(frame)
    faults: list[str] = []
    made = Draft(
        frame=frame,
        message=arguments.check_message(text, given, faults),
        columns=arguments.check_columns(frame, given, faults),
        options=arguments.check_options(given, faults),
    )
    refuse(faults)
    draft.read_recipients(made)
    draft.read_template(made)
    draft.fold_texts(made)
    draft.fill_gaps(made)
    draft.identify_messages(made)
    draft.measure_texts(made)
    draft.judge_rows(made, excluded_rows.excluded_rows(made))
    note_columns(made)
    return Plan(made, sender=sender, history=history)

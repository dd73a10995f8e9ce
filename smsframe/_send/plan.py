"""``plan`` and ``preview``, and the plan as people have it: thin, above what it is made of.

A plan is frozen: its `PlanData` was made once and is never changed. Here stand what it shows, what
the journal knows of it, and how it is sent. It can be pickled, without the connection it would be
sent through: once unpickled, it uses the one that is given, or was made last.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from smsframe._base import result_columns, validation
from smsframe._base.send_settings import BATCH_SIZE
from smsframe._base.sentences import joined
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_count, refuse
from smsframe._base.whole_texts import to_be_read
from smsframe._plan import figures
from smsframe._plan import options as arguments
from smsframe._plan import show as display
from smsframe._plan.build import build_plan
from smsframe._plan.options import Sending, takes_send_options, with_defaults
from smsframe._plan.problems import Problems
from smsframe._plan.trial import trial_of
from smsframe._plan.verdicts import EXCLUDED
from smsframe._send.cancellation import SendControl
from smsframe._send.look_back import clock_of, history, known_problems, past_of
from smsframe._send.open_rows import hold_closed
from smsframe._send.row_outcomes import Tally
from smsframe._send.run import send_plan
from smsframe.errors import InputError, SmsframeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._plan.data import PlanData
    from smsframe._plan.history import History
    from smsframe._plan.options import SendOptions
    from smsframe._plan.problems import Fault, Kind

__all__ = ["Plan", "keep_plan", "last_plan", "plan", "preview"]

_last: list[Plan] = []


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
        ``sentence``, which says what to do.
    segments : Series of Int32
        Segments of each row's message on the frame's index; NA where nothing would go out.
    database_tags : tuple of str
        Tags that the database fills; what they become is not known here.
    history : History or None
        With a client connected: how many messages this campaign has already had accepted, and how
        many are left.
    """

    def __init__(self, data: PlanData, how: Sending | None = None) -> None:
        self._data = data
        self._how = Sending() if how is None else how
        self._batches: int | None = None
        self._found: tuple[Fault, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_how": self._how.alone}

    @property
    def data(self) -> PlanData:
        """What the plan is made of."""
        return self._data

    def of(self, data: PlanData) -> Plan:
        """Return a plan of other data that would be sent in the same way."""
        return Plan(data, self._how)

    @property
    def wait_s(self) -> float | None:
        """Seconds that a send of it waits for sending hours, None for not at all."""
        return self._how.wait_s

    @property
    def frame(self) -> pd.DataFrame:
        """The plan's own view of the frame; changing it changes no plan."""
        return result_columns.detached(self._data.frame)

    @property
    def message(self) -> Message:
        """What is the same for every recipient."""
        return self._data.message

    @property
    def options(self) -> arguments.Options:
        """How the plan would be sent."""
        return self._data.options

    @property
    def columns(self) -> arguments.Columns:
        """Which column is what."""
        return self._data.columns

    @property
    def recipients(self) -> int:
        """Number of messages that would go out."""
        return len(self._data.ready)

    @property
    def batches(self) -> int:
        """Number of calls that would be made."""
        if self._batches is None:
            rows = self._data.batch_rows(self._data.ready, size=BATCH_SIZE)
            self._batches = sum(1 for _ in rows)
        return self._batches

    @property
    def problems(self) -> pd.DataFrame:
        """One row per problem; see the class."""
        return to_be_read(self._all_problems.to_frame(self._data.frame.index))

    @property
    def _all_problems(self) -> Problems:
        """The problems of the frame, of what people had, and what the last send of it found."""
        known = known_problems(self._data, self._how.client)
        return Problems([*known.faults, *self._found]) if self._found else known

    @property
    def problem_counts(self) -> dict[str, int]:
        """Number of problems by code, errors first."""
        return self._all_problems.counts()

    @property
    def problem_kinds(self) -> list[Kind]:
        """The problems by kind, errors first: sentence, number and the first one as an example."""
        return self._all_problems.kinds(self._data.frame.index)

    @property
    def database_tags(self) -> tuple[str, ...]:
        """Tags that the database fills."""
        return self._data.texts.database_tags

    @property
    def segments(self) -> pd.Series:
        """Segments of each row's message; NA where nothing would go out."""
        counted = np.where(self._data.verdict == EXCLUDED, -1, self._data.segments)
        values = pd.arrays.IntegerArray(counted.astype(np.int32), counted < 0)
        return pd.Series(values, index=self._data.frame.index, name="segments")

    @property
    def total_segments(self) -> int:
        """Segments of all messages that would go out; database tags count as their defaults."""
        return self._data.total_segments

    @property
    def cost(self) -> float | None:
        """``price_per_segment`` times the segments; None without a price for all of them."""
        return self._data.cost

    @property
    def cost_by_country(self) -> dict[str, float | None]:
        """The cost of each country, the largest first, where prices are given by country.

        None is the cost in a country that has no price; its segments are named where the plan is
        shown.
        """
        costs = self._data.costs
        return {} if costs is None else costs.in_each

    @property
    def history(self) -> History | None:
        """What the journal knows of this campaign; None when no client is connected. Read only."""
        return history(self._data, self._how.client)

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
        return self._data.texts_at(self._first(n))

    def text(self, label: Any) -> str:
        """Return the text of the first row with this label, also when it has a problem.

        InputError when no row has the label.
        """
        return str(self._data.texts_at(self._rows_of(label)[:1]).iloc[0])

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
        made, rows = self._data, self._rows_of(*labels) if labels else self._first(n)
        return display.Messages(
            tuple(zip(made.recipients.masked(rows), made.texts_at(rows), strict=True))
        )

    def _first(self, n: int | None) -> Positions:
        """Return the positions of the first ``n`` rows that would go out; None means all."""
        faults: list[str] = []
        rows = self._data.ready[: check_count("n", n, faults)]
        refuse(faults)
        return rows

    def _rows_of(self, *labels: Any) -> Positions:
        """Return the positions of the rows with labels; InputError when one has none."""
        index, found = self._data.frame.index, [self._data.ready[:0]]
        for label in labels:
            where = None
            with contextlib.suppress(KeyError, TypeError, pd.errors.InvalidIndexError):
                where = index.get_loc(label)  # a number, a slice or a mask
            if where is None:  # raised out here, since the KeyError quotes the label
                raise InputError(f"No row has the label {validation.shown_label(label)}.")
            found.append(np.atleast_1d(np.arange(len(index))[where]))
        return np.concatenate(found)

    def preview(self, n: int = 5) -> pd.DataFrame:
        """Return the first ``n`` messages: masked recipient, text, encoding and segments."""
        return to_be_read(self._data.preview(self._first(n)))

    def to_frame(self) -> pd.DataFrame:
        """Return the frame as a dry run would: what would become of each row.

        Returns
        -------
        DataFrame
            The input columns and the result columns, ``sms_status`` being ``planned``, ``invalid``,
            ``duplicate`` or ``not_attempted`` (excluded, outside its sending hours now, or beyond
            ``limit``).
        """
        tally = Tally(self._data.verdicts())
        hold_closed(self._data.hours, tally, self._data.ready, self._now())
        tally.planned(tally.waiting(self._data.ready))
        return tally.frame(self._data.frame, None)

    def send(
        self,
        *,
        client: Any = None,
        confirm: int | None = None,
        dry_run: bool = False,
        progress: Any = None,
        wait_s: float | None = None,
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
        wait_s : float, optional
            Seconds to wait for sending hours that open within them, and for another process that
            is sending the same campaign. None: as the plan was made.

        Returns
        -------
        DataFrame
            As :func:`smsframe.send`.
        """
        given = arguments.check_sending(
            client=client, confirm=confirm, dry_run=dry_run, progress=progress, wait_s=wait_s
        )
        keep_plan(self)
        how = self._how.updated(given)
        control = SendControl(quiet=how.progress is False)
        try:
            return send_plan(self._data, how, control)
        finally:
            self._found = control.faults

    def send_test(
        self, to: Any, *, rows: Any = None, client: Any = None, progress: Any = None
    ) -> pd.DataFrame:
        """Send the words of chosen rows to your own numbers; nobody of the frame is texted.

        A test does not count as the plan's message: whoever gets it gets the real one too, and no
        rule about recipients holds it back: nobody's consent is asked. Each call sends anew.

        Parameters
        ----------
        to : str or list of str
            Your own numbers, with country codes (or of the plan's region).
        rows : index label or list of labels, optional
            Whose words; None: those of the first row that would go out, of several texts of the
            first of each. Every number gets the words of every row, ten messages at most.
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
        if self._data.blocking:
            raise InputError(joined(" ", (fault.sentence for fault in self._data.blocking)))
        several = rows.tolist() if isinstance(rows, (np.ndarray, pd.Index, pd.Series)) else rows
        labels = several if isinstance(several, list) else [several]
        where = figures.first_of_each(self._data) if rows is None else self._rows_of(*labels)
        test = self.of(trial_of(self._data, where, to))
        results = test.send(client=client, progress=progress)
        results.insert(2, "text", test.texts(None).array)
        return results

    def _view(self, *, messages: int, problems: int) -> display.PlanView:
        """Return what is shown of the plan."""
        past = past_of(self._data, self._how.client)
        return figures.view(
            self._data,
            past,
            batches=self.batches,
            messages=messages,
            problems=problems,
            now=self._now(),
        )

    def _now(self) -> float:
        """Return the time of day by the clock of the client, in seconds since 1970."""
        return clock_of(self._how.client)()

    def __repr__(self) -> str:
        return display.plan_text(self._view(messages=0, problems=0))

    def _repr_html_(self) -> str:
        shown = display.plan_html(
            self._view(messages=display.SHOWN_TEXTS, problems=display.SHOWN_PROBLEMS)
        )
        return str(shown)


@public
@takes_send_options
def plan(
    frame: AnyFrame,
    text: str | Mapping[str, str] | None = None,
    **options: Unpack[SendOptions],
) -> Plan:
    """Say what would be sent, with no side effect.

    Takes the arguments of :func:`send` and returns a frozen :class:`Plan` to look at and, if it is
    right, to send.

    Returns
    -------
    Plan
        With ``recipients``, ``batches``, ``problems``, ``segments``, ``texts(n)``, ``to_frame()``
        and ``send()``.

    Raises
    ------
    InputError
        An argument cannot be used: all of them are named at once. Problems of rows are not raised;
        they are in ``Plan.problems``.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"], "Name": ["Ann", "Bob"]})
    >>> made = smsframe.plan(people, "Hi %%Name%%", program="148372", phone="mobile")
    >>> made.recipients, made.batches
    (1, 1)
    >>> made.texts().tolist()
    ['Hi Ann']
    """
    given = with_defaults(options)
    now = clock_of(given["client"])()
    data = build_plan(frame, text, given, now=now)  # checks the arguments, these too
    how = Sending(
        client=given["client"],
        dry_run=bool(given["dry_run"]),
        progress=given["progress"],
        wait_s=given["wait_s"],
    )
    return Plan(data, how)


@public
@takes_send_options
def preview(
    frame: AnyFrame,
    text: str | Mapping[str, str] | None = None,
    *,
    n: int = 5,
    **options: Unpack[SendOptions],
) -> pd.DataFrame:
    """Show the first messages as the phones would: whom (masked), text, encoding and segments.

    Parameters
    ----------
    frame, text
        As for :func:`send`.
    n : int, default 5
        How many messages.
    program, personalize, defaults, formats, fold, source, campaign_name, ttl_minutes : optional
        As for :func:`send`; ``program`` may be left out.
    character_swap, split, by, holdout, content_id, phone, lookup, region : optional
        As for :func:`send`, like all that follow.
    region_from, campaign, exclude : optional
    sending_hours, closed, time_zone, min_gap, check_consent, consent_database : optional
    limit, problems, duplicates, resend_unknown, price_per_segment, client, wait_s : optional
    confirm, dry_run, progress : optional

    Returns
    -------
    DataFrame
        Columns ``to``, ``text``, ``encoding``, ``segments`` on the labels of their rows. It shows
        its texts whole.

    Raises
    ------
    InputError
        As for :func:`plan`.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
    >>> smsframe.preview(people, "Hi %%Name%%")["text"].tolist()
    ['Hi Ann']
    """
    options.setdefault("program", "0")
    made = plan(frame, text, **options)
    if not made.recipients:
        by_verdict = figures.rows_by_verdict(made.data).items()
        counts = ", ".join(f"{figure} {name}" for name, figure in by_verdict)
        is_wrong = bool(made.problems["severity"].eq("error").any())
        look = " plan(...).problems says what is wrong." if is_wrong else ""
        warn_caller(f"There is no message to preview ({counts}).{look}", SmsframeWarning)
    return made.preview(n)


@public
def last_plan() -> Plan | None:
    """Return the plan of the last send of this session, also of a dry run or a refused one.

    ``smsframe.last_plan().problems`` lists what a send has warned of.

    Returns
    -------
    Plan or None
        None when nothing was sent in this session.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", dry_run=True)
    >>> smsframe.last_plan().recipients
    1
    """
    return _last[0] if _last else None


def keep_plan(plan: Plan) -> None:
    """Keep a plan for ``last_plan()``."""
    _last[:] = [plan]

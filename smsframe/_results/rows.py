"""What happened? The verbs that look at results and at earlier runs, as people call them.

Each takes a results frame first, or asks the journal; none changes anything. The accessor's methods
are these functions, ``failed`` and ``unknown`` are properties there. What they do on results that
went through CSV or Excel is told in ``settle.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe._base.any_frame import as_frame
from smsframe._base.held_back import HELD_OUT
from smsframe._base.result_columns import STATUSES, detached, strip_results
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_bool, refuse
from smsframe._base.whole_texts import to_be_read
from smsframe._connect import journal_file
from smsframe._results import history
from smsframe._results.open_journal import reading_journal
from smsframe._results.plot import drawn
from smsframe._results.summary import batch_table, summarized

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.journal_address import JournalArgument
    from smsframe._results.summary import Summary

__all__ = [
    "batches",
    "counts",
    "failed",
    "plot",
    "runs",
    "summary",
    "to_retry",
    "unknown",
]

FAILED = ("rejected", "invalid", "not_attempted", "not_sent")
RETRIED = ("rejected", "not_attempted")
LOOKED_AT = (
    "started_at", "campaign", "text", "rows", "accepted", "sent", "unknown", "ending", "who"
)  # fmt: skip
"""The columns of runs that fit beside one another on a screen."""
NOT_AGAIN = (HELD_OUT, "already_in_campaign", "excluded", "opted_out", "no_consent")


@public
def summary(
    frame: AnyFrame,
    by: Hashable | list[Hashable] | None = None,
    *,
    price_per_segment: float | Mapping[str, float] | None = None,
) -> Summary:
    """Count what became of the rows: by status and code, with segments, cost and times.

    Parameters
    ----------
    frame : DataFrame
        Results.
    by : column label or "country", or a list of them, optional
        Count group by group; a list groups by several columns, the first one outermost. "country"
        is the region of the recipient's number, unless the results have a column of that name.
        None: all rows together.
    price_per_segment : float or mapping of str to float, optional
        Price of one segment, in any currency; or one for each country, by its two letters, ``"*"``
        being all others. The segments of a country without a price are named, and the cost of all
        is None then. None: no cost is shown.

    Returns
    -------
    Summary
        Shows itself as a table in a notebook. ``to_frame()`` is that table to compute with;
        ``rows``, ``counts``, ``batches``, ``segments``, ``cost``, ``first_at`` and ``last_at`` are
        the totals. Segments and cost count messages that are accepted or sent, each once: also in
        results that were merged with another table, by which a message has several rows.

    Raises
    ------
    InputError
        The frame holds no results, or has no column ``by``; or a price cannot be used.

    Sources
    -------
    Countries are those of ``phonenumbers``, looked up by the first digits of the number.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a", "+44 7400 123456"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> smsframe.summary(done).to_frame()[["status", "code", "rows"]].values.tolist()
    [['planned', <NA>, 2], ['invalid', 'phone_missing', 1]]
    >>> done.sms.summary(by="country").to_frame()["country"].tolist()
    ['GB', 'US', <NA>]
    """
    return summarized(as_frame(frame, A_RESULT), by, price_per_segment)


@public
def batches(
    frame: AnyFrame,
    *,
    client: Client | None = None,
    journal: JournalArgument = None,
) -> pd.DataFrame:
    """List the calls behind results: one row per batch.

    Calls of the run that were refused and left no row behind (a batch that was halved to find the
    contact that was refused) are listed too, with 0 ``rows``.

    Parameters
    ----------
    frame : DataFrame
        Results.
    client : Client, optional
        Whose journal to look into. None: that of the client ``connect`` made last, else the usual
        one.
    journal : path or URL, optional
        Another journal.

    Returns
    -------
    DataFrame
        In the order of the batch ids: ``batch``, ``status`` (``accepted``, ``rejected``,
        ``unknown``), ``size`` (messages in the call), ``rows`` (of these results), ``http_status``,
        ``response_id``, ``location``, ``source``, ``attempts``, ``seconds`` (of all attempts),
        ``code``, ``error``, ``sent_at``, ``settled_at``, ``refreshed_at`` (UTC). Text is string,
        numbers are Int64 or Float64. Of a batch that the journal does not have, only what the rows
        say is known.

    Raises
    ------
    InputError
        The frame holds no results.
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> len(smsframe.batches(done))
    0
    """
    with reading_journal(journal_file(client, journal)) as opened:
        return batch_table(as_frame(frame, A_RESULT), opened)


@public
def failed(frame: AnyFrame) -> pd.DataFrame:
    """Return the rows that did not go out, each with its reason; as a property of the accessor.

    Parameters
    ----------
    frame : DataFrame
        Results.

    Returns
    -------
    DataFrame
        The rows that are ``rejected``, ``invalid``, ``not_attempted`` or ``not_sent``, on their
        labels. It shows its sentences whole. Unknown ones are not among them: see :func:`unknown`.

    Raises
    ------
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> done.sms.failed["sms_code"].tolist()
    ['phone_missing']
    """
    frame = as_frame(frame, A_RESULT)
    rows = ResultRows.read(frame)
    return to_be_read(detached(frame.loc[rows.has(*FAILED) & ~rows.has_code(HELD_OUT)]))


@public
def unknown(frame: AnyFrame) -> pd.DataFrame:
    """Return the rows that may or may not have gone out; as a property of the accessor.

    They are not repeated unasked. :func:`reconcile` or :func:`resolve` settle them.

    Parameters
    ----------
    frame : DataFrame
        Results.

    Returns
    -------
    DataFrame
        The rows that are ``unknown``, on their labels. It shows its sentences whole.

    Raises
    ------
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> len(smsframe.unknown(done))
    0
    """
    return _chosen(frame, "unknown")


@public
def counts(frame: AnyFrame) -> pd.Series[int]:
    """Count the rows by status, without those that do not occur; a property of the accessor.

    ``results["sms_status"].value_counts()`` lists every status there is, also those of no row.

    Parameters
    ----------
    frame : DataFrame
        Results.

    Returns
    -------
    Series of int64
        Called ``rows``. Its index, ``sms_status``, are the statuses that occur, as string, in the
        order of the list of statuses: ``planned``, ``accepted``, ``sent``, ``not_sent``,
        ``rejected``, ``invalid``, ``duplicate``, ``unknown``, ``not_attempted``. A row without a
        status is not counted.

    Raises
    ------
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a", "+44 7400 123456"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> smsframe.counts(done).to_dict()
    {'planned': 2, 'invalid': 1}
    """
    status = ResultRows.read(as_frame(frame, A_RESULT)).status
    numbers = np.bincount(status[status >= 0], minlength=len(STATUSES))
    occur = np.flatnonzero(numbers)
    names = pd.Index([STATUSES[number] for number in occur], dtype="string", name="sms_status")
    return pd.Series(numbers[occur], index=names, name="rows", dtype="int64")


@public
def to_retry(frame: AnyFrame) -> pd.DataFrame:
    """Return the rows that did not go out and may, ready for ``.sms.send``.

    The plainest way to go on is to run the same send again on the whole frame: it sends only what
    is left. This is for sending the rest in another way. Give the same ``campaign=`` (or text) and
    nobody gets it twice.

    Parameters
    ----------
    frame : DataFrame
        Results.

    Returns
    -------
    DataFrame
        The rows that are ``rejected`` or ``not_attempted``, without the ``sms_*`` columns, on their
        labels. Not among them: ``invalid`` ones (correct them first: ``results.sms.failed``),
        ``unknown`` ones, those that were held because their person had this campaign before, and
        those that ``exclude=`` holds back.

    Raises
    ------
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "+1 201-555-0124"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", limit=1, dry_run=True)
    >>> smsframe.to_retry(done)["mobile"].tolist()
    ['+1 201-555-0124']
    """
    frame = as_frame(frame, A_RESULT)
    rows = ResultRows.read(frame)
    chosen = strip_results(frame.loc[rows.has(*RETRIED) & ~rows.has_code(*NOT_AGAIN)])
    chosen.attrs = {name: value for name, value in frame.attrs.items() if name != "smsframe"}
    return chosen


@public
def plot(frame: AnyFrame) -> npt.NDArray[Any]:
    """Draw results: outcome over time, reasons ranked, segments per message.

    Parameters
    ----------
    frame : DataFrame
        Results.

    Returns
    -------
    array of matplotlib Axes, shape (3,)
        One figure on white; ``axes[0].figure.savefig(path)`` keeps it. A bar is a span of time,
        from a second to weeks, so that there are at most 60.

    Raises
    ------
    ConfigurationError
        Matplotlib is not installed: ``pip install matplotlib``.
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe, matplotlib
    >>> matplotlib.use("Agg")
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> smsframe.plot(done).shape
    (3,)
    >>> matplotlib.pyplot.close("all")
    """
    return drawn(as_frame(frame, A_RESULT))


@public
def runs(
    *, full: bool = False, client: Client | None = None, journal: JournalArgument = None
) -> pd.DataFrame:
    """List every run that the journal knows, the latest first.

    Parameters
    ----------
    full : bool, default False
        Give all columns, not only those that are looked at most.
    client : Client, optional
        Whose journal to look into. None: that of the client ``connect`` made last, else the usual
        one.
    journal : path or URL, optional
        Another journal.

    Returns
    -------
    DataFrame
        Indexed by the run's id: ``started_at`` (UTC), ``campaign``, ``text`` (phone numbers
        masked), ``rows``, the number of those ``accepted``, ``sent`` and ``unknown`` as it is now,
        ``ending`` (``done``, ``stopped``, ``interrupted``, ``failed``, ``sending``: somebody sends
        it now, by the lease in a team's journal, ``not ended``: under way or killed,
        ``forgotten``) and ``who`` (user and host). With ``full`` also ``program``,
        ``variants`` (of several texts, the share of people that each had; NA for one text), rows of
        every other status, ``earlier`` (rows that an earlier run had dealt with), ``batches``,
        ``seconds`` and ``lease_ends_at`` (of a run that is ``sending``: when, UTC, the right to
        send it ends unless its sender renews it, which a living one does). Counts are Int64; those
        that were forgotten are NA. Empty when there is no journal yet.

    Raises
    ------
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> import smsframe
    >>> smsframe.runs(journal="no-such-journal.sqlite3").empty
    True
    """
    faults: list[str] = []
    every = check_bool("full", full, faults)
    refuse(faults)
    with reading_journal(journal_file(client, journal)) as opened:
        table = history.empty_runs() if opened is None else history.run_table(opened)
    return table if every else table[list(LOOKED_AT)]


def _chosen(frame: AnyFrame, *statuses: str) -> pd.DataFrame:
    """Return the rows with one of these statuses."""
    frame = as_frame(frame, A_RESULT)
    chosen = ResultRows.read(frame).has(*statuses)
    return to_be_read(detached(frame.loc[chosen]))

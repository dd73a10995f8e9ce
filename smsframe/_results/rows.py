"""Which rows? Those that went wrong, that are unknown, that may be sent again; and how many.

Each takes results and returns a part of them, or counts; none changes anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from smsframe._base.any_frame import AnyFrame, as_frame
from smsframe._base.held_back import HELD_OUT
from smsframe._base.result_columns import STATUSES, detached, strip_results
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.tracebacks import public
from smsframe._base.whole_texts import to_be_read

__all__ = ["counts", "failed", "to_retry", "unknown"]

FAILED = ("rejected", "invalid", "not_attempted", "not_sent")

RETRIED = ("rejected", "not_attempted")

NOT_AGAIN = (HELD_OUT, "already_in_campaign", "excluded", "opted_out", "no_consent")


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
    frame = as_frame(frame, A_RESULT)
    return to_be_read(detached(frame.loc[ResultRows.read(frame).has("unknown")]))


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

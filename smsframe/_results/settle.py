"""What became of it? The verbs that bring results up to date, as people call them.

Each takes a results frame first (what ``send`` returned, what ``results(run)`` brought back, or
either after a trip through CSV or Excel) and returns a new one; the accessor's methods are these
functions. What they learn is kept in the journal. The verbs that only look are in ``rows.py``.

**To a file and back.** ``results.to_csv(path, index=False)`` keeps everything. Excel holds no time
zones, so there it takes a line more::

    times = results["sms_accepted_at"].dt.tz_localize(None)  # UTC
    results.assign(sms_accepted_at=times).to_excel(path, index=False)

Read either with ``dtype="string"`` (``pd.read_csv(path, dtype="string")``), so that phones stay the
text they were. Without it pandas makes numbers of them, even of texts in Excel; results are read
all the same, but sending such a column of your own again may then need ``region=``. Every verb here
and in ``rows.py`` works on what comes back as on the original.

(No module is called ``results``: it would hide the function ``smsframe.results``.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from smsframe._acoustic.client import default_client
from smsframe._base.any_frame import as_frame
from smsframe._base.result_rows import A_RESULT
from smsframe._base.tracebacks import public
from smsframe._base.validation import (
    check_bool,
    check_choice,
    check_client,
    check_label,
    check_number,
    check_progress,
    refuse,
)
from smsframe._connect import journal_file
from smsframe._results.reconcile import reconciled, resolved
from smsframe._results.refresh import refreshed

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.progress import Wanted

__all__ = ["reconcile", "refresh", "resolve"]


@public
def refresh(
    frame: AnyFrame,
    *,
    deadline_s: float = 60.0,
    client: Client | None = None,
    progress: Wanted = None,
) -> pd.DataFrame:
    """Ask what became of accepted messages: ``accepted`` becomes ``sent`` or ``not_sent``.

    *Accepted* means that the API took the call; only people who opted in are texted, and only the
    status endpoint says who was. The service does not say "not yet" and "no such send" apart, so it
    is asked until ``deadline_s``; what is open then stays ``accepted`` and says so. Answers are
    kept in the journal: another refresh asks only for what is open, and makes no call when
    everything is known.

    Parameters
    ----------
    frame : DataFrame
        Results, also after CSV or Excel. A batch that this journal does not have is asked about by
        ``sms_response_id``; what is learned then stands in the returned frame alone.
    deadline_s : float, default 60
        Seconds after which nothing is asked a second time. Every open batch is asked about once,
        however short the time; 0 asks once and does not wait.
    client : Client, optional
        None: the one that ``connect`` made last.
    progress : bool or callable, optional
        None: a bar in notebooks and on terminals. A callable is given an object with ``total``,
        ``done``, ``sent`` and ``not_sent`` (messages) after each answer.

    Returns
    -------
    DataFrame
        The same rows, index and columns, brought up to what is known now (rows that were resolved
        elsewhere included). A row that is ``not_sent`` has the service's message in ``sms_error``
        and ``opted_out``, ``no_consent``, ``contact_not_found``, ``contact_ambiguous``,
        ``contact_not_a_phone`` or ``not_sent`` in ``sms_code``. A row that stays ``accepted`` has
        ``status_pending`` (not known yet), ``status_missing`` (the answer does not list this
        recipient), ``send_error`` (the answer speaks of the whole send) or ``status_unavailable``
        (the endpoint could not be reached).

    Warns
    -----
    StatusWarning
        Rows stay open, or answers listed contacts twice, with contradictions, or not of the call.

    Raises
    ------
    AccessError
        The service refused the credentials. What was learned before is in the journal.
    ConfigurationError
        No client is connected.
    InputError
        The frame holds no results.

    Sources
    -------
    The status endpoint: ``GET /rest/channels/sms/sends/{id}/status``. How messages are worded that
    were not sent is documented nowhere; ``sms_code`` is our reading of them.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True, status_delay_s=0) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    ...         done = people.sms.send("Hello", program="148372", progress=False)
    ...         done.sms.refresh(progress=False)["sms_status"].tolist()
    ['sent']
    """
    faults: list[str] = []
    need = "a number of seconds, 0 or more"
    for_ever = isinstance(deadline_s, (float, np.floating)) and deadline_s == np.inf
    if not for_ever:
        check_number("deadline_s", deadline_s, faults, need=need, optional=False)
    check_client(client, faults)
    wanted = check_progress("progress", progress, faults)
    refuse(faults)
    asked = default_client() if client is None else client
    return refreshed(
        as_frame(frame, A_RESULT), client=asked, deadline_s=float(deadline_s), progress=wanted
    )


@public
def resolve(
    frame: AnyFrame,
    which: Any = None,
    *,
    as_: Literal["sent", "not_sent"],
    client: Client | None = None,
) -> pd.DataFrame:
    """Say of unknown messages whether they went out, because you have found out.

    Nothing is sent by this. But what is called ``not_sent`` goes out when the same send is run
    again: if it had gone out after all, its people get it twice.

    Parameters
    ----------
    frame : DataFrame
        Results.
    which : optional
        Which rows: a boolean mask, an index label or a list of them, a part of the results such as
        ``results.sms.unknown.head(10)``; or a batch id or a list of them, which means all messages
        of these batches. None: all unknown rows.
    as_ : {"sent", "not_sent"}
        "sent": they went out; the rows become ``accepted``. "not_sent": they did not; the rows
        become ``rejected``. ``sms_code`` is ``resolved`` in both cases. The same rows can be
        resolved again, if you were wrong.
    client : Client, optional
        Whose journal this is written to. None: that of the client ``connect`` made last, else the
        usual one.

    Returns
    -------
    DataFrame
        The same rows, brought up to what is known now.

    Raises
    ------
    InputError
        Some of the rows are not unknown, or ``which`` names nothing. Nothing was changed.
    JournalError
        The journal does not have these batches.
    CampaignBusyError
        This campaign is being sent now.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         fault = sandbox.faults.add("drop_after", on=1)
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    ...         with warnings.catch_warnings(action="ignore"):
    ...             done = people.sms.send("Hello", program="148372", progress=False)
    ...         done.sms.resolve(as_="sent")["sms_status"].tolist()
    ['accepted']
    """
    faults: list[str] = []
    check_choice("as_", as_, ("sent", "not_sent"), faults)
    refuse(faults)
    return resolved(as_frame(frame, A_RESULT), which, as_=as_, path=journal_file(client))


@public
def reconcile(
    frame: AnyFrame,
    events: pd.DataFrame,
    *,
    phone: Hashable = "Mobile Number",
    source: Hashable = "Source",
    settled: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Settle unknown messages, row by row, by an export of the product's events.

    Export the events "Been Sent a Message From SMS Program" from the product and read the file. The
    source of each event names the run and batch that it belongs to, because ``send`` put it there.
    A recipient of an unknown batch who is found was texted; run the same send again for the others
    once they are settled. An export that contradicts what was sent is refused as a whole.
    Recipients addressed by lookup are never settled by an export, for it names phones: use
    :func:`resolve`.

    Parameters
    ----------
    frame : DataFrame
        Results.
    events : DataFrame
        The export; also of more sends than this one, in any order. Read it with ``dtype="string"``.
    phone : column label, default "Mobile Number"
        Its column of phone numbers, as they were sent to or as they are written in their country.
    source : column label, default "Source"
        Its column of sources; ``smsframe:{run}:{batch}`` is looked for anywhere in the text.
    settled : bool, default False
        True says that the export is complete: who is not in it was not texted, becomes ``rejected``
        and goes out when the same send is run again. An export that was made too early would have
        people texted twice; where it can be seen that it was, it is refused.
    client : Client, optional
        Whose journal this is written to. None: that of the client ``connect`` made last, else the
        usual one.

    Returns
    -------
    DataFrame
        The same rows, brought up to what is known now: ``accepted`` where an event was found, with
        ``resolved`` in ``sms_code``. Of rows that are not unknown only those are touched that were
        called not sent before and have an event.

    Warns
    -----
    UnknownOutcomeWarning
        Rows stay unknown: not in the export, or addressed by lookup, where a phone says nothing.

    Raises
    ------
    InputError
        Nothing was changed: the events lack a column; an event names a batch and a number of nobody
        in it, or none that can be read; or, with ``settled=True``, the export is not complete:
        nothing in it is of a send that the journal knows, an accepted batch has no event or less
        than half of the run's median share, nothing in it is of the run or later, or it has as many
        rows as a spreadsheet holds.
    JournalError
        The journal does not have these batches.
    CampaignBusyError
        This campaign is being sent now.

    Sources
    -------
    The names of the columns are those of the product's export. Matching sources is the only way to
    learn what became of a call whose answer was lost: no endpoint lists events.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         fault = sandbox.faults.add("drop_after", on=1)
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    ...         with warnings.catch_warnings(action="ignore"):
    ...             done = people.sms.send("Hello", program="148372", progress=False)
    ...         done.sms.reconcile(sandbox.events())["sms_status"].tolist()
    ['accepted']
    """
    faults: list[str] = []
    check_label("phone", phone, faults)
    check_label("source", source, faults)
    complete = check_bool("settled", settled, faults)
    refuse(faults)
    return reconciled(
        as_frame(frame, A_RESULT),
        events,
        phone=phone,
        source=source,
        settled=complete,
        path=journal_file(client),
    )

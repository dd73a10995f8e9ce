"""``results(run)``: an earlier run from the journal, be it of a frame or of files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from smsframe._base.tracebacks import public
from smsframe._base.validation import check_text, refuse
from smsframe._connect import journal_file
from smsframe._results import history
from smsframe._results.open_journal import existing_journal
from smsframe._stream.sent_files import files_of_run

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.journal_address import JournalArgument

__all__ = ["results"]


@public
def results(
    run: str,
    *,
    client: Client | None = None,
    journal: JournalArgument = None,
) -> pd.DataFrame:
    """Bring the results of an earlier run back from the journal, as they stand now.

    Parameters
    ----------
    run : str
        The run's id: from :func:`runs`, ``results.attrs["smsframe"]["run"]`` or ``sms_batch``.
    client : Client, optional
        Whose journal to look into. None: that of the client ``connect`` made last, else the usual
        one.
    journal : path or URL, optional
        Another journal.

    Returns
    -------
    DataFrame
        One row per row of the frame that was sent, in its order, on a RangeIndex: ``contact`` (the
        phone in E.164 form) or one column per field of the lookup, one column per tag with the
        value that was sent, then the ``sms_*`` columns as ``send`` gave them, with what was learned
        since (sent, not sent, resolved). Columns that were not sent are not kept. A row that was
        not sent has no values. Of a run from files it is a :class:`smsframe.SentFiles`, for its
        rows may not fit into memory; also where its files are gone.

    Raises
    ------
    JournalError
        There is no such run or journal, or the run's content was forgotten.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
    ...         done = people.sms.send("Hi %%Name%%", program="148372", progress=False)
    ...         smsframe.results(done.attrs["smsframe"]["run"])[["contact", "Name"]].values.tolist()
    [['+12015550123', 'Ann']]
    """
    faults: list[str] = []
    name = check_text("run", run, faults, need="the id of one run, as text", optional=False)
    refuse(faults)
    kept_in = journal_file(client, journal)
    with existing_journal(kept_in) as opened:
        run_id = opened.run(name or "").run_id
        place = opened.place(run_id)
        if place is None:
            return history.results_of(opened, run_id)
    found = files_of_run(run_id, json.loads(place), kept_in)
    return cast("pd.DataFrame", found)  # what all but runs from files are

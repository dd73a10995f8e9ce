"""``runs``: every run that a journal knows, one a row, with its rows counted as they stand now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe._base import result_columns
from smsframe._base.masking import mask_phone
from smsframe._base.result_columns import NUMBER
from smsframe._base.split_words import split_in_words
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_bool, refuse
from smsframe._connect import journal_file
from smsframe._journal import payloads
from smsframe._results.messages import remember
from smsframe._results.open_journal import reading_journal

if TYPE_CHECKING:
    from smsframe._acoustic.client import Client
    from smsframe._base.journal_address import JournalArgument
    from smsframe._journal.records import BatchRecord, RunRecord
    from smsframe._journal.store import Journal

LOOKED_AT = (
    "started_at", "campaign", "text", "rows", "accepted", "sent", "unknown", "ending", "who"
)  # fmt: skip
"""The columns of runs that fit beside one another on a screen."""
RUN_STATUSES = result_columns.STATUSES[1:]
NOT_ENDED = "not ended"
_COUNTS = ("earlier", *RUN_STATUSES)
_RUN_DTYPES: dict[str, str] = {
    "run": "string",
    "campaign": "string",
    "program": "string",
    "text": "string",
    "variants": "string",
    "rows": "Int64",
    **dict.fromkeys((*RUN_STATUSES, "earlier"), "Int64"),
    "batches": "Int64",
    "started_at": "datetime64[s, UTC]",
    "seconds": "Float64",
    "ending": "string",
    "lease_ends_at": "datetime64[s, UTC]",
    "who": "string",
}


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
        rows = [] if opened is None else _rows(opened)
    table = pd.DataFrame(rows, columns=list(_RUN_DTYPES))
    for name in ("started_at", "lease_ends_at"):
        table[name] = pd.to_datetime(table[name], unit="s", utc=True)
    table = table.astype(_RUN_DTYPES).set_index("run")
    return table if every else table[list(LOOKED_AT)]


def _rows(journal: Journal) -> list[dict[str, Any]]:
    """Return the lines of the table, the latest run first."""
    rows = [_row(journal, record.run_id) for record in reversed(journal.runs())]
    under_way = journal.runs_under_way()
    for row in rows:
        if row["ending"] == NOT_ENDED and (left_s := under_way.get(row["run"])) is not None:
            row["ending"], row["lease_ends_at"] = "sending", int(time.time() + left_s)
    return rows


def _row(journal: Journal, run_id: str) -> dict[str, Any]:
    """Return one line of the table of runs."""
    run, batches = journal.run(run_id), journal.batches(run_id)
    text = run.content if run.content is not None else f"[message {run.content_id}]"
    # A clock that was set back meanwhile makes no negative time.
    seconds = None if run.ended_at is None else round(max(run.ended_at - run.started_at, 0.0), 1)
    return {
        "run": run.run_id,
        "campaign": None if run.campaign is None else mask_phone(run.campaign),
        "program": run.program,
        "text": None if run.forgotten else mask_phone(text),
        "variants": split_in_words(run.variants) or None,
        "rows": run.rows,
        **_counts(journal, run, batches),
        "batches": len(batches),
        "started_at": int(run.started_at),
        "seconds": seconds,
        "ending": "forgotten" if run.forgotten else run.ending or NOT_ENDED,
        "lease_ends_at": None,
        "who": run.sender,
    }


def _counts(journal: Journal, run: RunRecord, batches: list[BatchRecord]) -> dict[str, int | None]:
    """Count the rows of a run by status; those that an earlier run had dealt with by themselves."""
    if run.forgotten or journal.place(run.run_id) is not None:
        counted = journal.counts(run.run_id)
        known = {**counted, "unknown": counted["unknown"] + counted["claimed"]}
        return {name: known.get(name) if name != "rejected" else None for name in _COUNTS}
    rest = payloads.unpack(run.rest)
    own = remember(journal, batches)
    status = np.full(run.rows, NUMBER["not_attempted"], dtype=np.int64)
    status[own.table["row"].to_numpy()] = own.status
    rows = rest["row"].to_numpy()
    decided = np.isin(status[rows], result_columns.ACCEPTED_NUMBERS)
    earlier = rest["batch"].is_valid().to_numpy()
    recorded = np.where(earlier, len(result_columns.STATUSES), rest["status"].to_numpy())
    status[rows[~decided]] = recorded[~decided]
    numbers = np.bincount(status, minlength=len(result_columns.STATUSES) + 1).tolist()
    return {**dict(zip(result_columns.STATUSES, numbers, strict=False)), "earlier": numbers[-1]}

"""``batches``: the calls behind results, one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.sentences import as_sentences
from smsframe._base.tracebacks import public
from smsframe._connect import journal_file
from smsframe._results.open_journal import reading_journal

if TYPE_CHECKING:
    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.journal_address import JournalArgument
    from smsframe._journal.records import BatchRecord
    from smsframe._journal.store import Journal

BATCH_DTYPES = {
    "batch": "string",
    "status": "string",
    "size": "Int64",
    "rows": "Int64",
    "http_status": "Int64",
    "response_id": "string",
    "location": "string",
    "source": "string",
    "attempts": "Int64",
    "seconds": "Float64",
    "code": "string",
    "error": "string",
    "sent_at": result_columns.TIME,
    "settled_at": result_columns.TIME,
    "refreshed_at": result_columns.TIME,
}


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
    frame = as_frame(frame, A_RESULT)
    rows = ResultRows.read(frame)
    ids = pd.Series(rows.batch.to_pandas(), dtype="string")
    here = {str(name): int(count) for name, count in ids.value_counts().items()}
    with reading_journal(journal_file(client, journal)) as opened:
        found = {} if opened is None else _found_batches(opened, frame, here)
    lines = [_line(record, here.get(name, 0)) for name, record in found.items()]
    firsts = ids[~ids.duplicated()]
    first = dict(zip(firsts.tolist(), firsts.index.tolist(), strict=True))
    lines += [
        _foreign_batch(rows, first[name], name, here[name]) for name in here if name not in found
    ]
    dtypes = dict(BATCH_DTYPES)
    if any(line.get("variant") for line in lines):
        dtypes["variant"] = "string"
    table = pd.DataFrame(lines, columns=list(dtypes))
    for name in ("sent_at", "settled_at", "refreshed_at"):
        table[name] = result_columns.moments(
            None if pd.isna(second) else second for second in table[name]
        )
    return table.astype(dtypes).sort_values("batch", ignore_index=True)


def _found_batches(
    journal: Journal, frame: pd.DataFrame, here: dict[str, int]
) -> dict[str, BatchRecord]:
    """Return the batches of the rows, and the refused calls of the run that left no row behind."""
    found = {record.batch_id: record for record in journal.find_batches(here)}
    if run := result_columns.run_of(frame):
        own = [record for record in journal.batches(run) if record.state == "rejected"]
        found |= {record.batch_id: record for record in own}
    return found


def _line(record: BatchRecord, rows: int) -> dict[str, Any]:
    """Return the line of a batch that the journal knows."""
    return {
        "batch": record.batch_id,
        "status": "unknown" if record.state == "claimed" else record.state,
        "size": record.size,
        "rows": rows,
        "http_status": record.http_status,
        "response_id": record.response_id,
        "location": record.location,
        "source": record.source,
        "attempts": record.attempts,
        "seconds": round(record.seconds, 3),
        "code": record.code or None,
        "error": str(as_sentences(record.message, record.fix)) or None,
        "sent_at": record.claimed_at,
        "settled_at": record.settled_at,
        "refreshed_at": record.refreshed_at,
        "variant": record.variant or None,
    }


def _foreign_batch(rows: ResultRows, first: int, name: str, count: int) -> dict[str, Any]:
    """Return the line of a batch of which only the rows are known, the first of them at a place."""
    number = int(rows.status[first])
    status = None if number < 0 else result_columns.STATUSES[number]
    return {
        "batch": name,
        "status": "accepted" if status in result_columns.ACCEPTED_STATUSES else status,
        "rows": count,
        "response_id": rows.response_id[first].as_py(),
    }

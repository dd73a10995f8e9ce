"""Messages of runs from files that are not settled, from the journal alone: their files are gone.

A message stands here as a row of results whose contact is a hash, as in
`smsframe._results.hashed_people`, so that whatever settles rows settles these too. Some batches are
read at a time, however many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe._base import result_columns
from smsframe._base.result_columns import STATUSES, Verdicts
from smsframe._journal.reasons import facts_of
from smsframe._results.messages import remember

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smsframe._journal.reader import JournalReader
    from smsframe._results.messages import Remembered

OUTCOME: Final = ["sms_status", "sms_code", "sms_segments"]
_BATCHES: Final = 256
"""How many batches are looked at at a time; some hundred thousand messages."""


def messages(journal: JournalReader, runs: Sequence[str]) -> Iterator[Remembered]:
    """Yield what the journal knows of the messages of runs, some batches at a time."""
    for run_id in runs:
        batches = journal.batches(run_id)
        for start in range(0, len(batches), _BATCHES):
            yield remember(journal, batches[start : start + _BATCHES])


def open_messages(
    journal: JournalReader, runs: Sequence[str], statuses: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """Yield the messages of runs that have one of some statuses, as results."""
    numbers = [result_columns.NUMBER[status] for status in statuses]
    for known in messages(journal, runs):
        rows = np.flatnonzero(np.isin(known.status, numbers))
        if len(rows):
            yield _results(known, rows)


def outcomes(journal: JournalReader, runs: Sequence[str]) -> Iterator[pa.Table]:
    """Yield status, code and segments of the messages of runs, as a file of results has them."""
    for known in messages(journal, runs):
        codes = np.array([*(code for code, _ in known.reasons), None], dtype=object)
        status = np.array(STATUSES, dtype=object)[known.status]
        columns = [pa.array(status), pa.array(codes[known.reason], pa.string())]
        yield pa.table([*columns, known.table["segments"].cast(pa.int32())], OUTCOME)


def _results(known: Remembered, rows: Any) -> pd.DataFrame:
    """Return messages as results."""
    at = pa.array(rows)
    verdicts = Verdicts(
        status=known.status[rows],
        reason=known.reason[rows],
        reasons=known.reasons,
        batch=known.batch[rows],
        batches=[facts_of(record) for record in known.batches],
        contact=known.keys.take(at),
        segments=known.table["segments"].to_numpy()[rows].astype(np.int16),
    )
    index = pd.DataFrame(index=pd.RangeIndex(len(rows)))
    return result_columns.results_frame(index, verdicts, run=None)

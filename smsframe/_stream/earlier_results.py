"""What a file of results said before it is written anew: an outcome that is known stays known.

What the status endpoint said is in the journal too, until `forget` drops it there. Then the file is
the only one that knows, and so it is asked before it is replaced. A message is found again by its
batch and its contact, wherever its row stands by now.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from smsframe._base.result_columns import NUMBER, STATUSES

if TYPE_CHECKING:
    from pathlib import Path

_KNOWN: Final = ("sent", "not_sent")
_TAKEN: Final = ("sms_code", "sms_error")
_READ: Final = ("sms_status", *_TAKEN, "sms_batch", "sms_contact")
_ROWS: Final = 65_536
_WORDS: Final = pa.array(STATUSES, pa.string())


class EarlierResults:
    """The rows of a file of results of which it was known whether they were sent."""

    def __init__(self, path: Path) -> None:
        found = []
        with contextlib.suppress(pa.ArrowException, OSError), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS, columns=list(_READ)):
                table = pa.Table.from_batches([batch])
                table = table.set_column(0, "sms_status", table["sms_status"].cast(pa.string()))
                known = table.filter(pc.is_in(table["sms_status"], value_set=pa.array(_KNOWN)))
                if known.num_rows:
                    found.append(known)
        self._known = pa.concat_tables(found) if found else None
        self._names = None if self._known is None else _named(self._known)

    def kept_in(self, results: pa.Table) -> pa.Table:
        """Return result columns in which what was known of accepted messages is known still."""
        if self._known is None:
            return results
        status = _column(results, "sms_status").indices.to_numpy(zero_copy_only=False).copy()
        at = pc.fill_null(pc.index_in(_named(results), value_set=self._names), -1)
        at = np.where(status == NUMBER["accepted"], at.to_numpy(zero_copy_only=False), -1)
        rows = at >= 0
        if not rows.any():
            return results
        where = pa.array(at, mask=~rows)
        said = self._known["sms_status"].take(where).combine_chunks()
        numbers = pc.index_in(said, value_set=_WORDS).to_numpy(zero_copy_only=False)
        status[rows] = numbers[rows]
        columns = {name: results[name] for name in results.column_names}
        columns["sms_status"] = pa.DictionaryArray.from_arrays(pa.array(status), _WORDS)
        for name in _TAKEN:
            known = self._known[name].take(where).combine_chunks()
            columns[name] = pc.if_else(pa.array(rows), known, _column(results, name))
        return pa.table(
            [columns[name].cast(results.schema.field(name).type) for name in results.column_names],
            results.schema,
        )


def _named(table: pa.Table) -> pa.Array:
    """Return what names each message: its batch and its contact; null for none."""
    batch, contact = (_column(table, name).cast(pa.string()) for name in _READ[-2:])
    return pc.binary_join_element_wise(batch, contact, "\x00")


def _column(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece."""
    column = table[name].combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

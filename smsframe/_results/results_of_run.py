"""``results``: an earlier run from the journal, when the process that made it is gone.

A row of a run is in one of its batches, or in the ``rest`` that was written down with the run: rows
that were not sent, with their reason, and rows that an earlier run had dealt with, with its batch.
Where both speak of a row (it was sent again on purpose, or halved out of a refused batch and then
not reached) the rest counts, unless the batch was accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.result_columns import NUMBER, Verdicts
from smsframe._base.split_words import HOLDOUT
from smsframe._journal import payloads
from smsframe._journal.reasons import facts_of
from smsframe._results.messages import Remembered, remember
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from smsframe._journal.records import RunRecord
    from smsframe._journal.store import Journal

NOT_REACHED = ("not_reached", "The run ended before this row. The same send goes on here.")


def results_of(journal: Journal, run_id: str) -> pd.DataFrame:
    """Return the results of a run as they stand now; see :func:`smsframe.results`."""
    run = journal.run(run_id)
    if run.forgotten or not run.rest:
        raise JournalError(
            f"What run {run_id} sent was forgotten (smsframe.journal.forget), so its rows cannot "
            "be brought back. What went out is still known and is not sent again.",
            run=run_id,
        )
    rest = payloads.unpack(run.rest)
    earlier = set(_plain(rest["batch"]).unique().drop_null().to_pylist())
    known = remember(journal, [*journal.batches(run_id), *journal.find_batches(earlier)])
    source = _sources(run, rest, known)
    verdicts = _verdicts(run, rest, known, source)
    columns = _sent_columns(known, source, verdicts)
    return result_columns.results_frame(columns, verdicts, run=run_id, split=run.variants)


def _sources(run: RunRecord, rest: pa.Table, known: Remembered) -> npt.NDArray[np.int64]:
    """Return the message that decides each row, -1 where none does."""
    source = np.full(run.rows, -1, dtype=np.int64)
    is_own = np.array([record.run_id == run.run_id for record in known.batches], dtype=bool)
    own = np.flatnonzero(is_own[known.batch])
    source[known.table["row"].to_numpy()[own]] = own  # a later batch overrides a refused one
    rows = rest["row"].to_numpy()
    earlier = known.find(_plain(rest["batch"]), _plain(rest["contact"]))
    accepted = np.isin(known.status, result_columns.ACCEPTED_NUMBERS)
    decided = np.append(accepted, False)[source[rows]]
    source[rows[~decided]] = earlier[~decided]
    return source


def _verdicts(
    run: RunRecord, rest: pa.Table, known: Remembered, source: npt.NDArray[np.int64]
) -> Verdicts:
    """Return what became of every row."""
    reasons = [*known.reasons, NOT_REACHED]
    rows = rest["row"].to_numpy()
    from_rest = source[rows] < 0
    unsent = rows[from_rest]
    pairs, numbers = _rest_reasons(rest.filter(pa.array(from_rest)))
    reason = np.append(known.reason, len(known.reasons))[source]
    reason[unsent] = np.where(numbers >= 0, numbers + len(reasons), -1)
    status = np.append(known.status, NUMBER["not_attempted"]).astype(np.uint8)[source]
    status[unsent] = rest["status"].to_numpy()[from_rest]
    batch = np.append(known.batch, -1).astype(np.int32)[source]
    named = rest["batch"].filter(pa.array(from_rest)).to_pylist()
    batch[unsent] = [known.numbers.get(name, -1) for name in named]
    pointers = _pointers(run, rest, known, source)
    counted = np.concatenate([known.table["segments"].to_numpy(), rest["segments"].to_numpy()])
    return Verdicts(
        status=status,
        reason=reason.astype(np.int32),
        reasons=[*reasons, *pairs],
        batch=batch,
        batches=[facts_of(record) for record in known.batches],
        contact=pa.concat_arrays([known.contact, _plain(rest["contact"])]).take(pointers),
        segments=np.append(counted, -1).astype(np.int16)[pointers.fill_null(-1).to_numpy()],
        **_variants(run, rest, known, source),
    )


def _variants(
    run: RunRecord, rest: pa.Table, known: Remembered, source: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Return which of several texts each row had, or would have; nothing where there was one."""
    if not run.variants:
        return {}
    own = [record.variant for record in known.batches]
    told = _plain(rest[payloads.VARIANT]) if payloads.VARIANT in rest.column_names else None
    arms, of_rows = payloads.arms(rest)
    listed = told.unique().to_pylist() if told is not None else ()
    names = {*own, *listed, *arms} - {"", None}
    order = sorted(names, key=lambda name: (name == HOLDOUT, name))
    by_batch = np.array([*(order.index(n) if n else -1 for n in own), -1], dtype=np.int32)
    of_message = np.append(by_batch[known.batch], -1)
    number = of_message[source].astype(np.int32)
    if told is not None:
        rows = rest["row"].to_numpy()
        coded = pc.index_in(told, value_set=pa.array(order, pa.string()))
        coded = pc.fill_null(coded, -1).to_numpy(zero_copy_only=False).astype(np.int32)
        unsent = source[rows] < 0
        number[rows[unsent]] = coded[unsent]
    if len(of_rows):  # rows that a killed run did not reach are in no batch, and not in the rest
        own_number = np.array([*map(order.index, arms), -1], dtype=np.int32)
        planned = own_number[np.where((of_rows >= 0) & (of_rows < len(arms)), of_rows, len(arms))]
        number = np.where(number < 0, planned, number).astype(np.int32)
    return {"variant": number, "variants": tuple(order)}


def _rest_reasons(rest: pa.Table) -> tuple[list[tuple[str, str]], npt.NDArray[np.int32]]:
    """Return the distinct reasons of the rest and the number of each row's, -1 for none."""
    codes = _plain(rest["code"]).fill_null("")
    errors = _plain(rest["error"]).fill_null("")
    joined = pc.binary_join_element_wise(codes, errors, "\x00").dictionary_encode()
    pairs = [tuple(text.split("\x00", 1)) for text in joined.dictionary.to_pylist()]
    numbers = joined.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    without = pc.is_null(rest["code"]).to_numpy()
    return pairs, np.where(without, -1, numbers).astype(np.int32)


def _pointers(
    run: RunRecord, rest: pa.Table, known: Remembered, source: npt.NDArray[np.int64]
) -> pa.Array:
    """Return where each row stands among the messages and, behind them, the rest; null: nowhere."""
    pointers = source.copy()
    rows = rest["row"].to_numpy()
    in_rest = np.full(run.rows, -1, dtype=np.int64)
    in_rest[rows] = np.arange(len(rows)) + len(known)
    nameless = pc.is_in(known.contact, value_set=pa.array(["", "="]))  # those of a run from files
    by_rest = np.append(nameless.to_numpy(zero_copy_only=False), True)[pointers] & (in_rest >= 0)
    pointers = np.where(by_rest | (pointers < 0), in_rest, pointers)
    return pa.array(pointers, mask=pointers < 0)


def _sent_columns(
    known: Remembered, source: npt.NDArray[np.int64], verdicts: Verdicts
) -> pd.DataFrame:
    """Return recipient and personalization as they were sent, one column each."""
    columns: dict[str, Any] = {}
    where = pa.array(source, mask=source < 0)
    tags = [n for n in known.table.column_names if n.startswith(payloads.VALUE)]
    fields = [n for n in known.table.column_names if n.startswith(payloads.LOOKUP)]
    taken = {name.removeprefix(payloads.VALUE) for name in tags}
    if not fields:
        numbers = pc.binary_join_element_wise("+", verdicts.contact, "")
        columns[_free("contact", taken)] = result_columns.strings(numbers)
    for prefix, names in ((payloads.LOOKUP, fields), (payloads.VALUE, tags)):
        for name in names:
            short = name.removeprefix(prefix)
            label = _free(short, taken) if prefix == payloads.LOOKUP else short
            columns[label] = result_columns.strings(_plain(known.table[name]).take(where))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(source)))


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no tag has."""
    return f"{name} (recipient)" if name in taken else name


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array of text."""
    return column.cast(pa.string()).combine_chunks()

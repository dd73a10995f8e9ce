"""``runs`` and ``results``: earlier runs from the journal, when the process that made them is gone.

A row of a run is in one of its batches, or in the ``rest`` that was written down with the run: rows
that were not sent, with their reason, and rows that an earlier run had dealt with, with its batch.
Where both speak of a row (it was sent again on purpose, or halved out of a refused batch and then
not reached) the rest counts, unless the batch was accepted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.masking import mask_phone
from smsframe._base.result_columns import NUMBER, Verdicts
from smsframe._base.split_words import HOLDOUT, split_in_words
from smsframe._journal import payloads
from smsframe._journal.reasons import facts_of
from smsframe._results.messages import Remembered, remember
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from smsframe._journal.store import Journal, RunRecord

NOT_REACHED = ("not_reached", "The run ended before this row. The same send goes on here.")
RUN_STATUSES = result_columns.STATUSES[1:]


def results_of(journal: Journal, run_id: str) -> pd.DataFrame:
    """Return the results of a run as they stand now; see :func:`smsframe.results`."""
    run = _run(journal, run_id)
    rest = payloads.unpack(run.rest)
    known = _messages(journal, run_id, rest)
    source = _sources(run, rest, known)
    verdicts = _verdicts(run, rest, known, source)
    columns = _sent_columns(known, source, verdicts)
    return result_columns.results_frame(columns, verdicts, run=run_id, split=run.variants)


def _run(journal: Journal, run_id: str) -> RunRecord:
    """Return a run that can be rebuilt."""
    run = journal.run(run_id)
    if run.forgotten or not run.rest:
        raise JournalError(
            f"What run {run_id} sent was forgotten (smsframe.journal.forget), so its rows cannot "
            "be brought back. What went out is still known and is not sent again.",
            run=run_id,
        )
    return run


def _messages(journal: Journal, run_id: str, rest: pa.Table) -> Remembered:
    """Read the run's own messages, then those of earlier runs that its rest points to."""
    earlier = set(_plain(rest["batch"]).unique().drop_null().to_pylist())
    own = journal.batches(run_id)
    return remember(journal, [*own, *journal.find_batches(earlier)])


def _sources(run: RunRecord, rest: pa.Table, known: Remembered) -> npt.NDArray[np.int64]:
    """Return the message that decides each row, -1 where none does."""
    source = np.full(run.rows, -1, dtype=np.int64)
    is_own = np.array([record.run_id == run.run_id for record in known.batches], dtype=bool)
    own = np.flatnonzero(is_own[known.batch])
    source[known.table["row"].to_numpy()[own]] = own  # a later batch overrides a refused one
    rows = rest["row"].to_numpy()
    earlier = known.find(_plain(rest["batch"]), _plain(rest["contact"]))
    decided = _is_accepted(known, source[rows])
    source[rows[~decided]] = earlier[~decided]
    return source


def _is_accepted(known: Remembered, source: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return where a row's message was accepted."""
    accepted = np.isin(
        known.status, [NUMBER[status] for status in result_columns.ACCEPTED_STATUSES]
    )
    return np.where(source >= 0, np.append(accepted, False)[source], False)


def _verdicts(
    run: RunRecord, rest: pa.Table, known: Remembered, source: npt.NDArray[np.int64]
) -> Verdicts:
    """Return what became of every row."""
    reasons = [*known.reasons, NOT_REACHED]
    unsent = rest["row"].to_numpy()[source[rest["row"].to_numpy()] < 0]
    from_rest = np.isin(rest["row"].to_numpy(), unsent)
    pairs, numbers = _rest_reasons(rest.filter(pa.array(from_rest)))
    reason = np.where(source >= 0, np.append(known.reason, len(known.reasons))[source], -1)
    reason[source < 0] = len(known.reasons)
    reason[unsent] = np.where(numbers >= 0, numbers + len(reasons), -1)
    status = np.append(known.status, NUMBER["not_attempted"]).astype(np.uint8)[source]
    status[unsent] = rest["status"].to_numpy()[from_rest]
    batch = np.append(known.batch, -1).astype(np.int32)[source]
    named = rest["batch"].filter(pa.array(from_rest)).to_pylist()
    batch[unsent] = [known.numbers.get(name, -1) for name in named]
    return Verdicts(
        status=status,
        reason=reason.astype(np.int32),
        reasons=[*reasons, *pairs],
        batch=batch,
        batches=[facts_of(record) for record in known.batches],
        contact=_contacts(run, rest, known, source),
        segments=_segments(run, rest, known, source),
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
    held_out = HOLDOUT in names
    order = [*sorted(names - {HOLDOUT}), *([HOLDOUT] if held_out else [])]
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


def _contacts(
    run: RunRecord, rest: pa.Table, known: Remembered, source: npt.NDArray[np.int64]
) -> pa.Array:
    """Return whom each row addresses."""
    everybody = pa.concat_arrays([known.contact, _plain(rest["contact"])])
    return everybody.take(_pointers(run, rest, known, source))


def _segments(
    run: RunRecord, rest: pa.Table, known: Remembered, source: npt.NDArray[np.int64]
) -> npt.NDArray[np.int16]:
    """Return the segments of each row's message, -1 where nothing is known."""
    counted = np.concatenate([known.table["segments"].to_numpy(), rest["segments"].to_numpy()])
    pointers = _pointers(run, rest, known, source).fill_null(-1).to_numpy(zero_copy_only=False)
    segments: npt.NDArray[np.int16] = np.append(counted, -1).astype(np.int16)[pointers]
    return segments


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
            values = known.table[name].combine_chunks().cast(pa.string())
            columns[label] = result_columns.strings(values.take(where))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(source)))


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no tag has."""
    return f"{name} (recipient)" if name in taken else name


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array of text."""
    return pa.concat_arrays([chunk.cast(pa.string()) for chunk in column.chunks] or [_NO_TEXTS])


_NO_TEXTS = pa.array([], pa.string())


def run_table(journal: Journal) -> pd.DataFrame:
    """Return every run of a journal, the latest first; see :func:`smsframe.runs`."""
    rows = [_run_row(journal, record.run_id) for record in reversed(journal.runs())]
    under_way = journal.runs_under_way()
    for row in rows:
        if row["ending"] == NOT_ENDED and (left_s := under_way.get(row["run"])) is not None:
            row["ending"], row["lease_ends_at"] = "sending", int(time.time() + left_s)
    return empty_runs() if not rows else _typed(pd.DataFrame(rows))


def empty_runs() -> pd.DataFrame:
    """Return the table of no runs."""
    names = [*_RUN_DTYPES]
    return _typed(pd.DataFrame({name: [] for name in names}))


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


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of runs with its dtypes, on the run's id."""
    for name in ("started_at", "lease_ends_at"):
        table[name] = pd.to_datetime(table[name], unit="s", utc=True)
    return table[list(_RUN_DTYPES)].astype(_RUN_DTYPES).set_index("run")


def _run_row(journal: Journal, run_id: str) -> dict[str, Any]:
    """Return one line of the table of runs."""
    run = journal.run(run_id)
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
        **_counts(journal, run),
        "batches": len(journal.batches(run_id)),
        "started_at": int(run.started_at),
        "seconds": seconds,
        "ending": "forgotten" if run.forgotten else run.ending or NOT_ENDED,
        "lease_ends_at": None,
        "who": "@".join(filter(None, [run.user, run.host])),
    }


def _counts(journal: Journal, run: RunRecord) -> dict[str, int | None]:
    """Count the rows of a run by status; those that an earlier run had dealt with by themselves."""
    if run.forgotten or journal.place(run.run_id) is not None:
        counted = journal.counts(run.run_id)
        known = {**counted, "unknown": counted["unknown"] + counted["claimed"]}
        return {name: known.get(name) if name != "rejected" else None for name in _COUNTS}
    rest = payloads.unpack(run.rest)
    own = remember(journal, journal.batches(run.run_id))
    status = np.full(run.rows, NUMBER["not_attempted"], dtype=np.int64)
    status[own.table["row"].to_numpy()] = own.status
    rows = rest["row"].to_numpy()
    decided = np.isin(status[rows], [NUMBER[name] for name in result_columns.ACCEPTED_STATUSES])
    earlier = rest["batch"].is_valid().to_numpy()
    recorded = np.where(earlier, len(result_columns.STATUSES), rest["status"].to_numpy())
    status[rows[~decided]] = recorded[~decided]
    numbers = np.bincount(status, minlength=len(result_columns.STATUSES) + 1).tolist()
    return {**dict(zip(result_columns.STATUSES, numbers, strict=False)), "earlier": numbers[-1]}

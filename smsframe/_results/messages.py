"""What the journal knows of messages: to whom, as which row, and what has become of each by now.

A batch, its recipients, later resolutions and what the status endpoint said are put together here
to one state per message. A message is found again by its batch and its contact, for no two contacts
of a batch are equal; rows may have been sorted, cut or joined meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.lazy import lazy
from smsframe._journal import payloads
from smsframe._journal.ledger import state_bytes
from smsframe._journal.reasons import known_reason
from smsframe._journal.records import ACCEPTED, REJECTED, STATE_NAMES, BatchRecord
from smsframe._results import status_answers
from smsframe._results.hashed_people import as_tokens, is_token, tokens_of
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from smsframe._journal.reader import JournalReader

Numbers = npt.NDArray[np.int32]

_NO_TEXTS = pa.array([], pa.string())
_NO_ROWS = pa.table({"row": pa.array([], pa.int32()), "segments": pa.array([], pa.int16())})


_AT_ONCE: Final = 256
"""How many batches are looked into at a time; some hundred thousand messages."""


@dataclass(frozen=True, kw_only=True)  # without slots, for the cached property
class Remembered:
    """All messages of some batches, as parallel arrays; ``batch`` numbers ``batches``.

    A message is found by its ``keys``: its contact or, of a run from files, its hash. Then it has
    no ``contact`` ("", or "=" for one that is addressed by lookup) until `with_contacts` gives it
    one; ``services`` are those of such batches, ``regions`` the countries that they went to.

    ``table`` has ``row``, ``segments`` and what was sent (``lookup:…``, ``value:…``). ``reason``
    numbers ``reasons``, -1 for none. Batches whose content was forgotten have no messages here.
    """

    batches: tuple[BatchRecord, ...]
    batch: Numbers
    offset: Numbers
    contact: pa.Array
    status: npt.NDArray[np.uint8]
    reason: Numbers
    reasons: list[tuple[str, str]]
    table: pa.Table
    keys: pa.Array
    services: dict[str, str] = field(default_factory=dict)
    regions: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def batch_ids(self) -> set[str]:
        """The batches whose messages these are."""
        return {self.batches[number].batch_id for number in np.unique(self.batch)}

    def of_run(self, run_id: str) -> list[BatchRecord]:
        """Return the batches of a run."""
        return [record for record in self.batches if record.run_id == run_id]

    def find(self, batch_ids: pa.Array, contacts: pa.Array) -> npt.NDArray[np.int64]:
        """Return the place of each message, -1 where it is not known.

        Some batches are looked into at a time, of those that are asked for: names of messages take
        more room than all else that is kept of them.
        """
        places = np.full(len(batch_ids), -1, dtype=np.int64)
        named = batch_ids.dictionary_encode()
        numbers = [self.numbers.get(name, -1) for name in named.dictionary.to_pylist()]
        which = pc.fill_null(named.indices, len(numbers)).to_numpy(zero_copy_only=False)
        batch = np.array([*numbers, -1], dtype=np.int64)[which]
        group = batch // _AT_ONCE
        order = np.argsort(group, kind="stable")
        ids = pa.array([record.batch_id for record in self.batches], pa.string())
        for number in np.unique(group[group >= 0]).tolist():
            rows = order[slice(*np.searchsorted(group[order], (number, number + 1)))]
            bounds = batch[rows].min(), batch[rows].max() + 1
            first, last = np.searchsorted(self.batch, bounds)
            ours = _joined(ids.take(pa.array(self.batch[first:last])), self.keys[first:last])
            named_by, asked = batch_ids.take(pa.array(rows)), contacts.take(pa.array(rows))
            if self.services:
                asked = as_tokens(named_by, asked, self.services)
            found = pc.index_in(_joined(named_by, asked), value_set=ours, skip_nulls=True)
            at = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
            places[rows] = np.append(np.arange(first, last), -1)[at]
        return places

    def places(self, number: int) -> npt.NDArray[np.int64]:
        """Return the places of the messages of a batch, in the order in which they were sent."""
        first, last = np.searchsorted(self.batch, (number, number + 1)).tolist()
        return np.arange(first, last, dtype=np.int64)

    @lazy
    def numbers(self) -> dict[str, int]:
        """The number of each batch by its id."""
        return {record.batch_id: number for number, record in enumerate(self.batches)}


def remember(
    journal: JournalReader, batches: Sequence[BatchRecord], wanted: Collection[str] | None = None
) -> Remembered:
    """Read the messages of batches, and what is known of each; ``wanted`` are some of their ids."""
    ids = [record.batch_id for record in batches] if wanted is None else wanted
    blobs = journal.payloads(ids)
    tables = {name: payloads.unpack(blob) for name, blob in blobs.items()}
    hashed = [name for name, table in tables.items() if payloads.is_hashed(table)]
    hashes = journal.recipients(hashed) if hashed else {}
    reasons: dict[tuple[str, str], int] = {}
    numbers = [number for number, record in enumerate(batches) if record.batch_id in tables]
    parts = [
        _messages(record, tables[record.batch_id], hashes.get(record.batch_id), reasons)
        for record in batches
        if record.batch_id in tables
    ]
    sizes = np.array([len(part.table) for part in parts], dtype=np.int64)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    known = Remembered(
        batches=tuple(batches),
        batch=np.repeat(np.array(numbers, dtype=np.int32), sizes),
        offset=(np.arange(len(starts)) - starts).astype(np.int32),
        contact=pa.concat_arrays([_NO_TEXTS, *(part.contact for part in parts)]),
        status=np.concatenate([np.empty(0, np.uint8), *(part.status for part in parts)]),
        reason=np.concatenate([np.empty(0, np.int32), *(part.reason for part in parts)]),
        reasons=list(reasons),
        table=pa.concat_tables(  # a column that one lacks is null there
            [_NO_ROWS, *(part.table for part in parts)], promote_options="default"
        ),
        keys=pa.concat_arrays([_NO_TEXTS, *(part.keys for part in parts)]),
    )
    return known if not hashed else replace(known, **_of_files(journal, batches, set(hashed)))


def _of_files(
    journal: JournalReader, batches: Sequence[BatchRecord], hashed: set[str]
) -> dict[str, Any]:
    """Return through which services hashed batches went, and to which countries."""
    run_of = {record.batch_id: record.run_id for record in batches if record.batch_id in hashed}
    runs = dict.fromkeys(run_of.values())
    service_of = {run_id: journal.run(run_id).service for run_id in runs}
    places = [json.loads(journal.place(run_id) or b"{}") for run_id in runs]
    regions = dict.fromkeys(name for place in places for name in place.get("countries", ()))
    services = {name: service_of[run_id] for name, run_id in run_of.items()}
    return {"services": services, "regions": tuple(regions)}


def with_contacts(known: Remembered, batch_ids: pa.Array, contacts: pa.Array) -> Remembered:
    """Give messages of which only hashes are kept the contacts that somebody knows."""
    if not known.services:
        return known
    at = known.find(batch_ids, contacts)
    there = np.flatnonzero((at >= 0) & ~is_token(contacts).to_numpy(zero_copy_only=False))
    return named_at(known, at[there], contacts.take(pa.array(there)))


def named_at(known: Remembered, places: npt.NDArray[np.int64], contacts: pa.Array) -> Remembered:
    """Give the messages at some places their contacts."""
    pointers = np.arange(len(known))
    pointers[places] = len(known) + np.arange(len(places))
    everybody = pa.concat_arrays([known.contact, contacts.cast(pa.string())])
    return replace(known, contact=everybody.take(pa.array(pointers)))


class _Messages(NamedTuple):
    """The messages of one batch."""

    table: pa.Table
    contact: pa.Array
    keys: pa.Array
    status: npt.NDArray[np.uint8]
    reason: Numbers


def _messages(
    record: BatchRecord, table: pa.Table, hashes: bytes | None, reasons: dict[tuple[str, str], int]
) -> _Messages:
    """Read the messages of one batch; what is said of them is numbered in ``reasons``."""
    if len(table) != record.size:
        raise JournalError(
            f"Batch {record.batch_id} has {len(table)} stored recipients where {record.size} "
            "were sent; the journal is damaged.",
            batch=record.batch_id,
        )
    status, reason = _settled(record, reasons)
    if record.statuses is not None:
        _overlay(record, status, reason, reasons)
    if hashes is None:
        contact = payloads.recipients(table)
        return _Messages(table, contact, contact, status, reason)
    by_lookup = payloads.HASHES in table.column_names
    numbers = np.frombuffer(hashes, np.uint64)
    if by_lookup:
        numbers = table[payloads.HASHES].to_numpy()
    keys = tokens_of(numbers, by_lookup=by_lookup)
    contact = pa.array(["=" if by_lookup else ""] * len(table), pa.string())
    return _Messages(table.select(["row", "segments"]), contact, keys, status, reason)


def _settled(
    record: BatchRecord, reasons: dict[tuple[str, str], int]
) -> tuple[npt.NDArray[np.uint8], Numbers]:
    """Return status and reason of each message by what the journal settled."""
    states = states_of(record)
    status = np.full(record.size, result_columns.NUMBER["unknown"], dtype=np.uint8)
    reason = np.full(record.size, -1, dtype=np.int32)
    for state in np.unique(states).tolist():
        here = states == state
        if state in (ACCEPTED, REJECTED):
            status[here] = result_columns.NUMBER[STATE_NAMES[state]]
        if (told := known_reason(record, state)) is not None:
            reason[here] = reasons.setdefault(told, len(reasons))
    return status, reason


def _overlay(
    record: BatchRecord,
    status: npt.NDArray[np.uint8],
    reason: Numbers,
    reasons: dict[tuple[str, str], int],
) -> None:
    """Put what the status endpoint said over what was accepted."""
    said = status_answers.unpack(record.statuses or b"", record.size)
    accepted = status == result_columns.NUMBER["accepted"]
    sent = accepted & (said.sent == status_answers.SENT)
    unsent = accepted & (said.sent == status_answers.NOT_SENT)
    status[sent], reason[sent] = result_columns.NUMBER["sent"], -1
    status[unsent] = result_columns.NUMBER["not_sent"]
    told = map(status_answers.reason_of, said.messages)
    numbers = [reasons.setdefault(each, len(reasons)) for each in told]
    reason[unsent] = np.array([*numbers, -1], dtype=np.int32)[said.message[unsent]]


def states_of(record: BatchRecord) -> npt.NDArray[np.uint8]:
    """Return the state of each message of a batch, one byte each."""
    return state_bytes(record.state, record.size, record.states).copy()


def _joined(batch_ids: pa.Array, contacts: pa.Array) -> pa.Array:
    """Return batch and contact as one text."""
    return pc.binary_join_element_wise(batch_ids, contacts, "\x00")


def runs_of(batch_ids: Iterable[str]) -> list[str]:
    """Return the runs of batches, each once."""
    return list(dict.fromkeys(name.rpartition(":")[0] for name in batch_ids))

"""What the journal knows of messages: to whom, as which row, and what has become of each by now.

A batch, its recipients, later resolutions and what the status endpoint said are put together here
to one state per message. A message is found again by its batch and its contact, for no two contacts
of a batch are equal; rows may have been sorted, cut or joined meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

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
    from collections.abc import Sequence

    from smsframe._journal.reader import JournalReader

Numbers = npt.NDArray[np.int32]


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

    def find(self, batch_ids: pa.Array, contacts: pa.Array) -> npt.NDArray[np.int64]:
        """Return the place of each message, -1 where it is not known.

        Of all that is remembered, the batches that are asked for are looked into, and no others.
        """
        asked = [self.numbers.get(name, -1) for name in batch_ids.unique().to_pylist()]
        where = np.flatnonzero(np.isin(self.batch, asked))
        ids = pa.array([record.batch_id for record in self.batches], pa.string())
        ours = _joined(ids.take(pa.array(self.batch[where])), self.keys.take(pa.array(where)))
        if self.services:
            contacts = as_tokens(batch_ids, contacts, self.services)
        found = pc.index_in(_joined(batch_ids, contacts), value_set=ours, skip_nulls=True)
        at = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
        places: npt.NDArray[np.int64] = np.append(where, -1)[at]
        return places

    def places(self, number: int) -> npt.NDArray[np.int64]:
        """Return the places of the messages of a batch, in the order in which they were sent."""
        first, last = np.searchsorted(self.batch, (number, number + 1)).tolist()
        return np.arange(first, last, dtype=np.int64)

    @lazy
    def numbers(self) -> dict[str, int]:
        """The number of each batch by its id."""
        return {record.batch_id: number for number, record in enumerate(self.batches)}


def remember(journal: JournalReader, batches: Sequence[BatchRecord]) -> Remembered:
    """Read the messages of batches, and what is known of each."""
    blobs = journal.payloads([record.batch_id for record in batches])
    tables = {name: payloads.unpack(blob) for name, blob in blobs.items()}
    hashed = [name for name, table in tables.items() if payloads.is_hashed(table)]
    hashes = journal.recipients(hashed) if hashed else {}
    collected = _Collected()
    for number, record in enumerate(batches):
        table = tables.get(record.batch_id)
        if table is not None:
            collected.add(number, record, table, hashes.get(record.batch_id))
    known = collected.remembered(tuple(batches))
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
    pointers = np.arange(len(known))
    pointers[at[there]] = len(known) + there
    everybody = pa.concat_arrays([known.contact, contacts.cast(pa.string())])
    return replace(known, contact=everybody.take(pa.array(pointers)))


class _Collected:
    """Batches on their way into arrays."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []
        self.contacts: list[pa.Array] = []
        self.keys: list[pa.Array] = []
        self.sizes: list[int] = []
        self.numbers: list[int] = []
        self.status: list[npt.NDArray[np.uint8]] = []
        self.reason: list[Numbers] = []
        self.reasons: dict[tuple[str, str], int] = {}

    def add(self, number: int, record: BatchRecord, table: pa.Table, hashes: bytes | None) -> None:
        """Add the messages of one batch."""
        if len(table) != record.size:
            raise JournalError(
                f"Batch {record.batch_id} has {len(table)} stored recipients where {record.size} "
                "were sent; the journal is damaged.",
                batch=record.batch_id,
            )
        status, reason = self._states(record)
        if record.statuses is not None:
            self._overlay(record, status, reason)
        if hashes is None:
            self.contacts.append(payloads.recipients(table))
            self.keys.append(self.contacts[-1])
        else:
            table = self._add_hashed(table, hashes)
        self.tables.append(table)
        self.sizes.append(len(table))
        self.numbers.append(number)
        self.status.append(status)
        self.reason.append(reason)

    def _add_hashed(self, table: pa.Table, hashes: bytes) -> pa.Table:
        """Add the recipients of a batch that are kept as hashes; return the rest of its table."""
        by_lookup = payloads.HASHES in table.column_names
        numbers = np.frombuffer(hashes, np.uint64)
        if by_lookup:
            numbers = table[payloads.HASHES].to_numpy()
        self.keys.append(tokens_of(numbers, by_lookup=by_lookup))
        self.contacts.append(pa.array(["=" if by_lookup else ""] * len(table), pa.string()))
        return table.select(["row", "segments"])

    def _states(self, record: BatchRecord) -> tuple[npt.NDArray[np.uint8], Numbers]:
        """Return status and reason of each message by what the journal settled."""
        states = states_of(record)
        status = np.full(record.size, result_columns.NUMBER["unknown"], dtype=np.uint8)
        reason = np.full(record.size, -1, dtype=np.int32)
        for state in np.unique(states).tolist():
            here = states == state
            if state in (ACCEPTED, REJECTED):
                status[here] = result_columns.NUMBER[STATE_NAMES[state]]
            reason[here] = self._number(known_reason(record, state))
        return status, reason

    def _overlay(self, record: BatchRecord, status: npt.NDArray[np.uint8], reason: Numbers) -> None:
        """Put what the status endpoint said over what was accepted."""
        said = status_answers.unpack(record.statuses or b"", record.size)
        sent = (said.sent == status_answers.SENT) & (status == result_columns.NUMBER["accepted"])
        unsent = (said.sent == status_answers.NOT_SENT) & (
            status == result_columns.NUMBER["accepted"]
        )
        status[sent] = result_columns.NUMBER["sent"]
        reason[sent] = -1
        status[unsent] = result_columns.NUMBER["not_sent"]
        numbers = [self._number(status_answers.reason_of(message)) for message in said.messages]
        reason[unsent] = np.array([*numbers, -1], dtype=np.int32)[said.message[unsent]]

    def _number(self, reason: tuple[str, str] | None) -> int:
        """Return the number of a reason, the same for equal ones; -1 for none."""
        return -1 if reason is None else self.reasons.setdefault(reason, len(self.reasons))

    def remembered(self, batches: tuple[BatchRecord, ...]) -> Remembered:
        """Return everything as arrays."""
        sizes = np.array(self.sizes, dtype=np.int64)
        total = int(sizes.sum())
        starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
        return Remembered(
            batches=batches,
            batch=np.repeat(np.array(self.numbers, dtype=np.int32), sizes),
            offset=(np.arange(total) - starts).astype(np.int32),
            contact=pa.concat_arrays(self.contacts or [pa.array([], pa.string())]),
            status=np.concatenate([np.empty(0, np.uint8), *self.status]),
            reason=np.concatenate([np.empty(0, np.int32), *self.reason]),
            reasons=list(self.reasons),
            table=_stacked(self.tables),
            keys=pa.concat_arrays(self.keys or [pa.array([], pa.string())]),
        )


def states_of(record: BatchRecord) -> npt.NDArray[np.uint8]:
    """Return the state of each message of a batch, one byte each."""
    return state_bytes(record.state, record.size, record.states).copy()


def _joined(batch_ids: pa.Array, contacts: pa.Array) -> pa.Array:
    """Return batch and contact as one text."""
    return pc.binary_join_element_wise(batch_ids, contacts, "\x00")


def _stacked(tables: list[pa.Table]) -> pa.Table:
    """Return tables one below the other; a column that one lacks is null there."""
    if not tables:
        empty: dict[str, Any] = {
            "row": pa.array([], pa.int32()),
            "segments": pa.array([], pa.int16()),
        }
        return pa.table(empty)
    same = all(table.schema.equals(tables[0].schema) for table in tables)
    if same:
        return pa.concat_tables(tables)
    return pa.concat_tables(tables, promote_options="default")

"""What the journal keeps as opaque bytes: the recipients of a batch, and the rows that are in none.

Both are Arrow IPC streams, compressed: written in a quarter of a millisecond for a thousand
recipients, read back by any Arrow library in ten years. Together they rebuild a run's results after
the process that made it is gone.

Behind each stream, where Arrow does not look, stands a checksum: what an export is held against
decides who is texted again, and a byte that a disk has changed must not be taken for a recipient.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from smsframe._base.sentences import packed, remember, unpacked
from smsframe.errors import JournalError

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._base.recipients import Slice
    from smsframe._base.result_columns import Verdicts

_END_BYTES = 4
VARIANT = "variant"
ARMS, ARM_NAMES = "arms of all rows", "names of arms"
ID, LOOKUP, VALUE, PARTS = "id", "lookup:", "value:", "parts of sentences"
FILE, HASHES = "file", "hash"

# zstd makes digits half as long as lz4 does, for 0.05 ms more a thousand recipients: so many bytes
# less are synced, and sent to a team's database. Without threads: handing over takes longer.
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)


def pack_recipients(batch: Slice) -> bytes:
    """Return the recipients of a batch as bytes."""
    columns: dict[str, Any] = {
        "row": pa.array(batch.rows.astype(np.int32)),
        "segments": pa.array(batch.segments),
    }
    if batch.contact_ids is not None:
        columns[ID] = batch.contact_ids
    columns |= {LOOKUP + name: column for name, column in batch.lookups.items()}
    columns |= {VALUE + tag: column for tag, column in batch.personalization.items()}
    return _pack(columns)


def pack_places(
    files: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int32],
    segments: npt.NDArray[np.int16],
    lookups: npt.NDArray[np.uint64] | None,
) -> bytes:
    """Return where the rows of a batch stand in files, and nothing of whom they go to, as bytes.

    ``lookups`` are hashes of recipients that are addressed by lookup; those of numbers are kept
    with the keys.
    """
    columns: dict[str, Any] = {FILE: pa.array(files), "row": pa.array(rows)}
    columns["segments"] = pa.array(segments)
    if lookups is not None:
        columns[HASHES] = pa.array(lookups)
    return _pack(columns)


def pack_rest(verdicts: Verdicts, rows: Positions) -> bytes:
    """Return what became of the rows that are in no batch of the run as bytes."""
    where = pa.array(rows)
    texts = [(code, error) for code, error in verdicts.reasons]
    reason = pa.array(verdicts.reason[rows], mask=verdicts.reason[rows] < 0)
    batch = pa.array(verdicts.batch[rows], mask=verdicts.batch[rows] < 0)
    batch_ids = pa.array([facts.batch_id for facts in verdicts.batches], pa.string())
    variant: dict[str, Any] = {}
    if verdicts.variant is not None:
        number = verdicts.variant[rows]
        known = (number >= 0) & (number < len(verdicts.variants))
        names = list(verdicts.variants)
        variant[VARIANT] = _coded(pa.array(number, mask=~known), names)
    return _pack(
        {
            "row": pa.array(rows.astype(np.int32)),
            "status": pa.array(verdicts.status[rows]),
            "code": _coded(reason, [code for code, _ in texts]),
            "error": _coded(reason, [error for _, error in texts]),
            "batch": pa.DictionaryArray.from_arrays(batch, batch_ids),
            "contact": verdicts.contact.take(where),
            "segments": pa.array(verdicts.segments[rows]),
            **variant,
        },
        parts=packed(error for _, error in texts),
        arms=_packed_arms(verdicts),
    )


def _packed_arms(verdicts: Verdicts) -> dict[str, bytes]:
    """Return which of several texts every row has, those that are sent included.

    A run that is killed has rows in no batch; which arm they are in is known here alone.
    """
    if verdicts.variant is None:
        return {}
    numbers = zlib.compress(verdicts.variant.astype("<i2").tobytes(), 1)
    return {ARMS: numbers, ARM_NAMES: json.dumps(list(verdicts.variants)).encode()}


def arms(rest: pa.Table) -> tuple[list[str], npt.NDArray[np.int16]]:
    """Return the names of the texts and the number of each row's; of an older run, nothing."""
    metadata = rest.schema.metadata or {}
    if ARMS.encode() not in metadata:
        return [], np.empty(0, np.int16)
    try:
        numbers = np.frombuffer(zlib.decompress(metadata[ARMS.encode()]), "<i2")
        names: list[str] = json.loads(metadata[ARM_NAMES.encode()])
    except (KeyError, ValueError, zlib.error) as error:
        raise JournalError("A stored run cannot be read; the journal is damaged.") from error
    return names, numbers.astype(np.int16)


def pack_statuses(sent: npt.NDArray[np.uint8], messages: pa.Array) -> bytes:
    """Return what the status endpoint said of each message of a batch as bytes."""
    return _pack({"sent": pa.array(sent), "message": messages.dictionary_encode()})


def recipients(table: pa.Table) -> pa.Array:
    """Return whom each message of unpacked batches addresses, as one text, as a plan does."""
    if ID in table.column_names:
        return table[ID].combine_chunks()
    named = [name for name in table.column_names if name.startswith(LOOKUP)]
    parts = [
        pc.binary_join_element_wise(pa.scalar(name.removeprefix(LOOKUP)), table[name], "=")
        for name in named
    ]
    return pc.binary_join_element_wise(*parts, " ").combine_chunks()


def is_hashed(table: pa.Table) -> bool:
    """Tell whether unpacked batches are of a run from files: their recipients are hashes alone."""
    return FILE in table.column_names


def unpack(blob: bytes) -> pa.Table:
    """Return packed rows as a table; JournalError when the bytes are not those that were packed."""
    stream, end = blob[:-_END_BYTES], blob[-_END_BYTES:]
    try:
        if end != _end_of(stream):
            raise pa.ArrowInvalid("checksum")
        table = pa.ipc.open_stream(stream).read_all()
    except (pa.ArrowException, OSError) as error:  # OSError: cut short, or not what was compressed
        raise JournalError("A stored batch cannot be read; the journal is damaged.") from error
    remember(unpacked((table.schema.metadata or {}).get(PARTS.encode(), b"").decode()))
    return table


def _coded(numbers: pa.Array, texts: list[str]) -> pa.Array:
    """Return texts by number, each kept once."""
    return pa.DictionaryArray.from_arrays(numbers, pa.array(texts, pa.string()))


def _pack(
    columns: dict[str, Any], *, parts: str = "", arms: dict[str, bytes] | None = None
) -> bytes:
    """Return columns as a compressed Arrow stream, with the parts of the sentences in them."""
    beside = {**({PARTS: parts} if parts else {}), **(arms or {})}
    batch = pa.RecordBatch.from_pydict(columns, metadata=beside or None)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=_OPTIONS) as writer:
        writer.write_batch(batch)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream + _end_of(stream)


def _end_of(stream: bytes) -> bytes:
    """Return the checksum of a stream as it stands behind it."""
    return zlib.crc32(stream).to_bytes(_END_BYTES, "little")

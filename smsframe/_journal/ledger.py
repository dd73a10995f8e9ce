"""The messages of a scope, picked out of its batches as they are read.

A campaign may have ten million messages in the journal while a send asks for a thousand, so batches
are read one after the other and only what is asked for is kept. They are looked through a million
messages at a time: a hash table of what is wanted is made for each look.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._journal.records import HASH_BYTES, KEY_BYTES, STATE_NAMES, BatchRecord, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

AT_ONCE: Final = 1 << 20
_STATE_BYTES: Final = {name: byte for byte, name in enumerate(STATE_NAMES)}


class _Sized(Protocol):
    """A batch that was read, of whatever the journal keeps of it."""

    @property
    def size(self) -> int:
        """Number of its messages."""
        ...


AnyBatch = TypeVar("AnyBatch", bound=_Sized)


@dataclass(frozen=True, slots=True)
class BatchHashes:
    """What the journal keeps of the messages of a batch, as it was read."""

    number: int
    batch_id: str
    size: int
    state: str
    states: bytes | None
    checksum: int | None
    keys: bytes | None
    recipients_checksum: int | None = None
    recipients: bytes | None = None

    def is_whole(self) -> bool:
        """Tell whether everything is what was written."""
        recipients, of_recipients = self.recipients, self.recipients_checksum
        return (
            is_as_written(self.keys, KEY_BYTES * self.size, self.checksum)
            and (
                recipients is None
                or is_as_written(recipients, HASH_BYTES * self.size, of_recipients)
            )
            and self.state in STATE_NAMES
            and (self.states is None or len(self.states) == self.size)
        )


def is_as_written(read: bytes | None, length: int, checksum: int | None) -> bool:
    """Tell whether bytes are there, as many as were written, and the same."""
    return read is not None and len(read) == length and zlib.crc32(read) == checksum


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages are asked for: by key, by recipient, or all when ``keys`` is None."""

    keys: bytes | None = None
    recipients: npt.NDArray[np.uint64] | None = None

    def among(
        self, keys: npt.NDArray[np.void], recipients: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.int64]:
        """Return where the messages stand that are asked for."""
        if self.keys is None:
            return np.arange(len(keys))
        # Half of a key is compared faster than the whole, and the whole only where the half fits.
        halves = np.frombuffer(self.keys, np.uint64)[::2]
        found = _is_in(keys.view(np.uint64)[::2], halves)
        if self.recipients is not None:
            found |= _is_in(recipients, self.recipients)
        return np.flatnonzero(found)


def _is_in(values: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return which values are among those wanted."""
    wanted_set = pa.array(np.ascontiguousarray(wanted))
    found = pc.is_in(pa.array(np.ascontiguousarray(values)), value_set=wanted_set)
    mask: npt.NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return mask


_NOTHING: Final = tuple(np.empty(0, kind) for kind in (f"V{KEY_BYTES}", "u1", "i4", "i4", "u8"))


@dataclass(slots=True)
class Collected:
    """Messages that were picked out: keys, states, batches, offsets and recipients of each look."""

    numbers: list[int] = field(default_factory=list)
    _looks: list[tuple[npt.NDArray[Any], ...]] = field(default_factory=lambda: [_NOTHING])

    def add(self, batches: list[BatchHashes], wanted: Wanted) -> None:
        """Pick what is wanted out of some batches."""
        sizes = np.array([batch.size for batch in batches], dtype=np.int64)
        keys = np.frombuffer(b"".join(b.keys or b"" for b in batches), f"V{KEY_BYTES}")
        hashes = b"".join(b.recipients or bytes(HASH_BYTES * b.size) for b in batches)
        recipients = np.frombuffer(hashes, np.uint64)
        rows = wanted.among(keys, recipients)
        batch = np.repeat(np.arange(len(batches)), sizes)[rows]
        used, numbers = np.unique(batch, return_inverse=True)
        members = [batches[place] for place in used.tolist()]
        states = [state_bytes(batch.state, batch.size, batch.states) for batch in members]
        starts = (np.cumsum(sizes) - sizes)[batch]
        offset = (rows - starts).astype(np.int32)
        at = np.append(0, np.cumsum(sizes[used]))[numbers] + offset
        state = np.concatenate([np.empty(0, np.uint8), *states])[at]
        place = (numbers + len(self.numbers)).astype(np.int32)
        self._looks.append((keys[rows], state, place, offset, recipients[rows]))
        self.numbers += [batch.number for batch in members]

    def ledger(self, records: tuple[BatchRecord, ...]) -> Ledger:
        """Return what was picked out, with the records of its batches."""
        keys, state, batch, offset, recipients = map(np.concatenate, zip(*self._looks, strict=True))
        return Ledger(
            keys=keys,
            state=state,
            batch=batch,
            offset=offset,
            recipients=recipients,
            batches=records,
        )


def collect(batches: Iterable[BatchHashes], wanted: Wanted) -> Collected:
    """Pick what is wanted out of the batches of a scope, which are read as they come."""
    found = Collected()
    for portion in in_portions(batches):
        found.add(portion, wanted)
    return found


def in_portions(batches: Iterable[AnyBatch]) -> Iterator[list[AnyBatch]]:
    """Yield batches, as they come, in portions that are looked through at once."""
    portion: list[AnyBatch] = []
    messages = 0
    for batch in batches:
        portion.append(batch)
        messages += batch.size
        if messages >= AT_ONCE:
            yield portion
            portion, messages = [], 0
    if portion:
        yield portion


def state_bytes(state: str, size: int, states: bytes | None) -> npt.NDArray[np.uint8]:
    """Return one byte per message of a batch: those kept, else the state of the whole."""
    if states is not None:
        return np.frombuffer(states, np.uint8)
    return np.full(size, _STATE_BYTES[state], dtype=np.uint8)


def count_states(batches: Iterable[tuple[str, int, bytes | None]]) -> dict[str, int]:
    """Count messages by state: claimed, accepted, rejected, unknown."""
    totals: Any = np.zeros(len(STATE_NAMES), dtype=np.int64)
    for state, size, states in batches:
        if states is None:
            totals[_STATE_BYTES[state]] += size
        else:
            totals += np.bincount(np.frombuffer(states, np.uint8), minlength=len(totals))
    return dict(zip(STATE_NAMES, totals.tolist(), strict=True))

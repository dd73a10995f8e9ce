"""The UTF-8 bytes of an Arrow column of texts, as they lie in memory.

An Arrow column is one run of bytes and the places where each text begins. A look at the whole run
at once answers in microseconds what a kernel that goes from text to text takes a hundred times as
long for: is there any byte that needs care? Every separator, quote and control character looked for
here is ASCII, and no part of another character in UTF-8 is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FEW: Final = 4
_LARGEST_STRING_ARRAY_BYTES: Final = 2**31 - 1


def offsets_of(texts: pa.Array) -> npt.NDArray[np.signedinteger[Any]]:
    """Return where each text begins in the bytes of its array, and where the last one ends."""
    buffer = texts.buffers()[1]
    if buffer is None or not len(texts):
        return np.zeros(1, np.int32)
    width: type[np.signedinteger[Any]] = np.int32
    if pa.types.is_large_string(texts.type):
        width = np.int64
    offsets: npt.NDArray[np.signedinteger[Any]] = np.frombuffer(buffer, width)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def are_neighbours(numbers: Positions) -> bool:
    """Whether numbers follow each other without a gap, as most batches' rows do; none do not."""
    size = len(numbers)
    if not size or int(numbers[-1]) - int(numbers[0]) != size - 1:
        return False
    return bool(np.logical_and.reduce(numbers[1:] > numbers[:-1]))


def bytes_of(texts: pa.Array) -> bytes:
    """Return the bytes of all texts, one after the other."""
    offsets, data = offsets_of(texts), texts.buffers()[2]
    start, stop = int(offsets[0]), int(offsets[-1])
    return data.slice(start, stop - start).to_pybytes() if data is not None else b""


def holds_any(texts: pa.Array, characters: bytes) -> bool:
    """Tell whether some text holds one of these ASCII characters."""
    raw = bytes_of(texts)
    if len(characters) <= _FEW:  # each is found much faster than all are translated
        return any(character in raw for character in characters)
    return len(raw.translate(None, characters)) != len(raw)


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type is text, or nothing at all."""
    types = pa.types
    is_view = getattr(types, "is_string_view", types.is_null)  # pyarrow 15 has none
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or is_view(kind) or types.is_null(kind)
    )


def strings(array: pa.Array) -> pa.Array:
    """Cast to strings; to large ones only where their bytes need it."""
    if pa.types.is_large_string(array.type) and array.nbytes > _LARGEST_STRING_ARRAY_BYTES:
        return array
    return array.cast(pa.string())

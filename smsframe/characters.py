"""The characters of whole columns of texts: how many, of which class, and which ones.

Everything that has to look at every character of a column is here, in numpy over the UTF-8 bytes that
Arrow keeps. Two decisions govern the speed. Bytes that are all plain ASCII, as most columns are, are
recognised by one pass over them and need no look at single characters. Work goes in slices of about a
megabyte, which fit the processor's cache and bound the memory, whatever the length of the column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa

from smsframe.gsm7 import GSM7_BASIC, GSM7_EXTENDED

if TYPE_CHECKING:
    from collections.abc import Iterator

Bools: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
Bytes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint8]]
Codes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint32]]
Ints: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int32]]
Longs: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

SLICE_ROWS: Final = 1 << 16
SLICE_BYTES: Final = 1 << 20
PLAIN, EXTENDED, FOREIGN, ASTRAL = 0, 1, 2, 3

_BEYOND_BASIC_PLANE: Final = 0x10000
_CONTINUATION_MASK, _CONTINUATION = 0xC0, 0x80  # UTF-8 bytes 10xxxxxx begin no character
_CODE_POINT_BITS: Final = 21


def _class_table() -> Bytes:
    """Give every code point of the basic plane its class, and one entry to all beyond it."""
    table = np.full(_BEYOND_BASIC_PLANE + 1, FOREIGN, dtype=np.uint8)
    table[[ord(character) for character in GSM7_BASIC]] = PLAIN
    table[[ord(character) for character in GSM7_EXTENDED]] = EXTENDED
    table[_BEYOND_BASIC_PLANE] = ASTRAL
    return table


_CLASS_OF_CODE: Final = _class_table()
_CLASS_OF_BYTE: Final = bytes(_CLASS_OF_CODE[:128]) + bytes([PLAIN]) * 128
_PLAIN_BYTES: Final = bytes(byte for byte in range(128) if _CLASS_OF_BYTE[byte] == PLAIN)


@dataclass(frozen=True, slots=True)
class Profile:
    """Per text: its characters, and how many of them are of which class. Adds up over pieces."""

    characters: Ints
    extended: Ints
    foreign: Ints
    astral: Ints

    def plus(self, other: Profile, times: int = 1) -> Profile:
        """Add another profile, row by row."""
        return Profile(
            self.characters + times * other.characters,
            self.extended + times * other.extended,
            self.foreign + times * other.foreign,
            self.astral + times * other.astral,
        )


def profile(texts: pa.Array) -> Profile:
    """Count the characters of each text, in all and per class.

    Parameters
    ----------
    texts : pyarrow.Array or pyarrow.ChunkedArray
        Strings; null counts as the empty text.
    """
    texts = plain_strings(texts)
    pieces = [_profile_slice(texts.slice(start, stop - start)) for start, stop in row_slices(texts)]
    if len(pieces) == 1:
        return pieces[0]
    columns = zip(*((p.characters, p.extended, p.foreign, p.astral) for p in pieces), strict=True)
    return Profile(*(np.concatenate(column) for column in columns))


def foreign_characters(texts: pa.Array) -> dict[str, int]:
    """Count, for each character outside GSM-7, the texts that hold it."""
    texts, counts = plain_strings(texts), dict[str, int]()
    for start, stop in row_slices(texts):
        codes, bounds = code_points(texts.slice(start, stop - start))
        places = np.flatnonzero(classes(codes) >= FOREIGN)
        rows = np.searchsorted(bounds, places, side="right").astype(np.int64)
        seen = np.unique((rows << _CODE_POINT_BITS) | codes[places])
        found = np.unique(seen & ((1 << _CODE_POINT_BITS) - 1), return_counts=True)
        for code, count in zip(*(column.tolist() for column in found), strict=True):
            counts[chr(code)] = counts.get(chr(code), 0) + count
    return counts


def is_foreign(character: str) -> bool:
    """Whether a character is outside GSM-7."""
    return character not in GSM7_BASIC and character not in GSM7_EXTENDED


def classes(codes: Codes) -> Bytes:
    """Look up the class of each code point."""
    return _CLASS_OF_CODE[np.minimum(codes, _BEYOND_BASIC_PLANE)]


def code_points(texts: pa.Array) -> tuple[Codes, Ints]:
    """Return the code points of a small slice and where each text begins and the last one ends."""
    raw, bounds = _bytes(texts)
    begins = (np.frombuffer(raw, np.uint8) & _CONTINUATION_MASK) != _CONTINUATION
    begun = np.concatenate([[0], np.cumsum(begins, dtype=np.int32)])
    codes = np.frombuffer(raw.decode().encode("utf-32-le"), np.uint32)
    return codes, begun[bounds].astype(np.int32)


def row_slices(texts: pa.Array) -> Iterator[tuple[int, int]]:
    """Cut rows into slices of bounded rows and bytes, at least one row each; one if there is none."""
    offsets, start = _offsets(texts), 0
    while True:
        fitting = int(np.searchsorted(offsets, offsets[start] + SLICE_BYTES, side="right")) - 1
        stop = min(max(fitting, start + 1), start + SLICE_ROWS, len(texts))
        yield start, stop
        if stop >= len(texts):
            return
        start = stop


def plain_strings(texts: pa.Array) -> pa.Array:
    """Make one plain string array of texts, null being the empty text."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        texts = texts.cast(pa.string())
    return texts.fill_null("") if texts.null_count else texts


def _profile_slice(texts: pa.Array) -> Profile:
    """Profile the texts of a slice: by bytes where all is ASCII, else by code points."""
    raw, bounds = _bytes(texts)
    if not raw.isascii():
        codes, bounds = code_points(texts)
        return _counted(classes(codes), bounds)
    if not raw.translate(None, _PLAIN_BYTES):
        nothing = np.zeros(len(texts), np.int32)
        return Profile(np.diff(bounds), nothing, nothing, nothing)
    return _counted(np.frombuffer(raw.translate(_CLASS_OF_BYTE), np.uint8), bounds)


def _counted(kinds: Bytes, bounds: Ints) -> Profile:
    """Count the characters of each class between bounds."""
    counts = (_per_row(kinds == kind, bounds) for kind in (EXTENDED, FOREIGN, ASTRAL))
    return Profile(np.diff(bounds), *counts)


def _per_row(marks: Bools, bounds: Ints) -> Ints:
    """Count the marks of each row; rows without characters have none."""
    totals = np.zeros(len(bounds) - 1, np.int32)
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled) and marks.any():
        totals[filled] = np.add.reduceat(marks, bounds[filled], dtype=np.int32)
    return totals


def _offsets(texts: pa.Array) -> Ints | Longs:
    """Return where each text begins in the bytes of its array, and where the last one ends."""
    buffer = texts.buffers()[1]
    if buffer is None or not len(texts):
        return np.zeros(1, np.int32)
    wide = pa.types.is_large_string(texts.type)
    offsets = np.frombuffer(buffer, np.int64 if wide else np.int32)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def _bytes(texts: pa.Array) -> tuple[bytes, Ints]:
    """Return the UTF-8 bytes of a small slice and where each text begins in them."""
    offsets = _offsets(texts)
    data, start, stop = texts.buffers()[2], int(offsets[0]), int(offsets[-1])
    raw = data.slice(start, stop - start).to_pybytes() if data is not None else b""
    return raw, (offsets - start).astype(np.int32)

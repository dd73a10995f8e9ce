"""The characters of whole columns of texts: how many, of which class, and which ones.

Everything that has to look at every character of a column is here, in numpy over the UTF-8 bytes
that Arrow keeps. Three decisions govern the speed. Bytes that are all plain ASCII, as most columns
are, are recognised by one pass over them. In others every byte gets a class, and a character is
counted at its first byte, so rows keep the bounds that Arrow has; only characters outside ASCII are
decoded. And work goes in slices of about a megabyte, which fit the processor's cache and bound the
memory, whatever the length of the column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa

from smsframe._base.arrow import bytes_of, offsets_of
from smsframe._text.gsm7 import GSM7_BASIC, GSM7_EXTENDED

if TYPE_CHECKING:
    from collections.abc import Iterator

Bools: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
Bytes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint8]]
Codes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint32]]
Ints: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int32]]
Longs: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

SLICE_ROWS: Final = 1 << 16
SLICE_BYTES: Final = 1 << 20
PLAIN, EXTENDED, CONTINUED, FOREIGN, ASTRAL = range(5)
"""Classes of bytes: of a basic and an extension character, not the first of its character, of one
outside GSM-7 in the basic plane and beyond it."""

_BEYOND_BASIC_PLANE: Final = 0x10000
_FIRST_CONTINUED, _FIRST_LEADING = 0x80, 0xC0  # UTF-8: 10xxxxxx goes on, 11xxxxxx begins
_ASCII_CODES: Final = 128
_CODE_POINTS: Final = 0x110000


def _class_table() -> Bytes:
    """Give every code point of the basic plane its class, and one entry to all beyond it."""
    table = np.full(_BEYOND_BASIC_PLANE + 1, FOREIGN, dtype=np.uint8)
    table[[ord(character) for character in GSM7_BASIC]] = PLAIN
    table[[ord(character) for character in GSM7_EXTENDED]] = EXTENDED
    table[_BEYOND_BASIC_PLANE] = ASTRAL
    return table


_CLASS_OF_CODE: Final = _class_table()
_CLASS_OF_BYTE: Final = (
    bytes(_CLASS_OF_CODE[:_ASCII_CODES])
    + bytes([CONTINUED]) * (_FIRST_LEADING - _FIRST_CONTINUED)
    + bytes([FOREIGN]) * (256 - _FIRST_LEADING)
)
_PLAIN_BYTES: Final = bytes(byte for byte in range(256) if _CLASS_OF_BYTE[byte] == PLAIN)


@dataclass(frozen=True, slots=True)
class Profile:
    """Per text: its characters, and how many of them cost two units. Adds up over pieces.

    ``extended`` counts the characters of the GSM-7 extension, ``outside`` those outside GSM-7, and
    ``astral`` those of the latter that are beyond the basic plane.
    """

    characters: Ints
    extended: Ints
    outside: Ints
    astral: Ints

    def plus(self, other: Profile, times: int = 1) -> Profile:
        """Add another profile, row by row, as often as its piece is used."""
        return Profile(
            self.characters + times * other.characters,
            self.extended + times * other.extended,
            self.outside + times * other.outside,
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
    pieces = [_profile_slice(piece) for piece in slices(texts)]
    if len(pieces) == 1:
        return pieces[0]
    columns = zip(*((p.characters, p.extended, p.outside, p.astral) for p in pieces), strict=True)
    return Profile(*(np.concatenate(column) for column in columns))


def foreign_characters(texts: pa.Array) -> dict[str, int]:
    """Count, for each character outside GSM-7, the texts that hold it."""
    totals = np.zeros(_CODE_POINTS, np.int64)
    for piece in slices(plain_strings(texts)):
        raw, bounds = _bytes(piece)
        if raw.translate(None, _PLAIN_BYTES):
            _count_foreign(raw, bounds, totals)
    return {chr(code): int(totals[code]) for code in np.flatnonzero(totals)}


def _count_foreign(raw: bytes, bounds: Ints, totals: Longs) -> None:
    """Add to ``totals``, by code point, the rows that hold it."""
    kinds = _classes(raw)
    codes = _code_points(raw)[kinds[kinds != CONTINUED] >= FOREIGN]
    rows = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))[kinds >= FOREIGN]
    present = np.flatnonzero(np.bincount(codes, minlength=1))
    ranks = np.searchsorted(present, codes).astype(np.min_scalar_type(len(present)))
    order = np.argsort(ranks, kind="stable")  # rows stay ascending within each character
    ranks, rows = ranks[order], rows[order]
    fresh = np.ones(len(ranks), bool)
    fresh[1:] = (ranks[1:] != ranks[:-1]) | (rows[1:] != rows[:-1])
    totals[present] += np.bincount(ranks[fresh], minlength=len(present))


def is_foreign(character: str) -> bool:
    """Whether a character is outside GSM-7."""
    return character not in GSM7_BASIC and character not in GSM7_EXTENDED


def slices(texts: pa.Array) -> Iterator[pa.Array]:
    """Cut a column into slices of bounded rows and bytes; one empty slice if it has no rows."""
    offsets, start = offsets_of(texts), 0
    while True:
        fitting = int(np.searchsorted(offsets, offsets[start] + SLICE_BYTES, side="right")) - 1
        stop = min(max(fitting, start + 1), start + SLICE_ROWS, len(texts))
        yield texts.slice(start, stop - start)
        if stop >= len(texts):
            return
        start = stop


def byte_classes(texts: pa.Array) -> tuple[Bytes, Ints]:
    """Return the class of every byte of a small slice, and where its texts begin and end."""
    raw, bounds = _bytes(texts)
    return _classes(raw), bounds


def plain_strings(texts: pa.Array) -> pa.Array:
    """Make one plain string array of texts, null being the empty text."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        texts = texts.cast(pa.string())
    return texts.fill_null("") if texts.null_count else texts


def _profile_slice(texts: pa.Array) -> Profile:
    """Profile the texts of a slice."""
    raw, bounds = _bytes(texts)
    if not raw.translate(None, _PLAIN_BYTES):
        nothing = np.zeros(len(texts), np.int32)
        return Profile(np.diff(bounds), nothing, nothing, nothing)
    kinds = _classes(raw)
    return Profile(
        np.diff(bounds) - _per_row(kinds == CONTINUED, bounds),
        _per_row(kinds == EXTENDED, bounds),
        _per_row(kinds >= FOREIGN, bounds),
        _per_row(kinds == ASTRAL, bounds),
    )


def _classes(raw: bytes) -> Bytes:
    """Return the class of every byte."""
    kinds = np.frombuffer(raw.translate(_CLASS_OF_BYTE), np.uint8)
    if raw.isascii():
        return kinds
    codes = _code_points(raw)
    codes = codes[codes >= _ASCII_CODES]
    leading = np.flatnonzero(np.frombuffer(raw, np.uint8) >= _FIRST_LEADING)
    kinds = kinds.copy()
    kinds[leading] = _CLASS_OF_CODE[np.minimum(codes, _BEYOND_BASIC_PLANE)]
    return kinds


def _code_points(raw: bytes) -> Codes:
    """Decode UTF-8."""
    return np.frombuffer(raw.decode().encode("utf-32-le"), np.uint32)


def _per_row(marks: Bools, bounds: Ints) -> Ints:
    """Count the marks of each row; rows without characters have none."""
    totals = np.zeros(len(bounds) - 1, np.int32)
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled) and marks.any():
        totals[filled] = np.add.reduceat(marks, bounds[filled], dtype=np.int32)
    return totals


def _bytes(texts: pa.Array) -> tuple[bytes, Ints]:
    """Return the UTF-8 bytes of a small slice and where each text begins in them."""
    offsets = offsets_of(texts)
    return bytes_of(texts), (offsets - offsets[0]).astype(np.int32)

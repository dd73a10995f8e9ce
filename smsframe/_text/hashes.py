"""64-bit hashes of whole columns of texts, the same in every process and for good.

A hash function called once a text takes 0.3 microseconds a row, as long as everything else that a
send does to a row. Here a text is read as a polynomial over its UTF-8 bytes, modulo 2**64: one
running sum over the bytes of a column holds every text's polynomial as a difference, which a
multiplication brings back to the text's own beginning. A final mix spreads it over all bits and
makes it depend on a key. Texts of names and numbers do not collide; somebody who sets out to
construct two that do can, which here gains nothing: what decides whether a message is the same is
the cryptographic hash of `smsframe._plan.message_keys`, never this.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from smsframe._base.arrow import bytes_of, offsets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pyarrow as pa

HASH_BYTES: Final = 8
_BASE: Final = 0x9E3779B97F4A7C15  # odd, hence with an inverse modulo 2**64
_BYTES_AT_ONCE: Final = 1 << 15  # larger pieces leave the cache of a core: three times as slow
_MIXES: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT: Final = np.uint64(31)


def hash_key(name: str) -> np.uint64:
    """Return a key made from a name."""
    digest = hashlib.blake2b(name.encode(), digest_size=HASH_BYTES).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def hash_texts(texts: pa.Array, key: np.uint64) -> npt.NDArray[np.uint64]:
    """Return the hash of each text, never 0; null is hashed as the empty text."""
    return hash_bytes(bytes_of(texts), offsets_of(texts).astype(np.int64), key)


def hash_bytes(
    raw: bytes, offsets: npt.NDArray[np.int64], key: np.uint64
) -> npt.NDArray[np.uint64]:
    """Return the hash of each run of bytes between two neighbouring offsets, never 0."""
    data: npt.NDArray[np.uint8] = np.frombuffer(raw, np.uint8)
    bounds = offsets - offsets[0]
    out = np.empty(len(bounds) - 1, dtype=np.uint64)
    for first, last in _pieces(bounds):
        here = bounds[first : last + 1] - bounds[first]
        out[first:last] = _polynomials(data[bounds[first] : bounds[last]], here)
    out += np.diff(bounds).astype(np.uint64)
    out ^= key
    for shift, factor in _MIXES:
        out ^= out >> np.uint64(shift)
        out *= np.uint64(factor)
    out ^= out >> _LAST_SHIFT
    out[out == 0] = 1
    return out


def _polynomials(
    data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """Return the polynomial of each text of a piece."""
    powers, inverses = _powers(max(_BYTES_AT_ONCE, len(data)))
    sums = np.zeros(len(data) + 1, dtype=np.uint64)
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * powers[: len(data)], out=sums[1:])
    polynomials: npt.NDArray[np.uint64] = sums[bounds[1:]] - sums[bounds[:-1]]
    polynomials *= inverses[bounds[:-1]]
    return polynomials


def _pieces(bounds: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut texts into runs of a bounded number of bytes, or of one long text."""
    first, rows = 0, len(bounds) - 1
    while first < rows:
        fitting = int(np.searchsorted(bounds, bounds[first] + _BYTES_AT_ONCE, side="right")) - 1
        last = min(max(fitting, first + 1), rows)
        yield first, last
        first = last


@functools.lru_cache(maxsize=2)
def _powers(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the powers of the base and of its inverse, from the zeroth on."""
    bases = (_BASE, pow(_BASE, -1, 2**64))
    steps = [np.full(count + 1, base, dtype=np.uint64) for base in bases]
    for step in steps:
        step[0] = 1
        np.cumprod(step, out=step)
    return steps[0], steps[1]

"""Texts in order, a million of them in a fraction of the time that comparing pairs takes.

UTF-8 is in the order of its code points, so eight bytes of a text, read as one number with the
first byte the highest, order it as the text does. Codes and names differ within their first bytes
once what all begin with is left out (``A-00017``), so one or two such numbers a text are enough.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import offsets_of

WORD: Final = 8
MOST_WORDS: Final = 3
"""Longer texts are left to Arrow, which is then as fast."""


def order_of_texts(texts: pa.Array, *, descending: bool) -> npt.NDArray[np.int64]:
    """Return the positions of texts in their order; equal ones stay, missing ones are anywhere.

    >>> order_of_texts(pa.array(["b", "a", "ab", "b"], pa.large_string()), descending=True)
    array([0, 3, 2, 1])
    """
    texts = texts.cast(pa.large_string())
    ends = pc.min_max(texts).as_py()
    if len(texts) == 0 or ends["min"] is None:
        return np.arange(len(texts))
    passed = _common(ends["min"].encode(), ends["max"].encode())
    offsets = offsets_of(texts)
    lengths = np.maximum(np.diff(offsets) - passed, 0)
    words = -(-int(lengths.max(initial=0)) // WORD)
    if words > MOST_WORDS:
        direction = "descending" if descending else "ascending"
        found = pc.array_sort_indices(texts, order=direction)
        arranged: npt.NDArray[np.int64] = found.to_numpy().astype(np.int64)
        return arranged
    data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    begins = np.minimum(offsets[:-1] + passed, offsets[1:])
    keys = [_word(data, begins, lengths, number) for number in range(words)]
    keys = [~key for key in keys] if descending else keys
    return np.lexsort(keys[::-1]) if keys else np.arange(len(texts))


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts, and so all between them, begin with alike."""
    differs = (
        place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]
    )
    return next(differs, min(len(one), len(other)))


def _word(
    data: npt.NDArray[np.uint8],
    begins: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    number: int,
) -> npt.NDArray[np.uint64]:
    """Return eight bytes of each text as a number; what is behind its end counts as 0."""
    padded = np.concatenate([data, np.zeros(WORD, dtype=np.uint8)])
    every = np.lib.stride_tricks.sliding_window_view(padded, WORD)
    places = np.minimum(begins + WORD * number, len(data))
    read = every[places].view(">u8").ravel().astype(np.uint64)
    left = np.clip(lengths - WORD * number, 0, WORD).astype(np.uint64)
    behind = (np.uint64(WORD) - left) * np.uint64(8)
    whole = behind < np.uint64(64)
    shift = np.where(whole, behind, np.uint64(0))
    return np.where(whole, (read >> shift) << shift, np.uint64(0))

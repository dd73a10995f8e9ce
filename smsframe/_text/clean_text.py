"""Whole columns of texts, cleaned as :func:`smsframe._text.format_value.clean_text` cleans one.

Most cells need nothing, and to go through all of them with a regular expression takes longer than
the rest of a plan. So a clean column is only looked at: by the first and the last byte of each text
and its length it is known which ones may need anything, and only those are touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import offsets_of, strings
from smsframe._base.invisible import INVISIBLE
from smsframe._base.no_value_words import BLANK_IN_A_FRAME, WORDS
from smsframe._text.format_value import BLANKS, GUARDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from smsframe._base.arrow import Positions

SLICE_ROWS: Final = 65_536


def clean_texts(array: pa.Array) -> tuple[pa.Array, Positions]:
    """Return texts as they are sent, and the positions of words for no value.

    Of a clean column no cell is copied.
    """
    texts = strings(array)
    flags = _flags(texts)
    for flag, change in ((_ENDS, _trimmed), (_GUARD, _unguarded)):
        changed = _changed(texts, flags & flag != 0, change)
        if changed is not texts:
            texts, flags = changed, _flags(changed)
    texts = _changed(texts, flags & (_UNSEEN | _EMPTY) != 0, _null_where_unseen)
    rows = np.flatnonzero(flags & _WORD)
    if not len(rows):
        return texts, rows
    is_word = pc.is_in(texts.take(pa.array(rows)), value_set=pa.array(sorted(WORDS), texts.type))
    words = rows[is_word.to_numpy(zero_copy_only=False)]
    where = np.zeros(len(texts), dtype=bool)
    where[words] = True
    return _changed(texts, where, _null_where_word), words


def _changed(
    texts: pa.Array, where: npt.NDArray[np.bool_], change: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """Change the texts at some places; where that changes nothing, return the column as it is."""
    rows = np.flatnonzero(where)
    if not len(rows):
        return texts
    before = texts if len(rows) == len(texts) else texts.take(pa.array(rows))
    after = change(before)
    if after.equals(before):
        return texts
    if len(rows) == len(texts):
        return after
    return pc.replace_with_mask(texts, pa.array(where), after)


def _trimmed(texts: pa.Array) -> pa.Array:
    """Return texts without blanks at their ends."""
    return pc.utf8_trim(texts, characters=BLANKS)


def _unguarded(texts: pa.Array) -> pa.Array:
    """Return texts without a spreadsheet's guards; see ``clean_text``, which does it for one."""
    texts = pc.replace_substring_regex(texts, pattern=r"^'([0-9+=])", replacement=r"\1")
    formula = pc.match_substring_regex(texts, r'^="(?s:(?:[^"]|"")*)"$')
    inside = pc.replace_substring(pc.utf8_slice_codeunits(texts, 2, -1), '""', '"')
    return pc.if_else(formula, _trimmed(inside), texts)


def _null_where_unseen(texts: pa.Array) -> pa.Array:
    """Return texts, null where nothing shows."""
    unseen = pc.equal(pc.utf8_trim(texts, characters=INVISIBLE), "")
    return pc.if_else(unseen, pa.scalar(None, texts.type), texts)


def _null_where_word(texts: pa.Array) -> pa.Array:
    """Return texts, null where a word stands for no value and nobody but a program writes it."""
    words = pc.is_in(texts, value_set=pa.array(sorted(BLANK_IN_A_FRAME), texts.type))
    return pc.if_else(words, pa.scalar(None, texts.type), texts)


_ENDS, _GUARD, _UNSEEN, _EMPTY, _WORD = 1, 2, 4, 8, 16
"""What a text may need, as flags: trimming, unguarding, a look whether it shows, a look whether it
is a word for no value."""

_MOST_BYTES: Final = 63  # longer texts are no words for no value


def _by_first_byte() -> bytes:
    """Return what a text may need by its first byte, as a table for ``bytes.translate``."""
    table = bytearray(256)
    for starts, flag in (
        (BLANKS, _ENDS),
        (GUARDS, _GUARD),
        (INVISIBLE, _UNSEEN),
        (WORDS, _WORD),
    ):
        for start in starts:
            table[start.encode()[0]] |= flag
    return bytes(table)


def _by_last_byte() -> bytes:
    """Return what a text may need by its last byte, as a table for ``bytes.translate``."""
    table = bytearray(256)
    for character in BLANKS:
        table[character.encode()[-1]] = _ENDS
    return bytes(table)


def _table_of_words() -> npt.NDArray[np.bool_]:
    """Return whether a text may be a word for no value, by its first byte and its bytes in all."""
    table = np.zeros((256, _MOST_BYTES + 1), dtype=bool)
    for word in WORDS:
        table[word.encode()[0], len(word.encode())] = True
    return table


_BY_FIRST: Final = _by_first_byte()
_BY_LAST: Final = _by_last_byte()
_IS_WORD: Final = _table_of_words()


def _flags(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """Return what each text may need, by the bytes at its ends; nothing for null."""
    flags = np.zeros(len(texts), dtype=np.uint8)
    data = texts.buffers()[2] if len(texts) else None
    if data is None:
        raw = np.zeros(1, dtype=np.uint8)  # every text is empty
    else:
        raw = np.frombuffer(data, np.uint8) if data.size else np.zeros(1, dtype=np.uint8)
    offsets = offsets_of(texts)
    for start in range(0, len(texts), SLICE_ROWS):
        here = offsets[start : start + SLICE_ROWS + 1]
        starts, ends = here[:-1], here[1:]
        first = raw.take(starts, mode="clip")
        found = flags[start : start + len(starts)]
        found |= np.frombuffer(first.tobytes().translate(_BY_FIRST), np.uint8)
        last = raw.take(ends - 1, mode="clip").tobytes()
        found |= np.frombuffer(last.translate(_BY_LAST), np.uint8)
        words = np.flatnonzero(found & _WORD)
        sizes = np.minimum(ends[words] - starts[words], _MOST_BYTES)
        found[words[~_IS_WORD[first[words], sizes]]] &= ~np.uint8(_WORD)
        found[starts == ends] = _EMPTY
    if texts.null_count:
        flags[texts.is_null().to_numpy(zero_copy_only=False)] = 0
    return flags

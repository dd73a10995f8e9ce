"""The canonical form of a text: what nobody reads differently is the same text.

A person who reads ``José`` does not see whether its é is one code point or two, an invisible mark
behind a name, a curly apostrophe where a straight one was, or two blanks in a row. So the identity
of a message (`smsframe._plan.message_keys`) is made from texts in this form:

1. invisible characters are dropped (control and format characters, fillers, variation selectors);
2. Unicode's composed form, NFC;
3. look-alikes become what ``fold="gsm7"`` makes of them;
4. line ends, tabs and runs of blanks are one blank, and none stands at the ends.

The characters dropped are listed (`_base/invisible.py`) and not asked from Python's Unicode tables,
which change with its version. Case, accents and compatibility forms (``ﬁ``) are left alone, for
they can be seen.

A regular expression over every text of a column would take longer than a whole plan. Bytes that
need no care are recognised in one pass, and only what remains is looked at, each text once.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import bytes_of, offsets_of
from smsframe._base.invisible import UNSEEN
from smsframe._text.gsm7 import FOLD_TABLE

if TYPE_CHECKING:
    import numpy.typing as npt

_BLANKS: Final = re.compile(r"[\s\u2800]+")  # U+2800 is Braille without a dot

# What is canonical as it stands: printable ASCII, Latin letters with accents, Cyrillic, Han.
_SAFE: Final = r"\x20-\x7e\x{c0}-\x{2bf}\x{400}-\x{47f}\x{4000}-\x{9fff}"
_NEEDS_CARE: Final = f"^ | $|  |[^{_SAFE}]"
_SAFE_BYTES: Final = bytes(
    [*range(0x20, 0x7F), *range(0x80, 0xC0), *range(0xC3, 0xCB), 0xD0, 0xD1, *range(0xE4, 0xEA)]
)


def visible(text: str) -> str:
    r"""Return a text in canonical form but for blanks at its ends.

    >>> visible("Jose\u0301\u200b  ")
    'José '
    """
    composed = unicodedata.normalize("NFC", UNSEEN.sub("", text))
    return _BLANKS.sub(" ", composed.translate(FOLD_TABLE))


def canonical(text: str) -> str:
    r"""Return a text in canonical form.

    >>> canonical(" O’Neil\t& Sons\u200b ")
    "O'Neil & Sons"
    """
    return visible(text).strip(" ")


def canonical_column(texts: pa.Array) -> pa.Array:
    """Return texts in canonical form, null staying null; a column that is so already is kept."""
    if not len(texts) or not _may_change(texts):
        return texts
    care = pc.fill_null(pc.match_substring_regex(texts, _NEEDS_CARE), False)
    distinct = texts.filter(care).dictionary_encode()
    changed = pa.array([canonical(text) for text in distinct.dictionary.to_pylist()], texts.type)
    return pc.replace_with_mask(texts, care, changed.take(distinct.indices))


def _may_change(texts: pa.Array) -> bool:
    """Tell whether some text is not plainly canonical; two neighbours may look like one that is."""
    raw = bytes_of(texts)
    if not raw:
        return False
    data: npt.NDArray[np.uint8] = np.frombuffer(raw, np.uint8)
    is_printable_ascii = data.min() >= ord(" ") and data.max() <= ord("~")
    if (not is_printable_ascii and raw.translate(None, _SAFE_BYTES)) or b"  " in raw:
        return True
    if b" " not in raw:
        return False
    offsets = offsets_of(texts)
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    at_ends = data.take(starts, mode="clip") == ord(" ")
    at_ends |= data.take(ends - 1, mode="clip") == ord(" ")
    return bool(at_ends.any() and at_ends[starts < ends].any())  # an empty text has no ends

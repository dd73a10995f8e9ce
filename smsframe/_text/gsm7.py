"""The GSM 7-bit default alphabet, and the look-alikes that may stand in for what it lacks.

Two tables and a fold govern what a text costs.

* ``GSM7_BASIC`` holds the 127 characters that take one septet and ``GSM7_EXTENDED`` the ten that
  take two, an escape and a character, as 3GPP TS 23.038 §6.2.1 and §6.2.1.1 list them. Surprises
  worth knowing: capital ``Ç`` is in the table and small ``ç`` is not; ``à è é ì ò ù`` are and
  ``á í ó ú`` are not; ten Greek capitals are (the others would look like Latin letters); neither
  the backtick, the tab, ``“``, ``’``, ``–`` nor the non-breaking space is. A decomposed ``é``
  (``e`` and a combining accent) is two characters, the second of which is not in the table. The
  escape itself is no character.
* ``LOOK_ALIKES`` is what folding changes and all it changes: curly quotes, dashes, the ellipsis and
  spaces of other widths. Letters are never folded: ``Łukasz`` is a name, not a typo. Angle quotes,
  primes, bullets and invisible characters are left too, since none has an equivalent that a reader
  would not notice.

Sources: 3GPP TS 23.038 §6.2.1 (default alphabet), §6.2.1.1 (extension table).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, overload

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

GSM7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters of the default alphabet, one septet each."""

GSM7_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
"""The characters of the extension table, two septets each."""

LOOK_ALIKES: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | {"\u2026": "..."}
    | dict.fromkeys(
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f", " "
    )
)
"""Every character that folding replaces, with its GSM-7 equivalent."""

FOLD_TABLE: Final = str.maketrans(dict(LOOK_ALIKES))
"""The same, for ``str.translate``."""

_CONTROL_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"\t": "TAB", "\x00": "NULL", "\x1b": "ESCAPE", "\x0b": "VERTICAL TAB", "\x7f": "DELETE"}
)


@dataclass(frozen=True, slots=True)
class Folding:
    """One change that folding made: a character, what stands there now, and how many times."""

    character: str
    name: str
    replacement: str
    count: int


def character_name(character: str) -> str:
    """Name one character for people, also where Unicode gives it none.

    >>> character_name("’")
    'RIGHT SINGLE QUOTATION MARK'
    """
    plain = _CONTROL_NAMES.get(character) or unicodedata.name(character, "")
    return plain or f"U+{ord(character):04X}"


@overload
def fold_gsm7(texts: str) -> tuple[str, list[Folding]]: ...
@overload
def fold_gsm7(texts: pa.Array) -> tuple[pa.Array, list[Folding]]: ...
def fold_gsm7(texts: pa.Array | str) -> tuple[pa.Array | str, list[Folding]]:
    """Replace look-alikes by GSM-7 characters, and report what changed.

    Only curly quotes, dashes, the ellipsis and spaces of other widths are replaced, never a letter.
    Do not fold a template as a plain text: its tags would change; use ``segments.fold_template``.

    Parameters
    ----------
    texts : str, pyarrow.Array or pyarrow.ChunkedArray
        One text, or a column of texts; null stays null.

    Returns
    -------
    folded : the same kind as ``texts``
    changes : list of Folding
        What was replaced by what and how many times; most frequent first.

    Examples
    --------
    >>> fold_gsm7("Łukasz’s")[0]
    "Łukasz's"
    """
    if isinstance(texts, str):
        counts = {character: texts.count(character) for character in LOOK_ALIKES}
        return texts.translate(FOLD_TABLE), _changes(counts)
    counts = dict.fromkeys(LOOK_ALIKES, 0)
    if pc.any(pc.match_substring_regex(texts, f"[{''.join(LOOK_ALIKES)}]")).as_py():
        for character in LOOK_ALIKES:
            counts[character] = pc.sum(pc.count_substring(texts, character)).as_py() or 0
            if counts[character]:
                texts = pc.replace_substring(texts, character, LOOK_ALIKES[character])
    return texts, _changes(counts)


def _changes(counts: Mapping[str, int]) -> list[Folding]:
    """Turn the counts of look-alikes into changes, most frequent first."""
    changes = [
        Folding(character, character_name(character), LOOK_ALIKES[character], count)
        for character, count in counts.items()
        if count
    ]
    return sorted(changes, key=lambda change: -change.count)

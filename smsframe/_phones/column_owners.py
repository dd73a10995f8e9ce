"""Names of columns that say whose phone it is, when it is not the row's own.

Words of five letters and more count wherever they stand, since German writes them together
(``Notfallnummer``); shorter ones stand by themselves, and two that belong together may stand apart.
Accents and case make no difference. In doubt a word is in
``column_owners.txt``: then the column has to be named, and nobody is texted meanwhile.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

_OTHERS = Path(__file__).with_name("column_owners.txt")
_LONG = 5
_WORDS = frozenset(_OTHERS.read_text(encoding="utf-8").split())
_PARTS = tuple(word for word in _WORDS if len(word) >= _LONG)
_NOT_PARTS = frozenset({"standard", "central", "empfang", "referred"})  # Empfänger, preferred


def is_of_somebody_else(name: str) -> bool:
    """Tell whether the name of a column says that its phones are not the rows' own.

    Examples
    --------
    >>> [is_of_somebody_else(name) for name in ("emergency_contact_phone", "Notfallnummer")]
    [True, True]
    >>> [is_of_somebody_else(name) for name in ("mobile", "customer_phone", "Telefon privat")]
    [False, False, False]
    """
    words = re.findall("[a-z]+", without_accents(name).casefold())
    if any(left + right in _WORDS for left, right in pairwise(words)):
        return True
    return any(
        word in _WORDS or any(part in word for part in _PARTS if part not in _NOT_PARTS)
        for word in words
    )


def without_accents(name: str) -> str:
    """Return a name in plain letters: ``Téléphone`` as ``Telephone``."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(char for char in apart if not unicodedata.combining(char))

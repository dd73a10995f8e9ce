"""Names of columns that say whose phone it is: the row's own, or somebody else's.

A column is the row's own phone when its name has a word for a phone and no word but those in
``own_phone_words.txt``: words for a phone, and after the first empty line words beside one. Those
after the second (``contact number``) may be another number's, so such a column counts where there
is no other. The words of ``column_owners.txt`` say that it is somebody else's. Any other word, or
number, leaves it open, and the column has to be named: nobody is texted meanwhile. There are more
people whom a table may name beside the row's own (realtor, pilot, opiekun) than any list has.

Words of five letters and more count wherever they stand, since German writes them together
(``Notfallnummer``), and so do those of scripts without blanks; shorter ones stand by themselves,
and two that belong together may stand apart. Accents and case make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

_OTHERS = Path(__file__).with_name("column_owners.txt")
_LONG = 5
_WORDS = frozenset(_OTHERS.read_text(encoding="utf-8").split())
_PARTS = tuple(word for word in _WORDS if len(word) >= _LONG)
_NOT_PARTS = frozenset({"standard", "central", "empfang", "referred"})  # Empfänger, preferred
_OWN = Path(__file__).with_name("own_phone_words.txt")
_TELLING = re.compile(  # one letter of ASCII tells nothing, and neither does a year
    r"[a-z]{2}|[^\W\d_a-z]|(?<!\d)(?!(?:19|20)\d\d(?!\d))\d*[2-9]"
)
_ALONE = r"(?<![^\W\d_]){}(?![^\W\d_])"


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


@cache
def _pattern(paragraph: int) -> re.Pattern[str]:
    """Return what finds the words of a paragraph, the longest first; ~ is any sign or none."""
    part = without_accents(_OWN.read_text(encoding="utf-8")).casefold().split("\n\n")[paragraph]
    words = sorted(part.split(), key=len)
    whole = {word for word in words if "~" in word or (len(word) < _LONG and word.isascii())}
    found = [(_ALONE if word in whole else "{}").format(re.escape(word)) for word in words]
    return re.compile("|".join(reversed(found)).replace(re.escape("~"), r"[\W_]*"))


def says_phone(name: str) -> bool:
    """Tell whether the name of a column has a word for a phone."""
    return bool(_pattern(0).search(without_accents(name).casefold()))


def may_say_phone(name: str) -> bool:
    """Tell whether the name of a column has words for a number, which may be a phone's."""
    return bool(_pattern(2).search(without_accents(name).casefold()))


def is_plainly_own(name: str) -> bool:
    """Tell whether the name of a column says that its phones are the rows' own.

    Examples
    --------
    >>> [is_plainly_own(name) for name in ("Customer Mobile No.", "Handynummer", "realtor_phone")]
    [True, True, False]
    """
    phone = re.compile(f"{_pattern(0).pattern}|{_pattern(2).pattern}")
    rest, found = phone.subn(" ", without_accents(name).casefold())
    return bool(found) and not _TELLING.search(_pattern(1).sub("", rest))


def without_accents(name: str) -> str:
    """Return a name in plain letters: ``Téléphone`` as ``Telephone``."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(char for char in apart if not unicodedata.combining(char))

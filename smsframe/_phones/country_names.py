"""What countries are called: codes of two and three letters, and names in some forty languages.

They stand in ``country_names.txt``, a country a line, English names first; the others are those of
Unicode's CLDR. ``phonenumbers`` reads all its geographic data before it names one, which takes
longer than opening the screen. A name that two countries share, in whatever languages (Korea,
Congo, Virgin Islands, Kongo), is in nobody's list: whose number it is would be a guess. So are NA,
which is Namibia and "not available", and Nga, which is Russia, and Nigeria's three letters.

A cell of several names, such as ``United States (US)``, is a country where all say the same one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from types import MappingProxyType

_TABLE = Path(__file__).with_name("country_names.txt")
_LINES = tuple(_TABLE.read_text(encoding="utf-8").splitlines())
_UNPLAIN = frozenset({"na"})
_NOT_CODES: dict[str, str | None] = {"Áo": "AT", "Bỉ": "BE", "Nga": None}
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")
_SEVERAL = re.compile(r"[()\[\]/|,;]|\s[-–—]\s")
_CALLING_CODE = re.compile(r"(?:\+|00)[1-9][0-9]{0,2}(?![0-9])")

NAMES = MappingProxyType({line[:2]: line[7:].split("; ")[0] for line in _LINES})
"""Two letters to English name."""


def region_called(name: str) -> str | None:
    """Return the two letters of a country by its codes or one of its names, None for no country.

    Case, accents, dots and blanks make no difference. A calling code counts with + or 00 alone,
    since 44 is the Bahamas' number too. Beside a name it has to be that country's.

    Examples
    --------
    >>> region_called("Germany"), region_called("deu"), region_called("U.K."), region_called("+33")
    ('DE', 'DE', 'GB', 'FR')
    >>> region_called("Canada (+1)"), region_called("Korea")
    ('CA', None)
    """
    text = _FLAG.sub(lambda flag: f"({''.join(map(_letter, flag.groups()))})", name).strip()
    if found := _region_of_one(text):
        return found
    text = _CALLING_CODE.sub(r"(\g<0>)", text)
    parts = [part.strip() for part in _SEVERAL.split(text) if part.strip()]
    codes = {part for part in parts if _CALLING_CODE.fullmatch(part)}
    every = {_region_of_one(part) for part in set(parts) - codes or codes}
    region = every.pop() if len(every) == 1 else None
    return region if all(_is_code_of(region, code) for code in codes) else None


def _letter(sign: str) -> str:
    """Return the letter of one half of a flag."""
    return chr(ord(sign) - ord("\U0001f1e6") + ord("A"))


def _region_of_one(name: str) -> str | None:
    """Return the two letters of a country by a code or name alone."""
    name = name.strip()
    if _CALLING_CODE.fullmatch(name):
        return _region_of_code(int(name))
    return _NOT_CODES[name] if name in _NOT_CODES else _regions().get(_plain(name))


@cache
def _regions() -> dict[str, str]:
    """Return codes and names in their plain form to two letters."""
    found = {}
    for line in _LINES:
        for name in (line[:2], line[3:6], *line[7:].split("; ")):
            found[_plain(name)] = line[:2]
    return {name: region for name, region in found.items() if name not in _UNPLAIN}


def _region_of_code(code: int) -> str | None:
    """Return the main region of a calling code."""
    from phonenumbers import region_code_for_country_code  # noqa: PLC0415 - names need no library

    region = str(region_code_for_country_code(code))
    return region if region in NAMES else None


def _is_code_of(region: str | None, code: str) -> bool:
    """Tell whether a calling code is a country's."""
    from phonenumbers import country_code_for_region  # noqa: PLC0415 - names need no library

    return int(code) == country_code_for_region(region)


def _plain(name: str) -> str:
    """Return a name without case, accents, blanks, marks and article."""
    apart = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    return "".join(filter(str.isalnum, apart.removeprefix("the "))).replace("saint", "st")

"""What countries are called: codes of two and three letters, English names, and their own.

They stand in ``country_names.txt``, a country a line, because ``phonenumbers`` reads all its
geographic data before it names one, which takes longer than opening the screen. A name that two
countries share (Korea, Congo, Virgin Islands) is in nobody's list: whose number it is would be a
guess. So is NA, which is Namibia and "not available".
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
_CALLING_CODE = re.compile(r"\+[1-9][0-9]{0,2}")
_LEAST_FOR_ARTICLE = 6

NAMES = MappingProxyType({line[:2]: line[7:].split("; ")[0] for line in _LINES})
"""Two letters to English name."""


def region_called(name: str) -> str | None:
    """Return the two letters of a country by its codes or one of its names, None for no country.

    Case, accents, dots and blanks make no difference. A calling code counts with its + alone, since
    44 is the Bahamas' number too.

    Examples
    --------
    >>> region_called("Germany"), region_called("deu"), region_called("U.K."), region_called("+33")
    ('DE', 'DE', 'GB', 'FR')
    >>> region_called("Korea")
    """
    if _CALLING_CODE.fullmatch(name.strip()):
        return _region_of_code(int(name))
    return _regions().get(_plain(name))


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


def _plain(name: str) -> str:
    """Return a name without case, accents, blanks, marks and article."""
    apart = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    plain = "".join(filter(str.isalnum, apart)).replace("saint", "st")
    return plain.removeprefix("the") if len(plain) > _LEAST_FOR_ARTICLE else plain

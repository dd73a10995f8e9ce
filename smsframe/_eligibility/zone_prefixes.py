"""The time zones that a number may be in, by its first digits.

Made from the time zones of `phonenumbers`, which are a table of prefixes. The library answers with
the longest prefix that fits, which names one zone for 17 of the area codes that lie in two; here
every zone counts that any number of the area may be in:

- **North America, Mexico and Brazil**, whose mobile numbers belong to an area: the union of all
  prefixes that begin with the area code. People keep their numbers when they move within it.
- **All other countries**, whose mobile numbers belong to none: the zones of the whole country, that
  is of its calling code. Kazakhstan has its own part of Russia's.
- **A number of no known area or country**: all zones of its calling code, or all that there are.

What the library's table has wrong or does not know stands in `AREAS` and `COUNTRIES`. The sources:

- NANPA, list of area codes (``nationalnanpa.com/nanp1/npa_report.csv``, file of 5 January 2026),
  columns TIME_ZONE and OVERLAY_COMPLEX: 364, 448, 458, 729, 915, 930 and 931 lie in two zones, and
  an overlay lies where the codes lie that it overlays (236, 257, 273, 367, 474, 581, 672, 778 and
  879). 689 is Orlando's, which the library has in Central time.
- IANA time zone database, ``zone.tab`` and the comments in ``northamerica``: the east of British
  Columbia, Quebec east of 63° W, Lloydminster and Creighton in Saskatchewan, Atikokan in Ontario,
  Coral Harbour in Nunavut, Labrador; countries of several zones, and those for which the library
  names another country's.
- Custom, not law (Wikipedia, "Time in the United States", and the mailing list of that database,
  September 2011): Phenix City in Alabama keeps Eastern time, Kenton in Oklahoma Mountain time.
"""

from __future__ import annotations

from functools import cache

FIRST_DIGITS = 5
"""How many digits of a number tell its zones."""

_AREA_DIGITS = {"1": 4, "52": 5, "55": 4}  # calling code and area code
_KAZAKH = ("76", "77")

_EASTERN, _CENTRAL, _MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"
_BRITISH_COLUMBIA = ("America/Vancouver", "America/Edmonton", "America/Fort_Nelson")
_EAST_QUEBEC = ("America/Toronto", "America/Halifax", "America/Blanc-Sablon")
_LABRADOR = ("America/St_Johns", "America/Goose_Bay")
_SASKATCHEWAN = ("America/Regina", "America/Edmonton", "America/Winnipeg")

AREAS = {
    **dict.fromkeys(("1236", "1250", "1257", "1672", "1778"), _BRITISH_COLUMBIA),
    **dict.fromkeys(("1273", "1367", "1418", "1581"), _EAST_QUEBEC),
    **dict.fromkeys(("1306", "1474", "1639"), _SASKATCHEWAN),
    **dict.fromkeys(("1334", "1483"), (_CENTRAL, _EASTERN)),
    **dict.fromkeys(("1364", "1448", "1729", "1930", "1931"), (_EASTERN, _CENTRAL)),
    **dict.fromkeys(("1709", "1879"), _LABRADOR),
    "1458": ("America/Los_Angeles", "America/Boise"),
    "1580": (_CENTRAL, _MOUNTAIN),
    "1689": (_EASTERN,),
    "1807": ("America/Toronto", "America/Winnipeg", "America/Atikokan"),
    "1867": (
        "America/Whitehorse",
        "America/Edmonton",
        "America/Winnipeg",
        "America/Toronto",
        "America/Atikokan",
        "America/Vancouver",
    ),
    "1915": (_MOUNTAIN, _CENTRAL),
}
"""All zones of area codes of which the library knows too few, or a wrong one."""

COUNTRIES = {
    "56": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "211": ("Africa/Juba",),
    "212": ("Africa/Casablanca", "Africa/El_Aaiun"),
    "213": ("Africa/Algiers",),
    "218": ("Africa/Tripoli",),
    "299": ("America/Nuuk", "America/Danmarkshavn", "America/Scoresbysund", "America/Thule"),
    "380": ("Europe/Kyiv", "Europe/Simferopol"),
    "505": ("America/Managua",),
    "675": ("Pacific/Port_Moresby", "Pacific/Bougainville"),
    "970": ("Asia/Gaza", "Asia/Hebron"),
}
"""All zones of countries of which the library knows too few, or another country's."""

_RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Choibalsan": "Asia/Ulaanbaatar",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}  # names of the library that a time zone database without its links of old lacks

_MORE = {"61": ("Australia/Darwin",), "7": ("Europe/Kaliningrad",)}


@cache
def zones_of(first: str) -> tuple[str, ...]:
    """Return the zones that a number may be in; ``first`` are its digits, at least the first five.

    >>> zones_of("18502"), zones_of("4915")
    (('America/Chicago', 'America/New_York'), ('Europe/Berlin',))
    """
    codes = _tables()[1]
    code = next((first[:n] for n in (1, 2, 3) if first[:n] in codes), "")
    if first[:2] in _KAZAKH:
        return codes["77"]
    area = first[: _AREA_DIGITS.get(code, 0)]
    return _area(area, code) or codes.get(code) or everywhere()


@cache
def everywhere() -> tuple[str, ...]:
    """Return all zones that any number may be in."""
    return tuple(sorted({zone for zones in _tables()[1].values() for zone in zones}))


def _area(area: str, code: str) -> tuple[str, ...]:
    """Return the zones of an area code; none for one that is not known."""
    if area in AREAS:
        return AREAS[area]
    areas, _ = _tables()
    found = set(areas.get(area, ()))
    shorter = (area[:n] for n in range(len(area) - 1, len(code), -1))
    found.update(next((areas[part] for part in shorter if part in areas), ()))
    return tuple(sorted(found))


@cache
def _tables() -> tuple[dict[str, set[str]], dict[str, tuple[str, ...]]]:
    """Return zones by calling code with area code, and by calling code alone."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - as above
    from phonenumbers.tzdata import TIMEZONE_DATA  # noqa: PLC0415 - takes as long as all the rest

    areas: dict[str, set[str]] = {}
    table = {
        prefix: [_RENAMED.get(name, name) for name in zones]
        for prefix, zones in TIMEZONE_DATA.items()
    }
    for prefix, zones in table.items():
        for code, digits in _AREA_DIGITS.items():
            if prefix.startswith(code) and len(prefix) > len(code):
                areas.setdefault(prefix[:digits], set()).update(zones)
    codes = {
        code: tuple(sorted({*table[code], *_MORE.get(code, ())}))
        for code in [*map(str, COUNTRY_CODE_TO_REGION_CODE), "77"]
        if code in table
    }
    return areas, {**codes, **COUNTRIES}

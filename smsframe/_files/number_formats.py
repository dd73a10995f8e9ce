"""A number, date or time as a spreadsheet shows it, by the number format of its cell.

The format decides what a person saw: 0.15 is ``15%`` under ``0%``, 123 is ``00123`` under
``00000``. Read are the formats for which that is certain. For the others the caller keeps the value
as it is stored: fractions, conditions, scientific notation (it would drop digits of phones), and
the short dates of Excel, which every country sees otherwise. Names of months and days are English,
unless the format asks for another language; then the date stays a date.

Sources
-------
ECMA-376 Part 1, 18.8.30 and 18.8.31 (number formats).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from smsframe._text.format_value import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN: Final = ("General", "@", "mm-dd-yy", "m/d/yy h:mm")
"""Formats that add nothing, and those two for which Excel shows what each country is used to."""

GENERAL: Final = "General"
IDENTIFIER_FROM: Final = 10**9  # a whole number of ten digits is a phone or an order, no amount
ENGLISH: Final = 0x09
LANGUAGE_BITS: Final = 0x3FF
SYSTEM_FORMATS: Final = (0xF800, 0xF400)
TWELVE: Final = 12
UNITS: Final = {"m": "month", "d": "day", "M": "minute", "s": "second"}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TOKEN = re.compile(r'"(?P<text>[^"]*)"|\\(?P<one>.)|[_*](?P<room>.)|\[(?P<code>[^\]]*)\]'
                    r"|(?P<half>AM/PM|A/P)|(?P<general>General)|(?P<symbol>.)",
                    re.DOTALL | re.IGNORECASE)  # fmt: skip
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|[_*].|\[[^\]]*\]|[^;])*', re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a format: a text to write, a placeholder (``symbol``), or an elapsed unit."""

    text: str = ""
    symbol: str = ""


def shown(value: Any, code: str, decimal: str = ".") -> str | None:
    """Return a value as its format shows it; None where the stored value has to do.

    Examples
    --------
    >>> shown(0.15, "0%"), shown(123, "00000"), shown(1234.5, "[$€-407] #,##0.00", ",")
    ('15%', '00123', '€ 1.234,50')
    >>> shown(dt.date(2026, 3, 5), "dd.mm.yyyy"), shown(12015550101, "0.00E+00")
    ('05.03.2026', None)
    """
    if isinstance(value, bool):
        return str(value).upper()
    if code in PLAIN or isinstance(value, str):
        return None
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return _dated(value, code)
    return _numbered(value, code, decimal)


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[tuple[_Part, ...] | None, ...]:
    """Return the parts of each section of a format, None for a section that is not read."""
    texts, place = [], 0
    while place <= len(code):
        found = _SECTION.match(code, place)
        texts.append(found[0] if found else "")
        place += len(texts[-1]) + 1
    return tuple(_parts(text) for text in texts)


def _parts(section: str) -> tuple[_Part, ...] | None:
    """Return the parts of one section."""
    parts = []
    for found in _TOKEN.finditer(section):
        if found["code"] is not None:
            part = _bracket(found["code"])
            if part is None:
                return None
            parts.append(part)
        elif found["half"]:
            parts.append(_Part(symbol=found["half"].upper()))
        elif found["general"]:
            parts.append(_Part(symbol=GENERAL))
        elif found["symbol"] is not None:
            parts.append(_Part(symbol=found["symbol"]))
        else:
            parts.append(_Part(text=found["text"] or found["one"] or ""))
    return tuple(parts)


def _bracket(code: str) -> _Part | None:
    """Return what stands in square brackets: a currency, a colour, an elapsed unit."""
    if _COLOUR.fullmatch(code):
        return _Part()
    if _ELAPSED.fullmatch(code):
        return _Part(symbol=f"[{code.lower()}]")
    if not code.startswith("$"):
        return None  # a condition, or digits of another script
    currency, _, language = code[1:].partition("-")
    return _Part(text=currency, symbol=f"${language}" if language else "")


def _numbered(value: float, code: str, decimal: str) -> str | None:
    """Return a number as its format shows it."""
    sections = _sections(code)
    chosen = _section_of(value, len(sections))
    parts = sections[chosen]
    if parts is None:
        return None
    if any(part.symbol == GENERAL for part in parts):
        plain = text_of(abs(value)) or ""
        texts = [plain if p.symbol == GENERAL else p.text or _plain_symbol(p) for p in parts]
        return f"{'-' if value < 0 and chosen == 0 else ''}{''.join(texts).strip()}"
    symbols = "".join("$" if part.symbol.startswith("$") else part.symbol for part in parts)
    if re.search(r"[eE/@ymdhsAG]", symbols):
        return None
    if not re.search(r"[0#?]", symbols):
        return "".join(part.text or _plain_symbol(part) for part in parts).strip() or None
    has_words = any(part.text.strip() for part in parts) or bool(re.search(r"[+()-]", symbols))
    is_identifier = value == int(value) and abs(value) >= IDENTIFIER_FROM
    if is_identifier and re.search(r"[,.]", symbols) and not has_words:
        return None
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    text, is_zero = _filled(parts, abs(exact), decimal)
    minus = "-" if value < 0 and chosen == 0 and not is_zero else ""
    return f"{minus}{text.strip()}"


def _section_of(value: float, sections: int) -> int:
    """Return which section of a format a number is shown by."""
    if value < 0 and sections > 1:
        return 1
    return 2 if value == 0 and sections > 2 else 0  # noqa: PLR2004 - positive; negative; zero


def _plain_symbol(part: _Part) -> str:
    """Return a character that stands for itself."""
    return "" if part.symbol.startswith(("$", "[")) else part.symbol


def _filled(parts: tuple[_Part, ...], value: Decimal, decimal: str) -> tuple[str, bool]:
    """Return the parts with the digits of a number in their places, and whether all are zeros."""
    places = [n for n, part in enumerate(parts) if part.symbol in set("0#?")]
    point = next((n for n, part in enumerate(parts) if part.symbol == "."), len(parts))
    whole = [n for n in places if n < point]
    fraction = [n for n in places if n > point]
    last = whole[-1] if whole else point
    commas = [n for n, part in enumerate(parts) if part.symbol == ","]
    thousands = sum(last < n < point or n > places[-1] for n in commas)
    value *= Decimal(100) ** sum(part.symbol == "%" for part in parts)
    value /= Decimal(1000) ** thousands
    digits = f"{value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP):f}"
    before, _, behind = digits.partition(".")
    group = "" if not any(n < last for n in commas) else "," if decimal == "." else "."
    written = _whole_digits(parts, whole, before.lstrip("0"), group)
    written |= _fraction_digits(parts, fraction, behind)
    written[point] = decimal if any(written[n] for n in fraction) else ""
    literals = [part.text or ("" if part.symbol == "," else _plain_symbol(part)) for part in parts]
    out = [written.get(n, literal) for n, literal in enumerate(literals)]
    return "".join(out), not digits.strip("0.")


def _whole_digits(
    parts: tuple[_Part, ...], places: list[int], digits: str, group: str
) -> dict[int, str]:
    """Return the digits before the point by place; the leftmost place takes all that are left."""
    zeros = [n for n in places if parts[n].symbol == "0"]
    digits = digits.zfill(sum(n >= zeros[0] for n in places) if zeros else 0)
    if group:
        lead = len(digits) % 3 or 3
        grouped = [digits[:lead], *(digits[n : n + 3] for n in range(lead, len(digits), 3))]
        return {**dict.fromkeys(places, ""), places[0]: group.join(grouped)} if places else {}
    written = {}
    for place in reversed(places):
        here = digits if place == places[0] else digits[-1:]
        written[place], digits = here, digits[: len(digits) - len(here)]
    return written


def _fraction_digits(parts: tuple[_Part, ...], places: list[int], digits: str) -> dict[int, str]:
    """Return the digits behind the point by place; zeros at the end only where a 0 asks."""
    needed = max((k for k, n in enumerate(places, 1) if parts[n].symbol == "0"), default=0)
    kept = digits[:needed] + digits[needed:].rstrip("0")
    return {place: kept[k : k + 1] for k, place in enumerate(places)}


def _dated(value: Any, code: str) -> str | None:
    """Return a date, time or duration as its format shows it."""
    parts = _sections(code)[0]
    if parts is None:
        return None
    runs = _runs(parts)
    if not _is_readable(runs):
        return None
    has_half = any(symbol in ("AM/PM", "A/P") for _, symbol in runs)
    try:
        out = [text or _unit(value, symbol, has_half=has_half) for text, symbol in runs]
    except AttributeError:  # a time has no day, a duration no year
        return None
    return "".join(out).strip() or None


def _runs(parts: tuple[_Part, ...]) -> list[tuple[str, str]]:
    """Return texts and units: letters that follow each other are one, minutes told from months."""
    runs: list[tuple[str, str]] = []
    for part in parts:
        symbol = part.symbol.lower() if len(part.symbol) == 1 else part.symbol
        if part.text or symbol not in set("ymdhs0") or not runs or runs[-1][1][:1] != symbol:
            runs.append((part.text, symbol))
        else:
            runs[-1] = ("", runs[-1][1] + symbol)
    units = [n for n, (text, symbol) in enumerate(runs) if not text and symbol.strip("[]")[:1] in
             ("y", "m", "d", "h", "s") and symbol]  # fmt: skip
    for k, n in enumerate(units):
        near = [runs[units[i]][1].strip("[]")[0] for i in (k - 1, k + 1) if 0 <= i < len(units)]
        after_hour = k > 0 and near[0] == "h"
        before_second = k + 1 < len(units) and near[-1] == "s"
        if runs[n][1] in ("m", "mm") and (after_hour or before_second):
            runs[n] = ("", "M" * len(runs[n][1]))
    return runs


def _is_readable(runs: list[tuple[str, str]]) -> bool:
    """Tell whether a date's format says for certain what it shows."""
    named = any(symbol in ("mmm", "mmmm", "mmmmm", "ddd", "dddd") for _, symbol in runs)
    for text, symbol in runs:
        if symbol.startswith("$"):
            language = int(symbol[1:], 16) if re.fullmatch(r"\$[0-9A-Fa-f]+", symbol) else -1
            other = language & LANGUAGE_BITS != ENGLISH
            if language < 0 or language in SYSTEM_FORMATS or (named and other):
                return False
        elif not text and symbol[:1].isalpha() and symbol[:1] not in set("ymdhsMA"):
            return False
    return True


def _unit(value: Any, symbol: str, *, has_half: bool) -> str:
    """Return one unit of a date or time, or the character that stands for itself."""
    if symbol.startswith("["):
        return _elapsed(value, symbol[1:-1])
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        value = dt.time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    first, width = symbol[:1], len(symbol)
    if first in ("m", "d") and width > len("mm"):
        name = MONTHS[value.month - 1] if first == "m" else DAYS[value.weekday()]
        return name[: {3: 3, 5: 1}.get(width)]
    if first in UNITS:
        return f"{getattr(value, UNITS[first]):0{width}}"
    written: dict[str, Callable[[], str]] = {
        "y": lambda: f"{value.year:04}" if width > len("yy") else f"{value.year % 100:02}",
        "h": lambda: f"{(value.hour % TWELVE or TWELVE) if has_half else value.hour:0{width}}",
        "A": lambda: symbol.split("/")[int(value.hour >= TWELVE)],
        "0": lambda: f"{value.microsecond:06}"[:width],
        "$": lambda: "",
    }
    return written[first]() if first in written else symbol


def _elapsed(value: Any, unit: str) -> str:
    """Return whole hours, minutes or seconds, beyond 24 hours too."""
    if isinstance(value, dt.time):
        value = dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    seconds = int(value.total_seconds())
    return f"{seconds // {'h': 3600, 'm': 60, 's': 1}[unit[0]]:0{len(unit)}}"


class ShownCell(str):
    """A cell as a person saw it, with the value that is ``stored`` behind it."""

    __slots__ = ("stored",)

    stored: Any

    @classmethod
    def of(cls, value: Any, code: str, decimal: str) -> Any:
        """Return a value with what its format makes of it; alone where that adds nothing."""
        text = shown(value, code, decimal)
        if text is None or text == text_of(value):
            return value
        cell = cls(text)
        cell.stored = value
        return cell

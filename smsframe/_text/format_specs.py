"""Formats as people write them: which can be used, and what is said of the others.

Two spellings are used. A *specification*, as behind the colon of an f-string: ``,.2f`` for
numbers, ``%d %b`` for dates, ``>10`` for texts. And a *text with one pair of braces*, as
``str.format`` takes it: ``${:,.2f}``, ``{} items``.

Every other spelling is refused, and the right one is named. Many of them fit by accident: ``0.00``
of a spreadsheet is to Python a number of no decimals with an exponent, ``%s`` of a date the seconds
since 1970, ``{:%d %b}`` is taken as a date with braces around it. Nobody means that, and the words
would be on people's phones before anybody sees them.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import Final

MOST_CHARACTERS: Final = 800  # of a message, by the API's limit

SPECIFICATION: Final = re.compile(
    r"(?:.?[<>=^])?[-+ ]?z?#?(?P<zero>0)?(?P<width>\d*)(?P<group>[,_]?)(?:\.(?P<precision>\d+))?"
    r"(?P<kind>[a-zA-Z%]?)",
    re.DOTALL,
)
DATE_CODE: Final = re.compile(r"%[-_0^#]?([A-Za-z])")
DAY_CODES: Final = frozenset("aAbBcCdDeFgGhjmuUVwWxyYq")

CLOCK_CODES: Final = frozenset("cHIklMpPrRSTX")

_KNOWN_CODES: Final = DAY_CODES | frozenset("HIklMpPrRSTXfzZ")
_HOURS: Final = frozenset("HIklcXrRT")
_SPREADSHEET: Final = re.compile(r"[#0](?:[#0,. '’\u00a0\u202f]*[#0])?")  # such as #,##0.00
_IN_BRACKETS: Final = re.compile(r"\[(?:\$([^-\]]*)(?:-[^\]]*)?|[^\]]*)\]")  # [$€-407], [Red]
_PRINTF: Final = re.compile(r"%[-+ #0,]*(?:\d+(?:\.\d*)?|\.\d+)[A-Za-z]|%[srio]|%,[A-Za-z]|%f\Z")
_NUMBER_INSIDE: Final = re.compile(r"[,_]?\.\d+[f%]|,d")
_F_STRING: Final = re.compile(r"""f(["'])(.*)\1""", re.DOTALL)
_NAMED: Final = re.compile(r"\{[^{}:!]+")
_AS_WRITTEN: Final = re.compile(
    r"(?:\d{1,3}(?:,\d{3})+|\d+)\.(?P<decimals>\d+)|[CNFcnf](?P<places>\d)"
)
_AM_PM: Final = re.compile(r"(?:AM/PM|am/pm|[aA][mM]?)\Z")
_NO_POINT: Final = re.compile(r"([,_]?)(\d)([f%])")
_DATE_LETTERS: Final = re.compile(r"(?:[dDmMyYHhsSaAp]|[^A-Za-z%{}])*")
_DATE_WORDS: Final = (
    ("yyyy", "%Y"), ("YYYY", "%Y"), ("MMMM", "%B"), ("mmmm", "%B"), ("dddd", "%A"), ("DDDD", "%A"),
    ("MMM", "%b"), ("mmm", "%b"), ("ddd", "%a"), ("DDD", "%a"), ("yy", "%y"), ("YY", "%y"),
    ("HH", "%H"), ("hh", "%I"), ("dd", "%d"), ("DD", "%d"), ("MM", "%m"), ("mm", "%m"),
    ("ss", "%S"), ("SS", "%S"), ("Y", "%Y"), ("y", "%y"), ("d", "%d"), ("D", "%d"), ("m", "%m"),
    ("M", "%m"), ("H", "%H"), ("h", "%I"),
)  # fmt: skip
_MINUTES: Final = re.compile(r"(%[HI][^%]{0,2})%m")


def fields_of(fmt: str) -> list[tuple[str, str | None]]:
    """Return a format as pieces: text, and the specification of the value behind it (None: none).

    ValueError for braces that do not close.
    """
    if not has_braces(fmt):
        return [("", fmt)]
    return [
        (text, None if name is None else spec or "")
        for text, name, spec, _ in Formatter().parse(fmt)
    ]


def has_braces(fmt: str) -> bool:
    """Return whether a format is a text with braces."""
    return "{" in fmt or "}" in fmt


def inside(fmt: str) -> str:
    """Return the specification of a format: what stands in its braces, if it has any."""
    return next((spec for _, spec in fields_of(fmt) if spec), "")


def fault_of(fmt: str) -> str | None:
    """Return why a format cannot be used, and what to write; None when it can.

    >>> fault_of(",.2f"), fault_of("${:,.2f}"), fault_of("%d %b")
    (None, None, None)
    >>> fault_of("0.00")
    "is how a spreadsheet writes formats; write '.2f'"
    """
    return _fault_of_braces(fmt) if has_braces(fmt) else _fault_of_specification(fmt)


def _fault_of_braces(fmt: str) -> str | None:
    """Return what is wrong with a text with braces."""
    try:
        pieces = list(Formatter().parse(fmt))
    except ValueError:
        return "has a brace that does not close; write '{:,.2f}' with one pair"
    fields = [(name, spec or "", how) for _, name, spec, how in pieces if name is not None]
    if not fields:
        return "has no place for the value; write it once, such as '{:,.2f}'"
    names = [name for name, _, _ in fields]
    if fault := _fault_of_names(fmt, names, fields[0][1]):
        return fault
    if any(how or "{" in spec for _, spec, how in fields):
        return "has more in its braces than a format; write '{:,.2f}', or give a function"
    if any(DATE_CODE.search(spec) for _, spec, _ in fields):
        around = "".join(text + (spec or "") for text, _, spec, _ in pieces)
        return f"is a format of dates with braces around it; write {around!r}"
    return next(filter(None, (_fault_of_specification(s) for _, s, _ in fields if s)), None)


def _fault_of_names(fmt: str, names: list[str], spec: str) -> str | None:
    """Return what is wrong with what braces name; there is one value, and it has no name."""
    plain = f"{{:{spec}}}" if spec else "{}"
    if named := [name for name in names if name not in {"", "0"}]:
        code = _F_STRING.fullmatch(fmt)  # the letter and quotes of a program are no words
        right = _NAMED.sub("{", code[2] if code else fmt) if len(names) == 1 else plain
        return f"names {named[0]!r} in its braces, but a format has one value; write {right!r}"
    if names.count("") > 1 or {"", "0"} <= set(names):
        return f"has braces for {len(names)} values, but a format has one; write {plain!r}"
    return None


def _fault_of_specification(spec: str) -> str | None:
    """Return what is wrong with a specification."""
    found = SPECIFICATION.fullmatch(spec)
    fault = (_fault_of_codes(spec) if "%" in spec else None) or _spreadsheet_pattern(spec)
    if fault or found is None:
        return fault or (None if DATE_CODE.search(spec) else _advised(spec))
    if any(int(n[:9]) > MOST_CHARACTERS for n in found.group("width", "precision") if n):
        return (
            f"asks for more than {MOST_CHARACTERS} characters, the most that a message has; give a "
            "smaller width"
        )
    if found["kind"] in {"f", "F", "%"} and not found["precision"]:
        right = f"{found['group']}.2f" if found["kind"] != "%" else ".0%"
        return f"does not say how many decimals, and six are written then; write {right!r}"
    return "makes a letter of a number; write ',.2f'" if found["kind"] == "c" else None


def _fault_of_codes(spec: str) -> str | None:
    """Return what is wrong with a specification that has a percent sign."""
    printf = _PRINTF.search(spec)
    if printf and not DATE_CODE.search(spec.replace(printf[0], "")):
        return _advised_for_printf(spec, printf)
    for found in DATE_CODE.finditer(spec):
        if found[1] not in _KNOWN_CODES:
            return f"has {found[0]}, which is no code of dates; write codes such as '%d %b %Y'"
    codes = set(DATE_CODE.findall(spec))
    if codes and re.search(r"%(?:[^-_0^#A-Za-z%]|$)", spec.replace("%%", "")):
        return "has a % without the letter of a code; write %% for a percent sign"
    return _fault_of_clock(spec, codes)


def _fault_of_clock(spec: str, codes: set[str]) -> str | None:
    """Return what is wrong with the hours and minutes of a format of dates."""
    if "M" in codes and not codes & _HOURS:
        right = spec.replace("%M", "%m")
        return f"has the minutes (%M) without the hour; the month is %m: write {right!r}"
    if _MINUTES.search(spec):
        right = _MINUTES.sub(r"\1%M", spec)
        return f"has the month (%m) behind the hour; minutes are %M: write {right!r}"
    if codes & {"I", "l"} and not codes & {"p", "P", "H", "k", "c", "r", "X"}:
        right = re.sub(r"%([-_0^#]?)[Il]", r"%\1H", spec)
        return (
            "has the hour of a clock of 12 (%I) without %p, so 14:30 would be 02:30; write "
            f"{right!r}, or put %p behind the time"
        )
    return None


def _advised_for_printf(spec: str, found: re.Match[str]) -> str:
    """Say what a format of C, and of Python's ``%``, is written as here."""
    code = found[0][1:]
    bare = {"s": "", "r": "", "i": "", "f": ".2f"}.get(code, code.replace("i", "d"))
    bare = re.sub(r"^(\d+)s$", r">\1", re.sub(r"^-(\d+)s$", r"<\1", bare))
    around = spec[: found.start()], spec[found.end() :]
    right = f"{around[0]}{{:{bare}}}{around[1]}" if any(around) else bare
    right = right.replace("{:}", "{}").replace("%%", "%")
    return f"is a format of C; {f'write {right!r}' if right else 'leave it out'}"


def _spreadsheet_pattern(spec: str) -> str | None:
    """Say what a pattern of a spreadsheet is written as here; None for anything else."""
    spec = spec.partition(";")[0]  # the other parts are for numbers below zero, for zero, for texts
    found = _SPREADSHEET.search(spec)
    if found is None or DATE_CODE.search(spec):
        return None
    before, digits, behind = spec[: found.start()], found[0], spec[found.end() :]
    if re.search(r"[\dCNF.,<>=^+ -]\Z", before) or re.match(r"[1-9a-zA-Z._,]", behind):
        return None  # the zero of ".02f", ">05d", "0.2f"
    parts = re.split(r"[., '’\u00a0\u202f]", digits)
    grouped = len(parts) > 1 and "#" in parts[0]
    decimals = (
        len(parts[-1]) if len(parts) > 1 and not (grouped and parts[-1] in {"##0", "###"}) else 0
    )
    if len(parts) == 1 and len(digits) > 1 and "#" not in digits:
        right = f"0{len(digits)}d"
    else:
        right = f"{',' * grouped}.{decimals}{'%' if behind[:1] == '%' else 'f'}"
    around = [
        re.sub(r'["\\]|[_*].', "", _IN_BRACKETS.sub(r"\1", part))
        for part in (before, behind.removeprefix("%"))
    ]
    if any(around):
        right = f"{around[0]}{{:{right}}}{around[1]}"
    comma = decimals and digits[-1 - decimals] == ","
    which = "; its decimals have a point, and only a function writes them with a comma"
    return f"is how a spreadsheet writes formats; write {right!r}{which if comma else ''}"


def _advised(spec: str) -> str:
    """Say what something that is no format was perhaps meant to be."""
    if found := _NUMBER_INSIDE.search(spec):
        before, behind = spec[: found.start()], spec[found.end() :]
        return (
            f"has more than the format of a number; put the sign into the text, before or behind "
            f"the tag, and write {found[0]!r}, or write {f'{before}{{:{found[0]}}}{behind}'!r}"
        )
    if found := _AS_WRITTEN.fullmatch(spec):
        group = "," * (spec[0] in "Nn" or "," in spec)
        return f"is no format; write '{group}.{found['places'] or len(found['decimals'])}f'"
    if found := _NO_POINT.fullmatch(spec):
        return f"lacks the point before the decimals; write '{found[1]}.{found[2]}{found[3]}'"
    if _DATE_LETTERS.fullmatch(spec) and re.search(r"[dDmMyYHh]", spec):
        return f"is no format here; codes of dates begin with %: write {_as_codes(spec)!r}"
    return (
        "is no format; write ',.2f' for an amount, '%d %b %Y' for a date, or '{} items' for a "
        "value with words around it"
    )


def _as_codes(spec: str) -> str:
    """Return ``dd.mm.yyyy`` as ``%d.%m.%Y``, and ``h:mm a`` as ``%I:%M %p``."""
    half = _AM_PM.search(spec)
    spec, behind = (spec[: half.start()], "%p") if half else (spec, "")
    out, at = "", 0
    while at < len(spec):
        word, code = next(
            ((w, c) for w, c in _DATE_WORDS if spec.startswith(w, at)), (spec[at], spec[at])
        )
        is_minute = code == "%m" and out.rstrip(":.h").endswith(("%H", "%I"))
        out += "%M" if is_minute else code
        at += len(word)
    return out + behind if half else out.replace("%I", "%H")

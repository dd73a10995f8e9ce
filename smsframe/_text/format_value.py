"""How one value becomes text, by the rule of :mod:`smsframe._text.values` or by a format.

Columns of one plain type never come here; mixed objects, rare types and the distinct values of a
column with a format do. The two ways are held to the same texts by tests.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from decimal import Decimal
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from smsframe._base.invisible import INVISIBLE
from smsframe._base.masking import mask_value
from smsframe._base.no_value_words import BLANK_IN_A_FRAME
from smsframe._base.sentences import Sentence, arg, words
from smsframe._text.format_specs import CLOCK_CODES, DATE_CODE, DAY_CODES, SPECIFICATION, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

BLANKS: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)
"""White space and the invisible marks that are stripped from texts."""

GUARDS: Final = "'="
"""How a cell begins that a spreadsheet was to take as text."""

EXACT_INTEGERS_BELOW: Final = 2.0**53
"""Below this size every whole float is exactly one integer."""

_SHOWN_CHARACTERS: Final = 40
_TIME_TYPES: Final = (dt.date, dt.time, pd.Period)
_EXPONENT: Final = re.compile(r"\d[eE][+-]?\d")
_HAS_VALUE: Final = re.compile(r"[1-9a-zA-Z]")
_ORDINARY: Final = (1e-4, 1e15)
"""Sizes of amounts that people write without an exponent."""
_MOST_DECIMALS: Final = 6
_NUMERAL: Final = re.compile(r"[-+]?\d+[.,]\d+")
_HALF_A_CENT: Final = Decimal("0.005")
_DAYS: Final = CLOCK_CODES | frozenset("aAdDeFjuwx")
_TEXT_GUARD: Final = re.compile(r"'(?=[0-9+=])")
_TEXT_FORMULA: Final = re.compile(r'="((?:[^"]|"")*)"')
_EXACT_DIGITS: Final = 15
"""So many digits of a float are never noise."""


@singledispatch
def text_of(value: Any) -> str | None:
    """Write one value by the rule; None where it is missing.

    Raises
    ------
    TypeError
        The value is of a kind that has no plain text.
    UnicodeEncodeError
        A string holds half of a surrogate pair.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    raise TypeError(f"values of type {type(value).__name__} have no plain text")


@text_of.register
def _(value: str) -> str | None:
    value.encode()
    return clean_text(value)


@text_of.register(bool)
@text_of.register(np.bool_)
@text_of.register(int)
@text_of.register(np.integer)
@text_of.register(uuid.UUID)
@text_of.register(pd.Period)
def _(value: Any) -> str:
    return str(value)


@text_of.register(float)
@text_of.register(np.floating)
def _(value: Any) -> str | None:
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(float(value)) < EXACT_INTEGERS_BELOW:
        return str(int(value))
    text = np.format_float_positional(value, trim="-")
    return _without_noise(float(value), text) if isinstance(value, float) else text


def _without_noise(value: float, text: str) -> str:
    """Return 15 digits of a float where that is at least two digits shorter: 0.1 + 0.2 is 0.3."""
    if abs(value) >= 10**_EXACT_DIGITS:
        return text  # digits before the point would be lost
    short = np.format_float_positional(float(f"{value:.{_EXACT_DIGITS}g}"), trim="-")
    return short if len(text) - len(short) >= 2 else text  # noqa: PLR2004 - as said


@text_of.register
def _(value: Decimal) -> str | None:
    return f"{value or abs(value):f}" if value.is_finite() else None  # -0.00 is 0.00


@text_of.register
def _(value: dt.date) -> str:
    return value.isoformat()


@text_of.register
def _(value: dt.datetime) -> str:
    text = value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    return text.removesuffix(" 00:00:00").removesuffix(":00")


@text_of.register
def _(value: dt.time) -> str:
    return value.replace(tzinfo=None).isoformat(timespec="seconds").removesuffix(":00")


@text_of.register
def _(value: dt.timedelta) -> str:
    seconds = int(abs(value) / dt.timedelta(seconds=1))
    minutes, second = divmod(seconds, 60)
    days, minute = divmod(minutes, 24 * 60)
    clock = f"{minute // 60:02}:{minute % 60:02}" + (f":{second:02}" if second else "")
    parts = [f"{days} day{'s' * (days != 1)}"] * bool(days) + [clock] * (
        clock != "00:00" or not days
    )
    return "-" * (value < dt.timedelta(0) and seconds > 0) + " ".join(parts)


@text_of.register(np.datetime64)
@text_of.register(np.timedelta64)
def _(value: Any) -> str | None:
    return text_of(plain_value(value))


def clean_text(text: str) -> str | None:
    """Return a text without blank ends and a spreadsheet's guards; None where nothing shows.

    >>> clean_text('="00123"'), clean_text("'00124"), clean_text("'t Zand"), clean_text(chr(0x200E))
    ('00123', '00124', "'t Zand", None)
    """
    text = str.__str__(text).strip(BLANKS)
    if text.startswith(tuple(GUARDS)):
        text = text[1:] if _TEXT_GUARD.match(text) else text
        if found := _TEXT_FORMULA.fullmatch(text):
            text = found[1].replace('""', '"').strip(BLANKS)
    return text if text.strip(INVISIBLE) else None


def plain_value(value: Any) -> Any:
    """Return what a format gets to see: plain Python, whole floats as ints, None where missing."""
    if isinstance(value, (float, np.floating)):
        return _plain_float(value)
    if isinstance(value, str):
        text = clean_text(value)
        return None if text in BLANK_IN_A_FRAME else text
    if isinstance(value, np.timedelta64):  # to numpy an integer, of nanoseconds where it has those
        return value.astype("timedelta64[us]").item()
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    return None if value is pd.NA or value is pd.NaT else value


def formatted(value: Any, fmt: str | Callable[[Any], Any]) -> str | None:
    """Write one value by a format; None where it is missing, or where a function returns None."""
    value = plain_value(value)
    if value is None:
        return None
    if isinstance(fmt, str):
        pieces = fields_of(fmt)
        return "".join(
            text + ("" if spec is None else _by_specification(value, spec)) for text, spec in pieces
        )
    text = fmt(value)
    return text if isinstance(text, str) else text_of(text)


class MisfitError(ValueError):
    """A format fits the values by accident: what it writes is not what was meant."""


def fix_for(value: Any, fmt: str | Callable[[Any], Any] | None, name: str) -> str:
    """Advise what to do about a value that cannot be written."""
    if isinstance(fmt, str):
        return _fix_by_format(value, fmt, name)
    if fmt is not None:
        return _suit(name)
    if isinstance(value, str):
        return "Correct the cell; such text comes from a file read in the wrong encoding."
    return Sentence(
        "Correct the cell",
        words(
            f", or give formats={{{name!r}: function}}, where the function returns the text of one "
            "value",
            at_shell="",
            screen=", or make texts of the column first",
        ),
        ".",
    )


def _suit(name: str) -> Sentence:
    """Advise to change a format."""
    entry = arg(f"formats[{name!r}]", screen="the format")
    return Sentence("Change ", entry, " so that it suits every value of the column.")


def _fix_by_format(value: Any, fmt: str, name: str) -> str:
    """Advise what to do about a value that a format does not suit."""
    if isinstance(value, bool):
        return Sentence(
            words(
                f"Give formats={{{name!r}: {{True: 'yes', False: 'no'}}.get}}.",
                at_shell="Write words such as yes and no into the column.",
                screen="Make texts of the column first, such as yes and no.",
            )
        )
    if isinstance(value, dt.timedelta):
        return Sentence(
            words(
                f"Give formats={{{name!r}: function}}, which returns the text of one duration.",
                at_shell="Write the text of each duration into the column.",
                screen="Make texts of the column first.",
            )
        )
    dates = "Make the column dates first (pd.to_datetime)"
    if DATE_CODE.search(fmt) and not isinstance(value, _TIME_TYPES):
        numbers = "" if isinstance(value, str) else ", or write a format of numbers (',.2f')"
        return f"{dates}{numbers}."
    if isinstance(value, str):
        return "Make the column numbers first (pd.to_numeric)."
    return _suit(name)


def shown(value: Any) -> str:
    """Show a value in an error: shortened, and anything like a phone number masked."""
    try:
        is_text = isinstance(value, str)  # a word such as #REF! is shown, though it is no value
        text = repr(clean_text(value) or value if is_text else plain_value(value))
    except Exception:  # noqa: BLE001 - an object may fail to show itself
        text = f"something of type {type(value).__name__}"
    short = text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
    return short if isinstance(value, (dt.date, dt.timedelta)) else mask_value(short)


def shown_reason(reason: Exception) -> str:
    """Show why a value cannot be written, masked, without a full stop."""
    if isinstance(reason, UnicodeEncodeError):
        return "it holds half of a character pair, which no message can carry"
    return mask_value(str(reason) or type(reason).__name__).rstrip(".")


def _plain_float(value: Any) -> int | float | None:
    """Make a float plain: an int if it is whole and exact, None if it is not finite."""
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(float(value)) < EXACT_INTEGERS_BELOW:
        return int(value)
    return float(value if isinstance(value, float) else np.format_float_positional(value))


def _by_specification(value: Any, specification: str) -> str:
    """Apply a format specification, with what people mean by it for whole numbers and times."""
    if not specification:
        return text_of(value) or ""
    if isinstance(value, _TIME_TYPES):
        return _by_codes(value, specification)
    if isinstance(value, bool):
        return _truth(value, specification)
    _refuse_accidents(value, specification)
    if not isinstance(value, (int, float, Decimal)):
        return format(value, specification)
    text = _number(value, specification)
    is_ordinary = value == 0 or _ORDINARY[0] <= abs(float(value)) < _ORDINARY[1]
    if is_ordinary and _EXPONENT.search(text) and specification[-1:] not in {"x", "X"}:
        raise MisfitError(f"it writes an amount with an exponent ({text.strip()}); write ',.2f'")
    if value <= 0 and "-" in text and not _HAS_VALUE.search(text):
        return _number(abs(value), specification)  # it is nothing, so it is not less than nothing
    return text


def _truth(value: bool, specification: str) -> str:
    """Format a truth value, which is a word here and no number."""
    try:
        return format(str(value), specification)
    except ValueError:
        raise ValueError("True and False are no numbers") from None


def _refuse_accidents(value: Any, specification: str) -> None:
    """Refuse what cuts a text, or counts the digits or the width of a number, for its decimals."""
    found = SPECIFICATION.fullmatch(specification)
    if found is None or not isinstance(value, (str, int, float, Decimal)):
        return
    counts = bool(found["precision"]) and not found["kind"]
    if isinstance(value, str):
        if counts and _NUMERAL.fullmatch(value):
            raise MisfitError("it cuts the text of a number short")
    elif specification.isdecimal():
        raise MisfitError(
            "it says how wide a number is, not how many decimals it has; write '.2f' for decimals, "
            f"'>{specification}' for the width"
        )
    elif counts or (found["kind"] in {"g", "G", "n"} and _loses_cents(value, found["precision"])):
        few = counts and int(found["precision"]) <= _MOST_DECIMALS
        right = f"{found['group']}.{found['precision'] if few else 2}f"
        raise MisfitError(f"it counts all digits of a number; write {right!r} for decimals")


def _loses_cents(value: Any, digits: str | None) -> bool:
    """Tell whether so many digits leave out some of an amount: 12345.67 is no 12345.7."""
    kept = Decimal(f"{value:.{digits or 6}g}")
    return abs(kept - Decimal(str(value))) >= _HALF_A_CENT


def _number(value: Any, specification: str) -> str:
    """Format a number; a whole one as a fraction where the specification is for those."""
    try:
        return format(value, specification)
    except ValueError:
        if not isinstance(value, int):
            raise
        return format(float(value), specification)


def _by_codes(value: Any, specification: str) -> str:
    """Format a date or time; its codes have to be of what it has."""
    codes = set(DATE_CODE.findall(specification))
    if not codes:
        raise ValueError("a date or time needs codes such as '%d %b %Y'")
    if isinstance(value, dt.time) and codes & DAY_CODES:
        raise ValueError("a time of day has no date")
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime) and codes & CLOCK_CODES:
        raise ValueError("a date has no time of day")
    if isinstance(value, pd.Period):
        if codes & _DAYS and value.start_time.date() != value.end_time.date():
            raise ValueError("a period of several days has no day")
        return str(value.strftime(specification))
    if "q" in codes:
        raise ValueError("only periods have a quarter (%q)")
    return format(value, specification)

"""How one value becomes text, by the rule of :mod:`smsframe.values` or by a format.

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

if TYPE_CHECKING:
    from collections.abc import Callable

BLANKS: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)
"""White space and the invisible marks that are stripped from texts."""

EXACT_INTEGERS_BELOW: Final = 2.0**53
"""Below this size every whole float is exactly one integer."""

_SHOWN_CHARACTERS: Final = 40
_PHONE_LIKE: Final = re.compile(r"\d(?=(?:\D{0,2}\d){2})")
_PHONE_DIGITS: Final = 7
_DRESSED: Final = re.compile(r"[^{}]*\{[^{}:]*:([^{}]+)\}[^{}]*|%(\d*(?:\.\d+)?[deEfFgG])")
_TIME_TYPES: Final = (dt.date, dt.time, pd.Period)


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
    return str.__str__(value).strip(BLANKS) or None


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
    if value.is_integer() and abs(value) < EXACT_INTEGERS_BELOW:
        return str(int(value))
    return np.format_float_positional(value, trim="-")


@text_of.register
def _(value: Decimal) -> str | None:
    return f"{value:f}" if value.is_finite() else None


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


def plain_value(value: Any) -> Any:
    """Return what a format gets to see: plain Python, whole floats as ints, None where missing."""
    if isinstance(value, (float, np.floating)):
        return _plain_float(value)
    if isinstance(value, str):
        return value.strip(BLANKS) or None
    if isinstance(value, np.timedelta64):  # to numpy an integer, of nanoseconds where it has those
        return value.astype("timedelta64[us]").item()
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
        return _by_specification(value, fmt)
    text = fmt(value)
    return text if isinstance(text, str) else text_of(text)


def cure_for(value: Any, fmt: str | Callable[[Any], Any] | None, name: str) -> str:
    """Advise what to do about a value that cannot be written."""
    if isinstance(fmt, str) and (bare := _bare_specification(fmt)):
        return f"A format is what stands behind the colon of an f-string: write {bare!r}."
    if isinstance(value, str) and isinstance(fmt, str):
        return "Make the column numbers or dates first (pd.to_numeric, pd.to_datetime)."
    if fmt is not None:
        return f"Change formats[{name!r}] so that it suits every value of the column."
    if isinstance(value, str):
        return "Correct the cell; such text comes from a file read in the wrong encoding."
    return f"Give formats={{{name!r}: function}}, where the function returns the text of one value."


def _bare_specification(fmt: str) -> str | None:
    """Return ``.2f`` for ``{:.2f}`` and ``%.2f``, None for what is neither of them."""
    found = _DRESSED.fullmatch(fmt.strip())
    return (found[1] or found[2]) if found else None


def shown(value: Any) -> str:
    """Show a value in an error: shortened, and anything like a phone number masked."""
    text = repr(plain_value(value))
    short = text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
    return short if isinstance(value, (dt.date, dt.timedelta)) else _masked(short)


def shown_reason(reason: Exception) -> str:
    """Show why a value cannot be written, masked, without a full stop."""
    if isinstance(reason, UnicodeEncodeError):
        return "it holds half of a character pair, which no message can carry"
    return _masked(str(reason) or type(reason).__name__).rstrip(".")


def _masked(text: str) -> str:
    """Mask all but the last two digits of a text that holds as many digits as a phone number."""
    digits = sum(character.isdigit() for character in text)
    return _PHONE_LIKE.sub("•", text) if digits >= _PHONE_DIGITS else text


def _plain_float(value: Any) -> int | float | None:
    """Make a float plain: an int if it is whole and exact, None if it is not finite."""
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < EXACT_INTEGERS_BELOW:
        return int(value)
    return float(value if isinstance(value, float) else np.format_float_positional(value))


def _by_specification(value: Any, specification: str) -> str:
    """Apply a format specification, with what people mean by it for whole numbers and times."""
    if isinstance(value, _TIME_TYPES) and "%" not in specification:
        raise ValueError("a date or time needs codes such as '%d %b %Y'")
    if isinstance(value, bool):
        return format(str(value), specification)
    try:
        return format(value, specification)
    except ValueError:
        if not isinstance(value, int):
            raise
        return format(float(value), specification)

"""Durations as arguments and in words.

A number alone is no duration: 24 may be hours, seconds or, as pandas reads it, nanoseconds. So it
is refused with the way to write it. What pandas reads as a duration is one, in the same way in all
its versions: of units that are one letter, capitals do not matter, and what one version only warns
of is refused.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
from numbers import Number
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from smsframe._base.masking import AlreadyMasked
from smsframe._base.sentences import Sentence, arg, many
from smsframe._base.validation import given_as, note, unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

Duration: TypeAlias = str | dt.timedelta | np.timedelta64  # a pd.Timedelta is one of Python's

_NEED: Final = "a duration such as '24h', '90min' or '2 days', or a timedelta"
_SIZES: Final[Sequence[tuple[int, str]]] = (
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
)
_LONGEST_IN_HOURS_S: Final = 2 * 86400  # 24 hours are said as hours: a day has 23 or 25 sometimes
_LONE_LETTER = re.compile(r"(?<![A-Za-z])[HDdWw](?![A-Za-z])")
_SPELLED: Final = {"H": "h", "d": "D", "w": "W"}
_BARE_NUMBER = re.compile(r"\s*[+-]?[0-9]+(?:[.,][0-9]*)?\s*")


def check_duration(
    name: str, value: Any, faults: list[str], *, least_s: float, most_s: float
) -> float | None:
    """Return a duration in seconds, within bounds; None stays None, others are faults.

    >>> faults = []
    >>> [check_duration("min_gap", v, faults, least_s=1, most_s=864e3) for v in ("24h", "1 day")]
    [86400.0, 86400.0]
    >>> check_duration("min_gap", 24, faults, least_s=1, most_s=864e3)
    >>> print(faults[0])
    min_gap=24 has no unit. Write it with one, such as min_gap='24h', '90min' or '2 days'.
    """
    if value is None:
        return None
    if _has_no_unit(value):
        example = arg(name, "24h"), ", '90min' or '2 days'."
        told = given_as(name, value), " has no unit. Write it with one, such as ", *example
        faults.append(AlreadyMasked(*told))
        return None
    if not isinstance(value, (str, dt.timedelta, np.timedelta64)):
        faults.append(unusable(name, value, _NEED))
        return None
    seconds = _seconds(value)
    if seconds is None:
        faults.append(_unreadable(name, value))
    elif not least_s <= seconds <= most_s:
        span = f" is {_short(seconds)}; it must be from {in_words(least_s)} to {in_words(most_s)}."
        note(faults, _named(name, value), span)
    else:
        return seconds
    return None


def _has_no_unit(value: Any) -> bool:
    """Tell whether this is a number alone, in whatever form."""
    if isinstance(value, str):
        return _BARE_NUMBER.fullmatch(value) is not None
    if isinstance(value, np.timedelta64):
        return np.datetime_data(value.dtype)[0] == "generic" and not np.isnat(value)
    return isinstance(value, Number) and not isinstance(value, (bool, np.bool_))


def _seconds(value: Duration) -> float | None:
    """Return a duration in seconds, None where it is none."""
    if isinstance(value, str) and not value.lstrip(" +-").startswith("P"):
        value = _LONE_LETTER.sub(lambda found: _SPELLED.get(found[0], found[0]), value)
    try:
        with warnings.catch_warnings(action="error"):
            read = pd.Timedelta(value)
    except (ValueError, OverflowError, Warning):
        return value.total_seconds() if isinstance(value, dt.timedelta) else None  # a very long one
    return None if pd.isna(read) else float(read.total_seconds())


def _unreadable(name: str, value: Duration) -> Sentence:
    """Return the sentence on what is of the right type and no duration."""
    return Sentence(_named(name, value), f" is no duration; it must be {_NEED}.")


def _named(name: str, value: Duration) -> Any:
    """Return the argument as it was given."""
    shown = value if isinstance(value, str) else str(value)
    return given_as(name, shown)


def _short(seconds: float) -> str:
    """Return a duration that was refused: in words, or that it is none or less than nothing."""
    if seconds <= 0:
        return "no time at all" if seconds == 0 else "less than nothing"
    return in_words(seconds) if seconds >= 1 else "less than a second"


def in_words(seconds: float) -> str:
    """Return a duration in words, to the second.

    >>> in_words(86400), in_words(216000), in_words(5400)
    ('24 hours', '2 days 12 hours', '1 hour 30 minutes')
    """
    left, told = round(seconds), []
    sizes = _SIZES if left >= _LONGEST_IN_HOURS_S else _SIZES[1:]
    for size, unit in sizes:
        number, left = divmod(left, size)
        if number:
            told.append(many(number, unit))
    return " ".join(told) or "0 seconds"


def until(seconds: float, now: float) -> str:
    """Say for how long, and until when, to wait from ``now`` (seconds since 1970) on."""
    size, unit = next(pair for pair in _SIZES if seconds >= 2 * pair[0] or pair[0] == 1)
    long = many(math.ceil(seconds / size), unit)
    try:
        end = dt.datetime.fromtimestamp(now + seconds, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):  # beyond the year 9999
        return long
    return f"{long}, until {end:%Y-%m-%d %H:%M} UTC"

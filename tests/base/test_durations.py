"""Durations as arguments: what is read, and what is refused with the way to write it."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pytest

from smsframe._base.durations import check_duration, in_words

DAY = 86_400.0


def read(value):
    """Return what a duration is read as, and what is said of it."""
    faults: list[str] = []
    found = check_duration("min_gap", value, faults, least_s=1, most_s=366 * DAY)
    return found, [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("24h", DAY), ("24H", DAY), (" 24 h", DAY), ("24 hours", DAY), ("1 day", DAY), ("1d", DAY),
        ("1D", DAY), ("1w", 7 * DAY), ("1W", 7 * DAY), ("1d 12h", 1.5 * DAY), ("90min", 5400.0),
        ("90m", 5400.0), ("PT24H", DAY), ("P1D", DAY), ("24:00:00", DAY), ("1.5h", 5400.0),
        ("366 days", 366 * DAY), ("1s", 1.0), (dt.timedelta(hours=24), DAY),
        (pd.Timedelta("24h"), DAY), (np.timedelta64(24, "h"), DAY),
        (np.timedelta64(2, "W"), 14 * DAY),
    ],
)  # fmt: skip
def test_duration__is_read(value, seconds):
    """As pandas reads it, alike in all its versions, whatever the capitals of a lone letter."""
    assert read(value) == (seconds, [])


def test_duration__none_stays_none():
    """What is not given is no fault."""
    assert read(None) == (None, [])


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # numpy means to refuse it one day
    NO_UNIT = np.timedelta64(24)


@pytest.mark.parametrize(
    "value", [24, 24.0, 0, -1, "24", " 24 ", "24.5", "24,5", "-3", np.int64(24), NO_UNIT]
)
def test_duration__without_a_unit(value):
    """A number alone could be anything, so it is said how to write it."""
    found, (told,) = read(value)
    assert found is None
    assert told.endswith(
        "has no unit. Write it with one, such as min_gap='24h', '90min' or '2 days'."
    )
    assert told.startswith(f"min_gap={value!r}") or isinstance(value, np.generic)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("0h", "is no time at all"), (dt.timedelta(0), "is no time at all"),
        ("-1h", "is less than nothing"), (dt.timedelta(hours=-1), "is less than nothing"),
        ("10ms", "is less than a second"), ("100ns", "is less than a second"),
        ("367 days", "is 367 days; it must be from 1 second to 366 days"),
        ("99999999 days", "is no duration"), (dt.timedelta.max, "must be from 1 second"),
        ("NaT", "is no duration"), (pd.NaT, "must be a duration"),
        (np.timedelta64("NaT", "s"), "is no duration"),
        ("", "is no duration"), ("tomorrow", "is no duration"), ("1M", "is no duration"),
        ("1 month", "is no duration"), ("1:30", "is no duration"), ("24hh", "is no duration"),
        (np.timedelta64(1, "M"), "is no duration"), (True, "must be a duration"),
        ([24], "must be a duration"), (float("nan"), "has no unit"), (b"24h", "must be a duration"),
        (pd.Timestamp("2026-01-01"), "must be a duration"), ("24h\ud83d", "is no duration"),
    ],
)  # fmt: skip
def test_duration__refused(value, part):
    """Nothing, less than nothing, what is no time, and what cannot be meant."""
    found, (told,) = read(value)
    assert found is None
    assert part in told
    assert told.startswith("min_gap=")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"), (90, "1 minute 30 seconds"), (3600, "1 hour"), (DAY, "24 hours"),
        (1.5 * DAY, "36 hours"), (2 * DAY, "2 days"), (7.5 * DAY, "7 days 12 hours"),
    ],
)  # fmt: skip
def test_duration__in_words(seconds, words):
    """Up to two days in hours, for a day has 23 or 25 of them sometimes."""
    assert in_words(seconds) == words

"""Sentences, counts and times in words."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENDS = (".", "!", "?", "…", ":", ";")


def named_counts(
    counts: Mapping[Any, int], order: Iterable[str], *, always: Iterable[str] = ()
) -> list[str]:
    """Return each count in words (``2,431 accepted``), zeros only where ``always`` names them."""
    shown = [name for name in order if counts.get(name) or name in always]
    return [f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in shown]


def day_of(when: float) -> str:
    """Return a day in words, in UTC; ``when`` is in seconds since 1970."""
    at = dt.datetime.fromtimestamp(when, tz=dt.UTC)
    return f"{at.day} {at:%B %Y}"


def as_sentences(*parts: str) -> str:
    """Join texts as sentences, those of the service too, which end in nothing; "" for none."""
    told = [part.strip() for part in parts if part.strip()]
    return " ".join(part if part.endswith(_ENDS) else f"{part}." for part in told)


def until(seconds: float, now: float) -> str:
    """Say for how long, and until when, to wait from ``now`` (seconds since 1970) on."""
    sizes = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next(pair for pair in sizes if seconds >= 2 * pair[0] or pair[0] == 1)
    number = math.ceil(seconds / size)
    long = f"{number:,} {unit}{'' if number == 1 else 's'}"
    try:
        end = dt.datetime.fromtimestamp(now + seconds, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):  # beyond the year 9999
        return long
    return f"{long}, until {end:%Y-%m-%d %H:%M} UTC"

"""For whom it is night now: a notice for sends to which no hours were given, and never a rule.

From 21:00 to 8:00 counts as night. It is night for somebody when it is in every time zone that
their number may be in, so that nothing is said of people for whom it may well be day.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from smsframe._base.sentences import Sentence, arg, many
from smsframe._eligibility.opening import zone
from smsframe._eligibility.zone_prefixes import zones_of
from smsframe._eligibility.zones import first_digits

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import pyarrow as pa

    Mask = npt.NDArray[np.bool_]

MORNING, EVENING = 8, 21


def night_sentence(people: int) -> Sentence:
    """Say for how many of the people who would get a text it is night."""
    where = many(people, "of these people is", "of these people are")
    return Sentence(
        f"It is night where {where}: before {MORNING}:00 or after {EVENING}:00 now in every time "
        "zone that the number may be in. Nothing is held back for it. If it can wait, give ",
        arg("sending_hours", python='("08:00", "20:00")', screen="hours"),
        ".",
    )


def at_night(contacts: pa.Array, now: float) -> Mask:
    """Return which contacts have night now; one that is no number has none."""
    numbers, firsts = first_digits(contacts)
    return np.array([*(is_night(zones_of(first), now) for first in firsts), False])[numbers]


def is_night(zones: Iterable[str], now: float) -> bool:
    """Tell whether it is night in every zone."""
    return all(not MORNING <= _hour(name, now) < EVENING for name in zones)


def _hour(name: str, now: float) -> int:
    """Return the hour that the clocks of a zone show."""
    return dt.datetime.fromtimestamp(now, tz=zone(name)).hour

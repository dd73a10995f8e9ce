"""When a person may be texted: moments at which every time zone they may be in is open.

A rule is about the clock on the recipient's wall, so a moment is open in a zone when that clock
stands in a window of that day. Between two changes of its offset (daylight saving) the clock of a
zone runs evenly, so windows become intervals of moments piece by piece: what the clock shows twice
is open twice, and what it skips is not open. The intervals of several zones are intersected.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._eligibility.hours import Rule

DAY_S = 86_400.0
AHEAD_DAYS = 14
"""What does not open within these days never does."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Group:
    """People of whom the same is allowed: the zones that each may be in, and the rule."""

    zones: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moment:
    """What holds from ``since`` until ``until``, group by group (seconds since 1970).

    ``closes`` is when an open group closes, -inf for one that is closed; ``opens`` is when a closed
    group opens, inf for one that does not within `AHEAD_DAYS`, -inf for one that is open.
    """

    since: float
    until: float
    closes: npt.NDArray[np.float64]
    opens: npt.NDArray[np.float64]

    def holds(self, now: float) -> bool:
        """Tell whether it is still so."""
        return self.since <= now < self.until


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RowHours:
    """The group of each row of a frame, by its number; -1 where it addresses nobody."""

    of_row: npt.NDArray[np.int32]
    groups: tuple[Group, ...]

    def at(self, now: float) -> Moment:
        """Return what is open at a moment, and until when that holds."""
        closes = np.full(len(self.groups) + 1, math.inf)  # the last is of rows without a group
        opens = np.full(len(self.groups) + 1, -math.inf)
        for number, group in enumerate(self.groups):
            closes[number], opens[number] = state(group, now)
        changes = np.concatenate([closes[closes > now], opens[opens > now]])
        return Moment(
            since=now,
            until=min(float(changes.min(initial=math.inf)), now + DAY_S),
            closes=closes,
            opens=opens,
        )

    def opens_at(self, rows: Positions, now: float) -> npt.NDArray[np.float64]:
        """Return when each row may be texted next: -inf is now, inf not within the days ahead."""
        return self.at(now).opens[self.of_row[rows]]


def state(group: Group, now: float) -> tuple[float, float]:
    """Return when a group closes (-inf: it is closed), and opens (-inf: it is open; inf: never)."""
    intervals = group_intervals(group, int(now // DAY_S))
    place = bisect_right(intervals, (now, math.inf)) - 1
    if place >= 0 and now < intervals[place][1]:
        end = intervals[place][1]
        return (math.inf if end >= _end(int(now // DAY_S)) else end), -math.inf
    following = intervals[place + 1][0] if place + 1 < len(intervals) else math.inf
    return -math.inf, following if following <= now + AHEAD_DAYS * DAY_S else math.inf


def zone(name: str) -> ZoneInfo:
    """Return a zone of our table; ConfigurationError when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"This machine's time zone database does not know {name!r}, so local hours cannot be "
            "told. Install or update the Python package tzdata."
        ) from error


def zone_of_place(place: str) -> str | None:
    """Return the time zone that is called after a place: America/New_York for "New York"."""
    wanted = place.strip().casefold().replace(" ", "_")
    found = [zone for zone in available_timezones() if zone.casefold().endswith(f"/{wanted}")]
    return found[0] if len(found) == 1 and not found[0].startswith(_OFFSETS) else None


def is_zone(name: str) -> bool:
    """Tell whether a text is the name of a time zone, the same on every machine."""
    if name in _NO_PLACES or name.startswith(_WITH_LEAP_SECONDS):
        return False
    try:
        ZoneInfo(name or "/")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


_NO_PLACES = frozenset(
    {
        *("localtime", "posixrules", "Factory"),  # this machine's, or nobody's
        *("EST", "MST"),  # never daylight saving time: in summer people's own clocks differ
    }
)
_OFFSETS = "Etc/"  # Etc/GMT+1 is an hour behind GMT: nobody means it by GMT+1
_WITH_LEAP_SECONDS = "right/"


@lru_cache(maxsize=4096)
def group_intervals(group: Group, day: int) -> list[Interval]:
    """Return when every zone of a group is open, around a day (days since 1970)."""
    found: list[Interval] | None = None
    for name in group.zones:
        here = zone_intervals(name, group.rule, day)
        found = here if found is None or found == here else _both(found, here)
        if not found:
            break
    return found or []


@lru_cache(maxsize=4096)
def zone_intervals(name: str, rule: Rule, day: int) -> list[Interval]:
    """Return when a zone is open from the day before until after the days ahead."""
    pieces = _offsets(name, day)
    first = dt.date(1970, 1, 1) + dt.timedelta(days=day - 2)
    found: list[Interval] = []
    for number in range(AHEAD_DAYS + 5):
        date = first + dt.timedelta(days=number)
        if date in rule.closed:
            continue
        midnight = (day - 2 + number) * DAY_S
        for start, end in rule.week[date.weekday()]:
            for since, until, offset in pieces:
                begin = max(midnight + start * 60 - offset, since)
                finish = min(midnight + end * 60 - offset, until)
                if begin < finish:
                    found.append((begin, finish))
    return _joined(sorted(found))


@lru_cache(maxsize=4096)
def _offsets(name: str, day: int) -> list[tuple[float, float, float]]:
    """Return pieces of time in which a zone's offset from UTC stays the same: from, to, seconds."""
    there = zone(name)

    def offset(at: float) -> float:
        moment = dt.datetime.fromtimestamp(at, tz=there).utcoffset()
        return 0.0 if moment is None else moment.total_seconds()

    since, end = (day - 1) * DAY_S, _end(day)
    pieces, at = [], since
    while at < end:
        step = min(at + DAY_S, end)
        before, after = offset(at), offset(step)
        if before != after:
            low, high = at, step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            pieces.append((since, high, before))
            since = high
        at = step
    return [*pieces, (since, end, offset(end))]


def _end(day: int) -> float:
    """Return the moment up to which intervals around a day are known."""
    return (day + AHEAD_DAYS + 2) * DAY_S


def _joined(intervals: Sequence[Interval]) -> list[Interval]:
    """Return intervals in order, those that touch as one."""
    out: list[Interval] = []
    for begin, end in intervals:
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out


def _both(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return what lies in both of two ordered lists of intervals."""
    out: list[Interval] = []
    here = there = 0
    while here < len(one) and there < len(other):
        begin = max(one[here][0], other[there][0])
        end = min(one[here][1], other[there][1])
        if begin < end:
            out.append((begin, end))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return out

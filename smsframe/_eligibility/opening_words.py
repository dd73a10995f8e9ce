"""When people may be texted, in words: for a row, for the line under a send, and for a plan."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import numpy as np

from smsframe._base.sentences import Sentence, arg, words
from smsframe._eligibility.opening import AHEAD_DAYS, DAY_S, state, zone, zone_intervals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smsframe._base.arrow import Positions
    from smsframe._eligibility.opening import Group, RowHours

OUTSIDE_HOURS, NEVER_OPEN = "outside_hours", "never_open"
_MOST_ZONES = 2
_SHOWN_LINES = 6
_TWO_DAYS_MIN = 2 * 24 * 60

NEVER = Sentence(
    f"No moment of the next {AHEAD_DAYS} days is in the sending hours of every time zone that this "
    "number may be in ({zones}), so it would never be texted. If you know where these people are, ",
    words(
        Sentence("give their time zone: ", arg("time_zone", python="a column or a name"), "."),
        at_shell="give their time zone: --time-zone COLUMN or NAME.",
        screen="give their time zone.",
    ),
)


def reason(group: Group, now: float, opens_at: float) -> tuple[str, str]:
    """Return code and sentence of a row that may not be texted now."""
    if opens_at == math.inf:
        return NEVER_OPEN, NEVER.format(zones=zones_named(group))
    several = len(set(group.zones)) > 1
    every = f" Every time zone that its number may be in has to be open: {zones_named(group)}."
    return OUTSIDE_HOURS, Sentence(
        "It is outside the sending hours of this row, so nothing was sent. It opens ",
        opening(group, now, opens_at),
        ". The same call sends it then.",
        every if several else "",
    )


def opening(group: Group, now: float, opens_at: float) -> str:
    """Say when a group opens, by the clock of the zone that opens last, and in how long.

    Returns
    -------
    str
        Such as ``08:00 in America/Denver, in 2 h 10 min``.
    """
    name = _last_to_open(group, opens_at)
    there = zone(name)
    at, today = (dt.datetime.fromtimestamp(moment, tz=there) for moment in (opens_at, now))
    day = "" if at.date() == today.date() else f" on {at:%A} {at.day} {at:%B}"
    return f"{at:%H:%M}{day} in {name}, in {duration(opens_at - now)}"


def duration(seconds: float) -> str:
    """Say how long it takes, in two units at most.

    >>> duration(7800), duration(59), duration(3 * 86400 + 3600)
    ('2 h 10 min', '1 min', '3 days 1 h')
    """
    minutes = max(1, math.ceil(seconds / 60))
    if minutes >= _TWO_DAYS_MIN:
        hours = math.ceil(minutes / 60)
        days, hours = divmod(hours, 24)
        return f"{days} days" + (f" {hours} h" if hours else "")
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts)


def zones_named(group: Group) -> str:
    """Name the zones of a group, or say how many there are."""
    if len(group.zones) <= _MOST_ZONES:
        return " and ".join(group.zones)
    return f"{group.zones[0]} and {len(group.zones) - 1} others"


def first_opening(hours: RowHours, rows: Positions, now: float) -> str:
    """Say when the first of some rows opens; "" when none ever does, or all are open."""
    numbers = np.unique(hours.of_row[rows])
    return first_of([hours.groups[number] for number in numbers[numbers >= 0].tolist()], now)


def first_of(groups: Iterable[Group], now: float) -> str:
    """Say when the first of some groups opens; "" when none ever does, or all are open."""
    later = [(opens, group) for group in groups if now < (opens := state(group, now)[1]) < math.inf]
    if not later:
        return ""
    opens, group = min(later, key=lambda found: found[0])
    return opening(group, now, opens)


def plan_lines(hours: RowHours, rows: Positions, now: float) -> list[str]:
    """Say how many rows may go now and how many later, zone by zone."""
    of_row = hours.of_row[rows]
    counts = np.bincount(of_row[of_row >= 0], minlength=len(hours.groups)).tolist()
    return lines_of({g: n for g, n in zip(hours.groups, counts, strict=True) if n}, now)


def lines_of(counts: Mapping[Group, int], now: float) -> list[str]:
    """Say how many of some groups may go now and how many later, zone by zone."""
    told: dict[str, dict[str, tuple[float, int]]] = {"now": {}, "later": {}, "never": {}}
    for group, count in counts.items():
        opens = state(group, now)[1]
        kind = "now" if opens < now else "never" if opens == math.inf else "later"
        name = opening(group, now, opens) if kind == "later" else zones_named(group)
        when, before = told[kind].get(name, (opens, 0))
        told[kind][name] = (when, before + count)
    heads = ("Goes now", "Opens later", "Never open")
    return [
        f"{head}: {sum(count for _, count in found.values()):,}. {_listed(found)}."
        for head, found in zip(heads, told.values(), strict=True)
        if found
    ]


def _listed(found: dict[str, tuple[float, int]]) -> str:
    """Name places with their counts: what opens first, then the largest."""
    ordered = sorted(found.items(), key=lambda item: (item[1][0], -item[1][1]))
    shown = [f"{count:,} {name}" for name, (_, count) in ordered[:_SHOWN_LINES]]
    more = len(ordered) - _SHOWN_LINES
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown)


def _last_to_open(group: Group, opens_at: float) -> str:
    """Return a zone that opens at just this moment: the others are open before."""
    day = int(opens_at // DAY_S)
    for name in group.zones:
        if any(begin == opens_at for begin, _ in zone_intervals(name, group.rule, day)):
            return name
    return group.zones[0]

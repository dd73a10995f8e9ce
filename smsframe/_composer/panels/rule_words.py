"""The rules of the panel "Not to whom, not when", from what is typed and into words.

People write hours as 8, 8:00, 8.30 or 8 pm, and a gap as a number of hours. What is none of these
stays as it was typed, and the plan refuses it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe._base.durations import check_duration
from smsframe._base.validation import quoted
from smsframe._composer.panels.region_names import region_options
from smsframe._eligibility.hours import DAY, DAYS, EVERY, clock, read_hours
from smsframe._eligibility.opening import is_zone
from smsframe._plan.when_arguments import LONGEST_GAP_S, SHORTEST_GAP_S

if TYPE_CHECKING:
    from smsframe._eligibility.hours import Week, Window

HOUR_S = 3600
NOON = 12
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?\s*(am|pm)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d\d):(\d\d)")
_HOURS = re.compile(r"\d+(?:\.\d+)?")
_SHOWN_COUNTRIES = 4
DATES = "Dates where people are, on which nothing goes to them."
ZONE = "One for everybody; empty: where the number is."
WAIT = "So many hours a send waits for hours that open, and goes on by itself."
GAP = "At least so many hours since a person's last message, whatever it was."


# -- hours


def time_of(typed: str) -> str:
    """Return a time as the plan reads it; what is none as it was typed.

    >>> time_of("8"), time_of("8.30"), time_of("8 pm"), time_of("abc")
    ('08:00', '08:30', '20:00', 'abc')
    """
    found = _TIME.fullmatch(typed.strip())
    if found is None:
        return typed.strip()
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= NOON:
            return typed.strip()
        hour = hour % NOON + NOON * (half == "pm")
    return f"{hour:02d}:{minute:02d}"


def hours_fault(start: str, end: str) -> str:
    """Say why two typed hours cannot be used; "" where they can, or are not there."""
    typed = [start.strip(), end.strip()]
    if not any(typed):
        return ""
    if not all(typed):
        return "Write both hours, or neither."
    minutes = [_minutes(time_of(one)) for one in typed]
    for one, read in zip(typed, minutes, strict=True):
        if read is None:
            return f"{quoted(one)} is no time of day. Write it as 8:00 or 20:30, 24:00 at most."
    if minutes[0] >= minutes[1]:  # type: ignore[operator]  # neither is None here
        return "The second time has to be later than the first, and 24:00 at most."
    return ""


def _minutes(time: str) -> int | None:
    """Return a time of day as minutes since midnight; None where it is none."""
    found = _CLOCK.fullmatch(time)
    if found is None or int(found[2]) >= 60:  # noqa: PLR2004 - minutes of an hour
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    return minutes if minutes <= DAY else None


def _weeks(given: Any) -> Mapping[str, Week]:
    """Return hours by country; none where nothing is given or it cannot be read."""
    hours = None if given is None else read_hours(given, None, [])
    return {} if hours is None else hours.weeks


def one_window(given: Any) -> tuple[str, str] | None:
    """Return the only window of all days and countries; None where it is not as simple."""
    weeks = _weeks(given)
    days = set(weeks.get(EVERY, ()))
    if set(weeks) != {EVERY} or len(days) != 1:
        return None
    windows = next(iter(days))
    if len(windows) != 1:
        return None
    start, end = windows[0]
    return clock(start), clock(end)


def hours_in_words(given: Any) -> str:
    """Return hours in words; "" for none.

    >>> hours_in_words(("08:00", "20:00"))
    '8:00 to 20:00'
    >>> hours_in_words({"FR": {"mon-fri": ("08:00", "20:00"), "sat": ("10:00", "18:00")}})
    'France Mon to Fri 8:00 to 20:00, Sat 10:00 to 18:00'
    """
    weeks = _weeks(given)
    if set(weeks) == {EVERY}:
        return _week(weeks[EVERY])
    names = {code: name for name, code in region_options()}
    named = [
        f"{'all others' if code == EVERY else names.get(code, code).split(' (')[0]} {_week(week)}"
        for code, week in weeks.items()
    ]
    more = [f"and {len(named) - _SHOWN_COUNTRIES} more"] if len(named) > _SHOWN_COUNTRIES else []
    return "; ".join([*named[:_SHOWN_COUNTRIES], *more])


def hours_note(given: Any, is_typed: bool) -> str:
    """Say whose clock counts, or which hours hold that have no field."""
    said = hours_in_words(given)
    if not said or one_window(given) is not None:
        return "By the clock where the number is; every day, for everybody."
    holds = "no longer hold, since others are written here" if is_typed else "hold"
    return f"The hours that were set in code {holds}: {said}."


def _week(week: Week) -> str:
    """Return the hours of a week; days alike are named together."""
    if len(set(week)) == 1:
        return _windows(week[0])
    told, first = [], 0
    for windows, days in itertools.groupby(week):
        last = first + len(list(days)) - 1
        names = [DAYS[day].capitalize() for day in sorted({first, last})]
        if windows:
            told.append(f"{' to '.join(names)} {_windows(windows)}")
        first = last + 1
    return ", ".join(told)


def _windows(windows: tuple[Window, ...]) -> str:
    """Return the windows of a day."""
    return " and ".join(f"{_short(start)} to {_short(end)}" for start, end in windows)


def _short(minutes: int) -> str:
    """Return a time of day as people write it."""
    return f"{minutes // 60}:{minutes % 60:02d}"


# -- gap


def gap_of(typed: str) -> str | None:
    """Return a gap as the plan reads it: a number is of hours.

    >>> gap_of("24"), gap_of("1,5"), gap_of("90min"), gap_of(" ")
    ('24h', '1.5h', '90min', None)
    """
    plain = typed.strip().replace(",", ".")
    return f"{plain}h" if _HOURS.fullmatch(plain) else typed.strip() or None


def gap_s(given: str | None) -> float | None:
    """Return a gap in seconds; None where there is none or it cannot be used."""
    return check_duration("min_gap", given, [], least_s=SHORTEST_GAP_S, most_s=LONGEST_GAP_S)


def gap_in_hours(given: str | None) -> str:
    """Return a gap as the field has it: a number of hours."""
    seconds = gap_s(given)
    return "" if seconds is None else f"{seconds / HOUR_S:.10g}"


def gap_fault(typed: str) -> str:
    """Say why a typed gap cannot be used; "" where it can."""
    if not typed.strip() or gap_s(gap_of(typed)) is not None:
        return ""
    return "Write the gap as a number of hours, such as 24 or 1.5; 366 days at most."


# -- closed dates, time zone, wait


def dates_shown(given: Any) -> str:
    """Return closed dates as the field has them; "" for none, or for dates by country."""
    dates = given.get(EVERY, ()) if isinstance(given, Mapping) and set(given) == {EVERY} else given
    return "" if not dates or isinstance(dates, Mapping) else ", ".join(map(str, dates))


def dates_of(typed: str) -> list[str]:
    """Return typed dates.

    >>> dates_of("2026-12-25; 2026-12-26")
    ['2026-12-25', '2026-12-26']
    """
    return [part for part in re.split(r"[,;\s]+", typed) if part]


def dates_fault(typed: str) -> str:
    """Say why typed dates cannot be used; "" where they can."""
    for part in dates_of(typed):
        try:
            right = dt.date.fromisoformat(part).isoformat() == part
        except ValueError:
            right = False
        if not right:
            return f"{quoted(part)} is no date. Write it as 2026-12-25, several with commas."
    return ""


def zone_shown(given: Any) -> str:
    """Return a time zone as the field has it; "" for none, or for a column of them."""
    return given if isinstance(given, str) and is_zone(given) else ""


def zone_fault(typed: str) -> str:
    """Say why a typed time zone cannot be used; "" where it can."""
    name = typed.strip()
    if not name or is_zone(name):
        return ""
    return f"{quoted(name)} is no time zone. Write it as Europe/Berlin or America/New_York."


def wait_shown(given: Any) -> str:
    """Return a wait as the field has it: a number of hours."""
    return f"{given / HOUR_S:.10g}" if given else ""


def wait_of(typed: str) -> Any:
    """Return a typed wait in seconds; what is none as it was typed.

    >>> wait_of("1,5"), wait_of("long")
    (5400.0, 'long')
    """
    plain = typed.strip().replace(",", ".")
    return float(plain) * HOUR_S if _HOURS.fullmatch(plain) else typed.strip()


def wait_fault(typed: str) -> str:
    """Say why a typed wait cannot be used; "" where it can."""
    if not typed.strip() or isinstance(wait_of(typed), float):
        return ""
    return "Write the wait as a number of hours, such as 2 or 0.5."


class RuleField(NamedTuple):
    """How a field is called, what it shows of an argument, how it is read, and what is wrong."""

    label: str
    placeholder: str
    hint: str
    shown: Callable[[Any], str]
    read: Callable[[str], Any]
    fault: Callable[[str], str]


FIELDS = {
    "closed": RuleField("Closed on", "no dates", DATES, dates_shown, dates_of, dates_fault),
    "time_zone": RuleField("Time zone", "by number", ZONE, zone_shown, str.strip, zone_fault),
    "wait_s": RuleField("Wait up to", "no waiting", WAIT, wait_shown, wait_of, wait_fault),
    "min_gap": RuleField("Hours apart", "no gap", GAP, gap_in_hours, gap_of, gap_fault),
}
"""The arguments that one field each says, in the order of the screen."""


# -- what has no field


def in_code(rest: Mapping[str, Any]) -> str:
    """Say which rules were set in code and have no field; "" for none."""
    told = []
    if rest.get("exclude") is not None:
        name = rest["exclude"].name
        told.append("a list of people to leave out" + ("" if name == "exclude" else f" ({name})"))
    if rest.get("closed"):
        named = {"all others" if code == EVERY else code: d for code, d in rest["closed"].items()}
        dates = "; ".join(f"{code} {', '.join(dates)}" for code, dates in named.items())
        told.append(f"closed dates {dates}")
    if rest.get("time_zone") is not None:
        told.append(f"the time zone of people: {rest['time_zone']}")
    return f"Set in code: {'; '.join(told)}." if told else ""

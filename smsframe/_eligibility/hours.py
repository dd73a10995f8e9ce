"""When people may be texted: what ``sending_hours=`` and ``closed=`` may be, read into rules.

Hours are the *allowed* ones, at the recipient's local time, half open: with ``("08:00", "20:00")``
a message leaves at 08:00:00 at the earliest and before 20:00:00 at the latest. Windows never go
across midnight: two windows say the same without the question which day the night belongs to.

No hours of any law are known here: what applies is the caller's to say.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from smsframe._base.masking import AlreadyMasked
from smsframe._base.sentences import arg
from smsframe._base.validation import note, quoted, unusable

Window: TypeAlias = tuple[int, int]
"""Minutes since midnight: the first that is open, the first that is not any more."""
Week: TypeAlias = tuple[tuple[Window, ...], ...]
"""The windows of each day, Monday first."""

EVERY = "*"
DAY = 24 * 60
NEED = (
    "hours such as ('08:00', '20:00'), a list of them, or a mapping of a country ('US', '*' for "
    "the others) to hours, or to a mapping of days ('mon-fri', 'sat') to hours"
)
NEED_DATES = "dates such as ['2026-12-25'], or a mapping of a country to dates"

_TIME = re.compile(r"(\d{1,2}):(\d\d)")
_NAMES = (
    ("mon", "monday"),
    ("tue", "tues", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thur", "thurs", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
)
DAYS = tuple(names[0] for names in _NAMES)
_NUMBERS = {name: number for number, names in enumerate(_NAMES) for name in names}
_ALL_DAY: Week = (((0, DAY),),) * len(DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When people of one country may be texted: windows by weekday, but not on ``closed`` dates."""

    week: Week = _ALL_DAY
    closed: frozenset[dt.date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Rules by country; ``EVERY`` is for those that are not named."""

    weeks: Mapping[str, Week] = field(default_factory=lambda: {EVERY: _ALL_DAY})
    closed: Mapping[str, frozenset[dt.date]] = field(default_factory=dict)

    @property
    def named(self) -> frozenset[str]:
        """The countries that are named by their letters."""
        return frozenset({*self.weeks, *self.closed} - {EVERY})

    @property
    def closed_dates(self) -> list[str] | dict[str, list[str]] | None:
        """The closed dates as they may be given again; None for none."""
        listed = {key: [f"{date}" for date in sorted(dates)] for key, dates in self.closed.items()}
        return listed.get(EVERY) if set(listed) <= {EVERY} else listed

    def rule(self, country: str | None) -> Rule | None:
        """Return the rule of a country; None when nothing is said of it."""
        week = self.weeks.get(country or EVERY, self.weeks.get(EVERY))
        if week is None:
            return None
        closed = self.closed.get(country or EVERY, self.closed.get(EVERY, frozenset()))
        return Rule(week=week, closed=closed)


def read_hours(sending_hours: Any, closed: Any, faults: list[str]) -> Hours | None:
    """Return the rules that were given, None for none; faults are added to the list."""
    if sending_hours is None and closed is None:
        return None
    before = len(faults)
    weeks = {EVERY: _ALL_DAY} if sending_hours is None else _weeks(sending_hours, faults)
    dates = {} if closed is None else _closed(closed, faults)
    return Hours(weeks=weeks, closed=dates) if len(faults) == before else None


# -- hours


def _weeks(given: Any, faults: list[str]) -> dict[str, Week]:
    """Return the windows of a week by country."""
    name = "sending_hours"
    if not isinstance(given, Mapping):
        return {EVERY: (_windows(name, given, faults),) * len(DAYS)}
    if not given:
        note(faults, arg(name), f" is empty; it must be {NEED}.")
    if given and all(isinstance(key, str) and _days(key) for key in given):
        fix = " names days. Say of which countries: "
        note(faults, arg(name), fix, arg(name, python="{'*': {'mon-fri': …}}"), ".")
        return {}
    weeks: dict[str, Week] = {}
    for key, hours in given.items():
        country = _country(name, key, faults)
        where = f"{name}[{quoted(key)}]"
        if country in weeks:
            note(faults, arg(where), " is there twice. Keep one.")
        if country is not None:
            weeks[country] = _week(where, hours, faults)
    return weeks


def _week(where: str, given: Any, faults: list[str]) -> Week:
    """Return the windows of a week; days that a mapping does not name are closed."""
    if not isinstance(given, Mapping):
        return (_windows(where, given, faults),) * len(DAYS)
    week: list[tuple[Window, ...] | None] = [None] * len(DAYS)
    for key, hours in given.items():
        days = _days(key) if isinstance(key, str) else ()
        if not days:
            told = f" names {quoted(key)}, which is no day. Days are {', '.join(DAYS)}, 'mon-fri'."
            note(faults, arg(where), told)
        windows = _windows(f"{where}[{quoted(key)}]", hours, faults, may_be_closed=True)
        for day in days:
            if week[day] is not None:
                note(faults, arg(where), f" names {DAYS[day]} twice. Keep one.")
            week[day] = windows
    if not any(week):
        note(faults, arg(where), " is open on no day, so nobody could be texted.")
    return tuple(windows or () for windows in week)


def _days(text: str) -> tuple[int, ...]:
    """Return the numbers of the days that a text names; none when it names none.

    >>> _days("mon-fri"), _days("sat, Sunday"), _days("someday")
    ((0, 1, 2, 3, 4), (5, 6), ())
    """
    found: list[int] = []
    for part in text.lower().split(","):
        ends = [_NUMBERS.get(end.strip()) for end in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:  # noqa: PLR2004 - from, to
            return ()
        found += [(first + n) % len(DAYS) for n in range((last - first) % len(DAYS) + 1)]
    return tuple(found)


def _windows(
    where: str, given: Any, faults: list[str], *, may_be_closed: bool = False
) -> tuple[Window, ...]:
    """Return the windows of a day, in order."""
    if may_be_closed and (given is None or (isinstance(given, Sequence) and not len(given))):
        return ()
    pairs = _pairs(given)
    if not pairs and isinstance(given, (list, tuple)) and not given:
        note(faults, arg(where), f" is empty; it must be {NEED}.")
    elif not pairs:
        faults.append(unusable(where, given, NEED, fits=isinstance(given, str)))
    read = [_window(where, pair, faults) for pair in pairs]
    windows = sorted(window for window in read if window is not None)
    for before, after in itertools.pairwise(windows):
        if after[0] < before[1]:
            told = f" has windows that overlap: {_shown(before)} and {_shown(after)}. Make it one."
            note(faults, arg(where), told)
    return tuple(windows)


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    """Return what may be pairs of times; none where it is something else."""
    if isinstance(given, str):
        parts = [part.split("-") for part in given.split(",")]
        return [(p[0], p[1]) for p in parts] if all(len(p) == 2 for p in parts) else []  # noqa: PLR2004
    if not isinstance(given, (list, tuple)):
        return []
    if len(given) == 2 and all(_is_time(part) for part in given):  # noqa: PLR2004 - one window
        return [(given[0], given[1])]
    listed = [_pairs(part) for part in given]
    return [pair for pairs in listed for pair in pairs] if all(listed) else []


def _is_time(given: Any) -> bool:
    """Tell whether something is one time of a window, well written or not."""
    return isinstance(given, (str, dt.time, int, float)) and "-" not in str(given)


def _window(where: str, pair: tuple[Any, Any], faults: list[str]) -> Window | None:
    """Return a window in minutes."""
    start, end = (_minutes(where, part, faults) for part in pair)
    if start is None or end is None:
        return None
    if start == DAY:
        note(faults, arg(where), " begins at 24:00, which is the end of a day. Write 00:00.")
        return None
    if start == end:
        told = f" has the window {_shown((start, end))}, in which nothing can go out."
        note(faults, arg(where), told, " For the whole day write ('00:00', '24:00').")
        return None
    if end < start:
        split = f"[('00:00', '{clock(end)}'), ('{clock(start)}', '24:00')]"
        told = f" goes across midnight, from {clock(start)} to {clock(end)}. Write two windows: "
        if end == 0:
            split = f"('{clock(start)}', '24:00')"
            told = " ends at 00:00, which is the beginning of a day. Write "
        note(faults, arg(where), told, split, ".")
        return None
    return start, end


def _minutes(where: str, given: Any, faults: list[str]) -> int | None:
    """Return a time as minutes since midnight."""
    if isinstance(given, dt.time) and not (given.second or given.microsecond or given.tzinfo):
        return given.hour * 60 + given.minute
    found = _TIME.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is not None:
        hour, minute = map(int, found.groups())
        if hour * 60 + minute <= DAY and minute < 60:  # noqa: PLR2004 - minutes of an hour
            return hour * 60 + minute
    faults.append(
        AlreadyMasked(
            arg(where),
            f" has the time {given.isoformat() if isinstance(given, dt.time) else quoted(given)}. "
            "Write hours and minutes of the recipient's own clock, from '00:00' to '24:00'.",
        )
    )
    return None


def clock(minutes: int) -> str:
    """Return minutes since midnight as a time."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _shown(window: Window) -> str:
    """Return a window as people write it."""
    return f"{clock(window[0])} to {clock(window[1])}"


# -- countries and dates


def _country(name: str, given: Any, faults: list[str]) -> str | None:
    """Return the two letters of a country, or the mark for all others."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - heavy; --help reads the arguments

    from smsframe._phones.country_names import region_called  # noqa: PLC0415 - as above

    code = given.strip().upper() if isinstance(given, str) else ""
    if code == EVERY or code in SUPPORTED_REGIONS:
        return code
    meant = region_called(given) if isinstance(given, str) else None
    hint = f" Did you mean {meant!r}?" if meant else ""
    faults.append(
        AlreadyMasked(
            arg(name),
            f" names {quoted(given)}, which is no country. Write its two letters, such as 'US', or "
            f"'*' for all others.{hint}",
        )
    )
    return None


def _closed(given: Any, faults: list[str]) -> dict[str, frozenset[dt.date]]:
    """Return dates by country."""
    name = "closed"
    if not isinstance(given, Mapping) or (given and all(isinstance(k, dt.date) for k in given)):
        return {EVERY: _dates(name, given, faults)}
    found: dict[str, frozenset[dt.date]] = {}
    for key, dates in given.items():
        country = _country(name, key, faults)
        if country is not None:
            listed = _dates(f"{name}[{quoted(key)}]", dates, faults)
            found[country] = found.get(country, frozenset()) | listed
    everywhere = found.get(EVERY, frozenset())
    return {country: dates | everywhere for country, dates in found.items()}


def _dates(where: str, given: Any, faults: list[str]) -> frozenset[dt.date]:
    """Return dates, however they are held; of a mapping of dates to names, the dates."""
    if isinstance(given, (str, dt.date, np.datetime64)):
        listed: list[Any] = [given]
    elif isinstance(given, Iterable) and not isinstance(given, (bytes, pd.DataFrame)):
        listed = list(given)
    else:
        faults.append(unusable(where, given, NEED_DATES))
        return frozenset()
    dates = [_date(each) for each in listed]
    wrong = [place for place, date in enumerate(dates) if date is None]
    if wrong:
        is_column = isinstance(given, (pd.Series, pd.Index, np.ndarray))
        what = f"a value at position {wrong[0]}" if is_column else quoted(listed[wrong[0]])
        told = f" holds {what}, which is no date. Give dates alone, such as '2026-12-25'."
        faults.append(AlreadyMasked(arg(where), told))
    return frozenset(date for date in dates if date is not None)


def _date(given: Any) -> dt.date | None:
    """Return a local date, None for what is none; a moment is one only where it is midnight."""
    value = pd.Timestamp(given) if isinstance(given, np.datetime64) else given
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, dt.date) or pd.isna(value):
        return None
    if isinstance(value, dt.datetime) and value.time() != dt.time():
        return None
    return dt.date(value.year, value.month, value.day)

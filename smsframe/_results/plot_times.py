"""When messages went, on an axis of time: rows by spans of equal length, and where ticks stand.

A bar is a span of time, so two batches an hour apart are an hour apart. The span is the smallest of
the round ones, from a second to four weeks, of which few enough cover it all. A batch that was not
accepted has no time: it stands where the batch before it stands, else the one behind, else when its
run began, which its id says. What has no time by any of these is told apart.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from smsframe._base import result_columns

if TYPE_CHECKING:
    from smsframe._base.result_rows import ResultRows

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 28)),
)
"""Round spans of time, in seconds."""

MOST_SPANS: Final = 60
LEAST_SPANS: Final = 6
"""As long as so many spans the axis is at least: one bar alone is no wall."""
MOST_TICKS: Final = 6
_BEGAN = re.compile(r"(\d{8})-(\d{6})-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Rows by span of time and status.

    ``counts`` has a line for each span with rows, on its start (s since 1970), and a column for
    each status. ``step_s`` is how long a span is. ``apart`` are rows of batches without a time.
    """

    counts: pd.DataFrame
    step_s: int
    apart: int

    @property
    def limits(self) -> tuple[float, float]:
        """Where the axis begins and ends (s since 1970), with some room for few bars."""
        first, last = float(self.counts.index[0]), float(self.counts.index[-1] + self.step_s)
        room = max(0.0, LEAST_SPANS * self.step_s - (last - first)) / 2
        return first - room - 0.3 * self.step_s, last + room + 0.3 * self.step_s

    def ticks(self) -> tuple[list[float], list[str]]:
        """Where ticks stand (s since 1970), and their names: times, with the day where it begins.

        They are round, and as few as are read at a glance.
        """
        first, last = int(self.counts.index[0]), int(self.counts.index[-1])
        round_ones = [s for s in STEPS if s >= self.step_s and (last - first) // s < MOST_TICKS]
        every = round_ones[0] if round_ones else self.step_s * -(-MOST_SPANS // MOST_TICKS)
        places = list(range(-(-first // every) * every, last + 1, every)) or [first]
        shown = pd.DatetimeIndex(pd.to_datetime(places, unit="s", utc=True))
        if every >= DAY:
            return [float(at) for at in places], [_day(at) for at in shown]
        form = "%H:%M:%S" if every < MINUTE else "%H:%M"
        names, before = [], None
        for at in shown:
            day = at.date()
            names.append(f"{at:{form}}" if day == before else f"{at:{form}}\n{_day(at)}")
            before = day
        return [float(at) for at in places], names


def _day(at: pd.Timestamp) -> str:
    """Return a day as people write it."""
    return f"{at.day} {at:%b %Y}"


def spans_of(rows: ResultRows) -> Spans:
    """Return the rows that are in a batch by span of time and status."""
    table = pd.DataFrame(
        {
            "batch": result_columns.strings(rows.batch),
            "status": rows.names(),
            "at": rows.accepted_at,
        }
    ).dropna(subset=["batch", "status"])
    seconds = table["batch"].map(_seconds_by_batch(table)).astype("float64")
    timed = table[seconds.notna()]
    if timed.empty:
        return Spans(counts=pd.DataFrame(), step_s=1, apart=len(table))
    at = seconds[seconds.notna()].to_numpy()
    covers_s = float(at.max() - at.min())
    fits = (step for step in STEPS if covers_s / step < MOST_SPANS - 1)  # the smallest of them
    step = next(fits, DAY * math.ceil(covers_s / DAY / (MOST_SPANS - 1)))
    starts = pd.Index((at // step * step).astype(np.int64), name="start")
    counts = pd.crosstab(starts, timed["status"].astype(str).to_numpy())
    counts.columns.name = None
    return Spans(counts=counts, step_s=step, apart=len(table) - len(timed))


def _seconds_by_batch(table: pd.DataFrame) -> pd.Series:
    """Return when each batch went (s since 1970), as far as that is known."""
    at = table.groupby("batch", observed=True)["at"].min().sort_index()
    known = at.notna().to_numpy()
    seconds = np.full(len(at), np.nan)
    seconds[known] = at[known].map(pd.Timestamp.timestamp)
    runs = [str(batch).partition(":")[0] for batch in at.index]
    made = pd.Series(seconds, index=at.index)
    near = made.groupby(runs).ffill().groupby(runs).bfill()
    return near.fillna(pd.Series([_began(run) for run in runs], index=at.index, dtype="float64"))


def _began(run: str) -> float:
    """Return when a run began, by its id; NaN where the id says nothing."""
    found = _BEGAN.match(run)
    if found is None:
        return math.nan
    stamp = pd.to_datetime("".join(found.groups()), format="%Y%m%d%H%M%S", errors="coerce")
    return math.nan if pd.isna(stamp) else float(stamp.timestamp())

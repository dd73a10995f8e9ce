"""Hours over many files: which rows go in which sweep over them, and what the next one waits for.

A message may leave only while every time zone that its number may be in is open. The rows of a list
are in memory portion by portion, so they cannot be put in one order; they are gone over again
instead. A sweep sends the rows that are open then, in each portion those that close first; the
others are written down on disk, and stay for the next one. What closes within the time that the
whole may take has a sweep of its own before all others. When a sweep is over and something opens in
time, the send waits for that.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from smsframe._eligibility.opening import state
from smsframe._eligibility.opening_words import first_of
from smsframe._stream.scratch import times_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._eligibility.opening import Group, RowHours
    from smsframe._plan.data import PlanData
    from smsframe._stream.scratch import Scratch

SLOW_ROWS_A_SECOND: Final = 4_000
"""A pace that a send has at least: ten calls of 1,000 messages that take 2.5 s each."""
_AN_HOUR_S: Final = 3600.0


def open_within(counts: Counter[Group], now: float, wait_s: float) -> int:
    """Count the rows of groups that are open now, or will be within a time."""
    return sum(number for group, number in counts.items() if state(group, now)[1] <= now + wait_s)


class Sweeps:
    """The sweeps of a send.

    Parameters
    ----------
    scratch : Scratch
        Keeps the rows that are left.
    waiting : Counter of Group
        How many of the rows that are to go have which hours.
    clock : callable
        Tells the time of day, in seconds since 1970.
    wait_s : float
        How long, from now, the send may wait for rows to open.

    Attributes
    ----------
    number : int
        Which sweep this is, from 0.
    waiting : Counter of Group
        Rows by their hours that are left for the next one.
    """

    def __init__(
        self,
        scratch: Scratch,
        waiting: Counter[Group],
        *,
        clock: Callable[[], float],
        wait_s: float,
    ) -> None:
        self.number, self.waiting = -1, waiting
        self._scratch, self._clock = scratch, clock
        self._until = clock() + wait_s
        self.begin()

    def _first_to_close(self) -> float:
        """Return when what has to go first closes; infinity where all may go at once."""
        now, rows = self._clock(), self.waiting.total()
        closes = sorted({state(group, now)[0] for group in self.waiting})
        closes = [moment for moment in closes if moment > now]
        soon = now + max(_AN_HOUR_S, rows / SLOW_ROWS_A_SECOND)
        return closes[0] if len(closes) > 1 and closes[0] <= soon else np.inf

    def chosen(self, plan: PlanData, rows: Positions) -> tuple[Positions, Positions]:
        """Return which rows go in this sweep, those that close first in front, and the others."""
        assert plan.hours is not None
        now = self._clock()
        closes = plan.hours.at(now).closes[plan.hours.of_row[rows]]
        goes = (closes > now) & (closes <= self._close_by)
        ranks = np.unique(closes[goes], return_inverse=True)[1].astype(np.int32)
        return rows[goes][np.argsort(ranks, kind="stable")], rows[~goes]

    def left(self, first: int, rows: int) -> npt.NDArray[np.int64]:
        """Return which of some rows the sweep before has left."""
        return self._scratch.rows(f"left{self.number - 1}", first, rows)

    def leave(self, hours: RowHours, rows: Positions, first: int) -> None:
        """Leave rows of a portion for the next sweep."""
        if not len(rows):
            return
        self._scratch.add_rows(f"left{self.number}", np.sort(rows) + first)
        count_groups(self.waiting, hours, rows)

    def begin(self) -> None:
        """Go over the files, for the rows that are left."""
        self.number += 1
        self._close_by = self._first_to_close()
        self.waiting = Counter()

    def opens_in(self) -> float | None:
        """Return in how many seconds the next sweep may begin; None when there is none."""
        now = self._clock()
        opens = min((state(group, now)[1] for group in self.waiting), default=np.inf)
        return max(float(opens) - now, 0.0) if opens <= self._until else None

    def first_opening(self) -> str | None:
        """Say what is waited for; None for nothing."""
        return first_of(self.waiting, self._clock()) or None


def count_groups(counts: Counter[Group], hours: RowHours, rows: Positions) -> None:
    """Count rows by their hours."""
    for number, count in times_of(hours.of_row[rows]).items():
        if number >= 0:
            counts[hours.groups[number]] += count

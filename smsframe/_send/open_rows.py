"""The rows of a send in the order in which their hours let them go.

A message may leave only while every time zone that its number may be in is open. So rows that are
open now come first, and among them those that close first; the others wait. This is judged anew
whenever something opens or closes, when a batch is cut, when it is claimed, and when its call
leaves, which may be minutes later: what has closed meanwhile is given back here. It goes out when
it opens again within the time that the send may wait, else with a later send.

Order is all that hours change. What a message is, and who had it, does not depend on it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from smsframe._eligibility import opening_words
from smsframe._send.batches_in_flight import Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._base.progress import Progress
    from smsframe._eligibility.opening import Moment, RowHours
    from smsframe._plan.data import PlanData
    from smsframe._send.keys_ahead import KeysAhead
    from smsframe._send.row_outcomes import Tally


_JUST_OPENED = "Its hours opened as the send ended. The same call sends it now."
JUST_OPENED = Ending(
    kind="stopped",
    code=opening_words.OUTSIDE_HOURS,
    sentence=_JUST_OPENED,
    of_the_run=_JUST_OPENED,
)
"""Of a row that was closed when the last batch was cut, and is not any more when the send ends."""


class Gate(Protocol):
    """What a delivery asks of hours."""

    def closed(self, rows: Positions) -> npt.NDArray[np.bool_] | None:
        """Tell which rows may not leave now; None for none."""
        ...

    def closes_at(self, rows: Positions) -> float | None:
        """Return when the first of some rows closes, in seconds since 1970; None for never."""
        ...

    def give_back(self, rows: Positions) -> None:
        """Take rows back that were cut and have closed."""
        ...

    def opens_in(self) -> float | None:
        """Return in how many seconds more rows may go; None when none will in this send."""
        ...


class AlwaysOpen:
    """The gate of a send without hours."""

    def closed(self, rows: Positions) -> None:
        """Tell that none is closed."""

    def closes_at(self, rows: Positions) -> None:
        """Tell that none closes."""

    def give_back(self, rows: Positions) -> None:
        """Never called: nothing closes."""

    def opens_in(self) -> None:
        """Tell that nothing is waited for."""


class OpenRows:
    """An iterator of batches, and the gate they pass; it goes on after a stop when more opens.

    Parameters
    ----------
    plan : PlanData
        Whose rows they are; it has hours.
    rows : array of int64
        Positions of the rows to send.
    size : int
        Most rows of a batch.
    clock : callable
        Tells the time of day, in seconds since 1970.
    wait_s : float
        How long, from now, the send may wait for rows to open.
    keys : KeysAhead, optional
        Is told the order in which rows will be asked for.
    """

    def __init__(
        self,
        plan: PlanData,
        rows: Positions,
        *,
        size: int,
        clock: Callable[[], float],
        wait_s: float = 0.0,
        keys: KeysAhead | None = None,
    ) -> None:
        assert plan.hours is not None
        self._plan, self._hours = plan, plan.hours
        self._rows, self._size, self._keys = rows, size, keys
        self._clock = clock
        self._until = clock() + wait_s
        self._is_cut = np.zeros(plan.rows, dtype=bool)
        self._moment: Moment | None = None
        self._batches: Iterator[Positions] = iter(())
        self._ready = 0
        self._later = rows[:0]
        self._opens = math.inf
        self._too_late = 0

    def __iter__(self) -> OpenRows:
        return self

    def __next__(self) -> Positions:
        """Return the rows of the next batch; StopIteration while none may go."""
        self._look()
        rows = next(self._batches)
        self._is_cut[rows] = True
        self._ready -= len(rows)
        return rows

    def seen(self, far: Progress) -> Progress:
        """Return how far a send is, of the rows that go in it, and what it waits for."""
        self._look()
        done = far.accepted + far.rejected + far.unknown
        waits = None
        if not self._ready and self._opens <= self._until and done < far.total:
            waits = opening_words.first_opening(self._hours, self._later, self._clock()) or None
        return replace(far, total=max(far.total - self._too_late, done), waits_for=waits)

    def closed(self, rows: Positions) -> npt.NDArray[np.bool_] | None:
        """Tell which rows may not leave now; None for none."""
        now = self._clock()
        is_closed = self._moment_now(now).closes[self._hours.of_row[rows]] <= now
        return is_closed if is_closed.any() else None

    def closes_at(self, rows: Positions) -> float | None:
        """Return when the first of some rows closes, in seconds since 1970; None for never."""
        closes = self._moment_now(self._clock()).closes[self._hours.of_row[rows]].min()
        return None if closes == math.inf else float(closes)

    def give_back(self, rows: Positions) -> None:
        """Take rows back that were cut and have closed."""
        self._is_cut[rows] = False
        self._moment = None

    def opens_in(self) -> float | None:
        """Return in how many seconds more rows may go; None when none will in this send."""
        self._look()
        if self._ready:
            return 0.0
        return max(self._opens - self._clock(), 0.0) if self._opens <= self._until else None

    def _moment_now(self, now: float) -> Moment:
        """Return what is open now, without cutting anything anew."""
        moment = self._moment
        return moment if moment is not None and moment.holds(now) else self._hours.at(now)

    def _look(self) -> None:
        """Sort the rows that are left, if something has opened or closed."""
        now = self._clock()
        if self._moment is not None and self._moment.holds(now):
            return
        self._moment = moment = self._hours.at(now)
        left = self._rows[~self._is_cut[self._rows]]
        closes = moment.closes[self._hours.of_row[left]]
        is_open = closes > now
        ready = left[is_open]
        ready = ready[np.argsort(_ranks(closes[is_open]), kind="stable")]
        self._ready, self._later = len(ready), left[~is_open]
        opens = moment.opens[self._hours.of_row[self._later]]
        self._opens = float(opens.min(initial=math.inf))
        self._too_late = int((opens > self._until).sum())
        self._batches = self._plan.batch_rows(ready, size=self._size)
        if self._keys is not None:
            self._keys.reorder(ready)


def open_now(plan: PlanData, rows: Positions, now: float, wait_s: float = 0.0) -> Positions:
    """Return which rows may go now, or open within a time."""
    if plan.hours is None:
        return rows
    opens = plan.hours.opens_at(rows, now)
    return rows[opens <= now + wait_s]


def hold_closed(hours: RowHours | None, tally: Tally, rows: Positions, now: float) -> None:
    """Give those of some rows that were not attempted and are closed the reason of their group."""
    if hours is None:
        return
    rows = tally.waiting(rows)
    moment, of_row = hours.at(now), hours.of_row[rows]
    for number in np.unique(of_row[of_row >= 0]).tolist():
        opens = float(moment.opens[number])
        if opens > now:
            reason = opening_words.reason(hours.groups[number], now, opens)
            tally.hold(rows[of_row == number], reason)


def waiting_line(hours: RowHours | None, tally: Tally, rows: Positions, now: float) -> str:
    """Say when the first of some rows that wait for their hours may go; "" where none does."""
    if hours is None or not tally.having(rows, opening_words.OUTSIDE_HOURS):
        return ""
    return f"the first opens {opening_words.first_opening(hours, rows, now)}"


def _ranks(closes: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Return the rank of each closing time; whole numbers are quicker to sort."""
    return np.unique(closes, return_inverse=True)[1].astype(np.int32)

"""Send keys of the batches to come, made for many of them at once.

Keys could be made batch by batch. But hashing is a loop that holds the interpreter's lock, and the
threads that make calls wait for it; a handful of Arrow calls before each loop lets them in and out
a thousand times. Made for ``AHEAD`` rows at a time, a send to a server that answers at once takes a
sixth less time. More at a time gains nothing and would keep an answer waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smsframe.sendkeys import KEY_BYTES

if TYPE_CHECKING:
    from smsframe.planning import Plan
    from smsframe.problems import Positions

AHEAD = 16_384


class KeysAhead:
    """Keys of the rows of a plan, asked for batch by batch, mostly in their order.

    Parameters
    ----------
    plan : Plan
    scope : bytes
        The campaign, 16 bytes.
    rows : array of int64
        Positions of the rows that will be asked for, ascending.
    """

    def __init__(self, plan: Plan, scope: bytes, rows: Positions) -> None:
        self._plan = plan
        self._scope = scope
        self._rows = rows
        self._made = rows[:0]
        self._keys = np.empty(0, dtype=f"V{KEY_BYTES}")

    def of(self, rows: Positions) -> bytes:
        """Return the keys of rows, 16 bytes each."""
        if not self._has(rows):
            self._go_on(rows.min())
        if not self._has(rows):  # halves of an earlier batch, or more than is made at once
            return self._plan.keys(self._scope, rows)
        return self._keys[np.searchsorted(self._made, rows)].tobytes()

    def _go_on(self, row: np.int64) -> None:
        """Make the keys from a row on, unless it lies behind: those ahead are worth keeping."""
        if len(self._made) and row < self._made[0]:
            return
        first = int(np.searchsorted(self._rows, row))
        self._made = self._rows[first : first + AHEAD]
        blob = self._plan.keys(self._scope, self._made)
        self._keys = np.frombuffer(blob, dtype=self._keys.dtype)

    def _has(self, rows: Positions) -> bool:
        """Tell whether the keys of rows are there."""
        made = self._made
        return bool(len(made) and made[0] <= rows.min() and rows.max() <= made[-1])

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
        """Return the keys of rows, 16 bytes each; halves of an earlier batch are made by hand."""
        if not self._has(rows):
            first = int(np.searchsorted(self._rows, rows[0]))
            made = self._rows[first : first + AHEAD]
            if len(self._made) and made[0] < self._made[0]:
                return self._plan.keys(self._scope, rows)
            self._made = made
            blob = self._plan.keys(self._scope, made)
            self._keys = np.frombuffer(blob, dtype=self._keys.dtype)
            if not self._has(rows):
                return self._plan.keys(self._scope, rows)
        return self._keys[np.searchsorted(self._made, rows)].tobytes()

    def _has(self, rows: Positions) -> bool:
        """Tell whether the keys of rows are there."""
        made = self._made
        return bool(len(made) and made[0] <= rows.min() and rows.max() <= made[-1])

"""Finding a row by what somebody knows of it: its name in the table, or anything in its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smsframe._composer import totals
from smsframe._explorer.searching import Searched

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._base.arrow import Positions

LOOKED_AT = 1000


class Finder:
    """Finds rows of a frame; what was read of its columns is kept."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._searched = Searched(frame)

    def find(self, asked: str) -> Positions:
        """Return the positions of the rows that hold what is asked.

        A row that is called so comes first, then those with a cell that says just that, then those
        with a cell that holds it; a phone number is found by its digits.
        """
        asked = asked.strip()
        if not asked or not len(self._frame):
            return np.empty(0, dtype=np.int64)
        called = totals.find_row(self._frame.index, asked, begins=False)
        inside = np.flatnonzero(self._searched.find(asked))
        if called is None and not len(inside):
            called = totals.find_row(self._frame.index, asked)
        first = [] if called is None else [called]
        order = np.concatenate([np.array(first, dtype=np.int64), self._saying(inside, asked)])
        _, at = np.unique(order, return_index=True)
        found: Positions = order[np.sort(at)]
        return found

    def _saying(self, rows: Positions, asked: str) -> Positions:
        """Return rows with those first of which a cell says just what is asked."""
        looked = self._frame.iloc[rows[:LOOKED_AT]]
        cells = (looked.iloc[:, place].astype(str) for place in range(len(looked.columns)))
        says = np.zeros(len(looked), dtype=bool)
        for cell in cells:
            says |= (cell.str.lower() == asked.lower()).to_numpy(dtype=bool, na_value=False)
        return np.concatenate([rows[:LOOKED_AT][says], rows])

"""Batches: which rows go together.

Batches of a frame without faults are neighbours; they are cut without a copy.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe._base.arrow import are_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from smsframe._base.arrow import Positions


def batches(rows: Positions, who: pd.Series | None, *, size: int) -> Iterator[Positions]:
    """Cut rows into batches; ``who`` is whom each addresses, where somebody is in it twice."""
    if who is None:
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
        return
    waves = who.groupby(who, sort=False).cumcount().to_numpy()
    order = np.argsort(waves, kind="stable")
    codes = pd.factorize(who)[0][order]
    yield from disjoint(rows[order], codes, size=size)


def batches_by_kind(
    rows: Positions, kinds: npt.NDArray[np.int16], who: pd.Series | None, *, size: int
) -> Iterator[Positions]:
    """Cut rows into batches of one kind each, in the order in which their first rows stand.

    So all kinds go out at the same pace, and a send that stops has not sent one before another.
    """
    each = []
    for kind in np.unique(kinds):
        where = np.flatnonzero(kinds == kind)
        mine = None if who is None else who.iloc[where].reset_index(drop=True)
        each.append(batches(where, mine, size=size))
    for where in heapq.merge(*each, key=lambda batch: int(batch[0])):
        yield rows[where]


def disjoint(rows: Positions, codes: npt.NDArray[np.int64], *, size: int) -> Iterator[Positions]:
    """Cut rows into batches in which no code stands twice, keeping the order as far as it goes."""
    waiting, start = np.arange(0), 0
    while len(waiting) or start < len(rows):
        stop = min(start + size - len(waiting), len(rows))
        window, start = np.concatenate([waiting, np.arange(start, stop)]), stop
        first = np.unique(codes[window], return_index=True)[1]
        first.sort()
        yield rows[window[first]]
        waiting = np.delete(window, first)


def picker(rows: Positions | None) -> Callable[[pa.Array], pa.Array]:
    """Return what takes the rows from a column; None means all of them."""
    if rows is None:
        return lambda column: column
    if are_neighbours(rows):
        first = int(rows[0])
        return lambda column: column.slice(first, len(rows))
    where = pa.array(rows)
    return lambda column: column.take(where)

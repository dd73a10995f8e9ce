"""Numbers looked up among others that are in order: hashes of people, mostly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def places_in(
    ordered: npt.NDArray[Any], wanted: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return where numbers stand among ordered ones, and which of them are there at all.

    The place of one that is not there says nothing.

    >>> places_in(np.array([2, 5, 7]), np.array([5, 6, 9]))
    (array([1, 2, 2]), array([ True, False, False]))
    """
    if not len(ordered):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return places, ordered[places] == wanted

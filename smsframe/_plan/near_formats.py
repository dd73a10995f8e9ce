"""Values as another format would write them: 12.345, then 12.35; 22 Nov, then Sunday.

The journal keeps a hash of how a value was written (`smsframe._plan.near_values`). Whether it was
the same value in another format can be told while the value itself is at hand: it is written in the
formats that people use, and their hashes are compared. Texts are taken as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from smsframe._plan.near_values import WILDCARD, loose_hashes
from smsframe._text.canonical import canonical_column
from smsframe._text.values import to_text
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import pandas as pd

FORMATS: Final = (
    *("", ".0f", ".1f", ".2f", ".3f", ".0%", ".1%"),
    *("%d %b", "%d %b %H:%M", "%H:%M", "%A", "%a", "%B", "%b", "%I%p", "%I %p", "%-I%p"),
)


def formats_that_write(
    cells: pd.Series, hashes: npt.NDArray[np.uint64], key: np.uint64
) -> tuple[str, ...]:
    """Return the formats by which some cells are written as values with these hashes."""
    return tuple(fmt for fmt in FORMATS if are_written(cells, hashes, (fmt,), key).any())


def are_written(
    cells: pd.Series, hashes: npt.NDArray[np.uint64], formats: Iterable[str], key: np.uint64
) -> npt.NDArray[np.bool_]:
    """Tell which cells one of the formats writes as a value with that hash."""
    found = np.zeros(len(cells), dtype=bool)
    for fmt in formats:
        try:
            texts = to_text(cells, fmt, name="").texts
        except InputError:  # a format of another kind of value
            continue
        written = loose_hashes(canonical_column(texts), key)
        found |= (written == hashes) & (written != WILDCARD)
    return found

"""What the oldest libraries we claim do otherwise; ``make lowest`` is where these could go red."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from smsframe._base import result_columns


def leave_rubbish(most: int = 4) -> None:
    """Fill memory that small arrays are given next with a number that is too large for a time."""
    for size in range(1, most + 1):
        rubbish = [np.full(size, 9e301) for _ in range(400)]
        del rubbish


@pytest.mark.parametrize("seconds", [[], [None], [1.5], [1.5, None, 1_790_000_000.123456]])
def test_times__do_not_hang_on_memory(seconds):
    """Times of which some are missing are made without a look at memory that was never set."""
    leave_rubbish()
    made = result_columns.times(seconds, np.array([*range(len(seconds)), -1]))
    assert str(made.dtype) == result_columns.TIME
    assert [None if pd.isna(t) else t.timestamp() for t in made] == [*seconds, None]

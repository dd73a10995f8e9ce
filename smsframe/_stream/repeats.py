"""``duplicates="send"`` over all files: which repeat of its message each row is.

A repeat that was asked for is a message of its own: its key has its number in it, and that is known
only when all files have been looked at. So rows are numbered among equal messages bucket by bucket;
and where there are repeats, the files are read once more for the keys of those rows alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe._stream.first_pass import keep_keys
from smsframe._stream.scratch import GROUP_ROWS, MINE, NUMBERED, buckets, halves

if TYPE_CHECKING:
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.scratch import Scratch


def number_repeats(found: FirstPass, scratch: Scratch) -> None:
    """Find which repeat of its message each row is, and make the keys of repeats.

    As `smsframe._plan.data.PlanData.occurrences` does for a frame.
    """
    for bucket in buckets():
        mine = scratch.read("mine", bucket, MINE)
        number = pd.DataFrame(halves(mine["key"])).groupby([0, 1]).cumcount().to_numpy()
        again = number > 0
        if not again.any():
            continue
        records = np.empty(int(again.sum()), NUMBERED)
        records["row"], records["number"] = mine["row"][again], number[again]
        scratch.add("numbers", records, records["row"] // GROUP_ROWS)
        scratch.replace("mine", bucket, mine[~again])
        found.repeats += int((again & ~mine["excluded"]).sum())
        found.has_repeats = True
    if found.has_repeats:
        _make_keys(found, scratch)


def _make_keys(found: FirstPass, scratch: Scratch) -> None:
    """Read the files again for the keys of repeats."""
    for portion in found.read_again():
        numbers = scratch.numbers(portion.first, portion.rows)
        rows = np.flatnonzero(numbers)
        if len(rows):
            plan = found.planned(found.reading.people(portion, found.files))
            keep_keys(found, portion, replace(plan, repeats=numbers), rows, scratch)

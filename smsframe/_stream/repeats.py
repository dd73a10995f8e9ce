"""``duplicates="send"`` over all files: which repeat of its message each row is.

A repeat that was asked for is a message of its own: its key has its number in it, and that is known
only when all files have been looked at. So rows are numbered among equal messages bucket by bucket,
and the keys of portions with repeats are made once more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe._send.already_sent import halves
from smsframe._stream.first_pass import keep_keys
from smsframe._stream.portions import Made
from smsframe._stream.scratch import BUCKETS, GROUP_ROWS, MINE, NUMBERED

if TYPE_CHECKING:
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.scratch import Scratch


def number_repeats(found: FirstPass, scratch: Scratch) -> None:
    """Find which repeat of its message each row is, and make the keys of repeats.

    As `smsframe._plan.data.PlanData.occurrences` does for a frame.
    """
    for bucket in BUCKETS:
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
    """Make the keys of repeats."""
    for made in found.made(scratch):
        portion = made.portion
        numbers = scratch.numbers(portion.first, portion.rows)
        if numbers.any():
            numbered = replace(made.plan, repeats=numbers)
            anew = Made.of(portion, numbered, found.service, found.scope)
            scratch.keep(portion.number, anew)
            keep_keys(found, anew, scratch, numbers[anew.rows] > 0)

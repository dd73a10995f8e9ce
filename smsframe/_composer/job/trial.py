"""A try: the message of chosen rows, sent to one's own numbers; what it is, is told in ``trial``.

Only the chosen rows are planned, so it is quick however long the frame is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe._base.masking import AlreadyMasked, mask_example
from smsframe._phones.problems import SENTENCES
from smsframe._phones.read import read_phones
from smsframe._plan.build import build_texts
from smsframe._plan.trial import trial_texts
from smsframe._send.plan import Plan
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.inputs import Choices


def numbers_of(typed: str) -> list[str]:
    """Return the numbers that were typed, separated by commas, semicolons or lines; each once."""
    parts = (part.strip() for part in re.split(r"[,;\n]", typed))
    return list(dict.fromkeys(part for part in parts if part))


def try_plan(
    frame: pd.DataFrame, rows: Sequence[int], numbers: Sequence[str], choices: Choices
) -> Plan:
    """Plan the messages of the rows at positions, each to all of the numbers.

    Raises
    ------
    InputError
        A number cannot be texted, a value is missing, or they are too many for a try.
    """
    if not numbers:
        raise InputError("Write your own phone number, with its country code.")
    for place, number in enumerate(numbers, start=1):
        which = f"Number {place} of yours" if len(numbers) > 1 else "Your number"
        _check_own(number, which, choices.region)
    chosen = frame.iloc[list(rows)]
    texts, problems = build_texts(chosen, choices.text, choices.to_nobody())
    test = trial_texts(
        texts,
        problems,
        chosen.index,
        np.arange(len(rows)),
        list(numbers),
        region=choices.region,
        fold=choices.fold,
    )
    return Plan(test)


def _check_own(number: str, which: str, region: str | None) -> None:
    """Refuse a number of one's own that cannot be texted, and say which it is."""
    read = read_phones(pd.Series([number], dtype=object), region=region)
    if read.code.codes[0] >= 0:
        shown = f"“{mask_example(number)}”"
        what = SENTENCES[str(read.code[0])].partition(". ")[0]
        what = what.format(value=shown, region=f"region {region}")
        raise InputError(
            AlreadyMasked(
                f"{which}, {shown}, cannot be texted, and nothing was sent: {what}. Write it with "
                "its country code, such as +1 and ten digits."
            )
        )

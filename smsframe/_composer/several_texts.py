"""Several texts on the screen: their names, and how what is typed of them is read.

No widget is made here. What is typed wrong is a sentence for the screen, and goes into the choices
as it is, so that plan and code of a wrong entry are refused by themselves.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe._base.masking import mask_label
from smsframe._base.split_words import HOLDOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData

WHOLE_PERCENT = 100.0


def next_name(taken: Iterable[str]) -> str:
    """Return the first letter that is no text's name yet.

    >>> next_name(["A", "b", "D"])
    'C'
    """
    known = {name.casefold() for name in taken}
    numbered = [f"Text {number}" for number in range(len(known) + 2)]
    names: list[str] = [*string.ascii_uppercase, *numbered]
    return next(name for name in names if name.casefold() not in known)


def name_fault(typed: str, others: Iterable[str]) -> str:
    """Say why a text cannot be called so; "" where it can."""
    name = " ".join(typed.split())
    if not name:
        return "Give the text a name."
    if name.casefold() == HOLDOUT:
        return f"A text cannot be called {name!r}: that is what those are called who get none."
    if name.casefold() in {other.casefold() for other in others}:
        return f"Another text is called {name!r} already."
    return ""


def number_of(typed: str) -> float | None:
    """Return a number as people write it, None where it is none."""
    try:
        number = float(typed.replace("%", "").strip().replace(",", "."))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def split_of(weights: Mapping[str, str]) -> tuple[dict[str, Any] | None, str]:
    """Return the weights that were typed, None where all are the same, and what is wrong.

    A field that is left empty weighs 1.

    >>> split_of({"A": "1", "B": "2,5"})
    ({'A': 1, 'B': 2.5}, '')
    >>> split_of({"A": "", "B": "1"})
    (None, '')
    """
    split: dict[str, Any] = {}
    wrong = ""
    for name, typed in weights.items():
        number = number_of(typed) if typed.strip() else 1.0
        if number is None or number <= 0:
            split[name] = typed
            wrong = wrong or (
                f"The weight of {name!r} is {typed!r}; write a number above 0, such as 1 or 2."
            )
        else:
            split[name] = int(number) if number.is_integer() else number
    is_equal = not wrong and len(set(split.values())) <= 1
    return (None if is_equal else split), wrong


def holdout_of(typed: str) -> tuple[float | str | None, str]:
    """Return the share that is held out from the percentage that was typed, and what is wrong.

    >>> holdout_of("10 %"), holdout_of(""), holdout_of("0")
    ((0.1, ''), (None, ''), (None, ''))
    """
    if not typed.strip():
        return None, ""
    number = number_of(typed)
    if number is None or not 0 <= number < WHOLE_PERCENT:
        return typed, (
            f"{typed!r} cannot be held out; write a percentage from 0 to below 100, such as 10."
        )
    return (round(number / WHOLE_PERCENT, 12) or None), ""


def in_percent(share: Any) -> str:
    """Return a share as it is typed on the screen."""
    return "" if not share else f"{share * WHOLE_PERCENT:.10g}"


def as_typed(weight: Any) -> str:
    """Return a weight as it is typed on the screen."""
    return f"{weight:.10g}" if isinstance(weight, (int, float)) else str(weight)


def by_text(made: PlanData, rows: Positions) -> dict[str, int]:
    """Count the messages of rows by the name of their text; nothing where there is one text."""
    if made.variants is None:
        return {}
    numbers = made.variants.number[rows]
    counts = np.bincount(numbers[numbers >= 0], minlength=len(made.variants.names)).tolist()
    return dict(zip(made.variants.names, counts, strict=False))


def text_of_row(made: PlanData, row: int) -> str | None:
    """Return the name of the text that a row gets, "holdout" for none, None where nobody knows."""
    if made.variants is None:
        return None
    number, names = int(made.variants.number[row]), made.variants.names
    return None if number < 0 else (*names, HOLDOUT)[number]


def counts_line(counts: Mapping[str, int]) -> str:
    """Return the messages of each text in a line; "" where there is one text.

    >>> counts_line({"A": 1, "B": 1200})
    'By text: A 1 · B 1,200.'
    """
    told = " · ".join(f"{mask_label(name)} {number:,}" for name, number in counts.items())
    return f"By text: {told}." if told else ""

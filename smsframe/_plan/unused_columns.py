"""The columns that no message is made from: unused ones, and those that the results replace.

Results carry their own ``sms_*`` columns behind the caller's. A frame that has all of them is the
results of an earlier send, sent again: they are replaced as a matter of course. A frame that has
some of them has columns of somebody else's by these names, and loses them: that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from smsframe._base.result_columns import RESULT_COLUMNS
from smsframe._plan.consent_columns import (
    concerns_consent,
    counted_values,
    holds_refusals,
    is_all_consent,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from smsframe._plan.problems import Problems

_UNCOUNTED: Final = (TypeError, ArithmeticError, NotImplementedError)
"""What is raised where values are lists, signalling NaN, or what Arrow cannot compare."""


def note_columns(
    frame: pd.DataFrame, used: Collection[Hashable | None], problems: Problems
) -> None:
    """Note the columns that are replaced, and those that nothing is taken from."""
    _note_replaced(frame, problems)
    _note_unused(frame, used, problems)


def _note_replaced(frame: pd.DataFrame, problems: Problems) -> None:
    """Warn of columns of the caller's that are called as ours."""
    names = [name for name in RESULT_COLUMNS if name in frame.columns]
    if not names or len(names) == len(RESULT_COLUMNS):
        return
    problems.whole(
        "column_replaced",
        f"The results have columns of their own called {', '.join(names)}, and yours are replaced "
        "by them. Rename yours to keep them.",
        severity="warning",
        column=", ".join(names),
    )


def _note_unused(
    frame: pd.DataFrame, used: Collection[Hashable | None], problems: Problems
) -> None:
    """List the columns that nothing is taken from; one that is about consent was forgotten."""
    for column in frame.columns:
        if column in used or column in RESULT_COLUMNS:
            continue
        if concerns_consent(str(column)) or _holds_refusals(frame[column]):
            _note_consent(frame[column], column, problems)
            continue
        problems.whole(
            "column_unused", "Nothing is taken from this column.", severity="info", column=column
        )


def _holds_refusals(cells: Any) -> bool:
    """Tell whether the values of a column say who wants no texts, whatever it is called."""
    try:
        return not isinstance(cells, pd.DataFrame) and holds_refusals(cells)
    except _UNCOUNTED:
        return False


def _note_consent(cells: Any, column: Hashable, problems: Problems) -> None:
    """Warn of a column that seems to say who wants no texts, with its values."""
    if isinstance(cells, pd.DataFrame) or not len(cells):  # there twice
        return
    try:
        if is_all_consent(str(column), cells):
            return
        values = counted_values(cells)
    except _UNCOUNTED:
        values = "values that cannot be counted"
    problems.whole(
        "consent_unused",
        f"Column {str(column)!r} seems to say who wants no texts, but nothing is taken from it. "
        f"Its values: {values}. Leave out whoever must not be texted before you send.",
        severity="warning",
        column=column,
    )

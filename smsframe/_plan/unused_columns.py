"""The columns that no message is made from: unused ones, and those that the results replace.

Results carry their own ``sms_*`` columns behind the caller's. A frame that has all of them is the
results of an earlier send, sent again: they are replaced as a matter of course. A frame that has
some of them has columns of somebody else's by these names, and loses them: that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base.result_columns import RESULT_COLUMNS
from smsframe._plan.consent_columns import (
    concerns_consent,
    counted_values,
    holds_refusals,
    is_all_consent,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe._plan.data import Draft


def note_columns(draft: Draft) -> None:
    """Note the columns that are replaced, and those that nothing is taken from."""
    _note_replaced(draft)
    _note_unused(draft)


def _note_replaced(draft: Draft) -> None:
    """Warn of columns of the caller's that are called as ours."""
    names = [name for name in RESULT_COLUMNS if name in draft.frame.columns]
    if not names or len(names) == len(RESULT_COLUMNS):
        return
    draft.problems.whole(
        "column_replaced",
        f"The results have columns of their own called {', '.join(names)}, and yours are replaced "
        "by them. Rename yours to keep them.",
        severity="warning",
        column=", ".join(names),
    )


def _note_unused(draft: Draft) -> None:
    """List the columns that nothing is taken from; one that is about consent was forgotten."""
    used = [draft.columns.phone, draft.columns.region_from, *draft.read_columns]
    for column in draft.frame.columns:
        if column in used or column in RESULT_COLUMNS:
            continue
        if concerns_consent(str(column)) or _holds_refusals(draft.frame[column]):
            _note_consent(draft, column)
            continue
        draft.problems.whole(
            "column_unused", "Nothing is taken from this column.", severity="info", column=column
        )


def _holds_refusals(cells: Any) -> bool:
    """Tell whether the values of a column say who wants no texts, whatever it is called."""
    try:
        return not isinstance(cells, pd.DataFrame) and holds_refusals(cells)
    except (TypeError, ArithmeticError):
        return False


def _note_consent(draft: Draft, column: Hashable) -> None:
    """Warn of a column that seems to say who wants no texts, with its values."""
    cells: Any = draft.frame[column]
    if isinstance(cells, pd.DataFrame) or not len(cells):  # there twice
        return
    try:
        if is_all_consent(str(column), cells):
            return
        values = counted_values(cells)
    except (TypeError, ArithmeticError):  # lists, and signalling NaN, cannot be counted
        values = "values that cannot be counted"
    draft.problems.whole(
        "consent_unused",
        f"Column {str(column)!r} seems to say who wants no texts, but nothing is taken from it. "
        f"Its values: {values}. Leave out whoever must not be texted before you send.",
        severity="warning",
        column=column,
    )

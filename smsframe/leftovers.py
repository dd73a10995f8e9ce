"""The columns that no message is made from: unused ones, and those that the results replace.

Results carry their own ``sms_*`` columns behind the caller's. A frame that has all of them is the
results of an earlier send, sent again: they are replaced as a matter of course. A frame that has
some of them has columns of somebody else's by these names, and loses them: that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.frames import RESULT_COLUMNS

if TYPE_CHECKING:
    from smsframe.draft import Draft


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
    """List the columns that nothing is taken from."""
    chosen = draft.columns
    used = {
        chosen.phone,
        chosen.region_from,
        *chosen.lookup.values(),
        *(chosen.personalize or {}).values(),
    }
    tags = set(draft.personalization) if chosen.personalize is None else set()
    for column in draft.frame.columns:
        if column not in used and str(column) not in tags:
            draft.problems.whole(
                "column_unused",
                "Nothing is taken from this column.",
                severity="info",
                column=column,
            )

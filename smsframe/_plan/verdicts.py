"""Which rows go out, and what is said of the others: a status, and a reason where a row stays here.

Each rule that holds a row back has its code and its sentence here, in the order of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smsframe._base import result_columns
from smsframe._base.sentences import Sentence, arg, joined, many, words
from smsframe._plan.problems import Problems, first_codes

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd
    import pyarrow as pa

    from smsframe._base.arrow import Positions
    from smsframe._plan.message_parts import MessageColumns
    from smsframe._plan.options import Columns, Options

READY, INVALID, DUPLICATE, HELD_BACK, EXCLUDED, HELD_OUT = range(6)

SENT_AGAIN = "An equal message to this person is in an earlier row; it is sent again, as asked."
NOT_NOW = Sentence(
    words(
        Sentence(
            arg("limit"),
            " stopped before this row. The same call with a higher limit, or without, goes on "
            "here.",
        ),
        screen="The limit that was given stops before this row.",
    )
)
EXCLUDED_SENTENCE = Sentence(
    "This person is in ",
    arg("exclude", screen="the list that was given"),
    ", or in the file that SMSFRAME_EXCLUDE names, so nothing was sent.",
)

HELD_OUT_SENTENCE = Sentence(
    "This person is in the holdout of this campaign (",
    arg("holdout"),
    "): they get nothing, so that it can be seen what people do who get nothing.",
)

Verdict = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Judged:
    """The verdict of each row, and whether somebody is in the frame twice."""

    verdict: Verdict
    somebody_twice: bool


def judge_rows(
    messages: MessageColumns,
    columns: Columns,
    options: Options,
    excluded: npt.NDArray[np.bool_],
    problems: Problems,
    *,
    held_out: npt.NDArray[np.bool_] | None = None,
) -> Judged:
    """Find each row's verdict.

    Invalid, excluded, in the holdout, a duplicate, beyond ``limit``, or ready.
    """
    verdict = problems.bad_rows(len(excluded)).astype(np.uint8) * INVALID
    if problems.blocking:
        verdict[:] = INVALID
    verdict[excluded & (verdict == READY)] = EXCLUDED
    if held_out is not None:
        verdict[held_out & (verdict == READY)] = HELD_OUT
    ready = np.flatnonzero(verdict == READY)
    who = messages.identity(ready) if len(ready) > 1 else None  # one row repeats nothing
    somebody_twice = who is not None and has_repeats(who)
    if who is not None and somebody_twice:
        rows = ready[who.duplicated(keep=False).to_numpy()]
        each = messages.messages(rows)
        again = each.duplicated().to_numpy()
        if options.duplicates == "skip":
            verdict[rows[again]] = DUPLICATE
        kept = options.duplicates == "send"
        _note_duplicates(rows, each, again, problems, kept=kept, phone=columns.phone)
    if options.limit is not None:
        verdict[np.flatnonzero(verdict == READY)[options.limit :]] = HELD_BACK
    return Judged(verdict=verdict, somebody_twice=somebody_twice)


def has_repeats(who: pd.Series) -> bool:
    """Tell whether somebody is in it twice; sorting numbers takes less room than hashing."""
    if who.dtype == object:
        return bool(who.duplicated().any())
    ordered = np.sort(who.to_numpy())
    return bool((ordered[1:] == ordered[:-1]).any())


def _note_duplicates(
    rows: Positions,
    messages: pd.DataFrame,
    again: npt.NDArray[np.bool_],
    problems: Problems,
    *,
    kept: bool,
    phone: Hashable | None,
) -> None:
    """Note repeated messages, and persons who get different ones."""
    problems.rows(
        "duplicate",
        SENT_AGAIN if kept else duplicate_sentence(int(again.sum())),
        rows[again],
        severity="info" if kept else "warning",
        column=phone,
    )
    first = messages[~again]
    several = first["\x00recipient"].duplicated(keep=False).to_numpy()
    each = first["\x00recipient"][several].value_counts()
    people = many(len(each), "person gets", "people get")
    most = f", up to {each.max():,} each" if len(each) > 1 else ""
    problems.rows(
        "same_person",
        "This person gets more than one message, with different values. In all, "
        f"{people} {each.sum():,} messages{most}. Check that this is meant.",
        rows[~again][several],
        severity="warning",
        column=phone,
    )


def duplicate_sentence(repeats: int) -> str:
    """Say what a row that repeats an earlier one is, and what sending it would mean."""
    rows = many(repeats, "row that repeats", "rows that repeat")
    again = Sentence(
        arg("duplicates", "send"), f" sends the {rows} one too, so those people get it again."
    )
    return Sentence(
        "The same message to the same person is in an earlier row. ",
        words(again, screen="It is sent once."),
    )


def verdicts_of(
    verdict: Verdict, problems: Problems, contact: pa.Array, segments: npt.NDArray[np.int16]
) -> result_columns.Verdicts:
    """Return what is said of every row; those that are ready are not attempted yet."""
    reasons, reason = first_codes(problems, len(verdict))
    blocking = problems.blocking
    if blocking:
        reasons.append((blocking[0].code, joined(" ", (f.sentence for f in blocking))))
        reason[reason < 0] = len(reasons) - 1  # a row's own problem says more
    repeats = int((verdict == DUPLICATE).sum())
    rules = (
        (DUPLICATE, ("duplicate", duplicate_sentence(repeats))),
        (HELD_BACK, ("limit", NOT_NOW)),
        (EXCLUDED, ("excluded", EXCLUDED_SENTENCE)),
        (HELD_OUT, ("held_out", HELD_OUT_SENTENCE)),
    )
    for which, rule in rules:
        reason[verdict == which] = len(reasons)
        reasons.append(rule)
    status = np.full(len(verdict), result_columns.NUMBER["not_attempted"], dtype=np.uint8)
    status[verdict == INVALID] = result_columns.NUMBER["invalid"]
    status[verdict == DUPLICATE] = result_columns.NUMBER["duplicate"]
    return result_columns.Verdicts(
        status=status,
        reason=reason,
        reasons=reasons,
        batch=np.full(len(verdict), -1, dtype=np.int32),
        batches=(),
        contact=contact,
        segments=segments,
    )

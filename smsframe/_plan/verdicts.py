"""What a plan says of each row before anything is sent: a status, and a reason where it stays here.

The order of the rules is that of ``data.judge_rows``; each rule that holds a row back has its code
and its sentence here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smsframe._base import result_columns
from smsframe._base.sentences import Sentence, arg, joined, words
from smsframe._plan.data import DUPLICATE, EXCLUDED, HELD_BACK, INVALID, duplicate_sentence
from smsframe._plan.problems import first_codes

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._plan.data import Draft

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
    arg("exclude"),
    ", or in the file that SMSFRAME_EXCLUDE names, so nothing was sent.",
)


def verdicts_of(made: Draft, segments: npt.NDArray[np.int16]) -> result_columns.Verdicts:
    """Return the verdict of every row of a draft; those that are ready are not attempted yet."""
    reasons, reason = first_codes(made.problems, made.rows)
    blocking = made.problems.blocking
    if blocking:
        reasons.append((blocking[0].code, joined(" ", (f.sentence for f in blocking))))
        reason[reason < 0] = len(reasons) - 1  # a row's own problem says more
    repeats = int((made.verdict == DUPLICATE).sum())
    rules = (
        (DUPLICATE, ("duplicate", duplicate_sentence(repeats))),
        (HELD_BACK, ("limit", NOT_NOW)),
        (EXCLUDED, ("excluded", EXCLUDED_SENTENCE)),
    )
    for verdict, rule in rules:
        reason[made.verdict == verdict] = len(reasons)
        reasons.append(rule)
    status = np.full(made.rows, result_columns.NUMBER["not_attempted"], dtype=np.uint8)
    status[made.verdict == INVALID] = result_columns.NUMBER["invalid"]
    status[made.verdict == DUPLICATE] = result_columns.NUMBER["duplicate"]
    return result_columns.Verdicts(
        status=status,
        reason=reason,
        reasons=reasons,
        batch=np.full(made.rows, -1, dtype=np.int32),
        batches=(),
        contact=made.recipients(),
        segments=segments,
    )

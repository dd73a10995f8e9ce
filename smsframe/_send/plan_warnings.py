"""The warnings of a plan, said by whatever sends it.

A warning is something a person would want to stop for. Whoever calls ``send`` in one step never
sees the plan, so the send says its warnings itself: all of them in one ``PlanWarning``, before the
first call leaves, and their number in the line under the cell. Both name ``smsframe.last_plan()``,
since there may be no variable that holds the plan.

A warning counts for what a send still has to do. Rows that were dealt with before are left out of
it, and a send that has nothing left to send warns of nothing: to run a cell again is no news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smsframe._base.sentences import Sentence, many, words
from smsframe._send.batches_in_flight import Ending
from smsframe._send.report import WHERE
from smsframe.errors import PlanWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from smsframe._plan.data import PlanData
    from smsframe._plan.problems import Fault
    from smsframe._send.already_sent import Matched
    from smsframe._send.row_outcomes import Tally

    Bools = npt.NDArray[np.bool_]

SENTENCES = 10
_FILTERED = (
    "The plan has warnings, and a filter makes errors of them, so nothing was sent. Look at them, "
    "then send without the filter."
)
WARNED = Ending(kind="stopped", code="plan_warning", sentence=_FILTERED, of_the_run=_FILTERED)


def say(made: PlanData, matched: Matched | None, tally: Tally, more: Iterable[Fault] = ()) -> int:
    """Say the warnings of what is about to be sent, before the first call.

    Parameters
    ----------
    made : PlanData
        What is about to be sent.
    matched : Matched or None
        What of it the journal knows; None where there is no journal yet.
    tally : Tally
        The rows that wait get their reason here if the warning is raised.
    more : iterable of Fault
        What else is known of this send, beside the faults of the plan.

    Returns
    -------
    int
        How many kinds of warnings there were.

    Raises
    ------
    PlanWarning
        There are warnings, and a filter makes errors of them: nothing may go out.
    """
    rows = made.rows
    open_rows = np.ones(rows, dtype=bool) if matched is None else matched.open_rows(rows)
    try:
        return len(warn_of(concerning([*made.problems.faults, *more], open_rows)))
    except PlanWarning:
        tally.close(made.ready if matched is None else matched.todo, WARNED)
        raise


def concerning(faults: Iterable[Fault], open_rows: Bools) -> list[tuple[Fault, int]]:
    """Return the warnings among the faults of a plan, each with the number of its problems.

    Parameters
    ----------
    faults : iterable of Fault
        Those of the plan, and whatever else is known of this send.
    open_rows : array of bool
        Which rows were not dealt with before; what concerns only others is left out.
    """
    found = []
    for fault in faults:
        positions = fault.positions
        count = fault.count if positions is None else int(open_rows[positions].sum())
        if fault.severity == "warning" and count:
            found.append((fault, count))
    return found


def counts_of(found: Sequence[tuple[Fault, int]]) -> dict[str, int]:
    """Return how many problems each code has."""
    counts: dict[str, int] = {}
    for fault, count in found:
        counts[fault.code] = counts.get(fault.code, 0) + count
    return counts


def named(counts: Mapping[str, int]) -> str:
    """Return codes with their counts in one line: ``12 no_value_word, 2 same_person``."""
    return ", ".join(f"{count:,} {code}" for code, count in counts.items())


def warn_of(found: Sequence[tuple[Fault, int]]) -> dict[str, int]:
    """Issue one PlanWarning that names every code with its count; return the counts."""
    counts = counts_of(found)
    if not counts:
        return counts
    listed = [
        Sentence(f"\n  - {count:,} {fault.code}: ", fault.sentence)
        for fault, count in found[:SENTENCES]
    ]
    if len(found) > SENTENCES:
        listed.append(Sentence(f"\n  - and {len(found) - SENTENCES:,} more."))
    where = words(f" All of them: {WHERE}", at_shell=" smsframe plan shows them.")
    sentence = Sentence(f"{many(len(counts), 'warning')}, {named(counts)}.", where, *listed)
    warn_caller(PlanWarning(sentence, counts), PlanWarning)
    return counts

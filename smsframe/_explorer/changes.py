"""What the explorer's buttons do: each takes some rows and puts what became of them into the whole.

*Retry* sends the plan that these results are of, and of it only the chosen rows, by the ordinary
way: lock, journal, rules, count. Where the plan is not at hand any more, where the rows are not as
they were when it was made, or where the text is another, nothing is sent and the sentence says so:
a plan made anew from results could be of other words or to other people.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe._base import result_columns
from smsframe._connect import journal_file
from smsframe._plan.verdicts import HELD_BACK, READY
from smsframe._results.open_journal import reading_journal
from smsframe._results.rows import to_retry
from smsframe._send.look_back import connected, history, scope_of
from smsframe._send.plan import last_plan
from smsframe.errors import InputError, JournalError

if TYPE_CHECKING:
    from smsframe._acoustic.client import Client
    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData
    from smsframe._send.plan import Plan

INSTEAD = "Run the same send again on the whole table: it sends only what is left."


def merged(results: pd.DataFrame, rows: Positions, part: pd.DataFrame) -> pd.DataFrame:
    """Return results in which the rows at these positions say what ``part`` says of them."""
    if len(part) != len(rows):
        raise InputError(f"{len(rows):,} rows were given, and {len(part):,} came back.")
    take = np.arange(len(results))
    take[rows] = len(results) + np.arange(len(rows))
    out = result_columns.detached(results)
    for name in result_columns.RESULT_COLUMNS:
        label = result_columns.result_label(out.columns, name)
        if label not in out.columns:
            continue
        columns = [frame[label].reset_index(drop=True) for frame in (results, part)]
        both = columns[0] if not len(rows) else pd.concat(columns, ignore_index=True)
        out[label] = both.take(take).array
    return out


def may_be_retried(results: pd.DataFrame, rows: Positions) -> Positions:
    """Return those of the rows that did not go out and may."""
    numbered = results.iloc[rows].copy(deep=False)
    numbered.index = pd.RangeIndex(len(rows))
    return rows[to_retry(numbered).index.to_numpy(dtype=np.int64)]


def retry_plan(
    results: pd.DataFrame, rows: Positions, client: Client | None
) -> tuple[Plan, Client, Positions]:
    """Return the plan of these results with the chosen rows alone, and where they are in it.

    Raises
    ------
    InputError
        There is no such plan in this session, or the rows are others now. Nothing was sent.
    """
    made = last_plan()
    run = result_columns.run_of(results)
    if made is None or run is None:
        raise InputError(
            f"These rows cannot be sent from here: their send was not made in this "
            f"session. {INSTEAD}"
        )
    ready = connected(client)
    _refuse_another_text(made.data, run, ready)
    if made.options.duplicates == "send":
        raise InputError(
            f"This send repeats messages on purpose, so a part of it cannot be told "
            f"from a repeat. {INSTEAD}"
        )
    places = _places(results, rows, made.data.frame)
    return made.of(_only(made.data, places)), ready, places


def _refuse_another_text(data: PlanData, run: str, client: Client) -> None:
    """Refuse where the plan at hand says something else than the run of these results."""
    with reading_journal(journal_file(client)) as journal:
        try:
            kept = None if journal is None else journal.run(run)
        except JournalError:
            kept = None
    if kept is None or kept.scope != scope_of(data, client):
        raise InputError(
            f"The last send of this session was of another message, or to another "
            f"place, so these rows cannot be sent from here. {INSTEAD}"
        )


def _places(results: pd.DataFrame, rows: Positions, planned: pd.DataFrame) -> Positions:
    """Return where rows of results are in the frame that was planned; all cells must agree."""
    chosen = results.iloc[rows]
    own = result_columns.strip_results(chosen)
    if results.index.equals(planned.index):
        places = rows
    elif planned.index.is_unique:
        places = planned.index.get_indexer(chosen.index).astype(np.int64)
    else:
        places = np.full(len(rows), -1, dtype=np.int64)
    there = result_columns.strip_results(planned)
    same = (places >= 0).all() and there.columns.equals(own.columns)
    if not same or not there.iloc[places].equals(own):
        raise InputError(
            f"The rows are not as they were when they were sent, so they cannot be "
            f"sent from here. {INSTEAD}"
        )
    return places


def _only(data: PlanData, places: Positions) -> PlanData:
    """Return a plan of which the rows at these places alone go out; a limit held some back."""
    verdict = data.verdict.copy()
    chosen = np.zeros(len(verdict), dtype=bool)
    chosen[places] = True
    verdict[(verdict == HELD_BACK) & chosen] = READY
    verdict[(verdict == READY) & ~chosen] = HELD_BACK
    return replace(data, verdict=verdict, options=replace(data.options, limit=None, confirm=None))


def left_to_send(plan: Plan, client: Client) -> int:
    """Return how many messages of a plan would go out now, by what the journal knows."""
    known = history(plan.data, client)
    return plan.recipients if known is None else known.left

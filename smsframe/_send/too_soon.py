"""``min_gap=`` in a send: which rows wait, what is said of them, and what a claim is judged by.

Judged over the rows that would go out now. Whoever had any message from this address within the gap
waits; of several rows to one person the first goes and the others wait. What was accepted before
stays so: it is not among these rows. A row that may have gone out and is asked for again on purpose
(``resend_unknown``) waits as any other: its own first message counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe._base.durations import in_words
from smsframe._base.sentences import Sentence, arg
from smsframe._eligibility.min_gap import GapGuard
from smsframe._send.held_rows import HeldRows
from smsframe._send.nearly_the_same import moment

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._journal.reader import JournalReader
    from smsframe._plan.data import PlanData

_A_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The rows that go, those that wait, and what claims are judged by; None without a gap."""

    todo: Positions
    held: HeldRows | None = None
    guard: GapGuard | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many rows wait, by the code of the rule."""
        return {self.held.code: len(self.held)} if self.held else {}


def judge(
    plan: PlanData,
    todo: Positions,
    *,
    known: Positions,
    journal: JournalReader | None,
    service: str,
    run_id: str,
    now: float,
) -> Judged:
    """Find who of the rows to do had a message within the gap, or has an earlier row.

    Parameters
    ----------
    plan : PlanData
    todo : array of int64
        Positions of the rows that would go out.
    known : array of int64
        Positions of the rows that the journal knows: those of them that may have gone out and are
        asked for again keep what is said of them.
    journal : JournalReader or None
        None where there is none yet: nobody had anything.
    service : str
        Through which service the messages go.
    run_id : str
        The run that claims will be of.
    now : float
        Seconds since 1970 (UTC).
    """
    gap_s = plan.options.min_gap_s
    if gap_s is None or not len(todo):
        return Judged(todo=todo)
    who = plan.messages.recipient_hashes(service, todo)
    guard = GapGuard(gap_s, run_id, who)
    if journal is not None:
        guard.look(journal, now)
    soon = guard.too_soon(who, now)
    repeats = np.zeros(len(todo), dtype=bool)
    repeats[~soon] = pd.Series(who[~soon]).duplicated().to_numpy()
    waits = soon | repeats
    held = rows_too_soon(guard, todo[waits], who[waits], now).but(known)
    return Judged(todo=todo[~waits], held=held, guard=guard)


def rows_too_soon(
    guard: GapGuard, rows: Positions, who: npt.NDArray[np.uint64], now: float
) -> HeldRows:
    """Say of rows that wait when they may go; those whose person had nothing wait for another."""
    return waiting_since(guard.last_at(who), rows, guard.gap_s, now)


def waiting_since(
    last: npt.NDArray[np.float64], rows: Positions, gap_s: float, now: float
) -> HeldRows:
    """Say the same of rows whose people had a ``last`` message, in seconds since 1970."""
    ends = np.where(last > now - gap_s, last, np.nan)
    minutes, first, number = np.unique(
        np.ceil(ends / _A_MINUTE_S), return_index=True, return_inverse=True
    )
    return HeldRows(
        code="too_soon",
        rows=rows,
        number=number.astype(np.int64),
        sentences=[
            _sentence(had_at, minute * _A_MINUTE_S + gap_s, gap_s, now)
            for had_at, minute in zip(ends[first], minutes, strict=True)
        ],
    )


def _sentence(had_at: float, ends_at: float, gap_s: float, now: float) -> Sentence:
    """Say why a row waits, and until when; both are NaN for an earlier row of the send."""
    keeps = (
        arg("min_gap", screen="the gap"),
        f" keeps {in_words(gap_s)} between two messages to a person. ",
    )
    if math.isnan(had_at):
        begins = "An earlier row of this send goes to this person, and "
        at = math.ceil((now + gap_s) / _A_MINUTE_S) * _A_MINUTE_S
        when = f"{moment(at)} on, if that one goes out now"
    else:
        begins = f"This person had a message on {moment(had_at)}, and "
        when = f"{moment(ends_at)} on"
    return Sentence(begins, *keeps, f"The same send goes on with this row from {when}.")

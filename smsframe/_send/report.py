"""What is said after a send: a line under the cell, and warnings of what is amiss."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsframe._base.result_columns import STATUSES
from smsframe._base.sentences import NAMED_ROUND, SETTLE, Sentence, arg, day_of, named_counts
from smsframe.errors import IncompleteSendWarning, UnknownOutcomeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Mapping


WHERE = "smsframe.last_plan().problems"
"""Where the warnings of a send are listed; there may be no variable that holds its plan."""

ALWAYS = ("accepted", "rejected", "unknown")
LEFT_OUT = ("invalid", "duplicate", "not_attempted")
JOURNAL_LOCKED = (
    "The journal is locked by another program (a database browser, a backup). What is known is "
    "kept and written when it is free; close what has it open. A stop (Ctrl-C, ■) ends the wait."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingSent:
    """Why a send had nothing to send: its rows by status, and how many were accepted before.

    ``accepted_at`` is when the last one was (s since 1970); None where not all were accepted.
    ``waiting`` says how many wait for their hours, and when the first may go.
    """

    counts: Mapping[str, int]
    accepted: int
    accepted_at: float | None
    waiting: str = ""

    @property
    def sentence(self) -> Sentence:
        """That nothing was sent, since when, and how to send again on purpose."""
        if self.accepted_at is None:
            waiting = f" {self.waiting}." if self.waiting else ""
            return Sentence(f"Nothing was sent: {phrase(self.counts)}.{waiting}")
        when = dt.datetime.fromtimestamp(self.accepted_at, tz=dt.UTC)
        return Sentence(
            f"Nothing was sent: all {self.accepted:,} messages were accepted already, the last at "
            f"{when:%Y-%m-%d %H:%M:%S} UTC. To send them again on purpose, name this round: ",
            NAMED_ROUND,
            f" (they go, as new messages, to the people of all {self.accepted:,} again).",
        )


def phrase(counts: Mapping[str, int]) -> str:
    """Return the rows by status in one line."""
    return " · ".join(named_counts(counts, STATUSES)) or "no rows"


def banner(
    counts: Mapping[str, int],
    *,
    before: tuple[int, float | None] = (0, None),
    table: str = "results",
    warnings: int = 0,
    waiting: str = "",
) -> str:
    """Return the line under a send.

    Parameters
    ----------
    counts : mapping of status to int
        The rows by status, those accepted before included.
    before : tuple of int and float, default (0, None)
        How many of them were accepted before this send, and when the last one was (s since 1970).
    table : str, default "results"
        How the caller gets at the table.
    warnings : int, default 0
        How many kinds of warnings were said.
    waiting : str, default ""
        How many wait for their hours, and when the first may go.
    """
    named = named_counts(counts, ALWAYS + LEFT_OUT, always=ALWAYS)
    number, when = before
    if number and when is not None:
        now = counts.get("accepted", 0) - number
        named[0] = f"{now:,} accepted now · {number:,} had it before ({day_of(when)})"
    line = " · ".join(named)
    if any(counts.get(s) for s in ("rejected", "invalid", "not_attempted")):
        line += f": {table}.sms.failed"
    if waiting:
        line += f" · {waiting}"
    if warnings:
        line += f" · {warnings} warning{'s' * (warnings > 1)}: {WHERE}"
    return line


def said_before(counts: Mapping[str, int], held: int, planned: int) -> str:
    """Say which messages of a plan do not go out now, and why; nothing when all of them do."""
    accepted = sum(counts.get(status, 0) for status in ("accepted", "sent", "not_sent"))
    told = {
        "were accepted before": accepted,
        "are unknown and not repeated": counts.get("unknown", 0),
        "would repeat the campaign with other values": held,
    }
    parts = [f"{number:,} {what}" for what, number in told.items() if number]
    return f" (of {planned:,} in the plan, {', '.join(parts)})" if parts else ""


def warn(counts: Mapping[str, int], why: str) -> None:
    """Warn of unknown outcomes and of a run that stopped; ``why`` it did, "" if it did not."""
    if counts.get("unknown"):
        warn_caller(
            Sentence(
                f"{counts['unknown']:,} messages may or may not have gone out: their answer was "
                "lost. They are not repeated unasked. Look in the product's events, then ",
                SETTLE,
                ". ",
                arg("resend_unknown", True),
                f" sends them again: up to {counts['unknown']:,} people then get it twice.",
            ),
            UnknownOutcomeWarning,
        )
    if why:
        missing = counts.get("rejected", 0) + counts.get("not_attempted", 0)
        told = Sentence(f"{missing:,} messages did not go out. ", why)
        warn_caller(told, IncompleteSendWarning)

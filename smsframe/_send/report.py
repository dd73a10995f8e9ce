"""What is said after a send: a line under the cell, and warnings of what is amiss."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsframe._base.held_back import held_in_words
from smsframe._base.result_columns import STATUSES, words_of
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
    ``held`` are rows by the rule that holds them back, ``by_team`` those in the team's file.
    ``waiting`` says when the first may go that waits for its hours.
    """

    counts: Mapping[str, int]
    accepted: int
    accepted_at: float | None
    held: Mapping[str, int] = field(default_factory=dict)
    by_team: int | None = None
    waiting: str = ""

    @property
    def sentence(self) -> Sentence:
        """That nothing was sent, since when, and how to send again on purpose."""
        if self.accepted_at is None:
            told = phrase(self.counts, self.held, self.by_team)
            waiting = f"; {self.waiting}" if self.waiting else ""
            return Sentence(f"Nothing was sent: {told}{waiting}.")
        when = dt.datetime.fromtimestamp(self.accepted_at, tz=dt.UTC)
        at = f"{when:%Y-%m-%d %H:%M:%S} UTC"
        if self.accepted == 1:
            return Sentence(
                f"Nothing was sent: the message was accepted already, at {at}. To send it again on "
                "purpose, name this round: ",
                NAMED_ROUND,
                " (it goes, as a new message, to the same person again).",
            )
        return Sentence(
            f"Nothing was sent: all {self.accepted:,} messages were accepted already, the last at "
            f"{at}. To send them again on purpose, name this round: ",
            NAMED_ROUND,
            f" (they go, as new messages, to the people of all {self.accepted:,} again).",
        )


def phrase(
    counts: Mapping[str, int],
    held: Mapping[str, int] | None = None,
    by_team: int | None = None,
) -> str:
    """Return the rows by status in one line, with those that rules hold back."""
    return " · ".join(with_held(named_counts(counts, STATUSES), held, by_team)) or "no rows"


def with_held(
    named: list[str], held: Mapping[str, int] | None, by_team: int | None = None
) -> list[str]:
    """Return rows by status in words; behind those not attempted, how many each rule held back."""
    rules, ends = held_in_words(held or {}, by_team), words_of("not_attempted")
    if not rules:
        return named
    waits = [f"{text} ({rules})" if text.endswith(ends) else text for text in named]
    return waits if waits != named else [*named, rules]


def banner(
    counts: Mapping[str, int],
    *,
    before: tuple[int, float | None] = (0, None),
    table: str = "results",
    warnings: int = 0,
    held: Mapping[str, int] | None = None,
    by_team: int | None = None,
    cost: str = "",
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
    held : mapping of code to int, optional
        How many of the rows not attempted each rule about people held back.
    by_team : int, optional
        How many rows the file of ``SMSFRAME_EXCLUDE`` held back; None: there is none.
    cost : str, default ""
        What those accepted now cost, where a price was given.
    waiting : str, default ""
        When the first may go that waits for its hours.
    """
    named = with_held(named_counts(counts, ALWAYS + LEFT_OUT, always=ALWAYS), held, by_team)
    number, when = before
    if number and when is not None:
        now = counts.get("accepted", 0) - number
        named[0] = f"{now:,} accepted now · {number:,} had it before ({day_of(when)})"
    line = " · ".join([*named, f"cost {cost}"] if cost else named)
    held_out = (held or {}).get("held_out", 0)  # it is meant: nothing is amiss with those
    failed = any(counts.get(s) for s in ("rejected", "invalid")) or (
        counts.get("not_attempted", 0) > held_out
    )
    looked_at = {"failed": failed, "unknown": counts.get("unknown")}
    tables = [f"{table}.sms.{name}" for name, there in looked_at.items() if there]
    if tables:
        line += f": {' and '.join(tables)}"
    if waiting:
        line += f" · {waiting}"
    if warnings:
        line += f" · {warnings} warning{'s' * (warnings > 1)}: {WHERE}"
    return line


def said_before(
    counts: Mapping[str, int], held: int, planned: int, waiting: Mapping[str, int] | None = None
) -> str:
    """Say which messages of a plan do not go out now, and why; nothing when all of them do."""
    accepted = sum(counts.get(status, 0) for status in ("accepted", "sent", "not_sent"))
    told = {
        "were accepted before": accepted,
        "are unknown and not repeated": counts.get("unknown", 0),
        "would repeat the campaign with other values": held,
    }
    parts = [f"{number:,} {what}" for what, number in told.items() if number]
    parts += filter(None, [held_in_words(waiting or {})])
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

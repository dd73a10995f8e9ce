"""What is said after a send: a line under the cell, and warnings of what is amiss."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from smsframe.errors import IncompleteSendWarning, UnknownOutcomeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


WHERE = "smsframe.last_plan().problems"
"""Where the warnings of a send are listed; there may be no variable that holds its plan."""

ALWAYS = ("accepted", "rejected", "unknown")
LEFT_OUT = ("invalid", "duplicate", "not_attempted")
JOURNAL_LOCKED = (
    "The journal is locked by another program (a database browser, a backup). What is known is "
    "kept and written when it is free; close what has it open. A stop (Ctrl-C, ■) ends the wait."
)
_ENDS = (".", "!", "?", "…", ":", ";")


def named_counts(
    counts: Mapping[Any, int], order: Iterable[str], *, always: Iterable[str] = ()
) -> list[str]:
    """Return each count in words (``2,431 accepted``), zeros only where ``always`` names them."""
    shown = [name for name in order if counts.get(name) or name in always]
    return [f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in shown]


def banner(
    counts: Mapping[str, int],
    *,
    before: tuple[int, float | None] = (0, None),
    table: str = "results",
    warnings: int = 0,
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
    """
    named = named_counts(counts, ALWAYS + LEFT_OUT, always=ALWAYS)
    number, when = before
    if number and when is not None:
        now = counts.get("accepted", 0) - number
        named[0] = f"{now:,} accepted now · {number:,} had it before ({day_of(when)})"
    line = " · ".join(named)
    if any(counts.get(s) for s in ("rejected", "invalid", "not_attempted")):
        line += f": {table}.sms.failed"
    if warnings:
        line += f" · {warnings} warning{'s' * (warnings > 1)}: {WHERE}"
    return line


def day_of(when: float) -> str:
    """Return a day in words, in UTC; ``when`` is in seconds since 1970."""
    at = dt.datetime.fromtimestamp(when, tz=dt.UTC)
    return f"{at.day} {at:%B %Y}"


def as_sentences(*parts: str) -> str:
    """Join texts as sentences, those of the service too, which end in nothing; "" for none."""
    told = [part.strip() for part in parts if part.strip()]
    return " ".join(part if part.endswith(_ENDS) else f"{part}." for part in told)


def until(seconds: float, now: float) -> str:
    """Say for how long, and until when, to wait from ``now`` (seconds since 1970) on."""
    sizes = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next(pair for pair in sizes if seconds >= 2 * pair[0] or pair[0] == 1)
    number = math.ceil(seconds / size)
    long = f"{number:,} {unit}{'' if number == 1 else 's'}"
    try:
        end = dt.datetime.fromtimestamp(now + seconds, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):  # beyond the year 9999
        return long
    return f"{long}, until {end:%Y-%m-%d %H:%M} UTC"


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


def warn(counts: Mapping[str, int], sentence: str) -> None:
    """Warn of unknown outcomes and of a run that stopped; ``sentence`` is that of a row."""
    if counts.get("unknown"):
        warn_caller(
            f"{counts['unknown']:,} messages may or may not have gone out: their answer was lost. "
            "They are not repeated unasked. Look in the product's events, then "
            "results.sms.reconcile(...) or results.sms.resolve(...). resend_unknown=True sends "
            f"them again: up to {counts['unknown']:,} people then get it twice.",
            UnknownOutcomeWarning,
        )
    if sentence:
        missing = counts.get("rejected", 0) + counts.get("not_attempted", 0)
        why = sentence.replace(" before this row", "")
        warn_caller(f"{missing:,} messages did not go out. {why}", IncompleteSendWarning)

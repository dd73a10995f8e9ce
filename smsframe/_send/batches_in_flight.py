"""What a delivery works with: its batches on their way, and what ended the run or one of them.

Records without behaviour of their own, and outcomes that are made here, so that the loop in
``delivery.py`` reads as the loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from smsframe._acoustic.outcomes import Outcome
from smsframe._base.durations import until
from smsframe._base.sentences import Sentence, as_sentences

if TYPE_CHECKING:
    from smsframe._acoustic.send_request import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._journal.records import Claim, Settlement


@dataclass(slots=True)
class Stop:
    """How often somebody asked to stop: once starts nothing new, twice gives up waiting."""

    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a run ended before its last row; ``kind`` is "stopped", "interrupted" or "failed".

    ``sentence`` is what is said of a row that it did not reach, ``of_the_run`` of the whole.
    """

    kind: str
    code: str
    sentence: str
    of_the_run: str


@dataclass(slots=True, kw_only=True)
class BatchInFlight:
    """One batch on its way: claimed, and posted once or more."""

    number: int
    claim: Claim
    rows: Positions
    request: SendRequest
    attempts: int = 0
    calls: int = 0
    seconds: float = 0.0
    first_posted: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one batch."""

    claim: Claim
    rows: Positions
    settlement: Settlement
    verdict: str  # a status, or one of CUT_ANEW


def ending_of(kind: str, code: str, happened: str, why: str) -> Ending:
    """Return the ending of a run to which something ``happened``, such as that it stopped."""
    return Ending(
        kind=kind,
        code=code,
        sentence=Sentence(f"The run {happened} before this row", why),
        of_the_run=Sentence(f"The run {happened}", why),
    )


def failed_by(error: Exception) -> Ending:
    """Say that a fault ended the run before the rows that follow."""
    return ending_of("failed", "failed", "failed", f" ({type(error).__name__}).")


def stopped_because(outcome: Outcome) -> Ending:
    """Say why the rows that follow were not attempted."""
    why = Sentence(": ", as_sentences(outcome.message, outcome.fix))
    return ending_of("stopped", outcome.code, "stopped", why)


def not_processed(ending: Ending) -> Outcome:
    """Return the outcome of a batch that was never processed because the run ended."""
    return Outcome(kind="no_connection", code=ending.code, message=ending.sentence)


def with_time(outcome: Outcome, asked_s: float, now: float) -> Outcome:
    """Say when the service wants to be asked again; ``now`` is in seconds since 1970."""
    fix = f"The service asks to wait {until(asked_s, now)}; run it again then."
    return replace(outcome, fix=fix)


CUT_ANEW = ("halved", "given_back")
"""What becomes of a batch whose rows are not settled yet: its halves follow, or it has closed."""

LEFT_BEHIND = Outcome(
    kind="unknown",
    code="interrupted",
    message="The run was interrupted while this call was under way.",
    fix="Look in the product's events whether it went out, then resolve it.",
)


def call_failed(error: Exception) -> Outcome:
    """Return the outcome of a call with a fault of our own in it: unknown, as is safe."""
    return Outcome(
        kind="unknown",
        code="internal_error",
        message=f"{type(error).__name__} while the call was under way.",
    )

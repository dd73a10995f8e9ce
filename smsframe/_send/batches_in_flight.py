"""What a delivery works with: who makes the calls, how patient it is, and its batches on their way.

Records without behaviour of their own, and outcomes that are made here, so that the loop in
``delivery.py`` reads as the loop.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from smsframe._acoustic.outcomes import Outcome
from smsframe._base.sentences import Sentence, as_sentences, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._acoustic.payload import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._journal.records import Claim, Settlement

MOST_DOUBLINGS = 30


class Crew(Protocol):
    """Whoever makes the calls; see ``worker_pool.py``."""

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""
        ...

    def today(self) -> float:
        """Return seconds since 1970 (UTC)."""
        ...

    def submit(self, number: int, request: SendRequest) -> None:
        """Have a request sent; its outcome comes back under ``number``."""
        ...

    def finished(self, timeout_s: float | None) -> list[tuple[int, Outcome]]:
        """Return the outcomes that are there, waiting for the first one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to go on repeating what was not processed.

    Seconds: ``first_wait_s`` doubles with each repeat of a batch up to ``longest_wait_s``, plus up
    to a quarter by ``chance`` (0 to 1). A batch without a connection is given up after
    ``connect_attempts``, one refused for being too many after ``busy_s`` in all.
    """

    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    connect_attempts: int = 5
    busy_s: float = 600.0
    chance: Callable[[], float] = random.random

    def wait_s(self, attempts: int, outcome: Outcome) -> float:
        """Return how long to wait before the next attempt."""
        doublings = min(attempts - 1, MOST_DOUBLINGS)
        backoff = min(self.first_wait_s * 2.0**doublings, self.longest_wait_s)
        return max(backoff * (1 + self.chance() / 4), outcome.retry_after_s or 0.0)


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
    verdict: (
        str  # "accepted", "rejected", "unknown", "not_attempted" or "halved" (its halves follow)
    )


def ending_of(kind: str, code: str, happened: str, why: str) -> Ending:
    """Return the ending of a run to which something ``happened``, such as that it stopped."""
    return Ending(
        kind=kind,
        code=code,
        sentence=Sentence(f"The run {happened} before this row", why),
        of_the_run=Sentence(f"The run {happened}", why),
    )


def stopped_because(outcome: Outcome) -> Ending:
    """Say why the rows that follow were not attempted."""
    why = Sentence(": ", as_sentences(outcome.message, outcome.cure))
    return ending_of("stopped", outcome.code, "stopped", why)


def not_processed(ending: Ending) -> Outcome:
    """Return the outcome of a batch that was never processed because the run ended."""
    return Outcome(kind="no_connection", code=ending.code, message=ending.sentence)


def with_time(outcome: Outcome, asked_s: float, now: float) -> Outcome:
    """Say when the service wants to be asked again; ``now`` is in seconds since 1970."""
    cure = f"The service asks to wait {until(asked_s, now)}; run it again then."
    return replace(outcome, cure=cure)


LEFT_BEHIND = Outcome(
    kind="unknown",
    code="interrupted",
    message="The run was interrupted while this call was under way.",
    cure="Look in the product's events whether it went out, then resolve it.",
)

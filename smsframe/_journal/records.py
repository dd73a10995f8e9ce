"""What the journal remembers, as frozen records; pure.

Keys, payloads, texts and settings are kept out of every repr: they hold or point at people.
Payloads, ``rest`` and ``statuses`` are opaque bytes here; who wrote them knows how to read them.

A batch is one POST of at most 1000 messages. Its state is one of ``claimed`` (may be on its way),
``accepted``, ``rejected`` and ``unknown``. In a `Ledger` and in ``states`` a state is one byte per
message, because a million of them are compared at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from smsframe._base.sentences import many

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CLAIMED: Final = 0
ACCEPTED: Final = 1
REJECTED: Final = 2
UNKNOWN: Final = 3

STATE_NAMES: Final = ("claimed", "accepted", "rejected", "unknown")
"""Names of the states, in the order of their bytes."""

KEY_BYTES: Final = 16
"""Length of a send key and of a scope."""

HASH_BYTES: Final = 8
"""Length of the hash of a recipient or of a value."""

SettledState = Literal["accepted", "rejected", "unknown"]
State = Literal["claimed", "accepted", "rejected", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One call of ``send``: its settings, when it ran and how it ended.

    ``ending`` is empty while the run goes on, and stays empty when its process was killed; else it
    is "done", "stopped", "interrupted" or "failed". Times are seconds since 1970 (UTC). ``rest`` is
    what is needed to rebuild the rows that did not go out; lists of runs leave it empty.
    ``near`` is what its text is compared by (opaque here, kept when the text is forgotten).
    ``left`` is how many of its messages were not accepted when it ended, None before that;
    ``is_test`` tells a test to one's own numbers from a send. ``forgotten`` says that
    `Journal.forget` dropped texts and payloads of the run. ``variants`` says, where a run has
    several texts, how people are split among them (opaque here, kept when texts are forgotten).
    """

    run_id: str
    scope: bytes = field(repr=False)
    service: str = field(repr=False)
    program: str
    campaign: str | None = None
    content: str | None = field(default=None, repr=False)
    content_id: str | None = None
    near: bytes = field(default=b"", repr=False)
    is_test: bool = False
    settings: str = field(default="{}", repr=False)
    tags: tuple[str, ...] = ()
    rows: int
    started_at: float
    user: str = field(default="", repr=False)
    host: str = ""
    pid: int = 0
    rest: bytes = field(default=b"", repr=False)
    ended_at: float | None = None
    ending: str = ""
    left: int | None = None
    forgotten: bool = False
    variants: str = ""

    @property
    def sender(self) -> str:
        """Who sent it, and on which machine; "" where that is not known."""
        return "@".join(filter(None, [self.user, self.host]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One batch about to be posted: 16 bytes of key per message, and what rebuilds its rows.

    ``recipients`` is 8 bytes of recipient hash per message, ``loose`` 8 bytes for each value of
    each message, value by value; both are empty for a test, which nothing is compared with. Batches
    are prepared ahead, so ``claimed_at`` is put in by the loop when it records the claim.
    ``variant`` names the text of the batch where its run has several.
    """

    batch_id: str
    run_id: str
    scope: bytes = field(repr=False)
    keys: bytes = field(repr=False)
    recipients: bytes = field(default=b"", repr=False)
    loose: bytes = field(default=b"", repr=False)
    size: int
    payload: bytes = field(default=b"", repr=False)
    source: str = ""
    claimed_at: float = 0.0
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a claimed batch: one line of the outcome table."""

    batch_id: str
    state: SettledState
    http_status: int | None = None
    code: str = ""
    message: str = field(default="", repr=False)
    fix: str = field(default="", repr=False)
    response_id: str | None = None
    location: str | None = None
    attempts: int = 1
    seconds: float = 0.0
    settled_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """A batch as it stands: claim (without keys and payload), settlement and what came later.

    ``states`` (one byte per message, see `STATE_NAMES`) overrides ``state`` where a batch was
    resolved row by row; ``resolved_at`` says when. ``statuses`` is what the status endpoint said,
    and ``refreshed_at`` when.
    """

    batch_id: str
    run_id: str
    scope: bytes = field(repr=False)
    size: int
    source: str
    claimed_at: float
    state: State
    http_status: int | None = None
    code: str = ""
    message: str = field(default="", repr=False)
    fix: str = field(default="", repr=False)
    response_id: str | None = None
    location: str | None = None
    attempts: int = 0
    seconds: float = 0.0
    settled_at: float | None = None
    resolved_at: float | None = None
    refreshed_at: float | None = None
    states: bytes | None = field(default=None, repr=False)
    statuses: bytes | None = field(default=None, repr=False)
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Ledger:
    """Messages claimed in one scope, oldest batch first, as parallel arrays of length n.

    ``keys`` (V16) may repeat: a message that was rejected and sent again stands here twice, and
    which entry counts is for the reader to say. ``state`` (uint8) is `CLAIMED`, `ACCEPTED`,
    `REJECTED` or `UNKNOWN`; ``batch`` (int32) indexes ``batches``; ``offset`` (int32) is the place
    within that batch. ``recipients`` (uint64) is a hash of the recipient, 0 where none was read.
    """

    keys: npt.NDArray[np.void]
    state: npt.NDArray[np.uint8]
    batch: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int32]
    recipients: npt.NDArray[np.uint64]
    batches: tuple[BatchRecord, ...]

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.keys)

    def __repr__(self) -> str:
        batches = many(len(self.batches), "batch", "batches")
        return f"<Ledger of {many(len(self), 'message')} in {batches}>"


@dataclass(frozen=True, slots=True)
class RecentRun:
    """A run of one program, as far as a text is compared with it."""

    run_id: str
    scope: bytes = field(repr=False)
    campaign: str | None
    near: bytes = field(repr=False)
    forgotten: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RecentBatch:
    """A batch of a `RecentRun` as it was read; ``recipients`` are 8 bytes of hash per message."""

    number: int
    batch_id: str
    run_id: str
    claimed_at: float
    size: int
    state: State
    states: bytes | None
    recipients: bytes
    variant: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PastBatch:
    """A batch that may have gone out, as it was read; ``left_at`` is when at the latest.

    ``recipients`` are 8 bytes of hash per message. What was rejected as a whole is none.
    """

    number: int
    batch_id: str
    left_at: float
    size: int
    state: State
    states: bytes | None
    checksum: int | None
    recipients: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderNow:
    """Who sends a campaign at this moment, and how far that is, as far as it is known.

    ``ends_in_s`` says when the right to send it ends unless it is renewed, in seconds.
    """

    who: str
    run_id: str | None = None
    messages: int | None = None
    ends_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run of a scope that left nothing over and nothing unknown, and when it ended."""

    run_id: str
    ended_at: float

"""What outlives a simulated process: the clock, the service, the disk, and chance.

The service is written from the API's contract and shares no code with the sandbox: it keeps an
outbox, which is the truth every story is judged by. The disk is one SQLite database in memory. A
transaction that was committed with full sync survives everything; one that was committed without
survives a killed process, but not, or only perhaps, a power cut. So a journal that stops syncing
loses claims here as it would on a real disk.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, field

import orjson

SYNCED = 2  # PRAGMA synchronous: FULL; 3 is EXTRA
TODAY = 1_800_000_000.0


class CrashError(BaseException):
    """The simulated process is dead; nothing may catch it but the story."""


@dataclass(slots=True)
class Message:
    """One text in the outbox."""

    to: str
    personalization: tuple[tuple[str, str], ...]
    text: str
    response_id: str
    source: str


@dataclass(slots=True)
class Service:
    """The SMS API: refuses a whole call or messages everybody in it."""

    outbox: list[Message] = field(default_factory=list)
    posts: int = 0
    tokens: int = 1
    refused_contacts: frozenset[str] = frozenset()
    is_active: bool = True

    def token(self) -> bytes:
        """Answer the token endpoint."""
        return orjson.dumps({"access_token": f"token-{self.tokens}", "expires_in": 14_400})

    def expire_token(self) -> None:
        """Let the token in use end."""
        self.tokens += 1

    def send(self, token: str, body: bytes) -> tuple[int, bytes]:
        """Answer a send call with status and body."""
        self.posts += 1
        if token != f"Bearer token-{self.tokens}":
            return 401, _envelope(f"The access token has expired. Token provided was: {token}")
        call = orjson.loads(body)
        contacts = call["contacts"]
        if not self.is_active:
            return 400, _envelope("SMS Program is inactive or not found with identifier 148372.")
        if not 1 <= len(contacts) <= 1000:
            return 400, _envelope("Contacts must contain at least 1 contact")
        if any(contact["contactId"] in self.refused_contacts for contact in contacts):
            return 400, _envelope("Contact information is empty.")
        response_id = f"response-{len(self.outbox)}"
        self.outbox += [
            Message(
                contact["contactId"],
                tuple(sorted(contact.get("personalization", {}).items())),
                call["content"],
                response_id,
                call["source"],
            )
            for contact in contacts
        ]
        return 202, orjson.dumps({"data": {"id": response_id, "location": "/status"}})


def _envelope(message: str) -> bytes:
    """Write an error the way the API does."""
    meta = {"attributes": {}, "generalErrors": [message], "fieldErrors": {}, "links": []}
    return orjson.dumps({"meta": meta, "data": None})


class Disk:
    """One database that knows what of it would survive a power cut."""

    def __init__(self) -> None:
        self.db = _database()
        self._survives: bytes | None = None  # None: everything committed is synced

    def begin(self) -> None:
        """Remember what is on the platter, where the transaction to come will not be synced."""
        (level,) = self.db.execute("PRAGMA synchronous").fetchone()
        if level >= SYNCED:
            self._survives = None
        elif self._survives is None:
            (pages,) = self.db.execute("PRAGMA page_count").fetchone()
            self._survives = self.db.serialize() if pages else b""

    def restart(self, *, cut: bool) -> None:
        """Stand up again after a crash; ``cut`` means that the power was cut."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        if cut and self._survives is not None:
            self.db.close()
            self.db = _database()
            if self._survives:
                self.db.deserialize(self._survives)
        self._survives = None

    def close(self) -> None:
        """End for good."""
        self.db.close()


def _database() -> sqlite3.Connection:
    """Open an empty database in memory."""
    return sqlite3.connect(":memory:", isolation_level=None)


class World:
    """Everything that is not a process, driven by one seed; ``trace`` tells what happened."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = 0.0
        self.service = Service()
        self.disk = Disk()
        self.trace: list[str] = []
        self.campaigns: dict[str, str | None] = {}  # of each run

    def note(self, *what: object) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{self.now:.6f} " + " ".join(map(str, what)))

    def happens(self, probability: float) -> bool:
        """Throw the dice."""
        return self.rng.random() < probability

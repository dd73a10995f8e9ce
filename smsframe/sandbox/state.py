"""The sandbox's world in SQLite: contacts, fields, consent, programs, tokens, messages.

One connection behind one lock, each call one transaction: ten threads with a thousand contacts each
are quicker that way than with ten connections that wait for one another. A file may be opened by
several processes; nothing is cached here, so they see the same world. The file is not synced to
disk (a rehearsal survives the end of its process, not a power cut).

A database field is a column ``f1``, ``f2``, … of ``contacts``, because field names are
case-sensitive and SQLite's column names are not; ``fields`` maps one to the other. A column is
indexed when a lookup by it first happens. Consent is kept per contact, not per program; a contact
that only came in through an external consent send has none (``NULL``).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
import threading
import uuid
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ACTIVE_PROGRAM: Final = "148372"
ACTIVE_UUID_PROGRAM: Final = "3f0a6c52-8d1e-4b7a-9c35-6e2d41f0b8a7"
INACTIVE_PROGRAM: Final = "148373"
PUBLISHED_CONTENT: Final = "e3c3d1ea-5b0d-4c1e-9f5b-2d6a7c8e9f10"

PHONE_FIELD: Final = "Mobile number"
DEMO_FIELDS: Final = (
    "FirstName",
    "LastName",
    "FIRST NAME",
    "City",
    "accountNumber",
    PHONE_FIELD,
)
"""Database fields of the world at the start; loading contacts adds their columns."""

_PROGRAMS: Final = (
    (ACTIVE_PROGRAM, "Order updates", "Orders", "ORDERS", "55001", "ACTIVE"),
    (ACTIVE_UUID_PROGRAM, "Appointments", "Clinic", "CLINIC", "55002", "ACTIVE"),
    (INACTIVE_PROGRAM, "Last year's offers", "Offers", "OFFERS", "55003", "INACTIVE"),
)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS world (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fields (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS contacts (phone TEXT PRIMARY KEY, consent TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS programs (
    id TEXT PRIMARY KEY, program_name TEXT, campaign_name TEXT, code TEXT, sender_id TEXT,
    status TEXT NOT NULL, type TEXT DEFAULT 'STANDARD', country TEXT DEFAULT 'US');
CREATE TABLE IF NOT EXISTS contents (id TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, issued_at REAL, expires_at REAL);
CREATE TABLE IF NOT EXISTS sends (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, program TEXT NOT NULL, source TEXT,
    campaign TEXT, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, send INTEGER NOT NULL, shown BLOB NOT NULL, phone TEXT,
    text TEXT, problem TEXT);
CREATE INDEX IF NOT EXISTS messages_of_send ON messages (send);
"""
_TABLES: Final = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", _SCHEMA)
_OUTBOX: Final = """
SELECT m.phone, m.text, s.program, s.source, s.id, s.at FROM messages m
JOIN sends s ON s.number = m.send WHERE m.problem IS NULL ORDER BY m.number
"""
_LOOKUP_STEP: Final = 500  # parameters of one IN (...); the floor of SQLite's limit is 999


class Send(NamedTuple):
    """One send call that was accepted; ``at`` in seconds since 1970."""

    response_id: str
    program: str
    source: str | None
    campaign: str | None
    at: float


class Message(NamedTuple):
    """What became of one contact: how the call named it (JSON), and a text or a problem."""

    shown: bytes
    phone: str | None
    text: str | None
    problem: str | None


# One for all worlds of the process: a fork waits until nobody is inside SQLite, which the child
# would find locked for ever. A lock for each world would have to be taken by forks in one order.
_inside_sqlite: Final = threading.RLock()
_left_open: Final[list[sqlite3.Connection]] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_inside_sqlite.acquire,
        after_in_parent=_inside_sqlite.release,
        after_in_child=_inside_sqlite.release,
    )


@contextlib.contextmanager
def _inside() -> Iterator[None]:
    """Be the only one inside SQLite."""
    with _inside_sqlite:
        while _left_open:
            _left_open.pop().close()
        yield


def _close(db: sqlite3.Connection, owner: int) -> None:
    """Close a database, but not in a forked child: that could undo what its parent is writing.

    It is called by whichever thread collects garbage, in the midst of anything: it waits for
    nobody, and leaves the database to the next one inside.
    """
    if os.getpid() != owner:
        return
    if _inside_sqlite.acquire(blocking=False):
        try:
            db.close()
        finally:
            _inside_sqlite.release()
    else:
        _left_open.append(db)


class State:
    """The database of one sandbox world.

    Parameters
    ----------
    path : str or path-like, optional
        SQLite file, created readable by its owner alone when it does not exist; omitted: in memory.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._db = _open(path)
        # A finalizer rather than close(): outbox and contacts can be read after the server stopped.
        weakref.finalize(self, _close, self._db, os.getpid())
        with self.transaction():
            self._build()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the world still: everything inside happens or nothing does."""
        with _inside():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.rollback()
                raise
            self._db.commit()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a statement; a change is a transaction of its own."""
        with _inside():
            return self._db.execute(sql, values).fetchall()

    def reset(self) -> None:
        """Forget everything and start a new world, with a new id."""
        with self.transaction():
            for table in _TABLES:  # a file may hold more than a world
                self._db.execute(f"DROP TABLE {table}")
            self._build()

    def _build(self) -> None:
        """Create what is missing: tables, world id, demo programs, demo fields."""
        for statement in _SCHEMA.strip().split(";\n"):
            self._db.execute(statement)
        if self.rows("SELECT 1 FROM world"):
            return
        self._db.execute("INSERT INTO world VALUES (?)", (uuid.uuid4().hex,))
        self._db.executemany(
            "INSERT INTO programs (id, program_name, campaign_name, code, sender_id, status)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            _PROGRAMS,
        )
        self.publish(PUBLISHED_CONTENT, "Hello %%FirstName%%, thank you for your order.")
        self.add_fields(DEMO_FIELDS)

    @property
    def world(self) -> str:
        """Id of this world; stays with the file."""
        return str(self.rows("SELECT id FROM world")[0][0])

    # -- fields and contacts

    def fields(self) -> dict[str, str]:
        """Return the column of every database field."""
        return {name: f"f{number}" for number, name in self.rows("SELECT * FROM fields")}

    def add_fields(self, names: Iterable[str]) -> None:
        """Add the database fields that do not exist yet."""
        with self.transaction():
            known = self.fields()
            for name in dict.fromkeys(names):
                if name not in known:
                    added = self._db.execute("INSERT INTO fields (name) VALUES (?)", (name,))
                    self._db.execute(f"ALTER TABLE contacts ADD COLUMN f{added.lastrowid} TEXT")

    def load(
        self,
        phones: Sequence[str],
        consents: Sequence[str | None],
        fields: Mapping[str, Sequence[str | None]],
    ) -> None:
        """Insert contacts, or overwrite consent and the given fields of those that exist."""
        fields = {PHONE_FIELD: phones, **fields}
        with self.transaction():
            self.add_fields(fields)
            columns = self.fields()
            names = ["consent", *(columns[name] for name in fields)]
            updates = ", ".join(f"{name} = excluded.{name}" for name in names)
            self._db.executemany(
                f"INSERT INTO contacts (phone, {', '.join(names)})"  # noqa: S608 - our own names
                f" VALUES (?{', ?' * len(names)}) ON CONFLICT (phone) DO UPDATE SET {updates}",
                zip(phones, consents, *fields.values(), strict=True),
            )

    def add_phones(self, phones: Sequence[str]) -> None:
        """Add numbers that are not there yet, without any consent."""
        with self.transaction():
            known = self.contacts(phones, ())
            new = [phone for phone in dict.fromkeys(phones) if phone not in known]
            self.load(new, [None] * len(new), {})

    def contacts(self, phones: Iterable[str], names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Return consent and the values of the named fields for each phone that is known."""
        columns = self.fields()
        wanted = ", ".join(["phone", "consent", *(columns[name] for name in names)])
        select = f"SELECT {wanted} FROM contacts WHERE phone"  # noqa: S608 - our own column names
        found = self._where_in(select, phones)
        return {row[0]: row[1:] for row in found}

    def phones_by(self, name: str, values: Iterable[str]) -> dict[str, set[str]]:
        """Return the phones of the contacts whose field has each of the values."""
        column = self.fields().get(name)
        found: dict[str, set[str]] = {}
        if column is None:
            return found
        with self.transaction():
            self._db.execute(f"CREATE INDEX IF NOT EXISTS by_{column} ON contacts ({column})")
            select = f"SELECT {column}, phone FROM contacts WHERE {column}"  # noqa: S608 - ours
            for value, phone in self._where_in(select, values):
                found.setdefault(value, set()).add(phone)
        return found

    def _where_in(self, select: str, values: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows whose last named column is one of the values."""
        unique = list(dict.fromkeys(values))
        for start in range(0, len(unique), _LOOKUP_STEP):
            step = unique[start : start + _LOOKUP_STEP]
            yield from self.rows(f"{select} IN (?{', ?' * (len(step) - 1)})", step)

    # -- programs, published messages

    def programs(self) -> list[dict[str, Any]]:
        """Return every program as the API lists it."""
        keys = (
            "id", "programName", "campaignName", "code", "senderId", "status", "type", "country",
        )  # fmt: skip
        return [dict(zip(keys, row, strict=True)) for row in self.rows("SELECT * FROM programs")]

    def program_status(self, program: str) -> str | None:
        """Return ``ACTIVE``, ``INACTIVE``, or ``None`` for an unknown program."""
        rows = self.rows("SELECT status FROM programs WHERE id = ?", (program,))
        return rows[0][0] if rows else None

    def set_program(self, program: str, *, active: bool, name: str) -> None:
        """Add a program, or switch one on or off."""
        self.rows(
            "INSERT INTO programs (id, program_name, status) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET status = excluded.status",
            (program, name, "ACTIVE" if active else "INACTIVE"),
        )

    def publish(self, content_id: str, text: str) -> None:
        """Publish a message under an id."""
        self.rows("INSERT OR REPLACE INTO contents VALUES (?, ?)", (content_id, text))

    def content(self, content_id: str) -> str:
        """Return a published message, "" when there is none."""
        rows = self.rows("SELECT text FROM contents WHERE id = ?", (content_id,))
        return str(rows[0][0]) if rows else ""

    # -- tokens

    def token(self, now: float, *, lifetime_s: float, reuse_s: float) -> tuple[str, float]:
        """Return a token and its end: the last one while it is young and valid, else a new one."""
        with self.transaction():
            young = self.rows(
                "SELECT token, expires_at FROM tokens WHERE issued_at > ? AND expires_at > ?"
                " ORDER BY issued_at DESC LIMIT 1",
                (now - reuse_s, now),
            )
            if young:
                return young[0][0], young[0][1]
            token, end = secrets.token_hex(24), now + lifetime_s
            self._db.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, now, end))
            return token, end

    def token_end(self, token: str) -> float | None:
        """Return when a token expires, ``None`` when it was never issued."""
        rows = self.rows("SELECT expires_at FROM tokens WHERE token = ?", (token,))
        return rows[0][0] if rows else None

    def expire_token(self, token: str) -> None:
        """End a token now."""
        self.rows("UPDATE tokens SET expires_at = 0 WHERE token = ?", (token,))

    # -- sends

    def record_send(self, send: Send, messages: Iterable[Message]) -> None:
        """Record a send and what became of each of its contacts."""
        with self.transaction():
            number = self._db.execute(
                "INSERT INTO sends (id, program, source, campaign, at) VALUES (?, ?, ?, ?, ?)",
                send,
            ).lastrowid
            self._db.executemany(
                "INSERT INTO messages (send, shown, phone, text, problem) VALUES (?, ?, ?, ?, ?)",
                ((number, *message) for message in messages),
            )

    def send_at(self, response_id: str) -> float | None:
        """Return when a send was accepted, ``None`` when the id is unknown."""
        rows = self.rows("SELECT at FROM sends WHERE id = ?", (response_id,))
        return rows[0][0] if rows else None

    def contacts_of_send(self, response_id: str) -> list[tuple[bytes, str | None]]:
        """Return the contacts of a send as they were given, each with its problem or ``None``."""
        sql = (
            "SELECT shown, problem FROM messages"
            " WHERE send = (SELECT number FROM sends WHERE id = ?) ORDER BY number"
        )
        return [(shown, problem) for shown, problem in self.rows(sql, (response_id,))]

    def outbox(self) -> list[tuple[Any, ...]]:
        """Return what phones would show: to, text, program, source, response id, time."""
        return self.rows(_OUTBOX)


def _open(path: str | os.PathLike[str] | None) -> sqlite3.Connection:
    """Open the database for use from any thread, creating a private file when it is new."""
    if path is not None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"path={path!r} must be the name of a file, or be left out.")
        path = Path(path).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(
        ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
    )
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA busy_timeout = 10000")
    return db

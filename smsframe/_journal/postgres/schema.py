"""The tables of a team's journal: made at first use, upgraded only when somebody asks for it.

- Everything stands in a schema of its own, with a migrations table of its own; two tools that own
  one table of that name have broken each other before.
- **An empty database is made at first use. An older one is refused**, with the command that
  upgrades it: an upgrade by whoever comes first would lock out the colleagues whose smsframe does
  not know the new tables yet.
- Whoever makes or upgrades waits in line for a lock that ends with the transaction.
- The migrations of the file are made here too (`smsframe._journal.schema.MIGRATIONS`, said in
  PostgreSQL's words), and then those that only a team's journal needs.
- Keys and payloads do not get smaller by compressing, so the server is told not to try.
"""

from __future__ import annotations

import secrets
import shlex
from typing import TYPE_CHECKING, Final

from smsframe._base.sentences import Sentence
from smsframe._journal.postgres.database import WRITING
from smsframe._journal.postgres.exchange import make_functions
from smsframe._journal.schema import MIGRATIONS, apply
from smsframe._journal.transfer import SENDING
from smsframe.errors import CampaignBusyError, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._base.journal_address import TeamAddress
    from smsframe._journal.postgres.database import TeamDatabase

_MAKING: Final = 0x534D5346_4D414B45
"""The number of the lock of whoever makes or upgrades."""

_HAS_SCHEMA: Final = "SELECT to_regnamespace('smsframe') IS NOT NULL"
_HAS_MIGRATIONS: Final = """SELECT count(*) FROM pg_attribute
    WHERE attrelid = to_regclass('smsframe.migrations') AND attname IN ('name', 'rowid')"""
_OTHERS: Final = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('smsframe')"
_ENCODINGS: Final = ("UTF8", "SQL_ASCII")  # the second keeps what it is given

_BLOBS: Final = (
    ("messages", ("keys", "recipients", "loose_values")),
    ("payloads", ("payload",)),
    ("statuses", ("statuses",)),
    ("rests", ("rest",)),
)


def leases(db: TeamDatabase) -> None:
    """Make the table of who sends which campaign."""
    db.execute(
        "CREATE TABLE leases (scope BLOB PRIMARY KEY, epoch INTEGER NOT NULL, token BLOB NOT NULL, "
        "holder TEXT NOT NULL, service TEXT NOT NULL, run_id TEXT, "
        "taken_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), "
        "expires_at TIMESTAMPTZ NOT NULL)"
    )


def identity(db: TeamDatabase) -> None:
    """Give the journal a name of its own, by which it is known again after a reconnect."""
    db.execute("CREATE TABLE identity (journal TEXT PRIMARY KEY)")
    db.execute("INSERT INTO identity VALUES (?)", (secrets.token_hex(16),))


def plain_blobs(db: TeamDatabase) -> None:
    """Keep the server from trying to compress what does not get smaller."""
    for table, columns in _BLOBS:
        for column in columns:
            db.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


OF_A_TEAM: Final[tuple[Callable[[TeamDatabase], None], ...]] = (
    leases,
    identity,
    plain_blobs,
    make_functions,
)


def known() -> tuple[str, ...]:
    """List the migrations that this version knows."""
    return tuple(migration.__name__ for migration in (*MIGRATIONS, *OF_A_TEAM))


def applied(db: TeamDatabase) -> tuple[str, ...]:
    """List the migrations that the database has had; none where there is no journal yet."""
    if db.execute(_HAS_MIGRATIONS).fetchone() != (2,):
        return ()
    return tuple(name for (name,) in db.execute("SELECT name FROM migrations ORDER BY rowid"))


def _refuse_unusable(db: TeamDatabase, address: TeamAddress) -> None:
    """Refuse to make a journal where something else is, or where texts cannot be kept."""
    (others,) = db.execute(_OTHERS).fetchone() or (0,)
    (encoding,) = db.execute("SHOW server_encoding").fetchone() or ("",)
    if others:
        raise JournalError(
            f"The schema smsframe in the database of the journal {address} holds something else: "
            "it is of another program, or was restored in part. Bring back what was there, or "
            "name another database.",
            path=str(address),
        )
    if encoding not in _ENCODINGS:
        raise JournalError(
            f"The database of the journal {address} has the encoding {encoding}, which cannot hold "
            "every text. Name another database: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE "
            "template0.",
            path=str(address),
        )


def _refuse_sending(db: TeamDatabase, address: TeamAddress) -> None:
    """Refuse to change tables under somebody who sends."""
    if db.execute(SENDING).fetchone():
        raise CampaignBusyError(
            f"Somebody is sending by the journal {address} now, with a smsframe that would not "
            "know its new tables. Upgrade it when that is done.",
            path=str(address),
        )


def check(db: TeamDatabase, address: TeamAddress, *, make: bool) -> bool:
    """Tell whether there is a journal, made if wanted; refuse one that is older or newer."""
    done = applied(db)
    if not done:
        if make:
            upgrade(db, address)
        return make
    if unknown := set(done) - set(known()):
        raise JournalError(
            f"The journal {address} was written by a newer smsframe. Upgrade smsframe (pip install "
            "-U smsframe), and send nothing of its campaigns with another journal before: only "
            "this one knows who was texted.",
            path=str(address),
            migrations=tuple(sorted(unknown)),
        )
    if missing := set(known()) - set(done):
        raise JournalError(
            Sentence(
                f"The journal {address} was made by an older smsframe. Upgrade it once, when all "
                f"who share it can: smsframe journal upgrade {shlex.quote(str(address))} (nobody "
                "may be sending then). Versions that are older than this one refuse it afterwards."
            ),
            path=str(address),
            missing=tuple(sorted(missing)),
        )
    return True


def upgrade(db: TeamDatabase, address: TeamAddress) -> tuple[str, ...]:
    """Make what is missing, in one transaction; return the names of the migrations."""
    db.begin(WRITING)
    try:
        db.execute("SELECT pg_advisory_xact_lock(?)", (_MAKING,))
        if db.execute(_HAS_SCHEMA).fetchone() != (True,):  # one made by others needs no more rights
            db.execute("CREATE SCHEMA smsframe")
        done = applied(db)  # somebody may have been faster
        if not done:
            _refuse_unusable(db, address)
        if set(done) - set(known()):
            db.roll_back()
            check(db, address, make=False)  # which refuses it
        missing = [each for each in (*MIGRATIONS, *OF_A_TEAM) if each.__name__ not in done]
        if missing and leases.__name__ in done:
            _refuse_sending(db, address)
        apply(db, missing)
        db.commit()
    except BaseException:
        db.roll_back()
        raise
    return tuple(migration.__name__ for migration in missing)

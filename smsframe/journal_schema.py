"""The journal's file: how it is made, opened and upgraded, and what its faults mean in plain words.

Decisions:

- **Rollback journal in PERSIST mode, fully synced.** Notebook homes are often on network disks,
  where write-ahead logging is unsafe. Of the rollback modes DELETE is ruled out: with FULL it does
  not sync the directory after removing the side file, so a power cut right after a commit can bring
  that file back and undo the commit, and an undone claim is a second text. TRUNCATE and PERSIST
  sync the side file when they end a transaction. PERSIST only overwrites its header instead of
  giving disk blocks back and asking for them again, which makes it two to three times as fast. Its
  price, old pages left in the side file, is paid where it matters:
  `smsframe.journal.Journal.forget` removes that file.
- ``fullfsync`` makes macOS sync to the platter; it does nothing elsewhere.
- Directory entries are synced too when directory and file are made.
- Keys, payloads and statuses stand in tables of their own, so that settling a batch rewrites a
  short row and reading the ledger drags no payload along. Keys carry a checksum: a silently changed
  key is a person texted twice.
- Migrations are functions named in a table, in the same transaction as what they change. A name
  this version does not know means a newer smsframe wrote the file; it is refused.
- ``secure_delete`` overwrites what is deleted.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from typing import TYPE_CHECKING, Final

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APPLICATION_ID: Final = 0x534D5346  # "SMSF", so that a database of another program is told apart
PAGE_BYTES: Final = 16384
CACHE_KIB: Final = 8192
SIDE_FILE_BYTES: Final = 1 << 20  # the side file is cut back to this size after larger transactions

SHORTEST_DATABASE_BYTES: Final = 512

_ELSEWHERE: Final = "choose another place with connect(journal=...) or SMSFRAME_JOURNAL"
_RESTORE: Final = (
    "It is what keeps people from being texted twice: keep the file, restore a backup of it, and "
    "send nothing of the same campaigns before that."
)
_MEANINGS: Final = {
    sqlite3.SQLITE_BUSY: (
        "is locked by another program",
        "Close what has it open (a database browser, a backup, another send) and run this again.",
    ),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "Free some space and run this again."),
    sqlite3.SQLITE_READONLY: (
        "cannot be written: the file, its directory or the disk is read-only",
        f"Make it writable, or {_ELSEWHERE}.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        f"Check that its directory exists and is yours to write, or {_ELSEWHERE}.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "is no smsframe journal: the file holds something else",
        f"Leave that file alone and {_ELSEWHERE}.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        _RESTORE,
    ),
    sqlite3.SQLITE_IOERR: (
        "could not be read or written by the operating system",
        f"Check the disk (space, quota, network mount) and run this again, or {_ELSEWHERE}.",
    ),
    sqlite3.SQLITE_PERM: ("may not be used", f"Check its permissions, or {_ELSEWHERE}."),
}
_MEANINGS[sqlite3.SQLITE_LOCKED] = _MEANINGS[sqlite3.SQLITE_BUSY]
_MEANINGS[sqlite3.SQLITE_AUTH] = _MEANINGS[sqlite3.SQLITE_PERM]
_OTHERWISE: Final = ("could not be used", f"Run this again; if it stays so, {_ELSEWHERE}.")


def explain(path: Path, error: sqlite3.Error) -> JournalError:
    """Say in plain words what SQLite's complaint means for this journal, and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    fault, cure = _OTHERWISE if code is None else _MEANINGS.get(code & 0xFF, _OTHERWISE)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    locked = code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return JournalError(
        f"The journal {path} {fault} ({name}). {cure}", path=str(path), cause=name, locked=locked
    )


def damaged(path: Path, what: str) -> JournalError:
    """Report content that contradicts itself, which SQLite cannot notice."""
    fault, cure = _MEANINGS[sqlite3.SQLITE_CORRUPT]
    return JournalError(f"The journal {path} {fault} ({what}). {cure}", path=str(path), cause=what)


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn every complaint of SQLite or the file system into a JournalError."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except UnicodeDecodeError as error:
        raise damaged(path, "text that is no text") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(
            f"The journal {path} cannot be made or opened ({reason}). "
            f"Check its directory, or {_ELSEWHERE}.",
            path=str(path),
            cause=reason,
        ) from error


def open_database(
    path: Path,
    connect: Callable[..., sqlite3.Connection],
    busy_timeout_s: float,
) -> sqlite3.Connection:
    """Open the journal's file, made and upgraded as needed, ready for synced transactions."""
    with explaining(path):
        _make_file(path)
        db = connect(path, timeout=busy_timeout_s, isolation_level=None)
        try:
            _configure(db)
            _upgrade(db, path)
        except BaseException:
            db.close()
            raise
    return db


def _make_file(path: Path) -> None:
    """Make file and directory for this user alone, durably, where they are missing."""
    if path.exists() and not path.is_file():
        raise JournalError(
            f"The journal {path} is a directory or device, not a file. Name a file, or "
            f"{_ELSEWHERE}.",
            path=str(path),
        )
    make_directory(path.parent)
    if path.exists():
        _refuse_scrap(path)
        _tighten(path)
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    _sync_directory(path.parent)


def _refuse_scrap(path: Path) -> None:
    """Refuse a file too short for a database, which SQLite would take for an empty one."""
    if 0 < path.stat().st_size < SHORTEST_DATABASE_BYTES:
        fault, cure = _MEANINGS[sqlite3.SQLITE_NOTADB]
        raise JournalError(f"The journal {path} {fault}. {cure}", path=str(path))


def make_directory(directory: Path) -> None:
    """Make a directory (0700) and those above it, each synced into the one that holds it."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    """Make new names in a directory survive a power cut, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tighten(path: Path) -> None:
    """Take the journal and its side file away from other users."""
    for file in (path, side_file(path)):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                file.chmod(0o600)


def side_file(path: Path) -> Path:
    """Name SQLite's rollback journal of a database file."""
    return path.with_name(path.name + "-journal")


def _configure(db: sqlite3.Connection) -> None:
    """Set what durability, privacy and speed ask of every connection."""
    for setting in (
        f"page_size = {PAGE_BYTES}",
        f"cache_size = -{CACHE_KIB}",
        "synchronous = EXTRA",
        "fullfsync = ON",
        "foreign_keys = ON",
        "secure_delete = ON",
        "cell_size_check = ON",
        f"journal_size_limit = {SIDE_FILE_BYTES}",
        "journal_mode = PERSIST",
    ):
        db.execute(f"PRAGMA {setting}").fetchall()


def _upgrade(db: sqlite3.Connection, path: Path) -> None:
    """Apply the missing migrations in one transaction; refuse what is newer or not ours."""
    if _applied(db, path) == _names():
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        done = _applied(db, path)  # another process may have been faster
        for migration in MIGRATIONS[len(done) :]:
            migration(db)
            db.execute("INSERT INTO migrations VALUES (?, ?)", (migration.__name__, time.time()))
        db.execute("COMMIT")
    except BaseException:
        roll_back(db)
        raise


def _names() -> tuple[str, ...]:
    """List the migrations this version knows."""
    return tuple(migration.__name__ for migration in MIGRATIONS)


def _applied(db: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """List the migrations the file has had; refuse a file that is newer or not ours."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == 0 and tables == 0:
        return ()
    if application != APPLICATION_ID:
        raise JournalError(
            f"The journal {path} is a database of another program. Leave it alone and "
            f"{_ELSEWHERE}.",
            path=str(path),
        )
    names = tuple(name for (name,) in db.execute("SELECT name FROM migrations ORDER BY rowid"))
    if names != _names()[: len(names)]:
        raise JournalError(
            f"The journal {path} was written by a newer smsframe. Upgrade smsframe "
            f"(pip install -U smsframe), or {_ELSEWHERE}.",
            path=str(path),
            migrations=names,
        )
    return names


def roll_back(db: sqlite3.Connection) -> None:
    """Undo an open transaction; SQLite may have done so already."""
    with contextlib.suppress(sqlite3.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")


def runs_and_batches(db: sqlite3.Connection) -> None:
    """Make the first tables."""
    for statement in (
        f"PRAGMA application_id = {APPLICATION_ID}",
        "CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at REAL NOT NULL)",
        """CREATE TABLE runs (
            run_id TEXT PRIMARY KEY, scope BLOB NOT NULL, account TEXT NOT NULL,
            program TEXT NOT NULL, campaign TEXT, content TEXT, content_id TEXT,
            settings TEXT NOT NULL, tags TEXT NOT NULL, rows INTEGER NOT NULL,
            started_at REAL NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL,
            pid INTEGER NOT NULL, ended_at REAL, ending TEXT NOT NULL DEFAULT '',
            forgotten INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX runs_by_scope ON runs (scope)",
        "CREATE TABLE rests (run_id TEXT PRIMARY KEY REFERENCES runs, rest BLOB NOT NULL)",
        """CREATE TABLE batches (
            id INTEGER PRIMARY KEY, batch_id TEXT NOT NULL UNIQUE,
            run_id TEXT NOT NULL REFERENCES runs, scope BLOB NOT NULL, size INTEGER NOT NULL,
            source TEXT NOT NULL, claimed_at REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'claimed'
                CHECK (state IN ('claimed', 'accepted', 'rejected', 'unknown')),
            http_status INTEGER, code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',
            cure TEXT NOT NULL DEFAULT '', response_id TEXT, location TEXT,
            attempts INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, settled_at REAL,
            resolved_at REAL, refreshed_at REAL)""",
        "CREATE INDEX batches_by_scope ON batches (scope)",
        "CREATE INDEX batches_by_run ON batches (run_id)",
        """CREATE TABLE keys (
            batch INTEGER PRIMARY KEY REFERENCES batches, checksum INTEGER NOT NULL,
            states BLOB, people BLOB NOT NULL, keys BLOB NOT NULL)""",
        """CREATE TABLE payloads (
            batch INTEGER PRIMARY KEY REFERENCES batches, payload BLOB NOT NULL)""",
        """CREATE TABLE statuses (
            batch INTEGER PRIMARY KEY REFERENCES batches, statuses BLOB NOT NULL)""",
    ):
        db.execute(statement)


MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (runs_and_batches,)

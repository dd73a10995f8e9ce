"""The journal's file: how it is made, opened and upgraded, and what its faults mean in plain words.

Decisions:

- **Rollback journal in PERSIST mode, fully synced.** Notebook homes are often on network disks,
  where write-ahead logging is unsafe. Of the rollback modes DELETE is ruled out: with FULL it does
  not sync the directory after removing the side file, so a power cut right after a commit can bring
  that file back and undo the commit, and an undone claim is a second text. TRUNCATE and PERSIST
  sync the side file when they end a transaction. PERSIST only overwrites its header instead of
  giving disk blocks back and asking for them again, which makes it two to three times as fast. Its
  price, old pages left in the side file, is paid where it matters:
  `smsframe._journal.store.Journal.forget` removes that file.
- ``fullfsync`` makes macOS sync to the platter; it does nothing elsewhere.
- Directory entries are synced too when directory and file are made.
- Messages (keys and hashes), payloads and statuses stand in tables of their own, so that settling
  a batch rewrites a short row and reading the ledger drags nothing else along. All hashes of a
  batch are one row: rows of their own would not fill their pages, and a page that is filled later
  is written twice. SQLite reads a long row only as far as it is asked for, so what is asked for
  most comes first. Keys and recipient hashes carry a checksum: a silently changed key is a person
  texted twice. Hashes of values carry none, for a changed one only makes two messages look less
  alike.
- Migrations are functions named in a table, in the same transaction as what they change. A name
  this version does not know means a newer smsframe wrote the file; it is refused.
- ``secure_delete`` overwrites what is deleted.
- **Another place for the journal is advised only while this one knows of nobody.** Another journal
  does not know whom this one texted. What is lost is told by `smsframe._journal.location`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from typing import TYPE_CHECKING, Any, Final

from smsframe._base.sentences import Sentence, arg, connect_with
from smsframe._journal.location import (
    SHORTEST_DATABASE_BYTES,
    forgotten,
    has_file,
    knows_somebody,
    left_with_its_folder,
    lost,
    side_file,
)
from smsframe._journal.lock import has_locks
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from smsframe._journal.database import Database
    from smsframe._journal.location import Place

APPLICATION_ID: Final = 0x534D5346  # "SMSF", so that a database of another program is told apart
PAGE_BYTES: Final = 16384
CACHE_KIB: Final = 8192
SIDE_FILE_BYTES: Final = 1 << 20  # the side file is cut back to this size after larger transactions

_BEFORE_THE_FIRST_VERSION: Final = ("runs_and_batches",)  # the first migration of those states

_ELSEWHERE: Final = Sentence(
    "choose another place with ", connect_with("journal"), " or SMSFRAME_JOURNAL"
)
_NOT_ELSEWHERE: Final = (
    "send nothing of its campaigns with another journal before: only this one knows who was texted"
)
_RESTORE: Final = (
    "It is what keeps people from being texted twice: keep the file, restore a backup of it, and "
    "send nothing of the same campaigns before that."
)
_SOMETHING_ELSE: Final = "is no smsframe journal: the file holds something else"
_MOVED: Final = "was moved or replaced while it was in use"
# What is wrong, and what to do. "{or_else}" is another place, or the warning not to choose one.
_MEANINGS: Final = {
    sqlite3.SQLITE_BUSY: (
        "is locked by another program",
        "Close what has it open (a database browser, a backup, another send) and run this again.",
    ),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "Free some space and run this again."),
    sqlite3.SQLITE_READONLY: (
        "cannot be written: the file, its directory or the disk is read-only",
        "Make it writable, {or_else}.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "Check that its directory exists and is yours to write, {or_else}.",
    ),
    sqlite3.SQLITE_NOTADB: (
        _SOMETHING_ELSE,
        Sentence("Leave that file alone and ", _ELSEWHERE, "."),
    ),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _RESTORE),
    sqlite3.SQLITE_IOERR: (
        "could not be read or written by the operating system",
        "Check the disk (space, quota, network mount) and run this again, {or_else}.",
    ),
    sqlite3.SQLITE_PERM: ("may not be used", "Check its permissions, {or_else}."),
}
_MEANINGS[sqlite3.SQLITE_LOCKED] = _MEANINGS[sqlite3.SQLITE_BUSY]
_MEANINGS[sqlite3.SQLITE_AUTH] = _MEANINGS[sqlite3.SQLITE_PERM]
_OTHERWISE: Final = ("could not be used", "Run this again, {or_else}.")


def explain(path: Path, error: sqlite3.Error) -> JournalError:
    """Say in plain words what SQLite's complaint means for this journal, and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return lost(path, _MOVED)
    kind = None if code is None else code & 0xFF
    if _is_no_database(error) and has_locks(path):
        return forgotten(path, "holds something else now")
    fault, fix = _OTHERWISE if kind is None else _MEANINGS.get(kind, _OTHERWISE)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    locked = kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return _fault(path, f"{fault} ({name})", fix, cause=name, locked=locked)


def _is_no_database(error: sqlite3.Error) -> bool:
    """Tell whether SQLite found something else in the file."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_NOTADB


def _fault(path: Path, fault: str, fix: str, *, cause: str, locked: bool = False) -> JournalError:
    """Return an error that names another place only where nobody is forgotten by that."""
    or_else = f"and {_NOT_ELSEWHERE}" if knows_somebody(path) else "or " + _ELSEWHERE
    told = Sentence(f"The journal {path} {fault}. ", Sentence(fix).format(or_else=or_else))
    return JournalError(told, path=str(path), cause=cause, locked=locked)


def damaged(path: Path, what: str) -> JournalError:
    """Report content that contradicts itself, which SQLite cannot notice."""
    fault, fix = _MEANINGS[sqlite3.SQLITE_CORRUPT]
    return JournalError(f"The journal {path} {fault} ({what}). {fix}", path=str(path), cause=what)


@contextlib.contextmanager
def explaining(path: Path, place: Place | None = None) -> Iterator[None]:
    """Turn every complaint of SQLite or the file system into a JournalError.

    ``place`` is that of a journal which is open: where it is lost, that explains the complaint.
    """
    try:
        yield
    except sqlite3.Error as error:
        if place is not None and (fault := place.fault()):
            raise lost(path, fault) from error
        if place is not None and _is_no_database(error):
            raise lost(path, "was overwritten while it was in use") from error
        raise explain(path, error) from error
    except UnicodeDecodeError as error:
        raise damaged(path, "text that is no text") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _fault(
            path,
            f"cannot be made or opened ({reason})",
            "Check its directory, {or_else}.",
            cause=reason,
        ) from error


def open_database(
    path: Path,
    connect: Callable[..., sqlite3.Connection],
    busy_timeout_s: float,
) -> sqlite3.Connection:
    """Open the journal's file, made and upgraded as needed, ready for synced transactions."""
    with explaining(path):
        had_campaigns = has_locks(path)  # before the file is looked at: locks are made after it
        _make_file(path, had_campaigns=had_campaigns)
        db = connect(path, timeout=busy_timeout_s, isolation_level=None)
        try:
            _configure(db)
            _upgrade(db, path, had_campaigns=had_campaigns)
        except BaseException:
            db.close()
            raise
    return db


def _make_file(path: Path, *, had_campaigns: bool) -> None:
    """Make file and directory for this user alone, durably, where they are missing."""
    if path.exists() and not path.is_file():
        if had_campaigns:
            raise forgotten(path, "is a directory or device now")
        raise JournalError(
            Sentence(
                f"The journal {path} is a directory or device, not a file. Name a file, or ",
                _ELSEWHERE,
                ".",
            ),
            path=str(path),
        )
    if left_with_its_folder(path):
        raise lost(path, "is not there any more, and neither is its folder")
    make_directory(path.parent)
    if path.exists():
        _refuse_scrap(path, had_campaigns=had_campaigns)
        _tighten(path)
        return
    if had_campaigns:
        raise forgotten(path, "is not there")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    sync_directory(path.parent)


def _refuse_scrap(path: Path, *, had_campaigns: bool) -> None:
    """Refuse a file too short for a database, which SQLite would take for an empty one."""
    if not 0 < path.stat().st_size < SHORTEST_DATABASE_BYTES:
        return
    if had_campaigns:
        raise forgotten(path, "was cut short, or holds something else now")
    fault, fix = _MEANINGS[sqlite3.SQLITE_NOTADB]
    raise JournalError(Sentence(f"The journal {path} {fault}. ", fix), path=str(path))


def make_directory(directory: Path) -> None:
    """Make a directory (0700) and those above it, each synced into the one that holds it."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
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


def _upgrade(db: sqlite3.Connection, path: Path, *, had_campaigns: bool) -> None:
    """Apply the missing migrations in one transaction; refuse what is newer or not ours."""
    done = _applied(db, path)
    if done == _names():
        return
    if had_campaigns and not done and has_file(db):
        raise forgotten(path, "is empty")
    db.execute("BEGIN IMMEDIATE")
    try:
        done = _applied(db, path)  # another process may have been faster
        apply(db, MIGRATIONS[len(done) :])
        db.execute("COMMIT")
    except BaseException:
        roll_back(db)
        raise


def apply(db: Any, migrations: Iterable[Callable[[Any], None]]) -> None:
    """Make changes and write down that they were made, within an open transaction."""
    for migration in migrations:
        migration(db)
        noted = migration.__name__, time.time()
        db.execute("INSERT INTO migrations (name, applied_at) VALUES (?, ?)", noted)


def _names() -> tuple[str, ...]:
    """List the migrations this version knows."""
    return tuple(migration.__name__ for migration in MIGRATIONS)


def _applied(db: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """List the migrations the file has had; refuse a file that is newer or not ours.

    Another process may make the journal between two of these statements. Its tables are looked
    for first: what is asked after them is at least as new, so tables have their name by then.
    """
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application == 0 and tables == 0:
        return ()
    if application != APPLICATION_ID:
        if has_locks(path):
            raise forgotten(path, "is a database of another program now")
        raise JournalError(
            Sentence(
                f"The journal {path} is a database of another program. Leave it alone and ",
                _ELSEWHERE,
                ".",
            ),
            path=str(path),
        )
    names = tuple(name for (name,) in db.execute("SELECT name FROM migrations ORDER BY rowid"))
    if names[:1] == _BEFORE_THE_FIRST_VERSION:
        raise JournalError(
            Sentence(
                f"The journal {path} was written by a development version of smsframe from before "
                "0.1.0, which told messages apart in another way, so this version cannot know from "
                "it who had what. Keep the file, and begin a new journal in another place: ",
                _ELSEWHERE,
                ". Before you send a text again that went out from this one, leave those people "
                "out with ",
                arg("exclude"),
                ": read their results with the version that sent them.",
            ),
            path=str(path),
            migrations=names,
        )
    if names != _names()[: len(names)]:
        raise JournalError(
            f"The journal {path} was written by a newer smsframe. Upgrade smsframe "
            f"(pip install -U smsframe), and {_NOT_ELSEWHERE}.",
            path=str(path),
            migrations=names,
        )
    return names


def roll_back(db: Database) -> None:
    """Undo an open transaction; SQLite may have done so already."""
    with contextlib.suppress(sqlite3.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")


def first_tables(db: Database) -> None:
    """Make the tables of version 0.1.0."""
    for statement in (
        f"PRAGMA application_id = {APPLICATION_ID}",
        "CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at REAL NOT NULL)",
        """CREATE TABLE runs (
            run_id TEXT PRIMARY KEY, scope BLOB NOT NULL, service TEXT NOT NULL,
            program TEXT NOT NULL, campaign TEXT, content TEXT, content_id TEXT,
            near BLOB NOT NULL, is_test INTEGER NOT NULL, settings TEXT NOT NULL,
            tags TEXT NOT NULL, rows INTEGER NOT NULL, started_at REAL NOT NULL,
            user TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, ended_at REAL,
            ending TEXT NOT NULL DEFAULT '', left INTEGER,
            forgotten INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX runs_by_scope ON runs (scope)",
        "CREATE INDEX runs_by_program ON runs (service, program, started_at)",
        "CREATE TABLE rests (run_id TEXT PRIMARY KEY REFERENCES runs, rest BLOB NOT NULL)",
        """CREATE TABLE batches (
            id INTEGER PRIMARY KEY, batch_id TEXT NOT NULL UNIQUE,
            run_id TEXT NOT NULL REFERENCES runs, scope BLOB NOT NULL, size INTEGER NOT NULL,
            source TEXT NOT NULL, claimed_at REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'claimed'
                CHECK (state IN ('claimed', 'accepted', 'rejected', 'unknown')),
            http_status INTEGER, code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',
            fix TEXT NOT NULL DEFAULT '', response_id TEXT, location TEXT,
            attempts INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, settled_at REAL,
            resolved_at REAL, refreshed_at REAL,
            states BLOB)""",
        "CREATE INDEX batches_by_scope ON batches (scope)",
        "CREATE INDEX batches_by_run ON batches (run_id)",
        """CREATE TABLE messages (
            batch INTEGER PRIMARY KEY REFERENCES batches, recipients_checksum INTEGER NOT NULL,
            recipients BLOB NOT NULL, keys_checksum INTEGER NOT NULL, keys BLOB NOT NULL,
            loose_values BLOB NOT NULL)""",
        """CREATE TABLE payloads (
            batch INTEGER PRIMARY KEY REFERENCES batches, payload BLOB NOT NULL)""",
        """CREATE TABLE statuses (
            batch INTEGER PRIMARY KEY REFERENCES batches, statuses BLOB NOT NULL)""",
    ):
        db.execute(statement)


def places(db: Database) -> None:
    """Make room for where the results of a run from files are, opaque here; `forget` drops it."""
    db.execute("CREATE TABLE places (run_id TEXT PRIMARY KEY REFERENCES runs, place BLOB NOT NULL)")


def variants(db: Database) -> None:
    """Keep which variants a run has and how people are split among them, and a batch's own."""
    db.execute("ALTER TABLE runs ADD COLUMN variants TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE batches ADD COLUMN variant TEXT NOT NULL DEFAULT ''")


MIGRATIONS: Final[tuple[Callable[[Database], None], ...]] = (first_tables, places, variants)

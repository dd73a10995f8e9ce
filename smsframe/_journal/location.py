"""Where a journal is: whether its path still leads to it, and whether one was there before.

A journal that was moved, replaced or emptied has forgotten whom it texted, and whoever goes on with
a new one texts them again. So:

- **At opening**, a path that leads to no file, or to an empty one, is a new journal only when no
  campaign was ever locked beside it. Locks are made after their journal (`smsframe._send.run`), and
  are looked for before the file is: a first run that is beginning in another process is no loss.
- **While it is open**, file and path are compared before each claim: device and inode, and whether
  there is anything in it. The network's disks included, a file keeps both while it is open.
- **A journal may be an older copy**: a backup, or one of another machine. The last batch of each
  campaign is noted beside its lock, and a journal that does not know it is refused. A send looks at
  the campaigns of the last weeks too: who had nearly the same text, or any, is not known either.
- What came back of calls under way is still written into the open file where that is possible: a
  journal that was moved knows all of it when it is brought back. SQLite refuses to write a file
  that its path does not lead to, because the side file would lie in another place than the file;
  so for these last writes it is kept in memory.
- No sentence advises another journal, or to run something again, where a journal is lost.
- **A rehearsal never writes into the journal of real sends**: whatever is not given as an argument
  resolves to ``rehearsal.sqlite3`` beside the journal that would have been used.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from smsframe._base.journal_address import (
    USUAL_FILE,
    TeamAddress,
    fault_of_url,
    is_database_url,
)
from smsframe._base.masking import mask_phone
from smsframe._base.sentences import Part, Sentence, arg, words
from smsframe._base.validation import path_fault, refuse
from smsframe._journal.lock import has_locks, locks_directory, private, sender_at_work
from smsframe.errors import CampaignBusyError, ConfigurationError, JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe._base.journal_address import JournalAddress, JournalArgument
    from smsframe._journal.database import Database

SHORTEST_DATABASE_BYTES: Final = 512

BRING_IT_BACK: Final = (
    "Only it knows who was texted: bring the journal back (from where it was moved, or a backup) "
    "and send nothing of these campaigns before, also with no other journal"
)
_OVER: Final = os.O_WRONLY | os.O_CREAT  # a file that is emptied first is waited for at its close
_NOTE_LENGTH: Final = 100
_NOTE: Final = ".last"
_LOOKED_BACK_S: Final = 14 * 86_400.0
_used: Final[dict[str, tuple[int, int]]] = {}
"""The journals that this session wrote batches to, by path, and the folders they were in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The file that a journal was opened from; ``file`` is where links led then."""

    path: Path
    file: Path
    device_and_inode: tuple[int, int]
    folder: tuple[int, int]
    is_filled: bool

    @classmethod
    def of(cls, path: Path) -> Self:
        """Remember which file a path leads to."""
        found = path.stat()
        return cls(
            path=path.absolute(),
            file=path.resolve(),
            device_and_inode=(found.st_dev, found.st_ino),
            folder=_folder_of(path),
            is_filled=found.st_size >= SHORTEST_DATABASE_BYTES,
        )

    def note(self, scope: bytes, batch_id: str) -> None:
        """Note beside its lock which batch of a campaign was claimed last; it only informs."""
        _used[str(self.file)] = self.folder
        with contextlib.suppress(OSError):
            write_note(note_file(self.path, scope), batch_id)

    def fault(self) -> str:
        """Say what has become of the file; nothing when it is where it was."""
        try:
            now = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "is not there any more: it was moved or deleted while it was in use"
        except OSError as error:
            return f"cannot be reached any more ({error.strerror})"
        if (now.st_dev, now.st_ino) != self.device_and_inode:
            return "was replaced by another file while it was in use"
        if self.is_filled and now.st_size < SHORTEST_DATABASE_BYTES:
            return "was emptied while it was in use"
        return ""

    @contextlib.contextmanager
    def writable(self, db: Database, *, moved_too: bool) -> Iterator[None]:
        """Let a file be written where it was opened; ``moved_too``: also where it was moved to."""
        fault = self.fault()
        if not fault:
            yield
            return
        if not moved_too or not _remove_ended(side_file(self.file)):
            raise lost(self.path, fault)
        db.execute("PRAGMA journal_mode = MEMORY").fetchall()
        try:
            yield
        finally:
            db.execute("PRAGMA journal_mode = PERSIST").fetchall()


def _folder_of(path: Path) -> tuple[int, int]:
    """Tell which folder a file is in, by device and inode."""
    found = path.resolve().parent.stat()
    return found.st_dev, found.st_ino


def write_note(file: Path, batch_id: str) -> None:
    """Write a batch into the note of its campaign."""
    handle = private(str(file), _OVER)  # for every few batches: a stream costs more
    try:
        os.write(handle, f"{batch_id:<{_NOTE_LENGTH}}\n".encode())
    finally:
        os.close(handle)


def note_file(path: Path, scope: bytes) -> Path:
    """Name the note of a campaign's last batch."""
    return locks_directory(path) / (scope.hex() + _NOTE)


def last_batch(path: Path, scope: bytes) -> str | None:
    """Return the id of a campaign's last batch, as it was noted; None where nothing was."""
    with contextlib.suppress(OSError, ValueError):
        noted = note_file(path, scope).read_text(encoding="utf-8")
        return noted.strip() if noted.endswith("\n") else None
    return None


def recently_noted(path: Path) -> list[bytes]:
    """List the campaigns whose last batch was noted within the last weeks."""
    since = time.time() - _LOOKED_BACK_S
    with contextlib.suppress(OSError, ValueError):
        notes = [file for file in os.scandir(locks_directory(path)) if file.name.endswith(_NOTE)]
        names = [file.name for file in notes if file.stat().st_mtime >= since]
        return [bytes.fromhex(name.removesuffix(_NOTE)) for name in sorted(names)]
    return []


def has_file(db: Database) -> bool:
    """Tell a database in a file from one in memory, which begins anew each time."""
    return bool(db.execute("PRAGMA database_list").fetchone()[2])


def refuse_outdated(db: Database, path: Path, scope: bytes) -> None:
    """Refuse to go on with a journal that does not know the last batch of a campaign."""
    batch_id = last_batch(path, scope)
    if batch_id is None or not has_file(db):
        return
    if not db.execute("SELECT 1 FROM batches WHERE batch_id = ?", (batch_id,)).fetchone():
        raise outdated(path, path, scope, batch_id)


def left_with_its_folder(path: Path) -> bool:
    """Tell whether a journal that was sent with in this session is gone with its folder."""
    folder = _used.get(str(path.resolve()))
    if folder is None:
        return False
    try:
        return _folder_of(path) != folder
    except OSError:
        return True


def side_file(path: Path) -> Path:
    """Name SQLite's rollback journal of a database file."""
    return path.with_name(path.name + "-journal")


def _remove_ended(file: Path) -> bool:
    """Remove a side file whose transaction has ended, or which is not there; False for others.

    SQLite stumbles over one beside a path that leads to no file.
    """
    try:
        with file.open("rb") as stream:
            if stream.read(1).strip(b"\0"):  # PERSIST ends a transaction by a header of zeros
                return False
        file.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return True


def lost(path: Path, fault: str) -> JournalError:
    """Report a journal that is not what it was."""
    return JournalError(f"The journal {path} {fault}. {BRING_IT_BACK}.", path=str(path), lost=fault)


def outdated(journal: JournalAddress, path: Path, scope: bytes, batch_id: str) -> JournalError:
    """Report a journal that does not know the last batch of a campaign, noted beside a path."""
    return JournalError(
        f"The journal {journal} does not know batch {batch_id}, the last one of a campaign that "
        "was sent with it: it is an older copy, or another journal was put in its place. "
        f"{BRING_IT_BACK}. Only if the newer one is gone for good, and you know who had that run "
        f"(its saved results, the product's events), delete {note_file(path, scope)}, and what "
        f"ends in {_NOTE} beside it for other campaigns: whoever this journal does not know is "
        "texted again unless you leave them out.",
        path=str(journal),
        batch=batch_id,
    )


def not_imported(journal: TeamAddress, file: Path, note: Path) -> JournalError:
    """Report a team's journal that lacks what a file of this machine knows of a campaign."""
    return JournalError(
        f"This campaign was sent from this machine with the journal {file}, and the journal "
        f"{journal} does not know of it: it would go to the same people again. Import it first: "
        f"smsframe journal import {shlex.quote(str(file))} {shlex.quote(str(journal))} (copies "
        "what is missing; a password goes into PGPASSWORD or ~/.pgpass). Only if that file is "
        f"gone for good, and you know who had it, delete {note}: whoever is not in the team's "
        "journal is texted again unless you leave them out.",
        path=str(journal),
        file=str(file),
    )


def forgotten(path: Path, fault: str) -> JournalError:
    """Report a journal that is missing or empty at opening, though it had campaigns."""
    directory = locks_directory(path)
    also = " and the sandbox's world" if path.name == "rehearsal.sqlite3" else ""
    sender = sender_at_work(path)
    sentence = (
        f"The journal {path} {fault}, but campaigns were sent with it: their locks are in "
        f"{directory}. {'' if sender is None else f'{sender} is sending with it now. '}"
        f"{BRING_IT_BACK}. Only to begin anew, knowing that everybody may be texted again, delete "
        f"the folder {directory.name}{also} too."
    )
    if sender is not None:
        return CampaignBusyError(sentence, path=str(path), lost=fault)
    return JournalError(sentence, path=str(path), lost=fault)


def knows_somebody(path: Path) -> bool:
    """Tell whether a journal may know of people who were texted; when in doubt it does."""
    with contextlib.suppress(OSError):
        return has_locks(path) or (path.exists() and path.stat().st_size > 0)
    return True


def journal_path(path: JournalArgument = None, *, rehearsal: bool = False) -> JournalAddress:
    """Where the record of what was sent is kept.

    Parameters
    ----------
    path : str, path-like or TeamAddress, optional
        Taken as it is. None means SMSFRAME_JOURNAL, else the data directory of the platform.
    rehearsal : bool, default False
        The service is on this machine: without `path`, ``rehearsal.sqlite3`` beside the journal of
        real sends is used.

    Returns
    -------
    pathlib.Path or TeamAddress
        The file; it need not exist yet. For a directory, ``journal.sqlite3`` in it. For the URL of
        a database, its address; no connection is made yet.

    Raises
    ------
    ConfigurationError
        The path cannot be one: of another type, blank, too long, ``":memory:"`` (a journal has to
        outlive the session). The URL cannot be one, or what it needs is not installed.
    """
    faults: list[str] = []
    journal_fault(path, faults)
    refuse(faults, ConfigurationError)
    if path is not None:
        return _address_of(path)
    configured = os.environ.get("SMSFRAME_JOURNAL", "").strip()
    if fault := fault_of_url(configured):
        raise ConfigurationError(f"SMSFRAME_JOURNAL {fault}.")
    if rehearsal and is_database_url(configured):
        configured = ""  # a rehearsal is no business of the team's
    journal = _address_of(configured or _data_directory())
    if rehearsal and isinstance(journal, Path):
        return journal.with_name("rehearsal.sqlite3")
    return journal


def journal_folder(journal: JournalAddress) -> Path:
    """Return the directory in which things of this machine that belong to a journal are kept."""
    return journal.folder if isinstance(journal, TeamAddress) else journal.parent


def _address_of(path: str | os.PathLike[str] | TeamAddress) -> JournalAddress:
    """Return the address that was given, by path or URL."""
    if isinstance(path, TeamAddress):
        return path
    if not is_database_url(path):
        return _journal_file(path)
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigurationError(
            "A journal in a PostgreSQL database needs psycopg, which is not installed: "
            'pip install "smsframe[postgres]".'
        )
    return TeamAddress(str(path), Path(_data_directory()))


def journal_fault(path: Any, faults: list[str]) -> None:
    """Note a fault unless this can be the path or the URL of a journal, or is None."""
    if path is None or isinstance(path, TeamAddress):
        return
    if isinstance(path, (str, Path)) and (fault := fault_of_url(path)):
        faults.append(Sentence(arg("journal"), f" {fault}."))
    elif is_database_url(path) or not path_fault("journal", path, faults):
        return
    elif os.fspath(path) == ":memory:":
        faults.append(
            Sentence(
                arg("journal", ":memory:"),
                " would forget who was texted when the session ends; name a file, such as one in "
                "a temporary directory.",
            )
        )


def _journal_file(path: str | os.PathLike[str]) -> Path:
    """Make an absolute path of a file, also from a directory or from ``~``."""
    try:
        place = Path(path).expanduser().absolute()
        is_directory = place.is_dir() or str(path).endswith(("/", os.sep))
    except (OSError, RuntimeError, ValueError) as error:
        reason = mask_phone(getattr(error, "strerror", None) or str(error))
        raise ConfigurationError(
            Sentence(
                f"The journal cannot be at the path that was given ({reason}). Name another file "
                "with ",
                arg("journal"),
                " or SMSFRAME_JOURNAL.",
            )
        ) from error
    return place / USUAL_FILE if is_directory else place


def _data_directory() -> str:
    """Name the platform's data directory of smsframe, marked as a directory."""
    import platformdirs  # noqa: PLC0415 - only needed when nothing was configured

    return platformdirs.user_data_dir("smsframe", appauthor=False) + os.sep


def is_there(path: Path) -> bool:
    """Tell whether there is a file; JournalError where the path leads to none and could not.

    ``Path.exists`` says no as well when a part of the path is a file, or a link leads nowhere.
    """
    try:
        path.stat()
    except FileNotFoundError:
        if not path.is_symlink():
            return False
        reason = "it is a link to a file that is not there"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    else:
        return True
    raise JournalError(
        Sentence(
            f"The journal {path} cannot be read ({reason}). Bring back what is missing, or name "
            "the journal that was sent with: ",
            arg("journal"),
            " or SMSFRAME_JOURNAL.",
        ),
        path=str(path),
    )


def no_journal(path: JournalAddress) -> JournalError:
    """Return the error of a journal that has to be there and is not."""
    return JournalError(
        Sentence(
            f"There is no journal {path}, so nothing is known of earlier sends. ",
            words(
                "Connect with the one that was sent with (connect(journal=...)), or name it with "
                "journal=",
                at_shell="Name the one that was sent with: ",
            ),
            Part("", "--journal", "", slot="journal"),
            ".",
        ),
        path=str(path),
    )

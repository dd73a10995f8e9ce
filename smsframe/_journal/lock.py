"""One sender per campaign: a lock of the operating system beside the journal.

Decisions:

- The lock is one of the operating system's, on an empty file, so it dies with its process, however
  that dies. A disk that has no such locks is refused: a lock file that outlives its owner would
  lock people out, or in.
- A forked child holds nothing: the lock is of its parent, and released by the child it would be
  gone for both (they share the open file). So the child closes its copy at once and releases none.
- Who holds it stands in a small JSON file beside it (pid, host, user, since). That file only
  informs: a killed sender leaves it behind, so a name in it that is no longer running is not told
  to anyone.
- A set in memory keeps two threads of one process apart, since on some network disks locks hold
  between processes only.
- Lock files are not deleted: removing one while another process opens it would let both in. So
  they also tell that a journal was here (`smsframe._journal.location`).
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import filelock

from smsframe._base.forks import after_fork
from smsframe._base.sentences import Sentence, connect_with
from smsframe._journal.holder import Holder, busy
from smsframe._journal.records import SenderNow
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.errors import CampaignBusyError

_POLL_S: Final = 0.05
_held: Final[dict[str, object]] = {}
_locks: Final[set[filelock.BaseFileLock]] = set()
_guard = threading.Lock()


@after_fork
def _leave_to_parent() -> None:
    """Give up, in a forked child, what its parent holds, without releasing it."""
    global _guard  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _guard = threading.Lock()
    _held.clear()
    for lock in _locks:
        context = getattr(lock, "_context", None)
        descriptor = getattr(context, "lock_file_fd", None)  # None: filelock 4 did it already
        if context is not None and descriptor is not None:
            os.close(descriptor)
            context.lock_file_fd = None
    _locks.clear()


@contextlib.contextmanager
def campaign_lock(
    path: str | os.PathLike[str], scope: bytes, *, wait_s: float = 0.0
) -> Iterator[None]:
    """Hold the right to send one campaign while the block runs.

    Parameters
    ----------
    path : str or os.PathLike
        The journal's file; the locks stand in a directory beside it, ``<file>.locks``, mode 0700.
    scope : bytes
        The campaign, 16 bytes.
    wait_s : float, default 0.0
        How long to wait, in seconds, for another sender to finish.

    Raises
    ------
    CampaignBusyError
        Another process or thread is sending this campaign; ``details`` has pid, host, user and
        since (None where it is not known).
    JournalError
        The lock cannot be made on this disk.
    """
    file = _lock_file(path, scope)
    deadline = time.monotonic() + wait_s
    with _only_here(file, deadline), _locked(file, deadline):
        owner = os.getpid()
        _write_holder(file)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                if os.getpid() == owner:
                    _holder_file(file).unlink(missing_ok=True)


def locks_directory(path: str | os.PathLike[str]) -> Path:
    """Name the directory of a journal's locks."""
    base = Path(os.path.realpath(path))
    return base.with_name(base.name + ".locks")


def has_locks(path: str | os.PathLike[str]) -> bool:
    """Tell whether a campaign of this journal was ever locked, that is: sent, or about to be."""
    directory = locks_directory(path)
    if os.name == "nt":  # where lock files are removed once they are free
        return directory.is_dir()
    try:
        return any(file.suffix == ".lock" for file in directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def sender_at_work(path: str | os.PathLike[str]) -> str | None:
    """Say who is sending a campaign of this journal now; None when nobody is known to be."""
    with contextlib.suppress(OSError):
        for file in sorted(locks_directory(path).glob("*.lock")):
            if (holder := _read_holder(file)) is not None:
                return holder.process
    return None


def sender_of(path: str | os.PathLike[str], scope: bytes) -> SenderNow | None:
    """Say who is sending one campaign of this journal now; None when nobody is known to be."""
    holder = _read_holder(_lock_file(path, scope))
    return None if holder is None else SenderNow(who=holder.process)


def _lock_file(path: str | os.PathLike[str], scope: bytes) -> Path:
    """Name the file whose lock is the right to send a campaign."""
    return locks_directory(path) / f"{scope.hex()}.lock"


@contextlib.contextmanager
def _only_here(file: Path, deadline: float) -> Iterator[None]:
    """Keep other threads of this process away."""
    name, ours = str(file), object()
    try:
        while not _enter(name, ours):
            if time.monotonic() >= deadline:
                raise _busy(file)
            time.sleep(_POLL_S)
        yield
    finally:
        with _guard:
            if _held.get(name) is ours:
                del _held[name]


def _enter(name: str, ours: object) -> bool:
    """Take a name that no thread of this process has; False when one has it."""
    with _guard:
        return _held.setdefault(name, ours) is ours


@contextlib.contextmanager
def _locked(file: Path, deadline: float) -> Iterator[None]:
    """Keep other processes away."""
    lock = filelock.FileLock(file, mode=0o600, thread_local=False)
    owner = os.getpid()
    _locks.add(lock)
    try:  # an interrupt may fall anywhere from here on: release() of what is not held does nothing
        _acquire(lock, file, max(0.0, deadline - time.monotonic()))
        yield
    finally:
        _locks.discard(lock)
        if os.getpid() == owner:
            lock.release()


def _acquire(lock: filelock.BaseFileLock, file: Path, wait_s: float) -> None:
    """Take the lock, or say why it cannot be had."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=wait_s, poll_interval=_POLL_S)
    except filelock.Timeout:
        raise _busy(file) from None
    except (OSError, NotImplementedError) as error:
        raise _unlockable(file, getattr(error, "strerror", None) or "no locks here") from error
    if isinstance(lock, filelock.SoftFileLock):  # a file, where the system has no locks
        raise _unlockable(file, "the disk has no locks")


def _unlockable(file: Path, reason: str) -> JournalError:
    """Report a place where nothing can be locked."""
    return JournalError(
        Sentence(
            f"The campaign cannot be locked in {file.parent} ({reason}), so two senders could not "
            "be kept apart. Move the journal with this folder to another place and name it with ",
            connect_with("journal"),
            " or SMSFRAME_JOURNAL; a journal that is new there does not know who was texted.",
        ),
        path=str(file),
    )


def _busy(file: Path) -> CampaignBusyError:
    """Say who is sending, since when, and what one can do."""
    holder = _read_holder(file)
    return busy(
        holder,
        "Another process" if holder is None else holder.process,
        "",
        "Wait until that one is done and run this again (it sends only what is left then), or "
        "leave it: what is being sent there need not be sent here.",
    )


def _holder_file(file: Path) -> Path:
    """Name the file that says who holds a lock."""
    return file.with_suffix(".json")


def _write_holder(file: Path) -> None:
    """Say who holds the lock from now on; in one step, so that nobody reads half of it."""
    draft = file.with_suffix(".draft")
    with contextlib.suppress(OSError):  # it only informs: the lock holds without it
        _holder_file(file).unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
        with open(draft, "x", encoding="utf-8", opener=private) as stream:
            stream.write(Holder.here().written())
        draft.replace(_holder_file(file))


def private(name: str, flags: int) -> int:
    """Open a file that only this user can read."""
    return os.open(name, flags, 0o600)


def _read_holder(file: Path) -> Holder | None:
    """Read who holds a lock; None when that is not known, or is of one that has died."""
    try:
        holder = Holder.read(_holder_file(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return None if holder is None or holder.is_dead() else holder

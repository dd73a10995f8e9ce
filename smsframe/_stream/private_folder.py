"""A folder in the system's temporary one, for one process and its user: gone at the end.

What a list needs on disk is of its people: hashes, or a copy of a file that came from elsewhere. A
process that is killed leaves its folder behind. So each holds a lock, which ends with its process,
and the next process of this user removes the folders that nobody holds.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = "smsframe-list-"
_LOCK: Final = "in-use"
_LEFT_S: Final = 3600.0  # a folder is younger while its process has yet to lock it


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Give a new folder while the block runs."""
    _remove_left()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with FileLock(folder / _LOCK, thread_local=False):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left() -> None:
    """Remove the folders that killed processes of this user have left."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with contextlib.suppress(OSError, Timeout):
            if time.time() - lock.stat().st_mtime > _LEFT_S:
                with FileLock(lock, timeout=0):
                    shutil.rmtree(lock.parent, ignore_errors=True)

"""Files in a store elsewhere, by address (``s3://``, ``gs://``, ``memory://``): fsspec finds them.

They are read from there: of a Parquet file only the columns that are asked for, a CSV file as a
whole, copied to this machine for as long as it is read. What tells a file from a changed one is
what the store says of it (size, times, tags) and its beginning and end. fsspec, and the package of
a store, are imported where an address is given, and nowhere else.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import posixpath
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from smsframe._files.read import first_line
from smsframe._stream.private_folder import private_folder
from smsframe.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TELLS_CHANGE: Final = (
    "mtime", "created", "modified", "updated", "last_modified", "LastModified", "ETag", "etag",
    "generation", "md5Hash", "content_md5", "VersionId",
)  # fmt: skip
_AT_ONCE: Final = 1 << 20
_PATH_OF_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.+)")


def address_of(given: Any) -> str | None:
    """Return the address of a store; None for a path of this machine.

    A `Path` made of an address has one slash less, which is put back.
    """
    if isinstance(given, os.PathLike):
        found = _PATH_OF_ADDRESS.fullmatch(os.fspath(given).replace(os.sep, "/"))
        return None if found is None else f"{found[1]}://{found[2]}"
    return given if isinstance(given, str) and "://" in given else None


@dataclass(frozen=True, slots=True)
class Local:
    """One file of this machine."""

    path: Path

    def facts(self) -> tuple[int, int]:
        """Return its size, and a number that changes when it is written."""
        facts = self.path.stat()
        times = facts.st_mtime_ns, facts.st_ctime_ns  # the first one can be set back
        return facts.st_size, zlib.crc32(repr(times).encode())

    def part(self, start: int, end: int) -> bytes:
        """Return some of its bytes."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    @contextlib.contextmanager
    def source(self) -> Iterator[Path]:
        """Give what it is read from: libraries read a path in their own way.

        Arrow takes ``run:1/people.parquet`` for an address, and a path from the root never.
        """
        yield self.path.absolute()

    copied = source  # there is one already


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of a store: what reads it, and its path there."""

    store: Any = field(compare=False)
    path: str

    def facts(self) -> tuple[int, int]:
        """Return its size, and a number that changes when the store says that it changed."""
        self.store.invalidate_cache()
        info = self.store.info(self.path)
        told = [(name, str(info[name])) for name in _TELLS_CHANGE if info.get(name) is not None]
        return int(info["size"]), zlib.crc32(repr(told).encode())

    def part(self, start: int, end: int) -> bytes:
        """Return some of its bytes."""
        found: bytes = self.store.cat_file(self.path, start=start, end=end)
        return found

    @contextlib.contextmanager
    def source(self) -> Iterator[Any]:
        """Give what it is read from."""
        with self.store.open(self.path, "rb") as opened:
            yield opened

    @contextlib.contextmanager
    def copied(self) -> Iterator[Path]:
        """Give a copy of it on this machine, of the same ending, for a while."""
        with private_folder() as folder:
            place = folder / posixpath.basename(self.path)
            with self.source() as source, place.open("wb") as copy:
                while piece := source.read(_AT_ONCE):
                    copy.write(piece)
            yield place


def find_stored(address: str) -> list[tuple[str, Stored]]:
    """Return the files at an address, each with its name below the folder that all are in.

    Raises
    ------
    ConfigurationError
        A package that reads the store is not installed.
    InputError
        The store cannot be read.
    """
    kind = address.partition("://")[0]
    try:
        fsspec = importlib.import_module("fsspec")
        store, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise ConfigurationError(
            f"Files at {kind}://… are read by fsspec and a package for that store (s3fs for s3, "
            f"gcsfs for gs, adlfs for abfs): {first_line(error)}"
        ) from error
    except ValueError as error:
        raise InputError(f"{kind}:// is no store that is known: {first_line(error)}") from error
    try:
        folder, paths = _paths(store, path.rstrip("/"))
    except Exception as error:  # each store has errors of its own
        why = first_line(error) or type(error).__name__
        raise InputError(f"The store at {kind}:// cannot be read: {why}") from error
    return [(posixpath.relpath(path, folder), Stored(store, path)) for path in sorted(paths)]


def _paths(store: Any, path: str) -> tuple[str, list[str]]:
    """Return the folder that files are counted from, and the files in it."""
    parts = path.split("/")
    magic = next((at for at, part in enumerate(parts) if any(c in part for c in "*?[")), None)
    if magic is not None:
        return "/".join(parts[:magic]) or "/", [p for p in store.glob(path) if store.isfile(p)]
    if store.isdir(path):
        return path, list(store.find(path))
    return posixpath.dirname(path), [path] if store.exists(path) else []

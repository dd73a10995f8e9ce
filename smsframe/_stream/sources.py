"""The files of a list: which there are, what tells one from a changed one, their rows in pieces.

A piece is an Arrow table of some rows of one file. Of a Parquet file only the columns that are
asked for are read, and never more than a piece of it; so it is with Arrow and CSV files. A CSV file
with quotes is read line by line, which takes longer.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import glob
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from smsframe._base.any_frame import plain_table
from smsframe._base.masking import AlreadyMasked, mask_label
from smsframe._base.sentences import Sentence, arg
from smsframe._base.validation import refuse_unreachable
from smsframe._files import plain_csv
from smsframe._files.csv_reader import csv_pieces
from smsframe._files.read import PARQUET, TEXT, first_line, read_cells, refuse_packed
from smsframe._files.unclear import without_arguments
from smsframe._stream.stores import Local, Stored, address_of, find_stored
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    Lines = npt.NDArray[np.int64]

ARROW: Final = (".arrow", ".feather", ".ipc")
KINDS: Final = (*PARQUET, *TEXT, *ARROW)
PIECE_ROWS: Final = 65_536
_CHECKED_BYTES: Final = 65_536
_MAGIC: Final = b"ARROW1"
_ANY: Final[tuple[str, ...]] = ("**",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a list: ``name`` is its path below the folder that all are in, with slashes."""

    place: Local | Stored
    name: str
    size: int
    changed: int
    checksum: int

    @property
    def kind(self) -> str:
        """Whether it is "parquet", "csv" or "arrow"."""
        suffix = Path(self.name).suffix.lower()
        return "parquet" if suffix in PARQUET else "arrow" if suffix in ARROW else "csv"

    def refuse_changed(self) -> None:
        """Raise InputError unless the file is what it was."""
        try:
            now = _described(self.place, self.name)
        except OSError as error:
            raise InputError(f"{self.name} is not there any more. {_AGAIN}") from error
        if now != self:
            raise InputError(f"{self.name} has changed since it was checked. {_AGAIN}")

    def told(self, error: InputError) -> InputError:
        """Return what is wrong with the file, with what can be done about it by who has it."""
        named, then = Path(self.name), ""
        if isinstance(self.place, Local):
            named = Path(mask_label(str(self.place.path)))
            parquet = str(named.with_suffix(".parquet"))
            then = f"Put what smsframe.read makes in place of it, with .to_parquet({parquet!r})."
        said, short = without_arguments(error, named, then), Path(self.name).name
        where = self.name.removesuffix(short) if said.startswith(short) else f"{self.name}: "
        return InputError(AlreadyMasked(mask_label(where), said))


_AGAIN: Final = "What was sent until then is kept; the same call checks the files anew and goes on."


def find_files(pattern: Any) -> tuple[Path, list[SourceFile]]:
    """Return the folder that all files of a list are in, and the files, sorted by their names.

    ``pattern`` is a file, a folder (with those below it), or a pattern with ``*``, ``?`` or ``**``.
    Names that begin with a dot or an underscore are no data: other programs put notes there.
    """
    text = os.fspath(pattern) if isinstance(pattern, os.PathLike) else pattern
    if not isinstance(text, str) or not text.strip():
        raise InputError("Give the files as the path of a file or folder, or as a pattern with *.")
    if (address := address_of(pattern)) is not None:
        return _found_in_store(address)
    given = Path(os.path.expanduser(text))  # noqa: PTH111 - what is nobody's home stays as it is
    refuse_unreachable(given, text)
    folder, paths = _paths(given)
    here = [path for path in paths if _is_data(path.relative_to(folder))]
    goes_below = given.is_dir() or "**" in given.parts
    _refuse_unread(here, folder, goes_below=goes_below)
    data = sorted(path for path in here if path.is_file())
    for path in data:
        refuse_unnamed(path)
    _refuse_odd([path.relative_to(folder) for path in data])
    if not data:
        if given.is_dir():
            raise InputError(
                f"There is nothing to send in the folder {text!r}. Names that begin with a dot or "
                "an underscore are left out."
            )
        raise InputError(f"There is no file {text!r}.")
    names = [path.relative_to(folder).as_posix() for path in data]
    return folder, [_described(Local(path), name) for path, name in zip(data, names, strict=True)]


def _refuse_unread(paths: Sequence[Path], folder: Path, *, goes_below: bool) -> None:
    """Refuse folders and links whose files would be left out without a word.

    A link to what is in the folder leaves nobody out.
    """
    links = [p for p in folder.rglob("*") if p.is_symlink() and p.is_dir()] if goes_below else []
    inner = folder.resolve()
    for path in [*paths, *links]:
        named = path.relative_to(folder)
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{named} is no file but what another program writes. Take it out, or put in its "
                "place what is meant."
            )
        is_kept_out = path.is_symlink() and not path.is_file() and _is_data(named)
        if is_kept_out and not (
            goes_below and path.exists() and path.resolve().is_relative_to(inner)
        ):
            what = "a link to another folder" if path.is_dir() else "a link to nothing"
            raise InputError(f"{named} is {what}. Take it out, or put in its place what is meant.")
        if path.is_dir() and not goes_below:
            raise InputError(
                f"{named} is a folder, not a file. Give the folder that all are in, or a pattern "
                f"such as {folder.as_posix()}/**/*.parquet, to send what is in it."
            )


def refuse_unnamed(path: Path) -> None:
    """Refuse a path that is no text: Arrow neither reads nor writes there."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{str(path)!r} has a name that is not in UTF-8. Give it one of letters and digits."
        ) from error


def _refuse_odd(paths: Sequence[Path]) -> None:
    """Refuse files that are none of those that can be sent."""
    odd = [path for path in paths if path.suffix.lower() not in KINDS]
    if odd:
        refuse_packed(odd[0])
        raise InputError(
            f"{odd[0]} is none of {', '.join(KINDS)}. Take it out of the folder, or give a pattern "
            "such as people/*.parquet."
        )


def _found_in_store(address: str) -> tuple[Path, list[SourceFile]]:
    """Return the files at an address, sorted by their names."""
    found = [(name, stored) for name, stored in find_stored(address) if _is_data(Path(name))]
    _refuse_odd([Path(name) for name, _ in found])
    if not found:
        raise InputError("There is no file at that address.")  # it may have a password in it
    return Path(), [_described(stored, name) for name, stored in found]


def _paths(path: Path) -> tuple[Path, list[Path]]:
    """Return the folder that files are counted from, and what is in it."""
    if path.is_dir():
        return path, list(path.rglob("*"))
    if path.exists() or not glob.has_magic(str(path)):
        return path.parent, [path]
    fixed = Path(*_before_magic(path.parts))
    pattern = path.relative_to(fixed) if fixed.parts else path
    below = pattern / "*" if pattern.name == "**" else pattern  # alone it finds folders
    return fixed, list(fixed.glob(str(below)))


def _before_magic(parts: Sequence[str]) -> list[str]:
    """Return the folders of a pattern that stand before its first mark; one may be in a name."""
    at = next(
        n
        for n, part in enumerate(parts)
        if glob.has_magic(part) and not Path(*parts[: n + 1]).is_dir()
    )
    return list(parts[:at]) or ["."]


def _is_data(relative: Path) -> bool:
    """Tell whether a name is one of data."""
    return not any(part.startswith((".", "_")) for part in relative.parts)


def _described(place: Local | Stored, name: str) -> SourceFile:
    """Return a file with what tells it from a changed one: size, time, its beginning and end."""
    size, changed = place.facts()
    checksum = zlib.crc32(place.part(0, min(size, _CHECKED_BYTES)))
    checksum = zlib.crc32(place.part(max(size - _CHECKED_BYTES, 0), size), checksum)
    return SourceFile(place=place, name=name, size=size, changed=changed, checksum=checksum)


def refuse_results_within(out: Path, pattern: Any, files: Sequence[SourceFile]) -> None:
    """Refuse a folder of results that the next call would take for people."""
    if address_of(pattern) is not None:
        return
    inner, given = out.resolve(), Path(os.path.expanduser(pattern))  # noqa: PTH111 - as above
    paths = [file.place.path for file in files if isinstance(file.place, Local)]
    if any(path.resolve().is_relative_to(inner) for path in paths):
        raise InputError(
            Sentence(arg("out"), " is a folder with files to send in it. Name another folder.")
        )
    if any(_would_be_found(inner / result_name(file), given) for file in files):
        raise InputError(
            Sentence(
                arg("out"),
                " lies among the files to send, so the same call would take the results for "
                "people. Name a folder elsewhere.",
            )
        )


def result_name(file: SourceFile) -> str:
    """Return the name of the results of a file."""
    return result_name_of(file.name)


def result_name_of(name: str) -> str:
    """Return the name of the results of a file of a name."""
    is_parquet = Path(name).suffix.lower() in PARQUET
    return name if is_parquet else f"{name}.parquet"


def _would_be_found(result: Path, given: Path) -> bool:
    """Tell whether a file of results is one of those that were given."""
    if given.is_dir():
        folder, parts = given.resolve(), _ANY
    elif given.exists() or not glob.has_magic(str(given)):
        return result == given.resolve()
    else:
        fixed = _before_magic(given.parts)
        folder, parts = Path(*fixed).resolve(), given.parts[0 if fixed == ["."] else len(fixed) :]
    if not result.is_relative_to(folder) or not _is_data(result.relative_to(folder)):
        return False
    names = result.relative_to(folder).parts
    if "**" in parts:
        return True
    return len(names) == len(parts) and all(map(fnmatch.fnmatch, names, parts))


def pieces(
    file: SourceFile, columns: Sequence[str] | None = None
) -> Iterator[tuple[pa.Table, Lines | None]]:
    """Yield the rows of a file in order, at most `PIECE_ROWS` at a time; None means all columns.

    With those of a CSV file come the lines that they begin on.
    """
    with reading(file):
        for table, lines in _tables(file, columns):
            for start in range(0, table.num_rows, PIECE_ROWS):
                some = None if lines is None else lines[start : start + PIECE_ROWS]
                yield table.slice(start, PIECE_ROWS), some


def _tables(
    file: SourceFile, columns: Sequence[str] | None
) -> Iterator[tuple[pa.Table, Lines | None]]:
    """Yield the rows of a file as its library gives them."""
    if file.kind == "parquet":
        with file.place.source() as source, pq.ParquetFile(source) as opened:
            wanted = None if columns is None else list(columns)
            for batch in opened.iter_batches(PIECE_ROWS, columns=wanted, use_threads=True):
                yield pa.Table.from_batches([batch]), None
        return
    if file.kind == "arrow":
        with file.place.source() as source, _opened(source) as reader:
            for batch in _batches(reader):
                table = pa.Table.from_batches([batch])
                yield _chosen(table, columns), None
        return
    for table, lines in _csv_pieces(file):
        yield _chosen(table, columns), lines


def _chosen(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    """Return columns of a table, those that it has."""
    if columns is None:
        return table
    return table.select([name for name in columns if name in table.column_names])


def _opened(file: Any) -> Any:
    """Open an Arrow file, or a stream of Arrow that was written to a file."""
    source = pa.memory_map(str(file)) if isinstance(file, Path) else pa.PythonFile(file, "r")
    has_footer = source.read(len(_MAGIC)) == _MAGIC
    source.seek(0)
    return pa.ipc.open_file(source) if has_footer else pa.ipc.open_stream(source)


def _batches(reader: Any) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an Arrow file or stream."""
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
    else:
        yield from reader


@functools.lru_cache(maxsize=1 << 16)
def _is_plain(_file: SourceFile, path: Path) -> bool:
    """Tell whether a CSV file means the same to every reader: no quotes, equal separators."""
    return plain_csv.is_plain(path)


def _csv_pieces(file: SourceFile) -> Iterator[tuple[pa.Table, Lines]]:
    """Read a CSV file, every cell a text."""
    try:
        with file.place.copied() as path:
            is_plain = _is_plain(file, path)
            yield from plain_csv.plain_pieces(path) if is_plain else csv_pieces(path)
    except InputError as error:
        raise file.told(error) from error


def _header(file: SourceFile) -> pa.Table:
    """Return the columns of a CSV file that has no rows."""
    with file.place.copied() as path:
        names = read_cells(path).columns
    return pa.schema([(name, pa.large_string()) for name in names]).empty_table()


@contextlib.contextmanager
def reading(file: SourceFile) -> Iterator[None]:
    """Say of which file it is that something cannot be read."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.name} cannot be read: {first_line(error)}") from error


def empty_table(file: SourceFile) -> pa.Table:
    """Return a file's columns without rows."""
    return _header(file) if file.kind == "csv" else schema_of(file).empty_table()


def schema_of(file: SourceFile) -> pa.Schema:
    """Return the columns of a Parquet or Arrow file with their kinds."""
    with file.place.source() as source:
        if file.kind == "parquet":
            return pq.read_schema(source)
        with _opened(source) as reader:
            return reader.schema


def needed(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    """Return columns of a table without dictionaries and other layouts."""
    return plain_table(table if columns is None else table.select(columns))

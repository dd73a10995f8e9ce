"""The files of results: one for each file of people, written aside and then renamed.

So the folder can be read at every moment, and each file in it is whole: a file of results has every
row of its file of people, in its order, with its own columns in front. A note in the folder
(``_smsframe.json``, which readers of Parquet folders pass over) says of which run and files it is.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from smsframe._base.result_columns import STATUSES, VARIANT
from smsframe._base.sentences import Sentence, arg
from smsframe._base.validation import shown_label, unreachable
from smsframe._stream.sources import (
    empty_table,
    reading,
    refuse_unnamed,
    result_name,
    schema_of,
)
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

    from smsframe._stream.portions import Portion
    from smsframe._stream.sources import SourceFile

NOTE: Final = "_smsframe.json"
_ASIDE: Final = ".part"

SCHEMA: Final = pa.schema(
    {
        "sms_status": pa.dictionary(pa.int8(), pa.string()),
        "sms_code": pa.string(),
        "sms_error": pa.string(),
        "sms_contact": pa.string(),
        "sms_response_id": pa.string(),
        "sms_batch": pa.string(),
        "sms_segments": pa.int32(),
        "sms_accepted_at": pa.timestamp("us", "UTC"),
    }
)


SEVERAL: Final = SCHEMA.append(pa.field(VARIANT, pa.string()))
"""What is written where there are several texts."""
OURS: Final = tuple(SEVERAL.names)


def as_arrow(results: pd.DataFrame) -> pa.Table:
    """Return the result columns as they are kept; the statuses are numbered alike in all files."""
    schema = SEVERAL if VARIANT in results.columns else SCHEMA
    columns = results[schema.names]
    kept = {"sms_status": columns["sms_status"].astype(pd.CategoricalDtype(list(STATUSES)))}
    if schema is SEVERAL:
        kept[VARIANT] = columns[VARIANT].astype("string")
    table = pa.Table.from_pandas(columns.assign(**kept), preserve_index=False)
    return pa.table([table[name].cast(schema.field(name).type) for name in schema.names], schema)


def read_note(out: Path) -> dict[str, Any]:
    """Return what the folder says of itself; nothing where it says nothing."""
    try:
        note: dict[str, Any] = dict(json.loads((out / NOTE).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, TypeError, ValueError) as error:
        raise InputError(
            f"{out / NOTE} cannot be read. Name another folder for results."
        ) from error
    return note


def write_note(out: Path, note: Mapping[str, Any]) -> None:
    """Write what the folder says of itself."""
    with _aside(out / NOTE) as place:
        place.write_text(json.dumps(note), encoding="utf-8")


@contextlib.contextmanager
def prepared_folder(
    out: Path, files: Sequence[SourceFile], *, is_dry: bool = False
) -> Iterator[None]:
    """Make the folder; refuse one with anything in it but results of these very files.

    A dry run never takes the place of results. Folders that were made and hold nothing at the end,
    since nothing was sent, are removed.
    """
    if reason := unreachable(out):
        raise _unmade(reason)
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        _prepare(out, files, is_dry=is_dry)
        yield
    finally:
        with contextlib.suppress(OSError):  # it is not empty, and so are those above it
            for folder in made:
                folder.rmdir()


def _unmade(reason: str | None) -> InputError:
    """Return the error of a folder that cannot be made."""
    return InputError(Sentence(arg("out"), f" cannot be made: {reason}. Name another folder."))


def _prepare(out: Path, files: Sequence[SourceFile], *, is_dry: bool) -> None:
    """Make the folder, or refuse it."""
    if out.exists() and not out.is_dir():
        raise InputError(Sentence(arg("out"), " is a file. Name a folder for the results."))
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unmade(error.strerror) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise InputError(
            Sentence(arg("out"), " is a folder that you may not write to. Name another.")
        )
    if is_dry and (note := read_note(out)) and not note.get("dry_run"):
        raise InputError(
            Sentence(
                arg("out"),
                " holds the results of a send. Name another folder for ",
                arg("dry_run", True),
                ".",
            )
        )
    ours = {result_name(file) for file in files}
    _refuse_unnamed(out, ours, files)
    _refuse_unwritable(files)
    for path in out.rglob("*"):
        name = path.relative_to(out).as_posix()
        if path.is_dir() or name == NOTE:
            continue
        if name.endswith(_ASIDE) and path.name.startswith("."):
            path.unlink()  # of a send that was killed
            continue
        if name not in ours or not (out / NOTE).exists():
            raise InputError(
                Sentence(
                    arg("out"),
                    f" holds {name}, which is no result of these files. Name an empty folder.",
                )
            )


def _refuse_unnamed(out: Path, ours: Collection[str], files: Sequence[SourceFile]) -> None:
    """Refuse files whose results could not have a name of their own."""
    if len(ours) < len(files):
        raise InputError("Two of these files would have results of one name. Rename one of them.")
    refuse_unnamed(out)
    for name in ours:
        if reason := unreachable(_beside(out / name)):
            raise InputError(f"{name} cannot be written: {reason}. Rename the file it is of.")


def _refuse_unwritable(files: Sequence[SourceFile]) -> None:
    """Refuse Arrow files whose columns no Parquet file can hold, before anybody is texted."""
    for file in files:
        if file.kind != "arrow":
            continue
        with reading(file):
            columns = schema_of(file)
        for column in columns:
            try:
                pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([column])).close()
            except pa.ArrowNotImplementedError as error:
                raise InputError(
                    f"Column {shown_label(column.name)} of {file.name} is of the kind "
                    f"{column.type}, which the Parquet files of results cannot hold. Cast it, or "
                    "leave it out."
                ) from error


def _beside(path: Path) -> Path:
    """Return where a file is written before it has its name."""
    return path.with_name(f".{path.name}{_ASIDE}")


@contextlib.contextmanager
def _aside(path: Path) -> Any:
    """Give a place beside a file to write to; what is written takes its name at the end.

    Arrow takes ``run:1/people.parquet`` for an address, and a path from the root never.
    """
    path = path.absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = _beside(path)
    place.unlink(missing_ok=True)
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield place
        with place.open("rb+") as written:
            os.fsync(written.fileno())
        place.replace(path)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def rewrite(path: Path, results: pa.Table) -> None:
    """Write the result columns of a file anew, its other columns as they are."""
    table = pq.read_table(path)
    with _aside(path) as place:
        pq.write_table(_with(_without(table), results), place)


class ResultFiles:
    """Writes results in the order of the files; each file appears when its last row is known.

    They are written on a thread of their own, so that a send does not wait for a disk; at most two
    portions wait for it.
    """

    def __init__(
        self,
        out: Path,
        files: Sequence[SourceFile],
        rows: Mapping[int, int],
        *,
        several: bool = False,
    ) -> None:
        self._schema = SEVERAL if several else SCHEMA
        self._out = out
        self._files = files
        self._rows = rows
        self._next = 0
        self._written = 0
        self._stack = contextlib.ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smsframe-write")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave no half of a file."""
        self._thread.shutdown(wait=True, cancel_futures=error is not None)
        if self._writer is not None:
            self._writer.close()
        self._stack.__exit__(kind or RuntimeError, error or RuntimeError(), traceback)

    def add(self, portion: Portion, results: Callable[[], pd.DataFrame]) -> None:
        """Write the results of a portion, which change no more; portions come in their order."""
        self._wait(most=1)
        self._waiting.append(self._thread.submit(self._add, portion, results))

    def _wait(self, *, most: int) -> None:
        """Wait until so many portions at most are not written; raise what went wrong."""
        while len(self._waiting) > most:
            self._waiting.popleft().result()

    def _add(self, portion: Portion, results: Callable[[], pd.DataFrame]) -> None:
        """Write the results of a portion; on the thread that writes."""
        table, at = as_arrow(results()), 0
        for piece in portion.pieces:
            self._pass_to(piece.file)
            assert piece.table is not None
            self._write(_without(piece.table), table.slice(at, piece.rows))
            at += piece.rows

    def close(self) -> None:
        """Write the last files, those that have no rows; half a file is never written."""
        self._wait(most=0)
        assert self._writer is None
        self._pass_to(len(self._files))

    def _pass_to(self, number: int) -> None:
        """End the files before one; those without rows get their columns alone."""
        while (here := self._next) < number:
            if self._writer is None:
                empty = _without(empty_table(self._files[here]))
                self._write(empty, self._schema.empty_table())
            if self._next == here:  # else writing its last row, or none, has ended it
                self._end()

    def _end(self) -> None:
        """End the file that is under way."""
        assert self._writer is not None
        self._writer.close()
        self._writer = None
        self._stack.close()
        self._next += 1
        self._written = 0

    def _write(self, people: pa.Table, results: pa.Table) -> None:
        """Write rows of the file that is under way."""
        table = _with(people, results)
        if self._writer is None:
            path = self._out / result_name(self._files[self._next])
            place = self._stack.enter_context(_aside(path))
            self._writer = pq.ParquetWriter(place, table.schema)
        self._writer.write_table(table)
        self._written += table.num_rows
        if self._written == self._rows[self._next]:
            self._end()


def _without(table: pa.Table) -> pa.Table:
    """Return a table without the columns of an earlier send, and pandas' notes on them."""
    ours = [name for name in table.column_names if name in OURS]
    return table.drop_columns(ours).replace_schema_metadata(None)


def _with(table: pa.Table, results: pa.Table) -> pa.Table:
    """Return a table with the result columns behind its own."""
    for name in results.column_names:
        table = table.append_column(results.schema.field(name), results[name])
    return table

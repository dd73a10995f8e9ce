"""A list in portions: some tens of thousands of rows at a time, planned as frames are.

A portion goes over the borders of small files, and is never a small rest: what is wrong with a
whole column is looked for in each portion too, and a handful of rows would prove nothing.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import is_string_dtype

from smsframe._base.any_frame import as_frame
from smsframe._base.validation import shown_label
from smsframe._files.read import prepared, refuse_doubled, with_formats
from smsframe._plan.column_labels import refuse_headless
from smsframe._plan.problems import Problems
from smsframe._plan.verdicts import EXCLUDED, READY
from smsframe._send.keys_ahead import identities_of
from smsframe._stream.sources import needed, pieces
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData
    from smsframe._send.keys_ahead import Identities
    from smsframe._stream.sources import SourceFile

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some rows of one file: where they begin in it, and the columns that were read of them.

    ``lines`` are those of a CSV file.
    """

    file: int
    start: int
    rows: int
    table: pa.Table | None = None
    lines: npt.NDArray[np.int64] | None = None

    def part(self, start: int, end: int) -> Piece:
        """Return some of its rows."""
        assert self.table is not None
        return Piece(
            file=self.file,
            start=self.start + start,
            rows=end - start,
            table=self.table.slice(start, end - start),
            lines=None if self.lines is None else self.lines[start:end],
        )


@dataclass(slots=True, kw_only=True)
class Portion:
    """Rows of a list from ``first`` on, counted over all files.

    ``words`` are the columns of CSV files in which words that programs write for no value count as
    blank, as they stand in the files, and the rows that hold one.
    """

    number: int
    first: int
    pieces: list[Piece] = field(default_factory=list)
    words: dict[str, tuple[pd.Series[Any], Positions]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(piece.rows for piece in self.pieces)

    def without_tables(self) -> Portion:
        """Return where its rows stand, and no more."""
        bare = [replace(piece, table=None, lines=None) for piece in self.pieces]
        return replace(self, words={}, pieces=bare)

    def places_of(
        self, rows: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return the files of rows, counted within the portion, and their numbers in these."""
        sizes = np.array([piece.rows for piece in self.pieces], dtype=np.int64)
        firsts = np.cumsum(sizes) - sizes
        piece = np.searchsorted(firsts, rows, side="right") - 1
        starts = np.array([piece.start for piece in self.pieces], dtype=np.int64) - firsts
        files = np.array([piece.file for piece in self.pieces], dtype=np.int32)
        return files[piece], (rows + starts[piece]).astype(np.int32)

    @property
    def labels(self) -> pd.Index:
        """The line that each row has in a CSV file, or its number in any other, from 0."""
        lines = [piece.lines for piece in self.pieces if piece.lines is not None]
        if lines:
            return pd.Index(np.concatenate(lines), name="line")
        return pd.Index(np.concatenate([np.arange(p.start, p.start + p.rows) for p in self.pieces]))

    @contextlib.contextmanager
    def located(self, files: Sequence[SourceFile]) -> Iterator[None]:
        """Say in which file the cell stands that something is wrong with."""
        try:
            yield
        except InputError as error:
            position = error.details.get("position")
            if position is None:
                raise
            raise files[self.place_of(position)[0]].told(error) from error

    def place_of(self, row: int) -> tuple[int, int]:
        """Return the file of a row, counted within the portion, and its number in that file."""
        [file], [number] = self.places_of(np.array([row]))
        return int(file), int(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the first pass has made of a portion: a plan, and what tells its messages apart.

    ``identities`` are those of ``rows``, positions in the plan, ascending: of all that may go out.
    """

    portion: Portion
    plan: PlanData
    rows: Positions
    identities: Identities

    @classmethod
    def of(cls, portion: Portion, plan: PlanData, service: str, scope: bytes) -> Made:
        """Make keys and hashes of the rows that may go out, and leave out what is not needed."""
        rows = np.flatnonzero(np.isin(plan.verdict, (READY, EXCLUDED)))
        faults = [replace(fault, values=None) for fault in plan.problems.faults]
        frame = plan.frame.loc[:, _looked_at_later(plan)].reset_index(drop=True)
        plan = replace(plan, frame=frame, problems=Problems(faults))
        identities = identities_of(plan, service, scope, rows)
        portion = portion.without_tables()
        return cls(portion=portion, plan=plan, rows=rows, identities=identities)

    def identities_at(self, rows: Positions) -> Identities:
        """Return the identities of some of its rows."""
        return self.identities.at(np.searchsorted(self.rows, rows))


def _looked_at_later(plan: PlanData) -> npt.NDArray[np.bool_]:
    """Tell which columns of a frame are needed again: time zones, and values that have a format."""
    columns = plan.frame.columns
    filling = columns.isin([*plan.texts.tag_columns.values()])
    filling &= np.array([not is_string_dtype(kind) for kind in plan.frame.dtypes], dtype=bool)
    return np.asarray(columns == plan.options.time_zone_column) | filling


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read of each file, decided once for all: columns, and the kind of each.

    Columns of CSV files with ``formats`` are read as the numbers or dates that these need.
    ``kinds`` is filled as files are met; two files that disagree are refused.
    """

    columns: tuple[str, ...] | None
    formats: Mapping[str, str] = field(default_factory=dict)
    kinds: dict[str, tuple[pa.DataType, str]] = field(default_factory=dict)

    def people(self, portion: Portion, files: Sequence[SourceFile]) -> pd.DataFrame:
        """Return the columns of a portion that a message needs, as a frame."""
        kinds = {files[piece.file].kind == "csv" for piece in portion.pieces}
        if len(kinds) > 1:
            raise InputError(
                "Some of these files are CSV, whose cells are all texts, and some are not. Send "
                "the CSV files by a call of their own, or make all of them Parquet files."
            )
        tables = [
            self._checked(piece.table, files[piece.file].name) for piece in portion.pieces
        ]  # columns that one file lacks are missing there
        people = as_frame(pa.concat_tables(tables, promote_options="default"))
        people.index = portion.labels
        if not kinds.pop():
            return people
        blanked = prepared(people, {})
        for name in people.columns:
            rows = np.flatnonzero(blanked[name].isna() & people[name].notna())
            if len(rows):
                portion.words[str(name)] = people[name], rows
        with portion.located(files):
            return with_formats(blanked, self.formats)

    def _checked(self, table: pa.Table, name: str) -> pa.Table:
        """Return what is needed of a file's rows; refuse one that lacks it, or has other kinds."""
        refuse_doubled(table.column_names, name)
        if self.columns is None:
            refuse_headless(as_frame(table.slice(0, 1)), name)
        missing = [n for n in self.columns or () if n not in table.column_names]
        if missing:
            raise InputError(
                f"{name} has no column {shown_label(missing[0])}, which the other files have. Give "
                "it that column, or send it by a call of its own."
            )
        table = needed(table, self.columns)
        for place, column in enumerate(table.column_names):
            kind = table.schema.field(place).type
            if pa.types.is_null(kind):
                continue
            known, where = self.kinds.setdefault(column, (kind, name))
            if known != kind:
                raise InputError(
                    f"Column {shown_label(column)} is of the kind {known} in {where} and {kind} "
                    f"in {name}. Make it the same in all files, so that a cell is the same word."
                )
        return table


def read_ahead(items: Iterator[_T]) -> Iterator[_T]:
    """Yield what comes of an iterator, the next one made on a thread of its own meanwhile."""
    with ThreadPoolExecutor(1, thread_name_prefix="smsframe-read") as thread:
        end = object()
        coming = thread.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, items, end)
            yield item  # type: ignore[misc]  # the end is none of them


def portions(
    files: Sequence[SourceFile],
    columns: Sequence[str] | None,
    *,
    size: int,
    check: bool = False,
) -> Iterator[Portion]:
    """Yield a list in portions of ``size`` rows; the last one has half as many more at most.

    ``check``: refuse a file that is not what it was when it was found, before and after reading it.
    """
    portion = Portion(number=0, first=0)
    for number, file in enumerate(files):
        start = 0
        if check:
            file.refuse_changed()
        for table, lines in pieces(file, columns):
            rows = table.num_rows
            portion.pieces.append(
                Piece(file=number, start=start, rows=rows, table=table, lines=lines)
            )
            start += table.num_rows
            while portion.rows >= size + size // 2:
                whole, portion = _cut(portion, size)
                yield whole
        if check:
            file.refuse_changed()
    if portion.rows:
        yield portion


def _cut(portion: Portion, size: int) -> tuple[Portion, Portion]:
    """Return the first rows of a portion, and the rest as the next one."""
    first = replace(portion, pieces=[])
    rest = Portion(number=portion.number + 1, first=portion.first + size)
    left = size
    for piece in portion.pieces:
        here = min(left, piece.rows)
        for part, start, end in ((first, 0, here), (rest, here, piece.rows)):
            if start < end:
                part.pieces.append(piece.part(start, end))
        left -= here
    return first, rest


class Sample:
    """Rows picked at random over all files, at most ``size``, in their order; always the same."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._random = np.random.default_rng(0)
        self._ranks = np.empty(0)
        self._frame: pd.DataFrame | None = None

    def add(self, frame: pd.DataFrame) -> None:
        """Look at more rows."""
        ranks = self._random.random(len(frame))
        most = self._ranks.max() if len(self._ranks) >= self._size else 1.0
        near = ranks < most
        every = np.concatenate([self._ranks, ranks[near]])
        chosen = frame[near]
        if self._frame is not None and len(self._frame):
            chosen = pd.concat([self._frame, chosen], ignore_index=True)
        if len(every) > self._size:
            kept = np.sort(np.argpartition(every, self._size)[: self._size])
            every, chosen = every[kept], chosen.iloc[kept]
        self._ranks, self._frame = every, chosen.reset_index(drop=True)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that were picked."""
        assert self._frame is not None
        return self._frame

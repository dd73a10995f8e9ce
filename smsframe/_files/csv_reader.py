"""The cells of a CSV file, as they stand in it.

Every line has as many fields as the header, or the file is refused. One separator too many moves
all fields by one, and then the text goes to whoever's number has moved into the column: no reading
of such a line is safe enough to be guessed. For the same reason quotes have to be closed: one that
is not would swallow the lines behind it, and their people with them.

Rows carry the number of the line they begin on, also where cells hold line breaks. The line
``sep=;``, which Excel understands, is understood here. A cell that was written so that no
spreadsheet runs it (``formula_cells``) is read as it was before.

A file that means the same to every reader, as most do, is read by pyarrow (``plain_csv.py``).
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.result_columns import strings
from smsframe._base.sentences import Sentence, arg, joined, many
from smsframe._files.decided import Decided
from smsframe._files.encodings import UTF8, encoding_of, not_decoded
from smsframe._files.formula_cells import bare
from smsframe._files.plain_csv import MARK, SEPARATORS, as_seen, commonest, read_plain
from smsframe._files.unclear import unclear
from smsframe._files.way import TAB, Way
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

    import numpy.typing as npt

    Lines = npt.NDArray[np.int64]

PIECE_ROWS: Final = 65_536
HEADER_LINES: Final = 1000  # a quote that does not close makes no header of the whole file
LONGEST_CELL: Final = 2**31 - 1  # Python's own limit, 131,072, is told as a fault of quotes
TITLE_WIDTH: Final = 3  # in a narrower table, a header with one name is a header

_CELL_BEGINS = r"(?:^|(?<=[,;\t|\n]))"
_QUOTED = re.compile(_CELL_BEGINS + r'"(?:[^"]|"")*"(?!")')
_DECLARED = re.compile(r'\ufeff?"?sep=([^"\r\n])"?[,;]*[\r\n]*', re.IGNORECASE)
_QUOTE_OPEN = re.compile(_CELL_BEGINS + r'".*', re.DOTALL)


def read_csv(path: Path, way: Way) -> tuple[pd.DataFrame, Decided]:
    """Read a CSV file: text in every cell, NA where it is empty, the line as the index.

    The separator is what ``sep=`` in the first line says, else the commonest of ``,``, ``;``, tab
    and ``|`` in the header, outside quotes. The header is the first line that is not blank. What
    was decided comes with the frame.

    Raises
    ------
    InputError
        A line has more or fewer fields than the header, a quote is not closed, two columns have one
        name, the header can be cut in two ways, or the file is in another encoding (None: UTF-8).
    """
    codec = encoding_of(path, way.encoding)
    way = replace(way, separator="\t") if way.separator == TAB else way
    first = way.header_line in (None, 1)
    plain = read_plain(path, way.separator) if codec == UTF8 and first else None
    if plain is not None:
        frame, (separator, line) = plain
    else:
        with _reading(path, codec, way) as lines:
            frame, separator, line = _frame(lines), lines.separator, lines.header_line
    return frame, Decided(
        kind="csv",
        encoding="utf-8" if codec == UTF8 else codec,
        separator=name_of(separator),
        header_line=line,
    )


def csv_pieces(path: Path) -> Iterator[tuple[pa.Table, Lines]]:
    """Yield the rows of a CSV file piece by piece, and the lines that they begin on.

    Raises
    ------
    InputError
        As `read_csv` does, once the lines that are wrong are reached.
    """
    with _reading(path, encoding_of(path, None), Way()) as lines:
        for numbers, columns in _pieces(lines):
            yield pa.table(columns, names=lines.names), numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A CSV file that is open behind its header: its records, each with its line."""

    file: str
    names: list[str]
    records: Iterator[tuple[int, list[str]]]
    separator: str
    header_line: int


@contextlib.contextmanager
def _reading(path: Path, codec: str, way: Way) -> Iterator[_Reading]:
    """Open a CSV file, and say it where its bytes are of another encoding."""
    try:
        with path.open(encoding=codec, newline="") as file:
            yield _begun(file, path.name, way)
    except UnicodeError as error:
        raise not_decoded(path, codec) from error


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells be as long as they are."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _begun(file: TextIO, name: str, way: Way) -> _Reading:
    """Read the header of a CSV file."""
    declared = _DECLARED.fullmatch(file.readline())  # sep=; as Excel writes it
    passed = max(1 if declared else 0, (way.header_line or 1) - 1)
    _go_to(file, passed)
    separator = way.separator or (declared[1] if declared else None)
    if separator is None:
        separator = _commonest(_outside_quotes(file), name)
        _go_to(file, passed)
    reader = csv.reader(file, delimiter=separator, strict=True)
    records = _records(reader, name, passed)
    with _long_cells():
        header = next(records, None)
    if header is None:
        behind = "" if way.header_line is None else f" from line {way.header_line} on"
        raise InputError(f"{name} cannot be read: it is empty{behind}.")
    line, cells = header
    if way.header_line is not None and line > passed + 1:
        raise header_is_blank(name, "line", passed + 1, line)
    if any("\x00" in cell for cell in cells):
        raise _zero_byte(name, line)
    names = column_names([bare(cell.lstrip(MARK)) for cell in cells], name)
    if sum(map(bool, cells)) == 1 and len(cells) >= TITLE_WIDTH:
        raise title_above(f"{name}, line {line}", len(cells))
    return _Reading(file=name, names=names, records=records, separator=separator, header_line=line)


def name_of(separator: str) -> str:
    """Return a separator as it is said and asked for: a tab by its name."""
    return TAB if separator == "\t" else separator


def _go_to(file: TextIO, passed: int) -> None:
    """Go behind the first lines of a file."""
    file.seek(0)
    for _ in range(passed):
        file.readline()


def _commonest(header: str, name: str) -> str:
    """Return the separator of a header; refuse one that can be cut in several ways."""
    found = commonest(header)
    if found is None:
        most = max(map(header.count, SEPARATORS))
        marks = [mark for mark in SEPARATORS if header.count(mark) == most]
        ways = [Sentence(arg("separator", name_of(mark))) for mark in marks]
        fact = f"{name}: the names of the columns can be cut in {len(marks)} ways."
        raise unclear(fact, "Say with which mark: ", joined(" or ", ways), ".")
    return found


def header_is_blank(file: str, what: str, asked: int, found: int) -> InputError:
    """Return what to say of a header that is said to be in a blank line."""
    return InputError(
        f"{file}: {what} {asked} is blank, so it names no columns. The next one that is not: ",
        arg("header_line", found),
        ".",
    )


def _outside_quotes(lines: Iterable[str]) -> str:
    """Return the header, which may go over several lines, without its quoted cells."""
    header = ""
    for line in islice(lines, HEADER_LINES):
        header = _QUOTED.sub("", header + line)
        if header.strip() and not _QUOTE_OPEN.search(header):
            break
    return _QUOTE_OPEN.sub("", header)


def _records(reader: Any, file: str, before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield every record that is not blank, with the line it begins on, ``before`` lines passed."""
    line = before + 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            if "NUL" in str(error):
                raise _zero_byte(file, line) from error
            raise InputError(
                f"{file}, line {line:,}: the quotes of a cell do not close as they should "
                f"({error}). A quote within a quoted cell is written twice."
            ) from error
        if record is None:
            return
        if record and (len(record) > 1 or record[0].strip()):
            yield line, record
        line = before + reader.line_num + 1


def _zero_byte(file: str, line: int) -> InputError:
    """Return what to say of a zero byte, which no text has."""
    return unclear(
        f"{file}, line {line:,} holds a zero byte, so it is damaged or no text file.",
        "If it is in UTF-16, ",
        arg("encoding", "utf-16-le"),
        " reads it; else take it from its source again.",
    )


def title_above(where: str, columns: int) -> InputError:
    """Return what to say of a first row that is a title: one cell above several columns."""
    return unclear(
        f"{where} has to name the columns, but has one cell for {columns} columns.",
        "If it is a title, say with ",
        arg("header_line"),
        " in which line the names stand, or delete what stands above them.",
    )


def column_names(header: list[str], file: str) -> list[str]:
    """Return the names of the columns; one without a name is called by its number.

    Two that look the same are refused.
    """
    names = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    twice = [name for name, count in Counter(map(as_seen, names)).items() if count > 1]
    if twice:
        raise InputError(
            f"{file}: the header names {', '.join(map(repr, twice))} more than once. Rename one, "
            "so that it is plain which is meant."
        )
    return names


def _frame(lines: _Reading) -> pd.DataFrame:
    """Make columns of records, piece by piece, so that no more than a piece is held twice."""
    numbers: list[Lines] = []
    columns: list[list[pa.Array]] = [[] for _ in lines.names]
    for some, cells in _pieces(lines):
        numbers.append(some)
        for column, piece in zip(columns, cells, strict=True):
            column.append(piece)
    return pd.DataFrame(
        {
            name: strings(pa.chunked_array(column, pa.large_string()))
            for name, column in zip(lines.names, columns, strict=True)
        },
        index=pd.Index(np.concatenate([*numbers, []]).astype(np.int64), name="line"),
    )


def _pieces(lines: _Reading) -> Iterator[tuple[Lines, list[pa.Array]]]:
    """Yield the lines of some records, and their cells by column."""
    while True:
        with _long_cells():
            piece = list(islice(lines.records, PIECE_ROWS))
        if not piece:
            return
        _check_widths(piece, len(lines.names), lines.file, lines.header_line)
        columns = []
        for cells in zip(*(record for _, record in piece), strict=True):
            texts = pa.array([cell or None for cell in cells], pa.large_string())
            if pc.any(pc.match_substring(texts, "\x00")).as_py():
                at = next(n for n, cell in enumerate(cells) if "\x00" in cell)
                raise _zero_byte(lines.file, piece[at][0])
            columns.append(bare(texts))
        yield np.array([line for line, _ in piece], dtype=np.int64), columns


def _check_widths(
    piece: list[tuple[int, list[str]]], width: int, file: str, header_line: int
) -> None:
    """Refuse lines that have more or fewer fields than the header."""
    odd = [(line, len(record)) for line, record in piece if len(record) != width]
    if odd:
        line, fields = odd[0]
        others = f" {len(odd):,} lines are like this." if len(odd) > 1 else ""
        fact = (
            f"{file}, line {line:,} has {many(fields, 'field')}, but the header has {width}, so "
            f"it is not plain which column its values belong to.{others}"
        )
        look = (
            "Look for a separator too many or missing, or for a value with a separator in it, "
            "which has to stand in quotes."
        )
        if width == 1 < fields:
            title = f"If line {header_line} is a title, say where the names stand: "
            raise unclear(fact, title, arg("header_line", line), f". {look}")
        raise InputError(f"{fact} {look}")

"""The fast road for a CSV file that can be read in one way only: no quotes, equal separators.

Such a file means the same to every reader, so pyarrow may read it, in a tenth of the time. Whatever
is not plain (a quote, a zero byte, a line end of its own kind, a line with more or fewer fields, a
header that names two columns alike) is left to the reader that goes line by line and says what is
wrong with which: None is returned, and nothing is said here. Both make the same frame.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from smsframe._base.invisible import UNSEEN
from smsframe._base.result_columns import strings
from smsframe._files.formula_cells import bare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

SEPARATORS: Final = (",", ";", "\t", "|")
MARK: Final = "\ufeff"
_MARK_BYTES: Final = MARK.encode()
_BLOCK_BYTES: Final = 1 << 23
_ODD: Final = (b'"', b"\x00")
_DECLARED = re.compile(r"\ufeff?sep=([^\"\r\n])[,;]*", re.IGNORECASE)


def read_plain(
    path: Path, separator: str | None = None
) -> tuple[pd.DataFrame, tuple[str, int]] | None:
    """Read a CSV file in UTF-8 whose cells hold no quotes; None where it is not as plain as that.

    The frame is that of `smsframe._files.csv_reader.read_csv`: text in every cell, NA where it is
    empty, the number of the line as the index. With it come the separator and the header's line.
    """
    data = path.read_bytes()
    if _is_odd(data):
        return None
    try:
        return _read(data, separator)
    except (pa.ArrowException, UnicodeError, ValueError):
        return None


def is_plain(path: Path, *, block_bytes: int = _BLOCK_BYTES) -> bool:
    """Tell whether a file is plain throughout; it is read once for that, piece by piece.

    So what is wrong with a line is told by the reader that goes line by line, before anything is
    given, and nothing is read in two ways.
    """
    try:
        for _ in plain_pieces(path, block_bytes=block_bytes):
            pass
    except (pa.ArrowException, UnicodeError, ValueError):
        return False
    return True


def plain_pieces(
    path: Path, *, block_bytes: int = _BLOCK_BYTES
) -> Iterator[tuple[pa.Table, npt.NDArray[np.int64]]]:
    """Yield the rows of a file in pieces of some megabytes, and their lines.

    ValueError where one is not plain.
    """
    header: Header | None = None  # of the first block
    line = 0
    for data, is_last in _blocks(path, block_bytes):
        if _is_odd(data):
            raise ValueError("not plain")
        header = header or _header(data)
        if header is None:
            raise ValueError("not plain")
        rest, line = data[header.start :], line or header.line + 1
        header = header._replace(start=0)
        if not rest and not is_last:
            continue
        if rest.startswith(_MARK_BYTES):  # of a cell: pyarrow takes one at the beginning away
            rest = _MARK_BYTES + rest
        table = _table(rest, 0, header.separator, len(header.cells), is_last=is_last)
        if table is None:
            raise ValueError("not plain")
        lines = np.arange(line, line + table.num_rows)
        yield pa.table(_bare_columns(table, rest), names=header.cells), lines
        line += table.num_rows


def _blocks(path: Path, block_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """Yield a file in blocks of whole lines, and whether each is the last one."""
    rest, size = b"", path.stat().st_size
    with path.open("rb") as file:
        while read := file.read(block_bytes):
            rest += read
            lines, mark, tail = rest.rpartition(b"\n")
            if mark and file.tell() < size:
                yield lines + mark, False
                rest = tail
    yield rest, True


def _is_odd(data: bytes) -> bool:
    """Tell whether there is a quote, a zero byte, or a carriage return without its line feed."""
    if any(odd in data for odd in _ODD):
        return True
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def as_seen(name: str) -> str:
    """Return the name of a column as it looks to whoever reads it."""
    return " ".join(UNSEEN.sub("", unicodedata.normalize("NFC", name)).split())


def commonest(header: str) -> str | None:
    """Return the separator of a header; None where it can be cut in several ways."""
    counts = {mark: header.count(mark) for mark in SEPARATORS}
    best = max(counts, key=counts.__getitem__)
    is_plain = not counts[best] or list(counts.values()).count(counts[best]) == 1
    return best if is_plain else None


def _read(data: bytes, asked: str | None) -> tuple[pd.DataFrame, tuple[str, int]] | None:
    """Read lines of which all have as many fields as the first one."""
    header = _header(data, asked)
    if header is None:
        return None
    table = _table(data, header.line, header.separator, len(header.cells))
    if table is None:
        return None
    columns = _bare_columns(table, data)
    lines = np.arange(header.line + 1, header.line + 1 + table.num_rows, dtype=np.int64)
    texts = {name: strings(column) for name, column in zip(header.cells, columns, strict=True)}
    frame = pd.DataFrame(texts, index=pd.Index(lines, name="line"))
    return frame, (header.separator, header.line)


class Header(NamedTuple):
    """The names of the columns, which line they stand in, where the next one begins."""

    cells: list[str]
    line: int
    start: int
    separator: str


def _bare_columns(table: pa.Table, data: bytes) -> list[pa.ChunkedArray]:
    """Return columns without the marks that keep a spreadsheet from running a cell."""
    if b"'" not in data:
        return table.columns
    return [pa.chunked_array([bare(c) for c in each.chunks], each.type) for each in table.columns]


def _header(data: bytes, asked: str | None = None) -> Header | None:
    """Read the line with the names of the columns; None where it is not plain."""
    header, start, line = _line(data, 0), data.find(b"\n") + 1, 1
    declared = _DECLARED.fullmatch(header)
    if declared:
        header, start, line = _line(data, start), data.find(b"\n", start) + 1, 2
    separator = asked or (declared[1] if declared else commonest(header))
    if separator is None:
        return None
    cells = [bare(cell.lstrip(MARK)) for cell in header.split(separator)]
    is_title = sum(map(bool, cells)) == 1
    if not start or len(separator.encode()) > 1 or len(cells) == 1 or is_title:
        return None
    if not all(cells) or len(set(map(as_seen, cells))) < len(cells):
        return None
    return Header(cells, line, start, separator)


def _line(data: bytes, start: int) -> str:
    """Return the line that begins at a place."""
    end = data.find(b"\n", start)
    return data[start : len(data) if end < 0 else end].decode().rstrip("\r")


def _table(
    data: bytes, passed: int, separator: str, width: int, *, is_last: bool = True
) -> pa.Table | None:
    """Read lines behind the header as texts; None where one is blank, in all its fields maybe.

    Blank lines at the end of a file (``is_last``) are no rows.

    A line with another number of fields is an error, but for a blank one.
    """
    names, end = [str(n) for n in range(width)], len(data)
    while is_last and data[end - 1 : end] in (b"\r", b"\n"):
        end -= 1
    table = pa.csv.read_csv(
        pa.BufferReader(pa.py_buffer(data).slice(0, end)),
        read_options=pa.csv.ReadOptions(
            column_names=names, skip_rows=passed, block_size=_BLOCK_BYTES
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=separator, quote_char=False, double_quote=False, ignore_empty_lines=False
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=True,
        ),
    )
    if min(column.null_count for column in table.columns) == 0:
        return table
    blank = functools.reduce(pc.and_, (pc.is_null(column) for column in table.columns))
    return None if pc.any(blank).as_py() else table

"""The fast road for a CSV file that can be read in one way only: no quotes, equal separators.

Such a file means the same to every reader, so pyarrow may read it, in a tenth of the time. Whatever
is not plain (a quote, a zero byte, a line end of its own kind, a line with more or fewer fields, a
header that names two columns alike) is left to the reader that goes line by line and says what is
wrong with which: None is returned, and nothing is said here. Both make the same frame.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from smsframe._base.result_columns import strings
from smsframe._files.formula_cells import bare

if TYPE_CHECKING:
    from pathlib import Path

SEPARATORS: Final = (",", ";", "\t", "|")
MARK: Final = "\ufeff"
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
    if any(odd in data for odd in _ODD) or not _ends_alike(data):
        return None
    try:
        return _read(data, separator)
    except (pa.ArrowException, UnicodeError, ValueError):
        return None


def _ends_alike(data: bytes) -> bool:
    """Tell whether every carriage return stands before a line feed."""
    return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")


def commonest(header: str) -> str | None:
    """Return the separator of a header; None where it can be cut in several ways."""
    counts = {mark: header.count(mark) for mark in SEPARATORS}
    best = max(counts, key=counts.__getitem__)
    is_plain = not counts[best] or list(counts.values()).count(counts[best]) == 1
    return best if is_plain else None


def _read(data: bytes, asked: str | None) -> tuple[pd.DataFrame, tuple[str, int]] | None:
    """Read lines of which all have as many fields as the first one."""
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
    if not all(cells) or len(set(cells)) < len(cells):
        return None
    table = _table(data, line, separator, len(cells))
    if table is None:
        return None
    columns = table.columns
    if b"'" in data:
        columns = [pa.chunked_array([bare(c) for c in each.chunks], each.type) for each in columns]
    lines = np.arange(line + 1, line + 1 + table.num_rows, dtype=np.int64)
    texts = {name: strings(column) for name, column in zip(cells, columns, strict=True)}
    return pd.DataFrame(texts, index=pd.Index(lines, name="line")), (separator, line)


def _line(data: bytes, start: int) -> str:
    """Return the line that begins at a place."""
    end = data.find(b"\n", start)
    return data[start : len(data) if end < 0 else end].decode().rstrip("\r")


def _table(data: bytes, passed: int, separator: str, width: int) -> pa.Table | None:
    """Read lines behind the header as texts; None where one is blank, in all its fields maybe.

    A line with another number of fields is an error, but for a blank one.
    """
    names, end = [str(n) for n in range(width)], len(data)
    while data[end - 1 : end] in (b"\r", b"\n"):
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

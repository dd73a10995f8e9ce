"""The cells of a CSV file, as they stand in it.

Every line has as many fields as the header, or the file is refused. One separator too many moves
all fields by one, and then the text goes to whoever's number has moved into the column: no reading
of such a line is safe enough to be guessed. For the same reason quotes have to be closed: one that
is not would swallow the lines behind it, and their people with them.

Rows carry the number of the line they begin on, also where cells hold line breaks.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from smsframe.errors import InputError
from smsframe.frames import strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SEPARATORS: Final = (",", ";", "\t", "|")
PIECE_ROWS: Final = 65_536
HEADER_LINES: Final = 1000  # a quote that does not close makes no header of the whole file

_CELL_BEGINS = r"(?:^|(?<=[,;\t|\n]))"
_QUOTED = re.compile(_CELL_BEGINS + r'"(?:[^"]|"")*"(?!")')
_QUOTE_OPEN = re.compile(_CELL_BEGINS + r'".*', re.DOTALL)


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file: text in every cell, NA where it is empty, the line as the index.

    The separator is the commonest of ``,``, ``;``, tab and ``|`` in the header, outside quotes.

    Raises
    ------
    InputError
        A line has more or fewer fields than the header, a quote is not closed, or two columns have
        one name.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        header_cells = _outside_quotes(file)
        file.seek(0)
        reader = csv.reader(file, delimiter=max(SEPARATORS, key=header_cells.count), strict=True)
        records = _records(reader, path.name)
        header = next(records, None)
        if header is None:
            raise InputError(f"{path.name} cannot be read: it is empty.")
        return _frame(_names(header[1], path.name), records, path.name)


def _outside_quotes(lines: Iterable[str]) -> str:
    """Return the header, which may go over several lines, without its quoted cells."""
    header = ""
    for line in islice(lines, HEADER_LINES):
        header = _QUOTED.sub("", header + line)
        if header.strip() and not _QUOTE_OPEN.search(header):
            break
    return _QUOTE_OPEN.sub("", header)


def _records(reader: Any, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every record that is not blank, with the line it begins on."""
    line = 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            if "field limit" in str(error) and reader.line_num <= line:
                raise InputError(
                    f"{file}, line {line}: a cell has more than {csv.field_size_limit():,} "
                    "characters, which no message can hold. Shorten it, or leave its column out."
                ) from error
            raise InputError(
                f"{file}, line {line}: the quotes of a cell do not close as they should ({error}). "
                "A quote within a quoted cell is written twice."
            ) from error
        if record is None:
            return
        if record and (len(record) > 1 or record[0].strip()):
            yield line, record
        line = reader.line_num + 1


def _names(header: list[str], file: str) -> list[str]:
    """Return the names of the columns; one without a name is called by its number."""
    names = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"{file}: the header names {', '.join(map(repr, twice))} more than once. Rename one, "
            "so that it is plain which is meant."
        )
    return names


def _frame(names: list[str], records: Iterator[tuple[int, list[str]]], file: str) -> pd.DataFrame:
    """Make columns of records, piece by piece, so that no more than a piece is held twice."""
    lines: list[int] = []
    pieces: list[list[pa.Array]] = [[] for _ in names]
    while piece := list(islice(records, PIECE_ROWS)):
        _check_widths(piece, len(names), file)
        lines += [line for line, _ in piece]
        for place, cells in enumerate(zip(*(record for _, record in piece), strict=True)):
            pieces[place].append(pa.array([cell or None for cell in cells], pa.large_string()))
    return pd.DataFrame(
        {
            name: strings(pa.chunked_array(pieces[place], pa.large_string()))
            for place, name in enumerate(names)
        },
        index=pd.Index(lines, dtype="int64", name="line"),
    )


def _check_widths(piece: list[tuple[int, list[str]]], width: int, file: str) -> None:
    """Refuse lines that have more or fewer fields than the header."""
    odd = [(line, len(record)) for line, record in piece if len(record) != width]
    if odd:
        line, fields = odd[0]
        others = f" {len(odd):,} lines are like this." if len(odd) > 1 else ""
        raise InputError(
            f"{file}, line {line} has {fields} fields, but the header has {width}, so it is not "
            f"plain which column its values belong to.{others} Look for a separator too many or "
            "missing, or for a value with a separator in it, which has to stand in quotes."
        )

"""The cells of a sheet, as a person saw them in Excel or LibreOffice.

What a person did not see is not sent, and what can be read in two ways is asked about: rows that a
filter hides, several sheets, two columns of one name. A blank that is none is refused as well: a
formula that no program has calculated yet, and cells merged over rows, of which a file has the
value in the first row alone.

Files of Excel 2007 and later are read by openpyxl, which alone knows hidden rows, formats and
formulas; older ones, binary ones and those of LibreOffice by python-calamine. There nobody knows
these things, and a note says so.
"""

from __future__ import annotations

import importlib.util
import warnings
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from smsframe._base.invisible import INVISIBLE
from smsframe._base.sentences import arg
from smsframe._files.csv_reader import TITLE_WIDTH, column_names, header_is_blank, title_above
from smsframe._files.decided import Decided
from smsframe._files.encodings import SAMPLE_BYTES, kind_of_bytes
from smsframe._files.formula_cells import unescape
from smsframe._files.number_formats import ShownCell
from smsframe._files.unclear import unclear
from smsframe.errors import InputError, SmsframeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from smsframe._files.way import Way

KNOWN_WHOLE: Final = (".xlsx", ".xlsm")
VALUES_ALONE: Final = (".xls", ".xlsb", ".ods")
NO_EXCEL: Final = (
    "Excel files need openpyxl, which comes with smsframe[excel] and is not installed: "
    "pip install openpyxl."
)
SHEETS_OF_RESULTS: Final = ("rows", "summary", "batches")
"""The sheets that ``to_excel`` writes; the first of them is read where a file has just these."""
NO_CALAMINE: Final = (
    "such files need python-calamine, which is not installed: pip install python-calamine."
)
OLD_CONTAINER: Final = b"\xd0\xcf\x11\xe0"  # of Excel 97, and of whatever has a password
OLDEST: Final = b"\x09"  # of Excel 2 to 4
PACKED: Final = b"PK\x03\x04"
CONTENTS: Final = "[Content_Types].xml"
LOST_FROM: Final = 10**15
NAMED: Final = 5

HiddenRows = Literal["send", "skip"]
_Range = tuple[int, int, int, int]  # first row, first column, last row, last column, from 1


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """One sheet: its rows that are not blank, by number, and what is special about them."""

    name: str
    rows: list[tuple[int, list[Any]]]
    hidden: set[int] = field(default_factory=set)
    filtered: Sequence[_Range] = ()
    merged: Sequence[_Range] = ()
    uncalculated: Sequence[tuple[int, int]] = ()


def read_workbook(path: Path, way: Way) -> tuple[pd.DataFrame, Decided]:
    """Read a sheet: cells as shown, the number of its row as the index.

    What there is to say of it is a warning.

    Raises
    ------
    InputError
        It is not plain which sheet, row or column is meant, or a cell is no cell of its own.
    """
    read = _with_openpyxl if path.suffix.lower() in KNOWN_WHOLE else _with_calamine
    if read is _with_calamine and way.hidden_rows == "skip":
        raise InputError(
            f"{path.name}: in a {path.suffix.lower()} file it cannot be seen which rows are "
            "hidden. Save it as .xlsx."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of workbooks with features that do not concern us
        found, notes = read(path, way.sheet, way.decimal or ".")
    where = f"{path.name}, sheet {found.name!r}"
    _begin_at(found, way.header_line, where, path.name)
    notes += _choose_rows(found, way.hidden_rows, where)
    _refuse_merged(found, where)
    _refuse_uncalculated(found, where)
    frame = _frame(found, path.name)
    notes += _long_numbers(frame)
    for note in notes:
        warn_caller(f"{path.name}: {note}", SmsframeWarning)
    return frame, Decided(kind="excel", sheet=found.name, header_line=found.rows[0][0])


def _refuse_others(path: Path) -> None:
    """Refuse a file of another kind under the name of a workbook."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    if not head:
        raise InputError(f"{path.name} cannot be read: it is empty.")
    ending, is_packed = path.suffix.lower(), zipfile.is_zipfile(path)
    if is_packed and ending in (*KNOWN_WHOLE, ".xls"):
        with zipfile.ZipFile(path) as packed:
            is_newest = CONTENTS in packed.namelist()
        if is_newest and ending in KNOWN_WHOLE:
            return
        if is_newest:
            raise InputError(
                f"{path.name} cannot be read: it is no old Excel file but a newer one under "
                "another name. Give it the ending .xlsx."
            )
        kind = "a zip archive"
    elif is_packed or head.startswith((OLD_CONTAINER, OLDEST)):
        return
    elif head.startswith(PACKED):
        raise InputError(
            f"{path.name} is damaged: its end is missing. Take it from its source again."
        )
    else:
        kind = kind_of_bytes(head) or "a text such as a CSV"
    raise InputError(
        f"{path.name} cannot be read: it is no Excel file but {kind} under another name. "
        "Open it in Excel or LibreOffice, look whether it is right there, and save it as .xlsx."
    )


def _begin_at(found: _Sheet, header_line: int | None, where: str, file: str) -> None:
    """Leave out what stands above the names of the columns; refuse hidden ones."""
    if header_line is None:
        _refuse_hidden_header(found, where)
        return
    found.rows = [(number, row) for number, row in found.rows if number >= header_line]
    if not found.rows:
        raise InputError(f"{file} cannot be read: it is empty from row {header_line} on.")
    if found.rows[0][0] > header_line:
        raise header_is_blank(file, "row", header_line, found.rows[0][0])


def _refuse_hidden_header(found: _Sheet, where: str) -> None:
    """Refuse a sheet whose first row is hidden: nobody saw names of columns there."""
    rows = [number for number, _ in found.rows]
    if not rows or rows[0] not in found.hidden:
        return
    seen = [number for number in rows if number not in found.hidden]
    if seen:
        raise unclear(
            f"{where}: row {rows[0]} is hidden, so it is not plain which row names the columns.",
            "Say which: ",
            arg("header_line", rows[0]),
            " or ",
            arg("header_line", seen[0]),
            ".",
        )


def _with_openpyxl(path: Path, asked: str | None, decimal: str) -> tuple[_Sheet, list[str]]:
    """Read a sheet with all that a file of Excel says about it."""
    _need("openpyxl", path, NO_EXCEL)
    _refuse_others(path)
    if path.open("rb").read(len(OLD_CONTAINER)) == OLD_CONTAINER:
        raise InputError(
            f"{path.name} is protected by a password, or is an old .xls file under another name. "
            "Open it in Excel and save it as .xlsx, without a password."
        )
    import openpyxl  # noqa: PLC0415 - only where there is a workbook

    book = openpyxl.load_workbook(path, data_only=True)
    visible = {sheet.title: sheet.sheet_state == "visible" for sheet in book.worksheets}
    name, notes = _chosen(visible, asked, lambda name: _has_data(book[name].values), path.name)
    sheet = book[name]
    rows, blank = [], []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = [_value(cell, decimal) for cell in cells]
        blank += [
            (number, n)
            for n, cell in enumerate(cells, 1)
            if cell.value is None and cell.data_type == "n"
        ]
        if any(value is not None for value in row):
            rows.append((number, row))
    found = _Sheet(
        name=name,
        rows=rows,
        hidden=_hidden(sheet, [number for number, _ in rows]),
        filtered=[_corners(ref) for ref in _filters(sheet)],
        merged=[_corners(merged.coord) for merged in sheet.merged_cells.ranges],
        uncalculated=_formulas(path, name, blank),
    )
    columns = [key for key, column in sheet.column_dimensions.items() if column.hidden]
    if columns:
        notes.append(f"hidden columns ({', '.join(columns[:NAMED])}) are read like the others.")
    return found, notes


def _value(cell: Any, decimal: str) -> Any:
    """Return a cell as shown, None where it shows nothing."""
    value = cell.value
    if value is None or isinstance(value, str):
        return (unescape(value) if value and "_x" in value else value) or None
    return ShownCell.of(value, cell.number_format, decimal)


def _hidden(sheet: Any, numbers: list[int]) -> set[int]:
    """Return those rows that are hidden, by a filter, by hand or as an outline."""
    known = dict(sheet.row_dimensions.items())
    otherwise = bool(sheet.sheet_format.zeroHeight)
    return {
        number
        for number in numbers
        if (known[number].hidden or known[number].height == 0 if number in known else otherwise)
    }


def _filters(sheet: Any) -> list[str]:
    """Return the ranges of a sheet that have a filter: its own, and those of tables."""
    tables = [table.autoFilter.ref for table in sheet.tables.values() if table.autoFilter]
    return [ref for ref in (sheet.auto_filter.ref, *tables) if ref]


def _corners(ref: str) -> _Range:
    """Return the corners of a range such as A1:B4."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415 - as above

    left, top, right, bottom = range_boundaries(ref)
    return top or 1, left or 1, bottom or 2**20, right or 2**14


def _formulas(path: Path, name: str, blank: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return which of the blank cells are formulas; the file is read again only if it has any."""
    if not blank or not _has_formulas(path):
        return []
    import openpyxl  # noqa: PLC0415 - as above

    book = openpyxl.load_workbook(path, read_only=True)
    wanted = set(blank)
    with_formula = {
        (cell.row, cell.column)
        for row in book[name].iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    book.close()
    return sorted(wanted & with_formula)


def _has_formulas(path: Path) -> bool:
    """Tell whether any sheet of a file has a formula."""
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
        return any(mark in packed.read(name) for name in names for mark in (b"<f", b":f>", b":f "))


def _with_calamine(path: Path, asked: str | None, decimal: str) -> tuple[_Sheet, list[str]]:
    """Read the values of a sheet."""
    _need("python_calamine", path, NO_CALAMINE)
    _refuse_others(path)
    import python_calamine  # noqa: PLC0415 - only where there is a workbook

    book = python_calamine.load_workbook(str(path))
    kind, shown = python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetVisibleEnum.Visible
    visible = {s.name: s.visible == shown for s in book.sheets_metadata if s.typ == kind}
    name, notes = _chosen(
        visible, asked, lambda name: _has_data(book.get_sheet_by_name(name).to_python()), path.name
    )
    sheet = book.get_sheet_by_name(name)
    rows = [
        (number, [_plain(value, decimal) for value in row])
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), start=1)
        if _has_data([row])
    ]
    merged = [(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
    notes.append(
        f"in a {path.suffix.lower()} file it cannot be seen which rows are hidden and how numbers "
        "are shown (15%, 00123). All rows are read, with the numbers that are stored, and errors "
        "such as #REF! as blank. If that is not right, save it as .xlsx."
    )
    return _Sheet(name=name, rows=rows, merged=merged), notes


def _plain(value: Any, decimal: str) -> Any:
    """Return a value of python-calamine as openpyxl would give it."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return ShownCell.of(value, "General", decimal)


def _need(library: str, path: Path, sentence: str) -> None:
    """Refuse a file whose library is not installed."""
    if importlib.util.find_spec(library) is None:
        raise InputError(f"{path.name} cannot be read: {sentence}")


def _has_data(rows: Iterable[Iterable[Any]]) -> bool:
    """Tell whether any cell has a value; blanks are none."""
    return any(
        bool(value.strip(INVISIBLE)) if isinstance(value, str) else value is not None
        for row in rows
        for value in row
    )


def _chosen(
    visible: dict[str, bool], asked: str | None, has_data: Callable[[str], bool], file: str
) -> tuple[str, list[str]]:
    """Return the sheet that is meant, and what to say of the others."""
    if asked is not None:
        near = [name for name in visible if name.casefold() == asked.strip().casefold()]
        if not near:
            raise InputError(f"{file} has no sheet {asked!r}. It has: {_listed(visible)}.")
        return near[0], []
    filled = [name for name in visible if visible[name] and has_data(name)]
    hidden = [name for name in visible if not visible[name] and has_data(name)]
    if tuple(visible) == SHEETS_OF_RESULTS and filled[:1] == [SHEETS_OF_RESULTS[0]]:
        return filled[0], []
    if len(filled) > 1:
        fact = f"{file} has {len(filled)} sheets with data: {_listed(filled)}."
        raise unclear(fact, "Say which one is meant, such as ", arg("sheet", filled[0]), ".")
    if not filled:
        nothing = f"{file} cannot be read: there is nothing in it"
        if hidden:
            fact = f"{nothing} but in hidden sheets: {_listed(hidden)}."
            raise unclear(fact, arg("sheet"), " reads one.")
        raise InputError(f"{nothing}.")
    note = f"sheet {filled[0]!r} is read, hidden sheets are not: {_listed(hidden)}."
    return filled[0], [note] if hidden else []


def _listed(names: Iterable[str]) -> str:
    """Return names in quotes, the first of them."""
    every = [repr(name) for name in names]
    return ", ".join(every[:NAMED]) + (", …" if len(every) > NAMED else "")


def _choose_rows(found: _Sheet, hidden_rows: HiddenRows | None, where: str) -> list[str]:
    """Leave hidden rows out if that is asked for; refuse them if nothing is said."""
    numbers = [number for number, _ in found.rows[1:] if number in found.hidden]
    if not numbers or hidden_rows == "send":
        return []
    by_filter = all(any(top <= n <= end for top, _, end, _ in found.filtered) for n in numbers)
    how = "hidden by a filter" if by_filter else "hidden"
    is_one = len(numbers) == 1
    named = ", ".join(map(str, numbers[:NAMED])) + (", …" if len(numbers) > NAMED else "")
    what = f"{len(numbers):,} {'row is' if is_one else 'rows are'} {how} ({named})"
    if hidden_rows is None:
        raise unclear(
            f"{where}: {what}.",
            "Say what is meant: ",
            arg("hidden_rows", "skip"),
            f" leaves {'it' if is_one else 'them'} out, ",
            arg("hidden_rows", "send"),
            f" takes {'it' if is_one else 'them'} like the others.",
        )
    hidden = set(numbers)
    found.rows = [(number, row) for number, row in found.rows if number not in hidden]
    return [f"{what} and left out."]


def _refuse_merged(found: _Sheet, where: str) -> None:
    """Refuse values that stand for several rows, of which the file gives them to the first."""
    rows = dict(found.rows)
    for top, left, bottom, right in found.merged:
        held = sum(number in rows for number in range(top, min(bottom, max(rows, default=0)) + 1))
        first = rows.get(top, [])
        if held > 1 and left <= len(first) and first[left - 1] is not None:
            raise InputError(
                f"{where}: cells {_cell(top, left)} to {_cell(bottom, right)} are merged over "
                f"{bottom - top + 1} rows, so only row {top} has their value. Unmerge them and "
                "fill every row."
            )


def _refuse_uncalculated(found: _Sheet, where: str) -> None:
    """Refuse formulas without a result, which would count as blank."""
    rows = dict(found.rows)
    cells = [cell for cell in found.uncalculated if cell[0] in rows]
    if cells:
        more = f"; {len(cells):,} cells are like this" if len(cells) > 1 else ""
        raise InputError(
            f"{where}: the formula in {_cell(*cells[0])} was never calculated{more}. Open the file "
            "in Excel or LibreOffice, save it there, and try again."
        )


def _cell(row: int, column: int) -> str:
    """Return the name of a cell, such as B3."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def _frame(found: _Sheet, file: str) -> pd.DataFrame:
    """Make columns of the rows, the first of which has their names."""
    width = max(n for _, row in found.rows for n, value in enumerate(row, 1) if value is not None)
    header, *body = [[*row[:width], *[None] * (width - len(row))] for _, row in found.rows]
    if sum(name is not None for name in header) == 1 and width >= TITLE_WIDTH:
        raise title_above(f"{file}, row {found.rows[0][0]}", width)
    names = column_names(["" if name is None else str(name) for name in header], file)
    numbers = [number for number, _ in found.rows[1:]]
    index = pd.Index(numbers, dtype="int64", name="line")
    columns = zip(*body, strict=True) if body else [()] * width
    made = {
        name: _column(list(cells), index)
        for name, title, cells in zip(names, header, columns, strict=True)
        if title is not None or any(cell is not None for cell in cells)
    }
    return pd.DataFrame(made, index=index)


def _long_numbers(frame: pd.DataFrame) -> list[str]:
    """Tell of whole numbers of which a spreadsheet has lost digits."""
    for name in frame.columns:
        for row, cell in frame[name].items() if frame[name].dtype != "string" else ():
            value = getattr(cell, "stored", cell)
            if isinstance(value, (int, float)) and LOST_FROM <= abs(value) < float("inf"):
                note = (
                    f"column {name!r}, row {row:,} is a number of more than 15 digits, of which a "
                    "spreadsheet keeps 15: the last ones are other digits now. If they matter, "
                    "take the file from its source again, with that column as text."
                )
                return [note]
    return []


def _column(cells: list[Any], index: pd.Index) -> pd.Series:
    """Return a column of the kind its cells have; as objects while some are shown otherwise."""
    made = np.empty(len(cells), dtype=object)
    made[:] = cells
    column = pd.Series(made, index=index, dtype=object)
    return column if any(isinstance(cell, ShownCell) for cell in cells) else column.infer_objects()

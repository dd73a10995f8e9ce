"""Files that are written: results, plans, and what is handed over.

They hold phone numbers, so only their owner may read them. They are written beside their place and
moved there when they are whole; what lies there already is written over only where that was asked
for. No text of theirs is run by a spreadsheet. Where they are to go is looked at before anything is
sent.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import importlib.util
import os
import re
import tempfile
import warnings
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from smsframe._base.result_columns import RESULT_COLUMNS
from smsframe._base.sentences import arg
from smsframe._base.validation import unreachable
from smsframe._files.formula_cells import escape, harmless
from smsframe._files.read import as_text, check_ending, first_line, kind_of, read_cells, texts_of
from smsframe._files.workbooks import NO_EXCEL, VALUES_ALONE
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


ONLY_READ = (".xlsm", *VALUES_ALONE)
EXCEL_ROWS: Final = 1_048_575  # below the header
EXCEL_COLUMNS: Final = 16_384
EXCEL_CHARACTERS: Final = 32_767  # of a cell
EXCEL_DIGITS: Final = 15  # of a number; more are rounded
MOMENT_CHARACTERS: Final = 20
OWNER_ALONE: Final = 0o600
_NOT_IN_EXCEL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write_frame(frame: pd.DataFrame, path: Path, *, overwrite: bool = False) -> None:
    """Write a frame as CSV (texts in quotes), Excel or Parquet, by the ending of the path.

    Raises
    ------
    InputError
        The ending is of another kind, the file cannot be written, or there is one already.
    """
    check_ending(path)
    refuse_present(path, overwrite=overwrite)
    kind = kind_of(path)
    try:
        with _aside(path) as place:
            if kind == "excel":
                _write_sheets({"Sheet1": frame}, place)  # as Excel itself would call it
            elif kind == "parquet":
                frame.to_parquet(place.absolute(), index=False)
            else:
                harmless_texts(frame).to_csv(
                    place, index=False, quoting=csv.QUOTE_NONNUMERIC, encoding="utf-8"
                )
    except Exception as error:
        raise InputError(f"{path} cannot be written: {first_line(error)}") from error


def check_place(path: Path, *, overwrite: bool = False, option: str = "") -> None:
    """Refuse a path at which no file can be written, or at which there is one already."""
    _refuse(path, _unwritable(path), option)
    refuse_present(path, overwrite=overwrite)


def _refuse(path: Path, reason: str, option: str = "") -> None:
    """Raise InputError where there is a reason why a file cannot be written."""
    if reason:
        raise InputError(f"{option}{path} cannot be written: {reason}")


def write_text(text: str, path: Path, *, overwrite: bool = False) -> None:
    """Write a text as a file that only its owner may read.

    Raises
    ------
    InputError
        The file cannot be written, or there is one already.
    """
    check_place(path, overwrite=overwrite)
    try:
        with _aside(path) as place:
            place.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {first_line(error)}") from error


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: Path, *, overwrite: bool) -> None:
    """Write frames as the sheets of an Excel file that only its owner may read.

    Raises
    ------
    InputError
        There is such a file, it cannot be written, or a sheet cannot hold its frame.
    """
    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path.name}: the ending must be .xlsx.")
    _refuse(path, _unwritable(path))
    _refuse(path, next(filter(None, map(_unfit_for_excel, sheets.values())), ""))
    refuse_present(path, overwrite=overwrite)
    try:
        with _aside(path) as place:
            _write_sheets(sheets, place)
    except Exception as error:
        raise InputError(f"{path} cannot be written: {first_line(error)}") from error


def free_name(path: Path) -> Path:
    """Return the path, or the first of ``name-2``, ``name-3`` … at which nothing is yet."""
    return next(place for place in names(path) if not os.path.lexists(place))


def names(path: Path) -> Iterator[Path]:
    """Yield the path, then ``name-2``, ``name-3`` …, without an end."""
    return chain([path], (path.with_stem(f"{path.stem}-{number}") for number in count(2)))


def check_out(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a path that results could not be written to, before there are any.

    Raises
    ------
    InputError
        Its ending is of another kind, its folder is not there or not ours to write in, there is a
        file already, or its kind needs a library that is not installed.
    """
    check_place(path, overwrite=overwrite, option="--out ")
    check_ending(path, but=ONLY_READ)


def is_earlier(path: Path, cells: pd.DataFrame) -> bool:
    """Tell whether a file has earlier results of these rows and nothing else, so may be renewed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            there = read_cells(path)
    except InputError:
        return False
    own = [name for name in cells.columns if name not in RESULT_COLUMNS]
    if [*own, *RESULT_COLUMNS] != list(there.columns) or len(there) != len(cells):
        return False
    pairs = ((there[name].map(as_text), cells[name].map(as_text)) for name in own)
    return all(one.tolist() == other.tolist() for one, other in pairs)


def check_fits(cells: pd.DataFrame, path: Path) -> None:
    """Refuse cells that the kind of file to be written cannot hold, before anything is sent.

    Raises
    ------
    InputError
        Too many rows or characters that Excel refuses, or columns of several kinds for Parquet.
    """
    unfit = {"excel": _unfit_for_excel, "parquet": _unfit_for_parquet}.get(kind_of(path))
    reason = unfit(cells) if unfit else ""
    _refuse(path, f"{reason} Name it .csv." if reason else "", "--out ")


def _unwritable(path: Path) -> str:
    """Return why nothing can be written to a path; empty when it can."""
    folder = path.absolute().parent
    if reason := unreachable(path):
        return f"{reason}. Name another file."
    if path.is_dir():
        return "it is a folder. Name a file in it."
    if path.suffix.lower() in ONLY_READ:
        return f"{path.suffix} files are read, but not written. Name it .xlsx."
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}. Make it, or name another."
    if not os.access(folder, os.W_OK):
        return "you may not write there. Name another place."
    lacks = kind_of(path) == "excel" and importlib.util.find_spec("openpyxl") is None
    return NO_EXCEL if lacks else ""


def refuse_present(path: Path, *, overwrite: bool) -> None:
    """Refuse to write over a file, unless that is asked for."""
    if not overwrite and path.exists():
        raise InputError(
            f"{path} is there already. Name another file; ",
            arg("overwrite", True),
            " writes over it.",
        )


def _unfit_for_excel(cells: pd.DataFrame) -> str:
    """Return why a sheet cannot hold the cells; empty when it can."""
    if len(cells) > EXCEL_ROWS:
        return f"a sheet holds {EXCEL_ROWS:,} rows, and there are {len(cells):,}."
    if len(cells.columns) + len(RESULT_COLUMNS) > EXCEL_COLUMNS:
        return f"a sheet holds {EXCEL_COLUMNS:,} columns, and there are {len(cells.columns):,}."
    for name in cells.columns:
        texts = texts_of(cells[name]).dropna().unique()
        if any(map(_NOT_IN_EXCEL.search, texts)):
            return f"column {name!r} holds control characters, which Excel refuses."
        if any(len(text) > EXCEL_CHARACTERS for text in texts):
            return f"column {name!r} holds more than {EXCEL_CHARACTERS:,} characters in a cell."
    return ""


def _unfit_for_parquet(cells: pd.DataFrame) -> str:
    """Return why Parquet cannot hold the cells; empty when it can."""
    for name in cells.columns:
        try:
            pa.array(cells[name], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return f"column {name!r} holds cells of several kinds."
    return ""


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Yield a path beside the real one, which only its owner can read, and move it there."""
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(path.suffix, f".{target.stem}-", target.parent)
    os.close(handle)
    place = Path(name)
    try:
        yield place
        place.chmod(OWNER_ALONE)
        place.replace(target)
    finally:
        place.unlink(missing_ok=True)


def harmless_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame none of whose texts is run by a spreadsheet that opens it as CSV."""
    out = frame.copy(deep=False)
    for place in range(len(frame.columns)):
        column = frame.iloc[:, place]
        texts = texts_of(column).astype("string")
        safe = pd.Series(_each(harmless, texts), index=frame.index, dtype="string")
        changed = safe.ne(texts).fillna(value=False).to_numpy(dtype=bool)
        if changed.any():
            cells = column.astype(object).mask(changed, safe.astype(object))
            out.isetitem(place, cells.array)
    out.columns = pd.Index(_each(harmless, pd.Series(map(str, frame.columns), dtype="string")))
    return out


def _each(change: Callable[[pa.Array], pa.Array], texts: pd.Series) -> list[str | None]:
    """Return texts changed by a function of Arrow's."""
    changed = change(pa.array(texts.array, pa.large_string(), from_pandas=True))
    return list(changed.to_pylist())


def _write_sheets(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write sheets in which every text is a text, also one that looks like a formula."""
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            _for_excel(frame).to_excel(writer, sheet_name=name, index=False)
            for row in writer.sheets[name].iter_rows():
                for cell in row:
                    text = cell.value if isinstance(cell.value, str) else ""
                    if (escaped := escape(text)) != text:
                        cell.value = escaped
                    if cell.data_type in ("f", "e"):
                        cell.data_type = "s"
                        cell.quotePrefix = True
            for number, dtype in enumerate(frame.dtypes, start=1):
                if isinstance(dtype, pd.DatetimeTZDtype):  # in a narrower column it shows as ####
                    letters = writer.sheets[name].cell(1, number).column_letter
                    writer.sheets[name].column_dimensions[letters].width = MOMENT_CHARACTERS


def _for_excel(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as Excel can hold it: times in UTC without a zone, long numbers as text."""
    out = frame.copy(deep=False)
    if out.columns.nlevels > 1:
        out.columns = pd.Index([" ".join(map(str, label)).strip() for label in out.columns])
    for place in range(len(frame.columns)):
        column = frame.iloc[:, place]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            out.isetitem(place, column.dt.tz_convert("UTC").dt.tz_localize(None).array)
        elif column.dtype == object or _has_long_numbers(column):
            out.isetitem(place, column.map(_fit_for_excel, na_action="ignore").array)
    return out


def _has_long_numbers(column: pd.Series) -> bool:
    """Tell whether a column of whole numbers has some that Excel would round."""
    limits = (-(10**EXCEL_DIGITS), 10**EXCEL_DIGITS)
    is_whole = pd.api.types.is_integer_dtype(column.dtype)
    return is_whole and not bool(column.dropna().between(*limits, inclusive="neither").all())


def _fit_for_excel(value: Any) -> Any:
    """Return one value as Excel can hold it."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    is_long = isinstance(value, int) and abs(value) >= 10**EXCEL_DIGITS
    return str(value) if is_long else value

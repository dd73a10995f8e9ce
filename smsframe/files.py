"""From a file to a frame and back, for the command line.

A CSV file says nothing about what its cells are, and guessing spoils phones and order numbers
(leading zeros, long numbers). So every cell of a CSV stays the text that stands in the file; only a
column that is given a format becomes numbers or dates, since a format needs them. Excel and Parquet
files know their types and keep them.

Programs write ``N/A`` or ``nan`` where they have no value, and nobody is to be addressed as that.
In CSV and Excel files such a word counts as blank for the message, with a warning. The cells
themselves are kept beside the frame: the results file has every cell as it was, also a ``None``
that is a name.

Whatever is wrong with a file is the caller's to mend: an ``InputError`` with one sentence. Where
results are to be written is looked at before anything is sent.
"""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import os
import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe import value_problems
from smsframe.csv_cells import read_csv
from smsframe.errors import InputError
from smsframe.format_specs import fault_of, inside
from smsframe.frames import RESULT_COLUMNS
from smsframe.no_value_words import WORDS
from smsframe.typed_cells import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from smsframe.planning import Plan

EXCEL = (".xlsx", ".xlsm", ".xls")
PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".txt", ".tsv")
ONLY_READ = (".xls",)
FIRST_LINE = 2  # the header is line 1
EXCEL_ROWS: Final = 1_048_575  # below the header
NO_EXCEL = "Excel files need openpyxl, which is not installed: pip install openpyxl."

_NOT_IN_EXCEL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read_frame(path: Path, formats: Mapping[Any, str]) -> pd.DataFrame:
    """Read a file as :func:`read_cells` does and prepare it as :func:`prepared` does."""
    return prepared(read_cells(path), formats)


def read_cells(path: Path) -> pd.DataFrame:
    """Read a CSV, Excel or Parquet file, every cell as it is; only empty ones are missing.

    Rows of a CSV or Excel file carry the number of their line, as an editor or spreadsheet shows
    it.

    Raises
    ------
    InputError
        The file is not there, of another kind, or cannot be read.
    """
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder, not a file.")
    reader = _reader(path)
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of workbooks with features that do not concern us
            return reader(path)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not in UTF-8. Save it as 'CSV UTF-8' and try again."
        ) from error
    except Exception as error:
        raise InputError(f"{path.name} cannot be read: {_reason(error)}") from error


def prepared(cells: pd.DataFrame, formats: Mapping[Any, str]) -> pd.DataFrame:
    """Return cells as a message takes them: blank words missing, formatted columns typed.

    Raises
    ------
    InputError
        A cell of a column with a format is no number or no date.
    """
    frame = cells.copy(deep=False)
    for name in frame.columns if cells.index.name == "line" else ():
        blank = _are_words(cells[name])
        if blank.any():
            frame[name] = cells[name].mask(blank)
    usable = {name: spec for name, spec in formats.items() if fault_of(spec) is None}
    return typed(frame, {name: inside(spec) for name, spec in usable.items()})


def note_words(made: Plan, cells: pd.DataFrame) -> None:
    """Warn of words that count as blank in the columns that a plan takes values from."""
    for name in made.draft.read_columns if cells.index.name == "line" else ():
        rows = np.flatnonzero(_are_words(cells[name]))
        value_problems.note_words(made.draft.problems, name, cells[name], rows, file=True)


def _are_words(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells of a file hold a word that programs write for no value."""
    found: npt.NDArray[np.bool_] = _texts(column).str.strip().isin(sorted(WORDS)).to_numpy(bool)
    return found


def with_cells(results: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return results whose own columns have the cells of the file, as they were read."""
    own = [name for name in results.columns if name in cells.columns and name not in RESULT_COLUMNS]
    return results.assign(**{name: cells[name].array for name in own})


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV (texts in quotes), Excel or Parquet, by the ending of the path.

    Raises
    ------
    InputError
        The ending is of another kind, or the file cannot be written.
    """
    check_ending(path)
    try:
        if path.suffix.lower() in EXCEL:
            _without_zones(frame).to_excel(path, index=False)
        elif path.suffix.lower() in PARQUET:
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC, encoding="utf-8")
    except Exception as error:
        raise InputError(f"{path} cannot be written: {_reason(error)}") from error


def check_ending(path: Path) -> None:
    """Refuse a path whose ending names no kind of file that is known."""
    known = (*TEXT, *EXCEL, *PARQUET)
    if path.suffix.lower() not in known:
        raise InputError(f"{path.name}: the ending must be one of {', '.join(known)}.")


def check_out(path: Path) -> None:
    """Refuse a path that results could not be written to, before there are any.

    Raises
    ------
    InputError
        Its ending is of another kind, its folder is not there or not ours to write in, or its kind
        needs a library that is not installed.
    """
    if not path.is_dir():  # of which the sentence below speaks
        check_ending(path)
    folder = path.absolute().parent
    reason = ""
    if path.is_dir():
        reason = "it is a folder. Name a file in it."
    elif path.suffix.lower() in ONLY_READ:
        reason = f"{path.suffix} files are read, but not written. Name it .xlsx."
    elif not folder.is_dir():
        reason = f"there is no folder {str(folder)!r}. Make it, or name another."
    elif not os.access(path if path.exists() else folder, os.W_OK):
        reason = "you may not write there. Name another place."
    elif path.suffix.lower() in EXCEL and importlib.util.find_spec("openpyxl") is None:
        reason = NO_EXCEL
    if reason:
        raise InputError(f"--out {path} cannot be written: {reason}")


def is_same(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file: by another spelling, a link, or another name."""
    with contextlib.suppress(OSError):  # one of them is not there, or not ours to look at
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


def check_fits(cells: pd.DataFrame, path: Path) -> None:
    """Refuse cells that the kind of file to be written cannot hold, before anything is sent.

    Raises
    ------
    InputError
        Too many rows or characters that Excel refuses, or columns of several kinds for Parquet.
    """
    reason = ""
    if path.suffix.lower() in EXCEL:
        reason = _unfit_for_excel(cells)
    elif path.suffix.lower() in PARQUET:
        reason = _unfit_for_parquet(cells)
    if reason:
        raise InputError(f"--out {path} cannot be written: {reason} Name it .csv.")


def _unfit_for_excel(cells: pd.DataFrame) -> str:
    """Return why a sheet cannot hold the cells; empty when it can."""
    if len(cells) > EXCEL_ROWS:
        return f"a sheet holds {EXCEL_ROWS:,} rows, and there are {len(cells):,}."
    for name in cells.columns:
        if any(map(_NOT_IN_EXCEL.search, _texts(cells[name]).dropna().unique())):
            return f"column {name!r} holds control characters, which Excel refuses."
    return ""


def _unfit_for_parquet(cells: pd.DataFrame) -> str:
    """Return why Parquet cannot hold the cells; empty when it can."""
    for name in cells.columns:
        try:
            pa.array(cells[name], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return f"column {name!r} holds cells of several kinds."
    return ""


def _reader(path: Path) -> Callable[[Path], pd.DataFrame]:
    """Return what reads files with this ending."""
    check_ending(path)
    ending = path.suffix.lower()
    return _read_excel if ending in EXCEL else pd.read_parquet if ending in PARQUET else read_csv


def _read_excel(path: Path) -> pd.DataFrame:
    """Read cells as the kinds they have; digits that are kept as text stay text."""
    if path.suffix.lower() not in ONLY_READ and importlib.util.find_spec("openpyxl") is None:
        raise InputError(f"{path.name} cannot be read: {NO_EXCEL}")
    frame = pd.read_excel(path, dtype=object, keep_default_na=False, na_values=[""])
    frame.index = pd.RangeIndex(FIRST_LINE, FIRST_LINE + len(frame), name="line")
    return frame.infer_objects()


def _texts(column: pd.Series) -> pd.Series:
    """Return the texts of a column; other cells are missing."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    cells = column if column.dtype == object else ()
    texts = [cell if isinstance(cell, str) else None for cell in cells] or None
    return pd.Series(texts, index=column.index, dtype="string")


def _without_zones(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose times carry no zone, which Excel cannot hold; ours are UTC."""
    zoned = frame.select_dtypes(include="datetimetz").columns
    return frame.assign(**{name: frame[name].dt.tz_localize(None) for name in zoned})


def _reason(error: Exception) -> str:
    """Return the first line of what went wrong, as a sentence."""
    line = (str(error) or type(error).__name__).splitlines()[0].rstrip()
    return line if line.endswith((".", "!", "?")) else f"{line}."

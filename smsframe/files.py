"""From a file to a frame and back, for the command line.

A CSV file says nothing about what its cells are, and guessing spoils phones and order numbers
(leading zeros, long numbers). So every cell of a CSV stays the text that stands in the file; only a
column that is given a format becomes numbers or dates, since a format needs them. Excel and Parquet
files know their types and keep them.

Whatever is wrong with a file is the caller's to mend: an ``InputError`` with one sentence.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EXCEL = (".xlsx", ".xlsm", ".xls")
PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".txt", ".tsv")
FIRST_LINE = 2  # the header is line 1
SEPARATORS = (",", ";", "\t", "|")

_NUMBER_FORMAT = re.compile(r".*(,|[bdeEfFgGnoxX%])", re.DOTALL)


def read_frame(path: Path, formats: Mapping[str, str]) -> pd.DataFrame:
    """Read a CSV, Excel or Parquet file; columns that have a format become numbers or dates.

    Rows of a CSV or Excel file carry the number of their line, as an editor or spreadsheet shows it
    (in a CSV as long as no cell holds a line break).

    Raises
    ------
    InputError
        The file is not there, of another kind, or cannot be read.
    """
    reader = _reader(path)
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}.")
    try:
        frame = reader(path)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not in UTF-8. Save it as 'CSV UTF-8' and try again."
        ) from error
    except ImportError as error:
        raise InputError(
            f"Reading {path.suffix} files needs a library that is not installed: {error}"
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read: {_first_line(error)}") from error
    if reader is not pd.read_parquet:
        frame.index = pd.RangeIndex(FIRST_LINE, FIRST_LINE + len(frame), name="line")
    return _typed(frame, formats)


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
    except (ImportError, OSError, ValueError) as error:
        raise InputError(f"{path} cannot be written: {_first_line(error)}") from error


def check_ending(path: Path) -> None:
    """Refuse a path whose ending names no kind of file that is known."""
    known = (*TEXT, *EXCEL, *PARQUET)
    if path.suffix.lower() not in known:
        raise InputError(f"{path.name}: the ending must be one of {', '.join(known)}.")


def _reader(path: Path) -> Callable[[Path], pd.DataFrame]:
    """Return what reads files with this ending."""
    check_ending(path)
    ending = path.suffix.lower()
    return _read_excel if ending in EXCEL else pd.read_parquet if ending in PARQUET else _read_csv


def _read_csv(path: Path) -> pd.DataFrame:
    """Read every cell as the text it is; the separator is the commonest in the header."""
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    separator = max(SEPARATORS, key=header.count)
    return pd.read_csv(path, dtype="string", sep=separator, encoding="utf-8-sig")


def _read_excel(path: Path) -> pd.DataFrame:
    """Read cells as the kinds they have; digits that are kept as text stay text."""
    return pd.read_excel(path, dtype=object).infer_objects()


def _typed(frame: pd.DataFrame, formats: Mapping[str, str]) -> pd.DataFrame:
    """Make numbers or dates of text columns whose format needs them, where every cell fits."""
    for column in formats:
        if column not in frame.columns or not isinstance(frame[column].dtype, pd.StringDtype):
            continue
        convert = _converter(formats[column])
        if convert is None:
            continue
        try:
            frame[column] = convert(frame[column])
        except (ValueError, OverflowError):
            continue  # the text goes on as it is, and the format names the row that does not fit
    return frame


def _converter(spec: str) -> Callable[[pd.Series], pd.Series] | None:
    """Return what makes of a column what its format needs: dates for %d, numbers for .2f."""
    if re.search(r"%[A-Za-z]", spec):
        return pd.to_datetime
    return pd.to_numeric if _NUMBER_FORMAT.fullmatch(spec) else None


def _without_zones(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose times carry no zone, which Excel cannot hold; ours are UTC."""
    zoned = frame.select_dtypes(include="datetimetz").columns
    return frame.assign(**{name: frame[name].dt.tz_localize(None) for name in zoned})


def _first_line(error: Exception) -> str:
    """Return the first line of what went wrong."""
    return (str(error) or type(error).__name__).splitlines()[0]

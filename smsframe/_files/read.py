"""From a file to a frame, as the command line reads it.

A CSV file says nothing about what its cells are, and guessing spoils phones and order numbers
(leading zeros, long numbers). So every cell of a CSV stays the text that stands in the file; only a
column that is given a format becomes numbers or dates, since a format needs them. A cell of an
Excel file is what a person saw in it: 15%, 00123; a format is given the number behind. Parquet
files know their types and keep them.

Programs write ``N/A`` or ``nan`` where they have no value, and nobody is to be addressed as that.
In CSV and Excel files such a word counts as blank for the message, with a warning. The cells
themselves are kept beside the frame: the results file has every cell as it was, also a ``None``
that is a name.

Whatever is wrong with a file is the caller's to fix: an ``InputError`` with one sentence.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from smsframe._base.no_value_words import WORDS
from smsframe._base.result_columns import RESULT_COLUMNS
from smsframe._base.sentences import Sentence, arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_choice, check_text, path_fault, refuse
from smsframe._files.csv_reader import read_csv
from smsframe._files.typed_columns import typed
from smsframe._files.workbooks import VALUES_ALONE, read_workbook
from smsframe._text.format_specs import fault_of, inside
from smsframe._text.format_value import text_of
from smsframe.errors import InputError, SmsframeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt


EXCEL = (".xlsx", ".xlsm", *VALUES_ALONE)
PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".txt", ".tsv")
TITLE_LINES: Final = 20


@public
def read(
    path: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    hidden_rows: Literal["send", "skip"] | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    r"""Read a file of people as the command line does: every cell as a person saw it.

    Nothing is guessed: phones and order numbers keep their leading zeros, 15 % of an Excel sheet is
    ``15%``. Empty cells and words such as ``N/A`` and ``#N/A`` are missing. What can be read in two
    ways (hidden rows, several sheets, two columns of one name, lines with too many fields) is
    refused, with what to say.

    Parameters
    ----------
    path : path
        A file of CSV, Excel, LibreOffice (``.ods``) or Parquet.
    sheet : str, optional
        Name of the sheet. None: the only one that is visible and has data.
    hidden_rows : {"send", "skip"}, optional
        Whether rows that a filter hides are people to send to. None: refuse a file that has some.
    encoding : str, optional
        Encoding of a CSV file, such as "cp1252". None: UTF-8.

    Returns
    -------
    DataFrame of string
        One row per row of the file, on the number of its line (``index.name`` is "line"). Columns
        of a Parquet file keep their kinds.

    Raises
    ------
    InputError
        The file is not there, cannot be read, or can be read in two ways.

    Examples
    --------
    >>> import pathlib, smsframe
    >>> file = pathlib.Path("people.csv")
    >>> _ = file.write_text("sep=;\nmobile;code\n+1 201-555-0123;007\n")
    >>> smsframe.read(file)["code"].tolist()
    ['007']
    >>> file.unlink()
    """
    faults: list[str] = []
    path_fault("path", path, faults)
    check_text("sheet", sheet, faults)
    check_text("encoding", encoding, faults)
    if hidden_rows is not None:
        check_choice("hidden_rows", hidden_rows, ("send", "skip"), faults)
    refuse(faults)
    cells = read_cells(Path(path), sheet=sheet, hidden_rows=hidden_rows, encoding=encoding)
    frame = prepared(cells, {})
    if frame.index.name != "line":
        return frame
    texts = {name: frame[name].map(as_text, na_action="ignore") for name in frame}
    return pd.DataFrame(texts, index=frame.index).astype("string")


def as_text(value: Any) -> str | None:
    """Return a cell as text; a text as it is."""
    return str(value) if isinstance(value, str) else text_of(value)


def read_frame(path: Path, formats: Mapping[Any, str]) -> pd.DataFrame:
    """Read a file as :func:`read_cells` does and prepare it as :func:`prepared` does."""
    return prepared(read_cells(path), formats)


def read_cells(
    path: Path,
    *,
    sheet: str | None = None,
    hidden_rows: Literal["send", "skip"] | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
) -> pd.DataFrame:
    """Read a CSV, Excel or Parquet file, every cell as a person sees it; empty ones are missing.

    Rows of a CSV or Excel file carry the number of their line, as an editor or spreadsheet shows
    it.

    Raises
    ------
    InputError
        The file is not there, of another kind, cannot be read, or can be read in two ways.
    """
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder, not a file.")
    check_ending(path)
    kind = kind_of(path)
    _refuse_unfit(path, {"sheet": sheet, "hidden_rows": hidden_rows, "encoding": encoding}, kind)
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}.")
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of workbooks with features that do not concern us
            if kind == "csv":
                frame = read_csv(path, encoding)
            elif kind == "parquet":
                frame = pd.read_parquet(path)
            else:
                frame, notes = read_workbook(
                    path, sheet=sheet, hidden_rows=hidden_rows, decimal=decimal or "."
                )
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path.name} cannot be read: {first_line(error)}") from error
    for note in notes:
        warn_caller(note, SmsframeWarning)
    return frame


def prepared(
    cells: pd.DataFrame, formats: Mapping[Any, str], decimal: str | None = None
) -> pd.DataFrame:
    """Return cells as a message takes them: blank words missing, formatted columns typed.

    Raises
    ------
    InputError
        A cell of a column with a format is no number or no date, or has two readings.
    """
    frame = cells.copy(deep=False)
    for name in frame.columns if cells.index.name == "line" else ():
        blank = are_words(cells[name])
        if blank.any():
            frame[name] = cells[name].mask(blank)
    usable = {name: spec for name, spec in formats.items() if fault_of(spec) is None}
    return typed(frame, {name: inside(spec) for name, spec in usable.items()}, decimal)


def are_words(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells of a file hold a word that programs write for no value."""
    found: npt.NDArray[np.bool_] = texts_of(column).str.strip().isin(sorted(WORDS)).to_numpy(bool)
    return found


def check_header(cells: pd.DataFrame, named: Iterable[str], file: str) -> None:
    """Refuse a file whose header stands below its first line, as that under a title does.

    Raises
    ------
    InputError
        Columns that are named are no columns, but stand together in one of the first lines.
    """
    missing = {name for name in named if name not in cells.columns}
    if not missing or cells.index.name != "line":
        return
    for line, row in zip(
        cells.index, cells.head(TITLE_LINES).itertuples(index=False), strict=False
    ):
        if missing <= {cell for cell in row if isinstance(cell, str)}:
            raise InputError(
                f"{file}: the names of the columns stand in line {line}, not in the first line. "
                "Delete what stands above them."
            )


def with_cells(results: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return results whose own columns have the cells of the file, as they were read."""
    own = [name for name in results.columns if name in cells.columns and name not in RESULT_COLUMNS]
    return results.assign(**{name: cells[name].array for name in own})


def check_ending(path: Path) -> None:
    """Refuse a path whose ending names no kind of file that is known."""
    known = (*TEXT, *EXCEL, *PARQUET)
    if path.suffix.lower() not in known:
        raise InputError(f"{path.name}: the ending must be one of {', '.join(known)}.")


def is_same(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file: by another spelling, a link, or another name."""
    with contextlib.suppress(OSError):  # one of them is not there, or not ours to look at
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


def kind_of(path: Path) -> Literal["csv", "excel", "parquet"]:
    """Return what kind of file an ending names."""
    ending = path.suffix.lower()
    return "excel" if ending in EXCEL else "parquet" if ending in PARQUET else "csv"


def _refuse_unfit(path: Path, given: Mapping[str, str | None], kind: str) -> None:
    """Refuse options that say nothing about this kind of file."""
    meant = {"csv": ("encoding",), "excel": ("sheet", "hidden_rows"), "parquet": ()}[kind]
    for name, value in given.items():
        if value is not None and name not in meant:
            unfit = arg(name, value), " does not fit this kind of file."
            raise InputError(Sentence(f"{path.name}: ", *unfit))


def texts_of(column: pd.Series) -> pd.Series:
    """Return the texts of a column; other cells are missing."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    if isinstance(column.dtype, (pd.CategoricalDtype, pd.ArrowDtype)):
        column = column.astype(object)
    cells = column if column.dtype == object else ()
    texts = [cell if isinstance(cell, str) else None for cell in cells] or None
    return pd.Series(texts, index=column.index, dtype="string")


def first_line(error: Exception) -> str:
    """Return the first line of what went wrong, as a sentence."""
    line = (str(error) or type(error).__name__).splitlines()[0].rstrip()
    return line if line.endswith((".", "!", "?")) else f"{line}."

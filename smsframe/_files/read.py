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
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from smsframe._base.no_value_words import WORDS
from smsframe._base.result_columns import RESULT_COLUMNS
from smsframe._base.sentences import arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import (
    check_bool,
    path_fault,
    refuse,
    refuse_unreachable,
    shown_label,
    unusable,
)
from smsframe._files.csv_reader import read_csv
from smsframe._files.decided import Decided, phones_as_text
from smsframe._files.typed_columns import read_as, typed
from smsframe._files.way import Way
from smsframe._files.workbooks import VALUES_ALONE, read_workbook
from smsframe._text.format_specs import fault_of, inside
from smsframe._text.format_value import text_of
from smsframe.errors import InputError, SmsframeWarning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt


EXCEL = (".xlsx", ".xlsm", *VALUES_ALONE)
PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".txt", ".tsv")
PACKED: Final = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")
TITLE_LINES: Final = 20


@public
def read(
    path: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    hidden_rows: Literal["send", "skip"] | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    decimal: Literal[".", ","] | None = None,
    header_line: int | None = None,
    numbers: Sequence[str] | None = None,
    dates: Sequence[str] | None = None,
    quiet: bool = False,
) -> pd.DataFrame:
    r"""Read a file of people as the command line does: every cell as a person saw it.

    Phones and order numbers keep their leading zeros, 15 % of an Excel sheet is ``15%``. Empty
    cells and words such as ``N/A`` and ``#N/A`` are missing. What was decided is printed in one
    line. What can be read in two ways (hidden rows, several sheets, two columns of one name, lines
    with too many fields) is refused, with what to say.

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
    separator : str of one character, or "tab", optional
        What stands between the cells of a CSV file. None: what ``sep=`` in its first line says,
        else the commonest of comma, semicolon, tab and ``|`` among the names of its columns.
    decimal : {".", ","}, optional
        Decimal mark of the columns in ``numbers``, and of the numbers that an Excel sheet shows.
        None: the point; a column in ``numbers`` with two readings is refused.
    header_line : int, optional
        Line (row of a sheet), from 1, that has the names of the columns; what stands above is left
        out. None: the first that is not blank.
    numbers : list of str, optional
        Columns to read as numbers, for ``formats=``. None: every cell stays text, for a number that
        is read and written again is not what stood there.
    dates : list of str, optional
        Columns to read as dates, the year first. None: every cell stays text. An offset from UTC
        (``14:30Z``, ``14:30+02:00``) is kept.
    quiet : bool, default False
        Print nothing.

    Returns
    -------
    DataFrame of string
        One row per row of the file, on the number of its line (``index.name`` is "line");
        ``numbers`` are Int64 or float64, ``dates`` datetime64 (object where times have several
        offsets from UTC). Columns of a Parquet file keep their
        kinds, but for numbers as long as phones (ten digits), which are string.
        ``attrs["smsframe"]["read"]`` has what was decided, by argument.

    Raises
    ------
    InputError
        The file is not there, cannot be read, or can be read in two ways.

    Examples
    --------
    >>> import pathlib, smsframe
    >>> file = pathlib.Path("people.csv")
    >>> _ = file.write_text("mobile;code\n+1 201-555-0123;007\n")
    >>> people = smsframe.read(file)
    people.csv: 1 row, 2 columns · UTF-8, separator ';', header in line 1 · every cell is text
    >>> people["code"].tolist()
    ['007']
    >>> file.unlink()
    """
    faults: list[str] = []
    path_fault("path", path, faults)
    way = Way(
        sheet=sheet,
        hidden_rows=hidden_rows,
        encoding=encoding,
        separator=separator,
        header_line=header_line,
        decimal=decimal,
    )
    way.check(faults)
    kinds = {"numbers": _names("numbers", numbers, faults), "dates": _names("dates", dates, faults)}
    check_bool("quiet", quiet, faults)
    refuse(faults)
    place = Path(path)
    _refuse_decimal(place, decimal, kinds["numbers"])
    cells, decided = read_cells_in(place, way)
    _refuse_other_columns(cells, kinds, place.name)
    frame, decided = _of_kinds(cells, kinds, decided, decimal)
    frame.attrs["smsframe"] = {"read": decided.to_dict()}
    if not quiet:
        print(decided.line(place.name, frame))  # noqa: T201 - the line looked for under the cell
    return frame


def _of_kinds(
    cells: pd.DataFrame, kinds: Mapping[str, tuple[str, ...]], decided: Decided, decimal: str | None
) -> tuple[pd.DataFrame, Decided]:
    """Return cells as texts, but for the columns that are to be numbers or dates."""
    if decided.kind == "parquet":
        frame, as_texts = phones_as_text(cells)
        return frame, replace(decided, as_text=as_texts)
    blanked = prepared(cells, {})
    more = blanked.isna().sum() - cells.isna().sum()
    blank = {str(name): int(count) for name, count in more.items() if count}
    typed_ones = {
        name: read_as(blanked[name], kind, decimal) for kind, some in kinds.items() for name in some
    }
    texts = {
        name: typed_ones[name]
        if name in typed_ones
        else blanked[name].map(as_text, na_action="ignore").astype("string")
        for name in blanked
    }
    mark = (decimal or ".") if kinds["numbers"] or decided.kind == "excel" else None
    told = replace(
        decided, decimal=mark, numbers=kinds["numbers"], dates=kinds["dates"], blank=blank
    )
    return pd.DataFrame(texts, index=cells.index), told


def _names(argument: str, given: Any, faults: list[str]) -> tuple[str, ...]:
    """Return names of columns."""
    if given is None:
        return ()
    is_list = not isinstance(given, str) and isinstance(given, (list, tuple, pd.Index))
    if is_list and all(isinstance(name, str) for name in given):
        return tuple(dict.fromkeys(given))
    faults.append(unusable(argument, given, "a list of names of columns"))
    return ()


def _refuse_decimal(path: Path, decimal: str | None, numbers: tuple[str, ...]) -> None:
    """Refuse a decimal mark that says nothing: the cells of a CSV stay as they are."""
    if decimal is not None and not numbers and kind_of(path) == "csv":
        raise InputError(
            f"{path.name}: every cell of a CSV stays the text that it is, so ",
            arg("decimal", decimal),
            " says nothing. Name the columns of numbers too: ",
            arg("numbers", python="[...]"),
            ".",
        )


def _refuse_other_columns(
    cells: pd.DataFrame, kinds: Mapping[str, tuple[str, ...]], file: str
) -> None:
    """Refuse names that are no columns, or a kind for a file that knows its kinds."""
    for kind, names in kinds.items():
        if names and cells.index.name != "line":
            raise InputError(f"{file} knows the kinds of its columns. Leave ", arg(kind), " out.")
        missing = [name for name in names if name not in cells.columns]
        if missing:
            raise InputError(
                f"{file} has no column {missing[0]!r}, which ",
                arg(kind),
                f" names. It has: {', '.join(map(repr, cells.columns[:20]))}.",
            )
    both = set(kinds["numbers"]) & set(kinds["dates"])
    if both:
        name = min(both)
        raise InputError(
            arg("numbers"), " and ", arg("dates"), f" both name {name!r}. It can be one."
        )


def as_text(value: Any) -> str | None:
    """Return a cell as text; a text as it is."""
    return str(value) if isinstance(value, str) else text_of(value)


def read_frame(path: Path, formats: Mapping[Any, str]) -> pd.DataFrame:
    """Read a file as :func:`read_cells` does and prepare it as :func:`prepared` does."""
    return prepared(read_cells(path), formats)


def read_cells(path: Path, way: Way | None = None) -> pd.DataFrame:
    """Read a file as `read_cells_in` does, without what was decided."""
    return read_cells_in(path, way or Way())[0]


def read_cells_in(path: Path, way: Way) -> tuple[pd.DataFrame, Decided]:
    """Read a CSV, Excel or Parquet file, every cell as a person sees it; empty ones are missing.

    Rows of a CSV or Excel file carry the number of their line, as an editor or spreadsheet shows
    it. What was decided comes with the frame.

    Raises
    ------
    InputError
        The file is not there, of another kind, cannot be read, or can be read in two ways.
    """
    refuse_unreachable(path)
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder, not a file.")
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise InputError(
            f"{str(path)!r} is no file but what another program writes, and a list is read more "
            "than once. Write it to a file first, such as people.csv."
        )
    refuse_packed(path)
    check_ending(path)
    kind = kind_of(path)
    _refuse_unfit(path, way, kind)
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}.")
    try:
        if kind == "csv":
            return read_csv(path, way)
        if kind == "parquet":
            import pyarrow.parquet as pq  # noqa: PLC0415 - only for such files

            place = path.absolute()  # else a:b/people.parquet is an address
            refuse_doubled(pq.read_schema(place).names, path.name)
            return pd.read_parquet(place), Decided(kind=kind)
        return read_workbook(path, way)
    except (InputError, SmsframeWarning):
        raise
    except Exception as error:
        raise InputError(f"{path.name} cannot be read: {first_line(error)}") from error


def refuse_packed(path: Path) -> None:
    """Refuse a file that is to be unpacked first."""
    if path.suffix.lower() in PACKED:
        raise InputError(f"{path.name} is packed. Unpack it, and give what was in it.")


def refuse_doubled(names: Sequence[str], file: str) -> None:
    """Refuse a file that has two columns of one name."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"{file} has column {shown_label(twice[0])} more than once. Rename one, so that it is "
            "plain which is meant."
        )


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
    return with_formats(frame, formats, decimal)


def with_formats(
    frame: pd.DataFrame, formats: Mapping[Any, str], decimal: str | None = None
) -> pd.DataFrame:
    """Return a frame whose columns with a format are of the kind that it needs.

    Raises
    ------
    InputError
        As `prepared` does.
    """
    usable = {name: spec for name, spec in formats.items() if fault_of(spec) is None}
    return typed(frame, {name: inside(spec) for name, spec in usable.items()}, decimal)


def are_words(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells of a file hold a word that programs write for no value."""
    return texts_of(column).str.strip().isin(sorted(WORDS)).to_numpy(bool)


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
                f"{file}: the names of the columns stand in line {line}, not in the first "
                "line. Delete what stands above them, or give ",
                arg("header_line", int(line)),
                ".",
            )


def with_cells(results: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return results whose own columns have the cells of the file, as they were read."""
    own = [name for name in results.columns if name in cells.columns and name not in RESULT_COLUMNS]
    return results.assign(**{name: cells[name].array for name in own})


def check_ending(path: Path, *, but: Collection[str] = ()) -> None:
    """Refuse a path whose ending names no kind of file that is known."""
    known = [ending for ending in (*TEXT, *EXCEL, *PARQUET) if ending not in but]
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


def _refuse_unfit(path: Path, way: Way, kind: str) -> None:
    """Refuse options that say nothing about this kind of file."""
    meant = {
        "csv": ("encoding", "separator", "header_line"),
        "excel": ("sheet", "hidden_rows", "header_line"),
        "parquet": (),
    }[kind]
    for name, value in asdict(way).items():
        if value is not None and name not in (*meant, "decimal"):
            unfit = arg(name, value), " does not fit this kind of file."
            raise InputError(f"{path.name}: ", *unfit)


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

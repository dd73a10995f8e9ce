"""Columns of a frame read as texts, and what is said of their cells as they are read.

A column may fill several tags, and be a field of a lookup too: what is wrong with its cells is
noted when it is read first.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.sentences import Sentence, arg, words
from smsframe._phones.to_strings import cell_text
from smsframe._plan.value_problems import note_values
from smsframe._text import values
from smsframe._text.format_value import plain_value

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._plan.problems import Problems
    from smsframe._text.values import Format

BLANK = words("is blank here", at_shell="is blank here (words such as N/A and None count as blank)")


class ColumnValues:
    """The columns of a frame as texts, by their formats.

    Parameters
    ----------
    frame : DataFrame
    formats : mapping of column to format
    problems : Problems
        Where what is wrong with the cells is noted.

    Attributes
    ----------
    read_columns : list of column labels
        Those that were read, in that order.
    """

    def __init__(
        self, frame: pd.DataFrame, formats: Mapping[Hashable, Format], problems: Problems
    ) -> None:
        self.frame = frame
        self.problems = problems
        self.read_columns: list[Hashable] = []
        self._formats = formats

    def texts(self, column: Hashable) -> pa.Array:
        """Return a column as text; note what is wrong with its cells."""
        fmt = self._formats.get(column)
        written = values.to_text(self.frame[column], fmt, name=str(column))
        if column not in self.read_columns:
            self.read_columns.append(column)
            note_values(self.problems, column, self.frame[column], fmt, written)
        return written.texts

    def note_missing(self, column: Hashable, texts: pa.Array, *, code: str, sentence: str) -> None:
        """Note rows without a value; an infinite number is none either, but is no blank cell."""
        blank = np.flatnonzero(pc.is_null(texts).to_numpy(zero_copy_only=False))
        rows = np.setdiff1d(blank, self._unreadable(column))
        if not len(rows):
            return
        cells = self.frame[column].iloc[rows]
        infinite = _is_infinite(cells)
        if fmt := self._formats.get(column):
            given = (
                np.array([plain_value(cell) is not None for cell in cells], dtype=bool) & ~infinite
            )
            how = f"format {fmt!r}" if isinstance(fmt, str) else "function"
            self.problems.rows(
                code,
                Sentence(
                    f"The {how} of column {column!r} makes nothing of this cell, and there is no "
                    "default. Change ",
                    arg(f"formats[{str(column)!r}]", screen="the format"),
                    " so that it suits every value of the column, or give a default.",
                ),
                rows[given],
                column=column,
            )
            rows, infinite = rows[~given], infinite[~given]
        self.problems.rows(code, sentence, rows[~infinite], column=column)
        self.problems.rows(
            "value_infinite",
            f"Column {column!r} holds an infinite number (inf) here, which comes from a division "
            "by zero and is no text. Correct the cell, or empty it if a default shall stand in.",
            rows[infinite],
            column=column,
        )

    def _unreadable(self, column: Hashable) -> Positions:
        """Return the rows whose cell of a column has no text: they are no blank cells either."""
        faults = [f for f in self.problems.faults if f.code == "value_unreadable"]
        found = [f.positions for f in faults if f.column == column and f.positions is not None]
        return np.concatenate([*found, np.empty(0, dtype=np.int64)])


def _is_infinite(cells: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells are infinite numbers; texts that say so are texts."""
    dtype = cells.dtype
    if isinstance(dtype, pd.StringDtype) or pd.api.types.is_datetime64_any_dtype(dtype):
        return np.zeros(len(cells), dtype=bool)
    try:
        numbers = pd.to_numeric(pd.Series(cells.to_numpy(dtype=object)), errors="coerce")
    except (TypeError, ArithmeticError):  # pandas cannot look at a signalling NaN
        return np.array([isinstance(cell, Decimal) and cell.is_infinite() for cell in cells])
    return np.isinf(numbers.to_numpy(dtype=np.float64, na_value=np.nan))


def masked_cells(mask: Callable[[str], str], cells: pd.Series, rows: Positions) -> list[str | None]:
    """Return the cells of rows as texts, masked."""
    return [None if text is None else mask(text) for text in map(cell_text, cells.iloc[rows])]

"""How a file was read, in one line and as values: what was decided, and what can be said instead.

Whoever reads a file has to see that a semicolon was taken for the separator, or the second sheet
for the one that is meant: the text goes to whoever stands in the column. So ``read`` prints the
line, and keeps it beside the frame, where it is found later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from smsframe._base.masking import LEAST_PHONE, mask_label
from smsframe._base.result_rows import arrow_texts
from smsframe._base.sentences import many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMED: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided of a file; None where its kind leaves nothing to decide.

    ``header_line`` counts from 1. ``decimal`` is the mark of the columns in ``numbers``, or of the
    numbers that an Excel sheet shows. ``as_text`` are columns of a Parquet file whose numbers may
    be phones; ``blank`` counts the cells of each column in which a program has written a word for
    no value.
    """

    kind: str
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    header_line: int | None = None
    decimal: str | None = None
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    as_text: tuple[str, ...] = ()
    blank: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return what was decided, by the argument that says otherwise."""
        names = ("encoding", "separator", "sheet", "header_line", "decimal")
        known = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        lists = ("numbers", "dates", "as_text", "blank")
        listed = {name: list(getattr(self, name)) for name in lists}
        return {"kind": self.kind, **known, **{name: some for name, some in listed.items() if some}}

    def line(self, file: str, frame: pd.DataFrame) -> str:
        """Return what was decided, in one line."""
        rows, columns = frame.shape
        size = f"{many(rows, 'row')}, {many(columns, 'column')}"
        where = "row" if self.kind == "excel" else "line"
        how = [
            None if self.encoding is None else self.encoding.upper(),
            None if self.separator is None else f"separator {self.separator!r}",
            None if self.sheet is None else f"sheet {mask_label(self.sheet)!r}",
            None if self.header_line is None else f"header in {where} {self.header_line}",
        ]
        told = [f"{mask_label(file)}: {size}", ", ".join(filter(None, how)), *self._cells()]
        if self.blank:
            cells = sum(self.blank.values())
            found = f"{many(cells, 'cell')} of {_listed(list(self.blank))}"
            told.append(f"blank for a word such as NULL or #N/A: {found}")
        return " · ".join(filter(None, told))

    def _cells(self) -> list[str]:
        """Return what the cells are."""
        if self.kind == "parquet":
            return [f"as text: {_listed(self.as_text)}"] if self.as_text else ["kinds as stored"]
        typed = []
        if self.numbers:
            typed.append(f"numbers (decimal {self.decimal!r}): {_listed(self.numbers)}")
        if self.dates:
            typed.append(f"dates: {_listed(self.dates)}")
        return [*typed, "all others are text"] if typed else ["every cell is text"]


def _listed(names: Sequence[str]) -> str:
    """Return names, the first of them."""
    more = ", …" if len(names) > NAMED else ""
    return ", ".join(map(mask_label, names[:NAMED])) + more


def phones_as_text(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a frame whose columns of numbers that may be phones are texts, and their names."""
    out, names = frame.copy(deep=False), []
    for place in range(len(frame.columns)):
        column = frame.iloc[:, place]
        if may_be_phones(column):
            out.isetitem(place, pd.array(arrow_texts(column), dtype="string"))
            names.append(str(frame.columns[place]))
    return out, tuple(names)


def may_be_phones(column: pd.Series[Any]) -> bool:
    """Tell whether a column has whole numbers alone, and one as long as a phone number."""
    if not pd.api.types.is_integer_dtype(column.dtype):
        if not pd.api.types.is_float_dtype(column.dtype):
            return False
        if not bool((column.isna() | (column % 1 == 0)).all()):
            return False
    return bool((column.dropna().abs() >= LEAST_PHONE).any())

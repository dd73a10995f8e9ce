"""Cells of objects that a frame can hold, and neither Arrow nor a file.

They are a text that was cut in two within a character, and a decimal whose NaN raises an error
wherever it is looked at.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa


def without_odd_cells(column: pd.Series) -> pd.Series:
    """Return a column with a question mark for half a character, and None for such a NaN."""
    if column.dtype != object:
        return column
    try:
        if pa.types.is_string(pa.array(column.to_numpy(), from_pandas=True).type):
            return column
    except (pa.ArrowException, ArithmeticError, OverflowError, TypeError, ValueError):
        pass
    cells = [_plain(cell) for cell in column.tolist()]
    return pd.Series(cells, index=column.index, dtype=object, name=column.name)


def _plain(cell: Any) -> Any:
    """Return one cell as it can be written."""
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()
    return None if isinstance(cell, Decimal) and cell.is_snan() else cell

"""A pandas column of any dtype → an Arrow array of texts, null where there is no value.

Integers become their digits, floats the digits of the integer they are (a column of integers with
one gap is a float column in pandas). A float that is no integer keeps its text and is a fault of
its row in a column of mixed objects, and of the column (``corruption``) in a column of floats.
Nothing here turns a missing value into a text such as "nan".
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import is_text

EXACT_INTEGERS_BELOW = 2.0**53
"""Floats of this size and more no longer tell neighbouring integers apart."""

_DIGITS_OF = {np.float32: 24, np.float16: 11}


def is_text_or_number(column: pd.Series) -> bool:
    """Tell whether the dtype can hold phone numbers at all."""
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return is_text_or_number(_dense(column.head(0)))
    if isinstance(dtype, pd.CategoricalDtype):
        return is_text_or_number(dtype.categories.to_series())
    if pd.api.types.is_bool_dtype(dtype):
        return False
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        return bool(is_text(kind) or numbers or pa.types.is_decimal(kind))
    is_number = pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c"
    is_string = isinstance(dtype, pd.StringDtype) or pd.api.types.is_object_dtype(dtype)
    return bool(is_number or is_string)


def texts_of(column: pd.Series) -> pa.Array:
    """Return the cells as texts, in the column's order."""
    if isinstance(column.dtype, pd.SparseDtype):
        return texts_of(_dense(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _texts_of_categories(column)
    if not is_text_or_number(column):
        return pa.nulls(len(column), pa.string())
    if not isinstance(column.dtype, pd.ArrowDtype) and pd.api.types.is_object_dtype(column.dtype):
        return _texts_of_objects(column)
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return _as_texts(array)


def _dense(column: pd.Series) -> pd.Series:
    """Return a sparse column with all its cells."""
    return pd.Series(np.asarray(column), index=column.index)


def _texts_of_categories(column: pd.Series) -> pa.Array:
    """Return the texts of a categorical column by way of its categories."""
    categories = texts_of(column.cat.categories.to_series())
    codes = pa.array(column.cat.codes.to_numpy(), mask=column.isna().to_numpy())
    return categories.take(codes)


def _as_texts(array: pa.Array) -> pa.Array:
    """Return an Arrow array of strings or numbers as strings."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _as_texts(array.dictionary_decode())
    if pa.types.is_floating(kind):
        return _texts_of_floats(array)
    if pa.types.is_decimal(kind):
        return pa.array([cell_text(cell) for cell in array.to_pylist()], pa.string())
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    return array.cast(pa.string())


def _texts_of_floats(array: pa.Array) -> pa.Array:
    """Return whole floats as digits and all others as they are written."""
    numbers = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    missing = np.isnan(numbers)
    whole = ~missing & (np.abs(numbers) < EXACT_INTEGERS_BELOW) & (numbers == np.trunc(numbers))
    integers = np.where(whole, numbers, 0).astype(np.int64)
    texts = pa.array(integers, mask=missing).cast(pa.string())
    if (whole | missing).all():
        return texts
    odd = ~whole & ~missing
    written = pa.array([repr(number) for number in numbers[odd].tolist()], pa.string())
    return pc.replace_with_mask(texts, pa.array(odd), written)


def _texts_of_objects(column: pd.Series) -> pa.Array:
    """Return the texts of Python objects; all strings is the common case and the quick one."""
    try:
        array = pa.array(column.to_numpy(), from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = pa.array([])
    kind = array.type
    if len(array) == len(column) and (pa.types.is_string(kind) or pa.types.is_integer(kind)):
        return array.cast(pa.string())
    return pa.array([cell_text(cell) for cell in column.tolist()], pa.string())


def cell_text(cell: Any) -> str | None:
    """Return one object as text, None when it is missing."""
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()
    if isinstance(cell, (bool, np.bool_)) or not pd.api.types.is_scalar(cell):
        return f"({type(cell).__name__})"
    if (isinstance(cell, Decimal) and cell.is_nan()) or pd.isna(cell):  # pandas raises for sNaN
        return None
    if isinstance(cell, (int, np.integer)):
        return str(int(cell))
    if isinstance(cell, (float, np.floating, Decimal)):
        return _whole(cell)
    return f"({type(cell).__name__})"


def _whole(number: Any) -> str:
    """Return the digits of a number that is whole and exact, any other as it is written.

    A shorter float is rounded far below: it is written as what it is, in scientific notation.
    """
    if (
        isinstance(number, (np.float32, np.float16))
        and abs(number) >= 2.0 ** _DIGITS_OF[type(number)]
    ):
        return f"{number:E}"
    exact = math.isfinite(number) and abs(number) < EXACT_INTEGERS_BELOW
    return str(int(number)) if exact and number == int(number) else str(number)

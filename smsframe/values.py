"""How a value becomes text: one rule, for every kind of column.

**The text of a cell depends on that cell alone**, never on its neighbours or on the kind of column
it sits in. It must: what was sent is recognised by its text, so if ten more rows could change how
the first ten are written, those would be sent again.

============================  =============================================================
value                         text
============================  =============================================================
NaN, None, NaT, NA, blank     missing (null), as are infinities: a text never says "inf"
text                          as it is, without white space and invisible marks at its ends;
                              line breaks and control characters inside are kept
number without a fraction     its digits, whatever the type: ``3``, also where one gap has
                              made floats of a column; in a column with fractions as well
number with a fraction        the shortest digits that read back as it, never an exponent:
                              ``12.5``, ``0.0000001``
decimal                       all the digits it carries: ``12.50``
truth value                   ``True`` or ``False``
date, or time at midnight     ``2026-11-22``
date with a time              ``2026-11-22 14:30``; with seconds where they are not zero;
                              fractions of a second are dropped; wall time of its own zone
time of day                   ``14:30``, ``14:30:05``
duration                      ``2 days``, ``1 day 02:30``, ``-00:00:05``
period                        as pandas writes it: ``2026-11``, ``2026Q4``
category                      what is in the category, by the rules above
list, dict, bytes, other      refused, with the row and the cure
============================  =============================================================

``formats`` replaces the rule for a column: a format specification, or a function of one value. Both
get plain Python values; a number without a fraction comes as an int, so that one gap in a column of
integers changes neither ``"03d"`` nor ``f"{value} items"``. They are applied once per distinct
value. A specification for dates needs a ``%`` code: Python would take any other as the text itself.

White space counts as blank, and so do the invisible marks U+200B, U+2060 and U+FEFF, which
spreadsheets and web pages leave behind. A result of ``formats`` keeps its ends (``">10"`` pads on
purpose), but one that is blank is missing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.cells import (
    BLANKS,
    EXACT_INTEGERS_BELOW,
    cure_for,
    formatted,
    shown,
    shown_reason,
    text_of,
)
from smsframe.checks import quoted
from smsframe.errors import InputError
from smsframe.masking import Plain, mask_phone

if TYPE_CHECKING:
    from collections.abc import Sequence

Format: TypeAlias = str | Callable[[Any], Any]
Codes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

_POSITIONAL: Final = (1e-4, 1e10)  # Arrow may write sizes outside with an exponent
_DAY_SECONDS: Final = 86_400
LONGEST_TEXT: Final = 800  # characters of a message, by the API's limit
SLICE_ROWS: Final = 65_536
# [[fill]align][sign][z][#][0][width][grouping][.precision][type] of a format specification
_WIDTHS: Final = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0*(\d*)[,_]?(?:\.(\d+))?[a-zA-Z%]?", re.DOTALL)
_LARGEST_STRING_ARRAY_BYTES: Final = 2**31 - 1
_ARROW_REFUSES: Final = (
    pa.ArrowException,
    OverflowError,
    TypeError,
    ValueError,
)

# Equal values of these types have equal texts; 1 == True and 1.50 == 1.5 show that not all have.
_EQUAL_TEXT_TYPES: Final = frozenset({str, int, bool, float, dt.date, np.int64, np.float64})


class _UnwritableError(Exception):
    """Some distinct values cannot be written; holds the first, and all their places."""

    def __init__(self, value: Any, places: Sequence[int], reason: Exception) -> None:
        super().__init__(str(reason))
        self.value, self.places, self.reason = value, list(places), reason


def to_text(column: pd.Series[Any], fmt: Format | None = None, *, name: str) -> pa.StringArray:
    """Write every value of a column as text.

    The column is not changed. See the module for how each kind of value is written.

    Parameters
    ----------
    column : pandas.Series
        Any dtype. Its index labels are used in errors only.
    fmt : str or callable, optional
        A format specification as for :func:`format` (``",.2f"``, ``">10"``, ``"%d %b"`` for dates)
        or a function that takes one value and returns its text. The function is called once per
        distinct value; None or a blank text means missing, another kind of result is written by
        the rule. Omitted or empty: the rule.
    name : str
        What the column is called in errors.

    Returns
    -------
    pyarrow.StringArray
        As long as the column, null where missing, nowhere blank. (A LargeStringArray where the
        texts take more than 2 GiB.)

    Raises
    ------
    InputError
        A value is no text, number, truth value or time, or ``fmt`` fails for it. The sentence
        names column, row and cure; ``details`` holds ``column``, ``label``, ``position`` and
        ``rows``, the number of rows concerned.

    Examples
    --------
    >>> to_text(pd.Series([3, None, 12]), name="items").to_pylist()
    ['3', None, '12']
    >>> to_text(pd.Series([1234.5]), ",.2f", name="total").to_pylist()
    ['1,234.50']
    """
    if not (fmt is None or isinstance(fmt, str) or callable(fmt)):
        raise InputError(
            f"The format of column {name!r} is a format specification such as ',.2f' or a function "
            f"of one value, not {type(fmt).__name__}."
        )
    if isinstance(fmt, str):
        _refuse_wide(fmt, name)
    try:
        return _formatted(column, fmt) if fmt else _written(column)
    except _UnwritableError as fault:
        complaint = _complaint(column, fmt, name, fault)
    raise complaint  # out here, since what it comes from may quote the value


def _refuse_wide(fmt: str, name: str) -> None:
    """Raise InputError for a format that pads to more than a message can hold."""
    found = _WIDTHS.fullmatch(fmt)
    if found and any(int(digits[:9]) > LONGEST_TEXT for digits in found.groups() if digits):
        raise InputError(
            Plain(
                f"The format {quoted(fmt)} of column {mask_phone(repr(name))} asks for more than "
                f"{LONGEST_TEXT} characters, the most that a message has. Give a smaller width."
            ),
            column=name,
        )


def _written(column: pd.Series[Any]) -> pa.Array:
    """Write a column by the rule: whole columns in Arrow where it can, else distinct values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _by_category(column, _written)
    array = _arrow(column)
    if array is None and set(map(type, column.dropna())) == {float}:
        array = pa.array(column, pa.float64(), from_pandas=True)
    texts = None if array is None else _whole_column(array)
    return _by_value(column, text_of) if texts is None else _stripped(texts)


def _formatted(column: pd.Series[Any], fmt: Format) -> pa.Array:
    """Write the distinct values of a column by a format."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _by_category(column, lambda categories: _formatted(categories, fmt))
    return _by_value(column, lambda value: formatted(value, fmt))


def _complaint(
    column: pd.Series[Any], fmt: Format | None, name: str, fault: _UnwritableError
) -> InputError:
    """Say which cell cannot be written, why, and what to do about it."""
    position, rows = fault.places[0], len(fault.places)
    label = column.index[position]
    more = f" {rows} rows have such a value." if rows > 1 else ""
    how = f" with format {fmt!r}" if isinstance(fmt, str) else " with its function" if fmt else ""
    return InputError(
        f"Column {name!r}, row {label!r}: {shown(fault.value)} cannot be written{how}: "
        f"{shown_reason(fault.reason)}.{more} {cure_for(fault.value, fmt, name)}",
        column=name,
        label=label,
        position=position,
        rows=rows,
    )


def _by_category(column: pd.Series[Any], write: Callable[[pd.Series[Any]], pa.Array]) -> pa.Array:
    """Write the categories that are used, and spread them over the rows."""
    used, codes = np.unique(column.cat.codes.to_numpy(), return_inverse=True)
    if missing := bool(len(used) and used[0] < 0):
        used, codes = used[1:], codes - 1
    try:
        texts = write(pd.Series(column.cat.categories[used]))
    except _UnwritableError as fault:
        raise _spread_fault(fault, codes) from fault.reason
    return _spread(codes, texts) if missing else texts.take(pa.array(codes))


def _by_value(column: pd.Series[Any], write: Callable[[Any], str | None]) -> pa.Array:
    """Write each distinct value by a function, and spread the texts over the rows."""
    codes, values = _distinct(column)
    texts: list[str | None] = []
    faults: list[tuple[int, Any, Exception]] = []
    for place, value in enumerate(values):
        try:
            text = write(value)
            if text is not None:
                text.encode()
        except Exception as reason:  # noqa: BLE001 - a caller's function may raise anything
            faults.append((place, value, reason))
        else:
            texts.append(text if text is not None and text.strip(BLANKS) else None)
    if faults:
        first = min(faults, key=lambda fault: int(np.argmax(codes == fault[0])))
        fault = _UnwritableError(first[1], [place for place, _, _ in faults], first[2])
        raise _spread_fault(fault, codes) from first[2]
    return _spread(codes, pa.array(texts, pa.string()))


def _spread(codes: Codes, texts: pa.Array) -> pa.Array:
    """Give each row the text of its code; a negative code is missing."""
    return texts.take(pa.array(codes, mask=codes < 0))


def _spread_fault(fault: _UnwritableError, codes: Codes) -> _UnwritableError:
    """Turn places among distinct values into rows."""
    rows = np.flatnonzero(np.isin(codes, fault.places))
    return _UnwritableError(fault.value, rows.tolist(), fault.reason)


def _distinct(column: pd.Series[Any]) -> tuple[Codes, list[Any]]:
    """Return for each row the place of its value, -1 where missing, and the distinct values."""
    array = _arrow(column)
    if array is not None and _is_text(array.type):
        encoded = _stripped(array).dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64), encoded.dictionary.to_pylist()
    if array is not None and pa.types.is_float32(array.type):
        column = array.to_numpy(zero_copy_only=False)  # a Series would hand them on as doubles
    if column.dtype != object:
        try:
            found, values = pd.factorize(column)
            return found.astype(np.int64), list(values)
        except (*_ARROW_REFUSES, NotImplementedError):
            pass  # nested Arrow types have no distinct values
    return _distinct_objects(column)


def _distinct_objects(column: pd.Series[Any]) -> tuple[Codes, list[Any]]:
    """Find distinct objects; only types whose equal values have equal texts are taken together."""
    codes = np.full(len(column), -1, dtype=np.int64)
    seen: dict[Any, int] = {}
    values: list[Any] = []
    objects = column.tolist()
    for row in np.flatnonzero(column.notna().to_numpy(dtype=bool)).tolist():
        value = objects[row]
        kind = type(value)
        place = seen.setdefault((kind, value) if kind in _EQUAL_TEXT_TYPES else row, len(values))
        if place == len(values):
            values.append(value)
        codes[row] = place
    return codes, values


def _arrow(column: pd.Series[Any]) -> pa.Array | None:
    """Hand a column to Arrow without loss; None where it has to be read value by value."""
    if isinstance(column.dtype, pd.SparseDtype):
        column = pd.Series(np.asarray(column))
    try:
        array = pa.array(_wall_times(column), from_pandas=True)
    except _ARROW_REFUSES:
        return None
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    # Arrow's guess for mixed objects may change digits or drop times; these three it cannot.
    guess_is_safe = _is_text(array.type) or pa.types.is_int64(array.type)
    return array if column.dtype != object or guess_is_safe else None


def _wall_times(column: pd.Series[Any]) -> Any:
    """Take the zone off a column of moments, keeping what its clocks show; leave others alone."""
    kind = getattr(column.dtype, "pyarrow_dtype", None)
    if kind is not None and pa.types.is_timestamp(kind) and kind.tz:
        column = column.astype(pd.DatetimeTZDtype(kind.unit, kind.tz))
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(None)
    return column


def _whole_column(array: pa.Array) -> pa.Array | None:
    """Write a column in Arrow; None for types that are written value by value."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _whole_column(array.dictionary_decode())
    for applies, write in _COLUMN_WRITERS:
        if applies(kind):
            return write(array)
    return None


def _is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type is text, or nothing at all."""
    types = pa.types
    is_view = getattr(types, "is_string_view", types.is_null)
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or is_view(kind) or types.is_null(kind)
    )


def _strings(array: pa.Array) -> pa.Array:
    """Cast to strings; to large ones only where their bytes need it."""
    if pa.types.is_large_string(array.type) and array.nbytes > _LARGEST_STRING_ARRAY_BYTES:
        return array
    return array.cast(pa.string())


def _stripped(texts: pa.Array) -> pa.Array:
    """Strip texts and make blank ones missing; a column that needs neither is kept, not copied."""
    texts = _strings(texts)
    if any(_has_blank_ends(texts.slice(at, SLICE_ROWS)) for at in range(0, len(texts), SLICE_ROWS)):
        texts = pc.utf8_trim(texts, characters=BLANKS)
    blank = pc.equal(texts, "")
    return pc.if_else(blank, pa.scalar(None, texts.type), texts) if pc.any(blank).as_py() else texts


def _has_blank_ends(texts: pa.Array) -> bool:
    """Tell whether stripping would change some text."""
    return _bytes_in(pc.utf8_trim(texts, characters=BLANKS)) != _bytes_in(texts)


def _bytes_in(texts: pa.Array) -> int:
    """Count the bytes of all texts together."""
    return int(pc.sum(pc.binary_length(texts)).as_py() or 0)


def _truths(array: pa.Array) -> pa.Array:
    """Write truth values."""
    return pc.if_else(array, "True", "False")


def _floats(array: pa.Array) -> pa.Array:
    """Write floats: whole ones by their integers, the rest by their shortest digits."""
    numbers = array.to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    whole = (size < EXACT_INTEGERS_BELOW) & (np.trunc(numbers) == numbers)
    missing = ~np.isfinite(numbers)
    integers = pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=~whole).cast(pa.string())
    if (whole | missing).all():
        return integers
    texts = pc.coalesce(integers, pa.array(numbers, mask=whole | missing).cast(pa.string()))
    odd = ~(whole | missing) & ((size < _POSITIONAL[0]) | (size >= _POSITIONAL[1]))
    spelled = pa.array([text_of(number) for number in numbers[odd]], pa.string())
    return pc.replace_with_mask(texts, pa.array(odd), spelled) if odd.any() else texts


def _decimals(array: pa.Array) -> pa.Array | None:
    """Write decimals with all their digits; None where Arrow would use an exponent."""
    texts = array.cast(pa.string())
    return None if pc.any(pc.match_substring(texts, "E")).as_py() else texts


def _dates(array: pa.Array) -> pa.Array:
    """Write dates."""
    return array.cast(pa.date32()).cast(pa.string())


def _times(array: pa.Array) -> pa.Array:
    """Write moments: date, minutes and seconds, as far as they are not zero."""
    moments = array.to_numpy(zero_copy_only=False).astype("datetime64[s]")
    seconds, missing = moments.astype(np.int64), np.isnat(moments)
    midnight = (seconds % _DAY_SECONDS == 0) | missing
    if midnight.all():
        return pa.array(moments.astype("datetime64[D]"), from_pandas=True).cast(pa.string())
    texts = pa.array(moments, from_pandas=True).cast(pa.string())
    minutes = pc.utf8_slice_codeunits(texts, 0, -3)
    if midnight.any():
        minutes = pc.if_else(pa.array(midnight), pc.utf8_slice_codeunits(texts, 0, -9), minutes)
    even = midnight | (seconds % 60 == 0)
    return minutes if even.all() else pc.if_else(pa.array(even), minutes, texts)


_COLUMN_WRITERS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...]] = (
    (_is_text, _strings),
    (pa.types.is_integer, _strings),
    (pa.types.is_boolean, _truths),
    (pa.types.is_float64, _floats),
    (pa.types.is_float32, _floats),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_date, _dates),
    (pa.types.is_timestamp, _times),
)

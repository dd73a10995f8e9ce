"""How a value becomes text: one rule, for every kind of column.

**The text of a cell depends on that cell alone**, never on its neighbours or on the kind of column
it sits in. It must: what was sent is recognised by its text, so if ten more rows could change how
the first ten are written, those would be sent again.

============================  =============================================================
value                         text
============================  =============================================================
NaN, None, NaT, NA, blank     missing (null), as are infinities: a text never says "inf", and
                              words that only programs write, such as ``nan`` and ``#REF!``
text                          as it is, without white space and invisible marks at its ends and
                              without a spreadsheet's guards (``="00123"``, ``'00123``); line
                              breaks and control characters inside are kept
number without a fraction     its digits, whatever the type: ``3``, also where one gap has
                              made floats of a column; in a column with fractions as well
number with a fraction        the shortest digits that read back as it, never an exponent:
                              ``12.5``, ``0.0000001``; 15 digits where that is at least two
                              digits shorter, since the rest is noise: ``0.1 + 0.2`` is ``0.3``
decimal                       all the digits it carries: ``12.50``
truth value                   ``True`` or ``False``
date, or time at midnight     ``2026-11-22``
date with a time              ``2026-11-22 14:30``; with seconds where they are not zero;
                              fractions of a second are dropped; wall time of its own zone
time of day                   ``14:30``, ``14:30:05``
duration                      ``2 days``, ``1 day 02:30``, ``-00:00:05``
period                        as pandas writes it: ``2026-11``, ``2026Q4``
category                      what is in the category, by the rules above
list, dict, bytes, other      a problem of the row, with the fix
============================  =============================================================

``formats`` replaces the rule for a column: a format specification, a text with one pair of braces,
or a function of one value. All get plain Python values; a number without a fraction comes as an
int, so that one gap in a column of integers changes neither ``"03d"`` nor ``f"{value} items"``.
They are applied once per distinct value. A format that suits no value of a column, or one of them
by accident only, is a fault of the argument; one that fails for some values is a problem of their
rows.

White space counts as blank, and so do the invisible marks U+200B, U+2060 and U+FEFF, which
spreadsheets and web pages leave behind; a cell in which nothing shows at all is missing. A result
of ``formats`` keeps its ends (``">10"`` pads on purpose), but one that is blank is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import is_text, strings
from smsframe._base.no_value_words import BLANK_IN_A_FRAME, WORDS
from smsframe._base.sentences import ROW
from smsframe._text.clean_text import clean_texts
from smsframe._text.format_value import (
    BLANKS,
    EXACT_INTEGERS_BELOW,
    MisfitError,
    clean_text,
    fix_for,
    formatted,
    shown,
    shown_reason,
    text_of,
)
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions

Format: TypeAlias = str | Callable[[Any], Any]
Codes: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

_POSITIONAL: Final = (1e-4, 1e10)  # Arrow may write sizes outside with an exponent
_LONGEST_EXACT: Final = 16  # 15 digits and a point; what is longer may be noise
_DAY_SECONDS: Final = 86_400
_ARROW_REFUSES: Final = (pa.ArrowException, OverflowError, TypeError, ValueError)

# Equal values of these types have equal texts; 1 == True and 1.50 == 1.5 show that not all have.
_EQUAL_TEXT_TYPES: Final = frozenset({str, int, bool, float, dt.date, np.int64, np.float64})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritable:
    """Cells that cannot be written, for one reason."""

    reason: Exception
    value: Any  # the first of them
    rows: Positions

    @property
    def sentence(self) -> str:
        """Why they cannot, without a full stop."""
        return shown_reason(self.reason)


@dataclass(slots=True, kw_only=True)
class Written:
    """A column as text, and what was met on the way.

    Attributes
    ----------
    texts : pyarrow.StringArray
        As long as the column, null where missing, nowhere blank. (A LargeStringArray where the
        texts take more than 2 GiB.)
    words : array of int
        Positions of cells that hold a word for no value, such as ``nan`` or ``NULL``.
    unwritable : list of Unwritable
        Cells that have no text; they are null in ``texts``.
    """

    texts: pa.Array
    words: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    unwritable: list[Unwritable] = field(default_factory=list)


def to_text(column: pd.Series[Any], fmt: Format | None = None, *, name: str) -> Written:
    """Write every value of a column as text.

    The column is not changed. See the module for how each kind of value is written.

    Parameters
    ----------
    column : pandas.Series
        Any dtype. Its index labels are used in errors only.
    fmt : str or callable, optional
        A format specification as for :func:`format` (``",.2f"``, ``">10"``, ``"%d %b"`` for
        dates), a text with braces as for ``str.format`` (``"${:,.2f}"``), or a function that takes
        one value and returns its text. The function is called once per distinct value; None or a
        blank text means missing, another kind of result is written by the rule. Omitted or empty:
        the rule.
    name : str
        What the column is called in errors.

    Returns
    -------
    Written
        The texts; which cells hold a word for no value, and which cannot be written.

    Raises
    ------
    InputError
        ``fmt`` suits no value of the column, or some by accident only. The sentence names column,
        row and fix; ``details`` holds ``column``, ``label``, ``position`` and ``rows``, the number
        of rows concerned.

    Examples
    --------
    >>> to_text(pd.Series([3, None, 12]), name="items").texts.to_pylist()
    ['3', None, '12']
    >>> to_text(pd.Series([1234.5]), ",.2f", name="total").texts.to_pylist()
    ['1,234.50']
    """
    if not (fmt is None or isinstance(fmt, str) or callable(fmt)):
        raise InputError(
            f"The format of column {name!r} is a format specification such as ',.2f' or a function "
            f"of one value, not {type(fmt).__name__}."
        )
    if not fmt:
        return _written(column)
    written = _formatted(column, fmt)
    misfits = [fault for fault in written.unwritable if isinstance(fault.reason, MisfitError)]
    suits_none = bool(written.unwritable) and written.texts.null_count == len(column)
    if misfits or suits_none:  # raised out here, since what it comes from may quote the value
        raise _complaint(column, fmt, name, (misfits or written.unwritable)[0])
    return written


def _written(column: pd.Series[Any]) -> Written:
    """Write a column by the rule: whole columns in Arrow where it can, else distinct values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _by_category(column, _written)
    array = _arrow(column)
    if array is None and set(map(type, column[_present(column)])) == {float}:
        array = pa.array(column, pa.float64(), from_pandas=True)
    if array is not None and pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if array is not None and is_text(array.type):
        cleaned, words = clean_texts(array)
        return Written(texts=cleaned, words=words)
    texts = None if array is None else _whole_column(array)
    return _by_value(column, text_of) if texts is None else Written(texts=texts)


def _formatted(column: pd.Series[Any], fmt: Format) -> Written:
    """Write the distinct values of a column by a format."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _by_category(column, lambda categories: _formatted(categories, fmt))
    return _by_value(column, lambda value: formatted(value, fmt))


def _complaint(column: pd.Series[Any], fmt: Format, name: str, fault: Unwritable) -> InputError:
    """Say which cell a format does not suit, why, and what to do about it."""
    position, rows = int(fault.rows[0]), len(fault.rows)
    label = column.index[position]
    label = label.item() if isinstance(label, np.generic) else label
    more = f" {rows} rows have such a value." if rows > 1 else ""
    how = f"format {fmt!r}" if isinstance(fmt, str) else "its function"
    return InputError(
        f"Column {name!r}, ",
        "line" if column.index.name == "line" else ROW,
        f" {label!r}: {shown(fault.value)} cannot be written with {how}: {fault.sentence}.{more} ",
        fix_for(fault.value, fmt, name),
        column=name,
        label=label,
        position=position,
        rows=rows,
    )


def _by_category(column: pd.Series[Any], write: Callable[[pd.Series[Any]], Written]) -> Written:
    """Write the categories that are used, and spread them over the rows."""
    used, codes = np.unique(column.cat.codes.to_numpy(), return_inverse=True)
    if missing := bool(len(used) and used[0] < 0):
        used, codes = used[1:], codes - 1
    found = write(pd.Series(column.cat.categories[used]))
    return Written(
        texts=_spread(codes, found.texts) if missing else found.texts.take(pa.array(codes)),
        words=_rows_of(codes, found.words),
        unwritable=[
            Unwritable(reason=fault.reason, value=fault.value, rows=_rows_of(codes, fault.rows))
            for fault in found.unwritable
        ],
    )


def _by_value(column: pd.Series[Any], write: Callable[[Any], str | None]) -> Written:
    """Write each distinct value by a function, and spread the texts over the rows."""
    codes, values, words = _distinct(column)
    texts: list[str | None] = []
    wordy: list[int] = []
    faults: dict[tuple[type, type], tuple[Exception, list[int]]] = {}
    for place, value in enumerate(values):
        text = None
        try:
            text = write(value)
            if text is not None:
                text.encode()
        except Exception as reason:  # noqa: BLE001 - a caller's function may raise anything
            kind = type(reason), type(value)  # what is told together, with the first as example
            faults.setdefault(kind, (reason, []))[1].append(place)
            text = None
        if text in WORDS or (isinstance(value, str) and clean_text(value) in WORDS):
            wordy.append(place)
            text = None if text in BLANK_IN_A_FRAME else text
        texts.append(text if text is not None and text.strip(BLANKS) else None)
    return Written(
        texts=_spread(codes, pa.array(texts, pa.string())),
        words=np.union1d(words, _rows_of(codes, wordy)) if wordy else words,
        unwritable=[_unwritable(codes, values, *fault) for fault in faults.values()],
    )


def _unwritable(
    codes: Codes, values: Sequence[Any], reason: Exception, places: list[int]
) -> Unwritable:
    """Return the rows that hold the distinct values at ``places``."""
    rows = _rows_of(codes, places)
    return Unwritable(reason=reason, value=values[codes[rows[0]]], rows=rows)


def _rows_of(codes: Codes, places: Iterable[int]) -> Positions:
    """Turn places among distinct values into rows."""
    return np.flatnonzero(np.isin(codes, list(places)))


def _spread(codes: Codes, texts: pa.Array) -> pa.Array:
    """Give each row the text of its code; a negative code is missing."""
    return texts.take(pa.array(codes, mask=codes < 0))


def _distinct(column: pd.Series[Any]) -> tuple[Codes, list[Any], Positions]:
    """Return for each row the place of its value, -1 where missing; the distinct values; words."""
    array, no_rows = _arrow(column), np.empty(0, dtype=np.int64)
    if array is not None and is_text(array.type):
        cleaned, words = clean_texts(array)
        encoded = cleaned.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64), encoded.dictionary.to_pylist(), words
    if array is not None and array.type in (pa.float16(), pa.float32()):
        column = array.to_numpy(zero_copy_only=False)  # a Series would hand them on as doubles
    if column.dtype != object:
        try:
            found, values = pd.factorize(column)
            return found.astype(np.int64), list(values), no_rows
        except (*_ARROW_REFUSES, NotImplementedError):
            pass  # nested Arrow types have no distinct values
    return *_distinct_objects(column), no_rows


def _present(column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Return which cells are not missing; pandas cannot look at a signalling NaN."""
    try:
        found: npt.NDArray[np.bool_] = column.notna().to_numpy(dtype=bool)
    except ArithmeticError:
        odd = [isinstance(cell, Decimal) and not cell.is_finite() for cell in column]
        found = np.array([not bad and not pd.isna(c) for bad, c in zip(odd, column, strict=True)])
    return found


def _distinct_objects(column: pd.Series[Any]) -> tuple[Codes, list[Any]]:
    """Find distinct objects; only types whose equal values have equal texts are taken together."""
    codes = np.full(len(column), -1, dtype=np.int64)
    seen: dict[Any, int] = {}
    values: list[Any] = []
    objects = column.tolist()
    for row in np.flatnonzero(_present(column)).tolist():
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
    guess_is_safe = is_text(array.type) or pa.types.is_int64(array.type)
    return array if column.dtype != object or guess_is_safe else None


def zoned(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return moments of Arrow's with a zone as those of pandas; any other column as it is."""
    kind = getattr(column.dtype, "pyarrow_dtype", None)
    if kind is not None and pa.types.is_timestamp(kind) and kind.tz:
        return column.astype(pd.DatetimeTZDtype(kind.unit, kind.tz))
    return column


def _wall_times(column: pd.Series[Any]) -> Any:
    """Take the zone off a column of moments, keeping what its clocks show; leave others alone."""
    column = zoned(column)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(None)
    return column


def _whole_column(array: pa.Array) -> pa.Array | None:
    """Write a column in Arrow; None for types that are written value by value."""
    for applies, write in _COLUMN_WRITERS:
        if applies(array.type):
            return write(array)
    return None


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
    if pa.types.is_float64(array.type):
        odd |= pc.fill_null(pc.greater(pc.binary_length(texts), _LONGEST_EXACT), False).to_numpy(
            zero_copy_only=False
        )
    spelled = pa.array([text_of(number) for number in numbers[odd]], pa.string())
    return pc.replace_with_mask(texts, pa.array(odd), spelled) if odd.any() else texts


def _decimals(array: pa.Array) -> pa.Array | None:
    """Write decimals with all their digits; None where Arrow would use an exponent."""
    texts = array.cast(pa.string())
    return None if pc.any(pc.match_substring(texts, "E")).as_py() else texts


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
    (pa.types.is_integer, strings),
    (pa.types.is_boolean, lambda array: pc.if_else(array, "True", "False")),
    (pa.types.is_float64, _floats),
    (pa.types.is_float32, _floats),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_date, lambda array: array.cast(pa.date32()).cast(pa.string())),
    (pa.types.is_timestamp, _times),
)

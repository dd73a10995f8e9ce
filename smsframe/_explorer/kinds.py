"""What rows can be narrowed down by: each kind has one number a row, made once, and few values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype

from smsframe._base import result_columns
from smsframe._base.html import text_of_cell
from smsframe._base.masking import LEAST_PHONE, mask_label
from smsframe._base.result_columns import VARIANT
from smsframe._phones.country import countries
from smsframe._results.report_words import reason_words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from smsframe._base.arrow import Mask
    from smsframe._base.result_rows import ResultRows

FEW = 20
"""A column of the user's with at most so many values is a kind."""

LOOKED_AT = 2_000
"""A column with more than `FEW` values in its first so many rows has many: no more is read."""

NO_VALUE = "none"
OF_SMSFRAME = (*result_columns.RESULT_COLUMNS, VARIANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One thing that rows differ in, such as the status.

    ``numbers`` has the place of each row's value in ``found``; the last value is None, for rows
    that have none. ``column`` is the column that it was read from, None for the country.
    """

    name: str
    title: str
    found: tuple[Any, ...]
    numbers: npt.NDArray[Any] = field(repr=False)
    column: Hashable | None = None
    total: npt.NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the numbers as small as they can be: they are gone through at every click."""
        small = np.min_scalar_type(len(self.found))
        object.__setattr__(self, "numbers", self.numbers.astype(small))
        total = np.bincount(self.numbers, minlength=len(self.found))
        object.__setattr__(self, "total", total)

    def counts(self, where: Mask | None) -> npt.NDArray[np.int64]:
        """Return how many rows each value has, of all or of some."""
        if where is None:
            return self.total
        fewer = 2 * np.count_nonzero(where) > len(where)  # count those that are the fewer
        numbers = self.numbers[~where if fewer else where]
        counted = np.bincount(numbers, minlength=len(self.found))
        return self.total - counted if fewer else counted

    def having(self, chosen: frozenset[int]) -> Mask:
        """Return the rows with one of these values."""
        wanted = np.zeros(len(self.found), dtype=bool)
        wanted[list(chosen)] = True
        having: Mask = wanted[self.numbers]
        return having

    def words(self, place: int) -> str:
        """Return a value as it is shown, masked."""
        value = self.found[place]
        if value is None:
            return NO_VALUE
        if self.name == "status":
            return result_columns.words_of(value)
        if self.name == "hour":
            return f"{value:%d %b %H:00}"
        return shown(reason_words(value) if self.name == "reason" else value)


def shown(value: Any) -> str:
    """Return a cell as it is shown: what may be a phone number is masked."""
    text = text_of_cell(value)
    return text if is_count(value) else mask_label(text)


def is_count(value: Any) -> bool:
    """Tell whether a cell is a number too small for a phone, or a time."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return bool(abs(float(value)) < LEAST_PHONE)
    return isinstance(value, (pd.Timestamp, pd.Timedelta))


def kinds_of(rows: ResultRows) -> dict[str, Kind]:
    """Return what results can be narrowed down by, the status, and others with two values."""
    return {
        kind.name: kind
        for kind in _all_kinds(rows)
        if kind.name == "status" or np.count_nonzero(kind.total) > 1
    }


def _all_kinds(rows: ResultRows) -> Iterator[Kind]:
    """Yield the kinds in the order in which people ask."""
    label = partial(result_columns.result_label, rows.frame.columns)
    numbers = np.where(rows.status < 0, len(result_columns.STATUSES), rows.status)
    yield Kind(
        name="status",
        title="Status",
        found=(*result_columns.STATUSES, None),
        numbers=numbers.astype(np.intp),
        column=label("sms_status"),
    )
    yield _coded("reason", "Reason", rows.code, label("sms_code"))
    yield _coded("country", "Country", countries(rows.contact), None)
    yield _coded("batch", "Batch", rows.batch, label("sms_batch"), ordered=True)
    hours = pd.Series(rows.accepted_at).dt.floor("h")
    yield _coded("hour", "Hour (UTC)", hours, label("sms_accepted_at"), ordered=True)
    if VARIANT in rows.frame.columns:
        yield _coded("variant", "Variant", rows.frame[VARIANT], VARIANT, ordered=True)
    yield from _columns(rows.frame)


def _columns(frame: pd.DataFrame) -> Iterator[Kind]:
    """Yield the columns of the user's that have few values."""
    taken = {"status", "reason", "country", "batch", "hour", "variant"}
    names = [str(column) for column in frame.columns]
    ours = {result_columns.result_label(frame.columns, name) for name in OF_SMSFRAME}
    for place, label in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if label in ours or names.count(names[place]) > 1 or not _has_few(column):
            continue
        name = names[place] if names[place] not in taken else f"column {names[place]}"
        yield _coded(name, mask_label(names[place]), column, label)


def _has_few(column: pd.Series) -> bool:
    """Tell whether a column has few values, each of which can be compared."""
    if is_float_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        return False
    try:
        head = column.iloc[:LOOKED_AT].nunique()
        few = head <= FEW and 1 <= column.nunique() <= FEW
        return few and 2 * head <= len(column)  # else they are names of somebody
    except TypeError:  # lists and the like
        return False


def _coded(
    name: str, title: str, values: Any, column: Hashable | None, *, ordered: bool = False
) -> Kind:
    """Return a kind of a column, its values by number of rows or in their own order."""
    series = pd.Series(values.to_pandas() if hasattr(values, "to_pandas") else values)
    codes, distinct = pd.factorize(series, sort=ordered)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    order = np.arange(len(distinct)) if ordered else np.argsort(-counts, kind="stable")
    place = np.empty(len(distinct) + 1, dtype=np.intp)
    place[order] = np.arange(len(distinct))
    place[-1] = len(distinct)  # code -1: no value
    listed = list(distinct)
    return Kind(
        name=name,
        title=title,
        found=(*(listed[at] for at in order), None),
        numbers=place[codes],
        column=column,
    )

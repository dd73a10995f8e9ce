"""Search over all columns, and the order of rows; what was read of a column is kept.

Letters are compared without regard to capitals. Where what is asked is a number as people write it
(four digits at least, with blanks, dots, brackets or a plus), it is looked for among the digits of
each cell that holds as many digits as a phone, however the cell is written.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import (
    is_bool_dtype,
    is_datetime64_any_dtype,
    is_integer_dtype,
    is_numeric_dtype,
)

from smsframe._base.masking import PHONE_DIGITS
from smsframe._base.result_columns import RESULT_COLUMNS, result_label
from smsframe._explorer.text_order import order_of_texts

if TYPE_CHECKING:
    from smsframe._base.arrow import Mask

NUMBER = re.compile(r"[\s+\d().\u2010-\u2015/-]+")
FEWEST_DIGITS = 4
CONTACT = "sms_contact"


def digits_asked(asked: str) -> str:
    """Return the digits of what is asked when it is a number as people write it, else nothing."""
    digits = re.sub(r"\D", "", asked)
    return digits if len(digits) >= FEWEST_DIGITS and NUMBER.fullmatch(asked) else ""


class Searched:
    """The columns of a frame as texts, each read when it is first searched, and kept."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._lock = threading.Lock()
        self._texts: dict[int, pa.Array] = {}
        self._digits: dict[int, tuple[npt.NDArray[np.int64], pa.Array]] = {}

    def find(self, asked: str) -> Mask:
        """Return the rows of which a cell holds what is asked."""
        found, small = np.zeros(len(self._frame), dtype=bool), asked.lower()
        in_numbers = any(sign.isdigit() for sign in asked)
        for place in range(len(self._frame.columns)):
            if in_numbers or not _is_number(self._frame.iloc[:, place]):
                found |= _holding(self._text(place), small)
        digits = digits_asked(asked)
        for place in number_places(self._frame) if digits else ():
            if digits == asked and _is_number(self._frame.iloc[:, place]):
                continue  # its texts are digits alone, and were looked through
            rows, bare = self._digits_of(place)
            found[rows[_holding(bare, digits)]] = True
        return found

    def warm(self) -> None:
        """Read all columns ahead of the first search; may be done on a thread."""
        for place in range(len(self._frame.columns)):
            self._text(place)
        for place in number_places(self._frame):
            self._digits_of(place)

    def _text(self, place: int) -> pa.Array:
        """Return a column as texts, each distinct one once where they repeat."""
        with self._lock:
            if place not in self._texts:
                self._texts[place] = _small(texts_of(self._frame.iloc[:, place]))
            return self._texts[place]

    def _digits_of(self, place: int) -> tuple[npt.NDArray[np.int64], pa.Array]:
        """Return the rows whose cell may hold a phone, and the digits of it."""
        texts = _whole(self._text(place))
        with self._lock:
            if place not in self._digits:
                long = pc.greater_equal(pc.binary_length(texts), PHONE_DIGITS)
                rows = np.flatnonzero(pc.fill_null(long, False).to_numpy(zero_copy_only=False))
                bare = texts.take(pa.array(rows))
                if not pc.all(pc.utf8_is_digit(bare)).as_py():
                    bare = pc.replace_substring_regex(bare, "[^0-9]", "")
                many = pc.greater_equal(pc.binary_length(bare), PHONE_DIGITS)
                kept = many.to_numpy(zero_copy_only=False)
                self._digits[place] = rows[kept], bare.filter(many)
            return self._digits[place]


def number_places(frame: pd.DataFrame) -> list[int]:
    """Return the places of the columns that may hold phone numbers: texts and whole numbers."""
    others = {result_label(frame.columns, name) for name in RESULT_COLUMNS if name != CONTACT}
    return [
        place
        for place, label in enumerate(frame.columns)
        if label not in others
        and (not _is_number(frame.iloc[:, place]) or is_integer_dtype(frame.dtypes.iloc[place]))
    ]


def _is_number(column: pd.Series) -> bool:
    """Tell whether a column has numbers or times, whose texts hold no words."""
    kind = column.dtype
    return (is_numeric_dtype(kind) and not is_bool_dtype(kind)) or is_datetime64_any_dtype(kind)


def texts_of(column: pd.Series) -> pa.Array:
    """Return a column as Arrow texts, as pandas writes its cells; by number where they repeat."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = texts_of(pd.Series(column.cat.categories))
        codes = column.cat.codes.to_numpy().astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), _whole(names))
    if is_datetime64_any_dtype(column.dtype):
        at, distinct = pd.factorize(column)
        names = pa.array(pd.Series(distinct).astype("string"), pa.large_string())
        return pa.DictionaryArray.from_arrays(pa.array(at, mask=at < 0), names)
    texts = _plain_texts(column)
    head = texts.slice(0, 2_000)
    if len(texts) > len(head) and len(head.unique()) * 10 < len(head):
        coded = texts.dictionary_encode()
        if len(coded.dictionary) * 10 < len(texts):
            return coded
    return texts


def _plain_texts(column: pd.Series) -> pa.Array:
    """Return a column as Arrow texts."""
    try:
        if column.dtype == np.float64:
            cells = [None if cell != cell else repr(cell) for cell in column.tolist()]  # noqa: PLR0124 - NaN
            return pa.array(cells, pa.large_string())
        # Texts that are objects go over as they are; anything else among them is an error there.
        whole: Any = column.to_numpy() if column.dtype == object else column.astype("string")
        texts = pa.array(whole, pa.large_string(), from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError):
        cells = [None if cell is None else str(cell) for cell in column]
        texts = pa.array(cells, pa.large_string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _holding(texts: pa.Array, asked: str) -> Mask:
    """Return which texts, in small letters, hold another."""
    if pa.types.is_dictionary(texts.type):
        among = _holding(texts.dictionary, asked)
        coded: Mask = np.append(among, False)[_numbers(texts)]
        return coded
    found = pc.match_substring(texts, asked)
    held: Mask = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return held


def _numbers(texts: pa.Array) -> npt.NDArray[Any]:
    """Return the number of each text that is kept by number, the last plus one for none."""
    numbers: npt.NDArray[Any] = texts.indices.fill_null(len(texts.dictionary)).to_numpy(
        zero_copy_only=False
    )
    return numbers


def _small(texts: pa.Array) -> pa.Array:
    """Return texts in small letters."""
    if pa.types.is_dictionary(texts.type):
        return pa.DictionaryArray.from_arrays(texts.indices, pc.utf8_lower(texts.dictionary))
    return pc.utf8_lower(texts)


def order_of(column: pd.Series, *, descending: bool) -> npt.NDArray[np.int64]:
    """Return the positions of rows in the order of a column; equal ones stay, missing come last."""
    missing = column.isna().to_numpy(dtype=bool)
    texts = _texts_in_order(column)
    if texts is not None and not pa.types.is_dictionary(texts.type):
        order = order_of_texts(texts, descending=descending)
    else:
        keys = np.where(missing, 0, _keys(column, texts))
        order = np.argsort(-keys if descending else keys, kind="stable")
    return np.concatenate([order[~missing[order]], order[missing[order]]])


def _texts_in_order(column: pd.Series) -> pa.Array | None:
    """Return the texts that a column is put in order by; None where it has numbers or times."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype) or is_datetime64_any_dtype(kind):
        return None
    return None if is_numeric_dtype(kind) else texts_of(column)


def _keys(column: pd.Series, texts: pa.Array | None) -> npt.NDArray[Any]:
    """Return a number for each cell that orders them; that of a missing one means nothing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64)
    if is_datetime64_any_dtype(column.dtype):
        return column.to_numpy(dtype="datetime64[ns]").astype(np.int64)
    if is_integer_dtype(column.dtype):
        return column.to_numpy(dtype=np.int64, na_value=0)
    if is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=0.0)
    assert texts is not None
    ranks: npt.NDArray[np.int64] = np.append(_ranks(texts.dictionary), 0)[_numbers(texts)]
    return ranks


def _ranks(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Return the place of each text in the order of all."""
    ranks = pc.rank(texts, tiebreaker="dense").to_numpy(zero_copy_only=False)
    numbers: npt.NDArray[np.int64] = ranks.astype(np.int64)
    return numbers


def _whole(texts: pa.Array) -> pa.Array:
    """Return texts, none of them kept by number."""
    return texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts

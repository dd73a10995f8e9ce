"""Which column of a frame holds the phone numbers, when there is exactly one that plainly does.

A column is a candidate by its values, judged on at most 500 of them:

* four in five are valid international numbers and carry a + (or another sign of one), or
* its name says phone and three in five are valid, or would be in some country.

An id of ten or eleven digits is a number without + under a name that does not say phone: never a
candidate. A frame with no candidate, or with two, is an error that names the columns.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import is_numeric_dtype

from smsframe.errors import InputError
from smsframe.phone_codes import CODES
from smsframe.phone_columns import is_text_or_number, texts_of
from smsframe.phone_reading import read_texts

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

_LOOKED_AT, _SAMPLE_ROWS = 5_000, 500
NAMED = 20
_BY_VALUE, _BY_NAME = 0.8, 0.6
_NAME = re.compile(
    r"phone|mobile|(?:^|[^a-z])(?:cell|mob|tel|gsm|sms|ph|handy|telefon|telefono|movil)(?:$|[^a-z])"
    r"|cell(?:ular|no|num)|msisdn|whatsapp|telefon|telephone|e\.?164|handynummer",
    re.IGNORECASE,
)
_NOT_NAME = re.compile(r"fax|landline|^sms_", re.IGNORECASE)
_LIKE = (
    "phone_no_country",
    "phone_invalid",
    "phone_too_short",
    "phone_too_long",
    "phone_extension",
    "phone_two_numbers",
    "phone_rounded",
)


def guess_phone_column(frame: pd.DataFrame) -> Hashable:
    """Return the label of the one column that plainly holds phone numbers.

    Columns that earlier results added (``sms_…``) and fax columns are left out.

    Parameters
    ----------
    frame
        The frame to look at; it is not changed.

    Returns
    -------
    Hashable
        The column's label.

    Raises
    ------
    InputError
        No column is plainly a phone column, or more than one is (``details["candidates"]``).
    """
    labels = list(frame.columns)
    found = [labels[place] for place in range(len(labels)) if _is_phone_column(frame, place)]
    if len(found) == 1:
        return found[0]
    if not found:
        listed = ", ".join(map(repr, labels[:NAMED])) + (", …" if len(labels) > NAMED else "")
        raise InputError(
            f"No column is plainly a phone column. Name it, such as phone={labels[0]!r}; the "
            f"columns are {listed}."
            if labels
            else "The frame has no columns, so there is no phone column.",
            candidates=[],
        )
    listed = " and ".join(map(repr, found))
    raise InputError(
        f"Columns {listed} all look like phone columns. Name the one to send to, such as "
        f"phone={found[0]!r}.",
        candidates=found,
    )


def _is_phone_column(frame: pd.DataFrame, place: int) -> bool:
    """Tell whether the column at a place is plainly a phone column."""
    label: object = frame.columns[place]
    name = " ".join(map(str, label)) if isinstance(label, tuple) else str(label)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    column = frame.iloc[:, place]
    if _NOT_NAME.search(name) or not is_text_or_number(column):
        return False
    if _NAME.search(name):
        return _is_like_phones(_sample(column))
    return not is_numeric_dtype(column.dtype) and _is_signed(_sample(column))


def _is_like_phones(texts: pa.Array) -> bool:
    """Tell whether texts under a phone's name are numbers, or would be in some country."""
    if not len(texts):
        return False
    readings = read_texts(texts, None)
    like = np.isin(readings.code, [CODES.index(code) for code in _LIKE])
    return bool((readings.is_valid | like).mean() >= _BY_NAME)


def _is_signed(texts: pa.Array) -> bool:
    """Tell whether texts under any name are numbers that carry their country."""
    signed = np.asarray(pc.match_substring_regex(texts, r"^\W*(?:\+|00|011|(?i:tel))"))
    if not len(texts) or signed.mean() < _BY_VALUE:
        return False
    return bool((read_texts(texts, None).is_valid & signed).mean() >= _BY_VALUE)


def _sample(column: pd.Series) -> pa.Array:
    """Return some evenly spaced values that are not missing."""
    some = column.iloc[:: max(1, len(column) // _LOOKED_AT)].dropna()
    present = some if len(some) else column.dropna()
    texts = texts_of(present.iloc[:: max(1, len(present) // _SAMPLE_ROWS)])
    blank = pc.equal(pc.utf8_trim_whitespace(texts), "")
    return texts.filter(pc.invert(pc.fill_null(blank, fill_value=True)))

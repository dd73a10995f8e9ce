"""Which column of a frame holds the phone numbers, when there is exactly one that plainly does.

A column is the row's own phone when its name says so and says nothing of somebody else, and, judged
on at most 500 of its values, when

* three in five are valid, or would be in some country, and
* it does not hold one number again and again, as a store's or a hotline's would be.

A number of another column is as valid, and a stranger's: the emergency contact, the sales rep, the
branch. Such a column, and one that holds international numbers under a name that does not say
phone, is never chosen; where nothing else is found the error names it. Two columns that may be the
one are an error too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import is_numeric_dtype

from smsframe._base.result_columns import RESULT_COLUMNS, VARIANT
from smsframe._base.sentences import Sentence, arg, words
from smsframe._phones.column_owners import (
    is_of_somebody_else,
    is_plainly_own,
    may_say_phone,
    says_phone,
    without_accents,
)
from smsframe._phones.parse_column import read_texts
from smsframe._phones.problems import CODES
from smsframe._phones.to_strings import is_text_or_number, texts_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd

_LOOKED_AT, _SAMPLE_ROWS = 5_000, 500
_NONE, _OWN, _UNCLEAR, _OTHERS, _NUMBERS = range(5)
NAMED = 20
_BY_VALUE, _BY_NAME = 0.8, 0.6
_RESULTS = "|".join((*RESULT_COLUMNS, VARIANT))
_NOT_NAME = re.compile(rf"fax|landline|^(?:{_RESULTS})\b", re.IGNORECASE)
_FEWEST_REPEATED, _MANY_ROWS, _FEW_NUMBERS = 5, 20, 0.1
_LIKE = (
    "phone_too_short",
    "phone_no_country",
    "phone_invalid",
    "phone_too_long",
    "phone_extension",
    "phone_two_numbers",
    "phone_rounded",
)


def guess_phone_column(frame: pd.DataFrame) -> Hashable:
    """Return the label of the one column that plainly holds phone numbers.

    Columns that earlier results added (``sms_contact``) and fax columns are left out.

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
    kinds = [_kind(frame, place) for place in range(len(labels))]
    found = _labels_of(labels, kinds, _OWN, _UNCLEAR)
    others = _labels_of(labels, kinds, _OTHERS)
    if len(found) == 1 and _OWN in kinds:
        return found[0]
    numbers = _labels_of(labels, kinds, _NUMBERS)
    if not found and len(numbers) == 1 and is_plainly_own(_name_of(numbers[0])):
        # Where another column has such values too, this one may number the contacts.
        numbers = [label for place, label in enumerate(labels) if _may_be_phones(frame, place)]
        if len(numbers) == 1:
            return numbers[0]
    found = found or numbers
    if len(found) > 1:
        listed = " and ".join(map(repr, found))
        raise InputError(
            f"Columns {listed} all look like phone columns. ",
            words(
                Sentence("Name the one to send to, such as ", arg("phone", found[0])),
                screen="Choose the one to send to",
            ),
            ".",
            candidates=found,
        )
    if found or others:
        raise InputError(_not_plain([*found, *others]), candidates=[*found, *others])
    listed = ", ".join(map(repr, labels[:NAMED])) + (", …" if len(labels) > NAMED else "")
    raise InputError(
        Sentence(
            "No column is plainly a phone column",
            ". " if len(frame) else ", for there are no rows. ",
            words(
                Sentence(
                    "Name it, such as ",
                    arg("phone", _likeliest(frame)),
                    f"; the columns are {listed}",
                ),
                screen="Choose it",
            ),
            ".",
        )
        if labels
        else Sentence(
            words("The frame", at_shell="The file"), " has no columns, so there is no phone column."
        ),
        candidates=[],
    )


def _not_plain(labels: list[Hashable]) -> str:
    """Return the sentence on columns with phones that may be somebody else's."""
    listed = " and ".join(map(repr, labels))
    holds = "holds" if len(labels) == 1 else "hold"
    return Sentence(
        f"No column is plainly the row's own phone. {listed} {holds} phone numbers, but by name or "
        "values they may be somebody else's. ",
        words(
            Sentence(
                "Name the column to send to, such as ",
                arg("phone", labels[0]),
                ", if that is meant",
            ),
            screen="Choose the column to send to",
        ),
        ".",
    )


def _labels_of(labels: Sequence[Any], kinds: Sequence[int], *wanted: int) -> list[Hashable]:
    """Return the labels of the columns of some kinds."""
    return [label for label, kind in zip(labels, kinds, strict=True) if kind in wanted]


def _likeliest(frame: pd.DataFrame) -> Hashable:
    """Return the column to propose: the first whose values might be phones, else the first."""
    places = range(len(frame.columns))
    likely = next((place for place in places if _may_be_phones(frame, place)), 0)
    return frame.columns[likely]


def _may_be_phones(frame: pd.DataFrame, place: int) -> bool:
    """Tell whether the values at a place might be phone numbers, and no fax's."""
    name, column = _name_of(frame.columns[place]), frame.iloc[:, place]
    if _NOT_NAME.search(name) or is_of_somebody_else(name) or not is_text_or_number(column):
        return False
    return _is_like_phones(_sample(column), is_named=False)


def _name_of(label: Hashable) -> str:
    """Return the name of a column in plain letters, its words apart."""
    name = " ".join(map(str, label)) if isinstance(label, tuple) else str(label)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", without_accents(name))


def _kind(frame: pd.DataFrame, place: int) -> int:
    """Return whose phones the column at a place holds, if any."""
    name, column = _name_of(frame.columns[place]), frame.iloc[:, place]
    if _NOT_NAME.search(name) or not is_text_or_number(column):
        return _NONE
    is_named = says_phone(name)
    is_perhaps_named = not is_named and may_say_phone(name)
    if not (is_named or is_perhaps_named) and is_numeric_dtype(column.dtype):
        return _NONE
    texts = _sample(column)
    is_sure = _is_like_phones(texts, is_named=True) if is_named else _is_signed(texts)
    if not is_sure and not (is_perhaps_named and _is_like_phones(texts, is_named=False)):
        return _NONE
    if is_of_somebody_else(name) or _is_repeated(texts):
        return _OTHERS
    if not is_sure:
        return _NUMBERS
    return _OWN if is_plainly_own(name) else _UNCLEAR


def _is_repeated(texts: pa.Array) -> bool:
    """Tell whether texts are one number again and again, or a few of them.

    What a spreadsheet has rounded does not count: such a column is refused for that, by its name.
    """
    rounded = read_texts(texts, None).code == CODES.index("phone_rounded")
    texts = texts.filter(pa.array(~rounded))
    counts = pc.replace_substring_regex(texts, "[^0-9]", "").value_counts()
    most = max(counts.field("counts").to_pylist(), default=0)
    if len(texts) >= _FEWEST_REPEATED and most * 2 > len(texts):
        return True
    return len(texts) >= _MANY_ROWS and len(counts) <= _FEW_NUMBERS * len(texts)


def _is_like_phones(texts: pa.Array, *, is_named: bool) -> bool:
    """Tell whether texts are numbers, or would be in some country; short ones if named so."""
    if not len(texts):
        return False
    readings = read_texts(texts, None)
    like = np.isin(readings.code, [CODES.index(code) for code in _LIKE[not is_named :]])
    return bool((readings.is_valid | like).mean() >= _BY_NAME)


def _is_signed(texts: pa.Array) -> bool:
    """Tell whether texts under any name are numbers that carry their country."""
    signed = np.asarray(pc.match_substring_regex(texts, r"^\W*(?:\+|00|011|(?i:tel))"))
    if not len(texts) or signed.mean() < _BY_VALUE:
        return False
    return bool((read_texts(texts, None).is_valid & signed).mean() >= _BY_VALUE)


def _sample(column: pd.Series) -> pa.Array:
    """Return some evenly spaced values that are not missing."""
    some = texts_of(column.iloc[:: max(1, len(column) // _LOOKED_AT)]).drop_null()
    texts = some if len(some) else texts_of(column).drop_null()
    texts = texts.take(pa.array(np.arange(0, len(texts), max(1, len(texts) // _SAMPLE_ROWS))))
    return texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))

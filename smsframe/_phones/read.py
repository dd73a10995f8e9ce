"""Phone columns: cells as they come → E.164, a line type, and a reason where a text cannot go.

The canon is the ``phonenumbers`` library; a number is valid here exactly when it is valid there.
How that is kept fast is told in ``automaton`` and ``walk_columns``, what dirt is read and what is
never guessed in ``parse_one``, which line types get no texts in ``problems``, and when a
whole column is refused in ``corruption``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.any_frame import as_series
from smsframe._base.masking import AlreadyMasked
from smsframe._base.sentences import Part, Sentence, arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import given_as, quoted, type_of
from smsframe._phones.automaton import LINE_TYPES, UNKNOWN
from smsframe._phones.corruption import Damage, find_damage
from smsframe._phones.country_names import region_called
from smsframe._phones.parse_column import NO_CODE, Readings, read_by_region, read_texts
from smsframe._phones.problems import CODES
from smsframe._phones.readings import EVERY
from smsframe._phones.to_strings import is_text_or_number, texts_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._base.any_frame import AnySeries

_NORTH_AMERICAN_DIGITS = 10
_OTHER_NAMES = {"EN": "GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneColumn:
    """What a phone column holds, row by row in the column's order.

    Parameters
    ----------
    digits
        String array: E.164 without the ``+`` of each number that can be texted; null otherwise.
    valid_digits
        The same for every valid number, landlines and the like included.
    code
        Categorical of the keys of ``SENTENCES``; missing where the number can be texted.
    line_type
        Categorical of ``LINE_TYPES``; missing where there is no valid number.
    damage
        What is wrong with the column as a whole. Severity ``"error"`` forbids sending at all.
    """

    digits: pa.Array
    valid_digits: pa.Array
    code: pd.Categorical
    line_type: pd.Categorical
    damage: tuple[Damage, ...]


def read_phones(
    column: pd.Series,
    *,
    region: str | None = None,
    row_regions: pd.Categorical | None = None,
    corrupted_only: bool = False,
) -> PhoneColumn:
    """Read a phone column.

    A column of our own results (``sms_contact``, ``contact``) is read as ``"+"``.

    Parameters
    ----------
    column
        Texts, integers, or floats that are all whole: any string, object, categorical or numeric
        dtype. It is not changed.
    region
        Two-letter code (ISO 3166) of the country that numbers without a country code are from, in
        upper or lower case. ``"+"``: every number begins with its country code. None: numbers
        without one are problems; nothing is guessed.
    row_regions
        The region of each row, in capitals; where it is missing, ``region`` counts.
    corrupted_only
        Of the faults of the whole column, look only for numbers that were changed on their way.

    Returns
    -------
    PhoneColumn
        One entry per row.

    Raises
    ------
    InputError
        ``region`` is not a region.
    """
    home = check_region(region)
    texts = texts_of(column)
    if _is_of_results(column.name, texts, home if row_regions is None else EVERY):
        home, row_regions = EVERY, None
    if row_regions is None:
        readings = read_texts(texts, home)
    else:
        readings = read_by_region(texts, row_regions, home)
    if not is_text_or_number(column):
        readings.code[np.asarray(column.notna())] = CODES.index("phone_unreadable")
    return PhoneColumn(
        digits=_textable(readings),
        valid_digits=readings.digits,
        code=_categorical(readings.code, CODES),
        line_type=_categorical(_line_type_codes(readings), LINE_TYPES),
        damage=find_damage(
            column,
            texts,
            readings,
            home if row_regions is None else None,
            corrupted_only=corrupted_only,
        ),
    )


def _is_of_results(name: object, texts: pa.Array, home: str | None) -> bool:
    """Tell whether a column is one of our own, which hold digits with country code.

    ``contact`` may be somebody else's word: without a region, and where no cell can be read
    otherwise.
    """
    if name != "contact" or home is not None:
        return name == "sms_contact"
    present = texts.drop_null()
    written = pc.match_substring_regex(present, "^[1-9][0-9]{6,14}$")
    if not len(present) or not pc.all(written).as_py():
        return False
    if not read_texts(present, EVERY).is_valid.all():
        return False
    short = present.filter(pc.equal(pc.utf8_length(present), _NORTH_AMERICAN_DIGITS))
    return not bool(read_texts(short, "US").is_valid.any())


@public
def normalize(series: AnySeries, region: str | None = None) -> pd.DataFrame:
    """Read a phone column into a frame.

    A valid number that cannot be texted, such as a landline, has its ``e164`` and a ``code``.

    Parameters
    ----------
    series
        As for :func:`read_phones`.
    region
        As for :func:`read_phones`.

    Returns
    -------
    DataFrame
        On the index of ``series``: ``e164`` (string, with ``+``; missing when not valid), ``code``
        (categorical; missing when a text can be sent), ``line_type`` (categorical).

    Raises
    ------
    InputError
        ``region`` is not a region, or ``series`` is no Series.

    Examples
    --------
    >>> normalize(pd.Series(["(201) 555-0123", "+49 30 123456"]), region="US")
               e164            code             line_type
    0  +12015550123             NaN  fixed_line_or_mobile
    1   +4930123456  phone_landline            fixed_line
    """
    series = as_series(series)
    read = read_phones(series, region=region)
    e164 = pc.binary_join_element_wise("+", read.valid_digits, "")
    return pd.DataFrame(
        {
            "e164": pd.array(e164.to_pandas(), dtype="string"),
            "code": read.code,
            "line_type": read.line_type,
        },
        index=series.index,
    )


def check_region(region: str | None) -> str | None:
    """Return a region in upper case, or say what to write instead."""
    if region is None:
        return None
    name = str.__str__(region).strip().upper() if isinstance(region, str) else ""
    if name == EVERY or name in phonenumbers.SUPPORTED_REGIONS:
        return name
    meant = _OTHER_NAMES.get(name) or region_called(re.sub(r"^(?:00)?(?=[0-9]+$)", "+", name))
    meant = meant if meant in phonenumbers.SUPPORTED_REGIONS else None
    fix = (
        Sentence("write ", _named(meant))
        if meant
        else Sentence("such as ", _named("US"), " or ", _named("GB"))
    )
    what = " is not a region." if isinstance(region, str) else f" is of type {type_of(region)}."
    raise InputError(
        AlreadyMasked(
            given_as("region", region) if isinstance(region, str) else arg("region"),
            f"{what} It takes the two letters of a country: ",
            fix,
            ".",
        ),
        region=quoted(region),
        meant=meant,
    )


def _named(region: str) -> Part:
    """Return the argument that names a region."""
    return arg("region", region, python=f'"{region}"')


def _textable(readings: Readings) -> pa.Array:
    """Return the digits of the numbers that can be texted."""
    fine = readings.code == NO_CODE
    if fine.all():
        return readings.digits
    return pc.if_else(pa.array(fine), readings.digits, pa.scalar(None, pa.string()))


def _line_type_codes(readings: Readings) -> np.ndarray:
    """Return the line types as positions, -1 where there is none."""
    kinds = readings.line_type.astype(np.int16)  # -1 is none of the numbers that a uint8 has
    return np.where(kinds == UNKNOWN, -1, kinds).astype(np.int8)


def _categorical(codes: np.ndarray, categories: Sequence[str]) -> pd.Categorical:
    """Return positions as a categorical; -1 is missing."""
    dtype = pd.CategoricalDtype(list(categories))
    return pd.Categorical.from_codes(codes, dtype=dtype)

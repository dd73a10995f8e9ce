"""A column of texts → numbers, line types and codes: quick where it can be, one by one where not.

1. All texts are walked as they are (``walk_columns``): a clean column ends here.
2. What is left is brought into ASCII, and walked again with spaces, punctuation, labels and
   spreadsheet guards taken off, and with a + for 00 and 011 where the region leaves no other way
   to read them. Digits of which it is certain that they are no valid number get their code from
   one example for each beginning and length, on which alone the code depends.
3. What is still left goes to ``parse_one``, once for each distinct text. So does what may be
   more than one number, or may be read in two ways.

What a cell is read as depends on no other cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._phones.automaton import LINE_TYPES, UNKNOWN, international_prefix
from smsframe._phones.cell_bytes import (
    has_digits,
    holds_other_than_ascii,
    may_hold_more,
    without_punctuation,
)
from smsframe._phones.parse_one import LABEL, WORDS_FOR_NOTHING, in_ascii, read_cell
from smsframe._phones.problems import CODE_OF_LINE_TYPE, CODES
from smsframe._phones.readings import EVERY, OVERSEAS, Reading, dials_011
from smsframe._phones.walk_columns import read_digits

if TYPE_CHECKING:
    import pandas as pd

NO_CODE = -1
"""Position in ``CODES`` of a number that can be texted."""

_FLOAT_END = r"^\s*(\+?[0-9]{7,})\.0{1,2}\s*$"
_GUARDS = r"^[\s='\"`,;]+|[\s='\"`,;]+$"
_LABEL = LABEL + "([0-9+(])"
_AREA_SLASH = r"^(\+?[ (]*(?:[0-9][ ().\-]*){1,6})/([0-9 ().\-]*)$"  # too short for two numbers
_PUNCTUATION = r"[ \t().\-\[\]~]"
_AROUND = " '\"`=,;\t\n\r\v\f\x1c\x1d\x1e"
_MUST_ASK = (
    r"^-|[eE]|^[0-9]+\.[0-9]{1,2}$"
    r"|^(?:19|20)[0-9]{2}[-.][0-9]{1,2}[-.][0-9]{1,2}|^[0-9]{1,2}[-.][0-9]{1,2}[-.](?:19|20)[0-9]{2}"
)
_DIALLED = r"^\+?00([1-9])"
_DIALLED_AT_HOME = r"^\+?(?:00|011)[1-9]"
_PLAINLY_DIALLED = r"^(?:00|011)([1-9][0-9]{6,11})$"  # no longer than one number can be

_CODE_OF_TYPE = np.full(UNKNOWN + 1, NO_CODE, dtype=np.int8)
for _place_of_type, _name in enumerate(LINE_TYPES):
    if CODE_OF_LINE_TYPE[_name]:
        _CODE_OF_TYPE[_place_of_type] = CODES.index(CODE_OF_LINE_TYPE[_name])

Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Readings:
    """Row by row: E.164 without + of every valid number, its line type, what is wrong with it."""

    digits: pa.Array
    line_type: npt.NDArray[np.uint8]
    code: npt.NDArray[np.int8]

    @property
    def is_valid(self) -> Bools:
        """Which rows hold a valid number, whether it can be texted or not."""
        return self.line_type != UNKNOWN


def read_texts(texts: pa.Array, region: str | None) -> Readings:
    """Read a string array; null is a missing number."""
    walked = read_digits(texts, region)
    readings = Readings(walked.digits, walked.line_type, _CODE_OF_TYPE[walked.line_type])
    if region == EVERY and walked.stripped.any():
        _take_back(readings, np.flatnonzero(walked.stripped & ~_starts_with_plus(texts)))
    missing = np.asarray(texts.is_null())
    readings.code[missing] = CODES.index("phone_missing")
    left = np.flatnonzero(~readings.is_valid & ~missing)
    if len(left):
        _read_dirty(readings, texts, left, region)
    if region not in (None, EVERY):
        _name_ambiguous(readings, texts, str(region))
    return readings


def read_by_region(texts: pa.Array, regions: pd.Categorical, otherwise: str | None) -> Readings:
    """Read a string array, each row in its own region; ``otherwise`` where that is missing."""
    names = [*regions.categories, otherwise]
    codes = np.where(regions.codes < 0, len(names) - 1, regions.codes)
    places = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    if not places:
        return read_texts(texts, otherwise)
    parts = [read_texts(texts.take(pa.array(rows)), names[codes[rows[0]]]) for rows in places]
    order = np.argsort(np.concatenate(places))
    return Readings(
        pa.concat_arrays([part.digits for part in parts]).take(pa.array(order)),
        np.concatenate([part.line_type for part in parts])[order],
        np.concatenate([part.code for part in parts])[order],
    )


def _starts_with_plus(texts: pa.Array) -> Bools:
    """Tell which texts begin with a +."""
    return np.asarray(pc.fill_null(pc.starts_with(texts, "+"), fill_value=False))


def _take_back(readings: Readings, rows: np.ndarray) -> None:
    """Forget what was read of some rows."""
    unknown = np.full(len(rows), UNKNOWN, dtype=np.uint8)
    _place(readings, rows, pa.nulls(len(rows), pa.string()), unknown)


def _place(readings: Readings, rows: np.ndarray, digits: pa.Array, line_type: np.ndarray) -> None:
    """Enter what was read of some rows."""
    mask = np.zeros(len(readings.code), dtype=bool)
    mask[rows] = True
    readings.digits = pc.replace_with_mask(readings.digits, pa.array(mask), digits)
    readings.line_type[rows] = line_type
    readings.code[rows] = _CODE_OF_TYPE[line_type]


def _read_dirty(readings: Readings, texts: pa.Array, rows: np.ndarray, region: str | None) -> None:
    """Read rows again without their punctuation, then what is left one by one."""
    rows, plain = _without_words(readings, rows, _in_ascii(texts.take(pa.array(rows))))
    cleaned = _cleaned(plain, region)
    walked = read_digits(cleaned, region)
    doubted = walked.stripped & ~_starts_with_plus(plain)
    if region != EVERY:
        doubted &= _starts_with_plus(cleaned)
    good = (walked.line_type != UNKNOWN) & ~doubted
    _place(readings, rows[good], walked.digits.filter(pa.array(good)), walked.line_type[good])
    settled = walked.settled & ~good & ~doubted
    _code_settled(readings, rows[settled], cleaned.filter(pa.array(settled)), region)
    asked = ~good & ~settled
    _read_one_by_one(readings, rows[asked], plain.filter(pa.array(asked)), region)


def _in_ascii(texts: pa.Array) -> pa.Array:
    """Return texts with digits, dashes and blanks of all scripts in ASCII."""
    others = holds_other_than_ascii(texts)
    if not others.any():
        return texts
    mask = pa.array(others)
    found = pa.array(map(in_ascii, texts.filter(mask).to_pylist()), pa.string())
    return found if others.all() else pc.replace_with_mask(texts, mask, found)


def _without_words(
    readings: Readings, rows: np.ndarray, plain: pa.Array
) -> tuple[np.ndarray, pa.Array]:
    """Give codes to texts without a digit, and return the others with their rows."""
    words = ~has_digits(plain)
    if not words.any():
        return rows, plain
    words &= ~holds_other_than_ascii(plain)
    alone = pc.ascii_lower(pc.utf8_trim(plain.filter(pa.array(words)), _AROUND))
    missing = np.asarray(pc.is_in(alone, pa.array(["", *sorted(WORDS_FOR_NOTHING)])))
    unreadable, nothing = CODES.index("phone_unreadable"), CODES.index("phone_missing")
    readings.code[rows[words]] = np.where(missing, nothing, unreadable)
    return rows[~words], plain.filter(pa.array(~words))


def _cleaned(texts: pa.Array, region: str | None) -> pa.Array:
    """Return texts without guards and punctuation; null where one cell at a time must be judged."""
    digits, plain = without_punctuation(texts)
    if not plain.all():
        closer = pa.array(~plain)
        looked_at = _looked_at(texts.filter(closer))
        digits = looked_at if not plain.any() else pc.replace_with_mask(digits, closer, looked_at)
    more = may_hold_more(texts)
    if more.any():
        digits = pc.if_else(pa.array(more), pa.scalar(None, pa.string()), digits)
    if region in (None, EVERY):
        return pc.replace_substring_regex(digits, _DIALLED, r"+\1")
    dialled = pc.fill_null(pc.match_substring_regex(digits, _DIALLED_AT_HOME), False)
    if not pc.any(dialled).as_py():
        return digits
    return pc.replace_with_mask(digits, dialled, _as_abroad(digits.filter(dialled), str(region)))


def _as_abroad(dialled: pa.Array, region: str) -> pa.Array:
    """Return digits behind 00 or 011 with a + instead; null where the region may read them else."""
    at_home = read_digits(dialled, region)
    zeros = np.asarray(pc.starts_with(dialled, "00"))
    if international_prefix(region) == "00":
        sure = zeros
    else:
        sure = zeros & at_home.settled & (at_home.line_type == UNKNOWN)
    if dials_011(region):
        sure = sure | ~zeros
    sure &= np.asarray(pc.match_substring_regex(dialled, _PLAINLY_DIALLED))
    abroad = pc.replace_substring_regex(dialled, _PLAINLY_DIALLED, r"+\1")
    return pc.if_else(pa.array(sure), abroad, pa.scalar(None, pa.string()))


def _looked_at(texts: pa.Array) -> pa.Array:
    """Return texts with more than digits and punctuation cleaned, the slower way."""
    whole = pc.replace_substring_regex(texts, _GUARDS, "")
    for pattern, kept in ((_LABEL, r"\1"), (_AREA_SLASH, r"\1-\2"), (_FLOAT_END, r"\1")):
        whole = pc.replace_substring_regex(whole, pattern, kept)
    ask = pc.match_substring_regex(whole, _MUST_ASK)
    digits = pc.replace_substring_regex(whole, _PUNCTUATION, "")
    return pc.if_else(ask, pa.scalar(None, pa.string()), digits)


def _code_settled(
    readings: Readings, rows: np.ndarray, digits: pa.Array, region: str | None
) -> None:
    """Give codes to digits that are surely invalid, by an example for each beginning and length."""
    if not len(rows):
        return
    keys = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(pc.ascii_ltrim(digits, "+"), 0, 3),
        pc.starts_with(digits, "+").cast(pa.string()),
        pc.utf8_length(digits).cast(pa.string()),
        *(pa.array(one).cast(pa.string()) for one in _validity_elsewhere(digits, region)),
        " ",
    ).dictionary_encode()
    groups = np.asarray(keys.indices)
    _, examples = np.unique(groups, return_index=True)
    chosen = digits.take(pa.array(examples)).to_pylist()
    codes = [_position(read_cell(text, region)) for text in chosen]
    readings.code[rows] = np.array(codes, dtype=np.int8)[groups]


def _validity_elsewhere(digits: pa.Array, region: str | None) -> list[Bools]:
    """Return where digits that are not valid here would be: with a +, and overseas."""
    if region in (None, EVERY):
        return []
    places = (EVERY, *(place for place in OVERSEAS if region in OVERSEAS and place != region))
    return [read_digits(digits, place).line_type != UNKNOWN for place in places]


def _position(reading: Reading) -> int:
    """Return the position of a reading's code."""
    return CODES.index(reading.code) if reading.code else NO_CODE


def _read_one_by_one(
    readings: Readings, rows: np.ndarray, texts: pa.Array, region: str | None
) -> None:
    """Read each distinct text by itself."""
    if not len(rows):
        return
    encoded = texts.dictionary_encode()
    distinct: list[str] = encoded.dictionary.to_pylist()
    groups = np.asarray(encoded.indices)
    found = [read_cell(text, region) for text in distinct]
    types = [LINE_TYPES.index(one.line_type) if one.line_type else UNKNOWN for one in found]
    digits = pa.array([one.digits for one in found], pa.string())
    line_type = np.array(types, dtype=np.uint8)[groups]
    _place(readings, rows, digits.take(pa.array(groups)), line_type)
    readings.code[rows] = np.array([_position(one) for one in found], dtype=np.int8)[groups]


def _name_ambiguous(readings: Readings, texts: pa.Array, region: str) -> None:
    """Say so where a number that gets no texts would be one that does with a + in front."""
    rows = np.flatnonzero(readings.is_valid & (readings.code != NO_CODE))
    if not len(rows):
        return
    chosen = _in_ascii(texts.take(pa.array(rows)))
    abroad = read_digits(_cleaned(chosen, region), EVERY)
    bare = ~np.asarray(pc.match_substring(chosen, "+"))
    valid = abroad.line_type != UNKNOWN
    textable = bare & valid & (_CODE_OF_TYPE[abroad.line_type] == NO_CODE)
    readings.code[rows[textable]] = CODES.index("phone_ambiguous")
    asked = bare & ~valid & ~abroad.settled
    _read_one_by_one(readings, rows[asked], chosen.filter(pa.array(asked)), region)

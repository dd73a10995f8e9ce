"""A column of texts → numbers, line types and codes: quick where it can be, one by one where not.

1. All texts are walked as they are (``phone_walk``): a clean column ends here.
2. What is left is walked again with spaces, punctuation, labels and spreadsheet guards taken off,
   and with a + for 00 and 011 where the region leaves no other way to read them. Digits
   of which it is certain that they are no valid number get their code from one example for each
   beginning and length, on which alone the code depends.
3. What is still left goes to ``phone_cells``, once for each distinct text. When that would be more
   than 50,000 texts, 2,000 of them are tried first; if hardly any is a number, the others are not
   read.

Without a region, bare digits are read as if a + stood before them (``phone_cells`` says why).
National numbers of some countries then look like international ones of another: an Indian mobile
number that begins with 65 8 is a mobile number of Singapore. So **bare digits are judged together
with their neighbours of the same length**: when ten or more such numbers of a column are no
international numbers, and fewer than three in four are, then none of that length is taken for one;
all are ``phone_no_country``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.phone_bytes import digit_counts, without_punctuation
from smsframe.phone_cells import Reading, read_cell
from smsframe.phone_codes import CODE_OF_LINE_TYPE, CODES
from smsframe.phone_states import LINE_TYPES, UNKNOWN, international_prefix
from smsframe.phone_walk import read_digits

NO_CODE = -1
"""Position in ``CODES`` of a number that can be texted."""

_TRIED, _MOST_READ_ONE_BY_ONE, _FEWEST_GOOD = 2_000, 50_000, 0.01
_FEWEST_STRANGERS, _SHARE_FOR_ABROAD = 10, 0.75
_NATIONAL_DIGITS = 10
_LENGTHS = 32
_NO_COUNTRY = CODES.index("phone_no_country")

_FLOAT_END = r"^\s*(\+?[0-9]{7,})\.0{1,2}\s*$"
_GUARDS = r"^[\s='\"]+|[\s'\"]+$"
_LABEL = (
    r"(?i)^(?:tel|telephone|phone|ph|mobile|mob|cell|cellphone|handy|sms|whatsapp)"
    r"(?:\s*[.:]+\s*|\s+)([0-9+(])"
)
_AREA_SLASH = r"^(\+?[ (]*(?:[0-9][ ().\-]*){1,6})/([0-9 ().\-]*)$"  # too short for two numbers
_INVISIBLE = r"\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{feff}"
_BLANKS_AND_DASHES = r" \t\f\x{a0}\x{2009}\x{202f}\x{3000}\x{2010}-\x{2015}\x{2212}"
_PUNCTUATION = rf"[{_BLANKS_AND_DASHES}{_INVISIBLE}().\-\[\]~]"
_MUST_ASK = (
    r"^-|[eE]|^[0-9]+\.[0-9]{1,2}$"
    r"|^(?:19|20)[0-9]{2}[-.][0-9]{1,2}[-.][0-9]{1,2}|^[0-9]{1,2}[-.][0-9]{1,2}[-.](?:19|20)[0-9]{2}"
)
_DIALLED = r"^\+?(?:00|011)([1-9])"
_PLAINLY_DIALLED = r"^(?:00|011)[1-9][0-9]{6,11}$"  # no longer than one number can be
_PLAIN_PREFIXES = ("00", "011")

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
        valid: Bools = self.line_type != UNKNOWN
        return valid


def read_texts(texts: pa.Array, region: str | None) -> Readings:
    """Read a string array; null is a missing number."""
    walked = read_digits(texts, region)
    readings = Readings(walked.digits, walked.line_type, _CODE_OF_TYPE[walked.line_type])
    missing = np.asarray(texts.is_null())
    readings.code[missing] = CODES.index("phone_missing")
    left = np.flatnonzero(~readings.is_valid & ~missing)
    if len(left):
        _read_dirty(readings, texts, left, region)
    if region is None:
        _doubt_bare_digits(readings, texts)
    else:
        _name_ambiguous(readings, texts, region)
    return readings


def _place(readings: Readings, rows: np.ndarray, digits: pa.Array, line_type: np.ndarray) -> None:
    """Enter what was read of some rows."""
    mask = np.zeros(len(readings.code), dtype=bool)
    mask[rows] = True
    readings.digits = pc.replace_with_mask(readings.digits, pa.array(mask), digits)
    readings.line_type[rows] = line_type
    readings.code[rows] = _CODE_OF_TYPE[line_type]


def _read_dirty(readings: Readings, texts: pa.Array, rows: np.ndarray, region: str | None) -> None:
    """Read rows again without their punctuation, then what is left one by one."""
    original = texts.take(pa.array(rows))
    cleaned = _cleaned(original, region)
    walked = read_digits(cleaned, region)
    good = walked.line_type != UNKNOWN
    _place(readings, rows[good], walked.digits.filter(pa.array(good)), walked.line_type[good])
    settled = walked.settled & ~good
    _code_settled(readings, rows[settled], cleaned.filter(pa.array(settled)), region)
    asked = ~good & ~settled
    _read_one_by_one(readings, rows[asked], original.filter(pa.array(asked)), region)


def _cleaned(texts: pa.Array, region: str | None) -> pa.Array:
    """Return texts without guards and punctuation; null where one cell at a time must be judged."""
    digits, plain = without_punctuation(texts)
    if not plain.all():
        closer = pa.array(~plain)
        looked_at = _looked_at(texts.filter(closer))
        digits = looked_at if not plain.any() else pc.replace_with_mask(digits, closer, looked_at)
    if region is None:
        return pc.replace_substring_regex(digits, _DIALLED, r"+\1")
    dialled = pc.fill_null(pc.match_substring_regex(digits, _DIALLED), False)
    if not pc.any(dialled).as_py():
        return digits
    return pc.replace_with_mask(digits, dialled, _as_abroad(digits.filter(dialled), region))


def _as_abroad(dialled: pa.Array, region: str) -> pa.Array:
    """Return digits behind 00 or 011 with a + instead; null where the region may read them else."""
    at_home = read_digits(dialled, region)
    sure = at_home.settled & (at_home.line_type == UNKNOWN)
    prefix = international_prefix(region)
    if prefix in _PLAIN_PREFIXES:
        sure |= np.asarray(pc.starts_with(dialled, prefix))
    sure &= np.asarray(pc.match_substring_regex(dialled, _PLAINLY_DIALLED))
    abroad = pc.replace_substring_regex(dialled, _DIALLED, r"+\1")
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
    abroad = read_digits(digits, None).line_type != UNKNOWN
    keys = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(pc.ascii_ltrim(digits, "+"), 0, 3),
        pc.starts_with(digits, "+").cast(pa.string()),
        pc.utf8_length(digits).cast(pa.string()),
        pa.array(abroad).cast(pa.string()),
        " ",
    ).dictionary_encode()
    groups = np.asarray(keys.indices)
    _, examples = np.unique(groups, return_index=True)
    chosen = digits.take(pa.array(examples)).to_pylist()
    codes = [_position(read_cell(text, region)) for text in chosen]
    readings.code[rows] = np.array(codes, dtype=np.int8)[groups]


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
    found = _read_distinct(distinct, region)
    types = [LINE_TYPES.index(one.line_type) if one.line_type else UNKNOWN for one in found]
    digits = pa.array([one.digits for one in found], pa.string())
    line_type = np.array(types, dtype=np.uint8)[groups]
    _place(readings, rows, digits.take(pa.array(groups)), line_type)
    readings.code[rows] = np.array([_position(one) for one in found], dtype=np.int8)[groups]


def _read_distinct(texts: list[str], region: str | None) -> list[Reading]:
    """Read texts, or only a sample of very many that turn out to be no numbers."""
    if len(texts) > _MOST_READ_ONE_BY_ONE:
        step = len(texts) // _TRIED
        tried = [read_cell(text, region) for text in texts[::step]]
        if sum(one.digits is not None for one in tried) < _FEWEST_GOOD * len(tried):
            found = [Reading(code="phone_unread")] * len(texts)
            found[::step] = tried
            return found
    return [read_cell(text, region) for text in texts]


def _name_ambiguous(readings: Readings, texts: pa.Array, region: str) -> None:
    """Say so where a number that gets no texts would be one that does with a + in front."""
    rows = np.flatnonzero(readings.is_valid & (readings.code != NO_CODE))
    if not len(rows):
        return
    chosen = texts.take(pa.array(rows))
    abroad = read_digits(_cleaned(chosen, region), None)
    textable = (_CODE_OF_TYPE[abroad.line_type] == NO_CODE) & (abroad.line_type != UNKNOWN)
    textable &= ~np.asarray(pc.match_substring_regex(chosen, "[+\uff0b]"))
    readings.code[rows[textable]] = CODES.index("phone_ambiguous")


def _doubt_bare_digits(readings: Readings, texts: pa.Array) -> None:
    """Take back numbers that were read without a + and may be national ones of some country."""
    valid = readings.is_valid
    short = valid & (_lengths(readings.digits) <= _NATIONAL_DIGITS)
    strangers = int((readings.code == _NO_COUNTRY).sum())
    rows = np.flatnonzero(valid if strangers >= _FEWEST_STRANGERS else short)
    if not len(rows):
        return
    written = texts.take(pa.array(rows))
    bare = _has_bare_digits(written, readings.digits.take(pa.array(rows)))
    rows, written = rows[bare], written.filter(pa.array(bare))
    lengths = _written_digits(written)
    taken_back = _also_national(written, lengths)
    taken_back |= np.isin(lengths, _doubtful_lengths(readings, texts, lengths))
    if taken_back.any():
        rows = rows[taken_back]
        unknown = np.full(len(rows), UNKNOWN, dtype=np.uint8)
        _place(readings, rows, pa.nulls(len(rows), pa.string()), unknown)
        readings.code[rows] = _NO_COUNTRY


def _lengths(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Return how many bytes each text has, 0 where it is null."""
    return np.asarray(pc.fill_null(pc.binary_length(texts), 0)).astype(np.int64)


def _doubtful_lengths(readings: Readings, texts: pa.Array, good: np.ndarray) -> list[int]:
    """Return the lengths of bare digits of which too few are international numbers."""
    strangers = np.flatnonzero(readings.code == _NO_COUNTRY)
    if len(strangers) < _FEWEST_STRANGERS:
        return []
    bad = np.bincount(_written_digits(texts.take(pa.array(strangers))), minlength=_LENGTHS)
    fine = np.bincount(good, minlength=len(bad))[: len(bad)]
    doubtful = (bad >= _FEWEST_STRANGERS) & (fine < _SHARE_FOR_ABROAD * (fine + bad))
    found: list[int] = np.flatnonzero(doubtful).tolist()
    return found


def _has_bare_digits(texts: pa.Array, digits: pa.Array) -> Bools:
    """Tell which valid numbers were written without +, 00 or 011."""
    longer = np.asarray(pc.greater(pc.binary_length(texts), pc.binary_length(digits)))
    bare = ~longer
    if longer.any():
        longer &= ~np.asarray(pc.starts_with(texts, "+"))
        chosen = texts.filter(pa.array(longer))
        bare[longer] = ~np.asarray(pc.match_substring_regex(chosen, "[+\uff0b]|^[^0-9]*0"))
    return bare


def _written_digits(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Return how many digits each text has, those after a float's point left out."""
    counts = digit_counts(texts)
    for zeros in (1, 2):
        counts -= zeros * np.asarray(pc.ends_with(texts, "." + "0" * zeros))
    return counts


def _also_national(written: pa.Array, lengths: np.ndarray) -> Bools:
    """Tell which ten digits are also a North American number that lacks its 1."""
    also = lengths == _NATIONAL_DIGITS
    if also.any():
        digits = _cleaned(written.filter(pa.array(also)), None)
        national = read_digits(pc.binary_join_element_wise("1", digits, ""), None)
        also[also] = national.line_type != UNKNOWN
    found: Bools = also
    return found

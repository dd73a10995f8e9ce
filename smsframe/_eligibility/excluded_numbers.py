"""Cells of a list of people who must not be texted → digits, and whom they hold back.

In doubt a cell excludes: it stands for every number it can be read as, whatever its line type and
whether it is valid or not. A recipient too many costs a text, one too few texts somebody who said
no. So nothing is judged here as in a column to send to; digits are taken out of whatever stands
around them:

* **A number that says its country** (with ``+``, ``00`` or ``011``) is that number, with and
  without a zero behind its country code (``+49 (0)171 …``), and with and without the mobile digit
  that Mexico has dropped and Argentina writes only from abroad (``+52 1``, ``+54 9``).
* **Digits without a country** hold back every recipient that ends with them, also without the
  zeros in front; one that is written so in their own country, where what is dialled in front is no
  zero (``8 916 …`` in Russia, ``06 30 …`` in Hungary); and what they are in the region of the send.
* **Two numbers in a cell** are both; so are the two halves of what is too long for one.
* **Digits in groups** with whatever sign between them (``2,015,550,123``, ``201_555_0123``) are
  one number.
* **Few digits behind a number** (``0171 1234567/8``, ``… (2)``, ``…-5``) are an extension, a second
  number, or its own last digits: with them and without.

Clean cells are read by a handful of Arrow calls, the others once for each distinct text. A million
numbers that say their country in ``+`` and digits, as clean lists have them, are integers from the
start; only those that may be written in another way too are looked at as texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import bytes_of, holds_any, offsets_of
from smsframe._base.sorted_numbers import places_in
from smsframe._phones.cell_bytes import may_hold_more, without_punctuation
from smsframe._phones.parse_one import plain_text, read_cell
from smsframe._phones.read import read_phones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEWEST_DIGITS, MOST_DIGITS = 7, 15
_FEW_DIGITS = 8
_MOST_DIALLED = MOST_DIGITS + 3  # behind 00 or 011
_SURELY_ONE = 13  # digits that are one number, also with blanks between them
_LONGEST_WORD = 10

_GUARDS = r"^[\s='\"]+|[\s'\"]+$"
_FLOAT_END = r"^(\+?[0-9]{7,})\.0{1,2}$"
_PLAIN = r"^\+?[0-9 ().\-\[\]~\t]*$"
_NO_PHONE = r"^-[0-9]+(?:\.0+)?$|^[0-9]+\.[0-9]{1,2}$"
_BEGINS_WITH_DATE = (
    r"^(?:(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}"
    r"|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2})"
)
_CLOCK = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_MAY_BE_NONE = rf"{_NO_PHONE}|@|{_BEGINS_WITH_DATE}(?:$|[T ])"
_SCIENTIFIC = r"(?:^|[\s,;|'\"=])[+-]?[0-9]+(?:[.,][0-9]+)?\s?[eE]\s?\+?[0-9]{1,3}(?:$|[\s,;|'\"])"

_EXTENSION = re.compile(
    r"(?:e?xt(?:ension|n)?\.?|(?<=[\d\s])x|#)\s*[:.=]?\s*\d{1,6}(?!\d)", re.IGNORECASE
)
_RUN = re.compile(r"\+*[(\[]?\d[\d ()\[\]./~\t-]*")
_DATE = re.compile(
    r"(?<![\d+])(?<![\d+][-./])"
    r"(?:(?:19|20)\d\d([-./])\d\d?\1\d\d?|\d\d?([-./])\d\d?\2(?:19|20)\d\d)(?![-./]?\d)" + _CLOCK
)
_EMAIL = re.compile(r"(?:(?<![^\s<>,:;])(\+?\d{7,15})|[^\s<>,:;@]+)@[^\s<>,;@]*[^\W\d][^\s<>,;@]*")
_GROUPS = re.compile(r"\+?\d+(?:([^\w\s]|_)\d+)(?:\1\d+)*(?:\.0{1,2})?")
_NO_DIGIT = re.compile(r"\D+")
_FEW_BEHIND = re.compile(r"([(\[~/\t][ ()\[\]./~\t-]*\d{1,4})[ ()\[\]./~\t-]*$")
_SHORT_GROUP = re.compile(
    r"(?:(?<=\d{7})(?=\D+\d{1,4}$)|(?<=\d{6})(?=\D+\d{1,3}$)|(?<=\d{5})(?=\D+\d{1,2}$)"
    r"|(?<=\d{4})(?=\D+\d$))(\D+\d+)$"
)

_DIALLED = r"^0*(?:00|011)([1-9][0-9]*)$"
_CODES = "|".join(str(code) for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
_BEGINNING = 4  # by so many digits it is seen which may differ
_MAY_DIFFER = rf"^(?:(?:{_CODES})0|5[24]|11)"
_OTHER_SPELLINGS = (
    (rf"^({_CODES})0([0-9]+)$", r"\1\2"),
    (rf"^({_CODES})0+([1-9][0-9]*)$", r"\1\2"),
    (r"^11([2-9][0-9]{9})$", r"1\1"),
    (r"^521([0-9]{10})$", r"52\1"),
    (r"^52([0-9]{10})$", r"521\1"),
    (r"^549([0-9]{10})$", r"54\1"),
    (r"^54([1-8][0-9]{9})$", r"549\1"),
)
_PLUS, _ZERO, _NINE = np.uint8(ord("+")), np.uint8(ord("0")), np.uint8(9)
_TENS = 10 ** np.arange(MOST_DIGITS, dtype=np.int64)
_BITS, _MIX = 24, np.uint64(0x9E3779B97F4A7C15)
_FEW = 50_000  # of so few, Arrow makes a hash table faster than they are sorted out
_ODD_PREFIXES = "^(?:7|36|5[245]|37[05]|993)"  # what may stand behind these codes is no mere zero
_WITH_15 = tuple(  # Argentina at home: 0, the area, 15 for a mobile phone, the number
    (rf"^0([1-9][0-9]{{{area - 1}}})15([0-9]{{{10 - area}}})$", r"549\1\2") for area in (2, 3, 4)
)
_WITHOUT_CARRIER = r"^0[1-9][0-9]([1-9][0-9]{9,10})$"  # Brazil: 0, the carrier, the number
_TRUNKS = (
    *(("7", "8"), ("36", "06"), ("52", "01"), ("52", "044"), ("52", "045")),
    *(("370", "8"), ("375", "8"), ("375", "80"), ("993", "8")),
)
"""What is dialled in front at home, where that is no zero: country code, digits."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Numbers:
    """What a list holds: digits that say their country, digits that do not, and what is neither.

    ``plain`` (int64) are more that say their country, in the one way in which they are written.
    ``unread`` counts the cells that can be read as nothing; ``examples`` are some of them.
    """

    whole: pa.Array
    bare: pa.Array
    plain: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    unread: int = 0
    examples: tuple[str, ...] = ()

    @property
    def holds_any(self) -> bool:
        """Whether any number was read."""
        return bool(len(self.whole) or len(self.bare) or len(self.plain))


def has_rounded(texts: pa.Array) -> bool:
    """Tell whether a cell is in scientific notation: a spreadsheet has dropped its last digits."""
    if not holds_any(texts, b"eE"):
        return False
    lettered = pc.fill_null(pc.match_substring_regex(texts, "[eE]"), False)
    found = pc.match_substring_regex(texts.filter(lettered), _SCIENTIFIC)
    return bool(pc.any(found).as_py())


def read_numbers(texts: pa.Array, *, international: bool = False) -> Numbers:
    """Read the cells of a list, none of them null; ``international``: each says its country."""
    if _are_digits(texts, signed=True):
        return _read_signed(texts)
    if _are_digits(texts, signed=False):
        whole, bare = _sorted(texts.cast(pa.string()), international=international)
        return Numbers(whole=whole, bare=bare)
    cleaned, _ = without_punctuation(texts)
    clean = _is_clean(texts, cleaned)
    dirty = texts.filter(pc.invert(clean)).dictionary_encode()
    distinct = dirty.dictionary.to_pylist()
    found = [list(dict.fromkeys(_digits_of(text))) for text in distinct]
    tokens = pa.array([token for each in found for token in each], pa.string())
    unread = np.array(
        [not each and not _is_blank(t) for each, t in zip(found, distinct, strict=True)]
    )
    tokens = pa.concat_arrays([cleaned.filter(clean), tokens])
    whole, bare = _sorted(tokens, international=international)
    counts = np.bincount(np.asarray(dirty.indices), minlength=len(distinct))
    return Numbers(
        whole=whole,
        bare=bare,
        unread=int(counts[unread].sum()) if len(distinct) else 0,
        examples=tuple(distinct[place] for place in np.flatnonzero(unread)[:3]),
    )


def _are_digits(texts: pa.Array, *, signed: bool) -> bool:
    """Tell whether every cell is digits of one number, the first no zero, behind a ``+`` or not."""
    bounds = offsets_of(texts).astype(np.int64)
    raw, sizes = np.frombuffer(bytes_of(texts), np.uint8), np.diff(bounds)
    first = bounds[:-1] - bounds[0]
    digits = sizes - signed
    if not len(raw) or not ((digits >= FEWEST_DIGITS) & (digits <= MOST_DIGITS)).all():
        return False
    begins = (raw[first + signed] != _ZERO) & ((raw[first] == _PLUS) | (not signed))
    # As unsigned bytes, those that are no digits are more than nine behind zero.
    others = np.count_nonzero(raw - _ZERO > _NINE)
    return bool(begins.all()) and others == signed * len(sizes)


def _read_signed(texts: pa.Array) -> Numbers:
    """Read cells of a ``+`` and digits."""
    digits = pc.utf8_slice_codeunits(texts.cast(pa.string()), 1)
    found: Integers = pc.cast(digits, pa.int64()).to_numpy()
    sizes = np.asarray(pc.binary_length(digits))
    differs = _differing_beginnings()[found // _TENS[sizes - _BEGINNING]]
    some = digits.filter(pa.array(differs))
    others = _other_spellings(some, _MAY_DIFFER, _OTHER_SPELLINGS)
    return Numbers(
        whole=pa.concat_arrays([some, *others]),
        bare=pa.array([], pa.string()),
        plain=found[~differs],
    )


@lru_cache(maxsize=1)
def _differing_beginnings() -> npt.NDArray[np.bool_]:
    """Tell of all four digits whether numbers that begin with them may be written otherwise too."""
    may_differ = re.compile(f"{_MAY_DIFFER}|{_ODD_PREFIXES}")
    beginnings = (f"{number:04}" for number in range(10**_BEGINNING))
    return np.array([may_differ.match(digits) is not None for digits in beginnings])


def _is_clean(texts: pa.Array, cleaned: pa.Array) -> pa.Array:
    """Tell which cells are one number with nothing but punctuation around its digits."""
    digits = pc.ascii_ltrim(cleaned, "+")
    sizes = pc.binary_length(digits)
    fits = pc.and_(pc.greater_equal(sizes, FEWEST_DIGITS), pc.less_equal(sizes, _MOST_DIALLED))
    clean = pc.and_(fits, pc.ascii_is_decimal(digits))
    changed = pc.not_equal(texts, cleaned)
    if not pc.any(changed).as_py():
        return clean
    several = pc.and_(changed, pc.greater(pc.binary_length(cleaned), _SURELY_ONE))
    several = pc.or_(several, pa.array(may_hold_more(texts)))
    odd = pc.match_substring_regex(texts, _MAY_BE_NONE)
    plain = pc.match_substring_regex(texts, _PLAIN)
    return pc.and_(pc.and_(clean, plain), pc.invert(pc.or_(several, odd)))


def _digits_of(text: str) -> Iterator[str]:
    """Yield the digits, with + where it stands, of every number in a cell."""
    plain = re.sub(_GUARDS, "", plain_text(text))
    plain = re.sub(_FLOAT_END, r"\1", plain)
    if re.search(rf"{_NO_PHONE}|{_BEGINS_WITH_DATE}{_CLOCK}$", plain):
        return
    plain = _EXTENSION.sub(";", _DATE.sub(";", _EMAIL.sub(r"\1;", plain)))
    found = [digits for run in _RUN.finditer(plain) for digits in _digits_of_run(run[0])]
    if not found and _GROUPS.fullmatch(plain.strip()):
        found = list(_digits_of_run(_NO_DIGIT.sub("", plain.removesuffix(".00"))))
    yield from found


def _digits_of_run(run: str) -> Iterator[str]:
    """Yield the numbers of a run of digits and punctuation."""
    sign = "+" if run[0] == "+" else ""
    first, *others = filter(None, (_NO_DIGIT.sub("", part) for part in run.split("/")))
    if len(first) >= FEWEST_DIGITS and others:  # of an area code, the first part is shorter
        for part in others:
            yield part if len(part) >= FEWEST_DIGITS else sign + first[: -len(part)] + part
        yield sign + first
    digits = first + "".join(others)
    if FEWEST_DIGITS <= len(digits) <= (MOST_DIGITS if digits[0] != "0" else _MOST_DIALLED):
        yield sign + digits
    for cut in (_FEW_BEHIND.search(run), _SHORT_GROUP.search(run)):
        before = _NO_DIGIT.sub("", run[: cut.start(1)]) if cut else ""
        if len(before) >= FEWEST_DIGITS:
            yield sign + before
    if len(digits) > _SURELY_ONE and not (others and len(first) >= FEWEST_DIGITS):
        yield from _halves(run, sign)


def _halves(run: str, sign: str) -> Iterator[str]:
    """Yield the two numbers of a run that is too long for one, cut at the middlemost blank."""
    cuts = [
        (_NO_DIGIT.sub("", run[: at.start()]), _NO_DIGIT.sub("", run[at.end() :]))
        for at in re.finditer(r"\s+", run)
    ]
    fit = [cut for cut in cuts if min(map(len, cut)) >= FEWEST_DIGITS]
    if fit:
        left, right = min(fit, key=lambda cut: abs(len(cut[0]) - len(cut[1])))
        yield from (sign + left, right)


def _is_blank(text: str) -> bool:
    """Tell whether a cell says that there is no number: invisible, or a word for nothing."""
    plain = plain_text(text).strip()
    return len(plain) <= _LONGEST_WORD and read_cell(text, None).code == "phone_missing"


def _sorted(tokens: pa.Array, *, international: bool) -> tuple[pa.Array, pa.Array]:
    """Return digits that say their country, in all their spellings, and digits that do not."""
    digits = pc.ascii_ltrim(tokens, "+")
    says = pc.invert(pc.starts_with(digits, "0"))  # no country code begins with 0
    if not international:
        says = pc.and_(says, pc.starts_with(tokens, "+"))
    whole, bare = digits.filter(says), digits.filter(pc.invert(says))
    zeros = bare.filter(pc.starts_with(bare, "0"))
    dialled = zeros.filter(pc.match_substring_regex(zeros, _DIALLED))
    whole = pa.concat_arrays([whole, pc.replace_substring_regex(dialled, _DIALLED, r"\1")])
    others = _other_spellings(pa.concat_arrays([whole, bare]), _MAY_DIFFER, _OTHER_SPELLINGS)
    mobile = _other_spellings(zeros, "^0", _WITH_15)
    return pa.concat_arrays([whole, *others, *mobile]), bare


def _other_spellings(
    digits: pa.Array, may_differ: str, spellings: Iterable[tuple[str, str]]
) -> Iterator[pa.Array]:
    """Yield the numbers that others are written for."""
    begins = pc.utf8_slice_codeunits(digits, 0, _BEGINNING).dictionary_encode()
    differs = pc.match_substring_regex(begins.dictionary, may_differ)
    some = digits.filter(differs.take(begins.indices))
    for pattern, other in spellings:
        same = some.filter(pc.match_substring_regex(some, pattern))
        yield pc.replace_substring_regex(same, pattern, other)


def held_back(numbers: Numbers, recipients: pa.Array, region: str | None) -> npt.NDArray[np.bool_]:
    """Tell which recipients (E.164 without +, null where there is none) a list holds back."""
    known = pc.fill_null(pc.cast(recipients, pa.int64()), -1)
    whole, bare = _integers(_as_whole(numbers, region)), numbers.bare
    held = _among(known.to_numpy(), np.concatenate([whole, numbers.plain]))
    if len(bare):
        zeros = bare.filter(pc.starts_with(bare, "0"))
        carried = zeros.filter(pc.match_substring_regex(zeros, _WITHOUT_CARRIER))
        shorter = pc.replace_substring_regex(carried, _WITHOUT_CARRIER, r"\1")
        ends = pa.concat_arrays([bare, pc.ascii_ltrim(zeros, "0"), shorter])
        held |= _ends_with(np.asarray(known), ends)
        held |= _dialled_at_home(recipients, bare)
    held[np.asarray(recipients.is_null())] = False
    return held


def _among(known: Integers, wanted: Integers) -> npt.NDArray[np.bool_]:
    """Tell which of some numbers are wanted; of two long lists, those that may be in both."""
    held = np.zeros(len(known), dtype=bool)
    if min(len(known), len(wanted)) <= _FEW:
        held[:] = np.asarray(pc.is_in(pa.array(known), value_set=pa.array(wanted)))
        return held
    maybe = _marks(wanted)[_places(known)]
    if maybe.any():
        some = known[maybe]
        # Both are put in order without their places, a third of the time of a hash table or of an
        # order that keeps places; of those that may be wanted, nearly all are.
        ordered = np.sort(some)
        others = pa.array(ordered[~places_in(np.sort(wanted), ordered)[1]])
        held[maybe] = ~np.asarray(pc.is_in(pa.array(some), value_set=others))
    return held


def _marks(numbers: Integers) -> npt.NDArray[np.bool_]:
    """Return a table with a mark in the place of each number."""
    marks = np.zeros(1 << _BITS, dtype=bool)
    marks[_places(numbers)] = True
    return marks


def _places(numbers: Integers) -> npt.NDArray[np.uint64]:
    """Return a place for each number, seldom the same for two."""
    return (numbers.view(np.uint64) * _MIX) >> np.uint64(64 - _BITS)


def _as_whole(numbers: Numbers, region: str | None) -> pa.Array:
    """Return the digits of numbers with their country, those of the region of the send too."""
    odd = numbers.whole.filter(pc.match_substring_regex(numbers.whole, _ODD_PREFIXES))
    signed = pc.binary_join_element_wise("+", odd, "")
    found = [numbers.whole, _valid(signed, None)]
    home = (region or "").strip().upper()
    if home in phonenumbers.SUPPORTED_REGIONS:
        found.append(_valid(_with_prefix(numbers.bare, home), home))
    return pa.concat_arrays([digits.cast(pa.string()) for digits in found])


def _with_prefix(bare: pa.Array, region: str) -> pa.Array:
    """Return the digits that may have more in front than a zero, and few: others are an end."""
    told = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefixes = {told.international_prefix, told.national_prefix_for_parsing}
    odd = prefixes - {None, "0", "00", "011", str(told.country_code)}
    few = pc.less_equal(pc.binary_length(bare), _FEW_DIGITS)
    try:
        if odd:
            few = pc.or_(few, pc.match_substring_regex(bare, f"^(?:{'|'.join(odd)})"))
        return bare.filter(few)
    except pa.ArrowInvalid:  # a pattern that only Python's expressions know
        return bare


def _valid(texts: pa.Array, region: str | None) -> pa.Array:
    """Return the valid numbers of texts as ``phonenumbers`` writes them."""
    if not len(texts):
        return texts
    column = pd.Series(pd.array(texts, dtype="string[pyarrow]"))
    return read_phones(column, region=region).valid_digits.drop_null()


def _integers(digits: pa.Array) -> Integers:
    """Return digits as numbers; none is longer than a phone number."""
    fits = digits.filter(pc.less_equal(pc.binary_length(digits), MOST_DIGITS))
    return pc.cast(fits, pa.int64()).to_numpy()


def _ends_with(known: Integers, ends: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell which numbers end with one of the digits."""
    lengths = np.asarray(pc.binary_length(ends))
    held = np.zeros(len(known), dtype=bool)
    for length in range(FEWEST_DIGITS, MOST_DIGITS + 1):
        group = ends.filter(pa.array(lengths == length))
        if len(group):
            held |= _among(known % 10**length, _integers(group))
    held &= known >= 0
    return held


def _dialled_at_home(recipients: pa.Array, bare: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell which recipients a list has as they are dialled in their own country."""
    held = np.zeros(len(recipients), dtype=bool)
    known = None
    for code, trunk in _TRUNKS:
        rows = np.flatnonzero(np.asarray(pc.fill_null(pc.starts_with(recipients, code), False)))
        if len(rows):
            national = pc.utf8_slice_codeunits(recipients.take(pa.array(rows)), len(code))
            at_home = pc.cast(pc.binary_join_element_wise(trunk, national, ""), pa.int64())
            known = pa.array(_integers(bare)) if known is None else known
            held[rows] |= np.asarray(pc.is_in(at_home, value_set=known))
    return held

"""Faults of a whole phone column: numbers that look valid and are somebody else's.

A spreadsheet shows 12015550123 as ``1.20156E+10`` and saves what it shows: 20,000 people become
486 numbers, of which nearly all are valid. Each cell is fine; only the column tells. So a damaged
column is refused as a whole, with the evidence and the fix, and nothing is ever repaired: the
lost digits are not in it.

What is looked at, on at most 50,000 rows picked at random (always the same ones; every twentieth
number of a block would end in 0):

* **Rounded numbers.** If a number of L digits keeps k of them, it ends in L - k zeros or more. For
  each k, the share of the distinct longer numbers that do is compared with chance (one in ten for
  each zero). The fewer zeros, the more numbers are asked for: eight numbers and 2 % with five
  zeros, but 200 numbers and 95 % with one, since switchboards like to end in 0. Landlines and
  other numbers that get no texts are left out, for the same reason. A block of consecutive numbers
  shows a tenth, a hundredth ... like any other. Ten rows and more that hold hardly any number but
  ones with five zeros are refused even if all are one number. Of floats, which rounded texts are
  read as, fewer will do: two numbers of six digits and zeros, as spreadsheets show them, if they
  are half of all. In a list that is not sent to, where one too few texts somebody, it is one such
  float, or two integers.
* **Scientific notation** in a tenth of the rows, three at least. Fewer are a fault of their rows
  alone (``phone_rounded``): in a spreadsheet only the numbers of twelve digits and more look like
  that, and the shorter ones beside them are whole.
* **32-bit floats** keep 24 bits: 12015557778 becomes 12015557632. Refused by dtype, and in any
  other form when nine in ten distinct numbers are ones that such a float can hold, and the odds of
  that are below one in a billion (2**30).
* **32-bit integers** wrap around: negative numbers in a tenth of the rows, three at least, or that
  dtype and fewer than three in five numbers that can be texted in the region given.
* **Floats that are not whole**, and columns of booleans, dates or lists; a column of which hardly
  a cell is like a phone number; a region in which hardly one of twenty or more numbers is valid.
* A lost leading zero is no damage when the region is given; without it, and where a + was lost, the
  column lacks its country: an error with the ways out when no number says its own, a warning
  beside the rows when half of them do not.

On the 565 clean columns of the tests (blocks of 100 and 1000 consecutive numbers, one number in
all rows, numbers that all end in 00, the 555-0100 range; every dtype) there is no false alarm;
numbers rounded to 4, 6, 8 and 10 digits are found in every form, as are 32-bit floats.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import holds_any
from smsframe._base.masking import mask_example
from smsframe._base.sentences import Sentence, arg, words
from smsframe._phones.parse_column import NO_CODE, Readings
from smsframe._phones.problems import CODES
from smsframe._phones.readings import EVERY
from smsframe._phones.readings_by_country import likely_regions, ways_out
from smsframe._phones.to_strings import EXACT_INTEGERS_BELOW, is_text_or_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLE_ROWS = 50_000
_EXAMPLES = 3

# Zeros at the end → how many distinct numbers, and which share of them, must end so.
_ZEROS = {1: (200, 0.95), 2: (100, 0.80), 3: (50, 0.50), 4: (30, 0.20), 5: (8, 0.02)}
_MANY_ZEROS = max(_ZEROS)
_KEPT_DIGITS = range(3, 13)
_SIX_AND_ZEROS, _SHARE_OF_FEW = "^[1-9][0-9]{4,5}0{4,}$", 0.5
_FLOAT_END = r"\.0{1,2}\s*$"
_ROWS_OF_ONE_NUMBER, _SHARE_OF_ROWS = 10, 0.9
_LEAST_ROWS, _LEAST_SHARE = 3, 0.1
_SHARE_OF_FLOATS, _FLOAT_BITS, _EVIDENCE_BITS = 0.9, 24, 30
_MOST_UNLIKE = 0.9
_FEWEST_FOR_REGION, _FEWEST_ELSEWHERE, _LEAST_OF_REGION = 20, 3, 0.2
_LEAST_OF_SMALL = 0.6
_FEWEST_FOR_CANON, _LEAST_VALID = 50, 0.02

_FEWEST_DIGITS, _MOST_DIGITS = 7, 18

_UNLIKE = (
    "phone_unreadable",
    "phone_letters",
    "phone_short_code",
    "phone_too_short",
    "phone_too_long",
)
_NO_NUMBER = (
    "phone_unreadable",
    "phone_letters",
    "phone_extension",
    "phone_two_numbers",
    "phone_rounded",
)
_NAME_IT = words(
    Sentence("Name the column that holds them with ", arg("phone"), "."),
    screen="Choose the column that holds them.",
)
_AGAIN = (
    "Take the file from its source again with the phone column stored as text, and read it with "
    'pd.read_csv(..., dtype={{"{name}": "string"}}).'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One fault of a whole column, with its evidence.

    Parameters
    ----------
    code
        ``phones_rounded``, ``phones_float32``, ``phones_wrapped``, ``phones_not_whole``,
        ``phones_not_phones``, ``phones_wrong_region`` or ``phones_no_country``.
    sentence
        What is wrong, by which evidence, and the fix.
    rows, distinct
        Rows with a value, and different values among them.
    examples
        Up to three of the values, masked.
    severity
        ``"error"``: nothing may be sent. ``"warning"``: the rows say the rest.
    """

    code: str
    sentence: str
    rows: int
    distinct: int
    examples: tuple[str, ...] = ()
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class _Sample:
    """The rows that are looked at."""

    column: pd.Series
    texts: pa.Array  # all rows
    seen: pa.Array  # texts of the sample, none null
    code: np.ndarray
    valid: np.ndarray
    region: str | None
    lacks_country: np.ndarray  # all rows

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.seen)

    def count(self, *codes: str) -> int:
        """Return how many cells have one of the codes."""
        return int(np.isin(self.code, [CODES.index(code) for code in codes]).sum())

    def damage(
        self, code: str, sentence: str, examples: pa.Array | None = None, *, severity: str = "error"
    ) -> Damage:
        """Return a damage with the evidence of the whole column."""
        chosen = self.seen if examples is None else examples
        present = self.texts.drop_null()
        rows, distinct = len(present), pc.count_distinct(present).as_py()
        name = self.column.name if isinstance(self.column.name, str) else "phone"
        return Damage(
            code=code,
            sentence=sentence.format(
                name=name, rows=f"{rows:,}", distinct=f"{distinct:,}", region=self.region
            ),
            rows=rows,
            distinct=distinct,
            examples=tuple(map(mask_example, chosen.unique()[:_EXAMPLES].to_pylist())),
            severity=severity,
        )


def find_damage(
    column: pd.Series,
    texts: pa.Array,
    readings: Readings,
    region: str | None,
    *,
    corrupted_only: bool = False,
) -> tuple[Damage, ...]:
    """Return the faults of a column, the ones that explain most first; none for a clean one.

    ``corrupted_only``: it is no column to send to, and what lacks a country is no fault.
    """
    if not is_text_or_number(column):
        count = int(column.notna().sum())
        return (_wrong_kind(column, count),) if count else ()
    places = np.flatnonzero(np.asarray(texts.is_valid()))
    places = places[readings.code[places] != CODES.index("phone_missing")]
    if not len(places):
        return ()
    if len(places) > _SAMPLE_ROWS:
        places = np.unique(np.random.default_rng(0).choice(places, _SAMPLE_ROWS))
    sample = _Sample(
        column=column,
        texts=texts,
        seen=texts.take(pa.array(places)),
        code=readings.code[places],
        valid=readings.is_valid[places],
        region=region,
        lacks_country=readings.code == CODES.index("phone_no_country"),
    )
    looks = _corruptions(sample, listed=True) if corrupted_only else _damages(sample)
    return tuple(itertools.islice(filter(None, looks), 1))


def _damages(sample: _Sample) -> Iterator[Damage | None]:
    """Look for each damage in turn."""
    yield from _corruptions(sample, listed=False)
    yield _wrong_region(sample)
    yield _not_phones(sample)
    yield _no_country(sample)


def _corruptions(sample: _Sample, *, listed: bool) -> Iterator[Damage | None]:
    """Look for numbers that were changed on their way; ``listed``: in a list of people."""
    yield _small_floats(sample)
    yield _fractions(sample)
    yield _wrapped(sample)
    yield _scientific(sample)
    written = _written(sample)
    yield _rounded(sample, written)
    yield _few_rounded(sample, written, listed=listed)
    yield _float32(sample, written)


def _wrong_kind(column: pd.Series, rows: int) -> Damage:
    """Return the damage of a column of booleans, dates, lists and the like."""
    return Damage(
        code="phones_not_phones",
        sentence=Sentence(
            f"Column {column.name!r} holds {column.dtype} values, which are no phone numbers. ",
            _NAME_IT,
        ),
        rows=rows,
        distinct=0,
    )


def _small_floats(sample: _Sample) -> Damage | None:
    """Find a column of floats of 32 bits or fewer."""
    if _float_bits(sample.column) not in {16, 32}:
        return None
    return sample.damage(
        "phones_float32",
        "The column is of 32-bit floats, which keep seven digits: the last digits of all {rows} "
        "numbers are lost. " + _AGAIN,
    )


def _float_bits(column: pd.Series) -> int:
    """Return the size of a float dtype in bits, 0 for any other dtype."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _float_bits(dtype.categories.to_series())
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        return int(kind.bit_width) if pa.types.is_floating(kind) else 0
    if not pd.api.types.is_float_dtype(dtype):
        return 0
    return 8 * int(getattr(dtype, "itemsize", 8))


def _fractions(sample: _Sample) -> Damage | None:
    """Find floats that are not whole, or too large to be exact."""
    if not _float_bits(sample.column):
        return None
    numbers = pd.to_numeric(sample.column).to_numpy(dtype=np.float64, na_value=np.nan)
    odd = ~np.isnan(numbers) & (
        (np.abs(numbers) >= EXACT_INTEGERS_BELOW) | (numbers != np.trunc(numbers))
    )
    if not odd.any():
        return None
    examples = sample.texts.take(pa.array(np.flatnonzero(odd)[:_SAMPLE_ROWS]))
    return sample.damage(
        "phones_not_whole",
        f"{int(odd.sum()):,} of {{rows}} numbers have digits after the point or are too large to "
        "be exact, so these are no phone numbers as they were. " + _AGAIN,
        examples,
    )


def _share(sample: _Sample, rows: np.ndarray) -> tuple[pa.Array, bool]:
    """Return the texts of some rows, and whether they are more than a few."""
    count = int(rows.sum())
    many = count >= _LEAST_ROWS and count >= _LEAST_SHARE * sample.size
    return sample.seen.filter(pa.array(rows)), many


def _wrapped(sample: _Sample) -> Damage | None:
    """Find 32-bit integers that ran over: many negative ones."""
    rows = np.asarray(pc.match_substring_regex(sample.seen, r"^-[0-9]{1,10}(?:\.0)?$"))
    found, many = _share(sample, rows)
    if many:
        signs = f"{len(found) / sample.size:.0%} of the numbers are negative"
    elif _is_of_small_integers(sample) and sample.size >= _FEWEST_FOR_REGION:
        found = sample.seen
        fine = float((sample.code == NO_CODE).mean())
        signs = f"only {fine:.0%} of them can be texted in {sample.region}"
    else:
        return None
    return sample.damage(
        "phones_wrapped",
        f"The numbers were put into 32-bit integers, which are too small for them ({signs}). "
        + _AGAIN,
        found,
    )


def _is_of_small_integers(sample: _Sample) -> bool:
    """Tell whether the dtype is too small and many numbers cannot be texted in the region."""
    small = str(sample.column.dtype).lower().removesuffix("[pyarrow]") in {"int32", "uint32"}
    return (
        small
        and sample.region not in (None, EVERY)
        and (sample.code == NO_CODE).mean() < _LEAST_OF_SMALL
    )


def _scientific(sample: _Sample) -> Damage | None:
    """Find texts in scientific notation, when they are more than a few."""
    found, many = _share(sample, sample.code == CODES.index("phone_rounded"))
    if not many:
        return None
    return sample.damage(
        "phones_rounded",
        f"{len(found) / sample.size:.0%} of the cells are in scientific notation: a spreadsheet "
        "has rounded them, and {rows} rows hold only {distinct} different numbers. " + _AGAIN,
        found,
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """The distinct numbers as they are written, digits only, those that get no texts left out."""

    digits: pa.Array
    rows: np.ndarray  # how many rows each has
    length: np.ndarray
    zeros: np.ndarray  # at the end


def _written(sample: _Sample) -> _Written:
    """Return the numbers of a sample as they are written."""
    untexted = sample.valid & (sample.code != NO_CODE)
    unlike = np.isin(sample.code, [CODES.index(code) for code in _NO_NUMBER])
    texts = sample.seen.filter(pa.array(~untexted & ~unlike))
    if holds_any(texts, b"."):
        texts = pc.replace_substring_regex(texts, _FLOAT_END, "")
    counted = pc.replace_substring_regex(texts, "[^0-9]", "").value_counts()
    lengths = np.asarray(pc.binary_length(counted.field("values")))
    digits = counted.field("values").filter(pa.array(lengths >= _FEWEST_DIGITS))
    rows = np.asarray(counted.field("counts"))[lengths >= _FEWEST_DIGITS]
    length = np.asarray(pc.binary_length(digits))
    zeros = length - np.asarray(pc.binary_length(pc.utf8_rtrim(digits, "0")))
    return _Written(digits, rows, length, zeros)


def _rounded(sample: _Sample, written: _Written) -> Damage | None:
    """Find numbers of which only the first digits were kept."""
    if not len(written.digits):
        return None
    hits = max(filter(None, (_kept(written, kept) for kept in _KEPT_DIGITS)), default=None)
    many = written.zeros >= _MANY_ZEROS
    rows = int(written.rows.sum())
    alike = rows >= _ROWS_OF_ONE_NUMBER and written.rows[many].sum() >= _SHARE_OF_ROWS * rows
    if hits is None and not alike:
        return None
    share, zeros = hits or (float(many.mean()), _MANY_ZEROS)
    examples = written.digits.filter(pa.array(written.zeros >= zeros))
    return sample.damage(
        "phones_rounded",
        f"{share:.0%} of the different numbers end in {_zeros(zeros)}, and {{rows}} rows hold only "
        "{distinct} different numbers: they were rounded, as spreadsheets do, and are other "
        "people's numbers now. " + _AGAIN,
        examples,
    )


def _few_rounded(sample: _Sample, written: _Written, *, listed: bool) -> Damage | None:
    """Find numbers that are no text, too few for such odds, of which half have six digits left."""
    cells, are_floats = _cells_of_numbers(sample, listed=listed)
    digits = pc.replace_substring_regex(cells, rf"^\+|{_FLOAT_END}", "").unique()
    digits = digits.filter(pc.is_in(digits, value_set=written.digits))
    found = digits.filter(pc.match_substring_regex(digits, _SIX_AND_ZEROS))
    fewest = 1 if listed and are_floats else 2
    if len(found) < max(fewest, _SHARE_OF_FEW * len(digits)):
        return None
    return sample.damage(
        "phones_rounded",
        f"{len(found):,} of the {len(digits):,} different numbers that are no text have six digits "
        "at most before their zeros: they were rounded, as spreadsheets do, and are other people's "
        "numbers now. " + _AGAIN,
        found,
    )


def _cells_of_numbers(sample: _Sample, *, listed: bool) -> tuple[pa.Array, bool]:
    """Return the cells that are no text, or were none once, and whether they are floats."""
    if _float_bits(sample.column):
        return sample.seen, True
    if listed and pd.api.types.is_integer_dtype(sample.column.dtype):
        return sample.seen, False
    if listed and sample.column.dtype == object:
        valid = np.asarray(sample.texts.is_valid())
        for kinds in ((float, np.floating, Decimal), (int, np.integer)):
            rows = np.array([isinstance(cell, kinds) for cell in sample.column.tolist()]) & valid
            if rows.any():
                return sample.texts.filter(pa.array(rows)), float in kinds
    if not holds_any(sample.seen, b"."):
        return sample.seen[:0], True
    are_floats = pc.match_substring_regex(sample.seen, rf"^\+?[0-9]+{_FLOAT_END}")
    return sample.seen.filter(are_floats), True


def _zeros(count: int) -> str:
    """Return a number of zeros in words."""
    return "a zero" if count == 1 else f"{count} zeros or more"


def _kept(written: _Written, kept: int) -> tuple[float, int] | None:
    """Return share and zeros if the longer numbers look rounded to ``kept`` digits."""
    longer = written.length > kept
    if not longer.any():
        return None
    lost = written.length[longer] - kept
    hits = written.zeros[longer] >= lost
    zeros = int(np.median(lost))
    fewest, share = _ZEROS[min(zeros, _MANY_ZEROS)]
    if hits.sum() < fewest or hits.mean() < share:
        return None
    return float(hits.mean()), zeros


def _float32(sample: _Sample, written: _Written) -> Damage | None:
    """Find numbers that all fit into 32-bit floats, as few whole numbers of that size do."""
    short = written.digits.filter(pa.array(written.length <= _MOST_DIGITS))
    numbers = short.cast(pa.int64()).to_numpy(zero_copy_only=False)
    numbers = numbers[numbers >= 1 << _FLOAT_BITS]
    if not len(numbers):
        return None
    fits = numbers.astype(np.float32).astype(np.float64) == numbers
    bits = np.floor(np.log2(numbers.astype(np.float64))) - (_FLOAT_BITS - 1)
    if fits.mean() < _SHARE_OF_FLOATS or bits[fits].sum() < _EVIDENCE_BITS:
        return None
    return sample.damage(
        "phones_float32",
        f"{fits.mean():.0%} of the different numbers are ones that a 32-bit float can hold, which "
        "chance does not do: they went through such floats, and their last digits are lost. "
        + _AGAIN,
    )


def _not_phones(sample: _Sample) -> Damage | None:
    """Find a column of which hardly a cell is like a phone number."""
    unlike = sample.count(*_UNLIKE) / sample.size
    valid = float(sample.valid.mean())
    many = sample.size >= _LEAST_ROWS and unlike > _MOST_UNLIKE
    without_country = sample.count("phone_no_country") / sample.size
    invalid = valid < _LEAST_VALID and without_country < _MOST_UNLIKE / 2
    if not many and not (sample.size >= _FEWEST_FOR_CANON and invalid):
        return None
    return sample.damage(
        "phones_not_phones",
        Sentence("Hardly any of the {rows} cells of this column is a phone number. ", _NAME_IT),
    )


def _wrong_region(sample: _Sample) -> Damage | None:
    """Find a region that is not where the numbers are from."""
    if sample.region in (None, EVERY):
        return None
    bare = np.asarray(pc.invert(pc.match_substring(sample.seen, "+")))
    texts, valid = sample.seen.filter(pa.array(bare)), int(sample.valid[bare].sum())
    distinct = pc.count_distinct(texts).as_py()
    if distinct < (_FEWEST_FOR_REGION if valid else _FEWEST_ELSEWHERE):
        return None
    if valid >= _LEAST_OF_REGION * len(texts):
        return None
    few = distinct < _FEWEST_FOR_REGION
    if few and not likely_regions(texts):
        return None
    strangers = "; the few that are may be strangers'" if valid else ""
    return sample.damage(
        "phones_wrong_region",
        Sentence(
            f"Only {valid / len(texts):.0%} of the numbers without a + are numbers of region "
            f"{sample.region}{strangers}. ",
            ways_out(texts),
        ),
        texts,
        severity="warning" if few and (sample.code == NO_CODE).any() else "error",
    )


def _no_country(sample: _Sample) -> Damage | None:
    """Say what to do when half of the numbers or more do not say their country."""
    count = sample.count("phone_no_country")
    if count * 2 < sample.size or sample.region == EVERY:
        return None
    numeric = pd.api.types.is_numeric_dtype(sample.column.dtype)
    lost = " A column of numbers keeps neither + nor leading zeros." if numeric else ""
    bare = sample.texts.filter(pa.array(sample.lacks_country))
    return sample.damage(
        "phones_no_country",
        ("No number says its country" if count == sample.size else "Most numbers do not say theirs")
        + Sentence(f", and it is not guessed.{lost} ", ways_out(bare)),
        severity="error" if count == sample.size else "warning",
    )

r"""Phone cells and columns: the library's answer, fast, and a name for everything that is wrong.

The bank ``phones_bank.csv`` holds real-looking cells with what they are; ``\uXXXX``, ``\n``,
``\r`` and ``\t`` in it stand for the characters. The differential test asks ``phonenumbers``
about the same numbers.
"""

from __future__ import annotations

import csv
import random
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, PhoneNumberType

from smsframe._phones import automaton, patterns
from smsframe._phones.parse_one import read_cell
from smsframe._phones.problems import CODE_OF_LINE_TYPE, SENTENCES
from smsframe._phones.read import LINE_TYPES, normalize, read_phones
from smsframe.errors import InputError

PHONE = "+12015550123"
ARABIC = {ord(digit): 0x660 + int(digit) for digit in "0123456789"}
FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789+"}
TYPE_NAMES = {
    value: name.lower() for name, value in vars(PhoneNumberType).items() if isinstance(value, int)
}


def decoded(cell):
    """Return a cell of the bank with its escapes as characters."""
    cell = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), cell)
    return cell.replace(r"\n", "\n").replace(r"\r", "\r").replace(r"\t", "\t")


def bank():
    """Return the bank: cell, region, code, e164."""
    path = Path(__file__).with_name("phones_bank.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (decoded(row["cell"]), row["region"] or None, row["code"], row["e164"])
            for row in csv.DictReader(file)
        ]


def outcome(row):
    """Return code and e164 of a row of ``normalize``, blank where missing."""
    return tuple("" if pd.isna(row[name]) else row[name] for name in ("code", "e164"))


BANK = bank()


def test_bank__is_large_and_names_every_code():
    """The bank has at least 300 cells, and every code."""
    assert len(BANK) >= 300
    assert {code for _, _, code, _ in BANK} - {""} == set(SENTENCES) - {"phone_voicemail"}


@pytest.mark.parametrize(
    ("cell", "region", "code", "e164"),
    [pytest.param(*row, id=f"{number}-{row[1]}-{row[0]!a}") for number, row in enumerate(BANK, 2)],
)
def test_cell__of_the_bank(cell, region, code, e164):
    """Every cell of the bank is what the bank says, by the quick way and by the slow one."""
    assert outcome(normalize(pd.Series([cell]), region).iloc[0]) == (code, e164)
    slow = read_cell(cell, region.upper() if region else None)
    assert (slow.code, f"+{slow.digits}" if slow.digits else "") == (code, e164)


@pytest.mark.parametrize("region", ["US", "GB", "DE", "FR"])
def test_column__says_of_each_cell_what_the_cell_says_alone(region):
    """A column of the whole bank in one region gives each cell its own answer."""
    cells = [cell for cell, *_ in BANK]
    found = normalize(pd.Series(cells), region)
    alone = [read_cell(cell, region) for cell in cells]
    assert [
        code or None for code in found["code"].astype(object).where(found["code"].notna(), None)
    ] == [one.code or None for one in alone]
    assert found["e164"].tolist() == [f"+{one.digits}" if one.digits else pd.NA for one in alone]


# --- the library is the canon -------------------------------------------------------------------


def canon(text, region):
    """Return E.164 and line type by the library alone, (None, None) when it is not valid."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None, None
    if not phonenumbers.is_valid_number(number):
        return None, None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, TYPE_NAMES[phonenumbers.number_type(number)]


def found_by_us(cells, region):
    """Return E.164 and line type of every cell, checking that the code goes with them."""
    read = read_phones(pd.Series(cells, dtype=object), region=region)
    digits = read.valid_digits.to_pylist()
    types = [None if code < 0 else LINE_TYPES[code] for code in read.line_type.codes]
    codes = [None if code < 0 else read.code.categories[code] for code in read.code.codes]
    for kind, code, textable in zip(types, codes, read.digits.to_pylist(), strict=True):
        assert (textable is None) == (code is not None)
        if kind and code != "phone_ambiguous":
            assert (code or "") == CODE_OF_LINE_TYPE[kind]
    return [(f"+{d}" if d else None, kind) for d, kind in zip(digits, types, strict=True)]


def examples(code, region):
    """Return the library's example of every line type of a region, national digits only."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    kinds = [getattr(metadata, name) for name in LINE_TYPES if name != "fixed_line_or_mobile"]
    return [kind.example_number for kind in kinds if kind is not None and kind.example_number]


PLACES = [
    (code, region) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions
]


def variations(example, rng, count):
    """Return numbers that begin like an example and end otherwise, some too long or too short."""
    for _ in range(count):
        kept = rng.randint(0, len(example) - 1)
        length = len(example) - kept + rng.choice((0, 0, 0, 0, 0, 1, -1))
        yield example[:kept] + "".join(rng.choices("0123456789", k=length))


def soiled(digits, rng):
    """Return digits as people and programs write them."""
    if rng.random() < 0.1:
        return rng.choice(("'{}", '="{}"', "tel:{}", " {} ", "\u200b{}", "\u202a{}\u202c")).format(
            digits
        )
    if rng.random() < 0.03:
        return digits.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789+"})
    blanks = (" ", "-", " - ", "\u00a0", "\u2011", ".")  # 512.39 is a price and not a phone
    blank = rng.choice(blanks if len(digits) > 8 else blanks[:-1])
    places = sorted(
        rng.sample(range(3, max(4, len(digits) - 2)), k=min(2, max(1, len(digits) - 5)))
    )
    for place in reversed(places):
        digits = digits[:place] + blank + digits[place:]
    return digits


@pytest.mark.parametrize(
    ("places", "least"),
    [
        pytest.param(PLACES[::12], 15_000, id="sample"),
        pytest.param(PLACES, 200_000, id="all", marks=pytest.mark.full),
    ],
)
def test_numbers__of_the_whole_world_are_what_the_library_says(places, least):
    """Numbers of all regions and types, valid, invalid and dirty, are equal in all."""
    rng = random.Random(20261101)
    abroad, compared = [], 0
    for code, region in places:
        numbers = set()
        for example in examples(code, region):
            numbers.update(variations(example, rng, 70))
        abroad += [f"+{code}{number}" for number in sorted(numbers)]
    expected = [canon(text, None) for text in abroad]
    assert found_by_us(abroad, None) == expected
    dirty = [soiled(text, rng) for text in abroad]
    assert_same_unless_two(dirty, None, expected)
    bare = [text[1:] for text in abroad]
    compared += 2 * len(abroad) + len(bare)
    assert found_by_us(bare, "+") == [
        want if want[0] in (None, text) or is_token_of_mobiles(text) else (None, None)
        for text, want in zip(abroad, expected, strict=True)
    ]
    assert not any(digits for digits, _ in found_by_us(bare, None))
    regions = [region for _, region in places if region != "001"]
    for region in regions:
        compared += _compare_at_home(region, rng)
    assert compared >= least


def assert_same_unless_two(cells, region, expected):
    """Check what cells are read as; a last group that is short may be an extension."""
    for cell, got, want in zip(cells, found_by_us(cells, region), expected, strict=True):
        assert got == want or read_cell(cell, region).code == "phone_extension", (cell, region)


def is_token_of_mobiles(text):
    """Tell whether a number may have more taken off than a zero: Mexico's 1, Argentina's 9, 15."""
    number = phonenumbers.parse(text)
    return number.country_code in (52, 54) or text[1 + len(str(number.country_code))] == "0"


def _compare_at_home(region, rng):
    """Compare numbers that are written without + in a region; return how many."""
    code = phonenumbers.country_code_for_region(region)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    numbers = set()
    for example in examples(code, region):
        for number in (example, *variations(example, rng, 5)):
            prefix = rng.choice(("", "", metadata.national_prefix or "0", str(code)))
            numbers.add(prefix + number)
    cells = [number for number in sorted(numbers) if not number.startswith(("00", "011"))]
    expected = [
        (f"+{one.digits}" if one.digits else None, one.line_type)
        for one in (read_cell(cell, region) for cell in cells)
    ]
    assert found_by_us(cells, region) == expected, region
    for cell, got in zip(cells, expected, strict=True):
        assert got == canon(cell, region) or cell.startswith(str(code)), (cell, region)
    dirty = [soiled(cell, rng) for cell in cells]
    assert_same_unless_two(dirty, region, expected)
    return 2 * len(cells)


@pytest.mark.parametrize(
    ("form", "region"), [("+{}", None), ("00{}", None), ("{}", "+"), ("011{}", "US")]
)
def test_examples__of_every_region_and_type_are_read(form, region):
    """The library's own examples are read from every international form."""
    numbers = [f"{code}{number}" for code, region in PLACES for number in examples(code, region)]
    found = found_by_us([form.format(number) for number in numbers], region)
    assert found == [canon(f"+{number}", None) for number in numbers]


def dialled(digits, rng):
    """Return digits behind what is dialled for a +, clean or as people write them."""
    text = rng.choice(("00", "00", "011", "+00")) + digits
    return text if rng.random() < 0.7 else soiled(text, rng)


def labelled(digits, rng):
    """Return digits behind a word for a phone."""
    return rng.choice(("tel:", "Tel. ", "PH.: ", "mobile ", "whatsapp:", "'cell ", "fax ")) + digits


def slashed(digits, rng):
    """Return digits with a slash or two, of which some part two numbers."""
    for slash in rng.sample(("/", " / ", "/-", "-", "\n"), k=rng.choice((1, 1, 1, 2))):
        place = rng.randint(1, len(digits) - 1)
        digits = digits[:place] + slash + digits[place:]
    return digits


@pytest.mark.parametrize("written", [dialled, labelled, slashed])
@pytest.mark.parametrize(
    "region",
    [
        *("US", "DE", "BR"),
        *(pytest.param(one, marks=pytest.mark.full) for one in ("KR", "HK", "IT", "AU", "GG")),
        *(pytest.param(one, marks=pytest.mark.full) for one in (None, "RU")),
    ],
)
def test_spelling__is_read_as_its_cell_is(written, region):
    """Numbers from here and abroad, some wrong, are read in a column as the slow way reads them."""
    rng = random.Random(20261122)
    code = str(phonenumbers.country_code_for_region(region)) if region else "1"
    numbers = [
        f"{place}{n}" for place, home in rng.sample(PLACES, 60) for n in examples(place, home)
    ]
    for example in examples(int(code), region or "US"):
        for number in (example, *variations(example, rng, 2)):
            numbers += [code + number, *((number, f"0{number}") if region else ())]
    cells = [written(rng.choice(("", "+")) + number, rng) for number in rng.sample(numbers, 120)]
    for cell in cells:
        alone, read = read_cell(cell, region), read_phones(pd.Series([cell]), region=region)
        found = read.valid_digits[0].as_py(), read.line_type[0], read.code[0]
        expected = alone.digits, alone.line_type, alone.code or None
        assert tuple(None if pd.isna(part) else part for part in found) == expected, cell


@pytest.mark.parametrize(
    ("form", "region"),
    [
        pytest.param("0012015550{}", "US", id="00-at-home"),
        pytest.param("011 1 (201) 555-0{}", "US", id="011-at-home"),
        pytest.param("0012015550{}", "DE", id="00-abroad"),
        pytest.param("tel:+12015550{}", None, id="label"),
        pytest.param("Phone: (201) 555-0{}", "US", id="label-at-home"),
        pytest.param("201/555 0{}", "US", id="slash"),
    ],
)
def test_spelling__that_is_common_needs_no_look_at_each_cell(form, region, monkeypatch):
    """Columns of ordinary spellings are read as a whole."""
    monkeypatch.setattr("smsframe._phones.parse_column.read_cell", None)
    cells = [form.format(number) for number in range(100, 200)]
    digits = read_phones(pd.Series(cells), region=region).digits
    assert digits.to_pylist() == [f"12015550{number}" for number in range(100, 200)]


def test_walk__leaves_calling_code_open_when_pattern_is_unknown(monkeypatch):
    """A pattern with unknown syntax makes its numbers slower, not wrong."""

    def refuse(pattern, tag, *, lasting=False):
        raise patterns.UnsupportedPatternError(pattern)

    monkeypatch.setattr(automaton, "pattern_nodes", refuse)
    automaton._plan_nodes.cache_clear()
    automaton._start_nodes.cache_clear()
    automaton._track.cache_clear()
    try:
        state = automaton.ABROAD
        for digit in "12015550123":
            state = state.after(int(digit))
        assert state.verdict() == automaton.OPEN
    finally:
        automaton._plan_nodes.cache_clear()
        automaton._start_nodes.cache_clear()
        automaton._track.cache_clear()


@pytest.mark.parametrize("pattern", ["a", "(?!1)2", "1*", "[^2]", r"\w", "(1", "1)"])
def test_pattern__with_unknown_syntax_is_refused(pattern):
    """Only the syntax that is understood is accepted."""
    with pytest.raises((patterns.UnsupportedPatternError, ValueError)):
        patterns.pattern_nodes(pattern, ("is", 0, ""))


@pytest.mark.parametrize("pattern", [r"[\d]", r"\d", "[0-9]", r"[1\d]", "[0-35-94]"])
def test_pattern__spellings_of_any_digit(pattern):
    """A class may hold digits, ranges and classes; all these mean the same."""
    assert patterns._Reader(pattern).item() == ("one", frozenset(range(10)))


# --- numbers without a country ------------------------------------------------------------------


def test_bare_digits__of_national_numbers_are_never_read_as_foreign_ones():
    """Indian mobile numbers without +91 and region are not taken for Singapore's."""
    rng = random.Random(7)
    cells = [f"{rng.choice('6789')}{rng.randrange(10**9):09d}" for _ in range(500)]
    cells += [f"6581{rng.randrange(10**6):06d}" for _ in range(20)]
    found = normalize(pd.Series(cells))
    assert found["e164"].isna().all()
    assert (found["code"] == "phone_no_country").sum() > 500


@pytest.mark.parametrize(
    "cell", ["12015550123", "4915123456789", "13015550100", "(51) 95555-0101", 15125550123]
)
def test_bare_digits__without_a_region_do_not_say_their_country(cell):
    """However valid digits would be somewhere, they are nobody's without a country."""
    found = normalize(pd.Series([cell]))
    assert found["code"].tolist() == ["phone_no_country"]
    assert found["e164"].isna().all()


@pytest.mark.parametrize("count", [5_000, pytest.param(60_000, marks=pytest.mark.full, id="60000")])
@pytest.mark.parametrize("bad", ["x", "order 17", "12015550", "1.2E+10", "+12015550123, 5"])
def test_good_cell__is_read_however_many_bad_ones_stand_beside_it(bad, count):
    """What a cell is read as depends on no other cell."""
    cells = [f"{bad}{number}" for number in range(count)]
    cells[count // 2] = "\u201c+1 201 555 0123\u201d"
    found = normalize(pd.Series(cells))
    assert found["e164"][count // 2] == PHONE
    assert found["e164"].notna().sum() == 1


@pytest.mark.parametrize("name", ["sms_contact", "contact"])
def test_own_results__are_read_as_digits_with_country_code(name):
    """A column of our own results holds country codes without a +."""
    column = pd.Series(["12015550123", "447400123456", None], name=name)
    assert normalize(column)["e164"].tolist() == [PHONE, "+447400123456", pd.NA]


@pytest.mark.parametrize(
    ("cells", "region"),
    [
        pytest.param(["12015550123", "6595550123"], None, id="ten-digits-of-america"),
        pytest.param(["12015550123", "2015550123"], None, id="not-all-numbers"),
        pytest.param(["(51) 95555-0101"], None, id="not-as-we-write"),
        pytest.param(["51955550101"], "US", id="a-region-was-given"),
    ],
)
def test_contact__of_somebody_else_is_a_column_like_any_other(cells, region):
    """A column called contact is ours only where it can be nothing else."""
    found = normalize(pd.Series(cells, name="contact"), region)
    assert found["e164"].isna().all()


def test_sms_contact__is_ours_whatever_the_region():
    """A follow-up that still gives the region of the first table reads our own column as ours."""
    column = pd.Series(["447400123456", "12015550123"], name="sms_contact")
    assert normalize(column, "US")["e164"].tolist() == ["+447400123456", PHONE]


def test_ten_digits__that_two_countries_share_are_not_read():
    """6595550123 is in Alabama and in Singapore; with + or region it is plain."""
    assert normalize(pd.Series(["6595550123"]))["code"].tolist() == ["phone_no_country"]
    assert normalize(pd.Series(["+6595550123"]))["e164"].tolist() == ["+6595550123"]
    assert normalize(pd.Series(["6595550123"]), "US")["e164"].tolist() == ["+16595550123"]


@pytest.mark.parametrize(
    ("region", "fix"),
    [
        pytest.param("UK", 'region="GB"', id="UK"),
        pytest.param("usa", 'region="US"', id="usa"),
        pytest.param("+49", 'region="DE"', id="calling-code"),
        pytest.param("XX", 'region="US" or', id="unknown"),
        pytest.param("", 'region="US" or', id="blank"),
        pytest.param(1, 'region="US" or', id="number"),
    ],
)
def test_region__that_is_none_is_refused_with_the_fix(region, fix):
    """A region that does not exist says what to write."""
    with pytest.raises(InputError, match=re.escape(fix)):
        normalize(pd.Series([PHONE]), region)


def test_region__may_be_lower_case():
    """Regions are read in any case."""
    assert normalize(pd.Series(["201-555-0123"]), " us ")["e164"].tolist() == [PHONE]


# --- dtypes and shapes --------------------------------------------------------------------------

INTEGER = 12015550123


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pd.Series([PHONE, None], dtype=object), id="object"),
        pytest.param(pd.Series([PHONE, np.nan], dtype=object), id="object-nan"),
        pytest.param(pd.Series([INTEGER, None], dtype=object), id="object-int"),
        pytest.param(
            pd.Series([INTEGER, "x"], dtype=object)[[0]].reindex([0, 1]), id="object-mixed"
        ),
        pytest.param(pd.Series([np.int64(INTEGER), pd.NA], dtype=object), id="object-numpy"),
        pytest.param(pd.Series([float(INTEGER), pd.NaT], dtype=object), id="object-float"),
        pytest.param(pd.Series([Decimal(INTEGER), None], dtype=object), id="object-decimal"),
        pytest.param(pd.Series([Decimal("12015550123.00"), None]), id="decimal-point"),
        pytest.param(pd.Series([PHONE, None], dtype="str"), id="str"),
        pytest.param(pd.Series([PHONE, None], dtype="string"), id="string"),
        pytest.param(pd.Series([PHONE, None], dtype="string[python]"), id="string-python"),
        pytest.param(pd.Series([PHONE, None], dtype="string[pyarrow]"), id="string-pyarrow"),
        pytest.param(pd.Series([PHONE, None], dtype=pd.ArrowDtype(pa.string())), id="arrow"),
        pytest.param(pd.Series([PHONE, None], dtype=pd.ArrowDtype(pa.large_string())), id="large"),
        pytest.param(
            pd.Series(pd.arrays.ArrowExtensionArray(pa.array([PHONE, None]).dictionary_encode())),
            id="arrow-dictionary",
        ),
        pytest.param(pd.Series([PHONE, None], dtype="category"), id="category"),
        pytest.param(pd.Series([INTEGER, None], dtype="category"), id="category-int"),
        pytest.param(pd.Series([INTEGER, None], dtype="Int64"), id="Int64"),
        pytest.param(pd.Series([INTEGER, None], dtype="UInt64"), id="UInt64"),
        pytest.param(pd.Series([INTEGER, None], dtype="int64[pyarrow]"), id="int64-pyarrow"),
        pytest.param(pd.Series([INTEGER, None], dtype="float64"), id="float64"),
        pytest.param(pd.Series([INTEGER, None], dtype="Float64"), id="Float64"),
        pytest.param(pd.Series([INTEGER, None], dtype="float64[pyarrow]"), id="float64-pyarrow"),
        pytest.param(
            pd.Series([Decimal(INTEGER), None], dtype=pd.ArrowDtype(pa.decimal128(20, 2))),
            id="decimal-pyarrow",
        ),
    ],
)
def test_dtype__with_a_gap_is_read(column):
    """Every dtype that can hold a number and a gap gives the number and a missing one."""
    before = column.copy(deep=True)
    read = read_phones(column, region="+")
    assert read.digits.to_pylist() == ["12015550123", None]
    assert read.code.tolist()[1] == "phone_missing"
    assert read.damage == ()
    pd.testing.assert_series_equal(column, before)


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int64[pyarrow]", "float64"])
def test_dtype__without_gaps_is_read(dtype):
    """AlreadyMasked numeric dtypes are read."""
    read = read_phones(pd.Series([INTEGER, INTEGER + 1]).astype(dtype), region="US")
    assert read.digits.to_pylist() == ["12015550123", "12015550124"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param(12015550123.5, "phone_unreadable", id="fraction"),
        pytest.param(True, "phone_unreadable", id="bool"),
        pytest.param([PHONE], "phone_unreadable", id="list"),
        pytest.param(pd.Series([PHONE, PHONE]), "phone_unreadable", id="series"),
        pytest.param(..., "phone_unreadable", id="ellipsis"),
        pytest.param(pd.Timestamp("2026-11-02"), "phone_unreadable", id="date"),
        pytest.param(float("inf"), "phone_unreadable", id="infinite"),
        pytest.param(b"12015550123", "phone_unreadable", id="bytes"),
        pytest.param("\ud83d", "phone_missing", id="half-a-character"),
        pytest.param("1" * 300, "phone_unreadable", id="endless"),
        pytest.param("a" * 300, "phone_unreadable", id="endless-letters"),
    ],
)
def test_object__that_is_no_text_is_a_problem_of_its_row(cell, code):
    """Odd objects in a mixed column stop their own row only."""
    read = read_phones(pd.Series([PHONE, cell, INTEGER + 1], dtype=object), region="US")
    assert read.digits.to_pylist() == ["12015550123", None, "12015550124"]
    assert read.code[1] == code


@pytest.mark.parametrize(
    "index",
    [
        pytest.param([7, 7, 7], id="repeated"),
        pytest.param(pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)]), id="multi"),
        pytest.param(pd.date_range("2026-11-01", periods=3), id="dates"),
    ],
)
def test_normalize__keeps_the_index(index):
    """The result has the index of the series, and the series is unchanged."""
    series = pd.Series([PHONE, "x", None], index=index, name="mobile")
    before = series.copy(deep=True)
    found = normalize(series)
    assert found.index.equals(series.index)
    assert list(found.columns) == ["e164", "code", "line_type"]
    assert found["e164"].dtype == "string"
    pd.testing.assert_series_equal(series, before)


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize(
    "dtype", ["object", "str", "string", "category", "int64", "float64", "Int64"]
)
def test_normalize__of_no_or_one_row(rows, dtype):
    """No rows and one row are columns like any other."""
    found = normalize(pd.Series([INTEGER] * rows, dtype="int64").astype(dtype), "US")
    assert found["e164"].tolist() == [PHONE] * rows


def test_slice__of_an_arrow_column_is_read_from_its_own_rows():
    """A view into a larger array, and an array in pieces, are read where they are."""
    whole = pd.Series(
        pd.arrays.ArrowExtensionArray(
            pa.chunked_array([["12015550123", "12015550124"], ["bad", "12015550125", None]])
        )
    )
    assert normalize(whole.iloc[1:4], "+")["e164"].tolist() == [
        "+12015550124",
        pd.NA,
        "+12015550125",
    ]


def test_category__with_unused_and_repeated_values():
    """Categories are read once and mapped back."""
    column = pd.Series(["x", PHONE, PHONE, None], dtype="category").iloc[1:]
    assert normalize(column)["e164"].tolist() == [PHONE, PHONE, pd.NA]


def test_sentences__can_be_filled():
    """Every sentence takes the masked value and the region, and ends as a sentence."""
    for code, sentence in SENTENCES.items():
        filled = sentence.format(value="•••23", region="US")
        assert filled.endswith("."), code
        assert "{" not in filled, code


def test_column__of_non_phones_is_refused_and_each_cell_has_its_code():
    """Very many texts that are no numbers are each told of, and the column is refused."""
    read = read_phones(pd.Series([f"order {number}" for number in range(60_000)]))
    assert read.digits.null_count == 60_000
    assert [damage.code for damage in read.damage] == ["phones_not_phones"]


@pytest.mark.parametrize(
    "dirt",
    [
        pytest.param(lambda text: text.translate(ARABIC), id="arabic-digits"),
        pytest.param(lambda text: text.translate(FULL_WIDTH), id="full-width"),
        pytest.param("\u201c{}\u201d".format, id="curly-quotes"),
        pytest.param("\u200e\u00a0{}\u200b".format, id="marks"),
        pytest.param("`{}".format, id="backtick"),
    ],
)
def test_dirt__of_other_scripts_is_read_as_a_column(dirt, monkeypatch):
    """Other scripts' digits and signs are translated for the whole column, not cell by cell."""
    monkeypatch.setattr("smsframe._phones.parse_column.read_cell", None)
    cells = [dirt(f"+1 201 555 0{number}") for number in range(100, 200)]
    digits = read_phones(pd.Series(cells)).digits
    assert digits.to_pylist() == [f"12015550{number}" for number in range(100, 200)]

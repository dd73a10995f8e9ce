"""Damaged phone columns are refused with their evidence; clean ones never are.

``test_clean_columns__raise_no_alarm`` counts its columns: no fewer than 200 in ``make full``.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from smsframe._base.masking import mask_example
from smsframe._phones.read import read_phones

FULL = pytest.mark.full
PEOPLE = 20_000
AREAS = (201, 202, 205, 212, 213, 303, 305, 312, 404, 415, 503, 602, 617, 702, 713, 773, 808, 917)


def random_numbers(country):
    """Return 20,000 different valid mobile (or undivided) numbers as integers."""
    rng = np.random.default_rng(2026)
    size = 3 * PEOPLE
    made = {
        "US": 10**10 + rng.choice(AREAS, size) * 10**7 + rng.integers(2_000_000, 10**7, size),
        "UK": 447_400_000_000 + rng.integers(0, 99_999_999, size),
        "DE": rng.choice([4_915_100_000_000, 4_917_600_000_000], size)
        + rng.integers(0, 10**8, size),
    }
    numbers = np.unique(made[country])
    read = read_phones(pd.Series(numbers), region="+")
    good = np.asarray(read.digits.is_valid())
    return rng.permutation(numbers[good])[:PEOPLE]


NUMBERS = {country: random_numbers(country) for country in ("US", "UK", "DE")}
NUMBERS["mixed"] = np.random.default_rng(1).permutation(np.concatenate(list(NUMBERS.values())))[
    :PEOPLE
]

FORMS = {
    "int64": pd.Series,
    "float64": lambda numbers: pd.Series(numbers.astype("float64")),
    "string": lambda numbers: pd.Series(numbers.astype(str)),
    "plus": lambda numbers: pd.Series([f"+{number}" for number in numbers]),
    "float text": lambda numbers: pd.Series([f"{number}.0" for number in numbers]),
    "pyarrow": lambda numbers: pd.Series(numbers, dtype="int64[pyarrow]"),
}


def rounded(numbers, kept):
    """Return numbers of which the first digits are kept, as in a file saved from what was shown."""
    return np.array([int(float(f"{number:.{kept - 1}e}")) for number in numbers.tolist()])


def codes(column, region="+"):
    """Return the codes of the damage of a column that forbids sending."""
    found = read_phones(column, region=region).damage
    return [damage.code for damage in found if damage.severity == "error"]


@pytest.mark.full
def test_numbers__are_as_many_as_promised():
    """The columns to be damaged have 20,000 numbers and are fine before."""
    for numbers in NUMBERS.values():
        assert len(numbers) == PEOPLE
        for form in FORMS.values():
            assert codes(form(numbers)) == []


@pytest.mark.parametrize("country", list(NUMBERS))
@pytest.mark.parametrize("kept", [4, 6, pytest.param(8, marks=FULL), pytest.param(10, marks=FULL)])
def test_rounded__is_found_in_every_form(country, kept):
    """Numbers of which 4, 6, 8 or 10 digits were kept are refused as integers, floats and texts."""
    numbers = rounded(NUMBERS[country], kept)
    for name, form in FORMS.items():
        assert codes(form(numbers)) == ["phones_rounded"], name
    shown = pd.Series([f"{number:.{kept - 1}E}" for number in NUMBERS[country].tolist()])
    assert codes(shown) == ["phones_rounded"]


@pytest.mark.parametrize("country", list(NUMBERS))
def test_small_floats__are_found_in_every_form(country):
    """Numbers that went through 32-bit floats are refused, whatever they are now."""
    small = NUMBERS[country].astype("float32")
    assert codes(pd.Series(small)) == ["phones_float32"]
    assert codes(pd.Series(small.astype("float64"))) == ["phones_float32"]
    for name, form in FORMS.items():
        assert codes(form(small.astype("int64"))) == ["phones_float32"], name


@pytest.mark.parametrize("country", ["US", "DE", "mixed"])
def test_small_integers__are_found_by_their_sign(country):
    """Numbers that ran over 32-bit integers are refused, also after they became texts."""
    wrapped = pd.Series(NUMBERS[country].astype("int32"))
    assert codes(wrapped) == ["phones_wrapped"]
    assert codes(wrapped.astype("int64")) == ["phones_wrapped"]
    assert codes(wrapped.astype(str)) == ["phones_wrapped"]


@pytest.mark.parametrize("dtype", ["int32", "uint32"])
@pytest.mark.parametrize(("country", "region"), [("US", "US"), ("UK", "GB"), ("DE", "DE")])
def test_small_integers__are_found_by_dtype_and_region(dtype, country, region):
    """Where the sign does not tell, the dtype does and the numbers that are none of the region."""
    found = codes(pd.Series(NUMBERS[country][:2000].astype(dtype)), region)
    assert found in (["phones_wrapped"], ["phones_wrong_region"])


@pytest.mark.parametrize("country", ["US", "UK"])
@pytest.mark.parametrize("dtype", ["int32", "uint32"])
def test_small_integers__without_region_text_nobody(country, dtype):
    """Without a region hardly one of them is read, whether the column is refused or not."""
    read = read_phones(pd.Series(NUMBERS[country][:5000].astype(dtype)))
    assert len(read.digits) - read.digits.null_count <= 5000 * 0.01


# --- clean columns ------------------------------------------------------------------------------


def block(first, count, step=1):
    """Return consecutive numbers."""
    return np.arange(first, first + count * step, step, dtype="int64")


def fiction(areas, lines):
    """Return numbers of the fictional range 555-0100 to 555-0199 over area codes."""
    return np.array([10**10 + area * 10**7 + 5_550_100 + line for area in areas for line in lines])


def clean_numbers():
    """Return named columns of numbers that nobody has damaged."""
    rng = np.random.default_rng(5)
    named = dict(NUMBERS)
    for size in (*range(1, 21), 50, 100, 500):
        named[f"{size} rows"] = NUMBERS["mixed"][:size]
    for size in (10, 100, 1000, 10_000):
        named[f"block of {size}"] = block(12_015_560_000, size)
        named[f"UK block of {size}"] = block(447_400_120_000, size)
        named[f"shuffled block of {size}"] = rng.permutation(block(12_125_560_000, size))
    for step in (10, 100, 1000):
        named[f"every {step}th"] = block(12_015_560_000, 30, step)
    named["ten blocks"] = np.concatenate(
        [block(12_015_560_000 + n * 10_000, 100) for n in range(10)]
    )
    named["one person"] = np.full(500, 12_015_550_123)
    named["one person, round number"] = np.full(500, 12_015_557_000)
    named["two people"] = np.tile([12_015_550_100, 12_125_550_200 - 100], 200)
    named["fiction"] = fiction(AREAS, range(100))
    named["fiction, first of each area"] = fiction(AREAS, [0])
    named["fiction, all ending in 0"] = fiction(AREAS, range(0, 100, 10))
    named["fiction, repeated"] = np.tile(fiction(AREAS[:5], range(100)), 20)
    named["head offices"] = np.array([12_015_560_000 + n * 1_010_000 for n in range(12)])
    named["ending in 00"] = np.array([12_015_561_100 + n * 12_300 for n in range(40)])
    named["ending in 000"] = np.array([12_015_561_000 + n * 23_000 for n in range(20)])
    named["toll-free"] = np.array([18_002_000_000 + n * 100_000 for n in range(60)])
    named["landlines ending in 0"] = np.array([49_301_234_000 + 10 * n for n in range(400)])
    return named


DRESSES = {
    **FORMS,
    "object": lambda numbers: pd.Series(numbers.tolist(), dtype=object),
    "Int64": lambda numbers: pd.Series(numbers, dtype="Int64"),
    "gap": lambda numbers: pd.Series([*numbers.tolist(), None], dtype="float64"),
    "category": lambda numbers: pd.Series(numbers.astype(str)).astype("category"),
    "punctuation": lambda numbers: pd.Series(
        [f"+{str(n)[:2]} {str(n)[2:6]}-{str(n)[6:]}" for n in numbers]
    ),
}


@pytest.mark.parametrize(
    ("longest", "least"), [(1000, 150), pytest.param(PEOPLE, 200, marks=FULL, id="all")]
)
def test_clean_columns__raise_no_alarm(longest, least):
    """Hundreds of clean columns of every dtype are not refused."""
    columns, alarms = 0, []
    clean = clean_numbers().items()
    for name, numbers in ((name, numbers) for name, numbers in clean if len(numbers) <= longest):
        for dress, make in (FORMS if len(numbers) > 2000 else DRESSES).items():
            columns += 1
            alarms += [(name, dress, code) for code in codes(make(numbers))]
    assert columns >= least
    assert alarms == []


@pytest.mark.parametrize("dtype", ["int64", "float64", "string", "int32"])
def test_clean_columns__of_national_numbers_raise_no_alarm(dtype):
    """National numbers are read with their region; without it the column is only warned about."""
    national = pd.Series(block(612_345_000, 2000)).astype(dtype)
    assert read_phones(national, region="FR").damage == ()
    warned = read_phones(national).damage
    assert [(damage.code, damage.severity) for damage in warned] == [("phones_no_country", "error")]
    assert 'region="FR" (would text FR 2,000)' in warned[0].sentence
    assert 'region="+" (would text nobody)' in warned[0].sentence


def test_clean_columns__of_small_integers_raise_no_alarm():
    """Danish numbers fit into 32-bit integers and are not refused for it."""
    danish = pd.Series(
        np.random.default_rng(3).integers(20_000_000, 32_000_000, 500), dtype="int32"
    )
    assert codes(danish, "DK") == []


# --- single rows and columns of something else --------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "rows", "expected"),
    [
        pytest.param(1, 1, [], id="one-of-one"),
        pytest.param(2, 2, [], id="two-of-two"),
        pytest.param(3, 3, ["phones_rounded"], id="three-of-three"),
        pytest.param(99, 1000, [], id="fewer-than-a-tenth"),
        pytest.param(100, 1000, ["phones_rounded"], id="a-tenth"),
    ],
)
def test_scientific_cells__are_row_problems_while_they_are_few(shown, rows, expected):
    """A few cells in scientific notation stop their rows; a tenth of them stops the column."""
    cells = ["4.47400E+11"] * shown + [f"+{n}" for n in NUMBERS["US"][: rows - shown]]
    read = read_phones(pd.Series(cells))
    assert [damage.code for damage in read.damage] == expected
    assert (pd.Series(read.code) == "phone_rounded").sum() == shown


@pytest.mark.parametrize(
    ("column", "code"),
    [
        pytest.param(pd.Series([True, False]), "phones_not_phones", id="bool"),
        pytest.param(pd.Series([True, None], dtype="boolean"), "phones_not_phones", id="boolean"),
        pytest.param(
            pd.Series(pd.date_range("2026-11-01", periods=3)), "phones_not_phones", id="dates"
        ),
        pytest.param(pd.Series(pd.to_timedelta([1, 2], "D")), "phones_not_phones", id="durations"),
        pytest.param(pd.Series([1 + 2j]), "phones_not_phones", id="complex"),
        pytest.param(pd.Series([["a"]] * 3), "phones_not_phones", id="lists"),
        pytest.param(
            pd.Series([["1"]], dtype=pd.ArrowDtype(pa.list_(pa.string()))),
            "phones_not_phones",
            id="arrow-lists",
        ),
        pytest.param(
            pd.Series(pd.date_range("2026-11-01", periods=3).astype("category")),
            "phones_not_phones",
            id="category-of-dates",
        ),
        pytest.param(
            pd.Series(["2026-11-02", "2026-11-03", "2026-11-04"]),
            "phones_not_phones",
            id="date-texts",
        ),
        pytest.param(pd.Series(["12.50", "7.00", "1234.99"]), "phones_not_phones", id="prices"),
        pytest.param(pd.Series(["Ann", "Bob", "Zoë"]), "phones_not_phones", id="names"),
        pytest.param(pd.Series(range(1000)), "phones_not_phones", id="counter"),
        pytest.param(
            pd.Series([f"ORD-{n:06d}" for n in range(100)]), "phones_not_phones", id="order-ids"
        ),
        pytest.param(
            pd.Series([4 * 10**15 + 7919 * n for n in range(100)]),
            "phones_not_phones",
            id="card-ids",
        ),
        pytest.param(pd.Series([12.5, 13.5]), "phones_not_whole", id="fractions"),
        pytest.param(
            pd.Series([12015550123.0, 12015550124.5]), "phones_not_whole", id="one-fraction"
        ),
        pytest.param(pd.Series([12015550123.0, 1e17]), "phones_not_whole", id="not-exact"),
        pytest.param(pd.Series([12015550123.0, np.inf]), "phones_not_whole", id="infinite"),
        pytest.param(pd.Series([12015550123.5], dtype="Float64"), "phones_not_whole", id="Float64"),
        pytest.param(pd.Series([12015550123], dtype="float32"), "phones_float32", id="float32"),
        pytest.param(pd.Series([12015550123], dtype="Float32"), "phones_float32", id="Float32"),
        pytest.param(
            pd.Series([12015550123.0], dtype="float32").astype("float[pyarrow]"),
            "phones_float32",
            id="float-pyarrow",
        ),
    ],
)
def test_column__of_something_else_is_refused(column, code):
    """Columns that hold no phone numbers are refused as such, before any row is read as one."""
    before = column.copy(deep=True)
    read = read_phones(column)
    assert [damage.code for damage in read.damage] == [code]
    assert read.damage[0].severity == "error"
    assert read.damage[0].sentence.endswith(".")
    pd.testing.assert_series_equal(column, before)


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pd.Series([], dtype="float32"), id="no-rows"),
        pytest.param(pd.Series([None, None], dtype="float32"), id="all-missing-float32"),
        pytest.param(pd.Series([None, None], dtype="datetime64[ns]"), id="all-missing-dates"),
        pytest.param(pd.Series(["", " ", None], dtype=object), id="all-blank"),
        pytest.param(pd.Series([None, None], dtype=pd.ArrowDtype(pa.null())), id="arrow-null"),
    ],
)
def test_column__without_values_is_not_damaged(column):
    """Where there is nothing, nothing is damaged; the rows say that the number is missing."""
    read = read_phones(column)
    assert read.damage == ()
    assert (pd.Series(read.code) == "phone_missing").all()


def test_wrong_region__is_refused():
    """American numbers are not read as British ones."""
    national = pd.Series([str(number)[1:] for number in NUMBERS["US"][:200]])
    assert codes(national, "US") == []
    damage = read_phones(national, region="FR").damage
    assert [one.code for one in damage] == ["phones_wrong_region"]
    assert "region FR" in damage[0].sentence


def test_wrong_region__needs_more_than_one_number():
    """One person in a hundred rows says nothing of a region: the rows are told of, no column is."""
    (number,) = {str(number)[1:] for number in NUMBERS["US"][:1]}
    read = read_phones(pd.Series([number] * 100), region="FR")
    assert [one.code for one in read.damage if one.code == "phones_wrong_region"] == []
    assert read.digits.null_count == 100


def test_damage__carries_evidence_and_fix_without_numbers():
    """Rows, distinct values and masked examples are there; the sentence names column and fix."""
    column = pd.Series(rounded(NUMBERS["US"], 6), name="mobile")
    damage = read_phones(column).damage[0]
    assert damage.rows == PEOPLE
    assert damage.distinct == column.nunique() < 2000
    assert 0 < len(damage.examples) <= 3
    assert all(re.fullmatch("•{9}00", example) for example in damage.examples)
    assert 'dtype={"mobile": "string"}' in damage.sentence
    assert f"{damage.distinct:,}" in damage.sentence
    assert not re.search(r"\d{6}", damage.sentence)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+1 201 555 0123", "+• ••• ••• ••23"),
        ("1.20156E+10", "•.•••••E+10"),
        ("Ann", "•••"),
        ("", ""),
        ("1", "1"),
        ("1" * 60, "•" * 38 + "11"),
    ],
)
def test_masked__keeps_two_digits(text, shown):
    """Of an example only the last two digits can be read."""
    assert mask_example(text) == shown


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param([2.01556e9, 2.01557e9], ["phones_rounded"], id="two floats"),
        pytest.param(["2015560000.0", "2015570000.0"], ["phones_rounded"], id="floats as text"),
        pytest.param([2.01556e9, 2015550123.0, 2015550124.0], [], id="one of three"),
        pytest.param([12015600000, 12015700000], [], id="integers"),
    ],
)
def test_rounded__a_few_floats(cells, expected):
    """Two floats of six digits and zeros are no chance; integers may be head offices."""
    assert codes(pd.Series(cells), "US") == expected


def test_collapsed_column__of_one_rounded_number():
    """A thousand people of one exchange who all became one number are refused."""
    assert codes(pd.Series(["12015600000"] * 1000)) == ["phones_rounded"]


def test_long_block__is_not_sampled_in_step():
    """A block larger than the sample keeps its natural share of zeros."""
    assert codes(pd.Series(block(447_400_000_000, 500_000))) == []

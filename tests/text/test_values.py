"""Values to text: one rule for every kind of column, the same by column and by cell."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._base import arrow as base_arrow
from smsframe._base import no_value_words
from smsframe._text import values
from smsframe._text.format_value import clean_text, formatted, text_of
from smsframe.errors import InputError

NAN = float("nan")
BERLIN = ZoneInfo("Europe/Berlin")
DAY, NOON = dt.datetime(2026, 11, 22), dt.datetime(2026, 11, 22, 12)  # noqa: DTZ001 - wall time


def to_text(column, fmt=None, *, name):
    """Return the texts of a column."""
    return values.to_text(column, fmt, name=name).texts


def objects(*cells):
    """Make a column of objects."""
    column = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        column[row] = cell
    return pd.Series(column, dtype=object)


def arrow(cells, kind):
    """Make a column that Arrow backs."""
    return pd.Series(cells, dtype=pd.ArrowDtype(kind))


def times(*cells):
    """Make a datetime column."""
    return pd.Series([pd.NaT if cell is None else pd.Timestamp(cell) for cell in cells])


class Size(enum.StrEnum):
    """Text that is an enumeration."""

    SMALL = "S"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations__of_numpy_are_no_numbers(unit):
    """A duration among other cells is written as one, whatever unit numpy keeps it in."""
    wait = np.timedelta64(90, "s").astype(f"timedelta64[{unit}]")
    cells = objects(wait, "soon", np.timedelta64("NaT", unit), dt.timedelta(minutes=2))
    assert to_text(cells, name="wait").to_pylist() == ["00:01:30", "soon", None, "00:02"]
    written = [formatted(cell, lambda value: value.total_seconds()) for cell in (wait, cells[3])]
    assert written == ["90", "120"]
    assert formatted(cells[2], str) is None


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        pytest.param(pd.Series([3, -12]), ["3", "-12"], id="int64"),
        pytest.param(pd.Series([2**64 - 1], dtype="uint64"), ["18446744073709551615"], id="uint64"),
        pytest.param(pd.Series([7, 8], dtype="int8"), ["7", "8"], id="int8"),
        pytest.param(pd.Series([3, None, 12]), ["3", None, "12"], id="ints-with-a-gap"),
        pytest.param(pd.Series([3, None], dtype="Int64"), ["3", None], id="Int64"),
        pytest.param(pd.Series([1.5, 2], dtype="Float64"), ["1.5", "2"], id="Float64"),
        pytest.param(pd.Series([12.5, 3.0, -0.0]), ["12.5", "3", "0"], id="floats"),
        pytest.param(
            pd.Series([0.1 + 0.2, 1.1 * 3, 0.1 + 0.7, -1.1 * 3, 33.1 * 100, 1e-5 * 3.3]),
            ["0.3", "3.3", "0.8", "-3.3", "3310", "0.000033"],
            id="without-noise",
        ),
        pytest.param(
            pd.Series([1 / 3, 10 / 3, 1234567890123456.5, 12.345678901234]),
            ["0.3333333333333333", "3.33333333333333", "1234567890123456.5", "12.345678901234"],
            id="longer-than-noise",
        ),
        pytest.param(
            pd.Series([1e16, 1e-7, 1e15 + 0.5, 1e22, 2.0**53]),
            ["1" + "0" * 16, "0.0000001", "1000000000000000.5", "1" + "0" * 22, "9007199254740992"],
            id="no-exponent",
        ),
        pytest.param(pd.Series([np.inf, -np.inf, NAN, 1]), [None] * 3 + ["1"], id="infinite"),
        pytest.param(pd.Series([NAN, NAN]), [None, None], id="all-nan"),
        pytest.param(pd.Series([0.1, 3], dtype="float32"), ["0.1", "3"], id="float32"),
        pytest.param(pd.Series([0.1, 3], dtype="float16"), ["0.1", "3"], id="float16"),
        pytest.param(pd.Series([True, False]), ["True", "False"], id="bool"),
        pytest.param(pd.Series([True, None], dtype="boolean"), ["True", None], id="boolean"),
        pytest.param(objects(True, None, False), ["True", None, "False"], id="bool-objects"),
        pytest.param(times("2026-11-22", None), ["2026-11-22", None], id="dates"),
        pytest.param(
            times("2026-11-22", "2026-11-22 14:30", "2026-11-22 14:00:05", None),
            ["2026-11-22", "2026-11-22 14:30", "2026-11-22 14:00:05", None],
            id="times",
        ),
        pytest.param(times("2026-11-22 10:00:00.999"), ["2026-11-22 10:00"], id="fraction-dropped"),
        pytest.param(
            times("1969-12-31 23:59:58.5"), ["1969-12-31 23:59:58"], id="fraction-before-1970"
        ),
        pytest.param(
            times("2026-07-01 00:00", "2026-07-01 10:00").dt.tz_localize(BERLIN),
            ["2026-07-01", "2026-07-01 10:00"],
            id="wall-time-of-the-zone",
        ),
        pytest.param(
            times("2026-07-01 10:00").dt.tz_localize("+05:30"), ["2026-07-01 10:00"], id="offset"
        ),
        pytest.param(pd.Series(np.array(["2026-11-22"], "M8[s]")), ["2026-11-22"], id="seconds"),
        pytest.param(
            objects(Decimal("12.50"), Decimal("1E+3"), Decimal("1E-9"), Decimal("NaN")),
            ["12.50", "1000", "0.000000001", None],
            id="decimals",
        ),
        pytest.param(
            pd.Series(pd.to_timedelta(["2D", "1D 02:30:00", "-5s", None, "0s", "26:00:01"])),
            ["2 days", "1 day 02:30", "-00:00:05", None, "00:00", "1 day 02:00:01"],
            id="durations",
        ),
        pytest.param(
            pd.Series(pd.PeriodIndex(["2026-11", None], freq="M")), ["2026-11", None], id="periods"
        ),
        pytest.param(
            objects(dt.date(2026, 1, 2), dt.time(4), dt.time(4, 5, 6)),
            ["2026-01-02", "04:00", "04:05:06"],
            id="dates-and-times-of-day",
        ),
        pytest.param(objects(DAY, DAY.date(), NOON), ["2026-11-22"] * 2 + ["2026-11-22 12:00"]),
        pytest.param(
            objects(NOON.replace(tzinfo=dt.UTC), NOON.replace(hour=13, tzinfo=BERLIN)),
            ["2026-11-22 12:00", "2026-11-22 13:00"],
            id="same-moment-in-two-zones",
        ),
        pytest.param(
            objects(1, True, 1.0, Decimal("1.0"), Decimal("1.00"), "1"),
            ["1", "True", "1", "1.0", "1.00", "1"],
            id="equal-values-of-other-types",
        ),
        pytest.param(
            objects(np.int8(3), np.float32(0.1), np.bool_(True), np.str_("x"), np.float16(0.5)),
            ["3", "0.1", "True", "x", "0.5"],
            id="numpy-scalars",
        ),
        pytest.param(
            objects(
                np.datetime64("2026-11-22T10"), np.datetime64("NaT", "s"), np.timedelta64(90, "s")
            ),
            ["2026-11-22 10:00", None, "00:01:30"],
            id="numpy-times",
        ),
        pytest.param(
            objects(None, pd.NA, pd.NaT, NAN, "", "  ", "\u00a0\n", "\u200b", "\ufeff"),
            [None] * 9,
            id="missing",
        ),
        pytest.param(objects(1.5, None, pd.NA, 2.0), ["1.5", None, None, "2"], id="float-objects"),
        pytest.param(objects(2**70, 1), [str(2**70), "1"], id="long-integers"),
        pytest.param(objects(2**53 + 1, 0.5), ["9007199254740993", "0.5"], id="exact-beside-float"),
        pytest.param(objects(Size.SMALL, "L"), ["S", "L"], id="text-enumeration"),
        pytest.param(objects(uuid.UUID(int=5)), [str(uuid.UUID(int=5))], id="uuid"),
        pytest.param(arrow(["a ", None], pa.string()), ["a", None], id="arrow-string"),
        pytest.param(arrow(["a", None], pa.large_string()), ["a", None], id="arrow-large-string"),
        pytest.param(arrow([1, None], pa.int32()), ["1", None], id="arrow-int"),
        pytest.param(arrow([1.5, None], pa.float64()), ["1.5", None], id="arrow-float"),
        pytest.param(arrow([True, None], pa.bool_()), ["True", None], id="arrow-bool"),
        pytest.param(
            arrow([Decimal("1.50"), None], pa.decimal128(5, 2)), ["1.50", None], id="arrow-decimal"
        ),
        pytest.param(
            arrow([Decimal("1E-8"), None], pa.decimal128(12, 8)),
            ["0.00000001", None],
            id="arrow-decimal-small",
        ),
        pytest.param(
            arrow([dt.date(2026, 1, 2), None], pa.date32()), ["2026-01-02", None], id="arrow-date"
        ),
        pytest.param(
            arrow([NOON, None], pa.timestamp("us")), ["2026-11-22 12:00", None], id="arrow-time"
        ),
        pytest.param(
            arrow([NOON.replace(tzinfo=dt.UTC), None], pa.timestamp("ns", "Europe/Berlin")),
            ["2026-11-22 13:00", None],
            id="arrow-zone",
        ),
        pytest.param(
            arrow([dt.time(4, 5), None], pa.time64("us")), ["04:05", None], id="arrow-time-of-day"
        ),
        pytest.param(
            arrow([dt.timedelta(days=1), None], pa.duration("s")),
            ["1 day", None],
            id="arrow-duration",
        ),
        pytest.param(
            arrow(["a", None], pa.dictionary(pa.int8(), pa.string())),
            ["a", None],
            id="arrow-category",
        ),
        pytest.param(arrow([None], pa.null()), [None], id="arrow-null"),
        pytest.param(pd.Series(pd.arrays.SparseArray([1.0, NAN])), ["1", None], id="sparse"),
        pytest.param(
            pd.Series(["b", None, " a", "b"], dtype="category"),
            ["b", None, "a", "b"],
            id="category",
        ),
        pytest.param(pd.Series([3, 1, 3], dtype="category"), ["3", "1", "3"], id="int-category"),
        pytest.param(
            pd.Series([1.0, None, 2.5], dtype="category"), ["1", None, "2.5"], id="float-category"
        ),
        pytest.param(
            times("2026-11-22", None).astype("category"), ["2026-11-22", None], id="date-category"
        ),
        pytest.param(pd.Series([None, None], dtype="category"), [None, None], id="empty-category"),
        pytest.param(pd.Series([], dtype="float64"), [], id="no-floats"),
        pytest.param(pd.Series([], dtype=object), [], id="no-objects"),
        pytest.param(pd.Series([], dtype="category"), [], id="no-categories"),
        pytest.param(times(), [], id="no-times"),
    ],
)
def test_to_text__rule(column, texts):
    """Each kind of column is written by the one rule, and the input stays as it was."""
    before = column.copy()
    result = to_text(column, name="x")
    assert result.to_pylist() == texts
    assert result.type == pa.string()
    pd.testing.assert_series_equal(column, before)


@pytest.mark.parametrize("dtype", ["object", "string[python]", "string[pyarrow]", "str"])
@pytest.mark.parametrize(
    ("cell", "text"),
    [
        pytest.param("  Ann  Lee\t", "Ann  Lee", id="ends"),
        pytest.param("\u00a0Ann\u3000\u200b", "Ann", id="unusual-spaces"),
        pytest.param("a\r\nb\tc", "a\r\nb\tc", id="inside"),
        pytest.param("a\x00b\x07", "a\x00b\x07", id="control-characters"),
        pytest.param("Łukasz 😀", "Łukasz 😀", id="any-letters"),
        pytest.param("007", "007", id="digits"),
        pytest.param("Nan", "Nan", id="a-person-called-nan"),
        pytest.param("Null", "Null", id="a-person-called-null"),
        pytest.param("NULL", "NULL", id="perhaps-a-word"),
        pytest.param("nan", None, id="word"),
        pytest.param("#DEĞER!", None, id="error-of-a-turkish-spreadsheet"),
        pytest.param("#VIITTAUS!", None, id="error-of-a-finnish-spreadsheet"),
        pytest.param("Invalid Date", None, id="word-of-a-browser"),
        pytest.param("Infinity", "Infinity", id="a-brand"),
        pytest.param(" #REF! ", None, id="error"),
        pytest.param("#BEZUG!", None, id="error-in-german"),
        pytest.param("#ССЫЛКА!", None, id="error-in-russian"),
        pytest.param("########", None, id="too-narrow"),
        pytest.param("\u200e", None, id="mark"),
        pytest.param("\u2800\u00ad \u3164", None, id="several-invisible"),
        pytest.param("\u200fשלום", "\u200fשלום", id="mark-that-matters"),
        pytest.param('="00123"', "00123", id="formula"),
        pytest.param('=" a ""b"" "', 'a "b"', id="formula-with-quotes"),
        pytest.param('=""', None, id="empty-formula"),
        pytest.param('="a\nb"', "a\nb", id="formula-of-two-lines"),
        pytest.param('="a"&"b"', '="a"&"b"', id="another-formula"),
        pytest.param("'00124", "00124", id="apostrophe"),
        pytest.param("'+12", "+12", id="apostrophe-plus"),
        pytest.param('\'="7"', "7", id="both"),
        pytest.param("'t Zand", "'t Zand", id="t-zand"),
        pytest.param("'n 9", "'n 9", id="digit-further-on"),
        pytest.param("'", "'", id="apostrophe-alone"),
        pytest.param("=", "=", id="sign-alone"),
        pytest.param(" \n", None, id="blank"),
    ],
)
def test_to_text__texts(dtype, cell, text):
    """Texts lose the white space at their ends and nothing else, however pandas keeps them."""
    column = pd.Series([cell, None], dtype=object).astype(
        dtype if dtype != "str" else pd.Series(["a"]).dtype
    )
    assert to_text(column, name="x").to_pylist() == [text, None]


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.dates(),
    st.datetimes(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)


@settings(deadline=None)
@given(st.lists(CELL, max_size=6), CELL)
def test_to_text__neighbours(cells, cell):
    """A cell has the same text alone and in any company: adding rows changes no text."""
    alone = to_text(pd.Series([cell], dtype=object), name="x").to_pylist()
    together = to_text(pd.Series([*cells, cell], dtype=object), name="x").to_pylist()
    inferred = pd.Series([*cells, cell]) if not isinstance(cell, int | float) else objects(cell)
    assert together[-1:] == alone
    if inferred.dtype == object:
        assert to_text(inferred, name="x").to_pylist()[-1:] == alone


def same_by_cell(column):
    """Assert that a column is written as its cells are, one by one."""
    cells = column if column.dtype != "float32" else column.to_numpy()
    singly = [None if pd.isna(cell) else text_of(cell) for cell in cells]
    assert to_text(column, name="x").to_pylist() == singly


@settings(deadline=None)
@given(st.lists(st.floats() | st.integers(-(2**60), 2**60).map(float) | st.floats(-1e3, 1e3)))
def test_to_text__floats_by_cell(numbers):
    """A column of floats is written as its cells are, never with an exponent, and reads back."""
    column = pd.Series(numbers, dtype="float64")
    same_by_cell(column)
    for number, text in zip(numbers, to_text(column, name="x").to_pylist(), strict=True):
        if text is not None:
            assert float(text) == pytest.approx(number, rel=1e-14, abs=0)
            assert not set(text) & set("eE") and not text.endswith(".0")  # noqa: PT018 - one claim


@settings(deadline=None)
@given(st.lists(st.floats(width=32)))
def test_to_text__float32_by_cell(numbers):
    """Single floats have their own shortest digits."""
    same_by_cell(pd.Series(numbers, dtype="float32"))


@settings(deadline=None)
@given(
    st.lists(
        st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001 - wall time
        | st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1))
    )
)
def test_to_text__times_by_cell(moments):
    """A column of moments is written as its cells are, with a zone and without."""
    column = pd.Series([pd.Timestamp(moment) for moment in moments], dtype="datetime64[ns]")
    same_by_cell(column)
    same_by_cell(column.dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata"))


@pytest.mark.parametrize(
    ("column", "fmt", "texts"),
    [
        pytest.param(pd.Series([1234.5, None, 2]), ",.2f", ["1,234.50", None, "2.00"], id="money"),
        pytest.param(pd.Series([1, 2]), ",.2f", ["1.00", "2.00"], id="money-of-ints"),
        pytest.param(pd.Series([3, None]), "03d", ["003", None], id="int-with-a-gap"),
        pytest.param(pd.Series([1234567.0, None]), ",", ["1,234,567", None], id="thousands"),
        pytest.param(pd.Series([0.256]), ".1%", ["25.6%"], id="percent"),
        pytest.param(pd.Series([3.0]), ".1f", ["3.0"], id="float-specification-of-a-whole-number"),
        pytest.param(pd.Series([1234.5]), "${:,.2f}", ["$1,234.50"], id="braces"),
        pytest.param(pd.Series([0.1 + 0.2, 3.0]), "{} l", ["0.3 l", "3 l"], id="braces-alone"),
        pytest.param(pd.Series([2.5]), "{0:.1f} or {0:.2f}", ["2.5 or 2.50"], id="braces-twice"),
        pytest.param(pd.Series(["Ann", None]), "dear {}", ["dear Ann", None], id="braces-text"),
        pytest.param(pd.Series([-0.001, -0.2]), ".2f", ["0.00", "-0.20"], id="nothing"),
        pytest.param(pd.Series([-0.001]), "{:,.2f} EUR", ["0.00 EUR"], id="nothing-in-braces"),
        pytest.param(pd.Series([-0.0001]), ".0%", ["0%"], id="no-percent"),
        pytest.param(pd.Series([-0.4]), ">6.0f", ["     0"], id="nothing-padded"),
        pytest.param(objects(Decimal("-0.001")), ".2f", ["0.00"], id="nothing-decimal"),
        pytest.param(objects(Decimal("-0.00")), ".2f", ["0.00"], id="less-than-nothing"),
        pytest.param(objects(Decimal("-0.00")), None, ["0.00"], id="less-than-nothing-by-rule"),
        pytest.param(objects(Decimal("Infinity"), 1), ".1f", [None, "1.0"], id="no-decimal"),
        pytest.param(pd.Series(["Annabel", "Bo"]), ".3", ["Ann", "Bo"], id="cut-text"),
        pytest.param(pd.Series([1e20]), "g", ["1e+20"], id="not-ordinary"),
        pytest.param(pd.Series([12.5, 3]), "g", ["12.5", "3"], id="no-digit-lost"),
        pytest.param(objects(pd.Period("2026-01-05", "D")), "%d %b", ["05 Jan"], id="period-day"),
        pytest.param(pd.Series([255]), "x", ["ff"], id="hexadecimal"),
        pytest.param(pd.Series([1234.5]), "{:n} EUR", ["1234.5 EUR"], id="as-python-does"),
        pytest.param(objects("nan", "NULL", "ann"), str.upper, [None, "NULL", "ANN"], id="words"),
        pytest.param(pd.Series([1, 2]), lambda v: "nan" if v == 1 else "x", [None, "x"], id="nan"),
        pytest.param(
            pd.Series(pd.PeriodIndex(["2026-11", None], freq="M")), "%b %Y", ["Nov 2026", None]
        ),
        pytest.param(pd.Series(["ab ", None]), ">4", ["  ab", None], id="padding-is-kept"),
        pytest.param(pd.Series([True]), ">5", [" True"], id="bool"),
        pytest.param(pd.Series([12.5, 3.0]), "", ["12.5", "3"], id="empty-specification"),
        pytest.param(times("2026-11-22", None), "%d %b", ["22 Nov", None], id="date"),
        pytest.param(
            times("2026-07-01 10:00").dt.tz_localize(BERLIN), "%H:%M %Z", ["10:00 CEST"], id="zone"
        ),
        pytest.param(objects(dt.date(2026, 1, 2), None), "%d.%m.", ["02.01.", None], id="objects"),
        pytest.param(
            arrow([dt.date(2026, 1, 2), None], pa.date32()), "%d.%m.", ["02.01.", None], id="arrow"
        ),
        pytest.param(objects(Decimal("1234.5")), ",.2f", ["1,234.50"], id="decimal"),
        pytest.param(pd.Series([1, None, 2.5], dtype="category"), ".1f", ["1.0", None, "2.5"]),
        pytest.param(
            pd.Series(["a", "b ", "", None, "a"]), str.upper, ["A", "B", None, None, "A"], id="str"
        ),
        pytest.param(pd.Series([3, None]), "{} items".format, ["3 items", None], id="gap-function"),
        pytest.param(pd.Series([0.1], dtype="float32"), str, ["0.1"], id="float32-function"),
        pytest.param(pd.Series([2.5, 2.6]), round, ["2", "3"], id="function-that-returns-a-number"),
        pytest.param(pd.Series([1, 2]), {1: "one"}.get, ["one", None], id="function-of-none"),
        pytest.param(pd.Series([1]), lambda _: " ", [None], id="function-of-blank"),
        pytest.param(pd.Series([1]), lambda _: NAN, [None], id="function-of-nan"),
        pytest.param(objects(["a", "b"], None), " ".join, ["a b", None], id="lists"),
        pytest.param(arrow([["a", "b"], None], pa.list_(pa.string())), "+".join, ["a+b", None]),
        pytest.param(objects({"a": 1}), lambda cell: cell["a"], ["1"], id="dicts"),
        pytest.param(pd.Series([], dtype=object), ",.2f", [], id="no-rows"),
        pytest.param(pd.Series([np.inf, NAN]), ",.2f", [None, None], id="infinite"),
    ],
)
def test_to_text__format(column, fmt, texts):
    """Formats replace the rule; missing values never reach them."""
    assert to_text(column, fmt, name="x").to_pylist() == texts


def test_to_text__function_once_per_value():
    """A function is asked once per distinct value, which is a plain Python one."""
    seen = []
    column = pd.Series([2.0, 1.5, 2.0, None, 1.5])
    to_text(column, lambda value: seen.append(value) or "x", name="x")
    assert [(type(value), value) for value in seen] == [(int, 2), (float, 1.5)]


@pytest.mark.parametrize(
    ("column", "fmt", "row", "words"),
    [
        pytest.param(pd.Series(["1", "b"]), ",.2f", 0, "',.2f'.*2 rows.*to_numeric", id="text"),
        pytest.param(pd.Series(["1.2.26"]), "%d %b", 0, "to_datetime", id="text-by-date"),
        pytest.param(
            pd.Series([None, 2.5]), "d", 1, "'d' for object of type 'float'", id="fraction"
        ),
        pytest.param(times(None, "2026-11-22"), ",.2f", 1, "'%d %b %Y'", id="date-by-number"),
        pytest.param(
            pd.Series([1]), "%d %b", 0, "Invalid format.*to_datetime", id="number-by-date"
        ),
        pytest.param(objects(dt.time(4)), "%d %b", 0, "no date", id="time-of-day"),
        pytest.param(pd.Series([1]), lambda _: [1], 0, "list", id="function-that-returns-a-list"),
        pytest.param(pd.Series([5, 1e6]), "g", 1, "1e\\+06.*',.2f'", id="exponent"),
        pytest.param(pd.Series([1234.5]), ".2e", 0, "exponent", id="exponent-asked-for"),
        pytest.param(pd.Series([0, 1.5]), "e", 0, "exponent", id="exponent-of-nothing"),
        pytest.param(pd.Series([7.25]), ".2", 0, "write '.2f'", id="digits-in-all"),
        pytest.param(pd.Series([7.25, 1]), "${:,.3}", 0, "write ',.3f'", id="digits-in-braces"),
        pytest.param(
            pd.Series(pd.Categorical(["a", None, "b", "b"])), {}.__getitem__, 0, "3 rows", id="all"
        ),
    ],
)
def test_to_text__refused(column, fmt, row, words):
    """A format that suits no value, or one by accident, is refused by column and row."""
    labels = [f"row-{i}" for i in range(len(column))]
    with pytest.raises(InputError, match=f"(?s)Column 'x', row 'row-{row}'.*{words}") as fault:
        to_text(column.set_axis(labels), fmt, name="x")
    assert fault.value.details["position"] == row
    assert fault.value.details["label"] == labels[row]
    assert fault.value.details["column"] == "x"


class Odd:
    """An object that cannot even show itself."""

    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("column", "fmt", "rows", "words"),
    [
        pytest.param(objects("a", ["b"]), None, [1], "list", id="list"),
        pytest.param(objects("a", {}, {}), None, [1, 2], "dict", id="dict"),
        pytest.param(objects("a", (1,), {2}), None, [1], "tuple", id="tuple-and-set"),
        pytest.param(objects("a", b"x"), None, [1], "bytes", id="bytes"),
        pytest.param(objects(b"x", b"y"), None, [0, 1], "bytes", id="only-bytes"),
        pytest.param(objects("a", 1j), None, [1], "complex", id="complex"),
        pytest.param(objects("a", Odd()), None, [1], "Odd", id="odd-object"),
        pytest.param(objects("a", [None]), None, [1], "list", id="nested-none"),
        pytest.param(objects("a", np.array([1])), None, [1], "ndarray", id="array"),
        pytest.param(objects("a", "x\ud800"), None, [1], "character pair", id="half-a-pair"),
        pytest.param(arrow([None, [1]], pa.list_(pa.int8())), None, [1], "list", id="arrow-list"),
        pytest.param(arrow([None, b"a"], pa.binary()), None, [1], "bytes", id="arrow-binary"),
        pytest.param(pd.cut(pd.Series([None, 2.0]), 2), None, [1], "Interval", id="intervals"),
        pytest.param(pd.Series([1, 2, 0]), lambda v: f"{1 / v}", [2], "division", id="function"),
        pytest.param(pd.Series([1, 2.5]), "d", [1], "'d' for object of type", id="fraction"),
        pytest.param(objects(1.5, "n/k"), ",.2f", [1], "format code 'f'", id="text-among-numbers"),
        pytest.param(objects(dt.date(2026, 1, 2), "soon"), "%d %b", [1], "Invalid", id="no-date"),
        pytest.param(
            pd.Series(pd.Categorical(["a", None, "b", "b"])), {"a": "1"}.__getitem__, [2, 3], "b"
        ),
    ],
)
def test_to_text__unwritable(column, fmt, rows, words):
    """A cell without a text is told with its row and why; the others are written."""
    written = values.to_text(column, fmt, name="x")
    fault = written.unwritable[0]
    assert fault.rows.tolist() == rows
    assert words in fault.sentence
    assert [written.texts[row].as_py() for row in rows] == [None] * len(rows)
    bad = {row for fault in written.unwritable for row in fault.rows.tolist()}
    rest = [row for row in range(len(column)) if row not in bad and not pd.isna(column.iloc[row])]
    assert None not in [written.texts[row].as_py() for row in rest]


def test_to_text__words():
    """The rows of words for no value are told, of those that stay too, whatever holds them."""
    cells = ["Ann", "nan", None, "NULL", " #REF! ", "Nan"]
    for dtype in ("object", "string[pyarrow]", "category"):
        written = values.to_text(pd.Series(cells, dtype=object).astype(dtype), name="x")
        assert written.words.tolist() == [1, 3, 4]
        assert written.texts.to_pylist() == ["Ann", None, None, "NULL", None, "Nan"]
    mixed = values.to_text(objects("nan", 5, "NULL"), name="x")
    assert (mixed.words.tolist(), mixed.texts.to_pylist()) == ([0, 2], [None, "5", "NULL"])


ODD_TEXT = st.text(st.sampled_from("'=\"09+ \u200b\u200e\u3000\xa0\x00nNaAulL#é漢"), max_size=6)


@settings(deadline=None)
@given(st.lists(ODD_TEXT | st.sampled_from(sorted(no_value_words.WORDS)), min_size=1))
def test_to_text__texts_by_cell(cells):
    """A column of texts is cleaned as its cells are, one by one."""
    found = [clean_text(cell) for cell in cells]
    singly = [None if text in no_value_words.BLANK_IN_A_FRAME else text for text in found]
    for dtype in ("string[pyarrow]", pd.ArrowDtype(pa.large_string())):
        written = values.to_text(pd.Series(cells, dtype=dtype), name="x")
        assert written.texts.to_pylist() == singly
        words = [place for place, text in enumerate(found) if text in no_value_words.WORDS]
        assert written.words.tolist() == words


def test_to_text__unused_category():
    """A category that no row has cannot be at fault."""
    column = pd.Series(pd.Categorical(["1"], categories=["oops", "1"]))
    assert to_text(column, lambda value: str(int(value)), name="x").to_pylist() == ["1"]


@pytest.mark.parametrize("fmt", [5, ["a"], {"x": ",.2f"}])
def test_to_text__no_format(fmt):
    """What is neither a specification nor a function is refused by its type."""
    with pytest.raises(InputError, match=type(fmt).__name__):
        to_text(pd.Series([1]), fmt, name="x")


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param("+1 (201) 555-0123 ", id="punctuated"),
        pytest.param("12015550123", id="digits"),
        pytest.param(12015550123.5, id="float"),
        pytest.param(["+12015550123"], id="in-a-list"),
    ],
)
def test_to_text__phone_in_an_error(cell):
    """An error never shows a phone number, nor does the reason that Python gives."""
    with pytest.raises(InputError) as fault:
        to_text(objects(cell), "d", name="x")
    assert "•" in str(fault.value)
    for shown in (str(fault.value), str(fault.value.details)):
        assert "2015550" not in shown.translate(dict.fromkeys(map(ord, " ()-+")))


def test_to_text__long_value_in_an_error():
    """An error shows the beginning of a long value only."""
    with pytest.raises(InputError) as fault:
        to_text(objects("y" * 500), "d", name="x")
    assert len(str(fault.value)) < 300


def test_to_text__more_bytes_than_a_string_array_holds(monkeypatch):
    """Where the bytes need it, the wider string type stays."""
    monkeypatch.setattr(base_arrow, "_LARGEST_STRING_ARRAY_BYTES", 1)
    result = to_text(arrow(["a ", None], pa.large_string()), name="x")
    assert result.type == pa.large_string()
    assert result.to_pylist() == ["a", None]


def test_to_text__many_rows():
    """A long column of repeated values is written row by row in its order."""
    numbers = np.random.default_rng(3).integers(0, 50, 100_000)
    texts = to_text(pd.Series(numbers / 4), ".2f", name="x").to_pylist()
    assert texts == [f"{number / 4:.2f}" for number in numbers]

"""Frames of other libraries are taken whole, once, and no value changes on the way."""

from __future__ import annotations

import datetime as dt
import decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from smsframe._base.any_frame import as_frame, as_series
from smsframe._text.values import to_text
from smsframe.errors import InputError

MOMENT = dt.datetime(2026, 11, 22, 14, 30, tzinfo=ZoneInfo("Europe/Paris"))
DICTIONARY = pa.array(["a", "b", None, "a"]).dictionary_encode()
ENCODED = pa.RunEndEncodedArray.from_arrays([2, 4], pa.array(["a", "b"]))


class Stream:
    """A table that can be taken once."""

    def __init__(self, table):
        self._table = table
        self.taken = 0

    def __arrow_c_stream__(self, requested_schema=None):
        """Return the stream, and count."""
        self.taken += 1
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        pytest.param(pa.array(["a", None, " b "], pa.string_view()), ["a", None, "b"], id="view"),
        pytest.param(pa.array(["a", None], pa.large_string()), ["a", None], id="large string"),
        pytest.param(DICTIONARY, ["a", "b", None, "a"], id="dictionary"),
        pytest.param(ENCODED, ["a", "a", "b", "b"], id="run lengths"),
        pytest.param(pa.nulls(2), [None, None], id="nothing"),
        pytest.param(pa.array([3, None], pa.int8()), ["3", None], id="int8 with a gap"),
        pytest.param(
            pa.array([9_007_199_254_740_993, None]), ["9007199254740993", None], id="long and a gap"
        ),
        pytest.param(pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)], id="uint64"),
        pytest.param(pa.array([2**64 - 1, None], pa.uint64()), [str(2**64 - 1), None], id="gap"),
        pytest.param(pa.array([True, None]), ["True", None], id="truth with a gap"),
        pytest.param(
            pa.array([1.5, None, float("nan"), 2.0]), ["1.5", None, None, "2"], id="float"
        ),
        pytest.param(pa.array([decimal.Decimal("12.50"), None]), ["12.50", None], id="decimal"),
        pytest.param(
            pa.array([decimal.Decimal("1.20")], pa.decimal256(60, 2)), ["1.20"], id="decimal256"
        ),
        pytest.param(
            pa.array([decimal.Decimal("1.20")], pa.decimal64(10, 2)), ["1.20"], id="decimal64"
        ),
        pytest.param(pa.array([dt.date(2026, 11, 22), None]), ["2026-11-22", None], id="date"),
        pytest.param(
            pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("s")),
            ["2026-11-22 14:30"],
            id="seconds",
        ),
        pytest.param(
            pa.array([MOMENT], pa.timestamp("us", "Europe/Paris")), ["2026-11-22 14:30"], id="zone"
        ),
        pytest.param(pa.array([dt.time(14, 30)], pa.time64("us")), ["14:30"], id="time of day"),
        pytest.param(
            pa.array([dt.timedelta(days=1, hours=2, minutes=30)]), ["1 day 02:30"], id="duration"
        ),
    ],
)
def test_as_frame__keeps_every_value(array, texts):
    """What a column says is the same as in a frame of pandas."""
    frame = as_frame(pa.table({"column": array}))
    assert to_text(frame["column"], name="column").texts.to_pylist() == texts
    series = as_series(array)
    assert to_text(series, name="column").texts.to_pylist() == texts
    apart = as_frame(pa.table({"column": pa.chunked_array([array[:1], array[1:], array[:0]])}))
    assert to_text(apart["column"], name="column").texts.to_pylist() == texts


def test_as_frame__takes_a_stream_once():
    """A relation is a query that would run again."""
    stream = Stream(pa.table({"a": [1, 2]}))
    frame = as_frame(stream)
    assert stream.taken == 1
    assert frame["a"].tolist() == [1, 2]
    assert frame.index.equals(pd.RangeIndex(2))


def test_as_frame__of_a_reader_and_a_batch():
    """A reader and a record batch are taken as well."""
    table = pa.table({"a": ["x", "y"]})
    assert as_frame(table.to_reader())["a"].tolist() == ["x", "y"]
    assert as_frame(table.to_batches()[0])["a"].tolist() == ["x", "y"]
    assert len(as_frame(table.slice(0, 0))) == 0


def test_as_frame__leaves_pandas_alone():
    """A frame of pandas is the one that was given."""
    frame = pd.DataFrame({"a": [1]})
    assert as_frame(frame) is frame
    assert as_series(frame["a"]).name == "a"


def test_as_frame__with_one_name_twice_and_nested_columns():
    """Columns keep their names, also where two have one; lists are carried along."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array([[1, 2]])], ["a", "a"])
    frame = as_frame(table)
    assert frame.columns.tolist() == ["a", "a"]
    assert list(frame.iloc[0, 1]) == [1, 2]


def test_as_frame__names_a_column_that_cannot_be_taken():
    """A kind that pandas has no place for is refused by the column's name."""
    far = pa.array([1], pa.timestamp("us", "No/Where"))
    with pytest.raises(InputError, match=r"^Column 'when' is of the kind timestamp\[us, tz=No/Whe"):
        as_frame(pa.table({"when": far}))


class Spark:
    """Something that only looks like a frame of Spark."""

    def toArrow(self):  # noqa: N802 - Spark's own name
        """Never called."""
        raise AssertionError


Spark.__module__, Spark.__qualname__ = "pyspark.sql.classic.dataframe", "DataFrame"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(pa.array([1]), r"not pyarrow\.\w*Int64Array, which is one column", id="array"),
        pytest.param(pd.Series([1]), r"not Series\. Its \.to_frame\(\)", id="series"),
        pytest.param({"a": [1]}, r"not dict\. pd\.DataFrame\(\.\.\.\)", id="dict"),
        pytest.param(Spark(), r"not pyspark\.DataFrame\. Its \.toArrow\(\)", id="spark"),
        pytest.param(pa.table({"a": [1]}).schema, r"not pyarrow\.\S*Schema\.$", id="schema"),
        pytest.param(pd.DataFrame, r"not type\.", id="class"),
        pytest.param(None, r"not NoneType\.", id="none"),
    ],
)
def test_as_frame__refuses_what_is_no_table(given, said):
    """Whoever gives something else is told what makes a frame of it."""
    with pytest.raises(InputError, match=said):
        as_frame(given)


def test_as_frame__refuses_a_dataset(tmp_path):
    """A dataset has no rows yet."""
    pa.parquet.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    dataset = pa.dataset.dataset(tmp_path)
    with pytest.raises(InputError, match=r"Its \.to_table\(\) reads it"):
        as_frame(dataset)
    with pytest.raises(InputError, match=r"Its \.to_reader\(\) reads it"):
        as_frame(dataset.scanner())
    with pytest.raises(InputError, match=r"Its \.read\(\) reads it"):
        as_frame(pa.parquet.ParquetFile(tmp_path / "a.parquet"))
    assert as_frame(dataset.scanner().to_reader())["a"].tolist() == [1]


def test_as_frame__says_why_a_stream_cannot_be_read():
    """A stream that fails is told with what else may help."""

    class Broken:
        """Offers a stream that is none."""

        def __arrow_c_stream__(self, requested_schema=None):
            """Fail."""
            raise NotImplementedError("no such thing")

    with pytest.raises(InputError, match=r"cannot be taken by Arrow's protocol: no such thing\. "):
        as_frame(Broken())


def test_as_series__refuses_a_table():
    """A table has several columns."""
    with pytest.raises(InputError, match=r"A Series is needed, not pyarrow\.\S+\. Choose one of"):
        as_series(pa.table({"a": [1]}))
    with pytest.raises(InputError, match=r"A Series is needed, not numpy\.ndarray"):
        as_series(np.array([1]))

"""The same rows are the same messages, whichever library holds them."""

from __future__ import annotations

import datetime as dt
import decimal

import pandas as pd
import pyarrow as pa
import pytest
from samples import TEXT, fictional_phones, make_people

import smsframe
from smsframe.errors import InputError

WORDS = "Hi %%Name%%, %%items%% for %%total%% on %%day%% at %%when%%: %%share%%, %%code%% %%kind%%"
polars = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")


def orders() -> pd.DataFrame:
    """Return people with every kind of value."""
    return pd.DataFrame(
        {
            "mobile": fictional_phones(4),
            "Name": ["Ann", None, " Zoë ", "nan"],
            "items": pd.array([3, None, 2**60 + 1, 0], dtype="Int64"),
            "total": pd.array(
                [decimal.Decimal("12.50"), None, decimal.Decimal("0.00"), decimal.Decimal("7.10")],
                dtype=pd.ArrowDtype(pa.decimal128(10, 2)),
            ),
            "day": [dt.date(2026, 11, 22), dt.date(2026, 1, 1), None, dt.date(2025, 2, 3)],
            "when": pd.to_datetime(
                ["2026-11-22 14:30", "2026-11-22", None, "2026-01-01 00:00:05"], format="ISO8601"
            ),
            "share": [0.1 + 0.2, 1.0, None, 12.5],
            "code": ["007", "1e5", "'9", '="00123"'],
            "kind": pd.Categorical(["a", "b", "a", None]),
        }
    )


FRAMES = {
    "polars": polars.from_pandas,
    "polars again": lambda frame: polars.from_pandas(frame).sort("mobile", descending=True),
    "duckdb": lambda frame: duckdb.from_arrow(pa.Table.from_pandas(frame)),
    "pyarrow": pa.Table.from_pandas,
    "reader": lambda frame: pa.Table.from_pandas(frame).to_reader(max_chunksize=2),
}
BLANKS = dict.fromkeys(["Name", "items", "total", "day", "when", "share", "code", "kind"], "-")


def test_send__knows_rows_whichever_library_holds_them(client, sandbox):
    """What was sent as a frame of pandas makes no call as another kind of frame."""
    options = {"program": "148372", "phone": "mobile", "defaults": BLANKS, "progress": False}
    with pytest.warns(smsframe.PlanWarning):
        first = smsframe.send(orders(), WORDS, **options)
    assert first["sms_status"].tolist() == ["accepted"] * 4
    calls = len(sandbox.requests())
    for name, made in FRAMES.items():
        again = smsframe.send(made(orders()), WORDS, **options)
        assert again["sms_status"].tolist() == ["accepted"] * 4, name
        assert again.index.equals(pd.RangeIndex(4))
        assert len(sandbox.requests()) == calls, name


def test_send__of_polars_is_known_as_pandas(client, sandbox):
    """And the other way round, with results that go back to where they came from."""
    people = make_people(3)
    frame = polars.from_pandas(people)
    first = smsframe.send(frame, TEXT, program="148372", phone="mobile", progress=False)
    calls = len(sandbox.requests())
    again = smsframe.send(people, TEXT, program="148372", phone="mobile", progress=False)
    assert len(sandbox.requests()) == calls
    assert again["sms_batch"].tolist() == first["sms_batch"].tolist()
    assert frame.equals(polars.from_pandas(people))
    there = polars.DataFrame(first)
    assert smsframe.summary(there).to_frame().equals(smsframe.summary(first).to_frame())
    assert smsframe.failed(there).empty
    assert smsframe.refresh(there, progress=False)["sms_status"].tolist() == ["sent"] * 3


def test_plan__points_a_lazy_frame_to_its_rows(client):
    """A lazy frame has no rows yet."""
    lazy = polars.from_pandas(make_people(2)).lazy()
    with pytest.raises(InputError, match=r"not polars\.LazyFrame\. It has no rows yet; its \.coll"):
        smsframe.plan(lazy, TEXT, program="148372")
    connection = duckdb.connect()
    with pytest.raises(InputError, match=r"not \S*DuckDBPyConnection\. Its \.sql"):
        smsframe.plan(connection, TEXT, program="148372")
    with pytest.raises(InputError, match=r"not polars\.Series, which is one column\. Its \.to_fra"):
        smsframe.plan(polars.Series([1]), TEXT, program="148372")


def test_plan__tells_of_a_list_as_in_pandas():
    """A tag that names a column of lists is a problem of its rows."""
    frame = polars.DataFrame({"mobile": fictional_phones(2), "Name": [["a"], ["b"]]})
    problems = smsframe.plan(frame, "Hi %%Name%%", program="148372").problems
    assert set(problems["code"]) >= {"value_unreadable"}
    nested = polars.DataFrame({"mobile": [{"a": 1}, {"a": 2}]})
    found = smsframe.plan(nested, "Hi", program="148372", phone="mobile").problem_counts
    assert found == {"phone_unreadable": 2, "phones_not_phones": 1}


UNUSED = {
    "list": pa.array([[1], [2]]),
    "struct": pa.array([{"a": 1}, {"a": 2}]),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
    "interval": pa.array([pa.MonthDayNano([1, 2, 3]), None]),
    "bytes": pa.array([b"a", b"b"], pa.binary_view()),
    "views": pa.array([[1], [2]], pa.list_view(pa.int64())),
    "union": pa.UnionArray.from_dense(
        pa.array([0, 1], pa.int8()),
        pa.array([0, 0], pa.int32()),
        [pa.array([1]), pa.array(["x"])],
    ),
}


@pytest.mark.parametrize("text", ["Hi", "Hi %%More%%"], ids=["unused", "used"])
@pytest.mark.parametrize("column", UNUSED.values(), ids=UNUSED)
def test_plan__of_columns_that_cannot_be_compared(column, text):
    """Lists and the like are in many tables; they stop nobody unless a message is made of them."""
    table = pa.table({"mobile": fictional_phones(2), "More": column})
    plan = smsframe.plan(table, text, program="148372", phone="mobile")
    assert plan.recipients == 2 or (text != "Hi" and "value_unreadable" in plan.problem_counts)


@pytest.mark.parametrize("name", ["More", "opt_in"])
def test_plan__of_nested_columns_of_pandas(name):
    """Pandas holds Arrow's lists as they are."""
    table = pa.table({"mobile": fictional_phones(2), name: [["a"], ["b"]]})
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    assert smsframe.plan(frame, "Hi", program="148372", phone="mobile").recipients == 2


def test_columns_of_other_libraries__are_read():
    """Numbers and texts are read from a column of polars or pyarrow too."""
    phones = polars.Series("mobile", ["+12015550123", None])
    assert smsframe.normalize(phones)["e164"].tolist()[0] == "+12015550123"
    assert smsframe.segments(pa.array(["Hi", None]))["segments"].tolist()[0] == 1


def test_compose__writes_code_that_runs_on_another_frame(client):
    """Only frames of pandas have ``.sms``."""
    rows = polars.from_pandas(make_people(2))
    composer = smsframe.compose(rows, TEXT, program="148372")
    assert composer.code.startswith('results = smsframe.send(\n    rows,\n    "Hi %%FirstName%%')
    assert composer.plan.recipients == 2

"""A summary by several columns."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe.errors import InputError


@pytest.fixture
def results(client):
    """Return results of eight people in two towns and two plans; two could not be texted."""
    people = make_people(8).assign(
        town=["York", "York", "York", "York", "York", "Hull", "Hull", None],
        plan=pd.Categorical(["b", "a", "a", "b", "a", "a", "a", "b"]),
    )
    people.loc[[1, 6], "mobile"] = "n/a"
    return smsframe.send(people, "Hi", program="148372", phone="mobile", progress=False)


def test_summary__by_several_columns(results):
    """Flat columns, the first outermost: the largest group first, within it as well."""
    done = results.sms.summary(["town", "plan"])
    table = done.to_frame()
    assert list(table.columns) == ["town", "plan", "status", "code", "rows", "share", "segments"]
    found = table[["town", "plan", "status", "rows"]].astype(object).fillna("-")
    assert [tuple(row) for row in found.to_numpy()] == [
        ("York", "a", "accepted", 2),
        ("York", "a", "invalid", 1),
        ("York", "b", "accepted", 2),
        ("Hull", "a", "accepted", 1),
        ("Hull", "a", "invalid", 1),
        ("-", "b", "accepted", 1),
    ]
    assert table["share"].tolist() == [2 / 3, 1 / 3, 1, 0.5, 0.5, 1]
    assert done.by == ["town", "plan"]
    assert table["rows"].sum() == len(results)


def test_summary__by_a_list_of_one_is_by_the_column(results):
    """One column in a list is the column."""
    one = results.sms.summary("town")
    listed = results.sms.summary(["town"])
    pd.testing.assert_frame_equal(one.to_frame(), listed.to_frame())
    assert repr(one) == repr(listed)
    assert one.by == "town"


def test_summary__shows_a_line_for_each_group(results):
    """In text and HTML the columns stand side by side, with a column for each status."""
    done = results.sms.summary(["town", "country"], price_per_segment=2)
    lines = [line.split() for line in repr(done).splitlines()[-6:]]
    assert lines[0] == ["town", "country", "rows", "accepted", "invalid", "segments", "cost"]
    assert lines[1] == ["York", "US", "4", "4", "4", "8.00"]
    assert "<th" in done._repr_html_()
    assert done._repr_html_().count("York") == 2


def test_summary__of_a_multi_index_of_columns():
    """A label that is a tuple is one column."""
    frame = pd.DataFrame({("a", "b"): ["x", "y"], "mobile": ["+12015550100", "+12015550101"]})
    done = smsframe.send(frame, "Hi", program="1", phone="mobile", dry_run=True)
    assert smsframe.summary(done, by=("a", "b")).to_frame()["rows"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        pytest.param("Town", "Did you mean 'town'\\?", id="case"),
        pytest.param(["town", "contry"], "Did you mean 'country'\\?", id="typo"),
        pytest.param(["town", "zzzz"], "'zzzz' is no column", id="none"),
        pytest.param([], "empty list", id="empty"),
        pytest.param(["town", "town"], "names a column twice", id="twice"),
        pytest.param([["town"]], "by= is of type list", id="nested"),
        pytest.param(np.array(["town"]), "by= is of type", id="array"),
    ],
)
def test_summary__wrong_columns(results, by, said):
    """A column that is not there is named, with the one that may be meant."""
    with pytest.raises(InputError, match=said):
        results.sms.summary(by)


def test_summary__of_cells_that_no_table_can_hold(results):
    """Half a character is shown as a question mark, a signalling NaN is no value."""
    odd = [["Jo\ud83d", Decimal("sNaN"), None, 1][n % 4] for n in range(len(results))]
    table = results.assign(who=pd.Series(odd, results.index, dtype=object)).sms.summary(by="who")
    assert set(table.to_frame()["who"].astype("string").dropna()) == {"Jo?", "1"}

"""A table whose lines were not cut into columns, as pd.read_csv makes it of semicolons."""

from __future__ import annotations

import io
import re

import pandas as pd
import pytest

import smsframe


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize("phone", [None, "mobile", "total"])
def test_plan__of_a_file_that_was_not_cut_into_columns(mark, phone):
    """One column of whole lines is told with the separator, whatever phone= names."""
    file = io.StringIO(f"mobile{mark}total\n+12015550101{mark}7\n")
    frame = pd.read_csv(file, sep="~")
    with pytest.raises(smsframe.InputError, match=re.escape(f"sep={mark!r}")):
        smsframe.plan(frame, "Hi %%total%%", program="1", phone=phone)


def test_plan__of_a_file_that_pandas_has_cut_at_another_mark():
    """Decimal commas make an index of half a line; the header still shows the semicolons."""
    frame = pd.read_csv(io.StringIO("mobile;total\n+12015550101;1,5\n+12015550102;2,5\n"))
    with pytest.raises(smsframe.InputError, match="sep=';'"):
        smsframe.plan(frame, "Hi", program="1")


def test_plan__of_one_column_whose_name_has_a_separator():
    """A column may be called so, if its cells are no lines."""
    frame = pd.DataFrame({"phone; mobile": ["+12015550101"]})
    assert smsframe.plan(frame, "Hi", program="1", phone="phone; mobile").recipients == 1


@pytest.mark.parametrize("phone", [None, "+12015550101", "mobile"])
@pytest.mark.parametrize(
    "lines",
    ["+12015550101,Ann\n+12015550102,Bob\n", "+12015550101,Ann\n", "(201) 555-0101,A\n2015550102,"],
    ids=["two", "one", "national"],
)
def test_plan__of_a_file_without_names_of_columns(lines, phone):
    """Else the first person becomes the name of a column, and gets nothing without a word."""
    frame = pd.read_csv(io.StringIO(lines), dtype=str)
    with pytest.raises(smsframe.InputError, match="first row was taken for the names") as caught:
        smsframe.plan(frame, "Hi", program="1", phone=phone)
    assert "header=None" in str(caught.value)
    assert "555" not in str(caught.value)


def test_plan__of_a_column_whose_name_is_a_long_number():
    """Only over cells that are phone numbers too is it one."""
    frame = pd.DataFrame({"mobile": ["+12015550101"], "1735689600": ["3"], 1735689601: [4.5]})
    frame["20261101-20261130"] = None
    assert smsframe.plan(frame, "Hi", program="1").recipients == 1

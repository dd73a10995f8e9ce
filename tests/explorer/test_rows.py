"""The explorer's rows without a widget: chips, search, order, pages, selection, and their code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from samples import make_people, send

from smsframe._explorer.code import code_of
from smsframe._explorer.rows import PAGE_ROWS, Rows
from smsframe._explorer.searching import order_of

CITIES = ["Oslo", "Rome", None]


@pytest.fixture
def results():
    """Return results of 60 people: 40 would go out, 14 wait for a limit, six have no phone."""
    people = make_people(60)
    people["order_no"] = [f"A-{number:05d}" for number in range(60)]
    people["city"] = pd.Series(CITIES * 20, dtype="string")
    people["total"] = np.arange(60) / 4
    people.loc[:5, "mobile"] = "n/a"
    people.loc[50:, "mobile"] = [f"+44 7400 {123456 + n}" for n in range(10)]
    return send(people, dry_run=True, limit=40, client=None)


def run(rows, name="results"):
    """Return the frame that the code gives."""
    space = {name: rows.results, "pd": pd, "phonenumbers": phonenumbers}
    *imports, line = code_of(rows, name).splitlines()
    exec("\n".join(imports), space)
    return eval(line, space)


def words(rows, name):
    """Return the values of a kind in words, with their counts."""
    kind = rows.kinds[name]
    return {kind.words(at): n for at, n in enumerate(rows.counts(kind).tolist()) if n}


def test_kinds__are_counted(results):
    """Status, reason, country and columns with few values are kinds; others are none."""
    rows = Rows(results)
    assert list(rows.kinds) == ["status", "reason", "country", "city"]
    assert words(rows, "status") == {"planned": 40, "invalid": 6, "not attempted": 14}
    assert words(rows, "reason") == {
        "a limit on the number of messages was reached": 14,
        "there is no phone number": 6,
        "none": 40,
    }
    assert words(rows, "country") == {"US": 44, "GB": 10, "none": 6}
    assert words(rows, "city") == {"Oslo": 20, "Rome": 20, "none": 20}


def test_filters__combine(results):
    """Any value of a kind, all kinds together; a kind counts what the others leave."""
    rows = Rows(results)
    rows.choose("status", {"planned", "invalid"})
    rows.choose("city", {"Oslo"})
    expected = results["sms_status"].isin(["planned", "invalid"]) & results["city"].eq("Oslo")
    assert rows.frame.equals(results[expected.fillna(value=False)])
    assert sum(words(rows, "city").values()) == 46
    assert sum(words(rows, "status").values()) == 20
    rows.clear()
    assert rows.count == 60


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("name12", [12], id="name"),
        pytest.param("a-00003", [3], id="order"),
        pytest.param("201 555-0123", [23], id="number"),
        pytest.param("+1 (201) 555 0123", [23], id="number-with-country"),
        pytest.param("+447400123457", [51], id="number-written-with-blanks"),
        pytest.param("GIBBERISH", [], id="nothing"),
        pytest.param("14.25", [57], id="amount"),
        pytest.param("%", [], id="signs"),
        pytest.param("", list(range(60)), id="empty"),
    ],
)
def test_search__looks_everywhere(asked, found, results):
    """Texts, amounts and numbers are found, however a number is written; the code agrees."""
    rows = Rows(results)
    rows.search(asked)
    assert rows.rows.tolist() == found
    assert run(rows).index.tolist() == found


def test_code__gives_the_same_rows(results):
    """With every kind of filter, a search and an order, the line of pandas gives ``frame``."""
    rows = Rows(results)
    for name, kind in rows.kinds.items():
        for at, value in enumerate(kind.found):
            rows.clear()
            rows.choose(name, {value})
            if kind.counts(None)[at]:
                assert run(rows).equals(rows.frame), (name, value)
    rows.clear()
    rows.choose("country", {"US", None})
    rows.choose("city", {"Rome", None})
    rows.search("name")
    rows.sort("total", descending=True)
    assert 0 < rows.count < 60
    assert run(rows).equals(rows.frame)
    assert code_of(Rows(results), "done") == "done"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", ["FirstName", "city", "total", "sms_status", "sms_accepted_at"])
def test_sort__is_that_of_pandas(column, descending, results):
    """Texts, numbers, statuses and times are ordered, equal ones stay, missing ones come last."""
    rows = Rows(results)
    rows.sort(column, descending=descending)
    expected = results.sort_values(column, ascending=not descending, kind="stable")
    assert rows.frame.index.tolist() == expected.index.tolist()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["A-10", "A-9", "A-", "A-9", None, "A-100", "a"], id="codes"),
        pytest.param(["Zoë", "Zoe", "Åsa", "名", "😀", "", None, "Zo", "Zoë"], id="letters"),
        pytest.param(["x" * n for n in (0, 7, 8, 9, 16, 17, 8)], id="lengths"),
        pytest.param(["order " + "y" * n for n in (3, 40, 12, 40, 41)], id="long"),
        pytest.param([None, None, None], id="none"),
        pytest.param(["same", "same"], id="one"),
    ],
)
@pytest.mark.parametrize("dtype", [object, "string"])
def test_order__of_texts_is_that_of_pandas(texts, descending, dtype):
    """Bytes of texts read as numbers order them as the texts; equal ones stay, missing are last."""
    column = pd.Series(texts * 3, dtype=object)
    wanted = column.sort_values(ascending=not descending, kind="stable", na_position="last")
    found = order_of(column.astype(dtype), descending=descending)
    assert found.tolist() == wanted.index.tolist()


def test_pages__have_all_rows_once(results):
    """Pages follow each other and end."""
    rows = Rows(results)
    seen = []
    for _ in range(rows.pages):
        seen += rows.shown.tolist()
        rows.turn(1)
    assert seen == list(range(60))
    assert (rows.pages, rows.page) == (60 // PAGE_ROWS, 60 // PAGE_ROWS - 1)
    rows.search("gibberish")
    assert (rows.pages, rows.page, rows.shown.tolist()) == (1, 0, [])


def test_selection__stays_when_filters_change(results):
    """What is selected stays so, and is counted where no page shows it."""
    rows = Rows(results)
    rows.choose("status", {"invalid"})
    rows.mark_matching()
    assert rows.selected.equals(results[results["sms_status"] == "invalid"])
    rows.choose("status", {"planned"})
    assert (rows.marked_count, rows.hidden_count) == (6, 6)
    rows.marked[[20]] = True
    assert (rows.marked_count, rows.hidden_count) == (7, 6)
    assert rows.retried.tolist() == []
    rows.mark_none()
    assert rows.marked_count == 0


def test_filters__of_a_value_that_no_row_has_any_more(results):
    """A filter whose rows have all become others is taken off: no button would show it."""
    rows = Rows(results)
    rows.choose("status", {"invalid", "planned"})
    rows.choose("reason", {"limit"})
    rows.mark_matching()
    later = results.copy()
    later.loc[later["sms_code"] == "limit", "sms_code"] = None
    later.loc[later["sms_status"] == "planned", "sms_status"] = "accepted"
    rows.renew(later)
    assert rows.values("status") == {"invalid"}
    assert rows.values("reason") == set()
    assert rows.count == 6


def test_rows__of_odd_frames(results):
    """No rows, repeated labels, results from a file, columns of lists: all can be looked at."""
    assert Rows(results.head(0)).count == 0
    twice = pd.concat([results, results])
    rows = Rows(twice)
    rows.search("a-00003")
    assert len(rows.frame) == 2
    read = results.astype("string").assign(tags=[[1]] * 60)
    rows = Rows(read)
    rows.choose("status", {"invalid"})
    rows.search("[1]")
    assert rows.count == 6
    assert run(rows).equals(rows.frame)
    levels = results.copy()
    levels.columns = pd.MultiIndex.from_tuples([(str(name), "") for name in results.columns])
    assert Rows(levels).count == 60

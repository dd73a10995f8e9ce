"""Prices by country: what a plan, a send and a summary make of them."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe.errors import InputError

NUMBERS = ["+12015550101", "+12025550102", "+447400123456", "+33612345678", "+33612345679"]
SAID = {"program": "148372", "phone": "mobile"}


@pytest.fixture
def abroad():
    """Return five people in three countries; the French get two segments each."""
    names = ["Ann", "Bob", "Cyd", "x" * 200, "y" * 200]
    return pd.DataFrame({"mobile": NUMBERS, "name": names})


@pytest.mark.parametrize(
    ("price", "cost", "line"),
    [
        pytest.param(0.5, 3.5, "3.50", id="one"),
        pytest.param({"*": 0.5}, 3.5, "3.50 (FR 2.00, US 1.00, GB 0.50)", id="others"),
        pytest.param(
            {"us": 1, "FR": 0.25, "*": 3}, 6.0, "6.00 (GB 3.00, US 2.00, FR 1.00)", id="countries"
        ),
        pytest.param({"US": 1, "GB": 0, "FR": 0}, 2.0, "2.00 (US 2.00, FR 0.00, GB 0.00)",
                     id="free"),
        pytest.param(
            {"US": 1}, None,
            "not known: 2.00 and 5 segments without a price (FR 4, GB 1)", id="unpriced",
        ),
    ],
)  # fmt: skip
def test_plan__of_prices(abroad, price, cost, line):
    """A country without a price makes the whole unknown, and is named with its segments."""
    made = smsframe.plan(abroad, "%%name%%", price_per_segment=price, **SAID)
    assert made.cost == cost
    assert f"  cost: {line}\n" in repr(made)
    assert pickle.loads(pickle.dumps(made)).cost == cost


def test_plan__cost_by_country(abroad):
    """The costs as data, None where there is no price; nothing without prices by country."""
    made = smsframe.plan(abroad, "%%name%%", price_per_segment={"US": 1, "GB": 3}, **SAID)
    assert made.cost_by_country == {"GB": 3.0, "US": 2.0, "FR": None}
    assert smsframe.plan(abroad, "Hi", price_per_segment=1, **SAID).cost_by_country == {}
    assert smsframe.plan(abroad, "Hi", **SAID).cost_by_country == {}
    assert "cost" not in repr(smsframe.plan(abroad, "Hi", **SAID))


def test_cost__has_no_binary_dust(tmp_path):
    """Neither in all, nor by country, nor of files together: 0.3, not 0.30000000000000004."""
    people = make_people(3)
    for part in (1, 2):
        people.iloc[part - 1 : 2 * part - 1].to_csv(tmp_path / f"{part}.csv", index=False)
    for price in (0.1, {"US": 0.1}):
        given = {"price_per_segment": price, **SAID}
        made = smsframe.plan(people, "Hi", **given)
        assert made.cost == smsframe.plan_files(tmp_path, "Hi", **given, progress=False).cost == 0.3
        assert made.cost_by_country == ({"US": 0.3} if isinstance(price, dict) else {})


def test_plan__counts_what_would_go_out(abroad):
    """Rows that stay here cost nothing."""
    abroad.loc[2, "mobile"] = "n/a"
    made = smsframe.plan(abroad, "%%name%%", price_per_segment={"US": 1, "FR": 2}, limit=3, **SAID)
    assert made.cost_by_country == {"FR": 4.0, "US": 2.0}


def test_line_under_the_cell__has_the_cost(abroad, client, capsys):
    """The line says what was accepted now costs; a second run costs nothing."""
    abroad.sms.send("%%name%%", price_per_segment={"US": 1, "*": 2}, **SAID)
    assert "5 accepted · 0 rejected · 0 unknown · cost 12.00 (FR 8.00, US 2.00, GB 2.00)" in (
        capsys.readouterr().out
    )
    abroad.sms.send("%%name%%", price_per_segment=1, **SAID)
    assert "cost" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("price", "said"),
    [
        pytest.param({}, "is empty", id="empty"),
        pytest.param({"USA": 1}, "write 'US'", id="three-letters"),
        pytest.param({"France": 1}, "write 'FR'", id="name"),
        pytest.param({"Nowhere": 1}, "'\\*' is every other country", id="nowhere"),
        pytest.param({1: 1}, "not the two letters", id="number"),
        pytest.param({"US": -1}, "must be a number", id="negative"),
        pytest.param({"US": None}, "must be a number", id="none"),
        pytest.param({"US": float("nan")}, "must be a number", id="nan"),
        pytest.param({"US": 1, "us": 2}, "names US twice", id="twice"),
        pytest.param([0.5], "or one for each country", id="list"),
    ],
)
def test_prices__are_refused(abroad, price, said):
    """A price that could not be meant is refused before anything happens, in a summary too."""
    with pytest.raises(InputError, match=said):
        smsframe.plan(abroad, "Hi", price_per_segment=price, **SAID)
    results = smsframe.send(abroad, "Hi", dry_run=True, **SAID)
    with pytest.raises(InputError, match=said):
        smsframe.summary(results, price_per_segment=price)


def test_prices__with_lookup():
    """Where no number is known, no country is: one price, or that of all others."""
    people = make_people(3).assign(id=["a", "b", "c"])
    given = {"program": "1", "lookup": {"key": "id"}}
    with pytest.raises(InputError, match="no country"):
        smsframe.plan(people, "Hi", price_per_segment={"US": 1, "*": 1}, **given)
    made = smsframe.plan(people, "Hi", price_per_segment={"*": 2}, **given)
    assert made.cost == 6


def test_summary__of_prices(abroad, client):
    """Bill and lines by country; where a country has no price the line is not known."""
    results = smsframe.send(abroad, "%%name%%", progress=False, **SAID)
    done = results.sms.summary("country", price_per_segment={"US": 1, "FR": 2})
    assert (done.cost, done.segments) == (None, 7)
    assert done.cost_by_country == {"FR": 8.0, "US": 2.0, "GB": None}
    table = done.to_frame().set_index("country")["cost"]
    assert table[["US", "FR"]].tolist() == [2.0, 8.0]
    assert pd.isna(table["GB"])
    for shown in (repr(done), done._repr_html_()):
        assert "not known: 10.00 (FR 8.00, US 2.00) and 1 segment without a price (GB 1)" in shown
    whole = results.sms.summary(price_per_segment={"US": 1, "FR": 2})
    assert pd.isna(whole.to_frame()["cost"]).all()
    assert results.sms.summary(price_per_segment={"US": 1, "*": 2}).cost == 12.0


def test_summary__bills_nothing_that_was_not_sent(abroad, client):
    """A country without a price matters only where something was sent to it."""
    abroad["mobile"] = [*NUMBERS[:4], "n/a"]
    results = smsframe.send(abroad, "Hi", progress=False, **SAID)
    client.sandbox.faults.add("status", status=400, on=1)
    others = make_people(2).assign(mobile=["+447400123457", "+447400123458"])
    with pytest.warns(smsframe.IncompleteSendWarning):
        refused = smsframe.send(others, "Bye", progress=False, **SAID)
    both = pd.concat([results.iloc[:2], refused])
    both.attrs = {}
    done = both.sms.summary(price_per_segment={"US": 1})
    assert done.cost == 2.0
    assert not done.to_frame()["cost"].isna().any()

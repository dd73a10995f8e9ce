"""What a plan shows of itself once something of it has gone out."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

import smsframe
from smsframe._base import html
from smsframe._plan import data, figures, show
from smsframe._plan.problems import Kind

TEXT = "Hi %%FirstName%%"


def shown(people):
    """Return a plan's first line, as text and as HTML."""
    plan = smsframe.plan(people, TEXT, program="148372", phone="mobile", campaign="november")
    line = repr(plan).splitlines()[0]
    assert f">{line}</div>" in plan._repr_html_()
    return line


def test_headline__before_anything_went_out(people, client):
    """It says how many messages there are, and in how many calls they would go."""
    assert shown(people) == "Plan: 3 messages in 1 call, program 148372"


def test_headline__when_some_or_all_went_out(people, client):
    """It does not promise calls that will not be made: it says how many messages are left."""
    options = {"program": "148372", "phone": "mobile", "campaign": "november", "progress": False}
    people.sms.send(TEXT, limit=2, **options)
    assert shown(people) == "Plan: 3 messages, 1 of them left to send, program 148372"
    people.sms.send(TEXT, **options)
    assert shown(people) == "Plan: 3 messages, 0 of them left to send, program 148372"


@pytest.mark.parametrize(
    ("price", "segments", "shown"),
    [
        pytest.param(0.0075, 2430, "18.23", id="half a cent"),
        pytest.param(0.075, 1, "0.08", id="three quarters"),
        pytest.param(0.1, 3, "0.30", id="binary"),
        pytest.param(1e6, 12, "12,000,000.00", id="large"),
    ],
)
def test_money__is_what_comes_out_on_paper(price, segments, shown):
    """Half a cent goes up, though the number may be a little less in binary."""
    assert html.money(price * segments) == shown


@pytest.mark.parametrize(("price", "cost"), [(None, None), (0.0079, "0.02"), (0, "0.00")])
def test_figures__cost(people, price, cost):
    """What the messages would cost is shown where a price was given, and only there."""
    made = smsframe.plan(people, TEXT, program="1", phone="mobile", price_per_segment=price)
    assert figures.figures(made.data).get("cost") == cost
    assert (f"cost: {cost}" in repr(made)) is (cost is not None)


def test_remarks__of_no_column():
    """What is worth knowing of the whole is said once, columns with the same remark together."""
    kind = partial(Kind, code="c", severity="info", sentence="S.", count=1, label=None, value=None)
    assert "c (a, b): S.<" in show._remarks([kind(column="a"), kind(column="b")])[0]
    assert "c: S.<" in show._remarks([kind(column=None)])[0]


def test_plan__counts_once_when_everybody_is_in_it_twice(monkeypatch):
    """What is shown is counted once, and does not grow with the square of the rows."""
    phones = (12012000000 + pd.RangeIndex(200_000) // 2).astype(str)
    frame = pd.DataFrame({"mobile": phones, "x": range(200_000)})
    made = smsframe.plan(frame, "Hi %%x%%", program="1", phone="mobile", region="US")
    assert "in 200 calls" in repr(made)
    assert "same_person" in made._repr_html_()
    counts = []
    monkeypatch.setattr(
        data.PlanData, "batch_rows", lambda _, rows, **__: counts.append(rows) or iter(())
    )
    assert "in 200 calls" in repr(made)
    assert counts == []

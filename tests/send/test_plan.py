"""A plan can be put away and taken out again: pickled, it shows the same and sends the same once.

Whom it would be sent through does not go with it, nor does what the journal holds.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._plan.build import build_texts
from smsframe._plan.options import with_defaults

PLANNED = {"text": "Hi %%FirstName%%, %%total%%", "program": "148372", "phone": "mobile"}


def messy_people():
    """Return people with something wrong of every kind: phones, values, texts, countries."""
    frame = make_people(8).assign(total=[1.5, np.nan, np.inf, 4.0, 5.0, 6.0, 7.0, 8.0])
    frame["FirstName"] = ["Ann", "N/A", "%%B%%", "Zo\ufffd", "x" * 800, "Bob", "Ann", "Ann"]
    frame["country"] = ["US", "US", "US", "US", "US", "Nowhere", "US", "US"]
    frame.loc[6, "mobile"] = "no number"
    frame.loc[7, "mobile"] = frame.loc[0, "mobile"]
    return frame


def again(made):
    """Return a plan that was pickled."""
    return pickle.loads(pickle.dumps(made))


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="plain"),
        pytest.param({"formats": {"total": lambda total: f"{total:.1f}"}}, id="function"),
        pytest.param({"formats": {"total": ".1f"}, "region_from": "country"}, id="countries"),
        pytest.param({"exclude": ["+12015550101"], "limit": 2}, id="rules"),
        pytest.param({"duplicates": "send", "fold": "gsm7"}, id="repeats"),
        pytest.param({"phone": None, "lookup": {"Mobile": "mobile"}}, id="lookup"),
        pytest.param({"price_per_segment": 0.01, "defaults": {"total": "all"}}, id="cost"),
        pytest.param({"text": None, "content_id": "c-1"}, id="published"),
    ],
)
def test_pickled__shows_the_same(options):
    """Text, HTML, texts, problems with their values, segments and verdicts are those of before."""
    made = smsframe.plan(messy_people(), **{**PLANNED, **options})
    taken = again(made)
    assert repr(taken) == repr(made)
    assert taken._repr_html_() == made._repr_html_()
    pd.testing.assert_frame_equal(taken.problems, made.problems)
    pd.testing.assert_frame_equal(taken.to_frame(), made.to_frame())
    pd.testing.assert_series_equal(taken.texts(None), made.texts(None))
    pd.testing.assert_series_equal(taken.segments, made.segments)
    assert taken.data.keys(bytes(16)) == made.data.keys(bytes(16))
    assert (taken.cost, taken.batches) == (made.cost, made.batches)


def test_pickled__without_the_connection(client):
    """No client and no secret goes with it, though one is connected and others are told."""
    made = smsframe.plan(make_people(3), "Hi", program="1", client=client, progress=print)
    stored = pickle.dumps(made)
    assert b"smsframe._acoustic" not in stored
    assert b"smsframe._journal" not in stored
    assert pickle.loads(stored).recipients == 3


def test_pickled__is_sent_once(client, sandbox):
    """It is sent through the client that is given; what went out before is known by its keys."""
    made = smsframe.plan(make_people(3), "Hi %%FirstName%%", program="148372", client=client)
    first = again(made).send(client=client, progress=False)
    assert first["sms_status"].tolist() == ["accepted"] * 3
    assert made.history.left == again(made).history.left == 0
    second = made.send(progress=False)
    assert second["sms_response_id"].tolist() == first["sms_response_id"].tolist()
    assert len(sandbox.outbox()) == 3


def test_pickled__of_a_dry_run_sends_nothing(client, sandbox):
    """What was said when the plan was made holds after it was put away, too."""
    made = smsframe.plan(make_people(3), "Hi", program="148372", dry_run=True)
    assert again(made).send(client=client)["sms_status"].tolist() == ["planned"] * 3
    assert len(sandbox.outbox()) == 0


def test_plan__has_one_part_that_is_never_changed():
    """What a plan is made of is frozen, and a plan of other data leaves it alone."""
    made = smsframe.plan(messy_people(), **PLANNED)
    with pytest.raises(AttributeError):
        made.data.verdict = None
    problems = made.data.problems_with(None)
    problems.whole("c", "S.")
    assert "c" not in made.problem_counts


def test_texts__without_recipients():
    """Texts are made, and what is wrong with them is said, of a frame that has no phone at all."""
    frame = pd.DataFrame({"Name": ["Ann", None, "Bob"]})
    given = with_defaults({"program": "1", "defaults": {}})
    texts, problems = build_texts(frame, "Hi %%Name%%, %%Other%%", given)
    assert list(map(str, texts.at(np.array([0, 2])))) == ["Hi Ann, %%Other%%", "Hi Bob, %%Other%%"]
    assert [(f.code, f.positions.tolist()) for f in problems.of("error")] == [
        ("value_missing", [1])
    ]
    assert texts.measured.segments.tolist() == [1, 1, 1]

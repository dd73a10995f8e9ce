"""Tables that are made to be read show whole cells, and are frames of pandas in all else."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest
from samples import make_people

import smsframe

LONG = "Hi %%FirstName%%, " + "your order has shipped and arrives this week. " * 3 + "THE END"


@pytest.fixture
def results():
    """Return results of a dry run with a long sentence, whose end says what to do."""
    people = make_people(3)
    people.loc[0, "mobile"] = "201-555-0125 ext 4"
    return smsframe.send(
        people, LONG, program="1", phone="mobile", region="US", dry_run=True, progress=False
    )


def shown(table):
    """Return what a table shows of itself, without line breaks of its layout."""
    return table._repr_html_(), " ".join(repr(table).split())


def test_failed__shows_whole_sentences(results):
    """The sentence is not cut, in a part of the table neither; the session's settings are left."""
    sentence = results["sms_error"].dropna().iloc[0]
    assert len(sentence) > 50
    before = pd.get_option("display.max_colwidth")
    failed = results.sms.failed
    for table in (failed, failed[["mobile", "sms_error"]], failed.head(1)):
        html, text = shown(table)
        assert f"<td style='min-width:24em;text-align:left'>{sentence}</td>" in html
        assert sentence in text
        assert html.count("min-width") == 1
    assert pd.get_option("display.max_colwidth") == before
    assert sentence not in results._repr_html_()


def test_preview__and_problems_show_whole_texts(results):
    """The first messages are read to their ends, and so is what is wrong."""
    people = results[["mobile", "FirstName"]]
    plan = smsframe.plan(people, LONG, program="1", phone="mobile", region="US")
    assert "THE END" in shown(plan.preview(2))[0]
    assert "THE END" in shown(plan.preview(2))[1]
    sentence = plan.problems["sentence"].iloc[0]
    assert len(sentence) > 50
    assert sentence.split(": ")[-1][:60] in shown(plan.problems)[0]


def test_failed__is_a_frame_in_all_else(results):
    """It is equal to what it holds, keeps its run, goes through pickle and is sent on."""
    failed = results.sms.failed
    plain = pd.DataFrame(failed)
    assert isinstance(failed, pd.DataFrame)
    pd.testing.assert_frame_equal(failed, plain)
    assert failed.attrs == results.attrs
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(failed)), plain)
    assert failed.sms.counts.to_dict() == {"invalid": 1}
    assert repr(failed.head(0)).startswith("Empty DataFrame")
    joined = pd.concat([results, failed])
    assert len(joined) == 4

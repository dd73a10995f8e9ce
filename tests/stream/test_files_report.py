"""Summaries and pages of a run from files say what those of its rows in one frame say."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from list_files import no_warnings, parts, send_files
from samples import TEXT, make_people

import smsframe
from smsframe._results.report_facts import facts_of
from smsframe._stream.files_report import facts_of_files
from smsframe._stream.sent_files import read_results
from smsframe.cli import main
from smsframe.errors import InputError

PRICES = {"US": 0.01, "CA": 0.04}


@pytest.fixture
def sent(client, tmp_path):
    """Send to people of two countries in three files; some have more than one message, or none."""
    people = make_people(20).assign(city=["Bath", "Ely", None, "Ely", "Bath"] * 4)
    people.loc[4, "mobile"] = "n/a"
    people.loc[15, "mobile"] = people.loc[1, "mobile"]
    people.loc[16:18, "mobile"] = [f"+1416555{n}" for n in ("0101", "0102", "0103")]
    with no_warnings():
        return send_files(
            parts(tmp_path / "people", people), tmp_path / "results", phone="mobile", limit=17
        )


@pytest.mark.parametrize("by", [None, "country", "city", ["country", "city"]])
@pytest.mark.parametrize("price", [None, 0.01, PRICES, {"US": 0.01}])
def test_summary__is_that_of_a_frame(sent, by, price):
    """Counts, segments and costs, group by group, with the largest first."""
    whole = sent.to_frame().sms.summary(by=by, price_per_segment=price).to_frame()
    there = sent.summary(by, price_per_segment=price)
    expected = whole.drop(columns="share").astype({"status": "string"})
    pd.testing.assert_frame_equal(there, expected, check_dtype=False)


def test_summary__of_no_column(sent):
    """As of a frame."""
    with pytest.raises(InputError, match="by='town' is no column of the results"):
        sent.summary("town")


def test_report__is_that_of_a_frame(sent, tmp_path):
    """Also its people, some of whom have rows in several files, and its hours."""
    made_at = time.time()
    alone = facts_of(sent.to_frame(), PRICES, None, made_at=made_at)
    files = facts_of_files(sent.files, lambda file: read_results(file, None), PRICES, None, runs=[])
    assert (files.people, files.repeated, files.unit) == (alone.people, 0, alone.unit)
    assert files.people == 16
    assert repr(files.summary) == repr(alone.summary)
    for name in ("times", "places"):
        pd.testing.assert_frame_equal(getattr(files, name), getattr(alone, name))
    page = sent.report(tmp_path / "report.html", price_per_segment=PRICES)
    told = page.read_text(encoding="utf-8")
    assert "201555" not in told
    assert TEXT.partition("%%")[0] in told
    with pytest.raises(InputError, match="is there already"):
        sent.report(page)


def test_report__of_variants(client, tmp_path):
    """Each with its counts over all files."""
    folder = parts(tmp_path / "people", make_people(20))
    with no_warnings():
        sent = send_files(
            folder, tmp_path / "out", {"A": "Hi", "B": "Ho"}, campaign="c", phone="mobile"
        )
    alone = facts_of(sent.to_frame(), None, None, made_at=0.0)
    files = facts_of_files(sent.files, lambda file: read_results(file, None), None, None, runs=[])
    pd.testing.assert_frame_equal(files.variants, alone.variants)


def test_report__with_files_gone(sent, tmp_path):
    """Who reads a page or a cost cannot see that rows are left out of it."""
    for number in (1, 3):
        for path in sent.files[:number]:
            path.unlink()
        gone = f"{number} of the files of these results {'is' if number == 1 else 'are'} gone"
        asked = (
            lambda: sent.report(tmp_path / "report.html"),
            lambda: sent.summary("country"),
            lambda: sent.summary(price_per_segment=PRICES),
        )
        for ask in asked:
            with pytest.raises(InputError, match=gone):
                ask()
    assert not (tmp_path / "report.html").exists()


def test_summary__of_a_column_that_some_files_lack(client, tmp_path):
    """It is blank in the others, as in one frame; one that none has is told with all there are."""
    people = make_people(4)
    folder = parts(tmp_path / "people", people)
    first = min(folder.iterdir())
    pd.read_parquet(first).assign(city="Ely", country="X").to_parquet(first)
    with no_warnings():
        sent = send_files(folder, tmp_path / "out", phone="mobile")
    alone = sent.to_frame()
    for by in ("city", "country", ["country", "city"]):
        expected = alone.sms.summary(by).to_frame().drop(columns="share")
        counted = sent.summary(by).astype({"status": expected["status"].dtype})
        pd.testing.assert_frame_equal(counted, expected, check_dtype=False)
    with pytest.raises(InputError, match=r"'town' is no column .*'city'"):
        sent.summary("town")


def test_failed__is_shown_whole(sent):
    """As of a frame: its sentences say what to do."""
    sentence = sent.failed["sms_error"].dropna().iloc[0]
    assert sentence in sent.failed._repr_html_()
    assert sentence in repr(sent.failed)


def test_report__at_a_shell(sent, client, sandbox, monkeypatch, tmp_path, capsys):
    """The page is written without the rows in one frame."""
    monkeypatch.setattr(smsframe.SentFiles, "to_frame", None)
    monkeypatch.chdir(tmp_path)
    place = str(client.journal_path)
    assert main(["report", sent.run, "--journal", place, "--base-url", sandbox.base_url]) == 0
    assert "report.html" in capsys.readouterr().out

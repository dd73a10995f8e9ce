"""Lists of people who must not be texted: what they may be, whom they hold back, when refused."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples import fictional_phones, make_people

import smsframe
from smsframe import exclusion

PHONES = fictional_phones(5)
MESSAGE = {"program": "148372", "phone": "mobile"}
SENT = {**MESSAGE, "progress": False}
TEXT = "Hi %%FirstName%%"


def excluded(given, frame=None, **options):
    """Return the positions of five people whom a list excludes."""
    people = make_people(5) if frame is None else frame
    made = smsframe.plan(people, TEXT, **{**MESSAGE, "exclude": given, **options}).to_frame()
    return np.flatnonzero(made["sms_code"].eq("excluded").fillna(value=False)).tolist()


def refusal(given, frame=None, **options):
    """Return the sentence with which a list is refused."""
    with pytest.raises(smsframe.InputError) as caught:
        excluded(given, frame, **options)
    assert not any(phone in str(caught.value) for phone in PHONES)
    return str(caught.value)


def written(folder, name, text, encoding="utf-8"):
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


INTEGERS = [int(phone) for phone in PHONES[1:3]]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(PHONES[1:3], id="list"),
        pytest.param(tuple(PHONES[1:3]), id="tuple"),
        pytest.param(set(PHONES[1:3]), id="set"),
        pytest.param(dict.fromkeys(PHONES[1:3]).keys(), id="keys"),
        pytest.param(deque(PHONES[1:3]), id="deque"),
        pytest.param(INTEGERS, id="integers"),
        pytest.param([np.int64(INTEGERS[0]), float(INTEGERS[1]), None, "", np.nan], id="mixed"),
        pytest.param(np.array(PHONES[1:3]), id="array"),
        pytest.param(np.array(INTEGERS), id="array-of-integers"),
        pytest.param(pd.Series(PHONES[1:3], index=[7, 7]), id="series"),
        pytest.param(pd.Series(PHONES[1:3], dtype="string"), id="string-series"),
        pytest.param(pd.Series(PHONES[1:3] * 2, dtype="category"), id="categorical"),
        pytest.param(pd.Series([*INTEGERS, np.nan]), id="floats"),
        pytest.param(pd.Index(PHONES[1:3]), id="index"),
        pytest.param(pa.array(PHONES[1:3]), id="arrow-array"),
        pytest.param(pa.chunked_array([PHONES[1:2], PHONES[2:3]]), id="arrow-chunks"),
        pytest.param(pa.table({"phone": PHONES[1:3], "x": [1, 2]}), id="arrow-table"),
        pytest.param(pd.DataFrame({"x": PHONES[1:3]}), id="frame-of-one-column"),
        pytest.param(pd.DataFrame({"name": ["a", "b"], "mobile": PHONES[1:3]}), id="frame"),
        pytest.param(pd.DataFrame({"sms_contact": INTEGERS, "mobile": "x"}), id="our-column"),
        pytest.param([pd.Series(PHONES[1:2]), PHONES[2]], id="list-of-several"),
        pytest.param([PHONES[1:2], pd.DataFrame({"phone": PHONES[2:3]})], id="nested"),
    ],
)
def test_exclude__numbers_in_any_form(given):
    """Numbers are taken however they are held."""
    assert excluded(given) == [1, 2]


@pytest.mark.parametrize(
    "given", [None, [], (), pd.Series(dtype="string"), pd.DataFrame({"phone": []}), np.array([])]
)
def test_exclude__nobody(given):
    """An empty list excludes nobody."""
    assert excluded(given) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.txt", "+12015550101\n(201) 555-0102\n", id="text"),
        pytest.param("a", "+12015550101\r\n\r\n2015550102", id="no-ending"),
        pytest.param("a.txt", "phone\n# opted out\n+12015550101\n+12015550102", id="heading"),
        pytest.param("a.txt", "\ufeff+12015550101\n#+12015550102", id="mark"),
        pytest.param("a.csv", "name,phone\nAnn,+12015550101\nBob,+12015550102\n", id="csv"),
        pytest.param("a.CSV", "name;phone\nAnn;12015550101\nBob;12015550102\n", id="semicolons"),
        pytest.param("a.csv", "+12015550101\n+12015550102\n", id="csv-without-header"),
        pytest.param("a.csv", "Ann,2015550101\nBob,2015550102\n", id="csv-columns-no-header"),
        pytest.param("a.tsv", "name\tphone\nAnn\t+12015550101\nBob\t+12015550102\n", id="tsv"),
    ],
)
@pytest.mark.parametrize("kind", [Path, str, lambda path: [path], lambda path: {str(path)}])
def test_exclude__files_of_text(name, text, kind, tmp_path):
    """A file is a table with one phone column, or a text with one number a line."""
    path = written(tmp_path, name, text)
    if path.suffix or kind in (Path, str):  # in a list, a text without an ending is a number
        assert excluded(kind(path)) == [1, 2]


def test_exclude__other_files(tmp_path):
    """Excel, Parquet and texts in UTF-16 are read too, several at once."""
    frame = pd.DataFrame({"name": ["Ann"], "mobile": PHONES[1:2]})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.assign(mobile=PHONES[2]).to_excel(tmp_path / "b.xlsx", index=False)
    wide = written(tmp_path, "c.txt", "2015550103\n", encoding="utf-16")
    assert excluded([tmp_path / "a.parquet", str(tmp_path / "b.xlsx"), wide]) == [1, 2, 3]


def test_exclude__home_folder(tmp_path, monkeypatch):
    """The path may begin with the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path, "a.txt", "+12015550101\n")
    assert excluded("~/a.txt") == [1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param("+12015550101", "give a list: exclude=[…]", id="a-number-as-text"),
        pytest.param("nobody.csv", "there is no such file", id="no-file"),
        pytest.param(["+12015550101", "nobody.csv"], "there is no such file", id="no-file-in-list"),
        pytest.param("", "cannot be read", id="blank"),
        pytest.param(".", "cannot be read", id="folder"),
        pytest.param(12015550101, "of type int", id="one-integer"),
        pytest.param({"a": "+12015550101"}, "of type dict", id="mapping"),
        pytest.param(iter(["+12015550101"]), "of type list_iterator", id="iterator"),
        pytest.param(b"+12015550101", "of type bytes", id="bytes"),
        pytest.param(np.array([["+12015550101"]]), "several columns", id="two-dimensions"),
        pytest.param(pd.Series([True, False]), "dtype bool", id="booleans"),
        pytest.param(pd.Series(pd.to_datetime(["2026-11-05"])), "dtype datetime", id="dates"),
        pytest.param([None, ""], "all are blank", id="blank-cells"),
        pytest.param(["n/a"] * 4 + ["abc"] * 3, "3 of its 7 entries", id="nothing-read"),
        pytest.param(["abc"] * 4 + PHONES * 10, "4 of its 54 entries", id="too-many-unread"),
        pytest.param(
            pd.DataFrame({"phone": PHONES, "mobile": PHONES}),
            "'phone', 'mobile'. Give exclude=frame['phone']",
            id="two-columns",
        ),
        pytest.param(
            pd.DataFrame({"a": ["x"], "b": ["y"]}), "no column that is plainly", id="no-column"
        ),
        pytest.param(["+12015550101", "1.20156E+10"], "scientific notation", id="one-rounded"),
        pytest.param(pd.Series(INTEGERS, dtype="float32"), "32-bit floats", id="float32"),
        pytest.param(pd.Series([12015550101.5, 1.0]), "digits after the point", id="fraction"),
        pytest.param([f"12{n:03}000000" for n in range(40)], "were rounded", id="rounded"),
        pytest.param([-2015550101, -12, -99999] * 3, "too small", id="wrapped"),
    ],
)
def test_exclude__refused(given, words):
    """What cannot be believed is refused as a whole, and nothing is planned."""
    assert words in refusal(given)


def test_exclude__empty_file(tmp_path):
    """A file of no bytes was cut off: it excludes nobody, which is not what it is for."""
    assert "it is empty" in refusal(written(tmp_path, "a.txt", ""))
    assert "it is empty" in refusal(written(tmp_path, "a.csv", ""))


def test_exclude__a_rounded_file(tmp_path):
    """A list that a spreadsheet has rounded is refused however it arrives."""
    path = written(tmp_path, "a.csv", "name,phone\nAnn,1.20156E+10\nBob,12015550101\n")
    assert "scientific notation" in refusal(path)


def test_exclude_unread__few():
    """A few entries that cannot be read are a warning with their number; the others count."""
    made = smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=["call Ann", "?!", *PHONES[:1]])
    problems = made.problems.set_index("code").loc["exclude_unread"]
    assert problems["severity"] == "warning"
    assert problems["sentence"].startswith("2 of the entries of exclude= can be read")
    assert "Ann" not in problems["value"]
    assert made.recipients == 4
    assert excluded(["abc"] * 5 + PHONES * 120) == [0, 1, 2, 3, 4]


def test_exclude__in_doubt_by_the_region():
    """Digits are read in the region of the send and, without one, as the end of a number."""
    people = make_people(5).assign(mobile=[phone[2:] for phone in PHONES])
    assert excluded(["(201) 555-0101"], people, region="US") == [1]
    assert excluded(["5550101"], people, region="US") == [1]


def test_exclude__lifts_no_other_rule():
    """Excluded rows do not count for limit, confirm and duplicates, and bad ones stay invalid."""
    frame = make_people(6).iloc[[0, 1, 1, 2, 3, 4, 4]].reset_index(drop=True)
    frame.loc[5, "FirstName"] = None
    made = smsframe.plan(frame, TEXT, **MESSAGE, exclude=PHONES[1:2] + PHONES[4:5], limit=2)
    told = made.to_frame()
    assert told["sms_code"].fillna("").tolist() == [
        *("", "excluded", "excluded", "", "limit", "value_missing", "excluded"),
    ]
    assert told["sms_status"].tolist() == [
        *("planned", "not_attempted", "not_attempted", "planned", "not_attempted", "invalid"),
        "not_attempted",
    ]
    assert "exclude=" in told["sms_error"].iloc[1]
    assert made.segments.notna().tolist() == [True, False, False, True, True, False, False]


def test_plan__shows_how_many():
    """The plan says how many are excluded, also when it is none."""
    made = smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=PHONES[:2])
    assert "  excluded: 2\n" in repr(made)
    assert "excluded: <b>2</b>" in made._repr_html_()
    assert "  excluded: 0\n" in repr(smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=[]))
    assert "excluded" not in repr(smsframe.plan(make_people(5), TEXT, **MESSAGE))


def test_plan__is_frozen():
    """What becomes of the list after the plan was made does not change it."""
    given = PHONES[:2]
    made = smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=given)
    given.clear()
    assert made.recipients == 3


def test_preview__leaves_them_out():
    """``preview`` shows only what would go out."""
    shown = smsframe.preview(make_people(2), TEXT, phone="mobile", exclude=PHONES[:1])
    assert shown["text"].tolist() == ["Hi Name1"]


# --- sending


def test_send__nobody_excluded_is_texted(client, sandbox, capsys):
    """Excluded rows come back in their place, with code and sentence, and counted."""
    done = make_people(5).sms.send(TEXT, **SENT, exclude=PHONES[1:3])
    assert done["sms_status"].tolist() == ["accepted", *["not_attempted"] * 2, *["accepted"] * 2]
    assert set(sandbox.outbox()["to"]) == {phone[1:] for phone in (PHONES[0], *PHONES[3:])}
    assert done.sms.failed["sms_code"].tolist() == ["excluded"] * 2
    assert len(done.sms.to_retry()) == 0
    table = done.sms.summary().to_frame()
    assert table.loc[table["code"].eq("excluded"), "rows"].tolist() == [2]
    again = smsframe.results(done.attrs["smsframe"]["run"])
    assert again["sms_code"].fillna("").tolist() == done["sms_code"].fillna("").tolist()


def test_send__line(client, capsys):
    """The line under a send counts them."""
    make_people(3).sms.send(TEXT, **MESSAGE, exclude=PHONES[:1], progress=True)
    assert "2 accepted · 0 rejected · 0 unknown · 1 not attempted" in capsys.readouterr().out


@pytest.mark.parametrize("campaign", [None, "november"])
@pytest.mark.parametrize("duplicates", ["skip", "send"])
def test_send__who_had_it_before_stays_accepted(client, sandbox, campaign, duplicates):
    """Excluding somebody who had the message changes nothing of what is told of it, and no call."""
    frame = pd.concat([make_people(3), make_people(1)], ignore_index=True)
    options = {**SENT, "campaign": campaign, "duplicates": duplicates}
    first = frame.sms.send(TEXT, **options)
    again = frame.sms.send(TEXT, **options, exclude=PHONES[:2])
    had = first["sms_status"].eq("accepted")
    assert again.loc[had, "sms_status"].tolist() == ["accepted"] * had.sum()
    columns = ["sms_response_id", "sms_batch", "sms_segments", "sms_accepted_at"]
    pd.testing.assert_frame_equal(again.loc[had, columns], first.loc[had, columns])
    assert len(sandbox.outbox()) == had.sum()


def test_send__an_unknown_one_is_not_sent_again(client, sandbox):
    """Who is excluded is not repeated by ``resend_unknown`` either."""
    sandbox.faults.add("drop_after", on=1)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        make_people(2).sms.send(TEXT, **SENT)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        done = make_people(2).sms.send(TEXT, **SENT, resend_unknown=True, exclude=PHONES[:1])
    assert done["sms_status"].tolist() == ["unknown", "accepted"]
    assert (sandbox.outbox()["to"] == PHONES[0][1:]).sum() == 1


def test_send__all_excluded(client, sandbox):
    """When everybody is excluded nothing goes out, and every row says why."""
    done = make_people(2).sms.send(TEXT, **SENT, exclude=PHONES, confirm=0)
    assert done["sms_code"].tolist() == ["excluded"] * 2
    assert len(sandbox.outbox()) == 0


def test_send__confirm_counts_what_goes_out(client):
    """``confirm`` is the number without those who are excluded."""
    with pytest.raises(smsframe.InputError, match="2 messages would go out now"):
        make_people(3).sms.send(TEXT, **SENT, exclude=PHONES[:1], confirm=3)


# --- results of an earlier run


def earlier(client):
    """Return results with a row of every kind."""
    frame = make_people(5).assign(FirstName=["Ann", "Bob", None, "Dan", "Eve"])
    frame = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    return frame.sms.send(TEXT, **SENT, limit=3)


THROUGH = {
    "as it is": lambda results, _: results,
    "part": lambda results, _: results.iloc[::-1],
    "csv": lambda results, folder: _through(results, folder / "r.csv"),
    "read csv": lambda results, folder: pd.read_csv(_through(results, folder / "r.csv")),
    "excel": lambda results, folder: _through(results, folder / "r.xlsx"),
    "parquet": lambda results, folder: _through(results, folder / "r.parquet"),
}


def _through(results, path):
    """Write results and return where."""
    if path.suffix == ".xlsx":
        results.assign(sms_accepted_at=results["sms_accepted_at"].astype(str)).to_excel(path)
    elif path.suffix == ".csv":
        results.to_csv(path, index=False)
    else:
        results.to_parquet(path)
    return path


@pytest.mark.parametrize("way", THROUGH)
def test_results__who_had_it(client, tmp_path, way):
    """Results exclude who had the message, wherever they have been; the others had nothing."""
    results = earlier(client)
    assert results["sms_status"].tolist() == [
        *("accepted", "accepted", "invalid", "accepted", "not_attempted", "duplicate"),
    ]
    assert excluded(THROUGH[way](results, tmp_path)) == [0, 1, 3]


def test_results__not_sent_had_nothing(client):
    """Somebody to whom it was not sent is not excluded; sent and unknown ones are."""
    results = make_people(5).sms.send(TEXT, **SENT)
    results["sms_status"] = ["accepted", "sent", "not_sent", "unknown", "rejected"]
    assert excluded(results) == [0, 1, 3]


def test_results__sent_again_to_themselves(client, sandbox):
    """A cell that gives its own results as exclude= can be run again: nobody gets it then."""
    results = make_people(3).sms.send(TEXT, **SENT)
    for _ in range(3):
        results = make_people(5).sms.send("Correct: Hi %%FirstName%%", **SENT, exclude=results)
        assert results["sms_status"].tolist() == [*["not_attempted"] * 3, *["accepted"] * 2]
    assert len(sandbox.outbox()) == 5


def test_results__of_a_dry_run():
    """In a dry run nobody had anything, so its results exclude nobody: that is refused."""
    planned = smsframe.plan(make_people(2), TEXT, **MESSAGE).to_frame()
    assert "dry run" in refusal(planned)


def test_results__rounded(client):
    """Results whose numbers a spreadsheet has rounded are refused, one of them is enough."""
    results = make_people(5).sms.send(TEXT, **SENT)
    results["sms_contact"] = ["1.20156E+10", *PHONES[1:]]
    assert "scientific notation" in refusal(results)


def test_results__nobody_knows_who(client):
    """Results that do not say who had it are refused."""
    results = make_people(5).sms.send(TEXT, **SENT)
    assert "5 of its 5 entries" in refusal(results.drop(columns="sms_contact"))


def test_results__strange_status(client):
    """A status that there is not is refused."""
    results = make_people(2).sms.send(TEXT, **SENT)
    assert "no status" in refusal(results.assign(sms_status="delivered"))


# --- with lookup=


@pytest.fixture
def accounts():
    """Return people with an account and a city."""
    return pd.DataFrame({"account": ["a1", "a2", "a 3"], "city": ["x", "y", "z"]})


def test_lookup__results_of_an_earlier_run(accounts, client, sandbox):
    """Results of a run with lookup= exclude the same people, in any order of the fields."""
    sandbox.load_contacts(
        pd.DataFrame({"mobile": PHONES[:3], "account": accounts["account"], "city": list("xyz")}),
        phone="mobile",
    )
    lookup = {"account": "account", "city": "city"}
    done = accounts.iloc[:2].sms.send("Hi", program="148372", lookup=lookup, progress=False)
    assert done["sms_status"].tolist() == ["accepted"] * 2
    for order in (lookup, dict(reversed(lookup.items()))):
        made = accounts.sms.plan("Ho", program="148372", lookup=order, exclude=done)
        assert made.recipients == 1


def test_lookup__numbers_are_refused(accounts):
    """With lookup= no number is known, so nobody could be held back."""
    with pytest.raises(smsframe.InputError, match="no number is known"):
        accounts.sms.plan("Hi", program="1", lookup={"account": "account"}, exclude=PHONES)


def test_lookup__its_results_against_numbers(accounts, client):
    """Results of a run with lookup= say no numbers, so they are refused for a send by phone."""
    done = accounts.sms.send("Hi", program="148372", lookup={"account": "account"}, progress=False)
    assert "lookup=" in refusal(done)


# --- SMSFRAME_EXCLUDE


@pytest.fixture
def team(monkeypatch, tmp_path):
    """Return the path of a team's list, which excludes one person."""
    path = written(tmp_path, "team.csv", f"phone\n{PHONES[0]}\n")
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(path))
    return path


def test_team__is_excluded_as_well(team):
    """The file of a team is excluded in addition to exclude=, and without it."""
    assert excluded(None) == [0]
    assert excluded(PHONES[1:2]) == [0, 1]


def test_team__is_read_again_when_it_has_changed(team):
    """A new entry counts from the next plan on."""
    assert excluded(None) == [0]
    written(team.parent, team.name, f"phone\n{PHONES[0]}\n{PHONES[3]}\n")
    assert excluded(None) == [0, 3]
    written(team.parent, team.name, f"phone\n{PHONES[0]}\n{PHONES[4]}\n")  # of the same size
    os.utime(team, ns=(1, 1))
    assert excluded(None) == [0, 4]


@pytest.mark.parametrize("spoil", ["gone", "folder", "empty", "rounded", "words"])
def test_team__that_cannot_be_read(team, spoil):
    """A file that is not there or cannot be believed is an error, never silently nothing."""
    team.unlink()
    if spoil == "folder":
        team.mkdir()
    elif spoil != "gone":
        cells = {"empty": "", "rounded": "phone\n1.20156E+10\n", "words": "phone\nAnn\n"}
        written(team.parent, team.name, cells[spoil])
    assert "SMSFRAME_EXCLUDE" in refusal(None)


def test_team__with_lookup(team, accounts):
    """A send by lookup= is refused while a team's list cannot be held against it."""
    with pytest.raises(smsframe.InputError, match="SMSFRAME_EXCLUDE"):
        accounts.sms.plan("Hi", program="1", lookup={"account": "account"})


def test_team__blank(monkeypatch):
    """A blank variable names no file."""
    monkeypatch.setenv("SMSFRAME_EXCLUDE", " ")
    assert exclusion.team_list() is exclusion.NOBODY


def test_team__in_the_composer(team, client, sandbox):
    """The screen leaves out the team's list, and its Try and row still work."""
    composer = make_people(3).sms.compose(TEXT, program="148372", phone="mobile")
    assert composer.plan.recipients == 2
    composer.trying.numbers.value = PHONES[4]
    composer.trying.send.click()
    assert composer.wait(20)
    assert sandbox.outbox()["to"].tolist() == [PHONES[4][1:]]


def test_composer__keeps_exclude(client, tmp_path):
    """The composer's plan leaves out whom exclude= names, and its code says so by name alone."""
    composer = make_people(3).sms.compose(
        TEXT, program="148372", phone="mobile", exclude=PHONES[:1]
    )
    assert composer.plan.recipients == 2
    assert "    exclude=exclude,\n" in composer.code
    path = written(tmp_path, "a.txt", PHONES[0])
    composer = make_people(3).sms.compose(TEXT, program="148372", phone="mobile", exclude=path)
    assert composer.plan.recipients == 2
    assert f"    exclude={str(path)!r},\n" in composer.code
    assert "excluded" in composer.check.totals.value

"""Which rows of files go: dry runs, ``limit`` and wanted repeats are what they are for a frame."""

from __future__ import annotations

import pandas as pd
import pytest
from list_files import codes, no_warnings, parts, send_files, texted
from samples import TEXT, make_people
from samples import send as send_frame

import smsframe
from smsframe.errors import InputError


def repeated(frame):
    """Return people, some of whom are there again, in this file and in others."""
    again = [frame.iloc[[0, 0]], frame.iloc[[3, 19, 0]], frame.iloc[[0, 1]]]
    return pd.concat([again[0], frame.iloc[:9], again[1], frame.iloc[9:], again[2]])


def other_journal(sandbox, client, tmp_path, name="other"):
    """Connect to the same service with a journal of its own."""
    connected = smsframe.connect(sandbox, journal=tmp_path / f"{name}.sqlite3")
    connected.settings = client.settings
    return connected


def test_dry_run__writes_what_would_be(client, sandbox, tmp_path):
    """Every row is in the results, nothing goes out, and the journal is not made."""
    people = make_people(20)
    people.loc[3, "mobile"] = "n/a"
    folder = parts(tmp_path / "people", people)
    looked = send_files(folder, tmp_path / "dry", dry_run=True)
    assert codes(looked) == codes(send_frame(people, dry_run=True))
    assert looked.counts == {"planned": 19, "invalid": 1}
    assert looked.run is None
    assert not client.journal_path.exists()
    assert len(sandbox.outbox()) == 0


def test_dry_run__shows_what_went_out_before(client, sandbox, tmp_path):
    """With ``limit``, and what a send would refuse is a warning."""
    people = make_people(20)
    folder = parts(tmp_path / "people", people)
    send_files(folder, tmp_path / "results", limit=5)
    calls = len(sandbox.requests())
    looked = send_files(folder, tmp_path / "dry", dry_run=True, limit=9)
    assert looked.counts == {"planned": 4, "accepted": 5, "not_attempted": 11}
    assert codes(looked) == codes(send_frame(people, dry_run=True, limit=9))
    nearly = "Hi %%FirstName%%, your order has been shipped."
    with pytest.warns(smsframe.PlanWarning, match="nearly_the_same"):
        send_files(folder / "part-0.parquet", tmp_path / "near", nearly, dry_run=True)
    assert len(sandbox.requests()) == calls


def test_dry_run__without_a_client(tmp_path):
    """A dry run needs no service."""
    folder = parts(tmp_path / "people", make_people(20))
    assert send_files(folder, tmp_path / "dry", dry_run=True).counts == {"planned": 20}


@pytest.mark.parametrize("price", [0.5, {"US": 0.5, "*": 1}, {"US": 0.5}], ids=str)
def test_cost__is_that_of_a_frame(price, client, sandbox, tmp_path, capsys):
    """In the plan, by country and with what has no price; and in the line, of what was sent."""
    people = make_people(20)
    people.loc[[3, 11], "mobile"] = ["+447400123456", "+447400123457"]
    people.loc[5, "FirstName"] = "Ł" * 80
    folder = parts(tmp_path / "people", people)
    options = {"program": "148372", "phone": "mobile", "price_per_segment": price}
    made = smsframe.plan_files(folder, TEXT, progress=False, **options)
    plan = smsframe.plan(people, TEXT, **options)
    assert made.cost == plan.cost
    for name in ("cost", "segments", "countries", "phone column"):
        [line] = [line for line in repr(plan).splitlines() if line.startswith(f"  {name}: ")]
        assert line in repr(made).splitlines()
    with no_warnings():
        send_files(folder, tmp_path / "out", limit=5, progress=lambda _: None, **options)
        send_files(folder, tmp_path / "out", progress=lambda _: None, **options)
        costs = costs_told(capsys)
        with smsframe.connect(sandbox, journal=tmp_path / "other.sqlite3") as other:
            given = {**options, "client": other, "progress": lambda _: None}
            smsframe.send(people, TEXT, limit=5, **given)
            smsframe.send(people, TEXT, **given)
    assert len(costs) == 2
    assert costs == costs_told(capsys)


def costs_told(capsys):
    """Return the costs in the lines that were printed."""
    lines = capsys.readouterr().out.splitlines()
    return [line.partition("cost ")[2].split(": ")[0] for line in lines if "cost" in line]


def test_dry_run__never_takes_the_place_of_results(client, tmp_path):
    """Results are not overwritten by what would be; a send may follow a dry run there."""
    folder = parts(tmp_path / "people", make_people(20))
    send_files(folder, tmp_path / "out", dry_run=True)
    send_files(folder, tmp_path / "out", dry_run=True)
    assert send_files(folder, tmp_path / "out").counts == {"accepted": 20}
    with pytest.raises(InputError, match="holds the results of a send"):
        send_files(folder, tmp_path / "out", dry_run=True)
    assert smsframe.SentFiles(tmp_path / "out").counts == {"accepted": 20}


@pytest.mark.parametrize(
    "limit", [0, 3, 9, 20, *(pytest.param(n, marks=pytest.mark.full) for n in (1, 8, 19, 30))]
)
def test_limit__is_that_of_a_frame(limit, client, sandbox, tmp_path):
    """Whatever the portions; what went out before stays as it was, beyond the limit too."""
    people = make_people(20)
    people.loc[2, "mobile"] = people.loc[0, "mobile"]
    people.loc[2, "FirstName"] = people.loc[0, "FirstName"]
    folder = parts(tmp_path / "people", people)
    with no_warnings():
        files = codes(send_files(folder, tmp_path / "results", limit=limit))
        with other_journal(sandbox, client, tmp_path) as other:
            assert files == codes(send_frame(people, limit=limit, client=other))
        send_files(folder, tmp_path / "results", client=client)
        again = send_files(folder, tmp_path / "results", limit=limit, client=client)
    assert again.counts == {"accepted": 19, "duplicate": 1}


def test_duplicates__are_sent_as_often_as_they_are_there(client, sandbox, tmp_path):
    """Over all files; the keys are those of a frame, so that neither sends them again."""
    people = repeated(make_people(20)).reset_index(drop=True)
    folder = parts(tmp_path / "people", people, (5, 11, 11))
    made = smsframe.plan_files(folder, TEXT, program="148372", duplicates="send", progress=False)
    assert made.counts == {"ready": 27}
    assert made.problem_counts["duplicate"] == 7
    sent = send_files(folder, tmp_path / "results", duplicates="send", confirm=27)
    assert sent.counts == {"accepted": 27}
    assert sorted(to for to, _ in texted(sandbox)) == sorted(people["mobile"].str[1:])
    calls = len(sandbox.requests())
    assert codes(send_files(folder, tmp_path / "results", duplicates="send")) == codes(sent)
    frame = send_frame(people, duplicates="send")
    assert frame["sms_batch"].tolist() == sent.to_frame()["sms_batch"].tolist()
    assert len(sandbox.requests()) == calls


def test_duplicates__that_were_sent_once_before(client, sandbox, tmp_path):
    """The first of equal rows is the message that went out; the repeats go, also by a frame."""
    people = repeated(make_people(20)).reset_index(drop=True)
    folder = parts(tmp_path / "people", people, (5, 11, 11))
    with no_warnings():
        assert send_files(folder, tmp_path / "results").counts == {"accepted": 20, "duplicate": 7}
    sent = send_files(folder, tmp_path / "results", duplicates="send", limit=24)
    assert sent.counts == {"accepted": 24, "not_attempted": 3}
    assert len(sandbox.outbox()) == 24
    assert send_frame(people, duplicates="send")["sms_status"].eq("accepted").all()
    assert len(sandbox.outbox()) == 27


def test_duplicates__are_said_as_for_a_frame(client, tmp_path):
    """The row and the plan say what sending the repeats would mean, over all files."""
    folder = parts(tmp_path / "people", repeated(make_people(20)), (5, 11, 11))
    with pytest.warns(smsframe.PlanWarning, match="the 7 rows that repeat one too"):
        sent = send_files(folder, tmp_path / "results")
    frame = sent.to_frame()
    assert frame.loc[frame["sms_status"] == "duplicate", "sms_error"].str.contains("7 rows").all()

"""What is known of a message stays known, whatever is sent or forgotten afterwards."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from samples import TEXT, make_people
from samples import send as send_frame

import smsframe


@pytest.fixture
def people():
    """Make twenty people."""
    return make_people(20)


@pytest.fixture
def folder(people, tmp_path):
    """Write them into three files."""
    return write(people, tmp_path / "people")


def write(people, folder, sizes=(7, 7, 6)):
    """Write people into several files."""
    folder.mkdir()
    at = 0
    for number, size in enumerate(sizes):
        people.iloc[at : at + size].to_parquet(folder / f"part-{number}.parquet", index=False)
        at += size
    return folder


def send_files(files, out, **options):
    """Send files quietly."""
    return smsframe.send_files(
        files, TEXT, out=out, **{"program": "148372", "progress": False, **options}
    )


def opt_out(sandbox, people, rows):
    """Have some people opt out."""
    sandbox.load_contacts(people.iloc[rows].assign(consent="no"), consent="consent")


def refreshed(folder, out, sandbox, people):
    """Send and refresh, with two people who opted out."""
    opt_out(sandbox, people, [2, 9])
    sent = send_files(folder, out).refresh(progress=False)
    assert sent.counts == {"sent": 18, "not_sent": 2}
    return sent.to_frame()


@pytest.mark.parametrize("forgets", [False, True], ids=["kept", "forgotten"])
def test_send_files__again_keeps_what_refresh_found(
    folder, people, client, sandbox, tmp_path, forgets
):
    """Twice, with rows that were moved, and after the journal has forgotten the run."""
    before = refreshed(folder, tmp_path / "out", sandbox, people)
    calls = len(sandbox.requests())
    if forgets:
        smsframe.journal.forget(before="2100-01-01")
    for _ in range(2):
        again = send_files(folder, tmp_path / "out").to_frame()
        pd.testing.assert_frame_equal(again, before)
    assert len(sandbox.requests()) == calls
    turned = people.iloc[:7].iloc[::-1].reset_index(drop=True)
    turned.to_parquet(folder / "part-0.parquet", index=False)
    moved = send_files(folder, tmp_path / "out").to_frame()
    assert moved["sms_status"].iloc[4] == "not_sent"
    assert (moved["sms_status"] == "sent").sum() == 18
    assert moved["sms_code"].iloc[4] == before["sms_code"].iloc[2]


@pytest.mark.parametrize("forgets", [False, True], ids=["kept", "forgotten"])
def test_send_files__keeps_what_is_known_of_rows_in_other_files(
    folder, people, client, sandbox, tmp_path, forgets
):
    """Rows that stand in another file by now, of which the journal may have forgotten all."""
    before = refreshed(folder, tmp_path / "out", sandbox, people)
    calls = len(sandbox.requests())
    if forgets:
        smsframe.journal.forget(before="2100-01-01")
    for path in folder.iterdir():
        path.unlink()
    turned = people.iloc[::-1].reset_index(drop=True)
    for number, (first, last) in enumerate([(0, 3), (3, 15), (15, 20)]):
        turned.iloc[first:last].to_parquet(folder / f"part-{number}.parquet", index=False)
    for _ in range(2):
        again = send_files(folder, tmp_path / "out").to_frame()
        pd.testing.assert_frame_equal(again, before.iloc[::-1].reset_index(drop=True))
    assert len(sandbox.requests()) == calls


def test_send_files__in_another_folder_says_what_refresh_found(
    folder, people, client, sandbox, tmp_path
):
    """The journal knows it, whichever files ask, also of rows that were sent as a frame."""
    with warnings.catch_warnings(action="ignore"):
        opt_out(sandbox, people, [2])
        frame = smsframe.refresh(send_frame(people), progress=False)
    assert frame["sms_status"].value_counts()[["sent", "not_sent"]].tolist() == [19, 1]
    there = send_files(folder, tmp_path / "elsewhere").to_frame()
    assert there["sms_status"].tolist() == frame["sms_status"].tolist()
    assert there["sms_error"].fillna("").tolist() == frame["sms_error"].fillna("").tolist()


@pytest.mark.parametrize("by", ["reconcile", "resolve", "resolve as not sent"])
def test_send_files__again_keeps_what_was_settled(folder, client, sandbox, tmp_path, by):
    """What an export or a person has settled stays so; what did not go out goes out once."""
    sandbox.faults.add("drop_after" if by != "resolve as not sent" else "drop_before", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "out")
    assert sent.counts == {"accepted": 16, "unknown": 4}
    if by == "reconcile":
        sent.reconcile(sandbox.events())
    else:
        sent.resolve(as_="not_sent" if "not" in by else "sent")
    settled = sent.to_frame()
    if "not" in by:
        assert sent.counts == {"accepted": 16, "rejected": 4}
    else:
        assert sent.counts == {"accepted": 20}
        assert (settled["sms_code"] == "resolved").sum() == 4
    again = send_files(folder, tmp_path / "out")
    if "not" not in by:
        pd.testing.assert_frame_equal(again.to_frame(), settled)
    assert again.counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20
    again.refresh(progress=False)
    done = send_files(folder, tmp_path / "out").counts
    assert done == ({"sent": 20} if "not" in by else {"accepted": 4, "sent": 16})


def test_exclude__results_of_files(folder, people, client, sandbox, tmp_path):
    """Who had a message by files is left out by what brings its results back, as is advised."""
    sent = send_files(folder, tmp_path / "results")
    other = {"text": "Something else altogether", "progress": False, "program": "148372"}
    for had in (sent, smsframe.results(sent.run)):
        left_out = smsframe.send(people, exclude=had, **other)
        assert set(left_out["sms_code"]) == {"excluded"}
    sent.files[0].unlink()
    with pytest.raises(smsframe.InputError, match="1 of these files is gone"):
        smsframe.send(people, exclude=sent, **other)
    assert len(sandbox.outbox()) == len(people)


def test_plan_files__counts_each_row_once(folder, people, client, tmp_path):
    """Who had the message and is excluded now had it, as in the results."""
    send_files(folder, tmp_path / "out")
    left_out = people["mobile"].iloc[:5].tolist()
    plan = smsframe.plan_files(folder, TEXT, program="148372", exclude=left_out)
    assert plan.counts == {"accepted": 20}
    assert send_files(folder, tmp_path / "out", exclude=left_out).counts == plan.counts
    other = smsframe.plan_files(folder, TEXT + "!", program="148372", exclude=left_out)
    assert other.counts["excluded"] == 5

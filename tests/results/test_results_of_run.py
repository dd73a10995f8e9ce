"""Earlier runs: listed, brought back equal, forgotten for good."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import sqlite3
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from samples import fictional_phones, make_people, send

import smsframe
from smsframe._base.result_columns import RESULT_COLUMNS
from smsframe._journal.store import Journal
from smsframe.errors import InputError, JournalError

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning")

OURS = list(RESULT_COLUMNS)


def mixed(n=30):
    """Return people with an invalid phone, a duplicate and a missing value among them."""
    people = make_people(n)
    people.loc[3, "mobile"] = "n/a"
    people.loc[5, :] = people.loc[4, :]
    people.loc[7, "FirstName"] = None
    return people


def brought_back(results, **options):
    """Return the results of the same run from the journal, checked against these."""
    back = smsframe.results(results.attrs["smsframe"]["run"], **options)
    pd.testing.assert_frame_equal(back[OURS], results.reset_index(drop=True)[OURS])
    assert back.attrs == results.attrs
    return back


# -- brought back


def test_results__as_send_returned_them(client):
    """All sms_* columns, recipient and personalization as sent, in the order of the rows."""
    people = mixed()
    back = brought_back(send(people, phone="mobile"))
    went = back["sms_status"] == "accepted"
    assert back.loc[went, "contact"].tolist() == people.loc[went, "mobile"].tolist()
    assert back.loc[went, "FirstName"].tolist() == people.loc[went, "FirstName"].tolist()
    assert back.loc[~went, "FirstName"].isna().all()
    assert isinstance(back.index, pd.RangeIndex)


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        pytest.param({}, [], id="plain"),
        pytest.param({"limit": 5}, [], id="limit"),
        pytest.param({"defaults": {"FirstName": "you"}}, [], id="default"),
        pytest.param({"campaign": "spring"}, [], id="campaign"),
        pytest.param({"duplicates": "send"}, [], id="duplicates"),
        pytest.param({}, [("drop_after", {"on": 1})], id="lost"),
        pytest.param({}, [("status", {"on": 1, "status": 403})], id="refused"),
        pytest.param(
            {},
            [("status", {"on": [1, 2, 3, 5], "status": 400,
                         "body": {"meta": {"generalErrors": ["A phone is bad"]}}})],
            id="halved",
        ),
        pytest.param(
            {},
            [("status", {"on": 1, "status": 400,
                         "body": {"meta": {"generalErrors": ["A phone is bad"]}}}),
             ("status", {"on": 2, "status": 403})],
            id="halved-then-stopped",
        ),
    ],
)  # fmt: skip
def test_results__whatever_happened(sandbox, client, options, faults):
    """Halved, refused, lost, limited: the run comes back as it was told."""
    for kind, how in faults:
        sandbox.faults.add(kind, **how)
    results = send(mixed(), phone="mobile", **options)
    brought_back(results)
    assert len(results) == 30


@pytest.mark.parametrize("resolved", ["sent", "not_sent"])
def test_results__of_a_run_that_found_others_done(sandbox, client, resolved):
    """Rows that an earlier run had dealt with come back as that run's, as they are now."""
    people = make_people(60)
    sandbox.faults.add("drop_after", on=2)
    send(people.head(20))
    send(people.head(40), campaign=None)
    results = send(people.sample(frac=1, random_state=3))
    assert results["sms_batch"].nunique() == 3
    back = brought_back(results)
    assert (back["FirstName"] == results.reset_index(drop=True)["FirstName"]).all()
    smsframe.resolve(results, as_=resolved)
    now = smsframe.results(results.attrs["smsframe"]["run"])
    assert (now["sms_code"] == "resolved").sum() == 20


def test_results__sent_again_on_purpose(sandbox, client):
    """A row whose second attempt was refused is as unknown as before; one accepted is accepted."""
    people = make_people(1200)
    sandbox.faults.add("drop_before", on=[1, 2])
    first = send(people)
    assert set(first["sms_status"]) == {"unknown"}
    sandbox.faults.clear()
    sandbox.faults.add("status", on=2, status=400)
    second = send(people, resend_unknown=True)
    assert set(second["sms_status"]) == {"accepted", "unknown"}
    brought_back(second)
    brought_back(first)


def test_results__of_rows_whose_earlier_run_was_forgotten(client):
    """That they went out, when and by which call is still known; their values are gone."""
    people = make_people(30)
    send(people.head(20))
    between = dt.datetime.now(tz=dt.UTC)
    results = send(people)
    assert smsframe.journal.forget(before=between) == 1
    back = brought_back(results)
    assert back["FirstName"].isna().tolist() == [True] * 20 + [False] * 10


def test_results__of_a_stopped_run_that_found_others_done(sandbox, client):
    """What earlier runs had dealt with is kept beside what this one did not reach."""
    people = make_people(1100)
    send(people.tail(50))
    sandbox.faults.add("status", on=2, status=403)
    results = send(people)
    assert results["sms_status"].value_counts()[["accepted", "rejected"]].tolist() == [1050, 50]
    sandbox.faults.clear()
    sandbox.faults.add("status", on=1, status=403)
    more = send(make_people(2200))
    assert set(more["sms_status"]) == {"accepted", "rejected", "not_attempted"}
    brought_back(results)
    brought_back(more)


def test_results__by_lookup(sandbox, client):
    """The fields of the lookup come back in place of the phone; a tag of the same name stays."""
    people = make_people(3).assign(account=["A1", "A2", "A3"])
    sandbox.load_contacts(people.rename(columns={"account": "accountNumber"}))
    results = send(
        people.drop(columns="mobile"),
        "%%FirstName%%: %%accountNumber%%",
        lookup={"accountNumber": "account"},
        personalize={"FirstName": "FirstName", "accountNumber": "account"},
    )
    back = brought_back(results)
    assert list(back.columns[:3]) == ["accountNumber (recipient)", "FirstName", "accountNumber"]
    assert back["accountNumber (recipient)"].tolist() == ["A1", "A2", "A3"]


def test_results__can_be_sent_again_at_no_call(sandbox, client):
    """What comes back is a frame to work with: the same send over it sends nothing."""
    results = send(make_people(5))
    calls = len(sandbox.requests())
    back = smsframe.results(results.attrs["smsframe"]["run"])
    again = send(back, phone="contact")
    assert len(sandbox.requests()) == calls
    pd.testing.assert_frame_equal(again[OURS], results[OURS])


def test_results__in_a_process_of_the_next_day(sandbox, client, tmp_path):
    """A process that starts later rebuilds the same frame, and so does this one."""
    sandbox.settings.status_delay_s = 0
    sandbox.load_contacts(make_people(2).assign(consent="no"), consent="consent")
    results = send(mixed(), phone="mobile")
    results = results.sms.refresh(progress=False)
    here = brought_back(results)
    run, path = results.attrs["smsframe"]["run"], str(client.journal_path)
    code = (
        "import smsframe\n"
        f"smsframe.results({run!r}, journal={path!r}).to_pickle({str(tmp_path / 'there')!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    there = pd.read_pickle(tmp_path / "there")
    pd.testing.assert_frame_equal(there, here)
    assert {"sent", "not_sent", "invalid", "duplicate"} == set(there["sms_status"])


def test_results__of_a_run_that_was_killed(client):
    """Batches that were never claimed are not attempted; a claim without an outcome is unknown."""
    results = send(make_people(2500))
    with Journal(client.journal_path) as journal:
        last = journal.batches(results.attrs["smsframe"]["run"])[-1].batch_id
        with journal._writing() as db:
            for table in ("messages", "payloads"):
                db.execute(
                    f"DELETE FROM {table} WHERE batch=(SELECT id FROM batches WHERE batch_id=?)",
                    (last,),
                )
            db.execute("DELETE FROM batches WHERE batch_id=?", (last,))
            db.execute("UPDATE batches SET state='claimed' WHERE batch_id LIKE '%:0002'")
            db.execute("UPDATE runs SET ending='', ended_at=NULL")
    back = smsframe.results(results.attrs["smsframe"]["run"])
    counts = back.groupby(["sms_status", "sms_code"], observed=True, dropna=False).size()
    assert counts.droplevel("sms_code").to_dict() == {
        "accepted": 1000,
        "unknown": 1000,
        "not_attempted": 500,
    }
    assert set(back["sms_code"].dropna()) == {"sender_died", "not_reached"}
    table = smsframe.runs(full=True)
    assert table["ending"].tolist() == ["not ended"]
    assert table[["accepted", "unknown", "not_attempted"]].iloc[0].tolist() == [1000, 1000, 500]


def test_results__of_nothing_that_is_known(client, people, tmp_path):
    """A wrong name, a journal that is not there: one sentence each."""
    send(people)
    with pytest.raises(JournalError, match="has no run nonsense"):
        smsframe.results("nonsense")
    with pytest.raises(JournalError, match="There is no journal"):
        smsframe.results("nonsense", journal=tmp_path / "none.sqlite3")
    assert not (tmp_path / "none.sqlite3").exists()


def test_results__of_a_journal_whose_recipients_are_not_all_there(client):
    """A batch that has lost recipients is named; nobody is told of half a run."""
    results = send(make_people(1003))
    first, second = sorted(results["sms_batch"].unique())
    with contextlib.closing(sqlite3.connect(client.journal_path)) as db, db:
        ((payload,),) = db.execute(
            "SELECT payload FROM payloads JOIN batches ON batch = id WHERE batch_id = ?", (second,)
        )
        db.execute(
            "UPDATE payloads SET payload = ? WHERE batch = "
            "(SELECT id FROM batches WHERE batch_id = ?)",
            (payload, first),
        )
    with pytest.raises(JournalError, match="has 3 stored recipients where 1000") as caught:
        smsframe.results(results.attrs["smsframe"]["run"])
    assert caught.value.details["batch"] == first


# -- runs


def test_runs__of_a_client_that_is_not_the_default(client, tmp_path):
    """``client=`` names the journal to look in, whichever was connected since."""
    send(make_people(2))
    with smsframe.connect(client.sandbox, journal=tmp_path / "other.sqlite3"):
        assert smsframe.runs().empty
        assert smsframe.runs(client=client)["accepted"].tolist() == [2]


def test_runs__lists_the_latest_first(sandbox, client):
    """One line per run, with counts that add up to its rows."""
    sandbox.settings.status_delay_s = 0
    first = send(mixed(), phone="mobile", campaign="spring", limit=10)
    send(mixed(), phone="mobile", campaign="spring").sms.refresh(progress=False)
    table = smsframe.runs(full=True)
    assert table.index[1] == first.attrs["smsframe"]["run"]
    assert table["campaign"].tolist() == ["spring", "spring"]
    assert table["rows"].tolist() == [30, 30]
    counts = table.loc[:, "accepted":"earlier"]
    assert (counts.sum(axis=1) == table["rows"]).all()
    assert table[["accepted", "sent", "earlier"]].to_numpy().tolist() == [[0, 17, 10], [0, 10, 0]]
    assert table["batches"].tolist() == [1, 1]
    assert table["ending"].tolist() == ["done", "done"]
    assert table["who"].str.contains("@").all()
    assert (table["seconds"] >= 0).all()
    assert str(table["started_at"].dtype) == "datetime64[s, UTC]"


def test_runs__is_as_wide_as_a_screen(client):
    """The columns that are looked at most, the same whatever there is; all of them on demand."""
    send(make_people(2), campaign="spring")
    short, full = smsframe.runs(), smsframe.runs(full=True)
    assert list(short) == [
        "started_at", "campaign", "text", "rows", "accepted", "sent", "unknown", "ending", "who",
    ]  # fmt: skip
    assert len(full.columns) > 15
    assert short.equals(full[list(short)])
    with pytest.raises(smsframe.InputError, match="full="):
        smsframe.runs(full="yes")


def test_runs__shows_no_phone_number(client):
    """A number in a text or a campaign's name is masked."""
    phone = fictional_phones(1)[0]
    send(make_people(1), f"Call {phone}", campaign=f"for {phone}")
    table = smsframe.runs()
    assert phone[-9:] not in table.to_csv()
    assert table["text"].tolist() == ["Call •••••••••00"]


def test_runs__halved_batches_count_once(sandbox, client):
    """A refused batch that was halved is not counted beside its halves."""
    bad = {"meta": {"generalErrors": ["A phone is bad"]}}
    sandbox.faults.add("status", on=[1, 2, 3], status=400, body=bad)
    results = send(make_people(4))
    row = smsframe.runs(full=True).iloc[0]
    counts = results["sms_status"].value_counts()
    assert row["rejected"] == counts["rejected"]
    assert row["accepted"] == counts["accepted"]
    assert row["batches"] == 5


def test_runs__without_a_journal():
    """No journal, no runs; the table has its columns."""
    table = smsframe.runs()
    assert table.empty
    assert table.index.name == "run"
    assert table["accepted"].dtype == "Int64"


# -- forget


BEFORE = [
    pytest.param("2999-01-01", id="text"),
    pytest.param(dt.date(2999, 1, 1), id="date"),
    pytest.param(dt.datetime(2999, 1, 1, tzinfo=dt.UTC), id="datetime"),
    pytest.param(dt.datetime(2999, 1, 1), id="without-a-zone"),  # noqa: DTZ001 - taken as UTC
    pytest.param(pd.Timestamp("2999-01-01", tz="Europe/Paris"), id="Timestamp"),
    pytest.param(np.datetime64("2999-01-01"), id="datetime64"),
]


@pytest.mark.parametrize("before", BEFORE)
def test_forget__removes_people_and_keeps_never_twice(sandbox, client, before):
    """No phone, value or text is in the file afterwards, and the same send makes no call."""
    people = make_people(50).assign(FirstName=[f"Secretname{n}" for n in range(50)])
    sandbox.settings.status_delay_s = 0
    results = send(people, "Dear %%FirstName%%, unmistakable words.")
    results.sms.refresh(progress=False)
    needles = [people["mobile"][7][1:], people["mobile"][7][-7:], "Secretname7", "unmistakable"]
    stored = [_bytes_of(client.journal_path, needle) for needle in needles]
    assert any(stored)
    assert smsframe.journal.forget(before=before) == 1
    assert not any(_bytes_of(client.journal_path, needle) for needle in needles)
    calls = len(sandbox.requests())
    again = send(people, "Dear %%FirstName%%, unmistakable words.")
    pd.testing.assert_frame_equal(again, results)
    assert len(sandbox.requests()) == calls
    with pytest.raises(JournalError, match="forgotten"):
        smsframe.results(results.attrs["smsframe"]["run"])
    row = smsframe.runs().iloc[0]
    assert row["ending"] == "forgotten"
    assert row[["accepted", "sent"]].sum() == 50
    assert pd.isna(row["text"])


def _bytes_of(path, needle):
    """Return whether a text stands in the journal's files, as it is or as numbers would."""
    files = path.parent.glob(path.name + "*")
    content = b"".join(file.read_bytes() for file in files if file.is_file())
    return needle.encode() in content


def test_forget__only_what_is_older(client):
    """Later runs keep what they have."""
    results = send(make_people(3))
    assert smsframe.journal.forget("2000-01-01") == 0
    brought_back(results)


@pytest.mark.parametrize("before", ["soon", None, 5, pd.NaT])
def test_forget__no_time(client, before):
    """What is no time is refused."""
    with pytest.raises(InputError, match="is no time"):
        smsframe.journal.forget(before=before)


def test_refresh_and_summary__after_forget(sandbox, client):
    """A frame that was kept can still be refreshed: by its response ids."""
    sandbox.settings.status_delay_s = 0
    results = send(make_people(5))
    smsframe.journal.forget("2999-01-01")
    done = results.sms.refresh(progress=False)
    assert (done["sms_status"] == "sent").all()
    assert done.sms.summary().counts == {"sent": 5}
    assert results.sms.batches()["status"].tolist() == ["accepted"]


def test_runs__pairs_of_runs_are_apart(client):
    """Runs of one journal do not mix."""
    frames = [make_people(5, start) for start in (0, 10, 20)]
    results = [send(frame) for frame in frames]
    for one, other in itertools.permutations(results, 2):
        assert one.attrs != other.attrs
    for frame in results:
        brought_back(frame)


@pytest.mark.parametrize("kind", ["missing", "no directory", "dangling"])
def test_forget__of_a_journal_that_is_named_and_not_there(tmp_path, kind):
    """A typing error forgets nothing, and says so; without a name there is just nothing yet."""
    place = {"no directory": tmp_path / "no" / "j.sqlite3"}.get(kind, tmp_path / "typo.sqlite3")
    if kind == "dangling":
        place.symlink_to(tmp_path / "gone.sqlite3")
    with pytest.raises(JournalError, match=r"There is no journal|not there"):
        smsframe.journal.forget("2026-01-01", path=place)
    assert smsframe.journal.forget("2026-01-01") == 0


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda place: place.parent.write_text("no directory"), id="under a file"),
        pytest.param(lambda place: place.parent.symlink_to(place.parent), id="a loop"),
        pytest.param(
            lambda place: (place.parent.mkdir(), place.symlink_to("gone")), id="a link to nothing"
        ),
    ],
)
def test_runs__of_a_path_that_can_hold_no_journal(tmp_path, spoil):
    """No runs and no way to know of any are not the same."""
    place = tmp_path / "here" / "journal.sqlite3"
    spoil(place)
    with pytest.raises(JournalError, match="cannot be read"):
        smsframe.runs(journal=place)

"""Reconcile and resolve: what was unknown is settled, row by row, and only that."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import make_people, send

import smsframe
from smsframe._journal.lock import campaign_lock
from smsframe._journal.store import Journal
from smsframe._results.event_export import NOBODY, SEVERAL, whose
from smsframe.errors import CampaignBusyError, InputError, JournalError, UnknownOutcomeWarning

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.UnknownOutcomeWarning")


def posts(sandbox):
    """Return how many send calls the sandbox has had."""
    calls = sandbox.requests()
    return int((calls["method"].eq("POST") & calls["path"].str.endswith("/sends")).sum())


@pytest.fixture
def lost(sandbox, client):
    """Send 1,200 people in two batches, the second one processed but its answer lost."""
    people = make_people(1200)
    sandbox.faults.add("drop_after", on=2)
    return send(people)


# -- reconcile


def respelled(events, pattern, spelling):
    """Return events with their phones spelled otherwise."""
    phones = events["Mobile Number"].str.replace(pattern, spelling, regex=True)
    return events.assign(**{"Mobile Number": phones})


def test_reconcile__three_lost_batches(sandbox, client):
    """0 unknown afterwards, each row as the outbox has it; a re-run sends just who had not gone."""
    people = make_people(5000)  # equal batches: calls may arrive in any order
    sandbox.load_contacts(people.iloc[::5].assign(consent="no"), consent="consent")
    sandbox.faults.add("drop_after", on=[2, 4])
    sandbox.faults.add("drop_before", on=3)
    results = send(people)
    lost = results[results["sms_status"] == "unknown"]
    assert lost["sms_batch"].nunique() == 3
    export = sandbox.events()

    done = results.sms.reconcile(export, settled=True)
    assert not (done["sms_status"] == "unknown").any()
    tags = export["Source"].str.removeprefix("smsframe:")
    shown = set(zip(tags, export["Mobile Number"], strict=True))
    of_lost = done.loc[lost.index]
    found = [
        pair in shown for pair in zip(of_lost["sms_batch"], of_lost["sms_contact"], strict=True)
    ]
    assert ((of_lost["sms_status"] == "accepted") == found).all()
    assert ((of_lost["sms_status"] == "rejected") != found).all()
    assert set(of_lost["sms_code"]) == {"resolved"}
    left = set(of_lost.loc[of_lost["sms_status"] == "rejected", "sms_contact"])
    assert len(left) > 1000

    calls = posts(sandbox)
    again = send(people)
    assert set(again.loc[again["sms_batch"] != results["sms_batch"], "sms_contact"]) == left
    assert posts(sandbox) == calls + 2
    assert (again["sms_status"] == "accepted").all()
    outbox = sandbox.outbox()
    assert not outbox["to"].duplicated().any()


def test_reconcile__agrees_with_a_send_that_is_run_again(sandbox, lost):
    """What reconcile returns and what the same send then reports are equal, at no call."""
    done = lost.sms.reconcile(sandbox.events())
    calls = posts(sandbox)
    again = send(make_people(1200))
    assert posts(sandbox) == calls
    pd.testing.assert_frame_equal(again, done)
    assert (done["sms_status"] == "accepted").all()
    assert done["sms_accepted_at"].notna().all()


def test_reconcile__who_is_not_found_stays_unknown(sandbox, lost):
    """Without settled=True an export proves only what it has."""
    events = sandbox.events()
    part = events[events.index % 2 == 0]
    with pytest.warns(UnknownOutcomeWarning, match="100 rows stay unknown.*settled=True"):
        done = smsframe.reconcile(lost, part)
    assert done["sms_status"].value_counts()[["accepted", "unknown"]].tolist() == [1100, 100]
    left = done[done["sms_status"] == "unknown"]
    assert set(left["sms_code"]) == {"answer_lost"}
    assert left["sms_error"].tolist() == lost.loc[left.index, "sms_error"].tolist()
    calls = posts(sandbox)
    with pytest.warns(UnknownOutcomeWarning):
        pd.testing.assert_frame_equal(send(make_people(1200)), done)
    assert posts(sandbox) == calls
    others = events[events.index % 2 == 1]
    assert (done.sms.reconcile(others)["sms_status"] == "accepted").all()


def test_reconcile__touches_only_what_is_unknown(sandbox, client):
    """Rejected, invalid and accepted rows stay as they are, whatever the export says."""
    people = make_people(3)
    people.loc[0, "mobile"] = "n/a"
    results = send(people)
    events = sandbox.events().head(0)
    pd.testing.assert_frame_equal(results.sms.reconcile(events, settled=True), results)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(lambda events: events.astype({"Mobile Number": "int64"}), id="numbers"),
        pytest.param(lambda events: events.astype({"Mobile Number": "float64"}), id="floats"),
        pytest.param(lambda events: respelled(events, r"^", "+"), id="plus"),
        pytest.param(lambda events: respelled(events, r"^1(\d{3})(\d{3})", r"(\1) \2-"),
                     id="national"),
        pytest.param(lambda events: events.assign(Source="spring " + events["Source"] + " end"),
                     id="source-inside-text"),
        pytest.param(lambda events: events.astype(object), id="objects"),
        pytest.param(lambda events: events.astype("category"), id="categories"),
        pytest.param(lambda events: pd.concat([events, events]), id="repeated"),
        pytest.param(lambda events: pd.concat([events, events.assign(Source="other tool")]),
                     id="others"),
    ],
)  # fmt: skip
def test_reconcile__reads_exports_as_they_come(sandbox, lost, shape):
    """Phones and sources of an export may be written in several ways."""
    done = lost.sms.reconcile(shape(sandbox.events()))
    assert (done["sms_status"] == "accepted").all()


DIGITS = st.text("01", min_size=5, max_size=10)


@given(st.sets(DIGITS, min_size=1, max_size=12), st.sets(DIGITS, max_size=12), st.booleans())
def test_whose__a_number_is_of_who_alone_ends_with_it(contacts, phones, is_whole):
    """Seven digits at least, leading zeros dropped; one with its country code has to be whole."""
    listed = sorted(contacts)
    found = whose(listed, [(phone, is_whole) for phone in phones])
    for phone, place in zip(phones, found, strict=True):
        number = phone.lstrip("0")
        ending = [contact for contact in listed if contact.endswith(number)]
        if is_whole or len(number) < 7:
            ending = [contact for contact in ending if contact == number]
        if len(ending) == 1:
            assert listed[place] == ending[0]
        else:
            assert place == (SEVERAL if ending else NOBODY)


def test_reconcile__numbers_that_may_be_several_peoples(sandbox, lost):
    """A number without its area fits several people, so it settles nobody, and is not complete."""
    events = respelled(sandbox.events(), r"^1\d{3}", "")
    done = lost.sms.reconcile(events)
    assert (done["sms_status"] == lost["sms_status"]).all()
    with pytest.raises(InputError, match="may be of several people") as refused:
        lost.sms.reconcile(events, settled=True)
    assert "resolve" in str(refused.value)


def test_reconcile__numbers_without_their_area(sandbox, client):
    """A number without its area is told by its end where it is long enough, a few digits never."""
    sandbox.faults.add("drop_after", on=1)
    results = send(make_people(3))
    with pytest.raises(InputError, match="of nobody in that batch"):
        results.sms.reconcile(respelled(sandbox.events(), r"^\d+(?=\d{4}$)", ""))
    events = respelled(sandbox.events(), r"^\d+(?=\d{7}$)", "")
    assert results.sms.reconcile(events)["sms_status"].tolist() == ["accepted"] * 3


def test_reconcile__other_column_names(sandbox, lost):
    """The columns can be named; a missing one is told with those that there are."""
    events = sandbox.events().rename(columns={"Mobile Number": "Phone", "Source": "Origin"})
    done = lost.sms.reconcile(events, phone="Phone", source="Origin")
    assert (done["sms_status"] == "accepted").all()
    with pytest.raises(InputError, match=r"no column 'Source'.*source=.*'Origin'"):
        lost.sms.reconcile(events, phone="Phone")
    with pytest.raises(InputError, match="DataFrame"):
        lost.sms.reconcile("events.csv")


def test_reconcile__refuses_an_export_of_something_else(sandbox, lost):
    """An export without one event of a run that was accepted in part is not called complete."""
    with pytest.raises(InputError, match="not one source of a send that this journal knows"):
        lost.sms.reconcile(sandbox.events().head(0), settled=True)
    send(make_people(5), "Another text")
    others = sandbox.events().tail(5)
    with pytest.raises(InputError, match="not the export of that send"):
        lost.sms.reconcile(others, settled=True)
    done = lost.sms.reconcile(sandbox.events())
    assert (done["sms_status"] == "accepted").all()


def test_reconcile__by_lookup(sandbox, client):
    """A phone says nothing of a lookup, whoever was texted: only a person's word settles it."""
    people = make_people(3).assign(accountNumber=["A1", "A2", "A3"])
    sandbox.load_contacts(people)
    sandbox.faults.add("drop_after", on=1)
    frame = people[["accountNumber"]]
    results = send(frame, "Hello", lookup={"accountNumber": "accountNumber"})
    for events in (sandbox.events().head(2), sandbox.events()):
        for settled in (True, False):
            with pytest.warns(UnknownOutcomeWarning, match="addressed by lookup.*resolve"):
                done = results.sms.reconcile(events, settled=settled)
            assert (done["sms_status"] == "unknown").all()
    assert (results.sms.resolve(as_="sent")["sms_status"] == "accepted").all()


def test_reconcile__the_batch_of_a_sender_that_was_killed(sandbox, client):
    """A claim without an outcome is settled too, once nobody sends that campaign any more."""
    results = send(make_people(3))
    run = results.attrs["smsframe"]["run"]
    with Journal(client.journal_path) as journal, journal._writing() as db:
        db.execute("UPDATE batches SET state='claimed', response_id=NULL, settled_at=NULL")
        db.execute("UPDATE runs SET ending='', ended_at=NULL")
    brought_back = smsframe.results(run)
    assert set(brought_back["sms_status"]) == {"unknown"}
    assert set(brought_back["sms_code"]) == {"sender_died"}
    done = brought_back.sms.reconcile(sandbox.events())
    assert (done["sms_status"] == "accepted").all()
    assert posts(sandbox) == 1


def test_reconcile__while_the_campaign_is_sent(sandbox, lost, client):
    """Nothing is settled under the feet of a sender."""
    with Journal(client.journal_path) as journal:
        scope = journal.runs()[0].scope
    with (
        campaign_lock(client.journal_path, scope),
        pytest.raises(CampaignBusyError),
    ):
        lost.sms.reconcile(sandbox.events())


def test_reconcile__needs_the_journal_of_the_send(sandbox, lost, tmp_path):
    """A frame alone settles nothing: the journal keeps people from being texted twice."""
    with (
        smsframe.connect(sandbox, journal=tmp_path / "other.sqlite3"),
        pytest.raises(JournalError, match="no journal"),
    ):
        lost.sms.reconcile(sandbox.events())
    with smsframe.connect(sandbox, journal=tmp_path / "other.sqlite3"):
        send(make_people(1), "Another text")
        with pytest.raises(JournalError, match="does not have batch"):
            lost.sms.reconcile(sandbox.events())


def test_reconcile__leaves_its_input_alone(sandbox, lost):
    """New frames are returned."""
    before, events = lost.copy(deep=True), sandbox.events()
    events_before = events.copy(deep=True)
    lost.sms.reconcile(events)
    pd.testing.assert_frame_equal(lost, before)
    pd.testing.assert_frame_equal(events, events_before)


def test_reconcile__settles_all_or_nothing(sandbox, client, monkeypatch):
    """A journal that fails at the second batch has settled neither."""
    sandbox.faults.add("drop_after", on=[2, 3])
    results = send(make_people(3000))
    written = []

    def failing(journal, batch_id, *args, **options):
        written.append(batch_id)
        if len(written) > 1:
            raise JournalError("The disk is full.")
        kept(journal, batch_id, *args, **options)

    kept = Journal.set_states
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "set_states", failing)
        with pytest.raises(JournalError, match="full"):
            results.sms.reconcile(sandbox.events())
    assert len(written) == 2
    again = smsframe.results(results.attrs["smsframe"]["run"])
    assert again["sms_status"].value_counts()[["accepted", "unknown"]].tolist() == [1000, 2000]
    assert (results.sms.reconcile(sandbox.events())["sms_status"] == "accepted").all()


def test_reconcile__does_not_undo_what_was_resolved_meanwhile(sandbox, client):
    """A person's word that came first stays; frames that are older than it are brought up to it."""
    sandbox.faults.add("drop_before", on=1)
    results = send(make_people(20))
    results.sms.resolve(results.index[:5], as_="sent")
    send(make_people(5), "Later")
    done = results.sms.reconcile(sandbox.events(), settled=True)
    assert done["sms_status"].tolist() == ["accepted"] * 5 + ["rejected"] * 15


def test_reconcile__an_event_of_somebody_who_was_called_not_sent(sandbox, client):
    """An event proves that it went out: the person is not texted again."""
    sandbox.faults.add("drop_after", on=1)
    denied = send(make_people(20)).sms.resolve(as_="not_sent")
    assert (denied["sms_status"] == "rejected").all()
    done = denied.sms.reconcile(sandbox.events().head(15))
    assert done["sms_status"].tolist() == ["accepted"] * 15 + ["rejected"] * 5
    send(make_people(20))
    assert sandbox.outbox()["to"].duplicated().sum() == 5


def test_reconcile__lookups_beside_numbers(sandbox, client):
    """A frame with both settles the numbers and says what is left, and how."""
    people = make_people(3).assign(accountNumber=["A1", "A2", "A3"])
    sandbox.load_contacts(people)
    sandbox.faults.add("drop_after", on=1)
    by_lookup = send(people[["accountNumber"]], "Hello", lookup={"accountNumber": "accountNumber"})
    sandbox.faults.add("drop_after", on=1)
    by_number = send(make_people(3), "Moved.")
    both = pd.concat([by_lookup, by_number], ignore_index=True)
    with pytest.warns(UnknownOutcomeWarning, match="3 rows stay unknown.*lookup.*resolve"):
        done = both.sms.reconcile(sandbox.events(), settled=True)
    assert done["sms_status"].tolist() == ["unknown"] * 3 + ["accepted"] * 3


# -- resolve


NAMINGS = [
    pytest.param(lambda _: None, 200, id="all-unknown"),
    pytest.param(lambda r: r["sms_status"] == "unknown", 200, id="mask"),
    pytest.param(lambda r: (r["sms_status"] == "unknown").tolist(), 200, id="list-mask"),
    pytest.param(lambda r: r.sms.unknown, 200, id="part"),
    pytest.param(lambda r: r["sms_status"].eq("unknown").astype(object), 200, id="object-mask"),
    pytest.param(lambda r: r.sms.unknown.head(7), 7, id="smaller-part"),
    pytest.param(lambda r: r.sms.unknown.index[:5], 5, id="labels"),
    pytest.param(lambda r: r.sms.unknown.index[3], 1, id="one-label"),
    pytest.param(lambda r: r.sms.unknown["sms_batch"].iloc[0], 200, id="batch"),
    pytest.param(lambda r: r.sms.unknown["sms_batch"].unique(), 200, id="batches"),
]


@pytest.mark.parametrize(("which", "count"), NAMINGS)
def test_resolve__names_rows_or_batches(sandbox, lost, which, count):
    """Rows by mask, label or part of the frame, or whole batches."""
    done = lost.sms.resolve(which(lost), as_="sent")
    assert (done["sms_code"] == "resolved").sum() == count
    assert (done["sms_status"] == "unknown").sum() == 200 - count
    calls = posts(sandbox)
    pd.testing.assert_frame_equal(send(make_people(1200)), done)
    assert posts(sandbox) == calls


def test_resolve__not_sent_goes_out_with_the_next_send(sandbox, client):
    """Exactly the rows that were called not sent are sent by the same send."""
    people = make_people(20)
    sandbox.faults.add("drop_before", on=1)
    results = send(people)
    done = results.sms.resolve(results.index[:8], as_="not_sent")
    assert done["sms_status"].value_counts()[["unknown", "rejected"]].tolist() == [12, 8]
    assert done.sms.to_retry()["mobile"].tolist() == people["mobile"].tolist()[:8]
    again = send(people)
    assert again["sms_status"].value_counts()[["unknown", "accepted"]].tolist() == [12, 8]
    assert sandbox.outbox()["to"].tolist() == done["sms_contact"].tolist()[:8]


def test_resolve__a_change_of_mind(sandbox, lost):
    """What was resolved wrongly can be resolved again; what the API said cannot."""
    rejected = lost.sms.resolve(as_="not_sent")
    assert (rejected["sms_status"] == "rejected").sum() == 200
    assert (lost.sms.resolve(as_="not_sent")["sms_status"] == "rejected").sum() == 200
    with pytest.warns(UnknownOutcomeWarning, match="200 of them were resolved as not_sent before"):
        same = lost.sms.resolve(as_="sent")
    assert (same["sms_status"] == "rejected").sum() == 200
    done = rejected.sms.resolve(rejected["sms_status"] == "rejected", as_="sent")
    assert (done["sms_status"] == "accepted").all()


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        pytest.param(lambda r: r.index[:3], "3 of these rows are accepted", id="accepted"),
        pytest.param(lambda r: r, "1,000 of these rows are accepted", id="everything"),
        pytest.param(lambda _: [True, False], "mask has 2 values for 1,200 rows", id="length"),
        pytest.param(
            lambda r: pd.Series([True, None] * (len(r) // 2), dtype="boolean"),
            "mask has missing values, 600 of 1,200",
            id="missing",
        ),
        pytest.param(lambda _: [True, None], "mask has missing values", id="missing-objects"),
        pytest.param(lambda _: ["nobody"], "No row or batch is called 'nobody'", id="label"),
        pytest.param(lambda _: [[1, 2], [3]], "is called something of type list", id="ragged"),
        pytest.param(lambda r: r.head(1).assign(sms_contact="1"), "not part", id="strangers"),
    ],
)
def test_resolve__refuses(lost, which, sentence):
    """Nothing is settled when something that was named is not unknown."""
    with pytest.raises(InputError, match=sentence):
        lost.sms.resolve(which(lost), as_="not_sent")
    assert (lost.sms.resolve(as_="sent")["sms_code"] == "resolved").sum() == 200


def test_resolve__rows_that_were_never_sent(client):
    """A row that is in no batch has nothing to resolve."""
    people = make_people(2)
    people.loc[0, "mobile"] = "n/a"
    results = send(people, phone="mobile")
    for which in ([0], results.sms.failed):
        with pytest.raises(InputError, match="in no batch"):
            results.sms.resolve(which, as_="sent")


@pytest.mark.parametrize("word", ["accepted", "", None])
def test_resolve__as_what(lost, word):
    """There are two answers."""
    with pytest.raises(InputError, match="'sent'"):
        lost.sms.resolve(as_=word)


def test_resolve__is_known_to_another_process(sandbox, lost, client):
    """What was settled here is settled for everybody who uses the journal."""
    lost.sms.resolve(as_="sent")
    run = lost.attrs["smsframe"]["run"]
    code = (
        "import smsframe, json\n"
        f"found = smsframe.results({run!r}, journal={str(client.journal_path)!r})\n"
        "print(json.dumps(found['sms_code'].fillna('').value_counts().to_dict()))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == {"": 1000, "resolved": 200}

"""A run from files is settled row by row: with its files there, moved, some gone, or all gone."""

from __future__ import annotations

import shutil
import warnings

import pandas as pd
import pytest
from samples import TEXT, fictional_phones, make_people
from samples import send as send_frame

import smsframe
from smsframe.errors import InputError

FORMS = ["there", "moved", "one gone", "gone"]


@pytest.fixture
def people():
    """Make twenty people."""
    return make_people(20)


def both_ways(*ways):
    """Return every form with each way; with all tests, each form has one of them."""
    return [
        pytest.param(
            form, way, marks=[pytest.mark.full] * ((number + place) % 2), id=f"{form}-{way}"
        )
        for number, form in enumerate(FORMS)
        for place, way in enumerate(ways)
    ]


@pytest.fixture
def folder(people, tmp_path):
    """Write them into three files."""
    place = tmp_path / "people-of-november"
    place.mkdir()
    for number, (first, last) in enumerate([(0, 7), (7, 14), (14, 20)]):
        people.iloc[first:last].to_parquet(place / f"part-{number}.parquet", index=False)
    return place


def send_files(files, out, text=TEXT, **options):
    """Send files quietly."""
    return smsframe.send_files(
        files, text, out=out, **{"program": "148372", "progress": False, **options}
    )


def found_again(sent, form, tmp_path):
    """Give the results of a run once its files are somewhere else, or nowhere."""
    if form == "moved":
        sent.path.rename(tmp_path / "moved")
        return smsframe.SentFiles(tmp_path / "moved")
    if form == "one gone":
        (sent.path / "part-1.parquet").unlink()
    if form == "gone":
        shutil.rmtree(sent.path)
    return smsframe.results(sent.run)


def settled(found, form, work):
    """Settle; where files are gone, it is said."""
    if "gone" not in form:
        return work(found)
    with pytest.warns(smsframe.StatusWarning, match=r"results (is|are) gone, such as part-"):
        return work(found)


@pytest.mark.parametrize("form", FORMS)
def test_refresh__settles_every_row(folder, people, client, sandbox, tmp_path, form):
    """Who had it, and who opted out; the same send writes files that are gone, without a call."""
    sandbox.load_contacts(people.iloc[[2, 9]].assign(consent="no"), consent="consent")
    sent = send_files(folder, tmp_path / "out")
    found = found_again(sent, form, tmp_path)
    if form == "gone":
        assert found.counts == {"accepted": 20}
        assert "20 accepted in 3 files (3 of them gone)" in repr(found)
    settled(found, form, lambda files: files.refresh(progress=False))
    if form != "one gone":
        assert found.counts == {"sent": 18, "not_sent": 2}
        assert found.summary()["rows"].tolist() == [18, 2]
    calls = len(sandbox.requests())
    again = send_files(folder, tmp_path / "out").to_frame()
    assert again["sms_status"].eq("not_sent").to_numpy().nonzero()[0].tolist() == [2, 9]
    assert again["sms_status"].eq("sent").sum() == 18
    assert again["sms_code"].iloc[9] == "opted_out"
    assert len(sandbox.requests()) == calls


@pytest.mark.parametrize(("form", "settles"), both_ways("found", "all"))
def test_reconcile__settles_every_row(folder, people, client, sandbox, tmp_path, form, settles):
    """By hashes of the numbers in an export, nationally written ones too."""
    sandbox.load_contacts(people.iloc[[1, 5, 9, 14, 18]].assign(consent="no"), consent="consent")
    for call in (2, 4):
        sandbox.faults.add("drop_after", on=call)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "out")
    assert sent.counts == {"accepted": 12, "unknown": 8}
    without = people["mobile"].iloc[[1, 5, 9, 14, 18]].tolist()  # one in each batch of four
    without = [number for number in sent.unknown["mobile"] if number in without]
    found = found_again(sent, form, tmp_path)
    events = sandbox.events()
    events = events.sample(frac=1, random_state=3)  # sorted by phone it cannot be seen to be whole
    numbers = events["Mobile Number"].astype(str)
    national = numbers.str.lstrip("+").str[1:]
    events["Mobile Number"] = numbers.mask(events.index % 2 == 0, national)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.UnknownOutcomeWarning)
        settled(found, form, lambda files: files.reconcile(events, settled=settles == "all"))
    if settles == "all":
        left = smsframe.plan_files(folder, TEXT, program="148372", progress=False)
        assert left.counts == {"ready": len(without), "accepted": 20 - len(without)}
    else:
        with pytest.warns(smsframe.UnknownOutcomeWarning):
            again = send_files(folder, tmp_path / "out")
        assert again.counts == {"accepted": 20 - len(without), "unknown": len(without)}
        assert again.unknown["mobile"].tolist() == without


@pytest.mark.parametrize(("form", "as_"), both_ways("sent", "not_sent"))
def test_resolve__settles_every_row(folder, client, sandbox, tmp_path, form, as_):
    """By a person's word: what went out is not repeated, what did not goes out once."""
    sandbox.faults.add("drop_after" if as_ == "sent" else "drop_before", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "out")
    found = found_again(sent, form, tmp_path)
    settled(found, form, lambda files: files.resolve(as_=as_))
    if form != "one gone":
        counts = {"accepted": 16, "rejected": 4} if as_ == "not_sent" else {"accepted": 20}
        assert found.counts == counts
    assert send_files(folder, tmp_path / "out").counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20


@pytest.mark.parametrize("verb", ["refresh", "reconcile", "resolve"])
def test_settle__refuses_a_client_with_another_journal(folder, client, sandbox, tmp_path, verb):
    """What is learned belongs where the messages were claimed, or somebody is texted again."""
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "out")
    given = {
        "refresh": {"progress": False},
        "reconcile": {"events": sandbox.events()},
        "resolve": {"as_": "sent"},
    }[verb]
    with smsframe.connect(sandbox, journal=tmp_path / "other.db") as other:
        for found in (sent, smsframe.results(sent.run, client=client)):
            with pytest.raises(InputError, match="and this client has another one"):
                getattr(found, verb)(**given, client=other)
    assert smsframe.SentFiles(tmp_path / "out").counts == {"accepted": 16, "unknown": 4}
    getattr(sent, verb)(**given, client=client)


def test_reconcile__refuses_a_sorted_export_without_files(folder, client, sandbox, tmp_path):
    """Whether an end of it is missing shows only in the numbers, which the files had."""
    sandbox.faults.add("drop_after", on=3)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "out")
    events = sandbox.events().sort_values("Mobile Number").iloc[1:-1]
    shutil.rmtree(sent.path)
    with pytest.raises(InputError, match="by phone, and the files of these results are gone"):
        smsframe.results(sent.run).reconcile(events, settled=True)
    assert smsframe.results(sent.run).counts == {"accepted": 16, "unknown": 4}


def test_results__of_a_frame_that_files_had_sent(folder, people, client, sandbox, tmp_path):
    """Rows of a frame whose messages went out from files are found by hash in every verb."""
    sandbox.load_contacts(people.iloc[[2]].assign(consent="no"), consent="consent")
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        send_files(folder, tmp_path / "out")
    more = pd.concat([people, make_people(3, start=40)], ignore_index=True)
    with warnings.catch_warnings(action="ignore"):
        frame = send_frame(more)
        frame = smsframe.reconcile(frame, sandbox.events())
        frame = smsframe.refresh(frame, progress=False)
    assert frame["sms_status"].tolist().count("sent") == 18
    assert frame["sms_status"].tolist()[2] == "not_sent"
    brought = smsframe.results(frame.attrs["smsframe"]["run"])
    assert brought["sms_status"].astype(str).tolist() == frame["sms_status"].astype(str).tolist()
    assert brought["contact"].tolist() == more["mobile"].tolist()


def test_lookup__is_settled_by_hash(client, sandbox, tmp_path):
    """People who are addressed by fields of the database are known by a hash of these."""
    people = make_people(12)
    people["Email"] = [f"person{n}@example.com" for n in range(12)]
    people["Id"] = [f"{n:05d}" for n in range(12)]
    sandbox.load_contacts(people)
    place = tmp_path / "people"
    place.mkdir()
    people[["Email", "Id", "FirstName"]].to_parquet(place / "all.parquet", index=False)
    sandbox.faults.add("drop_after", on=2)
    lookup = {"Id": "Id", "Email": "Email"}
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(place, tmp_path / "out", lookup=lookup)
    shutil.rmtree(sent.path)
    with pytest.warns(smsframe.StatusWarning, match="gone"):
        found = smsframe.results(sent.run).refresh(progress=False)
    assert found.counts == {"sent": 8, "unknown": 4}
    with pytest.warns(smsframe.StatusWarning, match="gone"):
        assert found.resolve(as_="sent").counts == {"accepted": 4, "sent": 8}
    assert send_files(place, tmp_path / "out", lookup=lookup).counts == {"accepted": 4, "sent": 8}


def test_journal__of_files_has_no_number_no_value_and_after_forget_no_name(
    folder, people, client, sandbox, tmp_path
):
    """Looked for in every byte of the journal and of the files beside it."""
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "out")
    sent.refresh(progress=False)
    secret = [number.lstrip("+").encode() for number in fictional_phones(20)]
    secret += [name.encode() for name in people["FirstName"] if len(name) > 5]
    names = [b"people-of-november", b"part-1.parquet", str(tmp_path / "out").encode()]
    before = _bytes_of(client)
    assert not [text for text in secret if text in before]
    assert [text for text in names if text in before]
    smsframe.journal.forget(before="2100-01-01")
    after = _bytes_of(client)
    assert not [text for text in (*secret, *names, b".parquet") if text in after]
    with pytest.raises(smsframe.JournalError, match="forgotten"):
        smsframe.results(sent.run)
    calls = len(sandbox.outbox())
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        again = send_files(folder, tmp_path / "out")
    assert again.counts == {"sent": 16, "unknown": 4}
    assert len(sandbox.outbox()) == calls


def _bytes_of(client):
    """Return all bytes of the journal's files."""
    path = client.journal_path
    files = [file for file in path.parent.glob(f"{path.name}*") if file.is_file()]
    return b"".join(file.read_bytes() for file in files)

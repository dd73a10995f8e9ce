"""A journal that was moved, replaced or emptied forgot whom it texted: it is brought back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time

import pytest
from journal.test_faults import SCOPE, a_claim, fill, refusal
from samples import make_people

import smsframe
from smsframe._journal import location, schema
from smsframe._journal.location import side_file
from smsframe._journal.lock import campaign_lock, locks_directory
from smsframe._journal.records import Settlement
from smsframe._journal.store import Journal
from smsframe.errors import CampaignBusyError, JournalError

OTHER = b"fedcba9876543210"


@pytest.fixture
def path(tmp_path):
    """Name a journal in a folder of its own."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "journal.sqlite3"


@pytest.fixture
def sent(path):
    """Write a journal whose campaign was locked, as a send does, and close it."""
    with Journal(path) as journal, campaign_lock(path, SCOPE):
        fill(journal, "run", started_at=100.0)
    return path


def away(path):
    """Name where a journal is moved to."""
    return path.parent.parent / "moved-away"


def moved(path):
    """Move a journal."""
    shutil.move(path, away(path))


def replaced(path):
    """Put a copy, as it is now, in the place of a journal."""
    shutil.copy(path, path.parent / "copy")
    moved(path)
    shutil.move(path.parent / "copy", path)


def replaced_by_nothing(path):
    """Put an empty file in its place."""
    moved(path)
    path.touch()


def emptied(path):
    """Leave nothing in a journal."""
    os.truncate(path, 0)


def cut(path):
    """Leave a few bytes."""
    os.truncate(path, 100)


def halved(path):
    """Lose the second half."""
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path):
    """Write something else into the file."""
    path.write_bytes(b"name,phone\n" * 20_000)


def folder_moved(path):
    """Rename the folder that it is in."""
    shutil.move(path.parent, away(path))


def folder_replaced(path):
    """Rename the folder and make an empty one."""
    folder_moved(path)
    path.parent.mkdir()


def a_folder(path):
    """Put a folder in its place."""
    moved(path)
    path.mkdir()


def is_careful(error):
    """Tell whether a sentence says to bring the journal back, and nothing that texts again."""
    sentence = str(error)
    unsafe = ("writable", "run this again", "run it again", "choose another place", "Leave that")
    brings_back = "bring the journal back" in sentence or "restore a backup" in sentence
    return brings_back and "send nothing" in sentence and not any(w in sentence for w in unsafe)


# At opening


LOST = [moved, emptied, cut, replaced_by_nothing, overwritten, a_folder]


@pytest.mark.parametrize("spoil", LOST)
def test_open__of_a_journal_that_had_campaigns(sent, spoil):
    """What is missing, empty or something else now is no new journal, and none is made."""
    spoil(sent)
    before = {file.name for file in sent.parent.iterdir()} - {side_file(sent).name}
    for _ in range(2):
        error = refusal(lambda: Journal(sent))
        assert is_careful(error), error
    assert "journal.sqlite3.locks" in str(error)
    assert "everybody may be texted again" in str(error)
    assert {file.name for file in sent.parent.iterdir()} - {side_file(sent).name} == before


def test_open__to_begin_anew(sent):
    """Who deletes the locks too, as the sentence says, begins anew."""
    sent.unlink()
    refusal(lambda: Journal(sent))
    shutil.rmtree(locks_directory(sent))
    with Journal(sent) as journal:
        assert len(journal.ledger(SCOPE)) == 0


@pytest.mark.parametrize("spoil", LOST)
def test_open__of_one_that_was_brought_back(sent, spoil):
    """The journal itself is taken again as it was."""
    shutil.copy(sent, sent.parent / "kept")
    spoil(sent)
    refusal(lambda: Journal(sent))
    shutil.rmtree(sent) if sent.is_dir() else sent.unlink(missing_ok=True)
    shutil.move(sent.parent / "kept", sent)
    with Journal(sent) as journal:
        assert journal.mark_orphans_unknown(SCOPE) == 0
        assert len(journal.ledger(SCOPE)) == 20_000


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("has_folder", [False, True])
def test_open__of_a_journal_that_never_sent(path, is_there, has_folder):
    """Without the lock of a campaign an empty file, or none, is a new journal."""
    if is_there:
        path.touch()
    if has_folder:
        locks_directory(path).mkdir()
    Journal(path).close()


def test_open__while_another_process_makes_the_journal(path, monkeypatch):
    """Locks are looked for before the file: those of a first run that begins now are no loss."""
    looked = []

    def made_meanwhile(asked):
        found = has_locks(asked)
        if not looked:
            looked.append(found)
            with Journal(path), campaign_lock(path, SCOPE):
                pass
        return found

    has_locks = schema.has_locks
    monkeypatch.setattr(schema, "has_locks", made_meanwhile)
    Journal(path).close()
    assert looked == [False]


def test_open__of_a_missing_journal_while_it_is_sent_with(path):
    """Who holds a campaign of it is named."""
    with campaign_lock(path, SCOPE):
        error = refusal(lambda: Journal(path))
    assert isinstance(error, CampaignBusyError)
    assert f"Process {os.getpid()}" in str(error)
    assert is_careful(error)


def test_open__of_a_rehearsal_that_was_deleted(tmp_path):
    """The way out of a rehearsal names all that is deleted together."""
    with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox) as client:
        smsframe.send(make_people(3), "Hello", program="148372", progress=False)
        assert client.journal_path.name == "rehearsal.sqlite3"
        client.journal_path.unlink()
        with pytest.raises(JournalError, match=r"rehearsal.sqlite3.locks and the sandbox's world"):
            smsframe.send(make_people(3), "Hello", program="148372", progress=False)
        shutil.rmtree(locks_directory(client.journal_path))
        smsframe.send(make_people(3), "Hello", program="148372", progress=False)


# An older copy


def test_bury__in_an_older_copy(sent):
    """A copy that lacks the last batch of a campaign is refused for that campaign alone."""
    shutil.copy(sent, sent.parent / "older")
    with Journal(sent) as journal, campaign_lock(sent, SCOPE):
        journal.record(claims=[a_claim(20)])
    shutil.move(sent.parent / "older", sent)
    with Journal(sent) as journal:
        error = refusal(lambda: journal.mark_orphans_unknown(SCOPE))
        assert journal.mark_orphans_unknown(OTHER) == 0
    assert is_careful(error)
    assert "run:0020" in str(error)
    note = locks_directory(sent) / f"{SCOPE.hex()}.last"
    assert str(note) in str(error)
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    note.unlink()
    with Journal(sent) as journal:
        assert journal.mark_orphans_unknown(SCOPE) == 0


@pytest.mark.parametrize("content", [b"", b"run:00", b"\xff\xfe\n"])
def test_bury__with_a_note_that_cannot_be_read(sent, content):
    """The note only informs: half of one says nothing."""
    (locks_directory(sent) / f"{SCOPE.hex()}.last").write_bytes(content)
    with Journal(sent) as journal:
        assert journal.mark_orphans_unknown(SCOPE) == 0


def test_send__into_an_older_copy(client):
    """Who had anything in these weeks is not known, so another text, or a name, does not go out."""
    path = client.journal_path
    given = {"frame": make_people(3), "program": "148372", "progress": False}
    smsframe.send(text="The first text of all", **given)
    shutil.copy(path, path.parent / "older")
    smsframe.send(text="We open at nine today", **given)
    shutil.move(path.parent / "older", path)
    for options in ({}, {"campaign": "another"}):
        error = refusal(lambda o=options: smsframe.send(text="We open at nine!", **given, **o))
        assert "older copy" in str(error)
        assert "ends in .last beside it for other campaigns" in str(error)
        assert is_careful(error)
    for note in locks_directory(path).glob("*.last"):
        os.utime(note, (time.time() - 21 * 86_400.0,) * 2)
    assert len(smsframe.send(text="We open at nine!", **given).sms.unknown) == 0


def test_send__while_another_one_writes_its_note(client, monkeypatch):
    """A note of another campaign that is read in the midst of being written is read again."""
    given = {"frame": make_people(3), "program": "148372", "progress": False}
    smsframe.send(text="The first text of all", **given)
    read, seen = location.last_batch, []

    def torn(path, scope):
        seen.append(scope)
        return "half of one id, half of" if len(seen) == 2 else read(path, scope)

    monkeypatch.setattr(location, "last_batch", torn)
    table = smsframe.send(text="We open at nine today", **given)
    assert len(seen) > 2
    assert set(table["sms_status"]) == {"accepted"}


# While it is open


SPOILT = [moved, replaced, replaced_by_nothing, emptied, cut, halved, overwritten]
SPOILT += [folder_moved, folder_replaced, a_folder]


@pytest.mark.parametrize("spoil", SPOILT)
def test_record__takes_no_claim_where_the_journal_is_lost(sent, spoil):
    """Nothing new is begun, and the fault is named as what it is."""
    with Journal(sent) as journal, campaign_lock(sent, SCOPE):
        spoil(sent)
        error = refusal(lambda: journal.record(claims=[a_claim(20)]))
    assert is_careful(error), error


@pytest.mark.parametrize("spoil", [moved, replaced, replaced_by_nothing, folder_moved, a_folder])
def test_record__settles_in_the_open_file(sent, spoil):
    """What came back of calls under way is in the journal when it is brought back."""
    settlement = Settlement(batch_id="run:0020", state="accepted", settled_at=1.0)
    with Journal(sent) as journal, campaign_lock(sent, SCOPE):
        journal.record(claims=[a_claim(20)])
        spoil(sent)
        journal.record(settlements=[settlement])
        journal.end_run("run", 5.0, "failed")
        for work in (
            lambda: journal.record(claims=[a_claim(21)], settlements=[settlement]),
            lambda: journal.set_statuses({"run:0000": b""}, 1.0),
            lambda: journal.mark_orphans_unknown(SCOPE),
            lambda: journal.start_run(journal.run("run")),
        ):
            assert is_careful(refusal(work))
    there = away(sent) / sent.name if spoil is folder_moved else away(sent)
    with Journal(there) as journal:
        assert [batch.state for batch in journal.batches("run")] == ["accepted"] * 21
        assert journal.run("run").ending == "failed"
    with sqlite3.connect(there) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    raw.close()


def test_record__through_a_link(sent):
    """A link may lead to the journal, and be found gone or leading elsewhere."""
    link = sent.parent.parent / "link.sqlite3"
    link.symlink_to(sent)
    settlement = Settlement(batch_id="run:0020", state="accepted", settled_at=1.0)
    with Journal(link) as journal, campaign_lock(link, SCOPE):
        journal.record(claims=[a_claim(20)])
        moved(sent)
        assert is_careful(refusal(lambda: journal.record(claims=[a_claim(21)])))
        journal.record(settlements=[settlement])
    assert is_careful(refusal(lambda: Journal(link)))
    with Journal(away(sent)) as journal:
        assert [batch.state for batch in journal.batches("run")] == ["accepted"] * 21


def test_record__in_another_working_directory(sent, monkeypatch):
    """A relative path leads to the journal from where it was opened."""
    monkeypatch.chdir(sent.parent)
    with Journal(sent.name) as journal, campaign_lock(sent, SCOPE):
        monkeypatch.chdir(sent.parent.parent)
        journal.record(claims=[a_claim(20)])


def test_record__leaves_a_side_file_that_is_in_use(sent):
    """A side file with a transaction in it is another file's, and not touched."""
    with Journal(sent) as journal, campaign_lock(sent, SCOPE):
        journal.record(claims=[a_claim(20)])
        replaced(sent)
        side_file(sent).write_bytes(b"\xd9\xd5\x05\xf9 a transaction")
        settlement = Settlement(batch_id="run:0020", state="accepted", settled_at=1.0)
        assert is_careful(refusal(lambda: journal.record(settlements=[settlement])))
    assert side_file(sent).read_bytes().endswith(b"a transaction")


def test_explain__of_a_file_that_moved_under_a_statement(path):
    """SQLite's own word for it leads to the same sentence."""
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
    assert is_careful(schema.explain(path, error))


@pytest.mark.parametrize("code", [sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, None])
def test_explain__names_another_place_only_while_nobody_is_known(path, code):
    """Another journal does not know whom this one texted."""
    error = sqlite3.OperationalError()
    if code is not None:
        error.sqlite_errorcode, error.sqlite_errorname = code, "NAME"
    assert "choose another place" in str(schema.explain(path, error))
    with Journal(path):
        pass
    told = str(schema.explain(path, error))
    assert "choose another place" not in told
    assert "send nothing of its campaigns with another journal" in told


# The whole way


def send(people):
    """Send people, quietly."""
    return smsframe.send(people, "Hello %%FirstName%%", program="148372", progress=False)


@pytest.mark.parametrize("spoil", SPOILT)
def test_send__with_a_journal_that_gets_lost(sandbox, path, spoil):
    """The run ends with what to do; the cell run again texts nobody; brought back, all is known."""
    people = make_people(5000)
    done = []

    def spoil_once(progress):
        if progress.accepted and not done:
            done.append(spoil(path))

    with smsframe.connect(sandbox, journal=path):
        with pytest.raises(JournalError) as caught:
            smsframe.send(people, "Hello %%FirstName%%", program="148372", progress=spoil_once)
        assert is_careful(caught.value), caught.value
        table = smsframe.last_results()
        assert (table["sms_status"] == "accepted").sum() == len(sandbox.outbox())
        if spoil is not replaced:  # the copy knows everybody who was texted by then
            texted = len(sandbox.outbox())
            with pytest.raises(JournalError) as again:
                send(people)
            assert is_careful(again.value), again.value
            assert len(sandbox.outbox()) == texted
        if spoil in (moved, replaced, replaced_by_nothing, folder_moved, folder_replaced, a_folder):
            for place in (path, path.parent):
                if away(path).is_dir() == (place == path.parent):
                    shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
                    shutil.move(away(path), place)
                    break
            assert (send(people)["sms_status"] == "accepted").all()
            assert len(sandbox.outbox()) == 5000
    assert not sandbox.outbox().duplicated(["to", "text"]).any()


def test_send__into_a_journal_that_was_emptied_between_two_runs(sandbox, path):
    """Neither the next kernel nor a plan takes an emptied journal for a new one."""
    people = make_people(10)
    with smsframe.connect(sandbox, journal=path):
        send(people)
        emptied(path)
        plan = smsframe.plan(people, "Hello %%FirstName%%", program="148372")
        with pytest.raises(JournalError, match="is empty"):
            plan.send(progress=False)
        with pytest.raises(JournalError, match="is empty"):
            smsframe.runs()
    assert len(sandbox.outbox()) == 10


def test_send__that_was_refused_first(sandbox, path):
    """A first run that fails before it sends anything locks nobody out."""
    people = make_people(10)
    with smsframe.connect(sandbox, journal=path):
        with pytest.raises(smsframe.InputError, match="confirm"):
            smsframe.send(
                people, "Hello %%FirstName%%", program="148372", confirm=7, progress=False
            )
        assert (send(people)["sms_status"] == "accepted").all()

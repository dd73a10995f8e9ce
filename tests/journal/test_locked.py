"""Another program has the journal open for writing in the midst of a send."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import threading

import pandas as pd
import pytest
from desk import LOCKED, Desk, deliver, posts, scripted
from list_files import parts
from samples import fictional_phones

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._journal import opening
from smsframe._journal.store import Journal
from smsframe._send.batches_in_flight import Stop
from smsframe.errors import JournalError


@pytest.fixture
def quick(monkeypatch, client):
    """Make batches small and waits short."""
    client.settings = SendSettings(batch_size=2, locked_pause_s=0.01)
    monkeypatch.setattr(opening, "Journal", functools.partial(Journal, busy_timeout_s=0.02))


def as_frame(people, progress):
    """Send a frame."""
    return people.sms.send("Hi", program="148372", phone="mobile", progress=progress)


def as_files(folder):
    """Return what sends the same rows as files."""

    def send(people, progress):
        parts(folder / "people", people, (15, 15, 10))
        given = {"program": "148372", "phone": "mobile", "out": folder / "results"}
        return smsframe.send_files(folder / "people", "Hi", progress=progress, **given).to_frame()

    return send


def send_while_locked(client, *, from_row, until, send=as_frame):
    """Send 40 rows; another program locks the journal from a row on, for half a second or ever."""
    people = pd.DataFrame({"mobile": fictional_phones(40)})
    with contextlib.closing(
        sqlite3.connect(client.journal_path, isolation_level=None, check_same_thread=False)
    ) as other:
        timer = threading.Timer(until, other.execute, ["ROLLBACK"])

        def lock(progress):
            if (
                progress.accepted >= from_row
                and not timer.is_alive()
                and not timer.finished.is_set()
            ):
                other.execute("BEGIN IMMEDIATE")
                timer.start()

        table = send(people, lock)
        timer.join()
    return people, table


def test_locked_journal__files_say_why_they_wait(sandbox, client, quick, capsys, tmp_path):
    """A send of files waits as that of a frame does, and says so once."""
    _, table = send_while_locked(client, from_row=20, until=0.4, send=as_files(tmp_path))
    assert set(table["sms_status"]) == {"accepted"}
    assert capsys.readouterr().out.count("The journal is locked by another program") == 1
    assert len(sandbox.outbox()) == 40


@pytest.mark.parametrize("from_row", [2, 20, 40], ids=["early", "midway", "at the end"])
def test_locked_journal__nothing_is_lost(sandbox, client, quick, capsys, from_row):
    """Known answers are written when the lock is gone; a second run makes no call."""
    people, table = send_while_locked(client, from_row=from_row, until=0.4)
    assert set(table["sms_status"]) == {"accepted"}
    assert capsys.readouterr().out.count("The journal is locked by another program") == 1
    before = len(sandbox.requests())
    again = people.sms.send("Hi", program="148372", phone="mobile", progress=False)
    assert set(again["sms_status"]) == {"accepted"}
    assert len(sandbox.requests()) == before
    assert len(sandbox.outbox()) == 40
    assert smsframe.runs()["ending"].tolist() == ["done"]


@contextlib.contextmanager
def locked(path, how, *, for_s):
    """Have another program lock a journal, and leave it after a while."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute(how)
    other.execute("SELECT * FROM runs").fetchall()  # without this BEGIN takes no lock
    timer = threading.Timer(for_s, other.execute, ["ROLLBACK"])
    timer.start()
    yield
    timer.join()
    other.close()


@pytest.mark.parametrize("how", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE", "BEGIN"])
def test_locked_journal__is_waited_for_before_the_first_call(sandbox, client, quick, capsys, how):
    """A send that finds the journal locked begins when it is free, and says what it waits for."""
    people = pd.DataFrame({"mobile": fictional_phones(4)})
    people.sms.send("Before", program="148372", phone="mobile", progress=False)
    with locked(client.journal_path, how, for_s=0.3):
        table = people.sms.send("Hi", program="148372", phone="mobile", progress=False)
    assert set(table["sms_status"]) == {"accepted"}
    assert capsys.readouterr().err.count("The journal is locked by another program") == 1


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda table: table.sms.refresh(deadline_s=0), id="refresh"),
        pytest.param(lambda table: table.sms.batches(), id="batches"),
        pytest.param(lambda _: smsframe.runs(), id="runs"),
        pytest.param(lambda _: smsframe.results(smsframe.runs().index[0]), id="results"),
        pytest.param(lambda _: smsframe.journal.forget("2000-01-01"), id="forget"),
    ],
)
def test_locked_journal__is_waited_for_by_those_who_look_back(
    sandbox, client, monkeypatch, capsys, look
):
    """Whoever asks what was sent gets the answer when the journal is free."""
    quick = functools.partial(Journal, busy_timeout_s=0.02)
    monkeypatch.setattr(opening, "Journal", quick)
    people = pd.DataFrame({"mobile": fictional_phones(4)})
    table = people.sms.send("Before", program="148372", phone="mobile", progress=False)
    with locked(client.journal_path, "BEGIN EXCLUSIVE", for_s=0.3):
        look(table)
    assert "It is waited for" in capsys.readouterr().err


def test_locked_journal__patience_ends(tmp_path, capsys):
    """One that stays locked is told of, and what is written under way is not waited for."""
    path = tmp_path / "journal.sqlite3"
    Journal(path).close()
    with locked(path, "BEGIN EXCLUSIVE", for_s=0.5):
        with pytest.raises(JournalError, match="locked by another program"):
            Journal(path, busy_timeout_s=0.02, patience_s=0.1)
        with pytest.raises(JournalError, match="locked by another program"):
            Journal(path, busy_timeout_s=0.02)
    with Journal(path, busy_timeout_s=0.02, patience_s=0.1) as opened:
        with (
            locked(path, "BEGIN EXCLUSIVE", for_s=0.5),
            pytest.raises(JournalError, match="locked by another program"),
        ):
            opened.runs()
        assert opened.runs() == []
    assert capsys.readouterr().err.count("It is waited for") == 2


def locked_while(desk, is_locked):
    """Return a way to record that fails while another program has the journal."""

    def record(claims, settlements):
        if is_locked():
            raise LOCKED
        desk.record(claims, settlements)

    return record


def test_delivery__locked_journal_is_waited_for():
    """While it is locked nothing new is posted; then what is known is written, and it goes on."""
    desk, told = Desk(scripted()), []
    record = locked_while(desk, lambda: 104 < desk.clock < 300)
    _, delivery = deliver(None, desk=desk, record=record, waits=lambda: told.append(desk.clock))
    assert set(desk.states.values()) == set(desk.settled.values()) == {"accepted"}
    assert (len(desk.states), posts(desk)) == (10, 10)
    assert len(told) == 1
    assert desk.clock >= 300
    assert (delivery.ending, delivery.failure) == (None, None)


def test_delivery__locked_journal_at_the_end():
    """With nothing left to do it waits for as long as it takes."""
    desk = Desk(scripted())
    record = locked_while(desk, lambda: desk.flying == [] and 100 < desk.clock < 5_000)
    _, delivery = deliver(None, desk=desk, rows=4, record=record)
    assert desk.states == {"run:1": "accepted"}
    assert desk.clock >= 5_000  # a send that is refused gives up after 600
    assert delivery.failure is None


@pytest.mark.parametrize("at", [105, 250], ids=["while rows are left", "again at the end"])
def test_delivery__locked_journal_and_a_stop(at):
    """A stop ends the wait; what could not be written is told, and the table still has it."""
    stop, desk = Stop(), Desk(scripted())

    def is_locked():
        stop.asked = int(desk.clock > at) + int(desk.clock > 1000)
        return desk.clock > 101

    _, delivery = deliver(None, desk=desk, record=locked_while(desk, is_locked), stop=stop)
    assert delivery.failure is LOCKED
    assert delivery.ending.kind == "interrupted"
    assert set(desk.settled.values()) == {"accepted"}


def test_delivery__journal_that_fails_after_it_was_locked():
    """A disk that is full is no lock, and ends the run as ever."""
    desk = Desk(scripted())

    def record(claims, settlements):
        if desk.clock > 103:
            raise LOCKED if desk.clock < 200 else JournalError("The disk is full.")
        desk.record(claims, settlements)

    _, delivery = deliver(None, desk=desk, record=record)
    assert str(delivery.failure) == "The disk is full."
    assert delivery.ending.code == "journal_failed"

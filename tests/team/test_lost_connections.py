"""The database goes away in the middle of a send: nobody twice, nothing lost, nothing unknown.

A proxy between the send and the server cuts before a piece of the conversation is handed on, or
after it but before its answer comes back. What is cut is found by the words in it: the COMMIT of a
claim and that of a settlement alone look alike on the wire, so all that a send says is cut in turn.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import threading
import time
from pathlib import Path

import pandas as pd
import postgres_server
import pytest

import smsframe
from smsframe._journal.opening import open_journal
from smsframe._journal.postgres.kept_outcomes import KeptOutcomes, waiting
from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe._send.cancellation import SendControl
from smsframe._send.run import send_plan
from smsframe.errors import JournalError

SCOPE = b"s" * 16
FINE = {"accepted"}


def check(done, texts, crowd, allowed=FINE):
    """Check that everybody had it once and nobody is unaccounted for."""
    assert set(done["sms_status"]) <= allowed
    counted = texts()
    assert counted.max() == 1
    if allowed == FINE:
        assert len(counted) == len(crowd)


def cut_commit(proxy, number, how):
    """Cut at a COMMIT, by its number in the send."""
    commits = itertools.count(1)

    def judge(piece):
        if b"COMMIT" in piece and next(commits) == number:
            return how
        return ""

    proxy.cut_at = judge


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7])
def test_send__cut_in_a_commit(proxied, send, crowd, texts, how, number):
    """A COMMIT that was lost, or whose answer was: what was claimed goes out once."""
    proxy, url = proxied
    cut_commit(proxy, number, how)
    try:
        done = send(crowd, url)
    except JournalError as error:  # it was cut before anything was claimed
        assert error.details["locked"]
        assert number < 4
        assert len(texts()) == 0
        done = send(crowd, url)
    assert proxy.cuts == 1
    check(done, texts, crowd)
    again = send(crowd, url)
    pd.testing.assert_frame_equal(done, again)


@pytest.mark.parametrize("seed", range(2))
def test_send__cut_anywhere(proxied, send, crowd, texts, seed):
    """Whatever is being said when the connection is cut, every tenth time or so."""
    proxy, url = proxied
    send(crowd.head(0), url)
    chance = random.Random(seed)
    with open_journal_of(url):
        pass
    started = threading.Event()

    def judge(piece):
        if b"INSERT INTO smsframe.batches" in piece:
            started.set()
        if started.is_set() and chance.random() < 0.05:
            return chance.choice(["before", "after"])
        return ""

    proxy.cut_at = judge
    done = send(crowd, url)
    proxy.cut_at = lambda _: ""
    assert proxy.cuts >= 1
    check(done, texts, crowd)
    pd.testing.assert_frame_equal(done, send(crowd, url))


def open_journal_of(url):
    """Open a journal by its URL."""
    from smsframe._journal.location import journal_path  # noqa: PLC0415 - for this alone

    return open_journal(journal_path(url))


@contextlib.contextmanager
def terminated(postgres, database, every_s):
    """Have the sessions of a database ended, again and again, while the block runs."""
    over = threading.Event()

    def cut():
        while not over.wait(every_s):
            postgres.cut_all(database)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=20)


def sent_at_last(send, crowd, journal):
    """Send; a send that is cut before it began says so, and is made again."""
    for _ in range(200):
        try:
            send(crowd, journal)
            break
        except JournalError as error:
            assert error.details.get("locked"), error


def test_send__whose_sessions_are_terminated(postgres, team, address, send, crowd, texts):
    """pg_terminate_backend at random moments."""
    with open_journal(address):
        pass
    with terminated(postgres, team.rpartition("/")[2], 0.03):
        sent_at_last(send, crowd, team)
    again = send(crowd, team)
    check(again, texts, crowd)


def test_send__while_the_server_restarts(tmp_path, monkeypatch, sandbox, send, crowd, texts):
    """A restart in mid run, with calls in flight: the send waits, and nothing is unknown."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres_server.folder_of_server() as folder:
        server = postgres_server.PostgresServer(folder).make()
        try:
            url = server.url(server.new_database())
            sandbox.faults.add("delay", seconds=0.15)

            def restart():
                postgres_server.until(lambda: len(sandbox.outbox()) >= 20, 30)
                server.stop("immediate")
                time.sleep(1.0)
                server.start()

            thread = threading.Thread(target=restart)
            thread.start()
            done = send(crowd, url)
            thread.join(timeout=60)
            check(done, texts, crowd)
            kept = list(waiting(smsframe._connect.journal_file(journal=url)))
            assert kept == []
            pd.testing.assert_frame_equal(done, send(crowd, url))
        finally:
            server.stop("immediate")


@pytest.fixture
def pooled(postgres, team):
    """Return the URL of the same database through a pgbouncer in transaction mode."""
    if not (shutil.which("pgbouncer") or Path("/usr/sbin/pgbouncer").exists()):
        pytest.skip("pgbouncer is not installed: a journal behind a pooler is not tested")
    with postgres_server.folder_of_server() as folder:
        folder.chmod(0o755)
        pooler = postgres_server.Pooler(postgres, folder / "pooler").start()
        yield team.replace(f":{postgres.port}/", f":{pooler.port}/")
        pooler.stop()


def test_send__behind_a_pooler(pooled, send, crowd, texts, sandbox):
    """A pgbouncer in transaction mode: sent, sent again, listed, refreshed."""
    done = send(crowd, pooled)
    check(done, texts, crowd)
    pd.testing.assert_frame_equal(done, send(crowd, pooled))
    assert len(smsframe.runs(journal=pooled)) == 1
    run = done.attrs["smsframe"]["run"]
    assert len(smsframe.results(run, journal=pooled)) == len(crowd)


def test_send__behind_a_pooler_that_loses_its_server(pooled, postgres, team, send, crowd, texts):
    """Sessions end behind the pooler while it goes on."""
    send(crowd.head(1), pooled)
    with terminated(postgres, team.rpartition("/")[2], 0.05):
        sent_at_last(send, crowd, pooled)
    check(send(crowd, pooled), texts, crowd)


def test_send__stopped_while_the_database_is_away(
    proxied, crowd, sandbox, send_settings, texts, send
):
    """What came back meanwhile is kept on this machine, and written at the next start."""
    proxy, url = proxied
    sandbox.faults.add("delay", seconds=0.2)
    with smsframe.connect(sandbox, journal=url) as client:
        client.settings = send_settings
        plan = smsframe.plan(crowd, "Hello %%n%%", program="148372", phone="mobile", client=client)
        control = SendControl(apart=True)
        failure = []

        def away():
            postgres_server.until(lambda: len(sandbox.outbox()) >= 15, 30)
            proxy.is_open = False
            proxy.cut()
            time.sleep(1.5)
            control.stop.asked += 1
            time.sleep(0.3)
            control.stop.asked += 1

        thread = threading.Thread(target=away)
        thread.start()
        try:
            send_plan(plan._data, plan._how, control)
        except JournalError as error:
            failure.append(error)
        thread.join(timeout=20)
        assert failure
        assert failure[0].details["locked"]
        kept = [outcome for _, some in waiting(client.journal_path) for outcome in some]
        assert kept
    proxy.is_open = True
    sandbox.faults.clear()
    done = send(crowd, url)
    assert list(waiting(client.journal_path)) == []
    check(done, texts, crowd)


def test_kept_outcomes__are_written_at_the_next_start(journals, address):
    """An outcome in a file of this machine is in the journal as soon as it is opened again."""
    first = journals()
    with first.sending(SCOPE):
        run = RunRecord(run_id="run", scope=SCOPE, service="s", program="1", rows=2, started_at=1.0)
        first.start_run(run)
        keys = {"keys": bytes(16), "size": 1, "claimed_at": 1.0}
        names = ("run:0001", "run:0002")
        claims = [Claim(batch_id=name, run_id="run", scope=SCOPE, **keys) for name in names]
        first.record(claims=claims)
    kept = KeptOutcomes(address, "run")
    outcome = Settlement(batch_id="run:0001", state="accepted", http_status=202, settled_at=2.0)
    never = Settlement(batch_id="run:0009", state="rejected", code="never_posted", settled_at=2.0)
    assert kept.keep([outcome, never])
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert "+1" not in kept.file.read_text()
    again = journals()
    assert [batch.state for batch in again.batches("run")] == ["accepted", "claimed"]
    assert list(waiting(address)) == []


def test_reconnect__writes_down_what_a_standby_forgot(journals, address):
    """A database that took over lacks the last moments; the live send heals them."""
    journal = journals()
    with journal.sending(SCOPE):
        run = RunRecord(run_id="run", scope=SCOPE, service="s", program="1", rows=2, started_at=1.0)
        journal.start_run(run)
        keys = {"keys": bytes(16), "size": 1, "claimed_at": 1.0}
        claims = [
            Claim(batch_id=f"run:{n:04d}", run_id="run", scope=SCOPE, **keys) for n in range(5)
        ]
        outcomes = [
            Settlement(batch_id=f"run:{n:04d}", state="accepted", settled_at=2.0) for n in range(4)
        ]
        journal.record(claims=claims[:4], settlements=outcomes)
        other = journals()
        with other._writing(moved_too=True) as db:
            for table in ("payloads", "messages", "batches", "rests", "runs", "leases"):
                db.execute(f"DELETE FROM {table}")
        journal._team.close()
        journal.record(claims=claims[4:])
        assert [batch.state for batch in other.batches("run")] == ["accepted"] * 4 + ["claimed"]
        journal._team.close()
        with other._writing(moved_too=True) as db:
            for table in ("payloads", "messages", "batches"):
                db.execute(f"DELETE FROM {table}")
        journal._latest.popitem(last=False)  # as if it were too long ago
        with pytest.raises(JournalError, match="has forgotten batches"):
            journal.record(settlements=[outcomes[0]])


def test_reconnect__to_another_journal_is_refused(journals, address):
    """A database that was put in the place of the first one does not know whom that texted."""
    journal, other = journals(), journals()
    with other._writing(moved_too=True) as db:
        db.execute("UPDATE identity SET journal = 'another'")
    journal._team.close()
    with pytest.raises(JournalError, match="another one than it was"):
        journal.runs()


def test_older_copy__is_refused(journals, address):
    """A backup that was restored does not know the last batch that this machine sent with it."""
    journal = journals()
    with journal.sending(SCOPE):
        run = RunRecord(run_id="run", scope=SCOPE, service="s", program="1", rows=2, started_at=1.0)
        journal.start_run(run)
        claim = Claim(batch_id="run:1", run_id="run", scope=SCOPE, keys=bytes(16), size=1)
        journal.record(claims=[claim])
        with journal._writing() as db:
            for table in ("payloads", "messages", "batches"):
                db.execute(f"DELETE FROM {table}")
        with pytest.raises(JournalError, match="older copy"):
            journal.mark_orphans_unknown(SCOPE)

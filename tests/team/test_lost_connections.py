"""The database goes away in the middle of a send: nobody twice, nothing lost, nothing unknown.

A proxy between the send and the server cuts before a piece of the conversation is handed on, or
after it but before its answer comes back, or after any byte of either.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time

import pandas as pd
import postgres_server
import pytest
from samples import fictional_phones

import smsframe
from smsframe._acoustic.http import Transport
from smsframe._journal.location import journal_path
from smsframe._journal.opening import open_journal
from smsframe._journal.postgres import database
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


@pytest.fixture
def claimed_first(postgres, team, monkeypatch):
    """Have each call looked up in the journal when it leaves.

    A send that goes on heals what it forgot to write, so nothing else would show it.
    """
    exchange, unclaimed, calls = Transport.exchange, [], []

    def looked_up(self, method, url, *, headers=None, body=None, **more):
        if body and b'"source"' in body:
            name = json.loads(body)["source"].removeprefix("smsframe:")
            calls.append(name)
            with postgres.connect(team.rpartition("/")[2]) as db:
                query = "SELECT 1 FROM smsframe.batches WHERE batch_id = %s AND state = 'claimed'"
                if db.execute(query, (name,)).fetchone() is None:
                    unclaimed.append(name)
        return exchange(self, method, url, headers=headers, body=body, **more)

    monkeypatch.setattr(Transport, "exchange", looked_up)
    yield
    assert calls
    assert unclaimed == []


def cut_everywhere(proxied, send, texts, way, cuts):
    """Cut small sends, each at another byte of what is said, from the first one to the last."""
    proxy, url = proxied
    with open_journal_of(url):
        pass
    before = proxy.passed[way]
    send(few(0), url)
    length = proxy.passed[way] - before
    met = 0
    for cut in range(cuts):
        proxy.cuts = 0
        proxy.cut_after(way, cut * length // cuts)
        people = few(cut + 1)
        try:
            done = send(people, url)
        except JournalError as error:  # before anything was claimed, or when all was settled
            assert error.details["locked"], error
            done = send(people, url)
        met += proxy.cuts
        assert set(done["sms_status"]) == FINE, f"{way}, byte {cut * length // cuts} of {length}"
        counted = texts()
        assert counted.max() == 1
        assert len(counted) == len(people) * (cut + 2)
        pd.testing.assert_frame_equal(done, send(people, url))
    assert met >= cuts * 0.9  # the last ones may come when all has been said


def few(number):
    """Return a frame of nine people, others for each number."""
    return pd.DataFrame({"mobile": fictional_phones(9, 9 * number), "n": range(9)})


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.usefixtures("claimed_first")
def test_send__cut_at_any_byte(proxied, send, texts, way):
    """The connection ends within a statement or its answer: all go out once, none is unknown."""
    cut_everywhere(proxied, send, texts, way, 16)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.usefixtures("claimed_first")
def test_send__cut_at_many_bytes(proxied, send, texts, way):
    """The same, closer together."""
    cut_everywhere(proxied, send, texts, way, 98)


@pytest.mark.parametrize("every", [4, 9, 14])
@pytest.mark.usefixtures("claimed_first")
def test_send__cut_again_and_again(proxied, send, crowd, texts, every):
    """The connection is cut after so many pieces of what is said, and the next one, six times."""
    proxy, url = proxied
    with open_journal_of(url):
        pass
    pieces, ways = itertools.count(), itertools.cycle(["before", "after"])

    def judge(piece):
        if begun.is_set() or b"claim_batch" in piece:
            begun.set()
            is_cut = proxy.cuts < 6 and next(pieces) % every == 0
            return next(ways) if is_cut else ""
        return ""

    begun = threading.Event()
    proxy.cut_at = judge
    done = send(crowd, url)
    proxy.cut_at = lambda _: ""
    assert proxy.cuts >= 3
    check(done, texts, crowd)
    pd.testing.assert_frame_equal(done, send(crowd, url))


def open_journal_of(url):
    """Open a journal by its URL."""
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
            return send(crowd, journal)
        except JournalError as error:
            assert error.details.get("locked"), error
    raise AssertionError("it never began")


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


def test_server__that_stands_still_is_away(journals, monkeypatch):
    """A hung server or pooler answers nothing and closes nothing: a stop would be asked in vain."""
    journal = journals()
    monkeypatch.setattr(database, "LONGEST_SILENCE_S", 0.3)
    with (
        pytest.raises(JournalError, match="did not answer in time") as caught,
        journal._reading() as db,
    ):
        db.execute("SELECT pg_sleep(30)").fetchone()
    assert caught.value.details["locked"]
    assert journal.batches("run") == []  # over another connection


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


def test_kept_outcomes__find_their_journal_by_any_address(postgres, journals, address):
    """They were kept behind a pooler, or under a service's name; another journal leaves them."""
    first = journals()
    with first.sending(SCOPE):
        run = RunRecord(run_id="run", scope=SCOPE, service="s", program="1", rows=2, started_at=1.0)
        first.start_run(run)
        first.record(
            claims=[Claim(batch_id="run:0001", run_id="run", scope=SCOPE, keys=bytes(16), size=1)]
        )
    elsewhere = journal_path(str(address).replace("127.0.0.1", "localhost"))
    never = Settlement(batch_id="run:0001", state="rejected", code="never_posted", settled_at=2.0)
    assert KeptOutcomes(elsewhere, "run").keep([never])
    open_journal(journal_path(postgres.url(postgres.new_database()))).close()
    assert [batch.state for batch in journals().batches("run")] == ["rejected"]
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

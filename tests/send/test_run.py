"""Plan → claim → post → settle, against the sandbox: refusals, waiting, counts, locks, disks."""

from __future__ import annotations

import functools
import math
import os
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from email.utils import formatdate
from pathlib import Path

import pandas as pd
import pytest
from samples import QUICK, TEXT, make_people, send
from simulation.kernel import Kernel
from simulation.story import PHONES, Call, plan_of
from simulation.world import World
from waiting import until

import smsframe
from smsframe._base.worker_pool import Backoff
from smsframe._journal import opening
from smsframe._journal.store import Journal
from smsframe.errors import CampaignBusyError, ConfigurationError, InputError, JournalError


@pytest.fixture
def send_settings():
    """Make twenty people five batches, and waiting short."""
    return QUICK


def posts(sandbox):
    """Count the send calls that the sandbox has seen."""
    return int(sandbox.requests()["path"].str.endswith("/sends").sum())


def reasons(results):
    """Give the reasons by status."""
    failed = results.dropna(subset="sms_code")
    return {(row.sms_status, row.sms_code) for row in failed.itertuples()}


# -- refusals


def deny(sandbox):
    """Switch SMS off for the organization."""
    sandbox.switches.organization = False


REFUSALS = {
    "program inactive": (None, {"program": "148373"}, "program_inactive", "programs()"),
    "tag unknown": (None, {"text": "Hi %%Nobody%%."}, "wrong_tags", "spelling"),
    "forbidden": (deny, {}, "forbidden", "administrator"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_refusal__about_the_run(sandbox, client, refusal):
    """A wrong program, text or right costs one call; every other row says why it did not go out."""
    prepare, options, code, fix = REFUSALS[refusal]
    if prepare:
        prepare(sandbox)
    with pytest.warns(smsframe.IncompleteSendWarning, match="20 messages did not go out"):
        results = send(make_people(20), **options)
    assert posts(sandbox) == 1
    assert reasons(results) == {("rejected", code), ("not_attempted", code)}
    assert results["sms_status"].tolist() == ["rejected"] * 4 + ["not_attempted"] * 16
    assert results["sms_error"].str.contains(fix, regex=False).all()
    assert results["sms_batch"].notna().sum() == 4


def test_refusal__fixed_and_run_again(sandbox, client):
    """What was refused goes out once the cause is fixed."""
    sandbox.switches.user = False
    with pytest.warns(smsframe.IncompleteSendWarning):
        send(make_people(20))
    sandbox.switches.user = True
    assert set(send(make_people(20))["sms_status"]) == {"accepted"}
    assert len(sandbox.outbox()) == 20


def test_refusal__of_the_credentials(sandbox, client, recwarn):
    """Refused credentials cost no send call at all."""
    sandbox.faults.add("status", status=400, path="token")
    results = send(make_people(8))
    assert posts(sandbox) == 0
    assert reasons(results) == {("rejected", "access_denied"), ("not_attempted", "access_denied")}


def test_refusal__of_single_contacts(tmp_path):
    """The batch is halved until the refused rows stand alone; everybody else is accepted."""
    world = World(1)
    world.service.refused_contacts = frozenset(PHONES[n][1:] for n in (2, 9))
    kernel = Kernel(world, tmp_path / "journal.sqlite3")
    results = kernel.send(plan_of(Call(frame="all")), batch_size=12)
    verdicts = results["sms_status"].tolist()
    assert [n for n, verdict in enumerate(verdicts) if verdict == "rejected"] == [2, 9]
    assert verdicts.count("accepted") == len(world.service.outbox) == 10
    assert world.service.posts <= 1 + 2 * (2 * math.log2(12) + 2)
    assert results["sms_error"].dropna().str.contains("Fill in the phone number").all()
    world.disk.close()


# -- waiting


@pytest.mark.parametrize("header", ["seconds", "date"])
def test_busy__retry_after(sandbox, client, monkeypatch, header):
    """The wait that the service asks for is what the next attempt waits for."""
    waits = []
    monkeypatch.setattr(Backoff, "wait_s", _noting(waits))
    value = 3 if header == "seconds" else formatdate(time.time() + 4, usegmt=True)
    sandbox.faults.add("too_many", on=1, retry_after=value)
    assert set(send(make_people(8))["sms_status"]) == {"accepted"}
    assert len(waits) == 1
    assert waits[0] == 3 if header == "seconds" else 0 < waits[0] <= 4


def test_busy__retry_after_beyond_the_patience(sandbox, client):
    """A service that asks to be left alone until the year 9999 is, and its time is told."""
    sandbox.faults.add("too_many", on=1, retry_after="Fri, 31 Dec 9999 23:59:59 GMT")
    with pytest.warns(smsframe.IncompleteSendWarning, match="until 9999-12-31 23:59 UTC"):
        results = send(make_people(8))
    assert set(results["sms_status"]) == {"not_attempted"}
    assert set(results["sms_code"]) == {"busy"}
    assert len(sandbox.requests()) == 2


def _noting(waits):
    """Note what the service asks for, and do not wait."""

    def wait_s(self, attempts, asked_s):
        waits.append(asked_s)
        return 0.0

    return wait_s


def test_busy__never_more_in_flight_than_allowed(sandbox, client):
    """However many batches there are, no more calls are in flight than the client allows."""
    sandbox.settings.latency_s = 0.01
    with smsframe.connect(sandbox, max_in_flight=3) as narrow:
        narrow.settings = QUICK
        send(make_people(60), client=narrow)
    assert sandbox.requests()["in_flight"].max() <= 3
    assert len(sandbox.outbox()) == 60


def test_busy__a_colleague_takes_the_places(sandbox, client):
    """With fewer places than workers refused calls are repeated, and everybody gets one text."""
    sandbox.settings.max_in_flight, sandbox.settings.latency_s = 2, 0.01
    sandbox.settings.retry_after = 0
    results = send(make_people(60))
    assert set(results["sms_status"]) == {"accepted"}
    assert len(sandbox.outbox()) == 60
    assert (sandbox.requests()["status"] == 429).any()


def test_unreachable__nothing_attempted(sandbox, client):
    """A service that is not there leaves every row not attempted, and the next call sends all."""
    people, address = make_people(20), sandbox.base_url
    sandbox.stop()
    with pytest.warns(smsframe.IncompleteSendWarning, match="network"):
        results = send(people)
    assert reasons(results) == {("not_attempted", "no_connection")}
    sandbox._port = int(address.rsplit(":", 1)[1])
    sandbox.start()
    assert set(send(people)["sms_status"]) == {"accepted"}
    assert len(sandbox.outbox()) == 20


# -- counts and reports


@pytest.mark.parametrize("confirm", [0, 19, 21])
def test_confirm__another_number(sandbox, client, confirm):
    """Nothing is sent unless exactly as many messages would go out as were confirmed."""
    with pytest.raises(InputError, match="20 messages would go out now") as caught:
        send(make_people(20), confirm=confirm)
    assert caught.value.details["would_send"] == 20
    assert posts(sandbox) == 0


def test_confirm__counts_what_is_left(sandbox, client):
    """Confirmed is what would go out now, not what the frame holds."""
    people = make_people(20)
    send(people[:15], confirm=15)
    with pytest.raises(InputError, match=r"5 messages would .* \(of 20 in the plan, 15 were acc"):
        send(people, confirm=20)
    send(people, confirm=5)
    assert len(sandbox.outbox()) == 20
    send(people, confirm=0)
    send(people, confirm=20)
    assert len(sandbox.outbox()) == 20


@pytest.mark.filterwarnings("ignore::smsframe.UnknownOutcomeWarning")
def test_confirm__does_not_count_what_is_sent_again(sandbox, client):
    """Unknown messages are told of as held back, but not where they were to be sent again."""
    sandbox.faults.add("drop_after", on=2)
    send(make_people(8))
    people = make_people(20)
    with pytest.raises(InputError, match=r"12 messages .*4 were accepted before, 4 .*unknown"):
        send(people, confirm=20)
    with pytest.raises(InputError, match="16 messages would go out now") as caught:
        send(people, confirm=20, resend_unknown=True)
    assert "4 were accepted before" in str(caught.value)
    assert "unknown" not in str(caught.value)
    assert posts(sandbox) == 2


def test_history__of_a_plan(sandbox, client):
    """A plan knows, read only, what its campaign has had and what is left."""
    plan = smsframe.plan(make_people(20), TEXT, program="148372", phone="mobile")
    assert (plan.history.accepted, plan.history.unknown, plan.history.left) == (0, 0, 20)
    assert not client.journal_path.exists()
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        send(make_people(8))
    assert (plan.history.accepted, plan.history.unknown, plan.history.left) == (4, 4, 12)
    assert "4 of these messages accepted" in repr(plan)


def test_unknown__warned_of_each_time(sandbox, client):
    """Lost answers are told by a warning of their own, also when nothing was sent this time."""
    sandbox.faults.add("drop_after", on=1)
    for _ in range(2):
        with pytest.warns(smsframe.UnknownOutcomeWarning, match="4 messages may or may not"):
            results = send(make_people(4))
    assert reasons(results) == {("unknown", "answer_lost")}
    assert results["sms_error"].str.contains("reconcile").all()


def test_first_batch__goes_alone(sandbox, client):
    """Nothing else is in flight until the first batch was answered."""
    sandbox.settings.latency_s = 0.02
    send(make_people(40))
    calls = sandbox.requests().query("method == 'POST' and contacts > 0").sort_values("at")
    answered = calls["at"].iloc[0] + pd.Timedelta(seconds=calls["seconds"].iloc[0])
    assert (calls["at"].iloc[1:] >= answered - pd.Timedelta(milliseconds=2)).all()


def test_source__names_run_and_batch(sandbox, client):
    """Every call says which run and batch it was, after the source that was given."""
    results = send(make_people(8), source="spring")
    batches = results["sms_batch"].unique().tolist()
    assert sandbox.outbox()["source"].unique().tolist() == [f"spring smsframe:{b}" for b in batches]


@pytest.mark.parametrize("frame", [make_people(0), make_people(2).assign(mobile="n/a")])
def test_nobody_to_send_to(sandbox, client, frame):
    """Without anybody to send to there is no call, no run and no journal."""
    results = send(frame)
    assert set(results["sms_status"]) <= {"invalid"}
    assert posts(sandbox) == 0
    assert not client.journal_path.exists()


def test_no_client(people):
    """Without a client nothing can be sent, and the fix is named."""
    with pytest.raises(ConfigurationError, match=r"connect\("):
        send(people)


def test_progress__fault_of_the_callers(sandbox, client):
    """A progress function that raises stops the run; what is in flight is settled and kept."""

    def progress(done):
        if done.accepted >= 8:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send(make_people(60), progress=progress)
    table, out = smsframe.last_results(), set(sandbox.outbox()["to"])
    assert set(table["sms_status"]) == {"accepted", "not_attempted"}
    assert set(table[table["sms_status"] == "accepted"]["sms_contact"]) == out
    assert table["sms_code"].notna().sum() == 60 - len(out)
    assert set(send(make_people(60))["sms_status"]) == {"accepted"}
    assert len(sandbox.outbox()) == 60


# -- two kernels

HOLDER = """
import sys, smsframe
from samples import make_people, send
from smsframe.sandbox.room import CREDENTIALS
smsframe.connect(base_url=sys.argv[1], **CREDENTIALS)
send(make_people(3))
"""


@pytest.fixture
def other_kernel(sandbox, client):
    """Have another process send the same campaign, and wait for an answer that does not come."""
    sandbox.faults.add("hang", on=1)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "ignore", "-c", HOLDER, sandbox.base_url]
    with subprocess.Popen(command, env=environment) as process:
        until(lambda: posts(sandbox) or process.poll() is not None)
        assert process.poll() is None
        yield process
        process.kill()


def test_two_kernels(sandbox, other_kernel):
    """The second is told who, since when; another campaign goes on; the dead hold no lock."""
    with pytest.raises(CampaignBusyError, match=f"Process {other_kernel.pid} ") as caught:
        send(make_people(3))
    assert caught.value.details["pid"] == other_kernel.pid
    assert 0 <= time.time() - caught.value.details["since"] < 60
    assert "Wait until that one is done" in str(caught.value)
    assert posts(sandbox) == 1

    assert set(send(make_people(3), "Hello.")["sms_status"]) == {"accepted"}

    plan = smsframe.plan(make_people(3), TEXT, program="148372", phone="mobile")
    threading.Timer(0.3, other_kernel.kill).start()
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        results = plan.send(wait_s=20.0, progress=False)
    assert reasons(results) == {("unknown", "sender_died")}
    assert not sandbox.outbox().duplicated(["to", "text"]).any()


# -- disks


@pytest.fixture
def room(client):
    """Make the journal's directory."""
    client.journal_path.parent.mkdir(parents=True, exist_ok=True)
    return client.journal_path


def damaged(path, monkeypatch):
    """Write over the middle of a journal."""
    Journal(path).close()
    path.write_bytes(path.read_bytes()[:100] + b"x" * 20_000)


def no_journal(path, monkeypatch):
    """Put another file in its place."""
    path.write_bytes(b"name,phone\n" * 200)


def directory(path, monkeypatch):
    """Put a directory in its place."""
    path.mkdir()


def locked(path, monkeypatch):
    """Have another program hold it."""
    Journal(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(opening, "Journal", lambda path, **_: Journal(path, busy_timeout_s=0.05))
    return other


class FullDisk:
    """A connection on a disk that is full from the n-th commit on."""

    def __init__(self, path, *, commits, **options):
        self.db, self.left = sqlite3.connect(path, **options), commits

    def __getattr__(self, name):
        return getattr(self.db, name)

    def execute(self, statement, values=()):
        """Fail to begin when there is no room left."""
        if statement == "BEGIN IMMEDIATE":
            self.left -= 1
            if self.left < 0:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
                raise error
        return self.db.execute(statement, values)


def full(path, monkeypatch, commits=0):
    """Fill the disk."""

    def connect(path, **options):
        return FullDisk(path, commits=commits, **options)

    Journal(path).close()
    monkeypatch.setattr(opening, "Journal", functools.partial(Journal, connect=connect))


def read_only(path, monkeypatch):
    """Take the right to write away, as the system would."""
    Journal(path).close()

    def connect(path, **options):
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, **options)

    monkeypatch.setattr(opening, "Journal", functools.partial(Journal, connect=connect))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(damaged, "damaged", id="damaged"),
        pytest.param(no_journal, "no smsframe journal", id="another file"),
        pytest.param(directory, "directory or device", id="a directory"),
        pytest.param(locked, "locked by another program", id="locked"),
        pytest.param(full, "disk is full", id="full disk"),
        pytest.param(read_only, "read-only", id="read-only"),
    ],
)
def test_journal_fault__before_anything_is_sent(sandbox, room, monkeypatch, fault, words):
    """A journal that cannot be kept is a clear error, and not one call is made."""
    held = fault(room, monkeypatch)
    with pytest.raises(JournalError, match=words):
        send(make_people(20))
    assert len(sandbox.requests()) == 0
    if held is not None:
        held.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place nobody may write to")
def test_journal_fault__directory_that_may_not_be_written_to(sandbox):
    """A directory that may not be written to, by root either, is a clear error, and no call."""
    client = smsframe.connect(sandbox, journal="/proc/self/journal.sqlite3")
    client.settings = QUICK
    with client, pytest.raises(JournalError, match="/proc/self"):
        send(make_people(20), client=client)
    assert len(sandbox.requests()) == 0


@pytest.mark.parametrize("commits", [1, 2, 3, 4, 6])
def test_journal_fault__in_mid_run(sandbox, room, monkeypatch, commits):
    """In flight is settled in the table, the rest says why, and again nobody is texted twice."""
    people, narrow = make_people(40), smsframe.connect(sandbox, max_in_flight=2)
    narrow.settings = QUICK
    with monkeypatch.context() as patch:
        full(room, patch, commits=commits)
        with pytest.raises(JournalError, match="disk is full"):
            send(people)
    table, out = smsframe.last_results(), set(sandbox.outbox()["to"])
    if commits >= 2:
        assert len(table) == 40
        assert set(table[table["sms_status"] == "accepted"]["sms_contact"]) == out
        assert set(table.dropna(subset="sms_code")["sms_code"]) == {"journal_failed"}
        assert table["sms_code"].notna().sum() == 40 - len(out)
    again = _quietly(people)
    assert set(again["sms_status"]) <= {"accepted", "unknown"}
    assert not sandbox.outbox()["to"].duplicated().any()
    assert set(again[again["sms_status"] == "accepted"]["sms_contact"]) <= _out(sandbox)
    assert out <= _out(sandbox)
    narrow.close()


def stopped_by_key(_):
    """Press ■."""
    raise KeyboardInterrupt


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("progress", "error", "ending"),
    [
        pytest.param(lambda _: 1 / 0, ZeroDivisionError, "failed", id="fault"),
        pytest.param(stopped_by_key, KeyboardInterrupt, "interrupted", id="stop"),
    ],
)
def test_progress__that_raises_before_the_first_call(sandbox, progress, error, ending):
    """The run is ended in the journal and in a table of its own, and nothing was sent."""
    send(make_people(2), "Before.")
    with pytest.raises(error):
        send(make_people(3), progress=progress)
    table = smsframe.last_results()
    assert table["sms_status"].tolist() == ["not_attempted"] * 3
    assert set(table["sms_code"]) == {ending}
    assert smsframe.runs()["ending"].iloc[0] == ending
    assert len(sandbox.outbox()) == 2


def _out(sandbox):
    """Give everybody who got a text."""
    return set(sandbox.outbox()["to"])


def _quietly(people):
    """Send without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.SmsframeWarning)
        return send(people)


def test_journal__has_every_batch_settled(sandbox, client):
    """After a good run nothing is claimed any more, and the run has ended."""
    results = send(make_people(20))
    run_id = results.attrs["smsframe"]["run"]
    with Journal(client.journal_path) as journal:
        run = journal.run(run_id)
        assert run.ending == "done"
        assert run.rows == 20
        assert journal.counts(run_id)["accepted"] == 20
        assert [batch.state for batch in journal.batches(run_id)] == ["accepted"] * 5
    assert Path(client.journal_path).stat().st_mode & 0o777 == 0o600


def test_confirm__is_right_again_when_the_cell_is_run_again(sandbox, client):
    """What was confirmed and has gone out needs no other number; more than that never was right."""
    frame = make_people(3)
    first = send(frame, confirm=3)
    pd.testing.assert_frame_equal(first, send(frame, confirm=3))
    assert len(sandbox.outbox()) == 3
    with pytest.raises(smsframe.InputError, match="confirm=4"):
        send(frame, confirm=4)


# -- what is said when there is nothing to send, and when nothing is to be sent


def test_dry_run__knows_what_went_out_before(sandbox, client):
    """A dry run shows earlier messages as they were, the others as planned, and sends nothing."""
    first = send(make_people(3), limit=1)
    dry = send(make_people(3), dry_run=True)
    assert dry["sms_status"].tolist() == ["accepted", "planned", "planned"]
    assert dry["sms_response_id"][0] == first["sms_response_id"][0]
    assert posts(sandbox) == 1


@pytest.mark.filterwarnings("ignore::smsframe.UnknownOutcomeWarning")
def test_nothing_new__where_some_are_unknown(sandbox, client, capsys):
    """With unknown messages among them it does not say that all were accepted."""
    sandbox.faults.add("drop_after", on=1)
    send(make_people(8))
    send(make_people(8), progress=None)
    out = capsys.readouterr().out
    assert out == "Nothing was sent: 4 accepted · 4 unknown.\n"
    assert posts(sandbox) == 2

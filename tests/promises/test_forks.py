"""Forked, spawned and served processes: each sends with connections, locks and a token of its own.

A child that is forked begins with copies of its parent's sockets, locks and locked files. Whatever
it does with them must not be felt by the parent: an answer read by the wrong process calls texted
people refused, a lock released by the wrong one lets two send at once.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import select
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pandas as pd
import pytest
from samples import fictional_phones
from waiting import until

import smsframe
from smsframe._base import forks
from smsframe._base.send_settings import SendSettings
from smsframe._journal.lock import campaign_lock
from smsframe._journal.store import Journal
from smsframe._phones import walk_columns
from smsframe.errors import CampaignBusyError
from smsframe.sandbox import state

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]
SCOPE = b"0123456789abcdef"


def child(work):
    """Fork a child that works and tells what came of it; return what reads that."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            told = {"is": work()}
        except BaseException as error:  # noqa: BLE001 - told to the parent
            told = {"error": f"{type(error).__name__}: {error}"}
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)

    def told():
        ready, _, _ = select.select([reading], [], [], 30)
        assert ready, "the child hangs"
        answer = json.loads(os.read(reading, 65_536) or b"{}")
        os.close(reading)
        os.waitpid(pid, 0)
        return answer.get("is", answer)

    return told


def send(program="148372", text="Hi", rows=3, **options):
    """Send to a few people; return their statuses."""
    people = pd.DataFrame({"mobile": fictional_phones(rows)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = smsframe.send(
            people, text, program=program, phone="mobile", **{"progress": False, **options}
        )
    return sorted(set(table["sms_status"]))


def test_fork__each_process_reads_its_own_answers(sandbox, client):
    """Two children of one client, one of them refused: each learns of its own call."""
    send(rows=1)
    sandbox.settings.latency_s = 0.2
    good = child(lambda: send(text="To this one"))
    bad = child(lambda: send("148373", "To that one"))
    assert (good(), bad()) == (["accepted"], ["rejected"])
    assert len(sandbox.outbox()) == 1 + 3
    sandbox.settings.latency_s = 0.0
    assert send(text="Afterwards") == ["accepted"]


def test_fork__child_has_a_token_of_its_own(client):
    """A child fetches a token; its parent's stays as it is, also when a thread holds the lock."""
    client._tokens.token()
    with client._tokens._lock, smsframe._acoustic.client._state_lock:
        found = child(lambda: [client._tokens._token is None, len(client._tokens.token()) > 8])
        assert found() == [True, True]
    assert client._tokens._token is not None


def test_fork__child_leaves_calls_of_its_parent_alone(sandbox, client):
    """A child that aborts, closes and leaves does not touch the call under way in its parent."""
    sandbox.settings.latency_s = 0.5
    told = []
    thread = threading.Thread(target=lambda: told.extend(send()))
    thread.start()
    until(lambda: client._transport._under_way)

    def leave():
        client.abort()
        client.close()
        sandbox.stop()
        return "left"

    assert child(leave)() == "left"
    thread.join(30)
    assert told == ["accepted"]
    assert send(text="Still there") == ["accepted"]


@pytest.mark.parametrize("times", range(5))
def test_fork__while_a_send_runs_in_a_thread(sandbox, client, times):
    """Children forked in the midst of a send do sends of their own, with the same journal."""
    client.settings = SendSettings(batch_size=5)
    told = []
    thread = threading.Thread(target=lambda: told.extend(send(rows=60)))
    thread.start()
    time.sleep(0.003 * times)
    children = [child(lambda n=n: send(text=f"Child {n}")) for n in range(3)]
    assert [finished() for finished in children] == [["accepted"]] * 3
    thread.join(30)
    assert told == ["accepted"]
    assert sandbox.outbox()["text"].value_counts().to_dict() == {
        "Hi": 60, "Child 0": 3, "Child 1": 3, "Child 2": 3
    }  # fmt: skip


def test_fork__the_same_campaign_is_busy_in_the_child(sandbox, client):
    """What the parent is sending the child does not send as well."""
    sandbox.settings.latency_s = 0.5
    told = []
    thread = threading.Thread(target=lambda: told.extend(send()))
    thread.start()
    until(lambda: client._transport._under_way)
    answer = child(send)()
    thread.join(30)
    assert answer["error"].startswith(f"CampaignBusyError: Process {os.getpid()} on ")
    assert told == ["accepted"]
    assert len(sandbox.outbox()) == 3


def test_fork__in_a_progress_function(sandbox, tmp_path):
    """A child forked by the progress function has no part in the send, and leaves as it likes."""
    sender = textwrap.dedent(f"""
        import os, sys, warnings
        import pandas as pd, smsframe
        from smsframe._base.send_settings import SendSettings
        warnings.simplefilter("ignore")
        def tell(*words):  # a line of its own in one piece: print() may write word by word
            os.write(1, ("\\n" + " ".join(map(str, words)) + "\\n").encode())
        client = smsframe.connect(
            base_url={sandbox.base_url!r}, journal={str(tmp_path / "j.sqlite3")!r},
            **{dict(sandbox.credentials)!r})
        client.settings = SendSettings(batch_size=1)
        people = pd.DataFrame({{"mobile": {fictional_phones(6)!r}}})
        parent = os.getpid()
        for text in ("goes on", "leaves"):
            forked = []
            def progress(seen):
                if seen.done == 2 and not forked:
                    forked.append(os.fork())
                if os.getpid() != parent and text == "leaves":
                    sys.exit(7)
            try:
                table = people.sms.send(text, program="148372", phone="mobile", progress=progress)
                tell(text, "sent", sorted(set(table["sms_status"])))
            except smsframe.CampaignBusyError as error:
                tell(text, "busy", str(error).split(".")[0])
            if os.getpid() != parent:
                sys.exit(0)
            tell(text, os.waitstatus_to_exitcode(os.waitpid(forked[0], 0)[1]))
    """)
    done = subprocess.run(
        [sys.executable, "-c", sender], capture_output=True, text=True, timeout=60, check=False
    )
    texts = ("goes on", "leaves")
    lines = sorted(line for line in done.stdout.splitlines() if line.startswith(texts))
    for text, code in (("goes on", 0), ("leaves", 7)):
        assert f"{text} sent ['accepted']" in lines, done.stderr
        assert f"{text} {code}" in lines
    assert len(lines) == 5
    assert "goes on with this send" in lines[1]
    assert sandbox.outbox()["text"].value_counts().to_dict() == {"goes on": 6, "leaves": 6}
    with Journal(tmp_path / "j.sqlite3") as journal:
        for run in journal.runs():
            states = [batch.state for batch in journal.batches(run.run_id)]
            assert states == ["accepted"] * 6


def work_elsewhere(address, credentials, journal):
    """Send in another process, however it was begun, and leave by an exit."""
    smsframe.connect(base_url=address, journal=journal, **credentials)
    statuses = send(text=f"By {multiprocessing.current_process().name}")
    sys.exit(0 if statuses == ["accepted"] else 1)


@pytest.mark.parametrize(
    ("method", "number"),
    [
        ("fork", 3),
        ("spawn", 1),
        ("forkserver", 1),
        pytest.param("spawn", 3, marks=pytest.mark.full),
        pytest.param("forkserver", 3, marks=pytest.mark.full),
    ],
)
def test_multiprocessing__every_way_of_beginning_a_process(sandbox, client, method, number):
    """Processes of a pool send while their parent does, with one journal."""
    context = multiprocessing.get_context(method)
    given = (sandbox.base_url, dict(sandbox.credentials), client.journal_path)
    processes = [context.Process(target=work_elsewhere, args=given) for _ in range(number)]
    for process in processes:
        process.start()
    assert send() == ["accepted"]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * number
    assert len(sandbox.outbox()) == 3 * (number + 1)


def test_fork__while_another_thread_imports():
    """A child born while a thread imports what sends can send: its modules are not locked."""
    script = textwrap.dedent("""
        import os, signal, sys, threading, time
        import smsframe
        begun = threading.Event()
        class Slow:
            def find_spec(self, name, *_):
                if name == "smsframe._send.delivery":
                    begun.set()
                    time.sleep(0.3)
        sys.meta_path.insert(0, Slow())
        threading.Thread(target=lambda: smsframe.send).start()
        assert begun.wait(30)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            smsframe.send
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"


def test_fork__while_another_thread_reads_phones(monkeypatch):
    """A child born while a thread reads phones reads phones: it does not inherit a closed lock."""
    begun, walk = threading.Event(), walk_columns._AUTOMATON.walk

    def slowly(*given):
        begun.set()
        time.sleep(0.2)
        return walk(*given)

    monkeypatch.setattr(walk_columns._AUTOMATON, "walk", slowly)
    phones = pd.Series(fictional_phones(3), dtype="string")
    thread = threading.Thread(target=phones.sms.normalize)
    thread.start()
    assert begun.wait(30)
    finished = child(lambda: len(phones.sms.normalize()))
    thread.join(30)
    assert finished() == 3


def test_client__does_not_travel(client):
    """A client that is to be pickled, for a process that is spawned, says what to do instead."""
    with pytest.raises(TypeError, match=r"Call smsframe\.connect\(\) there"):
        multiprocessing.reduction.ForkingPickler.dumps(client)


def test_lock__child_does_not_release_its_parents(tmp_path):
    """A child that leaves the block, or is tidied up, leaves the campaign to its parent."""
    path = tmp_path / "journal.sqlite3"
    other = textwrap.dedent(f"""
        import sys
        from smsframe._journal.lock import campaign_lock
        from smsframe.errors import CampaignBusyError
        for path in sys.stdin:
            try:
                with campaign_lock(path.strip(), {SCOPE!r}):
                    print("free", flush=True)
            except CampaignBusyError as error:
                print("busy", error.details["pid"], flush=True)
    """)

    def ask():
        asked.stdin.write(f"{path}\n")
        asked.stdin.flush()
        return asked.stdout.readline().strip()

    command, pipe = [sys.executable, "-c", other], subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as asked,
        contextlib.ExitStack() as lock,
    ):
        lock.enter_context(campaign_lock(path, SCOPE))
        with contextlib.ExitStack() as stack:
            stack.enter_context(campaign_lock(path, SCOPE[::-1]))
            assert child(stack.close)() is None
        assert ask() == f"busy {os.getpid()}"

        def take_it_too():
            with campaign_lock(path, SCOPE):
                return "taken"

        assert "CampaignBusyError" in child(take_it_too)()["error"]
        assert ask() == f"busy {os.getpid()}"
        lock.close()
        assert ask() == "free"


def test_lock__child_that_lives_on_does_not_keep_it(tmp_path):
    """The campaign is free when its sender is done, although a child that it forked lives on."""
    path = tmp_path / "journal.sqlite3"
    reading, writing = os.pipe()
    with campaign_lock(path, SCOPE):
        finished = child(lambda: os.read(reading, 1).decode())
    with campaign_lock(path, SCOPE):
        pass
    os.write(writing, b"x")
    assert finished() == "x"


def test_lock__a_thread_of_this_process_is_named_so(tmp_path):
    """A second send of the same process is not told of "process 123" as if it was another one."""
    with (
        campaign_lock(tmp_path / "j", SCOPE),
        pytest.raises(CampaignBusyError, match=r"^Another send of this very process") as caught,
        campaign_lock(tmp_path / "j", SCOPE),
    ):
        pass
    assert caught.value.details["pid"] == os.getpid()


def test_journal__child_neither_uses_nor_closes_it(tmp_path):
    """What the parent has open is closed by the parent; the child is told to open its own."""
    path = tmp_path / "journal.sqlite3"
    with Journal(path) as journal:
        assert "JournalError" in child(journal.runs)()["error"]
        assert child(journal.close)() is None
        assert journal.runs() == []


def test_unforked__a_fork_waits_for_its_end(tmp_path):
    """A child is never born in the middle of another thread's transaction."""
    events, begun = [], threading.Event()

    def write():
        with forks.unforked(), contextlib.closing(sqlite3.connect(tmp_path / "db")) as db:
            db.execute("BEGIN IMMEDIATE")
            begun.set()
            time.sleep(0.2)
            events.append("committed")
            db.rollback()

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(30)
    with forks.unforked():  # a thread does not wait for itself
        finished = child(lambda: list(events))
    assert finished() == ["committed"]
    thread.join(30)


def test_unforked__those_that_begin_wait_for_a_fork():
    """Threads that are inside in turn, with never a moment without one, do not put a fork off."""
    inside, is_over = [], threading.Event()

    def work():
        while not is_over.is_set():
            with forks.unforked():
                inside.append(1)
                time.sleep(0.01)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(inside) > 1)
    finished = child(lambda: len(inside))
    is_over.set()
    for thread in threads:
        thread.join(30)
    assert finished() == 0


def test_sandbox__a_fork_waits_for_a_database_being_closed():
    """A thread that collects a sandbox's world is inside SQLite, as any other that asks it."""
    begun, closed = threading.Event(), []

    class Database:
        def close(self):
            begun.set()
            time.sleep(0.2)
            closed.append("closed")

    thread = threading.Thread(target=state._close, args=(Database(), os.getpid()))
    thread.start()
    assert begun.wait(30)
    finished = child(lambda: list(closed))
    thread.join(30)
    assert finished() == ["closed"]


def test_sandbox__collecting_a_world_waits_for_nobody():
    """Garbage is collected in the midst of anything: what cannot be closed now is closed later."""
    closed = []

    class Database:
        def close(self):
            closed.append("closed")

    with state._inside():
        thread = threading.Thread(target=state._close, args=(Database(), os.getpid()))
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
        assert closed == []
    with state._inside():
        assert closed == ["closed"]

"""Ten places in flight for an address, shared by threads, clients and processes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from samples import fictional_phones
from waiting import until

from smsframe._acoustic import in_flight
from smsframe._acoustic.http import NotConnectedError
from smsframe._acoustic.in_flight import Sender, place
from smsframe._base.send_settings import SendSettings

URL = "https://api-campaign-us-1.goacoustic.com"
HOLDER = textwrap.dedent("""
    import contextlib, pathlib, sys, threading
    from smsframe._acoustic.in_flight import Sender, place
    sender = Sender(object(), 10, sys.argv[2], pathlib.Path(sys.argv[1]))
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(place(sender))
        print("held", flush=True)
        for line in sys.stdin:
            if line.strip() == "kill": import os, signal; os.kill(os.getpid(), signal.SIGKILL)
            stack.pop_all().close()
            print("given", flush=True)
""")


@pytest.fixture
def journal(tmp_path):
    """Name a journal, which need not be there."""
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def elsewhere(journal):
    """Run another process that holds all places until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(journal), URL],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


class Calls:
    """Calls that take a moment, and how many were under way at a time."""

    def __init__(self):
        self.lock, self.now, self.most = threading.Lock(), Counter(), Counter()
        self.done = Counter()

    def make(self, sender, name, seconds=0.01):
        """Make one call."""
        with place(sender):
            with self.lock:
                for key in (name, "all"):
                    self.now[key] += 1
                    self.most[key] = max(self.most[key], self.now[key])
            time.sleep(seconds)
            with self.lock:
                self.done[name] += 1
                for key in (name, "all"):
                    self.now[key] -= 1

    def run(self, senders, each=40, threads=10):
        """Let senders make calls from many threads, until the first of them is done."""
        ended = threading.Event()

        def work(name, sender):
            for _ in range(each):
                if ended.is_set():
                    return
                self.make(sender, name)
            ended.set()

        running = [
            threading.Thread(target=work, args=item)
            for item in enumerate(senders)
            for _ in range(threads)
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(60)


def test_place__senders_of_one_client_have_equal_parts(journal):
    """Five sends of one client make ten calls at a time, two each."""
    calls, client = Calls(), object()
    calls.run([Sender(client, 10, URL, journal) for _ in range(5)])
    assert calls.most["all"] == 10
    assert min(calls.done[n] for n in range(5)) >= 0.5 * max(calls.done[n] for n in range(5))


def test_place__clients_share_an_address_however_it_is_spelled(journal, tmp_path):
    """Two clients, two journals, two spellings: ten calls at a time together."""
    calls = Calls()
    calls.run(
        [
            Sender(object(), 10, URL, journal),
            Sender(object(), 10, "https://API-campaign-us-1.goacoustic.com.:443", tmp_path / "b"),
        ]
    )
    assert calls.most["all"] == 10
    other = Sender(object(), 10, "https://api-campaign-eu-1.goacoustic.com", tmp_path / "c")
    with place(Sender(object(), 1, URL, journal)), place(other):
        pass


def test_place__limit_of_a_client_bounds_all_its_senders(journal):
    """Three sends through one client with max_in_flight=3 make three calls at a time."""
    calls, client = Calls(), object()
    calls.run([Sender(client, 3, URL, journal) for _ in range(3)], each=20)
    assert calls.most["all"] == 3


def test_place__newcomer_comes_next(journal):
    """Who has nothing in flight does not wait behind a hundred calls of somebody else."""
    calls, client = Calls(), object()
    busy = Sender(client, 10, URL, journal)
    crowd = [threading.Thread(target=calls.make, args=(busy, "busy", 0.05)) for _ in range(100)]
    for thread in crowd:
        thread.start()
    while calls.now["all"] < 10:
        time.sleep(0.001)
    before = calls.done["busy"]  # a busy machine comes here late
    calls.make(Sender(object(), 10, URL, journal), "new")
    assert calls.done["busy"] - before <= 30
    for thread in crowd:
        thread.join()


def test_place__held_by_another_process(elsewhere, journal):
    """All ten are held elsewhere; given back they are ours within a moment."""
    sender, taken = Sender(object(), 10, URL, journal), threading.Event()

    def take():
        with place(sender):
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert not taken.wait(0.3)
    elsewhere.stdin.write("give\n")
    elsewhere.stdin.flush()
    assert taken.wait(2.0)
    thread.join()


def test_place__of_a_process_that_was_killed(elsewhere, journal):
    """The places of a dead holder are free at once."""
    elsewhere.stdin.write("kill\n")
    elsewhere.stdin.flush()
    elsewhere.wait()
    started = time.monotonic()
    with place(Sender(object(), 10, URL, journal)):
        assert time.monotonic() - started < 5  # kept, they would be waited for without an end


def test_place__part_of_a_process(journal):
    """With a second sender seated elsewhere a process takes five places, alone again all ten."""
    pool = in_flight._Pool(journal, "x")
    elsewhere = in_flight._Pool(journal, "x")
    ours, theirs = (Sender(object(), 10, URL, journal) for _ in range(2))
    pool.join(ours)
    assert pool._count(time.monotonic()) == 10
    elsewhere.join(theirs)
    assert pool._count(time.monotonic() + 1) == 5
    assert [pool.take() is not None for _ in range(6)] == [True] * 5 + [False]
    assert [elsewhere.take() is not None for _ in range(6)] == [True] * 5 + [False]
    elsewhere.leave(theirs)
    assert pool._count(time.monotonic() + 2) == 10
    for each in (pool, elsewhere):
        each.close()


def test_place__is_kept_by_who_is_alone(journal):
    """A seated sender alone keeps ten locks; who comes has five of them at its next look."""
    pool = in_flight._Pool(journal, "x")
    elsewhere = in_flight._Pool(journal, "x")
    ours, theirs = (Sender(object(), 10, URL, journal) for _ in range(2))
    pool.stay(ours)
    for number in [pool.take() for _ in range(10)][2:]:
        pool.give(number)
    elsewhere.stay(theirs)
    assert elsewhere.take() is None
    pool._counted_at -= 1
    pool.look_around()
    assert [elsewhere.take() is not None for _ in range(6)] == [True] * 5 + [False]
    assert [pool.take() is not None for _ in range(4)] == [True] * 3 + [False]
    for each in (pool, elsewhere):
        each.close()


def test_seated__gives_everything_back(journal):
    """After the block, however it ends, no lock is held: another process can take all ten."""
    sender = Sender(object(), 10, URL, journal)
    with contextlib.suppress(KeyboardInterrupt), in_flight.seated(sender):
        with place(sender), place(sender):
            pass
        with place(sender):
            raise KeyboardInterrupt
    assert sender.address not in in_flight._lines
    other = in_flight._Pool(journal, sender.pool[1])
    other.join(Sender(object(), 10, URL, journal))
    assert [other.take() is not None for _ in range(10)] == [True] * 10
    assert other._part == 10
    other.close()


def test_send__newcomer_while_calls_take_long(sandbox, client):
    """One call of four seconds under way, nine places kept: who comes has five within a second."""
    sandbox.settings.latency_s = 0.0
    client.settings = SendSettings(batch_size=1)
    sandbox.faults.add("delay", seconds=4.0, on=12)
    people = pd.DataFrame({"mobile": fictional_phones(12)})
    thread = threading.Thread(
        target=lambda: people.sms.send("Hi", program="148372", progress=False)
    )
    thread.start()
    until(lambda: len(sandbox.outbox()) == 11)
    pool = in_flight._pools[client._new_sender().pool]
    other = in_flight._Pool(client.journal_path, pool._prefix)
    other.join(Sender(object(), 10, URL, client.journal_path))
    until(lambda: not pool._kept, seconds=1.5)
    assert thread.is_alive()
    assert sum(other.take() is not None for _ in range(10)) == 5
    thread.join(30)
    other.close()


@pytest.mark.parametrize("senders", range(1, 11))
def test_place__parts_are_all_ten_together(journal, senders):
    """However many processes send, their parts make ten, and everybody has one."""
    pools = [in_flight._Pool(journal, "x") for _ in range(senders)]
    for pool in pools:
        pool.join(Sender(object(), 10, URL, journal))
    parts = [pool._count(time.monotonic() + 1) for pool in pools]
    assert sum(parts) == 10
    assert max(parts) - min(parts) <= 1
    for pool in pools:
        pool.close()


def test_place__is_given_back_when_the_call_fails(journal):
    """Whatever the block raises, the place is free again."""
    sender = Sender(object(), 1, URL, journal)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt), place(sender):
            raise KeyboardInterrupt
    with place(sender):
        assert in_flight._lines[sender.address].used[sender] == 1
    assert sender.address not in in_flight._lines


def test_place__waiting_is_cancelled(journal):
    """A client that gives up lets nothing more leave."""
    client, failed = object(), []
    sender = Sender(client, 1, URL, journal)

    def wait():
        try:
            with place(sender):
                failed.append("left")
        except NotConnectedError:
            failed.append("given up")

    with place(sender):
        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: in_flight._lines[sender.address].waiting)
        in_flight.cancel(client)
        thread.join(30)
    assert failed == ["given up"]


@pytest.mark.parametrize("missing", ["folder", "fcntl", "permission", "no look"])
def test_place__where_nothing_can_be_shared(journal, monkeypatch, missing):
    """Without a folder, without locks or without the right, the process is on its own."""
    where = journal.parent / "not there" / "j" if missing == "folder" else journal
    if missing == "fcntl":
        monkeypatch.setattr(in_flight, "fcntl", None)
    if missing == "permission":
        (journal.parent / "journal.sqlite3.in-flight").write_text("in the way")
    if missing == "no look":  # a folder of somebody else's, as in a container

        def refused(*_, **__):
            raise PermissionError

        monkeypatch.setattr(Path, "is_dir", refused)
    calls = Calls()
    calls.run([Sender(object(), 10, URL, where)])
    assert calls.most["all"] == 10
    assert not (journal.parent / "not there").exists()


def test_send__many_threads_through_one_client(sandbox, client):
    """Six sends at a time make ten calls at a time, statuses included; none is refused."""
    client.settings = SendSettings(batch_size=2)
    sandbox.settings.latency_s = 0.02
    tables = []

    def send(number):
        people = pd.DataFrame({"mobile": fictional_phones(24)})
        table = people.sms.send(f"Hi {'abcdef'[number]}", program="148372", progress=False)
        tables.append(table.sms.refresh(progress=False))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [set(table["sms_status"]) for table in tables] == [{"sent"}] * 6
    assert sandbox.requests()["in_flight"].max() <= 10
    assert 429 not in sandbox.requests()["status"].tolist()

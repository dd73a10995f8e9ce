"""Processes that share a journal: raced, killed, put to sleep past their lease; nobody twice.

Each process pretends to be on a machine of its own, so that nothing but leases keeps them apart.
One of each runs with all tests, a few in ``make full``, many in ``make soak``.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import postgres_server
import pytest
import requests
from postgres_server import until

import smsframe

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")

PROCESSES = Path(__file__).parents[1] / "processes"
DEADLINE_S = 60.0


class Team:
    """Senders, a sandbox that is a process of its own, and a journal."""

    def __init__(self, senders, base_url, folder):
        self.senders, self.base_url, self.folder = senders, base_url, folder
        self.asked = 0

    def begin(self, campaign, machine="one", **more):
        """Have a campaign sent by a machine; return what asks for the end, and the process id."""
        self.asked += 1
        out = self.folder / f"out-{self.asked}.json"
        asked = {"campaign": campaign, "machine": machine, "out": str(out), **more}
        self.senders.stdin.write(json.dumps(asked) + "\n")
        self.senders.stdin.flush()
        return Child(int(self.senders.stdout.readline()), out)

    def texts(self, campaign):
        """Count the texts of a campaign by contact."""
        messages = requests.get(f"{self.base_url}/sandbox/outbox", timeout=20).json()
        return Counter(m["to"] for m in messages if m["text"].endswith(f"this is {campaign}."))

    def under_way(self, campaign, child, texts):
        """Wait until so many texts went out, or the sender has ended."""
        until(lambda: child.has_ended() or len(self.texts(campaign)) >= texts, DEADLINE_S)


class Child:
    """A send under way."""

    def __init__(self, pid, out):
        self.pid, self.out = pid, out

    def signal(self, number):
        """Signal the process, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def has_ended(self):
        """Tell whether it has told, or is gone."""
        return self.out.exists() or not Path(f"/proc/{self.pid}").exists()

    def told(self):
        """Return what it told at its end, None when it was killed."""
        until(self.has_ended, DEADLINE_S)
        time.sleep(0.01)
        return json.loads(self.out.read_text()) if self.out.exists() else None


@pytest.fixture(scope="module")
def base_url():
    """Run a sandbox as a process of its own, slow enough to be met under way."""
    command = [sys.executable, str(PROCESSES / "sandbox_process.py"), "0.01"]
    with started(command) as process:
        yield process.stdout.readline().strip()


@contextlib.contextmanager
def started(command, **more):
    """Run a helper until the block ends."""
    path = os.pathsep.join([str(PROCESSES.parent), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": path, **more},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)
        process.stdin.close()
        process.stdout.close()


@contextlib.contextmanager
def crew_of(journal, base_url, folder):
    """Start what sends by a team's journal."""
    command = [sys.executable, str(PROCESSES / "team_process.py"), base_url, journal]
    with started(command, XDG_DATA_HOME=str(folder / "data")) as senders:
        yield Team(senders, base_url, folder)


@pytest.fixture(scope="module")
def crew(postgres, base_url, tmp_path_factory):
    """Start what sends by a team's journal."""
    url = postgres.url(postgres.new_database())
    with crew_of(url, base_url, tmp_path_factory.mktemp("crew")) as senders:
        yield senders


@pytest.fixture
def pooled_crew(pooled, base_url, tmp_path):
    """Start what sends by a team's journal behind a pgbouncer in transaction mode."""
    with crew_of(pooled, base_url, tmp_path) as senders:
        yield senders


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Run a server that a test may stop; it promises little unless it is asked, and loses that."""
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with postgres_server.folder_of_server() as folder:
        folder.chmod(0o755)
        settings = {"synchronous_commit": "off", "wal_writer_delay": "10s", "max_connections": "60"}
        running = postgres_server.PostgresServer(folder / "server", settings=settings).make()
        try:
            yield running
        finally:
            running.stop("immediate")


@pytest.fixture
def restarted_crew(server, base_url, tmp_path):
    """Start what sends by a journal of that server, behind a pgbouncer in transaction mode."""
    with postgres_server.pooler_before(server) as port:
        url = server.url(server.new_database(), port)
        with crew_of(url, base_url, tmp_path) as senders:
            yield senders


class Rounds:
    """Campaigns that are sent one after the other, and what is found of them in the end."""

    def __init__(self, crew, kind, times, seed):
        self.crew, self.kind, self.times, self.seed = crew, kind, times, seed
        self.chance = random.Random(seed)
        self.found = Counter(rounds=0, twice=0, unaccounted=0, unknown=0)
        self._texts = {}

    def __iter__(self):
        """Name one campaign after the other; the outbox is emptied now and then."""
        for number in range(self.times):
            yield f"{self.kind} {self.seed} {number}"
            self.found["rounds"] += 1
            if number % 10 == 9:
                url = f"{self.crew.base_url}/sandbox/reset"
                requests.post(url, timeout=20).raise_for_status()
                print(self, flush=True)  # an interrupted soak says how far it came

    def __str__(self):
        found = {**self.found, "texts": sum(self._texts.values())}
        return f"{self.kind}, seed {self.seed}: {found}"

    def account(self, campaign, told, allowed=("accepted", "unknown")):
        """Hold what the last send told of all rows against what went out."""
        assert told["error"] is None, told
        texts, rows = self.crew.texts(campaign), told["rows"]
        went = {to for to, status in rows.items() if status == "accepted"}
        unknown = {to for to, status in rows.items() if status == "unknown"}
        self._texts[campaign] = sum(texts.values())
        self.found["twice"] += sum(count > 1 for count in texts.values())
        self.found["unaccounted"] += 100 - len(went) - len(unknown)
        self.found["unaccounted"] += len(went - set(texts)) + len(set(texts) - went - unknown)
        self.found["unknown"] += len(unknown)
        assert self.found["twice"] == self.found["unaccounted"] == 0, (campaign, str(self))
        assert set(rows.values()) <= set(allowed), (campaign, Counter(rows.values()))


def race(crew, times, seed):
    """Have the same campaign sent from two machines at random moments; one waits, or is told."""
    rounds = Rounds(crew, "race", times, seed)
    for campaign in rounds:
        waits = rounds.chance.choice([0.0, DEADLINE_S])
        children = [
            crew.begin(campaign, machine, wait_s=waits, delay_s=rounds.chance.uniform(0, 0.3))
            for machine in ("one", "two")
        ]
        told = [child.told() for child in children]
        assert None not in told
        busy = [one for one in told if one["error"]]
        assert all(one["error"] == "CampaignBusyError" for one in busy), busy
        assert len(busy) <= (0 if waits else 1)
        rounds.found["told busy"] += len(busy)
        for one in told:
            if not one["error"]:
                rounds.account(campaign, one, ["accepted"])
    return rounds


def kill(crew, times, seed):
    """Kill senders at random moments; another machine goes on when the lease has ended."""
    rounds = Rounds(crew, "kill", times, seed)
    for campaign in rounds:
        first = crew.begin(campaign, "one", lease_s=1.0)
        crew.under_way(campaign, first, rounds.chance.randrange(70))
        first.signal(signal.SIGKILL)
        rounds.found["killed under way"] += first.told() is None
        machine = rounds.chance.choice(["one", "two"])
        rounds.account(campaign, crew.begin(campaign, machine, wait_s=DEADLINE_S).told())
    return rounds


def sleep_past_the_lease(crew, times, seed):
    """Stop a sender past its lease, have another machine go on, and wake the first one."""
    rounds = Rounds(crew, "sleep", times, seed)
    for campaign in rounds:
        first = crew.begin(campaign, "one", lease_s=0.6)
        crew.under_way(campaign, first, rounds.chance.randrange(5, 60))
        first.signal(signal.SIGSTOP)
        second = crew.begin(campaign, "two", wait_s=DEADLINE_S).told()
        first.signal(signal.SIGCONT)
        woken = first.told()
        assert second["error"] is None
        texts = crew.texts(campaign)
        assert set(texts.values()) == {1}
        assert set(second["rows"].values()) <= {"accepted", "unknown"}
        rounds.found["superseded"] += woken["error"] is not None
        # What the sleeper had claimed and, awake, did not let out any more, goes out now.
        rounds.account(campaign, crew.begin(campaign, "two").told())
        assert set(texts) <= set(crew.texts(campaign))
    return rounds


def restart(crew, server, times, seed):
    """Restart the database in mid run, or have it lose its memory: the send waits and goes on."""
    rounds = Rounds(crew, "restart", times, seed)
    ways = [server.lose_power, lambda: server.stop("fast"), lambda: server.stop("immediate")]
    for campaign in rounds:
        child = crew.begin(campaign, "one")
        crew.under_way(campaign, child, rounds.chance.randrange(5, 70))
        rounds.chance.choice(ways)()
        time.sleep(rounds.chance.uniform(0, 1))
        server.start()
        told = child.told()
        if told["error"]:  # all was sent, and the end of the run alone could not be written
            assert told["error"] == "JournalError", told
            rounds.found["ended without its database"] += 1
            told = crew.begin(campaign, "one").told()
        rounds.account(campaign, told, ["accepted"])
    return rounds


def lose_all_power(crew, server, times, seed):
    """End a sender and its database in the same moment; another machine goes on."""
    rounds = Rounds(crew, "power", times, seed)
    for campaign in rounds:
        first = crew.begin(campaign, "one", lease_s=1.0)
        crew.under_way(campaign, first, rounds.chance.randrange(5, 100))
        first.signal(signal.SIGKILL)
        server.lose_power()
        rounds.found["killed under way"] += first.told() is None
        server.start()
        told = crew.begin(campaign, "two", wait_s=DEADLINE_S).told()
        if told["error"] == "JournalError":  # the pooler has not found its server yet
            told = crew.begin(campaign, "two", wait_s=DEADLINE_S).told()
        rounds.account(campaign, told)
    return rounds


@pytest.mark.parametrize("times", [1, pytest.param(6, marks=pytest.mark.full)])
def test_race__few(crew, times):
    """The same campaign from two machines, a few times."""
    race(crew, times, seed=times)


@pytest.mark.parametrize("times", [1, pytest.param(6, marks=pytest.mark.full)])
def test_kill__few(crew, times):
    """A sender killed, a few times; a machine of the same name goes on at once."""
    kill(crew, times, seed=times)


@pytest.mark.full
def test_sleep__few(crew):
    """A sender that slept through its lease, a few times; one superseded is in test_leases."""
    sleep_past_the_lease(crew, 4, seed=3)


def test_places__of_two_machines(team, tmp_path):
    """Two machines that send two campaigns at once have ten calls in flight together, not each.

    Who comes later has one place until the other has found it.
    """
    with (
        smsframe.Sandbox(anyone=True, latency_s=0.6, max_in_flight=100) as service,
        crew_of(team, service.base_url, tmp_path) as crew,
    ):
        children = [crew.begin(f"places {name}", name) for name in ("one", "two")]
        told = [child.told() for child in children]
        calls = service.requests()
    assert [set(one["rows"].values()) for one in told] == [{"accepted"}] * 2
    assert 5 < calls["in_flight"].max() <= 11


@pytest.mark.parametrize("times", [1, pytest.param(4, marks=pytest.mark.full)])
def test_restart__few(restarted_crew, server, times):
    """The database restarted or killed in mid run: nothing twice, nothing unknown."""
    restart(restarted_crew, server, times, seed=times)


@pytest.mark.parametrize("times", [1, pytest.param(4, marks=pytest.mark.full)])
def test_power__of_sender_and_database(restarted_crew, server, times):
    """What was acknowledged is in the journal when both come back."""
    lose_all_power(restarted_crew, server, times, seed=times)


def any_seed():
    """Return a seed; what is printed of the rounds has it."""
    return random.SystemRandom().randrange(10**6)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_race__two_hundred(pooled_crew):
    """The same campaign from two machines, two hundred times."""
    print(race(pooled_crew, 200, any_seed()))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_kill__hundred(pooled_crew):
    """A sender killed, a hundred times."""
    print(kill(pooled_crew, 100, any_seed()))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_sleep__fifty(pooled_crew):
    """A sender that slept through its lease, fifty times."""
    print(sleep_past_the_lease(pooled_crew, 50, any_seed()))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_restart__fifty(restarted_crew, server):
    """The database restarted in mid run, fifty times."""
    print(restart(restarted_crew, server, 50, any_seed()))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_power__fifty(restarted_crew, server):
    """Sender and database without power, fifty times."""
    print(lose_all_power(restarted_crew, server, 50, any_seed()))

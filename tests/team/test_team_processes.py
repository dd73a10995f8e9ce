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
        until(lambda: child.out.exists() or len(self.texts(campaign)) >= texts, DEADLINE_S)


class Child:
    """A send under way."""

    def __init__(self, pid, out):
        self.pid, self.out = pid, out

    def signal(self, number):
        """Signal the process, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def told(self):
        """Return what it told at its end, None when it was killed."""
        until(lambda: self.out.exists() or not Path(f"/proc/{self.pid}").exists(), DEADLINE_S)
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


def race(crew, times, seed):
    """Have the same campaign sent from two machines at random moments; one waits, or is told."""
    chance, told_busy = random.Random(seed), 0
    for number in range(times):
        campaign = f"race {seed} {number}"
        waits = chance.choice([0.0, DEADLINE_S])
        children = [
            crew.begin(campaign, machine, wait_s=waits, delay_s=chance.uniform(0, 0.3))
            for machine in ("one", "two")
        ]
        told = [child.told() for child in children]
        assert None not in told
        texts = crew.texts(campaign)
        assert set(texts.values()) == {1}
        assert len(texts) == 100
        busy = [one for one in told if one["error"]]
        assert all(one["error"] == "CampaignBusyError" for one in busy), busy
        assert len(busy) <= (0 if waits else 1)
        told_busy += len(busy)
        for one in told:
            if not one["error"]:
                assert set(one["rows"].values()) == {"accepted"}
        if number % 20 == 19:
            requests.post(f"{crew.base_url}/sandbox/reset", timeout=20).raise_for_status()
            print(f"{number + 1} done", flush=True)  # an interrupted soak says how far it came
    return told_busy


def kill(crew, times, seed):
    """Kill senders at random moments; another machine goes on when the lease has ended."""
    chance, unknown = random.Random(seed), 0
    for number in range(times):
        campaign = f"kill {seed} {number}"
        first = crew.begin(campaign, "one", lease_s=1.0)
        crew.under_way(campaign, first, chance.randrange(70))
        first.signal(signal.SIGKILL)
        first.told()
        second = crew.begin(campaign, chance.choice(["one", "two"]), wait_s=DEADLINE_S).told()
        texts = crew.texts(campaign)
        assert set(texts.values()) == {1}
        statuses = Counter(second["rows"].values())
        assert second["error"] is None
        assert len(second["rows"]) == 100
        assert set(statuses) <= {"accepted", "unknown"}
        accepted = {to for to, status in second["rows"].items() if status == "accepted"}
        assert accepted <= set(texts) <= set(second["rows"])
        unknown += statuses["unknown"]
        if number % 20 == 19:
            requests.post(f"{crew.base_url}/sandbox/reset", timeout=20).raise_for_status()
            print(f"{number + 1} done", flush=True)  # an interrupted soak says how far it came
    return unknown


def sleep_past_the_lease(crew, times, seed):
    """Stop a sender past its lease, have another machine go on, and wake the first one."""
    chance, superseded = random.Random(seed), 0
    for number in range(times):
        campaign = f"sleep {seed} {number}"
        first = crew.begin(campaign, "one", lease_s=0.6)
        crew.under_way(campaign, first, chance.randrange(5, 60))
        first.signal(signal.SIGSTOP)
        second = crew.begin(campaign, "two", wait_s=DEADLINE_S).told()
        first.signal(signal.SIGCONT)
        woken = first.told()
        assert second["error"] is None
        texts = crew.texts(campaign)
        assert set(texts.values()) == {1}
        assert set(second["rows"].values()) <= {"accepted", "unknown"}
        superseded += woken["error"] is not None
        # What the sleeper had claimed and, awake, did not let out any more, goes out now.
        third = crew.begin(campaign, "two").told()
        rows, now = third["rows"], crew.texts(campaign)
        assert set(now.values()) == {1}
        assert set(texts) <= set(now)
        assert set(rows.values()) <= {"accepted", "unknown"}
        assert {to for to, status in rows.items() if status == "accepted"} <= set(now)
    return superseded


@pytest.mark.parametrize("times", [1, pytest.param(6, marks=pytest.mark.full)])
def test_race__few(crew, times):
    """The same campaign from two machines, a few times."""
    race(crew, times, seed=1)


@pytest.mark.parametrize("times", [1, pytest.param(6, marks=pytest.mark.full)])
def test_kill__few(crew, times):
    """A sender killed, a few times; a machine of the same name goes on at once."""
    kill(crew, times, seed=1)


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


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_race__two_hundred(pooled_crew):
    """The same campaign from two machines, two hundred times."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}: {race(pooled_crew, 200, seed)} of 200 were told that somebody sends")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_kill__hundred(pooled_crew):
    """A sender killed, a hundred times."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}: {kill(pooled_crew, 100, seed)} rows came out unknown")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_sleep__fifty(pooled_crew):
    """A sender that slept through its lease, fifty times."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}: {sleep_past_the_lease(pooled_crew, 50, seed)} of 50 were superseded")

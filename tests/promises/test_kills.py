"""Real processes, really killed: ``kill -9`` at a random moment of a send, then again to the end.

The sandbox is a process of its own, so nothing that the sender had in memory or in flight survives
but what the operating system delivers. The moments are drawn from a seed that soak prints.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter

import pytest
import requests
from children import begin, told

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")


def outbox(base_url, campaign):
    """Count the texts of a campaign by contact."""
    messages = requests.get(f"{base_url}/sandbox/outbox", timeout=20).json()
    return Counter(m["to"] for m in messages if m["text"].endswith(f"this is {campaign}."))


def kill_and_go_on(sender, base_url, campaign, delay_s):
    """Kill a send after a while, run it again, check; returns how many rows came out unknown."""
    child = begin(sender, campaign)
    time.sleep(delay_s)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    killed = told(sender) is None
    begin(sender, campaign)
    rows, texts = told(sender), outbox(base_url, campaign)
    statuses = Counter(rows.values())
    assert len(rows) == 100
    assert set(statuses) <= {"accepted", "unknown"}
    assert set(texts.values()) == {1}
    assert {to for to, status in rows.items() if status == "accepted"} <= set(texts)
    assert set(texts) <= set(rows)
    return killed, statuses["unknown"]


def campaign_of_kills(sender, base_url, times, seed):
    """Kill many times, at moments spread over the length of an undisturbed send."""
    chance = random.Random(seed)
    begin(sender, "the undisturbed one")
    began = time.perf_counter()
    assert set(told(sender).values()) == {"accepted"}
    length_s = time.perf_counter() - began
    outcomes = []
    for n in range(times):
        delay_s = chance.uniform(0, length_s)
        outcomes.append(kill_and_go_on(sender, base_url, f"kill {seed} {n}", delay_s))
        length_s *= 1.1 if outcomes[-1][0] else 0.8  # the machine's pace changes
        if n % 20 == 19:  # a new world, before its outbox grows long
            requests.post(f"{base_url}/sandbox/reset", timeout=20).raise_for_status()
    return outcomes


@pytest.mark.parametrize("times", [3, pytest.param(30, marks=pytest.mark.full)])
def test_kills__few(sender, base_url, times):
    """A few kills: nobody twice, nobody lost, and some of them hit a send under way."""
    outcomes = campaign_of_kills(sender, base_url, times, seed=1)
    assert sum(killed for killed, _ in outcomes) >= times // 10


@pytest.mark.soak
def test_kills__five_hundred(sender, base_url):
    """Five hundred kills: nobody twice, nobody lost."""
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    outcomes = campaign_of_kills(sender, base_url, 500, seed=seed)
    hit, unknown = sum(killed for killed, _ in outcomes), sum(rows for _, rows in outcomes)
    print(f"{hit} of 500 were killed under way; {unknown} rows came out unknown")

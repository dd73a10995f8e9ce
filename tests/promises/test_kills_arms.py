"""``kill -9`` at a random moment of a send with three texts, then again: nobody has a second arm.

As in ``test_kills.py``: a real sender, really killed, and a sandbox that outlives it.
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
    """Return the texts of a campaign: whom each went to, and the arm that it is of."""
    messages = requests.get(f"{base_url}/sandbox/outbox", timeout=20).json()
    return [(m["to"], m["text"][0]) for m in messages if m["text"].endswith(f"is {campaign}.")]


def kill_and_go_on(sender, base_url, campaign, delay_s):
    """Kill a send after a while, run it again, look who got what; returns whether it was hit."""
    child = begin(sender, campaign)
    time.sleep(delay_s)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    killed = told(sender) is None
    early = outbox(base_url, campaign)
    begin(sender, campaign)
    rows, texts = told(sender), outbox(base_url, campaign)
    assert len(rows) == 100
    assert set(Counter(to for to, _ in texts).values()) == {1}
    assert set(early) <= set(texts)
    for contact, (status, arm) in rows.items():
        got = dict(texts).get(contact)
        assert got in (None, arm), (contact, arm)
        if arm == "holdout":
            assert (got, status) == (None, "not_attempted")
        elif status == "accepted":
            assert got == arm
        else:
            assert status == "unknown"
    return killed


def kills(sender, base_url, times, seed):
    """Kill many times, at moments spread over the length of an undisturbed send."""
    chance = random.Random(seed)
    begin(sender, f"arms {seed} undisturbed")
    began = time.perf_counter()
    rows = told(sender)
    length_s = time.perf_counter() - began
    assert {arm for _, arm in rows.values()} == {"A", "B", "C", "holdout"}
    hit = 0
    for number in range(times):
        delay_s = chance.uniform(0, length_s)
        killed = kill_and_go_on(sender, base_url, f"arms {seed} {number}", delay_s)
        hit += killed
        length_s *= 1.1 if killed else 0.8  # the machine's pace changes
        if number % 20 == 19:  # a new world, before its outbox grows long
            requests.post(f"{base_url}/sandbox/reset", timeout=20).raise_for_status()
    return hit


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.full)])
def test_kills__of_three_arms(sender, base_url, times):
    """A few kills: nobody twice, nobody in two arms, the holdout gets nothing."""
    assert kills(sender, base_url, times, seed=1) >= times // 5


@pytest.mark.soak
def test_kills__of_three_arms_fifty_times(sender, base_url):
    """Fifty kills, at moments that nobody has tried before."""
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    assert kills(sender, base_url, 50, seed=seed) >= 10

"""``min_gap=`` holds whatever happens: kills, lost answers, other campaigns meanwhile, forgetting.

Stories over a simulated clock, network and disk (``simulation/kernel.py``): campaigns of their own
to people who are partly the same, begun one after the other or while another one is under way. The
service notes when it had each message; that is what a story is judged by. Then real processes that
are really killed.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import signal
import time
import warnings
from dataclasses import dataclass, field

import pandas as pd
import pytest
import requests
from samples import fictional_phones
from simulation.kernel import Fate, Kernel, Weather
from simulation.world import TODAY, CrashError, Service, World

import smsframe
from smsframe._journal.store import Journal
from smsframe._send import run
from smsframe.errors import CampaignBusyError, JournalError
from smsframe.sandbox.room import CREDENTIALS

HOUR, DAY = 3600.0, 86_400.0
PHONES = fictional_phones(9)
TEXTS = {
    "news": "The shop in Queen Street opens at nine.",
    "offer": "Ten percent off all shoes until Friday.",
    "survey": "How did you like it here? Tell us at the desk.",
}
PEOPLE = {"news": range(6), "offer": range(3, 9), "survey": [0, 2, 4, 0, 6, 8, 4]}
SHORT, FULL, SOAK = 3, 60, 2_000


@dataclass(slots=True)
class TimedService(Service):
    """A service that notes when it had each message."""

    world: World | None = None
    times: list[float] = field(default_factory=list)

    def send(self, token, body):
        """Answer as the service does."""
        answer = Service.send(self, token, body)
        self.times += [self.world.now] * (len(self.outbox) - len(self.times))
        return answer


@functools.cache
def plan_of(campaign):
    """Make the plan of a campaign; somebody may be in it twice."""
    people = PEOPLE[campaign]
    frame = pd.DataFrame({"mobile": [PHONES[p] for p in people], "n": range(len(people))})
    text = TEXTS[campaign] + (" %%n%%" if campaign == "survey" else "")
    given = {"program": "148372", "phone": "mobile", "min_gap": "24h"}
    return smsframe.plan(frame, text, campaign=campaign, **given)


class Story:
    """One seed from beginning to end."""

    def __init__(self, seed, directory):
        self.world = World(seed)
        self.rng = self.world.rng
        self.world.service = TimedService(world=self.world)
        self.path = directory / f"gap-{seed}.sqlite3"
        self.accepted = {}
        self.waited = 0

    def tell(self):
        """Send again and again, in bad weather and then in good; everybody has everything."""
        try:
            for _ in range(self.rng.randint(3, 7)):
                self._send(self.rng.choice(list(TEXTS)), self._weather(), self._fate())
                if self.rng.random() < 1 / 6:
                    self._forget()
                self.world.now += self.rng.choice([0, 60, HOUR, 7 * HOUR, 20 * HOUR, DAY])
            for _ in range(4):  # each of the three may wait for the two others
                for campaign in TEXTS:
                    table = self._send(campaign)
                    assert set(table["sms_status"]) <= {"accepted", "unknown", "not_attempted"}
                self.world.now += DAY + HOUR
            for campaign in TEXTS:
                assert set(self._send(campaign)["sms_status"]) <= {"accepted", "unknown"}
        finally:
            self.world.disk.close()
        return self.waited

    def _weather(self):
        """Choose how bad it is."""
        return Weather(network=self.rng.choice([0, 0.1, 0.5]), disk=self.rng.choice([0, 0, 0.1]))

    def _fate(self):
        """Choose when the process dies, is stopped, or another one comes."""
        rng, first = self.rng, self.rng.randint(1, 40)
        return Fate(
            crash_at=rng.randint(1, 40) if rng.random() < 1 / 3 else None,
            interrupts_at=rng.choice([(), (), (first,), (first, first + 2)]),
            visitor_at=rng.randint(1, 20) if rng.random() < 1 / 2 else None,
        )

    def _send(self, campaign, weather=None, fate=None):
        """Send in a new process; whatever becomes of it, nobody had two messages in a day."""
        kernel = Kernel(
            self.world,
            self.path,
            weather=weather,
            fate=fate,
            max_in_flight=self.rng.choice([1, 3]),
            clock=lambda: TODAY + self.world.now,
        )
        kernel.visit = lambda: self._visit(campaign)
        table = self._outcome(kernel, campaign)
        self._check_gaps()
        if table is not None:
            self._check_table(campaign, table)
        return table

    def _visit(self, campaign):
        """Have another campaign sent while this one is under way."""
        last = run.last_results()
        self._send(self.rng.choice([name for name in TEXTS if name != campaign]))
        run._last[:] = [] if last is None else [last]

    def _outcome(self, kernel, campaign):
        """Run the send; None when the process died or nothing was recorded."""
        run._last.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return kernel.send(plan_of(campaign), batch_size=2)
            except CrashError:
                kernel.workers.leave_behind()
                self.world.disk.restart(cut=self.rng.random() < 1 / 2)
            except (JournalError, KeyboardInterrupt, CampaignBusyError):
                return None
        return None

    def _forget(self):
        """Forget texts and numbers of everything that was sent."""
        kernel = Kernel(self.world, self.path)
        with contextlib.suppress(JournalError), Journal(self.path, connect=kernel._connect) as old:
            old.forget(TODAY + self.world.now + 1)

    def _check_gaps(self):
        """See that nobody had a message within a day of another."""
        service, last = self.world.service, {}
        for message, at in zip(service.outbox, service.times, strict=True):
            assert at - last.get(message.to, -DAY) >= DAY, f"{message.to[-2:]} at {at / HOUR:.2f} h"
            last[message.to] = at

    def _check_table(self, campaign, table):
        """See that what was accepted stays so, and that who waits is told why."""
        accepted = self.accepted.setdefault(campaign, set())
        now = set(table.index[table["sms_status"] == "accepted"])
        assert accepted <= now
        accepted |= now
        waits = table[table["sms_code"] == "too_soon"]
        self.waited += len(waits)
        assert waits["sms_error"].str.contains("goes on with this row from").all()


def tell(seed, directory):
    """Tell the story of a seed; a failure names it."""
    story = Story(seed, directory)
    try:
        return story.tell()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.parametrize("stories", [SHORT, pytest.param(FULL, marks=pytest.mark.full)])
def test_stories__short(tmp_path, stories):
    """Nobody has two messages in a day, and in the end everybody has had everything."""
    waited = sum(tell(seed, tmp_path) for seed in range(stories))
    assert waited > 5 * stories


@pytest.mark.soak
def test_stories__soak(tmp_path):
    """The same for many seeds."""
    for seed in range(SOAK):
        tell(seed, tmp_path)


# -- real processes, really killed

NOVEMBER = 1_793_000_000.0


def send_at(sender, campaign, now, kill_after_s=None):
    """Have a campaign sent at a time, perhaps killed; return rows by contact, None if it was."""
    sender.stdin.write(f"{campaign}\t{now}\n")
    sender.stdin.flush()
    child = int(sender.stdout.readline())
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return json.loads(sender.stdout.readline())


def texts_of(base_url, campaign):
    """Return who had a campaign."""
    messages = requests.get(f"{base_url}/sandbox/outbox", timeout=20).json()
    return {m["to"] for m in messages if m["text"].endswith(f"this is {campaign}.")}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
@pytest.mark.parametrize("rounds", [2, pytest.param(8, marks=pytest.mark.full)])
def test_gap__between_killed_campaigns(base_url, sender, rounds):
    """Two campaigns to the same people, killed and forgotten in between: one message a day."""
    chance, killed, now = random.Random(1), 0, NOVEMBER
    with smsframe.connect(base_url=base_url, **CREDENTIALS) as client:
        journal_path = client.journal_path
    for number in range(rounds):
        one, other = f"one {number}", f"other {number}"
        first = send_at(sender, one, now, chance.uniform(0.01, 0.15))
        killed += first is None
        assert not texts_of(base_url, one) & texts_of(base_url, other)
        if number % 2:
            smsframe.journal.forget("2100-01-01", path=journal_path)
        second = send_at(sender, other, now + HOUR)
        had_one, had_other = texts_of(base_url, one), texts_of(base_url, other)
        assert not had_one & had_other, "two messages in a day"
        assert {to for to, status in second.items() if status == "accepted"} == had_other
        again = send_at(sender, one, now + 2 * HOUR)
        kept = {to for to, status in again.items() if status in ("accepted", "unknown")}
        assert texts_of(base_url, one) == had_one <= kept
        assert first is None or first == again
        later = send_at(sender, other, now + DAY + 3 * HOUR)
        assert set(later.values()) == {"accepted"}
        now += 10 * DAY
    assert killed or rounds == 2, "no send was hit"

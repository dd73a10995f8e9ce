"""The loop that asks for consent, over a simulated clock: each once, ten at a time, and an end."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._acoustic.consent import ConsentAnswer
from smsframe._acoustic.outcomes import Outcome
from smsframe._base.worker_pool import Backoff
from smsframe._eligibility.consent import (
    NO_RECORD,
    NOT_ASKED,
    OPTED_IN,
    OPTED_OUT,
    UNKNOWN,
    ConsentCheck,
)

SAID = {"OPTED-IN": OPTED_IN, "OPTED-OUT": OPTED_OUT, "NONE": NO_RECORD}


class Workers:
    """A pool whose calls take simulated time and are answered by a function."""

    def __init__(self, answer, seconds=1.0):
        self.clock, self.answer, self.seconds = 0.0, answer, seconds
        self.under_way, self.asked, self.most = [], [], 0

    def now(self):
        """Return the simulated time."""
        return self.clock

    def submit(self, number, phone):
        """Begin a call."""
        self.asked.append((self.clock, phone))
        heapq.heappush(self.under_way, (self.clock + self.seconds, number, phone))
        self.most = max(self.most, len(self.under_way))

    def finished(self, timeout_s):
        """Go on to the next answer, or to the end of the wait."""
        end = float("inf") if timeout_s is None else self.clock + timeout_s
        if not self.under_way or self.under_way[0][0] > end:
            assert end < float("inf"), "it waits for nothing"
            self.clock = end
            return []
        self.clock, number, phone = heapq.heappop(self.under_way)
        return [(number, self.answer(phone, self.clock))]


def check(answer, phones, *, seconds=1.0, **options):
    """Ask about phones."""
    workers, told = Workers(answer, seconds), []
    asked = ConsentCheck(
        workers=workers,
        phones=phones,
        max_in_flight=10,
        told=told.append,
        **{"stopped": lambda: False, "backoff": Backoff(chance=lambda: 0.0), **options},
    )
    asked.run()
    return asked, workers, told


@settings(max_examples=60, deadline=None)
@given(
    plans=st.lists(
        st.lists(st.sampled_from(["failed", "busy"]), max_size=2).flatmap(
            lambda first: st.sampled_from([*SAID]).map(lambda last: [*first, last])
        ),
        min_size=1,
        max_size=40,
    )
)
def test_check__finds_each_record(plans):
    """Whatever fails first, each person's own record is what is written down, in its place."""
    left = {str(number): list(plan) for number, plan in enumerate(plans)}

    def answer(phone, _):
        said = left[phone].pop(0)
        return ConsentAnswer(said=said, retry_after_s=0.5 if said == "busy" else None)

    asked, workers, told = check(answer, [*left])
    assert asked.said.tolist() == [SAID[plan[-1]] for plan in plans]
    assert not asked.why
    assert workers.most <= 10
    assert len(workers.asked) == sum(map(len, plans))
    assert (told[0].done, told[-1].done, told[-1].total) == (0, len(plans), len(plans))
    assert [each.done for each in told] == sorted(each.done for each in told)


@pytest.mark.parametrize(
    ("said", "times"), [pytest.param("failed", 3, id="failed"), ("unreadable", 1)]
)
def test_check__gives_up_on_one(said, times):
    """A failure is asked about three times, an answer that cannot be read once; others go on."""

    def answer(phone, _):
        return ConsentAnswer(said=said if phone == "3" else "OPTED-IN", why="It broke.")

    asked, workers, _ = check(answer, [*"0123456789abcdef"])
    assert asked.said.tolist() == [OPTED_IN] * 3 + [UNKNOWN] + [OPTED_IN] * 12
    assert asked.why == {"It broke.": 1}
    assert [phone for _, phone in workers.asked].count("3") == times


def test_check__stops_asking_a_silent_service():
    """After a minute of failures alone nobody else is asked; an answer in between counts."""
    phones = [str(number) for number in range(5_000)]

    def answer(_, now):
        return ConsentAnswer(said="OPTED-IN" if now < 30 else "failed", why="Silence.")

    asked, workers, _ = check(answer, phones)
    assert set(asked.said[:290]) == {OPTED_IN}
    assert set(asked.said[300:]) == {UNKNOWN}
    assert 89 < workers.clock < 95
    assert len(workers.asked) < 1_000
    assert asked.why.total() == int((asked.said == UNKNOWN).sum())


@pytest.mark.parametrize("asked_s", [30.0, 3600.0])
def test_check__waits_for_a_busy_service(asked_s):
    """It is waited for as the service asks, unless that is too long."""

    def answer(_, now):
        is_busy = 5 < now < 25
        return ConsentAnswer(said="busy" if is_busy else "NONE", retry_after_s=asked_s)

    asked, workers, _ = check(answer, [str(number) for number in range(200)])
    if asked_s < 600:
        assert set(asked.said) == {NO_RECORD}
        gaps = [at for at, _ in workers.asked]
        assert not [at for at in gaps if 7 < at < 35]
    else:
        assert set(asked.said) == {NO_RECORD, UNKNOWN}
        assert workers.clock < 30


def test_check__ends_when_it_is_denied():
    """Who may not ask asks nobody else."""
    outcome = Outcome(kind="rejected", about="run", code="forbidden")

    def answer(_, __):
        return ConsentAnswer(said="denied", outcome=outcome)

    asked, workers, _ = check(answer, [str(number) for number in range(200)])
    assert asked.denied is outcome
    assert len(workers.asked) == 10


def test_check__ends_when_it_is_stopped():
    """A stop asks nobody else and waits for nobody."""
    seen = []

    def answer(phone, _):
        seen.append(phone)
        return ConsentAnswer(said="OPTED-IN")

    asked, workers, _ = check(
        answer, [str(number) for number in range(200)], stopped=lambda: len(seen) >= 25
    )
    assert (asked.said == OPTED_IN).sum() == 25
    assert (asked.said == NOT_ASKED).sum() == 175
    assert len(workers.asked) <= 35

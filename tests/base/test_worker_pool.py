"""Threads that do HTTP: what they raise is an outcome, and a wake ends a wait."""

from __future__ import annotations

import threading
import time

import pytest

from smsframe._acoustic.outcomes import Outcome
from smsframe._acoustic.send_request import SendRequest
from smsframe._base.message import Message
from smsframe._base.worker_pool import WorkerPool
from smsframe._send.batches_in_flight import call_failed

REQUEST = SendRequest(message=Message(program="148372"), contacts=b"[]", size=0)
DONE = Outcome(kind="accepted")


@pytest.fixture
def pool_of():
    """Make workers and end their threads."""
    made = []

    def make(send, size=2):
        made.append(WorkerPool(send, size, failed=call_failed))
        return made[0]

    yield make
    assert made[0].close(timeout_s=5)


def collected(workers, count):
    """Wait for so many outcomes."""
    outcomes = {}
    while len(outcomes) < count:
        outcomes |= dict(workers.finished(5.0))
    return outcomes


def test_workers__answer_under_their_numbers(pool_of):
    """Every request's outcome comes back, at most so many at a time."""
    now, most, lock = [0], [0], threading.Lock()

    def send(request):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        with lock:
            now[0] -= 1
        return DONE

    workers = pool_of(send)
    for number in range(20):
        workers.submit(number, REQUEST)
    assert collected(workers, 20) == dict.fromkeys(range(20), DONE)
    assert most[0] <= 2


def test_workers__a_fault_of_our_own_is_unknown(pool_of):
    """An exception in the call leaves its outcome unknown, named by its kind without its words."""

    def send(request):
        raise ValueError("12015550123")

    workers = pool_of(send)
    workers.submit(1, REQUEST)
    outcome = collected(workers, 1)[1]
    assert (outcome.kind, outcome.code) == ("unknown", "internal_error")
    assert outcome.message == "ValueError while the call was under way."


def test_workers__wake_ends_a_wait(pool_of):
    """A wake, as a signal handler makes it, ends the wait with what there is."""
    workers = pool_of(lambda _: DONE)
    workers.wake()
    start = time.monotonic()
    assert workers.finished(20.0) == []
    assert time.monotonic() - start < 5


def test_workers__wake_after_an_outcome(pool_of):
    """What came before the wake is handed over."""
    workers = pool_of(lambda _: DONE)
    workers._answers.put((7, DONE))
    workers.wake()
    assert workers.finished(20.0) == [(7, DONE)]

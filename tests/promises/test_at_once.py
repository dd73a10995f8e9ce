"""Different texts of one program at the same time: each of them goes out whole, to everybody once.

They share a service, a journal and the ten calls in flight, and nothing else: no text may wait for
another's lock, be taken for it, or lose a row to it.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading

import pandas as pd
import pytest
from samples import fictional_phones

import smsframe

TEXTS = [
    "Our shop in Queen Street opens at nine tomorrow, %%name%%.",
    "%%name%%, the parcel that you have ordered waits at our desk.",
    "Please bring your passport along to the meeting, %%name%%.",
    "Thank you, %%name%%: your payment has arrived this morning.",
]
PEOPLE = 60
ROUNDS = (2, 3, 4)  # so many texts at once


def send_one(number, sandbox, path, barrier, told):
    """Send one text in each round that has so many, to people of that round; tell how it went."""
    base_url, credentials = sandbox
    with smsframe.connect(base_url=base_url, journal=path, **credentials) as client:
        for count in ROUNDS:
            numbers = fictional_phones(PEOPLE, 100 * count)
            people = pd.DataFrame({"mobile": numbers, "name": [f"N{n}" for n in numbers]})
            barrier.wait(60)
            if number < count:
                told.put((count, number, _sent(people, TEXTS[number], client)))


def _sent(people, text, client):
    """Send quietly; return how its rows went, or what went wrong."""
    given = {"program": "148372", "phone": "mobile", "progress": False, "client": client}
    try:
        results = smsframe.send(people, text, **given)
    except (smsframe.SmsframeError, smsframe.SmsframeWarning) as error:
        return f"{type(error).__name__}: {error}"
    return results["sms_status"].unique().tolist()


def _threads():
    """Return what starts a thread, and what threads meet and tell with."""
    return threading.Thread, threading.Barrier, queue.Queue


def _processes():
    """Return the same of processes."""
    context = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
    context.set_forkserver_preload(["smsframe._connect", "smsframe._send.send"])  # once for all
    return context.Process, context.Barrier, context.Queue


@pytest.mark.parametrize("way", [_threads, _processes])
def test_send__different_texts_at_the_same_time(sandbox, tmp_path, way):
    """Two, three and four texts of one program at once: all go out whole, and nothing twice."""
    worker, barrier_of, queue_of = way()
    most = max(ROUNDS)
    barrier, told = barrier_of(most), queue_of()
    door = sandbox.base_url, dict(sandbox.credentials)
    given = (door, str(tmp_path / "rehearsal.sqlite3"), barrier, told)
    senders = [worker(target=send_one, args=(number, *given)) for number in range(most)]
    for sender in senders:
        sender.start()
    outcomes = [told.get(timeout=120) for _ in range(sum(ROUNDS))]
    for sender in senders:
        sender.join(30)
    assert {(count, number): how for count, number, how in outcomes} == {
        (count, number): ["accepted"] for count in ROUNDS for number in range(count)
    }
    outbox = sandbox.outbox()
    assert not outbox.duplicated(["to", "text"]).any()
    assert len(outbox) == PEOPLE * sum(ROUNDS)

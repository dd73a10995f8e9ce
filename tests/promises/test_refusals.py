"""Every answer from 400 to 499, to a call that was processed and to one that was not."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from samples import fictional_phones

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff

GIVEN_UP = {408, 409, 425, 460, 499}
QUICK = SendSettings(
    backoff=Backoff(first_wait_s=0.0, longest_wait_s=0.0), connect_attempts=2, busy_s=0.0
)


@pytest.fixture(scope="module")
def sandbox():
    """Run one sandbox for all statuses."""
    with smsframe.Sandbox(anyone=True) as running:
        yield running


@pytest.fixture
def send(sandbox, tmp_path):
    """Send to three people, with little patience and a journal of its own."""
    people = pd.DataFrame({"mobile": fictional_phones(3)})
    with smsframe.connect(sandbox, journal=tmp_path / "journal.sqlite3") as client:
        client.settings = QUICK

        def send_once():
            before = len(sandbox.outbox())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                table = people.sms.send("Hi", program="148372", phone="mobile", progress=False)
            return set(table["sms_status"]), len(sandbox.outbox()) - before

        yield send_once


@pytest.mark.parametrize("status", range(400, 500))
def test_refusals__not_processed(send, sandbox, status):
    """What messaged nobody is rejected or not attempted; where nobody can tell it is unknown."""
    sandbox.faults.clear()
    sandbox.faults.add("status", status=status)
    statuses, texted = send()
    assert texted == 0
    sandbox.faults.clear()
    if status in GIVEN_UP:
        assert statuses == {"unknown"}
        assert send() == ({"unknown"}, 0)
    else:
        assert statuses == {"not_attempted" if status == 429 else "rejected"}
        assert send() == ({"accepted"}, 3)


@pytest.mark.parametrize("status", sorted(GIVEN_UP))
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}], ids=["bare", "retry-after"])
def test_refusals__processed(send, sandbox, status, headers):
    """Where somebody gave up on a call that was processed, nobody is texted a second time."""
    sandbox.faults.clear()
    sandbox.faults.add("status", status=status, after=True, headers=headers)
    assert send() == ({"unknown"}, 3)
    sandbox.faults.clear()
    assert send() == ({"unknown"}, 0)

"""A plan against the journal: what counts as sent, what is repeated, what a campaign holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe.journal_records import (
    ACCEPTED,
    CLAIMED,
    REJECTED,
    UNKNOWN,
    BatchRecord,
    Ledger,
)
from smsframe.matching import match

SCOPE = bytes(16)


def plan_of(frame, **options):
    """Plan a send of a frame with orders."""
    return smsframe.plan(frame, "Order %%Order%%", program="1", phone="mobile", **options)


def orders(n, order="A"):
    """Return people with an order each."""
    return make_people(n).assign(Order=order)


def ledger_of(*batches):
    """Lay out what earlier plans left: pairs of a plan and the states of its messages."""
    keys = b"".join(plan.keys(SCOPE) for plan, _ in batches)
    states = [state for _, given in batches for state in given]
    people = [plan.people(SCOPE, plan.sendable) for plan, _ in batches]
    sizes = [len(given) for _, given in batches]
    return Ledger(
        keys=np.frombuffer(keys, dtype="V16"),
        state=np.array(states, dtype=np.uint8),
        batch=np.repeat(np.arange(len(batches), dtype=np.int32), sizes),
        offset=np.concatenate([np.arange(size, dtype=np.int32) for size in [*sizes, 0]]),
        people=np.concatenate([*people, np.empty(0, dtype=np.uint64)]),
        batches=tuple(
            BatchRecord(
                batch_id=f"run:{n}",
                run_id="run",
                scope=SCOPE,
                size=size,
                source="",
                claimed_at=0.0,
                state="unknown",
            )
            for n, size in enumerate(sizes)
        ),
    )


def places(matched):
    """Give the places of a match as lists."""
    return matched.todo.tolist(), matched.known.tolist(), matched.held.tolist()


@pytest.mark.parametrize("resend", [False, True])
def test_match__empty_journal(resend):
    """Nothing was sent before: all is to do."""
    assert places(match(plan_of(orders(3), resend_unknown=resend), SCOPE, ledger_of())) == (
        [0, 1, 2],
        [],
        [],
    )


@pytest.mark.parametrize(
    ("state", "resend", "expected"),
    [
        pytest.param(ACCEPTED, False, ([1], [0], []), id="accepted"),
        pytest.param(ACCEPTED, True, ([1], [0], []), id="accepted, resend"),
        pytest.param(REJECTED, False, ([0, 1], [], []), id="rejected"),
        pytest.param(UNKNOWN, False, ([1], [0], []), id="unknown"),
        pytest.param(UNKNOWN, True, ([0, 1], [0], []), id="unknown, resend"),
        pytest.param(CLAIMED, False, ([1], [0], []), id="claimed"),
    ],
)
def test_match__one_earlier_message(state, resend, expected):
    """What was accepted or may have gone out is known; only what is unknown is resent, if asked."""
    earlier = ledger_of((plan_of(orders(1)), [state]))
    matched = match(plan_of(orders(2), resend_unknown=resend), SCOPE, earlier)
    assert places(matched) == expected


@pytest.mark.parametrize(
    ("states", "entry"),
    [
        pytest.param([REJECTED, ACCEPTED], 1, id="rejected, then accepted"),
        pytest.param([UNKNOWN, ACCEPTED], 1, id="unknown, then accepted"),
        pytest.param([ACCEPTED, UNKNOWN], 0, id="accepted, then unknown"),
        pytest.param([UNKNOWN, REJECTED], 0, id="unknown, then rejected"),
        pytest.param([UNKNOWN, UNKNOWN], 0, id="unknown twice"),
    ],
)
def test_match__several_earlier_messages(states, entry):
    """Of several entries an acceptance counts most, then the first that is not known."""
    plan = plan_of(orders(1))
    matched = match(plan, SCOPE, ledger_of(*[(plan, [state]) for state in states]))
    assert matched.entries.tolist() == [entry]


@pytest.mark.parametrize(
    ("state", "resend", "held"),
    [
        pytest.param(ACCEPTED, False, [0], id="accepted"),
        pytest.param(UNKNOWN, False, [0], id="unknown"),
        pytest.param(UNKNOWN, True, [], id="unknown, resend"),
        pytest.param(REJECTED, False, [], id="rejected"),
    ],
)
def test_match__corrected_value_in_a_named_campaign(state, resend, held):
    """A message that stands in for one that went out, or may have, is held; others go out."""
    earlier = ledger_of((plan_of(orders(1), campaign="x"), [state]))
    corrected = plan_of(orders(2, order="B"), campaign="x", resend_unknown=resend)
    assert match(corrected, SCOPE, earlier).held.tolist() == held


def test_match__corrected_value_without_a_name():
    """Without a name another value is another message."""
    earlier = ledger_of((plan_of(orders(1)), [ACCEPTED]))
    assert places(match(plan_of(orders(1, order="B")), SCOPE, earlier)) == ([0], [], [])


def test_match__second_order_in_a_named_campaign():
    """A new message goes out while the person's old one is in the frame, also beyond ``limit``."""
    earlier = ledger_of((plan_of(orders(1), campaign="x"), [ACCEPTED]))
    frame = pd.concat([orders(1, order="B"), orders(1)])
    assert places(match(plan_of(frame, campaign="x"), SCOPE, earlier)) == ([0], [1], [])
    limited = plan_of(frame, campaign="x", limit=1)
    assert places(match(limited, SCOPE, earlier)) == ([0], [1], [])


def test_match__beyond_the_limit():
    """What lies beyond ``limit`` is not to do, but known when it went out before."""
    earlier = ledger_of((plan_of(orders(4)[3:]), [ACCEPTED]))
    assert places(match(plan_of(orders(4), limit=2), SCOPE, earlier)) == ([0, 1], [3], [])

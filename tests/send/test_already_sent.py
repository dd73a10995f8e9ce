"""A plan against the journal: what counts as sent, what is repeated, what a campaign holds."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._journal.records import (
    ACCEPTED,
    CLAIMED,
    REJECTED,
    UNKNOWN,
    Claim,
    RunRecord,
    Settlement,
)
from smsframe._journal.store import Journal
from smsframe._send.already_sent import find_sent

SCOPE = bytes(16)


def plan_of(frame, **options):
    """Plan a send of a frame with orders."""
    return smsframe.plan(frame, "Order %%Order%%", program="1", phone="mobile", **options).data


def orders(n, order="A"):
    """Return people with an order each."""
    return make_people(n).assign(Order=order)


@pytest.fixture
def match_with(tmp_path):
    """Match a plan against a journal that earlier plans left: pairs of a plan and its states."""

    def matched(plan, *earlier):
        (tmp_path / "journal.sqlite3").unlink(missing_ok=True)
        with Journal(tmp_path / "journal.sqlite3") as journal:
            run = RunRecord(
                run_id="run", scope=SCOPE, service="s", program="1", rows=9, started_at=0
            )
            journal.start_run(run)
            for number, (before, states) in enumerate(earlier):
                claim_all(journal, f"run:{number}", before, states)
            return find_sent(plan, "s", SCOPE, journal)

    return matched


def claim_all(journal, batch_id, plan, states):
    """Write the messages of a plan into a journal, each in its state."""
    who = plan.messages.recipient_hashes("s", plan.sendable)
    claim = Claim(
        batch_id=batch_id,
        run_id="run",
        scope=SCOPE,
        keys=plan.keys(SCOPE),
        recipients=who.tobytes(),
        size=len(states),
    )
    journal.record(claims=[claim])
    if CLAIMED not in states:
        outcome = Settlement(batch_id=batch_id, state="unknown", settled_at=1.0)
        journal.record(settlements=[outcome])
        journal.set_states(batch_id, bytes(states), state="unknown", code="", message="", at=2.0)


def places(matched):
    """Give the places of a match as lists."""
    return matched.todo.tolist(), matched.known.tolist(), matched.held.tolist()


@pytest.mark.parametrize("resend", [False, True])
def test_match__empty_journal(resend, match_with):
    """Nothing was sent before: all is to do."""
    assert places(match_with(plan_of(orders(3), resend_unknown=resend))) == (
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
def test_match__one_earlier_message(state, resend, expected, match_with):
    """What was accepted or may have gone out is known; only what is unknown is resent, if asked."""
    earlier = (plan_of(orders(1)), [state])
    matched = match_with(plan_of(orders(2), resend_unknown=resend), earlier)
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
def test_match__several_earlier_messages(states, entry, match_with):
    """Of several entries an acceptance counts most, then the first that is not known."""
    plan = plan_of(orders(1))
    matched = match_with(plan, *[(plan, [state]) for state in states])
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
def test_match__corrected_value_in_a_named_campaign(state, resend, held, match_with):
    """A message that stands in for one that went out, or may have, is held; others go out."""
    earlier = (plan_of(orders(1), campaign="x"), [state])
    corrected = plan_of(orders(2, order="B"), campaign="x", resend_unknown=resend)
    assert match_with(corrected, earlier).held.tolist() == held


def test_match__corrected_value_without_a_name(match_with):
    """Without a name another value is another message."""
    earlier = (plan_of(orders(1)), [ACCEPTED])
    assert places(match_with(plan_of(orders(1, order="B")), earlier)) == ([0], [], [])


def test_match__second_order_in_a_named_campaign(match_with):
    """A new message goes out while the person's old one is in the frame, also beyond ``limit``."""
    earlier = (plan_of(orders(1), campaign="x"), [ACCEPTED])
    frame = pd.concat([orders(1, order="B"), orders(1)])
    assert places(match_with(plan_of(frame, campaign="x"), earlier)) == ([0], [1], [])
    limited = plan_of(frame, campaign="x", limit=1)
    assert places(match_with(limited, earlier)) == ([0], [1], [])


def test_match__beyond_the_limit(match_with):
    """What lies beyond ``limit`` is not to do, but known when it went out before."""
    earlier = (plan_of(orders(4)[3:]), [ACCEPTED])
    assert places(match_with(plan_of(orders(4), limit=2), earlier)) == ([0, 1], [3], [])


@pytest.mark.parametrize(
    ("before", "now", "held"),
    [
        pytest.param(["A"], ["B"], [0], id="corrected"),
        pytest.param(["A"], ["B", "C"], [0], id="corrected, and one more"),
        pytest.param(["A", "B"], ["C", "D", "E"], [0, 1], id="both corrected, and one more"),
        pytest.param(["A", "B"], ["A", "C", "D"], [1], id="one corrected, and one more"),
        pytest.param(["A"], ["A", "B", "C"], [], id="two more"),
    ],
)
def test_match__as_many_rows_are_held_as_messages_are_gone(before, now, held, match_with):
    """Of a person's rows as many are held as the person had messages that are not in the frame."""

    def of(names):
        return pd.concat([orders(1, order=name) for name in names], ignore_index=True)

    earlier = (plan_of(of(before), campaign="x"), [ACCEPTED] * len(before))
    assert match_with(plan_of(of(now), campaign="x"), earlier).held.tolist() == held

"""What may have gone out after a time: which batches are read, and when they left at the latest."""

from __future__ import annotations

import numpy as np
import pytest

from smsframe._eligibility.min_gap import NEVER, LastMessages
from smsframe._journal.records import (
    ACCEPTED,
    REJECTED,
    UNKNOWN,
    Claim,
    PastBatch,
    RunRecord,
    Settlement,
)
from smsframe.errors import JournalError

SCOPE, NOW, HOUR = b"s" * 16, 1_000_000.0, 3600.0


@pytest.fixture
def journal(opened):
    """Open a journal of each kind with two runs."""
    with opened(SCOPE) as journal:
        for run_id in ("run", "mine"):
            journal.start_run(
                RunRecord(
                    run_id=run_id, scope=SCOPE, service="s", program="1", rows=4, started_at=0.0
                )
            )
        yield journal


def claim(name, at, people=(1, 2), run_id="run"):
    """Return the claim of a batch to some people."""
    return Claim(
        batch_id=name,
        run_id=run_id,
        scope=SCOPE,
        keys=bytes(16 * len(people)),
        recipients=np.array(people, dtype=np.uint64).tobytes(),
        size=len(people),
        claimed_at=at,
    )


def settled(name, state, at, attempts=1):
    """Return the settlement of a batch."""
    return Settlement(batch_id=name, state=state, attempts=attempts, settled_at=at)


def times(journal, since=0.0, **given):
    """Return when each batch left at the latest."""
    return {b.batch_id: b.left_at for b in journal.past_batches(since, NOW, **given)}


def test_past__times(journal):
    """An answer says when; without one it is the latest moment at which the call may have left."""
    journal.record(
        claims=[
            claim("accepted", NOW - 500),
            claim("lost", NOW - 400),
            claim("refused", NOW - 300),
            claim("now", NOW - 200),
            claim("long ago", NOW - 3 * HOUR),
            claim("clock set back", NOW - 100),
        ],
        settlements=[
            settled("accepted", "accepted", NOW - 450),
            settled("lost", "unknown", NOW - 250),
            settled("refused", "rejected", NOW - 250),
            settled("clock set back", "accepted", NOW - 2 * HOUR),
        ],
    )
    assert times(journal) == {
        "accepted": NOW - 450,
        "lost": NOW - 250,
        "now": NOW,
        "long ago": NOW - 2 * HOUR,
        "clock set back": NOW - 100,
    }
    assert set(times(journal, since=NOW - 250)) == {"now", "clock set back"}


@pytest.mark.parametrize(
    ("noticed", "expected"), [(NOW - 60, NOW - 60), (NOW + 50 * HOUR, NOW - 100 + HOUR)]
)
def test_past__of_a_sender_that_died(journal, noticed, expected):
    """Its call left before that was noticed, and within an hour of its claim."""
    journal.record(claims=[claim("orphan", NOW - 100)])
    journal.mark_orphans_unknown(SCOPE, at=noticed)
    assert times(journal) == {"orphan": expected}
    journal.set_states("orphan", None, state="accepted", code="resolved", message="", at=NOW)
    assert times(journal) == {"orphan": expected}


def test_past__leaves_out(journal):
    """Tests, the run's own batches, those read before, and what was settled as not sent."""
    journal.record(claims=[claim("first", NOW)])
    read = journal.newest_batch()
    test = Claim(batch_id="test", run_id="run", scope=SCOPE, keys=bytes(16), size=1, claimed_at=NOW)
    journal.record(claims=[test, claim("own", NOW, run_id="mine"), claim("other", NOW)])
    assert set(times(journal, after=read, but="mine")) == {"other"}
    journal.mark_orphans_unknown(SCOPE, at=NOW)
    journal.set_states("other", None, state="rejected", code="resolved", message="", at=NOW)
    assert set(times(journal)) == {"first", "own"}


def test_past__row_by_row(journal):
    """Of a batch that was settled in part each message counts by itself, whatever the whole is."""
    journal.record(claims=[claim("batch", NOW - 9, people=(1, 2, 3))])
    journal.mark_orphans_unknown(SCOPE, at=NOW - 5)
    for whole in ("rejected", "unknown", "accepted"):
        states = bytes([REJECTED, ACCEPTED, UNKNOWN])
        journal.set_states("batch", states, state=whole, code="resolved", message="", at=NOW)
        last = LastMessages(np.array([3, 1, 2, 2, 9], dtype=np.uint64))
        last.note(journal.past_batches(0.0, NOW))
        found = last.of(np.array([1, 2, 3, 4], dtype=np.uint64))
        assert found.tolist() == [NEVER, NOW - 5, NOW - 5, NEVER]


def test_last__is_the_last(journal):
    """Of several messages to a person the last one counts, in whatever order they were written."""
    whole = [claim(f"b{n}", NOW - at, people=(7,)) for n, at in enumerate((30, 10, 20))]
    journal.record(
        claims=whole, settlements=[settled(c.batch_id, "accepted", c.claimed_at) for c in whole]
    )
    last = LastMessages(np.array([7], dtype=np.uint64))
    last.note(journal.past_batches(0.0, NOW))
    assert last.of(np.array([7], dtype=np.uint64)).tolist() == [NOW - 10]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE messages SET recipients = x'0102030405060708090a0b0c0d0e0f10'",
        "UPDATE messages SET recipients = x'01'",
        "DELETE FROM messages",
    ],
)
def test_past__damage_is_no_permission(journal, ask_store, damage):
    """Recipients that are not what was written stop the send; nobody counts as free by them."""
    journal.record(claims=[claim("batch", NOW)])
    ask_store(journal, damage)
    with pytest.raises(JournalError, match="recipients of batch batch"):
        times(journal)


def test_last__against_a_plain_dict():
    """Millions of messages looked up by bits of their hashes give what a dictionary gives."""
    rng = np.random.default_rng(0)
    crowd = rng.integers(1, 2**63, 50_000, dtype=np.uint64)
    people, known = rng.choice(crowd, 3_000), {}
    batches = []
    for number in range(200):
        who = rng.choice(crowd, 100)
        at = float(rng.integers(1, 10**6))
        batches.append(_batch(number, at, who))
        known |= {person: max(at, known.get(person, NEVER)) for person in who.tolist()}
    last = LastMessages(people)
    last.note(iter(batches))
    assert last.of(people).tolist() == [known.get(person, NEVER) for person in people.tolist()]


def _batch(number, at, who):
    """Return a batch that was accepted."""
    return PastBatch(number, f"b{number}", at, len(who), "accepted", None, None, who.tobytes())

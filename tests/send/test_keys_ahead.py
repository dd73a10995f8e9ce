"""Keys made ahead are the keys that each batch would get alone, in whatever order it is asked."""

from __future__ import annotations

import numpy as np
import pytest
from samples import make_people

import smsframe
from smsframe._send.keys_ahead import KeysAhead

SCOPE = bytes(16)


@pytest.fixture
def plan():
    """Return a plan of 40 orders."""
    frame = make_people(40).assign(Order=[f"A{n}" for n in range(40)])
    return smsframe.plan(frame, "Order %%Order%%", program="1", phone="mobile").data


@pytest.fixture
def made(plan, monkeypatch):
    """Return how many keys were made at each call, in order."""
    sizes, keys = [], plan.keys

    def counted(scope, rows):
        sizes.append(len(rows))
        return keys(scope, rows)

    monkeypatch.setattr(type(plan), "keys", lambda _, scope, rows: counted(scope, rows))
    return sizes


def test_of__batches_in_order(plan, made):
    """Batches one after the other, over gaps, take their keys from what was made at once."""
    rows = np.delete(np.arange(40), [3, 17, 18])
    ahead = KeysAhead(plan, "s", SCOPE, rows, ahead=10)
    batches = [rows[start : start + 5] for start in range(0, len(rows), 5)]
    found = [ahead.of(batch).keys.tobytes() for batch in batches]
    assert made == [10, 10, 10, 7]
    assert found == [plan.keys(SCOPE, batch) for batch in batches]


@pytest.mark.parametrize(
    "batches",
    [
        pytest.param([[0, 1, 2, 3], [4, 5, 6, 7], [0, 1], [2, 3], [2], [8, 9]], id="halves"),
        pytest.param([[30, 31], [2, 3], [32]], id="back to an earlier one"),
        pytest.param([[38, 39, 0, 1], [2, 3]], id="from the last to the first"),
        pytest.param([[0, 5, 12, 19], [1, 6, 13, 18]], id="wider than what is made at once"),
        pytest.param([[7, 2, 5], [39], [8]], id="out of order"),
    ],
)
def test_of__any_order(plan, batches):
    """Whatever is asked for, the keys are those of these rows in this order."""
    ahead = KeysAhead(plan, "s", SCOPE, np.arange(40), ahead=10)
    for batch in map(np.array, batches):
        found, messages = ahead.of(batch), plan.messages
        assert found.keys.tobytes() == plan.keys(SCOPE, batch)
        assert found.recipients.tolist() == messages.recipient_hashes("s", batch).tolist()
        assert found.loose_bytes == b"".join(h.tobytes() for h in messages.loose_hashes("s", batch))


def test_of__halves_keep_what_is_ahead(plan, made):
    """A batch that comes again in halves does not throw away what was made for those to come."""
    ahead = KeysAhead(plan, "s", SCOPE, np.arange(40), ahead=10)
    for batch in ([0, 1, 2, 3, 4], [10, 11, 12], [0, 1], [2, 3, 4], [13, 14, 15]):
        ahead.of(np.array(batch))
    assert made == [10, 10, 2, 3]

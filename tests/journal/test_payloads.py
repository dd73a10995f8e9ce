"""Packed rows of the journal: as they were, or a complaint; what is damaged breaks nothing else."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from smsframe._base.recipients import Slice
from smsframe._journal import payloads
from smsframe._results import status_answers
from smsframe.errors import JournalError

PACKED = payloads.pack_recipients(
    Slice(
        rows=np.arange(500),
        contact_ids=pa.array([f"1{201 + i % 9}5550{100 + i % 100}" for i in range(500)]),
        lookups={},
        personalization={"FirstName": pa.array([f"Name{i}" for i in range(500)])},
        segments=np.ones(500, dtype=np.int16),
    )
)


def test_unpack__gives_back_what_was_packed():
    """Rows, recipients and values come back as they went in."""
    table = payloads.unpack(PACKED)
    assert table["row"].to_pylist() == list(range(500))
    assert table["value:FirstName"].to_pylist()[-1] == "Name499"
    assert payloads.recipients(table)[0].as_py() == "12015550100"
    assert pa.ipc.open_stream(PACKED).read_all() == table


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, len(PACKED) // 2, len(PACKED) - 9])
def test_unpack__cut_short(length):
    """What ends too early is a damaged journal."""
    with pytest.raises(JournalError, match="damaged"):
        payloads.unpack(PACKED[:length])


def test_unpack__bytes_changed():
    """Whatever byte is changed, the journal is damaged: no other recipient is read from it."""
    chance = random.Random(5)
    for _ in range(300):
        blob = bytearray(PACKED)
        blob[chance.randrange(len(blob))] ^= chance.randrange(1, 256)
        with pytest.raises(JournalError, match="damaged"):
            payloads.unpack(bytes(blob))


def test_statuses__of_another_batch():
    """Statuses that are fewer than the messages of their batch are a damaged journal."""
    blob = payloads.pack_statuses(np.zeros(3, dtype=np.uint8), pa.array(["a", None, "a"]))
    told = status_answers.unpack(blob, 3)
    assert (told.messages, told.message.tolist()) == (["a"], [0, -1, 0])
    with pytest.raises(JournalError, match="damaged"):
        status_answers.unpack(blob, 4)

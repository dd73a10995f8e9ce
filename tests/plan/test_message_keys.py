"""The identity of a message: equal messages are equal, others never, and the layout is for good."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._plan import message_keys

SCOPE = bytes(range(16))
TEXTS = st.text(st.sampled_from("ab1 "), max_size=4)


def keys(recipients, *values, occurrences=None, scope=SCOPE, names=()):
    """Return the keys of messages as a list."""
    columns = [pa.array(column, pa.string()) for column in values]
    if occurrences is not None:
        occurrences = np.array(occurrences, dtype=np.int32)
    who = pa.array(recipients, pa.string())
    blob = message_keys.send_keys(scope, who, columns, names=names, occurrences=occurrences)
    return [blob[i : i + 16] for i in range(0, len(blob), 16)]


def test_send_keys__layout_is_for_good():
    """The bytes that are hashed never change: otherwise every old message would be new."""
    (plain,) = keys(["12015550100"])
    assert plain == hashlib.blake2b(SCOPE + b"12015550100", digest_size=16).digest()
    (full,) = keys(["12015550100"], ["2"], ["José"], occurrences=[3])
    what = "12015550100\x1f2\x1fJosé\x1e3".encode()
    assert full == hashlib.blake2b(SCOPE + what, digest_size=16).digest()
    (named,) = keys(["12015550100"], ["2"], names=["Order No"])
    what = b"12015550100\x1fOrder No\x1d2"
    assert named == hashlib.blake2b(SCOPE + what, digest_size=16).digest()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"text": "Hi \x1f!"}, "938ae3e8be70f0a2cad736f7ebae21f0", id="text"),
        pytest.param({"campaign": "spring"}, "d7bdcace9b742bdbfa5a35edaa286e75", id="campaign"),
        pytest.param({"content_id": "7"}, "13421d81d3da8c31d76d6c0a70b3de61", id="published"),
    ],
)
def test_scope_of__layout_is_for_good(given, expected):
    """A scope that changed would make everything that was sent new."""
    assert message_keys.scope_of("host", "148372", **given).hex() == expected


def test_lookup_recipients__layout_is_for_good():
    """Fields in their own order, in canonical form, kept apart by what no text holds."""
    lookups = {"b": pa.array(["2\u200b", "3"]), "a": pa.array(["x y", "x  y"])}
    found = message_keys.lookup_recipients(lookups).to_pylist()
    assert found == ["a\x1dx y\x1cb\x1d2\x1c", "a\x1dx y\x1cb\x1d3\x1c"]
    assert message_keys.lookup_recipients(dict(reversed(lookups.items()))).to_pylist() == found


def test_recipient_hashes__layout_is_for_good():
    """They are kept for every message; changed ones would know nobody again."""
    found = message_keys.recipient_hashes("host", pa.array(["12015550100", "a\x1d1\x1c"]))
    assert [hex(n) for n in found.tolist()] == ["0x88adbec7b8616d42", "0x794fba342ae663b5"]
    other = message_keys.recipient_hashes("elsewhere", pa.array(["12015550100"]))
    assert other[0] != found[0]


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=12))
def test_send_keys__equal_only_for_equal_messages(messages):
    """Two keys are equal exactly when recipient and values are."""
    found = keys(*[[message[n] for message in messages] for n in range(3)])
    assert len(set(found)) == len(set(messages))
    assert len(dict(zip(messages, found, strict=True))) == len(set(messages))


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12), st.data())
def test_send_keys__same_in_any_order_and_slice(messages, data):
    """A message has the key it has alone, wherever in whatever frame it stands."""
    order = data.draw(st.permutations(range(len(messages))))
    alone = [keys([who], [value])[0] for who, value in messages]
    shuffled = keys([messages[i][0] for i in order], [messages[i][1] for i in order])
    assert shuffled == [alone[i] for i in order]


def test_send_keys__repeats():
    """The first of equal rows has the key it has alone; its repeats have others."""
    numbered = keys(["1", "1", "2", "1"], occurrences=[0, 1, 0, 2])
    assert numbered[0] == keys(["1"])[0]
    assert len(set(numbered)) == 4


def test_occurrence_numbers__count_equal_rows():
    """Equal rows are numbered in their order, missing values being equal."""
    rows = pd.DataFrame({"who": [1, 2, 1, 1, 2], "a": ["x", None, "x", "y", None]})
    assert message_keys.occurrence_numbers(rows).tolist() == [0, 0, 1, 0, 1]


def test_scope_of__what_makes_another_campaign():
    """Service, program and name do, a named campaign's text does not; unnamed, the text does."""
    named = [
        message_keys.scope_of(service, program, campaign=name)
        for service in "ab"
        for program in "12"
        for name in ("x", "y", "")
    ]
    texts = [message_keys.scope_of("a", "1", text=text) for text in ("x", "y")]
    texts.append(message_keys.scope_of("a", "1", content_id="x"))
    assert len({*named, *texts}) == len(named) + len(texts)
    assert message_keys.scope_of("a", "1", campaign="x", text="one") == named[0]
    assert message_keys.scope_of("a", "1", campaign="x", content_id="one") == named[0]


def test_as_keys__takes_a_blob_apart():
    """A blob of keys is an array of 16 bytes each."""
    blob = bytes(range(48))
    ends = range(0, 49, 16)
    assert message_keys.as_keys(blob).to_pylist() == [blob[i:j] for i, j in pairwise(ends)]
    assert len(message_keys.as_keys(b"")) == 0

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

from smsframe import sendkeys

SCOPE = bytes(range(16))
TRICKY = st.text(st.sampled_from("ab\x1c\x1d\x1e\x1f"), max_size=4)


def keys(recipients, personalization=None, occurrences=None, scope=SCOPE):
    """Return the keys of messages as a list."""
    columns = {t: pa.array(v, pa.string()) for t, v in (personalization or {}).items()}
    if occurrences is not None:
        occurrences = np.array(occurrences, dtype=np.int32)
    blob = sendkeys.send_keys(scope, pa.array(recipients, pa.string()), columns, occurrences)
    return [blob[i : i + 16] for i in range(0, len(blob), 16)]


def test_send_keys__layout_is_for_good():
    """The bytes that are hashed never change: otherwise every old message would be new."""
    (plain,) = keys(["12015550100"])
    assert plain == hashlib.blake2b(SCOPE + b"12015550100", digest_size=16).digest()
    (full,) = keys(["12015550100"], {"b": ["2"], "a": [None]}, [3])
    what = b"12015550100\x1ea\x1f\x1d\x1eb\x1f2\x1e\x1e3"
    assert full == hashlib.blake2b(SCOPE + what, digest_size=16).digest()
    scope = sendkeys.scope_of("account", "148372", "spring")
    assert scope.hex() == "72b7522a036fd9e823930b359e9022f4"


@settings(deadline=None)
@given(st.lists(st.tuples(TRICKY, st.none() | TRICKY, st.none() | TRICKY), max_size=12))
def test_send_keys__equal_only_for_equal_messages(messages):
    """Two keys are equal exactly when recipient and values are, whatever characters they hold."""
    found = keys(
        [who for who, _, _ in messages],
        {"a": [a for _, a, _ in messages], "b": [b for _, _, b in messages]},
    )
    assert len(set(found)) == len(set(messages))
    assert len(dict(zip(messages, found, strict=True))) == len(set(messages))


@settings(deadline=None)
@given(st.lists(st.tuples(TRICKY, st.none() | TRICKY), min_size=1, max_size=12), st.data())
def test_send_keys__same_in_any_order_and_slice(messages, data):
    """A message has the key it has alone, wherever in whatever frame it stands."""
    order = data.draw(st.permutations(range(len(messages))))
    alone = [keys([who], {"a": [value]})[0] for who, value in messages]
    shuffled = keys([messages[i][0] for i in order], {"a": [messages[i][1] for i in order]})
    assert shuffled == [alone[i] for i in order]


def test_send_keys__of_slices():
    """Columns that are windows of larger ones give the keys of what is seen through them."""
    recipients = pa.array(["1", "2", "3", "4"])[1:3]
    values = {"a": pa.array(["x", None, "y", "z"])[1:3]}
    assert sendkeys.send_keys(SCOPE, recipients, {}) == b"".join(keys(["2", "3"]))
    blob = sendkeys.send_keys(SCOPE, recipients, values)
    assert blob == b"".join(keys(["2", "3"], {"a": [None, "y"]}))


def test_send_keys__of_nobody():
    """No message has no key."""
    assert keys([]) == []
    assert keys([], {"a": []}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"a": [None]}, {"a": [""]}, id="missing is not empty"),
        pytest.param({"a": ["1"]}, {"b": ["1"]}, id="tags count"),
        pytest.param({"a": ["1"]}, {}, id="a tag more"),
    ],
)
def test_send_keys__differ(one, other):
    """What differs in a message differs in its key."""
    assert keys(["1"], one) != keys(["1"], other)


def test_send_keys__repeats():
    """The first of equal rows has the key it has alone; its repeats have others."""
    numbered = keys(["1", "1", "2", "1"], occurrences=[0, 1, 0, 2])
    assert numbered[0] == keys(["1"])[0]
    assert len(set(numbered)) == 4


def test_occurrence_numbers__count_equal_rows():
    """Equal rows are numbered in their order, missing values being equal."""
    rows = pd.DataFrame({"who": [1, 2, 1, 1, 2], "a": ["x", None, "x", "y", None]})
    assert sendkeys.occurrence_numbers(rows).tolist() == [0, 0, 1, 0, 1]


def test_scope_of__what_makes_another_campaign():
    """Account, program and name do, a named campaign's text does not; unnamed, the text does."""
    named = [
        sendkeys.scope_of(account, program, name)
        for account in "ab"
        for program in "12"
        for name in ("x", "y", "")
    ]
    texts = [
        sendkeys.scope_of("a", "1", None, content=text, content_id=number, defaults=defaults)
        for text, number in (("x", None), ("y", None), (None, "x"))
        for defaults in (None, {"Name": "Ann"}, {"Name": "Bob"})
    ]
    assert len({*named, *texts}) == len(named) + len(texts)
    assert sendkeys.scope_of("a", "1", "x", content="one") == named[0]
    assert sendkeys.scope_of("a", "1", None, content="x", defaults={}) == texts[0]


def test_people__per_campaign():
    """A person has one number in a campaign and another one in another."""
    column = pa.array(["12015550100", "12015550101", "12015550100"])
    here, there = sendkeys.people(SCOPE, column), sendkeys.people(SCOPE[::-1], column)
    assert here[0] == here[2] != here[1]
    assert not set(here.tolist()) & set(there.tolist())
    assert sendkeys.people(SCOPE, column[1:2]).tolist() == [here[1]]


def test_as_keys__takes_a_blob_apart():
    """A blob of keys is an array of 16 bytes each."""
    blob = bytes(range(48))
    ends = range(0, 49, 16)
    assert sendkeys.as_keys(blob).to_pylist() == [blob[i:j] for i, j in pairwise(ends)]
    assert len(sendkeys.as_keys(b"")) == 0

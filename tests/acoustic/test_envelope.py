"""What every answer is wrapped in, whatever it looks like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shaped_answers import shaped

from smsframe._acoustic.envelope import Envelope

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)
SHAPED = st.fixed_dictionaries(
    {"meta": JSON | st.fixed_dictionaries({"generalErrors": JSON, "fieldErrors": JSON})},
    optional={"data": JSON, "error": JSON, "message": JSON},
)


@given(st.binary() | (JSON | SHAPED).map(lambda value: json.dumps(value).encode()))
def test_envelope__never_raises(body):
    """Whatever comes back is taken apart, and every message in it is a non-blank text."""
    envelope = Envelope.parse(body)
    assert all(isinstance(text, str) and text.strip() for text in envelope.messages)
    assert isinstance(envelope.says("x"), bool)


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        pytest.param(shaped(["a", "b"], {"f": "c"}), ("a", "b", "c"), id="both"),
        pytest.param(shaped("a", ["b"]), ("a", "b"), id="other-types"),
        pytest.param(shaped([{"text": "a"}, None], {"f": ["b", "c"]}), ("a", "b; c"), id="nested"),
        pytest.param(b'{"meta":null,"data":null}', (), id="null-meta"),
        pytest.param(b'{"error":"e","error_description":"d"}', ("e", "d"), id="gateway"),
        pytest.param(b"", (), id="empty"),
        pytest.param(b"null", (), id="null"),
        pytest.param(b'["a"]', ("a",), id="list"),
        pytest.param(b"\xef\xbb\xbf" + shaped(["a"]), ("a",), id="byte-order-mark"),
        pytest.param('{"meta": 1}'.encode("utf-16"), (), id="no text"),
        pytest.param(b"<html><b>Bad</b>\n gateway", ("Bad gateway",), id="html"),
        pytest.param(b"<style>p{}</style><p>Sorry", ("Sorry",), id="style"),
        pytest.param(b"\xff\xfe", ("\ufffd\ufffd",), id="no-text"),
    ],
)
def test_envelope__messages(body, messages):
    """General and field errors are both read, and other shapes are tolerated."""
    assert Envelope.parse(body).messages == messages


def test_envelope__long_page_is_cut():
    """An excerpt stays short."""
    assert len(Envelope.parse(b"x" * 10**6).text) <= 300


def test_envelope__data_and_readability():
    """Data comes through as it is; only a JSON object is readable."""
    assert Envelope.parse(shaped(data={"id": "a"})).data == {"id": "a"}
    assert Envelope.parse(shaped()).is_readable
    assert not Envelope.parse(b"[]").is_readable

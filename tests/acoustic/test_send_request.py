"""Calls as bytes: contacts by column, and what is said beside them."""

from __future__ import annotations

import json

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsframe._acoustic.send_request import SendRequest, encode_contacts
from smsframe._base.message import Message

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"', "\\", "\n", "\x00\x1f", "\x7f", "\u2028", "😀", "</script>", "", "NaN", "null"]
)


def columns(names, size, values):
    """Strategy for named columns of one length."""
    column = st.lists(values, min_size=size, max_size=size)
    return st.dictionaries(names, column, max_size=3)


@st.composite
def contacts(draw):
    """Size, addresses by id or by lookup, and personalization with gaps."""
    size = draw(st.integers(0, 6))
    ids = draw(st.none() | st.lists(TEXT, min_size=size, max_size=size))
    lookups = draw(columns(TEXT, size, TEXT).filter(bool)) if ids is None else {}
    return size, ids, lookups, draw(columns(TEXT, size, st.none() | TEXT))


def plainly(size, ids, lookups, personalization):
    """Build the contacts one by one: slow and obvious."""
    built = []
    for row in range(size):
        if ids is not None:
            contact = {"contactId": ids[row]}
        else:
            keys = [(name, values[row]) for name, values in lookups.items()]
            contact = {
                "contactLookup": [
                    {"name": name, "value": value, "channel": "SMS"} for name, value in keys
                ]
            }
        given_values = {tag: v[row] for tag, v in personalization.items() if v[row] is not None}
        if given_values:
            contact["personalization"] = given_values
        built.append(contact)
    return built


def arrays(named, kind=None):
    """Turn lists into arrow arrays."""
    return {name: pa.array(values, kind or pa.string()) for name, values in named.items()}


@given(contacts())
def test_encode_contacts__equals_the_obvious_way(case):
    """Joined by column or built one by one: the same contacts, and strict JSON."""
    size, ids, lookups, personalization = case
    encoded = encode_contacts(
        size,
        contact_ids=None if ids is None else pa.array(ids, pa.string()),
        lookups=arrays(lookups),
        personalization=arrays(personalization),
    )
    assert json.loads(encoded) == orjson.loads(encoded) == plainly(*case)


def test_encode_contacts__bytes_are_exactly_these():
    """No blanks, one contact after the other."""
    encoded = encode_contacts(
        2,
        contact_ids=pa.array(["12015550123", "12015550124"]),
        personalization={"A b": pa.array(["x", None]), "C": pa.array(['"', "é"])},
    )
    assert (
        encoded
        == (
            '[{"contactId":"12015550123","personalization":{"C":"\\"","A b":"x"}},'
            '{"contactId":"12015550124","personalization":{"C":"é"}}]'
        ).encode()
    )


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_encode_contacts__slices_and_chunks(kind):
    """Parts of larger columns, and columns in pieces, are read where they lie."""
    ids = pa.array(["x", "12015550123", "12015550124", "y"], kind).slice(1, 2)
    names = pa.chunked_array([pa.array(["A"], kind), pa.array(["B"], kind)])
    gaps = pa.array(["-", None, "C", "-"], kind).slice(1, 2)
    encoded = encode_contacts(2, contact_ids=ids, personalization={"N": names, "G": gaps})
    assert json.loads(encoded) == [
        {"contactId": "12015550123", "personalization": {"N": "A"}},
        {"contactId": "12015550124", "personalization": {"N": "B", "G": "C"}},
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({}, ValueError, id="no-address"),
        pytest.param(
            {"contact_ids": pa.array(["1"]), "lookups": {"a": pa.array(["1"])}},
            ValueError,
            id="two-addresses",
        ),
        pytest.param({"contact_ids": pa.array(["1", "2"])}, ValueError, id="length"),
        pytest.param({"contact_ids": pa.array([None], pa.string())}, ValueError, id="null"),
        pytest.param(
            {"lookups": {"a": pa.array([None], pa.string())}}, ValueError, id="null-lookup"
        ),
        pytest.param({"contact_ids": pa.array([12015550123])}, TypeError, id="numbers"),
        pytest.param(
            {"contact_ids": pa.array(["1"]), "personalization": {"a": pa.array([1.5])}},
            TypeError,
            id="floats",
        ),
        pytest.param(
            {"contact_ids": pa.array(["1"]), "personalization": {"a": pa.nulls(1)}},
            TypeError,
            id="null-type",
        ),
    ],
)
def test_encode_contacts__programming_errors(arguments, error):
    """Wrong types, lengths and nulls are errors of the caller and are never encoded."""
    with pytest.raises(error):
        encode_contacts(1, **arguments)


def test_encode_contacts__none():
    """No contacts are an empty array."""
    assert encode_contacts(0, contact_ids=pa.array([], pa.string())) == b"[]"


def test_body__only_what_was_given():
    """The smallest call holds three fields."""
    request = SendRequest(
        message=Message(program="148372", content="Hi"), contacts=b'[{"contactId":"1"}]', size=1
    )
    assert json.loads(request.body()) == {
        "channelQualifier": "148372",
        "content": "Hi",
        "contacts": [{"contactId": "1"}],
    }


def test_body__everything():
    """Every option has its name on the wire; values that are false or zero are kept."""
    message = Message(
        program="148372",
        content='Hi "%%A%%"\n',
        content_id="m1",
        defaults={"A": "you"},
        source="smsframe:1:1",
        campaign_name="c",
        ttl_minutes=0,
        character_swap=False,
    )
    request = SendRequest(message=message, contacts=b"[]", size=0)
    assert json.loads(request.body()) == {
        "channelQualifier": "148372",
        "content": 'Hi "%%A%%"\n',
        "contentId": "m1",
        "personalizationDefaults": {"A": "you"},
        "source": "smsframe:1:1",
        "campaignName": "c",
        "ttlInMinutes": 0,
        "characterSwapEnabled": False,
        "contacts": [],
    }


def test_send_request__repr_shows_no_contact():
    """The repr of a call holds no phone number."""
    request = SendRequest(
        message=Message(program="1"), contacts=b'[{"contactId":"12015550123"}]', size=1
    )
    assert "2015550" not in repr(request)


def test_encode_contacts__of_nobody():
    """No contacts are an empty list."""
    nobody = pa.array([], pa.string())
    assert encode_contacts(0, contact_ids=nobody, personalization={"Order": nobody}) == b"[]"

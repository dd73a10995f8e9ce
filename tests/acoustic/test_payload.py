"""Bytes out: contacts and calls as JSON. Bytes in: answers, whatever they look like."""

from __future__ import annotations

import json

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsframe._acoustic import payload
from smsframe._acoustic.payload import (
    ContactStatus,
    Envelope,
    Program,
    SendRequest,
    SendStatus,
    encode_contacts,
)
from smsframe._base.message import Message
from smsframe.errors import ApiError

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


# Calls


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


# Answers


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


def shaped(general=(), fields=None, data=None):
    """Bytes of an answer in the documented form."""
    meta = {"generalErrors": general, "fieldErrors": fields or {}}
    return json.dumps({"meta": meta, "data": data}).encode()


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


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"contactId": "1", "smsSent": True}, ContactStatus(contact_id="1", sent=True)),
        ({"contactID": 1, "smsSent": "true"}, ContactStatus(contact_id="1", sent=True)),
        (
            {"contactLookup": [{"name": "a", "value": "b", "channel": "SMS"}], "smsSent": False,
             "message": "no"},
            ContactStatus(lookup={"a": "b"}, sent=False, message="no"),
        ),
        ({"contactLookup": {"a": 1}}, ContactStatus(lookup={"a": "1"}, sent=False)),
        ({"contactLookup": ["?"], "message": None}, ContactStatus(sent=False)),
        ("?", None),
    ],
)  # fmt: skip
def test_contact_status__spellings(record, expected):
    """Both spellings of the id, and lookups, are read."""
    assert ContactStatus.read(record) == expected


def test_send_status__ready():
    """A complete status is read whole; entries that are none are left out."""
    data = {
        "totalContacts": 3,
        "contactsProcessed": "2",
        "errors": None,
        "contactStatus": [{"contactId": "1", "smsSent": True}, None],
    }
    status = SendStatus.from_envelope("r", Envelope.parse(shaped(data=data)))
    assert (status.ready, status.total_contacts, status.contacts_processed) == (True, 3, 2)
    assert status.errors == ""
    assert status.contacts == (ContactStatus(contact_id="1", sent=True),)


@pytest.mark.parametrize("listed", [None, "x", {}, 5])
def test_send_status__list_is_something_else(listed):
    """A contact list of another type is an empty one."""
    data = {"totalContacts": None, "contactStatus": listed}
    status = SendStatus.from_envelope("r", Envelope.parse(shaped(data=data)))
    assert status.ready
    assert status.contacts == ()


NOT_FOUND = "Transaction status not found. Please try your request again in a few minutes."


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(shaped([NOT_FOUND]), id="general"),
        pytest.param(shaped(fields={"id": NOT_FOUND}), id="field"),
        pytest.param(shaped(data=NOT_FOUND), id="data"),
        pytest.param(shaped(data={"message": NOT_FOUND}), id="data-message"),
        pytest.param(json.dumps({"message": NOT_FOUND}).encode(), id="top"),
        pytest.param(json.dumps(NOT_FOUND).encode(), id="json-text"),
        pytest.param(NOT_FOUND.encode(), id="plain-text"),
    ],
)
def test_send_status__not_found_anywhere(body):
    """Wherever the text stands, it means: not ready."""
    assert SendStatus.from_envelope("r", Envelope.parse(body)) == SendStatus(
        response_id="r", ready=False
    )


@pytest.mark.parametrize("body", [shaped(), shaped(["else"]), b"", b"<html>"])
def test_send_status__neither(body):
    """An answer that says neither is an error that names the send."""
    with pytest.raises(ApiError, match="status of r"):
        SendStatus.from_envelope("r", Envelope.parse(body))


def test_program__read_all():
    """Programs are read with what they have; what is no program is left out."""
    records = [{"id": 148372, "programName": "P", "senderId": None, "more": 1}, None, {"code": 7}]
    assert Program.read_all(records) == [
        Program(id="148372", program_name="P"),
        Program(id="", code="7"),
    ]
    assert Program.read_all({"a": 1}) == []


def test_all__names_exist():
    """Every public name exists."""
    assert all(hasattr(payload, name) for name in payload.__all__)


def test_encode_contacts__of_nobody():
    """No contacts are an empty list."""
    nobody = pa.array([], pa.string())
    assert encode_contacts(0, contact_ids=nobody, personalization={"Order": nobody}) == b"[]"

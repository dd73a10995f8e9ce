"""Send calls: every row of the response table, and who gets which text."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from smsframe.sandbox import (
    ACTIVE_UUID_PROGRAM,
    INACTIVE_PROGRAM,
    PUBLISHED_CONTENT,
)

CONTACT_EMPTY = "Contact information is empty. Please provide contact identifier or lookup keys."
CONTACT_COUNT = (
    "Contacts must contain at least 1 contact and cannot exceed more than 1000 contacts."
)
LOOKUP = {"name": "accountNumber", "value": "A-1", "channel": "SMS"}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        pytest.param(
            {"content": "Hi %%Nickname%%"},
            None,
            "Wrong personalization tags Nickname",
            id="tag-unknown",
        ),
        pytest.param(
            {"content": "Hi %%firstname%%"},
            None,
            "Wrong personalization tags firstname",
            id="tag-case",
        ),
        pytest.param(
            {"content": "Hi %%Nickname%%", "personalizationDefaults": {"Nickname": "you"}},
            None,
            "Wrong personalization tags Nickname",
            id="tag-with-default-only",
        ),
        pytest.param(
            {
                "content": "Hi %%Order%%",
                "contacts": [
                    {"contactId": "12015550101", "personalization": {"Order": "1"}},
                    {"contactId": "12015550102"},
                ],
            },
            None,
            "Wrong personalization tags Order",
            id="tag-inline-of-another",
        ),
        pytest.param(
            {"channelQualifier": "999"},
            "channelQualifier",
            "SMS Program is inactive or not found with identifier 999.",
            id="program-unknown",
        ),
        pytest.param(
            {"channelQualifier": INACTIVE_PROGRAM},
            "channelQualifier",
            "SMS Program is inactive or not found with identifier 148373.",
            id="program-inactive",
        ),
        pytest.param(
            {"channelQualifier": ""},
            "channelQualifier",
            "Channel qualifier should be present",
            id="program-empty",
        ),
        pytest.param(
            {"channelQualifier": ...},
            "channelQualifier",
            "Channel qualifier should be present",
            id="program-absent",
        ),
        pytest.param(
            {"content": "x" * 801},
            "content",
            "The message exceeded the maximum 800 character limit.",
            id="content-801",
        ),
        pytest.param(
            {"content": ""}, "content", "SMS content should be present", id="content-empty"
        ),
        pytest.param(
            {"content": ...}, "content", "SMS content should be present", id="content-absent"
        ),
        pytest.param(
            {"content": ..., "contentId": "nobody-published-this"},
            "content",
            "SMS content should be present",
            id="content-id-unknown",
        ),
        pytest.param({"contacts": []}, "contacts", CONTACT_COUNT, id="contacts-none"),
        pytest.param({"contacts": ...}, "contacts", CONTACT_COUNT, id="contacts-absent"),
        pytest.param(
            {"contacts": [{"contactId": "12015550101"}] * 1001},
            "contacts",
            CONTACT_COUNT,
            id="contacts-1001",
        ),
        pytest.param({"contacts": [{}]}, "contacts", CONTACT_EMPTY, id="contact-empty"),
        pytest.param(
            {"contacts": [{"contactId": "12015550101"}, {"contactId": ""}]},
            "contacts",
            CONTACT_EMPTY,
            id="contact-id-blank",
        ),
        pytest.param(
            {"contacts": [{"contactLookup": []}]}, "contacts", CONTACT_EMPTY, id="lookup-empty"
        ),
        *(
            pytest.param(
                {"contacts": [{"contactLookup": [{**LOOKUP, missing: None}]}]},
                "contacts",
                CONTACT_EMPTY,
                id=f"lookup-without-{missing}",
            )
            for missing in LOOKUP
        ),
        pytest.param({"contacts": "12015550101"}, None, "Bad Request", id="contacts-no-list"),
        pytest.param({"contacts": ["12015550101"]}, None, "Bad Request", id="contact-no-object"),
        pytest.param({"content": 5}, None, "Bad Request", id="content-no-text"),
        pytest.param(
            {"contacts": [{"contactId": "12015550101", "personalization": {"Order": [1]}}]},
            None,
            "Bad Request",
            id="value-no-scalar",
        ),
        pytest.param({"personalizationDefaults": []}, None, "Bad Request", id="defaults-no-map"),
        pytest.param({"ttlInMinutes": "soon"}, None, "Bad Request", id="ttl-no-number"),
        pytest.param({"characterSwapEnabled": 1}, None, "Bad Request", id="swap-no-boolean"),
    ],
)
def test_send__refused(api, changes, field, message):
    """A refusal has the exact status, message and place, and messages nobody."""
    answer = api.send(**changes)
    meta = answer.json()["meta"]
    assert answer.status_code == 400
    assert meta["fieldErrors"] == ({field: message} if field else {})
    assert meta["generalErrors"] == ([] if field else [message])
    assert answer.json()["data"] is None
    assert api.texts() == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"content": "Hello"', id="cut-off"),
        pytest.param("{“content”: “Hello”}".encode(), id="typographic-quotes"),
        pytest.param(b'{"content": NaN}', id="nan"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="list"),
    ],
)
def test_send__not_json(api, body):
    """What is not a JSON object is a bad request, in the vendor's own envelope."""
    answer = api.send(body)
    assert answer.status_code == 400
    assert answer.json() == {
        "meta": {
            "attributes": {},
            "generalErrors": ["Bad Request"],
            "fieldErrors": {},
            "links": [],
            "nextPageUrl": None,
        },
        "data": None,
    }


def test_send__several_fields_wrong(api):
    """All field errors come in one answer."""
    fields = api.send(content="", channelQualifier="", contacts=[]).json()["meta"]["fieldErrors"]
    assert set(fields) == {"content", "channelQualifier", "contacts"}


def test_send__accepted(api, clock):
    """A good call is queued: 202, an id in the vendor's shape and a location on this sandbox."""
    answer = api.send(source="order-7")
    data = answer.json()["data"]
    assert answer.status_code == 202
    assert re.fullmatch(r"[0-9a-f]{7}-[0-9a-f]{11}-[0-9a-f]{32}", data["id"])
    base = api.sandbox.base_url
    assert data["location"] == f"{base}/rest/channels/sms/sends/{data['id']}/status"
    assert api.sandbox.outbox().to_dict("records") == [
        {
            "to": "12015550101",
            "text": "Hello, your order has shipped.",
            "program": "148372",
            "source": "order-7",
            "response_id": data["id"],
            "at": pd.Timestamp(clock.now, unit="s", tz="UTC"),
        }
    ]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"content": "x" * 800}, id="content-800"),
        pytest.param({"contacts": [{"contactId": 12015550101}]}, id="contact-id-number"),
        pytest.param({"channelQualifier": ACTIVE_UUID_PROGRAM}, id="program-uuid"),
        pytest.param({"channelQualifier": 148372}, id="program-number"),
        pytest.param({"content": ..., "contentId": PUBLISHED_CONTENT}, id="content-id"),
        pytest.param(
            {
                "campaignName": "spring",
                "ttlInMinutes": 60,
                "characterSwapEnabled": True,
                "unknownField": 1,
            },
            id="options",
        ),
    ],
)
def test_send__accepted_variants(api, changes):
    """Everything the API allows is accepted and reaches the phone."""
    assert api.send(**changes).status_code == 202
    assert [to for to, _ in api.texts()] == ["12015550101"]


@pytest.mark.parametrize("size", [1, 1000])
def test_send__contacts_at_the_limits(api, size):
    """One contact and a thousand are both allowed, each gets one message."""
    contacts = [{"contactId": str(12015550000 + number)} for number in range(size)]
    assert api.send(contacts=contacts).status_code == 202
    assert len(api.texts()) == size


def test_send__content_id_wins(api):
    """A published message is sent instead of the content."""
    api.sandbox.publish("m-1", "Published for %%FirstName%%.")
    api.send(content="Not this.", contentId="m-1", personalizationDefaults={"FirstName": "you"})
    assert api.texts() == [("12015550101", "Published for you.")]


PEOPLE = pd.DataFrame(
    {
        "mobile": ["12015550101", "12015550102", "12015550103"],
        "FirstName": ["Ann", None, "Cy"],
        "FIRST NAME": ["ANN", "BO", "CY"],
        "accountNumber": ["A-1", "A-2", "A-3"],
        "City": ["Rome", "Rome", "Oslo"],
        "consent": ["OPTED-IN", "OPTED-IN", "OPTED-OUT"],
    }
)


@pytest.mark.parametrize(
    ("content", "contact", "defaults", "text"),
    [
        pytest.param("Hi %%FirstName%%", {"FirstName": "Inline"}, {}, "Hi Inline", id="inline"),
        pytest.param("Hi %%FirstName%%", {}, {"FirstName": "you"}, "Hi Ann", id="field"),
        pytest.param("Hi %%LastName%%", {}, {"LastName": "you"}, "Hi you", id="default"),
        pytest.param("Hi %%LastName%%!", {}, {}, "Hi !", id="nothing"),
        pytest.param("Hi %%FIRST NAME%%", {}, {}, "Hi ANN", id="space-in-name"),
        pytest.param("%%Order%%", {"Order": 7}, {}, "7", id="number"),
        pytest.param("%%Order%%", {"Order": 1.5}, {}, "1.5", id="fraction"),
        pytest.param(
            "%%Order%% %%Gift%%", {"Order": True, "Gift": False}, {}, "true false", id="bool"
        ),
        pytest.param("[%%Order%%]", {"Order": None}, {"Order": "d"}, "[d]", id="null"),
        pytest.param("%%Mobile number%%", {}, {}, "12015550101", id="phone-field"),
        pytest.param("5% off, 100%, %s %%City%%%", {}, {}, "5% off, 100%, %s Rome%", id="percent"),
        pytest.param("%%City%%%%FirstName%%", {}, {}, "RomeAnn", id="adjacent"),
        pytest.param("Grüße 👋 %%City%%", {}, {}, "Grüße 👋 Rome", id="unicode"),
    ],
)
def test_send__personalization(start, content, contact, defaults, text):
    """A placeholder takes the inline value, else the field's, else the default, else nothing."""
    api = start()
    api.sandbox.load_contacts(PEOPLE)
    contacts = [{"contactId": "12015550101", "personalization": contact}]
    answer = api.send(content=content, contacts=contacts, personalizationDefaults=defaults)
    assert answer.status_code == 202
    assert api.texts() == [("12015550101", text)]


@pytest.mark.parametrize(
    ("anyone", "messaged"),
    [
        pytest.param(False, ["12015550101"], id="loaded-only"),
        pytest.param(True, ["12015550101", "12015550199"], id="anyone"),
    ],
)
def test_send__consent(start, anyone, messaged):
    """Only opted-in contacts are messaged; `anyone` adds those that were not loaded."""
    api = start(anyone=anyone)
    api.sandbox.load_contacts(PEOPLE)
    ids = ["12015550101", "12015550103", "12015550199", "+12015550102", "nan"]
    assert api.send(contacts=[{"contactId": each} for each in ids]).status_code == 202
    assert [to for to, _ in api.texts()] == messaged


@pytest.mark.parametrize(
    ("keys", "to"),
    [
        pytest.param({"accountNumber": "A-2"}, ["12015550102"], id="one-key"),
        pytest.param({"City": "Rome", "accountNumber": "A-1"}, ["12015550101"], id="all-keys"),
        pytest.param({"Mobile number": "12015550102"}, ["12015550102"], id="phone-field"),
        pytest.param({"City": "Oslo", "accountNumber": "A-1"}, [], id="keys-disagree"),
        pytest.param({"City": "Rome"}, [], id="several"),
        pytest.param({"accountNumber": "A-9"}, [], id="nobody"),
        pytest.param({"NoField": "A-1"}, [], id="no-such-field"),
        pytest.param({"accountNumber": "A-3"}, [], id="opted-out"),
    ],
)
def test_send__lookup(start, keys, to):
    """A contact is found by any database fields, all of which must match exactly one person."""
    api = start()
    api.sandbox.load_contacts(PEOPLE)
    lookup = [{"name": name, "value": value, "channel": "SMS"} for name, value in keys.items()]
    assert api.send(contacts=[{"contactLookup": lookup}]).status_code == 202
    assert [phone for phone, _ in api.texts()] == to


def test_send__lookup_of_anyone(api):
    """With `anyone`, a lookup by phone number finds numbers that were not loaded."""
    lookup = [{"name": "Mobile number", "value": "12015550155", "channel": "SMS"}]
    api.send(contacts=[{"contactLookup": lookup}])
    assert [to for to, _ in api.texts()] == ["12015550155"]


def test_send__same_contact_twice(api):
    """Who is listed twice is texted twice, so that a rehearsal shows it."""
    first = {"contactId": "12015550101", "personalization": {"Order": "1"}}
    second = {"contactId": 12015550101, "personalization": {"Order": "2"}}
    api.send(content="%%Order%%", contacts=[first, second])
    assert api.texts() == [("12015550101", "1"), ("12015550101", "2")]


@pytest.mark.parametrize("name", ["organization", "database", "user"])
def test_send__switched_off(api, name):
    """Without SMS for organization, database or user everything is forbidden."""
    setattr(api.sandbox.switches, name, False)
    for answer in (api.send(), api.call("GET", "/rest/channels/sms/programs")):
        assert answer.status_code == 403
        assert answer.json()["meta"]["generalErrors"] == ["Forbidden"]
    assert api.texts() == []


EXTERNAL = "/rest/channels/sms/externalconsentsends"


def test_external_send__asks_for_no_consent(start, call):
    """An external consent send texts opted-out and unknown numbers and adds the latter."""
    api = start()
    api.sandbox.load_contacts(PEOPLE)
    contacts = [{"phoneNumber": "12015550103"}, {"phoneNumber": "12015550177"}]
    assert api.call("POST", EXTERNAL, call(contacts=contacts)).status_code == 202
    assert [to for to, _ in api.texts()] == ["12015550103", "12015550177"]
    lookup = [{"name": "Mobile number", "value": "12015550177", "channel": "SMS"}]
    reason = api.status(api.send(contacts=[{"contactLookup": lookup}]).json()["data"]["id"])
    assert "consent" in reason.json()["data"]["contactStatus"][0]["message"]


def test_external_send__contact_id(api, call):
    """Its contacts carry phoneNumber; an ordinary contact is refused."""
    answer = api.call("POST", EXTERNAL, call())
    assert answer.json()["meta"]["fieldErrors"] == {"contacts": CONTACT_EMPTY}
    assert api.texts() == []

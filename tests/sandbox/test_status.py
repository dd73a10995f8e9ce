"""Status, programs, consent: what can be asked after and beside a send."""

from __future__ import annotations

import pandas as pd
import pytest

from smsframe.sandbox import ACTIVE_PROGRAM, ACTIVE_UUID_PROGRAM, INACTIVE_PROGRAM

NOT_FOUND = "Transaction status not found. Please try your request again in a few minutes."
PEOPLE = pd.DataFrame(
    {
        "mobile": ["12015550101", "12015550102", "12015550103"],
        "accountNumber": ["A-1", "A-2", "A-3"],
        "City": ["Rome", "Rome", "Oslo"],
        "consent": ["OPTED-IN", "OPTED-OUT", "OPTED-IN"],
    }
)


def test_status__not_ready_and_unknown(start, clock):
    """Too early and unknown ids are told apart by nothing: 200 and the same text."""
    api = start(anyone=True, status_delay_s=60)
    response_id = api.send().json()["data"]["id"]
    clock.now += 59
    early, unknown = api.status(response_id), api.status("no-such-id")
    assert early.status_code == unknown.status_code == 200
    assert early.content == unknown.content
    assert early.json()["meta"]["generalErrors"] == [NOT_FOUND]
    assert early.json()["data"] is None
    clock.now += 1
    assert api.status(response_id).json()["data"]["totalContacts"] == 1


def test_status__per_contact(start):
    """Each contact appears as the call named it, in its order, with a message when not sent."""
    api = start()
    api.sandbox.load_contacts(PEOPLE)
    rome = [{"name": "City", "value": "Rome", "channel": "SMS"}]
    oslo = [{"name": "accountNumber", "value": "A-3", "channel": "SMS"}]
    contacts = [
        {"contactId": "12015550101"},
        {"contactId": 12015550102},
        {"contactId": "12015550199"},
        {"contactLookup": oslo},
        {"contactLookup": rome},
        {"contactId": "12015550101"},
        {"contactId": "five"},
    ]
    data = api.status(api.send(contacts=contacts).json()["data"]["id"]).json()["data"]
    assert data == {
        "totalContacts": 7,
        "contactsProcessed": 3,
        "errors": None,
        "contactStatus": [
            {"contactId": "12015550101", "smsSent": True},
            {
                "contactId": "12015550102",
                "smsSent": False,
                "message": "Contact is opted out of the SMS program.",
            },
            {
                "contactId": "12015550199",
                "smsSent": False,
                "message": "Contact was not found in the database.",
            },
            {"contactLookup": oslo, "smsSent": True},
            {
                "contactLookup": rome,
                "smsSent": False,
                "message": "Lookup keys match more than one contact.",
            },
            {"contactId": "12015550101", "smsSent": True},
            {
                "contactId": "five",
                "smsSent": False,
                "message": "Contact ID is not a phone number with country code.",
            },
        ],
    }


def test_status__other_spelling(start):
    """The id can be spelled the other way it was seen."""
    api = start(anyone=True, contact_key="contactID")
    data = api.status(api.send().json()["data"]["id"]).json()["data"]
    assert data["contactStatus"] == [{"contactID": "12015550101", "smsSent": True}]


def test_programs__at_the_start(api):
    """Two programs are active and one is not; each has the vendor's fields."""
    programs = api.call("GET", "/rest/channels/sms/programs").json()["data"]
    assert {each["id"]: each["status"] for each in programs} == {
        ACTIVE_PROGRAM: "ACTIVE",
        ACTIVE_UUID_PROGRAM: "ACTIVE",
        INACTIVE_PROGRAM: "INACTIVE",
    }
    assert list(programs[0]) == [
        "id", "programName", "campaignName", "code", "senderId", "status", "type", "country",
    ]  # fmt: skip


def test_programs__switched(api):
    """A program can be stopped in the middle and another added."""
    api.sandbox.set_program(ACTIVE_PROGRAM, active=False)
    api.sandbox.set_program("77", active=True)
    assert api.send().status_code == 400
    assert api.send(channelQualifier="77").status_code == 202


@pytest.mark.parametrize(
    ("anyone", "program", "phone", "status", "consent"),
    [
        pytest.param(False, "148372", "12015550101", 200, "OPTED-IN", id="in"),
        pytest.param(True, "148372", "12015550102", 200, "OPTED-OUT", id="out"),
        pytest.param(False, "148372", "12015550199", 404, None, id="no-record"),
        pytest.param(True, "148372", "12015550199", 200, "OPTED-IN", id="anyone"),
        pytest.param(True, "999", "12015550101", 404, None, id="no-program"),
    ],
)
def test_consent__record(start, *, anyone, program, phone, status, consent):
    """Consent is asked phone by phone; 404 means there is no record."""
    api = start(anyone=anyone)
    api.sandbox.load_contacts(PEOPLE)
    answer = api.call("GET", f"/rest/databases/42/consent/SMS-{program}/{phone}")
    assert answer.status_code == status
    assert answer.json()["data"] == (consent and {"status": consent})


def test_events__as_exported(api, clock):
    """The export has the product's column names and the source, for sent messages only."""
    api.send(source="s-1", contacts=[{"contactId": "12015550101"}, {"contactId": "x"}])
    assert api.sandbox.events().to_dict("records") == [
        {
            "Mobile Number": "12015550101",
            "Program Id": "148372",
            "Message Body": "Hello, your order has shipped.",
            "Source": "s-1",
            "Event Timestamp": pd.Timestamp(clock.now, unit="s", tz="UTC"),
        }
    ]

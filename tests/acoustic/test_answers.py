"""What became of a send and its contacts, and the programs, whatever they look like."""

from __future__ import annotations

import json

import pytest
from shaped_answers import shaped

from smsframe._acoustic.answers import ContactStatus, Program, SendStatus
from smsframe._acoustic.envelope import Envelope
from smsframe.errors import ApiError


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

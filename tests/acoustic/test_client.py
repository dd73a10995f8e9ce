"""Endpoints: every answer of the service becomes what the callers above can use."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pytest
from trawl import foreign_frames

from smsframe._acoustic.client import Client
from smsframe._acoustic.credentials import Credentials
from smsframe._acoustic.send_request import SendRequest, encode_contacts
from smsframe._base.message import Message
from smsframe._connect import connect
from smsframe.errors import AccessError, ApiError

PHONE = "12015550123"
REHEARSAL = {
    "client_id": "rehearsal-client-id",
    "client_secret": "rehearsal-client-secret",
    "refresh_token": "rehearsal-refresh-token",
}


pytestmark = pytest.mark.usefixtures("bare_session")


@pytest.fixture
def connected(room):
    """Connect a client to the sandbox."""
    with connect(room) as client:
        yield client


def request(*phones, program="148372", **options):
    """Make a call that sends one text to these phones."""
    contacts = encode_contacts(len(phones), contact_ids=pa.array(phones, pa.string()))
    options.setdefault("content", "Hi")
    message = Message(program=program, **options)
    return SendRequest(message=message, contacts=contacts, size=len(phones))


# Sending


def test_send__accepted(connected, room):
    """An accepted call carries its id, and its text is in the outbox, with its source."""
    outcome = connected.send(request(PHONE, source="smsframe:r:1"))
    assert (outcome.kind, outcome.http_status, outcome.attempts) == ("accepted", 202, 1)
    assert outcome.location == (
        f"{room.base_url}/rest/channels/sms/sends/{outcome.response_id}/status"
    )
    row = room.outbox().iloc[0]
    assert (row["to"], row["text"], row["source"]) == (PHONE, "Hi", "smsframe:r:1")


def test_send__expired_token_costs_one_more_call(connected, room):
    """A token that expires in the middle is renewed once, and the call made again."""
    connected.send(request(PHONE))
    room.faults.add("expire_token", on=1)
    outcome = connected.send(request(PHONE))
    assert (outcome.kind, outcome.attempts) == ("accepted", 2)
    assert room.requests()["status"].tolist() == [200, 202, 401, 200, 202]
    assert len(room.outbox()) == 2


def test_send__expired_token_renewed_once_for_all_threads(client_of, say):
    """Ten threads that meet an expired token renew it once."""
    barrier = threading.Barrier(10)

    def respond(sent, _):
        if sent.headers["authorization"] == "Bearer sesame-1":
            barrier.wait(5)
            return say(401)
        return say(202, {"data": {"id": sent.headers["authorization"]}})

    client, service = client_of(respond)
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: client.send(request(PHONE)), range(10)))
    assert {outcome.response_id for outcome in found} == {"Bearer sesame-2"}
    assert {outcome.attempts for outcome in found} == {2}
    assert [received.path for received in service.received].count("/oauth/token") == 2


def test_send__second_401_is_an_outcome(connected, room):
    """An account that lost its access is told apart after exactly two calls."""
    room.faults.add("status", status=401)
    outcome = connected.send(request(PHONE))
    assert (outcome.kind, outcome.about, outcome.code) == ("rejected", "run", "access_denied")
    assert (outcome.attempts, outcome.http_status) == (2, 401)
    assert (room.requests()["path"] != "/oauth/token").sum() == 2


def test_send__refused_credentials(room):
    """Credentials that are refused are an outcome; no send is called."""
    with connect(base_url=room.base_url, **REHEARSAL | {"client_secret": "wrong"}) as client:
        outcome = client.send(request(PHONE))
    assert (outcome.kind, outcome.about, outcome.code) == ("rejected", "run", "access_denied")
    assert outcome.http_status is None
    assert room.requests()["path"].tolist() == ["/oauth/token"]


@pytest.mark.parametrize(
    ("fault", "kind", "code", "sent"),
    [
        pytest.param({"kind": "drop_before"}, "unknown", "answer_lost", 0, id="drop-before"),
        pytest.param({"kind": "drop_after"}, "unknown", "answer_lost", 1, id="drop-after"),
        pytest.param(
            {"kind": "drop_after", "reset": True}, "unknown", "answer_lost", 1, id="reset"
        ),
        pytest.param({"kind": "hang"}, "unknown", "answer_lost", 1, id="hang"),
        pytest.param({"kind": "truncate"}, "unknown", "answer_lost", 1, id="truncate"),
        pytest.param(
            {"kind": "status", "status": 500}, "unknown", "server_error", 0, id="500-before"
        ),
        pytest.param(
            {"kind": "status", "status": 502, "after": True, "html": True},
            "unknown",
            "server_error",
            1,
            id="502-after-html",
        ),
        pytest.param({"kind": "status", "status": 302}, "unknown", "redirected", 0, id="302"),
        pytest.param(
            {"kind": "status", "status": 200, "after": True, "body": "{"},
            "unknown",
            "unreadable_answer",
            1,
            id="unreadable",
        ),
        pytest.param({"kind": "too_many"}, "busy", "busy", 0, id="429"),
        pytest.param({"kind": "too_many", "form": "503"}, "busy", "busy", 0, id="503"),
        pytest.param({"kind": "too_many", "form": "400"}, "busy", "busy", 0, id="400"),
        pytest.param({"kind": "too_many", "form": "500"}, "busy", "busy", 0, id="500"),
    ],
)
def test_send__faults(room, fault, kind, code, sent):
    """What goes wrong on the way becomes an outcome; the outbox shows why it may be unknown."""
    room.faults.add(**fault)
    with connect(room, timeout_s=(2.0, 0.3)) as client:
        outcome = client.send(request(PHONE))
    assert (outcome.kind, outcome.code) == (kind, code)
    assert len(room.outbox()) == sent


def test_send__busy_names_the_time_to_wait(connected, room):
    """What the service asks to wait is passed on."""
    room.faults.add("too_many", retry_after=7)
    assert connected.send(request(PHONE)).retry_after_s == 7


def test_send__nobody_there(closed_port, tmp_path):
    """Without a connection to the token endpoint nothing was sent."""
    client = Client(
        f"http://127.0.0.1:{closed_port}", Credentials("a", "b", "c"), journal_path=tmp_path / "j"
    )
    outcome = client.send(request(PHONE))
    assert (outcome.kind, outcome.code) == ("no_connection", "no_connection")
    client.close()


def test_send__lost_after_a_refused_token(client_of, say):
    """The second call counts: when its answer is lost, the outcome is unknown."""
    answers = [say(401), None]
    client, _ = client_of(lambda *_: answers.pop(0))
    outcome = client.send(request(PHONE))
    assert (outcome.kind, outcome.attempts) == ("unknown", 2)


def test_send__token_endpoint_fails_after_a_refused_token(client_of, say):
    """A 401 whose token cannot be renewed messaged nobody."""

    def respond(request, _):
        service.ending.set()
        return say(401)

    client, service = client_of(respond)
    outcome = client.send(request(PHONE))
    assert (outcome.kind, outcome.attempts) == ("no_connection", 1)


def test_send__headers(client_of, say):
    """Every call carries token and type, and the body as it was made."""
    client, service = client_of(lambda *_: say(202, {"data": {"id": "a"}}))
    client.send(request(PHONE))
    sent = service.received[-1]
    assert (sent.method, sent.path) == ("POST", "/rest/channels/sms/sends")
    assert sent.headers["authorization"] == "Bearer sesame-1"
    assert sent.headers["content-type"] == "application/json"
    assert sent.body == request(PHONE).body()


@pytest.mark.parametrize("word", ["sesame-1", "client-sesame", "refresh-sesame"])
def test_send__quoted_secret_does_not_show(client_of, say, word):
    """Whatever secret the service quotes, in whatever words, stays out of the outcome."""
    client, _ = client_of(lambda *_: say(400, {"message": f"cannot use {word} here"}))
    outcome = client.send(request(PHONE))
    assert outcome.message == "cannot use ••• here"


def test_send__external_consent_is_out_of_reach():
    """The endpoint that checks no consent is not spelled anywhere in the code of the client."""
    names = [name for name in dir(Client) if "external" in name.lower()]
    assert names == []


# Asking


def test_status__ready(connected):
    """A status names each contact."""
    outcome = connected.send(request(PHONE, "12015550124"))
    status = connected.status(outcome.response_id)
    assert (status.ready, status.total_contacts) == (True, 2)
    assert {contact.contact_id for contact in status.contacts} == {PHONE, "12015550124"}
    assert all(contact.sent for contact in status.contacts)


def test_status__other_spelling_and_lookup(room):
    """The other spelling of the id, and contacts found by lookup, are read."""
    room.settings.contact_key = "contactID"
    room.load_contacts(pd.DataFrame({"mobile": [PHONE], "account": ["7"]}))
    lookup = encode_contacts(1, lookups={"account": pa.array(["7"])})
    with connect(room) as client:
        first = client.send(request(PHONE))
        second = client.send(
            SendRequest(message=Message(program="148372", content="Hi"), contacts=lookup, size=1)
        )
        assert client.status(first.response_id).contacts[0].contact_id == PHONE
        assert client.status(second.response_id).contacts[0].lookup == {"account": "7"}


def test_status__not_ready_and_unknown_alike(connected, room):
    """Too early and never heard of look the same."""
    room.settings.status_delay_s = 60
    outcome = connected.send(request(PHONE))
    assert not connected.status(outcome.response_id).ready
    assert not connected.status("never-heard-of").ready


def test_status__not_found_as_404(client_of, say):
    """The not-found text under a 404 means the same."""
    client, service = client_of(lambda *_: say(404, {"message": "Transaction status not found."}))
    assert not client.status("a/b").ready
    assert service.received[-1].path == "/rest/channels/sms/sends/a%2Fb/status"


def test_programs__frame_of_text(connected):
    """The programs come as a frame of text columns."""
    programs = connected.programs()
    assert list(programs.columns) == [
        "id", "program_name", "campaign_name", "code", "sender_id", "status", "type", "country",
    ]  # fmt: skip
    assert programs.set_index("id")["status"]["148373"] != "ACTIVE"
    assert (programs.dtypes == "string").all()


def test_programs__none(client_of, say):
    """No programs are an empty frame with the same columns."""
    client, _ = client_of(lambda *_: say(200, {"data": []}))
    assert client.programs().shape == (0, 8)


def test_consent__each_answer(room, connected):
    """Opted in, opted out and unknown; the number may be written as people write it."""
    room.settings.anyone = False
    people = pd.DataFrame({"mobile": [PHONE, "12015550124"], "consent": ["yes", "no"]})
    room.load_contacts(people)
    found = [
        connected.consent("1", "148372", phone)
        for phone in ("+1 (201) 555-0123", "12015550124", "12015550125")
    ]
    assert found == ["OPTED-IN", "OPTED-OUT", "NONE"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client: client.status("r"), id="status"),
        pytest.param(lambda client: client.programs(), id="programs"),
        pytest.param(lambda client: client.consent("1", "2", PHONE), id="consent"),
    ],
)
class TestAsking:
    """What goes wrong when something is asked."""

    @pytest.mark.parametrize(
        ("status", "content"),
        [
            pytest.param(403, {"meta": {"generalErrors": ["Forbidden"]}}, id="403"),
            pytest.param(401, b"", id="401"),
            pytest.param(500, b"<html>", id="500"),
            pytest.param(400, {"message": "no"}, id="400"),
            pytest.param(302, b"", id="302"),
            pytest.param(200, b"<html>", id="html"),
            pytest.param(200, b"", id="empty"),
            pytest.param(429, b"", id="429"),
        ],
    )
    def test_answer__unusable(self, client_of, say, ask, status, content):
        """An answer that is no success raises, with its status, as what it is about."""
        client, _ = client_of(lambda *_: say(status, content, Retry_After="3"))
        error = AccessError if status in (401, 403) else ApiError
        with pytest.raises(error, match=str(status)) as caught:
            ask(client)
        assert type(caught.value) is error
        assert caught.value.details["http_status"] == status
        assert caught.value.details["retry_after_s"] == 3

    def test_answer__lost(self, client_of, ask, caplog):
        """A lost answer raises without any trace of token or phone."""
        caplog.set_level(logging.DEBUG, "smsframe")
        client, _ = client_of(lambda *_: None)
        with pytest.raises(ApiError, match="Nothing was changed") as caught:
            ask(client)
        assert type(caught.value) is ApiError
        assert foreign_frames(caught.value) == []
        shown = "".join(traceback.format_exception(caught.value)) + repr(client) + caplog.text
        assert "sesame" not in shown

    def test_answer__after_a_refused_token(self, client_of, say, ask):
        """An expired token is renewed once, and the question asked again."""
        client, service = client_of(lambda *_: say(401))
        with pytest.raises(AccessError):
            ask(client)
        used = [request.headers.get("authorization") for request in service.received]
        assert used[1:] == [None, "Bearer sesame-1", None, "Bearer sesame-2"]

    def test_answer__credentials_refused(self, room, ask):
        """Refused credentials raise as such."""
        wrong = REHEARSAL | {"client_id": "x"}
        refused = pytest.raises(AccessError, match="refused the credentials")
        with connect(base_url=room.base_url, **wrong) as client, refused:
            ask(client)


def test_consent__unreadable(client_of, say):
    """A consent in another form is an error, not a guess."""
    for data in (None, {}, {"status": "PERHAPS"}, "OPTED-IN"):
        client, _ = client_of(lambda *_, data=data: say(200, {"data": data}))
        with pytest.raises(ApiError, match="cannot be read"):
            client.consent("1", "2", PHONE)


def test_client__reprs_and_log_hold_no_secret(room, caplog):
    """Neither the client's parts nor the log of a whole exchange show a secret or a phone."""
    caplog.set_level(logging.DEBUG, "smsframe")
    with connect(room) as client:
        client.send(request(PHONE))
        client.consent("1", "148372", PHONE)
        shown = caplog.text + "".join(repr(part) for part in vars(client).values())
    token = client._tokens.token()
    assert "POST answered 202" in caplog.text
    for hidden in (token, REHEARSAL["client_secret"], REHEARSAL["refresh_token"], PHONE):
        assert str(hidden) not in shown


def test_client__json_body_is_what_the_service_reads(connected, room):
    """Quotes, line breaks and emoji in a value arrive as they were."""
    names = pa.array(['A"\\b\n😀'])
    contacts = encode_contacts(
        1, contact_ids=pa.array([PHONE]), personalization={"FIRST NAME": names}
    )
    sent = SendRequest(
        message=Message(program="148372", content="Hi %%FIRST NAME%%!"), contacts=contacts, size=1
    )
    assert json.loads(sent.body())["contacts"][0]["personalization"] == {"FIRST NAME": 'A"\\b\n😀'}
    assert connected.send(sent).kind == "accepted"
    assert room.outbox()["text"][0] == 'Hi A"\\b\n😀!'

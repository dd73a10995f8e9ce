"""Client and sandbox judged by the same examples, so that neither can agree with its own mistake.

Each file of ``tests/wire`` is one exchange, written from the contract and not from either side:

``title``, ``source``
    What it shows, and where that stands. ``guess`` names what nobody documents.
``world``
    What must be true before: people, consent, programs, switches, a fault, an earlier send.
``request``
    Method and path with ``json``, ``form`` or ``text``; ``repeat_contacts`` repeats its only
    contact. ``ours: false``: the service must answer so, but this client never makes such a call.
``answer``
    Status, headers and ``json`` or ``text``. ``varies`` names what may differ in another answer.
``meaning``
    What the client makes of the answer.

The client is judged over a real socket by a server that repeats the answer and keeps the request;
the sandbox by urllib, which shares no code with the client. Files called ``gateway-`` are what
something in front of the service may say; the sandbox does not promise them.
"""

from __future__ import annotations

import copy
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from smsframe import errors
from smsframe._acoustic.client import Client
from smsframe._acoustic.credentials import Credentials
from smsframe._acoustic.send_request import SendRequest, encode_contacts
from smsframe._base.message import Message
from smsframe.sandbox import Sandbox

FOLDER = Path(__file__).parents[1] / "wire"
SENDS = "/rest/channels/sms/sends"
TOKEN = "4f9a5c1e-example-token"
FORM = {
    "grant_type": "refresh_token",
    "client_id": "rehearsal-client-id",
    "client_secret": "rehearsal-client-secret",
    "refresh_token": "rehearsal-refresh-token",
}
OPTIONS = {
    "content": "content",
    "contentId": "content_id",
    "personalizationDefaults": "defaults",
    "source": "source",
    "campaignName": "campaign_name",
    "ttlInMinutes": "ttl_minutes",
    "characterSwapEnabled": "character_swap",
}


def load(path):
    """Read an example and repeat its contact where it says so."""
    example = json.loads(path.read_text())
    times = example["request"].get("repeat_contacts")
    if times:
        body = example["request"]["json"]
        body["contacts"] = body["contacts"] * times
    return example


EXAMPLES = {path.stem: load(path) for path in sorted(FOLDER.glob("*.json"))}


def examples(*beginnings):
    """Parameters for the examples whose names begin like this."""
    chosen = {name: one for name, one in EXAMPLES.items() if name.startswith(beginnings)}
    return [pytest.param(copy.deepcopy(one), id=name) for name, one in chosen.items()]


# The client


class Player(BaseHTTPRequestHandler):
    """Repeats the answer of an example, and gives tokens for everything else."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == self.server.path:
            self.server.received.append((self.command, body, self.headers))
            answer = self.server.answer
        else:
            is_token = self.path == "/oauth/token"
            granted = {"access_token": TOKEN, "expires_in": 60}
            answer = {"status": 200, "json": granted} if is_token else {"status": 404}
        self._say(answer)

    do_POST = do_GET  # noqa: N815 - the name the base class asks for

    def _say(self, answer):
        """Write an answer as the example has it."""
        text = json.dumps(answer["json"]) if "json" in answer else answer.get("text", "")
        content = text.replace("{token}", TOKEN).encode()
        self.send_response(answer["status"])
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def play(tmp_path):
    """Start a player of an example and a client of it."""
    started = []

    def start(example):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Player)
        server.daemon_threads = True
        server.path = example["request"]["path"].replace("{id}", "an-id")
        server.answer, server.received = example["answer"], []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        form = example["request"].get("form", FORM)
        names = ("client_id", "client_secret", "refresh_token")
        client = Client(
            f"http://127.0.0.1:{server.server_port}",
            Credentials(**{name: form[name] for name in names}),
            journal_path=tmp_path / "journal.sqlite3",
        )
        started.append((server, client))
        return client, server

    yield start
    for server, client in started:
        client.close()
        server.shutdown()
        server.server_close()


def send_request(body):
    """Build the call of an example the way the rest of the package does: by column."""
    contacts = body["contacts"]
    columns = {}
    if "contactId" in contacts[0]:
        columns["contact_ids"] = pa.array([contact["contactId"] for contact in contacts])
    else:
        keys = [{key["name"]: key["value"] for key in one["contactLookup"]} for one in contacts]
        columns["lookups"] = {name: pa.array([key[name] for key in keys]) for name in keys[0]}
    inline = [contact.get("personalization", {}) for contact in contacts]
    tags = dict.fromkeys(tag for values in inline for tag in values)
    personalization = {tag: pa.array([one.get(tag) for one in inline]) for tag in tags}
    encoded = encode_contacts(len(contacts), **columns, personalization=personalization)
    options = {ours: body[theirs] for theirs, ours in OPTIONS.items() if theirs in body}
    message = Message(program=body["channelQualifier"], **options)
    return SendRequest(message=message, contacts=encoded, size=len(contacts))


SOME_CALL = SendRequest(
    message=Message(program="1", content="Hi"), contacts=b'[{"contactId":"1"}]', size=1
)


@pytest.mark.parametrize("example", examples("send-", "gateway-"))
def test_client__sends(play, example):
    """The client makes exactly this call, and understands the answer as it is meant."""
    client, server = play(example)
    is_ours = example.get("ours", True)
    outcome = client.send(send_request(example["request"]["json"]) if is_ours else SOME_CALL)
    method, body, headers = server.received[0]
    assert method == example["request"]["method"]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"
    if is_ours:
        assert json.loads(body) == example["request"]["json"]
    found = asdict(outcome)
    assert {name: found[name] for name in example["meaning"]} == example["meaning"]


def expecting(meaning):
    """Expect the error that an example means."""
    return pytest.raises(getattr(errors, meaning["raises"]), match=re.escape(meaning["says"]))


@pytest.mark.parametrize("example", examples("token-"))
def test_client__tokens(play, example):
    """The client asks for a token like this, and uses or refuses what it gets."""
    client, server = play(example)
    meaning = example["meaning"]
    if "raises" in meaning:
        with expecting(meaning) as caught:
            client._tokens.token()
        assert example["request"]["form"]["refresh_token"] not in str(caught.value)
    else:
        assert client._tokens.token() == meaning["access_token"]
    _, body, headers = server.received[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(urllib.parse.parse_qsl(body.decode())) == example["request"]["form"]


@pytest.mark.parametrize("example", examples("status-"))
def test_client__status(play, example):
    """The client reads a status as it is meant."""
    client, _ = play(example)
    asked = example["request"]["path"].replace("{id}", "an-id").split("/")[-2]
    found = asdict(client.status(asked))
    expected = example["meaning"]
    contacts = [
        {"contact_id": None, "lookup": None, "message": "", **contact}
        for contact in expected.pop("contacts", [])
    ]
    assert {name: found[name] for name in expected} == expected
    assert list(found["contacts"]) == contacts


@pytest.mark.parametrize("example", examples("programs-", "consent-"))
def test_client__neighbours(play, example):
    """The client reads programs and consent as they are meant."""
    client, _ = play(example)
    meaning = example["meaning"]
    if "raises" in meaning:
        with expecting(meaning):
            client.programs()
    elif "programs" in meaning:
        wanted = pd.DataFrame(meaning["programs"], dtype="string")
        pd.testing.assert_frame_equal(client.programs()[list(wanted)], wanted)
    else:
        *_, database, _, program, phone = example["request"]["path"].split("/")
        found = client.consent(database, program.removeprefix("SMS-"), phone)
        assert found == meaning["consent"]


# The sandbox


def fetch(url, request, token=None):
    """Make a call with urllib: status, headers and body."""
    if "form" in request:
        body = urllib.parse.urlencode(request["form"]).encode()
    elif "json" in request:
        body = json.dumps(request["json"]).encode()
    else:
        body = request["text"].encode() if "text" in request else None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if "form" in request:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
    call = urllib.request.Request(
        url + request["path"], data=body, headers=headers, method=request["method"]
    )
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def arrange(sandbox, world):
    """Bring the sandbox into the state an example starts from."""
    if "contacts" in world:
        sandbox.load_contacts(pd.DataFrame(world["contacts"]), phone="mobile")
    for content_id, text in world.get("published", {}).items():
        sandbox.publish(content_id, text)
    for program in world.get("programs", ()):
        sandbox.set_program(program)
    if "switched_off" in world:
        setattr(sandbox.switches, world["switched_off"], False)
    for name in ("status_delay_s", "contact_key"):
        if name in world:
            setattr(sandbox.settings, name, world[name])
    if "fault" in world:
        sandbox.faults.add(**world["fault"])


def compare(found, wanted, varies):
    """Compare two JSON answers; at the places that may vary, compare their shape."""
    for path in varies:
        inner, model = found, wanted
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            inner, model = inner[step], model[step]
        assert shape(inner[last]) == shape(model[last])
        inner[last] = model[last]
    assert found == wanted


def shape(value):
    """Reduce a JSON value to its types: names of a map, the first entry of a list."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


@pytest.mark.parametrize("example", examples("send-", "token-", "status-", "programs-", "consent-"))
def test_sandbox__answers_as_the_service(example):
    """The sandbox gives this answer to this call."""
    request, answer, world = example["request"], example["answer"], example.get("world", {})
    with Sandbox() as sandbox:
        asking = {"method": "POST", "path": "/oauth/token", "form": FORM}
        token = json.loads(fetch(sandbox.base_url, asking)[2])["access_token"]
        arrange(sandbox, world)
        if "sent" in world:
            sent = fetch(
                sandbox.base_url, {"method": "POST", "path": SENDS, "json": world["sent"]}, token
            )
            request["path"] = request["path"].format(id=json.loads(sent[2])["data"]["id"])
        if world.get("expire_token"):
            sandbox.faults.add("expire_token")
        status, headers, body = fetch(sandbox.base_url, request, token)
    assert status == answer["status"]
    for name, value in answer.get("headers", {}).items():
        assert headers[name] == value
    if "text" in answer:
        assert body.decode() == answer["text"]
    else:
        wanted = json.loads(json.dumps(answer["json"]).replace("{token}", token))
        compare(json.loads(body), wanted, example.get("varies", []))


# The examples themselves


def test_examples__every_documented_refusal_is_there():
    """Each message of the vendor's response table has an example."""
    documented = (
        "Wrong personalization tags", "Bad Request", "SMS Program is inactive or not found",
        "Channel qualifier should be present", "exceeded the maximum 800 character limit",
        "SMS content should be present", "Contacts must contain at least 1 contact",
        "Contact information is empty", "The access token has expired", "Forbidden",
    )  # fmt: skip
    answers = json.dumps([example["answer"] for example in EXAMPLES.values()])
    assert [message for message in documented if message not in answers] == []


def test_examples__hold_plain_quotes_and_fictional_numbers():
    """No typographic quote is used as JSON syntax, and every phone number is one of fiction."""
    for path in FOLDER.glob("*.json"):
        text = path.read_text()
        assert set(re.findall(r"\b1\d{10}\b", text)) <= {"12015550123", "12015550124"}
        assert text.endswith("}\n")


def test_examples__say_what_they_are():
    """Each example has a title, a source and a meaning, and none is lost on the way here."""
    assert all(one["source"] and one["title"] and one["meaning"] for one in EXAMPLES.values())
    assert len(EXAMPLES) == len(list(FOLDER.iterdir())) > 50

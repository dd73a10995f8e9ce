"""Connecting: where to, with which credentials, and which client is the default."""

from __future__ import annotations

import pyarrow as pa
import pytest
from trawl import foreign_frames

from smsframe._acoustic import client as module
from smsframe._acoustic.client import default_client
from smsframe._acoustic.send_request import SendRequest, encode_contacts
from smsframe._base.message import Message
from smsframe._connect import connect
from smsframe.errors import ConfigurationError
from smsframe.sandbox import Sandbox

REHEARSAL = {
    "client_id": "rehearsal-client-id",
    "client_secret": "rehearsal-client-secret",
    "refresh_token": "rehearsal-refresh-token",
}

pytestmark = pytest.mark.usefixtures("bare_session")


def send_one(client):
    """Send one text and return the kind of its outcome."""
    contacts = encode_contacts(1, contact_ids=pa.array(["12015550123"]))
    call = SendRequest(message=Message(program="148372", content="Hi"), contacts=contacts, size=1)
    return client.send(call).kind


def test_connect__makes_the_default(room):
    """The last connected client is the default; a closed one no longer."""
    with pytest.raises(ConfigurationError, match='connect\\("sandbox"\\)'):
        default_client()
    first, second = connect(room), connect(room)
    assert default_client() is second
    first.close()
    assert default_client() is second
    second.close()
    with pytest.raises(ConfigurationError, match="made last was closed"):
        default_client()


def test_connect__never_falls_back_to_an_earlier_client(room):
    """After one that was closed by hand, nothing is sent through the real service by itself."""
    outer = connect(room)
    connect(room).close()
    with pytest.raises(ConfigurationError, match="made last was closed"):
        default_client()
    outer.close()


def test_connect__sandbox_of_the_session(tmp_path):
    """The sandbox of the session is started once, beside the journal, and takes everybody."""
    with connect("sandbox") as first, connect("sandbox") as second:
        assert first.sandbox is second.sandbox
        assert first.service == second.service
        assert send_one(first) == "accepted"
        assert repr(first) == f"Client(sandbox at {first.base_url.removeprefix('http://')})"
    assert (tmp_path / "sandbox-world.sqlite3").exists()
    assert first.journal_path == tmp_path / "rehearsal.sqlite3"


def test_connect__sandbox_that_was_stopped_starts_again():
    """Stopping the sandbox of the session does not spoil the next connect; its world stays."""
    with connect("sandbox") as first:
        first.sandbox.stop()
    with connect("sandbox") as second:
        assert send_one(second) == "accepted"
        assert second.service == first.service


def test_service__world_not_port(room, tmp_path):
    """A fresh sandbox is another service, a kept one the same on another port."""
    services = []
    for _ in range(2):
        with Sandbox(path=tmp_path / "world.sqlite3") as kept, connect(kept) as client:
            services.append(client.service)
            with connect(base_url=kept.base_url, **REHEARSAL) as other:
                assert other.service == client.service
                assert other.sandbox is None
    with connect(room) as client:
        assert client.service not in services
        assert room.world in client.service
    assert services[0] == services[1]


def test_service__real_service(monkeypatch):
    """No call is made to name the real service: its address does, whoever holds credentials."""
    for name, value in REHEARSAL.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    monkeypatch.setenv("SMSFRAME_POD", "eu-1")
    client = connect()
    assert client.service == "api-campaign-eu-1.goacoustic.com"
    assert client.journal_path.name == "journal.sqlite3"
    assert repr(client) == "Client(eu-1)"
    other = connect(pod="us-1")
    assert other.base_url == "https://api-campaign-us-1.goacoustic.com"
    assert "rehearsal" not in repr(vars(other))


@pytest.mark.parametrize("world", [b"", b"[]", b"{}", b'{"world": 5}', b'{"world": ""}', b"<"])
def test_service__loopback_that_is_no_sandbox(serve, say, world):
    """Something else on this machine goes by its address."""
    service = serve(lambda *_: say(200, world))
    with connect(base_url=service.url, **REHEARSAL) as client:
        assert client.service == service.url.removeprefix("http://")


def test_connect__duck_typed_sandbox(room):
    """Anything with address and credentials will do as a sandbox."""

    class Duck:
        base_url, credentials = room.base_url + "/", dict(room.credentials)

    with connect(Duck()) as client:
        assert client.base_url == room.base_url
        assert send_one(client) == "accepted"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({}, "SMSFRAME_POD", id="no-place"),
        pytest.param({"pod": "us1"}, 'Did you mean "us-1"', id="pod"),
        pytest.param({"pod": "us-1", "base_url": "https://a.example"}, "not both", id="two-places"),
        pytest.param({"pod": "us-1"}, "client_id, client_secret, refresh_token", id="credentials"),
        pytest.param({"base_url": "http://a.example", **REHEARSAL}, "unencrypted", id="http"),
        pytest.param({"target": "sandbocks"}, "not 'sandbocks'", id="target"),
        pytest.param({"target": 5}, "not 5", id="target-type"),
        pytest.param({"target": "sandbox", "pod": "us-1"}, "not both", id="sandbox-and-pod"),
        pytest.param({"pod": "us-1", "max_in_flight": 11}, "1 to 10", id="eleven"),
        pytest.param({"pod": "us-1", "max_in_flight": 0}, "1 to 10", id="none"),
        pytest.param({"pod": "us-1", "timeout_s": (0, 5)}, "two positive", id="timeout"),
        pytest.param({"pod": "us-1", "timeout_s": (5,)}, "two positive", id="one-timeout"),
        pytest.param({"pod": "us-1", "timeout_s": 30}, "timeout_s=30 must be two", id="number"),
        pytest.param({"pod": "us-1", "timeout_s": None}, "timeout_s=None", id="no-timeout"),
        pytest.param({"pod": "us-1", "timeout_s": (float("nan"), 1)}, "nan, 1", id="nan"),
        pytest.param({"pod": "us-1", "max_in_flight": True}, "type bool", id="bool"),
        pytest.param({"pod": "us-1", "max_in_flight": 2.5}, "whole number", id="half"),
        pytest.param({"pod": "us-1", "max_in_flight": "4"}, "type str", id="text"),
        pytest.param({"pod": "us-1", **REHEARSAL, "client_id": 5}, "of type int", id="id"),
        pytest.param({"pod": "us-1", **REHEARSAL, "client_secret": b"x"}, "bytes", id="secret"),
        pytest.param({"pod": 5}, "pod=5 is of type int", id="pod-type"),
        pytest.param({"base_url": b"https://a.example"}, "of type bytes", id="url-type"),
        pytest.param({"pod": "us-1", "journal": 5}, "journal=5", id="journal"),
        pytest.param({"pod": "us-1", "journal": ":memory:"}, "would forget", id="in-memory"),
        pytest.param({"pod": "us-1", "journal": "a\0b"}, "no path can hold", id="NUL"),
        pytest.param({"pod": "us-1", "journal": "a" * 5000, **REHEARSAL}, "too long", id="long"),
        pytest.param({"pod": "us-1", "journal": " "}, "path of a file", id="blank"),
    ],
)
def test_connect__refuses(arguments, words):
    """What cannot work is refused at once, with the way out, and changes no default."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        connect(**arguments)
    assert module._default is None
    assert "rehearsal" not in str(caught.value)


def test_connect__journal_argument(room, tmp_path):
    """A journal that is given is used, for a sandbox too."""
    with connect(room, journal=tmp_path / "mine.db") as client:
        assert client.journal_path == tmp_path / "mine.db"


def test_connect__tracebacks_with_variables_hide_secrets():
    """Where a notebook shows the variables of each function, none of ours is among them."""
    with pytest.raises(ConfigurationError) as caught:
        connect(pod="us-99", client_id="id", client_secret="sesame", refresh_token="sesame")
    assert foreign_frames(caught.value) == []
    assert "sesame" not in repr(caught.value)


def test_default__is_the_earlier_one_again_after_a_block(bare_session, room):
    """A block with a client of its own leaves the session as it was."""
    with Sandbox() as other:
        outer = connect(room)
        with connect(other) as inner:
            assert default_client() is inner
            with connect(room):
                pass
            assert default_client() is inner
        assert default_client() is outer
        with connect(other), connect(other):
            pass
        assert default_client() is outer
        outer.close()


def test_default__closed_ones_do_not_come_back(bare_session, room):
    """Who was closed within the block, or made without one and replaced, is not taken again."""
    first = connect(room)
    second = connect(room)
    with connect(room):
        second.close()
    with pytest.raises(ConfigurationError, match="made last was closed"):
        default_client()
    with connect(room) as entered:
        replaced = connect(room)
    assert default_client() is replaced
    for each in (first, entered, replaced):
        each.close()


def test_default__is_told_to_be_closed_where_there_was_none_before(bare_session, room):
    """After the only block there is no default client, as ever."""
    with connect(room):
        pass
    with pytest.raises(ConfigurationError, match="made last was closed"):
        default_client()


@pytest.mark.parametrize("address", ["s3://bucket/journal.sqlite3", "mysql://host/journal"])
def test_connect__a_journal_elsewhere(address, sandbox):
    """Only a file or PostgreSQL can be a journal; no folder is called ``s3:``."""
    with pytest.raises(ConfigurationError, match="journal= looks like the address of"):
        connect(sandbox, journal=address)

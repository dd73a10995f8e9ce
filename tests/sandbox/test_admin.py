"""The paths under /sandbox/: the same over HTTP, for any language, without leaving a trace."""

from __future__ import annotations

import pytest
import requests


def admin(api, method, name, body=None):
    """Make an admin call; no token is needed."""
    return requests.request(method, f"{api.sandbox.base_url}/sandbox/{name}", json=body, timeout=10)


def test_admin__reads(api):
    """Outbox, requests and events come as lists of records, missing values as null."""
    response_id = api.send().json()["data"]["id"]
    assert admin(api, "GET", "outbox").json() == [
        {
            "to": "12015550101",
            "text": "Hello, your order has shipped.",
            "program": "148372",
            "source": None,
            "response_id": response_id,
            "at": "2026-01-01T00:00:00+00:00",
        }
    ]
    token, send = admin(api, "GET", "requests").json()
    assert (token["path"], token["contacts"]) == ("/oauth/token", None)
    assert {name: send[name] for name in ("method", "status", "in_flight", "contacts")} == {
        "method": "POST",
        "status": 202,
        "in_flight": 1,
        "contacts": 1,
    }
    event = admin(api, "GET", "events").json()[0]
    assert event["Message Body"] == "Hello, your order has shipped."
    assert admin(api, "GET", "world").json() == {"world": api.sandbox.world}


@pytest.mark.parametrize("name", ["outbox", "requests", "events"])
def test_admin__reads_nothing(api, name):
    """What is empty is an empty list."""
    assert admin(api, "GET", name).json() == []


def test_admin__is_not_logged(api):
    """Admin calls are neither in the log nor struck by faults, good or bad."""
    api.sandbox.faults.add("status", path="any")
    admin(api, "GET", "world")
    assert admin(api, "GET", "nowhere").status_code == 404
    assert admin(api, "PUT", "faults").status_code == 405
    assert api.sandbox.requests().empty


def test_admin__faults(api):
    """Faults are added and cleared over HTTP."""
    body = {"kind": "status", "every": 1, "status": 502, "headers": {"X-A": "1"}}
    assert admin(api, "POST", "faults", body).json() == {"kind": "status", "path": "send"}
    assert api.send().status_code == 502
    assert admin(api, "DELETE", "faults").status_code == 200
    assert api.send().status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"kind": "explode"}, id="kind"),
        pytest.param({"every": 1}, id="no-kind"),
        pytest.param(["delay"], id="list"),
        pytest.param("delay", id="text"),
        pytest.param({"kind": "delay", "on": "first"}, id="on-text"),
        pytest.param({"kind": "delay", "seconds": "long"}, id="seconds-text"),
        pytest.param({"kind": "status", "status": 20}, id="status"),
    ],
)
def test_admin__fault_refused(api, body):
    """A fault that cannot be added is answered with a sentence."""
    answer = admin(api, "POST", "faults", body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_admin__contacts(start):
    """People are loaded over HTTP, with the options of load_contacts."""
    api = start()
    assert admin(api, "POST", "contacts", [{"mobile": "12015550101"}]).json() == {"loaded": 1}
    people = [{"tel": "201-555-0102", "ok": "yes", "Pet": "Rex"}, {"tel": None, "ok": "no"}]
    options = {"phone": "tel", "consent": "ok", "calling_code": "1"}
    answer = admin(api, "POST", "contacts", {"contacts": people, **options})
    assert answer.json() == {"loaded": 1}
    api.send(content="Hi %%Pet%%", contacts=[{"contactId": "12015550102"}])
    assert api.texts() == [("12015550102", "Hi Rex")]
    assert admin(api, "POST", "contacts", [{"tel": "1"}]).status_code == 400


def test_admin__reset(api):
    """A reset over HTTP names the new world."""
    world = api.sandbox.world
    api.send()
    assert admin(api, "POST", "reset").json() == {"world": api.sandbox.world} != {"world": world}
    assert api.texts() == []

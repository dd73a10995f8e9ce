"""Faults: each kind at the wire, when it strikes, and what it refuses."""

from __future__ import annotations

import http.client
import json
import time

import pytest
import requests
from waiting import until

from smsframe.sandbox import Faults

SENDS = "/rest/channels/sms/sends"


def raw_send(api, call, timeout=10):
    """Post a good send call over a bare connection, and return status and body."""
    connection = http.client.HTTPConnection(api.sandbox.base_url.removeprefix("http://"))
    connection.timeout = timeout
    try:
        headers = {"Authorization": f"Bearer {api.token}"}
        connection.request("POST", SENDS, json.dumps(call()), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("kind", "options", "error", "processed"),
    [
        pytest.param("drop_before", {}, ConnectionResetError, False, id="before-reset"),
        pytest.param(
            "drop_before",
            {"reset": False},
            http.client.RemoteDisconnected,
            False,
            id="before-closed",
        ),
        pytest.param("drop_after", {}, ConnectionResetError, True, id="after-reset"),
        pytest.param(
            "drop_after", {"reset": False}, http.client.RemoteDisconnected, True, id="after-closed"
        ),
        pytest.param("hang", {}, TimeoutError, True, id="hang"),
        pytest.param(
            "hang", {"seconds": 0.1}, http.client.RemoteDisconnected, True, id="hang-a-while"
        ),
        pytest.param("truncate", {}, http.client.IncompleteRead, True, id="truncate"),
    ],
)
def test_fault__breaks_the_connection(api, call, *, kind, options, error, processed):
    """The connection really breaks, and the call was processed or not as documented."""
    fault = api.sandbox.faults.add(kind, on=1, **options)
    with pytest.raises(error) as caught:
        raw_send(api, call, timeout=0.5)
    assert type(caught.value) is error
    assert len(api.texts()) == processed
    record = api.sandbox.requests().iloc[-1]
    assert record["fault"] == kind
    assert record.notna()["response_id"] == processed
    assert record.notna()["status"] == (kind == "truncate")
    assert raw_send(api, call)[0] == 202
    assert (fault.seen, fault.struck) == (2, 1)


def test_truncate__half_a_body(api, call):
    """Status and headers are those of the whole answer; half of the body comes."""
    api.sandbox.faults.add("truncate")
    with pytest.raises(http.client.IncompleteRead) as caught:
        raw_send(api, call)
    assert caught.value.expected > 0
    assert abs(len(caught.value.partial) - caught.value.expected) <= 1
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.send()


def test_hang__stop(api, call):
    """Stopping is prompt while a call hangs, and the client learns that nothing will come."""
    api.sandbox.faults.add("hang")
    connection = http.client.HTTPConnection(
        api.sandbox.base_url.removeprefix("http://"), timeout=10
    )
    headers = {"Authorization": f"Bearer {api.token}"}
    connection.request("POST", SENDS, json.dumps(call()), headers)
    while api.sandbox.outbox().empty:
        pass
    started = time.perf_counter()
    api.sandbox.stop()
    assert time.perf_counter() - started < 10  # prompt, on a busy machine too
    with pytest.raises(ConnectionError):
        connection.getresponse()
    connection.close()


def test_hang__client_leaves(api, call):
    """A connection that hangs ends when its client has left, long before the sandbox stops."""
    api.sandbox.faults.add("hang", on=1)
    with pytest.raises(TimeoutError):
        raw_send(api, call, timeout=0.1)
    api.http.close()
    until(lambda: not api.sandbox._server._open, 5)


def test_hang__takes_no_place(start, call):
    """A call that hangs was processed; it does not count as in flight."""
    api = start(anyone=True, max_in_flight=1)
    api.sandbox.faults.add("hang", on=1)
    with pytest.raises(TimeoutError):
        raw_send(api, call, timeout=0.2)
    assert api.send().status_code == 202


def test_delay__then_answers(api):
    """A delayed call is answered as usual, later; delays of several faults add up."""
    api.sandbox.faults.add("delay", on=1, seconds=0.1)
    api.sandbox.faults.add("delay", on=1, seconds=0.1)
    assert [api.send().status_code for _ in range(2)] == [202, 202]
    slow, quick = api.sandbox.requests().query("method == 'POST'").tail(2)["seconds"]
    assert 0.2 <= slow < 2
    assert quick < 0.1


def test_latency__every_call(start):
    """Latency applies to every API call, the token's too."""
    api = start(latency_s=0.05)
    api.call("GET", "/rest/channels/sms/programs")
    assert (api.sandbox.requests()["seconds"] >= 0.05).tolist() == [True, True]


@pytest.mark.parametrize(
    ("options", "status", "content_type", "text", "processed"),
    [
        pytest.param({}, 500, "application/json", "Internal Server Error", False, id="plain"),
        pytest.param(
            {"status": 502, "html": True}, 502, "text/html", "<h1>502 Bad Gateway", False, id="html"
        ),
        pytest.param(
            {"status": 503, "after": True}, 503, "application/json", "Service", True, id="after"
        ),
        pytest.param({"status": 418, "body": "tea"}, 418, "text/html", "tea", False, id="text"),
        pytest.param(
            {"status": 422, "body": {"why": "phone"}},
            422,
            "application/json",
            '{"why":"phone"}',
            False,
            id="json",
        ),
        pytest.param(
            {"status": 202, "body": "", "after": True}, 202, "text/html", "", True, id="202-empty"
        ),
        pytest.param({"status": 599}, 599, "application/json", "Unknown", False, id="599"),
    ],
)
def test_status_fault__answers(api, *, options, status, content_type, text, processed):
    """Any status comes before or after processing, as JSON, HTML or what is given."""
    api.sandbox.faults.add("status", on=1, headers={"Retry-After": "3"}, **options)
    answer = api.send()
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(content_type)
    assert answer.headers["Retry-After"] == "3"
    assert text in answer.text
    assert len(api.texts()) == processed
    assert api.send().status_code == 202


def test_status_fault__redirect(api):
    """A redirect can be answered with its Location."""
    api.sandbox.faults.add("status", status=302, headers={"Location": "/elsewhere"})
    body = json.dumps({}).encode()
    url = api.sandbox.base_url + SENDS
    answer = requests.post(url, data=body, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")


@pytest.mark.parametrize(
    ("moment", "struck"),
    [
        pytest.param({}, [1, 2, 3, 4, 5, 6], id="always"),
        pytest.param({"on": 3}, [3], id="on"),
        pytest.param({"on": [2, 5]}, [2, 5], id="on-several"),
        pytest.param({"every": 2}, [2, 4, 6], id="every"),
        pytest.param({"probability": 0.0}, [], id="never"),
        pytest.param({"probability": 1.0}, [1, 2, 3, 4, 5, 6], id="surely"),
    ],
)
def test_fault__moments(api, moment, struck):
    """Calls are counted from the moment the fault is added, send calls only."""
    api.send()
    api.sandbox.faults.add("status", **moment)
    statuses = []
    for _ in range(6):
        api.call("GET", "/rest/channels/sms/programs")
        statuses.append(api.send().status_code)
    assert [number for number, status in enumerate(statuses, 1) if status == 500] == struck


def test_faults__show_what_was_added():
    """What strikes is told by kind and by its options."""
    faults = Faults()
    assert repr(faults) == "Faults([])"
    faults.add("status", on=2, status=403)
    assert "status" in repr(faults)
    assert "403" in repr(faults)
    faults.clear()
    assert repr(faults) == "Faults([])"


def test_fault__chance_is_repeatable():
    """The same seed strikes the same calls, another one others."""

    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.add("delay", probability=0.5, seed=seed)
        return [bool(faults.striking("send", SENDS)) for _ in range(64)]

    assert struck(1) == struck(1) != struck(2)
    assert 16 < sum(struck(1)) < 48


@pytest.mark.parametrize(
    ("path", "failing"),
    [
        pytest.param("send", {"send"}, id="send"),
        pytest.param("token", {"token"}, id="token"),
        pytest.param("status", {"status"}, id="status"),
        pytest.param("any", {"send", "token", "status"}, id="any"),
        pytest.param("/rest/", {"send", "status"}, id="beginning"),
    ],
)
def test_fault__aim(api, path, failing):
    """A fault can be aimed at other calls than sends."""
    response_id = api.send().json()["data"]["id"]
    api.sandbox.faults.add("status", path=path)
    answers = {"send": api.send(), "token": api.ask_token(), "status": api.status(response_id)}
    assert {name for name, answer in answers.items() if answer.status_code == 500} == failing


def test_faults__clear_and_order(api):
    """Of several the first decides; cleared faults strike no more."""
    api.sandbox.faults.add("status", status=501)
    api.sandbox.faults.add("status", status=502)
    assert api.send().status_code == 501
    api.sandbox.faults.clear()
    assert api.send().status_code == 202


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param({"kind": "explode"}, "No fault 'explode'", id="kind"),
        pytest.param({"kind": "delay", "path": "sends"}, "No path 'sends'", id="path"),
        pytest.param({"kind": "drop_after", "seconds": 1}, "does not take seconds", id="option"),
        pytest.param({"kind": "delay", "on": 1, "every": 2}, "Give one of", id="two-moments"),
        pytest.param({"kind": "delay", "on": 0}, "counts calls from 1", id="on-zero"),
        pytest.param({"kind": "delay", "on": []}, "counts calls from 1", id="on-nothing"),
        pytest.param({"kind": "delay", "every": 0}, "1 or more", id="every-zero"),
        pytest.param({"kind": "delay", "probability": 2}, "between 0 and 1", id="probability"),
        pytest.param({"kind": "status", "status": 99}, "between 200 and 599", id="status"),
        pytest.param({"kind": "too_many", "form": "418"}, "form= is one of", id="form"),
        pytest.param({"kind": "hang", "seconds": -1}, "0 or more", id="seconds"),
    ],
)
def test_faults__refused(arguments, sentence):
    """A fault that could never do what was meant is refused with a sentence."""
    with pytest.raises(ValueError, match=sentence):
        Faults().add(**arguments)

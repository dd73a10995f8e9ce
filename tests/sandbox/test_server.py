"""The server: keep-alive, quiet, on loopback, and stopped without a trace."""

from __future__ import annotations

import gc
import http.client
import json
import re
import socket
import threading
import time

import numpy as np
import pytest
import requests
from waiting import until

from smsframe.sandbox import Sandbox

PROGRAMS = "/rest/channels/sms/programs"


def address(api):
    """Return host and port."""
    return api.sandbox.base_url.removeprefix("http://")


def test_connection__kept_alive(api):
    """Many calls go over one connection, refused and bodiless ones too."""
    connection = http.client.HTTPConnection(address(api), timeout=10)
    connection.connect()
    used = connection.sock
    headers = {"Authorization": f"Bearer {api.token}"}
    for method, path, body in [
        ("GET", PROGRAMS, None),
        ("POST", "/rest/channels/sms/sends", b"no json"),
        ("GET", "/nowhere", None),
        ("HEAD", PROGRAMS, None),
        ("DELETE", "/sandbox/faults", None),
        ("GET", PROGRAMS, None),
    ]:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("Connection") == "keep-alive"
        assert connection.sock is used
    connection.close()


def test_connection__chunked_body_and_expect(api, call):
    """Bodies in pieces and clients that ask before sending are served."""
    headers = {"Authorization": f"Bearer {api.token}"}
    body = json.dumps(call()).encode()
    url = f"{api.sandbox.base_url}/rest/channels/sms/sends"
    chunked = requests.post(url, data=iter([body[:9], body[9:]]), headers=headers, timeout=10)
    assert chunked.status_code == 202
    with socket.create_connection(address(api).split(":"), timeout=10) as raw:
        head = (
            f"POST /rest/channels/sms/sends HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            f"Authorization: Bearer {api.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 100")
        raw.sendall(body)
        assert raw.recv(100).startswith(b"HTTP/1.1 202")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", id="bad-length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", id="left-early"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="chunk"),
    ],
)
def test_connection__nonsense(api, raw, capfd):
    """A client that talks nonsense or leaves is dropped quietly, and others are served."""
    with socket.create_connection(address(api).split(":"), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert api.send().status_code == 202
    assert capfd.readouterr().err == ""


def test_server__loopback_only(api):
    """Nothing but loopback is listened on."""
    assert api.sandbox._server.socket.getsockname()[0] == "127.0.0.1"
    assert api.sandbox.base_url.startswith("http://127.0.0.1:")


def test_server__is_quiet(api, capfd):
    """Calls leave nothing on standard output or error."""
    api.send()
    api.call("GET", "/nowhere")
    assert capfd.readouterr() == ("", "")


def test_stop__leaves_nothing(start):
    """Stopping closes idle kept-alive connections and ends every thread it started."""
    before = set(threading.enumerate())
    api = start(anyone=True)
    api.send()
    with socket.create_connection(address(api).split(":")) as idle:
        started = time.perf_counter()
        api.sandbox.stop()
        assert time.perf_counter() - started < 10  # prompt, on a busy machine too
        assert idle.recv(1) == b""
    assert set(threading.enumerate()) == before
    api.http.close()
    gc.collect()  # an unclosed socket would warn here, and warnings are errors
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(api).split(":"))


def test_stop__while_calls_wait(start):
    """Calls that wait are closed unprocessed, and the log says so."""
    api = start(anyone=True, latency_s=30)
    caught = []

    def ask() -> None:
        try:
            api.ask_token()
        except requests.ConnectionError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: api.sandbox._server._open)
    threading.Event().wait(0.05)
    api.sandbox.stop()
    thread.join(10)
    assert len(caught) == 1
    assert api.sandbox.requests()["fault"].tolist() == ["stopped"]


def test_sandbox__start_and_stop_again(start):
    """Starting twice is one start; a stopped sandbox can be read and started again."""
    api = start(anyone=True)
    assert api.sandbox.start() is api.sandbox
    api.send()
    api.sandbox.stop()
    api.sandbox.stop()
    assert len(api.texts()) == 1
    api.sandbox.start()
    assert api.send().status_code == 202
    assert len(api.texts()) == 2


def test_sandbox__port_taken(api):
    """A taken port is an error with a sentence, not the end of the process."""
    port = int(address(api).split(":")[1])
    with pytest.raises(OSError, match=f"Nothing can listen on port {port}: .*Choose another"):
        Sandbox(port=port).start()


@pytest.mark.parametrize("port", [-1, 65_536, 99_999, 10**30, True, "8000", 80.5, None])
def test_sandbox__no_port(port):
    """What is no port is refused at once, in a sentence."""
    with pytest.raises(ValueError, match=rf"port={re.escape(repr(port))} must be .* to 65535"):
        Sandbox(port=port)


def test_sandbox__not_started():
    """Before the start there is no address, and the error says what to do."""
    with pytest.raises(RuntimeError, match=r"start\(\)"):
        _ = Sandbox().base_url


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"too_many_form": "418"}, id="form"),
        pytest.param({"contact_key": "id"}, id="contact-key"),
        pytest.param({"latency_s": -1}, id="latency"),
        pytest.param({"status_delay_s": "soon"}, id="delay"),
        pytest.param({"token_lifetime_s": float("nan")}, id="lifetime"),
        pytest.param({"token_reuse_s": True}, id="reuse"),
        pytest.param({"max_in_flight": 0}, id="in-flight"),
        pytest.param({"max_in_flight": 2.5}, id="half-a-call"),
        pytest.param({"clock": 5}, id="clock"),
        pytest.param({"path": 5}, id="path"),
        pytest.param({"port": 1.5}, id="port"),
    ],
)
def test_sandbox__settings_refused(settings):
    """Settings that no answer can have are refused by their name."""
    with pytest.raises((ValueError, TypeError), match=f"{next(iter(settings))}="):
        Sandbox(**settings)


def test_sandbox__numbers_of_numpy():
    """What means the same number is the same."""
    with Sandbox(port=np.int64(0), max_in_flight=np.int64(2), latency_s=np.float32(0)) as sandbox:
        assert sandbox.base_url.startswith("http://127.0.0.1:")

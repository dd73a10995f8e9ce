"""Web pages and oversized bodies: what is refused before it is looked into."""

from __future__ import annotations

import socket
import tracemalloc

import pytest

from smsframe.sandbox import server

PATHS = ["/sandbox/outbox", "/sandbox/world", "/sandbox/faults", "/oauth/token", "/nowhere",
         "/rest/channels/sms/sends"]  # fmt: skip


def talk(sandbox, *parts):
    """Write parts of a request and return the status line of what comes back."""
    port = int(sandbox.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        for part in parts:
            try:
                sock.sendall(part)
            except OSError:
                break
        return sock.makefile("rb").readline().decode().strip()


def request(sandbox, method="GET", path="/sandbox/world", host=None, **headers):
    """Make a bodyless request and return its status."""
    here = sandbox.base_url.removeprefix("http://")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {here if host is None else host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    line = talk(sandbox, ("\r\n".join(lines) + "\r\n\r\n").encode())
    return int(line.split()[1])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_host__of_another_name_is_refused_everywhere(sandbox, method, path):
    """A name that was made to lead here (DNS rebinding) reads and changes nothing."""
    assert request(sandbox, method, path, host="evil.example", Content_Length="0") == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0",
     "[::2]", "evil.example@localhost.", "", "localhost evil.example", "[::1"],
)  # fmt: skip
def test_host__spellings_that_are_not_here(sandbox, host):
    """What only looks like this machine is refused."""
    assert request(sandbox, host=host) == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "localhost", "LOCALHOST:8000", "localhost.", "[::1]:80"]
)
def test_host__spellings_of_this_machine(sandbox, host):
    """Any name of this machine will do, with any port: it may be forwarded."""
    assert request(sandbox, host=host) == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:8888", "https://127.0.0.1", ""]
)
def test_origin__of_a_web_page_is_refused_everywhere(sandbox, path, origin):
    """A page that posts to this machine is not obeyed."""
    assert request(sandbox, "POST", path, Origin=origin, Content_Length="0") == 403


def test_origin__of_the_sandbox_itself(sandbox):
    """A page of its own address is no stranger."""
    assert request(sandbox, Origin=sandbox.base_url) == 200


@pytest.mark.parametrize("path", ["/sandbox/contacts", "/rest/channels/sms/sends"])
@pytest.mark.parametrize("length", [10**11, 40 * 2**20, server.LARGEST_BODY_BYTES + 1, 10**30])
def test_body__too_long_is_refused_at_once(sandbox, path, length):
    """A length beyond all reason is a plain 413, before anything is read."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    assert talk(sandbox, head.encode()).startswith("HTTP/1.1 413")


@pytest.mark.parametrize("chunked", [False, True], ids=["of known length", "in chunks"])
def test_body__of_forty_megabytes(sandbox, chunked):
    """Its sender reads a 413, whatever it has written by then, and memory stays flat."""
    block = b"x" * 2**20
    kind = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {40 * 2**20}"
    head = f"POST /sandbox/contacts HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n\r\n".encode()
    sent = b"%x\r\n%b\r\n" % (len(block), block) if chunked else block
    tracemalloc.start()
    assert talk(sandbox, head, *[sent] * 40).startswith("HTTP/1.1 413")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (3 * server.LARGEST_BODY_BYTES if chunked else 2**23)
    assert request(sandbox) == 200

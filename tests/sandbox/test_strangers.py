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


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_origin__of_another_site_without_a_name(sandbox, site):
    """What a page embeds has no Origin, but the browser says whose it is."""
    assert request(sandbox, path="/sandbox/outbox", Sec_Fetch_Site=site) == 403
    assert request(sandbox, path="/sandbox/outbox", Sec_Fetch_Site="none") == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://evil.example", 403),
        ("http://[", 403),
        ("http://", 403),
        ("http://localhost:8", 200),
    ],
)
def test_host__of_the_whole_address(sandbox, target, status):
    """Who asks as if for a proxy names the host twice; both have to be this machine."""
    assert request(sandbox, path=f"{target}/sandbox/world") == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param("Content-Length: " + "9" * 5000, 413, id="5,000 digits"),
        pytest.param("Content-Length: " + "0" * 40, 404, id="many zeros"),
        pytest.param("Content-Length: abc", None, id="no number"),
        pytest.param("Content-Length: -5", None, id="negative"),
        pytest.param("Content-Length: 1_0", None, id="underscore"),
        pytest.param("Content-Length:", None, id="empty"),
        pytest.param("Content-Length: 0\r\nContent-Length: 9", None, id="two lengths"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\nffffffffff", 413, id="huge piece"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\n" + "f" * 99, 413, id="endless piece"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\nzz", None, id="piece of no size"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\n-5", None, id="negative piece"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0", None, id="longer piece"),
        pytest.param(
            "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nA: b", 404, id="pieces"
        ),
    ],
)
def test_body__of_a_size_that_cannot_be(sandbox, headers, status):
    """A size that is too large is refused before anything is read; one that is none, dropped."""
    head = f"POST /nowhere HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"
    line = talk(sandbox, head.encode())
    assert (int(line.split()[1]) if line else None) == status
    assert request(sandbox) == 200


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

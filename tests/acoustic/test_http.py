"""The transport says, with proof, whether a request can have left."""

from __future__ import annotations

import importlib.util
import inspect
import socket
import threading
import time

import pytest
import requests
import requests_mock

from smsframe._acoustic import http as module
from smsframe._acoustic.http import AnswerLostError, NotConnectedError

SHORT_S = (2.0, 0.3)
EXCEPTIONS = sorted(
    {
        kind
        for _, kind in inspect.getmembers(requests.exceptions, inspect.isclass)
        if issubclass(kind, requests.exceptions.RequestException)
    },
    key=lambda kind: kind.__name__,
)
OTHERS = [OSError, ValueError, RuntimeError, UnicodeEncodeError, MemoryError]


def post(transport, url, timeout_s=(2.0, 5.0), headers=None):
    """Post a small body."""
    return transport.exchange("POST", url, headers=headers, body=b"{}", timeout_s=timeout_s)


@pytest.mark.parametrize("status", [200, 202, 204, 301, 400, 401, 429, 500, 503, 599])
def test_exchange__any_status_is_a_reply(transport, serve, say, status):
    """Whatever the status, an answer is an answer."""
    body = b"" if status == 204 else b"{}"
    service = serve(lambda *_: say(status, body, X_Extra="1", Retry_After="0"))
    reply = post(transport, service.url)
    assert (reply.status, reply.body, reply.headers["x-extra"]) == (status, body, "1")
    assert reply.seconds > 0


INTERIM = b"HTTP/1.1 %d Interim\r\nLink: </x>\r\n\r\n"


@pytest.mark.parametrize("status", [100, 102, 103, 150, 199])
@pytest.mark.parametrize("times", [1, 3])
def test_exchange__interim_answers_are_read_over(transport, serve, say, status, times):
    """The final answer counts, and the next request on that connection has its own."""
    finals = [say(202, b"first"), say(400, b"second")]
    service = serve(lambda *_: (INTERIM % status) * times + finals[len(service.received) - 1])
    found = [post(transport, service.url) for _ in range(2)]
    assert [(reply.status, reply.body) for reply in found] == [(202, b"first"), (400, b"second")]
    assert service.connections == 1


def test_exchange__interim_answers_of_several_kinds(transport, serve, say):
    """Early hints before and after a 100 are read over as well."""
    service = serve(lambda *_: INTERIM % 103 + INTERIM % 100 + INTERIM % 103 + say(202, b"it"))
    assert post(transport, service.url).body == b"it"


@pytest.mark.parametrize("status", [100, 101, 102, 103])
def test_exchange__interim_answer_alone(transport, serve, say, status):
    """Without a final answer the request may have been processed; its connection is left alone."""

    def respond(request, sock):
        if len(service.received) > 1:
            return say(202, b"second")
        sock.sendall(INTERIM % status)
        return say(202, b"late")[: 20 if status != 101 else None]

    service = serve(respond)
    with pytest.raises(AnswerLostError):
        post(transport, service.url, SHORT_S)
    assert post(transport, service.url).body == b"second"
    assert service.connections == 2


def test_exchange__socks_without_its_package(transport, monkeypatch):
    """It is named, and no address is called wrong."""
    if importlib.util.find_spec("socks"):
        pytest.skip("it is there")
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(NotConnectedError, match="SOCKS proxy needs another package"):
        transport.exchange("GET", "https://nobody.invalid/", headers={})


def test_exchange__missing_file_of_certificates_is_named(transport, monkeypatch, tmp_path):
    """REQUESTS_CA_BUNDLE that names no file is said to be the reason."""
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv(name, str(tmp_path / "no.pem"))
        with pytest.raises(NotConnectedError, match=rf"that {name} names does not exist"):
            post(transport, "https://service.test")


def test_exchange__proxy_that_asks_for_a_password_is_named(transport, serve, say, monkeypatch):
    """A 407 of the proxy is told with what to do, and without what was given."""
    proxy = serve(lambda *_: say(407, b"", Proxy_Authenticate="Basic"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//somebody:s3cretword@"))
    with pytest.raises(NotConnectedError, match=r"\(407\); give them in HTTPS_PROXY") as caught:
        post(transport, "https://service.test")
    assert "s3cretword" not in str(caught.value)


def test_exchange__retry_after_is_not_followed(transport, serve, say):
    """A 503 that names a time to come back is reported, not repeated."""
    service = serve(lambda *_: say(503, Retry_After="0"))
    post(transport, service.url)
    assert len(service.received) == 1


@pytest.mark.parametrize(
    "location", ["/elsewhere", "http://[broken", "ftp://x/", "", "http://192.0.2.1/"]
)
def test_exchange__redirect_is_not_followed(transport, serve, say, location):
    """A redirect is a reply, whatever address it names."""
    service = serve(lambda *_: say(302, b"moved", Location=location))
    reply = post(transport, service.url)
    assert (reply.status, reply.body) == (302, b"moved")
    assert len(service.received) == 1


def test_exchange__request_arrives_as_given(transport, serve, say):
    """Method, path, body and headers arrive, with a length and no chunks."""
    service = serve(lambda *_: say(200))
    transport.exchange(
        "POST", service.url + "/a%2Fb", headers={"Authorization": "Bearer x"}, body="é".encode()
    )
    request = service.received[0]
    assert (request.method, request.path, request.body) == ("POST", "/a%2Fb", b"\xc3\xa9")
    assert request.headers["authorization"] == "Bearer x"
    assert request.headers["content-length"] == "2"


def test_exchange__netrc_does_not_replace_authorization(
    transport, serve, say, tmp_path, monkeypatch
):
    """A .netrc entry for the host is ignored, with and without an Authorization header."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    service = serve(lambda *_: say(200))
    post(transport, service.url, headers={"Authorization": "Bearer x"})
    post(transport, service.url)
    assert [r.headers.get("authorization") for r in service.received] == ["Bearer x", None]


def test_exchange__cookies_are_refused(transport, serve, say):
    """What one answer sets is not sent with the next request."""
    service = serve(lambda *_: say(200, Set_Cookie="a=b; Path=/"))
    post(transport, service.url)
    post(transport, service.url)
    assert "cookie" not in service.received[1].headers


def test_exchange__connection_is_kept_for_the_next_request(transport, serve, say):
    """Two requests in a row share a connection."""
    service = serve(lambda *_: say(200, b"{}"))
    post(transport, service.url)
    post(transport, service.url)
    assert (len(service.received), service.connections) == (2, 1)


def test_exchange__idle_connection_is_not_used_again(transport, serve, say, monkeypatch):
    """After a pause a new connection is made, since the old one may be closing."""
    service = serve(lambda *_: say(200, b"{}"))
    post(transport, service.url)
    monkeypatch.setattr(module, "IDLE_LIMIT_S", 0.0)
    post(transport, service.url)
    assert (len(service.received), service.connections) == (2, 2)


def test_exchange__proxy_is_not_used_on_this_machine(
    transport, serve, say, monkeypatch, closed_port
):
    """A sandbox is reached although the environment names a proxy."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    service = serve(lambda *_: say(200))
    assert post(transport, service.url).status == 200


# Nothing left


def test_not_connected__refused(transport, closed_port):
    """Nobody listens: proven that nothing left."""
    with pytest.raises(NotConnectedError, match="refused the connection"):
        post(transport, f"http://127.0.0.1:{closed_port}")


def test_not_connected__unknown_host(transport, monkeypatch):
    """The name cannot be looked up: proven that nothing left."""

    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NotConnectedError, match="name of the host"):
        post(transport, "https://service.test")


def test_not_connected__connect_timeout(transport):
    """A host that does not take connections: proven that nothing left."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with socket.create_connection(address), pytest.raises(NotConnectedError, match="in time"):
            post(transport, f"http://127.0.0.1:{address[1]}", timeout_s=(0.2, 5))


def test_not_connected__no_tls_at_the_other_end(transport):
    """The handshake fails: proven that nothing left."""

    def greet():
        with listener.accept()[0] as sock:
            sock.sendall(b"220 this is a mail server\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(NotConnectedError, match="TLS"):
            post(transport, f"https://127.0.0.1:{listener.getsockname()[1]}")


def test_not_connected__certificate_of_somebody_else(transport, serve, say, tls):
    """A certificate nobody trusts: the service never sees the request."""
    service = serve(lambda *_: say(200), tls=tls)
    with pytest.raises(NotConnectedError, match="is not trusted on this machine"):
        post(transport, f"https://127.0.0.1:{service.port}")
    assert service.received == []


def test_not_connected__tls_handshake_hangs(transport):
    """A host that takes the connection and says nothing: proven that nothing left."""
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(NotConnectedError):
        post(transport, f"https://127.0.0.1:{listener.getsockname()[1]}", timeout_s=(0.2, 5))


def test_not_connected__proxy_cannot_be_reached(transport, monkeypatch, closed_port):
    """The proxy is down: proven that nothing left."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port}")
    with pytest.raises(NotConnectedError, match="proxy"):
        post(transport, "https://service.test")


@pytest.mark.parametrize("status", [403, 407, 502])
def test_not_connected__proxy_refuses(transport, serve, say, monkeypatch, status):
    """What was written to the proxy is not the request: proven that nothing left."""
    proxy = serve(lambda *_: say(status))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(NotConnectedError):
        post(transport, "https://service.test")
    assert [request.method for request in proxy.received] == ["CONNECT"]


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        pytest.param("nonsense", {}, id="no-scheme"),
        pytest.param("http://", {}, id="no-host"),
        pytest.param("http://127.0.0.1:99999999/", {}, id="port"),
        pytest.param("ftp://127.0.0.1/", {}, id="scheme"),
        pytest.param("http://127.0.0.1:9/", {"A": "b\nC: d"}, id="header-injection"),
        pytest.param("http://127.0.0.1:9/", {"A": 1}, id="header-type"),
    ],
)
def test_not_connected__request_cannot_be_made(transport, url, headers):
    """A request that cannot be made has not left."""
    with pytest.raises(NotConnectedError, match="not valid"):
        post(transport, url, headers=headers)


# It may have left


def close_quietly(*_):
    """Hang up without an answer."""


def half_a_body(_, sock):
    """Promise ten bytes, send two, hang up."""
    sock.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nok")


def half_a_chunk(_, sock):
    """Break off within a chunk."""
    sock.sendall(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nok")


def no_http(_, sock):
    """Say something that is no HTTP."""
    sock.sendall(b"220 mail ready\r\n")


def false_gzip(_, sock):
    """Announce a compressed body and send another."""
    sock.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize("respond", [close_quietly, half_a_body, half_a_chunk, no_http, false_gzip])
def test_answer_lost__after_the_request_left(transport, serve, respond):
    """The request arrived and no whole answer came back: it may have been processed."""
    service = serve(respond)
    with pytest.raises(AnswerLostError):
        post(transport, service.url)
    assert len(service.received) == 1


def test_answer_lost__reset(transport, serve, hang_up_hard):
    """A reset after the request left is no proof of anything."""
    service = serve(lambda _, sock: hang_up_hard(sock))
    with pytest.raises(AnswerLostError, match="connection was lost"):
        post(transport, service.url)


def test_answer_lost__read_timeout(transport, serve):
    """Silence after the request left is no proof of anything."""
    service = serve(lambda *_: service.ending.wait(5) and None)
    with pytest.raises(AnswerLostError, match="time allowed"):
        post(transport, service.url, timeout_s=SHORT_S)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", id="header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", id="endless-body"),
    ],
)
def test_answer_lost__dripping_server(transport, serve, start):
    """A server that sends a byte now and then cannot hold the caller beyond the time allowed."""

    def drip(_, sock):
        sock.sendall(start)
        while not service.ending.wait(0.05):
            sock.sendall(b"x")

    service = serve(drip)
    started = time.monotonic()
    with pytest.raises(AnswerLostError, match="time allowed"):
        post(transport, service.url, timeout_s=SHORT_S)
    assert time.monotonic() - started < 10  # not the 120 s of a read


def test_answer_lost__answer_without_end(transport, serve, monkeypatch):
    """An answer larger than any real one is given up."""
    monkeypatch.setattr(module, "LARGEST_ANSWER_BYTES", 100_000)

    def flood(_, sock):
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not service.ending.is_set():
            sock.sendall(b"x" * 65_536)

    service = serve(flood)
    with pytest.raises(AnswerLostError) as caught:
        post(transport, service.url)
    assert caught.value.details["cause"] == "OverflowError"


def test_answer_lost__kept_connection_closed_meanwhile(transport, serve, say):
    """A kept connection that dies under the next request gives no proof either."""
    answers = [say(200, b"{}"), None]
    service = serve(lambda *_: answers.pop(0))
    post(transport, service.url)
    with pytest.raises(AnswerLostError):
        post(transport, service.url)
    assert len(service.received) == 2


def test_answer_lost__through_a_tunnel(transport, tls_service, say):
    """Through proxy and TLS the same: an answer is an answer, a break after the request is not."""
    answers = [say(200, b"{}"), None]
    service = tls_service(lambda *_: answers.pop(0))
    assert post(transport, "https://service.test").body == b"{}"
    with pytest.raises(AnswerLostError):
        post(transport, "https://service.test")
    assert len(service.received) == 2


def test_answer_lost__tls_error_after_the_request(transport, tls_service):
    """Garbage inside TLS after the request left is a TLS error, and still no proof."""
    garbage = b"\x17\x03\x03\x00\x02zz"
    tls_service(lambda _, sock: socket.socket.sendall(sock, garbage))
    with pytest.raises(AnswerLostError) as caught:
        post(transport, "https://service.test")
    assert "SSL" in caught.value.details["cause"]


# Every exception of the library below, at every stage


def answer_with(transport, content):
    """Let a function make the answers of https://service.test."""
    adapter = requests_mock.Adapter()
    adapter.register_uri("POST", "https://service.test", content=content)
    transport._session.mount("https://service.test", adapter)


@pytest.mark.parametrize("kind", EXCEPTIONS + OTHERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("stage", ["handed-over", "watched", "writing"])
def test_failure__every_exception_at_every_stage(transport, kind, stage):
    """The stage decides; where it proves nothing, only errors about the request itself count."""
    error = (
        UnicodeEncodeError("ascii", "é", 0, 1, "no")
        if kind is UnicodeEncodeError
        else kind("a", "b", 0)
        if kind is requests.exceptions.JSONDecodeError
        else kind()
    )

    def fail(*_):
        if stage != "handed-over":
            name = stage.upper()
            module._EXCHANGE.get().stage = getattr(module._Exchange, name)
        raise error

    names_request = (
        "InvalidURL InvalidProxyURL InvalidSchema MissingSchema InvalidHeader URLRequired"
    )
    nothing_left = stage == "watched" or (
        stage == "handed-over" and kind.__name__ in names_request.split()
    )
    answer_with(transport, fail)
    with pytest.raises(NotConnectedError if nothing_left else AnswerLostError) as caught:
        post(transport, "https://service.test")
    assert caught.value.details == {"cause": kind.__name__}


def test_exception_table__is_complete():
    """The list of exceptions above is really that of the library."""
    assert {"ConnectTimeout", "ReadTimeout", "SSLError", "ChunkedEncodingError"} <= {
        kind.__name__ for kind in EXCEPTIONS
    }
    assert len(EXCEPTIONS) >= 20


def test_interrupt__is_not_swallowed(transport):
    """Ctrl-C during an exchange reaches the caller."""

    def interrupt(*_):
        raise KeyboardInterrupt

    answer_with(transport, interrupt)
    with pytest.raises(KeyboardInterrupt):
        post(transport, "https://service.test")

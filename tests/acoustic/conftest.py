"""A server on loopback that does exactly what a test tells it to, byte by byte.

The sandbox plays the service; this plays everything else that can stand at the other end of a
connection: servers that hang up, drip, stop halfway or speak no HTTP.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import subprocess
import threading
from dataclasses import dataclass, field

import pytest

from smsframe import _connect
from smsframe._acoustic import client as clients
from smsframe._acoustic.client import Client
from smsframe._acoustic.credentials import Credentials
from smsframe._acoustic.http import Transport
from smsframe.sandbox import Sandbox

HEAD = b"HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n%b\r\n"


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def answer(status, body=b"", **headers):
    """Bytes of a whole answer; a dict becomes JSON."""
    content = json.dumps(body).encode() if isinstance(body, dict | list) else body
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return HEAD % (status, len(content), lines.encode()) + content


@dataclass
class Service:
    """A running server: where it is and what it received."""

    port: int
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self):
        """Address without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"


def read_request(stream):
    """Read one request, None when the connection ends."""
    first = stream.readline().split()
    if len(first) < 2:
        return None
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Received(first[0].decode(), first[1].decode(), headers, body)


def converse(service, sock, respond):
    """Answer requests on one connection until the script or the client ends it."""
    with contextlib.suppress(OSError, ValueError), sock, sock.makefile("rb") as stream:
        while not service.ending.is_set() and (request := read_request(stream)) is not None:
            service.received.append(request)
            content = respond(request, sock)
            if content is None:
                return
            sock.sendall(content)


def listen(service, listener, respond, tls):
    """Take connections until the test ends."""
    while not service.ending.is_set():
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        service.connections += 1
        if tls is not None:
            try:
                sock = tls.wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()
                continue
        threading.Thread(target=converse, args=(service, sock, respond), daemon=True).start()


@pytest.fixture
def serve():
    """Start servers; each calls ``respond(request, sock)`` for bytes, or None to hang up."""
    running = []

    def start(respond, tls=None):
        listener = socket.create_server(("127.0.0.1", 0))
        service = Service(listener.getsockname()[1])
        running.append((service, listener))
        threading.Thread(target=listen, args=(service, listener, respond, tls), daemon=True).start()
        return service

    yield start
    for service, listener in running:
        service.ending.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def reset(sock):
    """Hang up so that the other end sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Make a certificate for ``service.test`` that nobody trusts, with its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "service.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=service.test -addext subjectAltName=DNS:service.test "
        f"-keyout {path} -out {path}.crt"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the openssl command")
    with path.open("ab") as file:
        file.write(path.with_name(path.name + ".crt").read_bytes())
    return path


@pytest.fixture
def tls(certificate):
    """Server side of TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def tunnel(request, sock, port):
    """Play a proxy: connect to a port of this machine and pass bytes both ways."""
    assert request.method == "CONNECT"
    with socket.create_connection(("127.0.0.1", port)) as far:
        sock.sendall(b"HTTP/1.1 200 Go ahead\r\n\r\n")
        back = threading.Thread(target=copy_bytes, args=(far, sock), daemon=True)
        back.start()
        copy_bytes(sock, far)
        back.join(5)


def copy_bytes(source, sink):
    """Pass bytes one way until either end hangs up."""
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy_to(serve):
    """Start a proxy that leads every CONNECT to one port."""

    def start(port):
        return serve(lambda request, sock: tunnel(request, sock, port))

    return start


@pytest.fixture
def closed_port():
    """Find a port of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def tls_service(serve, tls, certificate, proxy_to, monkeypatch):
    """Start ``https://service.test`` behind a proxy, with its certificate trusted."""

    def start(respond):
        service = serve(respond, tls=tls)
        monkeypatch.setenv("HTTPS_PROXY", proxy_to(service.port).url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        return service

    return start


@pytest.fixture
def say():
    """Bytes of a whole answer: ``say(status, body, **headers)``."""
    return answer


@pytest.fixture
def hang_up_hard():
    """Hang up so that the other end sees a reset."""
    return reset


@pytest.fixture
def transport():
    """Make a transport that is closed afterwards."""
    transport = Transport()
    yield transport
    transport.close()


@pytest.fixture
def room():
    """Run a sandbox that takes every number as opted in and knows statuses at once."""
    with Sandbox(anyone=True, status_delay_s=0.0) as sandbox:
        yield sandbox


@pytest.fixture
def bare_session(monkeypatch):
    """Start without a default client and without a sandbox of the session; stop what starts."""
    started = {}
    monkeypatch.setattr(clients, "_default", None)
    monkeypatch.setattr(_connect, "_sandboxes", started)
    yield
    for sandbox in started.values():
        sandbox.stop()


@pytest.fixture
def client_of(serve, say, tmp_path):
    """Make a client of a server that gives tokens and answers everything else like this."""
    made = []

    def make(respond, timeout_s=(2.0, 2.0)):
        tokens = []

        def answer(request, sock):
            if request.path == "/oauth/token":
                tokens.append(f"sesame-{len(tokens) + 1}")
                return say(200, {"access_token": tokens[-1], "expires_in": 14400})
            return say(404) if request.path == "/sandbox/world" else respond(request, sock)

        service = serve(answer)
        client = Client(
            service.url,
            Credentials("me", "client-sesame", "refresh-sesame"),
            journal_path=tmp_path / "j",
            timeout_s=timeout_s,
        )
        made.append(client)
        return client, service

    yield make
    for client in made:
        client.close()

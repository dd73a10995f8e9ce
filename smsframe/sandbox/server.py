"""Werkzeug's threaded server on loopback, with keep-alive and with connections that can be broken.

Werkzeug closes every connection after one answer and waits 10 ms before it does; a client with ten
workers would spend its time connecting. Our handler reads the whole body first (so the stream is
always at the next request), asks the application, and writes the answer in one piece. It is also
the place that holds the socket, so the faults that break a connection end here: the application
says how by filling in the :class:`ResponseEnding` it finds in the WSGI environ.

Web pages have no business here, and a browser lets any of them post to this machine, or read it
under a name of theirs that leads here (DNS rebinding). So on every path the ``Host`` has to be this
machine and an ``Origin`` the server itself, and what a browser calls another site's
(``Sec-Fetch-Site``) is refused. A body beyond `LARGEST_BODY_BYTES` is not read, and who
sends one whose size makes no sense is dropped.

``stop`` lets calls finish for a moment, but never waits for hanging ones: they are woken and
closed. The connections' threads are daemons, so a notebook that never stops its sandbox can still
exit.
"""

from __future__ import annotations

import contextlib
import io
import ipaddress
import re
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Final, cast

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

HOST: Final = "127.0.0.1"
ENDING: Final = "smsframe.sandbox.ending"
LARGEST_BODY_BYTES: Final = 16 * 2**20  # a call of 1000 contacts has a hundredth of that
_HOST: Final = re.compile(r"(?P<name>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
_SIZE_DIGITS: Final = 20
_LONGEST_LINE: Final = 4096
_BLOCK_BYTES: Final = 65_536
_DRAIN_S: Final = 1.0
_POLL_S: Final = 0.05
_GRACE_S: Final = 1.0
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends a reset


class _RefusedError(Exception):
    """A request that is not looked into."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class ResponseEnding:
    """How the answer leaves: ``answer``, ``drop``, ``hang`` or ``truncate``."""

    kind: str = "answer"
    reset: bool = True
    seconds: float | None = None


class Handler(WSGIRequestHandler):
    """One connection; answers its requests one after another until somebody closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def run_wsgi(self) -> None:
        """Answer one request the way the application wants it to end."""
        try:
            self._check()
            body = self._read_body()
        except _RefusedError as refused:
            self._refuse(refused.status)
            return
        self.environ = environ = self.make_environ()
        ending = ResponseEnding()
        environ |= {
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            ENDING: ending,
        }
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        response = Response.from_app(self.server.app, environ, buffered=True)
        if ending.kind == "drop":
            self._drop(ending)
        elif ending.kind == "hang":
            self._hang(ending)
        else:
            self._answer(response, half=ending.kind == "truncate")

    def _read_body(self) -> bytes:
        """Read the whole body, of known length or in pieces."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return _read_chunks(cast("IO[bytes]", self.rfile))
        lengths = {length.strip() for length in self.headers.get_all("Content-Length", ["0"])}
        if len(lengths) > 1:
            raise ConnectionError("The size of the body makes no sense.")
        return _read_exactly(cast("IO[bytes]", self.rfile), _size(lengths.pop(), base=10))

    def _check(self) -> None:
        """Refuse what does not come from this machine's own programs."""
        hosts = self.headers.get_all("Host", [])
        if "://" in self.path.partition("?")[0]:  # as a proxy is asked: that host counts too
            hosts.append(self.path.split("/")[2])
        if not all(_is_here(host) for host in hosts):
            raise _RefusedError(HTTPStatus.FORBIDDEN)
        if set(self.headers.get_all("Sec-Fetch-Site", [])) & {"cross-site", "same-site"}:
            raise _RefusedError(HTTPStatus.FORBIDDEN)
        ours = [f"http://{host.strip().lower()}" for host in hosts]
        for origin in self.headers.get_all("Origin", []):
            if origin.strip().lower() not in ours:
                raise _RefusedError(HTTPStatus.FORBIDDEN)

    def _refuse(self, status: HTTPStatus) -> None:
        """Say no at once, in plain text, and close; what was sent meanwhile is not kept."""
        self.close_connection = True
        self.wfile.write(self._head(Response(status=status, mimetype="text/plain")))
        self.wfile.flush()
        with contextlib.suppress(OSError):
            # Closed with unread bytes the connection would be reset, and the answer lost.
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_DRAIN_S)
            end = time.monotonic() + _DRAIN_S
            while self.connection.recv(_BLOCK_BYTES) and time.monotonic() < end:
                pass

    def _answer(self, response: Response, *, half: bool) -> None:
        """Send the answer and keep the connection; or half of its body, and close."""
        payload = b"" if self.command == "HEAD" else response.get_data()
        self.wfile.write(self._head(response) + payload[: len(payload) // 2 if half else None])
        self.close_connection |= half

    def _drop(self, ending: ResponseEnding) -> None:
        """Close without an answer, by reset or in good order."""
        self.close_connection = True
        if ending.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self.server.aborted.add(self.connection)

    def _hang(self, ending: ResponseEnding) -> None:
        """Say nothing until time is up, the client has left, or the server stops; then close."""
        self.close_connection = True
        end = time.monotonic() + (float("inf") if ending.seconds is None else ending.seconds)
        while time.monotonic() < end and not self._is_left():
            if self.server.stopping.wait(min(_POLL_S, max(0.0, end - time.monotonic()))):
                return

    def _is_left(self) -> bool:
        """Tell whether the client has closed its side."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return bool(selector.select(0)) and not self.connection.recv(1, socket.MSG_PEEK)

    def _head(self, response: Response) -> bytes:
        """Return status line and headers."""
        if self.server.stopping.is_set():
            self.close_connection = True
        lines = [f"HTTP/1.1 {response.status}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in response.headers if name != "Connection"]
        lines.append(f"Connection: {'close' if self.close_connection else 'keep-alive'}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Keep stderr quiet: the sandbox has a request log of its own."""


def _is_here(host: str) -> bool:
    """Tell whether a ``Host`` header names this machine, with any port."""
    found = _HOST.fullmatch(host.strip().lower())
    if found is None:
        return False
    name = found["name"].strip("[]").removesuffix(".")
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _size(written: str, *, base: int) -> int:
    """Read the size of a body, or of a piece of it; one that is too large is refused."""
    if not written or not set(written.lower()) <= set("0123456789abcdef"[:base]):
        raise ConnectionError("The size of the body makes no sense.")
    digits = written.lstrip("0") or "0"
    if len(digits) > _SIZE_DIGITS or int(digits, base) > LARGEST_BODY_BYTES:
        raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(digits, base)


def _read_exactly(file: IO[bytes], size: int) -> bytes:
    """Read so many bytes."""
    try:
        body = file.read(size)
    except OSError as error:
        raise ConnectionError("The body of the request cannot be read.") from error
    if len(body) < size:
        raise ConnectionError("The client left in the middle of its request.")
    return body


def _read_chunks(file: IO[bytes]) -> bytes:
    """Read a body in pieces, up to the size that is taken."""
    body = bytearray()
    while size := _size(_line(file).partition(";")[0].strip(), base=16):
        if len(body) + size > LARGEST_BODY_BYTES:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body += _read_exactly(file, size)
        if _line(file):
            raise ConnectionError("The size of the body makes no sense.")
    while _line(file):  # what follows the last piece is of no interest
        pass
    return bytes(body)


def _line(file: IO[bytes]) -> str:
    """Read a line between pieces, without its end."""
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise ConnectionError("The client left in the middle of its request.")
    return line.decode("latin-1").rstrip("\r\n")


class Server(ThreadedWSGIServer):
    """The listening socket, the connections it has accepted, and the thread that accepts."""

    def __init__(self, app: Any, port: int, stopping: threading.Event) -> None:
        self.stopping = stopping
        self.aborted: set[Any] = set()
        self._open: dict[Any, threading.Thread] = {}
        self._open_lock = threading.Lock()
        with _listen(port) as listening:
            super().__init__(HOST, port, app, handler=Handler, fd=listening.fileno())
        self._accepting = threading.Thread(
            target=self._accept, name="smsframe-sandbox", daemon=True
        )

    def start(self) -> None:
        """Accept connections on a thread of its own."""
        self._accepting.start()

    def stop(self) -> None:
        """Stop accepting, wake what waits, let what works finish briefly, close the rest."""
        self.stopping.set()
        with contextlib.suppress(OSError):  # wakes the thread that waits for a connection
            socket.create_connection((HOST, self.port), timeout=_GRACE_S).close()
        self._accepting.join()
        self._shut(socket.SHUT_RD, _GRACE_S)
        self._shut(socket.SHUT_RDWR, _GRACE_S)

    def _accept(self) -> None:
        """Take connections until the sandbox stops; waiting for one costs nothing."""
        with contextlib.closing(self.socket):
            while not self.stopping.is_set():
                self.handle_request()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, known to ``stop`` for as long as it lasts."""
        with self._open_lock:
            self._open[request] = threading.current_thread()
        try:
            if not self.stopping.is_set():
                super().process_request_thread(request, client_address)
        finally:
            request.close()
            with self._open_lock:
                del self._open[request]

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; one that is to be reset must not say goodbye first."""
        if request in self.aborted:
            self.aborted.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def _shut(self, how: int, wait_s: float) -> None:
        """Shut the open connections and wait for their threads."""
        end = time.monotonic() + wait_s
        with self._open_lock:
            still_open = dict(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):  # it may have closed by itself meanwhile
                connection.shutdown(how)
        for thread in still_open.values():
            thread.join(max(0.0, end - time.monotonic()))


def _listen(port: int) -> socket.socket:
    """Bind a loopback port here, because werkzeug ends the process when it cannot."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise OSError(
            f"Nothing can listen on port {port}: {error.strerror}. "
            "Choose another port, or 0 for any free one."
        ) from error
    return listening

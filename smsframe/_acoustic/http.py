"""One HTTP exchange, or proof of how far it got. Uses ``requests``, as `connection_reasons` does.

Repeating a call that was processed texts people twice, so a failure is worth nothing unless it says
whether the request can have left. Exception texts do not say that; the connection does. Every
connection used here notes the moment the first byte of the request is about to be written:

- failure before that moment (name lookup, refused, connect timeout, TLS handshake, a proxy that
  cannot be reached or refuses) → `NotConnectedError`: provably not processed;
- failure after it, of whatever class, and any failure that could not be watched →
  `AnswerLostError`.

Further decisions:

- No redirect is followed and nothing is repeated here. A redirected POST is an answer (3xx) to be
  judged. Requests go through the session's adapters, which do no more than that; what the session
  itself would add to each (merging settings, cookies, redirects) costs as much as the call.
- A connection that was idle for `IDLE_LIMIT_S` is not used again: a server that closes it at the
  same moment would turn a harmless race into an unknown outcome. [guess] 4 s, since usual servers
  wait 5 s.
- The read timeout of ``requests`` starts anew with every byte. A watchdog ends the exchange when
  the whole answer has not arrived within that time, so a server that drips cannot hold a sender for
  ever.
- A forked child begins with connections of its own: two processes on one connection would read
  each other's answers.
- One `requests.Session` serves all threads. It is constant after construction: no answer reaches
  it, so it keeps no cookies, and urllib3's pools are made for threads. Proxies and CA bundles
  come from the environment as usual, except on this machine; ``.netrc`` never replaces the
  Authorization header.
- Interim answers (1xx) are read over: the final one counts. The standard library does that for 100
  alone and would take the rest for the answer, and the final one for that of the next request. A
  connection that is to speak another protocol (101) gives no final answer: it is closed.
- The log of urllib3 quotes paths, and that of a consent call holds a phone number: it is masked.
- Errors are raised outside the ``except`` block that met them, so that no context holds the
  request.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import logging
import socket
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from smsframe._acoustic.address import is_loopback
from smsframe._acoustic.connection_reasons import NEVER_LEFT, why_unconnected
from smsframe._acoustic.credentials import HiddenBytes
from smsframe._acoustic.watchdog import Watchdog
from smsframe._base.forks import renew_after_fork
from smsframe._base.masking import mask_phone
from smsframe.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TIMEOUT_S", "AnswerLostError", "NotConnectedError", "Reply", "Transport"]

TIMEOUT_S = (10.0, 120.0)
IDLE_LIMIT_S = 4.0
LARGEST_ANSWER_BYTES = 64 * 2**20

_BLOCK_BYTES = 65_536
_SWITCHING, _FIRST_FINAL = 101, 200
_log = logging.getLogger("smsframe.transport")


def _mask_paths(record: logging.LogRecord) -> bool:
    """Mask the phone numbers in what urllib3 logs of calls for a consent; let everything pass."""
    if isinstance(record.args, tuple) and any("/consent/" in str(arg) for arg in record.args):
        record.args = tuple(mask_phone(a) if isinstance(a, str) else a for a in record.args)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_mask_paths)


class NotConnectedError(ApiError):
    """No connection was made: the request cannot have been processed."""


class AnswerLostError(ApiError):
    """The request may have left and its answer is missing: it may have been processed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came; header names are lower case. Headers and body stay out of the repr."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


class _NoFinalAnswerError(Exception):
    """The service began to speak another protocol instead of answering."""


class _Exchange:
    """What is known of one exchange, noted by the code and the connection that carry it out."""

    PREPARING, HANDED_OVER, WATCHED, WRITING = range(4)

    def __init__(self, limit_s: float, watchdog: Watchdog) -> None:
        self.stage = self.PREPARING
        self.has_expired = False
        self.connection: _Watched | None = None
        # Kept apart: a connection forgets its socket once an answer says that it will be closed.
        self._sock: Any = None
        self._limit_s = limit_s
        self._watchdog = watchdog
        self._lock = threading.Lock()

    @property
    def nothing_left(self) -> bool:
        """Whether it is proven that no byte of the request was written."""
        return self.stage in (self.PREPARING, self.WATCHED)

    def begin(self, connection: _Watched) -> None:
        """Note that the request begins to be written; its time begins with the first byte."""
        with self._lock:
            if self.has_expired:
                raise ConnectionAbortedError
            is_first = self.stage != self.WRITING
            self.stage = self.WRITING
            self.connection, self._sock = connection, connection.sock
        if is_first:
            self._watchdog.watch(self, self._limit_s)

    def finish(self) -> None:
        """Leave the watchdog, and let the connection's idle time begin."""
        if self.connection is None:
            return
        self._watchdog.let_go(self)
        self.connection.used_at = time.monotonic()

    def break_off(self) -> None:
        """Close the connection: what still comes on it must not be taken for another answer."""
        if self.connection is not None:
            self.connection.close()

    def expire(self) -> None:
        """End the exchange now: nothing more is written, and no answer waited for."""
        with self._lock:
            self.has_expired = True
        _shut(self._sock)


def _shut(sock: Any) -> None:
    """Shut a socket down, if there is one, which wakes the thread that reads from it."""
    with contextlib.suppress(OSError, TypeError):
        # Not the method of TLS sockets, which would drop state that the reader is using.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


_EXCHANGE: ContextVar[_Exchange] = ContextVar("exchange")


class _FinalAnswer(http.client.HTTPResponse):
    """An answer whose interim ones were read over."""

    def _read_status(self) -> tuple[str, int, str]:
        """Read the next status line that is not one of an interim answer."""
        line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in the stubs
        while _SWITCHING < line[1] < _FIRST_FINAL:
            http.client.parse_headers(self.fp)
            line = super()._read_status()  # type: ignore[misc]  # as above
        return line


class _Watched:
    """Mixed into urllib3's connections: notes when a request begins to be written."""

    response_class = _FinalAnswer
    sock: Any
    used_at: float = float("inf")
    is_connecting: bool = False
    close: Callable[[], None]

    def connect(self) -> None:
        """Connect; what is written meanwhile is talk with a proxy, not the request."""
        self.is_connecting = True
        try:
            super().connect()  # type: ignore[misc]  # the other base class has it
        finally:
            self.is_connecting = False

    def send(self, data: Any) -> None:
        """Write a part of the request, connecting first where that is still to be done."""
        if self.sock is None:
            self.connect()
        if not self.is_connecting:
            _EXCHANGE.get().begin(self)
        super().send(data)  # type: ignore[misc]  # the other base class has it

    @property
    def is_connected(self) -> bool:
        """Whether the connection may be used again; urllib3 asks before it does."""
        is_fresh = time.monotonic() - self.used_at < IDLE_LIMIT_S
        return is_fresh and super().is_connected  # type: ignore[misc]  # as above


@functools.cache
def _watched_pool(pool: Any) -> Any:
    """Make a pool class whose connections are watched."""
    if issubclass(pool.ConnectionCls, _Watched):
        return pool
    connection = type("WatchedConnection", (_Watched, pool.ConnectionCls), {})
    return type("WatchedPool", (pool,), {"ConnectionCls": connection})


def _watch(manager: Any) -> Any:
    """Let a pool manager, of whatever kind, make watched connections only."""
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {name: _watched_pool(pool) for name, pool in pools.items()}
    return manager


class _Adapter(HTTPAdapter):
    """The adapter of ``requests``, with watched connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Watch direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Watch connections through a proxy."""
        return _watch(super().proxy_manager_for(*args, **kwargs))

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Take charge: from here on, silence of the connection proves that nothing left."""
        _EXCHANGE.get().stage = _Exchange.WATCHED
        return super().send(*args, **kwargs)


class Transport:
    """Carries out exchanges; one serves all threads of a client.

    Parameters
    ----------
    pool_size : int, default 10
        Connections kept open; at least the number of exchanges at a time.
    """

    def __init__(self, pool_size: int = 10) -> None:
        self._pool_size = pool_size
        self._parents: list[object] = []
        self._last = ("", "", requests.PreparedRequest())  # one tuple: threads see all or nothing
        self._open()
        renew_after_fork(self)

    def _open(self) -> None:
        """Begin without connections."""
        self._under_way: set[_Exchange] = set()
        self._watchdog = Watchdog()
        self._session = requests.Session()
        self._session.auth = lambda request: request  # so that .netrc is never asked
        self._session.headers.update({"User-Agent": "smsframe", "Accept": "application/json"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(pool_connections=4, pool_maxsize=self._pool_size))

    def renew(self) -> None:
        """Begin anew in a forked child; its parent's connections are kept, so as not to close."""
        self._parents += [self._session, self._under_way]
        self._open()

    def __repr__(self) -> str:
        return "Transport()"

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: tuple[float, float] = TIMEOUT_S,
    ) -> Reply:
        """Send one request and read its answer, whatever its status.

        Parameters
        ----------
        method, url : str
        headers : mapping of str to str, optional
        body : bytes, optional
        timeout_s : tuple of two floats, default (10, 120)
            Seconds to connect; seconds from the first byte written until the whole answer is in.

        Returns
        -------
        Reply

        Raises
        ------
        NotConnectedError
            Proven: nothing of the request was written.
        AnswerLostError
            Anything else that went wrong.
        """
        body = None if body is None else HiddenBytes(body)  # in verbose tracebacks too
        exchange = _Exchange(timeout_s[1], self._watchdog)
        self._under_way.add(exchange)
        started = time.perf_counter()
        try:
            request = self._prepared(method, url, headers or {}, body)
            response, content = self._perform(exchange, request, timeout_s)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller needs to know how far it got
            failure = _failure(error, exchange)
        except BaseException as error:  # noqa: BLE001 - raised again
            # The frames below hold headers and body as they are written.
            raise error.with_traceback(None) from None
        else:
            seconds = time.perf_counter() - started
            _log.debug("%s answered %d in %.3f s", method, response.status_code, seconds)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, names, content, seconds)
        finally:
            self._under_way.discard(exchange)
        _log.debug("%s failed: %s", method, failure)
        raise failure

    def _prepared(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> requests.PreparedRequest:
        """Make a request; address and own headers of the last one posted are not made again."""
        of_method, of_url, bare = self._last
        if (of_method, of_url) != (method, url):
            bare = self._session.prepare_request(requests.Request(method, url))
            if body is not None:  # addresses of other calls may hold a phone number: not kept
                self._last = method, url, bare
        request = bare.copy()
        request.prepare_headers({**bare.headers, **headers})
        if body is not None:
            request.body = body
            request.prepare_content_length(body)
        return request

    def _perform(
        self,
        exchange: _Exchange,
        request: requests.PreparedRequest,
        timeout_s: tuple[float, float],
    ) -> tuple[requests.Response, bytes]:
        """Send the request and read the whole answer under the watchdog."""
        url = str(request.url)
        adapter, settings = self._session.get_adapter(url), self._settings(url)
        token = _EXCHANGE.set(exchange)
        try:
            exchange.stage = _Exchange.HANDED_OVER
            with adapter.send(request, stream=True, timeout=timeout_s, **settings) as response:
                content = _read(response)
        except BaseException:
            exchange.break_off()
            raise
        finally:
            exchange.finish()
            _EXCHANGE.reset(token)
        if exchange.has_expired:
            raise TimeoutError
        return response, content

    def _settings(self, url: str) -> dict[str, Any]:
        """Proxies and CA bundle for an address; no proxies on this machine."""
        if is_loopback(url):
            return {"proxies": {}, "verify": True, "cert": None}
        found = self._session.merge_environment_settings(url, {}, None, None, None)
        return {name: found[name] for name in ("proxies", "verify", "cert")}

    def abort(self) -> None:
        """End the exchanges under way at this moment; they fail as if the connection was lost."""
        for exchange in tuple(self._under_way):
            exchange.expire()

    def close(self) -> None:
        """Close all connections that are kept open."""
        self._session.close()


def _read(response: requests.Response) -> bytes:
    """Read the body of a final answer, up to a size no answer of this service can have."""
    if response.status_code < _FIRST_FINAL:
        raise _NoFinalAnswerError
    content = bytearray()
    for block in response.iter_content(_BLOCK_BYTES):
        content += block
        if len(content) > LARGEST_ANSWER_BYTES:
            raise OverflowError
    return bytes(content)


def _failure(error: Exception, exchange: _Exchange) -> ApiError:
    """Turn an exception into one that says how far the request got, and holds nothing of it."""
    cause = type(error).__name__
    refused_here = exchange.stage < _Exchange.WRITING and isinstance(error, NEVER_LEFT)
    if exchange.nothing_left or refused_here:
        return NotConnectedError(f"No connection was made: {why_unconnected(error)}.", cause=cause)
    if exchange.has_expired or isinstance(error, requests.Timeout):
        return AnswerLostError("No complete answer came within the time allowed.", cause=cause)
    return AnswerLostError("The connection was lost before the answer was complete.", cause=cause)

"""Exchanges from many threads, ended from outside, and what none of them shows."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from smsframe._acoustic import http as module
from smsframe._acoustic.http import AnswerLostError, NotConnectedError, Reply, Transport
from smsframe._acoustic.watchdog import Watchdog


def post(transport, url, timeout_s=(2.0, 5.0)):
    """Post a small body."""
    return transport.exchange("POST", url, body=b"{}", timeout_s=timeout_s)


# Stopped from outside


def abort_after(transport, url, has_begun):
    """Post, end the exchange when told to, and give its error and how long ending it took."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, transport, url, (5.0, 9.0))
        assert has_begun.wait(5)
        started = time.monotonic()
        transport.abort()
        return waiting.exception(9), time.monotonic() - started


def test_abort__while_waiting_for_an_answer(transport, serve):
    """An exchange under way ends at once, unknown; the next one works."""
    has_arrived = threading.Event()

    def respond(request, _):
        if request.body == b"again":
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        has_arrived.set()
        return service.ending.wait(10) and None

    service = serve(respond)
    error, seconds = abort_after(transport, service.url, has_arrived)
    assert isinstance(error, AnswerLostError)
    assert seconds < 5  # not the 10 s of the service
    assert transport.exchange("POST", service.url, body=b"again").status == 200


def test_abort__within_an_answer(transport, serve, monkeypatch):
    """Half an answer, on a connection that was to close after it, does not hold the exchange."""
    is_reading = threading.Event()
    read = module._read

    def read_and_tell(response):
        is_reading.set()
        return read(response)

    def respond(_, sock):
        sock.sendall(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n{")
        return service.ending.wait(10) and None

    monkeypatch.setattr(module, "_read", read_and_tell)
    service = serve(respond)
    error, seconds = abort_after(transport, service.url, is_reading)
    assert isinstance(error, AnswerLostError)
    assert seconds < 5  # not the 10 s of the service


def test_abort__before_the_request_leaves(transport, serve, say, monkeypatch):
    """An exchange that is stopped while it connects never writes its request."""
    service = serve(lambda *_: say(200))
    connect = module._Watched.connect

    def connect_and_abort(self):
        connect(self)
        transport.abort()

    monkeypatch.setattr(module._Watched, "connect", connect_and_abort)
    with pytest.raises(NotConnectedError):
        post(transport, service.url)
    assert service.received == []


# Threads and secrets


def test_exchange__ten_threads_at_a_time(transport, serve, say):
    """Ten exchanges at a time do not wait for each other, and keep their connections."""
    barrier = threading.Barrier(10)

    def together(request, _):
        barrier.wait(5)
        return say(200, request.body)

    service = serve(together)

    def echo(number):
        body = str(number).encode()
        return transport.exchange("POST", service.url, body=body, timeout_s=(5, 5)).body

    with ThreadPoolExecutor(10) as pool:
        for _ in range(2):  # all ten connections are back before the second round begins
            assert list(pool.map(echo, range(10))) == [b"%d" % number for number in range(10)]
    assert service.connections == 10


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "not-connected"])
def test_failure__holds_nothing_of_the_request(transport, serve, closed_port, caplog, is_lost):
    """Neither error, its context, its frames nor the log quote header, body or address."""
    caplog.set_level(logging.DEBUG, "smsframe")
    port = serve(lambda *_: None).port if is_lost else closed_port
    headers = {"Authorization": "Bearer sesame"}
    with pytest.raises((AnswerLostError, NotConnectedError)) as caught:
        transport.exchange("GET", f"http://127.0.0.1:{port}/12015550123", headers=headers)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.format_exception_only(error)) + repr(error.details) + caplog.text
    assert "sesame" not in shown
    assert "12015550123" not in shown


def test_reply__repr_shows_neither_headers_nor_body():
    """An answer may hold tokens and phone numbers; its repr does not."""
    shown = repr(Reply(200, {"set-cookie": "sesame"}, b"sesame", 0.5))
    assert shown == "Reply(status=200, seconds=0.5)"
    assert repr(Transport()) == "Transport()"


class Limited:
    """Something whose time can be up."""

    def __init__(self):
        self.expired = threading.Event()

    def expire(self):
        """Note it."""
        self.expired.set()


def test_watchdog__ends_what_is_not_let_go_in_the_order_of_their_time():
    """One thread serves all, heeds an earlier end that comes later, and ends when none is left."""
    dog = Watchdog()
    late, early, released = Limited(), Limited(), Limited()
    dog.watch(late, 60.0)
    thread = dog._thread
    dog.watch(released, 0.05)
    dog.let_go(released)
    dog.watch(early, 0.1)
    assert early.expired.wait(5)
    assert dog._thread is thread
    assert not late.expired.is_set()
    assert not released.expired.is_set()
    dog.let_go(late)
    thread.join(5)
    assert not thread.is_alive()
    dog.watch(late, 0.0)
    assert late.expired.wait(5)


def test_exchange__leaves_no_thread(transport, serve, say):
    """When the last exchange is over, the thread that looked after its time ends."""
    post(transport, serve(lambda *_: say(200)).url)
    for _ in range(100):
        if transport._watchdog._thread is None:
            return
        time.sleep(0.05)
    pytest.fail("the thread is still there")

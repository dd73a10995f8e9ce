"""A sandbox with a clock that stands still, and a plain HTTP client that knows the API's paths."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from smsframe.sandbox import Sandbox

SENDS = "/rest/channels/sms/sends"


class Clock:
    """Seconds since 1970 that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0  # 2026-01-01

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Api:
    """What an HTTP client does with a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = requests.Session()
        self.http.trust_env = False
        self._token: str | None = None

    def ask_token(self, **changes: str) -> requests.Response:
        """Ask for a token, with the sandbox's credentials unless changed."""
        form = {"grant_type": "refresh_token", **self.sandbox.credentials, **changes}
        return self.http.post(f"{self.sandbox.base_url}/oauth/token", data=form, timeout=10)

    @property
    def token(self) -> str:
        """A token, asked for once."""
        if self._token is None:
            self._token = self.ask_token().json()["access_token"]
        return self._token

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        timeout: float = 10,
        http: requests.Session | None = None,
    ) -> requests.Response:
        """Make one API call; ``body`` is JSON, or bytes as they are."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {token or self.token}",
            "Content-Type": "application/json",
        }
        url = f"{self.sandbox.base_url}{path}"
        client = http or self.http
        return client.request(method, url, data=data, headers=headers, timeout=timeout)

    def send(self, body: Any = None, **changes: Any) -> requests.Response:
        """Post a send call: the body given, or a good one with some fields changed."""
        return self.call("POST", SENDS, good_call(**changes) if body is None else body)

    def status(self, response_id: str) -> requests.Response:
        """Ask what became of a send call."""
        return self.call("GET", f"{SENDS}/{response_id}/status")

    def texts(self) -> list[tuple[str, str]]:
        """Return what phones would show, as pairs of number and text."""
        outbox = self.sandbox.outbox()
        return list(zip(outbox["to"], outbox["text"], strict=True))


def good_call(**changes: Any) -> dict[str, Any]:
    """Return the body of a good send call; a change to ``...`` leaves the field out."""
    body = {
        "content": "Hello, your order has shipped.",
        "channelQualifier": "148372",
        "contacts": [{"contactId": "12015550101"}],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


@pytest.fixture
def clock():
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture
def start(clock):
    """Give a function that starts sandboxes with clients, and stop them all in the end."""
    started: list[Api] = []

    def start_one(*args: Any, **settings: Any) -> Api:
        settings = {"clock": clock, "status_delay_s": 0.0, **settings}
        started.append(Api(Sandbox(*args, **settings).start()))
        return started[-1]

    yield start_one
    for api in started:
        api.http.close()
        api.sandbox.stop()


@pytest.fixture
def api(start):
    """Give a client of a sandbox that takes anyone as opted in."""
    return start(anyone=True)


@pytest.fixture
def call():
    """Give the builder of send bodies."""
    return good_call

"""Tokens: how long they live, when they are given out again, how a refusal looks."""

from __future__ import annotations

import pytest
import requests

HOUR = 3600


def test_token__answer(api):
    """A token comes as OAuth has it."""
    answer = api.ask_token()
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "token_type", "refresh_token", "expires_in"}
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 4 * HOUR


def test_token__asked_again(api, clock):
    """Within 3 h the same token comes with what is left of its life."""
    first = api.ask_token().json()
    clock.now += 3 * HOUR - 1
    again = api.ask_token().json()
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] == HOUR + 1


def test_token__asked_after_three_hours(api, clock):
    """After 3 h a new token comes, and both are valid until the first one's end."""
    first = api.ask_token().json()["access_token"]
    clock.now += 3 * HOUR + 1
    second = api.ask_token().json()
    assert second["access_token"] != first
    assert second["expires_in"] == 4 * HOUR
    both = (first, second["access_token"])
    assert [_programs(api, token).status_code for token in both] == [200, 200]
    clock.now += HOUR
    assert [_programs(api, token).status_code for token in both] == [401, 200]


def test_token__expired(api, clock):
    """An expired token is quoted back, and asking again gives another."""
    token = api.token
    clock.now += 4 * HOUR
    answer = api.send()
    assert answer.status_code == 401
    message = f"The access token has expired. Token provided was: {token}"
    assert answer.json()["meta"]["generalErrors"] == [message]
    assert api.texts() == []
    assert api.ask_token().json()["access_token"] != token


def test_token__lifetime_is_a_setting(start, clock):
    """A short life keeps the proportions: given out again for three quarters of it."""
    api = start(token_lifetime_s=8)
    first = api.ask_token().json()
    assert first["expires_in"] == 8
    clock.now += 5
    assert api.ask_token().json() == {**first, "expires_in": 3}
    clock.now += 2
    assert api.ask_token().json()["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        pytest.param({"client_id": "x"}, 401, "invalid_client", id="client-id"),
        pytest.param({"client_secret": "x"}, 401, "invalid_client", id="client-secret"),
        pytest.param({"refresh_token": "x"}, 400, "invalid_token", id="refresh-token"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="grant"),
    ],
)
def test_token__refused(api, changes, status, error):
    """A refusal names its error and describes it."""
    answer = api.ask_token(**changes)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="absent"),
        pytest.param("Basic eDp5", id="other-scheme"),
        pytest.param("Bearer ", id="empty"),
        pytest.param("Bearer never-issued", id="unknown"),
    ],
)
def test_call__without_valid_token(api, header):
    """A call without a token that was issued here is refused."""
    headers = {} if header is None else {"Authorization": header}
    url = f"{api.sandbox.base_url}/rest/channels/sms/sends"
    answer = requests.post(url, json={}, headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["meta"]["generalErrors"]


def test_token__expire_fault(api):
    """The fault ends the token of the very call it strikes; the next token differs."""
    token = api.token
    api.sandbox.faults.add("expire_token", on=2)
    assert [api.send().status_code for _ in range(3)] == [202, 401, 401]
    fresh = api.ask_token().json()["access_token"]
    assert fresh != token
    assert _programs(api, fresh).status_code == 200


def _programs(api, token):
    """Make a harmless call with a token."""
    return api.call("GET", "/rest/channels/sms/programs", token=token)

"""The access token: in time, once for all threads, and never in sight."""

from __future__ import annotations

import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest

from smsframe._acoustic.credentials import Credentials, Secret
from smsframe._acoustic.http import NotConnectedError
from smsframe._acoustic.token import EARLY_S, TokenSource
from smsframe.errors import AccessError
from smsframe.sandbox import Sandbox

CREDENTIALS = Credentials("me", "client-sesame", "refresh-sesame")


class Clock:
    """Time that a test moves by hand."""

    now = 1000.0

    def __call__(self):
        """Seconds."""
        return self.now


class Tokens:
    """A token endpoint that counts: token-1, token-2 and so on."""

    def __init__(self, say, **fields):
        self.say, self.fields, self.forms = say, fields, []

    def __call__(self, request, _):
        """Answer one call."""
        self.forms.append({name: v[0] for name, v in parse_qs(request.body.decode()).items()})
        number = len(self.forms)
        fields = {"access_token": f"token-{number}", "token_type": "bearer", "expires_in": 14400}
        return self.say(200, fields | self.fields)


@pytest.fixture
def clock():
    """Time that a test moves by hand."""
    return Clock()


@pytest.fixture
def source_of(transport, serve, clock):
    """Make a token source for a server that answers like this."""

    def make(respond, credentials=CREDENTIALS, timeout_s=(2.0, 2.0)):
        url = serve(respond).url
        return TokenSource(transport, url, credentials, clock=clock, timeout_s=timeout_s)

    return make


def test_token__form_as_documented(source_of, say):
    """The call is form-encoded and carries the four documented fields."""
    endpoint = Tokens(say)
    requests = []

    def respond(request, sock):
        requests.append(request)
        return endpoint(request, sock)

    odd = Credentials("me &", "s=1+2/é", "r%")
    assert source_of(respond, odd).token() == "token-1"
    assert requests[0].path == "/oauth/token"
    assert requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert endpoint.forms == [
        {"grant_type": "refresh_token", "client_id": "me &", "client_secret": "s=1+2/é",
         "refresh_token": "r%"}
    ]  # fmt: skip


def test_token__beside_an_error_that_is_blank(source_of, say):
    """A token is one, whatever stands beside it."""
    content = {"access_token": "one", "expires_in": 3600, "error": ""}
    assert source_of(lambda *_: say(200, content)).token() == "one"


def test_token__kept_until_shortly_before_its_end(source_of, say, clock):
    """A token is used until EARLY_S before its end, not longer and not much shorter."""
    source = source_of(Tokens(say))
    start = clock.now
    assert source.token() == "token-1"
    clock.now = start + 14400 - EARLY_S - 1
    assert source.token() == "token-1"
    clock.now = start + 14400 - EARLY_S + 1
    assert source.token() == "token-2"


@pytest.mark.parametrize(
    ("lifetime", "used_s"),
    [
        pytest.param(100, 90, id="short"),
        pytest.param("100", 90, id="text"),
        pytest.param(None, 3540, id="untold"),
        pytest.param("soon", 3540, id="junk"),
        pytest.param([], 3540, id="list"),
    ],
)
def test_token__other_lifetimes(source_of, say, clock, lifetime, used_s):
    """A tenth of a short life is given up; an untold one is taken as an hour."""
    source = source_of(Tokens(say, expires_in=lifetime))
    start = clock.now
    source.token()
    clock.now = start + used_s - 1
    assert source.token() == "token-1"
    clock.now = start + used_s + 1
    assert source.token() == "token-2"


@pytest.mark.parametrize("lifetime", [0, -5, "-1"])
def test_token__already_at_its_end(source_of, say, lifetime):
    """A token without any life left is used once, rather than never."""
    source = source_of(Tokens(say, expires_in=lifetime))
    assert [source.token(), source.token()] == ["token-1", "token-2"]


def test_token__refresh_token_is_renewed(source_of, say):
    """Another refresh token in the answer is used from then on, and is a secret too."""
    endpoint = Tokens(say, refresh_token="renewed-sesame")
    source = source_of(endpoint)
    source.refresh(source.token())
    assert [form["refresh_token"] for form in endpoint.forms] == [
        "refresh-sesame",
        "renewed-sesame",
    ]
    assert "renewed-sesame" in source.secrets
    assert CREDENTIALS.refresh_token == "refresh-sesame"


def test_token__ten_threads_make_one_call(transport):
    """Ten threads that need the first token at the same time cause one call."""
    with Sandbox(latency_s=0.1) as sandbox:
        source = TokenSource(transport, sandbox.base_url, Credentials(**sandbox.credentials))
        with ThreadPoolExecutor(10) as pool:
            tokens = set(pool.map(lambda _: source.token(), range(10)))
        assert len(tokens) == 1
        assert len(sandbox.requests()) == 1


def test_refresh__ten_threads_make_one_call(source_of, say):
    """Ten threads that meet the same stale token cause one call, also when its text comes again."""
    endpoint = Tokens(say, access_token="the-same-again")
    source = source_of(endpoint)
    stale = source.token()
    barrier = threading.Barrier(10)

    def refresh(_):
        barrier.wait(5)
        return source.refresh(stale)

    with ThreadPoolExecutor(10) as pool:
        tokens = list(pool.map(refresh, range(10)))
    assert len(endpoint.forms) == 2
    assert all(token is tokens[0] and token is not stale for token in tokens)


def test_refresh__plain_text_is_compared(source_of, say):
    """A token that did not come from here is told apart by its text."""
    source = source_of(Tokens(say))
    source.token()
    assert source.refresh("another") == "token-1"
    assert source.refresh("token-1") == "token-2"


def test_failure__is_shared_by_those_who_waited(source_of, say):
    """Ten threads at a broken endpoint cause one call, and all learn of it."""
    calls = []
    everybody = threading.Barrier(10)

    def respond(*_):
        calls.append(1)
        threading.Event().wait(0.2)
        return say(500)

    source = source_of(respond)

    def ask(_):
        everybody.wait(5)
        with pytest.raises(NotConnectedError, match="answered 500"):
            source.token()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(10)))
    assert len(calls) == 1
    with pytest.raises(NotConnectedError):
        source.token()
    assert len(calls) == 2


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422])
def test_failure__refused_credentials(source_of, say, status):
    """Any 4xx and an error told with 200 are refusals, without the secrets that they quote."""
    said = {
        "error": "invalid_client",
        "error_description": "bad: client-sesame, refresh_token=refresh-sesame",
    }
    source = source_of(lambda *_: say(status, said))
    with pytest.raises(AccessError, match="invalid_client; bad: •••") as caught:
        source.token()
    assert caught.value.details == {"http_status": status}
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", b"[]"])
def test_failure__refused_without_words(source_of, say, content):
    """A refusal in any form is a refusal."""
    with pytest.raises(AccessError, match="client id, client secret"):
        source_of(lambda *_: say(400, content)).token()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        pytest.param(500, b"", id="500"),
        pytest.param(503, b"<html>", id="503"),
        pytest.param(302, b"", id="302"),
        pytest.param(429, b"", id="429"),
        pytest.param(408, b"", id="408"),
        pytest.param(200, b"", id="empty"),
        pytest.param(200, b"<html>", id="html"),
        pytest.param(200, b"[]", id="list"),
        pytest.param(200, {"access_token": None}, id="null"),
        pytest.param(200, {"access_token": ""}, id="blank"),
        pytest.param(200, {"access_token": "a\r\nX: y"}, id="header-injection"),
        pytest.param(200, {"access_token": "é"}, id="not-ascii"),
    ],
)
def test_failure__no_token_to_be_had(source_of, say, status, content):
    """What is no refusal and no token counts as no connection: nothing was sent."""
    source = source_of(lambda *_: say(status, content, Retry_After="3"))
    said = f"answered {status} without one" if status == 200 else f"answered {status}"
    with pytest.raises(NotConnectedError, match=said) as caught:
        source.token()
    assert caught.value.details["retry_after_s"] == 3


@pytest.mark.parametrize("is_silent", [True, False], ids=["timeout", "hang-up"])
def test_failure__answer_lost(source_of, is_silent):
    """A lost answer of the token endpoint is no lost message."""

    def respond(*_):
        if is_silent:
            threading.Event().wait(0.4)

    with pytest.raises(NotConnectedError, match="access token"):
        source_of(respond, timeout_s=(1.0, 0.1)).token()


def test_failure__unreachable(transport, closed_port):
    """Nobody there: no connection."""
    source = TokenSource(transport, f"http://127.0.0.1:{closed_port}", CREDENTIALS)
    with pytest.raises(NotConnectedError, match="refused the connection"):
        source.token()


def test_failure__is_forgotten_after_success(source_of, say):
    """After a failure the next call tries again."""
    answers = [say(500), say(200, {"access_token": "a", "expires_in": 60})]
    source = source_of(lambda *_: answers.pop(0))
    with pytest.raises(NotConnectedError):
        source.token()
    assert source.token() == "a"


# Out of sight


def failures(source_of, say, closed_port):
    """Token sources that fail in every way, each answer quoting the secrets."""
    quoted = {"error": "client-sesame", "error_description": "refresh-sesame"}
    yield source_of(lambda *_: say(400, quoted))
    yield source_of(lambda *_: say(500, quoted))
    yield source_of(lambda *_: say(200, quoted))
    yield source_of(lambda *_: None)


def test_secrets__in_no_error_frame_log_or_repr(source_of, say, closed_port, caplog):
    """No way of failing shows a secret: in text, context, variables of frames, or log."""
    caplog.set_level(logging.DEBUG, "smsframe")
    for source in failures(source_of, say, closed_port):
        with pytest.raises((AccessError, NotConnectedError)) as caught:
            source.token()
        told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        told.stack = traceback.StackSummary.from_list(
            [frame for frame in told.stack if "smsframe" in frame.filename]
        )
        assert "_acoustic/token.py" in "".join(told.format())
        assert "sesame" not in "".join(told.format()) + repr(source) + caplog.text
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_secrets__token_shows_as_dots(source_of, say):
    """A token works as text and shows as dots."""
    token = source_of(Tokens(say)).token()
    assert isinstance(token, Secret)
    assert repr({"a": token}) == "{'a': '•••'}"

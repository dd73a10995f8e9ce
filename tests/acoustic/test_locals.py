"""What verbose tracebacks show: the variables of every frame, ours and those of the libraries."""

from __future__ import annotations

import signal
import traceback

import pytest
from trawl import PHONE

import smsframe
from smsframe._acoustic.send_request import SendRequest
from smsframe._base.message import Message

SECRETS = {"client_secret": "s3cret-of-the-app", "refresh_token": "r3fresh-of-the-user"}
TOKEN = "t0ken-of-the-hour"
CONTACTS = b'[{"contactId":"12015550123"}]'


def shown(error):
    """Return the variables of all frames of an error and of those it was made from, but ours."""
    texts, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        texts += [repr(f.f_locals) for f in frames if f.f_code.co_filename != __file__]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


@pytest.fixture
def account(serve, say):
    """Connect to a service that does in turn what each test says; nothing means a good answer."""
    steps = {}

    def respond(request, _sock):
        step = steps.get("token" if "token" in request.path else "call", "answer")
        if step == "interrupt":
            signal.raise_signal(signal.SIGINT)
        if step in ("interrupt", "hang up"):
            return None
        if step == "refuse":
            return say(400, {"error": "invalid_client", "error_description": request.body.decode()})
        if "token" in request.path:
            return say(200, {"access_token": TOKEN, "expires_in": 9000})
        return say(500, {"message": f"{request.headers} {request.body.decode()}"})

    service = serve(respond)
    with smsframe.connect(base_url=service.url, client_id="app", **SECRETS) as client:
        yield client, steps


@pytest.mark.parametrize("step", ["interrupt", "hang up", "refuse", "answer"])
@pytest.mark.parametrize("of", ["token", "call"])
@pytest.mark.parametrize("ask", ["programs", "consent", "status", "send"])
def test_locals__of_every_frame(account, step, of, ask):
    """Whatever fails while a token is fetched or a call made, no variable shows a secret."""
    client, steps = account
    steps[of] = step
    calls = {
        "programs": client.programs,
        "consent": lambda: client.consent("1", "148372", "+1 201 555 0123"),
        "status": lambda: client.status("some-id"),
        "send": lambda: client.send(
            SendRequest(message=Message(program="1"), contacts=CONTACTS, size=1)
        ),
    }
    kind = None
    try:
        outcome = calls[ask]()
    except (smsframe.SmsframeError, KeyboardInterrupt) as error:
        text, told, kind = shown(error), str(error), type(error)
    else:
        assert ask == "send"
        text, told = "", f"{outcome.message} {outcome!r}"
    assert (kind is KeyboardInterrupt) == (step == "interrupt")
    for secret in (*SECRETS.values(), TOKEN):
        assert secret not in text + told
    assert PHONE.search(told) is None
    if ask == "send":
        assert PHONE.search(text) is None


def test_locals__missing_credentials(monkeypatch):
    """What is there is not shown when something else is missing."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    with pytest.raises(smsframe.ConfigurationError, match="client_id") as caught:
        smsframe.connect(base_url="https://a.example")
    assert not any(secret in shown(caught.value) for secret in SECRETS.values())

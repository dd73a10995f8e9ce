"""Each answer about a person's consent, and what it is taken for."""

from __future__ import annotations

import pytest

PHONE = "12015550123"
ERRORS = {"meta": {"generalErrors": ["Not Found"]}}


def asked(client):
    """Ask about one person."""
    return client.asking_consent("99/11", "148372")(PHONE)


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        pytest.param(200, {"data": {"status": "OPTED-IN"}}, "OPTED-IN", id="in"),
        pytest.param(200, {"data": {"status": " opted-out "}}, "OPTED-OUT", id="out"),
        pytest.param(404, ERRORS, "NONE", id="none"),
        pytest.param(404, b"", "NONE", id="none-empty"),
        pytest.param(404, b"<html>gone", "unreadable", id="404-page"),
        pytest.param(200, {"data": {"status": "PERHAPS"}}, "unreadable", id="word"),
        pytest.param(200, {"data": ["OPTED-IN"]}, "unreadable", id="list"),
        pytest.param(200, b"<html>OPTED-IN", "unreadable", id="page"),
        pytest.param(204, b"", "unreadable", id="empty"),
        pytest.param(400, {"data": {"status": "OPTED-IN"}}, "unreadable", id="400"),
        pytest.param(302, b"", "unreadable", id="302"),
        pytest.param(500, b"", "failed", id="500"),
        pytest.param(503, b"", "busy", id="503-wait"),
        pytest.param(504, ERRORS, "failed", id="504"),
        pytest.param(408, b"", "failed", id="408"),
        pytest.param(429, b"", "busy", id="429"),
        pytest.param(401, b"", "denied", id="401"),
        pytest.param(403, {"meta": {"generalErrors": ["Forbidden"]}}, "denied", id="403"),
    ],
)
def test_answer__is_taken_for(client_of, say, status, content, said):
    """One call for each, a refused token renewed once; nothing is raised and no phone is told."""
    client, service = client_of(lambda *_: say(status, content, Retry_After="7"))
    answer = asked(client)
    assert answer.said == said
    assert PHONE not in repr(answer)
    calls = [r.path for r in service.received if "consent" in r.path]
    assert calls == [f"/rest/databases/99%2F11/consent/SMS-148372/{PHONE}"] * (1 + (status == 401))
    if said == "busy":
        assert answer.retry_after_s == 7
    if said in ("unreadable", "failed"):
        assert answer.why
    if said == "denied":
        assert answer.outcome.code in ("access_denied", "forbidden")
        assert answer.outcome.fix


def test_answer__that_is_lost(client_of):
    """No answer is a failure, said without the address."""
    client, _ = client_of(lambda *_: None)
    answer = asked(client)
    assert answer.said == "failed"
    assert answer.why == "The connection was lost before the answer was complete."

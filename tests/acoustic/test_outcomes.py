"""The outcome table row by row, and the refusal table sentence by sentence."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsframe._acoustic import outcomes
from smsframe._acoustic.http import AnswerLostError, NotConnectedError, Reply
from smsframe._acoustic.outcomes import (
    FIXES,
    OUTCOMES,
    REFUSALS,
    from_failure,
    from_reply,
)
from smsframe.errors import AccessError

BUSY = "You have exceeded the max number of concurrent authenticated requests."


def body(*general, data=None, **fields):
    """Bytes of an answer in the documented form."""
    meta = {"generalErrors": list(general), "fieldErrors": fields}
    return json.dumps({"meta": meta, "data": data}).encode()


ACCEPTED = body(data={"id": "b9e7", "location": "https://a.example/b9e7/status"})
HTML = b"<html><h1>502 Bad Gateway</h1></html>"
WAIT = {"retry-after": "7"}


@pytest.mark.parametrize(
    ("status", "headers", "content", "verdict"),
    [
        pytest.param(202, {}, ACCEPTED, ("accepted", "", ""), id="202"),
        pytest.param(200, {}, ACCEPTED, ("accepted", "", ""), id="200-with-id"),
        pytest.param(
            202, {}, body(BUSY, data={"id": "a"}), ("accepted", "", ""), id="202-whatever-it-says"
        ),
        pytest.param(200, {}, body(BUSY), ("busy", "", "busy"), id="concurrency-200"),
        pytest.param(400, {}, body(BUSY), ("busy", "", "busy"), id="concurrency-400"),
        pytest.param(400, {}, body(f=BUSY.upper()), ("busy", "", "busy"), id="concurrency-field"),
        pytest.param(500, {}, BUSY.encode(), ("busy", "", "busy"), id="concurrency-plain-500"),
        pytest.param(429, {}, b"", ("busy", "", "busy"), id="429"),
        pytest.param(429, WAIT, HTML, ("busy", "", "busy"), id="429-wait"),
        pytest.param(503, WAIT, HTML, ("busy", "", "busy"), id="503-wait"),
        pytest.param(503, {}, HTML, ("unknown", "", "server_error"), id="503"),
        pytest.param(
            503, {"retry-after": "soon"}, HTML, ("unknown", "", "server_error"), id="503-unreadable"
        ),
        pytest.param(202, {}, b"", ("unknown", "", "unreadable_answer"), id="202-empty"),
        pytest.param(202, {}, HTML, ("unknown", "", "unreadable_answer"), id="202-html"),
        pytest.param(202, {}, ACCEPTED[:-9], ("unknown", "", "unreadable_answer"), id="202-half"),
        pytest.param(202, {}, body(), ("unknown", "", "unreadable_answer"), id="202-no-data"),
        pytest.param(
            202, {}, body(data={"id": " "}), ("unknown", "", "unreadable_answer"), id="202-blank-id"
        ),
        pytest.param(
            202, {}, body(data={"id": None}), ("unknown", "", "unreadable_answer"), id="202-null-id"
        ),
        pytest.param(
            202, {}, body(data=["id"]), ("unknown", "", "unreadable_answer"), id="202-list"
        ),
        pytest.param(204, {}, b"", ("unknown", "", "unreadable_answer"), id="204"),
        pytest.param(302, {}, b"", ("unknown", "", "redirected"), id="302"),
        pytest.param(307, {}, ACCEPTED, ("unknown", "", "redirected"), id="307"),
        pytest.param(401, {}, b"", ("rejected", "run", "access_denied"), id="401"),
        pytest.param(403, {}, body("Forbidden"), ("rejected", "run", "forbidden"), id="403"),
        pytest.param(403, {}, HTML, ("rejected", "run", "forbidden"), id="403-html"),
        pytest.param(400, {}, ACCEPTED, ("rejected", "run", "refused"), id="400-with-id"),
        pytest.param(404, {}, HTML, ("rejected", "run", "refused"), id="404"),
        pytest.param(413, {}, b"", ("rejected", "run", "refused"), id="413"),
        *[
            pytest.param(status, {}, body("Late"), ("unknown", "", "server_error"), id=str(status))
            for status in (408, 409, 425, 460, 499)
        ],
        pytest.param(408, WAIT, body("Wait"), ("unknown", "", "server_error"), id="408-wait"),
        pytest.param(409, {}, body(BUSY), ("busy", "", "busy"), id="concurrency-409"),
        pytest.param(
            500, {}, body(data={"content": BUSY}), ("unknown", "", "server_error"), id="busy-data"
        ),
        pytest.param(
            502, {}, f"<h1>502</h1>{BUSY}".encode(), ("unknown", "", "server_error"), id="busy-page"
        ),
        pytest.param(
            500, {}, f"Hi, {BUSY} Ann".encode(), ("unknown", "", "server_error"), id="busy-quoted"
        ),
        pytest.param(
            502,
            {},
            json.dumps({"message": BUSY}).encode(),
            ("unknown", "", "server_error"),
            id="busy-gateway",
        ),
        pytest.param(500, {}, body("Oops"), ("unknown", "", "server_error"), id="500"),
        pytest.param(502, {}, HTML, ("unknown", "", "server_error"), id="502"),
        pytest.param(504, WAIT, b"", ("unknown", "", "server_error"), id="504-wait"),
        pytest.param(600, {}, b"", ("unknown", "", "unreadable_answer"), id="600"),
        pytest.param(100, {}, b"", ("unknown", "", "unreadable_answer"), id="100"),
    ],
)
def test_from_reply__every_row(status, headers, content, verdict):
    """Each row of the table, and what stands next to it, is judged as the table says."""
    outcome = from_reply(Reply(status, headers, content, 0.5))
    assert (outcome.kind, outcome.about, outcome.code) == verdict
    assert (outcome.http_status, outcome.seconds, outcome.attempts) == (status, 0.5, 1)
    if outcome.kind != "accepted":
        assert outcome.message
        assert outcome.fix


def test_outcomes__what_may_be_repeated():
    """Only kinds that messaged nobody can come from answers that may be repeated."""
    assert {row.kind for row in OUTCOMES} == {"accepted", "busy", "unknown", "rejected"}
    unknown = {row.happened for row in OUTCOMES if row.kind == "unknown"}
    assert unknown == {
        "2xx without an id", "3xx", "given up on", "other 5xx", "any other status"
    }  # fmt: skip


def test_from_reply__accepted_carries_id_and_location():
    """Id and location of an accepted send come along; a location of another type does not."""
    outcome = from_reply(Reply(202, {}, ACCEPTED))
    assert (outcome.response_id, outcome.location) == ("b9e7", "https://a.example/b9e7/status")
    assert from_reply(Reply(202, {}, body(data={"id": "a", "location": 5}))).location is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("0.5", 0.5), ("-3", 0), ("", None), ("soon", None), ("nan", None), ("inf", None),
     ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 99 Jan", None), ("1e999", None),
     ("Mon, 01 Jan 0001 00:00:00 -0000", 0), ("Mon, 01 Jan 0001 00:00:00 +2300", 0),
     ("Fri, 31 Dec 9999 23:59:59 -2300", pytest.approx(2.5e11, rel=0.1))],
)  # fmt: skip
def test_retry_after__numbers_dates_and_junk(text, seconds):
    """Seconds and dates are read, a moment that has passed is now, junk is nothing."""
    assert outcomes.retry_after_s({"retry-after": text}) == seconds


def test_retry_after__date_ahead():
    """A date ahead is the time until then."""
    date = formatdate(time.time() + 90, usegmt=True)
    found = from_reply(Reply(429, {"retry-after": date}, b"")).retry_after_s
    assert found == pytest.approx(90, abs=2)


# Words of refusal


@pytest.mark.parametrize(
    ("said", "code", "about"),
    [
        ("Wrong personalization tags First Name", "wrong_tags", "run"),
        ("Bad Request", "bad_request", "run"),
        ("Bad request", "bad_request", "run"),
        ("SMS Program is inactive or not found with identifier 148373.", "program_inactive", "run"),
        ("Channel qualifier should be present", "program_missing", "run"),
        ("The message exceeded the maximum 800 character limit.", "text_too_long", "run"),
        ("SMS content should be present", "text_missing", "run"),
        (
            "Contacts must contain at least 1 contact and cannot exceed more than 1000 contacts.",
            "contacts_count",
            "run",
        ),
        (
            "Contact information is empty. Please provide contact identifier or lookup keys.",
            "contact_empty",
            "contact",
        ),
    ],
)
@pytest.mark.parametrize("place", ["general", "field"])
def test_refusals__documented_words(said, code, about, place):
    """Each documented message is known in either place, kept as it is, and has a fix."""
    content = body(said) if place == "general" else body(contacts=said)
    outcome = from_reply(Reply(400, {}, content))
    assert (outcome.kind, outcome.code, outcome.about) == ("rejected", code, about)
    assert outcome.message == said
    assert outcome.fix == FIXES[code]


def test_refusals__token_and_access():
    """The words about token and access lead to the codes their statuses have."""
    expired = "The access token has expired. Token provided was: 4f9a-secret"
    outcome = from_reply(Reply(401, {}, body(expired)))
    assert (outcome.code, outcome.fix) == ("access_denied", FIXES["access_denied"])
    assert outcome.message == "The access token has expired. Token provided was: •••"
    assert from_reply(Reply(403, {}, body("Forbidden"))).fix == FIXES["forbidden"]


@pytest.mark.parametrize(
    ("status", "content", "about"),
    [
        pytest.param(400, body("Invalid phone number"), "contact", id="phone"),
        pytest.param(422, body("recipient is not valid"), "contact", id="recipient"),
        pytest.param(400, body("No match for LOOKUP key"), "contact", id="lookup"),
        pytest.param(
            400, body(**{"contacts[3].contactId": "must be numeric"}), "contact", id="field"
        ),
        pytest.param(404, body("contact not found"), "run", id="other-status"),
        pytest.param(400, body("must not be blank"), "run", id="nothing-known"),
        pytest.param(400, b"", "run", id="silent"),
        pytest.param(400, b"<p>Contact your administrator", "run", id="page-of-a-gateway"),
    ],
)
def test_refusals__unknown_words(status, content, about):
    """Unknown words that speak of a contact are about a contact; any others stop the run."""
    outcome = from_reply(Reply(status, {}, content))
    assert (outcome.kind, outcome.code, outcome.about) == ("rejected", "refused", about)
    assert outcome.message


def test_refusals__two_at_once():
    """With several messages all are kept, and the first known one of the table decides."""
    content = body(
        content="SMS content should be present",
        channelQualifier="Channel qualifier should be present",
    )
    outcome = from_reply(Reply(400, {}, content))
    assert outcome.code == "program_missing"
    assert outcome.message == "SMS content should be present; Channel qualifier should be present"


def test_refusals__first_name_is_not_a_contact():
    """A placeholder that speaks of phones is still about the text."""
    outcome = from_reply(Reply(400, {}, body("Wrong personalization tags Phone Contact")))
    assert (outcome.code, outcome.about) == ("wrong_tags", "run")


@pytest.mark.parametrize("fix", [*FIXES.values(), *(row.fix for row in REFUSALS)])
def test_fixes__are_sentences_for_analysts(fix):
    """A fix is one sentence that speaks of columns and people, not of HTTP."""
    assert fix[0].isupper()
    assert fix.endswith(".")
    words = ("HTTP", "JSON", "4xx", "400", "endpoint", "payload", "header", "request body")
    assert not any(word in fix for word in words)


def test_fixes__every_code_has_one():
    """Whatever the tables can answer has a fix."""
    codes = {row.code for row in OUTCOMES} | {row.code for row in REFUSALS}
    assert codes - {""} <= set(FIXES)


# What does not show


def test_from_reply__secrets_and_phones_do_not_show():
    """Given secrets, tokens and phone numbers are taken out of what the service says."""
    said = "No consent for 12015550123, token sesame, Bearer abcdefghijkl"
    outcome = from_reply(Reply(400, {}, body(said)), secrets=("sesame",))
    assert outcome.message == "No consent for •••••••••23, token •••, Bearer •••"


@pytest.mark.parametrize("length", [10, 400, 401, 13_000, 3_000_000])
def test_from_reply__long_words_are_cut(length):
    """What the service says is cut where it comes in, after it was looked through for secrets."""
    said = "a" * (length - 2) + "bc"
    message = from_reply(Reply(400, {}, body(said))).message
    assert len(message) == min(length, 400)
    assert message.startswith("aaa")
    long_secret = "s3cret" * 300
    quoted = from_reply(Reply(400, {}, body("x " + long_secret)), secrets=(long_secret,)).message
    assert quoted == "x •••"


# No answer


def test_from_failure__lost_is_unknown():
    """An answer that got lost leaves the outcome open."""
    outcome = from_failure(AnswerLostError("It broke."), seconds=3)
    assert (outcome.kind, outcome.code, outcome.message) == ("unknown", "answer_lost", "It broke.")
    assert (outcome.http_status, outcome.seconds, bool(outcome.fix)) == (None, 3, True)


def test_from_failure__unconnected_messaged_nobody():
    """Without a connection nothing was processed; a time to come back is passed on."""
    outcome = from_failure(NotConnectedError("Down.", retry_after_s=4.0))
    assert (outcome.kind, outcome.code) == ("no_connection", "no_connection")
    assert (outcome.message, outcome.retry_after_s) == ("Down.", 4.0)


def test_from_failure__without_access_stops_the_run():
    """Refused credentials stop the run; no call was made."""
    outcome = from_failure(AccessError("No.", http_status=400))
    assert (outcome.kind, outcome.about, outcome.code) == ("rejected", "run", "access_denied")
    assert outcome.http_status is None


@given(
    st.integers(100, 999),
    st.dictionaries(st.just("retry-after"), st.text(max_size=12)),
    st.binary(max_size=40) | st.text(max_size=20).map(body),
)
def test_from_reply__never_raises(status, headers, content):
    """Whatever comes back has an outcome, and only a 2xx with an id is accepted."""
    outcome = from_reply(Reply(status, headers, content))
    assert outcome.kind != "accepted"
    assert (outcome.kind == "rejected") == (outcome.about != "")


def test_all__names_exist():
    """Every public name exists."""
    assert all(hasattr(outcomes, name) for name in outcomes.__all__)

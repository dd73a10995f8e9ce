"""Every row of the API's response table, raw over HTTP and through ``df.sms.send``.

Sources: the vendor's response codes. The raw calls are made with urllib, so that the sandbox is
judged by a client that shares no code with ours.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings

import pandas as pd
import pytest
from samples import fictional_phones, make_people

import smsframe

SENDS = "/rest/channels/sms/sends"
ONE = [{"contactId": "12015550100"}]


def call(url, body, headers):
    """Make a POST and return status and JSON."""
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def token(sandbox):
    """Get an access token as any client would."""
    form = urllib.parse.urlencode({"grant_type": "refresh_token", **sandbox.credentials}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(sandbox.base_url + "/oauth/token", form, kind)[1]["access_token"]


def post(sandbox, body, access=None):
    """Post a body to the send endpoint and return status and messages."""
    headers = {
        "Authorization": f"Bearer {access or token(sandbox)}",
        "Content-Type": "application/json",
    }
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, answer = call(sandbox.base_url + SENDS, data, headers)
    meta = answer["meta"]
    return status, [*meta["generalErrors"], *meta["fieldErrors"].values()], answer


def good(**changes):
    """Return a body that is accepted, with some parts changed; None leaves a part out."""
    body = {"content": "Hi", "channelQualifier": "148372", "contacts": ONE, **changes}
    return {name: value for name, value in body.items() if value is not None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            good(content="Hi %%Nope%%"), "Wrong personalization tags Nope", id="wrong-tags"
        ),
        pytest.param(b"{not json", "Bad Request", id="not-json"),
        pytest.param(
            good(channelQualifier="999"),
            "SMS Program is inactive or not found with identifier 999.",
            id="program-unknown",
        ),
        pytest.param(
            good(channelQualifier="148373"),
            "SMS Program is inactive or not found with identifier 148373.",
            id="program-inactive",
        ),
        pytest.param(
            good(channelQualifier=""), "Channel qualifier should be present", id="program-empty"
        ),
        pytest.param(
            good(channelQualifier=None), "Channel qualifier should be present", id="program-absent"
        ),
        pytest.param(
            good(content="x" * 801),
            "The message exceeded the maximum 800 character limit.",
            id="801",
        ),
        pytest.param(good(content=""), "SMS content should be present", id="content-empty"),
        pytest.param(
            good(contacts=ONE * 1001),
            "Contacts must contain at least 1 contact and cannot exceed more than 1000 contacts.",
            id="1001-contacts",
        ),
        pytest.param(
            good(contacts=[]),
            "Contacts must contain at least 1 contact and cannot exceed more than 1000 contacts.",
            id="no-contacts",
        ),
        pytest.param(
            good(contacts=[{"personalization": {"a": "b"}}]),
            "Contact information is empty. Please provide contact identifier or lookup keys.",
            id="contact-empty",
        ),
    ],
)
def test_raw_call__is_refused_with_the_exact_message(sandbox, body, message):
    """The sandbox answers 400 with the vendor's words, and messages nobody."""
    status, messages, answer = post(sandbox, body)
    assert (status, messages, answer["data"]) == (400, [message], None)
    assert len(sandbox.outbox()) == 0


def test_raw_call__is_accepted(sandbox):
    """A good call answers 202 with an id and the location of its status."""
    status, _, answer = post(sandbox, good())
    assert status == 202
    assert answer["data"]["location"].endswith(f"{SENDS}/{answer['data']['id']}/status")
    assert sandbox.outbox()["to"].tolist() == ["12015550100"]


def test_raw_call__with_an_expired_token(sandbox):
    """An expired token answers 401 and quotes the token, as the vendor's does."""
    access = token(sandbox)
    sandbox.faults.add("expire_token", on=1)
    status, messages, _ = post(sandbox, good(), access)
    assert status == 401
    assert messages == [f"The access token has expired. Token provided was: {access}"]


@pytest.mark.parametrize("switch", ["organization", "database", "user"])
def test_raw_call__where_sms_is_not_enabled(sandbox, switch):
    """Each of the three switches answers 403 Forbidden."""
    setattr(sandbox.switches, switch, False)
    status, messages, _ = post(sandbox, good())
    assert (status, messages) == (403, ["Forbidden"])


def send(frame, text="Hi", **options):
    """Send without a bar, past the warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.SmsframeWarning)
        return frame.sms.send(
            text, **{"program": "148372", "phone": "mobile", "progress": False, **options}
        )


@pytest.mark.parametrize(
    ("text", "options", "code", "fix"),
    [
        pytest.param("Hi %%Nope%%", {}, "wrong_tags", "spelling", id="wrong-tags"),
        pytest.param("Hi", {"program": "999"}, "program_inactive", "program=", id="unknown"),
        pytest.param("Hi", {"program": "148373"}, "program_inactive", "program=", id="inactive"),
    ],
)
def test_send__refused_by_the_api(sandbox, client, *, text, options, code, fix):
    """A refusal costs one call; every row has status, code, the API's words and a fix."""
    results = send(make_people(2500), text, **options)
    assert results["sms_status"].value_counts()["rejected"] == 1000
    assert results["sms_status"].value_counts()["not_attempted"] == 1500
    assert set(results["sms_code"]) == {code}
    assert results["sms_error"].str.contains(fix, regex=False).all()
    assert len(sandbox.requests().query("path.str.endswith('/sends')")) == 1
    assert len(sandbox.outbox()) == 0


@pytest.mark.parametrize("switch", ["organization", "database", "user"])
def test_send__where_sms_is_not_enabled(sandbox, client, switch):
    """403 stops the run and says who can help."""
    setattr(sandbox.switches, switch, False)
    results = send(make_people(3))
    assert results["sms_status"].tolist() == ["rejected"] * 3
    assert set(results["sms_code"]) == {"forbidden"}
    assert "administrator" in results["sms_error"].iloc[0]


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        pytest.param("x" * 801, {}, "text_too_long", id="801"),
        pytest.param("", {}, "text_missing", id="content-empty"),
    ],
)
def test_send__refused_here(sandbox, client, text, options, code):
    """What the API would refuse for its text alone is refused before any call."""
    with pytest.raises(smsframe.InputError, match="Nothing was sent"):
        send(make_people(3), text, **options)
    assert set(smsframe.last_results()["sms_code"]) == {code}
    assert len(sandbox.requests()) == 0


def test_send__program_empty_is_refused_here(sandbox, client):
    """An empty program is an argument that cannot be used."""
    with pytest.raises(smsframe.InputError, match=r"client\.programs"):
        send(make_people(1), program="")
    assert len(sandbox.requests()) == 0


def test_send__contact_empty_is_a_problem_of_its_row(sandbox, client):
    """A row without a phone is told and the others go out."""
    frame = make_people(3)
    frame.loc[1, "mobile"] = None
    results = send(frame)
    assert results["sms_status"].tolist() == ["accepted", "invalid", "accepted"]
    assert results["sms_code"].tolist()[1] == "phone_missing"


def test_send__no_rows_makes_no_call(sandbox, client):
    """A frame without rows comes back without rows."""
    results = send(make_people(0))
    assert len(results) == 0
    assert "sms_status" in results
    assert len(sandbox.requests()) == 0


def test_send__more_than_1000_rows_takes_more_calls(sandbox, client):
    """2,500 good rows take exactly three calls of at most 1000, in order, with an id each."""
    frame = make_people(2500)
    results = send(frame, "Hello %%FirstName%%")
    calls = sandbox.requests().query("path.str.endswith('/sends')")
    assert sorted(calls["contacts"]) == [500, 1000, 1000]  # the last two fly together
    assert calls["in_flight"].max() <= 10
    assert (results["sms_status"] == "accepted").all()
    pd.testing.assert_frame_equal(results[frame.columns.tolist()], frame)
    assert results["sms_response_id"].nunique() == 3
    assert sandbox.outbox()["text"].nunique() == 2500


@pytest.mark.parametrize("window", [pytest.param(1, id="alone"), pytest.param(10, id="ten")])
def test_send__an_expired_token_costs_one_call_and_no_row(sandbox, window):
    """A token that expires in the middle of a run is renewed once; no row is lost."""
    smsframe.connect(sandbox, max_in_flight=window)
    sandbox.faults.add("expire_token", on=2)
    results = send(make_people(2500))
    assert (results["sms_status"] == "accepted").all()
    calls = sandbox.requests()
    repeated = calls["status"].tolist().count(401)
    assert repeated == 1 if window == 1 else 1 <= repeated <= 2
    assert len(calls[calls["path"] == "/oauth/token"]) == 2
    assert len(sandbox.outbox()) == 2500


def test_send__by_lookup_reaches_the_person(sandbox, client):
    """A lookup finds the phone in the database; an unknown key reaches nobody."""
    sandbox.load_contacts(
        pd.DataFrame({"mobile": fictional_phones(1), "accountNumber": ["A1"]}), phone="mobile"
    )
    frame = pd.DataFrame({"account": ["A1", "A2"]})
    results = frame.sms.send(
        "Hi", program="148372", lookup={"accountNumber": "account"}, progress=False
    )
    assert results["sms_status"].tolist() == ["accepted", "accepted"]
    assert sandbox.outbox()["to"].tolist() == ["12015550100"]


def test_send__fills_from_inline_field_and_default(sandbox, client):
    """Inline value first, then the database's field, then the default."""
    sandbox.load_contacts(
        pd.DataFrame({"mobile": fictional_phones(2), "City": ["York", None]}), phone="mobile"
    )
    frame = pd.DataFrame({"mobile": fictional_phones(2), "Name": ["Ann", None]})
    send(frame, "%%Name%% of %%City%%", defaults={"Name": "You", "City": "town"})
    assert sandbox.outbox()["text"].tolist() == ["Ann of York", "You of town"]


def test_send__passes_options_on(sandbox, client):
    """Source is given and has run and batch appended; what comes back names them."""
    results = send(make_people(1), source="Transaction 1234")
    (source,) = sandbox.outbox()["source"]
    assert source == f"Transaction 1234 smsframe:{results['sms_batch'].iloc[0]}"
    assert results["sms_batch"].iloc[0].startswith(results.attrs["smsframe"]["run"])


def test_warnings__point_at_the_callers_line(client):
    """A warning names the line that called, not a line of ours."""
    with pytest.warns(smsframe.IncompleteSendWarning) as caught:
        make_people(1).sms.send("Hi", program="999", phone="mobile", progress=False)
    assert caught[0].filename == __file__


def test_send__through_something_else_is_refused(sandbox, client):
    """A client is what connect returned."""
    with pytest.raises(smsframe.InputError, match="str"):
        send(make_people(1), client="us-1")

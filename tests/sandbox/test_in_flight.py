"""Ten calls at once: the eleventh is refused, in whichever form was asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from waiting import until

PROGRAMS = "/rest/channels/sms/programs"


def held(api, count):
    """Return answers to calls of which ``count`` wait together and one more comes meanwhile."""
    api.sandbox.faults.add("delay", on=range(1, count + 1), seconds=30)
    token = api.token
    url = f"{api.sandbox.base_url}/rest/channels/sms/sends"
    headers = {"Authorization": f"Bearer {token}"}

    def post(_: int) -> None:
        with pytest.raises(requests.ConnectionError):
            requests.post(url, data=b"{}", headers=headers, timeout=60)

    with ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(post, number) for number in range(count)]
        until(lambda: api.sandbox._room.log.in_flight() == count)
        answers = [api.send(), api.call("GET", PROGRAMS), api.ask_token()]
        api.sandbox.stop()
        for each in waiting:
            each.result(timeout=10)
    return answers


def test_in_flight__eleventh(api):
    """The 11th call is refused at once with 429 and Retry-After; a token may still be asked for."""
    sent, listed, token = held(api, 10)
    assert (sent.status_code, listed.status_code, token.status_code) == (429, 429, 200)
    assert sent.headers["Retry-After"] == "1"
    assert "max number of concurrent" in sent.json()["meta"]["generalErrors"][0]
    assert api.texts() == []
    requests_ = api.sandbox.requests()
    refused = requests_[requests_["status"] == 429]
    assert list(refused["in_flight"]) == [11, 11]
    assert list(requests_.loc[requests_["fault"] == "stopped", "in_flight"].sort_values()) == [
        *range(1, 11)
    ]


def test_in_flight__limit_is_a_setting(start):
    """The limit can be lower, and the refusal can wait for an HTTP date."""
    date = "Thu, 01 Jan 2026 00:00:05 GMT"
    sent, _, _ = held(start(max_in_flight=2, retry_after=date), 2)
    assert sent.status_code == 429
    assert sent.headers["Retry-After"] == date


FORMS = [
    pytest.param("429", 429, True, id="429"),
    pytest.param("503", 503, True, id="503"),
    pytest.param("400", 400, False, id="400"),
    pytest.param("500", 500, False, id="500"),
]


@pytest.mark.parametrize(("form", "status", "retry_after"), FORMS)
def test_in_flight__forms(start, form, status, retry_after):
    """A refusal can take every form that was seen or guessed."""
    sent, _, _ = held(start(max_in_flight=1, too_many_form=form), 1)
    assert sent.status_code == status
    assert ("Retry-After" in sent.headers) is retry_after
    assert "max number of concurrent" in sent.text


@pytest.mark.parametrize(("form", "status", "retry_after"), FORMS)
def test_too_many_fault__forms(api, form, status, retry_after):
    """The fault gives the same refusals when nothing is in flight."""
    api.sandbox.faults.add("too_many", on=1, form=form, retry_after=7)
    answers = [api.send(), api.send()]
    assert [each.status_code for each in answers] == [status, 202]
    assert answers[0].headers.get("Retry-After") == ("7" if retry_after else None)
    assert "max number of concurrent" in answers[0].text
    assert len(api.texts()) == 1


def test_in_flight__next_call_after_an_answer(start):
    """A client that has its answer is never refused because of that same call."""
    api = start(anyone=True, max_in_flight=1)
    assert {api.send().status_code for _ in range(50)} == {202}


def test_in_flight__ten_calls_of_a_thousand(api, call):
    """Ten threads with a thousand contacts each lose nothing, and are no slower than in turn."""
    token = api.token

    def post(number: int) -> int:
        first = 12015550000 + number * 1000
        contacts = [
            {"contactId": str(first + each), "personalization": {"Order": str(each)}}
            for each in range(1000)
        ]
        with requests.Session() as http:
            body = call(content="Hi %%FirstName%%, order %%Order%%", contacts=contacts)
            sends = "/rest/channels/sms/sends"
            return api.call("POST", sends, body, token=token, http=http).status_code

    in_turn = [post(number) for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        at_once = list(pool.map(post, range(10, 20)))
    assert {*in_turn, *at_once} == {202}
    outbox = api.sandbox.outbox()
    assert len(outbox) == outbox["to"].nunique() == 20_000
    assert outbox["response_id"].value_counts().tolist() == [1000] * 20

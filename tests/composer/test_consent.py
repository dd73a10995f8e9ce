"""Consent and prices by country on the screen: passed on, held back, and kept beside the fields."""

from __future__ import annotations

import pytest
from composer.test_compose import TEXT, WAIT_S, opened, send_all, words
from samples import make_people

import smsframe

PRICES = {"US": 0.5, "*": 2}


@pytest.fixture
def made(sandbox, client):
    """Return a composer of five people: three agreed, one opted out, one was never asked."""
    sandbox._room.settings.anyone = False
    sandbox.load_contacts(make_people(4).assign(consent=["yes"] * 3 + ["no"]))
    return opened(
        make_people(5), TEXT, program="148372", check_consent=True, consent_database=9911,
        price_per_segment=PRICES,
    )  # fmt: skip


def test_composer__asks_before_it_sends(made, sandbox):
    """The buttons send to who agreed; the others are in the table with the reason."""
    send_all(made)
    codes = made.results["sms_code"].fillna("").tolist()
    assert codes == ["", "", "", "opted_out", "no_consent"]
    assert len(sandbox.outbox()) == 3
    assert made.error is None


def test_composer__code_says_it(made):
    """The code sends the same; a choice of another kind leaves the prices alone."""
    for line in ("check_consent=True,", "consent_database=9911,"):
        assert line in made.code
    assert 'price_per_segment={"US": 0.5, "*": 2},' in made.code.replace("'", '"')
    made.map.campaign.value = "november"
    made.wait(WAIT_S)
    assert made.plan.options.price_per_segment == PRICES
    made.map.price.value = "0,25"
    made.wait(WAIT_S)
    assert made.plan.options.price_per_segment == 0.25


def test_composer__that_may_not_ask(made, sandbox):
    """A refusal of the right to ask is shown in place, and nothing was sent."""
    sandbox.switches.user = False
    send_all(made)
    assert isinstance(made.error, smsframe.AccessError)
    assert "nobody's consent could be asked" in str(made.error)
    assert set(made.results["sms_code"]) == {"forbidden"}
    assert len(sandbox.outbox()) == 0


def test_composer__stopped_while_it_asks(made, sandbox):
    """A stop sends nothing; the table says why, and the button is there again."""
    sandbox.faults.add("delay", path="consent", seconds=0.3)
    made.send.send.click()
    made.send.question.yes.click()
    made.send.stop.click()
    made.send.stop.click()
    assert made.wait(WAIT_S)
    assert set(made.results["sms_code"]) == {"interrupted"}
    assert len(sandbox.outbox()) == 0
    assert "Stopped" in words(made.send.outcome)

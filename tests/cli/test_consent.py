"""Consent and prices by country at a shell."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import make_people

from smsframe.cli import commands

TEXT = "Hi %%FirstName%%, we open at 9."


@pytest.fixture
def shell(sandbox, sending, own_folder, capsys):
    """Return what runs a command on a file of six people: three agreed, two opted out."""
    sandbox._room.settings.anyone = False
    people = make_people(6)
    sandbox.load_contacts(people.head(5).assign(consent=["yes"] * 3 + ["no"] * 2))
    people.to_csv("people.csv", index=False)

    def run(*more, command="send"):
        words = sending("people.csv", TEXT, *more)
        code = commands.main([command, *words[1:]])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_check_consent__holds_back(shell, sandbox):
    """Who may not get it is told apart, and the command succeeds: it did what it was asked to."""
    code, told = shell(
        "--check-consent", "--consent-database", "9911", "--confirm", "6", "--out", "out.csv"
    )
    assert code == 0
    assert "the person has opted out; not sent" in told
    assert "there is no record of the person's consent; not sent" in told
    rows = pd.read_csv("out.csv", dtype="string")
    assert rows["sms_code"].fillna("").tolist() == [*[""] * 3, *["opted_out"] * 2, "no_consent"]
    assert len(sandbox.outbox()) == 3


def test_check_consent__required(shell, sandbox, monkeypatch):
    """Who cannot be asked waits, the command says so and can be run again."""
    monkeypatch.setenv("SMSFRAME_DATABASE", "9911")
    sandbox.faults.add("status", status=404, body="<html>", path="consent", on=range(1, 7))
    words = ("--check-consent", "require", "--confirm", "6", "--out", "out.csv")
    code, _ = shell(*words)
    assert code == 1
    rows = pd.read_csv("out.csv", dtype="string")
    assert set(rows["sms_code"]) == {"consent_unknown"}
    assert rows["sms_error"].str.contains("--check-consent require holds back").all()
    code, _ = shell(*words)
    assert code == 0
    assert len(sandbox.outbox()) == 3


def test_check_consent__says_how_to_give_it(shell):
    """Without a database the sentence names the options."""
    code, told = shell("--check-consent", "--confirm", "6")
    assert code == 2
    assert "Give its id as --consent-database, or set SMSFRAME_DATABASE" in told


def test_plan__says_the_calls_and_the_costs(shell):
    """The plan of a shell shows both."""
    prices = "--price-per-segment", "US=0.5", "--price-per-segment", "*=2"
    _, told = shell("--check-consent", "--consent-database", "9", *prices, command="plan")
    assert "up to 6 calls" in told
    assert "3.00" in told


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        pytest.param(["0.5", "US=1"], "or one for each country", id="both"),
        pytest.param(["0.5", "0.6"], "or one for each country", id="two"),
        pytest.param(["US=1", "us=2"], "names a country twice", id="twice"),
        pytest.param(["USA=1"], "write 'US'", id="name"),
    ],
)
def test_prices__that_contradict(shell, prices, said):
    """Prices that cannot be meant together are refused."""
    words = [word for price in prices for word in ("--price-per-segment", price)]
    code, told = shell(*words, command="plan")
    assert code == 2
    assert said in told


def test_price__that_is_none(shell, capsys):
    """Text in place of a price is a fault of usage."""
    with pytest.raises(SystemExit):
        shell("--price-per-segment", "US=much", command="plan")
    assert "'US=much' is neither PRICE nor COUNTRY=PRICE" in capsys.readouterr().err

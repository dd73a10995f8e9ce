"""One sentence in three wordings: Python's, a shell's, the screen's."""

from __future__ import annotations

import copy
import pickle

import pytest

import smsframe
from smsframe._base import sentences
from smsframe._base.masking import AlreadyMasked
from smsframe._base.sentences import (
    ROW,
    Part,
    Sentence,
    arg,
    connect_with,
    in_shell,
    joined,
    of_results,
    on_screen,
    recalled,
    remember,
    sentence_of,
    words,
)
from smsframe._base.validation import unusable

FIX = Sentence("Give ", arg("defaults", {"First name": ...}, screen="a default"), " or ", ROW, " 2")


@pytest.mark.parametrize(
    ("part", "python", "shell"),
    [
        pytest.param(arg("phone", "mobile"), "phone='mobile'", "--phone mobile", id="text"),
        pytest.param(arg("phone", "my phone"), "phone='my phone'", "--phone 'my phone'",
                     id="blank"),
        pytest.param(arg("region", "US", python='"US"'), 'region="US"', "--region US",
                     id="quotes"),
        pytest.param(arg("confirm", 37000), "confirm=37000", "--confirm 37000", id="number"),
        pytest.param(arg("limit"), "limit=", "--limit", id="no value"),
        pytest.param(arg("resend_unknown", True), "resend_unknown=True", "--resend-unknown",
                     id="flag"),
        pytest.param(arg("defaults", {"Name": ...}), "defaults={'Name': …}", "--default 'Name=…'",
                     id="to fill in"),
        pytest.param(arg("defaults", {"it's": ...}), "defaults={\"it's\": …}",
                     "--default 'it'\"'\"'s=…'", id="apostrophe"),
        pytest.param(arg("personalize", {"Order": "order_no"}), "personalize={'Order': 'order_no'}",
                     "--tag Order=order_no", id="pair"),
        pytest.param(arg("personalize", {"Order": None}), "personalize={'Order': None}",
                     "--tag Order=", id="of the database"),
        pytest.param(arg("formats", {"total": ",.2f"}), "formats={'total': ',.2f'}",
                     "--format total=,.2f", id="format"),
        pytest.param(arg("lookup['account']"), "lookup['account']", "--lookup account", id="entry"),
        pytest.param(arg("formats['total']", "d"), "formats['total']='d'", "--format total=d",
                     id="entry with a value"),
        pytest.param(arg("deadline_s", -1.0), "deadline_s=-1.0", "--wait -1.0", id="other name"),
        pytest.param(arg("client"), "client=", "client=", id="no option"),
        pytest.param(connect_with("journal"), "connect(journal=...)", "--journal", id="connect"),
        pytest.param(of_results("resolve"), "results.sms.resolve",
                     "in Python smsframe.results(RUN).sms.resolve", id="method"),
        pytest.param(words(", or a function", at_shell=""), ", or a function", "", id="nothing"),
    ],
)  # fmt: skip
def test_part__in_python_and_in_a_shell(part, python, shell):
    """An argument becomes its option, with its value as a shell takes it."""
    assert str(Sentence(part)) == python
    assert in_shell(Sentence(part)) == shell


@pytest.mark.parametrize(
    ("name", "value", "shell"),
    [
        pytest.param("limit", -1, "--limit -1 must be x.", id="number"),
        pytest.param("text", [1], "--text must be x.", id="list"),
        pytest.param("formats['a']", 3, "--format a=3 must be x.", id="entry"),
        pytest.param(
            "phone", "+1 201-555-0123", "--phone '+• •••-•••-••23' must be x.", id="phone"
        ),
        pytest.param("a tag of defaults", " ", "a tag of --default ' ' must be x.", id="words"),
    ],
)
def test_unusable__in_a_shell(name, value, shell):
    """What is said of an argument that cannot be used names its option."""
    assert unusable(name, value, "x", fits=True).for_shell() == shell


def test_sentence__is_its_python_wording():
    """A sentence equals the text that it is in Python, and has its hash."""
    text = "Give defaults={'First name': …} or row 2"
    assert text == FIX
    assert hash(text) == hash(FIX)


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(lambda text: pickle.loads(pickle.dumps(text)), id="pickle"),
        pytest.param(copy.deepcopy, id="copy"),
        pytest.param(AlreadyMasked, id="plain"),
        pytest.param(lambda text: "" + text + "", id="sum"),
        pytest.param(lambda text: joined(" ", [text]), id="joined"),
        pytest.param(lambda text: Sentence("{it}").format(it=text), id="filled in"),
        pytest.param(lambda text: sentence_of(smsframe.InputError(text)), id="error"),
        pytest.param(
            lambda text: sentence_of(pickle.loads(pickle.dumps(smsframe.JournalError(text)))),
            id="error of another process",
        ),
        pytest.param(lambda text: sentence_of(smsframe.PlanWarning(text)), id="warning"),
        pytest.param(
            lambda text: sentences.unpacked(sentences.packed([text]))[0], id="kept in a journal"
        ),
    ],
)
def test_sentence__keeps_its_parts(same):
    """Wherever a sentence goes, it can still be worded for a shell and for the screen."""
    assert in_shell(same(FIX)) == "Give --default 'First name=…' or line 2"
    assert in_shell(same(FIX), row="row") == "Give --default 'First name=…' or row 2"
    assert on_screen(same(FIX)) == "Give a default or row 2"


def test_sentence__phone_numbers_are_hidden_in_every_wording():
    """An error masks what an argument quotes, for all three places."""
    error = smsframe.InputError(Sentence("Not ", arg("phone", "+1 201-555-0123"), ". See 148372."))
    told = sentence_of(error)
    for wording in (str(told), in_shell(told), on_screen(told)):
        assert "555" not in wording
        assert "23" in wording
        assert "148372" in wording


def test_format__fills_texts_alone():
    """Fields are filled; braces of parts, and doubled ones, stay."""
    text = Sentence("{n} of {{n}} ", Part("{n}", "{s}", "{c}")).format(n=3)
    assert str(text) == "3 of {n} {n}"
    assert in_shell(text) == "3 of {n} {s}"


def test_recalled__from_a_table():
    """The parts of a sentence are found again by its text; of other texts there are none."""
    remember([FIX, "plain", Sentence("without parts")])
    assert in_shell(recalled(str(FIX))) == FIX.for_shell()
    assert recalled("without parts") == "without parts"
    assert not isinstance(recalled("without parts"), Sentence)


def test_remember__has_an_end(monkeypatch):
    """No more than so many are kept, the newest."""
    monkeypatch.setattr(sentences, "_MOST_REMEMBERED", 2)
    monkeypatch.setattr(sentences, "_remembered", {})
    remember(Sentence("n ", arg("limit", n)) for n in range(5))
    assert list(sentences._remembered) == ["n limit=3", "n limit=4"]

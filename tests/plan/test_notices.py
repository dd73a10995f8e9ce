"""Notices about the words of a text: how to opt out, and links of public shorteners."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples import make_people

import smsframe
from smsframe._text import opt_out_and_links

WITH = [
    "Sale! Reply STOP to opt out", "Text stop to 36111", "txt Stop to end", "STOP=unsubscribe",
    "Pour ne plus recevoir: STOP au 36111", "STOP SMS au 38200", "Répondez STOP", "Abmelden: STOPP",
    "Para darse de baja responda BAJA", "Responda SAIR para cancelar", "Reply with 'Quit'",
    "To unsubscribe visit our page", "Opt-out: our.example/x", "退订回T", "配信停止はこちら",
    "Для отписки ответьте СТОП", "Antworten Sie mit stop", "Odpisz STOP", "END to end",
]  # fmt: skip
WITHOUT = [
    "Your order has shipped.", "Stop by our store", "The bus stop has moved", "It ends on Friday",
    "Cancel your booking by Monday", "NONSTOP music", "Don't stop", "Your text", "",
]  # fmt: skip


@pytest.mark.parametrize("text", WITH)
def test_opt_out__is_found(text):
    """A keyword in capitals, asked for, or a phrase, in many languages."""
    assert opt_out_and_links.says_how_to_opt_out(text)


@pytest.mark.parametrize("text", WITHOUT)
def test_opt_out__is_missing(text):
    """Ordinary words are no way to opt out."""
    assert not opt_out_and_links.says_how_to_opt_out(text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("See https://bit.ly/3xY", "bit.ly"),
        ("BIT.LY/3xY", "bit.ly"),
        ("http://www.tinyurl.com/abc", "tinyurl.com"),
        ("tinyurl.com/abc.", "tinyurl.com"),
        ("(t.co/abc)", "t.co"),
        ("at.co/abc", None),
        ("https://orbit.ly/abc", None),
        ("https://our.bit.ly/abc", None),
        ("ask@t.co/abc", None),
        ("bit.ly is a shortener", None),
        ("https://acs1.tc/abc https://is.gd/abc", "is.gd"),
    ],
)
def test_short_link__by_its_host(text, host):
    """A public shortener with something behind it; a host that only ends like one is none."""
    assert opt_out_and_links.short_host(text) == host


def plan(text="Hi %%FirstName%%", people=None, **options):
    """Return a plan of a few people."""
    people = make_people(4) if people is None else people
    return smsframe.plan(people, text, program="148372", phone="mobile", **options)


def told(made, code):
    """Return the notices of a code."""
    table = made.problems
    found = table[table["code"] == code]
    assert set(found["severity"]) <= {"info"}
    return list(zip(found["column"], found["sentence"].str.split(".").str[0], strict=True))


def test_notice__of_a_text_is_one_line():
    """It is said once, last, as information."""
    made = plan()
    assert told(made, "opt_out_missing") == [
        ("text", "The text does not say how to opt out (such as: Reply STOP to opt out)")
    ]
    assert list(made.problem_counts) == ["opt_out_missing"]
    assert told(plan("Hi %%FirstName%%. Reply STOP to end"), "opt_out_missing") == []


def test_notice__words_are_looked_for_in_values():
    """A column of footers by language counts; where some rows have none, they are counted."""
    footers = ["Reply STOP to opt out", "STOP au 36111", "", "Danke"]
    people = make_people(4).assign(footer=footers)
    text = "Hi %%FirstName%%. %%footer%%"
    made = plan(text, people, defaults={"footer": "-"})
    assert told(made, "opt_out_missing") == [
        ("text", "2 of these texts do not say how to opt out (such as: Reply STOP to opt out)")
    ]
    assert told(plan(text, people.head(2)), "opt_out_missing") == []
    default = plan("Hi %%FirstName%% %%out%%", defaults={"out": "Reply STOP to end"})
    assert told(default, "opt_out_missing") == []


def test_preview__of_nobody_says_why():
    """An empty table would say nothing."""
    people = make_people(2).assign(mobile=["n/a", None])
    with pytest.warns(smsframe.SmsframeWarning, match=r"no message to preview \(2 rows, 2 invalid"):
        assert people.sms.preview("Hi", phone="mobile").empty
    people, to_end = make_people(2), "Hi. Reply STOP to end."
    with pytest.warns(smsframe.SmsframeWarning, match=r"\(2 rows, 2 excluded\)\.$"):
        assert people.sms.preview(to_end, phone="mobile", exclude=people["mobile"]).empty


def test_notice__short_links_in_text_and_values():
    """The text and each column are named."""
    people = make_people(4).assign(link=[f"https://bit.ly/{n}x" for n in range(4)])
    made = plan("Hi %%FirstName%%: %%link%% or t.co/ab", people)
    assert told(made, "short_link") == [
        ("text", "The text has a link of t"),
        ("link", "Column 'link' has a link of bit"),
    ]


def test_notice__of_nobody_and_of_a_published_message():
    """Where nobody gets a text, or the text is the product's, there is nothing to say."""
    assert told(plan(people=make_people(4).head(0)), "opt_out_missing") == []
    made = smsframe.plan(make_people(2), content_id="c-1", program="1", phone="mobile")
    assert told(made, "opt_out_missing") == []


def test_notice__is_no_warning(client):
    """A send says nothing of it, and the text is what was written."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = plan("See bit.ly/ab", people=make_people(3))
        made.send(progress=False)
    assert set(client.sandbox.outbox()["text"]) == {"See bit.ly/ab"}
    assert made.segments.tolist() == [1] * 3


def test_notice__says_how_many_never_had_a_message(client):
    """Of whom the journal knows nothing is said; tests and refused messages are nothing."""
    send = {"program": "148372", "phone": "mobile", "progress": False}
    made = plan(people=make_people(9))
    assert "9 of these people have had nothing" not in str(made.problems["sentence"].tolist())
    smsframe.send(make_people(5), "Hello from us", **send)
    client.sandbox.faults.add("status", status=400, on=1)
    with pytest.warns(smsframe.IncompleteSendWarning):
        smsframe.send(make_people(2, start=5), "Quite another text", **send)
    made.send_test("+12015550108", progress=False)
    double = pd.concat([make_people(9)] * 2, ignore_index=True)
    double["FirstName"] += double.index.astype(str)
    (sentence,) = plan(people=double).problems.query("code == 'opt_out_missing'")["sentence"]
    assert sentence.endswith("4 of these people have had nothing from this journal before.")


def test_notice__of_a_long_list():
    """Columns are looked at here and there."""
    values = pa.array([f"A{n}" for n in range(200_000)])
    assert opt_out_and_links.values_with_opt_out(values) is None
    assert opt_out_and_links.value_with_short_link(values) is None
    footers = pa.array(np.where(np.arange(30_000) % 2, "STOP to end", "no").tolist())
    assert opt_out_and_links.values_with_opt_out(footers).sum() == 15_000

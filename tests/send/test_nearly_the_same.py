"""A text that people nearly had is refused; one that is another message goes out."""

from __future__ import annotations

import datetime as dt
import time
import warnings
from decimal import Decimal

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._plan.message_keys import skeleton
from smsframe._plan.near_texts import NearText, shared_values
from smsframe._send import nearly_the_same
from smsframe._send import run as sending
from smsframe._text.template import Template
from smsframe.errors import InputError

TEXT = "Hi %%name%%, your order %%order%% over %%total%% has shipped today."
HOUR, DAY = 3600.0, 86_400.0


def orders(n=6, **changes):
    """Return people with an order each."""
    frame = pd.DataFrame(
        {
            "mobile": make_people(n)["mobile"],
            "name": [f"Name{chr(97 + i)}" for i in range(n)],
            "order": [f"A{100 + i}" for i in range(n)],
            "total": [12.5 + i for i in range(n)],
        }
    )
    return frame.assign(**changes)


def send(frame, text=TEXT, **options):
    """Send quietly."""
    given = {"program": "148372", "phone": "mobile", "progress": False, **options}
    return smsframe.send(frame, text, **given)


@pytest.fixture
def clock(monkeypatch):
    """Let time pass: every send believes what it is told."""
    passed = [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])
    return lambda seconds: passed.__setitem__(0, passed[0] + seconds)


real = time.time


def had_twice(sandbox):
    """Count the texts that somebody got on top of a first one."""
    return int(sandbox.outbox()["to"].duplicated().sum())


@pytest.mark.parametrize(
    ("text", "changes", "options"),
    [
        pytest.param(TEXT.replace("today", "now"), {}, {}, id="one word of ten"),
        pytest.param(TEXT.replace(" today", ""), {}, {}, id="a word less"),
        pytest.param(TEXT, {}, {"formats": {"total": ",.2f"}}, id="another format"),
        pytest.param(TEXT.upper().replace("NAME", "name").replace("ORDER%", "order%")
                     .replace("TOTAL", "total"), {}, {}, id="capitals"),
        pytest.param(TEXT.replace(".", "!").replace(",", ""), {}, {}, id="signs"),
    ],
)  # fmt: skip
def test_send__nearly_the_same_is_refused(sandbox, client, text, changes, options):
    """Most of these people had nearly this text: nothing goes out until the caller says more."""
    first = send(orders())
    with pytest.raises(InputError, match="nearly the same text") as caught:
        send(orders(**changes), text, **options)
    assert len(sandbox.outbox()) == 6
    error = caught.value
    run = first.attrs["smsframe"]["run"]
    assert f"exclude=smsframe.results('{run}')" in str(error)
    assert 'campaign="..." (it goes, as a new message, to 6 people' in str(error)
    table = error.details["problems"]
    assert table.loc[table["severity"] == "error", "code"].tolist() == ["nearly_the_same"]
    kept = smsframe.last_results()
    assert kept["sms_code"].tolist() == ["nearly_the_same"] * 6
    assert kept["sms_status"].tolist() == ["not_attempted"] * 6


@pytest.mark.parametrize(
    ("text", "changes", "options"),
    [
        pytest.param(TEXT, {"order": [f"B{i}" for i in range(6)]}, {}, id="other orders"),
        pytest.param(TEXT, {"total": "12"}, {}, id="other totals"),
        pytest.param(TEXT, {"name": "Friend"}, {}, id="other names"),
        pytest.param(TEXT.replace("shipped today", "been lost"), {}, {}, id="two words of ten"),
        pytest.param("Sorry, %%order%% is late.", {}, {}, id="another text"),
        pytest.param(
            TEXT, {}, {"program": "3f0a6c52-8d1e-4b7a-9c35-6e2d41f0b8a7"}, id="another program"
        ),
        pytest.param(TEXT.replace("today", "now"), {}, {"campaign": "again"}, id="named"),
    ],
)
def test_send__another_message_goes_out(sandbox, client, text, changes, options):
    """Another order, another text, another program, or a name given on purpose."""
    send(orders())
    done = send(orders(**changes), text, **options)
    assert done["sms_status"].tolist() == ["accepted"] * 6
    assert len(sandbox.outbox()) == 12


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("values", "one", "other"),
    [
        pytest.param([12.345, 7.891, 1234.5], "", ".2f", id="digits cut"),
        pytest.param([12.345, 7.891, 1234.5], ",.2f", ",.0f", id="no cents"),
        pytest.param([0.1234, 0.5678, 0.9], "", ".1%", id="per cent"),
        pytest.param(
            [Decimal("12.345"), Decimal("7.891"), Decimal(2)], "", "${:.2f}", id="decimals"
        ),
        pytest.param(pd.date_range("2026-11-20", periods=3), "%d %b", "%A", id="weekday"),
        pytest.param(pd.date_range("2026-11-20", periods=3), "%A", "%a", id="shorter"),
        pytest.param(
            pd.date_range("2026-11-20 14:30", periods=3, freq="25h"), "", "%H:%M", id="time alone"
        ),
        pytest.param(
            pd.date_range("2026-11-20 14:00", periods=3, freq="25h"), "%H:%M", "%-I%p", id="hour"
        ),
        pytest.param([dt.date(2026, 11, n) for n in (20, 21, 22)], "", "%A", id="dates"),
    ],
)
def test_send__the_same_value_in_another_format(sandbox, client, values, one, other, turned):
    """Values that are written otherwise are no other message; other values are."""
    first, then = (other, one) if turned else (one, other)
    people = orders(3, total=values)
    send(people, formats={"total": first})
    with pytest.raises(InputError, match=r"[23] of these [23] messages"):
        send(people, formats={"total": then})
    changed = people.assign(total=[values[1], values[0], values[0]])
    done = send(changed, formats={"total": then})
    assert done["sms_status"].eq("accepted").all()


@pytest.mark.parametrize(
    ("before", "formats", "now"),
    [
        pytest.param("%%total%% euros", {"total": ".2f"}, "%%total%% euros", id="format"),
        pytest.param("%%order%% with red and blue socks", {}, "%%value%%", id="words"),
    ],
)
def test_send__a_first_batch_of_one_changed_row_does_not_tell(client, before, formats, now):
    """One person of the first batch, whose value is another by now, says nothing of the rest."""
    text = "Dear customer, {} are waiting here for you, thanks for all.".format
    people = orders(1004).assign(total=[n + 0.123 for n in range(1004)])
    send(people, text(before), formats=formats)
    left = people.iloc[[0, 1000, 1001, 1002, 1003]]
    left = left.assign(
        total=[9e6, *left["total"].iloc[1:]],
        value=["nothing", *(left["order"].iloc[1:] + " with red and blue socks")],
    )
    with pytest.raises(InputError, match="4 of these 5 messages"):
        send(left, text(now))


def test_send__one_person_of_several_had_it(client):
    """One person is told of as one."""
    send(orders(1))
    with pytest.raises(InputError, match="1 of these 2 messages would go to a person who had"):
        send(orders(2), TEXT.replace("shipped", "left"))


TAGGED, TYPED = "Hi %%name%%, %%order%% is ready", "Hi {name}, {order} is ready"


@pytest.mark.parametrize(
    ("text", "name", "order"),
    [
        pytest.param("%%order%% for %%name%%", "Ann", "B7", id="one word each"),
        pytest.param(
            "Hi %%name%%, due %%order%%", "Zoë Müller", "20 Nov", id="two words for a tag"
        ),
        pytest.param("Hi %%name%%: %%order%%!", "Ann", "$1,234.50", id="a number"),
        pytest.param("%%order%% %%name%%", "José", "B-7", id="neighbours"),
        pytest.param(
            "Hi %%name%%, %%order%% since %%order%% is due", "Ann", "B7", id="a tag twice"
        ),
    ],
)
def test_send__words_that_were_typed_then_a_tag(sandbox, client, text, name, order):
    """The same words are refused, whether the text has them or a column, whichever came first."""
    typed = text.replace("%%name%%", name).replace("%%order%%", order)
    one, two = orders(1, name=name, order=order), orders(3).iloc[2:].assign(name=name, order=order)
    send(one, typed)
    send(two, text)
    for people, again in ((one, text), (two, typed), (two, typed.replace(name, "%%name%%"))):
        with pytest.raises(InputError, match="1 message would go to a person who had nearly"):
            send(people, again)
    assert had_twice(sandbox) == 0


def test_send__texts_in_a_loop_then_one_text_with_tags(sandbox, client):
    """Who had their words one by one does not get them again by tags; others do."""
    people = orders(4)
    for row in range(2):
        line = people.iloc[[row]]
        send(line, TYPED.format(**line.iloc[0]))
    with pytest.raises(InputError, match="2 of these 4 messages"):
        send(people, TAGGED)
    done = send(people.assign(order=["A100", "B1", "B2", "B3"]).iloc[1:], TAGGED)
    assert done["sms_status"].eq("accepted").all()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("tags", "wider"),
    [
        pytest.param("Hi %%name%%, %%order%% is due", "%%message%%", id="the whole message"),
        pytest.param("Hi %%name%%: now %%order%%", "%%greeting%%: now %%order%%", id="some"),
        pytest.param("We are due", "%%all%%", id="words alone"),
    ],
)
def test_send__a_message_put_together_in_a_column(sandbox, client, tags, wider, turned):
    """The same words are refused if a column has several of them; others' words go out."""
    people = orders(4)
    greeting = "Hi " + people["name"]
    people["message"] = greeting + ", " + people["order"] + " is due"
    people = people.assign(greeting=greeting, all="We are due")
    first, then = (wider, tags) if turned else (tags, wider)
    send(people, first)
    with pytest.raises(InputError, match="4 of these 4 messages"):
        send(people, then)
    others = people[["name", "order", "message", "greeting"]].iloc[::-1].reset_index(drop=True)
    send(people.assign(**others, all="They are due"), then.replace("We", "They"))
    assert had_twice(sandbox) == 4


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param("Hi Bob", "Hi %%name%%", id="another value"),
        pytest.param("Hi %%name%%", "Hi Bob", id="another word"),
        pytest.param("Hi %%FirstName%%", "Hi everybody", id="filled by the database"),
        pytest.param("%%name%% %%order%%", "Ann and B7", id="more words than tags"),
        pytest.param("Hi %%name%%", "Hi Ann again", id="words left over"),
    ],
)
def test_send__words_that_are_not_what_a_tag_said(sandbox, client, first, then):
    """Other words are another message."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send(orders(1, name="Ann", order="B7"), first)
        send(orders(1, name="Ann", order="B7"), then)
    assert had_twice(sandbox) == 1


@pytest.mark.parametrize("then", ["Hi all, the pool is open", "%%message%%"])
def test_send__a_default_stood_for_a_word_and_not_for_a_text(sandbox, client, then):
    """Who had a short text with a default gets a longer one that begins like it."""
    people = orders(1, name=None, message="Hi all, the pool is open")
    send(people, "Hi %%name%%", defaults={"name": "friend"})
    assert send(people, then)["sms_status"].eq("accepted").all()
    with pytest.raises(InputError, match="1 message would go to a person"):
        send(people, "Hi friend")


@pytest.fixture
def published(sandbox):
    """Publish a message in the sandbox."""
    sandbox.publish("m1", "Your order has shipped.")
    return "m1"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param([], ["name"], id="a tag more"),
        pytest.param(["name", "order"], ["order"], id="a tag less"),
        pytest.param({"Name": "name"}, {"name": "name"}, id="a tag renamed"),
    ],
)
def test_send__a_published_message_with_other_tags(sandbox, client, published, first, then):
    """A published message is nearly the same as itself, whichever of its tags are filled."""
    send(orders(), None, content_id=published, personalize=first)
    with pytest.raises(InputError, match="6 of these 6 messages"):
        send(orders(), None, content_id=published, personalize=then)


def test_send__a_published_message_with_other_values(sandbox, client, published):
    """Another order number is another message, whatever other tags are given."""
    send(orders(), None, content_id=published, personalize=["name", "order"])
    done = send(orders(order="other"), None, content_id=published, personalize=["order"])
    assert done["sms_status"].eq("accepted").all()


@pytest.mark.parametrize("name", ["content_id", "program"])
@pytest.mark.parametrize("spelled", [" {}", "{}\u200b", "\ufeff{}", "{}\u00a0"])
def test_send__an_id_that_was_copied(sandbox, client, published, name, spelled):
    """Blanks and invisible signs that come along with an id make no other message of it."""
    given = {"content_id": published, "program": "148372"}
    send(orders(), None, **given)
    done = send(orders(), None, **given | {name: spelled.format(given[name])})
    assert done["sms_status"].eq("accepted").all()
    assert len(sandbox.outbox()) == 6


def test_send__names_the_run_whatever_its_id_looks_like(sandbox, client, monkeypatch):
    """An id of digits alone is no phone number, and is shown whole."""
    monkeypatch.setattr(sending, "new_run_id", lambda: "20261126-145129-544386")
    send(orders())
    with pytest.raises(InputError, match=r"exclude=smsframe.results\('20261126-145129-544386'\)"):
        send(orders(), TEXT.replace("today", "now"))


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        ("spring sale", False),
        ("SPRING_SALE!", False),
        ("springsale", True),
        ("Spring Sale 2", True),
    ],
)
def test_send__a_campaign_whose_name_is_written_otherwise(sandbox, client, name, goes):
    """Capitals and signs make another campaign of a name, so it is asked which is meant."""
    send(orders(), campaign="Spring Sale")
    text = "Other words altogether"
    if not goes:
        with pytest.raises(InputError, match=r"6 of these 6 .* had campaign 'Spring Sale'"):
            send(orders(), text, campaign=name)
    else:
        send(orders(), text, campaign=name)
    assert had_twice(sandbox) == 6 * goes


def test_send__a_name_written_otherwise_counts_before_the_same_words(sandbox, client):
    """Words that people had under other names, too, do not hide that this name is nearly one."""
    for name in ("week 41", "week 42"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            send(orders(), campaign=name)
    with pytest.raises(InputError, match=r"6 of these 6 .* had campaign 'week 42'"):
        send(orders(), campaign="Week 42")
    assert had_twice(sandbox) == 6


@pytest.mark.parametrize(("one", "other"), [("किताब", "कुतुब"), ("\U0001f44d", "\U0001f389")])
def test_send__campaigns_of_other_names(sandbox, client, one, other):
    """Vowels that are marks tell names apart, and so do signs where there is nothing else."""
    send(orders(), campaign=one)
    done = send(orders(), "Other words altogether", campaign=other)
    assert done["sms_status"].eq("accepted").all()


def test_send__half_of_the_people_counts(sandbox, client):
    """It is judged over what would go out now, refused from half of it on, and else told."""
    send(orders(6))
    corrected = TEXT.replace("today", "now")
    with pytest.raises(InputError, match="6 of these 12 messages"):
        send(orders(12), corrected)
    with pytest.warns(smsframe.PlanWarning, match="6 of these 14 messages"):
        done = send(orders(14), corrected)
    assert done["sms_status"].tolist() == ["accepted"] * 14


def test_send__a_week_later_it_is_another_message(sandbox, client, clock):
    """What went out more than a week ago is not looked at."""
    send(orders())
    clock(7 * DAY + HOUR)
    assert send(orders(), TEXT.replace("today", "now"))["sms_status"].eq("accepted").all()


def test_send__what_may_have_gone_out_counts(sandbox, client):
    """People whose answer was lost may have had it."""
    sandbox.faults.add("drop_after", on=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert send(orders())["sms_status"].eq("unknown").all()
    with pytest.raises(InputError, match="nearly the same"):
        send(orders(), TEXT.replace("today", "now"))


def test_send__after_forget_it_still_knows(sandbox, client):
    """Hashes outlive the texts; the sentence no longer offers the forgotten results."""
    send(orders())
    smsframe.journal.forget(before="2100-01-01")
    with pytest.raises(InputError, match="nearly the same") as caught:
        send(orders(), TEXT.replace("today", "now"))
    assert "smsframe.results(" not in str(caught.value)
    assert "list of your own" in str(caught.value)


def test_send__a_default_then_or_now_counts_as_equal(sandbox, client):
    """A name that was a default's, and a corrected default, make no other message of it."""
    gaps = {"name": [None] * 6}
    send(orders(**gaps), defaults={"name": "Customer"})
    for again in ({"defaults": {"name": "Friend"}}, {}):
        with pytest.raises(InputError, match="nearly the same"):
            send(orders(**(gaps if again else {})), **again)
    assert had_twice(sandbox) == 0


UTC = pd.date_range("2026-11-22 14:30", periods=6, tz="UTC")
TOKYO = UTC.tz_convert("Asia/Tokyo")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            (TEXT, {"total": [0.1 + 1e-15] * 6}), (TEXT, {"total": 0.1}), id="many digits"
        ),
        pytest.param((TEXT, {"name": "Jos\ufffd"}), (TEXT, {"name": "José"}), id="garbled"),
        pytest.param((TEXT, {"name": "NULL"}), (TEXT, {"name": "Nadia"}), id="word for no value"),
        pytest.param((TEXT, {"name": "%%x%%"}), (TEXT, {"name": "Ann"}), id="tag in a value"),
        pytest.param((TEXT, {"total": UTC}), (TEXT, {"total": TOKYO}), id="UTC"),
        pytest.param(("Hi {name}", {}), ("Hi %%name%%", {}), id="other notation"),
        pytest.param(("[name]: ok?", {}), ("%%name%%: ok?", {}), id="notation at the beginning"),
        pytest.param(("Caf\ufffd is open", {}), ("Café is open", {}), id="garbled text"),
        pytest.param(("Tom &amp; Ann", {}), ("Tom & Ann", {}), id="of a web page"),
        pytest.param(("Caf&eacute; is open", {}), ("Café is open", {}), id="a letter of one"),
    ],
)
def test_send__the_cure_of_a_warning_texts_nobody_again(sandbox, client, before, after):
    """Who corrects what a warning named, after the send, is asked before anybody gets it again."""
    (text, changes), (cured_text, fixed) = before, after
    with pytest.warns(smsframe.PlanWarning):
        send(orders(**changes), text)
    with pytest.raises(InputError, match="nearly the same"):
        send(orders(**{**changes, **fixed}), cured_text)
    assert had_twice(sandbox) == 0


def test_send__resend_unknown_is_not_held_back(sandbox, client):
    """What is sent again on purpose is the same message, not nearly the same."""
    sandbox.faults.add("drop_after", on=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send(orders())
    done = send(orders(), resend_unknown=True)
    assert done["sms_status"].eq("accepted").all()


def test_send__repeats_asked_for_are_not_held_back(sandbox, client):
    """duplicates="send" after a first send sends the repeats, and only those."""
    twice = pd.concat([orders(), orders()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send(twice)
        done = send(twice, duplicates="send")
    assert done["sms_status"].eq("accepted").all()
    assert len(sandbox.outbox()) == 12


def test_plan__shows_what_send_would_refuse(sandbox, client):
    """The plan has the error among its problems, in its text and in its counts."""
    send(orders())
    made = smsframe.plan(orders(), TEXT.replace("today", "now"), program="148372", phone="mobile")
    assert made.problem_counts["nearly_the_same"] == 6
    assert "6 nearly_the_same" in repr(made)
    assert "nearly the same text" in made._repr_html_()
    assert [fault.code for fault in made.history.blocking] == ["nearly_the_same"]


def test_plan__had_these_words(sandbox, client):
    """A named campaign with the very words somebody had is told, with the count; it may go out."""
    send(orders(4))
    made = smsframe.plan(orders(6), TEXT, program="148372", phone="mobile", campaign="x")
    (fault,) = made.history.faults
    assert (fault.code, fault.severity) == ("had_these_words", "warning")
    assert fault.sentence.startswith("4 of the people had these very words")
    corrected = smsframe.plan(
        orders(6), TEXT.replace("today", "now"), program="148372", phone="mobile", campaign="x"
    )
    assert corrected.history.faults == ()


def test_plan__accepted_before(sandbox, client, clock):
    """A day after a finished send the same text looks like a re-run, which is said."""
    send(orders(4))
    assert smsframe.plan(orders(6), TEXT, program="148372", phone="mobile").history.faults == ()
    clock(DAY)
    made = smsframe.plan(orders(6), TEXT, program="148372", phone="mobile")
    (fault,) = made.history.faults
    assert (fault.code, fault.severity) == ("accepted_before", "warning")
    assert fault.sentence.startswith("4 of these messages were accepted before")
    one = smsframe.plan(orders(1), TEXT, program="148372", phone="mobile").history.faults[0]
    assert one.sentence.endswith("as a new message, to this person too.")
    assert 'campaign=f"class-{date}"' in fault.sentence


def test_plan__accepted_before_is_not_said_of_a_run_that_left_some_over(sandbox, client, clock):
    """``limit`` left rows over, so going on is no new round."""
    send(orders(6), limit=4)
    clock(DAY)
    assert smsframe.plan(orders(6), TEXT, program="148372", phone="mobile").history.faults == ()


def test_send__says_who_had_it_before(sandbox, client, capsys):
    """The line under the cell counts what was accepted now and what was before, with the day."""
    send(orders(4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send(orders(6), progress=None)
    line = capsys.readouterr().out
    assert "2 accepted now · 4 had it before (" in line


def near(text):
    """Return what is kept of a text."""
    template = Template.parse(text)
    return NearText.of(skeleton(template), [template.tags.index(tag) for tag in template.slots])


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        pytest.param("Hi %%a%%", "Hi %%b%%!", [(0, 0)], id="the same words"),
        pytest.param("a b c d e", "a b c d x", [], id="one, four others"),
        pytest.param("a b c d", "a b c x", None, id="one, three others"),
        pytest.param("a b c d e", "a b c x y", None, id="two of five"),
        pytest.param("Hi %%a%% b c d", "Hi b c d %%a%%", None, id="moved"),
        pytest.param("x %%a%% b c d", "%%a%% b c d", [(0, 0)], id="left out"),
        pytest.param("%%a%% %%b%% c d e", "%%b%% %%a%% c d e", [(0, 0), (1, 1)], id="by place"),
        pytest.param("%%a%% b c d %%e%%", "%%a%% b c d e", [(0, 0)], id="a tag for a word"),
        pytest.param("明日は雨です", "明後日は雨です", [], id="without blanks"),
        pytest.param("It's a shop", "It´s a shop", [], id="an apostrophe within"),
        pytest.param("your e-mail", "your email", [], id="a hyphen within"),
        pytest.param("Café ouvert", "Cafe ouvert", [], id="an accent"),
        pytest.param("five offers", "ﬁve oﬀers", [], id="ligatures"),
        pytest.param("it is 10 am", "it is １０ am", [], id="wide digits"),
        pytest.param("We open.", "We open. Reply STOP to opt out", [], id="how to opt out"),
        pytest.param("Pay 12.50 now", "Pay 12.5 now!", [], id="a number"),
        pytest.param("Sale: https://bit.ly/a", "Sale: our.example/b", [], id="a short link"),
        pytest.param("Sale: https://bit.ly/a", "Sale: https://bit.ly/b", None, id="two of them"),
        pytest.param("10 % off", "10% off", [], id="per cent"),
        pytest.param("See https://x.example/a", "See www.x.example/a/?ref=1.", [], id="a link"),
        pytest.param("See https://x.example/a", "See https://x.example/b", None, id="another link"),
        pytest.param("Pay 12.50 now", "Pay 125.0 now", None, id="another number"),
        pytest.param("Version 1.2 is out", "Version 12 is out", None, id="another version"),
        pytest.param("\U0001f44d", "\U0001f389", None, id="signs alone"),
        pytest.param("किताब", "कुतुब", None, id="vowels that are marks"),
        pytest.param("We open. STOP au 36111", "We open! Txt STOP to end", [], id="to opt out"),
        pytest.param("%%c%% a b", "%%c%% a b Txt STOP to opt %%d%%", None, id="opt out, a tag"),
        pytest.param("STOP waiting", "STOP paying", None, id="no way to opt out"),
        pytest.param("On. Txt STOP to end. HELP for help", "On. Send END", [], id="and help"),
        pytest.param("We open.", "We open. Opt out: x.example/u. Acme", [], id="opt out by a link"),
        pytest.param("A: reply STOP to end. It is on", "A: reply STOP to end. All off", None,
                     id="opt out in front"),
        pytest.param("Hi, text us to cancel the 5 pm class", "Hi, text us to cancel an order", None,
                     id="something else to cancel"),
        pytest.param("Yoga: Abmelden bis Freitag", "Yoga: Abmelden ist vorbei", None,
                     id="something else to leave"),
        pytest.param("%%a%% b c d %%e%%", "%%x%% %%a%% b c d %%e%%", [(1, 2)], id="a tag more"),
        pytest.param("%%a%% b c d %%e%%", "%%a%% %%x%% b c d %%e%%", [(1, 2)], id="behind"),
        pytest.param("We open at 9.\\nBye", "We open at 9.\nBye", [], id="a line end in letters"),
        pytest.param("Hello,welcome at 12,50", "Hello, welcome at 12,50", [], id="a blank more"),
    ],
)  # fmt: skip
def test_shared_values__nearly_equal_texts(one, other, shared):
    """Texts with the same words but one in ten, and which of their values stand in one place."""
    assert shared_values(near(one), near(other)) == shared
    assert NearText.loads(near(one).dumps()) == near(one)


def test_shared_values__one_word_in_ten():
    """From twenty words on two may differ, not three."""
    words = [chr(97 + n) for n in range(20)]
    texts = [" ".join([*words[:-n], *["x", "y", "z"][:n]]) for n in (1, 2, 3)]
    found = [shared_values(near(" ".join(words)), near(text)) for text in texts]
    assert found == [[], [], None]


def test_look_back__reads_only_what_is_near(sandbox, client, monkeypatch):
    """Other texts of the program are told by their words alone; no batch of theirs is read."""
    send(orders())
    read = []
    monkeypatch.setattr(nearly_the_same.Search, "_met", lambda *_: read.append(1) or [])
    send(orders(), "Something else altogether for %%name%% and order %%order%%.")
    assert read == []

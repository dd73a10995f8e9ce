"""Several texts on the composer's screen: tabs, who gets which, what is asked, what code says."""

from __future__ import annotations

from html import unescape

import pandas as pd
import pytest
from composer.test_compose import calls, opened, send_all
from composer.test_compose import words as read
from samples import make_people

import smsframe
from smsframe._composer import several_texts
from smsframe.errors import InputError

WAIT_S = 20.0
PEOPLE = make_people(60).assign(language=["de", "fr", " FR "] * 20)
TWO = {"A": "Hi %%FirstName%%, it has shipped.", "B": "%%FirstName%%! Look, it comes."}


def words(widget):
    """Return what a person reads of an HTML widget."""
    return unescape(read(widget))


def screen(text=TWO, frame=PEOPLE, **given):
    """Open a composer with two texts."""
    options = {"program": "148372", "phone": "mobile", "campaign": "nov-test", **given}
    return opened(frame, text, **options)


def put(made, field, value):
    """Type into a field of the texts, and wait for the totals."""
    getattr(made.write.texts, field).value = value
    assert made.wait(WAIT_S)


def press(made, name):
    """Press a button of the texts, and wait for the totals."""
    getattr(made.write.texts, name).click()
    assert made.wait(WAIT_S)


def run(made, **names):
    """Run the code of a composer; returns its results."""
    space = {"df": PEOPLE, "frame": PEOPLE, "people": PEOPLE, "smsframe": smsframe, **names}
    exec(made.code, space)
    return space["results"]


def test_add__makes_tabs_of_one_text(client):
    """The one that was written is the first; the second is at hand, and has to be written."""
    made = opened(PEOPLE, "Hi %%FirstName%%", program="148372")
    assert made.write.texts.box.layout.display == "none"
    press(made, "add")
    assert made.desk.choices.texts == {"A": "Hi %%FirstName%%", "B": ""}
    assert (made.desk.tab, made.write.editor.text) == ("B", "")
    assert "Write the text 'B'" in words(made.send.notes)
    assert "Give the campaign a name" in words(made.send.notes)
    made.write.editor.text = "Dear %%City%%"
    assert made.wait(WAIT_S)
    assert "Several texts need a name, that of the campaign: it" in made.check.totals.value + words(
        made.check.problems
    )
    made.map.campaign.value = "nov-test"
    assert made.wait(WAIT_S)
    assert made.send.send.description == "Send 60 messages"
    assert [box.children[0].description for box in made.map.tags.children] == [
        "%%FirstName%%",
        "%%City%%",
    ]


def test_tabs__each_has_a_text_area_of_its_own(client):
    """What is typed into one reaches no other, also when another tab is open by then."""
    made = screen()
    first = made.write.editor
    made.write.texts.tabs.value = "B"
    assert made.write.editor is not first
    assert made.write.editor.text == TWO["B"]
    first.text = "Hi, typed late"
    assert made.desk.choices.texts == {"A": "Hi, typed late", "B": TWO["B"]}
    assert first.box.layout.display == "none"


def test_texts__counts_bubbles_question_and_send(client, sandbox):
    """All of it says each text by its name, and the holdout; what goes out is what was planned."""
    made = screen(holdout=0.2, split={"A": 1, "B": 2})
    arms = made.plan.to_frame()["sms_variant"].value_counts()
    by_text = f"By text: A {arms['A']} · B {arms['B']}."
    assert by_text in words(made.check.totals)
    assert f"{arms['holdout']} held out" in words(made.check.totals)
    own = str(made.plan.to_frame()["sms_variant"].iloc[0])
    assert made.see.phone.value.count("sms-bubble") == 2
    assert "Hi Name0, it has shipped." in words(made.see.phone)
    assert "Name0! Look, it comes." in words(made.see.phone)
    mark = "gets none of them" if own == "holdout" else f"{own} · this row gets it"
    assert mark in words(made.see.phone)
    made.send.send.click()
    assert by_text in words(made.send.question.words)
    assert f"{arms['holdout']} held out" in words(made.send.question.words)
    made.send.question.no.click()
    send_all(made)
    assert made.send.once.state == "sent"
    assert "Done:" in words(made.send.outcome)
    assert "Rows that did not go out" not in words(made.send.outcome)
    assert len(sandbox.outbox()) == 60 - arms["holdout"]
    before = calls(sandbox)
    again = run(made)
    assert calls(sandbox) == before
    pd.testing.assert_series_equal(again["sms_variant"], made.results["sms_variant"])


def test_see__a_row_that_is_held_out(client):
    """Is said to get none."""
    made = screen(holdout=0.5)
    rows = made.plan.to_frame()["sms_variant"].astype(str)
    made.desk.show(int((rows == "holdout").to_numpy().argmax()))
    assert "held out: it gets none of them" in words(made.see.phone)


def test_code__of_several_texts(client):
    """Says the mapping, and of who gets which only what differs from the usual."""
    made = screen()
    assert '    {\n        "A": "Hi %%FirstName%%, it has shipped.",\n' in made.code
    assert "split" not in made.code
    assert "holdout" not in made.code
    put(made, "holdout", "12,5 %")
    put(made, "weight", "2")
    assert 'split={"A": 2, "B": 1}' in made.code
    assert "holdout=0.125" in made.code
    made.map.campaign.value = "other"
    assert made.wait(WAIT_S)
    assert run(made)["sms_variant"].tolist() == made.plan.to_frame()["sms_variant"].tolist()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        pytest.param("holdout", "abc", "'abc' cannot be held out", id="holdout"),
        pytest.param("holdout", "100", "'100' cannot be held out", id="everybody"),
        pytest.param("holdout", "-5", "'-5' cannot be held out", id="below 0"),
        pytest.param("holdout", "nan", "'nan' cannot be held out", id="nan"),
        pytest.param("weight", "0", "weight of 'A' is '0'", id="weight 0"),
        pytest.param("weight", "inf", "weight of 'A' is 'inf'", id="weight without end"),
        pytest.param("weight", "two", "weight of 'A' is 'two'", id="weight in words"),
        pytest.param("name", " ", "Give the text a name", id="no name"),
        pytest.param("name", "b", "Another text is called 'b' already", id="taken"),
        pytest.param("name", "Holdout", "cannot be called 'Holdout'", id="holdout as a name"),
    ],
)
def test_fields__a_wrong_entry(field, typed, said, client, sandbox):
    """Is said beside it and stops the button; put right, the button is back."""
    made = screen()
    panel = made.write.texts
    right = getattr(panel, field).value
    put(made, field, typed)
    assert said in words(panel.note)
    assert made.send.send.disabled
    assert said in words(made.send.notes)
    made.send.ask()
    assert made.send.once.state == "ready"
    put(made, field, right)
    assert made.wait(WAIT_S)
    assert not made.desk.wrong
    assert not made.send.send.disabled
    assert len(sandbox.outbox()) == 0


def test_fields__a_wrong_rule_is_not_forgotten(client):
    """What is wrong with other fields stands in the way as well."""
    made = screen()
    put(made, "holdout", "abc")
    made.rules.gap.value = "abc"
    assert made.wait(WAIT_S)
    assert len(made.desk.wrong) == 2
    assert "an entry cannot be used" in made.rules.head.description
    put(made, "holdout", "")
    assert list(made.desk.wrong) == ["min_gap"]
    made.rules.gap.value = ""
    put(made, "holdout", "abc")
    assert "nothing set" in made.rules.head.description


def test_by__a_column(client):
    """Names the texts; a value without one is a problem of its rows, and the values are told."""
    made = screen({"A": "Hallo", "B": "Bonjour"})
    put(made, "by", list(PEOPLE.columns).index("language"))
    assert "FR (20)" in words(made.write.texts.note)
    assert made.write.texts.weight.layout.display == "none"
    assert "variant_missing" in words(made.check.problems)
    put(made, "name", "de")
    made.write.texts.tabs.value = "B"
    put(made, "name", "fr")
    assert made.desk.choices.texts == {"de": "Hallo", "fr": "Bonjour"}
    assert made.send.send.description == "Send 60 messages"
    assert "By text: de 20 · fr 40." in words(made.check.totals)
    assert 'by="language"' in made.code
    assert "split" not in made.code


def test_remove__down_to_one(client):
    """Of two texts one is left for all; with a holdout it stays a test."""
    made = screen(holdout=0.2)
    press(made, "remove")
    assert made.desk.choices.texts == {"B": TWO["B"]}
    assert made.desk.choices.holdout == 0.2
    press(made, "remove")
    assert (made.desk.choices.texts, made.desk.choices.text) == ({}, TWO["B"])
    assert made.desk.choices.holdout is None
    assert made.write.editor.text == TWO["B"]
    assert "holdout" not in made.code
    assert made.send.send.description == "Send 60 messages"


def test_rename__keeps_weight_and_place(client):
    """A text is the same by another name."""
    made = screen(split={"A": 3, "B": 1})
    put(made, "name", "  Long   name ")
    assert made.desk.choices.texts == {"Long name": TWO["A"], "B": TWO["B"]}
    assert made.desk.choices.split == {"Long name": 3, "B": 1}
    assert made.write.editor.text == TWO["A"]


def test_try__the_text_at_hand(client, sandbox):
    """Goes to one's own number, with its name nowhere; another tab is another try."""
    made = screen()
    made.write.texts.tabs.value = "B"
    assert "It is of the text 'B'." in words(made.trying.outcome)
    made.trying.numbers.value = "+1 201 555 0199"
    made.trying.send.click()
    assert made.wait(WAIT_S)
    assert sandbox.outbox()["text"].tolist() == ["Name0! Look, it comes."]
    assert made.trying.send.disabled
    made.write.texts.tabs.value = "A"
    assert not made.trying.send.disabled


def test_drafts__keep_all_texts(client):
    """A cell that is run again loses none of them, and gets them back with their names."""
    made = screen()
    made.write.editor.text = "Hi, changed"
    again = opened(PEOPLE, "Something else", program="148372", campaign="nov-test")
    label, kept = again.write.earlier.options[1]
    assert label.startswith("A: Hi, changed · B: ")
    again.write.earlier.value = kept
    assert again.wait(WAIT_S)
    assert again.desk.choices.texts == {"A": "Hi, changed", "B": TWO["B"]}
    assert again.write.editor.text == "Hi, changed"
    assert "Something else" in [label for label, _ in again.write.earlier.options]


def test_new_message__is_of_one_text(client):
    """After a send the screen begins anew."""
    made = screen(holdout=0.2)
    send_all(made)
    made.send.new.click()
    assert made.wait(WAIT_S)
    assert (made.desk.choices.texts, made.desk.choices.text) == ({}, "")
    assert made.desk.choices.holdout is None


def test_next__is_one_of_several_texts(client, sandbox):
    """A text that is changed after a send is the next message, with its own Send."""
    made = screen()
    send_all(made)
    made.write.editor.text = "Hi, and what came of it?"
    assert made.wait(WAIT_S)
    assert words(made.send.outcome).startswith("Of the message before this one: Done:")
    assert made.desk.choices.campaign is None
    assert made.desk.choices.texts["A"] == "Hi, and what came of it?"


def test_formats__are_shown_by_the_row_at_hand(client):
    """As with one text, also for a tag that is in another one of them."""
    frame = PEOPLE.assign(total=[1.5, 2000.25, *[3.0] * 58])
    made = screen({"A": "Hi", "B": "You owe %%total%%"}, frame)
    made.see.next.click()
    assert "2,000.25" in dict(made.map._tag_rows["total"].preset.options)


def test_running_campaign__other_weights(client, sandbox):
    """Are refused on the screen in the screen's words, before anything is asked."""
    screen().plan.send(progress=False)
    made = screen()
    put(made, "weight", "2")
    told = words(made.send.notes)
    assert "has begun with A 0.5, B 0.5" in told
    assert made.send.send.disabled


def test_summary__says_each_text(client):
    """What stands in a saved notebook."""
    made = screen()
    page = made._repr_mimebundle_()["text/html"]
    assert "it has shipped." in page
    assert "Look, it comes." in page


def test_compose__refuses_what_a_send_would():
    """Arguments are those of a send; only the campaign may be named later."""
    with pytest.raises(InputError, match="cannot be called"):
        screen({"holdout": "x"})
    with pytest.raises(InputError, match="not both"):
        screen(by="language", split={"A": 1, "B": 1})
    with pytest.raises(InputError, match="texts with names"):
        screen("Hi", holdout=0.1)
    assert screen(campaign=None).send.send.disabled


def test_names__as_many_as_there_are():
    """After the letters come numbers."""
    names: list[str] = []
    for _ in range(30):
        names.append(several_texts.next_name(names))
    assert len(set(names)) == 30
    assert names[:2] == ["A", "B"]

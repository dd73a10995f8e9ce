"""A test to one's own numbers: the words of chosen rows, which count for no campaign."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import fictional_phones, make_people

import smsframe
from smsframe._plan.campaign_names import TEST_PREFIX, is_test

TEXT = "Hi %%FirstName%%, %%total%%"
MINE, OTHER = "+1 201 555 0177", "+12015550178"
SENT = {"program": "148372", "phone": "mobile", "progress": False}


@pytest.fixture
def people():
    """Return four people on labels of their own: the first has no phone, the last no name."""
    frame = make_people(4).assign(total=[1, 2.5, 3, 4])
    frame.loc[0, "mobile"] = "n/a"
    frame.loc[3, "FirstName"] = None
    return frame.set_axis(["a", "b", "c", "d"])


@pytest.fixture
def sent(client, sandbox):
    """Return what counts the texts that went out, with a client connected."""
    return lambda: len(sandbox.outbox())


def planned(people, **options):
    """Plan the message."""
    given = {"program": "148372", "phone": "mobile", "formats": {"total": ",.2f"}, **options}
    return smsframe.plan(people, TEXT, **given)


def texts(sandbox):
    """Return what phones show, with their last two digits."""
    outbox = sandbox.outbox()
    return sorted(zip(outbox["to"].str[-2:], outbox["text"], strict=True))


def test_send_test__the_first_row_that_would_go_out(people, client, sandbox, capsys):
    """Without rows= it sends the words of the first row that would go out, to the letter."""
    results = planned(people).send_test([MINE])
    assert texts(sandbox) == [("77", "Hi Name1, 2.50")]
    assert capsys.readouterr().out == "1 accepted · 0 rejected · 0 unknown\n"
    row = results.iloc[0]
    assert (row["row"], row["to"], row["text"]) == ("b", "+12015550177", "Hi Name1, 2.50")
    assert list(results.columns[:4]) == ["row", "to", "text", "sms_status"]
    assert results.sms.refresh()["sms_status"].tolist() == ["sent"]


def test_send_test__chosen_rows_to_several_numbers(people, client, sandbox):
    """Every number gets the words of every row, also of one whose own phone is bad."""
    made = planned(people)
    results = made.send_test([MINE, OTHER, "+12015550177"], rows=["a", "c"], progress=False)
    assert results["row"].tolist() == ["a", "c", "a", "c"]
    assert texts(sandbox) == [
        *[("77", "Hi Name0, 1.00"), ("77", "Hi Name2, 3.00")],
        *[("78", "Hi Name0, 1.00"), ("78", "Hi Name2, 3.00")],
    ]


def test_send_test__equal_words_go_out_each(client, sandbox):
    """Rows whose words are the same are sent each: one wants to see so many."""
    frame = make_people(2).assign(FirstName="Ann")
    frame.sms.plan("Hi %%FirstName%%", **SENT).send_test(MINE, rows=[0, 1])
    assert texts(sandbox) == [("77", "Hi Ann")] * 2


@pytest.mark.parametrize("campaign", [None, "november"])
def test_send_test__does_not_count(people, client, sandbox, campaign):
    """Before and after a test the same is left to send: whoever had it gets the real one too."""
    people.loc["b", "mobile"] = MINE
    made = planned(people, campaign=campaign)
    left = made.history.left
    made.send_test(MINE, rows="b")
    made.send_test(MINE, rows="b")  # again on purpose: each call is a test of its own
    assert made.history.left == left
    done = made.send()
    assert done["sms_status"].tolist() == ["invalid", "accepted", "accepted", "invalid"]
    assert texts(sandbox).count(("77", "Hi Name1, 2.50")) == 3
    made.send_test(MINE, rows="b")
    assert texts(sandbox).count(("77", "Hi Name1, 2.50")) == 4
    assert [is_test(name) for name in smsframe.runs()["campaign"].fillna("")].count(True) == 3


def test_send_test__no_rule_about_recipients(people, client, sandbox, monkeypatch, tmp_path):
    """Neither limit=, confirm= nor a list of people not to text holds a test back."""
    (tmp_path / "team.txt").write_text(MINE)
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(tmp_path / "team.txt"))
    made = planned(people, limit=0, confirm=7, exclude=[MINE], problems="raise")
    made.send_test(MINE, rows="c")
    assert texts(sandbox) == [("77", "Hi Name2, 3.00")]


def test_send_test__what_travels_with_the_message(client, sandbox):
    """Defaults, fold, source and database tags are those of the plan."""
    frame = make_people(1).assign(FirstName=None)
    sandbox.load_contacts(pd.DataFrame({"mobile": [MINE], "City": ["Ulm"]}), phone="mobile")
    made = frame.sms.plan(
        "“%%FirstName%%” %%City%%",
        defaults={"FirstName": "you"},
        fold="gsm7",
        source="mine",
        **SENT,
    )
    made.send_test(MINE)
    assert texts(sandbox) == [("77", '"you" Ulm')]
    assert sandbox.events()["Source"].str.startswith("mine smsframe:").all()


def test_send_test__of_a_lookup(client, sandbox):
    """A plan that finds people by the database is tested by phone."""
    frame = pd.DataFrame({"account": ["x"], "FirstName": ["Ann"]})
    made = frame.sms.plan("Hi %%FirstName%%", program="148372", lookup={"account": "account"})
    made.send_test(MINE)
    assert texts(sandbox) == [("77", "Hi Ann")]


def test_send_test__region(people, client, sandbox):
    """A number without a country code is read in the region of the plan."""
    planned(people, region="US").send_test("(201) 555-0177", rows="b")
    assert texts(sandbox) == [("77", "Hi Name1, 2.50")]


@pytest.mark.parametrize(
    ("to", "rows", "words"),
    [
        pytest.param("201 555 0177", None, "does not say its country", id="no-country"),
        pytest.param([MINE, "call me"], None, "is not a phone number", id="one-bad"),
        pytest.param(["+49 30 123456"], None, "is a landline", id="landline"),
        pytest.param([], None, "names no number", id="none"),
        pytest.param(None, None, "of type NoneType", id="nothing"),
        pytest.param({MINE: 1}, None, "of type dict", id="mapping"),
        pytest.param(MINE, "z", "No row has the label 'z'", id="no-such-row"),
        pytest.param(MINE, [], "no words to test", id="no-rows"),
        pytest.param(MINE, "d", "Row 'd': Column 'FirstName' is blank here", id="value-missing"),
        pytest.param(
            fictional_phones(11), None, "at most 10 messages; this would be 11", id="many"
        ),
        pytest.param(fictional_phones(4), list("abc"), "this would be 12", id="many-rows"),
    ],
)
def test_send_test__refused(people, sent, to, rows, words):
    """A number or row that cannot be used is an error in one sentence, and nothing is sent."""
    with pytest.raises(smsframe.InputError) as caught:
        planned(people).send_test(to, rows=rows)
    assert words in str(caught.value)
    assert "201 555 0177" not in str(caught.value)
    assert sent() == 0


@pytest.mark.parametrize(
    ("text", "phones", "words"),
    [
        pytest.param(" ", None, "The text is empty", id="no-text"),
        pytest.param("Hi %%x", None, "%%", id="open-tag"),
        pytest.param("Hi", ["1.2E+10"] * 4, "scientific notation", id="rounded-column"),
    ],
)
def test_send_test__of_a_blocked_plan(people, sent, text, phones, words):
    """What forbids the send forbids the test: one would trust it."""
    frame = people if phones is None else people.assign(mobile=phones)
    made = frame.sms.plan(text, program="148372", phone="mobile")
    with pytest.raises(smsframe.InputError, match=words):
        made.send_test(MINE, rows="b")
    assert sent() == 0


def test_send_test__when_no_row_would_go_out(people, client):
    """When nothing would go out there is no first row; one can be named."""
    made = planned(people.iloc[:1])
    with pytest.raises(smsframe.InputError, match="No row would go out"):
        made.send_test(MINE)
    assert made.send_test(MINE, rows="a")["sms_status"].tolist() == ["accepted"]


def test_send_test__not_connected(people):
    """Without a connection it says how to get one."""
    with pytest.raises(smsframe.ConfigurationError):
        planned(people).send_test(MINE, rows="b")


@pytest.mark.parametrize(
    "name", [f"{TEST_PREFIX}545d775734d5", TEST_PREFIX, f" {TEST_PREFIX.upper()}menu"]
)
def test_campaign__called_as_a_test(people, name):
    """No campaign may be called as tests are, for it would not count as one."""
    with pytest.raises(smsframe.InputError, match="Give it another name"):
        planned(people, campaign=name)

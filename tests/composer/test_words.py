"""What the composer's screen says: controls in place of arguments, sums that add up, names."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from types import SimpleNamespace

import pandas as pd
import phonenumbers
import pytest
from composer.test_compose import TEXT, WAIT_S, opened, send_all, words
from samples import make_people

from smsframe._acoustic.outcomes import REFUSALS
from smsframe._base.send_settings import SendSettings
from smsframe._base.sentences import on_screen
from smsframe._composer import row_preview
from smsframe._composer.inputs import Choices
from smsframe._composer.panels import region_names, trial
from smsframe._composer.panels.tag_row import MENU_CHARACTERS, column_options
from smsframe._phones.problems import SENTENCES
from smsframe._send import nearly_the_same

PROGRAM = "148372"
DAY, NIGHT = 15, 3  # hours in UTC; by night a notice says more
ARGUMENT = re.compile(r"\b[a-z_]+=|\b[a-z_]+\[")
ARABIC = "مرحبا %%FirstName%%، طلبك في الطريق"


@pytest.fixture(params=[DAY, NIGHT])
def by_day_and_night(client, request):
    """Let it be day, then night, where people are."""
    now = dt.datetime(2026, 11, 27, request.param, tzinfo=dt.UTC).timestamp()
    client.settings = dataclasses.replace(client.settings, clock=lambda: now)


def screen(made):
    """Return all words on a composer's screen."""
    found, boxes = [], [made.view]
    while boxes:
        box = boxes.pop()
        boxes += getattr(box, "children", ())
        value = getattr(box, "value", None)
        if isinstance(value, str) and box is not made.code_view and "<style>" not in value:
            found.append(re.sub(r"<[^>]+>", " ", value))
        found += [hint["sentence"] for hint in getattr(box, "hints", ())]
    return " ".join(found)


# --- fixes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        *(pytest.param(sentence, id=code) for code, sentence in SENTENCES.items()),
        *(pytest.param(refusal.fix, id=refusal.code) for refusal in REFUSALS),
    ],
)
def test_words__no_argument_in_a_fix(sentence):
    """A fix of a phone cell or of a refused call names no argument on the screen."""
    assert not ARGUMENT.search(on_screen(sentence))


def _accepted_before_a_day_ago():
    """Return the warning of a round that ended a day ago."""
    rounds = [(SimpleNamespace(run_id="r1", settled_at=1.0), 4)]
    finished = [SimpleNamespace(run_id="r1")]
    (fault,) = nearly_the_same.accepted_before(rounds, finished=finished, now=1e6)
    return fault


@pytest.mark.parametrize("code", ["nearly_the_same", "had_these_words", "accepted_before"])
def test_words__of_what_was_sent_before(code):
    """What an earlier send has to do with this one is said with the screen's own controls."""
    near = {("r1", ""): SimpleNamespace(run=SimpleNamespace(forgotten=False))}
    search = nearly_the_same.Search(near)
    search.number, search.total, search.runs["r1"] = 4, 5, (4, 0.0)
    sentence = {
        "nearly_the_same": nearly_the_same.nearly_the_same(search).sentence,
        "had_these_words": nearly_the_same.had_these_words(search).sentence,
        "accepted_before": _accepted_before_a_day_ago().sentence,
    }[code]
    said = on_screen(sentence)
    assert "campaign=" not in said
    assert "exclude=" not in said or "make the composer with exclude=smsframe.results('r1')" in said


@pytest.mark.parametrize(
    ("frame", "text", "given", "said"),
    [
        pytest.param(
            pd.concat([make_people(2)] * 2), TEXT, {}, "It is sent once.", id="duplicates"
        ),
        pytest.param(
            make_people(2).assign(FirstName=None), TEXT, {}, "under “if blank”", id="defaults"
        ),
        pytest.param(
            make_people(2), "Hi %%First_Name%%", {}, "Choose beside the tag which", id="near miss"
        ),
        pytest.param(
            make_people(2), "Hi %%FirstNmae%%", {}, "choose the column beside", id="typing slip"
        ),
        pytest.param(
            make_people(2),
            "Hi %%FirstName%%",
            {"personalize": {"FirstName": None}},
            "the database's, as was chosen",
            id="database",
        ),
        pytest.param(
            make_people(2).assign(FirstName=[["Ann"], "Bob"]),
            TEXT,
            {},
            "make texts of the column",
            id="list",
        ),
        pytest.param(
            make_people(2).assign(FirstName=[1 / 3, 1.0]), TEXT, {}, "under “format”", id="digits"
        ),
        pytest.param(
            make_people(2),
            "Hi",
            {"defaults": {"X": "x"}, "personalize": ["FirstName"]},
            "“if blank” was given for 'X'",
            id="unused",
        ),
        pytest.param(
            make_people(2).assign(other=make_people(2)["mobile"]),
            TEXT,
            {},
            "Choose the one to send to.",
            id="two phone columns",
        ),
        pytest.param(pd.DataFrame({"a": [1]}), TEXT, {}, "phone column. Choose it.", id="no phone"),
        pytest.param(
            make_people(3).assign(mobile=["201-555-0100", "201-555-0101", "201-555-0102"]),
            TEXT,
            {},
            "Choose under Region where they are from, such as US (would text US 3)",
            id="no region",
        ),
        pytest.param(
            make_people(2).assign(FirstName="It’s " * 20),
            TEXT,
            {},
            "Replacing look-alikes would save 2 segments.",
            id="look-alikes",
        ),
        pytest.param(
            make_people(2),
            TEXT,
            {"formats": {"FirstName": ",.2f"}},
            "to_numeric",
            id="format",
        ),
    ],
)
@pytest.mark.usefixtures("by_day_and_night")
def test_words__fixes_are_controls(frame, text, given, said, client):
    """On the whole screen no argument is named where a control does, or where none does."""
    told = screen(opened(frame, text, program=PROGRAM, **given)).replace("&#x27;", "'")
    assert said in told
    assert not ARGUMENT.search(told), ARGUMENT.findall(told)


def test_words__more_was_sent_than_was_confirmed(client):
    """A number that is no longer right is told without the name of an argument."""
    made = opened(make_people(3), TEXT, program=PROGRAM)
    made.send.send.click()
    make_people(2).sms.send(TEXT, program=PROGRAM, phone="mobile", progress=False)
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    assert words(made.send.errors).startswith("Nothing was sent: some went out since")
    assert made.error.details["would_send"] == 1


# --- sums and kinds ----------------------------------------------------------------------


def test_check__every_row_is_accounted_for(client):
    """Without a text the rows that have no problem of their own are counted as waiting."""
    frame = make_people(5)
    frame.loc[[0, 1], "mobile"] = "n/a"
    told = words(opened(frame, "", program=PROGRAM).check.totals)
    assert told.startswith("0 messages to send 2 left out 3 wait until")


def test_check__a_long_text_is_no_column(client):
    """What is wrong with the text is told in characters, not as a cell of a column."""
    told = words(opened(make_people(2), "x" * 801, program=PROGRAM).check.problems)
    assert "801 characters" in told
    assert "column text" not in told


@pytest.mark.parametrize("given", [{}, {"phone": "mobile"}], ids=["guessed", "named"])
def test_check__no_rows(given, client):
    """An empty frame is told as such once; nothing can be sent or tried."""
    made = opened(make_people(3).head(0), TEXT, program=PROGRAM, **given)
    assert words(made.check.totals) == "The table has no rows."
    assert screen(made).count("The table has no rows.") == 1
    assert "plainly" not in words(made.map.phone_note)
    assert made.send.send.disabled
    assert made.trying.send.disabled
    made.trying.numbers.value = "+1 201 555 0177"
    made.trying.send.click()
    assert made.error is None
    assert made.trying.send.disabled


def test_screen__nothing_written_yet(client):
    """That the text is empty is said in red once, by Check, and no row is blamed for it."""
    made = opened(make_people(3), "")
    assert screen(made).count("The text is empty.") == 1
    assert "sms-error" not in made.see.phone.value
    assert "Write a message to see it here." in words(made.see.phone)


def test_summary__unknown_messages(client, sandbox):
    """A saved notebook says that messages may have gone out."""
    made = opened(make_people(3), TEXT, program=PROGRAM)
    sandbox.faults.add("drop_after", on=1)
    send_all(made)
    assert "3 messages may have gone out: the answer was lost." in repr(made)
    assert "3 messages may have gone out" in made._summary()


# --- tries -------------------------------------------------------------------------------


def tried(made):
    """Try the first row on one's own number."""
    made.trying.numbers.value = "+1 201 555 0177"
    made.trying.send.click()
    assert made.wait(WAIT_S)
    return made.trying.outcome.value


def test_try__refused_by_the_service(client):
    """A try that was refused is shown as an error, with the reason."""
    value = tried(opened(make_people(3), TEXT, program="1"))
    assert "sms-good" not in value
    assert "sms-error" in value
    assert "rejected" in value
    assert "Check the program" in value


def test_try__service_not_there(sandbox, client):
    """A try that reached nobody says so and why."""
    client.settings = SendSettings(connect_attempts=1)
    made = opened(make_people(3), TEXT, program=PROGRAM)
    sandbox.stop()
    value = tried(made)
    assert "sms-error" in value
    assert "not attempted" in value
    assert "No connection was made" in value
    assert "It did not go out." in value
    assert "press “Try again”" in value
    assert "same send" not in value


@pytest.mark.parametrize(
    ("status", "head"),
    [
        pytest.param(["rejected"], "It did not go out.", id="one"),
        pytest.param(["unknown"], "It may have gone out.", id="one unknown"),
        pytest.param(["accepted", "rejected"], "Some did not go out.", id="some"),
        pytest.param(["rejected", "not_attempted"], "None went out.", id="none"),
        pytest.param(["unknown", "accepted"], "Some may not have gone out.", id="some unknown"),
    ],
)
def test_try__how_it_went(status, head):
    """A try is told of in its number, and what may have gone out is not said not to have."""
    assert trial._head(status) == head


def test_try__again_clears_what_was_said(client):
    """Asking for another try takes the outcome of the last one away."""
    made = opened(make_people(3), TEXT, program=PROGRAM)
    assert "sms-good" in tried(made)
    made.trying.again.click()
    assert "Tried" not in made.trying.outcome.value
    assert not made.trying.send.disabled


# --- names -------------------------------------------------------------------------------


def test_map__long_names_stay_apart():
    """Names that differ at their end differ in the menu, and so do those that differ within."""
    long = "a name that goes on and on and on and on and on "
    frame = pd.DataFrame(columns=[f"{long}1", f"{long}17", "short", "two\nlines"])
    names = [name for name, _ in column_options(frame)]
    assert names[2:] == ["short", "two\nlines"] or names[2:] == ["short", "two lines"]
    assert len(set(names)) == 4
    assert all(len(name) <= MENU_CHARACTERS for name in names)
    assert names[1].endswith("and on 17")
    region = "customer_account_number_of_the_northern_region"
    menu = [name for name, _ in column_options(pd.DataFrame(columns=[f"{region}_09", "x"]))]
    assert menu == ["customer_acco…hern_region_09", "x"]
    within = pd.DataFrame(columns=[f"{long}x{long}", f"{long}y{long}"])
    assert [name for name, _ in column_options(within)] == list(within.columns)


def test_map__regions_have_names(client):
    """Every region is found by its name, and still has its letters and its code."""
    made = opened(make_people(2), TEXT, program=PROGRAM)
    labels = {region: label for label, region in made.map.region.options}
    assert labels["DE"] == "Germany (DE, +49)"
    assert set(region_names.NAMES) == set(phonenumbers.SUPPORTED_REGIONS) == set(labels) - {"", "+"}
    assert list(labels)[:3] == ["", "+", "AF"]


def test_write__columns_without_a_button():
    """Columns whose name cannot be a tag are named, with the way to use them."""
    frame = make_people(1).assign(**{"two\nlines": "x", "50%": "y"})
    note = words(opened(frame).write.untagged)
    assert "'two lines', '50%'" in note.replace("&#x27;", "'")
    assert "choose the column beside it" in note
    assert opened(make_people(1)).write.untagged.value == ""


@pytest.mark.parametrize(
    ("tag", "offers"),
    [
        pytest.param("the_regoin_09", ["the_region_09"], id="swapped"),
        pytest.param("the region 09", ["the_region_09"], id="signs"),
        pytest.param("the_regin_09", ["the_region_09"], id="too few"),
        pytest.param("the_region_0", ["the_region_00", "the_region_01"], id="two as near"),
        pytest.param("teh_regoin_0", [], id="too far"),
        pytest.param("teh_regoin_01", ["the_region_01"], id="two slips"),
    ],
)
def test_write__only_the_nearest_column_is_offered(tag, offers):
    """A slip is fixed by the column it meant, not by its neighbours with other numbers."""
    frame = pd.DataFrame(columns=["the_region_00", "the_region_01", "the_region_09"])
    hints = row_preview.hints(frame, Choices(text=f"%%{tag}%%"))
    found = [new.strip("%") for hint in hints for _, _, new in hint.offers]
    assert found[:2] == offers


# --- letters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param(ARABIC, True, id="arabic"),
        pytest.param("Ваш заказ в пути", True, id="cyrillic"),
        pytest.param("Καλημέρα", True, id="greek"),
        pytest.param("Your оrder", False, id="one cyrillic letter"),
        pytest.param("Ваш", True, id="short"),
        pytest.param("It’s 🎉", False, id="signs"),
        pytest.param("🎉", False, id="no letter"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_row_preview__other_script(text, other):
    """A text in other letters has none that is out of place; a single one in Latin is."""
    assert row_preview.is_other_script(text) is other


def test_write__other_script_is_no_warning(client):
    """A text in Arabic is told once what it costs; no letter is named or boxed."""
    made = opened(make_people(2), ARABIC, program=PROGRAM)
    (hint,) = made.write.editor.box.hints
    assert (hint["kind"], hint["offers"]) == ("info", [])
    assert "ARABIC" not in screen(made).upper().replace("FIRSTNAME", "")
    assert "dir='auto'" in made.see.phone.value


def test_write__costly_only_where_it_costs(client):
    """That characters force UCS-2 is said; that it costs more is not, for it may not."""
    made = opened(make_people(2), "It’s", program=PROGRAM)
    assert "A segment has room for 70 characters, not for 160, because of ’" in screen(made)
    assert "costlier" not in screen(made)

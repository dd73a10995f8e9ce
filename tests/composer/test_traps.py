"""Traps of the composer's screen: lost texts, false success, names of nothing."""

from __future__ import annotations

import json
import os
import stat
import types

import pandas as pd
import pytest
from composer.test_compose import (
    TEXT,
    WAIT_S,
    opened,
    send_all,
    tree,
    type_text,
    words,
)
from composer.test_words import screen
from samples import make_people
from waiting import until

import smsframe
from smsframe._base import names
from smsframe._composer import compose as composers
from smsframe._composer import presets, text_history
from smsframe._composer.background import Background
from smsframe._composer.job import blockers
from smsframe._composer.panels import trial
from smsframe._composer.panels.after import BEFORE, EXPLORE
from smsframe._widgets import displayed

PROGRAM = "148372"
INACTIVE = "148373"
HOTLINE = "Call +1 201 555 0199 or come by, %%FirstName%%"
WORDS_OF_PROGRAMMERS = (" API ", "septet", "UCS-2", "GSM-7", "label", " calls", " call ", "kernel")


@pytest.fixture(autouse=True)
def no_numbers_of_others():
    """Let no test meet the numbers that another one typed."""
    trial._mine.clear()


@pytest.fixture
def ready(client):
    """Return a composer of three people, ready to send."""
    return opened(make_people(3), TEXT, program=PROGRAM)


@pytest.fixture
def shell(monkeypatch):
    """Let there be a notebook with names of its own; cells can be run."""
    heard = []
    found = types.SimpleNamespace(
        kernel=types.SimpleNamespace(),
        user_ns={},
        events=types.SimpleNamespace(
            register=lambda _, act: heard.append(act),
            unregister=lambda _, act: heard.remove(act),
        ),
        run=lambda: [act() for act in list(heard)],
    )
    monkeypatch.setattr("IPython.get_ipython", lambda: found)
    return found


# --- the next message --------------------------------------------------------------------


def test_next__text_after_a_send_has_its_own_send(ready, sandbox):
    """What is typed after Done is another message: it can be sent, what was told stays readable."""
    ready.map.campaign.value = "first"
    ready.wait(WAIT_S)
    send_all(ready)
    type_text(ready, "Quite another message for %%FirstName%%")
    assert ready.send.send.description == "Send 3 messages"
    assert words(ready.send.outcome).startswith("Of the message before this one: Done: 3 accepted.")
    assert ready.desk.choices.campaign is None
    send_all(ready)
    assert len(sandbox.outbox()) == 6


def test_next__what_was_told_is_of_the_message_before(client, sandbox):
    """What became of a send that left something is not told as that of another text."""
    made = opened(make_people(5), TEXT, program=PROGRAM, limit=3)
    send_all(made)
    assert words(made.send.outcome).startswith("Ended: 3 accepted")
    for text in ("Quite another message", "Quite another message for %%FirstName%%"):
        type_text(made, text)
        assert words(made.send.outcome).startswith("Of the message before this one: Ended: 3 acc")
        assert words(made.send.outcome).count("Of the message before this one:") == 1
        assert made.send.bar.value == ""
    send_all(made)
    assert words(made.send.outcome).startswith("Ended: 3 accepted")
    assert len(sandbox.outbox()) == 6


def test_next__focus_goes_to_the_text(ready):
    """New message leaves the cursor in an empty text area."""
    send_all(ready)
    told = []
    ready.write.editor.box.send = told.append
    ready.send.new.click()
    assert told == [{"do": "focus"}]
    assert ready.write.editor.text == ""


# --- texts on disk -----------------------------------------------------------------------


def test_texts__drafts_outlive_the_kernel(people):
    """What was typed is in a private file, and a new kernel offers it."""
    made = opened(people, "")
    type_text(made, "A draft of mine")
    text_history.forget()
    composers._latest.clear()
    place = text_history.place()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    again = opened(people, "")
    assert "A draft of mine" in [value for _, value in again.write.earlier.options]


def drafts():
    """Return the texts that are written down, newest first."""
    return [text for _, text in text_history._read(text_history.place()).drafts]


def test_texts__a_draft_goes_where_it_was_typed(people, tmp_path, monkeypatch):
    """What is written down a moment later stands where the setting was when it was typed."""
    made = opened(people, "")
    made.write.editor.text = "Typed here"
    with monkeypatch.context() as later:
        later.setenv("SMSFRAME_TEXTS", str(tmp_path / "other.json"))
        assert made.write.wait(WAIT_S)
        assert drafts() == []
    assert drafts() == ["Typed here"]


def test_texts__one_draft_a_message(people):
    """Typing on is the same draft; a text that is taken from the list begins another one."""
    made = opened(people, "")
    for text in ("One", "One two", "One two three"):
        type_text(made, text)
    assert drafts() == ["One two three"]
    made.write._put("Other")
    type_text(made, "Other words")
    assert drafts() == ["Other words", "One two three"]


def test_texts__what_code_gave_is_no_draft(people):
    """A text that nobody has typed is not written down."""
    opened(people, TEXT)
    assert not text_history.place().exists()


def test_texts__kept_by_name_and_dropped(people):
    """A text is kept by its name, comes back by it, and is kept no more when that is asked for."""
    made = opened(people, "Hello %%FirstName%%")
    made.write.keep.click()
    assert "Write a name" in words(made.write.errors)
    made.write.name.value = "  spring  offer "
    made.write.keep.click()
    assert words(made.write.kept_note) == "Kept as “spring offer” on this machine."
    again = opened(people, "")
    offered = dict(again.write.earlier.options)
    again.write.earlier.value = offered["“spring offer”"]
    assert again.write.editor.text == "Hello %%FirstName%%"
    assert again.write.name.value == "spring offer"
    again.write.drop.click()
    assert text_history.kept() == {}


def test_texts__no_phone_number_on_disk(people):
    """A phone number in a text, or in a name, is not written down, and that is said."""
    made = opened(people, "")
    type_text(made, HOTLINE)
    made.write.name.value = "for 201-555-0198"
    made.write.keep.click()
    held = text_history.place().read_text(encoding="utf-8")
    assert "555" not in held
    assert "Call [phone number] or come by, %%FirstName%%" in held
    assert "without the phone number in it" in words(made.write.kept_note)
    assert made.write.editor.text == HOTLINE


def test_texts__a_file_that_cannot_be_written(people, tmp_path, monkeypatch):
    """Where nothing can be written it is said, and the text stays on the screen."""
    (tmp_path / "no_folder").write_text("")
    monkeypatch.setenv("SMSFRAME_TEXTS", str(tmp_path / "no_folder" / "texts.json"))
    made = opened(people, "")
    type_text(made, "Still here")
    assert "last as long as this session" in words(made.write.kept_note)
    assert made.write.editor.text == "Still here"


@pytest.mark.parametrize("held", ["", "[]", '{"drafts": 3, "kept": {}}', "\x00"])
def test_texts__a_file_that_is_none(held, people):
    """A file of something else holds no texts; it is written anew."""
    text_history.place().write_text(held, encoding="utf-8")
    assert text_history.texts() == []
    text_history.keep("a", "b")
    assert json.loads(text_history.place().read_text(encoding="utf-8"))["kept"] == {"a": "b"}


# --- unknown -----------------------------------------------------------------------------


def test_unknown__is_no_success_and_is_settled_here(ready, sandbox):
    """What may have gone out is told as a fault, and is settled on the screen itself."""
    sandbox.faults.add("drop_after", on=1)
    send_all(ready)
    assert "sms-good" not in ready.send.outcome.value
    assert words(ready.send.outcome).startswith("Ended: 0 accepted, 3 unknown.")
    assert "nobody knows whether they were sent" in words(ready.send.outcome)
    assert "or of which nobody knows whether they did: 3 " in words(ready.send.outcome)
    after = ready.send.after
    assert after.settle.description == "Settle 3 unknown messages"
    after.settle.click()
    explorer = after.explorer
    assert explorer.rows.marked_count == 3
    explorer.actions.sent.click()
    explorer.actions.question.yes.click()
    assert words(ready.send.outcome).startswith("Done: 3 accepted.")
    assert ready.results["sms_status"].tolist() == ["accepted"] * 3
    assert after.settle.layout.display == "none"
    assert len(sandbox.outbox()) == 3


def test_unknown__reasons_by_their_number(client, sandbox):
    """What most rows have stands first, and a row is never named by a phone number."""
    frame = make_people(6).assign(mobile=["n/a", "12", "", "", "", "+12015550105"])
    made = opened(frame.set_index("FirstName"), "Hi", program=PROGRAM, phone="mobile")
    send_all(made)
    told = words(made.send.outcome)
    assert told.index("4 There is no phone number") < told.index("1 This")
    frame = make_people(3).assign(number=make_people(3)["mobile"]).set_index("number")
    made = opened(frame, TEXT, program="1", phone="mobile")
    send_all(made)
    assert "rows •••••••••00, •••••••••01" in words(made.send.outcome)


def test_unknown__settled_as_not_sent_can_be_sent(ready, sandbox):
    """What is known not to have gone out is left to send, by the same button."""
    sandbox.faults.add("drop_before", on=1)
    send_all(ready)
    ready.send.after.settle.click()
    ready.send.after.explorer.actions.not_sent.click()
    ready.send.after.explorer.actions.question.yes.click()
    assert ready.wait(WAIT_S)
    assert "As it stands now: 0 accepted, 3 rejected." in words(ready.send.outcome)
    assert "Rows that did not go out: 3 " in words(ready.send.outcome)
    assert ready.send.bar.value == ""
    assert ready.send.after.explorer.rows.count == 3
    assert ready.send.send.description == "Send 3 messages"
    send_all(ready)
    assert words(ready.send.outcome).startswith("Done: 3 accepted.")
    assert len(sandbox.outbox()) == 3


def test_unknown__settled_from_a_screen_made_anew(ready, sandbox):
    """After another start of the kernel the screen knows of them by the journal."""
    sandbox.faults.add("drop_after", on=1)
    send_all(ready)
    again = opened(make_people(3), TEXT, program=PROGRAM)
    assert again.results is None
    assert again.send.after.explore.description == BEFORE
    again.send.after.settle.click()
    again.send.after.explorer.actions.sent.click()
    again.send.after.explorer.actions.question.yes.click()
    assert again.wait(WAIT_S)
    assert words(again.send.outcome).startswith("Done: 3 accepted.")
    assert again.plan.history.unknown == 0


def test_after__the_explorer_opens_and_retries(client, sandbox):
    """The results are explored below them; what is retried there is in the screen's results."""
    made = opened(make_people(5), TEXT, program=PROGRAM, limit=3)
    send_all(made)
    after = made.send.after
    assert after.explore.description == EXPLORE
    after.explore.click()
    after.explorer.actions.screen.rows.mark_matching()
    after.explorer.actions.show()
    after.explorer.actions.retry.click()
    after.explorer.actions.question.yes.click()
    sending = after.sending
    assert sending.wait(WAIT_S)
    assert made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 5
    assert made.results["sms_status"].tolist() == ["accepted"] * 5
    assert words(made.send.outcome).startswith("Done: 5 accepted.")


# --- what is said ------------------------------------------------------------------------


def test_frame__that_has_changed_since(client, shell):
    """Changed in place or made anew by its name, the frame is said to have changed."""
    people = make_people(3)
    shell.user_ns["people"] = people
    made = people.sms.compose(TEXT, program=PROGRAM)
    shell.run()
    assert made.desk.changed == ""
    people.loc[0, "FirstName"] = "Other"
    shell.run()
    assert "people has changed since this screen was made" in words(made.send.notes)
    made.send.send.click()
    assert "people has changed since" in words(made.send.question.words)
    assert "Hi Name0" in words(made.see.phone)
    people.loc[0, "FirstName"] = "Name0"
    shell.run()
    assert made.desk.changed == ""
    shell.user_ns["people"] = people.head(2)
    shell.run()
    assert "people has changed" in words(made.send.notes)


def test_frame__a_long_one_is_compared_before_the_question(client, shell, monkeypatch):
    """A long frame is not compared cell by cell after each cell, but before it is sent."""
    monkeypatch.setattr("smsframe._composer.state.COMPARED_ROWS", 2)
    people = make_people(3)
    made = opened(people, TEXT, program=PROGRAM)
    people.loc[0, "FirstName"] = "Other"
    shell.run()
    assert made.desk.changed == ""
    made.send.send.click()
    assert "has changed since" in words(made.send.question.words)


def test_frame__nobody_looks_after_a_screen_is_gone(people, shell):
    """A desk that is gone is not looked after any more."""
    made = opened(people.copy(), TEXT)
    desk = made.desk
    composers._latest.clear()
    assert len(shell.run()) == 1
    desk._listeners.clear()
    desk.screen = None
    del made, desk
    import gc  # noqa: PLC0415 - only here

    gc.collect()
    shell.run()
    assert len(shell.run()) <= 1


def test_names__that_exist(ready, shell):
    """The whole table is named by a name that there is."""
    send_all(ready)
    assert "The whole table: smsframe.last_results()" in words(ready.send.outcome)
    shell.user_ns["mine"] = ready
    ready.send.settled(ready.results)
    assert "The whole table: ready.results" in words(ready.send.outcome) or (
        "The whole table: mine.results" in words(ready.send.outcome)
    )
    assert smsframe.last_results() is not None


def test_names__a_frame_without_one(client):
    """Code over a frame that has no name says so first."""
    code = make_people(2).sms.compose("Hi", program=PROGRAM).code
    assert code.startswith("# df stands for the table of this screen")
    assert "results = df.sms.send(" in code
    df = make_people(2)
    assert df.sms.compose("Hi", program=PROGRAM).code.startswith("results = df.sms.send(")


def test_names__value_of_where_there_is_no_notebook():
    """Without a notebook a name stands for nothing."""
    assert names.value_of("people") is None


def test_inactive__program_cannot_be_sent_from(client, sandbox):
    """A program that is not active is refused before anything is sent or tried."""
    made = opened(make_people(3), TEXT, program=INACTIVE)
    until(lambda: made.desk.inactive)
    assert made.send.send.disabled
    assert "Program 148373 is inactive, so nothing can be sent from it." in words(made.send.notes)
    made.trying.numbers.value = "+1 201 555 0177"
    made.trying.send.click()
    assert "Program 148373 is inactive" in words(made.trying.errors)
    assert len(sandbox.outbox()) == 0
    made.map.program.value = PROGRAM
    made.wait(WAIT_S)
    assert not made.send.send.disabled


def test_begin__an_overview_that_was_quick_is_told_to_all(client, monkeypatch):
    """What was worked out while panels were made, before all of them listened, is told again."""
    monkeypatch.setattr(Background, "ask", lambda _, job, **_pause: job())
    made = opened(make_people(3), TEXT, program=INACTIVE)
    until(lambda: made.desk.inactive)
    assert made.send.send.disabled


def test_voila__the_page_has_to_stay_open(ready, monkeypatch):
    """Where the kernel ends with its page, that is said before a send and in the question."""
    assert "Keep this page open" not in words(ready.send.notes)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    ready.send.refresh()
    assert "Keep this page open until a send has ended" in words(ready.send.notes)
    ready.send.send.click()
    assert "Keep this page open" in words(ready.send.question.words)
    assert blockers.KEEP_OPEN in blockers.remarks(ready.desk)


def test_no_screen__one_line_says_what_to_use(client):
    """In a console and in marimo one line names the functions to use, and no widget is shown."""
    people = make_people(2)
    made = people.sms.compose(TEXT, program=PROGRAM)
    told = repr(made)
    assert told.endswith("Use people.sms.plan(...) to look and people.sms.send(...) to send.")
    assert "\n" not in told
    shown = made._repr_mimebundle_()
    assert displayed.VIEW not in shown
    assert type(shown["text/html"]) is str  # marimo writes no string of another kind
    assert "Use people.sms.plan(...) to look" in shown["text/html"]


def test_words__for_people_who_do_not_program(client):
    """No word of programmers stands on the screen, in any of its states."""
    frame = make_people(6).assign(total=[1.5] * 6)
    frame.loc[2, "mobile"] = "n/a"
    made = opened(frame, "Hi %%FirstName%% – %%total%%, it’s here", program=PROGRAM)
    told = screen(made)
    made.send.send.click()
    told += screen(made)
    send_all(made) if made.send.once.disarm() else None
    made.send.refresh()
    send_all(made)
    told += screen(made)
    assert [word for word in WORDS_OF_PROGRAMMERS if word in told] == []


# --- see ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        pytest.param("a-0102", [2], id="order"),
        pytest.param("201 555 0103", [3], id="phone"),
        pytest.param("Name4", [4], id="name"),
        pytest.param("oslo", [0, 2, 4], id="several"),
        pytest.param("3", [3, 0], id="row first"),
    ],
)
def test_find__in_all_columns(asked, rows, client):
    """A row is found by anything in it; one that is called so comes first."""
    people = make_people(5).assign(order=[f"A-010{i}" for i in range(5)], n=["3x", "", "", "", ""])
    people["city"] = ["Oslo", "Rome"] * 2 + ["Oslo"]
    people = people.assign(mobile=[f"+1 (201) 555-010{i}" for i in range(5)])
    made = opened(people, TEXT)
    made.see.search.value = asked
    assert made.desk.row == rows[0]
    assert made.see.finder.find(asked)[: len(rows)].tolist() == rows
    if len(rows) > 1:
        made.see.another.click()
        assert made.desk.row == rows[1]
    assert "555 0103" not in made.see.search.value


def test_find__nothing(people):
    """What no row holds is said, and the row that is shown stays."""
    made = opened(people)
    made.see.search.value = "nobody"
    assert "No row holds" in words(made.see.errors)
    assert made.see.another.layout.display == "none"


def test_see__values_below_the_bubble(client):
    """The values of the row stand below its message, phone numbers masked."""
    made = opened(make_people(3).assign(city="Oslo"), TEXT)
    told = words(made.see.values)
    assert "FirstName Name0" in told
    assert "city Oslo" in told
    assert "2015550100" not in made.see.values.value  # noqa: PD011 - a widget
    assert "•00" in told
    made.see.next.click()
    assert "FirstName Name1" in words(made.see.values)


@pytest.mark.parametrize("row", [0, 2_500])
@pytest.mark.parametrize("is_number", [False, True])
def test_see__values_of_identifiers(client, row, is_number):
    """An order number is shown as it is in the message; a ticket that is one's phone is not."""
    people = make_people(3_000).assign(order_no=[str(4_000_000 + n) for n in range(3_000)])
    people["ticket"] = people["order_no"]
    people.loc[row, "ticket"] = people.loc[row, "mobile"][-7:]
    if is_number:
        people["mobile"] = people["mobile"].str[1:].astype(float)
    made = opened(people, TEXT)
    made.desk.show(row)
    made.see.refresh()
    told = words(made.see.values)
    assert f"order_no {4_000_000 + row}" in told
    assert people.loc[row, "ticket"] not in told


def test_see__several_at_once(client):
    """Six messages stand below each other, each with its row; the next ones follow."""
    made = opened(make_people(10), TEXT)
    made.see.several.value = True
    assert [f"Hi Name{i}" in words(made.see.phone) for i in range(8)] == [True] * 6 + [False] * 2
    assert "Rows from 0 on · 1 to 6 of 10" in words(made.see.where)
    made.see.next.click()
    assert "Hi Name9" in words(made.see.phone)
    type_text(made, "Bye %%FirstName%%")
    assert words(made.see.phone).count("Bye Name") == 4
    made.see.several.value = False
    assert "Bye Name6" in words(made.see.phone)


# --- formats -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told", "sent", "code"),
    [
        pytest.param(1234.5, "1,234.50", "1,234.50", '",.2f"', id="comma"),
        pytest.param(1234.5, "1 234,50", "1 234,50", presets.BLANK_AND_COMMA.code, id="blank"),
        pytest.param(pd.Timestamp("2026-12-01"), "01 Dec", "01 Dec", '"%d %b"', id="date"),
        pytest.param(pd.Timestamp("2026-12-01 09:30"), "9:30", "9:30", '"%-H:%M"', id="time"),
        pytest.param("ann LEE", "Title Case: Ann Lee", "Ann Lee", "str.title", id="title"),
    ],
)
def test_format__is_chosen_by_its_example(value, told, sent, code, client, sandbox):
    """Formats are offered by what they make of the row's value; code sends the same."""
    people = make_people(2).assign(what=[value, value])
    made = opened(people, "On %%what%%", program=PROGRAM)
    line = made.map._tag_rows["what"]
    options = dict(line.preset.options)
    line.preset.value = options[told]
    assert made.wait(WAIT_S)
    assert f"On {sent}" in words(made.see.phone)
    assert code in made.code
    space = {"frame": people}
    exec(made.code, space)
    assert set(sandbox.outbox()["text"]) == {f"On {sent}"}


def test_format__that_was_given_is_chosen(client):
    """A format given in code stands in the menu; another one in its own field."""
    people = make_people(2).assign(total=[1.5, 2000.25])
    line = opened(people, "%%total%%", formats={"total": ",.2f"}).map._tag_rows["total"]
    assert line.preset.label == "1.50"
    assert line.format.layout.display == "none"
    made = opened(people, "%%total%%", formats={"total": "{:.3f} kg"})
    line = made.map._tag_rows["total"]
    assert line.preset.label == "another …"
    assert line.format.value == "{:.3f} kg"
    assert "1.500 kg" in words(made.see.phone)
    made.see.next.click()
    assert "2,000.25" in dict(line.preset.options)
    line.preset.value = dict(line.preset.options)["2,000.25"]
    assert "2,000.25" in words(made.see.phone)
    line.preset.value = line.preset.options[0][1]
    assert made.desk.choices.formats == {}


# --- try and question --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("+1 201 555 0177, 12345", "Number 2 of yours, “•••45”, cannot be texted"),
        ("banana", "Your number, “••••••”, cannot be texted"),
    ],
)
def test_try__names_the_number_that_is_wrong(typed, said, ready, sandbox):
    """Of several numbers the one that cannot be texted is named; nothing is sent."""
    ready.trying.numbers.value = typed
    ready.trying.send.click()
    assert ready.wait(WAIT_S)
    assert said in words(ready.trying.errors)
    assert len(sandbox.outbox()) == 0


def test_try__remembers_ones_own_numbers(ready):
    """The next screen of the kernel has them; nothing of them is on disk."""
    ready.trying.numbers.value = "+1 201 555 0177"
    ready.trying.send.click()
    assert ready.wait(WAIT_S)
    again = opened(make_people(2), "Another")
    assert again.trying.numbers.value == "+1 201 555 0177"
    place = text_history.place()
    assert not place.exists() or "0177" not in place.read_text(encoding="utf-8")


def test_question__enter_sends_only_the_right_number(client, sandbox):
    """Enter beside the number sends where it is right, and only while it is asked for."""
    made = opened(make_people(12), TEXT, program=PROGRAM, confirm_over=11)
    enter = {"event": "submit"}
    made.send.question._entered(None, enter, None)
    made.send.send.click()
    made.send.question.field.value = "11"
    made.send.question._entered(None, enter, None)
    assert made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 0
    made.send.question.field.value = "12"
    made.send.question._entered(None, {"event": "other"}, None)
    made.send.question._entered(None, enter, None)
    assert made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 12


def test_names_of_controls_are_distinct(client):
    """No two controls that can be used have the same name."""
    made = opened(make_people(3).assign(b=1), "%%FirstName%% %%b%%", program=PROGRAM)
    labels = [
        part.description
        for part in tree(made.view)
        if getattr(part, "description", "") and part.layout.display != "none"
    ]
    assert sorted(labels) == sorted(set(labels))
    assert os.environ["SMSFRAME_TEXTS"]

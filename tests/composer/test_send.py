"""The composer's buttons that send: once, the number that is on them, whatever is clicked."""

from __future__ import annotations

import contextlib
import threading

import pandas as pd
import pytest
from composer.test_compose import (
    TEXT,
    WAIT_S,
    calls,
    opened,
    send_all,
    type_text,
    words,
)
from samples import make_people, send
from waiting import until

import smsframe
from smsframe._composer import text_history
from smsframe._composer.panels.trial import CONNECT
from smsframe._journal.records import SenderNow
from smsframe._widgets.confirm_once import ConfirmOnce


@pytest.fixture
def ready(client):
    """Return a composer of three people, ready to send."""
    return opened(make_people(3), program="148372")


def test_send__from_empty_to_results(sandbox, client):
    """Everything by hand: text, program, two buttons, a table."""
    made = opened(make_people(3), "")
    assert "Write the message." in words(made.send.notes)
    type_text(made, TEXT)
    assert "Choose the program" in words(made.send.notes)
    until(lambda: len(made.map.program.options) > 2)
    made.map.program.value = "148372"
    made.wait(WAIT_S)
    assert (made.send.send.description, made.send.send.disabled) == ("Send 3 messages", False)
    send_all(made)
    assert made.results["sms_status"].tolist() == ["accepted"] * 3
    assert words(made.send.outcome).startswith("Done: 3 accepted.")
    assert "3 of 3" in words(made.send.bar)
    assert made.error is None
    assert len(sandbox.outbox()) == 3


def test_send__one_click_asks_and_sends_nothing(ready, sandbox):
    """The first button asks; going back takes the question away."""
    assert ready.send.question.box.layout.display == "none"
    ready.send.send.click()
    assert ready.send.question.box.layout.display is None
    assert "Send 3 messages (3 segments) from program 148372?" in words(ready.send.question.words)
    ready.send.question.no.click()
    assert ready.send.question.box.layout.display == "none"
    ready.send.question.yes.click()
    assert ready.wait(WAIT_S)
    assert calls(sandbox) == 0


def test_send__question_says_the_warnings(sandbox, client):
    """What a person would stop for stands between the number and the last button."""
    made = opened(
        make_people(2).assign(opted_out=["yes", "no"]), "Hi [FirstName]", program="148372"
    )
    made.send.send.click()
    asked = words(made.send.question.words)
    assert "2 warnings:" in asked
    assert "tag_other_notation" in asked
    assert "seems to say who wants no texts" in asked
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 2


def test_send__near_miss_is_asked_for(sandbox, client):
    """A tag that is nearly a column is undecided until somebody chooses beside it."""
    people = make_people(2).rename(columns={"FirstName": "First Name"})
    made = opened(people, "Hi %%FirstName%%", program="148372")
    line = made.map._tag_rows["FirstName"]
    assert dict(line.source.options)["Choose …"] == line.source.value
    assert made.send.send.disabled
    assert "Choose beside the tag which is meant" in words(made.send.notes)
    line.source.value = dict(line.source.options)["(database)"]
    made.wait(WAIT_S)
    assert made.desk.choices.personalize == {"FirstName": None}
    assert 'personalize={"FirstName": None}' in made.code
    line.source.value = dict(line.source.options)["First Name"]
    made.wait(WAIT_S)
    send_all(made)
    assert sorted(sandbox.outbox()["text"]) == ["Hi Name0", "Hi Name1"]


def test_send__number_is_typed_over_a_limit(sandbox, client):
    """Over the limit the last button is dead until the exact number is typed."""
    made = opened(make_people(12), TEXT, program="148372", confirm_over=11)
    made.send.send.click()
    for typed in ("", "11", "1 1", "120", "12x"):
        made.send.question.field.value = typed
        assert made.send.question.yes.disabled
        made.send.question.yes.click()  # a disabled button may still have a click under way
    made.wait(WAIT_S)
    assert calls(sandbox) == 0
    made.send.question.field.value = " 12 "
    made.send.question.yes.click()
    made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 12


@pytest.mark.parametrize("typed", ["1200", "1,200", "1 200", "1’200", "1.200"])
def test_send__number_grouped_as_people_do(typed, client):
    """A number may be grouped in any way."""
    made = opened(make_people(1200), TEXT, program="148372")
    made.send.send.click()
    made.send.question.field.value = typed
    assert not made.send.question.yes.disabled


def test_send__clicks_that_queue(ready, sandbox):
    """Many clicks on each button, some after the end: one send."""
    for button in (
        ready.send.send,
        ready.send.send,
        ready.send.question.yes,
        ready.send.question.yes,
    ):
        button.click()
    ready.send.send.click()
    assert ready.wait(WAIT_S)
    for button in (
        ready.send.send,
        ready.send.question.yes,
        ready.send.send,
        ready.send.question.yes,
    ):
        button.click()
    assert ready.wait(WAIT_S)
    assert (calls(sandbox), len(sandbox.outbox())) == (1, 3)
    assert ready.send.send.layout.display == "none"


def test_send__clicks_on_several_threads(ready, sandbox):
    """A kernel that handles clicks at the same time sends once."""
    ready.send.send.click()
    together = threading.Barrier(8)

    def click():
        together.wait()
        ready.send.question.yes.click()

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ready.wait(WAIT_S)
    assert (calls(sandbox), len(sandbox.outbox())) == (1, 3)


def test_send__cell_run_again(ready, sandbox):
    """A second composer of the same message has nothing left to send."""
    send_all(ready)
    again = opened(make_people(3), program="148372")
    assert again.send.send.description == "Nothing to send"
    assert again.send.send.disabled
    assert "Of 3 messages in this campaign 3 were accepted before." in words(again.check.totals)
    send_all(again)
    assert calls(sandbox) == 1


def test_send__two_composers_armed_at_once(client, sandbox):
    """Both are told yes: the second finds that all was sent, and shows the first's table."""
    first, second = (opened(make_people(3), program="148372") for _ in range(2))
    first.send.send.click()
    second.send.send.click()
    first.send.question.yes.click()
    assert first.wait(WAIT_S)
    second.send.question.yes.click()
    assert second.wait(WAIT_S)
    assert (calls(sandbox), len(sandbox.outbox())) == (1, 3)
    ids = [made.results["sms_response_id"].tolist() for made in (first, second)]
    assert ids[0] == ids[1]


def test_send__number_that_is_no_longer_right(ready, sandbox):
    """Where some were sent meanwhile the confirmed number is wrong, and nothing goes out."""
    ready.send.send.click()
    make_people(2).sms.send(TEXT, program="148372", phone="mobile", progress=False)
    ready.send.question.yes.click()
    assert ready.wait(WAIT_S)
    assert "1 message would go out now; press again" in words(ready.send.errors)
    assert ready.send.send.description == "Send the remaining 1 message"
    assert len(sandbox.outbox()) == 2


def test_send__another_message_meanwhile(ready, sandbox):
    """What the same people had otherwise changes no number, so that nothing is in the way."""
    send(make_people(3), "Quite another message to %%FirstName%%")
    ready.send.send.click()
    assert ready.send.once.state == "armed"
    assert words(ready.send.outcome) == ""
    ready.send.question.yes.click()
    assert ready.wait(WAIT_S)
    assert len(sandbox.outbox()) == 6


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda made: setattr(made.write.editor, "text", "Other"), id="text"),
        pytest.param(lambda made: setattr(made.map.campaign, "value", "c"), id="campaign"),
        pytest.param(lambda made: setattr(made.map.phone, "value", 1), id="phone"),
    ],
)
def test_send__a_change_takes_the_question_back(change, ready, sandbox):
    """What was asked about is what is sent, or nothing is."""
    ready.send.send.click()
    change(ready)
    assert ready.send.question.box.layout.display == "none"
    ready.send.question.yes.click()
    assert ready.wait(WAIT_S)
    assert calls(sandbox) == 0


def test_send__dead_after_success_until_a_new_message(ready, sandbox):
    """A text that is corrected after the send is nearly the same message: nobody gets it."""
    send_all(ready)
    assert ready.send.send.layout.display == "none"
    type_text(ready, TEXT + " Sorry!")
    assert ready.send.send.layout.display is None
    ready.send.send.click()
    ready.send.question.yes.click()
    assert ready.wait(WAIT_S)
    assert len(sandbox.outbox()) == 3
    assert "nearly the same" in words(ready.send.notes)
    type_text(ready, TEXT)
    assert "No message is left to send" in words(ready.send.notes)
    ready.send.once.arm(), ready.send.once.begin(), ready.send.once.end(again=False)
    ready.send.new.click()
    assert ready.write.editor.text == ""
    assert TEXT in [value for _, value in ready.write.earlier.options]
    type_text(ready, "Another")
    send_all(ready)
    assert len(sandbox.outbox()) == 6


def test_send__stopped_then_sent_on(client, sandbox):
    """Stop starts no further call; the button then carries what is left, and nobody gets two."""
    client.max_in_flight = 1
    sandbox.faults.add("delay", every=1, seconds=0.3)
    made = opened(make_people(2500), TEXT, program="148372", confirm_over=5000)
    made.send.send.click()
    made.send.question.yes.click()
    made.send.stop.click()
    made.send.stop.click()
    assert made.wait(WAIT_S)
    assert "Stopped:" in words(made.send.outcome)
    left = int((made.results["sms_status"] == "not_attempted").sum())
    assert left == 2500 - len(sandbox.outbox()) > 0
    assert made.send.send.description == f"Send the remaining {left:,} messages" or left == 2500
    sandbox.faults.clear()
    send_all(made)
    assert made.results["sms_status"].eq("accepted").all()
    assert sandbox.outbox()["to"].nunique() == len(sandbox.outbox()) == 2500


@pytest.mark.parametrize(
    ("program", "status", "said"),
    [
        pytest.param("1", "rejected", "Ended: 0 accepted, 3 rejected.", id="missing"),
    ],
)
def test_send__refused(program, status, said, client):
    """A refusal is told in place, row by row, and the button is there again."""
    made = opened(make_people(3), TEXT, program=program)
    send_all(made)
    assert words(made.send.outcome).startswith(said)
    assert made.results["sms_status"].tolist() == [status] * 3
    assert "Rows that did not go out" in words(made.send.outcome)
    assert not made.send.send.disabled


def test_send__answer_lost(ready, sandbox):
    """What may have gone out is unknown, is not sent again, and leaves nothing to send."""
    sandbox.faults.add("drop_after", on=1)
    send_all(ready)
    assert ready.results["sms_status"].tolist() == ["unknown"] * 3
    assert "may or may not have gone out" in words(ready.send.outcome)
    assert ready.send.send.layout.display == "none"
    assert len(sandbox.outbox()) == 3


def test_send__journal_cannot_be_written(ready, monkeypatch):
    """What stops the send before it begins stands beside the button."""
    refused(ready, monkeypatch)
    assert "Somebody else sends" in words(ready.send.errors)
    assert isinstance(ready.error, smsframe.CampaignBusyError)
    assert ready.send.send.description == "Send 3 messages"


@pytest.mark.parametrize("kind", ["team", "file"])
def test_send__waits_for_whoever_sends(kind, request, sandbox, tmp_path):
    """A click waits while somebody else sends, says how far that is, and asks with what is left."""
    journal = request.getfixturevalue("team") if kind == "team" else tmp_path / "journal.sqlite3"
    people, given = make_people(3), {"program": "148372", "campaign": "spring"}
    sandbox.faults.add("delay", on=1, seconds=3.0)
    with smsframe.connect(sandbox, journal=journal) as client:
        made = opened(people, TEXT, **given)
        with somebody_sends(people.head(1), TEXT, client=client, progress=False, **given):
            until(lambda: smsframe.runs(client=client)["unknown"].tolist() == [1])
            made.send.send.click()  # which counts anew: one of them is claimed
            send_all(made)
            assert made.results is None
            assert isinstance(made.error, smsframe.CampaignBusyError)
            part = made.send.waiting
            assert (part.wait.layout.display, part.end.layout.display) == (None, "none")
            part.wait.click()
            until(lambda: "is sending this campaign" in words(part.words))
            assert ("its right to send ends in" in words(part.words)) == (kind == "team")
            part.end.click()
            assert (part.wait.layout.display, part.words.value) == (None, "")
            part.wait.click()
            assert made.send.once.state == "ready"
        until(lambda: made.send.once.state == "armed")
        assert "Send 2 messages" in words(made.send.question.words)
        assert len(sandbox.outbox()) == 1
        made.send.question.yes.click()
        assert made.wait(WAIT_S)
    assert sandbox.outbox()["to"].nunique() == len(sandbox.outbox()) == 3
    assert part.wait.layout.display == "none"


def test_send__no_wait_after_another_text(ready, monkeypatch):
    """What is to be waited for is the campaign that was asked for; another text is another one."""
    refused(ready, monkeypatch)
    assert ready.send.waiting.wait.layout.display is None
    type_text(ready, "Another text")
    assert ready.send.waiting.wait.layout.display == "none"
    ready.send.waiting.wait.click()
    assert ready.send.waiting._thread is None


def test_send__not_asked_again_about_another_text(ready, monkeypatch, sandbox):
    """A text that is written while rows are counted at the end of a wait is not overtaken by it."""
    refused(ready, monkeypatch)

    def counted(seen):
        type_text(ready, "Another text")
        return seen

    with monkeypatch.context() as patched:
        patched.setattr("smsframe._composer.totals.recounted", counted)
        ready.send.ask_again()
    assert ready.send.once.state == "ready"
    assert ready.desk.overview.plan is not ready.send.dispatch.plan
    ready.send.question.yes.click()
    assert ready.wait(WAIT_S)
    assert calls(sandbox) == 0


def test_send__not_asked_again_by_another_connection(ready, monkeypatch, sandbox):
    """What was waited for was another connection's."""
    refused(ready, monkeypatch)
    with smsframe.connect(sandbox):
        ready.send.guarded(ready.send.ask_again)()
        assert ready.wait(WAIT_S)
    assert "Another connection was made meanwhile" in words(ready.send.errors)
    assert ready.send.once.state == "ready"


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        pytest.param(lambda made: made.view.close(), True, id="closed"),
        pytest.param(lambda _: opened(make_people(3), TEXT), True, id="made anew"),
        pytest.param(
            lambda _: (compose_others(), opened(make_people(3), TEXT)), True, id="after others"
        ),
        pytest.param(lambda _: compose_others(), False, id="others"),
    ],
)
def test_send__a_wait_ends_with_its_screen(change, ends, ready, monkeypatch):
    """Nobody is looked after for a screen that was closed, or made anew by the same cell."""
    sender = SenderNow(who="A colleague")
    monkeypatch.setattr("smsframe._journal.store.sender_of", lambda *_: sender)
    monkeypatch.setattr("smsframe._composer.panels.wait_for_sender.LOOK_S", 0.01)
    refused(ready, monkeypatch)
    part = ready.send.waiting
    part.wait.click()
    until(lambda: "A colleague is sending" in words(part.words))
    change(ready)
    part._thread.join(WAIT_S if ends else 0.1)
    assert part._thread.is_alive() is not ends
    part.stop()
    part._thread.join(WAIT_S)
    assert ready.send.once.state == "ready"


def compose_others():
    """Open a screen for another table."""
    others = make_people(2)
    assert smsframe.compose(others).desk.name == "others"


def test_send__a_wait_that_fails(ready, monkeypatch):
    """What nobody thought of is shown, as in any other handler."""
    monkeypatch.setattr("smsframe._journal.store.sender_of", lambda *_: 1 / 0)
    refused(ready, monkeypatch)
    ready.send.waiting.wait.click()
    until(lambda: "ZeroDivisionError" in words(ready.send.errors))
    assert isinstance(ready.error, ZeroDivisionError)


def refused(made, monkeypatch):
    """Press both buttons while another process sends."""
    made.send.send.click()
    with monkeypatch.context() as patched:
        patched.setattr("smsframe._journal.store.campaign_lock", _busy)
        made.send.question.yes.click()
        assert made.wait(WAIT_S)


@contextlib.contextmanager
def somebody_sends(*given, **more):
    """Send from another thread while the block runs, and until it is done."""
    thread = threading.Thread(target=smsframe.send, args=given, kwargs=more)
    thread.start()
    try:
        yield
    finally:
        thread.join(WAIT_S)


def _busy(*_, **__):
    """Stand for another process that sends."""
    raise smsframe.CampaignBusyError("Somebody else sends this campaign.")


def test_send__a_fault_of_our_own_is_shown_masked(ready, monkeypatch):
    """An unexpected exception on the thread becomes a sentence without a phone number in it."""
    monkeypatch.setattr("smsframe._widgets.send_job.send_plan", _broken)
    send_all(ready)
    assert words(ready.send.errors) == "KeyError: &#x27;•••••••••23&#x27;"
    assert isinstance(ready.error, KeyError)
    assert ready.send.once.state == "ready"


def _broken(*_, **__):
    """Fail in a way nobody thought of."""
    raise KeyError("12015550123")


def test_send__not_connected(monkeypatch):
    """Without a connection that is said, and a rehearsal is offered and does."""
    made = opened(make_people(3), TEXT, program="148372")
    assert "Nothing is connected." in words(made.send.notes)
    assert made.send.rehearse.layout.display is None
    made.send.rehearse.click()
    assert made.wait(WAIT_S)
    assert made.send.rehearse.layout.display == "none"
    made.send.send.click()
    assert "nobody is texted" in words(made.send.question.words)


def test_send__another_connection_meanwhile(ready, sandbox):
    """The number belongs to the connection it was worked out for."""
    with smsframe.Sandbox(anyone=True) as other, smsframe.connect(other):
        ready.send.send.click()
        assert "Another connection" in words(ready.send.errors)
        assert ready.wait(WAIT_S)
        ready.send.send.click()
        assert ready.send.once.state == "armed"


def test_send__nothing_is_printed_or_warned(ready, sandbox, capsys):
    """On a thread it would show in another cell; warnings would be errors here."""
    sandbox.faults.add("drop_after", on=1)
    send_all(ready)
    assert capsys.readouterr() == ("", "")


def test_send__summary_of_a_saved_notebook(ready):
    """The static summary says what was sent, without a row or a number."""
    shown = []
    ready._kept = type("Handle", (), {"update": lambda _, bundle, **__: shown.append(bundle)})()
    send_all(ready)
    assert "Sent: 3 accepted (run " in shown[-1]["text/html"]
    assert ".sms.send(" in shown[-1]["text/html"]
    assert "Name0" not in shown[-1]["text/html"]


def test_handler__exception_is_shown(ready, monkeypatch):
    """Whatever a handler raises stands in its panel."""
    monkeypatch.setattr(ready.desk, "show", lambda _: 1 / 0)
    ready.see.next.click()
    assert "ZeroDivisionError" in words(ready.see.errors)
    assert isinstance(ready.error, ZeroDivisionError)


# --- try ---------------------------------------------------------------------------------


def test_try__own_number_real_values(ready, sandbox, client):
    """The row that is shown goes to oneself, and the campaign is as fresh as before."""
    ready.see.next.click()
    ready.trying.numbers.value = "+1 201 555 0177; +1 201 555 0178"
    ready.trying.send.click()
    ready.wait(WAIT_S)
    assert sorted(sandbox.outbox()["to"]) == ["12015550177", "12015550178"]
    assert set(sandbox.outbox()["text"]) == {"Hi Name1, your order has shipped."}
    assert "•••••••••77: accepted" in words(ready.trying.outcome)
    assert ready.desk.plan().history.left == 3
    assert ready.results is None


def test_try__once_until_something_changes(ready, sandbox):
    """A second click sends nothing; another row, another text or a wish does."""
    ready.trying.numbers.value = "+12015550177"
    ready.trying.send.click()
    ready.trying.send.click()
    ready.wait(WAIT_S)
    ready.trying.send.click()
    ready.wait(WAIT_S)
    assert len(sandbox.outbox()) == 1
    ready.trying.again.click()
    ready.trying.send.click()
    ready.wait(WAIT_S)
    assert len(sandbox.outbox()) == 2
    ready.see.next.click()
    ready.trying.send.click()
    ready.wait(WAIT_S)
    assert len(sandbox.outbox()) == 3


def test_try__chosen_rows_formats_and_region(client, sandbox):
    """Rows are chosen by label; values are written as the campaign would write them."""
    frame = make_people(3).assign(total=[1.5, 2.25, None]).set_index(pd.Index(["a", "b", "c"]))
    made = opened(
        frame,
        "%%FirstName%%: %%Sum%%",
        program="148372",
        personalize={"Sum": "total", "FirstName": "FirstName"},
        formats={"total": ",.2f"},
        defaults={"Sum": "free"},
        region="US",
    )
    made.trying.rows.value = "b, c"
    made.trying.numbers.value = "201-555-0177"
    made.trying.send.click()
    made.wait(WAIT_S)
    assert sorted(sandbox.outbox()["text"]) == ["Name1: 2.25", "Name2: free"]


@pytest.mark.parametrize(
    ("numbers", "rows", "sentence"),
    [
        pytest.param("", "", "Write your own phone number", id="no number"),
        pytest.param("hello", "", "phone number", id="no phone"),
        pytest.param("+12015550177", "zz", "No row is called", id="no row"),
        pytest.param(
            ", ".join(f"+120155501{i}" for i in range(11, 22)), "", "at most 10", id="many"
        ),
    ],
)
def test_try__refused(numbers, rows, sentence, ready, sandbox):
    """What cannot be tried is said, and the button is there again."""
    ready.trying.numbers.value = numbers
    ready.trying.rows.value = rows
    ready.trying.send.click()
    assert sentence in words(ready.trying.errors)
    assert not ready.trying.send.disabled
    assert calls(sandbox) == 0


def test_try__not_connected():
    """Without a connection a try says how to get one."""
    made = opened(make_people(1), TEXT, program="148372")
    made.trying.numbers.value = "+12015550177"
    made.trying.send.click()
    assert CONNECT.split(":")[0] in words(made.trying.errors)


# --- parts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "taken", "state"),
    [
        pytest.param(["begin"], [False], "ready", id="no sending before arming"),
        pytest.param(["arm", "arm"], [True, False], "armed", id="armed once"),
        pytest.param(["arm", "begin", "begin"], [True, True, False], "sending", id="begun once"),
        pytest.param(["arm", "disarm", "begin"], [True, True, False], "ready", id="taken back"),
        pytest.param(["renew", "disarm"], [False, False], "ready", id="nothing to renew"),
    ],
)
def test_confirm_once__steps(steps, taken, state):
    """Each step is taken from the one before only, by one caller."""
    once = ConfirmOnce()
    assert [getattr(once, step)() for step in steps] == taken
    assert once.state == state


@pytest.mark.parametrize(("again", "state"), [(True, "ready"), (False, "sent")])
def test_confirm_once__end(again, state):
    """What has been sent is sent, unless something is left."""
    once = ConfirmOnce()
    assert once.arm()
    assert once.begin()
    once.end(again=again)
    assert (once.state, once.renew()) == (state, not again)


def test_memory__newest_first_and_not_for_ever():
    """Texts are kept once each, blank ones never, the oldest go."""
    for number in range(30):
        text_history.remember(f"text {number}")
    text_history.remember("text 20")
    text_history.remember("  ")
    assert text_history.texts()[:2] == ["text 20", "text 29"]
    assert len(text_history.texts()) == text_history.MOST

"""The corners of the composer's panels: what is given, typed wrong, out of date or not there."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from composer.test_compose import (
    TEXT,
    WAIT_S,
    calls,
    opened,
    send_all,
    words,
)
from samples import make_people

import smsframe
from smsframe._base.html import text_of_cell
from smsframe._composer import totals
from smsframe._composer.inputs import Choices
from smsframe._composer.panels.columns import BY_FIELDS
from smsframe._composer.row_preview import NO_RECIPIENT
from smsframe._widgets import active_job, displayed
from smsframe._widgets.send_job import Dispatch

PROGRAM = "148372"


# --- the composer ------------------------------------------------------------------------


def test_display__keeps_the_saved_notebook_up_to_date(people, monkeypatch, notebook_there):
    """The widget is shown, beside it a summary for a saved notebook that follows the choices."""
    put, updated = [], []
    handle = SimpleNamespace(update=lambda bundle, raw: updated.append((bundle, raw)))
    monkeypatch.setattr(
        "IPython.display.display", lambda bundle, **how: put.append((bundle, how)) or handle
    )
    made = opened(people, "Hi", program=PROGRAM)
    made._ipython_display_()
    (widget, raw), (still, kept) = put
    assert widget[displayed.VIEW]["model_id"] == made.view.model_id
    assert raw == {"raw": True}
    assert set(still) == {"text/html", "text/plain"}
    assert kept == {"raw": True, "display_id": True}
    made.write.editor.text = "Bye %%FirstName%%"
    assert made.wait(WAIT_S)
    bundle, raw = updated[-1]
    assert "Bye %%FirstName%%" in bundle["text/html"]
    assert bundle["text/plain"] == repr(made)
    assert raw is True


def test_repr__of_what_cannot_be_counted(client):
    """Where there are no totals it says why."""
    assert repr(opened(make_people(0), program=PROGRAM)).startswith(
        "Composer: The table has no rows. There is no place for the composer's screen here. Use "
    )


def test_code__goes_through_the_client_that_was_given(people, tmp_path):
    """A composer made for one client names it, so that the code does not go through another."""
    with (
        smsframe.Sandbox(anyone=True) as meant,
        smsframe.Sandbox(anyone=True) as latest,
        smsframe.connect(meant, journal=tmp_path / "meant.sqlite3") as given,
        smsframe.connect(latest),
    ):
        made = opened(people, program=PROGRAM, client=given)
        exec(made.code, {"frame": people, "given": given})
        assert (calls(meant), calls(latest)) == (1, 0)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        pytest.param(pd.Timestamp("2026-01-02"), "pd.Timestamp('2026-01-02 00:00:00')", id="time"),
        pytest.param(("a", 1), '("a", 1)', id="tuple"),
        pytest.param(("a",), '("a",)', id="tuple of one"),
        pytest.param(7, "7", id="number"),
    ],
)
def test_code__labels(label, code):
    """A column is written as code that is read as the same label."""
    assert f"    phone={code},\n" in Choices(phone=label).code()
    assert eval(code, {"pd": pd}) == label


# --- map ---------------------------------------------------------------------------------


def test_map__lookup_that_was_given(client):
    """Fields that were given stand on the screen; no phone column is guessed beside them."""
    frame = make_people(2).assign(account=["A1", "A2"])
    made = opened(frame, "Hi", program=PROGRAM, lookup={"accountNumber": "account"})
    assert made.map.phone.value == BY_FIELDS
    (line,) = made.map.fields.children
    assert [child.value for child in line.children] == ["accountNumber", 2]
    assert made.map.fields.layout.display is None
    assert made.desk.choices.phone is None
    assert 'lookup={"accountNumber": "account"}' in made.code
    assert "phone=" not in made.code


@pytest.mark.parametrize(
    ("typed", "price", "said"),
    [
        pytest.param("0.0079", 0.0079, "", id="point"),
        pytest.param(" 0,5 ", 0.5, "", id="comma"),
        pytest.param("0", 0, "", id="nothing"),
        pytest.param("cheap", None, "The price 'cheap' is no number. Write it as 0.0079.", id="a"),
        pytest.param("-1", None, "The price '-1' is no amount of money.", id="negative"),
        pytest.param("inf", None, "The price 'inf' is no amount of money.", id="infinite"),
        pytest.param("nan", None, "The price 'nan' is no amount of money.", id="no number"),
    ],
)
def test_map__price(typed, price, said, people, client):
    """A price is an amount of money, with a point or a comma; anything else is said till then."""
    made = opened(people, program=PROGRAM)
    made.map.price.value = typed
    assert made.wait(WAIT_S)
    assert made.desk.choices.price_per_segment == price
    made.map.campaign.value = "another field"
    assert made.wait(WAIT_S)
    assert words(made.map.price_note).replace("&#x27;", "'") == said
    assert made.send.send.disabled is bool(said)
    assert said in words(made.send.notes).replace("&#x27;", "'")
    assert ("cost" in words(made.check.totals)) is (price is not None)


# --- see ---------------------------------------------------------------------------------


def test_see__no_label_typed(people):
    """Looking for nothing goes nowhere and is no mistake."""
    made = opened(people)
    made.see.next.click()
    made.see.search.value = "x"
    made.see.search.value = " "
    made.see.find()
    assert made.desk.row == 1


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        pytest.param("b, 2", 1, id="whole"),
        pytest.param("b", 1, id="beginning"),
        pytest.param("c", None, id="none"),
    ],
)
def test_find_row__labels_of_several_levels(asked, place):
    """A label of several levels is found as it is shown."""
    assert totals.find_row(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), asked) == place


@pytest.mark.parametrize("asked", ["", " ", "a"])
def test_find_row__nothing_to_find(asked):
    """Where nothing was typed, or there is no row, nothing is found."""
    index = pd.Index([]) if asked == "a" else pd.Index(["a", ""])
    assert totals.find_row(index, asked) is None


def test_next_of__round_and_round():
    """After the last comes the first; where there is none there is no next."""
    assert [totals.next_of(np.array([1, 4]), row) for row in (0, 1, 4)] == [1, 4, 1]
    assert totals.next_of(np.array([], dtype=np.int64), 0) is None


@pytest.mark.parametrize("row", [-1, 3, None])
def test_show__a_row_that_is_not_there(row, people):
    """It is ignored; nobody is told of a change."""
    made, told = opened(people), []
    made.desk.show(2)
    made.desk.on(lambda: told.append(1), "row")
    made.desk.show(row)
    assert (made.desk.row, told) == (2, [])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(("a", 1), "a, 1", id="tuple"),
        pytest.param(("a", None), "a, ", id="tuple with a gap"),
        pytest.param(pd.NA, "", id="NA"),
        pytest.param(pd.NaT, "", id="NaT"),
        pytest.param(float("nan"), "", id="NaN"),
        pytest.param(None, "", id="None"),
        pytest.param(0, "0", id="zero"),
    ],
)
def test_shown__a_cell(value, shown):
    """What is missing is shown as nothing, never as a word."""
    assert text_of_cell(value) == shown


def test_see__formats_that_do_not_fit_the_fields(client):
    """Where a field of the database cannot be written, the row says why and goes to nobody."""
    frame = pd.DataFrame({"account": ["A1"]})
    made = opened(frame, "Hi", lookup={"acc": "account"}, formats={"account": ",.2f"})
    seen = made.desk.row_at(made.desk.row)
    assert seen.to == NO_RECIPIENT
    assert "'A1' cannot be written with format ',.2f'" in seen.faults[0]
    assert "cannot be written" in words(made.see.phone)


# --- check -------------------------------------------------------------------------------


def test_check__no_file_of_what_cannot_be_read(client):
    """Where there are no totals there is no file to make, and asking for one is no mistake."""
    made = opened(make_people(0), program=PROGRAM)
    assert made.check.download.layout.display == "none"
    made.check.download.click()
    assert made.check.told.value == made.check.errors.value == ""


def test_check__file_of_very_many_problems(client, monkeypatch, own_folder):
    """The file has the first problems, and says where the others are."""
    monkeypatch.setattr(totals, "CSV_ROWS", 2)
    made = opened(make_people(4).assign(mobile="n/a"), phone="mobile", program=PROGRAM)
    made.page.parts = ()
    made.check.download.click()
    told = words(made.check.told)
    assert "The first 2 problems; made.plan.problems has all written to problems.csv" in told
    assert stat.S_IMODE(Path("problems.csv").stat().st_mode) == 0o600
    assert len(pd.read_csv("problems.csv")) == 2
    assert len(made.plan.problems) > 2


def test_check__messages_that_wait_for_others(client, sandbox):
    """Corrected rows of a campaign whose first text may have gone out are told of as waiting."""
    people = make_people(2)
    options = {"program": PROGRAM, "phone": "mobile", "campaign": "may", "progress": False}
    sandbox.faults.add("drop_after", on=1)
    with pytest.warns(smsframe.SmsframeWarning):
        people.sms.send(TEXT, **options)
    made = opened(people.assign(FirstName="Al"), program=PROGRAM, campaign="may")
    assert "; 2 wait for those." in words(made.check.totals)
    assert made.send.send.disabled


# --- desk --------------------------------------------------------------------------------


def test_choose__the_same_again(people):
    """A choice that changes nothing tells nobody and leaves the totals as they are."""
    made, told = opened(people, program=PROGRAM), []
    seen = made.desk.overview
    made.desk.on(lambda: told.append(1), "choices")
    made.desk.choose(program=PROGRAM, text=TEXT)
    assert told == []
    assert made.desk.overview is seen is not None


def test_overview__of_a_large_frame(people, client, monkeypatch):
    """The screen of a large frame does not wait for its totals: they come from a thread."""
    monkeypatch.setattr("smsframe._composer.state.AT_ONCE_ROWS", 2)
    look_over, threads = totals.look_over, []

    def noted(*given):
        threads.append(threading.current_thread().name)
        return look_over(*given)

    monkeypatch.setattr("smsframe._composer.totals.look_over", noted)
    made = opened(people, program=PROGRAM)
    assert set(threads) == {"smsframe-totals"}
    assert "3 messages to send" in words(made.check.totals)


def test_overview__a_fault_of_our_own(people, client, monkeypatch):
    """It is kept, named where the totals would stand, and nothing can be sent."""
    made = opened(people, program=PROGRAM)

    def broken(*_, **__):
        raise RuntimeError("what +12015550123 broke")

    monkeypatch.setattr("smsframe._composer.totals.look_over", broken)
    made.desk.choose(text="Other")
    assert made.wait(WAIT_S)
    said = "RuntimeError while the rows were read."
    assert words(made.check.totals) == said
    assert isinstance(made.error, RuntimeError)
    assert made.send.send.disabled


def test_overview__overtaken_by_a_change(people, client, monkeypatch):
    """Totals that were worked out for an older text are thrown away, however late they come."""
    made = opened(people, program=PROGRAM)
    look_over, started, go_on = totals.look_over, threading.Event(), threading.Event()

    def slow(plan, given):
        if plan.message.content == "Old":
            started.set()
            assert go_on.wait(WAIT_S)
        return look_over(plan, given)

    monkeypatch.setattr("smsframe._composer.totals.look_over", slow)
    made.desk.choose(text="Old")
    assert started.wait(WAIT_S)
    made.desk.choose(text="New")
    made.desk.settle()
    newest = made.desk.overview
    go_on.set()
    assert made.wait(WAIT_S)
    assert made.desk.overview is newest
    assert newest.plan.message.content == "New"


# --- send --------------------------------------------------------------------------------


def test_send__yes_without_a_question(people, client, sandbox):
    """A click of the last button that no question led to sends nothing."""
    made = opened(people, program=PROGRAM)
    made.send.question.yes.click()
    made.send.send.click()
    made.send.once.disarm()  # taken back by another click that is handled at the same time
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    assert calls(sandbox) == 0


def test_send__another_begins_between_question_and_answer(people, client, sandbox, monkeypatch):
    """Whoever comes second sends nothing, is ready again and keeps the table of the last send."""
    made = opened(people, program=PROGRAM)
    made.send.send.click()
    with monkeypatch.context() as patched:
        patched.setattr(active_job, "begin", lambda _: False)
        made.send.question.yes.click()
    assert made.send.dispatch is None
    assert made.send.once.state == "ready"
    assert made.send.question.box.layout.display == "none"
    assert made.wait(WAIT_S)
    assert calls(sandbox) == 0
    send_all(made)
    assert len(sandbox.outbox()) == 3


def test_stop__of_another_send_leaves_a_finished_screen_alone(people, client):
    """A screen whose own send is over goes on saying how that went."""
    made = opened(people, program=PROGRAM)
    send_all(made)
    before = (made.send.notes.value, made.send.outcome.value)
    other = Dispatch(made.plan, client, 3)
    other.stop()
    made.send.stopping(other)
    assert (made.send.notes.value, made.send.outcome.value) == before


def test_ask__others_may_have_gone_out(client, sandbox):
    """Where code sent everything and some answers were lost, the click that asks says so."""
    made = opened(make_people(3), program=PROGRAM)
    sandbox.faults.add("drop_after", on=1)
    with pytest.warns(smsframe.SmsframeWarning):
        make_people(3).sms.send(TEXT, program=PROGRAM, phone="mobile", progress=False)
    made.send.send.click()
    said = "Nothing was sent: 0 accepted already, 3 may have gone out and are not repeated."
    assert words(made.send.outcome) == said
    assert calls(sandbox) == 1


def test_underway__stop_without_a_send(people):
    """Stopping when nothing goes on tells nobody anything."""
    made = opened(people)
    before = made.send.notes.value
    active_job.stop()
    assert made.send.notes.value == before


def test_underway__a_send_that_ended_and_then_fails(client, people):
    """Its end is told once more, and a send that began meanwhile is not forgotten."""
    plan = opened(people, program=PROGRAM).plan
    first, second = Dispatch(plan, client, 3), Dispatch(plan, client, 3)

    def ended_before_it_failed(_, ended):
        ended()
        active_job._now.append(second)
        raise RuntimeError

    first.start = ended_before_it_failed
    try:
        with pytest.raises(RuntimeError):
            active_job.begin(first)
        assert active_job.current() is second
    finally:
        active_job._now.clear()


def test_new__only_after_a_send(people, client):
    """A click of a button that is not there keeps what was written."""
    made = opened(people, program=PROGRAM)
    made.send.new.click()
    assert made.write.editor.text == TEXT
    assert made.send.once.state == "ready"


# --- tries -------------------------------------------------------------------------------


def test_try__no_program(people, client, sandbox):
    """A try needs a program to come from."""
    made = opened(people)
    made.trying.numbers.value = "+1 201 555 0177"
    made.trying.send.click()
    assert words(made.trying.errors) == "Choose the program to send from."
    assert calls(sandbox) == 0


def test_try__a_failure_is_shown(people, client, monkeypatch):
    """What ended a try before its time stands beside it, and another one can be asked for."""
    made = opened(people, program=PROGRAM)

    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("smsframe._widgets.send_job.send_plan", broken)
    made.trying.numbers.value = "+1 201 555 0177"
    made.trying.send.click()
    assert made.wait(WAIT_S)
    assert "No space left on device" in words(made.trying.errors)
    assert isinstance(made.error, OSError)
    assert made.trying.outcome.value == ""
    assert made.trying.again.layout.display is None


def test_try__a_tag_called_as_the_column_of_numbers(client, sandbox):
    """The column that carries one's own number makes way for a tag of that name."""
    frame = make_people(1).assign(**{"my number": ["seven"]})
    made = opened(frame, "It is %%my number%%", program=PROGRAM, phone="mobile")
    made.trying.numbers.value = "+1 201 555 0177"
    made.trying.send.click()
    assert made.wait(WAIT_S)
    (sent,) = sandbox.outbox().itertuples()
    assert (sent.to, sent.text) == ("12015550177", "It is seven")

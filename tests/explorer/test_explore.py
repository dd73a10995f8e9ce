"""The explorer through its widgets, without a browser: what is pressed, asked and done."""

from __future__ import annotations

import json
import re
import stat
import threading

import pandas as pd
import pytest
from samples import make_people, send

import smsframe
from smsframe._explorer.kinds import kinds_of
from smsframe._widgets import active_job, displayed
from smsframe._widgets.displayed import new_mark

WAIT_S = 20.0
PHONE = re.compile(r"\d{7,}")


@pytest.fixture(autouse=True)
def no_other_screens():
    """Let no test meet the screens of another."""
    active_job._screens.clear()


@pytest.fixture
def half(client, own_folder):
    """Return results of 60 people of whom 40 were sent to."""
    people = make_people(60)
    people["city"] = ["Oslo", "Rome", "Lima"] * 20
    return send(people, limit=40)


def opened(results, **given):
    """Open an explorer on a page that is there."""
    made = smsframe.explore(results, **given)
    made.screen.come_alive()
    return made


def press(explorer, kind, words):
    """Press the chip that begins with words."""
    chips = explorer.screen.toggles[kind].values()
    chip = next(c for c in chips if c.description.removeprefix("✓ ").startswith(f"{words} ·"))
    chip.value = not chip.value


def read(widget):
    """Return what a person reads of an HTML widget."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", widget.value)).strip()


def tree(widget):
    """Yield a widget and all below it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from tree(child)


def state(explorer):
    """Return all that the widgets hold, as it is sent to pages and saved."""
    return [w.get_state() for w in tree(explorer.screen.view) if "<style>" not in str(w)]


def calls(sandbox):
    """Count the calls that sent something."""
    return int(sandbox.requests()["path"].str.endswith("/sends").sum())


def test_chips__filter_and_count(half):
    """A chip carries its count, narrows the rows down, and says that it is on."""
    made = opened(half)
    press(made, "status", "not attempted")
    press(made, "city", "Rome")
    assert len(made.frame) == 7 == int((half.iloc[40:]["city"] == "Rome").sum())
    assert read(made.screen.head) == "7 of 60 rows match"
    pressed = [c.description for c in made.screen.toggles["status"].values() if c.value]
    assert pressed == ["✓ not attempted · 7"]
    made.screen.clear.click()
    assert read(made.screen.head) == "60 rows"
    assert not any(c.value for c in made.screen.toggles["status"].values())


def test_page__rows_are_masked_and_made_for_pages_alone(half):
    """No page, no rows; with one, a row's number shows two digits in all that widgets hold."""
    made = smsframe.explore(half)
    assert "Name3" not in json.dumps(state(made), default=str)
    made.screen.come_alive()
    line = made.screen.lines[3]
    assert line[2].description == "Text 3"
    assert "Name3" in read(line[1])
    assert "03" in read(line[1])
    made.screen.search.value = "201 555-0103"
    made.screen.show_code.value = True
    made.screen.lines[0][2].click()
    assert made.frame.index.tolist() == [3]
    assert "0103" in made.code
    held = json.dumps(state(made), default=str)
    assert [held[at.start() - 40 : at.end()] for at in re.finditer("20155501\\d\\d", held)] == []
    assert "555-01" not in held


def test_code__says_where_a_number_is_hidden(half):
    """What is copied from the screen with dots in it would find nobody, and not say so."""
    made = opened(half)
    made.screen.show_code.value = True
    made.screen.search.value = "Name3"
    assert "hidden" not in read(made.screen.code_view)
    made.screen.search.value = "201 555-0103"
    assert "explorer.code has it whole" in read(made.screen.code_view)


def test_static__counts_alone(half):
    """What a saved notebook keeps has counts, no row and no number."""
    made = opened(half)
    kept = made._repr_mimebundle_()
    assert "accepted 40" in kept["text/html"]
    assert "Name" not in kept["text/html"]
    assert "Oslo" not in kept["text/html"]
    assert not PHONE.search(re.sub(r"<style>.*?</style>", "", kept["text/html"]))
    assert not re.search(r"\d", new_mark())  # what ties it to its screen may be no number by chance


def test_no_screen__says_what_to_use(half, monkeypatch):
    """In a console and in marimo one line says what to use instead."""
    told = repr(smsframe.explore(half))
    assert told.startswith("Explorer: 40 accepted, 20 not attempted. There is no place")
    assert "results.sms.summary()" in told
    assert "\n" not in told
    assert displayed.VIEW not in smsframe.explore(half)._repr_mimebundle_()


def test_text__as_it_was_sent(half):
    """A row that was sent shows its text; one that was not says why there is none."""
    made = opened(half)
    made.screen.lines[3][2].click()
    assert "Hi Name3, your order has shipped." in read(made.screen.detail)
    assert "Row 3" in read(made.screen.detail)
    made.screen.lines[3][2].click()
    assert made.screen.detail.value == ""
    press(made, "status", "not attempted")
    made.screen.lines[0][2].click()
    assert "no message of this row was sent" in read(made.screen.detail)


def test_text__opens_below_its_row_and_nowhere_else(half):
    """The text of a row stands below it, where the eye is, not under the whole page of rows."""
    made = opened(half)
    for line in (3, 0):
        made.screen.lines[line][2].click()
        holding = [n for n, b in enumerate(made.screen.boxes) if made.screen.detail in b.children]
        assert holding == [line]
        assert made.screen.boxes[line].children[:3] == made.screen.lines[line]
    made.screen.next.click()
    assert not any(made.screen.detail in box.children for box in made.screen.boxes)


def test_text__of_a_row_that_a_rule_holds_back(client, own_folder):
    """Whoever is held out is not told to run it again: nothing would come of it."""
    results = send(make_people(30), {"A": "Hello"}, holdout=0.5, campaign="held")
    made = opened(results)
    press(made, "status", "not attempted")
    made.screen.lines[0][2].click()
    assert "not attempted: held out" in read(made.screen.detail)
    assert "run it again" not in read(made.screen.detail)


@pytest.mark.parametrize(
    ("name", "cell", "is_seen"),
    [
        pytest.param("order_no", "4000148", True, id="a number of an order"),
        pytest.param("invoiceNumber", "400014812", True, id="nine digits"),
        pytest.param("order_no", "4000148123", False, id="ten digits could say a country"),
        pytest.param("order_no", "+4000148", False, id="a plus"),
        pytest.param("order_no", "0400148", False, id="a zero before it"),
        pytest.param("order_contact", "4000148", False, id="a word that leaves it open"),
        pytest.param("order_customer", "4000148", False, id="the customer of an order"),
        pytest.param("customer_id", "4000148", False, id="a customer, known by a phone maybe"),
        pytest.param("id", "4000148", False, id="an id that does not say of what"),
        pytest.param("contract", "4000148", False, id="a contract, of a phone line maybe"),
        pytest.param("reached_at", "4000148", False, id="another name"),
    ],
)
def test_cells__of_identifiers(name, cell, is_seen, half):
    """An order's number that was read as text is shown as one that was read as a number is."""
    made = opened(half.assign(**{name: pd.array([cell] * 60, "string")}))
    made.screen.columns.value = (name,)
    assert (cell in read(made.screen.lines[2][1])) == is_seen


def test_text__has_the_identifiers_that_the_row_shows(client, own_folder):
    """An order number stands in the text as in the cell; a phone number beside it does not."""
    people = make_people(4).assign(order_no=["4000148", "4000185", "4000222", "4000259"])
    text = "Order %%order_no%% is here, call +1 201 555 0199 or 4000185. Code: %%order_no%% (12)"
    made = opened(send(people, text))
    made.screen.lines[0][2].click()
    assert "Order 4000148 is here" in read(made.screen.detail)
    assert "Code: 4000148 (12)" in read(made.screen.detail)
    assert "0199" not in read(made.screen.detail)
    assert "4000185" not in read(made.screen.detail)


def test_cells__of_an_identifier_are_there_at_first(half):
    """Who looks for an order sees its number without choosing columns, however far right it is."""
    wide = half.assign(a=1, b=2, c=3, note="x", order_no="A-00017", last=4)
    assert opened(wide).screen.columns.value[4:] == ("order_no",)


@pytest.mark.parametrize(
    ("phone", "cell"),
    [
        pytest.param("+12015550107", "15550107", id="its end, behind another digit"),
        pytest.param("+12015550107", "5550107", id="as one dials it in town"),
        pytest.param("+37061234567", "861234567", id="an 8 in place of the country"),
        pytest.param("+298123456", "298123456", id="all of it"),
        pytest.param("1 (201) 555-0107", "5550107", id="signs in it"),
        pytest.param(12015550107.0, "5550107", id="a number with a point"),
        pytest.param("5550107", "5550107", id="a phone that could not be used"),
    ],
)
def test_cells__of_orders_that_are_the_phone(phone, cell, half):
    """Where a row has its own number as that of an order, however written, none is shown."""
    people = half.assign(mobile=phone, ticket=["4000148"] * 7 + [cell] + ["4000148"] * 52)
    made = opened(people.assign(sms_contact=pd.NA))
    made.screen.columns.value = ("ticket",)
    assert "4000148" not in read(made.screen.lines[2][1])
    assert cell not in read(made.screen.lines[7][1])


def test_cells__of_orders_that_are_the_contact_below_levels(half):
    """So it is where the names of columns have levels."""
    people = half[["sms_contact", "sms_status"]].assign(ticket=half["sms_contact"].str[-7:])
    people.columns = pd.MultiIndex.from_tuples([(name, "") for name in people.columns])
    made = opened(people)
    made.screen.columns.value = (("ticket", ""),)
    assert people[("ticket", "")].iloc[2] not in read(made.screen.lines[2][1])


def test_chips__of_values_that_no_row_left_has(half):
    """What would leave no row is not so prominent; what is pressed is."""
    made = opened(half)
    press(made, "status", "accepted")
    faint = [c.description for c in made.screen.toggles["reason"].values() if is_faint(c)]
    assert faint == ["a limit on the number of messages was reached · 0"]
    made.screen.clear.click()
    assert not any(map(is_faint, made.screen.toggles["reason"].values()))


def is_faint(chip):
    """Tell whether a chip stands back."""
    return "sms-zero" in chip._dom_classes


def test_chips__of_before_the_results_changed(half):
    """A chip that is pressed when the results are others already stands for what it says."""
    made = opened(half)
    chip = next(c for c in made.screen.toggles["city"].values() if c.description[:4] == "Lima")
    made.rows.renew(half.assign(city=["Lima"] * 30 + ["Oslo", "Rome"] * 15))
    chip.value = True  # the page has the chips of before still
    assert made.frame["city"].tolist() == ["Lima"] * 30
    chips = made.screen.toggles["city"].values()
    assert [c.description for c in chips if c.value] == ["✓ Lima · 30"]


def test_chips__pressed_while_a_retry_renews_the_results(half, monkeypatch):
    """A filter that is pressed in that moment is not lost."""
    made = opened(half)
    begun, go_on = threading.Event(), threading.Event()

    def slow(read):
        begun.set()
        go_on.wait(0.3)  # whoever presses waits for us
        return kinds_of(read)

    monkeypatch.setattr("smsframe._explorer.rows.kinds_of", slow)
    renewing = threading.Thread(target=made.rows.renew, args=(half.copy(),))
    renewing.start()
    assert begun.wait(WAIT_S)
    press(made, "city", "Rome")
    go_on.set()
    renewing.join(WAIT_S)
    assert made.frame["city"].unique().tolist() == ["Rome"]
    assert made.error is None


def test_text__of_several(client, own_folder):
    """Where a send had several texts, a row shows its own, filled; the variant is a chip."""
    people = make_people(6).assign(kind=["A", "B"] * 3)
    texts = {"A": "Hi %%FirstName%%.\nB: no", "B": "%%FirstName%%, look!"}
    made = opened(send(people, texts, by="kind", campaign="two"))
    press(made, "variant", "B")
    assert made.frame.index.tolist() == [1, 3, 5]
    for line, text in ((0, "Name1, look!"), (1, "Name3, look!")):
        made.screen.lines[line][2].click()
        assert text in read(made.screen.detail)
    made.screen.clear.click()
    made.screen.lines[2][2].click()
    assert "Hi Name2. B: no" in read(made.screen.detail)


def test_text__forgotten(half, client):
    """What was forgotten is said to be, and not made up."""
    smsframe.journal.forget(pd.Timestamp.now(tz="UTC") + pd.Timedelta("1D"))
    made = opened(half)
    made.screen.lines[3][2].click()
    assert "was forgotten" in read(made.screen.detail)


def test_retry__asks_then_sends_what_is_selected(half, sandbox):
    """Two presses send the selected rows that may go, and put what became of them into all."""
    made = opened(half)
    actions, before = made.screen.actions, calls(sandbox)
    assert actions.retry.disabled
    press(made, "city", "Rome")
    made.screen.all.click()
    assert actions.retry.description == "Retry (7)"
    actions.retry.click()
    assert "Send 7 messages?" in read(actions.question.words)
    assert "Program 148372. Text: Hi %%FirstName%%, your order has shipped." in read(
        actions.question.words
    )
    assert calls(sandbox) == before
    actions.question.yes.click()
    assert made.wait(WAIT_S)
    assert made.error is None
    assert calls(sandbox) == before + 1
    assert len(sandbox.outbox()) == 47
    statuses = made.results["sms_status"]
    assert (statuses == "accepted").sum() == 47
    assert statuses[half["city"] == "Rome"].eq("accepted").all()
    assert made.results.index.equals(half.index)
    assert made.results.dtypes.equals(half.dtypes)
    assert read(actions.outcome) == "Done: 7 accepted."
    actions.question.yes.click()
    assert calls(sandbox) == before + 1


def test_retry__of_a_part_of_the_results(half, sandbox):
    """Results that were cut and turned round are sent to the same people."""
    part = half.iloc[::-1].head(15)
    made = opened(part)
    made.screen.all.click()
    made.screen.actions.retry.click()
    made.screen.actions.question.yes.click()
    assert made.wait(WAIT_S)
    assert made.error is None
    assert made.results["sms_status"].tolist() == ["accepted"] * 15
    assert set(sandbox.outbox()["text"].tail(15)) == {
        f"Hi Name{n}, your order has shipped." for n in range(45, 60)
    }


def test_retry__nobody_twice(half, sandbox):
    """What went out meanwhile, through code, is not sent again."""
    made = opened(half)
    made.screen.all.click()
    again = send(half[["mobile", "FirstName", "city"]], limit=50)
    assert (again["sms_status"] == "accepted").sum() == 50
    made.screen.actions.retry.click()
    assert "Send 10 messages?" in read(made.screen.actions.question.words)
    assert "10 more went out meanwhile" in read(made.screen.actions.question.words)
    made.screen.actions.question.yes.click()
    assert made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 60
    assert (made.results["sms_status"] == "accepted").all()


@pytest.mark.parametrize("case", ["another text", "changed", "no run", "dry run", "repeats"])
def test_retry__refuses_what_is_not_the_same(case, half, sandbox):
    """Where it is not plain what would go to whom, nothing is sent and the way is named."""
    results = half
    if case == "another text":
        send(half[["mobile", "FirstName", "city"]], "Another text", limit=1)
    elif case == "changed":
        results = half.assign(FirstName="Somebody")
    elif case == "no run":
        results = half.copy()
        results.attrs = {}
    elif case == "dry run":
        results = send(make_people(9), limit=3, dry_run=True)
    else:
        results = send(make_people(9, 300), "Twice", limit=3, duplicates="send")
    before = len(sandbox.outbox())
    made = opened(results)
    made.screen.all.click()
    made.screen.actions.retry.click()
    assert "Run the same send again on the whole table" in read(made.screen.errors)
    made.screen.actions.question.yes.click()
    assert len(sandbox.outbox()) == before


def test_question__is_taken_back_by_any_change(half, sandbox):
    """A filter, a tick and Back take a question away, and its yes does nothing then."""
    made = opened(half)
    actions, before = made.screen.actions, calls(sandbox)
    changes = (
        lambda: press(made, "city", "Rome"),
        lambda: setattr(made.screen.lines[0][0], "value", not made.screen.lines[0][0].value),
        actions.question.no.click,
    )
    for change in changes:
        made.screen.all.click()
        actions.retry.click()
        assert actions.question.box.layout.display is None
        change()
        assert actions.question.box.layout.display == "none"
        actions.question.yes.click()
        made.wait(WAIT_S)
    assert calls(sandbox) == before


def test_retry__many_have_to_be_typed(half, sandbox, monkeypatch):
    """From a number on the number is typed; a wrong one sends nothing."""
    monkeypatch.setattr("smsframe._explorer.actions.CONFIRM_OVER", 5)
    made = opened(half)
    made.screen.all.click()
    actions = made.screen.actions
    actions.retry.click()
    assert actions.question.yes.disabled
    actions.question.field.value = "21"
    actions.question.yes.click()
    assert len(sandbox.outbox()) == 40
    actions.question.field.value = "20"
    assert not actions.question.yes.disabled
    actions.question.yes.click()
    assert made.wait(WAIT_S)
    assert len(sandbox.outbox()) == 60


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("button", "became"), [("sent", "accepted"), ("not_sent", "rejected")])
def test_resolve__writes_what_was_found_out(button, became, sandbox, client):
    """Unknown rows are settled after a question, in the results and in the journal."""
    sandbox.faults.add("drop_after", on=1)
    results = send(make_people(5))
    assert (results["sms_status"] == "unknown").all()
    made = opened(results)
    made.screen.lines[0][0].value = True
    made.screen.lines[2][0].value = True
    actions = made.screen.actions
    pressed = getattr(actions, button)
    assert pressed.description.endswith("(2)")
    pressed.click()
    assert "2 unknown messages" in read(actions.question.words)
    assert (made.results["sms_status"] == "unknown").all()
    actions.question.yes.click()
    assert made.error is None
    expected = [became, "unknown", became, "unknown", "unknown"]
    assert made.results["sms_status"].tolist() == expected
    kept = smsframe.results(results.attrs["smsframe"]["run"])
    assert kept["sms_status"].tolist() == expected


def test_refresh__asks_the_service(half, sandbox):
    """Accepted rows become sent; the others stay as they are."""
    made = opened(half)
    actions = made.screen.actions
    assert actions.refresh.description == "Refresh (40)"
    actions.refresh.click()
    assert "Ask the service what became of 40 accepted messages?" in read(actions.question.words)
    actions.question.yes.click()
    assert made.error is None
    counts = made.results["sms_status"].value_counts()
    assert (counts["sent"], counts["not_attempted"]) == (40, 20)
    assert read(actions.outcome) == "Asked about 40 accepted messages: 40 sent."


@pytest.mark.parametrize(("button", "ending"), [("csv", ".csv"), ("excel", ".xlsx")])
def test_download__writes_a_private_file_and_over_none(button, ending, half, tmp_path):
    """The rows that match are written, whole numbers too; a file that is there stays."""
    made = opened(half)
    press(made, "city", "Oslo")
    actions = made.screen.actions
    for name in (f"results{ending}", f"results-2{ending}"):
        getattr(actions, button).click()
        assert "Write 20 rows to a file" in read(actions.question.words)
        assert "whole phone numbers" in read(actions.question.words)
        assert actions.question.field.value == name
        actions.question.yes.click()
        assert made.error is None
        file = tmp_path / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert smsframe.read(file)["mobile"].tolist() == made.frame["mobile"].tolist()
    getattr(actions, button).click()
    actions.question.field.value = f"results{ending}"
    actions.question.yes.click()
    assert "is there already" in read(made.screen.errors)
    getattr(actions, button).click()
    actions.question.field.value = "results.doc"
    actions.question.yes.click()
    assert f"has to end in {ending}" in read(made.screen.errors)


def test_explore__refuses_what_holds_no_results(people):
    """A frame without results, or a client that is none, is refused."""
    with pytest.raises(smsframe.InputError, match="holds no results"):
        people.sms.explore()
    with pytest.raises(smsframe.InputError, match="client="):
        smsframe.explore(send(people, dry_run=True), client="x")


def test_explore__leaves_the_results_alone(half):
    """The frame that was given is never changed."""
    before = half.copy()
    made = opened(half)
    made.screen.all.click()
    made.screen.actions.retry.click()
    made.screen.actions.question.yes.click()
    assert made.wait(WAIT_S)
    pd.testing.assert_frame_equal(half, before)


def test_shown__as_plain_strings(half):
    """What a front end is given is a string and of no kind of its own, which marimo would drop."""
    plan = smsframe.last_plan()
    for thing in (plan, plan.preview(), half.sms.summary(), half.sms.summary(by="city")):
        assert type(thing._repr_html_()) is str
    assert type(smsframe.explore(half)._repr_mimebundle_()["text/html"]) is str

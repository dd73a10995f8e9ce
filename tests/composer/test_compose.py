"""The composer through its traits, without a browser: what is typed, chosen, pressed and shown."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import pandas as pd
import pytest
from samples import make_people
from waiting import until

import smsframe
from smsframe._composer import inputs, row_preview, state
from smsframe._composer.panels.columns import BY_FIELDS, OTHER
from smsframe._composer.totals import find_row
from smsframe._plan.options import ComposeOptions
from smsframe._widgets import displayed

TEXT = "Hi %%FirstName%%, your order has shipped."
WAIT_S = 20.0


def opened(frame, text=TEXT, **given):
    """Open a composer and wait for its first totals."""
    made = smsframe.compose(frame, text, **given)
    assert made.wait(WAIT_S)
    return made


def words(widget):
    """Return what a person reads of an HTML widget."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", widget.value)).strip()


def type_text(composer, text):
    """Type a text and wait for the totals."""
    composer.write.editor.text = text
    assert composer.wait(WAIT_S)


def send_all(composer):
    """Press both buttons, type the number where it is asked for, wait for the end."""
    composer.send.send.click()
    composer.send.question.field.value = re.sub(r"\D", "", composer.send.question.yes.description)
    composer.send.question.yes.click()
    assert composer.wait(WAIT_S)


def tree(widget):
    """Yield a widget and all below it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from tree(child)


def calls(sandbox):
    """Count the calls that sent something."""
    return int(sandbox.requests()["path"].str.endswith("/sends").sum())


# --- write -------------------------------------------------------------------------------


def test_write__a_button_for_every_column():
    """Columns that cannot be a tag have none; labels that are no text do."""
    frame = pd.DataFrame([["+12015550100", "x", "y"]], columns=["mobile", 7, "50%"])
    assert opened(frame, "").write.editor.box.columns == ["mobile", "7"]


def test_write__each_text_is_seen_at_once(people):
    """The row that is shown changes with the text, before any total is known."""
    made = opened(people)
    made.desk.background.wait()
    made.write.editor.text = "Bye %%FirstName%%"
    assert "Bye Ann" in words(made.see.phone)


@pytest.mark.parametrize(
    ("text", "states", "said"),
    [
        pytest.param("%%FirstName%%", {"FirstName": "column"}, [], id="column"),
        pytest.param(
            "%%First Name%%", {"First Name": "near"}, ["%%First Name%% is no column."], id="near"
        ),
        pytest.param(
            "%%Shop%%",
            {"Shop": "database"},
            ["%%Shop%% is no column: the database fills it."],
            id="database",
        ),
        pytest.param("Hi %%First", {}, ["The %% at character 4"], id="unclosed"),
        pytest.param(
            "It’s 5",
            {},
            ["A segment has room for 70 characters, not for 160, because of"],
            id="costly",
        ),
    ],
)
def test_write__hints(text, states, said, people):
    """Tags are marked by where they are filled from; what can be fixed is said."""
    box = opened(people, text).write.editor.box
    assert box.states == states
    assert [hint["sentence"].startswith(s) for hint, s in zip(box.hints, said, strict=True)] == [
        True
    ] * len(said)


def test_write__offers_mend_the_text(people):
    """A near miss comes with the column, a look-alike with its replacement."""
    hints = opened(people, "It’s %%First_Name%%").write.editor.box.hints
    assert [hint["offers"] for hint in hints] == [
        [["Use FirstName", "%%First_Name%%", "%%FirstName%%"]],
        [["’ → '", "’", "'"]],
    ]


def test_write__segments_over_all_rows(people):
    """The range and the encoding are those of the filled texts."""
    people.loc[2, "FirstName"] = "Ł" * 80
    made = opened(people)
    assert (
        words(made.write.span) == "All rows: 1 to 2 segments a message, 1 with special characters."
    )


def test_write__folding(people):
    """Look-alikes are replaced in what people get, not in what was written."""
    made = opened(people, "It’s for %%FirstName%%", program="148372")
    made.write.fold.value = True
    made.wait(WAIT_S)
    assert "It's for Ann" in words(made.see.phone).replace("&#x27;", "'")
    assert made.plan.texts().tolist() == ["It's for Ann", "It's for Bob", "It's for Zoë"]
    assert made.write.editor.text == "It’s for %%FirstName%%"


def test_write__texts_of_the_session(people, client):
    """A cell that is run again offers what was written before; a text that was sent is kept."""
    first = opened(people, "", program="148372")
    type_text(first, "First draft")
    second = opened(people, "")
    assert [value for _, value in second.write.earlier.options] == ["", "First draft"]
    second.write.earlier.value = "First draft"
    assert second.write.editor.text == "First draft"


def test_write__plain_text_area(people, monkeypatch):
    """Without anywidget a plain text area and buttons that append do the same."""
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    made = opened(people, "Hi ")
    area, chips, notes = made.write.editor.box.children
    chips.children[1].click()
    assert area.value == made.desk.choices.text == "Hi %%FirstName%%"
    assert "Hi Ann" in words(made.see.phone)
    area.value = "It’s %%First_Name%%"
    assert "is no column" in words(notes)
    assert "of 800 characters" in words(notes)
    made.write.editor.text = "set"
    made.write.editor.announce("nothing happens")
    assert area.value == "set"


# --- map ---------------------------------------------------------------------------------


def test_map__phone_column_is_guessed_and_shown(people):
    """The guess is in the menu and said to be one."""
    made = opened(people)
    assert made.map.phone.label == "mobile"
    assert "Guessed" in words(made.map.phone_note)
    assert made.desk.choices.phone == "mobile"


def test_map__no_phone_column(people):
    """Where none is plain, one has to be chosen; the text is shown all the same."""
    frame = people.assign(other=people["mobile"])
    made = opened(frame, program="148372")
    assert "look like phone columns" in words(made.map.phone_note)
    assert "Choose the column of phone numbers, or name a field" in words(made.send.notes)
    assert "Hi Ann" in words(made.see.phone)
    made.map.phone.value = 0
    made.wait(WAIT_S)
    assert made.plan.recipients == 3


def test_map__lookup(people, client):
    """People can be found by fields of the database in place of a phone number."""
    people["account"] = ["A1", "A2", "A3"]
    made = opened(people, program="148372")
    made.map.phone.value = BY_FIELDS
    assert made.wait(WAIT_S)
    assert "or name a field of the database." in words(made.check.totals)
    assert words(made.check.problems) == ""
    assert made.send.send.description == "Send …"
    with pytest.raises(smsframe.InputError, match="or name a field of the database"):
        _ = made.plan
    field, source = made.map.fields.children[0].children
    field.value, source.value = "accountNumber", 2
    made.wait(WAIT_S)
    assert made.desk.choices.lookup == {"accountNumber": "account"}
    assert made.desk.choices.phone is None
    assert 'lookup={"accountNumber": "account"}' in made.code
    made.map.add.click()
    assert len(made.map.fields.children) == 2


def test_map__region(people, client):
    """Numbers without a country code need a region."""
    frame = people.assign(mobile=["201-555-0100", "201-555-0101", "201-555-0102"])
    made = opened(frame, program="148372", phone="mobile")
    assert len(made.desk.overview.bad) == 3
    made.map.region.value = "US"
    made.wait(WAIT_S)
    assert made.send.send.description == "Send 3 messages"


def test_map__numbers_that_begin_with_their_country_code(people, client):
    """The menu of regions has a choice for numbers that lost their +."""
    frame = people.assign(mobile=["12015550100", "12015550101", "447400123456"])
    made = opened(frame, program="148372", phone="mobile")
    made.map.region.value = "+"
    made.wait(WAIT_S)
    assert made.send.send.description == "Send 3 messages"
    assert 'region="+"' in made.code


def test_map__country_column(people, client):
    """Each row is read in the country that a column names, and the code says so."""
    frame = people.assign(mobile=["201-555-0100"] * 3, land=["US", "France", "United States"])
    made = opened(frame, program="148372", phone="mobile")
    made.map.countries.value = list(frame.columns).index("land")
    made.wait(WAIT_S)
    assert made.desk.choices.region_from == "land"
    assert len(made.desk.overview.bad) == 1
    assert 'region_from="land"' in made.code
    again = opened(frame, program="148372", phone="mobile", region_from="land")
    assert again.map.countries.value == made.map.countries.value


def test_map__tags_defaults_and_formats(people):
    """Each tag has its column, what stands in for a blank, and how values are written."""
    people["total"] = [1234.5, None, 3.0]
    made = opened(people, "%%Sum%% for %%FirstName%%", program="148372")
    total, name = (made.map._tag_rows[tag] for tag in ("Sum", "FirstName"))
    assert (total.column, name.column) == (None, "FirstName")
    total.source.value = 2
    total.format.value = ",.2f"
    total.default.value = "free"
    made.wait(WAIT_S)
    assert made.plan.texts().tolist() == ["1,234.50 for Ann", "free for Bob", "3.00 for Zoë"]
    assert made.desk.choices.personalize == {"Sum": "total", "FirstName": "FirstName"}


def test_map__a_format_that_does_not_fit(people):
    """The sentence of the library stands where the message would be."""
    made = opened(people)
    made.map._tag_rows["FirstName"].format.value = ",.2f"
    made.wait(WAIT_S)
    assert "FirstName" in words(made.see.phone)
    assert words(made.check.totals)
    assert made.desk.overview is None


def test_map__a_format_function_stays(people):
    """A function that was given in code is kept, and shown as one."""
    made = opened(people, program="148372", formats={"FirstName": str.upper})
    made.map._tag_rows["FirstName"].default.value = "x"
    made.wait(WAIT_S)
    assert made.plan.texts(1).tolist() == ["Hi ANN, your order has shipped."]


def test_map__programs_of_the_account(people, client):
    """The account's programs are offered by name, inactive ones named so, others can be typed."""
    made = opened(people)
    until(lambda: len(made.map.program.options) > 2)
    labels = [label for label, _ in made.map.program.options]
    assert any("(148372)" in label for label in labels)
    assert any("(148373), inactive" in label for label in labels)
    made.map.program.value = OTHER
    made.map.other_program.value = "999"
    assert made.desk.choices.program == "999"


def test_map__programs_that_cannot_be_had(people, client, monkeypatch):
    """The id can be typed, and the reason is said."""
    monkeypatch.setattr(client, "programs", lambda: 1 / 0)
    made = opened(people)
    until(lambda: made.map.errors.value)
    assert "type the id" in words(made.map.errors)
    assert made.map.program.value == OTHER


def test_map__programs_of_another_connection_that_cannot_be_had(people, client, monkeypatch):
    """The reason stays there, as nobody has pressed anything, and so does what was chosen."""
    made = opened(people, program="148372")
    until(lambda: len(made.map.program.options) > 2)
    assert made.map.program.value == "148372"
    monkeypatch.setattr(client, "programs", lambda: 1 / 0)
    made.map._load(client)
    assert "type the id" in words(made.map.errors)
    assert (made.map.program.value, made.map.other_program.value) == (OTHER, "148372")
    assert made.desk.choices.program == "148372"


# --- see ---------------------------------------------------------------------------------


def test_see__rows(people):
    """Next, previous, the longest, the next with a problem, and by label."""
    frame = people.set_index(pd.Index(["a", "b", "c"]))
    frame.loc["c", "FirstName"] = "Zoë-Marie-Louise"
    frame.loc["b", "mobile"] = "n/a"
    made = opened(frame)
    see = made.see
    assert see.previous.disabled
    see.next.click()
    assert "Row b · 2 of 3" in words(see.where)
    see.longest.click()
    assert ("Row c · 3 of 3" in words(see.where), see.next.disabled) == (True, True)
    see.bad.click()
    assert "Row b · 2 of 3" in words(see.where)
    assert words(see.phone).count("•") == 0
    see.previous.click()
    assert "•••••••••00" in words(see.phone)
    see.search.value = "c"
    assert "Row c · 3 of 3" in words(see.where)
    see.search.value = "zzz"
    assert "No row holds &#x27;zzz&#x27;" in words(see.errors)


@pytest.mark.parametrize(
    ("index", "asked", "place"),
    [
        pytest.param(pd.RangeIndex(10, 13), "11", 1, id="numbers"),
        pytest.param(pd.Index([1.5, 2.5, 3.5]), "2.5", 1, id="floats"),
        pytest.param(pd.Index(["a", "b", "b"]), "b", 1, id="repeated"),
        pytest.param(pd.Index(["ann", "bob", "zoe"]), "bo", 1, id="beginning"),
        pytest.param(
            pd.MultiIndex.from_tuples([(1, "x"), (1, "y"), (2, "x")]), "1, y", 1, id="multi"
        ),
        pytest.param(pd.date_range("2026-11-01", periods=3), "2026-11-02", 1, id="dates"),
        pytest.param(pd.Index([1, None, 7], dtype="Int64"), "7.0", 2, id="numbers, one missing"),
        pytest.param(pd.Index(["a", None], dtype="string"), "b", None, id="texts, one missing"),
        pytest.param(pd.RangeIndex(3), "7", None, id="absent"),
        pytest.param(pd.RangeIndex(3), " ", None, id="blank"),
    ],
)
def test_see__found_by_label(index, asked, place, people):
    """A row is found by what its label looks like."""
    assert find_row(index, asked) == place


def test_see__asked_before_the_totals(people):
    """A click that comes while all rows are worked out is not lost."""
    people.loc[2, "mobile"] = "n/a"
    made = opened(people)
    made.desk.background.pause_s = 60.0
    made.write.editor.text = "Bye"
    made.see.to_bad()
    assert "Row 2 · 3 of 3" in words(made.see.where)


def test_see__no_rows():
    """An empty frame opens, and says that it is."""
    made = opened(make_people(0).astype("string"), phone="mobile", program="148372")
    assert words(made.see.where) == "No rows"
    assert made.see.phone.value == ""
    assert made.send.send.disabled


def test_see__escaped_and_masked(people):
    """A value cannot put markup into the page, and the number is masked."""
    people.loc[0, "FirstName"] = "<img src=x onerror=alert(1)>"
    made = opened(people)
    assert "<img" not in made.see.phone.value
    assert "2015550100" not in made.see.phone.value + made._summary() + repr(made)


# --- check -------------------------------------------------------------------------------


def test_check__kinds_totals_and_file(people, client):
    """Problems are counted by kind, totals follow, and all of them can be had as a file."""
    frame = pd.concat([people, people.head(1)], ignore_index=True)
    frame.loc[1, "mobile"] = "=HYPERLINK()"
    made = opened(frame, program="148372", price_per_segment=0.5)
    assert words(made.check.totals).startswith(
        "2 messages to send 2 segments 1.00 cost 1 left out 1 in the table twice"
    )
    assert "duplicate" in words(made.check.problems)
    sent = []
    made.page.parts[0].send = lambda *told: sent.append(told)
    made.check.download.click()
    assert "3 problems downloaded as problems.csv" in words(made.check.told)
    ((told,),) = sent
    table = pd.read_csv(io.StringIO(told["text"].removeprefix("\ufeff")), dtype=str)
    table = table[table["row"].notna()].reset_index(drop=True)
    assert table["code"].tolist() == ["phone_unreadable", "duplicate"]
    assert table[["row_in_file", "row"]].to_numpy().tolist() == [["3", "1"], ["5", "3"]]
    assert table["cell"][0] == table["mobile"][0] == "'=HYPERLINK()"
    assert table["mobile"][1] == people["mobile"][0]  # a phone runs nothing
    assert table["FirstName"].tolist() == ["Bob", "Ann"]
    held = json.dumps([part.get_state() for part in tree(made.view)], default=str)
    assert people["mobile"][0][-7:] not in held
    made.write.editor.text = "Another"
    assert made.check.told.value == ""


def test_check__out_of_date_totals_are_not_shown(people):
    """While all rows are worked out nothing of the old text is shown or can be sent."""
    made = opened(people, program="148372")
    made.desk.background.pause_s = 60.0
    made.write.editor.text = "Another"
    assert "Working out" in words(made.check.totals)
    assert made.send.send.disabled


# --- code and state ----------------------------------------------------------------------


def test_code__is_what_would_be_sent(people, client):
    """Running the code sends exactly the plan of the screen."""
    people["total"] = [1.5, 2.5, None]
    made = opened(
        people,
        'Say "hi", it’s\n%%FirstName%% and %%Sum%%',
        program="148372",
        personalize={"FirstName": "FirstName", "Sum": "total"},
        defaults={"Sum": "free"},
        formats={"total": ",.2f"},
        campaign="code",
        fold="gsm7",
        duplicates="send",
        ttl_minutes=30,
    )
    space = {"frame": people}
    exec(made.code, space)
    assert space["results"]["sms_status"].tolist() == ["accepted"] * 3
    assert made.desk.plan().history.left == 0
    assert (
        made.plan.texts().tolist() == client.sandbox.outbox()["text"].tolist()
        if (client.sandbox)
        else True
    )


def test_code__says_no_more_than_needed(people):
    """What was not chosen is not written down."""
    made = opened(people, "Hi", program="148372")
    assert made.code == (
        'results = frame.sms.send(\n    "Hi",\n    program="148372",\n    phone="mobile",\n)'
    )
    made.show_code.value = True
    assert "frame.sms.send" in made.code_view.value
    assert made.code_view.layout.display is None


orders_of_a_module = pd.DataFrame({"mobile": ["+12015550100"]})


def test_code__names_the_frame_as_its_caller_does(people):
    """In a function, a method or a module the frame has the name that stands there."""
    people_who_paid = people.copy()
    made = people_who_paid.sms.compose("Hi", program="148372")
    assert made.code.startswith("results = people_who_paid.sms.send(")
    made = orders_of_a_module.sms.compose("Hi", program="148372")
    assert made.code.startswith("results = orders_of_a_module.sms.send(")
    _private = people.copy()
    assert "results = _private.sms.send(" in smsframe.compose(_private, "Hi").code
    assert "results = df.sms.send(" in people[:2].sms.compose("Hi").code


def test_code__names_the_frame_of_a_script():
    """Where there is no notebook, the names are those of the script."""
    script = (
        "import pandas as pd, smsframe\n"
        "members = pd.DataFrame({'mobile': ['+12015550100']})\n"
        "print(members.sms.compose('Hi', program='148372').code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("results = members.sms.send(")


def test_plan__of_the_choices_as_they_are(people):
    """The plan never lags behind what was typed."""
    made = opened(people, program="148372")
    made.desk.background.pause_s = 60.0
    made.write.editor.text = "Bye %%FirstName%%"
    assert made.plan.texts(1).tolist() == ["Bye Ann"]


def test_compose__leaves_the_frame_alone(people, client):
    """The frame is not changed, and later changes of it do not reach the composer."""
    before = people.copy(deep=True)
    made = opened(people, program="148372")
    send_all(made)
    pd.testing.assert_frame_equal(people, before)
    people.loc[0, "FirstName"] = "Mallory"
    assert "Hi Ann" in words(made.see.phone)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"phone": "nope"}, "column 'nope'", id="column"),
        pytest.param({"duplicates": "all"}, "duplicates=", id="option"),
        pytest.param({"program": 1.5}, "program=", id="program"),
    ],
)
def test_compose__wrong_arguments(given, sentence, people):
    """Arguments are refused as plan refuses them."""
    with pytest.raises(smsframe.InputError, match=sentence):
        smsframe.compose(people, TEXT, **given)


def test_compose__no_frame():
    """Something else than a frame is refused by name."""
    with pytest.raises(smsframe.InputError, match="not list"):
        smsframe.compose([1])


@pytest.mark.parametrize(
    "kind", ["object", "string", "string[pyarrow]", "category"], ids=lambda kind: kind
)
def test_compose__dtypes(kind, people):
    """Columns of any kind of text are read."""
    made = opened(people.astype(kind), program="148372")
    assert "Hi Ann" in words(made.see.phone)
    assert made.plan.recipients == 3


def test_compose__odd_labels(client):
    """Columns may have numbers or tuples for labels, and rows any labels."""
    columns = pd.MultiIndex.from_tuples([("who", "mobile"), ("who", "name")])
    frame = pd.DataFrame([["+12015550100", "Ann"]], columns=columns, index=[("a", 1)])
    made = opened(frame, "Hi", program="148372", phone=("who", "mobile"))
    assert "Hi" in words(made.see.phone)
    assert 'phone=("who", "mobile")' in made.code


def test_compose__mime_bundle(people, notebook_there):
    """A front end gets the widget, a static summary and a text."""
    made = opened(people, program="148372")
    bundle = made._repr_mimebundle_()
    assert bundle[displayed.VIEW]["model_id"] == made.view.model_id
    assert "Hi %%FirstName%%" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert bundle["text/plain"].startswith("Composer: ")


def test_row_preview__looks_at_one_row(people, monkeypatch):
    """Showing a row reads that row alone: it takes as long for a million as for ten."""
    made, read = opened(people), []

    def counted(function):
        return lambda rows, *a, **k: read.append(len(rows)) or function(rows, *a, **k)

    monkeypatch.setattr(row_preview, "build_texts", counted(row_preview.build_texts))
    monkeypatch.setattr(row_preview, "plan", counted(row_preview.plan))
    monkeypatch.setattr(state.planning, "plan", counted(state.planning.plan))
    made.write.editor.text = "Bye"
    made.desk.show(1)
    assert read[0] == read[-1] == 1
    assert read.count(3) <= 1, "the totals"


def test_desk__a_listener_that_fails(people, monkeypatch):
    """On the thread of the totals it is kept, the other panels are told, and the next ones come."""
    made = opened(people)
    calls = []
    made.desk._listeners.insert(0, ("overview", lambda: calls.append(1) or 1 / 0))
    type_text(made, "Bye")
    assert isinstance(made.error, ZeroDivisionError)
    assert "3 messages to send" in words(made.check.totals)
    type_text(made, "Bye bye")
    assert len(calls) == 2


def test_compose__hands_every_argument_on(people):
    """None is taken and then forgotten: a rule that is not applied is worse than none."""
    kept = inputs.checked(people, TEXT, {})
    names = {*vars(inputs.Choices)["__dataclass_fields__"], *kept.rest}
    assert set(ComposeOptions.__annotations__) - names == {"client"}

"""From a DataFrame to a plan: recipients, problems, texts, batches; nothing is sent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples import fictional_phones, make_people

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._plan import batches, verdicts
from smsframe._plan.problems import Problems, first_codes

TEXT = "Hi %%FirstName%%, your order has shipped."


def plan(frame, text=TEXT, **options):
    """Make a plan with a program and a phone column."""
    return smsframe.plan(frame, text, **{"program": "148372", "phone": "mobile", **options})


def codes(made, severity="error"):
    """Return the codes of a plan's problems of one severity."""
    table = made.problems
    return table.loc[table["severity"] == severity, "code"].tolist()


def test_plan__counts_messages_and_calls():
    """A thousand messages fit a call."""
    made = plan(make_people(2500))
    assert (made.recipients, made.batches) == (2500, 3)
    assert codes(made) == []


def test_plan__leaves_the_frame_alone(people):
    """The caller's frame is not changed, by plan or by what is done with the plan."""
    before = people.copy(deep=True)
    made = plan(people)
    for view in (made.frame, made.to_frame()):
        view.loc[:, "FirstName"] = "changed"
    pd.testing.assert_frame_equal(people, before)


def test_plan__keeps_what_was_looked_at(people):
    """Changing the caller's frame afterwards changes no text of the plan."""
    made = plan(people)
    people.loc[0, "FirstName"] = "Mallory"
    assert made.texts(1).tolist() == ["Hi Ann, your order has shipped."]


def test_plan__is_frozen(people):
    """The figures of a plan cannot be set."""
    with pytest.raises(AttributeError):
        plan(people).recipients = 5


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("object", id="object"),
        pytest.param("string[python]", id="string"),
        pytest.param("string[pyarrow]", id="string-pyarrow"),
        pytest.param(pd.ArrowDtype(pa.string()), id="arrow-string"),
        pytest.param(pd.ArrowDtype(pa.large_string()), id="arrow-large-string"),
        pytest.param("category", id="category"),
    ],
)
def test_plan__reads_every_kind_of_text_column(people, kind):
    """The same texts come out whatever holds the strings."""
    made = plan(people.astype(kind))
    assert made.texts(3).tolist() == [
        "Hi Ann, your order has shipped.",
        "Hi Bob, your order has shipped.",
        "Hi Zoë, your order has shipped.",
    ]


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(pd.Index([7, 7, 7]), id="repeated"),
        pytest.param(pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]), id="multi"),
        pytest.param(pd.DatetimeIndex(["2026-01-01"] * 3), id="dates"),
    ],
)
def test_plan__keeps_the_index(people, index):
    """Texts, segments, the table and the problems speak of the frame's own labels."""
    people.index = index
    people["mobile"] = [*people["mobile"][:2], None]
    made = plan(people)
    assert made.to_frame().index.equals(index)
    assert made.segments.index.equals(index)
    assert made.texts(2).index.equals(index[:2])
    problem = made.problems[made.problems["severity"] == "error"].iloc[0]
    assert (problem["label"], problem["position"]) == (index[2], 2)


def test_plan__of_no_rows():
    """A frame without rows is a plan without messages."""
    made = plan(make_people(0))
    assert (made.recipients, made.batches, len(made.to_frame())) == (0, 0, 0)
    assert "0 messages" in repr(made)


MISSING = [
    pytest.param(None, id="None"),
    pytest.param(np.nan, id="nan"),
    pytest.param(pd.NA, id="NA"),
    pytest.param(pd.NaT, id="NaT"),
    pytest.param("", id="empty"),
    pytest.param(" \t\u00a0", id="blank"),
]


@pytest.mark.parametrize("missing", MISSING)
def test_missing_value__takes_the_default(people, missing):
    """A missing value never shows as text; the default stands in."""
    people["FirstName"] = pd.Series(["Ann", missing, "Zoë"], dtype=object)
    made = plan(people, defaults={"FirstName": "Customer"})
    assert made.texts(3).tolist()[1] == "Hi Customer, your order has shipped."


@pytest.mark.parametrize("missing", MISSING)
def test_missing_value__without_default_is_a_problem(people, missing):
    """Without a default the row does not go out and says which column is blank."""
    people["FirstName"] = pd.Series(["Ann", missing, "Zoë"], dtype=object)
    made = plan(people)
    assert codes(made) == ["value_missing"]
    table = made.to_frame()
    assert table["sms_status"].tolist() == ["planned", "invalid", "planned"]
    assert "FirstName" in table["sms_error"].iloc[1]


def test_integer_column_with_a_gap__never_reads_as_a_fraction(people):
    """Three items are 3, also where pandas made the column float for one blank cell."""
    people["items"] = [3, None, 12]
    made = plan(people, "%%items%% items", defaults={"items": "some"})
    assert made.texts().tolist() == ["3 items", "some items", "12 items"]


def test_formats__turn_values_into_text(people):
    """A format spec or a function says how a column becomes text."""
    people["total"] = [1234.5, 2.0, 0.25]
    people["day"] = pd.to_datetime(["2026-11-02", "2026-12-24", "2026-01-01"])
    people["city"] = ["york", "bath", "hull"]
    made = plan(
        people,
        "%%total%% on %%day%% in %%city%%",
        formats={"total": ",.2f", "day": "%d %b", "city": str.title},
    )
    assert made.texts(1).tolist() == ["1,234.50 on 02 Nov in York"]


def test_all_faults_are_told_at_once(people):
    """A row with two faults has both in its sentence; the table has one line each."""
    people["mobile"] = ["call me", None, fictional_phones(1)[0]]
    people["FirstName"] = [None, "Bob", None]
    made = plan(people)
    assert sorted(codes(made)) == sorted(
        [codes(made)[0], "phone_missing", "value_missing", "value_missing"]
    )
    first = made.to_frame().iloc[0]
    assert first["sms_code"].startswith("phone_")
    assert "FirstName" in first["sms_error"]


def test_problems__mask_phones(people):
    """The table of problems shows no phone number in full."""
    people["mobile"] = ["+1 201 555 01234567", "2015550123", fictional_phones(1)[0]]
    table = plan(people).problems
    shown = table.to_string() + plan(people)._repr_html_() + repr(plan(people))
    assert "2015550123" not in shown
    assert "5550123456" not in shown


def test_duplicates__are_skipped_or_sent_on_purpose(people):
    """An equal message to the same person goes out once unless it is asked for."""
    twice = pd.concat([people, people.head(1)], ignore_index=True)
    skipped, sent = plan(twice), plan(twice, duplicates="send")
    assert (skipped.recipients, sent.recipients) == (3, 4)
    assert skipped.to_frame()["sms_status"].tolist()[3] == "duplicate"
    assert codes(skipped, "warning") == ["duplicate"]


def test_duplicates__number_forms_of_one_person_are_one_person(people):
    """The same number written in two ways is the same person."""
    people["mobile"] = ["+1 201-555-0100", "(201) 555 0100", "+1 202-555-0101"]
    people["FirstName"] = "Ann"
    assert plan(people, region="US").recipients == 2


def test_same_person_with_other_values__is_a_warning(people):
    """Two different messages to one person go out, and the plan says so."""
    people["mobile"] = people["mobile"].iloc[0]
    made = plan(people)
    assert made.recipients == 3
    assert codes(made, "warning") == ["same_person"] * 3


@pytest.mark.parametrize("dtype", [object, "str", "int64"])
def test_has_repeats__of_any_kind(dtype):
    """Somebody who is in it twice is found in numbers and in texts."""
    once = pd.Series([3, 1, 2]).astype(dtype)
    assert not verdicts.has_repeats(once)
    assert verdicts.has_repeats(pd.concat([once, once[1:2]]))
    assert not verdicts.has_repeats(once[:0])


def test_first_codes__of_the_same_words():
    """Rows with the same code and sentence share one reason, whichever fault it came from."""
    found = Problems()
    for rows in ([0, 1], [2], [1, 2]):
        found.rows("c", "S.", np.array(rows))
    reasons, verdict = first_codes(found, 4)
    assert reasons == [("c", "S."), ("c", "S. S.")]
    assert verdict.tolist() == [0, 1, 1, -1]


def test_batches__hold_no_two_equal_contacts():
    """The repeats of a person wait until everybody had a first message."""
    frame = make_people(1500)
    frame["mobile"] = frame["mobile"].iloc[:600].tolist() + frame["mobile"].iloc[:900].tolist()
    made = plan(frame)
    cut = list(made.data.batch_rows(made.data.ready, size=1000))
    assert sorted(np.concatenate(cut).tolist()) == list(range(1500))
    for rows in cut:
        assert len(rows) <= 1000
        assert frame["mobile"].iloc[rows].is_unique


def test_batches__one_person_five_times_takes_five_calls(people):
    """With nothing else to fill a call, each repeat has a call of its own."""
    five = pd.concat([people.head(1)] * 5, ignore_index=True)
    assert plan(five, duplicates="send").batches == 5


def test_limit__takes_the_first_sendable_rows(people):
    """A canary is the first rows that can go out, not the first rows."""
    people.loc[0, "mobile"] = "call me"
    made = plan(people, limit=1)
    assert made.recipients == 1
    assert made.to_frame()["sms_status"].tolist() == ["invalid", "planned", "not_attempted"]
    assert made.to_frame()["sms_code"].tolist()[2] == "limit"


def test_tags__left_to_the_database_are_listed(people):
    """A tag that is no column is the database's, and the plan says so."""
    made = plan(people, "Hi %%FirstName%%, points: %%Points%%", defaults={"Points": "0"})
    assert made.database_tags == ("Points",)
    assert codes(made, "info") == ["tag_from_database", "opt_out_missing"]
    assert made.texts(1).tolist() == ["Hi Ann, points: %%Points%%"]


@pytest.mark.parametrize(
    "tag", ["firstname", "First Name", "first_name", "FIRST-NAME", "FirstNmae"]
)
def test_tags__near_misses_are_offered(people, tag):
    """A tag that is nearly a column offers the column."""
    table = plan(people, f"Hi %%{tag}%%").problems
    (sentence,) = table.loc[table["code"] == "tag_near_miss", "sentence"]
    assert "'FirstName'" in sentence


def test_columns_that_nothing_is_taken_from__are_listed(people):
    """An unused column is told, as information."""
    people["city"] = "York"
    table = plan(people).problems
    assert table.loc[table["code"] == "column_unused", "column"].tolist() == ["city"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "text_missing", id="empty"),
        pytest.param("\u200b \u2060\n", "text_missing", id="nothing-to-see"),
        pytest.param("x" * 801, "text_too_long", id="801"),
        pytest.param("Hi %%FirstName", "text_malformed", id="unclosed"),
    ],
)
def test_text_faults__stop_the_whole_send(people, client, text, code):
    """A fault of the text is in the plan, stops every row, and send refuses with it."""
    made = plan(people, text)
    assert codes(made) == [code]
    assert made.recipients == 0
    with pytest.raises(smsframe.InputError, match="Nothing was sent"):
        made.send(client=client)
    assert smsframe.last_results()["sms_code"].tolist() == [code] * 3


def test_text_of_800_characters__goes_out(people):
    """The limit itself is allowed."""
    assert plan(people, "x" * 800).recipients == 3


def test_rendered_text__too_long_is_a_problem_of_its_row(people):
    """A long value stops its own row only."""
    people.loc[1, "FirstName"] = "B" * 790
    made = plan(people)
    assert codes(made) == ["text_too_long"]
    assert made.recipients == 2


def test_rendered_text__ucs2_limit(people):
    """A text with a character outside GSM-7 may have 400 characters."""
    people["FirstName"] = ["ł" * 200, "ł" * 390, "l" * 390]
    assert plan(people).to_frame()["sms_status"].tolist() == ["planned", "invalid", "planned"]


def test_segments__are_counted_per_row(people):
    """Each row has its own number of segments, NA where nothing goes out."""
    people["FirstName"] = ["Ann", "B" * 150, "ł" * 60]
    people.loc[0, "mobile"] = "call me"
    made = plan(people, price_per_segment=0.05)
    assert made.segments.tolist() == [pd.NA, 2, 2]
    assert (made.total_segments, made.cost) == (4, pytest.approx(0.2))


def test_costly_characters__are_named(people):
    """The plan names the characters that force UCS-2, where they stand, and what folding saves."""
    people["FirstName"] = ["Ann’s", "Bob", "Ł"]
    shown = repr(plan(people, TEXT + " " * 60 + "“ok”"))
    assert "LEFT DOUBLE QUOTATION MARK" in shown
    assert "in FirstName" in shown
    assert "fold='gsm7' would save" in shown


def test_costly_characters__of_rows_that_go_out(people):
    """What stands in a row that is left out forces nothing, and is not counted."""
    people["FirstName"] = ["Łukasz", "Łucja", "Bob"]
    people.loc[0, "mobile"] = "call me"
    assert "in FirstName, 1 row." in repr(plan(people))
    people.loc[1, "mobile"] = "call me"
    assert "UCS-2" not in repr(plan(people))


def test_fold__replaces_look_alikes_and_says_so(people):
    """Curly quotes become straight ones; letters stay."""
    people["FirstName"] = ["Ann’s", "Bob", "Ł"]
    made = plan(people, "“Hi” %%FirstName%% – ok…", fold="gsm7")
    assert made.texts().tolist() == ['"Hi" Ann\'s - ok...', '"Hi" Bob - ok...', '"Hi" Ł - ok...']
    assert "folded" in codes(made, "info")
    assert made.message.content == '"Hi" %%FirstName%% - ok...'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"phone": "Mobile"}, "Did you mean 'mobile'", id="phone"),
        pytest.param({"personalize": {"A": "nope"}}, "nope", id="personalize"),
        pytest.param({"personalize": ["nope"]}, "nope", id="personalize-list"),
        pytest.param({"formats": {"nope": ",.2f"}}, "nope", id="formats"),
        pytest.param(
            {"formats": ",.2f"},
            "formats=',.2f' is of type str; it must be a mapping",
            id="formats-type",
        ),
        pytest.param({"lookup": {}}, "lookup= is empty", id="lookup-empty"),
        pytest.param({"lookup": {"a": "FirstName"}}, "not both", id="phone-and-lookup"),
        pytest.param({"defaults": {"FirstName": 3}}, "must be a string", id="default"),
        pytest.param({"program": ""}, "program=", id="program"),
        pytest.param({"program": None}, "program=", id="program-none"),
        pytest.param({"campaign": " "}, "campaign=", id="campaign"),
        pytest.param({"limit": -1}, "limit=-1", id="limit"),
        pytest.param({"limit": 2.5}, "limit=2.5", id="limit-float"),
        pytest.param({"confirm": True}, "confirm=True", id="confirm"),
        pytest.param({"problems": "ignore"}, "'skip' or 'raise'", id="problems"),
        pytest.param({"duplicates": True}, "duplicates=True", id="duplicates"),
        pytest.param({"fold": "all"}, "fold=", id="fold"),
        pytest.param({"ttl_minutes": 0}, "ttl_minutes=0", id="ttl"),
        pytest.param({"source": "x" * 201}, "200", id="source"),
        pytest.param({"region": "UK"}, "GB", id="region"),
        pytest.param({"content_id": "m1"}, "either the text or content_id", id="both"),
    ],
)
def test_arguments__that_cannot_be_used_are_refused(people, options, words):
    """A wrong argument is refused with what exists instead."""
    with pytest.raises(smsframe.InputError, match=words):
        plan(people, **options)


def test_arguments__all_faults_are_told_at_once(people):
    """Two wrong arguments make one error with both."""
    with pytest.raises(smsframe.InputError, match="2 arguments") as caught:
        plan(people, phone="nope", limit=-1)
    assert len(caught.value.details["faults"]) == 2


@pytest.mark.parametrize("frame", [None, [1], {"mobile": ["x"]}, pd.Series(["x"])])
def test_plan__of_something_else_is_refused(frame):
    """Only a DataFrame can be planned."""
    with pytest.raises(smsframe.InputError, match="DataFrame is needed"):
        plan(frame)


def test_column_that_is_there_twice__is_refused(people):
    """A column name that is not unique names no column."""
    people.columns = ["mobile", "mobile"]
    with pytest.raises(smsframe.InputError, match="2 times"):
        plan(people, "Hi")


def test_phone_column__is_found_when_it_is_plain(people):
    """Without phone= the one plain phone column is taken."""
    people["order_no"] = ["4000001", "4000002", "4000003"]
    made = smsframe.plan(people, TEXT, program="148372")
    assert (made.recipients, made.columns.phone) == (3, "mobile")


def test_lookup__addresses_by_field():
    """A lookup needs no phone; a blank key is a problem of its row."""
    frame = pd.DataFrame({"account": ["A1", None, "A3"]})
    made = smsframe.plan(frame, "Hi", program="148372", lookup={"accountNumber": "account"})
    assert made.recipients == 2
    assert made.to_frame()["sms_contact"].tolist()[0] == "accountNumber=A1"
    assert codes(made) == ["lookup_missing"]


def test_rounded_phones__refuse_the_whole_send(client):
    """A column that a spreadsheet has rounded sends nothing to anybody."""
    rng = np.random.default_rng(0)
    exact = 12010000000 + rng.integers(2_000_000, 9_999_999, 5000)
    frame = pd.DataFrame({"mobile": exact // 100000 * 100000})
    made = plan(frame, "Hi")
    assert made.recipients == 0
    with pytest.raises(smsframe.InputError, match="Nothing was sent"):
        made.send(client=client)


def test_html__shows_data_as_text(people):
    """Markup in a name, a label or a column is shown, not obeyed."""
    evil = "<img src=x onerror=alert(1)>"
    people["FirstName"] = evil
    people[evil] = 1
    people.index = [evil, evil, evil]
    people.loc[evil, "mobile"] = [*people["mobile"].iloc[:2], evil]
    html = plan(people, f"{evil} %%FirstName%%")._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html
    assert "<script" not in html
    assert "http" not in html


def test_text_of_a_row__by_label(people):
    """Any row's text can be looked at, also one with a problem."""
    people.index = ["a", "b", "b"]
    people.loc["a", "mobile"] = "call me"
    made = plan(people)
    assert made.text("a") == "Hi Ann, your order has shipped."
    assert made.text("b") == "Hi Bob, your order has shipped."
    with pytest.raises(smsframe.InputError, match="label"):
        made.text("z")


def test_preview__shows_masked_recipients(people):
    """A preview shows the texts and hides the numbers."""
    shown = people.sms.preview(TEXT, n=2)
    assert shown["to"].tolist() == ["•••••••••00", "•••••••••01"]
    assert shown["text"].tolist()[0] == "Hi Ann, your order has shipped."


def test_result_columns_of_an_earlier_send__are_replaced(people):
    """A results frame can be planned again; its result columns are not doubled."""
    again = plan(plan(people).to_frame()).to_frame()
    assert again.columns.tolist() == plan(people).to_frame().columns.tolist()


def test_result_columns__have_fixed_dtypes(people):
    """The dtypes are the same with and without rows."""
    full, empty = plan(people).to_frame(), plan(people.head(0)).to_frame()
    ours = [c for c in full.columns if c.startswith("sms_")]
    assert full[ours].dtypes.tolist() == empty[ours].dtypes.tolist()
    assert str(full["sms_accepted_at"].dtype) == "datetime64[us, UTC]"


def test_message_options__are_kept():
    """What is passed on to the API is in the plan's message."""
    frame = make_people(1)
    made = smsframe.plan(
        frame,
        program=148372,
        content_id="m-1",
        personalize={"Name": "FirstName"},
        phone="mobile",
        ttl_minutes=5,
        campaign_name="C",
        character_swap=True,
        source="mine",
    )
    message = made.message
    assert (message.program, message.content, message.content_id) == ("148372", None, "m-1")
    assert (message.ttl_minutes, message.campaign_name) == (5, "C")
    assert made.data.tags == ("Name",)


def test_columns_that_are_no_strings__can_be_named():
    """Integer column labels work for phone and personalize."""
    frame = pd.DataFrame({0: fictional_phones(1), 1: [dt.date(2026, 11, 2)]})
    made = smsframe.plan(frame, "On %%D%%", program="1", phone=0, personalize={"D": 1})
    assert made.texts().tolist() == ["On 2026-11-02"]


def test_thousands_of_columns__cost_nothing():
    """Only the columns that are used are read."""
    frame = pd.concat(
        [make_people(2), pd.DataFrame({f"c{i}": [object(), object()] for i in range(3000)})], axis=1
    )
    assert plan(frame).recipients == 2


def test_batch_size__is_what_the_api_allows():
    """The number is fixed by the API."""
    assert SendSettings().batch_size == 1000


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        pytest.param("+1 201 KL5 0199", "+• ••• KL• ••99", id="letters"),
        pytest.param("201555", "••••55", id="short"),
        pytest.param("1.20156E+10", "1.20156E+10", id="scientific"),
        pytest.param("call me", "call me", id="words"),
        pytest.param("flat 12", "flat 12", id="few-digits"),
    ],
)
def test_cells_of_the_phone_column__are_masked(people, cell, shown):
    """A cell shows its form and its last two digits, never a number."""
    people.loc[1, "mobile"] = cell
    table = plan(people).problems
    assert table.loc[table["severity"] == "error", "value"].tolist() == [shown]


def test_show__is_bubbles_in_a_notebook_and_lines_elsewhere(people):
    """Any row can be looked at by its label; numbers are masked and data is shown as text."""
    people["FirstName"] = ["<b>Ann</b>", "Bob", "Zoë"]
    people.loc[1, "mobile"] = "call me"
    made = plan(people)
    shown = made.show(1, 0)
    assert repr(shown).splitlines() == [
        "to ?: Hi Bob, your order has shipped.",
        "to •••••••••00: Hi <b>Ann</b>, your order has shipped.",
    ]
    assert "&lt;b&gt;Ann" in shown._repr_html_()
    assert len(made.show(n=2).messages) == 2
    with pytest.raises(smsframe.InputError, match="label"):
        made.show("nobody")


@pytest.mark.parametrize(
    "column",
    [
        pytest.param([1.0, np.inf, np.nan], id="float"),
        pytest.param(pd.Series([1, -np.inf, None], dtype=object), id="object"),
        pytest.param(pd.Series([1.0, np.inf, None], dtype="category"), id="category"),
        pytest.param(pd.arrays.SparseArray([1.0, np.inf, np.nan]), id="sparse"),
        pytest.param(pd.Series([1, np.inf, None], dtype=pd.ArrowDtype(pa.float64())), id="arrow"),
    ],
)
def test_infinite_value__is_not_called_blank(people, column):
    """A division by zero is told apart from a cell that nobody filled in."""
    people["share"] = column
    table = plan(people, "%%share%%").problems.set_index("position")["code"]
    assert table.dropna().loc[[1, 2]].tolist() == ["value_infinite", "value_missing"]


@pytest.mark.parametrize(
    "phones",
    [
        pytest.param([12015550100.0, np.nan, 12015550101.0], id="float"),
        pytest.param([12015550100, 12015550102, 12015550101], id="int"),
        pytest.param(["+12015550100", None, "+12015550101"], id="object"),
    ],
)
def test_sparse_phone_column__is_read(people, phones):
    """A sparse column is read as the dense one."""
    dense = plan(people.assign(mobile=phones)).to_frame()
    sparse = plan(people.assign(mobile=pd.arrays.SparseArray(phones))).to_frame()
    assert sparse["sms_contact"].tolist() == dense["sms_contact"].tolist()


def test_tag__of_a_column_that_is_there_twice(people):
    """A tag that names two columns names none, as elsewhere; so do labels that read alike."""
    people["name"] = "a"
    twice = people.set_axis(["mobile", "name", "name"], axis=1)
    with pytest.raises(smsframe.InputError, match=r"%%name%% names column 'name'.* 2 times"):
        plan(twice, "%%name%%")
    alike = people.set_axis(pd.Index(["mobile", 1, "1"], dtype=object), axis=1)
    with pytest.raises(smsframe.InputError, match="%%1%% fits several columns: 1, '1'"):
        plan(alike, "%%1%%")
    phones = people.assign(name="x").set_axis(["mobile", "a", "mobile"], axis=1)
    with pytest.raises(smsframe.InputError, match="2 times"):
        smsframe.plan(phones, "Hi", program="1")


def test_columns_called_as_ours__are_replaced_with_a_warning(people):
    """The caller's sms_status would be lost silently; results sent again are no news."""
    own = people.assign(sms_status="mine", sms_error="mine too")
    assert codes(plan(own), "warning") == ["column_replaced"]
    assert "sms_status, sms_error" in plan(own).problems["sentence"].iloc[0]
    assert "column_replaced" not in codes(plan(plan(people).to_frame()), "warning")


@pytest.mark.parametrize("fmt", ["1000000000", ">1000000000", ".999999f", "01000"])
def test_formats__wider_than_a_message_are_refused(people, fmt):
    """A width in the millions is refused before it is written."""
    people["x"] = [1, 2, 3]
    with pytest.raises(smsframe.InputError, match="more than 800 characters"):
        plan(people, "%%x%%", formats={"x": fmt})
    plan(people, "%%x%%", formats={"x": "0800d"})


def test_batches__are_cut_as_the_plain_way_cuts_them():
    """Each call takes the first of those who wait, whom it does not have yet."""
    rng = np.random.default_rng(0)
    for size in (1, 3, 10):
        codes_ = rng.integers(0, 12, 100)
        waiting, plain = list(range(100)), []
        while waiting:
            window, seen = waiting[:size], {}
            for row in window:
                seen.setdefault(codes_[row], row)
            plain.append(list(seen.values()))
            waiting = [row for row in waiting if row not in set(seen.values())]
        cut = batches.disjoint(np.arange(100), codes_, size=size)
        assert [rows.tolist() for rows in cut] == plain


def test_values__that_pandas_cannot_look_at():
    """A signalling NaN is a blank cell, beside numbers and an infinity; lists keep their row."""
    frame = make_people(4).assign(
        v=pd.Series([Decimal("sNaN"), Decimal("Infinity"), Decimal("1.50"), None], dtype=object)
    )
    made = plan(frame, "%%v%%")
    assert codes(made) == ["value_missing", "value_infinite", "value_missing"]
    assert made.texts().tolist() == ["1.50"]


def test_phones__of_odd_cells_are_shown():
    """Cells that hold several things are listed among the problems, whatever they are."""
    odd = [[1, 2], np.array([1, 2]), pd.Series([1, 2]), pd.DataFrame({"a": [1]}), object()]
    frame = pd.DataFrame({"mobile": pd.Series([*odd, "+12015550101"], dtype=object)})
    made = smsframe.plan(frame, "Hi", program="1", phone="mobile")
    assert codes(made, "error") == ["phone_unreadable"] * len(odd)
    assert made.recipients == 1

"""Tags that no column fills, those that say where they are filled from, and other notations."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import fictional_phones

import smsframe
from smsframe._plan.tags import bare


def frame_of(*names, index=None):
    """Make a frame of two people with columns of these names; each cell is its column's name."""
    cells = {name: [f"{name} {n}" for n in (1, 2)] for name in names}
    frame = pd.DataFrame({"mobile": fictional_phones(2), **cells})
    return frame if index is None else frame.rename_axis(index)


def plan(frame, text, **options):
    """Make a plan."""
    return smsframe.plan(frame, text, program="148372", phone="mobile", **options)


def told(made):
    """Return code and severity of what is said, without remarks."""
    table = made.problems[made.problems["severity"] != "info"]
    return list(zip(table["code"], table["severity"].astype(str), strict=True))


NEAR = [
    *(("FirstName", "First Name"), ("FirstName", "first_name"), ("firstname", "FirstName")),
    *(("FIRST-NAME", "FirstName"), ("FirstName ", "FirstName"), ("First.Name", "FirstName")),
    *(("Order#", "Order"), ("Order", "Order."), ("Straße", "STRASSE")),
    *(("Prénom", "Pre\u0301nom"), ("Name", "\ufeffName"), ("Name", "Name\u00a0"), ("①", "1")),
    *(("(total)", "total"), ("Имя", "имя"), ("E-Mail", "email")),
]


@pytest.mark.parametrize(("tag", "name"), NEAR)
def test_near_miss__stops_the_send_until_it_is_said(client, tag, name):
    """What differs in capitals and signs alone may be meant or not: nobody is texted before."""
    frame, text = frame_of(name), f"Hi %%{tag}%%"
    made = plan(frame, text)
    assert told(made) == [("tag_near_miss", "error")]
    assert repr(name) in made.problems["sentence"].iloc[0]
    with pytest.raises(smsframe.InputError, match="Say which is meant"):
        made.send(client=client)
    column = plan(frame, text, personalize={tag: name})
    shown = name.strip("\ufeff")
    assert column.texts().tolist() == [f"Hi {shown} 1", f"Hi {shown} 2"]
    database = plan(frame, text, personalize={tag: None})
    assert (told(database), database.database_tags) == ([], (tag,))
    assert len(client.sandbox.outbox()) == 0


@pytest.mark.parametrize(("tag", "name"), [("FirstNmae", "FirstName"), ("Prenom", "Prénom")])
def test_near_miss__further_off_is_a_warning(tag, name):
    """A typing slip may be a field of the database; it is said, and goes out."""
    made = plan(frame_of(name), f"Hi %%{tag}%%")
    assert told(made) == [("tag_near_miss", "warning")]
    assert made.recipients == 2
    assert told(plan(frame_of(name), f"Hi %%{tag}%%", personalize={tag: None})) == []


@pytest.mark.parametrize("tag", ["City", "!", "姓", "FirstName"])
def test_near_miss__of_nothing(tag):
    """Other names, and tags that are columns, are no near miss."""
    assert told(plan(frame_of("FirstName", "First Name", "?"), f"%%{tag}%%")) == []


def test_near_miss__that_looks_the_same():
    """Two names that nobody can tell apart by looking are said to be two."""
    made = plan(frame_of("Pre\u0301nom"), "Hi %%Prénom%%")
    assert "(which only looks the same)" in made.problems["sentence"].iloc[0]


@pytest.mark.parametrize("argument", ["personalize", "defaults"])
def test_tag__with_its_marks_in_an_argument(argument):
    """A tag is named without its marks; with them the argument would go unheard."""
    with pytest.raises(smsframe.InputError, match=r"name of a tag alone: 'City'"):
        plan(frame_of("town"), "Hi %%City%%", **{argument: {"%%City%%": "town"}})


def test_near_miss__names_all_columns():
    """Where two columns are called the same, both are named."""
    made = plan(frame_of("First Name", "first_name"), "Hi %%FirstName%%")
    assert "columns are called 'First Name' and 'first_name'" in made.problems["sentence"].iloc[0]


def test_personalize__adds_to_tags_that_name_columns():
    """A mapping says more, and takes nothing away."""
    made = plan(
        frame_of("FirstName", "order_no", "City"),
        "%%FirstName%%, %%Order%%, %%City%%",
        personalize={"Order": "order_no", "City": None},
    )
    assert made.texts(1).tolist() == ["FirstName 1, order_no 1, %%City%%"]
    assert made.database_tags == ("City",)
    listed = plan(frame_of("A", "B"), "%%A%% %%B%%", personalize=["B"])
    assert listed.texts(1).tolist() == ["A 1 B 1"]


@pytest.mark.parametrize(
    "given", [{1: "FirstName", "1": "mobile"}, {1: None, "1": "mobile"}, [1, "1"]], ids=repr
)
def test_personalize__of_two_meanings_is_refused(given):
    """One tag has one column, however its name is written."""
    frame = frame_of("FirstName").assign(**{"1": "a"})
    frame[1] = "b"
    with pytest.raises(smsframe.InputError, match="%%1%% two meanings"):
        plan(frame, "%%1%%", personalize=given)


def test_personalize__with_a_published_message():
    """Without a text, None sends no value for the tag."""
    frame = frame_of("FirstName")
    made = smsframe.plan(
        frame,
        program="1",
        content_id="m",
        phone="mobile",
        personalize={"A": "FirstName", "B": None},
    )
    assert made.data.tags == ("A",)


@pytest.mark.parametrize("name", ["Order", "order", "Order "])
def test_index__called_like_a_tag(name):
    """The index is no column, and what makes one of it is said."""
    made = plan(frame_of("FirstName", index=name), "Order %%Order%%")
    assert told(made) == [("tag_is_index", "warning")]
    assert ".reset_index()" in made.problems["sentence"].iloc[0]


@pytest.mark.parametrize(
    ("shown", "tag"),
    [
        *(
            ("{FirstName}", "FirstName"),
            ("{{FirstName}}", "FirstName"),
            ("((FirstName))", "FirstName"),
        ),
        *(
            ("[FirstName]", "FirstName"),
            ("%FirstName%", "FirstName"),
            ("${FirstName}", "FirstName"),
        ),
        *(("<FirstName>", "FirstName"), ("{total:,.2f}", "total"), ("{first_name}", "FirstName")),
        *(
            ("{{ contact.FirstName | default('you') }}", "FirstName"),
            ("<<FirstName>>", "FirstName"),
        ),
        *(("«FirstName»", "FirstName"), ("*|FIRSTNAME|*", "FirstName"), ("%(total)s", "total")),
        *(("$total", "total"), ("@FirstName@", "FirstName"), ("#FirstName#", "FirstName")),
        *(
            ("<%= FirstName %>", "FirstName"),
            ("[[FirstName]]", "FirstName"),
            ("__total__", "total"),
        ),
        *(("{{LastName}}", "LastName"), ("*|FNAME|*", "FNAME"), ("((Town))", "Town")),
        *(("％％FirstName％％", "FirstName"), ("｛FirstName｝", "FirstName"), ("‹total›", "total")),
        *(("{total:>10}", "total"), ("{!Contact.FirstName}", "FirstName"), ("{$total}", "total")),
        *(("＄total", "total"), ("@total", "total"), ("％％Town％％", "Town")),
        *(("[Name]", "Name"), ("{vorname}", "vorname"), ("<Prénom>", "Prénom"), ("%NAME%", "NAME")),
        *(("first_name", "FirstName"), ("[Link]", "Link"), ("{имя}", "имя")),
    ],
)
def test_other_notation__is_told_with_the_right_one(shown, tag):
    """What looks like a tag elsewhere goes out as it stands, so it is said, with the writing."""
    made = plan(frame_of("FirstName", "total"), f"Hi {shown}, %%total%%")
    assert told(made) == [("tag_other_notation", "warning")]
    fault = made.problems[made.problems["severity"] == "warning"].iloc[0]
    assert (fault["value"], f"%%{tag}%%" in fault["sentence"]) == (shown, True)


@pytest.mark.parametrize(
    "text",
    [
        *("50% off and 20% more", "[reply STOP]", "(see below)", "a < b > c", "{x}", "{0} {}"),
        *("#total", "http://x.example/[a]/{b}", "<3 you", "$5 total", "100%", "($ 5)", "{{}}"),
        *(":)", "((", "total: %%total%%", "** total **", "[ ] [ ]", "|a|b|"),
        *("first_name@x.example", "first_name.pdf"),
        *("https://x.example/?first_name=1", "x.example/first_name", "_total_", "Use code {SAVE}"),
    ],
)
def test_other_notation__is_not_seen_in_plain_text(text):
    """Brackets and percent signs that name no column are text."""
    assert told(plan(frame_of("FirstName", "total"), text)) == []


def test_bare__of_names():
    """Letters and digits count, whatever their case and form."""
    assert bare("Straße-Nr. 1") == bare("STRASSE nr 1") == "strassenr1"
    assert bare("…") == ""


@pytest.mark.parametrize(
    ("text", "words"), [("Hi %%x", "%%"), ("Hi %%FirstName%", "%%"), ("Hi \ufffd", "encoding")]
)
def test_text__damaged(text, words):
    """An open tag is an error; a lost character of the text is a warning."""
    assert words in plan(frame_of("FirstName"), text).problems["sentence"].iloc[0]


@pytest.mark.parametrize("default", ["%%City%%", "100%%", "Mr \ufffd"])
def test_default__that_would_be_read_as_it_stands(default):
    """A default is not filled; what looks like a tag in it is refused, and a lost character."""
    with pytest.raises(smsframe.InputError, match="defaults"):
        plan(frame_of("FirstName"), "%%FirstName%%", defaults={"FirstName": default})

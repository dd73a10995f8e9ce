"""Placeholders: found as the API finds them, refused where ambiguous, filled row by row."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._text import template as templates
from smsframe._text.template import Template, fill, fill_one, near_misses
from smsframe.errors import InputError

TAG = st.text(st.characters(exclude_characters="%\r\n", exclude_categories=["Cs"]), min_size=1)
PLAIN = st.text(st.characters(exclude_characters="%", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "literals", "slots"),
    [
        pytest.param("", ("",), (), id="empty"),
        pytest.param("No placeholder", ("No placeholder",), (), id="none"),
        pytest.param("%%A%%", ("", ""), ("A",), id="alone"),
        pytest.param("Hi %%A%%!", ("Hi ", "!"), ("A",), id="inside"),
        pytest.param("%%A%%%%B%%", ("", "", ""), ("A", "B"), id="neighbours"),
        pytest.param("%%A%% and %%A%%", ("", " and ", ""), ("A", "A"), id="twice"),
        pytest.param("%%FIRST NAME%%", ("", ""), ("FIRST NAME",), id="space-inside"),
        pytest.param("%% A %%", ("", ""), (" A ",), id="spaces-at-the-ends-are-kept"),
        pytest.param("%%Größe €%%", ("", ""), ("Größe €",), id="any-letters"),
        pytest.param("50% off", ("50% off",), (), id="one-percent-sign"),
        pytest.param("5% or 6%", ("5% or 6%",), (), id="two-percent-signs-apart"),
        pytest.param("%%RATE%%% off", ("", "% off"), ("RATE",), id="percent-after-tag"),
        pytest.param("5% %%A%%", ("5% ", ""), ("A",), id="percent-and-space-before-tag"),
        pytest.param("a\n%%A%%\nb", ("a\n", "\nb"), ("A",), id="line-breaks-around"),
    ],
)
def test_parse__text(text, literals, slots):
    """A text is taken apart at its placeholders, and nothing else is touched."""
    assert Template.parse(text) == Template(literals, slots)
    assert Template.parse(text).text == text


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        pytest.param("Hi %%Name, welcome", 3, "not closed", id="never-closed"),
        pytest.param("%%A%% and %%", 10, "not closed", id="lone-mark-at-the-end"),
        pytest.param("Save 100%% now", 8, "not closed", id="doubled-percent-sign"),
        pytest.param("Hi %%Name\nfrom %%Shop%%", 3, "not closed", id="closed-in-another-line"),
        pytest.param("Hi %%Name\rfrom %%Shop%%", 3, "not closed", id="closed-after-a-return"),
        pytest.param("Hi %%%%!", 3, "without a name", id="empty"),
        pytest.param("%%a%b%%", 0, "holds a %", id="percent-inside-the-name"),
        pytest.param("50%%%NAME%%", 2, "three %", id="percent-right-before-tag"),
        pytest.param("%%A%%%%%B%%", 5, "three %", id="percent-between-two-tags"),
        pytest.param("All 100%%%", 7, "three %", id="three-at-the-end"),
        pytest.param("%%A%% %%B", 6, "not closed", id="second-is-not-closed"),
    ],
)
def test_parse__stray_mark(text, position, words):
    """A ``%%`` that no placeholder accounts for is refused, with the place and the fix."""
    with pytest.raises(InputError, match=f"character {position + 1} .*{words}.*single %") as fault:
        Template.parse(text)
    assert fault.value.details["position"] == position


def test_parse__stray_mark_in_a_long_text():
    """The sentence shows the neighbourhood, not the whole text, and no line break."""
    text = "x" * 300 + "\nabc %%Name def " + "y" * 300
    with pytest.raises(InputError) as fault:
        Template.parse(text)
    assert '"…xxxxxxxxxxxxxxx⏎abc →%%←Name def yyyyyyyyyyy…"' in str(fault.value)


@pytest.mark.parametrize("text", [None, 5, b"Hi", ["Hi"]])
def test_parse__no_string(text):
    """What is no string is refused by its type."""
    with pytest.raises(InputError, match=type(text).__name__):
        Template.parse(text)


@settings(deadline=None)
@given(st.lists(st.tuples(PLAIN, TAG)), PLAIN)
def test_parse__what_was_put_together(pairs, rest):
    """Any text put together from literals and tags is taken apart into the same."""
    text = "".join(f"{literal}%%{tag}%%" for literal, tag in pairs) + rest
    template = Template.parse(text)
    assert template.literals == (*(literal for literal, _ in pairs), rest)
    assert template.slots == tuple(tag for _, tag in pairs)
    assert template.text == text


@settings(deadline=None)
@given(st.text("ab%\n ", max_size=14))
def test_parse__any_marks(text):
    """Whatever the marks, the text is refused or is read as a plain pattern reads it."""
    try:
        template = Template.parse(text)
    except InputError:
        assert "%%" in text
        return
    assert template.text == text
    assert list(template.slots) == re.findall(r"%%(.+?)%%", text)
    assert not any("%%" in literal for literal in template.literals)


def test_tags__used_twice():
    """Tags come in the order of their first use, once each."""
    assert Template.parse("%%B%% %%A%% %%B%% %%a%%").tags == ("B", "A", "a")


def test_pieces__empty_literals():
    """Pieces say what is a tag, and leave empty literals out."""
    assert Template.parse("%%A%%%%B%%!").pieces == (("A", True), ("B", True), ("!", False))


def test_bind__some_tags():
    """Fixed values become part of the text around them; the other tags stay."""
    template = Template.parse("a%%A%%b%%B%%c%%A%%")
    assert template.bind({"A": "1", "Z": "9"}) == Template(("a1b", "c1"), ("B",))
    assert template.bind({"B": "%%A%%"}).slots == ("A", "A")


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pa.array(["Ann", None, ""]), id="string"),
        pytest.param(pa.array(["Ann", None, ""], pa.large_string()), id="large-string"),
        pytest.param(pa.chunked_array([["Ann"], [None, ""]]), id="chunked"),
        pytest.param(pa.array(["x", "Ann", None, ""]).slice(1), id="slice"),
        pytest.param(pa.array(["Ann", None, ""]).dictionary_encode(), id="dictionary"),
    ],
)
def test_fill__kinds_of_columns(column):
    """Null and blank fill in nothing, whatever string type the values have."""
    texts = fill(Template.parse("Hi %%A%%, %%B%% %%A%%%%C%%!"), {"A": column, "B": "x", "Z": "z"})
    assert texts.type == pa.string()
    assert texts.to_pylist() == ["Hi Ann, x Ann!", "Hi , x !", "Hi , x !"]


def test_fill__value_with_marks():
    """A value that looks like a placeholder is not read again."""
    template = Template.parse("%%A%%%%B%%")
    texts = fill(template, {"A": pa.array(["%%B%%"]), "B": pa.array(["%%A%%"])})
    assert texts.to_pylist() == ["%%B%%%%A%%"]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_fill__no_columns(rows):
    """Without columns the number of rows is said; every row has the same text."""
    assert fill(Template.parse("Hi"), {}, rows).to_pylist() == ["Hi"] * rows
    assert fill(Template.parse("%%A%%"), {"A": "x"}, rows).to_pylist() == ["x"] * rows


def test_fill__no_rows():
    """Columns without rows give no texts."""
    texts = fill(Template.parse("Hi %%A%%"), {"A": pa.array([], pa.string())})
    assert texts.equals(pa.array([], pa.string()))


def test_fill__lengths_differ():
    """Columns of different lengths, or of another than said, are refused."""
    template = Template.parse("%%A%%%%B%%")
    with pytest.raises(InputError, match=r"\[1, 2\]"):
        fill(template, {"A": pa.array(["a"]), "B": pa.array(["b", "c"])})
    with pytest.raises(InputError, match=r"\[1, 5\]"):
        fill(template, {"A": pa.array(["a"])}, 5)
    with pytest.raises(InputError, match="`n`"):
        fill(template, {})


def test_fill__more_bytes_than_a_string_array_holds(monkeypatch):
    """Where the texts need it, the wider string type is chosen before it is too late."""
    monkeypatch.setattr(templates, "_LARGEST_STRING_ARRAY_BYTES", 10)
    texts = fill(Template.parse("Hi %%A%%"), {"A": pa.array(["Ann", "Bo", "Cy"])})
    assert texts.type == pa.large_string()
    assert texts.to_pylist() == ["Hi Ann", "Hi Bo", "Hi Cy"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.none() | st.text("aé€😀%"), st.text("xyz ")), max_size=5))
def test_fill_one__against_fill(rows):
    """One text is filled as a column of texts is."""
    template = Template.parse("é%%A%%-%%B%%%%A%%")
    columns = {tag: pa.array([row[i] for row in rows], pa.string()) for i, tag in enumerate("AB")}
    singly = [fill_one(template, dict(zip("AB", row, strict=True))) for row in rows]
    assert fill(template, columns).to_pylist() == singly


@pytest.mark.parametrize(
    ("tag", "names", "offers"),
    [
        pytest.param("FIRSTNAME", ["FirstName"], ["FirstName"], id="case"),
        pytest.param("First Name", ["first_name"], ["first_name"], id="space-underscore"),
        pytest.param("first-name", ["First Name"], ["First Name"], id="dash"),
        pytest.param(" Name", ["Name"], ["Name"], id="space-at-the-end"),
        pytest.param("Prénom", ["prenom"], ["prenom"], id="accent"),
        pytest.param("Pre\u0301nom", ["Prénom"], ["Prénom"], id="decomposed-accent"),
        pytest.param("Strasse", ["Straße"], ["Straße"], id="sharp-s"),
        pytest.param("Nmae", ["Name"], ["Name"], id="swapped"),
        pytest.param("Nme", ["Name"], ["Name"], id="one-missing"),
        pytest.param("OrderNumbr", ["OrderNumber"], ["OrderNumber"], id="one-missing-long"),
        pytest.param("OderNumbr", ["OrderNumber"], ["OrderNumber"], id="two-missing-long"),
        pytest.param("Nae", ["Order"], [], id="another-word"),
        pytest.param("Nxmx", ["Name"], [], id="two-slips-in-a-short-word"),
        pytest.param("id", ["is"], [], id="too-short-for-slips"),
        pytest.param("id", ["ID"], ["ID"], id="short-but-same"),
        pytest.param("Name", ["Name"], [], id="the-tag-itself"),
        pytest.param("Name", ["nane", "NAME", "Nam"], ["NAME", "nane", "Nam"], id="best-first"),
        pytest.param("Name", [5, ("a", "b"), None, "name"], ["name"], id="labels-of-other-types"),
        pytest.param("Name", ["name", "name"], ["name"], id="repeated-labels"),
        pytest.param("a", ["A", " a", "a ", "-a"], ["A", " a", "a "], id="three-at-most"),
        pytest.param("Name", [], [], id="no-names"),
    ],
)
def test_near_misses__tag(tag, names, offers):
    """Names that a mistyped tag may have meant are offered, best first."""
    assert near_misses(tag, names) == offers


def _distance(one: str, other: str) -> int:
    """Count edits by the definition (optimal string alignment), slowly."""
    if not one or not other:
        return len(one) + len(other)
    options = [
        _distance(one[:-1], other) + 1,
        _distance(one, other[:-1]) + 1,
        _distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if one[-2:] == other[:-3:-1] and len(one) > 1 and len(other) > 1:
        options.append(_distance(one[:-2], other[:-2]) + 1)
    return min(options)


@settings(deadline=None)
@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_near_misses__edit_distance(one, other):
    """Slips are counted as the definition counts them."""
    assert templates._edit_distance(one, other) == _distance(one, other)

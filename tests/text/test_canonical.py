"""What nobody reads differently is the same text; what can be seen is not."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._text import canonical as module
from smsframe._text.canonical import canonical, canonical_column, visible


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("José", "Jose\u0301", id="composed"),
        pytest.param("Ann", "A\u200bn\u2060n\ufeff", id="invisible marks"),
        pytest.param("Ann", "\u202aAnn\u202c", id="marks of direction"),
        pytest.param("Ann", "A\u00adnn", id="soft hyphen"),
        pytest.param("❤", "❤\ufe0f", id="variation selector"),
        pytest.param("O'Neil", "O’Neil", id="apostrophe"),
        pytest.param('"x"', "“x”", id="quotes"),
        pytest.param("1-2", "1–2", id="dash"),
        pytest.param("wait...", "wait…", id="ellipsis"),
        pytest.param("a b", "a\u00a0b", id="no-break space"),
        pytest.param("a b", "a \t b", id="runs of blanks"),
        pytest.param("a b", "a\r\nb", id="line ends"),
        pytest.param("a b", "  a b \n", id="ends"),
        pytest.param("e\u0301\u200b", "e\u200b\u0301", id="mark inside a character"),
    ],
)
def test_canonical__what_reads_the_same(one, other):
    """Two spellings that look alike have one canonical form."""
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Ann", "ann", id="case"),
        pytest.param("José", "Jose", id="accent"),
        pytest.param("12.50", "12.5", id="digits"),
        pytest.param("a b", "ab", id="blank or none"),
        pytest.param("Hi!", "Hi", id="sign"),
    ],
)
def test_canonical__what_reads_otherwise(one, other):
    """What a reader would notice stays apart."""
    assert canonical(one) != canonical(other)


def test_visible__keeps_one_blank_at_the_ends():
    """A piece of a text keeps the blank that parts it from its neighbour."""
    assert visible(" \t a  b\n") == " a b "


ODD = st.text(
    st.sampled_from("aé ’…\u0301\u200b\u00a0\u00adЖ中\U0001f600\t\n\x1f")
    | st.characters(codec="utf-8"),
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.none() | ODD, max_size=8))
def test_canonical_column__as_one_by_one(texts):
    """A column is brought into form as its texts are, also cut out of a longer one."""
    expected = [None if text is None else canonical(text) for text in texts]
    column = pa.array(["x", *texts], pa.string())
    assert canonical_column(column.slice(1)).to_pylist() == expected
    assert canonical_column(column.cast(pa.large_string()).slice(1)).to_pylist() == expected


@given(ODD)
def test_canonical__once_is_enough(text):
    """What is canonical stays as it is."""
    assert canonical(canonical(text)) == canonical(text)


def test_canonical_column__keeps_what_is_canonical():
    """A column in canonical form is returned, not copied."""
    column = pa.array(["Ann", "José", "Жанна", "中文", "", None])
    assert canonical_column(column) is column


def test_safe_bytes__change_nothing():
    """Characters that are never looked at are canonical wherever they stand."""
    for first, last in ((0x21, 0x7E), (0xC0, 0x2BF), (0x400, 0x47F), (0x4000, 0x9FFF)):
        for code in range(first, last + 1):
            text = f"a{chr(code)}{chr(code)}b"
            assert canonical(text) == text
            assert not text.encode().translate(None, module._SAFE_BYTES)


def test_invisible__covers_the_categories():
    """Every control and format character that is no blank is dropped, as far as Python knows."""
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf") and not character.isspace():
            assert visible(f"a{character}b") == "ab", hex(code)

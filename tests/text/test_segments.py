"""Segments: equal to a slow obvious packer everywhere, and to known counts at every boundary."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsframe._text import char_classes
from smsframe._text.gsm7 import (
    GSM7_BASIC,
    GSM7_EXTENDED,
    LOOK_ALIKES,
    Folding,
    character_name,
    fold_gsm7,
)
from smsframe._text.segments import (
    Length,
    Ucs2Character,
    fold_template,
    measure,
    measure_filled,
    measure_one,
    segments,
    ucs2_characters,
)
from smsframe._text.template import Template, fill
from smsframe.errors import InputError

# The tables of 3GPP TS 23.038 §6.2.1 and §6.2.1.1, written as there: eight columns of sixteen.
TABLE = """
    @ Δ SP 0 ¡ P ¿ p    £ _ ! 1 A Q a q     $ Φ " 2 B R b r    ¥ Γ # 3 C S c s
    è Λ ¤ 4 D T d t     é Ω % 5 E U e u     ù Π & 6 F V f v    ì Ψ ' 7 G W g w
    ò Σ ( 8 H X h x     Ç Θ ) 9 I Y i y     LF Ξ * : J Z j z   Ø ESC + ; K Ä k ä
    ø Æ , < L Ö l ö     CR æ - = M Ñ m ñ    Å ß . > N Ü n ü    å É / ? O § o à
"""
SPELLED = {"SP": " ", "LF": "\n", "CR": "\r"}
SPECIFIED = {SPELLED.get(entry, entry) for entry in TABLE.split()} - {"ESC"}

ORDINARY = st.sampled_from("a b1@é\n")
EXTENDED = st.sampled_from(sorted(GSM7_EXTENDED))
BASIC_PLANE = st.sampled_from("ç`Łم\t’\u0301中")
ASTRAL = st.sampled_from("😀🎉𝔸")
PIECE = st.builds(str.__mul__, ORDINARY | EXTENDED | BASIC_PLANE | ASTRAL, st.integers(0, 160))
LONG_TEXT = st.lists(PIECE, max_size=6).map("".join)
GSM7_TEXT = st.lists(st.builds(str.__mul__, ORDINARY | EXTENDED, st.integers(0, 160))).map("".join)
VALUE = st.none() | st.text(st.one_of(ORDINARY, EXTENDED, BASIC_PLANE, ASTRAL), max_size=80)


def pack(text: str) -> tuple[bool, int, int]:
    """Pack a text as a phone does: unit by unit into segments, no pair ever split."""
    gsm7 = set(text) <= SPECIFIED | set("^{}\\[~]|€\f")
    if gsm7:
        glyphs = [2 if character in "^{}\\[~]|€\f" else 1 for character in text]
        alone, joined = 160, 153
    else:
        glyphs = [len(character.encode("utf-16-le")) // 2 for character in text]
        alone, joined = 70, 67
    packed: list[list[int]] = []
    for glyph in glyphs:
        if not packed or sum(packed[-1]) + glyph > joined:
            packed.append([])
        packed[-1].append(glyph)
    units = sum(glyphs)
    return gsm7, units, len(packed) if units > alone else min(units, 1)


def rows_of(measured) -> list[tuple[bool, int, int]]:
    """Turn a measurement into one tuple per row, as the packer gives them."""
    columns = (measured.gsm7, measured.units, measured.segments)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_alphabet__specification():
    """The alphabet is the specification's, character by character, 127 and ten of them."""
    assert len(GSM7_BASIC) == 127
    assert GSM7_BASIC == SPECIFIED
    assert frozenset("^{}\\[~]|€\f") == GSM7_EXTENDED
    assert not GSM7_BASIC & GSM7_EXTENDED


@pytest.mark.parametrize("outside", list("`çáíóúêëÀÈÌÒÙ\t\x00\x1b\x7f“’–…\u00a0°ºªΑΒω´«•"))
def test_alphabet__outside(outside):
    """Characters that look as if they were in the alphabet, and are not, force UCS-2."""
    assert rows_of(measure(pa.array([outside]))) == [(False, 1, 1)]


def test_alphabet__every_character_of_the_basic_plane():
    """Every character of the basic plane is classed by the specification."""
    everything = [chr(code) for code in range(0x10000) if not 0xD800 <= code <= 0xDFFF]
    assert rows_of(measure(pa.array(everything))) == [pack(character) for character in everything]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", (True, 0, 0), id="empty"),
        pytest.param("a", (True, 1, 1), id="one"),
        pytest.param("a" * 160, (True, 160, 1), id="160"),
        pytest.param("a" * 161, (True, 161, 2), id="161"),
        pytest.param("a" * 306, (True, 306, 2), id="306"),
        pytest.param("a" * 307, (True, 307, 3), id="307"),
        pytest.param("a" * 918, (True, 918, 6), id="918"),
        pytest.param("a" * 919, (True, 919, 7), id="919"),
        pytest.param("ç" * 70, (False, 70, 1), id="ucs2-70"),
        pytest.param("ç" * 71, (False, 71, 2), id="ucs2-71"),
        pytest.param("ç" * 134, (False, 134, 2), id="ucs2-134"),
        pytest.param("ç" * 135, (False, 135, 3), id="ucs2-135"),
        pytest.param("ç" * 201, (False, 201, 3), id="ucs2-201"),
        pytest.param("ç" * 202, (False, 202, 4), id="ucs2-202"),
        pytest.param("]" * 80, (True, 160, 1), id="80-pairs-fit-one"),
        pytest.param("]" * 81, (True, 162, 2), id="81-pairs"),
        pytest.param("]" * 153, (True, 306, 3), id="153-pairs-are-three"),
        pytest.param("]" * 152, (True, 304, 2), id="152-pairs"),
        pytest.param("a" + "]" * 152 + "a", (True, 306, 2), id="pairs-that-fit-exactly"),
        pytest.param("a" * 152 + "€" + "a" * 152, (True, 306, 3), id="pair-over-153"),
        pytest.param("a" * 151 + "€" + "a" * 153, (True, 306, 2), id="pair-up-to-153"),
        pytest.param("a" * 159 + "€", (True, 161, 2), id="pair-over-160"),
        pytest.param("a" * 158 + "€", (True, 160, 1), id="pair-up-to-160"),
        pytest.param("😀" * 35, (False, 70, 1), id="35-emoji"),
        pytest.param("😀" * 36, (False, 72, 2), id="36-emoji"),
        pytest.param("😀" * 66, (False, 132, 2), id="66-emoji"),
        pytest.param("😀" * 67, (False, 134, 3), id="67-emoji-are-three"),
        pytest.param("a" * 66 + "😀" + "a" * 66, (False, 134, 3), id="surrogates-over-67"),
        pytest.param("a" * 65 + "😀" + "a" * 67, (False, 134, 2), id="surrogates-up-to-67"),
        pytest.param("a" * 69 + "😀", (False, 71, 2), id="surrogates-over-70"),
        pytest.param("[" * 10 + "ç", (False, 11, 1), id="brackets-are-single-in-ucs2"),
        pytest.param("é" * 160, (True, 160, 1), id="composed-accents"),
        pytest.param("e\u0301" * 35, (False, 70, 1), id="decomposed-accents-70"),
        pytest.param("e\u0301" * 36, (False, 72, 2), id="decomposed-accents-72"),
        pytest.param("👨\u200d👩\u200d👧", (False, 8, 1), id="family"),
        pytest.param("\f" * 80, (True, 160, 1), id="form-feed"),
        pytest.param("\r\n" * 80, (True, 160, 1), id="line-breaks"),
    ],
)
def test_measure__boundaries(text, expected):
    """Counts on both sides of every boundary, whole, one by one, filled and as a Series."""
    assert pack(text) == expected
    assert rows_of(measure(pa.array([text]))) == [expected]
    assert rows_of(measure_filled(Template.parse("%%A%%"), {"A": text}, 2)) == [expected] * 2
    one = measure_one(text)
    assert (one.encoding == "gsm7", one.units, one.segments) == expected
    row = segments(pd.Series([text])).iloc[0]
    assert (row["encoding"] == "gsm7", row["units"], row["segments"]) == expected


@pytest.mark.parametrize(
    ("filler", "pair", "joined"),
    [pytest.param("a", "]", 153, id="escape"), pytest.param("ç", "😀", 67, id="surrogate")],
)
def test_measure__a_pair_at_every_place(filler, pair, joined):
    """Wherever one or two pairs stand in a text of any length, packing and counting agree."""
    texts = [
        filler * before + pair + filler * after + pair * twice
        for boundary in (joined, 2 * joined, 3 * joined)
        for before in range(boundary - 3, boundary + 3)
        for after in (
            *range(5),
            *range(joined - 5, joined + 5),
            *range(2 * joined - 5, 2 * joined + 3),
        )
        for twice in (0, 1)
    ]
    assert rows_of(measure(pa.array(texts))) == [pack(text) for text in texts]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Bo", (True, 163, 2), id="short"),
        pytest.param("Alexandria", (True, 171, 2), id="long"),
        pytest.param("Zoë", (False, 164, 3), id="letter-outside"),
        pytest.param("Jos’e", (False, 166, 3), id="curly-apostrophe"),
        pytest.param("Łukasz", (False, 167, 3), id="polish"),
        pytest.param("Bo😀", (False, 165, 3), id="emoji"),
        pytest.param(None, (True, 161, 2), id="missing"),
    ],
)
def test_measure_filled__one_name_changes_the_price(name, expected):
    """A text of 161 characters and a name: what single names do to it."""
    template = Template.parse("Hi %%Name%%" + "x" * 158)
    values = {"Name": pa.array([name], pa.string())}
    assert rows_of(measure_filled(template, values)) == [expected]


@settings(deadline=None)
@given(st.lists(st.none() | LONG_TEXT | GSM7_TEXT, max_size=8))
@example(["a" * 152 + "€" + "a" * 152, "]" * 153, None, "", "😀" * 67, "a" * 66 + "😀" + "a" * 66])
def test_measure__against_the_packer(texts):
    """Any texts together are counted as each is packed alone, and one by one as well."""
    expected = [pack(text or "") for text in texts]
    measured = measure(pa.array(texts, pa.string()))
    assert rows_of(measured) == expected
    assert measured.characters.tolist() == [len(text or "") for text in texts]
    singly = [measure_one(text or "") for text in texts]
    assert [(one.encoding == "gsm7", one.units, one.segments) for one in singly] == expected


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["%%A%%", "%%B%%", "%%C%%", "x" * 60, "[é]", "😀", "’"]), max_size=9),
    st.lists(st.tuples(VALUE, VALUE), max_size=6),
    VALUE,
)
def test_measure_filled__against_filling(pieces, rows, constant):
    """Counting without writing the texts gives what counting the written texts gives."""
    template = Template.parse("-".join(pieces))
    values = {tag: pa.array([row[i] for row in rows], pa.string()) for i, tag in enumerate("AB")}
    values |= {"C": constant or ""}
    expected = [pack(text) for text in fill(template, values, len(rows)).to_pylist()]
    assert rows_of(measure_filled(template, values, len(rows))) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(LONG_TEXT, max_size=8), st.integers(1, 5), st.integers(1, 400))
def test_measure__cut_into_slices(texts, rows, size):
    """Where the work is cut makes no difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(char_classes, "SLICE_ROWS", rows)
        patch.setattr(char_classes, "SLICE_BYTES", size)
        patch.setattr("smsframe._text.segments.SLICE_ROWS", rows)
        assert rows_of(measure(pa.array(texts, pa.string()))) == [pack(text) for text in texts]


def test_measure__many_rows():
    """More rows than a slice holds, of every kind, are counted as the packer counts them."""
    random = np.random.default_rng(7)
    alphabets = ["ab", "ab]€", "ç", "ab😀", "م"]
    texts = [
        "".join(random.choice(list(alphabets[i % 5]), random.integers(0, 320))) for i in range(700)
    ]
    expected = [pack(text) for text in texts]
    assert rows_of(measure(pa.array(texts * 120))) == expected * 120


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pa.array(["x", "a[", None, "ç"]).slice(1), id="slice"),
        pytest.param(pa.array(["a[", None, "ç"], pa.large_string()), id="large-string"),
        pytest.param(pa.chunked_array([["a["], [None, "ç"]]), id="chunked"),
        pytest.param(pa.array(["a[", None, "ç"]).dictionary_encode(), id="dictionary"),
        pytest.param(
            pa.StringArray.from_buffers(
                3,
                pa.py_buffer(np.array([0, 2, 4, 6], np.int32).tobytes()),
                pa.py_buffer("a[[[ç".encode()),
                pa.py_buffer(b"\x05"),
            ),
            id="bytes-under-null",
        ),
    ],
)
def test_measure__kinds_of_columns(column):
    """Null counts as the empty text, whatever string type the texts have."""
    assert rows_of(measure(column)) == [(True, 3, 1), (True, 0, 0), (False, 1, 1)]


def test_measure__dtypes():
    """The arrays have the promised types, also without rows."""
    for measured in (
        measure(pa.array(["a"])),
        measure(pa.array([], pa.string())),
        measure_filled(Template.parse("a"), {}, 4),
        measure_filled(Template.parse("%%A%%"), {"A": "b"}, 0),
    ):
        columns = (measured.gsm7, measured.units, measured.segments, measured.characters)
        assert [column.dtype for column in columns] == [bool, np.int32, np.int16, np.int32]


def test_measure_filled__no_columns():
    """A text without values is measured once and stands for all rows."""
    measured = measure_filled(Template.parse("a" * 161), {}, 3)
    assert rows_of(measured) == [(True, 161, 2)] * 3
    assert measure_filled(Template.parse("a"), {}, 0).units.tolist() == []


def test_measure_filled__lengths_differ():
    """Columns of different lengths are refused."""
    values = {"A": pa.array(["a"]), "B": pa.array(["a", "b"])}
    with pytest.raises(InputError, match=r"\[1, 2\]"):
        measure_filled(Template.parse("%%A%%%%B%%"), values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", Length("gsm7", 0, 0, 160), id="empty"),
        pytest.param("a" * 159, Length("gsm7", 159, 1, 1), id="one-left"),
        pytest.param("a" * 161, Length("gsm7", 161, 2, 145), id="second-begun"),
        pytest.param("]" * 77, Length("gsm7", 154, 1, 6), id="alone-over-153"),
        pytest.param("a" * 152 + "€" + "a" * 151, Length("gsm7", 305, 2, 0), id="lost-unit"),
        pytest.param("ç" * 71, Length("ucs2", 71, 2, 63), id="ucs2"),
    ],
)
def test_measure_one__left(text, expected):
    """A counter is told what the last segment still holds."""
    assert measure_one(text) == expected


TEXTS = ["Hi", None, "Zoë", ""]


@pytest.mark.parametrize(
    "dtype", ["object", "string[python]", "string[pyarrow]", "category", "str", "arrow"]
)
def test_segments__dtypes(dtype):
    """Every way pandas keeps texts gives the same frame, and the input stays as it was."""
    dtype = pd.ArrowDtype(pa.string()) if dtype == "arrow" else dtype
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2), ("b", 3)])
    series = pd.Series(TEXTS, dtype=object, index=index).astype(
        dtype if dtype != "str" else pd.Series(["a"]).dtype
    )
    before = series.copy()
    frame = segments(series)
    pd.testing.assert_series_equal(series, before)
    assert frame.index.equals(index)
    assert list(frame.columns) == ["encoding", "units", "segments"]
    assert frame["encoding"].dtype == pd.CategoricalDtype(["gsm7", "ucs2"])
    assert [str(kind) for kind in frame.dtypes[1:]] == ["Int32", "Int32"]
    assert frame["encoding"].astype(object).fillna("NA").tolist() == ["gsm7", "NA", "ucs2", "gsm7"]
    assert frame["units"].tolist() == [2, pd.NA, 3, 0]
    assert frame["segments"].tolist() == [1, pd.NA, 1, 0]


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(pd.Series([], dtype=object), id="object"),
        pytest.param(pd.Series([], dtype="string"), id="string"),
        pytest.param(pd.Series([], dtype="category"), id="category"),
    ],
)
def test_segments__no_rows(series):
    """A Series without rows gives a frame without rows."""
    assert segments(series).shape == (0, 3)


@pytest.mark.parametrize(
    "dtype",
    [
        pytest.param(pd.ArrowDtype(pa.string()), id="arrow"),
        pytest.param("string[pyarrow]", id="string"),
        pytest.param(pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())), id="dictionary"),
    ],
)
def test_segments__of_frames_put_together(dtype):
    """A column in several chunks, as ``pd.concat`` makes them, is counted like any other."""
    series = pd.concat([pd.Series(texts, dtype=dtype) for texts in (["a"], ["ç", None], ["€"])])
    assert segments(series)["units"].tolist() == [1, 1, pd.NA, 2]


def test_ucs2_characters__in_chunks():
    """Characters are counted over all chunks of a column."""
    column = pa.chunked_array([["aç", "ç"], [None, "a"], ["çç"]])
    (found,) = ucs2_characters(Template.parse("%%A%%"), {"A": column})
    assert (found.character, found.where, found.rows) == ("ç", "A", 3)


def test_segments__all_missing():
    """A Series of nothing but missing texts gives nothing but NA."""
    assert segments(pd.Series([None, None], dtype=object)).isna().all(axis=None)


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(pd.Series([1, 2]), id="numbers"),
        pytest.param(pd.Series(["a", 1], dtype=object), id="mixed"),
        pytest.param(pd.Series([b"a"], dtype=object), id="bytes"),
        pytest.param(pd.Series([b"a", "b"], dtype=object), id="bytes-among-texts"),
        pytest.param(pd.Series(["a\ud800"], dtype=object), id="half-a-pair"),
        pytest.param(pd.Series([1, 2], dtype="category"), id="categories-of-numbers"),
    ],
)
def test_segments__no_texts(series):
    """What is no text is refused with the fix, not counted as something."""
    with pytest.raises(InputError, match=r"'body'.*astype"):
        segments(series.rename("body"))


def test_ucs2_characters__places_and_rows():
    """Every character outside GSM-7 is named with its place and the rows that hold it there."""
    template = Template.parse("Hi %%Name%% – %%Shop%%, %%Name%% ’’ %%Gone%%")
    values = {
        "Name": pa.array(["Zoë", "ëë ’", None, "Ann[", "`"]),
        "Shop": "Café 😀😀",
        "Unused": pa.array(["中"] * 5),
    }
    assert ucs2_characters(template, values) == [
        Ucs2Character("–", "EN DASH", "text", 5),
        Ucs2Character("’", "RIGHT SINGLE QUOTATION MARK", "text", 5),
        Ucs2Character("😀", "GRINNING FACE", "Shop", 5),
        Ucs2Character("ë", "LATIN SMALL LETTER E WITH DIAERESIS", "Name", 2),
        Ucs2Character("`", "GRAVE ACCENT", "Name", 1),
        Ucs2Character("’", "RIGHT SINGLE QUOTATION MARK", "Name", 1),
    ]


def test_ucs2_characters__none():
    """A text that fits GSM-7 has none, with rows and without."""
    template = Template.parse("Hi %%Name%%")
    assert ucs2_characters(template, {"Name": pa.array(["Ann", "[]"])}) == []
    assert ucs2_characters(template, {"Name": pa.array([], pa.string())}) == []


@settings(deadline=None)
@given(st.lists(st.none() | st.text(ORDINARY | EXTENDED | BASIC_PLANE | ASTRAL, max_size=12)))
def test_ucs2_characters__against_counting(texts):
    """Rows are counted once per character, as looking at each text counts them."""
    values = {"A": pa.array(texts, pa.string())}
    found = ucs2_characters(Template.parse("%%A%%"), values)
    expected = {
        character: sum(character in (text or "") for text in texts)
        for character in set("".join(text or "" for text in texts))
        if not pack(character)[0]
    }
    assert {entry.character: entry.rows for entry in found} == expected
    assert [entry.rows for entry in found] == sorted(expected.values(), reverse=True)


@pytest.mark.parametrize(
    ("character", "name"),
    [
        pytest.param("’", "RIGHT SINGLE QUOTATION MARK", id="named"),
        pytest.param("\t", "TAB", id="control-with-a-name"),
        pytest.param("\x01", "U+0001", id="control-without"),
        pytest.param("\ue000", "U+E000", id="private-use"),
    ],
)
def test_character_name__kinds(character, name):
    """Every character has a name that can be shown."""
    assert character_name(character) == name


def test_fold_gsm7__only_look_alikes():
    """Nothing but quotes, dashes, the ellipsis and spaces is folded; every result is GSM-7."""
    everything = [chr(code) for code in range(0x20000) if not 0xD800 <= code <= 0xDFFF]
    folded = fold_gsm7(pa.array(everything))[0].to_pylist()
    changed = {old for old, new in zip(everything, folded, strict=True) if old != new}
    assert changed == set(LOOK_ALIKES)
    assert not any(character.isalpha() or character.isdigit() for character in changed)
    assert all(set(replacement) <= GSM7_BASIC for replacement in LOOK_ALIKES.values())


def test_fold_gsm7__report():
    """The report says what was replaced by what and how often, most frequent first."""
    folded, changes = fold_gsm7(pa.array(["“Łukasz’s”…", None, "a\u00a0–\u00a0b’c"]))
    assert folded.to_pylist() == ['"Łukasz\'s"...', None, "a - b'c"]
    assert changes[:2] == [
        Folding("’", "RIGHT SINGLE QUOTATION MARK", "'", 2),
        Folding("\u00a0", "NO-BREAK SPACE", " ", 2),
    ]
    assert {(change.character, change.replacement, change.count) for change in changes[2:]} == {
        ("“", '"', 1),
        ("”", '"', 1),
        ("…", "...", 1),
        ("–", "-", 1),
    }


def test_fold_gsm7__nothing_to_fold():
    """Texts without look-alikes come back as they are, with an empty report."""
    texts = pa.array(["Łukasz", None])
    assert fold_gsm7(texts) == (texts, [])
    assert fold_gsm7("é ´ « • ë") == ("é ´ « • ë", [])


@settings(deadline=None)
@given(st.lists(st.none() | st.text("a’“…–\u00a0é\u2009", max_size=9)))
def test_fold_gsm7__column_against_single(texts):
    """A column is folded as its texts are one by one."""
    folded, changes = fold_gsm7(pa.array(texts, pa.string()))
    assert folded.to_pylist() == [text if text is None else fold_gsm7(text)[0] for text in texts]
    assert changes == fold_gsm7("".join(text or "" for text in texts))[1]


def test_fold_template__tags():
    """Folding a template leaves its tags alone, which name columns as they are."""
    folded, changes = fold_template(Template.parse("It’s %%Shop’s name%% – bye"))
    assert folded.text == "It's %%Shop’s name%% - bye"
    assert {change.character: change.count for change in changes} == {"’": 1, "–": 1}

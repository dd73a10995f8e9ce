"""Lists of people who must not be texted: what they may be, whom they hold back, when refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections import deque
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from exclusions import MESSAGE, PHONES, TEXT, excluded, refusal, written
from samples import make_people

import smsframe

INTEGERS = [int(phone) for phone in PHONES[1:3]]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(PHONES[1:3], id="list"),
        pytest.param(tuple(PHONES[1:3]), id="tuple"),
        pytest.param(set(PHONES[1:3]), id="set"),
        pytest.param(dict.fromkeys(PHONES[1:3]).keys(), id="keys"),
        pytest.param(deque(PHONES[1:3]), id="deque"),
        pytest.param(INTEGERS, id="integers"),
        pytest.param([np.int64(INTEGERS[0]), float(INTEGERS[1]), None, "", np.nan], id="mixed"),
        pytest.param(np.array(PHONES[1:3]), id="array"),
        pytest.param(np.array(INTEGERS), id="array-of-integers"),
        pytest.param(pd.Series(PHONES[1:3], index=[7, 7]), id="series"),
        pytest.param(pd.Series(PHONES[1:3], dtype="string"), id="string-series"),
        pytest.param(pd.Series(PHONES[1:2], name=PHONES[2]), id="series-under-its-first-number"),
        pytest.param(pd.Series(PHONES[1:3] * 2, dtype="category"), id="categorical"),
        pytest.param(pd.Series([*INTEGERS, np.nan]), id="floats"),
        pytest.param(pd.Index(PHONES[1:3]), id="index"),
        pytest.param(pa.array(PHONES[1:3]), id="arrow-array"),
        pytest.param(pa.chunked_array([PHONES[1:2], PHONES[2:3]]), id="arrow-chunks"),
        pytest.param(pa.table({"phone": PHONES[1:3], "x": [1, 2]}), id="arrow-table"),
        pytest.param(pd.DataFrame({"x": PHONES[1:3]}), id="frame-of-one-column"),
        pytest.param(pd.DataFrame({"name": ["a", "b"], "mobile": PHONES[1:3]}), id="frame"),
        pytest.param(pd.DataFrame({"sms_contact": INTEGERS, "mobile": "x"}), id="our-column"),
        pytest.param([pd.Series(PHONES[1:2]), PHONES[2]], id="list-of-several"),
        pytest.param([PHONES[1:2], pd.DataFrame({"phone": PHONES[2:3]})], id="nested"),
    ],
)
def test_exclude__numbers_in_any_form(given):
    """Numbers are taken however they are held."""
    assert excluded(given) == [1, 2]


@pytest.mark.parametrize(
    "given", [None, [], (), pd.Series(dtype="string"), pd.DataFrame({"phone": []}), np.array([])]
)
def test_exclude__nobody(given):
    """An empty list excludes nobody."""
    assert excluded(given) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.txt", "+12015550101\n(201) 555-0102\n", id="text"),
        pytest.param("a", "+12015550101\r\n\r\n2015550102", id="no-ending"),
        pytest.param("a.txt", "phone\n# opted out\n+12015550101\n+12015550102", id="heading"),
        pytest.param("a.txt", "\ufeff+12015550101\n#+12015550102", id="mark"),
        pytest.param("a.csv", "name,phone\nAnn,+12015550101\nBob,+12015550102\n", id="csv"),
        pytest.param("a.CSV", "name;phone\nAnn;12015550101\nBob;12015550102\n", id="semicolons"),
        pytest.param("a.csv", "+12015550101\n+12015550102\n", id="csv-without-header"),
        pytest.param("a.csv", "Ann,2015550101\nBob,2015550102\n", id="csv-columns-no-header"),
        pytest.param("a.tsv", "name\tphone\nAnn\t+12015550101\nBob\t+12015550102\n", id="tsv"),
    ],
)
@pytest.mark.parametrize("kind", [Path, str, lambda path: [path], lambda path: {str(path)}])
def test_exclude__files_of_text(name, text, kind, tmp_path):
    """A file is a table with one phone column, or a text with one number a line."""
    path = written(tmp_path, name, text)
    if path.suffix or kind in (Path, str):  # in a list, a text without an ending is a number
        assert excluded(kind(path)) == [1, 2]


def test_exclude__other_files(tmp_path):
    """Excel, Parquet and texts in UTF-16 are read too, several at once."""
    frame = pd.DataFrame({"name": ["Ann"], "mobile": PHONES[1:2]})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.assign(mobile=PHONES[2]).to_excel(tmp_path / "b.xlsx", index=False)
    wide = written(tmp_path, "c.txt", "2015550103\n", encoding="utf-16")
    assert excluded([tmp_path / "a.parquet", str(tmp_path / "b.xlsx"), wide]) == [1, 2, 3]


def test_exclude__home_folder(tmp_path, monkeypatch):
    """The path may begin with the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path, "a.txt", "+12015550101\n")
    assert excluded("~/a.txt") == [1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param("+12015550101", "give a list: exclude=[…]", id="a-number-as-text"),
        pytest.param("nobody.csv", "there is no such file", id="no-file"),
        pytest.param(["+12015550101", "nobody.csv"], "there is no such file", id="no-file-in-list"),
        pytest.param("", "cannot be read", id="blank"),
        pytest.param(".", "it is a folder. Give a file, or smsframe.SentFiles", id="folder"),
        pytest.param(12015550101, "of type int", id="one-integer"),
        pytest.param({"a": "+12015550101"}, "of type dict", id="mapping"),
        pytest.param(iter(["+12015550101"]), "of type list_iterator", id="iterator"),
        pytest.param(b"+12015550101", "of type bytes", id="bytes"),
        pytest.param(np.array([["+12015550101"]]), "several columns", id="two-dimensions"),
        pytest.param(pd.Series([True, False]), "dtype bool", id="booleans"),
        pytest.param(pd.Series(pd.to_datetime(["2026-11-05"])), "dtype datetime", id="dates"),
        pytest.param([None, ""], "all are blank", id="blank-cells"),
        pytest.param(["n/a"] * 4 + ["abc"] * 3, "3 of its 7 entries", id="nothing-read"),
        pytest.param(["abc"] * 4 + PHONES * 10, "4 of its 54 entries", id="too-many-unread"),
        pytest.param(
            pd.DataFrame({"phone": PHONES, "mobile": PHONES}),
            "'phone', 'mobile'. Give exclude=frame['phone']",
            id="two-columns",
        ),
        pytest.param(
            pd.DataFrame({"a": ["x"], "b": ["y"]}), "no column that is plainly", id="no-column"
        ),
        pytest.param(["+12015550101", "1.20156E+10"], "scientific notation", id="one-rounded"),
        pytest.param([2.01556e9], "were rounded", id="one-rounded-float"),
        pytest.param(["+12015550101", 2.01556e9], "were rounded", id="a-rounded-float-of-two"),
        pytest.param(["2015560000.0", None], "were rounded", id="a-rounded-float-as-text"),
        pytest.param([Decimal("2.01556E+9")], "were rounded", id="a-rounded-decimal"),
        pytest.param([12015600000, 12015700000], "were rounded", id="two-rounded-integers"),
        pytest.param(pd.Series(INTEGERS, dtype="float32"), "32-bit floats", id="float32"),
        pytest.param(pd.Series([12015550101.5, 1.0]), "digits after the point", id="fraction"),
        pytest.param([f"12{n:03}000000" for n in range(40)], "were rounded", id="rounded"),
        pytest.param([-2015550101, -12, -99999] * 3, "too small", id="wrapped"),
    ],
)
def test_exclude__refused(given, words):
    """What cannot be believed is refused as a whole, and nothing is planned."""
    assert words in refusal(given)


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, lambda raw: b"\0".join([raw, raw])]
)
def test_exclude__a_packed_file(pack, tmp_path):
    """A file whose numbers cannot be seen is refused, not read as a list of nobody."""
    path = tmp_path / "list.csv.gz"
    path.write_bytes(pack(b"phone\n+12015550101\n"))
    assert "holds no text: unpack it" in refusal(path)


def test_exclude__a_frame_without_columns():
    """Numbers in the index are no column; it is said how to give them."""
    assert "give frame.index" in refusal(pd.DataFrame(index=PHONES[:2]))


def test_exclude__empty_file(tmp_path):
    """A file of no bytes was cut off: it excludes nobody, which is not what it is for."""
    assert "it is empty" in refusal(written(tmp_path, "a.txt", ""))
    assert "it is empty" in refusal(written(tmp_path, "a.csv", ""))


@pytest.mark.parametrize(
    "lines", ["2,01556E+09", "phone\n2,01556E+09", "2.01556E+09", '"2,01E+09"']
)
def test_exclude__a_rounded_file_of_one_column(lines, tmp_path):
    """A decimal comma is no second cell, and a number is no header: the cause is told."""
    path = tmp_path / "a.csv"
    path.write_text(lines + "\n")
    assert "numbers in scientific notation" in refusal(path)


def test_exclude__round_numbers_that_are_text():
    """Whoever writes them as text means them, and a single integer may be a head office."""
    for given in (["+12015600000", "+12015700000"], [12015600000], [5550000.0]):
        assert excluded(given) == []


def test_exclude__a_rounded_file(tmp_path):
    """A list that a spreadsheet has rounded is refused however it arrives."""
    path = written(tmp_path, "a.csv", "name,phone\nAnn,1.20156E+10\nBob,12015550101\n")
    assert "scientific notation" in refusal(path)


def test_exclude_unread__few():
    """A few entries that cannot be read are a warning with their number; the others count."""
    made = smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=["call Ann", "?!", *PHONES[:1]])
    problems = made.problems.set_index("code").loc["exclude_unread"]
    assert problems["severity"] == "warning"
    assert problems["sentence"].startswith("2 of the entries of exclude= can be read")
    assert "Ann" not in problems["value"]
    assert made.recipients == 4
    assert excluded(["abc"] * 5 + PHONES * 120) == [0, 1, 2, 3, 4]


def test_exclude__in_doubt_by_the_region():
    """Digits are read in the region of the send and, without one, as the end of a number."""
    people = make_people(5).assign(mobile=[phone[2:] for phone in PHONES])
    assert excluded(["(201) 555-0101"], people, region="US") == [1]
    assert excluded(["5550101"], people, region="US") == [1]


def test_exclude__lifts_no_other_rule():
    """Excluded rows do not count for limit, confirm and duplicates, and bad ones stay invalid."""
    frame = make_people(6).iloc[[0, 1, 1, 2, 3, 4, 4]].reset_index(drop=True)
    frame.loc[5, "FirstName"] = None
    made = smsframe.plan(frame, TEXT, **MESSAGE, exclude=PHONES[1:2] + PHONES[4:5], limit=2)
    told = made.to_frame()
    assert told["sms_code"].fillna("").tolist() == [
        *("", "excluded", "excluded", "", "limit", "value_missing", "excluded"),
    ]
    assert told["sms_status"].tolist() == [
        *("planned", "not_attempted", "not_attempted", "planned", "not_attempted", "invalid"),
        "not_attempted",
    ]
    assert "exclude=" in told["sms_error"].iloc[1]
    assert made.segments.notna().tolist() == [True, False, False, True, True, False, False]


def test_plan__shows_how_many():
    """The plan says how many are excluded, also when it is none."""
    made = smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=PHONES[:2])
    assert "  excluded: 2\n" in repr(made)
    assert "excluded: <b>2</b>" in made._repr_html_()
    assert "  excluded: 0\n" in repr(smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=[]))
    assert "excluded" not in repr(smsframe.plan(make_people(5), TEXT, **MESSAGE))


def test_plan__is_frozen():
    """What becomes of the list after the plan was made does not change it."""
    given = PHONES[:2]
    made = smsframe.plan(make_people(5), TEXT, **MESSAGE, exclude=given)
    given.clear()
    assert made.recipients == 3


def test_preview__leaves_them_out():
    """``preview`` shows only what would go out."""
    shown = smsframe.preview(make_people(2), TEXT, phone="mobile", exclude=PHONES[:1])
    assert shown["text"].tolist() == ["Hi Name1"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        pytest.param(
            {"mobile": PHONES[1:3], "home_phone": PHONES[2:4]},
            r"several columns that look like phones: 'mobile', 'home_phone'.*"
            r"\[frame\['mobile'\], frame\['home_phone'\]\] for all of them",
            id="several",
        ),
        pytest.param(
            {"name": ["a", "b"], "emergency_phone": PHONES[1:3]},
            r"a column of phones that may be somebody else's: 'emergency_phone'",
            id="somebody-elses",
        ),
        pytest.param({"name": ["a", "b"], "n": [1, 2]}, "no column that is plainly", id="none"),
    ],
)
def test_exclude__says_which_columns_there_are(columns, said):
    """A frame whose numbers may stand in several columns is refused with all ways out."""
    with pytest.raises(smsframe.InputError, match=said):
        excluded(pd.DataFrame(columns))

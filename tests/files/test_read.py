"""``smsframe.read``: what it decides of a file, what it says of it, what it refuses to decide."""

from __future__ import annotations

import os
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

import smsframe
from smsframe._files import typed_columns
from smsframe.cli import commands
from smsframe.errors import InputError

pytestmark = pytest.mark.usefixtures("own_folder")


def written(name, content):
    """Write a file and return its path."""
    path = Path(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def book(rows, name="people.xlsx", title="People"):
    """Write a workbook of one sheet and return its path."""
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    for (cell,) in made.active["B3:B9"]:
        cell.number_format = "0.00"
    made.save(name)
    return Path(name)


@pytest.mark.parametrize(
    ("content", "given", "line", "decided"),
    [
        pytest.param(
            "mobile,code\n2015550123,007\n",
            {},
            "UTF-8, separator ',', header in line 1 · every cell is text",
            {"encoding": "utf-8", "separator": ",", "header_line": 1},
            id="plain",
        ),
        pytest.param(
            'sep=;\nmobile;code\n2015550123;"007"\n',
            {},
            "UTF-8, separator ';', header in line 2 · every cell is text",
            {"encoding": "utf-8", "separator": ";", "header_line": 2},
            id="declared",
        ),
        pytest.param(
            "mobile\tcode\n2015550123\t007\n",
            {},
            "UTF-8, separator 'tab', header in line 1 · every cell is text",
            {"encoding": "utf-8", "separator": "tab", "header_line": 1},
            id="tab",
        ),
        pytest.param(
            "People of May\n\nmobile\tcode\n2015550123\t007\n",
            {"header_line": 3, "separator": "tab"},
            "UTF-8, separator 'tab', header in line 3 · every cell is text",
            {"encoding": "utf-8", "separator": "tab", "header_line": 3},
            id="below a title",
        ),
        pytest.param(
            "mobile:code\n2015550123:007\n".encode("utf-16-le"),
            {"encoding": "utf-16-le", "separator": ":"},
            "UTF-16-LE, separator ':', header in line 1 · every cell is text",
            {"encoding": "utf-16-le", "separator": ":", "header_line": 1},
            id="said",
        ),
    ],
)
def test_read__says_what_it_decided_of_a_csv(content, given, line, decided, capsys):
    """The line has what was decided, the frame too; identifiers keep their zeros."""
    frame = smsframe.read(written("people.csv", content), **given)
    assert capsys.readouterr().out == f"people.csv: 1 row, 2 columns · {line}\n"
    assert frame.attrs["smsframe"]["read"] == {"kind": "csv", **decided}
    assert frame.to_dict("list") == {"mobile": ["2015550123"], "code": ["007"]}
    assert set(frame.dtypes.astype(str)) == {"string"}
    again = {name: value for name, value in decided.items() if name != "kind"}
    assert smsframe.read("people.csv", quiet=True, **again).equals(frame)
    assert capsys.readouterr().out == ""


def test_read__says_what_it_decided_of_a_workbook(capsys):
    """The sheet and the row of names are said; cells are what a person saw."""
    path = book([["Orders"], [], ["mobile", "total"], [12015550123, 12.5]])
    frame = smsframe.read(path, header_line=3, decimal=",")
    said = capsys.readouterr().out
    assert "1 row, 2 columns · sheet 'People', header in row 3" in said
    assert frame.to_dict("list") == {"mobile": ["12015550123"], "total": ["12,50"]}
    assert frame.attrs["smsframe"]["read"] == {
        "kind": "excel", "sheet": "People", "header_line": 3, "decimal": ",",
    }  # fmt: skip


def test_read__phones_of_parquet_are_text(capsys):
    """Numbers as long as phones become text, also where a missing one made floats of them."""
    stored = pd.DataFrame({"mobile": [12015550123.0, None], "cell": [2015550123, 1], "n": [1, 2]})
    stored.to_parquet("people.parquet")
    frame = smsframe.read("people.parquet")
    assert frame["mobile"].tolist() == ["12015550123", pd.NA]
    assert frame["cell"].tolist() == ["2015550123", "1"]
    assert frame["n"].dtype == "int64"
    assert "as text: mobile, cell" in capsys.readouterr().out


def test_read__numbers_and_dates_as_they_were_named(capsys):
    """Columns that are named become numbers and dates, for formats; all others stay text."""
    rows = "mobile;n;total;day\n+12015550123;7;1.234,50;2026-03-05\n+12015550124;;2,00;\n"
    frame = smsframe.read(
        written("people.csv", rows), numbers=["n", "total"], dates=["day"], decimal=","
    )
    assert frame["n"].tolist() == [7, pd.NA]
    assert frame["total"].tolist() == [1234.5, 2.0]
    assert [str(frame[name].dtype) for name in ("mobile", "n", "total")] == [
        "string", "Int64", "float64",
    ]  # fmt: skip
    assert str(frame["day"].dtype).startswith("datetime64")
    said = capsys.readouterr().out
    assert "numbers (decimal ','): n, total · dates: day · all others are text" in said
    plan = frame.sms.plan(
        "%%total%% on %%day%%", program="1", formats={"total": ",.2f", "day": "%d %b"},
        defaults={"day": "soon"},
    )  # fmt: skip
    assert plan.preview(1)["text"].tolist() == ["1,234.50 on 05 Mar"]


@pytest.mark.parametrize(
    ("content", "given", "said"),
    [
        pytest.param(
            "name;total,city\nA;1,B\n",
            {},
            "cut in 2 ways. Say with which mark: separator=',' or separator=';'",
            id="two separators",
        ),
        pytest.param(
            "name\ttotal,city\nA\t1,B\n", {}, "separator=',' or separator='tab'", id="a tab"
        ),
        pytest.param("a,b\n1,2\n", {"header_line": 3}, "empty from line 3 on", id="behind"),
        pytest.param(
            "Title\n\na,b\n1,2\n", {"header_line": 2}, "line 2 is blank.*header_line=3", id="blank"
        ),
        pytest.param(
            "Title,,\na,b,c\n1,2,3\n", {}, "title, say with header_line= in which", id="title"
        ),
        pytest.param("Title\na,b\n1,2\n", {}, "names stand: header_line=2", id="short title"),
        pytest.param(
            "a,n\n1,1.234\n",
            {"numbers": ["n"]},
            "two readings, 1.234 and 1,234, and numbers=",
            id="point",
        ),
        pytest.param(
            "a;n\n1;12,50\n", {"numbers": ["n"]}, "'12,50' is no number.*decimal=','", id="comma"
        ),
        pytest.param(
            "a,d\n1,05/03/2026\n", {"dates": ["d"]}, "is no date with the year first", id="date"
        ),
        pytest.param("a,b\n1,2\n", {"decimal": ","}, r"numbers=\[...\]", id="idle decimal"),
        pytest.param("a,b\n1,2\n", {"numbers": ["c"]}, "has no column 'c'", id="no column"),
        pytest.param("a,b\n1,2\n", {"numbers": "a"}, "numbers='a' .*list of names", id="no list"),
        pytest.param(
            "a,b\n1,2\n", {"numbers": ["a"], "dates": ["a"]}, "both name 'a'", id="two kinds"
        ),
        pytest.param("a,b\n1,2\n", {"separator": "ab"}, "one mark such as", id="two marks"),
        pytest.param("a,b\n1,2\n", {"separator": "1"}, "one mark such as", id="digit"),
        pytest.param("a,b\n1,2\n", {"header_line": 0}, "at least 1", id="line 0"),
    ],
)
def test_read__refuses_what_it_cannot_decide(content, given, said):
    """The sentence names the argument that decides."""
    with pytest.raises(InputError, match=said):
        smsframe.read(written("people.csv", content), quiet=True, **given)


def test_read__parquet_takes_no_way_to_read():
    """Nothing of a Parquet file is to be decided, so nothing can be said."""
    pd.DataFrame({"a": [1]}).to_parquet("people.parquet")
    for given in ({"separator": ";"}, {"header_line": 2}, {"numbers": ["a"]}):
        with pytest.raises(InputError, match=f"{next(iter(given))}="):
            smsframe.read("people.parquet", quiet=True, **given)


def test_read__workbook_whose_named_row_is_blank():
    """A row that is blank names no columns."""
    path = book([["Orders"], [], ["mobile"], ["+12015550123"]])
    with pytest.raises(InputError, match=r"row 2 is blank.*header_line=3"):
        smsframe.read(path, header_line=2, quiet=True)
    with pytest.raises(InputError, match="empty from row 9 on"):
        smsframe.read(path, header_line=9, quiet=True)


def test_command_line__reads_by_the_same_words(capsys):
    """A title and an odd separator are refused with options, and the options read them."""
    written("people.csv", "People\nmobile:code\n+12015550123:007\n")
    words = ["plan", "people.csv", "--text", "Hi %%code%%", "--program", "1", "--phone", "mobile"]
    assert commands.main([*words, "--separator", ":"]) != 0
    assert "--header-line 2" in re.sub(r"\s+", " ", capsys.readouterr().err)
    assert commands.main([*words, "--separator", ":", "--header-line", "2"]) == 0
    assert "Hi 007" in capsys.readouterr().out
    assert commands.main([*words, "--separator", "ab"]) != 0
    assert "--separator ab must be one mark" in re.sub(r"\s+", " ", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("2026-02-30", "'2026-02-30'"),
        ("2026/03/05", "'2026/03/05'"),
        ("30.02.2026 10:00", "'30.02.2026 10:00'"),
        ("2026-02-30 10:00:00", "'2026-02-30 10:00:00'"),
        ("05/03/2026 2:30 PM", "'05/03/2026 2:30 PM'"),
        ("201-555-0123", "'•••-•••-••23'"),
        ("05/03/2026 5550123", "'••/••/•••• •••••23'"),
    ],
)
def test_read__dates_that_are_none_are_shown(cell, shown):
    """What is no phone is not hidden, for it has to be found and corrected."""
    Path("some.csv").write_text(f"mobile,when\n1,{cell}\n")
    with pytest.raises(InputError, match="is no date with the year first") as refused:
        smsframe.read("some.csv", dates=["when"])
    assert f"Column 'when', line 2: {shown} is no date" in str(refused.value)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("1,234", "two readings: decimal='.' reads 1,234, decimal=',' reads 1.234."),
        ("1,234.50", "If it has a decimal point, decimal='.' says so."),
        ("1'234", "If it has a decimal point, decimal='.' says so."),
        ("1.234,50", "If the decimal mark is a comma, decimal=',' says so."),
        ("12,5", "If the decimal mark is a comma, decimal=',' says so."),
        ("(5)", "as numbers= needs. Write digits"),
        ("9" * 20, "has more digits than a number keeps, so it is an identifier."),
    ],
)
def test_read__numbers_with_thousands_apart(cell, told):
    """What is advised reads the cell, and where both marks do, it says as what."""
    Path("some.csv").write_text(f"mobile;total\n1;{cell}\n")
    with pytest.raises(InputError) as refused:
        smsframe.read("some.csv", numbers=["total"])
    assert told in str(refused.value)
    for mark in re.findall("decimal='(.)'", told):
        assert smsframe.read("some.csv", numbers=["total"], decimal=mark)["total"].notna().all()


def test_read__two_columns_of_one_name_in_parquet():
    """As of a CSV file."""
    pq.write_table(pa.table([["a"], ["b"]], ["n", "n"]), "some.parquet")
    with pytest.raises(InputError, match="has column 'n' more than once"):
        smsframe.read("some.parquet")


def test_read__half_a_character():
    """A file that ends in the middle of one is damaged, whatever its encoding."""
    Path("some.csv").write_bytes("mobile;name\n1;Ann\n".encode("utf-16")[:-1])
    with pytest.raises(InputError, match="is damaged: a character of it is not whole"):
        smsframe.read("some.csv", encoding="utf-16")


def test_read__says_which_cells_it_makes_blank(tmp_path, capsys):
    """Words that programs write for no value are no values; where they stood is said, and kept."""
    path = tmp_path / "people.csv"
    path.write_text("name,total\nAnn,1.50\nnan,#N/A\nNULL,2.00\n,3.00\n")
    frame = smsframe.read(path)
    assert frame["name"].isna().tolist() == [False, True, True, True]
    assert (
        "blank for a word such as NULL or #N/A: 3 cells of name, total" in capsys.readouterr().out
    )
    assert frame.attrs["smsframe"]["read"]["blank"] == ["name", "total"]
    path.write_text("name,total\nAnn,1.50\n")
    assert "blank" not in smsframe.read(path).attrs["smsframe"]["read"]
    assert "blank" not in capsys.readouterr().out


CELLS = st.sampled_from(
    ["0", "-0", "00123", "7", "-12", "9" * 18, "9" * 19, " 5 ", "0.5", "-0.0", "1.234", "12.50",
     "007.10", "22.000", "1e3", "+4", ".5", "5.", "\u0663", "", " ", None]
)  # fmt: skip


@given_by(st.lists(CELLS, min_size=1, max_size=5))
def test_numbers__at_once_or_one_by_one(cells):
    """Columns of plain numbers are read at once, and as they are one by one."""
    column = pd.Series(cells, dtype="string", index=range(2, 2 + len(cells)), name="total")

    def read():
        try:
            made = typed_columns.read_as(column, "numbers", None)
        except InputError as error:
            return str(error)
        return made.dtype, made.name, made.index.tolist(), [None if pd.isna(n) else n for n in made]

    at_once = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typed_columns, "_plain_numbers", lambda _: None)
        filled = [cell for cell in cells if cell and cell.strip()]
        if filled:
            column = column.where(column.str.strip() != "", None)
            assert read() == at_once


def test_read__what_is_no_file(tmp_path):
    """A pipe can be read once, and a packed file is unpacked by whoever has it."""
    os.mkfifo(tmp_path / "pipe.csv")
    for name in (tmp_path / "pipe.csv", "-"):
        with pytest.raises(InputError, match=r"is no file but what another program.*Write"):
            smsframe.read(name)
    with pytest.raises(InputError, match=r"^people\.csv\.gz is packed\. Unpack it"):
        smsframe.read(tmp_path / "people.csv.gz")


@pytest.mark.parametrize(
    ("cells", "kind", "hours"),
    [
        (["2026-03-05T14:30Z", ""], "datetime64[us, UTC]", [0]),
        (["2026-03-05 14:30+02:00", "2026-07-05 09:00+0200"], "datetime64[us, UTC+02:00]", [2, 2]),
        (["2026-03-05 14:30+01:00", "2026-07-05 09:00+02:00"], "object", [1, 2]),
    ],
    ids=["Z", "one", "several"],
)
def test_read__dates_keep_their_offset(cells, kind, hours):
    """14:30Z is another moment than 14:30+02:00, and either may be written behind a time."""
    lines = "".join(f"+1201555010{n},{cell}\n" for n, cell in enumerate(cells))
    Path("when.csv").write_text(f"mobile,when\n{lines}")
    frame = smsframe.read("when.csv", dates=["when"], quiet=True)
    assert str(frame["when"].dtype).replace("[ns", "[us") == kind
    offsets = [cell.utcoffset().total_seconds() / 3600 for cell in frame["when"].dropna()]
    assert offsets == hours
    plan = smsframe.plan(frame, "At %%when%%", program="1", formats={"when": "%H:%M%z"})
    assert plan.preview(1)["text"].iloc[0] == f"At 14:30+0{hours[0]}00"


def test_read__dates_with_and_without_an_offset():
    """Beside times that say whose clock they are of, one that says nothing is asked about."""
    Path("when.csv").write_text("a,when\n1,2026-03-05 14:30Z\n2,2026-07-05 09:00\n")
    with pytest.raises(InputError, match=r"'when', line 3: 2026-07-05 09:00:00 says no offset"):
        smsframe.read("when.csv", dates=["when"], quiet=True)

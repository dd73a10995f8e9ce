"""Files of the command line: what is taken as what, what is refused, and what is written back."""

from __future__ import annotations

import csv
import re
import tomllib
import warnings
from pathlib import Path

import pandas as pd
import pytest
from samples import make_people, without_library, written

from smsframe._base import no_value_words
from smsframe._files import read, workbooks, write
from smsframe.cli import commands, options
from smsframe.errors import InputError

ROOT = Path(__file__).parents[2]
A, B = "+12015550100", "+12015550101"

pytestmark = pytest.mark.usefixtures("own_folder")


def refusal(text: str, formats: dict[str, str] | None = None) -> str:
    """Return why a CSV file is refused."""
    with pytest.raises(InputError) as caught:
        read.read_frame(written("some.csv", text), formats or {})
    return str(caught.value)


def test_csv__separator_too_many(sending, sandbox, capsys):
    """A line with more fields than the header would text the wrong people, so nobody is texted."""
    written("some.csv", f"mobile,partner_mobile,name\n{A},{B},Ann,\n{B},{A},Bob,\n")
    assert commands.main(sending("some.csv", "Secret", "--confirm", "2")) == commands.USAGE
    err = capsys.readouterr().err
    assert "some.csv, line 2 has 4 fields, but the header has 3" in err
    assert "2 lines are like this" in err
    assert len(sandbox.requests()) == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("a,b\n1,2\n3\n", "line 3 has 1 field", id="too few"),
        pytest.param('a,b\n"x\ny",2\n3,4,5\n', "line 4 has 3 fields", id="after a line break"),
        pytest.param('a,b\n1,2\n3,"4\n5,6\n', "line 3: the quotes", id="quote not closed"),
        pytest.param('a,b\n1,"2"x\n', "line 2: the quotes", id="text after a quote"),
        pytest.param('"a,b;c\n1,2\n', "line 1: the quotes", id="quote of the header not closed"),
        pytest.param("a,b,a\n1,2,3\n", "'a' more than once", id="one name twice"),
        pytest.param("a,b, a\u200b\n1,2,3\n", "'a' more than once", id="looks alike"),
        pytest.param("List,,\n,,\na,b,c\n1,2,3\n", "line 1 has to name the columns", id="title"),
        pytest.param("List\n\na,b\n1,2\n", "If line 1 is a title, say", id="title alone"),
        pytest.param("sep=;\n", "it is empty", id="nothing but sep="),
    ],
)
def test_csv__refused(text, sentence):
    """What can be read in more than one way is refused, with its line."""
    assert sentence in refusal(text)


def test_csv__lines():
    """Rows carry the line they begin on, past blank lines and line breaks in cells."""
    frame = read.read_cells(written("some.csv", 'a,\r\n1,2\r\n\r\n"x\r\ny",4\r\n5,\r\n'))
    assert frame.index.tolist() == [2, 4, 6]
    assert frame.index.name == "line"
    assert list(frame) == ["a", "column 2"]
    assert frame["a"].tolist() == ["1", "x\r\ny", "5"]
    assert frame["column 2"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("header", "separator", "names"),
    [
        pytest.param('"Last, First";mobile', ";", ["Last, First", "mobile"], id="comma"),
        pytest.param('"Last, First"\tmobile', "\t", ["Last, First", "mobile"], id="comma, tabs"),
        pytest.param('"a, b, c"|mobile', "|", ["a, b, c", "mobile"], id="more of them inside"),
        pytest.param('mobile,"a;b;c;d"', ",", ["mobile", "a;b;c;d"], id="in the last cell"),
        pytest.param('"Customer\nname";mobile', ";", ["Customer\nname", "mobile"], id="line break"),
        pytest.param('"a\r\n,\r\n,";mobile', ";", ["a\r\n,\r\n,", "mobile"], id="line breaks"),
        pytest.param('"a ""b, c"", d, e";mobile', ";", ['a "b, c", d, e', "mobile"], id="quotes"),
        pytest.param(
            '"a ""\nb"", c, d";mobile', ";", ['a "\nb", c, d', "mobile"], id="split quotes"
        ),
        pytest.param('5" disk, old;mobile;n', ";", ['5" disk, old', "mobile", "n"], id="inches"),
        pytest.param('\n"a,b";mobile', ";", ["a,b", "mobile"], id="blank line before"),
    ],
)
def test_csv__separator(header, separator, names):
    """What stands in the quotes of the header does not count as a separator."""
    row = separator.join("1" * len(names))
    frame = read.read_cells(written("some.csv", f"{header}\n{row}\n"))
    assert list(frame) == names
    assert frame.iloc[0].tolist() == ["1"] * len(names)


@pytest.mark.parametrize(
    ("first", "separator"),
    [
        pytest.param("sep=;", ";", id="semicolon"),
        pytest.param("sep=,", ",", id="comma"),
        pytest.param("SEP=|", "|", id="upper case"),
        pytest.param('"sep=;"', ";", id="in quotes"),
        pytest.param("sep=\t", "\t", id="tab"),
        pytest.param("\ufeffsep=^", "^", id="mark, odd separator"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv__sep_line(first, separator, end):
    """Excel's line says the separator, whatever the header holds, and is a line of the file."""
    header, row = separator.join(("mobile", "last; first")), separator.join(("1", "a, b, c"))
    if separator in "; ,":
        header, row = header.replace("; first", ""), row.replace(", b, c", "")
    frame = read.read_cells(written("some.csv", end.join((first, header, row, ""))))
    assert frame.columns[0] == "mobile"
    assert len(frame.columns) == 2
    assert frame.index.tolist() == [3]


def test_csv__long_cell():
    """A long cell is no unclosed quote; Python's own limit is as it was afterwards."""
    before = csv.field_size_limit()
    frame = read.read_cells(written("some.csv", f'a,b\n1,"{"x" * 300_000}"\n'))
    assert len(frame["b"].iloc[0]) == 300_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv__line_ends(end):
    """Lines end as any system ends them."""
    frame = read.read_cells(written("some.csv", f"a,b{end}1,2{end}{end}3,4{end}"))
    assert frame["b"].tolist() == ["2", "4"]
    assert frame.index.tolist() == [2, 4]


def test_csv__header_below_a_title(sending, sandbox, capsys):
    """Where the columns that are named stand in a later line, that line is told."""
    written("some.csv", f"List,of people\n,\nmobile,name\n{A},Ann\n")
    assert commands.main(sending("some.csv", "Hi %%name%%", "--confirm", "1")) == commands.USAGE
    assert "the names of the columns stand in line 3" in capsys.readouterr().err
    assert len(sandbox.requests()) == 0


def test_csv__in_pieces(monkeypatch):
    """A file that is read piece by piece is the same file."""
    people = make_people(10)
    people.to_csv("people.csv", index=False)
    monkeypatch.setattr("smsframe._files.csv_reader.PIECE_ROWS", 3)
    frame = read.read_cells(Path("people.csv"))
    assert frame.to_dict("list") == people.to_dict("list")
    assert frame.index.tolist() == list(range(2, 12))


def test_blank_words__told_and_kept(sending, sandbox):
    """A word for a missing value is not sent as text, and comes back as it stood."""
    words = sorted(no_value_words.WORDS)
    names = ["Ann", *words, "", "Nan", "Null"]
    people = make_people(len(names)).assign(FirstName=names)
    people.to_csv("people.csv", index=False)
    assert (
        commands.main(sending("people.csv", "Hi %%FirstName%%", "--confirm", "3"))
        == commands.SOME_NOT
    )
    assert sandbox.outbox()["text"].tolist() == ["Hi Ann", "Hi Nan", "Hi Null"]
    back = read.read_cells(Path("people-results.csv")).fillna("")
    assert back["FirstName"].tolist() == names
    assert (back["sms_code"] == "value_missing").sum() == len(words) + 1
    assert "N/A and None" in back["sms_error"].iloc[1]


def test_blank_words__are_warned_of(sending, sandbox, capsys):
    """The words of a column that is used are named with their number before the text leaves."""
    people = make_people(4).assign(FirstName=["Ann", "NULL", "NULL", "#REF!"], other="nan")
    people.to_csv("people.csv", index=False)
    sent = sending("people.csv", "Hi %%FirstName%%", "--confirm", "4", "--default", "FirstName=you")
    assert commands.main(sent) == commands.ALL_ACCEPTED
    told = capsys.readouterr().err
    assert "3 no_value_word: 3 cells of column 'FirstName'" in told
    assert "'NULL' (2), '#REF!' (1). 3 count as blank." in told
    assert "other" not in told
    assert sandbox.outbox()["text"].tolist().count("Hi you") == 3


def test_csv__a_long_cell_is_read():
    """A cell may be as long as it is; a quote that is open is told as such."""
    cells = read.read_cells(written("some.csv", f"a,b\n{'x' * 140_000},2\n"))
    assert cells["a"].str.len().tolist() == [140_000]
    with pytest.raises(InputError, match="the quotes of a cell do not close"):
        read.read_cells(written("some.csv", 'a,b\n"' + "x,2\n" * 40_000))


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param("${:,.2f}", "$1,234.50", id="sign before"),
        pytest.param("{:.1f} km", "1234.5 km", id="unit behind"),
    ],
)
def test_formats__with_braces(sending, sandbox, spec, text):
    """A format with words around it reads the column as numbers too."""
    written("some.csv", f"mobile,total\n{A},1234.50\n")
    sent = sending("some.csv", "%%total%%", "--confirm", "1", "--format", f"total={spec}")
    assert commands.main(sent) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["text"].tolist() == [text]


def test_formats__that_cannot_be_used_are_named_first(sending, capsys):
    """The format is at fault, and not the cells that do not suit it."""
    written("some.csv", f"mobile,total\n{A},1234.50\n")
    assert commands.main(sending("some.csv", "%%total%%", "--format", "total=%s")) == commands.USAGE
    assert "is a format of C; leave it out" in capsys.readouterr().err


def test_blank_words__are_told():
    """The page on files and the help have the commonest of them, and the same ones."""
    page = (ROOT / "docs/files.md").read_text(encoding="utf-8")
    told = re.findall(r"  ([\w#<-][^\s,]*)", options.FILE_HELP)
    assert set(told) <= no_value_words.WORDS
    assert set(no_value_words.OTHER_WORDS) <= set(told)
    for word in told:
        assert f"`{word}`" in page


def test_excel__words_and_kinds():
    """In a workbook too: words count as blank, numbers and dates keep their kinds, lines count."""
    frame = pd.DataFrame({"name": ["Ann", "None", None], "n": [1, 2, None],
                          "day": pd.to_datetime(["2026-03-05"] * 3)})  # fmt: skip
    write.write_frame(frame, Path("some.xlsx"))
    cells = read.read_cells(Path("some.xlsx"))
    assert cells["name"].tolist()[:2] == ["Ann", "None"]
    made = read.prepared(cells, {"n": ",.2f", "day": "%d %b"})
    assert made["name"].isna().tolist() == [False, True, True]
    assert made["n"].tolist()[:2] == [1, 2]
    assert pd.api.types.is_datetime64_any_dtype(made["day"])
    assert made.index.tolist() == [2, 3, 4]


def test_formats__keep_the_cells(sending, sandbox):
    """A column that became numbers for its format comes back as it stood in the file."""
    written("some.csv", f"mobile,total\n{A},007.50\n")
    assert (
        commands.main(sending("some.csv", "$%%total%%", "--format", "total=,.2f", "--confirm", "1"))
        == 0
    )
    assert sandbox.outbox()["text"].tolist() == ["$7.50"]
    assert pd.read_csv("some-results.csv", dtype="string")["total"].tolist() == ["007.50"]


@pytest.mark.parametrize("days", [["05/03/2026", "13/03/2026"], ["13/03/2026", "05/03/2026"]])
def test_formats__dates_are_not_guessed(days):
    """Day and month are not told apart by the rows around, and pandas does not warn of it."""
    text = "day\n2026-03-05\n" + "".join(f"{day}\n" for day in days)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sentence = refusal(text, {"day": "%d %b"})
    assert f"Column 'day', line 3: '{days[0]}' is no date" in sentence
    assert "2 lines have such a value: 3, 4." in sentence
    assert "Write 2026-03-05" in sentence


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (" 2026-03-05 14:30 ", "05 Mar 14:30"),
        ("2026-03-05T14:30:59.5", "05 Mar 14:30"),
        ("2026-03-05T23:30:00Z", "05 Mar 23:30"),
        ("2026-03-05 23:30+05:30", "05 Mar 23:30"),
    ],
)
def test_formats__iso_dates(sending, sandbox, cell, text):
    """A date with the year first is read, its time as its own clock shows it."""
    written("some.csv", f"mobile,day\n{A},{cell}\n{B},\n")
    sent = sending("some.csv", "%%day%%", "--format", "day=%d %b %H:%M", "--confirm", "1")
    assert commands.main(sent) == commands.SOME_NOT
    assert sandbox.outbox()["text"].tolist() == [text]


@pytest.mark.parametrize(
    ("spec", "cells"),
    [
        pytest.param("%d %b", ["March 5", "2026-13-01", "20260305", "2026-3-5", "2026-03-05Z",
                               "2026-03-05 25:00", "46000"], id="dates"),
        pytest.param(",.2f", ["$7", "1,234", "12,50", "1 000", "inf", "1e999", "0x10", "1_000",
                              "٣", "7 EUR", "-"], id="numbers"),
    ],
)  # fmt: skip
def test_formats__refused(spec, cells):
    """What is no plain number or date is refused, and the cell at fault is the one named."""
    good = {"%d %b": "2026-01-01", ",.2f": "2"}[spec]
    for cell in cells:
        sentence = refusal(f"x;y\n{good};2\n;2\n{cell};2\n", {"x": spec})
        assert "Column 'x', line 4: " in sentence, cell
        assert "pd." not in sentence


def test_formats__numbers():
    """Whole numbers stay whole, however large, and blank cells stay blank."""
    frame = read.read_frame(
        written("some.csv", "x;y\n12345678901234567891;\n-1.50;\n;\n+2;\nNone;\n"), {"x": ",.2f"}
    )
    assert frame["x"].tolist() == [12345678901234567891, -1.5, None, 2, None]


@pytest.mark.parametrize(
    ("cells", "decimal", "numbers"),
    [
        pytest.param(["1.234", "999"], ".", [1.234, 999], id="point"),
        pytest.param(["1.234", "999"], ",", [1234, 999], id="thousands"),
        pytest.param(["1.234.567,50", "12,5"], ",", [1234567.5, 12.5], id="European"),
        pytest.param(["1,234,567.50", "12.5"], ".", [1234567.5, 12.5], id="American"),
        pytest.param(["1 234,5", "1\u202f234"], ",", [1234.5, 1234], id="French"),
        pytest.param(["1'234.50", "-7"], ".", [1234.5, -7], id="Swiss"),
        pytest.param(["1.234", "1.2"], None, [1.234, 1.2], id="another decimal decides"),
        pytest.param(["1234.567", "1"], None, [1234.567, 1], id="too many before the point"),
        pytest.param(["0.125", "0.250"], None, [0.125, 0.25], id="no thousands begin with 0"),
    ],
)
def test_decimal__as_it_was_said(cells, decimal, numbers):
    """The mark is taken as the caller says, or as the column can only be read."""
    frame = pd.DataFrame({"x": cells}, dtype="string")
    assert read.prepared(frame, {"x": ",.2f"}, decimal)["x"].tolist() == numbers


@pytest.mark.parametrize("cells", [["1.234", "999"], ["1.234", "12.500", "-7.000"], ["5.000"]])
def test_decimal__asked_about(cells):
    """Where every decimal may stand between thousands nobody is told a price; texts do not care."""
    sentence = refusal("x;y\n" + "".join(f"{cell};1\n" for cell in cells), {"x": ",.2f"})
    assert "line 2" in sentence
    assert f"{cells[0]} has two readings" in sentence
    assert "decimal=','" in sentence
    assert read.read_frame(Path("some.csv"), {"x": ">9"})["x"].tolist() == cells


@pytest.mark.parametrize(
    ("decimal", "cell"), [(",", "1.5"), (",", "1,234.50"), (".", "1.234,50"), (".", "12,50")]
)
def test_decimal__contradicted(decimal, cell):
    """A number that does not fit the mark is refused."""
    with pytest.raises(InputError, match="is no number"):
        read.prepared(pd.DataFrame({"x": [cell]}), {"x": ",.2f"}, decimal)


def test_decimal__on_the_command_line(sending, sandbox, capsys):
    """The refusal names the option, and the option decides."""
    written("some.csv", f"mobile;total\n{A};1.234\n{B};999\n")
    words = sending("some.csv", "%%total%%", "--format", "total=,.2f", "--confirm", "2")
    assert commands.main(words) == commands.USAGE
    assert "--decimal , that it stands between thousands" in capsys.readouterr().err
    assert commands.main([*words, "--decimal", ","]) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["text"].tolist() == ["1,234.00", "999.00"]


def test_formats__decimal_comma_is_advised(sending, capsys):
    """A number with a comma is refused as before, and the option that reads it is named."""
    written("some.csv", f"mobile;total\n{A};12,50\n")
    assert (
        commands.main(sending("some.csv", "%%total%%", "--format", "total=,.2f")) == commands.USAGE
    )
    assert "If the decimal mark is a comma, --decimal , says so." in capsys.readouterr().err


def test_text_file(sending, sandbox):
    """The text is read as UTF-8, lines and all, without the line end at the end of the file."""
    written("some.csv", f"mobile,name\n{A},Ann\n")
    written("text.txt", "\ufeffHi %%name%%,\r\nsee you – soon\r\n")
    words = sending("some.csv", "", "--confirm", "1")
    del words[2:4]  # --text
    assert commands.main([*words, "--text-file", "text.txt"]) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["text"].tolist() == ["Hi Ann,\nsee you – soon"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        pytest.param(["--text-file", "gone.txt"], "gone.txt cannot be read", id="missing"),
        pytest.param(["--text-file", "old.txt"], "old.txt is not in UTF-8", id="encoding"),
        pytest.param(["--text-file", "old.txt", "--text", "Hi"], "not both", id="both"),
    ],
)
def test_text_file__refused(sending, capsys, more, sentence):
    """A file that cannot be taken is one sentence."""
    written("some.csv", f"mobile\n{A}\n")
    Path("old.txt").write_bytes("Zoë".encode("cp1252"))
    words = sending("some.csv", "")
    del words[2:4]
    assert commands.main([*words, *more]) == commands.USAGE
    assert sentence in capsys.readouterr().err


def test_formats__names_the_first_bad_cell(sending, capsys):
    """The sentence names the cell at fault, its line, and what can be done in a shell."""
    written("some.csv", "mobile,x\n" + "".join(f"{A},{x}\n" for x in ("2", "3.1", "$7", "4")))
    assert commands.main(sending("some.csv", "%%x%%", "--format", "x=,.2f")) == commands.USAGE
    err = capsys.readouterr().err
    assert "Column 'x', line 4: '$7' is no number, as --format 'x=,.2f' needs." in err
    assert "rows" not in err


def test_formats__a_phone_is_masked():
    """A number in a column that was named by mistake does not show."""
    assert B[-9:] not in refusal(f"mobile;x\n{B};1\n", {"mobile": "%d"})


@pytest.mark.parametrize("name", ["some.csv", ".", ".."])
def test_read__folder(name):
    """A folder is called a folder."""
    Path("some.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read.read_cells(Path(name))


def test_excel__not_installed(monkeypatch):
    """Reading a workbook without openpyxl says what to install."""
    make_people(1).to_excel("people.xlsx", index=False)
    without_library(monkeypatch, "openpyxl")
    with pytest.raises(InputError, match=r"not installed: pip install openpyxl\.$"):
        read.read_cells(Path("people.xlsx"))


def test_extras__are_told_in_one_way():
    """What to install reads the same wherever it stands; ``make`` installs what Excel needs."""
    files_page = (ROOT / "docs/files.md").read_text(encoding="utf-8")
    results_page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    plotting = (ROOT / "smsframe/_results/plot.py").read_text(encoding="utf-8")
    assert "pip install matplotlib" in results_page
    assert "pip install matplotlib" in plotting
    assert "pip install openpyxl" in files_page
    assert "pip install openpyxl" in workbooks.NO_EXCEL
    assert "pip install python-calamine" in workbooks.NO_CALAMINE
    assert "pip install python-calamine" in files_page
    assert '-e ".[excel]"' in (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert [need.partition(">")[0] for need in extras["excel"]] == ["openpyxl", "python-calamine"]


def test_gitignore__has_what_the_pages_write():
    """Following the README and docs/ leaves nothing behind that git would offer to commit."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/results.csv", "/appointments-results.csv", "/status.csv"} <= set(ignored)

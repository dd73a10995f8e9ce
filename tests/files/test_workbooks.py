"""Workbooks: what a person saw is read, and what they did not see or what has two readings asks."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.table import Table
from samples import without_library

import smsframe
from smsframe._files import read, write
from smsframe._files.way import Way
from smsframe.cli import commands
from smsframe.errors import InputError, SmsframeWarning

pytestmark = pytest.mark.usefixtures("own_folder")

A, B, C = "+12015550100", "+12015550101", "+12015550102"
PEOPLE = (("mobile", "name"), (A, "Ann"), (B, "Bob"), (C, "Cem"))


@pytest.fixture
def book():
    """Return a workbook, and a function that saves it and returns its path."""
    made = openpyxl.Workbook()

    def save(rows=PEOPLE, change=None):
        for row in rows:
            made.active.append(row)
        if change:
            change(made, made.active)
        made.save("some.xlsx")
        return Path("some.xlsx")

    return save


def hide(*numbers: int, ref: str | None = None):
    """Return what hides rows, under a filter if a range is given."""

    def change(_, sheet):
        for number in numbers:
            sheet.row_dimensions[number].hidden = True
        sheet.auto_filter.ref = ref

    return change


def with_table(_, sheet):
    """Hide a row by the filter of a table."""
    sheet.add_table(Table(displayName="People", ref="A1:B4"))
    sheet.row_dimensions[3].hidden = True


def collapsed(_, sheet):
    """Hide rows by an outline."""
    sheet.row_dimensions.group(3, 4, hidden=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(hide(3, ref="A1:B4"), r"1 row is hidden by a filter \(3\)", id="filter"),
        pytest.param(hide(3, 4), r"2 rows are hidden \(3, 4\)", id="by hand"),
        pytest.param(hide(3, ref="A1:B2"), r"1 row is hidden \(3\)", id="outside the filter"),
        pytest.param(with_table, r"1 row is hidden by a filter \(3\)", id="filter of a table"),
        pytest.param(collapsed, r"2 rows are hidden \(3, 4\)", id="outline"),
    ],
)
def test_hidden_rows__asked_about(book, change, sentence):
    """Whoever is not seen is not sent to unasked, and not left out unasked."""
    path = book(change=change)
    with pytest.raises(InputError, match=sentence) as caught:
        smsframe.read(path)
    assert "hidden_rows='skip'" in str(caught.value)
    assert len(smsframe.read(path, hidden_rows="send")) == 3
    with pytest.warns(SmsframeWarning, match="left out"):
        left = smsframe.read(path, hidden_rows="skip")
    assert B not in left["mobile"].tolist()
    assert left.index[0] == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(hide(ref="A1:B4"), id="filter that hides nothing"),
        pytest.param(hide(9), id="below the table"),
        pytest.param(lambda _, sheet: setattr(sheet, "freeze_panes", "A2"), id="frozen"),
    ],
)
def test_hidden_rows__none(book, change):
    """A sheet that hides nobody is read."""
    assert smsframe.read(book(change=change))["mobile"].tolist() == [A, B, C]


def test_hidden_rows__on_the_command_line(book, sandbox, monkeypatch, capsys):
    """The refusal names the option, and with it the hidden person is left out."""
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    path = book(change=hide(3, ref="A1:B4"))
    command = ["send", str(path), "--program", "148372", "--base-url", sandbox.base_url,
               "--text", "Hi %%name%%", "--phone", "mobile", "--confirm", "2"]  # fmt: skip
    assert commands.main(command) == commands.USAGE
    assert "--hidden-rows skip leaves it out" in capsys.readouterr().err
    assert commands.main([*command, "--hidden-rows", "skip"]) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["text"].tolist() == ["Hi Ann", "Hi Cem"]
    assert "1 row is hidden by a filter (3) and left out." in capsys.readouterr().err


def test_sheets__several_with_data(book):
    """Two sheets that are seen are two readings; a name, however it is written, chooses one."""
    path = book(change=lambda made, _: made.create_sheet("Send These").append(["mobile"]))
    with pytest.raises(InputError, match="2 sheets with data: 'Sheet', 'Send These'"):
        smsframe.read(path)
    assert list(smsframe.read(path, sheet="send these")) == ["mobile"]
    with pytest.raises(InputError, match=r"no sheet 'Old'. It has: 'Sheet', 'Send These'"):
        smsframe.read(path, sheet="Old")


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_sheets__hidden_ones_do_not_count(book, state):
    """The one sheet that is seen is read, and the hidden one is told."""

    def change(made, _):
        other = made.create_sheet("Old")
        other.append(["mobile"])
        other.sheet_state = state
        made.create_sheet("Empty")

    with pytest.warns(SmsframeWarning, match="'Sheet' is read, hidden sheets are not: 'Old'"):
        assert len(smsframe.read(book(change=change))) == 3


def test_sheets__only_hidden_data(book):
    """Where nothing is seen nothing is read."""

    def change(made, sheet):
        made.active = made.create_sheet("Empty")
        sheet.sheet_state = "hidden"

    with pytest.raises(InputError, match="nothing in it but in hidden sheets: 'Sheet'"):
        smsframe.read(book(change=change))


def test_cells__as_shown(book):
    """Formats count: percent, zeros, currencies, dates; the phone keeps its digits."""

    def change(_, sheet):
        codes = ("0", "0%", "00000", '"$"#,##0.00', "dd.mm.yyyy", "General", "General")
        for cell, code in zip(sheet[2], codes, strict=True):
            cell.number_format = code

    row = (12015550100, 0.15, 123, 1234.5, dt.date(2026, 3, 5), True, 1.5)
    path = book([("mobile", "off", "zip", "owed", "day", "member", "n"), row], change)
    frame = smsframe.read(path)
    assert frame.iloc[0].tolist() == [
        "12015550100", "15%", "00123", "$1,234.50", "05.03.2026", "TRUE", "1.5",
    ]  # fmt: skip
    assert set(frame.dtypes) == {pd.StringDtype()}
    cells = read.read_cells(path, Way(decimal=","))
    assert cells["owed"].tolist() == ["$1.234,50"]


def test_cells__formats_of_ours_get_the_number(book):
    """A column with --format has the number or date that is stored, not what is shown of it."""

    def change(_, sheet):
        for name, code in (("A", "#,##0.0"), ("B", "mmm yy"), ("C", "0%")):
            sheet[f"{name}2"].number_format = sheet[f"{name}3"].number_format = code

    rows = [("n", "day", "p"), (1234.56, dt.date(2026, 3, 5), 0.155), (None, None, None)]
    cells = read.read_cells(book([*rows, (1, dt.date(2026, 3, 6), 1)], change))
    made = read.prepared(cells, {"n": ",.2f", "day": "%d %b"})
    assert made["n"].tolist()[0] == 1234.56
    assert pd.api.types.is_datetime64_any_dtype(made["day"])
    assert made["p"].tolist()[0] == "16%"
    assert cells["day"].tolist()[0] == "Mar 26"


def test_formulas__never_calculated(book):
    """A formula without a result is named; one whose result is an empty text is blank."""
    path = book([("mobile", "total"), (A, "=1+1"), (B, "=1+2")])
    with pytest.raises(InputError, match=r"formula in B2 was never calculated; 2 cells"):
        smsframe.read(path)


def test_formulas__calculated_to_nothing(book):
    """An IF that gives an empty text is a blank cell, as a person sees it."""
    path = book([("mobile", "total"), (A, '=IF(1,"","x")')])
    _replace_in_sheet(path, '<c r="B2">', '<c r="B2" t="str">')
    assert smsframe.read(path)["total"].isna().all()


def _replace_in_sheet(path: Path, old: str, new: str) -> None:
    """Change the text of a saved sheet, as another program would have written it."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert old.encode() in parts[name]
    parts[name] = parts[name].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as packed:
        for part, data in parts.items():
            packed.writestr(part, data)


def test_merged__over_rows(book):
    """A value that stands for two rows is in the first alone, so the sheet is refused."""
    rows = [("mobile", "city"), (A, "Rome"), (B, None), (C, "Bonn")]
    path = book(rows, lambda _, sheet: sheet.merge_cells("B2:B3"))
    with pytest.raises(InputError, match="cells B2 to B3 are merged over 2 rows"):
        smsframe.read(path)


@pytest.mark.parametrize("ref", ["C2:D3", "B2:C2", "B4:B9"])
def test_merged__harmless(book, ref):
    """Merged cells that are empty, of one row, or reach below the table do no harm."""
    path = book(change=lambda _, sheet: sheet.merge_cells(ref))
    assert len(smsframe.read(path)) == 3


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        pytest.param([("m", "n", "n"), (A, 1, 2)], "'n' more than once", id="doubled header"),
        pytest.param([("m", "n", " n\u200b"), (A, 1, 2)], "'n' more than once", id="looks alike"),
        pytest.param([("List",), ("m", "n", "o"), (A, 1, 2)], "row 1 has to name", id="title"),
        pytest.param([], "nothing in it", id="empty"),
    ],
)
def test_header__refused(book, rows, sentence):
    """A header is refused as that of a CSV is."""
    with pytest.raises(InputError, match=sentence):
        smsframe.read(book(rows))


def test_rows__blank_ones_and_margins(book):
    """Blank rows and columns around the table are no people; rows keep their numbers."""

    def change(_, sheet):
        for name, value in (("B3", "mobile"), ("C3", 7), ("B5", A), ("C5", "x"), ("B7", B)):
            sheet[name] = value

    frame = smsframe.read(book([], change))
    assert frame.fillna("").to_dict("list") == {"mobile": [A, B], "7": ["x", ""]}
    assert frame.index.tolist() == [5, 7]


def test_columns__hidden_ones_are_told(book):
    """A hidden column can be named in a text, so it is read, and that is said."""
    path = book(change=lambda _, s: setattr(s.column_dimensions["B"], "hidden", True))
    with pytest.warns(SmsframeWarning, match=r"hidden columns \(B\) are read"):
        assert list(smsframe.read(path)) == ["mobile", "name"]


def test_hidden_rows__of_the_header(book):
    """The names of the columns are never left out, so that no person's row stands for them."""
    path = book(change=hide(1, 3))
    with pytest.raises(InputError, match="row 1 is hidden, so it is not plain which row names"):
        smsframe.read(path, hidden_rows="skip")
    with pytest.warns(SmsframeWarning, match=r"1 row is hidden \(3\) and left out"):
        people = smsframe.read(path, hidden_rows="skip", header_line=1)
    assert people["name"].tolist() == ["Ann", "Cem"]


def test_sheets__with_blanks_alone_do_not_count(book):
    """A blank that somebody has typed is no data."""
    path = book(change=lambda made, _: made.create_sheet("Two").append([" ", "\u200b"]))
    assert list(smsframe.read(path)) == ["mobile", "name"]


def test_cells__escaped_characters(book):
    """Characters that XML has not are read as what they are, and written texts as they were."""
    path = book([("mobile", "name"), (A, "Ann_x000D_\nB."), (B, "_x005F_x0041_")])
    people = smsframe.read(path)
    assert people["name"].tolist() == ["Ann\r\nB.", "_x0041_"]
    write.write_frame(people, Path("again.xlsx"))
    assert smsframe.read("again.xlsx")["name"].tolist() == ["Ann\r\nB.", "_x0041_"]


def test_cells__numbers_that_lost_digits(book):
    """A spreadsheet keeps 15 digits; that the others are lost is told."""
    path = book([("mobile", "order"), (A, 123456789012345), (B, 1234567890123450000)])
    with pytest.warns(SmsframeWarning, match="column 'order', row 3 is a number of more than 15"):
        smsframe.read(path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("a.xls", b"<html><table></table></html>", "but a web page", id="web page"),
        pytest.param("a.xls", b"mobile\tname\n", "but a text such as a CSV", id="tabs as .xls"),
        pytest.param("a.xlsx", b"mobile,name\n", "but a text such as a CSV", id="CSV as .xlsx"),
        pytest.param("a.ods", b"%PDF-1.7 ...", "but a PDF", id="PDF"),
        pytest.param("a.xlsx", b"PK\x03\x04 half of it", "is damaged", id="half"),
        pytest.param("a.xlsx", b"", "it is empty", id="empty"),
    ],
)
def test_other_kinds__are_called_what_they_are(name, content, said):
    """A file under the wrong ending is no riddle of a library."""
    pytest.importorskip("python_calamine", reason="it reads what openpyxl cannot")
    Path(name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        smsframe.read(name)


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls"])
def test_other_kinds__a_zip_archive(name):
    """A packed CSV is no workbook."""
    pytest.importorskip("python_calamine", reason="it reads what openpyxl cannot")
    with zipfile.ZipFile(name, "w") as packed:
        packed.writestr("people.csv", "mobile,name\n")
    with pytest.raises(InputError, match="no Excel file but a zip archive under another name"):
        smsframe.read(name)


def test_other_kinds__a_new_workbook_under_an_old_name(book):
    """The cure is its own ending."""
    pytest.importorskip("python_calamine", reason="it reads what openpyxl cannot")
    path = book([("mobile",), (A,)]).rename("old.xls")
    with pytest.raises(InputError, match=r"a newer one under another name\. Give it the ending"):
        smsframe.read(path)


def test_password__told():
    """A workbook with a password is called so."""
    Path("locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(InputError, match="protected by a password"):
        smsframe.read("locked.xlsx")


@pytest.fixture
def calamine(monkeypatch, book):
    """Read a workbook by python-calamine, as those of older kinds are."""
    pytest.importorskip("python_calamine", reason="it reads what openpyxl cannot")
    monkeypatch.setattr("smsframe._files.workbooks.KNOWN_WHOLE", ())
    return book


def test_old_kinds__told_what_cannot_be_seen(calamine):
    """All rows are read, with the stored numbers, and a warning says so."""
    path = calamine([("mobile", "p", "b", "d"), (12015550100, 0.15, True, dt.date(2026, 3, 5))])
    with pytest.warns(SmsframeWarning, match="cannot be seen which rows are hidden"):
        frame = smsframe.read(path, hidden_rows="send")
    assert frame.iloc[0].tolist() == ["12015550100", "0.15", "TRUE", "2026-03-05"]
    with pytest.raises(InputError, match=r"cannot be seen which rows are hidden\. Save it"):
        smsframe.read(path, hidden_rows="skip")


def test_old_kinds__sheets_and_merges(calamine):
    """Sheets and merged cells are known there too."""

    def change(made, sheet):
        made.create_sheet("Other").append(["mobile"])
        sheet.merge_cells("B2:B3")

    path = calamine(change=change)
    with pytest.raises(InputError, match="2 sheets with data"):
        smsframe.read(path)
    with pytest.raises(InputError, match="B2 to B3 are merged"):
        smsframe.read(path, sheet="Sheet")


def test_old_kinds__library_missing(monkeypatch):
    """Without python-calamine it says what to install."""
    without_library(monkeypatch, "python_calamine")
    Path("old.ods").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"pip install python-calamine\.$"):
        smsframe.read("old.ods")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("some.csv", {"sheet": "A"}),
        ("some.csv", {"hidden_rows": "skip"}),
        ("some.xlsx", {"encoding": "cp1252"}),
        ("some.parquet", {"encoding": "cp1252"}),
    ],
)
def test_read__options_of_another_kind_of_file(name, options):
    """An option that says nothing about a file is refused, not ignored."""
    with pytest.raises(InputError, match="does not fit this kind of file"):
        smsframe.read(name, **options)


def test_read__arguments():
    """Arguments that cannot be used are named, all at once."""
    with pytest.raises(InputError, match="2 arguments cannot be used"):
        smsframe.read("some.xlsx", sheet=1, hidden_rows="maybe")


def test_read__no_warning_of_a_plain_file(book):
    """A plain sheet is read without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(smsframe.read(book())) == 3

"""Files that can be read in two ways: each caller is told what it can do, and that works.

Every refusal whose way out is an argument of reading, told to everybody who reads files.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from samples import written

import smsframe
from smsframe._files import read
from smsframe._files.unclear import SAVE
from smsframe.cli import main
from smsframe.errors import InputError

PHONES = ("+12015550100", "+12015550101")
ROWS = f"mobile,name,total\n{PHONES[0]},Ann,1.5\n{PHONES[1]},Zo\xeb,2\n"
TEXT = "Hello"
OURS = re.compile(r"\b(sheet|hidden_rows|encoding|separator|header_line|decimal)=")
OPTIONS = re.compile(r"--(sheet|hidden-rows|encoding|separator|header-line|decimal)\b")

pytestmark = pytest.mark.usefixtures("own_folder")


def encoded(codec, rows=ROWS):
    """Return what writes the people in an encoding."""
    return lambda path: Path(path).write_bytes(rows.encode(codec))


def text(rows):
    """Return what writes a CSV file."""
    return lambda path: written(path, rows)


def workbook(*sheets, hidden=(), hide_row=None):
    """Return what writes a workbook with the people on some sheets."""

    def write(path):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name in sheets:
            sheet = book.create_sheet(name)
            for line in ROWS.splitlines():
                sheet.append(line.split(","))
            sheet.sheet_state = "hidden" if name in hidden else "visible"
            if hide_row is not None:
                sheet.row_dimensions[hide_row].hidden = True
        if len(hidden) == len(sheets):
            book.create_sheet("blank")
        book.save(path)

    return write


CSV = {
    "utf-16": encoded("utf-16"),
    "utf-16 without a mark": encoded("utf-16-le"),
    "cp1252": encoded("cp1252"),
    "two separators": text(ROWS.replace("mobile,name,total", "mobile,na;m;e,total")),
    "a zero byte": text(ROWS.replace("Ann", "A\0nn")),
    "a title": text("People,,\n" + ROWS),
    "a title alone": text("People\n" + ROWS),
}
EXCEL = {
    "two sheets": workbook("one", "two"),
    "a hidden sheet": workbook("one", hidden=("one",)),
    "hidden rows": workbook("one", hide_row=3),
    "a hidden first row": workbook("one", hide_row=1),
}
FILES = {f"{name}.csv".replace(" ", "-"): write for name, write in CSV.items()} | {
    f"{name}.xlsx".replace(" ", "-"): write for name, write in EXCEL.items()
}


def refusal(function, *given, **named):
    """Return why something is refused."""
    with pytest.raises(InputError) as caught:
        function(*given, **named)
    return str(caught.value)


def calls_in(sentence):
    """Return the calls of `smsframe.read` in a sentence that are whole."""
    found = re.findall(r"smsframe\.read\([^()]*\)", sentence)
    return [call for call in found if "..." not in call]


def people():
    """Return two people to send to."""
    return pd.DataFrame({"mobile": PHONES})


def plan(**options):
    """Plan a text to them."""
    return smsframe.plan(people(), TEXT, program="1", phone="mobile", **options)


@pytest.fixture(params=FILES)
def file(request):
    """Write a file that can be read in two ways, and return its name."""
    FILES[request.param](request.param)
    return request.param


def test_read__names_its_own_arguments(file):
    """`smsframe.read` says which of its arguments reads the file, and takes them."""
    sentence = refusal(smsframe.read, file)
    assert OURS.search(sentence)
    taken = inspect.signature(smsframe.read).parameters
    assert {found[1] for found in OURS.finditer(sentence)} <= set(taken)


def test_command__names_its_own_options(file, capsys):
    """A send of one file says which of its options reads it."""
    assert main(["send", file, "--text", TEXT, "--program", "1", "--sandbox"]) == 2
    said = capsys.readouterr().err
    assert OPTIONS.search(said)
    assert not OURS.search(said)


@pytest.mark.filterwarnings("ignore::smsframe.errors.SmsframeWarning")
def test_exclude__is_told_to_give_a_frame(file):
    """No argument of reading is named but as one of `smsframe.read`, whose frame works."""
    sentence = refusal(plan, exclude=file)
    assert sentence.count("smsframe.read(") == len(OURS.findall(sentence)) > 0
    assert "Then give exclude= that frame." in sentence
    for call in calls_in(sentence):
        if "zero" in file or "two-sep" in file or "title" in file:
            continue  # which of them is right, only somebody who sees the file knows
        frame = eval(call[:-1] + ", quiet=True)", {"smsframe": smsframe})
        assert plan(exclude=frame).recipients < 2


def test_exclude__elsewhere_is_told_to_save_it_anew(file, capsys, monkeypatch):
    """At a shell, and of a team's list, there is no frame to give."""
    people().to_csv("people.csv", index=False)
    shell = ["plan", "people.csv", "--text", TEXT, "--program", "1", "--phone", "mobile"]
    assert main([*shell, "--exclude", file]) == 2
    monkeypatch.setenv("SMSFRAME_EXCLUDE", file)
    for said in (capsys.readouterr().err, refusal(plan)):
        assert SAVE in said
        assert not OURS.search(said)
        assert not OPTIONS.search(said)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".csv")])
def test_files__are_told_to_put_another_in_its_place(name, capsys, client):
    """Neither function over files names what it does not take, and what it says works."""
    folder = Path("people")
    folder.mkdir()
    FILES[name](folder / name)
    given = {"program": "1", "phone": "mobile", "progress": False}
    said = [
        refusal(smsframe.plan_files, folder, TEXT, **given),
        refusal(smsframe.send_files, folder, TEXT, out="out", client=client, **given),
    ]
    for sentence in said:
        assert sentence.count("smsframe.read(") == len(OURS.findall(sentence)) > 0
    assert main(["plan", "people", "--text", TEXT, "--program", "1"]) == 2
    shell = capsys.readouterr().err
    assert SAVE in shell
    assert not OURS.search(shell)
    assert not OPTIONS.search(shell)
    if calls := [] if "zero" in name or "two-sep" in name else calls_in(said[0]):
        put = re.search(r"\.to_parquet\(.*?\)", said[0])[0]
        eval(calls[0][:-1] + ", quiet=True)" + put, {"smsframe": smsframe})
        (folder / name).unlink()
        assert smsframe.plan_files(folder, TEXT, **given).rows == 2


def test_demo__is_told_to_save_it_anew(capsys):
    """It takes no arguments of reading."""
    for name, write in FILES.items():
        write(name)
        assert main(["demo", name]) == 2
        said = capsys.readouterr().err
        assert SAVE in said, name
        assert not OPTIONS.search(said), name


@pytest.mark.parametrize("number", ["1.234", '"1,50"'])
def test_decimal__of_a_command(number, capsys):
    """Numbers with two readings: a command has its option, the demonstration has none."""
    written("some.csv", f"mobile,FirstName,order_no,total\n+12015550100,Ann,1,{number}\n")
    shell = ["plan", "some.csv", "--text", TEXT, "--program", "1", "--format", "total=,.2f"]
    assert main(shell) == 2
    assert "--decimal" in capsys.readouterr().err
    assert main(["demo", "some.csv"]) == 2
    said = capsys.readouterr().err
    assert SAVE in said
    assert not OPTIONS.search(said)


def test_refusals__are_all_tried():
    """Every refusal whose way out is an argument of reading is one of those above."""
    folder = Path(read.__file__).parent
    made = sum(path.read_text().count("unclear(") for path in folder.glob("*.py"))
    others = 2  # where they are made, and that of an encoding= which is another
    assert made - others == len(CSV) - 1 + len(EXCEL) + 2  # both UTF-16 are one, decimals two

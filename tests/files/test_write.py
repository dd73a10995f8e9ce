"""Files that are written: for their owner alone, whole or not at all, over nothing, run never."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._files import read, write
from smsframe.cli import commands
from smsframe.errors import InputError

pytestmark = pytest.mark.usefixtures("own_folder")

RUN = (
    "=1+1", '=HYPERLINK("http://x","y")', "+cmd|' /C calc'!A0", "-2+3+cmd|'x'!A0", "@SUM(1)",
    "\tx", "\rx", "=", "@ann", "＝1+1", "+12345678-CALL(1)", "+1a", "'=x", "''@y",
)  # fmt: skip
LEFT = (
    "+1 201-555-0100", "+1 201 KL5 0100", "+12015550100", "-5", "-$5.00", "+1 (201) 555-0100 ext 5",
    "+1 201 555 0100 / +1 201 555 0101", "'t Zand", "'007",
    '="007"', "a=b", "-NaN",
)  # fmt: skip
RESULTS = ("results.csv", "results.xlsx", "results.parquet")


@pytest.fixture
def results():
    """Return results of a dry run, with times that have a zone."""
    people = make_people(2)
    done = people.sms.send("Hi", program="148372", phone="mobile", dry_run=True)
    return done.assign(sms_accepted_at=pd.to_datetime(["2026-03-05 12:00"] * 2, utc=True))


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.skipif(os.name == "nt", reason="modes are those of Unix")
def test_mode__of_the_owner_alone(results, name):
    """Results hold numbers, so nobody else may read them, also where they replace a file."""
    Path(name).write_text("old")
    Path(name).chmod(0o644)
    write.write_frame(results, Path(name), overwrite=True)
    assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    assert sorted(path.name for path in Path().iterdir()) == [name]


@pytest.mark.parametrize("name", RESULTS)
def test_write__not_over_what_is_there(results, name):
    """A file that is there stays as it is, unless it was said."""
    Path(name).write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write.write_frame(results, Path(name))
    assert Path(name).read_text() == "mine"


def test_write__whole_or_not_at_all(results, monkeypatch):
    """A disk that fills up midway leaves the old file, and nothing half."""

    def full(_, path, **__):
        Path(path).write_text("half")
        raise OSError("No space left on device")

    Path("results.csv").write_text("old")
    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(InputError, match="No space left"):
        write.write_frame(results, Path("results.csv"), overwrite=True)
    assert Path("results.csv").read_text() == "old"
    assert len(list(Path().iterdir())) == 1


def test_write__through_a_link(results):
    """A link to a file stays a link; what it leads to is written."""
    Path("real.csv").write_text("old")
    Path("link.csv").symlink_to("real.csv")
    write.write_frame(results, Path("link.csv"), overwrite=True)
    assert Path("link.csv").is_symlink()
    assert "sms_status" in Path("real.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "dtype",
    ["object", "string", "category", pd.ArrowDtype(__import__("pyarrow").string())],
    ids=str,
)
def test_formulas__in_csv(dtype):
    """A spreadsheet runs none of them, numbers stay as they are, and all read back as they were."""
    cells = [*RUN, *LEFT]
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=dtype), "=y": range(len(cells))})
    write.write_frame(frame, Path("some.csv"))
    raw = pd.read_csv("some.csv", dtype="string", keep_default_na=False)
    assert raw["x"].tolist() == [*(f"'{cell}" for cell in RUN), *LEFT]
    assert list(raw) == ["x", "'=y"]
    back = read.read_cells(Path("some.csv"))
    assert back["x"].tolist() == cells
    assert list(back) == ["x", "=y"]


def test_formulas__in_excel():
    """In a workbook they are texts, and read back as they were."""
    cells = [cell for cell in (*RUN, *LEFT, "#REF!") if "\r" not in cell]
    write.write_frame(pd.DataFrame({"x": cells}), Path("some.xlsx"))
    sheet = openpyxl.load_workbook("some.xlsx").active
    assert {cell.data_type for (cell,) in sheet.iter_rows()} == {"s"}
    assert read.read_cells(Path("some.xlsx"))["x"].tolist() == cells


def test_formulas__there_and_back_on_the_command_line(sandbox, monkeypatch):
    """The text has the name as it was written, and so has the results file when it is read."""
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    make_people(1).assign(FirstName="=1+1").to_csv("people.csv", index=False)
    options = ["--program", "148372", "--phone", "mobile", "--base-url", sandbox.base_url]
    command = ["send", "people.csv", "--text", "Hi %%FirstName%%", *options, "--confirm", "1"]
    assert commands.main(command) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["text"].tolist() == ["Hi =1+1"]
    assert "'=1+1" in Path("people-results.csv").read_text(encoding="utf-8")
    assert smsframe.read("people-results.csv")["FirstName"].tolist() == ["=1+1"]


def test_to_excel__results(results):
    """Times are in UTC without a zone, digits stay text, and the results can be gone on with."""
    results.sms.to_excel("results.xlsx")
    back = pd.read_excel("results.xlsx", dtype=object, engine="openpyxl")
    assert back["sms_accepted_at"][0] == dt.datetime(2026, 3, 5, 12)  # noqa: DTZ001 - Excel's
    assert back["mobile"].tolist() == results["mobile"].tolist()
    assert smsframe.summary(back).counts == {"planned": 2}


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        pytest.param([dt.datetime(2026, 3, 5, 14, tzinfo=dt.timezone(dt.timedelta(hours=2))), "x"],
                     dt.datetime(2026, 3, 5, 12), id="one time with a zone"),  # noqa: DTZ001
        pytest.param([12345678901234567, 1], "12345678901234567", id="long number"),
        pytest.param(["007", "x"], "007", id="digits"),
        pytest.param([None, "x"], None, id="nothing"),
    ],
)  # fmt: skip
def test_to_excel__cells(column, cell):
    """What Excel would refuse or round is written so that it can be read."""
    smsframe.to_excel(pd.DataFrame({"x": column}), "some.xlsx")
    assert openpyxl.load_workbook("some.xlsx").active["A2"].value == cell


def test_to_excel__index_and_levels():
    """The index is written on request; labels with levels become one."""
    columns = pd.MultiIndex.from_tuples([("c", "mobile"), ("sms_status", "")])
    frame = pd.DataFrame([["1", "planned"]], columns=columns, index=pd.Index(["a"], name="who"))
    smsframe.to_excel(frame, "some.xlsx", index=True)
    assert list(smsframe.read("some.xlsx")) == ["who", "c mobile", "sms_status"]


@pytest.mark.parametrize(
    ("frame", "path", "sentence"),
    [
        pytest.param({"x": ["a"]}, "some.csv", "must be .xlsx", id="ending"),
        pytest.param({"x": ["a"]}, "no/some.xlsx", "there is no folder", id="folder"),
        pytest.param({"x": ["a\x0c"]}, "some.xlsx", "control characters", id="characters"),
        pytest.param({"x": ["a" * 40_000]}, "some.xlsx", "32,767 characters", id="long cell"),
        pytest.param({"x": ["a"]}, "taken.xlsx", "is there already", id="taken"),
    ],
)
def test_to_excel__refused(frame, path, sentence):
    """What cannot be written is refused, with the reason, and nothing is left behind."""
    Path("taken.xlsx").touch()
    with pytest.raises(InputError, match=sentence):
        smsframe.to_excel(pd.DataFrame(frame), path)
    assert [path.name for path in Path().iterdir()] == ["taken.xlsx"]


def test_free_name__counts_up():
    """The first name at which nothing lies is taken."""
    assert write.free_name(Path("a.csv")) == Path("a.csv")
    Path("a.csv").touch()
    Path("a-2.csv").symlink_to("gone")
    assert write.free_name(Path("a.csv")) == Path("a-3.csv")

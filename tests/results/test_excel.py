"""Results as a workbook: rows, summary and batches, in which phones stay phones."""

from __future__ import annotations

import datetime as dt
import stat
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from samples import fictional_phones, make_people, send, without_library

import smsframe
from smsframe.errors import InputError

pytestmark = [
    pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning"),
    pytest.mark.usefixtures("own_folder"),
]


@pytest.fixture
def results(client):
    """Send to thirty people with columns of many kinds; one has no number."""
    people = make_people(30)
    people["number"] = [int(phone[1:]) for phone in people["mobile"]]
    people["broken"] = people["number"].astype("float64").mask(people.index == 4)
    people["mixed"] = [number if number % 2 else "none" for number in people["number"]]
    people["order"] = [f"{place:07d}" for place in range(30)]
    people["total"] = np.arange(30) * 1.5
    people["pieces"] = range(30)
    people["formula"] = ["=1+1", "+x", "-x()", "@x", "#REF!", "plain"] * 5
    people.loc[3, "mobile"] = "n/a"
    return send(people, "Hi %%FirstName%%")


def cells_of(sheet) -> dict[str, list]:
    """Return the cells of a sheet by the header of their column."""
    head, *rows = sheet.iter_rows()
    return {cell.value: [row[place] for row in rows] for place, cell in enumerate(head)}


def test_to_excel__sheets(results):
    """Rows, summary and batches, each with what the function of that name says."""
    path = results.sms.to_excel("results.xlsx", price_per_segment=0.01)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["rows", "summary", "batches"]
    assert book.active.title == "rows"
    rows = cells_of(book["rows"])
    assert list(rows) == list(results.columns)
    assert len(rows["mobile"]) == 30
    counted, summary = cells_of(book["summary"]), results.sms.summary(price_per_segment=0.01)
    for name, column in summary.to_frame().items():
        shown = [None if pd.isna(value) else value for value in column.tolist()]
        assert [cell.value for cell in counted[name]] == pytest.approx(shown)
    calls = cells_of(book["batches"])
    assert list(calls) == list(results.sms.batches().columns)
    assert [cell.value for cell in calls["size"]] == [29]
    assert isinstance(calls["sent_at"][0].value, dt.datetime)


@pytest.mark.parametrize("column", ["mobile", "number", "broken", "mixed", "order", "sms_contact"])
def test_to_excel__phones_and_identifiers_are_texts(results, column):
    """All digits are there, whatever type the column had."""
    cells = cells_of(openpyxl.load_workbook(results.sms.to_excel("results.xlsx"))["rows"])[column]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    digits = fictional_phones(30)[7][1:]
    if column != "order":
        assert cells[7].value in (digits, f"+{digits}")


def test_to_excel__other_numbers_stay_numbers(results):
    """Amounts and counts can be added up, and the caller's frame is as it was."""
    before = results.copy()
    cells = cells_of(openpyxl.load_workbook(results.sms.to_excel("results.xlsx"))["rows"])
    for column in ("total", "pieces"):
        assert [cell.value for cell in cells[column]] == results[column].tolist()
    pd.testing.assert_frame_equal(results, before)


def test_to_excel__runs_nothing_and_shows_moments(results):
    """What looks like a formula is a text; a time is one, in UTC, in a column that shows it."""
    sheet = openpyxl.load_workbook(results.sms.to_excel("results.xlsx"))["rows"]
    cells = cells_of(sheet)
    assert [cell.value for cell in cells["formula"]] == results["formula"].tolist()
    assert {cell.data_type for cell in cells["formula"]} == {"s"}
    first = cells["sms_accepted_at"][0]
    at = results["sms_accepted_at"][0].tz_localize(None).round("ms")
    assert abs(first.value - at) <= pd.Timedelta("1ms")
    assert "yy" in first.number_format.lower()
    assert sheet.column_dimensions[first.column_letter].width >= len("2026-11-22 08:00:00")


def test_to_excel__is_read_again(results):
    """``read`` takes the rows, also where no sheet is named; another sheet has to be."""
    path = results.sms.to_excel("results.xlsx")
    back = smsframe.read(path)
    assert back.sms.counts.to_dict() == results.sms.counts.to_dict()
    assert "size" in smsframe.read(path, sheet="batches").columns
    book = openpyxl.load_workbook(path)
    book["summary"].title = "mine"
    book.save("other.xlsx")
    with pytest.raises(InputError, match="3 sheets with data"):
        smsframe.read("other.xlsx")


def test_to_excel__file(results, monkeypatch):
    """For its owner alone, nothing written over unasked, and a sentence where openpyxl is not."""
    path = results.sms.to_excel("results.xlsx")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(InputError, match="is there already"):
        results.sms.to_excel("results.xlsx")
    assert path.read_bytes() == before
    with pytest.raises(InputError, match="price_per_segment"):
        results.sms.to_excel("results.xlsx", price_per_segment="x", overwrite=True)
    assert path.read_bytes() == before
    without_library(monkeypatch, "openpyxl")
    with pytest.raises(InputError, match=r"comes with smsframe\[excel\] and is not installed"):
        results.sms.to_excel("other.xlsx")


def test_to_excel__another_frame_is_one_sheet(people):
    """What holds no results has neither summary nor batches."""
    book = openpyxl.load_workbook(smsframe.to_excel(people, "people.xlsx"))
    assert book.sheetnames == ["Sheet1"]


def test_to_excel__cells_that_no_file_can_hold(tmp_path):
    """Half a character is written as a question mark, a signalling NaN as nothing."""
    cells = pd.Series(["Jo\ud83d", Decimal("sNaN"), Decimal("1.5")], dtype=object)
    path = smsframe.to_excel(pd.DataFrame({"who": cells, "n": 1}), tmp_path / "odd.xlsx")
    assert smsframe.read(path, quiet=True)["who"].fillna("").tolist() == ["Jo?", "", "1.5"]

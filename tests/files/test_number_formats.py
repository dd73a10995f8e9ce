"""What a cell shows: a number, date or time by the number format that a workbook gives it."""

from __future__ import annotations

import datetime as dt

import pytest

from smsframe._files.number_formats import ShownCell, shown

ACCOUNTS = '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)'
MOMENT = dt.datetime(2026, 3, 5, 14, 7, 9)  # noqa: DTZ001 - Excel knows no zones
LONG = dt.timedelta(hours=30, minutes=5)


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.15, "0%", "15%"),
        (12, 'General" kg"', "12 kg"),
        (-0.5, "General;[Red]-General", "-0.5"),
        (-1234.5, '"No. "General', "-No. 1234.5"),
        (0.1523, "0.0%", "15.2%"),
        (0.15, "0 %", "15 %"),
        (-0.001, "0%", "0%"),
        (123, "00000", "00123"),
        (79, "000-00", "000-79"),
        (123456789, "000\\-00\\-0000", "123-45-6789"),
        (1234.5, '"$"#,##0.00', "$1,234.50"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (1234.5, "#,##0.00 [$€-407]", "1,234.50 €"),
        (1234.5, "[$CHF] #,##0.00", "CHF 1,234.50"),
        (-1234.5, ACCOUNTS, "$(1,234.50)"),
        (0, ACCOUNTS, "$-"),
        (-3, "#,##0.00_);[Red](#,##0.00)", "(3.00)"),
        (-3, "0.00", "-3.00"),
        (1.005, "0.00", "1.01"),
        (0.285, "0%", "29%"),
        (5, "0.##", "5"),
        (5.25, "0.0#", "5.25"),
        (0.5, "#.##", ".5"),
        (1234567, "#,##0,", "1,235"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1234567, "#,##0", "1,234,567"),
        (7, '"No. "000', "No. 007"),
        (12015550101, "0", "12015550101"),
        (12015550101, '"+"0', "+12015550101"),
        (2015550101, "(000) 000-0000", "(201) 555-0101"),
        (2015550101, "0000\\ 000\\ 000", "2015 550 101"),
        (True, "General", "TRUE"),
        (MOMENT, "dd.mm.yyyy", "05.03.2026"),
        (MOMENT, "dd/mm/yy", "05/03/26"),
        (MOMENT, "YYYY-MM-DD HH:MM:SS", "2026-03-05 14:07:09"),
        (MOMENT, "d mmm yyyy", "5 Mar 2026"),
        (MOMENT, "[$-409]dddd, mmmm dd;@", "Thursday, March 05"),
        (MOMENT, "h:mm AM/PM", "2:07 PM"),
        (MOMENT, "mm:ss.0", "07:09.0"),
        (MOMENT, 'yyyy"年"m"月"d"日"', "2026年3月5日"),
        (MOMENT, "yyyy-mm-dd\\Thh:mm", "2026-03-05T14:07"),
        (dt.time(9, 5), "hh:mm AM/PM", "09:05 AM"),
        (LONG, "[h]:mm", "30:05"),
        (LONG, "[mm]:ss", "1805:00"),
    ],
)
def test_shown__as_excel_shows_it(value, code, text):
    """Digits, signs and names stand where the format puts them."""
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param(1.5, "General", id="general"),
        pytest.param("x", "@", id="text"),
        pytest.param(12015550101, "0.00E+00", id="scientific"),
        pytest.param(12015550101, "#,##0", id="phone with thousands"),
        pytest.param(12015550101, "0.00", id="phone with cents"),
        pytest.param(0.5, "# ?/?", id="fraction"),
        pytest.param(5550101, "[<=9999999]###-####;(###) ###-####", id="condition"),
        pytest.param(3, ";;;", id="hidden"),
        pytest.param(MOMENT, "mm-dd-yy", id="short date of the country"),
        pytest.param(MOMENT, "m/d/yy h:mm", id="short moment of the country"),
        pytest.param(MOMENT, "[$-407]d. mmmm yyyy;@", id="month in German"),
        pytest.param(MOMENT, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", id="long date of the system"),
        pytest.param(MOMENT, "gge", id="era"),
        pytest.param(dt.time(9, 5), "dd.mm.yyyy", id="a time has no day"),
    ],
)
def test_shown__not_for_certain(value, code):
    """Where a format hides digits, or every country sees another text, the value stays."""
    assert shown(value, code) is None


@pytest.mark.parametrize(
    ("code", "text"), [("#,##0.00", "1.234,50"), ("0.0%", "123450,0%"), ("0", "1235")]
)
def test_shown__decimal_comma(code, text):
    """The mark that the caller names stands before the decimals, the other between thousands."""
    assert shown(1234.5, code, ",") == text


def test_shown_cell__has_its_value():
    """A cell that is shown otherwise is a text and keeps the number; others stay as they are."""
    cell = ShownCell.of(0.15, "0%", ".")
    assert (cell, cell.stored) == ("15%", 0.15)
    day = dt.date(2026, 3, 5)
    assert ShownCell.of(day, "yyyy-mm-dd", ".") is day
    assert ShownCell.of(12, "0", ".") == 12

"""Formats as people write them: what works as it is, and what is said of the others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._text.format_specs import fault_of, inside

USED = (
    ",.2f", ".2f", ".0%", ".1%", "03d", "05d", ">10", "^20", "<5", ",", "d", ",d", "+.2f", "0.2f",
    "0.0f", "08.2f", "_.2f", "0,.2f", "z.2f", "$>10,.2f", "0800", "5", "g", ".3g", "n", "x", ".2",
    ".10", "s", "%d %b", "%d.%m.%Y", "%H:%M", "%d %b at %H:%M", "%I:%M %p", "%-d %b", "%A",
    "%e %B", "%d%%", "%Y-%m-%dT%H:%M:%S", "%H h %M", "%c", "%x", "%Z", "%j", "%d.%m.2026",
    "%b %d, %Y at %I:%M%p", "${:,.2f}", "{:,.2f} EUR", "{} items", "{0:.1f}", "{:>10}",
    "{0:.0f} or {0:.2f}", "{:,.2f}", "100 % of {:.0f}", "{{{}}}", "R$ {:,.2f}",
)  # fmt: skip


@pytest.mark.parametrize("fmt", USED)
def test_format__that_is_used(fmt):
    """What Python writes as people mean it is left alone."""
    assert fault_of(fmt) is None


@pytest.mark.parametrize(
    ("fmt", "right"),
    [
        *(("0.00", ".2f"), ("0,00", ".2f"), ("#,##0.00", ",.2f"), ("#.##0,00", ",.2f")),
        *(("# ##0,00", ",.2f"), ("#,##0", ",.0f"), ("###,###", ",.0f"), ("0", ".0f")),
        *(("0.0", ".1f"), ("0.##", ".2f"), ("00000", "05d"), ("0%", ".0%"), ("0.0%", ".1%")),
        *(("0.00%", ".2%"), ("$#,##0.00", "${:,.2f}"), ("#,##0.00 €", "{:,.2f} €")),
        *(('0.00 "EUR"', "{:.2f} EUR"), ("{:0.00}", ".2f")),
        *(("%.2f", ".2f"), ("%,.2f", ",.2f"), ("$%.2f", "${:.2f}"), ("%05d", "05d"), ("%f", ".2f")),
        *(("{:%.2f}", ".2f"), ("%5.1f%%", "{:5.1f}%"), ("hi %s", "hi {}")),
        *(("{:%d %b}", "%d %b"), ("on {:%d %b}", "on %d %b"), ("{0:%H:%M}", "%H:%M")),
        *(("{x:,.2f}", "{:,.2f}"), ("${total:,.2f}", "${:,.2f}"), ("{total}", "{}")),
        *(("{{:,.2f}}", "{:,.2f}"), ("{:,.2f", "{:,.2f}"), ("{!r}", "{:,.2f}")),
        *(("{:{}}", "{:,.2f}"), ("{:.1f} {:.2f}", "{:.1f}"), ("{.year}", "{}")),
        *(("dd.mm.yyyy", "%d.%m.%Y"), ("d.m.Y", "%d.%m.%Y"), ("DD/MM/YYYY", "%d/%m/%Y")),
        *(("YYYY-MM-DD", "%Y-%m-%d"), ("MMM d, yyyy", "%b %d, %Y"), ("HH:mm", "%H:%M")),
        *(("dd.mm.yyyy hh:mm", "%d.%m.%Y %H:%M"), ("m/d/yy", "%m/%d/%y")),
        *(("%d.%M.%Y", "%d.%m.%Y"), ("%H:%m", "%H:%M")),
        *((",2f", ",.2f"), ("2f", ".2f"), ("f", ".2f"), (",f", ",.2f"), ("%", ".0%")),
        *(("$,.2f", "${:,.2f}"), (",.2f €", "{:,.2f} €"), ("€.2f", "€{:.2f}")),
        *(("0.00;-0.00", ".2f"), ("#,##0.00 [$€-407]", "{:,.2f} €"), ("[Red]0.00", ".2f")),
        *(("1,234.56", ",.2f"), ("C2", ".2f"), ("N0", ",.0f"), ("%5s", ">5")),
        *(("h:mm a", "%I:%M %p"), ("hh:mm", "%H:%M"), ("%I:%M", "%H:%M"), ("%-l Uhr", "%-H Uhr")),
        *(("f'{v:,.2f}'", "{:,.2f}"), ('f"{v} km"', "{} km")),
        *(("USD ,.2f", "USD {:,.2f}"), (".1f%", "{:.1f}%"), (",d pcs", "{:,d} pcs")),
    ],
)
def test_format__refused_with_the_right_one(fmt, right):
    """A spelling of another tool, and one that fits by accident, is refused with the right one."""
    assert repr(right) in fault_of(fmt)
    assert fault_of(right) is None


@pytest.mark.parametrize(
    ("fmt", "words"),
    [
        *(("%s", "leave it out"), ("%i", "leave it out"), ("%Q", "no code of dates")),
        *(("%d %i", "%i, which is no code"), ("%d %", "without the letter"), ("0,00", "a comma")),
        *(("#.##0,00", "a comma"), ("General", "no format"), ("@", "no format"), ("c", "a letter")),
        *(("$,.2f", "put the sign into the text"), (">100000", "more than 800 characters")),
    ],
)
def test_format__refused(fmt, words):
    """What means nothing here is refused, and what it would do is said."""
    assert words in fault_of(fmt)


def test_formats__are_refused_with_all_other_faults():
    """A format that cannot be used is told at once, whatever the column holds."""
    frame = make_people(2).assign(v=["a", 1.0])
    with pytest.raises(smsframe.InputError, match="2 arguments") as caught:
        smsframe.plan(frame, "%%v%%", program="1", formats={"v": "0.00"}, limit=-1)
    assert "formats['v']='0.00' is how a spreadsheet writes formats; write '.2f'." in str(
        caught.value
    )


def test_inside__of_braces():
    """A column is read as numbers by what stands in the braces."""
    assert [inside(fmt) for fmt in (",.2f", "${:,.2f}", "{} km", "")] == [",.2f", ",.2f", "", ""]


def test_format__of_one_bad_cell_stops_its_row():
    """A cell that the format does not suit is a problem of its row, with cell and fix."""
    frame = make_people(3).assign(total=pd.Series([1.5, "n/k", 2], dtype=object))
    made = smsframe.plan(frame, "%%total%%", program="1", formats={"total": "${:,.2f}"})
    assert made.texts().tolist() == ["$1.50", "$2.00"]
    (fault,) = made.problems.query("severity == 'error'").itertuples()
    assert (fault.code, fault.position, fault.value) == ("value_unreadable", 1, "'n/k'")
    assert "pd.to_numeric" in fault.sentence


@pytest.mark.parametrize(
    ("value", "fmt", "why"),
    [
        pytest.param(12345.67, "g", "counts all digits", id="digits-lost"),
        pytest.param(Decimal("1234567.5"), "{:n}", "counts all digits", id="digits-lost-n"),
        pytest.param(1.5, "2", "how wide a number is", id="a-width"),
        pytest.param(1.5, "1.23", "write '.2f'", id="as-an-example"),
        pytest.param("12.50", ".2", "cuts the text of a number", id="a-number-cut"),
        pytest.param(dt.date(2026, 1, 2), "%H:%M", "a date has no time of day", id="date-hour"),
        pytest.param(pd.Period("2026Q4"), "%d %b", "of several days has no day", id="quarter-day"),
        pytest.param(True, ",.2f", "True and False are no numbers", id="truth"),
        pytest.param(dt.timedelta(hours=3), "%H:%M", "the text of one duration", id="duration"),
    ],
)
def test_format__that_fits_by_accident(value, fmt, why):
    """What a format would leave out of a value, or put into it, is refused with the reason."""
    frame = make_people(1).assign(v=pd.Series([value], dtype=object))
    with pytest.raises(smsframe.InputError, match=why):
        smsframe.plan(frame, "%%v%%", program="1", formats={"v": fmt})


def test_format__that_makes_nothing_of_a_cell():
    """A cell that is there, and of which a format makes nothing, is not called blank."""
    frame = make_people(3).assign(v=[1, 2, None])
    made = smsframe.plan(
        frame, "%%v%%", program="1", formats={"v": lambda value: "one" if value == 1 else None}
    )
    said = made.problems.set_index("position")["sentence"]
    assert "The function of column 'v' makes nothing of this cell" in said[1]
    assert "is blank here" in said[2]

"""The report: one page for people who were not there, which counts and names nobody."""

from __future__ import annotations

import itertools
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import TEXT, make_people, send

import smsframe
from smsframe._base.html import STATUS_COLOURS
from smsframe._base.masking import PHONE_DIGITS
from smsframe._base.result_columns import STATUSES
from smsframe._results.report_facts import MOST_GROUPS, facts_of
from smsframe._results.report_html import DARK, report_html, shown
from smsframe._results.report_style import STYLE
from smsframe._results.report_words import REASONS, STATUS_MEANINGS
from smsframe.errors import InputError

pytestmark = [
    pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning"),
    pytest.mark.usefixtures("own_folder"),
]
ROOT = Path(__file__).parents[2]
VOID = {"meta", "wbr"}


class Page(HTMLParser):
    """A page read as a browser would: its elements, and the text of each table and of the rest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        """Elements end in the order in which they began."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note text that is shown."""
        if "style" in self.open:
            return
        self.text.append(data)
        if ("th" in self.open or "td" in self.open) and "i" not in self.open:
            self.tables[-1][-1][-1] += data

    @property
    def words(self) -> str:
        """All text that is shown."""
        return " ".join("".join(self.text).split())

    def table(self, first: str) -> dict[str, list[str]]:
        """Return the table whose first column has this title: the other cells by the first one."""
        (found,) = [table for table in self.tables if table[0][0] == first]
        return {row[0]: row[1:] for row in found}


def page_of(results, **options) -> Page:
    """Write a report and read it."""
    path = smsframe.report(results, "report.html", overwrite=True, **options)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture
def results(sandbox, client):
    """Send 1,500 people, a few of them faulty; the answer of the second batch is lost."""
    people = make_people(1500)
    people.loc[[3, 8], "mobile"] = "n/a"
    people.loc[5, :] = people.loc[4, :]
    people["balance"] = 70_000_000 + people.index
    sandbox.faults.add("drop_after", on=2)
    return send(people, limit=1400, campaign="May offer")


def test_report__says_what_was_sent_to_how_many_when_and_by_whom(results):
    """Whoever was not there finds the totals, the text, the campaign and the sender."""
    page = page_of(results, price_per_segment=0.05)
    run = smsframe.runs().iloc[0]
    assert page.words.count("SMS report: May offer") == 2  # title and heading
    for told in (
        "Accepted by the service: 1,000 of 1,500 rows.",
        "Without a message: 100.",
        "Not known whether they went out: 400.",
        run["who"],
        TEXT,
        "SMS program148372",
        "Cost, so far known50.00",
        "Cost: 50.00",
        "400 of messages that may have gone out",
        f"{results['sms_accepted_at'].min():%B %Y, %H:%M} UTC",
        results.attrs["smsframe"]["run"],
        "results.sms.reconcile(export)",
        "results.sms.refresh()",
        "2 rows to be corrected",
    ):
        assert told in page.words


def test_report__numbers_are_those_of_the_summary(results):
    """Outcomes, reasons and countries are counted as ``summary`` counts them."""
    results["sms_variant"] = np.where(np.arange(1500) % 3, "A", "B")
    page = page_of(results)
    counts = results["sms_status"].value_counts()
    outcomes = page.table("Outcome")
    for status, number in counts[counts > 0].items():
        words = status.replace("_", " ") + STATUS_MEANINGS[status]
        assert outcomes.pop(words)[0] == f"{number:,}"
    assert list(outcomes) == ["Outcome"]
    reasons = {name.rpartition("· ")[2]: cells[-1] for name, cells in page.table("Reason").items()}
    codes = results["sms_code"].value_counts()
    assert {code: f"{n:,}" for code, n in codes.items()} == {
        code: number for code, number in reasons.items() if code != "Reason"
    }
    countries = page.table("Country")
    assert (countries["US"][-1], countries["none"][-1]) == ("1,498", "2")
    variants = page.table("Variant")
    assert variants["Variant"][1:] == [
        "accepted", "unknown", "invalid", "duplicate", "not attempted", "All",
    ]  # fmt: skip
    for name, rows in results.groupby("sms_variant"):
        numbers = rows["sms_status"].value_counts()
        shown_here = [f"{numbers[each.replace(' ', '_')]:,}" for each in variants["Variant"][1:-1]]
        assert variants[name][1:] == [*shown_here, f"{len(rows):,}"]
    (hour,) = [name for name in page.table("Hour") if name != "Hour"]
    assert hour == f"{results['sms_accepted_at'].min():%H}:00"


def digit_runs(cells) -> set[str]:
    """Return every seven digits that stand side by side in a cell."""
    return {
        run[place : place + PHONE_DIGITS]
        for cell in cells
        for run in re.findall(r"\d+", str(cell))
        for place in range(len(run) - PHONE_DIGITS + 1)
    }


def test_report__holds_no_number_no_name_no_value(results):
    """No seven digits of a phone column are in the bytes, nor any seven digits; no name either."""
    results["sms_variant"] = "call " + results["mobile"]
    html = smsframe.report(results, "report.html", price_per_segment={"US": 1}).read_bytes()
    known = digit_runs(results["mobile"]) | digit_runs(results["sms_contact"])
    assert len(known) > 200
    assert digit_runs([html.decode()]) == set()
    assert b"Name1" not in html  # FirstName of each row; the text has the tag
    assert b"7000" not in html


def test_report__sentences_of_rows_are_not_quoted(results):
    """What a row's sentence quotes of the row, or a file brought back, is not looked at."""
    results["sms_error"] = "Ann Miller's cell"
    assert "Miller" not in page_of(results).words


@pytest.mark.parametrize(
    "written",
    ["call 2015550123", "+1 (201) 555-0123", "20155501234", "no. 555-0123 now", "12345678 ab"],
)
def test_shown__hides_numbers_in_what_people_wrote(written):
    """A text, campaign or variant may have a number; digits that can be one are hidden."""
    assert not re.search(r"\d{3}", shown(written))


def test_report__escapes_what_people_wrote(client):
    """A text with markup is shown as it was written and makes no element."""
    out = send(make_people(2), "<script>alert('1')</script> & <b>", campaign="<i>May</i>")
    html = smsframe.report(out, "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<script>alert('1')</script> & <b>" in Page(html).words
    assert "SMS report: <i>May</i>" in Page(html).words


def test_report__is_static_and_asks_nobody(results):
    """No script, no handler, no address: the page stands alone and forbids itself to load."""
    html = smsframe.report(results, "report.html").read_text(encoding="utf-8")
    page = Page(html)
    names = {name for name, _ in page.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base"}
    attributes = {key for _, given in page.elements for key in given}
    assert not [key for key in attributes if key.startswith("on") or key in ("src", "href")]
    assert not re.search(r"https?:|//|url\(|@import", html)
    (policy,) = [a["content"] for n, a in page.elements if a.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_report__can_be_listened_to(results):
    """Landmarks, one heading of the first level, captions, scopes; each id is there once."""
    page = page_of(results)
    names = [name for name, _ in page.elements]
    for name in ("header", "main", "footer", "h1", "title"):
        assert names.count(name) == 1
    levels = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert names.count("caption") == names.count("table") > 3
    assert all(
        given.get("scope") in ("col", "row") for name, given in page.elements if name == "th"
    )
    ids = [given["id"] for _, given in page.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert {g["aria-labelledby"] for n, g in page.elements if n == "section"} == set(ids)
    assert ("html", {"lang": "en"}) in page.elements


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, by WCAG 2.2."""
    full = colour if len(colour) == 7 else "#" + "".join(2 * each for each in colour[1:])
    parts = [int(full[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, by WCAG 2.2."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_report__contrast_is_enough_in_both_themes():
    """Text has at least 4.5:1 on everything that it stands on, and so have numbers on bars."""
    themes = re.findall(r":root\{(.*?)\}", STYLE, re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        colours = dict(re.findall(r"--(\w+):(#\w+)", theme))
        for ground in ("paper", "card", "call"):
            assert contrast(colours["ink"], colours[ground]) >= 7
            assert contrast(colours["soft"], colours[ground]) >= 4.5
    for status, colour in STATUS_COLOURS.items():
        assert contrast("#fff" if status in DARK else "#000", colour) >= 4.5


def test_report__of_a_dry_run(people):
    """A plan is called one, and nothing is said to have been sent."""
    out = people.sms.send(TEXT, program="148372", phone="mobile", dry_run=True)
    page = page_of(out)
    assert "SMS plan report" in page.words
    assert "Planned: 3 of 3 rows would get a message." in page.words
    assert "Nothing of this was sent yet." in page.words
    assert "nothing was accepted yet" in page.words


def test_report__of_an_earlier_run(results):
    """What the journal brings back makes the same report."""
    again = smsframe.results(results.attrs["smsframe"]["run"])
    made = [report_html(facts_of(frame, None, None, made_at=0)) for frame in (results, again)]
    assert made[0] == made[1]


def test_report__of_a_part_says_so(results):
    """A filtered table has the text of its run, and the page says that it is a part."""
    page = page_of(results[results["sms_status"] == "unknown"])
    assert "This report is about 400 of the 1,500 rows of a run." in page.words
    assert TEXT in page.words


def test_report__of_a_merged_table(results):
    """A merge loses the run, and repeats rows: the batches name it, each message counts once."""
    orders = pd.concat([results[["FirstName"]].head(50)] * 3, ignore_index=True)
    merged = orders.merge(results.drop_duplicates("FirstName"), on="FirstName")
    merged.attrs = {}
    once = int((merged.drop_duplicates("FirstName")["sms_status"] == "accepted").sum())
    page = page_of(merged)
    assert f"Accepted or sent{once}" in page.words
    assert TEXT in page.words
    assert "rows of the table repeat messages of other rows and are not counted." in page.words
    page = page_of(pd.concat([results, results[results["sms_status"] == "accepted"].head(1)]))
    assert "1 row of the table repeats a message of another row and is not" in page.words


TWO = {
    "A": "Hi %%FirstName%%, it has shipped.\nB: not the other text",
    "B <i>": "%%FirstName%%! Call 2015550123.",
    "C": "Nobody has it.",
}


def test_report__several_texts_of_a_run(client):
    """Each text stands under its name with what became of its rows; the holdout has none."""
    people = make_people(90).assign(kind=["A", "B <i>", "a"] * 30)
    out = send(people, TWO, by="kind", campaign="langs", holdout=0.2)
    page = page_of(out)
    texts = page.words[page.words.index("The texts") : page.words.index("What became of the")]
    counts = out.groupby("sms_variant", observed=True)["sms_status"].value_counts()
    a, b = counts["A"]["accepted"], counts["B <i>"]["accepted"]
    assert f"A: {a} rows ({a} accepted)Hi %%FirstName%%, it has" in texts
    assert "shipped. B: not the other textB <i>: " in texts
    assert f"B <i>: {b} rows ({b} accepted)%%FirstName%%! Call" in texts
    assert "C: no rows hereNobody has it." in texts
    assert digit_runs([texts]) == set()
    assert page.table("Variant")["holdout"][-1] == str(int((out["sms_variant"] == "holdout").sum()))
    again = smsframe.results(out.attrs["smsframe"]["run"])
    assert page_of(again).words.count("Nobody has it.") == 1
    smsframe.journal.forget(pd.Timestamp.now(tz="UTC") + pd.Timedelta("1D"))
    assert "(The text was removed from the journal.)" in page_of(out).words


def test_report__several_runs_and_foreign_ones(client, tmp_path):
    """Texts of all runs are shown; a journal that does not know a run is said not to."""
    one, two = send(make_people(3)), send(make_people(3, 10), "Another text.")
    both = pd.concat([one, two], ignore_index=True)
    both.attrs = {}
    page = page_of(both)
    assert TEXT in page.words
    assert "Another text." in page.words
    page = page_of(both, journal=tmp_path / "none.sqlite3")
    assert "does not know all runs" in page.words
    assert TEXT not in page.words


def test_report__went_through_a_file(results):
    """Results that come back from Excel are counted alike."""
    before = page_of(results)
    back = smsframe.read(results.sms.to_excel("results.xlsx"))
    after = page_of(back)
    assert after.tables == before.tables


def made_up(times) -> pd.DataFrame:
    """Return results that were accepted at these times."""
    people = make_people(len(times))
    plan = smsframe.plan(people, TEXT, program="1", phone="mobile").to_frame()
    plan["sms_status"] = pd.Categorical(["accepted"] * len(times), categories=list(STATUSES))
    plan["sms_accepted_at"] = pd.to_datetime(times, utc=True)
    return plan


@pytest.mark.parametrize(
    ("times", "unit", "lines"),
    [
        pytest.param(
            ["2026-11-22 08:10", "2026-11-22 08:50", "2026-11-22 10:05"],
            "hour",
            {"08:00": 2, "09:00": 0, "10:00": 1},
            id="hours, with the empty one",
        ),
        pytest.param(
            ["2026-11-22 23:10", "2026-11-23 00:50"],
            "hour",
            {"22 Nov, 23:00": 1, "23 Nov, 00:00": 1},
            id="past midnight",
        ),
        pytest.param(
            ["2026-11-22 08:10", "2026-11-25 08:50"],
            "day",
            {"22 Nov 2026": 1, "23 Nov 2026": 0, "24 Nov 2026": 0, "25 Nov 2026": 1},
            id="days",
        ),
        pytest.param(
            ["2026-10-22 08:10", "2027-01-25 08:50"],
            "month",
            {"October 2026": 1, "November 2026": 0, "December 2026": 0, "January 2027": 1},
            id="months",
        ),
    ],
)
def test_report__times_are_a_time_axis(times, unit, lines):
    """Hours in which nothing was accepted are there too; a long time is told by day or month."""
    facts = facts_of(made_up(times), None, None, made_at=0)
    assert facts.unit == unit
    assert facts.times["accepted"].to_dict() == lines


def test_report__many_groups_are_cut():
    """The smallest groups are one line, and no row is lost."""
    out = made_up(["2026-11-22 08:10"] * 100)
    out["sms_variant"] = [f"variant {place % 30}" for place in range(100)]
    variants = facts_of(out, None, None, made_at=0).variants
    assert len(variants) == MOST_GROUPS
    assert variants.index[-1] == "all others"
    assert variants.to_numpy().sum() == 100


def test_report__no_rows(people):
    """An empty table has a report too."""
    out = people.sms.send(TEXT, program="148372", phone="mobile", dry_run=True).head(0)
    assert "There are no rows" in page_of(out).words


@pytest.mark.parametrize("number", [1, 2])
def test_report__tells_one_from_several(number):
    """One row is "row", and one message "message"."""
    words = page_of(made_up(["2026-11-22 08:10"] * number)).words
    assert (f"of {number} row." in words, f"{number} message accepted" in words) == (
        (True, True) if number == 1 else (False, False)
    )


def test_report__columns_with_levels_and_repeated_labels(results):
    """The caller's columns and index may be of any kind."""
    repeated = results.copy()
    repeated.index = [0] * len(repeated)
    levels = results.copy()
    levels.columns = pd.MultiIndex.from_tuples([(name, "") for name in results.columns])
    for frame in (repeated, levels):
        assert page_of(frame).tables == page_of(results).tables


# -- the file


def test_report__is_for_its_owner_alone_and_overwrites_nothing(results, tmp_path):
    """Mode 0600; what lies there is left, byte by byte, unless that is asked for."""
    path = results.sms.report(tmp_path / "report.html")
    assert path == tmp_path / "report.html"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("mine")
    with pytest.raises(InputError, match=r"is there already.*overwrite=True"):
        results.sms.report(path)
    assert path.read_text() == "mine"
    results.sms.report(path, overwrite=True)
    assert "SMS report" in path.read_text(encoding="utf-8")
    assert [each.name for each in tmp_path.glob("*.html*")] == ["report.html"]
    assert [each.name for each in tmp_path.glob(".report*")] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("no-folder/report.html", "there is no folder .*no-folder", id="no folder"),
        pytest.param("report.pdf", "ending must be .html", id="ending"),
        pytest.param("", "path", id="nothing"),
        pytest.param(7, "path", id="a number"),
    ],
)
def test_report__refuses_a_place_it_cannot_write_to(results, path, said):
    """The sentence says what is wrong, and no file is left."""
    with pytest.raises(InputError, match=said):
        results.sms.report(path)
    assert list(Path().glob("**/*report*")) == []


def test_report__refuses_what_is_no_results(people):
    """A frame of people has nothing to report."""
    with pytest.raises(InputError, match="holds no results"):
        smsframe.report(people, "report.html")
    assert not Path("report.html").exists()


def test_words__every_code_of_a_row_has_some():
    """Each code that the page of codes has for rows is in plain words here."""
    page = (ROOT / "docs" / "problem-codes.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    without = {"The phone column", "Text, values and repeats"}  # of a plan as a whole
    codes = {
        code
        for title, section in sections.items()
        if title not in without
        for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", row)
    }
    assert len(codes) > 60
    assert codes - set(REASONS) == set()
    assert set(STATUS_MEANINGS) == set(STATUSES)

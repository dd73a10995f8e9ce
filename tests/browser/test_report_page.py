"""The report as a file in a browser without a network: light, dark, narrow, printed on A4."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest
from samples import make_people

import smsframe

pytestmark = [
    pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning"),
    pytest.mark.usefixtures("own_folder"),
]
SHOTS = os.environ.get("REPORT_SHOTS")
A4_WIDTH = 718  # pixels between margins of 15 mm, at 96 to an inch
TEXTS = {
    "en": "Hi %%FirstName%%, your order has shipped. Questions? Call 201 555 0123.",
    "fr": "Bonjour %%FirstName%%, votre commande est en route.",
}


@pytest.fixture
def report(sandbox, client, own_folder):
    """Write a report with everything that a report can have."""
    people = make_people(1200).assign(language=["en", "en", "fr"] * 400)
    people.loc[3:9, "mobile"] = "n/a"
    people.loc[900:, "mobile"] = [f"+44 7400 {number:06d}" for number in range(100_000, 100_300)]
    people.loc[11, :] = people.loc[10, :]
    sandbox.faults.add("drop_after", on=2)
    out = smsframe.send(
        people, TEXTS, by="language", program="148372", phone="mobile", campaign="May offer",
        holdout=0.1, progress=False, limit=1000,
    )  # fmt: skip
    later = pd.Timedelta(hours=5)
    out.loc[:100, "sms_accepted_at"] += later
    return out.sms.report("report.html", price_per_segment={"US": 0.0079, "*": 0.05}), out


@pytest.fixture
def sheet(page):
    """Return a page that may ask for one file and nothing else, and may have no error."""
    asked, errors = set(), []
    page.on("request", lambda request: asked.add(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.context.set_offline(True)
    yield page
    assert {Path(url).name for url in asked} == {"report.html"}
    assert errors == []


def shot(page, name):
    """Keep a picture of the page, for eyes."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1440),
        pytest.param("dark", 1440, marks=pytest.mark.full),
        pytest.param("light", 390, marks=pytest.mark.full),
        pytest.param("dark", 390, marks=pytest.mark.full),
    ],
)
def test_report__shows_everything_without_a_network(report, sheet, scheme, width):
    """All of it is there with the network off, and nothing is cut or wider than the page."""
    path, out = report
    sheet.emulate_media(color_scheme=scheme)
    sheet.set_viewport_size({"width": width, "height": 900})
    sheet.goto(path.resolve().as_uri())
    shot(sheet, f"report-{scheme}-{width}")
    words = sheet.locator("body").inner_text()
    counts = out.sms.counts
    for told in (
        "SMS report: May offer", "en:", "fr:", "votre commande est en route", "By hour",
        "By country", "By variant", "Cost", "may or may not have gone out", "holdout",
        f"{counts['accepted']:,}", f"{counts['unknown']:,}",
    ):  # fmt: skip
        assert told in words
    assert "Call •" in words
    assert not re.search(r"\d{7}", path.read_text(encoding="utf-8"))
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    drawn = sheet.locator(".bar > i").evaluate_all(
        "parts => parts.map(p => [p.getBoundingClientRect().width, p.textContent,"
        " p.scrollWidth > p.clientWidth + 1])"
    )
    assert len(drawn) > 10
    assert all(size >= 2 for size, _, _ in drawn)
    if width > 1000:  # a number on a part of a bar has room there
        assert [text for _, text, is_cut in drawn if text and is_cut] == []


def test_report__accessible(axe, report, sheet):
    """Nothing of any kind is found, in light and dark; a table can be reached by keyboard."""
    path, _ = report
    for scheme in ("light", "dark"):
        sheet.emulate_media(color_scheme=scheme)
        sheet.goto(path.resolve().as_uri())
        sheet.evaluate(axe)
        found = sheet.evaluate("async () => (await axe.run()).violations")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], json.dumps(found)


@pytest.mark.full
def test_report__printed_on_a4(report, sheet):
    """On paper it is light, nothing is wider than the page, and every part has its words."""
    path, _ = report
    sheet.emulate_media(media="print", color_scheme="dark")
    sheet.set_viewport_size({"width": A4_WIDTH, "height": 1000})
    sheet.goto(path.resolve().as_uri())
    shot(sheet, "report-print")
    assert sheet.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH
    paper = sheet.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    made = sheet.pdf(prefer_css_page_size=True)
    assert made.startswith(b"%PDF")
    (box,) = set(re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", made))
    assert [round(float(side)) for side in box] == [595, 842]  # points of A4
    if SHOTS:
        Path(SHOTS, "report.pdf").write_bytes(made)

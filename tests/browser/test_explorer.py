"""The explorer in JupyterLab, with mouse and keyboard only."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from browser.pages import command, open_notebook, run_all
from browser.test_traps import faults
from playwright.sync_api import expect

SHOTS = os.environ.get("EXPLORER_SHOTS")
EXPLORE = """people = make_people(240)
people["city"] = ["Oslo", "Rome", "Lima"] * 80
people["order_no"] = [f"A-{i:05d}" for i in range(240)]
people.loc[5, "mobile"] = "n/a"
results = people.sms.send("Hi %%FirstName%%, order %%order_no%% is on its way.",
                          program="148372", phone="mobile", limit=200, progress=False)
explorer = results.sms.explore()
explorer"""


def shot(page, name):
    """Keep a picture of the screen, for eyes."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        screen(page).screenshot(path=Path(SHOTS) / f"{name}.png")


def screen(page):
    """Return the explorer on the page."""
    return page.locator(".smsframe-explorer")


def press(page, words):
    """Press a button."""
    screen(page).locator("button:visible", has_text=words).first.click()


@pytest.fixture
def opened(watched, lab, notebook):
    """Open an explorer over 240 rows of which 200 were sent."""
    path = notebook(EXPLORE)
    open_notebook(watched, lab, path)
    run_all(watched)
    expect(screen(watched).locator(".sms-line .sms-cells").nth(3)).to_be_visible()
    return watched, path


def test_explorer__find_select_retry(opened, sandbox):
    """Find one person by order, look at the text, select a reason, retry its rows."""
    page, _ = opened
    shot(page, "light")
    assert "+1201" not in screen(page).inner_text()
    order = screen(page).get_by_label("Order", exact=True)
    expect(order.locator("option:checked")).to_have_text("as in the results")
    search = screen(page).get_by_label("Search", exact=True)
    search.fill("a-00007")
    search.press("Enter")
    expect(screen(page)).to_contain_text("1 of 240 rows match")
    text = screen(page).locator("button:visible", has_text="Text").first
    text.focus()
    page.keyboard.press("Enter")
    expect(screen(page).locator(".sms-bubble")).to_have_text(
        "Hi Name7, order A-00007 is on its way."
    )
    assert screen(page).locator(".sms-line .sms-bubble").count() == 1  # below its row
    shot(page, "text")
    search.fill("201 555 0109")
    search.press("Enter")
    expect(search).not_to_have_value("201 555 0109")
    expect(screen(page)).to_contain_text("1 of 240 rows match")
    press(page, "Show all rows")
    expect(screen(page).locator(".sms-figures")).to_have_text("240 rows")
    press(page, "a limit on the number of messages was reached ·")
    expect(screen(page)).to_contain_text("39 of 240 rows match")
    press(page, "Select all 39")
    press(page, "Retry (39)")
    expect(screen(page)).to_contain_text("Send 39 messages?")
    shot(page, "question")
    press(page, "Yes, send 39 messages")
    expect(screen(page)).to_contain_text("Done: 39 accepted.")
    assert len(sandbox.outbox()) == 239
    press(page, "Show all rows")
    page.evaluate("document.documentElement.scrollTop = 0")
    shot(page, "after")
    command(page, "apputils:change-theme", {"theme": "JupyterLab Dark"})
    expect(page.locator("body[data-jp-theme-light='false']")).to_be_attached()
    page.wait_for_timeout(500)
    shot(page, "dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert screen(page).locator("select[multiple]").bounding_box()["width"] > 150  # names whole
    shot(page, "narrow")


MANY = EXPLORE.replace('["Oslo", "Rome", "Lima"] * 80', '[f"City {i % 15}" for i in range(240)]')


@pytest.mark.full
def test_explorer__accessible(axe, watched, front_end, notebook):
    """Nothing is found where values are many, with a row open, whatever headings a page has."""
    front_end.open(watched, notebook(MANY))
    expect(screen(watched).locator(".sms-line .sms-cells").nth(3)).to_be_visible()
    expect(screen(watched).get_by_label("More values of city")).to_be_attached()
    press(watched, "Text")
    expect(screen(watched).locator(".sms-bubble")).to_be_visible()
    watched.evaluate(axe)
    assert faults(watched, ".smsframe-explorer") == []


@pytest.mark.full
def test_explorer__a_saved_notebook_has_no_rows(opened):
    """Saved, the notebook has the counts and nobody's name."""
    page, path = opened
    command(page, "docmanager:save")
    end = time.monotonic() + 20
    while "accepted 200" not in (kept := path.read_text(encoding="utf-8")):
        assert time.monotonic() < end
        page.wait_for_timeout(100)
    outputs = json.dumps([cell.get("outputs") for cell in json.loads(kept)["cells"]])
    assert "accepted 200" in outputs
    assert "Name7" not in outputs
    assert "Name7" not in json.dumps(json.loads(kept)["metadata"])


LARGE = """import numpy as np
import pandas as pd
rows = 300_000
numbers = np.arange(rows)
people = pd.DataFrame({
    "mobile": "+1201555" + pd.Series(100 + numbers % 100).astype("string").str.zfill(4),
    "name": "Name" + pd.Series(numbers).astype("string"),
    "order_no": "A-" + pd.Series(numbers).astype("string").str.zfill(6),
    "city": pd.Series(["Oslo", "Rome", "Lima"]).take(numbers % 3).to_numpy(),
})
people.loc[1000:, "mobile"] = None
results = people.sms.send("Hi %%name%%, order %%order_no%%.", program="148372", phone="mobile",
                          limit=960, progress=False)
explorer = results.sms.explore()
explorer"""


@pytest.mark.full
@pytest.mark.timeout(600)
def test_explorer__of_300_000_rows(watched, lab, notebook, sandbox):
    """With mouse and keyboard only: find one order, select all of a reason, retry, download."""
    page = watched
    page.set_default_timeout(120_000)
    path = notebook(LARGE)
    open_notebook(page, lab, path)
    run_all(page, within_s=300)
    expect(screen(page).locator(".sms-line .sms-cells").nth(3)).to_be_visible(timeout=120_000)
    search = screen(page).get_by_label("Search", exact=True)
    search.click()
    page.keyboard.type("a-234567")
    page.keyboard.press("Enter")
    expect(screen(page)).to_contain_text("1 of 300,000 rows match", timeout=60_000)
    expect(screen(page)).to_contain_text("Name234567")
    press(page, "Show all rows")
    press(page, "a limit on the number of messages was reached ·")
    expect(screen(page)).to_contain_text("40 of 300,000 rows match", timeout=60_000)
    press(page, "Select all 40")
    shot(page, "large")
    press(page, "Retry (40)")
    expect(screen(page)).to_contain_text("Send 40 messages?", timeout=60_000)
    press(page, "Yes, send 40 messages")
    expect(screen(page)).to_contain_text("Done: 40 accepted.", timeout=120_000)
    assert len(sandbox.outbox()) == 1000
    press(page, "Show all rows")
    press(page, "Select none")
    press(page, "accepted · 1,000")  # chips follow a moment after the sentence
    expect(screen(page)).to_contain_text("1,000 of 300,000 rows match", timeout=60_000)
    press(page, "Download CSV (1,000)")
    screen(page).get_by_label("File", exact=True).fill("part.csv")
    page.keyboard.press("Tab")
    press(page, "Yes, write 1,000 rows")
    expect(screen(page)).to_contain_text("1,000 rows written to part.csv.", timeout=60_000)
    lines = (lab.root / "part.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1001

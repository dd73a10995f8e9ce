"""The pictures of the README and the docs: a notebook that sends, both screens, and a report.

`COMPOSER_SHOTS=folder pytest tests/browser/test_picture.py` makes them anew, as ``notebook.png``,
``explorer.png``, ``report.png`` and ``composer.png`` (that of ``notebooks/images``). Each is what
people see, and small enough for a page.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.pages import SHOTS, open_notebook, run_all
from playwright.sync_api import expect
from samples import make_people

import smsframe

pytestmark = pytest.mark.full

FRAME = """import pandas as pd
orders = pd.DataFrame({
    "mobile": ["(201) 555-0123", "+1 202 555 0124", None, "201-555-0125 ext 4", "2015550126"],
    "name": ["Ann", "Bob", "Carla", "Dmitri", "Eva"],
    "order": ["A-17", "A-18", "A-19", "A-20", "A-21"],
})"""
PLAN = """plan = orders.sms.plan(
    "Hi %%name%%, your order %%order%% has shipped.", program="148372", phone="mobile", region="US"
)
plan"""
SEND = """results = plan.send()
results.sms.failed[["name", "sms_status", "sms_error"]]"""


def test_picture__of_a_notebook(lab, notebook, watched):
    """A notebook shows the plan, the line under a send, and whole sentences of what failed."""
    watched.set_viewport_size({"width": 1000, "height": 1400})
    open_notebook(watched, lab, notebook(FRAME, PLAN, SEND))
    run_all(watched)
    cells = watched.locator(".jp-Notebook .jp-CodeCell")
    expect(cells.nth(2)).to_contain_text("3 messages in 1 call")
    expect(cells.nth(3)).to_contain_text("3 accepted")
    expect(cells.nth(3)).to_contain_text("Give a mobile number alone.")
    if SHOTS:
        first, last = cells.nth(2).bounding_box(), cells.nth(3).bounding_box()
        height = last["y"] + last["height"] - first["y"]
        watched.screenshot(path=f"{SHOTS}/notebook.png", clip={**first, "height": height})


EXPLORED = """import warnings
warnings.simplefilter("ignore")
people = make_people(2600)
people["city"] = pd.Series(["Oslo", "Rome", "Lima", "Quito"] * 650)
people["order_no"] = [f"A-{i:05d}" for i in range(2600)]
people.loc[people.index[::90], "mobile"] = "n/a"
results = people.sms.send("Hi %%FirstName%%, order %%order_no%% is on its way.",
                          program="148372", phone="mobile", limit=2000, progress=False)"""
LARGEST_BYTES = 200_000


def kept(page, name, **how):
    """Keep a picture, where pictures are kept; tell how large it is."""
    if not SHOTS:
        return 0
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    path = Path(SHOTS) / f"{name}.png"
    page.screenshot(path=path, **how)
    return path.stat().st_size


def test_picture__of_the_explorer(lab, notebook, watched):
    """Chips with counts, the rows that match, masked, and the text of one as it was sent."""
    watched.set_viewport_size({"width": 1000, "height": 1600})
    open_notebook(watched, lab, notebook("import pandas as pd", EXPLORED, "results.sms.explore()"))
    run_all(watched)
    screen = watched.locator(".smsframe-explorer")
    expect(screen).to_contain_text("2,600 rows")
    screen.locator(".sms-chip button, button.sms-chip", has_text="Rome").first.click()
    expect(screen).to_contain_text("650 of 2,600 rows match")
    screen.locator(".sms-line button", has_text="Text 1").first.click()
    expect(screen).to_contain_text("order A-00001 is on its way")
    cell = watched.locator(".jp-Notebook .jp-CodeCell").nth(3)
    assert kept(cell, "explorer") < LARGEST_BYTES


COMPOSED = """orders = smsframe.read({path!r}, numbers=["total"])
composer = orders.sms.compose(
    "Hi %%FirstName%%, your order %%order_no%% over $%%total%% has shipped. Reply STOP to opt out.",
    program="148372", region="US", defaults={{"FirstName": "Customer"}},
    formats={{"total": ",.2f"}}, min_gap="24h", exclude=orders["mobile"].iloc[7:10])
composer"""


def test_picture__of_the_composer(lab, notebook, watched):
    """The text, what people get, what is held back, and what is wrong."""
    data = Path(__file__).parents[2] / "data" / "orders.csv"
    watched.set_viewport_size({"width": 1060, "height": 2700})
    open_notebook(watched, lab, notebook(COMPOSED.format(path=str(data))))
    run_all(watched)
    screen = watched.locator(".smsframe-composer")
    expect(screen.locator(".sms-send button.sms-go")).to_have_text("Send 2,409 messages")
    expect(screen.get_by_label("Program", exact=True)).to_contain_text("Order updates")
    upper = {**screen.bounding_box(), "height": 1480}  # down to what is wrong
    assert kept(watched, "composer", clip=upper) < LARGEST_BYTES


@pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning")
def test_picture__of_a_report(sandbox, client, page, own_folder):
    """What was sent, to how many, and what became of it."""
    people = make_people(2600)
    people.loc[people.index[::90], "mobile"] = "n/a"
    sandbox.faults.add("drop_after", on=3)
    out = smsframe.send(
        people, "Hi %%FirstName%%, your order has shipped.", program="148372", phone="mobile",
        campaign="May shipping", progress=False,
    )  # fmt: skip
    path = out.sms.refresh(progress=False).sms.report("report.html", price_per_segment=0.0079)
    (who,) = smsframe.runs()["who"]  # whoever makes the picture is not in it
    html = path.read_text(encoding="utf-8").replace(who, "ann@office")
    path.write_text(html, encoding="utf-8")
    page.set_viewport_size({"width": 860, "height": 1180})
    page.goto(path.resolve().as_uri())
    expect(page.locator("h1")).to_have_text("SMS report: May shipping")
    assert kept(page, "report") < LARGEST_BYTES

"""The picture of the README: a notebook with a plan, a send, and a sentence for every row.

`COMPOSER_SHOTS=folder pytest tests/browser/test_picture.py` makes it anew, as ``notebook.png``.
"""

from __future__ import annotations

from browser.pages import SHOTS, open_notebook, run_all
from playwright.sync_api import expect

FRAME = """import pandas as pd
orders = pd.DataFrame({
    "mobile": ["(201) 555-0123", "+1 202 555 0124", None, "201-555-0125 ext 4", "2015550126"],
    "name": ["Ann", "Bob", "Carla", "Dmitri", "Eva"],
    "order": ["A-17", "A-18", "A-19", "A-20", "A-21"],
})
pd.set_option("display.max_colwidth", None)"""
PLAN = """plan = orders.sms.plan(
    "Hi %%name%%, your order %%order%% has shipped.", program="148372", phone="mobile", region="US"
)
plan"""
SEND = """results = plan.send()
results[["name", "sms_status", "sms_error"]]"""


def test_picture__of_a_notebook(lab, notebook, watched):
    """A notebook shows the plan, the line under a send, and every row with its whole sentence."""
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

"""The panel "Not to whom, not when" on a page: folded, typed into, refused, seen by eyes."""

from __future__ import annotations

import pytest
from browser.pages import command, part, shot
from browser.test_composer import go, serious_faults, start, yes
from playwright.sync_api import expect

pytestmark = pytest.mark.full

RULES = """import pandas as pd
people = make_people(40)
composer = people.sms.compose(
    "Hi %%FirstName%%, we open at 9. Reply STOP to opt out.", program="148372",
    exclude=people["mobile"].head(3).tolist(), closed={{"CA": ["2026-12-25"]}}, {more})
composer"""
NOON = """import dataclasses
client.settings = dataclasses.replace(client.settings, clock=lambda: 1793725200.0)  # in New York
"""
STICKING_OUT = """() => [...document.querySelectorAll('.smsframe-composer *')]
    .filter(e => !e.closest('.sms-scroll, .sms-code, .sms-spoken'))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 200))"""


def head(page):
    """Return the header of the panel."""
    return part(page, "rules").locator("button.sms-fold")


def fill(page, label, value):
    """Type into a field of the panel and leave it."""
    part(page, "rules").get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Tab")


def test_rules__typed_refused_and_sent(lab, notebook, sandbox, watched):
    """It opens by keyboard; a wrong entry is said beside its field and stops the button."""
    start(watched, lab, notebook(RULES.format(more="")))
    expect(head(watched)).to_have_text("▸ Not to whom, not when: 3 excluded · some dates closed")
    shot(watched, "rules_folded")
    head(watched).focus()
    watched.keyboard.press("Enter")
    fill(watched, "Hours from", "25:00")
    fill(watched, "to", "20")
    fill(watched, "Hours apart", "abc")
    rules = part(watched, "rules")
    expect(rules).to_contain_text("'25:00' is no time of day.")
    expect(rules).to_contain_text("Write the gap as a number of hours")
    expect(go(watched)).to_be_disabled()
    shot(watched, "rules_wrong")
    fill(watched, "Hours from", "0:00")
    fill(watched, "to", "24:00")
    fill(watched, "Hours apart", "24")
    rules.get_by_label("Consent", exact=True).select_option(index=1)
    fill(watched, "Database id", "9911")
    expect(head(watched)).to_contain_text(
        "0:00 to 24:00 · 24 hours apart · consent asked · 3 excluded · some dates closed"
    )
    expect(go(watched)).to_have_text("Send 37 messages")
    go(watched).click()
    expect(part(watched, "send")).to_contain_text("Held back now: 3 excluded.")
    shot(watched, "rules_asked")
    yes(watched).click()
    done = part(watched, "send").locator(".sms-good")
    expect(done).to_have_text("Done: 37 accepted, 3 not attempted (3 excluded).")
    shot(watched, "rules_sent")
    assert len(sandbox.outbox()) == 37


@pytest.mark.parametrize(("theme", "width"), [("JupyterLab Dark", 1200), ("JupyterLab Light", 390)])
def test_rules__dark_and_narrow(theme, width, lab, notebook, watched):
    """In the dark and on a phone's width it can be read, and nothing sticks out."""
    more = 'min_gap="24h", sending_hours={"US": ("13:00", "20:00"), "*": ("09:00", "18:00")}'
    start(watched, lab, notebook(NOON, RULES.format(more=more)), size=(width, 1500))
    watched.set_viewport_size({"width": width, "height": 2600})
    command(watched, "apputils:change-theme", {"theme": theme})
    try:
        head(watched).click()
        expect(part(watched, "rules")).to_contain_text("The hours that were set in code hold")
        expect(part(watched, "check")).to_contain_text("outside hours: the first opens 13:00")
        shot(watched, f"rules_{width}")
        assert watched.evaluate(STICKING_OUT) == []
    finally:  # the theme is a setting of the server
        command(watched, "apputils:change-theme", {"theme": "JupyterLab Light"})
        watched.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def test_rules__accessible(axe, lab, notebook, watched):
    """Nothing serious or critical is found in the open panel, with a wrong entry neither."""
    start(watched, lab, notebook(RULES.format(more="")))
    watched.evaluate(axe)
    head(watched).click()
    fill(watched, "Hours from", "abc")
    fill(watched, "to", "20")
    expect(part(watched, "rules")).to_contain_text("'abc' is no time of day.")
    part(watched, "rules").get_by_label("Consent", exact=True).select_option(index=1)
    expect(part(watched, "rules")).to_contain_text("Write the id of the database")
    assert serious_faults(watched) == []

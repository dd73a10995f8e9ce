"""Several texts on a page: tabs by mouse and keyboard, what is asked, seen in every size."""

from __future__ import annotations

import re

import pytest
from browser.pages import command, part, shot
from browser.test_composer import go, serious_faults, start, yes
from browser.test_rules import STICKING_OUT
from playwright.sync_api import expect

pytestmark = pytest.mark.full

ONE = """people = make_people(200)
people["language"] = ["en", "fr", "fr", "de"] * 50
composer = people.sms.compose("Hi %%FirstName%%, 10 % off until Sunday. Reply STOP to opt out.",
    program="148372", campaign="nov-test")
composer"""
THREE = """people = make_people(200)
texts = {
    "Short": "Hi %%FirstName%%, 10 % off until Sunday. Reply STOP to opt out.",
    "Friendly and a little longer": "%%FirstName%%, come in before Sunday and save 10 %. "
        "Bring a friend from %%City%% along: it is for both of you. Reply STOP to opt out.",
    "C": "Sunday is the last day, %%FirstName%%. Reply STOP to opt out.",
}
composer = people.sms.compose(texts, program="148372", campaign="nov-test", holdout=0.1,
    split={"Short": 1, "Friendly and a little longer": 2, "C": 1})
composer"""


def area(page):
    """Return the one text area that is shown."""
    return page.locator(".smsframe-composer .sms-area:visible")


def tab(page, name):
    """Return the tab of a text."""
    return page.locator(".smsframe-composer .sms-tabs button.widget-toggle-button", has_text=name)


def fill(page, label, value):
    """Type into a field of the texts and leave it."""
    part(page, "texts").get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Tab")


def test_texts__added_typed_turned_and_sent(lab, notebook, sandbox, watched):
    """From one text to two and a holdout; what is typed stays in its own tab; then it is sent."""
    start(watched, lab, notebook(ONE))
    part(watched, "write").locator("button", has_text="Add another text").click()
    expect(tab(watched, "B")).to_have_class(re.compile("mod-active"))
    expect(area(watched)).to_have_value("")
    expect(go(watched)).to_be_disabled()
    shot(watched, "texts_added")
    area(watched).click()
    watched.keyboard.type("Come in before Sunday, %%FirstName%%. STOP to opt out.")
    tab(watched, "A").click()
    expect(area(watched)).to_have_value(
        "Hi %%FirstName%%, 10 % off until Sunday. Reply STOP to opt out."
    )
    expect(part(watched, "see").locator(".sms-bubble")).to_have_count(2)
    expect(part(watched, "see").locator(".sms-own")).to_have_count(1)
    fill(watched, "Held out, %", "abc")
    expect(part(watched, "texts")).to_contain_text("'abc' cannot be held out")
    expect(go(watched)).to_be_disabled()
    shot(watched, "texts_wrong")
    fill(watched, "Held out, %", "10")
    expect(part(watched, "check")).to_contain_text("By text: A ")
    expect(part(watched, "check")).to_contain_text("held out")
    shot(watched, "texts_ready")
    go(watched).click()
    expect(part(watched, "send")).to_contain_text("By text: A ")
    expect(part(watched, "send")).to_contain_text("held out")
    shot(watched, "texts_asked")
    yes(watched).click()
    expect(part(watched, "send").locator(".sms-good")).to_contain_text("Done: ")
    shot(watched, "texts_sent")
    sent = sandbox.outbox()
    assert not sent["to"].duplicated().any()
    assert set(sent["text"].str[:4]) == {"Hi N", "Come"}


def test_texts__turned_while_the_kernel_is_busy(lab, notebook, watched):
    """What is typed before the other tab is there does not end up in it."""
    start(watched, lab, notebook(ONE))
    part(watched, "write").locator("button", has_text="Add another text").click()
    expect(area(watched)).to_have_value("")
    area(watched).click()
    watched.keyboard.type("Second")
    expect(part(watched, "see")).to_contain_text("Second")
    watched.evaluate(
        "() => void jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({code: 'import time; time.sleep(5)'})"
    )
    tab(watched, "A").click()
    was = area(watched).evaluate(
        "e => { const was = e.value; e.value += ' text';"
        " e.dispatchEvent(new Event('input')); return was; }"
    )
    first = "Hi %%FirstName%%, 10 % off until Sunday. Reply STOP to opt out."
    assert was in ("Second", first)  # the other tab may have been quicker
    for name, text in (("B", "Second"), ("A", first)):
        tab(watched, name).click()
        expect(area(watched)).to_have_value(f"{text} text" if text == was else text)


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        pytest.param("JupyterLab Light", 390, id="light-390"),
        pytest.param("JupyterLab Dark", 390, id="dark-390"),
        pytest.param("JupyterLab Dark", 1440, id="dark-1440"),
        pytest.param("JupyterLab Light", 1440, id="light-1440"),
    ],
)
def test_texts__dark_and_narrow(theme, width, lab, notebook, watched):
    """Three texts can be read in the dark and on a phone, and nothing sticks out."""
    start(watched, lab, notebook(THREE), size=(width, 1500))
    watched.set_viewport_size({"width": width, "height": 3000})
    command(watched, "apputils:change-theme", {"theme": theme})
    try:
        tab(watched, "Friendly").click()
        expect(part(watched, "see").locator(".sms-bubble")).to_have_count(3)
        go(watched).click()
        expect(part(watched, "send")).to_contain_text("held out")
        shot(watched, f"texts_{theme.split()[1]}_{width}")
        assert watched.evaluate(STICKING_OUT) == []
    finally:  # the theme is a setting of the server
        command(watched, "apputils:change-theme", {"theme": "JupyterLab Light"})
        watched.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def test_texts__accessible(axe, lab, notebook, watched):
    """Nothing serious or critical is found, with a wrong entry neither; tabs go by keyboard."""
    start(watched, lab, notebook(THREE))
    watched.evaluate(axe)
    tab(watched, "C").focus()
    watched.keyboard.press("Tab")
    watched.keyboard.press("Enter")
    expect(area(watched)).to_have_value(
        "%%FirstName%%, come in before Sunday and save 10 %. "
        "Bring a friend from %%City%% along: it is for both of you. Reply STOP to opt out."
    )
    fill(watched, "Weight", "x")
    expect(part(watched, "texts")).to_contain_text("write a number above 0")
    assert serious_faults(watched) == []

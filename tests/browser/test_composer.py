"""The composer in JupyterLab, with mouse and keyboard only: from an empty screen to the results."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from browser.pages import (
    choose_program,
    click,
    command,
    open_notebook,
    part,
    run_all,
    shot,
    write,
)
from playwright.sync_api import expect

COMPOSE = "composer = make_people(2600).sms.compose()\ncomposer"
READY = """people = make_people({rows})
composer = people.sms.compose("Hi %%FirstName%%", program="148372", confirm_over=9000)
composer"""
MESSY = """import pandas as pd
people = make_people(120)
people["order_no"] = range(4000, 4120)
people["total"] = [f"{i}.50" for i in range(120)]
people.loc[[3, 40], "mobile"] = "n/a"
people.loc[7, "FirstName"] = "Ana Mª 🎉 " + "é" * 40
people.loc[9, "FirstName"] = None
people = pd.concat([people, people.head(2)], ignore_index=True)
composer = people.sms.compose(
    "Hi %%First_Name%%, your order %%order_no%% – it’s on its way to %%City%%.",
    program="148372", price_per_segment=0.0079)
composer"""

CONTRAST = """e => {
    const level = (colour) => {
        const [r, g, b] = colour.map(c => c / 255).map(
            c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const parts = (text) => text.match(/[\\d.]+/g).map(Number);
    const style = getComputedStyle(e);
    const [back, fore] = [parts(style.backgroundColor), parts(style.color)];
    const through = fore[3] ?? 1;
    const seen = fore.slice(0, 3).map((c, i) => c * through + back[i] * (1 - through));
    const [low, high] = [level(back.slice(0, 3)), level(seen)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}"""


def go(page):
    """Return the button that carries the number."""
    return part(page, "send").locator("button.sms-go")


def yes(page):
    """Return the button that sends."""
    return part(page, "send").locator("button.sms-yes")


def start(page, lab, path, *, size=(1200, 1500)):
    """Open a notebook in a window that shows the whole composer, and run it."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_notebook(page, lab, path)
    run_all(page)


def test_composer__write_check_send(lab, notebook, sandbox, watched):
    """From an empty screen to 2,600 texts: write, look, choose, confirm, done."""
    path = notebook(COMPOSE)
    start(watched, lab, path)
    shot(watched, "empty")
    write(watched, "Hi ")
    click(watched, "FirstName")
    watched.keyboard.type(", your order has shipped.")
    bubble = part(watched, "see").locator(".sms-bubble")
    expect(bubble).to_have_text("Hi Name0, your order has shipped.")
    choose_program(watched)
    expect(go(watched)).to_have_text("Send 2,600 messages")
    shot(watched, "ready")
    go(watched).click()
    expect(yes(watched)).to_be_disabled()
    part(watched, "send").get_by_label("Number").fill("2,600")
    expect(yes(watched)).to_be_enabled()
    shot(watched, "asked")
    yes(watched).click()
    expect(part(watched, "send").locator(".sms-good")).to_have_text("Done: 2,600 accepted.")
    expect(go(watched)).to_be_hidden()
    shot(watched, "sent")
    click(watched, "Show code")
    expect(watched.locator(".smsframe-composer pre")).to_contain_text('phone="mobile"')
    assert sandbox.outbox()["to"].nunique() == len(sandbox.outbox()) == 2600
    leave_a_summary(watched, lab, path)


def leave_a_summary(page, lab, path):
    """Save, end the kernel, load again: a summary stands where the screen was."""
    expect(page.locator("[class$=-still]")).to_be_hidden()
    command(page, "docmanager:save")
    wait_until_saved(page, path, "2,600 accepted")
    assert page.errors_seen == []
    lab.close_kernels()
    still = page.locator("[class$=-still]")
    sessions = "**/api/sessions*"
    page.route(sessions, lambda r: r.abort() if r.request.method == "POST" else r.continue_())
    page.reload()  # no kernel can be had: JupyterLab goes on loading the widget for ever
    expect(still).to_contain_text("Sent: 2,600 accepted")
    expect(page.get_by_text("Loading widget")).to_be_hidden()
    page.unroute(sessions)
    page.reload()
    expect(still).to_contain_text("Sent: 2,600 accepted")
    expect(page.locator(".jp-OutputArea-output.jupyter-widgets")).to_be_hidden()
    shot(page, "dead_kernel", of=still)
    page.errors_seen.clear()  # JupyterLab's own, of a kernel that is not there


@pytest.mark.full
def test_composer__problems_in_the_dark(lab, notebook, watched):
    """Unknown tags and costly characters are marked and fixed, problems listed, rows found."""
    start(watched, lab, notebook(MESSY))
    command(watched, "apputils:change-theme", {"theme": "JupyterLab Dark"})
    try:
        watched.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        expect(part(watched, "see").locator(".sms-bubble")).to_contain_text("it’s on its way")
        assert watched.locator(".sms-marks .sms-costly").count() == 2
        assert watched.locator(".sms-marks .sms-near").inner_text() == "%%First_Name%%"
        assert watched.locator(".sms-marks .sms-database").inner_text() == "%%City%%"
        shot(watched, "problems_dark")
        click(watched, "Use FirstName")
        click(watched, "’ → '")
        expect(watched.locator(".sms-area")).to_have_value(
            "Hi %%FirstName%%, your order %%order_no%% – it's on its way to %%City%%."
        )
        expect(part(watched, "check")).to_contain_text("value_missing")
        click(watched, "With a problem")
        expect(part(watched, "see")).to_contain_text("Row 3 · 4 of 122")
        part(watched, "see").get_by_label("Find row").fill("7")
        watched.keyboard.press("Enter")
        expect(part(watched, "see").locator(".sms-bubble")).to_contain_text("🎉")
        with watched.expect_download() as got:
            click(watched, "Problems as CSV")
        rows = Path(got.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert any("phone_missing" in row or "phone_" in row for row in rows)
        shot(watched, "mended_dark")
        see_in_the_dark(watched)
        write_from_right_to_left(watched)
    finally:  # the theme is a setting of the server
        command(watched, "apputils:change-theme", {"theme": "JupyterLab Light"})
        watched.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def see_in_the_dark(page):
    """Look: a disabled button can be read, a menu's arrow seen, and no tag is cut off."""
    go(page).evaluate("e => { e.disabled = true; }")
    assert go(page).evaluate(CONTRAST) > 4.5
    go(page).evaluate("e => { e.disabled = false; }")
    arrow = "e => getComputedStyle(e).backgroundImage"
    assert "%23888" in part(page, "map").locator("select").first.evaluate(arrow)
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
    assert part(page, "tagrow").locator("label").evaluate_all(cut) == 0


def write_from_right_to_left(page):
    """Write Arabic: it runs its way, and none of its letters is boxed."""
    area = page.locator(".smsframe-composer .sms-area")
    area.fill("مرحبا %%FirstName%%، طلبك في الطريق")
    assert area.evaluate("e => getComputedStyle(e).direction") == "rtl"
    marks = page.locator(".sms-marks")
    assert marks.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert marks.locator(".sms-costly").count() == 0
    assert marks.locator(".sms-column").count() == 1


LONG = """import pandas as pd
name = "customer_account_number_of_the_northern_region_{:02}"
people = pd.concat([make_people(3), pd.DataFrame({name.format(i): ["x"] * 3 for i in range(40)})],
                   axis=1)
composer = people.sms.compose(
    "%%" + name.format(9) + "%% %%" + name.format(39) + "%% – it’s “on” its way – "
    "%%customer_account_number_of_the_northern_regoin_09%% %%Fristname%%", program="148372")
composer"""
TEXT_WIDER_THAN_MENU = """all => all.map(e => {
    const style = getComputedStyle(e);
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = style.font;
    const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return [e.selectedOptions[0].text, pen.measureText(e.selectedOptions[0].text).width, room];
}).filter(([, wide, room]) => wide > room)"""
OFFERS_OVER_WORDS = """all => all.flatMap(line => {
    const words = document.createRange();
    words.selectNodeContents(line.firstChild);
    const boxes = [...words.getClientRects()];
    const offers = [...line.querySelectorAll('.sms-offer')].map(e => e.getBoundingClientRect());
    const over = (a, b) => a !== b && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5
        && a.left < b.right && b.left < a.right;
    return offers.filter(o => [...boxes, ...offers].some(b => over(o, b))).map(o => o.top);
})"""


@pytest.mark.full
@pytest.mark.parametrize("width", [1200, 900, 700])
def test_composer__long_names(lab, notebook, watched, width):
    """A shortened name fits its menu; the offers of a hint lie on no other line."""
    start(watched, lab, notebook(LONG), size=(width, 1500))
    shot(watched, f"long_names_{width}")
    menus = part(watched, "tagrow").locator("> :first-child select")
    expect(menus.nth(1)).to_be_visible()
    assert menus.first.evaluate("e => e.selectedOptions[0].text").endswith("_region_09")
    assert menus.evaluate_all(TEXT_WIDER_THAN_MENU) == []
    assert watched.locator(".sms-hint").evaluate_all(OFFERS_OVER_WORDS) == []


@pytest.mark.full
def test_composer__try_on_a_narrow_screen(lab, notebook, sandbox, watched):
    """On a phone's width nothing sticks out; a try reaches one's own number and nobody else."""
    start(watched, lab, notebook(MESSY), size=(390, 844))
    watched.set_viewport_size({"width": 390, "height": 2600})
    click(watched, "Use FirstName")
    part(watched, "try").get_by_label("My numbers").fill("+1 201 555 0177")
    watched.keyboard.press("Tab")
    click(watched, "Send to me")
    expect(part(watched, "try").locator(".sms-good")).to_contain_text("accepted")
    shot(watched, "narrow")
    sticking_out = watched.evaluate(
        """() => [...document.querySelectorAll('.smsframe-composer *')]
        .filter(e => !e.closest('.sms-scroll, .sms-code, .sms-spoken'))
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert sticking_out == []
    assert sandbox.outbox()["to"].tolist() == ["12015550177"]


@pytest.mark.full
def test_composer__stopped_and_sent_on(lab, notebook, sandbox, watched):
    """The cell run again in mid send has a Stop, ■ stops as well; the rest goes out, none twice."""
    sandbox.faults.add("delay", every=1, seconds=1.2)
    start(watched, lab, notebook("client.max_in_flight = 1", READY.format(rows=6600)))
    send = part(watched, "send")
    go(watched).click()
    yes(watched).click()
    expect(send).to_contain_text("1,000 of 6,600")
    run_all(watched)
    expect(send).to_contain_text("This notebook is sending 6,600 messages")
    expect(send.locator("progress")).to_be_visible()
    expect(go(watched)).to_be_disabled()
    shot(watched, "under_way")
    send.get_by_role("button", name="Stop").click()
    expect(send.locator(".sms-error").first).to_contain_text("Stopped")
    shot(watched, "stopped")
    expect(go(watched)).to_have_text(re.compile("Send the remaining [1-5],600 messages"))
    go(watched).click()
    yes(watched).click()
    expect(send.get_by_role("button", name="Stop")).to_be_enabled()
    watched.locator(".jp-NotebookPanel-toolbar [data-command='notebook:interrupt-kernel']").click()
    expect(send.locator(".sms-error").first).to_contain_text("Stopped")
    sandbox.faults.clear()
    go(watched).click()
    yes(watched).click()
    expect(send.locator(".sms-good")).to_contain_text("6,600 accepted")
    assert sandbox.outbox()["to"].nunique() == len(sandbox.outbox()) == 6600


def test_composer__clicked_twice_in_two_views_and_run_again(lab, notebook, sandbox, watched):
    """Two clicks on two views of the last button, and the cell run again in mid send: one send."""
    sandbox.faults.add("delay", every=1, seconds=0.5)
    cell = READY.format(rows=300)
    start(watched, lab, notebook(cell, "composer"), size=(1200, 3000))
    views = watched.locator(".smsframe-composer")
    expect(views).to_have_count(2)
    views.nth(0).locator("button.sms-go").dblclick()
    expect(views.nth(1).locator("button.sms-yes")).to_be_enabled()
    watched.evaluate(  # both clicks are in the queue before the kernel has seen either
        """() => { const all = document.querySelectorAll('.smsframe-composer button.sms-yes');
        all.forEach(b => { b.click(); b.click(); }); }"""
    )
    run_all(watched)
    expect(watched.locator(".smsframe-composer").first).to_contain_text("No message is left")
    assert len(sandbox.outbox()) == 300
    assert (sandbox.requests()["path"].str.endswith("/sends")).sum() == 1


@pytest.mark.full
def test_composer__reloaded_in_mid_send(lab, notebook, sandbox, watched):
    """A saved page that is loaded again shows the send going on to its end."""
    sandbox.faults.add("delay", every=1, seconds=1.5)
    path = notebook("client.max_in_flight = 1", READY.format(rows=2600))
    start(watched, lab, path)
    go(watched).click()
    command(watched, "docmanager:save")
    wait_until_saved(watched, path)
    yes(watched).click()
    expect(part(watched, "send").locator("progress")).to_be_visible()
    watched.reload()
    expect(part(watched, "send").locator(".sms-good")).to_contain_text(
        "2,600 accepted", timeout=30_000
    )
    expect(watched.locator("[class$=-still]")).to_be_hidden()
    assert len(sandbox.outbox()) == 2600


def wait_until_saved(page, path, words="smsframe-"):
    """Wait until the file on the disk holds outputs with these words."""
    for _ in range(300):
        with contextlib.suppress(json.JSONDecodeError):  # it may be half written
            cells = json.loads(path.read_text())["cells"]
            if words in json.dumps([cell.get("outputs") for cell in cells]):
                return
        page.wait_for_timeout(50)
    raise AssertionError("the notebook was not saved")


@pytest.mark.full
def test_composer__by_keyboard_alone(lab, notebook, sandbox, watched):
    """Tab, arrows and Enter are enough, and what happens is said to those who listen."""
    start(watched, lab, notebook("composer = make_people(30).sms.compose()\ncomposer"))
    watched.locator(".smsframe-composer .sms-area").focus()
    press = watched.keyboard.press
    watched.keyboard.type("Hi ")
    press("Tab")
    press("ArrowRight")
    press("Enter")
    watched.keyboard.type("!")
    expect(part(watched, "see").locator(".sms-bubble")).to_have_text("Hi Name0!")
    menu = part(watched, "map").get_by_label("Program", exact=True)
    expect(menu.locator("option", has_text="148372")).to_be_attached()
    tab_to(watched, menu)
    watched.keyboard.type("Order")
    tab_to(watched, go(watched))
    expect(go(watched)).to_have_text("Send 30 messages")
    press("Enter")
    tab_to(watched, yes(watched))
    press("Enter")
    expect(part(watched, "send").locator(".sms-good")).to_contain_text("30 accepted")
    expect(watched.locator(".sms-spoken")).to_contain_text("Done: 30 accepted")
    assert len(sandbox.outbox()) == 30


def tab_to(page, target):
    """Press Tab until a control has the focus; one that cannot be used yet is waited for."""
    expect(target).to_be_enabled()
    for _ in range(80):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


def test_composer__accessible(axe, lab, notebook, watched):
    """Nothing at all is found in any state: problems, question, results, code."""
    start(watched, lab, notebook(MESSY))
    watched.evaluate(axe)
    click(watched, "Problems as CSV")
    assert serious_faults(watched) == []
    click(watched, "Use FirstName")
    go(watched).click()
    expect(yes(watched)).to_be_enabled()
    assert serious_faults(watched) == []
    yes(watched).click()
    expect(part(watched, "send")).to_contain_text("Rows that did not go out")
    click(watched, "Show code")
    assert serious_faults(watched) == []


def serious_faults(page):
    """Return all that axe finds, of whatever weight."""
    options = "{include: ['.smsframe-composer']}, {resultTypes: ['violations']}"
    report = page.evaluate(f"async () => await axe.run({options})")
    return [
        (fault["id"], node["target"], node["html"][:200])
        for fault in report["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.full
def test_composer__error_in_a_callback(lab, notebook, watched):
    """What goes wrong in a handler stands in the composer, beside its control."""
    broken = "composer.see.desk.show = lambda row: 1 / 0"
    start(watched, lab, notebook(READY.format(rows=3), broken))
    click(watched, "Next")
    expect(part(watched, "see").locator(".sms-error")).to_contain_text("ZeroDivisionError")


@pytest.mark.full
@pytest.mark.parametrize("name", ["anywidget"])
def test_composer__without_anywidget(name, lab, notebook, sandbox, watched):
    """The plain text area does as well, with less comfort."""
    hide = f"import sys\nsys.modules[{name!r}] = None"
    start(watched, lab, notebook(hide, READY.format(rows=3)))
    area = part(watched, "write").locator("textarea")
    area.click()
    watched.keyboard.press("End")
    watched.keyboard.type(", all is well")
    expect(part(watched, "see").locator(".sms-bubble")).to_have_text("Hi Name0, all is well")
    go(watched).click()
    yes(watched).click()
    expect(part(watched, "send").locator(".sms-good")).to_contain_text("3 accepted")
    assert set(sandbox.outbox()["text"]) == {f"Hi Name{i}, all is well" for i in range(3)}

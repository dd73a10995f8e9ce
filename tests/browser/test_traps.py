"""The traps of the composer's screen, with mouse and keyboard, in each front end."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from browser.pages import click, command, open_notebook, part, run_all, shot, write
from browser.test_composer import go, yes
from playwright.sync_api import expect

SMALL = """people = make_people(3)
people["city"] = ["Oslo", "Rome", "Lima"]
people["total"] = [1234.5, 99.0, 7.25]
composer = people.sms.compose({text!r}, program="148372", region="US")
composer"""
OTHER_CELL = "x = 1\nx"


@pytest.fixture
def opened(watched, front_end, notebook):
    """Return a function that opens a composer in a front end."""

    def open_one(text="", *cells):
        path = notebook(SMALL.format(text=text), *cells)
        front_end.open(watched, path)
        expect(part(watched, "write").locator("textarea")).to_be_visible()
        return watched

    return open_one


def area(page):
    """Return the text area."""
    return page.locator(".smsframe-composer .sms-area").first


def cells(page):
    """Return what is written in the cells of the notebook; nothing where no cells are shown."""
    if "/voila/" in page.url:
        return []
    return page.evaluate(
        """() => [...jupyterapp.shell.currentWidget.content.widgets]
        .map(cell => cell.model.sharedModel.getSource())"""
    )


def test_traps__undo_is_the_messages(opened):
    """Ctrl+Z and Ctrl+Y step through the message and leave cells, and other fields, alone."""
    page = opened("", OTHER_CELL)
    before = cells(page)
    own = part(page, "try").get_by_label("My numbers")
    own.fill("+1 201 555 0177")
    area(page).click()
    page.keyboard.type("Hello there")
    click(page, "FirstName")
    expect(area(page)).to_have_value("Hello there%%FirstName%%")
    page.keyboard.press("Control+z")
    expect(area(page)).to_have_value("Hello there")
    page.keyboard.press("Control+z")
    expect(area(page)).to_have_value("Hello")
    for _ in range(4):
        page.keyboard.press("Control+z")
    expect(area(page)).to_have_value("")
    expect(own).to_have_value("+1 201 555 0177")
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    expect(area(page)).to_have_value("Hello there%%FirstName%%")
    expect(part(page, "see").locator(".sms-bubble")).to_have_text("Hello thereName0")
    part(page, "see").locator("button", has_text="Next ›").focus()
    for key in ("Control+z", "d", "d", "x", "a"):
        page.keyboard.press(key)
    assert cells(page) == before


@pytest.mark.full
def test_traps__after_done_the_next_message(opened, sandbox):
    """What is typed after Done has its own Send; New message puts the cursor into an empty text."""
    page = opened("Hi %%FirstName%%")
    send = part(page, "send")
    go(page).click()
    yes(page).click()
    expect(send.locator(".sms-good").first).to_contain_text("Done: 3 accepted.")
    shot(page, "done")
    area(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.type("A wholly different message to %%city%% today")
    expect(go(page)).to_have_text("Send 3 messages")
    expect(send).to_contain_text("Of the message before this one:")
    shot(page, "next")
    go(page).click()
    yes(page).click()
    expect(send.locator(".sms-good").first).to_contain_text("Done: 3 accepted.")
    click(page, "New message")
    expect(area(page)).to_be_focused()
    expect(area(page)).to_have_value("")
    page.keyboard.press("Control+z")
    expect(area(page)).to_have_value("A wholly different message to %%city%% today")
    assert len(sandbox.outbox()) == 6


@pytest.mark.full
def test_traps__texts_outlive_page_and_kernel(opened, front_end, lab, tmp_path, watched):
    """A draft and a text that was kept are there after the page was closed and the kernel ended."""
    page = opened("")
    write(page, "My template for %%FirstName%%")
    part(page, "write").get_by_label("Keep as").fill("welcome")
    page.keyboard.press("Tab")
    click(page, "Keep")
    expect(part(page, "write")).to_contain_text("Kept as “welcome” on this machine.")
    area(page).fill("Only a draft, call +1 201 555 0199")
    kept = tmp_path / "texts.json"
    end = time.monotonic() + 20
    while "Only a draft" not in kept.read_text(encoding="utf-8"):
        assert time.monotonic() < end
        page.wait_for_timeout(100)
    assert "0199" not in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600
    lab.close_kernels()
    path = next(p for p in lab.root.glob("*.ipynb") if p.name in page.url)
    page.goto("about:blank")
    page.errors_seen.clear()  # of a kernel that was ended
    front_end.open(page, path)
    menu = part(page, "write").get_by_label("Earlier texts")
    expect(menu.locator("option", has_text="Only a draft, call [phone number]")).to_be_attached()
    menu.select_option(label="“welcome”")
    expect(area(page)).to_have_value("My template for %%FirstName%%")
    shot(page, "kept")


def test_traps__unknown_is_settled_on_the_screen(opened, sandbox):
    """A lost answer is no success; it is settled in the explorer that opens below."""
    sandbox.faults.add("drop_after", on=1)
    page = opened("Hi %%FirstName%%")
    send = part(page, "send")
    go(page).click()
    yes(page).click()
    expect(send).to_contain_text("Ended: 0 accepted, 3 unknown.")
    expect(send.locator("button", has_text="New message")).to_be_focused()
    expect(send.locator(".sms-good")).to_have_count(0)
    shot(page, "unknown")
    send.locator("button:visible", has_text="Settle 3 unknown messages").click()
    explorer = page.locator(".smsframe-explorer")
    expect(explorer).to_contain_text("3 rows selected.")
    shot(page, "unknown_explored")
    explorer.locator("button:visible", has_text="Resolve as sent (3)").click()
    expect(explorer.locator("button.sms-no")).to_be_focused()
    page.keyboard.press("Escape")
    expect(explorer.locator(".sms-ask")).to_be_hidden()
    expect(explorer.locator("button", has_text="Resolve as sent (3)")).to_be_focused()
    page.keyboard.press("Enter")
    explorer.locator("button:visible", has_text="Yes, they went out").click()
    expect(send.locator(".sms-good").first).to_contain_text("Done: 3 accepted.")
    expect(explorer.locator("button:focus")).to_have_count(1)
    expect(explorer).to_be_visible()
    shot(page, "settled")
    assert len(sandbox.outbox()) == 3


@pytest.mark.full
def test_traps__question(opened, sandbox):
    """Escape is Back; warnings stand in the question; Enter sends where the number is right."""
    page = opened("Hi [FirstName]")
    part(page, "send")
    go(page).click()
    expect(page.locator(".smsframe-composer .sms-ask")).to_contain_text(
        "is no tag and goes out as it stands"
    )
    shot(page, "question")
    expect(part(page, "send").locator("button.sms-no")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".smsframe-composer .sms-ask")).to_be_hidden()
    expect(go(page)).to_be_focused()
    assert len(sandbox.outbox()) == 0


@pytest.mark.full
def test_traps__enter_beside_the_number(watched, front_end, notebook, sandbox):
    """Where the number has to be typed, Enter beside it sends, and does nothing if it is wrong."""
    cell = SMALL.format(text="Hi %%FirstName%%").replace('region="US"', "confirm_over=2")
    front_end.open(watched, notebook(cell))
    go(watched).click()
    number = part(watched, "send").get_by_label("Number")
    expect(number).to_be_focused()
    watched.keyboard.type("4")
    watched.keyboard.press("Enter")
    watched.wait_for_timeout(300)
    assert len(sandbox.outbox()) == 0
    watched.keyboard.press("Backspace")
    watched.keyboard.type("3")
    watched.keyboard.press("Enter")
    expect(part(watched, "send").locator(".sms-good").first).to_contain_text("Done: 3 accepted.")
    assert len(sandbox.outbox()) == 3


@pytest.mark.full
def test_traps__find_values_several_formats(opened):
    """Rows are found by any cell, values stand below the bubble, formats show what they make."""
    page = opened("Hi %%FirstName%%, you owe %%total%%")
    see = part(page, "see")
    see.get_by_label("Find row").fill("rome")
    page.keyboard.press("Enter")
    expect(see.locator(".sms-bubble")).to_have_text("Hi Name1, you owe 99")
    expect(see.locator(".sms-values")).to_contain_text("Rome")
    see.get_by_label("Find row").fill("201 555 0100")
    page.keyboard.press("Enter")
    expect(see.locator(".sms-bubble")).to_have_text("Hi Name0, you owe 1234.5")
    expect(see.locator(".sms-values")).not_to_contain_text("2015550100")
    menu = part(page, "map").get_by_label("format for total", exact=True)
    offered = [told.replace("\xa0", " ") for told in menu.locator("option").all_inner_texts()]
    assert "1 234,50" in offered
    menu.select_option(label="1,234.50")
    expect(see.locator(".sms-bubble")).to_have_text("Hi Name0, you owe 1,234.50")
    shot(page, "found")
    see.locator("button", has_text="Several").click()
    expect(see.locator(".sms-bubble")).to_have_count(3)
    expect(see.locator(".sms-bubble").nth(2)).to_have_text("Hi Name2, you owe 7.25")
    shot(page, "several")


@pytest.mark.full
def test_traps__problems_have_their_rows(watched, front_end, notebook):
    """The file of problems has the row, whole, and the cell as it is; no state of a widget has."""
    cell = SMALL.format(text="Hi %%FirstName%%").replace(
        "composer = ", 'people.loc[1, "mobile"] = "+1 201 555 01"\ncomposer = '
    )
    path = notebook(cell)
    front_end.open(watched, path)
    check = part(watched, "check")
    expect(check).to_contain_text("phone numbers can be read in the file")
    with watched.expect_download() as got:
        check.locator("button:visible", has_text="Problems as CSV").click()
    lines = Path(got.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("row_in_file,row,severity,problem,column,cell,code,mobile")
    bad = next(line for line in lines if "phone_" in line)
    assert bad.startswith("3,1,error,")
    assert ",+1 201 555 01," in bad
    assert "Name1" in bad
    assert "Rome" in bad
    expect(check).to_contain_text("downloaded as problems.csv")
    shot(watched, "problems")


@pytest.mark.full
def test_traps__inactive_program_and_changed_frame(opened, front_end):
    """An inactive program is refused before Send; that the frame has changed is said."""
    if front_end.name == "voila":
        pytest.skip("Voila runs no further cell")
    page = opened("Hi %%FirstName%%", 'people.loc[0, "FirstName"] = "Other"')
    expect(part(page, "send")).to_contain_text("people has changed since this screen was made.")
    menu = part(page, "map").get_by_label("Program", exact=True)
    expect(menu.locator("option", has_text="148373")).to_be_attached()
    menu.select_option(label=menu.locator("option", has_text="148373").inner_text())
    expect(part(page, "send")).to_contain_text("Program 148373 is inactive")
    expect(go(page)).to_be_disabled()
    shot(page, "changed")


@pytest.mark.full
def test_traps__how_long_a_send_lasts(opened, front_end):
    """Under Voila the screen says before Send that the page has to stay open; else it does not."""
    page = opened("Hi %%FirstName%%")
    send = part(page, "send")
    expect(go(page)).to_be_enabled()
    if front_end.name == "voila":
        expect(send).to_contain_text("Keep this page open until a send has ended")
        shot(page, "voila")
    else:
        expect(send).not_to_contain_text("Keep this page open")


@pytest.mark.full
def test_traps__try_names_and_remembers(opened, sandbox):
    """The number that is wrong is named; the right one is there on the next screen."""
    page = opened("Hi %%FirstName%%")
    trying = part(page, "try")
    trying.get_by_label("My numbers").fill("+1 201 555 0177, 123")
    page.keyboard.press("Tab")
    click(page, "Send to me")
    expect(trying).to_contain_text("Number 2 of yours")
    trying.get_by_label("My numbers").fill("+1 201 555 0177")
    page.keyboard.press("Tab")
    click(page, "Send to me")
    expect(trying.locator(".sms-good")).to_contain_text("accepted")
    assert sandbox.outbox()["to"].tolist() == ["12015550177"]


@pytest.mark.full
@pytest.mark.parametrize(("theme", "width"), [("Light", 1440), ("Dark", 1440), ("Light", 390)])
def test_traps__accessible_in_every_state(axe, watched, lab, notebook, sandbox, theme, width):
    """Axe finds nothing at all: written, asked, sent, explored, settled."""
    sandbox.faults.add("drop_after", on=1)
    path = notebook(SMALL.format(text="Hi %%FirstName%%, you owe %%total%%"))
    watched.set_viewport_size({"width": width, "height": 1800})
    open_notebook(watched, lab, path)
    run_all(watched)
    command(watched, "apputils:change-theme", {"theme": f"JupyterLab {theme}"})
    try:
        watched.wait_for_function(
            f"document.body.dataset.jpThemeLight === '{str(theme == 'Light').lower()}'"
        )
        watched.evaluate(axe)
        name = f"{theme.lower()}_{width}"
        part(watched, "rules").locator("button.sms-fold").click()
        part(watched, "see").locator("button", has_text="Several").click()
        expect(part(watched, "see").locator(".sms-bubble")).to_have_count(3)
        shot(watched, f"all_{name}")
        found = faults(watched)
        go(watched).click()
        expect(yes(watched)).to_be_visible()
        found += faults(watched)
        yes(watched).click()
        send = part(watched, "send")
        settle = send.locator("button:visible", has_text="Settle 3 unknown messages")
        settle.click()
        expect(watched.locator(".smsframe-explorer .sms-line .sms-cells").nth(2)).to_be_visible()
        found += faults(watched)
        shot(watched, f"explored_{name}")
        watched.locator(".smsframe-explorer button:visible", has_text="Text").first.click()
        found += faults(watched)
        assert found == []
        out = watched.evaluate(
            """() => [...document.querySelectorAll('.smsframe-composer *')]
            .filter(e => !e.closest('.sms-scroll, .sms-code, .sms-spoken'))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 200))"""
        )
        assert out == []
    finally:
        command(watched, "apputils:change-theme", {"theme": "JupyterLab Light"})
        watched.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def faults(page, inside=".smsframe-composer"):
    """Return everything that axe finds, of any weight."""
    page.wait_for_timeout(300)
    options = f"{{include: ['{inside}']}}, {{resultTypes: ['violations']}}"
    report = page.evaluate(f"async () => await axe.run({options})")
    return [
        (fault["id"], fault["impact"], node["target"], re.sub(r"\s+", " ", node["html"])[:200])
        for fault in report["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.full
def test_traps__nothing_personal_in_a_saved_notebook(watched, lab, notebook):
    """Saved with the results explored and the problems downloaded, the file has no number."""
    cell = SMALL.format(text="Hi %%FirstName%%").replace(
        "composer = ", 'people.loc[1, "mobile"] = "+1 201 555 01"\ncomposer = '
    )
    path = notebook(cell)
    open_notebook(watched, lab, path)
    run_all(watched)
    with watched.expect_download():
        part(watched, "check").locator("button:visible", has_text="Problems as CSV").click()
    command(watched, "docmanager:save")
    end = time.monotonic() + 20
    while "smsframe-" not in (kept := path.read_text(encoding="utf-8")):
        assert time.monotonic() < end
        watched.wait_for_timeout(100)
    outputs = json.dumps([one.get("outputs") for one in json.loads(kept)["cells"]])
    assert "2015550" not in outputs
    assert "201 555 01" not in outputs

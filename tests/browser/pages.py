"""What a person does on the page, by mouse and keyboard."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import expect

SHOTS = os.environ.get("COMPOSER_SHOTS")
READY = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
}"""


class FrontEnd:
    """What notebooks are shown in: JupyterLab, Notebook 7, or Voila, which shows no cells."""

    def __init__(self, name, server):
        self.name, self.server = name, server

    def open(self, page, path, *, size=(1200, 1600)):
        """Open a notebook, run it, and wait until it has run."""
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if self.name == "voila":
            address = f"{self.server.base}/voila/render/{path.name}"
            page.goto(address, wait_until="commit", timeout=90_000)  # it comes when all has run
            done = page.get_by_text("ALL-DONE")
            done.wait_for(state="attached", timeout=90_000)
            return
        if self.name == "lab":
            open_notebook(page, self.server, path)
        else:
            page.goto(f"{self.server.base}/notebooks/{path.name}?token={self.server.token}")
            kernel_ready(page)
        run_all(page)


def open_notebook(page, lab, path, *, ui="doc"):
    """Open a notebook: ``doc`` is the simple screen, ``lab`` the full one."""
    address = f"{lab.base}/{ui}/workspaces/{path.stem}/tree/{path.name}?token={lab.token}"
    page.goto(address)
    kernel_ready(page)


def kernel_ready(page):
    """Wait until the page's own connection to the kernel is there; "idle" alone comes too early."""
    indicator = page.locator(".jp-Notebook-ExecutionIndicator").first
    expect(indicator).to_have_attribute("data-status", "idle", timeout=30_000)
    page.evaluate(READY)


def run_all(page, *, within_s=60):
    """Run all cells, by the menu."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
    done = page.locator(".jp-OutputArea-output", has_text="ALL-DONE")
    done.wait_for(state="attached", timeout=within_s * 1000)


def command(page, name, args=None):
    """Run a command of JupyterLab without waiting for its dialog."""
    page.evaluate("([n, a]) => void jupyterapp.commands.execute(n, a)", [name, args or {}])


def part(page, kind):
    """Return a panel of the composer."""
    return page.locator(f".smsframe-composer .sms-{kind}")


def click(page, words, kind=None):
    """Press a button of the composer."""
    where = part(page, kind) if kind else page.locator(".smsframe-composer")
    where.locator("button:visible", has_text=words).first.click()


def write(page, text):
    """Type a text."""
    page.locator(".smsframe-composer .sms-area").click()
    page.keyboard.type(text)


def choose_program(page, program="148372"):
    """Choose a program from the account's list."""
    menu = part(page, "map").get_by_label("Program", exact=True)
    expect(menu.locator("option", has_text=program)).to_be_attached()
    menu.select_option(label=menu.locator("option", has_text=program).inner_text())


def shot(page, name, of=None):
    """Keep a picture of the whole composer in the folder COMPOSER_SHOTS, for eyes."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        whole = page.locator(".jp-OutputArea:has(.smsframe-composer)").first
        (of or whole).screenshot(path=folder / f"{name}.png")

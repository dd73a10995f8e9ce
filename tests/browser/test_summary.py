"""What a notebook shows without a widget, the plan and the summary: to whoever reads or listens."""

from __future__ import annotations

import pytest
from browser.pages import command, open_notebook, run_all
from playwright.sync_api import expect

pytestmark = pytest.mark.full

SENT = """import warnings
warnings.simplefilter("ignore")
people = make_people(90).assign(language=["en", "fr", "de"] * 30)
people.loc[3:9, "mobile"] = "n/a"
plan = people.sms.plan("Hi %%FirstName%%, it’s on its way to %%City%%.", program="148372",
                       phone="mobile", limit=60, price_per_segment=0.0079)
results = plan.send(progress=False)"""
SHOWN = ("plan", "results.sms.summary()", 'results.sms.summary(by="language")')


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_summary__accessible(theme, axe, lab, notebook, watched):
    """Nothing of any kind is found in the summary, by a column too, and in the plan."""
    watched.set_viewport_size({"width": 1200, "height": 1600})
    open_notebook(watched, lab, notebook(SENT, *SHOWN))
    command(watched, "apputils:change-theme", {"theme": f"JupyterLab {theme}"})
    try:
        run_all(watched)
        shown = watched.locator(".jp-CodeCell .jp-RenderedHTMLCommon")
        expect(shown).to_have_count(len(SHOWN))
        expect(shown.nth(1)).to_contain_text("accepted")
        watched.evaluate(axe)
        report = watched.evaluate(
            "async () => await axe.run({include: ['.jp-RenderedHTMLCommon']},"
            " {resultTypes: ['violations']})"
        )
        found = [
            (fault["id"], node["html"][:200])
            for fault in report["violations"]
            for node in fault["nodes"]
        ]
        assert found == []
    finally:  # the theme is a setting of the server
        command(watched, "apputils:change-theme", {"theme": "JupyterLab Light"})
        watched.wait_for_function("document.body.dataset.jpThemeLight === 'true'")

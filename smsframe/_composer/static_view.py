"""What stands under a composer when nobody can click: a saved notebook, a dead kernel, no browser.

The summary is an output of its own beside the widget's. It is in the page all the time and hidden,
by a rule in itself, as long as the live widget is there too; a front end that cannot show the
widget, or lost its kernel, shows the summary. It holds the text, totals and results by status, no
row and no phone number.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from smsframe._base import result_columns
from smsframe._base.html import INK, Html, faint, joined, tag
from smsframe._base.sentences import named_counts
from smsframe._composer import html
from smsframe._plan import show
from smsframe._widgets import active_job

if TYPE_CHECKING:
    from smsframe._composer.state import Desk
    from smsframe._composer.totals import Overview


def summary_html(desk: Desk, code: str, name: str) -> str:
    """Return the summary of a composer; ``name`` ties it to the widget with class ``name``."""
    now = dt.datetime.now(tz=dt.UTC)
    parts = [
        tag("div", "SMS composer", style="font-weight:600"),
        faint(f"As of {now:%Y-%m-%d %H:%M} UTC. Run the cell to go on; nobody gets it twice."),
        show.bubble("everybody", desk.choices.text) if desk.choices.text else "",
        *(
            show.bubble(f"those with text {name}", text)
            for name, text in desk.choices.texts.items()
        ),
        *map(faint, summary_lines(desk)),
        tag("details", tag("summary", "Code"), tag("pre", code, style="white-space:pre-wrap")),
    ]
    inside = tag("div", *parts, style=f"color:{INK};max-width:60em")
    return joined(_rules(name), tag("div", inside, class_=f"{name}-still"))


def summary_lines(desk: Desk) -> list[str]:
    """Return totals and results in sentences."""
    told = []
    seen = desk.overview
    if seen is not None:
        told.append(
            f"{len(desk.frame):,} rows, {len(seen.bad):,} with a problem: "
            f"{seen.plan.recipients:,} messages of {seen.segments:,} segments in all{_left(seen)}."
        )
        told += filter(None, [html.held_line(seen)])
        if active_job.current() is None and seen.past is not None and seen.past.unknown:
            told.append(
                f"{html.many(seen.past.unknown, 'message')} may have gone out: the answer was "
                "lost. They are not repeated."
            )
    elif desk.refusal:
        told.append(desk.refusal)
    if desk.results is not None:
        counts = desk.results["sms_status"].value_counts().to_dict()
        named = named_counts(counts, result_columns.STATUSES)
        run = desk.results.attrs.get("smsframe", {}).get("run")
        told.append(f"Sent: {', '.join(named)}" + (f" (run {run})." if run else "."))
    return told


def _left(seen: Overview) -> str:
    """Say how many messages are left; nothing while they are being sent."""
    if active_job.current() is not None:
        return "; a send was under way"
    return f", {seen.left:,} of them left to send"


def _rules(name: str) -> Html:
    """Return the rules that hide the summary while the widget lives, and the dead widget.

    The last one is for "Loading widget...", which stands alone in a panel of JupyterLab.
    """
    live = f"body:has(.{name}:not(.jupyter-widgets-disconnected))"
    dead = f"body:has(.{name}-still):not(:has(.{name}:not(.jupyter-widgets-disconnected)))"
    own = f".jp-OutputArea:has(.{name}-still)"
    return Html(
        f"<style>{live} .{name}-still{{display:none}}"
        f"{dead} .{name}{{display:none}}"
        f"{dead} {own} .jp-OutputArea-output.jupyter-widgets:not(:has(.{name})),"
        f"{dead} {own} .jp-OutputArea-output.lm-Panel:not(:has(> *))"
        "{display:none}"
        "</style>"
    )

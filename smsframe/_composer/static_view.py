"""What stands under a composer when nobody can click: a saved notebook, a dead kernel, no browser.

It holds the text, totals and results by status, no row and no phone number.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from smsframe._base import result_columns
from smsframe._base.html import faint, tag
from smsframe._base.sentences import many, named_counts
from smsframe._composer import views
from smsframe._plan import show
from smsframe._widgets import active_job
from smsframe._widgets.displayed import summary

if TYPE_CHECKING:
    from smsframe._composer.state import Desk


def summary_html(desk: Desk, code: str, mark: str) -> str:
    """Return the summary of the composer with a mark."""
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
    return summary(mark, *parts)


def summary_lines(desk: Desk) -> list[str]:
    """Return totals and results in sentences."""
    told = []
    seen, sending = desk.overview, active_job.current() is not None
    if seen is not None:
        left = "; a send was under way" if sending else f", {seen.left:,} of them left to send"
        segments = many(seen.plan.total_segments, "segment")
        whole = f"{many(seen.plan.recipients, 'message')} of {segments} in all"
        told.append(
            f"{many(len(desk.frame), 'row')}, {len(seen.bad):,} with a problem: {whole}{left}."
        )
        told += filter(None, [views.held_line(seen)])
        if not sending and seen.past is not None and seen.past.unknown:
            told.append(
                f"{many(seen.past.unknown, 'message')} may have gone out: the answer was "
                "lost. They are not repeated."
            )
    elif desk.refusal:
        told.append(desk.refusal)
    if desk.results is not None:
        counts = desk.results["sms_status"].value_counts().to_dict()
        named = named_counts(counts, result_columns.STATUSES)
        run = result_columns.run_of(desk.results)
        told.append(f"Sent: {', '.join(named)}" + (f" (run {run})." if run else "."))
    return told

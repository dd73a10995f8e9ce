"""Static HTML and plain text for plans: readable in an untrusted, offline or printed notebook.

No script, no style sheet from elsewhere: inline styles with the notebook's own theme variables,
which fall back to ``inherit`` where there are none, so that light and dark both read well.
Everything that comes from data is escaped, and recipients are masked. It is given plain values and
frames, and knows nothing of how they were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHOWN_PROBLEMS = 50
SHOWN_TEXTS = 3

INK = "var(--jp-ui-font-color1, inherit)"
FAINT = "var(--jp-ui-font-color2, inherit)"
LINE = "var(--jp-border-color2, rgba(128,128,128,.4))"
PAPER = "var(--jp-layout-color2, rgba(128,128,128,.12))"
MARKS = {"error": "✖", "warning": "▲", "info": "ℹ"}
TINTS = {"error": "#d1242f", "warning": "#9a6700", "info": FAINT}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What is shown of a plan."""

    recipients: int
    batches: int
    program: str
    figures: Mapping[str, str]
    notes: Sequence[str] = ()
    messages: Sequence[tuple[str, str]] = ()
    problem_counts: Mapping[str, int] = field(default_factory=dict)
    problems: pd.DataFrame | None = None


def plan_text(view: PlanView) -> str:
    """Return a plan as a few lines of text."""
    lines = [headline(view)]
    lines += [f"  {name}: {value}" for name, value in view.figures.items()]
    lines += [f"  {note}" for note in view.notes]
    if view.problem_counts:
        lines.append("  problems: " + counted(view.problem_counts))
    return "\n".join(lines)


def plan_html(view: PlanView) -> str:
    """Return a plan as static HTML: figures, first texts as bubbles, problems by their cells."""
    parts = [f"<div style='font-weight:600;margin:.2em 0'>{escape(headline(view))}</div>"]
    figures = " &nbsp;·&nbsp; ".join(
        f"{escape(name)}: <b>{escape(value)}</b>" for name, value in view.figures.items()
    )
    parts.append(f"<div style='color:{FAINT}'>{figures}</div>")
    parts += [f"<div style='color:{FAINT}'>{escape(note)}</div>" for note in view.notes]
    parts += [bubble(to, text) for to, text in view.messages]
    if view.problem_counts and view.problems is not None:
        parts.append(_problems(view))
    return f"<div class='smsframe-plan' style='color:{INK};max-width:60em'>{''.join(parts)}</div>"


def headline(view: PlanView) -> str:
    """Return a plan in one line."""
    message, batch = (
        ("message" if view.recipients == 1 else "messages"),
        ("call" if view.batches == 1 else "calls"),
    )
    return (
        f"Plan: {view.recipients:,} {message} in {view.batches:,} {batch}, program {view.program}"
    )


def counted(counts: Mapping[str, int]) -> str:
    """Return counts in one line: ``12 phone_missing, 3 value_missing``."""
    return ", ".join(f"{count:,} {code}" for code, count in counts.items())


def bubble(to: str, text: str) -> str:
    """Return a message as a phone would show it."""
    body = escape(text).replace("\n", "<br>")
    return (
        f"<div style='margin:.5em 0'><div style='font-size:.85em;color:{FAINT}'>"
        f"to {escape(to)}</div><div style='display:inline-block;max-width:28em;"
        f"background:{PAPER};border:1px solid {LINE};border-radius:1em 1em 1em .2em;"
        "padding:.5em .8em;text-align:left;overflow-wrap:anywhere'>"
        f"{body}</div></div>"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], tints: Sequence[str] = ()) -> str:
    """Return rows as an HTML table; the first cell of row ``i`` takes the colour ``tints[i]``."""
    cell = f"padding:.2em .6em;text-align:left;vertical-align:top;border-bottom:1px solid {LINE}"
    head = "".join(f"<th scope='col' style='{cell}'>{escape(name)}</th>" for name in columns)
    body = []
    for number, row in enumerate(rows):
        tint = f";color:{tints[number]}" if number < len(tints) else ""
        cells = [
            f"<td style='{cell}{tint if place == 0 else ''}'>{escape(_shown(value))}</td>"
            for place, value in enumerate(row)
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        "<div style='overflow-x:auto'><table style='border-collapse:collapse;margin:.3em 0'>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _problems(view: PlanView) -> str:
    """Return the problems: counts first, then the first ones beside their cells."""
    assert view.problems is not None
    first = view.problems.head(SHOWN_PROBLEMS)
    total = sum(view.problem_counts.values())
    rows = [
        (f"{MARKS[str(p.severity)]} {p.code}", p.label, p.column, p.value, p.sentence)
        for p in first.itertuples()
    ]
    tints = [TINTS[str(severity)] for severity in first["severity"]]
    is_open = " open" if (first["severity"] == "error").any() else ""
    more = f" (the first {SHOWN_PROBLEMS} of {total:,})" if total > SHOWN_PROBLEMS else ""
    return (
        f"<details{is_open} style='margin-top:.5em'>"
        f"<summary>Problems: {escape(counted(view.problem_counts))}{more}</summary>"
        + table(("problem", "row", "column", "value", "what to do"), rows, tints)
        + "</details>"
    )


def _shown(value: Any) -> str:
    """Return a cell as text; nothing for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return ""
    return str(value)

"""Static HTML and plain text for plans: readable in an untrusted, offline or printed notebook.

No script, no style sheet from elsewhere: inline styles with the notebook's own theme variables,
which fall back to ``inherit`` where there are none, so that light and dark both read well.
Everything that comes from data is escaped, and recipients are masked. It is given plain values and
frames, and knows nothing of how they were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from numbers import Integral
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base.html import FAINT, INK, LINE, PAPER
from smsframe._base.masking import mask_label
from smsframe._base.tracebacks import public

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from smsframe._plan.problems import Kind

SHOWN_PROBLEMS = 50
SHOWN_TEXTS = 3
LEAST_PHONE = 10**9  # numbers below it label rows, as ids do

BARE = "list-style:none;margin:0;padding:0"
ITEM = "display:flex;flex-wrap:wrap;gap:0 1em;padding:.3em 0;margin:0"
MARKS = {"error": "✖", "warning": "▲", "info": "ℹ"}
TINTS = {"error": "#d1242f", "warning": "#9a6700", "info": FAINT}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What is shown of a plan; ``left`` of its messages have not gone out before, None for all."""

    recipients: int
    left: int | None = None
    batches: int
    program: str
    figures: Mapping[str, str]
    notes: Sequence[str] = ()
    messages: Sequence[tuple[str, str]] = ()
    problem_counts: Mapping[str, int] = field(default_factory=dict)
    kinds: Sequence[Kind] = ()
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
    if view.kinds and view.problems is not None:
        parts.append(_problems(view))
    inside = "".join(parts).encode(errors="replace").decode()  # names may hold half a character
    return f"<div class='smsframe-plan' style='color:{INK};max-width:60em'>{inside}</div>"


def headline(view: PlanView) -> str:
    """Return a plan in one line."""
    message, batch = (
        ("message" if view.recipients == 1 else "messages"),
        ("call" if view.batches == 1 else "calls"),
    )
    how = f" in {view.batches:,} {batch}"
    if view.left not in (None, view.recipients):
        how = f", {view.left:,} of them left to send"
    return f"Plan: {view.recipients:,} {message}{how}, program {view.program}"


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


@public
@dataclass(frozen=True, slots=True)
class Messages:
    """Messages to look at: (masked recipient, text) each."""

    messages: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return "\n".join(f"to {to}: {text}" for to, text in self.messages) or "no messages"

    def _repr_html_(self) -> str:
        shown = "".join(bubble(to, text) for to, text in self.messages) or "no messages"
        return f"<div class='smsframe-messages' style='color:{INK}'>{shown}</div>"


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
    """Return the problems: by kind with an example, then the first ones row by row, folded away."""
    told = [kind for kind in view.kinds if kind.severity != "info"]
    remarks = [kind for kind in view.kinds if kind.severity == "info"]
    parts = []
    if told:
        parts.append(
            "<div style='font-weight:600;margin:.8em 0 .2em'>What is wrong, and the cure</div>"
        )
        parts.append(f"<ul style='{BARE}'>{''.join(map(_kind, told))}</ul>")
    return "".join([*parts, _remarks(remarks), _row_by_row(view)])


def _kind(kind: Kind) -> str:
    """Return one kind of problem: mark, number, code; sentence and example beside or below."""
    example = "" if kind.label is None else f"First: row {shown_label(kind.label)}"
    if _shown(kind.value):
        example += f"{', ' if example else ''}{_shown(kind.value)}"
    mark = f"<span style='color:{TINTS[kind.severity]}'>{MARKS[kind.severity]}</span>"
    return (
        f"<li style='{ITEM};border-top:1px solid {LINE}'>"
        f"<span style='flex:0 0 15em'>{mark} <b>{kind.count:,}</b> {escape(kind.code)}</span>"
        f"<span style='flex:1 1 20em'>{escape(kind.sentence)} "
        f"<span style='color:{FAINT}'>{escape(example)}</span></span></li>"
    )


def _remarks(kinds: Sequence[Kind]) -> str:
    """Return what is worth knowing but no fault, columns with the same sentence together."""
    columns: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        named = columns.setdefault((kind.code, kind.sentence), [])
        if kind.column is not None:
            named.append(str(kind.column))
    lines = [
        f"{MARKS['info']} {escape(code)}: {escape(sentence)} {escape(', '.join(named))}"
        for (code, sentence), named in columns.items()
    ]
    return "".join(f"<div style='color:{FAINT};margin-top:.3em'>{line}</div>" for line in lines)


def _row_by_row(view: PlanView) -> str:
    """Return the first problems of rows as a table, to be unfolded."""
    assert view.problems is not None
    of_rows = view.problems[view.problems["position"].notna()]
    if of_rows.empty:
        return ""
    first = of_rows.head(SHOWN_PROBLEMS)
    rows = [
        (f"{MARKS[str(p.severity)]} {p.code}", shown_label(p.label), p.column, p.value, p.sentence)
        for p in first.itertuples()
    ]
    tints = [TINTS[str(severity)] for severity in first["severity"]]
    total = sum(kind.count for kind in view.kinds if kind.label is not None)
    title = "Row by row" + (f": the first {len(first)} of {total:,}" if total > len(first) else "")
    return (
        f"<details style='margin-top:.5em'><summary style='cursor:pointer'>{title} "
        "(all of them: plan.problems)</summary>"
        + table(("problem", "row", "column", "value", "what to do"), rows, tints)
        + "</details>"
    )


def shown_label(label: Any) -> str:
    """Return a row's label as it is shown; people are labelled by their phones sometimes."""
    if isinstance(label, tuple):
        return ", ".join(map(shown_label, label))
    is_number = isinstance(label, Integral) and abs(int(label)) < LEAST_PHONE
    return _shown(label) if is_number else mask_label(_shown(label))


def _shown(value: Any) -> str:
    """Return a cell as text; nothing for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return ""
    return str(value)

"""Static HTML and plain text for plans: readable in an untrusted, offline or printed notebook.

No script, no style sheet from elsewhere: inline styles with the notebook's own theme variables,
which fall back to ``inherit`` where there are none, so that light and dark both read well.
Everything that comes from data is escaped, and recipients are masked. It is given plain values and
frames, and knows nothing of how they were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any

from smsframe._base.html import (
    FAINT,
    HEADING,
    INK,
    LINE,
    MARKS,
    PAPER,
    PLAIN_TABLE,
    Html,
    faint,
    figures_line,
    joined,
    table,
    tag,
    text_of_cell,
)
from smsframe._base.masking import LEAST_PHONE, mask_label
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from smsframe._plan.problems import Kind

SHOWN_PROBLEMS = 50
SHOWN_TEXTS = 3

BARE = "list-style:none;margin:0;padding:0"
ITEM = "display:flex;flex-wrap:wrap;gap:0 1em;padding:.3em 0;margin:0"
WIDE = "flex:1 1 20em"
BUBBLE = (
    f"display:inline-block;max-width:28em;background:{PAPER};border:1px solid {LINE};"
    "border-radius:1em 1em 1em .2em;padding:.5em .8em;text-align:left;overflow-wrap:anywhere"
)
CELL = f"padding:.2em .6em;text-align:left;vertical-align:top;border-bottom:1px solid {LINE}"
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
    parts = [tag("div", headline(view), style=HEADING), figures_line(view.figures)]
    parts += [faint(note) for note in view.notes]
    parts += [bubble(to, text) for to, text in view.messages]
    if view.kinds and view.problems is not None:
        parts.append(_problems(view))
    inside = joined(*parts).encode(errors="replace").decode()  # names may hold half a character
    return tag("div", Html(inside), class_="smsframe-plan", style=f"color:{INK};max-width:60em")


def headline(view: PlanView) -> str:
    """Return a plan in one line."""
    how = f" in {many(view.batches, 'call')}"
    if view.left not in (None, view.recipients):
        how = f", {view.left:,} of them left to send"
    return f"Plan: {many(view.recipients, 'message')}{how}, program {view.program}"


def counted(counts: Mapping[str, int]) -> str:
    """Return counts in one line: ``12 phone_missing, 3 value_missing``."""
    return ", ".join(f"{count:,} {code}" for code, count in counts.items())


def bubble(to: str, text: str) -> Html:
    """Return a message as a phone would show it."""
    body = Html(tag("div", text, style=BUBBLE).replace("\n", "<br>"))
    return tag("div", faint(f"to {to}", more=";font-size:.85em"), body, style="margin:.5em 0")


@public
@dataclass(frozen=True, slots=True)
class Messages:
    """Messages to look at: (masked recipient, text) each."""

    messages: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return "\n".join(f"to {to}: {text}" for to, text in self.messages) or "no messages"

    def _repr_html_(self) -> str:
        shown = joined(*(bubble(to, text) for to, text in self.messages)) or "no messages"
        return str(tag("div", shown, class_="smsframe-messages", style=f"color:{INK}"))


def _problems(view: PlanView) -> Html:
    """Return the problems: by kind with an example, then the first ones row by row, folded away."""
    told = [kind for kind in view.kinds if kind.severity != "info"]
    remarks = [kind for kind in view.kinds if kind.severity == "info"]
    parts = []
    if told:
        head = "What is wrong, and what to do"
        parts.append(tag("div", head, style="font-weight:600;margin:.8em 0 .2em"))
        parts.append(tag("ul", *map(_kind, told), style=BARE))
    return joined(*parts, *_remarks(remarks), *_row_by_row(view))


def _kind(kind: Kind) -> Html:
    """Return one kind of problem: mark, number, code; sentence and example beside or below."""
    first = "" if kind.label is None else f"First: row {row_label(kind.label)}"
    example = ", ".join(filter(None, [first, text_of_cell(kind.value)]))
    mark = _tinted(MARKS[kind.severity], kind.severity)
    count = tag("b", f"{kind.count:,}")
    told = tag("span", kind.sentence, " ", tag("span", example, style=f"color:{FAINT}"), style=WIDE)
    named = tag("span", mark, " ", count, f" {kind.code}", style="flex:0 0 15em")
    return tag("li", named, told, style=f"{ITEM};border-top:1px solid {LINE}")


def _tinted(text: str, severity: str) -> Html:
    """Return a text in the colour of a severity."""
    return tag("span", text, style=f"color:{TINTS[severity]}")


def _remarks(kinds: Sequence[Kind]) -> list[Html]:
    """Return what is worth knowing but no fault, columns with the same sentence together."""
    columns: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        named = columns.setdefault((kind.code, kind.sentence), [])
        if kind.column is not None:
            named.append(str(kind.column))
    return [
        faint(f"{MARKS['info']} {_named(code, named)}: {sentence}", more=";margin-top:.3em")
        for (code, sentence), named in columns.items()
    ]


def _named(code: str, columns: Sequence[str]) -> str:
    """Return a code with the columns that it is about."""
    return f"{code} ({', '.join(columns)})" if columns else code


def _row_by_row(view: PlanView) -> list[Html]:
    """Return the first problems of rows as a table, to be unfolded."""
    assert view.problems is not None
    of_rows = view.problems[view.problems["position"].notna()]
    if of_rows.empty:
        return []
    first = of_rows.head(SHOWN_PROBLEMS)
    rows = [
        (
            joined(_tinted(MARKS[str(p.severity)], str(p.severity)), f" {p.code}"),
            *(row_label(p.label), text_of_cell(p.column), text_of_cell(p.value)),
            text_of_cell(p.sentence),
        )
        for p in first.itertuples()
    ]
    total = sum(kind.count for kind in view.kinds if kind.label is not None)
    title = "Row by row" + (f": the first {len(first)} of {total:,}" if total > len(first) else "")
    told = f"{title} (all of them: plan.problems)"
    columns = ("problem", "row", "column", "value", "what to do")
    cells = table(columns, rows, styles=[CELL] * len(columns), **PLAIN_TABLE)
    summary = tag("summary", told, style="cursor:pointer")
    return [tag("details", summary, cells, style="margin-top:.5em")]


def row_label(label: Any) -> str:
    """Return a row's label as it is shown; people are labelled by their phones sometimes."""
    if isinstance(label, tuple):
        return ", ".join(map(row_label, label))
    is_number = isinstance(label, Integral) and abs(int(label)) < LEAST_PHONE
    return text_of_cell(label) if is_number else mask_label(text_of_cell(label))

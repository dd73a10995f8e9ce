"""How a summary is shown: a line, a bar of outcomes and a table; static HTML and plain text.

As in ``_plan/show.py``: no script, nothing from elsewhere, inline styles with the notebook's theme
variables. The bar's colours are explained by the table under it, where each status has its swatch.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base.html import FAINT, INK, LINE, STATUS_COLOURS, money
from smsframe._base.result_columns import BILLED

if TYPE_CHECKING:
    from smsframe._results.summary import Summary

MOST_LINES = 40
_NUMBERS = ("rows", "share", "segments", "cost")


def summary_text(view: Summary) -> str:
    """Return a summary as a few lines of text."""
    table = _shown_table(view)
    lines = [_headline(view), *(f"  {name}: {value}" for name, value in _figures(view).items())]
    return "\n".join([*lines, table.to_string(index=False, na_rep="")])


def summary_html(view: Summary) -> str:
    """Return a summary as static HTML."""
    figures = " &nbsp;·&nbsp; ".join(
        f"{escape(name)}: <b>{escape(value)}</b>" for name, value in _figures(view).items()
    )
    return (
        f"<div class='smsframe-summary' style='color:{INK};max-width:60em'>"
        f"<div style='font-weight:600;margin:.2em 0'>{escape(_headline(view))}</div>"
        f"{_bar(view)}<div style='color:{FAINT};margin:.3em 0'>{figures}</div>"
        f"{_table(_shown_table(view))}</div>"
    )


def _headline(view: Summary) -> str:
    """Return rows and outcomes in one line."""
    counted = " · ".join(
        f"{view.counts[s]:,} {_words(s)}" for s in STATUS_COLOURS if s in view.counts
    )
    return f"{view.rows:,} rows" + (f": {counted}" if counted else "")


def _words(status: str) -> str:
    """Return a status as words."""
    return status.replace("_", " ")


def _figures(view: Summary) -> dict[str, str]:
    """Return the totals by name."""
    figures = {"batches": f"{view.batches:,}", "segments": f"{view.segments:,}"}
    if view.segments_unknown:
        figures["segments unknown"] = f"{view.segments_unknown:,}"
    if view.cost is not None:
        figures["cost"] = money(view.cost)
    if view.first_at is not None and view.last_at is not None:
        figures["accepted"] = _span(view.first_at, view.last_at)
    return figures


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Return from when to when, the day once when it is one."""
    start, end = f"{first:%Y-%m-%d %H:%M:%S}", f"{last:%Y-%m-%d %H:%M:%S}"
    if start == end:
        return f"{start} UTC"
    return f"{start} to {end[11:] if start[:10] == end[:10] else end} UTC"


def _bar(view: Summary) -> str:
    """Return the outcomes as one bar; each part says what it is when pointed at."""
    parts = [
        f"<div title='{view.counts[s]:,} {_words(s)}' style='flex:{view.counts[s]} 0 3px;"
        f"background:{colour}'></div>"
        for s, colour in STATUS_COLOURS.items()
        if s in view.counts
    ]
    if not parts:
        return ""
    return (
        f"<div role='img' aria-label='{escape(_headline(view))}' style='display:flex;gap:1px;"
        "height:.9em;border-radius:.25em;overflow:hidden;margin:.4em 0;max-width:45em'>"
        f"{''.join(parts)}</div>"
    )


def _shown_table(view: Summary) -> pd.DataFrame:
    """Return the table as it is shown: by group one line each, statuses side by side."""
    table = view.to_frame()
    if view.by is not None:
        table = _side_by_side(table, view)
    else:
        table["share"] = [_percent(share) for share in table["share"]]
    for name in table.columns:
        if name in ("rows", "segments") or (view.by is not None and name in STATUS_COLOURS):
            table[name] = [f"{count:,}" if count else "" for count in table[name]]
        elif name == "cost":
            table[name] = [money(cost) if cost else "" for cost in table[name]]
    return table


def _percent(share: float) -> str:
    """Return a share in percent; never 100 where a row is missing, never 0 where one is."""
    shown = f"{share:.1%}"
    if shown == "100.0%" and share < 1:
        return ">99.9%"
    return "<0.1%" if shown == "0.0%" and share > 0 else shown


def _side_by_side(table: pd.DataFrame, view: Summary) -> pd.DataFrame:
    """Return one line per group, with a column for each status that occurs."""
    numbers, groups = pd.factorize(table[view.by], use_na_sentinel=False)
    table["segments"] = table["segments"].where(table["status"].isin(BILLED), 0)
    figures = [name for name in ("rows", "segments", "cost") if name in table.columns]
    totals = table[figures].groupby(numbers).sum()
    counts = table.assign(group=numbers).pivot_table(
        index="group", columns="status", values="rows", aggfunc="sum", observed=True
    )
    named = ["(none)" if pd.isna(group) else str(group) for group in groups]
    shown = pd.DataFrame({str(view.by): named}, index=totals.index)
    shown["rows"] = totals["rows"]
    for status in STATUS_COLOURS:
        if status in view.counts:
            shown[status] = counts[status].fillna(0).astype("int64")
    for name in ("segments", "cost"):
        if name in totals:
            shown[name] = totals[name]
    return shown


def _table(table: pd.DataFrame) -> str:
    """Return a table as HTML: numbers to the right, a swatch before each status."""
    first = table.head(MOST_LINES)
    head = "".join(_head_cell(str(name)) for name in table.columns)
    body = "".join(
        f"<tr>{''.join(_cell(str(n), v) for n, v in zip(table.columns, row, strict=True))}</tr>"
        for row in first.itertuples(index=False, name=None)
    )
    more = ""
    if len(table) > MOST_LINES:
        more = (
            f"<div style='color:{FAINT}'>The first {MOST_LINES} of {len(table):,} lines; "
            "to_frame() has all.</div>"
        )
    return (
        "<div style='overflow-x:auto'><table style='border-collapse:collapse;margin:.3em 0'>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def _style(name: str) -> str:
    """Return the style of a cell, by its column."""
    side = "right" if name in _NUMBERS or name in STATUS_COLOURS else "left"
    return (
        f"padding:.2em .7em;text-align:{side};border-bottom:1px solid {LINE};"
        "font-variant-numeric:tabular-nums"
    )


def _head_cell(name: str) -> str:
    """Return the head of a column; that of a status has its swatch."""
    return f"<th scope='col' style='{_style(name)}'>{_swatch(name)}{escape(_words(name))}</th>"


def _cell(name: str, value: Any) -> str:
    """Return a cell; a status has its swatch."""
    text = "" if pd.isna(value) else str(value)
    if name == "status":
        return f"<td style='{_style(name)}'>{_swatch(text)}{escape(_words(text))}</td>"
    return f"<td style='{_style(name)}'>{escape(text)}</td>"


def _swatch(status: str) -> str:
    """Return a small square in the colour of a status; nothing for other words."""
    colour = STATUS_COLOURS.get(status)
    if colour is None:
        return ""
    return (
        f"<span style='display:inline-block;width:.7em;height:.7em;border-radius:.15em;"
        f"margin-right:.4em;background:{colour};border:1px solid {LINE}'></span>"
    )

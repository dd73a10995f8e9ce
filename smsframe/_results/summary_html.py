"""How a summary is shown: a line, a bar of outcomes and a table; static HTML and plain text.

As in ``_plan/show.py``: no script, nothing from elsewhere, inline styles with the notebook's theme
variables. The bar's colours are explained by the table under it, where each status has its swatch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base.held_back import held_in_words
from smsframe._base.html import (
    HEADING,
    INK,
    LINE,
    PLAIN_TABLE,
    STATUS_COLOURS,
    Html,
    faint,
    figures_line,
    joined,
    money,
    table,
    tag,
    text_of_cell,
)
from smsframe._base.result_columns import BILLED, words_of
from smsframe._base.sentences import many

if TYPE_CHECKING:
    from smsframe._results.summary import Summary

MOST_LINES = 40
BAR = (
    "display:flex;gap:1px;height:.9em;border-radius:.25em;overflow:hidden;margin:.4em 0;"
    "max-width:45em"
)
SWATCH = (
    "display:inline-block;width:.7em;height:.7em;border-radius:.15em;margin-right:.4em;"
    f"border:1px solid {LINE}"
)
_NUMBERS = ("rows", "share", "segments", "cost")


def summary_text(view: Summary) -> str:
    """Return a summary as a few lines of text."""
    table = _shown_table(view)
    lines = [_headline(view), *(f"  {name}: {value}" for name, value in _figures(view).items())]
    return "\n".join([*lines, table.to_string(index=False, na_rep="")])


def summary_html(view: Summary) -> str:
    """Return a summary as static HTML."""
    return tag(
        "div",
        tag("div", _headline(view), style=HEADING),
        *_bar(view),
        figures_line(_figures(view), more=";margin:.3em 0"),
        *_table(_shown_table(view)),
        class_="smsframe-summary",
        style=f"color:{INK};max-width:60em",
    )


def _headline(view: Summary) -> str:
    """Return rows and outcomes in one line."""
    counted = " · ".join(
        f"{view.counts[s]:,} {words_of(s)}" for s in STATUS_COLOURS if s in view.counts
    )
    return many(view.rows, "row") + (f": {counted}" if counted else "")


def _figures(view: Summary) -> dict[str, str]:
    """Return the totals by name."""
    figures = {"batches": f"{view.batches:,}", "segments": f"{view.segments:,}"}
    if view.held:
        figures["held back"] = held_in_words(view.held)
    if view.segments_unknown:
        figures["segments unknown"] = f"{view.segments_unknown:,}"
    if view._costs is not None:  # noqa: SLF001 - shown with what it is made of
        figures["cost"] = view._costs.line  # noqa: SLF001 - as above
    if view.first_at is not None and view.last_at is not None:
        figures["accepted"] = _span(view.first_at, view.last_at)
    return figures


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Return from when to when, the day once when it is one."""
    start, end = f"{first:%Y-%m-%d %H:%M:%S}", f"{last:%Y-%m-%d %H:%M:%S}"
    if start == end:
        return f"{start} UTC"
    return f"{start} to {end[11:] if start[:10] == end[:10] else end} UTC"


def _bar(view: Summary) -> list[Html]:
    """Return the outcomes as one bar; each part says what it is when pointed at."""
    parts = [
        tag(
            "div",
            title=f"{view.counts[s]:,} {words_of(s)}",
            style=f"flex:{view.counts[s]} 0 3px;background:{colour}",
        )
        for s, colour in STATUS_COLOURS.items()
        if s in view.counts
    ]
    if not parts:
        return []
    return [tag("div", *parts, role="img", aria_label=_headline(view), style=BAR)]


def _shown_table(view: Summary) -> pd.DataFrame:
    """Return the table as it is shown: by group one line each, statuses side by side."""
    table = view.to_frame()
    if view.by is not None:
        table = _side_by_side(table, view)
    else:
        table["share"] = [percent(share) for share in table["share"]]
    for name in table.columns:
        if name in ("rows", "segments") or (view.by is not None and name in STATUS_COLOURS):
            table[name] = [f"{count:,}" if count else "" for count in table[name]]
        elif name == "cost":
            table[name] = [_cost(cost) for cost in table[name]]
    return table


def _cost(cost: Any) -> str:
    """Return the cost of a line: nothing for none, "not known" where a country has no price."""
    if pd.isna(cost):
        return "not known"
    return money(cost) if cost else ""


def percent(share: float) -> str:
    """Return a share in percent; never 100 where a row is missing, never 0 where one is."""
    shown = f"{share:.1%}"
    if shown == "100.0%" and share < 1:
        return ">99.9%"
    return "<0.1%" if shown == "0.0%" and share > 0 else shown


def _side_by_side(table: pd.DataFrame, view: Summary) -> pd.DataFrame:
    """Return one line per group, with a column for each status that occurs."""
    by = view.by if isinstance(view.by, list) else [view.by]
    numbers = table.groupby(by, dropna=False, observed=True, sort=False).ngroup().to_numpy()
    firsts = table.loc[~pd.Series(numbers).duplicated().to_numpy(), by]
    table["segments"] = table["segments"].where(table["status"].isin(BILLED), 0)
    figures = [name for name in ("rows", "segments", "cost") if name in table.columns]
    totals = table[figures].groupby(numbers).sum()
    if "cost" in totals:
        totals["cost"] = totals["cost"].mask(table["cost"].isna().groupby(numbers).any())
    counts = pd.crosstab(numbers, table["status"], table["rows"], aggfunc="sum")
    shown = pd.DataFrame(index=totals.index)
    for name in by:
        shown[str(name)] = ["(none)" if pd.isna(group) else str(group) for group in firsts[name]]
    shown["rows"] = totals["rows"]
    for status in STATUS_COLOURS:
        if status in view.counts:
            shown[status] = counts[status].fillna(0).astype("int64")
    for name in ("segments", "cost"):
        if name in totals:
            shown[name] = totals[name]
    return shown


def _table(shown: pd.DataFrame) -> list[Html]:
    """Return a table as HTML: numbers to the right, a swatch before each status."""
    names = [str(name) for name in shown.columns]
    rows = (
        [
            _with_swatch(text) if name == "status" else text
            for name, text in zip(names, map(text_of_cell, row), strict=True)
        ]
        for row in shown.head(MOST_LINES).itertuples(index=False, name=None)
    )
    styles = [_style(name) for name in names]
    parts = [table([_with_swatch(name) for name in names], rows, styles=styles, **PLAIN_TABLE)]
    if len(shown) > MOST_LINES:
        left_out = f"The first {MOST_LINES} of {len(shown):,} lines; to_frame() has all."
        parts.append(faint(left_out))
    return parts


def _style(name: str) -> str:
    """Return the style of a cell, by its column."""
    side = "right" if name in _NUMBERS or name in STATUS_COLOURS else "left"
    return (
        f"padding:.2em .7em;text-align:{side};border-bottom:1px solid {LINE};"
        "font-variant-numeric:tabular-nums"
    )


def _with_swatch(name: str) -> Html:
    """Return a name in words; that of a status behind a small square in its colour."""
    colour = STATUS_COLOURS.get(name)
    swatch = [] if colour is None else [tag("span", style=f"{SWATCH};background:{colour}")]
    return joined(*swatch, words_of(name))

"""Static HTML, escaped as it is built, and one colour and one mark for each thing that is shown.

`tag` escapes all that is not the work of `tag` itself, so text from data cannot become markup.

The colours are Okabe and Ito's, told apart by people who see few colours, on light and dark; what
never left is grey. Colour is never the only sign: a label or a legend stands beside it.

Source: M. Okabe and K. Ito, "Color Universal Design", 2008 (the eight colours, black left out).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

INK = "var(--jp-ui-font-color1, inherit)"
FAINT = "var(--jp-ui-font-color2, inherit)"
LINE = "var(--jp-border-color2, rgba(128,128,128,.4))"
PAPER = "var(--jp-layout-color2, rgba(128,128,128,.12))"
HEADING = "font-weight:600;margin:.2em 0"
PLAIN_TABLE = {
    "style": "overflow-x:auto",
    "table_style": "border-collapse:collapse;margin:.3em 0",
}
"""How a table looks that has no style sheet."""
MARKS = {"error": "✖", "warning": "▲", "info": "ℹ"}

STATUS_COLOURS = {
    "sent": "#009E73",
    "accepted": "#56B4E9",
    "not_sent": "#E69F00",
    "rejected": "#D55E00",
    "unknown": "#CC79A7",
    "invalid": "#F0E442",
    "duplicate": "#BBBBBB",
    "not_attempted": "#888888",
    "planned": "#0072B2",
}
"""Colours by status, in the order in which they are stacked: the best first."""

DARK = ("planned",)
"""The statuses on whose colour white is to be read."""


def money(cost: float) -> str:
    """Return a cost with two decimals, half a cent up: what people work out on paper.

    >>> money(18.225), money(1234.5)
    ('18.23', '1,234.50')
    """
    exact = Decimal(f"{cost:.15g}")  # 2,430 times 0.0075 is 18.224999999999998 in binary
    return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_UP):,.2f}"


class Html(str):
    """Text that is markup already; what goes to a front end is a plain string."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: Any) -> Html:
    """Return an element around its children, which are escaped unless they are markup.

    >>> tag("div", "a < b", tag("b", "!"), class_="x", aria_label="y", style=None)
    "<div class='x' aria-label='y'>a &lt; b<b>!</b></div>"
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}='{escape(str(value))}'"
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: str) -> Html:
    """Return texts and markup one after the other."""
    return Html("".join(one if isinstance(one, Html) else escape(one) for one in children))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    styles: Sequence[str] = (),
    table_style: str | None = None,
    **box: Any,
) -> Html:
    """Return rows as a table in a box that may scroll; ``styles`` are those of the columns."""
    head = [tag("th", name, scope="col", style=how) for name, how in zip_longest(columns, styles)]
    body = [
        tag("tr", *(tag("td", cell, style=how) for cell, how in zip_longest(row, styles)))
        for row in rows
    ]
    inside = (tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", tag("table", *inside, style=table_style), **box)


def faint(*children: str, more: str = "") -> Html:
    """Return a remark."""
    return tag("div", *children, style=f"color:{FAINT}{more}")


def figures_line(figures: Mapping[str, str], *, more: str = "") -> Html:
    """Return figures and their names in a line."""
    dot = Html(" &nbsp;·&nbsp; ")
    parts = [joined(f"{name}: ", tag("b", value)) for name, value in figures.items()]
    return faint(Html(dot.join(parts)), more=more)


def text_of_cell(value: Any) -> str:
    """Return a cell as text; nothing for what is missing."""
    if isinstance(value, tuple):
        return ", ".join(map(text_of_cell, value))
    missing = value is None or value != value  # noqa: PLR0124 - NaN and NaT differ from themselves
    try:
        return "" if missing else str(value)
    except TypeError:  # pd.NA has no truth value
        return ""

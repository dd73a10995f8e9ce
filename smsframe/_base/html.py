"""One colour per status, told apart by people who see few colours, on light and on dark.

Okabe and Ito's palette, as far as it goes; what never left the house is grey. Colour is never the
only sign: a label or a legend stands beside it.

Source: M. Okabe and K. Ito, "Color Universal Design", 2008 (the eight colours, black left out).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

INK = "var(--jp-ui-font-color1, inherit)"
FAINT = "var(--jp-ui-font-color2, inherit)"
LINE = "var(--jp-border-color2, rgba(128,128,128,.4))"
PAPER = "var(--jp-layout-color2, rgba(128,128,128,.12))"


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


def money(cost: float) -> str:
    """Return a cost with two decimals, half a cent up: what people work out on paper.

    >>> money(18.225), money(1234.5)
    ('18.23', '1,234.50')
    """
    exact = Decimal(f"{cost:.15g}")  # 2,430 times 0.0075 is 18.224999999999998 in binary
    return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_UP):,.2f}"

"""One colour per status, told apart by people who see few colours, on light and on dark.

Okabe and Ito's palette, as far as it goes; what never left the house is grey. Colour is never the
only sign: a label or a legend stands beside it.

Source: M. Okabe and K. Ito, "Color Universal Design", 2008 (the eight colours, black left out).
"""

from __future__ import annotations

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

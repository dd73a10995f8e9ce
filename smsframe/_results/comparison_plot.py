"""A comparison as a picture: a dot for each arm with its interval as a line, and no bars.

A bar from 0 makes of two rates near each other two equal towers; what matters is how far apart they
are, and how sure that is. So the right panel has the differences, with a line at none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe._base.html import text_of_cell
from smsframe._results.plot import INK, PAPER, STYLE, pyplot

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from smsframe._results.comparison_words import About

_WIDTH_INCHES: Final = 8.0
_ARM_INCHES: Final = 0.45
_BLUE: Final = "#0072B2"
"""Dots and lines have no edge in ink, so they are darker than the bars of `plot`: 5.2 to 1."""


def drawn(arms: pd.DataFrame, about: About) -> npt.NDArray[Any]:
    """Draw rates and differences, and return the two Axes; see `Comparison.draw`."""
    plt = pyplot()
    height = 1.6 + _ARM_INCHES * len(arms)
    figure = plt.figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    figure.set(facecolor=PAPER, edgecolor=PAPER)
    scale = 100.0 if about.is_share else 1.0
    with plt.rc_context(STYLE):
        left, right = figure.subplots(1, 2, sharey=True)
        _dots(left, arms, "rate", "rate", "{:.1%}" if about.is_share else "{:,.2f}")
        differences = arms.filter(like="difference") * scale
        _dots(right, differences, "difference", f"difference from {about.control}", "{:+,.2f}")
        if about.is_share:
            left.xaxis.set_major_formatter(lambda value, _: f"{value:.1%}")
            right.set_xlabel("percentage points")
        right.axvline(0, color=INK, linewidth=0.8, linestyle=":")
        left.set_yticks(range(len(arms)), list(map(str, arms.index)))
        left.invert_yaxis()
        left.margins(y=0.5 / len(arms))
        figure.suptitle(text_of_cell(about.outcome), color=INK, fontsize=12, x=0.01, ha="left")
    return np.array([left, right])


def _dots(axes: Any, arms: pd.DataFrame, name: str, title: str, form: str) -> None:
    """Draw a column as dots, each with its number above it and its interval as a line."""
    middle = arms[name].to_numpy(dtype=float)
    low, high = (arms[f"{name}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    there = ~np.isnan(middle)
    places = np.flatnonzero(there)
    axes.set_title(title)
    axes.hlines(places, low[there], high[there], color=_BLUE, linewidth=2)
    axes.plot(middle[there], places, "o", color=_BLUE)
    for place in places:
        above = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center"}
        axes.annotate(form.format(middle[place]), (middle[place], place), **above)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)

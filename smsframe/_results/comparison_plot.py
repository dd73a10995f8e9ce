"""A comparison as a picture: a dot for each arm with its interval as a line, and no bars.

A bar from 0 makes of two rates near each other two equal towers; what matters is how far apart they
are, and how sure that is. So the right panel has the differences, with a line at none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe._base.html import STATUS_COLOURS
from smsframe._base.validation import shown_label
from smsframe._results.plot import INK, PAPER, STYLE, pyplot

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from smsframe._results.comparison_words import About

_WIDTH_INCHES: Final = 8.0
_ARM_INCHES: Final = 0.4


def drawn(arms: pd.DataFrame, about: About) -> npt.NDArray[Any]:
    """Draw rates and differences, and return the two Axes; see `Comparison.draw`."""
    plt = pyplot()
    height = 1.6 + _ARM_INCHES * len(arms)
    figure = plt.figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    figure.set(facecolor=PAPER, edgecolor=PAPER)
    with plt.rc_context(STYLE):
        left, right = figure.subplots(1, 2, sharey=True)
        _dots(left, arms, "rate", "rate")
        _dots(right, arms, "difference", f"difference from {about.control}")
        if about.is_share:
            for axes in (left, right):
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:.1%}")
        right.axvline(0, color=INK, linewidth=0.8, linestyle=":")
        left.set_yticks(range(len(arms)), list(map(str, arms.index)))
        left.invert_yaxis()
        left.margins(y=0.5 / len(arms))
        figure.suptitle(shown_label(about.outcome), color=INK, fontsize=11)
    return np.array([left, right])


def _dots(axes: Any, arms: pd.DataFrame, name: str, title: str) -> None:
    """Draw a column as dots, with its interval."""
    middle = arms[name].to_numpy(dtype=float)
    low, high = (arms[f"{name}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    there = ~np.isnan(middle)
    places = np.flatnonzero(there)
    axes.set_title(title)
    axes.hlines(places, low[there], high[there], color=STATUS_COLOURS["accepted"], linewidth=2)
    axes.plot(middle[there], places, "o", color=STATUS_COLOURS["accepted"])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)

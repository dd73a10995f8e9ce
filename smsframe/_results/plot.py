"""``plot``: one look at what happened.

Three panels: what became of the rows over time; the reasons, ranked; and how many segments the
messages took. Their numbers are those of ``summary``, and where a panel leaves rows out it says
which. A figure is as wide as a notebook's cell, so that it is not shrunk.

It lies on white paper of its own, with dark ink. Nobody tells a figure what it will lie on, and no
one ink has enough contrast on the white of one theme and on the near-black of the other.

Matplotlib comes with the ``plot`` extra and is imported here alone, when a figure is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.html import DARK, STATUS_COLOURS
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public
from smsframe._results.plot_times import spans_of
from smsframe._results.report_words import NO_REASON
from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._base.any_frame import AnyFrame

INK = "#30363D"
PAPER = "#FFFFFF"
EDGE = {"edgecolor": INK, "linewidth": 0.4}
"""A thin line around bars: yellow on white is hard to see."""
MOST_REASONS = 10
MOST_LABELLED = 12
WRITTEN_ON = 0.12
"""A part of a bar has its number on it from this share of the highest bar."""
DAY_S = 86_400
MOST_NAMES = 6
SIZE_INCHES = (8.0, 6.0)
PANELS = [["times", "times"], ["reasons", "segments"]]
STYLE = {
    "axes.facecolor": PAPER,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.color": INK,
    "ytick.labelcolor": INK,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


@public
def plot(frame: AnyFrame) -> npt.NDArray[Any]:
    """Draw results: outcome over time, reasons ranked, segments per message.

    Parameters
    ----------
    frame : DataFrame
        Results.

    Returns
    -------
    array of matplotlib Axes, shape (3,)
        One figure on white; ``axes[0].figure.savefig(path)`` keeps it. A bar is a span of time,
        from a second to weeks, so that there are at most 60.

    Raises
    ------
    ConfigurationError
        Matplotlib is not installed: ``pip install matplotlib``.
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe, matplotlib
    >>> matplotlib.use("Agg")
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> smsframe.plot(done).shape
    (3,)
    >>> matplotlib.pyplot.close("all")
    """
    plt = pyplot()
    rows = ResultRows.read(as_frame(frame, A_RESULT))
    # Outside the context: a session's first figure switches its pictures on, which the context
    # would switch off again.
    figure = plt.figure(figsize=SIZE_INCHES, layout="constrained")
    figure.set(facecolor=PAPER, edgecolor=PAPER)
    with plt.rc_context(STYLE):
        ratios = {"width_ratios": [5, 2], "height_ratios": [3, 4]}
        axes = figure.subplot_mosaic(PANELS, gridspec_kw=ratios)
        _draw_times(axes["times"], rows)
        _draw_reasons(axes["reasons"], rows)
        _draw_segments(axes["segments"], rows)
        _explain_colours(figure, plt, rows)
    return np.array([axes["times"], axes["reasons"], axes["segments"]])


def pyplot() -> Any:
    """Return matplotlib's pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra, imported when asked for
    except ImportError as error:
        raise ConfigurationError(
            "Plots need matplotlib, which is not installed: pip install matplotlib. "
            "results.sms.summary() shows the same as a table."
        ) from error
    return plt


def _draw_times(axes: Any, rows: ResultRows) -> None:
    """Draw what became of rows as stacked bars on an axis of time."""
    axes.set_title("Outcome over time")
    spans = spans_of(rows)
    outside = len(rows) - int(spans.counts.to_numpy().sum())
    if spans.counts.empty:
        _say(axes, "No row is in a batch." if not spans.apart else "No row has a time.")
        return
    counts, step = spans.counts, spans.step_s / DAY_S  # matplotlib counts days since 1970
    places = counts.index.to_numpy() / DAY_S
    is_few = len(counts) <= MOST_LABELLED
    _stack(axes, counts, width=step * 0.9, places=places + step / 2, numbered=is_few)
    apart = f"; {many(outside, 'row')} in no batch" if outside else ""
    batches = len(rows.batch.unique().drop_null())
    told = many(batches, "batch", "batches")
    axes.set_xlabel(f"time (UTC), {told}, a bar for every {length(spans.step_s)}{apart}")
    axes.set_ylabel("rows")
    axes.xaxis_date("UTC")
    ticks, names = spans.ticks()
    axes.set_xticks([at / DAY_S for at in ticks], names)
    begin, end = (at / DAY_S for at in spans.limits)
    axes.set_xlim(begin, end)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(0, 1.06 * counts.sum(axis=1).max())
    if is_few:
        if (end - begin) / step < MOST_LABELLED:  # bars are wide enough for a number
            _write_parts(axes, counts, places + step / 2)
        axes.set_ylim(0, 1.15 * counts.sum(axis=1).max())


def length(seconds: int) -> str:
    """Return a round span of time in words.

    >>> length(1), length(30), length(3600), length(2 * 86400)
    ('second', '30 seconds', 'hour', '2 days')
    """
    for name, size in (("day", DAY_S), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds % size == 0:
            number = seconds // size
            return name if number == 1 else f"{number} {name}s"
    return f"{seconds} seconds"


def _stack(
    axes: Any,
    counts: pd.DataFrame,
    *,
    width: float,
    places: npt.NDArray[Any] | None = None,
    across: bool = False,
    numbered: bool = True,
) -> None:
    """Draw a bar per line of a table, made of its columns, which are statuses; its rows behind."""
    draw = axes.barh if across else axes.bar
    size, start = ("height", "left") if across else ("width", "bottom")
    places = np.arange(len(counts)) if places is None else places
    ends = np.zeros(len(counts), dtype=np.int64)
    for status in [status for status in STATUS_COLOURS if status in counts.columns]:
        numbers = counts[status].to_numpy()
        where = {size: width, start: ends}
        label = result_columns.words_of(status)
        draw(places, numbers, color=STATUS_COLOURS[status], label=label, **EDGE, **where)
        ends = ends + numbers
    offset, side = ((4, 0), "va") if across else ((0, 3), "ha")
    for place, end in zip(places.tolist(), ends.tolist(), strict=True) if numbered else ():
        at = (end, place) if across else (place, end)
        axes.annotate(f"{end:,}", at, offset, textcoords="offset points", **{side: "center"})


def _write_parts(axes: Any, counts: pd.DataFrame, places: npt.NDArray[Any]) -> None:
    """Write the rows of each part of a bar on it, where a bar has several and there is room."""
    highest = counts.sum(axis=1).max()
    several = (counts > 0).sum(axis=1).to_numpy() > 1
    below = np.zeros(len(counts))
    for status in [status for status in STATUS_COLOURS if status in counts.columns]:
        numbers = counts[status].to_numpy()
        ink = "#FFFFFF" if status in DARK else "#000000"
        for line in np.flatnonzero(several & (numbers >= WRITTEN_ON * highest)):
            middle = (places[line], below[line] + numbers[line] / 2)
            axes.text(*middle, f"{numbers[line]:,}", ha="center", va="center", color=ink)
        below = below + numbers


def _draw_reasons(axes: Any, rows: ResultRows) -> None:
    """Draw the reasons as bars, the commonest on top, in the colours of their statuses."""
    counts, without = _reason_counts(rows)
    axes.set_title(f"Reasons (the first {MOST_REASONS} of {len(counts)})")
    if len(counts) <= MOST_REASONS:
        axes.set_title("Reasons")
    if counts.empty:
        _say(axes, NO_REASON)
        return
    shown = counts.head(MOST_REASONS)[::-1]
    _stack(axes, shown, width=0.75, across=True)
    axes.set_yticks(range(len(shown)), shown.index)
    axes.margins(x=0.16)
    axes.set_xticks([])
    axes.set_xlabel(f"rows, without {without:,} accepted ones (resolved)" if without else "rows")
    axes.spines["bottom"].set_visible(False)


def _reason_counts(rows: ResultRows) -> tuple[pd.DataFrame, int]:
    """Return rows by code and status, the commonest first, and how many good ones are left out."""
    table = pd.DataFrame({"code": result_columns.strings(rows.code), "status": rows.names()})
    good = ((table["code"] == "resolved") & (table["status"] == "accepted")).fillna(value=False)
    counts = pd.crosstab(table["code"][~good], table["status"][~good])
    ranks = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return counts.loc[ranks], int(good.sum())


def _draw_segments(axes: Any, rows: ResultRows) -> None:
    """Draw how many messages take how many segments: those on the bill, else those planned."""
    axes.set_title("Segments")
    table = pd.DataFrame({"size": pd.Series(rows.segments), "status": rows.names()})
    table = table[~rows.repeats()].dropna()
    billed = table["status"].isin(result_columns.BILLED).any()
    table = table[table["status"].isin(result_columns.BILLED if billed else ("planned",))]
    if table.empty:
        _say(axes, "Nothing is\naccepted or sent.")
        return
    sizes = table["size"].astype("int64")
    counts = pd.crosstab(sizes, table["status"]).reindex(range(1, sizes.max() + 1), fill_value=0)
    axes.set_title(f"Segments: {sizes.sum():,}")
    _stack(axes, counts, width=0.75)
    axes.set_xlabel(f"segments per message,\n{'accepted or sent' if billed else 'planned'}")
    axes.set_xticks(range(len(counts)), counts.index)
    axes.set_xlim(-0.6, max(len(counts), 2) - 0.4)
    axes.margins(y=0.12)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def _explain_colours(figure: Any, plt: Any, rows: ResultRows) -> None:
    """Name the colour of each status that occurs with its rows, once for all panels."""
    found = [status for status in STATUS_COLOURS if rows.has(status).any()]
    if not found:
        return
    patches = [
        plt.Rectangle((0, 0), 1, 1, facecolor=STATUS_COLOURS[status], **EDGE) for status in found
    ]
    figure.legend(
        patches,
        [f"{result_columns.words_of(status)} {int(rows.has(status).sum()):,}" for status in found],
        loc="outside lower left",
        ncols=min(len(found), MOST_NAMES),
        handlelength=1,
        handleheight=1,
    )


def _say(axes: Any, sentence: str) -> None:
    """Say why a panel is empty."""
    axes.text(0.5, 0.5, sentence, ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()

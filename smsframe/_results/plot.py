"""``plot``: one look at what happened.

Three panels: what became of each batch, in the order in which they went; the reasons, ranked; and
how many segments the messages took. Their numbers are those of ``summary``, and where a panel
leaves rows out it says which. A figure is as wide as a notebook's cell, so that it is not shrunk.

It has no background of its own and mid-grey ink, which reads on white and on black alike: nobody
tells a figure what it will lie on. Jupyter would lay a slab under a transparent figure whose tick
labels are all dark (or all light), so those of an axis that is not shown are of the other kind.

Matplotlib comes with the ``plot`` extra and is imported here alone, when a figure is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe._base import result_columns
from smsframe._base.html import STATUS_COLOURS
from smsframe._base.result_rows import ResultRows
from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy.typing as npt

INK = "#7B7B7B"
UNSEEN = "#EEEEEE"
CLEAR = "none"
MOST_BARS = 60
MOST_REASONS = 10
MOST_TICKS = 8
MOST_LABELLED = 12
LEAST_BARS = 6
"""As wide as so many bars a panel is at least: one bar alone is no wall."""
MOST_NAMES = 6
SIZE_INCHES = (8.0, 6.0)
PANELS = [["batches", "batches"], ["reasons", "segments"]]
STYLE = {
    "axes.facecolor": CLEAR,
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


def drawn(frame: pd.DataFrame) -> npt.NDArray[Any]:
    """Draw results and return the three Axes; see :func:`smsframe.plot`."""
    plt = pyplot()
    rows = ResultRows.read(frame)
    # Outside the context: a session's first figure switches its pictures on, which the context
    # would switch off again.
    figure = plt.figure(figsize=SIZE_INCHES, layout="constrained")
    figure.set(facecolor=CLEAR, edgecolor=CLEAR)
    with plt.rc_context(STYLE):
        ratios = {"width_ratios": [5, 2], "height_ratios": [3, 4]}
        axes = figure.subplot_mosaic(PANELS, gridspec_kw=ratios)
        _draw_batches(axes["batches"], rows)
        _draw_reasons(axes["reasons"], rows)
        _draw_segments(axes["segments"], rows)
        _explain_colours(figure, plt, rows)
    axes["segments"].yaxis.set_tick_params(labelcolor=UNSEEN)  # of an axis that is not shown
    return np.array([axes["batches"], axes["reasons"], axes["segments"]])


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


def _draw_batches(axes: Any, rows: ResultRows) -> None:
    """Draw the outcome of each batch as stacked bars, in the order in which they went."""
    axes.set_title("Outcome by batch")
    counts, labels, each = _batch_counts(rows)
    if counts.empty:
        _say(axes, "No row is in a batch.")
        return
    _stack(axes, counts, width=0.9)
    axes.set_ylabel("rows")
    named = "batch" if each == 1 else f"batches, {each} to a bar"
    outside = len(rows) - int(counts.to_numpy().sum())
    apart = f"; {outside:,} rows are in none" if outside else ""
    axes.set_xlabel(f"{named}, by time of acceptance (UTC){apart}")
    step = max(1, -(-len(labels) // MOST_TICKS))
    axes.set_xticks(range(0, len(labels), step), labels[::step])
    axes.set_xlim(-0.6, max(len(labels), LEAST_BARS) - 0.4)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(0, 1.06 * counts.sum(axis=1).max())
    if len(labels) <= MOST_LABELLED:
        _write(axes, counts, (0, 3), ha="center")
        axes.set_ylim(0, 1.15 * counts.sum(axis=1).max())


def _stack(axes: Any, counts: pd.DataFrame, *, width: float, across: bool = False) -> None:
    """Draw a bar per line of a table, made of its columns, which are statuses."""
    draw = axes.barh if across else axes.bar
    size, start = ("height", "left") if across else ("width", "bottom")
    places, drawn_before = np.arange(len(counts)), np.zeros(len(counts))
    for status in [status for status in STATUS_COLOURS if status in counts.columns]:
        numbers = counts[status].to_numpy()
        where = {size: width, start: drawn_before}
        label = result_columns.words_of(status)
        draw(places, numbers, color=STATUS_COLOURS[status], label=label, **where)
        drawn_before = drawn_before + numbers


def _write(
    axes: Any, counts: pd.DataFrame, offset: tuple[int, int], *, across: bool = False, **how: Any
) -> None:
    """Write the rows of each bar at its end."""
    for place, number in enumerate(counts.sum(axis=1).tolist()):
        end = (number, place) if across else (place, number)
        axes.annotate(f"{number:,}", end, offset, textcoords="offset points", **how)


def _batch_counts(rows: ResultRows) -> tuple[pd.DataFrame, list[str], int]:
    """Return rows by batch (or by so many neighbouring ones) and status, with their labels."""
    table = pd.DataFrame(
        {
            "batch": result_columns.strings(rows.batch),
            "status": result_columns.status_column(rows.status),
            "at": rows.accepted_at,
        }
    ).dropna(subset=["batch"])
    names = pd.Index(table["batch"].unique()).sort_values()
    each = max(1, -(-len(names) // MOST_BARS))
    table["bar"] = names.get_indexer(table["batch"]) // each
    counts = table.pivot_table(
        index="bar", columns="status", values="batch", aggfunc="count", observed=True, fill_value=0
    )
    first = table.groupby("bar")["at"].min().reindex(counts.index)
    several = len({at.date() for at in first.dropna()}) > 1
    moment = "%d %b\n%H:%M:%S" if several else "%H:%M:%S"
    shown = ["" if pd.isna(at) else f"{at:{moment}}" for at in first]
    if not several and first.notna().any():
        shown[0] += f"\n{first.min():%d %b %Y}"  # the day, once
    labels = [f"{n * each + 1}\n{at}" for n, at in zip(counts.index.tolist(), shown, strict=True)]
    counts.columns = pd.Index([str(name) for name in counts.columns])
    return counts, labels, each


def _draw_reasons(axes: Any, rows: ResultRows) -> None:
    """Draw the reasons as bars, the commonest on top, in the colours of their statuses."""
    counts, without = _reason_counts(rows)
    axes.set_title(f"Reasons (the first {MOST_REASONS} of {len(counts)})")
    if len(counts) <= MOST_REASONS:
        axes.set_title("Reasons")
    if counts.empty:
        _say(axes, "No row has a reason: nothing went wrong.")
        return
    shown = counts.head(MOST_REASONS)[::-1]
    _stack(axes, shown, width=0.75, across=True)
    _write(axes, shown, (4, 0), va="center", across=True)
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
    _write(axes, counts, (0, 3), ha="center")
    axes.set_xlabel(f"segments per message,\n{'accepted or sent' if billed else 'planned'}")
    axes.set_xticks(range(len(counts)), counts.index)
    axes.set_xlim(-0.6, max(len(counts), 2) - 0.4)
    axes.margins(y=0.12)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def _explain_colours(figure: Any, plt: Any, rows: ResultRows) -> None:
    """Name the colour of each status that occurs, once for all panels."""
    found = [status for status in STATUS_COLOURS if rows.has(status).any()]
    if not found:
        return
    patches = [plt.Rectangle((0, 0), 1, 1, color=STATUS_COLOURS[status]) for status in found]
    figure.legend(
        patches,
        [result_columns.words_of(status) for status in found],
        loc="outside lower left",
        ncols=min(len(found), MOST_NAMES),
        handlelength=1,
        handleheight=1,
    )


def _say(axes: Any, sentence: str) -> None:
    """Say why a panel is empty."""
    axes.text(0.5, 0.5, sentence, ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()

"""``plot``: one look at what happened.

Three panels: what became of each batch, in the order in which they went; the reasons, ranked; and
how many segments the messages took. A figure is opaque and light in every theme, with dark ink: a
transparent one would have to guess what it is laid on, and a copied figure is mostly pasted into a
white document.

Matplotlib comes with the ``plot`` extra and is imported here alone, when a figure is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe import frames
from smsframe.colours import STATUS_COLOURS
from smsframe.errors import ConfigurationError
from smsframe.resultrows import ResultRows

if TYPE_CHECKING:
    import numpy.typing as npt

PAPER, INK, FAINT = "#F6F6F4", "#222222", "#666666"
MOST_BARS = 60
MOST_REASONS = 10
MOST_TICKS = 8
SIZE_INCHES = (13.0, 4.2)
STYLE = {
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def drawn(frame: pd.DataFrame) -> npt.NDArray[Any]:
    """Draw results and return the three Axes; see :func:`smsframe.plot`."""
    pyplot = _pyplot()
    rows = ResultRows.read(frame)
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(
            1,
            3,
            figsize=SIZE_INCHES,
            layout="constrained",
            gridspec_kw={"width_ratios": [5, 4, 2.2]},
        )
        figure.set_facecolor(PAPER)
        _draw_batches(axes[0], rows)
        _draw_reasons(axes[1], rows)
        _draw_segments(axes[2], rows)
        _explain_colours(figure, pyplot, rows)
    return np.asarray(axes)


def _pyplot() -> Any:
    """Return matplotlib's pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra, imported when asked for
    except ImportError as error:
        raise ConfigurationError(
            "Plots need matplotlib, which is not installed: pip install 'smsframe[plot]'. "
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
    colours: Any = [STATUS_COLOURS[name] for name in counts.columns]
    counts.columns = [name.replace("_", " ") for name in counts.columns]
    counts.plot.bar(ax=axes, stacked=True, width=0.9, color=colours, legend=False)
    axes.set_ylabel("rows")
    named = "batch" if each == 1 else f"batches, {each} to a bar"
    axes.set_xlabel(f"{named}, by time of acceptance (UTC)")
    step = max(1, -(-len(labels) // MOST_TICKS))
    axes.set_xticks(range(0, len(labels), step), labels[::step], rotation=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(0, 1.06 * counts.sum(axis=1).max())


def _batch_counts(rows: ResultRows) -> tuple[pd.DataFrame, list[str], int]:
    """Return rows by batch (or by so many neighbouring ones) and status, with their labels."""
    table = pd.DataFrame(
        {
            "batch": frames.strings(rows.batch),
            "status": frames.status_column(rows.status),
            "at": rows.accepted_at,
        }
    ).dropna(subset=["batch"])
    names = pd.Index(table["batch"].unique()).sort_values()
    each = max(1, -(-len(names) // MOST_BARS))
    table["bar"] = names.get_indexer(table["batch"]) // each
    counts = table.pivot_table(
        index="bar", columns="status", values="batch", aggfunc="count", observed=True, fill_value=0
    )
    counts = counts[[status for status in STATUS_COLOURS if status in counts.columns]]
    first = table.groupby("bar")["at"].min().reindex(counts.index)
    shown = ["" if pd.isna(at) else f"{at:%H:%M:%S}" for at in first]
    labels = [f"{n * each + 1}\n{at}" for n, at in zip(counts.index.tolist(), shown, strict=True)]
    counts.columns = pd.Index([str(name) for name in counts.columns])
    return counts, labels, each


def _draw_reasons(axes: Any, rows: ResultRows) -> None:
    """Draw the reasons as bars, the commonest on top, in the colour of their status."""
    axes.set_title("Reasons")
    table = pd.DataFrame({"code": frames.strings(rows.code), "status": rows.names()})
    settled = (table["code"] == "resolved") & (table["status"] == "accepted")
    counts = table[~settled.fillna(value=False)].dropna().value_counts()
    if counts.empty:
        _say(axes, "No row has a reason: nothing went wrong.")
        return
    shown = counts.head(MOST_REASONS)
    bars = pd.Series(shown.to_numpy(), index=[f"{code}" for code, _ in shown.index])
    colours: Any = [STATUS_COLOURS[status] for _, status in shown.index]
    bars[::-1].plot.barh(ax=axes, color=colours[::-1], width=0.75)
    axes.bar_label(axes.containers[0], fmt="{:,.0f}", padding=3, color=INK)
    axes.set_ylabel("")
    axes.margins(x=0.16)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    if len(counts) > MOST_REASONS:
        axes.set_title(f"Reasons (the first {MOST_REASONS} of {len(counts)})")


def _draw_segments(axes: Any, rows: ResultRows) -> None:
    """Draw how many messages take how many segments."""
    axes.set_title("Segments")
    counted = pd.Series(rows.segments).dropna().astype("int64")
    if counted.empty:
        _say(axes, "Not known.")
        return
    bars = counted.value_counts().reindex(range(1, int(counted.max()) + 1), fill_value=0)
    bars.plot.bar(ax=axes, color=STATUS_COLOURS["planned"], width=0.75, rot=0)
    axes.bar_label(axes.containers[0], fmt="{:,.0f}", padding=2, color=INK)
    axes.set_xlabel("segments per message")
    axes.margins(y=0.12)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def _explain_colours(figure: Any, pyplot: Any, rows: ResultRows) -> None:
    """Name the colour of each status that occurs, once for all panels."""
    found = [status for status in STATUS_COLOURS if rows.has(status).any()]
    if not found:
        return
    patches = [pyplot.Rectangle((0, 0), 1, 1, color=STATUS_COLOURS[status]) for status in found]
    labels = [status.replace("_", " ") for status in found]
    figure.legend(
        patches, labels, loc="outside lower left", ncols=len(found), handlelength=1, handleheight=1
    )


def _say(axes: Any, sentence: str) -> None:
    """Say why a panel is empty."""
    axes.text(0.5, 0.5, sentence, ha="center", va="center", transform=axes.transAxes, color=FAINT)
    axes.set_axis_off()

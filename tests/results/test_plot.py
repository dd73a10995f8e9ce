"""The plot: three panels from the frame alone, with or without anything to show."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import pandas as pd
import pytest
from jupyter_client.manager import start_new_kernel
from matplotlib import pyplot as plt
from samples import make_people

import smsframe
from smsframe._base import result_columns
from smsframe._base.html import STATUS_COLOURS
from smsframe._base.result_rows import ResultRows
from smsframe._results import plot
from smsframe._results.plot_times import MOST_SPANS, MOST_TICKS, spans_of
from smsframe.errors import ConfigurationError, InputError

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    """Close what a test drew."""
    yield
    plt.close("all")


def made_up(n=2600):
    """Return results as a mixed run has them, without sending anything."""
    people = make_people(min(n, 5000))
    plan = smsframe.plan(people, "Hi %%FirstName%%", program="1", phone="mobile")
    out = plan.to_frame()
    batch = pd.Series(range(len(out))) // 100
    out["sms_batch"] = "20261122-080000-abcdef:" + batch.map("{:04d}".format).astype("string")
    out["sms_status"] = pd.Categorical(
        ["accepted"] * (len(out) - 300) + ["unknown"] * 200 + ["rejected"] * 100,
        categories=list(result_columns.STATUSES),
    )
    out.loc[out["sms_status"] == "unknown", "sms_code"] = "answer_lost"
    out.loc[out["sms_status"] == "rejected", "sms_code"] = "refused"
    out["sms_accepted_at"] = pd.Timestamp("2026-11-22 08:00", tz="UTC")
    return out


def label_numbers(axes):
    """Return the numbers that are written beside the bars."""
    return [int(text.get_text().replace(",", "")) for text in axes.texts]


def test_plot__three_axes_that_say_what_they_show():
    """Batches by outcome, reasons ranked, segments counted."""
    axes = made_up().sms.plot()
    assert axes.shape == (3,)
    titles = [ax.get_title(loc="left") for ax in axes]
    assert titles == ["Outcome over time", "Reasons", "Segments: 2,300"]
    legend = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert legend == ["accepted 2,300", "rejected 100", "unknown 200"]
    heights = {c.get_label(): sum(bar.get_height() for bar in c) for c in axes[0].containers}
    assert heights == {"accepted": 2300, "rejected": 100, "unknown": 200}
    assert [t.get_text() for t in axes[1].get_yticklabels()] == ["refused", "answer_lost"]
    assert label_numbers(axes[1]) == [100, 200]
    assert label_numbers(axes[2]) == [2300]


def test_plot__numbers_are_those_of_the_summary():
    """A code has one bar, whatever its rows became; what is left out is said."""
    out = made_up()
    out.loc[2590:, "sms_status"] = "not_attempted"
    out.loc[2400:, "sms_code"] = "wrong_tags"
    out.loc[:899, "sms_code"] = "resolved"
    out.loc[2550:2599, "sms_batch"] = pd.NA
    out["sms_segments"] = pd.array([1, 2] * 1300, dtype="Int16")
    axes, summary = out.sms.plot(), out.sms.summary()
    table = summary.to_frame().groupby("code")["rows"].sum()
    names = [t.get_text() for t in axes[1].get_yticklabels()]
    assert names == ["answer_lost", "wrong_tags"]
    assert label_numbers(axes[1]) == table[names].tolist()
    assert f"without {table['resolved']} accepted ones" in axes[1].get_xlabel()
    assert axes[2].get_title(loc="left") == f"Segments: {summary.segments:,}"
    assert label_numbers(axes[2]) == [1150, 1150]
    assert sum(b.get_height() for c in axes[0].containers for b in c) == 2550
    assert axes[0].get_xlabel().endswith("; 50 rows in no batch")


def test_plot__of_a_dry_run():
    """Nothing was sent, so the segments are those of the plan, and say so."""
    out = made_up(400)
    out["sms_status"] = "planned"
    axes = out.sms.plot()
    assert axes[2].get_xlabel().endswith("planned")
    assert label_numbers(axes[2]) == [400]


def test_plot__colours_are_those_of_the_statuses():
    """A status has one colour everywhere."""
    axes = made_up().sms.plot()
    drawn = {c.get_label(): mpl.colors.to_hex(c[0].get_facecolor()) for c in axes[0].containers}
    assert drawn == {name: STATUS_COLOURS[name].lower() for name in drawn}


def contrast(one, other):
    """Return the contrast of two colours, as WCAG 2 counts it."""

    def luminance(colour):
        parts = [
            x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
            for x in mpl.colors.to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return lighter / darker


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("rows", [2600, 3])
def test_plot__reads_in_both_themes(style, rows):
    """The figure has paper of its own, and every word on it has enough contrast with what is below.

    Numbers on parts of bars are held to the colour of the part.
    """
    out = made_up()
    out["sms_batch"] = "20261122-080000-abcdef:0001"
    with plt.style.context(style):
        figure = out.tail(rows).sms.plot()[0].figure
        figure.canvas.draw()
    faces = {mpl.colors.to_hex(ax.get_facecolor()) for ax in figure.axes}
    assert faces | {mpl.colors.to_hex(figure.get_facecolor())} == {plot.PAPER.lower()}
    assert figure.get_facecolor()[3] == 1.0
    shown = [t for t in figure.findobj(mpl.text.Text) if t.get_visible() and t.get_text()]
    on_bars = [t for t in figure.axes[0].texts if t.get_text() in ("2,300", "200")]
    assert len(shown) > 15
    assert len(on_bars) == (1 if rows == 2600 else 0)
    assert min(contrast(t.get_color(), plot.PAPER) for t in shown if t not in on_bars) >= 4.5
    for status, colour in STATUS_COLOURS.items():
        ink = "#FFFFFF" if status in plot.DARK else "#000000"
        assert contrast(ink, colour) >= 4.5
    edge = figure.axes[0].containers[0][0].get_edgecolor()
    assert contrast(edge, plot.PAPER) >= 3


def test_plot__fits_a_cell():
    """In a cell of 700 pixels the words are not shrunk below what can be read."""
    figure = made_up().sms.plot()[0].figure
    shown = [t for t in figure.findobj(mpl.text.Text) if t.get_text()]
    points_per_inch_wide = min(t.get_fontsize() for t in shown) / figure.get_figwidth()
    assert points_per_inch_wide * 700 / 72 > 11.5


def test_plot__jupyter_lays_nothing_under_it():
    """Jupyter gives a light slab to figures it takes for dark on nothing, and the other way."""
    inline = pytest.importorskip("matplotlib_inline.backend_inline")
    for out in (made_up(400), made_up(400).head(0)):
        assert inline._fetch_figure_metadata(out.sms.plot()[0].figure) is None


def test_plot__many_batches_share_bars():
    """A campaign of a thousand calls stays readable: a bar is a round span of time."""
    out = made_up(5000)
    batch = pd.Series(range(len(out))) // 4
    out["sms_batch"] = "20261122-080000-abcdef:" + batch.map("{:04d}".format).astype("string")
    out["sms_accepted_at"] += pd.to_timedelta(batch * 2, unit="s")
    axes = out.sms.plot()
    assert 40 < len(axes[0].containers[0]) <= MOST_SPANS
    assert sum(b.get_height() for c in axes[0].containers for b in c) == 5000
    assert axes[0].get_xlabel() == "time (UTC), 1,250 batches, a bar for every minute"
    assert len(axes[0].get_xticks()) <= MOST_TICKS


@pytest.mark.parametrize(
    ("last", "step_s", "ticks"),
    [
        pytest.param("2026-11-22 08:00:03", 1, "08:00:00 :01 :02 :03", id="seconds"),
        pytest.param("2026-11-22 08:40:00", 60, "08:00 08:10 08:20 08:30 08:40", id="minutes"),
        pytest.param("2026-11-23 07:00:00", 1800, "12:00 18:00 00:00 06:00", id="night"),
        pytest.param("2026-12-20 08:00:00", 43_200, "26 Nov 3 Dec 10 Dec 17 Dec", id="weeks"),
        pytest.param("2037-03-01 08:00:00", 64 * 86_400, "10 Oct 2 Jun", id="years"),
    ],
)
def test_plot__is_on_an_axis_of_time(last, step_s, ticks):
    """Bars stand as far from each other as their batches; ticks are round and have their day."""
    at = [pd.Timestamp("2026-11-22 08:00", tz="UTC"), pd.Timestamp(last, tz="UTC")]
    out = made_up(400)
    out["sms_status"] = "accepted"
    out["sms_accepted_at"] = [at[0]] * 100 + [at[1]] * 300
    axes = out.sms.plot()[0]
    axes.figure.canvas.draw()
    days = [bar.get_x() + bar.get_width() / 2 for bar in axes.containers[0]]
    floor = [moment.timestamp() // step_s * step_s for moment in at]
    assert (days[1] - days[0]) * 86_400 == pytest.approx(floor[1] - floor[0], abs=0.01)
    shown = [text.get_text() for text in axes.get_xticklabels()]
    places = [pd.Timestamp(round(day * 86_400), unit="s") for day in axes.get_xticks()]
    assert len(shown) <= MOST_TICKS
    assert shown[0].endswith(f"{places[0]:%b %Y}")
    for name, place in zip(shown, places, strict=True):
        told = name.split("\n")[0]
        assert told in (f"{place:%H:%M:%S}", f"{place:%H:%M}", f"{place.day} {place:%b %Y}")
    assert len(set(pd.Series(places).diff().dropna())) <= 1
    if step_s < 86_400:
        words = [name.split("\n")[0].removesuffix(" 2026") for name in shown]
        short = [w if n == 0 or w.count(":") < 2 else w[-3:] for n, w in enumerate(words)]
        assert " ".join(short) == ticks


def test_plot__batches_without_a_time_stand_by_their_neighbours():
    """What was refused or lost has no time: it stands with the batch before, or where it began."""
    out = made_up(400)
    batch = pd.Series(["one:0001", "one:0002", "one:0003", "none:0001"]).repeat(100)
    out["sms_batch"] = batch.to_numpy()
    out.loc[100:, "sms_accepted_at"] = pd.NaT
    out.loc[200:299, "sms_batch"] = "20261122-075959-abcdef:0001"
    spans = spans_of(ResultRows.read(out))
    begins = pd.to_datetime(spans.counts.index, unit="s").strftime("%H:%M:%S").tolist()
    assert begins == ["07:59:59", "08:00:00"]
    assert spans.counts.sum(axis=1).tolist() == [100, 200]
    assert spans.apart == 100
    axes = out.sms.plot()
    assert axes[0].get_xlabel().endswith("; 100 rows in no batch")
    out["sms_batch"] = "none:0001"
    out["sms_accepted_at"] = pd.NaT
    assert [text.get_text() for text in out.sms.plot()[0].texts] == ["No row has a time."]


def test_plot__more_reasons_than_fit():
    """The commonest are drawn, and the title says of how many."""
    out = made_up()
    failed = out.index[out["sms_code"].notna()]
    kinds = plot.MOST_REASONS + 5
    out.loc[failed, "sms_code"] = [f"code{min(n, kinds - 1):02}" for n in range(len(failed))]
    axes = out.sms.plot()[1]
    assert axes.get_title(loc="left") == f"Reasons (the first {plot.MOST_REASONS} of {kinds})"
    shown = [text.get_text() for text in axes.get_yticklabels()]
    assert len(shown) == plot.MOST_REASONS
    assert shown[-1] == f"code{kinds - 1:02}"


@pytest.mark.parametrize("rows", [1, 3])
def test_plot__small_data_looks_right(rows):
    """One batch is no wall, its number is written on it, and rows are counted in whole numbers."""
    axes = made_up(400).head(rows).sms.plot()
    axes[0].figure.canvas.draw()
    left, right = axes[0].get_xlim()
    (bar,) = axes[0].containers[0]
    assert left < bar.get_x() < right
    assert bar.get_width() / (right - left) < 0.2
    assert label_numbers(axes[0]) == [rows]
    ticks = axes[0].get_yticks()
    assert (ticks % 1 == 0).all()
    assert len({text.get_text() for text in axes[0].get_yticklabels()}) == len(ticks)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda r: r.head(0), id="no-rows"),
        pytest.param(lambda r: r.head(1), id="one-row"),
        pytest.param(lambda r: r.assign(sms_batch=pd.NA, sms_segments=pd.NA), id="nothing-sent"),
        pytest.param(lambda r: r.assign(sms_accepted_at=pd.NaT), id="no-times"),
        pytest.param(lambda r: r.set_index(["mobile", "FirstName"]), id="multi-index"),
    ],
)
def test_plot__whatever_there_is(change):
    """Every results frame can be drawn."""
    axes = change(made_up(400)).sms.plot()
    axes[0].figure.canvas.draw()
    assert axes.shape == (3,)


def test_plot__keeps_the_users_settings():
    """The style is ours for this figure only."""
    before = dict(mpl.rcParams)
    made_up(400).sms.plot()
    assert dict(mpl.rcParams) == before


def test_plot__without_matplotlib(monkeypatch):
    """One sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    frame = made_up(400)
    with pytest.raises(ConfigurationError, match="pip install matplotlib"):
        frame.sms.plot()


def test_plot__is_imported_when_asked_for():
    """Looking at results does not bring matplotlib."""
    code = "import sys, smsframe._results.plot; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_plot__no_results():
    """A frame without results is refused."""
    with pytest.raises(InputError, match="no column 'sms_status'"):
        make_people(3).sms.plot()


def test_plot__leaves_pictures_switched_on():
    """In a real kernel the first plot of a session does not switch off those that follow."""
    manager, client = start_new_kernel()
    shown = []

    def note(message):
        shown.append(message["msg_type"])

    frame = '{"sms_status": ["accepted"], "sms_batch": ["r:0001"]}'
    try:
        for code in (
            f"import pandas as pd, smsframe; results = pd.DataFrame({frame})",
            "results.sms.plot();",
            "results.sms.plot();",
            "import matplotlib.pyplot as plt; plt.plot([1, 2]);",
        ):
            client.execute_interactive(code, output_hook=note, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "error" not in shown
    assert shown.count("display_data") == 3

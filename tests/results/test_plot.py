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
from smsframe._results import plot
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
    assert titles == ["Outcome by batch", "Reasons", "Segments: 2,300"]
    legend = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert legend == ["accepted", "rejected", "unknown"]
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
    assert axes[0].get_xlabel().endswith("; 50 rows are in none")


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


@pytest.mark.parametrize("paper", ["#FFFFFF", "#111111"])
@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_plot__reads_on_any_paper(style, paper):
    """The figure has no background, and no words in it are too faint on white or on black."""
    with plt.style.context(style):
        figure = made_up().sms.plot()[0].figure
        figure.canvas.draw()
    faces = [figure.get_facecolor(), *(ax.get_facecolor() for ax in figure.axes)]
    assert [face[3] for face in faces] == [0.0] * 4
    shown = [t for t in figure.findobj(mpl.text.Text) if t.get_visible() and t.get_text()]
    shown = [t for t in shown if t not in figure.axes[2].get_yticklabels()]
    assert len(shown) > 20
    assert min(contrast(text.get_color(), paper) for text in shown) > 4


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
    """A campaign of a thousand calls stays readable."""
    out = made_up(5000)
    batch = pd.Series(range(len(out))) // 4
    out["sms_batch"] = "20261122-080000-abcdef:" + batch.map("{:04d}".format).astype("string")
    axes = out.sms.plot()
    assert len(axes[0].containers[0]) <= plot.MOST_BARS
    assert sum(b.get_height() for c in axes[0].containers for b in c) == 5000
    assert "21 to a bar" in axes[0].get_xlabel()
    assert len(axes[0].get_xticks()) <= plot.MOST_TICKS + 1


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
    assert bar.get_width() / (right - left) < 0.2
    assert label_numbers(axes[0]) == [rows]
    ticks = axes[0].get_yticks()
    assert (ticks % 1 == 0).all()
    assert len({text.get_text() for text in axes[0].get_yticklabels()}) == len(ticks)


def test_plot__batches_have_their_day():
    """The day stands under the first bar; where there are several, under each that is named."""
    out = made_up(400)
    names = [text.get_text() for text in out.sms.plot()[0].get_xticklabels()]
    assert [name.count("22 Nov 2026") for name in names] == [1, 0, 0, 0]
    out.loc[200:, "sms_accepted_at"] += pd.Timedelta(days=1)
    names = [text.get_text() for text in out.sms.plot()[0].get_xticklabels()]
    assert [name.split("\n")[1] for name in names] == ["22 Nov", "22 Nov", "23 Nov", "23 Nov"]


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
    code = "import sys, smsframe._results.rows; assert 'matplotlib' not in sys.modules"
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

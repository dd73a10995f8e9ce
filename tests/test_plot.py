"""The plot: three panels from the frame alone, with or without anything to show."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe import frames, plotting
from smsframe.colours import STATUS_COLOURS
from smsframe.errors import ConfigurationError, InputError

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    """Close what a test drew."""
    yield
    mpl.pyplot.close("all")


def made_up(n=2600):
    """Return results as a mixed run has them, without sending anything."""
    people = make_people(min(n, 5000))
    plan = smsframe.plan(people, "Hi %%FirstName%%", program="1", phone="mobile")
    out = plan.to_frame()
    batch = pd.Series(range(len(out))) // 100
    out["sms_batch"] = "20261122-080000-abcdef:" + batch.map("{:04d}".format).astype("string")
    out["sms_status"] = pd.Categorical(
        ["accepted"] * (len(out) - 300) + ["unknown"] * 200 + ["rejected"] * 100,
        categories=list(frames.STATUSES),
    )
    out.loc[out["sms_status"] == "unknown", "sms_code"] = "answer_lost"
    out.loc[out["sms_status"] == "rejected", "sms_code"] = "refused"
    out["sms_accepted_at"] = pd.Timestamp("2026-11-22 08:00", tz="UTC")
    return out


def test_plot__three_axes_that_say_what_they_show():
    """Batches by outcome, reasons ranked, segments counted."""
    axes = made_up().sms.plot()
    assert axes.shape == (3,)
    assert [ax.get_title(loc="left") for ax in axes] == ["Outcome by batch", "Reasons", "Segments"]
    legend = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert legend == ["accepted", "rejected", "unknown"]
    heights = {c.get_label(): sum(bar.get_height() for bar in c) for c in axes[0].containers}
    assert heights == {"accepted": 2300, "rejected": 100, "unknown": 200}
    assert [t.get_text() for t in axes[1].get_yticklabels()] == ["refused", "answer_lost"]
    assert [bar.get_width() for bar in axes[1].patches] == [100, 200]
    assert [bar.get_height() for bar in axes[2].patches] == [2600]


def test_plot__colours_are_those_of_the_statuses():
    """A status has one colour everywhere; the paper is opaque and light, the ink dark."""
    axes = made_up().sms.plot()
    drawn = {c.get_label(): mpl.colors.to_hex(c[0].get_facecolor()) for c in axes[0].containers}
    assert drawn == {name: STATUS_COLOURS[name].lower() for name in drawn}
    face = axes[0].figure.get_facecolor()
    assert face[3] == 1.0
    assert min(face[:3]) > 0.9
    for ax in axes:
        assert max(mpl.colors.to_rgb(ax.title.get_color())) < 0.3


def test_plot__many_batches_share_bars():
    """A campaign of a thousand calls stays readable."""
    out = made_up(5000)
    batch = pd.Series(range(len(out))) // 4
    out["sms_batch"] = "20261122-080000-abcdef:" + batch.map("{:04d}".format).astype("string")
    axes = out.sms.plot()
    assert len(axes[0].containers[0]) <= plotting.MOST_BARS
    assert sum(b.get_height() for c in axes[0].containers for b in c) == 5000
    assert "21 to a bar" in axes[0].get_xlabel()
    assert len(axes[0].get_xticks()) <= plotting.MOST_TICKS + 1


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
    with pytest.raises(ConfigurationError, match=r"pip install 'smsframe\[plot\]'"):
        frame.sms.plot()


def test_plot__is_imported_when_asked_for():
    """Looking at results does not bring matplotlib."""
    code = "import sys, smsframe.lookback; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_plot__no_results():
    """A frame without results is refused."""
    with pytest.raises(InputError, match="no column 'sms_status'"):
        make_people(3).sms.plot()

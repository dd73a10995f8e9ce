"""``compare``: people by arm, by assignment, with what is refused and what is warned of."""

from __future__ import annotations

import io
import math
import pickle

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib import pyplot as plt

import smsframe
from smsframe._results.comparison import COLUMNS
from smsframe._results.statistics import proportions
from smsframe.errors import ComparisonWarning, ConfigurationError, InputError

mpl.use("Agg")


def a_test(n=90, **columns):
    """Return results as a send with two texts and a holdout gives them, without sending."""
    people = pd.DataFrame({"mobile": [f"+1 201-555-01{place:02}" for place in range(n)]})
    done = people.sms.plan("Hello", program="148372", phone="mobile").to_frame()
    arms = np.resize(["A", "B", "holdout"], n)
    done["sms_variant"] = pd.Categorical(arms)
    done["sms_status"] = done["sms_status"].cat.set_categories(done["sms_status"].cat.categories)
    done.loc[arms == "A", "sms_status"] = "accepted"
    done.loc[arms == "B", "sms_status"] = "sent"
    done.loc[arms == "holdout", "sms_status"] = "not_attempted"
    done["bought"] = np.arange(n) % 9 < 3
    return done.assign(**columns)


def test_compare__a_frame_on_the_arms():
    """The control first, the columns in their order, counts whole."""
    done = a_test(bought=[place % 3 == 1 and place % 2 == 0 for place in range(90)])
    table = done.sms.compare("bought")
    assert list(table.columns) == list(COLUMNS)
    assert list(table.index) == ["holdout", "A", "B"]
    assert table.index.name == "sms_variant"
    assert table["assigned"].tolist() == [30, 30, 30]
    assert table["accepted"].tolist() == [0, 30, 30]
    assert table["sent"].tolist() == [0, 0, 30]
    assert table["outcomes"].tolist() == [0, 0, 15]
    assert table.dtypes.astype(str).tolist() == ["int64"] * 4 + ["float64"] * 8
    assert table.loc["B", "difference"] == 0.5
    low, high = proportions.newcombe(15, 30, 0, 30)
    assert table.loc["B", ["difference_low", "difference_high"]].tolist() == [low, high]
    assert table.loc["B", "p"] == proportions.score_p(15, 30, 0, 30)
    assert table.loc["holdout", "difference":"p"].isna().all()
    assert math.isnan(table.loc["B", "lift"])  # of nobody nothing can be a share
    assert table.together_p == pytest.approx(proportions.together_p([0, 0, 15], [30] * 3))


def test_compare__against_another_control():
    """What the others are held against is said; without a holdout it is the first by name."""
    table = a_test().sms.compare("bought", control="B")
    assert list(table.index) == ["B", "A", "holdout"]
    assert table.control == "B"
    two = a_test().query("sms_variant != 'holdout'")
    assert two.sms.compare("bought").control == "A"


def test_compare__by_person():
    """Who has two rows is one, accepted and buying if either row is."""
    done = a_test(bought=False)
    again = done.iloc[:30].assign(sms_status=pd.Series("duplicate", index=done.index[:30]))
    again["sms_status"] = again["sms_status"].astype(done["sms_status"].dtype)
    again.iloc[0, again.columns.get_loc("bought")] = True
    twice = pd.concat([again, done])
    table = twice.sms.compare("bought", control="B")
    assert table["assigned"].tolist() == [30, 30, 30]
    assert table.loc["A", ["accepted", "outcomes"]].tolist() == [30, 1]
    amounts = twice.assign(revenue=2.0).sms.compare("revenue", control="B")
    assert amounts.loc["A", "outcomes"] == 80.0  # ten of them have two rows


def test_compare__counts_whoever_was_assigned():
    """Whom nothing reached counts all the same: that is the point of it."""
    done = a_test()
    done.loc[done["sms_variant"] == "A", "sms_status"] = "rejected"
    table = done.sms.compare("bought")
    assert table.loc["A", ["assigned", "accepted", "sent"]].tolist() == [30, 0, 0]
    assert table.loc["A", "rate"] == 1 / 3


def test_compare__amounts():
    """Mean, difference with an interval, lift; no p. The same at every call and in any order."""
    revenue = np.where(np.arange(90) % 3 == 1, 30.0, 10.0) + np.arange(90) % 7
    done = a_test(revenue=revenue)
    table = done.sms.compare("revenue", control="A")
    assert not table.is_share
    assert table.loc["B", "rate"] == pytest.approx(revenue[1::3].mean())
    apart = table.loc["B", "difference"]
    assert table.loc["B", "difference_low"] < apart < table.loc["B", "difference_high"]
    assert table.loc["B", "difference_low"] > 15
    assert table.loc["B", "lift"] == pytest.approx(apart / table.loc["A", "rate"])
    assert table["p"].isna().all()
    assert table.loc["A", "difference":"p"].isna().all()
    again = done.sample(frac=1, random_state=2).sms.compare("revenue", control="A")
    pd.testing.assert_frame_equal(again, table)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(pd.array([True, False] * 45, dtype="boolean"), id="boolean"),
        pytest.param(pd.array([1, 0] * 45, dtype="Int8"), id="Int8"),
        pytest.param([1.0, 0.0] * 45, id="floats"),
        pytest.param(pd.Series([True, False] * 45, dtype=object), id="objects"),
        pytest.param(pd.Series([1, 0] * 45, dtype="int64[pyarrow]"), id="arrow"),
        pytest.param(pd.Series([True, False] * 45, dtype="bool[pyarrow]"), id="arrow bool"),
    ],
)
def test_compare__outcomes_of_any_kind(outcome):
    """Yes and no is the same however it is kept."""
    table = a_test(bought=outcome).sms.compare("bought")
    assert table.is_share
    assert table["outcomes"].tolist() == [15, 15, 15]


def test_compare__results_that_went_through_a_file(tmp_path):
    """Arms come back as text, statuses too; what is blank is in no arm."""
    done = a_test()
    done.loc[0, "sms_variant"] = None
    done.to_csv(tmp_path / "done.csv", index=False)
    again = pd.read_csv(tmp_path / "done.csv")
    table = again.sms.compare("bought")
    assert table["assigned"].tolist() == [30, 29, 30]


@pytest.mark.filterwarnings("ignore:The arms do not")
@pytest.mark.parametrize(
    ("columns", "arguments", "word"),
    [
        pytest.param({}, {"outcome": "bougth"}, "no column of the results", id="missing column"),
        pytest.param({"bought": "yes"}, {}, "has to say what", id="text"),
        pytest.param({"bought": pd.Timestamp("2026-11-01")}, {}, "has to say what", id="times"),
        pytest.param({"bought": [np.nan, *[1.0] * 89]}, {}, "can mean two things", id="empty"),
        pytest.param({"bought": [np.inf, *[1.0] * 89]}, {}, "infinite", id="infinite"),
        pytest.param({}, {"control": "C"}, "'A', 'B', 'holdout'", id="control"),
        pytest.param({}, {"by": "group"}, "no column of the results", id="by"),
        pytest.param({"sms_variant": "A"}, {}, "nothing to compare", id="one arm"),
        pytest.param({"sms_variant": pd.NA}, {}, "which is empty", id="no arm"),
        pytest.param({"sms_contact": "12015550123"}, {}, "more than one arm", id="two arms"),
        pytest.param({"sms_contact": "1.20156E+10"}, {}, "rounded", id="rounded"),
        pytest.param({}, {"split": {"A": 1}}, "'B'", id="split"),
        pytest.param({}, {"split": {"A": 1, "B": -1}}, "split", id="weight"),
    ],
)
def test_compare__refuses(columns, arguments, word):
    """What cannot be compared, with what to do."""
    with pytest.raises(InputError, match=word):
        a_test(**columns).sms.compare(**{"outcome": "bought", **arguments})


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        pytest.param(["no", "yes"], "'no' and 'yes'.* == 'yes'", id="words"),
        pytest.param(["False", "True"], r"results\['bought'\] == 'True'", id="as a file has it"),
        pytest.param(["0", "1"], r"pd.to_numeric\(results\['bought'\]\)", id="numbers"),
        pytest.param(["no", "yes", "perhaps"], r"isin\(", id="more words"),
        pytest.param(["yes"], "'yes', as text", id="one word"),
    ],
)
def test_compare__texts_are_told_how_to_become_numbers(cells, told):
    """By the words that are there: by another, nobody would have done it."""
    with pytest.raises(InputError, match=told):
        a_test(bought=np.resize(cells, 90)).sms.compare("bought")


def test_compare__a_series_in_place_of_a_name():
    """Is told to become a column: beside a frame, nobody knows which row is whose."""
    done = a_test()
    with pytest.raises(InputError, match="into one first"):
        done.sms.compare(done["bought"])


def test_compare__says_that_amounts_of_one_person_are_added_up():
    """A table of people joined to rows has each one's amount in all of their rows."""
    done = a_test(spent=2.0)
    twice = pd.concat([done.iloc[:3], done])
    assert "3 people have several rows, which are added up" in repr(twice.sms.compare("spent"))
    assert twice.sms.compare("bought").added_up == 0
    assert "several rows" not in repr(done.sms.compare("spent"))


@pytest.mark.parametrize(
    ("did", "told"),
    [pytest.param(0, "Nobody did it.", id="no"), pytest.param(1, "Everybody did it", id="yes")],
)
def test_compare__where_all_did_alike(did, told):
    """What all did is said, not that it is one of two."""
    assert told in repr(a_test(bought=did).sms.compare("bought"))


def test_compare__results_of_a_send_with_one_text():
    """There are no arms, and that is said."""
    done = a_test().drop(columns="sms_variant")
    with pytest.raises(InputError, match="had one text"):
        done.sms.compare("bought")


def test_compare__arms_of_ones_own():
    """A column of the caller's may say who was in which arm."""
    done = a_test(group=np.resize(["old", "new"], 90))
    assert list(done.sms.compare("bought", by="group", control="old").index) == ["old", "new"]


def test_compare__sample_ratio():
    """As they were split it may be read; where people went missing it is warned of, loudly."""
    done = a_test()
    done.attrs["smsframe"] = {"variants": {"split": {"A": 1, "B": 1}, "holdout": 1 / 3}}
    table = done.sms.compare("bought")
    assert table.sample_ratio_p == pytest.approx(1.0)
    assert "as it was split" in repr(table)
    lost = done[(done["sms_variant"] != "A") | done.index.isin(range(12))]
    with pytest.warns(ComparisonWarning, match="do not read on"):
        table = lost.sms.compare("bought")
    assert table.sample_ratio_p < 0.001
    assert "do not read on" in repr(table)
    assert "✖" in table._repr_html_()
    del done.attrs["smsframe"]
    assert "not checked" in repr(done.sms.compare("bought"))
    given = done.sms.compare("bought", split={"A": 1, "B": 1}, holdout=1 / 3)
    assert given.sample_ratio_p == pytest.approx(1.0)


def sent(**given):
    """Return the results of a real send with two texts and a holdout."""
    people = pd.DataFrame({"mobile": [f"+1 201-555-01{place:02}" for place in range(100)]})
    options = {"program": "148372", "phone": "mobile", "campaign": "t", "progress": False}
    return people.sms.send({"A": "Hi", "B": "Ho"}, holdout=0.2, **{**options, **given})


def test_compare__what_was_accepted_alone(client):
    """Leaves out the whole holdout, which is said, although no arm that is left looks odd."""
    done = sent().assign(bought=[place % 3 == 0 for place in range(100)])
    assert done.sms.compare("bought").rows_left_out == 0
    accepted = done[done["sms_status"] == "accepted"]
    with pytest.warns(ComparisonWarning, match="do not read on"):
        table = accepted.sms.compare("bought")
    held = int((done["sms_variant"] == "holdout").sum())
    assert (list(table.index), table.rows_left_out) == (["A", "B"], held)
    assert f"{held} rows of the send are not here" in repr(table)
    assert "must leave nobody out" in table._repr_html_()


def test_compare__buyers_alone(client):
    """A filter by the outcome that leaves the arms as they should be is told by the rows."""
    done = sent().assign(bought=[place % 2 == 0 for place in range(100)])
    buyers = done[done["bought"]]
    with pytest.warns(ComparisonWarning, match="50 rows of the send are not here"):
        table = buyers.sms.compare("bought")
    assert table["rate"].tolist() == [1.0] * 3


def test_compare__orders_joined_one_to_many(client):
    """Amounts of a person's orders are added up; the person is one."""
    done = sent()
    orders = pd.DataFrame({"mobile": done["mobile"].iloc[[1, 1, 1, 2]], "amount": [5, 6, 7, 9]})
    joined = done.merge(orders, on="mobile", how="left").fillna({"amount": 0})
    table = joined.sms.compare("amount")
    assert table.sample_ratio_p > 0.001  # the split is known of the journal
    assert table["assigned"].sum() == 100
    assert table["outcomes"].sum() == 27


def test_compare__orders_joined_without_those_who_bought_nothing(client):
    """An inner join keeps buyers alone: told by the journal, since a join forgets the send."""
    done = sent()
    orders = pd.DataFrame({"mobile": done["mobile"].iloc[:40], "amount": 5.0})
    with pytest.warns(ComparisonWarning, match="60 rows of the send are not here"):
        done.merge(orders, on="mobile").sms.compare("amount")


def test_compare__columns_with_levels_and_a_file(client):
    """Labels that are tuples, and results that were a CSV meanwhile, are compared as they were."""
    done = sent().assign(bought=[place % 3 == 0 for place in range(100)])
    expected = pd.DataFrame(done.sms.compare("bought"))
    levels = done.copy()
    levels.columns = pd.MultiIndex.from_tuples([(name, "") for name in done.columns])
    assert levels.sms.compare(("bought", "")).to_numpy() == pytest.approx(
        expected.to_numpy(), nan_ok=True
    )
    read = pd.read_csv(io.StringIO(done.to_csv(index=False)))
    assert pd.DataFrame(read.sms.compare("bought")).to_numpy() == pytest.approx(
        expected.to_numpy(), nan_ok=True
    )


def test_compare__categories_of_numbers():
    """Are the numbers that they stand for; amounts that sum up to no number are refused."""
    numbers = a_test(bought=pd.Categorical(np.arange(90) % 2))
    assert numbers.sms.compare("bought")["outcomes"].sum() == 45
    with pytest.raises(InputError, match="sums up to one"):
        a_test(bought=1e308).sms.compare("bought")


def test_compare__is_shown_without_a_winner():
    """What is seen names arms, people and intervals; escaped, and nobody wins."""
    table = a_test().rename(columns={"bought": "<b>"}).sms.compare("<b>")
    for shown in (repr(table), table._repr_html_()):
        assert "90 people in 3 arms" in shown
        assert "33.33%" in shown
        assert "+0.00 pp" in shown  # a difference of two shares is no share
        assert "difference_low" in shown  # as the column is called
        assert "winner" not in shown.lower()
    assert "<b>" not in table._repr_html_()


def test_compare__is_shown_by_a_column_called_as_one_of_its_own():
    """Arms of one's own may be in a column called p."""
    shown = a_test(p=np.resize(["x", "y"], 90)).sms.compare("bought", by="p")._repr_html_()
    assert ">x<" in shown


def test_compare__says_how_to_learn_what_was_sent():
    """As long as nobody asked the service, 0 sent does not mean that none was."""
    done = a_test()
    assert "refresh" not in repr(done.sms.compare("bought"))
    done["sms_status"] = done["sms_status"].replace("sent", "accepted")
    for shown in (repr(done.sms.compare("bought")), done.sms.compare("bought")._repr_html_()):
        assert "results.sms.refresh() asks" in shown


def test_compare__a_frame_of_another_library():
    """Counts as the results that it was made of, as everywhere else."""
    done = a_test()
    table = smsframe.compare(pa.Table.from_pandas(done), "bought")
    assert table["outcomes"].tolist() == done.sms.compare("bought")["outcomes"].tolist()


def test_compare__survives_another_process():
    """And what is computed from it is an ordinary frame."""
    table = a_test().sms.compare("bought")
    again = pickle.loads(pickle.dumps(table))
    assert (again.control, again.together_p) == (table.control, table.together_p)
    assert type(table[["rate"]]) is pd.DataFrame


def test_draw__dots_with_intervals():
    """A dot and a line for each arm, none for what the control differs from itself."""
    axes = a_test().sms.compare("bought").draw()
    try:
        assert [len(ax.lines[0].get_xdata()) for ax in axes] == [3, 2]
        assert [len(ax.collections[0].get_segments()) for ax in axes] == [3, 2]
        assert [label.get_text() for label in axes[0].get_yticklabels()] == ["holdout", "A", "B"]
        assert [label.get_text() for label in axes[0].texts] == ["33.3%"] * 3
        assert [label.get_text() for label in axes[1].texts] == ["+0.00"] * 2
        assert axes[1].get_xlabel() == "percentage points"
        assert contrast(axes[0].lines[0].get_color()) >= 4.5
    finally:
        plt.close("all")


def contrast(colour):
    """Return the contrast of a colour on white, as WCAG 2 has it."""
    parts = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


def test_draw__without_matplotlib(monkeypatch):
    """How to get it is said."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ConfigurationError, match="pip install"):
        a_test().sms.compare("bought").draw()


def test_compare__a_million_people():
    """Takes seconds, not minutes."""
    n = 1_000_000
    digits = pd.Series(12_000_000_000 + np.arange(n)).astype("string")
    done = pd.DataFrame(
        {
            "sms_status": pd.Categorical(["accepted"]).repeat(n),
            "sms_contact": digits,
            "sms_variant": pd.Categorical(np.resize(["A", "B"], n)),
            "bought": np.arange(n) % 20 == 0,
        }
    )
    assert smsframe.compare(done, "bought")["assigned"].sum() == n

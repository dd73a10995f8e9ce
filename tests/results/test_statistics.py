"""The statistics of comparisons, held to statsmodels and SciPy, and to what they promise.

Both are slow to import and large, so they are asked here alone. That intervals cover and that a p
below 0.05 comes by chance in one of twenty is tried on two thousand made-up experiments.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import smsframe
from smsframe._results.statistics import distributions, means, proportions
from smsframe.errors import InputError

CLOSE = 1e-9
COUNTS = [
    (outcomes, people)
    for people in (1, 2, 7, 40, 1_000, 250_000)
    for outcomes in sorted({0, 1, people // 3, people // 2, people - 1, people})
]
PAIRS = list(itertools.product(COUNTS, COUNTS))


@pytest.fixture(scope="module")
def oracle():
    """Import what the numbers are held to, where it is installed."""
    return pytest.importorskip("statsmodels.stats.proportion", exc_type=ImportError)


@pytest.fixture(scope="module")
def chances():
    """Import the distributions they are held to."""
    return pytest.importorskip("scipy.stats", exc_type=ImportError)


def columns():
    """Return the pairs as four arrays."""
    return (np.array([pair[i][j] for pair in PAIRS]) for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson__is_that_of_statsmodels(oracle, confidence):
    """For few and many, none and all."""
    outcomes, people = (np.array(column) for column in zip(*COUNTS, strict=True))
    low, high = proportions.wilson(outcomes, people, confidence=confidence)
    expected = oracle.proportion_confint(outcomes, people, alpha=1 - confidence, method="wilson")
    np.testing.assert_allclose((low, high), expected, rtol=0, atol=CLOSE)
    assert (low[outcomes == 0] == 0).all()
    assert (high[outcomes == people] == 1).all()
    assert (low <= outcomes / people).all()
    assert (outcomes / people <= high).all()


def test_newcombe__is_that_of_statsmodels(oracle):
    """Every pair of counts, both ways round."""
    low, high = proportions.newcombe(*columns())
    expected = [
        oracle.confint_proportions_2indep(*one, *other, method="newcomb") for one, other in PAIRS
    ]
    np.testing.assert_allclose(np.transpose((low, high)), expected, rtol=0, atol=CLOSE)


def test_score_p__is_that_of_statsmodels(oracle):
    """And that of the pooled z test; nobody and everybody have none in either."""
    p = proportions.score_p(*columns())
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = [
            oracle.score_test_proportions_2indep(*one, *other, correction=False).pvalue
            for one, other in PAIRS
        ]
        pooled = [
            oracle.proportions_ztest((one[0], other[0]), (one[1], other[1]))[1]
            for one, other in PAIRS[::7]
        ]
    np.testing.assert_allclose(p, expected, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(p[::7], pooled, rtol=CLOSE, atol=CLOSE)
    assert np.isnan(p).any()


def test_score_p__of_two_arms_is_pearsons():
    """So a comparison of two arms cannot say two things."""
    some = [pair for pair in PAIRS if 0 < pair[0][0] + pair[1][0] < pair[0][1] + pair[1][1]]
    for one, other in some:
        together = proportions.together_p((one[0], other[0]), (one[1], other[1]))
        assert together == pytest.approx(float(proportions.score_p(*one, *other)), abs=CLOSE)


def test_together_p__is_scipys(chances):
    """Of three and five arms; where all did it, or nobody, there is none."""
    chance = np.random.default_rng(1)
    for arms in (3, 5):
        for _ in range(50):
            people = chance.integers(5, 5_000, arms)
            outcomes = chance.binomial(people, chance.uniform(0.01, 0.6))
            if not 0 < outcomes.sum() < people.sum():
                continue
            table = [outcomes, people - outcomes]
            expected = chances.chi2_contingency(table, correction=False).pvalue
            assert proportions.together_p(outcomes, people) == pytest.approx(expected, abs=CLOSE)
    assert math.isnan(proportions.together_p([0, 0, 0], [5, 6, 7]))
    assert math.isnan(proportions.together_p([5, 6], [5, 6]))


def test_sample_ratio_p__is_scipys(chances):
    """Of people split by weights."""
    for people, weights in (((500, 480), (1, 1)), ((900, 430, 470), (0.5, 0.25, 0.25))):
        expected = np.array(weights) / sum(weights) * sum(people)
        assert proportions.sample_ratio_p(people, weights) == pytest.approx(
            chances.chisquare(people, expected).pvalue, abs=CLOSE
        )
    assert proportions.sample_ratio_p((0, 0), (1, 1)) != 0
    assert math.isnan(proportions.sample_ratio_p((0, 0), (1, 1)))


def test_chi_squared_p__is_scipys(chances):
    """From the middle to the far end, for every number of arms that anybody sends to."""
    for degrees in (1, 2, 3, 7, 20, 99):
        for statistic in (0.0, 1e-12, 0.3, 1.0, 4.7, 21.0, 80.0, 700.0):
            p = distributions.chi_squared_p(statistic, degrees)
            assert p == pytest.approx(chances.chi2.sf(statistic, degrees), rel=1e-9, abs=1e-14)
    assert math.isnan(distributions.chi_squared_p(math.nan, 2))


def test_simulation__without_an_effect():
    """In 2,000 experiments without a difference, p is below 0.05 in 4 to 6 %; 94 to 96 % cover."""
    chance = np.random.default_rng(20_261_127)
    people, rate = (4_000, 6_000), 0.08
    one, other = (chance.binomial(number, rate, 2_000) for number in people)
    p = proportions.score_p(one, people[0], other, people[1])
    assert 0.04 <= (p < 0.05).mean() <= 0.06
    low, high = proportions.newcombe(one, people[0], other, people[1])
    assert 0.94 <= ((low <= 0) & (high >= 0)).mean() <= 0.96
    low, high = proportions.wilson(one, people[0])
    assert 0.94 <= ((low <= rate) & (high >= rate)).mean() <= 0.96


def test_simulation__with_an_effect_of_the_size_that_was_planned_for():
    """As many people as ``power`` asks for see the difference as often as it says."""
    people = smsframe.power(0.04, 0.01, control_share=0.25)
    chance = np.random.default_rng(7)
    control = chance.binomial(people["control"], 0.04, 4_000)
    other = chance.binomial(people["other"], 0.05, 4_000)
    p = proportions.score_p(other, people["other"], control, people["control"])
    assert 0.78 <= (p < 0.05).mean() <= 0.82


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize(("rate", "difference"), [(0.04, 0.01), (0.3, -0.05), (0.5, 0.002)])
def test_power__is_that_of_statsmodels(oracle, rate, difference, share):
    """Its people reach the power, and one fewer in the control does not."""
    found = smsframe.power(rate, difference, control_share=share)
    ratio = (1 - share) / share  # of the others to each of the control

    def reached(control):
        test = oracle.power_proportions_2indep(-difference, rate + difference, control, ratio=ratio)
        return test.power

    assert reached(found["control"]) >= 0.8 - 1e-9
    assert reached(found["control"] - 1) < 0.8 + 1e-6
    assert found["all"] == found["control"] + found["other"]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param({"rate": 0, "difference": 0.01}, "rate=0", id="nobody"),
        pytest.param({"rate": 4, "difference": 0.01}, "rate=4", id="percent"),
        pytest.param({"rate": 0.04, "difference": 0}, "difference", id="none"),
        pytest.param({"rate": 0.04, "difference": -0.05}, "leads from 0.04", id="below none"),
        pytest.param({"rate": 0.04, "difference": "1 %"}, "difference", id="text"),
        pytest.param({"rate": 0.04, "difference": 0.01, "power": 1.0}, "power", id="certain"),
        pytest.param({"rate": 0.04, "difference": 0.01, "power": 0.04}, "more than", id="chance"),
        pytest.param({"rate": 0.04, "difference": 1}, "difference=1 must", id="one"),
        pytest.param({"rate": 0.5, "difference": 1e-12}, "so small", id="too small"),
        pytest.param({"rate": 0.5, "difference": 1e-200}, "so small", id="next to nothing"),
        pytest.param({"rate": 0.5, "difference": float("nan")}, "difference", id="NaN"),
        pytest.param({"rate": float("inf"), "difference": 0.1}, "rate", id="inf"),
    ],
)
def test_power__refuses(given, word):
    """What is no share, or leads to none."""
    with pytest.raises(InputError, match=word):
        smsframe.power(**given)


def test_power__takes_numbers_of_any_kind():
    """A difference comes from arithmetic of numpy as often as a rate does."""
    given = {"rate": np.float32(0.5), "difference": np.float32(0.25)}
    assert smsframe.power(**given).tolist() == smsframe.power(0.5, 0.25).tolist()


def test_means__the_same_at_every_call_and_in_every_order():
    """Neither time nor the order of rows changes a digit."""
    amounts = np.random.default_rng(3).exponential(20, 500) * (np.arange(500) % 3 == 0)
    first = means.middle(means.drawn_means(amounts, 0))
    assert means.middle(means.drawn_means(amounts[::-1], 0)) == first
    assert means.middle(means.drawn_means(amounts, 1)) != first
    assert first[0] < amounts.mean() < first[1]


def test_means__of_many_people_are_drawn_in_groups():
    """The interval is as wide as that of the mean of so many has to be."""
    amounts = np.random.default_rng(4).exponential(20, 120_000)
    low, high = means.middle(means.drawn_means(amounts, 0))
    expected = 2 * 1.96 * amounts.std() / math.sqrt(len(amounts))
    assert high - low == pytest.approx(expected, rel=0.06)
    assert low < amounts.mean() < high


def test_means__cover_skewed_amounts():
    """Of 200 experiments with revenue that few people bring, about 95 in 100 intervals cover."""
    chance = np.random.default_rng(5)
    covered = []
    for number in range(200):
        amounts = chance.exponential(50, 600) * (chance.random(600) < 0.3)
        low, high = means.middle(means.drawn_means(amounts, number))
        covered.append(low <= 15 <= high)
    assert 0.9 <= np.mean(covered) <= 0.99


def test_means__of_nobody_and_of_nothing():
    """No people have no mean; people without amounts have one of 0."""
    assert np.isnan(means.middle(means.drawn_means(np.empty(0), 0))).all()
    assert means.middle(means.drawn_means(np.zeros(9), 0)) == (0.0, 0.0)

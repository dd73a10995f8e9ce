"""Shares of people who did something: intervals, differences and tests, on arrays of counts.

Nothing here needs many people: Wilson's and Newcombe's intervals hold their level with few outcomes
or none, where the textbook's interval is a point at 0. The p of a difference is that of the score
test: the distance between the shares over its error if both were the share of all people together.
It is what Pearson's chi-squared gives for two arms, so the two can never contradict each other.

Sources
-------
E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics
in Medicine 17, 1998 (method 10, without correction for continuity).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe._results.statistics.distributions import chi_squared_p, normal_quantile, two_sided_p

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]


def wilson(outcomes: Any, people: Any, *, confidence: float = 0.95) -> tuple[Numbers, Numbers]:
    """Return the interval of a share: ``outcomes`` of ``people``, numbers or arrays of them."""
    z = normal_quantile(0.5 + confidence / 2)
    x, n = np.asarray(outcomes, dtype=np.float64), np.asarray(people, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = np.where(x == 0, 0.0, middle - half)
    return np.where(n > 0, low, np.nan), np.where((x == n) & (n > 0), 1.0, middle + half)


def newcombe(
    outcomes: Any, people: Any, others: Any, of_others: Any, *, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Return the interval of a difference: the share of the first two less that of the others."""
    low, high = wilson(outcomes, people, confidence=confidence)
    other_low, other_high = wilson(others, of_others, confidence=confidence)
    share, other = _share(outcomes, people), _share(others, of_others)
    difference = share - other
    below = np.sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = np.sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return difference - below, difference + above


def score_p(outcomes: Any, people: Any, others: Any, of_others: Any) -> Numbers:
    """Return the two-sided p of a difference; NaN where everybody, or nobody, did it."""
    x, n = np.asarray(outcomes, dtype=np.float64), np.asarray(people, dtype=np.float64)
    y, m = np.asarray(others, dtype=np.float64), np.asarray(of_others, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        together = (x + y) / (n + m)
        error = np.sqrt(together * (1 - together) * (1 / n + 1 / m))
        z = np.where(error > 0, (x / n - y / m) / error, np.nan)
    p: Numbers = np.vectorize(two_sided_p, otypes=[np.float64])(z)
    return p


def together_p(outcomes: Any, people: Any) -> float:
    """Return Pearson's p that the shares of all arms are one; NaN where that cannot be told."""
    x, n = np.asarray(outcomes, dtype=np.float64), np.asarray(people, dtype=np.float64)
    x, n = x[n > 0], n[n > 0]
    total, people_in_all = x.sum(), n.sum()
    if len(n) <= 1 or total in (0, people_in_all):
        return math.nan
    share = total / people_in_all
    statistic = ((x - n * share) ** 2 / (n * share * (1 - share))).sum()
    return chi_squared_p(float(statistic), len(n) - 1)


def sample_ratio_p(people: Any, weights: Any) -> float:
    """Return Pearson's p that people were split by weights; NaN where nobody is in any arm."""
    n, w = np.asarray(people, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not n.sum() or len(n) <= 1:
        return math.nan
    expected = n.sum() * w / w.sum()
    return chi_squared_p(float(((n - expected) ** 2 / expected).sum()), len(n) - 1)


def _share(outcomes: Any, people: Any) -> Numbers:
    """Return outcomes by people, NaN where there is nobody."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Numbers = np.asarray(outcomes, dtype=np.float64) / np.asarray(people)
    return share

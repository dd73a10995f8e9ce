"""The two distributions that tests of proportions need, from ``math`` alone.

SciPy has them too, but takes 178 MB and seconds to import; the tests hold these to it.

Sources
-------
Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.4.4 and 26.4.5: of whole degrees of
freedom the chi-squared distribution is a sum of as many terms, all of them positive.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def normal_quantile(share: float) -> float:
    """Return the value below which a share of a standard normal variable lies."""
    return NormalDist().inv_cdf(share)


def two_sided_p(z: float) -> float:
    """Return how likely a standard normal variable is at least as far from 0 as ``z``.

    >>> round(two_sided_p(1.959963984540054), 12)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2.0))


def chi_squared_p(statistic: float, degrees: int) -> float:
    """Return how likely a chi-squared variable is at least as large; NaN for NaN.

    >>> round(chi_squared_p(5.991464547107979, 2), 12)
    0.05
    """
    if not statistic > 0:
        return math.nan if math.isnan(statistic) else 1.0
    x, odd = statistic / 2.0, degrees % 2
    p = math.erfc(math.sqrt(x)) if odd else math.exp(-x)
    for step in range((degrees - 1) // 2):
        a = step + (0.5 if odd else 1.0)
        p += math.exp(a * math.log(x) - x - math.lgamma(a + 1.0))
    return p

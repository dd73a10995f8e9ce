"""The two distributions that tests of proportions need, from ``math`` alone.

SciPy has them too, but takes 178 MB and seconds to import; the tests hold these to it.

Sources
-------
Press, Teukolsky, Vetterling and Flannery, "Numerical Recipes", chapter 6.2: the incomplete gamma
function by its series below ``a + 1``, and by its continued fraction (Lentz) above.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

_STEPS: Final = 10_000
_CLOSE: Final = 1e-16
_TINY: Final = 1e-300


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
    if math.isnan(statistic):
        return math.nan
    return _upper_gamma(degrees / 2.0, statistic / 2.0)


def _upper_gamma(a: float, x: float) -> float:
    """Return the upper incomplete gamma function Q(a, x), regularized."""
    if x <= 0.0:
        return 1.0
    factor = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1.0 - factor * _series(a, x) if x < a + 1.0 else factor * _fraction(a, x)


def _series(a: float, x: float) -> float:
    """Return the sum that the lower function is a multiple of."""
    term = total = 1.0 / a
    for step in range(1, _STEPS):
        term *= x / (a + step)
        total += term
        if term < total * _CLOSE:
            break
    return total


def _fraction(a: float, x: float) -> float:
    """Return the continued fraction that the upper function is a multiple of."""
    below = x + 1.0 - a
    above, inverse = 1.0 / _TINY, 1.0 / below
    total = inverse
    for step in range(1, _STEPS):
        part = -step * (step - a)
        below += 2.0
        inverse = 1.0 / _not_zero(part * inverse + below)
        above = _not_zero(below + part / above)
        change = inverse * above
        total *= change
        if abs(change - 1.0) < _CLOSE:
            break
    return total


def _not_zero(value: float) -> float:
    """Return a value, or a tiny one where a division by it would fail."""
    return value if abs(value) > _TINY else _TINY

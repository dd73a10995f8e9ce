"""``power``: how many people it takes to see a difference, asked before anything is sent."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import pandas as pd

from smsframe._base.sentences import Sentence, arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import as_float, check_number, given_as, refuse, unusable
from smsframe._results.statistics.distributions import normal_quantile
from smsframe.errors import InputError

__all__ = ["power"]

_MOST = 8e9
_EXAMPLES = {
    "rate": "0.04, which is 4 in a hundred",
    "control_share": "0.5",
    "power": "0.8",
    "significance": "0.05",
}


@public
def power(
    rate: float,
    difference: float,
    *,
    control_share: float = 0.5,
    power: float = 0.8,
    significance: float = 0.05,
) -> pd.Series:
    """Say how many people it takes to see a difference between two arms.

    With fewer, a text that does work will often look as if it did not, and one that seems to work
    will seem better than it is. Ask before the send, and send to as many.

    Parameters
    ----------
    rate : float
        The share of people who do it anyway, from 0 to 1: without a message, or with today's text.
    difference : float
        The smallest difference worth knowing, as a share of people too: 0.01 is one more in a
        hundred; below 0 is fewer.
    control_share : float, default 0.5
        The share of these people who are in the control: with a holdout of one in ten, 0.1.
    power : float, default 0.8
        How often a difference of that size shall be seen.
    significance : float, default 0.05
        How often one shall be seen where there is none; two-sided.

    Returns
    -------
    Series of int64
        ``control``, ``other`` and ``all``: people in each of the two arms, and together.

    Raises
    ------
    InputError
        A share is not between 0 and 1, the difference is 0 or leads out of that range, or ``power``
        is no more than ``significance``.

    Sources
    -------
    The sample size of the two-sided score test of two proportions: Fleiss, Levin and Paik,
    "Statistical Methods for Rates and Proportions", 2003, chapter 4.

    Examples
    --------
    >>> import smsframe
    >>> smsframe.power(0.04, 0.01).to_dict()
    {'control': 6745, 'other': 6745, 'all': 13490}
    >>> int(smsframe.power(0.04, 0.01, control_share=0.1)["all"])
    38674
    """
    wanted = {
        "rate": rate,
        "control_share": control_share,
        "power": power,
        "significance": significance,
    }
    faults: list[str] = []
    shares = {name: _share(name, value, faults) for name, value in wanted.items()}
    change = _difference(difference, shares["rate"], faults)
    if not faults and shares["power"] <= shares["significance"]:
        often = ": that often a difference is seen where there is none."
        faults.append(
            Sentence(given_as("power", power), " must be more than ", arg("significance"), often)
        )
    refuse(faults)
    control, other = shares["rate"], shares["rate"] + change
    ratio = (1 - shares["control_share"]) / shares["control_share"]
    together = (control + ratio * other) / (1 + ratio)
    by_chance = normal_quantile(1 - shares["significance"] / 2)
    by_chance *= math.sqrt(together * (1 - together) * (1 + 1 / ratio))
    seen = normal_quantile(shares["power"])
    seen *= math.sqrt(control * (1 - control) + other * (1 - other) / ratio)
    apart = (by_chance + seen) / change
    if abs(apart) > _MOST or apart**2 * max(ratio, 1.0) > _MOST:
        raise InputError(
            given_as("difference", difference),
            " is so small, with these shares, that there are not enough people in the world to "
            "see it.",
        )
    exact = apart**2
    people = [math.ceil(exact), math.ceil(exact * ratio)]
    index = ["control", "other", "all"]
    return pd.Series([*people, sum(people)], index=index, name="people", dtype="int64")


def _share(name: str, value: Any, faults: list[str]) -> float:
    """Return a share between 0 and 1; anything else is a fault."""
    need = f"a share between 0 and 1, such as {_EXAMPLES[name]}"
    number = check_number(name, value, faults, need=need, optional=False)
    if number is not None and not 0 < number < 1:
        faults.append(Sentence(given_as(name, value), f" cannot be used; it must be {need}."))
    return 0.5 if number is None else float(number)


def _difference(value: Any, rate: float, faults: list[str]) -> float:
    """Return the difference that shall be seen."""
    fits = isinstance(value, Real) and not isinstance(value, bool)
    if not fits or not abs(value) < 1:
        need = "a difference between two shares, such as 0.01"
        faults.append(unusable("difference", value, need, fits=fits))
        return 1.0
    change = as_float(value)
    if not change or not 0 < rate + change < 1:
        faults.append(
            Sentence(
                arg("difference"),
                f" leads from {rate:g} to {rate + change:g}, but it must lead to another share "
                "between 0 and 1. One in a hundred is 0.01.",
            )
        )
    return change

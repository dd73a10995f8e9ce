"""What segments cost: one price everywhere, or one for each country.

A country without a price is said so, with its segments; it never costs nothing. The country of a
number is that of `countries`, for a plan as for a summary, so that both come to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import phonenumbers

from smsframe._base.html import money
from smsframe._base.sentences import NO_NUMBER, arg, many
from smsframe._base.validation import check_number, note, shown_label
from smsframe._phones.country import countries
from smsframe._phones.country_names import region_called

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

Price: TypeAlias = float | Mapping[str, float]

OTHERS: Final = "*"
NOWHERE: Final = "no country"
_NAME = "price_per_segment"
_MOST = 1_000_000
_NEED = "a number of 0 or more, or one for each country, such as {'US': 0.0079, '*': 0.05}"
_SHOWN: Final = 8
_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What some segments cost.

    Attributes
    ----------
    known : float
        The cost of all segments that have a price.
    by_country : dict of str to float
        That cost by country, the largest first; empty where one price holds everywhere.
    unpriced : dict of str to int
        Segments to countries without a price, the most first.
    """

    known: float
    by_country: dict[str, float] = field(default_factory=dict)
    unpriced: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Drop what binary fractions add to products and sums: 18.135, not 18.134999999999998."""
        object.__setattr__(self, "known", round(float(self.known), _DECIMALS))
        each = {country: round(cost, _DECIMALS) for country, cost in self.by_country.items()}
        object.__setattr__(self, "by_country", each)

    @property
    def in_each(self) -> dict[str, float | None]:
        """The cost in each country; None where there is no price."""
        return {**self.by_country, **dict.fromkeys(self.unpriced)}

    @property
    def total(self) -> float | None:
        """The cost of all; None when that of some is not known."""
        return None if self.unpriced else self.known

    @property
    def line(self) -> str:
        """The cost in a line, with what it is made of and what it leaves out."""
        parts = [f"{country} {money(cost)}" for country, cost in self.by_country.items()]
        more = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
        listed = f" ({', '.join(parts[:_SHOWN])}{more})" if len(parts) > 1 else ""
        if not self.unpriced:
            return money(self.known) + listed
        left_out = [f"{country} {count:,}" for country, count in self.unpriced.items()]
        more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
        number = sum(self.unpriced.values())
        return (
            f"not known: {money(self.known)}{listed} and {many(number, 'segment')} without a "
            f"price ({', '.join(left_out[:_SHOWN])}{more})"
        )


def summed(one: Cost | None, other: Cost | None) -> Cost | None:
    """Return what two parts of a list cost together; None without prices."""
    if one is None or other is None:
        return one or other
    by_country = Counter(one.by_country)
    by_country.update(other.by_country)
    return Cost(
        known=one.known + other.known,
        by_country=dict(by_country.most_common()),
        unpriced=dict((Counter(one.unpriced) + Counter(other.unpriced)).most_common()),
    )


def check_price(given: Any, faults: list[str], *, lookup: Any = None) -> Price | None:
    """Return the price of a segment; one by country as a dict of its two letters, or ``"*"``."""
    if not isinstance(given, Mapping):
        return _sensible(_NAME, check_number(_NAME, given, faults, need=_NEED), faults)
    if not given:
        note(faults, arg(_NAME), f" is empty; it must be {_NEED}.")
    prices: dict[str, float] = {}
    for country, price in given.items():
        code = _code(country, faults)
        name = f"{_NAME}[{shown_label(country)}]"
        number = _sensible(name, check_number(name, price, faults, optional=False), faults)
        if code in prices:
            note(faults, arg(_NAME), f" names {code} twice. Keep one.")
        prices[code] = number or 0
    if lookup and prices.keys() - {OTHERS}:
        note(faults, NO_NUMBER, ", and so no country. Give ", arg(_NAME), " as one number.")
    return prices


def _sensible(name: str, price: float | None, faults: list[str]) -> float | None:
    """Note a fault where a price is beyond any that could be meant, or be shown."""
    if price is not None and price > _MOST:
        note(faults, arg(name), f" is more than {_MOST:,}; give the price of one SMS.")
    return price


def cost_of(price: Price, segments: npt.NDArray[Any], contacts: pa.Array | None) -> Cost:
    """Return what segments cost, each to its contact; None will do where one price is for all."""
    if not isinstance(price, Mapping):
        return Cost(known=price * int(segments.sum()))
    named = countries(contacts)
    codes = np.append(np.asarray(named.categories, dtype=object), NOWHERE)
    at = np.where(named.codes < 0, len(codes) - 1, named.codes)
    sums = np.bincount(at, segments, len(codes))
    counts = {str(code): int(number) for code, number in zip(codes, sums, strict=True) if number}
    counts = dict(sorted(counts.items(), key=lambda item: -item[1]))
    priced = {country: _price_in(price, country) for country in counts}
    known = {c: p * counts[c] for c, p in priced.items() if p is not None}
    return Cost(
        known=sum(known.values()),
        by_country=dict(sorted(known.items(), key=lambda item: -item[1])),
        unpriced={c: counts[c] for c, p in priced.items() if p is None},
    )


def prices_of(price: Price, contacts: pa.Array) -> npt.NDArray[np.float64]:
    """Return the price of a segment to each contact; NaN where its country has none."""
    if not isinstance(price, Mapping):
        return np.full(len(contacts), float(price))
    named = countries(contacts)
    each = [_price_in(price, str(code)) for code in [*named.categories, NOWHERE]]
    prices = np.array([np.nan if p is None else p for p in each], dtype=np.float64)
    return prices[named.codes]  # no country is -1, the last one


def _price_in(price: Mapping[str, float], country: str) -> float | None:
    """Return the price in a country, None where there is none."""
    return price.get(country, price.get(OTHERS))


def _code(country: Any, faults: list[str]) -> str:
    """Return the two letters of a country, or ``"*"``; anything else is a fault."""
    name = str.__str__(country).strip().upper() if isinstance(country, str) else ""
    if name == OTHERS or name in phonenumbers.SUPPORTED_REGIONS:
        return name
    meant = region_called(str(country)) if isinstance(country, str) else None
    fix = f"write {meant!r}" if meant else "such as 'US' or 'GB'; '*' is every other country"
    told = f" has a price for {shown_label(country)}, which is not the two letters of a country: "
    note(faults, arg(_NAME), told, f"{fix}.")
    return name

"""Where people may be, row by row: the country of a number and the time zones it may be in.

Both are told by the first five digits, so a million numbers cost one pass over a column of short
texts, and the rest is done for the distinct ones. Countries that share a calling code with a larger
one (Jersey with the United Kingdom) count as that one, unless they are asked for by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._eligibility.hours import EVERY
from smsframe._eligibility.opening import Group, RowHours
from smsframe._eligibility.zone_prefixes import FIRST_DIGITS, zones_of
from smsframe._phones.country import countries, country_of_first

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt

    from smsframe._eligibility.hours import Hours, Rule

    Numbers = npt.NDArray[np.int32]

Item = TypeVar("Item")

SHARED = {
    "GG": "44", "JE": "44", "IM": "44", "VA": "39", "SJ": "47", "CC": "61", "CX": "61",
    "EH": "212", "YT": "262", "TA": "290", "AX": "358", "BL": "590", "MF": "590", "BQ": "599",
}  # fmt: skip
"""Countries whose numbers are not told by their first digits, with the code they share."""


def first_digits(contacts: pa.Array) -> tuple[Numbers, list[str]]:
    """Return the number of each contact's first digits (-1: no contact), and the distinct ones."""
    encoded = pc.utf8_slice_codeunits(contacts, 0, FIRST_DIGITS).dictionary_encode()
    numbers = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return numbers, encoded.dictionary.to_pylist()


def row_countries(
    contacts: pa.Array, numbers: Numbers, firsts: Sequence[str], named: Collection[str]
) -> tuple[Numbers, list[str | None]]:
    """Return the country of each row by number (-1: no contact), and the countries.

    ``named`` are those that rules name: of countries that share a calling code, only those are told
    apart.
    """
    known = [country_of_first(first[:4]) for first in firsts]
    listed: list[str | None] = list(dict.fromkeys(known))
    places = {country: number for number, country in enumerate(listed)}
    of_row = np.array([*(places[country] for country in known), -1], np.int32)[numbers]
    for code in {SHARED[country] for country in named if country in SHARED}:
        shared = np.array([*(first.startswith(code) for first in firsts), False])[numbers]
        rows = np.flatnonzero(shared)
        found = countries(contacts.take(pa.array(rows)))
        for number, country in enumerate(found.categories):
            if country in named:
                of_row[rows[found.codes == number]] = len(listed)
                listed.append(country)
    return of_row, listed


def grouped(
    hours: Hours,
    *,
    countries_of: tuple[Numbers, Sequence[str | None]],
    firsts: tuple[Numbers, Sequence[str]] | None,
    zones: tuple[Numbers, Sequence[str]] | None,
) -> RowHours:
    """Group rows by the zones they may be in and the rule of their country.

    Parameters
    ----------
    hours : Hours
        Has a rule for every country that occurs.
    countries_of : array of int and countries
        The country of each row, -1 for none.
    firsts : array of int and texts, optional
        The first digits of each row's number; None where no number is known.
    zones : array of int and names, optional
        The zone that a row is said to be in, -1 where nothing is said.
    """
    of_country, named = countries_of
    rules: list[Rule] = []
    rule_of = np.array([*(_numbered(hours.rule(country or EVERY), rules) for country in named), -1])
    sets: list[tuple[str, ...]] = []
    set_of_row = np.full(len(of_country), -1, dtype=np.int64)
    if firsts is not None:
        numbers, texts = firsts
        set_of = [_numbered(zones_of(text), sets) for text in texts]
        set_of_row = np.array([*set_of, -1], dtype=np.int64)[numbers]
    if zones is not None:
        said, names = zones
        set_of = [_numbered((name,), sets) for name in names]
        set_of_row = np.where(said >= 0, np.array([*set_of, -1])[said], set_of_row)
    codes = set_of_row * len(rules) + rule_of[of_country]
    codes[(set_of_row < 0) | (rule_of[of_country] < 0)] = -1
    return _by_group(codes, sets, rules)


def _numbered(item: Item | None, listed: list[Item]) -> int:
    """Return the number of an item in a list, to which it is added if it is new."""
    if item is None:
        return -1
    if item not in listed:
        listed.append(item)
    return listed.index(item)


def _by_group(
    codes: npt.NDArray[np.int64], sets: Sequence[tuple[str, ...]], rules: Sequence[Rule]
) -> RowHours:
    """Return rows by group, of the groups that occur."""
    occurs = np.bincount(codes[codes >= 0], minlength=len(sets) * len(rules)) > 0
    used = np.flatnonzero(occurs)
    number_of = np.full(len(occurs) + 1, -1, dtype=np.int32)
    number_of[used] = np.arange(len(used))
    groups = tuple(
        Group(sets[code // len(rules)], rules[code % len(rules)]) for code in used.tolist()
    )
    return RowHours(of_row=number_of[codes], groups=groups)

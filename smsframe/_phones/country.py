"""The country of a phone number, for whole columns.

`phonenumbers` takes 20 µs a number to say, so it is asked once per beginning: a calling code of one
country says it with its first digits, and where countries share one (+1, +7, +44, …) the first
seven digits do.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX_DIGITS = 7
_TELLING_DIGITS = 4
_NAMED = 8


def countries(contacts: pa.Array) -> pd.Categorical:
    """Return two-letter regions of contacts written as digits with country code.

    Parameters
    ----------
    contacts : Array of string, shape (n,)
        Anything that is no such number (a lookup, nothing) has no country.

    Returns
    -------
    Categorical of length n
        Codes such as "US"; missing where there is none, such as satellite phones.
    """
    digits = pc.if_else(pc.match_substring_regex(contacts, "^[1-9][0-9]{6,14}$"), contacts, None)
    prefixes = pc.utf8_slice_codeunits(digits, 0, PREFIX_DIGITS).dictionary_encode()
    numbers = prefixes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    firsts = np.unique(numbers, return_index=True)[1][-len(prefixes.dictionary) or len(numbers) :]
    regions = [_region(number) for number in digits.take(pa.array(firsts)).to_pylist()]
    return pd.Categorical(pd.array([*regions, None], dtype="string").take(numbers))


def country_counts(contacts: pa.Array) -> dict[str, int]:
    """Return how many contacts each country has, the largest first.

    Told by the first four digits, so that a million take a moment: area codes tell the countries
    of +1 apart, and Kazakhstan from Russia; where others share a code, its main country has them.

    Parameters
    ----------
    contacts : Array of string, shape (n,)
        Digits with country code; anything else has no country.

    Returns
    -------
    dict of str to int
        Two letters to number; what has no country is left out.
    """
    firsts = pc.utf8_slice_codeunits(contacts, 0, _TELLING_DIGITS)
    counts: dict[str, int] = {}
    for found in pc.value_counts(firsts).to_pylist():
        region = country_of_first(found["values"] or "")
        if region is not None:
            counts[region] = counts.get(region, 0) + found["counts"]
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def listed(counts: Mapping[str, int]) -> str:
    """Return countries with their counts in one line, the largest first.

    >>> listed({"FR": 2, "US": 1_200})
    'US 1,200, FR 2'
    """
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    named = [f"{country} {count:,}" for country, count in ordered[:_NAMED]]
    more = len(counts) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


@cache
def country_of_first(first: str) -> str | None:
    """Return the country of numbers that begin with these four digits."""
    if len(first) < _TELLING_DIGITS or not first.isdecimal():
        return None
    code = next((n for n in (1, 2, 3) if int(first[:n]) in COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None:
        return None
    if first[0] == "1":
        return _region(f"{first}2000000")
    if first[0] == "7":
        return "KZ" if first[1] in "67" else "RU"
    region = COUNTRY_CODE_TO_REGION_CODE[int(first[:code])][0]
    return None if region == "001" else str(region)


def _region(number: str) -> str | None:
    """Return the region of one number, None when it has none."""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:  # no country has this calling code
        return None
    region: str | None = phonenumbers.region_code_for_number(parsed)
    if region is None:  # not a valid number: its calling code still names the main region
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    return None if region in (None, "ZZ", "001") else region

"""The country of a phone number, for whole columns.

`phonenumbers` takes 20 µs a number to say, so it is asked once per beginning: a calling code of one
country says it with its first digits, and where countries share one (+1, +7, +44, …) the first
seven digits do.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

PREFIX_DIGITS = 7


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

"""What digits that do not say their country would be, read in one country or another.

Whoever sees the error knows where the numbers are from; here is said what each answer amounts to.
The countries are those in which most of the numbers would be texted, one for each calling code,
and ``"+"``. The counts are of the whole column, or of a part of a long one, which is
said: numbers without a country are read one by one, and a million of them would take minutes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat, format_number, parse

from smsframe._base.sentences import Sentence, arg, joined, words
from smsframe._phones.country import country_counts, listed
from smsframe._phones.parse_column import NO_CODE, read_texts
from smsframe._phones.parse_one import read_cell
from smsframe._phones.problems import FINE
from smsframe._phones.readings import EVERY

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRIED = 12
_COUNTED = 2_000
_COMPARED_WAYS, _NAMED_WAYS = 5, 3
_FEWEST = 0.5


def ways_out(texts: pa.Array) -> str:
    """Return, for numbers without a country, what to write and what that would text."""
    looked_at = _spread(texts, _COUNTED)
    part = f"of {_COUNTED:,} looked at, " if len(looked_at) < len(texts) else ""
    regions = likely_regions(looked_at)
    ways = [
        Sentence(
            arg("region", region, python=f'"{region}"', screen=region),
            f" ({part}{_told(counts)})",
        )
        for region, counts in regions.items()
    ]
    every = _counts(looked_at, EVERY)
    if not regions and not every:
        return Sentence(
            "In no country would most of them be texted, with or without a country code in front. "
            "Look whether digits are missing, or take another column."
        )
    named = (
        [", such as ", joined(", ", ways)]
        if regions
        else [words(Sentence(" (", arg("region"), ")"), screen="")]
    )
    return Sentence(
        words("Say where they are from", screen="Choose under Region where they are from"),
        *named,
        "; or, if every number begins with its country code, ",
        arg("region", EVERY, python=f'"{EVERY}"', screen="choose that there"),
        f" ({part}{_told(every)}).",
    )


def _spread(texts: pa.Array, most: int) -> pa.Array:
    """Return so many texts at most, from all parts of a column."""
    if len(texts) <= most:
        return texts
    return texts.take(pa.array(np.linspace(0, len(texts) - 1, most).astype(np.int64)))


def _counts(texts: pa.Array, region: str) -> dict[str, int]:
    """Return whom a region would text, by country."""
    readings = read_texts(texts, region)
    return country_counts(readings.digits.filter(pa.array(readings.code == NO_CODE)))


def _told(counts: Mapping[str, int]) -> str:
    """Return in words whom a region would text."""
    return f"would text {listed(counts)}" if counts else "would text nobody"


def likely_regions(texts: pa.Array) -> dict[str, dict[str, int]]:
    """Return the regions in which most of some numbers would be texted, and whom, by country.

    First the one that has most; of several, the one whose people group their digits so.
    """
    tried = _spread(texts.drop_null().unique(), _TRIED).to_pylist()
    mains = [regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values() if regions[0].isalpha()]
    found = {main: [read_cell(text, main) for text in tried] for main in mains}
    fine = {main: sum(one.code == FINE for one in found[main]) for main in mains}
    likely = [main for main in mains if fine[main] >= max(1, _FEWEST * len(tried))]
    likely = sorted(likely, key=lambda main: -fine[main])[:_COMPARED_WAYS]
    counts = {main: _counts(texts, main) for main in likely}
    alike = {
        main: sum(map(_is_grouped_alike, tried, (one.digits for one in found[main])))
        for main in likely
    }
    likely.sort(key=lambda main: (-sum(counts[main].values()), -alike[main]))
    return {main: counts[main] for main in likely[:_NAMED_WAYS]}


def _is_grouped_alike(text: str, digits: str | None) -> bool:
    """Tell whether a number is written as people of its country write it."""
    if digits is None:
        return False
    national = format_number(parse(f"+{digits}"), PhoneNumberFormat.NATIONAL)
    return re.findall("[0-9]+", national) == re.findall("[0-9]+", text)

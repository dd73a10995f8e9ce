"""The regions to choose from, so that a country is found in the menu by what people call it."""

from __future__ import annotations

import phonenumbers

from smsframe._phones.country_names import NAMES
from smsframe._phones.readings import EVERY


def region_options() -> list[tuple[str, str]]:
    """Return the regions by name, with letters and country code: ``Germany (DE, +49)``."""
    named = [
        (f"{NAMES.get(region, region)} ({region}, +{code})", region)
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        for region in regions
        if region.isalpha()
    ]
    return [
        ("none: numbers carry +", ""),
        ("every number begins with its country code", EVERY),
        *sorted(named, key=lambda option: option[0].replace("Å", "A")),
    ]

"""Mobiles of every region in sixty spellings, whole, a digit short and a digit too long.

What must hold:

* **Nobody is texted who was not written down.** A spelling says which number it is: the one it was
  made from, for ``+``, ``00``, the region's dialling prefix, and nationally in the region. With
  ``region="+"`` the digits as they stand are what was written; without a region bare digits are
  nobody's. A digit short or too long, what is written is that other number, and nobody else.
* **At least 99 in 100 of what is written right are planned.**

Where our answer is not the library's, by kind, and who is right:

=====================================  =========================================================
what is written                        who is right
=====================================  =========================================================
bare digits without a region           we: ``parse`` needs a region or a +, and so do we; digits
                                       that are valid with a + put in front are a stranger's
``4915123456789`` in DE                we: it takes the landline of Leer, and the writer's Excel
                                       has eaten a +; ambiguous
``0055 51 95555-0101`` in BR           we: it takes carrier 55 and Peru; Porto Alegre is as near
``00 65 8123 4567`` in SG              we: it takes the dialling prefix 006 and finds nothing;
                                       00 and the region's own code are its own number
``0061 412 345 678`` in HK             neither can know: 006 and Pittsburgh with a digit lost, or
                                       Australia; ambiguous
``00 44 …`` in US, AU                  we: it knows no 00 there, and nobody means else
own code without +, whole possible     we: it takes the whole as national by its length, and
                                       then finds it invalid; the code says it all
own code, then a second prefix         we: it takes off ``7 8`` and ``1 1``; a digit too many is
                                       likelier than that way of writing
``+`` unwritten, prefix behind code    the same: ``0011 61 423 456 78`` would text Ohio
``0171 1234567/8``, ``… (2)``          we: it reads one longer number where lengths vary
``876 210 1234`` in US                 it: Jamaica is dialled so; the plan names the country
seven digits in BB, GD, …              it: the islands have one area code each
``0664 12345`` in AT                   it: Austria's numbers vary in length, and a digit short is
                                       another valid number; that number is what was written
=====================================  =========================================================
"""

from __future__ import annotations

import random

import pandas as pd
import phonenumbers
import pytest

from smsframe.phone_states import international_prefix
from smsframe.phones import read_phones

LEAST_PLANNED = 0.99
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
SAMPLE = ("AR", "AU", "BR", "CI", "DE", "FR", "HK", "HU", "IN", "IT", "KZ", "MX", "SG", "US")
TEXTED = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}
DIALLED = {"AU": "0011", "BR": "0015", "CO": "009", "HK": "001", "IL": "012", "JP": "010",
           "KR": "002", "SG": "001", "TH": "001", "TW": "002", "RU": "810"}  # fmt: skip


def mobiles(region, count, rng):
    """Return national numbers of a region that get texts, by the library, varied at the end."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return []
    national = phonenumbers.national_significant_number(example)
    found = {national}
    for _ in range(60 * count):
        kept = rng.randint(2, len(national) - 1)
        digits = national[:kept] + "".join(rng.choices("0123456789", k=len(national) - kept))
        if is_texted(f"{example.country_code}{digits}", region):
            found.add(digits)
    return [*sorted(found)[: count - 1], national]


def is_texted(digits, region=None):
    """Tell whether the library takes digits with country code for a mobile of a region."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    is_here = region is None or phonenumbers.region_code_for_number(number) == region
    as_it_is = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return is_here and as_it_is == f"+{digits}" and phonenumbers.number_type(number) in TEXTED


def grouped(digits, sizes, mark):
    """Return digits in groups."""
    parts, place = [], 0
    for size in sizes:
        parts.append(digits[place : place + size])
        place += size
    return mark.join(part for part in [*parts, digits[place:]] if part)


def shapes(digits):
    """Return digits in the groups and with the marks that people use."""
    yield digits
    for mark in (" ", "-", ".", "\u00a0", "\u2011", " - "):
        yield grouped(digits, (3, 3), mark)
    yield grouped(digits, (2, 2, 2, 2), " ")
    yield grouped(digits, (3,), " ")
    yield grouped(digits, (2, 4), " ")
    yield f"({digits[:3]}) {digits[3:]}"


def dressed(text):
    """Return a text in what programs and people put around it."""
    yield from (f" {text} ", f"'{text}", f'="{text}"', f"tel:{text}", f"\u200b{text}\u202c")
    yield from (f"Mobile: {text}", f"\u201c{text}\u201d", f"{text}\r\n")
    yield text.translate({ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789+"})
    yield text.translate({ord(digit): 0x660 + int(digit) for digit in "0123456789"})


def spellings(region, national):
    """Return (form, text) of a number of a region in more than sixty spellings."""
    code = str(phonenumbers.country_code_for_region(region))
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    trunk = metadata.national_prefix or ""
    prefix = DIALLED.get(region, international_prefix(region))
    for shape in shapes(national):
        yield "plus", f"+{code} {shape}"
        yield "zeros", f"00{code} {shape}"
        yield "own code", f"{code} {shape}"
        yield "national", shape
        if prefix.isdigit() and prefix != "00":
            yield "dialled", f"{prefix} {code} {shape}"
    for shape in shapes(f"{trunk}{national}"):
        yield "national", shape
    if trunk == "0":
        yield "plus", f"+{code} (0){national}"
    for text in dressed(f"+{code}{national}"):
        yield "plus", text
    for text in dressed(f"{trunk}{national}"):
        yield "national", text


def written(form, region, code, national):
    """Return, for a region that is given, whom a spelling may text: digits with country code."""
    number = f"{code}{national}"
    if form in ("plus", "zeros"):
        return number
    if region == "+":
        return number if form == "own code" else None
    if region is None or form == "dialled":
        return number if region and form == "dialled" else None
    return number


def short_and_long(national, rng):
    """Return a number without its last digit, and with one more."""
    return national[:-1], national + rng.choice("0123456789")


@pytest.mark.parametrize(
    "per_region",
    [pytest.param(1, id="sample"), pytest.param(60, id="all", marks=pytest.mark.soak)],
)
def test_sweep__texts_nobody_who_was_not_written_down(per_region):
    """Every region, every spelling, whole and damaged: the right person or nobody."""
    regions = SAMPLE if per_region == 1 else REGIONS
    rng = random.Random(20261126)
    strangers, planned, right, lost = [], 0, 0, {}
    for region in regions:
        code = str(phonenumbers.country_code_for_region(region))
        for given in (region, None, "+"):
            cells = []
            for national in mobiles(region, per_region, rng):
                damaged = short_and_long(national, rng)
                for digits, is_whole in ((national, True), *((one, False) for one in damaged)):
                    cells += [
                        (text, written(form, given, code, digits), is_whole, form)
                        for form, text in spellings(region, digits)
                    ]
            if not cells:
                continue
            read = read_phones(
                pd.Series([text for text, *_ in cells], dtype="string"), region=given
            )
            for (text, wanted, is_whole, form), got in zip(
                cells, read.digits.to_pylist(), strict=True
            ):
                if got is not None and not is_meant(got, wanted, text, given, code):
                    strangers.append((region, given, text, got))
                if is_whole and wanted:
                    right += 1
                    planned += got == wanted
                    if got != wanted:
                        lost[region, given, form] = lost.get((region, given, form), 0) + 1
    assert strangers == []
    assert planned >= LEAST_PLANNED * right, sorted(lost.items(), key=lambda item: -item[1])[:40]


def is_meant(got, wanted, text, given, code):
    """Tell whether a number is the one that was written, or has the very digits of the text.

    These are whole with ``"+"``, and national in a region: ``7 771000080`` in Kazakhstan.
    """
    if got == wanted:
        return True
    digits = "".join(str(int(sign)) for sign in text if sign.isdecimal())
    return given is not None and got == (digits if given == "+" else code + digits)

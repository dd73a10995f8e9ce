"""Bare digits, with or without +, to a number: every way to read them, and never a guess.

``phonenumbers`` is a witness, not a judge: a stranger's number is valid too. So a number has to say
its country, and is read in no more ways than these:

* **With +**, always.
* **With 00**, whatever the region, or without one.
* **With the dialling prefix of the region** (011 in the US, 0011 in Australia, 00 and a carrier in
  Brazil).
* **Nationally in the region**, and only there.
* **With the region's own country code and no +** (Excel eats it), where the digits are no valid
  national number.
* **With region="+"**, which says that every number begins with its country code.

Anything else does not say its country (``phone_no_country``), however valid it would be somewhere.

Two readings that give two numbers, of which one gets texts, are ``phone_ambiguous``:
``0055 51 95555-0101`` in Brazil is Brazilian, or Peruvian by way of carrier 55;
``4915123456789`` in Germany is Leer's landline, or a mobile without its +. A national mobile stands
against a landline that the same digits would be with a +, and so does the region's own behind 00.

What the region dictates is final: where its dialling prefix stands in front and the number behind
it is not valid, 00 rescues it only as a number of the region itself. A digit lost from
``0011 61 423 456 789`` would otherwise text Ohio.

A + that is not written stands for a number as it is written: the library would strip a second 1
or an 8 behind the country code there, as it does of ``+1 1 614 …``. A zero may go (``44 (0)7400``),
and what Mexico and Argentina put before mobiles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

from smsframe._phones.automaton import international_prefix
from smsframe._phones.problems import CODE_OF_LINE_TYPE, FINE

EVERY = "+"
"""The region of numbers that all begin with their country code, written without a +."""

SHORT_CODE_DIGITS = range(3, 7)
MOST_DIGITS = 15
_MOST_WITH_PREFIX = MOST_DIGITS + 3

OVERSEAS = ("FR", "GP", "GF", "MQ", "RE")
"""Regions that write numbers alike, each with its country code (GP's is Saint Martin's too)."""

_MOBILE_TOKENS = (52, 54)  # Mexico's 1 and Argentina's 9 and 15
_DIALLED = re.compile(r"^00(?=[1-9])")
_LINE_TYPE_NAMES = {
    value: name.lower() for name, value in vars(PhoneNumberType).items() if isinstance(value, int)
}


_ASKED_AGAIN = 64
"""So many answers of the library are kept: enough for the ways in which one cell is read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell is: E.164 without + and line type when valid; no code when it can be texted."""

    digits: str | None = None
    line_type: str | None = None
    code: str = FINE

    @property
    def is_number(self) -> bool:
        """Whether it is a number, or two that it may be."""
        return self.digits is not None or self.code == "phone_ambiguous"


NOTHING = Reading(code="phone_invalid")


def read_number(bare: str, region: str | None) -> Reading:
    """Read digits with or without + in front."""
    if bare[0] == "+":
        found = _with_plus(bare.lstrip("+"), region)
    elif region is None or region == EVERY:
        found = _abroad(bare, region)
    else:
        found = _at_home(bare, region)
    return found if found.is_number else Reading(code=_fault_of_number(bare, region))


def dials_011(region: str | None) -> bool:
    """Tell whether 011 is what a region dials for a +."""
    return region not in (None, EVERY) and international_prefix(str(region)) == "011"


def _with_plus(digits: str, region: str | None) -> Reading:
    """Read what stands behind a +, a dialling prefix too many taken off."""
    if _DIALLED.match(digits):
        return _as_written(digits[2:])
    if digits.startswith("011") and dials_011(region):
        return _as_written(digits[3:])
    return _read(f"+{digits}", None)


def _abroad(bare: str, region: str | None) -> Reading:
    """Read digits without a region: behind 00, or as a country code first where that was said."""
    if _DIALLED.match(bare):
        return _as_written(bare[2:])
    return _as_written(bare) if region == EVERY and bare[0] != "0" else NOTHING


def _at_home(bare: str, region: str) -> Reading:
    """Read digits in a region, in each way that there is."""
    home = _read(bare, region)
    code = str(phonenumbers.country_code_for_region(region))
    if _DIALLED.match(bare):
        return _dialled(bare, home, region, code)
    if bare.startswith(code):
        home = _with_own_code(home, bare)
    return _doubted(home, bare)


def _with_own_code(home: Reading, bare: str) -> Reading:
    """Read digits that begin with the code of their region, as such or nationally."""
    abroad = _as_written(bare)
    if not abroad.is_number and _read(f"+{bare}", None).digits == home.digits:
        return NOTHING  # the library took off more than the code
    return _chosen(home, abroad, sure=home)


def _dialled(bare: str, home: Reading, region: str, code: str) -> Reading:
    """Read 00 and more in a region, whose own dialling prefix may be longer than that."""
    abroad = _as_written(bare[2:])
    prefix = _prefix_length(bare, region)
    if prefix in (0, len("00")):
        return _chosen(home, abroad)
    is_own = abroad.is_number and bare.startswith(code, 2)
    if home.is_number == abroad.is_number or is_own:
        return _chosen(home, abroad, sure=abroad if is_own else None)
    valid, other = (home, bare[2:]) if home.is_number else (abroad, bare[prefix:])
    return Reading(code="phone_ambiguous") if _is_nearly_valid(other) else valid


def _prefix_length(bare: str, region: str) -> int:
    """Return how many digits are the dialling prefix of a region, 0 where it is not in front."""
    found = re.match(international_prefix(region), bare)
    return found.end() if found else 0


def _chosen(first: Reading, second: Reading, *, sure: Reading | None = None) -> Reading:
    """Return the one of two readings that is a number; of two, ``sure`` if it alone gets texts."""
    if not (first.is_number and second.is_number) or first.digits == second.digits:
        return first if first.is_number else second
    texted = [one for one in (first, second) if one.code == FINE]
    if not texted:
        return first
    if texted == [sure]:
        return texted[0]
    return replace(first, code="phone_ambiguous") if first.code else Reading(code="phone_ambiguous")


def _doubted(reading: Reading, bare: str) -> Reading:
    """Return a reading, ambiguous if it gets no texts and the same digits with a + would."""
    if reading.code == FINE or not reading.is_number or reading.code == "phone_ambiguous":
        return reading
    is_fine = _read(f"+{bare}", None).code == FINE
    return replace(reading, code="phone_ambiguous") if is_fine else reading


def _as_written(digits: str) -> Reading:
    """Read digits as country code and number, where the library takes off no more than a zero."""
    number = _parsed(f"+{digits}", None)
    found = _reading(number)
    if not found.is_number or found.digits == digits or number.country_code in _MOBILE_TOKENS:
        return found
    return found if digits[len(str(number.country_code))] == "0" else NOTHING


def _is_nearly_valid(digits: str) -> bool:
    """Tell whether digits behind a dialling prefix are a number but for a digit more or less."""
    near = (digits[:-1], *(f"{digits}{last}" for last in range(10)))
    return any(_as_written(one).is_number for one in near)


@lru_cache(maxsize=_ASKED_AGAIN)
def _read(text: str, region: str | None) -> Reading:
    """Return the library's reading of a text; one cell asks for the same several times."""
    return _reading(_parsed(text, region))


@lru_cache(maxsize=_ASKED_AGAIN)
def _parsed(text: str, region: str | None) -> Any:
    """Return the number the library sees, None when it sees none."""
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _reading(number: Any) -> Reading:
    """Return the reading of what the library saw."""
    if number is None or not phonenumbers.is_valid_number(number):
        return NOTHING
    line_type = _LINE_TYPE_NAMES[phonenumbers.number_type(number)]
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Reading(e164.removeprefix("+"), line_type, CODE_OF_LINE_TYPE[line_type])


# --- what is wrong with digits that are no number -----------------------------------------------

_FAULTS = {
    ValidationResult.TOO_SHORT: "phone_too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "phone_too_short",
    ValidationResult.TOO_LONG: "phone_too_long",
    ValidationResult.INVALID_COUNTRY_CODE: "phone_unknown_country",
}
_PARSE_FAULTS = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_unknown_country",
    NumberParseException.TOO_SHORT_AFTER_IDD: "phone_too_short",
    NumberParseException.TOO_SHORT_NSN: "phone_too_short",
    NumberParseException.TOO_LONG: "phone_too_long",
}


def _fault_of_number(bare: str, region: str | None) -> str:
    """Return the code of digits that are no valid number."""
    digits = bare.lstrip("+")
    signed, dialled = digits != bare, bool(_DIALLED.match(digits))
    if len(digits) < SHORT_CODE_DIGITS.stop:
        is_short_code = not (signed or dialled) and len(digits) in SHORT_CODE_DIGITS
        return "phone_short_code" if is_short_code else "phone_too_short"
    if len(digits) > _MOST_WITH_PREFIX:
        return "phone_too_long"
    if region in (None, EVERY) and not signed and not dialled:
        return _fault_without_country(digits, region)
    if region not in (None, EVERY) and not signed:
        return _fault_in_region(bare, str(region))
    return _fault_by_length(f"+{_DIALLED.sub('', digits)}", None)


def _fault_without_country(digits: str, region: str | None) -> str:
    """Return the code of digits that do not say their country, or say one that is not valid."""
    if len(digits) > MOST_DIGITS:
        return "phone_too_long"
    if region is None or digits[0] == "0":
        return "phone_no_country"
    return _fault_by_length(f"+{digits}", None)


def _fault_in_region(bare: str, region: str) -> str:
    """Return the code of digits without + that are no number of their region."""
    if _read(f"+{bare}", None).is_number:
        return "phone_other_country"
    if is_overseas(bare, region):
        return "phone_overseas"
    if _DIALLED.match(bare) and _prefix_length(bare, region) in (0, len("00")):
        return _fault_by_length(f"+{bare[2:]}", None)
    return _fault_by_length(bare, region)


def is_overseas(bare: str, region: str) -> bool:
    """Tell whether digits are a national number in another part of France."""
    if region not in OVERSEAS:
        return False
    return any(_read(bare, other).is_number for other in OVERSEAS if other != region)


def _fault_by_length(text: str, region: str | None) -> str:
    """Return the code of a number by what the library says of its length."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return _PARSE_FAULTS.get(error.error_type, "phone_unreadable")
    reason = phonenumbers.is_possible_number_with_reason(number)
    return _FAULTS.get(reason, "phone_invalid")

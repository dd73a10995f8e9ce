"""One phone cell → its number, or the code of what is wrong with it. Slow, and the rule for all.

Every cell that the walk over digits (``phone_walk``) does not settle comes here, once per distinct
text. ``phonenumbers`` decides what is valid; what is decided here is what it is asked:

* **Dirt that is read:** spaces of every kind, invisible marks, dots, dashes, brackets, slashes,
  digits of other scripts, spreadsheet guards (``'…``, ``="…"``), quotes, ``tel:`` and other
  labels, and ``.0`` or ``.00`` at the end of a number that once was a float.
* **A number with +** is international, whatever the region.
* **Bare digits in a region** are what ``phonenumbers.parse(text, region)`` makes of them; only if
  that is not valid are ``00`` and ``011`` in front read as +. Digits that would be valid with a +
  are never read so: one digit too many in a home number must not text a stranger abroad. They are
  named ``phone_other_country``, or ``phone_ambiguous`` where the region makes a landline of them.
* **Bare digits without a region** are read as if a + stood before them, since a number that went
  through a numeric column has lost its +. The exception: ten digits that are also a North American
  number without its 1 (``659 555 0123`` is in Alabama and in Singapore) stay ``phone_no_country``;
  ``phone_reading`` extends this caution to columns of other countries' national numbers.
* **Two numbers, letters, extensions, dates, decimals** are found before the library sees the text:
  it would read the first number, translate the letters, drop the extension.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

from smsframe.phone_codes import CODE_OF_LINE_TYPE, FINE

LONGEST_CELL = 250
"""Longer texts are no phone numbers (the library's own limit)."""

_SHORT_CODE_DIGITS = range(3, 7)
_NATIONAL_DIGITS = 10  # no national number that one may write without country code has more
_MOST_DIGITS = 15

_LABEL = re.compile(
    r"^(?:tel|telephone|phone|ph|mobile|mob|cell|cellphone|handy|sms|whatsapp)(?:\s*[.:]+\s*|\s+)"
    r"(?=[\d+(])",
    re.IGNORECASE,
)
_FLOAT_END = re.compile(r"^(\+?\d{7,})\.0{1,2}$")
_SCIENTIFIC = re.compile(r"^[+-]?\d+(?:[.,]\d+)?\s?[eE]\s?\+?\d{1,3}$")
_NOT_PHONES = re.compile(
    r"^-\s?\d+$"
    r"|^[+-]?\d+\.\d{1,2}$"
    r"|^(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|^(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d(?!\d)"
)
_EXTENSION = re.compile(
    r"(?:;\s*ext=|(?<![a-z])e?xt(?:ension|n)?(?![a-z])\.?|(?<=[\d\s])x|#|\bдоб\.?|\banexo|\bdurchwahl)"
    r"\s*[:.=]?\s*\d{1,7}$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*[,;|&\n\r]+\s*|\s*/\s*|\s+(?:or|and|oder|und|ou|et)\s+|(?<=\d)\s*(?=\+)", re.IGNORECASE
)
_PUNCTUATION = re.compile(r"[\s()\[\]./~-]")
_DIALLED = re.compile(r"^\+?(?:00|011)(?=[1-9])")
_NUMBER = re.compile(r"^\++[0-9]+$|^[0-9]+$")
_WORDS_FOR_NOTHING = frozenset(
    ("nan", "none", "null", "na", "n/a", "#n/a", "#na", "<na>", "nat", "nil", "unknown", "x")
).union(("-", "--", "---", ".", "?"))
_LINE_TYPE_NAMES = {
    value: name.lower() for name, value in vars(PhoneNumberType).items() if isinstance(value, int)
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell is: E.164 without + and line type when valid; no code when it can be texted."""

    digits: str | None = None
    line_type: str | None = None
    code: str = FINE


def read_cell(text: str, region: str | None) -> Reading:
    """Read one cell."""
    plain = plain_text(text)
    fault = _fault_of_form(plain)
    if fault:
        return Reading(code=fault)
    if _is_several(plain, region):
        return Reading(code="phone_two_numbers")
    if _EXTENSION.search(plain) and _digit_count(plain) >= _SHORT_CODE_DIGITS.stop:
        return Reading(code="phone_extension")
    bare = _PUNCTUATION.sub("", plain)
    if not _NUMBER.match(bare):
        return Reading(code=_fault_of_characters(bare))
    return read_number(bare, region)


def read_number(bare: str, region: str | None) -> Reading:
    """Read digits with or without + in front."""
    for text, home in _ways_to_read(bare, region):
        number = _parsed(text, home)
        if number is not None and phonenumbers.is_valid_number(number):
            if region is None and bare[0] != "+" and is_also_national(bare):
                return Reading(code="phone_no_country")
            return _named(_valid(number), bare, region)
    return Reading(code=_fault_of_number(bare, region))


def plain_text(text: str) -> str:
    """Return a text without guards, labels and marks, its digits and punctuation in ASCII."""
    plain = "".join(map(_plain_character, text)).strip(" '\"`=\t\r\n") if text else ""
    plain = _LABEL.sub("", plain).strip(" '\"")
    return _FLOAT_END.sub(r"\1", plain)


def is_also_national(bare: str) -> bool:
    """Tell whether bare digits are also a whole North American number that lacks its 1."""
    if len(bare) != _NATIONAL_DIGITS:
        return False
    number = _parsed(f"+1{bare}", None)
    return number is not None and phonenumbers.is_valid_number(number)


_PLAIN_BY_CATEGORY = {
    "Cf": "",
    "Mn": "",
    "Zs": " ",
    "Zl": " ",
    "Zp": " ",
    "Pd": "-",
    "Pi": "'",
    "Pf": "'",
}


def _plain_character(char: str) -> str:
    """Return the ASCII form of a digit, dash, blank or wide sign; nothing for an invisible mark."""
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if char in "\u2212\u30fc":
        return "-"
    wide = unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else char
    return wide if wide != char else _PLAIN_BY_CATEGORY.get(category, char)


def _fault_of_form(plain: str) -> str:
    """Return the code of a text that cannot be a phone number by its form, or nothing."""
    if not plain or plain.lower() in _WORDS_FOR_NOTHING:
        return "phone_missing"
    if _SCIENTIFIC.match(plain):
        return "phone_rounded"
    if len(plain) > LONGEST_CELL or _NOT_PHONES.match(plain):
        return "phone_unreadable"
    return ""


def _fault_of_characters(bare: str) -> str:
    """Return the code of a text that has more than digits in it."""
    letters = sum(char.isalpha() for char in bare)
    digits = _digit_count(bare)
    vanity = digits >= 3 and letters and "@" not in bare  # noqa: PLR2004  (as in 800-FLOWERS)
    return "phone_letters" if vanity else "phone_unreadable"


def _digit_count(text: str) -> int:
    """Return how many digits a text has."""
    return sum(char.isdigit() for char in text)


def _is_several(plain: str, region: str | None) -> bool:
    """Tell whether a text is two numbers or more."""
    parts = [part for part in _BETWEEN.split(plain) if part]
    if len(parts) > 1:
        long = [part for part in parts if _digit_count(part) >= _SHORT_CODE_DIGITS.stop]
        return len(long) > 1
    if _digit_count(plain) <= _MOST_DIGITS or _is_valid(plain, region):
        return False
    blanks = [found.start() for found in re.finditer(r"\s", plain)]
    return any(_is_valid(plain[:at], region) and _is_long(plain[at:]) for at in blanks)


def _is_long(text: str) -> bool:
    """Tell whether a text has enough digits for a number of its own."""
    return _digit_count(text) >= _SHORT_CODE_DIGITS.stop


def _is_valid(text: str, region: str | None) -> bool:
    """Tell whether a part of a cell is a number by itself."""
    bare = _PUNCTUATION.sub("", text)
    return bool(_NUMBER.match(bare)) and read_number(bare, region).digits is not None


def _ways_to_read(bare: str, region: str | None) -> list[tuple[str, str | None]]:
    """Return the texts to offer to the library, first come first served."""
    dialled = _DIALLED.sub("+", bare)
    if bare[0] == "+":
        return [(bare, region), (dialled, None)]
    if region:
        ways: list[tuple[str, str | None]] = [(bare, region)]
        return [*ways, (dialled, None)] if dialled[0] == "+" else ways
    return [(dialled if dialled[0] == "+" else f"+{bare}", None)]


def _parsed(text: str, region: str | None) -> Any:
    """Return the number the library sees, None when it sees none."""
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _valid(number: Any) -> Reading:
    """Return the reading of a valid number."""
    line_type = _LINE_TYPE_NAMES[phonenumbers.number_type(number)]
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Reading(e164.removeprefix("+"), line_type, CODE_OF_LINE_TYPE[line_type])


def _named(reading: Reading, bare: str, region: str | None) -> Reading:
    """Return a reading, called ambiguous if it gets no texts and the same digits with a + would."""
    if reading.code == FINE or region is None or bare[0] == "+":
        return reading
    number = _parsed(f"+{bare}", None)
    if number is None or not phonenumbers.is_valid_number(number):
        return reading
    is_fine = _valid(number).code == FINE
    return replace(reading, code="phone_ambiguous") if is_fine else reading


_FAULTS = {
    ValidationResult.TOO_SHORT: "phone_too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "phone_too_short",
    ValidationResult.TOO_LONG: "phone_too_long",
    ValidationResult.INVALID_COUNTRY_CODE: "phone_unknown_country",
}


def _fault_of_number(bare: str, region: str | None) -> str:
    """Return the code of digits that are no valid number."""
    count = _digit_count(bare)
    international = bare[0] == "+" or _DIALLED.match(bare)
    if count < _SHORT_CODE_DIGITS.stop:
        is_short_code = not international and count in _SHORT_CODE_DIGITS
        return "phone_short_code" if is_short_code else "phone_too_short"
    if count > _MOST_DIGITS + 3:
        return "phone_too_long"
    if international:
        return _fault_by_length(_DIALLED.sub("+", bare), None)
    return _fault_without_region(bare) if region is None else _fault_in_region(bare, region)


def _fault_in_region(bare: str, region: str) -> str:
    """Return the code of bare digits that are no number of their region."""
    number = _parsed(f"+{bare}", None)
    if number is not None and phonenumbers.is_valid_number(number):
        return "phone_other_country"
    return _fault_by_length(bare, region)


def _fault_without_region(bare: str) -> str:
    """Return the code of bare digits that are not international ones."""
    if len(bare) > _MOST_DIGITS:
        return "phone_too_long"
    whole = len(bare) > _NATIONAL_DIGITS and bare[0] != "0"
    fault = _fault_by_length(f"+{bare}", None) if whole else "phone_no_country"
    return fault if fault == "phone_invalid" else "phone_no_country"


def _fault_by_length(text: str, region: str | None) -> str:
    """Return the code of a number by what the library says of its length."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return _PARSE_FAULTS.get(error.error_type, "phone_unreadable")
    reason = phonenumbers.is_possible_number_with_reason(number)
    return _FAULTS.get(reason, "phone_invalid")


_PARSE_FAULTS = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_unknown_country",
    NumberParseException.TOO_SHORT_AFTER_IDD: "phone_too_short",
    NumberParseException.TOO_SHORT_NSN: "phone_too_short",
    NumberParseException.TOO_LONG: "phone_too_long",
}

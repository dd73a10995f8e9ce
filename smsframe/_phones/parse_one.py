"""One phone cell → its number, or the code of what is wrong with it. Slow, and the rule for all.

Every cell that the walk over digits (``walk_columns``) does not settle comes here, once per
distinct text. ``phonenumbers`` decides what is valid; what is decided here is what it is asked:

* **Dirt that is read:** spaces of every kind, invisible marks, dots, dashes, brackets, slashes,
  digits of other scripts, spreadsheet guards (``'…``, ``="…"``), quotes, ``tel:`` and other
  labels in many languages, and ``.0`` or ``.00`` at the end of a number that once was a float.
* **A number with +** is international, whatever the region.
* **Which number digits are**, with a region, without one, or with ``"+"``: ``readings``.
* **Two numbers, letters, extensions, dates, decimals** are found before the library sees the text:
  it would read the first number, translate the letters, drop the extension.
* **Digits behind a number that is whole already** (``0171 1234567/8``, ``… (2)``, a line break, a
  last group too short to be one) are a second number or an extension. The library takes them for
  the number's own wherever a country's numbers vary in length.
"""

from __future__ import annotations

import re
import unicodedata

from smsframe._phones.readings import MOST_DIGITS, SHORT_CODE_DIGITS, Reading, read_number

LONGEST_CELL = 250
"""Longer texts are no phone numbers (the library's own limit)."""

LABEL = (
    "(?i)^(?:[☎✆📞📱📲]\\s*|(?:t[eé]l|t[eé]l[eé]phone|phone|ph|mobile|mob|cell|cellphone|handy|sms|whatsapp|callto"
    "|telefon|tel[eé]fono|telefone|telefoon|telem[oó]vel|mobil|mobiel|m[oó]vil|cel|celular"
    "|cellulare|portable|gsm|natel|тел|телефон|моб|мобильный|电话|手机|電話|手機|携帯|전화|휴대폰)"
    r"(?:\s*[.:]+\s*|\s+))+"
)
"""What may stand in front of a number and says no more than that it is one."""

_LABEL = re.compile(LABEL + r"(?=[\d+(])")
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
    r"\s*[,;|&\n]+\s*|\s*/\s*|\s+(?:or|and|oder|und|ou|et|y|e)\s+|(?<=\d)\s*(?=\+)", re.IGNORECASE
)
_BEHIND = re.compile(_BETWEEN.pattern + r"|\s*[(\[~\t\\\\]+\s*", re.IGNORECASE)
_NOT_COUNTED = re.compile(r"^00|\(0\)")
_LAST_GROUP = re.compile(r"(?:\d{6}[\s.-]+\d{1,4}|\d{5}[\s.-]+\d{1,2}|\d[\s.-]+\d)$")
_BEFORE_LAST = re.compile(r"[\s.-]+(?=\d+$)")
_PUNCTUATION = re.compile(r"[\s()\[\]./~-]")
_NUMBER = re.compile(r"^\++[0-9]+$|^[0-9]+$")
WORDS_FOR_NOTHING = frozenset(
    ("nan", "none", "null", "na", "n/a", "#n/a", "#na", "<na>", "nat", "nil", "unknown", "x")
).union(("-", "--", "---", ".", "?"))
"""Cells, in lower case, that say that there is no number."""


def read_cell(text: str, region: str | None) -> Reading:
    """Read one cell."""
    plain = plain_text(text)
    fault = _fault_of_form(plain)
    if fault:
        return Reading(code=fault)
    more = _fault_of_more(plain, region) if _is_long(plain) else ""
    if more:
        return Reading(code=more)
    bare = _PUNCTUATION.sub("", plain)
    if not _NUMBER.match(bare):
        return Reading(code=_fault_of_characters(bare))
    return read_number(bare, region)


def plain_text(text: str) -> str:
    """Return a text without guards, labels and marks, its digits and punctuation in ASCII."""
    plain = in_ascii(text).strip(" '\"`=,;\t\n")
    plain = _LABEL.sub("", plain).strip(" '\"")
    return _FLOAT_END.sub(r"\1", plain)


class _InAscii(dict[int, str]):
    """A table for ``str.translate`` that learns each character when it is first met."""

    def __missing__(self, code: int) -> str:
        """Enter a character."""
        self[code] = found = _plain_character(chr(code))
        return found


_IN_ASCII = _InAscii()


def in_ascii(text: str) -> str:
    """Return a text with digits, dashes, blanks and line ends in ASCII, without invisible marks."""
    return text.translate(_IN_ASCII)


_LINE_ENDS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_PLAIN_BY_CATEGORY = {"Cf": "", "Mn": "", "Zs": " ", "Pd": "-", "Pi": "'", "Pf": "'"}


def _plain_character(char: str) -> str:
    """Return the ASCII form of a digit, dash, blank or wide form; nothing for an invisible one."""
    if char in _LINE_ENDS:
        return "\n"
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if char in "\u2212\u30fc":
        return "-"
    if char in "\u201a\u201e\u00b4":
        return "'"
    wide = unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else char
    return wide if wide != char else _PLAIN_BY_CATEGORY.get(category, char)


def _fault_of_form(plain: str) -> str:
    """Return the code of a text that cannot be a phone number by its form, or nothing."""
    if not plain or plain.lower() in WORDS_FOR_NOTHING:
        return "phone_missing"
    if _SCIENTIFIC.match(plain):
        return "phone_rounded"
    if len(plain) > LONGEST_CELL or _NOT_PHONES.match(plain):
        return "phone_unreadable"
    return ""


def _fault_of_characters(bare: str) -> str:
    """Return the code of a text that has more than digits in it."""
    vanity = _digit_count(bare) >= SHORT_CODE_DIGITS.start and "@" not in bare
    vanity = vanity and any(map(str.isalpha, bare))  # as in 800-FLOWERS
    return "phone_letters" if vanity else "phone_unreadable"


def _digit_count(text: str) -> int:
    """Return how many digits a text has."""
    return sum(map(str.isdigit, text))


def _fault_of_more(plain: str, region: str | None) -> str:
    """Return the code of a text that is more than one number alone, or nothing."""
    if _is_several(plain, region):
        return "phone_two_numbers"
    if _EXTENSION.search(plain):
        return "phone_extension"
    return _fault_of_more_behind(plain, region)


def _is_several(plain: str, region: str | None) -> bool:
    """Tell whether a text is two numbers or more."""
    parts = [part for part in _BETWEEN.split(plain) if part]
    if sum(_is_long(_NOT_COUNTED.sub("", part)) for part in parts) > 1:
        return True
    lines = [line for line in plain.split("\n") if _digit_count(line)]
    if len(lines) > 1 and any(_is_valid(line, region) for line in lines):
        return True
    if len(parts) > 1 or _digit_count(plain) <= MOST_DIGITS or _is_valid(plain, region):
        return False
    halves = [(plain[: at.start()], plain[at.end() :]) for at in re.finditer(r"\s", plain)]
    is_whole = _is_bare_whole if region is None and plain[0] != "+" else _is_valid
    return any(is_whole(head, region) and _is_long(tail) for head, tail in halves)


def _is_long(text: str) -> bool:
    """Tell whether a text has enough digits for a number of its own."""
    return _digit_count(text) >= SHORT_CODE_DIGITS.stop


def _is_bare_whole(text: str, _: str | None) -> bool:
    """Tell whether digits without a country are as many as a number has."""
    return 10 <= _digit_count(text) <= MOST_DIGITS  # noqa: PLR2004 - shorter ones are half of one


def _is_valid(text: str, region: str | None) -> bool:
    """Tell whether a part of a cell is a number by itself."""
    bare = _PUNCTUATION.sub("", text)
    return bool(_NUMBER.match(bare)) and read_number(bare, region).is_number


def _fault_of_more_behind(plain: str, region: str | None) -> str:
    """Return the code of digits behind a number that is whole already, or nothing."""
    for mark in _BEHIND.finditer(plain):
        head, tail = plain[: mark.start()], plain[mark.end() :]
        if _digit_count(tail) and _is_long(head) and _is_valid(head, region):
            return "phone_two_numbers" if _is_long(tail) else "phone_extension"
    if _LAST_GROUP.search(plain) and _is_valid(_BEFORE_LAST.split(plain)[0], region):
        return "phone_extension"
    return ""

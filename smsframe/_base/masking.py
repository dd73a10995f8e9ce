"""Phone numbers, hidden but for their last two digits, and secrets, hidden whole.

It lies under everything, errors included, so that no text of ours can quote a number: an
``InputError`` masks its own words, whoever wrote them. Dates and times of day (2026-11-22 14:05)
stay readable; any other run of seven digits (`PHONE_DIGITS`) could be a phone and is hidden.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from smsframe._base.sentences import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "•••"

_DATE = re.compile(
    r"(?<![\d+-])((?:19|20)\d\d-[01]\d-[0-3]\d(?:[ T][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?)"
    r"(?![\d-])"
)
_WHOLE = re.compile(r"[\s+\d().\u2010-\u2015/-]*\d[\s+\d().\u2010-\u2015/-]*")
_INSIDE = re.compile(r"\+?\(?\d(?:[ \u00a0().-]{0,2}\d){6,}")
_NAMED = re.compile(  # what has many digits and is no phone: our runs and batches, and UUIDs
    r"(?<![\w-])(\d{8}-\d{6}-[0-9a-f]{6}(?::\d{4,})?"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|[0-9a-f]{7}-[0-9a-f]{11}-[0-9a-f]{4,})(?![\w-])"
)
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
PHONE_DIGITS = 7
"""A text with so many digits may hold a phone number."""

LEAST_PHONE = 10**9
"""A number below it is a count or an id."""

ARGUMENT_DIGITS = len(str(LEAST_PHONE))
"""What somebody gave as an argument is shown when it has fewer digits: it may be the mistake."""

_LONGEST_EXAMPLE = 40
_SHORTEST_INSIDE = 4
_TOKEN_PATTERNS = (
    re.compile(r"(Token provided was:?\s*)[^\s\"<]+", re.IGNORECASE),
    re.compile(r"(\bBearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE),
    re.compile(
        r"((?:access_token|refresh_token|client_secret)[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,}]+",
        re.IGNORECASE,
    ),
)


class AlreadyMasked(Sentence):
    """A sentence that was looked at already: what it quotes is no phone, or is hidden."""


def mask_phone(text: str) -> str:
    """Hide phone numbers, keeping the last two digits of each.

    A text that is nothing but one number becomes dots and two digits. In any other text every run
    of seven digits or more (blanks, dots, hyphens and brackets between them allowed) is masked,
    also where it touches letters.

    Examples
    --------
    >>> mask_phone("+1 201-555-0123")
    '•••••••••23'
    >>> mask_phone("No consent for 12015550123 in program 148372 since 2026-11-22")
    'No consent for •••••••••23 in program 148372 since 2026-11-22'
    """
    if _WHOLE.fullmatch(text) and not _DATE.fullmatch(text):
        return _dots(text)
    return _masked_between_names(text)


def sentence_of_parts(parts: Iterable[Any]) -> str:
    """Return the parts of a sentence as one, for the errors below everything."""
    return Sentence(*parts)


def mask_sentence(text: str) -> str:
    """Hide phone numbers as `mask_phone` does; a sentence keeps its parts."""
    masked = mask_phone(text)
    if not isinstance(text, Sentence):
        return masked
    return text if masked == text else text.map(_masked_between_names)


def _masked_between_names(text: str) -> str:
    """Hide the phone numbers in what is a part of a text."""
    kept = _NAMED.split(text)  # what stands between the names of runs, and those names
    kept[::2] = [_masked_between_dates(part) for part in kept[::2]]
    return "".join(kept)


def _masked_between_dates(text: str) -> str:
    """Hide the phone numbers in a text without names of runs."""
    parts = _DATE.split(text)  # what stands between dates, and the dates
    parts[::2] = [_INSIDE.sub(lambda found: _dots(found[0]), part) for part in parts[::2]]
    return "".join(parts)


def mask_cell(text: str) -> str:
    """Hide all digits of a phone cell but the last two, also between letters.

    A number in scientific notation is shown where its last digits are lost: it is nobody's then.

    Examples
    --------
    >>> mask_cell("209-555-0131x")
    '•••-•••-••31x'
    """
    is_lost = _SCIENTIFIC.fullmatch(text.strip()) is not None
    is_lost = is_lost and _digits(text.lower().partition("e")[0]) < PHONE_DIGITS
    return mask_phone(text if is_lost else _all_but_two(text))


def mask_value(text: str, *, digits: int = PHONE_DIGITS) -> str:
    """Hide all digits but the last two of a text that has as many as a phone number.

    >>> mask_value("no. 1,234.50"), mask_value("no. 201 555-0123")
    ('no. 1,234.50', 'no. ••• •••-••23')
    """
    return _all_but_two(text) if _digits(text) >= digits else text


def mask_example(text: str) -> str:
    """Hide all of an example, which may be anything, but its form, an E and the last two digits.

    >>> mask_example("Ann +1 201 555 0123"), mask_example("1.20156E+10")
    ('••• +• ••• ••• ••23', '•.•••••E+10')
    """
    return re.sub(r"[^\W\d_eE]", "•", _all_but_two(text[:_LONGEST_EXAMPLE]))


def _digits(text: str) -> int:
    """Count the digits of a text."""
    return len(re.findall(r"\d", text))


def _all_but_two(text: str) -> str:
    """Hide all digits of a text but the last two."""
    hidden = _digits(text) - 2
    return re.sub(r"\d", "•", text, count=hidden) if hidden > 0 else text


def mask_label(text: str) -> str:
    """Hide phone numbers in a text that may be a short number itself, such as a row's label."""
    if _digits(text) < PHONE_DIGITS or _NAMED.fullmatch(text):
        return text
    return mask_phone(text)


def mask_texts(value: Any) -> Any:
    """Mask a text, or the texts of a list; anything else stays as it is."""
    if isinstance(value, AlreadyMasked):
        return str.__str__(value)
    if isinstance(value, str):
        return mask_label(value)
    return [mask_texts(item) for item in value] if isinstance(value, list) else value


def _dots(number: str) -> str:
    """Replace every digit but the last two by a dot and drop everything else."""
    digits = re.sub(r"\D", "", number)
    kept = digits[-2:] if len(digits) > 2 else ""  # noqa: PLR2004 - two digits are shown, never all
    return "•" * (len(digits) - len(kept)) + kept


def redact(text: str, *secrets: str) -> str:
    """Replace secrets, and whatever looks like an access token, by dots.

    Parameters
    ----------
    text : str
        Anything that may surface: an answer of the service, a message.
    *secrets : str
        Values to hide wherever they stand, also in their percent-encoded form; those shorter than
        four characters where they stand alone, since inside words they are letters.

    Returns
    -------
    str

    Examples
    --------
    >>> redact("The access token has expired. Token provided was: 4f9a-11")
    'The access token has expired. Token provided was: •••'
    """
    forms = {form for secret in secrets if secret for form in _spellings(str(secret))}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= _SHORTEST_INSIDE:
            text = text.replace(form, HIDDEN)
        else:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", HIDDEN, text)
    for pattern in _TOKEN_PATTERNS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return text


def _spellings(secret: str) -> tuple[str, ...]:
    """Give the forms in which a secret can come back from a service."""
    return secret, quote(secret, safe=""), quote_plus(secret)

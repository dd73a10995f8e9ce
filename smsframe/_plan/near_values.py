"""Values as nearly equal: as numbers, as dates, or as words in any case.

Whether two messages are nearly the same (`smsframe._send.nearly_the_same`) is asked of messages
whose values are gone from the journal by then, so a value is kept as a hash of its *loose form*:

============================  ===========================  =======================================
value                         loose form                   equal to it
============================  ===========================  =======================================
``$1,234.50``                 ``1234.5``                   ``1234.5``, ``1.234,50 EUR``
``2026-11-22 14:30``          ``@11-22 14:30``             ``22 Nov at 14:30``, ``11/22/26 2:30 pm``
``22. November``              ``@11-22``                   ``22 de noviembre``, ``11月22日``
``14:30``                     ``@ 14:30``                  ``2:30 PM``
``O'Neil, Zoë``               ``oneilzoe``                 ``ONEIL ZOE``
``True``                      ``1``                        ``TRUE``, ``yes``, ``1``
``12.5 %``                    ``0.125``                    ``0.125``
``https://x.example/a``       ``xexamplea``                ``http://www.x.example/a?utm_id=1``
============================  ===========================  =======================================

A date is told without its year, which formats leave out, and 3 April like 4 March, since ``03/04``
is either. A lone separator in front of three digits groups thousands if it is a comma, and is the
decimal point if it is a point. Anything else is its letters and digits, without accents.

Half of a send's people have to match before anything is refused, so a rare confusion does no harm;
being asked to spell out every cell in Python would: a million distinct values take seconds. What is
plain ASCII and plainly words or a number is brought into form column by column; `loose_form` is the
rule, and the column's way is held to it by a test.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import bytes_of, offsets_of
from smsframe._text.hashes import hash_bytes, hash_texts

if TYPE_CHECKING:
    import numpy.typing as npt

WILDCARD: Final = np.uint64(0)
"""Stands for a value that is not known, or was a default: equal to every other."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_SAMPLE, _FEW = 256, 64

_CURRENCY: Final = (
    "(?:eur|usd|gbp|chf|cad|aud|nzd|inr|zar|brl|mxn|jpy|cny|sek|nok|dkk|pln|czk|huf|kr|rs)?"
)
_NUMBER: Final = re.compile(
    rf"[^\w\-(]*{_CURRENCY}\W*?(?P<sign>-?)[^\w\-.,]*"
    r"(?P<digits>\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?"
    r"|\d+(?:[.,]\d+)?)"
    rf"\W*{_CURRENCY}\W*"
)
_MONTH_NAMES: Final = (  # how they begin, without accents, in the languages of Europe
    *("jan gen ene styc led oca янв січ ιαν", "feb fev lut uno sub фев лют φεβ"),
    *("mar mrt maa bre мар бер", "apr avr abr kwi dub nis апр кві"),
    *("may mai maj mei mag kve маи мая тра μαι", "jun juin giu cze cerven haz июн чер ιουν"),
    *("jul juil lug lip cervenc tem июл лип ιουλ", "aug aou ago sie srp агу авг сер αυγ"),
    *("sep set wrz zar eyl сен вер σεπ", "oct okt ott out paz rij eki окт жов οκτ"),
    *("nov lis kas ноя лис νοε", "dec dez des dic gru pro ara дек гру δεκ"),
)
_MONTH_OF: Final = {
    name: month for month, names in enumerate(_MONTH_NAMES, 1) for name in names.split()
}
_MONTHS: Final = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_MONTH: Final = rf"(?P<name>{_MONTHS})[^\W\d_]*\.?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?"
_WEEKDAY: Final = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[., ]+)?"
_OF: Final = r"[ \-/]*(?:(?:of|de) )?"
_YEAR: Final = r"(?: de)?(?:[ ,.\-/]+\d{4}|[ ,.\-/]+\d{2}(?![:h\d]))?"
_CLOCK: Final = re.compile(
    r"(?:\W|at)*(\d{1,2})[:h.](\d{2})(?::\d{2}(?:\.\d+)?)?\W*([ap])?\W*m?\W*"
    r"(?:uhr|hrs?|[+-]\d{2}:?\d{2})?\W*"
)
_DATES: Final = tuple(
    re.compile(_WEEKDAY + pattern)
    for pattern in (
        r"\d{4}[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)t?",
        r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?:\d{4}|\d{2})?(?!\d)",
        r"(?P<day>\d{1,2})/(?P<month>\d{1,2})(?!\d)",
        rf"{_DAY}{_OF}{_MONTH}{_YEAR}",
        rf"{_MONTH}[ \-]*{_DAY}(?![:\d]){_YEAR}",
        r"(?:\d{2,4}[年년] ?)?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일号號]",
    )
)
_BEGINS_DATE: Final = re.compile(rf"{_WEEKDAY}(?:\d|{_MONTHS})")
_DAY_AND_MONTH: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.")
_NO_LETTERS_OR_DIGITS: Final = re.compile(  # vowels of Indian scripts are marks, and no letters
    r"(?:[^\w\u0900-\u0963\u0966-\u0dff]|[_\u02b0-\u02ff\u0640])+"
)

# ASCII in its lower-case letters and digits alone, and what is more than letters and whole numbers.
_LOWER: Final = bytes(range(256)).lower()
_DROPPED: Final = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_KEPT: Final = np.array([byte not in _DROPPED for byte in range(256)])
_DIGITS: Final = b"0123456789"
_LINK_NOISE: Final = r"^(?i:https?://(?:www\.)?)|[?&]utm_[a-z_]+=[^&#]*"
_TRUTH: Final = {"true": "1", "yes": "1", "false": "0", "no": "0"}
_SEPARATORS: Final = str.maketrans("\u066b\u066c", ".,")
_MORE_THAN_WORDS: Final = (
    r"^0[0-9]|[^\x00-\x7f]|^[^A-Za-z]*[^A-Za-z0-9][^A-Za-z]*$"
    rf"|(?i:[0-9](?:st|nd|rd|th)?\.?{_OF}(?:{_MONTHS})|(?:{_MONTHS})[a-z]*\.?[ \-]*[0-9]"
    rf"|{_CURRENCY[3:-2]}"
    r"|[0-9][:h][0-9]{2}|[0-9]\.[0-9]{2}[^0-9A-Za-z]*(?:[ap]|uhr|hr))"
)
_PLAIN_NUMBER: Final = r"^(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*|0)(?:\.[0-9]+)?$"


def loose_form(text: str) -> str:
    """Return the loose form of a value that is in canonical form.

    >>> loose_form("$1,234.50"), loose_form("22 Nov at 14:30"), loose_form("O'Neil, Ann")
    ('1234.5', '@11-22 14:30', 'oneilann')
    """
    if "://" in text or "utm_" in text:
        text = re.sub(_LINK_NOISE, "", text)
    low = text.casefold() if text.isascii() else _in_plain_digits(text.casefold())
    bare = _without_accents(low)
    if any(c.isdigit() for c in low):
        number = _NUMBER.fullmatch(low)
        if number and not _is_day_and_month(low):
            amount = _number(number["digits"], negative=bool(number["sign"]))
            unit = low[number.end("digits") :].lstrip()
            return _hundredth(amount) if unit.startswith("%") else amount
        plain = unicodedata.normalize("NFC", bare)  # Korean has fallen apart
        for date in _DATES if _BEGINS_DATE.match(plain) else ():
            if (found := date.match(plain)) and (told := _date(found, plain[found.end() :])):
                return told
        if _CLOCK.fullmatch(low):
            return f"@{_time(low) or ' 00:00'}"
    form = _NO_LETTERS_OR_DIGITS.sub("", bare)
    return _TRUTH.get(form, form) or low


def letters_and_digits(text: str) -> str:
    """Return the letters and digits of a text, without accents."""
    return _NO_LETTERS_OR_DIGITS.sub("", _without_accents(text))


def _in_plain_digits(text: str) -> str:
    """Return a text with the digits of other scripts as those that numbers and dates have here."""
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return "".join(digits).translate(_SEPARATORS)


def _is_day_and_month(text: str) -> bool:
    """Tell whether a text is a date such as 20.11., and no number with a full stop."""
    found = _DAY_AND_MONTH.fullmatch(text)
    return found is not None and _are_day_and_month(int(found[1]), int(found[2]))


def _are_day_and_month(one: int, other: int) -> bool:
    """Tell whether two numbers are a day and a month, in either order."""
    low, high = sorted((one, other))
    return 1 <= low <= 12 and high <= 31  # noqa: PLR2004 - months and days


def _without_accents(text: str) -> str:
    """Return a text without the accents of its letters."""
    if text.isascii():
        return text
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text))


def _number(digits: str, *, negative: bool) -> str:
    """Return a number without separators of thousands and zeros that say nothing."""
    separators = re.sub(r"\d", "", digits)
    last = separators[-1:]
    tail = len(digits) - digits.rfind(last) - 1 if last else 0
    is_decimal = last in (".", ",") and separators.count(last) == 1
    if is_decimal and len(separators) == 1 and tail == 3:  # noqa: PLR2004 - 1,234 and 1.234
        is_decimal = last == "."
    cut = len(digits) - tail - 1 if is_decimal else len(digits)
    whole = re.sub(r"\D", "", digits[:cut]).lstrip("0") or "0"
    fraction = digits[cut + 1 :].rstrip("0")
    told = f"{whole}.{fraction}" if fraction else whole
    return f"-{told}" if negative and told != "0" else told


def _hundredth(number: str) -> str:
    """Return a percentage as the number that it is."""
    told = f"{Decimal(number).scaleb(-2):f}"
    return told.rstrip("0").rstrip(".") if "." in told else told


def _date(found: re.Match[str], rest: str) -> str | None:
    """Return a date without its year, and its time of day unless that is midnight."""
    parts = found.groupdict()
    name = parts.get("name")
    month = _MONTH_OF[name] if name else int(parts["month"])
    low, high = sorted((month, int(parts["day"])))
    if not _are_day_and_month(low, high):
        return None
    time = _time(rest)
    return None if time is None else f"@{low:02}-{high:02}{time}"


def _time(rest: str) -> str | None:
    """Return what follows a date as a time of day, "" for none or midnight, None for other text."""
    if not re.search(r"\w", rest):
        return ""
    clock = _CLOCK.fullmatch(rest)
    if not clock:
        return None
    hour = int(clock[1]) % 12 + 12 * (clock[3] == "p") if clock[3] else int(clock[1])
    return "" if hour == int(clock[2]) == 0 else f" {hour:02}:{clock[2]}"


def loose_hashes(texts: pa.Array, key: np.uint64) -> npt.NDArray[np.uint64]:
    """Return a hash of the loose form of each text (in canonical form); a null is a WILDCARD."""
    if not len(texts):
        return np.empty(0, dtype=np.uint64)
    sample = texts.take(pa.array(np.arange(0, len(texts), max(len(texts) // _SAMPLE, 1))))
    if sample.nbytes and len(sample.unique()) <= min(_FEW, max(len(sample) // 2, 1)):
        hashes = _by_distinct(texts, key)
    else:
        hashes = _by_column(texts, key)
    if texts.null_count:
        hashes[pc.is_null(texts).to_numpy(zero_copy_only=False)] = WILDCARD
    return hashes


def _by_distinct(texts: pa.Array, key: np.uint64) -> npt.NDArray[np.uint64]:
    """Hash each distinct text once."""
    coded = texts.dictionary_encode()
    forms = [loose_form(text) for text in coded.dictionary.to_pylist()]
    hashes = np.append(hash_texts(pa.array(forms, pa.large_string()), key), WILDCARD)
    where = pc.fill_null(coded.indices, len(forms)).to_numpy(zero_copy_only=False)
    return hashes[where]


def _by_column(texts: pa.Array, key: np.uint64) -> npt.NDArray[np.uint64]:
    """Hash plain words and numbers as they lie in memory, and the others by themselves."""
    if b"://" in (raw := bytes_of(texts)) or b"utm_" in raw:
        texts = pc.replace_substring_regex(texts, _LINK_NOISE, "")
    raw, offsets = bytes_of(texts), offsets_of(texts)
    bounds = (offsets - offsets[0]).astype(np.int64)
    kept = raw.translate(_LOWER, _DROPPED)
    if len(kept) != len(raw):
        ends = np.append(0, np.cumsum(_KEPT[np.frombuffer(raw, np.uint8)]))
        bounds = ends[bounds]
    hashes = hash_bytes(kept, bounds, key)
    of_truth = hash_texts(pa.array([*_TRUTH, *_TRUTH.values()], pa.large_string()), key)
    for word, digit in zip(of_truth[: len(_TRUTH)], of_truth[len(_TRUTH) :], strict=True):
        hashes[hashes == word] = digit
    apart = _more_than_words(texts, raw, bounds)
    if apart.any():
        hashes[apart] = _of_numbers_and_others(texts.filter(pa.array(apart)), key)
    return hashes


def _more_than_words(
    texts: pa.Array, raw: bytes, bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Return which texts are no plain words or whole numbers; ``bounds`` are of what was kept."""
    empty: npt.NDArray[np.bool_] = bounds[1:] == bounds[:-1]
    others = raw.translate(None, _DIGITS)
    if raw.isascii() and len(others) == len(raw):
        return empty
    if not others:
        data = np.append(np.frombuffer(raw, np.uint8), np.uint8(0))
        zeros: npt.NDArray[np.bool_] = (data[bounds[:-1]] == ord("0")) & (np.diff(bounds) > 1)
        return empty | zeros
    needs = pc.fill_null(pc.match_substring_regex(texts, _MORE_THAN_WORDS), False)
    found: npt.NDArray[np.bool_] = needs.to_numpy(zero_copy_only=False)
    return found | empty


def _of_numbers_and_others(texts: pa.Array, key: np.uint64) -> npt.NDArray[np.uint64]:
    """Hash numbers as their digits alone, the rest one distinct text at a time."""
    is_number = pc.fill_null(pc.match_substring_regex(texts, _PLAIN_NUMBER), False)
    numbers = pc.replace_substring(texts.filter(is_number), ",", "")
    has_point = pc.match_substring(numbers, ".")
    trimmed = pc.utf8_rtrim(pc.utf8_rtrim(numbers, characters="0"), characters=".")
    hashes = np.empty(len(texts), dtype=np.uint64)
    mask = is_number.to_numpy(zero_copy_only=False)
    hashes[mask] = hash_texts(pc.if_else(has_point, trimmed, numbers), key)
    hashes[~mask] = _by_distinct(texts.filter(pc.invert(is_number)), key)
    return hashes

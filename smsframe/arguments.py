"""The arguments of ``plan`` and ``send``, checked against the frame before anything else happens.

Faults of arguments are the caller's to mend and are raised at once, all of them in one error, each
with what exists instead. Faults of rows are data and are found later, in ``planning.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from smsframe.errors import InputError
from smsframe.templates import near_misses

if TYPE_CHECKING:
    import pandas as pd

NAMED = 20
MAX_SOURCE = 200  # the API keeps 256 characters; the run and batch are appended to what is given

Format: TypeAlias = str | Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is the same for every recipient."""

    program: str
    content: str | None = None
    content_id: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    campaign_name: str | None = None
    ttl_minutes: int | None = None
    character_swap: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what; ``personalize`` is None when every tag that names a column is meant."""

    phone: Hashable | None = None
    lookup: Mapping[str, Hashable] = field(default_factory=dict)
    personalize: Mapping[str, Hashable] | None = None
    formats: Mapping[Hashable, Format] = field(default_factory=dict)
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to send."""

    campaign: str | None = None
    limit: int | None = None
    confirm: int | None = None
    problems: Literal["skip", "raise"] = "skip"
    duplicates: Literal["skip", "send"] = "skip"
    resend_unknown: bool = False
    price_per_segment: float | None = None
    fold: Literal["gsm7"] | None = None


def check_message(text: Any, given: Mapping[str, Any], faults: list[str]) -> Message:
    """Return what is the same for every recipient; faults are added to the list."""
    program = given["program"]
    if isinstance(program, int) and not isinstance(program, bool):
        program = str(program)
    if not isinstance(program, str) or not program.strip():
        faults.append(
            "program= is the id of the SMS program to send from, such as '148372'; "
            "client.programs() lists those of your account."
        )
        program = ""
    content_id = _optional_text(given, "content_id", faults)
    if text is not None and not isinstance(text, str):
        faults.append(f"The text is a {type(text).__name__}; it must be a string.")
        text = ""
    if (text is None) == (content_id is None):
        faults.append("Give either the text or content_id= (the id of a published message).")
    source = _optional_text(given, "source", faults)
    if source is not None and len(source) > MAX_SOURCE:
        faults.append(f"source= has {len(source)} characters; at most {MAX_SOURCE} fit.")
    return Message(
        program=program.strip(),
        content=text,
        content_id=content_id,
        defaults=_defaults(given["defaults"], faults),
        source=source,
        campaign_name=_optional_text(given, "campaign_name", faults),
        ttl_minutes=_whole(given, "ttl_minutes", 1, faults),
        character_swap=given["character_swap"],
    )


def check_columns(frame: pd.DataFrame, given: Mapping[str, Any], faults: list[str]) -> Columns:
    """Return which column is what; faults are added to the list."""
    phone, lookup = given["phone"], given["lookup"]
    if phone is not None:
        _need_column(frame, phone, "phone=", faults)
    if lookup is not None and not (isinstance(lookup, Mapping) and lookup):
        faults.append("lookup= maps a database field to a column: {'accountNumber': 'account'}.")
        lookup = None
    if phone is not None and lookup:
        faults.append("Give phone= or lookup=, not both: a message has one way to its recipient.")
    for name, column in (lookup or {}).items():
        _need_column(frame, column, f"lookup[{name!r}]", faults)
    formats = _mapping(
        given["formats"], "formats= maps a column to a format: {'total': ',.2f'}.", faults
    )
    for column in formats:
        _need_column(frame, column, "formats=", faults)
    return Columns(
        phone=phone,
        lookup=dict(lookup or {}),
        personalize=_personalize(frame, given["personalize"], faults),
        formats=formats,
        region=given["region"],
    )


def check_options(given: Mapping[str, Any], faults: list[str]) -> Options:
    """Return how to send; faults are added to the list."""
    _one_of(given, "problems", ("skip", "raise"), faults)
    _one_of(given, "duplicates", ("skip", "send"), faults)
    _one_of(given, "fold", (None, "gsm7"), faults)
    price = given["price_per_segment"]
    if price is not None and not isinstance(price, (int, float)):
        faults.append(f"price_per_segment={price!r} must be a number.")
    return Options(
        campaign=_optional_text(given, "campaign", faults),
        limit=_whole(given, "limit", 0, faults),
        confirm=_whole(given, "confirm", 0, faults),
        problems=given["problems"],
        duplicates=given["duplicates"],
        resend_unknown=bool(given["resend_unknown"]),
        price_per_segment=price,
        fold=given["fold"],
    )


def refuse(faults: Sequence[str]) -> None:
    """Raise all faults as one error; none when there are none."""
    if not faults:
        return
    if len(faults) == 1:
        raise InputError(faults[0], faults=list(faults))
    listed = "\n".join(f"  - {fault}" for fault in faults)
    raise InputError(f"{len(faults)} arguments cannot be used:\n{listed}", faults=list(faults))


def column_sentence(frame: pd.DataFrame, column: Any, where: str) -> str | None:
    """Return what is wrong with naming ``column``, or None."""
    try:
        found = sum(1 for name in frame.columns if name == column)
    except (TypeError, ValueError):
        found = 0
    if found == 1:
        return None
    if found:
        return f"{where} names column {column!r}, which the frame has {found} times: rename one."
    names = [str(name) for name in frame.columns]
    near = near_misses(str(column), names)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    shown = ", ".join(map(repr, names[:NAMED])) + (", …" if len(names) > NAMED else "")
    shown = shown or "no columns at all"
    return f"{where} names column {column!r}, which the frame does not have. {hint}It has: {shown}."


def _need_column(frame: pd.DataFrame, column: Any, where: str, faults: list[str]) -> None:
    """Note a fault unless the frame has the column exactly once."""
    sentence = column_sentence(frame, column, where)
    if sentence:
        faults.append(sentence)


def _personalize(
    frame: pd.DataFrame, given: Any, faults: list[str]
) -> Mapping[str, Hashable] | None:
    """Return tag → column as given; a list of columns stands for tags of the same names."""
    if given is None:
        return None
    if isinstance(given, str):
        given = [given]
    if isinstance(given, Mapping):
        mapping = {str(tag): column for tag, column in given.items()}
    elif isinstance(given, Sequence):
        mapping = {str(column): column for column in given}
    else:
        faults.append(
            "personalize= maps a tag to a column ({'Order': 'order_no'}) or lists columns."
        )
        return None
    for tag, column in mapping.items():
        _need_column(frame, column, f"personalize[{tag!r}]", faults)
    return mapping


def _defaults(given: Any, faults: list[str]) -> dict[str, str]:
    """Return the defaults as tag → text."""
    mapping = _mapping(given, "defaults= maps a tag to a text: {'FirstName': 'Customer'}.", faults)
    for tag, value in mapping.items():
        if not isinstance(value, str):
            faults.append(f"defaults[{tag!r}] is {value!r}; it must be a string.")
    return {str(tag): str(value) for tag, value in mapping.items()}


def _mapping(given: Any, sentence: str, faults: list[str]) -> dict[Any, Any]:
    """Return a mapping as a dict; None is empty; anything else is a fault."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        faults.append(sentence)
        return {}
    return dict(given)


def _optional_text(given: Mapping[str, Any], name: str, faults: list[str]) -> str | None:
    """Return a text argument; None stays None; blank or another type is a fault."""
    value = given[name]
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    faults.append(f"{name}={value!r} must be a text that is not blank, or be left out.")
    return None


def _whole(given: Mapping[str, Any], name: str, least: int, faults: list[str]) -> int | None:
    """Return a whole-number argument; None stays None."""
    value = given[name]
    if value is None:
        return None
    whole = not isinstance(value, bool) and hasattr(value, "__index__")
    if not whole or int(value) < least:
        faults.append(f"{name}={value!r} must be a whole number of at least {least}.")
        return None
    return int(value)


def _one_of(
    given: Mapping[str, Any], name: str, choices: tuple[Any, ...], faults: list[str]
) -> None:
    """Note a fault unless the argument is one of the choices."""
    if given[name] not in choices:
        listed = " or ".join(repr(choice) for choice in choices)
        faults.append(f"{name}={given[name]!r} must be {listed}.")

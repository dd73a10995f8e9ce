"""What a send call must look like: every refusal of the API, and the reading of a call's body.

``REFUSALS`` is the whole response table of the API in one place: status, exact message, and where
the message sits. The vendor documents the messages, and shows two of them in place; the rest of the
placement is our guess: a check about one field (``content``, ``contacts``, ``channelQualifier``) is
reported under that field in ``fieldErrors``, everything else in ``generalErrors``. Change it here
and nowhere else.

Checks run in this order, and the first group that fails answers: may the call be made at all (in
flight, token, rights: ``app.py``), is it JSON of the right shape, its own fields (several field
errors are reported together), each contact, then what needs the database (program, published
message, placeholders: ``delivery.py``). Nothing is stored before all of them have passed, so a
refusal messages nobody.

Guesses about what nobody documents: an empty or null ``contactId`` is none; a contact with both id
and lookup goes by its id; a lookup entry without name or value, or for another channel, gives no
lookup key; numbers and booleans where text is due are taken as their text; a blank ``content`` is
empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import orjson

MAX_CONTACTS = 1000
MAX_CONTENT_CHARACTERS = 800
Kind = TypeVar("Kind", list[Any], str, dict[str, Any])


class Refusal(NamedTuple):
    """One row of the response table: HTTP status, message and the field it is reported under."""

    status: int
    message: str
    field: str | None = None


REFUSALS = {
    "wrong_tags": Refusal(400, "Wrong personalization tags {tag}"),
    "bad_request": Refusal(400, "Bad Request"),
    "program": Refusal(
        400, "SMS Program is inactive or not found with identifier {id}.", "channelQualifier"
    ),
    "no_program": Refusal(400, "Channel qualifier should be present", "channelQualifier"),
    "content_too_long": Refusal(
        400, "The message exceeded the maximum 800 character limit.", "content"
    ),
    "no_content": Refusal(400, "SMS content should be present", "content"),
    "contact_count": Refusal(
        400,
        "Contacts must contain at least 1 contact and cannot exceed more than 1000 contacts.",
        "contacts",
    ),
    "contact_empty": Refusal(
        400,
        "Contact information is empty. Please provide contact identifier or lookup keys.",
        "contacts",
    ),
    "token_expired": Refusal(401, "The access token has expired. Token provided was: {token}"),
    # The next two are guesses: only the expired token is documented.
    "token_wrong": Refusal(401, "The access token is invalid. Token provided was: {token}"),
    "token_missing": Refusal(401, "Full authentication is required."),
    "forbidden": Refusal(403, "Forbidden"),
}


class RefusedError(Exception):
    """The API says no: ``status``, ``general`` messages and messages by ``fields``."""

    def __init__(self, *codes: str, **words: str) -> None:
        super().__init__(", ".join(codes))
        refusals = [REFUSALS[code] for code in codes]
        self.status = refusals[0].status
        self.general = [r.message.format(**words) for r in refusals if r.field is None]
        self.fields = {r.field: r.message.format(**words) for r in refusals if r.field}


@dataclass(frozen=True, slots=True)
class Entry:
    """One contact of a call: who it is (``phone`` or ``lookup``) and its own values."""

    phone: str | None
    lookup: tuple[tuple[str, str], ...]
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A send call that is well formed; what the database says about it is still open."""

    program: str
    content: str
    content_id: str | None
    contacts: list[Entry]
    defaults: dict[str, str]
    source: str | None
    campaign: str | None


def parse_json(body: bytes) -> Any:
    """Return the body as Python values, or ``None`` when it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def read_call(payload: Any, *, external: bool = False) -> Call:
    """Check the parsed body of a send call and return it, or raise :class:`RefusedError`."""
    fields = _object(payload)
    program = _text(fields.get("channelQualifier")) or ""
    content = _optional(fields.get("content"), str)
    content_id = _text(fields.get("contentId")) or None
    contacts = _optional(fields.get("contacts"), list)
    _check_options(fields)
    _check_fields(program, content, content_id, contacts)
    return Call(
        program=program,
        content=content,
        content_id=content_id,
        contacts=[_entry(_object(contact), external=external) for contact in contacts],
        defaults=_values(fields.get("personalizationDefaults")),
        source=_text(fields.get("source")),
        campaign=_text(fields.get("campaignName")),
    )


def _check_fields(program: str, content: str, content_id: str | None, contacts: list[Any]) -> None:
    """Report everything that is wrong with the call's own fields at once."""
    problems = [] if program.strip() else ["no_program"]
    if content_id is None and not content.strip():
        problems.append("no_content")
    elif content_id is None and len(content) > MAX_CONTENT_CHARACTERS:
        problems.append("content_too_long")
    if not 1 <= len(contacts) <= MAX_CONTACTS:
        problems.append("contact_count")
    if problems:
        raise RefusedError(*problems)


def _check_options(fields: dict[str, Any]) -> None:
    """Refuse options of the wrong type; none of them changes what the sandbox does."""
    ttl = fields.get("ttlInMinutes")
    if ttl is not None and (not isinstance(ttl, int) or isinstance(ttl, bool) or ttl < 0):
        raise RefusedError("bad_request")
    if not isinstance(fields.get("characterSwapEnabled"), bool | None):
        raise RefusedError("bad_request")


def _entry(contact: dict[str, Any], *, external: bool) -> Entry:
    """Read a contact: ``contactId``, else ``contactLookup``; an external one's ``phoneNumber``."""
    phone = _text(contact.get("phoneNumber" if external else "contactId")) or None
    lookup = () if phone or external else _lookup(_optional(contact.get("contactLookup"), list))
    if phone is None and not lookup:
        raise RefusedError("contact_empty")
    return Entry(phone, lookup, _values(contact.get("personalization")))


def _lookup(keys: list[Any]) -> tuple[tuple[str, str], ...]:
    """Read lookup keys; all three members of each are required, and the channel is SMS."""
    pairs = []
    for key in map(_object, keys):
        name, value = _text(key.get("name")), _text(key.get("value"))
        if not name or not value or key.get("channel") != "SMS":
            raise RefusedError("contact_empty")
        pairs.append((name, value))
    return tuple(pairs)


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object, or refuse the call."""
    if not isinstance(value, dict):
        raise RefusedError("bad_request")
    return value


def _optional(value: Any, kind: type[Kind]) -> Kind:
    """Return a JSON value of a kind, an empty one when it is absent, or refuse the call."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise RefusedError("bad_request")
    return value


def _text(value: Any) -> str | None:
    """Return a JSON scalar as text, ``None`` when it is absent, or refuse the call."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise RefusedError("bad_request")


def _values(value: Any) -> dict[str, str]:
    """Read a map of names to texts; a null is a name that is known but has no value."""
    return {name: _text(item) or "" for name, item in _optional(value, dict).items()}

"""Requests and answers as they stand on the wire: bytes in, bytes out, no network.

Decisions:

- Contacts are encoded by column. The JSON text of all contacts is joined by pyarrow's string
  kernels in one pass; only values that hold a character JSON must escape are touched one by one. A
  property test keeps the result equal to a plain ``json.dumps``.
- Answers are read with tolerance: a proxy's HTML page, an empty body, a list where a map was
  promised. What cannot be read is said to be unreadable; it never raises while an outcome is being
  worked out.
- ``contactId`` is sent as a string of digits. The vendor's table calls it a long, its samples send
  strings.

[guess] The "status not found" text is looked for anywhere in the answer, since nobody documents its
place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import orjson
import pyarrow as pa
from pyarrow import compute

from smsframe._base.arrow import bytes_of, holds_any
from smsframe.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from smsframe._base.message import Message

    Text: TypeAlias = pa.StringArray
    Strings: TypeAlias = pa.StringArray | pa.LargeStringArray | pa.ChunkedArray[Any]
    Piece: TypeAlias = str | Text

__all__ = ["ContactStatus", "Envelope", "Program", "SendRequest", "SendStatus", "encode_contacts"]

LONGEST_MESSAGE = 400  # characters that are kept of what the service says in its own words
STATUS_NOT_FOUND = "transaction status not found"

pc: Any = compute  # the stubs know kernels of arrays or of scalars, but not of both together

_EXCERPT_LENGTH = 300
_MUST_ESCAPE = r'[\x00-\x1f"\\]'
_SPECIAL_BYTES = bytes([*range(ord(" ")), *b'"\\'])


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """One call of ``POST /rest/channels/sms/sends``: one text to at most 1000 contacts.

    Parameters
    ----------
    message : Message
        What is the same for every contact.
    contacts : bytes
        JSON array, from `encode_contacts`.
    size : int
        Number of contacts in it.
    leave_by : float, optional
        When the hours of a contact end, in seconds since 1970: the call leaves before, or never.
    """

    message: Message
    contacts: bytes = field(repr=False)
    size: int
    leave_by: float | None = None

    def body(self) -> bytes:
        """JSON of the whole call; parts that are None or empty are left out."""
        head = orjson.dumps(self._envelope())
        return b"%b,%b%b}" % (head[:-1], b'"contacts":', self.contacts)

    def _envelope(self) -> dict[str, Any]:
        """Everything but the contacts, by its name on the wire."""
        said = self.message
        named = {
            "channelQualifier": said.program,
            "content": said.content,
            "contentId": said.content_id,
            "personalizationDefaults": dict(said.defaults) or None,
            "source": said.source,
            "campaignName": said.campaign_name,
            "ttlInMinutes": said.ttl_minutes,
            "characterSwapEnabled": said.character_swap,
        }
        return {name: value for name, value in named.items() if value is not None}


def encode_contacts(
    size: int,
    *,
    contact_ids: Strings | None = None,
    lookups: Mapping[str, Strings] | None = None,
    personalization: Mapping[str, Strings] | None = None,
) -> bytes:
    """JSON array of contacts, from columns.

    Parameters
    ----------
    size : int
        Number of contacts; every column has this length.
    contact_ids : pyarrow string array, optional
        Phone numbers: digits with country code, no ``+``, no nulls.
    lookups : mapping of str to pyarrow string array, optional
        Database field → values, without nulls; instead of `contact_ids`.
    personalization : mapping of str to pyarrow string array, optional
        Tag → values. A null leaves that tag out for that contact.

    Returns
    -------
    bytes
        UTF-8, without blanks.

    Raises
    ------
    TypeError
        A column is not made of strings.
    ValueError
        A column has another length, an address is null, or there is not exactly one way of
        addressing.

    Examples
    --------
    >>> import pyarrow as pa
    >>> encode_contacts(1, contact_ids=pa.array(["12015550123"]),
    ...                 personalization={"Order": pa.array(["A1"])})
    b'[{"contactId":"12015550123","personalization":{"Order":"A1"}}]'
    """
    address = _address_pieces(size, contact_ids, lookups or {})
    if size == 0:
        return b"[]"
    values = {tag: _strings(column, size, tag) for tag, column in (personalization or {}).items()}
    rows = _join([*address, *_personalization_pieces(values), "},"])
    return b"[%b]" % bytes_of(rows)[:-1]


def _address_pieces(
    size: int, contact_ids: Strings | None, lookups: Mapping[str, Strings]
) -> list[Piece]:
    """Text pieces and columns that address each contact."""
    if (contact_ids is None) == (not lookups):
        raise ValueError("give either contact_ids or lookups")
    if contact_ids is not None:
        return ['{"contactId":"', _complete(contact_ids, size, "contact_ids"), '"']
    pieces: list[Piece] = []
    opening = '{"contactLookup":['
    for name, column in lookups.items():
        pieces += [f'{opening}{{"name":{_quoted(name)},"value":"', _complete(column, size, name)]
        opening = '","channel":"SMS"},'
    return [*pieces, '","channel":"SMS"}]']


def _personalization_pieces(values: Mapping[str, Text]) -> list[Piece]:
    """Text pieces and columns of the personalization; empty where a contact has none."""
    full = {tag: column for tag, column in values.items() if not column.null_count}
    sparse = {tag: column for tag, column in values.items() if column.null_count}
    if sparse and not full:
        return [_sparse_personalization(sparse)]
    pieces: list[Piece] = []
    opening = ',"personalization":{'
    for tag, column in full.items():
        pieces += [f'{opening}{_quoted(tag)}:"', column]
        opening = '",'
    rest = [_or_empty(_join([f',{_quoted(tag)}:"', sparse[tag], '"'])) for tag in sparse]
    return [*pieces, '"', *rest, "}"] if pieces else []


def _sparse_personalization(values: Mapping[str, Text]) -> Text:
    """Whole personalization texts, empty for contacts without any value."""
    # Joining with null_handling="skip" would be shorter, but drops rows that are all null.
    entries = [_join([f'{_quoted(tag)}:"', values[tag], '",']) for tag in values]
    listed = _join([_or_empty(entry) for entry in entries])
    inner = pc.utf8_slice_codeunits(listed, 0, -1)
    whole: Text = pc.if_else(pc.equal(listed, ""), "", _join([',"personalization":{', inner, "}"]))
    return whole


def _or_empty(column: Text) -> Text:
    """Put empty text in the place of nulls."""
    filled: Text = pc.fill_null(column, "")
    return filled


def _complete(column: Strings, size: int, name: str) -> Text:
    """Check a column that may not hold nulls."""
    if column.null_count:
        raise ValueError(f"column {name!r} addresses contacts and has nulls")
    return _strings(column, size, name)


def _strings(column: Strings, size: int, name: str) -> Text:
    """Check a column and escape what JSON does not take as it is."""
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise TypeError(f"column {name!r} must be made of strings, not {kind}")
    if len(column) != size:
        raise ValueError(f"column {name!r} has {len(column)} values, expected {size}")
    whole: Any = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return _escaped(whole if pa.types.is_string(kind) else whole.cast(pa.string()))


def _escaped(column: Text) -> Text:
    """Escape the values that need it; a look at all bytes at once is the usual whole cost."""
    if not holds_any(column, _SPECIAL_BYTES):
        return column
    needs = pc.fill_null(pc.match_substring_regex(column, _MUST_ESCAPE), fill_value=False)
    fixed = [_quoted(str(text))[1:-1] for text in column.filter(needs).to_pylist()]
    escaped: Text = pc.replace_with_mask(column, needs, pa.array(fixed, pa.string()))
    return escaped


def _quoted(text: str) -> str:
    """JSON string of a text, quotes included."""
    return orjson.dumps(text).decode()


def _join(pieces: Iterable[Piece]) -> Text:
    """Join texts and columns row by row; a null makes its row null."""
    together: list[Piece] = []  # neighbouring texts as one: each piece costs as much as a column
    for piece in pieces:
        if together and isinstance(piece, str) and isinstance(together[-1], str):
            together[-1] += piece
        else:
            together.append(piece)
    joined: Text = pc.binary_join_element_wise(*together, "")
    return joined


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Envelope:
    """An answer of the service, taken apart with tolerance; it may quote anything, so no repr.

    ``is_readable`` says that the body was a JSON object; ``text`` is a short plain-text excerpt of
    any other body, such as a proxy's HTML page. ``other_errors`` are in none of the places that the
    API uses, but in those of gateways and of the token endpoint.
    """

    data: Any = None
    general_errors: tuple[str, ...] = ()
    other_errors: tuple[str, ...] = ()
    field_errors: Mapping[str, str] = field(default_factory=dict)
    is_readable: bool = True
    text: str = ""

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a body, whatever it is."""
        try:
            answer = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            return cls(is_readable=False, text=_excerpt(body.decode("utf-8", "replace")))
        if not isinstance(answer, dict):
            return cls(is_readable=False, text=_excerpt(" ".join(_texts(answer))))
        meta = answer.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        return cls(
            data=answer.get("data"),
            general_errors=tuple(_texts(meta.get("generalErrors"))),
            other_errors=_other_errors(answer),
            field_errors=_field_errors(meta.get("fieldErrors")),
        )

    @property
    def messages(self) -> tuple[str, ...]:
        """Everything the service said went wrong, general errors first, else the excerpt."""
        said = (*self.general_errors, *self.other_errors, *self.field_errors.values())
        return said or ((self.text,) if self.text else ())

    def says(self, words: str) -> bool:
        """Tell whether some text in the answer, its data included, contains these words."""
        texts = [*self.messages, *_texts(self.data)]
        return any(words.casefold() in text.casefold() for text in texts)


def _other_errors(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Error texts in the shapes that gateways and the token endpoint use."""
    names = ("error", "error_description", "message")
    return tuple(text for name in names for text in _texts(answer.get(name)))


def _field_errors(found: Any) -> dict[str, str]:
    """Field → text, from a map or, tolerated, from anything else that holds texts."""
    if isinstance(found, dict):
        joined = {str(name): "; ".join(_texts(value)) for name, value in found.items()}
        return {name: text for name, text in joined.items() if text}
    return {str(number): text for number, text in enumerate(_texts(found))}


def _texts(value: Any) -> Iterator[str]:
    """All non-blank texts in a JSON value, in order."""
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _excerpt(text: str) -> str:
    """First words of a page, without its markup."""
    bare = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>|<[^>]*>", " ", text[: 20 * _EXCERPT_LENGTH])
    return " ".join(bare.split())[:_EXCERPT_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStatus:
    """What became of one contact of a send; ``message`` says why it was not sent."""

    contact_id: str | None = None
    lookup: Mapping[str, str] | None = None
    sent: bool
    message: str = ""

    @classmethod
    def read(cls, record: Any) -> Self | None:
        """Read one entry of ``contactStatus``, None when it is no record."""
        if not isinstance(record, dict):
            return None
        number = record.get("contactId", record.get("contactID"))
        return cls(
            contact_id=None if number is None else str(number),
            lookup=_lookup(record.get("contactLookup")),
            sent=str(record.get("smsSent")).lower() == "true",
            message="; ".join(_texts(record.get("message")))[:LONGEST_MESSAGE],
        )


def _lookup(found: Any) -> dict[str, str] | None:
    """Field → value of a contact lookup, from the array the request used or from a plain map."""
    if isinstance(found, list):
        entries = [entry for entry in found if isinstance(entry, dict) and "name" in entry]
        return {str(entry["name"]): str(entry.get("value", "")) for entry in entries} or None
    if isinstance(found, dict):
        return {str(name): str(value) for name, value in found.items()} or None
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendStatus:
    """What the service knows of one send; not ``ready``: ask again later, or the id is unknown."""

    response_id: str
    ready: bool
    total_contacts: int = 0
    contacts_processed: int = 0
    errors: str = ""
    contacts: tuple[ContactStatus, ...] = ()

    @classmethod
    def from_envelope(cls, response_id: str, envelope: Envelope) -> Self:
        """Read the answer of the status endpoint; ApiError when it cannot be understood."""
        data = envelope.data
        if isinstance(data, dict) and {"contactStatus", "totalContacts"} & data.keys():
            return cls._from_data(response_id, data)
        if envelope.says(STATUS_NOT_FOUND):
            return cls(response_id=response_id, ready=False)
        raise ApiError(
            f"The status of {response_id} came back in a form that cannot be read; try later.",
            response_id=response_id,
        )

    @classmethod
    def _from_data(cls, response_id: str, data: Mapping[str, Any]) -> Self:
        """Read a complete status."""
        listed = data.get("contactStatus")
        records = listed if isinstance(listed, list) else []
        entries = [ContactStatus.read(record) for record in records]
        return cls(
            response_id=response_id,
            ready=True,
            total_contacts=_count(data.get("totalContacts")),
            contacts_processed=_count(data.get("contactsProcessed")),
            errors="; ".join(_texts(data.get("errors")))[:LONGEST_MESSAGE],
            contacts=tuple(entry for entry in entries if entry is not None),
        )


def _count(value: Any) -> int:
    """Read a number, 0 when it is none."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An SMS program: who the messages come from."""

    id: str
    program_name: str | None = None
    campaign_name: str | None = None
    code: str | None = None
    sender_id: str | None = None
    status: str | None = None
    type: str | None = None
    country: str | None = None

    @classmethod
    def read_all(cls, data: Any) -> list[Self]:
        """Read the list of programs, leaving out what is no program."""
        records = data if isinstance(data, list) else []
        return [cls._read(record) for record in records if isinstance(record, dict)]

    @classmethod
    def _read(cls, record: Mapping[str, Any]) -> Self:
        """Read one program."""
        names = ("programName", "campaignName", "code", "senderId", "status", "type", "country")
        texts = [None if record.get(name) is None else str(record[name]) for name in names]
        return cls(
            id=str(record.get("id", "")),
            **dict(zip(list(cls.__slots__)[1:], texts, strict=True)),
        )

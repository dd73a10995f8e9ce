"""A call that sends, as it stands on the wire: columns in, bytes out, no network.

Decisions:

- Contacts are encoded by column. The JSON text of all contacts is joined by pyarrow's string
  kernels in one pass; only values that hold a character JSON must escape are touched one by one. A
  property test keeps the result equal to a plain ``json.dumps``.
- ``contactId`` is sent as a string of digits. The vendor's table calls it a long, its samples send
  strings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson
import pyarrow as pa
from pyarrow import compute

from smsframe._base.arrow import bytes_of, holds_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smsframe._base.message import Message

    Text: TypeAlias = pa.StringArray
    Strings: TypeAlias = pa.StringArray | pa.LargeStringArray | pa.ChunkedArray[Any]
    Piece: TypeAlias = str | Text

__all__ = ["SendRequest", "encode_contacts"]

pc: Any = compute  # the stubs know kernels of arrays or of scalars, but not of both together

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

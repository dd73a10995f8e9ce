"""What the reading endpoints answer: what became of a send and its contacts, and the programs.

Read with tolerance, as the envelope around it is.

[guess] The "status not found" text is looked for anywhere in the answer, since nobody documents its
place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from smsframe._acoustic.envelope import LONGEST_MESSAGE, texts_in
from smsframe.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._acoustic.envelope import Envelope

__all__ = ["STATUS_NOT_FOUND", "ContactStatus", "Program", "SendStatus"]

STATUS_NOT_FOUND = "transaction status not found"


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
            message="; ".join(texts_in(record.get("message")))[:LONGEST_MESSAGE],
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
        if not (isinstance(data, dict) and {"contactStatus", "totalContacts"} & data.keys()):
            if envelope.says(STATUS_NOT_FOUND):
                return cls(response_id=response_id, ready=False)
            raise ApiError(
                f"The status of {response_id} came back in a form that cannot be read; try later.",
                response_id=response_id,
            )
        listed = data.get("contactStatus")
        records = listed if isinstance(listed, list) else []
        entries = [ContactStatus.read(record) for record in records]
        return cls(
            response_id=response_id,
            ready=True,
            total_contacts=_count(data.get("totalContacts")),
            contacts_processed=_count(data.get("contactsProcessed")),
            errors="; ".join(texts_in(data.get("errors")))[:LONGEST_MESSAGE],
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

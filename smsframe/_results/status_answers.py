"""What the status endpoint says of a send, brought back to its messages. Pure.

An answer lists contacts, and nothing promises their order, spelling or number. So an entry is
matched by its contact id, else by its lookup, and by its position only where nothing else is
possible: a batch that was addressed by lookups and is answered by ids, or by nothing at all, in the
same number. Ids that were not sent are never taken by position: they are evidence that this is not
our list.

Two entries for one contact are one if they agree; if they do not, *sent* counts, for a phone has
shown the text.

[guess] The reasons for which a message is not sent are documented nowhere; `REASONS` reads them,
and whatever it does not know is ``not_sent`` with the service's own words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smsframe._base.masking import mask_phone
from smsframe._journal import payloads
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from smsframe._acoustic.answers import ContactStatus, SendStatus

OPEN, SENT, NOT_SENT = range(3)

REASONS = (
    (r"opted?[ -]?out|unsubscri", "opted_out"),
    (r"no consent|not opted|consent", "no_consent"),
    (r"not found|unknown contact|no contact|does not exist", "contact_not_found"),
    (r"more than one|multiple|ambiguous", "contact_ambiguous"),
    (r"phone|number|msisdn|landline", "contact_not_a_phone"),
)
"""Words of the service → code; the first that fits."""

_SILENT = "The service did not say why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was said of each message of a batch: ``sent`` (`OPEN`, `SENT`, `NOT_SENT`) and why.

    ``message`` numbers ``messages``, -1 for none.
    """

    sent: npt.NDArray[np.uint8]
    message: npt.NDArray[np.int32]
    messages: list[str]

    def pack(self) -> bytes:
        """Return this as bytes for the journal."""
        texts = pa.array(self.messages, pa.string())
        return payloads.pack_statuses(
            self.sent, texts.take(pa.array(self.message, mask=self.message < 0))
        )


class Mismatch(NamedTuple):
    """How an answer differs from what was asked about, in entries."""

    missing: int = 0
    extra: int = 0
    repeated: int = 0
    contradicting: int = 0


def unpack(blob: bytes, size: int) -> Recorded:
    """Read what was packed; JournalError when it is not of ``size`` messages."""
    table = payloads.unpack(blob)
    if len(table) != size:
        raise JournalError("Stored statuses are not of their batch; the journal is damaged.")
    messages = table["message"].combine_chunks()
    return Recorded(
        sent=table["sent"].to_numpy().astype(np.uint8),
        message=messages.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32),
        messages=messages.dictionary.to_pylist(),
    )


def reason_of(message: str) -> tuple[str, str]:
    """Return code and sentence of a message that was not sent."""
    for words, code in REASONS:
        if re.search(words, message, re.IGNORECASE):
            return code, message
    return "not_sent", message or _SILENT


def match(status: SendStatus, contacts: Sequence[str]) -> tuple[Recorded, Mismatch]:
    """Bring the entries of an answer back to the messages of a batch.

    Parameters
    ----------
    status : SendStatus
        A ready answer.
    contacts : sequence of str
        Whom each message addressed: digits, or ``field=value`` texts of a lookup.
    """
    entries, size = status.contacts, len(contacts)
    places = _places(entries, contacts)
    sent = np.zeros(size, dtype=np.uint8)
    message = np.full(size, -1, dtype=np.int32)
    messages: dict[str, int] = {}
    repeated = contradicting = 0
    for entry, place in zip(entries, places, strict=True):
        if place < 0:
            continue
        said = SENT if entry.sent else NOT_SENT
        repeated += sent[place] != OPEN
        contradicting += sent[place] not in (OPEN, said)
        if sent[place] != SENT:
            sent[place] = said
            text = mask_phone(entry.message)
            message[place] = -1 if said == SENT else messages.setdefault(text, len(messages))
    recorded = Recorded(sent=sent, message=message, messages=list(messages))
    mismatch = Mismatch(
        missing=int((sent == OPEN).sum()),
        extra=sum(place < 0 for place in places),
        repeated=int(repeated),
        contradicting=int(contradicting),
    )
    return recorded, mismatch


def _places(entries: Sequence[ContactStatus], contacts: Sequence[str]) -> list[int]:
    """Return the message that each entry speaks of, -1 for none of ours."""
    exact = {contact: place for place, contact in enumerate(contacts)}
    worded = _by_words(contacts)
    places = [_place(entry, exact, worded) for entry in entries]
    by_position = len(entries) == len(contacts) and _unlike(entries, contacts)
    return list(range(len(contacts))) if by_position else places


def _unlike(entries: Iterable[ContactStatus], contacts: Iterable[str]) -> bool:
    """Tell whether an answer names contacts in another way than the call did, or not at all."""
    by_lookup = all("=" in contact for contact in contacts)
    return all(
        (entry.contact_id is None and entry.lookup is None) or (by_lookup and entry.lookup is None)
        for entry in entries
    )


def _place(entry: ContactStatus, exact: dict[str, int], worded: dict[str, int]) -> int:
    """Return the message that an entry names by id or by lookup, -1 for none."""
    if entry.contact_id is not None:
        place = exact.get(digits_of(entry.contact_id), -1)
        if place >= 0:
            return place
    if entry.lookup is None:
        return -1
    text = " ".join(f"{name}={value}" for name, value in entry.lookup.items())
    return exact.get(text, worded.get(_words(text), -1))


def _by_words(contacts: Sequence[str]) -> dict[str, int]:
    """Index lookups by their words in any order, since an answer may sort its fields."""
    words = [_words(contact) for contact in contacts]
    often = Counter(words)
    return {word: place for place, word in enumerate(words) if often[word] == 1 and "=" in word}


def _words(text: str) -> str:
    """Return a text with its words sorted."""
    return " ".join(sorted(text.split(" ")))


def digits_of(contact_id: str) -> str:
    """Return an id as digits: ``+1 201…``, ``12015550123`` and ``12015550123.0`` are one."""
    return re.sub(r"\D", "", re.sub(r"\.0+$", "", contact_id))

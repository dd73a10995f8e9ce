"""Who got what, as 16 bytes: the identity of a message that never-twice rests on.

A *scope* is one campaign of one program of one account. Unnamed, the campaign is the text itself
with its defaults (or the id of the published message), so another text is another campaign. Named,
it is the name alone, so the text may be corrected without texting anyone a second time.

A *send key* is blake2b-128 of the scope, the recipient, the personalization (tag and value, in the
order of the tags' names; a missing value is not the same as an empty one) and, for repeats that
were asked for, an occurrence number. It holds neither a row's position nor a column's name: rows
may be sorted, columns renamed, frames cut and joined, and a message stays the message it was. A
default that stands in for a missing value is left out of the key, so that a corrected default does
not make old messages new.

A *person* is a 64-bit keyed hash of the scope and the recipient alone. Named campaigns keep it too:
when a message of the campaign is no longer in the frame and a new one to the same person is, the
values were most likely corrected, and a corrected value is no reason to text somebody again
(``matching.py``).

The layout of the bytes that are hashed is fixed for good: changing it would make every old message
new. It is therefore not shared with the layout of the API's calls.

Hashing is the dearest part of a plan that is held against the journal: half a microsecond a row,
nearly all of it the calls themselves. Rows taken from a list of bytes are a quarter cheaper than
pieces of one memory; a keyed hash made anew for each row costs three times a copy of a started one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.text_bytes import holds_any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

UNIT, RECORD, MISSING = "\x1f", "\x1e", "\x1d"
_SEPARATING = (UNIT + RECORD + MISSING).encode()
KEY_BYTES = 16


def scope_of(
    account: str,
    program: str,
    campaign: str | None,
    *,
    content: str | None = None,
    content_id: str | None = None,
    defaults: Mapping[str, str] | None = None,
) -> bytes:
    """Return the 16 bytes that name one campaign of one program of one account."""
    if campaign is not None:
        what: list[Any] = ["named", campaign]
    else:
        what = ["text", content, content_id, sorted((defaults or {}).items())]
    return hashlib.blake2b(orjson.dumps([account, program, what]), digest_size=KEY_BYTES).digest()


def send_keys(
    scope: bytes,
    recipients: pa.Array,
    personalization: Mapping[str, pa.Array],
    occurrences: npt.NDArray[np.int32] | None = None,
) -> bytes:
    """Return the send keys of messages, 16 bytes each, one after the other.

    Parameters
    ----------
    scope : bytes
        From :func:`scope_of`.
    recipients : Array of string, shape (n,)
        Whom each message goes to; no nulls.
    personalization : mapping of tag to Array of string, shape (n,)
        The values as read from the frame; null where the value is missing.
    occurrences : array of int32, shape (n,), optional
        0 for a first message, 1 for its first wanted repeat, and so on. None means all 0.
    """
    start = hashlib.blake2b(scope, digest_size=KEY_BYTES)
    return b"".join(_digests(start.copy, _joined(recipients, personalization, occurrences)))


def _joined(
    recipients: pa.Array,
    personalization: Mapping[str, pa.Array],
    occurrences: npt.NDArray[np.int32] | None,
) -> pa.Array:
    """Return what is hashed of each message, as one text."""
    parts = [_plain(recipients)]
    for tag in sorted(personalization):
        parts.append(pa.scalar(RECORD + tag + UNIT, pa.large_string()))
        parts.append(pc.fill_null(_plain(personalization[tag]), MISSING))
    if occurrences is not None and occurrences.any():
        numbers = pc.cast(pa.array(occurrences), pa.string())
        repeat = pc.binary_join_element_wise(pa.scalar(RECORD), numbers, RECORD)
        parts.append(pc.if_else(pa.array(occurrences > 0), repeat, "").cast(pa.large_string()))
    return pc.binary_join_element_wise(*parts, pa.scalar("", pa.large_string()))


def _digests(start: Callable[[], Any], rows: pa.Array) -> Iterator[bytes]:
    """Yield the key of each row; what is common to all was hashed already."""
    for row in rows.cast(pa.large_binary()).to_pylist():
        state = start()
        state.update(row)
        yield state.digest()


def people(scope: bytes, recipients: pa.Array) -> npt.NDArray[np.uint64]:
    """Return a 64-bit keyed hash of each recipient, the same in every run of the campaign."""
    values = np.asarray(recipients.to_pylist(), dtype=object)
    return pd.util.hash_array(values, hash_key=scope.hex()[:16], categorize=False)


def as_keys(blob: bytes) -> pa.Array:
    """Return a blob of send keys as an Arrow array of 16-byte values."""
    size = len(blob) // KEY_BYTES
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(KEY_BYTES), size, [None, pa.py_buffer(blob)]
    )


def occurrence_numbers(repeats: pd.DataFrame) -> npt.NDArray[np.int32]:
    """Return 0, 1, 2, … for equal rows, in their order."""
    columns = list(repeats.columns)
    numbers: npt.NDArray[np.int32] = (
        repeats.groupby(columns, sort=False, dropna=False, observed=True)
        .cumcount()
        .to_numpy()
        .astype(np.int32)
    )
    return numbers


def _plain(values: pa.Array) -> pa.Array:
    """Return the values with the characters that separate them marked as not separating."""
    values = values.cast(pa.large_string())
    if not holds_any(values, _SEPARATING):
        return values
    return pc.replace_substring_regex(values, "([\x1d\x1e\x1f])", "\\1\x1c")

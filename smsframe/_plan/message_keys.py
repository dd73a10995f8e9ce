"""The identity of a message, as 16 bytes: what never-twice rests on.

A message is the same when the same person would read the same words from the same program. So:

- The *scope* is the service's address, the program, and what is said: the *skeleton* of the text,
  which is the text with every tag replaced by one mark, in canonical form
  (`smsframe._text.canonical`). A named campaign has its name in the skeleton's place, a published
  message its id. Locks, ledger and claims go by the scope.
- The *send key* is blake2b-128 of the scope, the recipient, and the canonical values in the order
  in which the text uses them, as they are filled in, defaults included. What the database fills in
  is not known here and contributes nothing. Repeats that were asked for carry a number.

Hence who holds the credentials, names of tags and columns, defaults that no row needs, ``fold``,
dtypes, formats that write the same, and the order of rows or of the fields of ``lookup`` are no
part of it: results that are sent again are the same messages. A published message alone keeps the
names of its tags in the key, since its text is not known here and the names are all that says where
a value goes.

The *recipient hash* is 64 bits of the service's address and the recipient. It is kept for every
message, whatever the campaign: named campaigns look for a person's other rows by it, and
`smsframe._send.nearly_the_same` for what somebody had this week.

The layout of the bytes that are hashed is fixed for good: changing it would make every old message
new. It is therefore not shared with the layout of the API's calls.

Of a plan that is held against the journal hashing takes the longest: half a microsecond a row,
nearly all of it the calls themselves. Rows taken from a list of bytes are a quarter cheaper than
pieces of one memory; a keyed hash made anew for each row costs three times a copy of a started one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._text.canonical import canonical, canonical_column, visible
from smsframe._text.hashes import hash_key, hash_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from smsframe._text.template import Template

# Control characters, which canonical texts do not hold, keep apart what is hashed together.
FIELD, NAME, VALUE, REPEAT = "\x1c", "\x1d", "\x1f", "\x1e"
MARK = "\x1f"
KEY_BYTES = 16


def skeleton(template: Template) -> str:
    r"""Return a text in canonical form with one mark in place of each tag.

    >>> from smsframe._text.template import Template
    >>> skeleton(Template.parse("Hi  %%First Name%%… ")) == "Hi \x1f..."
    True
    """
    return MARK.join(map(visible, template.literals)).strip(" ")


def scope_of(
    service: str,
    program: str,
    *,
    campaign: str | None = None,
    content_id: str | None = None,
    text: str = "",
) -> bytes:
    """Return the 16 bytes that name what is said; ``text`` is a skeleton.

    A campaign's name counts before a published message's id, and that before the text.
    """
    if campaign is not None:
        what = ["campaign", campaign]
    elif content_id is not None:
        what = ["message", content_id]
    else:
        what = ["text", text]
    said = orjson.dumps([service, program, *what])
    return hashlib.blake2b(said, digest_size=KEY_BYTES).digest()


def lookup_recipients(lookups: Mapping[str, pa.Array]) -> pa.Array:
    """Return whom lookups address, one text each, the same in whatever order their fields come."""
    parts = []
    for name in sorted(lookups, key=canonical):
        field = pa.scalar(canonical(name) + NAME, pa.large_string())
        parts += [field, canonical_column(lookups[name]).cast(pa.large_string())]
        parts.append(pa.scalar(FIELD, pa.large_string()))
    return pc.binary_join_element_wise(*parts, pa.scalar("", pa.large_string()))


def send_keys(
    scope: bytes,
    recipients: pa.Array,
    values: Sequence[pa.Array],
    *,
    names: Sequence[str] = (),
    occurrences: npt.NDArray[np.int32] | None = None,
) -> bytes:
    """Return the send keys of messages, 16 bytes each, one after the other.

    Parameters
    ----------
    scope : bytes
        From :func:`scope_of`.
    recipients : Array of string, shape (n,)
        Whom each message goes to: digits, or texts of :func:`lookup_recipients`; no nulls.
    values : sequence of Array of string, shape (n,)
        The canonical values as filled in, in the order in which the text uses them.
    names : sequence of str, optional
        The tags of the values, for a published message.
    occurrences : array of int32, shape (n,), optional
        0 for a first message, 1 for its first wanted repeat, and so on. None means all 0.
    """
    begun = hashlib.blake2b(scope, digest_size=KEY_BYTES)
    return hash_each(begun, _joined(recipients, values, names, occurrences))


def hash_each(begun: Any, texts: pa.Array) -> bytes:
    """Return a hash of each text, one after the other; ``begun`` is a hash that goes on with it."""
    copy: Callable[[], Any] = begun.copy
    rows = texts.cast(pa.large_binary()).to_pylist()
    # In a list: a generator that is resumed for each row takes half as long again.
    return b"".join([(state := copy()).update(row) or state.digest() for row in rows])


def _joined(
    recipients: pa.Array,
    values: Sequence[pa.Array],
    names: Sequence[str],
    occurrences: npt.NDArray[np.int32] | None,
) -> pa.Array:
    """Return what is hashed of each message, as one text."""
    parts = [recipients.cast(pa.large_string())]
    for number, column in enumerate(values):
        name = canonical(names[number]) + NAME if names else ""
        parts.append(pa.scalar(VALUE + name, pa.large_string()))
        parts.append(pc.fill_null(column.cast(pa.large_string()), ""))
    if occurrences is not None and occurrences.any():
        numbers = pc.cast(pa.array(occurrences), pa.string())
        repeat = pc.binary_join_element_wise(pa.scalar(REPEAT), numbers, "")
        parts.append(pc.if_else(pa.array(occurrences > 0), repeat, "").cast(pa.large_string()))
    return pc.binary_join_element_wise(*parts, pa.scalar("", pa.large_string()))


def recipient_hashes(service: str, recipients: pa.Array) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of each recipient, the same in every run through a service."""
    return hash_texts(recipients, hash_key(service))


def as_keys(blob: bytes) -> pa.Array:
    """Return a blob of send keys as an Arrow array of 16-byte values."""
    size = len(blob) // KEY_BYTES
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(KEY_BYTES), size, [None, pa.py_buffer(blob)]
    )


def occurrence_numbers(repeats: pd.DataFrame) -> npt.NDArray[np.int32]:
    """Return 0, 1, 2, … for equal rows, in their order."""
    groups = repeats.groupby(list(repeats.columns), sort=False, dropna=False, observed=True)
    return groups.cumcount().to_numpy().astype(np.int32)

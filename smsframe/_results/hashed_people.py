"""People whom the journal knows by a hash alone: those of a run from files.

Of a list of any length the journal keeps where each row stands and a hash of whom it goes to. A
name that is asked for (of a row, an answer or an export) is hashed in the same way and found by
that; what is never asked for stays nameless. The hash is keyed by the service, and is looked for
within one batch, so that two people do not meet in it.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._results.status_answers import digits_of
from smsframe._text.hashes import hash_key, hash_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from smsframe._acoustic.answers import ContactStatus

MARK: Final = "#"
"""What a hash begins with where it stands for a contact; one of a lookup goes on with ``=``."""

_MOST_FIELDS: Final = 4  # of a lookup whose fields are looked for in any order
_DIGITS: Final = 16


def hashes_of(contacts: pa.Array, service: str) -> npt.NDArray[np.uint64]:
    """Return the hash of each contact as a result names it: digits, or the text of a lookup."""
    return hash_texts(contacts.cast(pa.large_string()), hash_key(service))


def tokens_of(hashes: npt.NDArray[np.uint64], *, by_lookup: bool) -> pa.Array:
    """Return hashes as texts that stand for contacts."""
    digits = np.frombuffer(hashes.astype(">u8").tobytes().hex().encode(), f"S{_DIGITS}")
    texts = pa.array(digits, pa.binary()).cast(pa.string())
    return pc.binary_join_element_wise(MARK + "=" * by_lookup, texts, "")


def is_token(contacts: pa.Array) -> pa.Array:
    """Tell which contacts are hashes."""
    return pc.fill_null(pc.starts_with(contacts, MARK), False)


def as_tokens(batch_ids: pa.Array, contacts: pa.Array, services: Mapping[str, str]) -> pa.Array:
    """Return contacts, those of batches of which only hashes are kept as their hashes.

    Parameters
    ----------
    batch_ids, contacts : Array of string, shape (n,)
    services : mapping of str to str
        Through which service each of these batches went.
    """
    for service in dict.fromkeys(services.values()):
        ids = pa.array([name for name, of in services.items() if of == service], pa.string())
        here = pc.and_(pc.is_in(batch_ids, value_set=ids), pc.is_valid(contacts))
        here = pc.and_(pc.fill_null(here, False), pc.invert(is_token(contacts)))
        for by_lookup in (False, True):
            has_name = pc.fill_null(pc.match_substring(contacts, "="), False)
            mine = pc.and_(here, has_name if by_lookup else pc.invert(has_name))
            named = contacts.filter(mine)
            if len(named):
                tokens = tokens_of(hashes_of(named, service), by_lookup=by_lookup)
                contacts = pc.replace_with_mask(contacts, mine, tokens)
    return contacts


def named_in(entries: Sequence[ContactStatus], contacts: Sequence[str], service: str) -> list[str]:
    """Return contacts, of which some are hashes, with the names that an answer gives them."""
    named = list(contacts)
    places = {token: place for place, token in enumerate(contacts)}
    names = list(_names(entries))
    if not names:
        return named
    hashes = hashes_of(pa.array(names, pa.large_string()), service)
    for by_lookup in (False, True):
        tokens = tokens_of(hashes, by_lookup=by_lookup).to_pylist()
        for name, token in zip(names, tokens, strict=True):
            place = places.get(token)
            if place is not None:
                named[place] = name
    return named


def _names(entries: Sequence[ContactStatus]) -> Iterator[str]:
    """Yield what the entries of an answer may call people."""
    for entry in entries:
        if entry.contact_id is not None:
            yield digits_of(entry.contact_id)
        if entry.lookup is not None and len(entry.lookup) <= _MOST_FIELDS:
            fields = [f"{name}={value}" for name, value in entry.lookup.items()]
            yield from map(" ".join, permutations(fields))

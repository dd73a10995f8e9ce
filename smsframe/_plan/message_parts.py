"""What of a plan makes up the identity of its messages, cut out row by row.

`smsframe._plan.message_keys` says what a message's identity is; here stands where in a plan it
comes from: values as they are filled in, in canonical form, tag by tag as the text uses them. The
same values tell repeats within one frame, so a frame never holds two messages that the journal
calls one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._plan import message_keys
from smsframe._plan.batches import picker
from smsframe._plan.near_texts import DATABASE, NearText
from smsframe._plan.near_values import WILDCARD, loose_hashes
from smsframe._text.canonical import canonical_column
from smsframe._text.hashes import hash_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._text.template import Template


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MessageColumns:
    """The identity of a plan's messages, column by column.

    ``values`` has the canonical values of each tag that a column fills, as filled in; ``given`` the
    same tags as read, null where the default stands in. ``uses`` are those tags in the order in
    which the text uses them, repeats included. ``doubtful`` marks values that the plan warns of: a
    corrected one is told apart by the key, but counts as equal where nearly the same is looked for.
    """

    recipients: pa.Array
    by_phone: bool
    values: Mapping[str, pa.Array]
    given: Mapping[str, pa.Array]
    uses: tuple[str, ...]
    names: tuple[str, ...]
    near: NearText
    doubtful: Mapping[str, npt.NDArray[np.bool_]]

    @classmethod
    def of(
        cls,
        *,
        message: Message,
        template: Template | None,
        contact_ids: pa.Array | None,
        lookups: Mapping[str, pa.Array],
        given: Mapping[str, pa.Array],
        filled: Mapping[str, pa.Array],
        doubtful: Mapping[str, npt.NDArray[np.bool_]],
        doubtful_words: Sequence[str],
    ) -> MessageColumns:
        """Bring a plan's columns into canonical form; those that are so already are not copied."""
        if template is None:
            uses = names = tuple(sorted(filled))
            near = NearText.of_message(message.content_id or "", names)
        else:
            uses, names = tuple(tag for tag in template.slots if tag in filled), ()
            numbers = {tag: number for number, tag in enumerate(dict.fromkeys(uses))}
            places = [numbers.get(tag, DATABASE) for tag in template.slots]
            near = NearText.of(message_keys.skeleton(template), places, doubtful=doubtful_words)
        distinct = dict.fromkeys(uses)
        return cls(
            recipients=message_keys.lookup_recipients(lookups)
            if contact_ids is None
            else contact_ids,
            by_phone=contact_ids is not None,
            values={tag: canonical_column(filled[tag]) for tag in distinct},
            given={tag: given[tag] for tag in distinct},
            uses=uses,
            names=names,
            near=near,
            doubtful=doubtful,
        )

    @property
    def near_bytes(self) -> bytes:
        """What the text is compared by, for the journal."""
        return self.near.dumps()

    def near_groups(self, rows: Positions) -> list[tuple[NearText, Positions]]:
        """Return each text with those of some rows that get it: here one, with all."""
        return [(self.near, rows)]

    def keys(
        self, scope: bytes, rows: Positions, occurrences: npt.NDArray[np.int32] | None = None
    ) -> bytes:
        """Return the send keys of rows, 16 bytes each."""
        at = picker(rows)
        values = {tag: at(column) for tag, column in self.values.items()}
        used = [values[tag] for tag in self.uses]
        return message_keys.send_keys(
            scope, at(self.recipients), used, names=self.names, occurrences=occurrences
        )

    def recipient_hashes(self, service: str, rows: Positions) -> npt.NDArray[np.uint64]:
        """Return a hash of the recipient of each row."""
        return message_keys.recipient_hashes(service, picker(rows)(self.recipients))

    def value(self, number: int, rows: Positions) -> pa.Array:
        """Return the values of rows for a tag, by its number."""
        return picker(rows)([*self.values.values()][number])

    def loose_hashes(self, service: str, rows: Positions) -> list[npt.NDArray[np.uint64]]:
        """Return a hash of the loose form of each value of rows, tag by tag."""
        at, key, hashes = picker(rows), hash_key(service), []
        for tag, column in self.values.items():
            hashes.append(loose_hashes(_without_defaults(at(column), at(self.given[tag])), key))
            if tag in self.doubtful:
                hashes[-1][self.doubtful[tag][rows]] = WILDCARD
        return hashes

    def messages(self, rows: Positions) -> pd.DataFrame:
        """Return recipient and values of rows; equal rows are equal messages."""
        at = picker(rows)
        columns = {tag: at(column).to_pandas() for tag, column in self.values.items()}
        return pd.DataFrame({"\x00recipient": self.identity(rows), **columns})

    def identity(self, rows: Positions) -> pd.Series:
        """Return whom rows address, quick to compare."""
        recipients = picker(rows)(self.recipients)
        if self.by_phone:
            return pd.Series(pc.cast(recipients, pa.int64()).to_numpy(zero_copy_only=False))
        return pd.Series(recipients.to_pandas())


def _without_defaults(values: pa.Array, given: pa.Array) -> pa.Array:
    """Return values, null where a default stands in."""
    if not given.null_count:
        return values
    return pc.if_else(pc.is_valid(given), values, pa.scalar(None, values.type))

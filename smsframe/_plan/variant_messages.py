"""What makes up the identity of messages where a send has several texts.

A campaign with several texts knows people and the number of their rows, and no words: who had one
text is never sent another, and a corrected text is the same message. So the key leaves the text
out. It has the values of the tags of the row's own text, by their names, so that of two orders of
one person the one that went out is known whatever the order of the rows. Where values or tags
have changed meanwhile, `smsframe._send.already_sent` counts a person's rows against the messages
that the person had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._plan import message_keys
from smsframe._plan.batches import picker
from smsframe._plan.message_parts import MessageColumns
from smsframe._plan.near_texts import DATABASE, NearText
from smsframe._text.canonical import canonical_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._plan.recipients import Recipients
    from smsframe._plan.variant_texts import ManyTexts
    from smsframe._plan.variants import Variants


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ManyMessages(MessageColumns):
    """The identity of messages with several texts; ``own`` are the tags of each, sorted.

    ``values`` and ``given`` are null where a row's own text does not have the tag.
    """

    variants: Variants
    own: tuple[tuple[str, ...], ...]
    nears: tuple[NearText, ...]

    def keys(
        self, scope: bytes, rows: Positions, occurrences: npt.NDArray[np.int32] | None = None
    ) -> bytes:
        """Return the send keys of rows, 16 bytes each."""
        out = np.empty(len(rows), f"V{message_keys.KEY_BYTES}")
        numbers = self.variants.number[rows]
        for names in dict.fromkeys(self.own):
            here = [number for number, own in enumerate(self.own) if own == names]
            where = np.flatnonzero(np.isin(numbers, here))
            at = picker(rows[where])
            made = message_keys.send_keys(
                scope,
                at(self.recipients),
                [at(self.values[tag]) for tag in names],
                names=names,
                occurrences=None if occurrences is None else occurrences[where],
            )
            out[where] = np.frombuffer(made, out.dtype)
        return out.tobytes()

    @property
    def near_bytes(self) -> bytes:
        """What the texts are compared by, for the journal: each by its name."""
        named = zip(self.variants.names, self.nears, strict=True)
        return orjson.dumps({name: [near.words, near.values] for name, near in named})

    def near_groups(self, rows: Positions) -> list[tuple[NearText, Positions]]:
        """Return each text with those of some rows that get it."""
        numbers = self.variants.number[rows]
        return [(near, rows[numbers == number]) for number, near in enumerate(self.nears)]


def messages_of(
    texts: ManyTexts,
    recipients: Recipients,
    doubtful: Mapping[str, npt.NDArray[np.bool_]],
    doubtful_words: Sequence[str],
) -> ManyMessages:
    """Bring the columns of a plan with several texts into canonical form."""
    people = recipients.contact_ids
    own = tuple(tuple(sorted(part.filled)) for part in texts.parts)
    union = sorted({tag for tags in own for tag in tags})
    values, given = {}, {}
    for tag in union:
        values[tag], given[tag] = canonical_column(texts.filled[tag]), texts.given[tag]
        users = [number for number, tags in enumerate(own) if tag in tags]
        if len(users) < len(own):
            mask = pa.array(np.isin(texts.variants.number, users))
            for columns in (values, given):
                column = columns[tag]
                columns[tag] = pc.if_else(mask, column, pa.scalar(None, column.type))
    places = {tag: place for place, tag in enumerate(union)}
    nears = tuple(
        NearText.of("", ())
        if part.template is None
        else NearText.of(
            message_keys.skeleton(part.template),
            [places[t] if t in part.filled else DATABASE for t in part.template.slots],
            doubtful=doubtful_words,
        )
        for part in texts.parts
    )
    return ManyMessages(
        recipients=message_keys.lookup_recipients(recipients.lookups) if people is None else people,
        by_phone=people is not None,
        values=values,
        given=given,
        uses=tuple(union),
        names=tuple(union),
        near=nears[0] if nears else NearText.of("", ()),
        doubtful=doubtful,
        variants=texts.variants,
        own=own,
        nears=nears,
    )

"""Who gets which of several texts.

By chance, where people are split: a person's place in [0, 1) is a hash of whom the message goes to,
keyed by the campaign's name and by nothing else. So it is the same in every run, on every machine,
whoever else is in the frame, and in another campaign another one. The holdout is cut off first, so
that it stays as it is whatever becomes of the texts; the rest is cut by the weights, in the order
of the names. People are split, not rows: two orders of one person have one text.

By a column, where one says it: its value names the text, capitals and blanks around it not counted,
and ``"*"`` is for all others. A text that no row names is warned of: mostly a value is spelt
otherwise, and those people get the text for all others, or none.

A row whose person is not known has no text and no arm. The bytes that are hashed are fixed for
good: others would put people who had one text into the arm of another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import mask_example
from smsframe._base.sentences import Sentence, arg, words
from smsframe._base.split_words import HOLDOUT
from smsframe._plan import message_keys
from smsframe._plan.column_values import BLANK
from smsframe._plan.variant_arguments import OTHERS, as_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._plan.column_values import ColumnValues
    from smsframe._plan.recipients import Recipients
    from smsframe._plan.variant_arguments import Several

    Numbers = npt.NDArray[np.int16]

NOBODY: Final = -1
_PLACE_BYTES: Final = 8
_PLACE_BITS: Final = 53  # as many as a float holds
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Variants:
    """The text of each row by number: among ``names``; behind them the holdout; -1 for none."""

    names: tuple[str, ...]
    number: Numbers

    @property
    def held_out(self) -> npt.NDArray[np.bool_]:
        """Which rows are in the holdout."""
        return self.number == len(self.names)

    @property
    def arms(self) -> tuple[str, ...]:
        """What ``sms_variant`` may say."""
        return (*self.names, HOLDOUT) if self.held_out.any() else self.names

    def taken(self, rows: Positions) -> Variants:
        """Return those of some rows."""
        return Variants(names=self.names, number=self.number[rows])


def places(campaign: str, people: pa.Array) -> npt.NDArray[np.float64]:
    """Return the place of each person in [0, 1); of null, that of the empty text.

    >>> places("nov-test", pa.array(["12015550123"])).round(6).tolist()
    [0.772776]
    """
    salt = hashlib.blake2b(campaign.encode(), digest_size=_KEY_BYTES).digest()
    begun = hashlib.blake2b(digest_size=_PLACE_BYTES, key=salt)
    hashed = message_keys.hash_each(begun, pc.fill_null(people.cast(pa.large_string()), ""))
    whole = np.frombuffer(hashed, ">u8").astype(np.uint64) >> np.uint64(64 - _PLACE_BITS)
    return whole.astype(np.float64) * 2.0**-_PLACE_BITS


def arms_at(
    place: npt.NDArray[np.float64], weights: Mapping[str, float], holdout: float
) -> Numbers:
    """Return the arm of each place: the number of its weight, and behind them the holdout."""
    edges, edge = [], holdout
    for weight in list(weights.values())[:-1]:
        edge += weight * (1.0 - holdout)
        edges.append(edge)
    number = np.searchsorted(np.array(edges), place, side="right").astype(np.int16)
    number[place < holdout] = len(weights)
    return number


def read_variants(
    several: Several, campaign: str | None, recipients: Recipients, values: ColumnValues
) -> Variants:
    """Say who gets which text; a value without a text is noted."""
    people = recipients.contact_ids
    if people is None:
        people = message_keys.lookup_recipients(recipients.lookups)
    known = pc.is_valid(people).to_numpy(zero_copy_only=False)
    place = places(campaign or "", people)
    if several.split is not None:
        number = arms_at(place, several.split, several.holdout)
    else:
        number = _by_column(several, values, known & (place >= several.holdout))
        number[place < several.holdout] = len(several.names)
    number[~known] = NOBODY
    return Variants(names=several.names, number=number)


def _by_column(several: Several, values: ColumnValues, wanted: npt.NDArray[np.bool_]) -> Numbers:
    """Return the text that a column names; ``wanted`` are the rows that need one."""
    texts = values.texts(several.by)
    coded = texts.dictionary_encode()
    by_value = {as_value(name): number for number, name in enumerate(several.names)}
    others = by_value.get(OTHERS, NOBODY)
    named = [as_value(value) for value in coded.dictionary.to_pylist()]
    distinct = [by_value.get(name, others) for name in named]
    codes = pc.fill_null(coded.indices, len(distinct)).to_numpy(zero_copy_only=False)
    number: Numbers = np.array([*distinct, others], dtype=np.int16)[codes]
    _note_missing(several, values, texts, np.flatnonzero((number == NOBODY) & wanted))
    unused = by_value.keys() - {OTHERS, *named} if len(texts) else set()
    for name in sorted(several.names[by_value[value]] for value in unused):
        values.problems.whole(
            "variant_unused",
            f"No row has {name!r} in column {several.by!r}, so nobody gets that text. Check how "
            "the column writes it, or leave the text out.",
            severity="warning",
            column=name,
        )
    return number


def _note_missing(several: Several, values: ColumnValues, texts: pa.Array, rows: Positions) -> None:
    """Note the rows whose value has no text."""
    blank = pc.is_null(texts).to_numpy(zero_copy_only=False)[rows]
    for_all = words(
        Sentence("give a text for all others: ", arg("text", {OTHERS: ...})),
        at_shell='give "*" in --text-file, a text for all others',
    )
    values.problems.rows(
        "variant_missing",
        Sentence(
            f"Column {several.by!r} ", BLANK, ", so no text is named. Fill it in, or ", for_all, "."
        ),
        rows[blank],
        column=several.by,
    )
    named = ", ".join(map(repr, several.names))
    values.problems.rows(
        "variant_missing",
        Sentence(
            f"There is no text for this value of column {several.by!r}; there are texts for "
            f"{named}. Add one for it, or ",
            for_all,
            ".",
        ),
        rows[~blank],
        column=several.by,
        values=partial(_shown, texts),
    )


def _shown(texts: pa.Array, rows: Positions) -> list[str]:
    """Return values as they are quoted."""
    return [mask_example(text) for text in texts.take(pa.array(rows)).to_pylist()]

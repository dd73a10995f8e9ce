"""A plan as it is made and never changed again: whom, what, what is wrong, and which rows go out.

It knows no network and no journal, and no function that does; it can be pickled. What people call
is the thin ``Plan`` of ``smsframe._send.plan`` above it.

Batches are made late and from column slices, so a plan of a million rows is a few arrays. Two equal
contacts never meet in one batch: the repeats of a person wait until everybody had their first
message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_string_dtype

from smsframe._base import result_columns
from smsframe._base.lazy import lazy
from smsframe._base.recipients import Slice
from smsframe._phones.prices import Cost, cost_of
from smsframe._plan import batches as slices
from smsframe._plan import message_keys
from smsframe._plan.batches import picker
from smsframe._plan.notices import with_newcomers
from smsframe._plan.problems import Fault, Problems
from smsframe._plan.variant_texts import ManyTexts
from smsframe._plan.verdicts import EXCLUDED, HELD_BACK, READY, has_repeats, verdicts_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._eligibility.opening import RowHours
    from smsframe._plan.history import History
    from smsframe._plan.message_parts import MessageColumns
    from smsframe._plan.options import Columns, Options
    from smsframe._plan.recipients import Recipients
    from smsframe._plan.texts import Texts
    from smsframe._plan.variants import Variants
    from smsframe._plan.verdicts import Verdict

KEYS_AT_ONCE = 65_536


@dataclass(frozen=True, kw_only=True, repr=False)
class PlanData:
    """What a plan is made of; full of recipients, hence without a repr.

    ``read_columns`` are the columns that values were taken from, ``verdict`` what becomes of each
    row, one of the numbers in ``verdicts.py``, ``hours`` when each may go out, None for always.
    ``by_team`` counts the rows that the file of ``SMSFRAME_EXCLUDE`` holds back, None where there
    is none, and ``team_mark`` tells that list from a later one. ``repeats`` numbers the rows among
    the repeats of their message, where that was counted over more rows than these.
    """

    frame: pd.DataFrame
    columns: Columns
    options: Options
    recipients: Recipients
    texts: Texts
    messages: MessageColumns
    verdict: Verdict
    somebody_twice: bool
    by_team: int | None = None
    team_mark: str = ""
    problems: Problems = field(default_factory=Problems)
    read_columns: tuple[Hashable, ...] = ()
    hours: RowHours | None = None
    repeats: npt.NDArray[np.int32] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: functions and lists of numbers among the arguments are done with.

        The journal keeps the same word of a function.
        """
        formats = {
            column: wanted if isinstance(wanted, str) else "function"
            for column, wanted in self.columns.formats.items()
        }
        exclude = None if self.options.exclude is None else ()
        return {
            **vars(self),
            "columns": replace(self.columns, formats=formats),
            "options": replace(self.options, exclude=exclude),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    @property
    def message(self) -> Message:
        """What is the same for every recipient."""
        return self.texts.message

    @property
    def rows(self) -> int:
        """How many rows the frame has."""
        return len(self.frame)

    @lazy
    def ready(self) -> Positions:
        """Positions of the rows that would go out."""
        return np.flatnonzero(self.verdict == READY)

    @lazy
    def sendable(self) -> Positions:
        """Positions of the rows that would go out now or, held back by a rule, later."""
        if self.options.limit is None and not (self.verdict == EXCLUDED).any():
            return self.ready  # one array for both, unless rows are held back
        return np.flatnonzero(np.isin(self.verdict, (READY, HELD_BACK, EXCLUDED)))

    @lazy
    def segments(self) -> npt.NDArray[np.int16]:
        """Segments of each row, -1 where nothing would go out or nothing is known."""
        measured = self.texts.measured
        if measured is None:
            return np.full(self.rows, -1, dtype=np.int16)
        counts = np.isin(self.verdict, (READY, HELD_BACK, EXCLUDED))
        return np.where(counts, measured.segments, -1).astype(np.int16)

    @property
    def total_segments(self) -> int:
        """Segments of all messages that would go out; database tags count as their defaults."""
        counted = self.segments[self.ready]
        return int(counted[counted > 0].sum())

    @property
    def cost(self) -> float | None:
        """``price_per_segment`` times the segments; None without a price for all of them."""
        costs = self.costs
        return None if costs is None else costs.total

    @lazy
    def costs(self) -> Cost | None:
        """What the segments cost, by country where prices are; None when no price was given."""
        return self.costs_of(self.ready)

    def each_text(self) -> Iterator[tuple[str, int, int, Cost | None]]:
        """Yield name, messages, segments and cost of each of several texts; of one, nothing."""
        if self.variants is None:
            return
        numbers = self.variants.number[self.ready]
        for number, name in enumerate(self.variants.names):
            rows = self.ready[numbers == number]
            segments = int(np.maximum(self.segments[rows], 0, dtype=np.int64).sum())
            yield name, len(rows), segments, self.costs_of(rows)

    def costs_of(self, rows: Positions) -> Cost | None:
        """Return what the messages of rows cost; None when no price was given."""
        price = self.options.price_per_segment
        if price is None:
            return None
        segments = np.maximum(self.segments[rows], 0, dtype=np.int64)
        by_country = isinstance(price, Mapping)  # else nobody's number is looked at
        return cost_of(price, segments, self.recipients.texts(rows) if by_country else None)

    @property
    def blocking(self) -> list[Fault]:
        """The faults that stop the whole send."""
        return self.problems.blocking

    def problems_with(self, past: History | None) -> Problems:
        """Return the problems of the frame and those that the journal tells of."""
        if past is None:
            return Problems([*self.problems.faults])
        ours = with_newcomers(self.problems.faults, past.new_people)
        return Problems([*ours, *past.faults, *past.notices])

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags whose values travel with the recipients."""
        return tuple(sorted(self.texts.given))

    def texts_at(self, rows: Positions) -> pd.Series:
        """Return the texts of the rows at positions, on their labels."""
        texts = result_columns.strings(self.texts.at(rows))
        return pd.Series(texts, index=self.frame.index.take(rows), name="text")

    def cells(self, number: int, rows: Positions) -> pd.Series | None:
        """Return the cells of rows that fill a tag, by its number; None for texts, and of files."""
        tag = [*self.messages.values][number]  # noqa: PD011 - a mapping of ours
        column = self.texts.tag_columns[tag]
        if column not in self.frame.columns:
            return None
        cells = self.frame[column].iloc[rows]
        return None if is_string_dtype(cells) else cells

    @property
    def variants(self) -> Variants | None:
        """Who gets which of several texts; None where there is one."""
        return self.texts.variants if isinstance(self.texts, ManyTexts) else None

    def variant_of(self, rows: Positions) -> str:
        """Return the name of the text that rows all have; "" where there is one text."""
        return "" if self.variants is None else self.variants.names[self.variants.number[rows[0]]]

    def preview(self, rows: Positions) -> pd.DataFrame:
        """Return the messages of rows: masked recipient, text, encoding and segments."""
        out, measured = self.texts_at(rows).to_frame(), self.texts.measured
        out.insert(0, "to", self.recipients.masked(rows))
        if self.variants is not None:
            named = np.array([*self.variants.names, None, None], dtype=object)
            texts = named[self.variants.number[rows]]
            out.insert(1, "variant", pd.Series(texts, index=out.index, dtype="string"))
        if measured is not None:
            out["encoding"] = np.where(measured.gsm7[rows], "gsm7", "ucs2")
            out["segments"] = measured.segments[rows]
        return out

    def verdicts(self) -> result_columns.Verdicts:
        """Return what is said of every row before it is sent; ready ones are not attempted."""
        said = verdicts_of(self.verdict, self.problems, self.recipients.texts(), self.segments)
        if self.variants is None:
            return said
        number = self.variants.number.astype(np.int32)
        several = self.options.several
        split = "" if several is None else several.pinned
        return replace(said, variant=number, variants=self.variants.arms, split=split)

    def keys(self, scope: bytes, rows: Positions | None = None) -> bytes:
        """Return the send keys of rows, 16 bytes each; ``rows``: None means all that are sendable.

        They are made slice by slice, so that a million keys take little more memory than they are.
        """
        rows = self.sendable if rows is None else rows
        numbers, keys = self.occurrences, []
        for start in range(0, len(rows), KEYS_AT_ONCE):
            here = rows[start : start + KEYS_AT_ONCE]
            repeats = None if numbers is None else numbers[here]
            keys.append(self.messages.keys(scope, here, repeats))
        return b"".join(keys)

    @lazy
    def occurrences(self) -> npt.NDArray[np.int32] | None:
        """The number of each row among its repeats; None where none were asked for."""
        if self.repeats is not None:
            return self.repeats
        if self.options.duplicates != "send" or not len(self.sendable):
            return None
        numbers = np.zeros(self.rows, dtype=np.int32)
        repeats = self.messages.messages(self.sendable)
        numbers[self.sendable] = message_keys.occurrence_numbers(repeats)
        return numbers

    def batch_rows(self, rows: Positions, *, size: int) -> Iterator[Positions]:
        """Cut rows into batches of at most ``size`` without two equal contacts in one."""
        who = self.messages.identity(rows) if self.somebody_twice else None
        repeats = who is not None and has_repeats(who)
        if self.variants is not None:
            kinds = self.variants.number[rows]
            return slices.batches_by_kind(rows, kinds, who if repeats else None, size=size)
        return slices.batches(rows, who if repeats else None, size=size)

    def slice(self, rows: Positions) -> Slice:
        """Return the recipients at ``rows``, at least one, ready to be put into a call."""
        at, recipients, texts = picker(rows), self.recipients, self.texts.of(rows)
        return Slice(
            rows=rows,
            contact_ids=None if recipients.contact_ids is None else at(recipients.contact_ids),
            lookups={name: at(column) for name, column in recipients.lookups.items()},
            personalization={tag: at(column) for tag, column in texts.filled.items()},
            segments=self.segments[rows],
        )

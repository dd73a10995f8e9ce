"""Whom the rows of a frame address: phone numbers, or fields by which the database finds people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import mask_cell
from smsframe._base.sentences import Sentence, arg
from smsframe._phones import read as phones
from smsframe._phones.detect_column import guess_phone_column
from smsframe._phones.problems import SENTENCES, SENTENCES_BY_ROW
from smsframe._plan.batches import picker
from smsframe._plan.column_labels import refuse_repeated
from smsframe._plan.column_values import BLANK, masked_cells
from smsframe._plan.row_countries import hint_at_column, note_countries, regions_of_rows

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from smsframe._base.arrow import Positions
    from smsframe._plan.column_values import ColumnValues
    from smsframe._plan.options import Columns
    from smsframe._plan.problems import Problems


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Recipients:
    """Whom each row addresses: ``contact_ids``, or else the fields of ``lookups``."""

    contact_ids: pa.Array | None = None
    lookups: Mapping[str, pa.Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(
            next(iter(self.lookups.values()), ()) if self.contact_ids is None else self.contact_ids
        )

    def texts(
        self, rows: Positions | None = None, *, fields: Iterable[str] | None = None
    ) -> pa.Array:
        """Return whom the rows address, as one text each; null where that is not known.

        ``fields`` are those of the lookup, when they shall stand in another order.
        """
        at = picker(rows)
        if self.contact_ids is not None:
            return at(self.contact_ids)
        parts = [
            pc.binary_join_element_wise(pa.scalar(name), at(self.lookups[name]), "=")
            for name in fields or self.lookups
        ]
        return pc.binary_join_element_wise(*parts, " ")

    def masked(self, rows: Positions) -> list[str]:
        """Return whom the rows at positions address, masked but for the last two digits."""
        return [mask_cell(text) if text else "?" for text in self.texts(rows).to_pylist()]


def read_recipients(columns: Columns, values: ColumnValues) -> tuple[Columns, Recipients]:
    """Read the phone column, or the columns of the lookup; return which was read, and what."""
    if columns.lookup:
        return columns, Recipients(lookups=_read_lookups(columns.lookup, values))
    frame, problems, column = values.frame, values.problems, columns.phone
    if column is None:
        column = guess_phone_column(frame)
        refuse_repeated(frame, column, Sentence(arg("phone")))
        columns = replace(columns, phone=column)
    row_regions = None
    if columns.region_from is not None:
        row_regions = regions_of_rows(frame, columns, column, problems)
    read = phones.read_phones(frame[column], region=columns.region, row_regions=row_regions)
    _note_phones(frame, columns, read, problems)
    note_countries(frame, columns, read.digits, problems)
    return columns, Recipients(contact_ids=read.digits)


def _read_lookups(lookup: Mapping[str, Hashable], values: ColumnValues) -> dict[str, pa.Array]:
    """Read the columns of a lookup; note what is missing."""
    lookups = {}
    for name, column in lookup.items():
        lookups[name] = texts = values.texts(column)
        values.note_missing(
            column,
            texts,
            code="lookup_missing",
            sentence=Sentence(
                f"Column {column!r} ",
                BLANK,
                ", so the recipient cannot be looked up. Fill it in or leave the row out.",
            ),
        )
    return lookups


def _note_phones(
    frame: pd.DataFrame, columns: Columns, read: phones.PhoneColumn, problems: Problems
) -> None:
    """Note what is wrong with the phone column and with its cells."""
    column, by_row = columns.phone, columns.region_from
    cells = frame[column]
    for damage in read.damage:
        evidence, sentence = ", ".join(damage.examples), damage.sentence
        if by_row is None and damage.code in ("phones_no_country", "phones_wrong_region"):
            sentence = Sentence(sentence, hint_at_column(frame))
        problems.whole(
            damage.code, sentence, severity=damage.severity, column=column, value=evidence
        )
    codes = pd.Categorical(read.code)
    region = f"region {columns.region}"
    sentences = SENTENCES if by_row is None else SENTENCES_BY_ROW
    if by_row is not None:
        region = f"the country of its row (column {by_row!r})"
    for number, code in enumerate(codes.categories):
        problems.rows(
            str(code),
            sentences[code].format(column=column, region=region, value="This"),
            np.flatnonzero(codes.codes == number),
            column=column,
            values=partial(masked_cells, mask_cell, cells),
        )

"""A results frame taken apart, wherever it has been meanwhile, and put together again.

A frame that went through CSV or Excel comes back with statuses as plain text, times as text or
without a zone, and contacts as whole or broken numbers. All of that is read here, once, into arrays
of one kind; whoever works on results sees nothing else. What goes back has the columns and dtypes
that ``send`` gives, in the places where they were.

A contact that a spreadsheet has rounded (``1.20156E+10``) cannot be brought back; its row is simply
not found in its batch, and is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.sentences import remember
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._base.arrow import Mask, Positions

NOTHING = ("", "nan", "<NA>", "None", "NaT")
NAMED = 5
A_RESULT = "A results frame is needed"
ROUNDED: Final = r"^[0-9][.,]?[0-9]*[eE]\+?[0-9]+$"
"""A contact that a spreadsheet has rounded: it may be several people's."""


@dataclass(slots=True, kw_only=True)
class ResultRows:
    """What a results frame says of its ``n`` rows; ``status`` is -1 where there is none."""

    frame: pd.DataFrame
    status: npt.NDArray[np.int8]
    code: pa.Array
    error: pa.Array
    contact: pa.Array
    response_id: pa.Array
    batch: pa.Array
    segments: Any
    accepted_at: Any

    @classmethod
    def read(cls, frame: pd.DataFrame) -> ResultRows:
        """Take a results frame apart; InputError when it is none."""
        _refuse_others(frame)
        return cls(
            frame=frame,
            status=_statuses(_column(frame, "sms_status")),
            code=_texts(_column(frame, "sms_code")),
            error=_texts(_column(frame, "sms_error")),
            contact=bare_digits(_texts(_column(frame, "sms_contact"))),
            response_id=_texts(_column(frame, "sms_response_id")),
            batch=_texts(_column(frame, "sms_batch")),
            segments=_counts(_column(frame, "sms_segments")),
            accepted_at=_times(_column(frame, "sms_accepted_at")),
        )

    def __len__(self) -> int:
        return len(self.status)

    def has(self, *statuses: str) -> Mask:
        """Return where the status is one of these."""
        return np.isin(self.status, [result_columns.NUMBER[status] for status in statuses])

    def has_code(self, *codes: str) -> Mask:
        """Return where the code is one of these."""
        found = pc.is_in(self.code, value_set=pa.array(codes, self.code.type))
        return found.to_numpy(zero_copy_only=False)

    def repeats(self) -> Mask:
        """Return which rows repeat an earlier row's message, as those of a merge one to many do.

        In one batch nobody has two messages. A contact that a spreadsheet has rounded may be
        several people's, so its rows count one by one.
        """
        batch, contact = self.batch.dictionary_encode(), self.contact.dictionary_encode()
        if len(contact.dictionary) == len(self) - self.contact.null_count:
            return np.zeros(len(self), dtype=bool)
        known = pc.and_(pc.is_valid(self.batch), pc.is_valid(self.contact))
        whole = pc.invert(pc.match_substring_regex(self.contact, ROUNDED))
        rows = pc.fill_null(pc.and_(known, whole), False).to_numpy(zero_copy_only=False)
        numbers = [pc.fill_null(part.indices, 0).to_numpy() for part in (batch, contact)]
        messages = numbers[0].astype(np.int64) * len(contact.dictionary) + numbers[1]
        messages = messages * len(result_columns.STATUSES) + self.status  # each status by itself
        out = rows.copy()
        out[rows] = pd.Series(messages[rows]).duplicated().to_numpy(dtype=bool)
        return out

    def names(self) -> list[str | None]:
        """Return the status of each row by name."""
        return [None if number < 0 else result_columns.STATUSES[number] for number in self.status]

    def put(
        self,
        rows: Positions,
        *,
        status: npt.NDArray[np.uint8] | None = None,
        reason: npt.NDArray[np.int32],
        reasons: Sequence[tuple[str, str]],
    ) -> None:
        """Give rows a status (None keeps it) and reasons by number, -1 for none."""
        if status is not None:
            self.status[rows] = status
        numbers = np.full(len(self), -1, dtype=np.int32)
        numbers[rows] = reason
        here = np.zeros(len(self), dtype=bool)
        here[rows] = True
        for place, name in enumerate(("code", "error")):
            remember(sentence for _, sentence in reasons)
            new = _taken([pair[place] or None for pair in reasons], numbers)
            setattr(self, name, pc.if_else(pa.array(here), new, getattr(self, name)))

    def put_accepted_at(self, rows: Positions, times: Any) -> None:
        """Give rows their time of acceptance."""
        self.accepted_at = self.accepted_at.copy()
        self.accepted_at[rows] = times

    def to_frame(self) -> pd.DataFrame:
        """Return the frame with these results, in the places of the old ones."""
        out = result_columns.detached(self.frame)
        texts = ("code", "error", "contact", "response_id", "batch")
        columns = {
            "status": result_columns.status_column(self.status),
            **{name: result_columns.strings(getattr(self, name)) for name in texts},
            "segments": self.segments,
            "accepted_at": self.accepted_at,
        }
        for name, values in columns.items():
            out[result_columns.result_label(out.columns, f"sms_{name}")] = values
        return out


def _refuse_others(frame: Any) -> None:
    """Refuse what is no results frame."""
    as_frame(frame, A_RESULT)
    label = result_columns.result_label(frame.columns, "sms_status")
    found = [name for name in frame.columns if name == label]
    if len(found) != 1:
        raise InputError(
            f"This frame has {'no' if not found else len(found)} column 'sms_status', so it holds "
            "no results. Call this on what df.sms.send(...) returned, or on "
            "smsframe.results(run)."
        )


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column; one that is gone counts as empty."""
    label = result_columns.result_label(frame.columns, name)
    if label in frame.columns:
        found = frame[label]
        return found if isinstance(found, pd.Series) else found.iloc[:, 0]
    return pd.Series(pd.NA, index=frame.index, dtype="string")


def _statuses(column: pd.Series) -> npt.NDArray[np.int8]:
    """Return statuses by number; -1 where there is none."""
    if isinstance(column.dtype, pd.CategoricalDtype) and tuple(column.cat.categories) == (
        result_columns.STATUSES
    ):
        return np.array(column.cat.codes, dtype=np.int8)
    texts = _texts(column)
    numbers = pc.index_in(texts, value_set=pa.array(result_columns.STATUSES))
    strange = pc.unique(texts.filter(pc.and_(pc.is_null(numbers), pc.is_valid(texts)))).to_pylist()
    if strange:
        shown = ", ".join(map(repr, strange[:NAMED]))
        raise InputError(
            f"Column 'sms_status' holds what is no status: {shown}. "
            f"It is one of {', '.join(result_columns.STATUSES)}."
        )
    return pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False).astype(np.int8)


def _texts(column: pd.Series) -> pa.Array:
    """Return a column of any kind as text, null where there is nothing."""
    texts = arrow_texts(column)
    stripped = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.is_in(stripped, value_set=pa.array(NOTHING)), None, stripped)


def arrow_texts(column: pd.Series) -> pa.Array:
    """Return a column as Arrow text; whole numbers without a point, null where it is missing."""
    if pd.api.types.is_float_dtype(column.dtype):
        whole = column.isna() | (column % 1 == 0)
        if bool(whole.all()):
            column = column.astype("Int64")
    texts = pa.array(column.astype("string").array, from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    return texts.cast(pa.string())


def bare_digits(texts: pa.Array) -> pa.Array:
    """Return texts that are nothing but a phone number as digits alone; others as they are."""
    numeric = pc.replace_substring_regex(texts, r"^([0-9]+)\.0+$", r"\1")
    is_phone = pc.match_substring_regex(numeric, r"^['=\"]*[+(]*[0-9][0-9 ()./\x{a0}-]*\"?$")
    is_phone = pc.fill_null(is_phone, False)
    digits = pc.replace_substring_regex(numeric.filter(is_phone), "[^0-9]", "")
    return pc.replace_with_mask(numeric, is_phone, digits)


def _counts(column: pd.Series) -> Any:
    """Return segments as Int32."""
    texts = pc.replace_substring_regex(_texts(column), r"\.0+$", "")
    numbers = pd.to_numeric(pd.Series(texts.to_pandas()), errors="coerce")
    return numbers.round().astype("Int32").array


def _times(column: pd.Series) -> Any:
    """Return times in UTC; those without a zone are taken as UTC, which is what we write."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").astype(result_columns.TIME).array
    texts = pd.Series(_texts(column).to_pandas(), dtype=object)
    times: pd.Series = pd.to_datetime(texts, utc=True, errors="coerce", format="ISO8601")
    return times.astype(result_columns.TIME).array


def _taken(distinct: Sequence[str | None], numbers: npt.NDArray[np.int32]) -> pa.Array:
    """Return ``distinct[number]`` for each number, null for -1."""
    texts = pa.array(distinct, type=pa.string())
    return texts.take(pa.array(numbers, mask=numbers < 0))

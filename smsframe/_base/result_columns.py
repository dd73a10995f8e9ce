"""The results frame: the caller's columns as they came, then what became of each row.

Whatever has a few distinct values (batch, response id, reason) is kept once and taken per row by
number, so the frame is made by a handful of vectorised takes however many rows there are. The
columns' dtypes are fixed, also when the frame is empty or nothing went out, so that results can be
joined, stored and compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smsframe._base.sentences import remember

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEANINGS = {
    "planned": "would go out",
    "accepted": "the service took it; it checks consent later, so this is not yet 'sent'",
    "sent": "the service says it was sent",
    "not_sent": "the service says it was not sent, and why",
    "rejected": "refused, or resolved as not sent; nothing went out; may be sent again",
    "invalid": "a problem of the row, found before sending; not sent",
    "duplicate": "the same message to the same person is in an earlier row; not sent twice",
    "unknown": "may or may not have gone out; never repeated unasked",
    "not_attempted": "the run stopped before it; run it again",
}
"""What the statuses mean to people."""

STATUSES = tuple(MEANINGS)
NUMBER = {status: number for number, status in enumerate(STATUSES)}

_STRING_VIEW: Final = "string_view[pyarrow]"
TIME: Final = "datetime64[us, UTC]"

ACCEPTED_STATUSES = ("accepted", "sent", "not_sent")
"""What the service has taken; ``sent`` and ``not_sent`` are what it said afterwards."""

ACCEPTED_NUMBERS = tuple(NUMBER[status] for status in ACCEPTED_STATUSES)

BILLED = ("accepted", "sent")
"""What goes on the bill, as far as it is known."""

VARIANT: Final = "sms_variant"
"""The last result column, where a send had several texts."""

RESULT_COLUMNS = (
    "sms_status",
    "sms_code",
    "sms_error",
    "sms_contact",
    "sms_response_id",
    "sms_batch",
    "sms_segments",
    "sms_accepted_at",
)

Numbers = npt.NDArray[np.int32]


def words_of(status: str) -> str:
    """Return a status in words."""
    return status.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """What all rows of one batch have in common."""

    batch_id: str
    response_id: str | None = None
    accepted_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What became of ``n`` rows, by number; -1 stands for none.

    ``variant`` is None where there was one text; ``split`` says how people were split, as JSON.
    """

    status: npt.NDArray[np.uint8]
    reason: Numbers
    reasons: Sequence[tuple[str, str]]
    batch: Numbers
    batches: Sequence[BatchFacts]
    contact: pa.Array
    segments: npt.NDArray[np.int16]
    variant: Numbers | None = None
    variants: Sequence[str] = ()
    split: str = ""


def detached(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that later changes to ``frame`` do not reach, copied where it has to be."""
    lazy = int(pd.__version__.split(".")[0]) >= 3  # noqa: PLR2004 - pandas 3 copies on write
    return without_views(frame.copy(deep=not lazy))


def without_views(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with strings for string views, of which pandas can take no row."""
    places = [place for place, dtype in enumerate(frame.dtypes) if str(dtype) == _STRING_VIEW]
    if places:
        frame = frame.copy(deep=False)
    for place in places:
        texts = pa.array(frame.iloc[:, place]).cast(pa.string())
        frame.isetitem(place, pd.arrays.ArrowExtensionArray(texts))
    return frame


def result_label(columns: pd.Index, name: str) -> Any:
    """Return the label of a result column; where labels have levels, those below are empty."""
    return name if columns.nlevels == 1 else (name, *[""] * (columns.nlevels - 1))


def run_of(results: pd.DataFrame) -> str | None:
    """Return the run that wrote results, as they know it themselves; copies may have lost it."""
    told = results.attrs.get("smsframe")
    run = told.get("run") if isinstance(told, dict) else None
    return run if isinstance(run, str) else None


def strip_results(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame without the columns that an earlier send added."""
    labels = {result_label(frame.columns, name) for name in (*RESULT_COLUMNS, VARIANT)}
    ours = [column for column in frame.columns if column in labels]
    return frame.drop(columns=ours) if ours else frame


def results_frame(
    frame: pd.DataFrame, verdicts: Verdicts, *, run: str | None, split: str = ""
) -> pd.DataFrame:
    """Return the frame with the result columns behind its own.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
        The caller's frame; it is not changed. Result columns of an earlier send are replaced.
    verdicts : Verdicts
        What became of each of its rows.
    run : str or None
        Id of the run, put in ``attrs["smsframe"]["run"]``; None for a plan.
    split : str, default ""
        How people were split among several texts, as JSON; kept in ``attrs`` too, with the number
        of rows: a comparison of fewer says so.

    Returns
    -------
    DataFrame, shape (n, k + 8), or k + 9 where there were several texts
        On the same index, in the same order.
    """
    out = detached(strip_results(frame))
    for name, values in _columns(verdicts):
        label = result_label(out.columns, name)
        out[label] = pd.Series(values, index=out.index, copy=False)  # an array would be copied
    if run is not None or split:
        told: dict[str, Any] = {} if run is None else {"run": run}
        told |= {"variants": json.loads(split), "rows": len(out)} if split else {}
        out.attrs = {**out.attrs, "smsframe": told}
    return out


def _columns(verdicts: Verdicts) -> Iterator[tuple[str, Any]]:
    """Yield the result columns; the times are made first, for that takes the most memory."""
    accepted_at = _accepted_at(verdicts)
    codes = [code or None for code, _ in verdicts.reasons]
    errors = [error or None for _, error in verdicts.reasons]
    remember(error for _, error in verdicts.reasons)
    batches = verdicts.batches
    yield "sms_status", status_column(verdicts.status.astype(np.int8))
    yield "sms_code", taken(codes, verdicts.reason)
    yield "sms_error", taken(errors, verdicts.reason)
    yield "sms_contact", strings(verdicts.contact)
    yield "sms_response_id", taken([batch.response_id for batch in batches], verdicts.batch)
    yield "sms_batch", taken([batch.batch_id for batch in batches], verdicts.batch)
    counts = pd.arrays.IntegerArray(verdicts.segments.astype(np.int32), verdicts.segments < 0)
    yield "sms_segments", counts
    yield "sms_accepted_at", accepted_at
    if verdicts.variant is not None:
        yield VARIANT, _variant_column(verdicts.variant, list(verdicts.variants))


def _variant_column(numbers: Numbers, names: list[str]) -> pd.Categorical:
    """Return the names of texts by number; any other number is missing."""
    known = np.where(numbers < len(names), numbers, -1).astype(np.int32)
    return pd.Categorical.from_codes(
        known,  # type: ignore[call-overload]  # the stubs want an Index
        categories=names,
    )


def _accepted_at(verdicts: Verdicts) -> Any:
    """Return when each message was accepted; NaT for the others."""
    accepted = np.isin(verdicts.status, ACCEPTED_NUMBERS)
    numbers = np.where(accepted, verdicts.batch, -1)
    return times([batch.accepted_at for batch in verdicts.batches], numbers)


def status_column(numbers: npt.NDArray[np.int8]) -> pd.Categorical:
    """Return statuses by number as ``sms_status``; -1 is missing."""
    return pd.Categorical.from_codes(
        numbers,  # type: ignore[call-overload]  # the stubs want an Index
        categories=list(STATUSES),
    )


def strings(values: pa.Array) -> Any:
    """Return an Arrow string array as a pandas ``string`` array."""
    return pd.array(values, dtype="string[pyarrow]")


def taken(distinct: Sequence[str | None], numbers: Numbers) -> Any:
    """Return ``distinct[number]`` for each number, NA for -1, as a pandas ``string`` array."""
    indices = pa.array(numbers, mask=numbers < 0)
    return strings(pa.array(distinct, type=pa.large_string()).take(indices))


def times(seconds: Sequence[float | None], numbers: Numbers) -> Any:
    """Return UTC timestamps for each number, NaT for -1."""
    return pd.Series(moments([*seconds, None])).astype(TIME).array.take(numbers)


def moments(seconds: Iterable[float | None]) -> pd.DatetimeIndex:
    """Return seconds since 1970 as times; pandas 2.2 trips over floats of which one is missing."""
    micros = [None if second is None else round(second * 1e6) for second in seconds]
    return pd.DatetimeIndex(np.array(micros, dtype="datetime64[us]"), tz="UTC")

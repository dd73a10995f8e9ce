"""What the sandbox saw: every API call in a table, and how many were in flight at once.

The log belongs to the running server, not to the world: it is kept in memory and starts empty.
Calls under ``/sandbox/`` are not part of the API and appear in neither count.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

_REQUEST_DTYPES: Final = {
    "at": "datetime64[ns, UTC]",
    "method": "string",
    "path": "string",
    "status": "Int64",
    "in_flight": "Int64",
    "contacts": "Int64",
    "source": "string",
    "response_id": "string",
    "seconds": "float64",
    "fault": "string",
}
_OUTBOX_DTYPES: Final = {
    "to": "string",
    "text": "string",
    "program": "string",
    "source": "string",
    "response_id": "string",
    "at": "datetime64[ns, UTC]",
}
_EVENT_COLUMNS: Final = {
    "to": "Mobile Number",
    "program": "Program Id",
    "text": "Message Body",
    "source": "Source",
    "at": "Event Timestamp",
}


@dataclass(slots=True, kw_only=True)
class Record:
    """One API call: ``status`` is ``None`` when no status line was sent."""

    at: float
    method: str
    path: str
    status: int | None = None
    in_flight: int = 0
    contacts: int | None = None
    source: str | None = None
    response_id: str | None = None
    seconds: float = 0.0
    fault: str | None = None


@dataclass(slots=True)
class Log:
    """The calls so far, and a gate that counts those in flight."""

    _records: list[Record] = field(default_factory=list)
    _in_flight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> int:
        """Count a call in and return how many are in flight, itself included."""
        with self._lock:
            self._in_flight += 1
            return self._in_flight

    def in_flight(self) -> int:
        """Return how many calls are in flight."""
        with self._lock:
            return self._in_flight

    def leave(self, record: Record, *, counted: bool) -> None:
        """Note a finished call, and count it out if it had been counted in."""
        with self._lock:
            self._records.append(record)
            self._in_flight -= counted

    def records(self) -> list[Record]:
        """Return every call that is finished, in the order they finished."""
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._records.clear()


def requests_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Return calls as a frame with the documented columns and dtypes, also when there are none."""
    names = tuple(_REQUEST_DTYPES)
    return _frame((tuple(getattr(r, name) for name in names) for r in records), _REQUEST_DTYPES)


def outbox_frame(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Return messages as a frame with the documented columns and dtypes, even when empty."""
    return _frame(rows, _OUTBOX_DTYPES)


def events_frame(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Return messages the way the product exports its sent events."""
    frame = outbox_frame(rows)
    return frame[list(_EVENT_COLUMNS)].rename(columns=_EVENT_COLUMNS)


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as JSON-ready records: missing is ``None``, times are ISO 8601 in UTC."""
    columns = {name: _plain(frame[name]) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    """Return a column as JSON-ready values."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [time.isoformat() for time in column]
    return [None if pd.isna(value) else value for value in column.tolist()]


def _frame(rows: Iterable[tuple[Any, ...]], dtypes: dict[str, str]) -> pd.DataFrame:
    """Return rows as a frame of these dtypes, also when it is empty; times come as s since 1970."""
    frame = pd.DataFrame(list(rows), columns=list(dtypes))
    micros = np.array([round(at * 1e6) for at in frame["at"]], dtype="datetime64[us]")
    frame["at"] = pd.DatetimeIndex(micros, tz="UTC")
    return frame.astype(dtypes)

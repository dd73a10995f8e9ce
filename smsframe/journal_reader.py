"""Reading the journal, and owning its connection.

A connection belongs to the thread and process that opened it: SQLite's locks do not survive a fork,
and a transaction is of one thread. Others are refused with a sentence instead of an obscure fault.
The ledger decides who is texted again, so it is not only read but checked: a checksum per batch,
and the number of batches counted in a second way. Damage raises; it never makes a ledger shorter.
"""
# ruff: noqa: S608 - statements are joined from constants here, values are always bound

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from smsframe.errors import JournalError
from smsframe.forks import unforked
from smsframe.journal_records import (
    KEY_BYTES,
    PERSON_BYTES,
    STATE_NAMES,
    BatchRecord,
    Ledger,
    RunRecord,
)
from smsframe.journal_schema import damaged, explaining, open_database, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

RUN_COLUMNS: Final = (
    "run_id, scope, account, program, campaign, content, content_id, settings, tags, rows, "
    "started_at, user, host, pid, ended_at, ending, forgotten"
)
OUTCOME_COLUMNS: Final = (
    "state, http_status, code, message, cure, response_id, location, attempts, seconds, settled_at"
)
_BATCH_COLUMNS: Final = (
    f"batch_id, run_id, scope, size, source, claimed_at, {OUTCOME_COLUMNS}, resolved_at, "
    "refreshed_at, states, statuses"
)
_LEDGER_COLUMNS: Final = f"{_BATCH_COLUMNS}, people, keys, checksum"
_FROM_BATCHES: Final = (
    "FROM batches LEFT JOIN keys ON keys.batch = id LEFT JOIN statuses ON statuses.batch = id"
)
# The batches of a scope, counted over other indexes than those they are read by.
_COUNT_OTHERWISE: Final = (
    "SELECT count(*) FROM batches WHERE run_id IN (SELECT run_id FROM runs WHERE scope = ?)"
)
_STEP: Final = 500  # names in one IN (...); the floor of SQLite's limit is 999
RUN_FIELDS: Final = tuple(RUN_COLUMNS.split(", "))
OUTCOME_FIELDS: Final = tuple(OUTCOME_COLUMNS.split(", "))
_BATCH_FIELDS: Final = tuple(_BATCH_COLUMNS.split(", "))
_STATE_BYTES: Final = {name: byte for byte, name in enumerate(STATE_NAMES)}


class JournalReader:
    """What can be asked of a journal; `smsframe.journal.Journal` adds what can be told to it."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        busy_timeout_s: float = 5.0,
        connect: Callable[..., sqlite3.Connection] = sqlite3.connect,
    ) -> None:
        self.path = Path(path)
        self._owner = (os.getpid(), threading.get_ident())
        with unforked():
            self._db: sqlite3.Connection | None = open_database(self.path, connect, busy_timeout_s)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a second time, or in a forked child, does nothing."""
        if self._db is not None and self._owner[0] == os.getpid():
            with self._reading() as db:
                db.close()
            self._db = None

    def ledger(self, scope: bytes) -> Ledger:
        """Read every message ever claimed in a scope (16 bytes), oldest batch first."""
        query = f"SELECT {_LEDGER_COLUMNS} {_FROM_BATCHES} WHERE scope = ? ORDER BY id"
        with self._snapshot() as db:
            rows = db.execute(query, (scope,)).fetchall()
            (expected,) = db.execute(_COUNT_OTHERWISE, (scope,)).fetchone()
        if len(rows) != expected:
            raise damaged(self.path, f"{len(rows)} batches are found where {expected} were written")
        batches = tuple(_batch(row) for row in rows)
        for batch, row in zip(batches, rows, strict=True):
            self._check_batch(batch, *row[-3:])
        people = b"".join(
            row[-3] or bytes(PERSON_BYTES * batch.size)
            for batch, row in zip(batches, rows, strict=True)
        )
        return _ledger(batches, b"".join(row[-2] for row in rows), people)

    def runs(self, account: str | None = None) -> list[RunRecord]:
        """List the runs (of one account, or all), oldest first, without their ``rest``."""
        if account is None:
            return self._runs("TRUE")
        return self._runs("account = ?", account)

    def runs_of_scope(self, scope: bytes) -> list[RunRecord]:
        """List the runs of a scope, oldest first, without their ``rest``."""
        return self._runs("scope = ?", scope)

    def run(self, run_id: str) -> RunRecord:
        """Give one run, its ``rest`` included (empty when forgotten)."""
        found = self._runs("run_id = ?", run_id)
        if not found:
            raise self._missing("run", run_id)
        rest = self._one("SELECT rest FROM rests WHERE run_id = ?", run_id)
        return dataclasses.replace(found[0], rest=b"" if rest is None else rest)

    def batches(self, run_id: str) -> list[BatchRecord]:
        """List the batches of a run in the order of their claims."""
        query = f"SELECT {_BATCH_COLUMNS} {_FROM_BATCHES} WHERE run_id = ? ORDER BY id"
        with self._reading() as db:
            return [_batch(row) for row in db.execute(query, (run_id,))]

    def find_batches(self, batch_ids: Collection[str]) -> list[BatchRecord]:
        """List the batches of these ids, in the order of their claims; unknown ids are left out."""
        return [_batch(row) for row in self._by_batch(_BATCH_COLUMNS, _FROM_BATCHES, batch_ids)]

    def payloads(self, batch_ids: Collection[str]) -> dict[str, bytes]:
        """Give the payloads of batches by id; those that were forgotten are left out."""
        joined = "FROM batches JOIN payloads ON batch = id"
        return dict(self._by_batch("batch_id, payload", joined, batch_ids))

    def _by_batch(
        self, columns: str, joined: str, batch_ids: Collection[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Read rows of batches by their ids, in the order of their claims within each step."""
        names = sorted(batch_ids)
        with self._reading() as db:
            for start in range(0, len(names), _STEP):
                step = names[start : start + _STEP]
                marks = ", ".join("?" * len(step))
                query = f"SELECT {columns} {joined} WHERE batch_id IN ({marks}) ORDER BY id"
                yield from db.execute(query, step).fetchall()

    def counts(self, run_id: str) -> dict[str, int]:
        """Count the messages of a run by state: claimed, accepted, rejected, unknown."""
        totals = np.zeros(len(STATE_NAMES), dtype=np.int64)
        query = "SELECT state, size, states FROM batches JOIN keys ON batch = id WHERE run_id = ?"
        with self._reading() as db:
            for state, size, states in db.execute(query, (run_id,)):
                if states is None:
                    totals[_STATE_BYTES[state]] += size
                else:
                    totals += np.bincount(np.frombuffer(states, np.uint8), minlength=len(totals))
        return dict(zip(STATE_NAMES, totals.tolist(), strict=True))

    def payload(self, batch_id: str) -> bytes:
        """Give the payload of a batch as it was claimed; a JournalError when it was forgotten."""
        return self._blob("payload", "payloads", batch_id)

    def keys(self, batch_id: str) -> bytes:
        """Give the send keys of a batch, 16 bytes per message."""
        return self._blob("keys", "keys", batch_id)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Hand the connection to its owner alone, and explain what SQLite complains about."""
        if self._db is None:
            raise JournalError(
                f"The journal {self.path} is closed. Open it anew.", path=str(self.path)
            )
        if self._owner != (os.getpid(), threading.get_ident()):
            raise JournalError(
                f"The journal {self.path} was opened in another thread or process. "
                "Open a Journal of its own in each.",
                path=str(self.path),
            )
        with unforked(), explaining(self.path):
            yield self._db

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Let several statements see one state of the file."""
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                roll_back(db)

    def _check_batch(
        self, batch: BatchRecord, people: bytes | None, keys: bytes | None, checksum: int | None
    ) -> None:
        """Refuse a batch that is not what was claimed: a lost key is a second text."""
        if (
            keys is None
            or people is None
            or len(keys) != KEY_BYTES * batch.size
            or checksum_of(keys, people) != checksum
            or batch.state not in STATE_NAMES
            or (batch.states is not None and len(batch.states) != batch.size)
        ):
            what = f"the keys of batch {batch.batch_id} are not what was written"
            raise damaged(self.path, what)

    def _one(self, query: str, name: str) -> Any:
        """Read one value, None when there is no such row."""
        with self._reading() as db:
            row = db.execute(query, (name,)).fetchone()
        return None if row is None else row[0]

    def _blob(self, column: str, table: str, batch_id: str) -> bytes:
        """Read one blob of a batch."""
        query = f"SELECT {column} FROM {table} JOIN batches ON batch = id WHERE batch_id = ?"
        found = self._one(query, batch_id)
        if found is None:
            raise self._missing(f"{column} of batch", batch_id)
        return bytes(found)

    def _runs(self, where: str, *values: object) -> list[RunRecord]:
        """Read runs, oldest first."""
        query = f"SELECT {RUN_COLUMNS} FROM runs WHERE {where} ORDER BY started_at, rowid"
        with self._reading() as db:
            return [_run(row) for row in db.execute(query, values)]

    def _missing(self, what: str, name: str) -> JournalError:
        """Report that something asked for was never recorded, or was forgotten."""
        return JournalError(
            f"The journal {self.path} has no {what} {name}. Check the name and that this is the "
            "journal it was sent with; what was sent before a forget() is gone.",
            path=str(self.path),
            missing=name,
        )


def checksum_of(keys: bytes, people: bytes) -> int:
    """Sum up what decides who is texted again, so that damage to it is noticed."""
    return zlib.crc32(keys, zlib.crc32(people))


def _run(row: tuple[Any, ...]) -> RunRecord:
    """Make a record of a row of ``runs``."""
    values = dict(zip(RUN_FIELDS, row, strict=True))
    tags, forgotten = tuple(json.loads(values.pop("tags"))), bool(values.pop("forgotten"))
    return RunRecord(**values, tags=tags, forgotten=forgotten)


def _batch(row: tuple[Any, ...]) -> BatchRecord:
    """Make a record of a row of ``batches``."""
    return BatchRecord(**dict(zip(_BATCH_FIELDS, row, strict=False)))


def _ledger(batches: tuple[BatchRecord, ...], keys: bytes, people: bytes) -> Ledger:
    """Lay batches out as one array entry per message."""
    sizes = np.array([batch.size for batch in batches], dtype=np.int64)
    ends = np.cumsum(sizes)
    state = np.repeat(np.array([_STATE_BYTES[batch.state] for batch in batches], np.uint8), sizes)
    for batch, end in zip(batches, ends.tolist(), strict=True):
        if batch.states is not None:
            state[end - batch.size : end] = np.frombuffer(batch.states, np.uint8)
    starts = np.repeat((ends - sizes).astype(np.int32), sizes)
    return Ledger(
        keys=np.frombuffer(keys, dtype=f"V{KEY_BYTES}"),
        state=state,
        batch=np.repeat(np.arange(len(batches), dtype=np.int32), sizes),
        offset=np.arange(len(state), dtype=np.int32) - starts,
        people=np.frombuffer(people, dtype=np.uint64),
        batches=batches,
    )

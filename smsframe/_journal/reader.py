"""Reading the journal, and owning its connection and its transactions.

A connection belongs to the thread and process that opened it: SQLite's locks do not survive a fork,
and a transaction is of one thread. Others are refused with a sentence instead of an obscure fault.
The ledger decides who is texted again, so it is not only read but checked: a checksum per batch,
and the number of batches counted in a second way. Damage raises; it never makes a ledger shorter.

Where another program has the file locked for longer than ``busy_timeout_s``, whoever opens the
journal with ``patience_s`` waits on, and says so (`PATIENCE_S` for what a person asked for). A send
under way takes that back: it has calls in flight to listen to, and waits in its own way.
"""
# ruff: noqa: S608 - statements are joined from constants here, values are always bound

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
import sys
import threading
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from smsframe._base.forks import unforked
from smsframe._journal.ledger import BatchHashes, Wanted, collect, count_states, is_as_written
from smsframe._journal.location import Place
from smsframe._journal.records import (
    HASH_BYTES,
    BatchRecord,
    FinishedRun,
    Ledger,
    PastBatch,
    RecentBatch,
    RecentRun,
    RunRecord,
)
from smsframe._journal.schema import damaged, explaining, open_database, roll_back
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from smsframe._journal.database import Database

RUN_COLUMNS: Final = (
    "run_id, scope, service, program, campaign, content, content_id, near, is_test, settings, "
    "tags, rows, started_at, user, host, pid, ended_at, ending, left, forgotten, variants"
)
OUTCOME_COLUMNS: Final = (
    "state, http_status, code, message, fix, response_id, location, attempts, seconds, settled_at"
)
_BATCH_COLUMNS: Final = (
    f"batch_id, run_id, scope, size, source, claimed_at, {OUTCOME_COLUMNS}, resolved_at, "
    "refreshed_at, states, statuses, variant"
)
_FROM_BATCHES: Final = "FROM batches LEFT JOIN statuses ON statuses.batch = id"
# The batches of a scope, counted over other indexes than those they are read by.
_COUNT_OTHERWISE: Final = (
    "SELECT count(*) FROM batches WHERE run_id IN (SELECT run_id FROM runs WHERE scope = ?)"
)
_HASHES: Final = "id, batch_id, size, state, states, keys_checksum, keys"
_OF_SCOPE: Final = "FROM batches LEFT JOIN messages ON batch = id WHERE scope = ? ORDER BY id"
_MESSAGES: Final = f"SELECT {_HASHES} {_OF_SCOPE}"
_WITH_RECIPIENTS: Final = (
    f"SELECT {_HASHES}, recipients_checksum, nullif(recipients, x'') {_OF_SCOPE}"
)
_RECENT: Final = (
    "SELECT id, batch_id, run_id, claimed_at, size, state, states, recipients, variant "
    "FROM batches JOIN messages ON batch = id WHERE length(recipients) > 0"
)
# When a message left at the latest. What was called unknown after its sender had died says when
# that was noticed, which may be days later; it was never counted as tried.
_END: Final = "coalesce(settled_at, :now)"
_LEFT_AT: Final = (
    f"(CASE WHEN {_END} < claimed_at THEN claimed_at "
    f"WHEN attempts = 0 AND {_END} > claimed_at + :latest_s THEN claimed_at + :latest_s "
    f"ELSE {_END} END)"
)
_PAST: Final = (
    f"SELECT id, batch_id, {_LEFT_AT} AS left_at, size, state, states, recipients_checksum, "
    "recipients FROM batches LEFT JOIN messages ON batch = id WHERE id > :after AND run_id <> :but "
    f"AND (state <> 'rejected' OR states IS NOT NULL) AND {_LEFT_AT} > :since "
    "AND (recipients IS NULL OR length(recipients) > 0)"
)
_FINISHED: Final = (
    "SELECT run_id, ended_at FROM runs WHERE scope = ? AND ending = 'done' AND left = 0 "
    "AND NOT EXISTS (SELECT 1 FROM batches WHERE batches.run_id = runs.run_id "
    "AND state IN ('claimed', 'unknown')) ORDER BY ended_at"
)
_FIRST_VARIANTS: Final = (
    "SELECT variants FROM runs WHERE run_id = (SELECT run_id FROM batches WHERE scope = ? "
    "AND (state <> 'rejected' OR states IS NOT NULL) ORDER BY id LIMIT 1)"
)
_T = TypeVar("_T")
PATIENCE_S: Final = 60.0
LOCKED_PAUSE_S: Final = 0.05  # SQLite does not wait itself where two would wait for each other
_IT_WAITS: Final = (
    "The journal is locked by another program (a database browser, a backup). It is waited for, "
    "about a minute at most; close what has it open."
)
_LATEST_S: Final = 3600.0  # a call leaves within an hour of its claim: waits and repeats end before
_ANY_PAGE: Final = "SELECT 1 FROM sqlite_master LIMIT 1"
_STEP: Final = 500  # names in one IN (...); the floor of SQLite's limit is 999
RUN_FIELDS: Final = tuple(RUN_COLUMNS.split(", "))
OUTCOME_FIELDS: Final = tuple(OUTCOME_COLUMNS.split(", "))
_BATCH_FIELDS: Final = tuple(_BATCH_COLUMNS.split(", "))


class JournalReader:
    """What can be read from a journal; `smsframe._journal.store.Journal` writes to it."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        busy_timeout_s: float = 5.0,
        connect: Callable[..., sqlite3.Connection] = sqlite3.connect,
        patience_s: float = 0.0,
        waits: Callable[[], None] | None = None,
    ) -> None:
        self.path = Path(path)
        self.patience_s = patience_s
        self._waits = waits or _say_it_waits
        self._owner = (os.getpid(), threading.get_ident())
        self._db: sqlite3.Connection | None = self._patiently(
            lambda: open_database(self.path, connect, busy_timeout_s), None
        )
        try:
            with explaining(self.path):
                self._place = Place.of(self.path)
        except BaseException:
            with unforked():
                self._db.close()
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a second time, or in a forked child, does nothing."""
        if self._db is not None and self._owner[0] == os.getpid():
            self.patience_s = 0.0
            with self._reading() as db:
                db.close()
            self._db = None

    def knows(self, scope: bytes) -> bool:
        """Tell whether anything was ever claimed in a scope (16 bytes)."""
        return self._one("SELECT 1 FROM batches WHERE scope = ? LIMIT 1", scope) is not None

    def ledger(
        self,
        scope: bytes,
        *,
        keys: bytes | None = None,
        recipients: npt.NDArray[np.uint64] | None = None,
    ) -> Ledger:
        """Read the messages claimed in a scope, oldest batch first, in little memory.

        Parameters
        ----------
        scope : bytes
            The campaign, 16 bytes.
        keys : bytes, optional
            Send keys, 16 bytes each: only their messages, and those of ``recipients``. None: all.
        recipients : array of uint64, optional
            Hashes of recipients. None: the ledger has no recipients.
        """
        wanted = Wanted(keys=keys, recipients=recipients)
        with self._snapshot() as db:
            query = _MESSAGES if recipients is None and keys is not None else _WITH_RECIPIENTS
            found = collect(self._all_hashes(db, query, scope), wanted)
            return found.ledger(self._records(db, found.numbers))

    def _all_hashes(self, db: Database, query: str, scope: bytes) -> Iterator[BatchHashes]:
        """Read what a query asks of each batch of a scope, checked; refuse if some are missing."""
        read = 0
        for row in self._rows(db, query, (scope,)):
            read += 1
            yield self._checked(row)
        (expected,) = db.execute(_COUNT_OTHERWISE, (scope,)).fetchone()
        if read != expected:
            raise damaged(self.path, f"{read} batches are found where {expected} were written")

    def _records(self, db: Database, numbers: Sequence[int]) -> tuple[BatchRecord, ...]:
        """Read batches by their numbers, in the order of their claims."""
        records: list[BatchRecord] = []
        for step, marks in _steps(numbers):
            query = f"SELECT {_BATCH_COLUMNS} {_FROM_BATCHES} WHERE id IN ({marks}) ORDER BY id"
            records += map(_batch, db.execute(query, step))
        return tuple(records)

    def _checked(self, row: tuple[Any, ...]) -> BatchHashes:
        """Refuse a batch that is not what was claimed: a lost key is a second text."""
        read = BatchHashes(*row)
        if not read.is_whole():
            raise self._altered("keys", read.batch_id)
        return read

    def recent_runs(self, service: str, program: str, since: float) -> list[RecentRun]:
        """List the runs of a program that were started since a time, tests left out."""
        query = (
            "SELECT run_id, scope, campaign, near, forgotten FROM runs "
            "WHERE service = ? AND program = ? AND started_at >= ? AND is_test = 0 "
            "ORDER BY started_at, rowid"
        )
        with self._reading() as db:
            return [RecentRun(*row) for row in db.execute(query, (service, program, since))]

    def recent_batches(self, run_ids: Sequence[str], since: float) -> Iterator[RecentBatch]:
        """Read the batches of runs that left since a time, one at a time."""
        with self._reading() as db:
            for step, marks in _steps(run_ids):
                query = f"{_RECENT} AND run_id IN ({marks}) AND claimed_at >= ?"
                for row in self._rows(db, query, (*step, since)):
                    yield RecentBatch(*row)

    def newest_batch(self) -> int:
        """Return the number of the batch that was claimed last, 0 where there is none."""
        return self._one("SELECT max(id) FROM batches") or 0

    def past_batches(
        self, since: float, now: float, *, after: int = 0, but: str = ""
    ) -> Iterator[PastBatch]:
        """Read what may have gone out after a time, of all campaigns, one batch at a time.

        Tests are left out, and so is what was not processed, or settled as not sent as a whole.

        Parameters
        ----------
        since, now : float
            Seconds since 1970 (UTC). What is claimed and not settled may leave this very moment.
        after : int, default 0
            Only batches claimed after the one of this number.
        but : str, default ""
            A run whose batches are left out.
        """
        given = {"since": since, "now": now, "latest_s": _LATEST_S, "after": after, "but": but}
        with self._reading() as db:
            for row in self._rows(db, _PAST, given):
                batch = PastBatch(*row)
                length = HASH_BYTES * batch.size
                has_states = batch.states is None or len(batch.states) == batch.size
                if not (is_as_written(batch.recipients, length, batch.checksum) and has_states):
                    raise self._altered("recipients", batch.batch_id)
                yield batch

    def loose_values(self, number: int) -> bytes:
        """Give the hashes of the values of a batch by its number, value by value."""
        found = self._one("SELECT loose_values FROM messages WHERE batch = ?", number)
        return b"" if found is None else bytes(found)

    def variants(self, scope: bytes) -> str | None:
        """Give the variants of the first run of a scope of which anything may have gone out.

        ``""`` for a run with one text, None where nothing went out.
        """
        return self._one(_FIRST_VARIANTS, scope)

    def finished_runs(self, scope: bytes) -> list[FinishedRun]:
        """List the runs of a scope that left nothing over and nothing unknown, oldest first."""
        with self._reading() as db:
            return [FinishedRun(*row) for row in db.execute(_FINISHED, (scope,))]

    def runs(self, service: str | None = None) -> list[RunRecord]:
        """List the runs (through one service, or all), oldest first, without their ``rest``."""
        if service is None:
            return self._runs("TRUE")
        return self._runs("service = ?", service)

    def run(self, run_id: str) -> RunRecord:
        """Give one run, its ``rest`` included (empty when forgotten)."""
        found = self._runs("run_id = ?", run_id)
        if not found:
            raise self._missing("run", run_id)
        rest = self._one("SELECT rest FROM rests WHERE run_id = ?", run_id)
        return dataclasses.replace(found[0], rest=b"" if rest is None else rest)

    def place(self, run_id: str) -> bytes | None:
        """Give where the results of a run from files are; None for a run from a frame."""
        found = self._one("SELECT place FROM places WHERE run_id = ?", run_id)
        return None if found is None else bytes(found)

    def hashes(self, scope: bytes) -> Iterator[BatchHashes]:
        """Read the keys and recipients of a scope's batches, checked, one batch at a time."""
        with self._snapshot() as db:
            yield from self._all_hashes(db, _WITH_RECIPIENTS, scope)

    def records(self, numbers: Sequence[int]) -> dict[int, BatchRecord]:
        """Give batches by their numbers."""
        ordered = sorted(numbers)
        with self._reading() as db:
            return dict(zip(ordered, self._records(db, ordered), strict=True))

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

    def recipients(self, batch_ids: Collection[str]) -> dict[str, bytes]:
        """Give the hashes of the recipients of batches by id, 8 bytes each, checked."""
        columns, joined = "batch_id, recipients_checksum, recipients", "FROM batches JOIN messages"
        found = {}
        for name, checksum, hashes in self._by_batch(columns, f"{joined} ON batch = id", batch_ids):
            if zlib.crc32(hashes) != checksum:
                raise self._altered("recipients", name)
            found[name] = bytes(hashes)
        return found

    def _by_batch(
        self, columns: str, joined: str, batch_ids: Collection[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Read rows of batches by their ids, in the order of their claims within each step."""
        names = sorted(batch_ids)
        with self._reading() as db:
            for step, marks in _steps(names):
                query = f"SELECT {columns} {joined} WHERE batch_id IN ({marks}) ORDER BY id"
                yield from db.execute(query, step).fetchall()

    def counts(self, run_id: str) -> dict[str, int]:
        """Count the messages of a run by state: claimed, accepted, rejected, unknown."""
        query = "SELECT state, size, states FROM batches WHERE run_id = ?"
        with self._reading() as db:
            return count_states(db.execute(query, (run_id,)))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Database]:
        """Hand the connection to its owner alone, and explain what SQLite complains about."""
        db = self._db
        self._check_owner(is_closed=db is None)
        assert db is not None
        if self.patience_s and not db.in_transaction:
            self._patiently(lambda: db.execute(_ANY_PAGE).fetchone(), self._place)
        with unforked(), explaining(self.path, self._place):
            yield db

    def _check_owner(self, *, is_closed: bool) -> None:
        """Refuse the connection to all but the thread and process that opened it."""
        fault = "was opened in another thread or process. Open a Journal of its own in each."
        if is_closed:
            fault = "is closed. Open it anew."
        if is_closed or self._owner != (os.getpid(), threading.get_ident()):
            raise JournalError(f"The journal {self.path} {fault}", path=str(self.path))

    def _rows(self, db: Database, query: str, values: Any) -> Iterator[tuple[Any, ...]]:
        """Read what may be more than fits in memory, as it comes."""
        return iter(db.execute(query, values))

    def _patiently(self, work: Callable[[], _T], place: Place | None) -> _T:
        """Do what takes a lock; again while another program has it, as long as patience lasts."""
        end, has_told = time.monotonic() + self.patience_s, False
        while True:
            try:
                with unforked(), explaining(self.path, place):
                    return work()
            except JournalError as error:
                if not error.details.get("locked") or time.monotonic() >= end:
                    raise
            if not has_told:
                self._waits()
                has_told = True
            time.sleep(LOCKED_PAUSE_S)

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[Database]:
        """Let several statements see one state of the file."""
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                roll_back(db)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make all that is written within one transaction, which is kept whole or not at all."""
        with self._writing():
            yield

    @contextlib.contextmanager
    def _writing(self, *, moved_too: bool = False) -> Iterator[Database]:
        """Open one transaction: synced at its end, undone when anything goes wrong inside.

        What is new is written only where the journal was opened; ``moved_too`` is for what came of
        things that are in it. Within another transaction it is a part of that one.
        """
        with self._reading() as db, self._place.writable(db, moved_too=moved_too):
            if db.in_transaction:
                yield db
                return
            self._patiently(lambda: db.execute("BEGIN IMMEDIATE"), self._place)
            try:
                yield db
                self._patiently(lambda: db.execute("COMMIT"), self._place)
            except BaseException:
                roll_back(db)
                raise

    def _one(self, query: str, *names: str | bytes | int) -> Any:
        """Read one value, None when there is no such row."""
        with self._reading() as db:
            row = db.execute(query, names).fetchone()
        return None if row is None else row[0]

    def _runs(self, where: str, *values: object) -> list[RunRecord]:
        """Read runs, oldest first."""
        query = f"SELECT {RUN_COLUMNS} FROM runs WHERE {where} ORDER BY started_at, rowid"
        with self._reading() as db:
            return [_run(row) for row in db.execute(query, values)]

    def _altered(self, what: str, batch_id: str) -> JournalError:
        """Report bytes of a batch that were changed since."""
        return damaged(self.path, f"the {what} of batch {batch_id} are not what was written")

    def _missing(self, what: str, name: str) -> JournalError:
        """Report that something asked for was never recorded, or was forgotten."""
        return JournalError(
            f"The journal {self.path} has no {what} {name}. Check the name and that this is the "
            "journal it was sent with; what was sent before a forget() is gone.",
            path=str(self.path),
            missing=name,
        )


def _steps(names: Sequence[_T]) -> Iterator[tuple[Sequence[_T], str]]:
    """Cut names into what one statement may ask for, with a mark for each."""
    for start in range(0, len(names), _STEP):
        step = names[start : start + _STEP]
        yield step, ", ".join("?" * len(step))


def _say_it_waits() -> None:
    """Say why nothing moves."""
    sys.stderr.write(f"{_IT_WAITS}\n")


def _run(row: tuple[Any, ...]) -> RunRecord:
    """Make a record of a row of ``runs``."""
    values = dict(zip(RUN_FIELDS, row, strict=True))
    values["tags"] = tuple(json.loads(values["tags"]))
    values |= {name: bool(values[name]) for name in ("is_test", "forgotten")}
    return RunRecord(**values)


def _batch(row: tuple[Any, ...]) -> BatchRecord:
    """Make a record of a row of ``batches``."""
    return BatchRecord(**dict(zip(_BATCH_FIELDS, row, strict=False)))

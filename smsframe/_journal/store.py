"""The durable memory of what was sent: claims before a POST, outcomes after it.

Decisions:

- **A claim is on disk before its POST leaves.** `Journal.record` returns only after the commit was
  synced, so whatever happens next, the next run knows of the batch. Several claims and settlements
  share one transaction, because what costs time is the sync.
- **What depends on the claims of others is judged where a claim is written.** Campaigns have locks
  of their own, so two runs may claim for the same people at the same moment. Writers of one file
  stand in line, so whoever judges inside the transaction of a claim sees all claims before it, and
  those that follow see this one.
- **States only go forward**: ``claimed`` to ``accepted``, ``rejected`` or ``unknown``. Settling
  twice alike is no fault (an interrupt may fall between commit and return); settling otherwise is.
  Only what is ``unknown`` may be resolved by a person, row by row if need be, and resolved again.
  What the API accepted stays accepted.
- **A batch is one row**, its keys one blob; a row per message costs 15 µs, too much.
- **One connection, one thread, one process.** SQLite locks do not survive a fork, so a child is
  refused.
- **No complaint carries content.** Faults name the file, the batch and the fix, never keys, texts
  or phones.

How the file is made, synced and upgraded stands in `smsframe._journal.schema`, its records in
`smsframe._journal.records`.
"""
# ruff: noqa: S608 - statements are joined from constants here, values are always bound

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
import zlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from smsframe._base.sentences import SETTLE, Sentence, of_results, remember, words
from smsframe._journal.location import recently_noted, refuse_outdated
from smsframe._journal.lock import campaign_lock, sender_of
from smsframe._journal.reader import (
    OUTCOME_COLUMNS,
    OUTCOME_FIELDS,
    PATIENCE_S,
    RUN_COLUMNS,
    RUN_FIELDS,
    JournalReader,
)
from smsframe._journal.records import (
    ACCEPTED,
    HASH_BYTES,
    KEY_BYTES,
    REJECTED,
    UNKNOWN,
    Claim,
    RunRecord,
    SenderNow,
    SettledState,
    Settlement,
)
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from smsframe._journal.database import Database

    Messages: TypeAlias = npt.NDArray[np.bool_]
    Judge: TypeAlias = Callable[[Sequence[Claim]], Mapping[str, Messages]]

__all__ = ["PATIENCE_S", "Journal"]

_START: Final = (
    f"INSERT INTO runs ({RUN_COLUMNS}) VALUES ({', '.join(f':{name}' for name in RUN_FIELDS)})"
)
_CLAIM_FIELDS: Final = ("batch_id", "run_id", "scope", "size", "source", "claimed_at", "variant")
_CLAIM: Final = f"INSERT INTO batches ({', '.join(_CLAIM_FIELDS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_MESSAGES: Final = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)"
SETTLE_BATCH: Final = (
    f"UPDATE batches SET ({OUTCOME_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "WHERE batch_id = ? AND state = 'claimed'"
)
_MARK_ORPHANS: Final = (
    "UPDATE batches SET state = 'unknown', code = 'sender_died', message = ?, fix = ?, "
    "settled_at = ? WHERE scope = ? AND state = 'claimed'"
)
_RESOLVE: Final = (
    "UPDATE batches SET states = ?, state = ?, code = ?, message = ?, fix = '', resolved_at = ? "
    "WHERE id = ?"
)
_KEEP_STATUSES: Final = (
    "INSERT INTO statuses VALUES (?, ?) "
    "ON CONFLICT (batch) DO UPDATE SET statuses = excluded.statuses"
)
_KEEP_PLACE: Final = (
    "INSERT INTO places VALUES (?, ?) ON CONFLICT (run_id) DO UPDATE SET place = excluded.place"
)
_FORGET_RUNS: Final = (
    "UPDATE runs SET content = NULL, forgotten = 1 WHERE started_at < ? AND forgotten = 0"
)
_OF_OLD_RUNS: Final = "run_id IN (SELECT run_id FROM runs WHERE started_at < ?)"
_OF_OLD_BATCHES: Final = f"batch IN (SELECT id FROM batches WHERE {_OF_OLD_RUNS})"
_FORGET_BLOBS: Final = (
    f"DELETE FROM payloads WHERE {_OF_OLD_BATCHES}",
    f"DELETE FROM statuses WHERE {_OF_OLD_BATCHES}",
    f"DELETE FROM rests WHERE {_OF_OLD_RUNS}",
    f"DELETE FROM places WHERE {_OF_OLD_RUNS}",
)
_NO_ANSWER: Final = "The sender died before the answer was recorded."
_LOOK_IT_UP: Final = Sentence(
    "Look in Campaign whether these went out, then ",
    words(Sentence(SETTLE, " settles them"), at_shell=SETTLE.shell),
    ".",
)
remember([_LOOK_IT_UP])  # it is kept as a text


class Journal(JournalReader):
    """The journal of one file, over one connection, for the thread that opened it.

    Opening makes file and directory where they are missing (modes 0600 and 0700) and upgrades an
    older journal.

    Parameters
    ----------
    path : str or os.PathLike
        The journal's file.
    busy_timeout_s : float, default 5.0
        How long to wait, in seconds, for another program that is writing.
    connect : callable, default `sqlite3.connect`
        Opens the database; the seam through which crashes and disk faults are simulated.
    patience_s : float, default 0
        How much longer to wait for it, in seconds; `PATIENCE_S` where a person asked.
    waits : callable, optional
        Is called when that begins; None: it is said on the error stream.

    Raises
    ------
    JournalError
        The file cannot be made, opened, read or upgraded, is of another program or of a newer
        smsframe. Every method raises it too when the file fails it, or is given something that
        contradicts the record.
    """

    def start_run(self, run: RunRecord) -> None:
        """Write down a run, durably, before its first claim."""
        row = dataclasses.asdict(run) | {"tags": json.dumps(run.tags)}
        with self._writing() as db:
            if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (run.run_id,)).fetchone():
                raise self._contradiction(f"run {run.run_id} is already in it")
            db.execute(_START, row)
            db.execute("INSERT INTO rests VALUES (:run_id, :rest)", row)

    def place_run(self, run_id: str, place: bytes) -> None:
        """Write down where the results of a run from files are (opaque)."""
        with self._writing() as db:
            db.execute(_KEEP_PLACE, (run_id, place))

    def end_run(
        self,
        run_id: str,
        ended_at: float,
        ending: str,
        *,
        left: int = 0,
        rest: bytes | None = None,
    ) -> None:
        """Write down when a run ended and how; ``rest``, if given, replaces the run's.

        ``ending`` is "done", "stopped", "interrupted" or "failed", ``left`` the number of its
        messages that were not accepted, those beyond ``limit`` included.
        """
        with self._writing(moved_too=True) as db:
            changed = db.execute(
                "UPDATE runs SET ended_at = ?, ending = ?, left = ? WHERE run_id = ?",
                (ended_at, ending, left, run_id),
            )
            if not changed.rowcount:
                raise self._missing("run", run_id)
            if rest is not None:
                db.execute("UPDATE rests SET rest = ? WHERE run_id = ?", (rest, run_id))

    def record(
        self,
        *,
        claims: Sequence[Claim] = (),
        settlements: Sequence[Settlement] = (),
        judge: Judge | None = None,
    ) -> Mapping[str, Messages]:
        """Write claims and settlements as one; on return all is on disk, after an error nothing.

        Settling a batch again with the same outcome does nothing. A journal that was moved,
        replaced or emptied takes no claim; settlements alone are written wherever its file is now.

        Parameters
        ----------
        claims : sequence of Claim
            Batches about to be posted; their run must have been started.
        settlements : sequence of Settlement
            Outcomes of claimed batches, those of ``claims`` included.
        judge : callable, optional
            Is given the claims once nobody else can write any more, and returns, by batch, which
            messages must not go out (bool, one per message): these batches are not claimed.

        Returns
        -------
        mapping of str to array of bool
            What ``judge`` returned.

        Raises
        ------
        JournalError
            The disk failed, the journal is not where it was, a claim's batch is known already or
            its run is not, or a settled batch is given another outcome.
        """
        held: Mapping[str, Messages] = {}
        if not claims and not settlements:
            return held
        with self._writing(moved_too=not claims) as db:
            new = self._not_written_yet(db, claims)
            if new and judge is not None:
                held = judge(new)
            for claim in new:
                if claim.batch_id not in held:
                    self._claim(db, claim)
            for settlement in settlements:
                self._settle(db, settlement)
        self._note_written([c for c in claims if c.batch_id not in held], settlements)
        return held

    def sending(
        self, scope: bytes, *, service: str = "", wait_s: float = 0.0, lease_s: float = 90.0
    ) -> AbstractContextManager[None]:
        """Hold the right to send one campaign while the block runs; see `campaign_lock`.

        ``service`` and ``lease_s`` are for a journal that is shared by machines; here it is a lock.
        """
        del service, lease_s
        return campaign_lock(self.path, scope, wait_s=wait_s)

    def may_post(self) -> bool:
        """Whether a claimed batch may still leave; asked by any thread."""
        return True

    @property
    def is_shared(self) -> bool:
        """Whether senders of other machines write it too."""
        return False

    def runs_under_way(self) -> dict[str, float]:
        """Return the runs that are being sent now, each with the seconds its lease still lasts.

        As far as the journal can tell: one of a file does not note which run is sent.
        """
        return {}

    def sender_of(self, scope: bytes) -> SenderNow | None:
        """Say who is sending a campaign (16 bytes) now; None when nobody is known to be."""
        return sender_of(self.path, scope)

    def part_of(self, places: int) -> int:
        """Return how many of some places in flight a sender has, among all of other machines."""
        return places

    @property
    def waits_because(self) -> str:
        """What a send says when it has to wait for its journal; "" for the usual words."""
        return ""

    def _not_written_yet(self, _: Database, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Return the claims that nobody can have written yet: here, all of them."""
        return claims

    def _note_written(self, claims: Sequence[Claim], _: Sequence[Settlement]) -> None:
        """Note, beside the file, the last batch that was claimed."""
        if claims:
            self._place.note(claims[-1].scope, claims[-1].batch_id)

    def refuse_older_copy(self) -> None:
        """Refuse a journal that does not know the last batch of some campaign of these weeks."""
        with self._reading() as db:
            for scope in recently_noted(self.noted_beside):
                with contextlib.suppress(JournalError):
                    self._refuse_outdated(db, scope)
                    continue
                self._refuse_outdated(db, scope)  # its sender may have been writing the note

    @property
    def noted_beside(self) -> Path:
        """The file beside which the last batches are noted."""
        return self.path

    def _refuse_outdated(self, db: Database, scope: bytes) -> None:
        """Refuse an older copy of the journal."""
        refuse_outdated(db, self.path, scope)

    def _claim(self, db: Database, claim: Claim) -> None:
        """Insert one batch and its blobs."""
        self._check_whole(claim)
        self._check_new(db, claim)
        number = db.execute(_CLAIM, row_of(claim)).lastrowid
        recipients = zlib.crc32(claim.recipients), claim.recipients
        keys = zlib.crc32(claim.keys), claim.keys
        db.execute(_MESSAGES, (number, *recipients, *keys, claim.loose))
        db.execute("INSERT INTO payloads VALUES (?, ?)", (number, claim.payload))

    def _check_whole(self, claim: Claim) -> None:
        """Refuse a claim that has not what it needs for each message."""
        if len(claim.keys) != KEY_BYTES * claim.size:
            raise self._contradiction(f"batch {claim.batch_id} has not one key per message")
        if len(claim.recipients) not in (0, HASH_BYTES * claim.size):
            raise self._contradiction(f"batch {claim.batch_id} has not one recipient per message")

    def _check_new(self, db: Database, claim: Claim) -> None:
        """Refuse a batch that is known, or whose run is not known in its scope."""
        if db.execute("SELECT 1 FROM batches WHERE batch_id = ?", (claim.batch_id,)).fetchone():
            raise self._contradiction(f"batch {claim.batch_id} is already in it")
        run = db.execute("SELECT scope FROM runs WHERE run_id = ?", (claim.run_id,)).fetchone()
        if run is None:
            raise self._missing("run", claim.run_id)
        if run[0] != claim.scope:
            raise self._contradiction(f"batch {claim.batch_id} is of another scope than its run")

    def _settle(self, db: Database, settlement: Settlement) -> None:
        """Give a claimed batch its outcome; accept the same one again, refuse another one."""
        if db.execute(SETTLE_BATCH, (*settled_row(settlement), settlement.batch_id)).rowcount:
            return
        alike = ("state", "http_status", "code", "response_id")
        query = f"SELECT {', '.join(alike)} FROM batches WHERE batch_id = ?"
        known = db.execute(query, (settlement.batch_id,)).fetchone()
        if known is None:
            raise self._missing("batch", settlement.batch_id)
        if known != tuple(getattr(settlement, name) for name in alike):
            was, now = known[0], settlement.state
            what = f"batch {settlement.batch_id} is already {was}, and {now} otherwise now"
            raise self._contradiction(what)

    def mark_orphans_unknown(self, scope: bytes, *, at: float | None = None) -> int:
        """Call ``unknown`` what was claimed by senders that are dead.

        Call it while holding the scope's `campaign_lock`: only then is nobody else sending.

        Parameters
        ----------
        scope : bytes
            The campaign, 16 bytes.
        at : float, optional
            The time written down, seconds since 1970 (UTC); None is now.

        Returns
        -------
        int
            Number of batches that became ``unknown``. An older copy of the journal is refused.
        """
        when = time.time() if at is None else at
        with self._writing() as db:
            self._refuse_outdated(db, scope)
            values = _NO_ANSWER, _LOOK_IT_UP, when, scope
            return int(db.execute(_MARK_ORPHANS, values).rowcount)

    def set_states(
        self,
        batch_id: str,
        states: bytes | None,
        *,
        state: SettledState,
        code: str,
        message: str,
        at: float,
    ) -> None:
        """Resolve an ``unknown`` batch, or one resolved before, as a whole or row by row.

        Parameters
        ----------
        batch_id : str
            The batch.
        states : bytes or None
            One byte per message (`ACCEPTED`, `REJECTED` or `UNKNOWN`); None where ``state`` says it
            for all.
        state : str
            State of the batch as a whole: "accepted", "rejected" or "unknown".
        code, message : str
            Why, for machines and for people.
        at : float
            When, seconds since 1970 (UTC).
        """
        with self._writing() as db:
            known = db.execute(
                "SELECT id, size, state, resolved_at FROM batches WHERE batch_id = ?", (batch_id,)
            ).fetchone()
            if known is None:
                raise self._missing("batch", batch_id)
            batch, size, was, resolved_at = known
            if was != "unknown" and resolved_at is None:
                raise self._contradiction(
                    f"batch {batch_id} is {was}; only unknown ones are resolved"
                )
            self._check_states(batch_id, size, states)
            db.execute(_RESOLVE, (states, state, code, message, at, batch))

    def _check_states(self, batch_id: str, size: int, states: bytes | None) -> None:
        """Refuse bytes that are no settled states, or not one per message."""
        if states is None:
            return
        if len(states) != size or set(states) - {ACCEPTED, REJECTED, UNKNOWN}:
            raise self._contradiction(f"batch {batch_id} needs one settled state per message")

    def set_statuses(self, statuses: Mapping[str, bytes], at: float) -> None:
        """Keep what the status endpoint said about batches (opaque), and when (s since 1970)."""
        if not statuses:
            return
        with self._writing() as db:
            for batch_id, packed in statuses.items():
                number = self._id(db, batch_id)
                db.execute(_KEEP_STATUSES, (number, packed))
                db.execute("UPDATE batches SET refreshed_at = ? WHERE id = ?", (at, number))

    def forget(self, before: float) -> int:
        """Drop texts, payloads and statuses of runs started before a time; irreversible.

        Keys and states stay, so nobody is texted twice; the results of those runs cannot be brought
        back. The file is rewritten, so that the bytes are gone from it and from its side file.

        Parameters
        ----------
        before : float
            Seconds since 1970 (UTC).

        Returns
        -------
        int
            Number of runs that were forgotten now.
        """
        with self._without_side_file() as db:
            forgotten = self._drop_contents(before)
            if forgotten or db.execute("PRAGMA freelist_count").fetchone()[0]:
                db.execute("VACUUM")
        return forgotten

    @contextlib.contextmanager
    def _without_side_file(self) -> Iterator[Database]:
        """Remove the side file, which holds earlier pages, and leave none behind."""
        with self._reading() as db:
            db.execute("PRAGMA journal_mode = DELETE").fetchall()
            try:
                yield db
            finally:
                db.execute("PRAGMA journal_mode = PERSIST").fetchall()

    def _drop_contents(self, before: float) -> int:
        """Delete what is recorded of people from runs started before a time."""
        with self._writing() as db:
            for deletion in _FORGET_BLOBS:
                db.execute(deletion, (before,))
            return int(db.execute(_FORGET_RUNS, (before,)).rowcount)

    def _id(self, db: Database, batch_id: str) -> int:
        """Find the number of a batch."""
        row = db.execute("SELECT id FROM batches WHERE batch_id = ?", (batch_id,)).fetchone()
        if row is None:
            raise self._missing("batch", batch_id)
        return int(row[0])

    def _contradiction(self, what: str) -> JournalError:
        """Report a write that contradicts the record; nothing of it was kept."""
        return JournalError(
            Sentence(
                f"The journal {self.path} refused a record: {what}. Nothing was written. Look in ",
                words("smsframe.last_results()", at_shell="the results"),
                " what became of these rows, and settle those that the journal has otherwise (",
                of_results("resolve"),
                ") before anything of this campaign is sent again.",
            ),
            path=str(self.path),
            contradiction=what,
        )


def settled_row(settlement: Settlement) -> tuple[Any, ...]:
    """Return what is written of an outcome."""
    return tuple(getattr(settlement, name) for name in OUTCOME_FIELDS)


def row_of(claim: Claim) -> tuple[Any, ...]:
    """Return what is inserted into ``batches``."""
    return tuple(getattr(claim, name) for name in _CLAIM_FIELDS)

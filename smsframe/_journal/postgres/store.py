"""The journal of a team: the same logic as that of a file, in a PostgreSQL database.

What is different here, and why:

- **Claims stand in line** for a lock that ends with their transaction, so that they are numbered in
  the order in which they are seen, and whoever judges in one (``min_gap=``) sees all before it.
- **The right to send is a lease** (`lease.py`). What is new is written only while it is ours; what
  came of calls that are under way is written without it.
- **A COMMIT without an answer** may have been kept or not. Nothing of it is posted. Once the
  database is there again the batch is looked up by its id, and claimed if it is not there. What is
  not wanted any more by then is settled as never posted.
- **Outcomes that cannot be written** are kept in a synced file (`kept_outcomes.py`).
- **After a reconnect** the database may be another one: a standby that took over may have forgotten
  the last seconds. Its name is compared, and the live run writes down again what it lacks of its
  latest batches. If older ones are missing too, the send stops.
- **A late answer counts.** A sender that was taken for dead, and whose messages were called
  ``unknown``, may still say that they were accepted.
- **What a send writes again and again is one exchange** (`exchange.py`). Only what is unusual, or
  has to be judged among the claims of others, is a transaction step by step.
- A connection is made anew where it was cut between two transactions; what was cut inside of one is
  undone by the server, and done again by whoever asked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import threading
import time
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, cast

import psycopg

from smsframe._base.forks import unforked
from smsframe._journal.location import (
    last_batch,
    not_imported,
    note_file,
    outdated,
    write_note,
)
from smsframe._journal.lock import locks_directory
from smsframe._journal.postgres import schema
from smsframe._journal.postgres.database import READING, WRITING, WRITING_IN_LINE, TeamDatabase
from smsframe._journal.postgres.exchange import AT_ONCE, UnusualError, write
from smsframe._journal.postgres.faults import explaining
from smsframe._journal.postgres.kept_outcomes import NEVER_POSTED, KeptOutcomes, waiting
from smsframe._journal.postgres.lease import (
    RENEWED,
    UNDER_WAY,
    Lease,
    now,
    refuse_superseded,
    release,
    sender_of,
    take,
)
from smsframe._journal.postgres.standbys import warn_of_standbys
from smsframe._journal.records import Settlement
from smsframe._journal.schema import make_directory
from smsframe._journal.store import SETTLE_BATCH, Journal, settled_row
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from smsframe._base.journal_address import TeamAddress
    from smsframe._journal.database import Database
    from smsframe._journal.records import Claim, RunRecord, SenderNow
    from smsframe._journal.store import Judge, Messages

__all__ = ["TeamJournal"]

_AT_ONCE: Final = 64  # batches that are read in one exchange
_REMEMBERED: Final = 256  # batches of a run that could be written down again: some sixteen MB
_PING_AFTER_S: Final = 5.0
_AGAIN_S: Final = 0.5
# A batch whose run is of another scope, or unknown, or which is there already, inserts nothing.
_CLAIM: Final = (
    "WITH fresh AS (INSERT INTO batches (batch_id, run_id, scope, size, source, claimed_at, "
    "variant) SELECT :batch_id, run_id, scope, :size, :source, :claimed_at, :variant FROM runs "
    "WHERE run_id = :run_id AND scope = :scope "
    "ON CONFLICT (batch_id) DO NOTHING RETURNING id), "
    "hashes AS (INSERT INTO messages (batch, recipients_checksum, recipients, keys_checksum, keys, "
    "loose_values) SELECT id, :recipients_checksum, :recipients, :keys_checksum, :keys, :loose "
    "FROM fresh), "
    "contents AS (INSERT INTO payloads (batch, payload) SELECT id, :payload FROM fresh) "
    "SELECT id FROM fresh"
)
_SETTLE_LATE: Final = (
    "UPDATE batches SET state = 'claimed', code = '', message = '', fix = '', settled_at = NULL "
    "WHERE batch_id = ? AND state = 'unknown' AND code = 'sender_died' AND resolved_at IS NULL"
)
_THERE: Final = "SELECT batch_id, state FROM batches WHERE batch_id = ANY(?)"
_WAITS: Final = (
    "The journal's database cannot be reached, or is held by another session. What is known is "
    "kept on this machine and written when it is there again; nothing new is sent before. A stop "
    "(Ctrl-C, ■) ends the wait."
)


class TeamJournal(Journal):
    """The journal in a database, over one connection, for the thread that opened it.

    Parameters
    ----------
    address : TeamAddress
        The database.
    make : bool, default True
        Make the tables in a database that has none; False leaves it as it is (``is_made``).

    Raises
    ------
    JournalError
        The database cannot be reached, its journal is older or newer than this version, or the
        user may not do what was asked. ``details["locked"]`` tells what passes by itself.
    """

    def __init__(self, address: TeamAddress, *, make: bool = True) -> None:
        self.path = cast("Path", address)  # sentences name it; it is used as no path
        self.address = address
        self.patience_s = 0.0
        self._owner = (os.getpid(), threading.get_ident())
        self._names = itertools.count()
        self._used_at = time.monotonic()
        self._leases: dict[bytes, Lease] = {}
        self._notes: dict[bytes, Path] = {}  # where each campaign's last batch is noted
        self._in_doubt: set[str] = set()
        self._run: RunRecord | None = None
        self._recorded = 0
        self._latest: OrderedDict[str, tuple[Claim, Settlement | None]] = OrderedDict()
        self._must_assert = False
        self._is_closed = False
        self._kept: KeptOutcomes | None = None
        self._team: TeamDatabase | None = TeamDatabase(address)
        try:
            with explaining(address, self._is_lost):
                self.is_made = schema.check(self._team, address, make=make)
                self.identity = self._identity(self._team) if self.is_made else ""
        except BaseException:
            self._team.close()
            raise
        if self.is_made:
            self._write_kept()

    def close(self) -> None:
        """Close the connection; a second time, or in a forked child, does nothing."""
        if self._team is not None and self._owner[0] == os.getpid():
            self._team.close()
            self._team = None
            self._is_closed = True

    # -- connection and transactions

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Database]:
        """Hand the connection to its owner alone, made anew where it was cut meanwhile."""
        self._check_owner(is_closed=self._is_closed)
        with unforked():
            db = self._connected()
            with explaining(self.address, self._is_lost):
                yield db
        self._used_at = time.monotonic()

    def _connected(self) -> TeamDatabase:
        """Return the connection; another one where it is gone."""
        db = self._team
        if db is not None and not db.is_lost:
            if db.in_transaction or time.monotonic() - self._used_at < _PING_AFTER_S:
                return db
            with contextlib.suppress(Exception):
                db.execute("SELECT 1")
                self._used_at = time.monotonic()
                return db
        return self._reconnected()

    def _reconnected(self) -> TeamDatabase:
        """Connect anew, to the same journal."""
        if self._team is not None:
            self._team.close()
        self._team = db = TeamDatabase(self.address)
        with explaining(self.address, self._is_lost):
            schema.check(db, self.address, make=False)
            if self._identity(db) != self.identity:
                db.close()
                raise JournalError(
                    f"The journal {self.address} is another one than it was: a database was put in "
                    "its place while it was in use. Bring the first one back, and send nothing of "
                    "its campaigns before.",
                    path=str(self.address),
                )
        self._must_assert = self._run is not None
        return db

    @staticmethod
    def _identity(db: TeamDatabase) -> str:
        """Return the name that a journal gave itself when it was made."""
        row = db.execute("SELECT journal FROM identity").fetchone()
        return "" if row is None else str(row[0])

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[Database]:
        """Let several statements see one state of the database."""
        with self._reading() as opened:
            db = cast("TeamDatabase", opened)
            if db.in_transaction:
                yield db
                return
            db.begin(READING)
            try:
                yield db
            finally:
                with contextlib.suppress(Exception):
                    db.roll_back()

    def _rows(self, db: Database, query: str, values: Any) -> Iterator[tuple[Any, ...]]:
        """Read what may be more than fits in memory, some rows at a time."""
        with self._snapshot():
            name = f"smsframe_{next(self._names)}"
            db.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {query}", values)
            while rows := db.execute(f"FETCH {_AT_ONCE} IN {name}").fetchall():
                yield from rows
            db.execute(f"CLOSE {name}")

    @contextlib.contextmanager
    def _writing(self, *, moved_too: bool = False) -> Iterator[Database]:
        """Open one transaction; within another one it is a part of that.

        ``moved_too`` is for what came of things that are in the journal: it needs no lease.
        """
        with self._reading() as opened:
            db = cast("TeamDatabase", opened)
            if db.in_transaction:
                assert not db.is_reading, "written while it is read"
                yield db
                return
            leases = () if moved_too else tuple(self._leases.values())
            db = self._begun(db, WRITING if moved_too else WRITING_IN_LINE, leases)
            try:
                asserts = self._must_assert
                if asserts:
                    self._assert_own(db)
                    self._renew_leases(db, leases)
                yield db
                db.commit()
            except BaseException:
                with contextlib.suppress(Exception):
                    db.roll_back()
                raise
            if asserts:
                self._must_assert = False

    def _renew_leases(self, db: TeamDatabase, leases: Sequence[Lease]) -> None:
        """Renew leases in the transaction that needs them."""
        for lease in leases:
            if not lease.renew(db):
                raise refuse_superseded(self.address)

    def _begun(self, db: TeamDatabase, how: str, leases: Sequence[Lease]) -> TeamDatabase:
        """Begin a transaction that renews leases, all in one exchange.

        Over another connection where this one turns out to be cut; the leases are renewed later
        then, when what the database may have forgotten is in it again.
        """
        try:
            with explaining(self.address, self._is_lost):
                if self._must_assert:
                    db.begin(how)
                    return db
                before = now()
                said = db.begin(how, *(lease.renewal for lease in leases))
                for lease, told in zip(leases, said, strict=True):
                    if not lease.note_renewal(told, before):
                        raise refuse_superseded(self.address)
        except JournalError:
            if not db.is_lost:
                with contextlib.suppress(Exception):
                    db.roll_back()  # a lock that was waited for in vain
                raise
        else:
            return db
        db = self._reconnected()
        with explaining(self.address, self._is_lost):
            db.begin(how)
        return db

    def _is_lost(self) -> bool:
        """Tell whether the connection is gone."""
        return self._team is None or self._team.is_lost

    # -- sending

    @contextlib.contextmanager
    def sending(
        self, scope: bytes, *, service: str = "", wait_s: float = 0.0, lease_s: float = 90.0
    ) -> Iterator[None]:
        """Hold the right to send one campaign while the block runs.

        Parameters
        ----------
        scope : bytes
            The campaign, 16 bytes.
        service : str, default ""
            Through which service; its places in flight are shared by all who send through it.
        wait_s : float, default 0.0
            How long to wait, in seconds, for another sender to finish.
        lease_s : float, default 90.0
            How long the right lasts without being renewed, in seconds.

        Raises
        ------
        CampaignBusyError
            Somebody else is sending this campaign.
        """
        if scope in self._leases:
            yield
            return
        lease = Lease(address=self.address, scope=scope, service=service, lease_s=lease_s)
        owner = os.getpid()
        try:
            self._take(lease, wait_s)
            if service:
                with self._reading() as db:
                    warn_of_standbys(cast("TeamDatabase", db), self.address, self.identity)
            self._leases[scope] = lease
            with lease.kept_up():
                yield
        finally:
            self._leases.pop(scope, None)
            if os.getpid() == owner:
                release(self._team, lease)

    def _take(self, lease: Lease, wait_s: float) -> None:
        """Take a lease; whoever waits for it also waits for a database that is away meanwhile."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                with self._reading() as db:
                    take(cast("TeamDatabase", db), lease, wait_s=deadline - time.monotonic())
                    return
            except JournalError as error:
                if not error.details.get("locked") or time.monotonic() >= deadline:
                    raise
            time.sleep(_AGAIN_S)

    def may_post(self) -> bool:
        """Whether the leases are surely still ours, by the clock of this machine."""
        return all(lease.is_surely_ours() for lease in tuple(self._leases.values()))

    @property
    def is_shared(self) -> bool:
        """Whether senders of other machines write it too."""
        return True

    @property
    def waits_because(self) -> str:
        """What a send says when it has to wait for its journal."""
        return _WAITS

    def runs_under_way(self) -> dict[str, float]:
        """Return the runs whose senders hold a lease, and how long it lasts, in seconds."""
        with self._reading() as db:
            return {str(run_id): float(left_s) for run_id, left_s in db.execute(UNDER_WAY)}

    def sender_of(self, scope: bytes) -> SenderNow | None:
        """Say who holds the lease of a campaign now, and how far that is."""
        with self._reading() as db:
            return sender_of(cast("TeamDatabase", db), scope)

    def part_of(self, places: int) -> int:
        """Return how many places in flight are this sender's, among all who share the journal."""
        for lease in self._leases.values():
            if self._is_lost():
                break
            with self._reading() as db:
                return lease.part_of(places, cast("TeamDatabase", db))
        return places

    def start_run(self, run: RunRecord) -> None:
        """Write down a run, durably, before its first claim."""
        with self._writing() as db:
            super().start_run(run)
            if (lease := self._leases.get(run.scope)) is not None:
                lease.note_run(cast("TeamDatabase", db), run.run_id)
        self._run, self._recorded = run, 0
        self._latest.clear()
        self._kept = KeptOutcomes(self.address, run.run_id)

    def end_run(
        self,
        run_id: str,
        ended_at: float,
        ending: str,
        *,
        left: int = 0,
        rest: bytes | None = None,
    ) -> None:
        """Write down when a run ended and how; what was claimed in doubt was never posted."""
        never = [_never_posted(batch_id, ended_at) for batch_id in sorted(self._in_doubt)]
        try:
            with self._writing(moved_too=True) as db:
                super().end_run(run_id, ended_at, ending, left=left, rest=rest)
                for settlement in never:
                    self._settle_if_there(db, settlement)
        except JournalError:
            if self._kept is not None and never:
                self._kept.keep([*self._kept.pending, *never])
            raise
        self._in_doubt.clear()
        self._run = None

    def record(
        self,
        *,
        claims: Sequence[Claim] = (),
        settlements: Sequence[Settlement] = (),
        judge: Judge | None = None,
    ) -> Mapping[str, Messages]:
        """Write claims and settlements as one; see `Journal.record`.

        A claim needs the lease of its campaign. A batch that was claimed in doubt before, when the
        database was lost, is claimed if it is the same.
        """
        for claim in claims:
            if claim.scope not in self._leases:
                raise self._contradiction(f"batch {claim.batch_id} has no lease of its campaign")
        if not claims and not settlements:
            return {}
        try:
            if judge is None and self._written_at_once(claims, settlements):
                self._note_written(claims, settlements)
                return {}
            return super().record(claims=claims, settlements=settlements, judge=judge)
        except BaseException as error:
            self._note_doubt(claims, settlements, error)
            raise

    def _not_written_yet(self, db: Database, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Leave out what was claimed in doubt, and turns out to be written."""
        there = self._there(db, {claim.batch_id for claim in claims} & self._in_doubt)
        return [claim for claim in claims if claim.batch_id not in there]

    def _written_at_once(self, claims: Sequence[Claim], settlements: Sequence[Settlement]) -> bool:
        """Write in one exchange; False where it was not, or nobody knows, so step by step then."""
        names = {claim.batch_id for claim in claims}
        if (
            len(claims) + len(settlements) > AT_ONCE
            or len(self._leases) > 1
            or names & self._in_doubt
            or any(settlement.code == NEVER_POSTED for settlement in settlements)
        ):
            return False
        lease = next(iter(self._leases.values())) if claims else None
        for claim in claims:
            self._check_whole(claim)
        with self._reading() as opened:
            db = cast("TeamDatabase", opened)
            if self._must_assert or db.in_transaction:
                return False
            before = now()
            try:
                write(db, lease, claims, settlements)
            except UnusualError:
                return False
            except psycopg.Error:
                if not db.is_lost:
                    raise
                self._in_doubt |= names
                return False
            if lease is not None:
                lease.note_renewal(RENEWED, before)
        return True

    def _note_doubt(
        self, claims: Sequence[Claim], settlements: Sequence[Settlement], error: BaseException
    ) -> None:
        """Keep what may have been written, and what has to be written later."""
        is_undone = isinstance(error, JournalError) and not error.details.get("locked")
        if not is_undone:
            self._in_doubt.update(claim.batch_id for claim in claims)
        if self._kept is not None:
            self._kept.keep(settlements)

    def _note_written(self, claims: Sequence[Claim], settlements: Sequence[Settlement]) -> None:
        """Remember what is in the journal now, as far as it could be written down again."""
        if self._kept is not None:
            self._kept.drop()
        self._in_doubt.difference_update(claim.batch_id for claim in claims)
        if self._run is None:
            return
        for claim in claims:
            self._latest[claim.batch_id] = (claim, None)
        self._recorded += len(claims)
        for settlement in settlements:
            if (latest := self._latest.get(settlement.batch_id)) is not None:
                self._latest[settlement.batch_id] = (latest[0], settlement)
        while len(self._latest) > _REMEMBERED:
            self._latest.popitem(last=False)
        if claims:
            self._note(claims[-1])

    def _claim(self, db: Database, claim: Claim) -> None:
        """Insert one batch and its blobs, all in one exchange."""
        self._check_whole(claim)
        values = {
            **dataclasses.asdict(claim),
            "recipients_checksum": zlib.crc32(claim.recipients),
            "keys_checksum": zlib.crc32(claim.keys),
        }
        if db.execute(_CLAIM, values).fetchone() is None:
            self._check_new(db, claim)  # which says what is wrong with it
            raise self._contradiction(f"batch {claim.batch_id} was not taken")

    def _settle(self, db: Database, settlement: Settlement) -> None:
        """Give a claimed batch its outcome, also one whose sender was taken for dead."""
        if settlement.code == NEVER_POSTED:
            self._settle_if_there(db, settlement)
            return
        if not db.execute(SETTLE_BATCH, (*settled_row(settlement), settlement.batch_id)).rowcount:
            db.execute(_SETTLE_LATE, (settlement.batch_id,))
            super()._settle(db, settlement)

    def _settle_if_there(self, db: Database, settlement: Settlement) -> None:
        """Give a batch its outcome if its claim was written, and nothing is known of it yet."""
        query = "SELECT 1 FROM batches WHERE batch_id = ? AND state = 'claimed'"
        if db.execute(query, (settlement.batch_id,)).fetchone():
            super()._settle(db, settlement)

    @staticmethod
    def _there(db: Database, batch_ids: set[str]) -> dict[str, str]:
        """Return which batches are in the journal, and in which state."""
        if not batch_ids:
            return {}
        return {str(name): str(state) for name, state in db.execute(_THERE, (sorted(batch_ids),))}

    def _assert_own(self, db: TeamDatabase) -> None:
        """Write down again what a database that took over has forgotten of the live run."""
        run = self._run
        if run is None:
            return
        for lease in self._leases.values():
            lease.bring_back(db)
        if not db.execute("SELECT 1 FROM runs WHERE run_id = ?", (run.run_id,)).fetchone():
            super().start_run(run)
        there = self._there(db, set(self._latest))
        for batch_id, (claim, settlement) in self._latest.items():
            if batch_id not in there:
                self._claim(db, claim)
                if settlement is not None:
                    self._settle(db, settlement)
            elif settlement is not None and there[batch_id] == "claimed":
                self._settle(db, settlement)
        query = "SELECT count(*) FROM batches WHERE run_id = ?"
        (count,) = db.execute(query, (run.run_id,)).fetchone() or (0,)
        if count < self._recorded:
            raise JournalError(
                f"The journal {self.address} has forgotten batches of run {run.run_id} that were "
                "sent: a database without them has taken over, or an older copy was put in its "
                "place. Bring them back from the database that had them, and send nothing of this "
                "campaign before.",
                path=str(self.address),
                forgotten=self._recorded - int(count),
            )

    def _write_kept(self) -> None:
        """Write down outcomes that a send of this machine could not write when it had them."""
        for file, outcomes in waiting(self.address):
            with contextlib.suppress(JournalError):  # a reader may not; they are kept
                with self._reading() as db:
                    known = db.execute("SELECT 1 FROM runs WHERE run_id = ?", (file.stem,))
                    if known.fetchone() is None:
                        continue  # of another journal
                for outcome in outcomes:
                    with self._writing(moved_too=True) as db:
                        self._settle(db, outcome)
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)

    # -- what is of a file elsewhere

    def _note(self, claim: Claim) -> None:
        """Note on this machine the last batch that was claimed; it only informs."""
        try:
            if (note := self._notes.get(claim.scope)) is None:
                make_directory(locks_directory(self.address.local_file))
                note = note_file(self.address.local_file, claim.scope)
                self._notes[claim.scope] = note
            write_note(note, claim.batch_id)
        except OSError:
            self._notes.pop(claim.scope, None)

    @property
    def noted_beside(self) -> Path:
        """The file that stands for the database on this machine."""
        return self.address.local_file

    def _refuse_outdated(self, db: Database, scope: bytes) -> None:
        """Refuse a journal that does not know the last batch that this machine sent with it.

        Nor one that lacks what the usual file of this machine sent of the campaign.
        """
        batch_id = last_batch(self.address.local_file, scope)
        if batch_id is not None and not self._there(db, {batch_id}):
            raise outdated(self.address, self.address.local_file, scope, batch_id)
        mine = self.address.usual_file
        batch_id = last_batch(mine, scope)
        if batch_id is not None and not self._there(db, {batch_id}):
            raise not_imported(self.address, mine, note_file(mine, scope))

    def forget(self, before: float) -> int:
        """Drop texts, payloads and statuses of runs started before a time; irreversible.

        The server gives the space to other rows once it has vacuumed, which it does by itself.
        """
        return self._drop_contents(before)


def _never_posted(batch_id: str, at: float) -> Settlement:
    """Return the outcome of a batch whose claim may have been written, and that was not posted."""
    return Settlement(
        batch_id=batch_id,
        state="rejected",
        code=NEVER_POSTED,
        message="The database was lost while this was claimed, so it was not posted.",
        attempts=0,
        settled_at=at,
    )


def upgraded(address: TeamAddress) -> tuple[str, ...]:
    """Bring a journal to this version, made where there is none; return what was changed."""
    db = TeamDatabase(address)
    try:
        with explaining(address, lambda: db.is_lost):
            return schema.upgrade(db, address)
    finally:
        db.close()

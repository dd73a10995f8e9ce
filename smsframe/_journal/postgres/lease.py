"""One sender per campaign, among machines: a lease that ends by itself.

Decisions:

- A lease is a row: scope, epoch, token, holder, and when it ends by the **server's** clock. Nobody
  holds a lock of a session, which a pooler would leave behind on a connection of others.
- Whoever takes a lease that has ended adds one to its epoch. A claim renews the lease of its epoch
  and token within its own transaction; if there is none any more, somebody else sends, and nothing
  is claimed. Taking over and claiming change the same row, so one comes after the other: whoever
  took over sees every claim that may still be posted, and calls it ``unknown``.
- **A lease that ended makes unknown messages, never repeated ones.** A sender that slept may still
  post what it had claimed before; its successor does not send those.
- So does not leave what was claimed, when by the clock of this machine the lease is nearly over:
  somebody may have settled it otherwise. It is asked when a call has its place in flight.
- A process of this machine that runs no more holds nothing: its lease is taken over at once.
- A sender that waits (for its hours, a busy service, somebody's consent) renews by a thread of its
  own, over a connection that it opens for that, when nothing was claimed for a third of the time.
"""
# ruff: noqa: S608 - statements are joined from constants here, values are always bound

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from smsframe._base.forks import after_fork
from smsframe._base.sentences import Sentence, arg, many, words
from smsframe._journal.holder import Holder, busy
from smsframe._journal.postgres.database import TeamDatabase
from smsframe._journal.records import SenderNow
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe._base.journal_address import TeamAddress
    from smsframe.errors import CampaignBusyError

__all__ = ["RENEWED", "UNDER_WAY", "Lease", "refuse_superseded", "sender_of", "take"]

RENEWED: Final = "UPDATE 1"  # what the server says of a lease that is ours
_POLL_S: Final = 0.25
_RENEWALS: Final = 3  # in the time of a lease
_SURE: Final = 0.9  # of its time; then a call that was claimed does not leave any more
_END: Final = "clock_timestamp() + ? * interval '1 second'"
_TAKE: Final = (
    "INSERT INTO leases (scope, epoch, token, holder, service, expires_at) "
    f"VALUES (?, 1, ?, ?, ?, {_END}) ON CONFLICT (scope) DO UPDATE SET "
    "epoch = leases.epoch + 1, token = excluded.token, holder = excluded.holder, "
    "service = excluded.service, run_id = NULL, taken_at = clock_timestamp(), "
    "expires_at = excluded.expires_at "
    "WHERE leases.expires_at <= clock_timestamp() OR leases.token = ? RETURNING epoch"
)
_LEFT: Final = "date_part('epoch', expires_at - clock_timestamp())"
_LOOK: Final = (
    f"SELECT holder, token, run_id, {_LEFT} FROM leases "
    "WHERE scope = ? AND expires_at > clock_timestamp()"
)
_END_IT: Final = (
    "UPDATE leases SET expires_at = clock_timestamp(), token = x'' "
    "WHERE scope = ? AND epoch = ? AND token = ?"  # a claim that comes late finds no lease
)
# After a failover the database may have forgotten the lease, or know an older one of ours.
_BRING_BACK: Final = (
    "INSERT INTO leases (scope, epoch, token, holder, service, expires_at) "
    f"VALUES (?, ?, ?, ?, ?, {_END}) ON CONFLICT (scope) DO UPDATE SET "
    "epoch = excluded.epoch, token = excluded.token, holder = excluded.holder, "
    "service = excluded.service, expires_at = excluded.expires_at "
    "WHERE leases.epoch < excluded.epoch"
)
_SENDERS: Final = (
    "SELECT token FROM leases WHERE service = ? AND expires_at > clock_timestamp() ORDER BY token"
)

UNDER_WAY: Final = (
    f"SELECT run_id, {_LEFT} FROM leases "
    "WHERE expires_at > clock_timestamp() AND run_id IS NOT NULL"
)

_held_here: Final[set[bytes]] = set()
"""The tokens of leases that this process holds: any other one of it is of a send that has ended."""


@after_fork
def _hold_nothing() -> None:
    """Leave, in a forked child, all leases to the parent."""
    _held_here.clear()


def now() -> float:
    """Return seconds that go on while the machine sleeps, as the server's do."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_MONOTONIC"):  # goes on in sleep on macOS
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


@dataclass(slots=True, kw_only=True)
class Lease:
    """The right to send one campaign."""

    address: TeamAddress
    scope: bytes
    service: str
    lease_s: float
    token: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    epoch: int = 0
    renewed_at: float = 0.0
    holder: str = field(default_factory=lambda: Holder.here().written())
    _is_lost: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def renew(self, db: TeamDatabase) -> bool:
        """Renew it; False when somebody else has taken it."""
        before = now()
        return self.note_renewal(db.execute(self.renewal).statusmessage or "", before)

    @property
    def renewal(self) -> str:
        """The statement that renews it, with its values, to be said in one exchange with others."""
        return (
            f"UPDATE smsframe.leases SET expires_at = clock_timestamp() + {self.lease_s!r} "
            f"* interval '1 second' WHERE scope = decode('{self.scope.hex()}', 'hex') "
            f"AND epoch = {self.epoch:d} AND token = decode('{self.token.hex()}', 'hex')"
        )

    def note_renewal(self, said: str, before: float) -> bool:
        """Take in what the database said of a renewal; False when somebody else has taken it."""
        if said != RENEWED:
            self._is_lost = True
            return False
        self.renewed_at = before
        return True

    def is_surely_ours(self) -> bool:
        """Tell whether nobody can have taken it over yet, with a margin."""
        return not self._is_lost and now() - self.renewed_at < self.lease_s * _SURE

    def bring_back(self, db: TeamDatabase) -> bool:
        """Write it down again where the database has forgotten it; False when it has not."""
        values = (self.scope, self.epoch, self.token, self.holder, self.service, self.lease_s)
        return bool(db.execute(_BRING_BACK, values).rowcount)

    def note_run(self, db: TeamDatabase, run_id: str) -> None:
        """Say which run is being sent, so that others can see how far it is."""
        db.execute("UPDATE leases SET run_id = ? WHERE scope = ?", (run_id, self.scope))

    def part_of(self, places: int, db: TeamDatabase) -> int:
        """Return how many places in flight are this sender's, among all of one service."""
        tokens = [bytes(token) for (token,) in db.execute(_SENDERS, (self.service,))]
        if self.token not in tokens:
            return 1
        part, rest = divmod(places, len(tokens))
        return max(part + (tokens.index(self.token) < rest), 1)

    def end(self, db: TeamDatabase) -> None:
        """Give it back."""
        db.execute(_END_IT, (self.scope, self.epoch, self.token))

    @contextlib.contextmanager
    def kept_up(self) -> Iterator[None]:
        """Renew it while the block runs, whatever the block waits for."""
        thread = threading.Thread(target=self._keep_up, name="smsframe-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(timeout=1.0)

    def _keep_up(self) -> None:
        """Renew, again and again, when nothing else has; end when somebody else has taken it."""
        pause_s = self.lease_s / _RENEWALS
        while not self._ended.wait(pause_s / 2):
            if now() - self.renewed_at < pause_s:
                continue
            with contextlib.suppress(JournalError, psycopg.Error):  # tried again before it ends
                db = TeamDatabase(self.address)
                try:
                    if not self.renew(db):
                        return
                finally:
                    db.close()


def take(db: TeamDatabase, lease: Lease, *, wait_s: float) -> None:
    """Take a lease, waiting for another sender to end.

    Raises
    ------
    CampaignBusyError
        Somebody else is sending this campaign; ``details`` has pid, host, user and since (None
        where it is not known), ``run`` and ``ends_in_s``, the seconds until the lease ends unless
        it is renewed.
    """
    deadline = time.monotonic() + wait_s
    dead_token = lease.token
    _held_here.add(lease.token)
    while True:
        before = now()
        values = (
            lease.scope, lease.token, lease.holder, lease.service, lease.lease_s, dead_token,
        )  # fmt: skip
        try:
            row = db.execute(_TAKE, values).fetchone()
        except psycopg.errors.SerializationFailure:
            row = None  # somebody was faster, where the default is to see no changes
        if row is not None:
            lease.epoch, lease.renewed_at = int(row[0]), before
            return
        found = db.execute(_LOOK, (lease.scope,)).fetchone()
        if found is None:
            continue  # it has ended meanwhile
        holder, token = Holder.read(found[0]), bytes(found[1])
        if _is_of_nobody(holder, token) and token != dead_token:
            dead_token = token
            continue
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            _held_here.discard(lease.token)
            raise _busy(db, holder, found[2], float(found[3]))
        time.sleep(min(_POLL_S, left_s))


def release(db: TeamDatabase | None, lease: Lease) -> None:
    """Give a lease back, where the database is there; else it ends by itself."""
    _held_here.discard(lease.token)
    if db is not None and not db.is_lost:
        with contextlib.suppress(psycopg.Error):
            lease.end(db)


def sender_of(db: TeamDatabase, scope: bytes) -> SenderNow | None:
    """Say who holds the lease of a campaign; None when whoever asks could take it."""
    found = db.execute(_LOOK, (scope,)).fetchone()
    if found is None:
        return None
    holder = Holder.read(found[0])
    if _is_of_nobody(holder, bytes(found[1])):
        return None
    return SenderNow(
        who="Somebody else" if holder is None else str(holder),
        run_id=found[2],
        messages=_messages_of(db, found[2]),
        ends_in_s=max(float(found[3]), 0.0),
    )


def _messages_of(db: TeamDatabase, run_id: str | None) -> int | None:
    """Count the messages that a run has claimed so far."""
    if run_id is None:
        return None
    query = "SELECT coalesce(sum(size), 0)::bigint FROM batches WHERE run_id = ?"
    return int((db.execute(query, (run_id,)).fetchone() or (0,))[0])


def _is_of_nobody(holder: Holder | None, token: bytes) -> bool:
    """Tell whether a lease is of a process that has died, or of a send of this one that ended."""
    if holder is None:
        return False
    if holder.is_this_process():
        return holder.pid == os.getpid() and token not in _held_here
    return holder.is_dead()


def refuse_superseded(address: TeamAddress) -> JournalError:
    """Return the error of a sender whose lease somebody else has taken."""
    return JournalError(
        Sentence(
            f"Somebody else has taken over this campaign in the journal {address}: this process "
            "was away for longer than its lease lasts. Nothing more was sent here; what was under "
            "way is recorded. Run this again when the other send is done: it sends only what is "
            "left then (",
            words("smsframe.runs() lists both", at_shell="smsframe runs lists both"),
            ").",
        ),
        path=str(address),
        superseded=True,
    )


def _busy(
    db: TeamDatabase, holder: Holder | None, run_id: str | None, ends_in_s: float
) -> CampaignBusyError:
    """Say who is sending, how far that is, and what one can do."""
    messages = _messages_of(db, run_id)
    so_far = "" if messages is None else f" ({many(messages, 'message')} so far, run {run_id})"
    return busy(
        holder,
        "Somebody else" if holder is None else str(holder),
        so_far,
        f"Wait for it ({max(ends_in_s, 0):.0f} s at most if that process has died): ",
        arg("wait_s", 600, screen='the button below, or a time in the field "Wait up to",'),
        " does. This call sends only what is left then. Or leave it: what is being sent there "
        "need not be sent here.",
        run=run_id,
        ends_in_s=ends_in_s,
    )

"""One connection to PostgreSQL, as the journal's logic asks it.

- **Whatever a pooler in transaction mode breaks is not used**: no prepared statements, no settings
  or locks of a session, no listening. What a transaction needs is set in it (`WRITING`).
- A transaction does not wait for a lock for ever, and a connection that is cut in the middle of one
  does not keep others waiting for ever: the server ends what stands idle in a transaction.
- ``COMMIT`` is believed only when the server says COMMIT: after a fault it would say ROLLBACK.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import conninfo, pq

from smsframe._journal.postgres.dialect import translated
from smsframe._journal.postgres.faults import away, not_a_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smsframe._base.journal_address import TeamAddress

LOCK_WAIT: Final = "20s"
# The longest waits are shorter than a lease, so that whoever waits can still renew it. A process
# that was put to sleep while it wrote is thrown out before those who wait for it give up.
_IDLE: Final = "SET LOCAL idle_in_transaction_session_timeout"
_LIMITS: Final = (
    f"SET LOCAL lock_timeout = '{LOCK_WAIT}'; SET LOCAL statement_timeout = 0; "
    "SET LOCAL cursor_tuple_fraction = 1.0"
)
IN_LINE: Final = 0x534D5346_4C494E45
"""The number of the lock that writers of claims stand in line for; it ends with a transaction."""
READING: Final = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_LIMITS}; {_IDLE} = '60s'"
# Whoever stood in line sees what was committed meanwhile, whatever the database's default is.
_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
WRITING: Final = f"{_BEGIN}; {_LIMITS}; {_IDLE} = '10s'; SET LOCAL synchronous_commit = on"
WRITING_IN_LINE: Final = f"{WRITING}; SELECT pg_advisory_xact_lock({IN_LINE})"

LONGEST_SILENCE_S: Final = 60.0
"""How long a statement may say nothing; what waits for others is ended by the server before."""

_DEFAULTS: Final = {
    "application_name": "smsframe",
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20000,
}
_OF_ENVIRONMENT: Final = ("application_name", "connect_timeout")
_NUL: Final = "\0"


class _Connection(psycopg.Connection[Any]):
    """A connection that gives up a server, or a pooler, that stands still and says nothing."""

    def wait(self, gen: Any, *args: Any, **more: Any) -> Any:
        """Wait for an answer, but not for ever: what is hung is as good as away."""
        try:
            return super().wait(_within(gen, LONGEST_SILENCE_S), *args, **more)
        except psycopg.errors.ConnectionTimeout:
            self.pgconn.finish()
            raise


def _within(gen: Any, silence_s: float) -> Any:
    """Do what a generator of psycopg does, until nothing has come or gone for so long."""
    until = time.monotonic() + silence_s
    try:
        ready = yield next(gen)
        while ready or time.monotonic() < until:  # 0: nothing has
            if ready:
                until = time.monotonic() + silence_s
            ready = yield gen.send(ready)
    except StopIteration as end:
        return end.value
    raise psycopg.errors.ConnectionTimeout("timeout expired")


class TeamDatabase:
    """A connection; what of `smsframe._journal.database.Database` is asked, and the transactions.

    Parameters
    ----------
    address : TeamAddress
        The database.
    """

    def __init__(self, address: TeamAddress) -> None:
        self.connection = _connected(address)
        self.is_reading = False

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        return bool(self.connection.closed)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.connection.info.transaction_status != pq.TransactionStatus.IDLE

    def execute(
        self, statement: str, values: Sequence[Any] | Mapping[str, Any] = (), /
    ) -> psycopg.Cursor[Any]:
        """Run one statement of the journal's logic."""
        cursor = self.connection.cursor(binary=True)
        text = translated(statement)
        if text:
            cursor.execute(text.encode(), _adapted(values))
        return cursor

    def execute_alone(self, statement: bytes, values: Sequence[Any]) -> None:
        """Run a statement that is a transaction of its own; on return it is synced.

        It is so when the server is ready for the next statement, and not when it has answered: the
        rows come back first, and then it is committed.
        """
        self.connection.cursor(binary=True).execute(statement, _adapted(values))
        if self.in_transaction:
            raise psycopg.errors.ConnectionException("not committed")

    def begin(self, how: str, *more: str) -> list[str]:
        """Open a transaction with what it needs; return what was said of ``more`` statements."""
        self.is_reading = how == READING
        cursor = self.connection.execute("; ".join([how, *more]).encode())  # one exchange for all
        said = [cursor.statusmessage or ""]
        while cursor.nextset():
            said.append(cursor.statusmessage or "")
        return said[len(said) - len(more) :]

    def commit(self) -> None:
        """Commit; a fault where the server did not."""
        said = self.connection.execute(b"COMMIT").statusmessage
        if said != "COMMIT":
            raise psycopg.errors.InFailedSqlTransaction("not committed")

    def roll_back(self) -> None:
        """End a transaction; where that fails, end the connection with it."""
        if self.is_lost or not self.in_transaction:
            return
        try:
            self.connection.execute(b"ROLLBACK")
        except BaseException:  # in doubt there is no connection: it must not be used half done
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(psycopg.Error):
            self.connection.close()


def _connected(address: TeamAddress) -> psycopg.Connection[Any]:
    """Connect as libpq would, which reads its own variables, services and password file."""
    try:
        given = conninfo.conninfo_to_dict(address.url())
        given.pop("client_encoding", None)  # ours: texts are of all languages
    except psycopg.ProgrammingError:
        given = None
    if given is None:
        raise not_a_url(address)
    own = {
        name: value
        for name, value in _DEFAULTS.items()
        if not (name in _OF_ENVIRONMENT and os.environ.get(f"PG{name.replace('_', '').upper()}"))
    }
    failure: psycopg.Error | None = None
    try:
        return _Connection.connect(
            **{**own, **given},  # type: ignore[arg-type]  # texts, and whole numbers
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,
        )
    except psycopg.Error as error:
        failure = error
    raise away(address, failure)


def _adapted(values: Sequence[Any] | Mapping[str, Any]) -> Any:
    """Return values as PostgreSQL takes them: truth as a number, no text with a zero byte."""
    if isinstance(values, dict):
        return {name: _value(value) for name, value in values.items()}
    return tuple(map(_value, values))


def _value(value: Any) -> Any:
    """Return one value as PostgreSQL takes it."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        if type(value) is not str:
            value = str(value)  # a Sentence, as the text that it is
        return value.replace(_NUL, "\ufffd")
    return value

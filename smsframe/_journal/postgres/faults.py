"""What a complaint of PostgreSQL means for the journal, in plain words; never its own words.

PostgreSQL quotes what it was given, and libpq the URL. So of their sentences nothing is told but
the code of the fault, or, where there was no connection, a line of libpq's that names host and port
alone.

A fault that passes by itself (``locked``, as the logic of a send calls it) is waited for by a send
that is under way: the database restarts, its standby takes over, another session holds a lock.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import errors

from smsframe._base.sentences import Sentence, arg
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsframe._base.journal_address import TeamAddress

_PASSES: Final = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.QueryCanceled,
)
_AWAY: Final = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.TooManyConnections,
    errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction,
    errors.ConnectionException,
)
_MEANINGS: Final[tuple[tuple[type[psycopg.Error], str, str], ...]] = (
    (
        errors.InsufficientPrivilege,
        "does not allow this user to do that",
        (
            "Ask whoever made it for the rights of a sender, or of a reader to look back: "
            "docs/team-journal.md has the GRANTs. Its tables are made by whoever may CREATE in the "
            "database, and upgraded by whoever owns them."
        ),
    ),
    (
        errors.DiskFull,
        "cannot grow: the database's disk is full",
        "Free some space there, and run this again.",
    ),
    (
        errors.UndefinedTable,
        "lacks a table",
        (
            "It was restored in part, or something else was put in its place: bring it back whole, "
            "and send nothing of its campaigns with another journal before."
        ),
    ),
    (
        errors.UniqueViolation,
        "gives numbers that were given already: its database was copied without its sequences",
        (
            "Have them set on: SELECT setval('smsframe.batches_id_seq', max(id)) FROM "
            "smsframe.batches. Then run this again."
        ),
    ),
    (
        errors.UntranslatableCharacter,
        "cannot hold a character: its database's encoding is not UTF8",
        (
            "Make a database with ENCODING 'UTF8', and import this journal into it (smsframe "
            "journal import) before anything of its campaigns is sent."
        ),
    ),
)
_CHECK: Final = "Check the connection to the database."
_CORRECT: Final = "Correct host and port if they are not these."
_IS_AWAY: Final = ("is away", _CHECK)
# What libpq or the server says, what it means, and what to do. The first that fits counts.
_WORDS_OF_LIBPQ: Final = tuple(
    (re.compile(words), fault, fix)
    for words, fault, fix in (
        (r"closed the connection|closed unexpectedly|(?i:\beof\b)", *_IS_AWAY),
        (
            r"pg_hba\.conf",
            "does not let this user in from here",
            "Check user, database and sslmode, or ask whoever runs the server (pg_hba.conf).",
        ),
        (
            r"certificate|sslmode|SSL error|support SSL|SSL negotiation|channel binding|GSSAPI",
            "could not agree on TLS",
            "Check sslmode and sslrootcert, and whether a PostgreSQL server listens there.",
        ),
        (
            r"password|authentication|SASL",
            "refused user or password",
            "Check both: libpq looks for a password in the URL, PGPASSWORD and ~/.pgpass.",
        ),
        (
            r"permission denied|not permitted to log in",
            "does not let this user in",
            "Ask whoever runs the server for LOGIN, and for CONNECT on the database.",
        ),
        (
            r"does not exist|no such (?:user|database)",
            "has no such user or database",
            "Correct the name, or have it made.",
        ),
        (r"translate host name|not known|resolve", "cannot be found under that name", _CORRECT),
        (
            r"refused|No such file|unreachable|No route",
            "cannot be reached: nothing listens there",
            f"Start the server. {_CORRECT}",
        ),
        (
            r"invalid|bad value|unrecognized|unsupported",
            "is named with an option that is wrong",
            "Correct its port, what stands behind the ?, or libpq's variables (PG...).",
        ),
        (r"timeout|timed out", "did not answer in time", _CHECK),
        (r"starting up|shutting down|in recovery mode", "is starting or shutting down", "Wait."),
        (
            r"too many|remaining connection slots|no more connections",
            "has no connection left",
            "Close other programs that have it open, or ask whoever runs it for more.",
        ),
        (
            r"is not read-only|not in hot standby",
            "takes writes, and its URL asks for one that takes none (target_session_attrs)",
            "Leave that out.",
        ),
        (
            r"read-only|standby|recovery",
            "takes no writes: it is a standby, or set to be read alone",
            "Name the server that takes writes, or all and target_session_attrs=read-write.",
        ),
        (
            r"service",
            "is named by a service that libpq does not find",
            "Correct its name, or the file (PGSERVICEFILE, ~/.pg_service.conf).",
        ),
    )
)


def away(address: TeamAddress, error: psycopg.Error | None = None) -> JournalError:
    """Report a database that cannot be reached, or used, at the moment."""
    said = "" if error is None else str(error)
    found = ((fault, fix) for words, fault, fix in _WORDS_OF_LIBPQ if words.search(said))
    fault, fix = next(found, _IS_AWAY)
    return JournalError(
        f"The journal {address} {fault}. Nothing of it is lost. {fix} Then run this again, and "
        "send nothing of its campaigns with another journal meanwhile.",
        path=str(address),
        locked=True,
        away=True,
        cause=type(error).__name__,
    )


def not_a_url(address: TeamAddress) -> JournalError:
    """Report a URL that libpq cannot read; it is not quoted, for it may hold a password."""
    return JournalError(
        Sentence(
            f"The URL of the journal {address} cannot be read. Write ",
            arg("journal", "postgresql://user@host/database"),
            "; characters of user and password that mean something in a URL are written as %40 "
            "(@), %2F (/), %3A (:).",
        ),
        path=str(address),
    )


def explain(address: TeamAddress, error: psycopg.Error, *, is_lost: bool) -> JournalError:
    """Say what a complaint means, and what to do; ``is_lost``: the connection is gone with it."""
    if is_lost or isinstance(error, _AWAY):
        return away(address, error)
    for kind, fault, fix in _MEANINGS:
        if isinstance(error, kind):
            return JournalError(
                f"The journal {address} {fault}. {fix}", path=str(address), cause=kind.__name__
            )
    name = type(error).__name__
    if isinstance(error, _PASSES):
        fault = "is held by another session"
        if isinstance(error, errors.QueryCanceled):
            fault = "took longer than it may (statement_timeout), or somebody cancelled it"
        return JournalError(
            f"The journal {address} {fault} ({name}). Run this again.",
            path=str(address),
            locked=True,
            cause=name,
        )
    return JournalError(
        f"The journal {address} could not be used ({name}, {error.sqlstate}). Run this again, and "
        "send nothing of its campaigns with another journal before: only this one knows who was "
        "texted.",
        path=str(address),
        cause=name,
    )


@contextlib.contextmanager
def explaining(address: TeamAddress, is_lost: Callable[[], bool]) -> Iterator[None]:
    """Turn complaints of psycopg into a JournalError without their words."""
    try:
        yield
    except psycopg.Error as error:
        raise explain(address, error, is_lost=is_lost()) from None

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
            "docs/team-journal.md has the GRANTs."
        ),
    ),
    (errors.DiskFull, "cannot grow: the database's disk is full", "Free some space there."),
    (
        errors.UndefinedTable,
        "lacks a table",
        (
            "It was restored in part, or something else was put in its place: bring it back whole, "
            "and send nothing of its campaigns with another journal before."
        ),
    ),
    (errors.InvalidCatalogName, "is not there", "Make the database, or correct its name."),
    (
        errors.InvalidPassword,
        "did not accept the password",
        "libpq looks in the URL, PGPASSWORD and ~/.pgpass.",
    ),
)
_WORDS_OF_LIBPQ: Final = (
    (re.compile("password|no pg_hba.conf entry|authentication"), "refused user or password"),
    (re.compile("does not exist"), "has no such user or database"),
    (re.compile("could not translate host name|not known"), "cannot be found under that name"),
    (re.compile("refused"), "cannot be reached: nothing listens there"),
    (re.compile("timeout|timed out"), "did not answer in time"),
    (re.compile("starting up|shutting down|recovery"), "is starting or shutting down"),
    (re.compile("too many|remaining connection slots"), "has no connection left"),
    (re.compile("(?i)ssl|certificate"), "could not agree on TLS (see sslmode and sslrootcert)"),
    (re.compile("service"), "is named by a service that libpq does not find"),
)


def away(address: TeamAddress, error: psycopg.Error | None = None) -> JournalError:
    """Report a database that cannot be reached at the moment."""
    said = "" if error is None else str(error)
    how = next((told for words, told in _WORDS_OF_LIBPQ if words.search(said)), "is away")
    return JournalError(
        f"The journal {address} {how}. Nothing of it is lost: check the connection to the database "
        "and run this again. Send nothing of its campaigns with another journal meanwhile.",
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
        return JournalError(
            f"The journal {address} is held by another session ({name}). Run this again.",
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

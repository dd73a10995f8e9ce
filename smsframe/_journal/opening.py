"""Opening a journal, whichever it is: one of a file, or a team's in a PostgreSQL database.

Both are the same :class:`smsframe._journal.store.Journal` to whoever uses it. What talks to
PostgreSQL is imported here, when an address asks for it, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.journal_address import JournalAddress, TeamAddress
from smsframe._journal.location import is_there
from smsframe._journal.store import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["open_existing", "open_journal"]


def open_journal(
    address: JournalAddress, *, patience_s: float = 0.0, waits: Callable[[], None] | None = None
) -> Journal:
    """Open a journal, made where there is none.

    Parameters
    ----------
    address : Path or TeamAddress
        The journal.
    patience_s : float, default 0
        How long to wait, in seconds, for another program that has a file locked.
    waits : callable, optional
        Is called when that begins; None: it is said on the error stream.

    Raises
    ------
    JournalError
        It cannot be made, opened, read or upgraded.
    """
    if not isinstance(address, TeamAddress):
        return Journal(address, patience_s=patience_s, waits=waits)
    from smsframe._journal.postgres.store import TeamJournal  # noqa: PLC0415 - brings psycopg

    return TeamJournal(address)


def open_existing(address: JournalAddress, *, patience_s: float = 0.0) -> Journal | None:
    """Open a journal to look back; None where there is none: looking never makes one."""
    if not isinstance(address, TeamAddress):
        return Journal(address, patience_s=patience_s) if is_there(address) else None
    from smsframe._journal.postgres.store import TeamJournal  # noqa: PLC0415 - as above

    journal = TeamJournal(address, make=False)
    if journal.is_made:
        return journal
    journal.close()
    return None

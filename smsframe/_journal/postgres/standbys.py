"""Whether the database may forget what it said was written, when one of its standbys takes over.

A standby that is not waited for lacks the last moments when it takes over, and with them claims of
messages that went out. A live send writes its own down again; of one that ended just before nobody
does. So it is said once a session, in plain words, to whoever sends.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import psycopg

from smsframe._base.sentences import many
from smsframe.errors import SmsframeWarning, warn_caller

if TYPE_CHECKING:
    from smsframe._base.journal_address import TeamAddress
    from smsframe._journal.postgres.database import TeamDatabase

_STANDBYS: Final = """SELECT count(*) FROM pg_stat_replication
    WHERE current_setting('synchronous_standby_names') = ''"""
_told: Final[set[str]] = set()


def warn_of_standbys(db: TeamDatabase, address: TeamAddress, identity: str) -> None:
    """Warn, once a session, of standbys that are not waited for."""
    if identity in _told:
        return
    with contextlib.suppress(psycopg.Error):  # whoever may not ask is not told
        (count,) = db.execute(_STANDBYS).fetchone() or (0,)
        if count:
            _told.add(identity)
            warn_caller(
                f"The database of the journal {address} has {many(count, 'standby server')} and "
                "does not wait for any of them. If one takes over after a failure, it may not know "
                "of the last messages that were sent, and the same send would text those people "
                "again. "
                "Ask whoever runs it for synchronous replication (synchronous_standby_names).",
                SmsframeWarning,
            )

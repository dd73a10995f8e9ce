"""Which journal is meant, when somebody looks back.

Looking back needs no credentials: without a client it is the journal that the real service's sends
are recorded in (``SMSFRAME_JOURNAL``, else the platform's data directory). A journal that is not
there is never made by looking for it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from smsframe import config
from smsframe.acoustic.client import default_client
from smsframe.errors import ConfigurationError, JournalError
from smsframe.journal import Journal

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from smsframe.acoustic.client import Client


def journal_file(
    client: Client | None = None, journal: str | os.PathLike[str] | None = None
) -> Path:
    """Return the journal that is meant: the one given, else the client's, else the usual one."""
    if journal is not None:
        return config.journal_path(journal)
    if client is not None:
        return Path(client.journal_path)
    try:
        return Path(default_client().journal_path)
    except ConfigurationError:
        return config.journal_path()


@contextlib.contextmanager
def reading_journal(path: Path) -> Iterator[Journal | None]:
    """Open a journal that is there; None where there is none."""
    if not path.exists():
        yield None
        return
    with Journal(path) as journal:
        yield journal


@contextlib.contextmanager
def existing_journal(path: Path) -> Iterator[Journal]:
    """Open a journal that has to be there; JournalError where there is none."""
    with reading_journal(path) as journal:
        if journal is None:
            raise JournalError(
                f"There is no journal {path}, so nothing is known of earlier sends. Connect with "
                "the one that was sent with (connect(journal=...)), or name it with journal=.",
                path=str(path),
            )
        yield journal

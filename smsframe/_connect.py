"""Which journal is meant, when somebody looks back.

Looking back needs no credentials: without a client it is the journal that the real service's sends
are recorded in (``SMSFRAME_JOURNAL``, else the platform's data directory).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from smsframe._acoustic import credentials
from smsframe._acoustic.client import default_client
from smsframe._base.validation import check_client, refuse
from smsframe.errors import ConfigurationError, JournalError

if TYPE_CHECKING:
    import os

    from smsframe._acoustic.client import Client


def journal_file(
    client: Client | None = None, journal: str | os.PathLike[str] | None = None
) -> Path:
    """Return the journal that is meant: the one given, else the client's, else the usual one."""
    faults: list[str] = []
    check_client(client, faults)
    refuse(faults)
    if journal is not None:
        return credentials.journal_path(journal)
    if client is not None:
        return Path(client.journal_path)
    try:
        return Path(default_client().journal_path)
    except ConfigurationError:
        return credentials.journal_path()


def is_there(path: Path) -> bool:
    """Tell whether there is a file; JournalError where the path leads to none and could not.

    ``Path.exists`` says no as well when a part of the path is a file, or a link leads nowhere.
    """
    try:
        path.stat()
    except FileNotFoundError:
        if not path.is_symlink():
            return False
        reason = "it is a link to a file that is not there"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    else:
        return True
    raise JournalError(
        f"The journal {path} cannot be read ({reason}). Bring back what is missing, or name the "
        "journal that was sent with: journal= or SMSFRAME_JOURNAL.",
        path=str(path),
    )


def no_journal(path: Path) -> JournalError:
    """Return the error of a journal that has to be there and is not."""
    return JournalError(
        f"There is no journal {path}, so nothing is known of earlier sends. Connect with the one "
        "that was sent with (connect(journal=...)), or name it with journal=.",
        path=str(path),
    )

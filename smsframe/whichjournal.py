"""Which journal is meant, when somebody looks back.

Looking back needs no credentials: without a client it is the journal that the real service's sends
are recorded in (``SMSFRAME_JOURNAL``, else the platform's data directory).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from smsframe import config
from smsframe.acoustic.client import default_client
from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    import os

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

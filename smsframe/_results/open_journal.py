"""Opening a journal to look back: one that is not there is never made by looking for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from smsframe._journal.location import is_there, no_journal
from smsframe._journal.store import PATIENCE_S, Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def reading_journal(path: Path) -> Iterator[Journal | None]:
    """Open a journal that is there, waiting where it is locked; None where there is none.

    JournalError where none can be.
    """
    if not is_there(path):
        yield None
        return
    with Journal(path, patience_s=PATIENCE_S) as journal:
        yield journal


@contextlib.contextmanager
def existing_journal(path: Path) -> Iterator[Journal]:
    """Open a journal that has to be there; JournalError where there is none."""
    with reading_journal(path) as journal:
        if journal is None:
            raise no_journal(path)
        yield journal

"""Opening a journal to look back: one that is not there is never made by looking for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from smsframe._journal.location import no_journal
from smsframe._journal.opening import open_existing
from smsframe._journal.store import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe._base.journal_address import JournalAddress
    from smsframe._journal.store import Journal


@contextlib.contextmanager
def reading_journal(
    path: JournalAddress, *, patience_s: float = PATIENCE_S
) -> Iterator[Journal | None]:
    """Open a journal that is there, waiting where it is locked; None where there is none.

    JournalError where none can be.
    """
    found = open_existing(path, patience_s=patience_s)
    with found or contextlib.nullcontext() as journal:
        yield journal


@contextlib.contextmanager
def existing_journal(path: JournalAddress) -> Iterator[Journal]:
    """Open a journal that has to be there; JournalError where there is none."""
    with reading_journal(path) as journal:
        if journal is None:
            raise no_journal(path)
        yield journal

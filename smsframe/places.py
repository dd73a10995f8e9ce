"""Opening a journal to look back: one that is not there is never made by looking for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from smsframe.errors import JournalError
from smsframe.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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

"""Outcomes that could not be written while the database was away, in a synced file of this machine.

What came back of a call is known to nobody else: without it, a restart of the database would leave
up to ten batches ``unknown``. So it is in a file (mode 0600) before a send waits on, and it is
written into the journal when the send reaches it again, or when this user opens the journal that
has its run, by whichever address (a pooler's, a service's). Writing it twice is no fault: an
outcome is taken again if it is the same.

The files hold batch ids and what the service answered, nobody's number and no text.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from typing import TYPE_CHECKING, Final

from smsframe._journal.lock import private
from smsframe._journal.records import Settlement
from smsframe._journal.schema import make_directory, sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from smsframe._base.journal_address import TeamAddress

_FOLDER: Final = "outcomes"
_SUFFIX: Final = ".outcomes"
NEVER_POSTED: Final = "never_posted"
"""The code of a batch whose claim may have been written, and which was not posted."""


@dataclasses.dataclass(slots=True)
class KeptOutcomes:
    """The outcomes of one run that are not in its journal yet.

    Parameters
    ----------
    address : TeamAddress
        The journal.
    run_id : str
        The run.
    pending : tuple of Settlement
        What is in the file.
    """

    address: TeamAddress
    run_id: str
    pending: tuple[Settlement, ...] = ()

    @property
    def file(self) -> Path:
        """The file that they are in."""
        return self.address.folder / _FOLDER / f"{self.run_id}{_SUFFIX}"

    def keep(self, outcomes: Sequence[Settlement]) -> bool:
        """Have these on disk, and no others; False where the disk does not take them."""
        if not outcomes or tuple(outcomes) == self.pending:
            return bool(outcomes)
        lines = [json.dumps(dataclasses.asdict(outcome)) for outcome in outcomes]
        draft = self.file.with_suffix(".draft")
        try:
            make_directory(draft.parent)
            with open(draft, "w", encoding="utf-8", opener=private) as stream:
                stream.write("\n".join([*lines, ""]))
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.file)
            sync_directory(draft.parent)
        except OSError:
            return False
        self.pending = tuple(outcomes)
        return True

    def drop(self) -> None:
        """Remove the file: they are in the journal."""
        if self.pending:
            with contextlib.suppress(OSError):
                self.file.unlink(missing_ok=True)
            self.pending = ()


def waiting(address: TeamAddress) -> Iterator[tuple[Path, list[Settlement]]]:
    """Read what waits to be written into this user's journals, a run's each; damaged it is left."""
    with contextlib.suppress(OSError):
        for file in sorted(address.folder.parent.glob(f"*/{_FOLDER}/*{_SUFFIX}")):
            with contextlib.suppress(OSError, ValueError, TypeError):
                lines = file.read_text(encoding="utf-8").splitlines()
                yield file, [Settlement(**json.loads(line)) for line in lines]

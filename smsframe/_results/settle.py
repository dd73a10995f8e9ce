"""What ``resolve`` and ``reconcile`` share: messages whose answer was lost, in the journal.

Only what is unknown is touched, and only in the journal's own batches: it is the journal that keeps
people from being texted twice, so a frame alone settles nothing. The verdict is about messages of a
batch, not about rows of this frame: rows that were filtered away meanwhile are settled with the
others by an export and by batch id, and left alone when rows are named.

A message that is settled as gone out is ``accepted`` (never ``sent``: that the status endpoint or a
phone would have to say), with code ``resolved``. One settled as not gone out is ``rejected``, which
is what lets the same send go on with it.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smsframe._base.result_rows import NAMED
from smsframe._journal.reasons import known_reason
from smsframe._journal.records import ACCEPTED, REJECTED, STATE_NAMES, UNKNOWN
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from smsframe._journal.records import BatchRecord
    from smsframe._journal.store import Journal
    from smsframe._results.messages import Remembered

States = npt.NDArray[np.uint8]


def refuse_missing(batch_ids: Sequence[str], there: Collection[str]) -> None:
    """Refuse batches that this journal does not have, or has forgotten the recipients of."""
    missing = [name for name in batch_ids if name not in there]
    if missing:
        raise JournalError(
            f"This journal does not have batch {', '.join(missing[:NAMED])} (or was told to forget "
            "it), so it cannot settle it. Connect with the journal that these were sent with.",
            batches=missing,
        )


@contextlib.contextmanager
def locked(journal: Journal, known: Remembered, numbers: Sequence[int]) -> Iterator[None]:
    """Keep senders of these campaigns away, and give up the claims of those that died."""
    with contextlib.ExitStack() as stack:
        for scope in sorted({known.batches[number].scope for number in numbers}):
            stack.enter_context(journal.sending(scope))
            journal.mark_orphans_unknown(scope)
        yield


def write_states(journal: Journal, record: BatchRecord, states: States, message: str) -> None:
    """Settle a batch; while some of it is unknown it keeps the reason why."""
    kinds = set(states.tolist())
    state = next(s for s in (UNKNOWN, ACCEPTED, REJECTED) if s in kinds)
    code = "resolved"
    if state == UNKNOWN:
        [now] = journal.find_batches([record.batch_id])
        code, message = known_reason(now, UNKNOWN) or ("", "")
    journal.set_states(
        record.batch_id,
        states.tobytes() if len(kinds) > 1 else None,
        state=STATE_NAMES[state],  # type: ignore[arg-type]  # one of the three settled ones
        code=code,
        message=message,
        at=time.time(),
    )

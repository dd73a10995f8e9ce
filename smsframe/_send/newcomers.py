"""How many people of a plan have had nothing from this journal before.

Told with ``opt_out_missing`` alone: whoever has never had a message is who needs to read how to opt
out. All that the journal has of a service is looked through, eight bytes a message, so it is not
done for a journal of more than `MOST` messages: a notice is not worth a wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._journal.ledger import state_bytes
from smsframe._plan.notices import OPT_OUT_MISSING
from smsframe._send.already_sent import HAD

if TYPE_CHECKING:
    from smsframe._journal.reader import JournalReader
    from smsframe._plan.data import PlanData

MOST: Final = 2_000_000


def new_people(plan: PlanData, service: str, journal: JournalReader) -> int | None:
    """Count the people who would get a message and never had one; None where it is not told."""
    if all(fault.code != OPT_OUT_MISSING for fault in plan.problems.faults):
        return None
    who = pc.unique(pa.array(plan.messages.recipient_hashes(service, plan.ready)))
    had, messages = [np.empty(0, np.uint64)], 0
    for batch in journal.recent_batches([run.run_id for run in journal.runs(service)], 0.0):
        messages += batch.size
        if messages > MOST:
            return None
        states = state_bytes(batch.state, batch.size, batch.states)
        had.append(np.frombuffer(batch.recipients, np.uint64)[np.isin(states, HAD)])
    known = pc.is_in(who, value_set=pa.array(np.concatenate(had)))
    return len(who) - int(pc.sum(known).as_py() or 0)

"""What the people of a list had before: `smsframe._send.nearly_the_same`, over all portions.

Only where a text like this one went out within a week is the list gone over once more for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smsframe._plan.verdicts import READY
from smsframe._send import nearly_the_same, variants_pinned
from smsframe._stream.scratch import AGAIN, to_go

if TYPE_CHECKING:
    from smsframe._journal.reader import JournalReader
    from smsframe._plan.problems import Fault
    from smsframe._send.nearly_the_same import NearRuns
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.join import Joined
    from smsframe._stream.scratch import Scratch


def faults_before(
    found: FirstPass, joined: Joined, near: list[NearRuns], scratch: Scratch, journal: JournalReader
) -> list[Fault]:
    """Tell what the people of a list had before."""
    records = journal.records(list(joined.sizes))
    rounds = [(records[number], count) for number, count in sorted(joined.sizes.items())]
    finished = journal.finished_runs(found.scope)
    told = [*nearly_the_same.accepted_before(rounds, finished=finished, now=found.now)]
    if found.plan.options.campaign is not None:
        changed = variants_pinned.fault_of(found.plan, journal.variants(found.scope))
        told += [] if changed is None else [changed]
    if any(near) and joined.going:
        told += had_nearly_this(found, joined, near, scratch, journal)
    return told


def accepted_at(joined: Joined, journal: JournalReader) -> float | None:
    """Return when the last of the messages that went out before was accepted."""
    records = journal.records(list(joined.sizes)).values()
    return max((record.settled_at or 0.0 for record in records), default=None)


def had_nearly_this(
    found: FirstPass, joined: Joined, near: list[NearRuns], scratch: Scratch, journal: JournalReader
) -> list[Fault]:
    """Tell of people who had nearly the same text within a week, text by text."""
    records = journal.records(list(joined.matched))
    same = {
        records[number].batch_id: np.sort(np.concatenate(offsets))
        for number, offsets in joined.matched.items()
    }
    searches = [nearly_the_same.Search(runs) for runs in near]
    for made in found.made(scratch):
        plan, first = made.plan, made.portion.first
        is_new = to_go(plan.verdict == READY, scratch.found(first, plan.rows), AGAIN)
        if plan.repeats is not None:
            is_new &= plan.repeats == 0  # wanted repeats are looked for by nobody
        groups = plan.messages.near_groups(np.flatnonzero(is_new))
        for search, (_, rows) in zip(searches, groups, strict=True):
            search.meet(plan, found.service, rows, same=same, journal=journal, now=found.now)
    return list(nearly_the_same.told_of_texts(searches, found.plan.options.campaign))

"""What the people of a list had before: `smsframe._send.nearly_the_same`, over all portions.

Only where a text like this one went out within a week are the files read once more for it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe._plan.campaign_names import is_test
from smsframe._plan.verdicts import READY
from smsframe._send import nearly_the_same, variants_pinned
from smsframe._stream.portions import plan_portion, portions
from smsframe._stream.scratch import AGAIN, DUPLICATE, HELD, KNOWN, LATER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe._journal.reader import JournalReader
    from smsframe._plan.problems import Fault
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.join import Joined
    from smsframe._stream.scratch import Scratch


def near_runs(found: FirstPass, journal: JournalReader) -> Any:
    """Return the runs whose text is nearly this one."""
    plan = found.plan
    if is_test(plan.options.campaign):
        return {}
    since = found.now - 2 * nearly_the_same.WEEK_S
    recent = journal.recent_runs(found.service, plan.message.program, since)
    return nearly_the_same.near_runs(plan, plan.messages.near, found.scope, recent)


def faults_before(
    found: FirstPass, joined: Joined, near: Any, scratch: Scratch, journal: JournalReader
) -> list[Fault]:
    """Tell what the people of a list had before."""
    records = journal.records(list(joined.sizes))
    rounds = [(records[number], count) for number, count in sorted(joined.sizes.items())]
    finished = journal.finished_runs(found.scope)
    told = [*nearly_the_same.accepted_before(rounds, finished=finished, now=found.now)]
    if found.plan.options.campaign is not None:  # one begun with several texts stays one
        pinned = variants_pinned.fault_of(found.plan, journal.variants(found.scope))
        told += [] if pinned is None else [pinned]
    if near and joined.going:
        told += _had_nearly_this(found, joined, near, scratch, journal)
    return told


def accepted_at(joined: Joined, journal: JournalReader) -> float | None:
    """Return when the last of the messages that went out before was accepted."""
    records = journal.records(list(joined.sizes)).values()
    return max((record.settled_at or 0.0 for record in records), default=None)


def _had_nearly_this(
    found: FirstPass, joined: Joined, near: Any, scratch: Scratch, journal: JournalReader
) -> Iterator[Fault]:
    """Tell of people who had nearly the same text within a week."""
    records = journal.records(list(joined.matched))
    same = {
        records[number].batch_id: np.sort(np.concatenate(offsets))
        for number, offsets in joined.matched.items()
    }
    number = total = 0
    runs: dict[str, tuple[int, float]] = {}
    for portion in portions(
        found.files, found.reading.columns, size=found.portion_rows, check=True
    ):
        frame = found.reading.people(portion, found.files)
        plan = plan_portion(frame, found.text, found.given, found.now)
        is_new = plan.verdict == READY
        said = scratch.found(portion.first, plan.rows)
        is_new[said["row"][np.isin(said["what"], (DUPLICATE, KNOWN, AGAIN, HELD, LATER))]] = False
        rows = np.flatnonzero(is_new)
        if not len(rows):
            continue
        looked = nearly_the_same.Search(plan, found.service, rows, near, same)
        since = found.now - nearly_the_same.WEEK_S
        looked.through(journal, since)
        number, total = number + int((looked.at > 0).sum()), total + len(rows)
        for run, (count, last) in looked.runs.items():
            counted, latest = runs.get(run, (0, 0.0))
            runs[run] = (counted + count, max(latest, last))
    met: Any = SimpleNamespace(runs=runs)
    yield from nearly_the_same.told_of(found.plan, number, total, met, near)

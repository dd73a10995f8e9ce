"""What the people of a list had before: `smsframe._send.nearly_the_same`, over all portions.

Only where a text like this one went out within a week are the files read once more for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe._plan.campaign_names import is_test
from smsframe._plan.verdicts import READY
from smsframe._send import nearly_the_same, variants_pinned
from smsframe._stream.scratch import AGAIN, to_go

if TYPE_CHECKING:
    from smsframe._journal.reader import JournalReader
    from smsframe._plan.data import PlanData
    from smsframe._plan.problems import Fault
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.join import Joined
    from smsframe._stream.scratch import Scratch


@dataclass(slots=True)
class _Met:
    """How many of the people of a text had nearly the same, and in which runs."""

    near: Any
    number: int = 0
    total: int = 0
    runs: dict[str, tuple[int, float]] = field(default_factory=dict)


def near_runs(found: FirstPass, journal: JournalReader) -> list[Any]:
    """Return, for each text, the runs whose text is nearly this one; nothing where none is."""
    plan = found.plan
    if is_test(plan.options.campaign):
        return []
    since = found.now - 2 * nearly_the_same.WEEK_S
    recent = journal.recent_runs(found.service, plan.message.program, since)
    near = [
        nearly_the_same.near_runs(plan, mine, found.scope, recent)
        for mine, _ in plan.messages.near_groups(plan.ready[:0])
    ]
    return near if any(near) else []


def faults_before(
    found: FirstPass, joined: Joined, near: list[Any], scratch: Scratch, journal: JournalReader
) -> list[Fault]:
    """Tell what the people of a list had before."""
    records = journal.records(list(joined.sizes))
    rounds = [(records[number], count) for number, count in sorted(joined.sizes.items())]
    finished = journal.finished_runs(found.scope)
    told = [*nearly_the_same.accepted_before(rounds, finished=finished, now=found.now)]
    if found.plan.options.campaign is not None:
        changed = variants_pinned.fault_of(found.plan, journal.variants(found.scope))
        told += [] if changed is None else [changed]
    if near and joined.going:
        told += had_nearly_this(found, joined, near, scratch, journal)
    return told


def accepted_at(joined: Joined, journal: JournalReader) -> float | None:
    """Return when the last of the messages that went out before was accepted."""
    records = journal.records(list(joined.sizes)).values()
    return max((record.settled_at or 0.0 for record in records), default=None)


def had_nearly_this(
    found: FirstPass, joined: Joined, near: list[Any], scratch: Scratch, journal: JournalReader
) -> list[Fault]:
    """Tell of people who had nearly the same text within a week, text by text."""
    records = journal.records(list(joined.matched))
    same = {
        records[number].batch_id: np.sort(np.concatenate(offsets))
        for number, offsets in joined.matched.items()
    }
    met = [_Met(near=each) for each in near]
    since = found.now - nearly_the_same.WEEK_S
    for portion in found.read_again():
        plan = found.planned(found.reading.people(portion, found.files))
        rows = np.flatnonzero(_is_new(found, plan, scratch, portion.first))
        for text, (_, mine) in zip(met, plan.messages.near_groups(rows), strict=True):
            if len(mine) and text.near:
                looked = nearly_the_same.Search(plan, found.service, mine, text.near, same)
                looked.through(journal, since)
                _count(text, looked, len(mine))
    told = []
    for text in met:
        everybody: Any = text
        told += nearly_the_same.told_of(found.plan, text.number, text.total, everybody, text.near)
    return told


def _is_new(found: FirstPass, plan: PlanData, scratch: Scratch, first: int) -> Any:
    """Tell which rows go out as messages that nobody had, wanted repeats left out."""
    is_new = to_go(plan.verdict == READY, scratch.found(first, plan.rows), AGAIN)
    if found.has_repeats:
        is_new &= scratch.numbers(first, plan.rows) == 0
    return is_new


def _count(text: _Met, looked: nearly_the_same.Search, rows: int) -> None:
    """Count who of a portion was met in which run."""
    text.number += int((looked.at > 0).sum())
    text.total += rows
    for run, (count, last) in looked.runs.items():
        counted, latest = text.runs.get(run, (0, 0.0))
        text.runs[run] = (counted + count, max(latest, last))

"""A plan held against the journal before anything is sent: what went out, what waits, since when.

A send begins with it, under the lock of its campaign; a plan, a dry run and the composer look in
the same way, read only, and do without where there is no journal or no client yet.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from smsframe._acoustic.client import Client, default_client
from smsframe._base.sentences import sentence_of
from smsframe._base.validation import check_client, refuse
from smsframe._journal.opening import open_existing
from smsframe._journal.store import PATIENCE_S
from smsframe._plan import message_keys
from smsframe._plan.history import History, Past
from smsframe._plan.row_hours import night_now
from smsframe._send import nearly_the_same, plan_warnings, too_soon, variants_pinned
from smsframe._send.already_sent import Matched, find_sent
from smsframe._send.nearly_the_same import Before
from smsframe._send.newcomers import new_people
from smsframe._send.open_rows import hold_closed
from smsframe._send.row_outcomes import Tally
from smsframe.errors import ConfigurationError, InputError, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe._journal.reader import JournalReader
    from smsframe._journal.store import Journal
    from smsframe._plan.data import PlanData
    from smsframe._plan.problems import Problems

    _LookedBack = tuple[Matched | None, Before, too_soon.Judged]


def match(
    made: PlanData, client: Client, scope: bytes, journal: JournalReader, run_id: str = ""
) -> tuple[Matched, too_soon.Judged]:
    """Sort the messages of a plan by what the journal knows, and hold back who has to wait."""
    matched = find_sent(made, client.service, scope, journal)
    gap = too_soon.judge(
        made,
        matched.todo,
        known=matched.known,
        journal=journal,
        service=client.service,
        run_id=run_id,
        now=client.settings.clock(),
    )
    return replace(matched, todo=gap.todo), gap


def dry_run(made: PlanData, client: Client | None) -> pd.DataFrame:
    """Return the table of a dry run; what went out before is shown as it was, if known."""
    tally, now = Tally(made.verdicts()), clock_of(client)()
    try:
        matched, before, gap = _look_back(made, client, patience_s=PATIENCE_S)
    except ConfigurationError:
        matched, before, gap = _alone(made, now)
    if matched is not None:
        tally.recall(matched)
    tally.hold_rows(gap.held)
    todo = gap.todo
    if len(todo):  # what a send would refuse is a warning here
        more = [replace(fault, severity="warning") for fault in before.faults]
        plan_warnings.say(made, matched, tally, more)
    hold_closed(made.hours, tally, todo, now)
    tally.planned(tally.waiting(todo))
    return tally.frame(made.frame, None)


def history(made: PlanData, client: Client | None) -> History | None:
    """Count what the journal knows of a plan; None when no client is connected."""
    try:
        matched, before, gap = _look_back(made, client)
    except ConfigurationError:
        return None
    return History(
        accepted=before.accepted,
        unknown=0 if matched is None else len(matched.known) - before.accepted,
        held=0 if matched is None else len(matched.held),
        left=len(gap.todo),
        waiting=gap.counts,
        notices=tuple(night_now(made, gap.todo, clock_of(client)())),
        rows=gap.todo,
        faults=before.faults,
        new_people=before.new_people,
    )


def _alone(made: PlanData, now: float) -> _LookedBack:
    """Hold back rows by what is in the plan itself, where there is no journal."""
    gap = too_soon.judge(
        made, made.ready, known=made.ready[:0], journal=None, service="", run_id="", now=now
    )
    return None, Before(), gap


def past_of(made: PlanData, client: Client | None) -> Past:
    """Return the history of a plan, or why the journal cannot be read."""
    try:
        return Past(known=history(made, client))
    except JournalError as error:
        return Past(unread=sentence_of(error))


def known_problems(made: PlanData, client: Client | None) -> Problems:
    """Return the problems of a frame and, where the journal can be read, of what people had."""
    return made.problems_with(past_of(made, client).known)


def _look_back(made: PlanData, client: Client | None, *, patience_s: float = 0.0) -> _LookedBack:
    """Hold a plan against the journal, read only.

    Where there is none yet, nobody is known: a person's earlier rows alone hold others back.
    """
    client = connected(client)
    path, opened = client.journal_path, None
    if not made.blocking and not (isinstance(path, Path) and not path.exists()):
        opened = open_existing(path, patience_s=patience_s)
    if opened is None:
        return _alone(made, client.settings.clock())
    scope = scope_of(made, client)
    with opened as journal:
        matched, gap = match(made, client, scope, journal)
        before = had_before(made, client, scope, matched, journal)
        return matched, replace(before, new_people=new_people(made, client.service, journal)), gap


def had_before(
    made: PlanData, client: Client, scope: bytes, matched: Matched, journal: Journal
) -> Before:
    """Say what people had before the messages of a plan."""
    before = nearly_the_same.look_back(
        made,
        service=client.service,
        scope=scope,
        matched=matched,
        journal=journal,
        now=client.settings.clock(),
    )
    if made.options.campaign is None:
        return before
    fault = variants_pinned.fault_of(made, journal.variants(scope))
    return before if fault is None else replace(before, faults=(fault, *before.faults))


def clock_of(client: Client | None) -> Callable[[], float]:
    """Return what tells the time of day for a client, or for the default one."""
    with contextlib.suppress(ConfigurationError, InputError):
        return connected(client).settings.clock
    return time.time


def connected(client: Client | None) -> Client:
    """Return the client, or the default one; InputError when it is something else."""
    faults: list[str] = []
    check_client(client, faults)
    refuse(faults)
    return default_client() if client is None else client


def scope_of(made: PlanData, client: Client) -> bytes:
    """Return the scope of a plan's campaign."""
    message, template = made.message, made.texts.template
    return message_keys.scope_of(
        client.service,
        message.program,
        campaign=made.options.campaign,
        content_id=message.content_id,
        text="" if template is None else message_keys.skeleton(template),
    )

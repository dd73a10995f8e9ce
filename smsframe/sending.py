"""Plan → claim → post → settle: the only file that sees both the client and the journal.

What a send does, in order: take the campaign's lock; give up claims of senders that died; hold the
plan against the journal; check ``confirm``; write down the run; deliver (``delivery.py``); tell.
Nothing is posted before the lock, the journal and the count are in order, and whatever happens
afterwards, ``last_results()`` has the table.

An unchanged frame makes no call and opens no run. Its results are put together from the journal and
equal those of the first time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe import records, sendkeys
from smsframe.acoustic.client import Client, default_client
from smsframe.acoustic.wire import SendRequest, encode_contacts
from smsframe.campaign_lock import campaign_lock, user_name
from smsframe.checks import check_client, quoted, refuse
from smsframe.delivery import Delivery
from smsframe.errors import (
    ConfigurationError,
    InputError,
    JournalError,
)
from smsframe.flights import Patience, Result
from smsframe.frames import STATUSES
from smsframe.interrupts import Watch, counted_interrupts
from smsframe.journal import ACCEPTED, Claim, Journal, Ledger, RunRecord
from smsframe.keysahead import KeysAhead
from smsframe.masking import Plain
from smsframe.matching import Matched, match
from smsframe.planning import History, Plan
from smsframe.progress import Bar, ProgressArgument
from smsframe.tally import Tally
from smsframe.telling import banner, named_counts, said_before, warn
from smsframe.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe.problems import Positions

PATIENCE = Patience()
"""How long a send goes on repeating what was not processed."""

_last: list[pd.DataFrame] = []


def last_results() -> pd.DataFrame | None:
    """Return the table of the last send of this session, also of one that did not end well.

    Returns
    -------
    DataFrame or None
        As :func:`send` returns it; None when nothing was sent in this session.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     done = people.sms.send("Hello", program="148372", progress=False)
    >>> smsframe.last_results() is done
    True
    """
    return _last[0] if _last else None


@dataclass(slots=True, kw_only=True)
class Run:
    """One send under way: what it needs at hand."""

    plan: Plan
    client: Client
    scope: bytes
    run_id: str
    matched: Matched
    keys: KeysAhead
    tally: Tally
    watch: Watch

    def prepare(self, number: int, rows: Positions) -> tuple[Claim, SendRequest]:
        """Make the claim and the call of a batch."""
        batch = self.plan.slice(rows)
        batch_id = f"{self.run_id}:{number:04d}"
        message = self.plan.message
        named = self.plan.options.campaign is not None
        source = " ".join(filter(None, [message.source, f"smsframe:{batch_id}"]))
        claim = Claim(
            batch_id=batch_id,
            run_id=self.run_id,
            scope=self.scope,
            keys=self.keys.of(rows),
            people=self.plan.people(self.scope, rows).tobytes() if named else b"",
            size=len(rows),
            payload=records.pack_recipients(batch),
            source=source,
        )
        request = SendRequest(
            program=message.program,
            contacts=encode_contacts(
                len(rows),
                contact_ids=batch.contact_ids,
                lookups=batch.lookups,
                personalization=batch.personalization,
            ),
            size=len(rows),
            content=message.content,
            content_id=message.content_id,
            defaults=message.defaults,
            source=source,
            campaign_name=message.campaign_name,
            ttl_minutes=message.ttl_minutes,
            character_swap=message.character_swap,
        )
        return claim, request

    @property
    def todo(self) -> Positions:
        """Positions of the rows to send."""
        return self.matched.todo

    def record(self) -> RunRecord:
        """Return what the journal keeps of the run itself."""
        message, options = self.plan.message, self.plan.options
        return RunRecord(
            run_id=self.run_id,
            scope=self.scope,
            account=self.client.account,
            program=message.program,
            campaign=options.campaign,
            content=message.content,
            content_id=message.content_id,
            settings=_settings(self.plan),
            tags=self.plan.tags,
            rows=self.plan.draft.rows,
            started_at=time.time(),
            user=user_name(),
            host=socket.gethostname(),
            pid=os.getpid(),
            rest=self.tally.rest(self.todo),
        )


def send_plan(
    made: Plan,
    *,
    client: Client | None,
    confirm: int | None,
    dry_run: bool,
    progress: ProgressArgument,
    wait_s: float,
    watch: Watch | None = None,
) -> pd.DataFrame:
    """Send a plan; see :func:`send`. ``watch`` is for a send that is followed from elsewhere."""
    if dry_run:
        return _dry_run(made, client)
    client = _connected(client)
    _refuse_blocked(made)
    if not len(made.sendable):
        return _keep(Tally(made.verdicts()).frame(made.draft.frame, None))
    scope = _scope(made, client)
    with (
        Journal(client.journal_path) as journal,
        campaign_lock(client.journal_path, scope, wait_s=wait_s),
    ):
        journal.bury(scope)
        ledger = journal.ledger(scope)
        run = _run_of(made, client, scope, ledger, watch or Watch(quiet=progress is False))
        _check_confirm(run, made.options.confirm if confirm is None else confirm)
        if not len(run.todo):
            return _nothing_new(run, ledger)
        return _deliver(run, journal, progress)


def _run_of(made: Plan, client: Client, scope: bytes, ledger: Ledger, watch: Watch) -> Run:
    """Hold a plan against the journal."""
    matched = match(made, scope, ledger)
    tally = Tally(made.verdicts())
    tally.recall(matched, ledger)
    return Run(
        plan=made,
        client=client,
        scope=scope,
        run_id=_new_run_id(),
        matched=matched,
        keys=KeysAhead(made, scope, matched.todo),
        tally=tally,
        watch=watch,
    )


def _deliver(run: Run, journal: Journal, progress: ProgressArgument) -> pd.DataFrame:
    """Send what is to be sent, keep the table whatever happens, and tell."""
    journal.start_run(run.record())
    workers = Workers(run.client.send, run.client.max_in_flight)
    with Bar(progress) as bar:

        def settled(result: Result) -> None:
            run.tally.settle(result)
            bar.update(run.tally.progress)

        delivery = Delivery(
            crew=workers,
            batches=run.plan.batch_rows(run.todo),
            prepare=run.prepare,
            record=lambda claims, settlements: journal.record(
                claims=claims, settlements=settlements
            ),
            settled=settled,
            begin=lambda: bar.update(run.tally.progress),
            max_in_flight=run.client.max_in_flight,
            patience=PATIENCE,
            stop=run.watch.stop,
        )
        with counted_interrupts(run.watch.stop, workers.wake):
            try:
                delivery.run()
            finally:
                _finish(run, delivery, journal, workers)
    return _told(run, delivery)


def _finish(run: Run, delivery: Delivery, journal: Journal, workers: Workers) -> None:
    """Keep the table, end the run in the journal and end the threads, whatever went wrong."""
    ending = delivery.ending
    run.tally.close(run.todo, ending)
    run.watch.results = _keep(run.tally.frame(run.plan.draft.frame, run.run_id))
    with contextlib.suppress(JournalError):  # every outcome is recorded or reported; this informs
        kind, rest = ending.kind if ending else "done", run.tally.rest_at_end(run.todo)
        journal.end_run(run.run_id, time.time(), kind, rest=rest)
    if delivery.left_behind:
        run.client.abort()
    workers.close(timeout_s=5.0)


def _told(run: Run, delivery: Delivery) -> pd.DataFrame:
    """Say how it went: in a line, as an error or as warnings; return the table."""
    counts = run.tally.counts()
    raised = delivery.failure is not None or run.watch.stop.asked
    table = "smsframe.last_results()" if raised else "results"  # an error assigns nothing
    if not (run.watch.quiet or run.watch.apart):
        print(banner(counts, table=table))  # noqa: T201 - the line looked for under the cell
    if delivery.failure is not None:
        raise delivery.failure
    if run.watch.stop.asked and not run.watch.apart:
        raise KeyboardInterrupt(
            f"Stopped: {_phrase(counts)}. smsframe.last_results() has the table."
        )
    if not run.watch.apart:
        warn(counts, delivery.ending.sentence if delivery.ending else "")
    results: pd.DataFrame = run.watch.results
    return results


def _phrase(counts: Mapping[str, int]) -> str:
    """Return the rows by status in one line."""
    return " · ".join(named_counts(counts, STATUSES)) or "no rows"


def _nothing_new(run: Run, ledger: Ledger) -> pd.DataFrame:
    """Return the table of a send that has nothing left to send, and say so in one line."""
    entries = run.matched.entries
    if not (run.watch.quiet or run.watch.apart):
        print(_nothing_line(run, ledger))  # noqa: T201 - the line that says why nothing moved
    runs = [ledger.batches[number].run_id for number in np.unique(ledger.batch[entries]).tolist()]
    if not run.watch.apart:
        warn({"unknown": run.tally.counts().get("unknown", 0)}, "")
    return _keep(run.tally.frame(run.plan.draft.frame, runs[-1] if runs else None))


def _nothing_line(run: Run, ledger: Ledger) -> str:
    """Say that nothing was sent, since when, and how to send again on purpose."""
    entries = run.matched.entries
    accepted = entries[ledger.state[entries] == ACCEPTED]
    if len(accepted) < len(run.plan.sendable):
        return f"Nothing was sent: {_phrase(run.tally.counts())}."
    last = max(
        ledger.batches[n].settled_at or 0.0 for n in np.unique(ledger.batch[accepted]).tolist()
    )
    when = dt.datetime.fromtimestamp(last, tz=dt.UTC)
    return (
        f"Nothing was sent: all {len(accepted):,} messages were accepted already, the last at "
        f"{when:%Y-%m-%d %H:%M:%S} UTC. To send them again on purpose, give another campaign= name."
    )


def _dry_run(made: Plan, client: Client | None) -> pd.DataFrame:
    """Return the table of a dry run; what went out before is shown as it was, if known."""
    tally = Tally(made.verdicts())
    todo = made.ready
    with contextlib.suppress(ConfigurationError):
        looked = _look_back(made, client)
        if looked is not None:
            matched, ledger = looked
            tally.recall(matched, ledger)
            todo = matched.todo
    tally.planned(todo)
    return tally.frame(made.draft.frame, None)


def history(made: Plan, client: Client | None) -> History | None:
    """Count what the journal knows of a plan; None when no client is connected."""
    try:
        looked = _look_back(made, client)
    except ConfigurationError:
        return None
    if looked is None:
        return History(accepted=0, unknown=0, held=0, left=made.recipients)
    matched, ledger = looked
    accepted = int((ledger.state[matched.entries] == ACCEPTED).sum())
    return History(
        accepted=accepted,
        unknown=len(matched.known) - accepted,
        held=len(matched.held),
        left=len(matched.todo),
    )


def _look_back(made: Plan, client: Client | None) -> tuple[Matched, Ledger] | None:
    """Hold a plan against the journal, read only; None when there is no journal yet."""
    client = _connected(client)
    if not Path(client.journal_path).exists():
        return None
    scope = _scope(made, client)
    with Journal(client.journal_path) as journal:
        ledger = journal.ledger(scope)
    return match(made, scope, ledger), ledger


def _connected(client: Client | None) -> Client:
    """Return the client, or the default one; InputError when it is something else."""
    faults: list[str] = []
    check_client(client, faults)
    refuse(faults)
    return default_client() if client is None else client


def _refuse_blocked(made: Plan) -> None:
    """Refuse a plan that has a fault of the whole send, or any fault where that was asked for."""
    table = made.problems if made.blocking or made.options.problems == "raise" else None
    if made.blocking:
        sentences = "\n".join(f"  - {_blamed(fault)}{fault.sentence}" for fault in made.blocking)
        raise _refusal(f"Nothing was sent:\n{sentences}", made, table)
    if table is not None and (table["severity"] == "error").any():
        errors = table[table["severity"] == "error"]
        first = "\n".join(
            f"  - row {row.label!r}: {row.sentence}" for row in errors.head(5).itertuples()
        )
        raise _refusal(
            f"Nothing was sent: {len(errors):,} problems, listed in plan(...).problems. "
            f"The first:\n{first}",
            made,
            table,
        )


def _blamed(fault: Any) -> str:
    """Name the column of a fault and the evidence."""
    where = "" if fault.column in (None, "text") else f"column {fault.column!r}: "
    return f"{where}" if not fault.value else f"{where}({fault.value}) "


def _refusal(sentence: str, made: Plan, table: pd.DataFrame | None) -> InputError:
    """Return the error of a send that was refused; its table is kept."""
    results = _keep(Tally(made.verdicts()).frame(made.draft.frame, None))
    return InputError(sentence, problems=table, results=results)


def _check_confirm(run: Run, confirm: int | None) -> None:
    """Refuse unless exactly so many would go out; once none is left, what was right stays right."""
    now = len(run.todo)
    if confirm is None or confirm == now or (now == 0 and confirm <= run.plan.recipients):
        return
    counts = run.tally.counts()
    if run.plan.options.resend_unknown:
        counts.pop("unknown", None)
    before = said_before(counts, len(run.matched.held), run.plan.recipients)
    raise InputError(
        Plain(
            f"confirm={quoted(confirm)}, but {now:,} messages would go out now{before}. "
            f"Nothing was sent. Look at the plan, then give confirm={now}."
        ),
        confirm=confirm,
        would_send=now,
    )


def _scope(made: Plan, client: Client) -> bytes:
    """Return the scope of a plan's campaign."""
    message = made.message
    return sendkeys.scope_of(
        client.account,
        message.program,
        made.options.campaign,
        content=message.content,
        content_id=message.content_id,
        defaults=message.defaults,
    )


def _settings(made: Plan) -> str:
    """Return the arguments of a run as JSON, functions by their name."""
    columns, options = made.columns, made.options
    kept = {
        "phone": columns.phone,
        "lookup": columns.lookup,
        "personalize": columns.personalize,
        "defaults": made.message.defaults,
        "formats": {
            str(k): v if isinstance(v, str) else "function" for k, v in columns.formats.items()
        },
        "region": columns.region,
        "region_from": columns.region_from,
        "limit": options.limit,
        "duplicates": options.duplicates,
        "resend_unknown": options.resend_unknown,
    }
    return json.dumps(kept, default=str)


def _keep(results: pd.DataFrame) -> pd.DataFrame:
    """Keep a table for ``last_results()``."""
    _last[:] = [results]
    return results


def _new_run_id() -> str:
    """Return an id that sorts by time and is not met twice."""
    return f"{dt.datetime.now(tz=dt.UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"

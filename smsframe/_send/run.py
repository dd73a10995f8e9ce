"""Plan → claim → post → settle: the only file that sees both the client and the journal.

What a send does, in order: take the campaign's lock; give up claims of senders that died; hold the
plan against the journal; hold back who had a message too recently (``too_soon.py``); refuse what
people had nearly the same already (``nearly_the_same.py``); ask for consent where that is wanted
(``consent.py``); check ``confirm``; say the warnings of the plan; write down the run; deliver
(``delivery.py``); tell. Nothing is posted before the lock, the journal and the count are in order,
and whatever happens afterwards, ``last_results()`` has the
table.

An unchanged frame makes no call and opens no run. Its results are put together from the journal and
equal those of the first time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from smsframe._base.masking import AlreadyMasked
from smsframe._base.sentences import (
    ROW,
    Sentence,
    many,
    recalled,
    words,
)
from smsframe._base.tracebacks import public
from smsframe._eligibility.exclude import team_mark
from smsframe._journal.opening import open_journal
from smsframe._journal.store import PATIENCE_S
from smsframe._plan import campaign_names
from smsframe._plan.problems import Problems, listed_below
from smsframe._send import consent, plan_warnings, too_soon
from smsframe._send.batches_in_flight import failed_by, stopped_because
from smsframe._send.cancellation import SendControl
from smsframe._send.claims import claim_and_call, record_of
from smsframe._send.confirm import Confirmable, said_before
from smsframe._send.delivery import INTERRUPTED
from smsframe._send.keys_ahead import KeysAhead
from smsframe._send.look_back import connected, dry_run, had_before, known_problems, match, scope_of
from smsframe._send.open_rows import (
    JUST_OPENED,
    AlwaysOpen,
    OpenRows,
    hold_closed,
    open_now,
    waiting_line,
)
from smsframe._send.posting import post_batches
from smsframe._send.report import SendReport
from smsframe._send.row_outcomes import Tally
from smsframe.errors import InputError, JournalError, PlanWarning

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._acoustic.send_request import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._base.progress import Progress, ProgressArgument
    from smsframe._journal.records import Claim, RunRecord
    from smsframe._journal.store import Journal
    from smsframe._plan.data import PlanData
    from smsframe._plan.options import Sending
    from smsframe._send.already_sent import Matched
    from smsframe._send.batches_in_flight import Ending
    from smsframe._send.delivery import Delivery
    from smsframe._send.nearly_the_same import Before

_HAS_TABLE: Final = words(" smsframe.last_results() has the table.", at_shell="")
_last: list[pd.DataFrame] = []


@public
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

    plan: PlanData
    client: Client
    scope: bytes
    run_id: str
    matched: Matched
    gap: too_soon.Judged
    before: Before
    keys: KeysAhead
    tally: Tally
    control: SendControl
    warnings: int = 0
    wait_s: float = 0.0
    asked: Positions | None = None  # whose consent was asked and who may go; None: nobody's

    def prepare(self, number: int, rows: Positions) -> tuple[Claim, SendRequest]:
        """Make the claim and the call of a batch."""
        return claim_and_call(
            self.plan,
            rows,
            self.keys.of(rows),
            scope=self.scope,
            run_id=self.run_id,
            number=number,
        )

    @property
    def todo(self) -> Positions:
        """Positions of the rows to send."""
        return self.matched.todo

    @property
    def going(self) -> Positions:
        """Positions of those that may go now, or open within the time that the send may wait."""
        return open_now(self.plan, self.sent_now, self.now(), self.wait_s)

    @property
    def sent_now(self) -> Positions:
        """Positions of the rows that this send deals with: with a check of consent, those asked."""
        return self.todo if self.asked is None else self.asked

    def now(self) -> float:
        """Return the time of day, in seconds since 1970."""
        return self.client.settings.clock()

    def hold_closed(self) -> None:
        """Give the rows that wait for their hours the reason why."""
        hold_closed(self.plan.hours, self.tally, self.todo, self.now())

    def waiting_line(self) -> str:
        """Say when the first row that waits for its hours may go; "" where none does."""
        return waiting_line(self.plan.hours, self.tally, self.todo, self.now())

    def hold_late(self, rows: Positions) -> None:
        """Hold back rows whose people had a message since the run began."""
        if self.gap.guard is not None:
            who = self.keys.of(rows).recipients
            held = too_soon.rows_too_soon(self.gap.guard, rows, who, self.now())
            self.tally.hold_rows(held, late=True)

    def record(self) -> RunRecord:
        """Return what the journal keeps of the run itself."""
        return record_of(
            self.plan,
            self.client,
            run_id=self.run_id,
            scope=self.scope,
            rows=self.plan.rows,
            rest=self.tally.unsent_rows(self.todo),
        )


def send_plan(made: PlanData, how: Sending, control: SendControl | None = None) -> pd.DataFrame:
    """Send a plan; see :func:`send`. ``control`` is for a send that is followed from elsewhere."""
    if how.dry_run:
        return dry_run(made, how.client)
    client = connected(how.client)
    _refuse_blocked(made, client)
    refuse_another_list(made)
    if not len(made.sendable):
        return _keep(Tally(made.verdicts()).frame(made.frame, None))
    scope = scope_of(made, client)
    control = control or SendControl(quiet=how.progress is False)
    waits = (lambda: None) if control.apart else None
    with (
        open_journal(client.journal_path, patience_s=PATIENCE_S, waits=waits) as journal,
        journal.sending(
            scope,
            service=client.service,
            wait_s=how.wait_s or 0.0,
            lease_s=client.settings.lease_s,
        ),
    ):
        journal.mark_orphans_unknown(scope, at=client.settings.clock())
        journal.refuse_older_copy()
        run = _run_of(made, client, scope, journal, control)
        run.wait_s = how.wait_s or 0.0
        _refuse_nearly_the_same(run)
        confirm = made.options.confirm if how.confirm is None else how.confirm
        right = _confirmable(run)
        if made.options.check_consent and len(run.todo):
            right.refuse_beyond(confirm, "the plan", _not_going(run))
            if _hold_back_without_consent(run, journal, how.progress):
                return _stopped_asking(run)
            right = replace(_confirmable(run), planned=(right.left, right.going))
        right.refuse_others(confirm, "the plan", _not_going(run))
        if not len(run.todo):
            return _nothing_new(run)
        try:  # whoever follows a send from elsewhere has shown them before
            if not run.control.apart:
                more = (*run.before.faults, *run.control.faults)
                run.warnings = plan_warnings.say(made, run.matched, run.tally, more)
        except PlanWarning:
            _keep(run.tally.frame(made.frame, None))
            raise
        if not len(run.going):
            return _nothing_new(run)
        return _deliver(run, journal, how.progress)


def _run_of(
    made: PlanData, client: Client, scope: bytes, journal: Journal, control: SendControl
) -> Run:
    """Hold a plan against the journal."""
    run_id = new_run_id()
    matched, gap = match(made, client, scope, journal, run_id)
    tally = Tally(made.verdicts())
    tally.recall(matched)
    tally.hold_rows(gap.held)
    return Run(
        plan=made,
        client=client,
        scope=scope,
        run_id=run_id,
        matched=matched,
        gap=gap,
        before=had_before(made, client, scope, matched, journal),
        keys=KeysAhead(made, client.service, scope, matched.todo),
        tally=tally,
        control=control,
    )


def _hold_back_without_consent(run: Run, journal: Journal, progress: ProgressArgument) -> bool:
    """Hold back whose consent says so; tell whether somebody stopped it: then nothing goes out."""
    run.asked = run.going  # what opens later, even a moment later, is asked by a later send
    run.tally.expect_fewer(len(run.todo) - len(run.asked))
    found = _consents(run, progress)
    run.control.faults = found.faults
    for held in found.held_back:
        run.tally.hold_rows(held, late=True)
    if found.held_back:
        out = np.concatenate([held.rows for held in found.held_back])
        run.asked = run.asked[~np.isin(run.asked, out)]
        todo = run.todo[~np.isin(run.todo, out)]
        run.matched = replace(run.matched, todo=todo)
        run.keys = KeysAhead(run.plan, run.client.service, run.scope, todo)
        run.before = had_before(run.plan, run.client, run.scope, run.matched, journal)
        _refuse_nearly_the_same(run)  # among fewer people, as many may be most of them
    return found.is_stopped


def _consents(run: Run, progress: ProgressArgument) -> consent.Checked:
    """Ask for consent; whatever goes wrong meanwhile, nothing was sent, and the table says so.

    Raises
    ------
    AccessError
        The service refuses the right to ask.
    """
    stop = run.control.stop
    try:
        found = consent.check(run.plan, run.sent_now, run.client, stop=stop, progress=progress)
    except Exception as error:
        _end_unsent(run, failed_by(error))
        raise
    except KeyboardInterrupt:  # the third: whoever stops it has given up on us
        _end_unsent(run, INTERRUPTED)
        raise
    if found.denied is not None:
        _end_unsent(run, stopped_because(found.denied))
        raise consent.refused(found.denied)
    if found.is_stopped:
        _end_unsent(run, INTERRUPTED)
    return found


def _end_unsent(run: Run, ending: Ending) -> None:
    """Keep the table of a run that ended before anything was sent."""
    run.tally.close(run.todo, ending)
    run.control.results = _keep(run.tally.frame(run.plan.frame, None))


def _stopped_asking(run: Run) -> pd.DataFrame:
    """Say that a send was stopped before anything went out; its table is kept."""
    results: pd.DataFrame = run.control.results
    if run.control.apart:
        return results
    raise KeyboardInterrupt(Sentence(consent.STOPPED, _HAS_TABLE))


def _deliver(run: Run, journal: Journal, progress: ProgressArgument) -> pd.DataFrame:
    """Send what is to be sent, keep the table whatever happens, and tell."""
    journal.start_run(run.record())
    rows = _open_rows(run)
    size = run.client.settings.batch_size

    def far() -> Progress:
        return run.tally.progress if rows is None else rows.seen(run.tally.progress)

    delivery = post_batches(
        run.client,
        journal,
        run.control,
        batches=rows or run.plan.batch_rows(run.sent_now, size=size),
        gate=rows or AlwaysOpen(),
        guard=run.gap.guard,
        prepare=run.prepare,
        settle=run.tally.settle,
        hold=run.hold_late,
        far=far,
        finish=lambda ended: _finish(run, ended, journal),
        progress=progress,
    )
    return _reported(run, delivery)


def _open_rows(run: Run) -> OpenRows | None:
    """Return the rows to send in the order in which their hours let them go; None: always."""
    if run.plan.hours is None:
        return None
    settings = run.client.settings
    return OpenRows(
        run.plan,
        run.sent_now,
        size=settings.batch_size,
        clock=settings.clock,
        wait_s=run.wait_s,
        keys=run.keys,
    )


def _finish(run: Run, delivery: Delivery, journal: Journal) -> None:
    """Keep the table and end the run in the journal, whatever went wrong."""
    ending = delivery.ending
    run.hold_closed()
    run.tally.close(run.todo, ending or JUST_OPENED)
    run.control.results = _keep(run.tally.frame(run.plan.frame, run.run_id))
    with contextlib.suppress(JournalError):  # every outcome is recorded or reported; this informs
        journal.end_run(
            run.run_id,
            run.now(),
            ending.kind if ending else "done",
            left=run.tally.left(run.plan.sendable, but=run.matched.held),
            rest=run.tally.unsent_rows_at_end(run.todo),
        )


def _reported(run: Run, delivery: Delivery) -> pd.DataFrame:
    """Say how it went; return the table."""
    raises = delivery.failure is not None or run.control.stop.asked  # and so assigns nothing
    table = "smsframe.last_results().sms" if raises else "results.sms"
    costs = run.plan.costs_of(run.tally.accepted(run.todo))
    report = _report(run, cost="" if costs is None else costs.line)
    report.tell(delivery, run.control, table, _HAS_TABLE)
    results: pd.DataFrame = run.control.results
    return results


def _report(run: Run, *, cost: str = "") -> SendReport:
    """Return a send in numbers."""
    return SendReport(
        counts=run.tally.counts(),
        accepted=run.before.accepted,
        accepted_at=run.before.accepted_at,
        is_done=run.before.accepted >= len(run.plan.sendable),
        held=run.tally.held_counts(),
        by_team=run.plan.by_team,
        warnings=run.warnings,
        cost=cost,
        waiting=run.waiting_line(),
    )


def _nothing_new(run: Run) -> pd.DataFrame:
    """Return the table of a send that has nothing left to send, and say so in one line."""
    entries, ledger = run.matched.entries, run.matched.ledger
    run.hold_closed()
    runs = [ledger.batches[number].run_id for number in np.unique(ledger.batch[entries]).tolist()]
    results = _keep(run.tally.frame(run.plan.frame, runs[-1] if runs else None))
    _report(run).tell_nothing(run.control)
    if not run.control.apart:
        plan_warnings.warn_of([(fault, fault.count) for fault in run.before.faults])
    return results


def _refuse_blocked(made: PlanData, client: Client) -> None:
    """Refuse a plan that has a fault of the whole send, or any fault where that was asked for."""
    table = None
    if made.blocking or made.options.problems == "raise":
        table = known_problems(made, client).to_frame(made.frame.index)
    if made.blocking:
        raise _refusal(listed_below("Nothing was sent:", made.blocking), made, table)
    if table is not None and (table["severity"] == "error").any():
        errors = table[table["severity"] == "error"]
        first = [
            Sentence("\n  - ", ROW, f" {row.label!r}: ", recalled(str(row.sentence)))
            for row in errors.head(5).itertuples()
        ]
        listed = words(
            ", listed in plan(...).problems",
            at_shell="; smsframe plan with --out FILE lists them all",
        )
        told = f"Nothing was sent: {many(len(errors), 'problem')}"
        raise _refusal(Sentence(told, listed, ". The first:", *first), made, table)


def refuse_another_list(made: PlanData) -> None:
    """Refuse a plan that was made with another list of the team: somebody may have been added."""
    if campaign_names.is_test(made.options.campaign) or team_mark() == made.team_mark:
        return
    raise _refusal(
        Sentence(
            "Nothing was sent: the list that SMSFRAME_EXCLUDE names has changed since this plan "
            "was made. Make the plan again, which reads it."
        ),
        made,
        None,
    )


def _refuse_nearly_the_same(run: Run) -> None:
    """Refuse what people had nearly the same already."""
    if not run.before.blocking:
        return
    fault = run.before.blocking[0]
    run.tally.hold(run.todo, (fault.code, fault.sentence))
    results = _keep(run.tally.frame(run.plan.frame, None))
    found = Problems([*run.plan.problems.faults, *run.before.faults])
    raise InputError(
        AlreadyMasked("Nothing was sent: ", fault.sentence),  # ids of runs may look like numbers
        problems=found.to_frame(run.plan.frame.index),
        results=results,
    )


def _refusal(sentence: str, made: PlanData, table: pd.DataFrame | None) -> InputError:
    """Return the error of a send that was refused; its table is kept."""
    results = _keep(Tally(made.verdicts()).frame(made.frame, None))
    return InputError(sentence, problems=table, results=results)


def _confirmable(run: Run) -> Confirmable:
    """Return the numbers that may be confirmed; who had it may be excluded by now."""
    most = max(len(run.plan.ready), len(run.matched.known))
    return Confirmable(left=len(run.todo), going=len(run.going), most=most)


def _not_going(run: Run) -> str:
    """Say which messages of the plan do not go out now, and why."""
    counts = run.tally.counts()
    if run.plan.options.resend_unknown:
        counts.pop("unknown", None)
    return said_before(counts, len(run.matched.held), len(run.plan.ready), run.gap.counts)


def _keep(results: pd.DataFrame) -> pd.DataFrame:
    """Keep a table for ``last_results()``."""
    _last[:] = [results]
    return results


def new_run_id() -> str:
    """Return an id that sorts by time and is not met twice."""
    return f"{dt.datetime.now(tz=dt.UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"

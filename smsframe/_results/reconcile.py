"""``reconcile``: messages whose answer was lost, settled by an export of the product's events.

An export settles all batches of a call in one transaction, or none, and only where it contradicts
nothing that is known (`smsframe._results.event_export_checks`). It never settles a batch that was
sent by lookup, since it names phones and not lookups. Somebody who was called not sent before, by a
person or by an export, and is in an export after all, was sent. How messages are
settled stands in ``settle.py``.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.any_frame import as_frame
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_bool, check_label, refuse
from smsframe._connect import journal_file
from smsframe._journal.records import ACCEPTED, CLAIMED, REJECTED, UNKNOWN
from smsframe._results.event_export import Events, is_by_number, named_people
from smsframe._results.event_export_checks import refuse_contradictions, refuse_incomplete
from smsframe._results.messages import named_at, remember, runs_of, states_of, with_contacts
from smsframe._results.open_journal import existing_journal
from smsframe._results.refresh import recalled
from smsframe._results.settle import locked, refuse_missing, write_states
from smsframe.errors import UnknownOutcomeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.arrow import Mask
    from smsframe._base.journal_address import JournalAddress
    from smsframe._journal.records import BatchRecord
    from smsframe._journal.store import Journal
    from smsframe._results.event_export import Named
    from smsframe._results.messages import Remembered
    from smsframe._results.settle import States


@public
def reconcile(
    frame: AnyFrame,
    events: pd.DataFrame,
    *,
    phone: Hashable = "Mobile Number",
    source: Hashable = "Source",
    settled: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Settle unknown messages, row by row, by an export of the product's events.

    Export the events "Been Sent a Message From SMS Program" from the product and read the file. The
    source of each event names the run and batch that it belongs to, because ``send`` put it there.
    A recipient of an unknown batch who is found was texted; run the same send again for the others
    once they are settled. An export that contradicts what was sent is refused as a whole.
    Recipients addressed by lookup are never settled by an export, for it names phones: use
    :func:`resolve`.

    Parameters
    ----------
    frame : DataFrame
        Results.
    events : DataFrame
        The export; also of more sends than this one, in any order. Read it with ``dtype="string"``.
    phone : column label, default "Mobile Number"
        Its column of phone numbers, as they were sent to or as they are written in their country.
    source : column label, default "Source"
        Its column of sources; ``smsframe:{run}:{batch}`` is looked for anywhere in the text.
    settled : bool, default False
        True says that the export is complete: who is not in it was not texted, becomes ``rejected``
        and goes out when the same send is run again. An export that was made too early would have
        people texted twice; where it can be seen that it was, it is refused.
    client : Client, optional
        Whose journal this is written to. None: that of the client ``connect`` made last, else the
        usual one.

    Returns
    -------
    DataFrame
        The same rows, brought up to what is known now: ``accepted`` where an event was found, with
        ``resolved`` in ``sms_code``. Of rows that are not unknown only those are touched that were
        called not sent before and have an event.

    Warns
    -----
    UnknownOutcomeWarning
        Rows stay unknown: not in the export, or addressed by lookup, where a phone says nothing.

    Raises
    ------
    InputError
        Nothing was changed: the events lack a column; an event names a batch and a number of nobody
        in it, or none that can be read; or, with ``settled=True``, the export is not complete:
        nothing in it is of a send that the journal knows, an accepted batch has no event or less
        than half of the run's median share, nothing in it is of the run or later, or it has as many
        rows as a spreadsheet holds.
    JournalError
        The journal does not have these batches.
    CampaignBusyError
        This campaign is being sent now.

    Sources
    -------
    The names of the columns are those of the product's export. Matching sources is the only way to
    learn what became of a call whose answer was lost: no endpoint lists events.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         fault = sandbox.faults.add("drop_after", on=1)
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    ...         with warnings.catch_warnings(action="ignore"):
    ...             done = people.sms.send("Hello", program="148372", progress=False)
    ...         done.sms.reconcile(sandbox.events())["sms_status"].tolist()
    ['accepted']
    """
    faults: list[str] = []
    check_label("phone", phone, faults)
    check_label("source", source, faults)
    complete = check_bool("settled", settled, faults)
    refuse(faults)
    return reconciled(
        as_frame(frame, A_RESULT),
        events,
        phone=phone,
        source=source,
        settled=complete,
        path=journal_file(client),
    )


def reconciled(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    phone: Any,
    source: Any,
    settled: bool,
    path: JournalAddress,
    people: Iterable[pd.DataFrame] = (),
) -> pd.DataFrame:
    """Settle unknown messages by an export of events; see :func:`smsframe.reconcile`.

    ``people`` are more results of the same runs, part by part, where their files are the only ones
    that know to whom each message went.
    """
    exported = Events.read(events, phone, source)
    with existing_journal(path) as journal:
        rows = ResultRows.read(frame)
        known = recalled(rows, journal)
        ids = _batches(rows, rows.has("unknown"))
        refuse_missing(ids, known.batch_ids)
        # Of rows that were said not to have gone out an event proves otherwise.
        said_not_sent = rows.has("rejected") & rows.has_code("resolved").astype(bool)
        denied = [name for name in _batches(rows, said_not_sent) if name in known.numbers]
        if ids or denied:
            wanted = [*dict.fromkeys(ids + denied)]
            named = itertools.chain([rows], map(ResultRows.read, people))
            _settle(journal, known, wanted, exported, settled=settled, named=named)
            recalled(rows, journal)
    _warn_of_unknown(rows, settled=settled)
    return rows.to_frame()


def _batches(rows: ResultRows, where: Mask) -> list[str]:
    """Name the batches of some rows."""
    ids: list[str] = rows.batch.filter(pa.array(where)).unique().drop_null().to_pylist()
    return ids


def _settle(
    journal: Journal,
    known: Remembered,
    ids: Sequence[str],
    exported: Events,
    *,
    settled: bool,
    named: Iterable[ResultRows],
) -> None:
    """Settle batches by an export that is believed, all of them or none."""
    with locked(journal, known, [known.numbers[name] for name in ids]):
        evidence = _evidence(journal, ids, exported, settled=settled)
        for people in named:
            evidence = with_contacts(evidence, people.batch, people.contact)
        met = named_people(exported, evidence)
        evidence = _with_exported(evidence, exported, met)
        refuse_contradictions(exported, evidence, met)
        mine = [evidence.numbers[name] for name in ids]
        by_number = [number for number in mine if is_by_number(evidence, number)]
        lost = [number for number in by_number if _open(evidence.batches[number]).any()]
        if settled and lost:
            programs = {run.run_id: run.program for run in journal.runs()}
            ids_of_lost = [evidence.batches[number].batch_id for number in lost]
            refuse_incomplete(exported, evidence, met, ids_of_lost, programs)
        with journal.together():
            for number in by_number:
                record = evidence.batches[number]
                found = met.found[evidence.places(number)]
                states = _judged(record, found, settled=settled)
                if not np.array_equal(states, states_of(record)):
                    write_states(journal, record, states, "Reconciled with an export of events.")


def _with_exported(evidence: Remembered, exported: Events, met: Named) -> Remembered:
    """Give people of whom only a hash is kept the numbers that the export has of them."""
    if not evidence.services:
        return evidence
    nameless = pc.equal(evidence.contact, "").to_numpy(zero_copy_only=False)
    events = np.flatnonzero(met.place >= 0)
    has_digits = exported.digits.is_valid().to_numpy(zero_copy_only=False)
    events = events[nameless[met.place[events]] & has_digits[events]]
    return named_at(evidence, met.place[events], exported.digits.take(pa.array(events)))


def _evidence(
    journal: Journal, ids: Sequence[str], exported: Events, *, settled: bool
) -> Remembered:
    """Read all that an export can be held against: its batches, and those of the runs concerned.

    Whether it is complete shows in all of these; else the messages of its own batches will do.
    """
    batches = {record.batch_id: record for record in journal.find_batches(exported.batches)}
    for run_id in runs_of(ids):
        batches |= {record.batch_id: record for record in journal.batches(run_id)}
    wanted = list(batches) if settled else list({*exported.batches, *ids})
    return remember(journal, list(batches.values()), wanted)


def _open(record: BatchRecord) -> Mask:
    """Return which messages of a batch have no outcome yet."""
    return np.isin(states_of(record), (UNKNOWN, CLAIMED))


def _judged(record: BatchRecord, found: Mask, *, settled: bool) -> States:
    """Return the states of a batch by who was found in an export."""
    states, is_open = states_of(record), _open(record)
    was_denied = (states == REJECTED) & (record.resolved_at is not None)
    states[(is_open | was_denied) & found] = ACCEPTED
    if settled:
        states[is_open & ~found] = REJECTED
    return states


def _warn_of_unknown(rows: ResultRows, *, settled: bool) -> None:
    """Warn of what stays unknown."""
    unknown = rows.has("unknown")
    by_lookup = pc.fill_null(pc.match_substring(rows.contact, "="), False)
    looked_up = int((unknown & by_lookup.to_numpy(zero_copy_only=False).astype(bool)).sum())
    left = int(unknown.sum()) - looked_up
    if looked_up:
        warn_caller(
            f"{many(looked_up, 'row stays unknown: it was', 'rows stay unknown: they were')} "
            "addressed by lookup, and an export does not say whose phone is whose. Use "
            "results.sms.resolve(...).",
            UnknownOutcomeWarning,
        )
    if left and not settled:
        they, them = ("it", "it") if left == 1 else ("they", "them")
        warn_caller(
            f"{many(left, 'row stays', 'rows stay')} unknown: the export does not have "
            f"{them}. Once it is complete (made well after the send), settled=True says that "
            f"{they} did not go out.",
            UnknownOutcomeWarning,
        )

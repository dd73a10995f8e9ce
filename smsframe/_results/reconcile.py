"""``resolve`` and ``reconcile``: what became of messages whose answer was lost.

Only what is unknown is touched, and only in the journal's own batches: it is the journal that keeps
people from being texted twice, so a frame alone settles nothing. The verdict is about messages of a
batch, not about rows of this frame: rows that were filtered away meanwhile are settled with the
others by an export and by batch id, and left alone when rows are named.

A message that is settled as gone out is ``accepted`` (never ``sent``: that the status endpoint or a
phone would have to say), with code ``resolved``. One settled as not gone out is ``rejected``, which
is what lets the same send go on with it.

An export settles all batches of a call in one transaction, or none, and only where it contradicts
nothing that is known (`smsframe._results.event_export_checks`). It never settles a batch that was
sent by lookup, since it names phones and not lookups. Somebody who was called not sent before, by a
person or by an export, and is in an export after all, was sent.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.result_rows import ResultRows
from smsframe._base.validation import shown_label
from smsframe._journal.reasons import known_reason
from smsframe._journal.store import ACCEPTED, CLAIMED, REJECTED, STATE_NAMES, UNKNOWN
from smsframe._results.event_export import Events, is_by_number, named_people
from smsframe._results.event_export_checks import refuse_contradictions, refuse_incomplete
from smsframe._results.messages import remember, states_of, with_contacts
from smsframe._results.open_journal import existing_journal
from smsframe._results.refresh import recalled
from smsframe.errors import InputError, JournalError, UnknownOutcomeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smsframe._base.journal_address import JournalAddress
    from smsframe._journal.store import BatchRecord, Journal
    from smsframe._results.event_export import Named
    from smsframe._results.messages import Remembered

NAMED = 5
AS = {"sent": ACCEPTED, "not_sent": REJECTED}

_ARRAYS = (pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)

States = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


# -- resolve


def resolved(frame: pd.DataFrame, which: Any, *, as_: str, path: JournalAddress) -> pd.DataFrame:
    """Settle unknown messages by a person's word; see :func:`smsframe.resolve`."""
    with existing_journal(path) as journal:
        rows = ResultRows.read(frame)
        known = _known(rows, journal)
        places = _named_messages(rows, known, which)
        _refuse_settled(known, places)
        numbers = np.unique(known.batch[places]).tolist()
        with _locked(journal, known, numbers), journal.together():
            ids = [known.batches[number].batch_id for number in numbers]
            for record in journal.find_batches(ids):  # as they are by now
                mine = places[known.batch[places] == known.numbers[record.batch_id]]
                states = states_of(record)
                states[known.offset[mine]] = AS[as_]
                _write(journal, record, states, f"Resolved as {as_} by a person.")
        recalled(rows, journal)
    return rows.to_frame()


def _named_messages(rows: ResultRows, known: Remembered, which: Any) -> npt.NDArray[np.int64]:
    """Return the messages that are meant: of the rows, or all of the batches."""
    batch_ids = _batch_ids(rows, which)
    if batch_ids is not None:
        _refuse_missing(batch_ids, {known.batches[n].batch_id for n in np.unique(known.batch)})
        numbers = [known.numbers[name] for name in batch_ids]
        return np.flatnonzero(np.isin(known.batch, numbers))
    named = rows.has("unknown") if which is None else _named_rows(rows, which)
    mine = np.flatnonzero(named)
    where = pa.array(mine)
    batches, contacts = rows.batch.take(where), rows.contact.take(where)
    places = known.find(batches, contacts)
    if (lost := places < 0).any():
        held = batches.filter(pa.array(lost)).unique().to_pylist()
        _refuse_missing([name for name in held if name], set())
        raise InputError(
            f"{int(lost.sum()):,} of these rows are in no batch that was sent, so there is nothing "
            "to resolve. results.sms.unknown has the rows whose outcome is not known."
        )
    return places


def _batch_ids(rows: ResultRows, which: Any) -> list[str] | None:
    """Return the batch ids that are meant, None when rows are."""
    names = [which] if isinstance(which, str) else which
    if isinstance(names, _ARRAYS):
        names = list(names)
    if not isinstance(names, (list, tuple, set)) or not names:
        return None
    ours = set(rows.batch.unique().drop_null().to_pylist())
    are_batches = all(isinstance(name, str) and name in ours for name in names)
    return list(names) if are_batches else None


def _named_rows(rows: ResultRows, which: Any) -> Mask:
    """Return where rows are named by a mask, a part of the frame, or labels."""
    if isinstance(which, pd.DataFrame):
        return _rows_of_part(rows, which)
    mask = _as_mask(_as_array(which))
    if mask is not None:
        if len(mask) != len(rows):
            raise InputError(
                f"The mask has {len(mask):,} values for {len(rows):,} rows. Make it from these "
                "very results."
            )
        return mask
    index = rows.frame.index
    labels = list(which) if isinstance(which, (list, set, *_ARRAYS)) else [which]
    missing = [label for label in labels if not _is_label(label, index)]
    if missing:
        shown = ", ".join(map(shown_label, missing[:NAMED]))
        raise InputError(
            f"No row or batch is called {shown}. Give batch ids, index labels, a mask, or a part "
            "of the results such as results.sms.unknown."
        )
    named: Mask = index.isin(labels)
    return named


def _as_array(which: Any) -> npt.NDArray[Any]:
    """Return what may be a mask as an array; lists of lists of unequal lengths are none."""
    try:
        return np.asarray(which)
    except ValueError:
        return np.empty(0, dtype=object)


def _as_mask(values: npt.NDArray[Any]) -> Mask | None:
    """Return truth values as a mask, also those of an object column; None for anything else."""
    if values.ndim != 1 or values.dtype not in (bool, object):
        return None
    if values.dtype == bool:
        return values
    missing = pd.isna(values)
    if missing.all() or any(not isinstance(v, (bool, np.bool_)) for v in values[~missing]):
        return None
    if missing.any():
        raise InputError(
            f"The mask has missing values, {int(missing.sum()):,} of {len(values):,}. Say what "
            "they mean: mask.fillna(False) leaves those rows alone."
        )
    return values.astype(bool)


def _is_label(label: Any, index: pd.Index) -> bool:
    """Tell whether an index has a label; what cannot be one it has not."""
    try:
        return label in index
    except (TypeError, ValueError, OverflowError):  # the last: infinity, before pandas 2.3
        return False


def _rows_of_part(rows: ResultRows, part: pd.DataFrame) -> Mask:
    """Return where the rows of a part of the results stand, by batch and contact."""
    theirs = ResultRows.read(part)
    keys = pc.binary_join_element_wise(theirs.batch, theirs.contact, "\x00")
    ours = pc.binary_join_element_wise(rows.batch, rows.contact, "\x00")
    if keys.null_count:
        raise InputError(
            f"{keys.null_count:,} of these rows are in no batch that was sent, so there is nothing "
            "to resolve. results.sms.unknown has the rows whose outcome is not known."
        )
    if not pc.all(pc.is_in(keys, value_set=ours)).as_py():
        raise InputError("These rows are not part of these results.")
    found: Mask = pc.is_in(ours, value_set=keys, skip_nulls=True).to_numpy(zero_copy_only=False)
    return found


def _refuse_settled(known: Remembered, places: npt.NDArray[np.int64]) -> None:
    """Refuse messages whose outcome is known; one resolved before may be resolved again."""
    again = np.array([record.resolved_at is not None for record in known.batches], dtype=bool)
    unknown = known.status[places] == result_columns.NUMBER["unknown"]
    fixed = ~(unknown | again[known.batch[places]])
    if fixed.any():
        names = [
            result_columns.STATUSES[number] for number in np.unique(known.status[places][fixed])
        ]
        raise InputError(
            f"{int(fixed.sum()):,} of these rows are {' or '.join(names)}; only unknown ones are "
            "resolved, and nothing was. Name results.sms.unknown, or a part of it."
        )


# -- reconcile


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
        known = _known(rows, journal)
        ids = _lost_batches(rows)
        _refuse_missing(ids, {known.batches[n].batch_id for n in np.unique(known.batch)})
        denied = [name for name in _denied_batches(rows) if name in known.numbers]
        if ids or denied:
            wanted = [*dict.fromkeys(ids + denied)]
            named = itertools.chain([rows], map(ResultRows.read, people))
            _settle(journal, known, wanted, exported, settled=settled, named=named)
            recalled(rows, journal)
    _warn_of_unknown(rows, settled=settled)
    return rows.to_frame()


def _lost_batches(rows: ResultRows) -> list[str]:
    """Name the batches with rows that are unknown."""
    ids: list[str] = (
        rows.batch.filter(pa.array(rows.has("unknown"))).unique().drop_null().to_pylist()
    )
    return ids


def _denied_batches(rows: ResultRows) -> list[str]:
    """Name the batches with rows that were said not to have gone out: an event proves otherwise."""
    said = rows.has_code("resolved")
    denied = pa.array(rows.has("rejected") & said.astype(bool))
    ids: list[str] = rows.batch.filter(denied).unique().drop_null().to_pylist()
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
    with _locked(journal, known, [known.numbers[name] for name in ids]):
        evidence = _evidence(journal, ids, exported)
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
                    _write(journal, record, states, "Reconciled with an export of events.")


def _with_exported(evidence: Remembered, exported: Events, met: Named) -> Remembered:
    """Give people of whom only a hash is kept the numbers that the export has of them."""
    if not evidence.services:
        return evidence
    nameless = pc.equal(evidence.contact, "").to_numpy(zero_copy_only=False)
    events = np.flatnonzero(met.place >= 0)
    has_digits = exported.digits.is_valid().to_numpy(zero_copy_only=False)
    events = events[nameless[met.place[events]] & has_digits[events]]
    pointers = np.arange(len(evidence))
    pointers[met.place[events]] = len(evidence) + events
    everybody = pa.concat_arrays([evidence.contact, exported.digits.cast(pa.string())])
    return replace(evidence, contact=everybody.take(pa.array(pointers)))


def _evidence(journal: Journal, ids: Sequence[str], exported: Events) -> Remembered:
    """Read all that an export can be held against: its batches, and those of the runs concerned."""
    batches = {record.batch_id: record for record in journal.find_batches(exported.batches)}
    for run_id in dict.fromkeys(name.rpartition(":")[0] for name in ids):
        batches |= {record.batch_id: record for record in journal.batches(run_id)}
    return remember(journal, list(batches.values()))


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
            f"{looked_up:,} rows stay unknown: they were addressed by lookup, and an export does "
            "not say whose phone is whose. Use results.sms.resolve(...).",
            UnknownOutcomeWarning,
        )
    if left and not settled:
        warn_caller(
            f"{left:,} rows stay unknown: the export does not have them. Once it is complete (made "
            "well after the send), settled=True says that they did not go out.",
            UnknownOutcomeWarning,
        )


# -- both


def _known(rows: ResultRows, journal: Journal) -> Remembered:
    """Bring rows up to date and return what is known of their messages."""
    known = recalled(rows, journal)
    assert known is not None  # there is a journal
    return known


def _refuse_missing(batch_ids: Sequence[str], there: set[str]) -> None:
    """Refuse batches that this journal does not have, or has forgotten the recipients of."""
    missing = [name for name in batch_ids if name not in there]
    if missing:
        raise JournalError(
            f"This journal does not have batch {', '.join(missing[:NAMED])} (or was told to forget "
            "it), so it cannot settle it. Connect with the journal that these were sent with.",
            batches=missing,
        )


@contextlib.contextmanager
def _locked(journal: Journal, known: Remembered, numbers: Sequence[int]) -> Iterator[None]:
    """Keep senders of these campaigns away, and give up the claims of those that died."""
    with contextlib.ExitStack() as stack:
        for scope in sorted({known.batches[number].scope for number in numbers}):
            stack.enter_context(journal.sending(scope))
            journal.mark_orphans_unknown(scope)
        yield


def _write(journal: Journal, record: BatchRecord, states: States, message: str) -> None:
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

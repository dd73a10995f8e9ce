"""``resolve`` and ``reconcile``: what became of messages whose answer was lost.

Only what is unknown is touched, and only in the journal's own batches: it is the journal that keeps
people from being texted twice, so a frame alone settles nothing. The verdict is about messages of a
batch, not about rows of this frame: rows that were filtered away meanwhile are settled with the
others by an export and by batch id, and left alone when rows are named.

A message that is settled as gone out is ``accepted`` (never ``sent``: that the status endpoint or a
phone would have to say), with code ``resolved``. One settled as not gone out is ``rejected``, which
is what lets the same send go on with it.

[guess] An export may write phone numbers nationally. Where a number is not found as it stands, and
exactly one recipient of that very batch ends with it (seven digits or more, leading zeros dropped),
it is that one.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe import frames
from smsframe.arguments import shown_label
from smsframe.checks import check_frame
from smsframe.errors import InputError, JournalError, UnknownOutcomeWarning, warn_caller
from smsframe.journal import ACCEPTED, CLAIMED, REJECTED, STATE_NAMES, UNKNOWN, campaign_lock
from smsframe.places import existing_journal
from smsframe.refreshing import recalled
from smsframe.remembered import states_of
from smsframe.resultrows import ResultRows, arrow_texts, bare_digits
from smsframe.tally import known_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from smsframe.journal import BatchRecord, Journal
    from smsframe.remembered import Remembered

TAG = r"smsframe:([^\s:]+:[0-9]+)"
SHORTEST_NATIONAL = 7
NAMED = 5
AS = {"sent": ACCEPTED, "not_sent": REJECTED}

_ARRAYS = (pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)

States = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


# -- resolve


def resolved(frame: pd.DataFrame, which: Any, *, as_: str, path: Path) -> pd.DataFrame:
    """Settle unknown messages by a person's word; see :func:`smsframe.resolve`."""
    with existing_journal(path) as journal:
        rows = ResultRows.read(frame)
        known = _known(rows, journal)
        places = _named_messages(rows, known, which)
        _refuse_settled(known, places)
        with _locked(journal, known, np.unique(known.batch[places]).tolist()):
            for number in np.unique(known.batch[places]).tolist():
                states = states_of(known.batches[number])
                states[known.offset[places[known.batch[places] == number]]] = AS[as_]
                _write(journal, known.batches[number], states, f"Resolved as {as_} by a person.")
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
    unknown = known.status[places] == frames.NUMBER["unknown"]
    fixed = ~(unknown | again[known.batch[places]])
    if fixed.any():
        names = [frames.STATUSES[number] for number in np.unique(known.status[places][fixed])]
        raise InputError(
            f"{int(fixed.sum()):,} of these rows are {' or '.join(names)}; only unknown ones are "
            "resolved, and nothing was. Name results.sms.unknown, or a part of it."
        )


# -- reconcile


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """An export of events: the phones by batch, and how many events there were."""

    phones: dict[str, set[str]]

    @classmethod
    def read(cls, frame: Any, phone: Any, source: Any) -> Events:
        """Read an export; InputError when it lacks a column."""
        check_frame(frame, "The events must be a DataFrame")
        for name, argument in ((phone, "phone"), (source, "source")):
            if name not in frame.columns:
                columns = ", ".join(map(repr, frame.columns))
                raise InputError(
                    f"The events have no column {name!r}. Name one of theirs with {argument}=: "
                    f"{columns}."
                )
        tags = pd.Series(arrow_texts(frame[source]).to_pandas()).astype("string")
        batches = tags.str.findall(TAG).str[-1]
        numbers = bare_digits(pc.utf8_trim_whitespace(arrow_texts(frame[phone]))).to_pylist()
        phones: dict[str, set[str]] = defaultdict(set)
        for batch_id, number in zip(batches.tolist(), numbers, strict=True):
            if isinstance(batch_id, str) and number:
                phones[batch_id].add(number)
        return cls(phones=dict(phones))


def reconciled(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    phone: Any,
    source: Any,
    settled: bool,
    path: Path,
) -> pd.DataFrame:
    """Settle unknown messages by an export of events; see :func:`smsframe.reconcile`."""
    told = Events.read(events, phone, source)
    with existing_journal(path) as journal:
        rows = ResultRows.read(frame)
        known = _known(rows, journal)
        ids = rows.batch.filter(pa.array(rows.has("unknown"))).unique().drop_null().to_pylist()
        _refuse_missing(ids, {known.batches[n].batch_id for n in np.unique(known.batch)})
        if settled:
            _refuse_wrong_export(journal, ids, told)
        numbers = [known.numbers[name] for name in ids]
        with _locked(journal, known, numbers):
            for number in numbers:
                _settle(journal, known, number, told, settled=settled)
        recalled(rows, journal)
    _warn_of_unknown(rows, settled=settled)
    return rows.to_frame()


def _settle(
    journal: Journal, known: Remembered, number: int, told: Events, *, settled: bool
) -> None:
    """Settle one batch, message by message."""
    record = known.batches[number]
    contacts = known.contact.take(pa.array(known.places(number))).to_pylist()
    found = _found(contacts, told.phones.get(record.batch_id, set()))
    states = states_of(record)
    is_open = (states == UNKNOWN) | (states == CLAIMED)
    states[is_open & found] = ACCEPTED
    could_be_told = "=" not in contacts[0] or found.all() or not told.phones.get(record.batch_id)
    if settled and could_be_told:
        states[is_open & ~found] = REJECTED
    if not np.array_equal(states, states_of(record)):
        _write(journal, record, states, "Reconciled with an export of events.")


def _found(contacts: Sequence[str], phones: set[str]) -> Mask:
    """Return which recipients of a batch the export has.

    Lookups cannot be told apart by phones: all are found when there are as many phones as
    recipients, none otherwise.
    """
    if "=" in contacts[0]:
        return np.full(len(contacts), len(phones) == len(contacts))
    exact = set(contacts)
    hits = exact & phones
    hits |= _written_nationally(contacts, {phone.lstrip("0") for phone in phones - exact})
    return np.array([contact in hits for contact in contacts], dtype=bool)


def _written_nationally(contacts: Sequence[str], nationals: set[str]) -> set[str]:
    """Return the recipients who alone end with one of these numbers."""
    found: set[str] = set()
    for length in {len(number) for number in nationals if len(number) >= SHORTEST_NATIONAL}:
        endings: dict[str, list[str]] = defaultdict(list)
        for contact in contacts:
            endings[contact[-length:]].append(contact)
        same = (endings.get(number, []) for number in nationals if len(number) == length)
        found.update(ending[0] for ending in same if len(ending) == 1)
    return found


def _refuse_wrong_export(journal: Journal, ids: Sequence[str], told: Events) -> None:
    """Refuse to call an export complete that has nothing of a run of which much was accepted."""
    for run_id in dict.fromkeys(name.rpartition(":")[0] for name in ids):
        batches = journal.batches(run_id)
        taken = [record.batch_id for record in batches if record.response_id is not None]
        if taken and not any(record.batch_id in told.phones for record in batches):
            raise InputError(
                f"The events have no message of run {run_id}, though the API accepted "
                f"{len(taken):,} of its batches. This is not the export of that send, its source "
                "column is missing, or it was made too early; settled=True would have its people "
                "texted again. Nothing was settled."
            )


def _warn_of_unknown(rows: ResultRows, *, settled: bool) -> None:
    """Warn of what stays unknown."""
    left = int(rows.has("unknown").sum())
    if not left:
        return
    why = (
        "they were addressed by lookup, and the export does not say whose phone is whose: use "
        "results.sms.resolve(...)"
        if settled
        else "the export does not have them. Once it is complete (made well after the send), "
        "settled=True says that they did not go out"
    )
    warn_caller(f"{left:,} rows stay unknown: {why}.", UnknownOutcomeWarning)


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
            stack.enter_context(campaign_lock(journal.path, scope))
            journal.bury(scope)
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

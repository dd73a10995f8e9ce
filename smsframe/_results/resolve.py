"""``resolve``: a person's word on messages whose answer was lost.

Rows that were filtered away meanwhile are settled with the others by batch id, and left alone when
rows are named. How messages are settled stands in ``settle.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.result_rows import A_RESULT, NAMED, ResultRows
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_choice, refuse, shown_label
from smsframe._connect import journal_file
from smsframe._journal.records import ACCEPTED, REJECTED
from smsframe._results.messages import states_of
from smsframe._results.open_journal import existing_journal
from smsframe._results.refresh import recalled
from smsframe._results.settle import locked, refuse_missing, write_states
from smsframe.errors import InputError, UnknownOutcomeWarning, warn_caller

if TYPE_CHECKING:
    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.arrow import Mask
    from smsframe._base.journal_address import JournalAddress
    from smsframe._results.messages import Remembered

AS = {"sent": ACCEPTED, "not_sent": REJECTED}

_ARRAYS = (pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)


@public
def resolve(
    frame: AnyFrame,
    which: Any = None,
    *,
    as_: Literal["sent", "not_sent"],
    client: Client | None = None,
) -> pd.DataFrame:
    """Say of unknown messages whether they went out, because you have found out.

    Nothing is sent by this. But what is called ``not_sent`` goes out when the same send is run
    again: if it had gone out after all, its people get it twice.

    Parameters
    ----------
    frame : DataFrame
        Results.
    which : optional
        Which rows: a boolean mask, an index label or a list of them, a part of the results such as
        ``results.sms.unknown.head(10)``; or a batch id or a list of them, which means all messages
        of these batches. None: all unknown rows.
    as_ : {"sent", "not_sent"}
        "sent": they went out; the rows become ``accepted``. "not_sent": they did not; the rows
        become ``rejected``. ``sms_code`` is ``resolved`` in both cases. The same rows can be
        resolved again, if you were wrong, once they are named.
    client : Client, optional
        Whose journal this is written to. None: that of the client ``connect`` made last, else the
        usual one.

    Returns
    -------
    DataFrame
        The same rows, brought up to what is known now.

    Raises
    ------
    InputError
        Some of the rows are not unknown, or ``which`` names nothing. Nothing was changed.
    JournalError
        The journal does not have these batches.
    CampaignBusyError
        This campaign is being sent now.

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
    ...         done.sms.resolve(as_="sent")["sms_status"].tolist()
    ['accepted']
    """
    refuse_other_words(as_)
    return resolved(as_frame(frame, A_RESULT), which, as_=as_, path=journal_file(client))


def refuse_other_words(as_: Any) -> None:
    """Refuse a person's word that is none of the two."""
    faults: list[str] = []
    check_choice("as_", as_, tuple(AS), faults)
    refuse(faults)


def resolved(frame: pd.DataFrame, which: Any, *, as_: str, path: JournalAddress) -> pd.DataFrame:
    """Settle unknown messages by a person's word; see :func:`smsframe.resolve`."""
    with existing_journal(path) as journal:
        rows = ResultRows.read(frame)
        known = recalled(rows, journal)
        places = _named_messages(rows, known, which)
        _refuse_settled(known, places)
        numbers = np.unique(known.batch[places]).tolist()
        with locked(journal, known, numbers), journal.together():
            ids = [known.batches[number].batch_id for number in numbers]
            for record in journal.find_batches(ids):  # as they are by now
                mine = places[known.batch[places] == known.numbers[record.batch_id]]
                states = states_of(record)
                states[known.offset[mine]] = AS[as_]
                write_states(journal, record, states, f"Resolved as {as_} by a person.")
        recalled(rows, journal)
    if which is None and not len(places):
        _warn_of_resolved(rows, as_)
    return rows.to_frame()


def _warn_of_resolved(rows: ResultRows, as_: str) -> None:
    """Warn where nothing is unknown, and rows were resolved the other way before."""
    status, way = ("rejected", "not_sent") if as_ == "sent" else ("accepted", "sent")
    number = int((rows.has(status) & rows.has_code("resolved")).sum())
    if number:
        were, stay = ("was", "stays") if number == 1 else ("were", "stay")
        warn_caller(
            f"Nothing was resolved: none of these rows is unknown. {number:,} of them {were} "
            f"resolved as {way} before, and {stay} so. If that was wrong, name them, such as "
            f'results.sms.resolve(results["sms_code"] == "resolved", as_={as_!r}).',
            UnknownOutcomeWarning,
        )


def _named_messages(rows: ResultRows, known: Remembered, which: Any) -> npt.NDArray[np.int64]:
    """Return the messages that are meant: of the rows, or all of the batches."""
    batch_ids = _batch_ids(rows, which)
    if batch_ids is not None:
        refuse_missing(batch_ids, known.batch_ids)
        numbers = [known.numbers[name] for name in batch_ids]
        return np.flatnonzero(np.isin(known.batch, numbers))
    named = rows.has("unknown") if which is None else _named_rows(rows, which)
    mine = np.flatnonzero(named)
    where = pa.array(mine)
    batches, contacts = rows.batch.take(where), rows.contact.take(where)
    places = known.find(batches, contacts)
    if (lost := places < 0).any():
        held = batches.filter(pa.array(lost)).unique().to_pylist()
        refuse_missing([name for name in held if name], ())
        raise _in_no_batch(int(lost.sum()))
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
    mask = _as_mask(which)
    if mask is not None:
        if len(mask) != len(rows):
            raise InputError(
                f"The mask has {many(len(mask), 'value')} for {many(len(rows), 'row')}. Make it "
                "from these very results."
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


def _as_mask(which: Any) -> Mask | None:
    """Return truth values as a mask, also those of an object column; None for anything else."""
    try:
        values = np.asarray(which)
    except ValueError:  # lists of lists of unequal lengths
        return None
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
        raise _in_no_batch(keys.null_count)
    if not pc.all(pc.is_in(keys, value_set=ours)).as_py():
        raise InputError("These rows are not part of these results.")
    found: Mask = pc.is_in(ours, value_set=keys, skip_nulls=True).to_numpy(zero_copy_only=False)
    return found


def _in_no_batch(rows: int) -> InputError:
    """Return the error of rows that were never sent."""
    return InputError(
        f"{many(rows, 'of these rows is', 'of these rows are')} in no batch that was sent, so "
        "there is nothing to resolve. results.sms.unknown has the rows whose outcome is not known."
    )


def _refuse_settled(known: Remembered, places: npt.NDArray[np.int64]) -> None:
    """Refuse messages whose outcome is known; one resolved before may be resolved again."""
    again = np.array([record.resolved_at is not None for record in known.batches], dtype=bool)
    unknown = known.status[places] == result_columns.NUMBER["unknown"]
    fixed = ~(unknown | again[known.batch[places]])
    if fixed.any():
        names = [
            result_columns.STATUSES[number] for number in np.unique(known.status[places][fixed])
        ]
        are = "is" if fixed.sum() == 1 else "are"
        raise InputError(
            f"{int(fixed.sum()):,} of these rows {are} {' or '.join(names)}; only unknown ones are "
            "resolved, and nothing was. Name results.sms.unknown, or a part of it."
        )

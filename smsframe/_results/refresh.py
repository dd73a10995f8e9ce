"""``refresh``: from *accepted* to *sent* or *not sent*.

The journal keeps what the status endpoint said, so a later refresh asks only for what is open, and
none at all when everything is known. It is written on the calling thread, as answers come in: a
refresh that is interrupted has lost nothing.

A batch that this journal does not have (the frame is a colleague's, or from another machine) can
still be asked about by the response id in its rows. What is learned then stands in the frame alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smsframe._base import result_columns
from smsframe._base.masking import mask_phone
from smsframe._base.progress import Bar
from smsframe._base.result_rows import ResultRows
from smsframe._base.sentences import REFRESH, Sentence, joined, words
from smsframe._base.worker_pool import Backoff, WorkerPool
from smsframe._results import status_answers
from smsframe._results.hashed_people import named_in
from smsframe._results.messages import Remembered, remember
from smsframe._results.open_journal import reading_journal
from smsframe._results.polling import BACKOFF, Poll
from smsframe.errors import StatusWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe._acoustic.answers import SendStatus
    from smsframe._acoustic.client import Client
    from smsframe._base.arrow import Positions
    from smsframe._base.progress import Wanted
    from smsframe._journal.store import Journal
    from smsframe._results.status_answers import Mismatch, Recorded

PENDING = (
    "status_pending",
    Sentence(
        "The service does not know yet what became of this message, or does not know this send. ",
        REFRESH,
        " again in a few minutes.",
    ),
)
MISSING = (
    "status_missing",
    Sentence(
        "The service's answer does not list this recipient. ",
        REFRESH,
        " again later; if it stays, look in the product's events.",
    ),
)
UNAVAILABLE = "status_unavailable"
_STATUS_OF = np.zeros(3, dtype=np.uint8)
_STATUS_OF[[status_answers.SENT, status_answers.NOT_SENT]] = (
    result_columns.NUMBER["sent"],
    result_columns.NUMBER["not_sent"],
)
OURS = (PENDING[0], MISSING[0], UNAVAILABLE, "send_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """How far a refresh is, in messages."""

    total: int
    sent: int
    not_sent: int

    @property
    def done(self) -> int:
        """Messages of which it is known."""
        return self.sent + self.not_sent

    @property
    def shown(self) -> dict[str, int]:
        """What stands beside the bar."""
        return {"sent": self.sent, "not_sent": self.not_sent}


@dataclass(slots=True, kw_only=True)
class Question:
    """One send to ask about: its messages, and where what is learned belongs.

    ``rows`` are places in the frame for a foreign batch (one that this journal does not have);
    ``batch_id`` is empty then. ``contacts`` are hashes where there is a ``service``.
    """

    response_id: str
    contacts: list[str]
    batch_id: str = ""
    service: str | None = None
    rows: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(slots=True)
class _Round:
    """What one refresh learns."""

    journal: Journal | None
    questions: dict[str, Question]
    bar: Bar
    answered: dict[str, tuple[SendStatus, Recorded]] = field(default_factory=dict)
    mismatches: list[Mismatch] = field(default_factory=list)
    sent: int = 0
    not_sent: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        """Count the messages that are asked about."""
        self.total = sum(len(question.contacts) for question in self.questions.values())

    def record(self, status: SendStatus) -> None:
        """Take in one answer, and keep it in the journal."""
        question = self.questions[status.response_id]
        contacts = question.contacts
        if question.service is not None:
            contacts = named_in(status.contacts, contacts, question.service)
        recorded, mismatch = status_answers.match(status, contacts)
        if self.journal is not None and question.batch_id:
            self.journal.set_statuses(question.batch_id, recorded.pack(), time.time())
        else:
            mismatch = mismatch._replace(extra=0)  # rows of that send may be in another frame
        self.answered[status.response_id] = (status, recorded)
        self.mismatches.append(mismatch)
        self.sent += int((recorded.sent == status_answers.SENT).sum())
        self.not_sent += int((recorded.sent == status_answers.NOT_SENT).sum())
        self.show()

    def show(self) -> None:
        """Move the bar."""
        self.bar.update(Refreshed(total=self.total, sent=self.sent, not_sent=self.not_sent))


def refreshed(
    frame: pd.DataFrame,
    *,
    client: Client,
    deadline_s: float,
    progress: Wanted,
    backoff: Backoff = BACKOFF,
) -> pd.DataFrame:
    """Ask what is open and return the frame as it stands then; see :func:`smsframe.refresh`."""
    rows = ResultRows.read(frame)
    with reading_journal(client.journal_path) as journal:
        known = recalled(rows, journal)
        questions = _questions(rows, known)
        if not questions:
            return rows.to_frame()
        with Bar(progress) as bar:
            learned = _Round(journal, questions, bar)
            learned.show()
            failures = _ask(learned, client, deadline_s, backoff)
        recalled(rows, journal)
    _put_foreign_batches(rows, learned)
    _explain_open(rows, learned, failures)
    _warn(rows, learned)
    return rows.to_frame()


def _ask(
    learned: _Round, client: Client, deadline_s: float, backoff: Backoff
) -> Mapping[str, Exception]:
    """Ask about every send; return the last failure of each that was never answered."""
    workers: WorkerPool[str, str, SendStatus | Exception] = WorkerPool(
        client.status, client.max_in_flight, failed=lambda error: error, name="smsframe-status"
    )
    poll = Poll(
        workers=workers,
        answered=learned.record,
        max_in_flight=client.max_in_flight,
        deadline_s=deadline_s,
        backoff=backoff,
    )
    try:
        poll.run(list(learned.questions))
    finally:
        workers.close(timeout_s=0.0)
    return poll.failures


def recalled(rows: ResultRows, journal: Journal | None) -> Remembered | None:
    """Bring rows up to what the journal knows by now; return it, None where there is no journal."""
    if journal is None:
        return None
    known = remember(journal, journal.find_batches(rows.batch.unique().drop_null().to_pylist()))
    places = known.find(rows.batch, rows.contact)
    here = np.flatnonzero(places >= 0)
    already_recorded = rows.has("sent", "not_sent")[here]
    older = known.status[places[here]] == result_columns.NUMBER["accepted"]
    here = here[~(already_recorded & older)]
    there = places[here]
    rows.put(here, status=known.status[there], reason=known.reason[there], reasons=known.reasons)
    _put_times(rows, known, here, there)
    return known


def brought_up(frame: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Return results as the journal has them by now."""
    rows = ResultRows.read(frame)
    recalled(rows, journal)
    return rows.to_frame()


def _put_times(rows: ResultRows, known: Remembered, here: Positions, there: Positions) -> None:
    """Give rows that were accepted since their time, as a send would."""
    accepted = np.isin(
        known.status[there], [result_columns.NUMBER[s] for s in result_columns.ACCEPTED_STATUSES]
    )
    numbers = np.where(accepted, known.batch[there], -1).astype(np.int32)
    settled = [record.settled_at for record in known.batches]
    rows.put_accepted_at(here, result_columns.times(settled, numbers))


def _questions(rows: ResultRows, known: Remembered | None) -> dict[str, Question]:
    """Return what is to be asked, by response id: every send with a row that is accepted."""
    accepted = np.flatnonzero(rows.has("accepted") & _is_given(rows.response_id))
    asked = rows.response_id.take(pa.array(accepted)).to_pandas()
    numbers = {} if known is None else _numbers_by_response(known)
    questions = {}
    for response_id, members in asked.groupby(asked, sort=False).indices.items():
        name = str(response_id)
        if known is not None and name in numbers:
            contacts = known.keys.take(pa.array(known.places(numbers[name])))
            batch_id, mine = known.batches[numbers[name]].batch_id, accepted[:0]
            service = known.services.get(batch_id)
        else:
            batch_id, mine, service = "", accepted[members], None
            contacts = rows.contact.take(pa.array(mine)).fill_null("")
        questions[name] = Question(
            response_id=name,
            contacts=contacts.to_pylist(),
            batch_id=batch_id,
            service=service,
            rows=mine,
        )
    return questions


def _is_given(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Return where there is a text."""
    given: npt.NDArray[np.bool_] = texts.is_valid().to_numpy(zero_copy_only=False)
    return given


def _numbers_by_response(known: Remembered) -> dict[str, int]:
    """Return the number of each batch whose messages are known, by its response id."""
    return {
        known.batches[number].response_id or "": number
        for number in np.unique(known.batch).tolist()
    }


def _put_foreign_batches(rows: ResultRows, learned: _Round) -> None:
    """Write what was learned of sends that this journal does not have into the frame."""
    places, said, reason = [np.arange(0)], [np.empty(0, np.uint8)], [np.empty(0, np.int32)]
    reasons: list[tuple[str, str]] = []
    for response_id, (_, recorded) in learned.answered.items():
        question = learned.questions[response_id]
        if question.batch_id:
            continue
        here = recorded.sent != status_answers.OPEN
        places.append(question.rows[here])
        said.append(_STATUS_OF[recorded.sent[here]])
        reason.append(np.where(recorded.message < 0, -1, recorded.message + len(reasons))[here])
        reasons += [status_answers.reason_of(message) for message in recorded.messages]
    rows.put(
        np.concatenate(places),
        status=np.concatenate(said),
        reason=np.concatenate(reason),
        reasons=reasons,
    )


def _explain_open(rows: ResultRows, learned: _Round, failures: Mapping[str, Exception]) -> None:
    """Say of every row that is still accepted why nothing more is known of it."""
    still_open = np.flatnonzero(rows.has("accepted") & _is_given(rows.response_id))
    asked = rows.response_id.take(pa.array(still_open)).to_pylist()
    numbers: dict[tuple[str, str], int] = {}
    reason = np.full(len(still_open), -1, dtype=np.int32)
    for place, response_id in enumerate(asked):
        pair = _why_open(learned.answered.get(response_id), failures.get(response_id))
        reason[place] = numbers.setdefault(pair, len(numbers))
    rows.put(still_open, reason=reason, reasons=list(numbers))


def _why_open(
    answer: tuple[SendStatus, Recorded] | None, failure: Exception | None
) -> tuple[str, str]:
    """Return code and sentence of a message of which nothing more is known."""
    if answer is None:
        return PENDING if failure is None else (UNAVAILABLE, str(failure))
    words = mask_phone(answer[0].errors)
    return ("send_error", f"The service says of the whole send: {words}") if words else MISSING


def _warn(rows: ResultRows, learned: _Round) -> None:
    """Warn of rows that stay open, and of answers that do not fit what was asked."""
    codes = rows.code.filter(pa.array(rows.has("accepted"))).value_counts().to_pylist()
    left = {entry["values"]: entry["counts"] for entry in codes if entry["values"] in OURS}
    sentences: list[str] = []
    if left:
        listed = ", ".join(f"{count:,} {code}" for code, count in left.items())
        total = sum(left.values())
        messages_are, they_were = "messages are", "they were"
        if total == 1:
            messages_are, they_were = "message is", "it was"
        sentences.append(
            Sentence(
                f"{total:,} {messages_are} accepted, but whether {they_were} sent is not known yet "
                f"({listed}); sms_error says more. A later ",
                words("refresh()", at_shell="smsframe status"),
                " asks for these alone.",
            )
        )
    named = {
        "entries of contacts that were not in the call": sum(m.extra for m in learned.mismatches),
        "repeated entries": sum(m.repeated for m in learned.mismatches),
        "entries that contradict another one (sent counts)": sum(
            m.contradicting for m in learned.mismatches
        ),
    }
    found = [f"{count:,} {what}" for what, count in named.items() if count]
    if found:
        sentences.append(f"The service's answers held {', '.join(found)}.")
    if sentences:
        warn_caller(joined(" ", sentences), StatusWarning)

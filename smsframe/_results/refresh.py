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
import pyarrow as pa

from smsframe._acoustic.client import default_client
from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.masking import mask_phone
from smsframe._base.progress import Bar
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.sentences import REFRESH, Sentence, joined, words
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_client, check_number, check_progress, refuse
from smsframe._base.worker_pool import WorkerPool
from smsframe._results import status_answers
from smsframe._results.hashed_people import named_in
from smsframe._results.messages import Remembered, remember
from smsframe._results.open_journal import reading_journal
from smsframe._results.polling import Poll
from smsframe.errors import StatusWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe._acoustic.answers import SendStatus
    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
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
    total: int
    answered: dict[str, tuple[SendStatus, Recorded]] = field(default_factory=dict)
    mismatches: list[Mismatch] = field(default_factory=list)
    sent: int = 0
    not_sent: int = 0

    def record(self, status: SendStatus) -> None:
        """Take in one answer, and keep it in the journal."""
        question = self.questions[status.response_id]
        contacts = question.contacts
        if question.service is not None:
            contacts = named_in(status.contacts, contacts, question.service)
        recorded, mismatch = status_answers.match(status, contacts)
        if self.journal is not None and question.batch_id:
            self.journal.set_statuses({question.batch_id: recorded.pack()}, time.time())
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


@public
def refresh(
    frame: AnyFrame,
    *,
    deadline_s: float = 60.0,
    client: Client | None = None,
    progress: Wanted = None,
) -> pd.DataFrame:
    """Ask what became of accepted messages: ``accepted`` becomes ``sent`` or ``not_sent``.

    *Accepted* means that the API took the call; only people who opted in are texted, and only the
    status endpoint says who was. The service does not say "not yet" and "no such send" apart, so it
    is asked until ``deadline_s``; what is open then stays ``accepted`` and says so. Answers are
    kept in the journal: another refresh asks only for what is open, and makes no call when
    everything is known.

    Parameters
    ----------
    frame : DataFrame
        Results, also after CSV or Excel. A batch that this journal does not have is asked about by
        ``sms_response_id``; what is learned then stands in the returned frame alone.
    deadline_s : float, default 60
        Seconds after which nothing is asked a second time. Every open batch is asked about once,
        however short the time; 0 asks once and does not wait.
    client : Client, optional
        None: the one that ``connect`` made last.
    progress : bool or callable, optional
        None: a bar in notebooks and on terminals. A callable is given an object with ``total``,
        ``done``, ``sent`` and ``not_sent`` (messages) after each answer.

    Returns
    -------
    DataFrame
        The same rows, index and columns, brought up to what is known now (rows that were resolved
        elsewhere included). A row that is ``not_sent`` has the service's message in ``sms_error``
        and ``opted_out``, ``no_consent``, ``contact_not_found``, ``contact_ambiguous``,
        ``contact_not_a_phone`` or ``not_sent`` in ``sms_code``. A row that stays ``accepted`` has
        ``status_pending`` (not known yet), ``status_missing`` (the answer does not list this
        recipient), ``send_error`` (the answer speaks of the whole send) or ``status_unavailable``
        (the endpoint could not be reached).

    Warns
    -----
    StatusWarning
        Rows stay open, or answers listed contacts twice, with contradictions, or not of the call.

    Raises
    ------
    AccessError
        The service refused the credentials. What was learned before is in the journal.
    ConfigurationError
        No client is connected.
    InputError
        The frame holds no results.

    Sources
    -------
    The status endpoint: ``GET /rest/channels/sms/sends/{id}/status``. How messages are worded that
    were not sent is documented nowhere; ``sms_code`` is our reading of them.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True, status_delay_s=0) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    ...         done = people.sms.send("Hello", program="148372", progress=False)
    ...         done.sms.refresh(progress=False)["sms_status"].tolist()
    ['sent']
    """
    faults: list[str] = []
    need = "a number of seconds, 0 or more"
    for_ever = isinstance(deadline_s, (float, np.floating)) and deadline_s == np.inf
    if not for_ever:
        check_number("deadline_s", deadline_s, faults, need=need, optional=False)
    check_client(client, faults)
    wanted = check_progress("progress", progress, faults)
    refuse(faults)
    client = default_client() if client is None else client
    rows = ResultRows.read(as_frame(frame, A_RESULT))
    with reading_journal(client.journal_path) as journal:
        known = None if journal is None else recalled(rows, journal)
        questions = _questions(rows, known)
        if not questions:
            return rows.to_frame()
        total = sum(len(question.contacts) for question in questions.values())
        with Bar(wanted) as bar:
            learned = _Round(journal, questions, bar, total)
            learned.show()
            failures = _ask(learned, client, float(deadline_s))
        if journal is not None:
            recalled(rows, journal)
    _put_foreign_batches(rows, learned)
    _explain_open(rows, learned, failures)
    _warn(rows, learned)
    return rows.to_frame()


def _ask(learned: _Round, client: Client, deadline_s: float) -> Mapping[str, Exception]:
    """Ask about every send; return the last failure of each that was never answered."""
    workers: WorkerPool[str, str, SendStatus | Exception] = WorkerPool(
        client.status, client.max_in_flight, failed=lambda error: error, name="smsframe-status"
    )
    poll = Poll(
        workers=workers,
        answered=learned.record,
        max_in_flight=client.max_in_flight,
        deadline_s=deadline_s,
        backoff=client.settings.status_backoff,
    )
    try:
        poll.run(list(learned.questions))
    finally:
        workers.close(timeout_s=0.0)
    return poll.failures


def recalled(rows: ResultRows, journal: Journal) -> Remembered:
    """Bring rows up to what the journal knows by now, and return that."""
    known = remember(journal, journal.find_batches(rows.batch.unique().drop_null().to_pylist()))
    places = known.find(rows.batch, rows.contact)
    here = np.flatnonzero(places >= 0)
    already_recorded = rows.has("sent", "not_sent")[here]
    older = known.status[places[here]] == result_columns.NUMBER["accepted"]
    here = here[~(already_recorded & older)]
    there = places[here]
    rows.put(here, status=known.status[there], reason=known.reason[there], reasons=known.reasons)
    accepted = np.isin(known.status[there], result_columns.ACCEPTED_NUMBERS)
    numbers = np.where(accepted, known.batch[there], -1).astype(np.int32)
    settled = [record.settled_at for record in known.batches]
    rows.put_accepted_at(here, result_columns.times(settled, numbers))  # as a send would
    return known


def brought_up(frame: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Return results as the journal has them by now."""
    rows = ResultRows.read(frame)
    recalled(rows, journal)
    return rows.to_frame()


def _questions(rows: ResultRows, known: Remembered | None) -> dict[str, Question]:
    """Return what is to be asked, by response id: every send with a row that is accepted."""
    accepted = _still_open(rows)
    asked = rows.response_id.take(pa.array(accepted)).to_pandas()
    numbers: dict[str | None, int] = {}
    if known is not None:
        of_messages = np.unique(known.batch).tolist()
        numbers = {known.batches[number].response_id: number for number in of_messages}
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
            contacts=contacts.to_pylist(), batch_id=batch_id, service=service, rows=mine
        )
    return questions


def _still_open(rows: ResultRows) -> Positions:
    """Return the rows of a send of which nothing more is known."""
    return np.flatnonzero(rows.has("accepted") & np.asarray(rows.response_id.is_valid()))


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
    still_open = _still_open(rows)
    asked = rows.response_id.take(pa.array(still_open)).dictionary_encode()
    reasons = [
        _why_open(learned.answered.get(name), failures.get(name))
        for name in asked.dictionary.to_pylist()
    ]
    rows.put(still_open, reason=asked.indices.to_numpy(), reasons=reasons)


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

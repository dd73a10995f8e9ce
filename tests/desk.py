"""Workers that answer by script on their own clock, a journal and an audience, for the delivery."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from smsframe._acoustic.outcomes import Outcome
from smsframe._acoustic.send_request import SendRequest
from smsframe._base.message import Message
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe._journal.records import Claim
from smsframe._send.delivery import Delivery
from smsframe.errors import JournalError

ACCEPTED = Outcome(kind="accepted", http_status=202, response_id="r")
LOST = Outcome(kind="unknown", code="answer_lost", message="Lost.")
BUSY = Outcome(kind="busy", code="busy", message="Busy.")
UNREACHABLE = Outcome(kind="no_connection", code="no_connection", message="No connection.")
BAD_RUN = Outcome(kind="rejected", about="run", code="wrong_tags", message="Wrong.", fix="Fix.")
BAD_CONTACT = Outcome(kind="rejected", about="contact", code="contact_empty", message="Empty.")


LOCKED = JournalError("The journal is locked.", locked=True)


@dataclass
class Desk:
    """Workers, a journal and an audience in one; ``story`` is what happened, in order."""

    answer: object
    story: list = field(default_factory=list)
    clock: float = 100.0
    flying: list = field(default_factory=list)
    most_in_flight: int = 0
    settled: dict = field(default_factory=dict)
    states: dict = field(default_factory=dict)
    journal_fails: object = staticmethod(lambda: False)

    def now(self):
        """Tell the time."""
        return self.clock

    def today(self):
        """Tell the date."""
        return self.clock

    def submit(self, number, request):
        """Take a call."""
        assert request.message.source in self.states, "posted before it was claimed"
        self.story.append(("post", number))
        self.flying.append((number, request))
        self.most_in_flight = max(self.most_in_flight, len(self.flying))

    def refuse_fork(self):
        """Nobody forks here."""

    def finished(self, timeout_s):
        """Answer the oldest call, or let time pass."""
        if not self.flying:
            assert timeout_s is not None, "waits for nothing"
            self.clock += timeout_s
            return []
        number, request = self.flying.pop(0)
        self.clock += 1.0
        return [(number, self.answer(request))]

    def prepare(self, number, rows):
        """Make a claim and a call; the call's contacts are the rows."""
        name = f"run:{number}"
        claim = Claim(
            batch_id=name, run_id="run", scope=b"", keys=b"", size=len(rows), claimed_at=0
        )
        contacts = rows.astype(np.int64).tobytes()
        message = Message(program="1", source=name)
        return claim, SendRequest(message=message, contacts=contacts, size=len(rows))

    def record(self, claims, settlements):
        """Keep claims and settlements, unless the journal fails."""
        if self.journal_fails():
            raise JournalError("The disk is full.")
        self.states |= {claim.batch_id: "claimed" for claim in claims}
        for settlement in settlements:
            self.states[settlement.batch_id] = settlement.state
        if claims:
            self.story.append(("claim", len(claims)))

    def settle(self, result):
        """Keep what became of each row."""
        self.settled |= dict.fromkeys(result.rows.tolist(), result.verdict)


def deliver(answer, *, rows=40, batch=4, **options):
    """Deliver some rows and return desk and delivery."""
    desk = options.pop("desk", None) or Desk(answer)
    cuts = [np.arange(i, min(i + batch, rows)) for i in range(0, rows, batch)]
    defaults = {"settled": desk.settle, "record": desk.record}
    options = defaults | {"settings": SendSettings(backoff=Backoff(chance=lambda: 0.0))} | options
    delivery = Delivery(workers=desk, batches=iter(cuts), prepare=desk.prepare, **options)
    delivery.run()
    return desk, delivery


def scripted(*outcomes, then=ACCEPTED):
    """Answer by list, then always alike."""
    waiting = iter(outcomes)
    return lambda _: next(waiting, then)


def rows_of(request):
    """Return the rows of a call."""
    return np.frombuffer(request.contacts, dtype=np.int64).tolist()


def posts(desk):
    """Count the calls."""
    return sum(kind == "post" for kind, _ in desk.story)

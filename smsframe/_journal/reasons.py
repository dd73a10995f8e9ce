"""What all rows of a batch have in common, and why they did not go out, from its record."""

from __future__ import annotations

from typing import TypeAlias

from smsframe._base.result_columns import BatchFacts
from smsframe._base.sentences import as_sentences, recalled
from smsframe._journal.records import ACCEPTED, REJECTED, BatchRecord, Settlement

Settled: TypeAlias = BatchRecord | Settlement
RESOLVED = {
    ACCEPTED: "",
    REJECTED: "Found out afterwards: it did not go out. The same send would send it now.",
}
"""What is said of messages whose outcome was unknown and settled by a person or an export."""


def facts_of(record: Settled) -> BatchFacts:
    """Return what all rows of a batch have in common."""
    return BatchFacts(
        batch_id=record.batch_id, response_id=record.response_id, accepted_at=record.settled_at
    )


def reason_of(record: Settled) -> tuple[str, str]:
    """Return code and sentence of a batch that was not accepted."""
    if not record.code:
        return "sender_died", "The answer was not recorded."
    return record.code, as_sentences(record.message, recalled(record.fix))


def known_reason(record: BatchRecord, state: int) -> tuple[str, str] | None:
    """Return code and sentence of a message that the journal holds in ``state``, None for none."""
    if record.resolved_at is not None and state in RESOLVED:
        return "resolved", RESOLVED[state]
    return None if state == ACCEPTED else reason_of(record)

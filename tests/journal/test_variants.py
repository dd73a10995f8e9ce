"""What the journal keeps of runs with several texts: which batch had which, how people were split.

Which run pins it is asked by every send of a named campaign.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from smsframe._journal.records import ACCEPTED, REJECTED, Claim, RunRecord, Settlement
from smsframe._journal.store import Journal

SCOPE = b"0123456789abcdef"
FIRST = '{"split": {"A": 1, "B": 1}}'
SECOND = '{"split": {"A": 1, "B": 3}}'


@pytest.fixture
def journal(tmp_path):
    """Open a journal with two runs of one campaign, of which nothing has gone out yet."""
    with Journal(tmp_path / "journal.sqlite3") as journal:
        for name, variants in (("first", FIRST), ("second", SECOND)):
            journal.start_run(
                RunRecord(
                    run_id=name,
                    scope=SCOPE,
                    service="host",
                    program="148372",
                    rows=2,
                    started_at=100.0,
                    variants=variants,
                )
            )
        yield journal


def claim(journal, run_id, state, variant=""):
    """Claim a batch of a run, and settle it."""
    batch_id = f"{run_id}:0001"
    made = Claim(
        batch_id=batch_id,
        run_id=run_id,
        scope=SCOPE,
        keys=bytes(32),
        size=2,
        claimed_at=200.0,
        variant=variant,
    )
    settled = (
        [] if state is None else [Settlement(batch_id=batch_id, state=state, settled_at=300.0)]
    )
    journal.record(claims=[made], settlements=settled)


def test_variant__of_a_batch_and_of_a_run(journal):
    """Both come back as they were written."""
    claim(journal, "first", "accepted", "A")
    assert [batch.variant for batch in journal.batches("first")] == ["A"]
    assert journal.ledger(SCOPE).batches[0].variant == "A"
    assert journal.run("second").variants == SECOND


@pytest.mark.parametrize("state", ["accepted", "unknown", None])
def test_variants__of_the_first_run_of_which_anything_may_have_gone_out(journal, state):
    """A rejected batch pins nothing; one on its way, or unknown, does."""
    assert journal.variants(SCOPE) is None
    claim(journal, "first", "rejected")
    assert journal.variants(SCOPE) is None
    claim(journal, "second", state)
    assert journal.variants(SCOPE) == SECOND
    assert journal.variants(bytes(16)) is None


def test_variants__of_a_batch_that_was_resolved_row_by_row(journal):
    """Where one of its messages went out, it pins."""
    claim(journal, "first", "unknown")
    states = bytes([ACCEPTED, REJECTED])
    journal.set_states(
        "first:0001", states, state="rejected", code="resolved", message="", at=400.0
    )
    assert journal.variants(SCOPE) == FIRST


def test_upgrade__of_a_journal_that_knew_no_variants(tmp_path):
    """Runs and batches of an older version have none."""
    path = tmp_path / "journal.sqlite3"
    with Journal(path) as journal:
        journal.start_run(
            RunRecord(
                run_id="first",
                scope=SCOPE,
                service="host",
                program="148372",
                rows=2,
                started_at=100.0,
            )
        )
        claim(journal, "first", "accepted")
    with closing(sqlite3.connect(path)) as older:
        older.execute("ALTER TABLE runs DROP COLUMN variants")
        older.execute("ALTER TABLE batches DROP COLUMN variant")
        older.execute("DELETE FROM migrations WHERE name = 'variants'")
        older.commit()
    with Journal(path) as journal:
        assert journal.run("first").variants == ""
        assert journal.batches("first")[0].variant == ""
        assert journal.variants(SCOPE) == ""

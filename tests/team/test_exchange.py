"""A claim in one exchange is the claim that it is step by step, and is believed only when kept."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest

from smsframe._journal.postgres.exchange import UnusualError, write
from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe.errors import JournalError

SCOPE = b"s" * 16
TABLES = {"batches": "*", "messages": "*", "payloads": "*"}


def run(run_id="run"):
    """Return a run."""
    return RunRecord(run_id=run_id, scope=SCOPE, service="s", program="1", rows=9, started_at=1.0)


def full_claim(number, run_id="run"):
    """Return a claim with something in each field that differs from its default."""
    return Claim(
        batch_id=f"{run_id}:{number:04d}", run_id=run_id, scope=SCOPE, keys=bytes(range(32)),
        recipients=bytes(range(16)), loose=bytes(range(48)), size=2, payload=b"\x00payload\xff",
        source="smsframe:run:1", claimed_at=3.25, variant="B",
    )  # fmt: skip


def full_settlement(number, run_id="run"):
    """Return an outcome with something in each field that differs from its default."""
    return Settlement(
        batch_id=f"{run_id}:{number:04d}", state="rejected", http_status=400, code="c\0",
        message="m%s", fix="f", response_id="r", location="l", attempts=3, seconds=0.5,
        settled_at=4.5,
    )  # fmt: skip


@pytest.mark.parametrize("make", [full_claim, full_settlement])
def test_samples__have_something_in_each_field(make):
    """A field that is new has to be written by both ways; here it would be noticed."""
    record = make(1)
    for field in dataclasses.fields(record):
        assert getattr(record, field.name) != field.default, field.name


def told_of(journal, batch_id):
    """Return all that the tables hold of a batch, but for its number and its name."""
    told = []
    for table in TABLES:
        cursor = journal._team.connection.execute(
            f"SELECT t.* FROM smsframe.{table} t JOIN smsframe.batches b "
            f"ON b.id = t.{'id' if table == 'batches' else 'batch'} WHERE b.batch_id = %s".encode(),
            (batch_id,),
        )
        names = [column.name for column in cursor.description]
        (row,) = cursor.fetchall()
        own = ("id", "batch", "batch_id")
        told.append({n: v for n, v in zip(names, row, strict=True) if n not in own})
    return told


def test_record__writes_the_same_at_once_and_step_by_step(journals):
    """Whatever a claim and its outcome hold, both ways leave the same in all tables."""
    journal = journals()
    with journal.sending(SCOPE):
        journal.start_run(run())
        journal.record(claims=[full_claim(1)])
        journal.record(settlements=[full_settlement(1)])
        journal.record(claims=[full_claim(2)], judge=lambda _: {})
        with journal._writing(moved_too=True) as db:
            super(type(journal), journal)._settle(db, full_settlement(2))
        journal.record(claims=[full_claim(3)], settlements=[full_settlement(3)])
        one, two, three = (told_of(journal, f"run:{n:04d}") for n in (1, 2, 3))
    assert one == two == three
    assert one[0]["state"] == "rejected"


def test_record__is_one_exchange(journals, monkeypatch):
    """Neither a claim nor an outcome is said step by step unless it must be."""
    journal = journals()
    with journal.sending(SCOPE):
        journal.start_run(run())
        monkeypatch.setattr(journal, "_begun", None)
        journal.record(claims=[full_claim(n) for n in range(3)])
        journal.record(claims=[full_claim(4)], settlements=[full_settlement(1)])
        journal.record(settlements=[full_settlement(2)])
        counts = journal.counts("run")
    assert (counts["claimed"], counts["rejected"]) == (4, 4)


def test_record__takes_all_or_nothing(journals):
    """One claim of several that is known already: none is there, and the fault names it."""
    journal = journals()
    with journal.sending(SCOPE):
        journal.start_run(run())
        journal.record(claims=[full_claim(1)])
        with pytest.raises(JournalError, match="run:0001 is already in it"):
            journal.record(claims=[full_claim(2), full_claim(1)], settlements=[full_settlement(1)])
        assert [batch.state for batch in journal.batches("run")] == ["claimed"]


@pytest.mark.parametrize("what", ["claim", "settlement"])
def test_record__is_believed_only_when_it_is_kept(journals, address, what):
    """A commit that fails after the server has answered is a failure."""
    journal = journals()
    with psycopg.connect(address.url(), autocommit=True) as db:
        db.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'late' USING ERRCODE = '57P05'; END $$"
        )
    with journal.sending(SCOPE):
        journal.start_run(run())
        if what == "settlement":
            journal.record(claims=[full_claim(1)])
        with psycopg.connect(address.url(), autocommit=True) as db:
            db.execute(
                "CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON smsframe.batches "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        given = {"claims": [full_claim(1)]} if what == "claim" else {}
        given |= {"settlements": [full_settlement(1)]} if what == "settlement" else {}
        with pytest.raises(JournalError):
            journal.record(**given)
        states = [batch.state for batch in journal.batches("run")]
        assert states == ([] if what == "claim" else ["claimed"])
        with psycopg.connect(address.url(), autocommit=True) as db:
            db.execute("DROP TRIGGER late ON smsframe.batches")
        journal.record(**given)
        assert len(journal.batches("run")) == 1


def test_late_claim__finds_no_lease(journals):
    """A claim that reaches the server when its send has ended is not taken."""
    first = journals()
    with first.sending(SCOPE):
        first.start_run(run())
        lease = first._leases[SCOPE]
    with pytest.raises(UnusualError):
        write(first._team, lease, [full_claim(1)], [])
    assert list(first.batches("run")) == []
    with first.sending(SCOPE):  # and has not held the campaign for others
        pass

"""What a send writes again and again, said to the server in one exchange.

A claim and its lease, or an outcome, are one statement: a transaction of its own, over one way to
the server and back. Step by step it is five, and a parser and planner for each, which cost more
than the sync that nobody can save. What a statement does is done by two functions that stand in the
database, whose plans the server keeps by itself, so that a pooler is no trouble.

- **A function takes all or refuses all.** Whatever is unusual (the lease is gone, the batch is
  known, its run is not, a settled batch is settled again) raises, the server undoes everything, and
  `TeamJournal.record` says it again step by step, where it is understood and told.
- Its lock, its lease and the row come in this order, so claims are numbered in the order in which
  they are seen. Each function sets what its transaction needs: nobody knows which is first.
"""
# ruff: noqa: S608 - statements are joined from constants here, values are always bound

from __future__ import annotations

import functools
import zlib
from typing import TYPE_CHECKING, Any, Final

import psycopg

from smsframe._journal.postgres.database import IN_LINE, LOCK_WAIT
from smsframe._journal.store import row_of, settled_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smsframe._journal.postgres.database import TeamDatabase
    from smsframe._journal.postgres.lease import Lease
    from smsframe._journal.records import Claim, Settlement

__all__ = ["AT_ONCE", "UnusualError", "make_functions", "write"]

_REFUSED: Final = "SF001"
_CROSSED: Final = "40001"  # a lease was renewed meanwhile, where the default is to see no changes
_SETTINGS: Final = (
    f"PERFORM set_config('lock_timeout', '{LOCK_WAIT}', true), "
    "set_config('synchronous_commit', 'on', true)"
)
_CLAIM: Final = f"""
CREATE FUNCTION smsframe.claim_batch(
    lasts_s double precision, epoch_ bigint, token_ bytea,
    batch_id_ text, run_id_ text, scope_ bytea, size_ bigint, source_ text,
    claimed_at_ double precision, variant_ text, recipients_checksum_ bigint, recipients_ bytea,
    keys_checksum_ bigint, keys_ bytea, loose_ bytea, payload_ bytea
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    number_ bigint;
BEGIN
    {_SETTINGS};
    PERFORM pg_advisory_xact_lock({IN_LINE});
    UPDATE smsframe.leases SET expires_at = clock_timestamp() + lasts_s * interval '1 second'
    WHERE scope = scope_ AND epoch = epoch_ AND token = token_;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no lease' USING ERRCODE = '{_REFUSED}';
    END IF;
    INSERT INTO smsframe.batches (batch_id, run_id, scope, size, source, claimed_at, variant)
    SELECT batch_id_, run_id, scope, size_, source_, claimed_at_, variant_
    FROM smsframe.runs WHERE run_id = run_id_ AND scope = scope_
    ON CONFLICT (batch_id) DO NOTHING RETURNING id INTO number_;
    IF number_ IS NULL THEN
        RAISE EXCEPTION 'no new batch' USING ERRCODE = '{_REFUSED}';
    END IF;
    INSERT INTO smsframe.messages
        (batch, recipients_checksum, recipients, keys_checksum, keys, loose_values)
    VALUES (number_, recipients_checksum_, recipients_, keys_checksum_, keys_, loose_);
    INSERT INTO smsframe.payloads (batch, payload) VALUES (number_, payload_);
    RETURN number_;
END $$"""
_SETTLE: Final = f"""
CREATE FUNCTION smsframe.settle_batch(
    state_ text, http_status_ bigint, code_ text, message_ text, fix_ text, response_id_ text,
    location_ text, attempts_ bigint, seconds_ double precision, settled_at_ double precision,
    batch_id_ text
) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    {_SETTINGS};
    UPDATE smsframe.batches SET state = state_, http_status = http_status_, code = code_,
        message = message_, fix = fix_, response_id = response_id_, location = location_,
        attempts = attempts_, seconds = seconds_, settled_at = settled_at_
    WHERE batch_id = batch_id_ AND state = 'claimed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not claimed' USING ERRCODE = '{_REFUSED}';
    END IF;
    RETURN 1;
END $$"""
AT_ONCE: Final = 64
"""How many claims and outcomes are said in one statement at most."""


class UnusualError(Exception):
    """The statement was refused and undone; step by step it is found out why."""


def make_functions(db: TeamDatabase) -> None:
    """Make the functions, and drop the checks that they make anew for each row that a claim adds.

    A claim takes its run from the table of runs, and its blobs get the number that the same
    statement gave their batch, so there is nothing left that a foreign key could find.
    """
    for table, column in (("batches", "run_id"), ("messages", "batch"), ("payloads", "batch")):
        db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fkey")
    for function in (_CLAIM, _SETTLE):
        db.connection.execute(function.encode())


def write(
    db: TeamDatabase,
    lease: Lease | None,
    claims: Sequence[Claim],
    settlements: Sequence[Settlement],
) -> None:
    """Write claims under their lease, and outcomes, as one; on return all is synced.

    Raises
    ------
    UnusualError
        The server refused it, and wrote nothing.
    psycopg.Error
        It failed, or its end is not known.
    """
    values = [*_of_claims(lease, claims)]
    for settlement in settlements:  # in the order of `_SETTLE`
        values += [*settled_row(settlement), settlement.batch_id]
    try:
        db.execute_alone(_statement(len(claims), len(settlements)), values)
    except psycopg.Error as error:
        if error.sqlstate in (_REFUSED, _CROSSED):
            raise UnusualError(error.sqlstate) from None
        raise


@functools.lru_cache(maxsize=256)
def _statement(claims: int, settlements: int) -> bytes:
    """Return the statement for so many claims and outcomes."""
    calls = [f"smsframe.claim_batch({', '.join(['%s'] * 16)})"] * claims
    calls += [f"smsframe.settle_batch({', '.join(['%s'] * 11)})"] * settlements
    return f"SELECT {', '.join(calls)}".encode()


def _of_claims(lease: Lease | None, claims: Sequence[Claim]) -> Iterator[Any]:
    """Give the values of claims, in the order of `_CLAIM`."""
    for claim in claims:
        assert lease is not None, "claimed without a lease"
        yield from (lease.lease_s, lease.epoch, lease.token)
        yield from row_of(claim)
        yield from (zlib.crc32(claim.recipients), claim.recipients)
        yield from (zlib.crc32(claim.keys), claim.keys, claim.loose, claim.payload)

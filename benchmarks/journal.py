"""What the journal costs the sending path, and how fast a campaign's ledger is read.

Run ``python benchmarks/journal.py [directory]``; the directory should be on the disk the journal
will be on. A batch is 1000 keys of 16 bytes and everything that is kept to bring its results back:
row, segments, phone and two values of each recipient, packed as the sender packs them. What is
measured per batch is packing, claiming and settling; claims and settlements are grouped as the
sender groups them.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from smsframe._base.recipients import Slice
from smsframe._journal.payloads import pack_recipients
from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe._journal.store import Journal

SCOPE = b"benchmark scope."
MESSAGES = 1000


def recipients(number):
    """Make the recipients of one batch: phones and orders that cannot be guessed, first names."""
    chance = np.random.default_rng(number)
    phones = chance.integers(2_000_000_000, 9_999_999_999, MESSAGES)
    orders = chance.integers(10**8, 10**9, MESSAGES)
    names = np.array(["Ann", "Bob", "Zoë", "Maximiliana"])[chance.integers(0, 4, MESSAGES)]
    return Slice(
        rows=np.arange(number * MESSAGES, (number + 1) * MESSAGES),
        contact_ids=pa.array([f"1{phone}" for phone in phones]),
        lookups={},
        personalization={"Order": pa.array(orders.astype(str)), "FirstName": pa.array(names)},
        segments=np.ones(MESSAGES, dtype=np.int16),
    )


def claim(number, batch, keys):
    """Make the claim of a batch."""
    return Claim(
        batch_id=f"run:{number:04d}",
        run_id="run",
        scope=SCOPE,
        keys=keys,
        size=MESSAGES,
        payload=pack_recipients(batch),
        source=f"smsframe:run:{number:04d}",
        claimed_at=time.time(),
    )


def settlement(batch):
    """Make the outcome of an accepted batch."""
    return Settlement(
        batch_id=batch.batch_id,
        state="accepted",
        http_status=202,
        response_id=f"response-{batch.batch_id}",
        location=f"/rest/v1/sms/sends/{batch.batch_id}",
        seconds=0.2,
        settled_at=time.time(),
    )


def timed(work):
    """Give the milliseconds that some work takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def recording(path, *, batches, group):
    """Give the milliseconds per batch of every group, claim and settlement together."""
    costs = []
    with Journal(path) as journal:
        journal.start_run(
            RunRecord(
                run_id="run",
                scope=SCOPE,
                service="service",
                program="program",
                rows=batches * MESSAGES,
                started_at=time.time(),
            )
        )
        for first in range(0, batches, group):
            numbers = range(first, first + group)
            slices = [recipients(number) for number in numbers]
            claims = []
            keys = [os.urandom(16 * MESSAGES) for _ in numbers]
            given = (numbers, slices, keys)
            cost = timed(lambda claims=claims, given=given: claims.extend(map(claim, *given)))
            settlements = [settlement(one) for one in claims]
            cost += timed(lambda claims=claims: journal.record(claims=claims))
            cost += timed(lambda settled=settlements: journal.record(settlements=settled))
            costs.append(cost / group)
    return costs


def bare_sync(path):
    """Give the milliseconds of one small synced write, the unit in which the journal costs."""
    with path.open("wb", buffering=0) as file:

        def write():
            file.write(bytes(4096))
            os.fsync(file.fileno())

        return [timed(write) for _ in range(200)]


def report(label, costs):
    """Print median and worst tenth."""
    tenth = sorted(costs)[int(len(costs) * 0.9)]
    print(f"{label:<48} median {statistics.median(costs):7.3f} ms   p90 {tenth:7.3f} ms")


def main(directory):
    """Measure recording in groups of ten and of one, and reading a million messages."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        path = Path(place, "grouped.sqlite3")
        report("a bare fsync (a busy machine makes it slow)", bare_sync(Path(place, "bare")))
        report(
            "pack + claim + settle, per batch, groups of 10",
            recording(path, batches=1000, group=10),
        )
        with Journal(path) as journal:
            report(
                "ledger of 1000 batches", [timed(lambda: journal.ledger(SCOPE)) for _ in range(9)]
            )
            report(
                "counts of 1000 batches", [timed(lambda: journal.counts("run")) for _ in range(9)]
            )
            idle = [timed(lambda: journal.mark_orphans_unknown(SCOPE)) for _ in range(9)]
            report("mark orphans, nothing to do", idle)
            report("forget 1000 batches", [timed(lambda: journal.forget(time.time() + 1))])
        report("open and close", [timed(lambda: Journal(path).close()) for _ in range(20)])
        alone = recording(Path(place, "alone.sqlite3"), batches=100, group=1)
        report("pack + claim + settle, per batch, groups of 1", alone)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)

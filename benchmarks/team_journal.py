"""What a team's journal costs: a claim against a bare commit, a send against a file's, an import.

Starts a PostgreSQL of its own with the settings of a server (everything synced). Run it with
``PYTHONPATH=tests python benchmarks/team_journal.py claims imports sends``.

What a claim costs beside a bare commit depends on the disk: the 60 KB of a thousand messages with a
name and an order number cost the same everywhere, a sync does not. So a bare row of as many bytes
is timed too, which is the least that a claim can cost, and all of it a second time as on a disk
whose sync takes two milliseconds (``commit_delay``, which PostgreSQL waits before it syncs).
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import postgres_server
import pyarrow as pa

import smsframe
from smsframe._base.recipients import Slice
from smsframe._journal.location import journal_path
from smsframe._journal.opening import open_journal
from smsframe._journal.payloads import pack_recipients
from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe._journal.store import Journal

SCOPE = b"s" * 16
NAMES = ["James", "Mary", "John", "Patricia", "Robert", "Jennifer", "Michael", "Linda", "William"]
CLAIMS, PAIRS, ROWS = 200, 7, 120_000
IMPORTED = 1_000_000


def a_run(run_id="run"):
    """Return a run."""
    return RunRecord(
        run_id=run_id, scope=SCOPE, service="s", program="1", rows=CLAIMS, started_at=1.0
    )


def a_payload(number):
    """Return what is kept of a thousand recipients with a name and an order number each."""
    chance = random.Random(number)
    values = {"FirstName": chance.choices(NAMES, k=1000)}
    values["Order"] = [f"A{chance.randrange(10**6):06d}" for _ in range(1000)]
    return pack_recipients(
        Slice(
            rows=np.arange(1000 * number, 1000 * number + 1000),
            segments=np.ones(1000, np.int16),
            contact_ids=pa.array(f"1{chance.randrange(10**10):010d}" for _ in range(1000)),
            lookups={},
            personalization={tag: pa.array(texts) for tag, texts in values.items()},
        )
    )


def a_claim(number, run_id="run"):
    """Return the claim of a thousand messages."""
    return Claim(
        batch_id=f"{run_id}:{number:05d}",
        run_id=run_id,
        scope=SCOPE,
        keys=os.urandom(16_000),
        recipients=os.urandom(8_000),
        loose=os.urandom(16_000),
        size=1000,
        payload=a_payload(number),
        claimed_at=1.0,
    )


def claims(server, _=None):
    """Time claims and bare commits, one of each in turn."""
    url = server.url(server.new_database())
    bare, full, ours, both = [], [], [], []
    with open_journal(journal_path(url)) as journal, journal.sending(SCOPE):
        journal.start_run(a_run())
        with server.connect(url.rpartition("/")[2]) as db:
            db.execute("CREATE TABLE bare (id BIGSERIAL PRIMARY KEY, at DOUBLE PRECISION)")
            db.execute("CREATE TABLE full_row (id BIGSERIAL PRIMARY KEY, bytes BYTEA)")
            db.execute("ALTER TABLE full_row ALTER COLUMN bytes SET STORAGE EXTERNAL")
            for claim in [a_claim(number) for number in range(CLAIMS)]:
                began = time.perf_counter()
                db.execute("INSERT INTO bare (at) VALUES (%s)", (1.0,))
                bare.append(time.perf_counter() - began)
                as_many = claim.keys + claim.recipients + claim.loose + claim.payload
                began = time.perf_counter()
                db.execute("INSERT INTO full_row (bytes) VALUES (%b)", (as_many,))
                full.append(time.perf_counter() - began)
                began = time.perf_counter()
                journal.record(claims=[claim])
                ours.append(time.perf_counter() - began)
                done = Settlement(batch_id=claim.batch_id, state="accepted", settled_at=2.0)
                began = time.perf_counter()
                journal.record(settlements=[done])
                both.append(time.perf_counter() - began)
    times = (bare, full, ours, both)
    one, floor, claim, last = (1000 * statistics.median(some) for some in times)
    print(
        f"bare commit {one:.2f} ms, a row of as many bytes {floor:.2f} ms "
        f"({floor / one:.2f} times), "
        f"claim of 1,000 {claim:.2f} ms ({claim / one:.2f} times), settlement {last:.2f} ms"
    )


def sends(server, folder):
    """Time a send at forty calls a second by each journal, interleaved."""
    numbers = np.arange(ROWS)
    people = pd.DataFrame(
        {"mobile": [f"+1{2012000000 + 7 * n}" for n in range(ROWS)], "n": numbers}
    )
    took = {"file": [], "team": []}
    for pair in range(PAIRS):
        for kind in ("file", "team") if pair % 2 else ("team", "file"):
            url = server.url(server.new_database())
            journal = url if kind == "team" else folder / f"{pair}.sqlite3"
            with (
                smsframe.Sandbox(anyone=True, latency_s=0.25) as sandbox,
                smsframe.connect(sandbox, journal=journal),
            ):
                plan = smsframe.plan(people, "Hi %%n%%", program="148372", phone="mobile")
                began = time.perf_counter()
                done = plan.send(progress=False)
                took[kind].append(time.perf_counter() - began)
                assert (done["sms_status"] == "accepted").all()
    file, team = (statistics.median(took[kind]) for kind in ("file", "team"))
    print(f"send of {ROWS:,}: file {file:.2f} s, team {team:.2f} s ({team / file:.3f} times)")
    print({kind: [round(t, 2) for t in times] for kind, times in took.items()})


def imports(server, folder):
    """Time the import of a file of a million messages."""
    file = folder / "million.sqlite3"
    with Journal(file) as journal:
        journal.start_run(a_run())
        for first in range(0, IMPORTED // 1000, 50):
            journal.record(claims=[a_claim(n) for n in range(first, first + 50)])
        journal.mark_orphans_unknown(SCOPE)
    url = server.url(server.new_database())
    began = time.perf_counter()
    copied = smsframe.journal.copy(file, url)
    print(f"import of {copied['messages']:,} messages: {time.perf_counter() - began:.1f} s")


def main():
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="smsframe-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        asked = sys.argv[1:] or ["claims", "imports", "sends"]
        if "claims" in asked:
            with running(folder / "slow", commit_delay=2000, commit_siblings=0) as server:
                print("with a sync of two more milliseconds:", end=" ")
                claims(server)
        with running(folder / "server") as server:
            for what, measured in (("claims", claims), ("imports", imports), ("sends", sends)):
                if what in asked:
                    measured(server, folder)


@contextlib.contextmanager
def running(folder, **settings):
    """Run a server."""
    server = postgres_server.PostgresServer(folder, settings=settings).make()
    try:
        yield server
    finally:
        server.stop("immediate")


if __name__ == "__main__":
    main()

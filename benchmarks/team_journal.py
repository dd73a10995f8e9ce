"""What a team's journal costs: a claim against a bare commit, a send against a file's, an import.

Starts a PostgreSQL of its own with the settings of a server (everything synced). Run it with
``PYTHONPATH=tests python benchmarks/team_journal.py``.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import postgres_server

import smsframe
from smsframe._journal.location import journal_path
from smsframe._journal.opening import open_journal
from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe._journal.store import Journal

SCOPE = b"s" * 16
CLAIMS, PAIRS, ROWS = 200, 7, 40_000
IMPORTED = 1_000_000


def a_run(run_id="run"):
    """Return a run."""
    return RunRecord(
        run_id=run_id, scope=SCOPE, service="s", program="1", rows=CLAIMS, started_at=1.0
    )


def a_claim(number, run_id="run"):
    """Return the claim of a thousand messages, with a payload of the usual size."""
    return Claim(
        batch_id=f"{run_id}:{number:05d}",
        run_id=run_id,
        scope=SCOPE,
        keys=os.urandom(16_000),
        recipients=os.urandom(8_000),
        size=1000,
        payload=os.urandom(40_000),
        claimed_at=1.0,
    )


def claims(server):
    """Time claims and bare commits, one of each in turn."""
    url = server.url(server.new_database())
    bare, ours, both = [], [], []
    with open_journal(journal_path(url)) as journal, journal.sending(SCOPE):
        journal.start_run(a_run())
        with server.connect(url.rpartition("/")[2]) as db:
            db.execute("CREATE TABLE bare (id BIGSERIAL PRIMARY KEY, at DOUBLE PRECISION)")
            for number in range(CLAIMS):
                claim = a_claim(number)
                began = time.perf_counter()
                db.execute("INSERT INTO bare (at) VALUES (%s)", (1.0,))
                bare.append(time.perf_counter() - began)
                began = time.perf_counter()
                journal.record(claims=[claim])
                ours.append(time.perf_counter() - began)
                done = Settlement(batch_id=claim.batch_id, state="accepted", settled_at=2.0)
                began = time.perf_counter()
                journal.record(settlements=[done])
                both.append(time.perf_counter() - began)
    one, other, last = (1000 * statistics.median(times) for times in (bare, ours, both))
    print(f"bare commit {one:.2f} ms, claim of 1,000 {other:.2f} ms ({other / one:.2f} times), ")
    print(f"settlement {last:.2f} ms")


def sends(server, folder):
    """Time a send at forty calls a second by each journal, interleaved."""
    numbers = np.arange(ROWS)
    people = pd.DataFrame({"mobile": [f"+1201{5550000 + n % 10000:07d}" for n in numbers]})
    people["mobile"] = [f"+1{2010000000 + int(n) * 7:d}" for n in numbers]
    people["n"] = numbers
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
                plan.send(progress=False)
                took[kind].append(time.perf_counter() - began)
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
        server = postgres_server.PostgresServer(folder / "server", settings={}).make()
        try:
            claims(server)
            imports(server, folder)
            if "SENDS" in os.environ:
                sends(server, folder)
        finally:
            server.stop("immediate")


if __name__ == "__main__":
    main()

"""Several threads and processes, some of them killed, and one journal."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest

from smsframe._journal.lock import campaign_lock
from smsframe._journal.store import Journal
from smsframe.errors import JournalError

SCOPE = b"0123456789abcdef"


@pytest.fixture
def path(tmp_path):
    """Name a journal that does not exist yet."""
    return tmp_path / "journal.sqlite3"


def test_record__survives_the_kill_of_its_process(path):
    """A process killed right after record() has left its claim; killed within, nothing by half."""
    child = textwrap.dedent(f"""
        import os, sqlite3
        from smsframe._journal.records import Claim, RunRecord
        from smsframe._journal.store import Journal
        class Killed(sqlite3.Connection):
            def execute(self, text, *values):
                if text.startswith("INSERT INTO payloads") and values[0][1] == b"die":
                    os.kill(os.getpid(), 9)
                return super().execute(text, *values)
        def claim(number, payload):
            return Claim(batch_id=f"run:{{number}}", run_id="run", scope={SCOPE!r}, size=1,
                         keys=bytes(16), payload=payload, claimed_at=1.0)
        def connect(*args, **options):
            return sqlite3.connect(*args, factory=Killed, **options)
        journal = Journal({str(path)!r}, connect=connect)
        journal.start_run(RunRecord(run_id="run", scope={SCOPE!r}, service="", program="", rows=1,
                                    started_at=1.0))
        journal.record(claims=[claim(1, b"live")])
        journal.record(claims=[claim(2, b"live"), claim(3, b"die")])
    """)
    result = subprocess.run([sys.executable, "-c", child], check=False, capture_output=True)
    assert result.returncode == -9, result.stderr
    with Journal(path) as journal:
        assert [batch.batch_id for batch in journal.batches("run")] == ["run:1"]


def test_journal__is_of_the_thread_that_opened_it(path):
    """Another thread is told to open its own."""
    journal = Journal(path)
    caught = []

    def use():
        try:
            journal.runs()
        except JournalError as error:
            caught.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    journal.close()
    assert "another thread or process" in caught[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_journal__is_not_inherited_by_a_fork(path):
    """A forked child is told to open its own, and the parent's stays usable."""
    child = textwrap.dedent(f"""
        import os
        from smsframe.errors import JournalError
        from smsframe._journal.store import Journal
        journal = Journal({str(path)!r})
        pid = os.fork()
        if not pid:
            try:
                journal.runs()
            except JournalError as error:
                os._exit(7 if "another thread or process" in str(error) else 8)
            os._exit(9)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        assert journal.runs() == []
    """)
    subprocess.run([sys.executable, "-c", child], check=True)


def test_open__while_another_makes_the_journal(tmp_path):
    """Whenever another begins it and sends, an opening journal takes it for what it is."""

    def seam(path, wanted):
        class Meets(sqlite3.Connection):
            met = 0

            def execute(self, text, *values):
                if not self.in_transaction:
                    if self.met == wanted:
                        with Journal(path), campaign_lock(path, SCOPE):
                            pass
                    self.met += 1
                    seen[wanted] = self.met
                return super().execute(text, *values)

        return lambda *args, **options: sqlite3.connect(*args, factory=Meets, **options)

    seen: dict[int, int] = {}
    for wanted in range(30):
        path = tmp_path / f"{wanted}.sqlite3"
        with Journal(path, connect=seam(path, wanted)) as journal:
            assert journal.runs() == []
        if seen[wanted] <= wanted:
            break
    else:
        pytest.fail("the journal's opening was not met at its end")
    assert wanted > 10


def test_two_processes__record_at_once(path):
    """Two senders of different campaigns share one journal; nothing is lost, nobody fails."""
    child = textwrap.dedent("""
        import sys
        from smsframe._journal.records import Claim, RunRecord, Settlement
        from smsframe._journal.store import Journal
        path, name = sys.argv[1:]
        scope = name.encode() * 16
        with Journal(path) as journal:
            journal.start_run(RunRecord(run_id=name, scope=scope, service="", program="", rows=1,
                                        started_at=1.0))
            for number in range(25):
                batch = f"{name}:{number}"
                journal.record(claims=[Claim(batch_id=batch, run_id=name, scope=scope, size=1,
                                             keys=bytes(16), claimed_at=1.0)])
                outcome = Settlement(batch_id=batch, state="accepted", settled_at=2.0)
                journal.record(settlements=[outcome])
            journal.end_run(name, 3.0, "done")
    """)
    command = [sys.executable, "-c", child, str(path)]
    children = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [process.wait(timeout=30) for process in children] == [0, 0]
    with Journal(path) as journal:
        assert {run.ending for run in journal.runs()} == {"done"}
        assert [journal.counts(name)["accepted"] for name in "ab"] == [25, 25]

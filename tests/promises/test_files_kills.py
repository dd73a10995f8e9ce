"""``kill -9`` at random moments of a send of files, and the same call again, to the end.

Nobody is texted twice, every row is in the results, and the folder can be read at every moment.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pyarrow.dataset
import pytest
from hours import CENTRAL, EASTERN, many_in, moment
from list_files import parts
from samples import make_people

import smsframe

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
PROCESS = Path(__file__).parents[1] / "processes" / "files_process.py"
ROWS = 800


@pytest.fixture
def people_folder(tmp_path):
    """Write eight files of people."""
    folder = tmp_path / "people"
    folder.mkdir()
    people = make_people(ROWS)
    for number in range(8):
        part = people.iloc[number * 100 : number * 100 + 100]
        part.to_parquet(folder / f"part-{number}.parquet", index=False)
    return folder


class Looker:
    """Reads the folder of results again and again while others write it."""

    def __init__(self, out):
        self._out = out
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.faults = []
        self.looks = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(timeout=30)

    def _look(self):
        """Read every file that is there; each has all its rows."""
        while not self._end.wait(0.01):
            for path in sorted(self._out.glob("*.parquet")):
                try:
                    rows = pyarrow.dataset.dataset(path).to_table()
                except FileNotFoundError:
                    continue
                except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                    self.faults.append(repr(error))
                else:
                    if rows.num_rows != 100 or rows["sms_status"].null_count:
                        self.faults.append(f"{path.name} has {rows.num_rows} rows")
                self.looks += 1


def run(sandbox, folder, out, text, *, journal, kill_after_s=None, took=None, **rules):
    """Send files in a process of its own; return the counts, None where it was killed.

    ``took`` is a list that is given how long the send itself took, in seconds.
    """
    credentials = {"base_url": sandbox.base_url, **sandbox.credentials}
    told = [json.dumps(credentials), str(folder), str(out), text, str(journal), json.dumps(rules)]
    environment = {**os.environ, "PYTHONPATH": str(PROCESS.parents[1])}
    with subprocess.Popen(
        [sys.executable, str(PROCESS), *told], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout.readline() == "begun\n"
        began = time.perf_counter()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            process.send_signal(signal.SIGKILL)
        line = process.stdout.readline()
        if took is not None:
            took.append(time.perf_counter() - began)
        process.wait(timeout=120)
    return json.loads(line) if line else None


def kills(people_folder, tmp_path, times, seed):
    """Kill sends of one campaign after another; returns how many were hit."""
    chance, hit, journal = random.Random(seed), 0, tmp_path / "journal.db"
    took = []
    with smsframe.Sandbox(anyone=True, latency_s=0.02) as sandbox:
        options = {"journal": journal}
        whole = run(sandbox, people_folder, tmp_path / "whole", "Undisturbed", took=took, **options)
        assert whole == {"accepted": ROWS}
        for number in range(times):
            text, out = f"Hi %%FirstName%%, this is {seed} {number}.", tmp_path / f"out-{number}"
            with Looker(out) as looker:
                moment = chance.uniform(0, took[0])
                killed = run(sandbox, people_folder, out, text, kill_after_s=moment, **options)
                hit += killed is None
                run(sandbox, people_folder, out, text, **options)
            assert not looker.faults
            assert looker.looks
            outbox = sandbox.outbox()
            texts = outbox[outbox["text"].str.endswith(f"this is {seed} {number}.")]
            assert texts["to"].value_counts().max() == 1
            results = smsframe.SentFiles(out).to_frame()
            statuses = Counter(results["sms_status"])
            assert len(results) == ROWS
            assert results["FirstName"].tolist() == [f"Name{n}" for n in range(ROWS)]
            assert set(statuses) <= {"accepted", "unknown"}
            accepted = results["sms_contact"][results["sms_status"] == "accepted"]
            assert set(accepted) <= set(texts["to"])
            assert set(texts["to"]) <= set(results["sms_contact"])
            sandbox.reset()
    return hit


@pytest.mark.full
def test_kills_of_files__few(people_folder, tmp_path):
    """A few kills, of which some hit."""
    assert kills(people_folder, tmp_path, 6, seed=3) >= 1


@pytest.mark.parametrize("kill_after_s", [pytest.param(0.8, marks=pytest.mark.full), 2.4])
def test_kills_of_files__that_wait_for_hours(kill_after_s, tmp_path):
    """Killed while it sends what is open, waits, or sends what has opened: all go once.

    In each process it is two seconds before eight in Chicago; in New York it is open.
    """
    people = many_in(EASTERN, CENTRAL, each=200).assign(FirstName="Name")
    folder = parts(tmp_path / "people", people, (100,) * 4)
    out, before = tmp_path / "out", moment("2026-11-27T07:59:58", CENTRAL)
    rules = {"sending_hours": ["08:00", "20:00"], "phone": "mobile", "at": before}
    given = {"journal": tmp_path / "journal.db", **rules}
    text = "Hi %%FirstName%%, good day."
    with smsframe.Sandbox(anyone=True, latency_s=0.01) as sandbox:
        with Looker(out) as looker:
            run(sandbox, folder, out, text, kill_after_s=kill_after_s, wait_s=30.0, **given)
            early = run(sandbox, folder, out, text, **given)
            went = set(sandbox.outbox()["to"])
            counts = run(sandbox, folder, out, text, wait_s=30.0, **given)
        assert not looker.faults
        assert early["accepted"] + early.get("unknown", 0) >= len(people) / 2
        outbox = sandbox.outbox()
        assert outbox["to"].value_counts().max() == 1
        assert went <= set(outbox["to"])
        results = smsframe.SentFiles(out).to_frame()
        assert set(counts) <= {"accepted", "unknown"}
        accepted = results["sms_contact"][results["sms_status"] == "accepted"]
        assert set(accepted) <= set(outbox["to"]) <= set(results["sms_contact"])
        assert sum(counts.values()) == len(people) == len(results)


@pytest.mark.soak
def test_kills_of_files__thirty(people_folder, tmp_path):
    """Thirty kills at random moments."""
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    print(f"{kills(people_folder, tmp_path, 30, seed)} of 30 were hit")

"""Sends a campaign by a team's journal in a child process for each line it reads.

It sends once by a journal of its own, for a first send imports for a second what others find done,
and forks for each send. A line is JSON: ``campaign``, ``out`` (the file that the child writes what
became of its rows to), ``machine`` (children of different ones take each other's processes for
those of another machine), ``wait_s``, ``lease_s`` and ``delay_s``. The answer is the child's
process id. The children are nobody's: whoever asked looks for the file, or for their end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from samples import make_people

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe._journal import holder
from smsframe._journal.postgres import store  # noqa: F401 - so that no child has to import it
from smsframe.sandbox.room import CREDENTIALS

ROWS, BATCH_SIZE = 100, 5


def send(people, base_url, journal, asked):
    """Send a campaign, and return what became of it."""
    machine = asked.get("machine", "here")
    holder._boot = lambda: machine
    # A machine's own places in flight: one that sleeps keeps none from another.
    os.environ["XDG_DATA_HOME"] = str(Path(os.environ["XDG_DATA_HOME"]) / machine)
    time.sleep(asked.get("delay_s", 0.0))
    words = " ".join(f"{asked['campaign'].replace(' ', '')}{n}" for n in range(6))
    text = f"Hi %%FirstName%%, {words}, this is {asked['campaign']}."
    client = smsframe.connect(base_url=base_url, journal=journal, **CREDENTIALS)
    client.settings = SendSettings(
        batch_size=BATCH_SIZE,
        lease_s=asked.get("lease_s", 90.0),
        locked_pause_s=0.05,
        backoff=Backoff(first_wait_s=0.05),
    )
    try:
        results = smsframe.send(
            people, text, program="148372", phone="mobile", campaign=asked["campaign"],
            wait_s=asked.get("wait_s", 0.0), progress=False,
        )  # fmt: skip
    except smsframe.errors.SmsframeError as error:
        last = smsframe.last_results()
        rows = {} if last is None else rows_of(last)
        return {"error": type(error).__name__, "said": str(error), "rows": rows}
    return {"error": None, "rows": rows_of(results)}


def rows_of(results):
    """Return the status of each row by contact."""
    return dict(zip(results["sms_contact"], results["sms_status"], strict=True))


def warm_up(people, base_url):
    """Send once, so that no child has to import; what it connected is closed."""
    with tempfile.TemporaryDirectory() as folder:
        client = smsframe.connect(
            base_url=base_url, journal=f"{folder}/warm.sqlite3", **CREDENTIALS
        )
        with client:
            smsframe.send(
                people, "Hi %%FirstName%%, this is a rehearsal.", program="148372", phone="mobile",
                campaign="warm", progress=False,
            )  # fmt: skip


def main():
    """Answer line by line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended children are gone at once
    people = make_people(ROWS)
    warm_up(people, sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            sys.stdout = sys.stderr  # what a send says is no answer
            try:
                told = send(people, sys.argv[1], sys.argv[2], asked)
                out = Path(asked["out"])
                out.with_suffix(".draft").write_text(json.dumps(told), encoding="utf-8")
                out.with_suffix(".draft").rename(out)
            except BaseException:  # noqa: BLE001 - the child must not go on as the parent
                traceback.print_exc()
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()

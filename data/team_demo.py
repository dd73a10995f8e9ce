"""A journal for a team at work: two senders of one campaign at once, one of them killed.

Run by ``make team-demo``. It starts a PostgreSQL and a sandbox of its own, in a folder that is gone
afterwards; nobody is texted.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import postgres_server
import requests
from children import process

import smsframe

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGN = "the demo"


def said(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def ask(senders, folder: Path, name: str, **more):
    """Have one sender begin; return its process id and the file that it will tell its end in."""
    out = folder / f"{name}.json"
    asked = {"campaign": CAMPAIGN, "machine": name, "out": str(out), **more}
    senders.stdin.write(json.dumps(asked) + "\n")
    senders.stdin.flush()
    return int(senders.stdout.readline()), out


def texts(base_url: str) -> list[str]:
    """Return whom the sandbox texted, once for each text."""
    outbox = requests.get(f"{base_url}/sandbox/outbox", timeout=20).json()
    return [message["to"] for message in outbox if "rehearsal" not in message["text"]]


def show(base_url: str, senders, folder: Path, url: str) -> None:
    """Send from two machines, kill the first, and look."""
    said("Ann and Bob send the same campaign to the same 100 people at the same moment.")
    ann, _ = ask(senders, folder, "ann", lease_s=4.0)
    _, of_bob = ask(senders, folder, "bob", wait_s=60.0, delay_s=0.2)
    postgres_server.until(lambda: len(texts(base_url)) >= 30, 60)
    os.kill(ann, signal.SIGKILL)
    said(f"Ann's process is killed when {len(texts(base_url))} people have it. Bob waits for it:")
    began = time.monotonic()
    postgres_server.until(of_bob.exists, 60)
    told = json.loads(of_bob.read_text())
    said(f"he had her lease, and was done, {time.monotonic() - began:.1f} s later.\n")
    statuses = list(told["rows"].values())
    said("Bob's table: " + ", ".join(f"{statuses.count(s)} {s}" for s in sorted(set(statuses))))
    had = texts(base_url)
    assert len(had) == len(set(had)), "somebody had it twice"
    said(f"The sandbox: {len(had)} texts to {len(set(had))} people; nobody had it twice.\n")
    looked_at = ["rows", "accepted", "unknown", "earlier", "ending", "who"]
    runs = smsframe.runs(full=True, journal=url)[looked_at]
    said(f"The team's journal, {url}:\n{runs.to_string()}\n")
    if "unknown" in statuses:
        said("What Ann's process had under way is unknown: it may or may not have gone out, so it")
        said("is not sent again by itself. results.sms.reconcile(...) settles it by an export.")


def main() -> int:
    """Show it; say what is missing where it cannot be shown."""
    if postgres_server.binaries() is None:
        said("PostgreSQL is not installed here: on Debian, apt-get install postgresql")
        return 1
    with postgres_server.folder_of_server() as folder:
        folder.chmod(0o755)
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        said("A PostgreSQL of its own is started; this takes some seconds.\n")
        server = postgres_server.PostgresServer(folder / "server").make()
        try:
            url = server.url(server.new_database())
            with process("sandbox_process.py", "0.05") as sandbox:
                base_url = sandbox.stdout.readline().strip()
                with process("team_process.py", base_url, url) as senders:
                    show(base_url, senders, folder, url)
        finally:
            server.stop("immediate")
    return 0


if __name__ == "__main__":
    sys.exit(main())

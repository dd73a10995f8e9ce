"""Programs of ``processes/`` as children of a test, and talk with those that send in children."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

PROCESSES = Path(__file__).parent / "processes"


@contextlib.contextmanager
def process(name, *arguments):
    """Run a program of ``processes/`` as long as the block lasts."""
    command = [sys.executable, "-W", "ignore", str(PROCESSES / name), *arguments]
    paths = [str(PROCESSES.parent), str(PROCESSES.parent.parent)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        try:
            yield running
        finally:
            running.stdin.close()
            running.wait(20)


def begin(sender, campaign):
    """Have a campaign sent, and return the process id of the child that sends it."""
    sender.stdin.write(f"{campaign}\n")
    sender.stdin.flush()
    return int(sender.stdout.readline())


def told(sender):
    """Return what a child told of each row by contact, None when it was killed."""
    return json.loads(sender.stdout.readline())

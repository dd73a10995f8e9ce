"""Processes of their own: a sandbox, and a sender that can be killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROCESSES = Path(__file__).parents[1] / "processes"
LATENCY_S = 0.004


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


@pytest.fixture(scope="module")
def base_url():
    """Serve a sandbox from another process."""
    with process("sandbox_process.py", str(LATENCY_S)) as sandbox:
        yield sandbox.stdout.readline().strip()


@pytest.fixture
def sender(base_url):
    """Start a process that sends in children."""
    with process("sender_process.py", base_url) as running:
        yield running

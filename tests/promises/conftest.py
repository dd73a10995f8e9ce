"""Processes of their own: a sandbox, and a sender that can be killed."""

from __future__ import annotations

import pytest
from children import process

LATENCY_S = 0.004


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

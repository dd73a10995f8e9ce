"""Lists in files are sent in small batches and portions, to a service that answers at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import QUICK

import smsframe


@pytest.fixture
def send_settings():
    """Send in small batches, and cut lists into portions of eight rows."""
    return replace(QUICK, portion_rows=8)


@pytest.fixture
def sandbox():
    """Run a sandbox that knows at once what became of a message."""
    with smsframe.Sandbox(anyone=True, status_delay_s=0) as running:
        yield running

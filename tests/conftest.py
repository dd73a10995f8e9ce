"""What every test runs with: loopback alone, no settings of the user's, its own journal."""

from __future__ import annotations

import os
import socket

import pandas as pd
import pytest

import smsframe
from smsframe.acoustic import client as clients

_connect = socket.socket.connect


def _loopback_only(self, address):
    """Connect on this machine only."""
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])
        if not (host.startswith("127.") or host in {"localhost", "::1"}):
            raise AssertionError(f"A test reached out to {host}.")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def no_outside_world(monkeypatch, tmp_path):
    """Keep every test on this machine and away from the user's settings and journal."""
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    for name in [name for name in os.environ if name.startswith("SMSFRAME_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite3"))
    monkeypatch.setattr(clients, "_default", None, raising=False)


@pytest.fixture
def sandbox():
    """Run a sandbox in which every number counts as opted in."""
    with smsframe.Sandbox(anyone=True) as running:
        yield running


@pytest.fixture
def client(sandbox):
    """Connect a client to the sandbox."""
    with smsframe.connect(sandbox) as connected:
        yield connected


def fictional_phones(n: int, start: int = 0) -> list[str]:
    """Return ``n`` distinct numbers from the range reserved for fiction."""
    areas = (201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219)
    areas += (224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267)
    areas += (269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314)
    areas += (315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351)
    return [
        f"+1{areas[(i // 100) % len(areas)]}5550{100 + i % 100}" for i in range(start, start + n)
    ]


@pytest.fixture
def people():
    """Return a frame of three people with a phone and a name."""
    return pd.DataFrame({"mobile": fictional_phones(3), "FirstName": ["Ann", "Bob", "Zoë"]})


def make_people(n: int, start: int = 0) -> pd.DataFrame:
    """Return a frame of ``n`` people with distinct phones and names."""
    return pd.DataFrame(
        {
            "mobile": fictional_phones(n, start),
            "FirstName": [f"Name{i}" for i in range(start, start + n)],
        }
    )

"""What every test runs with: loopback alone, no settings of the user's, its own journal."""

from __future__ import annotations

import gc
import importlib.util
import multiprocessing.util
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import pandas as pd
import postgres_server
import pytest
from samples import fictional_phones

import smsframe
from smsframe._acoustic import client as clients
from smsframe._base.send_settings import SendSettings

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 2 * 2**30

_connect = socket.socket.connect


def pytest_configure():
    """Heed interrupts, also where the tests were started in the background of a shell.

    Thousands of journals are synced: their folders are in memory, where there is enough of it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _is_roomy(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _is_roomy(place):
    """Tell whether a place may be written to, and has room for all that is written."""
    return os.access(place, os.W_OK) and shutil.disk_usage(place).free > ENOUGH_BYTES


def pytest_collection_finish():
    """Leave what was imported alone: each full collection of garbage would walk through it."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    """Let long campaigns take their time; all other tests have the limit of pyproject.toml."""
    for item in items:
        if item.get_closest_marker("soak") is not None:
            item.add_marker(pytest.mark.timeout(0))


def _loopback_only(self, address):
    """Connect on this machine only."""
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])
        if not (host.startswith("127.") or host in {"localhost", "::1"}):
            raise AssertionError(f"A test reached out to {host}.")
    return _connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def system_folder():
    """Give programs that are killed a temporary folder that goes with the tests."""
    root = os.environ.get("PYTEST_DEBUG_TEMPROOT")
    multiprocessing.util.get_temp_dir()  # stays to the very end, and ends itself
    with (
        tempfile.TemporaryDirectory(dir=root, ignore_cleanup_errors=True) as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("TMPDIR", place)
        patch.setattr(tempfile, "tempdir", place)
        yield


@pytest.fixture(autouse=True)
def no_outside_world(monkeypatch, tmp_path):
    """Keep every test on this machine and away from the user's settings and journal."""
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    for name in [name for name in os.environ if name.startswith("SMSFRAME_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite3"))
    monkeypatch.setenv("SMSFRAME_TEXTS", str(tmp_path / "texts.json"))
    monkeypatch.setattr(clients, "_default", None, raising=False)


@pytest.fixture
def sandbox():
    """Run a sandbox in which every number counts as opted in."""
    with smsframe.Sandbox(anyone=True) as running:
        yield running


@pytest.fixture
def send_settings():
    """Return how sends go about their calls; a file of tests may have its own."""
    return SendSettings()


@pytest.fixture
def client(sandbox, send_settings):
    """Connect a client to the sandbox."""
    with smsframe.connect(sandbox) as connected:
        connected.settings = send_settings
        yield connected


@pytest.fixture
def people():
    """Return a frame of three people with a phone and a name."""
    return pd.DataFrame({"mobile": fictional_phones(3), "FirstName": ["Ann", "Bob", "Zoë"]})


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """Work in an empty directory, 100 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def sending(sandbox, monkeypatch):
    """Return the words of a shell that send a file to the sandbox."""
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    options = ["--program", "148372", "--phone", "mobile", "--base-url", sandbox.base_url]
    return lambda name, text, *more: ["send", name, "--text", text, *options, *more]


@pytest.fixture(scope="session")
def postgres():
    """Run a PostgreSQL of the tests' own; skipped, visibly, where none is installed."""
    needs = [] if postgres_server.binaries() else ["PostgreSQL"]
    if importlib.util.find_spec("psycopg") is None:
        needs.append("psycopg")
    if needs:
        told = f"{' and '.join(needs)} not installed: a team's journal is not tested"
        if os.environ.get("CI") == "true" and "PostgreSQL" in needs:
            pytest.fail(told)
        pytest.skip(told)
    with postgres_server.folder_of_server() as folder:
        server = postgres_server.PostgresServer(folder).make()
        yield server
        server.stop("immediate")


@pytest.fixture
def team(postgres, tmp_path, monkeypatch):
    """Return the URL of an empty database; what is kept on this machine is kept for this test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return postgres.url(postgres.new_database())

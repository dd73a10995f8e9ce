"""Journals of a team, and a frame of people to send to."""

from __future__ import annotations

import contextlib
import importlib.util

import pandas as pd
import postgres_server
import pytest
from samples import fictional_phones

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe._journal.location import journal_path
from smsframe._journal.opening import open_journal

if importlib.util.find_spec("psycopg") is None:  # the oldest libraries are tried without it
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def address(team):
    """Return the address of an empty database."""
    return journal_path(team)


@pytest.fixture
def journals(address):
    """Return what opens a journal of this database, closed with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(open_journal(address))


@pytest.fixture
def proxied(postgres, team):
    """Return a proxy before the server, and the URL of the same database through it."""
    proxy = postgres_server.Proxy(postgres.port)
    yield proxy, team.replace(f":{postgres.port}/", f":{proxy.port}/")
    proxy.close()


@pytest.fixture
def pooled(postgres, team):
    """Return the URL of the same database through a pgbouncer in transaction mode."""
    with postgres_server.pooler_before(postgres) as port:
        yield team.replace(f":{postgres.port}/", f":{port}/")


@pytest.fixture
def send_settings():
    """Send in small batches, and try again soon."""
    return SendSettings(
        batch_size=5, lease_s=30.0, locked_pause_s=0.05, backoff=Backoff(chance=lambda: 0.0)
    )


@pytest.fixture
def crowd():
    """Return a frame of a hundred people."""
    return pd.DataFrame({"mobile": fictional_phones(100), "n": range(100)})


@pytest.fixture
def send(sandbox, send_settings):
    """Return what sends a frame by a journal."""

    def sent(frame, journal, text="Hello %%n%%", **more):
        with smsframe.connect(sandbox, journal=journal) as client:
            client.settings = send_settings
            return smsframe.send(
                frame, text, program="148372", phone="mobile", progress=False, client=client, **more
            )

    return sent


@pytest.fixture
def texts(sandbox):
    """Return what counts the texts of each person."""

    def counted():
        return sandbox.outbox()["to"].value_counts()

    return counted

"""A journal of each kind: whatever is promised of one holds for the other."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from smsframe._journal.location import journal_path
from smsframe._journal.opening import open_journal
from smsframe._journal.store import Journal

KINDS = ["file", "database"]


@contextlib.contextmanager
def team_journal(url, *scopes):
    """Open a team's journal, with the right to send some campaigns."""
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(open_journal(journal_path(url)))
        for scope in scopes:
            stack.enter_context(journal.sending(scope))
        yield journal


@pytest.fixture(params=KINDS)
def opened(request, tmp_path):
    """Return what opens an empty journal of a kind, with the right to send some campaigns."""
    if request.param == "file":
        return lambda *_: Journal(tmp_path / "journal.sqlite3")
    url = request.getfixturevalue("team")
    return lambda *scopes: team_journal(url, *scopes)


@pytest.fixture
def ask_store(request):
    """Return what asks the store of a journal itself, over a connection of its own."""

    def ask(journal, statement):
        if getattr(journal, "address", None) is None:
            with contextlib.closing(sqlite3.connect(journal.path)) as db, db:
                return db.execute(statement).fetchall()
        import psycopg  # noqa: PLC0415 - there is a server, so there is psycopg

        with psycopg.connect(journal.address.url(), autocommit=True) as db:
            db.execute("SET search_path = smsframe")
            found = db.execute(statement.replace("x'", "'\\x").encode())
            return found.fetchall() if found.description else []

    return ask

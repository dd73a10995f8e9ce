"""The stories that are told of a journal in a file, told of a team's too (`simulation/story.py`).

Processes die, are interrupted and lose their database at each of its commits, on either side.
"""

from __future__ import annotations

import shutil

import pytest
from simulation import story

from smsframe._journal.opening import open_journal

SHORT, WHOLE, SOAK = 5, 20, 600
TABLES = (
    "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'smsframe' "
    "AND tablename NOT IN ('migrations', 'identity')"
)


@pytest.fixture
def tell(postgres, team, address, tmp_path):
    """Return what tells the story of a seed, by a journal that is empty again."""
    with open_journal(address):
        pass
    with postgres.connect(team.rpartition("/")[2]) as db:
        db.execute("SET search_path = smsframe")
        (tables,) = db.execute(TABLES).fetchone()

        def told(seed):
            db.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE".encode())
            shutil.rmtree(address.folder, ignore_errors=True)
            return story.tell(seed, tmp_path, address)

        yield told


def test_stories__of_a_team(tell):
    """A short set of seeds keeps every promise."""
    assert all(tell(seed) for seed in range(SHORT))


@pytest.mark.full
def test_stories__of_a_team__whole(tell):
    """A larger set of seeds keeps every promise, and meets what can happen to a database."""
    seen = "\n".join(line for seed in range(WHOLE) for line in tell(seed))
    words = ["crash at commit", "crash at committed", "lost before", "lost after", "lost when"]
    words += ["accepted", "unknown", "not_attempted", "sender_died", "the visitor's"]
    assert [word for word in words if word not in seen] == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_stories__of_a_team__soak(tell):
    """Six hundred seeds keep every promise."""
    for seed in range(SOAK):
        tell(seed)

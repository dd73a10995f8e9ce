"""The sending code over a simulated clock, network and disk, one story a seed.

What a story does and what must hold stands in ``simulation/story.py``. A failure prints its seed;
``story.tell(seed, directory)`` plays it again. Soak tells 10,000.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from simulation import story

SHORT, WHOLE = 15, 60
SOAK = 10_000
PARTS = 8


@pytest.fixture(scope="module")
def directory():
    """Make a directory for locks and empty journal files, in memory where there is such a thing."""
    shared = Path("/dev/shm")
    usable = shared.is_dir() and os.access(shared, os.W_OK)
    with tempfile.TemporaryDirectory(dir=shared if usable else None) as place:
        yield Path(place)


def test_simulation__short(directory):
    """A short set of seeds keeps every promise."""
    assert all(story.tell(seed, directory) for seed in range(SHORT))


@pytest.mark.full
def test_simulation__whole(directory):
    """A larger set of seeds keeps every promise, and meets whatever can happen."""
    seen = "\n".join(line for seed in range(WHOLE) for line in story.tell(seed, directory))
    words = [*story.FAULTS, "crash at", "killed", "power cut", "interrupt at", "aborted", "disk:"]
    words += ["the visitor's", "resend=True", "limit=3", "KeyboardInterrupt", "JournalError"]
    words += ["accepted", "rejected", "unknown", "not_attempted", "invalid", "duplicate"]
    words += ["contact_empty", "program_inactive", "access_denied", "answers_lost", "sender_died"]
    words += ["already_in_campaign", "journal_failed", "limit", "interrupted"]
    assert [word for word in words if word not in seen] == []


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_simulation__soak(directory, part):
    """Ten thousand seeds keep every promise."""
    for seed in range(part, SOAK, PARTS):
        story.tell(seed, directory)


@pytest.mark.parametrize("seed", [3, 17])
def test_simulation__replays(directory, seed):
    """A seed tells the same story again, step by step, after other stories were told."""
    first = story.tell(seed, directory)
    story.tell(99, directory)
    assert story.tell(seed, directory) == first
    assert len(first) > 10

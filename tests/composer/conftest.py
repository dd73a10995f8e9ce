"""What all tests of the composer have: totals at once, and nothing of another test's."""

from __future__ import annotations

import pytest

from smsframe._composer import compose as composers
from smsframe._composer import text_history
from smsframe._widgets import active_job, displayed


@pytest.fixture
def notebook_there(monkeypatch):
    """Let there be a notebook for screens to stand in."""
    monkeypatch.setattr(displayed, "has_screen", lambda: True)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Let totals follow at once, and no test meet another's texts."""
    monkeypatch.setattr("smsframe._composer.state.PAUSE_S", 0.0)
    text_history.forget()
    composers._latest.clear()
    active_job._screens.clear()

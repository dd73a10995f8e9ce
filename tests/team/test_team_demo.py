"""``make team-demo`` shows what it says: one of two senders is killed, nobody has it twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.full, pytest.mark.skipif(os.name != "posix", reason="needs kill -9")]


def test_team_demo(postgres):
    """It ends well, Ann had begun, and all 100 people are accounted for."""
    del postgres  # where there is no server, this is said as for all tests of a team
    result = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "data" / "team_demo.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert result.returncode == 0, result.stderr
    assert "nobody had it twice" in result.stdout
    had = int(result.stdout.split("Ann's process is killed when ")[1].split()[0])
    assert 30 <= had <= 100

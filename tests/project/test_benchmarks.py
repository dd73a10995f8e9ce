"""The benchmarks still run with the library as it is; what they measure is not looked at here."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
IN_SMALL = textwrap.dedent("""
    import end_to_end, explore, run
    from measuring import people
    frame = people(3_000)
    sent = end_to_end.ours(frame)
    assert 0 < sent.first_post < sent.last_answer < sent.whole
    assert end_to_end.floor(frame) > 0
    assert [*run.planning(frame, 1), *run.reading(frame, 1)]
    explore.measure(3_000)
""")


def test_benchmarks__in_small():
    """Our own send, ready-made bodies, the plan and the explorer are measured on some rows."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_SMALL],
        cwd=BENCHMARKS,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr

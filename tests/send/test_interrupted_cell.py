"""■ pressed while a cell sends: what the cell shows is short, and what is known is at hand."""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

BEGIN = """import warnings; warnings.simplefilter("ignore")
from samples import make_people
import smsframe
sandbox = smsframe.Sandbox(anyone=True, latency_s=0.5).__enter__()
client = smsframe.connect(sandbox)
client.max_in_flight = 1
people = make_people(5000)"""
SEND = "results = people.sms.send('Hello', program='148372', phone='mobile', progress=said)"
SAID = "said = lambda how_far: print(f'so far {how_far.done}', flush=True)"
AFTER = """results = smsframe.last_results()
print(results.sms.counts.to_dict(), results.sms.failed['sms_code'].unique().tolist())"""
END = "client.close(); sandbox.__exit__(None, None, None)"
TESTS = Path(__file__).parents[1]
LONGEST_LINES = 8


@pytest.mark.skipif(sys.platform == "win32", reason="kernels are interrupted by an event there")
def test_interrupt__says_in_few_lines_what_became_of_the_rows(tmp_path):
    """The cell's own line and one sentence; ``last_results()`` has every row with its reason."""
    environment = {
        **os.environ,
        "SMSFRAME_JOURNAL": str(tmp_path / "kernel.sqlite3"),
        "PYTHONPATH": str(TESTS),
    }
    manager, kernel = start_new_kernel(env=environment, cwd=str(tmp_path))
    shown: list[str] = []
    stopped = threading.Event()

    def note(message):
        content = message["content"]
        shown.append("\n".join(content.get("traceback", [])) or content.get("text", ""))
        if "so far 1000" in shown[-1] and not stopped.is_set():
            stopped.set()
            manager.interrupt_kernel()

    try:
        for code in (BEGIN, SAID, SEND, AFTER, END):
            kernel.execute_interactive(code, output_hook=note, timeout=60)
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)
    said = [re.sub(r"\x1b\[[\d;]*m", "", text) for text in shown]
    (trace,) = [text for text in said if "KeyboardInterrupt" in text]
    assert len(trace.splitlines()) <= LONGEST_LINES
    assert "results = people.sms.send" in trace
    assert "smsframe.last_results() has the table." in trace
    assert str(TESTS.parent / "smsframe") not in trace
    whole = "".join(said)
    found = re.search(r"\{'accepted': (\d+), 'not_attempted': (\d+)\} \['interrupted'\]", whole)
    assert found is not None, whole
    assert int(found[1]) + int(found[2]) == 5000
    assert 1000 <= int(found[1]) < 5000

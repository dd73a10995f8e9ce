"""Measure how far the memory rises above the frame during one send, in a process of its own.

``python benchmarks/memory.py ROWS [COLUMNS]`` prints megabytes as JSON: ``frame``, ``peak`` above
it, and what of that peak is still there at the end: ``plan`` (what a plan keeps) and ``results``
(the result columns). COLUMNS adds text columns to the frame that the message does not use, as
tables from a database have; they are shared with the results, not copied.

A process of its own, because what an earlier send gave back to the allocator is not given back to
the system, and a second send that uses it would seem to need nothing.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from typing import Any

import end_to_end
import numpy as np
import pandas as pd
import pyarrow as pa
from measuring import OPTIONS, TEXT, peak_over, people, stub


def with_columns(frame: pd.DataFrame, more: int) -> pd.DataFrame:
    """Return the frame with more columns of texts, 12 characters each."""
    rng = np.random.default_rng(2)
    for number in range(more):
        values = rng.integers(10**11, 10**12, len(frame))
        frame[f"column {number}"] = pd.Series(values).astype(str)
    return frame


def measure(rows: int, columns: int) -> dict[str, float]:
    """Send once to a stub and return the megabytes."""
    people(1000).sms.plan(TEXT, **OPTIONS)
    frame = with_columns(people(rows), columns)
    weight = int(frame.memory_usage(deep=True).sum())
    gc.collect()
    pa.default_memory_pool().release_unused()
    kept = {}

    def work(client: Any) -> pd.DataFrame:
        before = pa.total_allocated_bytes()
        made = frame.sms.plan(TEXT, **OPTIONS)
        kept["plan"] = pa.total_allocated_bytes() - before
        return made.send(client=client, progress=False)

    with stub() as base_url, tempfile.TemporaryDirectory() as folder:
        client = end_to_end.connect(base_url, folder)
        peak, results = peak_over(lambda: work(client))
        client.close()
    added = int(results.memory_usage(deep=True).sum()) - weight
    sizes = {"frame": weight, "peak": peak, "plan": kept["plan"], "results": added}
    return {name: size / 1e6 for name, size in sizes.items()}


if __name__ == "__main__":
    print(json.dumps(measure(*(int(given) for given in [*sys.argv[1:], "0"][:2]))))

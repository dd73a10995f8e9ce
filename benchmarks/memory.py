"""Measure how far the memory rises above the frame during one send, in a process of its own.

``python benchmarks/memory.py ROWS COLUMNS DTYPE`` prints megabytes as JSON: ``frame``, ``peak``
above it, what of that peak is kept: ``plan`` and ``results`` (the result columns), and ``sending``:
how far the memory rose from the first batch to the last. COLUMNS adds text columns to the frame
that the message does not use, as tables from a database have; they are shared with the results,
not copied. DTYPE is ``str``, as pandas 3 reads texts, or ``object``, as pandas 2 does.

A process of its own, because what an earlier send gave back to the allocator is not given back to
the system, and a second send that uses it would seem to need nothing.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import tracemalloc

import end_to_end
import numpy as np
import pandas as pd
import pyarrow as pa
from measuring import OPTIONS, TEXT, peak_over, people, resident_bytes, stub


def with_columns(frame: pd.DataFrame, more: int) -> pd.DataFrame:
    """Return the frame with more columns of texts, 12 characters each."""
    rng = np.random.default_rng(2)
    for number in range(more):
        values = rng.integers(10**11, 10**12, len(frame))
        frame[f"column {number}"] = pd.Series(values).astype(str)
    return frame


def measure(rows: int, columns: int, dtype: str) -> dict[str, float]:
    """Send once to a stub and return the megabytes."""
    plan_bytes(people(1000))
    frame = with_columns(people(rows), columns).astype(dtype)
    weight = int(frame.memory_usage(deep=True).sum())
    gc.collect()
    pa.default_memory_pool().release_unused()
    seen: list[int] = []

    def look(_: object) -> None:
        seen.append(resident_bytes())

    with stub() as base_url, tempfile.TemporaryDirectory() as folder:
        client = end_to_end.connect(base_url, folder)
        peak, results = peak_over(
            lambda: frame.sms.send(TEXT, client=client, progress=look, **OPTIONS)
        )
        client.close()
    sizes = {
        "frame": weight,
        "peak": peak,
        "plan": plan_bytes(frame),
        "results": int(results.memory_usage(deep=True).sum()) - weight,
        "sending": max(seen) - seen[0],
    }
    return {name: size / 1e6 for name, size in sizes.items()}


def plan_bytes(frame: pd.DataFrame) -> int:
    """Return what a plan keeps beside the frame, in Arrow's memory and in numpy's."""
    gc.collect()
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    made = frame.sms.plan(TEXT, **OPTIONS)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes() - before
    tracemalloc.stop()
    assert made.recipients == len(frame)
    return kept


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))

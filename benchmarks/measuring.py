"""What the benchmarks share: people, a stub server, medians, and memory."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
TEXT = "Hi %%FirstName%%, your order %%Order%% has shipped and arrives this week."
OPTIONS = {
    "program": "148372",
    "phone": "mobile",
    "region": "US",
    "defaults": {"FirstName": "Customer"},
}
PAGE_BYTES = 4096


def people(rows: int) -> pd.DataFrame:
    """Return people with distinct numbers, names with gaps and order numbers.

    The numbers are valid in form; nothing is ever sent to them but on loopback.
    """
    rng = np.random.default_rng(1)
    areas = np.array([201, 202, 203, 205, 206, 207, 208, 209, 210, 212])
    number = np.arange(rows)
    subscribers = 2_000_000 + (1_234_567 + 7_919 * (number // 10)) % 8_000_000
    phones = 10_000_000_000 + areas[number % 10] * 10_000_000 + subscribers
    names = rng.choice(np.array(["Ann", "Bob", "Carla", "Dmitri", None], dtype=object), rows)
    return pd.DataFrame(
        {
            "mobile": pd.Series(phones).astype(str),
            "FirstName": pd.Series(names).astype("str"),
            "Order": pd.Series(4_000_000 + 37 * number).astype(str),
        }
    )


@contextlib.contextmanager
def stub(latency_s: float = 0.0) -> Iterator[str]:
    """Run the stub server in a process of its own and give its address."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "stub.py"), str(latency_s)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that some work took, and what it gave."""
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def median(work: Callable[[], Any], times: int = 3) -> float:
    """Return the median seconds of some runs."""
    return statistics.median(timed(work)[0] for _ in range(times))


def resident_bytes() -> int:
    """Return the memory of this process that is in use now (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def peak_over(work: Callable[[], Any]) -> tuple[int, Any]:
    """Return how far the memory rose, in bytes, while some work ran, and what it gave."""
    start, peak, done = resident_bytes(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, resident_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        value = work()
    finally:
        done.set()
        watcher.join()
    return max(peak, resident_bytes()) - start, value

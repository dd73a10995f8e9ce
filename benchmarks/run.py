"""Measure everything side by side in one run, print a table and write ``benchmarks/results.md``.

``python benchmarks/run.py [--rows N] [--times N]``. Medians of several runs; the server is a
process of its own. What counts are the ratios within one run: the machine's own speed cancels out.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import end_to_end
import pandas as pd
from measuring import HERE, OPTIONS, TEXT, median, peak_over, people

import smsframe
from smsframe.phones import read_phones
from smsframe.segmentation import segments

CALLS, LATENCY_S = 200, 0.25


def lines(rows: int, times: int) -> Iterator[tuple[str, str, str]]:
    """Give what was measured, the figure, and what was aimed at, as it is measured."""
    frame = people(rows)
    smsframe.plan(frame.head(1000), TEXT, **OPTIONS)
    yield from start()
    yield from planning(frame, times)
    yield from limit()
    yield from throughput(frame, times)
    yield from memory(rows)
    yield from growth(rows)


def throughput(frame: pd.DataFrame, times: int) -> list[tuple[str, str, str]]:
    """Measure the four ways to send, and the second run."""
    runs = [end_to_end.ours(frame)[:2] for _ in range(times)]
    a, again = (statistics.median(column) for column in zip(*runs, strict=True))
    b = statistics.median(end_to_end.bulk(frame) for _ in range(times))
    d = statistics.median(end_to_end.floor(frame) for _ in range(times))
    c = end_to_end.loop(frame.head(end_to_end.LOOP_ROWS)) * len(frame)
    rows = len(frame)
    return [
        (f"(a) df.sms.send, {rows:,} rows", f"{a:.1f} s, {rows / a:,.0f} rows/s", "300,000 rows/s"),
        ("(b) parallel_bulk", f"{b:.1f} s; a is {b / a:.1f} x as fast", "5 x"),
        (
            "(c) iterrows and requests.post",
            f"{c:.0f} s (scaled); a is {c / a:.0f} x as fast",
            "25 x",
        ),
        ("(d) ready-made bodies", f"{d:.1f} s; a takes {a / d:.1f} x as long", "4 x"),
        ("the same send again, 0 calls", f"{again:.1f} s", "3 s"),
    ]


def limit() -> list[tuple[str, str, str]]:
    """Measure how close 10 calls in flight come to what the API's limit allows."""
    ideal = CALLS / 10 * LATENCY_S + LATENCY_S
    took = end_to_end.ours(people(CALLS * 1000), latency_s=LATENCY_S)[0]
    made = median(lambda: smsframe.plan(people(CALLS * 1000), TEXT, **OPTIONS), 1)
    return [
        (
            f"{CALLS} calls of {LATENCY_S * 1000:.0f} ms, 10 in flight",
            f"{took:.2f} s, {took / ideal:.2f} x ideal (the plan in it: {made:.2f} s)",
            "1.02 x",
        )
    ]


def planning(frame: pd.DataFrame, times: int) -> list[tuple[str, str, str]]:
    """Measure the plan and its parts."""
    texts = smsframe.plan(frame, TEXT, **OPTIONS).texts(None)
    parts: list[tuple[str, Callable[[], object], str]] = [
        ("plan", lambda: smsframe.plan(frame, TEXT, **OPTIONS), "2.0 s"),
        ("phones alone", lambda: read_phones(frame["mobile"]), "0.5 s"),
        ("segments alone", lambda: segments(texts), "0.5 s"),
    ]
    return [(name, f"{median(work, times):.2f} s", aim) for name, work, aim in parts]


def memory(rows: int) -> list[tuple[str, str, str]]:
    """Measure how far the memory rises above the frame during a send."""
    found = []
    for size in (rows, 4 * rows):
        frame = people(size)
        weight = int(frame.memory_usage(deep=True).sum())
        peak, (_, _, results) = peak_over(lambda frame=frame: end_to_end.ours(frame))
        kept = int(results.memory_usage(deep=True).sum()) - weight
        found.append(
            (
                f"memory above the frame, {size:,} rows",
                (
                    f"{peak / weight:.1f} x the frame of {weight / 1e6:.0f} MB, "
                    f"of it result columns {kept / weight:.1f} x"
                ),
                "1.5 x",
            )
        )
    return found


def start() -> list[tuple[str, str, str]]:
    """Measure what importing smsframe adds to importing pandas."""
    code = (
        "import time, pandas; t = time.perf_counter(); import smsframe; "
        "print(time.perf_counter() - t)"
    )
    took = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    return [("import smsframe after pandas", f"{statistics.median(took) * 1000:.0f} ms", "60 ms")]


def growth(rows: int) -> list[tuple[str, str, str]]:
    """Measure the cost of a row for frames of different sizes."""
    sizes = [rows // 100, rows // 10, rows, 4 * rows]
    costs = [end_to_end.ours(people(size))[0] / size * 1e6 for size in sizes]
    told = ", ".join(f"{size:,}: {cost:.1f}" for size, cost in zip(sizes, costs, strict=True))
    return [("microseconds a row", told, "no growth")]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    measured = []
    for line in lines(given.rows, given.times):
        print(" | ".join(line), flush=True)
        measured.append(line)
    head = (
        f"Python {platform.python_version()}, pandas {pd.__version__}, {platform.machine()}, "
        "2 cores shared with others; the server runs on the same machine."
    )
    body = "\n".join(f"| {what} | {figure} | {aim} |" for what, figure, aim in measured)
    text = f"# Figures\n\n{head}\n\n| what | measured | aim |\n|---|---|---|\n{body}\n"
    print(text)
    Path(HERE / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

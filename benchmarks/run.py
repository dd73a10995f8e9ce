"""Measure everything side by side in one run, print a table and write ``benchmarks/results.md``.

``python benchmarks/run.py [--rows N] [--times N]``. Medians of several runs; the server is a
process of its own. What counts are the ratios within one run: the machine's own speed cancels out.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import end_to_end
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from measuring import HERE, OPTIONS, TEXT, median, people, timed

import smsframe
from smsframe._files.read import read_cells
from smsframe._phones.read import read_phones
from smsframe._text.segments import segments

CALLS, LATENCY_S = 200, 0.25


Line = tuple[str, str, str]


def lines(rows: int, times: int) -> Iterator[Line]:
    """Give what was measured, the figure, and what was aimed at, as it is measured."""
    frame = people(rows)
    smsframe.plan(frame.head(1000), TEXT, **OPTIONS)
    yield from start()
    yield from planning(frame, times)
    yield from excluding(frame, times)
    yield from reading(frame, times)
    yield from limit(times)
    yield from throughput(frame, times)
    yield from growth(rows)
    yield from memory(rows)


def start() -> Iterator[Line]:
    """Measure what importing smsframe adds to importing pandas."""
    code = (
        "import time, pandas; t = time.perf_counter(); import smsframe; "
        "print(time.perf_counter() - t)"
    )
    took = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    yield "`import smsframe` after pandas", f"{statistics.median(took) * 1000:.0f} ms", "60 ms"


def planning(frame: pd.DataFrame, times: int) -> Iterator[Line]:
    """Measure the plan and its parts."""
    texts = smsframe.plan(frame, TEXT, **OPTIONS).texts(None)
    parts: list[tuple[str, Callable[[], object], str]] = [
        ("plan", lambda: smsframe.plan(frame, TEXT, **OPTIONS), "2.0 s"),
        ("phones alone", lambda: read_phones(frame["mobile"], region=OPTIONS["region"]), "0.5 s"),
        ("segments alone, of written texts", lambda: segments(texts), "0.5 s"),
    ]
    for name, work, aim in parts:
        yield f"{name}, {len(frame):,} rows", f"{median(work, times):.2f} s", aim
    yield from rules(frame, times)


def rules(frame: pd.DataFrame, times: int) -> Iterator[Line]:
    """Measure what rules about people add to a plan; the ways are tried in turn."""
    others = "+1" + (frame["mobile"].str[1:4] + "9" + frame["mobile"].str[5:])
    hours = {"US": ("08:00", "20:00"), "*": ("09:00", "18:00")}
    ways: list[dict[str, Any]] = [
        {},
        {"sending_hours": hours},
        {"sending_hours": hours, "exclude": others},
    ]
    took: list[list[float]] = [[] for _ in ways]
    alone = []
    for _ in range(times):
        for way, seconds in zip(ways, took, strict=True):
            seconds.append(timed(lambda way=way: smsframe.plan(frame, TEXT, **OPTIONS, **way))[0])
        alone.append(timed(lambda: smsframe.normalize(others))[0])
    plain, late, both = map(statistics.median, took)
    what = f"plan, {len(frame):,} rows, with `sending_hours=`"
    yield what, f"{late:.2f} s, {late / plain:.2f} x the plan without", ""
    rest = (both - statistics.median(alone)) / plain
    told = (
        f"{both:.2f} s, {both / plain:.2f} x; less the time of `normalize` on the list {rest:.2f} x"
    )
    yield f"{what} and `exclude=` of as many numbers", told, "2.5 x; 1.3 x"


def excluding(frame: pd.DataFrame, times: int) -> Iterator[Line]:
    """Measure a plan with a list of as many people, half of them in the frame, against without."""
    everybody = people(len(frame) * 3 // 2)["mobile"].tail(len(frame))
    numbers = ("+" + everybody).sample(frac=1, random_state=0).reset_index(drop=True)
    without = median(lambda: smsframe.plan(frame, TEXT, **OPTIONS), times)
    alone = median(lambda: smsframe.normalize(numbers), times)
    whole = median(lambda: smsframe.plan(frame, TEXT, exclude=numbers, **OPTIONS), times)
    what = f"plan with `exclude=` of {len(numbers):,} numbers, {len(frame):,} rows"
    ratio = (whole - alone) / without
    yield (
        what,
        f"{whole:.2f} s: `normalize` of the list and {ratio:.2f} x the plan without",
        "1.3 x",
    )


def reading(frame: pd.DataFrame, times: int) -> Iterator[Line]:
    """Measure how a CSV file without quotes is read, beside pyarrow alone; the ways in turn."""
    texts = pa_csv.ConvertOptions(column_types=dict.fromkeys(frame.columns, pa.string()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        frame.to_csv(path, index=False)
        ways = (
            lambda: read_cells(path),
            lambda: pa_csv.read_csv(path, convert_options=texts).to_pandas(),
        )
        took = [[timed(way)[0] for way in ways] for _ in range(times)]
    ours, theirs = map(statistics.median, zip(*took, strict=True))
    told = f"{ours:.2f} s, {ours / theirs:.2f} x pyarrow alone"
    yield f"CSV file of {len(frame):,} lines", told, "1.5 x"


def limit(times: int) -> Iterator[Line]:
    """Measure how close 10 calls in flight come to what the API's limit allows."""
    ideal = CALLS / 10 * LATENCY_S + LATENCY_S
    frame = people(CALLS * 1000)
    runs, floors = [], []
    for _ in range(times):
        runs.append(end_to_end.ours(frame, latency_s=LATENCY_S, again=False))
        floors.append(end_to_end.floor(frame, latency_s=LATENCY_S))
    calling = statistics.median(run.last_answer - run.first_post for run in runs)
    sending = statistics.median(run.whole - run.first_post for run in runs)
    whole = statistics.median(run.whole for run in runs)
    floor = statistics.median(floors)
    what = f"{CALLS} calls of {LATENCY_S * 1000:.0f} ms, 10 in flight"
    yield (
        f"{what}, first POST to last answer",
        f"{calling:.2f} s, {calling / ideal:.3f} x",
        "1.02 x",
    )
    yield f"{what}, first POST to the table", f"{sending:.2f} s, {sending / ideal:.3f} x", ""
    yield f"{what}, with the plan", f"{whole:.2f} s, {whole / ideal:.3f} x", ""
    yield f"{what}, ready-made bodies", f"{floor:.2f} s, {floor / ideal:.3f} x", ""


def throughput(frame: pd.DataFrame, times: int) -> Iterator[Line]:
    """Measure the four ways to send, in turn, and the second run."""
    sent, b_runs, d_runs = [], [], []
    for _ in range(times):
        sent.append(end_to_end.ours(frame))
        b_runs.append(end_to_end.bulk(frame))
        d_runs.append(end_to_end.floor(frame))
    a, first, again = (
        statistics.median(getattr(run, name) for run in sent)
        for name in ("whole", "first_post", "again")
    )
    b, d = statistics.median(b_runs), statistics.median(d_runs)
    c = end_to_end.loop(frame.head(end_to_end.LOOP_ROWS)) * len(frame)
    rate = f"{a:.1f} s, {len(frame) / a:,.0f} rows/s"
    yield f"(a) `df.sms.send`, {len(frame):,} rows", rate, "300,000 rows/s"
    yield "(b) `parallel_bulk`", f"{b:.1f} s; (a) is {b / a:.1f} x as fast", "5 x"
    loop = f"{c:.0f} s, from {end_to_end.LOOP_ROWS:,} rows; (a) is {c / a:.0f} x as fast"
    yield "(c) `iterrows`, a call a row", loop, "25 x"
    yield "(d) ready-made bodies", f"{d:.1f} s; (a) takes {a / d:.1f} x as long", "4 x"
    yield "(a) from the call to the first POST", f"{first:.1f} s", ""
    yield "(a) again: 0 calls, the same table", f"{again:.1f} s", "3 s"


def growth(rows: int) -> Iterator[Line]:
    """Measure the cost of a row for frames of different sizes."""
    sizes = [rows // 100, rows // 10, rows, 4 * rows]
    frames = [people(size) for size in sizes]
    costs: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(2):  # in turn, for the machine may be slower later on
        for size, frame in zip(sizes, frames, strict=True):
            costs[size].append(end_to_end.ours(frame, again=False).whole / size * 1e6)
    told = ", ".join(f"{size:,}: {min(cost):.1f}" for size, cost in costs.items())
    yield "microseconds a row, by rows, the better of two", told, "no growth"


def memory(rows: int) -> Iterator[Line]:
    """Measure how far the memory rises above the frame during a send."""
    wide = (rows, 12, "str")
    for size, columns, dtype in ((rows, 0, "str"), (rows, 0, "object"), wide, (4 * rows, 0, "str")):
        command = [sys.executable, str(HERE / "memory.py"), str(size), str(columns), dtype]
        done = subprocess.run(command, capture_output=True, check=True)
        frame, peak, plan, results, sending = json.loads(done.stdout.splitlines()[-1]).values()
        rest = peak - plan - results
        parts = f"plan {plan:.0f}, result columns {results:.0f}, rest {rest:.0f}"
        parts += f", of which the sending itself {sending:.0f}"
        what = f"memory above the frame, {size:,} rows of {3 + columns} `{dtype}` columns"
        yield what, f"{peak:.0f} MB, {peak / frame:.1f} x the frame: {parts}", "1.5 x"


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

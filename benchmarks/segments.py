"""Time and memory of counting the segments of a million messages, and of writing values as text.

Run with ``python benchmarks/segments.py [rows]``. The goal: a million rows of two values in a text
of a hundred characters are counted in half a second on one core, with a few dozen megabytes on top.
A loop over the texts, one by one, is timed on a sample for comparison.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe._text.segments import measure, measure_filled, measure_one, ucs2_characters
from smsframe._text.template import Template, fill
from smsframe._text.values import to_text

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL_SECONDS = 0.5
SAMPLE_ROWS = 20_000
TEXTS = {
    "100 characters": "Hi %%Name%%, order %%Order%% has left our warehouse and is on its way"
    " to you. Please be at home by noon, thanks.",
    "brackets, 2 segments": "[Shop] Hi %%Name%%, order %%Order%% {express} has left our warehouse. "
    + "It comes tomorrow before noon. " * 4,
    "emoji, 4 segments": "Hi %%Name%% 🎉, order %%Order%% has left our warehouse 📦. "
    + "It comes tomorrow before noon. " * 5,
}
NAMES = {
    "plain": ["Alexandria", "Bo", "Christopher", "Dan", "Elizabeth", "Fynn", "Maria"],
    "mixed": ["Alexandria", "Bo", "José", "Zoë", "Łukasz", "D’Arcy", "Maria"],
    "arabic": ["محمد", "فاطمة", "يوسف", "مريم"],
}


def seconds(act: Callable[..., object], *values: object) -> float:
    """Return the best of three times."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        act(*values)
        times.append(time.perf_counter() - start)
    return min(times)


def peak_megabytes(act: Callable[..., object], *values: object) -> float:
    """Return how much memory numpy and Python use at the peak, beyond what they used before."""
    tracemalloc.start()
    act(*values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def one_by_one(texts: list[str]) -> list[object]:
    """Count the way it is usually done."""
    return [measure_one(text) for text in texts]


def count_segments(rows: int, title: str, kind: str) -> None:
    """Count the segments of one text filled with one kind of names."""
    random = np.random.default_rng(4)
    orders = pa.array(random.integers(10**6, 10**7, rows)).cast(pa.string())
    values = {"Name": pa.array(random.choice(NAMES[kind], rows).tolist()), "Order": orders}
    template = Template.parse(TEXTS[title])
    texts = fill(template, values)
    filled = seconds(measure_filled, template, values)
    sample = texts.slice(0, SAMPLE_ROWS).to_pylist()
    loop = seconds(one_by_one, sample) * rows / len(sample)
    print(
        f"{title:21} {kind:7} {filled:6.3f} s filled, {seconds(measure, texts):6.3f} s written, "
        f"{loop / filled:4.0f} times the loop, "
        f"{seconds(ucs2_characters, template, values):6.3f} s to name the characters, "
        f"{peak_megabytes(measure_filled, template, values):4.0f} MB"
        f"{'' if filled <= GOAL_SECONDS else '  OVER THE GOAL'}"
    )


def write_values(rows: int) -> None:
    """Write columns of the usual kinds as text."""
    random = np.random.default_rng(5)
    cents = random.integers(0, 10**6, rows)
    names = random.choice(NAMES["mixed"], rows).tolist()
    moments = pd.Series(pd.to_datetime(random.integers(17 * 10**8, 18 * 10**8, rows), unit="s"))
    columns = {
        "int64": pd.Series(cents),
        "int64 with a gap": pd.Series(cents).where(cents > 10),
        "float64": pd.Series(cents / 100),
        "dates": moments.dt.normalize(),
        "times": moments,
        "str": pd.Series(names),
        "object": pd.Series(names, dtype=object),
        "category": pd.Series(names, dtype="category"),
        "mixed objects": pd.Series(cents.tolist(), dtype=object).where(cents > 10, "none"),
    }
    for kind, column in columns.items():
        took = seconds(partial(to_text, name="column"), column)
        print(f"{kind:21} {took * 1e3:6.0f} ms")
    took = seconds(partial(to_text, name="column"), columns["float64"], ",.2f")
    print(f"{'float64 as ,.2f':21} {took * 1e3:6.0f} ms")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for title, kind in product(TEXTS, NAMES):
        count_segments(count, title, kind)
    write_values(count)

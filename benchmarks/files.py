"""Send files of two sizes: memory that does not grow, and the time beside a frame of the same rows.

Each send is a process of its own, whose peak memory is asked for at its end. ``send_files`` is
compared with ``read_parquet``, ``df.sms.send`` and ``to_parquet`` over the smaller size. With calls
that take 250 ms, the second pass is held against the time of the calls alone, ten at a time. Run as
``python benchmarks/files.py [ROWS]``; the smaller size is a tenth of it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import stub

import smsframe

ROWS = 2_000_000
FILES = 40
BATCH, IN_FLIGHT, LATENCY_S = 1000, 10, 0.25
AREAS = np.array([201, 202, 203, 205, 206, 207, 208, 209, 210, 212])
TEXT = "Hi %%FirstName%%, your order %%Order%% has shipped."


def write_files(folder: Path, rows: int) -> None:
    """Write people into files, a part of them at a time."""
    folder.mkdir()
    each = rows // FILES
    for number in range(FILES):
        at = np.arange(number * each, (number + 1) * each)
        phones = 10_000_000_000 + AREAS[at % len(AREAS)] * 10_000_000 + 2_000_000 + at // len(AREAS)
        mobile = "+" + pd.Series(phones).astype(str)
        frame = pd.DataFrame(
            {"mobile": mobile, "FirstName": "Ann", "Order": at, "note": "kept as it is"}
        )
        frame.to_parquet(folder / f"part-{number:02d}.parquet", index=False)


def child(way: str, base_url: str, folder: str, out: str) -> None:
    """Send in this process, and print seconds and peak memory."""
    warnings.simplefilter("ignore")
    client = smsframe.connect(
        base_url=base_url,
        journal=Path(out) / "journal.sqlite3",
        client_id="c",
        client_secret="s",
        refresh_token="r",
    )
    options = {"program": "148372", "phone": "mobile", "progress": False, "client": client}
    begun = time.perf_counter()
    if way == "files":
        sent = smsframe.send_files(folder, TEXT, out=Path(out) / "results", **options)
        counts = sent.counts
    else:
        frame = pd.read_parquet(folder)
        results = smsframe.send(frame, TEXT, **options)
        results.to_parquet(Path(out) / "results.parquet")
        counts = results["sms_status"].value_counts().to_dict()
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts = {name: int(number) for name, number in counts.items() if number}
    sending_s = float(smsframe.runs(client=client, full=True)["seconds"].iloc[0])
    told = {"seconds": round(seconds, 1), "sending_s": sending_s, "MiB": peak, "counts": counts}
    print(json.dumps(told))


def measured(way: str, folder: Path, latency_s: float = 0.0) -> dict[str, object]:
    """Send in a process of its own."""
    with stub(latency_s) as base_url, tempfile.TemporaryDirectory() as out:
        told = subprocess.run(
            [sys.executable, __file__, "child", way, base_url, str(folder), out],
            capture_output=True,
            text=True,
            check=True,
        )
    return json.loads(told.stdout.splitlines()[-1])


def main(rows: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        for size in (rows // 10, rows):
            write_files(Path(place) / str(size), size)
        for way, size in (("files", rows // 10), ("frame", rows // 10), ("files", rows)):
            print(f"{way} {size:>10,}", measured(way, Path(place) / str(size)), flush=True)
        calls = -(-(rows // 10) // BATCH)
        slow = measured("files", Path(place) / str(rows // 10), LATENCY_S)
        ideal = LATENCY_S + (calls - 1) / IN_FLIGHT * LATENCY_S  # the first call goes alone
        ratio = round(slow["sending_s"] / ideal, 3)
        print(f"files {rows // 10:>10,} at 250 ms", slow, f"{ratio} times ideal", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)

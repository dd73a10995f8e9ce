"""How long the explorer takes in the kernel over a long table: chips, pages, search, order.

What a click does is timed whole, with the widgets that it changes. The first search of all columns
reads them as texts and is told apart from the later ones, and so is the first order by a column.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CLICK_MS, SEARCH_MS = 150.0, 1000.0


def make_results(rows):
    """Return results as a send leaves them, of people with an order, a city and a total."""
    numbers = np.arange(rows)
    status = np.where(numbers % 10 == 0, "rejected", "accepted")
    status = np.where(numbers % 97 == 0, "unknown", status)
    code = pd.Series(np.where(status == "rejected", "http_400", None), dtype="string")
    phones = pd.Series(np.char.add("1", (2012000000 + numbers).astype(str)), dtype="string")
    at = pd.Timestamp("2026-11-20 08:00", tz="UTC") + pd.to_timedelta(numbers // 40, unit="s")
    return pd.DataFrame(
        {
            "mobile": "+" + phones,
            "FirstName": pd.Series(np.char.add("Name", (numbers % 5000).astype(str))),
            "order_no": pd.Series(np.char.add("A-", numbers.astype(str)), dtype="string"),
            "city": pd.Series(np.array(["Oslo", "Rome", "Lima"])[numbers % 3], dtype="string"),
            "total": numbers / 7,
            "customer": 4_000_000_000 + np.random.default_rng(1).permutation(rows),
            "note": pd.Series(
                np.char.add("Order ", np.random.default_rng(2).permutation(rows).astype(str)),
                dtype=object,
            ),
            "sms_status": status,
            "sms_code": code,
            "sms_error": code.where(code.isna(), "The API refused it."),
            "sms_contact": phones,
            "sms_response_id": pd.Series(np.char.add("r", (numbers // 1000).astype(str))),
            "sms_batch": pd.Series(
                np.char.add(
                    "20261120-080000-abcdef:", np.char.zfill((numbers // 1000).astype(str), 4)
                )
            ),
            "sms_segments": pd.array(np.ones(rows), dtype="Int32"),
            "sms_accepted_at": at,
        }
    )


def timed(name, limit, act):
    """Do something, print how long it took, tell whether that is within its limit."""
    start = time.perf_counter()
    act()
    taken = (time.perf_counter() - start) * 1000
    print(f"  {name:44} {taken:8.0f} ms" + ("" if limit is None else f"  (limit {limit:.0f})"))
    return limit is None or taken <= limit


def measure(rows):
    """Time what a person does; tell whether all of it is within its limits."""
    import smsframe  # noqa: PLC0415 - after the journal's place was set

    results = make_results(rows)
    print(f"{rows:,} rows")
    held = []
    timed("open", None, lambda: held.append(smsframe.explore(results)))
    screen = held[0].screen
    timed("read the texts ahead (on a thread)", None, screen.rows.warm)
    chip = screen.toggles["status"]
    accepted, rejected = list(chip.values())[:2]
    city = next(iter(screen.toggles["city"].values()))
    said = [
        timed("rows for the first time", CLICK_MS, screen.come_alive),
        timed("chip", CLICK_MS, lambda: setattr(accepted, "value", True)),
        timed("second chip of the kind", CLICK_MS, lambda: setattr(rejected, "value", True)),
        timed("chip of another kind", CLICK_MS, lambda: setattr(city, "value", True)),
        timed("next page", CLICK_MS, screen.next.click),
        timed("select one", CLICK_MS, lambda: setattr(screen.lines[3][0], "value", True)),
        timed("select all that match", CLICK_MS, screen.all.click),
        timed("select none", CLICK_MS, screen.none.click),
        timed("show all rows", CLICK_MS, screen.clear.click),
    ]
    timed("first search", SEARCH_MS, lambda: setattr(screen.search, "value", "zzz"))
    said += [
        timed("search a name", SEARCH_MS, lambda: setattr(screen.search, "value", "name4711")),
        timed("search an order", SEARCH_MS, lambda: setattr(screen.search, "value", "a-99999")),
    ]
    timed("first number", SEARCH_MS, lambda: setattr(screen.search, "value", "201 200 00"))
    said += [
        timed("search a number", SEARCH_MS, lambda: setattr(screen.search, "value", "2012000777")),
        timed(
            "search a customer", SEARCH_MS, lambda: setattr(screen.search, "value", "4000000777")
        ),
        timed("show all rows", CLICK_MS, screen.clear.click),
    ]
    for column in (
        "total",
        "order_no",
        "sms_accepted_at",
        "FirstName",
        "sms_status",
        "customer",
        "note",
    ):
        order = lambda column=column: setattr(screen.order, "label", column)  # noqa: E731
        said.append(timed(f"order by {column}", SEARCH_MS, order))
    said.append(timed("next page", CLICK_MS, screen.next.click))
    said.append(timed("select all that match", CLICK_MS, screen.all.click))
    return all(said)


def main():
    """Measure at the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[1_000_000])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SMSFRAME_JOURNAL"] = str(Path(folder) / "journal.sqlite3")
        measured = [measure(rows) for rows in parser.parse_args().rows]
    raise SystemExit(0 if all(measured) else 1)


if __name__ == "__main__":
    main()

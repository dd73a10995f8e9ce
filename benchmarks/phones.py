"""How fast a phone column is read, against one ``phonenumbers`` call for each cell.

Run with ``python benchmarks/phones.py [rows]``. Seconds are of processor time on one core; the
ratio is to a loop of parse, validity, line type and format over 5,000 of the same cells.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa

from smsframe._phones.read import read_phones

AREAS = (201, 202, 205, 212, 213, 303, 305, 312, 404, 415, 503, 602, 617, 702, 713, 773, 808, 917)


def seconds(work):
    """Return the processor seconds that a call takes, the better of two."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def one_by_one(cells):
    """Read cells with the library alone."""
    for cell in cells:
        number = phonenumbers.parse(cell, "US")
        if phonenumbers.is_valid_number(number):
            phonenumbers.number_type(number)
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def main():
    """Print seconds and ratio for columns in several forms."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    pa.set_cpu_count(1)
    rng = np.random.default_rng(1)
    numbers = 10**10 + rng.choice(AREAS, rows) * 10**7 + rng.integers(2_000_000, 10**7, rows)
    texts = pd.Series(numbers).astype("string[pyarrow]")
    forms = {
        "int64": pd.Series(numbers),
        "digits": texts,
        "with +": "+" + texts,
        "+1 (201) 555-0123": "+1 (" + texts.str[1:4] + ") " + texts.str[4:7] + "-" + texts.str[7:],
        "national": texts.str[1:],
    }
    for name, column in forms.items():
        taken = seconds(lambda column=column: read_phones(column, region="US"))
        sample = column.astype(str).tolist()[:5_000]
        alone = seconds(lambda sample=sample: one_by_one(sample)) / len(sample) * rows
        ratio = f"one by one {alone:6.1f} s: {alone / taken:.0f}x"
        print(f"{name:20} {rows:,} rows {taken:6.3f} s, {ratio}")


if __name__ == "__main__":
    main()

"""Plan a million rows: time, memory, and the ratio to checking phones one by one.

``python benchmarks/plan.py [ROWS]``. The first plan builds the phone patterns; medians
are of those after it.
"""

from __future__ import annotations

import sys

import phonenumbers
from measuring import OPTIONS, TEXT, median, peak_over, people, timed

import smsframe
from smsframe._phones.read import read_phones
from smsframe._text.segments import segments


def one_by_one(phones: list[str]) -> int:
    """Check phones as most people do: parse, then ask."""
    return sum(phonenumbers.is_valid_number(phonenumbers.parse("+" + p)) for p in phones)


def main(rows: int) -> None:
    """Measure and print."""
    frame = people(rows)
    frame_bytes = int(frame.memory_usage(deep=True).sum())
    smsframe.plan(frame.head(1000), TEXT, **OPTIONS)
    extra, made = peak_over(lambda: smsframe.plan(frame, TEXT, **OPTIONS))
    whole = median(lambda: smsframe.plan(frame, TEXT, **OPTIONS))
    phones = median(lambda: read_phones(frame["mobile"]))
    texts = made.texts(None)
    counted = median(lambda: segments(texts))
    sample = frame["mobile"].head(20_000).tolist()
    loop = timed(lambda: one_by_one(sample))[0] * rows / len(sample)
    print(f"rows                          {rows:,} ({made.recipients:,} recipients)")
    print(f"plan                          {whole:.2f} s")
    print(f"phones alone                  {phones:.2f} s")
    print(f"segments of rendered texts    {counted:.2f} s")
    print(f"memory on top of the frame    {extra / frame_bytes:.2f} x ({frame_bytes / 1e6:.0f} MB)")
    print(
        f"phonenumbers one by one       {loop:.1f} s, {loop / phones:.0f} x phones, "
        f"{loop / whole:.0f} x the whole plan"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

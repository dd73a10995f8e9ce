"""The page on a run from files, counted one file at a time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from smsframe._results.report_facts import facts_of_parts
from smsframe._stream.scratch import BUCKETS, Scratch, person_bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from smsframe._journal.store import Journal
    from smsframe._results.report_facts import Facts, Span

_HASH = np.dtype("<u8")


def facts_of_files(
    files: Sequence[Path],
    read: Callable[[Path], pd.DataFrame],
    price: Any,
    journal: Journal | None,
    *,
    runs: Iterable[str],
) -> Facts:
    """Read and count what a report shows of files; people are told apart by hashes on disk."""
    with Scratch() as scratch:

        def meet(contacts: pa.Array) -> None:
            people = pd.util.hash_array(contacts.to_numpy(zero_copy_only=False))
            scratch.add("people", people, person_bucket(people))

        facts = facts_of_parts(
            map(read, files),
            price,
            journal,
            made_at=time.time(),
            runs=runs,
            span=_span(files),
            meet=meet,
        )
        people = sum(len(np.unique(scratch.read("people", n, _HASH))) for n in BUCKETS)
    return replace(facts, people=people)


def _span(files: Sequence[Path]) -> Span | None:
    """Return when the first and the last message of all files was accepted."""
    ends: list[Any] = []
    for path in files:
        ends += pc.min_max(pq.read_table(path, columns=["sms_accepted_at"])[0]).values()
    times = [pd.Timestamp(end.as_py()).tz_localize(None) for end in ends if end.is_valid]
    return (min(times), max(times)) if times else None

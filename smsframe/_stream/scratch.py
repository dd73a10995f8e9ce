"""What a list needs on disk while it is looked at: keys by bucket, and what became of rows.

Rows that may be the same message have the same key, and so stand in the same bucket, which is all
that is in memory at a time. What is found of a row is written to the group of rows it stands in, to
be read again when those rows go out. The folder is private to the user and gone at the end.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    Records = npt.NDArray[Any]

MINE: Final = np.dtype([("key", "V16"), ("who", "<u8"), ("row", "<i8"), ("excluded", "?")])
THEIRS: Final = np.dtype(
    [
        ("key", "V16"),
        ("who", "<u8"),
        ("batch", "<i8"),
        ("offset", "<i4"),
        ("state", "u1"),
        ("said", "<i4"),
    ]
)
PERSON: Final = np.dtype([("who", "<u8"), ("row", "<i8"), ("wanted", "?")])
GONE: Final = np.dtype("<u8")
FOUND: Final = np.dtype(
    [("row", "<i8"), ("what", "u1"), ("state", "u1"), ("batch", "<i8"), ("said", "<i4")]
)
OPEN: Final = -1
"""What stands in ``said`` of a message of which the status endpoint has said nothing yet."""
DUPLICATE, KNOWN, AGAIN, HELD, LATER = range(1, 6)
"""What is found of a row: a repeat, known, known and to be sent again, held back, beyond limit."""

BUCKETS: Final = 64
GROUP_ROWS: Final = 1 << 20


class Scratch:
    """A folder of records, appended to in any order and read bucket by bucket."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="smsframe-"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, kind: str, records: Records, buckets: npt.NDArray[Any]) -> None:
        """Append records to their buckets, in their order."""
        if not len(records):
            return
        order = np.argsort(buckets, kind="stable")
        numbers, firsts = np.unique(buckets[order], return_index=True)
        for number, part in zip(
            numbers.tolist(), np.split(records[order], firsts[1:]), strict=True
        ):
            with (self._folder / f"{kind}-{number}").open("ab") as file:
                file.write(part.tobytes())

    def read(self, kind: str, bucket: int, dtype: np.dtype[Any]) -> Records:
        """Return the records of a bucket."""
        path = self._folder / f"{kind}-{bucket}"
        return np.frombuffer(path.read_bytes(), dtype) if path.exists() else np.empty(0, dtype)

    def add_found(
        self,
        rows: npt.NDArray[Any],
        what: int,
        state: Any = 0,
        batch: Any = -1,
        said: Any = OPEN,
    ) -> None:
        """Write down what is found of rows."""
        if not len(rows):
            return
        records = np.empty(len(rows), FOUND)
        records["row"], records["what"] = rows, what
        records["state"], records["batch"], records["said"] = state, batch, said
        self.add("found", records, rows // GROUP_ROWS)

    def found(self, first: int, rows: int) -> Records:
        """Return what is found of some rows, those found last behind."""
        groups = range(first // GROUP_ROWS, (first + rows - 1) // GROUP_ROWS + 1)
        records = np.concatenate([self.read("found", group, FOUND) for group in groups])
        here = records[(records["row"] >= first) & (records["row"] < first + rows)].copy()
        here["row"] -= first
        return here


def bucket_of(keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the bucket of each key, by its first byte."""
    return (keys.view(np.uint8).reshape(len(keys), -1)[:, 0] % BUCKETS).astype(np.int64)


def person_bucket(who: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return the bucket of each person."""
    return (who % np.uint64(BUCKETS)).astype(np.int64)


def halves(keys: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return keys as two numbers each."""
    return np.ascontiguousarray(keys).view(np.uint64).reshape(-1, 2)


def buckets() -> Iterator[int]:
    """Yield the number of each bucket."""
    yield from range(BUCKETS)

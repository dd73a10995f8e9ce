"""What a list needs on disk while it is looked at: keys by bucket, and what became of rows.

Rows that may be the same message have the same key, and so stand in the same bucket, which is all
that is in memory at a time. What is found of a row is written to the group of rows it stands in, to
be read again when those rows go out. The folder is private to the user and gone at the end.

What was made of a portion (numbers, values, verdicts, keys) is kept too, packed, and never made
again: to check rows and make their keys takes longer than anything else that is done to them. Since
there are numbers in it, that file has no name, and is gone with its process, even one that is
killed.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smsframe._stream.private_folder import private_folder

if TYPE_CHECKING:
    from pathlib import Path

    Records = npt.NDArray[Any]

MINE: Final = np.dtype(
    [
        ("key", "V16"), ("who", "<u8"), ("row", "<i8"), ("excluded", "?"), ("again", "?"),
        ("group", "<i4"),
    ]
)  # fmt: skip
"""A row: its message and person, whether that is excluded or a wanted repeat, and its hours."""
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
PERSON: Final = np.dtype(
    [
        ("who", "<u8"), ("row", "<i8"), ("wanted", "?"), ("again", "?"), ("known", "?"),
        ("group", "<i4"),
    ]
)  # fmt: skip
PAST: Final = np.dtype([("who", "<u8"), ("at", "<f8")])
NUMBERED: Final = np.dtype([("row", "<i8"), ("number", "<i4")])
ROW: Final = np.dtype([("row", "<i8")])
FOUND: Final = np.dtype(
    [("row", "<i8"), ("what", "u1"), ("state", "u1"), ("batch", "<i8"), ("said", "<i4")]
)
OPEN: Final = -1
"""What stands in ``said`` of a message of which the status endpoint has said nothing yet."""
DUPLICATE, KNOWN, AGAIN, HELD, LATER, TOO_SOON = range(1, 7)
"""What is found of a row: a repeat, known, known and to be sent again, held back, beyond limit, too
soon after another message; of that one ``batch`` has the bits of when it was."""
OUT, NO_CONSENT, CONSENT_UNKNOWN, UNASKED = range(7, 11)
"""What a check of consent finds: opted out, without a record, not known, and not asked yet."""
GOES_NOT: Final = (DUPLICATE, KNOWN, HELD, LATER, TOO_SOON, OUT, NO_CONSENT, CONSENT_UNKNOWN)
"""What keeps a row from going out, whatever the hour."""

BUCKETS: Final = range(64)
GROUP_ROWS: Final = 1 << 20
OPEN_FILES: Final = 96  # a program may have 256 open on some systems


class Scratch:
    """A folder of records, appended to in any order and read bucket by bucket."""

    def __init__(self) -> None:
        self._open = contextlib.ExitStack()
        self._folder = self._open.enter_context(private_folder())
        self._written: dict[Path, BinaryIO] = {}
        made = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - it is closed with the rest
        self._made: Any = self._open.enter_context(made)
        self._open.callback(self._close)
        self._kept: dict[int, tuple[int, int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, kind: str, records: Records, buckets: npt.NDArray[Any]) -> None:
        """Append records to their buckets, in their order."""
        if not len(records):
            return
        sizes = np.bincount(buckets)
        parts = records
        if np.count_nonzero(sizes) > 1:
            narrow = buckets.astype(np.uint8) if len(sizes) <= len(BUCKETS) else buckets
            order = np.argsort(narrow, kind="stable")  # counts bytes, where they are bytes
            parts = np.take(records.view(f"V{records.itemsize}"), order)
        ends = np.cumsum(sizes)
        for number in np.flatnonzero(sizes).tolist():
            file = self._appended(self._folder / f"{kind}-{number}")
            file.write(parts[ends[number] - sizes[number] : ends[number]].tobytes())

    def _appended(self, path: Path) -> BinaryIO:
        """Return a file to append to; some stay open: to open one takes longer than to write."""
        file = self._written.get(path)
        if file is None:
            if len(self._written) >= OPEN_FILES:
                self._close()
            file = self._written[path] = path.open("ab")
        return file

    def _close(self) -> None:
        """Close the files that are written."""
        for file in self._written.values():
            file.close()
        self._written.clear()

    def read(self, kind: str, bucket: int, dtype: np.dtype[Any]) -> Records:
        """Return the records of a bucket."""
        path = self._folder / f"{kind}-{bucket}"
        if path in self._written:
            self._written[path].flush()
        return np.frombuffer(path.read_bytes(), dtype) if path.exists() else np.empty(0, dtype)

    def replace(self, kind: str, bucket: int, records: Records) -> None:
        """Put other records in place of those of a bucket."""
        path = self._folder / f"{kind}-{bucket}"
        if path in self._written:
            self._written.pop(path).close()
        path.write_bytes(records.tobytes())

    def place(self, name: str) -> Path:
        """Return where something else may be written."""
        return self._folder / name

    def keep(self, number: int, made: Any) -> None:
        """Keep what was made of a portion, in place of what was kept of it before."""
        plain = pickle.dumps(made, protocol=5)
        packed = pa.compress(plain, codec="lz4", asbytes=True)
        self._kept[number] = self._made.seek(0, os.SEEK_END), len(packed), len(plain)
        self._made.write(packed)

    def kept(self, number: int) -> Any:
        """Return what was kept of a portion."""
        start, packed, plain = self._kept[number]
        self._made.seek(start)
        read = self._made.read(packed)
        # Nobody else can have written to a file that has no name.
        return pickle.loads(pa.decompress(read, plain, codec="lz4", asbytes=True))  # noqa: S301

    def add_rows(self, kind: str, rows: npt.NDArray[np.int64]) -> None:
        """Append rows of a kind to the groups that they stand in."""
        self.add(kind, rows.astype(np.int64).view(ROW), rows // GROUP_ROWS)

    def rows(self, kind: str, first: int, rows: int) -> npt.NDArray[np.int64]:
        """Return which of some rows are of a kind, ascending, counted from the first one."""
        return np.sort(self._of_rows(kind, ROW, first, rows)["row"])

    def numbers(self, first: int, rows: int) -> npt.NDArray[np.int32]:
        """Return which repeat of its message each of some rows is."""
        here = self._of_rows("numbers", NUMBERED, first, rows)
        numbers = np.zeros(rows, dtype=np.int32)
        numbers[here["row"]] = here["number"]
        return numbers

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
        return self._of_rows("found", FOUND, first, rows)

    def _of_rows(self, kind: str, dtype: np.dtype[Any], first: int, rows: int) -> Records:
        """Return the records of a kind of some rows, which are counted from the first one."""
        groups = range(first // GROUP_ROWS, (first + max(rows, 1) - 1) // GROUP_ROWS + 1)
        every = np.concatenate([self.read(kind, group, dtype) for group in groups])
        here = every[(every["row"] >= first) & (every["row"] < first + rows)]
        here["row"] -= first
        return here


def to_go(is_ready: npt.NDArray[np.bool_], found: Records, *others: int) -> npt.NDArray[np.bool_]:
    """Tell which rows are to go: ready ones of which nothing is found that keeps them back.

    ``others`` are kinds that do not go either, this time.
    """
    goes = is_ready.copy()
    goes[found["row"][np.isin(found["what"], (*GOES_NOT, *others))]] = False
    return goes


def times_of(values: npt.NDArray[Any]) -> dict[int, int]:
    """Return how many times each number is there."""
    numbers, times = np.unique(values, return_counts=True)
    return dict(zip(numbers.tolist(), times.tolist(), strict=True))


def bucket_of(keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the bucket of each key, by its first byte."""
    first = keys.view(np.uint8).reshape(len(keys), keys.itemsize)[:, 0]
    return (first % len(BUCKETS)).astype(np.int64)


def person_bucket(who: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return the bucket of each person."""
    return (who % np.uint64(len(BUCKETS))).astype(np.int64)

"""The journal keeps its promise when the power goes at any instant.

SQLite is given a file layer that passes everything on to the real one and notes every write,
truncation, sync and deletion. The disk is then rebuilt as it may stand after a power cut between
any two of them: what was synced is there; of what was not, nothing, everything, or any mixture of
512-byte pieces. The journal must open from it, hold every record that had returned, and hold no
record by half.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import functools
import random
import sqlite3
from pathlib import Path

import pytest

from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe._journal.store import Journal
from smsframe.errors import JournalError

SCOPE = b"0123456789abcdef"
PIECE = 512
VFS = b"smsframe-power-cut"


class Vfs(ctypes.Structure):
    """The head of ``sqlite3_vfs``; the rest is copied as it is."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("path_bytes", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
        ("delete", ctypes.c_void_p),
        ("rest", ctypes.c_void_p * 14),
    )


class Methods(ctypes.Structure):
    """``sqlite3_io_methods``, as far as it matters here."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", ctypes.c_void_p),
        ("read", ctypes.c_void_p),
        ("write", ctypes.c_void_p),
        ("truncate", ctypes.c_void_p),
        ("sync", ctypes.c_void_p),
        ("rest", ctypes.c_void_p * 13),
    )


INT, LONG, POINTER, TEXT = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p, ctypes.c_char_p
OPEN = ctypes.CFUNCTYPE(INT, POINTER, POINTER, POINTER, INT, POINTER)
DELETE = ctypes.CFUNCTYPE(INT, POINTER, TEXT, INT)
WRITE = ctypes.CFUNCTYPE(INT, POINTER, POINTER, INT, LONG)
TRUNCATE = ctypes.CFUNCTYPE(INT, POINTER, LONG)
SYNC = ctypes.CFUNCTYPE(INT, POINTER, INT)


def sqlite_library():
    """Find the SQLite that Python itself uses; skip where it cannot be reached."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    if not hasattr(library, "sqlite3_vfs_register"):
        pytest.skip("Python's SQLite cannot be reached from outside")
    library.sqlite3_vfs_find.restype = POINTER
    library.sqlite3_vfs_find.argtypes = (TEXT,)
    library.sqlite3_vfs_register.argtypes = (POINTER, INT)
    library.sqlite3_vfs_unregister.argtypes = (POINTER,)
    return library


class Recorder:
    """A file layer that notes what reaches the disk; ``events`` is the story."""

    def __init__(self):
        self.events = []
        self.names = {}
        self.kept = []
        self.library = sqlite_library()
        real = ctypes.cast(self.library.sqlite3_vfs_find(None), ctypes.POINTER(Vfs)).contents
        self.vfs = Vfs.from_buffer_copy(real)
        self.vfs.name, self.vfs.next = VFS, None
        self.real_open, self.real_delete = OPEN(real.open), DELETE(real.delete)
        self.vfs.open, self.vfs.delete = self.keep(OPEN(self.open)), self.keep(DELETE(self.delete))

    def __enter__(self):
        assert self.library.sqlite3_vfs_register(ctypes.addressof(self.vfs), 0) == 0
        return self

    def __exit__(self, *_):
        self.library.sqlite3_vfs_unregister(ctypes.addressof(self.vfs))

    def keep(self, callback):
        """Keep a callback alive and give its address."""
        self.kept.append(callback)
        return ctypes.cast(callback, POINTER).value

    def connect(self, path, **options):
        """Open a database over this layer; the seam of `Journal`."""
        return sqlite3.connect(f"file:{path}?vfs={VFS.decode()}", uri=True, **options)

    def open(self, _, path, file, flags, out):
        """Open a file for real, and let its methods note what they do."""
        result = self.real_open(ctypes.addressof(self.vfs), path, file, flags, out)
        table = ctypes.cast(file, ctypes.POINTER(POINTER))
        if result == 0 and path and table[0]:
            self.names[file] = Path(ctypes.string_at(path).decode()).name
            table[0] = ctypes.addressof(self.noting(table[0]))
        return result

    def noting(self, address):
        """Copy a file's methods, with those that change it replaced."""
        methods = Methods.from_buffer_copy(ctypes.cast(address, ctypes.POINTER(Methods)).contents)
        write, truncate, sync = WRITE(methods.write), TRUNCATE(methods.truncate), SYNC(methods.sync)

        def noted_write(file, data, size, offset):
            self.events.append(("write", self.names[file], offset, ctypes.string_at(data, size)))
            return write(file, data, size, offset)

        def noted_truncate(file, size):
            self.events.append(("truncate", self.names[file], size))
            return truncate(file, size)

        def noted_sync(file, flags):
            result = sync(file, flags)
            self.events.append(("sync", self.names[file]))
            return result

        methods.write = self.keep(WRITE(noted_write))
        methods.truncate = self.keep(TRUNCATE(noted_truncate))
        methods.sync = self.keep(SYNC(noted_sync))
        self.kept.append(methods)
        return methods

    def delete(self, _, path, sync_directory):
        """Note a deletion, and whether it was made durable."""
        self.events.append(("delete", Path(path.decode()).name, bool(sync_directory)))
        return self.real_delete(ctypes.addressof(self.vfs), path, sync_directory)


class Disk:
    """What is on the disk after some events: synced bytes of each file, and changes not synced."""

    def __init__(self, events):
        self.synced, self.pending = {}, {}
        for kind, name, *rest in events:
            if kind == "sync":
                self.synced[name] = self.settle(name, self.pending.pop(name, []))
            elif kind == "delete" and rest[0]:
                self.synced.pop(name, None)
                self.pending.pop(name, None)
            elif kind != "recorded":
                self.pending.setdefault(name, []).append((kind, *rest))

    def settle(self, name, changes):
        """Apply changes to the synced bytes of a file; None when it is gone."""
        content = bytearray(self.synced.get(name) or b"")
        for kind, *rest in changes:
            if kind == "delete":
                content = None
            elif kind == "truncate":
                del (content := content or bytearray())[rest[0] :]
            else:
                offset, data = rest
                content = content or bytearray()
                content.extend(bytes(max(0, offset + len(data) - len(content))))
                content[offset : offset + len(data)] = data
        return None if content is None else bytes(content)

    def after_cut(self, survivors):
        """Rebuild the files; ``survivors`` chooses among the changes that were not synced."""
        files = {
            name: self.settle(name, survivors(self.pending.get(name, [])))
            for name in sorted(self.synced.keys() | self.pending.keys())
        }
        return tuple((name, content) for name, content in files.items() if content is not None)


def mixture(seed):
    """Choose any of the pieces that were not synced."""
    chance = random.Random(seed)

    def choose(changes):
        pieces = [piece for change in changes for piece in in_pieces(change)]
        return [piece for piece in pieces if chance.random() < 0.5]

    return choose


def in_pieces(change):
    """Cut a write into pieces that reach the disk one by one."""
    if change[0] != "write":
        return [change]
    _, offset, data = change
    return [("write", offset + at, data[at : at + PIECE]) for at in range(0, len(data), PIECE)]


def claim(number):
    """Make a batch of 40 messages, some of whose bytes lie on overflow pages."""
    chance = random.Random(number)
    return Claim(
        batch_id=f"run:{number:04d}",
        run_id="run",
        scope=SCOPE,
        keys=chance.randbytes(16 * 40),
        size=40,
        payload=chance.randbytes(20_000),
        claimed_at=1.0,
    )


def settled(number):
    """Make the outcome of a batch."""
    return Settlement(
        batch_id=f"run:{number:04d}", state="accepted", response_id=f"r{number}", settled_at=2.0
    )


STORY = (
    {"claims": (1, 2, 3), "settlements": ()},
    {"claims": (), "settlements": (1, 2)},
    {"claims": (4, 5), "settlements": (3,)},
    {"claims": (), "settlements": (4, 5)},
)


def tell(path, connect, events):
    """Run a small campaign, noting among the events when each record returned."""
    with Journal(path, connect=connect) as journal:
        run = RunRecord(
            run_id="run", scope=SCOPE, service="a", program="p", rows=200, started_at=0.0
        )
        journal.start_run(run)
        for step, change in enumerate(STORY):
            journal.record(
                claims=[claim(number) for number in change["claims"]],
                settlements=[settled(number) for number in change["settlements"]],
            )
            events.append(("recorded", step))


def expected(steps):
    """Tell the states of all batches after the first so many steps."""
    states = {}
    for change in STORY[:steps]:
        states |= dict.fromkeys(change["claims"], "claimed")
        states |= dict.fromkeys(change["settlements"], "accepted")
    return {f"run:{number:04d}": state for number, state in states.items()}


class Unsynced(sqlite3.Connection):
    """A connection that need not sync, since nobody cuts its power: surveys are many."""

    def execute(self, statement, *values):
        """Run a statement, but never sync."""
        return super().execute(statement.replace("= EXTRA", "= OFF"), *values)


def survey(files, place):
    """Open what a power cut left, and tell the states of the batches it holds."""
    for old in place.iterdir():
        old.unlink()
    for name, content in files:
        (place / name).write_bytes(content)
    connect = functools.partial(sqlite3.connect, factory=Unsynced)
    with Journal(place / "journal.sqlite3", connect=connect) as journal:
        ledger = journal.ledger(SCOPE)
        assert ledger.keys.tobytes() == b"".join(
            claim(int(batch.batch_id[-4:])).keys for batch in ledger.batches
        )
    with sqlite3.connect(place / "journal.sqlite3") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    raw.close()
    return {batch.batch_id: batch.state for batch in ledger.batches}


def check_every_cut(events, place):
    """Cut the power between any two events and compare what is left with what had returned."""
    place.mkdir()
    found_in = functools.cache(functools.partial(survey, place=place))
    for cut in range(len(events) + 1):
        disk = Disk(events[:cut])
        returned = sum(event[0] == "recorded" for event in events[:cut])
        for survivors in every_way(cut):
            found = found_in(disk.after_cut(survivors))
            allowed = (expected(returned), expected(returned + 1))
            assert found in allowed, f"power cut after event {cut} of {len(events)}"


def every_way(cut):
    """Lose all that was not synced, lose none of it, lose some of it."""
    return (lambda _: [], lambda changes: changes, mixture(cut), mixture(-cut - 1))


def test_record__holds_through_a_power_cut_at_any_instant(tmp_path):
    """Whatever had returned is there, and nothing is there by half."""
    with Recorder() as recorder:
        tell(tmp_path / "journal.sqlite3", recorder.connect, recorder.events)
    assert sum(event[0] == "sync" for event in recorder.events) >= 3 * len(STORY)
    check_every_cut(recorder.events, tmp_path / "after")


@pytest.mark.parametrize(
    "weak",
    [
        pytest.param({"synchronous": "OFF"}, id="no sync"),
        pytest.param({"journal_mode": "MEMORY"}, id="no rollback journal"),
        pytest.param({"journal_mode": "DELETE", "synchronous": "FULL"}, id="directory not synced"),
    ],
)
def test_power_cut__is_noticed_when_the_journal_is_weakened(tmp_path, weak):
    """The simulation is not blind: with weaker settings it finds records that are lost or torn."""

    class Weak(sqlite3.Connection):
        def execute(self, statement, *values):
            name = statement.removeprefix("PRAGMA ").split(" = ")[0]
            statement = f"PRAGMA {name} = {weak[name]}" if name in weak else statement
            return super().execute(statement, *values)

    with Recorder() as recorder:
        tell(
            tmp_path / "journal.sqlite3",
            lambda path, **options: recorder.connect(path, factory=Weak, **options),
            recorder.events,
        )
    with pytest.raises((AssertionError, JournalError)):
        check_every_cut(recorder.events, tmp_path / "after")

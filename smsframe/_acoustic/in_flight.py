"""The ten places in flight that an address has, shared by all who call it from this machine.

The limit is the organization's, so it binds everybody together: the senders of this process,
through however many clients, and the processes that share a journal. A sender is one send, or what
a client does besides.

- **In a process**: whoever has the fewest calls in flight is next, among equals who came first.
- **Between processes**: each place is an empty file beside the journal, and a call holds the lock
  of one. Locks of the operating system die with their holder, so its places are free at once. Who
  sends holds the lock of a seat as well; so everybody can count, without a message, and takes no
  more than its part, one of the first holders of seats the rest. Where all ten seats are taken, a
  place that was given back is left to others for a moment.
- A send is seated from its first call to its last. While nobody else has a seat, it keeps the locks
  of the places that it gives back: each system call hands the interpreter to another thread, and
  two a call were a twentieth of a send to a server that answers at once. It looks around in every
  turn of its loop, so a newcomer has its part within a second, however long calls take.
- Counting costs some system calls and is done every `COUNT_EVERY_S` at most.
- Where nothing can be locked, or there is no place for a journal yet, the process is on its own.

Everything here happens under one lock, for microseconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from smsframe._acoustic.address import is_loopback
from smsframe._acoustic.http import NotConnectedError
from smsframe._base.forks import after_fork

try:
    import fcntl
except ImportError:  # Windows: no places are shared between processes
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from smsframe._acoustic.http import Reply, Transport

__all__ = ["PLACES", "Placed", "Sender", "cancel", "look_around", "place", "seated"]

PLACES: Final = 10
COUNT_EVERY_S: Final = 0.1
ASK_EVERY_S: Final = 0.03
LONGEST_WAIT_S: Final = 0.5
POOLS_KEPT: Final = 8  # of journals that nobody sends by at the moment; each has twenty open files
_AWAY_S: Final = (0.02, 0.1)
_ALONE: Final = -1


class Sender:
    """Who makes calls: its client with the most that may fly at a time, address and journal."""

    __slots__ = ("_most", "address", "client", "limit", "pool")

    def __init__(self, client: object, limit: int, base_url: str, journal: Path) -> None:
        self.client = client
        self.limit = self._most = limit
        parts = urlsplit(base_url)
        host = (parts.hostname or "").rstrip(".")
        self.address = f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        digest = hashlib.blake2b(self.address.encode(), digest_size=4).hexdigest()
        # Ports of sandboxes come and go: they share their files, or a journal would collect them.
        self.pool = (journal, "local" if is_loopback(base_url) else digest)

    def take_at_most(self, part: int) -> None:
        """Leave the other places to senders of other machines; never more than its client's."""
        self.limit = min(part, self._most)


class _Pool:
    """The places of an address beside one journal, as files to be locked."""

    def __init__(self, journal: Path, prefix: str) -> None:
        base = Path(os.path.realpath(journal))
        self._folder = base.with_name(f"{base.name}.in-flight")
        self._prefix = prefix
        self._files: dict[str, list[int]] = {}
        self._taken: set[int] = set()
        self._kept: list[int] = []  # locked, and nobody's
        self._seats: dict[Sender, int] = {}
        self._staying: set[Sender] = set()
        self._last: int = 0
        self._part: int = PLACES
        self._counted_at = self._away_until = float("-inf")
        self._counted_with: set[int] = set()
        self._is_alone = False
        self.is_crowded = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody of this process sends by it."""
        return not self._taken and not self._seats

    def stay(self, sender: Sender) -> None:
        """Take a seat, and keep it while it has no calls in flight."""
        self._staying.add(sender)
        self.join(sender)

    def join(self, sender: Sender) -> None:
        """Take a seat, where there is one left."""
        self._open()
        if sender in self._seats or not self._files:
            return
        for number in range(PLACES):
            if number not in self._seats.values() and self._lock("sender", number):
                self._seats[sender] = number
                break

    def rise(self, sender: Sender) -> None:
        """Stay no longer; the seat is given back with the last place."""
        self._staying.discard(sender)
        if not self._staying:
            self._unlock_kept()

    def leave(self, sender: Sender) -> None:
        """Give the seat back, unless the sender stays."""
        if sender in self._staying:
            return
        if (number := self._seats.pop(sender, None)) is not None:
            _unlock(self._files["sender"][number])

    def take(self) -> int | None:
        """Take a place; None when this process has its part, or none is free."""
        if not self._files:
            return _ALONE
        now = time.monotonic()
        if now < self._away_until or len(self._taken) >= self._count(now):
            return None
        if self._kept:
            number = self._kept.pop()
            self._taken.add(number)
            return number
        order: list[int] = [*range(self._last, PLACES), *range(self._last)]
        for number in order:
            if number not in self._taken and self._lock("place", number):
                self._taken.add(number)
                return number
        return None

    def give(self, number: int) -> None:
        """Give a place back."""
        if number == _ALONE:
            return
        self._taken.discard(number)
        self._last = number
        if self._staying and self._is_alone:
            self._kept.append(number)
            return
        _unlock(self._files["place"][number])
        if self.is_crowded:
            self._away_until = time.monotonic() + random.uniform(*_AWAY_S)  # noqa: S311 - no secret

    def look_around(self) -> None:
        """Make room for whoever came, once in a while."""
        if self._kept:
            self._count(time.monotonic())

    def _unlock_kept(self) -> None:
        """Leave the places that nobody here has to others."""
        while self._kept:
            _unlock(self._files["place"][self._kept.pop()])

    def _count(self, now: float) -> int:
        """Return the part of this process, counted anew once in a while, or with other seats."""
        ours = set(self._seats.values())
        if now - self._counted_at >= COUNT_EVERY_S or ours != self._counted_with:
            self._counted_at, self._counted_with = now, ours
            held = [n for n in range(PLACES) if n in ours or self._is_held(n)]
            part, rest = divmod(PLACES, max(len(held), 1))
            self._part = sum(part + (rank < rest) for rank, n in enumerate(held) if n in ours)
            self._part = max(self._part, 1)
            self.is_crowded = len(held) == PLACES
            self._is_alone = ours.issuperset(held)
            if not self._is_alone:
                self._unlock_kept()
        return self._part

    def _is_held(self, number: int) -> bool:
        """Tell whether somebody else has a seat; both who ask at the same time may."""
        seat = self._files["sender"][number]
        try:
            fcntl.flock(seat, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        _unlock(seat)
        return False

    def _lock(self, kind: str, number: int) -> bool:
        """Lock a file, unless another process has."""
        try:
            fcntl.flock(self._files[kind][number], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _open(self) -> None:
        """Open the files, where that is possible."""
        if self._files or fcntl is None:
            return
        opened: list[int] = []
        try:
            if not self._folder.parent.is_dir():  # or it may not be looked into
                return
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for kind in ("place", "sender"):
                for number in range(PLACES):
                    name = self._folder / f"{self._prefix}-{kind}-{number}"
                    opened.append(os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            fcntl.flock(opened[-1], fcntl.LOCK_SH | fcntl.LOCK_NB)
            _unlock(opened[-1])
        except BlockingIOError:
            pass  # there are locks: somebody has one
        except OSError:
            for descriptor in opened:
                os.close(descriptor)
            return
        self._files = {"place": opened[:PLACES], "sender": opened[PLACES:]}

    def close(self) -> None:
        """Close the files; locks that a forked child has copies of stay with its parent."""
        for descriptor in (number for files in self._files.values() for number in files):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._files = {}


def _unlock(descriptor: int) -> None:
    """Give up a lock; a disk that fails meanwhile has lost it anyway."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@dataclass(slots=True, eq=False)
class _Waiter:
    """A call that waits for its place."""

    sender: Sender
    number: int | None = None
    is_cancelled: bool = False
    woken: threading.Event | None = None  # when it has to wait

    def wake(self) -> None:
        """End its wait."""
        if self.woken is not None:
            self.woken.set()


@dataclass(slots=True)
class _Line:
    """Who has, and who waits for, the places of one address in this process."""

    used: Counter[Sender] = field(default_factory=Counter)
    by_client: Counter[int] = field(default_factory=Counter)
    waiting: list[_Waiter] = field(default_factory=list)
    is_held_elsewhere: bool = False

    def has_calls_of(self, sender: Sender) -> bool:
        """Whether a sender has places, or waits for one."""
        return bool(self.used[sender]) or any(each.sender is sender for each in self.waiting)


_lock = threading.Lock()
_lines: Final[dict[str, _Line]] = {}
_pools: Final[dict[tuple[Path, str], _Pool]] = {}


@after_fork
def _begin_anew() -> None:
    """Give up, in a forked child, what its parent holds."""
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.Lock()
    for pool in _pools.values():
        pool.close()
    _pools.clear()
    _lines.clear()


@contextlib.contextmanager
def place(sender: Sender) -> Iterator[None]:
    """Hold a place while the block makes one call, waiting for one.

    Raises
    ------
    NotConnectedError
        The wait was cancelled.
    """
    waiter = _Waiter(sender)
    process = os.getpid()
    try:
        _wait(waiter)
        yield
    finally:
        if os.getpid() == process:
            _leave(waiter)


@contextlib.contextmanager
def seated(sender: Sender) -> Iterator[None]:
    """Have a part of the places while the block makes calls, also between two of them."""
    process = os.getpid()
    with _lock:
        _pool(sender).stay(sender)
    try:
        yield
    finally:
        if os.getpid() == process:
            _rise(sender)


class Placed:
    """A transport whose exchanges each take a place in flight."""

    def __init__(self, transport: Transport, sender: Sender) -> None:
        self._transport = transport
        self._sender = sender

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_s: tuple[float, float],
        sender: Sender | None = None,
        leaving: Callable[[], None] | None = None,
    ) -> Reply:
        """Send one request when there is a place for it; see `Transport.exchange`.

        ``leaving`` is called when there is one; what it raises keeps the request from leaving.
        """
        with place(sender or self._sender):
            if leaving is not None:
                leaving()
            return self._transport.exchange(
                method,
                url,
                headers=headers,
                body=None if body is None else bytes(body),
                timeout_s=timeout_s,
            )


def _rise(sender: Sender) -> None:
    """Give the seat of a sender back, at once or with its last place."""
    with _lock:
        pool, line = _pool(sender), _lines.get(sender.address)
        pool.rise(sender)
        if line is None or not line.has_calls_of(sender):
            pool.leave(sender)


def look_around(sender: Sender) -> None:
    """Make room for other processes that came; for one who is seated, several times a second."""
    with _lock:
        _pool(sender).look_around()


def cancel(client: object) -> None:
    """Let the calls of a client that wait for a place fail: nothing of them has left."""
    with _lock:
        for line in _lines.values():
            for waiter in line.waiting:
                if waiter.sender.client is client:
                    waiter.is_cancelled = True
                    waiter.wake()


def _wait(waiter: _Waiter) -> None:
    """Wait for a place."""
    with _lock:
        line = _lines.setdefault(waiter.sender.address, _Line())
        line.waiting.append(waiter)
        _pool(waiter.sender).join(waiter.sender)
        _hand_out(line)
        if waiter.number is not None:
            return
        waiter.woken = threading.Event()
    while waiter.number is None:
        if waiter.is_cancelled:
            raise NotConnectedError("The call was given up while it waited for a place in flight.")
        waiter.woken.wait(_pause_s(line))
        with _lock:
            _hand_out(line)


def _pause_s(line: _Line) -> float:
    """Return how long to wait; all that wait ask in turn whether other processes left a place."""
    if not line.is_held_elsewhere:
        return LONGEST_WAIT_S
    among = ASK_EVERY_S * max(len(line.waiting), 1) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
    return min(among, LONGEST_WAIT_S)


def _leave(waiter: _Waiter) -> None:
    """Give place and seat back, to whoever waits."""
    sender = waiter.sender
    with _lock:
        line = _lines.get(sender.address)
        if line is None:
            return
        if waiter in line.waiting:
            line.waiting.remove(waiter)
        elif waiter.number is not None:
            _pool(sender).give(waiter.number)
            line.used[sender] -= 1
            line.by_client[id(sender.client)] -= 1
        if not line.has_calls_of(sender):
            _pool(sender).leave(sender)
            del line.used[sender]
        _hand_out(line)
        if not line.waiting and not line.used:
            _lines.pop(sender.address, None)


def _hand_out(line: _Line) -> None:
    """Give the free places to those that wait."""
    line.is_held_elsewhere = False
    refused: set[int] = set()
    while line.waiting and sum(line.used.values()) < PLACES:
        able = [
            waiter
            for waiter in line.waiting
            if line.by_client[id(waiter.sender.client)] < waiter.sender.limit
            and id(_pool(waiter.sender)) not in refused
        ]
        if not able:
            return
        waiter = min(able, key=lambda each: line.used[each.sender])
        pool = _pool(waiter.sender)
        number = pool.take()
        if number is None:
            refused.add(id(pool))
            line.is_held_elsewhere = True
            continue
        line.waiting.remove(waiter)
        line.used[waiter.sender] += 1
        line.by_client[id(waiter.sender.client)] += 1
        waiter.number = number
        waiter.wake()


def _pool(sender: Sender) -> _Pool:
    """Find the places of a sender's address beside its journal; idle ones of others are closed."""
    pool = _pools.get(sender.pool)
    if pool is None:
        idle = [known for known, pool in _pools.items() if pool.is_idle]
        for known in idle[: max(0, len(_pools) + 1 - POOLS_KEPT)]:
            _pools.pop(known).close()
        pool = _pools[sender.pool] = _Pool(*sender.pool)
    return pool

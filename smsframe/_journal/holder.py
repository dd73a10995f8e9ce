"""Who sends a campaign, told apart from everybody else, and whether that process still runs.

A process is known by boot, process namespace, number and start: a restarted machine, a container
with the same numbers, or a number that was given out again is somebody else. Only a process of this
very machine and namespace can be called dead; of all others nothing is known but when their lease
ends. Where a system says none of this (not Linux), machine and number have to do.
"""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
import socket
import time
import uuid
from pathlib import Path
from typing import Any, Self

from smsframe._base.sentences import Sentence
from smsframe.errors import CampaignBusyError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that sends, and since when (seconds since 1970, UTC)."""

    boot: str
    namespace: str
    pid: int
    start: str
    host: str
    user: str
    since: float

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        pid = os.getpid()
        return cls(
            boot=_boot(),
            namespace=_namespace(),
            pid=pid,
            start=_start_of(pid),
            host=socket.gethostname(),
            user=user_name() or "unknown user",
            since=time.time(),
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what was written; None for what is no holder."""
        try:
            read = cls(**json.loads(text))
            return dataclasses.replace(read, pid=int(read.pid), since=float(read.since))
        except (ValueError, TypeError):
            return None

    def written(self) -> str:
        """Return it as text."""
        return json.dumps(dataclasses.asdict(self))

    def is_this_process(self) -> bool:
        """Tell whether it is the process that asks."""
        here = Holder.here()
        return (self.boot, self.namespace, self.pid, self.start) == (
            here.boot, here.namespace, here.pid, here.start
        )  # fmt: skip

    def is_dead(self) -> bool:
        """Tell whether it was a process of this machine that runs no more."""
        if (self.boot, self.namespace) != (_boot(), _namespace()):
            return False
        start = _start_of(self.pid)
        if start or self.start or os.name != "posix":
            return start != self.start
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            pass
        return False

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid})"

    @property
    def process(self) -> str:
        """Name it where all processes are of one machine."""
        return f"Process {self.pid} on {self.host} ({self.user})"


def busy(
    holder: Holder | None, who: str, so_far: str, *advice: Any, **more: Any
) -> CampaignBusyError:
    """Say who sends a campaign, since when and how far that is, and what one can do."""
    since = ""
    if holder is not None:
        if holder.is_this_process():
            who = "Another send of this very process (a cell, a thread, the composer)"
        since = f" since {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(holder.since))} UTC"
    told = f"{who} has been sending this campaign{since}{so_far}. Nothing was sent by this call. "
    known = {name: getattr(holder, name, None) for name in ("pid", "host", "user", "since")}
    return CampaignBusyError(Sentence(told, *advice), **known, **more)


def user_name() -> str:
    """Return the name of the user; empty where the system does not know it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _boot() -> str:
    """Return what names this start of this machine."""
    told = _told_by("/proc/sys/kernel/random/boot_id").strip()
    return told or f"{socket.gethostname()}:{uuid.getnode():x}"


def _namespace() -> str:
    """Return the namespace in which this process has its number; "" where there is none."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    """Return when a process began, in ticks since the boot; "" where it is not known or gone."""
    fields = _told_by(f"/proc/{pid}/stat").rpartition(")")[2].split()  # its name may hold blanks
    return "" if not fields or fields[0] in "ZX" else fields[19]


def _told_by(file: str) -> str:
    """Return what a file of the system's says; "" where there is none."""
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

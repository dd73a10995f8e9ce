"""A clock that stands still until it is moved, and people in the zones of the United States."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
AREAS = {EASTERN: 212, CENTRAL: 312, MOUNTAIN: 303, PACIFIC: 310}
DAYTIME = ("08:00", "20:00")


def moment(text: str, zone: str = "UTC") -> float:
    """Return a local time as seconds since 1970."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def local(at: float, zone: str) -> dt.datetime:
    """Return a moment by the clock of a zone."""
    return dt.datetime.fromtimestamp(at, tz=ZoneInfo(zone))


class Clock:
    """Tells a time; ``step`` moves it at each message of progress that it is given as.

    After ``END_S`` seconds by the real clock it fails: whoever waits for it to move would for ever.
    """

    END_S = 60.0

    def __init__(self, at: float, step: float = 0.0) -> None:
        self.at, self.step = at, step
        self._end = time.monotonic() + self.END_S

    def __call__(self) -> float:
        """Tell the time."""
        assert time.monotonic() < self._end, "the simulated clock was waited for"
        return self.at

    def move(self, progress: object = None) -> None:  # noqa: ARG002 - as progress= has it
        """Move on, as the progress argument of a send."""
        self.at += self.step


def settings(clock: Clock, batch_size: int = 4) -> SendSettings:
    """Return how to send by a clock."""
    return SendSettings(
        batch_size=batch_size, backoff=Backoff(first_wait_s=0.001, longest_wait_s=0.01), clock=clock
    )


def people_in(*zones: str, each: int = 4) -> pd.DataFrame:
    """Return people of zones in turn, ``each`` of every one, at numbers reserved for fiction."""
    numbers = [f"+1{AREAS[zone]}5550{100 + n}" for n in range(each) for zone in zones]
    frame = pd.DataFrame({"mobile": numbers, "zone": list(zones) * each})
    return frame.assign(Name=[f"N{n}" for n in range(len(frame))])


def many_in(*zones: str, each: int) -> pd.DataFrame:
    """Return as many people as are asked for, of numbers whose area code alone says their zone."""
    named = np.tile(np.array(zones), each)
    number = np.repeat(np.arange(each), len(zones))
    areas = pd.Series(named).map(AREAS).astype(str)
    exchange = pd.Series(200 + number // 10_000).astype(str)
    lines = pd.Series(number % 10_000).astype(str).str.zfill(4)
    return pd.DataFrame({"mobile": "+1" + areas + exchange + lines, "zone": named})

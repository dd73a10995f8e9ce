"""How a send goes about its calls: sizes and waits that only tests have other ones of."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsframe._base.worker_pool import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH_SIZE = 1000
"""Most contacts that the service takes in one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """Contacts in a call, rows of files at a time, and how long to repeat what was not processed.

    A batch without a connection is given up after ``connect_attempts``, one refused for being too
    many after ``busy_s`` seconds in all. A locked journal is tried again every ``locked_pause_s``.
    The right to send a campaign by a team's journal ends ``lease_s`` after it was last renewed.
    Nobody's consent is asked any more after ``consent_quiet_s`` seconds of failures alone. What is
    not known yet of a send is asked again after the waits of ``status_backoff``.
    ``clock`` tells the seconds since 1970 (UTC).
    """

    batch_size: int = BATCH_SIZE
    portion_rows: int = 65_536
    backoff: Backoff = field(default_factory=Backoff)
    connect_attempts: int = 5
    busy_s: float = 600.0
    locked_pause_s: float = 0.5
    lease_s: float = 90.0
    consent_quiet_s: float = 60.0
    status_backoff: Backoff = field(
        default_factory=lambda: Backoff(first_wait_s=1.0, longest_wait_s=15.0)
    )
    clock: Callable[[], float] = lambda: time.time()  # noqa: PLW0108 - looked up when it is asked

"""A send's part of the ten places in flight, where senders on other machines share the journal.

Processes of one machine count each other by locks (`smsframe._acoustic.in_flight`). Those of other
machines are seen in a team's journal alone, by their leases: each of n senders of a service takes a
tenth part of n. It is asked for every two seconds; a sender that died elsewhere counts until its
lease ends. Who finds others at its beginning takes one place until they have had time to find it.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

from smsframe._acoustic.client import MOST_IN_FLIGHT
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from smsframe._acoustic.client import Seat
    from smsframe._journal.store import Journal

ASK_EVERY_S: Final = 2.0


class SharedPlaces:
    """Looks around for other senders: on this machine at each turn, elsewhere once in a while.

    Parameters
    ----------
    journal : Journal
        The journal of the send.
    seat : Seat
        What the run sends by.
    """

    def __init__(self, journal: Journal, seat: Seat) -> None:
        self._journal = journal
        self._seat = seat
        self._due = 0.0 if journal.is_shared else float("inf")
        self._is_new = True

    def look_around(self) -> None:
        """Make room for who came, and take what those that went have left."""
        self._seat.look_around()
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + ASK_EVERY_S
            with contextlib.suppress(JournalError):  # asked again in a moment
                part = self._journal.part_of(MOST_IN_FLIGHT)
                is_known = not self._is_new or part == MOST_IN_FLIGHT
                self._seat.limit(part if is_known else 1)
                self._is_new = False

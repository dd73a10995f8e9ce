"""Send keys and hashes of the batches to come, made for many of them at once.

They could be made batch by batch. But hashing is a loop that holds the interpreter's lock, and the
threads that make calls wait for it; a handful of Arrow calls before each loop lets them in and out
a thousand times. Made for ``AHEAD`` rows at a time, a send of 400,000 rows to a server that answers
at once takes 2.47 s of CPU, and 3.44 s with the keys made batch by batch (medians of 16 alternating
pairs on a shared machine with two cores). With calls of 250 ms a person sees no difference. More at
a time gains nothing and would keep an answer waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smsframe._base.arrow import are_neighbours
from smsframe._plan.message_keys import KEY_BYTES

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData

AHEAD = 16_384


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identities:
    """What the journal keeps of some messages: keys, recipient hashes, and hashes by value."""

    keys: npt.NDArray[np.void]
    recipients: npt.NDArray[np.uint64]
    loose: list[npt.NDArray[np.uint64]]

    def at(self, at: Positions | slice) -> Identities:
        """Return those at some positions; those of a slice are not copied."""
        return Identities(
            keys=self.keys[at],
            recipients=self.recipients[at],
            loose=[column[at] for column in self.loose],
        )

    @property
    def loose_bytes(self) -> bytes:
        """The hashes of the values, value by value."""
        return b"".join(column.tobytes() for column in self.loose)


def identities_of(plan: PlanData, service: str, scope: bytes, rows: Positions) -> Identities:
    """Make the identities of rows."""
    return Identities(
        keys=np.frombuffer(plan.keys(scope, rows), f"V{KEY_BYTES}"),
        recipients=plan.messages.recipient_hashes(service, rows),
        loose=plan.messages.loose_hashes(service, rows),
    )


class KeysAhead:
    """Identities of the rows of a plan, asked for batch by batch, mostly in their order.

    Parameters
    ----------
    plan : PlanData
    service : str
        Through which service the messages go.
    scope : bytes
        The campaign, 16 bytes.
    rows : array of int64
        Positions of the rows that will be asked for, ascending; see `reorder` for another order.
    ahead : int
        How many to make at once.
    """

    def __init__(
        self, plan: PlanData, service: str, scope: bytes, rows: Positions, *, ahead: int = AHEAD
    ) -> None:
        self._plan = plan
        self._service = service
        self._scope = scope
        self._at_once = ahead
        self._places = np.empty(plan.rows, dtype=np.int32)
        self.reorder(rows)

    def reorder(self, rows: Positions) -> None:
        """Have rows that will be asked for in another order; others are made as they are asked."""
        self._rows = rows
        self._made: tuple[int, int] = (0, 0)
        self._ahead: Identities | None = None
        self._places.fill(-1)
        self._places[rows] = np.arange(len(rows), dtype=np.int32)

    def of(self, rows: Positions) -> Identities:
        """Return the identities of rows."""
        places = self._places[rows].astype(np.int64)
        beside = are_neighbours(places)
        first, last = (places[0], places[-1]) if beside else (places.min(), places.max())
        if not self._has(first, last) and first >= self._made[0]:  # those ahead are worth keeping
            here = self._rows[first : first + self._at_once]
            self._made = int(first), int(first) + len(here)
            self._ahead = identities_of(self._plan, self._service, self._scope, here)
        if self._ahead is None or not self._has(first, last):
            # halves of an earlier batch, or more than is made at once
            return identities_of(self._plan, self._service, self._scope, rows)
        start = self._made[0]
        return self._ahead.at(slice(first - start, last - start + 1) if beside else places - start)

    def _has(self, first: int, last: int) -> bool:
        """Tell whether the identities of rows from one place to another are there."""
        return bool(self._made[0] <= first and last < self._made[1])

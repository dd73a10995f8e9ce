"""What the journal knows of a plan's messages, as it is shown with the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._base.arrow import Positions
    from smsframe._plan.problems import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the journal knows of a plan's messages: how many of them were dealt with before.

    ``left`` go out now; ``waiting`` are rows that a rule holds back now, by its code. ``faults``
    are what people had before that a person would want to know, as ``_send/nearly_the_same.py``
    finds it. ``new_people`` never had a message; None where that is not told. Beside what is known
    of the past, and no part of it when two are compared: ``rows``, the positions of the rows that
    are left, and ``notices`` of them, such as for whom it is night.
    """

    accepted: int
    unknown: int
    held: int
    left: int
    waiting: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    new_people: int | None = None
    rows: Positions | None = field(default=None, repr=False, compare=False)
    notices: tuple[Fault, ...] = field(default=(), repr=False, compare=False)

    @property
    def waits(self) -> int:
        """How many rows a rule holds back now."""
        return sum(self.waiting.values())

    @property
    def blocking(self) -> list[Fault]:
        """The faults that stop the whole send."""
        return [fault for fault in self.faults if fault.severity == "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The history as far as it could be read; ``unread`` says why it could not."""

    known: History | None = None
    unread: str = ""

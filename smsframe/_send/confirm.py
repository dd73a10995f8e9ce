"""``confirm=``: refuse unless exactly so many messages would go out, as a person has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsframe._base.held_back import held_in_words
from smsframe._base.masking import AlreadyMasked
from smsframe._base.sentences import arg, many
from smsframe._base.validation import given_as
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._base.sentences import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmable:
    """The numbers that may be confirmed.

    ``left`` are to go, as their hours open, and ``going`` of them now; ``planned`` are what these
    two would be if nobody was held back for want of consent: who looks at the plan knows no other
    numbers. Once none is left, what was right stays right: up to ``most``.
    """

    left: int
    going: int
    most: int
    planned: tuple[int, ...] = ()

    def refuse_beyond(self, confirm: int | None, look_at: Piece, before: str = "") -> None:
        """Refuse a number that can be right in no case, whatever people say."""
        if confirm is not None and confirm > self.most:
            self.refuse_others(confirm, look_at, before)

    def refuse_others(self, confirm: int | None, look_at: Piece, before: str = "") -> None:
        """Refuse any other number; ``before`` says which messages do not go, and why."""
        if confirm in (None, self.left, self.going, *self.planned):
            return
        if self.left == 0 and confirm is not None and confirm <= self.most:
            return
        in_all = f", and {self.left:,} in all as their sending hours open"
        later = "" if self.going == self.left else in_all
        going = many(self.going, "message")
        told = f", but {going} would go out now{later}{before}. Nothing was sent. "
        fix = ("Look at ", look_at, ", then give ", arg("confirm", self.left), ".")
        raise InputError(
            AlreadyMasked(given_as("confirm", confirm), told, *fix),
            confirm=confirm,
            would_send=self.left,
            going=self.going,
        )


def said_before(
    counts: Mapping[str, int], held: int, planned: int, waiting: Mapping[str, int]
) -> str:
    """Say which messages of a plan do not go out now, and why; nothing when all of them do."""
    accepted = sum(counts.get(status, 0) for status in ("accepted", "sent", "not_sent"))
    told = {
        "were accepted before": accepted,
        "are unknown and not repeated": counts.get("unknown", 0),
        "would repeat the campaign with other values": held,
    }
    parts = [f"{number:,} {what}" for what, number in told.items() if number]
    parts += filter(None, [held_in_words(waiting)])
    return f" (of {planned:,} in the plan, {', '.join(parts)})" if parts else ""

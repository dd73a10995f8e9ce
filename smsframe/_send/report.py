"""What is said after a send: a line under the cell, and warnings of what is amiss."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsframe._base.held_back import held_in_words
from smsframe._base.result_columns import STATUSES, words_of
from smsframe._base.sentences import NAMED_ROUND, SETTLE, Sentence, arg, day_of, many, named_counts
from smsframe.errors import IncompleteSendWarning, UnknownOutcomeWarning, warn_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._base.sentences import Piece
    from smsframe._send.cancellation import SendControl
    from smsframe._send.delivery import Delivery


WHERE = "smsframe.last_plan().problems"
"""Where the warnings of a send are listed; there may be no variable that holds its plan."""

ALWAYS = ("accepted", "rejected", "unknown")
LEFT_OUT = ("invalid", "duplicate", "not_attempted")
JOURNAL_LOCKED = (
    "The journal is locked by another program (a database browser, a backup). What is known is "
    "kept and written when it is free; close what has it open. A stop (Ctrl-C, ■) ends the wait."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """How a send went, in numbers; what is said of it under the cell, as an error or as a warning.

    Parameters
    ----------
    counts : mapping of status to int
        The rows by status, those accepted before included.
    accepted, accepted_at : int, float
        How many of them were accepted before this send, and when the last one was (s since 1970).
    is_done : bool
        Whether all messages were accepted before, and nothing is left.
    held : mapping of code to int
        How many of the rows not attempted each rule about people held back.
    by_team : int, optional
        How many rows the file of ``SMSFRAME_EXCLUDE`` held back; None: there is none.
    warnings : int, default 0
        How many kinds of warnings were said.
    cost : str, default ""
        What those accepted now cost, where a price was given.
    waiting : str, default ""
        When the first may go that waits for its hours.
    """

    counts: Mapping[str, int]
    accepted: int = 0
    accepted_at: float | None = None
    is_done: bool = False
    held: Mapping[str, int] = field(default_factory=dict)
    by_team: int | None = None
    warnings: int = 0
    cost: str = ""
    waiting: str = ""

    @property
    def sentence(self) -> Sentence:
        """That nothing was sent, since when, and how to send again on purpose."""
        if self.accepted_at is None or not self.is_done:
            told = phrase(self.counts, self.held, self.by_team)
            waiting = f"; {self.waiting}" if self.waiting else ""
            return Sentence(f"Nothing was sent: {told}{waiting}.")
        when = dt.datetime.fromtimestamp(self.accepted_at, tz=dt.UTC)
        at = f"{when:%Y-%m-%d %H:%M:%S} UTC"
        if self.accepted == 1:
            return Sentence(
                f"Nothing was sent: the message was accepted already, at {at}. To send it again on "
                "purpose, name this round: ",
                NAMED_ROUND,
                " (it goes, as a new message, to the same person again).",
            )
        return Sentence(
            f"Nothing was sent: all {self.accepted:,} messages were accepted already, the last at "
            f"{at}. To send them again on purpose, name this round: ",
            NAMED_ROUND,
            f" (they go, as new messages, to the people of all {self.accepted:,} again).",
        )

    def line(self, table: str) -> str:
        """Return the line under a send; ``table`` is how the caller gets at what failed."""
        counts, held_out = self.counts, self.held.get("held_out", 0)  # meant: nothing is amiss
        told = named_counts(counts, ALWAYS + LEFT_OUT, always=ALWAYS)
        named = with_held(told, self.held, self.by_team)
        if self.accepted and self.accepted_at is not None:
            now = counts.get("accepted", 0) - self.accepted
            before = f"{self.accepted:,} had it before ({day_of(self.accepted_at)})"
            named[0] = f"{now:,} accepted now · {before}"
        line = " · ".join([*named, f"cost {self.cost}"] if self.cost else named)
        failed = any(counts.get(s) for s in ("rejected", "invalid")) or (
            counts.get("not_attempted", 0) > held_out
        )
        looked_at = {"failed": failed, "unknown": counts.get("unknown")}
        tables = [f"{table}.{name}" for name, there in looked_at.items() if there]
        if tables:
            line += f" · why, and what to do: {' and '.join(tables)}"
        if self.waiting:
            line += f" · {self.waiting}"
        if self.warnings:
            line += f" · {many(self.warnings, 'warning')}: {WHERE}"
        return line

    def tell_nothing(self, control: SendControl) -> None:
        """Say why there was nothing to send."""
        control.nothing_sent = self.sentence
        if not control.apart:
            if not control.quiet:
                print(self.sentence)  # noqa: T201 - the line that says why nothing moved
            warn({"unknown": self.counts.get("unknown", 0)}, "")

    def tell(self, delivery: Delivery, control: SendControl, table: str, goes_on: Piece) -> None:
        """Say how a delivery went: in a line, as an error or as warnings.

        ``goes_on`` is what is said behind the line of one that was stopped.
        """
        if not (control.quiet or control.apart):
            print(self.line(table))  # noqa: T201 - the line looked for under the cell
        if delivery.failure is not None:
            raise delivery.failure
        if control.apart:
            return
        if control.stop.asked:
            raise KeyboardInterrupt(Sentence(f"Stopped: {phrase(self.counts)}.", goes_on))
        left = self.counts.get("not_attempted", 0) - self.held.get("held_out", 0)
        ending = delivery.ending
        warn({**self.counts, "not_attempted": left}, ending.of_the_run if ending else "")


def phrase(
    counts: Mapping[str, int], held: Mapping[str, int] | None = None, by_team: int | None = None
) -> str:
    """Return the rows by status in one line, with those that rules hold back."""
    return " · ".join(with_held(named_counts(counts, STATUSES), held, by_team)) or "no rows"


def with_held(
    named: list[str], held: Mapping[str, int] | None, by_team: int | None = None
) -> list[str]:
    """Return rows by status in words; behind those not attempted, how many each rule held back."""
    rules, ends = held_in_words(held or {}, by_team), words_of("not_attempted")
    if not rules:
        return named
    waits = [f"{text} ({rules})" if text.endswith(ends) else text for text in named]
    return waits if waits != named else [*named, rules]


def warn(counts: Mapping[str, int], why: str) -> None:
    """Warn of unknown outcomes and of a run that stopped; ``why`` it did, "" if it did not."""
    if counts.get("unknown"):
        one = counts["unknown"] == 1
        lost = "its answer was" if one else "their answer was"
        repeated, them = ("It is", "it") if one else ("They are", "them")
        warn_caller(
            Sentence(
                f"{many(counts['unknown'], 'message')} may or may not have gone out: {lost} lost. "
                f"{repeated} not repeated unasked. Look in the product's events, then ",
                SETTLE,
                ". ",
                arg("resend_unknown", True),
                f" sends {them} again: up to "
                f"{many(counts['unknown'], 'person then gets', 'people then get')} it twice.",
            ),
            UnknownOutcomeWarning,
        )
    if why:
        missing = counts.get("rejected", 0) + counts.get("not_attempted", 0)
        told = Sentence(many(missing, "message"), " did not go out. ", why)
        warn_caller(told, IncompleteSendWarning)

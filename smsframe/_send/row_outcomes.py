"""What has become of each row so far, while a run goes on.

One small array each for status, reason and batch; a batch that is settled writes its rows in three
assignments. The same object counts for the progress bar and becomes the results frame at the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from smsframe._base import result_columns
from smsframe._base.held_back import held_counts
from smsframe._base.progress import Progress
from smsframe._base.result_columns import NUMBER, BatchFacts, Verdicts
from smsframe._base.sentences import Sentence, arg
from smsframe._journal import payloads
from smsframe._journal.reasons import Settled, facts_of, known_reason, reason_of
from smsframe._journal.records import ACCEPTED, UNKNOWN
from smsframe._send.batches_in_flight import CUT_ANEW

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from smsframe._base.arrow import Positions
    from smsframe._send.already_sent import Matched
    from smsframe._send.batches_in_flight import Ending, Result
    from smsframe._send.held_rows import HeldRows


HELD = (
    "already_in_campaign",
    Sentence(
        "This person had this campaign before, with other values, so nothing was sent. If this "
        "row is another message on purpose, send it alone with a ",
        arg("campaign"),
        " name of its own: it goes, as a new message, to this 1 person who had the campaign "
        "before.",
    ),
)


class Tally:
    """The verdict of every row of a plan, filled in as batches are settled."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._reasons = list(verdicts.reasons)
        self._batches: list[BatchFacts] = list(verdicts.batches)
        self._numbers: dict[str, int] = {}
        self._verdicts = replace(verdicts, reasons=self._reasons, batches=self._batches)
        self._counts = {"accepted": 0, "rejected": 0, "unknown": 0}
        self._total = 0
        self._recalled = 0

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        counts = self._counts
        return Progress(
            total=self._total,
            accepted=counts["accepted"],
            rejected=counts["rejected"],
            unknown=counts["unknown"],
        )

    def recall(self, matched: Matched) -> None:
        """Write down what the journal knows."""
        self._total = len(matched.todo)
        entries, known, ledger = matched.entries, matched.known, matched.ledger
        accepted = ledger.state[entries] == ACCEPTED
        self._set(known[accepted], "accepted", None)
        self._set(matched.held, "not_attempted", HELD)
        used, which = np.unique(ledger.batch[entries], return_inverse=True)
        batches = [ledger.batches[number] for number in used.tolist()]
        self._verdicts.batch[known] = np.array([self._batch(b) for b in batches], np.int32)[which]
        self._recall_variants(known, [batch.variant for batch in batches], which)
        self._set(known[~accepted], "unknown", None)
        self._recalled = len(self._batches)
        for these, state in ((accepted, ACCEPTED), (~accepted, UNKNOWN)):
            reasons = np.array([self._reason(known_reason(b, state)) for b in batches], np.int32)
            self._verdicts.reason[known[these]] = reasons[which[these]]

    def _recall_variants(self, rows: Positions, named: list[str], which: Positions) -> None:
        """Write down which of several texts rows had: the one that went out, whatever is now."""
        if self._verdicts.variant is None or not len(rows):
            return
        names = list(self._verdicts.variants)
        names += [name for name in dict.fromkeys(named) if name and name not in names]
        numbers = np.array([names.index(name) if name else -1 for name in named], dtype=np.int32)
        self._verdicts.variant[rows] = numbers[which]
        self._verdicts = replace(self._verdicts, variants=tuple(names))

    def settle(self, result: Result) -> None:
        """Write down what became of a batch; what may have gone out before stays unknown."""
        if result.verdict in CUT_ANEW:
            return
        status, rows = result.verdict, result.rows
        if status != "not_attempted":
            self._counts[status] += len(rows)
        if status != "accepted":
            rows = rows[self._verdicts.status[rows] != NUMBER["unknown"]]
        self._set(rows, status, None if status == "accepted" else reason_of(result.settlement))
        if status != "not_attempted":
            self._verdicts.batch[rows] = self._batch(result.settlement)

    def close(self, rows: Positions, ending: Ending) -> None:
        """Give the rows that were not attempted the reason why."""
        self._set(self.waiting(rows), "not_attempted", (ending.code, ending.sentence))

    def hold(self, rows: Positions, reason: tuple[str, str]) -> None:
        """Give rows that are not attempted a reason."""
        self._set(rows, "not_attempted", reason)

    def expect_fewer(self, rows: int) -> None:
        """Leave so many rows out of what a send deals with."""
        self._total -= rows

    def accepted(self, rows: Positions) -> Positions:
        """Return those of some rows that are accepted."""
        found: Positions = rows[self._verdicts.status[rows] == NUMBER["accepted"]]
        return found

    def hold_rows(self, held: HeldRows | None, *, late: bool = False) -> None:
        """Hold back rows by a rule, each for its own reason; ``late``: they were waited for."""
        if held is None or not len(held):
            return
        self._total -= len(held) if late else 0
        reasons = [self._reason((held.code, sentence)) for sentence in held.sentences]
        waiting = self._verdicts.status[held.rows] != NUMBER["unknown"]
        rows, number = held.rows[waiting], held.number[waiting]
        self._verdicts.status[rows] = NUMBER["not_attempted"]
        self._verdicts.reason[rows] = np.array(reasons, dtype=np.int32)[number]

    def held_counts(self) -> dict[str, int]:
        """Return how many rows each rule about people holds back, by its code."""
        reason = self._verdicts.reason[self._verdicts.status == NUMBER["not_attempted"]]
        numbers = np.bincount(reason[reason >= 0], minlength=len(self._reasons))
        counts: dict[str, int] = {}
        for (code, _), number in zip(self._reasons, numbers.tolist(), strict=True):
            counts[code] = counts.get(code, 0) + number
        return held_counts(counts)

    def left(self, rows: Positions, *, but: Positions) -> int:
        """Count those of some rows, ``but`` a part of them, that are not attempted or refused."""
        status = self._verdicts.status
        left = (status == NUMBER["not_attempted"]) | (status == NUMBER["rejected"])
        return int(left[rows].sum() - left[but].sum())

    def waiting(self, rows: Positions) -> Positions:
        """Return those of some rows that were not attempted, and of which no reason is told yet."""
        status, reason = self._verdicts.status[rows], self._verdicts.reason[rows]
        found: Positions = rows[(status == NUMBER["not_attempted"]) & (reason < 0)]
        return found

    def is_held(self, rows: Positions) -> npt.NDArray[np.bool_]:
        """Tell which of some rows that are not attempted have a reason by now."""
        found: npt.NDArray[np.bool_] = self._verdicts.reason[rows] >= 0
        return found

    def having(self, rows: Positions, code: str) -> int:
        """Count those of some rows that have a reason of a code."""
        numbers = [number for number, (name, _) in enumerate(self._reasons) if name == code]
        return int(np.isin(self._verdicts.reason[rows], numbers).sum())

    def learn(self, rows: Positions, status: str, reason: tuple[str, str] | None) -> None:
        """Write down what was found out later of rows; of those alone that are accepted."""
        self._set(self.accepted(rows), status, reason)

    def planned(self, rows: Positions) -> None:
        """Mark rows as what a dry run would send."""
        self._set(rows, "planned", None)

    def unsent_rows(self, todo: Positions) -> bytes:
        """Return what is known before the run of rows it does not send, or sends again, packed."""
        apart = np.ones(len(self._verdicts.batch), dtype=bool)
        apart[todo] = self._verdicts.batch[todo] >= 0
        return payloads.pack_rest(self._verdicts, np.flatnonzero(apart))

    def unsent_rows_at_end(self, todo: Positions) -> bytes | None:
        """Return what is known of rows in no batch of the run, packed; None when all went out."""
        if not (self._verdicts.status[todo] == NUMBER["not_attempted"]).any():
            return None
        outside = np.flatnonzero(self._verdicts.batch < self._recalled)
        return payloads.pack_rest(self._verdicts, outside)

    def frame(self, frame: pd.DataFrame, run: str | None) -> pd.DataFrame:
        """Return the results frame."""
        split = self._verdicts.split
        return result_columns.results_frame(frame, self._verdicts, run=run, split=split)

    def counts(self) -> dict[str, int]:
        """Return the number of rows by status, for those that occur."""
        status = self._verdicts.status
        numbers = {name: int((status == number).sum()) for name, number in NUMBER.items()}
        return {name: number for name, number in numbers.items() if number}

    def _set(self, rows: Positions, status: str, reason: tuple[str, str] | None) -> None:
        """Give rows a status and a reason."""
        self._verdicts.status[rows] = NUMBER[status]
        self._verdicts.reason[rows] = self._reason(reason)

    def _reason(self, reason: tuple[str, str] | None) -> int:
        """Return the number of a reason, the same for equal ones; -1 for none."""
        if reason is None:
            return -1
        key = "\x00".join(reason)
        if key not in self._numbers:
            self._numbers[key] = len(self._reasons)
            self._reasons.append(reason)
        return self._numbers[key]

    def _batch(self, record: Settled) -> int:
        """Return the number of a batch; each is met once."""
        self._batches.append(facts_of(record))
        return len(self._batches) - 1

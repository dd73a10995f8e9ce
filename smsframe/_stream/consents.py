"""Whose consent is asked before a list is sent: `smsframe._send.consent`, over all files.

Portion by portion, whoever would go out now is asked, each phone once over all files, and what is
said is written beside what else is found of a row. What a person said is kept on disk by the hash
of the number, so that memory does not grow with the people.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from smsframe._base.progress import Bar
from smsframe._base.sorted_numbers import places_in
from smsframe._eligibility.consent import (
    NO_RECORD,
    NOT_ASKED,
    OPTED_OUT,
    SILENT,
    UNKNOWN,
    ConsentProgress,
)
from smsframe._plan.batches import picker
from smsframe._plan.verdicts import READY
from smsframe._send import consent
from smsframe._stream.scratch import CONSENT_UNKNOWN, NO_CONSENT, OUT, UNASKED, person_bucket, to_go

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._acoustic.client import Client
    from smsframe._base.arrow import Positions
    from smsframe._base.progress import Wanted
    from smsframe._plan.data import PlanData
    from smsframe._plan.problems import Fault
    from smsframe._send.batches_in_flight import Stop
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.portions import Made
    from smsframe._stream.scratch import Scratch

_SAID: Final = np.dtype([("who", "<u8"), ("said", "u1")])
_WHAT: Final = {OPTED_OUT: OUT, NO_RECORD: NO_CONSENT, UNKNOWN: CONSENT_UNKNOWN}


@dataclass(slots=True, kw_only=True)
class Consents:
    """One round of asking about a list, and what came of it.

    ``would_go`` rows would go out now. ``rows`` counts them by their answer, ``why`` people by why
    nothing is known of them, ``may_go`` the rows that may go by their hours; ``unasked`` open too
    late to be asked about in this send.
    """

    found: FirstPass
    scratch: Scratch
    client: Client
    would_go: int
    wait_s: float
    stop: Stop
    rows: Counter[int] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)
    may_go: Counter[int] = field(default_factory=Counter)
    people: int = 0
    held_back: int = 0
    unasked: int = 0

    @property
    def is_required(self) -> bool:
        """Whether who cannot be asked is held back."""
        return self.found.plan.options.check_consent == "require"

    @property
    def reasons(self) -> dict[int, tuple[str, str]]:
        """The code and sentence of each kind of row that is held back."""
        is_everybody = self.rows.total() == self.rows[NO_RECORD]
        told: dict[int, tuple[str, str]] = {
            OUT: ("opted_out", consent.OPTED_OUT_SENTENCE),
            NO_CONSENT: ("no_consent", consent.without_record(is_everybody)),
        }
        if self.is_required:
            told[CONSENT_UNKNOWN] = "consent_unknown", consent.not_known(self.why, held=True)
        return told

    @property
    def holds(self) -> int:
        """How many rows are held back."""
        return self.rows.total() - self.may_go.total()

    def faults(self) -> list[Fault]:
        """Return what a person would want to know."""
        if self.is_required or not self.rows[UNKNOWN]:
            return []
        column = self.found.plan.columns.phone
        return [consent.unknown_fault(self.why, column, times=self.rows[UNKNOWN])]

    def ask(self, progress: Wanted) -> None:
        """Ask about the people of all rows that would go out now, or open within the wait.

        Raises
        ------
        AccessError
            The service refuses the right to ask. Nothing was sent.
        KeyboardInterrupt
            Somebody stopped it. Nothing was sent.
        """
        found, now = self.found, self.client.settings.clock()
        with Bar(progress) as bar:
            for made in found.made(self.scratch):
                plan, first = made.plan, made.portion.first
                goes = to_go(plan.verdict == READY, self.scratch.found(first, plan.rows))
                rows = np.flatnonzero(goes)
                if plan.hours is not None:
                    opens = plan.hours.opens_at(rows, now) <= now + self.wait_s
                    self.scratch.add_found(rows[~opens] + first, UNASKED)
                    self.unasked += int((~opens).sum())
                    rows = rows[opens]
                if len(rows):
                    self._keep(plan, rows, self._said(made, rows, bar), first)

    def _said(self, made: Made, rows: Positions, bar: Bar) -> npt.NDArray[np.uint8]:
        """Return what the person of each row says."""
        every = made.identities_at(rows).recipients
        who, first, which = np.unique(every, return_index=True, return_inverse=True)
        said = self._known(who)
        new = np.flatnonzero(said == NOT_ASKED)
        if len(new):
            said[new] = self._answers(made.plan, rows[first[new]], bar)
            records = np.empty(len(new), _SAID)
            records["who"], records["said"] = who[new], said[new]
            self.scratch.add("said", records, person_bucket(who[new]))
        return said[which]

    def _known(self, who: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
        """Return what people said who were asked for an earlier row."""
        said, bucket_of = np.full(len(who), NOT_ASKED, np.uint8), person_bucket(who)
        for bucket in np.unique(bucket_of).tolist():
            records = np.sort(self.scratch.read("said", bucket, _SAID), order="who")
            mine = np.flatnonzero(bucket_of == bucket)
            at, is_there = places_in(records["who"], who[mine])
            said[mine[is_there]] = records["said"][at[is_there]]
        return said

    def _answers(self, plan: PlanData, rows: Positions, bar: Bar) -> npt.NDArray[np.uint8]:
        """Ask about the people of rows, each of whom has one; nobody once the service is silent."""
        if self.why[SILENT]:
            self.why[SILENT] += len(rows)
            return np.full(len(rows), UNKNOWN, np.uint8)
        ids = plan.recipients.contact_ids
        assert ids is not None  # a lookup is refused when the arguments are checked
        phones = picker(rows)(ids).to_pylist()
        people, held = self.people, self.held_back

        def show(far: ConsentProgress) -> None:
            self.people, self.held_back = people + far.asked, held + far.held_back
            total = max(self.would_go, self.people)
            told = ConsentProgress(total=total, asked=self.people, held_back=self.held_back)
            bar.update(told)

        asked = consent.ask_about(plan, phones, self.client, stop=self.stop, progress=show)
        if asked.denied is not None:
            raise consent.refused(asked.denied)
        if self.stop.asked or (asked.said == NOT_ASKED).any():
            raise KeyboardInterrupt(consent.STOPPED)
        self.why.update(asked.why)
        return asked.said

    def _keep(
        self, plan: PlanData, rows: Positions, said: npt.NDArray[np.uint8], first: int
    ) -> None:
        """Write down what was said, and count it."""
        self.rows.update(said.tolist())
        goes = np.ones(len(rows), dtype=bool)
        for answer, what in _WHAT.items():
            if answer != UNKNOWN or self.is_required:
                self.scratch.add_found(rows[said == answer] + first, what)
                goes &= said != answer
        self.may_go.update(self.found.group_of(plan)[rows[goes]].tolist())

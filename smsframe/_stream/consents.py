"""Whose consent is asked before a list is sent: `smsframe._send.consent`, over all files.

Portion by portion, whoever would go out now is asked, each phone once over all files, and what is
said is written beside what else is found of a row. What a person said is kept on disk by the hash
of the number, so that memory does not grow with the people.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe._base.progress import Bar
from smsframe._base.sentences import Sentence, as_sentences
from smsframe._base.sorted_numbers import places_in
from smsframe._eligibility.consent import (
    NO_RECORD,
    NOT_ASKED,
    OPTED_IN,
    OPTED_OUT,
    SILENT,
    UNKNOWN,
    ConsentProgress,
)
from smsframe._plan.batches import picker
from smsframe._plan.problems import Fault
from smsframe._plan.verdicts import READY
from smsframe._send import consent
from smsframe._stream.scratch import (
    CONSENT_UNKNOWN,
    NO_CONSENT,
    OUT,
    UNASKED,
    person_bucket,
    to_go,
)
from smsframe.errors import AccessError

if TYPE_CHECKING:
    import numpy.typing as npt

    from smsframe._acoustic.client import Client
    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData
    from smsframe._send.batches_in_flight import Stop
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.scratch import Scratch

_SAID: Final = np.dtype([("who", "<u8"), ("said", "u1")])
_WHAT: Final = {OPTED_OUT: OUT, NO_RECORD: NO_CONSENT, UNKNOWN: CONSENT_UNKNOWN}


@dataclass(slots=True, kw_only=True)
class Consents:
    """What came of asking: how many rows had which answer, and those that may go by their hours."""

    is_required: bool
    rows: Counter[int] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)
    may_go: Counter[int] = field(default_factory=Counter)
    people: int = 0
    held_back: int = 0
    unasked: int = 0
    is_stopped: bool = False

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

    def faults(self, found: FirstPass) -> list[Fault]:
        """Return what a person would want to know."""
        if self.is_required or not self.rows[UNKNOWN]:
            return []
        return [
            Fault(
                code="consent_unknown",
                severity="warning",
                sentence=consent.not_known(self.why, held=False),
                column=found.plan.columns.phone,
                times=self.rows[UNKNOWN],
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One round of asking about a list; ``rows`` would go out now."""

    found: FirstPass
    scratch: Scratch
    client: Client
    rows: int
    wait_s: float
    stop: Stop
    bar: Bar
    told: Consents

    def run(self) -> None:
        """Ask about the people of all rows that would go out now, or open within the wait."""
        found, now = self.found, self.client.settings.clock()
        for made in found.made(self.scratch):
            plan, portion = made.plan, made.portion
            rows = self._going(plan, portion.first)
            if plan.hours is not None:
                opens = plan.hours.opens_at(rows, now) <= now + self.wait_s
                self.scratch.add_found(rows[~opens] + portion.first, UNASKED)
                self.told.unasked += int((~opens).sum())
                rows = rows[opens]
            if not len(rows):
                continue
            said = self._said(plan, rows)
            if said is None:
                self.told.is_stopped = True
                return
            self._keep(plan, rows, said, portion.first)

    def _going(self, plan: PlanData, first: int) -> Positions:
        """Return which rows of a portion are to go."""
        found = self.scratch.found(first, plan.rows)
        return np.flatnonzero(to_go(plan.verdict == READY, found))

    def _said(self, plan: PlanData, rows: Positions) -> npt.NDArray[np.uint8] | None:
        """Return what the person of each row says; None where somebody stopped the asking."""
        every = plan.messages.recipient_hashes(self.found.service, rows)
        who, first, which = np.unique(every, return_index=True, return_inverse=True)
        said = self._known(who)
        new = np.flatnonzero(said == NOT_ASKED)
        if len(new):
            answers = self._answers(plan, rows[first[new]])
            if self.stop.asked or (answers == NOT_ASKED).any():
                return None
            said[new] = answers
            records = np.empty(len(new), _SAID)
            records["who"], records["said"] = who[new], answers
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

    def _answers(self, plan: PlanData, rows: Positions) -> npt.NDArray[np.uint8]:
        """Ask about the people of rows, each of whom has one; nobody once the service is silent."""
        told = self.told
        if told.why[SILENT]:
            told.why[SILENT] += len(rows)
            return np.full(len(rows), UNKNOWN, np.uint8)
        ids = plan.recipients.contact_ids
        assert ids is not None  # a lookup is refused when the arguments are checked
        phones = picker(rows)(ids).to_pylist()
        people, held = told.people, told.held_back

        def show(far: Any) -> None:
            told.people, told.held_back = people + far.asked, held + far.held_back
            self.bar.update(
                ConsentProgress(
                    total=max(self.rows, told.people),
                    asked=told.people,
                    held_back=told.held_back,
                )
            )

        asked = consent.ask_about(plan, phones, self.client, stop=self.stop, progress=show)
        if asked.denied is not None:
            why = as_sentences(asked.denied.message, asked.denied.fix)
            raise AccessError(
                Sentence("Nothing was sent: nobody's consent could be asked. ", why),
                code=asked.denied.code,
                http_status=asked.denied.http_status,
            )
        told.why.update(asked.why)
        return asked.said

    def _keep(
        self, plan: PlanData, rows: Positions, said: npt.NDArray[np.uint8], first: int
    ) -> None:
        """Write down what was said, and count it."""
        told = self.told
        goes = np.ones(len(rows), dtype=bool)
        for answer, what in _WHAT.items():
            here = said == answer
            told.rows[answer] += int(here.sum())
            if answer != UNKNOWN or told.is_required:
                self.scratch.add_found(rows[here] + first, what)
                goes &= ~here
        told.rows[OPTED_IN] += int((said == OPTED_IN).sum())
        groups, numbers = np.unique(self.found.group_of(plan)[rows[goes]], return_counts=True)
        told.may_go.update(dict(zip(groups.tolist(), numbers.tolist(), strict=True)))


def ask(
    found: FirstPass,
    scratch: Scratch,
    client: Client,
    *,
    rows: int,
    wait_s: float,
    stop: Stop,
    progress: Any,
) -> Consents:
    """Ask about the people of all rows that would go out now; ``rows`` is how many these are.

    Raises
    ------
    AccessError
        The service refuses the right to ask. Nothing was sent.
    """
    told = Consents(is_required=found.plan.options.check_consent == "require")
    with Bar(progress) as bar:
        Asking(
            found=found,
            scratch=scratch,
            client=client,
            rows=rows,
            wait_s=wait_s,
            stop=stop,
            bar=bar,
            told=told,
        ).run()
    return told

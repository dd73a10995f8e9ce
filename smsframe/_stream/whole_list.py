"""A list from its first pass to its results: judged as one, then sent, or what a send would do.

In the order of a send of a frame (`smsframe._send.run`), under the lock of the campaign: look
through all rows; hold them against the journal; refuse what people had nearly the same; ask for
consent where that is wanted; check ``confirm``; say the warnings; send, and write the results.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from smsframe._base.masking import AlreadyMasked
from smsframe._base.progress import Bar, Progress
from smsframe._base.sentences import Sentence, many, words
from smsframe._eligibility.min_gap import GapGuard
from smsframe._eligibility.night import night_sentence
from smsframe._eligibility.opening_words import first_of
from smsframe._plan.verdicts import DUPLICATE, SENT_AGAIN, duplicate_sentence
from smsframe._send import plan_warnings
from smsframe._send.confirm import Confirmable
from smsframe._send.nearly_the_same import near_of_texts
from smsframe._send.report import SendReport
from smsframe._send.run import new_run_id
from smsframe._stream import nearly_the_same
from smsframe._stream.consents import Consents
from smsframe._stream.files_plan import going_by_hours, going_now
from smsframe._stream.first_pass import AT_NIGHT, look_through
from smsframe._stream.join import Joined, Joining, Said, spread_ledger, spread_past
from smsframe._stream.known_results import KnownResults
from smsframe._stream.patches import Patches
from smsframe._stream.repeats import number_repeats
from smsframe._stream.result_files import ResultFiles, read_note, write_note
from smsframe._stream.second_pass import NOT_REACHED, FilesRun
from smsframe._stream.sent_files import SentFiles, sent_into
from smsframe._stream.sources import result_name
from smsframe._stream.sweeps import Sweeps
from smsframe.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from smsframe._acoustic.client import Client
    from smsframe._base.send_settings import SendSettings
    from smsframe._journal.store import Journal
    from smsframe._plan.problems import Fault
    from smsframe._send.cancellation import SendControl
    from smsframe._send.delivery import Delivery
    from smsframe._send.nearly_the_same import NearRuns
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.scratch import Scratch


_LOOK_AT: Final = words("smsframe.plan_files(...)", at_shell="smsframe plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookProgress(Progress):
    """How far the first pass is: ``total`` and ``done`` count bytes, and nothing was sent yet."""

    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    read: int = 0
    rows: int = 0

    @property
    def done(self) -> int:
        """Bytes of files that were looked through."""
        return self.read

    @property
    def shown(self) -> dict[str, int]:
        """What stands beside the bar."""
        return {"rows": self.rows}


@dataclass(slots=True, kw_only=True)
class Looked:
    """A list that was looked through and held against the journal; ``told`` is what people had.

    ``near`` are the runs with nearly the same text; ``read`` the newest batch that was held
    against a gap.
    """

    joined: Joined
    near: list[NearRuns] = field(default_factory=list)
    told: list[Fault] = field(default_factory=list)
    read: int = 0
    said: Said = field(default_factory=Said)


def look(found: FirstPass, scratch: Scratch, journal: Journal | None) -> Looked:
    """Look through all rows, and hold them against each other and the journal."""
    with Bar(found.given["progress"]) as bar:
        _look_through(found, scratch, bar)
    if found.plan.options.duplicates == "send":
        number_repeats(found, scratch)
    if journal is None:
        return Looked(joined=_joined(found, scratch, keep_matched=False))
    options, read = found.plan.options, 0
    near = near_of_texts(found.plan, found.service, found.scope, journal, found.now)
    said = spread_ledger(journal, found.scope, scratch)
    if options.min_gap_s is not None:
        read = spread_past(journal, options.min_gap_s, found.now, scratch)
    joined = _joined(found, scratch, keep_matched=any(near))
    told = nearly_the_same.faults_before(found, joined, near, scratch, journal)
    return Looked(joined=joined, near=near, told=told, read=read, said=said)


def _look_through(found: FirstPass, scratch: Scratch, bar: Bar) -> None:
    """Go over all rows, with a bar of the files' bytes."""
    ends: list[int] = []
    for file in found.files:
        ends.append((ends[-1] if ends else 0) + file.size)

    def tell(rows: int) -> None:
        bar.update(LookProgress(total=ends[-1], read=ends[max(found.file_rows)], rows=rows))

    look_through(found, scratch, tell)


def _joined(found: FirstPass, scratch: Scratch, *, keep_matched: bool) -> Joined:
    """Find repeats and what is known, and note what is judged over all files."""
    joined = Joining(
        scratch=scratch,
        options=found.plan.options,
        now=found.now,
        rows=found.rows,
        keep_matched=keep_matched,
    ).join()
    found.duplicates = found.verdicts[DUPLICATE] + joined.duplicates
    _note_over_all(found, joined)
    return joined


def _note_over_all(found: FirstPass, joined: Joined) -> None:
    """Note repeats, persons who get different messages, and for how many it is night."""
    once = duplicate_sentence(found.duplicates)
    found.note("duplicate", once, found.duplicates, severity="warning")
    found.note("duplicate", SENT_AGAIN, found.repeats, severity="info")
    people = many(joined.persons, "person gets", "people get")
    most = f", up to {joined.most:,} each" if joined.persons > 1 else ""
    told = (
        f"{people} more than one message, with different values: {joined.same_person:,} messages "
        f"in all{most}. Check that this is meant."
    )
    found.note("same_person", told, joined.same_person, severity="warning")
    late = joined.by_group[AT_NIGHT]
    found.note("night_now", night_sentence(late), late, severity="info")


@dataclass(slots=True, kw_only=True)
class ListSend:
    """One send of a list, or a dry run of it: what it needs at hand.

    ``client`` and ``journal`` are None for a dry run where there is none yet.
    """

    found: FirstPass
    scratch: Scratch
    settings: SendSettings
    control: SendControl
    out: Path
    client: Client | None = None
    journal: Journal | None = None

    @property
    def wait_s(self) -> float:
        """How long the send may wait for hours, in seconds."""
        return self.found.given["wait_s"] or 0.0

    def dry_run(self) -> SentFiles:
        """Write what a send would do with each row; nothing goes out."""
        looked = look(self.found, self.scratch, self.journal)
        if looked.joined.going:
            told = [replace(fault, severity="warning") for fault in looked.told]
            plan_warnings.warn_of(_warnings([*self.found.faults(), *told]))
        self._deliver(looked, looked.joined, None, {}, is_dry=True)
        return SentFiles(self.out)

    def send(self) -> SentFiles:
        """Send what is left of the list."""
        found, client, journal = self.found, self.client, self.journal
        assert client is not None
        assert journal is not None
        journal.mark_orphans_unknown(found.scope, at=self.settings.clock())
        journal.refuse_older_copy()
        looked = look(found, self.scratch, journal)
        joined, reasons = looked.joined, {}
        _refuse_problems(found)
        _refuse_errors(looked.told)
        right = self._confirmable(joined)
        confirm = found.plan.options.confirm
        if found.plan.options.check_consent and right.going:
            right.refuse_beyond(confirm, _LOOK_AT)
            asked = Consents(
                found=found,
                scratch=self.scratch,
                client=client,
                would_go=right.going,
                wait_s=self.wait_s,
                stop=self.control.stop,
            )
            asked.ask(found.given["progress"])
            reasons = asked.reasons
            planned = right.left, right.going, asked.may_go.total() + asked.unasked
            joined = replace(joined, going=asked.may_go.total(), by_group=asked.may_go)
            right = replace(self._confirmable(joined), planned=planned)
            if asked.holds and any(looked.near) and joined.going:
                more = nearly_the_same.had_nearly_this(
                    found, joined, looked.near, self.scratch, journal
                )
                _refuse_errors(more)  # among fewer people, as many may be most of them
            looked.told += asked.faults()
        right.refuse_others(confirm, _LOOK_AT)
        warnings = 0
        if joined.going:
            warned = plan_warnings.warn_of(_warnings([*found.faults(), *looked.told]))
            warnings = len(warned)
        run_id = new_run_id() if self._going(joined) else None
        run, delivery = self._deliver(looked, joined, run_id, reasons)
        return self._told(run, joined, delivery, warnings=warnings)

    def _going(self, joined: Joined) -> int:
        """Count the rows that may go in this send."""
        return going_now(self.found, joined, self.settings.clock(), self.wait_s)

    def _confirmable(self, joined: Joined) -> Confirmable:
        """Return the numbers that may be confirmed."""
        dealt_with = joined.accepted + joined.unknown + joined.held + joined.later
        most = max(joined.going, dealt_with + joined.too_soon)
        return Confirmable(left=joined.going, going=self._going(joined), most=most)

    def _note_run(self, run_id: str | None, *, is_dry: bool) -> None:
        """Write beside the results which run they are of, and of which files."""
        found, several = self.found, self.found.plan.options.several
        runs = [name for name in (*read_note(self.out).get("runs", ()), run_id) if name]
        note = {
            "run": run_id,
            "runs": runs,
            "files": [result_name(file) for file in found.files],
            "dry_run": is_dry,
            "variants": None if several is None else json.loads(several.pinned),
        }
        write_note(self.out, note)

    def _known(self, said: Said) -> KnownResults:
        """Read what the files of results know, which are about to be replaced."""
        known = KnownResults(self.scratch, self.found.service, said)
        for path in map(self.out.absolute().joinpath, map(result_name, self.found.files)):
            if self.journal is not None and path.exists():
                known.read(path, self.journal)
        return known

    def _deliver(
        self,
        looked: Looked,
        joined: Joined,
        run_id: str | None,
        reasons: dict[int, tuple[str, str]],
        *,
        is_dry: bool = False,
    ) -> tuple[FilesRun, Delivery | None]:
        """Send what is to be sent, and write all results."""
        found, clock = self.found, self.settings.clock
        self._note_run(run_id, is_dry=is_dry)
        sweeps, guard = None, None
        if run_id is not None and found.plan.hours is not None:
            by_hours = going_by_hours(found, joined)
            sweeps = Sweeps(self.scratch, by_hours, clock=clock, wait_s=self.wait_s)
        if run_id is not None and (gap_s := found.plan.options.min_gap_s) is not None:
            guard = GapGuard(gap_s, run_id, None, read=looked.read)
        several = found.plan.options.several is not None
        with ResultFiles(self.out, found.files, found.file_rows, several=several) as results:
            run = FilesRun(
                found=found,
                scratch=self.scratch,
                journal=self.journal,
                settings=self.settings,
                run_id=run_id or "",
                going=joined.going,
                now=self._going(joined),
                files=results,
                patches=Patches(self.scratch, self.out, found.files),
                control=self.control,
                sweeps=sweeps,
                guard=guard,
                said=looked.said,
                known=self._known(looked.said),
                consents=reasons,
                is_dry=is_dry,
            )
            run.begin()
            try:
                if run_id is None:
                    run.write_rest(NOT_REACHED)
                    return run, None
                assert self.client is not None
                return run, run.deliver(self.client, self.out, found.given["progress"])
            finally:
                run.end()

    def _told(
        self, run: FilesRun, joined: Joined, delivery: Delivery | None, *, warnings: int
    ) -> SentFiles:
        """Say how it went; return the results."""
        assert self.journal is not None
        opening = first_of(run.shut, self.settings.clock())
        left = joined.unknown or joined.held or joined.later or joined.too_soon or run.held
        report = SendReport(
            counts=run.counts,
            accepted=joined.accepted,
            accepted_at=nearly_the_same.accepted_at(joined, self.journal),
            is_done=not left,
            held=run.held,
            by_team=self.found.by_team,
            warnings=warnings,
            cost="" if run.costs is None else run.costs.line,
            waiting=f"the first opens {opening}" if opening else "",
        )
        if delivery is None:
            report.tell_nothing(self.control)
        else:
            report.tell(delivery, self.control, "SentFiles", " The same call goes on.")
        return sent_into(self.out, None if self.client is None else self.client.journal_path)


def _refuse_problems(found: FirstPass) -> None:
    """Refuse a list with any problem, where that was asked for."""
    if found.plan.options.problems != "raise":
        return
    errors = [fault for fault in found.faults() if fault.severity == "error"]
    if errors:
        first = [
            Sentence(f"\n  - {many(fault.count, 'row')}: ", fault.sentence) for fault in errors[:5]
        ]
        total = sum(fault.count for fault in errors)
        listed = words(
            ", listed in plan_files(...).problems", at_shell="; smsframe plan lists them all"
        )
        told = Sentence(f"Nothing was sent: {many(total, 'problem')}", listed, ".", *first)
        raise InputError(told, problems=found.table())


def _refuse_errors(faults: list[Fault]) -> None:
    """Refuse what people had nearly the same already, or another split of a campaign's texts."""
    for fault in faults:
        if fault.severity == "error":
            raise InputError(AlreadyMasked("Nothing was sent: ", fault.sentence))


def _warnings(faults: list[Fault]) -> list[tuple[Fault, int]]:
    """Return the warnings with their counts."""
    return [(fault, fault.count) for fault in faults if fault.severity == "warning"]

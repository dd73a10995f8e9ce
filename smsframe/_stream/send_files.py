"""``plan_files`` and ``send_files``: a list in files, of any length, sent as a frame is.

Two passes. The first one reads the columns that a message needs, checks and counts every row, and
writes keys to a scratch folder on disk; repeats and what the journal knows are found bucket by
bucket. The second one reads the files again, sends, and writes the results. Memory does not grow
with the rows. A file that changes between the passes stops the send.

What would have to be known of all rows at once, and is not built yet, is refused: nothing is left
out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

from smsframe._base.masking import AlreadyMasked
from smsframe._base.progress import Bar
from smsframe._base.send_settings import SendSettings
from smsframe._base.sentences import Sentence, arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import given_as, path_fault, refuse
from smsframe._eligibility import exclude
from smsframe._journal.opening import open_existing, open_journal
from smsframe._journal.store import PATIENCE_S
from smsframe._plan.options import takes_send_options, with_defaults
from smsframe._plan.verdicts import EXCLUDED
from smsframe._send import plan_warnings
from smsframe._send.cancellation import SendControl
from smsframe._send.look_back import clock_of, connected, scope_of
from smsframe._send.report import NothingSent, banner, phrase, warn
from smsframe._send.run import new_run_id
from smsframe._stream import before as past
from smsframe._stream.first_pass import FirstPass, begin, look_through, refuse_blocked
from smsframe._stream.join import Joined, Said, join, spread_ledger
from smsframe._stream.result_files import ResultFiles, prepare_folder, read_note, write_note
from smsframe._stream.scratch import Scratch
from smsframe._stream.second_pass import NOT_REACHED, FilesRun
from smsframe._stream.sent_files import SentFiles
from smsframe._stream.sources import find_files, refuse_results_within, result_name
from smsframe.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    import os

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._journal.store import Journal
    from smsframe._plan.options import SendOptions
    from smsframe._plan.problems import Fault
    from smsframe._send.delivery import Delivery

__all__ = ["FilesPlan", "plan_files", "send_files"]

_NOT_HERE: Final[Mapping[str, str]] = {
    "min_gap": " is not looked at for files yet.",
    "sending_hours": " are not kept for files yet.",
    "closed": " is not looked at for files yet.",
    "time_zone": " is for sending hours, which are not kept for files yet.",
    "check_consent": " asks person by person, which is not done for files yet.",
    "consent_database": " is for a check of consent, which is not made for files yet.",
    "split": " is for several texts, of which files know one yet.",
    "by": " is for several texts, of which files know one yet.",
    "holdout": " is for several texts, of which files know one yet.",
}
_INSTEAD: Final = " Send such a list as frames, smsframe.read(file).sms.send(...), file by file."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Far:
    """How far the first pass is, in rows or, where these are not known, in bytes."""

    total: int
    done: int
    shown: dict[str, int]


@public
class FilesPlan:
    """What would be sent from files, with no side effect. Made by :func:`smsframe.plan_files`.

    Attributes
    ----------
    rows : int
        Rows of all files.
    recipients : int
        Messages that would go out now: what ``confirm=`` of :func:`smsframe.send_files` takes.
    counts : dict of str to int
        Rows by what becomes of them: ``ready`` (those that would go out), ``accepted`` and
        ``unknown`` (had it before), ``invalid``, ``duplicate``, ``excluded``, ``held``, ``later``.
    problems : DataFrame
        One row per kind of problem: ``code``, ``severity``, ``column``, ``count``, ``file`` and
        ``row`` (from 0) of the first one, its ``value`` (phones masked) and ``sentence``.
    countries : dict of str to int
        Messages by country, those that went out before included.
    segments : int
        Segments of all messages, those that went out before included.
    cost : float or None
        ``price_per_segment`` times the segments; None without a price for all of them.
    """

    def __init__(self, found: FirstPass, joined: Joined, faults: list[Fault]) -> None:
        self._found = found
        self._joined = joined
        found.whole += faults

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return self._found.rows

    @property
    def recipients(self) -> int:
        """Messages that would go out now."""
        return self._joined.going

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what becomes of them."""
        joined, verdicts = self._joined, self._found.verdicts
        repeats = _repeats(self._found, joined)
        excluded = verdicts[EXCLUDED]
        counted = {
            "ready": joined.going,
            "accepted": joined.accepted,
            "unknown": joined.unknown,
            "invalid": verdicts[1],
            "duplicate": repeats,
            "excluded": excluded,
            "held": joined.held,
            "later": joined.later,
        }
        return {name: number for name, number in counted.items() if number}

    @property
    def problems(self) -> pd.DataFrame:
        """One row per kind of problem."""
        return self._found.table()

    @property
    def problem_counts(self) -> dict[str, int]:
        """Number of problems by code, errors first."""
        counts: dict[str, int] = {}
        for fault in self._found.faults():
            counts[fault.code] = counts.get(fault.code, 0) + fault.count
        return counts

    @property
    def countries(self) -> dict[str, int]:
        """Messages by country."""
        return dict(self._found.countries.most_common())

    @property
    def segments(self) -> int:
        """Segments of all messages."""
        return self._found.segments

    @property
    def cost(self) -> float | None:
        """What the segments cost."""
        return self._found.cost

    def __repr__(self) -> str:
        found = self._found
        program = found.plan.message.program
        told = ", ".join(f"{number:,} {name}" for name, number in self.counts.items())
        lines = [
            f"FilesPlan: {self.recipients:,} messages, program {program}",
            f"  rows: {self.rows:,} in {len(found.files):,} files ({told})",
            f"  segments: {self.segments:,}",
        ]
        if self.cost is not None:
            lines.append(f"  cost: {self.cost:,.2f}")
        if found.plan.columns.phone is not None:
            lines.append(f"  phone column: {found.plan.columns.phone!r}")
        if found.countries:
            named = ", ".join(f"{name} {number:,}" for name, number in self.countries.items())
            lines.append(f"  countries: {named}")
        problems = ", ".join(f"{number:,} {code}" for code, number in self.problem_counts.items())
        return "\n".join([*lines, f"  problems: {problems}"] if problems else lines)


def _repeats(found: FirstPass, joined: Joined) -> int:
    """Return how many rows repeat an earlier one, in their portion or in another."""
    return found.verdicts[2] + joined.duplicates


@public
@takes_send_options
def plan_files(
    files: str | os.PathLike[str],
    text: str | Mapping[str, str] | None = None,
    **options: Unpack[SendOptions],
) -> FilesPlan:
    """Say what would be sent from files, with no side effect.

    Counts what :func:`send_files` would send. Every row of every file is checked, and held against
    the other files and the journal, in as little memory as there.

    Parameters
    ----------
    files : path
        A file (Parquet, CSV, Arrow), a folder, or a pattern such as ``people/*.parquet``.
    text : str, optional
        As for :func:`smsframe.send`; so are all others.
    program, content_id, personalize, defaults, formats, fold, source, campaign_name : optional
    ttl_minutes, character_swap, phone, lookup, region, region_from, campaign, exclude : optional
    limit, problems, resend_unknown, price_per_segment, client, wait_s, confirm, progress : optional
    duplicates, sending_hours, closed, time_zone, min_gap, check_consent : refused
    consent_database, dry_run, split, by, holdout : refused

    Returns
    -------
    FilesPlan
        With ``recipients``, ``counts``, ``problems``, ``countries``, ``segments`` and ``cost``.

    Raises
    ------
    InputError
        As for :func:`send_files`.

    Examples
    --------
    >>> import pandas as pd, pathlib, smsframe, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"], "Name": ["Ann", "Bob"]})
    >>> people.to_parquet(folder / "people.parquet")
    >>> options = {"program": "148372", "phone": "mobile", "progress": False}
    >>> smsframe.plan_files(folder, "Hi %%Name%%", **options).counts
    {'ready': 1, 'invalid': 1}
    """
    given = _checked(options)
    now = clock_of(given["client"])()
    _, paths = find_files(files)
    client = _client_if_any(given)
    found = begin(paths, _one_text(text), given, now, portion_rows=_portion_rows(client))
    refuse_blocked(found.plan.blocking)
    with Scratch() as scratch:
        _identify(found, client)
        with Bar(given["progress"]) as bar:
            _look(found, scratch, bar)
        opened = None if client is None else open_existing(client.journal_path)
        if opened is None:
            return FilesPlan(found, _joined(found, scratch, near=False), [])
        with opened as journal:
            near = past.near_runs(found, journal)
            spread_ledger(journal, found.scope, scratch)
            joined = _joined(found, scratch, near=bool(near))
            return FilesPlan(
                found, joined, past.faults_before(found, joined, near, scratch, journal)
            )


@public
@takes_send_options
def send_files(
    files: str | os.PathLike[str],
    text: str | Mapping[str, str] | None = None,
    *,
    out: str | os.PathLike[str],
    **options: Unpack[SendOptions],
) -> SentFiles:
    """Send one text to every row of files of any length, once, and write what became of each row.

    The rows are never in memory all at once. They are read twice: first every row is checked, then
    they are sent; a file that changed in between stops the send. What is the same message, what was
    sent before and what is a repeat is judged over all files, as over one frame, and rows that were
    sent from a frame are known. Run it again and it goes on where it stopped, and makes no call
    when nothing is left.

    Parameters
    ----------
    files : path
        A file (Parquet, CSV, Arrow), a folder with all below it, or a pattern such as
        ``people/*.parquet``. Names that begin with a dot or underscore are left out.
    text : str, optional
        As for :func:`smsframe.send`; so are all others.
    out : path
        Folder for the results: one Parquet file for each file, with its name and its place below
        the folder, and all its rows and columns. Each is written aside and then renamed.
    program, content_id, personalize, defaults, formats, fold, source, campaign_name : optional
    ttl_minutes, character_swap, phone, lookup, region, region_from, campaign, exclude : optional
    limit, problems, resend_unknown, price_per_segment, client, wait_s, progress : optional
    confirm : int, optional
        Refuse unless exactly so many messages would go out now, as ``plan_files`` counts them.
    duplicates, sending_hours, closed, time_zone, min_gap, check_consent : refused
    consent_database, dry_run, split, by, holdout : refused

    Returns
    -------
    SentFiles
        With ``path``, ``counts``, ``summary()``, ``failed``, ``refresh()`` and ``to_frame()``.

    Raises
    ------
    InputError
        The files cannot be read, have columns of different kinds, or one has changed; ``out`` lies
        among them or holds something else; or as for :func:`smsframe.send`.
    JournalError, CampaignBusyError, ConfigurationError, KeyboardInterrupt
        As for :func:`smsframe.send`. What was sent until then is in the journal; the same call goes
        on.

    Examples
    --------
    >>> import pandas as pd, pathlib, smsframe, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"], "Name": ["Ann", "Bob"]})
    >>> people.to_parquet(folder / "people.parquet")
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     sent = smsframe.send_files(
    ...         folder / "*.parquet", "Hi %%Name%%", program="148372", phone="mobile",
    ...         out=folder / "results", progress=False,
    ...     )
    >>> sent.summary()[["status", "rows"]].values.tolist()
    [['accepted', 1], ['invalid', 1]]
    """
    given = _checked(options)
    faults: list[str] = []
    path_fault("out", out, faults)
    refuse(faults)
    client = connected(given["client"])
    _, paths = find_files(files)
    place = Path(out).expanduser()
    refuse_results_within(place, files, paths)
    found = begin(
        paths, _one_text(text), given, client.settings.clock(), portion_rows=_portion_rows(client)
    )
    refuse_blocked(found.plan.blocking)
    _identify(found, client)
    prepare_folder(place, paths)
    with (
        Scratch() as scratch,
        open_journal(client.journal_path, patience_s=PATIENCE_S) as journal,
        journal.sending(
            found.scope,
            service=client.service,
            wait_s=given["wait_s"] or 0.0,
            lease_s=client.settings.lease_s,
        ),
    ):
        return _send_the_rest(found, scratch, journal, client, out=place)


def _send_the_rest(
    found: FirstPass, scratch: Scratch, journal: Journal, client: Client, *, out: Path
) -> SentFiles:
    """Look through all rows, hold them against the journal, and send what is left."""
    journal.mark_orphans_unknown(found.scope, at=client.settings.clock())
    with Bar(found.given["progress"]) as bar:
        _look(found, scratch, bar)
    _refuse_problems(found)
    near = past.near_runs(found, journal)
    said = spread_ledger(journal, found.scope, scratch)
    joined = _joined(found, scratch, near=bool(near))
    told = past.faults_before(found, joined, near, scratch, journal)
    _refuse_nearly_the_same(told)
    _check_confirm(found, joined)
    if joined.going:
        warnings = len(plan_warnings.warn_of(_warnings([*found.faults(), *told])))
    else:
        warnings = 0
    return _send(
        found,
        joined,
        scratch,
        journal=journal,
        client=client,
        out=out,
        said=said,
        warnings=warnings,
    )


def _one_text(text: str | Mapping[str, str] | None) -> str | None:
    """Return the text; several are refused."""
    if isinstance(text, Mapping):
        raise InputError(Sentence("Several texts are not known for files yet.", _INSTEAD))
    return text


def _checked(options: SendOptions) -> dict[str, Any]:
    """Return the arguments with their defaults; refuse those that files cannot keep."""
    given = cast("dict[str, Any]", with_defaults(options))
    plain = with_defaults({})
    for name, why in _NOT_HERE.items():
        if name in options and not _is_plain(given[name], plain[name]):  # type: ignore[literal-required]
            raise InputError(Sentence(arg(name), why, _INSTEAD))
    if _is_plain(given["duplicates"], "send"):
        why = " is not possible for files: the same message goes out once."
        raise InputError(Sentence(arg("duplicates", "send"), why, _INSTEAD))
    if given["dry_run"] is True:
        look = " writes no results for files. smsframe.plan_files counts what would be sent."
        raise InputError(Sentence(arg("dry_run", True), look))
    if given["exclude"] is not None:
        given["exclude"] = exclude.read(given["exclude"])
    return given


def _is_plain(value: object, plain: object) -> bool:
    """Tell whether an argument is what it is by itself; of arrays and frames nobody asks that."""
    return value is plain or (isinstance(value, (str, bool, int, float)) and value == plain)


def _portion_rows(client: Client | None) -> int:
    """Return how many rows are looked at at a time."""
    return (SendSettings() if client is None else client.settings).portion_rows


def _client_if_any(given: Mapping[str, Any]) -> Client | None:
    """Return the client, or the default one; None where there is none."""
    try:
        return connected(given["client"])
    except ConfigurationError:
        return None


def _identify(found: FirstPass, client: Client | None) -> None:
    """Put in whose messages these are."""
    if client is not None:
        found.service, found.scope = client.service, scope_of(found.plan, client)
    else:
        found.scope = bytes(16)


def _look(found: FirstPass, scratch: Scratch, bar: Bar) -> None:
    """Go over all rows, with a bar of the files' bytes."""
    total = sum(file.size for file in found.files)
    ends: list[int] = []
    for file in found.files:
        ends.append((ends[-1] if ends else 0) + file.size)

    def tell(rows: int) -> None:
        far = ends[max(found.file_rows)]
        bar.update(_Far(total=total, done=far, shown={"rows": rows}))

    look_through(found, scratch, tell)


def _joined(found: FirstPass, scratch: Scratch, *, near: bool) -> Joined:
    """Find repeats and what is known, and note what is judged over all files."""
    options = found.plan.options
    joined = join(
        scratch,
        named=options.campaign is not None,
        resend_unknown=options.resend_unknown,
        limit=found.given["limit"],
        keep_matched=near,
    )
    repeats = _repeats(found, joined)
    phone = found.plan.columns.phone
    found.note(
        "duplicate",
        "The same message to the same person is in an earlier row of these files. It is sent once.",
        repeats,
        severity="warning",
        column=phone,
    )
    found.note(
        "same_person",
        f"{joined.persons:,} persons get more than one message, with different values: "
        f"{joined.same_person:,} messages in all, up to {joined.most:,} each. Check that this is "
        "meant.",
        joined.same_person,
        severity="warning",
        column=phone,
    )
    return joined


def _refuse_problems(found: FirstPass) -> None:
    """Refuse a list with any problem, where that was asked for."""
    if found.plan.options.problems != "raise":
        return
    errors = [fault for fault in found.faults() if fault.severity == "error"]
    if errors:
        first = [Sentence(f"\n  - {fault.count:,} rows: ", fault.sentence) for fault in errors[:5]]
        many = sum(fault.count for fault in errors)
        told = f"Nothing was sent: {many:,} problems, listed in plan_files(...).problems."
        raise InputError(Sentence(told, *first), problems=found.table())


def _refuse_nearly_the_same(faults: list[Fault]) -> None:
    """Refuse what people had nearly the same already."""
    for fault in faults:
        if fault.severity == "error":
            raise InputError(AlreadyMasked("Nothing was sent: ", fault.sentence))


def _warnings(faults: list[Fault]) -> list[tuple[Fault, int]]:
    """Return the warnings with their counts."""
    return [(fault, fault.count) for fault in faults if fault.severity == "warning"]


def _check_confirm(found: FirstPass, joined: Joined) -> None:
    """Refuse unless exactly so many would go out; once none is left, what was right stays right."""
    confirm = found.plan.options.confirm
    most = joined.accepted + joined.unknown + joined.held + joined.later
    if confirm in (None, joined.going) or (joined.going == 0 and confirm <= most):
        return
    raise InputError(
        AlreadyMasked(
            given_as("confirm", confirm),
            f", but {joined.going:,} messages would go out now. Nothing was sent. Look at "
            "smsframe.plan_files(...), then give ",
            arg("confirm", joined.going),
            ".",
        ),
        confirm=confirm,
        would_send=joined.going,
    )


def _send(
    found: FirstPass,
    joined: Joined,
    scratch: Scratch,
    *,
    journal: Journal,
    client: Client,
    out: Path,
    said: Said,
    warnings: int,
) -> SentFiles:
    """Send what is to be sent, write all results, and tell."""
    run_id = new_run_id() if joined.going else None
    runs = [name for name in (*read_note(out).get("runs", ()), run_id) if name]
    files = [result_name(file) for file in found.files]
    write_note(out, {"run": run_id, "runs": runs, "files": files})
    control = SendControl(quiet=found.given["progress"] is False)
    with ResultFiles(out, found.files, found.file_rows) as results:
        run = FilesRun(
            found=found,
            scratch=scratch,
            journal=journal,
            client=client,
            run_id=run_id or "",
            going=joined.going,
            out=out,
            files=results,
            control=control,
            said=said,
        )
        run.begin()
        try:
            if run_id is None:
                run.write_rest(NOT_REACHED)
                delivery = None
            else:
                delivery = run.deliver(found.given["progress"])
        finally:
            run.end()
    when = past.accepted_at(joined, journal) if joined.accepted else None
    return _told(run, joined, delivery, when=when, warnings=warnings)


def _told(
    run: FilesRun,
    joined: Joined,
    delivery: Delivery | None,
    *,
    when: float | None,
    warnings: int,
) -> SentFiles:
    """Say how it went: in a line, as an error or as warnings; return the results."""
    had, found, control, out = joined.accepted, run.found, run.control, run.out
    if delivery is None:
        all_sent = had and not (joined.unknown or joined.held or joined.later)
        nothing = NothingSent(
            counts=run.counts,
            held=run.held,
            by_team=found.by_team,
            accepted=had,
            accepted_at=when if all_sent else None,
        )
        if not control.quiet:
            print(nothing.sentence)  # noqa: T201 - the line that says why nothing moved
        warn({"unknown": run.counts["unknown"]}, "")
        return SentFiles(out)
    line = banner(
        run.counts, before=(had, when), warnings=warnings, held=run.held, by_team=found.by_team
    )
    if not control.quiet:
        print(line.replace("results.sms.failed", "SentFiles.failed"))  # noqa: T201 - as above
    if delivery.failure is not None:
        raise delivery.failure
    if control.stop.asked:
        raise KeyboardInterrupt(f"Stopped: {phrase(run.counts)}. The same call goes on.")
    warn(run.counts, delivery.ending.of_the_run if delivery.ending else "")
    return SentFiles(out)

"""The first pass over a list: every row checked, counted and hashed, and nothing sent.

What is wrong with rows is found portion by portion, by the planner of frames, and added up. What is
judged over a whole column (numbers that a spreadsheet has rounded, a column without countries) is
judged over rows picked at random from all files, and in each portion too: where either is damaged,
nothing goes out. Repeats, and what the journal knows, are found by `smsframe._stream.join`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from smsframe._base.sentences import arg, remember
from smsframe._phones.country import country_counts
from smsframe._phones.prices import Cost, summed
from smsframe._plan.build import build_plan
from smsframe._plan.problems import SEVERITIES, Fault, listed_below
from smsframe._plan.row_hours import hours_missing, rows_at_night
from smsframe._plan.value_problems import note_words
from smsframe._plan.verdicts import EXCLUDED
from smsframe._stream.portions import Made, Reading, Sample, portions, read_ahead
from smsframe._stream.scratch import MINE, bucket_of, times_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    import numpy.typing as npt

    from smsframe._eligibility.opening import Group
    from smsframe._plan.data import PlanData
    from smsframe._plan.options import SendOptions
    from smsframe._stream.portions import Portion
    from smsframe._stream.scratch import Scratch
    from smsframe._stream.sources import SourceFile

SAMPLE_ROWS: Final = 50_000
AT_NIGHT: Final = -2
"""Stands in place of the number of hours, where none are kept and it is night."""
_OVER_ALL: Final = ("duplicate", "same_person")  # judged over all files, after this pass


class _Place(NamedTuple):
    """Where something is wrong: in which file, in which row from 0, and in which line of a CSV."""

    file: str = ""
    row: int | None = None
    line: int | None = None


_NOWHERE: Final = _Place()


@dataclass(slots=True)
class Arm:
    """What one of several texts comes to: messages, segments and, with prices, their cost."""

    messages: int = 0
    segments: int = 0
    costs: Cost | None = None


@dataclass(slots=True, kw_only=True)
class FirstPass:
    """What a list is, before anything is sent.

    Portions are planned with ``given``, which has nothing in it that is judged over all files: not
    ``limit``, and no repeats but those that are left out. ``groups`` numbers the hours of people as
    they are met; ``unnamed`` counts the rows of countries that hours say nothing of. ``kinds`` are
    problems of rows that share a code, a column and a severity, with the first of them, which is at
    the place that ``firsts`` says; ``whole`` are those of the whole list.
    """

    files: list[SourceFile]
    text: str | Mapping[str, str] | None
    given: SendOptions
    reading: Reading
    plan: PlanData
    now: float
    portion_rows: int
    scope: bytes = b""
    service: str = ""
    rows: int = 0
    portions: int = 0
    verdicts: Counter[int] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    segments: Counter[int] = field(default_factory=Counter)
    costs: Cost | None = None
    tells_night: bool = False
    by_team: int | None = None
    limit: int | None = None
    duplicates: int = 0
    repeats: int = 0
    has_repeats: bool = False
    groups: dict[Group, int] = field(default_factory=dict)
    unnamed: Counter[str] = field(default_factory=Counter)
    by_variant: dict[str, Arm] = field(default_factory=dict)
    kinds: dict[tuple[str, str, str], Fault] = field(default_factory=dict)
    firsts: dict[tuple[str, str, str], _Place] = field(default_factory=dict)
    whole: list[Fault] = field(default_factory=list)
    file_rows: Counter[int] = field(default_factory=Counter)

    def _sorted(self) -> list[tuple[Fault, _Place]]:
        """Return all problems, errors first, with the place of the first that has it."""
        found = [(fault, _NOWHERE) for fault in self.whole]
        found += [(kind, self.firsts.get(name, _NOWHERE)) for name, kind in self.kinds.items()]
        return sorted(found, key=lambda f: (SEVERITIES.index(f[0].severity), -f[0].count))

    def faults(self) -> list[Fault]:
        """Return all problems, errors first; those of rows with their number."""
        return [fault for fault, _ in self._sorted()]

    def table(self) -> pd.DataFrame:
        """Return the problems as a table: a line for each kind, with the first row that has it."""
        remember([fault.sentence for fault in self.faults()])
        names = ["code", "severity", "column", "count", *_Place._fields, "value", "sentence"]
        rows = [
            (f.code, f.severity, f.column, f.count, *place, f.value, str(f.sentence))
            for f, place in self._sorted()
        ]
        table = pd.DataFrame(rows, columns=names)
        return table.astype({"row": "Int64", "line": "Int64", "count": "int64"})

    def planned(self, frame: pd.DataFrame) -> PlanData:
        """Plan the rows of a portion, as if its repeats were in it alone."""
        plan = build_plan(frame, self.text, self.given.copy(), now=self.now)
        if plan.options.duplicates == "send":
            plan = replace(plan, repeats=np.zeros(plan.rows, dtype=np.int32))
        return plan

    def read_again(self) -> Iterator[Portion]:
        """Yield the portions once more, with all columns; InputError where a file has changed."""
        return portions(self.files, None, size=self.portion_rows, check=True)

    def made(self, scratch: Scratch) -> Iterator[Made]:
        """Yield what was made of each portion."""
        return map(scratch.kept, range(self.portions))

    def group_of(self, plan: PlanData) -> npt.NDArray[np.int32]:
        """Return the number of each row's hours, the same in all portions; -1 for none.

        Without hours it is told for which rows it is night, where somebody looks at the list.
        """
        if plan.hours is None:
            groups = np.full(plan.rows, -1, dtype=np.int32)
            if self.tells_night:
                groups[rows_at_night(plan, plan.ready, self.now)] = AT_NIGHT
            return groups
        numbers = [self.groups.setdefault(g, len(self.groups)) for g in plan.hours.groups]
        return np.array([*numbers, -1], dtype=np.int32)[plan.hours.of_row]

    def add(self, portion: Portion, plan: PlanData) -> None:
        """Count what a portion holds."""
        self.rows += plan.rows
        self.portions += 1
        for piece in portion.pieces:
            self.file_rows[piece.file] += piece.rows
        self.verdicts.update(times_of(plan.verdict))
        if plan.by_team is not None:
            self.by_team = (self.by_team or 0) + plan.by_team
        if plan.columns.phone is not None:
            self.countries.update(country_counts(plan.recipients.texts(plan.ready)))
        sizes = plan.segments[plan.ready]
        self.segments.update(times_of(sizes[sizes > 0]))
        self.costs = summed(self.costs, plan.costs)
        self._add_variants(plan)
        for fault in plan.problems.faults:
            if fault.positions is not None and fault.code not in _OVER_ALL:
                self._count(portion, fault)

    def _add_variants(self, plan: PlanData) -> None:
        """Count the messages of each of several texts."""
        for name, messages, segments, costs in plan.each_text():
            arm = self.by_variant.setdefault(name, Arm())
            arm.messages += messages
            arm.segments += segments
            arm.costs = summed(arm.costs, costs)

    def _count(self, portion: Portion, fault: Fault) -> None:
        """Count problems of rows."""
        name = fault.code, str(fault.column), fault.severity
        kind = self.kinds.get(name)
        if kind is None:
            assert fault.positions is not None
            first = fault.positions[:1]
            at = int(first[0])
            file, row = portion.place_of(at)
            line = int(portion.labels[at]) if portion.labels.name == "line" else None
            self.firsts[name] = _Place(self.files[file].name, row, line)
            cells = fault.values  # noqa: PD011 - a field of ours, no frame
            value = cells(first)[0] if cells else None
            kind = replace(fault, positions=None, values=None, value=value, times=0)
        self.kinds[name] = replace(kind, times=kind.times + fault.count)

    def note(self, code: str, sentence: str, count: int, *, severity: str) -> None:
        """Add what was found over all files."""
        if count:
            column = self.plan.columns.phone
            self.kinds[code, str(column), severity] = Fault(
                code=code, severity=severity, column=column, sentence=sentence, times=count
            )


def begin(
    files: list[SourceFile],
    text: str | Mapping[str, str] | None,
    given: SendOptions,
    now: float,
    *,
    portion_rows: int,
) -> FirstPass:
    """Decide from the first rows, and all their columns, what is read of every row."""
    first = next(portions(files, None, size=portion_rows), None)
    if first is None:
        raise InputError("These files have no rows.")
    formats = given["formats"] if isinstance(given["formats"], Mapping) else {}
    written = {str(name): spec for name, spec in formats.items() if isinstance(spec, str)}
    head = Reading(columns=None, formats=written).people(first, files)
    try:
        with first.located(files):
            plan = build_plan(head, text, given.copy(), now=now)
    except InputError as error:
        if "unnamed" not in error.details:
            raise
        any_hours: SendOptions = {**given, "sending_hours": {"*": ("00:00", "24:00")}}
        plan = build_plan(head, text, any_hours, now=now)  # all files are counted before it is said
    _refuse_folders_that_name(files, plan, given["personalize"])
    columns = plan.columns
    labels: list[Hashable] = [
        columns.phone,
        *columns.lookup.values(),
        columns.region_from,
        plan.options.time_zone_column,
        *plan.read_columns,
        given["by"],
        *(column for column in columns.formats if column in head.columns),
    ]
    names = dict.fromkeys(str(label) for label in labels if label is not None)
    decided: SendOptions = {**given, "phone": columns.phone, "limit": None}
    return FirstPass(
        files=files,
        text=text,
        given=decided,
        reading=Reading(columns=tuple(names), formats=written),
        plan=plan,
        now=now,
        portion_rows=portion_rows,
        whole=plan.problems.wholes,
        limit=plan.options.limit,
    )


def _refuse_folders_that_name(files: Sequence[SourceFile], plan: PlanData, said: Any) -> None:
    """Refuse tags whose values stand in the names of folders, as Spark and Hive write them."""
    folders = (folder for file in files for folder in file.name.split("/")[:-1])
    named = {name: folder for folder in folders if (name := folder.partition("=")[0]) != folder}
    told = said if isinstance(said, Mapping) else {}
    for tag in named.keys() & set(plan.texts.database_tags) - set(told):
        raise InputError(
            f"Tag %%{tag}%% is no column of these files, but folders such as {named[tag]} name its "
            "values, and they are not read from there. Write it into the files as a column, or "
            "leave it to the database: ",
            arg("personalize", {tag: None}),
            ".",
        )


def look_through(found: FirstPass, scratch: Scratch, tell: Callable[[int], None]) -> None:
    """Check, count and hash every row."""
    sample = Sample(SAMPLE_ROWS)
    unused: set[str] | None = None
    for portion, frame, plan in read_ahead(_planned_portions(found)):
        sample.add(frame)
        if plan is None:
            continue
        refuse_blocked(plan.blocking, _where(portion, found.files))
        found.add(portion, plan)
        here = {f.column for f in plan.problems.faults if f.code == "variant_unused"}
        unused = here if unused is None else unused & here
        _keep(found, portion, plan, scratch)
        tell(found.rows)
    if found.unnamed:
        raise InputError(hours_missing(found.unnamed))
    plan = found.planned(sample.frame)
    over_all = plan.problems.wholes
    told = {(fault.code, str(fault.column)) for fault in over_all}
    others = [f for f in found.whole if (f.code, str(f.column)) not in told]
    found.whole = [
        fault
        for fault in (*over_all, *others)
        if fault.code != "variant_unused" or fault.column in (unused or ())
    ]
    found.plan = replace(plan, options=replace(plan.options, limit=found.limit))
    refuse_blocked(plan.blocking)


def _planned_portions(
    found: FirstPass,
) -> Iterator[tuple[Portion, pd.DataFrame, PlanData | None]]:
    """Yield the portions of a list with their people and plans; on the thread that reads."""
    wanted = found.reading.columns
    for portion in portions(found.files, wanted, size=found.portion_rows, check=True):
        frame = found.reading.people(portion, found.files)
        with portion.located(found.files):
            plan = _planned_or_counted(found, frame)
        for name, (cells, rows) in portion.words.items():
            if plan is not None and name in plan.read_columns:
                note_words(plan.problems, name, cells, rows, file=True)
        yield portion, frame, plan


def _planned_or_counted(found: FirstPass, frame: pd.DataFrame) -> PlanData | None:
    """Plan a portion; None where its hours do not name all countries, which are counted."""
    try:
        return found.planned(frame)
    except InputError as error:
        if "unnamed" not in error.details:
            raise
        found.unnamed.update(error.details["unnamed"])
        return None


def _keep(found: FirstPass, portion: Portion, plan: PlanData, scratch: Scratch) -> None:
    """Keep what was made of a portion, and write down the keys of the rows that may go out."""
    made = Made.of(portion, plan, found.service, found.scope)
    scratch.keep(portion.number, made)
    keep_keys(found, made, scratch)
    if found.limit is not None:
        scratch.add_rows("ready", plan.ready + portion.first)


def keep_keys(found: FirstPass, made: Made, scratch: Scratch, which: Any = slice(None)) -> None:
    """Write down the keys of the rows of a portion that may go out, or of some of them."""
    plan, rows = made.plan, made.rows[which]
    records = np.empty(len(rows), MINE)
    records["key"], records["who"] = made.identities.keys[which], made.identities.recipients[which]
    records["row"] = rows + made.portion.first
    records["excluded"] = plan.verdict[rows] == EXCLUDED
    records["again"] = False if plan.occurrences is None else plan.occurrences[rows] > 0
    records["group"] = found.group_of(plan)[rows]
    scratch.add("mine", records, bucket_of(np.ascontiguousarray(records["key"])))


def _where(portion: Portion, files: Sequence[SourceFile]) -> str:
    """Name the files that a portion is of."""
    names = list(dict.fromkeys(files[piece.file].name for piece in portion.pieces))
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def refuse_blocked(blocking: Sequence[Fault], where: str = "") -> None:
    """Raise InputError where something is wrong with the whole."""
    if not blocking:
        return
    there = f" (in {where})" if where else ""
    raise InputError(listed_below(f"Nothing was sent{there}:", blocking))

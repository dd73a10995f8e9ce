"""What would be sent from files, as it is shown: counts, problems, countries, hours, cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from smsframe._base.held_back import RULE_NAMES, team_in_words
from smsframe._base.masking import mask_label
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public
from smsframe._eligibility.opening_words import lines_of
from smsframe._phones.country import listed
from smsframe._plan.figures import arm_line, consent_line, database_note, rare_line
from smsframe._plan.problems import counts_by_code
from smsframe._plan.show import counted
from smsframe._plan.verdicts import EXCLUDED, HELD_OUT, INVALID
from smsframe._stream.sweeps import open_within

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._eligibility.opening import Group
    from smsframe._plan.problems import Fault
    from smsframe._stream.first_pass import FirstPass
    from smsframe._stream.join import Joined

__all__ = ["FilesPlan"]


def going_by_hours(found: FirstPass, joined: Joined) -> Counter[Group]:
    """Count the rows that are to go by their hours; nothing where no hours are kept."""
    groups = list(found.groups)
    return Counter({groups[n]: count for n, count in joined.by_group.items() if n >= 0})


def going_now(found: FirstPass, joined: Joined, now: float, wait_s: float = 0.0) -> int:
    """Count the rows that may go now, or open within a time."""
    if found.plan.hours is None:
        return joined.going
    closed_to_none = joined.by_group.get(-1, 0)
    return closed_to_none + open_within(going_by_hours(found, joined), now, wait_s)


@public
class FilesPlan:
    """What would be sent from files, with no side effect. Made by :func:`smsframe.plan_files`.

    Attributes
    ----------
    rows : int
        Rows of all files.
    recipients : int
        Messages that are left to send, with sending hours as these open: what ``confirm=`` of
        :func:`smsframe.send_files` takes.
    going : int
        Those of them that may go at this moment; without sending hours all.
    counts : dict of str to int
        Rows by what becomes of them: ``ready`` (those that would go out), ``accepted`` and
        ``unknown`` (had it before), ``invalid``, ``duplicate``, ``excluded``, ``held_out``,
        ``held`` (had the campaign with other values), ``too_soon``, ``later`` (beyond ``limit``).
        Rows that wait for their hours are ``ready``.
    problems : DataFrame
        One row per kind of problem: ``code``, ``severity``, ``column``, ``count``, ``file``,
        ``row`` (from 0) and, of CSV files, ``line`` of the first one, its ``value`` (phones masked)
        and ``sentence``.
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
        """Messages that are left to send."""
        return self._joined.going

    @property
    def going(self) -> int:
        """Messages that may go at this moment."""
        return going_now(self._found, self._joined, self._found.now)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what becomes of them."""
        joined, verdicts = self._joined, self._found.verdicts
        counted = {
            "ready": joined.going,
            "accepted": joined.accepted,
            "unknown": joined.unknown,
            "invalid": verdicts[INVALID],
            "duplicate": self._found.duplicates,
            "excluded": verdicts[EXCLUDED] - joined.excluded_known,
            "held_out": verdicts[HELD_OUT],
            "held": joined.held,
            "too_soon": joined.too_soon,
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
        return counts_by_code((fault, fault.count) for fault in self._found.faults())

    @property
    def countries(self) -> dict[str, int]:
        """Messages by country."""
        return dict(self._found.countries.most_common())

    @property
    def segments(self) -> int:
        """Segments of all messages."""
        return sum(size * messages for size, messages in self._found.segments.items())

    @property
    def cost(self) -> float | None:
        """What the segments cost."""
        return None if self._found.costs is None else self._found.costs.total

    def __repr__(self) -> str:
        found, counts = self._found, self.counts
        told = ", ".join(f"{n:,} {RULE_NAMES.get(name, name)}" for name, n in counts.items())
        sizes = ", ".join(f"{n:,} × {size}" for size, n in sorted(found.segments.items()))
        lines = [
            f"FilesPlan: {many(self.recipients, 'message')}, program {found.plan.message.program}",
            f"  rows: {self.rows:,} in {many(len(found.files), 'file')} ({told})",
            f"  segments: {self.segments:,}" + (f" ({sizes})" if sizes else ""),
        ]
        if found.costs is not None:
            lines.append(f"  cost: {found.costs.line}")
        if found.by_team is not None:
            team = team_in_words(f"{counts.get('excluded', 0):,}", found.by_team)
            lines.append(f"  excluded: {team}")
        for name, arm in found.by_variant.items():
            comes_to = arm_line(arm.messages, arm.segments, arm.costs)
            lines.append(f"  text {mask_label(name)}: {comes_to}")
        if found.plan.options.check_consent:
            lines.append(f"  consent: {consent_line(self.recipients)}")
        if found.plan.columns.phone is not None:
            lines.append(f"  phone column: {mask_label(repr(found.plan.columns.phone))}")
        if found.countries:
            lines.append(f"  countries: {listed(self.countries)}")
        rare = rare_line(self.countries, found.countries.total())
        lines += [f"  {note}" for note in [*rare, *database_note(found.plan)]]
        by_hours = going_by_hours(found, self._joined)
        lines += [f"  {line}" for line in lines_of(by_hours, found.now)]
        problems = counted(self.problem_counts)
        return "\n".join([*lines, f"  problems: {problems}"] if problems else lines)

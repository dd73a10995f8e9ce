"""What is wrong with a frame, collected for all rows at once and told cell by cell.

A fault is kept once for all the cells that share it (one sentence, many positions): a million
faulty rows cost an array of positions, not a million objects. The table that people read is made
only when asked for. Faults of the whole send (the text, a rounded column) have no position and come
first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smsframe._base.sentences import Sentence, joined, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from smsframe._base.arrow import Positions

SEVERITIES = ("error", "warning", "info")
COLUMNS = ("label", "position", "column", "value", "code", "severity", "sentence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, shared by every cell at ``positions``; no positions means the whole send.

    ``times`` is how many messages a fault of the whole send is about, where that can be counted.
    """

    code: str
    severity: str
    sentence: str
    column: Any = None
    positions: Positions | None = None
    values: Callable[[Positions], Sequence[Any]] | None = None
    value: Any = None
    times: int = 1

    @property
    def count(self) -> int:
        """How many problems this is."""
        return self.times if self.positions is None else len(self.positions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """All problems that share one sentence: how many there are, and the first as an example."""

    code: str
    severity: str
    sentence: str
    count: int
    column: Any = None
    label: Any = None
    value: Any = None


@dataclass(slots=True)
class Problems:
    """All faults found so far, in the order of finding."""

    faults: list[Fault] = field(default_factory=list)

    def whole(
        self,
        code: str,
        sentence: str,
        *,
        severity: str = "error",
        column: Any = None,
        value: Any = None,
    ) -> None:
        """Add a fault of the whole send."""
        self.faults.append(
            Fault(code=code, severity=severity, sentence=sentence, column=column, value=value)
        )

    def rows(
        self,
        code: str,
        sentence: str,
        positions: Positions,
        *,
        severity: str = "error",
        column: Any = None,
        values: Callable[[Positions], Sequence[Any]] | None = None,
    ) -> None:
        """Add a fault of rows; none are added when ``positions`` is empty."""
        if len(positions):
            self.faults.append(
                Fault(
                    code=code,
                    severity=severity,
                    sentence=sentence,
                    column=column,
                    positions=positions.astype(np.int64, copy=False),
                    values=values,
                )
            )

    def of(self, severity: str) -> list[Fault]:
        """Return the faults of one severity."""
        return [fault for fault in self.faults if fault.severity == severity]

    @property
    def wholes(self) -> list[Fault]:
        """The faults of the whole send."""
        return [fault for fault in self.faults if fault.positions is None]

    @property
    def blocking(self) -> list[Fault]:
        """The errors of the whole send: nothing may go out while there is one."""
        return [fault for fault in self.wholes if fault.severity == "error"]

    def bad_rows(self, rows: int) -> npt.NDArray[np.bool_]:
        """Return, for each of ``rows`` rows, whether an error stops it."""
        bad = np.zeros(rows, dtype=bool)
        for fault in self.of("error"):
            if fault.positions is not None:
                bad[fault.positions] = True
        return bad

    @property
    def _ranked(self) -> list[Fault]:
        """The faults, errors first, then by number."""
        return sorted(self.faults, key=lambda f: (SEVERITIES.index(f.severity), -f.count))

    def counts(self) -> dict[str, int]:
        """Return how many problems each code has, errors first, then by number."""
        return counts_by_code((fault, fault.count) for fault in self._ranked)

    def kinds(self, index: pd.Index) -> list[Kind]:
        """Return the problems by kind: errors first, then by number; ``index`` has the labels."""
        return [_kind(fault, index) for fault in self._ranked]

    def to_frame(self, index: pd.Index, *, first: int | None = None) -> pd.DataFrame:
        """Return the problems as a frame: the whole send's first, then row by row.

        Parameters
        ----------
        index : Index
            The labels of the frame the problems were found in.
        first : int, optional
            Only the first so many problems of rows; None means all.

        Returns
        -------
        DataFrame
            Columns ``label``, ``position`` (Int64, NA for the whole send), ``column``, ``value``,
            ``code``, ``severity`` (categorical) and ``sentence``; a RangeIndex.
        """
        wholes = sorted(self.wholes, key=lambda fault: SEVERITIES.index(fault.severity))
        which, positions = self._in_row_order(first)
        by_row = self._by_row
        shared = [*wholes, *(by_row[i] for i in which)]
        remember(fault.sentence for fault in self.faults)
        return pd.DataFrame(
            {
                "label": _objects([None] * len(wholes) + _labels(index, positions)),
                "position": pd.array([None] * len(wholes) + positions.tolist(), dtype="Int64"),
                "column": _objects(fault.column for fault in shared),
                "value": _objects(
                    [*(f.value for f in wholes), *self._cell_values(which, positions)]
                ),
                "code": pd.array([fault.code for fault in shared], dtype="string"),
                "severity": pd.Categorical([f.severity for f in shared], categories=SEVERITIES),
                "sentence": pd.array([str(fault.sentence) for fault in shared], dtype="string"),
            },
            columns=list(COLUMNS),
        )

    @property
    def _by_row(self) -> list[Fault]:
        """The faults that have positions."""
        return [fault for fault in self.faults if fault.positions is not None]

    def _in_row_order(self, first: int | None) -> tuple[list[int], Positions]:
        """Return which fault and which row each problem is, by row, errors before warnings."""
        by_row = self._by_row
        if not by_row:
            return [], np.empty(0, dtype=np.int64)
        found = [_lowest(fault.positions, first) for fault in by_row if fault.positions is not None]
        positions = np.concatenate(found)
        which = np.repeat(np.arange(len(by_row)), list(map(len, found)))
        rank = np.array([SEVERITIES.index(fault.severity) for fault in by_row])[which]
        order = np.lexsort((which, rank, positions))[:first]
        return which[order].tolist(), positions[order]

    def _cell_values(self, which: list[int], positions: Positions) -> list[Any]:
        """Return the value of each cell, asked for fault by fault."""
        cells: list[Any] = [None] * len(which)
        owners = np.asarray(which, dtype=np.int64)
        for number, fault in enumerate(self._by_row):
            places = np.flatnonzero(owners == number)
            if fault.values is None or not len(places):  # noqa: PD011 - not a Series
                continue
            for place, value in zip(places, fault.values(positions[places]), strict=True):
                cells[place] = value
        return cells


def counts_by_code(found: Iterable[tuple[Fault, int]]) -> dict[str, int]:
    """Return how many problems each code has."""
    counts: dict[str, int] = {}
    for fault, count in found:
        counts[fault.code] = counts.get(fault.code, 0) + count
    return counts


def _lowest(positions: Positions, first: int | None) -> Positions:
    """Return the ``first`` lowest positions, in any order; all of them for None."""
    if first is None or len(positions) <= first:
        return positions
    return np.partition(positions, first)[:first]


def _kind(fault: Fault, index: pd.Index) -> Kind:
    """Return a fault with its first cell as the example."""
    label, value = None, fault.value
    cells = fault.values  # noqa: PD011 - a field of ours, no frame
    if fault.positions is not None:
        first = fault.positions[:1]
        label = _labels(index, first)[0]
        value = cells(first)[0] if cells else None
    return Kind(
        code=fault.code,
        severity=fault.severity,
        sentence=fault.sentence,
        count=fault.count,
        column=fault.column,
        label=label,
        value=value,
    )


def first_codes(
    problems: Problems, rows: int
) -> tuple[list[tuple[str, str]], npt.NDArray[np.int32]]:
    """Return the distinct errors (code, sentence) and, for each row, which it has (-1: none).

    A row with several errors gets the first one's code and all their sentences, joined.
    """
    reasons: list[tuple[str, str]] = []
    numbers: dict[tuple[str, str], int] = {}
    verdict = np.full(rows, -1, dtype=np.int32)
    for fault in problems.of("error"):
        if fault.positions is None:
            continue
        before = verdict[fault.positions]
        for old in np.unique(before):
            code, before_it = reasons[old] if old >= 0 else (fault.code, "")
            told = joined(" ", filter(None, [before_it, fault.sentence]))
            number = numbers.setdefault((code, told), len(reasons))
            if number == len(reasons):
                reasons.append((code, told))
            verdict[fault.positions[before == old]] = number
    return reasons, verdict


def listed_below(head: str, faults: Iterable[Fault]) -> Sentence:
    """Return faults of a whole send as a list below some words."""
    return Sentence(head, *(Sentence(f"\n  - {_blamed(f)}", f.sentence) for f in faults))


def _blamed(fault: Fault) -> str:
    """Name the column of a fault and the evidence; the sentence about a tag names it itself."""
    told = fault.column in (None, "text") or fault.code.startswith("tag_")
    where = "" if told else f"column {fault.column!r}: "
    return where if not fault.value else f"{where}({fault.value}) "


def _labels(index: pd.Index, positions: Positions) -> list[Any]:
    """Return the labels at positions; a MultiIndex gives tuples."""
    return list(index.take(positions))


def _objects(values: Iterable[Any]) -> pd.Series:
    """Return an object Series; a tuple stays one cell."""
    listed = list(values)
    out = np.empty(len(listed), dtype=object)
    for place, value in enumerate(listed):
        out[place] = value
    return pd.Series(out, dtype=object)

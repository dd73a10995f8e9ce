"""What a report shows, read from results and the journal and counted.

What is read of a row is its status, its reason's code, its country, its variant, the time and the
size of its message; no value of the caller's columns and no sentence of a row is looked at.

A message whose row was repeated, as by a merge with a table of orders, is counted once: in a report
people want to know how many messages there were. Who sent what is in the journal, which is found by
the ids of the batches, so also for a table that was filtered, or that was merged and has lost its
``attrs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from smsframe._base import result_columns
from smsframe._base.result_columns import VARIANT
from smsframe._base.result_rows import ResultRows
from smsframe._phones.country import countries
from smsframe._results.summary import added, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    from smsframe._journal.records import RunRecord
    from smsframe._journal.store import Journal
    from smsframe._results.summary import Summary

Span: TypeAlias = tuple[pd.Timestamp, pd.Timestamp]
MOST_GROUPS: Final = 20
MOST_HOURS: Final = 48
MOST_DAYS: Final = 62
DAY_HOURS: Final = 24
OTHERS: Final = "all others"
NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report shows.

    ``people`` is how many recipients have a message that is accepted or sent, ``repeated`` how many
    rows repeat a message of an earlier one. ``times``, ``places`` and ``variants`` are counts: a
    line for each hour (or day, or month, as ``unit`` says), country and variant, a column for each
    status. ``not_here`` are runs that the journal does not know. ``made_at`` is in seconds since
    1970.
    """

    summary: Summary
    people: int
    repeated: int
    times: pd.DataFrame
    unit: str
    places: pd.DataFrame
    variants: pd.DataFrame | None
    runs: list[RunRecord]
    not_here: list[str]
    made_at: float


def facts_of(frame: pd.DataFrame, price: Any, journal: Journal | None, *, made_at: float) -> Facts:
    """Read and count what a report shows."""
    run, span = result_columns.run_of(frame), _span(ResultRows.read(frame))
    runs = [run] if run else []
    return facts_of_parts([frame], price, journal, made_at=made_at, runs=runs, span=span)


def facts_of_parts(
    parts: Iterable[pd.DataFrame],
    price: Any,
    journal: Journal | None,
    *,
    made_at: float,
    runs: Iterable[str],
    span: Span | None,
    meet: Callable[[pa.Array], None] = lambda _: None,
) -> Facts:
    """Read and count what a report shows, part by part.

    ``span`` is when the first and the last message was accepted. A person in several parts is
    counted in each; ``meet`` is given those of each part.
    """
    counts: dict[str, pd.DataFrame | None] = {}
    summaries, people, repeated = [], 0, 0
    batches: set[str] = set()
    for part in parts:
        every = ResultRows.read(part)
        repeats = every.repeats()
        frame = part.iloc[np.flatnonzero(~repeats)] if repeats.any() else part
        rows = ResultRows.read(frame) if repeats.any() else every
        met = rows.contact.filter(rows.has(*result_columns.BILLED)).unique().drop_null()
        meet(met)
        people, repeated = people + len(met), repeated + int(repeats.sum())
        batches.update(rows.batch.unique().drop_null().to_pylist())
        summaries.append(summary(frame, price_per_segment=price))
        country = pd.Series(countries(rows.contact)).astype("string").fillna(NONE)
        here = {"places": _counts(country, rows), "variants": _variants(rows)}
        here["times"] = None if span is None else _times(rows, span)
        counts = {name: _sum(counts.get(name), table) for name, table in here.items()}
    found, not_here = _runs({*runs, *(b.partition(":")[0] for b in batches)}, journal)
    times, places, variants = (counts[name] for name in ("times", "places", "variants"))
    assert places is not None
    return Facts(
        summary=added(summaries, batches=len(batches)),
        people=people,
        repeated=repeated,
        times=pd.DataFrame() if times is None else times,
        unit="hour" if span is None else _unit(*span)[0],
        places=_largest(places),
        variants=None if variants is None else _largest(variants),
        runs=found,
        not_here=not_here,
        made_at=made_at,
    )


def _sum(one: pd.DataFrame | None, other: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the counts of two parts together."""
    if one is None or other is None:
        return other if one is None else one
    both = one.add(other, fill_value=0).fillna(0).astype("int64")
    return both[[status for status in result_columns.STATUSES if status in both.columns]]


def _variants(rows: ResultRows) -> pd.DataFrame | None:
    """Return counts by variant, None where results have none."""
    label = result_columns.result_label(rows.frame.columns, VARIANT)
    if label not in rows.frame.columns:
        return None
    column = rows.frame[label]
    one = column if isinstance(column, pd.Series) else column.iloc[:, 0]
    return _counts(one.astype("string").reset_index(drop=True).fillna(NONE), rows)


def _largest(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the largest groups first, the smallest ones as one."""
    ranks = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    counts = counts.loc[ranks]
    if len(counts) > MOST_GROUPS:
        rest = counts.iloc[MOST_GROUPS - 1 :].sum().to_frame(OTHERS).T
        counts = pd.concat([counts.iloc[: MOST_GROUPS - 1], rest])
    return counts


def _span(rows: ResultRows) -> Span | None:
    """Return when the first and the last of the rows were accepted."""
    at = pd.Series(rows.accepted_at).dt.tz_localize(None)
    return None if at.isna().all() else (at.min(), at.max())


def _times(rows: ResultRows, span: Span) -> pd.DataFrame:
    """Return rows that were accepted by hour and status; a long time by day, or by month."""
    at = pd.Series(rows.accepted_at).dt.tz_localize(None)
    unit, step = _unit(*span)
    counts = _counts(at.dt.to_period(step), rows)
    every = pd.period_range(*span, freq=step)
    counts = counts.reindex(every, fill_value=0)
    days = len({f"{period:%Y-%m-%d}" for period in every})
    shown = {"hour": "%d %b, %H:%M" if days > 1 else "%H:%M", "day": "%d %b %Y", "month": "%B %Y"}
    counts.index = pd.Index([period.strftime(shown[unit]) for period in every])
    return counts


def _unit(first: pd.Timestamp, last: pd.Timestamp) -> tuple[str, str]:
    """Return what a line of times is, and its name among pandas' frequencies."""
    hours = (last.floor("h") - first.floor("h")) / pd.Timedelta(hours=1)
    if hours < MOST_HOURS:
        return "hour", "h"
    return ("day", "D") if hours < DAY_HOURS * MOST_DAYS else ("month", "M")


def _counts(groups: pd.Series, rows: ResultRows) -> pd.DataFrame:
    """Return rows by group and status."""
    numbers, names = pd.factorize(groups, sort=True)
    known = (numbers >= 0) & (rows.status >= 0)
    width = len(result_columns.STATUSES)
    cells = numbers[known] * width + rows.status[known]
    table = np.bincount(cells, minlength=len(names) * width).reshape(len(names), width)
    counts = pd.DataFrame(table, index=names, columns=list(result_columns.STATUSES))
    return counts.loc[:, counts.any()]


def _runs(named: set[str], journal: Journal | None) -> tuple[list[RunRecord], list[str]]:
    """Return the runs of some ids, and the ids of those that the journal does not know."""
    known = [] if journal is None or not named else journal.runs()
    found = [run for run in known if run.run_id in named]
    return found, sorted(named - {run.run_id for run in found})

"""``summary``: what happened, counted.

A summary is a small object rather than a frame, because its totals (batches, cost, from and to) are
no rows of a table; ``to_frame()`` is the table, one line per status and code, ready to compute
with.

Segments and cost count what goes on the bill as far as it is known: messages that are accepted or
sent. What is ``not_sent`` costs nothing; what is ``unknown`` may, and is counted apart. A message
whose row was repeated, as a merge with a table of orders does, is counted with the first of its
rows, so that the lines of a table add up to the bill.
"""

from __future__ import annotations

import difflib
import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.held_back import held_counts
from smsframe._base.odd_cells import without_odd_cells
from smsframe._base.result_rows import A_RESULT, ResultRows
from smsframe._base.sentences import Sentence, arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_label, refuse, shown_label
from smsframe._phones.country import countries
from smsframe._phones.prices import check_price, cost_of, prices_of, summed
from smsframe._results.summary_html import summary_html, summary_text
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    from smsframe._base.any_frame import AnyFrame
    from smsframe._phones.prices import Cost, Price

COUNTRY = "country"
_OF_THE_SUMMARY = {"rows", "share", "segments", "cost", "status", "code", *result_columns.STATUSES}


@public
@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Summary:
    """What became of a send, counted. Made by :func:`smsframe.summary`.

    Attributes
    ----------
    rows : int
        Rows of the results.
    counts : dict of str to int
        Rows by status, for those that occur, the best first.
    held : dict of str to int
        Rows not attempted by the code of the rule about people that holds them back (``excluded``,
        ``too_soon``, …), for those that occur.
    batches : int
        Calls that these rows were sent in.
    segments : int
        Segments of the messages that are accepted or sent, as far as known; a message that has
        several rows is counted once.
    segments_unknown : int
        Segments of the rows whose outcome is unknown.
    cost : float or None
        ``segments`` times the price; None without a price for all of them.
    cost_by_country : dict of str to float or None
        With prices by country, the cost of each, the largest first; None where there is no price.
    first_at, last_at : Timestamp (UTC) or None
        When the first and last of these rows were accepted.
    by : label, list of labels or None
        What the rows are grouped by.
    """

    rows: int
    counts: dict[str, int]
    held: dict[str, int]
    batches: int
    segments: int
    segments_unknown: int
    cost: float | None
    first_at: pd.Timestamp | None
    last_at: pd.Timestamp | None
    by: Hashable | list[Hashable] | None
    _table: pd.DataFrame
    _costs: Cost | None = None

    @property
    def cost_by_country(self) -> dict[str, float | None]:
        """With prices by country, the cost of each; None where there is no price."""
        return {} if self._costs is None else self._costs.in_each

    def to_frame(self) -> pd.DataFrame:
        """Return the counts as a table of its own.

        Returns
        -------
        DataFrame
            One row per group (with ``by``, the largest first), status and code: the columns of
            ``by``, ``status`` (categorical), ``code`` (string), ``rows`` (int64), ``share``
            (float64, of the group), ``segments`` (int64) and, with a price, ``cost`` (float64; NaN
            where a country has no price).
        """
        return self._table.copy()

    def __repr__(self) -> str:
        return summary_text(self)

    def _repr_html_(self) -> str:
        return str(summary_html(self))


@public
def summary(
    frame: AnyFrame,
    by: Hashable | list[Hashable] | None = None,
    *,
    price_per_segment: float | Mapping[str, float] | None = None,
) -> Summary:
    """Count what became of the rows: by status and code, with segments, cost and times.

    Parameters
    ----------
    frame : DataFrame
        Results.
    by : column label or "country", or a list of them, optional
        Count group by group; a list groups by several columns, the first one outermost. "country"
        is the region of the recipient's number, unless the results have a column of that name.
        None: all rows together.
    price_per_segment : float or mapping of str to float, optional
        Price of one segment, in any currency; or one for each country, by its two letters, ``"*"``
        being all others. The segments of a country without a price are named, and the cost of all
        is None then. None: no cost is shown.

    Returns
    -------
    Summary
        Shows itself as a table in a notebook. ``to_frame()`` is that table to compute with;
        ``rows``, ``counts``, ``batches``, ``segments``, ``cost``, ``first_at`` and ``last_at`` are
        the totals. Segments and cost count messages that are accepted or sent, each once: also in
        results that were merged with another table, by which a message has several rows.

    Raises
    ------
    InputError
        The frame holds no results, or has no column ``by``; or a price cannot be used.

    Sources
    -------
    Countries are those of ``phonenumbers``, looked up by the first digits of the number.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a", "+44 7400 123456"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> smsframe.summary(done).to_frame()[["status", "code", "rows"]].values.tolist()
    [['planned', <NA>, 2], ['invalid', 'phone_missing', 1]]
    >>> done.sms.summary(by="country").to_frame()["country"].tolist()
    ['GB', 'US', <NA>]
    """
    rows = ResultRows.read(as_frame(frame, A_RESULT))
    faults: list[str] = []
    price = check_price(price_per_segment, faults)
    named = _named(by, faults)
    refuse(faults)
    segments = pd.Series(rows.segments).fillna(0).to_numpy(dtype=np.int64)
    segments[rows.repeats()] = 0
    billed = np.where(rows.has(*result_columns.BILLED), segments, 0)
    groups = [(label, _group(rows, label)) for label in named]
    table = _counted(rows, segments, groups, price)
    costs = None if price is None else cost_of(price, billed, rows.contact)
    times = pd.Series(rows.accepted_at).dropna()
    held = rows.code.filter(pa.array(rows.has("not_attempted"))).value_counts().to_pylist()
    return Summary(
        rows=len(rows),
        counts={s: n for s in result_columns.STATUSES if (n := int(rows.has(s).sum()))},
        held=held_counts({each["values"]: each["counts"] for each in held}),
        batches=len(rows.batch.unique().drop_null()),
        segments=int(billed.sum()),
        segments_unknown=int(segments[rows.has("unknown")].sum()),
        cost=None if costs is None else costs.total,
        first_at=None if times.empty else times.min(),
        last_at=None if times.empty else times.max(),
        by=named if isinstance(by, list) else by,
        _table=table,
        _costs=costs,
    )


def _named(by: Any, faults: list[str]) -> list[Hashable]:
    """Return the columns to group by, a list of them being several; anything else is one."""
    labels = [] if by is None else list(by) if isinstance(by, list) else [by]
    if isinstance(by, list) and not labels:
        faults.append(Sentence(arg("by"), " is an empty list. Name a column, or leave it out."))
    for label in labels:
        check_label("by", label, faults)
    if not faults and len(set(labels)) < len(labels):
        faults.append(Sentence(arg("by"), " names a column twice. Keep one."))
    return labels


def _group(rows: ResultRows, by: Hashable) -> pd.Series:
    """Return the group of each row; a column of the frame comes before the computed country."""
    if by in rows.frame.columns:
        if sum(name == by for name in rows.frame.columns) > 1:
            raise InputError(f"The results have column {by!r} more than once: rename one.")
        column = without_odd_cells(rows.frame[by])
        if by in _OF_THE_SUMMARY:
            itself = " is a column that a summary has itself: rename yours."
            raise InputError(arg("by", python=repr(by)), itself)
        _refuse_nested(column, by)
        return column.reset_index(drop=True)
    if isinstance(by, str) and by == COUNTRY:
        return pd.Series(countries(rows.contact)).astype("string")
    names = {str(name): name for name in [*rows.frame.columns, COUNTRY]}
    near = [name for name in names if _bare(name) == _bare(str(by))] or difflib.get_close_matches(
        str(by), names, n=1
    )
    hint = f"Did you mean {names[near[0]]!r}? " if near else ""
    columns = ", ".join(map(repr, rows.frame.columns))
    raise InputError(
        arg("by", python=shown_label(by)),
        f" is no column of the results. {hint}Give 'country' or one of: {columns}.",
    )


def _refuse_nested(column: pd.Series, by: Hashable) -> None:
    """Refuse a column whose cells are lists or the like, which make no groups."""
    try:
        pd.factorize(column)
    except TypeError as error:
        raise InputError(
            arg("by", python=shown_label(by)),
            " has cells that are no single values, such as lists: they make no groups.",
        ) from error


def _bare(name: str) -> str:
    """Return the letters and digits of a name, caseless."""
    return "".join(filter(str.isalnum, name.casefold()))


def _counted(
    rows: ResultRows,
    segments: npt.NDArray[np.int64],
    groups: list[tuple[Hashable, pd.Series]],
    price: Price | None,
) -> pd.DataFrame:
    """Return the table of a summary."""
    keys = pd.DataFrame(
        {
            "status": result_columns.status_column(rows.status),
            "code": result_columns.strings(rows.code),
            "segments": segments,
        }
    )
    names = [f"\x00group{number}" for number in range(len(groups))]
    for place, (name, (_, column)) in enumerate(zip(names, groups, strict=True)):
        keys.insert(place, name, column.to_numpy() if column.dtype == object else column)
    wanted = {"rows": ("segments", "size"), "sum": ("segments", "sum")}
    if isinstance(price, Mapping):
        each = segments * prices_of(price, rows.contact)
        keys["cost"], keys["unpriced"] = np.nan_to_num(each), np.isnan(each) & (segments > 0)
        wanted |= {"cost": ("cost", "sum"), "unpriced": ("unpriced", "any")}
    by = [*names, "status", "code"]
    grouped = keys.groupby(by, dropna=False, observed=True, sort=False)
    table = grouped.agg(**wanted).reset_index().rename(columns={"sum": "segments"})
    if price is not None:
        table = _with_costs(table, price)
    return _arranged(table, dict(zip(names, (label for label, _ in groups), strict=True)))


def _arranged(table: pd.DataFrame, labels: Mapping[str, Hashable]) -> pd.DataFrame:
    """Return counts with their shares, the largest group first; ``labels`` are what groups are."""
    names = list(labels)
    totals = [_totals(table, names[:depth]) for depth in range(len(names) + 1)]
    table.insert(len(names) + 3, "share", table["rows"] / totals[-1])
    order = pd.DataFrame(index=table.index)
    for depth, name in enumerate(names):
        order[f"total {depth}"] = -totals[depth + 1]
        order[f"group {depth}"] = table[name].astype("string")
    order["status"], order["rows"] = table["status"], -table["rows"]
    table = table.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)
    return table.rename(columns=labels)


def added(parts: Sequence[Summary], *, batches: int) -> Summary:
    """Return the summary of results that were counted part by part, in so many calls."""
    first = parts[0]
    counts, held = Counter[str](), Counter[str]()
    for part in parts:
        counts.update(part.counts)
        held.update(part.held)
    costs = functools.reduce(summed, (part._costs for part in parts))  # noqa: SLF001 - of our kind
    times = [at for part in parts for at in (part.first_at, part.last_at) if at is not None]
    return replace(
        first,
        rows=sum(part.rows for part in parts),
        counts={status: counts[status] for status in result_columns.STATUSES if counts[status]},
        held=held_counts(held),
        batches=batches,
        segments=sum(part.segments for part in parts),
        segments_unknown=sum(part.segments_unknown for part in parts),
        cost=None if costs is None else costs.total,
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        _table=added_tables([part.to_frame() for part in parts], first.by),
        _costs=costs,
    )


def added_tables(tables: Sequence[pd.DataFrame], by: Any) -> pd.DataFrame:
    """Return the tables of summaries, of parts of the same results, as one."""
    labels = [] if by is None else by if isinstance(by, list) else [by]
    names = [f"\x00group{number}" for number in range(len(labels))]
    table = pd.concat([part.drop(columns="share") for part in tables], ignore_index=True)
    table = table.rename(columns=dict(zip(labels, names, strict=True)))
    wanted = {"rows": ("rows", "sum"), "segments": ("segments", "sum")}
    if "cost" in table.columns:
        table["unpriced"] = table["cost"].isna()
        wanted |= {"cost": ("cost", "sum"), "unpriced": ("unpriced", "any")}
    grouped = table.groupby([*names, "status", "code"], dropna=False, observed=True, sort=False)
    table = grouped.agg(**wanted).reset_index()
    if "cost" in table.columns:
        table["cost"] = table["cost"].mask(table.pop("unpriced"))
    return _arranged(table, dict(zip(names, labels, strict=True)))


def _with_costs(table: pd.DataFrame, price: Price) -> pd.DataFrame:
    """Give each line its cost: 0 where nothing is billed, NaN where a country has no price."""
    is_billed = table["status"].isin(result_columns.BILLED)
    if isinstance(price, Mapping):
        costs = table["cost"].mask(table.pop("unpriced"))
        return table.assign(cost=costs.where(is_billed, 0.0))
    return table.assign(cost=table["segments"].where(is_billed, 0) * float(price))


def _totals(table: pd.DataFrame, names: list[str]) -> pd.Series:
    """Return the rows of each line's group."""
    if not names:
        return pd.Series(table["rows"].sum(), index=table.index)
    totals: pd.Series = table.groupby(names, dropna=False, observed=True, sort=False)[
        "rows"
    ].transform("sum")
    return totals

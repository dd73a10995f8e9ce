"""When each row of a plan may go out: by its country's hours, in every time zone it may be in.

``time_zone=`` says where people are and wins over their number; a blank cell says nothing. Rows of
a country for which nothing was said are refused as a whole, not sent at any hour.
"""

from __future__ import annotations

import datetime as dt
import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import mask_label
from smsframe._base.result_rows import NOTHING
from smsframe._base.sentences import NO_NUMBER, Sentence, arg, many
from smsframe._eligibility.hours import EVERY
from smsframe._eligibility.night import at_night, is_night, night_sentence
from smsframe._eligibility.opening import is_zone
from smsframe._eligibility.opening_words import NEVER, zones_named
from smsframe._eligibility.zones import first_digits, grouped, row_countries
from smsframe._phones.country import listed
from smsframe._phones.to_strings import is_text_or_number, texts_of
from smsframe._plan.column_values import masked_cells
from smsframe._plan.problems import Fault, Problems
from smsframe._plan.verdicts import READY
from smsframe.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from smsframe._base.arrow import Positions
    from smsframe._eligibility.hours import Hours
    from smsframe._eligibility.opening import RowHours
    from smsframe._plan.data import PlanData
    from smsframe._plan.options import Options
    from smsframe._plan.recipients import Recipients
    from smsframe._plan.verdicts import Verdict

Zones = tuple["npt.NDArray[np.int32]", list[str]]


def row_hours(
    hours: Hours | None, zones: Zones | None, recipients: Recipients, verdict: Verdict
) -> RowHours | None:
    """Return when each row may go out; None for always."""
    if hours is None:
        return None
    contacts = recipients.contact_ids
    if contacts is None:
        return _of_lookups(hours, zones, verdict)
    firsts = first_digits(contacts)
    of_row, countries = row_countries(contacts, *firsts, hours.named)
    _refuse_unnamed(hours, of_row[verdict == READY], countries)
    return grouped(hours, countries_of=(of_row, countries), firsts=firsts, zones=zones)


def note_never_open(
    hours: RowHours, verdict: Verdict, now: float, phone: Hashable | None, problems: Problems
) -> None:
    """Warn of rows that would go out but for which no moment of the days ahead is open."""
    opens, rows = hours.at(now).opens, np.flatnonzero(verdict == READY)
    of_row = hours.of_row[rows]
    for number in np.flatnonzero(opens[:-1] == math.inf).tolist():
        problems.rows(
            "never_open",
            NEVER.format(zones=zones_named(hours.groups[number])),
            rows[of_row == number],
            severity="warning",
            column=phone,
        )


def rows_at_night(plan: PlanData, rows: Positions, now: float) -> Positions:
    """Return for which rows it is night, of those that would go out now without hours."""
    if plan.hours is not None or plan.recipients.contact_ids is None or not len(rows):
        return rows[:0]
    try:
        return rows[_at_night(plan, rows, now)]
    except ConfigurationError:  # an old time zone database; a notice is no reason to fail
        return rows[:0]


def night_now(plan: PlanData, rows: Positions, now: float) -> list[Fault]:
    """Note for how many it is night: once, for at night it would be said of every row."""
    people = len(rows_at_night(plan, rows, now))
    said = night_sentence(people)
    column = plan.columns.phone
    fault = Fault(code="night_now", severity="info", sentence=said, column=column, times=people)
    return [fault] if people else []


def _at_night(plan: PlanData, rows: Positions, now: float) -> npt.NDArray[np.bool_]:
    """Tell which rows have night, by the zone that they are said to be in, else by the number."""
    is_late = at_night(plan.recipients.texts(rows), now)
    zones = read_zones(plan.frame, plan.options, Problems())
    if zones is None:
        return is_late
    said, names = zones[0][rows], zones[1]
    late = [is_zone(name) and is_night([name], now) for name in names]
    there: npt.NDArray[np.bool_] = np.array([*late, False])[said]
    return np.where(said >= 0, there, is_late)


def _of_lookups(hours: Hours, zones: Zones | None, verdict: Verdict) -> RowHours:
    """Return the hours of rows of which no number is known, and so neither country nor zone."""
    if zones is None:
        raise InputError(
            NO_NUMBER,
            ", so nobody's local time is. Say with ",
            arg("time_zone", screen="a time zone in code"),
            " where people are, by a column or a name, or leave ",
            arg("sending_hours", screen="hours"),
            " and ",
            arg("closed", screen="closed dates"),
            " out.",
        )
    if hours.rule(None) is None:
        raise InputError(
            NO_NUMBER,
            ", so nobody's country is. Give hours for all in ",
            arg("sending_hours", python="{'*': …}", screen="the hours"),
            ".",
        )
    blank = int(((zones[0] < 0) & (verdict == READY)).sum())
    if blank:
        raise InputError(
            NO_NUMBER,
            ", and ",
            arg("time_zone", screen="the time zone"),
            f" is blank in {many(blank, 'row')}, so the local time is "
            "not known there. Fill it in, or leave these rows out.",
        )
    everybody = np.zeros(len(verdict), dtype=np.int32)
    return grouped(hours, countries_of=(everybody, [None]), firsts=None, zones=zones)


def _refuse_unnamed(
    hours: Hours, of_row: npt.NDArray[np.int32], countries: Sequence[str | None]
) -> None:
    """Refuse hours that say nothing of a country that would be texted."""
    missing = {
        country or "no country": int((of_row == number).sum())
        for number, country in enumerate(countries)
        if hours.rule(country) is None
    }
    missing = {country: count for country, count in missing.items() if count}
    if missing:
        raise InputError(hours_missing(missing), unnamed=missing)


def hours_missing(counts: Mapping[str, int]) -> Sentence:
    """Say that hours say nothing of some countries, which so many rows are of."""
    return Sentence(
        arg("sending_hours", screen="Hours that were set in code"),
        f" says nothing of these countries: {listed(counts)}. Name them, or give hours "
        f"for all others: '{EVERY}'. Nobody is texted at hours that nobody chose.",
    )


def read_zones(frame: pd.DataFrame, options: Options, problems: Problems) -> Zones | None:
    """Return the zone of each row by number, -1 where nothing is said; None where nothing is.

    Cells that name no zone are noted.
    """
    column = options.time_zone_column
    if options.time_zone is not None:
        return np.zeros(len(frame), dtype=np.int32), [options.time_zone]
    if column is None:
        return None
    cells = frame[column]
    if cells.dtype == object:  # zones themselves say by their name which they are
        cells = cells.map(lambda cell: str(cell) if isinstance(cell, dt.tzinfo) else cell)
    texts = texts_of(cells) if is_text_or_number(cells) else pa.array(cells.astype(str))
    encoded = pc.utf8_trim_whitespace(texts).dictionary_encode()
    names: list[str] = encoded.dictionary.to_pylist()
    numbers = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    known = np.array([*(bool(name) and is_zone(name) for name in names), False])
    blank = np.array([*(name in NOTHING for name in names), True])
    _note_unknown(cells, column, np.flatnonzero(~known[numbers] & ~blank[numbers]), problems)
    return np.where(known[numbers], numbers, -1).astype(np.int32), names


def _note_unknown(cells: pd.Series, column: Hashable, rows: Positions, problems: Problems) -> None:
    """Note cells that name no time zone; their rows are not sent."""
    problems.rows(
        "time_zone_unknown",
        f"Column {column!r} names no time zone here that is known. Write it as in "
        "America/Denver, or empty the cell, so that the number tells.",
        rows,
        column=column,
        values=partial(masked_cells, mask_label, cells),
    )

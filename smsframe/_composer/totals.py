"""All rows: what a plan amounts to, in figures that are worked out once and shown often."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from smsframe._acoustic.client import Client, default_client
from smsframe._base.held_back import held_counts
from smsframe._base.sentences import on_screen, recalled
from smsframe._composer.row_preview import is_other_script
from smsframe._composer.several_texts import by_text
from smsframe._eligibility.opening_words import first_opening
from smsframe._files.write import harmless_texts
from smsframe._plan import figures
from smsframe._plan.verdicts import DUPLICATE, EXCLUDED, HELD_OUT
from smsframe._send.look_back import clock_of
from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData
    from smsframe._plan.history import History
    from smsframe._plan.problems import Kind
    from smsframe._send.plan import Plan

CSV_ROWS = 100_000
UNUSED = "column_unused"  # most columns of most frames; nothing to fix


class Now(TypedDict):
    """What may go at this moment, and what keeps the others."""

    past: History | None
    left: int
    rules: Mapping[str, int]
    by_text: Mapping[str, int]
    opening: str
    opens_in_time: int
    blocking: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a plan amounts to.

    ``left`` is the number of messages that would go out now, ``bad`` the positions of rows that
    cannot go out, ``waiting`` the number of the others while a fault of the whole send stops them
    all, ``smallest`` and ``largest`` the range of segments. ``rules`` are rows that a rule about
    people holds back now, by its code; ``opening`` says when the first of those outside their hours
    may go, and ``opens_in_time`` of ``left`` wait for hours that open in time. ``by_text`` is
    ``left`` by the name of the text where there are several.
    """

    plan: Plan
    client: Client | None
    smallest: int
    largest: int
    ucs2: int
    kinds: Sequence[Kind]
    bad: Positions
    duplicates: int
    longest: int | None
    notes: Sequence[str]
    waiting: int
    past: History | None
    left: int
    rules: Mapping[str, int]
    by_text: Mapping[str, int]
    opening: str
    opens_in_time: int
    blocking: Sequence[str]

    @property
    def waits(self) -> bool:
        """Whether messages that are left go out later, with the same send."""
        return any(self.rules.get(code) for code in ("outside_hours", "too_soon"))

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the campaign went out before, so that totals are those of the rest."""
        return self.left == self.plan.recipients


def look_over(plan: Plan, client: Client | None) -> Overview:
    """Work out the figures of a plan; reads the journal, changes nothing."""
    made, now = plan.data, _now(plan, client)
    sizes, measured = made.segments[made.ready], made.texts.measured
    bad = np.flatnonzero(made.problems.bad_rows(made.rows))
    found = made.problems_with(now["past"]).kinds(made.frame.index)
    return Overview(
        plan=plan,
        client=client,
        smallest=int(sizes.min(initial=sizes[0])) if len(sizes) else 0,
        largest=int(sizes.max(initial=0)),
        ucs2=0 if measured is None else int((~measured.gsm7[made.ready]).sum()),
        kinds=[kind for kind in found if kind.code != UNUSED],
        bad=bad,
        duplicates=int((made.verdict == DUPLICATE).sum()),
        longest=int(np.argmax(measured.units)) if measured and made.rows else None,
        notes=_notes(made),
        waiting=made.rows - len(bad) if made.blocking else 0,
        **now,
    )


def recounted(seen: Overview) -> Overview:
    """Return an overview with what is left counted anew; reads the journal, changes nothing."""
    return replace(seen, **_now(seen.plan, seen.client))


def _now(plan: Plan, client: Client | None) -> Now:
    """Return how many messages may go now, how many rows each rule holds back, what is against."""
    made, past = plan.data, plan.history
    held = {} if past is None else dict(past.waiting)
    held["excluded"] = int((made.verdict == EXCLUDED).sum())
    held["held_out"] = int((made.verdict == HELD_OUT).sum())
    rows = made.ready if past is None or past.rows is None else past.rows
    opening, in_time = "", 0
    if made.hours is not None and len(rows):
        now = clock_of(client)()
        opens = made.hours.opens_at(rows, now)
        later = opens > now + (plan.wait_s or 0.0)
        never = opens == np.inf
        held |= {"outside_hours": int((later & ~never).sum()), "never_open": int(never.sum())}
        opening = first_opening(made.hours, rows[later], now)
        in_time = int(((opens > now) & ~later).sum())
        rows = rows[~later]
    faults = [*made.blocking, *([] if past is None else past.blocking)]
    return {
        "past": past,
        "left": len(rows),
        "rules": held_counts(held),
        "by_text": by_text(made, rows),
        "opening": opening,
        "opens_in_time": in_time,
        "blocking": [fault.sentence for fault in faults],
    }


def client_or_none(client: Client | None) -> Client | None:
    """Return the client given, else the one connected last, else None."""
    try:
        return client or default_client()
    except ConfigurationError:
        return None


def problems_table(plan: Plan) -> pd.DataFrame:
    """Return the problems with what whoever mends the data needs: the row, whole, as it stands.

    ``row_in_file`` is the line of a file with one header line, for a frame that has come from one
    as it is: its rows are called 0, 1, 2 and so on.
    """
    frame = plan.data.frame
    found = plan.data.problems.to_frame(frame.index, first=CSV_ROWS)
    place = found["position"]
    own = frame.iloc[place.fillna(0).to_numpy(dtype=np.int64)].reset_index(drop=True)
    own = own.astype(object)  # a number stays as it is written beside rows without one
    own[place.isna().to_numpy(dtype=bool)] = None
    is_plain = frame.index.equals(pd.RangeIndex(len(frame)))
    head = pd.DataFrame(
        {
            "row_in_file": place + 2 if is_plain else pd.array([pd.NA] * len(found), dtype="Int64"),
            "row": found["label"],
            "severity": found["severity"].astype("string"),
            "problem": [on_screen(recalled(str(sentence))) for sentence in found["sentence"]],
            "column": found["column"],
            "cell": _whole_cells(frame, found),
            "code": found["code"],
        }
    )
    names = [str(name) for name in frame.columns]
    taken = set(head.columns)
    own.columns = [f"{name} (of the table)" if name in taken else name for name in names]
    return pd.concat([head, own], axis=1)


def problems_csv(table: pd.DataFrame) -> str:
    """Return problems as the text of a CSV file in which no cell is run by a spreadsheet."""
    return f"\ufeff{harmless_texts(table).to_csv(index=False)}"


def _whole_cells(frame: pd.DataFrame, found: pd.DataFrame) -> list[Any]:
    """Return the cell of each problem as it stands; what was found where there is no one cell."""
    places: dict[Hashable, int] = {}
    for at, name in enumerate(frame.columns):
        places.setdefault(name, at)
    return [
        value
        if pd.isna(row) or not isinstance(column, Hashable) or column not in places
        else frame.iloc[int(row), places[column]]
        for row, column, value in zip(
            found["position"], found["column"], found["value"], strict=True
        )
    ]


def find_row(index: pd.Index, asked: str, *, begins: bool = True) -> int | None:
    """Return the position of the first row called as was typed, else one whose name begins so."""
    asked = asked.strip()
    if not asked or not len(index):
        return None
    names, number = index.map(_shown), pd.to_numeric(asked, errors="coerce")
    ways = [names == asked]
    no_number = pd.isna(number) or isinstance(index, pd.MultiIndex)
    ways += [] if no_number else [index.isin([number])]  # 7 for 7.0
    ways += [names.str.startswith(asked)] if begins else []
    for found in ways:
        where = np.flatnonzero(np.asarray(found, dtype=bool))
        if len(where):
            return int(where[0])
    return None


def next_of(positions: Positions, row: int) -> int | None:
    """Return the next position after ``row``, going round at the end."""
    place = int(np.searchsorted(positions, row, side="right"))
    return int(positions[place % len(positions)]) if len(positions) else None


def _shown(label: Any) -> str:
    """Return a label as it is shown."""
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _notes(made: PlanData) -> list[str]:
    """Return what has to be said in words: the database's tags, the costly characters."""
    template = made.texts.template
    all_costly = template is not None and is_other_script("".join(template.literals))
    costly = [] if all_costly else figures.costly_characters(made)
    return [*costly, *figures.database_note(made)]

"""An export of the product's events: which batches they name, and whom in them.

A number may be written as it went out, or nationally: what exactly one recipient of that very batch
ends with (seven digits or more, leading zeros dropped), or what is read as that recipient in one of
the countries of the batch [guess: how an export writes numbers is documented nowhere]. A number
that several of a batch end with names nobody. What is thought of an export as a whole stands in
``event_export_checks.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.any_frame import as_frame
from smsframe._base.result_rows import bare_digits
from smsframe._base.sentences import Sentence, arg
from smsframe._base.validation import shown_label
from smsframe._phones.country import countries
from smsframe._phones.parse_column import read_texts
from smsframe._phones.to_strings import texts_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from smsframe._base.arrow import Mask, Positions
    from smsframe._results.messages import Remembered

TAG: Final = re.compile(r"smsframe:([^\s:]+:[0-9]+)")
SHORTEST_NATIONAL: Final = 7
NOBODY, SEVERAL = -1, -2
_INTERNATIONAL: Final = r"^[='\"\s(]*(?:\+|00)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """The events of an export that have a tag of ours, row by row; ``rows`` counts all of it.

    ``batch`` numbers ``batches``; ``phones`` are the cells, and ``digits`` what they are where they
    are nothing but a number. ``bodies`` are the texts of the messages, where there are any.
    """

    batches: list[str]
    batch: npt.NDArray[np.int32]
    phones: pd.Series
    texts: pa.Array
    digits: pa.Array
    bodies: pa.Array | None
    rows: int

    @classmethod
    def read(cls, frame: Any, phone: Any, source: Any) -> Events:
        """Read an export; InputError when it lacks a column."""
        frame = as_frame(frame, "The events must be a DataFrame")
        for name, argument in ((phone, "phone"), (source, "source")):
            _check_column(frame, name, argument)
        names, number = _tagged(frame[source])
        where = np.flatnonzero(number >= 0)
        phones = frame[phone].iloc[where]
        texts = pc.utf8_trim_whitespace(texts_of(phones))
        body = _named_like(frame, "Message Body")
        return cls(
            batches=names,
            batch=number[where],
            phones=phones,
            texts=texts,
            digits=bare_digits(texts),
            bodies=None if len(body) != 1 else texts_of(frame[body[0]].iloc[where]),
            rows=len(frame),
        )

    @property
    def column(self) -> str:
        """The name of the phone column, as an error shows it."""
        return shown_label(self.phones.name)

    def counts(self) -> dict[str, int]:
        """Count the different phones by batch; what is no number counts as it is written."""
        if not len(self.batch):
            return {}
        pairs = pa.table({"batch": pa.array(self.batch), "phone": self.digits})
        counted = pairs.group_by("batch").aggregate([("phone", "count_distinct")]).to_pylist()
        return {self.batches[row["batch"]]: row["phone_count_distinct"] for row in counted}


def _check_column(frame: pd.DataFrame, name: Any, argument: str) -> None:
    """Refuse an export that has a column not once; name the one that is meant, if any."""
    if name in frame.columns:
        cells = frame[name]
        if isinstance(cells, pd.Series):
            return
        raise InputError(
            f"The events have {cells.shape[1]} columns {shown_label(name)}. Rename them, and "
            "name the one that is meant with ",
            arg(argument),
            ".",
        )
    alike = [shown_label(column) for column in _named_like(frame, name)]
    meant = Sentence()
    if alike:
        first = arg(argument, python=alike[0])
        meant = Sentence(f" Is {' or '.join(alike)} meant? Then give ", first, ".")
    columns = ", ".join(map(shown_label, frame.columns))
    raise InputError(
        f"The events have no column {shown_label(name)}.",
        meant,
        " Name one of theirs with ",
        arg(argument),
        f": {columns}.",
    )


def _named_like(frame: pd.DataFrame, name: Any) -> list[Any]:
    """Return the columns that are called so when only letters and digits count."""
    return [column for column in frame.columns if _letters(column) == _letters(name) != ""]


def _letters(name: Any) -> str:
    """Return the letters and digits of a name, caseless."""
    return "".join(filter(str.isalnum, str(name))).casefold()


def _tagged(sources: pd.Series) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return the batches that sources name, and which one each names: its last tag, -1 for none."""
    encoded = texts_of(sources).dictionary_encode()
    names: dict[str, int] = {}
    numbers = []
    for source in encoded.dictionary.to_pylist():
        tags = TAG.findall(source)
        numbers.append(names.setdefault(tags[-1], len(names)) if tags else -1)
    of_source = np.array([*numbers, -1], dtype=np.int32)
    indices = pc.fill_null(encoded.indices, len(numbers)).to_numpy(zero_copy_only=False)
    return list(names), of_source[indices]


# -- whom the events name


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom events name, among the remembered people of their batches.

    ``place`` is where the person stands; `NOBODY` and `SEVERAL` for none and too many. Events of
    batches that were sent by lookup, or whose people were forgotten, are not ``judged``.
    """

    place: Positions
    judged: Mask
    found: Mask


def named_people(events: Events, known: Remembered) -> Named:
    """Find the person of each event in the batch that it names."""
    numbers = np.array([known.numbers.get(name, -1) for name in events.batches], dtype=np.int64)
    place = known.find(
        pa.array(events.batches, pa.string()).take(pa.array(events.batch)), events.digits
    )
    by_number = np.array([is_by_number(known, n) for n in range(len(known.batches))] + [False])
    judged: Mask = by_number[numbers][events.batch] if len(numbers) else np.zeros(0, dtype=bool)
    open_ = judged & (place < 0)
    for number in np.unique(events.batch[open_]).tolist():
        rows = np.flatnonzero(events.batch == number)
        place[rows] = _within(events, rows, known, int(numbers[number]))
    _read_abroad(events, np.flatnonzero(judged & (place == NOBODY)), known, numbers, place)
    found = np.zeros(len(known), dtype=bool)
    found[place[place >= 0]] = True
    return Named(place=place, judged=judged, found=found)


def is_by_number(known: Remembered, number: int) -> bool:
    """Tell whether the people of a batch are remembered, by their numbers."""
    places = known.places(number)
    return len(places) > 0 and "=" not in known.contact[int(places[0])].as_py()


def _within(events: Events, rows: Positions, known: Remembered, number: int) -> Positions:
    """Return the people of one batch that events name, some of them not as the number went out."""
    places = known.places(number)
    contacts = known.contact.take(pa.array(places)).to_pylist()
    where = pa.array(rows)
    whole = pc.fill_null(pc.match_substring_regex(events.texts.take(where), _INTERNATIONAL), False)
    cells = list(zip(events.digits.take(where).to_pylist(), whole.to_pylist(), strict=True))
    mine = dict(zip(set(cells), whose(contacts, set(cells)), strict=True))
    return np.array([places[mine[c]] if mine[c] >= 0 else mine[c] for c in cells], dtype=np.int64)


def whose(contacts: Sequence[str], cells: Collection[tuple[str | None, bool]]) -> list[int]:
    """Return which of some recipients each number is of, `NOBODY` or `SEVERAL`.

    A number that is written with its country code (the second of a pair) has to be whole; any other
    is of who alone ends with it.
    """
    exact = {contact: place for place, contact in enumerate(contacts)}
    endings: dict[int, dict[str, int]] = {}
    found = []
    for digits, is_whole in cells:
        number = (digits or "").lstrip("0")
        if is_whole or len(number) < SHORTEST_NATIONAL:
            found.append(exact.get(number, NOBODY))
            continue
        if len(number) not in endings:
            endings[len(number)] = _endings(contacts, len(number))
        found.append(endings[len(number)].get(number, NOBODY))
    return found


def _endings(contacts: Sequence[str], length: int) -> dict[str, int]:
    """Return who alone ends with so many digits, by these digits; `SEVERAL` where more do."""
    ending: dict[str, int] = {}
    for place, contact in enumerate(contacts):
        end = contact[-length:]
        ending[end] = SEVERAL if end in ending else place
    return ending


def _read_abroad(
    events: Events, rows: Positions, known: Remembered, numbers: Positions, place: Positions
) -> None:
    """Read what is nobody's as a number of each country that its batches have people in."""
    cells = events.texts.take(pa.array(rows)).dictionary_encode()
    if not len(cells.dictionary):
        return
    used = np.unique(numbers[events.batch[rows]])
    contacts = known.contact.filter(pa.array(np.isin(known.batch, used)))
    batches = pa.array(events.batches, pa.string()).take(pa.array(events.batch[rows]))
    regions = dict.fromkeys([None, *countries(contacts).categories, *known.regions])
    for region in regions:
        read = read_texts(cells.dictionary, region).digits
        there = known.find(batches, read.take(cells.indices))
        other = (there >= 0) & (place[rows] >= 0) & (there != place[rows])
        place[rows[other]] = SEVERAL
        fresh = (there >= 0) & (place[rows] == NOBODY)
        place[rows[fresh]] = there[fresh]

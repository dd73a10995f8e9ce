"""An export of the product's events: whom they name, and whether they can be believed.

Whoever is not in an export that is called complete goes out again. So an export is held against
what is known of the same sends, and refused as a whole where it contradicts that. All is measured
by events: only people who opted in make any.

- **Every event that names one of our batches has to name one of its people.** A number may be
  written as it went out, or nationally: what exactly one recipient of that very batch ends with
  (seven digits or more, leading zeros dropped), or what is read as that recipient in one of the
  countries of the batch. One that is nobody's, or no number, proves the column to be damaged.
- A number that several of the batch end with names nobody. That is no contradiction, but such an
  export is never complete.
- **The faults of a phone column** (`smsframe.phone_damage`) are faults here too. Rounding can hide
  among neighbours: 20 people from …00 to …19 become two of them. Then all who are named end in
  zeros, though their batches do not, or are named more than once, and their neighbours never.
- **Complete** means: it has events of ours; it is not as long as a spreadsheet at its limit; each
  batch of the run that the API accepted has its share of events, half of the run's median at least
  (batches that are lost but have events too); and whoever the status endpoint says was sent is in
  it. Of a run of which nothing is known to be accepted, silence is believed only where the export
  has events of a later batch of the same program.
- Events of other runs, repeated ones and any order are fine.
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

from smsframe import frames
from smsframe.arguments import shown_label
from smsframe.checks import check_frame
from smsframe.countries import countries
from smsframe.errors import InputError
from smsframe.masking import Plain
from smsframe.phone_columns import texts_of
from smsframe.phone_damage import find_damage, masked
from smsframe.phone_reading import read_texts
from smsframe.phones import read_phones
from smsframe.resultrows import bare_digits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from smsframe.remembered import Remembered

TAG: Final = re.compile(r"smsframe:([^\s:]+:[0-9]+)")
SHORTEST_NATIONAL: Final = 7
SHEET_ROWS: Final = (65_535, 65_536, 1_048_575, 1_048_576)
NOBODY, SEVERAL = -1, -2
NAMED: Final = 3
LEAST_SHARE: Final = 0.5
UNLIKELY: Final = -6.0
"""Logarithm of the odds below which nobody believes in chance."""

RESOLVE: Final = (
    'What you know otherwise, results.sms.resolve(as_="sent") or as_="not_sent" takes your word '
    "for. Nothing was settled."
)
AGAIN: Final = (
    "Export the events again, with the phones as text, and read the file with "
    'pd.read_csv(..., dtype="string").'
)
_OF_COLUMNS: Final = ("phones_float32", "phones_not_whole", "phones_wrapped", "phones_rounded")
_INTERNATIONAL: Final = r"^[='\"\s(]*(?:\+|00)"

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


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
        check_frame(frame, "The events must be a DataFrame")
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
    found = int(sum(column == name for column in frame.columns))
    if found == 1:
        return
    if found:
        raise InputError(
            f"The events have {found} columns {shown_label(name)}. Rename them, and name the one "
            f"that is meant with {argument}=."
        )
    alike = [shown_label(column) for column in _named_like(frame, name)]
    meant = f" Is {' or '.join(alike)} meant? Then give {argument}={alike[0]}." if alike else ""
    columns = ", ".join(map(shown_label, frame.columns))
    raise InputError(
        f"The events have no column {shown_label(name)}.{meant} Name one of theirs with "
        f"{argument}=: {columns}."
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

    place: Places
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


def _within(events: Events, rows: Places, known: Remembered, number: int) -> Places:
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
    events: Events, rows: Places, known: Remembered, numbers: Places, place: Places
) -> None:
    """Read what is nobody's as a number of each country that its batches have people in."""
    cells = events.texts.take(pa.array(rows)).dictionary_encode()
    if not len(cells.dictionary):
        return
    texts = pd.Series(cells.dictionary.to_pandas(), dtype="string")
    used = np.unique(numbers[events.batch[rows]])
    contacts = known.contact.filter(pa.array(np.isin(known.batch, used)))
    batches = pa.array(events.batches, pa.string()).take(pa.array(events.batch[rows]))
    for region in (None, *countries(contacts).categories):
        read = read_phones(texts, region=region).valid_digits
        there = known.find(batches, read.take(cells.indices))
        other = (there >= 0) & (place[rows] >= 0) & (there != place[rows])
        place[rows[other]] = SEVERAL
        fresh = (there >= 0) & (place[rows] == NOBODY)
        place[rows[fresh]] = there[fresh]


# -- what contradicts itself


def refuse_contradictions(events: Events, known: Remembered, named: Named) -> None:
    """Refuse an export whose phones or sources are not what went out."""
    _refuse_damage(events)
    _refuse_strange_batches(events, known)
    wrong = named.judged & (named.place == NOBODY)
    if wrong.any():
        example = events.texts.take(pa.array(np.flatnonzero(wrong)[:1]))[0].as_py()
        shown = "a blank cell" if not example else f"such as {masked(example)}"
        raise _refusal(
            f"In column {events.column}, {int(wrong.sum()):,} of {int(named.judged.sum()):,} "
            "events that name a batch of these sends hold a number of nobody in that batch "
            f"({shown}), or none that can be read: the numbers are not what was sent to. {AGAIN}"
        )
    _refuse_rounded(events, known, named)
    _refuse_other_words(events, named)


def _refusal(sentence: str) -> InputError:
    """Return the error of an export that is not believed; what it quotes is masked already."""
    return InputError(Plain(f"{sentence} {RESOLVE}"))


def _refuse_damage(events: Events) -> None:
    """Refuse phones that a spreadsheet or another program has damaged as a whole."""
    found = find_damage(events.phones, events.texts, read_texts(events.texts, None), None)
    for damage in found:
        if damage.code in _OF_COLUMNS:
            examples = f" (such as {damage.examples[0]})" if damage.examples else ""
            raise _refusal(f"Column {events.column} of the events{examples}: {damage.sentence}")


def _refuse_strange_batches(events: Events, known: Remembered) -> None:
    """Refuse tags of runs that are known with batches that they never had."""
    runs = {record.run_id for record in known.batches}
    strange = [
        name
        for name in events.batches
        if name not in known.numbers and name.rpartition(":")[0] in runs
    ]
    if strange:
        raise _refusal(
            f"The events name {_listed(strange)}, which this journal does not have, though it has "
            "others of the same run: their sources were cut or changed, or the journal is an older "
            "copy. Export the events again with whole sources; bring the newest journal back."
        )


def _refuse_rounded(events: Events, known: Remembered, named: Named) -> None:
    """Refuse numbers that name people, but only such as rounding would leave of their batches."""
    people = np.flatnonzero(named.found)
    if not len(people):
        return
    zeros = _zeros(known.contact)
    least = int(zeros[people].min())
    if not least:
        return
    batches = np.isin(known.batch, known.batch[people])
    chance = float((zeros[batches] >= least).mean())
    times = np.bincount(named.place[named.place >= 0], minlength=len(known))
    repeated = np.flatnonzero(times > 1)
    if len(people) * np.log10(chance) < UNLIKELY or _have_neighbours(known, named, repeated, least):
        raise _refusal(
            f"In column {events.column}, all {len(people):,} different numbers that the events "
            f"name end in {'0' * least}, and their batches have others: they were rounded, and "
            f"some of these people are others now. {AGAIN}"
        )


def _zeros(contacts: pa.Array) -> Places:
    """Return how many zeros each number ends in."""
    return np.asarray(
        pc.subtract(pc.binary_length(contacts), pc.binary_length(pc.utf8_rtrim(contacts, "0")))
    ).astype(np.int64)


def _have_neighbours(known: Remembered, named: Named, repeated: Places, zeros: int) -> bool:
    """Tell whether numbers that are named repeatedly have neighbours who never are."""
    if not len(repeated):
        return False
    ids = pa.array(known.batch).cast(pa.string())
    starts = pc.binary_join_element_wise(
        ids, pc.utf8_slice_codeunits(known.contact, 0, -zeros), " "
    )
    left = starts.filter(pa.array(~named.found))
    found: bool = pc.any(pc.is_in(left, value_set=starts.take(pa.array(repeated)))).as_py() or False
    return found


def _refuse_other_words(events: Events, named: Named) -> None:
    """Refuse events that give one person of a batch several texts: nobody is in a batch twice."""
    if events.bodies is None:
        return
    rows = pa.array(np.flatnonzero(named.judged & (named.place >= 0)))
    told = pa.table({"place": pa.array(named.place).take(rows), "body": events.bodies.take(rows)})
    counted = told.group_by("place").aggregate([("body", "count_distinct")])
    twice = int(pc.sum(pc.greater(counted["body_count_distinct"], 1).cast(pa.int64())).as_py() or 0)
    if twice:
        raise _refusal(
            f"By column {events.column}, {twice:,} people of these sends had several texts of one "
            "batch, and nobody is in a batch twice: numbers of several people have become one. "
            f"{AGAIN}"
        )


# -- what is incomplete


def refuse_incomplete(
    events: Events,
    known: Remembered,
    named: Named,
    ids: Collection[str],
    programs: Mapping[str, str],
) -> None:
    """Refuse to call an export complete that lacks events of runs with these lost batches.

    ``known`` has all batches of these runs and those that the export names; ``programs`` the
    program of each run.
    """
    if not any(name in known.numbers for name in events.batches):
        raise _incomplete(
            f"The events have not one source of a send that this journal knows (of {events.rows:,})"
            ": this is the export of something else, or its sources are missing."
        )
    if events.rows in SHEET_ROWS:
        raise _incomplete(
            f"The export has {events.rows:,} rows, as many as a spreadsheet holds, so it was "
            "probably cut off there. Export it as CSV, or in parts."
        )
    several = named.judged & (named.place == SEVERAL)
    if several.any():
        raise _incomplete(
            f"In column {events.column}, {int(several.sum()):,} numbers may be of several people "
            "of their batch. Export the phones with their country code."
        )
    shares = _shares(events, known, named)
    for run_id in dict.fromkeys(name.rpartition(":")[0] for name in ids):
        _refuse_cut(run_id, shares, known, named, set(ids))
        _refuse_silence(run_id, events, known, programs)


def _incomplete(sentence: str) -> InputError:
    """Return the error of an export that is not complete."""
    return _refusal(
        f"{sentence} settled=True would have people texted again who are missing from it."
    )


def _shares(events: Events, known: Remembered, named: Named) -> dict[str, float]:
    """Return the events of each batch as a share of its messages that may have been sent."""
    counts, not_sent = events.counts(), known.status == frames.NUMBER["not_sent"]
    shares = {}
    for number, record in enumerate(known.batches):
        places = known.places(number)
        expected = record.size - int(not_sent[places].sum())
        by_number = is_by_number(known, number)
        seen = named.found[places].sum() if by_number else counts.get(record.batch_id, 0)
        if expected > 0:
            shares[record.batch_id] = float(seen) / expected
    return shares


def _refuse_cut(
    run_id: str,
    shares: Mapping[str, float],
    known: Remembered,
    named: Named,
    ids: Collection[str],
) -> None:
    """Refuse an export that has too few events of some batch of a run."""
    mine = [record for record in known.batches if record.run_id == run_id]
    accepted = [r.batch_id for r in mine if r.response_id is not None and r.batch_id in shares]
    lost = [r.batch_id for r in mine if r.batch_id in ids and shares.get(r.batch_id)]
    if not accepted and not lost:
        return
    if accepted and not any(shares[name] for name in accepted + lost):
        raise _incomplete(
            f"The events have no message of run {run_id}, though the API accepted "
            f"{len(accepted):,} of its batches. This is not the export of that send, its source "
            "column is missing, or it was made too early."
        )
    least = LEAST_SHARE * float(np.median([shares[name] for name in accepted or lost]))
    short = [name for name in accepted + lost if shares[name] < least or not shares[name]]
    if short:
        raise _incomplete(
            f"The export was cut or made too early: it has no event, or less than half as many as "
            f"of others of run {run_id}, of {_listed(short)}. Export it whole, well after the send."
        )
    numbers = np.array([known.numbers[record.batch_id] for record in mine])
    sent = (known.status == frames.NUMBER["sent"]) & np.isin(known.batch, numbers)
    by_number = ~pc.match_substring(known.contact, "=").to_numpy(zero_copy_only=False)
    if missing := int((sent & by_number & ~named.found).sum()):
        raise _incomplete(
            f"The export was cut or made too early: it lacks {missing:,} messages of run {run_id} "
            "of which the service says that they were sent."
        )


def _refuse_silence(
    run_id: str, events: Events, known: Remembered, programs: Mapping[str, str]
) -> None:
    """Refuse an export that says nothing of a run, and nothing that is later either."""
    mine = [record for record in known.batches if record.run_id == run_id]
    if any(name.rpartition(":")[0] == run_id for name in events.batches):
        return
    last = max(record.claimed_at for record in mine)
    for name in events.batches:
        record = known.batches[known.numbers[name]] if name in known.numbers else None
        same = record is not None and programs[record.run_id] == programs[run_id]
        if record is not None and same and record.claimed_at > last:
            return
    raise _incomplete(
        f"The events have no message of run {run_id}, and none of a later send of its program "
        "either: the export may have been made before it, or of another program."
    )


def _listed(batch_ids: Sequence[str]) -> str:
    """Name some batches."""
    more = f" and {len(batch_ids) - NAMED:,} more" if len(batch_ids) > NAMED else ""
    return f"batch {', '.join(batch_ids[:NAMED])}{more}"

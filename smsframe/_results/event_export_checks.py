"""Whether an export of events can be believed.

Whoever is not in an export that is called complete goes out again. So an export is held against
what is known of the same sends, and refused as a whole where it contradicts that. All is measured
by events: only people who opted in make any.

- **Every event that names one of our batches has to name one of its people.** A number that is
  nobody's, or none that can be read, proves the column to be damaged. One that may be several
  people's is no contradiction, but such an export is never complete.
- **The faults of a phone column** (`smsframe._phones.corruption`) are faults here too. Rounding can
  hide among neighbours: 20 people from …00 to …19 become two of them. Then all who are named end in
  zeros, though their batches do not, or are named more than once, and their neighbours never.
- **Complete** means: it has events of ours; it is not as long as a spreadsheet at its limit; each
  batch of the run that the API accepted has its share of events, half of the run's median at least
  (batches that are lost but have events too), and it breaks off within none; whoever the status
  endpoint says was sent is in it; and where it is sorted by phone, it does not end long before the
  phones of its run do. Of a run of which nothing is known to be accepted, silence is believed only
  where the export has events of a later batch of the same program.
- Events of other runs, repeated ones and any order are fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.masking import AlreadyMasked, mask_example, mask_phone
from smsframe._base.sentences import many
from smsframe._phones.corruption import find_damage
from smsframe._phones.parse_column import read_texts
from smsframe._results.event_export import NOBODY, SEVERAL, is_by_number
from smsframe._results.messages import runs_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from smsframe._base.arrow import Mask, Positions
    from smsframe._results.event_export import Events, Named
    from smsframe._results.messages import Remembered

SHEET_ROWS: Final = (65_535, 65_536, 1_048_575, 1_048_576)
"""What the two kinds of spreadsheet hold, with and without the header."""
NAMED: Final = 3
LEAST_SHARE: Final = 0.5
MOST_SHARE: Final = 0.99
FEWEST_SORTED: Final = 10
LONGEST_NUMBER: Final = 18
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


# -- what contradicts itself


def refuse_contradictions(events: Events, known: Remembered, named: Named) -> None:
    """Refuse an export whose phones or sources are not what went out."""
    _refuse_damage(events)
    _refuse_strange_batches(events, known)
    wrong = named.judged & (named.place == NOBODY)
    if wrong.any():
        example = events.texts.take(pa.array(np.flatnonzero(wrong)[:1]))[0].as_py()
        shown = "a blank cell" if not example else f"such as {mask_example(example)}"
        raise _refusal(
            f"In column {events.column}, {int(wrong.sum()):,} of {int(named.judged.sum()):,} "
            "events that name a batch of these sends hold a number of nobody in that batch "
            f"({shown}), or none that can be read: the numbers are not what was sent to. {AGAIN}"
        )
    _refuse_rounded(events, known, named)
    _refuse_other_words(events, named)


def _refusal(sentence: str) -> InputError:
    """Return the error of an export that is not believed; what it quotes is masked already."""
    return InputError(AlreadyMasked(f"{sentence} {RESOLVE}"))


def _refuse_damage(events: Events) -> None:
    """Refuse phones that a spreadsheet or another program has damaged as a whole."""
    readings = read_texts(events.texts, None)
    found = find_damage(events.phones, events.texts, readings, None, corrupted_only=True)
    for damage in found:
        if damage.code != "phones_not_phones":  # told of each event, then
            examples = f" (such as {damage.examples[0]})" if damage.examples else ""
            told = mask_phone(damage.sentence)  # it names the column, which a phone may be
            raise _refusal(f"Column {events.column} of the events{examples}: {told}")


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
    if _nameless(known, batches).any():  # that nobody of them ends in zeros is not known
        chance = 10.0**-least
    times = np.bincount(named.place[named.place >= 0], minlength=len(known))
    repeated = np.flatnonzero(times > 1)
    if len(people) * np.log10(chance) < UNLIKELY or _have_neighbours(known, named, repeated, least):
        raise _refusal(
            f"In column {events.column}, all {many(len(people), 'different number')} that the "
            f"events name end in {'0' * least}, and their batches have others: they were "
            f"rounded, and some of these people are others now. {AGAIN}"
        )


def _zeros(contacts: pa.Array) -> Positions:
    """Return how many zeros each number ends in."""
    return np.asarray(
        pc.subtract(pc.binary_length(contacts), pc.binary_length(pc.utf8_rtrim(contacts, "0")))
    ).astype(np.int64)


def _nameless(known: Remembered, which: Mask) -> Mask:
    """Tell of which messages only a hash is known: files that are gone had their numbers."""
    nameless: Mask = pc.equal(known.contact, "").to_numpy(zero_copy_only=False)
    return nameless & which


def _have_neighbours(known: Remembered, named: Named, repeated: Positions, zeros: int) -> bool:
    """Tell whether numbers that are named repeatedly have neighbours who never are."""
    if not len(repeated):
        return False
    if _nameless(known, np.isin(known.batch, known.batch[repeated])).any():
        return True
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
            f"By column {events.column}, {many(twice, 'person', 'people')} of these sends had "
            "several texts of one batch, and nobody is in a batch twice: numbers of several people "
            f"have become one. {AGAIN}"
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
            f"In column {events.column}, {many(int(several.sum()), 'number')} may be of several "
            "people of their batch. Export the phones with their country code."
        )
    shares = _shares(events, known, named)
    for run_id in runs_of(ids):
        _refuse_cut(run_id, shares, known, named, set(ids))
        _refuse_cut_within(run_id, known, named)
        _refuse_cut_by_phone(run_id, known, named)
        _refuse_silence(run_id, events, known, programs)


def _incomplete(sentence: str) -> InputError:
    """Return the error of an export that is not complete."""
    return _refusal(
        f"{sentence} settled=True would have people texted again who are missing from it."
    )


def _shares(events: Events, known: Remembered, named: Named) -> dict[str, float]:
    """Return the events of each batch as a share of its messages that may have been sent."""
    counts, not_sent = events.counts(), known.status == result_columns.NUMBER["not_sent"]
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
    mine = known.of_run(run_id)
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
    sent = (known.status == result_columns.NUMBER["sent"]) & np.isin(known.batch, numbers)
    by_number = ~pc.match_substring(known.contact, "=").to_numpy(zero_copy_only=False)
    if missing := int((sent & by_number & ~named.found).sum()):
        raise _incomplete(
            f"The export was cut or made too early: it lacks {many(missing, 'message')} of run "
            f"{run_id} of which the service says that they were sent."
        )


def _refuse_cut_within(run_id: str, known: Remembered, named: Named) -> None:
    """Refuse an export that breaks off within a batch: with too few events, none at an end."""
    found = {}
    for number, record in enumerate(known.batches):
        if record.run_id == run_id and is_by_number(known, number):
            places = known.places(number)
            found[number] = named.found[
                places[known.status[places] != result_columns.NUMBER["not_sent"]]
            ]
    accepted = [n for n in found if known.batches[n].response_id is not None and len(found[n])]
    counts = {number: np.array([found[number].sum(), len(found[number])]) for number in accepted}
    seen_of_all = sum(counts.values(), np.zeros(2))
    for number, mine in found.items():
        seen, people = seen_of_all - counts.get(number, 0)  # in all other batches
        if not people or not mine.any():
            continue
        share = min(float(seen / people), MOST_SHARE)
        first, last = np.flatnonzero(mine)[[0, -1]]
        gap = max(int(first), len(mine) - 1 - int(last))
        missed = 1 - mine.sum() / (len(mine) - gap + 1)
        if gap * np.log10(missed) < UNLIKELY and _odds(mine, share) < UNLIKELY:
            raise _incomplete(
                "The export was cut or made too early: it has nobody of the "
                f"{many(gap, 'person', 'people')} at one end of batch "
                f"{known.batches[number].batch_id}, and far more of the other batches of run "
                f"{run_id}. Export it whole, well after the send."
            )


def _odds(found: Mask, share: float) -> float:
    """Return the logarithm of the odds, at most, that so few are found where a share of all is."""
    part = float(found.mean())
    if part >= share:
        return 0.0
    pairs = ((part, share), (1 - part, 1 - share))
    distance = sum(mine * np.log10(mine / theirs) for mine, theirs in pairs if mine)
    return -len(found) * float(distance)


def _refuse_cut_by_phone(run_id: str, known: Remembered, named: Named) -> None:
    """Refuse an export that is sorted by phone and lacks one end of the phones of a run."""
    accepted = [
        number
        for number, record in enumerate(known.batches)
        if record.run_id == run_id
        and record.response_id is not None
        and is_by_number(known, number)
    ]
    expected = np.isin(known.batch, accepted) & (known.status != result_columns.NUMBER["not_sent"])
    rows = named.place[named.judged & (named.place >= 0)]
    if len(rows) < FEWEST_SORTED or not named.found[expected].any():
        return
    for order in _orders(known.contact):
        steps = np.diff(order[rows])
        if not ((steps >= 0).all() or (steps <= 0).all()):
            continue
        if (_nameless(known, expected) & ~named.found).any():
            raise _incomplete(
                "The export is sorted by phone, and the files of these results are gone, so it "
                "cannot be seen whether it has both ends of them. Run the same "
                "smsframe.send_files again, which writes the files anew and sends nothing twice, "
                "or export the events in another order."
            )
        mine, found = order[expected], named.found[expected]
        for beyond in (mine > mine[found].max(), mine < mine[found].min()):
            missed = 1 - found.sum() / (len(mine) - beyond.sum() + 1)
            if beyond.sum() * np.log10(missed) < UNLIKELY:
                raise _incomplete(
                    "The export was cut: it is sorted by phone, and has nobody of the "
                    f"{many(int(beyond.sum()), 'person', 'people')} of run {run_id} whose "
                    "numbers come before or after those that are in it. Export it whole."
                )


def _orders(contacts: pa.Array) -> tuple[Positions, Positions]:
    """Return where contacts stand when they are sorted as numbers, and as texts; lookups first."""
    is_lookup = pc.match_substring(contacts, "=")
    numbers = pc.if_else(pc.or_(is_lookup, pc.equal(contacts, "")), "0", contacts)
    as_text = pc.utf8_rpad(numbers, LONGEST_NUMBER, "0")
    return np.asarray(numbers.cast(pa.int64())), np.asarray(as_text.cast(pa.int64()))


def _refuse_silence(
    run_id: str, events: Events, known: Remembered, programs: Mapping[str, str]
) -> None:
    """Refuse an export that says nothing of a run, and nothing that is later either."""
    mine = known.of_run(run_id)
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

"""Results by person: who was put into which arm, what became of them, and what they did.

People are split, not rows, so people are counted: whoever has two rows is one, whose outcome is any
of theirs, or the sum of them. Everybody who was put into an arm counts there, whether or not a
message went out: leaving out whom it did not reach would compare those who can be reached in one
arm with everybody in the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base import result_columns
from smsframe._base.odd_cells import without_odd_cells
from smsframe._base.result_columns import VARIANT
from smsframe._base.result_rows import NOTHING, ROUNDED, ResultRows, arrow_texts
from smsframe._base.sentences import arg, many
from smsframe._base.validation import quoted, shown_label, type_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy.typing as npt

_NAMED: Final = 10
_FEW_WORDS: Final = 2
_YES: Final = frozenset({"true", "yes", "y", "t", "1", "x", "ja", "oui", "si", "sí", "sim", "tak"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class People:
    """Those who are in an arm, one by one.

    ``arm`` is the number of each one's among ``arms``, which are sorted by name; ``accepted`` and
    ``sent`` say whether any message of theirs was; ``outcome`` is 0 or 1 where ``is_share``, else
    an amount. ``with_several_rows`` are people, too.
    """

    arms: list[str]
    arm: npt.NDArray[np.int64]
    accepted: npt.NDArray[np.bool_]
    sent: npt.NDArray[np.bool_]
    outcome: npt.NDArray[np.float64]
    is_share: bool
    with_several_rows: int


def read_people(frame: pd.DataFrame, outcome: Hashable, by: Hashable) -> People:
    """Read results by person; InputError where they cannot be compared."""
    rows = ResultRows.read(frame)
    if isinstance(by, str) and by == VARIANT:
        by = result_columns.result_label(frame.columns, VARIANT)
    texts = arrow_texts(_column(frame, by, "by"))
    arms = pc.if_else(pc.is_in(texts, value_set=pa.array(NOTHING)), None, texts)
    chosen = np.flatnonzero(pc.is_valid(arms).to_numpy(zero_copy_only=False))
    names = pc.unique(arms).drop_null().sort().to_pylist()
    if len(names) <= 1:
        only = f", which is {names[0]!r} in all rows that have one" if names else ", which is empty"
        raise InputError(
            f"There is nothing to compare by column {shown_label(by)}{only}. At least two "
            "arms are needed: send two texts, or one and a holdout."
        )
    amounts, is_share = _amounts(frame, outcome, chosen)
    numbers = pc.index_in(arms, value_set=pa.array(names, arms.type))
    arm = numbers.take(pa.array(chosen)).to_numpy(zero_copy_only=False).astype(np.int64)
    who = _whose(rows.contact.take(pa.array(chosen)))
    table = pd.DataFrame(
        {
            "arm": arm,
            "accepted": rows.has(*result_columns.ACCEPTED_STATUSES)[chosen],
            "sent": rows.has("sent")[chosen],
            "outcome": amounts,
        }
    )
    grouped = table.groupby(who, sort=False)
    first = grouped["arm"].min()
    in_several = int((first != grouped["arm"].max()).sum())
    if in_several:
        are = many(in_several, "person is", "people are")
        raise InputError(
            f"{are} in more than one arm of column {shown_label(by)}, so what they did cannot be "
            "put down to one of them. Leave them out, or give each of them one arm."
        )
    return People(
        arms=names,
        arm=first.to_numpy(),
        accepted=grouped["accepted"].max().to_numpy(dtype=bool),
        sent=grouped["sent"].max().to_numpy(dtype=bool),
        outcome=(grouped["outcome"].max() if is_share else grouped["outcome"].sum()).to_numpy(),
        is_share=is_share,
        with_several_rows=int((grouped.size() > 1).sum()),
    )


def _column(frame: pd.DataFrame, label: Hashable, argument: str) -> pd.Series:
    """Return the one column of a label."""
    try:
        number = sum(1 for name in frame.columns if name == label)
    except (TypeError, ValueError):  # pd.NA is equal to nothing, and an array to many
        number = 0
    if number > 1:
        raise InputError(f"The results have column {shown_label(label)} more than once: keep one.")
    if number:
        column: pd.Series = frame[label]
        return column
    ours_for_arms = (VARIANT, result_columns.result_label(frame.columns, VARIANT))
    if argument == "by" and isinstance(label, str) and label in ours_for_arms:
        raise InputError(
            "These results have no column 'sms_variant': that send had one text and no "
            "holdout, so there are no arms. If you split the people yourself, name that column "
            "with ",
            arg("by"),
            ".",
        )
    ours = set(result_columns.RESULT_COLUMNS)
    listed = [name for name in frame.columns if not (isinstance(name, str) and name in ours)]
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    has = ", ".join(map(shown_label, listed[:_NAMED])) + more
    raise InputError(
        arg(argument),
        f" names {shown_label(label)}, which is no column of the results. Add it first, or "
        f"name one of: {has}.",
    )


def _amounts(
    frame: pd.DataFrame, outcome: Hashable, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], bool]:
    """Return the outcome of rows as numbers, and whether it is something done or not."""
    column = without_odd_cells(_column(frame, outcome, "outcome").iloc[rows])
    missing = int(column.isna().sum())
    named = f"Column {shown_label(outcome)}"
    if missing:
        cells = many(missing, "row that is", "rows that are")
        raise InputError(
            f"{named} is empty in {cells} in an arm, and that can mean two things. If nothing "
            f"happened there, say so: results[{outcome!r}] = results[{outcome!r}].fillna(0). If it "
            "is not known what happened, leave these people out, in all arms alike."
        )
    numbers = _numbers(column, named)
    with np.errstate(over="ignore"):
        whole = np.abs(numbers).sum()
    if not np.isfinite(whole):
        raise InputError(f"{named} holds an infinite number, or sums up to one. Correct it.")
    return numbers, bool(np.isin(numbers, (0.0, 1.0)).all())


def _numbers(column: pd.Series, named: str) -> npt.NDArray[np.float64]:
    """Return a column of yes and no, or of numbers, as numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.categories.dtype != object:
        column = column.astype(column.cat.categories.dtype)
    dtype = column.dtype
    is_number = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    if column.dtype == object and not any(isinstance(cell, str) for cell in column):
        try:
            column, is_number = pd.to_numeric(column), True
        except (TypeError, ValueError):
            is_number = False
    if not is_number or pd.api.types.is_complex_dtype(column.dtype):
        raise InputError(
            f"{named} has to say what each row's person did: True or False, 1 or 0, or an amount. "
            f"{_how_to_number(column)}"
        )
    return column.to_numpy(dtype=np.float64)


def _how_to_number(column: pd.Series) -> str:
    """Say what a column holds in place of numbers, and how to make numbers of it."""
    label = f"results[{column.name!r}]"
    held = column.drop_duplicates()
    if not all(isinstance(cell, str) for cell in held):
        return f"It holds {type_of(next(iter(held), None))}. Make numbers of it first."
    if pd.to_numeric(held, errors="coerce").notna().all():
        return f"It holds numbers as text. Make numbers of them: {label} = pd.to_numeric({label})."
    if len(held) > _FEW_WORDS:
        return f"It holds texts. Say which of them mean yes: {label} = {label}.isin([...])."
    words = sorted(map(quoted, held), key=lambda word: word.strip("'").casefold() not in _YES)
    return (
        f"It holds {' and '.join(sorted(words))}, as text. Say which means yes, such as "
        f"{label} = {label} == {words[0]}."
    )


def _whose(contacts: pa.Array) -> npt.NDArray[Any]:
    """Return a number for the person of each row; a row without a contact is somebody of its own.

    Contacts that a spreadsheet has rounded are several people's, so nobody can be told apart.
    """
    rounded = pc.sum(pc.match_substring_regex(contacts, ROUNDED)).as_py() or 0
    if rounded:
        raise InputError(
            f"Column 'sms_contact' holds {many(rounded, 'number')} that a spreadsheet has "
            "rounded, so it cannot be told who is who. Take the results from "
            "smsframe.results(run), and join the outcome to those."
        )
    numbers = contacts.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    people = np.array(numbers, dtype=np.float64)
    nobody = np.isnan(people)
    people[nobody] = -1.0 - np.arange(nobody.sum())
    return people.astype(np.int64)

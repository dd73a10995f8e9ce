"""Several texts read as one: each by itself, for the rows that get it.

A column is read once, whichever texts use it, over all rows: what it is taken for (dates without
times, whole numbers) must not depend on who happens to be in an arm. What is wrong with a row's
values counts only where the row's own text uses them. What is wrong with a text names the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from smsframe._base.sentences import Sentence
from smsframe._plan.column_values import ColumnValues
from smsframe._plan.notices import note_words
from smsframe._plan.problems import Fault, Problems
from smsframe._plan.texts import Texts, note_long, read_unmeasured
from smsframe._plan.verdicts import INVALID
from smsframe._text.segments import Measured

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._plan.options import Columns
    from smsframe._plan.variant_arguments import Several
    from smsframe._plan.variants import Variants
    from smsframe._plan.verdicts import Verdict

_UNUSED: Final = ("personalize_unused", "default_unused")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ManyTexts(Texts):
    """The texts of a send that has several; ``parts`` are in the order of the variants' names.

    ``message`` has what they share, and no content: nothing can send it by mistake.
    """

    variants: Variants
    parts: tuple[Texts, ...]

    @property
    def told(self) -> str | None:
        """The texts with their names, one a line."""
        named = zip(self.variants.names, self.parts, strict=True)
        return "\n".join(f"{name}: {part.message.content}" for name, part in named)

    @property
    def lengths(self) -> dict[str, int]:
        """The characters of each text by its name, by which `told` can be cut again."""
        named = zip(self.variants.names, self.parts, strict=True)
        return {name: len(part.message.content or "") for name, part in named}

    def of(self, rows: Positions) -> Texts:
        """Return the text of rows that all have the same one."""
        numbers = np.unique(self.variants.number[rows])
        assert len(numbers) == 1
        return self.parts[int(numbers[0])]

    def at(self, rows: Positions) -> list[str] | pa.Array:
        """Return the texts of rows; of one without a text, nothing."""
        out = np.full(len(rows), "", dtype=object)
        for _, part, where in self.each(rows):
            texts = part.at(rows[where])
            out[where] = texts.to_pylist() if isinstance(texts, pa.Array) else texts
        return out.tolist()

    def each(self, rows: Positions) -> Iterator[tuple[str, Texts, Positions]]:
        """Yield each text with its name, and where the rows stand that get it."""
        numbers = self.variants.number[rows]
        for number, part in enumerate(self.parts):
            yield self.variants.names[number], part, np.flatnonzero(numbers == number)

    def taken(self, rows: Positions) -> Texts:
        """Return the texts of some rows, as those of a frame of their own."""
        variants = self.variants.taken(rows)
        parts = tuple(part.cut(rows) for part in self.parts)
        measured = _measured(parts, variants)
        return replace(self.cut(rows), variants=variants, parts=parts, measured=measured)


@dataclass(slots=True)
class _Shared:
    """The columns that were read, and by which texts each was."""

    values: ColumnValues
    read: dict[Hashable, pa.Array] = field(default_factory=dict)
    used: dict[Hashable, list[int]] = field(default_factory=dict)


class _PartValues(ColumnValues):
    """The columns of a frame as one of several texts reads them, with problems of its own."""

    def __init__(self, shared: _Shared, number: int) -> None:
        self.frame, self.problems = shared.values.frame, Problems()
        self.read_columns = shared.values.read_columns
        self._formats = shared.values._formats  # noqa: SLF001 - of our own kind
        self._shared, self._number = shared, number

    def texts(self, column: Hashable) -> pa.Array:
        """Return a column as text; it is read, and its cells are judged, by the first that asks."""
        if column not in self._shared.read:
            self._shared.read[column] = self._shared.values.texts(column)
        self._shared.used.setdefault(column, []).append(self._number)
        return self._shared.read[column]

    def _unreadable(self, column: Hashable) -> Positions:
        """Return the rows whose cell of a column has no text."""
        return self._shared.values._unreadable(column)  # noqa: SLF001 - of our own kind


def read_several_texts(
    message: Message,
    several: Several,
    variants: Variants,
    columns: Columns,
    values: ColumnValues,
    *,
    fold: str | None,
) -> ManyTexts:
    """Take each text apart, read what fills its tags, and measure how it comes out."""
    problems, cells = values.problems, Problems()
    values.problems = cells
    shared, parts, told = _Shared(values), [], []
    for number, content in enumerate(several.texts.values()):
        mine = _PartValues(shared, number)
        part = read_unmeasured(replace(message, content=content), columns, fold, mine)
        parts.append(part)
        told.append(mine.problems)
    values.problems = problems
    problems.faults += _of_users(cells, shared, variants)
    problems.faults += _of_texts(told, variants)
    measured = _measured(tuple(parts), variants)
    if measured is not None and not problems.blocking:
        note_long(measured, problems)
    return ManyTexts(
        message=message,
        tag_columns=_united(part.tag_columns for part in parts),
        given=_united(part.given for part in parts),
        filled=_united(part.filled for part in parts),
        database_tags=tuple(dict.fromkeys(tag for part in parts for tag in part.database_tags)),
        measured=measured,
        variants=variants,
        parts=tuple(parts),
    )


def note_words_of_each(texts: Texts, verdict: Verdict, problems: Problems) -> None:
    """Note what is to be said of the words, text by text."""
    if not isinstance(texts, ManyTexts):
        note_words(texts, verdict, problems)
        return
    told = []
    for number, part in enumerate(texts.parts):
        mine = Problems()
        note_words(part, np.where(texts.variants.number == number, verdict, INVALID), mine)
        told.append(mine)
    problems.faults += _of_texts(told, texts.variants)


def _united(each: Any) -> dict[str, Any]:
    """Return several mappings as one; what stands in two of them is the same."""
    return {tag: value for mapping in each for tag, value in mapping.items()}


def _measured(parts: tuple[Texts, ...], variants: Variants) -> Measured | None:
    """Return what each row's own text costs; None where a text cannot be taken apart."""
    rows = len(variants.number)
    whole = Measured(
        gsm7=np.ones(rows, dtype=bool),
        units=np.zeros(rows, dtype=np.int32),
        segments=np.zeros(rows, dtype=np.int16),
        characters=np.zeros(rows, dtype=np.int32),
    )
    for number, part in enumerate(parts):
        where = np.flatnonzero(variants.number == number)
        found = part.taken(where).measured
        if found is None:
            return None
        for name in ("gsm7", "units", "segments", "characters"):
            getattr(whole, name)[where] = getattr(found, name)
    return whole


def _of_users(cells: Problems, shared: _Shared, variants: Variants) -> Iterator[Fault]:
    """Yield what is wrong with cells, for the rows whose own text uses them."""
    for fault in cells.faults:
        yield from _for_rows(fault, shared.used.get(fault.column, []), variants)


def _for_rows(fault: Fault, numbers: list[int], variants: Variants) -> Iterator[Fault]:
    """Yield a fault for the rows that have one of some texts."""
    if fault.positions is None:
        yield fault
        return
    rows = fault.positions[np.isin(variants.number[fault.positions], numbers)]
    if len(rows):
        yield replace(fault, positions=rows)


def _of_texts(told: list[Problems], variants: Variants) -> Iterator[Fault]:
    """Yield what is wrong with texts; what not all of them share names those that have it."""
    wholes: dict[tuple[str, str], tuple[Fault, list[int]]] = {}
    for number, problems in enumerate(told):
        for fault in problems.faults:
            if fault.positions is None:
                known = wholes.setdefault((fault.code, str(fault.sentence)), (fault, []))
                known[1].append(number)
            else:
                yield from _for_rows(fault, [number], variants)
    unused = _unused_in_all(told)
    for (code, _), (fault, numbers) in wholes.items():
        if code in _UNUSED:
            if (code, fault.column) in unused:
                unused.discard((code, fault.column))
                yield fault
        elif len(numbers) == len(told):
            yield fault
        else:
            names = ", ".join(repr(variants.names[number]) for number in numbers)
            which = f"Text{'s' * (len(numbers) > 1)} {names}: "
            yield replace(fault, sentence=Sentence(which, fault.sentence))


def _unused_in_all(told: list[Problems]) -> set[tuple[str, Any]]:
    """Return which arguments name a tag that no text has."""
    each = [
        {(fault.code, fault.column) for fault in problems.faults if fault.code in _UNUSED}
        for problems in told
    ]
    return set.intersection(*each) if each else set()

"""Placeholders in a text: find them, offer near misses for them, fill them.

A placeholder is ``%%TAG%%``. Three decisions govern the reading of ``%``:

* **Two ``%`` in a row always open or close a placeholder**, as they do for the API; one ``%`` alone
  is a percent sign ("50% off"). A text that says "100%%" is therefore refused, with the place shown
  and the fix (write one ``%``), for the API would look for a placeholder there as well.
* **A tag is any characters but ``%`` and line breaks**, at least one. Spaces are part of it, at the
  ends too, and case counts: the API compares names exactly, so does this. A line break ends the
  search for the closing ``%%``, so an unclosed placeholder is found in its own line.
* **Reading goes from the left, each ``%%`` as early as possible.** ``%%RATE%%%`` is a tag and a
  percent sign. A percent sign right before a placeholder (``50%%%NAME%%``) is refused: a reader
  that starts at the first ``%%`` would find a tag called ``%NAME``.

Filling is one pass: a value that itself holds ``%%`` is not read again.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Values: TypeAlias = Mapping[str, pa.Array | pa.ChunkedArray | str]

_PLACEHOLDER: Final = re.compile(r"%%([^%\r\n]+)%%")
_CONTEXT_CHARACTERS: Final = 20
_LARGEST_STRING_ARRAY_BYTES: Final = 2**31 - 1
_OFFERS: Final = 3


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: ``literals[0] slots[0] literals[1] slots[1] … literals[-1]``.

    Made by :meth:`parse`. There is always one literal more than there are slots; literals may be
    empty, and a tag that is used twice has two slots.

    >>> Template.parse("Hi %%First Name%%!")
    Template(literals=('Hi ', '!'), slots=('First Name',))
    """

    literals: tuple[str, ...]
    slots: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Take a text apart at its placeholders.

        Parameters
        ----------
        text : str
            The text with ``%%TAG%%`` placeholders.

        Raises
        ------
        InputError
            The text is no string, or a ``%%`` is not part of a placeholder. The sentence shows
            where; ``details["position"]`` is the index of the first of the two ``%``.
        """
        if not isinstance(text, str):
            raise InputError(f"The text of a message is a string, not {type(text).__name__}.")
        *parts, rest = _PLACEHOLDER.split(text)
        literals, slots = (*parts[::2], rest), tuple(parts[1::2])
        _refuse_stray_marks(text, literals, slots)
        return cls(literals, slots)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in the order of their first use, each once."""
        return tuple(dict.fromkeys(self.slots))

    @property
    def pieces(self) -> tuple[tuple[str, bool], ...]:
        """The text piece by piece, as (piece, is it a tag); empty literals are left out."""
        literals = ((literal, False) for literal in self.literals)
        slots = ((tag, True) for tag in self.slots)
        pairs = chain.from_iterable(zip_longest(literals, slots, fillvalue=("", False)))
        return tuple(pair for pair in pairs if pair[0])

    @property
    def text(self) -> str:
        """The text as it was written."""
        return "".join(f"%%{piece}%%" if is_tag else piece for piece, is_tag in self.pieces)

    def bind(self, values: Mapping[str, str]) -> Template:
        """Put fixed values in the place of some tags; the other tags stay.

        Parameters
        ----------
        values : mapping of str to str
            Tag to value. Tags that the template does not use are ignored.
        """
        literals, slots = [self.literals[0]], []
        for tag, literal in zip(self.slots, self.literals[1:], strict=True):
            if tag in values:
                literals[-1] += values[tag] + literal
            else:
                slots.append(tag)
                literals.append(literal)
        return Template(tuple(literals), tuple(slots))


def fill(template: Template, values: Values, n: int | None = None) -> pa.Array:
    """Fill the placeholders of a template, row by row.

    Parameters
    ----------
    template : Template
        The text, taken apart.
    values : mapping of str to pyarrow.Array, pyarrow.ChunkedArray or str
        Tag to one text per row, or to one text for all rows. Null fills in nothing, and so does
        a tag that has no entry (its value is not known here). Other entries are ignored.
    n : int, optional
        Number of rows. Omitted: the length of the arrays.

    Returns
    -------
    pyarrow.StringArray
        ``n`` texts without null (a LargeStringArray where they take more than 2 GiB).

    Raises
    ------
    InputError
        ``n`` is omitted and no value is an array, or the arrays differ in length.
    """
    template, columns = bound_columns(template, values)
    rows = row_count(columns, n)
    if not template.slots:
        return pa.repeat(pa.scalar(template.literals[0], pa.string()), rows)
    kind = _fitting_type(template, columns, rows)
    fills = {tag: column.cast(kind) for tag, column in columns.items()}
    pieces = [
        fills[piece] if is_tag else pa.scalar(piece, kind) for piece, is_tag in template.pieces
    ]
    return pc.binary_join_element_wise(
        *pieces, pa.scalar("", kind), null_handling="replace", null_replacement=""
    )


def fill_one(template: Template, values: Mapping[str, str | None]) -> str:
    """Fill the placeholders of a template once; None or no entry fills in nothing.

    >>> fill_one(Template.parse("Hi %%Name%%!"), {"Name": "Ann"})
    'Hi Ann!'
    """
    return "".join(
        (values.get(piece) or "") if is_tag else piece for piece, is_tag in template.pieces
    )


def bound_columns(template: Template, values: Values) -> tuple[Template, dict[str, pa.Array]]:
    """Put what is the same for all rows into the template; return it with the columns left."""
    fixed: dict[str, str] = {}
    columns: dict[str, pa.Array] = {}
    for tag in template.tags:
        value = values.get(tag, "")
        if isinstance(value, str):
            fixed[tag] = value
        else:
            columns[tag] = value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value
    return template.bind(fixed), columns


def row_count(columns: Mapping[str, pa.Array], n: int | None) -> int:
    """Return the number of rows that all columns agree on."""
    lengths = {len(column) for column in columns.values()} | ({n} if n is not None else set())
    if len(lengths) > 1:
        raise InputError(f"The values to fill in differ in length: {sorted(lengths)}.")
    if not lengths:
        raise InputError("No value is an array, so `n` has to say how many texts to fill.")
    return lengths.pop()


def near_misses(tag: str, names: Iterable[object]) -> list[str]:
    """Offer the names that a mistyped tag may have meant, best first.

    Case, spaces, ``_``, ``-`` and accents are ignored; beyond that one typing slip (a character too
    many, too few, wrong, or two swapped) is forgiven in names of three characters or more, two in
    names of seven or more.

    Parameters
    ----------
    tag : str
        The tag that names nothing.
    names : iterable
        Column labels; those that are no strings, and the tag itself, are never offered.

    Returns
    -------
    list of str
        Names as they were given, at most three.

    Examples
    --------
    >>> near_misses("FIRST NAME", ["first_name", "frist_name", "city"])
    ['first_name', 'frist_name']
    """
    wanted = _skeleton(tag)
    offers = []
    for place, name in enumerate(names):
        if isinstance(name, str) and name != tag:
            slips = _slips(wanted, _skeleton(name))
            if slips is not None:
                offers.append((slips, place, name))
    return list(dict.fromkeys(name for _, _, name in sorted(offers)))[:_OFFERS]


def _refuse_stray_marks(text: str, literals: tuple[str, ...], slots: tuple[str, ...]) -> None:
    """Raise for the first ``%%`` that no placeholder accounts for."""
    position = 0
    for literal, slot in zip_longest(literals, slots):
        stray = (literal + "%" if slot else literal).find("%%")
        if stray >= 0:
            _raise_stray_mark(text, position + stray)
        position += len(literal) + len(slot or "") + 4


def _raise_stray_mark(text: str, position: int) -> None:
    """Say what is wrong with the ``%%`` at a position, and show it between its neighbours."""
    tag = re.split(r"[%\r\n]", text[position + 2 :], maxsplit=1)[0]
    if text.startswith("%%%%", position):
        fault = "opens a placeholder without a name"
    elif text.startswith("%%%", position):
        fault = "is one of three % in a row; put a space before the placeholder"
    elif text.startswith("%", position + 2 + len(tag)):
        fault = "opens a placeholder whose name holds a %"
    else:
        fault = "opens a placeholder that is not closed in its line"
    raise InputError(
        f"The %% at character {position + 1} {fault}: {_shown(text, position)}. "
        "Write %%TAG%% for a placeholder and a single % for a percent sign.",
        position=position,
        text=text,
    )


def _shown(text: str, position: int) -> str:
    """Cut out the neighbourhood of a ``%%`` and mark it with arrows."""
    start, end = position - _CONTEXT_CHARACTERS, position + 2 + _CONTEXT_CHARACTERS
    before, after = text[max(start, 0) : position], text[position + 2 : end]
    shown = f"{'…' * (start > 0)}{before}→%%←{after}{'…' * (end < len(text))}"
    return f'"{shown}"'.replace("\r", "⏎").replace("\n", "⏎")


def _fitting_type(template: Template, columns: Mapping[str, pa.Array], rows: int) -> pa.DataType:
    """Choose the string type whose offsets can address all filled texts."""
    fixed = rows * sum(len(literal.encode()) for literal in template.literals)
    filled = sum(columns[tag].nbytes for tag in template.slots)
    return pa.large_string() if fixed + filled > _LARGEST_STRING_ARRAY_BYTES else pa.string()


def _skeleton(name: str) -> str:
    """Reduce a name to what people remember of it: letters and digits without case or accents."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if not (c.isspace() or c in "_-" or unicodedata.combining(c)))


def _slips(wanted: str, given: str) -> int | None:
    """Count the typing slips between two skeletons; None where they are too many to be slips."""
    shortest = min(len(wanted), len(given))
    allowed = (shortest >= 3) + (shortest >= 7)  # noqa: PLR2004 - documented in near_misses
    if abs(len(wanted) - len(given)) > allowed:
        return None
    slips = 0 if wanted == given else _edit_distance(wanted, given)
    return slips if slips <= allowed else None


def _edit_distance(one: str, other: str) -> int:
    """Count insertions, deletions, replacements and swaps of neighbours between two words."""
    before, last = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one):
        row = [i + 1]
        for j, b in enumerate(other):
            best = min(last[j] + (a != b), last[j + 1] + 1, row[j] + 1)
            if i and j and a == other[j - 1] and one[i - 1] == b:
                best = min(best, before[j - 1] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]

"""Numbers and dates of the columns that are given a format; all other cells stay as they are.

A format such as ``,.2f`` needs numbers and one such as ``%d %b`` needs dates, while a CSV file has
texts. What is read here can be read in one way only: digits with a point, and dates year first.
``05/03/2026`` is a day in March or in May, so it is refused and never guessed, whatever the other
rows look like. ``1.234`` is a little more than one, or more than a thousand; where every decimal of
a column is such a number it is asked about (``decimal=``). Cells that are numbers or dates already,
as in Excel, are left alone, however they were shown.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import AlreadyMasked, mask_label
from smsframe._base.sentences import Sentence, arg, words
from smsframe._files.number_formats import ShownCell
from smsframe._files.unclear import unclear
from smsframe._text.format_value import shown
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from smsframe._base.sentences import Piece

NAMED: Final = 5

_DATE_FORMAT = re.compile(r"%[-#]?[A-Za-z]")
_NUMBER_FORMAT = re.compile(r".*(,|[bdeEfFgGnoxX%])", re.DOTALL)
_LIKE_DATE = re.compile(r"([0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{2}|(19|20)[0-9]{2})"
                        r"|(19|20)[0-9]{2}[/.-][0-9]{1,2}[/.-][0-9]{1,2})"
                        r"([T ]+[0-9]{1,2}[:.][0-9]{2}([:.][0-9]{2}([.,][0-9]+)?)?"
                        r" ?([APap][Mm]|Z|[+-][0-9]{2}:?[0-9]{2})?)?")  # fmt: skip
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = {
    ".": re.compile(r"[+-]?[0-9]{1,3}([, '’\u00a0\u202f])[0-9]{3}(\1[0-9]{3})*(\.[0-9]*)?"),
    ",": re.compile(r"[+-]?[0-9]{1,3}([. '’\u00a0\u202f])[0-9]{3}(\1[0-9]{3})*(,[0-9]*)?"),
}
_POINTED = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
                   r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?"
                   r"(Z|[+-][0-9]{2}:?[0-9]{2})?")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """How the texts of a column are read: None for a text that cannot be, and what to write."""

    read: Callable[[str], Any]
    kind: str
    fix: str


def _number(text: str) -> int | float | None:
    """Read a number."""
    if not _NUMBER.fullmatch(text):
        return None
    digits = text.lstrip("+-")
    value = int(text) if digits.isdigit() else float(text)
    return value if math.isfinite(value) else None


def _number_with(decimal: str) -> Callable[[str], Any]:
    """Return what reads numbers with this decimal mark, thousands apart or not."""

    def read(text: str) -> int | float | None:
        found = _GROUPED[decimal].fullmatch(text)
        if found is not None:
            text = text.replace(found[1], "")
        elif decimal == "," and "." in text:
            return None
        return _number(text.replace(",", ".") if decimal == "," else text)

    return read


def _moment(text: str) -> dt.date | None:
    """Read a date or moment, with its offset from UTC where it has one."""
    found = _DATE.fullmatch(text)
    if found is None or (found[5] and not found[2]):
        return None
    try:
        return dt.datetime.fromisoformat(text) if found[2] else dt.date.fromisoformat(text)
    except ValueError:
        return None


_NUMBERS = _Reading(
    read=_number,
    kind="number",
    fix="Write digits with a decimal point, such as 1234.50, or leave the cell blank.",
)
_WITH_COMMA: Final = "Write digits with a decimal comma, such as 1234,50, or leave the cell blank."
_DATES = _Reading(
    read=_moment,
    kind="date with the year first",
    fix="Write 2026-03-05, or 2026-03-05 14:30, or leave the cell blank.",
)


def typed(
    frame: pd.DataFrame, formats: Mapping[Any, str], decimal: str | None = None
) -> pd.DataFrame:
    """Return the frame with numbers or dates in the columns whose format needs them.

    Raises
    ------
    InputError
        A text of such a column is no number, or no date: its line and what to write. Or its numbers
        can be read in two ways, and ``decimal`` does not say which.
    """
    made = {
        name: _read(frame[name], _reading(spec, decimal), _by_format(name, spec), decimal)
        for name, spec in formats.items()
        if name in frame.columns and _reading(spec, decimal)
    }
    return frame.assign(**made)


def _by_format(name: Any, spec: str) -> str:
    """Return what asks for numbers or dates."""
    given = f"{name}={spec}"
    return Sentence(words(arg("formats", {name: spec}), at_shell=f"--format {given!r}"))


def read_as(column: pd.Series, kind: str, decimal: str | None) -> pd.Series:
    """Return a column as numbers or dates; ``kind`` is the argument that asks for it.

    Raises
    ------
    InputError
        As `typed` does.
    """
    reading = _reading("%d" if kind == "dates" else "f", decimal)
    made = _read(column, reading, Sentence(arg(kind)), decimal)
    if not pd.api.types.is_numeric_dtype(made.dtype):  # texts that are left are blank
        cells = [None if isinstance(cell, str) else cell for cell in made]
        made = pd.Series(cells, index=made.index, name=made.name, dtype=object)
    if kind == "dates":
        return _of_one_clock(made)
    if made.dtype in ("Int64", "float64"):
        return made
    long = [n for n, cell in enumerate(made) if isinstance(cell, int) and abs(cell) >= 2**63]
    if long:
        raise InputError(
            mask_label(f"Column {column.name!r}"),
            f", {column.index.name or 'row'} {column.index[long[0]]:,}: ",
            f"{shown(made.iloc[long[0]])} has more digits than a number keeps, so it is an "
            "identifier. Leave the column out of ",
            arg(kind),
            ".",
        )
    is_whole = all(isinstance(cell, (int, np.integer)) for cell in made.dropna())
    return made.astype("Int64" if is_whole else "float64")


def _of_one_clock(made: pd.Series) -> pd.Series:
    """Return moments as datetime64; each as it is where they have several offsets from UTC.

    Beside moments that have an offset, one that has none would be another wherever it is read.
    """
    cells = made.dropna()
    offsets = [cell.utcoffset() if isinstance(cell, dt.datetime) else None for cell in cells]
    if len(set(offsets)) == 1 or not offsets:
        return pd.to_datetime(made)
    if None not in offsets:
        return made
    line, cell = next(pair for pair, off in zip(cells.items(), offsets, strict=True) if off is None)
    raise InputError(
        mask_label(f"Column {made.name!r}"),
        f", {made.index.name or 'row'} {line:,}: {cell} says no offset from UTC, and other cells "
        "do. Write it behind all times, such as 2026-03-05 14:30+02:00, or behind none, or leave "
        "the column out of ",
        arg("dates"),
        ".",
    )


def _reading(spec: str, decimal: str | None) -> _Reading | None:
    """Return what a format needs: dates for %d, numbers for .2f, nothing for what takes texts."""
    if _DATE_FORMAT.search(spec):
        return _DATES
    if not _NUMBER_FORMAT.fullmatch(spec):
        return None
    if decimal is None:
        return _NUMBERS
    fix = _NUMBERS.fix if decimal == "." else _WITH_COMMA
    return replace(_NUMBERS, read=_number_with(decimal), fix=fix)


def _read(
    column: pd.Series, reading: _Reading | None, option: str, decimal: str | None
) -> pd.Series:
    """Read the texts of a column, each distinct one once."""
    plain = _plain_numbers(column) if reading is _NUMBERS else None
    if plain is not None:
        return plain
    cells = column.to_numpy(dtype=object)
    has_stored = [n for n, cell in enumerate(cells) if isinstance(cell, ShownCell)]
    if has_stored:
        cells = cells.copy()
        for place in has_stored:
            cells[place] = cells[place].stored
        column = pd.Series(cells, index=column.index, name=column.name, dtype=object)
    places = [n for n, cell in enumerate(cells) if isinstance(cell, str) and cell.strip()]
    if reading is None or not places:
        return column.infer_objects() if has_stored else column
    if decimal is None and reading is _NUMBERS:
        _refuse_two_readings(column, places, option)
    known = {cell: reading.read(cell.strip()) for cell in {cells[place] for place in places}}
    bad = [place for place in places if known[cells[place]] is None]
    if bad:
        raise _complaint(column, bad, reading, option)
    out = np.array([None if pd.isna(cell) else cell for cell in cells], dtype=object)
    for place in places:
        out[place] = known[cells[place]]
    return pd.Series(out, index=column.index, name=column.name, dtype=object)


def _plain_numbers(column: pd.Series) -> pd.Series | None:
    """Read texts that are all whole numbers, or all have a point and one reading; None for others.

    They are read at once, as most are, and become what they would one by one.
    """
    if not isinstance(column.dtype, pd.StringDtype):
        return None
    texts = pc.utf8_trim_whitespace(pa.array(column.array, pa.large_string(), from_pandas=True))
    texts = pc.if_else(pc.equal(texts, ""), None, texts)

    def are_all(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())

    if texts.null_count == len(texts):
        return None
    if are_all("^-?[0-9]{1,18}$"):
        kind, dtype = pa.int64(), "Int64"
    elif are_all(r"^-?[0-9]{1,15}\.[0-9]{1,15}$") and not are_all(f"^{_TWO_READINGS.pattern}$"):
        kind, dtype = pa.float64(), "float64"
    else:
        return None
    numbers = texts.cast(kind).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return numbers.astype(dtype).set_axis(column.index).rename(column.name)


def _refuse_two_readings(column: pd.Series, places: Sequence[int], option: str) -> None:
    """Refuse numbers all of which may have a decimal point, or one between thousands."""
    cells = column.to_numpy(dtype=object)
    pointed = [place for place in places if _POINTED.fullmatch(cells[place].strip())]
    if not pointed or not all(_TWO_READINGS.fullmatch(cells[place].strip()) for place in pointed):
        return
    text = cells[pointed[0]].strip()
    raise unclear(
        Sentence(
            f"Column {column.name!r}, {column.index.name or 'row'} {column.index[pointed[0]]:,}: "
            f"{text} has two readings, {float(text):g} and {float(text) * 1000:,.0f}, and ",
            option,
            " needs a number.",
        ),
        arg("decimal", "."),
        " says that the point is a decimal point, ",
        arg("decimal", ","),
        " that it stands between thousands.",
        also=f"numbers=[{str(column.name)!r}], ",
        position=pointed[0],
    )


def _complaint(column: pd.Series, bad: Sequence[int], reading: _Reading, option: str) -> InputError:
    """Say which cells cannot be read, and what to write in them."""
    place = str(column.index.name or "row")
    labels = [f"{column.index[number]:,}" for number in bad[:NAMED]]
    also = f" {len(bad):,} {place}s have such a value: {', '.join(labels)}" if len(bad) > 1 else ""
    also += (", …" if len(bad) > NAMED else ".") if also else ""
    cell = str(column.iloc[bad[0]]).strip()
    value = (
        repr(cell) if _LIKE_DATE.fullmatch(cell) else shown(cell)
    )  # no digit of a date is hidden
    where = mask_label(f"Column {column.name!r}")
    fact = AlreadyMasked(
        f"{where}, {place} {labels[0]}: {value} is no {reading.kind}, as ", option, f" needs.{also}"
    )
    fixes = _decimal_fixes(cell) if reading is _NUMBERS else []
    if fixes:
        also = f"numbers=[{str(column.name)!r}], "
        return unclear(fact, *fixes, f" {reading.fix}", also=also, position=bad[0])
    return InputError(AlreadyMasked(fact, f" {reading.fix}"), position=bad[0])


def _decimal_fixes(cell: str) -> list[Piece]:
    """Say with which decimal mark a text is a number, and which one where both marks make one."""
    ways = {mark: _number_with(mark)(cell) for mark in (".", ",")}
    read = {mark: number for mark, number in ways.items() if number is not None}
    if len(read) == len(ways) and len(set(read.values())) > 1:
        point, comma = (f"{read[mark]:,}" for mark in ways)
        points, commas = (arg("decimal", mark) for mark in ways)
        return ["It has two readings: ", points, f" reads {point}, ", commas, f" reads {comma}."]
    if "." in read:
        return ["If it has a decimal point, ", arg("decimal", "."), " says so."]
    return ["If the decimal mark is a comma, ", arg("decimal", ","), " says so."] if read else []

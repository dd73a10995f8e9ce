"""What a text costs on the air: its encoding, its length and the number of its segments.

A text is sent in GSM 7-bit when every character is in that alphabet, else the whole of it in UCS-2.
It takes one segment up to 160 septets or 70 UTF-16 units; a longer one is joined from segments of
153 or 67, the rest of each being the header that joins them. Four decisions govern the count:

* **It is walked, not divided.** An extension character is an escape and a character, and a
  character beyond the basic plane is two surrogates; neither pair is ever split over two segments,
  so a segment may end one unit short. 153 ``]`` are 306 septets and three segments, not two.
* **Division is used where it is proven exact.** A segment loses at most one unit, and only to a
  pair, so a text with ``p`` pairs that would fill ``k`` segments needs a walk only when its length
  is within ``min(p, k - 1)`` units of filling them. All others are counted by arithmetic on whole
  columns, and the few left are walked together.
* **A filled text is counted without being written.** Characters, pairs and foreign characters add
  up over the pieces of a template, so each value column is looked at once; only texts that need
  the walk are filled. Values that come from the database are unknown here and count as nothing.
* **An empty text has no segments**: there is nothing to send, and the API refuses it.

Work goes in slices, so that memory beyond the result does not grow with the rows.

Sources: 3GPP TS 23.038 §6.2.1 and §6.2.1.1 (alphabet), TS 23.040 §9.2.3.24.1 (joined messages).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe._base.any_frame import as_series
from smsframe._base.arrow import is_text
from smsframe._base.tracebacks import public
from smsframe._text.char_classes import (
    ASTRAL,
    CONTINUED,
    EXTENDED,
    SLICE_ROWS,
    Bools,
    Ints,
    byte_classes,
    foreign_characters,
    is_foreign,
    profile,
    slices,
)
from smsframe._text.gsm7 import GSM7_BASIC, GSM7_EXTENDED, Folding, character_name, fold_gsm7
from smsframe._text.template import Template, bound_columns, fill, row_count
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._base.any_frame import AnySeries
    from smsframe._text.template import Values

GSM7_ALONE: Final = 160
GSM7_JOINED: Final = 153
UCS2_ALONE: Final = 70
UCS2_JOINED: Final = 67

_ENCODING: Final = pd.CategoricalDtype(["gsm7", "ucs2"])


@dataclass(frozen=True, slots=True)
class Measured:
    """What each text of a column costs.

    Attributes
    ----------
    gsm7 : numpy.ndarray of bool
        Whether the text fits the GSM-7 alphabet; else it is sent as UCS-2.
    units : numpy.ndarray of int32
        Its length in septets (GSM-7) or UTF-16 units (UCS-2).
    segments : numpy.ndarray of int16
        The number of segments it takes, exactly; 0 for an empty text.
    characters : numpy.ndarray of int32
        Its length in Unicode characters, whatever the encoding.
    """

    gsm7: Bools
    units: Ints
    segments: np.ndarray[tuple[int], np.dtype[np.int16]]
    characters: Ints


@dataclass(frozen=True, slots=True)
class Length:
    """What one text costs; ``left`` is what its last segment still holds, in its own units."""

    encoding: str
    units: int
    segments: int
    left: int


@dataclass(frozen=True, slots=True)
class Ucs2Character:
    """A character that forces UCS-2: where it stands (a tag, or "text") and in how many rows."""

    character: str
    name: str
    where: str
    rows: int


def measure(texts: pa.Array) -> Measured:
    """Measure each text of a column.

    Parameters
    ----------
    texts : pyarrow.Array or pyarrow.ChunkedArray
        Strings; null counts as the empty text.

    Returns
    -------
    Measured
        Arrays as long as the column.
    """
    return measure_filled(Template(("", ""), ("text",)), {"text": texts})


def measure_filled(template: Template, values: Values, n: int | None = None) -> Measured:
    """Measure each text that a template and its values make, without writing the texts.

    Equal to ``measure(fill(template, values, n))``, and many times faster.

    Parameters
    ----------
    template : Template
        The text, taken apart.
    values : mapping of str to pyarrow.Array, pyarrow.ChunkedArray or str
        Tag to one text per row, or to one text for all rows. Null and a tag without an entry fill
        in nothing.
    n : int, optional
        Number of rows. Omitted: the length of the arrays.

    Returns
    -------
    Measured
        Arrays of length ``n``.

    Raises
    ------
    InputError
        ``n`` is omitted and no value is an array, or the arrays differ in length.
    """
    template, columns = bound_columns(template, values)
    rows = row_count(columns, n)
    pieces = [
        _measure_slice(template, {tag: c.slice(start, SLICE_ROWS) for tag, c in columns.items()})
        for start in range(0, rows if columns else min(rows, 1), SLICE_ROWS)
    ]
    return _joined(pieces, rows)


def measure_one(text: str) -> Length:
    """Measure one text, as a counter beside a text field does.

    Examples
    --------
    >>> measure_one("Hi Zoë")
    Length(encoding='ucs2', units=6, segments=1, left=64)
    """
    gsm7 = all(c in GSM7_BASIC or c in GSM7_EXTENDED for c in text)
    alone, joined = (GSM7_ALONE, GSM7_JOINED) if gsm7 else (UCS2_ALONE, UCS2_JOINED)
    costs = [1 + (c in GSM7_EXTENDED if gsm7 else c > "\uffff") for c in text]
    units = sum(costs)
    if units <= alone:
        return Length("gsm7" if gsm7 else "ucs2", units, min(units, 1), alone - units)
    count, used = 1, 0
    for cost in costs:
        fits = used + cost <= joined
        count, used = (count, used + cost) if fits else (count + 1, cost)
    return Length("gsm7" if gsm7 else "ucs2", units, count, joined - used)


@public
def segments(series: AnySeries) -> pd.DataFrame:
    """Measure each text of a Series.

    Parameters
    ----------
    series : pandas.Series
        Texts: object, string, pyarrow-backed or categorical. It is not changed.

    Returns
    -------
    pandas.DataFrame
        On the index of the Series: ``encoding`` (categorical, "gsm7" or "ucs2"), ``units`` (Int32;
        septets or UTF-16 units) and ``segments`` (Int32). Missing texts have NA in all three; an
        empty text is GSM-7 with 0 units and 0 segments.

    Raises
    ------
    InputError
        The Series holds something that is neither text nor missing.

    Notes
    -----
    Sources: 3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1.

    Examples
    --------
    >>> segments(pd.Series(["Hi Ann", "Hi Zoë", None]))
      encoding  units  segments
    0     gsm7      6         1
    1     ucs2      6         1
    2      NaN   <NA>      <NA>
    """
    series = as_series(series)
    texts = _texts_of(series)
    missing = texts.is_null().to_numpy(zero_copy_only=False)
    measured = measure(texts)
    codes = np.where(missing, -1, np.where(measured.gsm7, 0, 1)).astype(np.int8)
    return pd.DataFrame(
        {
            "encoding": pd.Categorical.from_codes(codes, dtype=_ENCODING),
            "units": pd.arrays.IntegerArray(measured.units, missing),
            "segments": pd.arrays.IntegerArray(measured.segments.astype(np.int32), missing.copy()),
        },
        index=series.index,
    )


def ucs2_characters(
    template: Template, values: Values, n: int | None = None
) -> list[Ucs2Character]:
    """Name the characters that force UCS-2, and where they come from.

    Parameters
    ----------
    template : Template
        The text, taken apart.
    values : mapping of str to pyarrow.Array, pyarrow.ChunkedArray or str
        Tag to texts, as for :func:`measure_filled`.
    n : int, optional
        Number of rows. Omitted: the length of the arrays.

    Returns
    -------
    list of Ucs2Character
        One entry per character and place: ``where`` is a tag, or "text" for the template itself;
        ``rows`` counts the rows that hold it there. Most rows first.
    """
    rows = row_count(bound_columns(template, values)[1], n)
    sources: list[tuple[str, Mapping[str, int]]] = [
        ("text", dict.fromkeys(filter(is_foreign, "".join(template.literals)), rows))
    ]
    for tag in template.tags:
        value = values.get(tag, "")
        if isinstance(value, str):
            sources.append((tag, dict.fromkeys(filter(is_foreign, value), rows)))
        else:
            sources.append((tag, foreign_characters(value)))
    found = [
        Ucs2Character(character, character_name(character), where, count)
        for where, counts in sources
        for character, count in counts.items()
    ]
    return sorted(found, key=lambda entry: -entry.rows)


def fold_template(template: Template) -> tuple[Template, list[Folding]]:
    """Replace look-alikes in the text of a template; its tags stay as they are."""
    literals = tuple(fold_gsm7(literal)[0] for literal in template.literals)
    return Template(literals, template.slots), fold_gsm7("".join(template.literals))[1]


def _measure_slice(template: Template, columns: Mapping[str, pa.Array]) -> Measured:
    """Measure the filled texts of a slice of rows, one row if there are no columns."""
    total = profile(pa.array(["".join(template.literals)]))
    for tag, column in columns.items():
        total = total.plus(profile(column), times=template.slots.count(tag))
    gsm7 = total.outside == 0
    pairs = np.where(gsm7, total.extended, total.astral)
    units = total.characters + pairs
    alone = np.where(gsm7, GSM7_ALONE, UCS2_ALONE)
    joined = np.where(gsm7, GSM7_JOINED, UCS2_JOINED)
    count = -(-units // joined)
    near = np.minimum(pairs, count - 1) > count * joined - units
    count = np.where(units <= alone, np.minimum(units, 1), count)
    walked = np.flatnonzero(near & (units > alone))
    if len(walked):
        chosen = {tag: column.take(pa.array(walked)) for tag, column in columns.items()}
        count[walked] = _walk(fill(template, chosen, len(walked)), gsm7[walked], joined[walked])
    return Measured(gsm7, units, count.astype(np.int16), total.characters)


def _joined(pieces: list[Measured], rows: int) -> Measured:
    """Put slices together; a single row stands for all rows."""
    whole = {
        name: np.concatenate([getattr(piece, name) for piece in pieces] or [empty])
        for name, empty in _EMPTY.items()
    }
    if rows > len(whole["gsm7"]):
        whole = {name: np.repeat(column, rows) for name, column in whole.items()}
    return Measured(**whole)


_EMPTY: Final = {
    "gsm7": np.empty(0, bool),
    "units": np.empty(0, np.int32),
    "segments": np.empty(0, np.int16),
    "characters": np.empty(0, np.int32),
}


def _walk(texts: pa.Array, gsm7: Bools, joined: Ints) -> Ints:
    """Count segments by packing, slice by slice."""
    counts, start = [], 0
    for piece in slices(texts):
        rows = slice(start, start + len(piece))
        counts.append(_walk_slice(piece, gsm7[rows], joined[rows]))
        start += len(piece)
    return np.concatenate(counts)


def _walk_slice(texts: pa.Array, gsm7: Bools, joined: Ints) -> Ints:
    """Walk texts together: each step moves every text to the start of its next segment.

    A pair costs two at its first byte and nothing after it, so a step cannot end within it.
    """
    kinds, bounds = byte_classes(texts)
    pairs = np.where(np.repeat(gsm7, np.diff(bounds)), kinds == EXTENDED, kinds == ASTRAL)
    used = np.concatenate([[0], np.cumsum((kinds != CONTINUED).astype(np.int8) + pairs)])
    at, count = bounds[:-1].copy(), np.zeros(len(texts), np.int32)
    going = np.flatnonzero(at < bounds[1:])
    while len(going):
        reach = np.searchsorted(used, used[at[going]] + joined[going], side="right") - 1
        at[going] = np.minimum(reach, bounds[going + 1])
        count[going] += 1
        going = going[at[going] < bounds[going + 1]]
    return count


def _texts_of(series: pd.Series[str]) -> pa.Array:
    """Read the texts of a Series as a string array, null where missing."""
    try:
        texts = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        texts = None
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if texts is not None and pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    if texts is None or not is_text(texts.type):
        raise InputError(
            f"Segments are counted for texts, and the column {series.name!r} holds something else; "
            'make it text first, for instance with .astype("string").'
        )
    return texts.cast(pa.large_string()) if pa.types.is_null(texts.type) else texts

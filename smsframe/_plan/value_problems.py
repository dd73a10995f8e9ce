"""What is said of the values of a column: cells without a text, and words that nobody meant.

A cell that cannot be written stops its own row. What can be written, though hardly as it was meant,
is a warning of the column, with the number of its rows: a word that a program writes for no value,
a tag within a value (it is not filled), a character that was lost in a wrong encoding or stands for
another (``MÃ¼ller``), a fraction of fifteen digits, a number that a spreadsheet or a float has
rounded, a moment in UTC, which is not what people's clocks show.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from functools import partial
from html.entities import name2codepoint
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import bytes_of, offsets_of
from smsframe._base.no_value_words import OTHER_WORDS, WORDS
from smsframe._base.sentences import Sentence, arg, words
from smsframe._text.format_specs import inside
from smsframe._text.format_value import clean_text, fix_for, shown
from smsframe._text.values import zoned

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe._base.arrow import Positions
    from smsframe._plan.problems import Problems
    from smsframe._text.values import Format, Written

_NAMED: Final = 3
_NOISE_DIGITS: Final = 15
_FRACTION: Final = r"^-?\d+\.\d+$"
_NOT_SIGNIFICANT: Final = r"^-?[0.]*|\."
_UTC_TEXT: Final = (
    r"^[^%]*\d\d?:\d\d(:\d\d(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)? ?(Z|\+00(:?00)?( UTC)?|UTC|GMT)$"
)
_UTC_ENDS: Final = ("Z", "+00", "+00:00", "+0000", "UTC", "GMT")
_SIGNS: Final = "©ª®°º»…™"  # may stand behind a word in capitals: MAMÃ…, SMÅ®
_OTHERS: Final = "\u0080-\u00a0¡-¨¬-¹¿‚ƒ„†‡ˆ‰Š‹ŒŽ•˜š›œžŸ€"  # no quotes: a word may end in Ä“
_SECOND: Final = f"[{_OTHERS}{_SIGNS}¼-¾]"
_READ_WRONGLY: Final = re.compile(
    f"Â{_SECOND}|Ã[{_OTHERS}¼-¾]|Ã[{_SIGNS}][A-Za-z]|[a-z]Ã[{_SIGNS}]|â[€‚„†ˆ]"
    f"|[ÅÄ]{_SECOND}[a-zÂÃÄÅ]|[a-z][ÅÄ]{_SECOND}"
    f"|(?:(?:[ÎÏÐÑÙ]{_SECOND}|[×Ø][{_OTHERS}{_SIGNS}])\\W?){{2}}"  # 5×½×¾
)
"""UTF-8 that was read as Latin-1 or Windows-1252; letters of other scripts are never alone."""
_PERHAPS_READ_WRONGLY: Final = re.compile(
    rb"\xc3(?:[\x82-\x85\x8e-\x91\x97-\x99](?:\xc2|\xc5|\xc6|\xcb|\xe2)|\xa2[\xe2\xcb])"
)
"""The same in bytes; one text may end where the next begins."""
_WEB_NAMES: Final = sorted(
    name
    for name, code in name2codepoint.items()
    if chr(code) in "€™" or code in (*range(0x180), *range(0x2010, 0x2050))
)
_OF_WEB_PAGES: Final = re.compile(  # in a link, &copy;=2 is what follows it
    f"&(?:{'|'.join(_WEB_NAMES)}|apos|#[0-9]{{2,5}}|#x[0-9a-fA-F]{{2,5}});(?:[^=]|$)"
)
"""Characters as web pages write them; not each ``&word;`` is one (Smith&Sons; Leeds)."""
_SCIENTIFIC: Final = r"^[+-]?\d([.,]\d+)?[eE]\+\d{2,3}$"
_EXACT_BELOW: Final = {8: 2.0**53, 4: 2.0**24, 2: 2.0**11}
"""Bytes of a float to the size from which it no longer tells neighbouring integers apart."""
_SHOWS_ZONE: Final = re.compile(r"%[zZ]")
_UTC_NAMES: Final = frozenset(
    {
        *("UTC", "Etc/UTC", "UTC+00:00", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal"),
        *("Etc/Universal", "tzutc()", "GMT", "Etc/GMT", "GMT0", "Etc/GMT0", "GMT+0", "GMT-0"),
        *("Etc/GMT+0", "Etc/GMT-0", "Greenwich", "Etc/Greenwich"),
    }
)


def note_values(
    problems: Problems, column: Hashable, cells: pd.Series, fmt: Format | None, written: Written
) -> None:
    """Note what is wrong or odd about a column's texts."""
    _note_unwritable(problems, column, cells, fmt, written)
    note_words(problems, column, cells, written.words)
    raw = bytes_of(written.texts)  # of a clean column, nothing else is looked at
    note_held = partial(_note_characters, problems, column, written.texts, raw)
    note_held(
        code="value_holds_tag",
        held="%%",
        what="but a value is not filled: people would read it as it stands. Write the words "
        "themselves, with one % for a percent sign.",
    )
    note_held(
        code="value_garbled",
        held="\ufffd",
        what="which stands for a character that was lost when the data was read in the wrong "
        "encoding. Read it anew with the right one.",
    )
    _note_read_wrongly(problems, column, written.texts, raw)
    if not (isinstance(fmt, str) and inside(fmt)):  # what says how many digits means them
        _note_noise(problems, column, written.texts)
        _note_rounded(problems, column, cells, written.texts, raw)
    if not callable(fmt):
        _note_utc(problems, column, cells, written.texts, raw, fmt=fmt)


def _note_unwritable(
    problems: Problems, column: Hashable, cells: pd.Series, fmt: Format | None, written: Written
) -> None:
    """Note the cells that have no text; each is a problem of its row."""
    how = f" with the format {fmt!r}" if isinstance(fmt, str) else " by its function" if fmt else ""
    for fault in written.unwritable:
        problems.rows(
            "value_unreadable",
            Sentence(
                f"Column {column!r} holds something here that cannot be written{how}: "
                f"{fault.sentence}. ",
                fix_for(fault.value, fmt, str(column)),
            ),
            fault.rows,
            column=column,
            values=partial(_shown_cells, cells),
        )


def _shown_cells(cells: pd.Series, positions: Positions) -> list[str]:
    """Return the cells at positions, shortened and masked."""
    return [shown(cell) for cell in cells.iloc[positions]]


def note_words(
    problems: Problems, column: Hashable, cells: pd.Series, rows: Positions, *, file: bool = False
) -> None:
    """Warn of words that programs write for no value or an error; in a ``file`` all are blank."""
    if not len(rows):
        return
    found = Counter(_word_of(cell) for cell in cells.iloc[rows])
    kept = sum(n for word, n in found.items() if word in OTHER_WORDS and not file)
    blank = len(rows) - kept
    became = [f"{blank:,} count{'s' * (blank == 1)} as blank"] if blank else []
    if kept:
        goes = "goes out as it stands" if kept == 1 else "go out as they stand"
        became.append(f"{kept:,} {goes}, since somebody may be called that")
    hold = "cell of column {!r} holds" if len(rows) == 1 else "cells of column {!r} hold"
    problems.rows(
        "no_value_word",
        f"{len(rows):,} {hold.format(column)} a word that programs write for no value "
        f"or for an error: {_listed(found)}. {'; '.join(became)}. Correct or empty what is wrong.",
        rows,
        severity="warning",
        column=column,
        values=partial(_shown_cells, cells),
    )


def _word_of(cell: Any) -> str | None:
    """Return the word that a cell holds; None where a format has made it of something else."""
    word = clean_text(cell) if isinstance(cell, str) else None
    return word if word in WORDS else None


def _listed(found: Counter[str | None]) -> str:
    """Return the commonest words with their numbers."""
    told = [
        f"{'what the format makes of it' if word is None else repr(word)} ({number:,})"
        for word, number in found.most_common(_NAMED)
    ]
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return f"{', '.join(told)}{more}"


def _note_characters(
    problems: Problems,
    column: Hashable,
    texts: pa.Array,
    raw: bytes,
    *,
    code: str,
    held: str,
    what: str,
) -> None:
    """Warn of values that hold what none should."""
    problems.rows(
        code,
        f"The value of column {column!r} holds {held} here, {what}",
        _rows_with(texts, raw, held),
        severity="warning",
        column=column,
        values=partial(_shown_texts, texts),
    )


def _note_noise(problems: Problems, column: Hashable, texts: pa.Array) -> None:
    """Warn of numbers with more digits than anybody wants to read."""
    problems.rows(
        "value_many_digits",
        Sentence(
            f"The number of column {column!r} has {_NOISE_DIGITS} digits or more here, as computed "
            "numbers have. Round the column, or ",
            words(
                Sentence("give ", arg("formats", {column: ".2f"})),
                screen="write '.2f' under “format”",
            ),
            ".",
        ),
        _noisy_rows(texts),
        severity="warning",
        column=column,
        values=partial(_shown_texts, texts),
    )


def read_wrongly(text: str) -> str:
    """Return letters of a text that was read in a wrong encoding, which stand for another."""
    found = _READ_WRONGLY.search(text)
    return found[0] if found else ""


def of_web_page(text: str) -> str:
    """Return what in a text is a character as web pages write it."""
    found = _OF_WEB_PAGES.search(text)
    return found[0].rstrip() if found else ""


def _note_read_wrongly(problems: Problems, column: Hashable, texts: pa.Array, raw: bytes) -> None:
    """Warn of values in which letters stand for others; a clean column is one look at its bytes."""
    encoding = (
        "letters that stand for another here, as Ã¼ does for ü: the data was read in the wrong "
        "encoding. Read it anew with the right one, such as utf-8."
    )
    web_pages = (
        "a character here as web pages write it, such as &amp; for an ampersand. Write the "
        "character itself (html.unescape)."
    )
    for is_likely, pattern, what in (
        (
            b"\xc3" in raw and bool(_PERHAPS_READ_WRONGLY.search(raw)),
            _READ_WRONGLY.pattern,
            encoding,
        ),
        (b"&" in raw and b";" in raw, _OF_WEB_PAGES.pattern, web_pages),
    ):
        problems.rows(
            "value_garbled",
            f"The value of column {column!r} holds {what}",
            _matching_rows(texts, pattern) if is_likely else np.empty(0, dtype=np.int64),
            severity="warning",
            column=column,
            values=partial(_shown_texts, texts),
        )


def _matching_rows(texts: pa.Array, pattern: str) -> Positions:
    """Return which texts match a regular expression."""
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
    return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def _note_rounded(
    problems: Problems, column: Hashable, cells: pd.Series, texts: pa.Array, raw: bytes
) -> None:
    """Warn of numbers whose last digits are lost: order numbers are of other orders then."""
    for rows, why in (
        (_scientific_rows(texts, raw), "is in scientific notation here, as spreadsheets write it"),
        (_inexact_rows(cells), "is too large here for the type of the column"),
    ):
        problems.rows(
            "value_rounded",
            f"The number of column {column!r} {why}, and its last digits may be lost. Take it from "
            "its source again, stored and read as text.",
            rows,
            severity="warning",
            column=column,
            values=partial(_shown_texts, texts),
        )


def _scientific_rows(texts: pa.Array, raw: bytes) -> Positions:
    """Return which texts are numbers in scientific notation."""
    if b"+" not in raw:
        return np.empty(0, dtype=np.int64)
    return _matching_rows(texts, _SCIENTIFIC)


def _inexact_rows(cells: pd.Series) -> Positions:
    """Return the rows of a column of floats that are too large to be exact."""
    if not pd.api.types.is_float_dtype(cells.dtype):
        return np.empty(0, dtype=np.int64)
    numbers = np.abs(cells.to_numpy(dtype=np.float64, na_value=np.nan))
    least = _EXACT_BELOW.get(getattr(cells.dtype, "itemsize", 8), 2.0**53)
    return np.flatnonzero(np.isfinite(numbers) & (numbers >= least))


def _noisy_rows(texts: pa.Array) -> Positions:
    """Return which texts are fractions of so many digits."""
    rows = np.flatnonzero(np.diff(offsets_of(texts)) > _NOISE_DIGITS)
    if not len(rows):
        return rows
    long = texts.take(pa.array(rows))
    digits = pc.utf8_length(pc.replace_substring_regex(long, _NOT_SIGNIFICANT, ""))
    noisy = pc.and_(
        pc.match_substring_regex(long, _FRACTION), pc.greater_equal(digits, _NOISE_DIGITS)
    )
    return rows[pc.fill_null(noisy, fill_value=False).to_numpy(zero_copy_only=False)]


def _rows_with(texts: pa.Array, raw: bytes, characters: str) -> Positions:
    """Return which texts hold some characters; a clean column is one look at its bytes.

    One byte is found ten times as quickly as two, so it is looked for first.
    """
    wanted = characters.encode()
    if wanted[:1] not in raw or wanted not in raw:
        return np.empty(0, dtype=np.int64)
    found = pc.fill_null(pc.match_substring(texts, characters), fill_value=False)
    return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def _shown_texts(texts: pa.Array, positions: Positions) -> list[str]:
    """Return the texts at positions, shortened and masked."""
    return [shown(texts[int(place)].as_py()) for place in positions]


def _note_utc(
    problems: Problems,
    column: Hashable,
    cells: pd.Series,
    texts: pa.Array,
    raw: bytes,
    *,
    fmt: str | None,
) -> None:
    """Warn of moments in UTC, unless the format shows the zone; their date may be another too."""
    if fmt and _SHOWS_ZONE.search(fmt):
        return
    rows = _utc_rows(cells)
    if len(written := _utc_texts(texts, raw)):
        problems.rows(
            "value_in_utc",
            f"Column {column!r} holds a moment as programs write it, in UTC, which is not the time "
            "where people are. Make it theirs, and give it a format: "
            f"pd.to_datetime(df[{column!r}]).dt.tz_convert('America/New_York').",
            written,
            severity="warning",
            column=column,
            values=partial(_shown_texts, texts),
        )
    problems.rows(
        "value_in_utc",
        Sentence(
            f"Column {column!r} holds a moment in UTC here, which is neither the time nor always "
            "the date where people are. Turn it into theirs first",
            words(f": df[{column!r}].dt.tz_convert('America/New_York')", at_shell=""),
            ".",
        ),
        rows,
        severity="warning",
        column=column,
    )


def _utc_texts(texts: pa.Array, raw: bytes) -> Positions:
    """Return which texts are moments in UTC by their spelling, as in ``2026-11-22T14:30:00Z``."""
    if b":" not in raw or not any(end.encode() in raw for end in _UTC_ENDS):
        return np.empty(0, dtype=np.int64)
    ends = np.zeros(len(texts), dtype=bool)
    for end in _UTC_ENDS:
        ends |= np.asarray(pc.fill_null(pc.ends_with(texts, end), fill_value=False))
    rows = np.flatnonzero(ends)
    if not len(rows):
        return rows
    found = pc.match_substring_regex(texts.take(pa.array(rows)), _UTC_TEXT)
    return rows[found.to_numpy(zero_copy_only=False)]


def _utc_rows(cells: pd.Series) -> Positions:
    """Return the rows with a moment in UTC that is not midnight."""
    dtype = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        found = _utc_rows(dtype.categories.to_series())
        return np.flatnonzero(np.isin(cells.cat.codes.to_numpy(), found))
    cells = zoned(cells)
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        if not _is_utc(cells.dtype.tz):
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero((cells.notna() & (cells != cells.dt.normalize())).to_numpy())
    if (
        not pd.api.types.is_object_dtype(dtype)
        or pd.api.types.infer_dtype(cells, skipna=True) not in _OF_MOMENTS
    ):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero([_is_utc_time(cell) for cell in cells.tolist()])


_OF_MOMENTS: Final = frozenset({"datetime", "datetime64", "mixed", "date", "time"})


def _is_utc_time(cell: Any) -> bool:
    """Tell whether a cell is a moment in UTC that is not midnight."""
    if not isinstance(cell, (dt.datetime, dt.time)) or cell is pd.NaT or cell.tzinfo is None:
        return False
    clock = cell.time() if isinstance(cell, dt.datetime) else cell
    return _is_utc(cell.tzinfo) and clock.replace(tzinfo=None) != dt.time()


def _is_utc(zone: dt.tzinfo) -> bool:
    """Tell whether a zone is UTC by name; where clocks happen to agree with it they are right."""
    return str(zone) in _UTC_NAMES

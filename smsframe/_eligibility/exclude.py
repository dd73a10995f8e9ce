"""Who must not be texted: what ``exclude=`` and ``SMSFRAME_EXCLUDE`` may be, read into numbers.

A list may be numbers in any form, a frame, a file, or the results of an earlier run, of which it
excludes who had the message or may have had it, and who was held back there for that: the results
of a send with ``exclude=`` may take the place of those that it was given. What a cell stands for,
and whom it holds back, is told in ``excluded_numbers``. A list that lets people through unseen is
worse than none, so it is refused as a whole when

* a spreadsheet has rounded it (the tests of phone columns, and a single cell in scientific
  notation),
* more than one cell in a hundred, and more than three, can be read as nothing, or all can,
* it is not there, cannot be read, or holds nothing but blanks,
* it cannot be held against the recipients: with ``lookup=`` no number is known.

Rows that are excluded stay in the plan like those beyond ``limit``: what the journal knows of them
is reported as it was, so that whoever had the message first and opted out then stays ``accepted``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import AlreadyMasked, mask_example
from smsframe._base.result_columns import without_views
from smsframe._base.result_rows import ResultRows
from smsframe._base.sentences import Sentence, arg, many, words
from smsframe._base.validation import given_as, unusable
from smsframe._eligibility.excluded_numbers import Numbers, has_rounded, read_numbers
from smsframe._files import read as files
from smsframe._files.unclear import without_arguments
from smsframe._phones.detect_column import guess_phone_column
from smsframe._phones.read import read_phones
from smsframe._phones.to_strings import is_text_or_number, texts_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


ARGUMENT, VARIABLE = Sentence(arg("exclude")), "SMSFRAME_EXCLUDE"
HAD_IT = ("accepted", "sent", "unknown")
HELD_THEN = ("excluded", "already_in_campaign")  # had it before that run, or was excluded there
OUR_COLUMNS = ("sms_contact", "contact")
TABLES = (".csv", ".tsv", *files.EXCEL, *files.PARQUET)

NEED = (
    "phone numbers (a list, a column, a frame), the path of a file with them, or results of an "
    "earlier run"
)
_DAMAGES = ("phones_rounded", "phones_float32", "phones_wrapped", "phones_not_whole")
_LOOKED_AT = 5_000
_MOST_UNREAD, _UNREAD_SHARE = 3, 0.01
_FEWEST_OF_NUMBER = 7
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # how a text in UTF-16 begins
_PACKED = (b"\x1f\x8b", b"PK", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!")
_ROUNDED = (
    " holds numbers in scientific notation: a spreadsheet has dropped their last digits, so those "
    "who are meant would be texted. Take the list from its source, with the numbers stored as text."
)
_ROUNDED_LINE = re.compile(r"[\s'\"=]*[0-9]+[.,][0-9]+E\+[0-9]+[\s'\"]*")
_NOTHING = pa.array([], pa.string())
_NO_INTEGERS = np.empty(0, np.int64)
_NOBODY_KNOWS_WHO = "a row without sms_contact"


@runtime_checkable
class ResultsOfFiles(Protocol):
    """Results of a list of files, and which of their own files are gone."""

    @property
    def missing(self) -> list[str]:
        """Names of the files that are gone."""

    def to_frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows of all files."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Exclusion:
    """Lists that were read; ``name`` is what code calls them, ``mark`` tells a team's from others.

    ``lookups`` are recipients of earlier runs with ``lookup=``, as the results show them.
    """

    numbers: Numbers = field(default_factory=lambda: Numbers(whole=_NOTHING, bare=_NOTHING))
    lookups: pa.Array = field(default_factory=lambda: _NOTHING)
    name: str = "exclude"
    mark: str = ""

    @property
    def has_numbers(self) -> bool:
        """Whether it holds anything else than lookups."""
        numbers = self.numbers
        return numbers.holds_any or bool(numbers.unread)


NOBODY = Exclusion()
"""Given as ``exclude=``, not even the team's file is read: for a look at one row."""


def read(given: Any, where: str = ARGUMENT) -> Exclusion:
    """Return what was given as ``exclude=``, read; InputError when it cannot be used."""
    if given is None or isinstance(given, Exclusion):
        return given or NOBODY
    return joined([_read_one(source, where) for source in _sources(given, where)])


def team_list() -> Exclusion:
    """Return the list that ``SMSFRAME_EXCLUDE`` names, read; nobody when it names none."""
    path = _team_path()
    return NOBODY if path is None else _team_file(path, _digest(path))


def team_mark() -> str:
    """Return what tells one list of the team from another, "" where none is named.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    path = _team_path()
    return "" if path is None else _digest(path)


def _team_path() -> Path | None:
    """Return the path that the variable names, if it names one."""
    name = os.environ.get(VARIABLE, "").strip()
    return Path(name).expanduser() if name else None


def _digest(path: Path) -> str:
    """Return a hash of what a file holds."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise _unread_file(
            path, VARIABLE, getattr(error, "strerror", None) or str(error)
        ) from error


def shown(examples: Sequence[str]) -> str:
    """Return some cells, masked."""
    return ", ".join(repr(mask_example(text)) for text in examples)


def joined(parts: Sequence[Exclusion]) -> Exclusion:
    """Return several lists as one."""
    numbers = [part.numbers for part in parts]
    return Exclusion(
        numbers=Numbers(
            whole=pa.concat_arrays([_NOTHING, *(each.whole for each in numbers)]),
            bare=pa.concat_arrays([_NOTHING, *(each.bare for each in numbers)]),
            plain=np.concatenate([_NO_INTEGERS, *(each.plain for each in numbers)]),
            unread=sum(each.unread for each in numbers),
            examples=tuple(text for each in numbers for text in each.examples),
        ),
        lookups=pa.concat_arrays([_NOTHING, *(part.lookups for part in parts)]),
    )


# -- what may be given


def _sources(given: Any, where: str) -> list[Any]:
    """Return frames, columns and paths; loose numbers become a column."""
    if isinstance(given, (pd.DataFrame, pd.Series, pd.Index, np.ndarray, str, os.PathLike)):
        return [given]
    if hasattr(given, "__arrow_c_stream__") or isinstance(given, pa.Array):
        return [_from_arrow(given)]
    if isinstance(given, ResultsOfFiles):
        return [_rows_of_files(given, where)]
    if isinstance(given, (Mapping, bytes)) or not isinstance(given, Collection):
        raise InputError(unusable(where.removesuffix("="), given, NEED))
    apart, cells = [], []
    for item in given:
        if isinstance(item, str) and Path(item).suffix.lower() not in (*TABLES, ".txt"):
            cells.append(item)
        elif isinstance(item, (Collection, os.PathLike)) and not isinstance(item, bytes):
            apart += _sources(item, where)
        else:
            cells.append(item)
    return [*apart, pd.Series(cells, dtype=object)] if cells else apart


def _rows_of_files(given: ResultsOfFiles, where: str) -> pd.DataFrame:
    """Return the results of a list of files, all of which have to be there."""
    if given.missing:
        gone = many(len(given.missing), "of these files is", "of these files are")
        raise InputError(
            where + f" holds results of files, and {gone} gone, such as {given.missing[0]}: who "
            "had the message cannot be read from there. Run the same smsframe.send_files again, "
            "which writes them anew and sends nothing twice, or give the numbers."
        )
    return given.to_frame(["sms_status", "sms_code", "sms_contact"])


def _from_arrow(given: Any) -> pd.DataFrame | pd.Series:
    """Return a table or column of another library as one of pandas."""
    if isinstance(given, pa.Array):
        return pd.Series(pd.arrays.ArrowExtensionArray(given))
    try:
        frame: pd.DataFrame = pa.table(given).to_pandas(types_mapper=pd.ArrowDtype)
    except (TypeError, ValueError, pa.ArrowException):
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(given)))
    return frame


def _read_one(source: Any, where: str) -> Exclusion:
    """Read a frame, a column or a file."""
    if isinstance(source, (str, os.PathLike)):
        return _from_file(_path(source, where), where)
    if isinstance(source, pd.DataFrame):
        return _from_frame(without_views(source), where)
    if isinstance(source, pd.MultiIndex) or source.ndim != 1:
        raise InputError(where + " has several columns in one. Give one column of numbers.")
    frame = without_views(pd.Series(source).to_frame())
    if _is_number(frame.columns[0]):
        return _from_frame(frame, where)
    return _from_column(frame.iloc[:, 0], where)


def _path(given: Any, where: str) -> Path:
    """Return the path of a file that is there; a number in its place could be meant as either."""
    path, text = Path(os.path.expanduser(given)), str(given)  # noqa: PTH111 - of nobody, it stays
    try:
        is_there, is_name = path.exists(), True
    except (OSError, ValueError):  # longer than a name may be, or with a zero byte
        is_there = is_name = False
    if not is_there:
        has_number = sum(map(str.isdigit, text)) >= _FEWEST_OF_NUMBER
        if not is_name or (has_number and not any(map(str.isalpha, text))):
            raise InputError(
                AlreadyMasked(
                    given_as(where.removesuffix("="), text),
                    " is one text, which is the path of a file, and there is no such file. If it "
                    "is a phone number, ",
                    words("give a list: exclude=[…]", at_shell="name a file that holds it"),
                    ".",
                )
            )
        raise _unread_file(path, where, "there is no such file")
    return path


def _unread_file(path: Path, where: str, reason: str) -> InputError:
    """Return the error of a file that cannot be read."""
    return InputError(
        where + f" names {str(path)!r}, which cannot be read: {reason.rstrip('.')}. Nothing is "
        "sent without it."
    )


@lru_cache(maxsize=1)
def _team_file(path: Path, mark: str) -> Exclusion:
    """Return the list of a team; read again only when the file has changed."""
    return replace(_from_file(path, VARIABLE), mark=mark)


def _from_file(path: Path, where: str) -> Exclusion:
    """Read a table, or a text with one number a line."""
    try:
        if path.suffix.lower() in TABLES:
            _refuse_rounded_lines(path, where)
            return _from_frame(_cells(path, where), where, path)
        content = path.read_bytes()
    except IsADirectoryError as error:
        raise InputError(
            where,
            f" names {str(path)!r}, which cannot be read: it is a folder. ",
            words(
                "Give a file, or smsframe.SentFiles of a folder of results.",
                at_shell="Name a file; of a run from files, smsframe status RUN --out writes one.",
            ),
            " Nothing is sent without it.",
        ) from error
    except OSError as error:
        raise _unread_file(path, where, error.strerror or str(error)) from error
    if _is_no_text(content):
        raise _unread_file(path, where, "it holds no text: unpack it, or save it as CSV")
    lines = _lines(content)
    if not lines:
        raise _unread_file(path, where, "it is empty")
    return _from_column(pd.Series(lines, dtype="string"), where)


def _cells(path: Path, where: str) -> pd.DataFrame:
    """Return the cells of a table as they are."""
    try:
        return files.read_cells(path)
    except InputError as error:
        then = "" if where == VARIABLE else f"Then give {where} that frame."
        told = without_arguments(error, path, then)
        raise InputError(where, ": ", told, " Nothing is sent without it.") from error


def _refuse_rounded_lines(path: Path, where: str) -> None:
    """Refuse a file whose lines are rounded numbers; a decimal comma would make them two cells."""
    content = path.read_bytes() if path.suffix.lower() in files.TEXT else b""
    if b"E+" in content and any(map(_ROUNDED_LINE.fullmatch, _lines(content))):
        raise InputError(where + _ROUNDED)


def _is_no_text(content: bytes) -> bool:
    """Tell whether a file is packed, or of another program: its numbers cannot be seen."""
    return content.startswith(_PACKED) or (b"\0" in content and not content.startswith(_WIDE))


def _lines(content: bytes) -> list[str]:
    """Return the lines of a text that are no heading and no remark."""
    text = content.decode("utf-16" if content.startswith(_WIDE) else "utf-8-sig", errors="replace")
    first, *others = text.splitlines() or [""]
    heading = not any(map(str.isdigit, first))
    return [
        line for line in (others if heading else [first, *others])
        if not line.startswith("#") or any(map(str.isdigit, line))
    ]  # fmt: skip


def _from_frame(frame: pd.DataFrame, where: str, path: Path | None = None) -> Exclusion:
    """Read the phone column of a frame, or who had the message by the results of an earlier run."""
    if "sms_status" in frame.columns:
        return _from_results(frame, where)
    headless = [place for place, label in enumerate(frame.columns) if _is_number(label)]
    if headless:  # a file without a header: its first number stands there
        labels = pd.Series([str(frame.columns[place]) for place in headless], dtype=object)
        columns = [frame.iloc[:, place].rename("phone") for place in headless]
        return joined([_from_column(column, where) for column in (labels, *columns)])
    if not len(frame.columns):
        raise InputError(
            where + " is a frame without columns. If its index holds the numbers, give frame.index."
        )
    if not len(frame):
        return NOBODY
    return _from_column(_phone_column(frame, where, path), where)


def _is_number(label: Any) -> bool:
    """Tell whether the name of a column is a phone number."""
    text = str(label) if isinstance(label, (str, int, np.integer)) else ""
    return len(text) >= _FEWEST_OF_NUMBER and not read_numbers(pa.array([text])).unread


def _phone_column(frame: pd.DataFrame, where: str, path: Path | None) -> pd.Series:
    """Return the one column of numbers."""
    ours = [name for name in OUR_COLUMNS if name in frame.columns]
    if ours or len(frame.columns) == 1:
        return frame[ours[0]] if ours else frame.iloc[:, 0]
    try:
        return frame[guess_phone_column(frame)]
    except InputError as error:
        found = error.details.get("candidates") or []
        raise InputError(_which_column(frame, found, where, path)) from error


def _which_column(frame: pd.DataFrame, found: list[Any], where: str, path: Path | None) -> str:
    """Return the sentence on a table of which it is not plain where its numbers stand."""
    labels = found or list(frame.columns)
    what = "no column that is plainly one of phones"
    if found:
        what = "several columns that look like phones"
        if len(found) == 1:
            what = "a column of phones that may be somebody else's"
    whose = "The frame" if path is None else f"The file {path.name}"
    read = "" if path is None else f" Here frame is smsframe.read({str(path)!r})."
    every = ", ".join(f"frame[{label!r}]" for label in labels)
    all_of_them = Sentence(", or ", arg("exclude", python=f"[{every}]"), " for all of them")
    return Sentence(
        where,
        f" has to say which numbers are meant. {whose} has {what}: "
        f"{', '.join(map(repr, labels))}. ",
        words(
            Sentence(
                "Give ",
                arg("exclude", python=f"frame[{labels[0]!r}]"),
                ", or the one that holds them",
                all_of_them if len(found) > 1 else "",
                f".{read}",
            ),
            at_shell="Keep in it only the column that holds them.",
        ),
    )


def _from_results(frame: pd.DataFrame, where: str) -> Exclusion:
    """Read who had the message, or may have had it."""
    rows = ResultRows.read(frame)
    if rows.has("planned").any():
        raise InputError(
            where + " holds results of a dry run, in which nobody had anything. Give those of a "
            "send, or the numbers themselves."
        )
    had = pa.array(rows.has(*HAD_IT) | rows.has_code(*HELD_THEN) | (rows.status < 0))
    contacts = rows.contact.filter(had)
    if "sms_contact" in frame.columns:
        column = frame["sms_contact"].loc[np.asarray(had)]
        _refuse_damage(column, texts_of(column), where)
    looked_up = pc.fill_null(pc.match_substring_regex(contacts, "^[^=]+="), False)
    lookups = contacts.filter(looked_up)
    texts = pc.fill_null(contacts.filter(pc.invert(looked_up)), _NOBODY_KNOWS_WHO)
    return Exclusion(numbers=_read_texts(texts, where, international=True), lookups=lookups)


def _from_column(column: pd.Series, where: str) -> Exclusion:
    """Read a column of numbers."""
    if not is_text_or_number(column) and column.notna().any():
        raise InputError(
            where + f" holds values of dtype {column.dtype}, which are no phone numbers. Give the "
            "column that holds them."
        )
    texts = texts_of(column)
    _refuse_damage(column, texts, where)
    texts = texts.drop_null()
    texts = texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))
    if len(column) and not len(texts):
        cells = many(len(column), "cell, and it is", "cells, and all are")
        raise InputError(where + f" holds {cells} blank. Look where the numbers are.")
    is_ours = column.name in OUR_COLUMNS if isinstance(column.name, str) else False
    return Exclusion(numbers=_read_texts(texts, where, international=is_ours))


def _read_texts(texts: pa.Array, where: str, *, international: bool) -> Numbers:
    """Read cells; refuse them when too many can be read as nothing."""
    numbers = read_numbers(texts, international=international)
    most = 0 if not numbers.holds_any else max(_MOST_UNREAD, _UNREAD_SHARE * len(texts))
    if numbers.unread > most:
        raise InputError(
            AlreadyMasked(
                where,
                f" is refused: {numbers.unread:,} of its {len(texts):,} entries can be read as no "
                f"phone number, such as {shown(numbers.examples)}. Give the column that holds the "
                "numbers, or correct them.",
            )
        )
    return numbers


def _refuse_damage(column: pd.Series, texts: pa.Array, where: str) -> None:
    """Refuse numbers that a spreadsheet or a dtype has rounded: others stand behind them."""
    if has_rounded(texts):
        raise InputError(where + _ROUNDED)
    some = column
    if len(column) > _LOOKED_AT:  # Series.sample would shuffle all of it
        some = column.iloc[np.random.default_rng(0).integers(0, len(column), _LOOKED_AT)]
    for damage in read_phones(some.reset_index(drop=True), corrupted_only=True).damage:
        if damage.code in _DAMAGES:
            shown = ", ".join(damage.examples)
            raise InputError(AlreadyMasked(where, f" is refused ({shown}): ", damage.sentence))

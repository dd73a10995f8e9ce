"""Columns that an argument names: whether the frame has each, exactly once.

A sentence about one that it has not says which is nearest, and which there are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from smsframe._base.sentences import FRAME, Sentence, arg, words
from smsframe._base.validation import check_label, shown_label
from smsframe._text.template import near_misses
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

NAMED = 20
_SEPARATORS = ";\t|,"
_NUMBER = re.compile(r"\s*['+(]*(?:\d[\s().-]*){9,16}")


def column_sentence(frame: pd.DataFrame, column: Any, where: str) -> str | None:
    """Return what is wrong with naming ``column``, or None."""
    faults: list[str] = []
    if not check_label(where.removesuffix("="), column, faults):
        return faults[0]
    try:
        found = sum(1 for name in frame.columns if name == column)
    except (TypeError, ValueError):
        found = 0
    if found == 1:
        return None
    named = Sentence(where, f" names column {shown_label(column)}, which the ", FRAME)
    if found:
        return named + f" has {found} times: rename one."
    labels = {str(name): name for name in frame.columns}
    near = [str(column)] if str(column) in labels else near_misses(str(column), list(labels))
    hint = f"Did you mean {labels[near[0]]!r}? " if near else ""
    if str(column) in [str(name) for name in frame.index.names if name is not None]:
        hint = "It is the index: .reset_index() makes a column of it. "
    shown = ", ".join(map(repr, frame.columns[:NAMED])) + (", …" if len(labels) > NAMED else "")
    shown = shown or "no columns at all"
    return named + f" does not have. {hint}It has: {shown}."


def refuse_uncut(frame: pd.DataFrame) -> None:
    """Raise InputError for a table whose lines were not cut into columns: ``a;b`` is one."""
    name = frame.columns[0] if len(frame.columns) == 1 and len(frame) else None
    if not isinstance(name, str):
        return
    first = [str(frame.iloc[0, 0]), str(frame.index[0])]  # pandas may have cut at another mark
    for mark in _SEPARATORS:
        if mark in name.replace(", ", " ") and any(mark in cell for cell in first):
            raise InputError(
                Sentence(
                    "The ",
                    FRAME,
                    f" has one column, {shown_label(name)}: its lines were not cut at {mark!r}. ",
                    words(
                        f"Read the file with pd.read_csv(..., sep={mark!r}), or with "
                        "smsframe.read(...), which finds the separator itself.",
                        at_shell=Sentence("Give ", arg("separator", mark), "."),
                    ),
                )
            )


def refuse_headless(frame: pd.DataFrame, file: str = "") -> None:
    """Raise InputError for a table whose first person was taken for the names of its columns."""
    whose = file or Sentence("The ", FRAME)
    for place, name in enumerate(frame.columns):
        if not _is_number(name):
            continue
        first = frame.iloc[:, place].dropna().head(1)
        if frame.empty or any(map(_is_number, first)):
            raise InputError(
                Sentence(
                    whose,
                    f" has a phone number for the name of a column, {shown_label(name)}: its first "
                    "row was taken for the names, and that person would get nothing. ",
                    "Write a line with the names of the columns above it"
                    if file
                    else words(
                        "Read the file with pd.read_csv(..., header=None, names=[...], dtype=str), "
                        "or write a line of names above its first",
                        at_shell="Write a line with the names of the columns above it",
                    ),
                    ".",
                )
            )


def _is_number(cell: Any) -> bool:
    """Tell whether a label or cell is a phone number, and nothing else."""
    return bool(_NUMBER.fullmatch(str(cell)))


def refuse_repeated(frame: pd.DataFrame, column: Hashable, where: Sentence) -> None:
    """Raise InputError for a name that more than one column has."""
    labels = [label for label in frame.columns if str(label) == str(column)]
    if len(labels) > 1:
        sentence = column_sentence(frame, column, where)
        raise InputError(
            sentence
            or Sentence(
                where,
                f" fits several columns: {', '.join(map(repr, labels))}. Rename one, or ",
                words(
                    Sentence("say which is meant with ", arg("personalize")),
                    screen="choose beside the tag which is meant",
                ),
                ".",
            )
        )


def need_column(frame: pd.DataFrame, column: Any, where: str, faults: list[str]) -> None:
    """Note a fault unless the frame has the column exactly once."""
    sentence = column_sentence(frame, column, where)
    if sentence:
        faults.append(sentence)

"""The statements of the journal's logic, which are SQLite's, said to PostgreSQL.

They differ in little: marks for values, names that are words of PostgreSQL's own (``user``,
``left``), the schema before the names of tables (a pooler keeps no search path), types of columns,
and ``max`` and ``min`` of several values. Statements are constants, so each is translated once. A
migration that is written for the file is made in a team's database by the same function.
"""

from __future__ import annotations

import functools
import re
from typing import Final

SCHEMA: Final = "smsframe"

_MARK: Final = re.compile(r"\?|(?<!:):([a-z_]+)\b")
_RESERVED: Final = re.compile(r'(?<![%(".\w])(user|left)\b(?!\()')
_TABLE: Final = re.compile(
    r"\b(FROM|JOIN|INTO|UPDATE|TABLE|REFERENCES|INDEX \w+ ON) (?!smsframe\.|pg_|fresh\b)([a-z_]+)\b"
)
_TYPES: Final = (
    (re.compile(r"\bid INTEGER PRIMARY KEY\b"), "id BIGSERIAL PRIMARY KEY"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r"\bREAL\b"), "DOUBLE PRECISION"),
)
_ORDERED: Final = re.compile(r"CREATE TABLE (runs|migrations) \(")
_OF_SEVERAL: Final = {"max": "greatest", "min": "least"}


@functools.lru_cache(maxsize=512)
def translated(statement: str) -> str:
    """Return a statement in PostgreSQL's words; "" for one that means nothing there.

    >>> translated("SELECT user, left FROM runs WHERE run_id = ?")
    'SELECT "user", "left" FROM smsframe.runs WHERE run_id = %s'
    """
    if statement.startswith("PRAGMA"):
        return ""
    text = statement.replace("%", "%%")
    if text.startswith(("CREATE TABLE", "ALTER TABLE")):
        text = _with_types(text)
    text = _RESERVED.sub(r'"\1"', _MARK.sub(_value, text))
    text = _TABLE.sub(rf"\1 {SCHEMA}.\2", text)
    return _of_several(text.replace("x''", "''::bytea"))


def _value(found: re.Match[str]) -> str:
    """Return the mark of a value: by its place, or by its name."""
    return f"%({found[1]})s" if found[1] else "%s"


def _with_types(text: str) -> str:
    """Give columns the types they have here; what SQLite numbers by itself gets a column for it."""
    for pattern, kind in _TYPES:
        text = pattern.sub(kind, text)
    if _ORDERED.match(text):
        text = f"{text.rstrip().removesuffix(')')}, rowid BIGSERIAL)"
    return text


def _of_several(text: str) -> str:
    """Name ``max`` and ``min`` of several values as PostgreSQL does."""
    for name, other in _OF_SEVERAL.items():
        at = text.find(f"{name}(")
        while at >= 0:
            start = at + len(name) + 1
            if _has_comma(text, start):
                text = f"{text[:at]}{other}({text[start:]}"
            at = text.find(f"{name}(", start)
    return text


def _has_comma(text: str, start: int) -> bool:
    """Tell whether what stands in a parenthesis is more than one value."""
    depth = 1
    for sign in text[start:]:
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return False
        if depth == 1 and sign == ",":
            return True
    return False

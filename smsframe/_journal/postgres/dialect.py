"""The statements of the journal's logic, which are SQLite's, said to PostgreSQL.

They differ in little: marks for values, names that are words of PostgreSQL's own (``user``,
``left``), the schema before the names of tables (a pooler keeps no search path), and types of
columns. Statements are constants, so each is translated once. A migration that is written for the
file is made in a team's database by the same function.
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
    text = _RESERVED.sub(
        r'"\1"', _MARK.sub(lambda found: f"%({found[1]})s" if found[1] else "%s", text)
    )
    text = _TABLE.sub(rf"\1 {SCHEMA}.\2", text)
    return text.replace("x''", "''::bytea")


def _with_types(text: str) -> str:
    """Give columns the types they have here; what SQLite numbers by itself gets a column for it."""
    for pattern, kind in _TYPES:
        text = pattern.sub(kind, text)
    if _ORDERED.match(text):
        text = f"{text.rstrip().removesuffix(')')}, rowid BIGSERIAL)"
    return text

"""What the journal's logic asks of a database: a statement, and whether a transaction is open.

The logic (`smsframe._journal.reader`, `smsframe._journal.store`) is written once, in the words that
SQLite understands. A connection of the module ``sqlite3`` is such a database as it is;
`smsframe._journal.postgres` says the same to PostgreSQL.
"""

from __future__ import annotations

from typing import Any, Protocol


class Database(Protocol):
    """An open database: what of ``sqlite3.Connection`` the journal's logic uses."""

    def execute(self, statement: str, values: Any = ..., /) -> Any:
        """Run one statement; return a cursor: rows, ``fetchone``, ``fetchall``, ``rowcount``."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...

"""What the journal of a simulated process takes for its connection to a team's database.

The server is a real one. The connection to it is lost where the story says so: before what is to be
committed reaches it, or after it was and before its answer comes back. A process that dies at one
of these steps says nothing more; what it had not committed the server undoes.
"""

from __future__ import annotations

import functools

import psycopg

from smsframe._journal.postgres import store
from smsframe._journal.postgres.database import TeamDatabase


def seam(kernel):
    """Name what is replaced."""
    return (store, "TeamDatabase", functools.partial(Connection, kernel))


class Connection(TeamDatabase):
    """A connection that counts its steps."""

    def __init__(self, kernel, address):
        kernel.check_alive()
        self._kernel = kernel
        super().__init__(address)

    def execute(self, statement, values=(), /):
        """Say nothing when the process is dead."""
        self._kernel.check_alive()
        return super().execute(statement, values)

    def begin(self, how, *more):
        """Begin, unless the connection turns out to be lost."""
        self._kernel.check_alive()
        self._lose_perhaps("lost when it began")
        return super().begin(how, *more)

    def commit(self):
        """Commit what was said before."""
        self._committing(super().commit)

    def execute_alone(self, statement, values):
        """Say a statement that commits by itself."""
        self._committing(lambda: TeamDatabase.execute_alone(self, statement, values))

    def _committing(self, commit):
        """Commit; the process may die on either side, or lose the server without knowing which."""
        self._kernel.step("commit")
        if self._kernel.world.happens(1 / 2):
            self._lose_perhaps("lost before it was committed")
        commit()
        self._kernel.world.note("committed")
        self._kernel.step("committed")
        self._lose_perhaps("lost after it was committed")

    def _lose_perhaps(self, words):
        """Lose the connection."""
        if self._kernel.world.happens(self._kernel.weather.disk):
            self._kernel.world.note("database:", words)
            self.close()
            raise psycopg.OperationalError(words)

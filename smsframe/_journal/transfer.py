"""From one journal to another: what a file knows of its people, to a team's database, and back.

A team whose first shared send does not know what its members sent before texts everybody again. So
everything is copied: runs, batches with keys and hashes, payloads, statuses. What is there already
is left as it is, so an import may be run again, or go on after it was cut: batches come in
transactions of `_AT_ONCE`.

Nobody may be sending with the journal that is read: what is claimed there would come out as claimed
by somebody who has died. So what is to be copied is listed first, and then looked whether somebody
sends: what was listed has its outcome by then, or never gets one. Nor may anybody send a campaign
while it comes into the journal that is written: who sends has read already whom to leave out. So
its lease is held meanwhile.
"""
# ruff: noqa: S608 - statements are joined from constants and names of columns here

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe._journal import payloads
from smsframe._journal.lock import sender_at_work
from smsframe.errors import CampaignBusyError, JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smsframe._journal.database import Database
    from smsframe._journal.store import Journal

__all__ = ["SENDING", "check_sums", "copy_journal"]

_AT_ONCE: Final = 200
_OF_BATCH: Final = ("messages", "payloads", "statuses")
_OF_RUN: Final = ("rests", "places")
_NOT_COPIED: Final = ("id", "rowid")
SENDING: Final = "SELECT 1 FROM leases WHERE expires_at > clock_timestamp()"


def copy_journal(source: Journal, target: Journal) -> dict[str, int]:
    """Copy what a journal has and another one has not, and count that.

    Parameters
    ----------
    source, target : Journal
        From which, and to which.

    Raises
    ------
    CampaignBusyError
        Somebody is sending with the source, or a campaign that is to be copied with the target.
    JournalError
        One of them cannot be read or written, or the source is damaged; what was copied stays.
    """
    listed = _listed(source)
    for journal in (source,) if target.is_shared else (source, target):
        _refuse_sending(journal)
    check_sums(source, deep=False)
    copied = {"runs": 0, "batches": 0, "messages": 0}
    for group in _groups(target, listed):
        at_once = target._writing() if len(group) > 1 else contextlib.nullcontext()  # noqa: SLF001
        with at_once:
            for scope in group:
                with _alone(target, scope):
                    missing = _missing(target, scope, *listed[scope])
                    _copy_campaign(source, target, *missing, copied)
    return copied


def check_sums(journal: Journal, *, deep: bool = True) -> dict[str, int]:
    """Count what is in a journal, held against its checksums; JournalError for what is damaged.

    ``deep`` looks into payloads too.
    """
    with journal._reading() as db:  # noqa: SLF001
        scopes = [bytes(scope) for (scope,) in db.execute("SELECT DISTINCT scope FROM batches")]
        (runs,) = db.execute("SELECT count(*) FROM runs").fetchone()
        query = "SELECT count(*), coalesce(sum(size), 0) FROM batches"
        batches, messages = map(int, db.execute(query).fetchone())
    for scope in scopes:
        journal.ledger(scope, keys=b"", recipients=np.empty(0, np.uint64))
    read = 0
    if deep:
        with journal._reading() as db:  # noqa: SLF001
            for _, blob in journal._rows(db, "SELECT batch, payload FROM payloads", ()):  # noqa: SLF001
                read += bool(payloads.unpack(bytes(blob)).num_rows) if blob else 0
    return {"runs": int(runs), "batches": batches, "messages": messages, "payloads": read}


def _refuse_sending(source: Journal) -> None:
    """Refuse to copy what is being written."""
    if source.is_shared:
        with source._reading() as db:  # noqa: SLF001
            who = "Somebody" if db.execute(SENDING).fetchone() else None
    else:
        who = sender_at_work(source.path)
    if who is not None:
        raise CampaignBusyError(
            f"{who} is sending with the journal {source.path}. Copy it when that is done: what is "
            "under way would be of somebody who died, in the copy.",
            path=str(source.path),
        )


@contextlib.contextmanager
def _alone(target: Journal, scope: bytes) -> Iterator[None]:
    """Keep others from sending a campaign that comes into a journal, which they have read."""
    with contextlib.ExitStack() as held:
        try:
            if target.is_shared:
                held.enter_context(target.sending(scope))
        except CampaignBusyError as error:
            raise CampaignBusyError(
                f"{error.details['user'] or 'Somebody'} on {error.details['host'] or 'a machine'} "
                f"is sending, or importing, a campaign by the journal {target.path} now of which "
                "there is more to copy. Copy it when that is done; what was copied so far stays.",
                **error.details,
            ) from None
        yield


def _listed(source: Journal) -> dict[bytes, tuple[list[str], dict[str, int]]]:
    """List the runs of each campaign, and its batches with their numbers, oldest first."""
    found: dict[bytes, tuple[list[str], dict[str, int]]] = {}
    with source._reading() as db:  # noqa: SLF001
        batches = db.execute("SELECT scope, batch_id, id FROM batches ORDER BY id").fetchall()
        runs = db.execute("SELECT scope, run_id FROM runs ORDER BY started_at, rowid").fetchall()
    for scope, run_id in runs:
        found.setdefault(bytes(scope), ([], {}))[0].append(run_id)
    for scope, batch_id, number in batches:
        found[bytes(scope)][1][batch_id] = int(number)
    return found


def _groups(
    target: Journal, listed: dict[bytes, tuple[list[str], dict[str, int]]]
) -> Iterator[list[bytes]]:
    """Give the campaigns of which something is missing; small ones some at a time."""
    group: list[bytes] = []
    size = 0
    for scope, names in listed.items():
        runs, batches = _missing(target, scope, *names)
        missing = len(runs) + len(batches)
        if group and size + missing > _AT_ONCE:
            yield group
            group, size = [], 0
        if missing:
            group.append(scope)
            size += missing
    if group:
        yield group


def _missing(
    target: Journal, scope: bytes, runs: list[str], batches: dict[str, int]
) -> tuple[list[str], list[int]]:
    """Return the runs and the numbers of the batches that the target has not."""
    query = (
        "SELECT run_id FROM runs WHERE scope = ? UNION ALL "
        "SELECT batch_id FROM batches WHERE scope = ?"
    )
    with target._reading() as to:  # noqa: SLF001
        there = {name for (name,) in to.execute(query, (scope, scope))}
    return (
        [run_id for run_id in runs if run_id not in there],
        [number for batch_id, number in batches.items() if batch_id not in there],
    )


def _copy_campaign(
    source: Journal, target: Journal, runs: list[str], batches: list[int], copied: dict[str, int]
) -> None:
    """Copy runs and batches of a campaign, and count them."""
    for start in range(0, len(runs), _AT_ONCE):
        with source._reading() as db, target._writing() as to:  # noqa: SLF001
            copied["runs"] += _copy_runs(db, to, runs[start : start + _AT_ONCE])
    for start in range(0, len(batches), _AT_ONCE):
        numbers = batches[start : start + _AT_ONCE]
        with source._reading() as db, target._writing() as to:  # noqa: SLF001
            messages = _copy_batches(db, to, numbers)
        copied["batches"] += len(numbers)
        copied["messages"] += messages


def _copy_runs(db: Database, to: Database, runs: Sequence[str]) -> int:
    """Copy runs, with what is kept of their rows; return their number."""
    names = _columns(db, "runs")
    _refuse_other_columns(names, _columns(to, "runs"))
    _insert(to, "runs", names, _rows(db, "runs", names, "run_id", runs))
    for table in _OF_RUN:
        names = _columns(db, table)
        _insert(to, table, names, _rows(db, table, names, "run_id", runs))
    return len(runs)


def _copy_batches(db: Database, to: Database, numbers: Sequence[int]) -> int:
    """Copy batches with all that belongs to them; return their number of messages."""
    names = _columns(db, "batches")
    rows = _rows(db, "batches", ["id", *names], "id", numbers)
    batch_id, size = names.index("batch_id") + 1, names.index("size") + 1
    made = dict(_insert(to, "batches", names, [row[1:] for row in rows], "batch_id, id"))
    theirs = {row[0]: made[row[batch_id]] for row in rows}
    for table in _OF_BATCH:
        names = _columns(db, table)  # of which the first is the batch's number
        found = _rows(db, table, names, "batch", numbers)
        _insert(to, table, names, [(theirs[number], *blobs) for number, *blobs in found])
    return sum(row[size] for row in rows)


def _rows(
    db: Database, table: str, names: Sequence[str], key: str, values: Sequence[str] | Sequence[int]
) -> list[tuple[Any, ...]]:
    """Read the rows of some keys, in their order."""
    marks = ", ".join("?" * len(values))
    query = f"SELECT {key}, {', '.join(names)} FROM {table} WHERE {key} IN ({marks})"
    found = {row[0]: tuple(row[1:]) for row in db.execute(query, values)}
    return [found[value] for value in values if value in found]


def _insert(
    to: Database,
    table: str,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert rows in one statement, and return what is asked of them."""
    if not rows:
        return []
    marks = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks}"
    values = [value for row in rows for value in row]
    if not returning:
        to.execute(statement, values)
        return []
    return to.execute(f"{statement} RETURNING {returning}", values).fetchall()


def _columns(db: Database, table: str) -> list[str]:
    """Name the columns of a table that are copied."""
    told = db.execute(f"SELECT * FROM {table} LIMIT 0").description
    return [column[0] for column in told if column[0] not in _NOT_COPIED]


def _refuse_other_columns(names: Sequence[str], others: Sequence[str]) -> None:
    """Refuse journals that do not keep the same."""
    if set(names) != set(others):
        raise JournalError("The two journals were made by different versions of smsframe.")

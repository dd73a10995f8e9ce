"""What people call of the journal by themselves.

:func:`forget` drops what is known of people, :func:`check` holds everything against its checksums;
:func:`copy` brings a file into a team's database, or back, and :func:`upgrade` a team's database to
this version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.journal_address import TeamAddress
from smsframe._base.tracebacks import public
from smsframe._base.validation import moment_of
from smsframe._connect import journal_file
from smsframe._journal import location, opening, transfer
from smsframe._journal.reader import PATIENCE_S
from smsframe._results.open_journal import existing_journal, reading_journal
from smsframe.errors import InputError

if TYPE_CHECKING:
    from smsframe._base.journal_address import JournalArgument
    from smsframe._base.validation import Moment


__all__ = ["check", "copy", "forget", "upgrade"]


@public
def forget(before: Moment, *, path: JournalArgument = None) -> int:
    """Remove texts, phone numbers and values of earlier runs from the journal; irreversible.

    Hashes and states stay, so nobody is texted twice. The results of these runs cannot be brought
    back, and what is still unknown of them can no longer be reconciled.

    Parameters
    ----------
    before : str, date, datetime, Timestamp or datetime64
        Runs that started earlier are forgotten: "2026-11-01" or with a time; UTC without a zone.
    path : path or URL, optional
        The journal. None: that of the client ``connect`` made last, else the usual one.

    Returns
    -------
    int
        Number of runs forgotten now; 0 when there is no journal yet.

    Raises
    ------
    InputError, JournalError
        ``before`` is no time; the journal cannot be read or written, or ``path`` names none.

    Examples
    --------
    >>> import smsframe
    >>> with smsframe.Sandbox() as sandbox, smsframe.connect(sandbox):
    ...     forget("2000-01-01")
    0
    """
    moment, file = moment_of("before", before), journal_file(journal=path)
    with reading_journal(file) if path is None else existing_journal(file) as journal:
        return 0 if journal is None else journal.forget(moment)


@public
def check(*, path: JournalArgument = None) -> dict[str, int]:
    """Hold everything that a journal keeps against its checksums.

    Parameters
    ----------
    path : path or URL, optional
        The journal. None: that of the client ``connect`` made last, else the usual one.

    Returns
    -------
    dict of str to int
        How many ``runs``, ``batches``, ``messages`` and ``payloads`` there are.

    Raises
    ------
    JournalError
        Something is not what was written, or there is no such journal.

    Examples
    --------
    >>> import pandas as pd, smsframe, tempfile
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> with tempfile.TemporaryDirectory() as folder, smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox, journal=f"{folder}/journal.sqlite3"):
    ...         done = people.sms.send("Hello", program="148372", progress=False)
    ...         check()
    {'runs': 1, 'batches': 1, 'messages': 1, 'payloads': 1}
    """
    with existing_journal(journal_file(journal=path)) as journal:
        return transfer.check_sums(journal)


@public
def copy(source: JournalArgument, target: JournalArgument) -> dict[str, int]:
    """Copy into a journal what another one knows and it does not; nothing there is changed.

    Import the files of everybody before the first send by a team's journal: what it does not know,
    it texts again. Running it again copies only what is new.

    Parameters
    ----------
    source, target : path or URL
        The journal to read, and the one to write, which is made where there is none.

    Returns
    -------
    dict of str to int
        How many ``runs``, ``batches`` and ``messages`` were copied.

    Raises
    ------
    CampaignBusyError
        Somebody is sending with the source, or a campaign that is to be copied with the target.
    JournalError
        There is no source, it is damaged, or one of them cannot be used.

    Examples
    --------
    >>> import pandas as pd, smsframe, tempfile
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> with tempfile.TemporaryDirectory() as folder, smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox, journal=f"{folder}/mine.sqlite3"):
    ...         done = people.sms.send("Hello", program="148372", progress=False)
    ...     copy(f"{folder}/mine.sqlite3", f"{folder}/ours.sqlite3")
    {'runs': 1, 'batches': 1, 'messages': 1}
    """
    first, second = location.journal_path(source), location.journal_path(target)
    if source is None or target is None or first == second:
        raise InputError("Name two journals: the one to read and the one to write.")
    with (
        existing_journal(first) as reads,
        opening.open_journal(second, patience_s=PATIENCE_S) as writes,
    ):
        return transfer.copy_journal(reads, writes)


@public
def upgrade(path: JournalArgument) -> list[str]:
    """Bring a team's journal to this version of smsframe; older versions refuse it afterwards.

    A file is upgraded when it is opened. A database is shared with colleagues, so it is upgraded
    when somebody says so, while nobody sends.

    Parameters
    ----------
    path : URL
        The journal.

    Returns
    -------
    list of str
        Names of the changes that were made; empty when there was nothing to do.

    Raises
    ------
    CampaignBusyError
        Somebody is sending by it.
    JournalError
        It cannot be reached or changed, or was written by a newer version.

    Examples
    --------
    >>> import smsframe
    >>> try:
    ...     upgrade("journal.sqlite3")
    ... except smsframe.InputError as error:
    ...     print(str(error)[:46])
    Only a team's journal is upgraded by hand: giv
    """
    address = location.journal_path(path)
    if not isinstance(address, TeamAddress):
        raise InputError(
            "Only a team's journal is upgraded by hand: give its URL, such as "
            "postgresql://user@host/database. A file is upgraded when it is opened."
        )
    from smsframe._journal.postgres.store import upgraded  # noqa: PLC0415 - brings psycopg

    return list(upgraded(address))

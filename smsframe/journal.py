"""What people call of the journal by themselves: :func:`forget`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.tracebacks import public
from smsframe._base.validation import moment_of
from smsframe._journal.reader import PATIENCE_S

if TYPE_CHECKING:
    from smsframe._base.journal_address import JournalArgument
    from smsframe._base.validation import Moment


__all__ = ["forget"]


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
    from smsframe import _connect  # noqa: PLC0415 - brings the client
    from smsframe._journal import location, opening  # noqa: PLC0415 - brings the client

    moment, file = moment_of("before", before), _connect.journal_file(journal=path)
    journal = opening.open_existing(file, patience_s=PATIENCE_S)
    if journal is not None:
        with journal:
            return journal.forget(moment)
    if path is not None:
        raise location.no_journal(file)
    return 0

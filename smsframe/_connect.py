"""Connecting: to which service or sandbox, as whom, and which journal is meant.

To look back needs no credentials: without a client it is the journal that the real service's sends
are recorded in (``SMSFRAME_JOURNAL``, else the platform's data directory).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from smsframe._acoustic import address
from smsframe._acoustic import credentials as config
from smsframe._acoustic.client import MOST_IN_FLIGHT, Client, become_default, default_client
from smsframe._acoustic.http import TIMEOUT_S
from smsframe._base.forks import after_fork, unforked
from smsframe._base.sentences import arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import (
    check_client,
    check_count,
    check_number,
    check_text,
    quoted,
    refuse,
)
from smsframe._journal import location
from smsframe._journal.location import journal_fault
from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from smsframe._base.journal_address import JournalAddress, JournalArgument


_sandboxes: dict[Path, Any] = {}
_starting = threading.RLock()


@after_fork
def _renew_lock() -> None:
    """Start a forked child with a lock that nobody holds."""
    global _starting  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _starting = threading.RLock()


def journal_file(client: Client | None = None, journal: JournalArgument = None) -> JournalAddress:
    """Return the journal that is meant: the one given, else the client's, else the usual one."""
    faults: list[str] = []
    check_client(client, faults)
    refuse(faults)
    if journal is not None:
        return location.journal_path(journal)
    if client is not None:
        return client.journal_path
    try:
        return default_client().journal_path
    except ConfigurationError:
        return location.journal_path()


def _timeouts(given: Any, faults: list[str]) -> tuple[float, float]:
    """Check the seconds to connect, and to wait for an answer."""
    pair = given if isinstance(given, (tuple, list)) else ()
    trial: list[str] = []
    seconds = [check_number("timeout_s", each, trial, optional=False) or 0.0 for each in pair]
    if len(seconds) == 2 and not trial and all(seconds):  # noqa: PLR2004 - connect and read
        return float(seconds[0]), float(seconds[1])
    shown = f"({', '.join(map(quoted, pair))})" if pair else quoted(given)
    faults.append(
        f"timeout_s={shown} must be two positive numbers of seconds: to connect, and to wait "
        "for a whole answer, such as (10, 120)."
    )
    return TIMEOUT_S


@public
def connect(
    target: Any = None,
    *,
    pod: str | None = None,
    base_url: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    refresh_token: str | None = None,
    journal: JournalArgument = None,
    max_in_flight: int = MOST_IN_FLIGHT,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    token_file: str | os.PathLike[str] | None = None,
) -> Client:
    """Connect to the service, or to a sandbox, and make it the default for later calls.

    No call is made to the real service yet: wrong credentials show at the first use.

    Parameters
    ----------
    target : "sandbox" or Sandbox, optional
        ``"sandbox"`` starts the rehearsal sandbox of this session, or takes the one that runs;
        nothing leaves the machine and what was sent is remembered. None means the real service.
    pod : str, optional
        Where the account lives, such as ``"us-1"``. None means SMSFRAME_POD.
    base_url : str, optional
        Address of the service, instead of `pod`.
    client_id, client_secret, refresh_token : str, optional
        None means SMSFRAME_CLIENT_ID, SMSFRAME_CLIENT_SECRET, SMSFRAME_REFRESH_TOKEN.
    journal : path or URL, optional
        File that records what was sent, or the PostgreSQL database of a team,
        ``"postgresql://user@host/database"``. None means SMSFRAME_JOURNAL, else the platform's data
        directory; rehearsals are recorded beside it, in ``rehearsal.sqlite3``.
    max_in_flight : int, default 10
        Calls at a time, 1 to 10. Leave some to colleagues who send for the same organization.
    timeout_s : tuple of two floats, default (10, 120)
        Seconds to connect, and to wait for a whole answer.
    token_file : path, optional
        File that keeps, for the next session, another refresh token that the service may give.
        None means SMSFRAME_TOKEN_FILE, else nothing is kept.

    Returns
    -------
    Client

    Raises
    ------
    ConfigurationError
        Pod, address, credentials or a setting are missing or wrong.

    Examples
    --------
    >>> import smsframe
    >>> with smsframe.Sandbox() as sandbox, smsframe.connect(sandbox) as client:
    ...     client.programs()["status"].tolist()
    ['ACTIVE', 'ACTIVE', 'INACTIVE']
    """
    client_secret, refresh_token = config.hidden(client_secret), config.hidden(refresh_token)
    faults: list[str] = []
    check_text("pod", pod, faults, need="a text such as 'us-1'", blank=True)
    check_text("base_url", base_url, faults, need="a text such as 'https://host'", blank=True)
    journal_fault(journal, faults)
    most = MOST_IN_FLIGHT
    calls = check_count("max_in_flight", max_in_flight, faults, least=1, most=most, optional=False)
    timeouts = _timeouts(timeout_s, faults)
    refuse(faults, ConfigurationError)
    sandbox = _sandbox(target, journal, named=pod or base_url)
    if sandbox is not None:
        base_url, credentials = sandbox.base_url, config.credentials(**sandbox.credentials)
    else:
        base_url = address.address(pod, base_url)
        credentials = config.credentials(client_id, client_secret, refresh_token)
    base_url = address.check_base_url(base_url)
    path = location.journal_path(journal, rehearsal=address.is_loopback(base_url))
    client = Client(
        base_url,
        credentials,
        journal_path=path,
        max_in_flight=calls or most,
        timeout_s=timeouts,
        sandbox=sandbox,
        token_file=config.token_file(token_file),
    )
    return become_default(client)


def _sandbox(target: Any, journal: JournalArgument, *, named: str | None) -> Any:
    """Find the sandbox that a target means, None for the real service."""
    if target is None:
        return None
    if named:
        places = arg("pod"), " or ", arg("base_url")
        raise ConfigurationError("Give either a sandbox, or ", *places, ", not both.")
    if isinstance(target, str) and target == "sandbox":
        place = location.journal_path(journal, rehearsal=True)
        return _session_sandbox(location.journal_folder(place))
    if isinstance(target, str) or not isinstance(getattr(target, "base_url", None), str):
        raise ConfigurationError(
            f'connect() takes "sandbox" or a Sandbox, not {quoted(target)}. For the real '
            "service give ",
            arg("pod"),
            f", one of {', '.join(address.PODS)}.",
        )
    return target


def _session_sandbox(directory: Path) -> Any:
    """Give the sandbox of this session, starting it at the first call."""
    with unforked():
        from smsframe.sandbox import Sandbox  # noqa: PLC0415 - brings Flask, for rehearsals only

    path = directory / "sandbox-world.sqlite3"
    with _starting:
        if path not in _sandboxes:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sandboxes[path] = public(Sandbox)(path=path, anyone=True)
        return _sandboxes[path].start()  # which does nothing while it runs

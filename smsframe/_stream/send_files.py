"""``plan_files`` and ``send_files``: a list in files, of any length, sent as a frame is.

Two passes. The first one reads the columns that a message needs, checks and counts every row, and
keeps what it has made of it in a scratch folder on disk; repeats and what the journal knows are
found bucket by bucket. The second one reads the files again, sends what was checked, and writes the
results. Memory does not grow with the rows. A file that changes between the passes stops the send.

Every rule of a send holds here too, and is judged over all files.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

from smsframe._base.send_settings import SendSettings
from smsframe._base.sentences import Sentence, arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import path_fault, refuse
from smsframe._eligibility import exclude
from smsframe._journal.opening import open_journal
from smsframe._journal.store import PATIENCE_S
from smsframe._plan.options import takes_send_options, with_defaults
from smsframe._results.open_journal import reading_journal
from smsframe._send.cancellation import SendControl
from smsframe._send.look_back import connected, scope_of
from smsframe._stream.files_plan import FilesPlan
from smsframe._stream.first_pass import FirstPass, begin, refuse_blocked
from smsframe._stream.result_files import prepared_folder
from smsframe._stream.scratch import Scratch
from smsframe._stream.sources import find_files, refuse_results_within
from smsframe._stream.stores import address_of
from smsframe._stream.whole_list import ListSend, look
from smsframe.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from smsframe._acoustic.client import Client
    from smsframe._journal.store import Journal
    from smsframe._plan.options import SendOptions
    from smsframe._stream.sent_files import SentFiles

__all__ = ["FilesPlan", "plan_files", "send_files"]


@public
@takes_send_options
def plan_files(
    files: str | os.PathLike[str],
    text: str | Mapping[str, str] | None = None,
    **options: Unpack[SendOptions],
) -> FilesPlan:
    """Say what would be sent from files, with no side effect.

    Counts what :func:`send_files` would send. Every row of every file is checked, and held against
    the other files and the journal, in as little memory as there.

    Parameters
    ----------
    files : path
        A file (Parquet, CSV, Arrow), a folder, a pattern such as ``people/*.parquet``, or an
        address of these.
    text : str or mapping of name to str, optional
        As for :func:`smsframe.send`; so are all others.
    program, content_id, personalize, defaults, formats, fold, source, campaign_name : optional
    ttl_minutes, character_swap, phone, lookup, region, region_from, campaign, exclude : optional
    sending_hours, closed, time_zone, min_gap, check_consent, consent_database : optional
    split, by, holdout, duplicates, limit, problems, resend_unknown : optional
    price_per_segment, client, wait_s, confirm, dry_run, progress : optional

    Returns
    -------
    FilesPlan
        With ``recipients``, ``counts``, ``problems``, ``countries``, ``segments`` and ``cost``.

    Raises
    ------
    InputError
        As for :func:`send_files`.

    Examples
    --------
    >>> import pandas as pd, pathlib, smsframe, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"], "Name": ["Ann", "Bob"]})
    >>> people.to_parquet(folder / "people.parquet")
    >>> options = {"program": "148372", "phone": "mobile", "progress": False}
    >>> smsframe.plan_files(folder, "Hi %%Name%%", **options).counts
    {'ready': 1, 'invalid': 1}
    """
    given = _checked(options)
    client = _client_if_any(given)
    _, paths = find_files(files)
    found = _begun(paths, text, given, client)
    found.tells_night = True
    with Scratch() as scratch, _read_only(client) as journal:
        looked = look(found, scratch, journal)
        return FilesPlan(found, looked.joined, looked.told)


@public
@takes_send_options
def send_files(
    files: str | os.PathLike[str],
    text: str | Mapping[str, str] | None = None,
    *,
    out: str | os.PathLike[str],
    **options: Unpack[SendOptions],
) -> SentFiles:
    """Send a text to every row of files of any length, once, and write what became of each row.

    The rows are never in memory all at once. They are read twice: first every row is checked, then
    they are sent; a file that changed in between stops the send. What is the same message, what was
    sent before and what is a repeat is judged over all files, as over one frame, and rows that were
    sent from a frame are known. Run it again and it goes on where it stopped, and makes no call
    when nothing is left.

    Parameters
    ----------
    files : path
        A file (Parquet, CSV, Arrow), a folder with all below it, or a pattern such as
        ``people/*.parquet``, or the address of one in a store (``s3://bucket/people/``), which
        needs fsspec. Names that begin with a dot or underscore are left out.
    text : str or mapping of name to str, optional
        As for :func:`smsframe.send`; so are all others.
    out : path
        Folder for the results: one Parquet file for each file, with its name and its place below
        the folder, and all its rows and columns. Each is written aside and then renamed.
    program, content_id, personalize, defaults, formats, fold, source, campaign_name : optional
    ttl_minutes, character_swap, phone, lookup, region, region_from, campaign, exclude : optional
    sending_hours, closed, time_zone, min_gap, check_consent, consent_database : optional
    split, by, holdout, duplicates, limit, problems, resend_unknown : optional
    price_per_segment, client, progress : optional
    wait_s : float, default 0
        Seconds to wait for hours that open within them.
    confirm : int, optional
        Refuse unless exactly so many messages would go out now, as ``plan_files`` counts them.
    dry_run : bool, default False
        Send nothing, and write what would be: ``planned`` rows. No folder with results of a send.

    Returns
    -------
    SentFiles
        With ``path``, ``counts``, ``summary()``, ``failed``, ``refresh()`` and ``to_frame()``.

    Raises
    ------
    InputError
        The files cannot be read, have columns of different kinds, or one has changed; ``out`` lies
        among them or holds something else; or as for :func:`smsframe.send`.
    JournalError, CampaignBusyError, ConfigurationError, KeyboardInterrupt
        As for :func:`smsframe.send`. What was sent until then is in the journal; the same call goes
        on.

    Examples
    --------
    >>> import pandas as pd, pathlib, smsframe, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"], "Name": ["Ann", "Bob"]})
    >>> people.to_parquet(folder / "people.parquet")
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     sent = smsframe.send_files(
    ...         folder / "*.parquet", "Hi %%Name%%", program="148372", phone="mobile",
    ...         out=folder / "results", progress=False,
    ...     )
    >>> sent.summary()[["status", "rows"]].values.tolist()
    [['accepted', 1], ['invalid', 1]]
    """
    control = SendControl(quiet=options.get("progress") is False)
    return send_list(files, text, out, options, control)


def send_list(
    files: str | os.PathLike[str],
    text: str | Mapping[str, str] | None,
    out: str | os.PathLike[str],
    options: SendOptions,
    control: SendControl,
) -> SentFiles:
    """Send files; ``control`` is for whoever follows the send and says itself how it went."""
    given = _checked(options)
    place = _folder_of(out)
    is_dry = given["dry_run"] is True
    client = _client_if_any(given) if is_dry else connected(given["client"])
    _, paths = find_files(files)
    refuse_results_within(place, files, paths)
    found = _begun(paths, text, given, client)
    settings = _settings_of(client)
    folder = prepared_folder(place, paths, is_dry=is_dry)
    with folder, Scratch() as scratch, contextlib.ExitStack() as stack:
        sending = ListSend(
            found=found,
            scratch=scratch,
            settings=settings,
            control=control,
            out=place,
            client=client,
        )
        if client is None or is_dry:
            sending.journal = stack.enter_context(_read_only(client))
            return sending.dry_run()
        journal = open_journal(client.journal_path, patience_s=PATIENCE_S)
        sending.journal = stack.enter_context(journal)
        lock = journal.sending(
            found.scope,
            service=client.service,
            wait_s=given["wait_s"] or 0.0,
            lease_s=settings.lease_s,
        )
        stack.enter_context(lock)
        return sending.send()


def check_out(files: str | os.PathLike[str], out: str | os.PathLike[str], *, is_dry: bool) -> None:
    """Refuse a folder that results could not be written to, before anybody confirms anything."""
    place, (_, paths) = _folder_of(out), find_files(files)
    refuse_results_within(place, files, paths)
    with prepared_folder(place, paths, is_dry=is_dry):
        pass


def _folder_of(out: str | os.PathLike[str]) -> Path:
    """Return the folder for results; InputError for what can be none."""
    if address_of(out) is not None:
        why = " is a folder of this machine, in which files get their names once they are whole."
        raise InputError(Sentence(arg("out"), why, " Name one, and copy it to the store then."))
    faults: list[str] = []
    path_fault("out", out, faults)
    refuse(faults)
    return Path(os.path.expanduser(out))  # noqa: PTH111 - what is nobody's home stays as it is


def _checked(options: SendOptions) -> SendOptions:
    """Return the arguments with their defaults; lists of numbers are read, once."""
    given = with_defaults(options)
    if given["exclude"] is not None:
        # What has been read is taken as what it was read from; no caller gives one.
        given["exclude"] = cast("Any", exclude.read(given["exclude"]))
    return given


def _settings_of(client: Client | None) -> SendSettings:
    """Return how a client goes about its calls."""
    return SendSettings() if client is None else client.settings


def _client_if_any(given: SendOptions) -> Client | None:
    """Return the client, or the default one; None where there is none."""
    try:
        return connected(given["client"])
    except ConfigurationError:
        return None


def _begun(
    paths: list[Any],
    text: str | Mapping[str, str] | None,
    given: SendOptions,
    client: Client | None,
) -> FirstPass:
    """Return a list of which the first rows were looked at; refuse what is wrong with it."""
    settings = _settings_of(client)
    found = begin(paths, text, given, settings.clock(), portion_rows=settings.portion_rows)
    refuse_blocked(found.plan.blocking)
    if client is not None:
        found.service, found.scope = client.service, scope_of(found.plan, client)
    else:
        found.scope = bytes(16)
    return found


def _read_only(client: Client | None) -> AbstractContextManager[Journal | None]:
    """Give the journal to look back in; None where there is none, for looking never makes one."""
    return contextlib.nullcontext() if client is None else reading_journal(client.journal_path)

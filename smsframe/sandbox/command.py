"""The sandbox for other processes: served until Ctrl-C or SIGTERM, with calls to paste."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from smsframe.sandbox.sandbox import Sandbox
from smsframe.sandbox.state import ACTIVE_PROGRAM

if TYPE_CHECKING:
    import os

_PHONE_COLUMNS = ("mobile", "phone", "mobile number", "phone number", "cell", "number")

_GREETING = """\
smsframe sandbox on {base_url} (loopback only; nobody is texted)

  SMSFRAME_CLIENT_ID={client_id}
  SMSFRAME_CLIENT_SECRET={client_secret}
  SMSFRAME_REFRESH_TOKEN={refresh_token}

{loaded}

Get a token:
  curl -s {base_url}/oauth/token -d grant_type=refresh_token \\
    -d client_id={client_id} -d client_secret={client_secret} -d refresh_token={refresh_token}

Send (put the token in place of TOKEN):
  curl -s {base_url}/rest/channels/sms/sends -H "Authorization: Bearer TOKEN" \\
    -H "Content-Type: application/json" -d '{{"content": "Hello %%FirstName%%!",
    "channelQualifier": "{program}", "contacts": [{{"contactId": "12015550123"}}],
    "personalizationDefaults": {{"FirstName": "Customer"}}}}'

Ask what became of it (put the id of the answer in place of ID):
  curl -s {base_url}/rest/channels/sms/sends/ID/status -H "Authorization: Bearer TOKEN"

What phones would show:
  curl -s {base_url}/sandbox/outbox

Ctrl-C stops it.
"""


def serve(
    port: int = 8000,
    contacts_csv: str | os.PathLike[str] | None = None,
    anyone: bool = False,
    path: str | os.PathLike[str] | None = None,
    *,
    calling_code: str | None = None,
    out: TextIO | None = None,
) -> None:
    """Serve a sandbox until Ctrl-C or SIGTERM, after printing its address and how to use it.

    Parameters
    ----------
    port : int, default 8000
        Port on loopback; 0 takes any free one.
    contacts_csv : path, optional
        People to load; the phone column is the one called mobile, phone or alike, in any case.
    anyone : bool, default False
        Take numbers that were not loaded as opted in.
    path : path, optional
        SQLite file that keeps the world.
    calling_code : str, optional
        Put before numbers of ten digits in the file.
    out : text stream, default standard output
        Where the greeting goes.

    Raises
    ------
    OSError
        The port is taken, or a file cannot be read.
    ValueError
        The file has no column that is plainly a phone column.
    """
    with Sandbox(path, port=port, anyone=anyone) as sandbox:
        others = (
            "every other number counts as opted in" if anyone else "no other number is messaged"
        )
        loaded = f"No contacts loaded by this start; {others}."
        if contacts_csv is not None:
            people = pd.read_csv(contacts_csv, dtype="string")
            phone = _phone_column(people)
            count = sandbox.load_contacts(people, phone=phone, calling_code=calling_code)
            loaded = f"{count} contact{'s' * (count != 1)} loaded; {others}."
        out = out or sys.stdout
        words = {"base_url": sandbox.base_url, "loaded": loaded, "program": ACTIVE_PROGRAM}
        out.write(_GREETING.format(**words, **sandbox.credentials))
        out.flush()
        _wait_for_signal()


def _phone_column(frame: pd.DataFrame) -> str:
    """Return the column that is plainly a phone column."""
    names = {str(name).strip().casefold(): str(name) for name in frame.columns}
    for name in _PHONE_COLUMNS:
        if name in names:
            return names[name]
    raise ValueError(
        f"No phone column among {', '.join(map(repr, frame.columns))}. Call one of them 'mobile'."
    )


def _wait_for_signal() -> None:
    """Wait for Ctrl-C or SIGTERM; signals are left as they were found."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("serve() waits for signals: call it from the main thread.")
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in signals]
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)

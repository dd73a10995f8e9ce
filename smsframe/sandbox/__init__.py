"""The SMS API on loopback: a rehearsal room for people, the test bed for the library.

It is an island. It imports nothing else of smsframe, and only ``connect("sandbox")`` and the
command line import it, so a wrong belief about the API in the client cannot agree with itself here.
It was written from the vendor's text alone; where that is silent the module concerned says what was
guessed.

``rules`` knows what a call must look like and every refusal, ``delivery`` what a good call does,
``state`` is the world in SQLite, ``app`` the endpoints, ``admin`` the paths under ``/sandbox/``,
``faults`` what goes wrong on demand, ``server`` the sockets, ``log`` what was seen, ``loading``
reads frames, ``room`` holds what the endpoints share, ``sandbox`` is what Python sees of it all,
and ``command`` what a shell runs.
"""

from __future__ import annotations

from smsframe.sandbox.command import serve
from smsframe.sandbox.faults import Fault, Faults
from smsframe.sandbox.room import CREDENTIALS, Settings, Switches
from smsframe.sandbox.sandbox import Sandbox
from smsframe.sandbox.state import (
    ACTIVE_PROGRAM,
    ACTIVE_UUID_PROGRAM,
    DEMO_FIELDS,
    INACTIVE_PROGRAM,
    PHONE_FIELD,
    PUBLISHED_CONTENT,
)

__all__ = [
    "ACTIVE_PROGRAM",
    "ACTIVE_UUID_PROGRAM",
    "CREDENTIALS",
    "DEMO_FIELDS",
    "INACTIVE_PROGRAM",
    "PHONE_FIELD",
    "PUBLISHED_CONTENT",
    "Fault",
    "Faults",
    "Sandbox",
    "Settings",
    "Switches",
    "serve",
]

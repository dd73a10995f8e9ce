"""What the endpoints share: the world, the faults, the log, the settings and the switches."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, request

from smsframe.sandbox.faults import Faults
from smsframe.sandbox.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe.sandbox.state import State

CREDENTIALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "client_id": "rehearsal-client-id",
        "client_secret": "rehearsal-client-secret",
        "refresh_token": "rehearsal-refresh-token",
    }
)
"""What every sandbox accepts; harmless words, the same everywhere."""


ROOM: Final = "smsframe.sandbox.room"
"""Where a request's WSGI environ names the room it is for."""


@dataclass(slots=True)
class Switches:
    """Whether SMS is enabled for organization, database and user; any ``False`` answers 403."""

    organization: bool = True
    database: bool = True
    user: bool = True

    def all_on(self) -> bool:
        """Tell whether calls are allowed."""
        return self.organization and self.database and self.user

    def reset(self) -> None:
        """Switch everything on."""
        self.organization = self.database = self.user = True


@dataclass(slots=True, kw_only=True)
class Settings:
    """How the sandbox behaves; durations in seconds."""

    latency_s: float = 0.0
    anyone: bool = False
    status_delay_s: float = 0.2
    token_lifetime_s: float = 14_400.0
    token_reuse_s: float = 10_800.0
    max_in_flight: int = 10
    too_many_form: str = "429"
    retry_after: float | str = 1
    contact_key: str = "contactId"


@dataclass(slots=True, kw_only=True)
class Room:
    """One sandbox as its endpoints see it."""

    state: State
    settings: Settings
    clock: Callable[[], float]
    faults: Faults = field(default_factory=Faults)
    log: Log = field(default_factory=Log)
    switches: Switches = field(default_factory=Switches)
    stopping: threading.Event = field(default_factory=threading.Event)
    base_url: str = ""

    def pause(self, seconds: float) -> bool:
        """Wait, and tell whether the sandbox is being stopped meanwhile."""
        return self.stopping.wait(seconds) if seconds > 0 else False


def current_room() -> Room:
    """Return the room of the request that is being answered."""
    room: Room = request.environ[ROOM]
    return room


def envelope(
    data: Any = None,
    *,
    status: int = 200,
    general: list[str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    """Return the API's envelope around data or errors."""
    meta = {
        "attributes": {},
        "generalErrors": general or [],
        "fieldErrors": dict(fields or {}),
        "links": [],
        "nextPageUrl": None,
    }
    return as_json({"meta": meta, "data": data}, status)


def as_json(value: Any, status: int = 200) -> Response:
    """Return any value as a JSON answer."""
    return Response(orjson.dumps(value), status, mimetype="application/json")

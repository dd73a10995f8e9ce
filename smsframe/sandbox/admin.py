"""The sandbox's own paths under ``/sandbox/``: what its Python methods do, over HTTP and in JSON.

``GET outbox``, ``GET requests``, ``GET events`` (lists of records), ``GET world``, ``POST faults``
(the arguments of ``faults.add``), ``DELETE faults``, ``POST contacts`` (a list of records, or
``{"contacts": [...], "phone": ..., "consent": ..., "calling_code": ...}``) and ``POST reset``. A
request that cannot be used is answered 400 with ``{"error": sentence}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from flask import Flask, Response, request

from smsframe.sandbox.loading import read_people
from smsframe.sandbox.log import events_frame, outbox_frame, requests_frame, to_records
from smsframe.sandbox.room import Room, as_json, current_room
from smsframe.sandbox.rules import parse_json

Action = Callable[[Room], Any]


def add_admin(app: Flask) -> None:
    """Add the admin paths to the application."""
    actions: list[tuple[str, str, Action]] = [
        ("GET", "outbox", lambda room: to_records(outbox_frame(room.state.outbox()))),
        ("GET", "events", lambda room: to_records(events_frame(room.state.outbox()))),
        ("GET", "requests", lambda room: to_records(requests_frame(room.log.records()))),
        ("GET", "world", lambda room: {"world": room.state.world}),
        ("POST", "faults", _add_fault),
        ("DELETE", "faults", lambda room: room.faults.clear()),
        ("POST", "contacts", _load),
        ("POST", "reset", reset),
    ]
    for method, name, act in actions:
        rule, endpoint = f"/sandbox/{name}", f"{method} {name}"
        app.add_url_rule(rule, endpoint, _answering(act), methods=[method])


def reset(room: Room) -> dict[str, str]:
    """Start a new world and name it: demo state, no faults, no log, everything switched on."""
    room.state.reset()
    room.faults.clear()
    room.log.clear()
    room.switches.reset()
    return {"world": room.state.world}


def load_contacts(
    room: Room,
    frame: pd.DataFrame,
    *,
    phone: Any = "mobile",
    consent: Any = None,
    calling_code: str | None = None,
) -> int:
    """Load the people of a frame and return how many rows had a phone number."""
    people = read_people(frame, phone, consent, calling_code)
    room.state.load(people.phones, people.consents, people.fields)
    return len(people.phones)


def _answering(action: Action) -> Callable[[], Response]:
    """Return a view that answers with the action's result, or with what is wrong in the request."""

    def answer() -> Response:
        try:
            told = action(current_room())
            return as_json({} if told is None else told)
        except (ValueError, TypeError) as error:
            return as_json({"error": str(error)}, 400)

    return answer


def _body() -> Any:
    """Return the JSON body of the request."""
    body = parse_json(request.get_data())
    if not isinstance(body, list | dict):
        raise TypeError("The body must be JSON: an object or a list.")
    return body


def _add_fault(room: Room) -> dict[str, Any]:
    """Add the fault that the body describes."""
    arguments = _body()
    if not isinstance(arguments, dict) or not isinstance(arguments.get("kind"), str):
        raise TypeError('Name the fault: {"kind": "delay", "every": 1, "seconds": 0.2}.')
    fault = room.faults.add(**arguments)
    return {"kind": fault.kind, "path": fault.path}


def _load(room: Room) -> dict[str, int]:
    """Load the contacts in the body."""
    body = _body()
    options = {}
    if isinstance(body, dict):
        names = ("phone", "consent", "calling_code")
        options = {name: body[name] for name in names if name in body}
        body = body.get("contacts", [])
    return {"loaded": load_contacts(room, pd.DataFrame(body), **options)}

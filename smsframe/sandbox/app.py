"""The API itself as a Flask application: tokens, sends, status and its neighbours.

Every API call goes through :class:`_Exchange`: count it in, pause, let faults strike, process,
count it out, note it. It is counted out before the answer is written, so a client that has its
answer can never be refused because of that same call; a hanging call therefore takes no place
either.

Guesses about what nobody documents: only calls under ``/rest`` count as in flight, whatever they
ask; a refusal of too many is answered at once, before latency and before faults; the "not found"
text of the status endpoint sits in ``generalErrors``; a wrong client is 401, any other token error
400; ``consent`` answers for any database name, and 404 for a program that does not exist.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from smsframe.sandbox.admin import add_admin
from smsframe.sandbox.delivery import deliver
from smsframe.sandbox.loading import OPTED_IN
from smsframe.sandbox.log import Record
from smsframe.sandbox.room import CREDENTIALS, ROOM, Room, as_json, current_room, envelope
from smsframe.sandbox.rules import RefusedError, parse_json, read_call
from smsframe.sandbox.server import ENDING, ResponseEnding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from smsframe.sandbox.faults import Fault

STATUS_NOT_FOUND: Final = (
    "Transaction status not found. Please try your request again in a few minutes."
)
TOO_MANY: Final = "You have exceeded the max number of concurrent authenticated requests."
_SENDS: Final = "/rest/channels/sms/sends"
_EXTERNAL_SENDS: Final = "/rest/channels/sms/externalconsentsends"
_CONSENT: Final = "/rest/databases/<database>/consent/SMS-<program>/<phone>"
View = Callable[..., Response]


def application_for(room: Room) -> WSGIApplication:
    """Return the application that serves ``room``."""
    app = _app()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[ROOM] = room
        return app(environ, start_response)

    return application


@functools.cache
def _app() -> Flask:
    """Build the routes, once for all rooms: it takes ten times as long as starting a server."""
    app = Flask("smsframe-sandbox", static_folder=None)
    endpoints: list[tuple[str, str, str, View]] = [
        ("token", "POST", "/oauth/token", _token),
        ("send", "POST", _SENDS, _send),
        ("external", "POST", _EXTERNAL_SENDS, functools.partial(_send, external=True)),
        ("status", "GET", f"{_SENDS}/<response_id>/status", _status),
        ("programs", "GET", "/rest/channels/sms/programs", _programs),
        ("consent", "GET", _CONSENT, _consent),
    ]
    for name, method, path, view in endpoints:
        app.add_url_rule(path, name, _exchanged(name, view), methods=[method])
    app.register_error_handler(HTTPException, _no_endpoint)
    add_admin(app)
    return app


def _exchanged(endpoint: str, view: View) -> View:
    """Return the view with everything around it that all API calls share."""

    def answer(**words: str) -> Response:
        return _Exchange(current_room(), endpoint).run(view, words)

    return answer


class _Exchange:
    """One API call from its arrival to its answer."""

    def __init__(self, room: Room, endpoint: str) -> None:
        self.room, self.endpoint = room, endpoint
        self.counted = endpoint != "token"
        self.payload = parse_json(request.get_data()) if self.counted else None
        self.record = Record(at=room.clock(), method=request.method, path=request.path)
        if isinstance(self.payload, dict):
            contacts, source = self.payload.get("contacts"), self.payload.get("source")
            self.record.contacts = len(contacts) if isinstance(contacts, list) else None
            self.record.source = source if isinstance(source, str) else None

    def run(self, view: View, words: dict[str, str]) -> Response:
        """Answer the call and note it."""
        log, record, started = self.room.log, self.record, time.perf_counter()
        record.in_flight = log.enter() if self.counted else log.in_flight()
        try:
            response = self._respond(view, words)
            if request.environ[ENDING].kind in ("answer", "truncate"):
                record.status = response.status_code
            return response
        finally:
            record.seconds = time.perf_counter() - started
            log.leave(record, counted=self.counted)

    def _respond(self, view: View, words: dict[str, str]) -> Response:
        """Return the answer, with the faults that strike this call."""
        settings = self.room.settings
        if self.counted and self.record.in_flight > settings.max_in_flight:
            return _too_many(settings.too_many_form, settings.retry_after)
        striking = self.room.faults.striking(self.endpoint, self.record.path)
        delays = [fault for fault in striking if fault.kind == "delay"]
        decisive = next((fault for fault in striking if fault.kind != "delay"), None)
        self.record.fault = next((f.kind for f in (decisive, *delays) if f is not None), None)
        delay_s = sum(float(fault.options.get("seconds", 1.0)) for fault in delays)
        if self.room.pause(settings.latency_s + delay_s):
            self.record.fault = "stopped"  # what was waiting then is closed, unprocessed
            request.environ[ENDING].kind = "drop"
            return Response()
        return self._process(view, words, decisive)

    def _process(self, view: View, words: dict[str, str], fault: Fault | None) -> Response:
        """Process the call unless the fault comes first, and let the fault spoil the answer."""
        if fault is not None and (early := self._strike_before(fault)) is not None:
            return early
        try:
            if self.counted:
                _authorize(self.room)
            response = view(self, **words)
        except RefusedError as refusal:
            response = envelope(
                status=refusal.status, general=refusal.general, fields=refusal.fields
            )
        if fault is not None and fault.kind == "status":
            return _fault_status(fault)
        if fault is not None and fault.kind in ("drop_after", "hang", "truncate"):
            self._end(fault)
        return response

    def _strike_before(self, fault: Fault) -> Response | None:
        """Answer instead of processing, where the fault says so."""
        options = fault.options
        if fault.kind == "too_many":
            retry_after = options.get("retry_after", self.room.settings.retry_after)
            return _too_many(str(options.get("form", "429")), retry_after)
        if fault.kind == "status" and not options.get("after"):
            return _fault_status(fault)
        if fault.kind == "drop_before":
            self._end(fault)
            return Response()
        if fault.kind == "expire_token":
            self.room.state.expire_token(_bearer())
        return None

    def _end(self, fault: Fault) -> None:
        """Tell the connection how to end."""
        ending: ResponseEnding = request.environ[ENDING]
        ending.kind = fault.kind.partition("_")[0]
        ending.reset = bool(fault.options.get("reset", True))
        ending.seconds = fault.options.get("seconds")


def _authorize(room: Room) -> None:
    """Refuse a call without a valid token, or while SMS is switched off."""
    token = _bearer()
    if not token:
        raise RefusedError("token_missing")
    end = room.state.token_end(token)
    if end is None:
        raise RefusedError("token_wrong", token=token)
    if end <= room.clock():
        raise RefusedError("token_expired", token=token)
    if not room.switches.all_on():
        raise RefusedError("forbidden")


def _bearer() -> str:
    """Return the bearer token of the call, "" when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# -- endpoints


def _token(exchange: _Exchange) -> Response:
    """Give a token for the refresh token, or say what is wrong as OAuth does."""
    room, form = exchange.room, request.form
    if form.get("grant_type") != "refresh_token":
        return _token_error("unsupported_grant_type", "The grant type must be refresh_token.")
    if any(form.get(name) != CREDENTIALS[name] for name in ("client_id", "client_secret")):
        return _token_error("invalid_client", "Bad client credentials", 401)
    if form.get("refresh_token") != CREDENTIALS["refresh_token"]:
        quoted = form.get("refresh_token", "")
        return _token_error("invalid_token", f"Invalid refresh token: {quoted}")
    now, settings = room.clock(), room.settings
    token, end = room.state.token(
        now, lifetime_s=settings.token_lifetime_s, reuse_s=settings.token_reuse_s
    )
    return as_json(
        {
            "access_token": token,
            "token_type": "bearer",
            "refresh_token": CREDENTIALS["refresh_token"],
            "expires_in": int(end - now),
        }
    )


def _token_error(error: str, description: str, status: int = 400) -> Response:
    """Return an OAuth error."""
    return as_json({"error": error, "error_description": description}, status)


def _send(exchange: _Exchange, *, external: bool = False) -> Response:
    """Take a send call: 202, or a refusal that messages nobody."""
    room = exchange.room
    call = read_call(exchange.payload, external=external)
    response_id = deliver(
        room.state, call, now=room.clock(), anyone=room.settings.anyone, external=external
    )
    exchange.record.response_id = response_id
    location = f"{room.base_url}{_SENDS}/{response_id}/status"
    return envelope({"location": location, "id": response_id}, status=202)


def _status(exchange: _Exchange, response_id: str) -> Response:
    """Say what became of each contact, once that is known."""
    room = exchange.room
    at = room.state.send_at(response_id)
    if at is None or room.clock() < at + room.settings.status_delay_s:
        return envelope(general=[STATUS_NOT_FOUND])
    contacts = room.state.contacts_of_send(response_id)
    key = room.settings.contact_key
    return envelope(
        {
            "totalContacts": len(contacts),
            "contactsProcessed": sum(problem is None for _, problem in contacts),
            "errors": None,
            "contactStatus": [_contact_status(shown, problem, key) for shown, problem in contacts],
        }
    )


def _contact_status(shown: bytes, problem: str | None, key: str) -> dict[str, Any]:
    """Return one contact of a status answer, named the way the call named it."""
    named = orjson.loads(shown)
    status = {key if isinstance(named, str) else "contactLookup": named}
    if problem is None:
        return {**status, "smsSent": True}
    return {**status, "smsSent": False, "message": problem}


def _programs(exchange: _Exchange) -> Response:
    """List the programs."""
    return envelope(exchange.room.state.programs())


def _consent(exchange: _Exchange, database: str, program: str, phone: str) -> Response:  # noqa: ARG001 - part of the path; one world has one database
    """Say what one contact has consented to."""
    room = exchange.room
    if room.state.program_status(program) is None:
        return envelope(status=404, general=["Not Found"])
    unloaded = OPTED_IN if room.settings.anyone else None
    (consent,) = room.state.contacts([phone], ()).get(phone, (unloaded,))
    if consent is None:
        return envelope(status=404, general=["Not Found"])
    return envelope({"status": consent})


# -- answers that are not the endpoint's own


def _too_many(form: str, retry_after: float | str) -> Response:
    """Refuse a call because too many are in flight, in one of the forms seen."""
    if form == "500":
        return Response(TOO_MANY, 500, mimetype="text/plain")
    response = envelope(status=int(form), general=[TOO_MANY])
    if form in ("429", "503"):
        response.headers["Retry-After"] = str(retry_after)
    return response


def _fault_status(fault: Fault) -> Response:
    """Return the answer that a ``status`` fault asks for."""
    status = int(fault.options.get("status", 500))
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    body = fault.options.get("body")
    if body is None and fault.options.get("html"):
        body = f"<html><body><h1>{status} {phrase}</h1></body></html>"
    if body is None:
        response = envelope(status=status, general=[phrase])
    elif isinstance(body, str):
        response = Response(body, status, mimetype="text/html")
    else:
        response = as_json(body, status)
    response.headers.update(fault.options.get("headers") or {})
    return response


def _no_endpoint(error: HTTPException) -> Response:
    """Answer a call that no endpoint takes, and note it unless it is an admin call."""
    room = current_room()
    status = error.code or 500
    if not request.path.startswith("/sandbox/"):
        record = Record(at=room.clock(), method=request.method, path=request.path, status=status)
        room.log.leave(record, counted=False)
    return envelope(status=status, general=[error.name])

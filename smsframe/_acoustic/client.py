"""Endpoints of the service, and which client is the default one.

Decisions:

- ``send`` never raises for anything that network, token endpoint or service do: everything becomes
  an `Outcome`, because the caller holds a claimed batch that must be settled. Reading calls raise
  instead.
- A second refused token (401) is an outcome: the account has lost its access.
- ``service`` names through whom messages go, as far as "the same message twice" goes: the address,
  however it is written, and nobody's credentials, since two applications of one organization text
  the same people. For a sandbox the world it keeps stands in place of the address, since its port
  changes with every start: a fresh sandbox is a fresh world, one that was kept the same as before.
  [guess] The ids of programs are unique within a pod, so pod and program name the organization.
- ``/rest/channels/sms/externalconsentsends`` sends without any check of consent. It is not offered
  here.
- At most 10 calls in flight, the limit of the organization, by whoever calls (`in_flight`).

[guess] Where the status endpoint says 404 with its "not found" text, that is "not ready" as well.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self
from urllib.parse import quote, urlsplit

import orjson
import pandas as pd

from smsframe._acoustic import address, in_flight, outcomes
from smsframe._acoustic import credentials as config
from smsframe._acoustic.answers import STATUS_NOT_FOUND, Program, SendStatus
from smsframe._acoustic.calls import NOT_FOUND, UNAUTHORIZED
from smsframe._acoustic.consent import ConsentCalls
from smsframe._acoustic.credentials import HiddenBytes
from smsframe._acoustic.envelope import Envelope
from smsframe._acoustic.http import TIMEOUT_S, AnswerLostError, NotConnectedError, Transport
from smsframe._acoustic.token import TokenSource
from smsframe._base.forks import after_fork
from smsframe._base.send_settings import SendSettings
from smsframe._base.sentences import SANDBOX, Sentence, words
from smsframe._base.tracebacks import public
from smsframe.errors import AccessError, ApiError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from smsframe._acoustic.in_flight import Sender
    from smsframe._acoustic.outcomes import Outcome
    from smsframe._acoustic.send_request import SendRequest
    from smsframe._base.journal_address import JournalAddress

__all__ = ["MOST_IN_FLIGHT", "Client", "default_client"]

MOST_IN_FLIGHT = in_flight.PLACES

_SMS = "/rest/channels/sms"
_WORLD_TIMEOUT_S = (2.0, 2.0)


class Seat(NamedTuple):
    """What a run sends by: one call, a look at who else came to send, and its part of places."""

    post: Callable[[SendRequest], Outcome]
    look_around: Callable[[], None]
    limit: Callable[[int], None]


class _MustStayError(Exception):
    """A call that has its place must not leave any more, and this is its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@public
class Client(ConsentCalls):
    """A connection to one account of the service; made by `smsframe.connect`, for many threads.

    Attributes
    ----------
    base_url : str
    service : str
        Through whom messages go: the address in one spelling, for a sandbox its world.
    journal_path : pathlib.Path or TeamAddress
        Where sends through this client are recorded.
    max_in_flight : int
        Calls at a time.
    sandbox : object or None
        The sandbox it is connected to, if any.
    settings : SendSettings
        How a send goes about its calls; tests have other ones.
    """

    def __init__(
        self,
        base_url: str,
        credentials: config.Credentials,
        *,
        journal_path: JournalAddress,
        max_in_flight: int = MOST_IN_FLIGHT,
        timeout_s: tuple[float, float] = TIMEOUT_S,
        sandbox: object | None = None,
        token_file: Path | None = None,
        settings: SendSettings | None = None,
    ) -> None:
        self.base_url = base_url
        self.journal_path = journal_path
        self.max_in_flight = max_in_flight
        self.sandbox = sandbox
        self.settings = settings or SendSettings()
        self._timeout_s = timeout_s
        self._transport = Transport(pool_size=max_in_flight)
        self._placed = in_flight.Placed(self._transport, self._new_sender())
        self._tokens = TokenSource(
            self._placed, base_url, credentials, timeout_s=timeout_s, token_file=token_file
        )
        self.service = self._name_service()
        self._earlier: Client | None = None
        self._is_entered = self._is_closed = False

    def __repr__(self) -> str:
        host = urlsplit(self.base_url).netloc
        if self.sandbox is not None:
            return f"Client(sandbox at {host})"
        pod = host.removeprefix("api-campaign-").removesuffix(".goacoustic.com")
        return f"Client({pod})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A client cannot go to another process: it holds credentials and connections. Call "
            "smsframe.connect() there."
        )

    def __enter__(self) -> Self:
        self._is_entered = True
        return self

    def __exit__(self, *_: object) -> None:
        """Close; whoever was the default before the block is so again."""
        was_default = _default is self
        self.close()
        if was_default and (earlier := _still_open(self._earlier)) is not None:
            _make_default(earlier)

    @contextlib.contextmanager
    def sending(self, may_leave: Callable[[], bool] = lambda: True) -> Iterator[Seat]:
        """Give a run a part of the places in flight for the block, and what sends by it.

        ``may_leave`` is asked before each call leaves, when it has its place.
        """
        sender = self._new_sender()
        with in_flight.seated(sender):
            yield Seat(
                functools.partial(self.send, sender=sender, may_leave=may_leave),
                functools.partial(in_flight.look_around, sender),
                sender.take_at_most,
            )

    def send(
        self,
        request: SendRequest,
        *,
        sender: Sender | None = None,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Post one batch, once.

        A token that the service refuses is renewed and the call made again; nothing else is
        repeated.

        Parameters
        ----------
        request : SendRequest
        sender : Sender, optional
            Whose part of the places in flight the call takes; None is the client's own.
        may_leave : callable, optional
            Is asked when the call has its place; False keeps it from leaving.

        Returns
        -------
        Outcome
            Whatever network, token endpoint and service did; nothing of theirs is raised.
        """
        body = HiddenBytes(request.body())
        used: list[str] = []
        leaving = functools.partial(self._check_leaving, request.leave_by, may_leave)
        first = self._attempt(body, self._tokens.token, used, sender, leaving)
        if first.http_status != UNAUTHORIZED:
            return first
        second = self._attempt(body, lambda: self._tokens.refresh(used[0]), used, sender, leaving)
        return replace(second, attempts=len(used), seconds=first.seconds + second.seconds)

    def _check_leaving(self, leave_by: float | None, may_leave: Callable[[], bool]) -> None:
        """Keep a call from leaving after its hours, or when somebody else may have taken over."""
        if not may_leave():
            raise _MustStayError(outcomes.LEASE_ENDED)
        if leave_by is not None and self.settings.clock() >= leave_by:
            raise _MustStayError(outcomes.TOO_LATE)

    def _attempt(
        self,
        body: bytes,
        get_token: Callable[[], str],
        used: list[str],
        sender: Sender | None,
        leaving: Callable[[], None],
    ) -> Outcome:
        """Post a body with a token, which is noted, and judge what comes back."""
        started = time.perf_counter()
        try:
            used.append(get_token())
            reply = self._call(
                "POST", f"{_SMS}/sends", used[-1], body, sender=sender, leaving=leaving
            )
        except _MustStayError as stays:
            return stays.outcome
        except (AccessError, NotConnectedError, AnswerLostError) as error:
            return outcomes.from_failure(error, seconds=time.perf_counter() - started)
        return outcomes.from_reply(reply, secrets=self._tokens.secrets)

    def status(self, response_id: str) -> SendStatus:
        """Ask what became of an accepted send.

        Parameters
        ----------
        response_id : str
            From the outcome of the send.

        Returns
        -------
        SendStatus
            ``ready`` is False while the service does not know yet, and for ids it never knew.

        Raises
        ------
        AccessError
            The service refused the credentials.
        ApiError
            The service could not be reached, or its answer cannot be used.
        """
        reply = self._get(f"{_SMS}/sends/{quote(response_id, safe='')}/status")
        if reply.status == NOT_FOUND and Envelope.parse(reply.body).says(STATUS_NOT_FOUND):
            return SendStatus(response_id=response_id, ready=False)
        return SendStatus.from_envelope(response_id, self._checked(reply))

    def programs(self) -> pd.DataFrame:
        """List the SMS programs of the account.

        Returns
        -------
        pandas.DataFrame
            One row per program, all columns text: ``id``, ``program_name``, ``campaign_name``,
            ``code``, ``sender_id``, ``status``, ``type``, ``country``.

        Raises
        ------
        AccessError
            The service refused the credentials, or SMS is not enabled.
        ApiError
            The service could not be reached, or its answer cannot be used.
        """
        envelope = self._checked(self._get(f"{_SMS}/programs"))
        records = [asdict(program) for program in Program.read_all(envelope.data)]
        return pd.DataFrame(records, columns=list(Program.__slots__), dtype="string")

    def _name_service(self) -> str:
        """Name the service; a sandbox's port says nothing, its world does."""
        world = self._world() if address.is_loopback(self.base_url) else ""
        return f"sandbox|{world}" if world else address.service_name(self.base_url)

    def _world(self) -> str:
        """Ask a service on this machine which world it keeps; empty when it is no sandbox."""
        with contextlib.suppress(ApiError, orjson.JSONDecodeError, AttributeError):
            url = f"{self.base_url}/sandbox/world"
            reply = self._transport.exchange("GET", url, timeout_s=_WORLD_TIMEOUT_S)
            world = orjson.loads(reply.body).get("world")
            return world if isinstance(world, str) else ""
        return ""

    def abort(self) -> None:
        """End the calls under way at this moment; whether they were processed is not known."""
        in_flight.cancel(self)
        self._transport.abort()

    def close(self) -> None:
        """Close the connections that are kept open; a default client stops being the default."""
        self._is_closed = True
        self._transport.close()
        _forget_default(self)


_state_lock = threading.RLock()
_default: Client | None = None
_was_closed = False
"""Closed by hand: an earlier client is not taken instead, for it may be the real service."""


@after_fork
def _renew_lock() -> None:
    """Start a forked child with a lock that nobody holds."""
    global _state_lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _state_lock = threading.RLock()


def default_client() -> Client:
    """Client of the last `connect`.

    Raises
    ------
    ConfigurationError
        Nothing was connected yet.
    """
    if _default is None:
        why = "The connection made last was closed." if _was_closed else "Nothing is connected yet."
        raise ConfigurationError(
            Sentence(
                f"{why} ",
                words("Call", at_shell="Use"),
                " ",
                SANDBOX,
                " to rehearse, or ",
                words('smsframe.connect(pod="us-1")', at_shell="--pod"),
                " with your pod for the real service.",
            )
        )
    return _default


def become_default(client: Client) -> Client:
    """Let later calls use a client, and the default of before again when its block has ended."""
    client._earlier = _default  # noqa: SLF001 - what its `with` block ends with
    if _default is not None and not _default._is_entered:  # noqa: SLF001 - as above
        _default._earlier = None  # noqa: SLF001 - as above
    return _make_default(client)


def _make_default(client: Client) -> Client:
    """Let later calls use a client."""
    global _default  # noqa: PLW0603 - the default client is state of the session, kept in this one place
    with _state_lock:
        _default = client
    return client


def _still_open(client: Client | None) -> Client | None:
    """Find the latest of earlier default clients that was not closed."""
    while client is not None and client._is_closed:  # noqa: SLF001 - of this module
        client = client._earlier  # noqa: SLF001 - of this module
    return client


def _forget_default(client: Client) -> None:
    """Stop using a client by default."""
    global _default, _was_closed
    with _state_lock:
        if _default is client:
            _default, _was_closed = None, True

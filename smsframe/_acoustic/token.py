"""The access token: fetched when needed, kept while it lives, renewed once for all threads.

Decisions:

- A token is given up `EARLY_S` before its end (a tenth of its life, when it lives shorter than ten
  minutes), so that no call leaves with a token that dies on the way.
- One fetch at a time. Threads that come with a token which was replaced meanwhile get the new one;
  threads that waited for a fetch that failed get the same failure instead of trying one after the
  other.
- The service may answer a fetch with the very token it just refused (asking again within three
  hours returns the same one), so tokens are told apart by object, not by text: see
  `TokenSource.refresh`.
- A fetch sends no message, so whatever goes wrong on its way counts as "no connection was made".
  Only the service's own 4xx is a refusal of access.
- When the answer brings another refresh token, that one is used for the life of the client, said
  in the log, and kept in a file where one is named (`token_file`).

[guess] Any 4xx of the token endpoint but 408 and 429 means that the credentials are refused; a
lifetime that cannot be read is taken as an hour.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from smsframe._acoustic.credentials import Credentials, HiddenBytes, Secret
from smsframe._acoustic.envelope import Envelope
from smsframe._acoustic.http import TIMEOUT_S, AnswerLostError, NotConnectedError, Reply
from smsframe._acoustic.outcomes import retry_after_s, safe
from smsframe._acoustic.token_file import keep_token, kept_token
from smsframe._base.forks import renew_after_fork
from smsframe._base.sentences import sentence_of
from smsframe.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from smsframe._acoustic.http import Transport
    from smsframe._acoustic.in_flight import Placed

__all__ = ["EARLY_S", "TokenSource"]

EARLY_S = 60.0

_EARLY_SHARE = 0.1
_LIFETIME_UNTOLD_S = 3600.0
_BUSY_STATUSES = (408, 429)


class TokenSource:
    """Gives access tokens for one account; safe to use from many threads.

    Parameters
    ----------
    transport : Transport
    base_url : str
        Address of the service, without a slash at its end.
    credentials : Credentials
    clock : callable, default time.monotonic
        Seconds that only grow.
    timeout_s : tuple of two floats
        As in `Transport.exchange`.
    token_file : Path, optional
        Keeps another refresh token that the service gives.
    """

    def __init__(
        self,
        transport: Transport | Placed,
        base_url: str,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
        timeout_s: tuple[float, float] = TIMEOUT_S,
        token_file: Path | None = None,
    ) -> None:
        self._token_file = token_file
        self._configured = credentials.refresh_token
        self._kept = kept_token(token_file, credentials.refresh_token)
        credentials = replace(credentials, refresh_token=self._kept)
        self._transport = transport
        self._url = f"{base_url}/oauth/token"
        self._credentials = credentials
        self._clock = clock
        self._timeout_s = timeout_s
        self._secrets = (*credentials.secrets, self._configured)
        self._failures = 0
        self._last_failure: AccessError | NotConnectedError = NotConnectedError("")
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin without a token, as a forked child does: its parent's lock may be held for ever."""
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._expires_at = 0.0

    def __repr__(self) -> str:
        return "TokenSource()"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must never show: the credentials and every token so far."""
        return self._secrets

    def token(self) -> str:
        """Access token that is good for use now.

        Returns
        -------
        str
            Shown as dots by ``repr``.

        Raises
        ------
        AccessError
            The service refused the credentials.
        NotConnectedError
            No token could be fetched.
        """
        token = self._token
        if token is not None and self._is_alive():
            return token
        return self._fetched(lambda: self._token is not None and self._is_alive())

    def refresh(self, stale: str) -> str:
        """Access token other than one that the service has just refused.

        Parameters
        ----------
        stale : str
            The refused token, as `token` or `refresh` returned it. When it was replaced meanwhile,
            the newer one is returned without a call, even if the text is the same.

        Returns
        -------
        str

        Raises
        ------
        AccessError, NotConnectedError
            As for `token`.
        """
        return self._fetched(lambda: self._token is not None and not self._is_current(stale))

    def _is_current(self, token: str) -> bool:
        """Tell whether a token is the one in use, by object where it came from here."""
        return token is self._token if isinstance(token, Secret) else token == self._token

    def _is_alive(self) -> bool:
        """Tell whether the token in use has not come near its end."""
        return self._clock() < self._expires_at

    def _fetched(self, is_settled: Callable[[], bool]) -> str:
        """Fetch a token, unless somebody else did, or failed to, while this thread waited."""
        failures_before = self._failures
        with self._lock:
            if is_settled():
                assert self._token is not None
                return self._token
            if self._failures == failures_before:
                self._fetch()
            if self._token is not None and self._failures == failures_before:
                return self._token
            failure = self._last_failure
        # A new error, raised far from the exchange: the frames of the old one hold the secrets.
        raise type(failure)(sentence_of(failure), **failure.details)

    def _fetch(self) -> None:
        """Fetch a token and keep it; a failure is noted, for this thread and for those who wait."""
        self._take_kept()
        while True:
            try:
                self._keep(_read(self._ask(), self.secrets))
            except (AccessError, NotConnectedError) as error:
                if isinstance(error, AccessError) and self._take_kept():
                    continue  # another process has a newer one, by which ours ended
                self._failures += 1
                self._last_failure = error.with_traceback(None)
            return

    def _take_kept(self) -> bool:
        """Use the refresh token that another process has kept meanwhile; True if there is one."""
        kept = kept_token(self._token_file, self._configured)
        is_newer = kept not in (self._kept, self._credentials.refresh_token)
        self._kept = kept
        if is_newer:
            self._credentials = replace(self._credentials, refresh_token=kept)
            self._secrets = (*self._secrets, kept)
        return is_newer

    def _ask(self) -> Reply:
        """Call the token endpoint; an answer that got lost counts as not connected."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
            "refresh_token": self._credentials.refresh_token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = HiddenBytes(urlencode(form).encode())
        try:
            return self._transport.exchange(
                "POST", self._url, headers=headers, body=body, timeout_s=self._timeout_s
            )
        except AnswerLostError:
            pass
        raise NotConnectedError("No access token could be fetched: its answer was lost.")

    def _keep(self, answer: dict[str, Any]) -> None:
        """Keep a token, when it ends, and the refresh token that came with it."""
        lifetime_s = _lifetime_s(answer.get("expires_in"))
        early_s = min(EARLY_S, lifetime_s * _EARLY_SHARE)
        self._expires_at = self._clock() + lifetime_s - early_s
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed and renewed != self._credentials.refresh_token:
            keep_token(self._token_file, self._configured, renewed)
            self._credentials = replace(self._credentials, refresh_token=renewed)
        token = Secret(answer["access_token"])
        known = dict.fromkeys([*self._secrets, *self._credentials.secrets, token])
        self._secrets = tuple(known)
        self._token = token


def _read(reply: Reply, secrets: tuple[str, ...]) -> dict[str, Any]:
    """Read the answer of the token endpoint, or say what is wrong with it."""
    status = reply.status
    answer = _json_object(reply.body) if status == 200 else {}  # noqa: PLR2004 - 200 alone is success
    is_refusal = status // 100 == 4 and status not in _BUSY_STATUSES  # noqa: PLR2004 - 4xx
    if is_refusal or (isinstance(answer.get("error"), str) and "access_token" not in answer):
        said = safe("; ".join(Envelope.parse(reply.body).messages), secrets)
        raise AccessError(
            f"The service refused the credentials ({status}{': ' if said else ''}{said}). Check "
            "client id, client secret and refresh token, and that they belong to this pod.",
            http_status=status,
        )
    token = answer.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        nothing = " without one" if status == 200 else ""  # noqa: PLR2004 - as above
        raise NotConnectedError(
            f"No access token could be fetched: the service answered {status}{nothing}.",
            http_status=status,
            retry_after_s=retry_after_s(reply.headers),
        )
    return answer


def _json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object, empty when it is none."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _lifetime_s(told: Any) -> float:
    """Read the lifetime of a token."""
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        return _LIFETIME_UNTOLD_S
    return seconds if seconds > 0 else 0.0

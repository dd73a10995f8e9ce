"""Authorized calls of one account: a token, a place in flight, an answer that was looked at.

Every call takes one of the places that its address has (`in_flight`), those for a token as well. A
refused token (401) is renewed once and the call made again; nothing was processed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._acoustic import in_flight, outcomes
from smsframe._acoustic.credentials import Secret
from smsframe._acoustic.envelope import Envelope
from smsframe._base.journal_address import TeamAddress
from smsframe.errors import AccessError, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._acoustic.http import Reply, Transport
    from smsframe._acoustic.in_flight import Sender
    from smsframe._acoustic.token import TokenSource
    from smsframe._base.journal_address import JournalAddress

__all__ = ["NOT_FOUND", "UNAUTHORIZED", "Calls"]

UNAUTHORIZED, _FORBIDDEN, NOT_FOUND = 401, 403, 404


class Calls:
    """What the endpoints of a client have in common."""

    base_url: str
    journal_path: JournalAddress
    max_in_flight: int
    _timeout_s: tuple[float, float]
    _transport: Transport
    _placed: in_flight.Placed
    _tokens: TokenSource

    def _new_sender(self) -> Sender:
        """Make one who calls by this client, and has a part of the places of its own."""
        journal = self.journal_path
        if isinstance(journal, TeamAddress):  # processes of this machine meet beside its folder
            journal = journal.local_file
        return in_flight.Sender(self, self.max_in_flight, self.base_url, journal)

    def _call(
        self,
        method: str,
        path: str,
        token: str,
        body: bytes | None = None,
        *,
        sender: Sender | None = None,
        leaving: Callable[[], None] | None = None,
    ) -> Reply:
        """Make one authorized call."""
        headers = {
            "Authorization": Secret(f"Bearer {token}"),
            "Content-Type": "application/json",
        }
        url = f"{self.base_url}{path}"
        return self._placed.exchange(
            method,
            url,
            headers=headers,
            body=body,
            timeout_s=self._timeout_s,
            sender=sender,
            leaving=leaving,
        )

    def _get(self, path: str, sender: Sender | None = None) -> Reply:
        """Get a path, renewing a refused token once."""
        try:
            token = self._tokens.token()
            reply = self._call("GET", path, token, sender=sender)
            if reply.status == UNAUTHORIZED:
                reply = self._call("GET", path, self._tokens.refresh(token), sender=sender)
        except ApiError as error:
            failure = error
        else:
            return reply
        # A new error, raised outside: the frames of the old one hold the request.
        told = f"{failure} Nothing was changed; try again later."
        raise ApiError(told, **{**failure.details, "reason": str(failure)})

    def _checked(self, reply: Reply) -> Envelope:
        """Take an answer apart, or raise when it is no success that can be read."""
        envelope = Envelope.parse(reply.body)
        if reply.status // 100 == 2 and envelope.is_readable:  # noqa: PLR2004 - 2xx
            return envelope
        outcome = outcomes.from_reply(reply, secrets=self._tokens.secrets)
        kind = AccessError if reply.status in (UNAUTHORIZED, _FORBIDDEN) else ApiError
        raise kind(
            f"The service answered {reply.status}: {outcome.message}",
            http_status=reply.status,
            code=outcome.code,
            retry_after_s=outcomes.retry_after_s(reply.headers),
        )

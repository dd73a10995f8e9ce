"""The consent record of one person: the call, and what its answer says.

``GET /rest/databases/{database}/consent/SMS-{program}/{phone}``, one call for each phone. It reads
and changes nothing, so it may be repeated.

Choices that nobody documents, all kept here:

- [guess] A 404 says that there is no record, whatever its body says, unless that is a page: a page
  comes from whoever stands between, and says nothing about a person. A database or a program that
  does not exist answers 404 as well, so a check in which nobody has a record says so.
- [guess] ``data.status`` is ``OPTED-IN`` or ``OPTED-OUT``, in any case; any other word is not read
  as either.

The address of the call holds the phone. It is kept out of errors and logs, and of what a call
returns.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from smsframe._acoustic import outcomes
from smsframe._acoustic.calls import NOT_FOUND, Calls
from smsframe._acoustic.envelope import Envelope
from smsframe._base.tracebacks import public
from smsframe.errors import AccessError, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._acoustic.http import Reply
    from smsframe._acoustic.in_flight import Sender
    from smsframe._acoustic.outcomes import Outcome

__all__ = ["ConsentAnswer", "ConsentCalls"]

_CONSENTS: Final = ("OPTED-IN", "OPTED-OUT")

Answered = Literal["OPTED-IN", "OPTED-OUT", "NONE", "unreadable", "failed", "busy", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnswer:
    """What came of asking about one person.

    ``said`` is the record, ``"NONE"`` where there is none; or ``"unreadable"`` (an answer that says
    nothing about the person), ``"failed"`` (none came, or the service failed), ``"busy"``, or
    ``"denied"`` (whoever asks may not; ``outcome`` says why). ``why`` says in a few words why it is
    not known.
    """

    said: Answered
    why: str = ""
    retry_after_s: float | None = None
    outcome: Outcome | None = None


@public
class ConsentCalls(Calls):
    """The consent endpoint of a client."""

    def consent(self, database: str, program: str, phone: str) -> str:
        """Ask for the consent of one phone number; one call per number.

        Parameters
        ----------
        database : str
            Id of the database.
        program : str
            Id of the SMS program.
        phone : str
            Number with country code; everything but digits is dropped.

        Returns
        -------
        str
            ``"OPTED-IN"``, ``"OPTED-OUT"`` or ``"NONE"``.

        Raises
        ------
        AccessError, ApiError
            As for `status`.
        """
        reply = self._get(_path(database, program, "".join(filter(str.isdigit, phone))))
        if said := _record(reply):
            return said
        self._checked(reply)
        raise ApiError("The consent came back in a form that cannot be read.")

    def asking_consent(self, database: str, program: str) -> Callable[[str], ConsentAnswer]:
        """Return what asks about one phone, for one check with places in flight of its own.

        It raises nothing of network, token endpoint or service.
        """
        return functools.partial(self._ask_consent, database, program, self._new_sender())

    def _ask_consent(
        self, database: str, program: str, sender: Sender, phone: str
    ) -> ConsentAnswer:
        """Ask about one phone, written in digits with its country code."""
        try:
            reply = self._get(_path(database, program, phone), sender)
        except AccessError as error:
            outcome = outcomes.from_failure(error)
            return ConsentAnswer(said="denied", why=outcome.message, outcome=outcome)
        except ApiError as error:
            why, asked_s = error.details.get("reason"), error.details.get("retry_after_s")
            return ConsentAnswer(said="failed", why=why or str(error), retry_after_s=asked_s)
        said = _record(reply)
        if said in (*_CONSENTS, "NONE"):
            return ConsentAnswer(said=said)
        return _without_record(outcomes.from_reply(reply, secrets=self._tokens.secrets), reply)


def _without_record(outcome: Outcome, reply: Reply) -> ConsentAnswer:
    """Judge an answer that says nothing about the person."""
    why = f"The service answered {reply.status}."
    if outcome.kind == "busy":
        return ConsentAnswer(said="busy", why=why, retry_after_s=outcome.retry_after_s)
    if outcome.code in ("access_denied", "forbidden"):
        return ConsentAnswer(said="denied", why=why, outcome=outcome)
    if reply.status // 100 == 2:  # noqa: PLR2004 - 2xx
        return ConsentAnswer(said="unreadable", why="The answer cannot be read.")
    failed = reply.status // 100 == 5 or reply.status in outcomes.GIVEN_UP  # noqa: PLR2004 - 5xx
    return ConsentAnswer(said="failed" if failed else "unreadable", why=why)


def _path(database: str, program: str, digits: str) -> str:
    """Return the path of a record."""
    place = [quote(part, safe="") for part in (database, f"SMS-{program}", digits)]
    return f"/rest/databases/{place[0]}/consent/{place[1]}/{place[2]}"


def _record(reply: Reply) -> Literal["OPTED-IN", "OPTED-OUT", "NONE", ""]:
    """Return what an answer says of the person; "" where it says nothing."""
    envelope = Envelope.parse(reply.body)
    if reply.status == NOT_FOUND:
        return "NONE" if envelope.is_readable or not reply.body.strip() else ""
    if reply.status // 100 != 2 or not isinstance(envelope.data, dict):  # noqa: PLR2004 - 2xx
        return ""
    said = str(envelope.data.get("status", "")).strip().upper()
    return next((known for known in _CONSENTS if known == said), "")

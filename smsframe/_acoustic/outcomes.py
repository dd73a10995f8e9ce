"""What an answer, or its absence, means for the messages of a call; no network.

`OUTCOMES` is the outcome table: the first row that fits an answer decides. `REFUSALS` reads the
service's own words on a refusal: what it is about, and what to do. Both are read top to bottom.

The one question behind every row is whether the call can have been processed. ``accepted`` and
``unknown`` are never repeated; ``rejected``, ``busy`` and ``no_connection`` messaged nobody.

Choices that nobody documents, all kept here:

- [guess] The service is busy when it answers 429, or 503 with a ``Retry-After`` that can be read,
  or says "max number of concurrent" where it says errors: in those of the envelope, or as the one
  sentence of a plain text. Anywhere else, a page or the data of an answer, the words may be those
  of the message itself.
- [guess, relied on] A 4xx refuses the whole call and messages nobody, but for those with which a
  gateway, or whoever stands between, gives up on a call that may have been passed on.
- [guess] A refusal in unknown words that speaks of a contact, phone, recipient or lookup is about
  single contacts; any other, and any page of a gateway ("contact your administrator"), stops the
  run.

What the service says is cut to `LONGEST_MESSAGE` characters here, where it comes in: it stands in
every row of its batch.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from smsframe._acoustic.envelope import LONGEST_MESSAGE, Envelope
from smsframe._acoustic.http import AnswerLostError, NotConnectedError
from smsframe._base.masking import mask_phone, redact
from smsframe._base.sentences import (
    AGAIN,
    PROGRAMS,
    SEND_TEST,
    Sentence,
    arg,
    of_results,
    remember,
    words,
)
from smsframe.errors import AccessError, SmsframeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe._acoustic.http import Reply

__all__ = [
    "LEASE_ENDED",
    "OUTCOMES",
    "REFUSALS",
    "TOO_LATE",
    "Outcome",
    "from_failure",
    "from_reply",
    "retry_after_s",
]

GIVEN_UP = (408, 409, 425, 460, 499)  # by somebody on the way; it may have been processed
BUSY_WORDS = "max number of concurrent"
_BUSY_SENTENCE = re.compile(
    rf"(?:you have )?exceeded the {BUSY_WORDS}(?: authenticated)? requests\.?", re.IGNORECASE
)
_LONGEST_READ = 100_000  # characters of an answer that are looked through for secrets and phones
_CUT = "…"

Kind = Literal["accepted", "rejected", "unknown", "no_connection", "busy"]
About = Literal["", "run", "contact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one call.

    Attributes
    ----------
    kind : {"accepted", "rejected", "unknown", "no_connection", "busy"}
    about : {"", "run", "contact"}
        For ``rejected``: stop the whole run, or look for the contact that is refused.
    code : str
        Reason for machines; empty when accepted.
    message : str
        The service's own words, without secrets and with phone numbers masked, or what happened.
    fix : str
        What to do about it, one sentence.
    http_status : int, optional
        None when there was no answer.
    response_id, location : str, optional
        Of an accepted call.
    retry_after_s : float, optional
        How long the service asked to wait.
    seconds : float
        Duration of the exchange.
    attempts : int
        Calls made; 2 after a token was refreshed.
    """

    kind: Kind
    about: About = ""
    code: str = ""
    message: str = ""
    fix: str = ""
    http_status: int | None = None
    response_id: str | None = None
    location: str | None = None
    retry_after_s: float | None = None
    seconds: float = 0.0
    attempts: int = 1


class Answer(NamedTuple):
    """An answer as the table looks at it."""

    status: int
    headers: Mapping[str, str]
    envelope: Envelope

    @property
    def response_id(self) -> str:
        """The id of an accepted send, empty when there is none."""
        data = self.envelope.data
        found = data.get("id") if isinstance(data, dict) else None
        return found.strip() if isinstance(found, str) else ""

    def is_status(self, status: int) -> bool:
        """Tell whether the status is this one."""
        return self.status == status

    def is_class(self, hundreds: int) -> bool:
        """Tell whether the status is of a class, such as 4 for 4xx."""
        return self.status // 100 == hundreds

    @property
    def says_busy(self) -> bool:
        """Whether it complains of too many calls at a time."""
        envelope = self.envelope
        if not envelope.is_readable:
            return _BUSY_SENTENCE.fullmatch(envelope.text) is not None
        said = (*envelope.general_errors, *envelope.field_errors.values())
        return any(BUSY_WORDS in text.casefold() for text in said)

    @property
    def may_return(self) -> bool:
        """Whether it says, readably, when to come back."""
        return retry_after_s(self.headers) is not None


class Row(NamedTuple):
    """A row of the outcome table."""

    happened: str
    fits: Callable[[Answer], bool]
    kind: Kind
    code: str = ""
    about: About = ""


# A table is easier to check by eye when its columns line up.
# fmt: off
OUTCOMES: tuple[Row, ...] = (
    Row("2xx with an id",   lambda a: a.is_class(2) and a.response_id != "", "accepted"),
    Row("too many at once", lambda a: a.says_busy, "busy", "busy"),
    Row("429",              lambda a: a.is_status(429), "busy", "busy"),
    Row("503, Retry-After", lambda a: a.is_status(503) and a.may_return, "busy", "busy"),
    Row("2xx without an id", lambda a: a.is_class(2), "unknown", "unreadable_answer"),
    Row("3xx",              lambda a: a.is_class(3), "unknown", "redirected"),
    Row("401",              lambda a: a.is_status(401), "rejected", "access_denied", "run"),
    Row("403",              lambda a: a.is_status(403), "rejected", "forbidden", "run"),
    Row("given up on",      lambda a: a.status in GIVEN_UP, "unknown", "server_error"),
    Row("other 4xx",        lambda a: a.is_class(4), "rejected", "refused", "run"),
    Row("other 5xx",        lambda a: a.is_class(5), "unknown", "server_error"),
    Row("any other status", lambda _: True, "unknown", "unreadable_answer"),
)
# fmt: on
"""First fit decides; ``refused`` is refined by `REFUSALS`."""

FAILURES: tuple[tuple[type[SmsframeError], Kind, About, str], ...] = (
    (AccessError, "rejected", "run", "access_denied"),
    (NotConnectedError, "no_connection", "", "no_connection"),
    (AnswerLostError, "unknown", "", "answer_lost"),
)
"""What it means that there is no answer: not called, not processed, perhaps processed."""


class Refusal(NamedTuple):
    """A row of the refusal table: words of the service, what they are about, what to do."""

    words: str
    code: str
    about: About
    fix: str


REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        r"Wrong personalization tags",
        "wrong_tags",
        "run",
        Sentence(
            "Check the spelling of this placeholder, capitals included: it must be a column ",
            words(Sentence("named in ", arg("personalize")), screen="chosen beside the tag"),
            " or a field of the database.",
        ),
    ),
    Refusal(
        r"SMS Program is inactive or not found",
        "program_inactive",
        "run",
        Sentence(
            "Check ",
            arg("program", screen="the program"),
            "; ",
            words(Sentence(PROGRAMS, " lists"), screen="the menu has"),
            " the programs you may use, and only those with status ACTIVE can send.",
        ),
    ),
    Refusal(
        r"Channel qualifier should be present",
        "program_missing",
        "run",
        Sentence(
            words(
                Sentence("Give the id of the SMS program as ", arg("program"), "."),
                screen="Choose the program.",
            )
        ),
    ),
    Refusal(
        r"exceeded the maximum 800 character limit",
        "text_too_long",
        "run",
        "Shorten the text to 800 characters, placeholders counted as they are written.",
    ),
    Refusal(
        r"SMS content should be present",
        "text_missing",
        "run",
        "Give the text to send; it is empty.",
    ),
    Refusal(
        r"Contacts must contain at least 1 contact",
        "contacts_count",
        "run",
        "The service takes 1 to 1000 contacts a call and refused this number of them; send again "
        "and report it if it stays.",
    ),
    Refusal(
        r"Contact information is empty",
        "contact_empty",
        "contact",
        Sentence(
            "Fill in the phone number, or every column named ",
            words(Sentence("in ", arg("lookup")), screen="beside a field"),
            ", for this row.",
        ),
    ),
    Refusal(
        r"access token has expired",
        "access_denied",
        "run",
        "Ask an administrator of the product for a new refresh token, then connect again.",
    ),
    Refusal(
        r"Forbidden",
        "forbidden",
        "run",
        "Ask an administrator of the product to enable SMS for the organization, for the database "
        "and for your user; all three are needed.",
    ),
    Refusal(
        r"Bad Request",
        "bad_request",
        "run",
        Sentence(
            "The service could not read the call; look for unusual values in ",
            words(
                Sentence(
                    arg("personalize"),
                    " and ",
                    arg("program"),
                    ", and try one row on your own phone with ",
                    SEND_TEST,
                    ".",
                ),
                screen="the columns, check the program, and try it on your own phone.",
            ),
        ),
    ),
)

FIXES: Mapping[str, str] = {
    **{refusal.code: refusal.fix for refusal in REFUSALS},
    "refused": Sentence("Read the service's words, correct what they name, and ", AGAIN, "."),
    "busy": "Nothing to do: it is repeated by itself; if it stays, see who else is sending.",
    "no_connection": Sentence("Check the network, the proxy and the pod, then ", AGAIN, "."),
    **dict.fromkeys(
        ("answer_lost", "server_error", "unreadable_answer", "redirected"),
        Sentence(
            "These messages may or may not have gone out; look for them in the product's events",
            words(
                Sentence(
                    " (", of_results("reconcile"), "), or decide with ", of_results("resolve")
                ),
                screen=", then say with the buttons below whether they did",
            ),
            ".",
        ),
    ),
}
remember(FIXES.values())  # a journal keeps them as texts

_ABOUT_A_CONTACT = re.compile(r"contact|phone|recipient|lookup|msisdn", re.IGNORECASE)
_PLAIN_WORDS = {
    "busy": "The service is busy with other calls.",
    "unreadable_answer": "The answer of the service cannot be read.",
    "redirected": "The service answered with a redirect instead of a result.",
    "server_error": "The service failed while it worked on the call.",
    "access_denied": "The service refused the access token.",
    "forbidden": "Forbidden",
    "refused": "The service refused the call without saying why.",
}


def from_reply(reply: Reply, *, secrets: tuple[str, ...] = ()) -> Outcome:
    """Judge an answer to a send.

    Parameters
    ----------
    reply : Reply
        Any status, any body.
    secrets : tuple of str
        Values to keep out of the message, wherever the service quotes them.

    Returns
    -------
    Outcome
    """
    answer = Answer(reply.status, reply.headers, Envelope.parse(reply.body))
    row = next(row for row in OUTCOMES if row.fits(answer))
    code, about, fix = _read_refusal(answer, row)
    words = "; ".join(answer.envelope.messages)
    return Outcome(
        kind=row.kind,
        about=about,
        code=code,
        message=safe(words, secrets) or _PLAIN_WORDS.get(code, ""),
        fix=fix,
        http_status=reply.status,
        seconds=reply.seconds,
        **_extras(row, answer),
    )


def _extras(row: Row, answer: Answer) -> dict[str, Any]:
    """Give what only some kinds of outcome carry."""
    if row.kind == "accepted":
        location = answer.envelope.data.get("location")
        where = location if isinstance(location, str) else None
        return {"response_id": answer.response_id, "location": where}
    return {"retry_after_s": retry_after_s(answer.headers)} if row.kind == "busy" else {}


def _read_refusal(answer: Answer, row: Row) -> tuple[str, About, str]:
    """Code, subject and fix of a row, refined by the service's own words on a refusal."""
    if row.code != "refused":
        return row.code, row.about, FIXES.get(row.code, "")
    fields = answer.envelope.field_errors
    words = " ".join([*answer.envelope.messages, *fields])
    for refusal in REFUSALS:
        if re.search(refusal.words, words, re.IGNORECASE):
            return refusal.code, refusal.about, refusal.fix
    may_be = answer.status in (400, 422) and answer.envelope.is_readable
    is_about_contact = may_be and _ABOUT_A_CONTACT.search(words)
    return row.code, "contact" if is_about_contact else row.about, FIXES[row.code]


def safe(words: str, secrets: tuple[str, ...]) -> str:
    """Take secrets and phone numbers out of what the service said, then shorten it."""
    if not words:
        return ""  # as of every acceptance: nothing to look through
    said = mask_phone(redact(words[:_LONGEST_READ], *secrets))
    return said if len(said) <= LONGEST_MESSAGE else f"{said[: LONGEST_MESSAGE - 1]}{_CUT}"


def from_failure(error: SmsframeError, *, seconds: float = 0.0) -> Outcome:
    """Judge a call that has no answer: refused credentials, no connection, or an answer lost."""
    kind, about, code = next(row[1:] for row in FAILURES if isinstance(error, row[0]))
    return Outcome(
        kind=kind,
        about=about,
        code=code,
        message=str(error),
        fix=FIXES[code],
        retry_after_s=error.details.get("retry_after_s"),
        seconds=seconds,
    )


TOO_LATE = Outcome(
    kind="no_connection",
    code="outside_hours",
    message="The sending hours of some of its rows ended before this call left; nothing was sent.",
)
"""Of a call that waited for its place or its token until the hours of its contacts had ended."""


LEASE_ENDED = Outcome(
    kind="no_connection",
    code="lease_ended",
    message="The right to send this campaign was not renewed in the team's journal, so this call "
    "did not leave; nothing was sent.",
    fix="Run the same send again: it sends only what is left, if nobody else is sending it.",
)
"""Of a call that was about to leave when somebody else might have taken over."""


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or a date in ``Retry-After``; None when it cannot be read."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str) -> float | None:
    """Seconds until an HTTP date, 0 when it has passed, None when it is none."""
    try:
        moment = parsedate_to_datetime(date)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return max(0.0, moment.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None

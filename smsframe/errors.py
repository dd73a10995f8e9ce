"""Every error and warning that smsframe raises on purpose.

The tree::

    SmsframeError                 whatever smsframe raises; catch this to catch all
    ├── InputError                what you passed in (a ValueError too)
    ├── ConfigurationError        credentials, address, journal path or an extra are missing
    ├── AccessError               the service refused the credentials or the right to send
    ├── ApiError                  the service answered in a way that cannot be used
    └── JournalError              the record of what was sent cannot be read or written
        └── CampaignBusyError     another process is sending the same campaign now

    SmsframeWarning               a UserWarning; filter this to filter all
    ├── PlanWarning               the plan has warnings, and is about to be sent
    ├── UnknownOutcomeWarning     some messages may or may not have gone out
    ├── IncompleteSendWarning     some messages did not go out
    ├── StatusWarning             what became of some accepted messages is not known (yet)
    └── ComparisonWarning         the arms of a comparison do not have the people they should

An error carries what happened as data (``details``) and says in its text what to do next. None ever
carries a request, a token, a secret or an unmasked phone number; an ``InputError``, which quotes
what it was given, masks its own words, unless they are ``AlreadyMasked`` (`_base/masking.py`). A
send that was under way never loses its partial result: ``smsframe.last_results()`` has it.

Python shows a warning once for each line of code that it comes from. A send in a loop, or a second
one in a session, would say nothing that way, so those of ours are shown every time, unless a filter
of the caller's says otherwise.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Piece: TypeAlias = str | tuple[str, str, str, str]  # as in _base/sentences.py


def _sentence(parts: tuple[Piece, ...]) -> str:
    """Return the parts of a sentence as one."""
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    from smsframe._base import masking  # noqa: PLC0415 - for what goes wrong alone: patterns

    return masking.sentence_of_parts(parts)


class SmsframeError(Exception):
    """Root of all errors of smsframe: a sentence, or the parts of one; ``details`` hold the data.

    Examples
    --------
    >>> import smsframe
    >>> try:
    ...     smsframe.results("no-such-run", journal="no-such-journal.sqlite3")
    ... except smsframe.SmsframeError as error:
    ...     print(type(error).__name__)
    JournalError
    """

    def __init__(self, *parts: Piece, **details: Any) -> None:
        super().__init__(_sentence(parts))
        self.details = details


class InputError(SmsframeError, ValueError):
    """A frame, column, tag or argument cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> try:
    ...     smsframe.plan(pd.DataFrame({"mobile": []}), "Hi %%Name", program="148372")
    ... except smsframe.InputError as error:
    ...     print(isinstance(error, ValueError))
    True
    """

    def __init__(self, *parts: Piece, **details: Any) -> None:
        from smsframe._base import masking  # noqa: PLC0415 - for what goes wrong alone: patterns

        message = _sentence(parts)
        masked = {name: masking.mask_texts(value) for name, value in details.items()}
        is_masked = isinstance(message, masking.AlreadyMasked)
        told = message if is_masked else masking.mask_sentence(message)
        super().__init__(told, **masked)


class ConfigurationError(SmsframeError):
    """Credentials, pod, address or journal path are missing or wrong.

    Examples
    --------
    >>> import smsframe
    >>> try:
    ...     smsframe.connect(pod="us-11")
    ... except smsframe.ConfigurationError as error:
    ...     print(error.details["near_misses"])
    ['us-1']
    """


class AccessError(SmsframeError):
    """The service refused the credentials, or the right to send.

    Examples
    --------
    >>> import smsframe
    >>> with smsframe.Sandbox() as sandbox, smsframe.connect(sandbox) as client:
    ...     sandbox.switches.organization = False
    ...     try:
    ...         client.programs()
    ...     except smsframe.AccessError as error:
    ...         print(type(error).__name__)
    AccessError
    """


class ApiError(SmsframeError):
    """The service answered in a way that cannot be used.

    Examples
    --------
    >>> import smsframe
    >>> with smsframe.Sandbox() as sandbox, smsframe.connect(sandbox) as client:
    ...     fault = sandbox.faults.add("status", status=500, path="programs")
    ...     try:
    ...         client.programs()
    ...     except smsframe.ApiError as error:
    ...         print(type(error).__name__)
    ApiError
    """


class JournalError(SmsframeError):
    """The record of what was sent cannot be read or written; nothing is sent without it.

    Examples
    --------
    >>> import smsframe
    >>> try:
    ...     smsframe.results("no-such-run", journal="no-such-journal.sqlite3")
    ... except smsframe.JournalError as error:
    ...     print(type(error).__name__)
    JournalError
    """


class CampaignBusyError(JournalError):
    """Another process is sending the same campaign now.

    Examples
    --------
    >>> issubclass(CampaignBusyError, JournalError)
    True
    """


class SmsframeWarning(UserWarning):
    """Root of all warnings of smsframe.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("error", SmsframeWarning)  # stop a script at the first of them
    >>> issubclass(SmsframeWarning, UserWarning)
    True
    """


class PlanWarning(SmsframeWarning):
    """The plan has warnings; issued by a send before its first call, once, with all of them.

    Made an error by a filter, it stops the send: nothing goes out.

    Examples
    --------
    >>> import warnings, pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"] * 2, "n": [1, 2]})
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     with warnings.catch_warnings():
    ...         warnings.simplefilter("error", smsframe.PlanWarning)
    ...         try:
    ...             people.sms.send("Number %%n%%", program="148372", progress=False)
    ...         except smsframe.PlanWarning as warning:
    ...             print(warning.counts, len(sandbox.outbox()))
    {'same_person': 2} 0
    """

    def __init__(self, message: str, counts: Mapping[str, int] | None = None) -> None:
        super().__init__(message)
        self.counts = dict(counts or {})


class UnknownOutcomeWarning(SmsframeWarning):
    """Some messages may or may not have gone out; they are not repeated unasked.

    Examples
    --------
    >>> import warnings, pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     fault = sandbox.faults.add("drop_after", on=1)
    ...     with warnings.catch_warnings(record=True, action="always") as told:
    ...         results = people.sms.send("Hello", program="148372", progress=False)
    ...     print(told[0].category.__name__)
    UnknownOutcomeWarning
    """


class IncompleteSendWarning(SmsframeWarning):
    """Some messages did not go out; the results say which and why.

    Examples
    --------
    >>> import warnings, pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     with warnings.catch_warnings(record=True, action="always") as told:
    ...         results = people.sms.send("Hello", program="148373", progress=False)
    ...     print(told[0].category.__name__)
    IncompleteSendWarning
    """


class StatusWarning(SmsframeWarning):
    """What became of some accepted messages is not known (yet); the results say of which.

    Examples
    --------
    >>> import warnings, pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> with smsframe.Sandbox(anyone=True, status_delay_s=60) as sandbox, smsframe.connect(sandbox):
    ...     results = people.sms.send("Hello", program="148372", progress=False)
    ...     with warnings.catch_warnings(record=True, action="always") as told:
    ...         results = results.sms.refresh(deadline_s=0, progress=False)
    ...     print(told[0].category.__name__)
    StatusWarning
    """


class ComparisonWarning(SmsframeWarning):
    """The arms that were compared do not have as many people as they should: do not read on.

    Examples
    --------
    >>> import warnings, pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": [f"+1 201-555-01{n:02}" for n in range(100)]})
    >>> done = people.sms.plan("Hello", program="148372").to_frame()
    >>> done["sms_variant"], done["bought"] = ["A"] * 80 + ["B"] * 20, 0
    >>> with warnings.catch_warnings(record=True, action="always") as told:
    ...     table = smsframe.compare(done, "bought", split={"A": 1, "B": 1})
    >>> print(told[0].category.__name__)
    ComparisonWarning
    """


warnings.filterwarnings("always", category=SmsframeWarning, append=True)


def warn_caller(message: str | SmsframeWarning, category: type[SmsframeWarning]) -> None:
    """Warn, and point at the line outside this package that the call came from."""
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - what the standard library offers for this
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "smsframe":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)

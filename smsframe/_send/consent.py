"""Whose consent was asked before a send, and what follows for the rows.

It is asked when a send really runs, under the lock of its campaign and before its run is written
down: a plan says how many calls that takes, and a dry run asks nobody. Only rows that would go out
now are asked about, each phone once, however many rows it has.

A stop while it is asked sends nothing. Neither does a service that refuses the right to ask.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from smsframe._acoustic.consent import ConsentAnswer
from smsframe._base.progress import Bar
from smsframe._base.sentences import Sentence, arg, as_sentences
from smsframe._base.worker_pool import WorkerPool
from smsframe._eligibility.consent import NO_RECORD, NOT_ASKED, OPTED_OUT, UNKNOWN, ConsentCheck
from smsframe._plan.batches import picker
from smsframe._plan.problems import Fault
from smsframe._send.cancellation import counted_interrupts
from smsframe._send.held_rows import HeldRows
from smsframe.errors import AccessError

if TYPE_CHECKING:
    from collections import Counter

    import pyarrow as pa

    from smsframe._acoustic.client import Client
    from smsframe._acoustic.outcomes import Outcome
    from smsframe._base.arrow import Positions
    from smsframe._base.progress import Wanted
    from smsframe._plan.data import PlanData
    from smsframe._send.batches_in_flight import Stop

    Pool = WorkerPool[int, str, ConsentAnswer]

STOPPED: Final = "Stopped while consent was asked: nothing was sent."
_NAMED_REASONS: Final = 3
REQUIRED: Final = arg("check_consent", "require", screen="The stricter choice under Consent")
OPTED_OUT_SENTENCE: Final = (
    "This person has opted out of this program's messages, so nothing was sent. Only the person "
    "can change that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of asking about the rows that would go out.

    ``held_back`` are rows by the answer, ``faults`` what a person would want to know, ``denied``
    why nobody may be asked; ``is_stopped`` says that somebody stopped it.
    """

    held_back: list[HeldRows] = field(default_factory=list)
    faults: tuple[Fault, ...] = ()
    denied: Outcome | None = None
    is_stopped: bool = False


def check(
    made: PlanData, rows: Positions, client: Client, *, stop: Stop, progress: Wanted
) -> Checked:
    """Ask about the people of rows, ten at a time."""
    numbers, phones = _people(made, rows)
    asked = ask_about(made, phones, client, stop=stop, progress=progress)
    if asked.denied is not None:
        return Checked(denied=asked.denied)
    if stop.asked or (asked.said == NOT_ASKED).any():
        return Checked(is_stopped=True)
    said, is_required = asked.said[numbers], made.options.check_consent == "require"
    none, unknown = rows[said == NO_RECORD], rows[said == UNKNOWN]
    held_back = [
        HeldRows.of("opted_out", rows[said == OPTED_OUT], OPTED_OUT_SENTENCE),
        HeldRows.of("no_consent", none, without_record(len(none) == len(rows))),
    ]
    faults = []
    if is_required:
        why = not_known(asked.why, held=True)
        held_back.append(HeldRows.of("consent_unknown", unknown, why))
    elif len(unknown):
        faults.append(unknown_fault(asked.why, made.columns.phone, positions=unknown))
    return Checked(held_back=list(filter(len, held_back)), faults=tuple(faults))


def _people(made: PlanData, rows: Positions) -> tuple[Positions, list[str]]:
    """Return the phones of rows, each once, and which of them each row has."""
    ids = made.recipients.contact_ids
    assert ids is not None  # a lookup is refused when the arguments are checked
    found: pa.DictionaryArray = picker(rows)(ids).dictionary_encode()
    return found.indices.to_numpy(zero_copy_only=False), found.dictionary.to_pylist()


def ask_about(
    made: PlanData, phones: list[str], client: Client, *, stop: Stop, progress: Wanted
) -> ConsentCheck:
    """Ask about phones."""
    options, settings = made.options, client.settings
    workers: Pool = WorkerPool(
        client.asking_consent(options.consent_database or "", made.message.program),
        client.max_in_flight,
        failed=_failed,
        name="smsframe-consent",
    )
    with Bar(progress) as bar, counted_interrupts(stop, workers.wake):
        asked = ConsentCheck(
            workers=workers,
            phones=phones,
            max_in_flight=client.max_in_flight,
            told=bar.update,
            stopped=lambda: bool(stop.asked),
            holds_unknown=options.check_consent == "require",
            quiet_s=settings.consent_quiet_s,
            busy_s=settings.busy_s,
            backoff=settings.backoff,
        )
        try:
            asked.run()
        finally:
            workers.close(timeout_s=0.0)
    return asked


def _failed(error: Exception) -> ConsentAnswer:
    """Return the answer of a call with a fault of our own in it."""
    return ConsentAnswer(said="unreadable", why=f"{type(error).__name__} while it was asked.")


def refused(denied: Outcome) -> AccessError:
    """Return the error of a send of which nobody's consent may be asked."""
    why = as_sentences(denied.message, denied.fix)
    return AccessError(
        Sentence("Nothing was sent: nobody's consent could be asked. ", why),
        code=denied.code,
        http_status=denied.http_status,
    )


def unknown_fault(
    why: Counter[str], column: Any, *, positions: Positions | None = None, times: int = 1
) -> Fault:
    """Return the warning that some people cannot be asked, and are sent to."""
    return Fault(
        code="consent_unknown",
        severity="warning",
        sentence=not_known(why, held=False),
        column=column,
        positions=positions,
        times=times,
    )


def without_record(is_everybody: bool) -> Sentence:
    """Say that somebody has no record of consent, and what that means if nobody has."""
    told = Sentence(
        "The database has no consent of this person for this program, and the service sends to "
        "nobody who has not opted in, so nothing was sent."
    )
    if not is_everybody:
        return Sentence(told, " Only the person can give it.")
    where = (
        *(arg("consent_database", screen="the database id"), " and "),
        arg("program", screen="the program"),
    )
    return Sentence(told, " So it is with everybody here: look whether ", *where, " are right.")


def not_known(why: Counter[str], *, held: bool) -> Sentence:
    """Say that consent is not known, why, and what was done."""
    named = [
        f"{count:,} × {reason.rstrip('.')}" for reason, count in why.most_common(_NAMED_REASONS)
    ]
    causes = f" ({'; '.join(named)})" if named else ""
    if held:
        return Sentence(
            f"Whether this person has consented could not be asked{causes}, and ",
            REQUIRED,
            " holds back who cannot be asked. The same send again asks again.",
        )
    return Sentence(
        f"Whether these people have consented could not be asked{causes}. They are sent to; the "
        "service checks it once more. ",
        REQUIRED,
        " holds them back.",
    )

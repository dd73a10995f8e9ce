"""The HTML of the composer's panels: escaped, without script, coloured by the notebook's theme."""

from __future__ import annotations

import itertools
from html import escape
from typing import TYPE_CHECKING, Any

from smsframe._base import result_columns
from smsframe._base.html import money
from smsframe._base.masking import mask_sentence
from smsframe._base.sentences import Sentence, on_screen, recalled, sentence_of
from smsframe._plan.show import shown_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from smsframe._base.progress import Progress
    from smsframe._composer.row_preview import Glance
    from smsframe._composer.totals import Overview
    from smsframe._plan.problems import Kind
    from smsframe._text.segments import Length

SHOWN_FAULTS = 3
SHOWN_REASONS = 20
SHOWN_LABELS = 5
MARKS = {"error": "✖", "warning": "▲", "info": "ℹ"}
ENCODINGS = {"gsm7": "GSM-7", "ucs2": "UCS-2"}
OF_THE_TEXT = ("text_missing", "text_too_long", "text_malformed")
FINE = ("accepted", "sent", "planned")
COUNTED_LATER = "A send is under way; what is left is counted when it has ended."
MEANINGS = {
    "accepted": "the service took them; whether people agreed to texts is checked later",
    "rejected": "the service refused them; they did not go out",
    "unknown": "the answer was lost; they may have gone out and are not repeated",
    "invalid": "a problem of the row; not sent",
    "duplicate": "the same message to the same person is in an earlier row",
    "not_attempted": "the run ended before these rows",
}


def many(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 message``, ``2,431 messages``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def title(text: str) -> str:
    """Return a panel's heading."""
    return f"<h3>{escape(text)}</h3>"


def faint(text: str) -> str:
    """Return a remark."""
    return f"<div class='sms-faint'>{escape(on_screen(text))}</div>" if text else ""


def strong(text: str) -> str:
    """Return what is to be read first."""
    return f"<div class='sms-strong'>{escape(text)}</div>"


def error(sentence: str) -> str:
    """Return what went wrong; nothing for no sentence."""
    said = escape(on_screen(sentence))
    return f"<div class='sms-error'>{said}</div>" if sentence else ""


def good(sentence: str) -> str:
    """Return what went right."""
    return f"<div class='sms-good'>{escape(sentence)}</div>"


def lines(sentences: Iterable[str]) -> str:
    """Return sentences below each other."""
    return "".join(map(faint, sentences))


def phone(seen: Glance, whole: Sequence[str] = ()) -> str:
    """Return a row's message as a phone would show it, its length and what is wrong with it."""
    parts = [f"<div class='sms-faint'>to {escape(seen.to)}</div>" if seen.to else ""]
    if seen.text is None:
        parts.append(faint("" if seen.faults else "Write a message to see it here."))
    else:
        parts.append(f"<div class='sms-bubble' dir='auto'>{escape(seen.text)}</div>")
    parts.append(faint(length(seen.length)))
    parts += [error(sentence) for sentence in [*seen.faults, *whole][:SHOWN_FAULTS]]
    return f"<div class='sms-phone'>{''.join(parts)}</div>"


def length(measured: Length | None) -> str:
    """Return what a text costs in words."""
    if measured is None:
        return ""
    unit = "septet" if measured.encoding == "gsm7" else "unit"
    return (
        f"{ENCODINGS[measured.encoding]} · {many(measured.units, unit)} · "
        f"{many(measured.segments, 'segment')}, {measured.left} left in the last"
    )


def span(seen: Overview) -> str:
    """Return the segments over all rows in a line."""
    if not seen.plan.recipients:
        return "No message would go out."
    sizes = (
        many(seen.largest, "segment")
        if seen.smallest == seen.largest
        else f"{seen.smallest} to {seen.largest} segments"
    )
    costly = f", {seen.ucs2:,} in UCS-2" if seen.ucs2 else ", all in GSM-7"
    return f"All rows: {sizes} a message{costly}."


def figures(seen: Overview, *, sending: bool = False) -> str:
    """Return the totals; while something is being sent, those of the whole and not of the rest."""
    pairs = _whole(seen) if sending else _rest(seen)
    pairs += [(f"{len(seen.bad):,}", "left out")] if len(seen.bad) else []
    pairs += [(f"{seen.duplicates:,}", "in the table twice")] if seen.duplicates else []
    pairs += [(f"{seen.excluded:,}", "excluded")] if seen.excluded else []
    if seen.waiting:
        pairs.append((f"{seen.waiting:,}", "wait until what stands below is mended"))
    shown = "".join(f"<span><b>{number}</b> {escape(name)}</span>" for number, name in pairs)
    known = faint(COUNTED_LATER) if sending else past(seen)
    return f"<div class='sms-figures'>{shown}</div>{known}{lines(seen.notes)}"


def _whole(seen: Overview) -> list[tuple[str, str]]:
    """Return the figures of all messages."""
    pairs = [_pair(seen.plan.recipients, "message"), _pair(seen.batches, "call")]
    pairs.append(_pair(seen.segments, "segment"))
    return pairs if seen.cost is None else [*pairs, (money(seen.cost), "cost")]


def _rest(seen: Overview) -> list[tuple[str, str]]:
    """Return the figures of the messages that are left to send."""
    number, name = _pair(seen.left, "message")
    totals = _whole(seen)[1:] if seen.is_whole and not seen.waiting else []
    return [(number, f"{name} to send"), *totals]


def _pair(number: int, noun: str) -> tuple[str, str]:
    """Return a number and its noun."""
    return f"{number:,}", noun if number == 1 else f"{noun}s"


def past(seen: Overview) -> str:
    """Return what this campaign has already had."""
    known = seen.past
    if known is None or not (known.accepted or known.unknown or known.held):
        return ""
    whole = many(seen.plan.recipients, "message")
    told = [f"Of {whole} in this campaign {known.accepted:,} were accepted before"]
    if known.unknown:
        told.append(f"{known.unknown:,} may have gone out and are not repeated")
    if known.held:
        told.append(f"{known.held:,} wait for those")
    return faint("; ".join(told) + ".")


def kinds(problems: Sequence[Kind]) -> str:
    """Return the problems by kind, with their numbers and cures."""
    if not problems:
        return good("Nothing is wrong.")
    return f"<ul class='sms-kinds'>{''.join(map(_kind, problems))}</ul>"


def _kind(kind: Kind) -> str:
    """Return one kind of problem: mark, number and code; sentence, column and example."""
    number = "" if kind.label is None else f"<b>{kind.count:,}</b> "
    written = kind.code in OF_THE_TEXT
    where = [f"column {_shown(kind.column)}"] if _shown(kind.column) and not written else []
    where += [f"first in row {shown_label(kind.label)}"] if kind.label is not None else []
    if _shown(kind.value):
        where.append(f"{_shown(kind.value)} characters" if written else _shown(kind.value))
    return (
        f"<li><span class='sms-code-name sms-{kind.severity}-mark'>{MARKS[kind.severity]} {number}"
        f"{escape(kind.code)}</span><span>{escape(on_screen(kind.sentence))} "
        f"<span class='sms-faint'>{escape(' · '.join(where))}</span></span></li>"
    )


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as a table that scrolls by itself and can be reached by keyboard."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_shown(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f"<div class='sms-scroll' tabindex='0' role='region' aria-label='{escape(caption)}'><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def link(address: str, name: str, words: str) -> str:
    """Return a link to a file that is in the page itself."""
    return f"<a href='{address}' download='{escape(name)}'>{escape(words)}</a>"


def bar(progress: Progress) -> str:
    """Return how far a send is."""
    told = [f"{progress.done:,} of {progress.total:,}", f"{progress.accepted:,} accepted"]
    told += [f"{progress.rejected:,} rejected"] if progress.rejected else []
    told += [f"{progress.unknown:,} unknown"] if progress.unknown else []
    return (
        f"<progress max='{max(progress.total, 1)}' value='{progress.done}' "
        f"aria-label='Messages sent'></progress><div class='sms-faint'>{' · '.join(told)}</div>"
    )


def outcome(results: pd.DataFrame, head: str) -> str:
    """Return what became of the rows, by status, and the first ones that did not go out."""
    counts = results["sms_status"].value_counts()
    rows = [
        (_plain(status), f"{counts[status]:,}", MEANINGS.get(status, ""))
        for status in result_columns.STATUSES
        if counts.get(status, 0)
    ]
    return head + table("Results by status", ("status", "rows", "meaning"), rows) + _failed(results)


def _failed(results: pd.DataFrame) -> str:
    """Return why rows did not go out, each reason once, with the first rows that have it."""
    failed = results[~results["sms_status"].isin(FINE)]
    if failed.empty:
        return ""
    reasons = [failed["sms_status"].astype(str), failed["sms_error"].fillna("").astype(str)]
    groups = failed.groupby(reasons, sort=False)
    rows = [
        (
            f"{len(group):,}",
            _plain(status),
            on_screen(recalled(str(sentence))),
            _first_labels(group.index),
        )
        for (status, sentence), group in itertools.islice(groups, SHOWN_REASONS)
    ]
    more = f" (the first {SHOWN_REASONS} reasons)" if len(groups) > SHOWN_REASONS else ""
    return faint(f"Rows that did not go out{more}:") + table(
        "Rows that did not go out", ("rows", "status", "what to do", "first rows"), rows
    )


def _plain(status: Any) -> str:
    """Return a status in words."""
    return str(status).replace("_", " ")


def _first_labels(index: pd.Index) -> str:
    """Return the first labels of an index."""
    shown = ", ".join(_shown(label) for label in index[:SHOWN_LABELS])
    return f"{shown}, …" if len(index) > SHOWN_LABELS else shown


def code(text: str) -> str:
    """Return code to be copied."""
    inside = f"<pre tabindex='0' role='region' aria-label='Code'>{escape(text)}</pre>"
    return f"<div class='sms-code'>{inside}</div>"


def complaint(failure: BaseException) -> str:
    """Return an exception as a sentence: our own as they are, others with their kind, masked."""
    text = mask_sentence(sentence_of(failure))
    ours = type(failure).__module__.startswith("smsframe")
    return text if ours and text else Sentence(f"{type(failure).__name__}: ", text)


def _shown(value: Any) -> str:
    """Return a cell as text; nothing for what is missing."""
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    missing = value is None or value != value  # noqa: PLR0124 - NaN and NaT differ from themselves
    try:
        return "" if missing else str(value)
    except TypeError:  # pd.NA has no truth value
        return ""

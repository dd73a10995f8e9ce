"""What the composer's panels show, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe._base import result_columns
from smsframe._base.held_back import HELD_OUT, RULE_NAMES, team_in_words
from smsframe._base.html import MARKS, Html, joined, money, table, tag, text_of_cell
from smsframe._base.sentences import many, on_screen, recalled
from smsframe._composer.several_texts import counts_line
from smsframe._explorer import views as explored
from smsframe._plan.show import row_label
from smsframe._widgets.html import error, faint, good, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from smsframe._composer.row_preview import RowPreview
    from smsframe._composer.totals import Overview
    from smsframe._plan.problems import Kind
    from smsframe._text.segments import Length

SHOWN_FAULTS = 3
SHOWN_REASONS = 20
SHOWN_LABELS = 5
SHOWN_VALUES = 60
SPECIAL = "special characters make it longer"
OF_THE_TEXT = ("text_missing", "text_too_long", "text_malformed")
FINE = ("accepted", "sent", "planned")
COUNTED_LATER = "A send is under way; what is left is counted when it has ended."


def phone(seen: RowPreview, whole: Sequence[str] = ()) -> Html:
    """Return a row's message as a phone would show it, its length and what is wrong with it."""
    parts = [tag("div", f"to {seen.to}", class_="sms-faint")] if seen.to else []
    if seen.text is None:
        parts.append(faint("" if seen.faults else "Write a message to see it here."))
    else:
        parts.append(tag("div", seen.text, class_="sms-bubble", dir="auto"))
    parts.append(faint(length(seen.length)))
    parts += [error(sentence) for sentence in [*seen.faults, *whole][:SHOWN_FAULTS]]
    return tag("div", *parts, class_="sms-phone")


def phones(seen: Sequence[RowPreview]) -> Html:
    """Return the messages of several rows below each other, each with its row."""
    return tag("ol", *map(_short_phone, seen), class_="sms-phones")


def _short_phone(seen: RowPreview) -> Html:
    """Return one of several messages."""
    whose = " ".join(filter(None, [f"Row {row_label(seen.label)}", seen.to and f"to {seen.to}"]))
    parts = [faint(whose)]
    if seen.text is not None:
        parts.append(tag("div", seen.text, class_="sms-bubble", dir="auto"))
    parts += [error(sentence) for sentence in list(seen.faults)[:1]]
    return tag("li", *parts)


def values(frame: pd.DataFrame, row: int, *, phones: set[Any], identifiers: set[Any]) -> Html:
    """Return the values of a row, each with its column; cells of the columns of phones masked."""
    pairs = []
    for place, column in enumerate(list(frame.columns)[:SHOWN_VALUES]):
        kind = {"phone": column in phones, "identifier": column in identifiers}
        cell = explored.cell(frame.iloc[row, place], **kind)
        pairs.append(joined(tag("dt", explored.name_of(column)), tag("dd", cell or "–")))
    said = {"tabindex": 0, "role": "region", "aria_label": "Values of this row"}
    return tag("div", tag("dl", *pairs), class_="sms-values", **said)


def length(measured: Length | None) -> str:
    """Return what a text costs in words."""
    if measured is None:
        return ""
    told = f"{many(measured.segments, 'segment')}, room for {many(measured.left, 'more character')}"
    return told if measured.encoding == "gsm7" else f"{told} · {SPECIAL}"


def span(seen: Overview) -> str:
    """Return the segments over all rows in a line."""
    if not seen.plan.recipients:
        return "No message would go out."
    sizes = (
        many(seen.largest, "segment")
        if seen.smallest == seen.largest
        else f"{seen.smallest} to {seen.largest} segments"
    )
    costly = f", {seen.ucs2:,} with special characters" if seen.ucs2 else ""
    return f"All rows: {sizes} a message{costly}."


def figures(seen: Overview, *, sending: bool = False) -> Html:
    """Return the totals; while something is being sent, those of the whole and not of the rest."""
    told = _whole(seen) if sending else _rest(seen)
    told += [f"{len(seen.bad):,} left out"] if len(seen.bad) else []
    told += [f"{seen.duplicates:,} in the table twice"] if seen.duplicates else []
    told += held(seen)
    told += [f"{seen.waiting:,} wait until what stands below is fixed"] if seen.waiting else []
    parts = (one.partition(" ") for one in told)
    shown = (tag("span", tag("b", number), f" {name}") for number, _, name in parts)
    known = faint(COUNTED_LATER) if sending else past(seen)
    by_text = "" if sending else faint(counts_line(seen.by_text))
    return joined(tag("div", *shown, class_="sms-figures"), by_text, known, lines(seen.notes))


def held(seen: Overview) -> list[str]:
    """Return how many rows each rule holds back now, in the order of the rules."""
    by_team, found = seen.plan.data.by_team, dict(seen.rules)
    if by_team is not None:
        found = {"excluded": found.pop("excluded", 0), **found}
    told = []
    for code, number in found.items():
        words = RULE_NAMES[code]
        if code == "excluded" and by_team is not None:
            words = team_in_words(words, by_team)
        if code == "outside_hours" and seen.opening:
            words += f": the first opens {seen.opening}"
        told.append(f"{number:,} {words}")
    return told


def held_line(seen: Overview) -> str:
    """Return what rules hold back now in a line; "" for nothing."""
    told = held(seen)
    return f"Held back now: {' · '.join(told)}." if told else ""


def _whole(seen: Overview) -> list[str]:
    """Return the figures of all messages."""
    plan = seen.plan
    told = [many(plan.recipients, "message"), many(plan.total_segments, "segment")]
    return told if plan.cost is None else [*told, f"{money(plan.cost)} cost"]


def _rest(seen: Overview) -> list[str]:
    """Return the figures of the messages that are left to send."""
    totals = _whole(seen)[1:] if seen.is_whole and not seen.waiting else []
    return [f"{many(seen.left, 'message')} to send", *totals]


def past(seen: Overview) -> Html:
    """Return what this campaign has already had."""
    known = seen.past
    if known is None or not (known.accepted or known.unknown or known.held):
        return joined()
    whole = many(seen.plan.recipients, "message")
    told = [f"Of {whole} in this campaign {many(known.accepted, 'was', 'were')} accepted before"]
    if known.unknown:
        told.append(f"{known.unknown:,} may have gone out and are not repeated")
    if known.held:
        told.append(f"{known.held:,} wait for those")
    return faint("; ".join(told) + ".")


def kinds(problems: Sequence[Kind]) -> Html:
    """Return the problems by kind, with their numbers and what to do."""
    if not problems:
        return good("Nothing is wrong.")
    return tag("ul", *map(_kind, problems), class_="sms-kinds")


def _kind(kind: Kind) -> Html:
    """Return one kind of problem: mark and number; sentence, column, example; in small its code."""
    number = [] if kind.label is None else [tag("b", f"{kind.count:,}")]
    written = kind.code in OF_THE_TEXT
    column, value = text_of_cell(kind.column), text_of_cell(kind.value)
    of_text = written or (column == "text" and kind.label is None)
    where = [f"column {column}"] if column and not of_text else []
    where += [f"first in row {row_label(kind.label)}"] if kind.label is not None else []
    where += [f"{value} characters" if written else value] if value else []
    mark = tag("span", f"{MARKS[kind.severity]} ", *number, class_=f"sms-{kind.severity}-mark")
    said = tag(
        "span", f"{on_screen(kind.sentence)} ", tag("span", " · ".join(where), class_="sms-faint")
    )
    return tag("li", mark, said, tag("small", kind.code, class_="sms-faint sms-code-name"))


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """Return rows as a table that scrolls by itself and can be reached by keyboard."""
    return table(columns, rows, class_="sms-scroll", tabindex=0, role="region", aria_label=caption)


def outcome(results: pd.DataFrame, head: Html) -> Html:
    """Return what became of the rows, by status, and the first ones that did not go out."""
    counts = results["sms_status"].value_counts()
    rows = [
        (result_columns.words_of(status), f"{counts[status]:,}", _meaning(results, status, meaning))
        for status, meaning in result_columns.MEANINGS.items()
        if counts.get(status, 0)
    ]
    by_status = _table("Results by status", ("status", "rows", "meaning"), rows)
    return joined(head, by_status, *_failed(results))


def _meaning(results: pd.DataFrame, status: str, meaning: str) -> str:
    """Return what a status means; rows that rules alone hold back were not stopped before."""
    if status != "not_attempted":
        return meaning
    codes = results["sms_code"][results["sms_status"] == status]
    if (codes == HELD_OUT).all():
        return "held out, to compare with; they get nothing"
    return "a rule holds it back; why stands below" if codes.isin(RULE_NAMES).all() else meaning


def _failed(results: pd.DataFrame) -> list[Html]:
    """Return why rows did not go out, or may not have, by reason, with the first that have it."""
    held_out = results["sms_code"].eq(HELD_OUT).fillna(value=False)
    failed = results[~(results["sms_status"].isin(FINE) | held_out)]
    if failed.empty:
        return []
    reasons = [failed["sms_status"].astype(str), failed["sms_error"].fillna("").astype(str)]
    groups = failed.groupby(reasons, sort=False)
    sizes = groups.size().sort_values(ascending=False, kind="stable").head(SHOWN_REASONS)
    found: list[Any] = list(sizes.index)
    told = (_reason(reason[0], reason[1], groups.get_group(reason).index) for reason in found)
    whose = "Rows that did not go out"
    if failed["sms_status"].eq("unknown").any():
        whose += ", or of which nobody knows whether they did"
    more = f" (the first {SHOWN_REASONS} reasons)" if len(groups) > SHOWN_REASONS else ""
    return [faint(f"{whose}{more}:"), tag("ul", *told, class_="sms-kinds")]


def _reason(status: str, sentence: str, labels: pd.Index) -> Html:
    """Return one reason: how many rows have it; what to do, their status, the first of them."""
    first = ", ".join(map(row_label, labels[:SHOWN_LABELS]))
    where = f"row{'' if len(labels) == 1 else 's'} {first}"
    where += ", …" if len(labels) > SHOWN_LABELS else ""
    faintly = tag("span", f"{result_columns.words_of(status)} · {where}", class_="sms-faint")
    said = tag("span", f"{on_screen(recalled(sentence))} ", faintly)
    return tag("li", tag("b", f"{len(labels):,}"), said)

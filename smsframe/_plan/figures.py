"""What is shown of a plan: its figures, and what has to be said in words.

The looks of it are in ``show.py``; here is what to show. Costly characters and what folding
them would save are worked out only when somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from smsframe._base.held_back import RULE_NAMES, team_in_words
from smsframe._base.masking import mask_label
from smsframe._base.sentences import Sentence, arg, many, words
from smsframe._eligibility.opening_words import plan_lines
from smsframe._phones.country import country_counts, listed
from smsframe._plan import show
from smsframe._plan.batches import picker
from smsframe._plan.row_countries import rare_countries
from smsframe._plan.verdicts import DUPLICATE, EXCLUDED, HELD_BACK, HELD_OUT, INVALID
from smsframe._text import gsm7
from smsframe._text.segments import fold_template, measure_filled, ucs2_characters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe._base.arrow import Positions
    from smsframe._phones.prices import Cost
    from smsframe._plan.data import PlanData
    from smsframe._plan.history import History, Past
    from smsframe._text.segments import Measured
    from smsframe._text.template import Template

NAMED = 5


def view(
    plan: PlanData, past: Past, *, batches: int, messages: int, problems: int, now: float
) -> show.PlanView:
    """Return what is shown of a plan at a moment, with its first messages and problems."""
    index = plan.frame.index
    found = plan.problems_with(past.known)
    return show.PlanView(
        recipients=len(plan.ready),
        left=None if past.known is None else past.known.left,
        batches=batches,
        program=plan.message.program,
        figures=figures(plan) | waiting(past.known) | whom(plan),
        notes=[
            *_not_known(past),
            *_dealt_with(past.known),
            *hours_note(plan, past.known, now),
            *rare_note(plan),
            *database_note(plan),
            *costly_characters(plan),
        ],
        messages=first_messages(plan, messages),
        problem_counts=found.counts(),
        kinds=found.kinds(index),
        problems=found.to_frame(index, first=problems) if problems else None,
    )


def rows_by_verdict(plan: PlanData) -> dict[str, str]:
    """Return how many rows there are, and how many of them do not go out, by why."""
    verdict = plan.verdict
    named = {"rows": f"{len(verdict):,}"}
    kinds = {
        "invalid": INVALID,
        "excluded": EXCLUDED,
        "held out": HELD_OUT,
        "duplicate": DUPLICATE,
        "later": HELD_BACK,
    }
    for name, kind in kinds.items():
        number = int((verdict == kind).sum())
        if number or (kind == EXCLUDED and plan.options.exclude is not None):
            named[name] = f"{number:,}"
    if plan.by_team is not None:
        named["excluded"] = team_in_words(named.get("excluded", "0"), plan.by_team)
    return named


def figures(plan: PlanData) -> dict[str, str]:
    """Return the numbers of a plan by name."""
    named, counted = rows_by_verdict(plan), plan.segments[plan.ready]
    sizes = np.bincount(counted[counted > 0]) if len(counted) else np.empty(0, np.int64)
    spread = ", ".join(f"{n:,} × {size}" for size, n in enumerate(sizes) if n)
    named["segments"] = f"{plan.total_segments:,}" + (f" ({spread})" if spread else "")
    if plan.costs is not None:
        named["cost"] = plan.costs.line
    for name, messages, segments, costs in plan.each_text():
        named[f"text {mask_label(name)}"] = arm_line(messages, segments, costs)
    if plan.options.check_consent and plan.recipients.contact_ids is not None:
        people = len(plan.ready)
        if plan.somebody_twice:
            people = pc.count_distinct(picker(plan.ready)(plan.recipients.contact_ids)).as_py()
        named["consent"] = consent_line(people)
    return named


def arm_line(messages: int, segments: int, costs: Cost | None) -> str:
    """Return what one of several texts comes to, in a line."""
    cost = "" if costs is None else f", cost {costs.line}"
    return f"{many(messages, 'message')}, {many(segments, 'segment')}{cost}"


def consent_line(people: int) -> str:
    """Say when consent is asked, and in how many calls."""
    calls = "1 call" if people == 1 else f"up to {people:,} calls"
    return f"asked before anything is sent, {calls}"


def first_messages(plan: PlanData, number: int) -> list[tuple[str, str]]:
    """Return the first messages as they are shown, to whom and what; of each text the first."""
    variants = plan.variants
    rows = plan.ready[:number] if variants is None or not number else first_of_each(plan)
    to = plan.recipients.masked(rows)
    if variants is not None:
        named = [mask_label(variants.names[place]) for place in variants.number[rows]]
        to = [f"{who} ({name})" for who, name in zip(to, named, strict=True)]
    return list(zip(to, plan.texts_at(rows), strict=True))


def first_of_each(plan: PlanData) -> Positions:
    """Return the first row that would go out of each of several texts, or of the one."""
    if plan.variants is None:
        return plan.ready[:1]
    numbers = plan.variants.number[plan.ready]
    return plan.ready[np.sort(np.unique(numbers, return_index=True)[1])]


def waiting(past: History | None) -> dict[str, str]:
    """Return how many rows each rule holds back now, by its name."""
    held = {} if past is None else past.waiting
    return {RULE_NAMES[code]: f"{number:,}" for code, number in held.items() if number}


def whom(plan: PlanData) -> dict[str, str]:
    """Return the phone column and the countries that would be texted, with counts."""
    if plan.columns.phone is None:
        return {}
    counts = country_counts(plan.recipients.texts(plan.ready))
    named = {"phone column": mask_label(repr(plan.columns.phone))}
    return named | ({"countries": listed(counts)} if counts else {})


def rare_note(plan: PlanData) -> list[str]:
    """Name the countries that few numbers of a long list are of."""
    if plan.columns.phone is None:
        return []
    contacts = plan.recipients.texts(plan.ready)
    return rare_line(country_counts(contacts), len(contacts))


def rare_line(counts: Mapping[str, int], total: int) -> list[str]:
    """Name the countries that few of so many numbers are of."""
    rare = rare_countries(counts, total)
    return [f"Few of this list: {listed(rare)}. See whether they are meant."] if rare else []


def _not_known(past: Past) -> list[str]:
    """Say why it is not known what went out before."""
    return [Sentence("What went out before is not known. ", past.unread)] if past.unread else []


def _dealt_with(past: History | None) -> list[str]:
    """Say what went out before, and how many are left."""
    if past is None or not (past.accepted or past.unknown or past.held):
        return []
    unknown = many(past.unknown, "is", "are")
    counts = f"{past.accepted:,} of these messages accepted, {unknown} unknown"
    left = many(past.left, "is", "are")
    return [f"This campaign has had {counts}; {left} left to send."]


def hours_note(plan: PlanData, past: History | None, now: float) -> list[str]:
    """Say how many of the messages that are left may go now, and when the others open."""
    if plan.hours is None:
        return []
    rows = plan.ready if past is None or past.rows is None else past.rows
    return plan_lines(plan.hours, rows, now)


def database_note(plan: PlanData) -> list[str]:
    """Name the tags that the database fills."""
    if not plan.texts.database_tags:
        return []
    named = ", ".join(f"%%{tag}%%" for tag in plan.texts.database_tags)
    return [f"Filled by the database, so not known here (segments count the defaults): {named}."]


_LONGER = words(
    "force UCS-2, 70 characters a segment and not 160",
    screen="make messages longer, with room for 70 characters a segment and not 160",
)


def costly_characters(plan: PlanData) -> list[str]:
    """Return sentences that name the characters that force UCS-2, text by text."""
    told: list[str] = []
    measured = plan.texts.measured
    for name, part, where in plan.texts.each(plan.ready):  # of other rows, none costs anything
        rows = plan.ready[where]
        if part.template is None or measured is None or measured.gsm7[rows].all():
            continue
        at = picker(rows)
        values = {tag: v if isinstance(v, str) else at(v) for tag, v in part.known.items()}
        found = [c for c in ucs2_characters(part.template, values, len(rows)) if c.rows]
        named = [
            f"{c.character} ({c.name}) in {c.where}, {many(c.rows, 'row')}" for c in found[:NAMED]
        ]
        more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
        whose = f"Text {mask_label(repr(name))}: these" if name else "These"
        told.append(Sentence(f"{whose} characters ", _LONGER, f": {'; '.join(named)}{more}."))
        if not name:
            told += _savings(part.template, measured, plan)
    return told


def _savings(template: Template, measured: Measured, plan: PlanData) -> list[str]:
    """Say what ``fold="gsm7"`` would save."""
    template, _ = fold_template(template)
    values = {tag: gsm7.fold_gsm7(value)[0] for tag, value in plan.texts.known.items()}
    folded = measure_filled(template, values, plan.rows)
    saved = int(measured.segments[plan.ready].sum()) - int(folded.segments[plan.ready].sum())
    fold = arg("fold", "gsm7", screen="Replacing look-alikes")
    return [Sentence(fold, f" would save {many(saved, 'segment')}.")] if saved > 0 else []

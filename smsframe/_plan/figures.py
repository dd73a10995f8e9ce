"""What is shown of a plan: its figures, and what has to be said in words.

The looks of it are in ``show.py``; here is what to show. Costly characters and what folding
them would save are worked out only when somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import numpy as np
import pandas as pd

from smsframe._base import html, result_columns
from smsframe._base.masking import mask_cell, mask_label
from smsframe._base.sentences import Sentence, arg, sentence_of
from smsframe._phones.country import country_counts
from smsframe._phones.readings_by_country import listed
from smsframe._plan import show
from smsframe._plan.batches import picker
from smsframe._plan.data import DUPLICATE, EXCLUDED, HELD_BACK, INVALID, READY, known_values
from smsframe._plan.row_countries import rare_countries
from smsframe._text import gsm7
from smsframe._text import template as templates
from smsframe._text.segments import fold_template, measure_filled, ucs2_characters
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from smsframe._base.arrow import Positions
    from smsframe._plan.build import History, Plan
    from smsframe._plan.data import Draft

NAMED = 5


def view(plan: Plan, *, messages: int, problems: int) -> show.PlanView:
    """Return what is shown of a plan, with its first messages and problems."""
    rows, index = plan.ready[:messages], plan.draft.frame.index
    past, unread = _past(plan)
    found = plan.problems_with(past)
    return show.PlanView(
        recipients=plan.recipients,
        left=past.left if _is_known(past) else None,
        batches=plan.batches,
        program=plan.message.program,
        figures=figures(plan) | whom(plan),
        notes=[
            *unread,
            *_dealt_with(past),
            *rare_note(plan),
            *database_note(plan),
            *costly_characters(plan.draft),
        ],
        messages=list(zip(plan.masked_recipients(rows), plan.texts_at(rows), strict=True)),
        problem_counts=found.counts(),
        kinds=found.kinds(index),
        problems=found.to_frame(index, first=problems) if problems else None,
    )


def texts_at(made: Draft, rows: Positions) -> pd.Series:
    """Return the texts of the rows at positions; a tag of the database's stays as it is written."""
    index = made.frame.index.take(rows)
    if made.template is None:
        what = f"[message {made.message.content_id}]" if made.message.content_id else ""
        return pd.Series([what] * len(rows), index=index, dtype="string", name="text")
    values = {tag: f"%%{tag}%%" for tag in made.database_tags}
    at = picker(rows)
    cut = {tag: at(column) for tag, column in made.filled.items()}
    texts = templates.fill(made.template, {**values, **cut}, len(rows))
    return pd.Series(result_columns.strings(texts), index=index, name="text")


def masked_recipients(made: Draft, rows: Positions) -> list[str]:
    """Return whom the rows at positions address, masked but for the last two digits."""
    recipients = made.recipients(rows).to_pylist()
    return [mask_cell(recipient) if recipient else "?" for recipient in recipients]


def preview(made: Draft, rows: Positions) -> pd.DataFrame:
    """Return the messages of rows: masked recipient, text, encoding and segments."""
    out = texts_at(made, rows).to_frame()
    out.insert(0, "to", masked_recipients(made, rows))
    if made.measured is not None:
        out["encoding"] = np.where(made.measured.gsm7[rows], "gsm7", "ucs2")
        out["segments"] = made.measured.segments[rows]
    return out


def figures(plan: Plan) -> dict[str, str]:
    """Return the numbers of a plan by name."""
    verdict, counted = plan.draft.verdict, plan.segment_numbers[plan.ready]
    named = {"rows": f"{len(verdict):,}"}
    kinds = {
        "invalid": INVALID,
        "excluded": EXCLUDED,
        "duplicate": DUPLICATE,
        "later": HELD_BACK,
    }
    for name, kind in kinds.items():
        number = int((verdict == kind).sum())
        if number or (kind == EXCLUDED and plan.options.exclude is not None):
            named[name] = f"{number:,}"
    sizes = np.bincount(counted[counted > 0]) if len(counted) else np.empty(0, np.int64)
    spread = ", ".join(f"{n:,} × {size}" for size, n in enumerate(sizes) if n)
    named["segments"] = f"{plan.total_segments:,}" + (f" ({spread})" if spread else "")
    if plan.cost is not None:
        named["cost"] = html.money(plan.cost)
    return named


def whom(plan: Plan) -> dict[str, str]:
    """Return the phone column and the countries that would be texted, with counts."""
    if plan.columns.phone is None:
        return {}
    counts = country_counts(plan.draft.recipients(plan.ready))
    named = {"phone column": mask_label(repr(plan.columns.phone))}
    return named | ({"countries": listed(counts)} if counts else {})


def rare_note(plan: Plan) -> list[str]:
    """Name the countries that few numbers of a long list are of."""
    rare = {} if plan.columns.phone is None else rare_countries(plan.draft.recipients(plan.ready))
    return [f"Few of this list: {listed(rare)}. See whether they are meant."] if rare else []


def _past(plan: Plan) -> tuple[History | None, list[str]]:
    """Return what went out before; where the journal cannot be read, a sentence that says so."""
    try:
        return plan.history, []
    except JournalError as error:
        return None, [Sentence("What went out before is not known. ", sentence_of(error))]


def _is_known(past: History | None) -> TypeGuard[History]:
    """Tell whether some of the messages were dealt with before."""
    return past is not None and bool(past.accepted or past.unknown or past.held)


def _dealt_with(past: History | None) -> list[str]:
    """Say what went out before, and how many are left."""
    if not _is_known(past):
        return []
    counts = f"{past.accepted:,} of these messages accepted, {past.unknown:,} are unknown"
    return [f"This campaign has had {counts}; {past.left:,} are left to send."]


def database_note(plan: Plan) -> list[str]:
    """Name the tags that the database fills."""
    if not plan.database_tags:
        return []
    named = ", ".join(f"%%{tag}%%" for tag in plan.database_tags)
    return [f"Filled by the database, so not known here (segments count the defaults): {named}."]


def costly_characters(draft: Draft) -> list[str]:
    """Return a sentence that names the characters that force UCS-2; none where there are none."""
    ready = np.flatnonzero(draft.verdict == READY)  # of the rest, no character costs anything
    if draft.template is None or draft.measured is None or draft.measured.gsm7[ready].all():
        return []
    at, known = picker(ready), known_values(draft)
    values = {tag: v if isinstance(v, str) else at(v) for tag, v in known.items()}
    found = ucs2_characters(draft.template, values, len(ready))
    found = [character for character in found if character.rows]
    named = [f"{c.character} ({c.name}) in {c.where}, {_rows(c.rows)}" for c in found[:NAMED]]
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    what = "These characters force UCS-2, 70 characters a segment and not 160"
    return [f"{what}: {'; '.join(named)}{more}.", *_savings(draft)]


def _rows(number: int) -> str:
    """Say how many rows."""
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _savings(draft: Draft) -> list[str]:
    """Say what ``fold="gsm7"`` would save."""
    assert draft.template is not None
    assert draft.measured is not None
    template, _ = fold_template(draft.template)
    values = {tag: gsm7.fold_gsm7(value)[0] for tag, value in known_values(draft).items()}
    folded = measure_filled(template, values, draft.rows)
    ready = draft.verdict == READY
    saved = int(draft.measured.segments[ready].sum()) - int(folded.segments[ready].sum())
    fold = arg("fold", "gsm7", screen="Replacing look-alikes")
    return [Sentence(fold, f" would save {saved:,} segments.")] if saved > 0 else []

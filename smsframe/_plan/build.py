"""From a DataFrame to a plan: what would go out to whom, what is wrong, and nothing done yet.

One pass per concern over whole columns, in the order in which an analyst would look: whom, what
text, which values, how the rendered texts come out, who is in the frame twice, how many go now.
Each pass returns its part, made once. What is wrong they note in one list; no pass stops because an
earlier one found something, so that everything that is wrong is said at once.

The plan keeps its own view of the frame, so that what was looked at is what will be sent, whatever
happens to the caller's variables afterwards.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from smsframe._base import result_columns
from smsframe._base.any_frame import as_frame
from smsframe._base.validation import refuse
from smsframe._plan import options as arguments
from smsframe._plan.column_labels import refuse_headless, refuse_uncut
from smsframe._plan.column_values import ColumnValues
from smsframe._plan.data import PlanData
from smsframe._plan.excluded_rows import by_team, excluded_rows
from smsframe._plan.message_parts import MessageColumns
from smsframe._plan.problems import Problems
from smsframe._plan.recipients import read_recipients
from smsframe._plan.row_hours import note_never_open, read_zones, row_hours
from smsframe._plan.texts import read_texts
from smsframe._plan.unused_columns import note_columns
from smsframe._plan.variant_arguments import read_several
from smsframe._plan.variant_messages import messages_of
from smsframe._plan.variant_texts import ManyTexts, note_words_of_each, read_several_texts
from smsframe._plan.variants import read_variants
from smsframe._plan.verdicts import judge_rows

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt
    import pandas as pd

    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.message import Message
    from smsframe._plan.recipients import Recipients
    from smsframe._plan.texts import Texts


DOUBTFUL_VALUES = (
    "value_many_digits",
    "value_rounded",
    "value_garbled",
    "no_value_word",
    "value_holds_tag",
    "value_in_utc",
)
DOUBTFUL_WORDS = ("tag_other_notation", "text_garbled")
"""Warnings whose fix changes words: who follows it later must not text everybody again."""


def build_plan(
    frame: AnyFrame,
    text: str | Mapping[str, str] | None,
    given: arguments.SendOptions,
    *,
    now: float | None = None,
) -> PlanData:
    """Check the arguments and read the frame; raises InputError for arguments only.

    ``now`` is the moment from which sending hours are looked at, in seconds since 1970.
    """
    frame = result_columns.detached(as_frame(frame))
    refuse_uncut(frame)
    refuse_headless(frame)
    message, columns, options = _checked(frame, text, given)
    problems = Problems()
    values = ColumnValues(frame, columns.formats, problems)
    columns, recipients = read_recipients(columns, values)
    texts = _read(message, columns, options, recipients, values)
    messages = identify_messages(recipients, texts, problems)
    excluded = excluded_rows(options.exclude, recipients, columns.region, problems)
    zones = read_zones(frame, options, problems)
    held_out = texts.variants.held_out if isinstance(texts, ManyTexts) else None
    judged = judge_rows(messages, columns, options, excluded.rows, problems, held_out=held_out)
    hours = row_hours(options.hours, zones, recipients, judged.verdict)
    if hours is not None:
        note_never_open(
            hours, judged.verdict, time.time() if now is None else now, columns.phone, problems
        )
    named = [columns.phone, columns.region_from, options.time_zone_column, given["by"]]
    note_columns(frame, [*named, *values.read_columns], problems)
    note_words_of_each(texts, judged.verdict, problems)
    return PlanData(
        frame=frame,
        columns=columns,
        options=options,
        recipients=recipients,
        texts=texts,
        messages=messages,
        verdict=judged.verdict,
        somebody_twice=judged.somebody_twice,
        by_team=by_team(excluded, judged.verdict),
        team_mark=excluded.mark,
        problems=problems,
        read_columns=tuple(values.read_columns),
        hours=hours,
    )


def build_texts(
    frame: pd.DataFrame, text: str, given: arguments.SendOptions
) -> tuple[Texts, Problems]:
    """Read what the rows are told, whomever they address, and what is wrong with that."""
    message, columns, options = _checked(frame, text, given)
    values = ColumnValues(frame, columns.formats, Problems())
    return read_texts(message, columns, options.fold, values), values.problems


def _read(
    message: Message,
    columns: arguments.Columns,
    options: arguments.Options,
    recipients: Recipients,
    values: ColumnValues,
) -> Texts:
    """Read the text, or the several that there are."""
    several = options.several
    if several is None:
        return read_texts(message, columns, options.fold, values)
    variants = read_variants(several, options.campaign, recipients, values)
    return read_several_texts(message, several, variants, columns, values, fold=options.fold)


def _checked(
    frame: pd.DataFrame, text: str | Mapping[str, str] | None, given: arguments.SendOptions
) -> tuple[Message, arguments.Columns, arguments.Options]:
    """Return the arguments, each where it is kept; InputError with all that is wrong with them."""
    faults: list[str] = []
    message = arguments.check_message(text, given, faults)
    columns = arguments.check_columns(frame, given, faults)
    options = arguments.check_options(frame, given, faults)
    several = read_several(
        frame,
        text,
        faults,
        split=given["split"],
        by=given["by"],
        holdout=given["holdout"],
        campaign=given["campaign"],
        content_id=given["content_id"],
    )
    options = options if several is None else replace(options, several=several)
    refuse(faults)
    return message, columns, options


def identify_messages(recipients: Recipients, texts: Texts, problems: Problems) -> MessageColumns:
    """Find what makes each message the same as another, and what may yet be corrected."""
    doubtful = _doubtful_cells(problems, len(recipients))
    words = [str(fault.value) for fault in problems.faults if fault.code in DOUBTFUL_WORDS]
    cells = {tag: doubtful[c] for tag, c in texts.tag_columns.items() if c in doubtful}
    if isinstance(texts, ManyTexts):
        return messages_of(texts, recipients, cells, words)
    return MessageColumns.of(
        message=texts.message,
        template=texts.template,
        contact_ids=recipients.contact_ids,
        lookups=recipients.lookups,
        given=texts.given,
        filled=texts.filled,
        doubtful=cells,
        doubtful_words=words,
    )


def _doubtful_cells(problems: Problems, rows: int) -> dict[Hashable, npt.NDArray[np.bool_]]:
    """Return, column by column, which values are warned of and may be written otherwise later."""
    found: dict[Hashable, npt.NDArray[np.bool_]] = {}
    for fault in problems.faults:
        if fault.code in DOUBTFUL_VALUES and fault.positions is not None:
            cells = found.setdefault(fault.column, np.zeros(rows, dtype=bool))
            cells[fault.positions] = True
    return found

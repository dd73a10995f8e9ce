"""A test: the words of chosen rows, to the letter, sent to one's own numbers.

The values are taken from the plan as the texts they already are. Whom the rows address, and what is
wrong with that, does not matter, nor does any rule about who gets what. The test is a campaign of
its own (``campaign_names``), so it neither counts as the plan's message nor is held back by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe._base.masking import AlreadyMasked, mask_example
from smsframe._base.sentences import Sentence, arg, joined
from smsframe._base.validation import shown_label, unusable
from smsframe._phones import read as phones
from smsframe._phones.problems import SENTENCES
from smsframe._plan.build import identify_messages
from smsframe._plan.campaign_names import new_test_name
from smsframe._plan.data import PlanData
from smsframe._plan.options import Columns, Options
from smsframe._plan.problems import Problems
from smsframe._plan.recipients import Recipients
from smsframe._plan.variant_texts import ManyTexts
from smsframe._plan.verdicts import judge_rows
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe._base.arrow import Positions
    from smsframe._plan.texts import Texts

MOST = 10
NEED = "your own phone numbers, with their country codes: a text or a list of texts"
# How codes begin that are about whom, not what.
_OF_RECIPIENTS = ("phone", "lookup", "region", "time_zone")


def trial_of(made: PlanData, rows: Positions, to: Any) -> PlanData:
    """Return the messages of rows of a plan, each addressed to all of the numbers.

    Raises
    ------
    InputError
        As of `trial_texts`.
    """
    region, fold = made.columns.region, made.options.fold
    return trial_texts(
        made.texts, made.problems, made.frame.index, rows, to, region=region, fold=fold
    )


def trial_texts(
    texts: Texts,
    problems: Problems,
    labels: pd.Index,
    rows: Positions,
    to: Any,
    *,
    region: str | None,
    fold: Literal["gsm7"] | None,
) -> PlanData:
    """Return the texts of rows, each addressed to all of the numbers.

    Raises
    ------
    InputError
        A number cannot be texted, something is wrong with the text or values of a row, or they are
        too many for a test.
    """
    if not len(rows):
        raise InputError("No row would go out, so there are no words to test. Name a row.")
    numbers = _numbers(to, region)
    if len(rows) * len(numbers) > MOST:
        raise InputError(
            f"A test is at most {MOST} messages; this would be {len(rows) * len(numbers):,}."
        )
    told = list(dict.fromkeys([*_told(problems, labels, rows), *_without(texts, labels, rows)]))
    if told:
        raise InputError(AlreadyMasked(joined(" ", told)))
    every = np.tile(rows, len(numbers))
    digits = np.repeat(np.array(numbers, dtype=object), len(rows))
    frame = pd.DataFrame({"row": labels.take(every), "to": "+" + digits})
    columns = Columns(phone="to", region=region)
    options = Options(campaign=new_test_name(), duplicates="send", fold=fold)
    recipients = Recipients(contact_ids=pa.array(digits, pa.string()))
    taken = texts.taken(every)
    messages = identify_messages(recipients, taken, Problems())
    nobody = np.zeros(len(frame), dtype=bool)
    judged = judge_rows(messages, columns, options, nobody, Problems())
    return PlanData(  # that one's own numbers get several messages is meant: no problem is kept
        frame=frame,
        columns=columns,
        options=options,
        recipients=recipients,
        texts=taken,
        messages=messages,
        verdict=judged.verdict,
        somebody_twice=judged.somebody_twice,
    )


def _without(texts: Texts, labels: pd.Index, rows: Positions) -> Iterator[str]:
    """Yield which rows get none of several texts."""
    if isinstance(texts, ManyTexts):
        number = texts.variants.number[rows]
        for row in rows[(number < 0) | (number >= len(texts.variants.names))]:
            yield f"Row {shown_label(labels[row])} gets none of the texts."


def _numbers(to: Any, region: str | None) -> list[str]:
    """Return one's own numbers in digits, each once."""
    given = [to] if isinstance(to, (str, int, np.integer)) else to
    if not isinstance(given, (list, tuple, set, pd.Series, pd.Index, np.ndarray)):
        raise InputError(unusable("to", to, NEED))
    if not len(given):
        raise InputError(arg("to"), f" names no number; give {NEED}.")
    column = pd.Series(list(given), dtype=object)
    read = phones.read_phones(column, region=region)
    bad = np.flatnonzero(read.code.codes >= 0)
    if len(bad):
        told = mask_example(str(column.iloc[bad[0]]))
        what, _, _ = SENTENCES[str(read.code[bad[0]])].partition(". ")
        what = what.format(value=repr(told), region=f"region {region}")
        said = f"{what}. Give {NEED}."
        raise InputError(AlreadyMasked(arg("to"), f" cannot be used, and nothing was sent: {said}"))
    return list(dict.fromkeys(read.digits.to_pylist()))


def _told(problems: Problems, labels: pd.Index, rows: Positions) -> Iterator[str]:
    """Yield what is wrong with the text, or with the values of rows."""
    for fault in problems.of("error"):
        if fault.code.startswith(_OF_RECIPIENTS):
            continue
        if fault.positions is None:
            yield fault.sentence
            continue
        for row in rows[np.isin(rows, fault.positions)]:
            yield Sentence(f"Row {shown_label(labels[row])}: ", fault.sentence)

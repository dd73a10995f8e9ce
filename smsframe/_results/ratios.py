"""How many people each arm should have, by how they were split.

Arms that do not have the people they should are the first sign that something else than the text
tells them apart: a join that dropped rows, a filter after the split. No figure below is worth
reading then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from smsframe._base.result_rows import ResultRows
from smsframe._base.sentences import arg
from smsframe._base.split_words import HOLDOUT, read_split
from smsframe._base.validation import check_number, refuse
from smsframe._connect import journal_file
from smsframe._results.open_journal import reading_journal
from smsframe.errors import ConfigurationError, InputError, JournalError

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._journal.records import RunRecord


def expected_weights(
    arms: list[str], split: Mapping[str, float] | None, holdout: float | None
) -> dict[str, float] | None:
    """Return the share of people that each arm should have; None where that is not known.

    An arm that should have people and has none is among them: a filter for what was accepted
    leaves out the whole holdout.
    """
    if split is None:
        if holdout is None:
            return None
        others = [arm for arm in arms if arm != HOLDOUT]
        split = dict.fromkeys(others, 1.0)
    shares = _shares(split, holdout)
    unknown = [arm for arm in arms if not shares.get(arm)]
    if unknown:
        raise InputError(
            f"The results have an arm {unknown[0]!r}, which ",
            arg("holdout" if unknown[0] == HOLDOUT else "split"),
            " does not give any people. Give the split that the send had.",
        )
    return {arm: share for arm, share in shares.items() if share}


def _shares(split: Any, holdout: Any) -> dict[str, float]:
    """Return the share of each arm, the holdout's cut first."""
    faults: list[str] = []
    weights = dict(split) if isinstance(split, Mapping) else {}
    for name, weight in weights.items():
        check_number(f"split[{name!r}]", weight, faults, optional=False)
    kept = check_number("holdout", holdout, faults) or 0.0
    refuse(faults)
    total = sum(weights.values())
    if not weights or not total or not 0 <= kept < 1:
        raise InputError(
            "Give ",
            arg("split", python="{'A': 1, 'B': 1}"),
            " and ",
            arg("holdout"),
            " as the send had them: weights by name, and a share from 0 to 1.",
        )
    shares = {name: float(weight) / total * (1 - kept) for name, weight in weights.items()}
    return {**shares, HOLDOUT: kept}


Told = tuple[Mapping[str, float] | None, float | None, int | None]
"""Split, holdout and number of rows of a send, as far as they are known."""

NOT_KNOWN: Final[Told] = (None, None, None)


def told_of(frame: pd.DataFrame) -> Told:
    """Return what the results' own send was told.

    The results know it themselves. ``merge`` and files lose that, so then the journal is asked,
    where the rows' batches are of runs that were all split alike.
    """
    told = frame.attrs.get("smsframe")
    variants = told.get("variants") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(variants, dict):
        return _from_journal(frame)
    rows = told.get("rows") if isinstance(told.get("rows"), int) else None
    split, holdout = variants.get("split"), variants.get("holdout")
    return (split, holdout, rows) if isinstance(split, dict) else (None, None, rows)


def _from_journal(frame: pd.DataFrame) -> Told:
    """Return what the journal has of it; nothing where it has not, or cannot be read."""
    batches = ResultRows.read(frame).batch.unique().drop_null().to_pylist()
    named = {batch.partition(":")[0] for batch in batches}
    if not named:
        return NOT_KNOWN
    found: list[RunRecord] = []
    with (
        contextlib.suppress(JournalError, ConfigurationError, InputError),
        reading_journal(journal_file(), patience_s=0.0) as journal,
    ):
        runs = [] if journal is None else journal.runs()
        found = [run for run in runs if run.run_id in named]
    kept = {run.variants for run in found}
    if len(found) < len(named) or len(kept) != 1 or not (one := kept.pop()):
        return NOT_KNOWN
    read = read_split(one)
    rows = found[0].rows if len(found) == 1 else None
    return (None, None, rows) if read["by"] else (read["split"], read["holdout"], rows)

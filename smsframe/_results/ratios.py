"""How many people each arm should have, by how they were split.

Arms that do not have the people they should are the first sign that something else than the text
tells them apart: a join that dropped rows, a filter after the split. No figure below is worth
reading then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsframe._base.sentences import Sentence, arg
from smsframe._base.validation import check_number, refuse
from smsframe._results.people import HOLDOUT, VARIANT
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd


def expected_weights(
    frame: pd.DataFrame,
    arms: list[str],
    split: Mapping[str, float] | None,
    holdout: float | None,
    by: Hashable,
) -> dict[str, float] | None:
    """Return the share of people that each arm should have; None where that is not known.

    An arm that should have people and has none is among them: a filter for what was accepted
    leaves out the whole holdout.
    """
    if split is None and holdout is None:
        if by != VARIANT:
            return None
        split, holdout = _as_sent(frame)
    if split is None:
        if holdout is None:
            return None
        others = [arm for arm in arms if arm != HOLDOUT]
        split = dict.fromkeys(others, 1.0)
    shares = _shares(split, holdout)
    unknown = [arm for arm in arms if not shares.get(arm)]
    if unknown:
        raise InputError(
            Sentence(
                f"The results have an arm {unknown[0]!r}, which ",
                arg("holdout" if unknown[0] == HOLDOUT else "split"),
                " does not give any people. Give the split that the send had.",
            )
        )
    return {arm: share for arm, share in shares.items() if share}


def rows_left_out(frame: pd.DataFrame) -> int:
    """Return how many rows of the send are not here, as far as the results still know."""
    told = frame.attrs.get("smsframe")
    rows = told.get("rows") if isinstance(told, dict) else None
    return max(rows - len(frame), 0) if isinstance(rows, int) else 0


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
            Sentence(
                "Give ",
                arg("split", python="{'A': 1, 'B': 1}"),
                " and ",
                arg("holdout"),
                " as the send had them: weights by name, and a share from 0 to 1.",
            )
        )
    shares = {name: float(weight) / total * (1 - kept) for name, weight in weights.items()}
    return {**shares, HOLDOUT: kept}


def _as_sent(frame: pd.DataFrame) -> tuple[Mapping[str, float] | None, float | None]:
    """Return how the results' own send split people, as far as they still know it."""
    told = frame.attrs.get("smsframe")
    variants = told.get("variants") if isinstance(told, dict) else None
    if not isinstance(variants, dict) or not isinstance(variants.get("split"), dict):
        return None, None
    return variants["split"], variants.get("holdout")

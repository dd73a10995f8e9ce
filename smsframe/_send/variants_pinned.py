"""A campaign with several texts goes on as it began: with other weights people would change arms.

The first message that may have gone out pins how people are split. Texts may be corrected; names
and weights may not, nor the holdout. Where a column says who gets which, a text may be added, since
nobody was put anywhere by chance.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from smsframe._base.sentences import Sentence, arg, words
from smsframe._base.split_words import read_split, split_in_words
from smsframe._plan.problems import Fault

if TYPE_CHECKING:
    from smsframe._plan.data import PlanData

_CLOSE: Final = 1e-9


def fault_of(made: PlanData, pinned: str | None) -> Fault | None:
    """Say what is otherwise than the campaign began; ``pinned`` is what the journal has of it."""
    several = made.options.several
    now = "" if several is None else several.pinned
    if pinned is None or _is_same(pinned, now):
        return None
    return Fault(
        code="variants_changed",
        severity="error",
        column="text",
        sentence=Sentence(
            f"Campaign {made.options.campaign!r} has begun {_told(pinned)}, and would go on "
            f"{_told(now)}: people would be in another arm than the one they were in. ",
            "To go on, give the same names and weights again; the words may be corrected. For "
            "another test, take another ",
            arg("campaign"),
            " name, and leave out who had this one: ",
            words(
                Sentence(arg("exclude"), " with the results of its runs"),
                screen="exclude= with the results of its runs",
            ),
            ".",
        ),
    )


def _is_same(pinned: str, now: str) -> bool:
    """Tell whether people are split as they were."""
    if pinned == now or not pinned or not now:
        return pinned == now
    then, today = read_split(pinned), read_split(now)
    if then["by"] != today["by"] or set(then["split"]) != set(today["split"]):
        return False
    pairs = [(then["split"][name], share) for name, share in today["split"].items()]
    pairs.append((then["holdout"], today["holdout"]))
    return all(math.isclose(one, other, abs_tol=_CLOSE) for one, other in pairs)


def _told(pinned: str) -> str:
    """Say how people are split."""
    return f"with {split_in_words(pinned) or 'one text'}"

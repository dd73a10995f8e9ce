"""``compare``: what people did, arm by arm, and how sure that is.

By assignment: everybody who was put into an arm counts there (``people.py``). A holdout has no
messages, so there is nothing else to compare it by; and where a text with a tag more leaves out
people whose value is missing, those are in the other arm still.

Nothing is called a winner. The table says how large a difference is and between which values it
lies; whether that is worth a campaign is no matter of statistics.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from smsframe._base.any_frame import as_frame
from smsframe._base.result_columns import VARIANT
from smsframe._base.result_rows import A_RESULT
from smsframe._base.sentences import arg, joined
from smsframe._base.split_words import HOLDOUT
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_label, refuse, shown_label
from smsframe._results import comparison_plot
from smsframe._results.comparison_words import (
    READ_ON,
    About,
    comparison_html,
    comparison_text,
    left_out_line,
    ratio_line,
)
from smsframe._results.people import People, read_people
from smsframe._results.ratios import NOT_KNOWN, expected_weights, told_of
from smsframe._results.statistics import means, proportions
from smsframe.errors import ComparisonWarning, InputError, warn_caller

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    from smsframe._base.any_frame import AnyFrame

    Numbers = npt.NDArray[np.float64]

__all__ = ["Comparison", "compare"]

_OF_OUTCOME: Final = (
    "the name of one column. Put what people did into one first, such as results['bought'] = bought"
)
COLUMNS: Final = (
    "assigned",
    "accepted",
    "sent",
    "outcomes",
    "rate",
    "rate_low",
    "rate_high",
    "difference",
    "difference_low",
    "difference_high",
    "lift",
    "p",
)


@public
class Comparison(pd.DataFrame):
    """Arms compared, one a row; the control comes first. Made by :func:`smsframe.compare`.

    It is a DataFrame with a few figures of the whole beside it; what is computed from it is an
    ordinary DataFrame.

    Attributes
    ----------
    outcome : column label
        What was compared.
    control : str
        The arm that the others are held against.
    is_share : bool
        Whether ``rate`` is a share of people, or the mean of an amount.
    together_p : float
        Pearson's p that all arms have one share; NaN for amounts, or where it cannot be told.
    sample_ratio_p : float
        How likely the numbers of people in the arms are if they were split as they were meant to
        be; NaN where it is not known how. Below 0.001, do not read on.
    rows_left_out : int
        Rows of the send that are not in these results, as far as that is known.
    added_up : int
        People with several rows, whose amounts were added up; 0 for shares.
    """

    _metadata: ClassVar[list[str]] = [field.name for field in fields(About)]
    outcome: Hashable
    control: str
    is_share: bool
    together_p: float
    sample_ratio_p: float
    rows_left_out: int
    added_up: int

    @property
    def _about(self) -> About:
        """What is said of the whole."""
        return About(**{name: getattr(self, name) for name in self._metadata})

    def draw(self) -> Any:
        """Draw the rate and the difference of each arm as dots, with their intervals as lines.

        Returns
        -------
        array of matplotlib Axes, shape (2,)
            Rates, and differences from the control.

        Raises
        ------
        ConfigurationError
            Matplotlib is not installed.
        """
        return comparison_plot.drawn(self, self._about)

    def __repr__(self) -> str:
        return comparison_text(self, self._about)

    def _repr_html_(self) -> str:
        return str(comparison_html(self, self._about))


@public
def compare(
    frame: AnyFrame,
    outcome: Hashable,
    *,
    by: Hashable = VARIANT,
    control: str | None = None,
    split: Mapping[str, float] | None = None,
    holdout: float | None = None,
) -> Comparison:
    """Compare what people did, arm by arm, with intervals; nothing is called a winner.

    People are counted, not rows, and each in the arm that they were put into, whether or not a
    message reached them. Look once, at a time you decided on before: who looks every day and stops
    at the first p below 0.05 finds a difference where there is none.

    Parameters
    ----------
    frame : DataFrame
        Results, with a column of what people did.
    outcome : column label
        True or False, 1 or 0: did the person do it (any of their rows counts). Other numbers are
        amounts, such as revenue, and a person's rows are added up.
    by : column label, default "sms_variant"
        The arm of each row; rows without one are left out.
    control : str, optional
        The arm that the others are held against. None: ``"holdout"`` where there is one, else the
        first by name.
    split, holdout : mapping of str to float, float, optional
        How people were split, to check that the arms have as many people as they should. None: as
        the results' own send was called, where they or the journal still know it.

    Returns
    -------
    Comparison
        A DataFrame on the arms, the control first: ``assigned``, ``accepted``, ``sent`` (int64,
        people), ``outcomes`` (people who did it, int64; for amounts their sum, float64), ``rate``
        (outcomes by assigned), ``rate_low``, ``rate_high`` (its 95 % interval), ``difference``
        (from the control's rate), ``difference_low``, ``difference_high`` (its 95 % interval),
        ``lift`` (the difference as a share of the control's rate) and ``p`` (two-sided), float64;
        NaN for the control. ``.draw()`` makes a picture of it.

    Raises
    ------
    InputError
        The frame holds no results or no arms, ``outcome`` is missing, empty in a row or no number,
        ``control`` is no arm, or somebody is in two arms.

    Warns
    -----
    ComparisonWarning
        The arms do not have as many people as they should, or rows of the send are not here:
        something has left people out.

    Sources
    -------
    Shares: Wilson (1927), Newcombe (1998, method 10), the score test. Amounts: the bootstrap,
    seeded, so that it gives the same each time; there is no p then, the interval says it.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": [f"+1 201-555-01{n:02}" for n in range(100)]})
    >>> done = people.sms.plan("Hello", program="148372").to_frame()
    >>> done["sms_variant"] = ["A", "B"] * 50
    >>> done["bought"] = [n % 5 == 0 or n % 4 == 1 for n in range(100)]
    >>> table = smsframe.compare(done, "bought", control="A")
    >>> table[["assigned", "outcomes", "rate", "lift"]].round(3).values.tolist()
    [[50.0, 10.0, 0.2, nan], [50.0, 30.0, 0.6, 2.0]]
    >>> table.loc["B", ["difference_low", "difference_high"]].round(3).tolist()
    [0.21, 0.552]
    """
    faults: list[str] = []
    check_label("outcome", outcome, faults, need=_OF_OUTCOME)
    check_label("by", by, faults)
    refuse(faults)
    frame = as_frame(frame, A_RESULT)
    people = read_people(frame, outcome, by)
    chosen = _control(people.arms, control, by)
    told = told_of(frame) if by == VARIANT else NOT_KNOWN
    if split is None and holdout is None:
        split, holdout = told[:2]
    shares = expected_weights(people.arms, split, holdout)
    order = [chosen, *(number for number in range(len(people.arms)) if number != chosen)]
    made = Comparison(_table(people, order), columns=list(COLUMNS))
    made.index = pd.Index([people.arms[number] for number in order], name=by)
    made.outcome, made.control, made.is_share = outcome, people.arms[chosen], people.is_share
    made.together_p = math.nan
    if people.is_share:
        made.together_p = proportions.together_p(made["outcomes"], made["assigned"])
    made.sample_ratio_p = math.nan
    made.rows_left_out = 0 if told[2] is None else max(told[2] - len(frame), 0)
    made.added_up = 0 if people.is_share else people.with_several_rows
    if shares is not None:
        here = dict(zip(people.arms, np.bincount(people.arm).tolist(), strict=True))
        counts = [here.get(arm, 0) for arm in shares]
        made.sample_ratio_p = proportions.sample_ratio_p(counts, list(shares.values()))
    about = made._about  # noqa: SLF001 - of our own class
    wrong = [ratio_line(about)] if made.sample_ratio_p < READ_ON else []
    wrong += [left_out_line(about)] if made.rows_left_out else []
    if wrong:
        warn_caller(joined(" ", wrong), ComparisonWarning)
    return made


def _control(arms: list[str], control: Any, by: Hashable) -> int:
    """Return the number of the control among the arms."""
    if control is None:
        return arms.index(HOLDOUT) if HOLDOUT in arms else 0
    if isinstance(control, str) and control in arms:
        return arms.index(control)
    raise InputError(
        arg("control"),
        f" is {shown_label(control)}, but column {shown_label(by)} has the arms "
        f"{', '.join(map(repr, arms))}. Name one of them.",
    )


def _table(people: People, order: list[int]) -> dict[str, Any]:
    """Return the columns of a comparison, the arms in an order."""
    size = len(people.arms)
    counted = {
        name: np.bincount(people.arm, weights=mask, minlength=size).astype(np.int64)[order]
        for name, mask in (("assigned", None), ("accepted", people.accepted), ("sent", people.sent))
    }
    did = np.bincount(people.arm, weights=people.outcome, minlength=size)[order]
    outcomes, assigned = did.astype(np.float64), counted["assigned"].astype(np.float64)
    rate = outcomes / assigned
    columns = {"rate": rate, "difference": rate - rate[0]}
    with np.errstate(invalid="ignore", divide="ignore"):
        columns["lift"] = np.where(rate[0] != 0, columns["difference"] / rate[0], math.nan)
    columns |= _shares(outcomes, assigned) if people.is_share else _amounts(people, order)
    for name in ("difference", "difference_low", "difference_high", "lift", "p"):
        columns[name][0] = math.nan
    number = np.int64 if people.is_share else np.float64
    return {**counted, "outcomes": outcomes.astype(number), **columns}


def _shares(outcomes: Numbers, assigned: Numbers) -> dict[str, Any]:
    """Return the intervals and p of shares of people."""
    low, high = proportions.wilson(outcomes, assigned)
    control = outcomes[0], assigned[0]
    apart_low, apart_high = proportions.newcombe(outcomes, assigned, *control)
    return {
        "rate_low": low,
        "rate_high": high,
        "difference_low": apart_low,
        "difference_high": apart_high,
        "p": proportions.score_p(outcomes, assigned, *control),
    }


def _amounts(people: People, order: list[int]) -> dict[str, Any]:
    """Return the intervals of amounts."""
    drawn = [
        means.drawn_means(people.outcome[people.arm == number], place)
        for place, number in enumerate(order)
    ]
    rates = np.array([means.middle(each) for each in drawn])
    apart = np.array([means.middle(each - drawn[0]) for each in drawn])
    return {
        "rate_low": rates[:, 0],
        "rate_high": rates[:, 1],
        "difference_low": apart[:, 0],
        "difference_high": apart[:, 1],
        "p": np.full(len(order), math.nan),
    }

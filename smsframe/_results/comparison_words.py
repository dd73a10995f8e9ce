"""How a comparison is shown: what was compared, whether it may be read, and the table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from smsframe._base.html import HEADING, PLAIN_TABLE, faint, table, tag, text_of_cell
from smsframe._base.sentences import Sentence, arg, many
from smsframe._base.validation import shown_label

if TYPE_CHECKING:
    from collections.abc import Hashable

READ_ON: Final = 0.001
"""A sample ratio less likely than this is no accident."""

_SHARES: Final = ("rate", "rate_low", "rate_high")
_POINTS: Final = ("difference", "difference_low", "difference_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is said of a comparison as a whole; see `smsframe.Comparison`."""

    outcome: Hashable
    control: str
    is_share: bool
    together_p: float
    sample_ratio_p: float
    rows_left_out: int
    added_up: int


def headline(arms: pd.DataFrame, about: About) -> str:
    """Say what was compared."""
    people = many(int(arms["assigned"].sum()), "person", "people")
    counted = many(len(arms), "arm")
    return f"{shown_label(about.outcome)}: {people} in {counted}, against {about.control!r}"


def ratio_line(about: About) -> str:
    """Say whether the arms have the people that they should have."""
    p = about.sample_ratio_p
    if math.isnan(p):
        unknown = "Sample ratio not checked: how people were split is not known here ("
        return Sentence(unknown, arg("split"), ", ", arg("holdout"), ").")
    if p < READ_ON:
        return (
            f"The arms do not have as many people as they should (sample ratio, {_said(p)}): do "
            "not read on. Something left out more people of one arm than of another, such as a "
            "join or a filter after the send. Compare the results as the send gave them."
        )
    return f"Sample ratio as it was split ({_said(p)})."


def left_out_line(about: About) -> str:
    """Say how many rows of the send are not here; "" for none."""
    number = about.rows_left_out
    if not number:
        return ""
    rows = many(number, "row of the send is", "rows of the send are")
    return (
        f"{rows} not here. What people did after the send, and whether a message reached them, "
        "must leave nobody out: compare the results as the send gave them. Leaving out by what was "
        "known before, in all arms alike, is fine."
    )


def together_line(arms: pd.DataFrame, about: About) -> str:
    """Say how likely all arms are alike."""
    if not about.is_share:
        told = "Amounts: mean of each person's sum; intervals by the bootstrap, without p."
        return f"{told} {_added_up(about.added_up)}".strip()
    if math.isnan(about.together_p):
        return "Everybody did it, in every arm." if arms["outcomes"].any() else "Nobody did it."
    return f"All arms together: {_said(about.together_p)} (Pearson's chi-squared)."


def _added_up(people: int) -> str:
    """Say that rows of one person were added up; "" where nobody has several."""
    if not people:
        return ""
    have = "1 person has several rows" if people == 1 else f"{people:,} people have several rows"
    return (
        f"{have}, which are added up: where each of them holds the person's whole amount, keep it "
        "in one and put 0 into the others."
    )


def _lines(arms: pd.DataFrame, about: About) -> list[str]:
    """Return what stands between the sample ratio and the table."""
    is_asked = arms["sent"].any() or not arms["accepted"].any()
    asks = "No message is known to be sent yet: results.sms.refresh() asks the service."
    told = (left_out_line(about), together_line(arms, about), "" if is_asked else asks)
    return [line for line in told if line]


def comparison_text(arms: pd.DataFrame, about: About) -> str:
    """Return a comparison as lines of text."""
    shown = _shown(arms, is_share=about.is_share)
    lines = [headline(arms, about), *map("  {}".format, [ratio_line(about), *_lines(arms, about)])]
    return "\n".join([*lines, shown.to_string(na_rep="")])


def comparison_html(arms: pd.DataFrame, about: About) -> str:
    """Return a comparison as static HTML."""
    shown = _shown(arms, is_share=about.is_share)
    body = [[text_of_cell(cell) for cell in row] for row in shown.itertuples()]
    told = ratio_line(about)
    ratio = (
        tag("div", f"✖ {told}", style=HEADING) if about.sample_ratio_p < READ_ON else faint(told)
    )
    return tag(
        "div",
        tag("div", headline(arms, about), style=HEADING),
        ratio,
        *map(faint, _lines(arms, about)),
        table([text_of_cell(arms.index.name), *shown.columns], body, **PLAIN_TABLE),
    )


def _shown(arms: pd.DataFrame, *, is_share: bool) -> pd.DataFrame:
    """Return the table with its numbers as people read them."""
    shown = pd.DataFrame({name: arms[name].astype(object) for name in arms.columns})
    for name in ("assigned", "accepted", "sent"):
        shown[name] = [f"{number:,}" for number in arms[name]]
    plain, rate = (",", ".2%") if is_share else (",.2f", ",.3f")
    forms = {"outcomes": plain, **dict.fromkeys(_SHARES, rate), "lift": "+.2%"}
    for name, form in forms.items():
        shown[name] = ["" if math.isnan(number) else f"{number:{form}}" for number in arms[name]]
    for name in _POINTS:
        shown[name] = ["" if math.isnan(x) else difference_text(x, is_share) for x in arms[name]]
    shown["p"] = ["" if math.isnan(number) else _p(number) for number in arms["p"]]
    return shown


def difference_text(difference: float, is_share: bool) -> str:
    """Return a difference as people read it: that of two shares is in percentage points.

    >>> difference_text(-0.1097, True), difference_text(1.646, False)
    ('-10.97 pp', '+1.646')
    """
    return f"{100 * difference:+.2f} pp" if is_share else f"{difference:+,.3f}"


def _said(p: float) -> str:
    """Return a p as it stands in a sentence."""
    return f"p {'' if _p(p).startswith('<') else '= '}{_p(p)}"


def _p(p: Any) -> str:
    """Return a p with the digits that say something."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"  # noqa: PLR2004 - four digits are shown

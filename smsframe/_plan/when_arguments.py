"""``min_gap=`` and ``time_zone=``: what may be given, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from smsframe._base.durations import check_duration
from smsframe._base.sentences import NO_NUMBER, Sentence, arg
from smsframe._base.validation import note
from smsframe._eligibility.opening import is_zone, zone_of_place
from smsframe._plan.column_labels import column_sentence

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

SHORTEST_GAP_S: Final = 1.0
LONGEST_GAP_S: Final = 366 * 86_400.0
_NO_ZONE: Final = (
    " is neither a column nor a time zone that this machine knows. Zones have names such as "
    "'America/Denver'."
)


def read_min_gap(gap: Any, lookup: Any, faults: list[str]) -> float | None:
    """Return the least time between two messages to a person, in seconds."""
    if gap is not None and lookup:
        note(
            faults,
            NO_NUMBER,
            ", so nobody's last message is, and ",
            arg("min_gap", screen="the gap"),
            " could hold nobody back. Send by ",
            arg("phone", screen="a column of numbers"),
            ", or leave it out.",
        )
    return check_duration("min_gap", gap, faults, least_s=SHORTEST_GAP_S, most_s=LONGEST_GAP_S)


def read_time_zone(
    frame: pd.DataFrame, given: Any, faults: list[str]
) -> tuple[str | None, Hashable | None]:
    """Return the name of a zone, or the column that holds them."""
    name = given if isinstance(given, str) and is_zone(given) else None
    if name is None:
        fault = None if given is None else column_sentence(frame, given, Sentence(arg("time_zone")))
        if fault and isinstance(given, str) and "/" in given:
            note(faults, arg("time_zone", given), _NO_ZONE)
        elif fault:
            zone = zone_of_place(given) if isinstance(given, str) else None
            meant = f"Did you mean {zone!r}?" if zone else "Zones have names as 'America/Denver'."
            faults.append(Sentence(fault, f" It is no name of a time zone either. {meant}"))
        return None, given
    if column_sentence(frame, given, "") is None:
        note(
            faults,
            arg("time_zone", given),
            " is a column, and a time zone too. Rename the column, to say which is meant.",
        )
    return str.__str__(name), None

"""How a send went, in words: a send of which something is unknown is never told as done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe._base.held_back import held_counts, held_in_words
from smsframe._base.html import Html, joined
from smsframe._base.sentences import many, named_counts, on_screen
from smsframe._send.report import ALWAYS, with_held
from smsframe._widgets import html

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._composer.state import Desk
    from smsframe._widgets.send_job import Dispatch

FOR_GOOD = ("excluded", "held_out", "never_open", "opted_out", "no_consent")
"""The rules whose rows another send of the same does not send either."""


def is_done(dispatch: Dispatch) -> bool:
    """Whether nothing is left that another send of the same could send."""
    table = dispatch.results
    return dispatch.failure is None and table is not None and is_through(table)


def is_through(table: pd.DataFrame) -> bool:
    """Whether nothing is left that another send of the same could send."""
    counts = _counts(table)
    left = counts.get("not_attempted", 0) + counts.get("rejected", 0) + counts.get("planned", 0)
    if counts.get("accepted"):  # with nobody accepted, the database may be the wrong one
        left -= sum(_held(table).get(code, 0) for code in FOR_GOOD)
    return bool(counts) and not left


def sentence(dispatch: Dispatch) -> str:
    """Return how it went in a sentence."""
    table = dispatch.results
    counts = _counts(table)
    if table is None or not counts:
        return "Nothing was sent."
    if dispatch.nothing_sent is not None:
        told = named_counts(counts, ALWAYS, always=("accepted",))
        held = held_in_words(_held(table))
        more = f" Held back: {held}." if held else ""
        return f"Nothing was sent: {', '.join(told)} already.{more}"
    is_good = is_done(dispatch) and not counts.get("unknown")
    how = "Done" if is_good else "Stopped" if dispatch.stopped else "Ended"
    return f"{how}: {_listed(table)}."


def head(dispatch: Dispatch, desk: Desk) -> Html:
    """Return the sentence over the results."""
    found = [f"{fault.count:,} × {on_screen(fault.sentence)}" for fault in dispatch.faults]
    return _head(dispatch.results, desk, sentence(dispatch), *found, done=is_done(dispatch))


def head_of(table: pd.DataFrame, desk: Desk) -> Html:
    """Return the sentence over results that were settled since."""
    done = is_through(table)
    how = "Done" if done and not _counts(table).get("unknown") else "As it stands now"
    return _head(table, desk, f"{how}: {_listed(table)}.", done=done)


def _head(table: pd.DataFrame | None, desk: Desk, told: str, *faults: str, done: bool) -> Html:
    """Return a sentence and what to know beside it; it is good where nothing is left open."""
    unknown = _counts(table).get("unknown", 0)
    tell = html.good if done and not unknown else html.error
    return joined(tell(told), *map(html.error, faults), _unknown(unknown), _whole(desk))


def _unknown(number: int) -> Html:
    """Say what to do about messages of which nobody knows whether they went out."""
    if not number:
        return joined()
    what = "it was" if number == 1 else "they were"
    return html.warning(
        f"Of {many(number, 'message')} nobody knows whether {what} sent: the answer was lost, "
        "and nothing is sent again by itself. Look in the product, or ask, whether people had the "
        "text; then press “Settle” below."
    )


def _whole(desk: Desk) -> Html:
    """Name the whole table, by a name that exists."""
    return html.faint(f"The whole table: {desk.named('results') or 'smsframe.last_results()'}")


def _listed(table: pd.DataFrame) -> str:
    """Return the rows by status, and by rule those that one holds back."""
    told = named_counts(_counts(table), (*ALWAYS, "not_attempted"), always=("accepted",))
    return ", ".join(with_held(told, _held(table)))


def _counts(table: pd.DataFrame | None) -> dict[str, int]:
    """Return the results by status."""
    if table is None:
        return {}
    found: Any = table["sms_status"].value_counts()
    return {status: int(number) for status, number in found.items() if number}


def _held(table: pd.DataFrame) -> dict[str, int]:
    """Return how many rows each rule held back."""
    rows = table["sms_status"].eq("not_attempted")
    codes: Any = table["sms_code"][rows].value_counts()
    return held_counts({code: int(number) for code, number in codes.items()})

"""The public door: ``results.sms.explore()``, a screen over what became of the rows.

It ends where code goes on: ``explorer.frame``, ``explorer.selected`` and ``explorer.code`` are what
the screen shows. Settling from it is settling by the public functions, journal and all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe._base.any_frame import as_frame
from smsframe._base.names import name_of
from smsframe._base.result_columns import STATUSES, detached, result_label
from smsframe._base.result_rows import A_RESULT
from smsframe._base.sentences import named_counts
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_client, refuse
from smsframe._eligibility.exclude import OUR_COLUMNS
from smsframe._explorer import views
from smsframe._explorer.code import code_of
from smsframe._explorer.rows import Rows
from smsframe._explorer.screen import Screen
from smsframe._phones.detect_column import guess_phone_column
from smsframe._widgets.displayed import Displayed, shown_error
from smsframe.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame

__all__ = ["Explorer", "explore"]


@public
class Explorer(Displayed):
    """A screen to look at results and to settle what is open; made by :func:`smsframe.explore`.

    Attributes
    ----------
    frame : DataFrame
        The rows that match the filters and the search, in the order that was chosen.
    selected : DataFrame
        The rows that are selected, in the order of the results.
    results : DataFrame
        All rows, as they stand after what was done on the screen.
    code : str
        The line of pandas that gives ``frame``, with the imports that it needs.
    error : BaseException or None
        The last exception that the screen showed.
    """

    _instead = (
        "There is no place for the explorer's screen here. Use results.sms.summary(), "
        "results.sms.failed and results.sms.unknown."
    )

    def __init__(self, screen: Screen, *, name: str) -> None:
        self.rows, self.screen, self._name = screen.rows, screen, name
        self._view = screen.view

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that match, in the order that was chosen."""
        return self.rows.frame

    @property
    def selected(self) -> pd.DataFrame:
        """The rows that are selected."""
        return self.rows.selected

    @property
    def results(self) -> pd.DataFrame:
        """All rows, as they stand now."""
        return detached(self.rows.results)

    @property
    def code(self) -> str:
        """The line of pandas that gives the same rows."""
        with self.rows.lock:
            return code_of(self.rows, self._name)

    @property
    def error(self) -> BaseException | None:
        """The last exception that the screen showed."""
        return shown_error(self.screen.failure)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until a retry is at its end; False when that takes longer.

        Parameters
        ----------
        timeout_s : float, optional
            Seconds to wait at most; None: as long as it takes.
        """
        going = self.screen.actions.dispatch
        return going is None or going.wait(timeout_s)

    def _told(self) -> str:
        """Return the rows by status."""
        counts = self.rows.results["sms_status"].value_counts().to_dict()
        return f"Explorer: {', '.join(named_counts(counts, STATUSES))}."

    def _look_for_page(self) -> None:
        """Make rows as soon as there is a page."""
        self.screen.look_for_page()

    def _summary(self) -> str:
        """Return the counts."""
        return views.still(self.rows, self.screen.mark)


@public
def explore(frame: AnyFrame, *, client: Client | None = None) -> Explorer:
    """Open a screen to look at what became of the rows, and to settle what is open.

    Chips with counts narrow the rows down by status, reason, country, batch, hour and any column
    with few values; a search looks into all columns, phone numbers by their digits. Selected rows
    can be sent again (those that did not go out and may), resolved, refreshed and written to a
    file. Each of these says its number and asks first. Phone numbers are masked everywhere; a saved
    notebook keeps counts and no rows.

    Parameters
    ----------
    frame : DataFrame
        Results; they are not changed. What is done on the screen is in ``explorer.results``.
    client : Client, optional
        Whom to ask and to send through, and whose journal to look into. None: the one that
        ``connect`` made last.

    Returns
    -------
    Explorer
        Shows itself as the last line of a cell. ``frame``, ``selected`` and ``code`` are what the
        screen shows. Where there is no notebook it says what to use instead.

    Raises
    ------
    InputError
        The frame holds no results.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123", "n/a"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> explorer = smsframe.explore(done)
    >>> len(explorer.frame), len(explorer.selected), explorer.code
    (2, 0, 'done')
    """
    frame = as_frame(frame, A_RESULT)
    faults: list[str] = []
    check_client(client, faults)
    refuse(faults)
    name = name_of(frame, "results")
    screen = screen_over(frame, name=name, client=client)
    return Explorer(screen, name=name)


def screen_over(results: pd.DataFrame, *, name: str, client: Client | None) -> Screen:
    """Return a screen over results, which it leaves as they are; code calls them by ``name``."""
    return Screen(Rows(detached(results)), name=name, client=client, phones=phone_columns(results))


def phone_columns(frame: pd.DataFrame) -> set[Any]:
    """Return the columns of phone numbers, whose cells are masked however short they are."""
    found = {result_label(frame.columns, name) for name in OUR_COLUMNS}
    try:
        found.add(guess_phone_column(frame))
    except InputError as error:
        found |= set(error.details.get("candidates") or [])
    return found

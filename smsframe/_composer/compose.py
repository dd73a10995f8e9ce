"""``compose``: a screen to write, check, try and send texts to a frame of people.

It ends where code ends: ``composer.plan``, ``composer.results`` and ``composer.code`` are what the
screen shows, and sending from it is sending by :func:`smsframe.send`, journal and all. How it is
made is told in ``_composer/__init__.py``.

A composer is no widget, it has one: notebooks that wrap widgets of their own (and programs that run
notebooks without a browser) get a screen, a static summary, or both.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import ipywidgets as widgets

from smsframe._base.any_frame import as_frame
from smsframe._base.names import name_of
from smsframe._base.notebook import kernel, shell
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_count, refuse
from smsframe._composer import inputs, static_view, text_history
from smsframe._composer.panels.columns import MapPanel
from smsframe._composer.panels.message import WritePanel
from smsframe._composer.panels.preview import SeePanel
from smsframe._composer.panels.problems import CheckPanel
from smsframe._composer.panels.rules import RulesPanel
from smsframe._composer.panels.send import SendPanel
from smsframe._composer.panels.trial import TryPanel
from smsframe._composer.state import Desk
from smsframe._plan.options import takes_compose_options
from smsframe._widgets import active_job, html
from smsframe._widgets.controls import shown
from smsframe._widgets.displayed import Displayed, new_mark, screen, shown_error
from smsframe._widgets.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe._base.any_frame import AnyFrame
    from smsframe._plan.options import ComposeOptions
    from smsframe._send.plan import Plan

__all__ = ["Composer", "compose"]

CONFIRM_OVER = 1000
NO_SCREEN = (
    "There is no place for the composer's screen here. Use {0}.sms.plan(...) to look and "
    "{0}.sms.send(...) to send."
)
NO_NAME = "# df stands for the table of this screen, which has no name of its own"
STYLE = Path(__file__).parent / "panels" / "composer.css"

_latest: list[Composer] = []
_open: weakref.WeakSet[Composer] = weakref.WeakSet()


@public
class Composer(Displayed):
    """A screen to write, check, try and send a text or several; made by :func:`smsframe.compose`.

    Attributes
    ----------
    plan : Plan
        What would be sent by the choices as they are now.
    results : DataFrame or None
        What became of the rows, once something was sent; as :func:`smsframe.send` returns it.
    code : str
        The call that sends exactly this, on the frame by its name where the composer was made.
    error : BaseException or None
        The last exception that the screen showed.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        client_name: str | None = None,
        has_accessor: bool = True,
        confirm_over: int = CONFIRM_OVER,
    ) -> None:
        self.desk = desk
        desk.screen = self
        self.page = Page()
        self._client_name = client_name
        self._has_accessor = has_accessor
        self._mark = new_mark()
        self._instead = NO_SCREEN.format(desk.name or "df")
        self.write = WritePanel(desk)
        self.map = MapPanel(desk)
        self.rules = RulesPanel(desk)
        self.see = SeePanel(desk)
        self.check = CheckPanel(desk, self.page)
        self.trying = TryPanel(desk)
        self.send = SendPanel(desk, confirm_over=confirm_over, announce=self.write.announce)
        self.show_code = widgets.ToggleButton(description="Show code", icon="")
        self.code_view = widgets.HTML()
        self.view = self._view = self._make_view()
        self._listen()
        desk.begin()

    @property
    def plan(self) -> Plan:
        """What would be sent by the choices as they are now."""
        seen = self.desk.settle() if self.desk.choices.program else None
        return self.desk.plan() if seen is None else seen.plan

    @property
    def results(self) -> pd.DataFrame | None:
        """What became of the rows; None until something was sent."""
        return self.desk.results

    @property
    def code(self) -> str:
        """The call that sends exactly this."""
        name = self.desk.name
        code = self.desk.choices.code(
            name or "df", self._client_name, has_accessor=self._has_accessor
        )
        return code if name else f"{NO_NAME}\n{code}"

    @property
    def error(self) -> BaseException | None:
        """The last exception that the screen showed."""
        return shown_error(self.desk.failure)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until totals, tries and sends are at their end; False when that takes longer.

        Parameters
        ----------
        timeout_s : float, optional
            Seconds to wait for each of them at most; None: as long as it takes.
        """
        sends = [active_job.current(), self.send.dispatch, self.trying.dispatch]
        parts = [*sends, self.desk.background, self.write]
        return all(part is None or part.wait(timeout_s) for part in parts)

    def _told(self) -> str:
        """Return totals and results in a line."""
        told = static_view.summary_lines(self.desk)
        rows = many(len(self.desk.frame), "row")
        return f"Composer: {' '.join(told) or f'{rows}.'}"

    def _make_view(self) -> Any:
        """Put the panels on the screen."""
        code = widgets.VBox([self.show_code, self.code_view])
        wide = [self.check.box, self.trying.box, self.send.box, code]
        for box in wide:
            box.add_class("sms-wide")
        shown(self.code_view, when=False)
        left = widgets.VBox([self.write.box, self.map.box, self.rules.box])
        grid = widgets.Box([left, self.see.box, *wide])
        grid.add_class("sms-grid")
        return screen("composer", self._mark, STYLE, *self.page.parts, grid)

    def _listen(self) -> None:
        """Keep code and summary as they should be."""
        self.send.hear(self._toggle_code, self.show_code)
        self.desk.on(self._write_code, "choices")
        self.desk.on(self._keep_summary, "overview", "results")
        self.desk.on(self._no_campaign, "new", "next")
        self.desk.on(self.write.start_anew, "new")
        self.view.observe(lambda _: self.send.waiting.stop(), names="comm")  # it is closed
        self._write_code()
        _look_after_cells(self.desk)

    def _toggle_code(self) -> None:
        """Show the code, or take it away."""
        shown(self.code_view, when=self.show_code.value)
        self.show_code.description = "Hide code" if self.show_code.value else "Show code"

    def _write_code(self) -> None:
        """Write the code anew."""
        self.code_view.value = html.code(self.code)

    def _summary(self) -> str:
        """Return the static summary."""
        return static_view.summary_html(self.desk, self.code, self._mark)

    def _no_campaign(self) -> None:
        """Leave the next message to have a campaign of its own."""
        self.map.campaign.value = ""


def _look_after_cells(desk: Desk) -> None:
    """Have a desk look at its frame whenever a cell was run, as long as there is the desk."""
    if kernel() is None:
        return
    events = shell().events
    looked = weakref.ref(desk)

    def look(*_: Any) -> None:
        found = looked()
        if found is None:
            events.unregister("post_run_cell", look)
        else:
            found.compare_frame()

    events.register("post_run_cell", look)


@public
@takes_compose_options
def compose(
    frame: AnyFrame,
    text: str | Mapping[str, str] | None = None,
    *,
    confirm_over: int = CONFIRM_OVER,
    **options: Unpack[ComposeOptions],
) -> Composer:
    """Open a screen to write, check, try and send a text to the people of a frame.

    Nothing is sent before two buttons were pressed, the first of which carries the exact number.
    Running the cell again opens a new screen and sends nothing; what was accepted is not sent again
    from there either.

    Parameters
    ----------
    frame : DataFrame
        One row per recipient; it is not changed.
    text : str or mapping of str to str, optional
        What the text area says at first, or several texts by their names. None: it is empty.
    program, phone, lookup, personalize, defaults, formats : optional
        What the fields of the screen say at first; see :func:`smsframe.send`.
    region, region_from, campaign, fold : optional
        As well.
    split, by, holdout : optional
        Who gets which of several texts, as the fields beside their tabs say at first.
    price_per_segment : float or mapping of str to float, optional
        Price of one segment, or one for each country, for the cost.
    sending_hours, min_gap, check_consent, consent_database : optional
        What the fields of "Not to whom, not when" say at first; see :func:`smsframe.send`. Hours
        that are more than one window for everybody are told there in words.
    exclude, closed, time_zone, wait_s, limit, problems, duplicates, resend_unknown : optional
        As for :func:`smsframe.send`; they have no field on the screen.
    source, campaign_name, ttl_minutes, character_swap : optional
        Passed on to the API, as by :func:`smsframe.send`.
    client : Client, optional
        Whom to send through. None: the one that ``connect`` made last, when it is needed.
    confirm_over : int, default 1000
        From more messages than this the number has to be typed.

    Returns
    -------
    Composer
        Shows itself as the last line of a cell. ``plan``, ``results`` and ``code`` hold its state.
        Where there is no notebook it says what to use instead.

    Raises
    ------
    InputError
        An argument names a column that is not there, or cannot be used.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "FirstName": ["Ann"]})
    >>> composer = smsframe.compose(people, "Hi %%FirstName%%", program="148372")
    >>> composer.plan.recipients
    1
    >>> print(composer.code)
    results = people.sms.send(
        "Hi %%FirstName%%",
        program="148372",
        phone="mobile",
    )
    """
    taken = as_frame(frame)
    faults: list[str] = []
    check_count("confirm_over", confirm_over, faults, optional=False)
    refuse(faults)
    chosen = inputs.checked(taken, text, options)
    client = options.get("client")
    name = name_of(frame, "")
    for before in _latest:
        text_history.remember(before.desk.choices.said)
    for before in list(_open):
        if before.desk.name == name:
            before.send.waiting.stop()
    made = Composer(
        Desk(taken, chosen, client=client, name=name),
        has_accessor=taken is frame,
        client_name=None if client is None else name_of(client, "client"),
        confirm_over=confirm_over,
    )
    _latest[:] = [made]
    _open.add(made)
    return made

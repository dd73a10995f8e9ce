"""What a notebook shows of a screen: the screen itself, and beside it what a saved notebook keeps.

The summary is an output of its own beside the widget's. It is in the page all the time and hidden,
by a rule in itself, as long as the live widget is there too; a front end that cannot show the
widget, or lost its kernel, shows the summary. Where there is no notebook, a line says what to use
instead.
"""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.html import INK, Html, joined, tag
from smsframe._base.tracebacks import public, withhold_frames
from smsframe._widgets.where import has_screen

if TYPE_CHECKING:
    from pathlib import Path

VIEW = "application/vnd.jupyter.widget-view+json"


@public
class Displayed:
    """An object with a screen; ``_view`` is its widget, ``_instead`` what is said without one."""

    _view: Any
    _instead: str
    _kept: Any = None

    def _told(self) -> str:
        """Return the object in a line."""
        raise NotImplementedError

    def _summary(self) -> str:
        """Return what a saved notebook keeps."""
        raise NotImplementedError

    def _look_for_page(self) -> None:
        """Do what can be done once the screen is displayed."""

    def __repr__(self) -> str:
        return self._told() if has_screen() else f"{self._told()} {self._instead}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if not has_screen():  # marimo shows the HTML, and takes plain text for it alone
            told = joined(tag("div", repr(self)), self._summary())
            return {"text/html": str(told), "text/plain": repr(self)}
        still = {"text/html": self._summary(), "text/plain": repr(self)}
        view = {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}
        return {VIEW: view, **still}

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415 - only where there is IPython

        whole = self._repr_mimebundle_()
        if VIEW not in whole:
            print(repr(self))  # noqa: T201 - a console shows this and nothing else
            return
        display({VIEW: whole.pop(VIEW), "text/plain": ""}, raw=True)
        self._look_for_page()
        self._kept = display(whole, raw=True, display_id=True)

    def _keep_summary(self) -> None:
        """Bring the summary in the saved notebook up to date."""
        if self._kept is not None:
            bundle = {"text/html": self._summary(), "text/plain": repr(self)}
            self._kept.update(bundle, raw=True)


def shown_error(failure: BaseException | None) -> BaseException | None:
    """Return the last exception that a screen showed, without frames of ours."""
    if failure is not None:
        withhold_frames(failure)
    return failure


def new_mark() -> str:
    """Return what ties a screen to its summary: letters, for digits may be somebody's number."""
    return "smsframe-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))


def screen(kind: str, mark: str, style: Path, *parts: Any) -> Any:
    """Return the parts of a screen as one widget; ``mark`` ties a summary to it."""
    look = widgets.HTML(f"<style>{style.read_text(encoding='utf-8')}</style>")
    look.layout.display = "none"
    made = widgets.VBox([look, *parts])
    made.add_class(f"smsframe-{kind}")
    made.add_class(mark)
    return made


def summary(mark: str, *parts: str) -> Html:
    """Return what stands in for the screen with a mark, hidden while that lives.

    The last rule is for "Loading widget...", which stands alone in a panel of JupyterLab.
    """
    live = f"body:has(.{mark}:not(.jupyter-widgets-disconnected))"
    dead = f"body:has(.{mark}-still):not(:has(.{mark}:not(.jupyter-widgets-disconnected)))"
    own = f".jp-OutputArea:has(.{mark}-still)"
    rules = Html(
        f"<style>{live} .{mark}-still{{display:none}}"
        f"{dead} .{mark}{{display:none}}"
        f"{dead} {own} .jp-OutputArea-output.jupyter-widgets:not(:has(.{mark})),"
        f"{dead} {own} .jp-OutputArea-output.lm-Panel:not(:has(> *))"
        "{display:none}"
        "</style>"
    )
    inside = tag("div", *parts, style=f"color:{INK};max-width:60em")
    return joined(rules, tag("div", inside, class_=f"{mark}-still"))

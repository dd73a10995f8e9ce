"""Buttons and rows of widgets, as all screens have them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.tracebacks import public

if TYPE_CHECKING:
    from collections.abc import Callable


def button(
    words: str, act: Callable[..., None], *, tip: str = "", style: str = "", kind: str = ""
) -> Any:
    """Return a button; ``style`` is one of ipywidgets' button styles."""
    made = widgets.Button(description=words, tooltip=tip or words, button_style=style)
    made.on_click(act)
    made.add_class(kind or "sms-button")
    return made


def row(*children: Any) -> Any:
    """Return widgets beside each other that wrap where there is no room."""
    made = widgets.Box(children)
    made.add_class("sms-row")
    return made


def shown(widget: Any, *, when: bool) -> None:
    """Show a widget or take it out of the page."""
    widget.layout.display = None if when else "none"


def guarded(
    act: Callable[[], Any], *, first: Callable[[], None], fail: Callable[[BaseException], None]
) -> Callable[..., None]:
    """Return a handler that shows an exception of ``act`` instead of losing it.

    ``first`` is called before it, ``fail`` with what went wrong.
    """

    @public
    @functools.wraps(act)
    def handler(*_: Any) -> None:
        first()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a callback's exception is shown to nobody else
            fail(error)

    return handler

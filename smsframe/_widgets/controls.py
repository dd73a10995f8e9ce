"""Buttons, fields and rows of widgets, as all screens have them; handlers that lose no error."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._base.tracebacks import public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def button(
    words: str, act: Callable[..., None], *, tip: str = "", style: str = "", kind: str = ""
) -> Any:
    """Return a button; ``style`` is one of ipywidgets' button styles."""
    made = widgets.Button(description=words, tooltip=tip or words, button_style=style)
    made.on_click(act)
    made.add_class(kind or "sms-button")
    return made


def field(words: str, value: str = "", placeholder: str = "", *, live: bool = False) -> Any:
    """Return a text field; one that is not ``live`` is taken over when it is left."""
    return widgets.Text(
        description=words, value=value, placeholder=placeholder, continuous_update=live
    )


def row(*children: Any) -> Any:
    """Return widgets beside each other that wrap where there is no room."""
    made = widgets.Box(children)
    made.add_class("sms-row")
    return made


def shown(*those: Any, when: bool) -> None:
    """Show widgets or take them out of the page."""
    for widget in those:
        widget.layout.display = None if when else "none"


class Guard:
    """Whoever has controls: what one of their handlers raises is told to ``fail``, never lost.

    Handlers hold ``alone`` while they act, where others may change the same at the same time.
    """

    alone: AbstractContextManager[Any] = contextlib.nullcontext()
    _is_quiet = False

    def fail(self, error: BaseException) -> None:
        """Show what went wrong."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Do what comes before each handler."""

    def guarded(self, act: Callable[[], Any]) -> Callable[..., None]:
        """Return a handler that shows an exception of ``act`` instead of losing it."""

        @public
        @functools.wraps(act)
        def handler(*_: Any) -> None:
            with self.alone:
                self._begin()
                try:
                    act()
                except Exception as error:  # noqa: BLE001 - a callback's exception is shown to nobody else
                    self.fail(error)

        return handler

    def button(
        self, words: str, act: Callable[[], Any], *, tip: str = "", style: str = "", kind: str = ""
    ) -> Any:
        """Return a button, as `button` does, that is guarded."""
        return button(words, self.guarded(act), tip=tip, style=style, kind=kind)

    def hear(self, act: Callable[[], Any], *fields: Any) -> None:
        """Have ``act`` called when somebody else than ourselves has changed what a field says."""
        handler = self.guarded(act)

        def heard(_: Any) -> None:
            with self.alone:
                if not self._is_quiet:
                    handler()

        for one in fields:
            one.observe(heard, names="value")

    @contextlib.contextmanager
    def quietly(self) -> Iterator[None]:
        """Set fields of one's own without hearing of it."""
        before, self._is_quiet = self._is_quiet, True
        try:
            yield
        finally:
            self._is_quiet = before

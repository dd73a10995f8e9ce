"""A question before something is done: words, Back and Yes, and a number to type where it is large.

It only says whether a yes would be right. That it counts once is its owner's business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe._widgets.controls import row, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._widgets.controls import Guard


class Question:
    """Words, a field if something is to be typed, and two buttons.

    Attributes
    ----------
    number : int or None
        What has to be typed before there is a Yes; None: nothing.
    """

    def __init__(
        self, asks: Guard, *, yes: Callable[[], None], no: Callable[[], None], tip: str
    ) -> None:
        self.number: int | None = None
        self.words, self.field = widgets.HTML(), widgets.Text()
        self.yes = asks.button("Yes", yes, style="danger", kind="sms-yes")
        self.no = asks.button("Back", no, tip=tip, kind="sms-no")
        self.field.observe(self._check, names="value")
        self.field.on_msg(self._entered)
        self.box = widgets.VBox([self.words, self.field, row(self.no, self.yes)])
        self.box.add_class("sms-ask")
        shown(self.box, when=False)

    def ask(
        self, words: str, yes: str, *, number: int | None = None, field: str = "", value: str = ""
    ) -> None:
        """Show it; ``field`` is what is to be typed, if anything is."""
        self.number = number
        self.words.value, self.yes.description = words, yes
        self.field.description, self.field.value = field, value
        self.field.placeholder = "" if number is None else "how many"
        self._check()
        shown(self.field, when=bool(field))
        shown(self.box, when=True)
        (self.field if field else self.no).focus()

    def close(self) -> None:
        """Take it out of the page."""
        shown(self.box, when=False)

    @property
    def is_right(self) -> bool:
        """Whether what was typed is the number, however it is grouped."""
        typed = re.sub(r"[\s,.'’_]", "", self.field.value)
        return self.number is None or typed == str(self.number)

    def _check(self, *_: Any) -> None:
        """Let the last button be pressed when the number is right."""
        self.yes.disabled = not self.is_right

    def _entered(self, _: Any, content: Any, __: Any) -> None:
        """Take Enter beside the field for Yes, where that may be pressed."""
        may = self.box.layout.display is None and not self.yes.disabled
        if content.get("event") == "submit" and may:
            self.yes.click()

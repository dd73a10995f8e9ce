"""The text area: one anywidget, or a plain ``Textarea`` where anywidget is missing.

A plain text area cannot insert at the cursor, mark a character or count without the kernel; that is
why there is JavaScript here and nowhere else. It is a file of this package, put into the page by
the kernel: nothing is fetched from anywhere. The alphabet of GSM 7-bit is a trait, so that it is
written down once, in Python.

Both kinds have the same face (:class:`Editor`): ``text`` with ``on_text``, ``show`` for what is to
be marked and said, ``announce`` for screen readers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets
import traitlets

from smsframe._plan.texts import MAX_CHARACTERS
from smsframe._text.gsm7 import GSM7_BASIC, GSM7_EXTENDED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from smsframe._composer.row_preview import Hint

FOLDER = Path(__file__).parent


class Editor(Protocol):
    """What the composer needs of a text area."""

    box: Any

    @property
    def text(self) -> str:
        """What is written."""
        ...

    @text.setter
    def text(self, text: str) -> None: ...

    def on_text(self, listener: Callable[[str], None]) -> None:
        """Have each new text told."""
        ...

    def show(self, states: Mapping[str, str], hints: Sequence[Hint]) -> None:
        """Mark the tags and say what could be fixed."""
        ...

    def announce(self, sentence: str) -> None:
        """Have a screen reader say something."""
        ...

    def focus(self) -> None:
        """Put the cursor into it."""
        ...


def make_editor(columns: Sequence[str], text: str) -> Editor:
    """Return the best text area there is."""
    try:
        kind = _rich_kind()
    except ImportError:
        return PlainEditor(columns, text)
    return RichEditor(kind(), columns, text)


def _rich_kind() -> Any:
    """Return the widget class; made here, so that anywidget may be missing."""
    import anywidget  # noqa: PLC0415 - optional

    class TextArea(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget ships no types
        """The widget's model; see ``editor.js``."""

        _esm = (FOLDER / "editor.js").read_text(encoding="utf-8")
        text = traitlets.Unicode("").tag(sync=True)
        columns: Any = traitlets.List([]).tag(sync=True)
        states = traitlets.Dict({}).tag(sync=True)
        hints: Any = traitlets.List([]).tag(sync=True)
        alphabet = traitlets.Unicode("").tag(sync=True)
        limit = traitlets.Int(MAX_CHARACTERS).tag(sync=True)
        announcement = traitlets.Unicode("").tag(sync=True)

    return TextArea


class RichEditor:
    """The text area with marks."""

    def __init__(self, area: Any, columns: Sequence[str], text: str) -> None:
        self.box = area
        area.alphabet = "".join(sorted(GSM7_BASIC | GSM7_EXTENDED))
        area.columns = list(columns)
        area.text = text

    @property
    def text(self) -> str:
        """What is written."""
        return str(self.box.text)

    @text.setter
    def text(self, text: str) -> None:
        self.box.text = text

    def on_text(self, listener: Callable[[str], None]) -> None:
        """Have each new text told."""
        self.box.observe(lambda change: listener(change["new"]), names="text")

    def show(self, states: Mapping[str, str], hints: Sequence[Hint]) -> None:
        """Mark the tags and say what could be fixed."""
        self.box.states = dict(states)
        self.box.hints = [
            {"kind": h.kind, "sentence": h.sentence, "offers": [list(o) for o in h.offers]}
            for h in hints
        ]

    def announce(self, sentence: str) -> None:
        """Have a screen reader say something."""
        self.box.announcement = sentence

    def focus(self) -> None:
        """Put the cursor into it."""
        self.box.send({"do": "focus"})


class PlainEditor:
    """The text area of ipywidgets, with buttons that append."""

    def __init__(self, columns: Sequence[str], text: str) -> None:
        self._area = widgets.Textarea(
            value=text,
            description="Message",
            rows=5,
            continuous_update=True,
            layout=widgets.Layout(width="auto"),
        )
        self._notes = widgets.HTML()
        chips = widgets.Box([self._chip(column) for column in columns])
        chips.add_class("sms-row")
        self.box = widgets.VBox([self._area, chips, self._notes])

    @property
    def text(self) -> str:
        """What is written."""
        return str(self._area.value)

    @text.setter
    def text(self, text: str) -> None:
        self._area.value = text

    def on_text(self, listener: Callable[[str], None]) -> None:
        """Have each new text told."""
        self._area.observe(lambda change: listener(change["new"]), names="value")

    def show(self, states: Mapping[str, str], hints: Sequence[Hint]) -> None:  # noqa: ARG002 - nothing to mark in
        """Say what could be fixed."""
        from smsframe._composer.html import lines  # noqa: PLC0415 - markup is not needed else

        count = f"{len(self.text)} of {MAX_CHARACTERS} characters"
        self._notes.value = lines([count, *(hint.sentence for hint in hints)])

    def announce(self, sentence: str) -> None:
        """There is nothing here that a screen reader listens to."""

    def focus(self) -> None:
        """Put the cursor into it."""
        self._area.focus()

    def _chip(self, column: str) -> Any:
        """Return a button that appends a column's tag."""
        button = widgets.Button(description=column, tooltip=f"Appends %%{column}%%")

        def append(_: Any) -> None:
            self._area.value += f"%%{column}%%"

        button.on_click(append)
        return button

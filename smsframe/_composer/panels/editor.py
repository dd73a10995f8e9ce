"""The text area: one anywidget, or a plain ``Textarea`` where anywidget is missing.

A plain text area cannot insert at the cursor, mark a character or count without the kernel; that is
why there is JavaScript here and nowhere else. It is a file of this package, put into the page by
the kernel: nothing is fetched from anywhere. The alphabet of GSM 7-bit is a trait, so that it is
written down once, in Python.

Both kinds are an :class:`Editor`: ``text`` with ``on_text``, ``show`` for what is to be marked and
said, ``announce`` for screen readers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import traitlets

from smsframe._plan.texts import MAX_CHARACTERS
from smsframe._text.gsm7 import GSM7_BASIC, GSM7_EXTENDED
from smsframe._widgets.controls import button, row
from smsframe._widgets.html import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from smsframe._composer.row_preview import Hint

FOLDER = Path(__file__).parent


class Editor:
    """A text area; ``box`` is its widget, of which a trait of ``_area`` holds the text."""

    def __init__(self, box: Any, area: Any, trait: str) -> None:
        self.box, self._area, self._trait = box, area, trait

    @property
    def text(self) -> str:
        """What is written."""
        return str(getattr(self._area, self._trait))

    @text.setter
    def text(self, text: str) -> None:
        setattr(self._area, self._trait, text)

    def on_text(self, listener: Callable[[str], None]) -> None:
        """Have each new text told."""
        self._area.observe(lambda change: listener(change["new"]), names=self._trait)

    def show(self, states: Mapping[str, str], hints: Sequence[Hint]) -> None:
        """Mark the tags and say what could be fixed."""
        raise NotImplementedError

    def announce(self, sentence: str) -> None:
        """Have a screen reader say something, where there is anything that it listens to."""

    def focus(self) -> None:
        """Put the cursor into it."""
        self._area.focus()


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


class RichEditor(Editor):
    """The text area with marks."""

    def __init__(self, area: Any, columns: Sequence[str], text: str) -> None:
        super().__init__(area, area, "text")
        area.alphabet = "".join(sorted(GSM7_BASIC | GSM7_EXTENDED))
        area.columns = list(columns)
        area.text = text

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


class PlainEditor(Editor):
    """The text area of ipywidgets, with buttons that append."""

    def __init__(self, columns: Sequence[str], text: str) -> None:
        wide = widgets.Layout(width="auto")
        area = widgets.Textarea(value=text, description="Message", rows=5, layout=wide)
        self._notes = widgets.HTML()
        chips = row(*(self._chip(column) for column in columns))
        super().__init__(widgets.VBox([area, chips, self._notes]), area, "value")

    def show(self, states: Mapping[str, str], hints: Sequence[Hint]) -> None:  # noqa: ARG002 - nothing to mark in
        """Say what could be fixed."""
        count = f"{len(self.text)} of {MAX_CHARACTERS} characters"
        self._notes.value = lines([count, *(hint.sentence for hint in hints)])

    def _chip(self, column: str) -> Any:
        """Return a button that appends a column's tag."""

        def append(_: Any) -> None:
            self.text += f"%%{column}%%"

        return button(column, append, tip=f"Appends %%{column}%%")

"""Write: the text, with what it says wrong as it is typed, and the texts of this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._composer import html, row_preview, text_history
from smsframe._composer.panels.base import Panel, shown
from smsframe._composer.panels.editor import make_editor
from smsframe._composer.panels.problems import WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.state import Desk

SHORT = 60
NAMED = 5
UNTAGGED = ("%", "\r", "\n")


class WritePanel(Panel):
    """The text area, and what the text costs."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Message", "write")
        names = dict.fromkeys(str(column) for column in desk.frame.columns)
        chips = [name for name in names if _can_be_tag(name)]
        self.editor = make_editor(chips, desk.choices.text)
        self.untagged = widgets.HTML(_untagged([name for name in names if not _can_be_tag(name)]))
        self.span = widgets.HTML()
        self.fold = widgets.Checkbox(
            value=desk.choices.fold is not None,
            description="Replace look-alikes (’ “ – …) that force UCS-2 by plain characters",
            indent=False,
            layout=widgets.Layout(width="auto"),
        )
        self.earlier = widgets.Dropdown(description="Earlier texts", options=[("", "")])
        self.editor.on_text(lambda text: self.guarded(lambda: self.write(text))())
        self.fold.observe(self.guarded(self.refold), names="value")
        self.earlier.observe(self.guarded(self.recall), names="value")
        self.box.children = (
            *(self.editor.box, self.untagged, self.span, self.fold, self.earlier, self.errors),
        )
        desk.on("choices", self.refresh)
        desk.on("overview", self.refresh_span)
        self.offer()
        self.refresh()

    def write(self, text: str) -> None:
        """Take a new text."""
        self.desk.choose(text=text)

    def refold(self) -> None:
        """Take over whether look-alikes are replaced."""
        self.desk.choose(fold="gsm7" if self.fold.value else None)

    def recall(self) -> None:
        """Bring back an earlier text; the one that was written is kept in its place."""
        chosen = self.earlier.value
        if not chosen:
            return
        written = self.editor.text
        self.editor.text = chosen
        text_history.remember(written)
        self.offer()

    def offer(self) -> None:
        """List the texts of this session."""
        kept = [text for text in text_history.texts() if text != self.editor.text]
        self.earlier.options = [("", ""), *((_short(text), text) for text in kept)]
        shown(self.earlier, when=bool(kept))

    def refresh(self) -> None:
        """Mark the tags and say what could be fixed."""
        frame, choices = self.desk.frame, self.desk.choices
        self.editor.show(row_preview.tag_states(frame, choices), row_preview.hints(frame, choices))
        self.refresh_span()

    def refresh_span(self) -> None:
        """Say what the messages of all rows cost, as far as it is known."""
        seen = self.desk.overview
        self.span.value = html.faint(WAITING if seen is None else html.span(seen))
        if self.desk.refusal:
            self.span.value = ""


def _can_be_tag(name: str) -> bool:
    """Whether a column's name can stand between the signs of a tag."""
    return bool(name) and not any(mark in name for mark in UNTAGGED)


def _untagged(names: Sequence[str]) -> str:
    """Say which columns have no button, why, and how they are used all the same."""
    if not names:
        return ""
    some = ", ".join(repr(_short(name)) for name in names[:NAMED])
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return html.faint(
        f"No button for {some}{more}: such a name cannot be a tag (a % or a line break in it, or "
        "nothing). Write a tag of your own, such as %%Value%%, and choose the column beside it."
    )


def _short(text: str) -> str:
    """Return a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"

"""Write: the text, with what it says wrong as it is typed, and the texts of before.

What is typed is a draft on this machine a moment later. A draft is one screen's and one message's:
a text that is taken from the list, and the next message, begin another one, so none is written over
that somebody may want back.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._base.masking import mask_phone
from smsframe._composer import html, row_preview, text_history
from smsframe._composer.background import Background
from smsframe._composer.panels.base import Panel, button, row, shown
from smsframe._composer.panels.editor import make_editor
from smsframe._composer.panels.problems import WAITING
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.state import Desk

DRAFT_PAUSE_S = 0.5
SHORT = 60
NAME_CHARACTERS = 60
NOT_WRITTEN = "Texts cannot be written down on this machine, so they last as long as this session: "
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
            description="Replace look-alikes (’ “ – …) that make messages longer",
            indent=False,
            layout=widgets.Layout(width="auto"),
        )
        self.earlier = widgets.Dropdown(description="Earlier texts", options=[("Choose …", "")])
        self.name = widgets.Text(description="Keep as", placeholder="a name, to use it again")
        self.keep = button("Keep", self.guarded(self.keep_text), tip="Keep this text by its name")
        self.drop = button("Keep no more", self.guarded(self.drop_text), tip="Forget this name")
        self.kept_note = widgets.HTML()
        self._mark = secrets.token_hex(4)
        self._given = desk.choices.text
        self._drafts = Background(DRAFT_PAUSE_S, self._cannot_write)
        self.editor.on_text(lambda text: self.guarded(lambda: self.write(text))())
        self.fold.observe(self.guarded(self.refold), names="value")
        self.earlier.observe(self.guarded(self.recall), names="value")
        self.name.observe(self.guarded(self.offer_name), names="value")
        self.box.children = (
            *(self.editor.box, self.untagged, self.span, self.fold, self.earlier),
            *(row(self.name, self.keep, self.drop), self.kept_note, self.errors),
        )
        desk.on("choices", self.refresh)
        desk.on("overview", self.refresh_span)
        self.offer()
        self.refresh()

    def write(self, text: str) -> None:
        """Take a new text, and write it down a moment later."""
        self.kept_note.value = ""
        self.desk.choose(text=text)
        if text.strip() and text != self._given:
            self._drafts.ask(partial(text_history.draft, self._mark, text))

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until what was typed is written down; False when that takes longer."""
        return self._drafts.wait(timeout_s)

    def _cannot_write(self, error: Exception) -> None:
        """Say that texts are not written down; they stay in this session."""
        self.kept_note.value = html.warning(NOT_WRITTEN + mask_phone(str(error)))

    def refold(self) -> None:
        """Take over whether look-alikes are replaced."""
        self.desk.choose(fold="gsm7" if self.fold.value else None)

    def recall(self) -> None:
        """Bring back an earlier text; the one that was written is kept in its place."""
        chosen = self.earlier.value
        if not chosen:
            return
        self._put(chosen)
        self.name.value = next((n for n, text in text_history.kept().items() if text == chosen), "")

    def start_anew(self) -> None:
        """Begin another message where one was, with the cursor in it."""
        self._put("")
        self.editor.focus()

    def _put(self, text: str) -> None:
        """Put another text in place of the one that is written, which is kept."""
        written = self.editor.text
        self._drafts.wait(DRAFT_PAUSE_S)
        self._mark, self._given = secrets.token_hex(4), text
        self.editor.text = text
        text_history.remember(written)
        self.offer()

    def keep_text(self) -> None:
        """Keep the text by the name that was typed."""
        name = " ".join(self.name.value.split())[:NAME_CHARACTERS]
        if not name:
            raise InputError("Write a name to keep the text by.")
        if not self.editor.text.strip():
            raise InputError("There is no text to keep yet.")
        name = text_history.without_numbers(name)
        text_history.keep(name, self.editor.text)
        self.offer()
        self.kept_note.value = html.faint(f"Kept as “{name}” on this machine.")
        if text_history.without_numbers(self.editor.text) != self.editor.text:
            self.kept_note.value = html.warning(
                f"Kept as “{name}” on this machine, without the phone number in it: "
                f"“{text_history.NUMBER}” stands in its place."
            )

    def drop_text(self) -> None:
        """Keep the text of a name no more."""
        name = " ".join(self.name.value.split())
        text_history.drop(name)
        self.offer()
        self.kept_note.value = html.faint(f"“{name}” is kept no more.")

    def offer(self) -> None:
        """List the texts that are kept by name, then those that were written before."""
        named = [(f"“{_short(name)}”", text) for name, text in text_history.kept().items()]
        texts = {text for _, text in named} | {self.editor.text}
        texts |= {text_history.without_numbers(self.editor.text)}
        others = [(_short(text), text) for text in text_history.texts() if text not in texts]
        self.earlier.options = [("Choose …", ""), *named, *others]
        shown(self.earlier, when=bool(named or others))
        self.offer_name()

    def offer_name(self) -> None:
        """Let a name be dropped that there is."""
        shown(self.drop, when=" ".join(self.name.value.split()) in text_history.kept())

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

"""Write: the text, with what it says wrong as it is typed, and the texts of before.

What is typed is a draft on this machine a moment later. A draft is one screen's and one message's:
a text that is taken from the list, and the next message, begin another one, so none is written over
that somebody may want back.

Of several texts each has a text area of its own, of which one is shown: what is typed while another
tab is being opened stays where it was typed. Together they are one draft.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._base.masking import mask_phone
from smsframe._composer import row_preview, text_history, views
from smsframe._composer.background import Background
from smsframe._composer.panels.base import Panel
from smsframe._composer.panels.editor import make_editor
from smsframe._composer.panels.problems import WAITING
from smsframe._composer.panels.texts import TextsPanel
from smsframe._widgets import html
from smsframe._widgets.controls import field, row, shown
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.panels.editor import Editor
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
        self._chips = [name for name in names if _can_be_tag(name)]
        self._editors: dict[str, Editor] = {}
        self.area = widgets.VBox()
        self.texts = TextsPanel(desk, announce=self.announce)
        self.untagged = widgets.HTML(_untagged([name for name in names if not _can_be_tag(name)]))
        self.span = widgets.HTML()
        self.fold = widgets.Checkbox(
            value=desk.choices.fold is not None,
            description="Replace look-alikes (’ “ – …) that make messages longer",
            indent=False,
            layout=widgets.Layout(width="auto"),
        )
        self.earlier = widgets.Dropdown(description="Earlier texts", options=[("Choose …", "")])
        self.name = field("Keep as", placeholder="a name, to use it again", live=True)
        self.keep = self.button("Keep", self.keep_text, tip="Keep what is written")
        self.drop = self.button("Keep no more", self.drop_text, tip="Forget this name")
        self.kept_note = widgets.HTML()
        self._mark = secrets.token_hex(4)
        self._given = self._written
        self._drafts = Background(DRAFT_PAUSE_S, self._cannot_write)
        self.hear(lambda: desk.choose(fold="gsm7" if self.fold.value else None), self.fold)
        self.hear(self.recall, self.earlier)
        self.hear(self.offer_name, self.name)
        self.box.children = (
            *(self.texts.tabs_box, self.area, self.untagged, self.span, self.fold),
            *(self.texts.box, self.earlier),
            *(row(self.name, self.keep, self.drop), self.kept_note, self.errors),
        )
        desk.on(self.refresh, "choices", "tab")
        desk.on(self.refresh_span, "overview")
        self.refresh()
        self.offer()

    @property
    def editor(self) -> Editor:
        """The text area that is shown."""
        return self._editors[self._shown]

    @property
    def _shown(self) -> str:
        """The name of the text whose area is shown; "" where there is one text."""
        return self.desk.tab if self.desk.choices.texts else ""

    def announce(self, sentence: str) -> None:
        """Have a screen reader say something."""
        self.editor.announce(sentence)

    def _arrange(self) -> None:
        """Have a text area for each text, and show the one at hand; on the main thread."""
        wanted = self.desk.choices.texts or {"": self.desk.choices.text}
        for name in set(self._editors) - set(wanted):
            del self._editors[name]
        for name in wanted:
            if name not in self._editors:
                self._editors[name] = self._new_editor(name, wanted[name])
        for name, editor in self._editors.items():
            if editor.text != wanted[name]:
                editor.text = wanted[name]
            if name != self._shown:
                shown(editor.box, when=False)  # first: there are never two to type into
        boxes = tuple(self._editors[name].box for name in wanted)
        if boxes != self.area.children:
            self.area.children = boxes
        shown(self.editor.box, when=True)

    def _new_editor(self, name: str, text: str) -> Editor:
        """Return a text area that writes one of the texts."""
        editor = make_editor(self._chips, text)
        editor.on_text(lambda new: self.guarded(lambda: self.write(new, name))())
        return editor

    def write(self, text: str, name: str = "") -> None:
        """Take a new text."""
        if (name in self.desk.choices.texts) if name else not self.desk.choices.texts:
            self.desk.write(text, name)
        self._draft()

    @property
    def _written(self) -> text_history.Kept:
        """What stands on the screen: one text, or several by their names."""
        return text_history.as_kept(self.desk.choices.said)

    def _draft(self) -> None:
        """Write down what stands on the screen, a moment later, where it belongs now."""
        self.kept_note.value = ""
        written = self._written
        if text_history.says_something(written) and written != self._given:
            place = text_history.place()
            self._drafts.ask(partial(text_history.draft, self._mark, written, place))

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until what was typed is written down; False when that takes longer."""
        return self._drafts.wait(timeout_s)

    def _cannot_write(self, error: Exception) -> None:
        """Say that texts are not written down; they stay in this session."""
        self.kept_note.value = html.warning(NOT_WRITTEN + mask_phone(str(error)))

    def recall(self) -> None:
        """Bring back an earlier text; the one that was written is kept in its place."""
        chosen = self.earlier.value
        if not chosen:
            return
        self._put(chosen)
        named = text_history.kept().items()
        self.name.value = next((name for name, said in named if said == chosen), "")

    def start_anew(self) -> None:
        """Begin another message, of one text, where one was, with the cursor in it."""
        self._put("")
        self.editor.focus()

    def _put(self, said: text_history.Kept) -> None:
        """Put another text, or several, in place of what is written, which is kept."""
        written = self.desk.choices.said
        self._drafts.wait(DRAFT_PAUSE_S)
        self._mark, self._given = secrets.token_hex(4), said
        if not isinstance(said, str):
            self.texts.put(dict(said))
        else:
            if self.desk.choices.texts:
                self.texts.put({})
            self.editor.text = said
        text_history.remember(written)
        self.offer()

    def keep_text(self) -> None:
        """Keep what is written by the name that was typed."""
        name, written = " ".join(self.name.value.split())[:NAME_CHARACTERS], self._written
        if not name:
            raise InputError("Write a name to keep the text by.")
        if not text_history.says_something(written):
            raise InputError("There is no text to keep yet.")
        name = text_history.without_numbers(name)
        text_history.keep(name, written)
        self.offer()
        self.kept_note.value = html.faint(f"Kept as “{name}” on this machine.")
        if text_history.on_disk(written) != written:
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
        named = [(f"“{_short(name)}”", said) for name, said in text_history.kept().items()]
        here = self._written
        listed = {said for _, said in named} | {here, text_history.on_disk(here)}
        others = [(_short(said), said) for said in text_history.texts() if said not in listed]
        self.earlier.options = [("Choose …", ""), *named, *others]
        shown(self.earlier, when=bool(named or others))
        self.offer_name()

    def offer_name(self) -> None:
        """Let a name be dropped that there is."""
        shown(self.drop, when=" ".join(self.name.value.split()) in text_history.kept())

    def refresh(self) -> None:
        """Mark the tags and say what could be fixed."""
        self._arrange()
        frame, choices = self.desk.frame, self.desk.written
        self.editor.show(row_preview.tag_states(frame, choices), row_preview.hints(frame, choices))
        self.refresh_span()

    def refresh_span(self) -> None:
        """Say what the messages of all rows cost, as far as it is known."""
        seen = self.desk.overview
        self.span.value = html.faint(WAITING if seen is None else views.span(seen))
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


def _short(text: text_history.Kept) -> str:
    """Return a text, or several with their names, in one line."""
    told = text if isinstance(text, str) else " · ".join(f"{name}: {t}" for name, t in text)
    return html.in_line(told, SHORT)

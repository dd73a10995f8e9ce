"""Write: the text, with what it says wrong as it is typed, and the texts of this session.

Of several texts each has a text area of its own, of which one is shown: what is typed while another
tab is being opened stays where it was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from smsframe._composer import html, row_preview, text_history
from smsframe._composer.panels.base import Panel, shown
from smsframe._composer.panels.editor import make_editor
from smsframe._composer.panels.problems import WAITING
from smsframe._composer.panels.texts import TextsPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.panels.editor import Editor
    from smsframe._composer.state import Desk

SHORT = 60
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
            description="Replace look-alikes (’ “ – …) that force UCS-2 by plain characters",
            indent=False,
            layout=widgets.Layout(width="auto"),
        )
        self.earlier = widgets.Dropdown(description="Earlier texts", options=[("", "")])
        self.fold.observe(self.guarded(self.refold), names="value")
        self.earlier.observe(self.guarded(self.recall), names="value")
        self.box.children = (
            *(self.texts.tabs_box, self.area, self.untagged, self.span, self.fold),
            *(self.texts.box, self.earlier, self.errors),
        )
        desk.on("choices", self.refresh)
        desk.on("tab", self.refresh)
        desk.on("overview", self.refresh_span)
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
        if set(wanted) != set(self._editors):
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

    def refold(self) -> None:
        """Take over whether look-alikes are replaced."""
        self.desk.choose(fold="gsm7" if self.fold.value else None)

    def recall(self) -> None:
        """Bring back an earlier text; the one that was written is kept in its place."""
        chosen = self.earlier.value
        if not chosen:
            return
        written = self.desk.choices.said
        if isinstance(chosen, str):
            self.editor.text = chosen
        else:
            self.texts.put(dict(chosen))
        text_history.remember(written)
        self.offer()

    def begin_anew(self) -> None:
        """Begin another message, of one text."""
        self.texts.put({})
        self.editor.text = ""
        self.offer()

    def offer(self) -> None:
        """List the texts of this session."""
        now = text_history.as_kept(self.desk.choices.said)
        kept = [text for text in text_history.texts() if text != now]
        self.earlier.options = [("", ""), *((_short(text), text) for text in kept)]
        shown(self.earlier, when=bool(kept))

    def refresh(self) -> None:
        """Mark the tags and say what could be fixed."""
        self._arrange()
        frame, choices = self.desk.frame, self.desk.written
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


def _short(text: text_history.Kept) -> str:
    """Return a text, or several with their names, in one line."""
    told = text if isinstance(text, str) else " · ".join(f"{name}: {t}" for name, t in text)
    line = " ".join(told.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"

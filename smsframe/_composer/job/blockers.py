"""What stands in the way of a send, each with the way round it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.masking import mask_label
from smsframe._base.sentences import many
from smsframe._composer.state import NO_RECIPIENTS, NO_ROWS
from smsframe._composer.views import held_line
from smsframe._widgets import active_job
from smsframe._widgets.html import in_line
from smsframe._widgets.where import ends_with_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.state import Desk
    from smsframe._widgets.send_job import Dispatch

NAME_CHARACTERS = 40
KEEP_OPEN = (
    "Keep this page open until a send has ended: closing or reloading the tab ends it. What was "
    "not sent by then can be sent on later; what was under way is unknown then."
)


def name_of(dispatch: Dispatch) -> str:
    """Return what tells a send from others: its campaign, else the first words of its text."""
    chosen = dispatch.choices
    if chosen is not None and chosen.campaign:
        return f"campaign {in_line(chosen.campaign, NAME_CHARACTERS)}"
    return f"“{in_line(dispatch.plan.message.content or '', NAME_CHARACTERS)}”"


def sentence_of(dispatch: Dispatch, *, mine: bool) -> str:
    """Say what goes on, and why no other campaign can; ``mine``: it sends what the screen shows."""
    what = f"{many(dispatch.number, 'message')} from program {dispatch.plan.message.program}"
    begun = (
        f"This notebook is sending {what}, begun on its screen."
        if mine
        else f"Another screen of this notebook is sending ({name_of(dispatch)}): {what}."
    )
    looked = "" if ends_with_page() else "It goes on whether or not anybody looks. "
    return (
        f"{begun} {looked}Stop ends it between two batches. "
        "Until it has ended no other campaign can be sent from here; a try still can."
    )


def remarks(desk: Desk) -> list[str]:
    """Return what to know before a send, that keeps nobody from it."""
    told = [desk.changed] if desk.changed else []
    return [*told, KEEP_OPEN] if ends_with_page() else told


def obstacles(desk: Desk, *, mine: bool = False) -> Sequence[str]:
    """Return why nothing can be sent now; empty when it can."""
    going = active_job.current()
    if going is not None:
        return [sentence_of(going, mine=mine)]
    found = _unchosen(desk) if len(desk.frame) else [NO_ROWS]
    if not found:
        found = list(desk.wrong.values()) or _found(desk)
    return found


def not_active(program: str, status: str) -> str:
    """Say that nothing can be sent from a program."""
    return (
        f"Program {program} is {status}, so nothing can be sent from it. Choose another one, or "
        "activate it in the product."
    )


def _unchosen(desk: Desk) -> list[str]:
    """Return what has to be chosen first."""
    found = []
    if desk.client is None:
        found.append('Nothing is connected. Run smsframe.connect("sandbox"), or with your pod.')
    blank = [name for name, text in desk.choices.texts.items() if not text.strip()]
    found += [f"Write the text {mask_label(repr(name))}, or remove it." for name in blank]
    if desk.choices.texts and not desk.choices.campaign:
        found.append("Give the campaign a name: it decides who gets which of several texts.")
    if not any(text.strip() for text in desk.choices.contents) and not blank:
        found.append("Write the message.")
    if not desk.choices.program:
        found.append("Choose the program to send from.")
    elif status := desk.inactive.get(desk.choices.program):
        found.append(not_active(desk.choices.program, status))
    if desk.choices.phone is None and not desk.choices.lookup:
        found.append(NO_RECIPIENTS)
    return found


def _found(desk: Desk) -> list[str]:
    """Return what all rows together say against it."""
    if desk.refusal:
        return [desk.refusal]
    seen = desk.overview
    if seen is None:
        return ["Working out how many messages would go out …"]
    if seen.blocking:
        return list(seen.blocking)
    if seen.left:
        return []
    none = "No message may go out now." if seen.waits else "No message is left to send."
    return [" ".join(filter(None, [none, held_line(seen)]))]

"""What stands in the way of a send, each with the way round it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe.composing.desk import Desk


def obstacles(desk: Desk) -> Sequence[str]:
    """Return why nothing can be sent now; empty when it can."""
    found = []
    if desk.client is None:
        found.append('Nothing is connected. Run smsframe.connect("sandbox"), or with your pod.')
    if not desk.choices.text.strip():
        found.append("Write the message.")
    if not desk.choices.program:
        found.append("Choose the program to send from.")
    if desk.choices.phone is None and not desk.choices.lookup:
        found.append("Choose the column of phone numbers.")
    if found:
        return found
    if desk.refusal:
        return [desk.refusal]
    seen = desk.overview
    if seen is None:
        return ["Working out how many messages would go out …"]
    if seen.blocking:
        return list(seen.blocking)
    return [] if seen.left else ["No message is left to send."]

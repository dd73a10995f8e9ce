"""What is the same for every recipient of a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is the same for every recipient.

    Parameters
    ----------
    program : str
        SMS program id, ``channelQualifier`` on the wire.
    content, content_id : str, optional
        The text with its placeholders, or the id of a published message.
    defaults : mapping of str to str
        ``personalizationDefaults``; left out when empty.
    source, campaign_name : str, optional
        Come back on the events of each message.
    ttl_minutes : int, optional
        Minutes after which a message that was not sent is discarded.
    character_swap : bool, optional
        Apply the organization's character mapping.
    """

    program: str
    content: str | None = None
    content_id: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    campaign_name: str | None = None
    ttl_minutes: int | None = None
    character_swap: bool | None = None

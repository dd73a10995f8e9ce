"""A plan to messages that went out: claim, post, settle."""

from __future__ import annotations

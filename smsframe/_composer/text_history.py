"""Texts that were written in this session, newest first: a cell that is run again loses none.

Several texts that belong together are kept together, with their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

MOST = 20

Kept: TypeAlias = str | tuple[tuple[str, str], ...]
"""A text, or names and texts."""

_texts: list[Kept] = []


def as_kept(said: str | Mapping[str, str]) -> Kept:
    """Return a text, or several by their names, as they are kept."""
    return tuple(said.items()) if isinstance(said, Mapping) else said


def remember(said: str | Mapping[str, str]) -> None:
    """Keep a text, or several; what is kept already moves to the front."""
    written = said.values() if isinstance(said, Mapping) else [said]
    if not any(text.strip() for text in written):
        return
    new = as_kept(said)
    _texts[:] = [new, *(kept for kept in _texts if kept != new)][:MOST]


def texts() -> list[Kept]:
    """Return the texts that are kept, newest first."""
    return list(_texts)


def forget() -> None:
    """Drop all texts."""
    _texts.clear()

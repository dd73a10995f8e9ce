"""Texts that were written in this session, newest first: a cell that is run again loses none."""

from __future__ import annotations

MOST = 20

_texts: list[str] = []


def remember(text: str) -> None:
    """Keep a text; one that is kept already moves to the front."""
    if not text.strip():
        return
    _texts[:] = [text, *(kept for kept in _texts if kept != text)][:MOST]


def texts() -> list[str]:
    """Return the texts that are kept, newest first."""
    return list(_texts)


def forget() -> None:
    """Drop all texts."""
    _texts.clear()

"""What people call of the journal by themselves: :func:`forget`."""

from __future__ import annotations

from smsframe._journal.store import forget

__all__ = ["forget"]

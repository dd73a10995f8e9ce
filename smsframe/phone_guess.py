"""Which column holds the phone numbers (in work)."""

from __future__ import annotations

from typing import Any


def guess_phone_column(frame: Any) -> Any:
    """Return the label of the one column that is plainly a phone column."""
    raise NotImplementedError

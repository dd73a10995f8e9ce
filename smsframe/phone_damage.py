"""Faults of a whole phone column (in work)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One fault of a whole column, with its evidence."""

    code: str
    sentence: str
    rows: int
    distinct: int
    examples: tuple[str, ...] = ()
    severity: str = "error"


def find_damage(column: Any, texts: Any, readings: Any, region: str | None) -> tuple[Damage, ...]:  # noqa: ARG001
    """Return the faults of a column."""
    return ()

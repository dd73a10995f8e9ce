"""Rows that a rule holds back when a run begins, or later, when their batch would be claimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._base.arrow import Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRows:
    """Rows by position with the code of the rule, and of each the number of its sentence."""

    code: str
    rows: Positions
    number: npt.NDArray[np.int64]
    sentences: Sequence[str]

    @classmethod
    def of(cls, code: str, rows: Positions, sentence: str) -> HeldRows:
        """Hold rows back for one reason."""
        number = np.zeros(len(rows), dtype=np.int64)
        return cls(code=code, rows=rows, number=number, sentences=[sentence])

    def __len__(self) -> int:
        return len(self.rows)

    def but(self, rows: Positions) -> HeldRows:
        """Return those that are not among some rows."""
        kept = ~np.isin(self.rows, rows)
        return HeldRows(
            code=self.code,
            rows=self.rows[kept],
            number=self.number[kept],
            sentences=self.sentences,
        )

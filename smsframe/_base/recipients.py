"""The recipients of one batch, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from smsframe._base.arrow import Positions


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Slice:
    """The recipients of one batch, column by column."""

    rows: Positions
    contact_ids: pa.Array | None
    lookups: Mapping[str, pa.Array]
    personalization: Mapping[str, pa.Array]
    segments: npt.NDArray[np.int16]

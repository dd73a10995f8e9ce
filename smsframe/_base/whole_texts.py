"""Tables that are made to be read: their texts are shown whole.

pandas cuts a cell at 50 characters, which is where a sentence that says what to do has said what is
wrong. Whoever asks for the rows that failed, or for the first messages, wants to read them. So
these tables show themselves with whole cells, and give long ones some room. In all else they are
frames of pandas, and so is what is made of them; the settings of the session are left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


_LONG_CELL: Final = re.compile("<td>(?=[^<]{51})")
_WIDE_CELL: Final = "<td style='min-width:24em;text-align:left'>"
"""JupyterLab gives a long cell what short ones leave it, which may be a word a line."""


class WholeTexts(pd.DataFrame):
    """A frame whose cells are shown whole, as are those of a part of it."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        """What a part of it is: such a frame too."""
        return WholeTexts

    def __repr__(self) -> str:
        # Columns that do not fit beside the long one go below it, in place of three dots.
        with pd.option_context("display.max_colwidth", None, "display.max_columns", None):
            return super().__repr__()

    def _repr_html_(self) -> str | None:
        with pd.option_context("display.max_colwidth", None):
            shown: str | None = super()._repr_html_()  # type: ignore[misc]  # not in the stubs
        return None if shown is None else _LONG_CELL.sub(_WIDE_CELL, shown)


WholeTexts.__name__ = pd.DataFrame.__name__
"""An empty one says what it is by this name; pickle goes by the qualified one."""


def to_be_read(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that shows its cells whole."""
    out = WholeTexts(frame)
    out.attrs = frame.attrs
    return out

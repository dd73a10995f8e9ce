"""Results of rows that went out in a later sweep: put into files that are written already.

The first sweep writes all files of results, the rows that wait with their reason. What becomes of
those is kept on disk, portion by portion, until the sweep is over; then each file that is concerned
is written anew, one in memory at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from smsframe._stream.result_files import as_arrow, rewrite
from smsframe._stream.sources import result_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from smsframe._base.arrow import Positions
    from smsframe._stream.portions import Portion
    from smsframe._stream.scratch import Scratch
    from smsframe._stream.sources import SourceFile

_PLACE: Final = "place"


class Patches:
    """What has become of rows since their files were written."""

    def __init__(self, scratch: Scratch, out: Path, files: Sequence[SourceFile]) -> None:
        self._scratch, self._out, self._files = scratch, out, files
        self._made: dict[int, list[Path]] = {}

    def add(self, portion: Portion, rows: Positions, results: pd.DataFrame) -> None:
        """Keep the results of some rows of a portion, in their order."""
        at = 0
        for piece in portion.pieces:
            end = at + piece.rows
            here = (rows >= at) & (rows < end)
            if here.any():
                made = self._made.setdefault(piece.file, [])
                place = self._scratch.place(f"patch{piece.file}-{portion.number}-{len(made)}")
                where = pa.array(rows[here] - at + piece.start)
                pq.write_table(as_arrow(results[here]).append_column(_PLACE, where), place)
                made.append(place)
            at = end

    def apply(self) -> None:
        """Write the files that are concerned anew."""
        for number, places in sorted(self._made.items()):
            path = self._out.absolute() / result_name(self._files[number])
            table, patches = pq.read_table(path), pa.concat_tables(map(pq.read_table, places))
            ours = [name for name in patches.column_names if name != _PLACE]
            which = np.arange(table.num_rows)
            which[patches[_PLACE].to_numpy()] = np.arange(patches.num_rows) + table.num_rows
            every = pa.concat_tables([table.select(ours), patches.select(ours)])
            rewrite(path, every.take(pa.array(which)))
            for place in places:
                place.unlink()
        self._made.clear()

"""Results of a list of files: a folder of Parquet files, looked at one file at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from smsframe._base.result_columns import STATUSES, VARIANT
from smsframe._base.tracebacks import public
from smsframe._results import settle
from smsframe._results.rows import FAILED
from smsframe._send.report import phrase
from smsframe._stream.result_files import NOTE, OURS, SCHEMA, read_note, rewrite
from smsframe.errors import InputError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from smsframe._acoustic.client import Client

__all__ = ["SentFiles"]


@public
class SentFiles:
    """Results of :func:`smsframe.send_files`: a folder with one Parquet file for each file sent.

    Nothing is read until it is asked for, and then one file at a time. The folder may be moved;
    ``pyarrow.dataset``, DuckDB, polars, Dask and Spark read it as any folder of Parquet files.

    Parameters
    ----------
    path : path
        The folder, as ``out=`` of :func:`smsframe.send_files`.

    Attributes
    ----------
    path : Path
        The folder.
    run : str or None
        Id of the run that wrote it; None where nothing was left to send.
    counts : dict of str to int
        Rows by status, counted in the files as they are now.

    Raises
    ------
    InputError
        The folder holds no results.

    Examples
    --------
    >>> import pandas as pd, pathlib, smsframe, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
    >>> people.to_parquet(folder / "people.parquet")
    >>> with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    ...     sent = smsframe.send_files(
    ...         folder / "people.parquet", "Hi %%Name%%", program="148372",
    ...         out=folder / "results", progress=False,
    ...     )
    >>> smsframe.SentFiles(folder / "results").counts
    {'accepted': 1}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._note = read_note(self.path)
        if not self._note:
            raise InputError(
                f"{str(self.path)!r} holds no results of smsframe.send_files: {NOTE} is not in it. "
                "If the folder is gone, what was sent is still known, and is not sent again."
            )

    @property
    def run(self) -> str | None:
        """Id of the run that wrote the folder."""
        run: str | None = self._note["run"]
        return run

    @property
    def files(self) -> list[Path]:
        """The files of results, in the order of the files that were sent; those that are there."""
        paths = [self.path / name for name in self._note["files"]]
        return [path for path in paths if path.exists()]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status."""
        table = self.summary()
        counted = table.groupby("status", observed=True)["rows"].sum()
        return {name: int(counted[name]) for name in STATUSES if name in counted.index}

    def summary(self) -> pd.DataFrame:
        """Count the rows by status and code, and their segments.

        Returns
        -------
        DataFrame
            Columns ``status``, ``code`` (string), ``rows`` and ``segments`` (int64), in the order
            of the statuses.
        """
        names = ["sms_status", "sms_code", "sms_segments"]
        parts = []
        for path in self.files:
            table = pq.read_table(path, columns=names)
            table = table.set_column(0, "sms_status", table["sms_status"].cast(pa.string()))
            parts.append(
                table.group_by(names[:2]).aggregate([([], "count_all"), ("sms_segments", "sum")])
            )
        if not parts:
            return pd.DataFrame({"status": [], "code": [], "rows": [], "segments": []})
        counted = pa.concat_tables(parts).group_by(names[:2])
        frame = counted.aggregate([("count_all", "sum"), ("sms_segments_sum", "sum")]).to_pandas()
        rank = frame["sms_status"].map(STATUSES.index).to_numpy()
        code = frame["sms_code"].astype("string")
        out = pd.DataFrame(
            {
                "status": frame["sms_status"].astype("string"),
                "code": code,
                "rows": frame["count_all_sum"].astype("int64"),
                "segments": frame["sms_segments_sum_sum"].fillna(0).astype("int64"),
            }
        )
        order = np.lexsort((code.fillna("").to_numpy(dtype=str), rank))
        return out.iloc[order].reset_index(drop=True)

    @property
    def failed(self) -> pd.DataFrame:
        """Rows that did not go out, of all files, with the ``file`` they are in."""
        return self._rows_with(FAILED)

    @property
    def unknown(self) -> pd.DataFrame:
        """Rows that may have gone out, of all files, with the ``file`` they are in."""
        return self._rows_with(("unknown",))

    def to_frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return all rows of all files as one frame, which has to fit into memory.

        Parameters
        ----------
        columns : list of str, optional
            Only these columns. None: all of them.
        """
        wanted = None if columns is None else list(columns)
        frames = [read_results(path, wanted) for path in self.files]
        if not frames:
            return pd.DataFrame(columns=wanted or SCHEMA.names)
        out = pd.concat(frames, ignore_index=True)
        if "sms_status" in out.columns:
            out["sms_status"] = out["sms_status"].astype(pd.CategoricalDtype(list(STATUSES)))
        if VARIANT in out.columns:
            out[VARIANT] = out[VARIANT].astype("string").astype("category")
        if self._note.get("variants"):  # how people were split, for `compare`
            out.attrs = {"smsframe": {"variants": self._note["variants"]}}
        return out

    def refresh(
        self, *, client: Client | None = None, deadline_s: float = 0.0, progress: Any = None
    ) -> SentFiles:
        """Ask what became of accepted messages, file by file; see :func:`smsframe.refresh`.

        Returns
        -------
        SentFiles
            These results; the files say what was learned.
        """
        return self._each(
            lambda frame: settle.refresh(
                frame, client=client, deadline_s=deadline_s, progress=progress
            ),
            ("accepted",),
        )

    def reconcile(
        self, events: Any, *, settled: bool = False, client: Client | None = None
    ) -> SentFiles:
        """Settle unknown messages by an export of events; see :func:`smsframe.reconcile`.

        Returns
        -------
        SentFiles
            These results; the files say what was learned.
        """
        return self._each(
            lambda frame: settle.reconcile(frame, events, settled=settled, client=client),
            ("unknown",),
        )

    def resolve(self, *, as_: Any, client: Client | None = None) -> SentFiles:
        """Settle all unknown messages by a person's word; see :func:`smsframe.resolve`.

        Returns
        -------
        SentFiles
            These results; the files say what was learned.
        """
        return self._each(lambda frame: settle.resolve(frame, as_=as_, client=client), ("unknown",))

    def _each(
        self, work: Callable[[pd.DataFrame], pd.DataFrame], statuses: Sequence[str]
    ) -> SentFiles:
        """Have a function look at the results of each file that has rows for it."""
        if len(self.files) < len(self._note["files"]):
            missing = [n for n in self._note["files"] if not (self.path / n).exists()]
            raise InputError(
                f"{len(missing):,} of the files of these results are gone, such as {missing[0]}. "
                "Run the same smsframe.send_files again, which sends nothing twice and writes them "
                "anew; then ask again."
            )
        for path in self.files:
            frame = read_results(path, OURS)
            if frame["sms_status"].isin(statuses).any():
                rewrite(path, work(frame))
        return self

    def _rows_with(self, statuses: Sequence[str]) -> pd.DataFrame:
        """Return the rows that have one of some statuses."""
        found = []
        for path in self.files:
            frame = read_results(path, None)
            frame.insert(0, "file", path.relative_to(self.path).as_posix())
            found.append(frame[frame["sms_status"].isin(statuses)])
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()

    def __repr__(self) -> str:
        files = len(self._note["files"])
        what = "1 file" if files == 1 else f"{files:,} files"
        return f"SentFiles: {phrase(self.counts)} in {what} in {str(self.path)!r}"


def read_results(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    """Read a file of results with the kinds of columns that ``send`` gives.

    Of ``columns``, that of several texts may be missing.
    """
    wanted = None if columns is None else list(columns)
    if wanted is not None and VARIANT in wanted and VARIANT not in pq.read_schema(path).names:
        wanted.remove(VARIANT)
    table = pq.read_table(path, columns=wanted)
    frame: pd.DataFrame = table.to_pandas()
    if VARIANT in frame.columns:
        frame[VARIANT] = frame[VARIANT].astype("category")
    for name in SCHEMA.names:
        if name not in frame.columns:
            continue
        if pa.types.is_string(SCHEMA.field(name).type):
            frame[name] = frame[name].astype("string")
        elif name == "sms_segments":
            frame[name] = frame[name].astype("Int32")
        elif name == "sms_status":
            frame[name] = frame[name].astype(pd.CategoricalDtype(list(STATUSES)))
    return frame

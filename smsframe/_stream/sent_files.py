"""Results of a list of files: a folder of Parquet files, looked at one file at a time.

And ``results(run)``: an earlier run from the journal, be it of files or of a frame.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from smsframe._acoustic.client import default_client
from smsframe._base.any_frame import as_frame
from smsframe._base.result_columns import STATUSES, VARIANT
from smsframe._base.sentences import many
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_text, refuse
from smsframe._base.whole_texts import to_be_read
from smsframe._connect import journal_file
from smsframe._files.write import write_text
from smsframe._results import results_of_run
from smsframe._results.open_journal import existing_journal, reading_journal
from smsframe._results.reconcile import reconciled
from smsframe._results.refresh import brought_up, refresh
from smsframe._results.report import place_of_page
from smsframe._results.report_html import report_html
from smsframe._results.resolve import refuse_other_words, resolved
from smsframe._results.rows import FAILED
from smsframe._results.summary import COUNTRY, added_tables, summary
from smsframe._send.report import phrase
from smsframe._stream import open_messages
from smsframe._stream.files_report import facts_of_files
from smsframe._stream.open_messages import OUTCOME
from smsframe._stream.result_files import NOTE, OURS, SCHEMA, as_arrow, read_note, rewrite
from smsframe._stream.sources import result_name_of
from smsframe.errors import InputError, StatusWarning, warn_caller

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from smsframe._acoustic.client import Client
    from smsframe._base.journal_address import JournalAddress, JournalArgument

__all__ = ["SentFiles", "results"]


@public
class SentFiles:
    """Results of :func:`smsframe.send_files`: a folder with one Parquet file for each file sent.

    Nothing is read until it is asked for, and then one file at a time. The folder may be moved;
    ``pyarrow.dataset``, DuckDB, polars, Dask and Spark read it as any folder of Parquet files.
    Where files are gone, ``refresh``, ``reconcile`` and ``resolve`` settle their messages in the
    journal and say so; the same ``send_files`` writes them anew. ``smsframe.results(run)`` gives
    this too, also where the whole folder is gone.

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
    missing : list of str
        Names of the files that are gone.
    counts : dict of str to int
        Rows by status, counted in the files as they are now. Where all files are gone, the journal
        counts the messages of the runs that wrote them.

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

    _journal: JournalAddress | None = None

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._note = read_note(self.path)
        if not self._note:
            raise InputError(
                f"{str(self.path)!r} holds no results of smsframe.send_files: {NOTE} is not in it. "
                "If the folder is gone, what was sent is still known, and is not sent again; "
                "smsframe.results(run) gives what the journal knows."
            )
        self._is_here = True

    @property
    def run(self) -> str | None:
        """Id of the run that wrote the folder."""
        run: str | None = self._note["run"]
        return run

    @property
    def files(self) -> list[Path]:
        """The files of results, in the order of the files that were sent; those that are there."""
        paths = [self.path.absolute() / name for name in self._note["files"]]
        return [path for path in paths if self._is_here and path.exists()]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status."""
        table = self.summary()
        counted = table.groupby("status", observed=True)["rows"].sum()
        return {name: int(counted[name]) for name in STATUSES if name in counted.index}

    def summary(
        self,
        by: Hashable | list[Hashable] | None = None,
        *,
        price_per_segment: float | Mapping[str, float] | None = None,
    ) -> pd.DataFrame:
        """Count the rows by status and code, and their segments; see :func:`smsframe.summary`.

        Parameters
        ----------
        by : column label or "country", or a list of them, optional
            Count group by group. None: all rows together.
        price_per_segment : float or mapping of str to float, optional
            Price of one segment, or one for each country. None: no cost is told.

        Returns
        -------
        DataFrame
            The columns of ``by``, ``status``, ``code`` (string), ``rows`` and ``segments`` (int64)
            and, with a price, ``cost`` (float64; NaN where a country has none), in the order of the
            statuses, with ``by`` the largest group first.

        Raises
        ------
        InputError
            ``by`` is no column, or a price cannot be used; or some of the files are gone.
        """
        if by is not None or price_per_segment is not None:
            refuse_missing_files(self)
            tables = [
                summary(part, by, price_per_segment=price_per_segment).to_frame()
                for part in _to_group(self.files, by if isinstance(by, list) else [by])
            ]
            table = added_tables(tables, by).drop(columns="share")
            return table.astype({"status": "string"})
        if self.files or not self._note["files"]:
            return _counted(pq.read_table(path, columns=OUTCOME) for path in self.files)
        with existing_journal(self._journal or journal_file(None)) as journal:
            return _counted(open_messages.outcomes(journal, self._runs))

    @property
    def _runs(self) -> list[str]:
        """Ids of all runs that wrote the folder."""
        return [*self._note.get("runs", [self.run] if self.run else [])]

    @property
    def missing(self) -> list[str]:
        """Names of the files that are gone."""
        if not self._is_here:
            return [*self._note["files"]]
        return [name for name in self._note["files"] if not (self.path / name).exists()]

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
            out.attrs = {"smsframe": {"variants": self._note["variants"], "rows": len(out)}}
        return out

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        price_per_segment: float | Mapping[str, float] | None = None,
        overwrite: bool = False,
        client: Client | None = None,
    ) -> Path:
        """Write what happened as a page for people who were not there; see :func:`smsframe.report`.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        InputError
            There can be no such file, or it is there; or some of the files of results are gone.
        """
        place = place_of_page(path, overwrite=overwrite)
        refuse_missing_files(self)
        with reading_journal(self._place_of(client)) as journal:
            facts = facts_of_files(
                self.files,
                lambda file: read_results(file, OURS),
                price_per_segment,
                journal,
                runs=[self.run] if self.run else [],
            )
        write_text(report_html(facts), place, overwrite=overwrite)
        return place

    def refresh(
        self, *, client: Client | None = None, deadline_s: float = 0.0, progress: Any = None
    ) -> SentFiles:
        """Ask what became of accepted messages, file by file; see :func:`smsframe.refresh`.

        Returns
        -------
        SentFiles
            These results; the files say what was learned.
        """
        asked = default_client() if client is None else client
        place = self._place_of(asked)

        def work(frame: pd.DataFrame) -> pd.DataFrame:
            return refresh(frame, client=asked, deadline_s=deadline_s, progress=progress)

        for path in self.files:
            frame = read_results(path, OURS)
            if frame["sms_status"].isin(("accepted", "unknown")).any():
                rewrite(path, as_arrow(work(frame)))
        for part in self._gone(place, ("accepted",)):
            work(part)
        return self._told()

    def reconcile(
        self,
        events: Any,
        *,
        phone: Hashable = "Mobile Number",
        source: Hashable = "Source",
        settled: bool = False,
        client: Client | None = None,
    ) -> SentFiles:
        """Settle unknown messages by an export of events; see :func:`smsframe.reconcile`.

        All files are settled, or none.

        Returns
        -------
        SentFiles
            These results; the files say what was learned.
        """
        place = self._place_of(client)
        names = ["sms_status", "sms_batch", "sms_contact"]  # to whom the messages went
        exported = as_frame(events, "The events must be a DataFrame")

        def work(frame: pd.DataFrame) -> None:
            reconciled(
                frame,
                exported,
                phone=phone,
                source=source,
                settled=settled,
                path=place,
                people=(read_results(path, names) for path in self.files),
            )

        return self._settle(work, place)

    def resolve(self, *, as_: Any, client: Client | None = None) -> SentFiles:
        """Settle all unknown messages by a person's word; see :func:`smsframe.resolve`.

        Returns
        -------
        SentFiles
            These results; the files say what was learned.
        """
        refuse_other_words(as_)
        place = self._place_of(client)
        return self._settle(lambda frame: resolved(frame, None, as_=as_, path=place), place)

    def _settle(self, work: Callable[[pd.DataFrame], object], place: JournalAddress) -> SentFiles:
        """Have all rows settled that are not, of all files at once, and write what is known then.

        Rows that were said not to have gone out are among them: an export may say otherwise.
        """
        waiting = {path: rows for path in self.files if len(rows := _unsettled(path))}
        gone = list(self._gone(place, ("unknown",)))
        parts = [self._others(rows) if gone else rows for rows in waiting.values()] + gone
        if parts:
            work(pd.concat(parts, ignore_index=True))
        with existing_journal(place) as journal:
            for path in waiting:
                rewrite(path, as_arrow(brought_up(read_results(path, OURS), journal)))
        return self._told()

    def _others(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that none of the runs sent whose messages are all looked at anyway."""
        runs = rows["sms_batch"].str.rpartition(":")[0]
        return rows[~runs.isin(self._runs).to_numpy(dtype=bool)]

    def _place_of(self, client: Client | None) -> JournalAddress:
        """Return the journal that knows these results; InputError for a client of another one."""
        given = journal_file(client)
        if self._journal is None or (client is not None and _is_same(given, self._journal)):
            return given
        if client is None:
            return self._journal
        raise InputError(
            f"What became of these messages is in the journal {str(self._journal)!r}, and this "
            f"client has another one, {str(given)!r}. Connect with the journal that they were sent "
            "with."
        )

    def _gone(self, place: JournalAddress, statuses: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield messages of the runs that have a status, where files are gone."""
        if self.missing:
            with existing_journal(place) as journal:
                parts = open_messages.open_messages(journal, self._runs, statuses)
                yield from parts

    def _told(self) -> SentFiles:
        """Say that files are gone; return these results."""
        if missing := self.missing:
            warn_caller(
                f"{_are_gone(missing)} What was learned of their rows is in the journal alone. The "
                "same send writes the files anew, with it, and sends nothing twice.",
                StatusWarning,
            )
        return self

    def _rows_with(self, statuses: Sequence[str]) -> pd.DataFrame:
        """Return the rows that have one of some statuses."""
        found = []
        for path in self.files:
            frame = read_results(path, None)
            frame.insert(0, "file", path.relative_to(self.path).as_posix())
            found.append(frame[frame["sms_status"].isin(statuses)])
        return to_be_read(pd.concat(found, ignore_index=True) if found else pd.DataFrame())

    def __repr__(self) -> str:
        what, missing = many(len(self._note["files"]), "file"), len(self.missing)
        gone = f" ({missing:,} of them gone)" if missing else ""
        return f"SentFiles: {phrase(self.counts)} in {what}{gone} in {str(self.path)!r}"


@public
def results(
    run: str,
    *,
    client: Client | None = None,
    journal: JournalArgument = None,
) -> pd.DataFrame:
    """Bring the results of an earlier run back from the journal, as they stand now.

    Parameters
    ----------
    run : str
        The run's id: from :func:`runs`, ``results.attrs["smsframe"]["run"]`` or ``sms_batch``.
    client : Client, optional
        Whose journal to look into. None: that of the client ``connect`` made last, else the usual
        one.
    journal : path or URL, optional
        Another journal.

    Returns
    -------
    DataFrame
        One row per row of the frame that was sent, in its order, on a RangeIndex: ``contact`` (the
        phone in E.164 form) or one column per field of the lookup, one column per tag with the
        value that was sent, then the ``sms_*`` columns as ``send`` gave them, with what was learned
        since (sent, not sent, resolved). Columns that were not sent are not kept. A row that was
        not sent has no values. Of a run from files it is a :class:`smsframe.SentFiles`, for its
        rows may not fit into memory; also where its files are gone.

    Raises
    ------
    JournalError
        There is no such run or journal, or the run's content was forgotten.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> with smsframe.Sandbox(anyone=True) as sandbox:
    ...     with smsframe.connect(sandbox) as client:
    ...         people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
    ...         done = people.sms.send("Hi %%Name%%", program="148372", progress=False)
    ...         smsframe.results(done.attrs["smsframe"]["run"])[["contact", "Name"]].values.tolist()
    [['+12015550123', 'Ann']]
    """
    faults: list[str] = []
    name = check_text("run", run, faults, need="the id of one run, as text", optional=False)
    refuse(faults)
    kept_in = journal_file(client, journal)
    with existing_journal(kept_in) as opened:
        run_id = opened.run(name or "").run_id
        place = opened.place(run_id)
        if place is None:
            return results_of_run.results_of(opened, run_id)
    found = _files_of_run(run_id, json.loads(place), kept_in)
    return cast("pd.DataFrame", found)  # what all but runs from files are


def _files_of_run(run: str, place: Mapping[str, Any], journal: JournalAddress) -> SentFiles:
    """Return the results of a run from files, also where the files are gone.

    ``place`` is what ``journal`` keeps of where they are.
    """
    path = Path(place["out"])
    note = read_note(path)
    is_here = run in note.get("runs", ())
    if not is_here:
        names = [result_name_of(name) for name, *_ in place.get("files", ())]
        note = {"run": run, "runs": [run], "files": names}
    found = object.__new__(SentFiles)
    vars(found).update(path=path, _note=note, _is_here=is_here, _journal=journal)
    return found


def _is_same(one: JournalAddress, other: JournalAddress) -> bool:
    """Tell whether two addresses are of one journal."""
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return one == other


def sent_into(out: Path, journal: JournalAddress | None) -> SentFiles:
    """Return the results of a send that has just written them; ``journal`` knows them."""
    found = SentFiles(out)
    found._journal = journal  # noqa: SLF001 - nobody else gives one
    return found


def _unsettled(path: Path) -> pd.DataFrame:
    """Return the rows of a file that are unknown, or were said not to have gone out."""
    frame = read_results(path, OURS)
    denied = (frame["sms_status"] == "rejected") & (frame["sms_code"] == "resolved").fillna(False)
    return frame[(frame["sms_status"] == "unknown") | denied]


def _counted(tables: Iterable[pa.Table]) -> pd.DataFrame:
    """Count rows by status and code, with their segments, in the order of the statuses."""
    names = OUTCOME[:2]
    kinds = {**dict.fromkeys(names, pa.string()), "rows": pa.int64(), "segments": pa.int64()}
    parts = [pa.schema(kinds).empty_table()]
    for table in tables:
        status = table["sms_status"].cast(pa.string())
        groups = table.set_column(0, "sms_status", status).group_by(names)
        part = groups.aggregate([([], "count_all"), ("sms_segments", "sum")])
        parts.append(part.rename_columns(list(kinds)))
    counted = pa.concat_tables(parts).group_by(names)
    summed = counted.aggregate([("rows", "sum"), ("segments", "sum")])
    frame: pd.DataFrame = summed.to_pandas()
    frame = frame.set_axis(["status", "code", "rows", "segments"], axis="columns")
    frame = frame.fillna({"segments": 0}).astype(
        {"status": "string", "code": "string", "rows": "int64", "segments": "int64"}
    )
    rank = frame["status"].map(STATUSES.index).to_numpy(dtype=np.int64)
    order = np.lexsort((frame["code"].fillna("").to_numpy(dtype=str), rank))
    return frame.iloc[order].reset_index(drop=True)


def refuse_missing_files(sent: SentFiles) -> None:
    """Refuse what would leave out the rows of files that are gone."""
    if missing := sent.missing:
        raise InputError(
            f"{_are_gone(missing)} The same send writes them anew, and sends nothing twice."
        )


def _are_gone(missing: Sequence[str]) -> str:
    """Say that files are gone, and name one."""
    are = "is" if len(missing) == 1 else "are"
    return f"{len(missing):,} of the files of these results {are} gone, such as {missing[0]}."


def _to_group(files: Sequence[Path], labels: Sequence[Any]) -> Iterator[pd.DataFrame]:
    """Yield what a summary needs of each file; columns that only others have are blank in it.

    All columns where one is asked for that none has, so that they can be named.
    """
    there = {path: pq.read_schema(path).names for path in files}
    every = list(dict.fromkeys(name for names in there.values() for name in names))
    are_known = all(label in (*every, COUNTRY, None) for label in labels)
    wanted = [name for name in every if name in OURS or name in labels or not are_known]
    for path, names in there.items():
        part = read_results(path, [name for name in wanted if name in names])
        yield part.assign(**{name: None for name in wanted if name not in names})


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

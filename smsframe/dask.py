"""``import smsframe.dask`` puts ``.sms`` on Dask's frames: the workers prepare, one process sends.

A lazy send is a double send: ``len()`` before ``compute()``, a ``meta`` that is missing or a worker
that dies after its work was done each run a function again. So nothing is sent by workers. They
write the rows to a *stage*, a folder of Parquet files that does not change any more, whatever is
computed again afterwards; and this process sends the stage as any files
(:func:`smsframe.send_files`), at once. No credentials, journal or calls reach a worker: a client
refuses to be pickled.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import dask.dataframe as dd

from smsframe._base.sentences import arg
from smsframe._base.tracebacks import public
from smsframe._base.validation import path_fault, refuse
from smsframe._stream.send_files import plan_files, send_files
from smsframe.errors import InputError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from smsframe._stream.send_files import FilesPlan

__all__ = ["DaskAccessor", "DaskPlan"]

_NOTE: Final = "_smsframe_stage.json"


@public
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class DaskPlan:
    """What would be sent of a stage, with no side effect but the stage itself.

    Attributes
    ----------
    stage : Path
        The folder of the rows.
    plan : FilesPlan
        What would be sent: counts, problems, countries, segments.
    """

    stage: Path
    plan: FilesPlan
    _text: str | Mapping[str, str] | None
    _options: dict[str, Any]

    def send(
        self,
        *,
        confirm: int | None = None,
        out: str | os.PathLike[str] | None = None,
        client: Any = None,
        progress: Any = None,
    ) -> Any:
        """Send the stage from this process, at once; see :func:`smsframe.send_files`.

        Parameters
        ----------
        confirm : int, optional
            Refuse unless exactly so many messages would go out now, as ``plan.recipients`` says.
        out : path, optional
            Folder for the results. None: beside the stage, with ``-results`` behind its name.
        client, progress : optional
            As for :func:`smsframe.send`. None: as the plan was made.

        Returns
        -------
        dask.dataframe.DataFrame
            The results, read from their files: whatever is computed of it sends nothing.
            ``smsframe.SentFiles(out)`` refreshes and settles them.
        """
        place = self.stage.with_name(f"{self.stage.name}-results") if out is None else Path(out)
        said = {"confirm": confirm, "client": client, "progress": progress}
        given = {**self._options, **{n: value for n, value in said.items() if value is not None}}
        sent = send_files(self.stage, self._text, out=place, **given)
        return dd.read_parquet([str(path) for path in sent.files])

    def __repr__(self) -> str:
        return f"{self.plan!r}\n  stage: {str(self.stage)!r}"


class DaskAccessor:
    """``ddf.sms``: plan a frame of Dask, then send it from this process."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    @public
    def plan(
        self,
        text: str | Mapping[str, str] | None = None,
        *,
        stage: str | os.PathLike[str],
        **options: Any,
    ) -> DaskPlan:
        """Write the rows to a stage, on the workers, and say what would be sent.

        Parameters
        ----------
        text : str, optional
            As for :func:`smsframe.send`.
        stage : path
            Folder for the rows, which this process and all workers see. A stage that was written
            here before is written anew; anything else in it is refused.
        **options
            As for :func:`smsframe.send_files`, but ``out``.

        Returns
        -------
        DaskPlan
            With ``plan`` and ``send()``.
        """
        faults: list[str] = []
        path_fault("stage", stage, faults)
        refuse(faults)
        place = Path(stage).expanduser().absolute()
        _write_stage(self._frame, place)
        made = plan_files(place, text, **options)
        return DaskPlan(place, made, text, options)

    def __repr__(self) -> str:
        return "ddf.sms has plan(). help(ddf.sms.plan) tells more of it."


def _write_stage(frame: Any, place: Path) -> None:
    """Write the parts of a frame, each by whichever worker has it, and see that all are there.

    A part that is written twice, by a worker that died or a second copy of a task, is one file.
    """
    if "://" in str(place):
        raise InputError(arg("stage"), " is a folder that all workers see, no address.")
    if place.exists():
        if not (place / _NOTE).exists() and any(place.iterdir()):
            raise InputError(arg("stage"), " holds something else. Name another folder.")
        shutil.rmtree(place)
    place.mkdir(mode=0o700, parents=True)
    (place / _NOTE).write_text(json.dumps({"parts": frame.npartitions}), encoding="utf-8")
    frame.to_parquet(place, name_function="part-{:06d}.parquet".format, write_metadata_file=False)
    missing = frame.npartitions - len(list(place.glob("*.parquet")))
    if missing:
        raise InputError(
            f"{missing} of the {frame.npartitions} parts are not in the stage. Name a folder that "
            "this process and all workers see."
        )


dd.extensions.register_dataframe_accessor("sms")(DaskAccessor)

"""What the files of results know of messages: an outcome that is known stays known.

What the status endpoint said is in the journal too, until `forget` drops it there. Then the files
are the only ones that know. So they are asked before any of them is replaced, and what they say is
kept on disk. A message is found again by its batch and its contact, in whichever file its row is by
now.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from smsframe._plan.message_keys import as_keys
from smsframe._results.hashed_people import hashes_of
from smsframe._stream.scratch import OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from smsframe._journal.reader import JournalReader
    from smsframe._stream.join import Said
    from smsframe._stream.scratch import Scratch

    Numbers = npt.NDArray[np.int32]

_KNOWN: Final = ("sent", "not_sent")
_READ: Final = ("sms_status", "sms_code", "sms_error", "sms_batch", "sms_contact")
_ROWS: Final = 65_536
_BATCHES: Final = 64  # that are kept together
_TOLD: Final = np.dtype([("message", [("batch", "<u8"), ("who", "<u8")]), ("said", "<i4")])


class KnownResults:
    """Answers of the status endpoint that are in files of results and in the journal no more.

    They get their numbers among the other answers, those that the journal has.
    """

    def __init__(self, scratch: Scratch, service: str, said: Said) -> None:
        self._scratch, self._service, self._said = scratch, service, said
        self._numbers: dict[str, int] = {}

    def read(self, path: Path, journal: JournalReader) -> None:
        """Keep what a file says; most have no answer yet, so their statuses are looked at first."""
        with contextlib.suppress(pa.ArrowException, OSError), pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                [statuses] = file.read_row_group(group, columns=list(_READ[:1])).columns
                if not pc.any(_is_known(statuses)).as_py():
                    continue
                for batch in file.iter_batches(_ROWS, row_groups=[group], columns=list(_READ)):
                    columns = [column.cast(pa.string()) for column in batch.columns]
                    table = pa.table(columns, batch.schema.names)
                    known = table.filter(_is_known(table["sms_status"]))
                    if len(known):
                        self._keep(known, journal)

    def _keep(self, known: pa.Table, journal: JournalReader) -> None:
        """Keep rows whose batches the journal has forgotten the answers of."""
        batch = known["sms_batch"].combine_chunks().dictionary_encode()
        names = batch.dictionary.to_pylist()
        forgotten = {r.batch_id for r in journal.find_batches(names) if r.statuses is None}
        for name in forgotten:
            self._numbers.setdefault(name, len(self._numbers))
        of_name = np.array([self._numbers.get(name, -1) for name in names], dtype=np.int64)
        numbers = of_name[batch.indices.to_numpy(zero_copy_only=False)]
        here = numbers >= 0
        records = np.empty(int(here.sum()), _TOLD)
        records["message"] = _messages(
            numbers, known["sms_contact"].combine_chunks(), self._service
        )[here]
        records["said"] = self._answers(known)[here]
        self._scratch.add("told", records, numbers[here] // _BATCHES)

    def _answers(self, known: pa.Table) -> Numbers:
        """Return the number of the answer of each row."""
        parts = [pc.fill_null(known[name], "") for name in _READ[:3]]
        answers = pc.binary_join_element_wise(*parts, "\x00").combine_chunks().dictionary_encode()
        numbers = []
        for answer in answers.dictionary.to_pylist():
            status, code, error = answer.split("\x00", 2)
            numbers.append(self._said.number(status, (code, error) if code else None))
        found: Numbers = np.array(numbers, np.int32)[answers.indices.to_numpy(zero_copy_only=False)]
        return found

    def answers(self, batches: Sequence[str], contacts: pa.Array) -> Numbers:
        """Return the number of the answer to each of some messages; `OPEN` where none is known."""
        numbers = np.array([self._numbers.get(name, -1) for name in batches], dtype=np.int64)
        groups = np.unique(numbers[numbers >= 0] // _BATCHES).tolist()
        if not groups:
            return np.full(len(numbers), OPEN, dtype=np.int32)
        records = np.concatenate([self._scratch.read("told", group, _TOLD) for group in groups])
        mine = as_keys(_messages(numbers, contacts, self._service).tobytes())
        at = pc.index_in(mine, value_set=as_keys(records["message"].tobytes()))
        places = pc.fill_null(at, -1).to_numpy(zero_copy_only=False)
        found: Numbers = np.append(records["said"], np.int32(OPEN))[places]
        return found


def _is_known(statuses: pa.ChunkedArray) -> pa.ChunkedArray:
    """Tell which statuses the status endpoint has said."""
    return pc.is_in(statuses.cast(pa.string()), value_set=pa.array(_KNOWN))


def _messages(numbers: npt.NDArray[Any], contacts: Any, service: str) -> npt.NDArray[Any]:
    """Return what names messages: the number of the batch, and the hash of the contact."""
    names = np.empty(len(numbers), _TOLD["message"])
    names["batch"], names["who"] = numbers, hashes_of(contacts, service)
    return names

"""Frames and columns of other libraries, taken in at the door as those of pandas.

Whatever offers its columns by Arrow's protocol (``__arrow_c_stream__``: polars, DuckDB, pyarrow) is
taken **once** and is ours from then on: a relation of DuckDB is a query that runs anew at each
export, and a reader is empty after the first. Arrow has no index, so rows go by position.

Every value keeps its kind, so that a message is the same message whichever library its row came
from. What pandas would round is given a kind that does not: whole numbers with gaps stay whole
numbers, decimals, dates and times of day stay what they are. Texts are texts, in whatever layout
they come, dictionaries included. Columns of lists and structs are carried along as they are; a tag
that names one is a problem of its rows, as it is in a frame of pandas.

A lazy frame has no rows yet, and asking for them may take hours or happen twice, so it is refused
with the line that makes rows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.arrow import is_text
from smsframe._base.result_columns import strings
from smsframe._base.validation import shown_label, type_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class OffersArrow(Protocol):
    """A table of another library, such as a DataFrame of polars or a relation of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule of the table's stream."""
        ...


AnyFrame: TypeAlias = pd.DataFrame | OffersArrow
AnySeries: TypeAlias = "pd.Series[Any] | OffersArrow"

_FIXES: Final[Mapping[str, str]] = {
    "polars.LazyFrame": " It has no rows yet; its .collect() makes a frame of it.",
    "pyarrow.Dataset": " Its .to_table() reads it; give that.",
    "pyarrow.FileSystemDataset": " Its .to_table() reads it; give that.",
    "pyarrow.InMemoryDataset": " Its .to_table() reads it; give that.",
    "pyarrow.UnionDataset": " Its .to_table() reads it; give that.",
    "pyarrow.Scanner": " Its .to_reader() reads it; give that.",
    "pyarrow.ParquetFile": " Its .read() reads it; give that.",
    "dask.DataFrame": " A lazy send is a double send. After 'import smsframe.dask' it has "
    ".sms.plan(..., stage='stage/'), whose .send() sends once; or write frame.to_parquet('stage/') "
    "and call smsframe.send_files('stage/', ...).",
    "pyspark.DataFrame": " Its .toArrow() makes a table of it, if it fits; give that.",
    "_duckdb.DuckDBPyConnection": " Its .sql('SELECT …') makes a relation; give that.",
}


def as_frame(frame: Any, what: str = "A DataFrame is needed") -> pd.DataFrame:
    """Return a frame of pandas: the one that was given, or one made of another library's.

    Raises
    ------
    InputError
        It is no frame, or one of its columns cannot be taken.
    """
    if isinstance(frame, pd.DataFrame):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return _frame_of(pa.Table.from_batches([frame]))
    one = isinstance(frame, pa.ChunkedArray | pa.Array) or _is_series(frame)
    if one and not isinstance(frame, pd.Series):
        raise InputError(f"{what}, not {type_of(frame)}, which is one column.{_fix(frame)}")
    if one or not hasattr(frame, "__arrow_c_stream__") or isinstance(frame, type):
        raise InputError(f"{what}, not {type_of(frame)}.{_fix(frame)}")
    return _frame_of(_table(frame, what))


def as_series(series: Any) -> pd.Series[Any]:
    """Return a column of pandas: the one that was given, or one made of another library's."""
    if isinstance(series, pd.Series):
        return series
    if isinstance(series, pa.Array):
        series = pa.chunked_array([series])
    if not _is_series(series) and not isinstance(series, pa.ChunkedArray):
        fix = "Choose one of its columns." if _is_frame(series) else ""
        raise InputError(f"A Series is needed, not {type_of(series)}. {fix}".rstrip())
    try:
        column = pa.chunked_array(series)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise _untaken(f"This {type_of(series)}", error) from error
    name = getattr(series, "name", None)
    return pd.Series(_column(column, name), name=name)


def _is_series(value: Any) -> bool:
    """Tell whether something is one column of another library, which offers a stream as well."""
    return type(value).__name__ == "Series" and hasattr(value, "__arrow_c_stream__")


def _is_frame(value: Any) -> bool:
    """Tell whether something is a table."""
    return isinstance(value, pd.DataFrame) or hasattr(value, "__arrow_c_stream__")


def _fix(given: Any) -> str:
    """Say what makes a frame of what was given."""
    kind = type(given)
    lazy = _FIXES.get(f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}")
    if lazy is not None:
        return lazy
    if isinstance(given, pd.Series) or _is_series(given):
        return " Its .to_frame() makes one of it."
    if hasattr(given, "to_pandas"):
        return " Its .to_pandas() makes one of it."
    if isinstance(given, (dict, list)):
        return " pd.DataFrame(...) makes one of it."
    return ""


def _table(frame: Any, what: str) -> pa.Table:
    """Take the stream of a table, once."""
    try:
        return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise _untaken(f"{what}, and {type_of(frame)}", error) from error


def _untaken(what: str, error: Exception) -> InputError:
    """Return the error of something whose stream cannot be read."""
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return InputError(
        f"{what} cannot be taken by Arrow's protocol: {reason}. Its .to_pandas() may make a frame "
        "of it, or a newer pyarrow read it."
    )


def plain_table(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries, run lengths and views; its texts are large strings."""
    return pa.table([_plain(column) for column in table.columns], names=table.column_names)


def _frame_of(table: pa.Table) -> pd.DataFrame:
    """Return a table as a frame; two columns may have one name, as in a frame."""
    names = table.column_names
    columns = {n: _column(table.column(n), name) for n, name in enumerate(names)}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))
    frame.columns = pd.Index(names, dtype=object)
    return frame


def _column(column: pa.ChunkedArray, name: Any) -> Any:
    """Return a column as an array that pandas holds without changing a value."""
    try:
        return _kept(_plain(column))
    except (pa.ArrowException, TypeError, ValueError, OverflowError, LookupError) as error:
        raise InputError(
            f"Column {shown_label(name)} is of the kind {column.type}, which cannot be taken. "
            "Cast it to text or a number, or leave it out."
        ) from error


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionaries, run lengths and kinds of another library's own."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(
            pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        )
    if pa.types.is_dictionary(kind):
        return _decoded(column)
    if pa.types.is_run_end_encoded(kind):
        chunks = [pc.run_end_decode(chunk) for chunk in column.chunks]
        return _plain(pa.chunked_array(chunks, kind.value_type))
    if is_text(kind):
        return column.cast(pa.large_string())
    if pa.types.is_decimal(kind) and kind.bit_width < 128:  # noqa: PLR2004 - pandas knows no smaller
        return column.cast(pa.decimal128(kind.precision, kind.scale))
    return column


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values of a dictionary; Arrow decodes none of views, but takes from texts."""
    values = _plain(pa.chunked_array([], column.type.value_type)).type
    chunks = [
        _plain(pa.chunked_array([chunk.dictionary])).combine_chunks().take(chunk.indices)
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, values)


def _kept(column: pa.ChunkedArray) -> Any:
    """Return a plain column as an array of pandas."""
    kind, types = column.type, pa.types
    if types.is_null(kind) or is_text(kind):
        return strings(column.cast(pa.large_string()))
    if types.is_integer(kind) or types.is_boolean(kind):
        name = "boolean" if types.is_boolean(kind) else _nullable(kind)
        return column.to_pandas().array if not column.null_count else _with_gaps(column, name)
    if types.is_floating(kind) or types.is_timestamp(kind) or types.is_duration(kind):
        return column.to_pandas().array
    array = pd.arrays.ArrowExtensionArray(column)
    try:
        _ = array.dtype.type
    except NotImplementedError:  # of views, unions and intervals pandas can only hold the values
        return pd.Series(column.to_pylist(), dtype=object).array
    return array


def _nullable(kind: pa.DataType) -> str:
    """Return the kind of whole numbers with gaps: int8 is Int8, uint64 is UInt64."""
    name = str(kind)
    return "UInt" + name[4:] if name.startswith("u") else "Int" + name[3:]


def _with_gaps(column: pa.ChunkedArray, name: str) -> Any:
    """Return whole numbers or truth values with gaps, none of them rounded."""
    dtype = cast("Any", pd.api.types.pandas_dtype(name))
    return dtype.__from_arrow__(column)

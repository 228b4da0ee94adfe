"""A Parquet feed as a table of text, so that every format of a feed is read by the same rules."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpi.errors import UnreadableFeed
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW, require_columns


def read_parquet(path: Path, source: SourceSystem) -> pa.Table:
    """The named columns and `ROW`.

    Typed dates and times are written in the first format of their column, numbers in digits, and
    lists with the separator of their column.

    Raises:
        MissingColumn, UnreadableFeed: name the file.
    """
    with pq.ParquetFile(path) as file:
        require_columns(file.schema_arrow.names, source, path)
        _require_scalar(file.schema_arrow.field(source.key), path)
        table = file.read(columns=list(source.columns))
    separators = {c.column: c.separator for c in source.list_columns}
    formats = _formats(source)
    columns = {}
    for name in source.columns:
        try:
            columns[name] = _as_text(
                table.column(name), formats.get(name, ""), separators.get(name, "")
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            if "UTF8" in str(error):
                raise
            raise UnreadableFeed("No text, number or date.", file=str(path), column=name) from None
    return pa.table({**columns, ROW: pa.array(range(1, table.num_rows + 1), pa.int64())})


def _require_scalar(key: pa.Field, path: Path) -> None:
    """Refuse a key that is a list, or true or false: it cannot name a record."""
    if pa.types.is_nested(key.type) or pa.types.is_boolean(key.type):
        raise UnreadableFeed("The key is no text or number.", file=str(path), column=key.name)


def _formats(source: SourceSystem) -> dict[str, str]:
    formats = {column.column: source.date_formats[0] for column in source.date_columns}
    if source.version and source.version.formats:
        formats[source.version.column] = source.version.formats[0]
    return formats


def _as_text(column: pa.ChunkedArray, pattern: str, separator: str) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        entries = column.cast(pa.list_(pa.string()))
        return pc.binary_join(entries, separator or " ")
    if pa.types.is_temporal(column.type):
        # Arrow's %S would write fractions of a second.
        whole = column.cast(pa.timestamp("s"), safe=False)
        return pc.strftime(whole, format=pattern or "%Y-%m-%dT%H:%M:%S")
    return column.cast(pa.string())

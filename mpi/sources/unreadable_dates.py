"""Dates that fit no format of their source: a few are reported, many stop the feed.

A date format that changed upstream would otherwise empty a column without anybody noticing.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import UnreadableDates
from mpi.sources.dates import read_date, read_time
from mpi.sources.description import Column, SourceSystem
from mpi.sources.header import ROW
from mpi.sources.rejects import Reject, Rejects

MAX_UNREADABLE_SHARE = 0.05
"""Share of the filled values of a column that may fit no format before the feed is refused."""

_ROWS_NAMED = 5


def report_unreadable_dates(
    table: pa.Table, source: SourceSystem, *, path: Path, rejects: Rejects
) -> None:
    """Add a reject for each value that cannot be read; `to_records` leaves those values out.

    Raises:
        UnreadableDates: more than `MAX_UNREADABLE_SHARE` of a column; names the file, the column
            and the first rows.
    """
    for column in source.date_columns:
        _report(table, source, column, formats=source.date_formats, path=path, rejects=rejects)
    if source.version and source.version.formats:
        column, formats = Column(source.version.column), source.version.formats
        _report(table, source, column, formats=formats, path=path, rejects=rejects)


def _report(
    table: pa.Table,
    source: SourceSystem,
    column: Column,
    *,
    formats: tuple[str, ...],
    path: Path,
    rejects: Rejects,
) -> None:
    values, positions = _filled(table.column(column.column).combine_chunks(), column.separator)
    read = read_time if column.column == _version_column(source) else read_date
    bad = [v for v in pc.unique(values).to_pylist() if read(v, formats) is None]
    if not bad:
        return
    where = positions.filter(pc.is_in(values, pa.array(bad, pa.string())))
    rows = table.column(ROW).take(where).to_pylist()
    if len(rows) > MAX_UNREADABLE_SHARE * len(values):
        first = " ".join(str(row) for row in rows[:_ROWS_NAMED])
        raise UnreadableDates(
            f"{len(rows)} of {len(values)} values fit none of {' '.join(formats)}.",
            file=str(path),
            column=column.column,
            rows=first,
        )
    keys = table.column(source.key).take(where).to_pylist()
    for row, key in zip(rows, keys, strict=True):
        rejects.add(Reject(str(path), row, key, column.column, "unreadable date"))


def _version_column(source: SourceSystem) -> str:
    return source.version.column if source.version else ""


def _filled(texts: pa.Array, separator: str) -> tuple[pa.Array, pa.Array]:
    """The filled values of a column, trimmed, and the position of the row of each."""
    positions = pa.array(range(len(texts)), pa.int64())
    if separator:
        lists = pc.split_pattern(texts, separator)
        positions = positions.take(pc.list_parent_indices(lists))
        texts = pc.utf8_trim_whitespace(pc.list_flatten(lists))
    filled = pc.not_equal(texts, "")
    return texts.filter(filled), positions.filter(filled)

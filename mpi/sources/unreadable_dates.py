"""Dates that fit no format of their source: a few are reported, many stop the feed.

A date format that changed upstream would otherwise empty a column without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import UnreadableDates
from mpi.sources.dates import read_date, read_time
from mpi.sources.description import Column, SourceSystem
from mpi.sources.header import ROW
from mpi.sources.rejects import Reject, Rejects

_ROWS_NAMED = 5


def report_unreadable_dates(
    table: pa.Table, source: SourceSystem, *, path: Path, rejects: Rejects
) -> None:
    """Add a reject for each value that cannot be read; `to_records` leaves those values out.

    Raises:
        UnreadableDates: more than `source.max_unreadable_dates` of a column; names the file, the
            column and the first rows.
    """
    for dated in _dated(source):
        _report(table, source, dated, path=path, rejects=rejects)


@dataclass(frozen=True, slots=True)
class _Dated:
    """A column of dates or times, and what reads it."""

    column: Column
    formats: tuple[str, ...]
    read: Callable[[str, tuple[str, ...]], str | None]


def _dated(source: SourceSystem) -> Iterator[_Dated]:
    for column in source.date_columns:
        yield _Dated(column, source.date_formats, read_date)
    if source.version and source.version.formats:
        yield _Dated(Column(source.version.column), source.version.formats, read_time)


def _report(
    table: pa.Table, source: SourceSystem, dated: _Dated, *, path: Path, rejects: Rejects
) -> None:
    name, formats = dated.column.column, dated.formats
    values, positions = _filled(table.column(name).combine_chunks(), dated.column.separator)
    bad = [v for v in pc.unique(values).to_pylist() if dated.read(v, formats) is None]
    if not bad:
        return
    where = positions.filter(pc.is_in(values, pa.array(bad, pa.string())))
    rows = table.column(ROW).take(where).to_pylist()
    if len(rows) > source.max_unreadable_dates * len(values):
        raise UnreadableDates(
            f"{len(rows)} of {len(values)} values fit none of {' '.join(formats)}.",
            file=str(path),
            column=name,
            rows=" ".join(str(row) for row in rows[:_ROWS_NAMED]),
        )
    keys = table.column(source.key).take(where).to_pylist()
    for row, key in zip(rows, keys, strict=True):
        rejects.add(Reject(str(path), row, key, name, "unreadable date"))


def _filled(texts: pa.Array, separator: str) -> tuple[pa.Array, pa.Array]:
    """The filled values of a column, trimmed, and the position of the row of each."""
    positions = pa.array(range(len(texts)), pa.int64())
    if separator:
        lists = pc.split_pattern(texts, separator)
        positions = positions.take(pc.list_parent_indices(lists))
        texts = pc.utf8_trim_whitespace(pc.list_flatten(lists))
    filled = pc.not_equal(texts, "")
    return texts.filter(filled), positions.filter(filled)

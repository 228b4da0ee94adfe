"""Rows of one feed that carry the same key: the newest version stands, equal rows count once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import DuplicateKey
from mpi.sources.dates import read_version
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW
from mpi.sources.rejects import Rejects
from mpi.sources.versions import version_key


def without_repeats(
    table: pa.Table, source: SourceSystem, *, path: Path, rejects: Rejects
) -> pa.Table:
    """The table with one row for each key, in the same order.

    Raises:
        DuplicateKey: two different rows have one key and no version, or one version, says which is
            newer; names the file, the key and both rows.
    """
    repeated = _repeated_rows(table, source.key)
    if not repeated:
        return table
    by_key: dict[str, list[dict[str, Any]]] = {}
    for row in repeated:
        by_key.setdefault(row[source.key], []).append(row)
    dropped = [n for rows in by_key.values() for n in _dropped(rows, source, path, rejects)]
    return table.filter(pc.invert(pc.is_in(table.column(ROW), pa.array(dropped, pa.int64()))))


def _repeated_rows(table: pa.Table, key: str) -> list[dict[str, Any]]:
    keys = table.column(key)
    if pc.count_distinct(keys).as_py() == table.num_rows:
        return []
    counts = keys.value_counts()
    several = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    found: list[dict[str, Any]] = table.filter(pc.is_in(keys, several)).to_pylist()
    return found


def _dropped(
    rows: list[dict[str, Any]], source: SourceSystem, path: Path, rejects: Rejects
) -> Iterator[int]:
    """Row numbers of one key that do not stand."""
    distinct: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        content = tuple(value for name, value in row.items() if name != ROW)
        if distinct.setdefault(content, row) is not row:
            rejects.identical_rows += 1
            yield row[ROW]
    ordered = sorted(distinct.values(), key=lambda row: _version(row, source))
    newest = ordered.pop()
    for row in ordered:
        if _version(row, source) == _version(newest, source):
            raise DuplicateKey(
                file=str(path), key=newest[source.key], rows=sorted((row[ROW], newest[ROW]))
            )
        rejects.superseded_rows += 1
        yield row[ROW]


def _version(row: dict[str, Any], source: SourceSystem) -> str:
    version = source.version
    return version_key(read_version(row[version.column], version.formats)) if version else ""

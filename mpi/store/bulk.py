"""Fill the slot that is not live from a snapshot, sorted, in transactions of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, delete

from mpi.store import sqlite
from mpi.store.schema import Slot
from mpi.store.snapshot import CONFIDENCE, IDENTIFIERS, KEYS, LINKS, PERSONS, RECORDS, Snapshot

OnTable = Callable[[str, int], None]

ROWS = 250_000
"""Rows of one transaction."""
WIDE_ROWS = 20_000
"""Rows of one transaction where they carry payloads of a kilobyte or two."""


def empty(connection: Connection, slot: Slot) -> None:
    """Throw away what a slot holds, and its secondary indexes, one transaction per table."""
    for index in slot.indexes():
        with connection.begin():
            index.drop(connection, checkfirst=True)
    for _, table in slot.tables():
        with connection.begin():
            connection.execute(delete(table))


def load(
    connection: Connection, slot: Slot, snapshot: Snapshot, on_table: OnTable
) -> dict[str, int]:
    """Fill an empty slot and index it; returns the rows of each table, and reports them as it goes.

    Raises ValueError when the persons do not account for the records.
    """
    counts: dict[str, int] = {}

    def done(name: str, rows: int) -> None:
        counts[name] = rows
        on_table(name, rows)

    done("record", _load_records(connection, slot, snapshot))
    if pc.sum(snapshot.persons["record_count"]).as_py() not in (counts["record"], None):
        raise ValueError("the persons of the snapshot do not account for its records")
    done("identifier", _load_identifiers(connection, slot.identifier, snapshot.identifiers))
    for table, schema, rows in (
        (slot.blocking_key, KEYS, snapshot.keys),
        (slot.link, LINKS, snapshot.links),
        (slot.confidence, CONFIDENCE, snapshot.confidence),
    ):
        done(table.name.rpartition("_")[0], _load_numbers(connection, table, rows, schema))
    done("person", _load_persons(connection, slot.person, snapshot.persons))
    for index in slot.indexes():
        with connection.begin():
            index.create(connection)
    on_table("indexes", 0)
    return counts


def _load_records(connection: Connection, slot: Slot, snapshot: Snapshot) -> int:
    """The narrow and the wide part of each record, chunk by chunk."""
    rows = 0
    for chunk in _chunks(snapshot):
        narrow = [_plain(chunk[name]) for name in RECORDS.names[:5]]
        wide = [narrow[0], _plain(chunk["payload"])]
        with connection.begin():
            sqlite.insert_columns(connection, slot.record, narrow)
            sqlite.insert_columns(connection, slot.payload, wide)
        rows += chunk.num_rows
    return rows


def _chunks(snapshot: Snapshot) -> Iterator[pa.Table]:
    for given in snapshot.records:
        table = _as(pa.table(given) if isinstance(given, pa.RecordBatch) else given, RECORDS)
        for at in range(0, table.num_rows, WIDE_ROWS):
            yield table.slice(at, WIDE_ROWS)


def _load_identifiers(connection: Connection, table: Table, rows: pa.Table) -> int:
    """Identifiers by value; of one held twice by a record, the verified one stays."""
    order = [("system", "ascending"), ("value", "ascending"), ("record_no", "ascending")]
    given = _as(rows, IDENTIFIERS).sort_by([*order, ("verified", "descending")])
    given = _first_of_equals(given.combine_chunks(), [name for name, _ in order])
    _insert(connection, table, given)
    return int(given.num_rows)


def _first_of_equals(rows: pa.Table, names: list[str]) -> pa.Table:
    """Sorted rows without those that equal the row before in the columns named."""
    repeats = np.ones(max(rows.num_rows - 1, 0), dtype=bool)
    for name in names:
        column = rows[name]
        repeats &= pc.equal(column.slice(1), column.slice(0, len(repeats))).to_numpy()
    return rows.filter(pa.array(~np.concatenate(([False], repeats))[: rows.num_rows]))


def _load_persons(connection: Connection, table: Table, rows: pa.Table) -> int:
    given = _as(rows, PERSONS).sort_by("person_no")
    findings = [orjson.dumps(codes or []).decode() for codes in given["findings"].to_pylist()]
    at = given.schema.get_field_index("findings")
    _insert(connection, table, given.set_column(at, "findings", pa.array(findings, pa.string())))
    return int(given.num_rows)


def _insert(connection: Connection, table: Table, rows: pa.Table) -> None:
    for at in range(0, rows.num_rows, ROWS):
        chunk = rows.slice(at, ROWS)
        columns = [_plain(chunk[column.name]) for column in table.columns]
        with connection.begin():
            sqlite.insert_columns(connection, table, columns)


def _load_numbers(connection: Connection, table: Table, rows: pa.Table, schema: pa.Schema) -> int:
    """Rows of integers, in the order of the primary key, equal keys once.

    The order is a permutation, applied chunk by chunk: tens of millions of rows are not copied.
    """
    given = _as(rows, schema).combine_chunks()
    order = _order([given[column.name].to_numpy() for column in table.primary_key.columns])
    for at in range(0, len(order), ROWS):
        chunk = given.take(pa.array(order[at : at + ROWS]))
        columns = [_plain(chunk[column.name]) for column in table.columns]
        with connection.begin():
            sqlite.insert_columns(connection, table, columns)
    return len(order)


def _order(keys: list[NDArray[Any]]) -> NDArray[np.int64]:
    """The permutation that sorts rows by several keys and leaves out repeats."""
    if _ascending(keys):
        return np.arange(len(keys[0]))
    order = np.lexsort(keys[::-1])
    repeats = np.ones(max(len(order) - 1, 0), dtype=bool)
    for key in keys:
        ordered = key[order]
        repeats &= ordered[1:] == ordered[:-1]
    return order[~np.concatenate(([False], repeats))[: len(order)]]


def _ascending(keys: list[NDArray[Any]]) -> bool:
    """Whether rows are in strict order already; a thirtieth of the cost of sorting them."""
    tied = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    ordered = ~tied
    for key in keys:
        ordered |= tied & (key[1:] > key[:-1])
        tied &= key[1:] == key[:-1]
    return bool(ordered.all())


def _as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows.select(schema.names).cast(schema)


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python values; numbers by way of numpy, five times faster."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_integer(column.type) and not column.null_count:
        values: list[Any] = column.to_numpy().tolist()
        return values
    return list(column.to_pylist())

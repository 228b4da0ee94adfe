"""Tables of the index as they are kept, whole: for a backup, and for checking them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Connection, Float, Integer, LargeBinary, Table, select

from mpi.store import review_schema, schema
from mpi.store.database import Prepare
from mpi.store.exports import batch


def lasting() -> list[Table]:
    """The tables that outlive every link, but for what says that a link is running."""
    # the one collection, with the tables that either module declares
    known = review_schema.metadata.tables
    return [known[name] for name in sorted(known) if name != schema.loading.name]


def arrow_schema(table: Table) -> pa.Schema:
    """A table's columns in Arrow."""
    return pa.schema([pa.field(column.name, _type(column.type)) for column in table.columns])


def _type(kind: Any) -> pa.DataType:
    if isinstance(kind, BigInteger):
        return pa.int64()
    if isinstance(kind, Integer):
        return pa.int32()
    if isinstance(kind, Float):
        return pa.float64()
    return pa.large_binary() if isinstance(kind, LargeBinary) else pa.string()


def batches(
    connection: Connection, prepare: Prepare, table: Table, rows: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a table in the order of its key."""
    form = arrow_schema(table)
    statement = prepare(select(table).order_by(*table.primary_key.columns))
    for some in statement.batches(connection, rows):
        yield batch(some, form)

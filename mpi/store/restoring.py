"""Fill an empty index with tables that were kept somewhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
from sqlalchemy import Connection, delete, insert, update

from mpi.store.database import Database, Rows
from mpi.store.schema import Generation, index_state
from mpi.store.whole import lasting

Source = Callable[[str], Iterable[pa.RecordBatch]]
"""The rows of a table by its plain name, in the order of its key."""


def restore(database: Database, connection: Connection, rows_of: Source, new: Generation) -> None:
    """Make a generation and whatever outlives one; all of it is there at the end, or nothing."""
    for name, table in new.tables():
        database.fill(connection, (table,), _chunks(rows_of(name)))
    with connection.begin():
        for table in lasting():
            connection.execute(delete(table))
            for batch in rows_of(table.name):
                if batch.num_rows:
                    connection.execute(insert(table), batch.to_pylist())
        connection.execute(update(index_state).values(generation=new.number))
    database.settle(connection)


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[Sequence[Rows]]:
    for batch in batches:
        if batch.num_rows:
            yield ([column.to_pylist() for column in batch.columns],)

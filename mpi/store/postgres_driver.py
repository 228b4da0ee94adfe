"""What is done on psycopg itself, beneath SQLAlchemy: prepared statements, and loading by COPY."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from mpi.store.database import Rows

DIALECT = URL.create("postgresql+psycopg").get_dialect()()
_cursors = count()


class Prepared:
    """See `database.Prepared`."""

    def __init__(self, statement: Select[Any]) -> None:
        """Args: statement, whose parameters are plain (none expands to a list)."""
        compiled = statement.compile(dialect=DIALECT)
        self.text = str(compiled)
        self._text = self.text.encode()
        self._constants = {n: value for n, value in compiled.params.items() if value is not None}

    def rows(self, connection: Connection, **asked: str | int) -> list[tuple[Any, ...]]:
        """All rows, in the transaction that the connection is in."""
        values = self._constants | asked
        return driver_of(connection).execute(self._text, values, prepare=True).fetchall()

    def batches(
        self, connection: Connection, size: int, **asked: str | int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """All rows, some at a time, by a cursor on the server."""
        with driver_of(connection).cursor(f"batches_{next(_cursors)}") as cursor:
            cursor.execute(self._text, self._constants | asked)
            while rows := cursor.fetchmany(size):
                yield rows


def driver_of(connection: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The connection beneath SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def without_key(table: Table) -> Table:
    """The same table without primary key, which costs less to add to a full table."""
    columns = (Column(c.name, c.type, nullable=c.nullable) for c in table.columns)
    return Table(table.name, MetaData(), *columns)


def copy_in(connection: Connection, table: Table, columns: Rows) -> None:
    """Append rows, given as one list per column of the table."""
    into = f"COPY {table.name} FROM STDIN (FORMAT binary, FREEZE)".encode()
    with driver_of(connection).cursor() as cursor, cursor.copy(into) as copy:
        copy.set_types([_kind(column.type) for column in table.columns])
        for row in zip(*columns, strict=True):
            copy.write_row(row)


def _kind(of: TypeEngine[Any]) -> str:
    """The server's name of a type, for a copy in binary."""
    kinds = ((BigInteger, "int8"), (Integer, "int4"), (LargeBinary, "bytea"))
    return next((name for kind, name in kinds if isinstance(of, kind)), "text")


def finish(connection: Connection, table: Table) -> None:
    """Give a full table its primary key, indexes and statistics."""
    key = ", ".join(column.name for column in table.primary_key.columns)
    connection.execute(text(f"ALTER TABLE {table.name} ADD PRIMARY KEY ({key})"))
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        index.create(connection)
    connection.execute(text(f"ANALYZE {table.name}"))

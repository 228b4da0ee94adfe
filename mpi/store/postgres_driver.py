"""What is done on psycopg itself, beneath SQLAlchemy: prepared statements, and loading by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    BigInteger,
    ClauseElement,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from mpi.errors import DiskFull, IndexUnreachable, MPIError
from mpi.store.database import Asked, Rows

QUOTING = ("22", "23")
"""Classes of errors whose message may quote a value: of data, and of constraints."""
FULL = ("53100", "53400")
"""Errors of a full disk, and of a limit of temporary files (disk_full and
configuration_limit_exceeded)."""
DIALECT = URL.create("postgresql+psycopg").get_dialect()()
RIGHTS = text(
    """
    SELECT current_setting('server_encoding'),
      has_database_privilege(current_database(), 'CREATE'),
      (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = :schema),
      (SELECT pg_has_role(c.relowner, 'USAGE')
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = :schema AND c.relname = 'index_state')
    """
)
"""Encoding; may we make a schema; tables in ours, if it is there; is the index ours, if any."""
_cursors = count()


class Prepared:
    """See `database.Prepared`."""

    def __init__(self, statement: ClauseElement) -> None:
        """Args: statement, whose parameters are plain (none expands to a list)."""
        compiled = statement.compile(dialect=DIALECT)
        self.text = str(compiled)
        self._text = self.text.encode()
        self._constants = {n: value for n, value in compiled.params.items() if value is not None}

    def rows(self, connection: Connection, **asked: Asked) -> list[tuple[Any, ...]]:
        """All rows, in the transaction that the connection is in."""
        values = self._constants | asked
        return driver_of(connection).execute(self._text, values, prepare=True).fetchall()

    def each(self, connection: Connection, given: Iterable[Mapping[str, Asked]]) -> None:
        """Run it once for every set of values, in the transaction that the connection is in."""
        values = [{**self._constants, **each} for each in given]
        with driver_of(connection).cursor() as cursor:
            cursor.executemany(self._text, values)

    def batches(
        self, connection: Connection, size: int, **asked: Asked
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


def failure(error: BaseException | None, where: Mapping[str, object]) -> MPIError:
    """An error of the server as one of ours."""
    if isinstance(error, psycopg.Error) and error.sqlstate in FULL:
        detail = "Have the server's administrator give it more; the index is as it was."
        return DiskFull(f"{said(error)} {detail}", **where)
    return IndexUnreachable(said(error), **where)


def said(error: BaseException | None) -> str:
    """What the server says, unless it may quote a value of a person."""
    if not isinstance(error, psycopg.Error):
        return "PostgreSQL failed."
    state = error.sqlstate or ""
    said = error.diag.message_primary
    if said is None and isinstance(error, psycopg.OperationalError):
        said = str(error).partition("\n")[0]
    if said is None or state.startswith(QUOTING):
        return f"PostgreSQL refused a value ({type(error).__name__} {state}".rstrip() + ")."
    return f"PostgreSQL says: {said.rstrip('.')}."


def end(
    connection: Connection, driver: psycopg.Connection[tuple[Any, ...]], *, how: str = "COMMIT"
) -> None:
    """End a transaction; a connection that is not free after that leaves the pool.

    One that only read by a commit: at a rollback the driver forgets the statements that it has
    prepared.
    """
    with suppress(psycopg.Error):
        driver.execute(how.encode(), prepare=False)
    if driver.info.transaction_status is not TransactionStatus.IDLE:
        connection.invalidate()


def vacuum(connection: Connection, tables: Iterable[str]) -> None:
    """Free the space of rows that nobody sees any more, so that it is written over."""
    connection.rollback()
    outside = connection.execution_options(isolation_level="AUTOCOMMIT")
    outside.execute(text(f"VACUUM {', '.join(tables)}"))


def check_rights(connection: Connection, schema: str, where: Mapping[str, object]) -> None:
    """Raise IndexUnreachable where no index could be made or changed."""
    encoding, may_make, may_fill, owns = connection.execute(RIGHTS, {"schema": schema}).one()
    if encoding != "UTF8":
        raise IndexUnreachable("The encoding of its database is not UTF8.", **where)
    if not (may_make if may_fill is None else may_fill) or owns is False:
        raise IndexUnreachable("Its user may not make tables there.", **where)

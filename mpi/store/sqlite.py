"""Everything that is so because the database is SQLite: files, locks, pragmas, bulk insertion."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    QueuePool,
    Select,
    Table,
    create_engine,
    event,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from mpi.errors import IndexBusy, IndexUnreachable
from mpi.store.database import EXPECTED, POINTER, Moment, Rows
from mpi.store.schema import Generation

HEADER = b"SQLite format 3\0"
WAIT_SECONDS = 10.0
"""How long a statement waits for another process's lock."""
CHECKPOINT_PAGES = 32_768
"""Write-ahead log during a load before it is copied into the file: 128 MB."""
CACHE_KIB = 65_536
READER_CACHE_KIB = 16_384
ROWS_A_STATEMENT = 400
"""Rows in one INSERT: a row then costs 0.4 microseconds, against 1.2 with one row each."""


class Prepared:
    """See `database.Prepared`."""

    def __init__(self, statement: Select[Any]) -> None:
        """Args: statement, whose parameters are plain (none expands to a list)."""
        compiled = statement.compile(dialect=SQLiteDialect_pysqlite(paramstyle="qmark"))
        self.text = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._constants = {n: value for n, value in compiled.params.items() if value is not None}

    def rows(self, connection: Connection, **asked: str | int) -> list[tuple[Any, ...]]:
        """All rows, in the transaction that the connection is in."""
        return self._run(connection, asked).fetchall()

    def batches(
        self, connection: Connection, size: int, **asked: str | int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """All rows, some at a time."""
        cursor = self._run(connection, asked)
        while rows := cursor.fetchmany(size):
            yield rows

    def _run(self, connection: Connection, asked: dict[str, str | int]) -> sqlite3.Cursor:
        values = [asked[name] if name in asked else self._constants[name] for name in self._names]
        return _driver(connection).execute(self.text, values)


class SQLite:
    """An index in a file; see `database.Database`."""

    prepare = Prepared

    def __init__(self, url: URL) -> None:
        """Args: url, which names a file; raises IndexUnreachable where it does not."""
        if url.database in (None, "", ":memory:"):
            raise IndexUnreachable(EXPECTED)
        self.file = Path(str(url.database))
        self.where: Mapping[str, object] = {"file": self.file}

    @cached_property
    def _readers(self) -> Engine:
        """A pool of connections that cannot write, for any number of threads."""
        engine = create_engine(
            f"sqlite:///{self.file}",
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=-1,
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
        )
        _configure(engine, ("query_only = on", f"cache_size = -{READER_CACHE_KIB}"))
        return engine

    def _writers(self) -> Engine:
        """Connections that take the write lock before they look, and are closed after use."""
        engine = create_engine(
            f"sqlite:///{self.file}",
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": WAIT_SECONDS},
        )
        pragmas = (
            f"cache_size = -{CACHE_KIB}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            # Some builds overwrite all that is deleted, by default, which makes dropping slow.
            "secure_delete = fast",
        )
        _configure(engine, pragmas)
        event.listen(engine, "begin", lambda at: _driver(at).execute("BEGIN IMMEDIATE"))
        return engine

    def revision(self) -> str | None:
        """None where there is no file, or an empty one."""
        if self._is_nothing():
            return None
        if not self._is_database():
            raise IndexUnreachable("It is not a database.", file=self.file)
        with self.failing_as_unreachable(), closing(sqlite3.connect(self.file)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if not tables:
                return None
            if not {"alembic_version", "index_state"} <= tables:
                raise IndexUnreachable("It is a database, but not an index.", file=self.file)
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        if len(rows) != 1:
            said = "It does not say which version of the schema it has."
            raise IndexUnreachable(said, file=self.file)
        return str(rows[0][0])

    def _is_nothing(self) -> bool:
        """Whether there is no file yet, or an empty one."""
        try:
            if not self.file.exists():
                return True
            if not self.file.is_file():
                raise IndexUnreachable("It is not a file.", file=self.file)
            return self.file.stat().st_size == 0
        except OSError as error:
            raise IndexUnreachable(f"{error.strerror}.", file=self.file) from error

    def _is_database(self) -> bool:
        """Whether the file says that it is one; SQLite takes a very short one for empty."""
        try:
            with self.file.open("rb") as file:
                return file.read(len(HEADER)) == HEADER
        except OSError as error:
            raise IndexUnreachable(f"{error.strerror}.", file=self.file) from error

    def check_place(self) -> None:
        """The folder must be there, and ours to write to."""
        folder = self.file.absolute().parent
        if not folder.is_dir():
            raise IndexUnreachable("Its folder does not exist.", file=self.file)
        if not os.access(folder, os.W_OK):
            raise IndexUnreachable("Its folder cannot be written to.", file=self.file)

    def lay_out(self, connection: Connection) -> None:
        """Make the file one that others can read while a process writes; kept in the file."""
        _driver(connection).execute("PRAGMA journal_mode = wal")

    def remove(self) -> None:
        """Delete the file with what SQLite keeps beside it; the writer's lock is left."""
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def reading(self) -> Iterator[Moment]:
        """A read transaction of a connection of the pool."""
        with self.failing_as_unreachable(), self._readers.connect() as connection:
            driver = _driver(connection)
            driver.execute("BEGIN")
            try:
                yield Moment(connection, *driver.execute(POINTER).fetchone())
            finally:
                driver.rollback()

    @contextmanager
    def sole_writer(self) -> Iterator[Connection]:
        """A connection whose every `begin` takes the write lock, under a lock for all of them.

        That one is an SQLite lock on an empty database beside the index: the operating system
        frees it when the process dies.
        """
        beside = self.file.with_name(f"{self.file.name}-lock")
        with closing(sqlite3.connect(beside, timeout=0.0, isolation_level=None)) as lock:
            try:
                lock.execute("PRAGMA journal_mode = off")
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise IndexUnreachable(f"SQLite says: {error}.", file=beside) from error
                raise IndexBusy("Wait until it has finished.", file=self.file) from error
            with self.failing_as_unreachable(), self._writers().connect() as connection:
                yield connection

    def fill(
        self, connection: Connection, tables: Sequence[Table], chunks: Iterable[Sequence[Rows]]
    ) -> None:
        """One transaction per chunk and index, so that the write-ahead log stays short."""
        with _not_waiting_for_disk(connection):
            with connection.begin():
                for table in tables:
                    connection.execute(CreateTable(table))
            for chunk in chunks:
                with connection.begin():
                    for table, columns in zip(tables, chunk, strict=True):
                        _insert(connection, table, columns)
            for table in tables:
                for index in sorted(table.indexes, key=lambda index: str(index.name)):
                    with connection.begin():
                        index.create(connection)

    def drop(self, connection: Connection, generation: Generation) -> bool:
        """Readers keep what they see, in the write-ahead log. One transaction per table."""
        with _not_waiting_for_disk(connection):
            for _, table in generation.tables():
                with connection.begin():
                    table.drop(connection, checkfirst=True)
        return True

    def settle(self, connection: Connection) -> None:
        """Copy the write-ahead log into the file and empty it, as far as readers allow at once."""
        driver = _driver(connection)
        driver.execute("PRAGMA busy_timeout = 0")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000:.0f}")

    @contextmanager
    def failing_as_unreachable(self) -> Iterator[None]:
        """Turn an error of the database into IndexUnreachable, without statements or values."""
        try:
            yield
        except DBAPIError as error:
            raise IndexUnreachable(f"SQLite says: {error.orig}.", file=self.file) from error
        except sqlite3.Error as error:
            raise IndexUnreachable(f"SQLite says: {error}.", file=self.file) from error

    def close(self) -> None:
        """Let go of the connections of the pool."""
        self._readers.dispose()


def _configure(engine: Engine, pragmas: Sequence[str]) -> None:
    """Set the pragmas of each new connection, and leave it to us to begin transactions.

    Python's driver begins one only before it writes, so two reads could see two moments.
    """

    def connected(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connected)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


@contextmanager
def _not_waiting_for_disk(connection: Connection) -> Iterator[None]:
    """Let commits be safe against power cuts only at the next one outside, or checkpoint.

    Commits of one file stay in order: one that waits for the disk makes those before it durable.
    """
    driver = _driver(connection)
    driver.execute("PRAGMA synchronous = normal")
    try:
        yield
    finally:
        driver.execute("PRAGMA synchronous = full")


def _insert(connection: Connection, table: Table, columns: Rows) -> None:
    """Append rows, given as one list per column of the table."""
    names = ", ".join(column.name for column in table.columns)
    row = f"({', '.join('?' * len(columns))})"
    into = f"INSERT INTO {table.name} ({names}) VALUES "
    flat = list(chain.from_iterable(zip(*columns, strict=True)))
    width = len(columns) * ROWS_A_STATEMENT
    whole = len(flat) - len(flat) % width
    driver = _driver(connection)
    statement = into + ", ".join([row] * ROWS_A_STATEMENT)
    driver.executemany(statement, (flat[at : at + width] for at in range(0, whole, width)))
    rest = range(whole, len(flat), len(columns))
    driver.executemany(into + row, (flat[at : at + len(columns)] for at in rest))

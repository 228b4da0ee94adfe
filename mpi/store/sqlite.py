"""Everything that is so because the database is SQLite: files, locks, pragmas, bulk insertion."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
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
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from mpi.errors import IndexBusy, IndexUnreachable

HEADER = b"SQLite format 3\0"
WAIT_SECONDS = 10.0
"""How long a statement waits for another process's lock."""
CHECKPOINT_PAGES = 32_768
"""Write-ahead log during a load before it is copied into the file: 128 MB."""
CACHE_KIB = 65_536
READER_CACHE_KIB = 16_384
ROWS_A_STATEMENT = 400
"""Rows in one INSERT: a row then costs 0.4 microseconds, against 1.2 with one row each."""


def path_of(url: str) -> Path:
    """The file that an index's URL names; raises IndexUnreachable for any other URL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise IndexUnreachable("Its address should look like sqlite:///mpi.db.") from error
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise IndexUnreachable("Its address must name a file, as in sqlite:///mpi.db.")
    return Path(str(parsed.database))


def reading_engine(path: Path) -> Engine:
    """A pool of connections that cannot write, for any number of threads."""
    pragmas = ("query_only = on", f"cache_size = -{READER_CACHE_KIB}")
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=-1,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )
    _prepare(engine, pragmas)
    return engine


def _writing_engine(path: Path) -> Engine:
    """Connections that take the write lock before they look, and are closed after use."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": WAIT_SECONDS},
    )
    pragmas = (
        f"cache_size = -{CACHE_KIB}",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        # Some builds overwrite all that is deleted, by default, which makes emptying a slot slow.
        "secure_delete = fast",
    )
    _prepare(engine, pragmas)
    event.listen(engine, "begin", lambda connection: _driver(connection).execute("BEGIN IMMEDIATE"))
    return engine


def _prepare(engine: Engine, pragmas: Sequence[str]) -> None:
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
def failing_as_unreachable(path: Path | str) -> Iterator[None]:
    """Turn an error of the database into IndexUnreachable, without statements or values."""
    try:
        yield
    except DBAPIError as error:
        raise IndexUnreachable(f"SQLite says: {error.orig}.", file=path) from error
    except sqlite3.Error as error:
        raise IndexUnreachable(f"SQLite says: {error}.", file=path) from error


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A read transaction: every statement in it sees the same moment of the index."""
    with failing_as_unreachable(str(engine.url.database)), engine.connect() as connection:
        driver = _driver(connection)
        driver.execute("BEGIN")
        try:
            yield connection
        finally:
            driver.rollback()


class Prepared:
    """A Core statement compiled once and run on the driver beneath SQLAlchemy.

    For the few statements of a look-up, where executing one through SQLAlchemy costs more (about
    40 microseconds) than SQLite needs to answer it, and for whole tables, where its rows do.
    """

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


@contextmanager
def writing(path: Path) -> Iterator[Connection]:
    """A connection of its own for writing; each `connection.begin()` takes the write lock."""
    engine = _writing_engine(path)
    with engine.connect() as connection:
        yield connection


@contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Hold the index against other writers, over many transactions; raises IndexBusy.

    An SQLite lock on an empty database beside the index: the operating system frees it when the
    process dies, however it dies.
    """
    beside = path.with_name(f"{path.name}-lock")
    with closing(sqlite3.connect(beside, timeout=0.0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = off")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise IndexUnreachable(f"SQLite says: {error}.", file=beside) from error
            raise IndexBusy("Wait until it has finished.", file=path) from error
        yield


def is_database(path: Path) -> bool:
    """Whether a file says that it is one; SQLite itself takes a very short one for empty."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError as error:
        raise IndexUnreachable(f"{error.strerror}.", file=path) from error


def use_write_ahead_log(path: Path) -> None:
    """Make the file one that readers can read while a process writes; kept in the file."""
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = wal")


def wait_for_disk(connection: Connection, *, each_commit: bool) -> None:
    """Whether each commit waits for the disk (safe against power cuts) or only each checkpoint.

    Commits of one file stay in order either way: a commit that waits also makes those before it
    durable, so a load need not wait until the pointer flips.
    """
    mode = "full" if each_commit else "normal"
    _driver(connection).execute(f"PRAGMA synchronous = {mode}")


def checkpoint(connection: Connection) -> None:
    """Copy the write-ahead log into the file and empty it, as far as readers allow at once."""
    _driver(connection).execute("PRAGMA busy_timeout = 0")
    _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)")


def insert_columns(connection: Connection, table: Table, columns: Sequence[list[Any]]) -> None:
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

"""Everything that is so because the database is SQLite: files, locks, pragmas, bulk insertion."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import cache, cached_property
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, NullPool, QueuePool, Table, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from mpi.errors import DiskFull, IndexBusy, IndexUnreachable, MPIError
from mpi.store.database import CHANGE_WAIT_SECONDS, EXPECTED, POINTER, Moment, Rows
from mpi.store.schema import Generation
from mpi.store.sqlite_driver import (
    Prepared,
    append,
    configure,
    driver_of,
    not_waiting_for_disk,
)

HEADER = b"SQLite format 3\0"
WAIT_SECONDS = 10.0
"""How long a statement waits for another process's lock."""
CHECKPOINT_PAGES = 32_768
"""Write-ahead log during a load before it is copied into the file: 128 MB."""
CACHE_KIB = 65_536
READER_CACHE_KIB = 16_384


class SQLite:
    """An index in a file; see `database.Database`."""

    prepare = Prepared
    one_at_a_time = True

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
        configure(engine, ("query_only = on", f"cache_size = -{READER_CACHE_KIB}"))
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
        configure(engine, pragmas)
        event.listen(engine, "begin", lambda at: driver_of(at).execute("BEGIN IMMEDIATE"))
        return engine

    @cached_property
    def _changers(self) -> Engine:
        """A connection that changes one thing at a time, used by one thread after the other."""
        engine = create_engine(
            f"sqlite:///{self.file}",
            poolclass=QueuePool,
            pool_size=1,
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args={"timeout": CHANGE_WAIT_SECONDS, "check_same_thread": False},
        )
        pragmas = (f"cache_size = -{CACHE_KIB}", "synchronous = full", "secure_delete = fast")
        configure(engine, pragmas)
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
        driver_of(connection).execute("PRAGMA journal_mode = wal")

    def remove(self) -> None:
        """Delete the file with what SQLite keeps beside it; the writer's lock is left."""
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def reading(self) -> Iterator[Moment]:
        """A read transaction of a connection of the pool."""
        with self.failing_as_unreachable(), self._readers.connect() as connection:
            driver = driver_of(connection)
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

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that has the write lock from its beginning.

        SQLite serves those who wait for it in no order, so the threads of a process queue first.
        """
        queue = _queue(self.file.absolute())
        if not queue.acquire(timeout=CHANGE_WAIT_SECONDS):
            raise IndexBusy("Others are changing it; ask again.", file=self.file)
        try:
            with self.failing_as_unreachable(), self._changers.connect() as connection:
                self._begin_change(connection)
                try:
                    yield connection
                    driver_of(connection).commit()
                except BaseException:
                    driver_of(connection).rollback()
                    raise
        finally:
            queue.release()

    def _begin_change(self, connection: Connection) -> None:
        try:
            driver_of(connection).execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise IndexBusy("Another process is changing it; ask again.", file=self.file) from error

    def hold(self, connection: Connection, names: Collection[int], *, waiting: bool = True) -> bool:
        """Whoever changes the file holds everything."""
        return True

    def together(self, connection: Connection) -> AbstractContextManager[object]:
        """There is no way to go, so nothing to wait for."""
        return nullcontext()

    def hold_everything(self, connection: Connection) -> None:
        """Whoever changes the file holds everything."""

    def switch(self, connection: Connection) -> None:
        """Whoever changes the file holds everything."""

    def steady(self, connection: Connection) -> None:
        """Whoever has the write lock sees what nobody changes."""

    def fill(
        self, connection: Connection, tables: Sequence[Table], chunks: Iterable[Sequence[Rows]]
    ) -> None:
        """One transaction per chunk and index, so that the write-ahead log stays short."""
        with not_waiting_for_disk(connection):
            with connection.begin():
                for table in tables:
                    connection.execute(CreateTable(table))
            for chunk in chunks:
                with connection.begin():
                    for table, columns in zip(tables, chunk, strict=True):
                        append(connection, table, columns)
            for table in tables:
                for index in sorted(table.indexes, key=lambda index: str(index.name)):
                    with connection.begin():
                        index.create(connection)

    def drop(self, connection: Connection, generation: Generation) -> bool:
        """Readers keep what they see, in the write-ahead log. One transaction per table."""
        with not_waiting_for_disk(connection):
            for _, table in generation.tables():
                with connection.begin():
                    table.drop(connection, checkfirst=True)
        return True

    def settle(self, connection: Connection) -> None:
        """Copy the write-ahead log into the file and empty it, as far as readers allow at once."""
        driver = driver_of(connection)
        driver.execute("PRAGMA busy_timeout = 0")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000:.0f}")

    def scrub(self, connection: Connection) -> bool:
        """Write the file anew: pages given back, and gaps in pages, keep what lay there."""
        driver = driver_of(connection)
        driver.execute("VACUUM")
        (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    @contextmanager
    def failing_as_unreachable(self) -> Iterator[None]:
        """Turn an error of the database into one of ours, without statements or values."""
        try:
            yield
        except DBAPIError as error:
            raise self._failure(error.orig) from error
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: BaseException | None) -> MPIError:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            detail = "Free some of it, or move the index to a roomier one; it is as it was."
            return DiskFull(detail, folder=self.file.absolute().parent)
        return IndexUnreachable(f"SQLite says: {error}.", file=self.file)

    def close(self) -> None:
        """Let go of the connections of the pools."""
        self._readers.dispose()
        self._changers.dispose()


@cache
def _queue(file: Path) -> Lock:
    """Where those threads of this process wait that want to change a file."""
    return Lock()

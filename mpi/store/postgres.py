"""Everything that is so because the database is PostgreSQL: schemas, locks, sessions, COPY.

An index is a schema of its own in a database, `mpi` unless the URL says `?schema=NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from typing import Any

import psycopg
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, NullPool, QueuePool, Table, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from mpi.errors import IndexBusy, IndexUnreachable
from mpi.store.database import CHANGE_WAIT_SECONDS, Moment, Rows, displayed
from mpi.store.postgres_driver import (
    Prepared,
    check_rights,
    copy_in,
    driver_of,
    end,
    failure,
    finish,
    vacuum,
    without_key,
)
from mpi.store.postgres_locks import WRITER, Locks, changing
from mpi.store.schema import Generation

SCHEMA = "mpi"
ASSUMED = {"connect_timeout": "10", "application_name": "mpi", "keepalives_idle": "60"}
"""What a URL may say otherwise."""
BUSY_WAIT = "2s"
"""How long to wait for another writer: the server takes a moment to notice that one has died."""
DROP_WAIT = "200ms"
"""How long to wait for a query on tables that are to be dropped: the next link tries again."""
LOOKS = 5
"""How often a view is begun anew when what it would look at is just being dropped."""
READING = ("jit=off", "cursor_tuple_fraction=1.0", "plan_cache_mode=force_generic_plan")
"""An export is not to be compiled, nor planned as if only its first rows were wanted; a look-up is
planned once, for any value takes the same indexes."""
WRITING = ("maintenance_work_mem=256MB",)
"""Indexes are made in memory."""
POOL, MORE = 8, 24
"""Connections of a process that are kept, and more made at need: a server has some hundred."""


class PostgreSQL:
    """An index in a schema of a PostgreSQL database; see `database.Database`."""

    prepare = Prepared
    one_at_a_time = False
    file = None

    def __init__(self, url: URL) -> None:
        """Args: url; raises IndexUnreachable where it names a schema that cannot be one."""
        given = dict(url.query)
        schema = str(given.pop("schema", SCHEMA))
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
            raise IndexUnreachable("The name of its schema should be of a-z, 0-9 and _.")
        self._schema = schema
        self._url = url.set(drivername="postgresql+psycopg", query={**ASSUMED, **given})
        self.where: Mapping[str, object] = {"index": displayed(url)}
        self._locks = Locks(schema, self.where)
        self._lock = self._locks.number
        self._look = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT generation, sequence,"
            f" pg_try_advisory_xact_lock_shared({self._lock}, generation) FROM index_state"
        ).encode()

    def _engine(self, settings: Sequence[str], **how: Any) -> Engine:
        """Connections that find our tables without their schema's name."""
        theirs = str(self._url.query.get("options", ""))
        ours = (f"-c{setting}" for setting in (f"search_path={self._schema}", *settings))
        return create_engine(
            self._url,
            hide_parameters=True,
            use_native_hstore=False,
            connect_args={"options": " ".join([theirs, *ours]).strip()},
            **how,
        )

    @cached_property
    def _readers(self) -> Engine:
        """A pool of connections for any number of threads; we begin their transactions."""
        return self._pool()

    @cached_property
    def _changers(self) -> Engine:
        """A pool of connections that change one thing at a time; we begin their transactions."""
        return self._pool(pool_timeout=CHANGE_WAIT_SECONDS)

    def _pool(self, **how: Any) -> Engine:
        return self._engine(
            READING,
            poolclass=QueuePool,
            pool_size=POOL,
            max_overflow=MORE,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
            **how,
        )

    def _writers(self) -> Engine:
        """Connections that are closed after use, and give back what locks they hold."""
        return self._engine(WRITING, poolclass=NullPool)

    def revision(self) -> str | None:
        """None where there is no such schema, or an empty one."""
        with self.failing_as_unreachable(), self._readers.connect() as connection:
            tables = self._tables(connection)
            if not tables:
                return None
            if not {"alembic_version", "index_state"} <= tables:
                raise IndexUnreachable("Its schema holds something else.", **self.where)
            rows = connection.execute(text("SELECT version_num FROM alembic_version")).all()
        if len(rows) != 1:
            said = "It does not say which version of the schema it has."
            raise IndexUnreachable(said, **self.where)
        return str(rows[0][0])

    def _tables(self, connection: Connection) -> set[str]:
        """Every table of the schema, whoever may read it."""
        statement = text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        return set(connection.scalars(statement, {"schema": self._schema}))

    def check_place(self) -> None:
        """The database must keep text as UTF-8, and let us make tables in our schema."""
        with self.failing_as_unreachable(), self._readers.connect() as connection:
            check_rights(connection, self._schema, self.where)

    def lay_out(self, connection: Connection) -> None:
        """Make the schema, where nobody has."""
        with connection.begin():
            # even where there is one, IF NOT EXISTS asks for the right to make one
            if not connection.scalar(text("SELECT current_schema()")):
                connection.execute(text(f'CREATE SCHEMA "{self._schema}"'))

    def remove(self) -> None:
        """Drop the tables; the schema is left, for it may have been there before."""
        with self.failing_as_unreachable(), self._writers().begin() as connection:
            connection.execute(text(f"DROP TABLE {', '.join(self._tables(connection))}"))

    @contextmanager
    def reading(self) -> Iterator[Moment]:
        """A read transaction of a connection of the pool, which keeps its generation from drops."""
        with self.failing_as_unreachable():
            moment = self._begun()
            driver = driver_of(moment.connection)
            try:
                yield moment
            finally:
                end(moment.connection, driver)
                moment.connection.close()

    def _begun(self) -> Moment:
        """Begin to look, on a connection that works."""
        try:
            return self._begin()
        except psycopg.OperationalError:
            # The server has been away, and no connection of the pool has survived that.
            self._readers.dispose()
            return self._begin()

    def _begin(self) -> Moment:
        """Begin to look at a generation that stays, for we hold its lock."""
        connection = self._readers.connect()
        driver = driver_of(connection)
        try:
            for _ in range(LOOKS):
                cursor = driver.execute(self._look, prepare=False)
                cursor.nextset()
                generation, sequence, held = cursor.fetchone() or (0, 0, False)
                if held:
                    return Moment(connection, generation, sequence)
                end(connection, driver)
            raise IndexBusy("It is being replaced; ask again.", **self.where)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise

    @contextmanager
    def sole_writer(self) -> Iterator[Connection]:
        """A session that holds a lock, which the server frees when the session ends.

        The writing is done in that very session: without the lock nothing can be written.
        """
        with self.failing_as_unreachable(), self._writers().connect() as connection:
            try:
                with connection.begin():
                    check_rights(connection, self._schema, self.where)
                    connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_WAIT}'"))
                    connection.execute(text(f"SELECT pg_advisory_lock({self._lock}, {WRITER})"))
            except DBAPIError as error:
                if isinstance(error.orig, LockNotAvailable):
                    raise IndexBusy("Wait until it has finished.", **self.where) from None
                raise
            try:
                yield connection
            finally:
                self._release(connection)

    def _release(self, connection: Connection) -> None:
        """Give back the writer's lock at once, not when the server notices that we have gone."""
        with suppress(SQLAlchemyError), connection.begin():
            connection.execute(text(f"SELECT pg_advisory_unlock({self._lock}, {WRITER})"))

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that sees what others committed before each of its statements."""
        with self.failing_as_unreachable(), changing(self._changers, self._locks) as connection:
            yield connection

    def hold(self, connection: Connection, names: Collection[int], *, waiting: bool = True) -> bool:
        """Advisory locks, which the end of the transaction frees."""
        return self._locks.hold(connection, names, waiting=waiting)

    def together(self, connection: Connection) -> AbstractContextManager[object]:
        """A pipeline: one way to the server and back for all statements."""
        return driver_of(connection).pipeline()

    def hold_everything(self, connection: Connection) -> None:
        """Begin again with a lock that every change shares."""
        self._locks.begin_again_alone(connection)

    def switch(self, connection: Connection) -> None:
        """A lock that every change shares."""
        self._locks.switch(connection)

    def steady(self, connection: Connection) -> None:
        """The moment of the next statement; for who writes only what nobody else writes."""
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))

    def fill(
        self, connection: Connection, tables: Sequence[Table], chunks: Iterable[Sequence[Rows]]
    ) -> None:
        """One transaction, so that rows are written as old ones, which nothing need visit again."""
        with connection.begin():
            for table in tables:
                connection.execute(CreateTable(without_key(table)))
            for chunk in chunks:
                for table, columns in zip(tables, chunk, strict=True):
                    copy_in(connection, table, columns)
            for table in tables:
                finish(connection, table)

    def drop(self, connection: Connection, generation: Generation) -> bool:
        """Leave it to the next link where a reader, or a query of an analyst, still uses it."""
        unused = text(f"SELECT pg_try_advisory_xact_lock({self._lock}, {generation.number})")
        names = ", ".join(table.name for _, table in generation.tables())
        try:
            with connection.begin():
                if not connection.scalar(unused):
                    return False
                connection.execute(text(f"SET LOCAL lock_timeout = '{DROP_WAIT}'"))
                connection.execute(text(f"DROP TABLE IF EXISTS {names}"))
        except DBAPIError as error:
            if isinstance(error.orig, LockNotAvailable):
                return False
            raise
        return True

    def settle(self, connection: Connection) -> None:
        """Have the next link planned by what history holds now."""
        with connection.begin():
            connection.execute(text("ANALYZE membership, person_history"))

    def scrub(self, connection: Connection) -> bool:
        """Free what deleted rows took; the server's archives are for its administrator."""
        vacuum(connection, sorted(self._tables(connection)))
        return True

    @contextmanager
    def failing_as_unreachable(self) -> Iterator[None]:
        """Turn an error into one of ours; its cause may show values, so it ends here."""
        try:
            yield
        except DBAPIError as error:
            raise failure(error.orig, self.where) from None
        except psycopg.Error as error:
            raise failure(error, self.where) from None

    def close(self) -> None:
        """Let go of the connections of the pools."""
        self._readers.dispose()
        self._changers.dispose()

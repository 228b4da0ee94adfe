"""The advisory locks of an index on PostgreSQL: who may change what, and who has to wait.

All are taken under numbers made of the name of the index's schema, so that several indexes of one
database leave each other alone. A pair of numbers is for what there is one of: each generation that
somebody looks at (and which must not be dropped), the sole writer, and the two below. A single
number of 64 bits is for the names that changes hold: record keys, blocking keys and the like.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from mpi.errors import IndexBusy
from mpi.store.database import CHANGE_WAIT_SECONDS
from mpi.store.postgres_driver import driver_of, end

WRITER = -1
"""Takes the place of a generation in the number of the sole writer's lock."""
SWITCH = -2
"""Shared by every change; the sole writer has it alone while it moves the pointer."""
EVERYTHING = -3
"""Shared by every change; one that would have to hold too many names has it alone."""
SWITCH_WAIT = "60s"
HOLD = b"SELECT count(pg_advisory_xact_lock(name)) FROM unnest(%s::int8[]) AS held (name)"
TRY = b"SELECT bool_and(pg_try_advisory_xact_lock(name)) FROM unnest(%s::int8[]) AS held (name)"
IN_THE_WAY = (LockNotAvailable, DeadlockDetected, SerializationFailure)


class Locks:
    """The locks of the index in one schema."""

    def __init__(self, schema: str, where: Mapping[str, object]) -> None:
        """Args: where, the place of the index, for errors."""
        salt = blake2b(f"mpi {schema}".encode(), digest_size=8).digest()
        pair = blake2b(f"mpi {schema}".encode(), digest_size=4).digest()
        self.number = int.from_bytes(pair, "big", signed=True)
        self._salt = int.from_bytes(salt, "big", signed=True)
        self._where = where
        shared = f"pg_advisory_xact_lock_shared({self.number}"
        alone = f"pg_advisory_xact_lock({self.number}"
        # never above READ COMMITTED: the statement that waits for a lock would fix what is seen
        begin = (
            "BEGIN ISOLATION LEVEL READ COMMITTED;"
            f" SET LOCAL lock_timeout = '{CHANGE_WAIT_SECONDS * 1000:.0f}ms';"
            f" SELECT {shared}, {SWITCH});"
        )
        self._begin = f"{begin} SELECT {shared}, {EVERYTHING})".encode()
        self._begin_alone = f"{begin} SELECT {alone}, {EVERYTHING})".encode()

    def begin(self, connection: Connection, *, alone: bool = False) -> None:
        """Begin a change beside others, or as the only one."""
        driver_of(connection).execute(self._begin_alone if alone else self._begin, prepare=False)

    def begin_again_alone(self, connection: Connection) -> None:
        """Undo what a change did so far, and go on as the only one."""
        driver_of(connection).execute("ROLLBACK", prepare=False)
        self.begin(connection, alone=True)

    def hold(self, connection: Connection, names: Collection[int], *, waiting: bool) -> bool:
        """See `database.Database.hold`."""
        if not names:
            return True
        ordered = sorted(name ^ self._salt for name in names)
        found = driver_of(connection).execute(HOLD if waiting else TRY, (ordered,), prepare=True)
        row = found.fetchone()
        return waiting or (row is not None and row[0])

    def switch(self, connection: Connection) -> None:
        """See `database.Database.switch`."""
        with self.busy_if_in_the_way():
            connection.execute(text(f"SET LOCAL lock_timeout = '{SWITCH_WAIT}'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({self.number}, {SWITCH})"))

    @contextmanager
    def busy_if_in_the_way(self) -> Iterator[None]:
        """Turn errors that say that others were in the way into IndexBusy."""
        try:
            yield
        except NoConnectionLeft:
            raise IndexBusy("Too many are changing it; ask again.", **self._where) from None
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            if isinstance(cause, IN_THE_WAY):
                raise IndexBusy("Others are changing it; ask again.", **self._where) from None
            raise


@contextmanager
def changing(engine: Engine, locks: Locks) -> Iterator[Connection]:
    """A change, committed at the end, on a connection of a pool whose transactions we begin."""
    with locks.busy_if_in_the_way():
        connection = _begun(engine, locks)
        driver = driver_of(connection)
        try:
            yield connection
            driver.execute("COMMIT", prepare=False)
        except BaseException:
            end(connection, driver, how="ROLLBACK")
            raise
        finally:
            connection.close()


def _begun(engine: Engine, locks: Locks, *, again: bool = False) -> Connection:
    """Begin a change, on a connection that works."""
    connection = engine.connect()
    driver = driver_of(connection)
    try:
        locks.begin(connection)
    except BaseException:
        connection.invalidate()
        connection.close()
        if again or not driver.broken:
            raise
    else:
        return connection
    # The server has been away, and no connection of the pool has survived that.
    engine.dispose()
    return _begun(engine, locks, again=True)

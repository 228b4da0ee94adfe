"""What differs between the databases that an index may lie in, and which one a URL names.

`sqlite` and `postgres` hold, each in one module, all that is so because of one of them. Everything
else in the store is written once, against the protocols here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ClauseElement, Connection, Table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mpi.errors import IndexUnreachable
from mpi.store.schema import Generation

POINTER = "SELECT generation, sequence FROM index_state"
"""Where readers look first, in the words of every database."""

BACKENDS = ("sqlite", "postgresql", "postgres")
EXPECTED = "Its address should look like sqlite:///mpi.db or postgresql://user@host/database."

CHANGE_WAIT_SECONDS = 5.0
"""How long a change waits for others, before it says that the index is busy."""

Rows = Sequence[list[Any]]
"""Rows of one table, as one list of Python values per column."""


Asked = str | int | bytes | None
"""A value that a statement is given."""


class Prepared(Protocol):
    """A statement compiled once and run on the driver beneath SQLAlchemy.

    For the few statements of a look-up, where executing one through SQLAlchemy costs more (about
    40 microseconds) than the database needs to answer it, and for whole tables, where its rows do.
    """

    text: str

    def rows(self, connection: Connection, **asked: Asked) -> list[tuple[Any, ...]]:
        """All rows, in the transaction that the connection is in."""
        ...

    def each(self, connection: Connection, given: Iterable[Mapping[str, Asked]]) -> None:
        """Run it once for every set of values, in the transaction that the connection is in."""
        ...

    def batches(
        self, connection: Connection, size: int, **asked: Asked
    ) -> Iterator[list[tuple[Any, ...]]]:
        """All rows, some at a time, never all of them in memory."""
        ...


Prepare = Callable[[ClauseElement], Prepared]
"""Compiles a statement whose parameters are plain (none expands to a list)."""


class Moment(NamedTuple):
    """A connection in a read transaction, all of whose statements see one state of the index."""

    connection: Connection
    generation: int
    sequence: int


class Database(Protocol):
    """An index's place in a database. Making one connects to nothing.

    What fails in the database is raised as IndexUnreachable, without statements, values or
    passwords.
    """

    @property
    def where(self) -> Mapping[str, object]:
        """The place, for errors; without user and password."""
        ...

    @property
    def file(self) -> Path | None:
        """The file that holds the index, if one does."""
        ...

    @property
    def one_at_a_time(self) -> bool:
        """Whether changes run one after the other here, whatever names they hold."""
        ...

    @property
    def prepare(self) -> Prepare:
        """How this database takes statements."""
        ...

    def revision(self) -> str | None:
        """The revision of the schema here; None where nothing is yet.

        Raises IndexUnreachable where there is something else.
        """
        ...

    def check_place(self) -> None:
        """Raise IndexUnreachable where no index could ever be made.

        So that nobody works for hours on one that then cannot be kept.
        """
        ...

    def lay_out(self, connection: Connection) -> None:
        """Prepare an empty place for an index, before any table; outside a transaction."""
        ...

    def remove(self) -> None:
        """Delete the index; for the sole writer only. What holds its lock may stay."""
        ...

    def reading(self) -> AbstractContextManager[Moment]:
        """One consistent look at the index, from a pool that threads may share."""
        ...

    def sole_writer(self) -> AbstractContextManager[Connection]:
        """The right to write, over many transactions, with the connection to write on.

        One holder in all processes; frees itself when the process dies, however it dies. Raises
        IndexBusy.
        """
        ...

    def changing(self) -> AbstractContextManager[Connection]:
        """A transaction in which to change the live generation; many may run at a time.

        What it reads is as of each statement, so that what it waited for is seen. Committed at the
        end, undone if that is an error. Raises IndexBusy when others keep it waiting for long, and
        when two wait for each other.
        """
        ...

    def hold(self, connection: Connection, names: Collection[int], *, waiting: bool = True) -> bool:
        """Keep everybody else from holding some names (of 64 bits) until the change ends.

        In ascending order, so that nobody waits in a circle. Without `waiting`, returns whether all
        could be held at once; else always true. Whatever names are, a database in which one change
        at a time runs holds them already. Raises IndexBusy.
        """
        ...

    def together(self, connection: Connection) -> AbstractContextManager[object]:
        """Run what is run in here without waiting for the answer of each statement."""
        ...

    def hold_everything(self, connection: Connection) -> None:
        """Begin the change anew, what it did so far undone, as the only one. Raises IndexBusy."""
        ...

    def switch(self, connection: Connection) -> None:
        """Wait for the changes that run, and keep new ones waiting, until the transaction ends.

        For the sole writer, in a transaction, before it moves the pointer. Raises IndexBusy.
        """
        ...

    def steady(self, connection: Connection) -> None:
        """Have all statements of a transaction that has just begun see one moment."""
        ...

    def fill(
        self, connection: Connection, tables: Sequence[Table], chunks: Iterable[Sequence[Rows]]
    ) -> None:
        """Make tables, fill them with chunks, then make their indexes.

        A chunk holds rows for each of the tables, and chunks come in the order of the keys. Takes
        its own transactions; what a failure leaves behind is for `drop`.
        """
        ...

    def drop(self, connection: Connection, generation: Generation) -> bool:
        """Drop a generation that is not live, unless somebody still looks at it; whether done."""
        ...

    def settle(self, connection: Connection) -> None:
        """Tidy up after a generation went live."""
        ...

    def scrub(self, connection: Connection) -> bool:
        """Overwrite or let go of what was deleted, for the sole writer; whether nothing is left."""
        ...

    def failing_as_unreachable(self) -> AbstractContextManager[None]:
        """Turn errors of the database into IndexUnreachable."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


def database_at(url: str) -> Database:
    """The place that an index's URL names; raises IndexUnreachable for a URL of anything else."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        from mpi.store.sqlite import SQLite

        return SQLite(parsed)
    try:
        from mpi.store.postgres import PostgreSQL
    except ImportError as error:
        raise IndexUnreachable(
            "PostgreSQL needs a driver: pip install 'master-person-index[postgres]'."
        ) from error
    return PostgreSQL(parsed)


def file_of(url: str) -> Path | None:
    """The file that an index lies in; None for one on a server. Raises as `database_at`."""
    return database_at(url).file


def shown(url: str) -> str:
    """An index's URL for people and logs to see, without what is secret in it.

    >>> shown("postgresql://mpi:secret@db.example.org/people?schema=mpi")
    'postgresql://mpi:***@db.example.org/people?schema=mpi'
    >>> shown("sqlite:///mpi.db")
    'sqlite:///mpi.db'
    """
    return displayed(_parsed(url))


def displayed(url: URL) -> str:
    """See `shown`."""
    kept = {name: value for name, value in url.query.items() if name in ("host", "schema")}
    return url.set(password=None, query=kept).render_as_string()


def _parsed(url: str) -> URL:
    """A URL in its parts; what cannot be understood is not repeated, for it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise IndexUnreachable(EXPECTED) from None
    if parsed.get_backend_name() not in BACKENDS:
        raise IndexUnreachable(EXPECTED)
    if "@" in (parsed.host or ""):
        raise IndexUnreachable("In its user and password, write @ as %40, : as %3A and / as %2F.")
    return parsed

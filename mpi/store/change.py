"""One event in one transaction: what lies around it is read, and all that it changes written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import Connection

from mpi.store.change_queries import change_queries
from mpi.store.database import Database
from mpi.store.near import Near, standing
from mpi.store.near_rows import Standing

if TYPE_CHECKING:
    from mpi.store.erasure import Forgotten

Row = Mapping[str, Any]
Writes = Sequence[tuple[str, Sequence[Row]]]
"""Rows, under the name of the statement that writes them (see `change_queries`), in order."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What an event takes and gives: numbers for new records and persons, and the change in both.

    `at` is when it happened, ISO 8601 text.
    """

    at: str
    new_records: int = 0
    new_persons: int = 0
    more_records: int = 0
    more_persons: int = 0


class Stamp(NamedTuple):
    """What an event got: its place in the log, its time, and the first of its new numbers."""

    sequence: int
    at: str
    first_record_no: int
    first_person_no: int


class Change:
    """A transaction that changes the live generation; see `Store.changing`."""

    def __init__(self, database: Database, connection: Connection) -> None:
        """Args: connection, that of `database.changing`."""
        self._database = database
        self._connection = connection
        self._near: Near | None = None

    def standing(self) -> Standing:
        """Where the index stands now. Read it when all is held that has to be."""
        found = standing(self._connection, self._database.prepare)
        self._near = Near(self._connection, found.generation, self._database.prepare)
        return found

    @property
    def near(self) -> Near:
        """What lies around the change, in the live generation."""
        if self._near is None:
            self.standing()
        assert self._near is not None
        return self._near

    def hold(self, names: Collection[int], *, waiting: bool = True) -> bool:
        """See `database.Database.hold`."""
        return self._database.hold(self._connection, names, waiting=waiting)

    def hold_everything(self) -> None:
        """See `database.Database.hold_everything`; what was read before means nothing any more."""
        self._database.hold_everything(self._connection)
        self._near = None

    def advance(self, tally: Tally) -> Stamp:
        """Take the next place in the log, which keeps all others waiting until this is committed.

        So do it last, and be quick after it: places are taken in the order of commits, without
        gaps. The time of the log never goes back.
        """
        asked = {name: getattr(tally, name) for name in Tally.__slots__}
        statement = change_queries(self.near.generation, self._database.prepare)["advance"]
        ((sequence, next_record, next_person, at),) = statement.rows(self._connection, **asked)
        first = next_record - tally.new_records, next_person - tally.new_persons
        return Stamp(sequence, at, *first)

    def write(self, writes: Writes) -> None:
        """Write rows, in order."""
        statements = change_queries(self.near.generation, self._database.prepare)
        with self._database.together(self._connection):
            for name, rows in writes:
                if rows:
                    statements[name].each(self._connection, rows)

    def forget(self, gone: Forgotten, stamp: Stamp) -> None:
        """Erase a record, once it is written that it is not there; see `erasure`."""
        from mpi.store.erasure import forget

        forget(self._connection, gone, stamp)


@contextmanager
def changing(database: Database) -> Iterator[Change]:
    """See `Store.changing`."""
    with database.changing() as connection:
        yield Change(database, connection)


def as_json(value: object) -> str:
    """A value as it is kept in a column of text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

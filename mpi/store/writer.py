"""Writing verbs, for the one holder of the right to write."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from sqlalchemy import Connection, delete, insert, inspect, select, update

from mpi.store import bulk, history
from mpi.store.bulk import Loading, OnTable
from mpi.store.database import Database
from mpi.store.rows import Event, Release
from mpi.store.schema import generation, generation_of, index_state, log, release, release_file
from mpi.store.snapshot import Snapshot


class Writer:
    """Writes to an index; see `Store.sole_writer`."""

    def __init__(self, database: Database, connection: Connection) -> None:
        """Args: connection, that of the database's sole writer."""
        self._database = database
        self._connection = connection

    def replace(self, snapshot: Snapshot, event: Event, *, on_table: OnTable | None = None) -> int:
        """Keep a snapshot in place of what is live, with history; returns the event's sequence.

        Makes a generation in transactions of bounded size, then writes history, the log and the
        pointer in one. Readers see the old index until that one commits, whatever happens before.
        What was live before is dropped by the next link. `on_table` hears of each table filled and
        its rows, and at the end of `history`.
        """
        connection, heard = self._connection, on_table or _ignore
        with self._database.failing_as_unreachable():
            number, last = self._make_room()
            new = generation(number)
            counts = bulk.load(Loading(self._database, connection), new, snapshot, heard)
            with connection.begin():
                history.bring_up_to(connection, new, last + 1)
                _log(connection, event, last + 1)
                _keep_release(connection, snapshot.release)
                _flip(connection, number, last + 1, snapshot, counts)
                heard("history", 0)
            self._database.settle(connection)
        return last + 1

    def _make_room(self) -> tuple[int, int]:
        """Drop what is not live; returns the number of the next generation, and the last event."""
        connection = self._connection
        with connection.begin():
            live, last = connection.execute(POINTER).one()
            names = inspect(connection).get_table_names()
        others = {number for name in names if (number := generation_of(name)) is not None} - {live}
        used = [n for n in sorted(others) if not self._database.drop(connection, generation(n))]
        return max([live, *used]) + 1, last


POINTER = select(index_state.c.generation, index_state.c.sequence)


def _ignore(table: str, rows: int) -> None:
    """Nobody listens."""


def _log(connection: Connection, event: Event, sequence: int) -> None:
    detail = _json(event.detail)
    row = {"sequence": sequence, "kind": event.kind, "at": event.at, "detail": detail}
    connection.execute(insert(log).values(row))


def _keep_release(connection: Connection, made_by: Release) -> None:
    known = release.c.release_id == made_by.release_id
    values = {"name": made_by.name, "document": _json(made_by.document)}
    if connection.execute(select(release.c.release_id).where(known)).first():
        connection.execute(update(release).where(known).values(values))
    else:
        values["release_id"] = made_by.release_id
        connection.execute(insert(release).values(values))
    _keep_files(connection, made_by)


def _keep_files(connection: Connection, made_by: Release) -> None:
    of = made_by.release_id
    connection.execute(delete(release_file).where(release_file.c.release_id == of))
    kept = made_by.files.items()
    files = [{"release_id": of, "name": name, "content": content} for name, content in kept]
    if files:
        connection.execute(insert(release_file), files)


def _flip(
    connection: Connection,
    number: int,
    sequence: int,
    snapshot: Snapshot,
    counts: Mapping[str, int],
) -> None:
    connection.execute(
        update(index_state).values(
            generation=number,
            sequence=sequence,
            release_id=snapshot.release.release_id,
            provisional=int(snapshot.provisional),
            counts=_json(counts),
        )
    )


def _json(value: Mapping[str, object]) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

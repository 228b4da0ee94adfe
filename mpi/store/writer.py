"""Writing verbs, for the one holder of the right to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson
from sqlalchemy import Connection, insert, select, update

from mpi.store import bulk, history, queries, sqlite
from mpi.store.bulk import OnTable
from mpi.store.rows import Event, Release
from mpi.store.schema import SLOTS, index_state, log, release, slots
from mpi.store.snapshot import Snapshot


class Writer:
    """Writes to an index; see `Store.sole_writer`."""

    def __init__(self, path: Path) -> None:
        """Args: path, of an index whose writer lock the caller holds."""
        self._path = path

    def replace(self, snapshot: Snapshot, event: Event, *, on_table: OnTable | None = None) -> int:
        """Keep a snapshot in place of what is live, with history; returns the event's sequence.

        Fills the slot that is not live in transactions of bounded size, then writes history, the
        log and the pointer in one. Readers see the old index until that one commits, whatever
        happens before. `on_table` hears of each table filled and its rows.
        """
        with sqlite.failing_as_unreachable(self._path), sqlite.writing(self._path) as connection:
            live, last = _pointer(connection)
            spare = next(slot for slot in SLOTS if slot != live)
            sqlite.wait_for_disk(connection, each_commit=False)
            bulk.empty(connection, slots[spare])
            counts = bulk.load(connection, slots[spare], snapshot, on_table or _ignore)
            sqlite.wait_for_disk(connection, each_commit=True)
            with connection.begin():
                history.bring_up_to(connection, slots[spare], last + 1)
                _log(connection, event, last + 1)
                _keep_release(connection, snapshot.release)
                _flip(connection, spare, last + 1, snapshot, counts)
            sqlite.checkpoint(connection)
        return last + 1


def _ignore(table: str, rows: int) -> None:
    """Nobody listens."""


def _pointer(connection: Connection) -> tuple[str, int]:
    live, last = queries.POINTER.rows(connection)[0]
    return live, last


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


def _flip(
    connection: Connection, slot: str, sequence: int, snapshot: Snapshot, counts: Mapping[str, int]
) -> None:
    connection.execute(
        update(index_state).values(
            live=slot,
            sequence=sequence,
            release_id=snapshot.release.release_id,
            provisional=int(snapshot.provisional),
            counts=_json(counts),
        )
    )


def _json(value: Mapping[str, object]) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

"""Writing verbs, for the one holder of the right to write."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import orjson
import pyarrow as pa
from sqlalchemy import Column, Connection, delete, func, insert, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError

from mpi.errors import IndexBusy
from mpi.records import RecordKey
from mpi.store import bulk, history, restoring, tombstones
from mpi.store.beside import Beside, CatchUp
from mpi.store.bulk import Loading, OnTable
from mpi.store.database import Database
from mpi.store.near import keyed
from mpi.store.restoring import Source
from mpi.store.rows import Event, Release
from mpi.store.schema import (
    Generation,
    erased,
    generation,
    generation_of,
    index_state,
    loading,
    log,
    release,
    release_file,
)
from mpi.store.snapshot import DELETED, Snapshot

ROUNDS = 2_000
"""How often a link takes in what happened meanwhile, before it makes all others wait."""


class Writer:
    """Writes to an index; see `Store.sole_writer`."""

    def __init__(self, database: Database, connection: Connection) -> None:
        """Args: connection, that of the database's sole writer."""
        self._database = database
        self._connection = connection

    def replace(
        self,
        snapshot: Snapshot,
        event: Event,
        *,
        since: int | None = None,
        on_table: OnTable | None = None,
        catch_up: CatchUp | None = None,
    ) -> int:
        """Keep a snapshot in place of what is live, with history; returns the event's sequence.

        Makes a generation in transactions of bounded size, then writes history, the log and the
        pointer in one. Readers see the old index until that one commits, whatever happens before.
        What was live before is dropped by the next link. `on_table` hears of each table filled and
        its rows, and at the end of `history`.

        Args: since, the last event that the snapshot reflects; as of now if None. catch_up takes in
        what happens after it; without one, raises IndexBusy where anything does.
        """
        heard = on_table or _ignore
        with self._database.failing_as_unreachable():
            live, number, last = self._make_room()
            flip = _Flip(generation(live), generation(number), last if since is None else since)
            self._begin_loading(flip, snapshot.release)
            into = Loading(self._database, self._connection)
            try:
                counts = bulk.load(into, flip.new, snapshot, heard)
            except Exception:
                self._give_up()
                raise
            if catch_up is not None:
                self._catch_up(flip, catch_up)
            with self._connection.begin():
                sequence = self._go_live(flip, snapshot, event, counts, catch_up)
                heard("history", 0)
            self._database.settle(self._connection)
        return sequence

    def _give_up(self) -> None:
        """Give back what a half-made generation takes, above all of a disk that is full.

        As far as that can be done: the next link does what is left.
        """
        with suppress(SQLAlchemyError):
            self._make_room()

    def _catch_up(self, flip: _Flip, catch_up: CatchUp) -> None:
        """Take in most of what happened meanwhile, while it goes on happening."""
        for _ in range(ROUNDS):
            with self._connection.begin():
                self._database.steady(self._connection)
                if not catch_up.some(Beside(self._database, self._connection, flip.new)):
                    return

    def restore(self, rows_of: Source) -> None:
        """Fill this index, which is empty, with tables that were kept; see `restoring`."""
        with self._database.failing_as_unreachable():
            _, number, _ = self._make_room()
            restoring.restore(self._database, self._connection, rows_of, generation(number))

    def keep_erased(self, reasons: Mapping[bytes, str]) -> None:
        """Keep erasures of records that this index never held, as of its last event.

        Args: reasons, by the keyed hash of each record; those it has already stay as they are.
        """
        with self._database.failing_as_unreachable(), self._connection.begin():
            connection = self._connection
            kept = {bytes(each) for each in connection.scalars(select(erased.c.keyed))}
            said = select(index_state.c.sequence, index_state.c.last_at)
            sequence, at = connection.execute(said).one()
            rows = [
                {"keyed": each, "sequence": sequence, "reason": reason, "at": at}
                for each, reason in sorted(reasons.items())
                if each not in kept
            ]
            if rows:
                connection.execute(insert(erased), rows)

    def scrub(self) -> bool:
        """Drop what is not live, and see `database.Database.scrub`."""
        with self._database.failing_as_unreachable():
            live, number, _ = self._make_room()
            with self._connection.begin():
                self._connection.execute(delete(loading))
            clean = self._database.scrub(self._connection)
        return clean and number == live + 1

    def _go_live(
        self,
        flip: _Flip,
        snapshot: Snapshot,
        event: Event,
        counts: Mapping[str, int],
        catch_up: CatchUp | None,
    ) -> int:
        """Write history, the log and the pointer, in the caller's transaction."""
        connection = self._connection
        self._database.switch(connection)
        beside = Beside(self._database, connection, flip.new)
        if beside.standing.sequence != flip.last:
            flip = replace(flip, last=beside.standing.sequence)
            if catch_up is None:
                said = "It was changed while it was being linked; link again."
                raise IndexBusy(said, **self._database.where)
            catch_up.rest(beside, flip.sequence, max(event.at, beside.view.state.last_at))
            counts = beside.counts(counts)
        sequence = flip.sequence
        history.bring_up_to(connection, flip.new, sequence)
        deleted = _unless_erased(_rows(snapshot.deleted), beside)
        tombstones.bury(connection, flip.old, flip.new, deleted=deleted, sequence=sequence)
        _log(connection, event, sequence)
        _keep_release(connection, snapshot.release)
        _move_pointer(connection, flip, snapshot, counts)
        connection.execute(delete(loading))
        return sequence

    def _make_room(self) -> tuple[int, int, int]:
        """Drop what is not live; the numbers of what is live, of what is next, and of the last
        event.
        """
        connection = self._connection
        with connection.begin():
            live, last = connection.execute(POINTER).one()
            names = inspect(connection).get_table_names()
        others = {number for name in names if (number := generation_of(name)) is not None} - {live}
        used = [n for n in sorted(others) if not self._database.drop(connection, generation(n))]
        return live, max([live, *used]) + 1, last

    def _begin_loading(self, flip: _Flip, made_by: Release) -> None:
        """Say what is being made, for whoever looks or comes after us."""
        of = {"generation": flip.new.number, "since": flip.last, "release_id": made_by.release_id}
        with self._connection.begin():
            self._connection.execute(delete(loading))
            self._connection.execute(insert(loading).values(id=1, **of))


@dataclass(frozen=True, slots=True)
class _Flip:
    """From which generation to which, and after which event."""

    old: Generation
    new: Generation
    last: int

    @property
    def sequence(self) -> int:
        """The event that the flip is."""
        return self.last + 1


POINTER = select(index_state.c.generation, index_state.c.sequence)


def _ignore(table: str, rows: int) -> None:
    """Nobody listens."""


def _unless_erased(
    deleted: list[tuple[str, str, str]], beside: Beside
) -> list[tuple[str, str, str]]:
    """What sources say is gone, without the keys of records that were erased meanwhile."""
    names, secret = beside.erased(0), beside.standing.secret
    if not names:
        return deleted
    return [row for row in deleted if keyed(secret, RecordKey(*row[:2])) not in names]


def _rows(deleted: pa.Table) -> list[tuple[str, str, str]]:
    return list(zip(*(deleted[name].to_pylist() for name in DELETED.names), strict=True))


def _log(connection: Connection, event: Event, sequence: int) -> None:
    """Write the log; time in it never goes back."""
    at = max(event.at, connection.scalar(select(index_state.c.last_at)) or "")
    row = {"sequence": sequence, "kind": event.kind, "at": at, "detail": _json(event.detail)}
    connection.execute(insert(log).values(row))
    connection.execute(update(index_state).values(last_at=at))


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


def _move_pointer(
    connection: Connection, flip: _Flip, snapshot: Snapshot, counts: Mapping[str, int]
) -> None:
    new = flip.new
    connection.execute(
        update(index_state).values(
            generation=new.number,
            sequence=flip.sequence,
            release_id=snapshot.release.release_id,
            provisional=int(snapshot.provisional),
            counts=_json(counts),
            next_record_no=_next(connection, new.record.c.record_no),
            next_person_no=_next(connection, new.person.c.person_no),
            records=counts["record"],
            persons=counts["person"],
        )
    )


def _next(connection: Connection, numbers: Column[int]) -> int:
    """The first number after those used."""
    return (connection.scalar(select(func.max(numbers))) or 0) + 1


def _json(value: Mapping[str, object]) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

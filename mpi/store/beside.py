"""A generation in the making, and what happened to the live one since it was read for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import Column, Connection, Table, bindparam, func, or_, select, update

from mpi.records import RecordKey
from mpi.store.change import Stamp, Writes
from mpi.store.change_queries import change_queries
from mpi.store.database import Database, Moment
from mpi.store.near import Near
from mpi.store.near_rows import RetiredRow, SealSideRow, Standing
from mpi.store.schema import (
    Generation,
    decision,
    erased,
    inbox,
    seal,
    seal_side,
    supersession,
)
from mpi.store.view import Seen, View

Superseded = tuple[str, str, str]
"""Of an identifier system: a value, and the one that replaced it."""


class Making(Near):
    """What lies around a change in a generation whose persons have no ids yet that count."""

    def retired(self, keys: Collection[RecordKey]) -> list[RetiredRow]:
        """No id comes back before the generation goes live."""
        return []


class Beside:
    """Both generations in one transaction of the sole writer, who changes the one in the making."""

    def __init__(self, database: Database, connection: Connection, new: Generation) -> None:
        """Args: connection, in a transaction that sees one moment of what is live."""
        self._database, self._connection, self._new = database, connection, new
        self.making = Making(connection, new.number, database.prepare)
        self.standing: Standing = self.making.standing()
        self.live = Near(connection, self.standing.generation, database.prepare)

    @property
    def view(self) -> View:
        """The live generation as a whole."""
        moment = Moment(self._connection, self.standing.generation, self.standing.sequence)
        return View(moment, self._database.prepare, Seen())

    def messages(self, since: int) -> set[RecordKey]:
        """The records that messages after an event were about."""
        c = inbox.c
        asked = select(c.source, c.source_id).where(c.sequence > since).distinct()
        return {RecordKey(*row) for row in self._connection.execute(asked)}

    def erased(self, since: int) -> frozenset[bytes]:
        """The hashes of the keys of records erased after an event."""
        asked = select(erased.c.keyed).where(erased.c.sequence > since)
        return frozenset(map(bytes, self._connection.scalars(asked)))

    def decided(self, since: int) -> set[RecordKey]:
        """The records on which a decision was taken or undone after an event."""
        c = decision.c
        ends = (c.l_source, c.l_source_id, c.r_source, c.r_source_id)
        rows = self._connection.execute(select(*ends).where(_after(decision, since)))
        return {RecordKey(*row[at : at + 2]) for row in rows for at in (0, 2)}

    def sealed(self, since: int) -> list[SealSideRow]:
        """The sides of the seals put or undone after an event."""
        numbers = select(seal.c.seal_no).where(_after(seal, since))
        rows = self._connection.execute(select(seal_side).where(seal_side.c.seal_no.in_(numbers)))
        return sorted(SealSideRow(*row) for row in rows)

    def superseded(self) -> frozenset[Superseded]:
        """The supersessions in force."""
        c = supersession.c
        rows = self._connection.execute(select(c.system, c.old, c.new).where(c.undone.is_(None)))
        return frozenset((row[0], row[1], row[2]) for row in rows)

    def record_keys(self) -> Iterator[RecordKey]:
        """All records of the generation in the making."""
        c = self._new.record.c
        return (RecordKey(*row) for row in self._connection.execute(select(c.source, c.source_id)))

    def stamp(self) -> Stamp:
        """The first free numbers of the generation in the making, as of the last event."""
        record, person = self._new.record.c.record_no, self._new.person.c.person_no
        return Stamp(self.standing.sequence, "", self._free(record), self._free(person))

    def _free(self, numbers: Column[int]) -> int:
        last = self._connection.scalar(select(func.max(numbers)))
        return 0 if last is None else last + 1

    def write(self, writes: Writes) -> None:
        """Write rows to the generation in the making, in order."""
        statements = change_queries(self._new.number, self._database.prepare)
        for name, rows in writes:
            if rows:
                statements[name].each(self._connection, rows)

    def persons(self) -> pa.Table:
        """The key and the number of the person of every record in the making, by key."""
        c = self._new.record.c
        asked = select(c.source, c.source_id, c.person_no).order_by(c.source, c.source_id)
        rows = self._connection.execute(asked).all()
        columns = zip(*rows, strict=True) if rows else ([], [], [])
        types = (pa.string(), pa.string(), pa.int64())
        arrays = [pa.array(each, kind) for each, kind in zip(columns, types, strict=True)]
        return pa.table(arrays, names=["source", "source_id", "person_no"])

    def name_persons(self, ids: Mapping[int, str]) -> None:
        """Give the persons in the making their ids, by number."""
        c = self._new.person.c
        rows = self._connection.execute(select(c.person_no, c.person_id))
        had = {row.person_no: row.person_id for row in rows}
        other = [{"of": number, "is": new} for number, new in ids.items() if had[number] != new]
        if not other:
            return
        named: Any = update(self._new.person).where(c.person_no == bindparam("of"))
        named = named.values(person_id=bindparam("is"))
        # ids may change hands, and are unique at every moment
        self._connection.execute(named, [{**row, "is": f"~{row['of']}"} for row in other])
        self._connection.execute(named, other)

    def counts(self, names: Collection[str]) -> dict[str, int]:
        """The rows of tables in the making, by plain name."""
        of = dict(self._new.tables())
        ask = self._connection.scalar
        return {name: ask(select(func.count()).select_from(of[name])) or 0 for name in names}


class CatchUp(Protocol):
    """Brings a generation in the making up to what happened to the live one meanwhile."""

    def some(self, beside: Beside) -> bool:
        """Take in some of it, in a transaction short enough for others to wait for.

        Returns whether there is so much left that it is worth doing again.
        """
        ...

    def rest(self, beside: Beside, sequence: int, at: str) -> None:
        """Take in the rest, while nobody else changes anything, and name the persons.

        Args: sequence, of the event in which the generation goes live; at, its time.
        """
        ...


def _after(table: Table, since: int) -> Any:
    return or_(table.c.sequence > since, table.c.undone > since)

"""The statements that write a change, built once per generation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    insert,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from mpi.store.database import Prepare, Prepared
from mpi.store.schema import (
    Generation,
    decision,
    erased,
    generation,
    idempotency,
    identifier_history,
    inbox,
    index_state,
    log,
    membership,
    person_change,
    person_history,
    retired_member,
    seal,
    seal_side,
    supersession,
    tombstone,
)

KEPT = (
    decision,
    identifier_history,
    inbox,
    log,
    membership,
    person_change,
    seal,
    seal_side,
    supersession,
    tombstone,
)
"""What outlives every link, and is added to row by row."""


def _advance() -> ClauseElement:
    """One more event: its number, the first free numbers before it, and its time."""
    c = index_state.c
    at: BindParameter[str] = bindparam("at")
    return (
        update(index_state)
        .values(
            sequence=c.sequence + 1,
            next_record_no=c.next_record_no + bindparam("new_records"),
            next_person_no=c.next_person_no + bindparam("new_persons"),
            records=c.records + bindparam("more_records"),
            persons=c.persons + bindparam("more_persons"),
            last_at=case((c.last_at > at, c.last_at), else_=at),
        )
        .where(c.id == 1)
        .returning(c.sequence, c.next_record_no, c.next_person_no, c.last_at)
    )


def _by_key(table: Table) -> ClauseElement:
    """Delete a row by its primary key, whose columns are the parameters."""
    same = (column == bindparam(column.name) for column in table.primary_key.columns)
    return delete(table).where(and_(*same))


def _of_record(table: Table) -> Any:
    c = table.c
    return and_(c.source == bindparam("source"), c.source_id == bindparam("source_id"))


def _closed(table: Table, *more: str) -> ClauseElement:
    """End what stands of a record; `more` columns say which."""
    same = (table.c[name] == bindparam(name) for name in more)
    stands = table.c.to_sequence.is_(None)
    ended = update(table).where(_of_record(table), stands, *same)
    return ended.values(to_sequence=bindparam("ended"))


def _of_history() -> dict[str, ClauseElement]:
    """What is said of ids that come into use, go out of it, and come back."""
    c = person_history.c
    of_person = c.person_id == bindparam("of")
    names = ("retired_sequence", "how", "successors")
    retirement: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in names}
    again = dict.fromkeys(retirement)
    return {
        "person_minted": insert(person_history).values(
            person_id=bindparam("person_id"), first_sequence=bindparam("first_sequence")
        ),
        "person_retired": update(person_history).where(of_person).values(**retirement),
        "person_restored": update(person_history).where(of_person).values(**again),
        "retired_member_gone": delete(retired_member).where(
            retired_member.c.person_id == bindparam("person_id")
        ),
        "retired_member_new": insert(retired_member),
    }


def _moved(t: Generation) -> ClauseElement:
    """Give a record to another person."""
    to: BindParameter[int] = bindparam("to_person_no")
    return update(t.record).where(t.record.c.record_no == bindparam("of")).values(person_no=to)


def _undone(table: Table) -> ClauseElement:
    return (
        update(table)
        .where(table.c.sequence == bindparam("of"), table.c.undone.is_(None))
        .values(undone=bindparam("undone"))
    )


def _answered() -> ClauseElement:
    """Keep an answer, unless another request of the same key was answered in the meantime."""
    return postgres_insert(idempotency).on_conflict_do_nothing()


def _statements(t: Generation) -> dict[str, ClauseElement]:
    tables = dict(t.tables())
    kept = {table.name: table for table in KEPT}
    return {
        "advance": _advance(),
        **{f"{name}_gone": _by_key(table) for name, table in tables.items()},
        **{f"{name}_new": insert(table) for name, table in (tables | kept).items()},
        "record_moved": _moved(t),
        "membership_closed": _closed(membership),
        "identifier_history_closed": _closed(identifier_history, "system", "value"),
        "tombstone_gone": _by_key(tombstone),
        "supersession_gone": _by_key(supersession),
        "erased_gone": _by_key(erased),
        **{f"{table.name}_undone": _undone(table) for table in (decision, supersession, seal)},
        "idempotency_old": delete(idempotency).where(idempotency.c.at < bindparam("before")),
        "idempotency_new": _answered(),
        **_of_history(),
    }


class ChangeQueries:
    """The statements over one generation, by name: `TABLE_new`, `TABLE_gone` and some others."""

    def __init__(self, number: int, prepare: Prepare) -> None:
        """Args: number, of the generation; prepare, of the database it lies in."""
        self._statements = _statements(generation(number))
        self._prepare = prepare
        self._prepared: dict[str, Prepared] = {}

    def __getitem__(self, name: str) -> Prepared:
        found = self._prepared.get(name)
        if found is None:
            found = self._prepared[name] = self._prepare(self._statements[name])
        return found


@lru_cache(maxsize=16)
def change_queries(number: int, prepare: Prepare) -> ChangeQueries:
    """The statements over a generation, by its number, for one kind of database."""
    return ChangeQueries(number, prepare)

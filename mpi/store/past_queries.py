"""The statements that read history: what happened at an event, and what was believed at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
)

from mpi.store.columns import TEXT
from mpi.store.database import Prepare, Prepared
from mpi.store.schema import (
    identifier_history,
    inbox,
    log,
    membership,
    person_change,
    person_history,
    supersession,
)

AT: BindParameter[int] = bindparam("sequence")


@dataclass(frozen=True, slots=True)
class PastQueries:
    """What each asks for is named by its parameters; what has a `limit` has an `offset` too."""

    logged: Prepared
    moment: Prepared
    heard: Prepared
    left_by: Prepared
    moved: Prepared
    created: Prepared
    changed: Prepared
    changed_by_feeds: Prepared
    ended: Prepared
    stays: Prepared
    residences: Prepared
    first_sequence: Prepared
    changes: Prepared
    members: Prepared
    last_members: Prepared
    identifiers: Prepared
    names: Prepared
    release: Prepared


def _page(statement: Select[Any]) -> Select[Any]:
    """Some rows of many."""
    limit: BindParameter[int] = bindparam("limit")
    return statement.limit(limit).offset(bindparam("offset"))


def _moves() -> Subquery:
    """The persons that each record left and went to at an event."""
    c = membership.c
    nobody = null().cast(TEXT)
    left = select(c.source, c.source_id, c.person_id.label("came"), nobody.label("went"))
    went = select(c.source, c.source_id, nobody.label("came"), c.person_id.label("went"))
    both = union_all(left.where(c.to_sequence == AT), went.where(c.from_sequence == AT)).subquery()
    return (
        select(
            both.c.source,
            both.c.source_id,
            func.max(both.c.came).label("came"),
            func.max(both.c.went).label("went"),
        )
        .group_by(both.c.source, both.c.source_id)
        .subquery()
    )


def _moved() -> Select[Any]:
    """The records that changed person, by the persons, then in the order of their keys.

    So that an erased record, which has another key from then on, changes the place of none but
    those that moved with it.
    """
    moves = _moves()
    other = or_(moves.c.came.is_(None), moves.c.went.is_(None), moves.c.came != moves.c.went)
    persons = [func.coalesce(each, "") for each in (moves.c.came, moves.c.went)]
    return _page(select(moves).where(other).order_by(*persons, moves.c.source, moves.c.source_id))


def _created() -> Select[Any]:
    c = person_history.c
    return _page(select(c.person_id).where(c.first_sequence == AT).order_by(c.person_id))


def _ended() -> Select[Any]:
    """Ids that came back, then those that went out of use, by how."""
    c = person_change.c
    return _page(
        select(c.person_id, c.what, c.how, c.successors)
        .where(c.sequence == AT)
        .order_by(c.what, c.how, c.person_id)
    )


def _said() -> CompoundSelect[Any]:
    """The records that said something else from an event on: one was put, or some superseded."""
    past, made = identifier_history.c, supersession.c
    replaced = and_(made.system == past.system, made.old == past.value)
    return union(
        select(inbox.c.source, inbox.c.source_id).where(inbox.c.sequence == AT),
        select(past.source, past.source_id)
        .join_from(supersession, identifier_history, replaced)
        .where(or_(made.sequence == AT, made.undone == AT))
        .where(or_(past.from_sequence == AT, past.to_sequence == AT)),
    )


def _said_by_feeds() -> Select[Any]:
    """The records of which a link changed an identifier; every row of history is looked at."""
    past = identifier_history.c
    at = or_(past.from_sequence == AT, past.to_sequence == AT)
    return select(past.source, past.source_id).where(at).distinct()


def _changed(saying: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    """The other persons of whom a record moved, or says something else."""
    moves, said, c = _moves(), saying.subquery(), membership.c
    of_said = (
        select(c.person_id)
        .join_from(
            said, membership, and_(c.source == said.c.source, c.source_id == said.c.source_id)
        )
        .where(_standing(c))
    )
    touched = union(select(moves.c.came), select(moves.c.went), of_said).subquery()
    (person_id,) = touched.c
    born = select(person_history.c.person_id).where(person_history.c.first_sequence == AT)
    ended = select(person_change.c.person_id).where(person_change.c.sequence == AT)
    return _page(
        select(person_id)
        .where(person_id.is_not(None), person_id.not_in(born), person_id.not_in(ended))
        .order_by(person_id)
    )


def _standing(c: Any) -> ColumnElement[bool]:
    """That a row of history was so right after an event."""
    return and_(c.from_sequence <= AT, or_(c.to_sequence.is_(None), c.to_sequence > AT))


def _by(table: Any, *names: str) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(name) for name in names))


def _identifiers() -> Select[Any]:
    """What the members of a person held right after an event."""
    held, c = identifier_history.c, membership.c
    same = and_(held.source == c.source, held.source_id == c.source_id)
    return (
        select(held.system, held.value, held.verified, held.source, held.source_id)
        .join_from(membership, identifier_history, same)
        .where(_by(membership, "person_id"), _standing(c), _standing(held))
        .order_by(held.system, held.value, held.source, held.source_id)
    )


def _statements() -> dict[str, Any]:
    c, past, change = membership.c, identifier_history.c, person_change.c
    after = log.c.sequence > bindparam("after")
    limit: BindParameter[int] = bindparam("limit")
    logged = select(log.c.sequence, log.c.kind, log.c.at, log.c.detail)
    standing = select(c.source, c.source_id).where(_by(membership, "person_id"))
    key = (c.source, c.source_id)
    return {
        "logged": logged.where(after).order_by(log.c.sequence).limit(limit),
        "moment": select(func.max(log.c.sequence)).where(log.c.at <= bindparam("at")),
        "heard": select(inbox.c.source_id)
        .join_from(log, inbox, log.c.sequence == inbox.c.sequence)
        .where(log.c.at > bindparam("at"), _by(inbox, "source"))
        .distinct(),
        "left_by": _page(
            select(c.person_id)
            .where(c.to_sequence == AT, c.source_id.startswith(bindparam("beginning")))
            .distinct()
            .order_by(c.person_id)
        ),
        "moved": _moved(),
        "created": _created(),
        "changed": _changed(_said()),
        "changed_by_feeds": _changed(_said_by_feeds()),
        "ended": _ended(),
        "stays": select(*key, c.from_sequence, c.to_sequence)
        .where(_by(membership, "person_id"))
        .order_by(c.from_sequence, *key),
        "residences": select(c.person_id, c.from_sequence, c.to_sequence)
        .where(_by(membership, "source", "source_id"))
        .order_by(c.from_sequence),
        "first_sequence": select(person_history.c.first_sequence).where(
            _by(person_history, "person_id")
        ),
        "changes": select(change.sequence, change.what, change.how, change.successors)
        .where(_by(person_change, "person_id"))
        .order_by(change.sequence),
        "members": standing.where(_standing(c)).order_by(*key),
        "last_members": standing.where(c.to_sequence == AT).order_by(*key),
        "identifiers": _identifiers(),
        "names": select(
            past.system, past.value, past.verified, past.from_sequence, past.to_sequence
        )
        .where(_by(identifier_history, "source", "source_id"))
        .order_by(past.from_sequence, past.system, past.value),
        "release": select(log.c.detail)
        .where(log.c.kind.in_([literal("link"), literal("rollback")]), log.c.sequence <= AT)
        .order_by(log.c.sequence.desc())
        .limit(1),
    }


@lru_cache(maxsize=4)
def past_queries(prepare: Prepare) -> PastQueries:
    """The statements for one kind of database."""
    statements = _statements()
    made = {field.name: prepare(statements[field.name]) for field in fields(PastQueries)}
    return PastQueries(**made)

"""What of an index is worth a reviewer's look: persons that nearly joined, and findings."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select

from mpi.records import RESTRICTED, RecordKey
from mpi.store.review_schema import review_task
from mpi.store.schema import decision, generation, index_state, seal, seal_side


class Doubtful(NamedTuple):
    """Two records whose persons nearly joined: the strongest link, and what kept them apart.

    `weight` is in milli-bits; `sizes` are the numbers of records of the two persons.
    """

    left: RecordKey
    right: RecordKey
    versions: tuple[str, str]
    weight: int
    why: str
    sizes: tuple[int, int]


class Found(NamedTuple):
    """A person that has findings, by their golden record."""

    golden: RecordKey
    version: str
    findings: tuple[str, ...]
    size: int


def doubtful(connection: Connection) -> list[Doubtful]:
    """Every two persons that nearly joined, as of now."""
    t = generation(_live(connection))
    left, right = t.record.alias("l"), t.record.alias("r")
    person_l, person_r = t.person.alias("pl"), t.person.alias("pr")
    c = t.possible.c
    asked = (
        select(
            left.c.source,
            left.c.source_id,
            right.c.source,
            right.c.source_id,
            left.c.version,
            right.c.version,
            c.weight,
            c.why,
            person_l.c.record_count,
            person_r.c.record_count,
        )
        .join_from(t.possible, left, left.c.record_no == c.record_l)
        .join(right, right.c.record_no == c.record_r)
        .join(person_l, person_l.c.person_no == left.c.person_no)
        .join(person_r, person_r.c.person_no == right.c.person_no)
    )
    found = []
    for row in connection.execute(asked):
        keys = sorted(((RecordKey(*row[0:2]), row[4]), (RecordKey(*row[2:4]), row[5])))
        (one, one_version), (other, other_version) = keys
        versions = one_version, other_version
        found.append(Doubtful(one, other, versions, row[6], row[7], (row[8], row[9])))
    return found


def findings(connection: Connection) -> list[Found]:
    """Every person that has findings, as of now."""
    t = generation(_live(connection))
    golden = t.record.c.record_no == t.person.c.golden_record_no
    asked = (
        select(
            t.record.c.source,
            t.record.c.source_id,
            t.record.c.version,
            t.person.c.findings,
            t.person.c.record_count,
        )
        .join_from(t.person, t.record, golden)
        .where(t.person.c.findings != "[]")
    )
    return [
        Found(RecordKey(row[0], row[1]), row[2], tuple(json.loads(row[3])), row[4])
        for row in connection.execute(asked)
    ]


def of_restricted(connection: Connection) -> ColumnElement[bool]:
    """Whether a task is about a record of somebody restricted, as of now."""
    t = generation(_live(connection))
    record, task = t.record.c, review_task.c
    left = and_(record.source == task.l_source, record.source_id == task.l_source_id)
    right = and_(record.source == task.r_source, record.source_id == task.r_source_id)
    return exists(
        select(record.record_no)
        .join_from(t.record, t.person, t.person.c.person_no == record.person_no)
        .where(or_(left, right), t.person.c.findings.contains(f'"{RESTRICTED}"'))
        .correlate(review_task)
    )


class SealedSide(NamedTuple):
    """One side of a seal that is in force."""

    seal_no: int
    side: int

    @property
    def other(self) -> SealedSide:
        """The side opposite."""
        return SealedSide(self.seal_no, 3 - self.side)


def sides_of(connection: Connection, named: set[tuple[str, str, str]]) -> set[SealedSide]:
    """The sides of seals that some records and identifiers lie on.

    Args: named, as `("record", source, source_id)` and `("identifier", system, value)`.
    """
    c = seal_side.c
    asked = (
        select(c.seal_no, c.side, c.kind, c.first, c.second)
        .join_from(seal_side, seal, seal.c.seal_no == c.seal_no)
        .where(seal.c.undone.is_(None))
    )
    rows = connection.execute(asked)
    return {SealedSide(number, side) for number, side, *what in rows if tuple(what) in named}


def last_said(connection: Connection, sequences: Collection[int]) -> list[Row[Any]]:
    """Those of some decisions that are the last of their pair that is not undone."""
    later = decision.alias()
    pair = ("l_source", "l_source_id", "r_source", "r_source_id")
    newer = exists().where(
        *(later.c[each] == decision.c[each] for each in pair),
        later.c.undone.is_(None),
        later.c.sequence > decision.c.sequence,
    )
    asked = select(decision).where(decision.c.undone.is_(None), ~newer)
    return list(connection.execute(asked.where(decision.c.sequence.in_(sequences))))


def _live(connection: Connection) -> int:
    return int(connection.execute(select(index_state.c.generation)).scalar_one())

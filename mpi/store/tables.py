"""The statements that read whole tables, for exports and for the next link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, or_, select

from mpi.store.schema import Slot, membership, person_history, slots
from mpi.store.sqlite import Prepared

RETIRED = (
    select(person_history)
    .where(person_history.c.retired_sequence.is_not(None))
    .order_by(person_history.c.person_id)
)

AS_OF = Prepared(
    select(membership.c.source, membership.c.source_id, membership.c.person_id)
    .where(
        membership.c.from_sequence <= bindparam("sequence"),
        or_(
            membership.c.to_sequence.is_(None),
            membership.c.to_sequence > bindparam("sequence"),
        ),
    )
    .order_by(membership.c.source, membership.c.source_id)
)


@dataclass(frozen=True, slots=True)
class Tables:
    """The statements over one slot."""

    records_by_person: Prepared
    persons: Prepared
    records: Prepared
    cross_references: Prepared
    links: Prepared


def _records_by_person(t: Slot) -> Select[Any]:
    """The key of every record and the number of its person."""
    c = t.record.c
    return select(c.source, c.source_id, c.person_no).order_by(c.record_no)


def _persons(t: Slot) -> Select[Any]:
    """Every person in use, with the event at which the id was first seen."""
    return (
        select(t.person.c.person_no, t.person.c.person_id, person_history.c.first_sequence)
        .join_from(t.person, person_history, person_history.c.person_id == t.person.c.person_id)
        .order_by(t.person.c.person_no)
    )


def _pair_with_golden(t: Slot) -> ColumnElement[bool]:
    """The condition that a kept pair is of a record and its person's golden record."""
    c, number, golden = t.confidence.c, t.record.c.record_no, t.person.c.golden_record_no
    return and_(
        c.person_no == t.person.c.person_no,
        c.record_l == case((number < golden, number), else_=golden),
        c.record_r == case((number < golden, golden), else_=number),
    )


def _records(t: Slot) -> Select[Any]:
    """Every record, with its person and the pair of it and the golden record."""
    c, number, golden = t.confidence.c, t.record.c.record_no, t.person.c.golden_record_no
    return (
        select(
            t.record.c.source,
            t.record.c.source_id,
            t.person.c.person_id,
            case((number == golden, 1), else_=0).label("golden"),
            case((t.person.c.all_pairs == 1, c.confidence)).label("confidence"),
        )
        .join_from(t.record, t.person, t.person.c.person_no == t.record.c.person_no)
        .join(t.confidence, _pair_with_golden(t), isouter=True)
        .order_by(number)
    )


def _cross_references(t: Slot) -> Select[Any]:
    """Every identifier of every record, with the pair of its record and the golden record."""
    c, number, golden = t.confidence.c, t.record.c.record_no, t.person.c.golden_record_no
    return (
        select(
            t.person.c.person_id,
            t.record.c.source,
            t.record.c.source_id,
            t.identifier.c.system,
            t.identifier.c.value,
            t.identifier.c.verified,
            case((number == golden, 1), else_=0).label("golden"),
            t.person.c.all_pairs,
            c.direct,
            c.bottleneck,
            c.confidence,
        )
        .join_from(t.record, t.identifier, t.identifier.c.record_no == number)
        .join(t.person, t.person.c.person_no == t.record.c.person_no)
        .join(t.confidence, _pair_with_golden(t), isouter=True)
        .order_by(number, t.identifier.c.system, t.identifier.c.value)
    )


def _links(t: Slot) -> Select[Any]:
    """Every link, with the keys and persons of its two records."""
    left, right = t.record.alias("l"), t.record.alias("r")
    person_l, person_r = t.person.alias("pl"), t.person.alias("pr")
    c = t.link.c
    return (
        select(
            left.c.source.label("source_l"),
            left.c.source_id.label("source_id_l"),
            person_l.c.person_id.label("person_id_l"),
            right.c.source.label("source_r"),
            right.c.source_id.label("source_id_r"),
            person_r.c.person_id.label("person_id_r"),
            c.weight,
            c.blocked,
        )
        .join_from(t.link, left, left.c.record_no == c.record_l)
        .join(right, right.c.record_no == c.record_r)
        .join(person_l, person_l.c.person_no == left.c.person_no)
        .join(person_r, person_r.c.person_no == right.c.person_no)
        .order_by(c.record_l, c.record_r)
    )


tables = {
    name: Tables(
        records_by_person=Prepared(_records_by_person(slot)),
        persons=Prepared(_persons(slot)),
        records=Prepared(_records(slot)),
        cross_references=Prepared(_cross_references(slot)),
        links=Prepared(_links(slot)),
    )
    for name, slot in slots.items()
}

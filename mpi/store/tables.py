"""The statements that read whole tables, for exports and for the next link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, or_, select

from mpi.store.database import Prepare, Prepared
from mpi.store.schema import (
    Generation,
    generation,
    membership,
    person_history,
    retired_member,
)

RETIRED = (
    select(person_history)
    .where(person_history.c.retired_sequence.is_not(None))
    .order_by(person_history.c.person_id)
)

RETIRED_MEMBERS = select(retired_member).order_by(*retired_member.primary_key.columns)

AS_OF = (
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
    """The statements over one generation, and that of history which reads as much."""

    records_by_person: Prepared
    persons: Prepared
    records: Prepared
    cross_references: Prepared
    links: Prepared
    as_of: Prepared
    numbered: dict[str, Prepared]


def _records_by_person(t: Generation) -> Select[Any]:
    """The key of every record, the number of its person and the key of its version."""
    c = t.record.c
    return select(c.source, c.source_id, c.person_no, c.version_key).order_by(c.record_no)


def _persons(t: Generation) -> Select[Any]:
    """Every person in use, with the event at which the id was first seen."""
    return (
        select(t.person.c.person_no, t.person.c.person_id, person_history.c.first_sequence)
        .join_from(t.person, person_history, person_history.c.person_id == t.person.c.person_id)
        .order_by(t.person.c.person_no)
    )


def _pair_with_golden(t: Generation) -> ColumnElement[bool]:
    """The condition that a kept pair is of a record and its person's golden record."""
    c, number, golden = t.confidence.c, t.record.c.record_no, t.person.c.golden_record_no
    return and_(
        c.person_no == t.person.c.person_no,
        c.record_l == case((number < golden, number), else_=golden),
        c.record_r == case((number < golden, golden), else_=number),
    )


def _records(t: Generation) -> Select[Any]:
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
        .order_by(t.record.c.source, t.record.c.source_id)
    )


def _cross_references(t: Generation) -> Select[Any]:
    """Every identifier of every record, with the pair of its record and the golden record."""
    c, number, golden = t.confidence.c, t.record.c.record_no, t.person.c.golden_record_no
    key = (t.record.c.source, t.record.c.source_id)
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
        .order_by(*key, t.identifier.c.system, t.identifier.c.value)
    )


def _links(t: Generation) -> Select[Any]:
    """Every link, with the keys and persons of its two records, the lesser key first.

    Records that came one by one have numbers in the order in which they came.
    """
    one, other = t.record.alias("l"), t.record.alias("r")
    person_of_one, person_of_other = t.person.alias("pl"), t.person.alias("pr")
    c = t.link.c
    same = one.c.source == other.c.source
    in_order = or_(one.c.source < other.c.source, and_(same, one.c.source_id < other.c.source_id))
    sides = ((one, person_of_one), (other, person_of_other))
    ends = [
        case((in_order, here), else_=there).label(f"{here.name}_{side}")
        for side, (near, far) in (("l", sides), ("r", sides[::-1]))
        for here, there in (
            (near[0].c.source, far[0].c.source),
            (near[0].c.source_id, far[0].c.source_id),
            (near[1].c.person_id, far[1].c.person_id),
        )
    ]
    return (
        select(
            *ends,
            c.weight,
            c.blocked,
        )
        .join_from(t.link, one, one.c.record_no == c.record_l)
        .join(other, other.c.record_no == c.record_r)
        .join(person_of_one, person_of_one.c.person_no == one.c.person_no)
        .join(person_of_other, person_of_other.c.person_no == other.c.person_no)
        .order_by(ends[0], ends[1], ends[3], ends[4])
    )


def _numbered(t: Generation) -> dict[str, Select[Any]]:
    """Tables as they are kept, in a fixed order, with records and persons under their numbers."""
    held = t.identifier.c
    return {
        "record": select(
            t.record.c.record_no, t.record.c.source, t.record.c.source_id, t.record.c.person_no
        ).order_by(t.record.c.record_no),
        "payload": select(t.payload).order_by(t.payload.c.record_no),
        "verified_identifier": select(held.record_no, held.system, held.value)
        .where(held.verified == 1)
        .order_by(held.record_no, held.system, held.value),
        **{
            table.name.rpartition("_")[0]: select(table).order_by(*table.primary_key.columns)
            for table in (t.blocking_key, t.link, t.confidence)
        },
    }


@lru_cache(maxsize=16)
def tables_of(number: int, prepare: Prepare) -> Tables:
    """The statements over a generation, by its number, for one kind of database."""
    t = generation(number)
    return Tables(
        records_by_person=prepare(_records_by_person(t)),
        persons=prepare(_persons(t)),
        records=prepare(_records(t)),
        cross_references=prepare(_cross_references(t)),
        links=prepare(_links(t)),
        as_of=prepare(AS_OF),
        numbered={what: prepare(found) for what, found in _numbered(t).items()},
    )

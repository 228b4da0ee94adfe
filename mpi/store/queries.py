"""Every statement that reads, built once per generation, so that each is compiled only once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Select,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from mpi.store.database import Prepare, Prepared
from mpi.store.schema import (
    Generation,
    generation,
    index_state,
    log,
    membership,
    person_history,
    release,
    release_file,
    retired_member,
)

STATE = select(
    index_state.c.generation,
    index_state.c.sequence,
    index_state.c.seed,
    index_state.c.provisional,
    index_state.c.counts,
    index_state.c.records,
    index_state.c.persons,
    index_state.c.release_id,
    index_state.c.last_at,
)

RELEASE = select(release.c.name, release.c.document).where(
    release.c.release_id == bindparam("release_id")
)

RELEASE_FILES = select(release_file.c.name, release_file.c.content).join_from(
    index_state, release_file, release_file.c.release_id == index_state.c.release_id
)
"""The files of the release that made what is live."""

EVENTS = select(log).order_by(log.c.sequence)

RETIRED_PERSON = select(person_history).where(
    person_history.c.person_id == bindparam("person_id"),
    person_history.c.retired_sequence.is_not(None),
)

RETIRED_MEMBERS = (
    select(retired_member.c.source, retired_member.c.source_id)
    .where(retired_member.c.person_id == bindparam("person_id"))
    .order_by(retired_member.c.source, retired_member.c.source_id)
)

MEMBERS_EVER = (
    select(membership.c.source, membership.c.source_id)
    .where(membership.c.person_id == bindparam("person_id"))
    .distinct()
    .order_by(membership.c.source, membership.c.source_id)
)
"""The records that a person has or ever had."""

RESIDENCES = (
    select(membership.c.person_id, membership.c.from_sequence, membership.c.to_sequence)
    .where(
        membership.c.source == bindparam("source"),
        membership.c.source_id == bindparam("source_id"),
    )
    .order_by(membership.c.from_sequence)
)


@dataclass(frozen=True, slots=True)
class Queries:
    """The statements over one generation; a `bindparam` names what each asks for."""

    state: Prepared
    holders: Prepared
    person_no_of_id: Prepared
    person_no_of_record: Prepared
    person_id_of_record: Prepared
    source: Prepared
    person: Prepared
    pairs: Prepared
    pairs_of_anchors: Select[Any]
    candidates: Select[Any]
    records: Select[Any]
    records_of: Prepared
    links: Select[Any]
    current_persons: Select[Any]


def _holders(t: Generation) -> Select[Any]:
    """Records that hold an identifier."""
    return (
        select(t.identifier.c.record_no, t.record.c.person_no, t.identifier.c.verified)
        .join_from(t.identifier, t.record, t.record.c.record_no == t.identifier.c.record_no)
        .where(
            t.identifier.c.system == bindparam("system"),
            t.identifier.c.value == bindparam("value"),
        )
        .order_by(t.identifier.c.record_no)
    )


def _person(t: Generation) -> Select[Any]:
    """One row per identifier of each record of a person, and one for a record that has none."""
    return (
        select(
            t.person.c.person_id,
            t.person.c.golden_record_no,
            t.person.c.findings,
            t.person.c.all_pairs,
            t.record.c.record_no,
            t.record.c.source,
            t.record.c.source_id,
            t.identifier.c.system,
            t.identifier.c.value,
            t.identifier.c.verified,
        )
        .join_from(t.person, t.record, t.record.c.person_no == t.person.c.person_no)
        .join(t.identifier, t.identifier.c.record_no == t.record.c.record_no, isouter=True)
        .where(t.person.c.person_no == bindparam("person_no"))
        .order_by(t.record.c.record_no, t.identifier.c.system, t.identifier.c.value)
    )


def _pairs(t: Generation) -> Select[Any]:
    """What is kept about the pairs of a person: every pair, or the spanning tree."""
    c = t.confidence.c
    return (
        select(c.record_l, c.record_r, c.direct, c.bottleneck, c.confidence)
        .where(c.person_no == bindparam("person_no"))
        .order_by(c.record_l, c.record_r)
    )


def _pairs_of_anchors(t: Generation) -> Select[Any]:
    """The pairs of a person that touch an anchor."""
    anchors: BindParameter[Any] = bindparam("anchors", expanding=True)
    c = t.confidence.c
    return _pairs(t).where(or_(c.record_l.in_(anchors), c.record_r.in_(anchors)))


def _candidates(t: Generation) -> Select[Any]:
    """Records that share a blocking key."""
    c = t.blocking_key.c
    return (
        select(c.record_no)
        .where(c.key.in_(bindparam("keys", expanding=True)))
        .distinct()
        .order_by(c.record_no)
    )


def _person_id_of_record(t: Generation) -> Select[Any]:
    """The id of the person of a record."""
    return (
        select(t.person.c.person_id)
        .join_from(t.record, t.person, t.person.c.person_no == t.record.c.person_no)
        .where(
            t.record.c.source == bindparam("source"), t.record.c.source_id == bindparam("source_id")
        )
    )


def _whole_records(t: Generation) -> Select[Any]:
    """Whole records: key, version, person and payload."""
    return (
        select(
            t.record.c.record_no,
            t.record.c.source,
            t.record.c.source_id,
            t.record.c.version,
            t.person.c.person_id,
            t.payload.c.payload,
        )
        .join_from(t.record, t.payload, t.payload.c.record_no == t.record.c.record_no)
        .join(t.person, t.person.c.person_no == t.record.c.person_no)
    )


def _records(t: Generation) -> Select[Any]:
    """Whole records, by number."""
    numbers: BindParameter[Any] = bindparam("record_nos", expanding=True)
    return _whole_records(t).where(t.record.c.record_no.in_(numbers)).order_by(t.record.c.record_no)


def _records_of(t: Generation) -> Select[Any]:
    """Whole records of one source system, by key."""
    return (
        _whole_records(t)
        .where(t.record.c.source == bindparam("source"))
        .order_by(t.record.c.source_id)
    )


def _links(t: Generation) -> Select[Any]:
    """Links whose both ends are among some records."""
    record_nos: BindParameter[Any] = bindparam("record_nos", expanding=True)
    c = t.link.c
    return (
        select(c.record_l, c.record_r, c.weight, c.blocked)
        .where(c.record_l.in_(record_nos), c.record_r.in_(record_nos))
        .order_by(c.record_l, c.record_r)
    )


def _current_persons(t: Generation) -> Select[Any]:
    """The persons who hold some record keys now, with the number of those keys each holds."""
    return (
        select(t.person.c.person_id, func.count())
        .join_from(t.record, t.person, t.person.c.person_no == t.record.c.person_no)
        .where(
            tuple_(t.record.c.source, t.record.c.source_id).in_(
                bindparam("record_keys", expanding=True)
            )
        )
        .group_by(t.person.c.person_id)
        .order_by(t.person.c.person_id)
    )


@lru_cache(maxsize=16)
def queries_of(number: int, prepare: Prepare) -> Queries:
    """The statements over a generation, by its number, for one kind of database."""
    t = generation(number)
    of_record = select(t.record.c.person_no, t.record.c.record_no).where(
        t.record.c.source == bindparam("source"), t.record.c.source_id == bindparam("source_id")
    )
    of_id = select(t.person.c.person_no, t.person.c.golden_record_no).where(
        t.person.c.person_id == bindparam("person_id")
    )
    of_source = select(t.record.c.record_no).where(t.record.c.source == bindparam("source"))
    return Queries(
        state=prepare(STATE),
        holders=prepare(_holders(t)),
        person_no_of_id=prepare(of_id),
        person_no_of_record=prepare(of_record),
        person_id_of_record=prepare(_person_id_of_record(t)),
        source=prepare(of_source.order_by(t.record.c.source_id).limit(1)),
        person=prepare(_person(t)),
        pairs=prepare(_pairs(t)),
        pairs_of_anchors=_pairs_of_anchors(t),
        candidates=_candidates(t),
        records=_records(t),
        records_of=prepare(_records_of(t)),
        links=_links(t),
        current_persons=_current_persons(t),
    )

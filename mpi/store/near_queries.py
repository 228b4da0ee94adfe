"""The statements that read what lies around a change, built once per generation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    exists,
    literal,
    or_,
    select,
    union,
    union_all,
)

from mpi.store.database import Prepare, Prepared
from mpi.store.listed import Among
from mpi.store.schema import (
    Generation,
    decision,
    erased,
    generation,
    idempotency,
    index_state,
    person_history,
    release_file,
    retired_member,
    seal,
    seal_side,
    supersession,
    tombstone,
)

IN_FORCE = decision.c.undone.is_(None)
DECISION = tuple(
    decision.c[name]
    for name in (
        *("sequence", "l_source", "l_source_id", "r_source", "r_source_id"),
        *("verdict", "survivor"),
    )
)
SUPERSESSION = tuple(supersession.c[name] for name in ("system", "old", "new", "sequence"))


@dataclass(frozen=True, slots=True)
class NearQueries:
    """What each asks for is named by its parameters; lists are given as `listed.listed` makes."""

    stored: Prepared
    tombstone: Prepared
    erased: Prepared
    answer: Prepared
    sharing: Prepared
    matching: Prepared
    records: Prepared
    compared: Prepared
    links: Prepared
    persons: Prepared
    confidence: Prepared
    possible: Prepared
    identifiers: Prepared
    holding: Prepared
    payloads: Prepared
    numbers: Prepared
    decisions: Prepared
    seals: Prepared
    seal_sides: Prepared
    supersessions: Prepared
    retired: Prepared
    release_files: Prepared
    decision_at: Prepared
    supersession_at: Prepared
    seal_at: Prepared


def _standing() -> Select[tuple[object, ...]]:
    """Where the index stands, and what there is any of at all."""
    return select(
        index_state.c.generation,
        index_state.c.sequence,
        index_state.c.seed,
        index_state.c.release_id,
        index_state.c.secret,
        exists(select(literal(1)).where(IN_FORCE)).label("decisions"),
        exists(select(literal(1)).where(seal.c.undone.is_(None))).label("seals"),
        exists(select(literal(1)).where(supersession.c.undone.is_(None))).label("supersessions"),
        exists(select(tombstone.c.sequence)).label("tombstones"),
        exists(select(erased.c.sequence)).label("erased"),
    )


def _stored(t: Generation) -> Select[tuple[object, ...]]:
    """A record by key, with all that it is replaced in."""
    c = t.record.c
    return (
        select(
            c.record_no,
            c.person_no,
            c.version,
            c.version_key,
            c.changed,
            t.payload.c.payload,
            t.compared.c.row,
            t.compared.c["keys"],
        )
        .join_from(t.record, t.payload, t.payload.c.record_no == c.record_no)
        .join(t.compared, t.compared.c.record_no == c.record_no)
        .where(c.source == bindparam("source"), c.source_id == bindparam("source_id"))
    )


def _sharing(t: Generation) -> Select[tuple[object, ...]]:
    """Records that share a blocking key, with the event that last changed each."""
    key, record = t.blocking_key.c, t.record.c
    return (
        select(key.record_no, record.changed)
        .join_from(t.blocking_key, t.record, record.record_no == key.record_no)
        .where(Among("keys", key.key))
        .distinct()
    )


def _matching(t: Generation) -> Select[tuple[object, ...]]:
    """Records that share a blocking key, with their keys and persons."""
    key, record, person = t.blocking_key.c, t.record.c, t.person.c
    return (
        select(
            *(record.record_no, record.source, record.source_id),
            *(person.person_id, record.changed, person.findings),
        )
        .join_from(t.blocking_key, t.record, record.record_no == key.record_no)
        .join(t.person, person.person_no == record.person_no)
        .where(Among("keys", key.key))
        .distinct()
    )


def _records(t: Generation) -> Select[tuple[object, ...]]:
    c = t.record.c
    return (
        select(c.record_no, c.source, c.source_id, c.person_no, c.changed, t.compared.c["keys"])
        .join_from(t.record, t.compared, t.compared.c.record_no == c.record_no)
        .where(Among("record_nos", c.record_no))
    )


def _touching(t: Generation, name: str) -> CompoundSelect[tuple[object, ...]]:
    """Pairs with an end among some records; those with both ends twice."""
    table = getattr(t, name)
    left, right = (Among("record_nos", table.c[each]) for each in ("record_l", "record_r"))
    return union_all(select(table).where(left), select(table).where(right))


def _identifiers(t: Generation) -> Select[tuple[object, ...]]:
    c = t.identifier.c
    columns = (c.record_no, c.system, c.value, c.verified)
    return select(*columns).where(Among("record_nos", c.record_no))


def _holding(t: Generation) -> Select[tuple[object, ...]]:
    c = t.identifier.c
    return select(c.record_no).where(Among("identifiers", c.system, c.value)).distinct()


def _payloads(t: Generation) -> Select[tuple[object, ...]]:
    """Whole records by number, to be standardised again."""
    c = t.record.c
    return (
        select(
            c.record_no,
            c.source,
            c.source_id,
            c.person_no,
            c.version,
            c.version_key,
            c.changed,
            t.payload.c.payload,
            t.compared.c.row,
            t.compared.c["keys"],
        )
        .join_from(t.record, t.payload, t.payload.c.record_no == c.record_no)
        .join(t.compared, t.compared.c.record_no == c.record_no)
        .where(Among("record_nos", c.record_no))
    )


def _numbers(t: Generation) -> Select[tuple[object, ...]]:
    c = t.record.c
    return select(c.record_no, c.source, c.source_id).where(Among("keys", c.source, c.source_id))


def _decisions() -> CompoundSelect[tuple[object, ...]]:
    """Decisions not undone with an end among some records, each once."""
    c, columns = decision.c, DECISION
    left, right = (
        Among("keys", c[f"{side}_source"], c[f"{side}_source_id"]) for side in ("l", "r")
    )
    return union(select(*columns).where(IN_FORCE, left), select(*columns).where(IN_FORCE, right))


def _seals() -> Select[tuple[object, ...]]:
    """The numbers of seals in force that name any of some records or identifiers."""
    c = seal_side.c
    record = (c.kind == "record") & Among("keys", c.first, c.second)
    identifier = (c.kind == "identifier") & Among("identifiers", c.first, c.second)
    return (
        select(c.seal_no)
        .join_from(seal_side, seal, seal.c.seal_no == c.seal_no)
        .where(seal.c.undone.is_(None), or_(record, identifier))
        .distinct()
    )


def _supersessions() -> Select[tuple[object, ...]]:
    """Supersessions in force from, or to, any of some identifiers."""
    c = supersession.c
    old, new = Among("identifiers", c.system, c.old), Among("identifiers", c.system, c.new)
    return select(*SUPERSESSION).where(c.undone.is_(None), or_(old, new))


def _retired() -> Select[tuple[object, ...]]:
    """The ids not in use whose last members include any of some records; all their members."""
    member, other = retired_member.c, retired_member.alias("other").c
    met = select(other.person_id).where(Among("keys", other.source, other.source_id))
    return (
        select(
            member.person_id,
            person_history.c.how,
            person_history.c.retired_sequence,
            member.source,
            member.source_id,
        )
        .join_from(retired_member, person_history, person_history.c.person_id == member.person_id)
        .where(member.person_id.in_(met))
    )


def _by_key(of: ColumnElement[str], key: ColumnElement[str]) -> ColumnElement[bool]:
    return (of == bindparam("source")) & (key == bindparam("source_id"))


@lru_cache(maxsize=4)
def standing_query(prepare: Prepare) -> Prepared:
    """The statement that says where the index stands, for one kind of database."""
    return prepare(_standing())


@lru_cache(maxsize=16)
def near_queries(number: int, prepare: Prepare) -> NearQueries:
    """The statements over a generation, by its number, for one kind of database."""
    t = generation(number)
    gone, answer = tombstone.c, idempotency.c
    at: BindParameter[int] = bindparam("sequence")
    statements = {
        "stored": _stored(t),
        "tombstone": select(gone.version_key, gone.kind).where(
            _by_key(gone.source, gone.source_id)
        ),
        "erased": select(erased.c.sequence).where(erased.c.keyed == bindparam("keyed")),
        "answer": select(answer.body_hash, answer.answer).where(
            answer.client == bindparam("client"), answer.key == bindparam("key")
        ),
        "sharing": _sharing(t),
        "matching": _matching(t),
        "records": _records(t),
        "compared": select(t.compared.c.record_no, t.compared.c.row).where(
            Among("record_nos", t.compared.c.record_no)
        ),
        "links": _touching(t, "link"),
        "persons": select(t.person).where(Among("person_nos", t.person.c.person_no)),
        "confidence": select(t.confidence).where(Among("person_nos", t.confidence.c.person_no)),
        "possible": _touching(t, "possible"),
        "identifiers": _identifiers(t),
        "holding": _holding(t),
        "payloads": _payloads(t),
        "numbers": _numbers(t),
        "decisions": _decisions(),
        "seals": _seals(),
        "seal_sides": select(seal_side).where(Among("seal_nos", seal_side.c.seal_no)),
        "supersessions": _supersessions(),
        "retired": _retired(),
        "decision_at": select(*DECISION).where(IN_FORCE, decision.c.sequence == at),
        "supersession_at": select(*SUPERSESSION).where(
            supersession.c.undone.is_(None), supersession.c.sequence == at
        ),
        "seal_at": select(seal.c.seal_no).where(seal.c.undone.is_(None), seal.c.sequence == at),
        "release_files": select(release_file.c.name, release_file.c.content).where(
            release_file.c.release_id == bindparam("release_id")
        ),
    }
    made = {field.name: prepare(statements[field.name]) for field in fields(NearQueries)}
    return NearQueries(**made)

"""Further records of a person, and persons by what is known of them; nothing across a seal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import PersonNotFound, RecordNotFound, UsageError
from mpi.index.review.case import may_review, reviewed, stored_record
from mpi.index.review.fill import pair_task
from mpi.index.review.rules import Stream
from mpi.linking.intake import record_of
from mpi.records import MatchGrade, Record, RecordKey
from mpi.store.review_rows import Task
from mpi.store.review_work import sides_of
from mpi.store.rows import PersonRows

if TYPE_CHECKING:
    from mpi.index.index import Index
    from mpi.store.store import Store

MOST_ASKED = 12
"""Records of a person whose matches are looked for, those of the golden record first."""

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A person who was found: by which of the records asked with (None: by what was typed)."""

    person_id: str
    grade: MatchGrade
    weight: float
    records: tuple[RecordKey, ...]
    best: RecordKey
    asked: RecordKey | None


def further(index: Index, store: Store, person_id: str, sight: Sight = EVERYTHING) -> list[Hit]:
    """Other persons that the records of a person match, the best first. Raises PersonNotFound."""
    with store.reading() as view:
        person = view.person_of(person_id)
        if person is None or not may_review(person, sight):
            raise PersonNotFound()
        members = [each for each in person.members if sight.knows(each.key.source)]
        members.sort(key=lambda each: (each.record_no != person.golden_record_no, each.key))
        asked = [each.record_no for each in members[:MOST_ASKED]]
        records = [reviewed(record_of(each.payload), person) for each in view.records(asked)]
    best: dict[str, Hit] = {}
    for record in records:
        for hit in find(index, record, sight, asked=record.key):
            known = best.get(hit.person_id)
            if hit.person_id != person_id and (known is None or hit.weight > known.weight):
                best[hit.person_id] = hit
    return not_sealed(store, person, _ordered(best.values()))


def find(
    index: Index, record: Record, sight: Sight = EVERYTHING, *, asked: RecordKey | None = None
) -> list[Hit]:
    """The persons whom a record may be of, the best first."""
    found = [
        Hit(
            each.person_id,
            each.grade,
            each.weight / 1000,
            tuple(key for key in each.records if sight.knows(key.source)),
            each.best,
            asked,
        )
        for each in index.match(record, limit=MOST_FOUND, sight=sight).persons
        if sight.whole or not each.restricted
    ]
    return _ordered(hit for hit in found if hit.records and sight.knows(hit.best.source))


def compared(store: Store, left: RecordKey, right: RecordKey) -> Task:
    """The operational task of two records that a reviewer wants to look at.

    Raises RecordNotFound, also where a seal keeps the two apart, and UsageError.
    """
    if left == right:
        raise UsageError("Give two different records.")
    with store.reading() as view:
        one, other = stored_record(view, left), stored_record(view, right)
        persons = [view.person_of(each.person_id) for each in (one, other)]
        release = view.state.release
        now = view.state.sequence, release.release_id if release else None
    first, second = (each for each in persons if each is not None)
    if kept_apart(store, first, [second]):
        raise RecordNotFound("It has left the index.", source=right.source)
    task = pair_task(Stream.OPERATIONAL, left, right, (one.version, other.version), now)
    return task._replace(why="found", priority=1_000_000)


def _ordered(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.weight, hit.person_id))[:MOST_FOUND]


def not_sealed(store: Store, person: PersonRows, hits: list[Hit]) -> list[Hit]:
    """The hits whom no seal keeps apart from a person."""
    with store.reading() as view:
        others = [(hit, view.person_of(hit.person_id)) for hit in hits]
    apart = kept_apart(store, person, [other for _, other in others if other is not None])
    return [hit for hit, other in others if other is not None and hit.person_id not in apart]


def kept_apart(store: Store, one: PersonRows, others: Iterable[PersonRows]) -> set[str]:
    """The ids of those of some other persons whom a seal keeps apart from one."""
    with store.reviews() as reviews:
        mine = {side.other for side in sides_of(reviews.connection, _named(one))}
        if not mine:
            return set()
        return {
            other.person_id
            for other in others
            if other.person_id != one.person_id
            and not mine.isdisjoint(sides_of(reviews.connection, _named(other)))
        }


def _named(person: PersonRows) -> set[tuple[str, str, str]]:
    """What a seal could name of a person."""
    records = {("record", *member.key) for member in person.members}
    return records | {("identifier", each.system, each.value) for each in person.identifiers}

"""What a reviewer is shown of a search: one record, and all that may be of its individual.

Records that the index holds for the same person stand among those that it holds for others, in an
order that says nothing, so that nobody can tell them apart but by what they say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import RecordNotFound, TaskNotFound
from mpi.index.review.case import may_review, reviewed, shows
from mpi.index.review.fields import Known
from mpi.index.review.person import COLUMNS, RecordRow, record_rows
from mpi.index.review.search import Hit, find, further, kept_apart, not_sealed
from mpi.linking.intake import record_of
from mpi.records import Record, RecordKey
from mpi.store.review_rows import Task
from mpi.store.rows import PersonRows, StoredRecord
from mpi.store.view import View

if TYPE_CHECKING:
    from mpi.index.index import Index
    from mpi.store.store import Store

MOST_SHOWN = 400
"""Records that one search shows at most, those of the same person among them."""


@dataclass(frozen=True, slots=True)
class SearchCase:
    """A search for a reviewer: the record drawn, and others that may be of its individual.

    `columns` are the titles of the cells, `persons` the ids of those whom the page is about.
    """

    drawn: RecordRow
    rows: tuple[RecordRow, ...]
    columns: tuple[str, ...]
    persons: frozenset[str]


def search_case(
    index: Index,
    store: Store,
    task: Task,
    sight: Sight = EVERYTHING,
    more: Collection[RecordKey] = (),
) -> SearchCase:
    """The case of a search; `more` are records that the reviewer has found beside.

    Raises RecordNotFound where the record drawn is gone, TaskNotFound where it is one that the
    reviewer may not know of.
    """
    with store.reading() as view:
        person = view.person_with(task.left)
        if person is None:
            raise RecordNotFound("It has left the index.", source=task.left.source)
        if not shows(view, task, sight):
            raise TaskNotFound()
    hits = further(index, store, person.person_id, sight)
    likely = [*(each.key for each in person.members), *(key for hit in hits for key in hit.records)]
    wanted = list(dict.fromkeys([task.left, *likely, *more]))[:MOST_SHOWN]
    with store.reading() as view:
        listed = sorted(_shown(view, wanted, sight), key=lambda each: _order(task, each[0].key))
    apart = kept_apart(store, person, [whose for _, whose in listed])
    shown = [each for each in listed if each[1].person_id not in apart]
    known = [Known.of(reviewed(record_of(each.payload), whose)) for each, whose in shown]
    rows = record_rows([each for each, _ in shown], known, sight)
    plain = [replace(row, cells=tuple(replace(c, odd=False) for c in row.cells)) for row in rows]
    drawn, *others = plain
    return SearchCase(
        drawn=drawn,
        rows=tuple(replace(row, number=at + 1) for at, row in enumerate(others)),
        columns=COLUMNS,
        persons=frozenset(whose.person_id for _, whose in shown),
    )


def _shown(
    view: View, keys: Iterable[RecordKey], sight: Sight
) -> Iterator[tuple[StoredRecord, PersonRows]]:
    """Those of some records that a reviewer may see, with their persons."""
    persons: dict[str, PersonRows] = {}
    for key in keys:
        person_id = view.person_id_of(key) if sight.knows(key.source) else None
        if person_id is None:
            continue
        if person_id not in persons:
            found = view.person_of(person_id)
            assert found is not None
            persons[person_id] = found
        person = persons[person_id]
        if may_review(person, sight):
            number = next(each.record_no for each in person.members if each.key == key)
            yield next(view.records([number])), person


def _order(task: Task, key: RecordKey) -> tuple[bool, bytes]:
    """The record drawn first, the others in an order of this task's own."""
    said = "\x1f".join((task.task_id, *key))
    return key != task.left, blake2b(said.encode(), digest_size=8).digest()


def found_by(
    index: Index, store: Store, task: Task, record: Record, sight: Sight = EVERYTHING
) -> list[Hit]:
    """The persons who match what a reviewer of a search typed; nothing across a seal.

    Raises RecordNotFound where the record drawn is gone.
    """
    hits = find(index, record, sight)
    with store.reading() as view:
        person = view.person_with(task.left)
    if person is None:
        raise RecordNotFound("It has left the index.", source=task.left.source)
    return not_sealed(store, person, hits)
